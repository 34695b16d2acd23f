-- Vintages: accounts by cohort and months on book.
\set VERBOSITY terse
\i test/helpers.sql

-- By hand: of three accounts of January one was bad in its first month and is cured in its second; the cohort of February is younger.
CREATE TABLE account_month (cohort date, mob int, ever boolean, bad boolean, amount numeric);
INSERT INTO account_month VALUES ('2026-01-05', 0, false, false, 100), ('2026-01-20', 0, false, false, 50), ('2026-01-31', 0, false, false, 25.5),
  ('2026-01-05', 1, true, true, 80), ('2026-01-20', 1, false, false, 50), ('2026-01-31', 1, false, false, 30),
  ('2026-01-05', 2, true, false, 40), ('2026-01-20', 2, false, false, 60), ('2026-02-10', 0, false, false, 10), ('2026-02-10', 1, true, true, 0),
  (NULL, 1, false, false, 1), ('2026-01-01', NULL, false, false, 1), ('2026-01-01', 1, NULL, false, 1), ('2026-01-01', 1, false, NULL, 1),
  ('2026-01-01', 1, false, false, 'NaN');
SELECT vintage_agg(cohort, mob, ever, bad, amount) FROM account_month;
SELECT vintage_agg(cohort, mob, ever, bad) FROM account_month WHERE amount <> 'NaN';
SELECT cohort, months_on_book AS mob, n, n_cohort, round(ever_bad_rate::numeric, 4) AS ever, round(current_bad_rate::numeric, 4) AS bad, amount,
  round(ever_bad_amount_rate::numeric, 4) AS ever_amount, round(current_bad_amount_rate::numeric, 4) AS bad_amount
FROM vintage_curves((SELECT vintage_agg(cohort, mob, ever, bad, amount) FROM account_month), '2026-03-31');
-- Intervals by R 4.2, prop.test(x, n, correct = FALSE): 3 of 10.
SELECT near(low, 0.107791267406301) AS low, near(high, 0.603221852538855) AS high
FROM vintage_curves((SELECT vintage_agg('2026-01-01', 3, i <= 3, false) FROM generate_series(1, 10) i)) WHERE months_on_book = 3;

-- Against GROUP BY, over a book whose cohorts are of different ages.
CREATE TABLE book AS
SELECT i AS account_id, (DATE '2024-01-15' + make_interval(months => i % 24))::date AS opened, m AS mob,
  bool_or(draw(i, m) < 0.03) OVER (PARTITION BY i ORDER BY m) AS ever, draw(i, m) < 0.03 AS bad, round((1000 * draw(i, 100 + m))::numeric, 2) AS amount
FROM generate_series(1, 2000) i, generate_series(0, 23) m WHERE i % 24 + m < 24 AND draw(i, 200 + m) < 0.95;
CREATE TABLE whole AS SELECT vintage_agg(opened, mob, ever, bad, amount) AS v, vintage_agg(opened, mob, ever, bad) AS counts FROM book;
SELECT count(*) AS cells, count(*) FILTER (WHERE c.n > 0) AS with_rows,
  count(*) FILTER (WHERE (c.n, c.amount) IS DISTINCT FROM (coalesce(b.n, 0), b.amount) OR c.ever_bad_rate IS DISTINCT FROM b.ever
    OR c.current_bad_rate IS DISTINCT FROM b.bad OR b.n > 0 AND NOT (near(c.ever_bad_amount_rate, b.ever_amount)
    AND near(c.current_bad_amount_rate, b.bad_amount)) OR b.n IS NULL AND num_nonnulls(c.low, c.high, c.ever_bad_amount_rate, c.amount) > 0) AS differ,
  count(*) FILTER (WHERE c.ever_bad_rate IS NULL) = 24 * 23 / 2 AS too_young_are_null
FROM whole, vintage_curves(v, '2025-12-31') c LEFT JOIN (SELECT date_trunc('month', opened)::date AS cohort, mob AS months_on_book, count(*) AS n,
  sum(ever::int)::float8 / count(*) AS ever, sum(bad::int)::float8 / count(*) AS bad, sum(amount) AS amount,
  coalesce(sum(amount) FILTER (WHERE ever), 0)::float8 / sum(amount)::float8 AS ever_amount,
  coalesce(sum(amount) FILTER (WHERE bad), 0)::float8 / sum(amount)::float8 AS bad_amount FROM book GROUP BY 1, 2) b USING (cohort, months_on_book);
SELECT count(*) AS cells, count(*) FILTER (WHERE (a.n, a.ever_bad_rate, a.low, a.current_bad_rate) IS DISTINCT FROM
    (c.n, c.ever_bad_rate, c.low, c.current_bad_rate) OR c.amount IS NOT NULL) AS differ
FROM whole, vintage_curves(v) a JOIN LATERAL vintage_curves(counts) c USING (cohort, months_on_book);

-- The same bytes for any order, split, workers, and through text and bytes.
CREATE TABLE shuffled AS SELECT * FROM book ORDER BY draw(account_id, mob + 300);
SELECT (SELECT vintage_agg(opened, mob, ever, bad, amount) FROM shuffled) = v AS shuffled,
  (SELECT vintage_agg(opened, mob, ever, bad, amount::float8) FROM shuffled) = v AS float8,
  (SELECT rollup(p) FROM (SELECT vintage_agg(opened, mob, ever, bad, amount) AS p FROM shuffled GROUP BY account_id % 7) s) = v AS split,
  (SELECT rollup(p) FROM (SELECT vintage_agg(opened, mob, ever, bad, amount) AS p FROM book GROUP BY mob ORDER BY mob DESC) s) = v AS by_month,
  v::text::vintage = v AS text, v::bytea::vintage = v AS bytes, counts::text::vintage = counts AND counts::bytea::vintage = counts AS counts
FROM whole;
ANALYZE book;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT uses_parallel('SELECT vintage_agg(opened, mob, ever, bad, amount) FROM book') AS parallel,
  (SELECT vintage_agg(opened, mob, ever, bad, amount) FROM book) = v AS same FROM whole;
RESET max_parallel_workers_per_gather;

-- What is not known, and what cannot be.
SELECT vintage_agg(NULL, 1, true, true) AS nothing, vintage_agg('2026-01-01', 0, true, true) FILTER (WHERE false) IS NULL AS no_rows,
  rollup(NULL::vintage) IS NULL AS rollup;
SELECT count(*) AS rows FROM vintage_curves((SELECT vintage_agg(NULL, 1, true, true)));
SELECT count(*) AS rows FROM vintage_curves(NULL);
SELECT ever_bad_amount_rate, amount FROM vintage_curves((SELECT vintage_agg('2026-01-01', 0, true, true, a) FROM (VALUES (5.0), (-5)) v (a)));
SELECT count(*) FROM vintage_curves((SELECT vintage_agg('2026-01-01', 1200, false, false)));
SELECT vintage_agg('2026-01-01', -1, false, false);
SELECT vintage_agg('2026-01-01', 1201, false, false);
SELECT vintage_agg('2026-01-01', 1, false, true);
SELECT vintage_agg('infinity', 1, false, false);
SELECT vintage_agg('2026-01-01', 1, false, false, 0.00001);
SELECT vintage_agg('2026-01-01', 1, false, false, 'Infinity'::float8);
SELECT vintage_agg((DATE '1900-01-01' + make_interval(months => i))::date, 1, false, false) FROM generate_series(0, 1200) i;
SELECT vintage_curves(v, '2025-11-30') FROM whole;
SELECT count(*) AS rows FROM vintage_curves((SELECT vintage_agg('2026-01-01', 3, false, false)), '2026-04-01');
SELECT vintage_curves((SELECT vintage_agg('2026-01-01', 3, false, false)), '2026-03-31');
SELECT vintage_curves(v, 'infinity') FROM whole;
SELECT vintage_curves(v, NULL, 1) FROM whole;
SELECT vintage_curves(v, NULL, NULL) FROM whole;
SELECT rollup(p) FROM (SELECT v AS p FROM whole UNION ALL SELECT counts FROM whole) s;
SELECT '{"version": 1, "amounts": false, "n_skipped": 0, "cells": [["2026-01", 0, 5, 6, 0]]}'::vintage;
SELECT '{"version": 1, "amounts": false, "n_skipped": 0, "cells": [["2026-01", 0, 5, 1, 0], ["2026-01", 0, 5, 1, 0]]}'::vintage;
SELECT '{"version": 1, "amounts": true, "n_skipped": 0, "cells": [["2026-01", 0, 5, 0, 0, 100, 1, 0]]}'::vintage;
SELECT '{"version": 1, "amounts": true, "n_skipped": 0, "cells": [["2026-01", 0, 5, 1, 0]]}'::vintage;
SELECT '{"version": 1, "n_skipped": 0, "cells": [["2026-01", 0, 5, 1, 0]]}'::vintage;
SELECT '{"version": 1, "amounts": false, "n_skipped": 0, "cells": [["2026-13", 0, 5, 1, 0]]}'::vintage;
