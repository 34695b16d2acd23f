-- logit_coded_rows and logit_coded_fit: rows of few values, read once and fitted many times. The answer is that of
-- logistic_regression for the same rows, which test/sql/logistic.sql checks against R.
\i test/helpers.sql
\pset null -

SELECT setseed(0.3);
CREATE TABLE woe_row AS SELECT i, random() < 0.2 + 0.1 * (i % 3) AS event,
  ARRAY[0.25 * (i % 3) - 0.1, (random() * 5)::int / 7.0, CASE WHEN random() < 0.5 THEN '-0'::float8 ELSE 0 END, round(random()::numeric, 1)]::float8[] AS x
FROM generate_series(1, 40000) i;
ANALYZE woe_row;

-- Byte for byte with one process, with all columns, with some, and with none; the third is constant.
SELECT columns, logit_coded_fit(rows, columns, options)::text = model::text AS same
FROM (SELECT logit_coded_rows(event, x) AS rows FROM woe_row) r,
  (SELECT '{1,2,3,4}'::int[] AS columns, '{"signs": "+"}'::jsonb AS options, logistic_regression(event, x, '{"signs": "+"}'::jsonb) AS model FROM woe_row
   UNION ALL SELECT '{4,1}', '{"names": ["d", "a"]}', logistic_regression(event, ARRAY[x[4], x[1]], '{"names": ["d", "a"]}'::jsonb) FROM woe_row
   UNION ALL SELECT '{}', '{}', logistic_regression(event, '{}'::float8[]) FROM woe_row) m;

-- Workers see other rows first, so the fit begins elsewhere; as of logistic_regression, the answer is the same to 1e-10.
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
CREATE FUNCTION workers_planned(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text;
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
    IF line ~ 'Workers Planned' THEN RETURN true; END IF;
  END LOOP;
  RETURN false;
END $$;
SELECT workers_planned('SELECT logit_coded_rows(event, x) FROM woe_row');
CREATE TABLE in_parallel AS SELECT logit_coded_fit(logit_coded_rows(event, x), '{1,2,4}') AS model FROM woe_row;
SET max_parallel_workers_per_gather = 0;
SELECT bool_and(abs(p.estimate - s.estimate) <= 1e-10 * s.std_error AND abs(p.std_error - s.std_error) <= 1e-10 * s.std_error) AS same, count(*)
FROM in_parallel, logit_coefficients(model) p,
  (SELECT logistic_regression(event, ARRAY[x[1], x[2], x[4]]) AS m FROM woe_row) w, logit_coefficients(m) s WHERE s.term = p.term;

-- Rows that are left out: without an outcome, and for a value, which other columns might not miss.
SELECT columns, (logit_summary(logit_coded_fit(rows, columns))).n, (logit_summary(logit_coded_fit(rows, columns))).n_skipped
FROM (SELECT logit_coded_rows(CASE WHEN i % 10 > 0 THEN event END, x) AS rows FROM woe_row) r, (VALUES ('{1,2}'::int[]), ('{1,2,3,4}')) c (columns)
UNION ALL
SELECT columns, (logit_summary(logit_coded_fit(rows, columns))).n, (logit_summary(logit_coded_fit(rows, columns))).n_skipped
FROM (SELECT logit_coded_rows(event, CASE WHEN i % 8 = 0 THEN array_append(x[:3], NULL) WHEN i % 8 = 1 THEN array_append(x[:3], 'NaN') ELSE x END) AS rows FROM woe_row) r,
  (VALUES ('{1,2}'::int[]), ('{1,2,3,4}')) c (columns);

-- What cannot be kept is NULL: 257 values. So is what has no rows; one class is a model without coefficients.
SELECT n, logit_coded_rows(i % 2 = 0, ARRAY[i]::float8[]) IS NULL AS given_up FROM generate_series(1, 257) i, (VALUES (256), (257)) n (n) WHERE i <= n GROUP BY n ORDER BY n;
SELECT logit_coded_rows(true, '{1}') IS NULL AS nothing FROM woe_row WHERE false;
SELECT (logit_summary(logit_coded_fit(logit_coded_rows(true, '{1}'), '{1}'))).status FROM woe_row;
SELECT (logit_summary(logit_coded_fit(logit_coded_rows(NULL, '{1}'), '{}'))).n_skipped FROM woe_row;
-- 300 values are too many together, whoever of the workers saw which.
SET max_parallel_workers_per_gather = 3;
SELECT logit_coded_rows(event, ARRAY[i % 300]::float8[]) IS NULL AS given_up, logit_coded_rows(event, ARRAY[i % 256]::float8[]) IS NOT NULL AS kept FROM woe_row;
RESET max_parallel_workers_per_gather;

-- Errors.
SELECT logit_coded_rows(true, CASE i WHEN 1 THEN '{1}'::float8[] ELSE '{1,2}' END) FROM generate_series(1, 2) i;
SELECT logit_coded_rows(true, '{1e101}');
SELECT logit_coded_fit(logit_coded_rows(true, '{1}'), '{2}');
SELECT logit_coded_fit(logit_coded_rows(true, '{1}'), '{0}');
SELECT logit_coded_fit(logit_coded_rows(true, '{1}'), '{NULL}');
SELECT logit_coded_fit(logit_coded_rows(true, '{1}'), '{1}', '{"speed": 1}');
SELECT logit_coded_fit(logit_coded_rows(true, '{1}'), '{1}', '{"names": ["a", "b"]}');

-- Bytes of strangers: each byte of good ones changed, or cut off there. An error or a model, and nothing else.
SELECT logit_coded_fit('', '{}');
SELECT logit_coded_fit('\x02', '{}');
CREATE FUNCTION tried(bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN CASE WHEN credit_limit.logit_coded_fit(bytes, '{1,2}') IS NULL THEN 'null' ELSE 'model' END;
EXCEPTION WHEN invalid_binary_representation OR protocol_violation OR invalid_parameter_value OR data_corrupted THEN
  RETURN 'error';
END $$;
WITH good AS (SELECT logit_coded_rows(i % 3 = 0, ARRAY[i % 4, i % 5]::float8[]) AS bytes FROM generate_series(1, 30) i),
  changed AS (SELECT set_byte(bytes, at, (get_byte(bytes, at) + by) % 256) AS bytes FROM good, generate_series(0, length(bytes) - 1) at, (VALUES (1), (127), (255)) b (by)
    UNION ALL SELECT substr(bytes, 1, at) FROM good, generate_series(0, length(bytes) - 1) at
    UNION ALL SELECT bytes || '\x00' FROM good)
SELECT tried(bytes), count(*) > 0 AS some FROM changed GROUP BY 1 ORDER BY 1;

-- No more terms than a model may have, and none twice.
SELECT logit_coded_fit(rows, array_fill(1, ARRAY[1200]), '{"signs": "+"}') FROM (SELECT logit_coded_rows(event, x) AS rows FROM woe_row) r;
SELECT logit_coded_fit(rows, '{2,1,2}', '{"signs": "+"}') FROM (SELECT logit_coded_rows(event, x) AS rows FROM woe_row) r;
