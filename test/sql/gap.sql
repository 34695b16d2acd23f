-- gap: limit_gap, gap_total, gap_impact, gap_impact_total, expected_loss.
\i test/helpers.sql

-- Worked examples by hand; Shapley is the average over all 120 orders (below), a cent going where the sum needs it.
SELECT q AS "Q", r AS "R", p AS "P", l AS "G", d AS "D", b AS "B", m AS method, risk, product, ungranted, demand, dormancy + buffer AS rest, unmet,
  granted_demand AS g_demand, granted_buffer AS g_rest
FROM (VALUES (50000, 30000, 40000, 5000, 20000, 3000), (50000, 30000, 40000, 25000, 12000, 10000), (50000, 30000, 40000, 35000, 12000, 10000),
    (50000, NULL, NULL, 5000, 20000, 5000)) v (q, r, p, l, d, b),
  unnest('{waterfall, shapley, binding}'::text[]) WITH ORDINALITY m (m, i), limit_gap(q, r, p, l, d, b, 0, m) ORDER BY q, r, p, l, d, b, i;
SELECT unmet, unmet_rules, unmet_risk, unmet_product, unmet_ungranted FROM limit_gap(50000, 30000, 40000, 5000, 35000, 3000, 0);
SELECT gap, unmet, unmet_rules, over_limit, over_entitlement, above_entitlement FROM limit_gap(5000, NULL, NULL, 8000, 9000, 7000, 0);
-- Without the limit in force: entitlement 50000, risk cap 30000, product cap 40000, demand 12000, drawn 10000.
SELECT gap, risk, product, ungranted, demand, dormancy, buffer, granted_demand, granted_buffer FROM limit_gap(50000, 30000, 40000, NULL, 12000, 10000, 0);
SELECT gap, risk, product, demand, buffer, method FROM limit_gap(50000, 30000, 40000, NULL, 12000, 10000, 0, 'shapley');
SELECT gap, risk, product, demand, buffer FROM limit_gap(50000, 30000, 40000, NULL, 12000, 10000, 0, method => 'shapley', decimals => 0);
SELECT gap, risk, product, demand, buffer FROM limit_gap(50000, 30000, 40000, NULL, 12000, 10000, 0, method => 'shapley', decimals => 4);
SELECT gap, risk, product, demand, buffer FROM limit_gap(100.00, 70.555, 60.5, NULL, 50, 0, 0, decimals => 1);
-- No call of a form without the limit in force is taken for another.
\set VERBOSITY terse
SELECT limit_gap(50000, NULL, NULL, 20000, 5000);
SELECT limit_gap(50000, NULL, NULL, 20000, 5000, 0);
\set VERBOSITY default
SELECT limit_gap(50000, NULL, NULL, 20000, 5000, 0, 'shapley');

-- Dormancy from six months on, or from where the lender says.
SELECT m, g.dormancy, g.buffer, g.granted_dormancy, g.granted_buffer, h.dormancy AS after_3
FROM unnest(ARRAY[NULL, 0, 5, 6, 12]) m, limit_gap(1000, NULL, NULL, 500, 800, 100, m) g, limit_gap(1000, NULL, NULL, 500, 800, 100, m, dormant_after => 3) h;

-- Suppressed demand: what risk control withholds above the demand harms nobody, what it withholds below does.
SELECT cap, gap, risk, demand, buffer, unmet, unmet_risk, unmet_product FROM unnest('{60000, 47000, 42000, 20000, 0}'::numeric[]) cap,
  limit_gap(50000, cap, 40000, NULL, 45000, 10000, 0);
SELECT unmet, unmet_rules, unmet_risk, unmet_product FROM limit_gap(100, 80, 70, NULL, 130, 70, 0, 'shapley');

-- Over the limit, drawn above a cap, a credit balance, a demand below what is drawn, no caps at all.
SELECT gap, over_limit, over_entitlement, unmet, n_clamped FROM limit_gap(1000, 500, NULL, NULL, NULL, 1200, 0);
SELECT gap, over_limit, over_entitlement, granted_buffer FROM limit_gap(1000, NULL, NULL, 600, NULL, 700, 0);
SELECT gap, risk, buffer, over_limit FROM limit_gap(1000, 500, NULL, NULL, NULL, 700, 0);
SELECT gap, buffer, drawn FROM limit_gap(1000, NULL, NULL, NULL, NULL, -50, 0);
SELECT gap, demand, buffer, n_clamped FROM limit_gap(1000, NULL, NULL, NULL, 100, 300, 0);
SELECT gap, demand, n_clamped FROM limit_gap(1000, NULL, NULL, NULL, -5, 0, 0);
SELECT limit_gap(NULL, 1, 1, 1, 1, 1, 0) IS NULL AS no_entitlement, limit_gap(1, 1, 1, 1, 1, NULL, 0) IS NULL AS no_drawn;
SELECT gap, over_limit FROM limit_gap(0, 0, 0, 0, 0, 0, 0);

-- Random ladders (a million in a soak) in cents and in yen, each by all three methods: parts add up, totals add up, by any plan.
\set n 40000
\if :soak
\set n 1000000
\endif
SELECT setseed(0.50003000);
CREATE TABLE ladder AS
SELECT g % 10 AS segment, decimals,
  round((random() ^ 3 * 200000)::numeric, decimals) AS entitlement,
  CASE WHEN random() < 0.8 THEN round((random() ^ 2 * 150000)::numeric, decimals) END AS risk_cap,
  CASE WHEN random() < 0.8 THEN round((random() * 150000)::numeric, decimals) END AS product_cap,
  CASE WHEN random() < 0.8 THEN round((random() ^ 2 * 100000)::numeric, decimals) END AS credit_limit,
  CASE WHEN random() < 0.9 THEN round((random() ^ 3 * 100000)::numeric, decimals) END AS demand,
  round(((random() - 0.05) ^ 3 * 120000)::numeric, decimals) AS drawn, (random() * 12)::int AS months_inactive
FROM (SELECT g, CASE WHEN g % 2 = 0 THEN 2 ELSE 0 END AS decimals FROM generate_series(1, :n) g) s;

CREATE TABLE divided AS
SELECT l.*, limit_gap(entitlement, risk_cap, product_cap, credit_limit, demand, drawn, months_inactive,
                      (ARRAY['waterfall', 'shapley', 'binding'])[1 + segment % 3], decimals => decimals) AS g
FROM ladder l;
SELECT (g).method, decimals, count(*) > :n / 12 AS many,
  count(*) FILTER (WHERE (g).risk + (g).product + (g).ungranted + (g).demand + (g).dormancy + (g).buffer <> (g).gap
    OR (g).unmet_rules + (g).unmet_risk + (g).unmet_product + (g).unmet_ungranted <> (g).unmet
    OR (g).drawn + (g).granted_demand + (g).granted_dormancy + (g).granted_buffer + (g).above_entitlement - (g).over_limit <> credit_limit) AS do_not_add_up,
  count(*) FILTER (WHERE (g).gap <> entitlement - least(entitlement, b) OR (g).over_entitlement <> greatest(b - entitlement, 0)
    OR (g).over_limit <> greatest(b - coalesce(credit_limit, entitlement), 0)
    OR (g).above_entitlement <> greatest(coalesce(credit_limit, entitlement) - greatest(entitlement, b), 0)
    OR (g).unmet <> greatest(coalesce(demand, 0) - greatest(coalesce(credit_limit, least(entitlement, risk_cap, product_cap)), b), 0)
    OR (SELECT min(v::numeric) FROM jsonb_each_text(to_jsonb(g) - 'method') e (k, v)) < 0
    OR scale((g).risk) > decimals OR scale((g).buffer) > decimals OR (g).n_clamped <> (coalesce(demand, 'Infinity') < b)::int) AS wrong
FROM (SELECT *, greatest(drawn, 0) AS b FROM divided) d GROUP BY 1, 2 ORDER BY 1, 2;

-- The waterfall against its definition, step by step in SQL: each cause takes what the ones before left.
CREATE FUNCTION wall(c numeric, floor numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN CASE WHEN c IS NOT NULL THEN greatest(c, floor) END;
SELECT count(*) AS tried, count(*) FILTER (WHERE (g).risk <> q0 - q1 OR (g).product <> q1 - q2 OR (g).ungranted <> q2 - q3 OR (g).demand <> q3 - q4
    OR CASE WHEN months_inactive >= 6 THEN (g).dormancy ELSE (g).buffer END <> q4 - used) AS gap_wrong,
  count(*) FILTER (WHERE (g).unmet_rules <> d0 - d1 OR (g).unmet_risk <> d1 - d2 OR (g).unmet_product <> d2 - d3 OR (g).unmet_ungranted <> d3 - d4)
    AS unmet_wrong,
  count(*) FILTER (WHERE (g).granted_demand <> s0 - s1
    OR CASE WHEN months_inactive >= 6 THEN (g).granted_dormancy ELSE (g).granted_buffer END <> s1 - least(b, s0)) AS granted_wrong
FROM (SELECT *, entitlement AS q0, greatest(drawn, 0) AS b, least(entitlement, greatest(drawn, 0)) AS used FROM divided
    WHERE (g).method = 'waterfall') a,
  LATERAL (SELECT greatest(used, least(entitlement, credit_limit)) AS held, greatest(b, credit_limit) AS f, greatest(demand, b) AS d0,
    CASE WHEN credit_limit IS NULL THEN least(entitlement, risk_cap, product_cap) ELSE least(entitlement, credit_limit) END AS s0) h,
  LATERAL (SELECT CASE WHEN credit_limit IS NULL THEN used ELSE held END AS e, CASE WHEN credit_limit IS NULL THEN b ELSE f END AS ef) i,
  LATERAL (SELECT least(q0, wall(risk_cap, e)) AS q1, least(d0, greatest(entitlement, ef)) AS d1, least(s0, wall(demand, least(b, s0))) AS s1) j,
  LATERAL (SELECT least(q1, wall(product_cap, e)) AS q2, least(d1, wall(risk_cap, ef)) AS d2) k,
  LATERAL (SELECT least(q2, wall(credit_limit, used)) AS q3, least(d2, wall(product_cap, ef)) AS d3) l,
  LATERAL (SELECT least(q3, wall(demand, used)) AS q4, least(d3, wall(credit_limit, ef)) AS d4) m;

-- Shapley against its definition: the average of what each cause adds, over all 120 orders of the five, within a minor unit.
CREATE FUNCTION shapley_by_orders(a numeric[]) RETURNS numeric[] LANGUAGE sql AS $$
  WITH RECURSIVE walk(order_, reached, added) AS (
    SELECT ARRAY[]::int[], 0::numeric, array_fill(0::numeric, ARRAY[cardinality(a)])
    UNION ALL
    SELECT order_ || k, greatest(reached, a[k]),
      added[:k - 1] || (added[k] + greatest(a[k] - reached, 0)) || added[k + 1:]
    FROM walk, generate_series(1, cardinality(a)) k WHERE k <> ALL (order_))
  SELECT ARRAY(SELECT avg(added[k]) FROM walk, generate_series(1, cardinality(a)) k WHERE cardinality(order_) = cardinality(a) GROUP BY k ORDER BY k)
$$;
SELECT shapley_by_orders(ARRAY[20000, 10000, 45000, 30000, 47000])::numeric(12,2)[];
SELECT count(*) AS tried, count(*) FILTER (WHERE greatest(abs((g).risk - s[1]), abs((g).product - s[2]), abs((g).ungranted - s[3]),
    abs((g).demand - s[4]), abs((g).dormancy + (g).buffer - s[5])) >= 10 ^ -decimals) AS gap_wrong,
  count(*) FILTER (WHERE greatest(abs((g).unmet_rules - t[1]), abs((g).unmet_risk - t[2]), abs((g).unmet_product - t[3]),
    abs((g).unmet_ungranted - t[4])) >= 10 ^ -decimals) AS unmet_wrong
FROM (SELECT *, shapley_by_orders(ARRAY[greatest(entitlement - greatest(risk_cap, held), 0), greatest(entitlement - greatest(product_cap, held), 0),
        entitlement - held, greatest(entitlement - greatest(demand, used), 0), entitlement - used]) AS s,
      shapley_by_orders(ARRAY[greatest(d - greatest(entitlement, f), 0), greatest(d - greatest(risk_cap, f), 0), greatest(d - greatest(product_cap, f), 0),
        greatest(d - f, 0)]) AS t
      FROM (SELECT *, least(entitlement, greatest(drawn, 0)) AS used, greatest(least(entitlement, greatest(drawn, 0)), least(entitlement, credit_limit))
              AS held, greatest(drawn, credit_limit) AS f, greatest(drawn, demand) AS d FROM divided
            WHERE (g).method = 'shapley' AND risk_cap IS NOT NULL AND product_cap IS NOT NULL AND demand IS NOT NULL AND credit_limit IS NOT NULL
            LIMIT 200) d) x;

-- Totals: equal to the sums of the columns, for a serial plan, for a parallel one, and when totalled again.
CREATE TABLE total AS SELECT segment, gap_total(g) AS t FROM divided GROUP BY segment;
SELECT count(*) AS segments, bool_and((t).gap = (t).risk + (t).product + (t).ungranted + (t).demand + (t).dormancy + (t).buffer) AS adds_up,
  bool_and(t::text = s::text) AS as_by_sql
FROM total JOIN (SELECT segment, ROW(sum((g).gap), sum((g).risk), sum((g).product), sum((g).ungranted), sum((g).demand),
    sum((g).dormancy), sum((g).buffer), sum((g).granted_demand), sum((g).granted_dormancy), sum((g).granted_buffer), sum((g).above_entitlement),
    sum((g).over_limit), sum((g).over_entitlement), sum((g).unmet), sum((g).unmet_rules), sum((g).unmet_risk), sum((g).unmet_product),
    sum((g).unmet_ungranted), sum((g).drawn), max((g).method), sum((g).n), sum((g).n_clamped)) AS s
  FROM divided GROUP BY segment) q USING (segment);
-- As many decimals, too, where they are more than a sum of 128 bits takes.
CREATE TABLE fine AS SELECT i::numeric FROM generate_series(1, 2000) i;
ALTER TABLE fine SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
ALTER TABLE divided SET (parallel_workers = 2);
SELECT uses_parallel('SELECT credit_limit.gap_total(g) FROM divided WHERE segment = 1');
SELECT bool_and(p.t::text = total.t::text) AS same FROM (SELECT segment, gap_total(g) AS t FROM divided GROUP BY segment) p JOIN total USING (segment);
SELECT gap_total(g) IS NULL AS nothing FROM divided WHERE segment > 100;
SELECT gap_total(NULL::limit_gap) IS NULL AS only_null FROM divided;
SELECT (gap_total(g) FILTER (WHERE drawn > 100000 AND segment = 0)).n > 0 AS few FROM divided;
SELECT gap_total(limit_gap(3000, NULL, NULL, 1000 + i, i / 3.0, 0, 0))::text AS total FROM fine \gset
SET max_parallel_workers_per_gather = 0;
SELECT gap_total(limit_gap(3000, NULL, NULL, 1000 + i, i / 3.0, 0, 0))::text = :'total' AS same_in_every_digit FROM fine;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT bool_and(twice::text = once::text) AS same
FROM (SELECT segment % 3 AS m, gap_total(g) AS once FROM divided GROUP BY 1) a JOIN (SELECT segment % 3 AS m, gap_total(t) AS twice
  FROM total GROUP BY 1) b USING (m);
SELECT gap_total(limit_gap(1, NULL, NULL, NULL, NULL, 0, 0, m)) FROM unnest('{shapley, binding}'::text[]) m;
SELECT array_agg(gap) FROM (SELECT (gap_total(limit_gap(v, NULL, NULL, NULL, NULL, 0, 0)) OVER (ORDER BY v)).gap FROM generate_series(1, 4) v) s;
-- Scales mix, and amounts beyond 64 and 128 bits still add up.
SELECT (gap_total(limit_gap(v, NULL, NULL, NULL, NULL, 0, 0))).gap FROM unnest('{0.001, 99999999999999999999.99, 1e30, 0.0000000000000000000001}'::numeric[]) v;
SELECT (gap_total(limit_gap(9e35, NULL, NULL, NULL, NULL, 0, 0))).gap FROM generate_series(1, 100);

-- Mistakes.
SELECT limit_gap(-1, NULL, NULL, NULL, NULL, 0, 0);
SELECT limit_gap(1, -0.01, NULL, NULL, NULL, 0, 0);
SELECT limit_gap(1, NULL, NULL, -3, NULL, 0, 0);
SELECT limit_gap(1, NULL, 'NaN', NULL, NULL, 0, 0);
SELECT limit_gap('Infinity', NULL, NULL, NULL, NULL, 0, 0);
SELECT limit_gap(1e35, NULL, NULL, NULL, NULL, 0.001, 0);
SELECT limit_gap(1, NULL, NULL, NULL, NULL, 0, -1);
SELECT limit_gap(1, NULL, NULL, NULL, NULL, 0, 0, 'sharpley');
SELECT limit_gap(1, NULL, NULL, NULL, NULL, 0, 0, decimals => 30);
CREATE FUNCTION forged(method text, gap text, risk text, unmet text DEFAULT '0') RETURNS limit_gap LANGUAGE sql
RETURN jsonb_populate_record(limit_gap(1, 1, 1, 1, 1, 1, 0), jsonb_build_object('method', method, 'gap', gap, 'risk', risk, 'unmet', unmet));
SELECT gap_total(forged(NULL, '1', '1'));
SELECT gap_total(forged('guess', '1', '1'));
SELECT gap_total(forged('binding', 'NaN', '1'));
SELECT gap_total(forged('waterfall', '1', '2'));
SELECT gap_total(forged('waterfall', '1', '1', '5'));

-- Impact by hand: margin 12 %, carry 1.2 %, CCF 40 %, PD 3 %, LGD 75 %, capital 5 % of exposure. What was never granted costs nothing but
-- the margin on what is wanted of it: of 15,000 granted and not drawn 180.00, 6,000.00, 300.00, 135.00.
SELECT * FROM gap_impact(limit_gap(50000.00, 30000, 40000, 25000, 12000, 10000, 0), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05);
SELECT cause, unused, share, granted, unmet, forgone_margin, idle_cost FROM gap_impact(limit_gap(50000.00, 30000, 40000, 5000, 35000, 3000, 0),
  0.12, 0.012, 0.4, 0.03, 0.75, 0.05);
SELECT cause, unused, share, granted, unmet, forgone_margin, idle_cost FROM gap_impact(limit_gap(5000.00, NULL, NULL, 8000, 9000, 7000, 0),
  0.12, 0.012, 0.4, 0.03, 0.75, 0.05) WHERE place > 7 OR unmet > 0;
-- Shares of thirds add up to 1.
SELECT array_agg(share ORDER BY place) FILTER (WHERE share > 0) AS shares
FROM gap_impact(limit_gap(3, 2, 1, NULL, NULL, 0, 0), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05);
-- Prudent room bounds what could be earned; the demand that it serves divides as the demand does.
SELECT cause, unmet, forgone_margin FROM gap_impact(limit_gap(100.00, 80, 70, NULL, 130, 70, 0), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05, 25.999) WHERE unmet > 0;
-- Room beyond the precision of doubles never makes a part negative; decimals that a cap brings along do not get in the way.
SELECT cause, unmet, forgone_margin FROM gap_impact(limit_gap(10, 9, NULL, NULL, 9007199254741010, 0, 0), 1, 0, 0, 0, 0, 0,
  prudent_room => 9007199254740995) WHERE unmet > 0;
SELECT cause, granted, idle_cost FROM gap_impact(limit_gap(50000, 50000 * (0.1::numeric / 3), NULL, NULL, 20000, 100, 0), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05)
WHERE granted > 0;
SELECT count(*) FROM gap_impact(NULL, 0.12, 0.012, 0.4, 0.03, 0.75, 0.05);
SELECT count(*) FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 1, 0), NULL, 0.012, 0.4, 0.03, 0.75, 0.05);
SELECT count(*), count(expected_loss) AS losses FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 0, 0), 0.12, 0.012, 0.4, NULL, 0.75, 0.05);
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 1, 0), 0.1, 0.01, 0.4, 1.5, 0.75, 0.05);
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 1, 0), 'NaN', 0.01, 0.4, 0.5, 0.75, 0.05);
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 1, 0), 0.1, 0.01, 0.4, 0.5, 0.75, 0.05, -1);
SELECT * FROM gap_impact(forged('binding', '1', '-1'), 0.1, 0.01, 0.4, 0.5, 0.75, 0.05);
-- What a limit forgoes, by cause: too low, as what is not met (13000 rules, 5000 risk, 10000 product, 2000 ungranted, of 30000); too low, and the
-- mean is met, as what withholds it; nothing withholds it; too high, as what is granted (8000 of 10000 beyond the wish, 2000 within); all drawn.
SELECT what, array_agg(cause || ' ' || regret ORDER BY place) FILTER (WHERE regret > 0) AS regret
FROM (VALUES (1, 'low', limit_gap(50000.00, 45000, 35000, 33000, 63000, 3000, 0), 100.005, 'too_low'),
    (2, 'met', limit_gap(400.00, 300, NULL, 100, 50, 10, 0), 7, 'too_low'),
    (3, 'free', limit_gap(100.00, NULL, NULL, 100, 50, 10, 0), 7, 'too_low'),
    (4, 'high', limit_gap(50000.00, NULL, NULL, 12000, 4000, 2000, 0), 0.07, 'too_high'),
    (5, 'drawn', limit_gap(100.00, NULL, NULL, 100, NULL, 100, 0), 7, 'too_high'), (6, 'none', limit_gap(100.00, NULL, NULL, 100, NULL, 10, 0), 0.001, 'best'),
    (7, 'yen', limit_gap(300, 200, NULL, 100, NULL, 0, 0), 7.5, 'too_low'),
    (8, 'unknown', limit_gap(1, NULL, NULL, 1, NULL, 0, 0), 7, NULL)) v (i, what, g, r, side),
  gap_impact(g, 0.12, 0.012, 0.4, 0.03, 0.75, 0.05, regret => r, regret_side => side) GROUP BY i, what ORDER BY i;
SELECT regret IS NULL AS unknown, count(*) FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 0, 0), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05, regret => 7) GROUP BY 1;
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 1, 0), 0.1, 0.01, 0.4, 0.5, 0.75, 0.05, regret => 1, regret_side => 'left');
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 1, 0), 0.1, 0.01, 0.4, 0.5, 0.75, 0.05, regret => -1, regret_side => 'best');
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1, 1, 0), 0.1, 0.01, 0.4, 0.5, 0.75, 0.05, regret => 'NaN', regret_side => 'best');

-- The expected loss of an account by hand: 0.03 x 0.75 x (10000 + 0.4 x 15000) = 360; a credit balance; drawn above the limit.
SELECT expected_loss(0.03, 0.75, 0.4, 10000, 25000), expected_loss(0.03, 0.75, 0.4, -50, 100) AS credit, expected_loss(0.03, 0.75, 0.4, 300, 100) AS over,
  expected_loss(0.5, 1, 0.5, 1, 2, 0) AS yen, expected_loss(NULL, 0.75, 0.4, 1, 1) AS unknown;
SELECT expected_loss(2, 0.75, 0.4, 1, 1);
SELECT expected_loss(0.1, 0.75, 0.4, 1, -1);
SELECT expected_loss(0.1, 0.75, 0.4, 'NaN', 1);
SELECT expected_loss(0.1, 0.75, 0.4, 1, 1, 21);

-- Accounts with a PD each, some without: all figures by plain SQL, to the cent. A cause has the difference of two rounded running totals.
CREATE TABLE account AS
SELECT row_number() OVER () AS i, d.*, CASE WHEN random() < 0.9 THEN round((random() ^ 2)::numeric, 4)::float8 END AS pd,
  0.1 + segment / 100.0::float8 AS margin
FROM divided d WHERE decimals = 2 AND (g).method = 'waterfall' AND credit_limit IS NOT NULL LIMIT 5000;
CREATE TABLE by_hand AS
SELECT segment, place, cause, sum(unused) AS unused, sum(granted) AS granted, sum(unmet) AS unmet,
  sum(round(margin::numeric * unmets, 2) - round(margin::numeric * (unmets - unmet), 2)) AS forgone_margin,
  sum(round(0.012 * grants, 2) - round(0.012 * (grants - granted), 2)) AS idle_cost,
  sum(round(0.4 * grants, 2) - round(0.4 * (grants - granted), 2)) AS contingent_ead,
  sum(round(0.05 * 0.4 * grants, 2) - round(0.05 * 0.4 * (grants - granted), 2)) AS capital_tied,
  sum(round(0.75 * pd::numeric * (b + 0.4 * grants), 2) - round(0.75 * pd::numeric * (b + 0.4 * (grants - granted)), 2)) AS expected_loss
FROM (SELECT a.*, v.*, greatest(drawn, 0) AS b, sum(v.granted) OVER w AS grants, sum(v.unmet) OVER w AS unmets
  FROM account a, LATERAL (VALUES (1, 'rules', 0, 0, (g).unmet_rules), (2, 'risk', (g).risk, 0, (g).unmet_risk), (3, 'product', (g).product, 0,
      (g).unmet_product), (4, 'ungranted', (g).ungranted, 0, (g).unmet_ungranted), (5, 'demand', (g).demand, (g).granted_demand, 0),
    (6, 'dormancy', (g).dormancy, (g).granted_dormancy, 0), (7, 'buffer', (g).buffer, (g).granted_buffer, 0),
    (8, 'above_entitlement', 0, (g).above_entitlement, 0)) v (place, cause, unused, granted, unmet)
  WINDOW w AS (PARTITION BY i ORDER BY place)) s GROUP BY ROLLUP (segment), place, cause;
CREATE TABLE impact AS SELECT segment, gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05) AS rows FROM account GROUP BY ROLLUP (segment);
SELECT count(*) AS rows, count(DISTINCT t.segment) AS segments, count(*) FILTER (WHERE (h.unused, h.granted, h.unmet, h.forgone_margin, h.idle_cost,
    h.contingent_ead, h.capital_tied, h.expected_loss) IS DISTINCT FROM (r.unused, r.granted, r.unmet, r.forgone_margin, r.idle_cost,
    r.contingent_ead, r.capital_tied, r.expected_loss)) AS wrong
FROM impact t, unnest(t.rows) r JOIN by_hand h ON h.place = r.place AND h.cause = r.cause WHERE h.segment IS NOT DISTINCT FROM t.segment;
-- The total is the sum of the causes, its loss and that of what is drawn are those of the accounts, and shares add up to 1.
SELECT bool_and((total - '{place, cause, share, regret}'::text[]) = parts) AS adds_up, bool_and((total ->> 'share')::numeric = 1 AND shares = 1) AS shares
FROM (SELECT segment, max(to_jsonb(r)::text) FILTER (WHERE cause = 'total')::jsonb AS total, sum(share) FILTER (WHERE cause <> 'total') AS shares,
    jsonb_build_object('unused', sum(unused) FILTER (WHERE place < 9), 'granted', sum(granted) FILTER (WHERE place < 9),
      'unmet', sum(unmet) FILTER (WHERE place < 9), 'forgone_margin', sum(forgone_margin) FILTER (WHERE place < 9),
      'idle_cost', sum(idle_cost) FILTER (WHERE place < 9), 'contingent_ead', sum(contingent_ead) FILTER (WHERE place < 9),
      'capital_tied', sum(capital_tied) FILTER (WHERE place < 9), 'expected_loss', sum(expected_loss) FILTER (WHERE place < 9)) AS parts
  FROM impact, unnest(rows) r GROUP BY segment) s;
SELECT sum(r.expected_loss) + (SELECT sum(round(0.75 * pd::numeric * greatest(drawn, 0), 2)) FROM account) AS parts,
  (SELECT sum(expected_loss(pd, 0.75, 0.4, drawn, credit_limit)) FROM account) AS of_accounts,
  (SELECT sum(round(0.75 * pd::numeric * (greatest(drawn, 0) + 0.4 * greatest(credit_limit - greatest(drawn, 0), 0)), 2)) FROM account) AS by_sql
FROM impact, unnest(rows) r WHERE segment IS NULL AND cause = 'total';
-- One account: the same rows. The same in parallel. Nobody; nobody with a PD; other methods.
SELECT count(*) AS differ FROM (SELECT i, r FROM account, gap_impact(g, margin, 0.012, 0.4, pd, 0.75, 0.05) r WHERE i < 200
  EXCEPT SELECT i, r FROM (SELECT i, gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05) AS rows FROM account WHERE i < 200 GROUP BY i) s,
    unnest(rows) r) d;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
ALTER TABLE account SET (parallel_workers = 2);
SELECT uses_parallel('SELECT credit_limit.gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05) FROM account');
SELECT rows::text = (SELECT gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05)::text FROM account) AS same FROM impact WHERE segment IS NULL;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
-- Regrets in total: the sum of what each account forgoes, by cause, in any plan; NULL where none is known.
CREATE TABLE forgone AS SELECT i, round(i / 7.0, 2) AS regret, CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 'too_low' ELSE 'too_high' END AS side FROM account;
SELECT bool_and(r.regret = h.regret) AS sums,
  max(r.regret) FILTER (WHERE r.cause = 'total') = (SELECT sum(regret) FILTER (WHERE side IS NOT NULL) FROM forgone) AS all_of_it
FROM (SELECT gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05, regret, side) AS rows FROM account JOIN forgone USING (i)) t, unnest(t.rows) r
JOIN (SELECT place, sum(m.regret) AS regret FROM account JOIN forgone f USING (i),
    gap_impact(g, margin, 0.012, 0.4, pd, 0.75, 0.05, NULL, f.regret, side) m GROUP BY 1) h
  USING (place);
SELECT gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05, round(i / 7.0, 2), 'too_low')::text AS serial FROM account \gset
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
SELECT uses_parallel('SELECT credit_limit.gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05, round(i / 7.0, 2), ''too_low'') FROM account');
SELECT gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05, round(i / 7.0, 2), 'too_low')::text = :'serial' AS same FROM account;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT count(regret) AS none FROM (SELECT gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05, NULL, 'best') AS rows FROM account) s, unnest(rows);
SELECT gap_impact_total(g, margin, 0.012, 0.4, pd, 0.75, 0.05) IS NULL AS nobody FROM account WHERE i < 0;
SELECT gap_impact_total(NULL, margin, 0.012, 0.4, pd, 0.75, NULL) IS NULL AS nothing FROM account;
SELECT count(*), count(expected_loss) AS losses FROM (SELECT gap_impact_total(g, margin, 0.012, 0.4, NULL, 0.75, 0.05) AS rows FROM account) s, unnest(rows);
SELECT gap_impact_total(limit_gap(1, NULL, NULL, NULL, NULL, 0, 0, m), 0.1, 0.01, 0.4, 0.1, 0.7, 0.05) FROM unnest('{shapley, binding}'::text[]) m;
SELECT gap_impact_total(limit_gap(1, NULL, NULL, NULL, NULL, 0, 0), 0.1, 0.01, 0.4, 1.1, 0.7, 0.05);
