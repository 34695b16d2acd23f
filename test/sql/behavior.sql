-- behavior: the monthly history of an account, and its features.
\i test/helpers.sql

-- One account by hand: January to April without March; the limit raised in April, 35 days late in February.
CREATE TABLE one (month date, credit_limit numeric(14,2), balance numeric(14,2), payment numeric(14,2), due numeric(14,2), days_past_due int);
INSERT INTO one VALUES ('2026-01-15', 1000, 250.50, 10, 20, 0), ('2026-02-01', 1000, 500, 30, 20, 35), ('2026-04-30', 1500, 1500, 40, 25, 0);
\x on
SELECT (behavior_features(month, credit_limit, balance, payment, due, days_past_due)).* FROM one;
\x off
SELECT behavior_agg(month, credit_limit, balance, payment, due, days_past_due) FROM one;
SELECT m.* FROM (SELECT behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS h FROM one) s, behavior_months(h) m;

/*
 * Random histories against an implementation in plain SQL: a row for each account, as-of month and window, aggregated by GROUP BY
 * (avg, regr_slope, stddev_samp and so on are the server's). Gaps, NULLs in every column, credit balances, limits of 0,
 * overdrawn lines; as of the last month, within, after and before.
 */
-- Numbers between 0 and 1 that are the same on every server: random() is not.
CREATE FUNCTION u(VARIADIC key int[]) RETURNS float8 LANGUAGE sql RETURN ('x' || substr(md5(key::text), 1, 8))::bit(32)::bigint / 4294967296.0;
CREATE TABLE account_month AS
SELECT a AS account_id, (DATE '2023-01-01' + make_interval(months => m, days => (u(a, m, 1) * 27)::int))::date AS month,
  CASE WHEN u(a, m, 2) < 0.9 THEN CASE WHEN a % 11 = 0 AND m > 20 THEN 0
    ELSE (1 + a % 7) * 500 * (1 + (m + a) / (9 + a % 5) % 3) END::numeric(14,2) END AS credit_limit,
  CASE WHEN u(a, m, 3) < 0.9 THEN CASE WHEN a % 4 = 0 AND m < 30 THEN -(a % 3) * u(a, m, 4) * 9 WHEN u(a, m, 5) < 0.2 THEN (1 + a % 7) * 500
    ELSE u(a, m, 6) * (1 + a % 7) * 800 END::numeric(14,2) END AS balance,
  CASE WHEN u(a, m, 7) < 0.9 THEN CASE WHEN a % 4 = 0 OR u(a, m, 8) < 0.2 THEN 0 WHEN u(a, m, 9) < 0.2 THEN 4000
    ELSE u(a, m, 10) * 300 END::numeric(14,2) END AS payment,
  CASE WHEN u(a, m, 11) < 0.9 THEN CASE WHEN a % 4 = 0 THEN 0 ELSE u(a, m, 12) * 200 END::numeric(14,2) END AS due,
  CASE WHEN u(a, m, 13) < 0.9 THEN CASE WHEN a % 3 = 0 THEN (u(a, m, 14) * 4)::int * 30 ELSE (u(a, m, 15) * 35)::int END END AS days_past_due
FROM generate_series(1, 150) a, generate_series(0, 35) m
WHERE u(a, m, 16) < CASE a % 5 WHEN 0 THEN 1 WHEN 1 THEN 0.1 ELSE 0.8 END
ORDER BY u(a, m, 17);
-- Columns that nobody fills in.
UPDATE account_month SET payment = NULL, due = NULL WHERE account_id % 13 = 0;
UPDATE account_month SET days_past_due = NULL WHERE account_id % 17 = 0;
UPDATE account_month SET balance = NULL WHERE account_id % 19 = 0;

CREATE TABLE numbered AS
SELECT *, (extract(year FROM month) * 12 + extract(month FROM month))::int - 1 AS t,
  CASE WHEN credit_limit > 0 THEN balance / credit_limit::float8 WHEN credit_limit = 0 AND balance > 0 THEN 'Infinity' END AS u
FROM account_month;
CREATE INDEX ON numbered (account_id, t);
ANALYZE numbered;
CREATE TABLE as_of AS
SELECT DISTINCT account_id, max(t) OVER (PARTITION BY account_id) + shift AS t FROM numbered, unnest('{0, -1, -7, -20, 3, -60}'::int[]) shift;
CREATE TABLE placed AS
SELECT account_id, g.t AS as_of, g.t - n.t AS k, n.t, credit_limit, balance, payment, due, days_past_due, u,
  (SELECT p.balance FROM numbered p WHERE p.account_id = n.account_id AND p.t = n.t - 1) AS before,
  (SELECT p.credit_limit FROM numbered p WHERE p.account_id = n.account_id AND p.t < n.t AND p.credit_limit IS NOT NULL
   ORDER BY p.t DESC LIMIT 1) AS limit_before
FROM as_of g JOIN numbered n USING (account_id) WHERE n.t <= g.t;
ALTER TABLE placed ADD idle boolean;
UPDATE placed SET idle = balance <= 0 AND coalesce(payment, 0) = 0 AND NOT coalesce(balance > before, false);

CREATE FUNCTION count_of(n bigint, known bigint) RETURNS bigint LANGUAGE sql RETURN CASE WHEN known > 0 THEN n END;
CREATE TABLE windows AS
SELECT account_id, as_of, w,
  count(*) AS n, avg(balance) AS balance, max(balance) AS balance_max, regr_slope(balance::float8, t) AS balance_slope,
  CASE WHEN sum(credit_limit) FILTER (WHERE balance IS NOT NULL) > 0
       THEN sum(balance) FILTER (WHERE credit_limit IS NOT NULL)::float8 / sum(credit_limit) FILTER (WHERE balance IS NOT NULL)::float8
       WHEN sum(balance) FILTER (WHERE credit_limit IS NOT NULL) > 0 THEN 'Infinity' END AS utilization,
  avg(u) FILTER (WHERE u < 'Infinity') AS utilization_mean, max(u) FILTER (WHERE u < 'Infinity') AS utilization_max,
  min(u) FILTER (WHERE u < 'Infinity') AS utilization_min,
  regr_slope(u, t) FILTER (WHERE u < 'Infinity') AS utilization_slope, stddev_samp(u) FILTER (WHERE u < 'Infinity') AS utilization_stddev,
  count_of(count(*) FILTER (WHERE balance >= 0.98 * credit_limit AND u IS NOT NULL), count(balance + credit_limit)) AS at_limit,
  count_of(count(*) FILTER (WHERE balance > credit_limit), count(balance + credit_limit)) AS over_limit,
  avg(payment) AS payment,
  sum(payment) FILTER (WHERE due IS NOT NULL) / nullif(sum(due) FILTER (WHERE payment IS NOT NULL), 0) AS payment_ratio,
  sum(payment) FILTER (WHERE before > 0) / sum(before) FILTER (WHERE payment IS NOT NULL AND before > 0) AS payment_rate,
  count_of(count(*) FILTER (WHERE payment < due), count(payment + due)) AS short_paid,
  count_of(count(*) FILTER (WHERE payment >= before AND before > 0), count(payment) FILTER (WHERE before > 0)) AS paid_full,
  max(days_past_due) AS days_past_due_worst,
  count_of(count(*) FILTER (WHERE days_past_due >= 30), count(days_past_due)) AS times_30,
  count_of(count(*) FILTER (WHERE days_past_due >= 60), count(days_past_due)) AS times_60,
  count_of(count(*) FILTER (WHERE days_past_due >= 90), count(days_past_due)) AS times_90,
  count_of(count(*) FILTER (WHERE idle), count(idle)) AS inactive,
  count_of(count(*) FILTER (WHERE credit_limit > limit_before), count(credit_limit + limit_before)) AS limit_increases,
  count_of(count(*) FILTER (WHERE credit_limit < limit_before), count(credit_limit + limit_before)) AS limit_decreases
FROM (SELECT account_id, t AS as_of, w FROM as_of, unnest('{1, 3, 6, 12}'::int[]) w) x
  JOIN placed USING (account_id, as_of) WHERE k < w GROUP BY account_id, as_of, w;
CREATE TABLE whole AS
SELECT account_id, as_of, to_char(make_date(as_of / 12, as_of % 12 + 1, 1), 'YYYY-MM-DD') AS as_of_date,
  make_date(min(t) / 12, min(t) % 12 + 1, 1) AS first_month, make_date(max(t) / 12, max(t) % 12 + 1, 1) AS last_month,
  count(*) AS n_months, max(t) - min(t) + 1 - count(*) AS n_missing, 0 AS n_dropped,
  max(credit_limit) FILTER (WHERE k = 0) AS credit_limit, max(balance) FILTER (WHERE k = 0) AS balance,
  max(payment) FILTER (WHERE k = 0) AS payment, max(due) FILTER (WHERE k = 0) AS due,
  max(days_past_due) FILTER (WHERE k = 0) AS days_past_due, max(days_past_due) AS days_past_due_worst,
  min(k) FILTER (WHERE days_past_due >= 30) AS months_since_30, min(k) FILTER (WHERE days_past_due >= 90) AS months_since_90,
  CASE WHEN bool_or(idle IS NOT NULL) FILTER (WHERE k = 0) THEN
    (SELECT min(s) FROM generate_series(0, 40) s WHERE NOT coalesce(s = ANY (array_agg(k) FILTER (WHERE idle)), false)) END AS months_inactive,
  (array_agg(credit_limit - limit_before ORDER BY t DESC) FILTER (WHERE credit_limit <> limit_before))[1] AS limit_change,
  min(k) FILTER (WHERE credit_limit <> limit_before) AS months_since_limit_change
FROM placed GROUP BY account_id, as_of;
CREATE TABLE expected AS
SELECT account_id, as_of,
  to_jsonb(whole) - '{account_id,as_of,as_of_date}'::text[] || jsonb_build_object('as_of', as_of_date) || coalesce(x.windows, '{}') AS features
FROM whole LEFT JOIN (
  SELECT account_id, as_of, jsonb_object_agg(key || '_' || w || 'm', value) AS windows
  FROM windows v, jsonb_each(to_jsonb(v) - '{account_id,as_of,w}'::text[]) GROUP BY account_id, as_of) x USING (account_id, as_of);

CREATE TABLE ours AS
SELECT account_id, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS h FROM account_month GROUP BY account_id;

-- Equal: integers, dates, money and NULLs exactly, other numbers to 1e-12 (slopes, which cancel, of the size of what they are of).
CREATE FUNCTION differs(ours jsonb, theirs jsonb, scale float8) RETURNS boolean LANGUAGE sql
  RETURN CASE WHEN jsonb_typeof(ours) = 'number' AND jsonb_typeof(theirs) = 'number'
    THEN abs(ours::float8 - theirs::float8) > 1e-12 * greatest(1, abs(theirs::float8), scale)
    ELSE ours IS DISTINCT FROM theirs AND NOT (ours = 'null' AND theirs IS NULL) END;
CREATE TABLE compared AS
SELECT account_id, e.as_of, key, value AS ours, e.features -> key AS theirs, value = 'null' AS unknown,
  differs(value, coalesce(e.features -> key, CASE WHEN key ~ '^n_' THEN '0'::jsonb END), CASE WHEN key ~ '^balance' THEN 10000 END) AS differs
FROM expected e JOIN ours USING (account_id),
  jsonb_each(to_jsonb(behavior_features(h, make_date(e.as_of / 12, e.as_of % 12 + 1, 28)))) AS f;
SELECT count(*) AS compared, count(DISTINCT key) AS columns, count(*) FILTER (WHERE differs) AS differ,
  count(*) FILTER (WHERE unknown) AS unknown FROM compared;
SELECT * FROM compared WHERE differs ORDER BY key, account_id, as_of LIMIT 10;
-- Every column is known somewhere, and all but the counts of months and the dates unknown somewhere.
SELECT key FROM compared GROUP BY key HAVING bool_and(unknown) ORDER BY key;
SELECT string_agg(key, ' ' ORDER BY key) FROM (SELECT key FROM compared GROUP BY key HAVING NOT bool_or(unknown)) s;

-- Before the first month there is nothing but counts; as of the last is the default; the day does not matter.
SELECT as_of, first_month, last_month, n_months, n_missing, n_dropped, n_12m, credit_limit, utilization_12m, days_past_due_worst, months_inactive
FROM ours, behavior_features(h, '2020-06-15') WHERE account_id = 1;
SELECT count(*) AS accounts, count(*) FILTER (WHERE to_jsonb(behavior_features(h)) <> to_jsonb(behavior_features(h,
  (behavior_features(h)).last_month + 20))) AS differ FROM ours;
SELECT count(*) AS accounts, bool_and(to_jsonb(f) = to_jsonb(behavior_features(h))) AS one_step
FROM (SELECT account_id, behavior_features(month, credit_limit, balance, payment, due, days_past_due) AS f FROM account_month
  GROUP BY account_id) s JOIN ours USING (account_id);
-- As of a month is as if the later ones were not there; far after, nothing is in the windows.
SELECT count(*) AS accounts, count(*) FILTER (WHERE to_jsonb(behavior_features(h, '2024-06-30')) <> to_jsonb(behavior_features(part, '2024-06-01'))) AS differ
FROM ours JOIN (SELECT account_id, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS part
  FROM account_month WHERE month < '2024-07-01' GROUP BY account_id) s USING (account_id);
SELECT as_of, n_months, n_12m, balance_12m, utilization_max_12m, times_30_12m, days_past_due_worst, months_since_30, months_inactive, limit_change
FROM ours, behavior_features(h, '2030-01-01') WHERE account_id = 3;

-- The numbers of no month, and of single columns.
SELECT behavior_agg(month, credit_limit, balance, payment, due, days_past_due) IS NULL AS no_rows FROM one WHERE false;
SELECT behavior_features(month, credit_limit, balance, payment, due, days_past_due) IS NULL AS no_rows FROM one WHERE false;
SELECT behavior_agg(NULL, credit_limit, balance, payment, due, days_past_due) IS NULL AS no_month, rollup(NULL::behavior) IS NULL AS rollup_null FROM one;
SELECT behavior_features(NULL::behavior) IS NULL AS history, behavior_features(h, NULL) IS NULL AS as_of,
  behavior_project_idle(h, NULL) IS NULL AS idle FROM ours LIMIT 1;
SELECT behavior_agg(DATE '2026-01-01', NULL::numeric, NULL, NULL, NULL, NULL);
SELECT n_12m, balance_12m, utilization_12m, payment_ratio_12m, times_30_12m, at_limit_12m, short_paid_12m, paid_full_12m,
  months_inactive, inactive_12m, limit_increases_12m
FROM behavior_features((SELECT behavior_agg(DATE '2026-01-01', NULL::numeric, NULL, NULL, NULL, NULL)));
-- Limit 0: nothing drawn has no ratio, something drawn an infinite one, which no mean and no slope knows.
SELECT m.utilization_1m, m.utilization_3m, utilization_mean_3m, utilization_max_3m, utilization_min_3m, utilization_stddev_6m, at_limit_6m, over_limit_6m, n_3m
FROM (VALUES (1, 0, 0), (2, 0, 5), (3, 0, -5)) v (a, l, b),
  LATERAL (SELECT behavior_agg(d, l, b, NULL, NULL, NULL) AS h FROM (VALUES (DATE '2026-01-01', 0.0, 0.0),
    ('2026-02-01', v.l, v.b)) x (d, l, b)) s, behavior_features(h) m ORDER BY a;
-- At the limit from 0.98 on, exactly.
SELECT b, at_limit_6m, over_limit_6m FROM (SELECT b, behavior_agg('2026-01-01', 100, b, NULL, NULL, NULL) AS h
  FROM unnest('{97.99, 98, 100, 100.01}'::numeric[]) b GROUP BY b) s, behavior_features(h) ORDER BY b;

/*
 * Any order, any split, any plan: the stored bytes are identical.
 */
CREATE FUNCTION bytes(behavior) RETURNS bytea LANGUAGE sql RETURN credit_limit_internal.behavior_send($1);
SELECT o, bool_and(bytes(b) = bytes(h)) AS same
FROM (SELECT account_id, 'month' AS o, behavior_agg(month, credit_limit, balance, payment, due, days_past_due ORDER BY month) AS b
  FROM account_month GROUP BY account_id
      UNION ALL SELECT account_id, 'backwards', behavior_agg(month, credit_limit, balance, payment, due, days_past_due
        ORDER BY month DESC) FROM account_month GROUP BY account_id
      UNION ALL SELECT account_id, 'random', behavior_agg(month, credit_limit, balance, payment, due, days_past_due
        ORDER BY md5(month::text || account_id)) FROM account_month GROUP BY account_id
      UNION ALL SELECT account_id, 'twice', behavior_agg(month, credit_limit, balance, payment, due, days_past_due)
        FROM account_month, generate_series(1, 2) GROUP BY account_id
      UNION ALL SELECT account_id, 'by column', behavior_agg(month, CASE c WHEN 1 THEN credit_limit END, CASE c WHEN 2 THEN balance END,
          CASE c WHEN 3 THEN payment END, CASE c WHEN 4 THEN due END, CASE c WHEN 5 THEN days_past_due END ORDER BY md5(month::text || c))
        FROM account_month, generate_series(1, 5) c GROUP BY account_id) s JOIN ours USING (account_id)
GROUP BY o ORDER BY o;
-- Parts that overlap, in several sizes, merged by rollup in any order.
SELECT parts, count(*) AS accounts, bool_and(bytes(r) = bytes(h)) AS same
FROM (SELECT parts, account_id, rollup(part ORDER BY md5(g::text || account_id)) AS r
      FROM (SELECT parts, account_id, g, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS part
            FROM account_month, generate_series(1, 5) parts, LATERAL (VALUES (extract(day FROM month)::int % parts),
              ((month - DATE '2023-01-01') % parts)) x (g)
            GROUP BY parts, account_id, g) s GROUP BY parts, account_id) r JOIN ours USING (account_id) GROUP BY parts ORDER BY parts;
-- One cheap update a month: the same as building it again.
CREATE FUNCTION continued(account int, descending boolean) RETURNS behavior LANGUAGE plpgsql AS $$
DECLARE m record; h behavior;
BEGIN
  FOR m IN SELECT * FROM account_month WHERE account_id = account ORDER BY CASE WHEN descending THEN DATE '2000-01-01' - month
    ELSE month - DATE '2000-01-01' END LOOP
    h := behavior_add(h, m.month, m.credit_limit, m.balance, m.payment, m.due, m.days_past_due);
  END LOOP;
  RETURN h;
END $$;
SELECT count(*) AS accounts, bool_and(bytes(continued(account_id, false)) = bytes(h)
  AND bytes(continued(account_id, true)) = bytes(h)) AS same FROM ours WHERE account_id <= 40;
SELECT behavior_add(NULL, '2026-01-09', 100.0, 20.50, NULL, NULL, 3),
  bytes(behavior_add(h, NULL, 1, 1, 1, 1, 1)) = bytes(h) AS unchanged FROM ours WHERE account_id = 1;

CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN concat_ws(' ', substring(plan::text FROM '"Partial Mode": "Partial"'), substring(plan::text FROM '"Strategy": "(?:Sorted|Hashed)"'));
END $$;
CREATE FUNCTION same_by_plan() RETURNS TABLE (plan text, accounts bigint, same boolean) LANGUAGE sql AS $$
  SELECT plan_of('SELECT account_id, credit_limit.behavior_agg(month, credit_limit, balance, payment, due, '
    'days_past_due) FROM account_month GROUP BY account_id'),
    count(*), bool_and(bytes(s.h) = bytes(o.h))
  FROM (SELECT account_id, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS h FROM account_month
    GROUP BY account_id) s JOIN ours o USING (account_id) $$;
CREATE INDEX ON account_month (account_id, month);
ALTER TABLE account_month SET (parallel_workers = 2);
ANALYZE account_month;
SET enable_hashagg = off; SET enable_seqscan = off; SET max_parallel_workers_per_gather = 0;
SELECT * FROM same_by_plan();
SET enable_hashagg = on; SET enable_sort = off; SET enable_indexscan = off; SET enable_indexonlyscan = off;
  SET enable_bitmapscan = off; SET enable_seqscan = on;
SELECT * FROM same_by_plan();
SET work_mem = '64kB';
SELECT * FROM same_by_plan();
RESET work_mem;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT * FROM same_by_plan();
SELECT count(*), bool_and(to_jsonb(f) = to_jsonb(behavior_features(h))) AS same
FROM (SELECT account_id, behavior_features(month, credit_limit, balance, payment, due, days_past_due) AS f FROM account_month
  GROUP BY account_id) s JOIN ours USING (account_id);
-- Contradictions are found wherever the rows met.
SELECT count(h) FROM (SELECT account_id, behavior_agg(month, credit_limit + g, balance, payment, due, days_past_due) AS h
  FROM account_month, generate_series(0, 1) g
  WHERE account_id = 5 AND month < '2023-06-01' GROUP BY account_id) s;
RESET enable_hashagg; RESET enable_sort; RESET enable_indexscan; RESET enable_indexonlyscan; RESET enable_bitmapscan; RESET enable_seqscan;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- As a window aggregate: the state goes on, what was given out does not change.
SELECT array_agg(n ORDER BY month), array_agg(h::text = again::text) AS same FROM (
  SELECT month, (behavior_features(h)).n_months AS n, h, (SELECT behavior_agg(m.month, credit_limit, balance, payment, due,
    days_past_due) FROM one m WHERE m.month <= s.month) AS again
  FROM (SELECT month, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) OVER (ORDER BY month) AS h FROM one) s) x;

/*
 * More months than are kept.
 */
CREATE TABLE long AS SELECT (DATE '2010-03-01' + make_interval(months => m))::date AS month, 1000 + m AS credit_limit,
  m AS balance, m AS payment, 1 AS due, m AS days_past_due
FROM generate_series(0, 179) m WHERE m % 50 <> 7;
CREATE VIEW long_history AS SELECT behavior_agg(month, credit_limit::numeric, balance::numeric, payment::numeric, due::numeric, days_past_due) AS h FROM long;
SELECT as_of, first_month, n_months, n_missing, n_dropped, n_12m, limit_change, days_past_due_worst, months_since_30 FROM long_history, behavior_features(h);
SELECT h::text::jsonb -> 'earlier' AS earlier, jsonb_array_length(h::text::jsonb -> 'months') AS kept, pg_column_size(h) < 900 AS small FROM long_history;
SELECT bool_and(bytes(r) = bytes(h)) AS same FROM long_history, (
  SELECT rollup(part) AS r FROM (SELECT behavior_agg(month, credit_limit::numeric, balance::numeric, payment::numeric,
    due::numeric, days_past_due ORDER BY md5(month::text)) AS part
    FROM long, LATERAL (VALUES (balance * 7919 % 5), (balance % 3)) x (g) GROUP BY g) s
  UNION ALL SELECT behavior_agg(month, credit_limit::numeric, balance::numeric, payment::numeric, due::numeric, days_past_due ORDER BY month DESC) FROM long) x;
-- As of earlier months as far as the windows are kept.
SELECT as_of, n_months, n_dropped, n_12m FROM long_history, behavior_features(h, '2023-03-01');
SELECT as_of FROM long_history, behavior_features(h, '2023-02-01');
SELECT as_of, first_month, n_months, n_dropped, n_12m FROM long_history, behavior_features(h, '2010-02-01');
-- A contradiction in a month that nobody keeps is nobody's, wherever it came in between.
SELECT bytes(a) = bytes(b) AS same FROM (SELECT
  behavior_agg(month, credit_limit + (g * (month < '2012-01-01')::int)::numeric, balance::numeric, payment::numeric, due::numeric,
    days_past_due ORDER BY month) AS a,
  behavior_agg(month, credit_limit + (g * (month < '2012-01-01')::int)::numeric, balance::numeric, payment::numeric, due::numeric,
    days_past_due ORDER BY month DESC) AS b
FROM long, generate_series(0, 1) g) s;
SELECT behavior_agg(month, 1.0, NULL, NULL, NULL, NULL) FROM unnest('{2026-01-01, 1926-02-01}'::date[]) month;
SELECT behavior_agg(month, 1.0, NULL, NULL, NULL, NULL) FROM unnest('{2026-01-01, 1926-01-01}'::date[]) month;
SELECT behavior_agg(month, 1.0, NULL, NULL, NULL, NULL) FROM unnest('{2026-01-01, 9999-12-31}'::date[]) month;
SELECT behavior_add(behavior_agg('2026-01-01', 1.0, NULL, NULL, NULL, NULL), '1900-01-01', 1.0, NULL, NULL, NULL, NULL);
SELECT rollup(h ORDER BY h::text DESC) FROM (SELECT behavior_agg(month, 1.0, NULL, NULL, NULL, NULL) AS h
  FROM unnest('{2026-01-01, 1900-01-01}'::date[]) month GROUP BY month) s;

/*
 * What if the line stays unused.
 */
SELECT i.as_of, i.n_months, i.n_12m, i.balance, i.credit_limit, i.utilization_12m, i.months_inactive, i.payment_ratio_12m,
  i.days_past_due_worst_12m, i.months_since_30
FROM (SELECT behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS h FROM one) s, behavior_features(behavior_project_idle(h, 12)) i;
SELECT bool_and(bytes(behavior_project_idle(h, 0)) = bytes(h)) AS same,
  bool_and(bytes(behavior_project_idle(behavior_project_idle(h, 5), 7)) = bytes(behavior_project_idle(h, 12))) AS in_steps FROM ours;
SELECT behavior_project_idle(behavior_agg('2026-01-01', NULL::numeric, 50, NULL, 5, NULL), 1) AS unknown_stays_unknown;
-- A credit balance that nobody touches stays: without it the first idle month would be one that drew on it.
SELECT i.balance, i.utilization_1m, i.months_inactive, i.inactive_12m
FROM (SELECT behavior_agg('2026-01-01', 1000.0, -50, 20, NULL, 0) AS h) s, behavior_features(behavior_project_idle(h, 12)) i;
SELECT behavior_project_idle(behavior_agg(month, 1000.0, balance, NULL, NULL, NULL), 1) AS last_that_is_known
FROM (VALUES (DATE '2026-01-01', 70), ('2026-02-01', -50), ('2026-03-01', NULL)) m (month, balance);
SELECT behavior_project_idle(h, -1) FROM ours LIMIT 1;
SELECT behavior_project_idle(h, 121) FROM ours LIMIT 1;
SELECT behavior_project_idle(behavior_agg('9999-12-01', 1.0, 50, NULL, 5, NULL), 1);

/*
 * Amounts: numeric of any scale up to four decimals, float8, integers; large ones.
 */
SELECT behavior_agg(month, l, b, NULL, NULL, NULL) FROM (VALUES (DATE '2026-01-01', 1, 0.5), ('2026-02-01', 1.25, 1.0000),
  ('2026-03-01', 2.5000000, -0.0001)) v (month, l, b);
SELECT balance, credit_limit, limit_change FROM behavior_features((SELECT behavior_agg(month, l, b, NULL, NULL, NULL)
  FROM (VALUES (DATE '2026-01-01', 1, 5), ('2026-02-01', 2.00, 7)) v (month, l, b)));
SELECT bool_and(bytes(f) = bytes(n)) AS same FROM (SELECT account_id,
    behavior_agg(month, credit_limit::float8, balance::float8, payment::float8, due::float8, days_past_due) AS f,
    behavior_agg(month, trim_scale(credit_limit), trim_scale(balance), trim_scale(payment), trim_scale(due), days_past_due) AS n
  FROM account_month GROUP BY account_id) s;
SELECT behavior_agg('2026-01-01', 0.1::float8 + 0.2::float8, 1e14, NULL, 'NaN', NULL) AS noise_gone, behavior_agg('2026-01-01',
  'NaN'::numeric, 5, NULL, NULL, NULL) AS nan_unknown;
SELECT behavior_add(behavior_agg('2026-01-01', 5, 6, 7, 8, 9), '2026-02-01', 5, 6.5::float8, 7, 8, 9::smallint);
SELECT bytes(behavior_agg(month, l, b, NULL, NULL, NULL ORDER BY month)) = bytes(behavior_agg(month, l, b, NULL, NULL, NULL ORDER BY month DESC)) AS same
FROM (VALUES (DATE '2026-01-01', 922337203685477.5807, -922337203685477), ('2026-02-01', 5, 2147483647),
  ('2026-03-01', 5, 2147483648), ('2026-04-01', 5, -21474836.48)) v (month, l, b);
SELECT m.month, m.credit_limit, m.balance FROM (SELECT behavior_agg(month, l, b, NULL, NULL, NULL) AS h
FROM (VALUES (DATE '2026-01-01', 922337203685477.5807, -922337203685477), ('2026-02-01', 5, 21474836.47),
  ('2026-03-01', 5, -2147483648)) v (month, l, b)) s, behavior_months(h) m;

-- Mistakes.
SELECT behavior_agg('2026-01-01', -1.0, 5, NULL, NULL, NULL);
SELECT behavior_agg('2026-01-01', -1::float8, 5, NULL, NULL, NULL);
SELECT behavior_agg('2026-01-01', 1.0, 5, NULL, NULL, -1);
SELECT behavior_agg('2026-01-01', 1.0, 5, NULL, NULL, 65535);
SELECT behavior_agg('infinity', 1.0, 5, NULL, NULL, NULL);
SELECT behavior_agg('-infinity', 1.0, 5, NULL, NULL, NULL);
SELECT behavior_agg('0044-03-15 BC', 1.0, 5, NULL, NULL, NULL);
SELECT behavior_agg('10000-01-01', 1.0, 5, NULL, NULL, NULL);
SELECT behavior_agg('2026-01-01', 1.0, 'Infinity', NULL, NULL, NULL);
SELECT behavior_agg('2026-01-01', 1.0, 5, '-Infinity'::float8, NULL, NULL);
SELECT behavior_agg('2026-01-01', 1.0, 5, NULL, 0.00001, NULL);
SELECT behavior_agg('2026-01-01', 922337203685477.5808, 5, NULL, NULL, NULL);
SELECT behavior_agg('2026-01-01', 1.0, -922337203685478, NULL, NULL, NULL);
SELECT behavior_agg('2026-01-01', 1e15::float8, 5, NULL, NULL, NULL);
SELECT behavior_agg(month, 1.0, b, b, NULL, 0) FROM (VALUES (DATE '2026-01-01', 5), ('2026-01-31', 6)) v (month, b);
SELECT behavior_features(month, 1.0, 5, NULL, NULL, d) FROM (VALUES (DATE '2026-01-01', 0), ('2026-01-31', 1)) v (month, d);
SELECT behavior_add(behavior_agg('2026-01-01', 1.0, 5, NULL, NULL, NULL), '2026-01-01', 2.0, 5, NULL, NULL, NULL);
SELECT rollup(h) FROM (SELECT behavior_agg('2026-01-01', b, NULL, NULL, NULL, NULL) AS h FROM generate_series(1, 2) b GROUP BY b) s;
SELECT behavior_features(h, 'infinity') FROM ours LIMIT 1;

/*
 * Text and binary forms.
 */
CREATE TABLE copied (account_id int, h behavior);
DO $$ BEGIN
  EXECUTE format('COPY ours TO %L (FORMAT binary)', data_file('test'));
  EXECUTE format('COPY copied FROM %L (FORMAT binary)', data_file('test'));
END $$;
SELECT count(*), bool_and(bytes(o.h) = bytes(c.h) AND bytes(o.h::text::behavior) = bytes(o.h)) AS same FROM ours o JOIN copied c USING (account_id);
SELECT bytes(h::text::behavior) = bytes(h) AS same FROM long_history;

SELECT '{}'::behavior;
SELECT '{"version": 2, "decimals": 2, "months": []}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": []}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01"}], "rows": 1}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-13"}]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-02"}, {"month": "2026-01"}]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01"}, {"month": "2029-01"}]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01", "balance": 0.125}]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01", "credit_limit": -1}]}'::behavior;
SELECT '{"version": 1, "decimals": 4, "months": [{"month": "2026-01", "due": 1e15}]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01", "limit": 5}]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01"}], "earlier": [["2023-01", "2023-02"]]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01"}], "earlier": [["2022-03", "2023-02"]]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01"}], "earlier": [["2020-03", "2020-05"], ["2020-04", "2020-06"]]}'::behavior;
SELECT '{"version": 1, "decimals": 2, "months": [{"month": "2026-01"}], "earlier": [["0001-03", "2020-05"]]}'::behavior;

-- Bytes of strangers: every byte of a value changed, and every length cut, is an error or a value that still answers.
CREATE TABLE attacked (h behavior);
CREATE FUNCTION use_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM (behavior_features(h)).n_months, h::text::behavior, (SELECT count(*) FROM behavior_months(h)),
    behavior_project_idle(h, 1) FROM (VALUES (NEW.h)) v (h);
  PERFORM rollup(h) FROM (VALUES (NEW.h), (NEW.h)) s (h);
  RETURN NULL;
END $$;
CREATE TRIGGER use_value BEFORE INSERT ON attacked FOR EACH ROW EXECUTE FUNCTION use_value();
CREATE TABLE victim AS SELECT credit_limit_internal.behavior_send(h) AS bytes FROM (SELECT behavior_agg(month, 10, b, 1, 1, 0) AS h
  FROM (VALUES (DATE '2019-01-01', 1.5), ('2019-03-01', 2), ('2025-12-01', 5), ('2026-01-01', NULL), ('2026-03-01', 3e10)) v (month, b)) s;
SELECT attack(bytes) FROM victim;
SELECT attack(bytes || '\x00') FROM victim;

CALL remove_data_files();
