-- Overrides: a person decides what was referred, another approves, the engine writes it to the log.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_overrides_maker; CREATE ROLE regress_overrides_r1; CREATE ROLE regress_overrides_r2;
  CREATE ROLE regress_overrides_engine; CREATE ROLE regress_overrides_analyst;
CREATE ROLE regress_overrides_both LOGIN IN ROLE regress_overrides_r1, regress_overrides_r2;
SELECT credit_limit.create_book('book_o');
SELECT credit_limit.grant_book('book_o', policy_owner => 'regress_overrides_maker', engine => 'regress_overrides_engine',
  analyst => 'regress_overrides_analyst', reviewer => 'regress_overrides_r1');
SELECT credit_limit.grant_book('book_o', reviewer => 'regress_overrides_r2');
SET ROLE regress_overrides_maker;
SELECT credit_limit.draft_policy('book_o', 'cash',
  '{"name": "cash", "entitlement": {"bands": [{"score_from": 600, "income_multiple": 2}]}, "regulatory_cap": {"limit": 9000}, '
  '"exclusions": [{"column": "excluded_refer", "is": true, "action": "REFER", "reason": "Somebody looks"}]}');
RESET ROLE;
SELECT credit_limit.approve_policy('book_o', 1, '2026-01-01', digest => credit_limit.version_digest('book_o', 'policy', 1));
INSERT INTO book_o.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
INSERT INTO book_o.borrower (borrower_id, segment, income, external_score, external_pd) SELECT i, 'retail', 1000, 650, 0.02 FROM generate_series(1, 5) i;
INSERT INTO book_o.umbrella VALUES (4, 4, 'partitioned', 'CNY', 3000, '2026-01-01', NULL);
INSERT INTO book_o.account (account_id, borrower_id, product, currency, umbrella_id, opened_on, credit_limit, balance)
  SELECT 100 + i, i, 'cash', 'CNY', CASE WHEN i = 4 THEN 4 END, '2026-01-01', 1000, 400 FROM generate_series(1, 5) i;
INSERT INTO book_o.account_month SELECT 100 + i, '2026-11-01', 1000, 400, 50, 50, 0 FROM generate_series(1, 5) i;
INSERT INTO book_o.exclusion (borrower_id, kind, action, valid_from) SELECT i, 'dispute', 'REFER', '2026-01-01' FROM generate_series(1, 4) i;
CALL credit_limit.run_decisions('book_o', '2026-11-30');
SELECT account_id, action, old_limit, new_limit, regulatory_cap, binding FROM book_o.decision ORDER BY account_id;
SELECT decision_id AS d1 FROM book_o.decision WHERE account_id = 101 \gset
SELECT decision_id AS d2 FROM book_o.decision WHERE account_id = 102 \gset
SELECT decision_id AS d3 FROM book_o.decision WHERE account_id = 103 \gset
SELECT decision_id AS d4 FROM book_o.decision WHERE account_id = 104 \gset
SELECT decision_id AS d5 FROM book_o.decision WHERE account_id = 105 \gset

-- Proposals: of what was referred, up to the regulatory cap, with a reason; one at a time.
SET ROLE regress_overrides_r1;
SELECT credit_limit.propose_override('book_o', :d1, 5000, 'Long-standing customer', 'spoke to him') AS id;
SELECT credit_limit.propose_override('book_o', :d1, 6000, 'Again');
SELECT credit_limit.propose_override('book_o', :d5, 5000, 'Not referred');
SELECT credit_limit.propose_override('book_o', 123456, 5000, 'Nowhere');
SELECT credit_limit.propose_override('book_o', :d2, 9000.01, 'Above the regulatory cap');
SELECT credit_limit.propose_override('book_o', :d2, -1, 'Negative');
SELECT credit_limit.propose_override('book_o', :d2, 'NaN', 'NaN');
SELECT credit_limit.propose_override('book_o', :d2, 100, '');
SELECT credit_limit.propose_override('book_o', :d2, 100, NULL);
SELECT credit_limit.propose_override('book_o', :d2, 500, 'Too much debt elsewhere') AS id,
  credit_limit.propose_override('book_o', :d3, 2000, 'Asked for it') AS id, credit_limit.propose_override('book_o', :d4, 3500, 'More than the umbrella') AS id;
SELECT account_id, new_limit, status, proposed_by, decided_by FROM book_o.override_request ORDER BY account_id;
-- Not by himself, not by his other role, and not by writing the row.
SELECT credit_limit.approve_override('book_o', 1), 1 FROM book_o.override_request WHERE account_id = 101;
UPDATE book_o.override_request SET status = 'applied';
UPDATE book_o.override_request SET decided_by = 'somebody';
UPDATE book_o.override_request SET new_limit = 9000;
INSERT INTO book_o.override_request (decision_id, new_limit, reason, status) VALUES (:d5, 1, 'x', 'approved');
DELETE FROM book_o.override_request;
INSERT INTO book_o.decision SELECT * FROM book_o.decision;
UPDATE book_o.account SET credit_limit = 9000;
SELECT credit_limit.apply_overrides('book_o', '2026-12-01');
RESET ROLE;
SET SESSION AUTHORIZATION regress_overrides_both;
SET ROLE regress_overrides_r1;
-- (A proposal of this login, then of no other.)
SELECT credit_limit.decline_override('book_o', request_id) FROM book_o.override_request WHERE account_id = 103;
SELECT credit_limit.propose_override('book_o', :d3, 2000, 'Asked for it') > 0 AS proposed;
SET ROLE regress_overrides_r2;
SELECT credit_limit.approve_override('book_o', request_id) FROM book_o.override_request WHERE account_id = 103 AND status = 'proposed';
RESET SESSION AUTHORIZATION;
SET ROLE regress_overrides_r2;
SELECT count(*) FROM (SELECT credit_limit.approve_override('book_o', request_id) FROM book_o.override_request
  WHERE status = 'proposed' AND account_id <> 103 OFFSET 0) a;
SELECT credit_limit.decline_override('book_o', request_id) FROM book_o.override_request WHERE account_id = 101;
SELECT credit_limit.approve_override('book_o', 999);
-- Approved is not applied: that is the engine's.
SELECT credit_limit.apply_overrides('book_o', '2026-12-01');
UPDATE book_o.override_request SET status = 'applied' WHERE account_id = 101;
SET ROLE regress_overrides_analyst;
SELECT count(*) FROM book_o.override_request;
SELECT credit_limit.propose_override('book_o', :d3, 2000, 'x');
-- The limit of 102 moves meanwhile. The engine applies what can be.
RESET ROLE;
UPDATE book_o.account SET credit_limit = 1100 WHERE account_id = 102;
-- Nor does the engine say that it applied what it did not, or refuse without a word.
SET ROLE regress_overrides_engine;
UPDATE book_o.override_request SET status = 'applied' WHERE account_id = 101 AND status = 'approved';
UPDATE book_o.override_request SET status = 'applied', override_id = decision_id WHERE account_id = 101 AND status = 'approved';
UPDATE book_o.override_request SET status = 'refused' WHERE account_id = 101 AND status = 'approved';
RESET ROLE;
SELECT credit_limit.set_business_date('book_o', '2026-12-01');
-- Every digit of the decision is repeated, however few the session shows.
SET extra_float_digits = -12;
SET ROLE regress_overrides_engine;
CALL credit_limit.run_job('book_o', 'overrides');
CALL credit_limit.run_job('book_o', 'overrides');
SELECT status, row_count, message FROM book_o.run WHERE job = 'overrides' ORDER BY run_id;
RESET ROLE;
RESET extra_float_digits;
SELECT count(*) AS overrides, count(DISTINCT d.pd) AS different, bool_and(d.pd = r.pd AND d.score = r.score) AS same
FROM book_o.decision d JOIN book_o.override_request q ON q.override_id = d.decision_id JOIN book_o.decision r ON r.decision_id = q.decision_id;
SELECT account_id, status, proposed_by, decided_by, override_id IS NOT NULL AS written, message FROM book_o.override_request ORDER BY account_id, request_id;
SELECT account_id, credit_limit, last_limit_change FROM book_o.account ORDER BY 1;
SELECT account_id, source, as_of, action, old_limit, new_limit, available, binding, reasons, run_id, policy_id FROM book_o.decision WHERE source = 'override';
-- The log verifies, with the inputs of the override; whoever changes them is found.
SELECT * FROM credit_limit.verify_log('book_o');
SELECT e.inputs, l.columns FROM book_o.decision d JOIN book_o.decision_evidence e USING (decision_id) JOIN book_o.evidence_layout l
  USING (layout) WHERE d.source = 'override';
BEGIN;
ALTER TABLE book_o.decision_evidence DISABLE TRIGGER keep_all;
UPDATE book_o.decision_evidence e SET inputs = replace(inputs, 'spoke', 'wrote') FROM book_o.decision d
  WHERE d.decision_id = e.decision_id AND d.source = 'override';
SELECT problem FROM credit_limit.verify_log('book_o');
ROLLBACK;
BEGIN;
ALTER TABLE book_o.decision DISABLE TRIGGER keep_all;
UPDATE book_o.decision SET new_limit = 5001 WHERE source = 'override';
SELECT problem FROM credit_limit.verify_log('book_o');
ROLLBACK;
SELECT credit_limit.replay_decision('book_o', decision_id) FROM book_o.decision WHERE source = 'override';
-- A run goes on from there; erasure takes the note too.
CALL credit_limit.run_decisions('book_o', '2026-12-02');
SELECT action, old_limit FROM book_o.decision WHERE account_id = 101 AND as_of = '2026-12-02';
-- One override is not that of two requests, though account, limit and day are the same. (Somebody has set the limit back.)
CALL credit_limit.run_decisions('book_o', '2026-12-01');
BEGIN;
SET LOCAL ROLE regress_overrides_r1;
SELECT credit_limit.propose_override('book_o', decision_id, 5000, 'As before') > 0 AS proposed FROM book_o.decision
  WHERE account_id = 101 AND as_of = '2026-12-01' AND source = 'run';
SET LOCAL ROLE regress_overrides_r2;
SELECT credit_limit.approve_override('book_o', request_id) FROM book_o.override_request WHERE status = 'proposed' AND account_id = 101;
RESET ROLE;
UPDATE book_o.account SET credit_limit = 5000 WHERE account_id = 101;
SET LOCAL ROLE regress_overrides_engine;
UPDATE book_o.override_request SET status = 'applied', override_id = (SELECT max(q.override_id) FROM book_o.override_request q WHERE q.account_id = 101)
  WHERE status = 'approved' AND account_id = 101;
ROLLBACK;
UPDATE book_o.override_request SET note = NULL WHERE account_id = 101;
INSERT INTO book_o.limit_adjustment (account_id, kind, amount, valid_from, valid_to, reason)
  VALUES (101, 'blocked', 5, '2026-12-01', '2026-12-05', 'divorce of Mr X'), (102, 'blocked', 5, '2026-12-01', '2026-12-05', 'not his');
INSERT INTO book_o.account_feature (account_id, computed_on, demand_mean) SELECT a, '2026-12-01', 900 FROM unnest(ARRAY[101, 102]) a;
INSERT INTO book_o.run_chunk (run_id, chunk, lowest, highest, borrowers, status, message)
  SELECT min(run_id), 1000 + 2 * i + n, i, i + n, 1, 'failed', 'value "4500 a month"'
  FROM book_o.run, (VALUES (1, 0), (2, 0), (1, 1)) v(i, n) WHERE run_id > 0 GROUP BY i, n;
SELECT credit_limit.refresh_reports('book_o') AS positions;
UPDATE book_o.account SET status = 'closed' WHERE account_id = 101;
\set VERBOSITY default
SET client_min_messages = notice;
SELECT credit_limit.erase_borrower('book_o', 1, '2026-12-03', 'asked');
SET client_min_messages = warning;
\set VERBOSITY terse
SELECT note, reason FROM book_o.override_request WHERE account_id = 101;
-- What was computed of him and what people wrote is gone, and nobody else's; what is left is listed, counted by hand here.
SELECT account_id, reason FROM book_o.limit_adjustment ORDER BY 1;
SELECT array_agg(account_id) FROM book_o.account_feature;
SELECT array_agg(account_id ORDER BY account_id) FROM book_o.report_position;
SELECT lowest, highest, message FROM book_o.run_chunk WHERE chunk > 1000 ORDER BY chunk, highest;
SELECT * FROM credit_limit.borrower_traces('book_o', 1);
SELECT (SELECT count(*) FROM book_o.account WHERE borrower_id = 1) AS account,
  (SELECT count(*) FROM book_o.account_month WHERE account_id = 101) AS account_month,
  (SELECT count(*) FROM book_o.decision WHERE borrower_id = 1) AS decision, (SELECT count(*) FROM book_o.override_request WHERE borrower_id = 1) AS request;
SELECT * FROM credit_limit.borrower_traces('book_o', 77);
UPDATE book_o.override_request SET reason = 'other' WHERE account_id = 101;
UPDATE book_o.override_request SET reason = 'erased' WHERE account_id = 102;
SELECT count(*) AS problems FROM credit_limit.verify_log('book_o');
-- A run that moves nothing refers nobody.
CALL credit_limit.run_decisions('book_o', '2026-12-20', '{"run_key": "what if", "move_limits": false}');
SELECT max(decision_id) AS what_if FROM book_o.decision d JOIN book_o.run r USING (run_id) WHERE r.run_key = 'what if' AND d.action = 'REFER' \gset
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT credit_limit.propose_override('book_o', :what_if, 100, 'x');
\set VERBOSITY terse
DROP SCHEMA book_o, book_o_report CASCADE;
DROP OWNED BY regress_overrides_maker, regress_overrides_r1, regress_overrides_r2, regress_overrides_engine, regress_overrides_analyst, regress_overrides_both;
DROP ROLE regress_overrides_maker, regress_overrides_r1, regress_overrides_r2, regress_overrides_engine, regress_overrides_analyst, regress_overrides_both;
