#!/bin/bash
# Decisions per second of a book on one core: a preview, a simulation of two policies, and runs that write the log.
# Needs PGHOST and so on for psql, and a database that may be written to, on this machine: the processor time is read in /proc.
# ROWS=1000000 accounts with MONTHS=24 months each by default. KEEP=1 leaves the book there (book_realtime.sh goes on with it),
# and uses one that is there; ONLY_LOAD=1 makes it and measures nothing. REPEAT=3: how often previews and runs are measured.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}
MONTHS=${MONTHS:-24}
REPEAT=${REPEAT:-3}
HERE=$(cd "$(dirname "$0")/../.." && pwd)
run() { psql -XqAt -v ON_ERROR_STOP=1 -v rows="$ROWS" -v months="$MONTHS" -v policy="$(cat "$HERE"/demo/policy.json)" "$@"; }

load() {
run 2>&1 > /dev/null <<'SQL' | { grep -v NOTICE || true; }
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP SCHEMA IF EXISTS bench_book, bench_book_report CASCADE;
SELECT credit_limit.create_book('bench_book');
SELECT credit_limit.add_months('bench_book', (DATE '2026-11-01' - make_interval(months => :months - 1))::date, :months);
SELECT 'DROP OWNED BY bench_maker', 'DROP ROLE bench_maker' FROM pg_roles WHERE rolname = 'bench_maker' \gexec
CREATE ROLE bench_maker;
GRANT USAGE ON SCHEMA bench_book, credit_limit, credit_limit_internal TO bench_maker;
GRANT ALL ON ALL TABLES IN SCHEMA bench_book TO bench_maker;
SET ROLE bench_maker;
SELECT credit_limit.draft_policy('bench_book', 'cash',
  replace(replace(:'policy', '"column": "fraud_flag"', '"column": "excluded_freeze"'),
  '"umbrella": {"type": "shared", "reason": "Limit across all products of the borrower"},', '')::credit_limit.limit_policy);
SELECT credit_limit.draft_scorecard('bench_book', 'card', '{"name": "card", "base_points": 400, "characteristics": [
  {"name": "utilization", "bins": [{"below": 0.3, "points": 120}, {"below": 0.8, "points": 60}, {"points": 0}],
    "missing": {"points": 50}},
  {"name": "days_past_due", "bins": [{"below": 1, "points": 120}, {"below": 30, "points": 40}, {"points": 0}],
    "missing": {"points": 60}},
  {"name": "months_on_book", "bins": [{"below": 6, "points": 0}, {"below": 24, "points": 40}, {"points": 80}]},
  {"name": "income", "bins": [{"below": 2000, "points": 0}, {"below": 6000, "points": 50}, {"points": 90}],
    "missing": {"points": 0}},
  {"name": "months_inactive", "bins": [{"below": 1, "points": 40}, {"points": 20}], "missing": {"points": 20}}]}');
RESET ROLE;
SELECT credit_limit.approve_policy('bench_book', 1, '2026-01-01',
    digest => credit_limit.version_digest('bench_book', 'policy', 1)),
  credit_limit.approve_scorecard('bench_book', 1, '2026-01-01',
    digest => credit_limit.version_digest('bench_book', 'scorecard', 1));
INSERT INTO bench_book.product VALUES ('cash', 'Cash line', 'standby_cash', 'CNY', 'cash', 'card');
SELECT setseed(0.5);
-- Foreign keys would be checked row by row.
SET session_replication_role = replica;
INSERT INTO bench_book.borrower (borrower_id, segment, income, obligations)
  SELECT i, 'a', (2000 + random() * 20000)::numeric(14,2), (random() * 4000)::numeric(14,2) FROM generate_series(1, :rows) i;
INSERT INTO bench_book.account (account_id, borrower_id, product, currency, opened_on, credit_limit, balance, last_limit_change)
  SELECT i, i, 'cash', 'CNY', DATE '2026-11-30' - (random() * 2000)::int, (1000 * floor(random() * 30))::numeric(14,2),
    (random() * 8000)::numeric(14,2), DATE '2026-11-30' - (random() * 400)::int FROM generate_series(1, :rows) i;
SELECT format('INSERT INTO bench_book.account_month_%s
    SELECT a.account_id, %L, a.credit_limit, a.balance, 100, 100, (random() * 18)::int
  FROM bench_book.account a ORDER BY a.account_id', to_char(m, 'YYYY_MM'), m::date)
  FROM generate_series(DATE '2026-11-01' - make_interval(months => :months - 1), DATE '2026-11-01', interval '1 month') m \gexec
INSERT INTO bench_book.account_feature (account_id, computed_on, demand_q90, demand_mean, utilization_3m, payment_ratio_3m,
  months_inactive)
  SELECT account_id, '2026-11-30', (random() * 30000)::numeric(14,2), 1000, 0.3, 0.5, 0
  FROM bench_book.account;
INSERT INTO bench_book.exclusion (borrower_id, kind, action, valid_from) SELECT i, 'fraud', 'FREEZE', '2026-11-01'
  FROM generate_series(1, :rows, 100) i;
RESET session_replication_role;
VACUUM (ANALYZE) bench_book.borrower, bench_book.account, bench_book.account_month,
  bench_book.account_feature, bench_book.exclusion;
SQL
}
if [[ ${KEEP:-} != 1 || $(run -c "SELECT to_regclass('bench_book.account') IS NULL") == t ]]; then
  load
fi
[[ ${ONLY_LOAD:-} != 1 ]] || exit 0
ROWS=$(run -c "SELECT count(*) FROM bench_book.account")

# seconds NAME SQL [ROWS]: by the clock, and of the processor.
seconds() {
  local rows=${3:-$ROWS} pid before after started ended
  coproc SESSION { run; }
  printf '%s\n' 'SET max_parallel_workers_per_gather = 0; SET jit = off; SELECT pg_backend_pid();' >&"${SESSION[1]}"
  read -r -u "${SESSION[0]}" pid
  before=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
  started=$EPOCHREALTIME
  printf '%s\n\\echo done\n' "$2" >&"${SESSION[1]}"
  while read -r -u "${SESSION[0]}" line && [[ $line != done ]]; do :; done
  ended=$EPOCHREALTIME
  after=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
  taken=$(awk -v s="$started" -v e="$ended" 'BEGIN { print 1000 * (e - s) }')
  printf '\\q\n' >&"${SESSION[1]}"
  wait "$SESSION_PID" || true
  awk -v w="$1" -v n="$rows" -v s="$started" -v e="$ended" -v c=$((after - before)) -v h="$(getconf CLK_TCK)" \
    -v l="$(cut -d' ' -f1 /proc/loadavg)" \
    'BEGIN {
      printf "%-18s %8.0f ms  %9.0f per second  %6.2f us of the processor each (%.0f a second)  load %s\n",
        w, (e - s) * 1000, n / (e - s), c / h / n * 1e6, n * h / c, l }'
}

for ((i = 0; i < REPEAT; i++)); do
  seconds "preview" "SELECT count((decision).new_limit) FROM credit_limit.preview_decisions('bench_book', '2026-11-30');"
  preview=$taken
done
seconds "simulate two" "SELECT count(*) FROM credit_limit.simulate_policy('bench_book', 1, 1, '2026-11-30');"
# The first moves most limits.
for ((i = 0; i < REPEAT; i++)); do
  seconds "run with log" "CALL credit_limit.run_decisions('bench_book', '2026-11-30', '{\"run_key\": \"$EPOCHREALTIME\"}');"
  logged=$taken
done
seconds "the months alone" "SELECT count(*) FROM bench_book.account_month;"
scan=$taken
result 'preview_decisions of a book' "$ROWS" "$preview" "$scan" - - - -
result 'run_decisions with its log' "$ROWS" "$logged" "$scan" - - - -
seconds "verify the log" "SELECT count(*) FROM credit_limit.verify_log('bench_book');" \
  "$(run -c "SELECT count(*) FROM bench_book.decision")"
seconds "replay" "SELECT count(*) FROM credit_limit.replay_decisions('bench_book', '2026-11-30', '2026-11-30') WHERE same;" \
  "$(run -c "SELECT count(*) FROM bench_book.decision")"
run <<<"SELECT 'log: ' || pg_size_pretty(sum(pg_total_relation_size(c.oid))) FROM pg_class c
  WHERE c.relnamespace = 'bench_book'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'decision%';"
[[ ${KEEP:-} == 1 ]] ||
  run <<<"DROP SCHEMA bench_book, bench_book_report CASCADE; DROP OWNED BY bench_maker; DROP ROLE bench_maker;" 2> /dev/null
