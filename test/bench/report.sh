#!/bin/bash
# Reports of a book of ROWS accounts with up to twelve months each: the refresh, and every view, as a whole and for a month. Then
# how long a refresh takes to count one month more of a quarter as many accounts, after 6 months and after 24, in turn.
# Needs PGHOST and so on for psql, and a database that may be written to. ROWS=200000 by default.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-200000}
run() { psql -XqAt -v ON_ERROR_STOP=1 -v rows="$ROWS" "$@"; }

run > /dev/null 2>&1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP SCHEMA IF EXISTS bench_report, bench_report_report CASCADE;
SELECT credit_limit.create_book('bench_report');
SELECT credit_limit.add_months('bench_report', '2025-12-01', 13);
ALTER TABLE bench_report.account_month DROP CONSTRAINT account_month_account_id_fkey;
SELECT 'DROP OWNED BY bench_maker', 'DROP ROLE bench_maker' FROM pg_roles WHERE rolname = 'bench_maker' \gexec
CREATE ROLE bench_maker;
GRANT USAGE ON SCHEMA bench_report, credit_limit, credit_limit_internal TO bench_maker;
GRANT ALL ON ALL TABLES IN SCHEMA bench_report TO bench_maker;
SET ROLE bench_maker;
SELECT credit_limit.draft_policy('bench_report', 'cash', '{"name": "cash", "product": {"step": 100},
  "entitlement": {"bands": [{"score_from": 600, "income_multiple": 3}, {"score_from": 0, "income_multiple": 1}]},
  "risk_cap": [{"pd_below": 0.05, "limit": 20000}, {"limit": 3000}]}');
RESET ROLE;
SELECT credit_limit.approve_policy('bench_report', 1, '2025-01-01',
  digest => credit_limit.version_digest('bench_report', 'policy', 1));
INSERT INTO bench_report.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', NULL),
  ('card', 'Card', 'card', 'USD', 'cash', NULL);
\i demo/panel.sql
INSERT INTO bench_report.borrower (borrower_id, segment, income, obligations, external_score, external_pd)
  SELECT i, 'segment ' || i % 20, (2000 + pg_temp.panel_u(1, i, -2000) * 20000)::numeric(14,2), 0,
    300 + 500 * pg_temp.panel_u(1, i, -2001), pg_temp.panel_u(1, i, -2002) / 10
  FROM generate_series(1, :rows) i;
INSERT INTO bench_report.account_month (account_id, month, credit_limit, balance, payment, due, days_past_due)
  SELECT account_id, month, credit_limit, balance, payment, due, days_past_due FROM pg_temp.panel(:rows, 12, '2025-12-01');
-- The account is as its last month left it.
INSERT INTO bench_report.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance)
  SELECT DISTINCT ON (account_id) account_id, account_id, CASE WHEN account_id % 3 = 0 THEN 'card' ELSE 'cash' END,
    CASE WHEN account_id % 3 = 0 THEN 'USD' ELSE 'CNY' END, (DATE '2025-11-15' + make_interval(months => opened))::date,
    credit_limit, balance
  FROM bench_report.account_month JOIN pg_temp.panel_account(:rows, 12) USING (account_id) ORDER BY account_id, month DESC;
UPDATE bench_report.report_assumption SET outcome_months = 6;
VACUUM (ANALYZE) bench_report.borrower, bench_report.account, bench_report.account_month;
CALL credit_limit.run_decisions('bench_report', '2026-05-31');
CALL credit_limit.run_decisions('bench_report', '2026-11-30');
ANALYZE bench_report.decision;
SQL

# seconds NAME SQL
seconds() {
  taken=$(printf 'SET jit = off;\n\\timing on\n%s\n' "$2" | run | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1)
  printf '%-32s %8.0f ms\n' "$1" "$taken"
}

echo "$ROWS accounts, $(run -c 'SELECT count(*) FROM bench_report.account_month') months"
seconds "refresh" "SELECT credit_limit.refresh_reports('bench_report', '2026-11-30');"
refresh=$taken
taken=$(printf 'SET max_parallel_workers_per_gather = 0;\n\\timing on\nSELECT count(*) FROM bench_report.account_month;\n' | run |
  sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1)
result 'refresh_reports' "$(run -c 'SELECT count(*) FROM bench_report.account_month')" "$refresh" "$taken" - - - -
if [[ -n ${BENCH_SHORT:-} ]]; then
  run <<< 'DROP SCHEMA bench_report, bench_report_report CASCADE; DROP OWNED BY bench_maker; DROP ROLE bench_maker;' 2> /dev/null
  exit 0
fi
run <<< 'VACUUM (ANALYZE) bench_report.report_position;'
for view in $(run <<< "SELECT relname FROM pg_class WHERE relnamespace = 'bench_report_report'::regnamespace AND relkind = 'v'
    AND relname LIKE 'report_%' ORDER BY 1"); do
  seconds "$view" "SELECT count(*) FROM (SELECT * FROM bench_report_report.$view OFFSET 0) r;"
done
for view in report_utilization report_transitions; do
  seconds "$view, a month" "SELECT count(*) FROM (SELECT * FROM bench_report_report.$view WHERE month = '2026-06-01' OFFSET 0) r;"
done
for view in report_decisions report_reasons; do
  seconds "$view, a day" "SELECT count(*) FROM (SELECT * FROM bench_report_report.$view WHERE as_of = '2026-11-30' OFFSET 0) r;"
done
run <<< 'DROP SCHEMA bench_report, bench_report_report CASCADE; DROP OWNED BY bench_maker; DROP ROLE bench_maker;' 2> /dev/null

for months in 6 24; do
  run -v months=$months > /dev/null 2>&1 <<'SQL'
SELECT format('bench_months_%s', :months) AS book, format('bench_months_%s_report', :months) AS reports \gset
DROP SCHEMA IF EXISTS :"book", :"reports" CASCADE;
SELECT credit_limit.create_book(:'book'), credit_limit.add_months(:'book', '2024-01-01', :months + 6);
SET search_path = :"book";
INSERT INTO product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', NULL, NULL), ('card', 'Card', 'card', 'USD', NULL, NULL);
INSERT INTO borrower (borrower_id, segment) SELECT i, 'segment ' || i % 20 FROM generate_series(1, :rows / 4) i;
INSERT INTO account (account_id, borrower_id, product, currency, opened_on)
  SELECT i, i, CASE WHEN i % 3 = 0 THEN 'card' ELSE 'cash' END, CASE WHEN i % 3 = 0 THEN 'USD' ELSE 'CNY' END,
    DATE '2023-10-15' + i % 10 * 30 FROM generate_series(1, :rows / 4) i;
CREATE FUNCTION add_month(k int) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO account_month (account_id, month, credit_limit, balance, days_past_due)
  SELECT account_id, DATE '2024-01-01' + make_interval(months => k), 1000, hashint8(account_id * 100 + k) & 1023,
    CASE WHEN hashint8(account_id * 77 + k) & 63 = 0 THEN 95 WHEN hashint8(account_id * 77 + k) & 7 = 0 THEN 10 ELSE 0 END
  FROM account $$;
CREATE FUNCTION count_month() RETURNS date LANGUAGE sql SET search_path FROM CURRENT
  AS $$ SELECT month FROM credit_limit_internal.count_month('2028-01-01') $$;
SELECT add_month(k) FROM generate_series(0, :months - 1) k;
VACUUM (ANALYZE) account, account_month, borrower;
SELECT count_month() FROM generate_series(1, :months + 1);
VACUUM (ANALYZE) report_first, report_month, report_cohort;
SQL
done
for try in 0 1 2; do
  for months in 6 24; do
    run -v months=$months -v try=$try > /dev/null <<< 'SELECT format($$bench_months_%s$$, :months) AS book \gset
SELECT :"book".add_month(:months + :try); SET search_path = :"book"; ANALYZE account_month;'
    seconds "a month more after $((months + try))" "SELECT bench_months_$months.count_month();"
  done
done
for view in transitions vintages survival bad_rate concentration; do
  seconds "report_$view, 27 months" "SELECT count(*) FROM (SELECT * FROM bench_months_24_report.report_$view OFFSET 0) r;"
done
run <<< 'DROP SCHEMA bench_months_6, bench_months_24, bench_months_6_report, bench_months_24_report CASCADE' 2> /dev/null
