-- time_weighted_utilization.
\i test/helpers.sql
SET timezone = 'UTC';

-- By hand: 10 days at 100 of 1000, 20 days at 500 of 1000, 10 days at 500 of 2000: 16000 / 50000.
CREATE TABLE change (account int, at timestamptz, balance numeric, credit_limit numeric);
INSERT INTO change VALUES (1, '2026-01-01', 100, 1000), (1, '2026-01-31', 500, 2000), (1, '2026-01-11', 500, 1000);
SELECT time_weighted_utilization(at, balance, credit_limit, '2026-02-10') AS to_february,
  time_weighted_utilization(at, balance, credit_limit, NULL) AS to_the_last_change,
  time_weighted_utilization(at, balance, credit_limit, '2026-01-31') AS until_is_not_in_it,
  time_weighted_utilization(at, balance, credit_limit, '2025-12-31') AS before_everything,
  time_weighted_utilization(at, balance::float8, credit_limit::float8, '2026-02-10') AS float8 FROM change;

-- A row with a NULL changes nothing; an equal row twice neither; a single row needs an end.
INSERT INTO change VALUES (1, '2026-01-20', NULL, 5), (1, '2026-01-20', 5, NULL), (1, NULL, 5, 5), (1, '2026-01-11', 500, 1000);
SELECT time_weighted_utilization(at, balance, credit_limit, '2026-02-10') FROM change;
SELECT time_weighted_utilization('2026-01-01', 5, 10, NULL) AS no_time, time_weighted_utilization('2026-01-01', 5, 10, '2026-01-02') AS a_day,
  time_weighted_utilization('2026-01-01', 5, 0, '2026-01-02') AS no_limit, time_weighted_utilization('2026-01-01', 0, 0, '2026-01-02') AS nothing,
  time_weighted_utilization(NULL, 5, 10, '2026-01-02') AS no_start;
SELECT time_weighted_utilization(at, balance, credit_limit, NULL) IS NULL AS no_rows FROM change WHERE false;

-- Random histories against the window functions that an analyst would write.
SELECT setseed(0.365);
INSERT INTO change SELECT 2 + g % 300, '2025-01-01'::timestamptz + (g * interval '137 minutes') + random() * interval '1 hour',
  round((random() * 900)::numeric, 2), 1000 + (random() * 3)::int * 500 FROM generate_series(1, 12000) g;
CREATE TABLE by_sql AS
SELECT account, (sum(balance * seconds) / sum(credit_limit * seconds))::float8 AS u
FROM (SELECT *, extract(epoch FROM coalesce(lead(at) OVER (PARTITION BY account ORDER BY at), '2029-01-01') - at) AS seconds
      FROM change WHERE account > 1) s GROUP BY account;
CREATE TABLE ours AS SELECT account, time_weighted_utilization(at, balance, credit_limit, '2029-01-01') AS u FROM change WHERE account > 1 GROUP BY account;
SELECT count(*), count(*) FILTER (WHERE abs(ours.u - by_sql.u) > 1e-12) AS wrong FROM ours JOIN by_sql USING (account);

-- Any order and any plan: the same to the last bit.
SELECT count(*) FILTER (WHERE r.u <> ours.u) AS wrong
FROM (SELECT account, time_weighted_utilization(at, balance, credit_limit, '2029-01-01' ORDER BY md5(at::text)) AS u FROM change GROUP BY account) r JOIN ours USING (account);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
ALTER TABLE change SET (parallel_workers = 2);
SET enable_sort = off;
SELECT uses_parallel('SELECT account, credit_limit.time_weighted_utilization(at, balance, credit_limit, NULL) FROM change GROUP BY account');
SELECT count(*) FILTER (WHERE r.u <> ours.u) AS wrong
FROM (SELECT account, time_weighted_utilization(at, balance, credit_limit, '2029-01-01') AS u FROM change GROUP BY account) r JOIN ours USING (account);
SELECT time_weighted_utilization(at, balance, credit_limit, '2029-01-01') IS NULL AS nothing FROM change WHERE account < 0;
SELECT time_weighted_utilization(at, NULLIF(balance, balance), credit_limit, '2029-01-01') IS NULL AS only_null FROM change;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather; RESET enable_sort;
-- As a window aggregate, the state grows between results.
SELECT array_agg(round(u::numeric, 6) ORDER BY at) FROM (SELECT at, time_weighted_utilization(at, balance, credit_limit, '2026-02-10') OVER (ORDER BY at) AS u
  FROM change WHERE account = 1 AND balance IS NOT NULL AND credit_limit IS NOT NULL AND at IS NOT NULL) s;

-- Mistakes.
SELECT time_weighted_utilization(at, balance, credit_limit, NULL) FROM (VALUES ('2026-01-01'::timestamptz, 1.0, 10.0), ('2026-01-01', 2, 10)) v (at, balance, credit_limit);
SELECT time_weighted_utilization(at, 1.0, 10.0, at) FROM (VALUES ('2026-01-01'::timestamptz), ('2026-01-02')) v (at);
SELECT time_weighted_utilization('infinity', 1.0, 10.0, NULL);
SELECT time_weighted_utilization('2026-01-01', 1.0, 10.0, 'infinity');
SELECT time_weighted_utilization('2026-01-01', 1.0, -10.0, NULL);
SELECT time_weighted_utilization('2026-01-01', 'NaN'::numeric, 10.0, NULL);
