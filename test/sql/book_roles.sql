-- Rights: what each kind of role may do in a book, and what it may not; segments; maker and checker with one login; real time for a loader.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_roles_analyst; CREATE ROLE regress_roles_anna; CREATE ROLE regress_roles_owner;
  CREATE ROLE regress_roles_approver; CREATE ROLE regress_roles_engine;
CREATE ROLE regress_roles_loader; CREATE ROLE regress_roles_stranger; CREATE ROLE regress_roles_both LOGIN IN ROLE regress_roles_owner, regress_roles_approver;
SELECT credit_limit.create_book('book_p');
-- Nothing to PUBLIC: of the schema, its relations, their columns, its functions.
SELECT 'relation' AS kind, c.relname AS name FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
  WHERE c.relnamespace = 'book_p'::regnamespace AND a.grantee = 0
UNION ALL SELECT 'column', attrelid::regclass::text FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a
  WHERE c.relnamespace = 'book_p'::regnamespace AND a.grantee = 0
UNION ALL SELECT 'function', p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
  WHERE p.pronamespace = 'book_p'::regnamespace AND a.grantee = 0
UNION ALL SELECT 'schema', n.nspname FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
  WHERE n.nspname IN ('book_p', 'credit_limit') AND a.grantee = 0;
-- Functions of the extension have the rights of the caller, all of them.
SELECT count(*) AS security_definer FROM pg_proc WHERE pronamespace = 'credit_limit'::regnamespace AND prosecdef;

-- Errors.
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_nobody');
SELECT credit_limit.grant_book('book_p', policy_owner => 'regress_roles_owner', approver => 'regress_roles_owner');
SELECT credit_limit.grant_book('nowhere', analyst => 'regress_roles_analyst');
SELECT credit_limit.revoke_book('book_p', 'regress_roles_nobody');
-- The owner's rights stay: foreign keys are checked with them.
DO $$
BEGIN
  SELECT credit_limit.revoke_book('book_p', current_user::text);
EXCEPTION WHEN invalid_parameter_value THEN
  RAISE WARNING 'the owner keeps his rights';
END
$$;
SELECT credit_limit.revoke_book(NULL, 'regress_roles_anna');
SELECT credit_limit.grant_book('book_p', analyst => 'public');
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_analyst', policy_owner => 'regress_roles_owner', approver => 'regress_roles_approver',
  engine => 'regress_roles_engine', loader => 'regress_roles_loader');
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_anna');
SELECT credit_limit.grant_book('book_p');
SET ROLE regress_roles_engine;
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_stranger');
SELECT credit_limit.enable_realtime('book_p');
RESET ROLE;

-- A policy owner drafts, and does not approve; nor do the owner and the checker change the wrong columns.
SET ROLE regress_roles_owner;
SELECT credit_limit.draft_policy('book_p', 'cash',
  '{"name": "cash", "entitlement": {"bands": [{"score_from": 600, "income_multiple": 2}]}, "product": {"cap": 9000}, '
  '"exclusions": [{"column": "excluded_freeze", "is": true, "action": "FREEZE", "reason": "Frozen"}]}');
SELECT credit_limit.approve_policy('book_p', 1, '2026-01-01', digest => credit_limit.version_digest('book_p', 'policy', 1));
UPDATE book_p.policy_version SET status = 'approved';
INSERT INTO book_p.decision SELECT * FROM book_p.decision;
UPDATE book_p.account SET credit_limit = 1;
UPDATE book_p.product SET policy = 'other';
SELECT count(*) FROM book_p.decision_evidence;
SET ROLE regress_roles_approver;
SELECT credit_limit.draft_policy('book_p', 'cash', '{"name": "cash", "product": {"cap": 9}}');
UPDATE book_p.policy_version SET document = '{"name": "cash", "product": {"cap": 9}}';
DELETE FROM book_p.policy_version;
SELECT credit_limit.approve_policy('book_p', 1, '2026-01-01', digest => credit_limit.version_digest('book_p', 'policy', 1));
RESET ROLE;
SELECT created_by, created_login = session_user AS login, approved_by FROM book_p.policy_version;
-- Both roles given to one login: whichever it takes, it does not approve what it drafted.
SET SESSION AUTHORIZATION regress_roles_both;
SET ROLE regress_roles_owner;
SELECT credit_limit.draft_policy('book_p', 'both', '{"name": "both", "product": {"cap": 9}}') AS id;
SET ROLE regress_roles_approver;
SELECT credit_limit.approve_policy('book_p', 2, '2026-01-01', digest => credit_limit.version_digest('book_p', 'policy', 2));
UPDATE book_p.policy_version SET status = 'approved', approved_digest = digest, valid_from = '2026-01-01' WHERE policy_id = 2;
RESET SESSION AUTHORIZATION;
-- And who changes somebody's draft has made it.
SET ROLE regress_roles_owner;
SELECT credit_limit.draft_policy('book_p', 'mine', '{"name": "mine", "product": {"cap": 9}}') AS id;
SET SESSION AUTHORIZATION regress_roles_both;
UPDATE book_p.policy_version SET document = '{"name": "mine", "product": {"cap": 10}}' WHERE policy_id = 3;
SET ROLE regress_roles_approver;
SELECT credit_limit.approve_policy('book_p', 3, '2026-01-01', digest => credit_limit.version_digest('book_p', 'policy', 3));
RESET SESSION AUTHORIZATION;
-- As himself one day, by a program that logs in for many the other.
CREATE ROLE regress_roles_pool LOGIN NOINHERIT IN ROLE regress_roles_both;
SET SESSION AUTHORIZATION regress_roles_pool;
SET ROLE regress_roles_both;
SELECT credit_limit.approve_policy('book_p', 2, '2026-01-01', digest => credit_limit.version_digest('book_p', 'policy', 2));
SELECT credit_limit.draft_policy('book_p', 'pool', '{"name": "pool", "product": {"cap": 9}}') AS pool \gset
SET SESSION AUTHORIZATION regress_roles_both;
SET ROLE regress_roles_approver;
SELECT credit_limit.approve_policy('book_p', :pool, '2026-01-01', digest => credit_limit.version_digest('book_p', 'policy', :pool));
RESET SESSION AUTHORIZATION;
DELETE FROM book_p.policy_version WHERE policy_id = :pool;
DROP ROLE regress_roles_pool;
SET ROLE regress_roles_approver;
SELECT credit_limit.approve_policy('book_p', 2, '2026-01-01', digest => credit_limit.version_digest('book_p', 'policy', 2));
RESET ROLE;

SELECT credit_limit.add_months('book_p', '2026-11-01', 1);
-- The loader loads: not limits, not decisions, not policies.
INSERT INTO book_p.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
SET ROLE regress_roles_loader;
INSERT INTO book_p.borrower (borrower_id, segment, income, external_score, external_pd)
  SELECT i, CASE WHEN i % 2 = 0 THEN 'retail' ELSE 'farm' END, 1000 * i, 650, 0.02 FROM generate_series(1, 4) i;
INSERT INTO book_p.account (account_id, borrower_id, product, currency, opened_on, balance) SELECT 100 + i, i, 'cash', 'CNY',
  '2026-01-01', 50 FROM generate_series(1, 4) i;
INSERT INTO book_p.account_month SELECT 100 + i, '2026-10-01', 0, 50, 5, 5, 0 FROM generate_series(1, 4) i;
UPDATE book_p.account SET balance = 60 WHERE account_id = 101;
INSERT INTO book_p.account (account_id, borrower_id, product, currency, opened_on, credit_limit) VALUES (9, 1, 'cash', 'CNY', '2026-01-01', 1000);
UPDATE book_p.account SET credit_limit = 1000;
UPDATE book_p.account SET frozen = false;
SELECT new_limit FROM book_p.decision;
SELECT count(*) FROM book_p.policy_version;
UPDATE book_p.log_lane SET place = 0;
SELECT credit_limit.draft_policy('book_p', 'cash', '{"name": "cash", "product": {"cap": 9}}');

-- The engine decides; it drafts nothing, loads nothing, erases nothing.
SET ROLE regress_roles_engine;
CALL credit_limit.run_decisions('book_p', '2026-11-01');
SELECT status, decisions, moves, failed FROM book_p.run_progress;
SELECT credit_limit.set_business_date('book_p', '2026-11-01');
SELECT credit_limit.run_alerts('book_p', '2026-11-01');
CALL credit_limit.run_job('book_p', 'decisions');
CALL credit_limit.run_job('book_p', 'alerts');
CALL credit_limit.run_job('book_p', 'reports');
SELECT job, status, as_of, row_count, message FROM book_p.job_status WHERE runs > 0 ORDER BY job;
CALL credit_limit.run_job('book_p', 'retention');
SELECT credit_limit.draft_policy('book_p', 'cash', '{"name": "cash", "product": {"cap": 9}}');
INSERT INTO book_p.account_month VALUES (101, '2026-11-01', 0, 50, 5, 5, 0);
UPDATE book_p.account SET balance = 0;
DELETE FROM book_p.decision;
UPDATE book_p.decision SET new_limit = 1;
SELECT credit_limit.erase_borrower('book_p', 1, '2026-11-01', 'x');
DELETE FROM book_p.decision_evidence;
SELECT credit_limit.retire_decisions('book_p', '2027-01-01', 'x');
-- The columns it may lock by are no use for more: keys do not change, not even two in one statement, which foreign keys let pass.
UPDATE book_p.borrower SET borrower_id = 99 WHERE borrower_id = 1;
UPDATE book_p.borrower SET borrower_id = CASE borrower_id WHEN 1 THEN 2 ELSE 1 END WHERE borrower_id IN (1, 2);
UPDATE book_p.borrower SET borrower_id = borrower_id WHERE borrower_id = 1;
UPDATE book_p.borrower SET income = 1;
RESET ROLE;
-- No other key of what accounts, borrowers and umbrellas are is anybody's to change.
SELECT DISTINCT c.relname, a.attname, EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'keep_key' AND t.tgenabled <> 'D') AS kept
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0,
  unnest(ARRAY['analyst', 'owner', 'approver', 'engine', 'loader']) r
WHERE c.oid IN ('book_p.borrower'::regclass, 'book_p.account'::regclass, 'book_p.umbrella'::regclass, 'book_p.product'::regclass)
  AND a.attname IN ('borrower_id', 'account_id', 'umbrella_id', 'product', 'currency')
  AND has_column_privilege('regress_roles_' || r, c.oid, a.attnum, 'UPDATE') ORDER BY 1;

-- The analyst reads decisions, and not what is personal.
SET ROLE regress_roles_analyst;
SELECT count(*) FROM book_p.decision;
SELECT count(*) FROM book_p.account_month;
SELECT segment, count(*) FROM book_p.borrower GROUP BY 1 ORDER BY 1;
SELECT status FROM book_p.run_progress;
SELECT income FROM book_p.borrower;
SELECT * FROM book_p.decision_evidence;
SELECT message FROM book_p.run_chunk;
SELECT * FROM book_p.decision_input('2026-11-01');
SELECT count(*) FROM credit_limit.preview_decisions('book_p', '2026-11-01');
CALL credit_limit.run_decisions('book_p', '2026-12-01');
SELECT credit_limit.run_alerts('book_p', '2026-12-01');
INSERT INTO book_p.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('x', 'utilization', 1, 1);
INSERT INTO book_p.exclusion (borrower_id, kind, valid_from) VALUES (1, 'fraud', '2026-01-01');
-- Every report and other view, and not one that he may not read.
DO $$
DECLARE
  v record;
BEGIN
  FOR v IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'book_p'::regnamespace AND c.relkind = 'v' ORDER BY c.relname LOOP
    EXECUTE format('SELECT count(*) FROM (SELECT * FROM %s OFFSET 0) r', v.name);
  END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING '%: %', v.name, SQLERRM;
END $$;
-- A stranger has nothing.
SET ROLE regress_roles_stranger;
SELECT count(*) FROM book_p.decision;
SELECT credit_limit.draft_policy('book_p', 'cash', '{"name": "cash", "product": {"cap": 9}}');
RESET ROLE;

-- Real time for a loader, who has no right on the log: the trigger function is the book owner's, and only its own triggers call it.
SELECT credit_limit.enable_realtime('book_p');
SELECT p.prosecdef, p.proowner = c.relowner AS of_the_owner, p.proconfig, p.proacl::text ~ '[{,]=' AS public FROM pg_proc p, pg_class c
WHERE p.oid = 'book_p.decide_changed()'::regprocedure AND c.oid = 'book_p.decision'::regclass;
SET ROLE regress_roles_loader;
INSERT INTO book_p.exclusion (borrower_id, kind, action, valid_from) VALUES (2, 'fraud', 'FREEZE', '2026-11-01');
SELECT account_id, frozen FROM book_p.account WHERE frozen;
INSERT INTO book_p.account_month VALUES (103, '2026-11-01', 0, 50, 5, 5, 0);
DELETE FROM book_p.exclusion;
SELECT new_limit FROM book_p.decision;
SELECT credit_limit_internal.decide_event('book_p', ARRAY[1]);
SELECT book_p.decide_changed();
CREATE TEMP TABLE mine (account_id bigint);
CREATE TRIGGER t AFTER INSERT ON mine FOR EACH STATEMENT EXECUTE FUNCTION book_p.decide_changed();
DROP TABLE mine;
RESET ROLE;
SELECT source, count(*) FROM book_p.decision GROUP BY 1 ORDER BY 1;
SELECT count(*) AS problems FROM credit_limit.verify_log('book_p');
SELECT credit_limit.disable_realtime('book_p');
SELECT to_regprocedure('book_p.decide_changed()');

-- Segments: one analyst sees retail only, the other everything, and so does the engine.
INSERT INTO book_p.alert (rule, rule_from, as_of, subject, severity, borrower_id, segment) VALUES
  ('past due', '1900-01-01', '2026-11-01', '101', 'act', 1, NULL),
  ('past due', '1900-01-01', '2026-11-01', '102', 'act', 2, NULL), ('segment is past due', '1900-01-01', '2026-11-01', 'farm', 'act', NULL, 'farm'),
  ('segment is past due', '1900-01-01', '2026-11-01', 'retail', 'act', NULL, 'retail');
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', ARRAY['retail']);
SET ROLE regress_roles_anna;
SELECT array_agg(borrower_id ORDER BY borrower_id) FROM book_p.borrower;
SELECT array_agg(account_id ORDER BY account_id) FROM book_p.account;
SELECT array_agg(DISTINCT account_id ORDER BY account_id) FROM book_p.account_month;
SELECT array_agg(DISTINCT borrower_id ORDER BY borrower_id) FROM book_p.decision;
SELECT array_agg(subject ORDER BY subject) FROM book_p.alert WHERE rule LIKE '%past due';
-- Neither by a function nor by a view, a partition, or its own words.
SELECT credit_limit.available_to_draw('book_p', 101, '2026-11-01') AS farm, credit_limit.available_to_draw('book_p', 102, '2026-11-01') AS retail;
SELECT * FROM book_p.run_progress;
SELECT * FROM book_p.account_month_rest;
SELECT * FROM book_p.decision_2026_11;
INSERT INTO book_p.analyst_segment VALUES ('regress_roles_anna', 'farm');
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', NULL);
SET ROLE regress_roles_analyst;
SELECT (SELECT count(*) FROM book_p.borrower) AS borrowers, (SELECT count(*) FROM book_p.decision) AS decisions;
SET ROLE regress_roles_engine;
CALL credit_limit.run_decisions('book_p', '2026-11-02');
SELECT decisions, failed FROM book_p.run_progress ORDER BY run_id DESC LIMIT 1;
SET ROLE regress_roles_loader;
INSERT INTO book_p.account_month VALUES (104, '2026-11-01', 0, 50, 5, 5, 0);
RESET ROLE;
-- COPY FROM is not for roles under row-level security (what psql does with its lines then depends on its version, so not here); with
-- BYPASSRLS the loader copies, and reads no more than before.
ALTER ROLE regress_roles_loader BYPASSRLS;
SET ROLE regress_roles_loader;
COPY book_p.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due) FROM stdin (FORMAT csv);
102,2026-11-01,0,50,5,5,0
\.
SELECT count(*) FROM book_p.account_month;
SELECT new_limit FROM book_p.decision;
RESET ROLE;
-- Other segments, none, lifted. Who decides cannot be restricted, nor who has the views through another role.
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', ARRAY['retail', 'farm', 'retail']);
SET ROLE regress_roles_anna; SELECT count(*) FROM book_p.account; RESET ROLE;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', '{}');
SET ROLE regress_roles_anna; SELECT count(*) FROM book_p.account; RESET ROLE;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', NULL);
SET ROLE regress_roles_anna; SELECT count(*), (SELECT status FROM book_p.run_progress LIMIT 1) FROM book_p.account; RESET ROLE;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', ARRAY['retail', NULL]);
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_engine', ARRAY['retail']);
GRANT regress_roles_analyst TO regress_roles_anna;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', ARRAY['retail']);
REVOKE regress_roles_analyst FROM regress_roles_anna;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', ARRAY['retail']);
-- Every table that names a borrower or an account is covered, also one that the lender has added and grants; and what was erased.
CREATE TABLE book_p.complaint (complaint_id int PRIMARY KEY, borrower_id bigint, text text);
INSERT INTO book_p.complaint VALUES (1, 1, 'farm'), (2, 2, 'retail');
GRANT SELECT ON book_p.complaint TO regress_roles_anna;
UPDATE book_p.account SET status = 'closed' WHERE borrower_id IN (3, 4);
SELECT count(credit_limit.erase_borrower('book_p', i, '2026-11-03', 'asked after a divorce')) FROM generate_series(3, 4) i;
UPDATE book_p.account SET status = 'open' WHERE borrower_id IN (3, 4);
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_anna', ARRAY['retail']);
SELECT c.table_name FROM information_schema.columns c JOIN pg_class r ON r.oid = format('book_p.%I', c.table_name)::regclass
WHERE c.table_schema = 'book_p' AND c.column_name IN ('borrower_id', 'account_id') AND r.relkind IN ('r', 'p') AND NOT r.relispartition
  AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.oid AND NOT p.polpermissive AND 'regress_roles_anna'::regrole::oid = ANY (p.polroles));
SET ROLE regress_roles_anna;
SELECT count(*) AS erased FROM book_p.erasure;
SELECT text FROM book_p.complaint;
RESET ROLE;
SELECT count(*) AS erased FROM book_p.erasure;
-- Roles with other duties are refused, whichever comes first: the duty, or the restriction; and so is a member of his with one.
SELECT credit_limit.restrict_analyst('book_p', r, ARRAY['retail']) FROM unnest(ARRAY['regress_roles_loader']) r;
SELECT credit_limit.restrict_analyst('book_p', r, ARRAY['retail']) FROM unnest(ARRAY['regress_roles_approver']) r;
SELECT credit_limit.restrict_analyst('book_p', r, ARRAY['retail']) FROM unnest(ARRAY['regress_roles_owner']) r;
CREATE ROLE regress_roles_reviewer;
SELECT credit_limit.grant_book('book_p', reviewer => 'regress_roles_reviewer');
-- Who reads everything proves the log and replays decisions.
SELECT format('SET ROLE regress_roles_%1$s', r), 'SELECT current_user, (SELECT count(*) FROM credit_limit.verify_log(''book_p'')) AS violations,
  count(*) > 0 AS decisions, coalesce(bool_and(same), true) AS same
  FROM credit_limit.replay_decisions(''book_p'', ''2026-01-01'', ''2027-01-01'')', 'RESET ROLE'
FROM unnest(ARRAY['approver', 'engine', 'reviewer']) r \gexec
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_reviewer', ARRAY['retail']);
DO $$
DECLARE
  kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['policy_owner', 'approver', 'engine', 'loader', 'reviewer'] LOOP
    BEGIN
      EXECUTE format('SELECT credit_limit.grant_book(''book_p'', %s => ''regress_roles_anna'')', kind);
      RAISE WARNING 'a restricted analyst became %', kind;
    EXCEPTION WHEN invalid_parameter_value THEN NULL;
    END;
  END LOOP;
END $$;
GRANT regress_roles_analyst TO regress_roles_reviewer;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_analyst', ARRAY['retail']);
REVOKE regress_roles_analyst FROM regress_roles_reviewer;
GRANT regress_roles_anna TO regress_roles_reviewer;
SELECT credit_limit.grant_book('book_p', reviewer => 'regress_roles_reviewer');
DROP OWNED BY regress_roles_reviewer; DROP ROLE regress_roles_reviewer;
-- Who gets the rights of a restricted role later on does not work on a part of the book: he is told.
GRANT regress_roles_anna TO regress_roles_engine;
SET ROLE regress_roles_engine;
\set VERBOSITY default
\set SHOW_CONTEXT never
CALL credit_limit.run_decisions('book_p', '2026-11-04');
\set VERBOSITY terse
SELECT credit_limit.run_alerts('book_p', '2026-11-04');
CALL credit_limit.run_job('book_p', 'alerts', '2026-11-04');
SELECT credit_limit.refresh_reports('book_p');
SELECT credit_limit.apply_overrides('book_p', '2026-11-04');
SELECT count(*) FROM credit_limit.preview_decisions('book_p', '2026-11-04');
SELECT * FROM credit_limit.verify_log('book_p');
RESET ROLE;
-- A run that was planned before that stops too.
REVOKE regress_roles_anna FROM regress_roles_engine;
SET ROLE regress_roles_engine;
SELECT credit_limit_internal.begin_run('book_p', '2026-11-04', '{}') AS run \gset
RESET ROLE;
GRANT regress_roles_anna TO regress_roles_engine;
SET ROLE regress_roles_engine;
SELECT credit_limit_internal.run_chunk('book_p', :run);
RESET ROLE;
REVOKE regress_roles_anna FROM regress_roles_engine;
-- So it is under a policy of the lender's own that may hide rows, also from those who lock them; one that shows all does not.
CREATE POLICY some_rows ON book_p.account AS RESTRICTIVE FOR UPDATE TO regress_roles_engine USING (account_id < 103);
SET ROLE regress_roles_engine;
SELECT credit_limit_internal.run_chunk('book_p', :run);
RESET ROLE;
DROP POLICY some_rows ON book_p.account;
DROP POLICY every_row ON book_p.account;
CREATE POLICY branch ON book_p.account USING (account_id < 103);
SET ROLE regress_roles_engine;
SELECT credit_limit_internal.run_chunk('book_p', :run);
RESET ROLE;
CREATE POLICY engine ON book_p.account TO regress_roles_engine USING (true);
SET ROLE regress_roles_engine;
CALL credit_limit.run_decisions('book_p', '2026-11-04');
SELECT borrowers, decisions, failed FROM book_p.run_progress WHERE as_of = '2026-11-04';
RESET ROLE;
DROP POLICY branch ON book_p.account;
DROP POLICY engine ON book_p.account;
CREATE POLICY every_row ON book_p.account USING (true) WITH CHECK (true);
-- A restricted role is known under another name, and one with a long name is not forgotten.
CREATE ROLE "regress_roles_零售信贷额度分析师北京分行第一";
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_零售信贷额度分析师北京分行第一');
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_零售信贷额度分析师北京分行第一', ARRAY['farm']);
ALTER ROLE "regress_roles_零售信贷额度分析师北京分行第一" RENAME TO regress_roles_long;
CREATE ROLE "regress_roles_零售信贷额度分析师北京分行第一";
CREATE VIEW book_p.all_incomes AS SELECT borrower_id, income FROM book_p.borrower;
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_long');
SELECT has_table_privilege('regress_roles_long', 'book_p.all_incomes', 'SELECT') AS incomes;
SELECT credit_limit.grant_book('book_p', engine => 'regress_roles_long');
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_零售信贷额度分析师北京分行第一');
SET ROLE regress_roles_long; SELECT array_agg(borrower_id) FROM book_p.borrower; RESET ROLE;
SET ROLE "regress_roles_零售信贷额度分析师北京分行第一"; SELECT count(*) FROM book_p.borrower; RESET ROLE;
SET ROLE regress_roles_anna; SELECT array_agg(borrower_id) FROM book_p.borrower; RESET ROLE;
SELECT role, segment FROM book_p.analyst_segment ORDER BY segment;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_long', NULL);
SET ROLE regress_roles_long; SELECT count(*) FROM book_p.borrower; RESET ROLE;
SET ROLE regress_roles_anna; SELECT array_agg(borrower_id) FROM book_p.borrower; RESET ROLE;
DROP VIEW book_p.all_incomes;
DROP TABLE book_p.complaint;
DROP OWNED BY regress_roles_long, "regress_roles_零售信贷额度分析师北京分行第一";
DROP ROLE regress_roles_long, "regress_roles_零售信贷额度分析师北京分行第一";
-- Positions of accounts that are gone go with the next refresh, though nobody who reads sees them.
INSERT INTO book_p.account (account_id, borrower_id, product, currency, opened_on) VALUES (199, 1, 'cash', 'CNY', '2026-01-01');
SET ROLE regress_roles_engine;
SELECT credit_limit.refresh_reports('book_p') AS positions;
RESET ROLE;
DELETE FROM book_p.account WHERE account_id = 199;
SET ROLE regress_roles_analyst;
SELECT count(*) AS positions FROM book_p.report_position;
SET ROLE regress_roles_engine;
SELECT credit_limit.refresh_reports('book_p') AS positions;
RESET ROLE;
SELECT count(*) AS positions FROM book_p.report_position;
-- Granted again, he stays restricted; and is nothing else.
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_anna');
SELECT has_table_privilege('regress_roles_anna', 'book_p.run_progress', 'SELECT') AS view,
  has_any_column_privilege('regress_roles_anna', 'book_p.run_chunk', 'SELECT') AS chunk;
SELECT credit_limit.grant_book('book_p', engine => 'regress_roles_anna');
-- Revoked: nothing is left of a role.
-- A lender's own decision_input over the one of create_book: a role that comes later reads both, an analyst neither, and nothing
-- by the view that types its rows.
ALTER FUNCTION book_p.decision_input(date) RENAME TO standard_input;
CREATE VIEW book_p.input_row AS SELECT i.*, 1 AS more FROM book_p.standard_input(NULL) i WHERE false;
CREATE FUNCTION book_p.decision_input(as_of date) RETURNS SETOF book_p.input_row LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT i.*, 1 FROM book_p.standard_input(as_of) i;
END;
CREATE ROLE regress_roles_late; CREATE ROLE regress_roles_late_analyst;
SELECT credit_limit.grant_book('book_p', policy_owner => 'regress_roles_late', analyst => 'regress_roles_late_analyst');
SET ROLE regress_roles_late;
SELECT count(*) > 0 AS some, sum(more) = count(*) AS more FROM book_p.decision_input('2026-11-30');
SET ROLE regress_roles_late_analyst;
SELECT count(*) FROM book_p.decision_input('2026-11-30');
SELECT count(*) FROM book_p.input_row;
RESET ROLE;
DROP FUNCTION book_p.decision_input(date);
DROP VIEW book_p.input_row;
ALTER FUNCTION book_p.standard_input(date) RENAME TO decision_input;
DROP OWNED BY regress_roles_late, regress_roles_late_analyst;
DROP ROLE regress_roles_late, regress_roles_late_analyst;

SELECT credit_limit.revoke_book('book_p', 'regress_roles_anna');
SELECT credit_limit.revoke_book('book_p', 'regress_roles_loader');
SELECT credit_limit.revoke_book('book_p', 'regress_roles_engine');
SELECT count(*) AS left FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid IN ('regress_roles_anna'::regrole,
  'regress_roles_loader'::regrole, 'regress_roles_engine'::regrole)
  AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objid NOT IN ('credit_limit'::regnamespace,
    'credit_limit_internal'::regnamespace);
SET ROLE regress_roles_loader;
SELECT count(*) FROM book_p.account;
RESET ROLE;
-- A lender's own views, with a column less.
CREATE SCHEMA book_w;
CREATE TABLE book_w.customer (id bigint PRIMARY KEY, branch text);
CREATE VIEW book_w.borrower AS SELECT id AS borrower_id, branch AS segment FROM book_w.customer;
SET client_min_messages = error;
SELECT credit_limit.create_book('book_w');
SET client_min_messages = warning;
SELECT credit_limit.grant_book('book_w', analyst => 'regress_roles_analyst');
SELECT credit_limit.restrict_analyst('book_w', 'regress_roles_analyst', ARRAY['retail']);
SET ROLE regress_roles_analyst; SELECT count(*) FROM book_w.borrower; SELECT count(*) FROM book_w.customer; RESET ROLE;

-- The trigger functions of a book run with the rights of its owner. A restore without privileges leaves them to everybody: on a
-- table of somebody else they do nothing, whatever that table would set off. grant_book() takes them back; check_book() tells.
CREATE SCHEMA book_t AUTHORIZATION regress_roles_stranger;
GRANT EXECUTE ON FUNCTION book_p.keep_umbrella(), book_p.renew_versions() TO PUBLIC;
GRANT USAGE ON SCHEMA book_p TO regress_roles_stranger;
SELECT relation, problem FROM credit_limit.check_book('book_p') WHERE relation IN ('keep_umbrella', 'renew_versions') ORDER BY 1;
SET ROLE regress_roles_stranger;
CREATE TABLE book_t.trap (account_id bigint, umbrella_id bigint, status text, credit_limit numeric);
CREATE TRIGGER trap AFTER INSERT ON book_t.trap REFERENCING NEW TABLE AS new_account FOR EACH STATEMENT
  EXECUTE FUNCTION book_p.keep_umbrella();
INSERT INTO book_t.trap VALUES (1, 1, 'open', 5);
CREATE TABLE book_t.product (product text);
CREATE TRIGGER trap AFTER INSERT ON book_t.product FOR EACH STATEMENT EXECUTE FUNCTION book_p.renew_versions();
INSERT INTO book_t.product VALUES ('cash');
RESET ROLE;
SELECT credit_limit.grant_book('book_p', analyst => 'regress_roles_anna');
SELECT count(*) AS wrong FROM credit_limit.check_book('book_p') WHERE relation IN ('keep_umbrella', 'renew_versions');
SELECT has_function_privilege('regress_roles_stranger', 'book_p.keep_umbrella()', 'EXECUTE') AS stranger;

-- Who may use the book and not the extension can do nothing: it is said.
REVOKE USAGE ON SCHEMA credit_limit_internal FROM regress_roles_approver;
SELECT problem FROM credit_limit.check_book('book_p') WHERE problem LIKE '%extension%';
GRANT USAGE ON SCHEMA credit_limit_internal TO regress_roles_approver;

-- Views that somebody else made where the reports should be are not granted what they read.
GRANT USAGE, CREATE ON SCHEMA book_p_report TO regress_roles_stranger;
SET ROLE regress_roles_stranger;
CREATE VIEW book_p_report.report_more WITH (security_invoker = true) AS SELECT borrower_id, income FROM book_p.borrower;
RESET ROLE;
SELECT credit_limit.grant_book('book_p', bi => 'regress_roles_anna');
DROP VIEW book_p_report.report_more;
REVOKE CREATE ON SCHEMA book_p_report FROM regress_roles_stranger;

-- A role that reads reports only: restricted it reads those of its segments, and free again it is no analyst.
CREATE ROLE regress_roles_bi;
SELECT credit_limit.grant_book('book_p', bi => 'regress_roles_bi');
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_bi', ARRAY['none']);
SET ROLE regress_roles_bi; SELECT count(*) AS rows FROM book_p_report.report_utilization; RESET ROLE;
SELECT credit_limit.restrict_analyst('book_p', 'regress_roles_bi', NULL);
SELECT has_schema_privilege('regress_roles_bi', 'book_p', 'USAGE') AS usage, has_table_privilege('regress_roles_bi', 'book_p.run', 'SELECT')
  AS run;
DROP OWNED BY regress_roles_bi; DROP ROLE regress_roles_bi;

-- A draft that is changed, or made, or dropped renews nothing; what is approved does.
CREATE TABLE book_t.renewed (at timestamptz);
GRANT SELECT ON book_t.renewed TO PUBLIC;
INSERT INTO book_t.renewed SELECT started_at FROM book_p.run WHERE run_id = 0;
SELECT credit_limit.draft_policy('book_p', 'draft of today', '{"name": "draft", "product": {"cap": 1000}}') > 0 AS drafted;
UPDATE book_p.policy_version SET document = '{"name": "draft", "product": {"cap": 2000}}' WHERE name = 'draft of today';
DELETE FROM book_p.policy_version WHERE name = 'draft of today';
UPDATE book_p.policy_version SET document = document WHERE status = 'approved';
SELECT started_at = at AS same FROM book_p.run, book_t.renewed WHERE run_id = 0;
DROP SCHEMA book_p, book_w, book_p_report, book_w_report, book_t CASCADE;
DROP OWNED BY regress_roles_analyst, regress_roles_anna, regress_roles_owner, regress_roles_approver, regress_roles_engine,
  regress_roles_loader, regress_roles_stranger, regress_roles_both;
DROP ROLE regress_roles_analyst, regress_roles_anna, regress_roles_owner, regress_roles_approver, regress_roles_engine,
  regress_roles_loader, regress_roles_stranger, regress_roles_both;
