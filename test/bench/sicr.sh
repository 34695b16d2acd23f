#!/bin/bash
# 27 definitions of a significant increase in credit risk (sicr_agg) against plain SQL that judges one of them; no workers.
# Needs PGHOST and so on for psql, and a database that may be written to. ROWS=3000000 by default, 24 months an account.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-3000000}
RUNS=${RUNS:-3}
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null <<SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_month;
CREATE UNLOGGED TABLE bench_month AS
SELECT a AS account_id, (DATE '2024-01-01' + make_interval(months => m))::date AS month,
  30 * greatest(0, a * 48271 % 19 - 15 + (a * 16807 + m * m * 40692) % 5 - 2)::int AS days_past_due,
  0.02 + (a * 69621 + m) % 89 / 1000.0::float8 AS pd, (640 - (a * 39373 + m * 3) % 97)::float8 AS score
FROM generate_series(1::bigint, $ROWS / 24) a, generate_series(0, 23) m;
CREATE INDEX ON bench_month (account_id, month);
VACUUM (ANALYZE) bench_month;
SQL

# The least of the runs, in milliseconds.
milliseconds() {
  for ((i = 0; i < RUNS; i++)); do
    run <<SQL | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET work_mem = '1GB';
SET search_path = credit_limit, public;
\timing on
$1
SQL
  done | sort -n | head -1
}

one=$(milliseconds "SELECT count(*), count(*) FILTER (WHERE flag), count(*) FILTER (WHERE bad),
    count(*) FILTER (WHERE flag AND bad)
  FROM (SELECT days_past_due, month, days_past_due >= 30 AND lag(days_past_due) OVER before >= 30 AS flag,
      max(days_past_due) OVER (PARTITION BY account_id ORDER BY month ROWS BETWEEN 1 FOLLOWING AND 12 FOLLOWING) >= 90 AS bad
    FROM bench_month WINDOW before AS (PARTITION BY account_id ORDER BY month)) s
  WHERE days_past_due < 90 AND month <= '2024-12-01';")
all=$(milliseconds "SELECT sicr_agg(account_id, month, days_past_due, pd, 0.03, score, 620, '2025-12-01')
  FROM bench_month;")
awk -v rows="$ROWS" -v one="$one" -v all="$all" 'BEGIN {
  printf "%d account-months\none definition in SQL  %8.0f ms\n", rows, one
  printf "all 27 by sicr_agg    %8.0f ms   %5.2f x\n", all, all / one }'
result '27 definitions of a risk increase; SQL: one' "$ROWS" "$all" \
  "$(milliseconds 'SELECT count(*) FROM bench_month;')" "$one" - - -
run <<< "DROP TABLE bench_month;"
