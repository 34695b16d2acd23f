-- What today's limits forgo against those that would earn most, in a book: by the economics of a policy whose target is optimal.
-- Demand is uniform between 0 and c, so plain SQL has it in closed form: a limit L earns margin (L - L^2 / 2c) - carry L^2 / 2c.
\set VERBOSITY terse
SELECT credit_limit.create_book('book_g');
\set policy '{"name": "cash", "currency": "CNY", "product": {"floor": 500, "cap": 4000, "step": 100}, "risk_cap": [{"limit": 3000}]'
\set optimal ', "target": {"optimal": {"rate": 0.2, "funding": 0.03, "pd": "pd", "lgd": 0.75, "ccf": 0.4, '
\set optimal :optimal '"capital": 0.06, "cost_of_capital": 0.1, "shadow_price": '
CREATE ROLE regress_regret_maker;
GRANT USAGE ON SCHEMA book_g, credit_limit, credit_limit_internal TO regress_regret_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_g TO regress_regret_maker;
SET ROLE regress_regret_maker;
SELECT credit_limit.draft_policy('book_g', 'cash', (:'policy' || :'optimal' || '0.01}}}')::credit_limit.limit_policy) AS cash,
  credit_limit.draft_policy('book_g', 'plain', (:'policy' || '}')::credit_limit.limit_policy) AS plain;
RESET ROLE;
SELECT credit_limit.approve_policy('book_g', i, '2026-01-01', digest => credit_limit.version_digest('book_g', 'policy', i)) FROM generate_series(1, 2) i;
INSERT INTO book_g.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', NULL), ('card', 'Card', 'card', 'CNY', 'plain', NULL);
INSERT INTO book_g.borrower (borrower_id, segment, external_score, external_pd)
  SELECT i, 'town', 700, CASE WHEN i % 11 > 0 THEN (i % 9) * 0.04 END FROM generate_series(1, 300) i;
INSERT INTO book_g.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT i, i, CASE WHEN i % 5 = 0 THEN 'card' ELSE 'cash' END, 'CNY', '2025-01-01', 250 * (i % 20), 100 FROM generate_series(1, 300) i;
SELECT credit_limit.add_months('book_g', '2026-01-01', 12);
INSERT INTO book_g.account_month SELECT i, (DATE '2026-01-01' + make_interval(months => k))::date, 3000, 37 * i % 2900 / (1 + k % 2), 50, 50, 0
  FROM generate_series(1, 300) i, generate_series(0, 10) k;
INSERT INTO book_g.account_feature (account_id, computed_on, demand_mixture)
  SELECT i, '2026-11-30', credit_limit.demand_from_quantiles('{0, 1}', ARRAY[0, 700 * (1 + i % 8)]) FROM generate_series(1, 300) i WHERE i % 7 > 0;
SELECT credit_limit.refresh_reports('book_g', '2026-11-30');

CREATE VIEW book_g.by_hand AS
SELECT account_id, l, best, pd, c, (margin - price) * (best - best ^ 2 / 2 / c) - (carry + price) * best ^ 2 / 2 / c AS best_profit,
  (margin - price) * (least(l, c) - least(l, c) ^ 2 / 2 / c) - (carry + price) * (l - least(l, c) + least(l, c) ^ 2 / 2 / c) AS profit
FROM (SELECT *, greatest(0, c * (margin - price) / (margin + carry)) AS best
  FROM (SELECT account_id, credit_limit::float8 AS l, external_pd AS pd, 700.0 * (1 + account_id % 8) AS c, 0.01 AS price,
      0.2 - 0.03 - external_pd * 0.75 - 0.06 * 0.1 AS margin, 0.4 * (external_pd * 0.75 + 0.06 * 0.1) AS carry
    FROM book_g.account JOIN book_g.borrower USING (borrower_id) WHERE product = 'cash' AND account_id % 7 > 0 AND external_pd IS NOT NULL) e) b;
SELECT count(*) AS accounts, count(h.account_id) AS known, count(*) FILTER (WHERE (p.best_limit IS NULL) <> (h.account_id IS NULL)) AS not_known_differs,
  count(*) FILTER (WHERE abs(p.best_limit - h.best) > 1e-6) AS best_differs,
  count(*) FILTER (WHERE abs(p.regret - (h.best_profit - h.profit)) > 6e-5) AS regret_differs,
  count(*) FILTER (WHERE p.regret_side = 'too_low') > 20 AS low, count(*) FILTER (WHERE p.regret_side = 'too_high') > 20 AS high,
  count(*) FILTER (WHERE (h.l < h.best) <> (p.regret_side = 'too_low') OR (h.l > h.best) <> (p.regret_side = 'too_high')) AS side_differs
FROM book_g.report_position p LEFT JOIN book_g.by_hand h USING (account_id);
-- In the report: each account rounded to the currency, the causes adding up; NULL for the product whose target is another.
SELECT r.product, sum(r.regret) = h.regret AS all_of_it, string_agg(cause, ' ' ORDER BY place) FILTER (WHERE r.regret > 0) AS causes, count(r.regret) AS known
FROM book_g_report.report_gap r LEFT JOIN (SELECT product, sum(round((best_profit - profit)::numeric, 2)) AS regret
  FROM book_g.by_hand JOIN book_g.account USING (account_id) GROUP BY 1) h USING (product) GROUP BY r.product, h.regret ORDER BY 1;
-- A second time nothing is written. Without the target nothing is known any more.
CREATE TABLE book_g.was AS SELECT account_id, ctid AS place FROM book_g.report_position;
SELECT credit_limit.refresh_reports('book_g', '2026-11-30');
SELECT count(*) AS written FROM book_g.was w JOIN book_g.report_position p USING (account_id) WHERE p.ctid <> w.place;
UPDATE book_g.product SET policy = 'plain';
SELECT credit_limit.refresh_reports('book_g', '2026-11-30');
SELECT count(regret) AS known FROM book_g.report_position;

-- policy_economics by itself; NULL where an input is not known, or the target is another.
CREATE VIEW policy AS SELECT '{"name": "p", "product": {"cap": 1000}, "target": {"optimal": {"rate": 0.2, "funding": 0.03, "pd": "pd", "lgd": 0.5, "ccf": 0.4,
  "shadow_price": 0.02, "weight": "w"}}}'::credit_limit.limit_policy AS policy;
CREATE VIEW line AS SELECT 100 AS credit_limit, 0 AS balance, v.* FROM (VALUES (1, 0.1, 0.5, credit_limit.demand(7, 0.5)), (2, NULL, 0.5, NULL),
  (3, 'NaN'::float8, 0.5, NULL), (4, 0.2, 1, NULL), (5, 0, NULL, NULL), (6, 0, -1, NULL)) v (i, pd, w, demand_mixture);
SELECT i, e.demand, e.margin, e.carry, e.price FROM policy, line a, credit_limit.policy_economics(policy, a) e WHERE i < 6 ORDER BY i;
SELECT credit_limit.policy_economics(policy, a) FROM policy, line a WHERE i = 6;
SELECT credit_limit.policy_economics('{"name": "p", "product": {"cap": 1000}}', a) IS NULL AS another FROM line a WHERE i = 1;
SELECT credit_limit.policy_economics(policy, a) FROM policy, (SELECT 1 AS x) a;
SET client_min_messages = warning;
DROP SCHEMA book_g, book_g_report CASCADE;
DROP OWNED BY regress_regret_maker;
DROP ROLE regress_regret_maker;
