-- Forecasts tried on months that they had not seen.
\i test/helpers.sql
\set SHOW_CONTEXT never

-- 70 accounts of 15 months in two segments. Some stop drawing, some reach their limit, or nearly, some lie above it, a few are never
-- used; some end, begin late, or lack a balance or a limit; one whose limit was cut draws nearly all that is left.
CREATE TABLE backtest_month AS
SELECT a AS account_id, CASE WHEN a % 3 = 0 THEN 'b' ELSE 'a' END AS segment, ('2024-09-15'::date + make_interval(months => m))::date AS month,
  l AS credit_limit, CASE WHEN a % 10 = 0 THEN 0 WHEN a % 9 = 1 AND m % 4 = 1 THEN -20 WHEN a % 9 = 1 AND m % 4 = 2 THEN 0 WHEN a % 11 = 3 AND m > 4 THEN NULL
    WHEN a = 33 AND m > 9 THEN 975
    ELSE least(round(d), CASE a % 8 WHEN 7 THEN 1.03 WHEN 5 THEN 0.985 ELSE 1 END * l) END AS balance, 30 AS payment,
  25 AS due, 30 * (a % 13 = 5)::int AS days_past_due
FROM generate_series(1, 70) a, generate_series(0, 14) m,
  LATERAL (SELECT CASE WHEN a = 7 AND m = 12 THEN NULL WHEN a = 33 AND m < 9 THEN 1800 WHEN a = 33 THEN 1000 WHEN a = 8 AND m > 11 THEN 0
    ELSE 1000 + 250 * (a % 4) + 500 * (a % 7 = 2 AND m > 5)::int END AS l,
    300 * exp(0.5 * sin(a * 7 + m * 1.7) + 0.8 * cos(a)) + 900 * (a % 5 = 0)::int * (1 + sin(m + a)) AS d) x
WHERE m >= a % 17 / 4 AND (a % 12 > 0 OR m < 12);

-- Every figure again, in plain SQL, with distributions and numbers from the functions that a user calls: three origins.
CREATE TABLE backtest_score AS SELECT * FROM demand_backtest('backtest_month', '{"origins": 3}');
CREATE TABLE backtest_past AS
SELECT o AS origin, account_id, behavior_agg(month, credit_limit::numeric, balance::numeric, payment::numeric, due::numeric, days_past_due) AS h,
  demand_agg(month, balance::numeric, credit_limit::numeric) AS own, (array_agg(segment ORDER BY month DESC))[1] AS segment,
  (array_agg(balance ORDER BY month DESC))[1]::float8 AS last_balance, (array_agg(greatest(credit_limit, balance) ORDER BY month DESC))[1]::float8 AS cut,
  (avg(balance) FILTER (WHERE month > o - interval '12 months'))::float8 AS mean_12, max(balance)::float8 AS maximum, greatest(max(credit_limit),
    max(balance))::float8 AS highest,
  (intermittent_forecast(balance::numeric ORDER BY month)).forecast AS croston, max(month) AS last_month
FROM backtest_month, unnest('{2025-08-31,2025-09-30,2025-10-31}'::date[]) o WHERE month <= o GROUP BY o, account_id;
CREATE TABLE backtest_forecast AS
WITH model AS (SELECT origin, demand_model_agg(h) AS model FROM backtest_past GROUP BY origin),
  prior AS (SELECT origin, segment, demand_prior_agg(account_id::text, own) AS prior FROM backtest_past GROUP BY origin, segment)
SELECT p.origin, p.segment, p.account_id, t.balance::float8 AS y, nullif(t.credit_limit, 0)::float8 AS limit_then, p.last_balance, p.cut, p.highest, f.*
FROM backtest_past p JOIN model m USING (origin) JOIN prior q USING (origin, segment)
JOIN backtest_month t ON t.account_id = p.account_id AND t.month = p.last_month + interval '1 month',
  LATERAL (VALUES ('own', NULL::float8, p.own, true), ('posterior', NULL, demand_posterior(p.own, q.prior, p.origin, 1), true),
    ('forecast_balance', NULL, forecast_balance(m.model, p.h, p.origin), false), ('forecast_demand', NULL, forecast_demand(m.model, p.h, p.origin), true),
    ('last_balance', p.last_balance, NULL, false), ('mean_12', p.mean_12, NULL, false), ('maximum', p.maximum, NULL, false),
    ('croston', p.croston, NULL, false)) f (method, point, d, latent)
WHERE p.last_month > p.origin - 30 AND p.last_balance IS NOT NULL AND t.balance IS NOT NULL;
-- Just below and just above what was seen; the cell of 2 % of the highest that it is in.
CREATE TABLE backtest_seen AS
SELECT f.*, coalesce(point, demand_quantile(d, 0.5)) AS q50, demand_quantile(d, 0.9) AS q90, latent AND y >= 0.98 * limit_then AS at_limit,
  CASE WHEN latent THEN limit_then ELSE 1e9 END AS seen_to, 1 - demand_exceeds(d, greatest(y, 0) - 1e-6 * greatest(y, 0)) AS p_below,
  1 - demand_exceeds(d, greatest(y, 0) + 1e-6 * greatest(y, 0)) AS p_upto, 1 - demand_exceeds(d, limit_then - 1e-6) AS p_below_limit,
  highest / 50 * floor((y - 1e-6) / (highest / 50)) AS cell_from
FROM (SELECT * FROM backtest_forecast OFFSET 0) f;
-- Of a month without a limit nothing is known of a demand. The probability integral transform as Czado, Gneiting and Held 2009 have it.
CREATE FUNCTION cdf_part(u float8, low float8, high float8) RETURNS float8 LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN u <= low THEN 0 WHEN u >= high THEN 1 ELSE (u - low) / (high - low) END;
CREATE FUNCTION agree(a float8, b float8, tolerance float8 DEFAULT 1e-9) RETURNS boolean LANGUAGE sql IMMUTABLE
  RETURN near(a, b, tolerance) OR num_nulls(a, b) = 2;
CREATE TABLE backtest_plain AS
WITH known AS (
  SELECT s.*, CASE WHEN latent AND q50 > cut THEN cut ELSE q50 END AS f50, CASE WHEN latent AND q90 > cut THEN cut ELSE q90 END AS f90,
    CASE WHEN at_limit THEN 1 - p_below_limit WHEN y <= 0 THEN p_upto
      ELSE demand_exceeds(d, cell_from + 1e-6) - demand_exceeds(d, least(cell_from + highest / 50, seen_to) + 1e-6) END AS p,
    CASE WHEN at_limit THEN p_below_limit WHEN y <= 0 THEN 0 ELSE p_below END AS low, CASE WHEN at_limit THEN 1 ELSE p_upto END AS high,
    seen_to IS NOT NULL AND p_upto IS NOT NULL AS judged
  FROM backtest_seen s),
cells AS (
  SELECT method, segment, origin, array_agg(share ORDER BY i) AS pit
  FROM (SELECT method, segment, origin, i, avg(cdf_part(i / 10.0, low, high) - cdf_part((i - 1) / 10.0, low, high)) AS share
    FROM known, generate_series(1, 10) i WHERE judged GROUP BY GROUPING SETS ((i, method, origin), (i, method, segment, origin))) c
  GROUP BY method, segment, origin)
SELECT k.*, c.pit FROM (
  SELECT method, segment, origin, count(*) AS n, count(q50) AS n_forecast, avg(abs(y - f50)) AS mae,
    sum(abs(y - f50)) / count(f50) - sum(abs(y - last_balance)) FILTER (WHERE f50 IS NOT NULL) / count(f50) AS difference,
    avg(abs(y - f50)) FILTER (WHERE point IS NULL) / 2 AS pinball50,
    avg(CASE WHEN y > f90 THEN 0.9 * (y - f90) ELSE 0.1 * (f90 - y) END) AS pinball90,
    (count(*) FILTER (WHERE q90 < seen_to AND y <= q90 AND NOT coalesce(at_limit, false)))::float8
      / nullif(count(*) FILTER (WHERE q90 < seen_to), 0) AS coverage90,
    count(*) FILTER (WHERE q90 < seen_to) AS n_coverage,
    count(*) FILTER (WHERE latent AND coalesce(q90, 1e9) >= highest)::float8 / nullif(count(*) FILTER (WHERE latent), 0) AS not_identified,
    avg(CASE WHEN p < 1e-6 THEN ln(1e-6) ELSE ln(p) END) FILTER (WHERE judged) AS log_score
  FROM known GROUP BY GROUPING SETS ((method, origin), (method, segment, origin))) k
LEFT JOIN cells c ON (c.method, c.origin) = (k.method, k.origin) AND c.segment IS NOT DISTINCT FROM k.segment;
SELECT s.method, count(*) AS rows, count(p.n) AS plain, min(s.n) AS n_min, max(s.n) AS n_max, min(s.n_forecast) AS n_forecast,
  min(s.n_coverage) AS n_coverage,
  bool_and((s.n, s.n_forecast, s.n_coverage) = (p.n, p.n_forecast, p.n_coverage)) AS counts, bool_and(agree(s.mae, p.mae)) AS mae,
  bool_and(agree(s.difference, p.difference)) AS difference, bool_and(agree(s.pinball50, p.pinball50)) AS pinball50,
  bool_and(agree(s.pinball90, p.pinball90)) AS pinball90, bool_and(agree(s.coverage90, p.coverage90)) AS coverage90,
  bool_and(agree(s.not_identified, p.not_identified)) AS not_identified, bool_and(agree(s.log_score, p.log_score, 1e-4)) AS log_score,
  bool_and(CASE WHEN s.pit IS NULL THEN p.pit IS NULL
    ELSE (SELECT count(*) = 10 AND bool_and(agree(a, b, 1e-4)) AND agree(sum(a), 1) FROM unnest(s.pit, p.pit) u (a, b)) END) AS pit
FROM backtest_score s LEFT JOIN backtest_plain p ON p.method = s.method AND date_trunc('month', p.origin) = s.origin AND s.segment IS NOT DISTINCT
  FROM p.segment
WHERE s.origin IS NOT NULL GROUP BY s.method ORDER BY s.method;
-- What only a distribution has, a number has not.
SELECT method, bool_or(mae IS NULL) AS no_mae, bool_and(pinball50 IS NULL) AS no_pinball50, bool_and(coverage90 IS NULL) AS no_coverage90,
  bool_and(not_identified IS NULL) AS no_not_identified,
  bool_and(log_score IS NULL) AS no_log_score, bool_and(pit IS NULL) AS no_pit
FROM backtest_score GROUP BY method ORDER BY method;
-- Over all origins: their mean.
SELECT bool_and(agree(a.mae, b.mae) AND agree(a.difference, b.difference) AND agree(a.coverage90, b.coverage90) AND agree(a.log_score, b.log_score)
  AND a.n = b.n
  AND a.n_origins = 3 AND agree(a.pit[3], b.pit3)) AS means FROM backtest_score a JOIN (
  SELECT method, segment, avg(mae) AS mae, avg(difference) AS difference, avg(coverage90) AS coverage90, avg(log_score) AS log_score, sum(n) AS n,
    avg(pit[3]) AS pit3
  FROM backtest_score WHERE origin IS NOT NULL GROUP BY method, segment) b ON a.method = b.method AND a.segment IS NOT DISTINCT FROM b.segment
    WHERE a.origin IS NULL;

-- No look ahead. Months after the one that an origin is tried on are changed: its rows are the same, to the last bit, and the others differ.
CREATE TABLE backtest_later AS
SELECT account_id, CASE WHEN later THEN 'c' ELSE segment END AS segment, month, credit_limit * CASE WHEN later THEN 3 ELSE 1 END AS credit_limit,
  balance + CASE WHEN later THEN 777 ELSE 0 END AS balance, CASE WHEN later THEN 0 ELSE payment END AS payment, due,
  CASE WHEN later THEN 90 ELSE days_past_due END AS days_past_due
FROM (SELECT *, month > '2025-09-30' AS later FROM backtest_month) m;
SELECT s.origin, count(*) AS rows, count(*) FILTER (WHERE s::text IS DISTINCT FROM l::text) AS differ
FROM backtest_score s LEFT JOIN demand_backtest('backtest_later', '{"origins": 3}') l
  ON l.method = s.method AND l.segment IS NOT DISTINCT FROM s.segment AND l.origin = s.origin
WHERE s.origin IS NOT NULL GROUP BY s.origin ORDER BY s.origin;
-- Of the month that it is tried on, nothing but balance and limit has an effect; nor have months between the origin and that one.
CREATE TABLE backtest_between AS
SELECT account_id, CASE WHEN later THEN 'c' ELSE segment END AS segment, month, CASE WHEN month < '2025-11-01'
  AND later THEN 9999 ELSE credit_limit END AS credit_limit,
  CASE WHEN month < '2025-11-01' AND later THEN 9999 ELSE balance END AS balance, CASE WHEN later THEN 0 ELSE payment END AS payment,
  CASE WHEN later THEN 0 ELSE due END AS due, CASE WHEN later THEN 90 ELSE days_past_due END AS days_past_due
FROM (SELECT *, month > '2025-08-31' AS later FROM backtest_month) m;
SELECT count(*) AS rows, count(*) FILTER (WHERE s::text IS DISTINCT FROM l::text) AS differ
FROM demand_backtest('backtest_month', '{"origins": 1, "horizon": 3}') s LEFT JOIN demand_backtest('backtest_between', '{"origins": 1, "horizon": 3}') l
  ON l.method = s.method AND l.segment IS NOT DISTINCT FROM s.segment AND l.origin IS NOT DISTINCT FROM s.origin;
-- One balance of that month far above all forecasts, and 1000 higher: each mean absolute error rises by 1000 / n, as no forecast moved.
CREATE VIEW backtest_high AS SELECT account_id, segment, month, credit_limit, CASE WHEN account_id = 15
  AND month > '2025-11-01' THEN 90000 ELSE balance END AS balance,
  payment, due, days_past_due FROM backtest_month;
CREATE VIEW backtest_higher AS SELECT account_id, segment, month, credit_limit, balance + CASE WHEN balance = 90000 THEN 1000 ELSE 0 END AS balance,
  payment, due, days_past_due FROM backtest_high;
SELECT s.method, round(((l.mae - s.mae) * s.n_forecast)::numeric, 6) AS higher
FROM demand_backtest('backtest_high', '{"origins": 1}') s JOIN demand_backtest('backtest_higher', '{"origins": 1}') l USING (method)
WHERE s.segment IS NULL AND l.segment IS NULL AND s.origin IS NULL AND l.origin IS NULL ORDER BY 1;

-- Intervals are by Student's t over origins: of eight, 2.3646 standard errors at each side (Fisher and Yates 1938, 7 degrees of freedom), of six 2.5706;
-- of five none.
CREATE TABLE backtest_quick AS
SELECT k AS origins, s.* FROM unnest('{5,6,8}'::int[]) k, demand_backtest('backtest_month',
  format('{"origins": %s, "methods": ["own", "last_balance", "mean_12"]}', k)::jsonb) s
WHERE s.segment IS NULL;
SELECT q.origins, q.method, q.n_origins, bool_and(num_nonnulls(q.difference_se, q.difference_low, q.difference_high, q.mae_low, q.mae_high) = 0) AS none,
  bool_and(agree(q.difference_se, o.se) AND agree(q.difference, o.difference) AND agree(q.mae, o.mae)) AS standard_error,
  bool_and(near(q.difference_low, o.difference - t * o.se, 1e-5) AND near(q.difference_high, o.difference + t * o.se, 1e-5)
    AND near(q.mae_low, o.mae - t * o.mae_se, 1e-5) AND near(q.mae_high, o.mae + t * o.mae_se, 1e-5)) AS interval
FROM backtest_quick q JOIN (VALUES (5, 2.77645), (6, 2.570582), (8, 2.364624)) v (origins, t) USING (origins)
JOIN (SELECT origins, method, avg(difference) AS difference, stddev(difference) / sqrt(count(*)) AS se, avg(mae) AS mae,
  stddev(mae) / sqrt(count(*)) AS mae_se
  FROM backtest_quick WHERE origin IS NOT NULL GROUP BY origins, method) o ON o.origins = q.origins AND o.method = q.method
WHERE q.origin IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2;
-- Horizons that overlap say the same things twice: no interval. By default origins are a horizon apart.
SELECT step, n_origins, difference_se IS NULL AS none FROM (VALUES ('{"step": 1}'::jsonb), ('{}')) v (step),
  demand_backtest('backtest_month', '{"horizon": 3, "methods": ["last_balance"]}' || step) WHERE segment IS NULL AND origin IS NULL;
SELECT array_agg(origin ORDER BY origin) AS origins FROM demand_backtest('backtest_month', '{"horizon": 3, "methods": ["last_balance"]}')
  WHERE segment IS NULL AND origin IS NOT NULL;

-- A segment is what a relation of its accounts would be: of all methods but the forecasts, which learn from all accounts.
CREATE VIEW backtest_segment AS SELECT account_id AS card, date_trunc('month', month) AS "at month", credit_limit, balance::float8 AS owed
  FROM backtest_month WHERE segment = 'b';
SELECT count(*) AS rows, count(*) FILTER (WHERE NOT (agree(s.mae, b.mae) AND agree(s.log_score, b.log_score) AND agree(s.pit[5], b.pit[5]))) AS differ
FROM demand_backtest('backtest_segment', '{"origins": 3, "columns": {"account_id": "card", "month": "at month", "balance": "owed"},
  "methods": ["own", "posterior", "maximum"]}') b
LEFT JOIN backtest_score s ON s.method = b.method AND s.segment = 'b' AND s.origin IS NOT DISTINCT FROM b.origin;

-- Options of the methods arrive. Croston's forecast with a rate of 1 is the last draw where it is of the last month.
SELECT count(DISTINCT log_score) AS families FROM unnest('{lognormal,gamma,normal}'::text[]) d,
  demand_backtest('backtest_month', jsonb_build_object('origins', 1, 'methods', '["own"]'::jsonb, 'own', jsonb_build_object('distribution', d)))
    WHERE segment IS NULL AND origin IS NULL;
SELECT count(DISTINCT mae) AS croston FROM unnest('{0.1,1}'::float8[]) d,
  demand_backtest('backtest_month', jsonb_build_object('origins', 1, 'methods', '["croston"]'::jsonb, 'croston', jsonb_build_object('alpha', d)))
    WHERE segment IS NULL AND origin IS NULL;
-- With a tolerance of 0.5 more months are at their limit, and censored.
SELECT count(DISTINCT (log_score, coverage90)) AS tolerances FROM unnest('{0,0.5}'::float8[]) d,
  demand_backtest('backtest_month', jsonb_build_object('origins', 1, 'methods', '["own"]'::jsonb, 'tolerance', d)) WHERE segment IS NULL AND origin IS NULL;

-- The same rows, to the last bit, for every plan and order of the table.
CREATE TABLE backtest_shuffled AS SELECT * FROM backtest_month ORDER BY md5(account_id || month::text);
CREATE TABLE backtest_plans AS SELECT 'shuffled' AS plan, s.* FROM demand_backtest('backtest_shuffled', '{"origins": 3}') s;
SET enable_hashagg = off;
INSERT INTO backtest_plans SELECT 'sorted', s.* FROM demand_backtest('backtest_month', '{"origins": 3}') s;
RESET enable_hashagg;
ANALYZE backtest_shuffled;
SET enable_hashjoin = off; SET enable_mergejoin = off;
INSERT INTO backtest_plans SELECT 'nested, with statistics', s.* FROM demand_backtest('backtest_shuffled', '{"origins": 3}') s;
RESET enable_hashjoin; RESET enable_mergejoin;
SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET max_parallel_workers_per_gather = 2;
ALTER TABLE backtest_month SET (parallel_workers = 2);
INSERT INTO backtest_plans SELECT 'parallel', s.* FROM demand_backtest('backtest_month', '{"origins": 3}') s;
RESET min_parallel_table_scan_size; RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET max_parallel_workers_per_gather;
SELECT p.plan, count(*) AS rows, count(*) FILTER (WHERE (to_jsonb(p) - 'plan')::text IS DISTINCT FROM to_jsonb(s)::text) AS differ
FROM backtest_plans p LEFT JOIN backtest_score s
  ON p.method = s.method AND p.segment IS NOT DISTINCT FROM s.segment AND p.origin IS NOT DISTINCT FROM s.origin
GROUP BY p.plan ORDER BY p.plan;

-- With the rights of the caller; and not in a worker, which sees no temporary relation.
SELECT proname, prosecdef, proparallel FROM pg_proc WHERE pronamespace = 'credit_limit'::regnamespace AND proname IN ('demand_backtest',
  'train_demand') ORDER BY 1;

-- The truth is known: 300 accounts, months independent, a limit that one month in five reaches. The 0.9 quantile covers about that share of the accounts
-- whose
-- quantile lies below the limit; of the months that did not reach the limit it covers too many.
CREATE TABLE backtest_truth AS
SELECT a AS account_id, ('2023-01-01'::date + make_interval(months => m))::date AS month, l AS credit_limit, least(d, l) AS balance
FROM generate_series(1, 300) a, generate_series(0, 35) m,
  LATERAL (SELECT round(1000 * exp(0.5 * sqrt(-2 * ln(1 - draw(a, m))) * cos(2 * pi() * draw(m, a + 1000)))) AS d, 1300 + 900 * (a % 3) AS l) x;
SELECT n, n_coverage, coverage90 BETWEEN 0.88 AND 0.92 AS right_share
FROM demand_backtest('backtest_truth', '{"origins": 6, "methods": ["own"]}') WHERE origin IS NULL;
SELECT avg((t.balance <= demand_quantile(p.d, 0.9))::int) > 0.93 AS too_many
FROM (SELECT account_id, demand_agg(month, balance::numeric, credit_limit::numeric) AS d FROM backtest_truth WHERE month < '2025-07-01' GROUP BY 1) p
JOIN backtest_truth t USING (account_id) WHERE t.month >= '2025-07-01' AND t.balance < t.credit_limit;

-- Errors, and NULL.
SELECT count(*) FROM demand_backtest(NULL);
SELECT count(*) FROM demand_backtest('backtest_month', NULL);
CREATE TABLE backtest_short AS SELECT * FROM backtest_month WHERE month < '2024-11-01';
SELECT demand_backtest('backtest_short');
DELETE FROM backtest_short WHERE month > '2024-10-01';
SELECT demand_backtest('backtest_short');
DELETE FROM backtest_short;
SELECT demand_backtest('backtest_short');
INSERT INTO backtest_short SELECT * FROM backtest_month;
SELECT demand_backtest('backtest_short', '{"horizon": 12}');
-- A wrong year: nobody has a balance where origins are looked for. An account whose months cannot be is named.
INSERT INTO backtest_short (account_id, month, credit_limit, balance) VALUES (9999, '2062-03-01', 100, 10);
SELECT demand_backtest('backtest_short', '{"methods": ["maximum"]}');
SELECT demand_backtest('backtest_short', '{"methods": ["maximum"], "horizon": 3}');
DELETE FROM backtest_short WHERE month > '2062-01-01';
INSERT INTO backtest_short (account_id, month, credit_limit, balance) SELECT account_id, month, credit_limit + 1, balance FROM backtest_short
WHERE account_id = (SELECT min(account_id) FROM backtest_short) AND month = (SELECT min(month) FROM backtest_short);
SELECT demand_backtest('backtest_short', '{"methods": ["maximum"]}');
ALTER TABLE backtest_short ADD currency text;
UPDATE backtest_short SET currency = CASE WHEN account_id < 9 THEN 'EUR' ELSE 'USD' END;
SELECT demand_backtest('backtest_short');
UPDATE backtest_short SET currency = NULL WHERE account_id > 8;
SELECT demand_backtest('backtest_short');
ALTER TABLE backtest_short DROP balance;
SELECT demand_backtest('backtest_short');
SELECT demand_backtest('backtest_month', '{"columns": {"segment": "region"}}');
SELECT demand_backtest('backtest_month', '{"columns": {"account": "card"}}');
SELECT demand_backtest('backtest_month', '{"horizon": 2}');
SELECT demand_backtest('backtest_month', '{"origin": 3}');
SELECT demand_backtest('backtest_month', '{"methods": ["last_balance", "arima"]}');
SELECT demand_backtest('backtest_month', '{"own": {"family": "weibull"}}');
