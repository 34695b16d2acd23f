#!/bin/bash
# Decisions per second in real time: events on random borrowers of one book, each decided in its own transaction, by two sessions.
# Rows come into exclusion (half of the events), and into account_month for the current month (the other half).
# Needs PGHOST and so on for psql and pgbench, and a database that may be written to. ROWS=1000000, SECONDS_LONG=30, CLIENTS=2 by
# default; a book that test/bench/book.sh left there (KEEP=1) is used as it is.
set -euo pipefail
HERE=$(cd "$(dirname "$0")/../.." && pwd)
CLIENTS=${CLIENTS:-2}
SECONDS_LONG=${SECONDS_LONG:-30}
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ $(run -c "SELECT to_regclass('bench_book.account') IS NULL") == t ]]; then
  KEEP=1 ONLY_LOAD=1 bash "$HERE/test/bench/book.sh"
fi
borrowers=$(run -c "SELECT max(borrower_id) FROM bench_book.borrower")
run > /dev/null <<'SQL'
SELECT credit_limit.set_business_date('bench_book', DATE '2026-12-15');
SELECT credit_limit.add_months('bench_book', DATE '2026-12-01', 1);
SELECT credit_limit.enable_realtime('bench_book');
SQL

cat > "$work/exclusion.sql" <<END
\\set b random(1, $borrowers)
INSERT INTO bench_book.exclusion (borrower_id, kind, action, valid_from)
  VALUES (:b, 'dispute', 'NO_INCREASE', '2026-12-01');
END
cat > "$work/month.sql" <<END
\\set b random(1, $borrowers)
\\set d random(0, 40)
INSERT INTO bench_book.account_month SELECT a.account_id, '2026-12-01', a.credit_limit, a.balance, 100, 100, :d
  FROM bench_book.account a WHERE a.borrower_id = :b ON CONFLICT DO NOTHING;
END

before=$(run -c "SELECT count(*) FROM bench_book.decision WHERE source = 'realtime'")
started=$EPOCHREALTIME
(cd "$work"
  pgbench -n -M prepared -c "$CLIENTS" -j "$CLIENTS" -T "$SECONDS_LONG" -l -f exclusion.sql -f month.sql > out 2>&1) ||
  { cat "$work/out"; exit 1; }
ended=$EPOCHREALTIME
after=$(run -c "SELECT count(*) FROM bench_book.decision WHERE source = 'realtime'")
# The third field of pgbench's log is the latency of a transaction in microseconds.
cat "$work"/pgbench_log.* | cut -d' ' -f3 | sort -n > "$work/latency"
awk -v n=$((after - before)) -v s="$started" -v e="$ended" -v c="$CLIENTS" -v b="$borrowers" '
  { l[NR] = $1 }
  END {
    printf "%d borrowers, %d sessions: %.0f decisions per second\n", b, c, n / (e - s)
    printf "latency: median %.2f ms, 95%% %.2f ms, 99%% %.2f ms, longest %.2f ms\n",
      l[int(NR / 2) + 1] / 1000, l[int(NR * .95)] / 1000, l[int(NR * .99)] / 1000, l[NR] / 1000
  }' "$work/latency"
run -c "SELECT credit_limit.disable_realtime('bench_book')" > /dev/null
