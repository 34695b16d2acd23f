-- Forecasts of balance and demand: what is learned is counted exactly, knows nothing of later months, and does not follow the
-- lender's own last decision.
\i test/helpers.sql
\set SHOW_CONTEXT never

-- 400 accounts of 20 months. An account with an even number repays all every month and draws anew; the others pay little by little,
-- and some of these stand at their limit.
CREATE TABLE forecast_month AS
SELECT a AS account_id, ('2024-01-01'::date + make_interval(months => m))::date AS month, 1000 + a % 5 * 500 AS credit_limit,
  CASE WHEN a % 2 = 0 THEN 100 + (a * 37 + m * 53) % 200 WHEN a % 7 = 1 THEN 1000 + a % 5 * 500
    ELSE greatest(900 - m * (10 + a % 11), 0) END AS balance,
  CASE WHEN a % 2 = 0 THEN CASE WHEN m > 0 THEN 100 + (a * 37 + m * 53 - 53) % 200 END ELSE 20 END AS payment,
  0 AS days_past_due
FROM generate_series(1, 400) a, generate_series(0, 19) m;
CREATE TABLE forecast_history AS
SELECT account_id, behavior_agg(month, credit_limit::numeric, balance::numeric, payment::numeric, NULL::numeric, days_past_due) AS h
FROM forecast_month GROUP BY account_id;
CREATE TABLE forecast_model AS SELECT train_demand('forecast_month') AS m;
SELECT (demand_model_summary(m)).* FROM forecast_model;

-- The observations of a cell, and those censored, counted by plain SQL: 12 origins of each account for each horizon.
SELECT target, basis, horizon, n, n_censored FROM forecast_model, demand_model_table(m) WHERE cell = 1;
SELECT count(*) AS n, count(*) FILTER (WHERE balance >= 0.98 * credit_limit) AS n_censored
FROM forecast_month WHERE month > '2025-08-01'::date - interval '12 months';
-- Leaves are parts of all.
WITH cells AS MATERIALIZED (SELECT c.* FROM forecast_model, demand_model_table(m) c WHERE c.basis <> 'mixture')
SELECT bool_and(n = n_all) AS parts_of_all FROM (
  SELECT c.target, c.basis, c.horizon, max(c.n) FILTER (WHERE c.cell = 1) AS n_all,
    sum(c.n) FILTER (WHERE NOT EXISTS (SELECT FROM cells d WHERE d.parent = c.cell
      AND (d.target, d.basis, d.horizon) = (c.target, c.basis, c.horizon))) AS n
  FROM cells c GROUP BY 1, 2, 3) s;

-- One change for all accounts: half the scale. The forecast is that, to the width of a bin (a twelfth of the change).
WITH model AS (
  SELECT demand_model_agg(h) AS m FROM (
    SELECT behavior_agg(month, l::numeric, b::numeric, NULL, NULL, NULL) AS h FROM generate_series(1, 50) a,
      (VALUES ('2024-01-01'::date, 1000, 100), ('2024-02-01', 1000, 100), ('2024-03-01', 1000, 600)) v(month, l, b)
    GROUP BY a) s)
SELECT round(demand_quantile(forecast_balance(m, h, '2024-02-01'), 0.9)::numeric / 600, 1) AS q90 FROM model,
  behavior_add(NULL, '2024-01-01', 1000::numeric, 100::numeric, NULL, NULL, NULL) g,
  behavior_add(g, '2024-02-01', 1000::numeric, 100::numeric, NULL, NULL, NULL) h;

-- Forecasts of all: between 0 and their ceiling, of the basis and horizon that was asked for.
SELECT count(*), bool_and(q10 >= 0 AND q10 <= q50 AND q50 <= q90) AS in_order, min(f::jsonb ->> 'basis') AS basis,
  max(f::jsonb ->> 'horizon') AS horizon
FROM (SELECT f, demand_quantile(f, 0.1) AS q10, demand_quantile(f, 0.5) AS q50, demand_quantile(f, 0.9) AS q90
  FROM forecast_model, forecast_history, LATERAL (SELECT forecast_demand(m, h, '2025-08-01', 3, 'peak') AS f OFFSET 0) x) s;
-- A peak is at no probability below a month that it is the highest of, whatever horizons were learned.
WITH model (learned, m) AS MATERIALIZED (SELECT 'all', m FROM forecast_model UNION ALL
    SELECT 'peaks alone', demand_model_agg(h, '{"horizons": [3, 12]}') FROM forecast_history),
  f AS MATERIALIZED (SELECT l.learned, account_id, peak, horizon, forecast_demand(l.m, h, '2025-08-01', peak, 'peak') AS p,
      forecast_demand(w.m, h, '2025-08-01', horizon) AS d
    FROM model l, forecast_model w, (SELECT * FROM forecast_history WHERE account_id <= 150 OFFSET 0) s, unnest('{3,12}'::int[]) peak,
      unnest('{1,3,6,12}'::int[]) horizon WHERE horizon <= peak)
SELECT learned, peak, horizon, bool_and(demand_quantile(p, x) >= demand_quantile(d, x)) AS not_below,
  bool_or(demand_quantile(p, x) > demand_quantile(d, x)) AS above,
  bool_and((demand_stats(p)).ceiling = (demand_stats(d)).ceiling) AS same_ceiling
FROM f, LATERAL (SELECT i / 40.0 AS x FROM generate_series(0, 40) i) g GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- Learned on earlier months, the median is nearer to the next balance than the last balance is.
SELECT sum(abs(n.balance - demand_quantile(forecast_balance(t.m, h, '2025-07-01'), 0.5))) < sum(abs(n.balance - l.balance)) AS nearer
FROM (SELECT train_demand('forecast_month', '{"until": "2025-07-01"}') AS m OFFSET 0) t, forecast_history f, forecast_month l, forecast_month n
WHERE l.account_id = f.account_id AND l.month = '2025-07-01' AND n.account_id = f.account_id AND n.month = '2025-08-01';
-- Demand at the limit is more than what is seen.
SELECT bool_and(demand_quantile(forecast_demand(m, h, '2025-08-01'), 0.9) >= demand_quantile(forecast_balance(m, h, '2025-08-01'), 0.9)) AS more
FROM forecast_model, forecast_history WHERE account_id % 14 = 1;

-- Any order and any division give the same bytes.
SELECT (SELECT demand_model_agg(h ORDER BY account_id DESC) FROM forecast_history) = m AS order_free,
  (SELECT rollup(p) FROM (SELECT demand_model_agg(h) AS p FROM forecast_history GROUP BY account_id % 7) s) = m AS mergeable,
  m::text::demand_model = m AS by_text, m::bytea::demand_model = m AS by_bytes, m::jsonb::demand_model = m AS by_jsonb
FROM forecast_model;

-- The feature that tells most apart goes first, and a cell leans on its parent with 50 observations. 100 accounts with little use go
-- up by a tenth of the scale, 100 with much go down by one; three quarters of the former and a quarter of the latter are past due. In
-- the cell of the former 25 of 150 observations are then its parent's that go down: a sixth. A quarter of them, with
-- 100 of the parent's, or a tenth with 25, would be seen.
CREATE TABLE forecast_lean AS
SELECT g AS account_id, behavior_agg(month, 1000, CASE WHEN month = '2024-01-01' THEN CASE WHEN g <= 100 THEN 100 ELSE 500 END
  WHEN g <= 100 THEN 200 ELSE 400 END::numeric, NULL, NULL, CASE WHEN (g % 4 = 0) = (g > 100) THEN 10 ELSE 0 END) AS h
FROM generate_series(1, 200) g, (VALUES ('2024-01-01'::date), ('2024-02-01')) v(month) GROUP BY g;
WITH model AS (SELECT demand_model_agg(h) AS m FROM forecast_lean)
SELECT round(demand_quantile(f, 0.15)::numeric, -1) AS down, round(demand_quantile(f, 0.20)::numeric, -1) AS up,
  (SELECT min(accounts_like) FROM demand_model_table(m) t WHERE t.target = 'balance' AND t.cell = 2) LIKE 'use %' AS use_first
FROM model, forecast_lean, forecast_balance(m, h, '2024-01-01') f WHERE account_id = 1;

-- The unit of money: a power of ten gives the same cells, of scale too, and the same forecasts.
CREATE TABLE forecast_unit AS
SELECT u, g AS account_id, behavior_agg(month, k * u, k * u * CASE WHEN month = '2024-01-01' THEN 0.2 WHEN k < 3000 THEN 0.1 ELSE 0.4 END,
  NULL, NULL, NULL) AS h
FROM unnest('{0.0001,0.01,1,100,1000000}'::numeric[]) u, generate_series(1, 200) g, LATERAL (SELECT CASE WHEN g <= 100 THEN 2000 ELSE 5000 END AS k) l,
  (VALUES ('2024-01-01'::date), ('2024-02-01')) v(month) GROUP BY u, g;
WITH model AS MATERIALIZED (SELECT u, demand_model_agg(h) AS m FROM forecast_unit GROUP BY u)
SELECT u, (SELECT count(*) FROM demand_model_table(m) WHERE accounts_like LIKE 'scale%') AS cells,
  round(demand_quantile(forecast_balance(m, h, '2024-01-01'), 0.5)::numeric / u, 6) AS median
FROM model JOIN forecast_unit USING (u) WHERE account_id = 1 ORDER BY u;

-- Kaplan and Meier by hand, in one cell of 40 accounts: 10 go up by a tenth of the scale, 10 by two and are at their limit, 20 by
-- four. A quarter of the demand is the first, three quarters are the last; of the balance .25, .25 and .5.
WITH model AS (
  SELECT demand_model_agg(h) AS m, min(h::text)::behavior AS h FROM (
    SELECT behavior_agg(month, CASE WHEN month = '2024-02-01' AND g % 4 = 1 THEN 300 ELSE 1000 END,
      CASE WHEN month = '2024-01-01' THEN 100 WHEN g % 4 = 0 THEN 200 WHEN g % 4 = 1 THEN 300 ELSE 500 END::numeric, NULL, NULL, NULL) AS h
    FROM generate_series(1, 40) g, (VALUES ('2024-01-01'::date), ('2024-02-01')) v(month) GROUP BY g) s)
SELECT p, round(demand_quantile(forecast_balance(m, h, '2024-01-01'), p)::numeric, -2) AS balance,
  round(demand_quantile(forecast_demand(m, h, '2024-01-01'), p)::numeric, -2) AS demand
FROM model, unnest('{0.2,0.3,0.45,0.55}'::float8[]) p;

-- Horizons that were asked for: these forecasts are as with all, the others are refused, and less is counted.
CREATE TABLE forecast_few AS SELECT demand_model_agg(h, '{"horizons": [1, 6]}') AS m FROM forecast_history;
SELECT (demand_model_summary(m)).horizons, octet_length(m::bytea) < (SELECT octet_length(w.m::bytea) FROM forecast_model w) AS smaller,
  m::text::demand_model = m AS by_text, m::bytea::demand_model = m AS by_bytes FROM forecast_few;
SELECT bool_and(forecast_balance(f.m, h, '2025-08-01', n)::text = forecast_balance(w.m, h, '2025-08-01', n)::text
  AND forecast_demand(f.m, h, '2025-08-01', n, b)::text = forecast_demand(w.m, h, '2025-08-01', n, b)::text) AS same
FROM forecast_few f, forecast_model w, (SELECT h FROM forecast_history WHERE account_id <= 20) s, unnest('{1,6}'::int[]) n,
  unnest('{month,mixture,peak}'::text[]) b;
SELECT forecast_balance(m, h, '2025-08-01', 3) FROM forecast_few, forecast_history WHERE account_id = 1;
SELECT train_demand('forecast_month', '{"horizons": [6, 1]}');
SELECT train_demand('forecast_month', '{"horizons": [2]}');
SELECT train_demand('forecast_month', '{"horizons": []}');

-- Models that take turns in one call, stored, in memory or just made, are not taken for one another. (Those of few accounts are of equally many.)
WITH model AS MATERIALIZED (SELECT demand_model_agg(h) AS m, account_id % 3 AS k FROM forecast_history GROUP BY account_id % 3),
  stored AS (SELECT k, m::bytea::demand_model AS m FROM model)
SELECT bool_and(q = (SELECT demand_quantile(forecast_balance((SELECT demand_model_agg(o.h) FROM forecast_history o WHERE o.account_id % 3 = k),
  s.h, '2025-08-01'), 0.9))) AS each_its_own, count(DISTINCT (h::text, q)) > 20 AS they_differ
FROM (SELECT h, k, demand_quantile(forecast_balance(m, h, '2025-08-01'), 0.9) AS q
  FROM forecast_history, stored WHERE account_id <= 20 ORDER BY account_id, k) s;
SELECT bool_and(made = stored) AS just_made, count(DISTINCT made) AS different FROM (
  SELECT demand_quantile(forecast_balance(m, h2, '2025-08-01'), 0.9) AS made,
    demand_quantile(forecast_balance(m::bytea::demand_model, h2, '2025-08-01'), 0.9) AS stored
  FROM (SELECT demand_model_agg(h) AS m, (SELECT h FROM forecast_history WHERE account_id = 2) AS h2
    FROM forecast_history GROUP BY account_id % 50 OFFSET 0) s) s;

-- A parallel plan gives the same bytes.
ALTER TABLE forecast_history SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT demand_model_agg(h) FROM forecast_history') AS parallel;
SELECT (SELECT demand_model_agg(h) FROM forecast_history) = m AS same FROM forecast_model;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- Bytes of strangers: a count that is another than the checksum says, and a number of counts without them.
SELECT set_byte(b, octet_length(b) - 1, get_byte(b, octet_length(b) - 1) + 1)::demand_model FROM (SELECT m::bytea AS b FROM forecast_few) s;
SELECT (substr(b, 1, 49) || '\x10000000')::demand_model FROM (SELECT m::bytea AS b FROM forecast_few) s;

-- The lender's last decision: the limit of the last month doubled leaves the demand as it was.
SELECT bool_and(forecast_demand(m, h, '2025-08-01', 6, b)::text = forecast_demand(m, d, '2025-08-01', 6, b)::text) AS unmoved
FROM forecast_model, unnest('{month,mixture,peak}'::text[]) b, (
  SELECT behavior_agg(month, credit_limit::numeric, balance::numeric, payment::numeric, NULL::numeric, days_past_due) AS h,
    behavior_agg(month, credit_limit * CASE month WHEN '2025-08-01' THEN 2 ELSE 1 END::numeric, balance::numeric, payment::numeric,
      NULL::numeric, days_past_due) AS d
  FROM forecast_month GROUP BY account_id) s;

-- No look ahead: months after the last that is looked at are changed, and nothing else changes.
CREATE TABLE forecast_later AS
SELECT account_id, month, credit_limit * CASE WHEN month > '2025-03-01' THEN 3 ELSE 1 END AS credit_limit,
  balance + CASE WHEN month > '2025-03-01' THEN 777 ELSE 0 END AS balance, payment, days_past_due
FROM forecast_month;
SELECT train_demand('forecast_month', '{"until": "2025-03-01"}') = train_demand('forecast_later', '{"until": "2025-03-01"}') AS learned,
  train_demand('forecast_month') = train_demand('forecast_later') AS differs_otherwise;
SELECT bool_and(forecast_balance(m, f.h, '2025-03-01')::text = forecast_balance(m, l.h, '2025-03-01')::text) AS forecast
FROM forecast_model, forecast_history f, (
  SELECT account_id, behavior_agg(month, credit_limit::numeric, balance::numeric, payment::numeric, NULL::numeric, days_past_due) AS h
  FROM forecast_later GROUP BY account_id) l WHERE l.account_id = f.account_id;

-- Nothing is known: no balance for more than three months, no months by then, NULL.
SELECT forecast_balance(m, h, '2025-11-01') IS NOT NULL AS three_months, forecast_balance(m, h, '2025-12-01') IS NULL AS four_months,
  forecast_balance(m, h, '2023-12-01') IS NULL AS before, forecast_balance(m, NULL, '2025-08-01') IS NULL AS without
FROM forecast_model, forecast_history WHERE account_id = 1;
SELECT demand_model_agg(NULL) IS NULL AS without_rows, train_demand(NULL) IS NULL AS without_relation;

-- Against the demand of a generated book: the 0.9 quantile covers at its rate where months below the limit say what it is. Where they do not it is
-- the ceiling, which is made of what limits let through, and covers far less.
\set ECHO none
\i demo/panel.sql
\set ECHO all
CREATE TABLE panel_history AS SELECT account_id, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS h
FROM pg_temp.panel(1000, 24, '2025-01-01', 7) WHERE month < '2026-09-01' GROUP BY account_id;
SELECT demand_quantile(f, 0.9) < demand_quantile(f, 1) AS known, count(*) > 50 AS accounts,
  avg((demand <= demand_quantile(f, 0.9))::int) BETWEEN 0.87 AND 0.93 AS covers
FROM (SELECT demand_model_agg(h, '{"horizons": [1]}') AS m FROM panel_history) l,
  panel_history JOIN pg_temp.panel_demand(1000, 24, '2025-01-01', 7) USING (account_id),
  LATERAL (SELECT forecast_demand(m, h, '2026-08-01') AS f OFFSET 0) x WHERE month = '2026-09-01' AND f IS NOT NULL GROUP BY 1 ORDER BY 1;

-- Errors.
SELECT forecast_balance(m, h, '2025-08-01', 2) FROM forecast_model, forecast_history WHERE account_id = 1;
SELECT forecast_demand(m, h, '2025-08-01', 1, 'year') FROM forecast_model, forecast_history WHERE account_id = 1;
CREATE TABLE forecast_short AS SELECT * FROM forecast_month WHERE month = '2024-01-01';
SELECT train_demand('forecast_short');
DELETE FROM forecast_short;
SELECT train_demand('forecast_short');
ALTER TABLE forecast_short ADD currency text;
INSERT INTO forecast_short SELECT f.*, CASE WHEN account_id < 9 THEN 'EUR' ELSE 'USD' END FROM forecast_month f;
SELECT train_demand('forecast_short');
-- Some without a currency, beside one; all without.
UPDATE forecast_short SET currency = CASE WHEN account_id < 9 THEN 'EUR' END;
SELECT train_demand('forecast_short');
UPDATE forecast_short SET currency = NULL;
SELECT train_demand('forecast_short') = m AS without_currency FROM forecast_model;
ALTER TABLE forecast_short DROP currency;
ALTER TABLE forecast_short RENAME account_id TO "a card";
SELECT train_demand('forecast_short');
SELECT train_demand('forecast_short', '{"columns": {"account_id": "a card"}}') = m AS named FROM forecast_model;
SELECT train_demand('forecast_short', '{"columns": {"account": "a card"}}');
SELECT train_demand('forecast_month', '{"tolerance": 2}');
SELECT train_demand('forecast_month', '{"from": "2025-08-01", "until": "2025-08-01"}');
-- Of the months of an account, the account is named: the first by account_id, whatever the plan.
CREATE VIEW forecast_wrong AS SELECT * FROM forecast_month UNION ALL
SELECT 31, '2024-05-01', 1, 2, 3, 4 UNION ALL SELECT 7, '2024-05-01', 1, 2, 3, 4;
SELECT train_demand('forecast_wrong');
CREATE OR REPLACE VIEW forecast_wrong AS SELECT * FROM forecast_month UNION ALL SELECT 12, '2024-05-01', -1, 2, 3, 4;
SELECT train_demand('forecast_wrong');
SELECT rollup(m) FROM (VALUES (train_demand('forecast_month')), (train_demand('forecast_month', '{"origins": 3}'))) v(m);
SELECT '{"version": 1, "origins": 12, "horizons": [1], "tolerance": 0.02, "n_accounts": 1, "n_skipped": 0, "counts": [[5, 1], [5, 1]]}'::demand_model;
SELECT '\x01'::bytea::demand_model;
