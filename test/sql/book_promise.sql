-- What an allocation promises, judged by other months than those that chose its limits.
\set VERBOSITY terse
\i test/helpers.sql
\set ECHO none
\i demo/panel.sql
\set ECHO all
CREATE ROLE regress_promise_approver;
SELECT create_book('book_pr');
SELECT grant_book('book_pr', approver => 'regress_promise_approver');
INSERT INTO book_pr.policy_version (name, document) VALUES ('cash', '{"name": "cash", "product": {"floor": 500, "cap": 50000, "step": 1500},
  "target": {"optimal": {"rate": 0.18, "funding": 0.03, "pd": "pd", "lgd": 0.75, "ccf": 0.4, "capital": 0.08, "cost_of_capital": 0.1}}}');
SET ROLE regress_promise_approver;
SELECT approve_policy('book_pr', 1, '2026-01-01', digest => version_digest('book_pr', 'policy', 1));
RESET ROLE;
INSERT INTO book_pr.product (product, name, kind, currency, policy) VALUES ('cash', 'Cash', 'cash', 'CNY', 'cash'), ('card', 'Card', 'card', 'CNY', 'cash'),
  ('new', 'New', 'card', 'CNY', 'cash');
-- Cash has 9 months, of which a forecast of three months ahead learns 6 changes, so each half has 3; card has 5, and each half has 1; new has 4.
CREATE TABLE panel AS SELECT account_id, CASE WHEN account_id > 160 THEN 'card' ELSE 'cash' END AS product, month, credit_limit, balance, payment, due,
  days_past_due FROM pg_temp.panel(240, 9, '2026-01-01') WHERE account_id <= 160 OR month > '2026-04-01';
INSERT INTO panel SELECT account_id + 1000, 'new', month, credit_limit, balance, payment, due, days_past_due FROM panel
WHERE account_id <= 20 AND month > '2026-05-01';
INSERT INTO book_pr.borrower (borrower_id, external_pd) SELECT DISTINCT account_id, 0.03 FROM panel;
SELECT add_months('book_pr', '2026-01-01', 12);
INSERT INTO book_pr.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
SELECT account_id, account_id, product, 'CNY', '2026-01-01', (array_agg(credit_limit ORDER BY month DESC))[1], 0 FROM panel GROUP BY 1, 3
HAVING max(month) = '2026-09-01';
INSERT INTO book_pr.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
SELECT account_id, month, p.credit_limit, p.balance, payment, due, days_past_due FROM panel p JOIN book_pr.account USING (account_id);

-- Without the job nothing is known of it.
SELECT draft_allocation('book_pr', '2026-09-30', '{"exposure": 9e9}', '{"frontier": []}') AS allocation;
SELECT count(*) > 200 AND count(cross_fitted) = 0 AS unknown FROM book_pr.allocation_account;

-- By train_demand() on the two halves, limit_menu() of a row that is written out, and best_action(): of cash the changes into July to September choose and
-- those into April to June judge, and the other way round; of card those into September and August.
SELECT refresh_demand('book_pr', '2026-09-30') > 200 AS forecasts;
SELECT sum(credit_limit) * 0.7 AS budget FROM book_pr.account \gset
SELECT draft_allocation('book_pr', '2026-09-30', jsonb_build_object('exposure', :budget), '{"frontier": [], "notice_days": 60}') AS allocation;
CREATE VIEW cash_month AS SELECT m.* FROM book_pr.account_month m JOIN book_pr.account USING (account_id) WHERE product = 'cash';
CREATE VIEW card_month AS SELECT m.* FROM book_pr.account_month m JOIN book_pr.account USING (account_id) WHERE product = 'card';
CREATE TABLE half AS SELECT 'cash' AS product, train_demand('cash_month', '{"horizons": [1, 3], "origins": 3, "until": "2026-06-01"}') AS early,
  train_demand('cash_month', '{"horizons": [1, 3], "origins": 3}') AS late
UNION ALL SELECT 'card', train_demand('card_month', '{"horizons": [1, 3], "origins": 1, "until": "2026-08-01"}'),
  train_demand('card_month', '{"horizons": [1, 3], "origins": 1}');
CREATE TABLE judged AS
SELECT account_id, r.product, r.cross_fitted, (promised_early - early_late + promised_late - late_early) / 2 AS optimism,
  r."values"[array_position(r.limits, r.choice)] AS promised
FROM book_pr.allocation_account r JOIN half h USING (product) JOIN book_pr.account a USING (account_id),
  LATERAL (SELECT behavior_agg(month, m.credit_limit, m.balance, payment, due, days_past_due) AS history FROM book_pr.account_month m
    WHERE m.account_id = a.account_id) b,
  (SELECT t.price FROM book_pr.allocation_version v, certificate_table(v.document) t WHERE v.allocation_id = 2) t, book_pr.policy_version p,
  LATERAL (SELECT a.credit_limit, a.balance, 0.03 AS pd, forecast_demand(h.early, history, '2026-09-01', 3, 'mixture') AS demand_mixture) ei,
  LATERAL (SELECT a.credit_limit, a.balance, 0.03 AS pd, forecast_demand(h.late, history, '2026-09-01', 3, 'mixture') AS demand_mixture) li,
  limit_menu(p.document, ei, '2026-09-30', '{exposure}', 1, 60) e, limit_menu(p.document, li, '2026-09-30', '{exposure}', 1, 60) l,
  LATERAL (SELECT best_action(e."values", e.uses, ARRAY[t.price]) AS e, best_action(l."values", l.uses, ARRAY[t.price]) AS l) best,
  LATERAL (SELECT e."values"[best.e] - t.price * e.uses[best.e][1] AS promised_early, l."values"[best.e] - t.price * l.uses[best.e][1] AS early_late,
    l."values"[best.l] - t.price * l.uses[best.l][1] AS promised_late, e."values"[best.l] - t.price * e.uses[best.l][1] AS late_early) w
WHERE r.allocation_id = 2 AND r.known;
SELECT product, count(*) > 50 AS many, count(*) FILTER (WHERE cross_fitted IS DISTINCT FROM promised - optimism) AS differ, min(optimism) >= 0 AS never_praises,
  sum(optimism) > 0 AS takes FROM judged GROUP BY 1 ORDER BY 1;
-- What is not known in full, or in half, has none; the report adds up, and counts these as promised.
SELECT product, known, count(*), count(cross_fitted) FROM book_pr.allocation_account WHERE allocation_id = 2 AND (product = 'new' OR NOT known)
GROUP BY 1, 2 ORDER BY 1, 2;
SELECT r.product, r.promised = j.promised AS promised, r.cross_fitted IS NOT DISTINCT FROM j.cross_fitted AS cross_fitted
FROM book_pr_report.report_allocation r, LATERAL (SELECT round(sum("values"[array_position(limits, choice)]), 2) AS promised,
    CASE WHEN r.product <> 'new' THEN round(sum(coalesce(cross_fitted, "values"[array_position(limits, choice)])), 2) END AS cross_fitted
  FROM book_pr.allocation_account a WHERE a.allocation_id = 2 AND a.product = r.product) j
WHERE r.allocation_id = 2 ORDER BY 1;
SELECT draft_allocation('book_pr', '2026-09-30', jsonb_build_object('exposure', :budget), '{"frontier": [], "rules": false, "cross_fit": false}') AS allocation;
SELECT count(cross_fitted) AS without FROM book_pr.allocation_account WHERE allocation_id = 3;
-- Proof and choices are those of the allocation without it.
SELECT what FROM verify_allocation('book_pr', 2) WHERE NOT holds;

-- Small books of a year against the demand of the three months that came, which nobody saw: what is promised is too much, and the rule judged by
-- other months is nearer to what became true.
\set n 10
\if :soak
\set n 200
\endif
CREATE TABLE grid AS SELECT array_agg(round(50 * 1.15 ^ k)::numeric ORDER BY k) AS grid FROM generate_series(0, 55) k;
CREATE TABLE promise (promised numeric, cross_fitted numeric, truth float8);
CREATE FUNCTION promise(seed int) RETURNS SETOF promise LANGUAGE sql AS $$
  WITH history AS MATERIALIZED (
      SELECT account_id, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS history
      FROM pg_temp.panel(60, 12, '2025-01-01', promise.seed) GROUP BY 1 HAVING max(month) = '2025-12-01'),
    model AS MATERIALIZED (
      SELECT demand_model_agg(history, '{"horizons": [1, 3]}') AS own, demand_model_agg(history, '{"horizons": [1, 3], "origins": 4}') AS late,
        demand_model_agg(history, '{"horizons": [1, 3], "origins": 4, "until": "2025-08-01"}') AS early FROM history),
    demand AS MATERIALIZED (
      SELECT account_id, array_agg(demand) AS came FROM pg_temp.panel_demand(60, 15, '2025-01-01', promise.seed) WHERE month > '2025-12-01' GROUP BY 1),
    worth AS MATERIALIZED (
      SELECT account_id, name, ARRAY(SELECT limit_profit(f.demand, l, 0.12, 0.04) FROM unnest(grid) WITH ORDINALITY g(l, k) ORDER BY k) AS w
      FROM history, model, grid, LATERAL (VALUES ('own', own), ('late', late), ('early', early)) v(name, model),
        LATERAL (SELECT forecast_demand(v.model, history, '2025-12-01', 3, 'mixture') AS demand OFFSET 0) f),
    chosen AS (SELECT account_id, name, w, array_position(w, (SELECT max(x) FROM unnest(w) x)) AS best FROM worth)
  SELECT sum(o.w[o.best]), sum(o.w[o.best] - (l.w[l.best] - e.w[l.best] + e.w[e.best] - l.w[e.best]) / 2), sum(t.truth)
  FROM chosen o JOIN chosen l USING (account_id) JOIN chosen e USING (account_id) JOIN demand USING (account_id)
    JOIN pg_temp.panel_account(60, 12, promise.seed) a USING (account_id), grid,
    LATERAL (SELECT avg(0.16 * least(d, grid[o.best]) - 0.04 * grid[o.best]) AS truth FROM unnest(came) d) t
  WHERE o.name = 'own' AND l.name = 'late' AND e.name = 'early' AND NOT whale AND closed IS NULL
$$;
INSERT INTO promise SELECT p.* FROM generate_series(1, :n) s, promise(s) p;
SELECT sum(promised) > sum(truth) AS too_much, abs(sum(cross_fitted) - sum(truth)) < abs(sum(promised) - sum(truth)) AS nearer FROM promise;
DROP SCHEMA book_pr, book_pr_report CASCADE;
DROP OWNED BY regress_promise_approver CASCADE;
DROP ROLE regress_promise_approver;
