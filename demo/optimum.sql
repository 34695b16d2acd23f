-- The last part: what the limits that are expected to earn most would give, and how much of that is true. demo/run calls it at the end.
\set step 'find the best limits'
\ir step.sql
\echo
\echo === 19. The limits that earn most ===
\echo Interest 18 %, funding 3 %, loss 75 % of what is owed at default, capital 8 % at a price of 10 %, 40 % of what is unused drawn by then. Each borrower
\echo with a forecast of demand, by what was known at the end of November; no limit above 200,000 that is not there today.
-- The policy of the story and its challenger decided on the same borrowers: variants to beat.
CREATE TABLE line AS
SELECT s.borrower_id AS account_id, s.product, f.demand_mixture AS demand, f.demand_q90::float8 AS foreseen, s.score, e.margin, e.carry,
  greatest(200000, s.credit_limit) AS cap, s.credit_limit, d.new_limit AS by_policy, g.new_limit AS by_generous,
  1 AS use_exposure, t.demand::float8 AS truth
FROM scored s JOIN decided d USING (borrower_id)
  JOIN lending.account_feature f ON f.account_id = 10 * s.borrower_id AND f.demand_mixture IS NOT NULL
  LEFT JOIN true_month t ON t.borrower_id = s.borrower_id AND t.month = '2026-12-01',
  LATERAL unit_economics(rate => 0.18, funding => 0.03, pd => s.pd, lgd => 0.75, ccf => 0.4, capital => 0.08, cost_of_capital => 0.1) e,
  decide_limit((SELECT jsonb_set(policy::jsonb, '{movement,max_increase}', '1')::limit_policy FROM rules), s, DATE :'as_of') g;
ANALYZE line;
-- The same exposure as each variant, all products in one currency as in the story.
CREATE TABLE optimum AS
SELECT v.place, v.variant, c.certificate, (SELECT array_agg(price::float8) FROM certificate_table(c.certificate)) AS prices
FROM (SELECT place, variant, jsonb_build_object('exposure', sum(l)) AS budgets
  FROM line, LATERAL (VALUES (1, 'today', credit_limit), (2, 'policy', coalesce(by_policy, credit_limit)), (3, 'generous policy', coalesce(by_generous, credit_limit)))
    v (place, variant, l) GROUP BY place, variant) v,
  LATERAL (SELECT shadow_price('SELECT account_id, demand, margin, carry, cap, use_exposure FROM line', v.budgets) AS certificate OFFSET 0) c;
CREATE TABLE committee AS
SELECT t.* FROM optimum, band_policy('SELECT account_id, demand, margin, carry, cap, credit_limit, foreseen, score, use_exposure FROM line',
  '{"down": {"column": "foreseen", "limit": "rises"}, "across": {"column": "score", "limit": "rises"}}', '{"down": 8, "across": 4}',
  (SELECT jsonb_object_agg(budget, amount) FROM certificate_table(certificate)),
  '{"levels": [0, 500, 1000, 1500, 2500, 4000, 6000, 10000, 15000, 25000, 50000, 100000, 200000]}') t WHERE place = 1;
-- What every limit promises by the forecast, and what it would have earned on the demand that came in December, which nobody saw.
CREATE TABLE earned AS
SELECT l.product, v.place, v.kind, v.variant, l.margin, l.carry, v.amount, limit_profit(l.demand, v.amount::numeric, l.margin, l.carry) AS promised,
  l.margin * least(l.truth, v.amount) - l.carry * (v.amount - least(l.truth, v.amount)) AS truly, v.amount - least(l.truth, v.amount) AS idle
FROM line l, LATERAL (
  SELECT place, 'was' AS kind, variant, CASE place WHEN 1 THEN credit_limit WHEN 2 THEN coalesce(by_policy, credit_limit)
    ELSE coalesce(by_generous, credit_limit) END::float8 AS amount FROM optimum
  UNION ALL SELECT place, 'best', variant, allocation_limit(demand, margin, carry, 0, cap, '{1}', NULL, prices) FROM optimum
  UNION ALL SELECT 4, 'table', 'committee', (decide_limit((SELECT policy FROM committee), r, DATE :'as_of')).new_limit::float8
    FROM (SELECT 0 AS credit_limit, 0 AS balance, l.foreseen, l.score) r) v
WHERE truth IS NOT NULL;
\echo With no more exposure than today, in a year: what the best limits promise, and what they would have earned on the demand that truly came.
SELECT coalesce(product, 'all') AS product, to_char(sum(amount) FILTER (WHERE kind = 'was'), 'FM999,999,999,999') AS "limits today",
  to_char(sum(amount) FILTER (WHERE kind = 'best'), 'FM999,999,999,999') AS "best limits",
  to_char(sum(idle) FILTER (WHERE kind = 'was'), 'FM999,999,999,999') AS "idle today", to_char(sum(idle) FILTER (WHERE kind = 'best'), 'FM999,999,999,999') AS idle,
  to_char(sum(promised) FILTER (WHERE kind = 'was'), 'FM999,999,999') AS "profit expected today", to_char(sum(promised) FILTER (WHERE kind = 'best'), 'FM999,999,999') AS "of the best",
  to_char(sum(CASE kind WHEN 'best' THEN promised ELSE -promised END), 'FMSG999,999,999') AS "promised gain",
  to_char(sum(CASE kind WHEN 'best' THEN truly ELSE -truly END), 'FMSG999,999,999') AS "true gain"
FROM earned WHERE place = 1 GROUP BY ROLLUP (product) ORDER BY earned.product NULLS LAST;
\echo Each variant of the demo against the best limits at its exposure, on the demand that truly came:
SELECT variant, to_char(sum(amount) FILTER (WHERE kind = 'was'), 'FM999,999,999,999') AS "limits", to_char(sum(truly) FILTER (WHERE kind = 'was'), 'FM999,999,999') AS "true profit",
  to_char(sum(amount) FILTER (WHERE kind = 'best'), 'FM999,999,999,999') AS "best limits", to_char(sum(truly) FILTER (WHERE kind = 'best'), 'FM999,999,999') AS "their true profit",
  CASE WHEN sum(truly) FILTER (WHERE kind = 'best') > sum(truly) FILTER (WHERE kind = 'was') THEN 'yes' ELSE 'no' END AS "the best earn more"
FROM earned WHERE place < 4 GROUP BY place, variant ORDER BY place;
\echo What a committee would read instead, limits by the amount foreseen (down, from) and the score (across, from):
SELECT c.policy::jsonb #> '{entitlement,grid,across,from}' AS "score from" FROM committee c;
SELECT g.foreseen AS "foreseen from", g.limits FROM committee c, ROWS FROM (jsonb_array_elements(c.policy::jsonb #> '{entitlement,grid,down,from}'),
  jsonb_array_elements(c.policy::jsonb #> '{entitlement,grid,limit}')) WITH ORDINALITY g (foreseen, limits, place) ORDER BY place;
\echo In words:
SELECT words AS " " FROM (
SELECT 1 AS place, format('The best limits need %s of the exposure of %s, leave %s %% less idle, and are expected to earn %s %% more a year. On the demand that came it is %s %% more: %s %% of what was promised.',
    to_char(best, 'FM999,999,999,999'), to_char(today, 'FM999,999,999,999'), round((100 * (1 - idle_best / idle_today))::numeric),
    round((100 * (promised_best / promised_today - 1))::numeric, 1), round((100 * (true_best / true_today - 1))::numeric, 1),
    round((100 * (true_best - true_today) / (promised_best - promised_today))::numeric)) AS words
FROM (SELECT sum(amount) FILTER (WHERE kind = 'best') AS best, sum(amount) FILTER (WHERE kind = 'was') AS today, sum(idle) FILTER (WHERE kind = 'best') AS idle_best,
    sum(idle) FILTER (WHERE kind = 'was') AS idle_today, sum(promised) FILTER (WHERE kind = 'best') AS promised_best,
    sum(promised) FILTER (WHERE kind = 'was') AS promised_today, sum(truly) FILTER (WHERE kind = 'best') AS true_best, sum(truly) FILTER (WHERE kind = 'was') AS true_today
  FROM earned WHERE place = 1) s
UNION ALL
SELECT 2, format('The committee''s table of %s limits keeps %s %% of the promised gain, and %s %% of the true one.',
    (SELECT jsonb_array_length(policy::jsonb #> '{entitlement,grid,limit}') * jsonb_array_length(policy::jsonb #> '{entitlement,grid,across,from}') FROM committee),
    round((100 * (table_promised - promised_today) / (promised_best - promised_today))::numeric), round((100 * (table_true - true_today) / (true_best - true_today))::numeric))
FROM (SELECT sum(promised) FILTER (WHERE kind = 'best') AS promised_best, sum(promised) FILTER (WHERE kind = 'was') AS promised_today,
    sum(promised) FILTER (WHERE kind = 'table') AS table_promised, sum(truly) FILTER (WHERE kind = 'best') AS true_best,
    sum(truly) FILTER (WHERE kind = 'was') AS true_today, sum(truly) FILTER (WHERE kind = 'table') AS table_true FROM earned WHERE place IN (1, 4)) s
UNION ALL
SELECT 3, CASE WHEN prices[1] = 0 THEN 'The exposure of today is more than can be used well: a unit more of it would earn nothing, so its shadow price is 0.'
  ELSE format('One unit more of exposure would earn %s a year: its shadow price.', prices[1]) END
FROM optimum WHERE place = 1) w ORDER BY place;
