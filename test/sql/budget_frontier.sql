\i test/helpers.sql

-- The 200 accounts of the test allocation.
CREATE TABLE account AS
SELECT i AS account_id, 6 + (i * 37 % 100) / 40.0::float8 AS mu, 0.4 + (i * 53 % 7) / 10.0::float8 AS sigma, (i * 29 % 5) / 20.0::float8 AS p_zero,
  0.14 - 0.75 * pd AS margin, 0.003 + 0.3 * pd AS carry, (i % 4) * 25.0 AS floor, 3000.00 + (i * 71 % 90) * 100 AS cap, 1 AS use_exposure,
  0.3 * pd AS use_loss, 0.45 * pd AS draw_loss
FROM (SELECT i::bigint AS i, (i * 17 % 40) / 400.0::float8 AS pd FROM generate_series(1, 200) i) s;
CREATE VIEW plain AS SELECT account_id, mu, sigma, p_zero, margin, carry, floor, cap, use_exposure FROM account;
-- By plain Python (statistics.NormalDist, bisection on the price): with 538966 of exposure 29618.607366287797 at a price of 0.0113231304388552; at no
-- price 673707.7663945595 are used, worth 30330.443310348466, and 339681.28559369995 drawn. Floors use 7500.
SELECT amount, status, price, near(used, amount, 1e-9) AS used, near(value, 29618.607366287797, 1e-9) AS value, bound - value BETWEEN -1e-9 AND 1e-5 AS tight
FROM budget_frontier('SELECT * FROM account', 'exposure', 1, '{"to": 538966, "also": ["loss"]}');
SELECT count(*) AS points, bool_and(near(amount, 7500 + (673707.7663945595 - 7500) * i / 10)) AS amounts, bool_and(status = CASE i WHEN 10 THEN 'slack'
  ELSE 'binding' END) AS statuses, bool_and(lower_price) AS price_falls, bool_and(less_gain) AS concave,
  near(max(value), 30330.443310348466) AS best, near(max(expected_draw), 339681.28559369995) AS drawn,
  bool_and(near(idle, credit_limit - expected_draw)) AS idle,
  bool_and(near((uses->>'loss')::float8, l.loss, 1e-9)) AS expected_loss
FROM (SELECT *, row_number() OVER (ORDER BY amount) AS i, price < coalesce(lag(price) OVER (ORDER BY amount), 1) AS lower_price,
    value - lag(value) OVER (ORDER BY amount) BETWEEN price * (amount - lag(amount) OVER (ORDER BY amount)) - 1e-6
      AND lag(price) OVER (ORDER BY amount) * (amount - lag(amount) OVER (ORDER BY amount)) + 1e-6 AS less_gain
  FROM budget_frontier('SELECT * FROM account', 'exposure', options => '{"also": ["loss"]}')) f,
  LATERAL (SELECT sum(use_loss * l + draw_loss * expected_draw(demand(mu, sigma, p_zero), l::numeric)) AS loss FROM account, LATERAL (SELECT
    allocation_limit(mu, sigma, p_zero, margin, carry, floor, cap, '{1}', NULL, ARRAY[price]) AS l) a) l;
-- A budget below the floors, and one of no use at all.
SELECT amount, status, price, used, value FROM budget_frontier('SELECT * FROM plain', 'exposure', 3, '{"from": 7000, "to": 7600}') WHERE amount < 7600;
SELECT amount, status, price, used, value FROM budget_frontier('SELECT account_id, mu, sigma, p_zero, -1 AS margin, carry, use_exposure FROM account',
  'exposure', 2);
SELECT amount, status, price, used, value FROM budget_frontier('SELECT * FROM account WHERE false', 'exposure', 2, '{"to": 5, "also": ["loss"]}');
SELECT count(*) AS null_query FROM budget_frontier(NULL, 'exposure');

-- Each point is what shadow_price says of its amount, from memory and pass by pass, serial, with workers and from shards; and ten of them take hardly
-- more passes than one.
CREATE TABLE book AS
SELECT i AS account_id, 5 + 4 * draw(i, 1) AS mu, 0.3 + draw(i, 2) AS sigma, 0.4 * draw(i, 3) AS p_zero, 0.15 - 0.75 * pd AS margin, 0.002 + 0.3 * pd AS carry,
  (i % 5) * 10.0 AS floor, 1000.00 + (i % 30) * 1000 AS cap, 1 AS use_exposure FROM (SELECT i, 0.2 * draw(i, 4) * draw(i, 5) AS pd
  FROM generate_series(1, 12000) i) s;
CREATE TABLE parted (LIKE book) PARTITION BY HASH (account_id);
CREATE TABLE part_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT * FROM book ORDER BY md5(account_id::text);
ALTER TABLE book SET (parallel_workers = 2);
ANALYZE book, parted;
CREATE TABLE point AS SELECT 'memory' AS how, f.* FROM budget_frontier('SELECT * FROM book', 'exposure') f;
SET maintenance_work_mem = '1MB';
SET max_parallel_workers_per_gather = 0;
INSERT INTO point SELECT 'passes', f.* FROM budget_frontier('SELECT * FROM book', 'exposure') f;
INSERT INTO point SELECT 'shards', f.* FROM budget_frontier('SELECT * FROM shard', 'exposure', 10, format('{"shards": ["%1$I.part_0", "%1$I.part_1"]}',
  current_schema())::jsonb) f;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
INSERT INTO point SELECT 'workers', f.* FROM budget_frontier('SELECT * FROM book', 'exposure') f;
SELECT count(DISTINCT (amount, status, price, used, value, bound, credit_limit, expected_draw, idle)) AS points, count(*) AS found FROM point;
SELECT bool_and(b->>'price' = price::text AND (c->>'value')::float8 = p.value AND (c->>'bound')::float8 = bound AND (b->>'used')::float8 = used
  AND c->>'status' = status) AS as_shadow_price, max(p.passes) <= max((c->>'passes')::int) + 3 AS few_passes
FROM (SELECT *, row_number() OVER (ORDER BY amount) AS i FROM point WHERE how = 'passes') p, LATERAL (SELECT shadow_price('SELECT * FROM book',
  jsonb_build_object('exposure', amount))::jsonb AS c) s, jsonb_array_elements(c->'budgets') b WHERE i % 3 = 1;

-- In scenarios too: a point is the certificate of its amount by the same criterion, in hardly more passes than the one that takes the most, whether all
-- accounts are read once or each pass reads them; what the limits earn in each scenario is that of the certificate. For 12000 of exposure the test
-- allocation_scenarios has values by Python.
CREATE VIEW risky AS SELECT p.*, (carry - 0.002) / 0.3 AS pd, 0.75 AS lgd, 0.4 AS ccf FROM parted p WHERE account_id % 3 > 0;
CREATE VIEW third AS SELECT * FROM risky WHERE account_id % 3 = 1;
CREATE TABLE criterion AS SELECT how, source, c || '{"scenarios": [{"name": "expected", "probability": 0.5}, {"name": "downturn", "pd": 2.5, "lgd": 1.1,
  "probability": 0.3}, {"name": "crisis", "pd": 5, "probability": 0.2}]}' AS options
FROM (VALUES ('memory', 'third', '{"criterion": "mean"}'::jsonb), ('passes', 'risky', '{"criterion": "worst"}'),
  ('shards', 'shard', format('{"criterion": "cvar", "alpha": 0.6, "shards": ["%s.third"]}', current_schema())::jsonb)) v (how, source, c);
CREATE TABLE stressed AS SELECT c.*, f.* FROM criterion c, budget_frontier('SELECT * FROM ' || source, 'exposure', 3, options) f WHERE how <> 'memory';
RESET maintenance_work_mem;
INSERT INTO stressed SELECT c.*, f.* FROM criterion c, budget_frontier('SELECT * FROM ' || source, 'exposure', 3, options) f WHERE how = 'memory';
SELECT how, options->>'criterion' AS criterion, count(*) AS points, bool_and(near_relative(t.price::float8, f.price, 1e-9)) AS price, bool_and(
  near(s.value::float8, f.value, 1e-9) AND near(s.bound::float8, f.bound, 1e-9)) AS value, bool_and(near(t.used::float8, f.used, 1e-9)) AS used,
  bool_and(s.status = f.status) AS status, bool_and(f.outcomes = o.outcomes) AS outcomes, max(f.passes) <= max(s.passes) + 1 AS few_passes
FROM stressed f, shadow_price('SELECT * FROM ' || source, jsonb_build_object('exposure', amount), options) c, certificate_summary(c) s,
  certificate_table(c) t, LATERAL (SELECT jsonb_object_agg(scenario, value) AS outcomes FROM certificate_scenarios(c)) o
GROUP BY how, options ORDER BY how;

-- ---- What it says when something is wrong ----

SELECT budget_frontier('SELECT * FROM account', 'exposure', 0);
SELECT budget_frontier('SELECT * FROM account', 'exposure', 65);
SELECT budget_frontier('SELECT * FROM account', 'exposure', 2, '{"from": 5, "to": 4}');
SELECT budget_frontier('SELECT * FROM account', 'exposure', 2, '{"also": ["exposure"]}');
SELECT budget_frontier('SELECT * FROM account', 'exposure', 2, '{"alsoo": ["loss"]}');
SELECT budget_frontier('SELECT * FROM account', 'capital', 2);
SELECT budget_frontier('SELECT * FROM account', 'exposure', 2);
SELECT budget_frontier('SELECT account_id, nullif(mu, 6) AS mu, sigma, p_zero, margin, carry, use_exposure FROM plain', 'exposure', 2);
SELECT budget_frontier('SELECT account_id, mu, sigma, p_zero, margin, 0 AS carry, use_exposure FROM account', 'exposure', 2);
SELECT budget_frontier('SELECT account_id, mu, sigma, p_zero, margin, 0 AS carry, 0 AS use_exposure FROM account', 'exposure', 2, '{"to": 5}');
SELECT budget_frontier('SELECT * FROM account', 'exposure', 2, '{"criterion": "worst"}');
SELECT budget_frontier('SELECT * FROM account', 'exposure', 2, '{"scenarios": [{"name": "a"}]}');
SELECT budget_frontier('SELECT * FROM account', 'exposure', 2, '{"also": ["a", "b", "c", "d", "e", "f"], "scenarios": [{"name": "a"}, {"name": "b"}]}');
