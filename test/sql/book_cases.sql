-- Cases: one open case an account, as many as people can work, those first that avoid most loss; who did what is kept.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE case_engine;
CREATE ROLE case_reviewer;
CREATE ROLE case_analyst;
CREATE ROLE case_owner;
SELECT credit_limit.create_book('book_w');
SELECT credit_limit.grant_book('book_w', engine => 'case_engine', reviewer => 'case_reviewer', analyst => 'case_analyst', policy_owner => 'case_owner');
INSERT INTO book_w.product VALUES ('cash', 'Cash', 'cash', 'CNY', NULL, NULL), ('card', 'Card', 'card', 'CNY', NULL, NULL);
INSERT INTO book_w.report_assumption (product, lgd, ccf) VALUES ('card', 0.5, 0.8);
-- 60 accounts, of whom each third has no PD; all of them late but every tenth, limits and balances by a formula.
INSERT INTO book_w.borrower (borrower_id, segment, external_pd) SELECT i, CASE WHEN i % 2 = 0 THEN 'farm' ELSE 'town' END,
  CASE WHEN i % 3 > 0 THEN i * 7 % 60 / 100.0 END FROM generate_series(1, 60) i;
INSERT INTO book_w.umbrella VALUES (1, 1, 'shared', 'CNY', 100, '2026-01-01', NULL);
INSERT INTO book_w.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance, pending, frozen)
SELECT 100 + i, i, CASE WHEN i % 4 = 0 THEN 'card' ELSE 'cash' END, 'CNY', CASE WHEN i = 1 THEN 1 END, '2025-01-01', 1000 + 100 * (i % 9), 10 * i, i % 3,
  i % 11 = 0 FROM generate_series(1, 60) i;
INSERT INTO book_w.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance) VALUES
  (99, 1, 'cash', 'CNY', 1, '2025-01-01', 300, 290);
INSERT INTO book_w.account_month SELECT 100 + i, '2026-06-01', 1000 + 100 * (i % 9), 10 * i, 5, 5, CASE WHEN i % 10 > 0 THEN 45 ELSE 0 END
FROM generate_series(1, 60) i;
-- The PD of a decision is later than that from outside; of two, the later; one of a what-if run is no decision for this.
INSERT INTO book_w.run (run_id, run_key, as_of, move_limits, chunk_size) VALUES (201, 'a', '2026-06-20', true, 1), (202, 'b', '2026-06-29', true, 1);
INSERT INTO book_w.decision (decision_id, run_id, source, account_id, borrower_id, product, as_of, decided_at, action, pd, binding, reasons, frozen,
  input_hash, previous_hash, hash) VALUES (64, 201, 'run', 105, 5, 'cash', '2026-06-20', '2026-06-20', 'KEEP', 0.9, 'x', '{}', false, '', '', ''),
  (128, 202, 'run', 105, 5, 'cash', '2026-06-29', '2026-06-29', 'KEEP', 0.02, 'x', '{}', false, '', '', ''),
  (192, 202, 'run', 107, 7, 'cash', '2026-06-29', '2026-06-29 10:00', 'KEEP', 0.5, 'x', '{}', false, '', '', ''),
  (256, NULL, 'realtime', 107, 7, 'cash', '2026-06-30', '2026-06-30 11:00', 'KEEP', 0.03, 'x', '{}', false, '', '', ''),
  (320, 201, 'run', 103, 3, 'cash', '2026-06-20', '2026-06-20', 'KEEP', 0.9, 'x', '{}', false, '', '', '');

-- Working days against the calendar of PostgreSQL itself, of all days of three years.
SELECT count(*) AS days, bool_and(credit_limit_internal.working_days(d::date) = (SELECT count(*) FROM generate_series(date_trunc('month', d), d, '1 day') w
  WHERE to_char(w, 'ID')::int <= 5)) AS right FROM generate_series('2026-01-01'::date, '2028-12-31', '1 day') d;

-- The policy owner says how many cases there may be; nobody else.
SET ROLE case_analyst;
UPDATE book_w.alert_setting SET cases_a_month = 5;
RESET ROLE;
UPDATE book_w.alert_setting SET cases_a_month = 0;
SET ROLE case_owner;
UPDATE book_w.alert_setting SET cases_a_month = 22, saved_of_drawn = 0.25;
RESET ROLE;
SELECT credit_limit.set_business_date('book_w', '2026-06-30');
-- June 2026 has 22 working days: alerts of the last day alone have the whole month, ...
SET ROLE case_engine;
SELECT * FROM credit_limit.run_alerts('book_w', '2026-06-30');
RESET ROLE;
-- ... and the list is the best 22 by plain SQL. An account is once in it, whatever its alerts: late, drawn nearly up, under an umbrella that is too small.
CREATE VIEW by_hand AS
WITH fresh AS (SELECT a.account_id, a.borrower_id, a.product, a.credit_limit, greatest(a.balance, 0) + a.pending AS drawn, a.frozen FROM book_w.account a
    WHERE a.status = 'open' AND (a.account_id = 99 OR (a.account_id - 100) % 10 > 0)),
  pd AS (SELECT f.*, coalesce(CASE f.account_id WHEN 105 THEN 0.02 WHEN 107 THEN 0.03 END, b.external_pd) AS pd
    FROM fresh f JOIN book_w.borrower b USING (borrower_id)),
  filled AS (SELECT p.*, coalesce(p.pd, (SELECT avg(q.pd::numeric) FROM pd q)::float8)::numeric AS counted,
  CASE p.product WHEN 'card' THEN 0.5 ELSE 0.75 END AS lgd,
    CASE WHEN p.frozen THEN 0 WHEN p.product = 'card' THEN 0.8 ELSE 0.4 END AS ccf FROM pd p)
SELECT account_id, pd, round(counted * lgd * (drawn + ccf * greatest(credit_limit - drawn, 0)), 2) AS expected_loss,
  counted * lgd * (0.25 * drawn + ccf * greatest(credit_limit - drawn, 0)) AS avoided FROM filled;
SELECT count(*) AS cases, count(DISTINCT account_id) AS accounts, bool_and(c.pd IS NOT DISTINCT FROM h.pd) AS pd,
  max(abs(c.expected_loss - h.expected_loss)) <= 0.01 AS expected_loss, max(abs(c.loss_avoided - h.avoided)) <= 0.02 AS avoided,
  bool_and(c.place = h.place) AS place, max(c.place) AS last, count(*) FILTER (WHERE c.severity = 'act') AS act
FROM book_w.alert_case c LEFT JOIN (SELECT h.*, row_number() OVER (ORDER BY avoided DESC, account_id) AS place FROM by_hand h) h USING (account_id);
SELECT count(*) AS fed, count(DISTINCT x.case_id) AS cases, bool_and(x.account_id = c.account_id) AS own
  FROM book_w.alert x JOIN book_w.alert_case c USING (case_id);
-- The umbrella's alert feeds the account under it that has drawn most.
SELECT rule, subject, account_id FROM book_w.alert WHERE rule LIKE 'umbrella%';
-- The same day again: nothing. The next two working days of July, of 23: 22 * 1 / 23 = 0, and 22 * 2 / 23 = 1.
SELECT * FROM credit_limit.run_alerts('book_w', '2026-06-30');
SELECT * FROM credit_limit.run_alerts('book_w', '2026-07-01');
SELECT * FROM credit_limit.run_alerts('book_w', '2026-07-02');
SELECT * FROM credit_limit.run_alerts('book_w', '2026-07-02');
-- A weekend has no share, and nights that were missed are made up for: up to the 9th it is 22 * 7 / 23 = 6, of which 2 were there on the 3rd.
SELECT day, n.cases FROM (VALUES (DATE '2026-07-03'), ('2026-07-04'), ('2026-07-05'), ('2026-07-09')) d(day), LATERAL credit_limit.run_alerts('book_w', day) n;
SELECT count(*) AS of_july, (SELECT count(*) FROM (SELECT account_id FROM by_hand ORDER BY avoided DESC, account_id LIMIT 28) h
  WHERE NOT EXISTS (SELECT FROM book_w.alert_case c WHERE c.account_id = h.account_id)) AS best_without FROM book_w.alert_case WHERE opened_on >= '2026-07-01';
-- What is known later ranks open cases anew: a PD from outside, an amount, a decision. They are worth what plain SQL says, and the list is in that order.
BEGIN;
SELECT array_agg(account_id ORDER BY place DESC) AS last FROM book_w.alert_case WHERE opened_on = '2026-06-30' \gset
UPDATE book_w.borrower SET external_pd = 0.97 WHERE borrower_id = (:'last'::bigint[])[1] - 100;
UPDATE book_w.account SET balance = 0, pending = 0 WHERE account_id = (:'last'::bigint[])[22];
SELECT count(*) AS open, count(*) FILTER (WHERE abs(c.loss_avoided - h.avoided) > 0.02) > 1 AS outdated
FROM book_w.alert_case c JOIN by_hand h USING (account_id);
SELECT cases FROM credit_limit.run_alerts('book_w', '2026-07-09');
SELECT count(*) AS open, bool_and(c.pd IS NOT DISTINCT FROM h.pd AND abs(c.expected_loss - h.expected_loss) <= 0.01
    AND abs(c.loss_avoided - h.avoided) <= 0.02) AS anew,
  bool_and(r.place = h.place) AS in_order, min(r.place) FILTER (WHERE c.account_id = (:'last'::bigint[])[1]) < 5 AS up,
  bool_and(c.opened_on < '2026-07-01') FILTER (WHERE c.place > 6) AS place_of_its_day
FROM book_w.alert_case c JOIN (SELECT case_id, row_number() OVER () AS place FROM book_w_report.report_cases) r USING (case_id)
JOIN (SELECT h.*, row_number() OVER (ORDER BY avoided DESC, account_id) AS place FROM by_hand h
  WHERE account_id IN (SELECT account_id FROM book_w.alert_case)) h USING (account_id);
ROLLBACK;
-- Where collections work what is late, such accounts get no case and do not wait for one. Here all are late but 99, whose months are not known,
-- and 101, by now 29 days; 102 was late in its latest month, which is not the last, 103 has 30 days, 104 has paid and is bankrupt.
BEGIN;
UPDATE book_w.alert_setting SET late_cases = false, cases_a_month = 2000;
UPDATE book_w.alert SET case_id = NULL;
DELETE FROM book_w.alert_case;
INSERT INTO book_w.account_month
VALUES (101, '2026-07-01', 1000, 10, 5, 5, 29), (103, '2026-07-01', 1000, 10, 5, 5, 30), (104, '2026-07-01', 1000, 10, 5, 5, 0);
UPDATE book_w.account_month SET month = '2026-05-01' WHERE account_id = 102;
INSERT INTO book_w.exclusion (borrower_id, kind, valid_from) VALUES (4, 'bankrupt', '2026-07-10');
SELECT cases, waiting FROM credit_limit.run_alerts('book_w', '2026-07-10');
SELECT array_agg(account_id ORDER BY account_id) AS cases FROM book_w.alert_case;
ROLLBACK;

-- Who works cases. The trigger says who and when, whatever he gives.
SELECT credit_limit.set_business_date('book_w', '2026-07-09');
SELECT array_agg(case_id ORDER BY loss_avoided DESC, case_id) AS c FROM book_w.alert_case \gset
SELECT (:'c'::bigint[])[1] AS c1, (:'c'::bigint[])[2] AS c2, (:'c'::bigint[])[3] AS c3, (:'c'::bigint[])[4] AS c4 \gset
SET ROLE case_analyst;
SELECT credit_limit.work_case('book_w', :c1, 'acknowledge');
SET ROLE case_reviewer;
SELECT credit_limit.work_case('book_w', :c1, 'acknowledge', 'called twice') > 0 AS acknowledged, credit_limit.work_case('book_w', :c2, 'snooze',
  until => '2026-07-15') > 0 AS snoozed, credit_limit.work_case('book_w', :c3, 'close', outcome => 'unfounded') > 0 AS closed;
SELECT credit_limit.work_case('book_w', :c3, 'note', 'was on holiday') > 0 AS note;
INSERT INTO book_w.alert_case_act (case_id, act, done_by) VALUES (:c1, 'note', 'somebody else');
UPDATE book_w.alert_case SET status = 'closed';
UPDATE book_w.alert_case_act SET note = 'never said';
SELECT credit_limit.work_case('book_w', 0, 'acknowledge');
SELECT credit_limit.work_case('book_w', :c3, 'acknowledge');
SELECT credit_limit.work_case('book_w', :c4, 'snooze', until => '2026-07-09');
SELECT credit_limit.work_case('book_w', :c4, 'snooze');
SELECT credit_limit.work_case('book_w', :c4, 'close');
SELECT credit_limit.work_case('book_w', :c4, 'close', outcome => 'lapsed');
SELECT credit_limit.work_case('book_w', :c4, 'forget');
SELECT credit_limit.work_case('book_w', :c4, 'note');
SELECT credit_limit.work_case('book_w', NULL, 'note');
RESET ROLE;
DELETE FROM book_w.alert_case_act;
UPDATE book_w.alert_case_act SET note = NULL;
TRUNCATE book_w.alert_case_act;
SELECT act, outcome, until, note, done_by, done_login = session_user AS login, done_at > now() - interval '1 hour' AS lately
  FROM book_w.alert_case_act ORDER BY act_id;
SELECT (c.case_id = :c1)::int + 2 * (c.case_id = :c2)::int + 3 * (c.case_id = :c3)::int AS nr, status, snoozed_until, outcome, closed_on
FROM book_w.alert_case c WHERE case_id IN (:c1, :c2, :c3) ORDER BY 1;
-- An analyst sees who did what, and no note.
SET ROLE case_analyst;
SELECT count(done_by) FROM book_w.alert_case_act;
SELECT note FROM book_w.alert_case_act;
RESET ROLE;
-- The alert that fed a closed case opens no other; a new one of that account does. What is snoozed is open again on its day.
SELECT account_id AS a3 FROM book_w.alert_case WHERE case_id = :c3 \gset
SELECT cases FROM credit_limit.run_alerts('book_w', '2026-07-14');
SELECT status FROM book_w.alert_case WHERE case_id = :c2;
SELECT cases FROM credit_limit.run_alerts('book_w', '2026-07-15');
SELECT status, snoozed_until FROM book_w.alert_case WHERE case_id = :c2;
SELECT count(*) AS again FROM book_w.alert_case WHERE account_id = :a3 AND case_id <> :c3;
UPDATE book_w.account SET balance = credit_limit WHERE account_id = :a3;
SELECT credit_limit.run_alerts('book_w', '2026-07-16') IS NOT NULL AS run;
SELECT count(*) AS anew, (SELECT string_agg(x.rule, ', ' ORDER BY x.rule) FROM book_w.alert x WHERE x.case_id = max(c.case_id)) AS rules
FROM book_w.alert_case c WHERE account_id = :a3 AND case_id <> :c3;

-- The month is restated, nobody was late: those alerts close by the same month. An alert that stays is of the new value.
BEGIN;
SELECT count(*) FILTER (WHERE value >= 30) AS late, count(*) AS all_alerts FROM book_w.alert WHERE rule = 'past due' AND closed_on IS NULL;
UPDATE book_w.account_month SET days_past_due = CASE account_id WHEN 125 THEN 20 ELSE 0 END WHERE account_id BETWEEN 121 AND 160;
SELECT credit_limit.run_alerts('book_w', '2026-07-17') IS NOT NULL AS run;
SELECT account_id, x.value, s.value AS now, s.above, s.below, s.period FROM book_w.alert x JOIN book_w.alert_state s ON s.alert_id = x.alert_id
  WHERE x.rule = 'past due' AND x.closed_on IS NULL AND account_id BETWEEN 119 AND 160;
-- Late after all, then twice not looked at anew: it opens again, once.
UPDATE book_w.account_month SET days_past_due = 90 WHERE account_id = 130;
SELECT opened FROM credit_limit.run_alerts('book_w', '2026-07-18');
SELECT opened, closed FROM credit_limit.run_alerts('book_w', '2026-07-19');
ROLLBACK;
-- A rule of severity watch feeds the open case; one of severity act makes it graver, and wakes it before its day.
UPDATE book_w.account_month SET days_past_due = 0;
SELECT credit_limit.run_alerts('book_w', '2026-07-17') IS NOT NULL AS run;
INSERT INTO book_w.account_month SELECT 100 + i, '2026-07-01', 1000, 10 * i, 5, 5, 0 FROM generate_series(1, 60) i;
UPDATE book_w.account SET balance = 0.2 * credit_limit, pending = 0;
-- All are paid: their alerts have closed, and so have the cases that nobody has looked at. Those that somebody has looked at stay.
SELECT closed, cases FROM credit_limit.run_alerts('book_w', '2026-07-31');
SELECT status, outcome, count(*), bool_and(EXISTS (SELECT FROM book_w.alert_case_act k WHERE k.case_id = c.case_id)) AS worked
  FROM book_w.alert_case c GROUP BY 1, 2 ORDER BY 1, 2;
SELECT message FROM book_w.run WHERE as_of = '2026-07-31';
UPDATE book_w.account SET balance = 0.97 * credit_limit WHERE account_id = 120;
SELECT opened, cases FROM credit_limit.run_alerts('book_w', '2026-08-31');
SELECT case_id AS w1, severity FROM book_w.alert_case WHERE account_id = 120 AND status = 'open' \gset
SELECT credit_limit.set_business_date('book_w', '2026-08-31');
SELECT credit_limit.work_case('book_w', :w1, 'snooze', until => '2026-12-31') > 0 AS snoozed, :'severity' AS severity;
SELECT credit_limit.run_alerts('book_w', '2026-09-01') IS NOT NULL AS run;
SELECT status, severity FROM book_w.alert_case WHERE case_id = :w1;
INSERT INTO book_w.account_month VALUES (120, '2026-09-01', 1000, 970, 0, 50, 60);
SELECT opened, cases FROM credit_limit.run_alerts('book_w', '2026-09-30');
SELECT c.status, c.severity, string_agg(x.rule, ', ' ORDER BY x.rule) AS rules FROM book_w.alert_case c JOIN book_w.alert x USING (case_id)
  WHERE case_id = :w1 GROUP BY 1, 2;

-- Rules are versions. One that has looked for alerts stays; the next holds from the day after, or a later one.
UPDATE book_w.alert_rule SET enter_at = 60 WHERE rule = 'past due';
DELETE FROM book_w.alert_rule WHERE rule = 'past due';
INSERT INTO book_w.alert_rule (rule, valid_from, indicator, enter_at, leave_at) VALUES ('past due', '2026-09-30', 'days_past_due', 60, 1);
INSERT INTO book_w.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('past due', 'utilization', 60, 1);
INSERT INTO book_w.alert_rule (rule, indicator, enter_at, leave_at, segments) VALUES ('mine', 'product_utilization', 0.1, 0.1, '{farm}');
INSERT INTO book_w.alert_rule (rule, indicator, enter_at, leave_at, products) VALUES ('mine', 'segment_share', 0.1, 0.1, '{cash}');
INSERT INTO book_w.alert_rule (rule, valid_from, indicator, enter_at, leave_at) VALUES ('past due', '2026-11-01', 'days_past_due', 70, 1);
UPDATE book_w.alert_rule SET enter_at = 61 WHERE rule = 'past due' AND valid_from = '2026-11-01';
INSERT INTO book_w.alert_rule (rule, indicator, enter_at, leave_at, severity, products, segments)
VALUES ('farms on cards', 'utilization', 0.9, 0.5, 'act', '{card}', '{farm}'), ('farm share', 'segment_share', 0.1, 0.05, 'watch', NULL, '{farm}');
SELECT rule, valid_from, enter_at FROM book_w.alert_rule WHERE rule IN ('past due', 'farms on cards') ORDER BY 1, 2;
-- A snapshot that may not see the latest run.
BEGIN ISOLATION LEVEL REPEATABLE READ;
DELETE FROM book_w.alert_rule WHERE rule = 'farm share';
ROLLBACK;
UPDATE book_w.account SET balance = 0.96 * credit_limit WHERE account_id IN (104, 106, 107, 108);
SELECT credit_limit.run_alerts('book_w', '2026-10-30') IS NOT NULL AS run;
SELECT x.rule, x.rule_from, string_agg(x.subject, ', ' ORDER BY x.subject) AS subjects FROM book_w.alert x WHERE x.rule LIKE 'farm%' GROUP BY 1, 2 ORDER BY 1;

-- Held out: a part by hash, in the ranking, not on the list, and nobody works it; the list is as long as before.
UPDATE book_w.alert_setting SET held_out = 0.4;
UPDATE book_w.account SET balance = 0.99 * credit_limit;
SELECT cases FROM credit_limit.run_alerts('book_w', '2026-11-30');
SELECT count(*) FILTER (WHERE held_out) AS held_out, count(*) FILTER (WHERE NOT held_out) AS listed, bool_and(held_out = (credit_limit.assign_arm('alert_case',
  account_id::text, '{held_out,worked}', '{0.4,0.6}') = 'held_out')) AS by_hash, count(*) = max(place) AS without_a_gap FROM book_w.alert_case
  WHERE opened_on = '2026-11-30';
SELECT max(case_id) AS h1 FROM book_w.alert_case WHERE held_out \gset
SELECT credit_limit.work_case('book_w', :h1, 'note', 'x');
SELECT count(*) FILTER (WHERE c.held_out) AS held_out, bool_and(r.loss_avoided = c.loss_avoided AND r.rules > '' AND r.alerts > 0) AS as_in_case,
  count(*) = (SELECT count(*) FROM book_w.alert_case w WHERE w.status <> 'closed' AND NOT w.held_out) AS all_of_them
FROM book_w_report.report_cases r JOIN book_w.alert_case c USING (case_id);
-- Quality of rules: counts by hand; the interval of 1 of 4 and of none of 1 as R's prop.test(correct = FALSE) gives it: 0.0456, 0.6994; 0, 0.7935.
SELECT credit_limit.work_case('book_w', c.case_id, 'close',
  outcome => CASE c.place WHEN 1 THEN 'confirmed' WHEN 5 THEN 'unclear' ELSE 'unfounded' END) > 0 AS closed
FROM (SELECT c.case_id, row_number() OVER (ORDER BY c.place) AS place FROM book_w.alert_case c JOIN book_w.alert x USING (case_id)
  WHERE c.opened_on = '2026-11-30' AND NOT c.held_out AND x.rule = 'line nearly used up') c WHERE c.place <= 5;
SELECT rule, confirmed, unfounded, unclear, share_confirmed, low, high FROM book_w_report.report_case_outcomes WHERE rule IN ('line nearly used up',
  'past due') ORDER BY rule;
SELECT o.rule, o.cases = count(*) AS cases, o.open = count(*) FILTER (WHERE c.status <> 'closed') AS open,
  o.lapsed = count(*) FILTER (WHERE c.outcome = 'lapsed') AS lapsed
FROM book_w_report.report_case_outcomes o JOIN (SELECT DISTINCT rule, case_id FROM book_w.alert) x USING (rule) JOIN book_w.alert_case c USING (case_id)
GROUP BY o.rule, o.cases, o.open, o.lapsed ORDER BY 1;
SELECT cases_open = (SELECT count(*) FROM book_w_report.report_cases) AS summary FROM book_w_report.report_summary;

-- A policy sees the case of an account, unless it is held out, on its days only.
SELECT bool_and(i.case_severity = coalesce(c.severity, 'none')) AS case_severity, count(c.severity) > 10 AS some
FROM book_w.decision_input('2026-11-30') i LEFT JOIN (SELECT account_id, severity FROM book_w.alert_case WHERE NOT held_out
  AND status <> 'closed') c USING (account_id);
SELECT count(nullif(i.case_severity, 'none')) = (SELECT count(*) FROM book_w.alert_case WHERE NOT held_out AND opened_on <= '2026-07-09'
  AND (closed_on IS NULL OR closed_on > '2026-07-09')) AS of_a_past_day,
  count(nullif(i.case_severity, 'none')) > 20 AS some FROM book_w.decision_input_at('2026-07-09') i;

-- An analyst of some segments sees the cases of those; a borrower who is erased leaves no note.
SELECT credit_limit.restrict_analyst('book_w', 'case_analyst', '{farm}');
SET ROLE case_analyst;
SELECT count(*) > 5 AS some, bool_and(segment = 'farm') AS own FROM book_w_report.report_cases;
SELECT count(*) > 5 AS some, bool_and(borrower_id % 2 = 0) AS own FROM book_w.alert_case;
RESET ROLE;
SELECT borrower_id AS b1 FROM book_w.alert_case WHERE case_id = :c1 \gset
UPDATE book_w.account SET status = 'closed' WHERE borrower_id = :b1;
SELECT count(note) AS notes FROM book_w.alert_case_act WHERE borrower_id = :b1;
SET client_min_messages = warning;
SELECT credit_limit.erase_borrower('book_w', :b1, '2026-12-31', 'asked') AS inputs;
RESET client_min_messages;
SELECT count(note) AS notes, count(*) > 0 AS acts FROM book_w.alert_case_act WHERE borrower_id = :b1;
SELECT DISTINCT status FROM book_w.alert_case WHERE borrower_id = :b1;
\set VERBOSITY default
SELECT credit_limit.work_case('book_w', :c1, 'note', 'once more');
\set VERBOSITY terse
-- Months that do not come, a run beyond the business date, a slip in a name: each is said.
SET client_min_messages = notice;
SELECT credit_limit.set_business_date('book_w', '2026-12-31');
SELECT opened FROM credit_limit.run_alerts('book_w', '2027-03-15');
SELECT message LIKE '%; latest month ____-__' AS in_ledger FROM book_w.run WHERE job = 'alerts' AND as_of = '2027-03-15';
SELECT min(days_open) >= 0 AS cases, (SELECT min(days_open) >= 0 FROM book_w_report.report_alerts) AS alerts FROM book_w_report.report_cases;
BEGIN;
INSERT INTO book_w.alert_rule (rule, indicator, enter_at, leave_at, products, segments) VALUES ('slip', 'days_past_due', 30, 1, '{crad}', '{farm,towm}');
ROLLBACK;
RESET client_min_messages;
-- Does working cases help? Held out: one of four turned bad in the twelve months after the month of the case, one later, one in that month, and
-- does not count; shown: one did not, one was bad before, one is not old enough. The intervals are those of R above.
BEGIN;
UPDATE book_w.alert_case SET opened_on = '2027-03-01', closed_on = CASE WHEN closed_on IS NOT NULL THEN DATE '2027-03-01' END;
INSERT INTO book_w.report_first SELECT account_id, '2025-01-01', NULL FROM book_w.account ON CONFLICT (account_id) DO UPDATE SET bad_month = NULL;
UPDATE book_w.report_first SET bad_month = CASE account_id WHEN 141 THEN '2027-01-01' WHEN 142 THEN '2027-02-01' WHEN 145 THEN '2026-01-01'
  WHEN 147 THEN '2025-12-01' END::date;
INSERT INTO book_w.alert_case (account_id, borrower_id, opened_on, severity, expected_loss, loss_avoided, place, held_out, status, closed_on, outcome)
SELECT account_id, borrower_id, CASE account_id WHEN 148 THEN '2026-02-01' ELSE '2026-01-31' END::date, 'watch', 1, 1, 1, account_id <= 145, 'closed',
  '2027-03-01', 'lapsed' FROM book_w.account WHERE account_id BETWEEN 141 AND 148;
UPDATE book_w.report_refresh SET as_of = '2027-01-31', latest_month = '2027-01-01', whole_month = '2027-01-01';
SELECT * FROM book_w_report.report_case_effect ORDER BY held_out;
ROLLBACK;
-- A month of which few accounts are there yet: the others are as in the month before, in the segment and in the summary.
BEGIN;
DELETE FROM book_w.account_month;
INSERT INTO book_w.account_month SELECT account_id, '2027-03-01', 1000, 10, 5, 5, CASE WHEN account_id % 5 = 0 THEN 40 ELSE 0 END FROM book_w.account;
INSERT INTO book_w.account_month SELECT account_id, '2027-04-01', 1000, 10, 5, 5, 40 FROM book_w.account WHERE account_id % 10 = 1;
SELECT credit_limit.run_alerts('book_w', '2027-04-02') IS NOT NULL AS run;
SELECT s.subject, round(s.value::numeric, 6) = h.part AS right FROM book_w.alert_state s JOIN (
    SELECT coalesce(b.segment, '(none)') AS segment, round(avg((a.account_id % 5 = 0 OR a.account_id % 10 = 1)::int), 6) AS part
    FROM book_w.account a JOIN book_w.borrower b USING (borrower_id) WHERE a.status = 'open' GROUP BY 1) h ON h.segment = s.subject
  WHERE s.rule = 'segment is past due' ORDER BY 1;
SELECT credit_limit.refresh_reports('book_w', '2027-04-02') > 0 AS refreshed;
SELECT late_accounts = (SELECT count(*) FROM book_w.account WHERE status = 'open' AND (account_id % 5 = 0 OR account_id % 10 = 1)) AS late,
  late_balance = 10 * late_accounts AS balance FROM book_w_report.report_summary;
SELECT credit_limit.refresh_reports('book_w', '2027-05-31') > 0 AS refreshed;
SELECT late_accounts = (SELECT count(*) FROM book_w.account WHERE status = 'open' AND account_id % 10 = 1) AS late_of_april FROM book_w_report.report_summary;
ROLLBACK;
DROP OWNED BY case_engine, case_reviewer, case_analyst, case_owner;
DROP ROLE case_engine, case_reviewer, case_analyst, case_owner;
SET client_min_messages = warning;
DROP VIEW by_hand;
SELECT credit_limit.drop_book('book_w');
