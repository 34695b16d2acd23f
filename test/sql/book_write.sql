-- write_decisions: rows of the log from a query of decisions, the same whether they are put into pages together or inserted one by one.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS credit_limit;
SET search_path = public, credit_limit;
CALL create_book('book_w');
SELECT add_months('book_w', '2026-01-01', 1);
-- n accounts; the inputs have a text beyond ASCII, one of 3 kB in every hundredth row, and a number.
CREATE FUNCTION pg_temp.query(n int) RETURNS text LANGUAGE sql AS $$
  SELECT format($q$SELECT a::bigint, a::bigint + 1000000, 'cash'::text, 1, NULL::int, NULL::text, NULL::text, CASE WHEN a %% 3 > 0 THEN 700 + a END::float8, 0.1::float8,
    sha256('policy'), NULL::bytea, a %% 5 = 0, i, ROW('KEEP', a, a / 2.0, 1, NULL, NULL, NULL, NULL, NULL, NULL, 1, 'none', ARRAY['why', 'é'], NULL)::credit_limit.limit_decision
  FROM generate_series(1, %s) a CROSS JOIN LATERAL (SELECT 1.50 + a AS x, CASE WHEN a %% 100 = 0 THEN repeat('é', 1500) ELSE 'é' END AS y OFFSET 0) i ORDER BY a$q$, n) $$;
CREATE FUNCTION pg_temp.write(n int, as_of date, lane int, run bigint, query text DEFAULT NULL, source text DEFAULT 'run')
  RETURNS TABLE (decisions bigint, ends boolean, accounts int, limits numeric, frozen bigint) LANGUAGE sql AS $$
  SELECT w.decisions, w.hash = coalesce((SELECT d.hash FROM book_w.decision d WHERE d.decision_id = 64 * (10 + w.decisions) + lane), w.hash), cardinality(w.accounts),
    (SELECT sum(l) FROM unnest(w.limits) l), (SELECT count(*) FROM unnest(w.frozen) f WHERE f)
  FROM write_decisions('book_w', coalesce(query, pg_temp.query(n)), as_of, 1, 1, 0, run, NULL, source, lane, 10, sha256('x')) w $$;
-- Together: in a partition of a month, in the one for the rest, nothing, one, one more than fits.
SELECT * FROM pg_temp.write(1000, '2026-01-31', 1, 1), pg_temp.write(1000, '2031-01-31', 2, 1) w(a, b, c, d, e);
SELECT n, w.* FROM unnest(ARRAY[0, 1, 128, 129]) WITH ORDINALITY u(n, o), pg_temp.write(n, '2026-01-30', o::int + 2, o + 100) w;
SELECT tableoid::regclass, as_of, count(*) FROM book_w.decision GROUP BY 1, 2 UNION ALL SELECT tableoid::regclass, as_of, count(*) FROM book_w.decision_evidence GROUP BY 1, 2 ORDER BY 1, 2;
-- Against SQL: the place, the chain, the evidence.
CREATE VIEW book_w.check AS SELECT d.*, e.inputs, e.layout,
    d.input_hash = sha256(e.salt || sha256(convert_to((SELECT columns FROM book_w.evidence_layout y WHERE y.layout = e.layout), 'UTF8')) || convert_to(e.inputs, 'UTF8')) AND length(e.salt) = 16
    AND d.previous_hash = coalesce(lag(d.hash) OVER w, sha256('x')) AND d.decision_id / 64 = 10 + row_number() OVER w
    AND d.hash = sha256(d.previous_hash || convert_to(canonical_row((SELECT c FROM (SELECT d.run_id, d.source, d.account_id, d.borrower_id, d.product, d.as_of, d.decided_at, d.policy_id, d.scorecard_id, d.experiment, d.arm,
      d.score, d.pd, d.action, d.old_limit, d.new_limit, d.available, d.entitlement, d.risk_cap, d.product_cap, d.affordability_cap, d.umbrella_cap, d.regulatory_cap, d.target, d.binding, d.reasons,
      d.proposed, d.frozen, d.input_hash, sha256('policy') AS policy_digest, NULL::bytea AS scorecard_digest) c), decision_layout()), 'UTF8')) AS good
  FROM book_w.decision d JOIN book_w.decision_evidence e USING (decision_id, as_of) WINDOW w AS (PARTITION BY d.decision_id % 64 ORDER BY d.decision_id);
SELECT count(*), bool_and(good) AS good, bool_and(decided_at BETWEEN now() - interval '1 minute' AND now()) AS just_now, count(DISTINCT layout) AS layouts, max(length(inputs)) AS longest FROM book_w.check;
SELECT decision_id, account_id, score, action, old_limit, new_limit, reasons, frozen, inputs FROM book_w.check WHERE decision_id % 64 = 1 AND account_id IN (3, 5) ORDER BY 1;
SELECT columns FROM book_w.evidence_layout;
-- One by one: a trigger sees every row; a policy of row-level security; a column more; a partition whose columns stand otherwise.
CREATE VIEW book_w.plain AS SELECT d.as_of, to_jsonb(d) - ARRAY['decision_id', 'run_id', 'source', 'as_of', 'decided_at', 'input_hash', 'previous_hash', 'hash', 'good', 'note'] AS content FROM book_w.check d;
CREATE TABLE book_w.seen (n bigint);
CREATE FUNCTION book_w.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO book_w.seen VALUES (NEW.decision_id); RETURN NEW; END $$;
CREATE TRIGGER see AFTER INSERT ON book_w.decision FOR EACH ROW EXECUTE FUNCTION book_w.see();
SELECT * FROM pg_temp.write(150, '2026-01-29', 7, 3);
SELECT count(*) AS seen FROM book_w.seen;
DROP TRIGGER see ON book_w.decision;
CREATE FUNCTION book_w.see_all() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO book_w.seen SELECT decision_id FROM added; RETURN NULL; END $$;
CREATE TRIGGER see_all AFTER INSERT ON book_w.decision_evidence REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION book_w.see_all();
SELECT * FROM pg_temp.write(150, '2026-01-28', 8, 3);
SELECT count(*) AS seen FROM book_w.seen;
DROP TRIGGER see_all ON book_w.decision_evidence;
CREATE ROLE regress_book_writer;
GRANT USAGE ON SCHEMA book_w TO regress_book_writer;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA book_w TO regress_book_writer;
GRANT USAGE ON SCHEMA credit_limit, credit_limit_internal TO regress_book_writer;
ALTER TABLE book_w.decision ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_small ON book_w.decision TO regress_book_writer USING (true) WITH CHECK (new_limit < 100);
SET ROLE regress_book_writer;
SELECT w.decisions FROM write_decisions('book_w', pg_temp.query(150), '2026-01-27', 1, 1, 0, 3, NULL, 'run', 9, 10, sha256('x')) w;
SELECT w.decisions FROM write_decisions('book_w', pg_temp.query(250), '2026-01-27', 1, 1, 0, 4, NULL, 'run', 10, 10, sha256('x')) w;
RESET ROLE;
ALTER TABLE book_w.decision DISABLE ROW LEVEL SECURITY;
ALTER TABLE book_w.decision ADD note text DEFAULT 'new';
SELECT * FROM pg_temp.write(150, '2026-01-26', 11, 3);
SELECT note, count(*) FROM book_w.decision WHERE as_of = '2026-01-26' GROUP BY 1;
ALTER TABLE book_w.decision DROP note;
SELECT * FROM pg_temp.write(150, '2026-01-25', 12, 3);
CREATE TABLE book_w.evidence_2030 (inputs text NOT NULL, layout int NOT NULL, salt bytea NOT NULL, as_of date NOT NULL, decision_id bigint NOT NULL);
ALTER TABLE book_w.decision_evidence ATTACH PARTITION book_w.evidence_2030 FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
SELECT * FROM pg_temp.write(150, '2030-01-25', 13, 3);
SELECT count(*), bool_and(good) AS good, count(DISTINCT layout) AS layouts FROM book_w.check;
-- The other rows are the first 150 of those that were written together.
SELECT p.as_of, count(*), bool_and(p.content IN (SELECT t.content FROM book_w.plain t WHERE t.as_of = '2026-01-31')) AS same FROM book_w.plain p GROUP BY 1 ORDER BY 1;
-- What INSERT refuses is refused, and nothing is left.
SELECT count(*) AS before FROM book_w.decision \gset
SELECT * FROM pg_temp.write(10, '2026-01-31', 20, 5, source => 'nobody');
SELECT * FROM pg_temp.write(10, '2026-01-31', 1, 5);
SELECT * FROM pg_temp.write(10, '2026-01-31', 21, 1);
BEGIN READ ONLY;
SELECT * FROM pg_temp.write(10, '2026-01-31', 20, 5);
ROLLBACK;
REVOKE INSERT ON book_w.decision FROM regress_book_writer;
SET ROLE regress_book_writer;
SELECT w.decisions FROM write_decisions('book_w', pg_temp.query(1), '2026-01-31', 1, 1, 0, 5, NULL, 'run', 20, 10, sha256('x')) w;
RESET ROLE;
-- In a subtransaction that fails, and then again.
DO $$ BEGIN
  BEGIN PERFORM pg_temp.write(300, '2026-01-24', 22, 6); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END;
  PERFORM pg_temp.write(300, '2026-01-24', 22, 6);
END $$;
SELECT count(*) - :before AS more FROM book_w.decision;
SELECT bool_and(good) AS good FROM book_w.check;
-- A rule sees every row, too.
CREATE RULE see AS ON INSERT TO book_w.decision DO ALSO INSERT INTO book_w.seen VALUES (NEW.decision_id);
TRUNCATE book_w.seen;
SELECT * FROM pg_temp.write(10, '2026-01-23', 24, 8);
SELECT count(*) AS seen FROM book_w.seen;
DROP RULE see ON book_w.decision;
-- A log that its owner made anew, by ranges of another column.
CALL create_book('book_k');
CREATE TABLE book_k.by_product (LIKE book_k.decision INCLUDING DEFAULTS) PARTITION BY RANGE (product);
CREATE TABLE book_k.by_product_a PARTITION OF book_k.by_product FOR VALUES FROM ('a') TO ('m');
CREATE TABLE book_k.by_id (LIKE book_k.decision_evidence INCLUDING DEFAULTS) PARTITION BY RANGE (decision_id);
CREATE TABLE book_k.by_id_small PARTITION OF book_k.by_id FOR VALUES FROM (0) TO (800);
CREATE TABLE book_k.by_id_large PARTITION OF book_k.by_id FOR VALUES FROM (800) TO (1000000);
DROP TABLE book_k.decision, book_k.decision_evidence CASCADE;
ALTER TABLE book_k.by_product RENAME TO decision;
ALTER TABLE book_k.by_id RENAME TO decision_evidence;
SELECT w.decisions FROM write_decisions('book_k', pg_temp.query(3), '2026-01-31', 1, 1, 0, 1, NULL, 'run', 1, 10, sha256('x')) w;
SELECT tableoid::regclass, decision_id FROM book_k.decision UNION ALL SELECT tableoid::regclass, decision_id FROM book_k.decision_evidence ORDER BY 1, 2;
-- An account twice: a run has a constraint against that, real time has none.
SELECT * FROM pg_temp.write(1, '2026-01-31', 25, NULL, replace(pg_temp.query(1), 'generate_series(1, 1) a', '(VALUES (1), (2), (2)) v(a)'), 'realtime');
-- Decisions within decisions would continue the lane at the same place; on another day no key would be there twice.
SELECT * FROM pg_temp.write(3, '2026-01-31', 26, 9, replace(pg_temp.query(3), '0.1::float8',
  $q$(SELECT count(*)::float8 FROM write_decisions('book_w', pg_temp.query(1), '2026-01-22', 1, 1, 0, 9 + a, NULL, 'run', 26, 10, sha256('x')))$q$));
CREATE FUNCTION book_w.decide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_temp.write(1, '2026-01-22', 26, 10);
  RETURN NULL;
EXCEPTION WHEN object_in_use THEN
  RETURN NULL;
END $$;
CREATE TRIGGER decide AFTER INSERT ON book_w.decision FOR EACH ROW WHEN (NEW.as_of = '2026-01-21') EXECUTE FUNCTION book_w.decide();
SELECT * FROM pg_temp.write(3, '2026-01-21', 26, 10);
DROP TRIGGER decide ON book_w.decision;
SELECT as_of, count(*), bool_and(good) AS good FROM book_w.check WHERE decision_id % 64 = 26 GROUP BY 1;
-- The same items in an array of another shape are another value: who reads reasons[1] finds nothing.
SELECT canonical_row(r, row_layout(r)) FROM (SELECT ARRAY['a', 'é'] AS a, '{{a,é}}'::text[] AS b, '[0:1]={a,é}'::text[] AS c, '{}'::text[] AS d) r;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE book_w.decision SET reasons = '{{why,é}}' WHERE decision_id = 64 * 11 + 26;
UPDATE book_w.decision SET reasons = '[0:1]={why,é}' WHERE decision_id = 64 * 12 + 26;
SELECT decision_id, reasons[1], good FROM book_w.check WHERE decision_id % 64 = 26 ORDER BY 1;
ROLLBACK;
-- Borrowers that are locked, and one who is not.
SELECT decisions FROM write_decisions('book_w', pg_temp.query(3), '2026-01-23', 1, 1, 0, 38, NULL, 'run', 30, 10, sha256('x'), ARRAY[1000001, 1000002, 1000003]);
SELECT decisions FROM write_decisions('book_w', pg_temp.query(3), '2026-01-22', 1, 1, 0, 8, NULL, 'run', 31, 10, sha256('x'), ARRAY[1000001, 1000003]);
SELECT decisions FROM write_decisions('book_w', pg_temp.query(3), '2026-01-22', 1, 1, 0, 8, NULL, 'run', 31, 10, sha256('x'), '{}');
SELECT decisions FROM write_decisions('book_w', pg_temp.query(3), '2026-01-22', 1, 1, 0, 8, NULL, 'run', 31, 10, sha256('x'), '{NULL}');
-- It takes the queries of decisions and nothing else.
SELECT * FROM pg_temp.write(1, '2026-01-31', 23, 7, 'SELECT 1');
SELECT * FROM pg_temp.write(1, '2026-01-31', 23, 7, regexp_replace(pg_temp.query(1), 'ROW\(.*\)::', 'NULL::'));
SELECT * FROM pg_temp.write(1, '2026-01-31', 23, 7, regexp_replace(pg_temp.query(1), 'i, ROW', 'NULL::record, ROW'));
SELECT * FROM pg_temp.write(1, '2026-01-31', 23, 7, 'DELETE FROM book_w.seen');
SELECT * FROM pg_temp.write(1, '2026-01-31', 64, 7);
SELECT * FROM pg_temp.write(1, '2026-01-31', 23, 7, source => NULL);
SELECT decisions FROM write_decisions('book_w', 'SELECT', '2026-01-31', 1, 1, 0, 7, NULL, 'run', 3, -1, sha256('x'));
SELECT decisions FROM write_decisions('book_w', 'SELECT', '2026-01-31', 1, 1, 0, 7, NULL, 'run', 3, 10, 'x');
SELECT decisions FROM write_decisions(NULL, 'SELECT', '2026-01-31', 1, 1, 0, 7, NULL, 'run', 3, 10, sha256('x'));
SELECT decisions FROM write_decisions('book_none', 'SELECT', '2026-01-31', 1, 1, 0, 7, NULL, 'run', 3, 10, sha256('x'));
SELECT decisions FROM write_decisions('public', pg_temp.query(1), '2026-01-31', 1, 1, 0, 7, NULL, 'run', 3, 10, sha256('x'));
SET client_min_messages = error;
DROP SCHEMA book_w, book_k CASCADE;
DROP OWNED BY regress_book_writer;
DROP ROLE regress_book_writer;
