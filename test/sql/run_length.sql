-- Run lengths of charts, limits for false alarms that can be borne, and many looks at once.
\set VERBOSITY terse
\i test/helpers.sql

-- R 4.2, spc 0.6.7: xcusum.arl, xewma.arl, xcusum.crit, xewma.crit, the probability of an alarm within a year by xcusum.sf and xewma.sf.
SELECT of, near_relative(run_length, r, 1e-8) AS run_length, std_error FROM (
  SELECT 'one side' AS of, 117.5957042 AS r, c.* FROM cusum_run_length(0, 0.5, 3) c
  UNION ALL SELECT 'slow', 11.39320826, c.* FROM cusum_run_length(1, 0.25, 8) c
  UNION ALL SELECT 'two sides', 167.6837888, c.* FROM cusum_run_length(0, 0.5, 4, 2) c
  UNION ALL SELECT 'head start', 5.286886215, c.* FROM cusum_run_length(1, 0.5, 4, 2, 2) c
  UNION ALL SELECT 'ewma', 499.8591566, c.* FROM ewma_run_length(0, 0.03, 2.437) c
  UNION ALL SELECT 'ewma of one side', 7.654113421, c.* FROM ewma_run_length(1, 0.2, 2.5, 1) c) v;
SELECT near(cusum_limit(168, 0.5, 2), 4.001827733, 1e-7) AS cusum, near(ewma_limit(370, 0.1), 2.701046151, 1e-7) AS ewma,
  near(c.alarm_in_year, 0.02330507635, 1e-8) AS cusum_year, near(e.alarm_in_year, 0.01403165934, 1e-8) AS ewma_year
FROM cusum_run_length(0, 0.5, 4) c, ewma_run_length(0, 0.1, 2.7) e;
-- As printed: Lucas and Crosier 1982, table 1, k 0.5, h 4, without and with head start 2; Lucas and Saccucci 1990.
SELECT count(*) AS given, count(*) FILTER (WHERE abs((cusum_run_length(shift, 0.5, 4, 2)).run_length / plain - 1) > 0.005
  OR abs((cusum_run_length(shift, 0.5, 4, 2, 2)).run_length / fast - 1) > 0.005) AS differ
FROM (VALUES (0, 168, 149), (0.25, 74.2, 62.7), (0.5, 26.6, 20.1), (0.75, 13.3, 8.97), (1, 8.38, 5.29), (1.5, 4.75, 2.86), (2, 3.34, 2.01), (2.5, 2.62, 1.59),
  (3, 2.19, 1.32), (4, 1.71, 1.07), (5, 1.31, 1.01)) v (shift, plain, fast);
SELECT round((ewma_run_length(1, 0.5, 3.071)).run_length::numeric, 1) AS half, round((ewma_run_length(1, 0.03, 2.437)).run_length::numeric, 1) AS slow;
-- Months that follow each other, and mean and deviation from 24 months: 168 becomes 54, 34, 23,
-- and an alarm in a year, of .047, .16, .25, .38; with both .124 and .41 (simulated in R).
SELECT r.autocorrelation, r.months, r.run_length IS NULL OR near_relative(c.run_length, r.run_length, 0.03) AS run_length,
  near(c.alarm_in_year, r.year, 0.012) AS year, c.std_error / c.run_length < 0.02 AS error
FROM (VALUES (0.3, NULL::int, 54, 0.16), (0.5, NULL, 34, 0.25), (0.8, NULL, 23, 0.38), (0, 24, NULL, 0.124), (0.5, 24, NULL, 0.41))
  r (autocorrelation, months, run_length, year), cusum_run_length(0, 0.5, 4, 2, 0, r.autocorrelation, r.months) c;
-- In R, 200000 years of 12 rnorm() each: .046665.
SELECT near((cusum_run_length(0, 0.5, 4, 2)).alarm_in_year, 0.046665, 0.0015) AS independent,
  (ewma_run_length(0, 0.2, 2.8, 2, 0.4)).run_length < (ewma_run_length(0, 0.2, 2.8)).run_length / 2 AS ewma;
-- A limit gives its run length, also where it is simulated.
SELECT round((cusum_run_length(0, 0.5, cusum_limit(60, 0.5, 1, 0.5), 1, 0.5)).run_length::numeric, 4) AS known,
  near_relative((cusum_run_length(0, 0.5, h, 2, 0, 0.5)).run_length, 30, 0.04) AS simulated, h > 3.5 AS higher FROM cusum_limit(30, 0.5, 2, 0, 0.5) h;
SELECT near(c.alarm_in_year, 1 - (1 - 1 / 120.0) ^ 12, 0.003) AS estimated FROM cusum_limit(120, 0.5, 1, 0, 0.3, 24) h,
  cusum_run_length(0, 0.5, h, 1, 0, 0.3, 24) c;
SELECT run_length, std_error, alarm_in_year < 1e-12 AS never FROM cusum_run_length(-2, 1, 20);

-- R 4.2: p.adjust of BH and BY; a NULL is no look.
SELECT method, bool_and(near(a, r, 1e-14) OR a IS NULL AND r IS NULL) AS same FROM (VALUES
  ('benjamini_hochberg', '{0.0035, 0.056, 0.0525, NULL, 0.233333333333333333, 0.0035, 0.6, 0.0525}'::float8[]),
  ('benjamini_yekutieli', '{0.009075, 0.1452, 0.136125, NULL, 0.605, 0.009075, 1, 0.136125}')) v (method, expected),
  unnest(adjusted_p('{0.001, 0.04, 0.03, NULL, 0.2, 0.0005, 0.6, 0.03}', method), expected) u (a, r) GROUP BY 1 ORDER BY 1;
SELECT adjusted_p('{}') AS none, adjusted_p('{NULL}') AS not_known, adjusted_p('{0.5}') AS one, adjusted_p(NULL) IS NULL AS nothing;

SELECT adjusted_p('{1.5}');
SELECT adjusted_p('{0.5, NaN}');
SELECT adjusted_p('{0.5}', 'bonferroni');
SELECT cusum_run_length(NULL, 0.5, 4) AS nothing, ewma_limit(NULL, 0.5) AS no_limit;
SELECT cusum_run_length(0, -0.5, 4);
SELECT cusum_run_length(0, 0.5, 51);
SELECT cusum_run_length(0, 0.5, 4, 3);
SELECT cusum_run_length(0, 0.5, 4, 1, 4);
SELECT cusum_run_length('NaN', 0.5, 4);
SELECT cusum_run_length(0, 0.5, 4, 1, 0, 1);
SELECT cusum_run_length(0, 0.5, 4, 1, 0, 0, 2);
SELECT ewma_run_length(0, 0.001, 3);
SELECT ewma_run_length(0, 0.1, 0);
SELECT cusum_limit(1, 0.5);
SELECT cusum_limit(1e6, 0);
SELECT ewma_limit(3000, 0.1, 2, 0.5);

-- A hint is of the argument that is wrong.
\set VERBOSITY default
SELECT adjusted_p('{0.001, 1.2}');
SELECT cusum_limit(120, 0.5, 3);
