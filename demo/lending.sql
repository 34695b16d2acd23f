-- The second part: the generated borrowers become a book, and a month of its operation goes by. demo/run calls it after the story.

\set step 'make a book of it'
\ir step.sql
\echo
\echo === 10. A book ===
\echo A schema of ordinary tables; what the lender knows besides is a table of his own, which decision_input adds.
SELECT create_book('lending') AS made \gset
INSERT INTO lending.product (product, name, kind, currency, policy, scorecard) VALUES
  ('retail card', 'Card of a shop', 'card', 'CNY', 'cash', 'expert'), ('cash line', 'Standby cash', 'standby_cash', 'CNY', 'cash', 'expert'),
  ('small business', 'Line of a small business', 'small_business', 'USD', 'cash', 'expert');
INSERT INTO lending.report_assumption (product, exchange_rate) VALUES ('small business', 7.1);
INSERT INTO lending.borrower (borrower_id, segment, income, obligations)
SELECT borrower_id, employment, monthly_income, greatest(0, obligations) FROM borrower;
INSERT INTO lending.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance, pending, last_limit_change)
SELECT 10 * b.borrower_id, b.borrower_id, b.product, p.currency, (DATE '2026-11-15' - make_interval(months => b.months_on_book))::date,
  b.credit_limit, b.balance, b.pending, b.last_limit_change
FROM borrower b JOIN lending.product p USING (product);
SELECT count(*) AS partitions FROM add_months('lending', DATE '2025-12-01', 13) \gset
-- As one loads in bulk: the key is checked once, at the end.
ALTER TABLE lending.account_month DROP CONSTRAINT account_month_account_id_fkey;
INSERT INTO lending.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
SELECT 10 * borrower_id, month, available, balance, payment, due, days_past_due FROM account_month;
ALTER TABLE lending.account_month ADD FOREIGN KEY (account_id) REFERENCES lending.account;
INSERT INTO lending.account_feature (account_id, computed_on, days_past_due_worst_12m, utilization_3m, payment_ratio_3m, months_inactive)
SELECT 10 * borrower_id, DATE '2026-11-30', days_past_due_worst_12m, utilization_3m, payment_ratio_3m, months_inactive FROM scored;
-- What balances and demand will be: learned at the end of October, to see how good it was, and at the end of November, for the decisions.
VACUUM ANALYZE lending.account, lending.account_month;
SELECT refresh_demand('lending', DATE '2026-10-31', '{"fill_features": false}') AS october, refresh_demand('lending', DATE '2026-11-30') AS november \gset
INSERT INTO lending.exclusion (borrower_id, kind, action, valid_from)
SELECT borrower_id, 'fraud', 'FREEZE', DATE '2026-11-01' FROM borrower WHERE fraud_flag;

CREATE TABLE lending.borrower_file AS
SELECT borrower_id, months_since_delinquency, enquiries_6m, debt_to_income, cash_advance_share, savings_balance, housing, employment, years_at_job
FROM borrower;
ALTER TABLE lending.borrower_file ADD PRIMARY KEY (borrower_id);
ALTER FUNCTION lending.decision_input(date) RENAME TO standard_input;
-- What is late today counts at once, as a delinquency of this month.
-- A view gives the row its type, and shows nothing: whoever reads the views of a book is not to see incomes by it.
CREATE VIEW lending.known AS
SELECT i.*, i.income AS monthly_income,
  CASE WHEN i.days_past_due > 0 THEN 0 ELSE f.months_since_delinquency END AS months_since_delinquency, f.enquiries_6m, f.debt_to_income,
  f.cash_advance_share, f.savings_balance, f.housing, f.employment, f.years_at_job
FROM lending.standard_input(NULL) i JOIN lending.borrower_file f ON f.borrower_id = i.borrower_id WHERE false;
CREATE FUNCTION lending.decision_input(as_of date) RETURNS SETOF lending.known LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT i.*, i.income,
    CASE WHEN i.days_past_due > 0 THEN 0 ELSE f.months_since_delinquency END, f.enquiries_6m, f.debt_to_income, f.cash_advance_share,
    f.savings_balance, f.housing, f.employment, f.years_at_job
  FROM lending.standard_input(as_of) i JOIN lending.borrower_file f ON f.borrower_id = i.borrower_id;
END;
ANALYZE lending.borrower, lending.account, lending.account_month, lending.account_feature, lending.exclusion, lending.borrower_file;
\echo What is missing yet:
SELECT relation, problem, row_count FROM check_book('lending');

\echo === 11. Versions ===
\echo The card and the policy of the story, drafted by one role and approved by another; a more generous policy is tried on a fifth of the cash lines.
CREATE ROLE demo_policy_owner;
CREATE ROLE demo_approver;
SELECT grant_book('lending', policy_owner => 'demo_policy_owner', approver => 'demo_approver') AS granted \gset
-- Exclusions are rows of the book here, and each borrower has one line, so nothing is under an umbrella.
SELECT (:'policy'::jsonb - 'umbrella' || jsonb_build_object('exclusions', '[
  {"column": "excluded_freeze", "is": true, "action": "FREEZE", "reason": "Suspicion of fraud"},
  {"column": "excluded", "is": true, "reason": "Excluded"},
  {"column": "days_past_due", "at_least": 90, "action": "FREEZE", "reason": "90 days or more past due"},
  {"column": "days_past_due", "at_least": 15, "reason": "Past due"}]'::jsonb)) AS book_policy \gset
SET ROLE demo_policy_owner;
SELECT draft_policy('lending', 'cash', :'book_policy') AS first, draft_scorecard('lending', 'expert', :'card') AS expert,
  draft_policy('lending', 'generous', jsonb_set(:'book_policy', '{movement,max_increase}', '1')::limit_policy) AS second \gset
SET ROLE demo_approver;
SELECT approve_policy('lending', :first, DATE '2026-11-01', digest => version_digest('lending', 'policy', :first)),
  approve_policy('lending', :second, DATE '2026-11-01', digest => version_digest('lending', 'policy', :second)),
  approve_scorecard('lending', :expert, DATE '2026-11-01', digest => version_digest('lending', 'scorecard', :expert)) \gset
RESET ROLE;
INSERT INTO lending.experiment VALUES ('generous cash lines', 'cash line', DATE '2026-11-01', DATE '2026-11-30');
INSERT INTO lending.experiment_arm VALUES ('generous cash lines', 'champion', 0.8, NULL, NULL), ('generous cash lines', 'challenger', 0.2, 'generous', NULL);
SELECT 'policy' AS kind, name, version, status, created_by, approved_by, valid_from FROM lending.policy_version
UNION ALL SELECT 'scorecard', name, version, status, created_by, approved_by, valid_from FROM lending.scorecard_version ORDER BY 1, 2;

\set step 'run the night of November 30'
\ir step.sql
\echo === 12. A night ===
\echo A run decides on every account in chunks, each committed with its decisions. Killed anywhere, it goes on; started again, there is nothing to do.
CALL run_decisions('lending', DATE '2026-11-30');
CALL run_decisions('lending', DATE '2026-11-30');
SELECT run_key AS run, status, chunks_done AS chunks, to_char(decisions, 'FM999,999,999') AS decisions, to_char(moves, 'FM999,999,999') AS "limits moved",
  failed, decisions_per_second AS "a second" FROM lending.run_progress;
\echo Jobs of the book: by pg_cron where it is installed; column command of schedule() is what to give any other scheduler.
SELECT job, schedule, how FROM schedule('lending') ORDER BY job;

\set step 'refresh the reports'
\ir step.sql
SELECT set_business_date('lending', DATE '2026-11-30') AS today \gset
SELECT refresh_reports('lending') AS positions \gset
ANALYZE lending.report_position, lending.decision;
\set step 'read the reports'
\ir step.sql
\echo === 13. Reports ===
\echo What the night did. Amounts of different currencies never add up: each line has its own.
SELECT currency, action, to_char(sum(decisions), 'FM999,999,999') AS decisions, to_char(sum(change), 'FMSG999,999,999,990') AS "change of limits"
FROM lending_report.report_decisions WHERE as_of = '2026-11-30' GROUP BY currency, action ORDER BY currency, action;
\echo Why unused credit is not used, and what that costs in a year: by the caps of these decisions and the demand behind the months.
SELECT currency, cause, to_char(sum(unused), 'FM999,999,999,999') AS unused, round(100 * sum(unused) / nullif(sum(sum(unused)) OVER w, 0), 1) AS "% of it",
  to_char(sum(granted), 'FM999,999,999,999') AS granted, to_char(sum(unmet), 'FM999,999,999') AS unmet, to_char(sum(forgone_margin), 'FM999,999,999') AS "margin forgone", to_char(sum(idle_cost), 'FM999,999,999') AS "idle cost",
  to_char(sum(expected_loss), 'FM999,999,999') AS "expected loss"
FROM lending_report.report_gap GROUP BY currency, place, cause WINDOW w AS (PARTITION BY currency) ORDER BY currency, place;
\echo The long tail: small segments have few accounts to learn from. What the demand of their accounts rests on, and which part of it on weak estimates:
SELECT product, segment, accounts, posterior AS "own months", mostly_prior, prior_only, tail, round(100 * months_at_limit, 1) AS "% of months at limit",
  to_char(demand_mean, 'FM999,999,999,999') AS "demand of a month", round(100 * weak_share, 1) AS "% of it weak", round(100 * largest_share, 1) AS "% of the largest"
FROM lending_report.report_demand ORDER BY accounts LIMIT 4;
\echo What was forecast of November at the end of October, beside the last balance: mean absolute errors, and how many stayed below the 0.9 quantile.
SELECT product, to_char(sum(accounts), 'FM999,999,999') AS accounts, to_char(sum(error * accounts) / sum(accounts), 'FM999,999,999') AS "error of the forecast",
  to_char(sum(error_last_balance * accounts) / sum(accounts), 'FM999,999,999') AS "of the last balance",
  round(100 * sum(coverage_q90 * accounts_coverage) / sum(accounts_coverage), 1) AS "% below the 0.9 quantile",
  round(100 * sum(share_not_known * accounts) / sum(accounts), 1) AS "% whose 0.9 quantile of demand nobody knows"
FROM lending_report.report_demand_quality GROUP BY product ORDER BY product;
\echo From one month to the next, by days past due (retail card, the latest two months):
SELECT from_band AS "days past due", to_band AS "a month later", accounts, round(100 * share::numeric, 1) AS "%"
FROM lending_report.report_transitions WHERE product = 'retail card' AND month = '2026-10-01' AND to_band <> 'gone' ORDER BY 1, 2;
\echo Champion against challenger, the night of their first decisions: z beyond 1.96 is no chance.
SELECT arm, to_char(accounts, 'FM999,999') AS accounts, to_char(change, 'FMSG999,999,999') AS "change of limits", to_char(exposure, 'FM999,999,999') AS exposure,
  to_char(expected_loss, 'FM999,999,999') AS "expected loss", round(z_change::numeric, 1) AS z
FROM lending_report.report_experiment ORDER BY is_reference DESC;

\set step 'move a limit in real time'
\ir step.sql
\echo === 14. A payment late ===
SELECT set_business_date('lending', DATE '2026-12-31') AS today, enable_realtime('lending') AS enabled \gset
-- Whose limit is what score and income allow, and who never was late, gets less when the score falls.
SELECT d.account_id AS late FROM lending.decision d JOIN lending.account a USING (account_id) JOIN lending.account_feature f USING (account_id)
WHERE f.days_past_due_worst_12m = 0 AND d.action = 'INCREASE' AND d.binding = 'entitlement' AND d.new_limit >= 4000 AND a.balance BETWEEN 100 AND 0.4 * d.new_limit
ORDER BY d.pd DESC, d.account_id LIMIT 1 \gset
\echo Account :late, before; then the month of December comes in with a payment 65 days late, and the limit moves in the same transaction.
SELECT credit_limit, balance, frozen, last_limit_change FROM lending.account WHERE account_id = :late;
BEGIN;
INSERT INTO lending.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
SELECT account_id, DATE '2026-12-01', credit_limit, balance, 0, round(0.05 * balance, 2), 65 FROM lending.account WHERE account_id = :late;
SELECT credit_limit, balance, frozen, last_limit_change FROM lending.account WHERE account_id = :late;
COMMIT;
SELECT decision_id AS event, source, as_of, action, binding, score, round(pd::numeric, 4) AS pd, old_limit, new_limit FROM lending.decision WHERE account_id = :late AND source = 'realtime';
SELECT decision_id AS event FROM lending.decision WHERE account_id = :late AND source = 'realtime' \gset
SELECT disable_realtime('lending') AS disabled \gset
\echo What the borrower is told, in his language: at most four reasons, those of the score by name.
\ir reasons.sql
UPDATE lending.lender_contact SET lender = 'Bank of the Example', phone = '95000' WHERE language = 'en';
UPDATE lending.lender_contact SET lender = '示例银行', phone = '95000' WHERE language = 'zh';
\x on
SELECT 'en' AS language, n.decided_on, n.adverse, n.old_limit, n.new_limit, n.currency, array_to_string(n.reasons, ' ') AS reasons, n.lender, n.phone
FROM adverse_notice('lending', :event, 'en') n
UNION ALL
SELECT 'zh', n.decided_on, n.adverse, n.old_limit, n.new_limit, n.currency, array_to_string(n.reasons, '；'), n.lender, n.phone
FROM adverse_notice('lending', :event, 'zh') n ORDER BY 1;
\x off

\set step 'verify the log'
\ir step.sql
\echo === 15. Proof ===
\echo Every decision carries the hash of the one before it, of its inputs, its policy and its card. Problems found, and that decision made again from what was kept:
SELECT (SELECT count(*) FROM verify_log('lending')) AS problems, same AS "made again, the same", score, (decision).new_limit
FROM replay_decision('lending', :event);

\set step 'look for alerts'
\ir step.sql
\echo === 16. Alerts ===
\echo What was worth a look at the end of November, by rules that enter high, leave lower, and do not repeat themselves:
SELECT opened AS "opened that night" FROM run_alerts('lending', DATE '2026-11-30');
SELECT rule, severity, count(*) AS open, round(min(value)::numeric, 2) AS "from", round(max(value)::numeric, 2) AS "to" FROM lending_report.report_alerts
GROUP BY rule, severity ORDER BY severity, count(*) DESC;
\echo Nobody can look at so many. People work on cases, one an account, as many as they can: those first whose loss they avoid most of.
SELECT account_id, product, severity, round(100 * pd, 1) AS "% PD", to_char(expected_loss, 'FM999,999') AS "expected loss",
  to_char(loss_avoided, 'FM999,999') AS "of it avoided", rules FROM lending_report.report_cases LIMIT 5;
\echo The loss that the list would catch if it came as the truth of this book expects, and what as many accounts chosen by that truth would catch:
WITH truth AS (SELECT a.account_id, b.true_pd * p.lgd::numeric * p.exchange_rate * (greatest(a.balance, 0) + p.ccf::numeric * greatest(a.credit_limit
    - greatest(a.balance, 0), 0)) AS loss, c.case_id FROM lending.account a JOIN borrower b USING (borrower_id)
    LEFT JOIN lending.report_assumption own ON own.product = a.product JOIN lending.report_assumption p ON p.product = coalesce(own.product, '')
    LEFT JOIN lending.alert_case c ON c.account_id = a.account_id AND c.status <> 'closed'),
  ranked AS (SELECT t.*, row_number() OVER (ORDER BY loss DESC) AS place FROM truth t)
SELECT count(case_id) AS cases, (SELECT cases_a_month FROM lending.alert_setting) AS "can be worked", round(100.0 * count(case_id) / count(*), 2) AS "% of accounts",
  round(100 * sum(loss) FILTER (WHERE case_id IS NOT NULL) / sum(loss), 1) AS "% of loss",
  round(100 * sum(loss) FILTER (WHERE place <= n) / sum(loss), 1) AS "at best",
  round(100 * sum(loss) FILTER (WHERE case_id IS NOT NULL) / sum(loss) FILTER (WHERE place <= n), 1) AS "% of that"
FROM ranked, (SELECT count(case_id) AS n FROM ranked) k;
\echo Which rules are worth their alerts, this book cannot tell: it has twelve months, and nobody who was written off before the last.
\echo doc/operator/alerts.md, "backtest", tells it of three years of all accounts of the same generator.

\set step 'summarise the book'
\ir step.sql
\echo === 17. For the board ===
\echo Limits and balances are those of now, the gap that of the night.
\x on
SELECT currency, as_of, to_char(accounts, 'FM999,999,999') AS accounts, to_char(credit_limit, 'FM999,999,999,999') AS "limits", to_char(drawn, 'FM999,999,999,999') AS drawn,
  round(100 * utilization::numeric, 1) AS "% used", to_char(gap, 'FM999,999,999,999') AS "gap to what the rules give",
  round(100 * gap_risk / gap, 1) || ' risk, ' || round(100 * gap_product / gap, 1) || ' product, '
    || round(100 * gap_ungranted / gap, 1) || ' not granted, ' || round(100 * gap_demand / gap, 1) || ' demand, '
    || round(100 * gap_dormancy / gap, 1) || ' dormancy, ' || round(100 * gap_buffer / gap, 1) || ' buffer' AS "% of it", to_char(unmet, 'FM999,999,999,999') AS "demand turned away",
  round(100 * largest_share_unmet, 1) AS "% of it of one account", round(100 * weak_share_unmet, 1) AS "% of it on weak estimates",
  to_char(expected_loss, 'FM999,999,999') AS "expected loss", increases, decreases, freezes, referrals, to_char(limit_change, 'FMSG999,999,999,999') AS "change of limits", alerts_open
FROM lending_report.report_summary ORDER BY currency;
\x off

\set step 'look back after a year'
\ir step.sql
\echo === 18. A year later ===
\echo Who defaulted is known in a book that is made up. Where the score ranks, and where it has too little to go by:
INSERT INTO lending.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
SELECT 10 * b.borrower_id, DATE '2027-11-01', a.credit_limit, a.balance, 0, 0, CASE WHEN b.defaulted THEN 90 ELSE 0 END
FROM borrower b JOIN lending.account a USING (borrower_id);
UPDATE lending.report_refresh SET latest_month = DATE '2027-11-01', whole_month = DATE '2027-11-01';
SELECT product, segment, to_char(n, 'FM999,999') AS borrowers, n_event AS bad, round(auc::numeric, 3) AS auc, round(conf_low::numeric, 3) AS "from", round(conf_high::numeric, 3) AS "to", verdict
FROM lending_report.report_scores ORDER BY product, n DESC;
\echo And the challenger, by what became of its borrowers:
SELECT arm, to_char(observed, 'FM999,999') AS borrowers, bad, round(100 * bad_rate::numeric, 2) AS "% bad", round(p_value::numeric, 3) AS "p of no difference", round(100 * utilization::numeric, 1) AS "% used"
FROM lending_report.report_experiment ORDER BY is_reference DESC;
DROP OWNED BY demo_policy_owner, demo_approver;
DROP ROLE demo_policy_owner, demo_approver;
