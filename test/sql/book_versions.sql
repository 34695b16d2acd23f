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
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01');
UPDATE book_v.policy_version SET status = 'approved', approved_by = 'somebody else', valid_from = '2026-01-01' WHERE policy_id = 1;
INSERT INTO book_v.policy_version (name, version, document, status, created_by, approved_by, valid_from)
  VALUES ('cash', 9, '{"name": "cash", "product": {"cap": 9}}', 'approved', 'a', 'b', '2026-01-01');
-- A draft is the maker's to change; who wrote it is not.
UPDATE book_v.policy_version SET document = '{"name": "cash", "product": {"cap": 1500}}', created_by = 'nobody' WHERE policy_id = 1;
SELECT policy_id, version, status, created_by, document::jsonb #>> '{product,cap}' AS cap, digest = sha256(convert_to(source, 'UTF8')) AS digest
FROM book_v.policy_version ORDER BY 1;
SET ROLE regress_versions_checker;
SELECT credit_limit.approve_policy('book_v', 1, NULL);
SELECT credit_limit.approve_policy('book_v', 77, '2026-01-01');
-- Days that are none, and a last day before the first.
SELECT credit_limit.approve_policy('book_v', 1, 'infinity');
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01', 'infinity');
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-02', '2026-01-01');
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01');
SELECT credit_limit.approve_policy('book_v', 1, '2026-01-01');
-- A checker who changes a draft has made it, and cannot approve it.
BEGIN;
UPDATE book_v.policy_version SET document = '{"name": "cash", "product": {"cap": 1}}' WHERE policy_id = 2;
SELECT credit_limit.approve_policy('book_v', 2, '2026-06-01');
ROLLBACK;
-- The successor ends the first the day before.
SELECT credit_limit.approve_policy('book_v', 2, '2026-06-01', '2026-12-31');
SELECT policy_id, status, valid_from, valid_to, created_by, approved_by FROM book_v.policy_version ORDER BY 1;
-- Approved is approved: document, days, names.
UPDATE book_v.policy_version SET document = '{"name": "cash", "product": {"cap": 3}}' WHERE policy_id = 1;
UPDATE book_v.policy_version SET valid_from = '2025-01-01' WHERE policy_id = 1;
UPDATE book_v.policy_version SET status = 'draft' WHERE policy_id = 1;
UPDATE book_v.policy_version SET approved_by = 'x' WHERE policy_id = 1;
DELETE FROM book_v.policy_version WHERE policy_id = 1;
TRUNCATE book_v.policy_version;
-- Two of one name on one day: the constraint, whichever way they come.
UPDATE book_v.policy_version SET valid_to = '2026-06-01' WHERE policy_id = 1;
SET ROLE regress_versions_maker;
SELECT credit_limit.draft_policy('book_v', 'cash', '{"name": "cash", "product": {"cap": 3000}}') AS p4,
  credit_limit.draft_policy('book_v', 'other', '{"name": "other", "product": {"cap": 3000}}') AS p5;
SET ROLE regress_versions_checker;
SELECT credit_limit.approve_policy('book_v', max(policy_id), '2026-07-01') FROM book_v.policy_version WHERE name = 'cash';
SELECT credit_limit.approve_policy('book_v', max(policy_id), '2026-07-01') FROM book_v.policy_version WHERE name = 'other';
-- Retired: the last day is found, the next is not; twice is an error; a version may be withdrawn before it begins.
SELECT credit_limit.retire_version('book_v', 'policy', 2, '2026-07-10');
SELECT credit_limit.retire_version('book_v', 'policy', 2, '2026-07-10');
SELECT credit_limit.retire_version('book_v', 'policy', (SELECT policy_id FROM book_v.policy_version WHERE name = 'other'), '2026-01-01');
SELECT credit_limit.retire_version('book_v', 'card', 2, '2026-07-10');
SELECT credit_limit.retire_version('book_v', NULL, 2, '2026-07-10');
-- Retired is the end, and who retired it is he who did.
UPDATE book_v.policy_version SET status = 'approved' WHERE policy_id = 2;
UPDATE book_v.policy_version SET retired_by = 'nobody' WHERE policy_id = 2;
SELECT name, version, status, valid_from, valid_to, retired_by FROM book_v.policy_version WHERE status = 'retired' ORDER BY 1;
SELECT credit_limit.approve_scorecard('book_v', 1, '2026-01-01');
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
