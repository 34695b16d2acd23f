-- utilization: the ratio, the summary type and its aggregate.
\i test/helpers.sql

-- One account.
SELECT utilization(450, 1000), utilization(1200.50, 1000), utilization(-50, 1000), utilization(0, 1000);
SELECT utilization(0, 0) AS nothing, utilization(-1, 0) AS credit, utilization(0.01, 0) AS drawn, utilization(NULL, 1) AS unknown;
SELECT utilization(450::float8, 1000::float8), utilization(0::float8, 0::float8) AS nothing, utilization(5::float8, 0::float8) AS drawn;
SELECT utilization(10, -1);
SELECT utilization(10::float8, -1::float8);
SELECT utilization('NaN'::float8, 1::float8);
SELECT utilization(1::float8, 'Infinity'::float8);

-- The summary, by hand: ratios 0.5, 0, 1.2, -0.055, and one account without limit or balance.
CREATE TABLE account (product text, balance numeric(14,2), credit_limit numeric(14,2));
INSERT INTO account VALUES ('card', 50, 100), ('card', 0, 100), ('card', NULL, 5), ('card', 5, NULL), ('card', 120, 100),
  ('card', 0, 0), ('card', -5.5, 100);
SELECT n, balance, credit_limit, unused, over_limit, ratio, mean, round(stddev::numeric, 12) AS stddev,
  share_idle, share_above_90, p10, p50, round(p90::numeric, 12) AS p90, n_undefined
FROM utilization_stats((SELECT utilization_agg(balance, credit_limit) FROM account));
SELECT utilization_agg(balance, credit_limit) FROM account;

-- The four ways to see no account, and accounts without a ratio.
SELECT utilization_agg(balance, credit_limit) IS NULL AS no_rows FROM account WHERE false;
SELECT utilization_agg(NULL::numeric, 5) IS NULL AS all_null, rollup(NULL::utilization) IS NULL AS rollup_null FROM account;
SELECT * FROM utilization_stats((SELECT utilization_agg(0, 0)));
SELECT n, over_limit, ratio, mean, share_idle, share_above_90, p50, n_undefined
FROM utilization_stats((SELECT utilization_agg(b, 0) FROM (VALUES (5), (0)) v (b)));
SELECT share_above(u, 1) IS NULL AS above, utilization_quantile(u, 0.5) IS NULL AS quantile FROM (SELECT utilization_agg(0, 0) u) s;

-- A book of 20,000 accounts against plain SQL; seeded, so every run sees the same.
SELECT setseed(0.4238);
INSERT INTO account
SELECT (ARRAY['card', 'line', 'business'])[1 + g % 3], CASE WHEN random() < 0.25 THEN 0 ELSE round((l * random() * 1.1)::numeric, 2) END, l
FROM (SELECT g, round((exp(7 + 2 * random()))::numeric, 2) AS l FROM generate_series(1, 20000) g) s;

CREATE TABLE by_sql AS
SELECT product, count(*) AS n, sum(balance) AS balance, sum(credit_limit) AS credit_limit,
  sum(greatest(credit_limit - greatest(balance, 0), 0)) AS unused, sum(greatest(greatest(balance, 0) - credit_limit, 0)) AS over_limit,
  sum(balance) / sum(credit_limit) AS ratio, avg(r) AS mean, stddev(r) AS stddev,
  avg((balance <= 0)::int) FILTER (WHERE r IS NOT NULL) AS share_idle, avg((r > 0.9)::int) AS share_above_90,
  avg((r > 1)::int) AS share_over, percentile_disc(ARRAY[0.1, 0.5, 0.9]) WITHIN GROUP (ORDER BY greatest(r, 0)) AS p
FROM (SELECT *, balance / nullif(credit_limit, 0) AS r FROM account) a
WHERE balance IS NOT NULL AND credit_limit IS NOT NULL GROUP BY product;

CREATE TABLE ours AS SELECT product, utilization_agg(balance, credit_limit) AS u FROM account GROUP BY product;

-- Money exactly, floats to 1e-12 relative, quantiles to the grid of 0.001 (0.01 over the limit).
SELECT product, s.n = q.n AS n, s.balance = q.balance AS balance, s.credit_limit = q.credit_limit AS credit_limit,
  s.unused = q.unused AS unused, s.over_limit = q.over_limit AS over_limit, near(s.ratio, q.ratio::float8, 1e-14) AS ratio,
  near(s.mean, q.mean::float8, 1e-12) AS mean, near(s.stddev, q.stddev::float8, 1e-12) AS stddev,
  near(s.share_idle, q.share_idle::float8, 1e-14) AS idle, near(s.share_above_90, q.share_above_90::float8, 1e-14) AS above_90,
  near(share_above(u, 1), q.share_over::float8, 1e-14) AS over, abs(s.p10 - q.p[1]) <= 0.001 AS p10,
  abs(s.p50 - q.p[2]) <= 0.001 AS p50, abs(s.p90 - q.p[3]) <= 0.01 AS p90
FROM ours JOIN by_sql q USING (product), utilization_stats(u) s ORDER BY product;

-- Shares above every thousandth are exact: nothing is ever in the wrong cell.
SELECT count(*) AS wrong
FROM generate_series(0, 1000) k,
  (SELECT utilization_agg(balance, credit_limit) AS u, array_agg(balance / credit_limit) AS r FROM account
   WHERE credit_limit > 0 AND product = 'line') s
WHERE abs(share_above(u, k / 1000.0) - (SELECT avg((x > k / 1000.0)::int) FROM unnest(r) x)::float8) > 1e-14;
SELECT count(*) FILTER (WHERE share_above(u, b / 1000.0) <> 0 OR share_above(u, (b - 1) / 1000.0) <> 1) AS wrong
FROM (SELECT b, utilization_agg(b * m, 1000 * m) AS u FROM generate_series(1, 1000) b, unnest('{0.01, 0.07, 1, 3.33}'::numeric[]) m
      GROUP BY b) s;

-- Over the limit the grid is coarser, and its answers stay between the neighbours.
SELECT share_above(u, 1), share_above(u, 1.5), share_above(u, 2), share_above(u, 1e9), share_above(u, 'Infinity'),
  utilization_quantile(u, 0), utilization_quantile(u, 0.25), utilization_quantile(u, 0.5), utilization_quantile(u, 0.75), utilization_quantile(u, 1)
FROM (SELECT utilization_agg(b, 100) AS u FROM unnest('{100, 150, 200, 2e10}'::numeric[]) b) s;
SELECT utilization_quantile(u, 1), share_above(u, 1e300), share_above(u, 5) FROM (SELECT utilization_agg(b, l) AS u FROM (VALUES (1, 0), (1, 1)) v (b, l)) s;
-- Beyond 2^20 ratios are not told apart: 5,000,000, 6,000,000 and 7,000,000 were 1048576, and none of them above 2,000,000.
SELECT utilization_quantile(u, 0.5) AS quantile, utilization_quantile_at_least(u, 0.5) AS at_least, s.p50, share_above(u, 2000000) AS above,
  share_above_at_least(u, 2000000) AS above_at_least, share_above(u, 1048576), utilization_quantile(u, 0.2) AS inside, utilization_quantile(u, 1) AS highest
FROM (SELECT utilization_agg(b, l) AS u FROM (VALUES (50000, 0.01), (60000, 0.01), (70000, 0.01), (1, 2), (1, 0)) v (b, l)) q, utilization_stats(u) s;
SELECT share_above(u, 2000000), share_above_at_least(u, 2000000), utilization_quantile_at_least(u, 1) FROM (SELECT utilization_agg(1, 2) AS u) q;
SELECT share_above_at_least(utilization_agg(0, 0), 1) IS NULL AS above, utilization_quantile_at_least(utilization_agg(0, 0), 1) IS NULL AS quantile;
SELECT share_above(u, -0.1) FROM ours LIMIT 1;
SELECT share_above(u, 'NaN') FROM ours LIMIT 1;
SELECT utilization_quantile(u, 1.5) FROM ours LIMIT 1;

-- Any split, any order, any plan.
SELECT product, r = u AS same
FROM (SELECT product, rollup(part) AS r
      FROM (SELECT product, g, utilization_agg(balance, credit_limit) AS part
            FROM (SELECT *, (row_number() OVER ()) % 7 AS g FROM account) a GROUP BY product, g) p GROUP BY product) q
  JOIN ours USING (product) ORDER BY product;
SELECT product, u = r AS same
FROM ours JOIN (SELECT product, utilization_agg(balance, credit_limit ORDER BY balance DESC, credit_limit) AS r FROM account GROUP BY product) s
  USING (product) ORDER BY product;

ALTER TABLE account SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.utilization_agg(balance, credit_limit) FROM account');
SELECT product, s.n = q.n AND s.balance = q.balance AND s.credit_limit = q.credit_limit AND s.unused = q.unused
  AND s.over_limit = q.over_limit AND near(s.mean, q.mean::float8, 1e-12) AND near(s.stddev, q.stddev::float8, 1e-12) AS same, a.u = o.u AS equal
FROM (SELECT product, utilization_agg(balance, credit_limit) AS u FROM account GROUP BY product) a JOIN by_sql q USING (product) JOIN ours o USING (product),
  utilization_stats(a.u) s ORDER BY product;
-- Workers that see nothing, and workers that see only NULL.
SELECT utilization_agg(balance, credit_limit) IS NULL AS nothing FROM account WHERE balance < -1000000;
SELECT utilization_agg(NULLIF(balance, balance), credit_limit) IS NULL AS only_null FROM account;
SELECT (utilization_stats(utilization_agg(balance, credit_limit) FILTER (WHERE product = 'card' AND balance = -5.5))).n FROM account;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- As a window aggregate: the final function leaves the state alone.
SELECT array_agg(n ORDER BY n) FROM (SELECT (utilization_stats(utilization_agg(b, 100) OVER (ORDER BY b))).n FROM generate_series(1, 5) b) s;

-- float8 (and integer columns): amounts to six decimals, so the binary noise of 0.1 + 0.2 does not show.
SELECT balance, credit_limit, unused FROM utilization_stats((SELECT utilization_agg(b, l) FROM (VALUES (0.1::float8, 1::float8), (0.2, 1)) v (b, l)));
SELECT product, s.balance = q.balance AND s.unused = q.unused AND near(s.mean, q.mean::float8, 1e-12) AS same
FROM (SELECT product, utilization_agg(balance::float8, credit_limit::float8) AS u FROM account GROUP BY product) a JOIN by_sql q USING (product),
  utilization_stats(u) s ORDER BY product;
SELECT balance, over_limit FROM utilization_stats((SELECT utilization_agg(b, 100) FROM generate_series(99, 101) b));
SELECT balance FROM utilization_stats((SELECT utilization_agg(b, 100) FROM unnest('{1, 0.5, 0.000001}'::float8[]) b));
SELECT utilization_agg(1e13::float8, 1::float8);
SELECT utilization_agg('Infinity'::float8, 1::float8);
SELECT utilization_agg(1::float8, -1::float8);
SELECT utilization_agg(1::numeric, -0.01);
-- numeric and float8 summaries merge; so do summaries of different scales.
SELECT balance, n FROM utilization_stats((SELECT rollup(u) FROM (SELECT utilization_agg(0.5::float8, 1::float8) AS u
  UNION ALL SELECT utilization_agg(0.25, 1.000) UNION ALL SELECT utilization_agg(1e-19, 1) UNION ALL SELECT utilization_agg(1e30, 1e30)) s));
-- Yen, cents, mills: how many zeros an amount was written with is not kept.
SELECT balance FROM utilization_stats((SELECT utilization_agg(b, 10) FROM unnest('{5, 1.5, 0.125, 2.00}'::numeric[]) b));
SELECT utilization_agg(b, 10.00 ORDER BY b) = utilization_agg(trim_scale(b), 10 ORDER BY b DESC) AS same FROM unnest('{5, 1.5, 0.125, 2.00}'::numeric[]) b;
-- Amounts with more digits than a double holds, ratios beyond the integers, squares beyond 128 bits: any order gives the same.
CREATE TABLE large AS SELECT g, b, l FROM (VALUES (1, 9999999999999999.99, 10000000000000000.03), (2, 0.0001, 3), (3, 1e30, 7), (4, 8999.5, 1),
  (5, 8999.25, 1), (6, -8999.75, 1), (7, 12345678901234567890.5, 11111111111111111111), (8, 1, 0), (9, 1e-25, 1),
  (10, 900719925474099.3, 900719925474099.4)) v (g, b, l);
SELECT up = down AS same, up = rolled AS rolled, up = up::text::utilization AS text, mean, stddev
FROM (SELECT utilization_agg(b, l ORDER BY g) AS up, utilization_agg(b, l ORDER BY g DESC) AS down FROM large) s,
  (SELECT rollup(part) AS rolled FROM (SELECT utilization_agg(b, l) AS part FROM large GROUP BY g % 3) p) r, utilization_stats(up);
DROP TABLE large;
SELECT utilization_agg(1e200, 1);

-- Text and binary forms round trip.
CREATE TABLE copied (product text, u utilization);
DO $$ BEGIN
  EXECUTE format('COPY ours TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(o.u::text = c.u::text) AND bool_and(o.u::text::utilization::text = o.u::text) AS same FROM ours o JOIN copied c USING (product);

-- What people might write.
SELECT '{}'::utilization;
SELECT 'nonsense'::utilization;
SELECT '{"version": 2}'::utilization;
SELECT '{"version": 1, "rows": 3}'::utilization;
SELECT '{"version": 1, "n": 1, "n_undefined": 0, "balance": 1, "credit_limit": 2, "unused": 1, "over_limit": 0, "ratio_n": 1, '
  '"ratio_sum": 0.5, "ratio_squares": 0, "cells": [[500, 2]]}'::utilization;
SELECT '{"version": 1, "n": 1, "n_undefined": 0, "balance": 1, "credit_limit": 2, "unused": 1, "over_limit": 0, "ratio_n": 1, '
  '"ratio_sum": 0.5, "ratio_squares": 0, "cells": [[5000, 1]]}'::utilization;
SELECT '{"version": 1, "n": 1, "n": 1}'::utilization;

-- Bytes of strangers: every byte of a value changed, and every length cut, is an error or a value that still answers.
CREATE TABLE attacked (u utilization);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM (utilization_stats(u)).n, share_above(u, 0.5), u::text::utilization FROM (VALUES (NEW.u)) v (u);
  PERFORM rollup(u) FROM (VALUES (NEW.u), (NEW.u)) s (u);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.utilization_send(utilization_agg(b, 100 + b % 3)) AS bytes FROM generate_series(-5, 60) b WHERE b % 7 <> 0;
SELECT attack(bytes) FROM victim;
SELECT attack(bytes || '\x00') FROM victim;

CALL remove_data_files();
