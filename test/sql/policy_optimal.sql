-- A target that is the limit of the highest expected profit: economics in the document or in columns, the price of a budget, and what is said of both.
\set VERBOSITY terse
\i test/helpers.sql

-- Every part with its default is written out; a column is a name.
\pset format unaligned
SELECT '{"name": "parts", "product": {"cap": 50000}, "target": {"optimal": {"rate": 0.18, "funding": 0.03, "pd": "pd", "lgd": 0.75,
  "ccf": 0.4}}}'::limit_policy::jsonb
  -> 'target' AS target
UNION ALL SELECT '{"name": "margin", "product": {"cap": 50000}, "target": {"optimal": {"carry": "c", "margin": 0.1, "shadow_price": "p", "weight": 2},
  "reason": "T",
  "budget_reason": "B"}}'::limit_policy::jsonb -> 'target';
\pset format aligned
SELECT p::text::limit_policy::text = p::text AND p::jsonb::limit_policy::text = p::text AS canonical, columns_read(p) @> '{demand_mixture,p,pd}' AS read,
  p::jsonb #>> '{target,budget_reason}' AS reason
FROM unnest(ARRAY['{"name": "x", "risk_cap": [{"limit": 9}], "target": {"optimal": {"margin": "m", "carry": 0, "shadow_price": "p"}}}',
  '{"name": "x", "risk_cap": [{"limit": 9}], "target": {"optimal": {"margin": 1e-9, "carry": 1, "shadow_price": 0.0155, "weight": 2}},
  "exclusions": [{"column": "p", "above": 1}]}']::limit_policy[]) p;
CREATE FUNCTION pg_temp.try(target text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE d text; h text;
BEGIN
  RETURN 'accepted: ' || format('{"name": "n", "product": {"cap": 1000}, "columns": {"pd": "pd12"}, "target": %s}', target)::limit_policy;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
  RETURN concat_ws(' | ', SQLERRM, d, h);
END $$;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.try(t) FROM unnest(ARRAY['{"optimal": {}}', '{"optimal": 5}', '{"optimal": {"margin": 0.1}}', '{"optimal": {"rate": 0.1, "carry": 0.1}}',
  '{"optimal": {"margin": 0.1, "carry": 0.02, "pd": 0.1}}', '{"optimal": {"margin": 101, "carry": 0.02}}', '{"optimal": {"margin": true, "carry": 0.02}}',
  '{"optimal": {"margin": "", "carry": 0.02}}', '{"optimal": {"margin": 0.1, "carry": -0.02}}', '{"optimal": {"margin": 0.1, "carry": 0, "shadow_price": -1}}',
  '{"optimal": {"margin": 0.1, "carry": 0.02}, "headroom": 2}', '{"optimal": {"margin": 0.1, "carry": 0.02}, "demand_quantile": 0.9}',
  '{"column": "c", "budget_reason": "B"}', '{"optimal": {"margin": "pd12", "carry": 0.02}}', '{"optimal": {"margin": "m", "carry": "score"}}',
  '{"optimal": {"rate": 0.18, "funding": 0.03, "pd": "income", "lgd": 0.75, "ccf": 0.4}}',
  '{"optimal": {"rate": 0.18, "funding": 0.03, "pd": "pd", "lgd": "pd", "ccf": 0.4}}']) t;
\pset tuples_only off
\pset format aligned

-- The worked example of test/sql/profit.sql, as computed in Python (scipy.stats): 12027.016262, with a PD of 0.12 and the same capital 8636.671162.
-- A price of a budget is a margin that is lost: normal quantile 0.6796139 of 0.12234478 - 0.031 in 0.13440687. By R 4.2: 8000 + 3000 qnorm(0.67961393288).
CREATE TABLE example AS SELECT 0 AS credit_limit, 0 AS balance, pd, irb_capital(0.03, 0.75, 'qrre') AS k, price, demand(8000, 3000, 0,
  'normal') AS demand_mixture
FROM (VALUES (0.03::float8, 0::float8), (0.12, 0), (0.03, 0.031), (0.03, 0.2), (0.9, 0)) v (pd, price);
CREATE TABLE optimal AS SELECT '{"name": "optimal", "product": {"cap": 50000}, "target": {"optimal": {"rate": 0.18, "funding": 0.03, "pd": "pd",
  "lgd": 0.75, "ccf": 0.4,
  "capital": "k", "cost_of_capital": 0.1, "liquidity_share": 0.05, "liquidity_spread": 0.02, "shadow_price": "price"}}}'::limit_policy AS p;
SELECT pd, price, (d).new_limit, (d).target, (d).binding, (d).reasons FROM (SELECT e.*, decide_limit(p, e, '2026-11-30') AS d FROM optimal,
  example e OFFSET 0) s ORDER BY pd, price;
SELECT round(x::numeric, 2) AS by_qnorm FROM (SELECT 8000 + 3000 * 0.46661908 AS x) s;
-- How it came about.
SELECT pd, price, x -> 'optimum' AS optimum, x #>> '{steps,0,text}' AS step, x -> 'decision' = to_jsonb(decide_limit(p, e, '2026-11-30')) AS same
FROM optimal, example e, LATERAL (SELECT explain_limit(p, e, '2026-11-30') AS x OFFSET 0) s WHERE price = 0.031 OR pd = 0.9 ORDER BY pd;
SELECT x -> 'inputs' AS inputs FROM optimal, example e, LATERAL (SELECT explain_limit(p, e, '2026-11-30') AS x) s WHERE price = 0.031;
-- Where the price is one number, so is what one more costs.
SELECT (decide_limit(jsonb_set(jsonb_set(p::jsonb #- '{target,budget_reason}', '{target,optimal,shadow_price}', '0.0155'), '{target,optimal,weight}',
  '2')::limit_policy, e,
  '2026-11-30')).reasons FROM optimal, example e WHERE pd = 0.03 AND price = 0;

-- optimal_limit() says the same of every form of demand, to the nearest unit and down to a step.
CREATE TABLE form (what text, d demand);
INSERT INTO form VALUES ('lognormal', demand(7, 1, 0.3)), ('ceiling', demand_with_ceiling(demand(7, 1), 1500)), ('gamma', demand(900, 400, 0.1, 'gamma')),
  ('normal', demand(800, 500, 0, 'normal')), ('steps', demand_from_quantiles('{0.2, 0.2001, 0.6, 0.6001, 1}', '{0, 400, 400, 900, 900}')),
  ('pieces', demand_with_basis(demand_from_quantiles('{0, 0.3, 0.8, 1}', '{100, 100, 700, 5000}', 2000), 'mixture', 6));
CREATE TABLE random_account AS
SELECT i AS id, 0 AS credit_limit, 0 AS balance, what, d AS demand_mixture, random() * 0.3 AS rate, random() * 0.1 AS funding, random() * random() AS pd,
  random() AS lgd,
  random() AS ccf, random() * 0.2 AS k, random() * 0.2 AS cost, random() * 0.1 AS fee, random() AS revolve, random() * 0.05 AS interchange, random() AS liquid,
  random() * 0.05 AS spread, random() * 2 AS draw_ratio, random() * 0.05 AS price, random() AS weight, random() * 0.2 - 0.02 AS margin, random() * 0.1 AS carry
FROM (SELECT setseed(0.16)) s, generate_series(1, 2000) i JOIN form ON true;
SELECT what, count(*) > 1999 AS tried, count(*) FILTER (WHERE a.target IS DISTINCT FROM trunc(coalesce(l.best, 9e9) + 1e-8, 2)) AS differ,
  count(*) FILTER (WHERE b.target IS DISTINCT FROM trunc(coalesce(l.by_margin, 9e9) + 1e-8, 2)) AS by_margin_differ,
  count(*) FILTER (WHERE b.new_limit <> floor(trunc(coalesce(l.by_margin, 9e9) + 1e-8, 2) / 50) * 50) AS step_differ,
  count(*) FILTER (WHERE a.target = 0) > 100 AS nothing_pays
FROM random_account r,
  decide_limit('{"name": "r", "product": {"cap": 9e12}, "target": {"optimal": {"rate": "rate", "funding": "funding", "pd": "pd", "lgd": "lgd", "ccf": "ccf",
  "capital": "k",
    "cost_of_capital": "cost", "fee": "fee", "revolve_share": "revolve", "interchange": "interchange", "liquidity_share": "liquid",
  "liquidity_spread": "spread",
    "default_draw_ratio": "draw_ratio", "shadow_price": "price", "weight": "weight"}}}', r, '2026-11-30') a,
  decide_limit('{"name": "r", "product": {"cap": 9e12, "step": 50}, "target": {"optimal": {"margin": "margin", "carry": "carry"}}}', r, '2026-11-30') b,
  LATERAL (SELECT optimal_limit(r.demand_mixture, u.margin, u.carry, shadow_price => price, weight => weight) AS best,
    optimal_limit(r.demand_mixture, r.margin, r.carry) AS by_margin
    FROM unit_economics(rate, funding, pd, lgd, ccf, k, cost, fee, revolve, interchange, liquid, spread, draw_ratio) u) l GROUP BY what ORDER BY what;
-- A higher PD never gives a higher limit.
SELECT count(*) FILTER (WHERE (decide_limit(p, b, '2026-11-30')).new_limit > (decide_limit(p, a, '2026-11-30')).new_limit) AS higher
FROM optimal, (SELECT *, pd AS pd0 FROM random_account) r, LATERAL (SELECT r.credit_limit, r.balance, r.pd, r.k, r.price, r.demand_mixture) a,
  LATERAL (SELECT r.credit_limit, r.balance, least(r.pd + 0.05, 1) AS pd, r.k, r.price, r.demand_mixture) b;
-- The same for a table, serial and parallel.
CREATE TABLE many AS SELECT credit_limit, balance, pd, k, price, demand_mixture FROM random_account;
SELECT sum((decide_limit(p, m, '2026-11-30')).new_limit) AS serial FROM many m, optimal \gset
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT uses_parallel('SELECT sum((decide_limit((SELECT p FROM optimal), m, ''2026-11-30'')).new_limit) FROM many m') AS parallel,
  sum((decide_limit((SELECT p FROM optimal), m, '2026-11-30')).new_limit) = :serial AS same FROM many m;

-- What is not known.
CREATE FUNCTION pg_temp.decide(row_sql text, entitlement text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE d credit_limit.limit_decision; t text; h text;
BEGIN
  EXECUTE format('SELECT (decide_limit($1, r, ''2026-11-30'')).* FROM (SELECT 500 AS credit_limit, 0 AS balance, 700 AS score, %s) r', row_sql) INTO d
    USING format('{"name": "n", "product": {"cap": 9000}, %s "target": {"optimal": {"rate": "rate", "funding": 0.03, "pd": "pd", "lgd": 0.75, "ccf": "ccf"}}}',
      entitlement)::limit_policy;
  RETURN concat_ws(' ', d.action, d.new_limit, d.target, d.binding, d.reasons);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS t = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
  RETURN concat_ws(' | ', SQLSTATE, SQLERRM, t, h);
END $$;
\pset format unaligned
\pset tuples_only on
SELECT pg_temp.decide(r, e) FROM (VALUES
  (1, '0.2 AS rate, 0.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (2, 'NULL::numeric AS rate, 0.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (3, '0.2 AS rate, ''NaN''::float8 AS pd, NULL::float8 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (4, '0.2 AS rate, 0.02 AS pd, 0.4 AS ccf, NULL::demand AS demand_mixture', ''),
  (5, '0.2 AS rate, 0.02 AS pd, 0.4 AS ccf, NULL::demand AS demand_mixture', '"entitlement": {"bands": [{"score_from": 1, "limit": 800}]}, '),
  (6, '0.2 AS rate, 0.02 AS pd, 0.4 AS ccf, demand_with_basis(demand_agg(5, 5), NULL, NULL) AS demand_mixture', ''),
  (7, '0.2 AS rate, 0.02 AS pd, 0 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (8, '0.02 AS rate, 0.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (9, '0.2 AS rate, 0.02 AS pd, 0.4 AS ccf, demand_with_basis(demand(7, 0.5), ''peak'', 3) AS demand_mixture', ''),
  (10, '0.2 AS rate, 1.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (11, '18 AS rate, 0.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (12, '0.2 AS rate, 0.02 AS pd, ''Infinity''::float8 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (13, '''x'' AS rate, 0.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (14, '0.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand_mixture', ''),
  (15, '0.2 AS rate, 0.02 AS pd, 0.4 AS ccf, 5 AS demand_mixture', ''),
  (16, '0.2 AS rate, 0.02 AS pd, 0.4 AS ccf, demand(7, 0.5) AS demand', '')) v (i, r, e) ORDER BY i;
\pset tuples_only off
\pset format aligned
SELECT (decide_limit('{"name": "x", "product": {"cap": 9000}, "columns": {"demand_mixture": "next year"}, "target": {"optimal": {"margin": 0.1,
  "carry": 0.02}}}', a, '2026-11-30')).target
FROM (SELECT 0 AS credit_limit, 0 AS balance, demand(7, 0.5) AS "next year") a;
-- The target of a stored policy can be changed where its demand has the usual name.
SELECT jsonb_set(jsonb_set(p::jsonb, '{target}', '{"column": "wanted"}'), '{name}', '"y"')::limit_policy::jsonb -> 'target' AS target
FROM (VALUES ('{"name": "x", "product": {"cap": 9000}, "target": {"optimal": {"margin": 0.1, "carry": 0.02}}}'::limit_policy),
  ('{"name": "x", "product": {"cap": 9000}, "target": {"demand_quantile": 0.9}}')) v (p);
