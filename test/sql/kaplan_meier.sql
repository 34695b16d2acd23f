-- kaplan_meier: the curve of censored amounts.
\i test/helpers.sql

-- The 6-MP arm of Freireich et al. 1963, the classic example; against R 4.2, survival 3.5:
--   f <- survfit(Surv(t, e) ~ 1); summary(f, censored = TRUE); quantile(f, c(0.1, 0.25, 0.5, 0.6))    6 13 23 NA
CREATE TABLE arm AS SELECT t, NOT e AS censored FROM unnest('{6,6,6,6,7,9,10,10,11,13,16,17,19,20,22,23,25,32,32,34,35}'::numeric[],
  '{t,t,t,f,t,f,t,f,f,t,t,f,f,f,t,t,f,f,f,f,f}'::boolean[]) a (t, e);
CREATE TABLE by_r (amount float8, n_risk int, n_event int, n_censored int, survival float8, std_error float8);
INSERT INTO by_r VALUES
  (6, 21, 3, 1, 0.857142857143, 0.07636035483), (7, 17, 1, 0, 0.806722689076, 0.08693528518), (9, 16, 0, 1, 0.806722689076, 0.08693528518),
  (10, 15, 1, 1, 0.752941176471, 0.09634965299), (11, 13, 0, 1, 0.752941176471, 0.09634965299), (13, 12, 1, 0, 0.690196078431, 0.10681470778),
  (16, 11, 1, 0, 0.627450980392, 0.11405386526), (17, 10, 0, 1, 0.627450980392, 0.11405386526), (19, 9, 0, 1, 0.627450980392, 0.11405386526),
  (20, 8, 0, 1, 0.627450980392, 0.11405386526), (22, 7, 1, 0, 0.537815126050, 0.12823375169), (23, 6, 1, 0, 0.448179271709, 0.13459145676),
  (25, 5, 0, 1, 0.448179271709, 0.13459145676), (32, 4, 0, 2, 0.448179271709, 0.13459145676), (34, 2, 0, 1, 0.448179271709, 0.13459145676),
  (35, 1, 0, 1, 0.448179271709, 0.13459145676);
SELECT amount, k.n_risk = r.n_risk AND k.n_event = r.n_event AND k.n_censored = r.n_censored AS counts, abs(k.survival - r.survival) < 1e-11 AS survival,
  abs(k.std_error - r.std_error) < 1e-10 AS std_error
FROM kaplan_meier_table((SELECT kaplan_meier_agg(t, censored) FROM arm)) k FULL JOIN by_r r USING (amount) ORDER BY amount;
SELECT p, kaplan_meier_quantile(k, p) FROM (SELECT kaplan_meier_agg(t, censored) AS k FROM arm) s, unnest('{0, 0.1, 0.25, 0.5, 0.55, 0.6, 1}'::float8[]) p;

-- Without censoring it is the distribution of the amounts; products of fractions are equal to what they are on paper.
SELECT count(*) AS n, bool_and(abs(survival - (1 - g / 1000.0)) < 1e-12) AS survival, bool_and(n_censored = 0) AS none, count(*) FILTER (WHERE std_error IS NULL) AS at_zero
FROM kaplan_meier_table((SELECT kaplan_meier_agg(g::float8, false) FROM generate_series(1, 1000) g)) k, LATERAL (SELECT k.amount AS g) l;
SELECT bool_and(kaplan_meier_quantile(k, g / 1000.0) = g) AS quantiles FROM (SELECT kaplan_meier_agg(g::float8, false) AS k FROM generate_series(1, 1000) g) s, generate_series(1, 1000) g;

-- What is not known.
SELECT kaplan_meier_agg(t, censored) IS NULL AS no_rows FROM arm WHERE false;
SELECT kaplan_meier_agg(t, c) FROM (VALUES (5, NULL), (NULL, true), ('NaN'::numeric, false), (5, false), (5, true), (-3, false)) v (t, c);
SELECT count(*) AS rows, bool_and(kaplan_meier_quantile(k, 0.5) IS NULL) AS quantile FROM (SELECT kaplan_meier_agg(NULL::numeric, true) AS k) s, kaplan_meier_table(k);
SELECT kaplan_meier_quantile(kaplan_meier_agg(t, true), 0.01) IS NULL AS all_censored, kaplan_meier_quantile(NULL, 0.5) IS NULL AS none FROM arm;

-- Any order, split and plan: the same bytes.
CREATE TABLE amount AS SELECT g, (1000 + g * 7919 % 5000)::numeric(14,2) AS t, g % 3 = 0 AS censored FROM generate_series(1, 50000) g;
CREATE TABLE whole AS SELECT kaplan_meier_agg(t, censored) AS k FROM amount;
SELECT credit_limit_internal.kaplan_meier_send(rollup(p)) = (SELECT credit_limit_internal.kaplan_meier_send(k) FROM whole) AS split FROM (SELECT kaplan_meier_agg(t, censored) AS p FROM amount GROUP BY g % 13) s;
SELECT credit_limit_internal.kaplan_meier_send(kaplan_meier_agg(t::float8, censored ORDER BY t DESC)) = (SELECT credit_limit_internal.kaplan_meier_send(k) FROM whole) AS ordered FROM amount;
ALTER TABLE amount SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT kaplan_meier_agg(t, censored) FROM amount;
SELECT credit_limit_internal.kaplan_meier_send(kaplan_meier_agg(t, censored)) = (SELECT credit_limit_internal.kaplan_meier_send(k) FROM whole) AS parallel FROM amount;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT credit_limit_internal.kaplan_meier_send(k::text::kaplan_meier) = credit_limit_internal.kaplan_meier_send(k) AS text FROM whole;

-- The largest amounts, too: a dump can be restored.
SELECT credit_limit_internal.kaplan_meier_send(k::text::kaplan_meier) = credit_limit_internal.kaplan_meier_send(k) AS largest
FROM (SELECT kaplan_meier_agg(x, true) AS k FROM unnest('{1e305, -1.7976931348623157e308, 1.7976931348623157e308}'::float8[]) x) s;

-- Beside the lognormal estimate of demand: where the curve says anything, both agree on lognormal data.
SELECT setseed(0.5);
SELECT p, abs(kaplan_meier_quantile(k, p) / demand_quantile(d, p) - 1) < 0.03 AS near, kaplan_meier_quantile(k, p) IS NULL AS beyond_the_limit
FROM (SELECT kaplan_meier_agg(least(x, 2000), x >= 2000) AS k, demand_agg(least(x, 2000), 2000, '{"tolerance": 0}') AS d
      FROM (SELECT exp(7 + 0.6 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) AS x FROM generate_series(1, 20000)) s) q,
  unnest('{0.1, 0.5, 0.8, 0.95}'::float8[]) p;

-- Mistakes.
SELECT kaplan_meier_agg('Infinity'::float8, true);
SELECT kaplan_meier_quantile(kaplan_meier_agg(1, true), 1.1);
SELECT '{"version": 1, "n_skipped": 0, "amounts": [[2, 1, 0], [1, 1, 0]]}'::kaplan_meier;
SELECT '{"version": 1, "n_skipped": 0, "amounts": [[2, 1, 0, 1.5, 0, 0, 0]]}'::kaplan_meier;
SELECT '{"version": 1, "n_skipped": -1, "amounts": []}'::kaplan_meier;
