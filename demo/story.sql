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
  round(100 * avg((balance <= 0.02 * credit_limit)::int), 1) AS "% idle",
  round(100 * avg((balance >= 0.95 * credit_limit)::int), 1) AS "% at limit",
  round(100 * avg(defaulted::int), 2) AS "% bad"
FROM borrower GROUP BY ROLLUP (product) ORDER BY borrower.product NULLS LAST;

\set step 'score every borrower'
\ir step.sql
CREATE TABLE scored AS
SELECT b.*, score(r.card, b) AS score, score_pd(r.card, b) AS pd FROM borrower b, rules r;

\set step 'report the scores'
\ir step.sql
\echo === 2. Scores ===
\echo A higher score should mean fewer bad borrowers: ten bands of equal size, and what became of them.
SELECT band, round(min(score)) || ' to ' || round(max(score)) AS score, to_char(count(*), 'FM999,999,999') AS borrowers,
  to_char(sum(defaulted::int), 'FM999,999,999') AS bad, round(100 * avg(defaulted::int), 2) AS "% bad",
  round(100 * avg(pd)::numeric, 2) AS "% bad as the card says", repeat('#', round(100 * avg(defaulted::int))::int) AS " "
FROM (SELECT *, ntile(10) OVER (ORDER BY score, borrower_id) AS band FROM scored WHERE score IS NOT NULL) s
GROUP BY band ORDER BY band;
SELECT to_char(count(*), 'FM999,999,999') AS borrowers, round(100 * avg(defaulted::int), 2) AS "% bad",
  round(min(score)) AS "lowest score", round(percentile_cont(0.5) WITHIN GROUP (ORDER BY score)) AS "median score",
  round(max(score)) AS "highest score", count(*) - count(score) AS "without score"
FROM scored;

-- One borrower from the lower quarter who did lose points, the first by number.
SELECT borrower_id AS one FROM scored
WHERE score < (SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY score) FROM scored)
ORDER BY borrower_id LIMIT 1 \gset
\echo === 3. One score explained ===
\echo Borrower :one: where the points came from, and the reasons that he may be told.
SELECT p.characteristic, p.value, p.bin, p.points, p.points_max AS best, p.points_lost AS lost, p.dimension
FROM borrower b, rules r, score_points(r.card, b) p WHERE b.borrower_id = :one
ORDER BY p.points_lost DESC, p.characteristic;
SELECT s.score, round(s.pd::numeric, 4) AS pd, array_to_string(reason_codes(r.card, s), '; ') AS reasons
FROM scored s, rules r WHERE borrower_id = :one;

\set step 'decide every limit'
\ir step.sql
CREATE TABLE decided AS
SELECT s.borrower_id, s.product, s.balance, s.months_inactive, s.demand_q90, (s.decision).*
FROM (SELECT a.*, decide_limit(r.policy, a, DATE :'as_of') AS decision FROM scored a, rules r OFFSET 0) s;

\set step 'report the decisions'
\ir step.sql
\echo === 4. Decisions ===
\echo What the policy does with each limit, by action and by the rule that decided.
SELECT action, binding AS "decided by", to_char(count(*), 'FM999,999,999') AS borrowers,
  to_char(sum(old_limit), 'FM999,999,999,999') AS "old limits", to_char(sum(new_limit), 'FM999,999,999,999') AS "new limits",
  to_char(sum(new_limit - old_limit), 'FMSG999,999,999,990') AS change,
  mode() WITHIN GROUP (ORDER BY reasons[1]) AS "most frequent first reason"
FROM decided GROUP BY action, binding ORDER BY action, count(*) DESC, binding;

-- The first who gets less because of risk.
SELECT borrower_id AS other FROM decided WHERE action = 'DECREASE' ORDER BY (binding = 'risk_cap') DESC, borrower_id LIMIT 1 \gset
\echo === 5. One decision explained ===
\echo Borrower :other, whose limit goes down: every step of the policy with the amount before and after it.
SELECT step ->> 'step' AS step, step ->> 'before' AS before, step ->> 'after' AS after, step ->> 'bound' AS bound,
  step ->> 'text' AS "in words"
FROM scored a, rules r, jsonb_array_elements(explain_limit(r.policy, a, DATE :'as_of') -> 'steps') AS step
WHERE a.borrower_id = :other;
SELECT action, old_limit AS old, new_limit AS new, available, array_to_string(reasons, '; ') AS reasons
FROM decided WHERE borrower_id = :other;

\set step 'summarise the use of limits'
\ir step.sql
\echo === 6. Use of the limits ===
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

\set step 'end'
\ir step.sql
\echo === How long it took ===
SELECT name AS step, to_char(extract(epoch FROM lead(started) OVER w - started), 'FM990.00') AS seconds
FROM step WINDOW w AS (ORDER BY started) ORDER BY started LIMIT (SELECT count(*) - 1 FROM step);
