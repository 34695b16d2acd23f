-- What an experiment leaves in the log: the probability of the arm, within the hashes; shares that stay; increases withheld of a share.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_holdout_maker;
CREATE ROLE regress_holdout_reviewer;
SELECT create_book('book_o');
GRANT USAGE ON SCHEMA book_o, credit_limit, credit_limit_internal TO regress_holdout_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_o TO regress_holdout_maker;
SET ROLE regress_holdout_maker;
\set policy '{"name": "cash", "entitlement": {"bands": [{"score_from": 500, "income_multiple": 2}]}, "umbrella": {"type": "shared"}, '
\set policy :policy '"product": {"floor": 500, "cap": 12000, "step": 100}, "approval": {"above": 7000}, '
\set policy :policy '"exclusions": [{"column": "excluded", "is": true, "reason": "Excluded"}]}'
SELECT draft_policy('book_o', 'cash', :'policy');
RESET ROLE;
SELECT approve_policy('book_o', 1, '2026-01-01', digest => version_digest('book_o', 'policy', 1));
INSERT INTO book_o.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', NULL), ('card', 'Card', 'card', 'CNY', 'cash', NULL),
  ('none', 'Not decided', 'other', 'CNY', NULL, NULL);
INSERT INTO book_o.borrower (borrower_id, segment, income, external_score, external_pd)
SELECT i, 'seg', 1000 + 10 * (i % 300), 650, 0.02 FROM generate_series(1, 600) i;
INSERT INTO book_o.umbrella SELECT i, (i + 1) / 2, 'shared', 'CNY', 9000, '2020-01-01' FROM generate_series(1, 1200) i;
INSERT INTO book_o.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance)
SELECT 1000 + i, i, 'cash', 'CNY', 2 * i, '2024-01-01', 500 * (i % 13), 100 * (i % 9) FROM generate_series(1, 600) i;
-- Three cards a borrower: two under one umbrella, one under the other.
INSERT INTO book_o.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit)
SELECT 10 * i + 10000 + k, i, 'card', 'CNY', 2 * i - (k + 1) / 2 % 2, '2024-01-01', 1000 FROM generate_series(1, 300) i, generate_series(1, 3) k;
SELECT set_business_date('book_o', '2026-10-15'), add_months('book_o', '2026-10-01', 4);
INSERT INTO book_o.experiment VALUES ('cards', 'card', '2026-11-10', '2026-12-31', 'umbrella');
INSERT INTO book_o.experiment_arm (experiment, arm, share) VALUES ('cards', 'a', 0.4), ('cards', 'b', 0.6);

-- From the first of the next month; a product with another experiment gets none.
SET client_min_messages = notice;
SELECT * FROM draft_holdout('book_o', 0.25, 6);
SET client_min_messages = warning;
SELECT * FROM book_o.experiment_arm ORDER BY 1, 2;
SELECT draft_holdout('book_o', s, m) FROM (VALUES (0::float8, 6)) v(s, m);
SELECT draft_holdout('book_o', 'NaN', 6);
SELECT draft_holdout('book_o', 1, 6);
SELECT draft_holdout('book_o', 0.1, 0);
SELECT draft_holdout('book_o', 0.1, 6, 'infinity');
-- Until it decides it may change.
UPDATE book_o.experiment_arm SET share = CASE arm WHEN 'holdout' THEN 0.3 ELSE 0.7 END WHERE experiment LIKE 'holdout%';
CREATE TABLE before AS SELECT * FROM book_o.account;
CALL run_decisions('book_o', '2026-11-30');
UPDATE book_o.experiment_arm SET share = 0.5 WHERE experiment = 'cards';
DELETE FROM book_o.experiment_arm WHERE experiment LIKE 'holdout%' AND arm = 'holdout';
INSERT INTO book_o.experiment_arm VALUES ('cards', 'c', 0);
UPDATE book_o.experiment_arm SET held_out = true WHERE experiment = 'cards';
UPDATE book_o.experiment SET unit = 'borrower' WHERE experiment = 'cards';
DELETE FROM book_o.experiment WHERE experiment = 'cards';
UPDATE book_o.experiment SET valid_to = '2026-12-30' WHERE experiment = 'cards' RETURNING valid_to;
-- One that has decided nothing is free.
INSERT INTO book_o.experiment VALUES ('later', 'card', '2027-06-01', NULL);
INSERT INTO book_o.experiment_arm VALUES ('later', 'x', 1);
UPDATE book_o.experiment_arm SET share = 0.5 WHERE experiment = 'later';
DELETE FROM book_o.experiment_arm WHERE experiment = 'later';
DELETE FROM book_o.experiment WHERE experiment = 'later';

-- The arm by its definition: 53 bits of SHA-256(experiment, 0x1f, unit) as a fraction against the shares, in plain SQL.
CREATE FUNCTION fraction(experiment text, unit text) RETURNS float8 LANGUAGE sql AS $$
  SELECT (('x' || left(encode(sha256(convert_to(experiment || chr(31) || unit, 'UTF8')), 'hex'), 14))::bit(56)::bigint >> 3) / 2.0 ^ 53 $$;
SELECT d.experiment, d.arm, d.arm_probability, count(*) > 50 AS many, count(*) FILTER (WHERE d.arm <> CASE WHEN d.product = 'cash' THEN
    CASE WHEN fraction(d.experiment, d.borrower_id::text) < 0.3 THEN 'holdout' ELSE 'increase' END
  ELSE CASE WHEN fraction(d.experiment, 'umbrella ' || a.umbrella_id) < 0.4 THEN 'a' ELSE 'b' END END) AS wrong
FROM book_o.decision d JOIN before a USING (account_id) GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT max(n) AS arms_of_an_umbrella, count(DISTINCT borrower_id) FILTER (WHERE b > 1) > 20 AS borrowers_in_two FROM (
  SELECT a.umbrella_id, a.borrower_id, count(DISTINCT d.arm) AS n, max(count(DISTINCT d.arm)) OVER (PARTITION BY a.borrower_id) AS m,
    (SELECT count(DISTINCT e.arm) FROM book_o.decision e WHERE e.product = 'card' AND e.borrower_id = a.borrower_id) AS b
  FROM book_o.decision d JOIN before a USING (account_id) WHERE d.product = 'card' GROUP BY 1, 2) u;

-- What would have been decided, and what is made of it: every field.
CREATE VIEW plain AS SELECT a.account_id, decide_limit(p.document, i, DATE '2026-11-30') AS d, i.umbrella_drawn
FROM book_o.policy_version p, before a, LATERAL (SELECT a.credit_limit, a.balance, a.pending, a.last_limit_change, b.income, b.external_score AS score,
    false AS excluded, u.credit_limit AS umbrella_limit, (SELECT coalesce(sum(greatest(o.balance, 0) + o.pending), 0) FROM before o
      WHERE o.umbrella_id = a.umbrella_id AND o.account_id <> a.account_id) AS umbrella_drawn
  FROM book_o.borrower b, book_o.umbrella u WHERE b.borrower_id = a.borrower_id AND u.umbrella_id = a.umbrella_id) i
WHERE p.policy_id = 1;
SELECT w.arm, (p.d).action AS alone, w.action, w.binding = 'holdout' AS withheld, count(*),
  count(*) FILTER (WHERE w.new_limit <> CASE WHEN w.arm = 'holdout' THEN least(w.old_limit, (p.d).new_limit) ELSE (p.d).new_limit END) AS wrong_limit,
  count(*) FILTER (WHERE w.proposed <> (p.d).proposed) AS wrong_proposal,
  count(*) FILTER (WHERE w.binding <> 'holdout'
    AND (w.binding, w.reasons, w.available) IS DISTINCT FROM ((p.d).binding, (p.d).reasons, (p.d).available)) AS other,
  count(*) FILTER (WHERE w.binding = 'holdout'
    AND w.available <> available_credit(w.old_limit, b.balance, b.pending, u.credit_limit, p.umbrella_drawn)) AS wrong_rest,
  count(*) FILTER (WHERE a.credit_limit <> w.new_limit) AS moved_otherwise
FROM book_o.decision w JOIN plain p USING (account_id) JOIN book_o.account a USING (account_id) JOIN before b USING (account_id)
JOIN book_o.umbrella u ON u.umbrella_id = a.umbrella_id
WHERE w.product = 'cash' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;
SELECT DISTINCT reasons[1] FROM book_o.decision WHERE binding = 'holdout';
SELECT jsonb_path_query_first(explain_limit(:'policy', r, '2026-11-30'), '$.steps[*] ? (@.step == "holdout")')
FROM (SELECT 1000.0 AS credit_limit, 0.0 AS balance, 700 AS score, 2000.0 AS income,
  0.0 AS umbrella_drawn, 9000.0 AS umbrella_limit, false AS excluded, true AS held_out) r;

-- In the hashes, and replayed; whoever changes the probability is found.
SELECT count(*) AS problems FROM verify_log('book_o');
SELECT count(*) AS decisions, bool_and((replay_decision('book_o', decision_id)).same) AS same FROM book_o.decision WHERE decision_id % 5 = 0;
BEGIN;
ALTER TABLE book_o.decision DISABLE TRIGGER USER;
UPDATE book_o.decision SET arm_probability = 0.31 WHERE account_id = 1001;
SELECT problem, count(*) FROM verify_log('book_o') GROUP BY 1;
ROLLBACK;

-- A person raises a limit of the holdout: the account stays in its arm, and the report says so.
SELECT grant_book('book_o', reviewer => 'regress_holdout_reviewer');
SELECT min(decision_id) AS referred FROM book_o.decision WHERE arm = 'holdout' AND action = 'REFER' \gset
SET ROLE regress_holdout_reviewer;
SELECT propose_override('book_o', :referred, 8000, 'Known for years') > 0 AS proposed;
RESET ROLE;
SELECT approve_override('book_o', 1);
SELECT * FROM apply_overrides('book_o', '2026-12-01');
SELECT action, arm, arm_probability FROM book_o.decision WHERE source = 'override';
SELECT r.arm, r.is_reference, r.accounts, r.referred, r.withheld, r.overridden, (r.accounts, r.referred, r.withheld, r.overridden, r.new_limit, r.credit_limit)
  IS NOT DISTINCT FROM (h.accounts, h.referred, h.withheld, h.overridden, h.new_limit, h.credit_limit) AS same
FROM book_o_report.report_experiment r JOIN (SELECT d.arm, count(*) AS accounts, count(*) FILTER (WHERE d.action = 'REFER') AS referred,
    count(*) FILTER (WHERE d.binding = 'holdout') AS withheld, count(o.decision_id) AS overridden, sum(d.new_limit) AS new_limit,
    sum(a.credit_limit) AS credit_limit FROM book_o.decision d JOIN book_o.account a USING (account_id)
    LEFT JOIN book_o.decision o ON o.account_id = d.account_id AND o.source = 'override'
  WHERE d.source = 'run' AND d.product = 'cash' GROUP BY 1) h USING (arm) WHERE r.experiment LIKE 'holdout%' ORDER BY 1;

-- Real time: the arm of a standing run. An event decided with the experiment, so its shares stay.
SELECT set_business_date('book_o', '2026-12-15');
SELECT enable_realtime('book_o');
INSERT INTO book_o.exclusion (borrower_id, kind, valid_from) VALUES (5, 'dispute', '2026-12-15');
SELECT d.product, d.arm = e.arm AS same_arm, d.arm_probability = e.arm_probability AS same FROM book_o.decision d JOIN book_o.decision e USING (account_id)
WHERE d.source = 'realtime' AND e.source = 'run' ORDER BY 1, d.account_id;
SELECT count(*) AS problems FROM verify_log('book_o');
DROP SCHEMA book_o, book_o_report CASCADE;
DROP OWNED BY regress_holdout_maker, regress_holdout_reviewer;
DROP ROLE regress_holdout_maker, regress_holdout_reviewer;
