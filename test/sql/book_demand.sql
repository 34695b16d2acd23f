-- The monthly job that learns how balances change, forecasts the next month, fills account_feature, and is judged when the month has come.
-- What it does is done here once more from the outside: train_demand() on a view, and plain SQL.
\set VERBOSITY terse
\i test/helpers.sql
\set ECHO none
\i demo/panel.sql
\set ECHO all
CREATE ROLE regress_demand_engine;
CREATE ROLE regress_demand_analyst;
CREATE TABLE panel AS SELECT * FROM pg_temp.panel(240, 16, '2025-09-01');
SELECT create_book('book_d');
INSERT INTO book_d.product VALUES ('card', 'Card', 'card', 'CNY', 'card', NULL), ('cash', 'Cash line', 'cash', 'USD', 'card', NULL),
  ('new', 'New', 'card', 'CNY', NULL, NULL);
INSERT INTO book_d.borrower (borrower_id, segment, income, external_score, external_pd) SELECT i, CASE WHEN i % 3 > 0 THEN 'some' END, 9000, 700, 0.01
  FROM generate_series(1, 242) i;
-- Cash in cents of another currency; of the new product there is one month.
INSERT INTO book_d.account (account_id, borrower_id, product, currency, opened_on, credit_limit, status)
SELECT i, i, CASE WHEN i > 240 THEN 'new' WHEN i % 4 = 0 THEN 'cash' ELSE 'card' END, CASE WHEN i <= 240 AND i % 4 = 0 THEN 'USD' ELSE 'CNY' END,
  '2025-01-01', 1000, CASE WHEN i % 60 = 1 THEN 'closed' ELSE 'open' END FROM generate_series(1, 242) i;
SELECT add_months('book_d', '2025-09-01', 18);
INSERT INTO book_d.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
SELECT account_id, month, round(credit_limit / k, 2), round(balance / k, 2), round(payment / k, 2), round(due / k, 2), days_past_due
FROM panel, LATERAL (SELECT CASE WHEN account_id % 4 = 0 THEN 7 ELSE 1 END AS k) s WHERE month < '2026-12-01'
UNION ALL SELECT 241, '2026-11-01', 500, 100, 10, 10, 0;
-- Who owes the lender nothing has a credit balance; some have no November yet, one has none since July.
UPDATE book_d.account_month SET balance = -12.5 WHERE account_id IN (5, 8) AND month = '2026-11-01';
DELETE FROM book_d.account_month WHERE account_id IN (9, 12) AND month = '2026-11-01' OR account_id = 10 AND month > '2026-07-01';
-- What was there before the job.
INSERT INTO book_d.account_feature (account_id, computed_on, demand_q90, demand_mean) VALUES (10, '2026-10-31', 7, 7), (61, '2026-10-31', 7, 7);

SELECT refresh_demand('book_d');
SELECT set_business_date('book_d', '2026-11-30');
CALL run_job('book_d', 'demand');
SELECT job, status, as_of, row_count = (SELECT count(*) FROM book_d.demand_forecast) AS forecasts, overdue FROM book_d.job_status WHERE job = 'demand';

-- The models are those of train_demand() on the months of a product, whoever has closed since included. One month tells of no change.
CREATE VIEW card_month AS SELECT m.* FROM book_d.account_month m JOIN book_d.account a USING (account_id)
  WHERE product = 'card' AND month BETWEEN '2025-09-01' AND '2026-11-01';
CREATE VIEW cash_month AS SELECT m.* FROM book_d.account_month m JOIN book_d.account a USING (account_id)
  WHERE product = 'cash' AND month BETWEEN '2025-09-01' AND '2026-11-01';
CREATE TABLE learned AS SELECT 'card' AS product, train_demand('card_month', '{"horizons": [1, 3]}') AS model
  UNION ALL SELECT 'cash', train_demand('cash_month', '{"horizons": [1, 3]}');
SELECT v.product, v.currency, v.until, v.learned_on, v.model::text = l.model::text AS same
FROM book_d.demand_model_version v LEFT JOIN learned l USING (product) ORDER BY 1;
-- The forecasts: of the month after, of open accounts with a balance of the last three months.
CREATE TABLE forecast AS SELECT h.*, forecast_balance(model, history, '2026-11-01') AS b, forecast_demand(model, history, '2026-11-01') AS d,
  forecast_demand(model, history, '2026-11-01', 3, 'peak') AS peak
FROM (SELECT account_id, product, behavior_agg(month, m.credit_limit, m.balance, payment, due, days_past_due) AS history,
    (array_agg(m.credit_limit ORDER BY month DESC))[1] AS credit_limit, (array_agg(m.balance ORDER BY month DESC))[1] AS last
  FROM book_d.account_month m JOIN book_d.account USING (account_id) WHERE status = 'open' GROUP BY 1, 2) h JOIN learned USING (product);
SELECT count(*) = count(h.account_id) AND count(*) = count(f.account_id) AS each, count(*) > 150 AS many,
  bool_and(f.month = '2026-12-01' AND f.made_on = '2026-11-30') AS month,
  count(*) FILTER (WHERE (f.credit_limit, f.last_balance) IS DISTINCT FROM (h.credit_limit, h.last)) AS last_differs,
  count(*) FILTER (WHERE (f.balance_q50, f.balance_q90, f.balance_mean) IS DISTINCT FROM (round(demand_quantile(b, 0.5)::numeric, 2),
    round(demand_quantile(b, 0.9)::numeric, 2), round(demand_mean(b)::numeric, 2))) AS balance_differs,
  count(*) FILTER (WHERE (f.demand_mean, f.demand_q90) IS DISTINCT FROM (round(demand_mean(d)::numeric, 2), round(demand_quantile(peak, 0.9)::numeric, 2)))
    AS demand_differs,
  count(*) FILTER (WHERE f.demand_is_known <> (demand_quantile(d, 0.9) < (d::jsonb ->> 'ceiling')::float8)) AS known_differs,
  count(*) FILTER (WHERE NOT f.demand_is_known) > 0 AS some_unknown,
  count(*) FILTER (WHERE (f.chance_at_limit, f.turned_away) IS DISTINCT FROM (CASE WHEN h.credit_limit > 0 THEN demand_exceeds(d, 0.98 * h.credit_limit) END,
    CASE WHEN h.credit_limit > 0 THEN round(expected_unmet(d, greatest(h.credit_limit, h.last))::numeric, 2) END)) AS wants_differ
FROM (SELECT * FROM forecast WHERE b IS NOT NULL) h FULL JOIN book_d.demand_forecast f USING (account_id);
SELECT account_id, f.account_id IS NOT NULL AS forecast FROM unnest(ARRAY[8, 9, 10, 61, 241, 242]) account_id
LEFT JOIN book_d.demand_forecast f USING (account_id) ORDER BY 1;
-- account_feature has them, and says from when on; of whom nothing is forecast any more it says nothing; who has closed stays as he was.
SELECT count(*) FILTER (WHERE (n.demand_mean, n.demand_q90, n.computed_on) IS DISTINCT FROM (f.demand_mean, f.demand_q90, f.made_on)) AS differ
FROM book_d.demand_forecast f LEFT JOIN book_d.account_feature n USING (account_id);
SELECT account_id, computed_on, demand_q90, demand_mean FROM book_d.account_feature WHERE account_id IN (10, 61, 241, 242) ORDER BY 1;
-- The features beside them are those of refresh_features(), in either order.
SELECT refresh_features('book_d') > 200 AS features;
SELECT count(*) FILTER (WHERE n.demand_mean = f.demand_mean AND n.utilization_3m IS NOT NULL) > 150 AS both,
  count(*) FILTER (WHERE n.demand_mean IS DISTINCT FROM f.demand_mean) AS differ
FROM book_d.demand_forecast f JOIN book_d.account_feature n USING (account_id);
-- A policy's target reads the peak.
SELECT count(*) > 150 AS some, bool_and((decide_limit('{"name": "card", "entitlement": {"bands": [{"score_from": 0, "income_multiple": 900}]},
  "product": {"floor": 0, "cap": 1e9, "step": 0.01}, "target": {"demand_quantile": 0.9, "headroom": 1}}', i, '2026-11-30')).target = f.demand_q90) AS peak
FROM (SELECT *, 700 AS score FROM book_d.decision_input('2026-11-30')) i JOIN book_d.demand_forecast f USING (account_id);

-- The demand of the three months alike is beside them, and a policy of the optimum takes it: 12 % on what is drawn less the cost of the PD's loss,
-- at the price of a budget. What optimal_limit() says of each, rounded down to a step.
SELECT count(*) > 150 AS some, count(*) FILTER (WHERE n.demand_mixture IS DISTINCT FROM forecast_demand(model, history, '2026-11-01', 3, 'mixture')) AS differ
FROM (SELECT * FROM forecast WHERE b IS NOT NULL) h JOIN learned USING (product) JOIN book_d.account_feature n USING (account_id);
CREATE ROLE regress_demand_maker;
GRANT USAGE ON SCHEMA book_d, credit_limit, credit_limit_internal TO regress_demand_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_d TO regress_demand_maker;
SET ROLE regress_demand_maker;
SELECT draft_policy('book_d', 'card', format('{"name": "card", "entitlement": {"bands": [{"score_from": 0, "income_multiple": 900}]},
  "product": {"cap": 1e9, "step": 10}, "target": {"optimal": {"rate": 0.18, "funding": 0.05, "pd": "pd", "lgd": 0.8, "ccf": 0.5, "shadow_price": %s}}}',
  price)::limit_policy)
FROM unnest('{0.02, 0}'::float8[]) price;
RESET ROLE;
SELECT approve_policy('book_d', 1, '2026-01-01', digest => version_digest('book_d', 'policy', 1));
UPDATE book_d.product SET policy = 'card' WHERE product = 'new';
CALL run_decisions('book_d', '2026-11-30', '{"move_limits": false}');
SELECT count(*) > 150 AS some, count(*) FILTER (WHERE target IS DISTINCT FROM trunc(best + 1e-8, 2)) AS target_differs,
  count(*) FILTER (WHERE new_limit <> floor(trunc(best + 1e-8, 2) / 10) * 10) AS limit_differs, count(DISTINCT reasons::text) AS reasons,
  min(reasons::text) AS reason
FROM (SELECT d.target, d.new_limit, d.reasons, optimal_limit(n.demand_mixture, margin, carry, shadow_price => 0.02) AS best
  FROM book_d.decision d JOIN book_d.account_feature n USING (account_id), unit_economics(0.18, 0.05, 0.01, 0.8, 0.5) u
  WHERE n.demand_mixture IS NOT NULL AND d.action IN ('INCREASE', 'DECREASE')) x;
-- Whose demand is not known has what he is entitled to.
SELECT account_id, target, reasons FROM book_d.decision WHERE account_id IN (10, 242) ORDER BY 1;
-- The distribution is kept with the decision, and decides again.
SELECT count(*) > 150 AS replayed, bool_and(same) AS same FROM replay_decisions('book_d', '2026-11-30', '2026-11-30');
SELECT e #> '{limit,optimum}' ->> 'price' AS price, (e #> '{limit,optimum}' ->> 'limit')::numeric = d.target AS limit,
  (e #> '{limit,optimum}' ->> 'limit_without_price')::numeric > d.target AS more_without
FROM book_d.decision d, LATERAL (SELECT explain_decision('book_d', d.decision_id) AS e OFFSET 0) x WHERE account_id = 9;
SELECT max(pg_column_size(demand_mixture)) < 500 AS small FROM book_d.account_feature;
-- What the budget's price holds back.
SELECT currency, sum(limit_a) < sum(limit_b) AS more, sum(expected_loss_a) < sum(expected_loss_b) AS riskier
FROM simulate_policy('book_d', 1, 2, '2026-11-30') WHERE action_a IS NULL GROUP BY currency ORDER BY currency;

-- A second time: the same rows. Of a month that has come since nothing is seen: a month of December, and the same again.
CREATE TABLE kept AS SELECT * FROM book_d.demand_forecast;
CREATE TABLE kept_model AS SELECT * FROM book_d.demand_model_version;
SELECT refresh_demand('book_d', '2026-11-30') = (SELECT count(*) FROM kept) AS again;
INSERT INTO book_d.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
SELECT account_id, month, round(credit_limit / k, 2), round(balance / k, 2), round(payment / k, 2), round(due / k, 2), days_past_due
FROM panel, LATERAL (SELECT CASE WHEN account_id % 4 = 0 THEN 7 ELSE 1 END AS k) s WHERE month = '2026-12-01';
SELECT refresh_demand('book_d', '2026-11-30', '{"fill_features": false}') > 150 AS before;
SELECT count(*) AS differ FROM (TABLE kept EXCEPT TABLE book_d.demand_forecast UNION ALL (TABLE book_d.demand_forecast EXCEPT TABLE kept)) d;
SELECT count(*) AS differ
FROM kept_model k FULL JOIN book_d.demand_model_version v USING (product, currency, until) WHERE k.model::text IS DISTINCT FROM v.model::text;

-- December has come: how good were the forecasts? By plain SQL, segment by segment; a credit balance owes nothing.
SELECT r.month, count(*) AS rows, sum(r.accounts) AS accounts, count(*) FILTER (WHERE (r.accounts, r.error, r.error_last_balance, r.pinball_q50, r.pinball_q90,
    r.accounts_coverage) IS DISTINCT FROM (h.n, round(h.error, 2), round(h.last, 2), round(h.error / 2, 2), round(h.pinball, 2), h.n_below)) AS differ,
  count(*) FILTER (WHERE (r.error_ratio, r.coverage_q90, r.share_not_known) IS DISTINCT FROM (round(h.error / h.last, 4),
    round(h.covered::numeric / h.n_below, 4), round(h.unknown::numeric / h.n, 4))) AS shares_differ
FROM book_d_report.report_demand_quality r FULL JOIN (
  SELECT month, product, currency, segment, count(*) AS n, avg(greatest(y - q50, q50 - y)) AS error, avg(greatest(y - last, last - y)) AS last,
    avg(CASE WHEN y >= q90 THEN 0.9 * (y - q90) ELSE 0.1 * (q90 - y) END) AS pinball, count(*) FILTER (WHERE q90 < lim) AS n_below,
    count(*) FILTER (WHERE q90 < lim AND y <= q90) AS covered, count(*) FILTER (WHERE NOT demand_is_known) AS unknown
  FROM (SELECT f.month, product, currency, b.segment, CASE WHEN m.balance < 0 THEN 0 ELSE m.balance END AS y, f.balance_q50 AS q50, f.balance_q90 AS q90,
      CASE WHEN f.last_balance < 0 THEN 0 ELSE f.last_balance END AS last, m.credit_limit AS lim, demand_is_known
    FROM book_d.demand_forecast f JOIN book_d.account a USING (account_id) JOIN book_d.borrower b USING (borrower_id)
    JOIN book_d.account_month m ON m.account_id = a.account_id AND m.month = '2026-12-01') x GROUP BY 1, 2, 3, 4) h
ON (r.month, r.product, r.currency) = (h.month, h.product, h.currency) AND r.segment IS NOT DISTINCT FROM h.segment GROUP BY 1;
SELECT r.month, count(*) FILTER (WHERE (r.chance_at_limit, r.share_at_limit) IS DISTINCT FROM (h.chance, h.share)) AS differ, count(h.share) > 1 AS some
FROM book_d_report.report_demand_quality r FULL JOIN (
  SELECT f.month, product, currency, b.segment, round(sum(chance_at_limit::numeric) / count(chance_at_limit), 4) AS chance,
    round(count(*) FILTER (WHERE m.balance >= 0.98 * f.credit_limit AND f.credit_limit > 0)::numeric / count(*) FILTER (WHERE f.credit_limit > 0), 4) AS share
  FROM book_d.demand_forecast f JOIN book_d.account a USING (account_id) JOIN book_d.borrower b USING (borrower_id)
  JOIN book_d.account_month m ON m.account_id = a.account_id AND m.month = '2026-12-01' WHERE f.month = '2026-12-01' GROUP BY 1, 2, 3, 4) h
ON (r.month, r.product, r.currency) = (h.month, h.product, h.currency) AND r.segment IS NOT DISTINCT FROM h.segment GROUP BY 1;
-- Over the months that can be looked back on, each from what was known then: no worse than last month's balance, and a 0.9 quantile is one.
SELECT sum(refresh_demand('book_d', m::date, '{"fill_features": false}')) > 450 AS looked_back
FROM generate_series('2026-08-31'::date, '2026-10-31', '1 month') m;
SELECT count(DISTINCT month) AS months, round(sum(error * accounts) / sum(error_last_balance * accounts), 1) AS error_ratio,
  sum(coverage_q90 * accounts_coverage) / sum(accounts_coverage) BETWEEN 0.85 AND 0.95 AS coverage
FROM book_d_report.report_demand_quality WHERE product = 'card';
SELECT bool_and(n.computed_on = '2026-11-30') AS features_left_alone FROM book_d.account_feature n WHERE demand_mean IS NOT NULL AND account_id <> 61;

-- The next month: what is older than keep_forecasts goes.
SELECT refresh_demand('book_d', '2026-12-31', '{"keep_forecasts": 3, "peak_months": 6}') > 150 AS january;
SELECT month, count(*) > 150 AS some FROM book_d.demand_forecast GROUP BY 1 ORDER BY 1;
SELECT product, until FROM book_d.demand_model_version ORDER BY 1, 2;
SELECT max(computed_on) AS computed_on, count(*) FILTER (WHERE n.demand_q90 = f.demand_q90) > 150 AS peak_of_6
FROM book_d.account_feature n JOIN book_d.demand_forecast f USING (account_id) WHERE f.month = '2027-01-01';
-- Twelve months ahead take more months than there are: then there is no peak, and the rest is there.
BEGIN;
DELETE FROM book_d.account_month WHERE month < '2026-08-01';
SELECT refresh_demand('book_d', '2026-12-31', '{"peak_months": 12}') > 150 AS short;
SELECT count(demand_mean) > 150 AS mean, count(demand_q90) AS q90 FROM book_d.demand_forecast WHERE month = '2027-01-01';
ROLLBACK;

-- The job takes its options from schedule(), null leaves it alone.
SELECT job, schedule FROM schedule('book_d', '{"months": null, "retention": null, "decisions": null, "overrides": null, "reports": null, "alerts": null,
  "features": null, "peak_months": 1, "fill_features": false}');
SELECT schedule, parameters, expected_every FROM book_d.job WHERE job = 'demand';
SELECT count(*) FROM schedule('book_d', '{"demand": null, "months": null, "retention": null}') WHERE job = 'demand';
CALL run_job('book_d', 'demand', '2026-12-31');
SELECT count(*) FILTER (WHERE f.demand_q90 < n.demand_q90) > 50 AS another_peak, max(n.computed_on) AS as_before
FROM book_d.account_feature n JOIN book_d.demand_forecast f USING (account_id) WHERE f.month = '2027-01-01';
SELECT schedule('book_d', '{"peak_months": 2}');
SELECT refresh_demand('book_d', '2026-12-31', '{"peak_months": 4}');
SELECT refresh_demand('book_d', '2026-12-31', '{"keep_forecasts": 0}');
SELECT refresh_demand('book_d', '2026-12-31', '{"fill": false}');
SELECT refresh_demand('book_d', '2026-12-31', NULL);
SELECT refresh_demand('book_d', 'infinity');
SELECT refresh_demand('nowhere');
SELECT refresh_demand('book_d', '2024-12-31', '{"fill_features": false}') AS nothing_known;

-- Rights: the engine does it, an analyst reads it, and judges.
SELECT grant_book('book_d', engine => 'regress_demand_engine', analyst => 'regress_demand_analyst');
SET ROLE regress_demand_engine;
SELECT refresh_demand('book_d', '2026-12-31') > 150 AS engine;
SET ROLE regress_demand_analyst;
SELECT count(*) > 150 AS forecasts, (SELECT count(*) FROM book_d.demand_model_version) AS models FROM book_d.demand_forecast WHERE month = '2027-01-01';
SELECT count(*) > 0 AS report FROM book_d_report.report_demand_quality;
SELECT refresh_demand('book_d', '2026-12-31');
RESET ROLE;
-- An analyst of one segment sees forecasts of that segment.
SELECT restrict_analyst('book_d', 'regress_demand_analyst', '{some}');
SET ROLE regress_demand_analyst;
SELECT DISTINCT segment FROM book_d_report.report_demand_quality;
SELECT count(*) FILTER (WHERE account_id % 3 = 0) AS of_others, count(*) > 50 AS own FROM book_d.demand_forecast;
RESET ROLE;
SELECT restrict_analyst('book_d', 'regress_demand_analyst', NULL);
-- What was forecast of a borrower goes with him.
UPDATE book_d.account SET status = 'closed' WHERE account_id = 8;
SELECT count(*) > 0 AS some FROM book_d.demand_forecast WHERE account_id = 8;
SELECT erase_borrower('book_d', 8, '2026-12-31', 'asked for it');
SELECT count(*) AS some FROM book_d.demand_forecast WHERE account_id = 8;

-- A lender's own account_month is read; an account_feature of his own he fills himself.
ALTER TABLE book_d.account_month RENAME TO ledger;
CREATE VIEW book_d.account_month AS SELECT account_id, month, credit_limit::float8 + 1e-7 AS credit_limit, balance::float8, payment::float8,
  due::float8, days_past_due::bigint FROM book_d.ledger;	-- an amount has four decimals at most
CREATE TABLE by_table AS SELECT * FROM book_d.demand_forecast WHERE month = '2027-01-01' AND account_id <> 8;
SELECT refresh_demand('book_d', '2026-12-31') > 150 AS view;
SELECT count(*) AS differ FROM (TABLE by_table EXCEPT SELECT * FROM book_d.demand_forecast) d;
CREATE TABLE few AS SELECT account_id, computed_on, demand_q90, demand_mean FROM book_d.account_feature;
DROP FUNCTION book_d.decision_input(date), book_d.decision_input_at(date);
DROP TABLE book_d.account_feature;
CREATE VIEW book_d.account_feature AS TABLE few;
SELECT refresh_demand('book_d', '2026-12-31');
SELECT refresh_demand('book_d', '2026-12-31', '{"fill_features": false}') > 150 AS without;

DROP SCHEMA book_d, book_d_report CASCADE;
DROP OWNED BY regress_demand_engine, regress_demand_analyst, regress_demand_maker;
DROP ROLE regress_demand_engine, regress_demand_analyst, regress_demand_maker;
