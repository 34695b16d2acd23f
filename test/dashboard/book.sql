-- A small book in which every panel of the dashboard finds something: two products and currencies, 13 months, two runs and a what-if
-- run, alerts and a case. Read by test/dashboard/run.
SET client_min_messages = warning;
CREATE EXTENSION credit_limit;
SELECT credit_limit.create_book('dashboard_book');
SELECT 'CREATE ROLE dashboard_test_bi' WHERE to_regrole('dashboard_test_bi') IS NULL \gexec
SELECT credit_limit.grant_book('dashboard_book', bi => 'dashboard_test_bi');
SET search_path = dashboard_book;
INSERT INTO product VALUES ('card', 'Card', 'card', 'CNY', NULL, NULL), ('cash', 'Cash', 'cash', 'CNY', NULL, NULL),
  ('abroad', 'Abroad', 'card', 'USD', NULL, NULL);
INSERT INTO borrower (borrower_id, segment, external_pd) SELECT i, CASE WHEN i % 3 = 0 THEN 'town' ELSE 'farm' END, 0.01 + i % 7 / 100.0
FROM generate_series(1, 120) i;
INSERT INTO account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
SELECT i, i, v.product, v.currency, DATE '2025-06-10' + 30 * (i % 4), 1000 * (1 + i % 5), 11 * (i * 37 % 397) - 100
FROM generate_series(1, 120) i, LATERAL (SELECT CASE WHEN i % 9 = 0 THEN 'abroad' WHEN i % 2 = 0 THEN 'card' ELSE 'cash' END AS product,
  CASE WHEN i % 9 = 0 THEN 'USD' ELSE 'CNY' END AS currency) v;
INSERT INTO account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
SELECT a.account_id, m, a.credit_limit, greatest(-50, a.balance - 10 * extract(month FROM m)::int), 10, 10,
  (ARRAY[0, 0, 0, 12, 40, 70, 95, 0, 5, 0, 0])[1 + (a.account_id * 7 + extract(month FROM age(m, '2025-01-01'))::int) % 11]
FROM account a, generate_series(DATE '2025-06-01', DATE '2026-06-01', interval '1 month') g, LATERAL (SELECT g::date AS m) v
WHERE m >= date_trunc('month', a.opened_on)
  AND (m <> '2026-02-01' OR a.account_id % 4 > 0);	-- a file that was not complete
INSERT INTO run (run_id, run_key, as_of, move_limits, chunk_size, status, ended_at) VALUES
  (201, 'May', '2026-05-31', true, 1, 'done', clock_timestamp()),
  (202, 'June', '2026-06-30', true, 1, 'done', clock_timestamp()), (203, 'what if', '2026-06-30', false, 1, 'done', clock_timestamp());
INSERT INTO decision (decision_id, run_id, source, account_id, borrower_id, product, as_of, decided_at, action, score, pd, old_limit,
  new_limit, entitlement, binding, reasons, frozen, input_hash, previous_hash, hash)
SELECT 64 * (3 * i + r), 201 + r, 'run', i, i, a.product, CASE r WHEN 0 THEN DATE '2026-05-31' ELSE '2026-06-30' END, '2026-06-30',
  CASE WHEN i % 5 = r THEN 'INCREASE' ELSE 'KEEP' END, 600 + i * 13 % 50 + 3 * r, 0.02, a.credit_limit,
  a.credit_limit + CASE WHEN i % 5 = r THEN 500 ELSE 0 END, 6000, 'x', '{}', false, '', '', ''
FROM generate_series(1, 120) i, generate_series(0, 2) r, account a WHERE a.account_id = i;
INSERT INTO alert_case (case_id, account_id, borrower_id, opened_on, severity, pd, expected_loss, loss_avoided, place)
VALUES (1, 2, 2, '2026-06-20', 'act', 0.3, 100, 60, 1);
INSERT INTO alert (rule, rule_from, as_of, subject, value, severity, account_id, borrower_id, case_id)
VALUES ('past due', '1900-01-01', '2026-06-20', '2', 40, 'act', 2, 2, 1);
SELECT credit_limit.set_business_date('dashboard_book', '2026-06-30'), credit_limit.refresh_reports('dashboard_book');
