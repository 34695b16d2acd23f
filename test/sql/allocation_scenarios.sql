\i test/helpers.sql

-- ---- One account ----

-- The example of the test profit: with four times the PD of 0.03 margin and carry are 0.05484478 and 0.039062088. By Python (scipy.stats) the limits are
-- 12027.016262 and 8636.671162, and the worst of both is best at the second, where it is worth 329.203556, with all of the weight.
CREATE TABLE one AS
SELECT 1 AS account_id, demand(8000, 3000, 0, 'normal') AS demand, margin, carry, 0.03::float8 AS pd, 0.75 AS lgd, 0.4 AS ccf, 1 AS use_exposure
FROM unit_economics(0.18, 0.03, 0.03, 0.75, 0.4, irb_capital(0.03, 0.75, 'qrre'), 0.1, liquidity_share => 0.05, liquidity_spread => 0.02);
SELECT s.status, round(s.value, 6) AS value, round(s.bound, 6) AS bound, round(t.used, 6) AS credit_limit, s.criterion, s.alpha,
  (SELECT string_agg(format('%s %s %s', scenario, weight, round(value, 4)), ', ') FROM certificate_scenarios(c)) AS scenarios
FROM (VALUES ('{"criterion": "worst"}'::jsonb), ('{"criterion": "cvar", "alpha": 0.5}'), ('{"criterion": "cvar", "alpha": 0}'), ('{"criterion": "mean"}'),
  ('{}')) v (criterion), shadow_price('SELECT * FROM one', '{"exposure": 1e9}', criterion || '{"scenarios": [{"name": "base"}, {"name": "downturn",
  "pd": 4}]}') c, certificate_summary(c) s, certificate_table(c) t;
-- With one scenario, what is expected, it is a plain call; a demand scaled by 2 doubles limit and profit; and a PD cannot exceed 1.
SELECT near(s.value::float8, 913.894428, 1e-9) AS expected, near(t.used::float8, 12027.016262, 1e-9) AS credit_limit FROM shadow_price('SELECT * FROM one',
  '{"exposure": 1e9}', '{"scenarios": [{"name": "expected"}]}') c, certificate_summary(c) s, certificate_table(c) t;
SELECT near(s.value::float8, 2 * 913.894428, 1e-9) AS twice, near(t.used::float8, 2 * 12027.016262, 1e-9) AS credit_limit FROM
  shadow_price('SELECT * FROM one', '{"exposure": 1e9}', '{"scenarios": [{"name": "busy", "demand": 2}]}') c, certificate_summary(c) s, certificate_table(c) t;
SELECT count(DISTINCT s.value) = 1 AS bounded, max(value) < 0 AS a_loss FROM unnest('{33.5, 40, 1000}'::float8[]) f,
  shadow_price('SELECT *, 100 AS floor FROM one', '{"exposure": 1e9}', jsonb_build_object('scenarios', jsonb_build_array(jsonb_build_object('name', 'all',
  'pd', f)))) c, certificate_scenarios(c) s;

-- ---- Against others ----

-- Twelve accounts, four scenarios, 12000 of exposure. By Python (scipy.stats; SLSQP over limits and, for CVaR, the form of Rockafellar and Uryasev) the mean is
-- worth 770.34755, the worst 512.409856, CVaR 578.088492 at an alpha of 0.6, and 512.409856 at 0.9.
CREATE TABLE account AS
SELECT i AS account_id, 6 + (i * 37 % 100) / 40.0::float8 AS mu, 0.4 + (i * 53 % 7) / 10.0::float8 AS sigma, (i * 29 % 5) / 20.0::float8 AS p_zero,
  0.14 - pd * lgd AS margin, 0.003 + ccf * pd * lgd AS carry, pd, lgd, ccf, 1 AS use_exposure
FROM (SELECT i, 0.004 + (i * 17 % 40) / 400.0::float8 AS pd, 0.45 + (i % 3) * 0.15::float8 AS lgd, 0.3 + (i % 2) * 0.2::float8 AS ccf
  FROM generate_series(1, 12) i) s;
CREATE TABLE scenarios AS SELECT '{"scenarios": [{"name": "expected", "probability": 0.4}, {"name": "downturn", "pd": 2.5, "lgd": 1.2, "probability": 0.3},
  {"name": "crisis", "pd": 4, "lgd": 1.3, "demand": 1.4, "probability": 0.2}, {"name": "calm", "pd": 0.7, "demand": 0.6, "probability": 0.1}]}'::jsonb AS given;
CREATE TABLE certified AS SELECT i, criterion, wanted, c FROM scenarios, (VALUES (1, '{"criterion": "mean"}'::jsonb, 770.34755), (2, '{"criterion": "worst"}',
  512.409856), (3, '{"criterion": "cvar", "alpha": 0.6}', 578.088492), (4, '{"criterion": "cvar", "alpha": 0.9}', 512.409856)) v (i, criterion, wanted),
  shadow_price('SELECT * FROM account', '{"exposure": 12000}', given || criterion) c;
SELECT b.criterion, status, near(s.value::float8, wanted, 1e-8) AS value, gap BETWEEN 0 AND 1e-9 * s.bound AS tight, passes <= 20 AS few_passes
FROM certified b, certificate_summary(c) s ORDER BY i;
-- So are the points of a frontier at that amount, and what they earn in each scenario adds up to the mean.
SELECT b.criterion, near(f.value, wanted, 1e-8) AS value, b.i > 1 OR near((SELECT sum((f.outcomes->>(s->>'name'))::float8 * (s->>'probability')::float8) FROM
  jsonb_array_elements(given->'scenarios') s), f.value, 1e-9) AS outcomes
FROM certified b, scenarios, budget_frontier('SELECT *, pd * lgd AS use_loss FROM account', 'exposure', 1,
  '{"to": 12000, "also": ["loss"]}' || given || criterion) f ORDER BY i;
SELECT scenario, pd, lgd, demand, probability, weight, round(value, 4) AS value FROM certified, certificate_scenarios(c) WHERE i = 3;
-- Limits at these prices and weights, account by account, and each scenario in plain SQL: margin and carry of unit_economics with its PD and LGD, and
-- demand with its mu.
CREATE FUNCTION earned(a account, l float8, pd float8, lgd float8, demand float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT limit_profit(demand(a.mu + ln(demand), a.sigma, a.p_zero), l::numeric, 0.14 - least(1, pd * a.pd) * lgd * a.lgd,
    0.003 + a.ccf * least(1, pd * a.pd) * lgd * a.lgd) $$;
CREATE FUNCTION factors(c allocation_certificate) RETURNS float8[] LANGUAGE sql IMMUTABLE AS $$
  SELECT array_agg(x ORDER BY n, k) FROM (SELECT row_number() OVER () AS n, s.* FROM certificate_scenarios(c) s) s,
    unnest(ARRAY[pd, lgd, demand]) WITH ORDINALITY f (x, k) $$;
CREATE TABLE chosen AS SELECT i, a, allocation_limit(mu, sigma, p_zero, margin, carry, NULL, NULL, '{1}', NULL, certificate_prices(c, '{exposure}') ||
  (SELECT array_agg(weight ORDER BY n) FROM (SELECT row_number() OVER () AS n, weight FROM certificate_scenarios(c)) w),
  ARRAY[pd, lgd, ccf, 1, 0, 0], factors(c)) AS l FROM certified, account a;
SELECT b.criterion, bool_and(near(s.value::float8, o.earned, 1e-9)) AS outcomes, bool_and(o.used <= 12000) AS fits
FROM certified b, certificate_scenarios(c) s, LATERAL (SELECT sum(earned(a, l, pd, lgd, demand)) AS earned, sum(l) AS used FROM chosen h WHERE h.i = b.i) o
GROUP BY b.i, b.criterion ORDER BY b.i;
-- A hundred and sixty other limits that fit, near these and far from them, earn no more than the bound by any criterion: sorted and averaged here.
CREATE TABLE other AS SELECT n, c.i, s.scenario, s.probability, sum(earned(a, l * k, pd, lgd, demand)) AS earned
FROM (SELECT n, i, a, l * r AS l, 12000 / sum(l * r) OVER (PARTITION BY n, i) AS k FROM generate_series(1, 40) n, chosen,
  LATERAL (SELECT 1 + (n % 4 + 0.01) * (draw(n, i * 100 + (a).account_id) - 0.5) / 2 AS r) d) c, certified b, certificate_scenarios(c) s WHERE b.i = c.i
GROUP BY 1, 2, 3, 4;
SELECT b.criterion, count(*) AS limits, bool_and(worth <= s.bound + 1e-6) AS bound, max(worth) > 0.999 * max(s.bound) AS near
FROM certified b, certificate_summary(c) s, LATERAL (SELECT n, CASE b.i WHEN 1 THEN sum(earned * probability) WHEN 2 THEN min(earned) ELSE
    sum(earned * least(probability, greatest(0, tail - before))) / tail END AS worth
  FROM (SELECT n, earned, probability, round(1 - s.alpha, 9)::float8 AS tail, sum(probability) OVER (PARTITION BY n ORDER BY earned) - probability AS before
    FROM other o WHERE o.i = b.i) t GROUP BY n, tail) w GROUP BY b.i, b.criterion ORDER BY b.i;
-- Three accounts: all limits of a grid.
SELECT max(worst) <= max(s.bound) AND max(worst) > 0.99 * max(s.bound) AS brute_force
FROM scenarios, shadow_price('SELECT * FROM account WHERE account_id <= 3', '{"exposure": 3000}', given || '{"criterion": "worst"}') c,
  certificate_summary(c) s, LATERAL (SELECT min(o) AS worst FROM (SELECT scenario, sum(CASE a.account_id WHEN 1 THEN x.e[i] WHEN 2 THEN x.e[j]
    ELSE x.e[k] END) AS o, i, j, k FROM generate_series(1, 21) i, generate_series(1, 21) j, generate_series(1, 21) k, certificate_scenarios(c) t,
    account a, LATERAL (SELECT array_agg(earned(a, (g - 1) * 150, t.pd, t.lgd, t.demand) ORDER BY g) AS e FROM generate_series(1, 21) g) x
    WHERE a.account_id <= 3 AND i + j + k <= 23 GROUP BY scenario, i, j, k) z GROUP BY i, j, k) g;
-- The mean over scenarios of PD and LGD is a plain call with the mean of margins and carries: the same price and the same value.
SELECT near(t.price::float8, p.price::float8, 1e-10) AS price, near(s.value::float8, q.value::float8, 1e-10) AS value
FROM scenarios, LATERAL (SELECT given #- '{scenarios,2,demand}' #- '{scenarios,3,demand}' AS mean) g, LATERAL shadow_price('SELECT * FROM account',
  '{"exposure": 9000}', mean) c, certificate_summary(c) s, certificate_table(c) t,
  shadow_price('SELECT account_id, mu, sigma, p_zero, margin - more AS margin, carry + ccf * more AS carry, use_exposure FROM account,
    LATERAL (SELECT pd * lgd * (0.3 * (2.5 * 1.2 - 1) + 0.2 * (4 * 1.3 - 1) + 0.1 * (0.7 - 1)) AS more) m', '{"exposure": 9000}') d,
  certificate_summary(d) q, certificate_table(d) p;

-- ---- Any plan ----

-- The same from memory and pass by pass, with workers, partitioned, from shards, in another order and from the type demand; with demand that a scenario
-- scales, a PD that moves, and two budgets.
CREATE TABLE book AS
SELECT i AS account_id, 5 + 4 * draw(i, 1) AS mu, 0.3 + draw(i, 2) AS sigma, 0.4 * draw(i, 3) AS p_zero, 0.15 - 0.75 * pd AS margin, 0.002 + 0.3 * pd AS carry,
  (i % 5) * 10.0 AS floor, 1000.00 + (i % 30) * 1000 AS cap, 1 AS use_exposure, 0.3 * pd AS use_loss, 0.45 * pd AS draw_loss, pd, 0.75 AS lgd, 0.4 AS ccf,
  1 AS default_draw_ratio, (i % 3) * 0.1 AS pd_limit_elasticity, 1000 + i AS pd_limit
FROM (SELECT i, 0.2 * draw(i, 4) * draw(i, 5) AS pd FROM generate_series(1, 400) i) s;
CREATE TABLE parted (LIKE book) PARTITION BY HASH (account_id);
CREATE TABLE part_0 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE part_1 PARTITION OF parted FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO parted SELECT * FROM book ORDER BY md5(account_id::text);
CREATE VIEW typed AS SELECT account_id, demand(mu, sigma, p_zero) AS demand, margin, carry, floor::float8, cap::float8, use_exposure, use_loss, draw_loss,
  pd, lgd,
  ccf, default_draw_ratio, pd_limit_elasticity, pd_limit FROM parted;
ALTER TABLE book SET (parallel_workers = 2);
ANALYZE book, parted;
CREATE TABLE answer (how text, certificate jsonb, passes int, read text);
CREATE PROCEDURE ask(how text, query text, options jsonb DEFAULT '{}') LANGUAGE sql AS $$
  INSERT INTO answer SELECT how, c - 'passes' - 'read', (c->>'passes')::int, c->>'read' FROM (SELECT shadow_price(query, '{"exposure": 400000,
    "loss": 3000}', options || '{"scenarios": [{"name": "expected"}, {"name": "downturn", "pd": 2, "lgd": 1.1}, {"name": "boom", "pd": 0.8, "demand": 0.7}],
    "criterion": "cvar", "alpha": 0.4}')::jsonb AS c) s $$;
CALL ask('memory', 'SELECT * FROM book');
CALL ask('type', 'SELECT * FROM typed');
CALL ask('start', 'SELECT * FROM book', '{"start": {"exposure": 0.02, "loss": 2.3}}');
SET maintenance_work_mem = '1MB';
SET work_mem = '64kB';
SET max_parallel_workers_per_gather = 0;
CALL ask('shards', 'SELECT * FROM shard', format('{"shards": ["%1$I.part_0", "%1$I.part_1"]}', current_schema())::jsonb);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 1;
SELECT uses_parallel('SELECT allocation_step_agg(mu, sigma, p_zero, margin, carry, floor, cap, ARRAY[use_exposure]::float8[], NULL, ''{0}'', ARRAY[pd, lgd, ccf,
  1, 0, 0]::float8[], NULL) FROM book') AS parallel;
CALL ask('shards, workers', 'SELECT * FROM shard', format('{"shards": ["%s.book"]}', current_schema())::jsonb);
RESET maintenance_work_mem;
RESET work_mem;
RESET max_parallel_workers_per_gather;
SELECT count(DISTINCT certificate) AS certificates, count(*) AS ways, max(passes) < 60 AS few_passes FROM answer;
SELECT c->>'status' AS status, b->>'name' AS budget, (b->>'price')::float8 > 0 AS binds, (b->>'used')::float8 <= (b->>'amount')::float8 AS fits,
  (c->>'gap')::float8 <= 1e-6 * (c->>'value')::float8 AS tight FROM (SELECT DISTINCT certificate AS c FROM answer) s, jsonb_array_elements(c->'budgets') b;
-- A step of it is a summary: the bound holds at any prices and weights, derivatives are those of uses and outcomes, and it is stored and merged.
CREATE TABLE step AS SELECT p, allocation_step_agg(mu, sigma, p_zero, margin, carry, floor, cap, ARRAY[use_exposure, use_loss], ARRAY[0, draw_loss], p,
  ARRAY[pd, lgd, ccf, default_draw_ratio, 0, 0], '{1, 1, 1, 2, 1.1, 1.3}') AS s
FROM book, (VALUES ('{0.01, 0.1, 0.5, 0.5}'::float8[]), ('{0.010001, 0.1, 0.5, 0.5}'), ('{0.01, 0.1, 0.49999, 0.50001}')) v (p) WHERE account_id <= 500
GROUP BY p;
SELECT near(t.value, 0.5 * t.outcomes[1] + 0.5 * t.outcomes[2], 1e-9) AS value, t.weights, array_length(t.derivatives, 1) AS of_all,
  near_relative(t.derivatives[1][1], (u.uses[1] - t.uses[1]) / 1e-6, 1e-2) AS price_of_use,
  near_relative(t.derivatives[3][1], -(u.outcomes[1] - t.outcomes[1]) / 1e-6, 1e-2) AS price_of_outcome,
  near_relative(t.derivatives[1][4] - t.derivatives[1][3], (w.uses[1] - t.uses[1]) / 1e-5, 1e-2) AS weight_of_use
FROM step a, step b, step c, allocation_step_stats(a.s) t, allocation_step_stats(b.s) u, allocation_step_stats(c.s) w
WHERE a.p = '{0.01, 0.1, 0.5, 0.5}' AND b.p[1] = 0.010001 AND c.p[3] = 0.49999;
SELECT bool_and(s::text::allocation_step = s AND s::bytea::allocation_step = s) AS forms, (SELECT rollup(s) = (array_agg(s))[1] FROM step
  WHERE p[3] = 0.5 AND p[1] = 0.01) AS merged FROM step;
SELECT rollup(s) FROM step;

-- ---- A PD that moves ----

-- By Python (scipy.optimize, a grid and Brent's method): limits and profits of the first example at elasticities of 0, 0.2, 1 and 3, from a limit of 5000.
SELECT e, round(l, 4) AS best, round(limit_profit(demand, l, margin, carry, pd_limit_elasticity => e, pd => pd, lgd => lgd::float8, ccf => ccf::float8,
  pd_limit => 5000)::numeric, 6) AS profit, abs(marginal_profit(demand, l, margin, carry, pd_limit_elasticity => e, pd => pd, lgd => lgd::float8,
  ccf => ccf::float8, pd_limit => 5000)) < 1e-9 AS flat
FROM one, unnest('{0, 0.2, 1, 3}'::float8[]) e, LATERAL (SELECT optimal_limit(demand, margin, carry, pd_limit_elasticity => e, pd => pd, lgd => lgd::float8,
  ccf => ccf::float8, pd_limit => 5000) AS l) o;
-- At 0 nothing else is read, and every bit is that without it; at the limit where the PD holds profit does not change with the elasticity.
SELECT optimal_limit(d, 0.12, 0.02) = optimal_limit(d, 0.12, 0.02, pd_limit_elasticity => 0, pd => 7) AS same_limit, limit_profit(d, 700, 0.12, 0.02) =
  limit_profit(d, 700, 0.12, 0.02, pd_limit_elasticity => 0, lgd => -3) AS same_profit, near(limit_profit(d, 700, 0.12, 0.02), limit_profit(d, 700, 0.12, 0.02,
  pd_limit_elasticity => 2.5, pd => 0.04, lgd => 0.5, ccf => 0.3, pd_limit => 700)) AS same_at_its_limit FROM (SELECT demand(7, 1) AS d) s;
SELECT shadow_price('SELECT account_id, mu, sigma, p_zero, margin, carry, use_exposure FROM account', '{"exposure": 9000}') =
  shadow_price('SELECT *, 0 AS pd_limit_elasticity, 0 AS pd_limit FROM account', '{"exposure": 9000}') AS same_certificate;
-- The best of several: beyond the limit at which the PD is 1 these earn again. No limit of a grid earns more.
SELECT round(avg((s.n > 1)::int), 2) AS several, bool_and(best + 1e-9 >= grid) AS best, bool_and(allocation_limit(mu, sigma, 0, margin, carry, NULL, NULL,
  '{1}',
  NULL, '{0}', ARRAY[pd, lgd, ccf, 1, e, pd_limit], NULL) - l::float8 BETWEEN -1e-9 AND 1e-9) AS same
FROM (SELECT i, 6 + 2 * draw(i, 1) AS mu, 0.3 + draw(i, 2) AS sigma, 0.02 + 0.06 * draw(i, 3) AS pd, 0.05 + 0.1 * draw(i, 4) AS lgd, 0.4 * draw(i, 5) AS ccf,
    1 + 4 * draw(i, 6) AS e, 50 + 400 * draw(i, 7) AS pd_limit FROM generate_series(1, 60) i OFFSET 0) a, LATERAL (SELECT 0.16 - pd * lgd AS margin,
  0.002 + ccf * pd * lgd AS carry, demand(mu, sigma) AS d OFFSET 0) u, LATERAL (SELECT optimal_limit(d, margin, carry, pd_limit_elasticity => e, pd => pd,
  lgd => lgd, ccf => ccf, pd_limit => pd_limit::numeric) AS l OFFSET 0) o, LATERAL (SELECT limit_profit(d, l, margin, carry, pd_limit_elasticity => e, pd => pd,
  lgd => lgd, ccf => ccf, pd_limit => pd_limit::numeric) AS best) b, LATERAL (SELECT max(p) AS grid, count(*) FILTER (WHERE p > before AND p > after) AS n
  FROM (SELECT p, lag(p) OVER (ORDER BY g) AS before, lead(p) OVER (ORDER BY g) AS after FROM generate_series(0, 240) g, LATERAL (SELECT limit_profit(d,
    (10 * 1.03 ^ g)::numeric, margin, carry, pd_limit_elasticity => e, pd => pd, lgd => lgd, ccf => ccf, pd_limit => pd_limit::numeric) AS p) z) y) s;
-- A budget over such accounts, and a frontier of it: the bound is that of each account alone at the price.
SELECT s.status, near(s.bound::float8, t.price::float8 * 3000 + best, 1e-9) AS bound, near(f.value, s.value::float8, 1e-9) AS frontier
FROM shadow_price('SELECT *, 0.3 AS pd_limit_elasticity, 800 AS pd_limit FROM account', '{"exposure": 3000}') c, certificate_summary(c) s, certificate_table(c)
  t, budget_frontier('SELECT *, 0.3 AS pd_limit_elasticity, 800 AS pd_limit FROM account', 'exposure', 1, '{"to": 3000}') f,
  LATERAL (SELECT sum(limit_profit(demand(mu, sigma, p_zero), l, margin, carry, pd_limit_elasticity => 0.3, pd => pd, lgd => lgd, ccf => ccf,
    pd_limit => 800) - t.price::float8 * l::float8) AS best FROM account, LATERAL (SELECT optimal_limit(demand(mu, sigma, p_zero), margin, carry,
    shadow_price => t.price::float8, pd_limit_elasticity => 0.3, pd => pd, lgd => lgd, ccf => ccf, pd_limit => 800) AS l) o) b;
-- A higher PD never gives a higher limit, under prices of exposure and of expected loss (the unit test has more). Under a price of capital it may, where the
-- curve of capital falls: here beyond a PD of 0.4.
CREATE TABLE ladder AS SELECT kind, i, j, allocation_limit(d, 0.2 - pd * lgd, 0.002 + 0.4 * pd * lgd, NULL, 1e6, ARRAY[use], ARRAY[draw],
  ARRAY[price * draw(i, 4)],
  ARRAY[pd, lgd, 0.4, 1, e, 500 + 2000 * draw(i, 5)], NULL) AS l
FROM generate_series(1, 150) i, LATERAL (SELECT demand(5 + 4 * draw(i, 1), 0.3 + draw(i, 2), 0.4 * draw(i, 3)) AS d) a, generate_series(1, 8) j,
  (VALUES ('exposure', 0, 0.02, 0.75, 0.1, 0.5), ('loss', 0, 0.02, 0.75, 2, 0.5), ('capital to a PD of 0.4', 0, 0.05, 0.1, 1.5, 0), ('capital from there', 0.4,
  0.05, 0.1, 1.5, 0)) k (kind, least, step, lgd, price, e), LATERAL (SELECT (least + step * j)::float8 AS pd) p,
  LATERAL (SELECT CASE WHEN kind = 'exposure' THEN 1
  WHEN kind = 'loss' THEN 0.4 * pd * lgd ELSE irb_capital(pd, lgd, 'qrre') END AS use, CASE kind WHEN 'loss' THEN 0.6 * pd * lgd ELSE 0 END AS draw) u;
SELECT kind, count(*) AS limits, sum((l > 0)::int) > 100 AS some, count(*) FILTER (WHERE l > before * (1 + 1e-12) + 1e-9) > 0 AS ever_rises
FROM (SELECT *, lag(l) OVER (PARTITION BY kind, i ORDER BY j) AS before FROM ladder) s GROUP BY kind ORDER BY kind;

-- ---- What it says when something is wrong ----

CREATE PROCEDURE wrong(options jsonb, query text DEFAULT 'SELECT * FROM account', budgets jsonb DEFAULT '{"exposure": 9000}') LANGUAGE plpgsql AS $$
DECLARE said text; more text; hint text;
BEGIN
  RAISE INFO '%', (SELECT status FROM certificate_summary(shadow_price(query, budgets, options)));
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS said = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RAISE INFO E'% %\n%\n%', SQLSTATE, said, more, hint;
END $$;
CALL wrong('{"scenarios": []}');
CALL wrong('{"scenarios": [{"name": "a"}, {"name": "a"}]}');
CALL wrong('{"scenarios": [{"name": "a", "PD": 2}]}');
CALL wrong('{"scenarios": [{"pd": 2}]}');
CALL wrong('{"scenarios": [{"name": "a", "probability": 0.6}, {"name": "b", "probability": 0.6}]}');
CALL wrong('{"scenarios": [{"name": "a", "probability": 1.5}, {"name": "b", "probability": -0.5}]}');
CALL wrong('{"scenarios": [{"name": "a", "probability": 0.5}, {"name": "b"}]}');
CALL wrong('{"scenarios": [{"name": "a", "pd": -1}]}');
CALL wrong('{"scenarios": [{"name": "a", "demand": 0}]}');
CALL wrong('{"scenarios": [{"name": "a"}], "criterion": "median"}');
CALL wrong('{"scenarios": [{"name": "a"}], "criterion": "cvar"}');
CALL wrong('{"scenarios": [{"name": "a"}], "criterion": "cvar", "alpha": 1}');
CALL wrong('{"scenarios": [{"name": "a"}], "criterion": "cvar", "alpha": -0.1}');
CALL wrong('{"scenarios": [{"name": "a"}], "criterion": "worst", "alpha": 0.9}');
CALL wrong('{"criterion": "worst"}');
CALL wrong('{"scenarios": [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}, {"name": "e"}, {"name": "f"}, {"name": "g"}, {"name": "h"}]}');
CALL wrong('{"scenarios": [{"name": "a"}]}', 'SELECT account_id, mu, sigma, margin, carry, use_exposure FROM account');
CALL wrong('{"scenarios": [{"name": "a"}]}', 'SELECT account_id, mu, sigma, margin, carry, nullif(pd, 0.0165) AS pd,
  CASE WHEN account_id <> 7 THEN lgd END AS lgd,
  ccf, use_exposure FROM account');
CALL wrong('{"scenarios": [{"name": "a"}]}', 'SELECT account_id, mu, sigma, margin, carry, pd + 1 AS pd, lgd, ccf, use_exposure FROM account');
CALL wrong('{"scenarios": [{"name": "a"}]}', 'SELECT account_id, mu, sigma, margin, 0.001 AS carry, pd, lgd, ccf,
  use_exposure FROM account WHERE account_id = 2');
CALL wrong('{}', 'SELECT *, -0.1 AS pd_limit_elasticity, 700 AS pd_limit FROM account');
CALL wrong('{}', 'SELECT *, 0.1 AS pd_limit_elasticity, 0 AS pd_limit FROM account');
CALL wrong('{}', 'SELECT *, 0.1 AS pd_limit_elasticity FROM account');
CALL wrong('{}', 'SELECT * FROM account');
CALL wrong('{"scenarios": [{"name": "a"}, {"name": "b", "pd": 5}], "criterion": "worst"}', 'SELECT *, 2000 AS floor FROM account');
CALL wrong('{"scenarios": [{"name": "a"}, {"name": "b", "pd": 5}], "criterion": "worst"}', 'SELECT * FROM account WHERE false');
SELECT optimal_limit(demand(7, 1), 0.12, 0.02, pd_limit_elasticity => -0.1, pd => 0.04, lgd => 0.5, ccf => 0.3, pd_limit => 700);
SELECT limit_profit(demand(7, 1), 700, 0.12, 0.02, pd_limit_elasticity => 0.1, pd => 0.04, lgd => 0.5, ccf => 0.3, pd_limit => 0);
SELECT marginal_profit(demand(7, 1), 700, 0.12, 0.002, pd_limit_elasticity => 0.1, pd => 0.04, lgd => 0.5, ccf => 0.3, pd_limit => 700);
SELECT limit_profit(demand(7, 1), 700, 0.12, 0.02, pd_limit_elasticity => 0.1, pd => 0.04, lgd => 0.5, pd_limit => 700) IS NULL AS no_ccf,
  optimal_limit(demand(7, 1), 0.12, 0.02, pd_limit_elasticity => NULL) IS NULL AS no_elasticity;
SELECT allocation_limit(8, 1, 0, 0.1, 0.02, 0, 9, '{1}', NULL, '{0.1}', '{0.1, 0.5}', NULL);
SELECT allocation_limit(8, 1, 0, 0.1, 0.02, 0, 9, '{1}', NULL, '{0.1, 1}', '{0.01, 0.5, 0.4, 1, 0, 0}', '{1, 1}');
SELECT allocation_limit(8, 1, 0, 0.1, 0.02, 0, 9, '{1}', NULL, '{0.1, 0.7}', '{0.01, 0.5, 0.4, 1, 0, 0}', '{1, 1, 1}');
SELECT allocation_limit(8, 1, 0, 0.1, 0.02, 0, 9, '{1}', NULL, '{1}', '{0.01, 0.5, 0.4, 1, 0, 0}', '{1, 1, 1}');
SELECT allocation_limit(8, 1, 0, 0.1, 0.02, 0, 9, '{1}', NULL, '{0.1}', NULL, NULL) IS NULL AS no_risk;
-- A certificate that says another value than its scenarios, weights that the criterion does not allow, or that do not add up. Whether a parallel
-- worker reads them is the planner's.
\set SHOW_CONTEXT never
SELECT jsonb_set(c::jsonb, '{scenarios,0,value}', '1')::allocation_certificate FROM certified WHERE i = 1;
SELECT jsonb_set(c::jsonb, '{scenarios,0,weight}', '0.9')::allocation_certificate FROM certified WHERE i = 1;
SELECT jsonb_set(c::jsonb, '{scenarios,0,weight}', '0.3')::allocation_certificate FROM certified WHERE i = 1;
\set SHOW_CONTEXT errors
SELECT jsonb_set(c::jsonb, '{scenarios,0,probability}', '0.3')::allocation_certificate FROM certified WHERE i = 1;
SELECT (c::jsonb - 'criterion')::allocation_certificate FROM certified WHERE i = 1;
SELECT (c::jsonb - 'scenarios')::allocation_certificate FROM certified WHERE i = 1;
SELECT bool_and(c::jsonb::allocation_certificate = c AND c::text::allocation_certificate = c) AS forms FROM certified;

-- ---- Cancel in a later pass ----

\set SHOW_CONTEXT never
-- The third pass reads rows without an end; what had been read is let go, and the session goes on as before.
CREATE SEQUENCE pass;
CREATE FUNCTION rows_of_pass() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN CASE WHEN nextval('pass') < 3 THEN 100 ELSE 2147483647 END; END $$;
CREATE VIEW pass_rows AS SELECT rows_of_pass() AS n;
SELECT c::text AS before FROM certified WHERE i = 2 \gset
SET statement_timeout = '300ms';
SELECT shadow_price('SELECT i AS account_id, 5 AS mu, 1 AS sigma, 0.1 AS margin, 0.02 AS carry, 0.01 AS pd, 0.75 AS lgd, 0.4 AS ccf,
  1 AS use_exposure FROM (SELECT *
  FROM shard) s, LATERAL generate_series(1, s.n) i', '{"exposure": 7499}', format('{"shards": ["%s.pass_rows"], "scenarios": [{"name": "a"}, {"name": "b",
  "pd": 4}], "criterion": "worst"}', current_schema())::jsonb) FROM (SELECT 1) s;
RESET statement_timeout;
SELECT last_value > 2 AS later FROM pass;
-- In memory too.
SET statement_timeout = '250ms';
SELECT shadow_price('SELECT account_id * 100 + j AS account_id, mu, sigma, p_zero, margin, carry, floor, cap, use_exposure, pd, lgd, ccf, default_draw_ratio,
  0.3 AS pd_limit_elasticity, pd_limit FROM book, generate_series(1, 15) j', '{"exposure": 7499000}', '{"scenarios": [{"name": "a"}, {"name": "b", "pd": 4,
  "demand": 2}], "criterion": "worst"}');
RESET statement_timeout;
SELECT shadow_price('SELECT * FROM account', '{"exposure": 12000}', given || '{"criterion": "worst"}')::text = :'before' AS as_before FROM scenarios;
