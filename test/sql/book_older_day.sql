-- What a later decision allows: overrides of an older one; runs, retries, events and draws as of an older day.
\set VERBOSITY terse
\set SHOW_CONTEXT never
\i test/helpers.sql
CREATE ROLE regress_older_day_maker; CREATE ROLE regress_older_day_r1; CREATE ROLE regress_older_day_r2; CREATE ROLE regress_older_day_loader;
  CREATE ROLE regress_older_day_engine;
SELECT credit_limit.create_book('book_d');
SELECT credit_limit.add_months('book_d', '2026-11-01', 6);
SELECT credit_limit.grant_book('book_d', policy_owner => 'regress_older_day_maker', engine => 'regress_older_day_engine',
  reviewer => 'regress_older_day_r1', loader => 'regress_older_day_loader');
SELECT credit_limit.grant_book('book_d', reviewer => 'regress_older_day_r2');
SET ROLE regress_older_day_maker;
SELECT credit_limit.draft_policy('book_d', 'cash', '{"name": "cash", "entitlement": {"bands": [{"score_from": 600, "income_multiple": 2}]},
  "product": {"step": 100}, "exclusions": [{"column": "days_past_due", "at_least": 60, "action": "FREEZE", "reason": "Late"},
  {"column": "excluded_freeze", "is": true, "action": "FREEZE", "reason": "Frozen"},
  {"column": "days_past_due", "at_least": 5, "action": "REFER", "reason": "Somebody looks"}]}');
RESET ROLE;
SELECT credit_limit.approve_policy('book_d', 1, '2026-01-01', digest => credit_limit.version_digest('book_d', 'policy', 1));
INSERT INTO book_d.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
INSERT INTO book_d.borrower (borrower_id, segment, income, external_score, external_pd)
  SELECT i, 'retail', CASE WHEN i = 3 THEN 1500 ELSE 4500 END, 650, 0.02 FROM generate_series(1, 9) i;
INSERT INTO book_d.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT 100 + i, i, 'cash', 'CNY', '2026-01-01', 3000, 400 FROM generate_series(1, 9) i;
INSERT INTO book_d.account_month SELECT 100 + i, '2026-11-01', 3000, 400, 50, 50,
  CASE WHEN i = 6 THEN 95 WHEN i < 6 OR i = 9 THEN 10 ELSE 0 END FROM generate_series(1, 9) i;
-- In force is, of what moves limits, the latest as of its day, and of one day the last that was decided: in plain SQL.
CREATE VIEW in_force AS SELECT DISTINCT ON (d.account_id) d.account_id, d.as_of, d.action, d.new_limit, d.frozen
  FROM book_d.decision d LEFT JOIN book_d.run r USING (run_id) WHERE d.run_id IS NULL OR r.move_limits
  ORDER BY d.account_id, d.as_of DESC, d.decided_at DESC;
CREATE VIEW contradicts AS SELECT a.account_id, a.credit_limit, a.frozen, f.new_limit, f.action FROM book_d.account a JOIN in_force f USING (account_id)
  WHERE a.credit_limit <> f.new_limit OR a.frozen <> f.frozen;
-- Borrower 7 is left out of the run: his account takes no other limit yet.
ALTER TABLE book_d.account ADD CONSTRAINT not_yet CHECK (account_id <> 107 OR credit_limit = 3000);
SET ROLE regress_older_day_engine;
CALL credit_limit.run_decisions('book_d', '2026-11-30');
RESET ROLE;
ALTER TABLE book_d.account DROP CONSTRAINT not_yet;
SELECT action, frozen, new_limit, array_agg(account_id ORDER BY account_id) FROM book_d.decision GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT lowest, status FROM book_d.run_chunk WHERE status = 'failed';

-- A proposal is rounded as the policy rounds: down to its step, with its decimals.
SET ROLE regress_older_day_r1;
SELECT count(*) FROM (SELECT credit_limit.propose_override('book_d', decision_id, CASE account_id WHEN 105 THEN 8049.123456789 ELSE 6000 END, 'Known')
  FROM book_d.decision WHERE action = 'REFER' ORDER BY account_id OFFSET 0) p;
SELECT request_id, account_id, new_limit FROM book_d.override_request ORDER BY 1;
-- Who applies does not approve: that takes the right to propose.
SET ROLE regress_older_day_engine;
SELECT credit_limit.approve_override('book_d', 1);
SELECT credit_limit.decline_override('book_d', 1);
UPDATE book_d.override_request SET status = 'approved' WHERE request_id = 1;
-- Nor who proposed, under another name; nor who has his name now.
RESET ROLE;
ALTER ROLE regress_older_day_r1 RENAME TO regress_older_day_r3;
CREATE ROLE regress_older_day_r1;
SELECT credit_limit.grant_book('book_d', reviewer => 'regress_older_day_r1');
\set VERBOSITY default
SET ROLE regress_older_day_r3;
SELECT credit_limit.approve_override('book_d', 1);
SET ROLE regress_older_day_r1;
SELECT credit_limit.approve_override('book_d', 1);
\set VERBOSITY terse
SET ROLE regress_older_day_r2;
SELECT count(*) FROM (SELECT credit_limit.approve_override('book_d', request_id) FROM book_d.override_request OFFSET 0) a;
RESET ROLE;

-- Later 101 is referred and frozen, 102 is referred again, 103 stays; 104 moves, and moves back; 105 has nothing since; 106 is as it was
-- referred, frozen already; 109 freezes.
UPDATE book_d.account_month SET days_past_due = CASE account_id WHEN 101 THEN 95 WHEN 102 THEN 12 ELSE 0 END
  WHERE account_id NOT IN (105, 106);
INSERT INTO book_d.exclusion (borrower_id, kind, action, valid_from) VALUES (9, 'fraud', 'FREEZE', '2026-12-01');
UPDATE book_d.account SET status = 'closed' WHERE account_id = 105;
SET ROLE regress_older_day_engine;
CALL credit_limit.run_decisions('book_d', '2026-12-04');
RESET ROLE;
UPDATE book_d.borrower SET income = 1500 WHERE borrower_id = 4;
UPDATE book_d.account SET status = 'open' WHERE account_id = 105;
DELETE FROM book_d.account_month WHERE account_id = 105;
SET ROLE regress_older_day_engine;
CALL credit_limit.run_decisions('book_d', '2026-12-05', '{"run_key": "what if", "move_limits": false}');
RESET ROLE;
UPDATE book_d.account SET status = 'closed' WHERE account_id <> 104;
CALL credit_limit.run_decisions('book_d', '2026-12-05', '{"run_key": "fourth"}');
UPDATE book_d.account SET status = 'open';
SELECT * FROM in_force WHERE account_id NOT IN (107, 108) ORDER BY 1;
-- A request waits for the day of what is in force, and is refused where that froze or moved.
SET ROLE regress_older_day_engine;
SELECT * FROM credit_limit.apply_overrides('book_d', '2026-12-03');
SELECT * FROM credit_limit.apply_overrides('book_d', '2026-12-04');
SELECT * FROM credit_limit.apply_overrides('book_d', '2026-12-05');
SELECT * FROM credit_limit.apply_overrides('book_d', 'infinity');
RESET ROLE;
SELECT account_id, status, message FROM book_d.override_request ORDER BY 1;
SELECT account_id, credit_limit, frozen, credit_limit.available_to_draw('book_d', account_id, '2026-12-05') AS available
FROM book_d.account WHERE account_id NOT IN (107, 108) ORDER BY 1;
SELECT * FROM contradicts;

-- A run as of an older day, and a retry of one, are written down and move neither limit nor frozen.
\set VERBOSITY default
CALL credit_limit.run_decisions('book_d', '2026-12-03', '{"run_key": "old day"}');
\set VERBOSITY terse
CALL credit_limit.run_decisions('book_d', '2026-12-03', '{"run_key": "old day"}');
SELECT count(*) AS decided, count(*) FILTER (WHERE d.new_limit <> a.credit_limit OR d.frozen <> a.frozen) > 0 AS otherwise
FROM book_d.decision d JOIN book_d.run r USING (run_id) JOIN book_d.account a USING (account_id) WHERE r.run_key = 'old day';
SELECT decisions, moves FROM book_d.run_progress WHERE run_key = 'old day';
-- 107 has a decision as of 4 December only: it froze meanwhile.
UPDATE book_d.account_month SET days_past_due = 95 WHERE account_id = 107;
CALL credit_limit.run_decisions('book_d', '2026-12-31');
UPDATE book_d.account_month SET days_past_due = 0 WHERE account_id = 107;
CALL credit_limit.run_decisions('book_d', '2026-11-30', '{"retry_failed": true}');
SELECT as_of, action, new_limit, frozen FROM book_d.decision WHERE account_id = 107 AND as_of IN ('2026-11-30', '2026-12-31') ORDER BY 1;
SELECT account_id, frozen, credit_limit.available_to_draw('book_d', 107, '2026-12-31') AS available FROM book_d.account WHERE account_id = 107;
-- So is an event, after the business date was set back.
SELECT credit_limit.set_business_date('book_d', '2026-12-20'), credit_limit.enable_realtime('book_d');
SET ROLE regress_older_day_loader;
INSERT INTO book_d.exclusion (borrower_id, kind, action, valid_from) VALUES (7, 'other', 'NO_INCREASE', '2026-01-01'), (8, 'fraud', 'FREEZE', '2026-12-10');
RESET ROLE;
SELECT account_id, source, as_of, action FROM book_d.decision WHERE source = 'realtime' ORDER BY 1;
SELECT account_id, frozen FROM book_d.account WHERE account_id IN (107, 108) ORDER BY 1;
SELECT * FROM contradicts;
-- As of the same day, or a later one, it counts.
SELECT credit_limit.set_business_date('book_d', '2026-12-31');
DELETE FROM book_d.exclusion;
INSERT INTO book_d.exclusion (borrower_id, kind, action, valid_from) VALUES (8, 'fraud', 'FREEZE', '2026-12-10');
SELECT account_id, frozen FROM book_d.account WHERE account_id IN (107, 108) ORDER BY 1;
SELECT * FROM contradicts;

-- A draw as of a day before the business date, or before what is in force, would pass by a freeze. What a run decided that moves
-- nothing does not count.
DELETE FROM book_d.exclusion;
SELECT credit_limit.disable_realtime('book_d');
CALL credit_limit.run_decisions('book_d', '2027-03-31', '{"run_key": "what if, later", "move_limits": false}');
SELECT account_id AS drawn FROM in_force WHERE NOT frozen AND as_of = '2026-12-31' ORDER BY 1 LIMIT 1 \gset
SET ROLE regress_older_day_loader;
\set VERBOSITY default
SELECT credit_limit.authorize_draw('book_d', :drawn, 10, '2026-12-30');
RESET ROLE;
SELECT credit_limit.set_business_date('book_d', NULL);
SET ROLE regress_older_day_loader;
SELECT credit_limit.authorize_draw('book_d', :drawn, 10, '2026-12-30');
\set VERBOSITY terse
SELECT credit_limit.authorize_draw('book_d', :drawn, 10, '2026-12-31') IS NOT NULL AS drawn;
RESET ROLE;
SELECT credit_limit.set_business_date('book_d', '2027-01-15');
SET ROLE regress_older_day_loader;
SELECT credit_limit.authorize_draw('book_d', :drawn, 10, '2027-01-14');
SELECT credit_limit.authorize_draw('book_d', :drawn, 10, '2027-01-15') IS NOT NULL AS drawn;
-- (By this he sees the days of decisions, and nothing of them.)
SELECT count(*) FROM book_d.decision WHERE new_limit > 0;
RESET ROLE;
SELECT * FROM credit_limit.verify_log('book_d');
DROP SCHEMA book_d, book_d_report CASCADE;
DROP OWNED BY regress_older_day_maker, regress_older_day_r1, regress_older_day_r2, regress_older_day_r3, regress_older_day_loader, regress_older_day_engine;
DROP ROLE regress_older_day_maker, regress_older_day_r1, regress_older_day_r2, regress_older_day_r3, regress_older_day_loader, regress_older_day_engine;
