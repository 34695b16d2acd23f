#!/bin/bash
# Decisions per second on one core: a realistic policy over a million accounts, against counting the same rows.
# Needs PGHOST and so on for psql, and a database that may be written to. ROWS=1000000 by default.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}
POLICY=$(cd "$(dirname "$0")/../.." && pwd)/demo/policy.json
run() { psql -XqAt -v ON_ERROR_STOP=1 -v rows="$ROWS" -v policy="$(cat "$POLICY")" "$@"; }

run >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_policy_account;
SELECT setseed(0.5);
CREATE UNLOGGED TABLE bench_policy_account AS
SELECT i AS account_id, (500 + random() * 400)::int AS score, (random() * 0.08)::float8 AS pd,
       (2000 + random() * 60000)::numeric(14,2) AS income, (random() * 8000)::numeric(14,2) AS obligations,
       (1000 * floor(random() * 60))::numeric(14,2) AS credit_limit, (random() * 30000)::numeric(14,2) AS balance,
       (CASE WHEN random() < 0.1 THEN random() * 500 ELSE 0 END)::numeric(14,2) AS pending,
       DATE '2026-11-30' - (random() * 400)::int AS last_limit_change,
       (random() * 60000)::numeric(14,2) AS demand_q90, (random() * 35)::int AS days_past_due,
       random() < 0.01 AS fraud_flag, 300000::numeric(14,2) AS umbrella_limit,
       (random() * 50000)::numeric(14,2) AS umbrella_drawn
  FROM generate_series(1, :rows) i;
VACUUM (ANALYZE) bench_policy_account;
SQL

# The least of five runs, in milliseconds.
milliseconds() {
  for _ in 1 2 3 4 5; do
    run <<SQL | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1
SET max_parallel_workers_per_gather = 0;
SET jit = off;
\timing on
$1
SQL
  done | sort -n | head -1
}

count=$(milliseconds "SELECT count(*) FROM (SELECT a FROM bench_policy_account a OFFSET 0) s;")
decide=$(milliseconds "SELECT count((d).new_limit) FROM (SELECT credit_limit.decide_limit(:'policy', a, DATE '2026-11-30') d
  FROM bench_policy_account a OFFSET 0) s;")
awk -v n="$ROWS" -v c="$count" -v d="$decide" 'BEGIN {
  printf "rows only        %8.0f ms\n", c
  printf "decide_limit     %8.0f ms  %9.0f decisions per second on one core\n", d, n / d * 1000 }'
result 'decide_limit' "$ROWS" "$decide" "$count" - - - -
run <<<"DROP TABLE bench_policy_account;"
