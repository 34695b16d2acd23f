-- What check_book, previews and runs say before and after a night that goes wrong. Each row was silent, or an error of 25 lines.
\i test/helpers.sql
\set SHOW_CONTEXT never
SELECT credit_limit.create_book('book_c');
CREATE ROLE regress_check_maker;
CREATE ROLE regress_check_engine;
SELECT credit_limit.grant_book('book_c', policy_owner => 'regress_check_maker', engine => 'regress_check_engine');
SET ROLE regress_check_maker;
SELECT credit_limit.draft_scorecard('book_c', 's', '{"name": "s", "base_points": 500, "characteristics": [
  {"name": "no_such_column", "bins": [{"points": 0}], "missing": {"points": 0}}]}');
SELECT credit_limit.draft_scorecard('book_c', 's', '{"name": "s", "base_points": 500, "characteristics": [
  {"name": "utilization", "bins": [{"points": 0}], "missing": {"points": 0}}]}');
SELECT credit_limit.draft_policy('book_c', 'p', '{"name": "p", "product": {"cap": 100}, "exclusions": [{"column": "excluded", "is": true},
  {"column": "excluded_freeze", "is": true, "action": "FREEZE"}]}');
RESET ROLE;
-- A card that reads a column which decision_input lacks: named when it is approved, by check_book, and by the run.
SELECT credit_limit.approve_policy('book_c', 1, '2026-01-01', digest => digest) FROM book_c.policy_version;
SELECT credit_limit.approve_scorecard('book_c', 1, '2026-01-01', digest => digest) FROM book_c.scorecard_version WHERE scorecard_id = 1;
INSERT INTO book_c.product VALUES ('c', 'c', 'card', 'EUR', 'p', 's');
INSERT INTO book_c.borrower (borrower_id) SELECT generate_series(1, 20);
INSERT INTO book_c.account (account_id, borrower_id, product, currency, opened_on, credit_limit)
  SELECT i, i, 'c', 'EUR', '2026-01-01', 10 FROM generate_series(1, 20) i;
INSERT INTO book_c.account_month SELECT i, '2026-05-01', 10, i, 0, 0, 0 FROM generate_series(1, 20) i;
SELECT credit_limit.add_months('book_c', '2026-06-01', 1);
SELECT * FROM credit_limit.check_book('book_c') WHERE relation <> 'account_month';
CALL credit_limit.run_decisions('book_c', '2026-05-31');
-- The card is corrected: the same run decides by it, with the rights of the engine.
SELECT credit_limit.approve_scorecard('book_c', 2, '2026-05-01', digest => digest) FROM book_c.scorecard_version WHERE scorecard_id = 2;
SELECT * FROM credit_limit.check_book('book_c') WHERE relation <> 'account_month';
SET ROLE regress_check_engine;
CALL credit_limit.run_decisions('book_c', '2026-05-31');
RESET ROLE;
SELECT run_key, status, row_count, failed, message FROM book_c.run WHERE run_id > 0;
SELECT DISTINCT scorecard_id, action, new_limit FROM book_c.decision;
-- One that has decided keeps its versions.
SELECT policy_id, scorecard_id FROM book_c.run_version WHERE run_id > 0;
-- A limit that nobody decided.
SELECT * FROM credit_limit.check_book('book_c') WHERE relation = 'account';
UPDATE book_c.account SET credit_limit = 1 WHERE account_id IN (3, 4);
SELECT * FROM credit_limit.check_book('book_c') WHERE relation = 'account';
UPDATE book_c.account SET credit_limit = 100 WHERE account_id IN (3, 4);
-- No business date, though jobs and real time need one; months that end too early.
SELECT count(*) FROM credit_limit.schedule('book_c');
SELECT * FROM credit_limit.check_book('book_c') WHERE relation IN ('business_day', 'account_month');
SELECT credit_limit.unschedule('book_c') IS NOT NULL AS ended LIMIT 1;
SELECT credit_limit.set_business_date('book_c', '2026-07-31');
SELECT * FROM credit_limit.check_book('book_c') WHERE relation IN ('business_day', 'account_month');
CALL credit_limit.run_decisions('book_c', '2026-07-31', '{"move_limits": false}');
SELECT run_key, status, row_count, failed, message FROM book_c.run WHERE run_id > 0 ORDER BY run_id;
SELECT credit_limit.set_business_date('book_c', '2026-06-01');
-- A decision_input that divides by zero for one borrower, or two, or all.
ALTER FUNCTION book_c.decision_input(date) RENAME TO standard_input;
CREATE TABLE book_c.divisor (borrower_id bigint, n int);
INSERT INTO book_c.divisor SELECT i, CASE i WHEN 13 THEN 0 ELSE 1 END FROM generate_series(1, 20) i;
CREATE VIEW book_c.input_row AS SELECT i.*, 1 / 1 AS ratio FROM book_c.standard_input(NULL) i WHERE false;
CREATE FUNCTION book_c.decision_input(as_of date) RETURNS SETOF book_c.input_row LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT i.*, 1 / d.n FROM book_c.standard_input(as_of) i JOIN book_c.divisor d ON d.borrower_id = i.borrower_id;
END;
REVOKE ALL ON FUNCTION book_c.decision_input(date) FROM PUBLIC;
SELECT * FROM credit_limit.check_book('book_c');
SELECT count(*) FROM credit_limit.preview_decisions('book_c', '2026-06-01');
CALL credit_limit.run_decisions('book_c', '2026-06-01', '{"chunk_size": 10}');
SELECT run_key, status, row_count, failed, message FROM book_c.run WHERE run_key = '2026-06-01';
UPDATE book_c.divisor SET n = 0 WHERE borrower_id = 20;
UPDATE book_c.divisor SET n = 1 WHERE borrower_id = 13;
SELECT problem FROM credit_limit.check_book('book_c');
UPDATE book_c.divisor SET n = 0;
SELECT problem FROM credit_limit.check_book('book_c');
UPDATE book_c.divisor SET n = 1;
SELECT problem FROM credit_limit.check_book('book_c');
-- Whoever may not decide gets the rest.
SET ROLE regress_check_maker;
SELECT problem FROM credit_limit.check_book('book_c');
RESET ROLE;
-- Settings of the session say nothing: neither in checks nor in jobs.
SELECT array_agg(c::text) AS before FROM credit_limit.check_book('book_c') c \gset
\c -
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET quote_all_identifiers = on;
SET backslash_quote = on;
-- Where the server has it.
DO $$ BEGIN PERFORM set_config('standard_conforming_strings', 'off', false); EXCEPTION WHEN OTHERS THEN NULL; END $$;
SELECT array_agg(c::text) IS NOT DISTINCT FROM nullif(:'before', '')::text[] AS same FROM credit_limit.check_book('book_c') c;
SELECT * FROM credit_limit.run_alerts('book_c', '2026-06-01');
CALL credit_limit.run_job('book_c', 'alerts');
CALL credit_limit.run_job('book_c', 'reports');
CALL credit_limit.run_job('book_c', 'months');
CALL credit_limit.run_job('book_c', 'retention');
CALL credit_limit.run_job('book_c', 'overrides');
CALL credit_limit.run_decisions('book_c', '2026-06-01', '{"run_key": "again"}');
SELECT count(*) FROM credit_limit.verify_log('book_c');
SELECT same FROM credit_limit.replay_decision('book_c', (SELECT max(decision_id) FROM book_c.decision));
SELECT count(*) FROM credit_limit.schedule('book_c', '{"as_of": "today"}');
SELECT count(*) FROM credit_limit.unschedule('book_c');
SELECT credit_limit.enable_realtime('book_c');
INSERT INTO book_c.exclusion (borrower_id, kind, action, valid_from) VALUES (5, 'fraud', 'FREEZE', '2026-06-01');
SELECT account_id, frozen FROM book_c.account WHERE frozen;
SELECT credit_limit.disable_realtime('book_c');
SELECT credit_limit.create_book('book_cc');
SELECT * FROM credit_limit.check_book('book_cc');
SELECT credit_limit.grant_book('book_cc', engine => 'regress_check_engine', bi => 'regress_check_maker');
SELECT credit_limit.restrict_analyst('book_cc', 'regress_check_maker', ARRAY['a']);
SELECT credit_limit.revoke_book('book_cc', 'regress_check_engine');
\c -
SET client_min_messages = warning;
\set SHOW_CONTEXT never
-- Real time on views.
DROP TABLE book_cc.exclusion CASCADE;
CREATE VIEW book_cc.exclusion AS SELECT 1::bigint AS borrower_id, ''::text AS kind, ''::text AS action, NULL::date AS valid_from,
  NULL::date AS valid_to;
SELECT credit_limit.create_book_input('book_cc');
SELECT credit_limit.enable_realtime('book_cc');
-- A restore that ended early leaves a book without constraints: each is missing, and the log is still verified.
SELECT credit_limit.create_book('book_cr');
DO $$
DECLARE
  k record;
BEGIN
  FOR k IN SELECT n.conname, n.conrelid::regclass AS of FROM pg_constraint n WHERE n.connamespace = 'book_cr'::regnamespace
      AND n.contype IN ('c', 'f', 'p', 'u') AND n.conparentid = 0 AND n.coninhcount = 0 ORDER BY n.contype = 'p', n.contype = 'u' LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', k.of, k.conname);
  END LOOP;
END $$;
SELECT relation, problem FROM credit_limit.check_book('book_cr') WHERE problem ~ '_pkey' AND relation ~ '_version|retirement|decision' ORDER BY 1, 2;
SELECT count(*) AS problems FROM credit_limit.verify_log('book_cr');
DROP SCHEMA book_cr, book_cr_report CASCADE;
DROP SCHEMA book_c, book_c_report, book_cc, book_cc_report CASCADE;
DROP OWNED BY regress_check_maker, regress_check_engine;
DROP ROLE regress_check_maker, regress_check_engine;
