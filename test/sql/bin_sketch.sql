-- bin_sketch: events and non-events of every distinct value.
\i test/helpers.sql

-- By hand: three values, two rows without one, one row without an outcome.
CREATE TABLE seen (x float8, event boolean);
INSERT INTO seen VALUES (1, true), (1, false), (2.5, false), (2.5, false), (-3, true), (NULL, false), ('NaN', true), (7, NULL);
SELECT bin_sketch_agg(x, event) FROM seen;
SELECT * FROM bin_sketch_stats((SELECT bin_sketch_agg(x, event) FROM seen));
SELECT bin_sketch_agg(x::numeric, event)::text = bin_sketch_agg(x, event)::text AS same FROM seen;
SELECT bin_sketch_agg(x::text, event) FROM seen;
SELECT * FROM bin_sketch_stats((SELECT bin_sketch_agg(x::text, event) FROM seen));
-- Zero has no sign, infinities are values, a numeric beyond float8 is one; the empty string is a category, and not missing.
SELECT bin_sketch_agg(x, true) FROM unnest('{0, -0, Infinity, -Infinity}'::float8[]) x;
SELECT bin_sketch_agg(x, true) FROM unnest('{1e400, -1e400, 1e-400}'::numeric[]) x;
SELECT bin_sketch_agg(x, x IS NULL) FROM unnest(ARRAY['', NULL, ' ', 'z', 'A"\']) x;
SELECT bin_sketch_agg(x::text, x) FROM unnest('{true, false, true}'::boolean[]) x;

-- The four ways to see no row; rows that say nothing.
SELECT bin_sketch_agg(x, event) IS NULL AS no_rows FROM seen WHERE false;
SELECT * FROM bin_sketch_stats((SELECT bin_sketch_agg(NULL::float8, event) FROM seen));
SELECT * FROM bin_sketch_stats((SELECT bin_sketch_agg(NULL::text, NULL) FROM seen));
SELECT rollup(NULL::bin_sketch) IS NULL AS rollup_null FROM seen;
SELECT bin_sketch_stats(NULL) IS NULL AS no_sketch;
SELECT bin_sketch_agg(x, event) FILTER (WHERE x < -100) IS NULL AS no_row_passes FROM seen;

-- Weights: an integer one is as many rows, 0 is none, NULL or NaN leaves the row out.
SELECT bin_sketch_agg(x, event, 2) FROM seen;
SELECT bin_sketch_agg(x, event, w) FROM (VALUES (1::float8, true, 0.5), (1, true, 0.25), (1, false, 0), (2, false, NULL), (2, true, 'NaN')) v (x, event, w);
SELECT bin_sketch_agg(x::text, event, w) FROM (VALUES (1, true, 0.5), (1, true, 0.25), (2, false, 3)) v (x, event, w);
SELECT bin_sketch_agg(x::numeric, event, 1.5) FROM seen;
SELECT bin_sketch_agg(x, event, -1) FROM seen;
SELECT bin_sketch_agg(x, event, 'Infinity') FROM seen;
SELECT bin_sketch_agg(x, event, NULL) FROM seen;

-- 30,000 rows against GROUP BY.
CREATE TABLE loan AS
SELECT i, CASE WHEN draw(i, 1) < 0.05 THEN NULL ELSE round((exp(3 + draw(i, 2)))::numeric, 1) END AS x, chr(65 + (draw(i, 3) * 20)::int) AS grade,
  draw(i, 4) < 0.1 AS event, (draw(i, 5) * 4)::int / 4.0 AS w
FROM generate_series(1, 30000) i;
SELECT count(*) AS values, bool_and(n = (v ->> 1)::int AND e = (v ->> 2)::int) AS same
FROM (SELECT x::float8, count(*) FILTER (WHERE NOT event) AS n, count(*) FILTER (WHERE event) AS e FROM loan WHERE x IS NOT NULL GROUP BY 1) q
  JOIN (SELECT jsonb_array_elements(bin_sketch_agg(x, event)::text::jsonb -> 'values') AS v FROM loan) s ON x = (v ->> 0)::float8;
SELECT count(*) AS values, bool_and(n = (v ->> 1)::int AND e = (v ->> 2)::int AND wn = (v ->> 3)::float8 AND we = (v ->> 4)::float8) AS same
FROM (SELECT grade, count(*) FILTER (WHERE NOT event) AS n, count(*) FILTER (WHERE event) AS e, coalesce(sum(w) FILTER (WHERE NOT event), 0) AS wn,
        coalesce(sum(w) FILTER (WHERE event), 0) AS we FROM loan WHERE w > 0 GROUP BY 1) q
  JOIN (SELECT jsonb_array_elements(bin_sketch_agg(grade, event, w)::text::jsonb -> 'values') AS v FROM loan) s ON grade = v ->> 0;
SELECT s.n = q.n AS n, s.n_event = q.e AS event, s.n_missing = q.m AS missing, s.n_distinct = q.d AS distinct,
  s.identical_rate = q.most / (q.n - q.m)::float8 AS identical
FROM bin_sketch_stats((SELECT bin_sketch_agg(x, event) FROM loan)) s,
  (SELECT count(*) AS n, count(*) FILTER (WHERE event) AS e, count(*) FILTER (WHERE x IS NULL) AS m, count(DISTINCT x) AS d,
     (SELECT max(c) FROM (SELECT count(*) AS c FROM loan WHERE x IS NOT NULL GROUP BY x) m) AS most FROM loan) q;

-- Any split, any order, any plan: the same bytes.
CREATE TABLE whole AS SELECT credit_limit_internal.bin_sketch_send(bin_sketch_agg(x, event)) AS a,
  credit_limit_internal.bin_sketch_send(bin_sketch_agg(grade, event)) AS b,
  credit_limit_internal.bin_sketch_send(bin_sketch_agg(x, event, w)) AS c,
    credit_limit_internal.bin_sketch_send(bin_sketch_agg(grade, event, w)) AS d FROM loan;
SELECT parts, credit_limit_internal.bin_sketch_send(rollup(pa)) = a AS numbers, credit_limit_internal.bin_sketch_send(rollup(pb)) = b AS texts,
  credit_limit_internal.bin_sketch_send(rollup(pc)) = c AS weighted_numbers, credit_limit_internal.bin_sketch_send(rollup(pd)) = d AS weighted_texts
FROM (SELECT parts, i % parts AS g, bin_sketch_agg(x, event) AS pa, bin_sketch_agg(grade, event) AS pb, bin_sketch_agg(x, event, w) AS pc,
        bin_sketch_agg(grade, event, w) AS pd FROM loan, unnest('{1, 2, 7, 1000}'::int[]) parts GROUP BY 1, 2) s, whole
GROUP BY parts, a, b, c, d ORDER BY parts;
SELECT credit_limit_internal.bin_sketch_send(bin_sketch_agg(x, event ORDER BY x DESC NULLS FIRST, i)) = a AS numbers,
  credit_limit_internal.bin_sketch_send(bin_sketch_agg(grade, event ORDER BY i DESC)) = b AS texts
FROM loan, whole GROUP BY a, b;
ALTER TABLE loan SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.bin_sketch_agg(x, event) FROM loan');
SELECT credit_limit_internal.bin_sketch_send(na) = a AS numbers, credit_limit_internal.bin_sketch_send(nb) = b AS texts,
  credit_limit_internal.bin_sketch_send(nc) = c AS weighted_numbers, credit_limit_internal.bin_sketch_send(nd) = d AS weighted_texts
FROM (SELECT bin_sketch_agg(x, event) AS na, bin_sketch_agg(grade, event) AS nb, bin_sketch_agg(x, event, w) AS nc,
  bin_sketch_agg(grade, event, w) AS nd FROM loan) s, whole;
-- Workers that see nothing, and workers that see only NULL.
SELECT bin_sketch_agg(x, event) IS NULL AS nothing FROM loan WHERE i < 0;
SELECT bin_sketch_stats(bin_sketch_agg(NULL::numeric, event)) AS only_null,
  bin_sketch_stats(bin_sketch_agg(grade, event) FILTER (WHERE i = 77)) AS one FROM loan;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- As a window aggregate: the final function leaves the state alone.
SELECT array_agg(n ORDER BY n) FROM (SELECT (bin_sketch_stats(bin_sketch_agg(b % 2, true) OVER (ORDER BY b))).n FROM generate_series(1, 5) b) s;
SELECT array_agg(n ORDER BY n) FROM (SELECT (bin_sketch_stats(bin_sketch_agg(b::text, true) OVER (ORDER BY b))).n_distinct AS n FROM generate_series(1, 5) b) s;

-- What does not go together.
SELECT rollup(s) FROM (SELECT bin_sketch_agg(1, true) AS s UNION ALL SELECT bin_sketch_agg('a', true)) q;
SELECT rollup(s) FROM (SELECT bin_sketch_agg(1, true) AS s UNION ALL SELECT bin_sketch_agg(1, true, 1)) q;
-- Identifiers: more than 100,000 texts, or one of more than 1,000 bytes, are counted together, in whatever order they come.
SELECT bin_sketch_agg(i::text, i % 10 = 0) FROM generate_series(1, 100001) i;
SELECT * FROM bin_sketch_stats((SELECT bin_sketch_agg(i::text, i % 10 = 0) FROM generate_series(1, 100000) i));
SELECT * FROM bin_sketch_stats((SELECT bin_sketch_agg(CASE WHEN i = 5 THEN repeat('x', 1001) ELSE 'y' END, i % 2 = 0) FROM generate_series(1, 10) i));
SELECT rollup(s) FROM (SELECT bin_sketch_agg(repeat('x', 1001), true) AS s UNION ALL SELECT bin_sketch_agg('y', false) UNION ALL
  SELECT bin_sketch_agg(repeat('z', 1000), false)) q;

-- Text and binary forms round trip.
CREATE TABLE kept (name text, s bin_sketch);
INSERT INTO kept SELECT 'numbers', bin_sketch_agg(x, event) FROM loan WHERE i < 400;
INSERT INTO kept SELECT 'texts', bin_sketch_agg(grade, event) FROM loan WHERE i < 400;
INSERT INTO kept SELECT 'weighted', bin_sketch_agg(x, event, w) FROM loan WHERE i < 400;
INSERT INTO kept SELECT 'weighted texts', bin_sketch_agg(grade, event, w) FROM loan WHERE i < 400;
INSERT INTO kept SELECT 'identifiers', bin_sketch_agg(repeat('x', 1001), true);
INSERT INTO kept SELECT 'nothing', bin_sketch_agg(NULL::text, true);
INSERT INTO kept VALUES ('unknown', '{"version": 1, "kind": "unknown", "n_skipped": 3, "missing": [1, 2], "values": []}');
CREATE TABLE copied (LIKE kept);
DO $$ BEGIN
  EXECUTE format('COPY kept TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(o.s::text = c.s::text) AND bool_and(o.s::text::bin_sketch::text = o.s::text) AS same,
  bool_and(credit_limit_internal.bin_sketch_send(o.s) = credit_limit_internal.bin_sketch_send(o.s::text::bin_sketch)) AS same_bytes
FROM kept o JOIN copied c USING (name);
SELECT name, s.* FROM kept, bin_sketch_stats(s) s ORDER BY name;

-- What people might write.
SELECT '{}'::bin_sketch;
SELECT 'nonsense'::bin_sketch;
SELECT '{"version": 2}'::bin_sketch;
SELECT '{"version": 1, "kind": "number"}'::bin_sketch;
SELECT '{"version": 1, "kind": "text", "rows": 1}'::bin_sketch;
SELECT '{"version": 1, "kind": "numeric", "n_skipped": 0, "missing": [0, 0], "values": [[2, 1, 1], [1, 1, 1]]}'::bin_sketch;
SELECT '{"version": 1, "kind": "numeric", "n_skipped": 0, "missing": [0, -1], "values": []}'::bin_sketch;
SELECT '{"version": 1, "kind": "numeric", "n_skipped": 0, "missing": [0, 1, 1], "values": []}'::bin_sketch;
SELECT '{"version": 1, "kind": "text", "n_skipped": 0, "missing": [0, 0], "values": [["b", 1, 0], ["a", 0, 1]]}'::bin_sketch;
SELECT '{"version": 1, "kind": "text", "n_skipped": 0, "missing": [0, 0], "values": [["a", 1, 0], ["a", 0, 1]]}'::bin_sketch;
SELECT '{"version": 1, "kind": "text", "n_skipped": 0, "missing": [0, 0], "overflowed": [1, 1], "values": [["a", 1, 0]]}'::bin_sketch;
SELECT '{"version": 1, "kind": "numeric", "n_skipped": 0, "missing": [0, 0], "overflowed": [1, 1], "values": []}'::bin_sketch;
SELECT '{"version": 1, "kind": "text", "weighted": true, "n_skipped": 0, "missing": [0, 0, 0, 0], "values": [["a", 1, 0, 0, 0]]}'::bin_sketch;
SELECT ('{"version": 1, "kind": "text", "n_skipped": 0, "missing": [0, 0], "values": [["' || repeat('x', 1001) || '", 1, 0]]}')::bin_sketch;

-- Bytes of strangers: every byte of a value changed, and every length cut, is an error or a value that still answers.
CREATE TABLE attacked (s bin_sketch);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM bin_sketch_stats(s), s::text::bin_sketch, optimal_binning(s)::text::binning FROM (VALUES (NEW.s)) v (s);
  PERFORM rollup(s) FROM (VALUES (NEW.s), (NEW.s)) t (s);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS
SELECT credit_limit_internal.bin_sketch_send(bin_sketch_agg(nullif(x, 3), x % 4 = 0)) AS bytes FROM generate_series(1, 8) x
UNION ALL SELECT credit_limit_internal.bin_sketch_send(bin_sketch_agg(nullif(chr(65 + x % 4), 'C'), x % 3 = 0)) FROM generate_series(1, 8) x
UNION ALL SELECT credit_limit_internal.bin_sketch_send(bin_sketch_agg(nullif(x % 4, 3), x % 3 = 0, sqrt(x))) FROM generate_series(1, 8) x
UNION ALL SELECT credit_limit_internal.bin_sketch_send(bin_sketch_agg(chr(65 + x % 3), x % 4 = 0, sqrt(x))) FROM generate_series(1, 8) x
UNION ALL SELECT credit_limit_internal.bin_sketch_send(s) FROM kept WHERE name = 'identifiers';
SELECT attack(bytes), length(bytes) FROM victim;
SELECT attack(bytes || '\x00') AS outcome, count(*) FROM victim GROUP BY 1;
-- Rows that were given up without a category that was.
SELECT attack(set_byte(bytes, 3, 0)) FROM victim WHERE get_byte(bytes, 3) = 1;

CALL remove_data_files();
