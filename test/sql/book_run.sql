-- Runs and the decision log: every account once, in chunks, resumable; chained, verified, replayed, erased, retired.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_run_maker;
SELECT credit_limit.create_book('book_r');
GRANT USAGE ON SCHEMA book_r, credit_limit, credit_limit_internal TO regress_run_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_r TO regress_run_maker;
SET ROLE regress_run_maker;
\set policy '{"name": "cash", "entitlement": {"bands": [{"score_from": 700, "income_multiple": 3}, '
\set policy :policy '{"score_from": 500, "income_multiple": 1}]}, "product": {"floor": 500, "cap": 12000, "step": 100}, '
\set policy :policy '"exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "Past due"}, {"column": "excluded", '
\set policy :policy '"is": true, "reason": "Excluded"}, {"column": "excluded_freeze", "is": true, "action": "FREEZE", '
\set policy :policy '"reason": "Frozen"}], "movement": {"max_increase": 0.5, "cooling_off_days": {"increase": 30}}}'
\set card '{"name": "card", "base_points": 600, "characteristics": [{"name": "utilization", '
\set card :card '"bins": [{"below": 0.5, "points": 150}, {"points": 0}], "missing": {"points": 50}}]}'
SELECT credit_limit.draft_policy('book_r', 'cash', :'policy'), credit_limit.draft_scorecard('book_r', 'card', :'card');
SELECT credit_limit.draft_policy('book_r', 'generous', jsonb_set(:'policy'::jsonb, '{movement,max_increase}', '2')::credit_limit.limit_policy);
RESET ROLE;
SELECT credit_limit.approve_policy('book_r', 1, '2026-01-01', digest => credit_limit.version_digest('book_r', 'policy', 1)),
  credit_limit.approve_policy('book_r', 2, '2026-01-01', digest => credit_limit.version_digest('book_r', 'policy', 2)),
  credit_limit.approve_scorecard('book_r', 1, '2026-01-01', digest => credit_limit.version_digest('book_r', 'scorecard', 1));
INSERT INTO book_r.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', 'card'), ('shop', 'Shop', 'instalment', 'CNY', 'cash', NULL),
  ('none', 'Not decided', 'other', 'CNY', NULL, NULL);
INSERT INTO book_r.borrower (borrower_id, segment, income, obligations, external_score, external_pd)
  SELECT 3 * i, 'seg', CASE WHEN i % 50 > 0 THEN 3000 + i END, 100, 650, 0.02 FROM generate_series(1, 200) i;
INSERT INTO book_r.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT 1000 + i, 3 * i, CASE WHEN i % 7 = 0 THEN 'shop' WHEN i % 11 = 0 THEN 'none' ELSE 'cash' END, 'CNY', '2025-01-15', 1000 * (i % 5), 400 * (i % 4)
  FROM generate_series(1, 200) i;
-- A second line of some, and closed ones.
INSERT INTO book_r.account (account_id, borrower_id, product, currency, opened_on, credit_limit, status)
  SELECT 2000 + i, 3 * i, 'shop', 'CNY', '2025-01-15', 500, CASE WHEN i % 20 = 0 THEN 'closed' ELSE 'open' END FROM generate_series(1, 200, 9) i;
SELECT credit_limit.add_months('book_r', '2026-10-01', 2);
INSERT INTO book_r.account_month SELECT account_id, '2026-10-01', credit_limit, balance, 0, 0, account_id % 40 FROM book_r.account;
INSERT INTO book_r.exclusion (borrower_id, kind, action, valid_from, valid_to) VALUES (3, 'fraud', 'FREEZE', '2026-11-01', NULL),
  (6, 'dispute', 'NO_INCREASE', '2026-11-01', '2026-11-29'), (12, 'dispute', 'NO_INCREASE', '2026-11-01', '2026-11-30');
CREATE TABLE book_r.before AS SELECT * FROM book_r.account;

-- The oracle: the same decisions by hand, row by row from the tables, without decision_input.
CREATE VIEW book_r.by_hand AS SELECT s.account_id, s.borrower_id, s.score, credit_limit.decide_limit(p.document, s, DATE '2026-11-30') AS d FROM (
    SELECT a.account_id, a.borrower_id, a.product, a.credit_limit, a.balance, a.pending, a.last_limit_change, b.income,
      m.days_past_due, b.borrower_id IN (3, 12) AS excluded,
      b.borrower_id = 3 AS excluded_freeze,
      CASE WHEN a.product = 'shop' THEN 650 WHEN a.credit_limit = 0 AND a.balance = 0 THEN 650 WHEN a.balance < a.credit_limit / 2
        THEN 750 ELSE 600 END::float8 AS score
    FROM book_r.before a JOIN book_r.borrower b USING (borrower_id) JOIN book_r.account_month m USING (account_id)
    WHERE a.status = 'open' AND a.product <> 'none') s, book_r.policy_version p WHERE p.policy_id = 1;

-- A preview writes nothing and decides the same.
SELECT count(*) AS accounts, count(*) FILTER (WHERE p.decision IS DISTINCT FROM h.d OR p.score IS DISTINCT FROM h.score) AS differences
FROM credit_limit.preview_decisions('book_r', '2026-11-30') p FULL JOIN book_r.by_hand h USING (account_id);
SELECT (SELECT count(*) FROM book_r.decision) AS decisions, (SELECT count(*) FROM book_r.run WHERE run_key IS NOT NULL) AS runs;

CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"chunk_size": 30}');
SELECT run_key, status, chunks, chunks_done, borrowers, borrowers_done, decisions, moves, failed, percent, time_left FROM book_r.run_progress;
SELECT count(*) AS decisions, count(DISTINCT d.account_id) AS accounts, count(*) FILTER (WHERE (d.action, d.old_limit, d.new_limit,
  d.available, d.entitlement, d.risk_cap,
    d.product_cap, d.affordability_cap, d.umbrella_cap, d.regulatory_cap, d.target, d.binding, d.reasons, d.proposed)::credit_limit.limit_decision
    IS DISTINCT FROM h.d OR d.score IS DISTINCT FROM h.score) AS differences
FROM book_r.decision d FULL JOIN book_r.by_hand h USING (account_id);
SELECT action, count(*), count(*) FILTER (WHERE frozen) AS frozen FROM book_r.decision GROUP BY action ORDER BY action;
-- Limits were moved, and nothing else.
SELECT count(*) AS moved, count(*) FILTER (WHERE a.credit_limit <> coalesce(d.new_limit, o.credit_limit)) AS wrong,
  count(*) FILTER (WHERE a.last_limit_change IS DISTINCT FROM CASE WHEN a.credit_limit <> o.credit_limit THEN DATE '2026-11-30' END) AS wrong_day,
  count(*) FILTER (WHERE a.frozen <> (a.borrower_id = 3)) AS wrong_freeze,
    count(*) FILTER (WHERE (a.balance, a.pending, a.status) <> (o.balance, o.pending, o.status)) AS touched
FROM book_r.account a JOIN book_r.before o USING (account_id) LEFT JOIN book_r.decision d USING (account_id)
WHERE a.credit_limit <> o.credit_limit OR a.last_limit_change IS NOT NULL OR a.frozen;
-- Again: nothing to do. Another run of the same key is another matter. A second run of the day moves nothing.
SET client_min_messages = notice;
CALL credit_limit.run_decisions('book_r', '2026-11-30');
SET client_min_messages = warning;
CALL credit_limit.run_decisions('book_r', '2026-12-01', '{"run_key": "2026-11-30"}');
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "again"}');
SELECT run_key, decisions, moves FROM book_r.run_progress ORDER BY run_id;
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"chunks": 1}');
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"chunk_size": 0}');
CALL credit_limit.run_decisions('book_r', NULL);
CALL credit_limit.run_decisions('book_r', '2025-11-30');
BEGIN; CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "inside"}'); ROLLBACK;
SELECT count(*) FROM book_r.run WHERE run_key IS NOT NULL;

-- A run that stops half way and goes on: chunk by chunk, cancelled, started again.
BEGIN; SELECT credit_limit_internal.begin_run('book_r', '2026-11-30', '{"run_key": "half", "chunk_size": 50, "move_limits": false}') AS run \gset
COMMIT;
SELECT credit_limit_internal.run_chunk('book_r', :run), credit_limit_internal.run_chunk('book_r', :run);
SELECT credit_limit.cancel_run('book_r', 'half'), credit_limit.cancel_run('book_r', 'none');
SELECT credit_limit_internal.run_chunk('book_r', :run);
SELECT status, chunks_done, decisions, percent FROM book_r.run_progress WHERE run_key = 'half';
BEGIN; SELECT credit_limit_internal.begin_run('book_r', '2026-11-30', '{"run_key": "half", "move_limits": false}') = :run AS same,
  credit_limit_internal.run_chunk('book_r', :run); ROLLBACK;
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "half", "move_limits": false}');
SELECT status, chunks_done, decisions, moves, percent FROM book_r.run_progress WHERE run_key = 'half';
SELECT count(*) AS decisions, count(DISTINCT account_id) AS accounts FROM book_r.decision WHERE run_id = :run;

-- One borrower's row is wrong: he is named, all others are decided. A product without an approved version stops the start.
ALTER TABLE book_r.borrower DROP CONSTRAINT borrower_external_pd_check;
INSERT INTO book_r.borrower (borrower_id, income, obligations, external_score, external_pd) VALUES (301, 1, 1, 700, 7);
INSERT INTO book_r.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (5000, 301, 'shop', 'CNY', '2025-01-01', 100);
SET ROLE regress_run_maker;
SELECT credit_limit.draft_policy('book_r', 'capped', jsonb_set(:'policy'::jsonb, '{risk_cap}', '[{"limit": 9000}]')::credit_limit.limit_policy) AS capped \gset
RESET ROLE;
SELECT credit_limit.approve_policy('book_r', :capped, '2026-01-01', digest => credit_limit.version_digest('book_r', 'policy', :capped));
UPDATE book_r.product SET policy = 'capped' WHERE product = 'shop';
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "one wrong", "chunk_size": 64, "move_limits": false}');
SELECT status, borrowers, borrowers_done, decisions, failed FROM book_r.run_progress WHERE run_key = 'one wrong';
SELECT lowest, highest, sqlstate, message FROM book_r.run_chunk WHERE status = 'failed';
SELECT count(*) AS decided_otherwise FROM book_r.account a JOIN book_r.product p USING (product) WHERE a.status = 'open'
  AND p.policy IS NOT NULL AND a.borrower_id <> 301
  AND NOT EXISTS (SELECT FROM book_r.decision d JOIN book_r.run r USING (run_id) WHERE r.run_key = 'one wrong' AND d.account_id = a.account_id);
-- Tried again he fails again; when his row is mended he is decided, by the versions of the run, and nobody else is.
SELECT count(*) AS decisions FROM book_r.decision \gset
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "one wrong", "move_limits": false}');
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "one wrong", "move_limits": false, "retry_failed": true}');
SELECT status, borrowers, borrowers_done, failed FROM book_r.run_progress WHERE run_key = 'one wrong';
SELECT count(*) - :decisions AS more FROM book_r.decision;
UPDATE book_r.borrower SET external_pd = 0.07 WHERE borrower_id = 301;
UPDATE book_r.product SET policy = 'cash' WHERE product = 'shop';
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "one wrong", "move_limits": false, "retry_failed": true}');
UPDATE book_r.product SET policy = 'capped' WHERE product = 'shop';
SELECT p.status, p.borrowers, p.borrowers_done, p.failed, r.log_end IS NOT NULL AND r.ended_at IS NOT NULL AS ended
FROM book_r.run_progress p JOIN book_r.run r USING (run_id) WHERE r.run_key = 'one wrong';
SELECT d.borrower_id, d.account_id, d.policy_id = :capped AS by_its_version, d.pd, to_char(d.as_of, 'YYYY-MM-DD') AS as_of
  FROM book_r.decision d ORDER BY d.decision_id DESC LIMIT 1;
SELECT count(*) - :decisions AS more FROM book_r.decision;
-- Nobody is left: nothing to do.
SET client_min_messages = notice;
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "one wrong", "move_limits": false, "retry_failed": true}');
SET client_min_messages = warning;
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "one wrong", "retry_failed": 1}');
SELECT count(*) - :decisions AS more, (SELECT count(*) FROM credit_limit.verify_log('book_r')) AS problems FROM book_r.decision;
DELETE FROM book_r.account WHERE account_id = 5000;
UPDATE book_r.product SET policy = 'cash' WHERE product = 'shop';

-- Champion and challenger: the arm is that of assign_arm, the policy that of the arm.
INSERT INTO book_r.experiment VALUES ('exp', 'cash', '2026-11-30', '2026-11-30');
INSERT INTO book_r.experiment_arm VALUES ('exp', 'champion', 0.5, NULL), ('exp', 'challenger', 0.5, 'generous');
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "exp", "move_limits": false}');
SELECT arm, policy_id, count(*) > 50 AS many, bool_and(arm = credit_limit.assign_arm('exp', borrower_id::text,
  ARRAY['challenger', 'champion'], ARRAY[0.5, 0.5])) AS right
FROM book_r.decision d JOIN book_r.run r USING (run_id) WHERE run_key = 'exp' AND product = 'cash' GROUP BY 1, 2 ORDER BY 1;
SELECT count(DISTINCT arm) FROM book_r.decision JOIN book_r.run USING (run_id) WHERE run_key = 'exp' AND product = 'shop';
SET session_replication_role = replica;
DELETE FROM book_r.experiment_arm; DELETE FROM book_r.experiment;
RESET session_replication_role;

-- The log: hashes by PostgreSQL's own sha256, linked from one decision to the next.
SELECT * FROM credit_limit.verify_log('book_r');
SELECT count(*) AS decisions, count(*) FILTER (WHERE decision_id <> 64 * place + lane) AS misplaced, count(*) FILTER (WHERE previous_hash <> before) AS unlinked
FROM (SELECT decision_id, decision_id % 64 AS lane, row_number() OVER w AS place, previous_hash,
    lag(hash, 1, sha256(convert_to('credit_limit lane ' || decision_id % 64, 'UTF8'))) OVER w AS before
  FROM book_r.decision WINDOW w AS (PARTITION BY decision_id % 64 ORDER BY decision_id)) s;
SELECT count(*) AS with_inputs,
  count(*) FILTER (WHERE input_hash = sha256(salt || sha256(convert_to((SELECT columns FROM book_r.evidence_layout y
  WHERE y.layout = e.layout), 'UTF8')) || convert_to(inputs, 'UTF8'))) AS right, count(DISTINCT salt) = count(*) AS salted
FROM book_r.decision JOIN book_r.decision_evidence e USING (decision_id, as_of);
-- It only grows.
UPDATE book_r.decision SET new_limit = 1e6 WHERE account_id = 1001;
DELETE FROM book_r.decision;
TRUNCATE book_r.decision;
TRUNCATE book_r.decision_2026_11;
UPDATE book_r.decision_evidence SET inputs = '[]';
DELETE FROM book_r.decision_evidence;
TRUNCATE book_r.decision_evidence_2026_11;
TRUNCATE book_r.erasure;
TRUNCATE book_r.retirement;
TRUNCATE book_r.evidence_layout;
DELETE FROM book_r.log_lane;
INSERT INTO book_r.log_lane VALUES (65, 0, '');
UPDATE book_r.log_lane SET lane = 65 WHERE lane = 63;
-- Who gets round the triggers is found: a change, a removal in the middle, one at the end, an insertion, a moved decision.
SELECT credit_limit.log_end('book_r') AS known \gset
CREATE FUNCTION pg_temp.tampered(what text) RETURNS TABLE (problem text, n bigint, first text) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL session_replication_role = replica;
  EXECUTE what;
  RETURN QUERY SELECT v.problem, count(*), min(v.detail) FROM credit_limit.verify_log('book_r', NULL, 5000) v GROUP BY 1 ORDER BY 1;
END $$;
BEGIN; SELECT * FROM pg_temp.tampered('UPDATE book_r.decision SET new_limit = new_limit + 100 WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('UPDATE book_r.decision SET reasons = array_append(reasons, ''x'') WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('DELETE FROM book_r.decision WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('INSERT INTO book_r.decision SELECT (jsonb_populate_record(d, ''{"decision_id": 1, '
  '"run_id": null}'')).* FROM book_r.decision d WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('UPDATE book_r.decision SET account_id = 9, borrower_id = 9 WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('INSERT INTO book_r.decision SELECT (jsonb_populate_record(d, ''{"as_of": "2026-10-30"}'')).* '
  'FROM book_r.decision d WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('DELETE FROM book_r.decision WHERE decision_id = (SELECT max(decision_id) FROM '
  'book_r.decision); UPDATE book_r.log_lane SET place = place - 1, '
  'hash = (SELECT hash FROM book_r.decision ORDER BY decision_id DESC LIMIT 1) WHERE lane = 0'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('UPDATE book_r.decision_evidence SET inputs = replace(inputs, ''650'', '
  '''651'') WHERE decision_id = 448; DELETE FROM book_r.decision_evidence WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('INSERT INTO book_r.decision_evidence SELECT decision_id + 1, as_of, salt, layout, '
  'inputs FROM book_r.decision_evidence WHERE decision_id = 640'); ROLLBACK;
BEGIN; SELECT problem, n > 500 AS many
  FROM pg_temp.tampered('UPDATE book_r.evidence_layout SET columns = replace(columns, ''balance'', ''pending'')'); ROLLBACK;
BEGIN; SELECT * FROM pg_temp.tampered('UPDATE book_r.policy_version SET document = ''{"name": "cash", "product": {"cap": 1}}'' WHERE policy_id = 1'); ROLLBACK;
BEGIN; SELECT problem, n > 500 AS many
  FROM pg_temp.tampered('UPDATE book_r.policy_version SET source = document::text || '' '', '
  'digest = sha256(convert_to(document::text || '' '', ''UTF8'')), approved_digest = sha256(convert_to(document::text || '' '', ''UTF8'')) '
  'WHERE policy_id = 1'); ROLLBACK;
-- A log that was cut together with the runs that know its end is found by an end that was kept elsewhere.
BEGIN;
UPDATE book_r.run SET log_end = NULL;
SELECT * FROM pg_temp.tampered('DELETE FROM book_r.decision WHERE decision_id = (SELECT max(decision_id) FROM book_r.decision); '
  'UPDATE book_r.log_lane SET place = place - 1, hash = (SELECT hash FROM book_r.decision ORDER BY decision_id DESC LIMIT 1) WHERE '
  'lane = 0');
SELECT * FROM credit_limit.verify_log('book_r', :'known');
ROLLBACK;
SELECT count(*) FROM credit_limit.verify_log('book_r', :'known');

-- An input that the policy misses is an error of the run, not of its borrowers: nobody is left out, and it goes on when it is mended.
ALTER FUNCTION book_r.decision_input(date) RENAME TO standard_input;
CREATE FUNCTION book_r.decision_input(as_of date) RETURNS TABLE (account_id bigint, borrower_id bigint, product text) LANGUAGE sql STABLE
  AS 'SELECT account_id, borrower_id, product FROM book_r.standard_input(as_of)';
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "mended", "move_limits": false}');
DROP FUNCTION book_r.decision_input(date);
ALTER FUNCTION book_r.standard_input(date) RENAME TO decision_input;
CALL credit_limit.run_decisions('book_r', '2026-11-30', '{"run_key": "mended", "move_limits": false}');
SELECT run_key, status, percent, failed FROM book_r.run_progress WHERE run_key = 'mended';
-- Decisions on everybody in this transaction, as part of no run.
CREATE FUNCTION pg_temp.decide_all(day date, move boolean, OUT decisions bigint, OUT moves bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE d record;
BEGIN
  PERFORM credit_limit_internal.open_book_to_decide('book_r');
  d := credit_limit_internal.decide(NULL, day, ARRAY(SELECT borrower_id FROM borrower ORDER BY 1 FOR NO KEY UPDATE), 'run', move);
  decisions := d.decisions; moves := d.moves;
END $$;
-- A policy with an umbrella refers a line that has none: the run decides it, as the preview does.
BEGIN;
SELECT set_config('umbrella.document', jsonb_set(:'policy'::jsonb, '{umbrella}', '{"type": "shared"}')::text, true) IS NULL AS unset;
SET LOCAL session_replication_role = replica;
UPDATE book_r.policy_version SET document = current_setting('umbrella.document')::credit_limit.limit_policy WHERE policy_id = 1;
SELECT (decision).action, (decision).available IS NULL AS unknown, count(*) FROM credit_limit.preview_decisions('book_r',
  '2026-11-30') GROUP BY 1, 2 ORDER BY 1;
SELECT decisions > 100 AS many FROM pg_temp.decide_all('2026-11-30', false);
SELECT action, frozen, available IS NULL AS unknown, count(*) FROM book_r.decision WHERE run_id IS NULL AND source = 'run' GROUP BY 1, 2, 3 ORDER BY 1;
ROLLBACK;

-- Whatever place a decision_input gives a line, it has its turn; a freeze is carried out where frozen was not known.
BEGIN;
CREATE TABLE book_r.odd_place AS SELECT account_id,
  (ARRAY[NULL, 0, -3, 7, 1])[1 + row_number() OVER (ORDER BY account_id) % 5]::int AS place FROM book_r.account;
ALTER FUNCTION book_r.decision_input(date) RENAME TO standard_input;
CREATE VIEW book_r.input_row AS SELECT * FROM book_r.standard_input('2026-11-30');
CREATE FUNCTION book_r.decision_input(as_of date) RETURNS SETOF book_r.input_row LANGUAGE plpgsql STABLE AS $$
BEGIN RETURN QUERY SELECT (jsonb_populate_record(NULL::book_r.input_row, to_jsonb(i) || jsonb_build_object('umbrella_place',
  o.place))).* FROM book_r.standard_input(as_of) i JOIN book_r.odd_place o USING (account_id); END $$;
INSERT INTO book_r.umbrella VALUES (1, 3, 'partitioned', 'CNY', 100000, '2026-01-01', NULL), (2, 600, 'partitioned', 'CNY', 100000, '2026-01-01', NULL);
UPDATE book_r.account SET umbrella_id = 1 WHERE borrower_id = 3;
ALTER TABLE book_r.account ALTER frozen DROP NOT NULL;
UPDATE book_r.account SET frozen = NULL WHERE borrower_id = 3;
SELECT count(*) FROM (SELECT account_id FROM book_r.account WHERE umbrella_id = 1) s;
SELECT d.decisions = (SELECT count(*) FROM book_r.account a JOIN book_r.product p USING (product) WHERE a.status = 'open'
  AND p.policy IS NOT NULL) AS everybody FROM pg_temp.decide_all('2026-11-30', true) d;
SELECT count(*) - count(DISTINCT account_id) AS twice FROM book_r.decision WHERE run_id IS NULL AND source = 'run';
SELECT account_id, frozen FROM book_r.account WHERE borrower_id = 3 ORDER BY 1;
ROLLBACK;
-- A trigger on account that has something decided in turn continues the log behind what caused it.
BEGIN;
SELECT credit_limit.set_business_date('book_r', '2026-12-05');
SELECT credit_limit.enable_realtime('book_r');
CREATE FUNCTION book_r.excluded() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO book_r.exclusion (borrower_id, kind,
  valid_from) VALUES (NEW.borrower_id, 'other', '2026-12-05'); RETURN NULL; END $$;
CREATE TRIGGER excluded AFTER UPDATE OF credit_limit ON book_r.account FOR EACH ROW
  WHEN (OLD.credit_limit <> NEW.credit_limit) EXECUTE FUNCTION book_r.excluded();
UPDATE book_r.account SET credit_limit = credit_limit + 1000 WHERE borrower_id <= 30;
SELECT moves > 3 AS moved FROM pg_temp.decide_all('2026-12-05', true);
SELECT count(*) AS problems FROM credit_limit.verify_log('book_r');
ROLLBACK;
-- What can never be serialized is left out in the end, and named.
BEGIN;
ALTER FUNCTION book_r.decision_input(date) RENAME TO standard_input;
CREATE VIEW book_r.input_row AS SELECT * FROM book_r.standard_input('2026-11-30');
CREATE FUNCTION book_r.decision_input(as_of date) RETURNS SETOF book_r.input_row LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE serialization_failure; END $$;
DO $$
DECLARE
  run bigint := credit_limit_internal.begin_run('book_r', '2026-12-06', '{"run_key": "never"}');
  n int := 0;
BEGIN
  DELETE FROM book_r.run_chunk WHERE run_id = run;
  INSERT INTO book_r.run_chunk (run_id, chunk, lowest, highest, borrowers) VALUES (run, 1, 3, 6, 2);
  WHILE n < 1000 AND credit_limit_internal.run_chunk('book_r', run) LOOP n := n + 1; END LOOP;
  RAISE WARNING '% calls', n;
END $$;
SELECT lowest, highest, k.status, tries, k.sqlstate FROM book_r.run_chunk k JOIN book_r.run USING (run_id) WHERE run_key = 'never' ORDER BY chunk;
ROLLBACK;
-- With an older snapshot neither sees what a run has just written.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT credit_limit.erase_borrower('book_r', 30, '2026-12-01', 'asked');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT credit_limit.retire_decisions('book_r', '2026-12-01', 'seven years');
ROLLBACK;
-- A procedure that commits cannot be called in a block: what to do instead is said, and helps.
SET default_transaction_isolation = 'repeatable read';
\set VERBOSITY default
\set SHOW_CONTEXT never
CALL credit_limit.run_decisions('book_r', '2026-11-30');
\set VERBOSITY terse
SET default_transaction_isolation = 'read committed';
CALL credit_limit.run_decisions('book_r', '2026-11-30');
RESET default_transaction_isolation;
-- Every decision can be made again from what was kept, whatever became of the tables.
UPDATE book_r.borrower SET income = 1, external_score = 1; UPDATE book_r.product SET policy = NULL;
SELECT count(*), count(*) FILTER (WHERE NOT (r).same) AS different
  FROM (SELECT credit_limit.replay_decision('book_r', decision_id) AS r FROM book_r.decision OFFSET 0) s;
SELECT (r).same, (r).score, ((r).decision).new_limit, (r).differences FROM (SELECT credit_limit.replay_decision('book_r', 64) AS r OFFSET 0) s;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE book_r.decision SET new_limit = new_limit + 1, score = 1 WHERE decision_id = 64;
SELECT (credit_limit.replay_decision('book_r', 64)).differences;
ROLLBACK;
SELECT credit_limit.replay_decision('book_r', 1);

-- Erased: the inputs go, the log verifies, others keep theirs.
SELECT credit_limit.erase_borrower('book_r', 30, '2026-12-01', 'asked');
UPDATE book_r.account SET status = 'closed' WHERE borrower_id = 30;
-- Nobody, and no day: an erasure excuses missing inputs.
SELECT credit_limit.erase_borrower('book_r', 999999, '2026-12-01', 'asked');
SELECT credit_limit.erase_borrower('book_r', 30, 'infinity', 'asked');
SELECT count(*) AS erasures FROM book_r.erasure;
SELECT credit_limit.erase_borrower('book_r', 30, '2026-12-01', 'asked') = (SELECT count(*) FROM book_r.decision WHERE borrower_id = 30) AS all_erased;
SELECT (SELECT count(*) FROM book_r.decision d JOIN book_r.decision_evidence USING (decision_id, as_of) WHERE borrower_id = 30) AS left_over,
  (SELECT to_jsonb(b) - 'borrower_id' FROM book_r.borrower b WHERE borrower_id = 30) AS borrower;
SELECT * FROM credit_limit.verify_log('book_r', :'known');
SELECT credit_limit.replay_decision('book_r', (SELECT min(decision_id) FROM book_r.decision WHERE borrower_id = 30));

-- Retired: the month goes, what is left is still one log.
UPDATE book_r.product SET policy = 'cash' WHERE product = 'cash';
SELECT credit_limit.add_months('book_r', '2026-12-01', 1) > 0 AS added;
INSERT INTO book_r.account_month SELECT account_id, '2026-11-01', credit_limit, balance, 0, 0, 0 FROM book_r.account;
CALL credit_limit.run_decisions('book_r', '2026-12-31');
-- Without a day nothing goes.
SELECT credit_limit.retire_decisions('book_r', NULL, 'seven years');
SELECT credit_limit.retire_decisions('book_r', 'infinity', 'seven years');
SELECT credit_limit.retire_decisions('book_r', '2026-12-01', NULL);
-- The stretch of lane 0 by hand: the hashes at its ends, and their digest.
CREATE TABLE archive AS TABLE book_r.decision_2026_11;
SELECT jsonb_build_array(jsonb_build_array(0, 1, count(*), (SELECT encode(previous_hash, 'hex') FROM archive ORDER BY decision_id LIMIT 1),
  (SELECT encode(hash, 'hex') FROM archive ORDER BY decision_id DESC LIMIT 1))) AS stretches FROM archive \gset
SELECT credit_limit.retire_decisions('book_r', '2026-12-01', 'seven years') AS retired;
SELECT count(*) AS left_over, to_regclass('book_r.decision_2026_11') AS november FROM book_r.decision;
SELECT month, decisions, stretches = :'stretches' AS stretches, digest = sha256(:'stretches') AS digest, reason FROM book_r.retirement;
SELECT problem, replace(detail, encode(sha256(:'stretches'), 'hex'), 'of the copy') AS detail FROM credit_limit.verify_log('book_r', :'known');
SELECT * FROM credit_limit.verify_log('book_r');
-- The copy proves itself; one in which anything was changed does not.
SELECT decisions, changed, digest = sha256(:'stretches') AS digest, retired_month FROM credit_limit.verify_archive('book_r', 'archive');
UPDATE archive SET new_limit = new_limit + 1 WHERE decision_id = 640;
SELECT decisions, changed, digest = sha256(:'stretches') AS digest, retired_month FROM credit_limit.verify_archive('book_r', 'archive');
DELETE FROM archive WHERE decision_id = 64;
SELECT decisions, changed, digest = sha256(:'stretches') AS digest, retired_month FROM credit_limit.verify_archive('book_r', 'archive');
SELECT credit_limit.retire_decisions('book_r', '2026-12-01', 'again');
DROP SCHEMA book_r, book_r_report CASCADE;
DROP OWNED BY regress_run_maker;
DROP ROLE regress_run_maker;
