-- gap: limit_gap, gap_total, gap_impact.
\i test/helpers.sql

-- The worked example: entitlement 50000, risk cap 30000, product cap 40000, demand 12000, drawn 10000. Waterfall by hand;
-- Shapley is the average over all 24 orders (below), 5833.33 2500.00 14833.33 16833.33, one cent going where the sum needs it.
SELECT gap, risk, product, demand, dormancy, buffer, method FROM limit_gap(50000, 30000, 40000, 12000, 10000);
SELECT gap, risk, product, demand, dormancy, buffer, method FROM limit_gap(50000, 30000, 40000, 12000, 10000, 0, 'shapley');
SELECT gap, risk, product, demand, dormancy, buffer, method FROM limit_gap(50000, 30000, 40000, 12000, 10000, 0, 'binding');
SELECT gap, risk, product, demand, dormancy, buffer FROM limit_gap(50000, 30000, 40000, 12000, 10000, method => 'shapley', decimals => 0);
SELECT gap, risk, product, demand, dormancy, buffer FROM limit_gap(50000, 30000, 40000, 12000, 10000, method => 'shapley', decimals => 4);
SELECT gap, risk, product, demand, dormancy, buffer FROM limit_gap(100.00, 70.555, 60.5, 50, 0, decimals => 1);

-- Dormancy from six months on, or from where the lender says.
SELECT m, (limit_gap(1000, NULL, NULL, 800, 100, m)).dormancy, (limit_gap(1000, NULL, NULL, 800, 100, m)).buffer,
  (limit_gap(1000, NULL, NULL, 800, 100, m, dormant_after => 3)).dormancy AS after_3 FROM unnest(ARRAY[NULL, 0, 5, 6, 12]) m;

-- Suppressed demand: what risk control withholds above the demand harms nobody, what it withholds below does.
SELECT cap, (g).gap, (g).risk, (g).demand, (g).buffer, (g).unmet, (g).unmet_risk, (g).unmet_product
FROM (SELECT cap, limit_gap(50000, cap, 40000, 45000, 10000) AS g FROM unnest('{60000, 47000, 42000, 20000, 0}'::numeric[]) cap) s;
SELECT unmet, unmet_risk, unmet_product FROM limit_gap(100, 80, 70, 130, 70, 0, 'shapley');

-- Over the limit, drawn above a cap, a credit balance, a demand below what is drawn, no caps at all.
SELECT gap, over_limit, unmet, n_clamped FROM limit_gap(1000, 500, NULL, NULL, 1200);
SELECT gap, risk, buffer, over_limit FROM limit_gap(1000, 500, NULL, NULL, 700);
SELECT gap, buffer FROM limit_gap(1000, NULL, NULL, NULL, -50);
SELECT gap, demand, buffer, n_clamped FROM limit_gap(1000, NULL, NULL, 100, 300);
SELECT gap, demand, n_clamped FROM limit_gap(1000, NULL, NULL, -5, 0);
SELECT limit_gap(NULL, 1, 1, 1, 1) IS NULL AS no_entitlement, limit_gap(1, 1, 1, 1, NULL) IS NULL AS no_drawn;
SELECT gap, over_limit FROM limit_gap(0, 0, 0, 0, 0);

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
  CASE WHEN random() < 0.9 THEN round((random() ^ 3 * 100000)::numeric, decimals) END AS demand,
  round(((random() - 0.05) ^ 3 * 120000)::numeric, decimals) AS drawn, (random() * 12)::int AS months_inactive
FROM (SELECT g, CASE WHEN g % 2 = 0 THEN 2 ELSE 0 END AS decimals FROM generate_series(1, :n) g) s;

CREATE TABLE divided AS
SELECT l.*, limit_gap(entitlement, risk_cap, product_cap, demand, drawn, months_inactive,
                      (ARRAY['waterfall', 'shapley', 'binding'])[1 + segment % 3], decimals => decimals) AS g
FROM ladder l;
SELECT (g).method, decimals, count(*) > :n / 12 AS many,
  count(*) FILTER (WHERE (g).risk + (g).product + (g).demand + (g).dormancy + (g).buffer <> (g).gap
    OR (g).gap <> entitlement - least(entitlement, greatest(drawn, 0)) OR (g).over_limit <> greatest(drawn - entitlement, 0)
    OR least((g).risk, (g).product, (g).demand, (g).dormancy, (g).buffer, (g).unmet_risk, (g).unmet_product) < 0
    OR (g).unmet <> greatest(coalesce(demand, 0) - greatest(least(entitlement, risk_cap, product_cap), drawn, 0), 0)
    OR (g).unmet_risk + (g).unmet_product > (g).unmet
    OR scale((g).risk) > decimals OR scale((g).buffer) > decimals OR (g).n_clamped <> (coalesce(demand, 'Infinity') < greatest(drawn, 0))::int) AS wrong
FROM divided GROUP BY 1, 2 ORDER BY 1, 2;

-- The waterfall against its definition, step by step in SQL.
SELECT count(*) FILTER (WHERE (g).risk <> q0 - q1 OR (g).product <> q1 - q2 OR (g).demand <> q2 - q3
  OR (g).dormancy <> CASE WHEN months_inactive >= 6 THEN q3 - used ELSE 0 END
  OR (g).buffer <> CASE WHEN months_inactive >= 6 THEN 0 ELSE q3 - used END) AS wrong
FROM divided, LATERAL (SELECT entitlement AS q0, least(entitlement, greatest(drawn, 0)) AS used) a,
  LATERAL (SELECT least(q0, greatest(coalesce(risk_cap, q0), used)) AS q1) b,
  LATERAL (SELECT least(q1, greatest(coalesce(product_cap, q1), used)) AS q2) c,
  LATERAL (SELECT least(q2, greatest(coalesce(demand, q2), used)) AS q3) d
WHERE (g).method = 'waterfall';

-- Shapley against its definition: the average of what each cause adds, over all 24 orders of the four, within a minor unit.
CREATE FUNCTION shapley_by_orders(a numeric[]) RETURNS numeric[] LANGUAGE sql AS $$
  WITH RECURSIVE walk(order_, reached, added) AS (
    SELECT ARRAY[]::int[], 0::numeric, ARRAY[0, 0, 0, 0]::numeric[]
    UNION ALL
    SELECT order_ || k, greatest(reached, a[k]),
      added[:k - 1] || (added[k] + greatest(a[k] - reached, 0)) || added[k + 1:]
    FROM walk, generate_series(1, 4) k WHERE k <> ALL (order_))
  SELECT ARRAY(SELECT avg(added[k]) FROM walk, generate_series(1, 4) k WHERE cardinality(order_) = 4 GROUP BY k ORDER BY k)
$$;
SELECT shapley_by_orders(ARRAY[20000, 10000, 38000, 40000])::numeric(12,2)[];
SELECT count(*) AS tried, count(*) FILTER (WHERE greatest(abs((g).risk - s[1]), abs((g).product - s[2]), abs((g).demand - s[3]),
  abs((g).dormancy + (g).buffer - s[4])) >= 10 ^ -decimals) AS wrong
FROM (SELECT *, shapley_by_orders(ARRAY[greatest(entitlement - greatest(risk_cap, used), 0), greatest(entitlement - greatest(product_cap, used), 0),
        greatest(entitlement - greatest(demand, used), 0), entitlement - used]) AS s
      FROM (SELECT *, least(entitlement, greatest(drawn, 0)) AS used FROM divided
            WHERE (g).method = 'shapley' AND risk_cap IS NOT NULL AND product_cap IS NOT NULL AND demand IS NOT NULL LIMIT 500) d) x;

-- Totals: equal to the sums of the columns, for a serial plan, for a parallel one, and when totalled again.
CREATE TABLE total AS SELECT segment, gap_total(g) AS t FROM divided GROUP BY segment;
SELECT count(*) AS segments, bool_and((t).gap = (t).risk + (t).product + (t).demand + (t).dormancy + (t).buffer) AS adds_up,
  bool_and(t::text = s::text) AS as_by_sql
FROM total JOIN (SELECT segment, ROW(sum((g).gap), sum((g).risk), sum((g).product), sum((g).demand), sum((g).dormancy), sum((g).buffer),
    sum((g).over_limit), sum((g).unmet), sum((g).unmet_risk), sum((g).unmet_product), max((g).method), sum((g).n), sum((g).n_clamped)) AS s
  FROM divided GROUP BY segment) q USING (segment);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
ALTER TABLE divided SET (parallel_workers = 2);
SELECT uses_parallel('SELECT credit_limit.gap_total(g) FROM divided WHERE segment = 1');
SELECT bool_and(p.t::text = total.t::text) AS same FROM (SELECT segment, gap_total(g) AS t FROM divided GROUP BY segment) p JOIN total USING (segment);
SELECT gap_total(g) IS NULL AS nothing FROM divided WHERE segment > 100;
SELECT gap_total(NULL::limit_gap) IS NULL AS only_null FROM divided;
SELECT (gap_total(g) FILTER (WHERE drawn > 100000 AND segment = 0)).n > 0 AS few FROM divided;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
SELECT bool_and(twice::text = once::text) AS same
FROM (SELECT segment % 3 AS m, gap_total(g) AS once FROM divided GROUP BY 1) a JOIN (SELECT segment % 3 AS m, gap_total(t) AS twice FROM total GROUP BY 1) b USING (m);
SELECT gap_total(limit_gap(1, NULL, NULL, NULL, 0, 0, m)) FROM unnest('{shapley, binding}'::text[]) m;
SELECT array_agg(gap) FROM (SELECT (gap_total(limit_gap(v, NULL, NULL, NULL, 0)) OVER (ORDER BY v)).gap FROM generate_series(1, 4) v) s;
-- Scales mix, and amounts beyond 64 and 128 bits still add up.
SELECT (gap_total(limit_gap(v, NULL, NULL, NULL, 0))).gap FROM unnest('{0.001, 99999999999999999999.99, 1e30, 0.0000000000000000000001}'::numeric[]) v;
SELECT (gap_total(limit_gap(9e36, NULL, NULL, NULL, 0))).gap FROM generate_series(1, 100);

-- Mistakes.
SELECT limit_gap(-1, NULL, NULL, NULL, 0);
SELECT limit_gap(1, -0.01, NULL, NULL, 0);
SELECT limit_gap(1, NULL, 'NaN', NULL, 0);
SELECT limit_gap('Infinity', NULL, NULL, NULL, 0);
SELECT limit_gap(1e36, NULL, NULL, NULL, 0.001);
SELECT limit_gap(1, NULL, NULL, NULL, 0, -1);
SELECT limit_gap(1, NULL, NULL, NULL, 0, 0, 'sharpley');
SELECT limit_gap(1, NULL, NULL, NULL, 0, decimals => 30);
SELECT gap_total(ROW(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, NULL, 1, 0)::limit_gap);
SELECT gap_total(ROW(1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 'guess', 1, 0)::limit_gap);
SELECT gap_total(ROW('NaN', 1, 0, 0, 0, 0, 0, 0, 0, 0, 'binding', 1, 0)::limit_gap);

SELECT gap_total('(1,2,3,4,5,6,7,8,9,10,waterfall,1,0)'::limit_gap);

-- Impact by hand: margin 12 %, carry 1.2 %, CCF 40 %, PD 3 %, LGD 75 %, capital 5 % of exposure.
SELECT * FROM gap_impact(limit_gap(50000.00, 30000, 40000, 32000, 10000), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05);
-- Prudent room bounds what could be earned; the demand that it serves divides as the demand does.
SELECT cause, unmet, forgone_margin FROM gap_impact(limit_gap(100.00, 80, 70, 130, 70), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05, 25.999) WHERE unmet > 0;
-- Room beyond the precision of doubles never makes a part negative; decimals that a cap brings along do not get in the way.
SELECT cause, unmet, forgone_margin FROM gap_impact(limit_gap(10, 9, NULL, 9007199254741010, 0), 1, 0, 0, 0, 0, 0, prudent_room => 9007199254740995)
WHERE unmet > 0;
SELECT cause, unused, idle_cost FROM gap_impact(limit_gap(50000, 50000 * (0.1::numeric / 3), NULL, 20000, 100), 0.12, 0.012, 0.4, 0.03, 0.75, 0.05)
WHERE unused > 0;
SELECT count(*) FROM gap_impact(NULL, 0.12, 0.012, 0.4, 0.03, 0.75, 0.05);
SELECT count(*) FROM gap_impact(limit_gap(1, 1, 1, 1, 1), NULL, 0.012, 0.4, 0.03, 0.75, 0.05);
-- Rows add up to the total to the cent, for every measure of 2,000 accounts; and each is the rate within a cent.
SELECT count(*) AS rows, count(*) FILTER (WHERE NOT same) AS wrong
FROM (SELECT sum(CASE WHEN cause = 'total' THEN -idle_cost ELSE idle_cost END) = 0 AND sum(CASE WHEN cause = 'total' THEN -contingent_ead ELSE contingent_ead END) = 0
        AND sum(CASE WHEN cause = 'total' THEN -capital_tied ELSE capital_tied END) = 0 AND sum(CASE WHEN cause = 'total' THEN -expected_loss ELSE expected_loss END) = 0
        AND sum(CASE WHEN cause = 'total' THEN -forgone_margin ELSE forgone_margin END) = 0 AND sum(CASE WHEN cause = 'total' THEN -unmet ELSE unmet END) = 0
        AND sum(CASE WHEN cause = 'total' THEN -unused ELSE unused END) = 0
        AND bool_and(abs(idle_cost - 0.0123 * unused) <= 0.01 AND abs(expected_loss - 0.03 * 0.75 * 0.4 * unused) <= 0.01
          AND abs(forgone_margin - 0.11 * unmet) <= 0.01 AND abs(capital_tied - 0.05 * 0.4 * unused) <= 0.01) AS same
      FROM (SELECT row_number() OVER () AS i, g FROM divided WHERE decimals = 2 LIMIT 2000) d, gap_impact(g, 0.11, 0.0123, 0.4, 0.03, 0.75, 0.05)
      GROUP BY i) s;
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1), 0.1, 0.01, 0.4, 1.5, 0.75, 0.05);
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1), 'NaN', 0.01, 0.4, 0.5, 0.75, 0.05);
SELECT * FROM gap_impact(limit_gap(1, 1, 1, 1, 1), 0.1, 0.01, 0.4, 0.5, 0.75, 0.05, -1);
SELECT * FROM gap_impact(ROW(1, -1, 0, 0, 0, 0, 0, 0, 0, 0, 'binding', 1, 0)::limit_gap, 0.1, 0.01, 0.4, 0.5, 0.75, 0.05);
