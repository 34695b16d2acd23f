-- central_tendency: pd_bayes_adjust, pd_shift, pd_central_tendency.
\i test/helpers.sql
SET extra_float_digits = 0;

-- The correction for another prior: with a rate r in the sample and q in the population, p (q / r) by that plus (1 - p) (1 - q) / (1 - r).
SELECT pd_bayes_adjust(0.5, 0.5, 0.02), pd_bayes_adjust(0.3, 0.5, 0.5), pd_bayes_adjust(0, 0.5, 0.02), pd_bayes_adjust(1, 0.5, 0.02);
SELECT count(*) FILTER (WHERE NOT near_relative(pd_bayes_adjust(p, r, q), p * q / r / (p * q / r + (1 - p) * (1 - q) / (1 - r)), 1e-13)) AS wrong,
  count(*) FILTER (WHERE NOT near_relative(pd_bayes_adjust(pd_bayes_adjust(p, r, q), q, r), p, 1e-12)) AS not_undone, count(*)
FROM unnest('{1e-9, 0.001, 0.02, 0.3, 0.9, 0.9999}'::float8[]) p, unnest('{0.001, 0.05, 0.5, 0.97}'::float8[]) r, unnest('{0.0005, 0.02, 0.6}'::float8[]) q;
-- Exact: non-events thinned to one in ten leave the posterior odds ten times too high.
SELECT near_relative(pd_bayes_adjust(50.0 / (50 + 45), 100.0 / (100 + 190), 100.0 / (100 + 1900)), 50.0 / (50 + 450), 1e-14) AS exact;

-- A shift of log-odds, alone and with a slope; 0 and 1 stay; extreme shifts stay inside.
SELECT pd_shift(0.5, ln(3::float8)), pd_shift(0.2, 0), pd_shift(0, 5), pd_shift(1, -5), pd_shift(0.3, 1000), pd_shift(0.3, -1000) < 1e-300 AS small,
  near_relative(pd_shift(0.2, 0, 2), 1 / 17.0, 1e-14) AS squared_odds, pd_shift(0.2, -1, 0), pd_shift(0, 1, 2), pd_shift(1, 1, -2);
SELECT count(*) FILTER (WHERE NOT near_relative(ln(q / (1 - q)), ln(p / (1 - p)) + s, 1e-10)) AS wrong, count(*) FILTER (WHERE NOT near_relative(pd_shift(q, -s), p, 1e-12)) AS not_undone
FROM unnest('{1e-9, 0.001, 0.02, 0.3, 0.9}'::float8[]) p, unnest('{-3, -0.1, 1e-9, 2}'::float8[]) s, LATERAL (SELECT pd_shift(p, s)) v (q);
SELECT pd_shift(NULL, 1) IS NULL AND pd_shift(0.5, 'NaN') IS NULL AND pd_shift('NaN', 1) IS NULL AND pd_bayes_adjust('NaN', 0.1, 0.1) IS NULL
  AND pd_bayes_adjust(0.1, NULL, 0.1) IS NULL AND pd_bayes_adjust(0.1, 0.1, 'NaN') IS NULL AS missing;

-- 300 PDs brought to a target; shifts by R 4.2: uniroot(function(s) sum(w * plogis(qlogis(pd) + s)) / sum(w) - target, tol = 1e-15).
CREATE TABLE sample AS
SELECT i, (1 + i * 37 % 101) / 250.0 AS pd, (i * i * 7 + i * 13) % 97 * 2500 < 97 * (1 + i * 37 % 101) * 12 AS event,
  (1 + i % 3)::float8 AS weight
FROM generate_series(1, 300) i;
SELECT n, n_skipped, near_relative(mean_pd, 0.20478666666666667, 1e-14) AS mean_pd, target, near_relative(shift, -1.6677733960524845, 1e-13) AS shift, n_fixed,
  near_relative(factor, 0.05 / 0.20478666666666667, 1e-14) AS factor, n_above_one, status
FROM (SELECT (pd_central_tendency(pd, 0.05)).* FROM sample) s;
SELECT near_relative((pd_central_tendency(pd, 0.3)).shift, 0.56530830806692056, 1e-13) AS shift, near_relative((pd_central_tendency(pd, 0.05, weight)).shift, -1.6655671400383216, 1e-13) AS w05,
  near_relative((pd_central_tendency(pd, 0.3, weight)).shift, 0.56867783469569244, 1e-13) AS w30, near_relative((pd_central_tendency(pd, 0.3, weight)).mean_pd, 0.20435999999999999, 1e-14) AS mean
FROM sample;
-- The mean after it is the target, from 1e-9 to nearly 1, for PDs of every size; the order stays.
SELECT target, near_relative((SELECT avg(pd_shift(pd, shift)) FROM generate_series(1, 500) g, LATERAL (SELECT exp(-20.0 * g / 501)) v (pd)), target, 1e-12) AS reached,
  n_above_one, status
FROM unnest('{1e-9, 1e-4, 0.02, 0.5, 0.999}'::float8[]) goal,
  LATERAL (SELECT (pd_central_tendency(exp(-20.0 * g / 501), goal)).* FROM generate_series(1, 500) g) c ORDER BY target;
-- What the factor would push above 1, counted row by row.
SELECT (c).n_above_one, (SELECT count(*) FROM sample WHERE pd * (c).factor > 1) AS by_sql FROM (SELECT pd_central_tendency(pd, 0.7) AS c FROM sample) s;

-- PDs of exactly 0 and 1 stay, the others make up for them; where they cannot, that is said.
SELECT shift, n_fixed, (SELECT avg(pd_shift(p, shift)) FROM unnest('{0, 0.1, 0.2, 1}'::float8[]) p) AS mean, status
FROM (SELECT (pd_central_tendency(p, 0.4)).* FROM unnest('{0, 0.1, 0.2, 1}'::float8[]) p) s;
SELECT target, mean_pd, shift, n_fixed, factor, n_above_one, status FROM unnest('{0.2, 0.25, 0.75, 0.8}'::float8[]) goal,
  LATERAL (SELECT (pd_central_tendency(p, goal)).* FROM unnest('{0, 0.1, 0.2, 1}'::float8[]) p) s ORDER BY 1;
SELECT mean_pd, shift, factor, n_above_one, status FROM (SELECT (pd_central_tendency(p, 0.2)).* FROM unnest('{0, 0}'::float8[]) p) s;

-- From a stored calibration; numeric and float8; integer weights are repeated rows; Bayes' correction is the shift of the rates.
SELECT pd_central_tendency(calibration_agg(pd, event), 0.05) = pd_central_tendency(pd, 0.05) AS stored, pd_central_tendency(pd::float8, 0.05) = pd_central_tendency(pd, 0.05) AS float8,
  pd_central_tendency(pd::float8, 0.05, weight) = pd_central_tendency(pd, 0.05, weight) AS weighted FROM sample;
SELECT near_relative(a.shift, b.shift, 1e-14) AND a.n_above_one < b.n_above_one AS repeated
FROM (SELECT (pd_central_tendency(pd, 0.7, weight)).* FROM sample) a, (SELECT (pd_central_tendency(pd, 0.7)).* FROM sample, generate_series(1, weight::int)) b;
SELECT near_relative((pd_central_tendency(p, 0.02)).shift, ln(0.02 / 0.98) - ln(0.5 / 0.5), 1e-13) AS bayes FROM unnest('{0.5, 0.5}'::float8[]) p;

-- No rows, rows that are left out.
SELECT pd_central_tendency(pd, 0.1) IS NULL AS none FROM sample WHERE i < 0;
SELECT pd_central_tendency(NULL::numeric, 0.1), pd_central_tendency(pd, NULL), pd_central_tendency(pd, 0.1, 'NaN') FROM sample;
SELECT pd_central_tendency('{"version": 1, "n_skipped": 2, "values": []}'::calibration, 0.1), pd_central_tendency(NULL::calibration, 0.1) IS NULL AS null;

-- Any split and any plan.
CREATE TABLE book AS SELECT g, CASE WHEN g % 100 > 0 THEN ((g * 7919::bigint) % 100003) / 100003.0::float8 END AS pd, 1 + g % 5 AS weight FROM generate_series(1, 100000) g;
ALTER TABLE book SET (parallel_workers = 2);
CREATE TABLE serial AS SELECT pd_central_tendency(pd, 0.03) AS c, pd_central_tendency(pd, 0.03, weight / 3.0) AS w FROM book;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.pd_central_tendency(pd, 0.03) FROM book');
SELECT p.c = serial.c AS same, near_relative((p.w).shift, (serial.w).shift, 1e-13) AND (p.w).n_skipped = 1000 AS weighted
FROM serial, (SELECT pd_central_tendency(pd, 0.03) AS c, pd_central_tendency(pd, 0.03, weight / 3.0) AS w FROM book) p;
SELECT pd_central_tendency(pd, 0.1) IS NULL AS nothing FROM book WHERE pd > 2;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT array_agg(round((c).mean_pd::numeric, 6)) FROM (SELECT pd_central_tendency(pd, 0.1) OVER (ORDER BY i) AS c FROM sample WHERE i <= 4) s;

-- Mistakes.
SELECT pd_bayes_adjust(1.5, 0.1, 0.1);
SELECT pd_bayes_adjust(0.5, 0, 0.1);
SELECT pd_bayes_adjust(0.5, 0.1, 2);
SELECT pd_shift(-0.5, 0);
SELECT pd_shift(0.5, 'Infinity');
SELECT pd_shift(0.5, 0, '-Infinity');
SELECT pd_central_tendency(0.5, 1);
SELECT pd_central_tendency(1.5::float8, 0.1);
SELECT pd_central_tendency(0.5, 0.1, -1);
SELECT pd_central_tendency(0.5, t) FROM unnest('{0.1, 0.2}'::float8[]) t;
SELECT pd_central_tendency('{"version": 1, "values": []}'::calibration, 0);
