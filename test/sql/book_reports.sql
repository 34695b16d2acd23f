-- Reports of a book: every number against plain SQL over the tables, written without the extension's summaries; currencies apart;
-- nobody sees in a report what he may not see in the tables.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_reports_maker;
CREATE ROLE regress_reports_analyst;
SELECT credit_limit.create_book('book_p');
GRANT USAGE ON SCHEMA book_p, credit_limit, credit_limit_internal TO regress_reports_maker, regress_reports_analyst;
GRANT ALL ON ALL TABLES IN SCHEMA book_p TO regress_reports_maker;
GRANT SELECT ON ALL TABLES IN SCHEMA book_p TO regress_reports_analyst;
\set policy '{"name": "cash", "entitlement": {"bands": [{"score_from": 700, "income_multiple": 3}, '
\set policy :policy '{"score_from": 500, "income_multiple": 1}]}, "risk_cap": [{"pd_below": 0.03, "limit": 9000}, '
\set policy :policy '{"limit": 2500}], "product": {"floor": 500, "cap": 12000, "step": 100}, '
\set policy :policy '"exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "Past due"}, {"column": "excluded", '
\set policy :policy '"is": true, "reason": "Excluded"}], "movement": {"max_increase": 0.5}}'
\set card '{"name": "card", "base_points": 560, "scaling": {"score": 650, "odds": 30, "pdo": 40}, '
\set card :card '"characteristics": [{"name": "utilization", "reason": "Much of the limit is used", '
\set card :card '"bins": [{"below": 0.3, "points": 150}, {"below": 0.6, "points": 90}, {"points": 0}], '
\set card :card '"missing": {"points": 50}}, {"name": "income", "reason": "Income is low", "bins": [{"below": 3100, "points": 0}, '
\set card :card '{"below": 3300, "points": 7}, {"points": 21}], "missing": {"points": 0}}]}'
SET ROLE regress_reports_maker;
SELECT credit_limit.draft_policy('book_p', 'cash', :'policy'), credit_limit.draft_scorecard('book_p', 'card', :'card'),
  credit_limit.draft_policy('book_p', 'generous', jsonb_set(:'policy'::jsonb, '{movement,max_increase}', '2')::credit_limit.limit_policy);
RESET ROLE;
SELECT credit_limit.approve_policy('book_p', 1, '2025-01-01', digest => credit_limit.version_digest('book_p', 'policy', 1)),
  credit_limit.approve_policy('book_p', 2, '2025-01-01', digest => credit_limit.version_digest('book_p', 'policy', 2)),
  credit_limit.approve_scorecard('book_p', 1, '2025-01-01', digest => credit_limit.version_digest('book_p', 'scorecard', 1));
INSERT INTO book_p.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', 'card'), ('card', 'Card', 'card', 'USD', 'cash', NULL);
INSERT INTO book_p.borrower (borrower_id, segment, income, obligations, external_score, external_pd)
  SELECT i, CASE WHEN i % 10 = 0 THEN 'tail' WHEN i % 13 > 0 THEN CASE i % 2 WHEN 0 THEN 'town' ELSE 'country' END END, 3000 + i, 100,
    500 + i * 37 % 331, 0.01 + i % 7 / 100.0 FROM generate_series(1, 400) i;
INSERT INTO book_p.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT 1000 + i, i, 'cash', 'CNY', DATE '2025-06-10' + 30 * (i % 6), 1000 * (i % 5), 330 * (i % 7) FROM generate_series(1, 400) i;
INSERT INTO book_p.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance, status)
  SELECT 2000 + i, i, 'card', 'USD', '2025-07-01', 500 + 10 * (i % 31), -50 + 5 * i, CASE WHEN i % 30 = 0 THEN 'closed'
    ELSE 'open' END FROM generate_series(2, 200, 2) i;
-- Months from June 2025 on; in town the score tells who turns bad, elsewhere it does not; a fifth of the accounts is at the limit
-- often, a tenth is not used, some stop being used, some leave.
SELECT credit_limit.add_months('book_p', '2025-06-01', 20);
INSERT INTO book_p.account_month
  SELECT account_id, month, lim, CASE WHEN account_id % 10 = 3 OR (account_id % 10 = 4 AND month >= '2026-04-01') THEN 0
    WHEN account_id % 5 = 1 AND k % 3 > 0 THEN lim
      ELSE round(lim * ((account_id * 7 + k * 13) % 90) / 100.0, 2) END, 50, 50,
    CASE WHEN month > '2025-11-01' AND (account_id * 7919 + k * 104729) % 997 < CASE WHEN segment = 'town' THEN CASE WHEN heavy
      THEN 250 ELSE 20 END ELSE 30 END THEN 95 WHEN (account_id * 31 + k * 17) % 23 = 0 THEN 40
      WHEN (account_id * 31 + k * 17) % 11 = 0 THEN 12 WHEN (account_id + k) % 50 > 0 THEN 0 END
  FROM (SELECT account_id, greatest(credit_limit, 700) AS lim, opened_on, segment, CASE product WHEN 'cash' THEN credit_limit > 0
    AND balance >= 0.6 * credit_limit ELSE external_score < 600 END AS heavy
    FROM book_p.account JOIN book_p.borrower USING (borrower_id)) a, generate_series(0, 18) k,
    LATERAL (SELECT (DATE '2025-06-01' + make_interval(months => k))::date AS month) m
  WHERE month >= date_trunc('month', opened_on) AND NOT (account_id % 41 = 0 AND month > '2026-05-01');
-- One line has been zero for a year.
UPDATE book_p.account_month SET credit_limit = 0, balance = 0 WHERE account_id = 1066 AND month > '2025-12-01';
INSERT INTO book_p.experiment VALUES ('exp', 'cash', '2025-11-30', '2025-11-30');
INSERT INTO book_p.experiment_arm VALUES ('exp', 'a generous one', 0.5, 'generous'), ('exp', 'champion', 0.5, NULL);
-- Two runs that move limits a year apart, one that does not, and an event in real time. A run of the past month's scores drifts.
CALL credit_limit.run_decisions('book_p', '2025-11-30');
UPDATE book_p.account SET balance = round(balance * 0.8, 2) WHERE account_id % 3 = 0;
CALL credit_limit.run_decisions('book_p', '2026-11-30');
CALL credit_limit.run_decisions('book_p', '2026-12-01', '{"run_key": "what if", "move_limits": false}');
SELECT credit_limit.set_business_date('book_p', '2026-12-15'), credit_limit.enable_realtime('book_p');
INSERT INTO book_p.exclusion (borrower_id, kind, action, valid_from) VALUES (5, 'dispute', 'NO_INCREASE', '2026-12-01'),
  (8, 'dispute', 'NO_INCREASE', '2026-12-01');
SELECT credit_limit.disable_realtime('book_p');
INSERT INTO book_p.report_assumption (product, margin, carry, ccf, lgd, capital) VALUES ('card', 0.2, 0.01, 0.5, 0.5, 0.1);
INSERT INTO book_p.alert_rule (rule, indicator, enter_at, leave_at) VALUES ('psi', 'product_refer', 0.25, 0.1);
INSERT INTO book_p.alert (rule, rule_from, as_of, subject, value, severity, closed_on) VALUES ('psi', '1900-01-01', '2026-12-01', 'cash', 0.3, 'act', NULL),
  ('psi', '1900-01-01', '2026-11-01', 'cash', 0.3, 'watch', '2026-11-20');
INSERT INTO book_p.demand_forecast (account_id, month, made_on, last_balance, balance_q50, balance_q90, balance_mean)
SELECT account_id, month, '2026-11-30', 100, 100, 900, 200 FROM book_p.account_month WHERE month = '2026-12-01';
-- Before the first refresh there are no positions; then one for each open account.
SELECT count(*) AS gaps FROM book_p_report.report_gap;
SELECT credit_limit.refresh_reports('book_p');
SELECT only_row, as_of, latest_month, whole_month, assumption FROM book_p.report_refresh;
SELECT credit_limit.refresh_reports('book_p') = (SELECT count(*) FROM book_p.account WHERE status = 'open') AS again;
-- The latest month is found without a look into all of them, near or far.
BEGIN;
SET LOCAL search_path = book_p;
SELECT count(*) AS days, bool_and(credit_limit_internal.latest_month(d) IS NOT DISTINCT FROM (SELECT max(month) FROM account_month WHERE month <= d)) AS right
FROM (SELECT (min(month) - 40 + i * 25)::date AS d FROM account_month, generate_series(0, 40) i GROUP BY i) s;
COMMIT;
ANALYZE;

-- Positions: demand by its own months only where these tell; dormancy; the latest decision in force.
SELECT count(*) AS accounts, count(*) FILTER (WHERE p.months IS DISTINCT FROM h.months) AS months,
  count(*) FILTER (WHERE p.months_inactive IS DISTINCT FROM h.inactive) AS inactive,
  count(*) FILTER (WHERE p.months_inactive >= 6) AS dormant, count(*) FILTER (WHERE p.decided_on IS DISTINCT FROM h.decided) AS decided,
  count(*) FILTER (WHERE p.new_limit IS DISTINCT FROM h.new_limit OR p.risk_cap IS DISTINCT FROM least(h.risk_cap,
    h.affordability_cap) OR p.product_cap IS DISTINCT FROM least(h.product_cap, h.regulatory_cap, h.umbrella_cap, h.target)) AS amounts,
  count(*) FILTER (WHERE p.decided_on = '2026-12-15') AS realtime
FROM book_p.report_position p FULL JOIN (
  SELECT a.account_id, (SELECT count(*) FROM book_p.account_month m WHERE m.account_id = a.account_id
    AND m.month BETWEEN '2026-01-01' AND '2026-12-01') AS months,
    (SELECT count(*) FROM book_p.account_month m WHERE m.account_id = a.account_id AND m.month BETWEEN '2026-01-01' AND '2026-12-01'
      AND NOT EXISTS (SELECT FROM book_p.account_month l WHERE l.account_id = m.account_id AND l.month BETWEEN m.month
        AND '2026-12-01' AND l.balance > 0)) AS inactive,
    d.as_of AS decided, d.new_limit, d.risk_cap, d.affordability_cap, d.product_cap, d.regulatory_cap, d.umbrella_cap, d.target
  FROM book_p.account a JOIN book_p.decision d ON d.account_id = a.account_id AND d.as_of = CASE WHEN a.borrower_id IN (5, 8)
    THEN DATE '2026-12-15' ELSE '2026-11-30' END
  WHERE a.status = 'open') h USING (account_id);
-- Demand: of the months of the account and of those of its product, currency and segment: computed here account by account. What is money of
-- it by its own quantiles, of which the mean up to an amount is the integral: 2,000 points, most of them where few draws are.
CREATE TABLE book_p.population AS SELECT product, currency, segment, credit_limit.demand_prior_agg(account_id, d) AS prior
FROM (SELECT account_id, product, currency, w.segment, credit_limit.demand_agg(m.month, m.balance, m.credit_limit) AS d FROM book_p.account a
  JOIN book_p.borrower w USING (borrower_id) LEFT JOIN book_p.account_month m USING (account_id)
  WHERE a.status = 'open' AND (month IS NULL OR month BETWEEN '2026-01-01' AND '2026-12-01') GROUP BY 1, 2, 3, 4) s GROUP BY 1, 2, 3;
CREATE TABLE book_p.estimate AS
SELECT p.account_id, credit_limit.demand_posterior(o.d, s.prior, '2026-12-31') AS d, 2 * greatest(p.entitlement, a.credit_limit) AS ceiling
FROM book_p.report_position p JOIN book_p.account a USING (account_id) JOIN book_p.borrower b USING (borrower_id)
JOIN book_p.population s ON (s.product, s.currency) = (a.product, a.currency) AND s.segment IS NOT DISTINCT FROM b.segment
LEFT JOIN LATERAL (SELECT credit_limit.demand_agg(month, balance, credit_limit) AS d FROM book_p.account_month m
  WHERE m.account_id = p.account_id AND month BETWEEN '2026-01-01' AND '2026-12-01') o ON true;
SELECT p.demand_status, count(*) > 0 AS some, count(*) FILTER (WHERE p.demand::text IS DISTINCT FROM e.d::text) AS differ,
  count(p.demand_q90) > 0 AS q90,
  count(*) FILTER (WHERE p.demand_q90 IS DISTINCT FROM round(credit_limit.demand_quantile(e.d, 0.9)::numeric, 2)) AS q90_differ,
  count(*) FILTER (WHERE (abs(p.demand_mean - i.mean) <= 0.01 + 0.002 * i.mean) IS NOT TRUE AND demand_status <> 'out_of_scope') AS mean_differs
FROM book_p.report_position p JOIN book_p.estimate e USING (account_id) CROSS JOIN LATERAL (
  SELECT sum(least(credit_limit.demand_quantile(e.d, 1 - t ^ 5), ceiling::float8) * 5 * t ^ 4 / 2000)::numeric AS mean
  FROM generate_series(0.00025, 1, 0.0005) t) i
GROUP BY 1 ORDER BY 1;

-- Utilization.
SELECT count(*) AS rows, count(*) FILTER (WHERE (r.accounts, r.credit_limit, r.balance, r.unused,
  r.over_limit) IS DISTINCT FROM (h.n, h.lim, h.bal, h.unused, h.over)) AS differ,
  count(*) FILTER (WHERE (r.utilization, r.share_above_90, r.share_idle) IS DISTINCT FROM (round(h.bal_drawn / h.lim, 4),
    round(h.above, 4), round(h.idle, 4))) AS ratios_differ
FROM book_p_report.report_utilization r FULL JOIN (
  SELECT month, product, w.segment, a.currency, count(*) AS n, sum(m.credit_limit) AS lim, sum(m.balance) AS bal, sum(greatest(m.balance, 0)) AS bal_drawn,
    sum(greatest(m.credit_limit - greatest(m.balance, 0), 0)) AS unused, sum(greatest(m.balance - m.credit_limit, 0)) AS over,
    avg((m.balance > 0.9 * m.credit_limit)::int) AS above, avg((m.balance <= 0)::int) AS idle
  FROM book_p.account_month m JOIN book_p.account a USING (account_id) JOIN book_p.borrower w USING (borrower_id) GROUP BY 1, 2, 3, 4) h
ON (r.month, r.product, r.currency) = (h.month, h.product, h.currency) AND r.segment IS NOT DISTINCT FROM h.segment;

-- The gap of every account: causes in turn, each what it leaves of what the one before left. Its costs: the difference of two running
-- totals, rounded for the account. An account without an entitlement has its limit for one.
UPDATE book_p.report_position SET entitlement = NULL WHERE account_id % 50 = 7;
-- Some want more than they have, one much more, and some who are inactive want something.
UPDATE book_p.report_position SET demand_mean = CASE WHEN months_inactive >= 6 THEN 600 WHEN account_id = 1084 THEN 90000 ELSE 5000 END
WHERE account_id % 14 = 6 OR months_inactive >= 6;
CREATE VIEW book_p.by_hand AS
SELECT x.*, v.*, sum(v.granted) OVER w AS grants, sum(v.unmet) OVER w AS unmets
FROM (SELECT account_id, a.product, b.segment, a.currency, p.pd::numeric AS pd, p.months_inactive >= 6 AS dormant, greatest(a.balance, 0) AS drawn,
    coalesce(p.entitlement, a.credit_limit) AS q, p.risk_cap AS r, p.product_cap AS p, a.credit_limit AS g, p.demand_mean AS d,
    (p.demand_status IN ('mostly_prior', 'prior_only', 'tail'))::int AS weak,
    CASE a.product WHEN 'card' THEN 0.2 ELSE 0.12 END AS margin, CASE a.product WHEN 'card' THEN 0.01 ELSE 0.006 END AS carry,
    CASE a.product WHEN 'card' THEN 0.5 ELSE 0.4 END AS ccf, CASE a.product WHEN 'card' THEN 0.5 ELSE 0.75 END AS lgd,
    CASE a.product WHEN 'card' THEN 0.1 ELSE 0.08 END AS capital
  FROM book_p.report_position p JOIN book_p.account a USING (account_id) JOIN book_p.borrower b USING (borrower_id)) x,
  LATERAL (SELECT least(drawn, q) AS u, greatest(least(drawn, q), least(g, q)) AS h, greatest(g, drawn) AS f, greatest(d, drawn) AS d0,
    least(q, g) AS s, least(drawn, q, g) AS su) y,
  LATERAL (SELECT least(q, greatest(coalesce(r, q), h)) AS q1, least(d0, greatest(q, f)) AS d1) z1,
  LATERAL (SELECT least(q1, greatest(coalesce(p, q), h)) AS q2, least(d1, greatest(coalesce(r, d0), f)) AS d2) z2,
  LATERAL (SELECT least(q2, greatest(g, u)) AS q3, least(d2, greatest(coalesce(p, d0), f)) AS d3, least(s, greatest(coalesce(d, s), su)) AS s1) z3,
  LATERAL (SELECT least(q3, greatest(coalesce(d, q), u)) AS q4, least(d3, f) AS d4) z4,
  LATERAL (VALUES (1, 'rules', 0, 0, d0 - d1), (2, 'risk', q - q1, 0, d1 - d2), (3, 'product', q1 - q2, 0, d2 - d3), (4, 'ungranted', q2 - q3, 0, d3 - d4),
    (5, 'demand', q3 - q4, s - s1, 0), (6, 'dormancy', CASE WHEN dormant THEN q4 - u ELSE 0 END, CASE WHEN dormant THEN s1 - su ELSE 0 END, 0),
    (7, 'buffer', CASE WHEN dormant THEN 0 ELSE q4 - u END, CASE WHEN dormant THEN 0 ELSE s1 - su END, 0),
    (8, 'above_entitlement', 0, greatest(g - greatest(q, drawn), 0), 0)) v (place, cause, unused, granted, unmet)
WINDOW w AS (PARTITION BY account_id ORDER BY place);
SELECT r.product, r.currency, r.place, r.cause, count(*) AS segments, sum(r.accounts) AS accounts, sum(r.unused) > 0 AS unused,
  sum(r.granted) > 0 AS granted, sum(r.unmet) > 0 AS unmet,
  bool_and((r.accounts, r.unused, r.granted, r.unmet) = (h.n, h.unused, h.granted, h.unmet)) AS amounts,
  bool_and((r.forgone_margin, r.idle_cost, r.contingent_ead, r.capital_tied) = (h.forgone_margin, h.idle_cost, h.contingent_ead, h.capital_tied)
    -- A PD is a double: 1 / 31 of 1275.495 is half a cent more than a cent, or just less.
    AND abs(r.expected_loss - h.expected_loss) <= 0.01) AS costs,
  bool_and(r.share = round(h.running / h.gap, 4) - round((h.running - h.unused) / h.gap, 4)) AS shares,
  bool_and((r.largest_share_unused, r.largest_share_unmet, r.weak_share_unused, r.weak_share_unmet) IS NOT DISTINCT FROM
    (round(h.most / nullif(h.unused, 0), 4), round(h.most_unmet / nullif(h.unmet, 0), 4), round(h.weak / nullif(h.unused, 0), 4),
      round(h.weak_unmet / nullif(h.unmet, 0), 4))) AS sure
FROM book_p_report.report_gap r FULL JOIN (
  SELECT *, sum(unused) OVER (PARTITION BY product, segment, currency ORDER BY place) AS running,
    sum(unused) OVER (PARTITION BY product, segment, currency) AS gap
  FROM (SELECT product, segment, currency, place, count(*) AS n, sum(unused) AS unused, sum(granted) AS granted, sum(unmet) AS unmet,
      max(unused) AS most, max(unmet) AS most_unmet, sum(weak * CASE WHEN cause IN ('demand', 'dormancy', 'buffer') THEN unused ELSE 0 END) AS weak,
      sum(weak * unmet) AS weak_unmet, sum(round(margin * unmets, 2) - round(margin * (unmets - unmet), 2)) AS forgone_margin,
      sum(round(carry * grants, 2) - round(carry * (grants - granted), 2)) AS idle_cost,
      sum(round(ccf * grants, 2) - round(ccf * (grants - granted), 2)) AS contingent_ead,
      sum(round(capital * ccf * grants, 2) - round(capital * ccf * (grants - granted), 2)) AS capital_tied,
      sum(round(pd * lgd * (drawn + ccf * grants), 2) - round(pd * lgd * (drawn + ccf * (grants - granted)), 2)) AS expected_loss
    FROM book_p.by_hand GROUP BY 1, 2, 3, 4) c) h
ON (r.product, r.currency, r.place) = (h.product, h.currency, h.place) AND r.segment IS NOT DISTINCT FROM h.segment
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3;
-- One book, one loss: that of the causes and of what is drawn is that of the summary, to the cent; what is granted is what it says is unused.
SELECT currency, s.expected_loss = g.expected_loss + s.expected_loss_drawn AS loss, s.unused = g.granted AS unused, s.expected_loss > g.expected_loss AS more,
  g.contingent_ead < s.credit_limit AS exposure, s.gap = g.unused AS gap, s.unmet = g.unmet AS unmet
FROM book_p_report.report_summary s JOIN (SELECT currency, sum(expected_loss) AS expected_loss, sum(granted) AS granted, sum(unused) AS unused,
  sum(unmet) AS unmet, sum(contingent_ead) AS contingent_ead FROM book_p_report.report_gap GROUP BY 1) g USING (currency) ORDER BY 1;
SELECT r.currency, (r.largest_share_gap, r.largest_share_unmet, r.weak_share_gap, r.weak_share_unmet) = (round(h.most / h.gap, 4),
  round(h.most_unmet / h.unmet, 4), round(h.weak / h.gap, 4), round(h.weak_unmet / h.unmet, 4)) AS right,
  r.largest_share_unmet BETWEEN 0.01 AND 0.5 AS largest, r.weak_share_unmet BETWEEN 0.1 AND 0.99 AS weak
FROM book_p_report.report_summary r JOIN (SELECT currency, max(gap) AS most, max(unmet) AS most_unmet, sum(gap) AS gap, sum(unmet) AS unmet,
    sum(weak * rests) AS weak, sum(weak * unmet) AS weak_unmet
  FROM (SELECT account_id, currency, weak, sum(unused) AS gap, sum(unmet) AS unmet,
      sum(unused) FILTER (WHERE cause IN ('demand', 'dormancy', 'buffer')) AS rests FROM book_p.by_hand GROUP BY 1, 2, 3) a GROUP BY 1) h
  USING (currency) ORDER BY 1;
SELECT sum(r.accounts) AS accounts, sum(r.posterior) > 0 AS posterior, sum(r.mostly_prior) > 0 AS mostly_prior, sum(r.prior_only) > 0 AS prior_only,
  sum(r.out_of_scope) AS out_of_scope, sum(r.unknown) AS unknown, bool_and(r.accounts = r.posterior + r.mostly_prior + r.prior_only + r.tail
    + r.out_of_scope + r.unknown) AS all_of_them,
  count(*) FILTER (WHERE (r.accounts, r.posterior, r.tail, r.demand_mean) IS DISTINCT FROM (h.n, h.posterior, h.tail, h.mean)) AS differ,
  count(*) FILTER (WHERE r.months_at_limit IS DISTINCT FROM round(h.at_limit, 4)) AS at_limit_differ,
  count(*) FILTER (WHERE abs(r.demand_q90 - h.q90) > 0.005 OR r.largest_share <> round(h.most / h.mean, 4)
    OR r.weak_share <> round(h.weak / h.mean, 4)) AS means_differ
FROM book_p_report.report_demand r FULL JOIN (SELECT product, segment, currency, count(*) AS n,
    count(*) FILTER (WHERE demand_status = 'posterior') AS posterior, count(*) FILTER (WHERE demand_status = 'tail') AS tail,
    sum(demand_mean) AS mean, avg(demand_q90) AS q90, max(demand_mean) AS most,
    sum(demand_mean * (demand_status IN ('mostly_prior', 'prior_only', 'tail'))::int) AS weak,
    (SELECT avg((m.balance >= 0.98 * m.credit_limit)::int) FROM book_p.account_month m JOIN book_p.account o USING (account_id)
      JOIN book_p.borrower c USING (borrower_id)
      WHERE o.status = 'open' AND o.product = a.product AND c.segment IS NOT DISTINCT FROM b.segment AND m.credit_limit > 0
        AND m.month BETWEEN '2026-01-01' AND '2026-12-01') AS at_limit
  FROM book_p.report_position p JOIN book_p.account a USING (account_id) JOIN book_p.borrower b USING (borrower_id) GROUP BY 1, 2, 3) h
ON (r.product, r.currency) = (h.product, h.currency) AND r.segment IS NOT DISTINCT FROM h.segment;

-- Dormant lines: no balance in the last six months on file, by the months themselves.
SELECT bool_and((r.lines, r.dormant, r.share, r.credit_limit, r.credit_limit_dormant, r.share_of_product) = (h.n, h.dormant,
  round(h.dormant::numeric / h.n, 4), h.lim, h.lim_dormant, round(h.of_product, 4))) AS right,
  sum(r.dormant) > 0 AND sum(r.dormant) < sum(r.lines) AS some, count(*) = count(h.n) AS rows
FROM book_p_report.report_dormancy r FULL JOIN (SELECT product, segment, currency, count(*) AS n,
    count(*) FILTER (WHERE most <= 0 AND balance <= 0) AS dormant,
    sum(count(*) FILTER (WHERE most <= 0 AND balance <= 0)) OVER (PARTITION BY product) / sum(count(*)) OVER (PARTITION BY product) AS of_product,
    sum(credit_limit) AS lim, coalesce(sum(credit_limit) FILTER (WHERE most <= 0 AND balance <= 0), 0) AS lim_dormant
  FROM book_p.account a JOIN book_p.borrower USING (borrower_id) CROSS JOIN LATERAL (SELECT count(*) AS n, max(s.balance) FILTER (WHERE s.place <= 6) AS most
    FROM (SELECT m.balance, row_number() OVER (ORDER BY m.month DESC) AS place FROM book_p.account_month m WHERE m.account_id = a.account_id
      AND m.month BETWEEN '2026-01-01' AND '2026-12-01') s) l
  WHERE a.status = 'open' AND credit_limit > 0 AND l.n >= 6 GROUP BY 1, 2, 3) h
ON (r.product, r.currency) = (h.product, h.currency) AND r.segment IS NOT DISTINCT FROM h.segment;

-- Decisions and reasons.
SELECT as_of, run_key, source, moved, product, currency, action, sum(decisions) AS decisions, sum(change) AS change
  FROM book_p_report.report_decisions GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 5, 7;
SELECT sum(decisions) = (SELECT count(*) FROM book_p.decision) AS all_of_them, sum(old_limit) = (SELECT sum(old_limit)
  FROM book_p.decision) AS old, sum(new_limit) = (SELECT sum(new_limit) FROM book_p.decision) AS new
FROM book_p_report.report_decisions;
SELECT count(*) AS rows, bool_and(r.decisions = h.n AND r.change IS NOT DISTINCT FROM h.change AND r.as_first = h.first) AS right
  FROM book_p_report.report_reasons r
LEFT JOIN LATERAL (SELECT count(*) AS n, sum(new_limit - old_limit) AS change, count(*) FILTER (WHERE reasons[1] = r.reason) AS first FROM book_p.decision d
  WHERE d.as_of = r.as_of AND d.product = r.product AND d.action = r.action AND r.reason = ANY (d.reasons)) h ON true;

-- Champion against challenger. p_value: R 4.2, prop.test(c(72, 76), c(204, 196), correct = FALSE)$p.value = 0.4709507; z: Welch's t by hand.
SELECT arm, product, currency, is_reference, since, accounts, old_limit, new_limit, change, credit_limit, drawn, exposure,
  observed, bad, round(bad_rate::numeric, 4) AS bad_rate, round(p_value::numeric, 4) AS p_value
FROM book_p_report.report_experiment ORDER BY arm;
SELECT r.arm, (r.accounts, r.old_limit, r.new_limit, r.credit_limit, r.drawn, r.exposure) = (h.n, h.old_limit, h.new_limit, h.lim,
  h.drawn, h.drawn + 0.4 * h.unused) AS amounts,
  (r.observed, r.bad) = (h.observed, h.bad) AS counts, r.expected_loss = h.loss AS loss,
    r.utilization = round(h.used::numeric, 4) AS used, abs(r.margin_a_year - h.margin) <= 0.005 * h.n AS margin,
  abs(r.z_change - h.welch) < 1e-6 AS welch
FROM book_p_report.report_experiment r JOIN (
  SELECT s.*, (mean - lag(mean) OVER o) / sqrt(var / n + lag(var / n) OVER o) AS welch FROM (
    SELECT d.arm, count(*) AS n, sum(d.old_limit) AS old_limit, sum(d.new_limit) AS new_limit, sum(a.credit_limit) AS lim, sum(greatest(a.balance, 0)) AS drawn,
      sum(greatest(a.credit_limit - greatest(a.balance, 0), 0)) AS unused, count(m.n) AS observed, count(*) FILTER (WHERE m.worst >= 90) AS bad,
      sum(round(d.pd::numeric * 0.75 * (greatest(a.balance, 0) + 0.4 * greatest(a.credit_limit - greatest(a.balance, 0), 0)), 2)) AS loss,
        sum(m.drawn) / sum(m.lim) AS used, sum(0.12 * m.drawn / m.n) AS margin,
      avg((d.new_limit - d.old_limit)::float8) AS mean, variance((d.new_limit - d.old_limit)::float8) AS var
    FROM book_p.decision d JOIN book_p.account a USING (account_id)
    LEFT JOIN (SELECT account_id, count(*) AS n, max(days_past_due) AS worst, sum(balance) AS drawn, sum(credit_limit) AS lim
      FROM book_p.account_month WHERE month > '2025-11-30' GROUP BY 1) m USING (account_id)
    WHERE d.as_of = '2025-11-30' AND d.product = 'cash' GROUP BY d.arm) s WINDOW o AS (ORDER BY arm DESC)) h USING (arm) ORDER BY arm;
-- Who is in a month first, by real time, is late: outcomes wait until most accounts are in it.
BEGIN;
CREATE TEMP TABLE before AS SELECT arm, observed, bad FROM book_p_report.report_experiment;
INSERT INTO book_p.account_month (account_id, month, credit_limit, balance, days_past_due)
SELECT DISTINCT d.account_id, DATE '2027-01-01', 1000, 100, 120 FROM book_p.decision d WHERE d.experiment IS NOT NULL ORDER BY 1 LIMIT 9;
SELECT credit_limit.refresh_reports('book_p', '2027-01-10') > 0 AS refreshed;
SELECT latest_month, whole_month FROM book_p.report_refresh;
SELECT count(*) AS arms, bool_and((e.observed, e.bad) = (b.observed, b.bad)) AS as_before FROM book_p_report.report_experiment e JOIN before b USING (arm);
INSERT INTO book_p.account_month (account_id, month, credit_limit, balance, days_past_due)
SELECT a.account_id, '2027-01-01', 1000, 100, 0 FROM book_p.account a
WHERE NOT EXISTS (SELECT FROM book_p.account_month m WHERE m.account_id = a.account_id AND m.month = '2027-01-01');
SELECT credit_limit.refresh_reports('book_p', '2027-01-31') > 0 AS refreshed;
SELECT whole_month, (SELECT sum(e.bad) > (SELECT sum(bad) FROM before) FROM book_p_report.report_experiment e) AS more_bad FROM book_p.report_refresh;
ROLLBACK;

-- Transitions: by lead() over the months of an account.
SELECT count(*) AS rows, count(*) FILTER (WHERE (r.accounts, r.balance) IS DISTINCT FROM (h.n, h.balance)) AS differ,
  bool_and(r.share = round(h.share, 4)) AS shares FROM book_p_report.report_transitions r
FULL JOIN (SELECT *, n / sum(n) OVER (PARTITION BY month, product, currency, from_band) AS share FROM (
  SELECT month, product, currency, from_band, coalesce(CASE WHEN next_month = month + interval '1 month' THEN next_band END,
    'gone') AS to_band, count(*) AS n, sum(balance) AS balance
  FROM (SELECT month, product, a.currency, m.balance, f.band AS from_band, lead(f.band) OVER w AS next_band, lead(month) OVER w AS next_month
    FROM book_p.account_month m JOIN book_p.account a USING (account_id),
      LATERAL (SELECT CASE WHEN days_past_due IS NULL THEN 'not known' WHEN days_past_due = 0 THEN '0'
        ELSE (ARRAY['1-29', '30-59', '60-89', '90+'])[least(days_past_due / 30, 3) + 1] END AS band) f
    WINDOW w AS (PARTITION BY account_id ORDER BY month)) s WHERE month < '2026-12-01' GROUP BY 1, 2, 3, 4, 5) t) h
      USING (month, product, currency, from_band, to_band);
SELECT from_band, to_band, sum(accounts) AS accounts FROM book_p_report.report_transitions WHERE product = 'cash' GROUP BY 1, 2 ORDER BY 1, 2;

-- Vintages: each cell counted by itself. Young cohorts have no row for months that have not come.
SELECT count(*) AS rows, bool_and(v.accounts = h.n AND v.bad = h.n_bad AND v.bad_rate = round(h.n_bad::numeric / h.n, 6)) AS right,
  max((cohort + make_interval(months => months_on_book))::date) AS latest,
  count(DISTINCT (cohort, product)) AS cohorts, min(v.bad_rate) AS least, max(v.bad) AS most
FROM book_p_report.report_vintages v, LATERAL (SELECT count(*) AS n,
  count(*) FILTER (WHERE EXISTS (SELECT FROM book_p.account_month m WHERE m.account_id = a.account_id AND m.days_past_due >= 90
    AND m.month <= v.cohort + make_interval(months => v.months_on_book))) AS n_bad
  FROM book_p.account a WHERE a.product = v.product AND date_trunc('month', a.opened_on) = v.cohort) h;

-- The score in each segment: the AUC by all pairs of a bad and a good borrower.
SELECT r.product, r.segment, r.as_of, r.n, r.n_event, round(r.auc::numeric, 4) AS auc, round(r.conf_low::numeric, 4) AS low,
  round(r.conf_high::numeric, 4) AS high, r.verdict, r.auc = round(h.auc, 6) AS right
FROM book_p_report.report_scores r JOIN (
  WITH o AS (SELECT d.product, b.segment, d.account_id, d.score, EXISTS (SELECT FROM book_p.account_month m
    WHERE m.account_id = d.account_id AND m.days_past_due >= 90 AND m.month BETWEEN '2025-12-01' AND '2026-11-01') AS bad
    FROM book_p.decision d JOIN book_p.borrower b USING (borrower_id) WHERE d.as_of = '2025-11-30')
  SELECT x.product, x.segment, avg(CASE WHEN x.score < y.score THEN 1 WHEN x.score = y.score THEN 0.5 ELSE 0 END) AS auc FROM o x
    JOIN o y ON y.product = x.product AND y.segment IS NOT DISTINCT FROM x.segment
  WHERE x.bad AND NOT y.bad GROUP BY 1, 2) h ON h.product = r.product AND h.segment IS NOT DISTINCT FROM r.segment ORDER BY 1, 2;
SELECT DISTINCT product, round(auc_product::numeric, 4) AS auc_product FROM book_p_report.report_scores ORDER BY 1;

-- Drift: the first month is as it is; later ones by the formula.
SELECT month, product, scorecard_id, first_month, accounts, round(mean_score::numeric, 2) AS mean_score,
  round(psi::numeric, 6) AS psi, status FROM book_p_report.report_drift ORDER BY product, month;
WITH s AS (SELECT d.product, d.as_of, width_bucket(d.score, b.bands) AS band FROM book_p.decision d
    JOIN (SELECT product, credit_limit.quantile_bands(score, 10) AS bands FROM book_p.decision WHERE as_of = '2025-11-30' GROUP BY 1) b USING (product)
    WHERE d.as_of IN ('2025-11-30', '2026-11-30')),
  c AS (SELECT product, band, count(*) FILTER (WHERE as_of = '2025-11-30') / sum(count(*) FILTER (WHERE as_of = '2025-11-30')) OVER w AS e,
      count(*) FILTER (WHERE as_of = '2026-11-30') / sum(count(*) FILTER (WHERE as_of = '2026-11-30')) OVER w AS a FROM s
        GROUP BY product, band WINDOW w AS (PARTITION BY product))
SELECT c.product, round(sum((a - e) * ln(a / e)), 6) = max(r.psi) AS right FROM c JOIN book_p_report.report_drift r
  ON r.product = c.product AND r.month = '2026-11-01' GROUP BY 1 ORDER BY 1;

-- Months in which limits were moved, against a look at each account; what-if runs move none.
SELECT month, product, accounts, moved, share_moved FROM book_p_report.report_programmes WHERE moved > 0 ORDER BY month, product;
SELECT count(*) AS months, bool_and(p.accounts = h.n AND p.moved = h.moved AND p.share_moved = round(h.moved::numeric / h.n, 4)) AS right
FROM book_p_report.report_programmes p FULL JOIN (SELECT m.month, a.product, count(*) AS n, count(*) FILTER (WHERE EXISTS (SELECT FROM book_p.decision d
      LEFT JOIN book_p.run r USING (run_id) WHERE d.account_id = m.account_id AND d.as_of >= m.month AND d.as_of < m.month + interval '1 month'
        AND d.new_limit <> d.old_limit AND r.move_limits IS NOT FALSE)) AS moved
    FROM book_p.account_month m JOIN book_p.account a USING (account_id) GROUP BY 1, 2) h USING (month, product);

SELECT rule, severity, subject, as_of, value, days_open FROM book_p_report.report_alerts;
SELECT product, margin, carry, ccf, lgd, capital, bad_days, outcome_months, is_default FROM book_p_report.report_assumptions ORDER BY 1;
-- The summary: a row for each currency.
SELECT r.currency, (accounts, borrowers, r.credit_limit, drawn, unused) = (h.n, h.b, h.lim, h.dr, h.un) AS sums, utilization = round(h.dr / h.lim, 4) AS used,
  (r.gap, gap_risk, gap_product, gap_ungranted, gap_demand, gap_dormancy, gap_buffer, r.unmet) = (g.gap, g.risk, g.product, g.ungranted, g.demand,
    g.dormancy, g.buffer, g.unmet) AS gaps,
  r.gap = gap_risk + gap_product + gap_ungranted + gap_demand + gap_dormancy + gap_buffer AS adds_up, (late_accounts, r.late_balance) = (h.late,
    h.late_balance) AS late, expected_loss = h.loss AS loss,
  (increases, decreases, freezes, referrals, limit_change) = (d.up, d.down, d.freeze, d.refer, d.change) AS decisions, alerts_open
FROM book_p_report.report_summary r
JOIN (SELECT a.currency, count(*) AS n, count(DISTINCT borrower_id) AS b, sum(a.credit_limit) AS lim,
  sum(greatest(a.balance, 0)) AS dr, sum(greatest(a.credit_limit - greatest(a.balance, 0), 0)) AS un,
    count(*) FILTER (WHERE m.days_past_due >= 30) AS late, sum(m.balance) FILTER (WHERE m.days_past_due >= 30) AS late_balance,
    sum(round(p.pd::numeric * CASE a.currency WHEN 'USD' THEN 0.5 ELSE 0.75 END * (greatest(a.balance, 0) + CASE a.currency
      WHEN 'USD' THEN 0.5 ELSE 0.4 END * greatest(a.credit_limit - greatest(a.balance, 0), 0)), 2)) AS loss
  FROM book_p.account a LEFT JOIN book_p.account_month m ON m.account_id = a.account_id AND m.month = '2026-12-01'
    LEFT JOIN book_p.report_position p ON p.account_id = a.account_id
  WHERE a.status = 'open' GROUP BY 1) h USING (currency)
JOIN (SELECT currency, sum(unused) AS gap, sum(unused) FILTER (WHERE cause = 'risk') AS risk, sum(unused) FILTER (WHERE cause = 'product') AS product,
    sum(unused) FILTER (WHERE cause = 'ungranted') AS ungranted,
    sum(unused) FILTER (WHERE cause = 'demand') AS demand, sum(unused) FILTER (WHERE cause = 'dormancy') AS dormancy,
      sum(unused) FILTER (WHERE cause = 'buffer') AS buffer,
    sum(unmet) AS unmet FROM book_p_report.report_gap GROUP BY 1) g USING (currency)
JOIN (SELECT a.currency, count(*) FILTER (WHERE action = 'INCREASE') AS up, count(*) FILTER (WHERE action = 'DECREASE') AS down,
  count(*) FILTER (WHERE action = 'FREEZE') AS freeze,
    count(*) FILTER (WHERE action = 'REFER') AS refer, sum(new_limit - old_limit) AS change FROM book_p.decision d JOIN book_p.account a USING (account_id)
  WHERE a.status = 'open' AND as_of = CASE WHEN a.borrower_id IN (5, 8) THEN DATE '2026-12-15' ELSE '2026-11-30' END GROUP BY 1) d USING (currency) ORDER BY 1;

-- Amounts of different currencies never add up: whatever report has an amount has the currency of its rows.
SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.atttypid = 'numeric'::regtype
WHERE c.relnamespace = 'book_p_report'::regnamespace AND a.attname IN ('balance', 'credit_limit', 'change', 'unused', 'drawn', 'demand_mean')
  AND NOT EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = c.oid AND k.attname = 'currency');
SELECT count(DISTINCT currency) AS currencies, count(*) AS rows FROM book_p_report.report_summary;
SELECT * FROM book_p_report.report_currency ORDER BY 1;
-- Every report and every column has a comment, every column a simple type, those of days date; a report looks with the rights of its reader.
SELECT count(*) AS reports, count(obj_description(oid, 'pg_class')) AS with_comment,
  bool_and(relkind = 'v' AND reloptions @> '{security_invoker=true}') AS invoker
FROM pg_class WHERE relnamespace = 'book_p_report'::regnamespace;
SELECT a.attrelid::regclass, a.attname, a.atttypid::regtype FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'book_p_report'::regnamespace AND a.attnum > 0 AND (col_description(a.attrelid, a.attnum) IS NULL
  OR a.atttypid NOT IN ('int'::regtype, 'bigint'::regtype, 'numeric'::regtype, 'text'::regtype, 'date'::regtype, 'boolean'::regtype,
  'timestamptz'::regtype) OR (a.attname ~ '^(month|as_of|cohort|since|first_month|latest_month|.*_on)$') <> (a.atttypid = 'date'::regtype)
    AND a.attname <> 'snoozed_until');
-- None groups by a numeric, which keeps PostgreSQL 19 from aggregating before a join.
SELECT c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class WHERE c.relnamespace = 'book_p_report'::regnamespace
  AND r.ev_action::text ~ format(':groupClause \(\{[^)]*:eqop %s ', '=(numeric, numeric)'::regoperator::oid);
-- A condition on a day or a month reads that month only.
CREATE FUNCTION pg_temp.reads(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE l text; found text[];
BEGIN
  FOR l IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
    found := found || ARRAY(SELECT m[1] FROM regexp_matches(l, '(account_month_(?:rest|\d+_\d+)|decision_(?:rest|\d+_\d+)) ', 'g') m);
  END LOOP;
  RETURN (SELECT string_agg(DISTINCT f, ' ' ORDER BY f) FROM unnest(found) f);
END $$;
SELECT pg_temp.reads('SELECT * FROM book_p_report.report_decisions WHERE as_of = ''2026-11-30''') AS decisions,
  pg_temp.reads('SELECT * FROM book_p_report.report_reasons WHERE as_of = ''2026-11-30''') AS reasons;

-- A borrower moves to another segment: what is counted, and the scores of the run of a month that says its segment, are not restated.
BEGIN;
CREATE TABLE march AS SELECT * FROM book_p_report.report_utilization WHERE month = '2026-03-01';
CREATE TABLE april AS SELECT * FROM book_p_report.report_utilization WHERE month = '2026-04-01';
CREATE TABLE scores AS SELECT * FROM book_p_report.report_scores;
UPDATE book_p.account_month m SET segment = b.segment FROM book_p.account a JOIN book_p.borrower b USING (borrower_id)
WHERE a.account_id = m.account_id AND m.month IN ('2026-03-01', '2025-11-01');
UPDATE book_p.borrower SET segment = 'town' WHERE segment IS NOT NULL;
SELECT (SELECT count(*) FROM (TABLE march EXCEPT SELECT * FROM book_p_report.report_utilization) d) AS march,
  (SELECT count(*) FROM (TABLE april EXCEPT SELECT * FROM book_p_report.report_utilization) d) AS april,
  (SELECT count(*) FROM (TABLE scores EXCEPT SELECT * FROM book_p_report.report_scores) d) AS scores, (SELECT count(DISTINCT segment) FROM scores) AS segments;
SELECT segment = 'town' AS now, count(*) > 0 AS some FROM book_p.decision_input('2026-03-31') WHERE segment IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT segment = 'town' AS now, count(*) > 0 AS some FROM book_p.decision_input_at('2026-03-31') WHERE segment IS NOT NULL GROUP BY 1 ORDER BY 1;
-- A view of the lender need not have the column.
DROP SCHEMA book_p_report CASCADE;
DROP FUNCTION book_p.decision_input_at(date), book_p.decision_input(date);
ALTER TABLE book_p.account_month DROP segment;
SELECT credit_limit.create_book_reports('book_p'), credit_limit.create_book_input('book_p');
SELECT (SELECT count(*) > 0 FROM book_p_report.report_utilization) AS utilization, (SELECT count(*) > 0 FROM book_p_report.report_scores) AS scores,
  (SELECT count(*) > 0 FROM book_p.decision_input_at('2026-03-31')) AS input,
  (SELECT count(*) FROM credit_limit.check_book('book_p') WHERE problem LIKE '%column%') AS missing;
ROLLBACK;

-- An analyst of one segment sees that segment, in the reports as in the tables, and nothing of what is counted over all rows.
GRANT USAGE ON SCHEMA book_p_report TO regress_reports_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA book_p_report TO regress_reports_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA book_p TO regress_reports_analyst;
ALTER TABLE book_p.borrower ENABLE ROW LEVEL SECURITY;
ALTER TABLE book_p.account ENABLE ROW LEVEL SECURITY;
CREATE POLICY town ON book_p.borrower TO regress_reports_analyst USING (segment = 'town');
CREATE POLICY town ON book_p.account TO regress_reports_analyst USING (EXISTS (SELECT FROM book_p.borrower b WHERE b.borrower_id = account.borrower_id));
CREATE TABLE book_p.seen (who text, report text, n bigint, hash text);
GRANT INSERT, SELECT ON book_p.seen TO regress_reports_analyst;
CREATE FUNCTION pg_temp.look(who text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE v record;
BEGIN
  FOR v IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'book_p_report'::regnamespace LOOP
    EXECUTE format('INSERT INTO book_p.seen SELECT $1, $2, count(*), '
      'md5(string_agg(r::text, '','' ORDER BY r::text)) FROM book_p_report.%I r', v.relname) USING who, v.relname;
  END LOOP;
END $$;
SELECT pg_temp.look('owner');
SET ROLE regress_reports_analyst;
SELECT pg_temp.look('analyst');
SELECT count(*) AS counts FROM book_p_report.report_utilization;
SELECT string_agg(DISTINCT coalesce(segment, '-'), ' ') AS segments FROM book_p_report.report_gap;
SELECT sum(accounts) AS accounts, (SELECT count(*) FROM book_p.report_position) AS positions FROM book_p_report.report_summary;
RESET ROLE;
SELECT count(*) AS accounts FROM book_p.account JOIN book_p.borrower USING (borrower_id) WHERE segment = 'town' AND status = 'open';
SELECT o.report, a.hash IS DISTINCT FROM o.hash AS analyst_sees_less FROM book_p.seen o JOIN book_p.seen a ON a.report = o.report AND a.who = 'analyst'
WHERE o.who = 'owner' ORDER BY 1;
-- Whoever looks twice sees the same digits, also when rows lie in another order.
CREATE TABLE book_p.moved AS SELECT * FROM book_p.report_position ORDER BY md5(account_id::text);
DELETE FROM book_p.report_position;
INSERT INTO book_p.report_position SELECT * FROM book_p.moved;
UPDATE book_p.account SET pending = pending WHERE account_id % 3 = 0;
SELECT pg_temp.look('again');
SELECT count(*) AS reports, bool_and(o.hash = a.hash) AS same FROM book_p.seen o JOIN book_p.seen a ON a.report = o.report
  AND a.who = 'again' WHERE o.who = 'owner';
-- Who may not read the tables reads no report.
REVOKE SELECT ON book_p.account FROM regress_reports_analyst;
SET ROLE regress_reports_analyst;
SELECT count(*) FROM book_p_report.report_summary;
RESET ROLE;

-- The same by the rights that a book gives: a restricted analyst, one who is not, and an engine that refreshes.
DROP POLICY town ON book_p.borrower; DROP POLICY town ON book_p.account;
ALTER TABLE book_p.borrower DISABLE ROW LEVEL SECURITY; ALTER TABLE book_p.account DISABLE ROW LEVEL SECURITY;
SELECT credit_limit.revoke_book('book_p', 'regress_reports_analyst');
SELECT credit_limit.grant_book('book_p', analyst => 'regress_reports_analyst');
SELECT credit_limit.restrict_analyst('book_p', 'regress_reports_analyst', '{town}');
SET ROLE regress_reports_analyst;
SELECT sum(accounts) AS accounts, (SELECT count(*) FROM book_p.report_position) AS positions FROM book_p_report.report_summary;
SELECT count(*) FROM book_p_report.report_experiment;
SELECT credit_limit.refresh_reports('book_p');
RESET ROLE;
SELECT c.relname AS not_for_him FROM pg_class c WHERE relnamespace = 'book_p'::regnamespace AND relkind = 'v'
  AND NOT has_table_privilege('regress_reports_analyst', oid, 'SELECT') ORDER BY 1;
SELECT credit_limit.restrict_analyst('book_p', 'regress_reports_analyst', NULL);
SET ROLE regress_reports_analyst;
SELECT sum(accounts) AS accounts FROM book_p_report.report_summary;
RESET ROLE;
SELECT credit_limit.revoke_book('book_p', 'regress_reports_maker');
SELECT credit_limit.grant_book('book_p', engine => 'regress_reports_maker');
SET ROLE regress_reports_maker;
SELECT credit_limit.refresh_reports('book_p') AS refreshed;
RESET ROLE;

-- A reader of reports uses their schema and nothing else: no right on the book, and of its tables the columns that the reports read.
CREATE ROLE regress_reports_bi;
SELECT credit_limit.grant_book('book_p', bi => 'regress_reports_bi');
SELECT has_schema_privilege('regress_reports_bi', 'book_p', 'USAGE') AS book, has_schema_privilege('regress_reports_bi', 'credit_limit', 'USAGE') AS extension,
  has_schema_privilege('regress_reports_bi', 'book_p_report', 'USAGE') AS reports, (SELECT count(*) FROM pg_class
    WHERE relnamespace = 'book_p_report'::regnamespace) AS sees;
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = 'book_p'::regnamespace
  AND a.attname IN ('income', 'obligations', 'external_score', 'external_pd', 'inputs')
    AND has_column_privilege('regress_reports_bi', c.oid, a.attnum, 'SELECT');
SET ROLE regress_reports_bi;
SELECT count(*) FROM book_p.account;
DO $$
DECLARE v record; n int := 0;
BEGIN
  FOR v IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'book_p_report'::regnamespace LOOP
    EXECUTE format('SELECT FROM book_p_report.%I', v.relname); n := n + 1;
  END LOOP;
  RAISE WARNING 'reports: %', n;
END $$;
SELECT sum(accounts) AS accounts FROM book_p_report.report_summary;
RESET ROLE;
SELECT credit_limit.revoke_book('book_p', 'regress_reports_bi');
SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
  WHERE c.relnamespace IN ('book_p'::regnamespace, 'book_p_report'::regnamespace)
  AND c.relkind <> 'i' AND has_column_privilege('regress_reports_bi', c.oid, a.attnum, 'SELECT');
DROP ROLE regress_reports_bi;

-- A refresh writes what changed, for which one month of one account is a reason in its population; the positions that are the same stay.
CREATE TABLE book_p.was AS SELECT account_id, ctid AS place FROM book_p.report_position;
UPDATE book_p.account_month SET balance = balance + 1 WHERE account_id = 1001 AND month = '2026-12-01';
UPDATE book_p.account SET status = 'closed' WHERE account_id = 1003;
SELECT credit_limit.refresh_reports('book_p') AS refreshed;
SELECT p.account_id IS NULL AS gone, a.product = 'cash' AND b.segment = 'country' AS same_population, count(*) > 50 AS many,
  count(*) FILTER (WHERE p.ctid IS DISTINCT FROM w.place) > 0 AS written
FROM book_p.was w LEFT JOIN book_p.report_position p USING (account_id) JOIN book_p.account a USING (account_id) JOIN book_p.borrower b USING (borrower_id)
WHERE segment IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2;

-- Reports are made in a new schema, for a book that has none; a refresh of what is no book says so.
SELECT credit_limit.refresh_reports('nowhere');
SELECT credit_limit.create_book_reports('book_p');
SET ROLE regress_reports_maker;
SELECT credit_limit.create_book_reports('book_p');
RESET ROLE;
DROP SCHEMA book_p_report CASCADE;
SELECT credit_limit.create_book_reports('book_p');
SELECT sum(accounts) AS accounts FROM book_p_report.report_summary;
DROP SCHEMA book_p, book_p_report CASCADE;
DROP OWNED BY regress_reports_maker, regress_reports_analyst;
DROP ROLE regress_reports_maker, regress_reports_analyst;
