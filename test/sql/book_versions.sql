-- Policies and scorecards as versions: drafted by one role, approved by another, then never changed; on no day two of a name.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_versions_maker; CREATE ROLE regress_versions_checker;
SELECT credit_limit.create_book('book_v');
GRANT USAGE ON SCHEMA book_v, credit_limit, credit_limit_internal TO regress_versions_maker, regress_versions_checker;
GRANT ALL ON ALL TABLES IN SCHEMA book_v TO regress_versions_maker, regress_versions_checker;

SET ROLE regress_versions_maker;
SELECT credit_limit.draft_policy('book_v', 'cash', '{"name": "cash", "product": {"cap": 1000}}') AS p1,
  credit_limit.draft_scorecard('book_v', 'card', '{"name": "card", "characteristics": [{"name": "x", "bins": [{"points": 1}]}]}') AS s1;
SELECT credit_limit.draft_policy('book_v', 'cash', '{"name": "cash", "product": {"cap": 2000}}') AS p2;
SELECT credit_limit.retire_version('book_v', 'product', 1, '2026-12-31');
SELECT credit_limit.draft_policy('book_v', 'cash', '{"name": "cash", "produkt": {"cap": 2000}}');
-- The maker is not the checker, by whatever way.
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01', digest => credit_limit.version_digest('book_v', 'policy', 1));
UPDATE book_v.policy_version SET status = 'approved', approved_by = 'somebody else', valid_from = '2026-01-01' WHERE policy_id = 1;
INSERT INTO book_v.policy_version (name, version, document, status, created_by, approved_by, valid_from)
  VALUES ('cash', 9, '{"name": "cash", "product": {"cap": 9}}', 'approved', 'a', 'b', '2026-01-01');
-- A draft is the maker's to change; who wrote it is not.
UPDATE book_v.policy_version SET document = '{"name": "cash", "product": {"cap": 1500}}', created_by = 'nobody' WHERE policy_id = 1;
SELECT policy_id, version, status, created_by, document::jsonb #>> '{product,cap}' AS cap, digest = sha256(convert_to(source, 'UTF8')) AS digest
FROM book_v.policy_version ORDER BY 1;
SET ROLE regress_versions_checker;
SELECT credit_limit.approve_policy('book_v', 1, NULL);
SELECT credit_limit.approve_policy('book_v', 77, '2026-01-01', digest => credit_limit.version_digest('book_v', 'policy', 77));
-- Days that are none, and a last day before the first.
SELECT credit_limit.approve_policy('book_v', 1, 'infinity', digest => credit_limit.version_digest('book_v', 'policy', 1));
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01', 'infinity', digest => credit_limit.version_digest('book_v', 'policy', 1));
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-02', '2026-01-01', digest => credit_limit.version_digest('book_v', 'policy', 1));
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01', digest => credit_limit.version_digest('book_v', 'policy', 1));
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01', digest => credit_limit.version_digest('book_v', 'policy', 1));
-- A checker who changes a draft has made it, and cannot approve it.
BEGIN;
UPDATE book_v.policy_version SET document = '{"name": "cash", "product": {"cap": 1}}' WHERE policy_id = 2;
SELECT credit_limit.approve_policy('book_v', 2, '2026-06-01', digest => credit_limit.version_digest('book_v', 'policy', 2));
ROLLBACK;
-- The successor ends the first the day before.
SELECT credit_limit.approve_policy('book_v', 2, '2026-06-01', '2026-12-31', digest => credit_limit.version_digest('book_v', 'policy', 2));
SELECT policy_id, status, valid_from, valid_to, created_by, approved_by FROM book_v.policy_version ORDER BY 1;
-- Approved is approved: document, days, names.
UPDATE book_v.policy_version SET document = '{"name": "cash", "product": {"cap": 3}}' WHERE policy_id = 1;
UPDATE book_v.policy_version SET valid_from = '2025-01-01' WHERE policy_id = 1;
UPDATE book_v.policy_version SET status = 'draft' WHERE policy_id = 1;
UPDATE book_v.policy_version SET approved_by = 'x' WHERE policy_id = 1;
DELETE FROM book_v.policy_version WHERE policy_id = 1;
TRUNCATE book_v.policy_version;
-- Two of one name on one day: not by a draft, and not by a row.
SET ROLE regress_versions_maker;
SELECT credit_limit.draft_policy('book_v', 'cash', '{"name": "cash", "product": {"cap": 3000}}') AS p4,
  credit_limit.draft_policy('book_v', 'other', '{"name": "other", "product": {"cap": 3000}}') AS p5;
SET ROLE regress_versions_checker;
SELECT credit_limit.approve_policy('book_v', max(policy_id), '2026-07-01',
  digest => credit_limit.version_digest('book_v', 'policy', max(policy_id))) FROM book_v.policy_version WHERE name = 'cash';
SELECT credit_limit.approve_policy('book_v', max(policy_id), '2026-07-01',
  digest => credit_limit.version_digest('book_v', 'policy', max(policy_id))) FROM book_v.policy_version WHERE name = 'other';
-- Retired: the last day is found, the next is not; twice is an error; a version may be withdrawn before it begins.
SELECT credit_limit.retire_version('book_v', 'policy', 2, '2026-07-10');
SELECT credit_limit.retire_version('book_v', 'policy', 2, '2026-07-10');
SELECT credit_limit.retire_version('book_v', 'policy', (SELECT policy_id FROM book_v.policy_version WHERE name = 'other'), '2026-01-01');
SELECT credit_limit.retire_version('book_v', 'card', 2, '2026-07-10');
SELECT credit_limit.retire_version('book_v', NULL, 2, '2026-07-10');
-- Retired is the end, and who retired it is he who did.
UPDATE book_v.policy_version SET status = 'approved' WHERE policy_id = 2;
UPDATE book_v.policy_version SET retired_by = 'nobody' WHERE policy_id = 2;
-- An approver alone brings nothing back: a retired version does not move, one that is approved ends earlier and never later, and a
-- draft is not retired at once. No version is valid for ever, or without a last day once it is retired.
UPDATE book_v.policy_version SET valid_to = NULL WHERE policy_id = 2;
UPDATE book_v.policy_version SET valid_to = '2099-12-31' WHERE policy_id = 2;
UPDATE book_v.policy_version SET valid_to = '2026-07-01' WHERE policy_id = 2;
UPDATE book_v.policy_version SET valid_to = '2026-07-01' WHERE policy_id = 1;
UPDATE book_v.policy_version SET valid_to = NULL WHERE policy_id = 1;
UPDATE book_v.policy_version SET status = 'retired', approved_digest = digest, valid_from = '-infinity', valid_to = 'infinity' WHERE policy_id = 4;
UPDATE book_v.policy_version SET status = 'approved', approved_digest = digest, valid_from = '-infinity' WHERE policy_id = 4;
UPDATE book_v.policy_version SET status = 'approved', approved_digest = digest, valid_from = '2027-01-01', valid_to = 'infinity' WHERE policy_id = 4;
UPDATE book_v.policy_version SET valid_from = 'infinity' WHERE policy_id = 4;
BEGIN;
SELECT credit_limit.approve_policy('book_v', 4, '2027-01-01', digest => credit_limit.version_digest('book_v', 'policy', 4));
UPDATE book_v.policy_version SET status = 'retired' WHERE policy_id = 4;
ROLLBACK;
SELECT credit_limit.retire_version('book_v', 'policy', 1, d) FROM unnest(ARRAY['infinity', NULL]::date[]) d;
SELECT credit_limit.retire_version('book_v', 'policy', 4, '2027-01-01');
BEGIN;
UPDATE book_v.policy_version SET valid_to = '2026-05-30' WHERE policy_id = 1;
SELECT status, valid_to, retired_by FROM book_v.policy_version WHERE policy_id = 1;
ROLLBACK;
-- What is approved is what was read: by its digest, in whichever way the row is written.
\set VERBOSITY default
\set SHOW_CONTEXT never
SELECT credit_limit.approve_policy('book_v', 4, '2027-01-01');
SELECT encode(credit_limit.version_digest('book_v', 'policy', 4), 'hex') AS read \gset
SET ROLE regress_versions_maker;
UPDATE book_v.policy_version SET document = '{"name": "cash", "product": {"cap": 999999}}' WHERE policy_id = 4;
SET ROLE regress_versions_checker;
SELECT credit_limit.approve_policy('book_v', 4, '2027-01-01', digest => decode(:'read', 'hex'));
UPDATE book_v.policy_version SET status = 'approved', valid_from = '2027-01-01' WHERE policy_id = 4;
UPDATE book_v.policy_version SET status = 'approved', valid_from = '2027-01-01', digest = decode(:'read', 'hex'),
  approved_digest = decode(:'read', 'hex') WHERE policy_id = 4;
-- A digest that a draft keeps for later is none.
UPDATE book_v.policy_version SET approved_digest = digest WHERE policy_id = 4;
UPDATE book_v.policy_version SET status = 'approved', valid_from = '2027-01-01' WHERE policy_id = 4;
-- (SHA-256 of the text of the document, by PostgreSQL itself.)
BEGIN;
SELECT credit_limit.approve_policy('book_v', 4, '2027-01-01', digest => sha256(convert_to(document::text, 'UTF8')))
FROM book_v.policy_version WHERE policy_id = 4;
SELECT status, approved_by, approved_digest = digest AS same FROM book_v.policy_version WHERE policy_id = 4;
-- A second one from the same first day, over a later one, over one that is retired: which one is in the way, and both ways out.
SET ROLE regress_versions_maker;
SELECT credit_limit.draft_policy('book_v', 'cash', '{"name": "cash", "product": {"cap": 4000}}') AS p6 \gset
SET ROLE regress_versions_checker;
SAVEPOINT s;
SELECT credit_limit.approve_policy('book_v', :p6, '2027-01-01', digest => credit_limit.version_digest('book_v', 'policy', :p6));
ROLLBACK TO s;
SELECT credit_limit.approve_policy('book_v', :p6, '2026-12-01', '2027-03-31', digest => credit_limit.version_digest('book_v', 'policy', :p6));
ROLLBACK TO s;
SELECT credit_limit.approve_policy('book_v', :p6, '2026-07-01', '2026-07-31', digest => credit_limit.version_digest('book_v', 'policy', :p6));
ROLLBACK TO s;
-- One way: a later day, and the other ends the day before. The other way: it ends first.
SELECT credit_limit.approve_policy('book_v', :p6, '2027-01-02', digest => credit_limit.version_digest('book_v', 'policy', :p6));
SELECT policy_id, status, valid_from, valid_to FROM book_v.policy_version WHERE policy_id IN (4, :p6) ORDER BY 1;
ROLLBACK TO s;
SELECT credit_limit.retire_version('book_v', 'policy', 4, '2026-12-31');
SELECT credit_limit.approve_policy('book_v', :p6, '2027-01-01', digest => credit_limit.version_digest('book_v', 'policy', :p6));
SELECT policy_id, status, valid_from, valid_to FROM book_v.policy_version WHERE policy_id IN (4, :p6) ORDER BY 1;
ROLLBACK;
-- Who drafted is known under another name, and not taken for whoever has his name now. By role:
RESET ROLE;
ALTER ROLE regress_versions_maker RENAME TO regress_versions_renamed;
CREATE ROLE regress_versions_maker;
GRANT regress_versions_renamed TO regress_versions_maker;
SET ROLE regress_versions_renamed;
SELECT credit_limit.approve_policy('book_v', 4, '2027-01-01', digest => credit_limit.version_digest('book_v', 'policy', 4));
SET ROLE regress_versions_maker;
SELECT credit_limit.approve_policy('book_v', 4, '2027-01-01', digest => credit_limit.version_digest('book_v', 'policy', 4));
RESET ROLE;
SELECT created_by, created_role FROM book_v.policy_version WHERE policy_id = 4;
DROP ROLE regress_versions_maker;
ALTER ROLE regress_versions_renamed RENAME TO regress_versions_maker;
-- and by login:
CREATE ROLE regress_versions_login LOGIN IN ROLE regress_versions_maker, regress_versions_checker;
SET SESSION AUTHORIZATION regress_versions_login;
SET ROLE regress_versions_maker;
SELECT credit_limit.draft_policy('book_v', 'login', '{"name": "login", "product": {"cap": 1}}') AS p7 \gset
RESET SESSION AUTHORIZATION;
ALTER ROLE regress_versions_login RENAME TO regress_versions_married;
SET SESSION AUTHORIZATION regress_versions_married;
SET ROLE regress_versions_checker;
SELECT credit_limit.approve_policy('book_v', :p7, '2027-01-01', digest => credit_limit.version_digest('book_v', 'policy', :p7));
RESET SESSION AUTHORIZATION;
CREATE ROLE regress_versions_login LOGIN IN ROLE regress_versions_checker;
SET SESSION AUTHORIZATION regress_versions_login;
SET ROLE regress_versions_checker;
SELECT credit_limit.approve_policy('book_v', :p7, '2027-01-01', digest => credit_limit.version_digest('book_v', 'policy', :p7));
RESET SESSION AUTHORIZATION;
-- A role that is gone stays a number.
DROP ROLE regress_versions_login, regress_versions_married;
SELECT created_login, created_login_role::text ~ '^[0-9]+$' AS gone FROM book_v.policy_version WHERE policy_id = :p7;
DELETE FROM book_v.policy_version WHERE policy_id = :p7;
\set VERBOSITY terse
SET ROLE regress_versions_checker;
SELECT name, version, status, valid_from, valid_to, retired_by FROM book_v.policy_version WHERE status = 'retired' ORDER BY 1;
SELECT credit_limit.approve_scorecard('book_v', 1, '2026-01-01', digest => credit_limit.version_digest('book_v', 'scorecard', 1));
RESET ROLE;

-- What decides on a day: brute force over the days of the table above.
INSERT INTO book_v.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', 'card'), ('free', 'Not decided', 'other', 'CNY', NULL, NULL);
CREATE FUNCTION pg_temp.on_day(d date) RETURNS TABLE (version_no int, product text, arm text, policy_id int, scorecard_id int, missing boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM credit_limit_internal.open_book('book_v');
  RETURN QUERY SELECT v.version_no, v.product, v.arm, v.policy_id, v.scorecard_id, v.missing FROM credit_limit_internal.versions_on(d) v ORDER BY 1;
END $$;
CREATE FUNCTION pg_temp.check_versions(d date) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM credit_limit_internal.open_book('book_v');
  PERFORM credit_limit_internal.check_versions(d);
END $$;
SELECT d::date, v.* FROM unnest(ARRAY['2025-12-31', '2026-01-01', '2026-05-31', '2026-06-01', '2026-07-10', '2026-07-11']::date[]) d
  LEFT JOIN LATERAL pg_temp.on_day(d) v ON true ORDER BY 1;
SELECT pg_temp.check_versions('2026-07-11');
SELECT pg_temp.check_versions('2026-07-10');
-- Experiments: of one product on one day one; arms in the order of their bytes; each arm has its policy, or that of the product.
INSERT INTO book_v.experiment VALUES ('e1', 'cash', '2026-02-01', '2026-02-28');
INSERT INTO book_v.experiment VALUES ('e2', 'cash', '2026-02-28', NULL);
INSERT INTO book_v.experiment_arm VALUES ('e1', 'champion', 0.9, NULL), ('e1', 'Challenger', 0.1, 'other');
SELECT pg_temp.check_versions('2026-02-10');
UPDATE book_v.experiment_arm SET policy = 'cash' WHERE arm = 'Challenger';
SELECT * FROM pg_temp.on_day('2026-02-10');
SELECT * FROM pg_temp.on_day('2026-03-01');
DROP SCHEMA book_v, book_v_report CASCADE;
DROP OWNED BY regress_versions_maker, regress_versions_checker;
DROP ROLE regress_versions_maker, regress_versions_checker;
