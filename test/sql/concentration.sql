-- How unequal amounts are: index, coefficient, curve, share of the largest. What is expected comes from published examples and plain SQL.
\set VERBOSITY terse
\i test/helpers.sql

-- Four firms with 30, 30, 20 and 20 percent: 2600 points (U.S. Horizontal Merger Guidelines 2010, 5.3, note 9). 1 to 10: Gini (n - 1) / (3 n) = 0.3.
SELECT round(10000 * hhi(concentration_agg(x))) AS hhi FROM unnest('{30, 30, 20, 20}'::numeric[]) x;
SELECT s.n, s.total, near(s.gini, 0.3, 1e-15) AS gini, s.gini_missing, near(s.hhi, 385 / 55.0 ^ 2, 1e-15) AS hhi,
  near(s.effective_number, 55.0 ^ 2 / 385, 1e-14) AS effective, near(s.hhi_normalised, (385 / 55.0 ^ 2 - 0.1) / 0.9, 1e-14) AS normalised,
  near(s.largest_share, 10 / 55.0, 1e-15) AS largest
FROM (SELECT concentration_agg(i::numeric) AS c FROM generate_series(1, 10) i) x, concentration_stats(c) s;
-- All equal, one has everything, one alone, zeros, credit balances, unknown.
SELECT what, s.n, s.n_zero, s.n_skipped, s.total, s.hhi, s.hhi_normalised, s.gini, s.largest_share
FROM (VALUES ('equal', '{7, 7, 7, 7}'::float8[]), ('one', '{0, 0, 0, 5}'),
  ('alone', '{3}'), ('nothing', '{0, 0}'), ('credit', '{-5, 5, 5}'), ('unknown', '{NULL, NaN, 2}'), ('none known', '{NULL}')) v (what, amounts),
  LATERAL (SELECT concentration_agg(x) AS c FROM unnest(amounts) x) a, concentration_stats(c) s;
SELECT hhi(c) IS NULL AS hhi, gini_coefficient(c) IS NULL AS gini, top_share(c, 1) IS NULL AS top, (SELECT count(amount_share) FROM lorenz_curve(c)) AS curve
FROM (SELECT concentration_agg(0::numeric) AS c) x;
SELECT concentration_agg(x) IS NULL AS no_rows FROM (SELECT 1::float8 AS x WHERE false) s;
SELECT hhi(NULL) IS NULL AS hhi, top_share(c, NULL) IS NULL AS top, (SELECT count(*) FROM lorenz_curve(NULL)) AS curve,
  (SELECT count(*) FROM lorenz_curve(c, NULL)) AS points FROM (SELECT concentration_agg(1::numeric) AS c) x;

-- Against plain SQL: of few distinct amounts exactly, of many as near as the documents say. A third has nothing; a few are very large.
CREATE TABLE holding AS SELECT i AS borrower,
  CASE WHEN i % 3 = 0 THEN 0 ELSE round((exp(4 + 2.2 * (draw(i, 1) + draw(i, 2) + draw(i, 3) + draw(i, 4) - 2)))::numeric, 2) END AS balance,
  CASE WHEN i % 3 = 0 THEN 0 ELSE 50 * ceil(100 * draw(i, 5) ^ 3) END AS rounded FROM generate_series(1, 30000) i;
CREATE VIEW ranked AS SELECT v.what, v.x, row_number() OVER (PARTITION BY v.what ORDER BY v.x) AS place, count(*) OVER (PARTITION BY v.what)::numeric AS n,
  sum(v.x) OVER (PARTITION BY v.what) AS total, sum(v.x) OVER (PARTITION BY v.what ORDER BY v.x ROWS UNBOUNDED PRECEDING) AS up_to
FROM holding, LATERAL (VALUES ('many', balance), ('few', rounded::numeric)) v (what, x);
CREATE TABLE summed AS SELECT v.what, concentration_agg(v.x) AS c
FROM holding, LATERAL (VALUES ('many', balance), ('few', rounded::numeric)) v (what, x) GROUP BY 1;
SELECT what, d.n AS distinct, s.n_zero, near(s.total, b.total, 1e-14) AS total, near(s.hhi, h, 1e-14) AS hhi, s.gini_missing > 0 AS missing,
  g - s.gini BETWEEN -1e-13 AND s.gini_missing + 1e-13 AS gini, s.gini_missing < 1e-6 AS little, near(s.largest_share, m / b.total, 1e-14) AS largest
FROM summed, concentration_stats(c) s, LATERAL (SELECT max(total) AS total, sum(x * x) / max(total) ^ 2 AS h, max(x) AS m,
  1 - sum(2 * up_to - x) / max(n) / max(total) AS g FROM ranked r WHERE r.what = summed.what) b,
  LATERAL (SELECT count(DISTINCT x) AS n FROM ranked r WHERE r.what = summed.what AND x > 0) d ORDER BY 1;
SELECT what, count(*) AS tops, max(abs(top_share(c, k) - b.top / b.total)) < 1e-12 AS exact, max(abs(top_share(c, k) / (b.top / b.total) - 1)) < 0.004 AS near
FROM summed, unnest('{1, 2, 10, 300, 19000, 29999, 30000, 40000}'::int[]) k,
  LATERAL (SELECT sum(x) FILTER (WHERE place > n - k) AS top, max(total) AS total FROM ranked r WHERE r.what = summed.what) b GROUP BY 1 ORDER BY 1;
SELECT s.what, count(*) AS points, max(abs(l.amount_share - r.up_to / r.total)) < CASE s.what WHEN 'few' THEN 1e-13 ELSE 1e-5 END AS near
FROM summed s, lorenz_curve(c, 40) l JOIN ranked r ON r.place = round((l.population_share * 30000)::numeric) WHERE r.what = s.what GROUP BY 1 ORDER BY 1;
-- Between amounts the curve is straight: of 1 and 3 the first third is two thirds of the 1, a sixth of 4; two thirds are the 1 and a third of the 3.
SELECT population_share, amount_share FROM lorenz_curve((SELECT concentration_agg(x) FROM unnest('{1, 3}'::numeric[]) x), 3);

-- Any order, split and plan: the same bytes, on either side of the number of distinct amounts from which they are grouped.
CREATE FUNCTION bytes(concentration) RETURNS text LANGUAGE sql RETURN md5(credit_limit_internal.concentration_send($1));
SELECT k, count(DISTINCT b) AS values, bool_or(g) AS grouped FROM unnest('{8191, 8192, 8193, 20000}'::int[]) k, LATERAL (
  SELECT bytes(c) AS b, c::text LIKE '%squares%' AS g FROM (SELECT concentration_agg(sqrt(i)) AS c FROM generate_series(1, k) i) s
  UNION ALL SELECT bytes(c), false FROM (SELECT concentration_agg(sqrt(i) ORDER BY md5(i::text)) AS c FROM generate_series(1, k) i) s
  UNION ALL SELECT bytes(rollup(c)), false FROM (SELECT concentration_agg(sqrt(i)) AS c FROM generate_series(1, k) i GROUP BY i % 3) s
  UNION ALL SELECT bytes(rollup(c)), false FROM (SELECT concentration_agg(sqrt(i)) AS c FROM generate_series(1, k) i GROUP BY i > 8192) s
  UNION ALL SELECT bytes(c::text::concentration), false FROM (SELECT concentration_agg(sqrt(i)) AS c FROM generate_series(1, k) i) s
  UNION ALL SELECT bytes(c::bytea::concentration), false FROM (SELECT concentration_agg(sqrt(i)) AS c FROM generate_series(1, k) i) s) p GROUP BY k ORDER BY k;
SELECT concentration_agg(x) = concentration_agg(x::float8) AS numeric_or_float8, concentration_agg(x)
FROM unnest('{0.1, 0.1, 0.1, 0, NULL, 12.25}'::numeric[]) x;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 3;
SELECT uses_parallel('SELECT concentration_agg(balance) FROM holding') AS parallel;
SELECT bytes(concentration_agg(balance)) = (SELECT bytes(c) FROM summed WHERE what = 'many') AS parallel FROM holding;
SET parallel_leader_participation = off;
SELECT bytes(concentration_agg(balance)) = (SELECT bytes(c) FROM summed WHERE what = 'many') AS workers FROM holding;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
RESET parallel_leader_participation;
SELECT pg_column_size(c) < 140000 AS small FROM summed WHERE what = 'many';

-- Mistakes.
SELECT concentration_agg('Infinity'::float8);
SELECT concentration_agg(1e-200::float8);
SELECT top_share(concentration_agg(1::numeric), 0);
SELECT lorenz_curve(concentration_agg(1::numeric), 0);
SELECT '{"version": 1, "n": 2, "n_zero": 0, "n_skipped": 0, "cells": [[10, 1]]}'::concentration;
SELECT '{"version": 1, "n": 2, "n_zero": 0, "n_skipped": 0, "cells": [[10, 1], [10, 1]]}'::concentration;
SELECT '{"version": 1, "n": 2, "n_zero": 1, "n_skipped": 0, "cells": [[10, 2]]}'::concentration;
SELECT '{"version": 1, "n": 2, "n_zero": 0, "n_skipped": 0, "squares": 200, "cells": [[10, 2, 30]]}'::concentration;
SELECT '{"version": 1, "n": 2, "n_zero": 0, "n_skipped": 0, "squares": 300, "cells": [[10, 2, 20]]}'::concentration;
SELECT '{"version": 1, "n": 2, "n_zero": 0, "n_skipped": 0, "squares": 200, "cells": [[10.1, 2, 20.2]]}'::concentration;
SELECT '{"version": 1, "n": 1, "n_zero": 0, "n_skipped": 0, "cells": [[1e-120, 1]]}'::concentration;
