-- What the limits that a policy lets pass earn and use: against limit_choices, limit_profit and expected_draw of each, and the optimum in steps.
\set VERBOSITY terse
\i test/helpers.sql

-- One account by hand. 0.18 - 0.03 - 0.03 * 0.75 - 0.08 * 0.1 = 0.1195 is the margin, 0.4 * (0.0225 + 0.008) = 0.0122 the carry.
CREATE TABLE line AS SELECT '{"name": "line", "product": {"floor": 300, "cap": 1800, "step": 100}, "movement": {"max_increase": 0.5, "max_decrease": 0.4,
  "dead_band": 0.15}, "target": {"optimal": {"rate": 0.18, "funding": 0.03, "pd": "pd", "lgd": 0.75, "ccf": 0.4, "capital": 0.08,
  "cost_of_capital": 0.1}}}'::limit_policy AS p;
CREATE TABLE account AS SELECT 1000 AS credit_limit, 550 AS balance, 0.03::float8 AS pd, demand(7, 0.5) AS demand_mixture;
SELECT m.keep, m.known, l.i, l.l AS credit_limit, m."values"[l.i] AS value, near(m."values"[l.i]::float8, limit_profit(demand_mixture, l.l, 0.1195, 0.0122),
    1e-9) AS as_profit, m.uses[l.i][1] AS exposure, near(m.uses[l.i][2]::float8, l.l::float8 - d, 1e-9) AS undrawn,
  near(m.uses[l.i][3]::float8, 0.0225 * (d + 0.4 * (l.l - d)), 1e-9) AS expected_loss,
  near(m.uses[l.i][4]::float8, 0.08 * (d + 0.4 * (l.l - d)), 1e-9) AS capital
FROM line, account a, limit_menu(p, a, '2026-11-30', '{exposure,undrawn,expected_loss,capital}') m, unnest(m.limits) WITH ORDINALITY l(l, i),
  expected_draw(a.demand_mixture, l.l) d ORDER BY l.i;
-- A rise adds what it earns where it is accepted, a cut earns by the old limit for 73 of 365 days, and both cost 2.
SELECT count(*) FILTER (WHERE NOT near((c."values"[i] + CASE WHEN i <> c.keep THEN 2 ELSE 0 END)::float8, (m."values"[c.keep] + (m."values"[i]
    - m."values"[c.keep]) * CASE WHEN i > c.keep THEN 0.6 ELSE 0.8 END)::float8, 1e-9)) AS differ, count(*) AS limits, bool_and(c.uses = m.uses) AS same_uses
FROM line, account a, limit_menu(p, a, '2026-11-30', '{exposure}') m, limit_menu(p, a, '2026-11-30', '{exposure}', 0.6, 73, 2) c,
  generate_subscripts(m.limits, 1) i;

-- Random policies and accounts: the limits are those of limit_choices, and what decide_limit grants earns no more than the best.
CREATE TABLE random_case AS
SELECT i AS id, format('{"name": "p%s", "product": {"floor": %s, "cap": %s, "step": %s}, "movement": {"max_increase": %s, "max_decrease": %s, "dead_band": %s},
  "target": {"optimal": {"margin": "margin", "carry": 0.01}}}', i, (draw(i, 1) * 400)::int, 2000 + (draw(i, 2) * 3000)::int,
  1 + (pow(draw(i, 3), 4) * 300)::int,
  round(draw(i, 4)::numeric * 5, 2), round(draw(i, 5)::numeric, 2), round((draw(i, 6) * draw(i, 7) * 0.3)::numeric, 2))::limit_policy AS p,
  round((draw(i, 8) * 2000)::numeric, 2) AS credit_limit, round((draw(i, 9) * 500)::numeric, 2) AS balance, draw(i, 10) * 0.1 AS margin,
  demand(5 + 3 * draw(i, 11), 0.3 + draw(i, 12), draw(i, 13) * 0.3) AS demand_mixture
FROM generate_series(1, 500) i;
CREATE TABLE menu AS SELECT r.*, m.*, c.lower, c.upper, c.step, c.dead_band, c.old_limit, c.keep AS keeps, c.zero
FROM random_case r, limit_menu(p, r, '2026-11-30', '{exposure}') m, limit_choices(p, r, '2026-11-30') c;
SELECT count(*) AS cases, count(*) FILTER (WHERE cardinality(limits) > 55) > 50 AS full, max(cardinality(limits)) AS most,
  count(*) FILTER (WHERE limits <> ARRAY(SELECT DISTINCT l FROM unnest(limits) l ORDER BY l)) AS unordered,
  count(*) FILTER (WHERE limits[keep] <> keeps) AS not_kept,
  count(*) FILTER (WHERE NOT ARRAY[keeps, coalesce(zero, keeps), coalesce(upper, keeps)] <@ limits) AS missing,
  count(*) FILTER (WHERE EXISTS (SELECT FROM unnest(limits) l WHERE NOT coalesce(l IN (keeps, zero) OR (l BETWEEN lower AND upper AND l % step = 0
    AND abs(l - old_limit) >= dead_band), false))) AS no_choice,
  count(*) FILTER (WHERE (upper - lower) / step < 61 AND cardinality(limits) <> (SELECT count(DISTINCT l) FROM (SELECT keeps UNION SELECT zero UNION
    SELECT g.g FROM generate_series(lower, upper, step) g(g) WHERE abs(g.g - old_limit) >= dead_band) s(l))) AS fewer
FROM menu;
-- Some limits are left over where less is wanted, and are no choice: whoever wants them gets others.
SELECT count(*) FILTER (WHERE d.new_limit = ANY (limits) AND e.earned > b.best + 1e-9) AS better,
  count(*) FILTER (WHERE e.earned > b.best - 1e-9) > 100 AS same,
  count(*) FILTER (WHERE d.new_limit <> ALL (limits) AND (decide_limit(p, m, '2026-11-30', d.new_limit)).new_limit = d.new_limit) AS left_out
FROM menu m, LATERAL (SELECT "values"[best_action("values", uses, '{0}')] AS best) b, decide_limit(p, m, '2026-11-30') d,
  LATERAL (SELECT limit_profit(demand_mixture, d.new_limit, margin, 0.01) AS earned) e WHERE ((upper - lower) / step < 61) IS NOT FALSE;
-- decide_limit with each of them as its target grants it, and says the reason that came with it where that binds.
SELECT count(*) AS tried, count(*) FILTER (WHERE (decide_limit(p, m, '2026-11-30', l)).new_limit <> l) AS wrong,
  count(*) FILTER (WHERE d.binding = 'target' AND NOT d.reasons @> ARRAY['Because ' || i % 3]) AS unsaid,
  count(*) FILTER (WHERE d.binding = 'target') > 1000 AS bound
FROM menu m, unnest(limits) WITH ORDINALITY l(l, i), LATERAL (SELECT decide_limit(p, m, '2026-11-30', l, 'Because ' || i % 3) AS x OFFSET 0) q,
  LATERAL (SELECT (q.x).*) d;
SELECT x -> 'decision' = to_jsonb(decide_limit(p, m, '2026-11-30', 1000)) AS same, x -> 'optimum' AS optimum FROM menu m,
  LATERAL (SELECT explain_limit(p, m, '2026-11-30', 1000) AS x OFFSET 0) s WHERE id = 1;

-- What is not known: demand, economics, the old limit; and what is refused.
SELECT v.what, m.keep, m.known, m.limits, m."values", m.uses
FROM line, (VALUES ('all is known', 1000, 0.03::float8, demand(7, 0.5)), ('no demand', 1000, 0.03, NULL), ('a demand that says nothing', 1000, 0.03,
  (SELECT demand_with_basis(demand_agg(5, 5), NULL, NULL))), ('no pd', 1000, NULL, demand(7, 0.5)), ('no limit', NULL, 0.03,
  demand(7, 0.5))) v(what, credit_limit, pd, d),
  LATERAL (SELECT v.credit_limit, 900 AS balance, v.pd, v.d AS demand_mixture) a,
  limit_menu(jsonb_set(p::jsonb, '{movement}', '{"max_increase": 0.1, "max_decrease": 0.1}')::limit_policy, a, '2026-11-30',
  '{exposure,undrawn,expected_loss}') m;
SELECT limit_menu('{"name": "x", "product": {"cap": 9}, "target": {"column": "c"}}', a, '2026-11-30', '{exposure}') FROM account a;
SELECT limit_menu(p, a, '2026-11-30', '{}') FROM line, account a;
SELECT limit_menu(p, a, '2026-11-30', '{exposure,NULL}') FROM line, account a;
SELECT limit_menu(p, a, '2026-11-30', '{carbon}') FROM line, account a;
SELECT limit_menu(p, r, '2026-11-30', '{capital}') FROM random_case r LIMIT 1;
SELECT limit_menu(p, a, '2026-11-30', '{exposure}', 1.5) FROM line, account a;
SELECT limit_menu(p, a, '2026-11-30', '{exposure}', 1, 'NaN') FROM line, account a;
SELECT limit_menu(p, a, '2026-11-30', '{exposure}', 1, 0, -1) FROM line, account a;
SELECT limit_menu(p, a, 'infinity', '{exposure}') FROM line, account a;
SELECT decide_limit('{"name": "x", "product": {"cap": 9}}', a, '2026-11-30', 5) FROM account a;
SELECT decide_limit(p, a, '2026-11-30', NULL) IS NULL AS nothing, (decide_limit(p, a, '2026-11-30', 1200.999)).target FROM line, account a;

-- A budget of another name is a column with the use of a unit of limit, and draw_ and its name what a unit of expected draw uses more; the names may change
-- from row to row. What is not a use leaves the limit as it is; a column that is not there, or no number, is a mistake.
CREATE TABLE weighed AS SELECT a.*, 0.35::numeric AS risk_weight, 0.5::float8 AS carbon, -0.5 AS draw_carbon, 'much' AS word, 2000 AS more, -1 AS less,
  NULL::float8 AS nothing FROM account a;
SELECT n.names, count(*) > 1 AS limits, bool_and(near(m.uses[i][1]::float8, CASE n.names[1] WHEN 'carbon' THEN 0.5 * (l - expected_draw(demand_mixture, l))
  ELSE 0.35 * l END, 1e-8)) AS uses, bool_and(m."values"[i] = e."values"[i] AND m.uses[i][2] = e.uses[i][1]) AS else_the_same
FROM line, weighed a, (VALUES ('{risk_weight,exposure}'::text[]), ('{carbon,expected_loss}')) n (names), limit_menu(p, a, '2026-11-30', n.names) m,
  limit_menu(p, a, '2026-11-30', n.names[2:]) e, unnest(m.limits) WITH ORDINALITY u(l, i) GROUP BY n.names ORDER BY 1;
SELECT n.name, m.known, m.limits, m."values", m.uses FROM line, weighed a, (VALUES ('more'), ('less'), ('nothing')) n (name),
  limit_menu(p, a, '2026-11-30', ARRAY[n.name, 'exposure']) m;
SELECT limit_menu(p, a, '2026-11-30', '{risk_wait}') FROM line, weighed a;
SELECT limit_menu(p, a, '2026-11-30', '{word}') FROM line, weighed a;
