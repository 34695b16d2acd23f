-- What was known on a past day: decision_input_at, previews and simulations of the past; and features, which a job fills.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_history_maker;
SELECT credit_limit.create_book('book_h');
GRANT USAGE ON SCHEMA book_h, credit_limit, credit_limit_internal TO regress_history_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_h TO regress_history_maker;
SET ROLE regress_history_maker;
\set policy '{"name": "cash", "entitlement": {"bands": [{"score_from": 500, "income_multiple": 2}]}, '
\set policy :policy '"product": {"floor": 500, "cap": 12000, "step": 100}, "exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "Past due"}, '
\set policy :policy '{"column": "times_30_6m", "at_least": 2, "reason": "Often late"}], '
\set policy :policy '"movement": {"max_increase": 0.2, "cooling_off_days": {"increase": 40}}}'
\set card '{"name": "card", "base_points": 400, "characteristics": [{"name": "utilization_6m", '
\set card :card '"bins": [{"below": 0.4, "points": 150}, {"points": 20}], "missing": {"points": 50}}, {"name": "days_past_due_worst_12m", '
\set card :card '"bins": [{"below": 10, "points": 120}, {"points": 0}], "missing": {"points": 30}}]}'
SELECT draft_policy('book_h', 'cash', :'policy'), draft_scorecard('book_h', 'card', :'card');
SELECT draft_policy('book_h', 'other', jsonb_set(:'policy'::jsonb, '{movement,max_increase}', '0.5')::limit_policy);
RESET ROLE;
SELECT approve_policy('book_h', 1, '2026-01-01', digest => version_digest('book_h', 'policy', 1)),
  approve_scorecard('book_h', 1, '2026-01-01', digest => version_digest('book_h', 'scorecard', 1));
INSERT INTO book_h.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', 'card');
INSERT INTO book_h.borrower (borrower_id, segment, income) SELECT i, 'seg', 1500 + 10 * i FROM generate_series(1, 150) i;
-- What the lender's system says at the end of each month: of accounts opened up to then, limits as they were granted by then.
CREATE TABLE said AS SELECT i AS account_id, m::date AS month, round((draw(i, 1) * 4000 * (0.5 + draw(i, 10 + k)))::numeric, 2) AS balance,
  round((draw(i, 40 + k) * 500)::numeric, 2) AS payment, 200 AS due, CASE WHEN draw(i, 70 + k) > 0.9 THEN (draw(i, 70 + k) * 70)::int - 40 ELSE 0 END AS dpd
FROM generate_series(1, 150) i, generate_series(DATE '2025-11-01', DATE '2026-12-01', interval '1 month') m,
  LATERAL (SELECT extract(month FROM m)::int + 12 * extract(year FROM m)::int - 24310 AS k) k;
INSERT INTO book_h.account (account_id, borrower_id, product, currency, opened_on, credit_limit)
SELECT i, i, 'cash', 'CNY', CASE WHEN i % 10 = 0 THEN DATE '2026-11-15' WHEN i % 10 = 1 THEN DATE '2026-06-10' ELSE DATE '2024-01-01' END, 2000 + 10 * i
FROM generate_series(1, 150) i;
SELECT add_months('book_h', '2025-11-01', 15);

-- Three month ends: the months come, the features are computed, a run moves limits.
CREATE PROCEDURE month_end(day date) LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO book_h.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
  SELECT s.account_id, s.month, a.credit_limit, s.balance, s.payment, s.due, s.dpd FROM said s JOIN book_h.account a USING (account_id)
  WHERE s.month <= day AND a.opened_on <= day AND a.status = 'open'
    AND NOT EXISTS (SELECT FROM book_h.account_month m WHERE (m.account_id, m.month) = (s.account_id, s.month))
    AND s.month >= date_trunc('month', a.opened_on);
  UPDATE book_h.account a SET balance = s.balance FROM said s WHERE s.account_id = a.account_id AND s.month = date_trunc('month', day);
END $$;
CREATE TABLE seen AS SELECT DATE '2026-01-01' AS day, * FROM book_h.decision_input('2026-01-01') LIMIT 0;
CALL month_end('2026-10-31');
SELECT refresh_features('book_h', '2026-10-31') AS first_time, refresh_features('book_h', '2026-10-31') AS again;
INSERT INTO seen SELECT '2026-10-31', * FROM book_h.decision_input('2026-10-31');
CALL run_decisions('book_h', '2026-10-31');
-- A run that moves nothing says what would be, not what is.
CALL run_decisions('book_h', '2026-11-05', '{"run_key": "what if", "move_limits": false}');
-- Closed after October: it was there then.
UPDATE book_h.account SET status = 'closed' WHERE account_id IN (7, 8);
CALL month_end('2026-11-30');
-- Those whose month came; the two that are closed are left alone.
SELECT refresh_features('book_h', '2026-11-30');
INSERT INTO seen SELECT '2026-11-30', * FROM book_h.decision_input('2026-11-30');
CALL run_decisions('book_h', '2026-11-30');
CALL month_end('2026-12-31');
SELECT refresh_features('book_h', '2026-12-31');
INSERT INTO seen SELECT '2026-12-31', * FROM book_h.decision_input('2026-12-31');
CALL run_decisions('book_h', '2026-12-31');

-- An account is not known before it was opened.
SELECT day, count(*), count(*) FILTER (WHERE months_on_book < 0) AS unborn, count(*) FILTER (WHERE account_id % 10 = 0) AS new FROM seen GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM book_h.decision_input('2023-12-31');
-- What decision_input_at says of a day is what decision_input said on it, limits and dates of their changes included.
SELECT s.day, count(*), count(*) FILTER (WHERE i.account_id IS NULL) AS missing, count(*) FILTER (WHERE to_jsonb(i) <> to_jsonb(s) - 'day') AS differ
FROM seen s LEFT JOIN LATERAL (SELECT * FROM book_h.decision_input_at(s.day) i WHERE i.account_id = s.account_id) i ON true GROUP BY 1 ORDER BY 1;
SELECT s.day, count(*) FROM (SELECT DISTINCT day FROM seen) s, book_h.decision_input_at(s.day) i GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT credit_limit) > 1 AS limits_moved FROM seen WHERE account_id % 10 = 2 GROUP BY account_id HAVING count(DISTINCT credit_limit) > 1 LIMIT 1;
-- So a preview decides as the run did.
SELECT r.as_of, count(*), count(*) FILTER (WHERE (d.score, d.pd) IS DISTINCT FROM (p.score, p.pd) OR (d.action, d.old_limit, d.new_limit, d.available,
  d.entitlement, d.risk_cap, d.product_cap, d.affordability_cap, d.umbrella_cap, d.regulatory_cap, d.target, d.binding, d.reasons, d.proposed)::limit_decision
  IS DISTINCT FROM p.decision) AS differ, count(*) FILTER (WHERE d.new_limit <> d.old_limit) AS moved
FROM book_h.run r JOIN book_h.decision d ON d.run_id = r.run_id
LEFT JOIN LATERAL (SELECT * FROM preview_decisions('book_h', r.as_of, '{"history": true}') p WHERE p.account_id = d.account_id) p ON true
WHERE r.move_limits AND d.account_id % 5 < 3 GROUP BY 1 ORDER BY 1;
-- Without the option it is of the limits of now.
SELECT count(*) > 0 AS differ FROM preview_decisions('book_h', '2026-10-31') n JOIN preview_decisions('book_h', '2026-10-31', '{"history": true}') h
  USING (account_id) WHERE (n.decision).old_limit <> (h.decision).old_limit;
-- In the middle of a month the last month that was over counts, and the limit that the run left.
SELECT count(*), count(*) FILTER (WHERE i.balance IS DISTINCT FROM m.balance OR i.credit_limit <> d.new_limit OR i.last_month <> '2026-10-01'
  OR i.last_limit_change IS DISTINCT FROM CASE WHEN d.new_limit <> d.old_limit THEN DATE '2026-10-31' END) AS wrong
FROM book_h.decision_input_at('2026-11-20') i JOIN book_h.account_month m ON m.account_id = i.account_id AND m.month = '2026-10-01'
JOIN book_h.decision d ON d.account_id = i.account_id AND d.as_of = '2026-10-31' AND d.new_limit IS NOT NULL;
-- Before the log begins the month on file says the limit.
UPDATE book_h.account_month SET credit_limit = 777 WHERE month = '2026-03-01';
SELECT credit_limit = 777 AS of_march, count(*) FROM book_h.decision_input_at('2026-03-31') GROUP BY 1;
-- No look ahead: later months and decisions change, and not a byte does.
CREATE TABLE then_known AS SELECT * FROM book_h.decision_input_at('2026-11-30');
DELETE FROM book_h.account_month WHERE month = '2026-12-01' AND account_id % 2 = 0;
UPDATE book_h.account_month SET balance = 1, days_past_due = 400, credit_limit = 3 WHERE month = '2026-12-01';
UPDATE book_h.account SET balance = 5, pending = 6;
INSERT INTO book_h.account_month SELECT account_id, '2027-01-01', 9999, 9999, 1, 1, 99 FROM book_h.account;
SELECT refresh_features('book_h', '2027-01-31') > 0 AS some;
CALL run_decisions('book_h', '2027-01-31');
SELECT count(*) AS differ FROM ((TABLE then_known EXCEPT SELECT * FROM book_h.decision_input_at('2026-11-30'))
  UNION ALL (SELECT * FROM book_h.decision_input_at('2026-11-30') EXCEPT TABLE then_known)) d;

-- Two policies on the past: sums over what was known, by plain SQL.
SELECT s.accounts = w.n AND s.old_limit = w.old AND s.limit_a = w.a AND s.limit_b = w.b AS same
FROM simulate_policy('book_h', 1, 2, '2026-11-30', '{"history": true}') s, (
  SELECT count(*) AS n, sum((d.a).old_limit) AS old, sum((d.a).new_limit) AS a, sum((d.b).new_limit) AS b
  FROM (SELECT decide_limit(a.document, i, DATE '2026-11-30') AS a, decide_limit(b.document, i, DATE '2026-11-30') AS b
    FROM (SELECT k.*, score(c.document, k) AS score FROM book_h.decision_input_at('2026-11-30') k, book_h.scorecard_version c) i,
      book_h.policy_version a, book_h.policy_version b WHERE a.policy_id = 1 AND b.policy_id = 2) d) w
WHERE s.action_a IS NULL;
SELECT * FROM preview_decisions('book_h', '2026-11-30', '{"histry": true}');
SELECT * FROM preview_decisions('book_h', '2026-11-30', '{"history": 1}');
SELECT * FROM preview_decisions('book_h', '2026-11-30', '{"lgd": 0.5}');
SELECT * FROM preview_decisions('book_h', NULL);
SELECT * FROM simulate_policy('book_h', 1, 2, '2026-11-30', '{"history": "yes"}');

-- Features: those of behavior_features over the account's months, of the month or the one before, whatever the order of the nights.
SELECT refresh_features('book_h', '2027-01-31', true) = (SELECT count(DISTINCT m.account_id)
  FROM book_h.account_month m JOIN book_h.account a USING (account_id) WHERE a.status = 'open' AND m.month <= '2027-01-31') AS everybody;
CREATE VIEW plain AS SELECT m.account_id, to_jsonb(behavior_features(behavior_agg(m.month, m.credit_limit, m.balance, m.payment, m.due, m.days_past_due),
    greatest(max(m.month), DATE '2026-12-01'))) - '{credit_limit,balance,payment,due,days_past_due}'::text[] AS features
  FROM book_h.account_month m JOIN book_h.account a USING (account_id) WHERE a.status = 'open' GROUP BY 1;
SELECT count(*), count(*) FILTER (WHERE to_jsonb(f) - '{account_id,computed_on,demand_q90,demand_mean,demand_mixture}'::text[] <> p.features) AS differ
FROM plain p JOIN book_h.account_feature f USING (account_id);
-- Whoever has no month of January has those of December; a month that comes late is seen the next night, a correction when everybody is asked for.
DELETE FROM book_h.account_month WHERE month = '2027-01-01' AND account_id IN (3, 4);
SELECT refresh_features('book_h', '2027-01-31');
SELECT as_of, count(*) FROM book_h.account_feature JOIN book_h.account USING (account_id) WHERE status = 'open' GROUP BY 1 ORDER BY 1;
INSERT INTO book_h.account_month SELECT account_id, '2027-01-01', 100, 50, 1, 1, 0 FROM book_h.account WHERE account_id = 3;
UPDATE book_h.account_month SET days_past_due = 177 WHERE month = '2026-09-01' AND account_id = 6;
SELECT refresh_features('book_h', '2027-01-31');
SELECT days_past_due_worst_12m FROM book_h.account_feature WHERE account_id = 6;
SELECT refresh_features('book_h', '2027-01-31', true) > 100;
SELECT days_past_due_worst_12m FROM book_h.account_feature WHERE account_id = 6;
-- A forecast of demand is the lender's: it stays, with its day, and before that day it was not known.
UPDATE book_h.account_feature SET demand_q90 = 4321, computed_on = '2026-12-15';
SELECT refresh_features('book_h', '2027-01-31', true) > 100;
SELECT demand_q90, computed_on, count(*) FROM book_h.account_feature GROUP BY 1, 2;
SELECT d.day, count(i.demand_q90) > 0 AS known FROM (VALUES (DATE '2026-12-14'), ('2026-12-15')) d(day),
  book_h.decision_input_at(d.day) i GROUP BY 1 ORDER BY 1;
SELECT refresh_features('book_h');
SELECT refresh_features('book_h', 'infinity');
-- The job does it.
SELECT set_business_date('book_h', '2027-01-31');
DELETE FROM book_h.account_feature WHERE account_id < 10;
CALL run_job('book_h', 'features');
SELECT job, status, as_of, row_count FROM book_h.job_status WHERE job = 'features';

-- Evidence keeps the columns that the versions of a run read, and nothing of the other features; so a decision is replayed.
SELECT columns_read(p.document) AS policy, columns_read(c.document) AS card FROM book_h.policy_version p, book_h.scorecard_version c WHERE p.policy_id = 1;
SELECT string_agg(c ->> 0, ' ') AS kept, bool_and(r.inputs @> ARRAY[c ->> 0]) AS as_said
FROM book_h.evidence_layout l, jsonb_array_elements(l.columns::jsonb) c, book_h.run r WHERE r.run_key = '2026-11-30' GROUP BY l.layout;
SELECT count(*), bool_and((replay_decision('book_h', d.decision_id)).same) AS same FROM book_h.decision d WHERE d.as_of = '2026-11-30';
SELECT count(*) AS problems FROM verify_log('book_h');

-- A lender's account_feature with what he has; a decision_input of his own, and check_book when the past lacks its columns.
CREATE TABLE few AS SELECT account_id, computed_on, demand_q90, demand_mean, months_inactive, 5 AS mine FROM book_h.account_feature;
DROP FUNCTION book_h.decision_input(date), book_h.decision_input_at(date);
DROP TABLE book_h.account_feature;
CREATE VIEW book_h.account_feature AS TABLE few;
SELECT create_book_input('book_h');
SELECT count(*) > 100 AS some, count(utilization_3m) AS not_there FROM book_h.decision_input('2027-01-31');
SELECT count(*) > 100 AS some, count(utilization_3m) > 100 AS of_months FROM book_h.decision_input_at('2027-01-31');
SELECT refresh_features('book_h', '2027-01-31');
ALTER FUNCTION book_h.decision_input(date) RENAME TO standard_input;
CREATE VIEW book_h.input_row AS SELECT i.*, 1 AS mine FROM book_h.standard_input(NULL) i WHERE false;
CREATE FUNCTION book_h.decision_input(as_of date) RETURNS SETOF book_h.input_row LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT i.*, f.mine FROM book_h.standard_input(as_of) i JOIN book_h.account_feature f ON f.account_id = i.account_id;
END;
REVOKE ALL ON FUNCTION book_h.decision_input(date) FROM PUBLIC;
SELECT relation, problem FROM check_book('book_h') WHERE relation LIKE 'decision_input%';

-- Columns of a lender's may be called as the rows in our queries are: decided, replayed and explained as with other names.
CREATE TABLE usual AS SELECT account_id, score, decision FROM preview_decisions('book_h', '2027-01-31');
DROP FUNCTION book_h.decision_input(date);
DROP VIEW book_h.input_row;
CREATE VIEW book_h.input_row AS SELECT q.*, '{"utilization_6m": 0.9}'::jsonb AS i, '{}'::text AS s, 'x'::text AS r
FROM book_h.standard_input(NULL) q WHERE false;
CREATE FUNCTION book_h.decision_input(as_of date) RETURNS SETOF book_h.input_row LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT q.*, '{"utilization_6m": 0.9}'::jsonb, '{}'::text, 'x'::text FROM book_h.standard_input(as_of) q
  JOIN book_h.account_feature f ON f.account_id = q.account_id;
END;
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE (a.score, a.decision) IS DISTINCT FROM (b.score, b.decision)) AS differ
FROM usual a FULL JOIN preview_decisions('book_h', '2027-01-31') b USING (account_id);
SET ROLE regress_history_maker;
SELECT draft_scorecard('book_h', 'card', jsonb_set(:'card'::jsonb, '{characteristics,2}',
  '{"name": "r", "categories": [{"in": ["x"], "points": 9}]}')::scorecard);
RESET ROLE;
SELECT approve_scorecard('book_h', 2, '2027-01-31', digest => version_digest('book_h', 'scorecard', 2));
CALL run_decisions('book_h', '2027-01-31', '{"run_key": "odd names"}');
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE d.score IS DISTINCT FROM p.score + 9) AS differ FROM book_h.decision d JOIN usual p USING (account_id)
WHERE d.run_id = (SELECT run_id FROM book_h.run WHERE run_key = 'odd names');
SELECT count(*) FILTER (WHERE NOT same) AS replayed_otherwise FROM replay_decisions('book_h', '2027-01-31', '2027-01-31');
SELECT e #>> '{inputs,r}' AS r, jsonb_array_length(e -> 'points') AS characteristics
FROM (SELECT explain_decision('book_h', max(decision_id)) AS e FROM book_h.decision WHERE as_of = '2027-01-31') x;

-- Lines under an umbrella see what the others had drawn and been granted then.
SELECT create_book('book_u');
INSERT INTO book_u.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', NULL, NULL);
INSERT INTO book_u.borrower (borrower_id) VALUES (1);
INSERT INTO book_u.umbrella VALUES (1, 1, 'partitioned', 'CNY', 9000, '2020-01-01');
INSERT INTO book_u.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance) VALUES
  (1, 1, 'cash', 'CNY', 1, '2020-01-01', 1000, 1), (2, 1, 'cash', 'CNY', 1, '2020-01-01', 2000, 2), (3, 1, 'cash', 'CNY', 1, '2026-10-01', 3000, 3);
INSERT INTO book_u.account_month (account_id, month, credit_limit, balance) VALUES (1, '2026-08-01', 100, 40), (2, '2026-08-01', 200, 70);
SELECT account_id, credit_limit, balance, umbrella_drawn, umbrella_granted, umbrella_place FROM book_u.decision_input_at('2026-08-31') ORDER BY 1;
SELECT account_id, credit_limit, balance, umbrella_drawn, umbrella_granted, umbrella_place FROM book_u.decision_input('2026-10-31') ORDER BY 1;
DROP SCHEMA book_h, book_h_report, book_u, book_u_report CASCADE;
DROP OWNED BY regress_history_maker;
DROP ROLE regress_history_maker;
