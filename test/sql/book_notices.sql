-- Notices of adverse decisions: the principal reasons, at most four, in the borrower's language.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_notices_maker;
SELECT credit_limit.create_book('book_n');
GRANT USAGE ON SCHEMA book_n, credit_limit, credit_limit_internal TO regress_notices_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_n TO regress_notices_maker;
SET ROLE regress_notices_maker;
SELECT credit_limit.draft_policy('book_n', 'cash',
  '{"name": "cash", "entitlement": {"bands": [{"score_from": 700, "income_multiple": 3}, {"score_from": 400, '
  '"income_multiple": 0.5}]}, "product": {"step": 100}, "exclusions": [{"column": "days_past_due", "at_least": 30, '
  '"action": "FREEZE", "reason": "Past due"}], "movement": {"max_decrease": 0.5}}'),
  credit_limit.draft_scorecard('book_n', 'card', '{"name": "card", "base_points": 300, "characteristics": [
    {"name": "utilization", "reason": "Much of the limit is used", "bins": [{"below": 0.5, "points": 200}, {"points": 20}], "missing": {"points": 0}},
    {"name": "days_past_due", "reason": "Payments were late", "bins": [{"below": 1, "points": 100}, {"points": 0}], "missing": {"points": 0}},
    {"name": "months_on_book", "reason": "The line is young", "bins": [{"below": 12, "points": 0}, {"points": 60}], "missing": {"points": 0}},
    {"name": "income", "reason": "Income is low", "bins": [{"below": 5000, "points": 0}, {"points": 150}], "missing": {"points": 0}}]}');
RESET ROLE;
SELECT credit_limit.approve_policy('book_n', 1, '2026-01-01', digest => credit_limit.version_digest('book_n', 'policy', 1)),
  credit_limit.approve_scorecard('book_n', 1, '2026-01-01', digest => credit_limit.version_digest('book_n', 'scorecard', 1));
INSERT INTO book_n.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', 'card'), ('card', 'Card', 'card', 'USD', 'cash', NULL);
INSERT INTO book_n.borrower (borrower_id, income, external_score, external_pd) VALUES (1, 4000, 500, 0.01), (2, 4000, NULL, NULL), (3, 9000, NULL, NULL);
INSERT INTO book_n.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance) VALUES
  (11, 1, 'cash', 'CNY', '2026-09-01', 4000, 2200), (12, 1, 'card', 'USD', '2026-09-01', 3000, 0),
    (21, 2, 'cash', 'CNY', '2026-09-01', 4000, 100), (31, 3, 'cash', 'CNY', '2020-01-01', 4000, 100);
SELECT credit_limit.add_months('book_n', '2026-11-01', 1);
INSERT INTO book_n.account_month SELECT account_id, '2026-11-01', credit_limit, balance, 0, 0, CASE WHEN account_id = 11 THEN 10
  WHEN account_id = 21 THEN 40 ELSE 0 END FROM book_n.account;
CALL credit_limit.run_decisions('book_n', '2026-11-30');
SELECT decision_id, account_id, action, binding, old_limit, new_limit, reasons FROM book_n.decision ORDER BY account_id;
-- Account 11: what the score lost, the largest loss first: 180 points for use, 150 for income, 100 for a late payment, 60 for age:
-- three of them, after the reason of the policy. In English the factors have no texts yet, and in Chinese neither.
SELECT account_id, n.* FROM book_n.decision, credit_limit.adverse_notice('book_n', decision_id, 'en') n(decided_on, adverse,
  borrower, account) WHERE account_id = 11;
SELECT n.reasons, n.untranslated, lender, supervisor FROM book_n.decision d, credit_limit.adverse_notice('book_n', d.decision_id,
  'zh') n WHERE d.account_id = 11;
INSERT INTO book_n.reason_text VALUES ('Much of the limit is used', 'zh', '额度使用率较高'), ('Income is low', 'zh', '收入偏低'),
  ('Payments were late', 'zh', '近期有逾期还款');
UPDATE book_n.lender_contact SET lender = '某某银行', phone = '95000' WHERE language = 'zh';
SELECT n.reasons, n.untranslated, lender, phone FROM book_n.decision d, credit_limit.adverse_notice('book_n', d.decision_id, 'zh') n WHERE d.account_id = 11;
-- The others: an external score tells no factors, a freeze is adverse, a rise is not. Amounts are in the currency of the account.
SELECT d.account_id, d.action, n.currency, n.old_limit, n.new_limit, n.available, n.adverse, n.reasons FROM book_n.decision d,
  credit_limit.adverse_notice('book_n', d.decision_id, 'en') n ORDER BY 1;
-- A language nobody wrote texts for says so; there is no notice of what was not decided; NULL gives no row.
SELECT cardinality(reasons) = cardinality(untranslated) AS all_untranslated, lender FROM credit_limit.adverse_notice('book_n', 64, 'fr');
SELECT * FROM credit_limit.adverse_notice('book_n', 7, 'en');
SELECT count(*) FROM credit_limit.adverse_notice('book_n', NULL, 'en');
SELECT credit_limit.principal_reasons('book_n', 7);
-- Every notice of the book: never more than four reasons, the policy's first.
SELECT count(*), max(cardinality(p)) AS most, bool_and(d.reasons[1] IS NOT DISTINCT FROM p[1]) AS first FROM book_n.decision d,
  credit_limit.principal_reasons('book_n', d.decision_id) p;
-- Without the inputs of an erased borrower the reasons of the policy remain.
UPDATE book_n.account SET status = 'closed' WHERE borrower_id = 1;
SELECT credit_limit.erase_borrower('book_n', 1, '2026-12-01', 'asked');
SELECT n.reasons FROM book_n.decision d, credit_limit.adverse_notice('book_n', d.decision_id, 'en') n WHERE d.account_id = 11;
-- The reasons that a policy gives of itself have texts in both languages: those of a policy that says no reason of its own.
SELECT count(DISTINCT m[1]) AS reasons, string_agg(m[1], ', ') FILTER (WHERE (SELECT count(*) FROM book_n.reason_text t
  WHERE t.reason = m[1] AND t.language IN ('en', 'zh')) < 2) AS without_text
FROM regexp_matches('{"name": "all", "entitlement": {"bands": [{"score_from": 1, "limit": 1}]}, "target": {"demand_quantile": 0.9}, '
  '"risk_cap": [{"limit": 1}], "product": {"floor": 1, "cap": 1}, "affordability": {"max_debt_to_income": 0.5, "apr": 0.1, '
  '"payment_rate": 0.1}, "umbrella": {"type": "shared"}, "regulatory_cap": [{"limit": 1}], "movement": {"max_increase": 0.5, '
  '"dead_band": 0.1, "cooling_off_days": {"increase": 1}}, "approval": {"above": 1}}'::credit_limit.limit_policy::text,
  'reason": "([^"]+)"', 'g') m;
-- A reason that goes on after a colon has the words of what stands before it, unless it has its own.
SELECT credit_limit.translate_reasons('book_n', '{"A budget bound: one more of exposure costs 0.03","income is unknown","Persistent debt","None: at all"}', l)
FROM unnest('{en,zh}'::text[]) l;
INSERT INTO book_n.reason_text VALUES ('A budget bound: one more of exposure costs 0.03', 'en', 'Exposure is scarce.');
SELECT credit_limit.translate_reasons('book_n', '{"A budget bound: one more of exposure costs 0.03","A budget bound: one more of capital costs 0.03"}', 'en');
-- The reasons of the rules that are shipped have texts too.
SELECT r #>> '{}' AS without_text FROM credit_limit.limit_rules() l, jsonb_path_query(l.clause, '$.**.reason') r
WHERE (SELECT count(*) FROM book_n.reason_text t WHERE t.reason = r #>> '{}' AND t.language IN ('en', 'zh')) < 2;
-- What a run would do that moves nothing is adverse to nobody.
CALL credit_limit.run_decisions('book_n', '2026-11-30', '{"run_key": "what if", "move_limits": false}');
SELECT count(*) FILTER (WHERE d.frozen OR d.new_limit < d.old_limit) > 0 AS some_fall, count(*) FILTER (WHERE n.adverse) AS adverse
FROM book_n.decision d JOIN book_n.run r USING (run_id), credit_limit.adverse_notice('book_n', d.decision_id, 'en') n WHERE r.run_key = 'what if';
-- Bands of two columns: factors of the score follow where the score, alone or as well, holds the limit down; not where only the other
-- column does, nor where nothing does. Accounts are named by what holds them: 41 nothing, 42 the score, 43 the use, 44 both.
SET ROLE regress_notices_maker;
SELECT credit_limit.draft_policy('book_n', 'grid', '{"name": "grid", "entitlement": {"grid": {
  "down": {"column": "score", "from": [600, 300], "reason": "The score is low"},
  "across": {"column": "utilization", "below": [0.3, 10], "reason": "Use is high"}, "limit": [[20000, 10000], [10000, 4000]]}}}');
RESET ROLE;
SELECT credit_limit.approve_policy('book_n', 2, '2026-01-01', digest => credit_limit.version_digest('book_n', 'policy', 2));
INSERT INTO book_n.product VALUES ('grid', 'Grid line', 'standby_cash', 'CNY', 'grid', 'card');
INSERT INTO book_n.borrower (borrower_id, income) SELECT i, CASE WHEN i % 2 = 0 THEN 4000 ELSE 9000 END FROM generate_series(41, 44) i;
INSERT INTO book_n.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
SELECT i, i, 'grid', 'CNY', '2026-09-01', 30000, CASE WHEN i < 43 THEN 3000 ELSE 12000 END FROM generate_series(41, 44) i;
CALL credit_limit.run_decisions('book_n', '2026-11-30', '{"run_key": "grid"}');
SELECT d.account_id, d.score, d.entitlement, d.reasons AS of_policy, p.reasons FROM book_n.decision d JOIN book_n.run r USING (run_id),
  credit_limit.principal_reasons('book_n', d.decision_id) p(reasons) WHERE r.run_key = 'grid' AND d.product = 'grid' ORDER BY 1;
DROP SCHEMA book_n, book_n_report CASCADE;
DROP OWNED BY regress_notices_maker;
DROP ROLE regress_notices_maker;
