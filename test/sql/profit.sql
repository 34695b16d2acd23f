\i test/helpers.sql

-- A worked example: rate 0.18, funding 0.03, PD 0.03, LGD 0.75, CCF 0.4, capital at a cost of 0.1, a twentieth of the undrawn kept liquid at 0.02.
-- Margin 0.12234478, carry 0.012062088, ratio 0.9102569 by hand; with PD 0.12 and the same capital 0.05484478 and 0.039062088.
CREATE TABLE economics AS
SELECT pd, e.* FROM (VALUES (0.03), (0.12)) v (pd), unit_economics(0.18, 0.03, pd, 0.75, 0.4, irb_capital(0.03, 0.75, 'qrre'), 0.1,
  liquidity_share => 0.05, liquidity_spread => 0.02) e;
SELECT pd, round(margin::numeric, 8) AS margin, round(carry::numeric, 9) AS carry, round(critical_ratio::numeric, 7) AS ratio FROM economics ORDER BY pd;
-- Who pays in full bears no interest and buys: margin 0.18 * 0.4 + 0.02 + 0.025 - 0.03 - 0.03 * 0.75 * 1.8.
SELECT round(margin::numeric, 12) AS margin, round(carry::numeric, 12) AS carry, round(critical_ratio::numeric, 12) AS ratio
FROM unit_economics(0.18, 0.03, 0.03, 0.75, 0.4, fee => 0.02, revolve_share => 0.4, interchange => 0.025, default_draw_ratio => 1.8);
SELECT margin < 0 AS no_margin, critical_ratio FROM unit_economics(0.05, 0.04, 0.1, 0.75, 0.4);
SELECT critical_ratio AS nothing_idle_costs FROM unit_economics(0.18, 0.03, 0.03, 0.75, 0);

-- Demand normal with mean 8000 and deviation 3000, cut at zero: limit and profit as computed independently in Python (scipy.stats); likewise lognormal.
SELECT what, round(l, 6) AS best, round(limit_profit(d, l, margin, carry)::numeric, 6) AS profit, abs(marginal_profit(d, l, margin, carry)) < 1e-12 AS flat
FROM economics, (VALUES ('normal', demand(8000, 3000, 0, 'normal')), ('lognormal', demand(9, 0.5))) v (what, d), LATERAL (SELECT optimal_limit(d, margin,
  carry) AS l) o
WHERE what = 'normal' OR pd < 0.1 ORDER BY what, pd;
-- Gamma with a quarter of the months without a draw, by R 4.2: qgamma and integrate().
SELECT round(l, 6) AS best, round(limit_profit(d, l, margin, carry)::numeric, 7) AS profit
FROM economics, (SELECT demand(1000, 900, 0.25, 'gamma') AS d) s, LATERAL (SELECT optimal_limit(d, margin, carry) AS l) o WHERE pd < 0.1;
-- By brute force: no limit of a fine grid earns more, whatever the form of demand, and a price is a margin that is lost.
CREATE TABLE form (what text, d demand);
INSERT INTO form VALUES ('lognormal', demand(7, 1, 0.3)), ('ceiling', demand_with_ceiling(demand(7, 1), 1500)), ('gamma', demand(900, 400, 0.1, 'gamma')),
  ('normal', demand(800, 500, 0, 'normal')), ('one amount', demand(7, 0)), ('steps', demand_from_quantiles('{0.2, 0.2001, 0.6, 0.6001, 1}',
  '{0, 400, 400, 900, 900}')),
  ('pieces', demand_from_quantiles('{0, 0.3, 0.8, 1}', '{100, 100, 700, 5000}', 2000)), ('observed', (SELECT demand_agg(i * 37 % 100 * 10, 900)
  FROM generate_series(1, 100) i));
SELECT what, round(avg(l)) AS mean_best, bool_and(p >= grid - 1e-9) AS best, bool_and(limit_profit(d, l, 0.12, carry, 'month') - price * l >= priced - 1e-9)
  AS best_at_a_price
FROM form, (VALUES (0.0), (0.01), (0.04)) v (price), (VALUES (0.01::float8), (0.05), (0.3)) c (carry),
  LATERAL (SELECT optimal_limit(d, 0.12, carry, shadow_price => price / 2, weight => 2, basis => 'month', cap => 6000) AS l) o,
  LATERAL (SELECT limit_profit(d, optimal_limit(d, 0.12, carry, basis => 'month', cap => 6000), 0.12, carry, 'month') AS p,
    max(limit_profit(d, g, 0.12, carry, 'month')) AS grid, max(limit_profit(d, g, 0.12, carry, 'month') - price * g) AS priced FROM generate_series(0, 6000,
  10) g) b
GROUP BY what ORDER BY what;
-- The slope is the difference of profits, and the profit that of expected_draw.
SELECT bool_and(abs(marginal_profit(d, l, 0.1, 0.02, 'month') - (limit_profit(d, l + 0.001, 0.1, 0.02, 'month') - limit_profit(d, l, 0.1, 0.02,
  'month')) / 0.001) < 1e-6) AS slope,
  bool_and(abs(limit_profit(d, l, 0.1, 0.02, 'month') - (0.1 * expected_draw(d, l) - 0.02 * (l - expected_draw(d, l)))) < 1e-9) AS profit
FROM form, unnest('{0, 333.3, 750, 2500}'::numeric[]) l;

-- Floor, cap, step; nothing pays; the more the better.
SELECT optimal_limit(d, 0.1, 0.02) AS free, optimal_limit(d, 0.1, 0.02, cap => 9000) AS cap, optimal_limit(d, 0.1, 0.02, 20000.5) AS floor, optimal_limit(d,
  0.1, 0.02, step => 500) AS step,
  optimal_limit(d, 0.1, 0.02, 13050, 13200, step => 500) AS floor_before_step, optimal_limit(d, 0, 0.02) AS no_margin, optimal_limit(d, -0.1, 0.02, 300)
  AS negative,
  optimal_limit(d, 0.1, 0) IS NULL AS no_end, optimal_limit(d, 0.1, 0, cap => 7000) AS to_the_cap, optimal_limit(d, 0.1, 0.02, NULL, NULL) IS NOT NULL
  AS no_bounds,
  optimal_limit(demand_with_ceiling(d, 15000), 0.1, 0) AS ceiling, optimal_limit(d, 0.1, 0.02, shadow_price => 0.2) AS too_dear
FROM (SELECT demand(9, 0.5) AS d) s;
SELECT optimal_limit(demand(7, 1, 0.5), 0.1, 0.1) AS half_never_draw, optimal_limit(demand_agg(5, 5), 0.1, 0.1, basis => 'month') IS NULL AS not_known,
  optimal_limit(NULL, 0.1, 0.1) IS NULL AND optimal_limit(demand(7, 1), NULL, 0.1) IS NULL AND limit_profit(demand(7, 1), NULL, 0.1, 0.1) IS NULL AS nulls;

-- What today's limit forgoes, on either side, against limit_profit.
SELECT credit_limit, round(best_limit, 2) AS best_limit, side, round(regret::numeric, 4) AS regret,
  abs(best_profit - limit_profit(d, best_limit, 0.1, 0.02)) < 1e-9 AND abs(profit - limit_profit(d, credit_limit, 0.1, 0.02)) < 1e-9
  AND abs(regret - (best_profit - profit)) < 1e-9 AS as_profits
FROM (SELECT demand(9, 0.5) AS d) s, unnest('{0, 5000, 40000}'::numeric[]) credit_limit, limit_regret(d, credit_limit, 0.1, 0.02) ORDER BY 1;
SELECT side, abs(regret) < 1e-9 AS none FROM limit_regret(demand(7, 0), round(exp(7)::numeric, 12), 0.1, 0.02, step => 0.000000000001);
SELECT side, best_limit, regret < 0 AS held_back FROM limit_regret(demand(9, 0.5), 12000, 0.1, 0.02, cap => 5000);
-- The step alone keeps the best limit from one that earns as much: nothing is forgone. One above that, or above the cap, is too high.
SELECT credit_limit, cap, side, best_limit, round(regret::numeric, 6) AS regret, sign(best_profit - profit) AS earns_less
FROM (VALUES (14000, NULL), (15000, NULL), (15790, NULL), (18000, NULL), (15790, 15500)) v(credit_limit, cap),
  limit_regret(demand(9, 0.5), credit_limit, 0.12, 0.012, step => 5000, cap => v.cap);
SELECT limit_regret(demand(9, 0.5), NULL, 0.1, 0.02) IS NULL AND (limit_regret(demand(9, 0.5), 10, 0.1, 0)).best_limit IS NULL AS nulls;
SELECT c.credit_limit, round(profit::numeric, 4) AS profit, round(marginal_profit::numeric, 6) AS marginal,
  round((expected_draw + expected_idle)::numeric, 6) AS sum, abs(c.profit - limit_profit(d, c.credit_limit::numeric, 0.1, 0.02)) < 1e-9 AS same
FROM (SELECT demand_with_basis(demand(9, 0.5), 'mixture', 6) AS d) s, limit_profit_curve(d, 0.1, 0.02, 0, 20000, 5) c;
SELECT count(*) FROM limit_profit_curve(NULL, 0.1, 0.02, 0, 20000);

-- Mistakes.
SELECT limit_profit(demand_agg(5, 50), 10, 0.1, 0.02);
SELECT optimal_limit(demand_with_basis(demand(7, 1), 'peak', 3), 0.1, 0.02);
SELECT optimal_limit(demand(7, 1), 0.1, -0.02);
SELECT optimal_limit(demand(7, 1), 'NaN', 0.02);
SELECT optimal_limit(demand(7, 1), 0.1, 0.02, 10, 9);
SELECT optimal_limit(demand(7, 1), 0.1, 0.02, -1);
SELECT optimal_limit(demand(7, 1), 0.1, 0.02, cap => 'Infinity');
SELECT optimal_limit(demand(7, 1), 0.1, 0.02, step => 0);
SELECT optimal_limit(demand(7, 1), 0.1, 0.02, shadow_price => -1);
SELECT limit_profit(demand(7, 1), -5, 0.1, 0.02);
SELECT limit_profit_curve(demand(7, 1), 0.1, 0.02, 5, 5);
SELECT limit_profit_curve(demand(7, 1), 0.1, 0.02, 0, 5, 10001);
SELECT unit_economics(0.18, 0.03, 1.3, 0.75, 0.4);
SELECT unit_economics(18, 0.03, 0.3, 0.75, 0.4);
