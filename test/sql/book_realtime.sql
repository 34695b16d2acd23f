-- Real time: a new month or exclusion moves the borrower's limits in its own transaction, as a run would; and simulations.
\set VERBOSITY terse
\i test/helpers.sql
CREATE ROLE regress_realtime_maker;
SELECT credit_limit.create_book('book_t');
GRANT USAGE ON SCHEMA book_t, credit_limit, credit_limit_internal TO regress_realtime_maker;
GRANT ALL ON ALL TABLES IN SCHEMA book_t TO regress_realtime_maker;
\set policy '{"name": "cash", "entitlement": {"bands": [{"score_from": 600, "income_multiple": 2}]}, '
\set policy :policy '"risk_cap": [{"pd_below": 0.1, "limit": 9000}, {"limit": 2000}], "product": {"step": 100}, '
\set policy :policy '"exclusions": [{"column": "days_past_due", "at_least": 30, "reason": "Past due"}, {"column": "excluded", '
\set policy :policy '"is": true, "reason": "Excluded"}, {"column": "excluded_freeze", "is": true, "action": "FREEZE", '
\set policy :policy '"reason": "Frozen"}, {"column": "excluded_refer", "is": true, "action": "REFER", "reason": "Somebody looks"}]}'
SET ROLE regress_realtime_maker;
SELECT credit_limit.draft_policy('book_t', 'cash', :'policy'), credit_limit.draft_policy('book_t', 'cash',
  jsonb_set(:'policy'::jsonb, '{entitlement,bands,0,income_multiple}', '3')::credit_limit.limit_policy);
RESET ROLE;
SELECT credit_limit.approve_policy('book_t', 1, '2026-01-01', digest => credit_limit.version_digest('book_t', 'policy', 1));
INSERT INTO book_t.product VALUES ('cash', 'Cash', 'standby_cash', 'CNY', 'cash', NULL);
INSERT INTO book_t.borrower (borrower_id, income, external_score, external_pd) SELECT i, 1000 * i, 650, i / 100.0 FROM generate_series(1, 20) i;
INSERT INTO book_t.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT 100 + i, i, 'cash', 'CNY', '2026-01-01', 1000, 500 FROM generate_series(1, 20) i;
SELECT credit_limit.enable_realtime('book_t');
-- Without a business date nothing is decided, and nothing is written.
INSERT INTO book_t.account_month VALUES (101, '2026-10-01', 1000, 500, 50, 50, 0);
SELECT count(*) FROM book_t.account_month;
SELECT credit_limit.set_business_date('book_t', '2026-11-01');
INSERT INTO book_t.account_month SELECT 100 + i, '2026-10-01', 1000, 500, 50, 50, CASE WHEN i % 4 = 0 THEN 45 ELSE 0 END FROM generate_series(1, 20) i;
-- Twice the income, at most 9000 or 2000 by PD; not those past due.
SELECT count(*) AS accounts, count(*) FILTER (WHERE credit_limit <> CASE WHEN borrower_id % 4 = 0 THEN 1000
  ELSE least(2000 * borrower_id, CASE WHEN borrower_id < 10 THEN 9000 ELSE 2000 END) END) AS wrong
FROM book_t.account;
SELECT source, run_id, count(*) FROM book_t.decision GROUP BY 1, 2;
-- An exclusion comes, changes, and goes.
INSERT INTO book_t.exclusion (borrower_id, kind, action, valid_from) VALUES (5, 'fraud', 'FREEZE', '2026-11-01');
SELECT frozen, credit_limit.available_to_draw('book_t', 105, '2026-11-01') FROM book_t.account WHERE account_id = 105;
UPDATE book_t.exclusion SET action = 'REFER' WHERE borrower_id = 5;
SELECT frozen FROM book_t.account WHERE account_id = 105;
DELETE FROM book_t.exclusion WHERE borrower_id = 5;
SELECT action, reasons FROM book_t.decision WHERE account_id = 105 ORDER BY decision_id / 64, decision_id % 64;
-- An exclusion that moves to another borrower is decided for both.
INSERT INTO book_t.exclusion (borrower_id, kind, action, valid_from) VALUES (5, 'fraud', 'FREEZE', '2026-11-01');
UPDATE book_t.exclusion SET borrower_id = 11 WHERE borrower_id = 5;
SELECT account_id, frozen FROM book_t.account WHERE account_id IN (105, 111) ORDER BY 1;
DELETE FROM book_t.exclusion WHERE borrower_id = 11;
-- In the same transaction: undone with it.
BEGIN;
INSERT INTO book_t.exclusion (borrower_id, kind, action, valid_from) VALUES (6, 'fraud', 'FREEZE', '2026-11-01');
SELECT frozen FROM book_t.account WHERE account_id = 106;
ROLLBACK;
SELECT frozen, (SELECT count(*) FROM book_t.decision WHERE account_id = 106) AS decisions FROM book_t.account WHERE account_id = 106;
-- The run of the day agrees with what real time did: it moves nothing.
CALL credit_limit.run_decisions('book_t', '2026-11-01');
SELECT decisions, moves, failed FROM book_t.run_progress;
SELECT count(*) AS differ FROM book_t.decision r JOIN (SELECT DISTINCT ON (account_id) * FROM book_t.decision
  WHERE source = 'realtime' ORDER BY account_id, decision_id DESC) t USING (account_id)
WHERE r.source = 'run' AND r.new_limit <> t.new_limit;
SELECT * FROM credit_limit.verify_log('book_t');
SELECT count(*), bool_and((credit_limit.replay_decision('book_t', decision_id)).same) FROM book_t.decision;
-- A month whose first decisions found no partition stays in the default one; a run of it starts all the same.
UPDATE book_t.business_day SET business_date = '2027-01-15';
UPDATE book_t.exclusion SET reason = 'x';
INSERT INTO book_t.exclusion (borrower_id, kind, action, valid_from) VALUES (7, 'dispute', 'NO_INCREASE', '2027-01-15');
SET client_min_messages = notice;
CALL credit_limit.run_decisions('book_t', '2027-01-31');
SET client_min_messages = warning;
SELECT tableoid::regclass, count(*) FROM book_t.decision WHERE as_of >= '2027-01-01' GROUP BY 1;
SELECT count(*) FROM credit_limit.verify_log('book_t');
-- A product without an approved version stops the events of its borrowers, and nobody else's; a column more in the inputs stops none.
INSERT INTO book_t.product VALUES ('shop', 'Shop', 'instalment', 'CNY', 'cash', 'no such card'), ('free', 'Not decided', 'other', 'CNY', NULL, NULL);
INSERT INTO book_t.account (account_id, borrower_id, product, currency, opened_on) VALUES (208, 8, 'shop', 'CNY', '2026-01-01'),
  (209, 9, 'free', 'CNY', '2026-01-01');
INSERT INTO book_t.exclusion (borrower_id, kind, valid_from) VALUES (8, 'dispute', '2027-01-15');
INSERT INTO book_t.exclusion (borrower_id, kind, valid_from) VALUES (9, 'dispute', '2027-01-15');
SELECT account_id, count(*) FROM book_t.decision WHERE as_of = '2027-01-15' AND borrower_id IN (8, 9) GROUP BY 1;
SELECT count(*) FROM book_t.evidence_layout;
ALTER FUNCTION book_t.decision_input(date) RENAME TO plain_input;
CREATE FUNCTION book_t.decision_input(as_of date) RETURNS TABLE (account_id bigint, borrower_id bigint, product text,
  credit_limit numeric, balance numeric, pending numeric, external_score float8, external_pd float8,
  income float8, days_past_due int, last_limit_change date, excluded boolean, excluded_freeze boolean, excluded_refer boolean,
    umbrella_limit numeric, umbrella_drawn numeric, umbrella_place int, more text) LANGUAGE sql STABLE
  AS $$ SELECT account_id, borrower_id, product, credit_limit, balance, pending, external_score, external_pd, income::float8,
    days_past_due, last_limit_change, excluded, excluded_freeze, excluded_refer, umbrella_limit, umbrella_drawn, umbrella_place, 'more'
    FROM book_t.plain_input(as_of) $$;
INSERT INTO book_t.exclusion (borrower_id, kind, valid_from) VALUES (9, 'opt_out', '2027-01-15');
SELECT count(*) FROM book_t.decision_evidence e JOIN book_t.evidence_layout l USING (layout) WHERE e.as_of = '2027-01-15' GROUP BY l.layout ORDER BY 1;
SELECT count(*) FROM credit_limit.verify_log('book_t');
DROP FUNCTION book_t.decision_input(date);
ALTER FUNCTION book_t.plain_input(date) RENAME TO decision_input;
DELETE FROM book_t.account WHERE account_id > 200;
-- Off: months come without decisions.
SELECT credit_limit.disable_realtime('book_t');
INSERT INTO book_t.account_month VALUES (101, '2026-11-01', 1000, 500, 50, 50, 60);
SELECT count(*) FILTER (WHERE source = 'realtime') AS decisions FROM book_t.decision WHERE account_id = 101;

INSERT INTO book_t.account_month SELECT account_id, '2026-11-01', credit_limit, balance, 0, 0, CASE WHEN account_id % 4 = 0 THEN 45
  ELSE 0 END FROM book_t.account ON CONFLICT DO NOTHING;
-- Simulation: policy 2 gives three incomes instead of two. By hand, from the tables: swap sets, limits, exposure, loss, revenue.
SELECT currency, action_a, action_b, accounts, old_limit, limit_a, limit_b, exposure_a, exposure_b, expected_loss_a, expected_loss_b,
  revenue_a, revenue_b FROM credit_limit.simulate_policy('book_t', 1, 2, '2026-12-01', '{"lgd": 0.5, "ccf": 0.4, "margin": 0.1}');
WITH r AS (SELECT a.account_id, a.balance, a.credit_limit AS old, b.external_pd::numeric AS pd,
  least(2 * b.income, CASE WHEN b.external_pd < 0.1 THEN 9000 ELSE 2000 END) AS a,
    least(3 * b.income, CASE WHEN b.external_pd < 0.1 THEN 9000 ELSE 2000 END) AS b, m.days_past_due >= 30 OR m.account_id IS NULL AS held
  FROM book_t.account a JOIN book_t.borrower b USING (borrower_id) LEFT JOIN book_t.account_month m ON m.account_id = a.account_id AND m.month = '2026-11-01'),
h AS (SELECT *, CASE WHEN held THEN old ELSE a END AS la, CASE WHEN held THEN old ELSE b END AS lb FROM r)
SELECT count(*) AS accounts, sum(old) AS old_limit, sum(la) AS limit_a, sum(lb) AS limit_b,
  sum(round(balance + 0.4 * (la - balance), 2)) AS exposure_a, sum(round(balance + 0.4 * (lb - balance), 2)) AS exposure_b,
  sum(round(pd * 0.5 * (balance + 0.4 * (la - balance)), 2)) AS loss_a, sum(round(pd * 0.5 * (balance + 0.4 * (lb - balance)), 2)) AS loss_b,
  sum(round(0.1 * balance / old * la, 2)) AS revenue_a, sum(round(0.1 * balance / old * lb, 2)) AS revenue_b FROM h;
-- Without options the rates are those of report_assumption, of the product or of all.
SELECT (s.expected_loss_a, s.expected_loss_b, s.exposure_a, s.revenue_a) = (o.expected_loss_a, o.expected_loss_b, o.exposure_a, o.revenue_a) AS of_all
FROM credit_limit.simulate_policy('book_t', 1, 2, '2026-12-01') s JOIN credit_limit.simulate_policy('book_t', 1, 2, '2026-12-01',
  '{"lgd": 0.75, "ccf": 0.4, "margin": 0.12}') o ON s.action_a IS NULL AND o.action_a IS NULL;
INSERT INTO book_t.report_assumption (product, lgd, ccf) SELECT product, 0.3, 0.9 FROM book_t.product WHERE policy = 'cash';
SELECT (s.expected_loss_a, s.expected_loss_b, s.exposure_a, s.revenue_a) = (o.expected_loss_a, o.expected_loss_b, o.exposure_a, o.revenue_a) AS of_the_product
FROM credit_limit.simulate_policy('book_t', 1, 2, '2026-12-01') s JOIN credit_limit.simulate_policy('book_t', 1, 2, '2026-12-01',
  '{"lgd": 0.3, "ccf": 0.9}') o ON s.action_a IS NULL AND o.action_a IS NULL;
-- A product in another currency, decided by the same policy: nothing is added up across the two.
INSERT INTO book_t.product VALUES ('dollar', 'Dollars', 'card', 'USD', 'cash', NULL);
INSERT INTO book_t.borrower (borrower_id, income, external_score, external_pd) VALUES (30, 2000, 700, 0.02);
INSERT INTO book_t.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  VALUES (130, 30, 'dollar', 'USD', '2026-01-01', 1000, 500);
INSERT INTO book_t.account_month VALUES (130, '2026-11-01', 1000, 500, 0, 0, 0);
SELECT currency, action_a, action_b, accounts, limit_a, limit_b FROM credit_limit.simulate_policy('book_t', 1, 2, '2026-12-01');
SELECT * FROM credit_limit.simulate_policy('book_t', 1, 77, '2026-12-01');
SELECT * FROM credit_limit.simulate_policy('book_t', 1, 2, '2026-12-01', '{"lgd": 2}');
-- A book may be renamed, with its reports: nothing in it names the book.
SELECT credit_limit.enable_realtime('book_t');
ALTER SCHEMA book_t RENAME TO book_t2;
ALTER SCHEMA book_t_report RENAME TO book_t2_report;
SELECT count(*) AS names_it FROM pg_proc WHERE pronamespace = 'book_t2'::regnamespace AND prosrc ~ '\mbook_t\M';
SELECT max(decision_id) AS before FROM book_t2.decision \gset
INSERT INTO book_t2.account_month VALUES (130, '2026-12-01', 1000, 600, 0, 10, 40);
INSERT INTO book_t2.exclusion (borrower_id, kind, valid_from) VALUES (30, 'dispute', '2026-01-01');
UPDATE book_t2.exclusion SET valid_from = '2026-01-02' WHERE borrower_id = 30;
DELETE FROM book_t2.exclusion WHERE borrower_id = 30;
DELETE FROM book_t2.account_month WHERE account_id = 130 AND month = '2026-12-01';
UPDATE book_t2.account SET credit_limit = 900 WHERE account_id = 130;
SELECT source, count(*) FROM book_t2.decision WHERE decision_id > :before AND account_id = 130 GROUP BY source;
SELECT count(*) AS problems FROM credit_limit.verify_log('book_t2');
SELECT * FROM credit_limit.check_book('book_t2') WHERE problem ~ 'missing|is off';
SELECT credit_limit.refresh_reports('book_t2', '2026-12-01') > 0 AS refreshed;
DROP SCHEMA book_t2, book_t2_report CASCADE;
DROP OWNED BY regress_realtime_maker;
DROP ROLE regress_realtime_maker;
