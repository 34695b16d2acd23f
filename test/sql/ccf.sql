\i test/helpers.sql

-- One facility: limit 10000, balance 4000, 8500 at default. Then the unstable regions, no limit, credit balances, over the limit.
SELECT * FROM realised_ccf(4000, 10000, 8500);
SELECT f.*, c.* FROM (VALUES (9500, 10000, 9900), (9499, 10000, 9900), (500, 10000, 9900), (501, 10000, 9900), (0, 0, 5), (-20, 1000, -5), (1200, 1000,
  1300)) f (balance, lim, ead),
  realised_ccf(balance, lim, ead) c;
SELECT * FROM realised_ccf(9999, 10000, 9900, 0);
SELECT (realised_ccf(NULL, 1, 1)).leq IS NULL AND (realised_ccf('NaN', 1, 1)).eadf IS NULL AS nulls;

-- Many, against R 4.2: mean() and sd() of the ratios; ratio of sums, with sqrt(sum((y - R x)^2) n / (n - 1)) / sum(x); qnorm(0.95).
CREATE TABLE defaulted AS
SELECT i, i % 5 AS cohort, l AS credit_limit, round(l * ((i * 37) % 101) / 100.0, 2) AS balance, round(l * (0.2 + ((i * 53) % 97) / 90.0), 2) AS ead
FROM (SELECT i, 1000 + 250 * (i % 7) AS l FROM generate_series(1, 40) i) s;
CREATE TABLE by_r (measure text, n int, n_unstable int, fw float8, fl float8, fh float8, ew float8, el float8, eh float8);
INSERT INTO by_r VALUES ('leq', 38, 2, 0.162263301032, -0.216140897929, 0.540667499994, 0.452425651659, 0.274692397291, 0.630158906026),
  ('cf', 39, 1, 2.09104752867, 1.59874263187, 2.58335242546, 1.3748701973, 1.13262060695, 1.61711978765),
  ('eadf', 40, 0, 0.713055459921, 0.632456634434, 0.793654285407, 0.715317428571, 0.629975760383, 0.80065909676),
  ('auf', 40, 0, 0.198055459921, 0.0932071925419, 0.302903727299, 0.198567428571, 0.0930997109766, 0.304035146166);
SELECT t.measure, t.n, t.n_unstable, round(t.facility_weighted::numeric, 6) AS facility, round(t.exposure_weighted::numeric, 6) AS exposure,
  t.n = r.n AND t.n_unstable = r.n_unstable AND greatest(abs(t.facility_weighted - r.fw), abs(t.facility_low - r.fl), abs(t.facility_high - r.fh),
    abs(t.exposure_weighted - r.ew), abs(t.exposure_low - r.el), abs(t.exposure_high - r.eh)) < 1e-10 AS as_r
FROM (SELECT ccf_agg(balance, credit_limit, ead) AS c FROM defaulted) s, ccf_table(c, 0.9) t JOIN by_r r USING (measure) ORDER BY t.measure;
-- The same bytes in any order and split, by cohort and of float8; and other bytes when a row is missing.
CREATE TABLE whole AS SELECT ccf_agg(balance, credit_limit, ead) AS c FROM defaulted;
SELECT (SELECT ccf_agg(balance, credit_limit, ead) FROM (SELECT * FROM defaulted ORDER BY md5(i::text)) s) = c AS shuffled,
  (SELECT rollup(p) FROM (SELECT ccf_agg(balance, credit_limit, ead) AS p FROM defaulted GROUP BY cohort) s) = c AS by_cohort,
  (SELECT ccf_agg(balance::float8, credit_limit::float8, ead::float8) FROM defaulted) = c AS float8,
  (SELECT ccf_agg(balance, credit_limit, ead) FROM defaulted WHERE i > 1) <> c AS less,
  c::text::ccf = c AND c::jsonb::ccf = c AND c::bytea::ccf = c AS forms, length(c::bytea) <= 760 AS small FROM whole;
SELECT c FROM (SELECT ccf_agg(balance, credit_limit, ead, '{"unstable": 0.25}') AS c FROM (VALUES (400, 1000, 900), (900, 1000, 950), (NULL, 1000, 5), (5,
  0, 5)) v (balance, credit_limit, ead)) s;
-- Amounts at the ends of double precision come back as they went.
SELECT bool_and(c::text::ccf = c AND c::bytea::ccf = c) AS read, max(n) AS formed FROM (VALUES (1e-320, 1e-300, 1e-310), (1e-170, 2e-170, 3e-165), (1e99,
  1e100, 1e100), (1e-200, 1e100, 1e100)) v (b, l, e),
  LATERAL (SELECT ccf_agg(x, y, z, '{"unstable": 0}') AS c FROM (VALUES (b::float8, l::float8, e::float8)) o (x, y, z)) s, ccf_table(c);
-- One facility has no interval; none gives NULL; only rows with something missing.
SELECT measure, n, facility_weighted, facility_low, exposure_weighted, exposure_high FROM ccf_table((SELECT ccf_agg(4000, 10000, 8500)));
SELECT (SELECT ccf_agg(balance, credit_limit, ead) FROM defaulted WHERE false) IS NULL AS no_rows, (SELECT rollup(NULL::ccf)) IS NULL AS no_parts;
SELECT measure, n, n_unstable, n_skipped, facility_weighted, exposure_low FROM ccf_table((SELECT ccf_agg(NULL::numeric, 1, 1)));
SELECT count(*) FROM ccf_table(NULL);
-- A plan with workers.
SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
ALTER TABLE defaulted SET (parallel_workers = 2);
SELECT (SELECT ccf_agg(balance, credit_limit, ead) FROM defaulted) = c AS parallel FROM whole;
RESET max_parallel_workers_per_gather; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;

-- Pairs from a monthly panel, as doc/analyst/limit.md makes them: a default is the first month of 90 days past due. Fixed horizon: the month a year before,
-- or the first on file; cohort: the January before. Account 1 defaults in October 2025, account 2 in March, account 3 never.
CREATE TABLE account_month AS
SELECT a AS account_id, (DATE '2024-06-01' + make_interval(months => m))::date AS month, 1000.00 * a AS credit_limit, 100.00 * a + 10 * m AS balance,
  CASE WHEN (a, m) = (1, 16) OR (a, m) = (2, 9) OR (a, m) = (2, 10) THEN 95 ELSE 0 END AS days_past_due
FROM generate_series(1, 3) a, generate_series(0, 18) m;
WITH first_default AS (SELECT DISTINCT ON (account_id) account_id, month, balance AS ead FROM account_month WHERE days_past_due >= 90 ORDER BY account_id,
  month)
SELECT d.account_id, d.month AS defaulted, f.month AS fixed_horizon, f.balance, f.credit_limit, c.month AS cohort, c.balance AS balance_cohort, d.ead
FROM first_default d
CROSS JOIN LATERAL (SELECT * FROM account_month m WHERE m.account_id = d.account_id AND m.month < d.month AND m.month >= d.month - interval '12 months'
  ORDER BY m.month LIMIT 1) f
LEFT JOIN account_month c ON c.account_id = d.account_id AND c.month = date_trunc('year', d.month - interval '1 day')
ORDER BY d.account_id;

-- Mistakes.
SELECT ccf_agg(1, -1, 1);
SELECT ccf_agg('Infinity'::float8, 1, 1);
SELECT ccf_agg(1, 1, 1, '{"unstable": 1}');
SELECT ccf_agg(1, 1, 1, '{"stable": 1}');
SELECT ccf_agg(1, 1, 1, NULL);
SELECT rollup(c) FROM (SELECT ccf_agg(1, 2, 1) AS c UNION ALL SELECT ccf_agg(1, 2, 1, '{"unstable": 0.1}')) s;
SELECT realised_ccf(1, 2, 3, 1);
SELECT ccf_table((SELECT ccf_agg(1, 2, 1)), 1);
SELECT '{"version": 1, "unstable": 0.05, "n": 1, "n_skipped": 0, "leq": {"n": 2}, "cf": {"n": 0}, "eadf": {"n": 0}, "auf": {"n": 0}}'::ccf;
SELECT '{"version": 1, "unstable": 0.05, "n": 1, "n_skipped": 0, "leq": {"n": 1, "ratio": 5, "ratio_square": 1, "above": 1, "below": 1, "above_square": 1,
  "product": 1, "below_square": 1}, "cf": {"n": 0}, "eadf": {"n": 0}, "auf": {"n": 0}}'::ccf;
SELECT '\x01'::bytea::ccf;
