-- The main job on the table borrower: score, decide, measure the use, and say why credit stays unused. demo/run calls it.
-- Each page is a line of plain English and a table. Everything here is SQL to copy from.

-- The card and the policy are JSON files that an analyst wrote; as values of their types they have been validated.
\setenv CARD_FILE :card_file
\setenv POLICY_FILE :policy_file
\set card `cat "$CARD_FILE"`
\set policy `cat "$POLICY_FILE"`
-- The policy says income where a book says monthly_income: a policy may rename the columns that it reads.
CREATE TABLE rules AS SELECT :'card'::scorecard AS card,
  (:'policy'::jsonb || jsonb_build_object('columns', :'columns'::jsonb))::limit_policy AS policy;

\echo
\echo === 1. The book ===
\echo :what
SELECT coalesce(product, 'all') AS product, to_char(count(*), 'FM999,999,999') AS borrowers,
  to_char(sum(credit_limit), 'FM999,999,999,999') AS "limits", to_char(sum(balance), 'FM999,999,999,999') AS balances,
  to_char(percentile_disc(0.5) WITHIN GROUP (ORDER BY credit_limit), 'FM999,999,999') AS "median limit",
  to_char(avg(credit_limit), 'FM999,999,999') AS "mean limit",
  round(100 * avg((balance <= 0.02 * credit_limit)::int), 1) AS "% hardly used",
  round(100 * avg((balance >= 0.95 * credit_limit)::int), 1) AS "% at limit",
  round(100 * avg(defaulted::int), 2) AS "% bad"
FROM borrower GROUP BY ROLLUP (product) ORDER BY borrower.product NULLS LAST;

\set step 'score every borrower'
\ir step.sql
CREATE TABLE scored AS
SELECT b.*, score((SELECT card FROM rules), b) AS score, score_pd((SELECT card FROM rules), b) AS pd FROM borrower b;

\set step 'estimate the demand'
\ir step.sql
-- What each borrower would draw next month if no limit stopped him: a month at the limit says only "at least so much". His own months say it, and
-- the population of his product, learned from 2,000 of it, says what his months do not.
CREATE TABLE wanted AS
SELECT borrower_id, demand_agg(month, balance, available) AS own, avg(greatest(0, balance)) AS mean_balance,
  (array_agg(greatest(0, balance) ORDER BY month DESC))[1] AS last_balance, max(month) AS last_month
FROM account_month GROUP BY borrower_id;
CREATE TABLE population AS
SELECT product, compact(demand_prior_agg(borrower_id, own)) AS prior
FROM (SELECT *, row_number() OVER (PARTITION BY product ORDER BY hashint8(borrower_id)) AS draw FROM wanted JOIN borrower USING (borrower_id)) b
WHERE draw <= 2000 GROUP BY product;
CREATE TABLE demanded AS
SELECT b.borrower_id, b.product, b.credit_limit, b.balance, b.months_inactive, b.true_demand, w.mean_balance, w.last_balance, s.status, s.n_censored, s.n, s.n_zero,
  d.demand, t.demand AS true_next
FROM borrower b JOIN wanted w USING (borrower_id) JOIN population p USING (product)
  LEFT JOIN true_month t ON t.borrower_id = b.borrower_id AND t.month = w.last_month + interval '1 month',
  LATERAL (SELECT demand_posterior(w.own, p.prior) AS demand OFFSET 0) d, demand_stats(d.demand) s;
-- The policy's target is demand_q90, the amount that covers nine months in ten. Where the estimate is not carried by the borrower's own months
-- what was known before stays.
ALTER TABLE scored ADD COLUMN IF NOT EXISTS demand_q90 numeric;
UPDATE scored SET demand_q90 = demand_amount(d.demand) FROM demanded d
WHERE d.borrower_id = scored.borrower_id AND d.status = 'posterior';
VACUUM scored;

\set step 'report the scores'
\ir step.sql
\echo === 2. Scores ===
\echo A higher score should mean fewer bad borrowers: ten bands from the riskiest up, what the card said, and what became of them.
CREATE TABLE validated AS
SELECT roc_agg(score, defaulted, false) AS ranking, calibration_agg(pd, defaulted) AS pds FROM scored;
SELECT gain_group AS band, round(score_low) || ' to ' || round(score_high) AS score, to_char(g.n, 'FM999,999,999') AS borrowers,
  to_char(g.n_event, 'FM999,999,999') AS bad, round((100 * g.event_rate)::numeric, 2) AS "% bad",
  round((100 * c.mean_pd)::numeric, 2) AS "% bad as the card says", round((100 * cum_event_share)::numeric, 1) AS "% of all bad so far",
  repeat('#', round(100 * g.event_rate)::int) AS " "
FROM validated, gains_table(ranking) g, LATERAL (SELECT *, row_number() OVER (ORDER BY pd_low DESC) AS band FROM calibration_table(pds)) c
WHERE c.band = gain_group ORDER BY gain_group;
\echo How well the score ranks (0.5 is chance), how sure that is, and how far the PDs are from what happened.
SELECT round(i.auc::numeric, 4) AS auc, round(i.conf_low::numeric, 4) AS "from", round(i.conf_high::numeric, 4) AS "to",
  round(s.gini::numeric, 4) AS gini, round(s.ks::numeric, 4) AS ks, round((100 * c.mean_pd)::numeric, 2) AS "mean PD %",
  round((100 * c.event_rate)::numeric, 2) AS "% bad", round(c.slope::numeric, 2) AS "slope of the PDs"
FROM validated, roc_stats(ranking) s, auc_interval(ranking) i, calibration_stats(pds) c;
SELECT to_char(count(*), 'FM999,999,999') AS borrowers, round(100 * avg(defaulted::int), 2) AS "% bad",
  round(min(score)) AS "lowest score", round(percentile_cont(0.5) WITHIN GROUP (ORDER BY score)) AS "median score",
  round(max(score)) AS "highest score", count(*) - count(score) AS "without score"
FROM scored;

-- One borrower from the lower quarter who did lose points, the first by number.
SELECT borrower_id AS one FROM scored
WHERE score < (SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY score) FROM scored)
ORDER BY borrower_id LIMIT 1 \gset
\echo === 3. One score explained ===
\echo Borrower :one: where the points came from, and the reasons to tell.
SELECT p.characteristic, p.value, p.bin, p.points, p.points_best AS best, p.points_lost AS lost, p.dimension
FROM borrower b, rules r, score_points(r.card, b) p WHERE b.borrower_id = :one
ORDER BY p.points_lost DESC, p.characteristic;
SELECT s.score, round(s.pd::numeric, 4) AS pd, array_to_string(reason_codes(r.card, s), '; ') AS reasons
FROM scored s, rules r WHERE borrower_id = :one;

\set step 'report the demand'
\ir step.sql
\echo === 4. Demand behind the limits ===
\echo How sure the estimates of the month to come are, and, in a made-up book, how far from the truth: what would be drawn then without a limit,
\echo beside the last balance. Errors are mean absolute ones.
SELECT d.status, to_char(count(*), 'FM999,999,999') AS borrowers, round(100 * avg(n_censored::float8 / nullif(n, 0))::numeric, 1) AS "% of months at limit",
  to_char(avg(abs(demand_quantile(demand, 0.5) - true_next::float8)), 'FM999,999,999') AS "error of the median", to_char(avg(abs(last_balance - true_next)), 'FM999,999,999') AS "of last balance",
  round(100 * avg((true_next::float8 <= demand_quantile(demand, 0.9))::int), 1) AS "% below the 0.9 quantile",
  to_char(avg(true_next), 'FM999,999,999') AS "demand, true", to_char(avg(demand_mean(demand)) FILTER (WHERE true_next IS NOT NULL), 'FM999,999,999') AS estimated, k.meaning AS "what carries it"
FROM demanded d JOIN (VALUES ('posterior', 'own months'), ('mostly_prior', 'the product more than own months'), ('prior_only', 'the product: he never drew'),
  ('tail', 'nothing: it may be far above all he ever drew or had'), ('out_of_scope', 'no line for a year')) k (status, meaning) USING (status)
GROUP BY d.status, k.meaning ORDER BY count(*) DESC;
\echo The same by how often the limit was reached: where it always was, balances say nothing of what lies above it, and no estimate does.
SELECT CASE WHEN n_censored = 0 THEN '1 never at the limit' WHEN 2 * n_censored <= n THEN '2 up to half of the months'
    WHEN n_censored < n THEN '3 more than half' ELSE '4 always' END AS "at the limit", to_char(count(*), 'FM999,999,999') AS borrowers,
  to_char(avg(abs(demand_quantile(demand, 0.5) - true_next::float8)), 'FM999,999,999') AS "error of the median", to_char(avg(abs(last_balance - true_next)), 'FM999,999,999') AS "of last balance",
  round(100 * avg((true_next::float8 <= demand_quantile(demand, 0.9))::int), 1) AS "% below the 0.9 quantile",
  to_char(avg(true_next), 'FM999,999,999') AS "demand, true", to_char(avg(demand_mean(demand)) FILTER (WHERE true_next IS NOT NULL), 'FM999,999,999') AS estimated,
  to_char(avg(last_balance) FILTER (WHERE true_next IS NOT NULL), 'FM999,999,999') AS "last balance"
FROM demanded GROUP BY 1 ORDER BY 1;
\echo What the limits as they are leave unused, and what they turn away. Mismatch: more limit than a mean month wants. Dormancy: never
\echo or for half a year not used. Buffer: wanted, and not drawn this month. Suppressed: what a usual month wants above the limit.
SELECT coalesce(product, 'all') AS product, to_char((t).gap, 'FM999,999,999,999') AS unused, round(100 * (t).demand / (t).gap, 1) AS "% mismatch",
  round(100 * (t).dormancy / (t).gap, 1) AS "% dormancy", round(100 * (t).buffer / (t).gap, 1) AS "% buffer",
  to_char(hungry, 'FM999,999,999') AS "borrowers with suppressed demand", to_char(suppressed, 'FM999,999,999,999') AS "suppressed, estimated",
  to_char(truly, 'FM999,999,999,999') AS "suppressed, true"
FROM (SELECT product, gap_total(gap) AS t, sum(suppressed) AS suppressed, sum(truly) AS truly,
    count(*) FILTER (WHERE suppressed > 0) AS hungry
  FROM (SELECT product, greatest(0, demand_amount(demand, 0.5) - credit_limit) AS suppressed,
      CASE WHEN true_demand IS NOT NULL THEN greatest(0, true_demand - credit_limit) END AS truly,
      limit_gap(credit_limit, NULL, NULL, credit_limit, CASE WHEN n_zero = n OR months_inactive >= 6 THEN NULL
        ELSE expected_draw_amount(demand, 2 * credit_limit) END, balance, CASE WHEN n_zero = n THEN 12 ELSE months_inactive END) AS gap
    FROM demanded) g GROUP BY ROLLUP (product)) s ORDER BY s.product NULLS LAST;

\set step 'decide every limit'
\ir step.sql
CREATE TABLE decided AS
SELECT s.borrower_id, s.product, s.balance, s.pd, s.months_inactive, s.product_limit, (s.decision).*
FROM (SELECT a.*, decide_limit(r.policy, a, DATE :'as_of') AS decision FROM scored a, rules r OFFSET 0) s;

\set step 'report the decisions'
\ir step.sql
\echo === 5. Decisions ===
\echo What the policy does with each limit, by action and by the rule that decided.
SELECT action, binding AS "decided by", to_char(count(*), 'FM999,999,999') AS borrowers,
  to_char(sum(old_limit), 'FM999,999,999,999') AS "old limits", to_char(sum(new_limit), 'FM999,999,999,999') AS "new limits",
  to_char(sum(new_limit - old_limit), 'FMSG999,999,999,990') AS change,
  mode() WITHIN GROUP (ORDER BY reasons[1]) AS "most frequent first reason"
FROM decided GROUP BY action, binding ORDER BY action, count(*) DESC, binding;

-- The first who gets less because of risk.
SELECT borrower_id AS other FROM decided WHERE action = 'DECREASE' ORDER BY (binding = 'risk_cap') DESC, borrower_id LIMIT 1 \gset
\echo === 6. One decision explained ===
\echo Borrower :other, whose limit goes down: every step of the policy with the amount before and after it.
SELECT step ->> 'step' AS step, step ->> 'before' AS before, step ->> 'after' AS after, step ->> 'bound' AS bound,
  step ->> 'text' AS "in words"
FROM scored a, rules r, jsonb_array_elements(explain_limit(r.policy, a, DATE :'as_of') -> 'steps') AS step
WHERE a.borrower_id = :other;
SELECT action, old_limit AS old, new_limit AS new, available, array_to_string(reasons, '; ') AS reasons
FROM decided WHERE borrower_id = :other;

\set step 'summarise the use of limits'
\ir step.sql
\echo === 7. Use of the limits ===
\echo How much of the limits is used: one mergeable summary for each product, and the same of them all.
CREATE TABLE used AS SELECT product, utilization_agg(balance, credit_limit) AS use FROM borrower GROUP BY product;
SELECT coalesce(product, 'all') AS product, to_char(n, 'FM999,999,999') AS borrowers,
  to_char(s.credit_limit, 'FM999,999,999,999') AS "limits", to_char(s.unused, 'FM999,999,999,999') AS unused,
  round(s.ratio::numeric, 4) AS "used of all", round(s.mean::numeric, 4) AS "mean use", round(s.p50::numeric, 3) AS median,
  round(100 * s.share_idle::numeric, 1) AS "% idle", round(100 * s.share_above_90::numeric, 1) AS "% above 0.9",
  round(n * share_above(u.use, 1)::numeric) AS "over the limit"
FROM (SELECT product, use FROM used UNION ALL SELECT NULL, rollup(use) FROM used) u, utilization_stats(u.use) s
ORDER BY u.product NULLS LAST;
\echo Unused credit, summed by the summary and by plain SQL:
SELECT (utilization_stats(rollup(use))).unused AS "by the summary",
  (SELECT sum(greatest(0, credit_limit - greatest(0, balance))) FROM borrower) AS "by plain SQL",
  (utilization_stats(rollup(use))).unused = (SELECT sum(greatest(0, credit_limit - greatest(0, balance))) FROM borrower) AS equal
FROM used;

\set step 'divide the unused credit'
\ir step.sql
\echo === 8. Why credit stays unused ===
\echo What the rules would give, less what is drawn, by cause: risk control first, then product, limit in force, demand, and the rest.
-- Affordability is risk control too, what the law caps no product can offer, and a limit at its target is as the policy wants it. The
-- demand is the mean of a month, up to twice what is granted or could be: what lies far above has never been seen.
CREATE TABLE gaps AS
SELECT d.borrower_id, d.product, d.pd, limit_gap(d.entitlement, least(d.risk_cap, d.affordability_cap),
  least(d.product_cap, d.regulatory_cap, d.product_limit, d.target), d.old_limit,
  expected_draw_amount(w.demand, 2 * greatest(d.entitlement, d.old_limit)), d.balance, d.months_inactive) AS gap
FROM decided d JOIN demanded w USING (borrower_id);
SELECT part.cause, to_char(part.amount, 'FM999,999,999,990.00') AS amount,
  round(100 * part.amount / (t.total).gap, 2) AS "% of the gap", part.meaning
FROM (SELECT gap_total(gap) AS total FROM gaps) t,
  LATERAL (VALUES
    (1, 'risk', (t.total).risk, 'risk control presses the limit'),
    (2, 'product', (t.total).product, 'product, law or the target of the policy end below the entitlement'),
    (3, 'ungranted', (t.total).ungranted, 'rules and caps allow it, the limit in force does not'),
    (4, 'demand', (t.total).demand, 'the borrower is not expected to want it'),
    (5, 'dormancy', (t.total).dormancy, 'wanted and allowed, but inactive for six months and more'),
    (6, 'buffer', (t.total).buffer, 'wanted and allowed, kept in reserve'),
    (7, 'all', (t.total).gap, 'entitlement of ' || (t.total).n || ' borrowers, less what is drawn of it')
  ) AS part (n, cause, amount, meaning)
ORDER BY part.n;
\echo The parts add up to the gap exactly, for each borrower and for the book:
SELECT count(*) AS borrowers,
  count(*) FILTER (WHERE (g.gap).risk + (g.gap).product + (g.gap).ungranted + (g.gap).demand + (g.gap).dormancy + (g.gap).buffer
    <> (g.gap).gap) AS "borrowers whose parts do not add up",
  sum((g.gap).gap) AS "gap, row by row", (gap_total(g.gap)).gap AS "gap of the book",
  (gap_total(g.gap)).risk + (gap_total(g.gap)).product + (gap_total(g.gap)).ungranted + (gap_total(g.gap)).demand
    + (gap_total(g.gap)).dormancy + (gap_total(g.gap)).buffer AS "sum of its parts"
FROM gaps g WHERE (g.gap).gap IS NOT NULL;
\echo Not every product stays unused for the same reason (% of the gap of each), and some demand is not met at all:
SELECT product, to_char((total).gap, 'FM999,999,999,999') AS gap, round(100 * (total).risk / (total).gap, 1) AS risk,
  round(100 * (total).product / (total).gap, 1) AS "product cap", round(100 * (total).ungranted / (total).gap, 1) AS ungranted,
  round(100 * (total).demand / (total).gap, 1) AS demand,
  round(100 * (total).dormancy / (total).gap, 1) AS dormancy, round(100 * (total).buffer / (total).gap, 1) AS buffer,
  to_char((total).unmet, 'FM999,999,999,999') AS "unmet demand",
  round(100 * (total).unmet_risk / nullif((total).unmet, 0), 1) AS "% of it due to risk control"
FROM (SELECT product, gap_total(gap) AS total FROM gaps GROUP BY product) t ORDER BY product;

\set step 'price the unused credit'
\ir step.sql
\echo === 9. What it costs ===
\echo A year of the gap, at 12 % margin on what is drawn, 0.6 % carry of what is granted and not drawn, CCF 0.4, LGD 0.75, 8 % capital and the
\echo PD of each borrower. What was never granted costs nothing but the margin on what is wanted of it:
SELECT i.cause, to_char(unused, 'FM999,999,999,990') AS unused, to_char(granted, 'FM999,999,999,990') AS granted, to_char(unmet, 'FM999,999,999,990') AS unmet,
  to_char(forgone_margin, 'FM999,999,999,990') AS "margin forgone", to_char(idle_cost, 'FM999,999,999,990') AS "idle cost",
  to_char(contingent_ead, 'FM999,999,999,990') AS "contingent exposure",
  to_char(capital_tied, 'FM999,999,999,990') AS "capital tied", to_char(expected_loss, 'FM999,999,999,990') AS "expected loss"
FROM (SELECT gap_impact_total(gap, 0.12, 0.006, 0.4, pd, 0.75, 0.08) AS impact FROM gaps) t, unnest(t.impact) i ORDER BY i.place;

