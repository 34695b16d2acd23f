-- auc_test: two scores of the same borrowers.
\i test/helpers.sql

-- R 4.2: outer() over all pairs, var() of the differences of placements, pnorm; the sample is that of test/sql/roc.sql.
CREATE TABLE sample AS
SELECT i, s1, s2, ((i * i * 7 + 3 * s1 + 2 * s2) % 389) < 150 AND s1 + s2 > 60 AS event
FROM (SELECT i, (i * 37) % 101 AS s1, (i * 53) % 97 + (i % 3) * 5 AS s2 FROM generate_series(1, 200) i) s;
SELECT near((t).auc_a, 0.585063404780608254, 1e-15) AS auc_a, near((t).auc_b, 0.630849511839299715, 1e-15) AS auc_b,
  near((t).diff, -0.045786107058691461, 1e-15) AS diff, near((t).std_error, 0.062826598004597695, 1e-14) AS std_error,
  near((t).z, -0.728769478419646455, 1e-13) AS z, near((t).p_value, 0.466142684586640044, 1e-13) AS p_value
FROM (SELECT auc_test(s1, s2, event) AS t FROM sample) s;

-- Directions are said for each score; the test is the same seen from either side.
SELECT (auc_test(s1, -s2, event, true, false)) = (auc_test(s1, s2, event)) AS turned,
  (auc_test(s2, s1, event)).z = -(auc_test(s1, s2, event)).z AS exchanged,
  (auc_test(s1::numeric, s2::numeric, event)) = (auc_test(s1, s2, event)) AS from_numeric,
  (auc_test(s1::numeric, -s2::numeric, event, true, false)) = (auc_test(s1, s2, event)) AS numeric_turned FROM sample;
-- Each AUC, and each variance where the other score is constant, is that of roc.
SELECT (auc_test(s1, s2, event)).auc_a = auc(s1, event) AS a, (auc_test(s1, s2, event)).auc_b = auc(s2, event) AS b,
  near((auc_test(s1, 1, event)).std_error, (auc_interval(roc_agg(s1, event))).std_error, 1e-14) AS std_error FROM sample;

-- Identical scores, one class, no rows, rows that lack a value.
SELECT (auc_test(s1, s1 * 2 + 1, event)).* FROM sample;
SELECT auc_test(s1, s2, event) IS NULL AS one_class FROM sample WHERE event;
SELECT auc_test(s1, s2, event) IS NULL AS no_rows FROM sample WHERE false;
SELECT (auc_test(i, -i, i = 2)).* FROM generate_series(1, 3) i;
SELECT auc_test(s1, nullif(s2, 50), event) = auc_test(s1, s2, event) FILTER (WHERE s2 <> 50) AS without_null,
  auc_test(s1, CASE WHEN s2 = 50 THEN 'NaN'::float8 ELSE s2 END, event) = auc_test(s1, s2, event) FILTER (WHERE s2 <> 50) AS without_nan FROM sample;
SELECT auc_test(s1, s2, event, true, s1 > 50) FROM sample;
SELECT auc_test(s1, s2, event, true, NULL) FROM sample;

-- Any order, any plan.
CREATE TABLE many AS SELECT i, (i * 7919) % 1000003 AS a, (i * 104729) % 601 AS b, (i * 31) % 7 < 2 AS event FROM generate_series(1, 60000::bigint) i;
CREATE TABLE whole AS SELECT auc_test(a, b, event) AS t FROM many;
SELECT auc_test(a, b, event ORDER BY b, i) = (SELECT t FROM whole) AS any_order FROM many;
ALTER TABLE many SET (parallel_workers = 3);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 3;
SELECT uses_parallel('SELECT credit_limit.auc_test(a, b, event) FROM many');
SELECT auc_test(a, b, event) = (SELECT t FROM whole) AS any_plan FROM many;
SELECT auc_test(-a, b, event, false, true) = (SELECT t FROM whole) AS directions FROM many;
SELECT auc_test(a, b, event) IS NULL AS nothing FROM many WHERE i < 0;
SELECT (auc_test(a, b, event)).auc_a FROM many WHERE i < 10;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT array_agg(round((t).diff::numeric, 4) ORDER BY i) FROM (SELECT i, auc_test(s1, s2, event) OVER (ORDER BY i) AS t FROM sample) s WHERE i <= 12;
