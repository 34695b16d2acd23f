-- A hostile reader: what each role of a book could do that nobody had granted, or that nobody would have seen. Each part says what
-- went wrong before.
\set VERBOSITY terse
\i test/helpers.sql
SELECT format('CREATE ROLE regress_hostile_%s LOGIN', r) FROM unnest(ARRAY['owner', 'policy', 'approver', 'engine', 'loader', 'ana', 'bob', 'bi',
  'stranger']) r \gexec
GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO regress_hostile_owner WITH GRANT OPTION;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_hostile_owner, regress_hostile_stranger', current_database()) \gexec
GRANT CREATE ON SCHEMA test_book_hostile TO regress_hostile_owner;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT create_book('book_h'), grant_book('book_h', 'regress_hostile_ana', 'regress_hostile_policy', 'regress_hostile_approver', 'regress_hostile_engine',
  'regress_hostile_loader', bi => 'regress_hostile_bi'), grant_book('book_h', analyst => 'regress_hostile_bob');
SELECT add_months('book_h', '2026-10-01', 3);
SET SESSION AUTHORIZATION regress_hostile_policy;
SELECT draft_policy('book_h', 'cash', '{"name": "cash", "entitlement": {"bands": [{"score_from": 0, "income_multiple": 2}]}, "product": {"cap": 20000},
  "exclusions": [{"column": "excluded_freeze", "is": true, "action": "FREEZE", "reason": "Frozen"},
    {"column": "excluded", "is": true, "reason": "Excluded"}]}');
SET SESSION AUTHORIZATION regress_hostile_approver;
SELECT approve_policy('book_h', 1, '2026-01-01', digest => version_digest('book_h', 'policy', 1));
SET SESSION AUTHORIZATION regress_hostile_owner;
INSERT INTO book_h.product VALUES ('cash', 'Cash', 'card', 'CNY', 'cash', NULL);
INSERT INTO book_h.borrower (borrower_id, segment, income, external_score, external_pd)
  SELECT i, CASE WHEN i > 4 THEN 'retail' ELSE 'farm' END, 1000 + i, 600, 0.01 FROM generate_series(1, 8) i;
INSERT INTO book_h.account (account_id, borrower_id, product, currency, opened_on, balance)
  SELECT i, i, 'cash', 'CNY', '2026-01-01', 10 FROM generate_series(1, 8) i;
INSERT INTO book_h.account_month SELECT i, '2026-10-01', 0, 10, 5, 5, 0 FROM generate_series(1, 8) i;
SET SESSION AUTHORIZATION regress_hostile_engine;
CALL run_decisions('book_h', '2026-10-31');
SELECT set_business_date('book_h', '2026-10-31'), refresh_reports('book_h');
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT * FROM check_book('book_h');
SELECT * FROM verify_log('book_h');

-- An umbrella that row-level security hides from who draws counted as none: 500 were drawn under one of 100.
SELECT credit_limit FROM book_h.account WHERE account_id = 1;
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL ROLE regress_hostile_owner;
INSERT INTO book_h.umbrella VALUES (1, 1, 'shared', 'CNY', 100, '2026-01-01', NULL);
UPDATE book_h.account SET umbrella_id = 1 WHERE account_id = 1;
ALTER TABLE book_h.umbrella ENABLE ROW LEVEL SECURITY;
CREATE POLICY part ON book_h.umbrella TO regress_hostile_engine, regress_hostile_ana USING (true);
SET LOCAL ROLE regress_hostile_loader;
SELECT available_to_draw('book_h', 1, '2026-10-31');
SAVEPOINT s;
SELECT authorize_draw('book_h', 1, 500, '2026-10-31');
ROLLBACK TO s;
-- Who sees every row draws, by a policy that says so.
SET LOCAL ROLE regress_hostile_owner;
CREATE POLICY whole ON book_h.umbrella TO regress_hostile_loader USING (true);
SET LOCAL ROLE regress_hostile_loader;
SELECT authorize_draw('book_h', 1, 50, '2026-10-31');
ROLLBACK;
SET SESSION AUTHORIZATION regress_hostile_owner;

-- Events, features, replays, erasures and checks of a part passed for those of the whole: of the owner, where row-level security is
-- forced on him, and under a view, which reads as its owner.
CREATE FUNCTION attempt(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  EXECUTE statement;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN format('%s %s: %s', SQLSTATE, SQLERRM, detail);
END $$;
SELECT enable_realtime('book_h');
BEGIN;
ALTER TABLE book_h.account ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY part ON book_h.account USING (account_id > 4);
SELECT attempt(s) FROM unnest(ARRAY[$$INSERT INTO book_h.exclusion (borrower_id, kind, action, valid_from) VALUES (3, 'fraud', 'FREEZE', '2026-10-01')$$,
  $$SELECT erase_borrower('book_h', 3, '2026-10-31', 'asked')$$, $$SELECT refresh_features('book_h')$$, $$SELECT refresh_demand('book_h')$$,
  $$SELECT replay_decisions('book_h', '2026-10-01', '2026-10-31')$$, $$SELECT check_book('book_h')$$]) s;
-- A policy that shows all of it does no harm.
ALTER POLICY part ON book_h.account USING (true);
INSERT INTO book_h.exclusion (borrower_id, kind, action, valid_from) VALUES (3, 'fraud', 'FREEZE', '2026-10-01');
SELECT account_id, frozen FROM book_h.account WHERE account_id = 3;
ROLLBACK;
SELECT disable_realtime('book_h');
RESET SESSION AUTHORIZATION;
CREATE TABLE core_borrower (no bigint, branch text);
INSERT INTO core_borrower SELECT i, 'here' FROM generate_series(1, 4) i;
GRANT SELECT, UPDATE ON core_borrower TO regress_hostile_owner, regress_hostile_engine;
SET SESSION AUTHORIZATION regress_hostile_owner;
CREATE SCHEMA book_i;
CREATE VIEW book_i.borrower AS SELECT no AS borrower_id, branch AS segment, 1::numeric AS income, 0::numeric AS obligations, 1::float8 AS external_score,
  0.1::float8 AS external_pd, NULL::date AS erased_on FROM test_book_hostile.core_borrower;
SELECT create_book('book_i'), grant_book('book_i', engine => 'regress_hostile_engine');
RESET SESSION AUTHORIZATION;
BEGIN;
CREATE FUNCTION night(who text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', who);
  RETURN attempt($s$SELECT credit_limit.refresh_reports('book_i', '2026-10-31')$s$);
END $$;
-- The engine locks borrowers, which takes the right to update a column: of a view that was their number, and no trigger keeps it.
CREATE FUNCTION engine_may() RETURNS TABLE (renumber text, lock text) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL ROLE regress_hostile_engine;
  RETURN QUERY SELECT attempt('UPDATE book_i.borrower SET borrower_id = borrower_id + 100'),
    attempt('SELECT borrower_id FROM book_i.borrower FOR NO KEY UPDATE');
  RESET ROLE;
END $$;
CREATE FUNCTION told_of_view() RETURNS TABLE (problem text) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL ROLE regress_hostile_owner;
  RETURN QUERY SELECT c.problem FROM check_book('book_i') c WHERE c.relation = 'borrower' AND c.problem ~ 'role';
  RESET ROLE;
END $$;
SELECT * FROM engine_may();
SELECT * FROM told_of_view();
-- Where every column can be updated there is no other, and check_book says so.
SAVEPOINT s;
ALTER TABLE core_borrower ADD income numeric, ADD obligations numeric, ADD external_score float8, ADD external_pd float8, ADD erased_on date;
SET LOCAL ROLE regress_hostile_owner;
SELECT revoke_book('book_i', 'regress_hostile_engine');
CREATE OR REPLACE VIEW book_i.borrower AS SELECT no AS borrower_id, branch AS segment, income, obligations, external_score, external_pd, erased_on
FROM test_book_hostile.core_borrower;
SELECT grant_book('book_i', engine => 'regress_hostile_engine');
RESET ROLE;
SELECT * FROM engine_may();
SELECT * FROM told_of_view();
ROLLBACK TO s;
SELECT night('regress_hostile_engine');
RESET ROLE;
ALTER TABLE core_borrower ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_rows ON core_borrower TO regress_hostile_engine USING (true);
SELECT night('regress_hostile_engine');
-- A view that reads as he who asks.
RESET ROLE;
ALTER VIEW book_i.borrower SET (security_invoker = true);
SELECT night('regress_hostile_engine');
SELECT night('regress_hostile_owner');
ROLLBACK;
SELECT drop_book('book_i');

-- A draw as of a day after an exclusion ends passed it by, as one before it began did.
BEGIN;
INSERT INTO book_h.exclusion (borrower_id, kind, action, valid_from, valid_to) VALUES (3, 'fraud', 'FREEZE', '2026-10-01', '2026-10-31');
SELECT available_to_draw('book_h', 3, '2026-10-31') AS that_day, available_to_draw('book_h', 3, '2026-11-01') AS after;
SELECT attempt($$SELECT authorize_draw('book_h', 3, 1, '2026-11-01')$$);
SELECT set_business_date('book_h', '2026-11-01');
SELECT authorize_draw('book_h', 3, 1, '2026-11-01') > 0 AS drawn;
ROLLBACK;

-- The owner switches off the trigger that keeps versions, and leaves on the one that writes acts: what he changed was an act, and
-- nothing was wrong.
CREATE FUNCTION past(relation regclass, guard text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', relation, guard);
  EXECUTE statement;
  EXECUTE format('ALTER TABLE %s ENABLE TRIGGER %I', relation, guard);
END $$;
SET SESSION AUTHORIZATION regress_hostile_owner;
CREATE FUNCTION seen() RETURNS TABLE (problem text, detail text) LANGUAGE sql AS $$
  SELECT v.problem, v.detail FROM credit_limit.verify_log('book_h') v
  UNION ALL SELECT 'book: ' || c.relation, c.problem FROM credit_limit.check_book('book_h') c $$;
BEGIN;
SELECT past('book_h.policy_version', 'keep_version', $$UPDATE book_h.policy_version SET created_by = 'nobody', valid_from = '2020-01-01'$$);
SELECT * FROM seen();
ROLLBACK;
BEGIN;
SELECT past('book_h.policy_version', 'keep_version', $$UPDATE book_h.policy_version SET valid_to = '2026-12-31'$$);
SELECT past('book_h.policy_version', 'keep_version', $$UPDATE book_h.policy_version SET valid_to = NULL, retired_by = NULL$$);
SELECT * FROM seen();
ROLLBACK;
-- What is right: an end that comes nearer, a retirement.
BEGIN;
RESET SESSION AUTHORIZATION;
SET LOCAL ROLE regress_hostile_approver;
UPDATE book_h.policy_version SET valid_to = '2027-12-31';
SELECT retire_version('book_h', 'policy', 1, '2027-06-30');
SET LOCAL ROLE regress_hostile_owner;
SELECT * FROM seen();
ROLLBACK;
SET SESSION AUTHORIZATION regress_hostile_owner;
-- And an act can be "retired": a stretch in lane 64 bridged it.
CREATE FUNCTION bridge(act bigint, decisions bigint) RETURNS void LANGUAGE sql AS $$
  INSERT INTO book_h.retirement (month, decisions, stretches, log_end, reason) SELECT '2020-01-01', bridge.decisions,
    jsonb_build_array(jsonb_build_array(64, a.place, a.place, encode(a.previous_hash, 'hex'), encode(a.hash, 'hex'))), '[]', 'kept long enough'
  FROM book_h.log_act a WHERE a.place = act;
  DELETE FROM book_h.log_act WHERE place = act $$;
BEGIN;
SELECT past('book_h.policy_version', 'keep_version', $$UPDATE book_h.policy_version SET created_by = 'nobody', valid_from = '2020-01-01'$$);
SELECT past('book_h.log_act', 'keep_all', 'SELECT bridge(2, 1)');
SELECT * FROM seen();
ROLLBACK;
-- Nor does a retirement say less than it took.
BEGIN;
SELECT count(retire_decisions('book_h', '2026-11-01', 'kept long enough'));
SELECT * FROM seen();
SELECT past('book_h.retirement', 'keep_all', 'UPDATE book_h.retirement SET decisions = 1');
SELECT * FROM seen();
ROLLBACK;

-- An archive that the owner has kept elsewhere and dropped is made again by a stranger: its trigger ran as the owner, who erased.
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL ROLE regress_hostile_stranger;
CREATE SCHEMA book_h_theirs;
GRANT ALL ON SCHEMA book_h_theirs TO regress_hostile_owner;
SET LOCAL ROLE regress_hostile_owner;
SAVEPOINT s;
SELECT attempt($$SELECT retire_decisions('book_h', '2026-11-01', 'kept long enough', 'book_h_theirs')$$);
ROLLBACK TO s;
CREATE SCHEMA book_h_archive;
SELECT retire_decisions('book_h', '2026-11-01', 'kept long enough', 'book_h_archive');
UPDATE book_h.account SET status = 'closed' WHERE account_id IN (2, 3);
SELECT * FROM borrower_traces('book_h', 2) WHERE relation ~ '^decision';
SELECT erase_borrower('book_h', 2, '2026-10-31', 'asked');
DROP SCHEMA book_h_archive CASCADE;
SET LOCAL ROLE regress_hostile_stranger;
CREATE SCHEMA book_h_archive;
CREATE TABLE book_h_archive.decision_2026_10 AS SELECT 1::bigint AS decision_id, 3::bigint AS borrower_id, DATE '2026-10-31' AS as_of;
CREATE TABLE book_h_archive.decision_evidence_2026_10 AS SELECT 1::bigint AS decision_id, DATE '2026-10-31' AS as_of;
CREATE FUNCTION book_h_archive.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'this is run as %', current_user; END $$;
CREATE TRIGGER trap BEFORE DELETE ON book_h_archive.decision_evidence_2026_10 FOR EACH ROW EXECUTE FUNCTION book_h_archive.trap();
GRANT ALL ON SCHEMA book_h_archive TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA book_h_archive TO PUBLIC;
SET LOCAL ROLE regress_hostile_owner;
SELECT attempt($$SELECT erase_borrower('book_h', 3, '2026-10-31', 'asked')$$), attempt($$SELECT borrower_traces('book_h', 3)$$);
-- The schema alone is given back; then a view stands for a table.
RESET ROLE;
ALTER SCHEMA book_h_archive OWNER TO regress_hostile_owner;
REVOKE ALL ON SCHEMA book_h_archive FROM PUBLIC;
SELECT attempt($$SELECT erase_borrower('book_h', 3, '2026-10-31', 'asked')$$);
DROP SCHEMA book_h_archive CASCADE;
SET LOCAL ROLE regress_hostile_owner;
CREATE SCHEMA book_h_archive;
CREATE VIEW book_h_archive.decision_2026_10 AS TABLE book_h.decision;
SELECT attempt($$SELECT erase_borrower('book_h', 3, '2026-10-31', 'asked')$$);
ROLLBACK;

-- The engine writes a decision of a person whom nobody asked: the log is sound, and a replay passed it by.
SET SESSION AUTHORIZATION regress_hostile_engine;
CREATE FUNCTION pg_temp.forge() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, book_h, pg_temp AS $$
DECLARE lane credit_limit_internal.lane_end; rows refcursor;
BEGIN
  lane := credit_limit_internal.take_lane();
  OPEN rows FOR SELECT e.*, p AS inputs, NULL::bytea AS policy_digest, NULL::bytea AS scorecard_digest FROM decision d,
    LATERAL (SELECT d.decision_id, 'rita'::text AS proposed_by, 'rolf'::text AS approved_by, 'asked'::text AS reason, NULL::text AS note) p,
    jsonb_populate_record(NULL::credit_limit_internal.log_entry, to_jsonb(d) || '{"run_id": null, "source": "override", "policy_id": null,
      "new_limit": 49999, "binding": "override", "reasons": ["asked"]}') e WHERE d.account_id = 8;
  PERFORM credit_limit_internal.write_decisions(lane, rows);
  UPDATE account SET credit_limit = 49999 WHERE account_id = 8;
END $$;
BEGIN;
SELECT pg_temp.forge();
SELECT same, differences, count(*) FROM replay_decisions('book_h', '2026-10-31', '2026-10-31') GROUP BY 1, 2 ORDER BY 3;
ROLLBACK;
-- He unfreezes: limits were compared with the log, and what may be drawn at all was not.
BEGIN;
UPDATE book_h.account SET frozen = true WHERE account_id = 1;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT * FROM check_book('book_h');
ROLLBACK;

-- The policy owner deletes what reports assume of products without a row of their own: they were empty, without a word.
SET SESSION AUTHORIZATION regress_hostile_policy;
DELETE FROM book_h.report_assumption;
UPDATE book_h.report_assumption SET product = 'x';
SELECT accounts FROM book_h_report.report_summary;
-- He takes the last number of a name; it is not his to give.
INSERT INTO book_h.policy_version (name, version, document) SELECT name, 2147483647, document FROM book_h.policy_version;
INSERT INTO book_h.policy_version (name, document) SELECT name, document FROM book_h.policy_version v, generate_series(1, 2);
SELECT draft_policy('book_h', 'cash', document) FROM book_h.policy_version WHERE version = 1;
SELECT policy_id, name, version, status FROM book_h.policy_version ORDER BY 1;
DELETE FROM book_h.policy_version WHERE status = 'draft';

-- An experiment of shares that do not sum to 1 left everybody out, and then had decided: it could not be corrected.
SET SESSION AUTHORIZATION regress_hostile_owner;
INSERT INTO book_h.experiment VALUES ('half', 'cash', '2026-11-01', NULL);
INSERT INTO book_h.experiment_arm (experiment, arm, share) VALUES ('half', 'a', 0.5), ('half', 'b', 0.3);
CALL run_decisions('book_h', '2026-11-01');
SELECT count(*) FROM preview_decisions('book_h', '2026-11-01');
UPDATE book_h.experiment_arm SET share = 0.5;
SELECT count(DISTINCT arm) FROM preview_decisions('book_h', '2026-11-01');
DELETE FROM book_h.experiment_arm;
DELETE FROM book_h.experiment;
-- Settings of a session make no guard look changed.
SET intervalstyle = sql_standard; SET datestyle = German; SET extra_float_digits = -15;
SELECT * FROM check_book('book_h');
RESET intervalstyle; RESET extra_float_digits; SET datestyle = 'ISO, MDY';

-- A table of versions that was there before the book had no guards, and none were missed.
SET SESSION AUTHORIZATION regress_hostile_owner;
CREATE SCHEMA book_i;
CREATE TABLE book_i.policy_version AS TABLE book_h.policy_version;
SELECT create_book('book_i');
DROP SCHEMA book_i CASCADE;

-- A loader's amount that functions could not read stopped features, demand and reports of everybody. All read the largest that a book takes.
BEGIN;
UPDATE book_h.borrower SET income = 899999999999999.9999, obligations = 899999999999999.9999 WHERE borrower_id = 5;
UPDATE book_h.account SET credit_limit = 899999999999999.9999, balance = 899999999999999.9999, pending = 899999999999999.9999 WHERE account_id = 5;
UPDATE book_h.account SET balance = -899999999999999.9999 WHERE account_id = 6;
UPDATE book_h.account_month SET credit_limit = 899999999999999.9999, balance = 899999999999999.9999 * (11 - 2 * account_id), payment = 899999999999999.9999,
  due = 899999999999999.9999, charges = 899999999999999.9999 WHERE account_id IN (5, 6);
INSERT INTO book_h.account_month SELECT account_id, DATE '2026-09-01', 0, balance, payment, due, 0 FROM book_h.account_month WHERE account_id < 7;
SELECT s, attempt(s) FROM unnest(ARRAY[$$SELECT refresh_features('book_h', '2026-10-31', true)$$, $$SELECT refresh_demand('book_h', '2026-10-31')$$,
  $$SELECT 1 / count(*) FROM book_h.account_feature WHERE demand_mean = 899999999999999$$,
  $$UPDATE book_h.account_feature SET demand_q90 = 899999999999999.9999, demand_mean = 899999999999999.9999 WHERE account_id = 5$$,
  $$SELECT refresh_reports('book_h')$$, $$SELECT refresh_page('book_h')$$, $$SELECT run_alerts('book_h', '2026-10-31')$$,
  $$SELECT preview_decisions('book_h', '2026-10-31')$$, $$SELECT check_book('book_h')$$]) s;
SELECT attempt('UPDATE book_h.account_month SET balance = ' || v) FROM unnest('{9e14, -9e14}'::text[]) v;
ROLLBACK;

-- What is put before the guards: a trigger that exchanges the document when it is approved, a rule. An index that is a guard, too.
BEGIN;
CREATE FUNCTION exchange() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.document := '{"name": "cash", "product": {"cap": 49999}}'; NEW.source := NEW.document::text;
  NEW.digest := sha256(convert_to(NEW.source, 'UTF8')); NEW.approved_digest := NEW.digest;
  RETURN NEW;
END $$;
CREATE TRIGGER zzz BEFORE UPDATE ON book_h.policy_version FOR EACH ROW EXECUTE FUNCTION exchange();
CREATE TRIGGER told AFTER INSERT ON book_h.decision FOR EACH ROW EXECUTE FUNCTION exchange();
CREATE RULE lower AS ON UPDATE TO book_h.account WHERE NEW.credit_limit < OLD.credit_limit DO INSTEAD NOTHING;
DROP INDEX book_h.override_request_one_of_a_decision;
SELECT * FROM seen();
ROLLBACK;

-- Whoever may create in the schema of a book can stop it, by a function of a name that pg_catalog has. Nothing told who may.
BEGIN;
GRANT USAGE, CREATE ON SCHEMA book_h TO regress_hostile_stranger;
SELECT relation, problem FROM check_book('book_h') WHERE problem !~ 'extension';
ROLLBACK;

-- Nor did anything tell of a trigger that somebody left who was once granted ALL: it is run as the engine. One may also hide in a WHEN.
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL ROLE regress_hostile_owner;
GRANT ALL ON ALL TABLES IN SCHEMA book_h TO regress_hostile_stranger;
GRANT USAGE ON SCHEMA book_h TO regress_hostile_stranger;
-- His own are his; nor does one of a superuser matter.
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER told AFTER UPDATE ON book_h.borrower EXECUTE FUNCTION told();
RESET ROLE;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER audit AFTER UPDATE ON book_h.borrower EXECUTE FUNCTION audit();
SET LOCAL ROLE regress_hostile_stranger;
CREATE SCHEMA regress_hostile_traps;
CREATE FUNCTION regress_hostile_traps.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'this is run as %', current_user; END $$;
CREATE FUNCTION regress_hostile_traps.trap(bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'this is run as %', current_user; END $$;
CREATE DOMAIN regress_hostile_traps.trap AS bigint CHECK (regress_hostile_traps.trap(VALUE));
CREATE OPERATOR regress_hostile_traps.# (FUNCTION = regress_hostile_traps.trap, RIGHTARG = bigint);
CREATE TRIGGER a AFTER UPDATE ON book_h.account EXECUTE FUNCTION regress_hostile_traps.trap();
CREATE TRIGGER b BEFORE INSERT ON book_h.account_month FOR EACH ROW WHEN (regress_hostile_traps.trap(NEW.account_id))
  EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER c AFTER INSERT ON book_h.decision FOR EACH ROW WHEN (NEW.account_id::regress_hostile_traps.trap > 0)
  EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TRIGGER d AFTER UPDATE ON book_h.product FOR EACH ROW WHEN (OPERATOR(regress_hostile_traps.#) 1::bigint)
  EXECUTE FUNCTION suppress_redundant_updates_trigger();
SET LOCAL ROLE regress_hostile_owner;
REVOKE ALL ON ALL TABLES IN SCHEMA book_h FROM regress_hostile_stranger;
REVOKE ALL ON SCHEMA book_h FROM regress_hostile_stranger;
SELECT * FROM seen();
ROLLBACK;
-- A book is not made of such a table either.
BEGIN;
SET LOCAL ROLE regress_hostile_owner;
CREATE SCHEMA book_i;
CREATE TABLE book_i.product AS TABLE book_h.product;
GRANT ALL ON SCHEMA book_i TO regress_hostile_stranger;
GRANT ALL ON book_i.product TO regress_hostile_stranger;
SET LOCAL ROLE regress_hostile_stranger;
CREATE SCHEMA regress_hostile_traps;
CREATE FUNCTION regress_hostile_traps.trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER a AFTER UPDATE ON book_i.product EXECUTE FUNCTION regress_hostile_traps.trap();
SET LOCAL ROLE regress_hostile_owner;
REVOKE ALL ON SCHEMA book_i FROM regress_hostile_stranger;
SELECT attempt($$SELECT create_book('book_i')$$);
ROLLBACK;
SET SESSION AUTHORIZATION regress_hostile_owner;

-- Default privileges open each new partition, and with it inputs, and rows of other segments.
BEGIN;
ALTER DEFAULT PRIVILEGES IN SCHEMA book_h GRANT SELECT ON TABLES TO regress_hostile_ana;
SELECT add_months('book_h', '2027-01-01', 1);
SELECT c.relname, has_table_privilege('regress_hostile_ana', c.oid, 'SELECT') AS reads FROM pg_class c
WHERE c.relnamespace = 'book_h'::regnamespace AND c.relname ~ '2027_01$' AND c.relkind = 'r' ORDER BY 1;
GRANT SELECT ON book_h.decision_evidence_2027_01 TO regress_hostile_ana;
SELECT * FROM seen();
ROLLBACK;

-- A reader's open transaction holds whoever makes or drops a partition, and behind him everybody: not for long.
SELECT p.proname, c FROM pg_proc p, unnest(p.proconfig) c WHERE p.pronamespace = 'credit_limit'::regnamespace AND c LIKE 'lock_timeout%' ORDER BY 1;

-- Restrictions: by another role that he may become, though he does not inherit from it.
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_hostile_ana NOINHERIT;
GRANT regress_hostile_bob TO regress_hostile_ana;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT restrict_analyst('book_h', 'regress_hostile_ana', '{farm}');
RESET SESSION AUTHORIZATION;
REVOKE regress_hostile_bob FROM regress_hostile_ana;
GRANT regress_hostile_bi TO regress_hostile_ana;
SELECT restrict_analyst('book_h', 'regress_hostile_ana', '{farm}');
REVOKE regress_hostile_bi FROM regress_hostile_ana;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT restrict_analyst('book_h', 'regress_hostile_ana', '{farm}');
SELECT * FROM seen();
-- Afterwards: a membership, tables without it, a view that shows what its owner sees.
RESET SESSION AUTHORIZATION;
GRANT regress_hostile_bob TO regress_hostile_ana;
SET SESSION AUTHORIZATION regress_hostile_owner;
ALTER TABLE book_h.decision DISABLE ROW LEVEL SECURITY;
DROP POLICY segments ON book_h.account_month;
ALTER POLICY segments ON book_h.account USING (true);
CREATE TABLE book_h.note (borrower_id bigint, text text);
CREATE VIEW book_h.everybody AS SELECT borrower_id FROM book_h.borrower;
GRANT SELECT ON book_h.note, book_h.everybody TO regress_hostile_ana;
SELECT * FROM seen();
RESET SESSION AUTHORIZATION;
REVOKE regress_hostile_bob FROM regress_hostile_ana;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT restrict_analyst('book_h', 'regress_hostile_ana', '{farm}');
SELECT * FROM seen();
SET SESSION AUTHORIZATION regress_hostile_ana;
SELECT (SELECT count(*) FROM book_h.borrower) AS borrowers, (SELECT count(DISTINCT account_id) FROM book_h.decision) AS decided,
  (SELECT count(*) FROM book_h.account_month) AS months, (SELECT count(*) FROM book_h.account) AS accounts,
  (SELECT sum(accounts) FROM book_h_report.report_summary) AS reported;

-- A procedure that commits looks nothing up in the search_path of who calls it: an operator that is found there first was run.
RESET SESSION AUTHORIZATION;
CREATE FUNCTION planted(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'this is run as %', current_user; END $$;
CREATE OPERATOR = (FUNCTION = planted, LEFTARG = text, RIGHTARG = text);
SELECT count(run_alerts('book_h', '2026-10-31'));
SET search_path = test_book_hostile, pg_catalog, credit_limit;
CALL run_job('book_h', 'alerts', '2026-10-30');
RESET search_path;
DROP OPERATOR test_book_hostile.= (text, text);
SET search_path = test_book_hostile, credit_limit;

-- The engine keeps pictures. A number of five digits went into the page with whatever stood behind it: a script, in the browser of whoever reads it.
SET SESSION AUTHORIZATION regress_hostile_engine;
SELECT refresh_page('book_h') > 0 AS kept;
UPDATE book_h.report_figure SET result = jsonb_set(result, '{rows}', jsonb_build_array(
  (SELECT jsonb_agg('12345<img src=x onerror=alert(1)>'::text) FROM jsonb_array_elements(result -> 'columns')))) WHERE figure <> '';
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT p ~ '<img' AS runs, p ~ '<td class="number">12,345&lt;img src=x onerror=alert\(1\)&gt;</td>' AS shown FROM report_html('book_h') p;

-- Who works waits for others at a row, since anybody may hold an advisory lock. The right to lock it changes nothing and is no act.
SET SESSION AUTHORIZATION regress_hostile_engine;
UPDATE book_h.alert_setting SET only_row = true;
UPDATE book_h.alert_setting SET only_row = false;
UPDATE book_h.alert_setting SET cases_a_month = 1;
-- The engine moves the end of its lanes, and not that of the acts: the next approval would fail.
UPDATE book_h.log_lane SET place = 1 WHERE lane = 64;
SET SESSION AUTHORIZATION regress_hostile_policy;
INSERT INTO book_h.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('mine', 'utilization', 0.9, 0.7);
CALL release_table('book_h', 'bank', 'one', $$SELECT disclosure_table('{a,a,b,b}', '{c,d,c,d}', '{9,9,9,9}')$$, '{"minimum_frequency": 3}');
UPDATE book_h.release_budget SET one_row = true;
UPDATE book_h.release_budget SET one_row = false;
UPDATE book_h.release_budget SET epsilon = 9;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT kind FROM book_h.log_act WHERE kind IN ('budget', 'release');
SELECT * FROM seen();
\set VERBOSITY default
DELETE FROM book_h.release_budget;
TRUNCATE book_h.alert_setting;
\set VERBOSITY terse

-- A role that leaves could not be dropped: what the owner granted on the schemas of the extension stayed.
CREATE FUNCTION uses() RETURNS boolean LANGUAGE sql AS $$ SELECT has_schema_privilege('regress_hostile_leaver', 'credit_limit', 'USAGE') $$;
RESET SESSION AUTHORIZATION;
CREATE ROLE regress_hostile_leaver;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT grant_book('book_h', analyst => 'regress_hostile_leaver'), uses();
CREATE SCHEMA book_i;
CREATE TABLE book_i.decision ();
GRANT USAGE ON SCHEMA book_i TO regress_hostile_leaver;
SELECT revoke_book('book_h', 'regress_hostile_leaver'), uses() AS for_another_book;
DROP SCHEMA book_i CASCADE;
RESET SESSION AUTHORIZATION;
SET client_min_messages = notice;
SELECT revoke_book('book_h', 'regress_hostile_leaver'), uses() AS granted_by_the_owner;
SET client_min_messages = warning;
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT revoke_book('book_h', 'regress_hostile_leaver'), uses();
RESET SESSION AUTHORIZATION;
DROP OWNED BY regress_hostile_leaver;
DROP ROLE regress_hostile_leaver;

-- A name of the reports that is somebody else's now does not go with the book.
SET SESSION AUTHORIZATION regress_hostile_owner;
DROP SCHEMA book_h_report CASCADE;
SET SESSION AUTHORIZATION regress_hostile_stranger;
CREATE SCHEMA book_h_report;
CREATE TABLE book_h_report.mine (x int);
-- Nor is it read as that of the reports: what is in it was run as the engine, who keeps pictures, and as whoever looks at them.
CREATE FUNCTION book_h_report.trap() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RAISE 'this is run as %', current_user; END $$;
CREATE VIEW book_h_report.report_summary WITH (security_invoker) AS SELECT book_h_report.trap() AS currency, DATE '2026-10-31' AS as_of, 1 AS accounts;
GRANT USAGE ON SCHEMA book_h_report TO PUBLIC;
GRANT SELECT ON book_h_report.report_summary TO PUBLIC;
SET SESSION AUTHORIZATION regress_hostile_engine;
SELECT refresh_page('book_h');
SET SESSION AUTHORIZATION regress_hostile_owner;
SELECT report_html('book_h', '{"kept": false}') IS NULL AS nothing;
SELECT grant_book('book_h', bi => 'regress_hostile_bi');
-- The business date has nowhere to stand.
SET SESSION AUTHORIZATION regress_hostile_owner;
BEGIN;
DELETE FROM book_h.business_day;
SELECT set_business_date('book_h', '2026-11-30');
ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT drop_book('book_h');
SELECT to_regclass('book_h_report.mine');
DROP SCHEMA book_h_report CASCADE;
REVOKE ALL ON SCHEMA credit_limit, credit_limit_internal FROM regress_hostile_owner CASCADE;
SELECT format('DROP OWNED BY %1$I; DROP ROLE %1$I', rolname) FROM pg_roles WHERE rolname ~ '^regress_hostile_' ORDER BY rolname DESC \gexec
