-- The log: decisions sealed as the continuation of a lane, and written by ordinary INSERTs.
\set VERBOSITY terse
\i test/helpers.sql
SELECT create_book('book_w');
SELECT add_months('book_w', '2026-01-01', 1);
-- n accounts; the inputs have a text beyond ASCII, one of 3 kB in every hundredth row, and a number.
CREATE FUNCTION pg_temp.decided(n int, as_of date, run bigint, source text) RETURNS refcursor LANGUAGE plpgsql AS $$
DECLARE rows refcursor;
BEGIN
  OPEN rows FOR SELECT run AS run_id, source AS source, a::bigint AS account_id, a + 1000000::bigint AS borrower_id, 'cash' AS product, as_of AS as_of,
      clock_timestamp() AS decided_at, 1 AS policy_id, NULL::int AS scorecard_id, NULL::text AS experiment, NULL::text AS arm, NULL::float8 AS arm_probability,
      (CASE WHEN a % 3 > 0 THEN 700 + a END)::float8 AS score, 0.1::float8 AS pd, a % 5 = 0 AS frozen, i AS inputs, sha256('policy') AS policy_digest,
      NULL::bytea AS scorecard_digest,
      ROW('KEEP', a, a / 2.0, 1, NULL, NULL, NULL, NULL, NULL, NULL, 1, 'none', ARRAY['why', 'é'], NULL)::limit_decision AS decision
  FROM generate_series(1, n) a CROSS JOIN LATERAL
    (SELECT 1.50 + a AS x, CASE WHEN a % 100 = 0 THEN repeat('é', 1500) ELSE 'é' END AS y OFFSET 0) i ORDER BY a;
  RETURN rows;
END $$;
-- All lanes begin at place 10 here, after the hash of 'x'.
CREATE FUNCTION pg_temp.write(rows refcursor, lane int, book text DEFAULT 'book_w', place bigint DEFAULT 10,
    previous bytea DEFAULT sha256('x'), OUT decisions bigint, OUT last_place bigint, OUT accounts int, OUT limits numeric, OUT frozen bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE w record;
BEGIN
  PERFORM credit_limit_internal.open_book(book);
  w := credit_limit_internal.write_decisions(ROW(lane, place, previous)::credit_limit_internal.lane_end, rows);
  decisions := w.decisions; last_place := (w.ends).place; accounts := cardinality(w.accounts);
  limits := (SELECT sum(l) FROM unnest(w.limits) l); frozen := (SELECT count(*) FROM unnest(w.frozen) f WHERE f);
END $$;
CREATE FUNCTION pg_temp.write(n int, as_of date, lane int, run bigint, source text DEFAULT 'run', OUT decisions bigint, OUT last_place bigint,
    OUT accounts int, OUT limits numeric, OUT frozen bigint)
LANGUAGE sql AS $$ SELECT w.* FROM pg_temp.write(pg_temp.decided(n, as_of, run, source), lane) w $$;
CREATE FUNCTION pg_temp.cursor(query text) RETURNS refcursor LANGUAGE plpgsql AS $$ DECLARE rows refcursor;
  BEGIN OPEN rows FOR EXECUTE query; RETURN rows; END $$;
-- In a partition of a month, in the one for the rest, nothing, one, some; as many as are written at once, and one more.
SELECT * FROM pg_temp.write(1000, '2026-01-31', 1, 1);
SELECT * FROM pg_temp.write(1000, '2031-01-31', 2, 1);
SELECT n, w.* FROM unnest(ARRAY[0, 1, 1000, 1001]) WITH ORDINALITY u(n, o), pg_temp.write(n, '2026-01-30', o::int + 2, o + 100) w;
SELECT tableoid::regclass, as_of, count(*) FROM book_w.decision GROUP BY 1, 2
UNION ALL SELECT tableoid::regclass, as_of, count(*) FROM book_w.decision_evidence GROUP BY 1, 2 ORDER BY 1, 2;
SELECT lane, place FROM book_w.log_lane WHERE place > 0 ORDER BY lane;
-- Against SQL: the place, the chain, the evidence. The number of a layout is the beginning of its hash.
CREATE VIEW book_w.check AS SELECT d.*, e.inputs, e.layout,
    d.input_hash = sha256(e.salt || sha256(convert_to(y.columns, 'UTF8')) || convert_to(e.inputs, 'UTF8')) AND length(e.salt) = 16
    AND y.layout = ('x' || left(encode(sha256(convert_to(y.columns, 'UTF8')), 'hex'), 16))::bit(64)::bigint
    AND d.previous_hash = coalesce(lag(d.hash) OVER w, sha256('x')) AND d.decision_id / 64 = 10 + row_number() OVER w
    AND d.hash = sha256(d.previous_hash || convert_to(canonical_row(c, row_layout(c)), 'UTF8')) AS good
  FROM book_w.decision d JOIN book_w.decision_evidence e USING (decision_id, as_of) JOIN book_w.evidence_layout y USING (layout)
  CROSS JOIN LATERAL (SELECT d.run_id, d.source, d.account_id, d.borrower_id, d.product, d.as_of, d.decided_at, d.policy_id, d.scorecard_id,
    d.experiment, d.arm, d.arm_probability, d.score, d.pd, d.action, d.old_limit, d.new_limit, d.available, d.entitlement, d.risk_cap, d.product_cap,
    d.affordability_cap, d.umbrella_cap, d.regulatory_cap, d.target, d.binding, d.reasons, d.proposed, d.frozen, d.input_hash,
    sha256('policy') AS policy_digest, NULL::bytea AS scorecard_digest) c
  WINDOW w AS (PARTITION BY d.decision_id % 64 ORDER BY d.decision_id);
SELECT count(*), bool_and(good) AS good, bool_and(decided_at BETWEEN now() - interval '1 minute' AND clock_timestamp()) AS just_now,
  count(DISTINCT layout) AS layouts, max(length(inputs)) AS longest FROM book_w.check;
SELECT count(*), count(*) FILTER (WHERE credit_limit_internal.decision_hash(d, sha256('policy'), NULL) = d.hash) AS same,
  count(*) FILTER (WHERE credit_limit_internal.decision_hash(d, sha256('other'), NULL) = d.hash) AS other_policy FROM book_w.decision d;
SELECT decision_id, account_id, score, action, old_limit, new_limit, reasons, frozen, inputs FROM book_w.check
WHERE decision_id % 64 = 1 AND account_id IN (3, 5) ORDER BY 1;
SELECT columns FROM book_w.evidence_layout;
-- A layout that changes between two rows.
SELECT $$SELECT 2::bigint AS run_id, 'run' AS source, a::bigint AS account_id, a::bigint AS borrower_id, 'cash' AS product, DATE '2026-01-31' AS as_of,
  now() AS decided_at, 1 AS policy_id, NULL::int AS scorecard_id, NULL::text AS experiment, NULL::text AS arm,
  NULL::float8 AS arm_probability, 1::float8 AS score, 0.1::float8 AS pd,
  ROW('KEEP', a, a, 1, NULL, NULL, NULL, NULL, NULL, NULL, 1, 'none', ARRAY['why'], NULL)::credit_limit.limit_decision AS decision, false AS frozen,
  %s AS inputs, sha256('policy') AS policy_digest, NULL::bytea AS scorecard_digest FROM generate_series(1, 5) a$$ AS entries \gset
CREATE FUNCTION pg_temp.input(a int) RETURNS record LANGUAGE plpgsql AS $$
DECLARE r record;
BEGIN
  IF a < 3 THEN SELECT a AS x INTO r; ELSIF a < 5 THEN SELECT a AS y, true AS z INTO r; ELSE SELECT a::numeric AS x INTO r; END IF;
  RETURN r;
END $$;
SELECT decisions FROM pg_temp.write(pg_temp.cursor(format(:'entries', 'pg_temp.input(a)')), 8);
SELECT account_id, y.columns, good FROM book_w.check c JOIN book_w.evidence_layout y USING (layout) WHERE run_id = 2 ORDER BY 1;

-- Triggers see every row; a policy of row-level security; a column more; a partition whose columns stand otherwise; no rule.
CREATE TABLE book_w.seen (n bigint);
CREATE FUNCTION book_w.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO book_w.seen VALUES (NEW.decision_id); RETURN NEW; END $$;
CREATE TRIGGER see AFTER INSERT ON book_w.decision FOR EACH ROW EXECUTE FUNCTION book_w.see();
SELECT * FROM pg_temp.write(150, '2026-01-29', 7, 3);
SELECT count(*) AS seen FROM book_w.seen;
DROP TRIGGER see ON book_w.decision;
CREATE ROLE regress_log_writer;
GRANT USAGE ON SCHEMA book_w, credit_limit, credit_limit_internal TO regress_log_writer;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA book_w TO regress_log_writer;
GRANT UPDATE ON book_w.log_lane TO regress_log_writer;
ALTER TABLE book_w.decision ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_small ON book_w.decision TO regress_log_writer USING (true) WITH CHECK (new_limit < 100);
SET ROLE regress_log_writer;
SELECT decisions FROM pg_temp.write(150, '2026-01-27', 9, 3);
SELECT decisions FROM pg_temp.write(250, '2026-01-27', 10, 4);
RESET ROLE;
ALTER TABLE book_w.decision DISABLE ROW LEVEL SECURITY;
ALTER TABLE book_w.decision ADD note text DEFAULT 'new';
SELECT decisions FROM pg_temp.write(150, '2026-01-26', 11, 3);
SELECT note, count(*), count(*) FILTER (WHERE credit_limit_internal.decision_hash(d, sha256('policy'), NULL) = d.hash) AS same
FROM book_w.decision d WHERE as_of = '2026-01-26' GROUP BY 1;
ALTER TABLE book_w.decision DROP note;
SELECT decisions FROM pg_temp.write(150, '2026-01-25', 12, 3);
CREATE TABLE book_w.evidence_2030 (inputs text NOT NULL, layout bigint NOT NULL, salt bytea NOT NULL, as_of date NOT NULL, decision_id bigint NOT NULL);
ALTER TABLE book_w.decision_evidence ATTACH PARTITION book_w.evidence_2030 FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');
SELECT decisions FROM pg_temp.write(150, '2030-01-25', 13, 3);
CREATE RULE see AS ON INSERT TO book_w.decision DO ALSO INSERT INTO book_w.seen VALUES (NEW.decision_id);
SELECT decisions FROM pg_temp.write(10, '2026-01-23', 24, 8);
DROP RULE see ON book_w.decision;
SELECT count(*), bool_and(good) AS good FROM book_w.check;

-- What INSERT refuses is refused, and nothing is left.
SELECT count(*) AS before FROM book_w.decision \gset
SELECT * FROM pg_temp.write(10, '2026-01-31', 20, 5, 'nobody');
SELECT * FROM pg_temp.write(10, '2026-01-31', 20, 5, NULL);
SELECT * FROM pg_temp.write(10, '2026-01-31', 1, 5);
SELECT * FROM pg_temp.write(10, '2026-01-31', 21, 1);
BEGIN READ ONLY;
SELECT * FROM pg_temp.write(10, '2026-01-31', 20, 5);
ROLLBACK;
REVOKE INSERT ON book_w.decision FROM regress_log_writer;
SET ROLE regress_log_writer;
SELECT decisions FROM pg_temp.write(1, '2026-01-31', 20, 5);
RESET ROLE;
-- In a subtransaction that fails, and then again.
DO $$ BEGIN
  BEGIN PERFORM pg_temp.write(300, '2026-01-24', 22, 6); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END;
  PERFORM pg_temp.write(300, '2026-01-24', 22, 6);
END $$;
SELECT count(*) - :before AS more FROM book_w.decision;
SELECT bool_and(good) AS good, (SELECT place FROM book_w.log_lane WHERE lane = 22) AS place FROM book_w.check;
-- An account twice: a run has a constraint against that, real time has none.
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), 'generate_series(1, 5) a', '(VALUES (1), (2), (2)) v(a)')), 25);
-- The same where one is the last that is written at once, and the other the next.
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(replace(format(:'entries', 'ROW(1)'), '2::bigint AS run_id', 'NULL::bigint AS run_id'),
  'generate_series(1, 5) a', '(SELECT a - (a > 200)::int FROM generate_series(1, 201) a) v(a)')), 25);
-- A row without a decision, one that lacks what it must have, an end of a lane that cannot be, no cursor, or one of something else.
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), '''KEEP''', 'NULL')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), '''run'' AS source, a::bigint', '''run'' AS source, NULL::bigint')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), '''cash''', 'NULL::text')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), '''none''', 'NULL')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(format(:'entries', 'NULL::book_w.product')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(format(:'entries', 'ROW(interval ''1 day'')')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(regexp_replace(format(:'entries', 'ROW(1)'), 'ROW\(''KEEP''[^)]*\)', 'NULL')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(regexp_replace(format(:'entries', 'ROW(1)'), 'ROW\(''KEEP''[^)]*\)::credit_limit.limit_decision', 'ROW(1)')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(regexp_replace(format(:'entries', 'ROW(1)'), 'ROW\(''KEEP''[^)]*\)::credit_limit.limit_decision', '1')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), 'a::bigint AS account_id', 'a AS account_id')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), 'DATE ''2026-01-31''', 'NULL::date')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(format(:'entries', 'ROW(1)')), 64);
SELECT * FROM pg_temp.write(pg_temp.cursor(format(:'entries', 'ROW(1)')), 23, place => -1);
SELECT * FROM pg_temp.write(pg_temp.cursor(format(:'entries', 'ROW(1)')), 23, place => 9223372036854775807);
SELECT * FROM pg_temp.write(pg_temp.cursor(format(:'entries', 'ROW(1)')), 23, previous => 'short');
SELECT * FROM pg_temp.write('no cursor', 23);
SELECT * FROM pg_temp.write(pg_temp.cursor('SELECT 1'), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(format(:'entries', '1')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor(replace(format(:'entries', 'ROW(1)'), 'NULL::bytea AS scorecard_digest', '1 AS scorecard_digest')), 23);
SELECT * FROM pg_temp.write(pg_temp.cursor('UPDATE book_w.product SET name = name RETURNING 1'), 23);
-- The hash of a row that is none of a log, and of none.
SELECT credit_limit_internal.decision_hash(r, NULL, NULL) FROM (SELECT 1 AS x) r;
SELECT credit_limit_internal.decision_hash(NULL::book_w.decision, NULL, NULL) IS NULL AS no_row;
-- The same items in an array of another shape are another value: who reads reasons[1] finds nothing.
SELECT canonical_row(r, row_layout(r)) FROM (SELECT ARRAY['a', 'é'] AS a, '{{a,é}}'::text[] AS b, '[0:1]={a,é}'::text[] AS c, '{}'::text[] AS d) r;
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE book_w.decision SET reasons = '{{why,é}}' WHERE decision_id = 64 * 11 + 7;
UPDATE book_w.decision SET reasons = '[0:1]={why,é}' WHERE decision_id = 64 * 12 + 7;
SELECT decision_id, reasons[1], good FROM book_w.check WHERE decision_id % 64 = 7 AND account_id < 4 ORDER BY 1;
ROLLBACK;

-- What decides while decisions are written would continue the lane at the same place: refused, and when the refusal is swallowed, nothing is wrong.
CREATE ROLE regress_log_maker;
SELECT create_book('book_k'), grant_book('book_k', policy_owner => 'regress_log_maker');
SET ROLE regress_log_maker;
SELECT draft_policy('book_k', 'cash', '{"name": "cash", "product": {"cap": 900}, "exclusions": [{"column": "excluded", "is": true}]}') AS draft;
RESET ROLE;
SELECT approve_policy('book_k', 1, '2026-01-01',
  digest => version_digest('book_k', 'policy', 1)), set_business_date('book_k', '2026-01-15'), enable_realtime('book_k');
INSERT INTO book_k.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
INSERT INTO book_k.borrower (borrower_id) VALUES (1), (2);
INSERT INTO book_k.account (account_id, borrower_id, product, currency, opened_on) SELECT i, i, 'cash', 'CNY', '2026-01-01' FROM generate_series(1, 2) i;
CREATE FUNCTION book_k.exclude() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO book_k.exclusion (borrower_id, kind, valid_from) VALUES (3 - NEW.borrower_id, 'other', '2026-01-01'); RETURN NULL;
EXCEPTION WHEN object_in_use THEN
  IF current_setting('test.swallow') = 'on' THEN RETURN NULL; END IF;
  RAISE;
END $$;
CREATE TRIGGER exclude AFTER INSERT ON book_k.decision FOR EACH ROW EXECUTE FUNCTION book_k.exclude();
SET test.swallow = 'off';
INSERT INTO book_k.exclusion (borrower_id, kind, valid_from) VALUES (1, 'dispute', '2026-01-01');
SELECT count(*) AS decisions, (SELECT count(*) FROM book_k.exclusion) AS exclusions FROM book_k.decision;
SET test.swallow = 'on';
INSERT INTO book_k.exclusion (borrower_id, kind, valid_from) VALUES (1, 'dispute', '2026-01-01');
SELECT count(*) AS decisions, (SELECT count(*) FROM book_k.exclusion) AS exclusions,
  (SELECT count(*) FROM verify_log('book_k')) AS problems FROM book_k.decision;
-- After an error, and after a rollback to a savepoint, decisions are written as before; a user may set what tells it, and only stops himself.
DROP TRIGGER exclude ON book_k.decision;
BEGIN;
SAVEPOINT s;
INSERT INTO book_k.exclusion (borrower_id, kind, valid_from) VALUES (2, 'nothing', '2026-01-01');
ROLLBACK TO s;
INSERT INTO book_k.exclusion (borrower_id, kind, valid_from) VALUES (2, 'dispute', '2026-01-01');
SET LOCAL credit_limit.writing = 'pg_catalog, book_k, pg_temp';
INSERT INTO book_k.exclusion (borrower_id, kind, valid_from) VALUES (2, 'dispute', '2026-01-02');
ROLLBACK;
-- Time goes on within a lane; an hour earlier than the one before it is a problem.
CREATE FUNCTION pg_temp.some_time_ago(before interval) RETURNS refcursor LANGUAGE sql AS $$ SELECT pg_temp.cursor(format($q$
  SELECT NULL::bigint AS run_id, 'realtime' AS source, 1::bigint AS account_id, 1::bigint AS borrower_id, 'cash' AS product, DATE '2026-01-31' AS as_of,
  clock_timestamp() - %L::interval AS decided_at, 1 AS policy_id, NULL::int AS scorecard_id, NULL::text AS experiment, NULL::text AS arm,
  NULL::float8 AS arm_probability, 1::float8 AS score, 0.1::float8 AS pd,
  ROW('KEEP', 1, 1, 1, NULL, NULL, NULL, NULL, NULL, NULL, 1, 'none', ARRAY['why'], NULL)::credit_limit.limit_decision AS decision, false AS frozen,
  i AS inputs, sha256('policy') AS policy_digest, NULL::bytea AS scorecard_digest FROM (SELECT 1 AS x) i$q$, before)) $$;
CREATE FUNCTION pg_temp.backdate(by interval) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE w record;
BEGIN
  PERFORM credit_limit_internal.open_book('book_k');
  w := credit_limit_internal.write_decisions(credit_limit_internal.take_lane(), pg_temp.some_time_ago('0'));
  PERFORM credit_limit_internal.write_decisions(w.ends, pg_temp.some_time_ago(by));
END $$;
BEGIN;
SELECT pg_temp.backdate('50 minutes');
SELECT count(*) FROM verify_log('book_k') WHERE problem = 'backdated';
SELECT pg_temp.backdate('70 minutes');
SELECT problem, detail ~ '^account 1: written at .*, and the one before it, lane \d+, place \d+, at ' AS detail FROM verify_log('book_k')
WHERE problem = 'backdated';
ROLLBACK;
-- A log that its owner made anew, by ranges of another column.
CREATE TABLE book_k.by_product (LIKE book_k.decision INCLUDING DEFAULTS) PARTITION BY RANGE (product);
CREATE TABLE book_k.by_product_a PARTITION OF book_k.by_product FOR VALUES FROM ('a') TO ('m');
CREATE TABLE book_k.by_id (LIKE book_k.decision_evidence INCLUDING DEFAULTS) PARTITION BY RANGE (decision_id);
CREATE TABLE book_k.by_id_small PARTITION OF book_k.by_id FOR VALUES FROM (0) TO (800);
CREATE TABLE book_k.by_id_large PARTITION OF book_k.by_id FOR VALUES FROM (800) TO (1000000);
DROP TABLE book_k.decision, book_k.decision_evidence CASCADE;
ALTER TABLE book_k.by_product RENAME TO decision;
ALTER TABLE book_k.by_id RENAME TO decision_evidence;
SELECT decisions FROM pg_temp.write(pg_temp.decided(3, '2026-01-31', 1, 'run'), 1, 'book_k');
SELECT tableoid::regclass, decision_id FROM book_k.decision UNION ALL SELECT tableoid::regclass, decision_id FROM book_k.decision_evidence ORDER BY 1, 2;
DROP SCHEMA book_w, book_k, book_w_report, book_k_report CASCADE;
DROP OWNED BY regress_log_writer, regress_log_maker;
DROP ROLE regress_log_writer, regress_log_maker;
