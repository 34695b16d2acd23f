#!/bin/bash
# utilization_agg by product over numeric(14,2) columns, against the SQL that an analyst writes and against counting the rows.
# Needs PGHOST and so on for psql, and a database that may be written to. ROWS=10000000 by default.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-10000000}
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null 2>&1 <<SQL
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_account;
-- The columns that a table of accounts has. A quarter idle, the rest spread up to just over the limit; limits skewed.
CREATE UNLOGGED TABLE bench_account AS
SELECT i AS account_id, i * 7919 % 4000000 AS borrower_id, (1 + i % 6)::int AS product_id,
       DATE '2020-01-01' + (i % 2000)::int AS opened, (i % 40)::int AS segment_id, l AS credit_limit,
       (CASE WHEN i % 4 = 0 THEN 0 ELSE l * (i * 48271 % 1009) / 960 END)::numeric(14,2) AS balance,
       (l * 0.9)::numeric(14,2) AS available_limit, 0::numeric(14,2) AS pending, (l * 0.02)::numeric(14,2) AS minimum_due,
       (0.1 + i % 9 * 0.01)::numeric(6,4) AS apr, (CASE WHEN i % 30 = 0 THEN 30 ELSE 0 END)::int AS days_past_due,
       (i % 14)::int AS months_inactive, DATE '2024-01-01' + (i % 700)::int AS last_limit_change, 'USD'::char(3) AS currency,
       'open'::text AS status
  FROM (SELECT i, exp(9 + (i * 2654435761 % 1000003) / 1000003.0::float8 * 3)::numeric(14,2) AS l
          FROM generate_series(1::bigint, $ROWS) i) s;
VACUUM (ANALYZE) bench_account;
SQL

# The least of three runs, in milliseconds.
milliseconds() {
  for _ in 1 2 3; do
    run <<SQL | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1
SET max_parallel_workers_per_gather = ${WORKERS:-0};
SET jit = off;
SET search_path = credit_limit, public;
\timing on
$1
SQL
  done | sort -n | head -1
}

count=$(milliseconds "SELECT count(*) FROM bench_account;")
grouped=$(milliseconds "SELECT product_id, count(*) FROM bench_account GROUP BY 1;")
ours=$(milliseconds "SELECT product_id, (utilization_stats(u)).*
  FROM (SELECT product_id, utilization_agg(balance, credit_limit) AS u FROM bench_account GROUP BY 1) s;")
query="SELECT product_id, sum(balance) / sum(credit_limit), avg(balance / nullif(credit_limit, 0)),
  count(*) FILTER (WHERE balance > 0.9 * credit_limit), count(*) FILTER (WHERE balance <= 0),
  sum(greatest(credit_limit - greatest(balance, 0), 0)), stddev(balance / nullif(credit_limit, 0))
  FROM bench_account GROUP BY 1;"
sql=$(milliseconds "$query")
awk -v c="$count" -v g="$grouped" -v o="$ours" -v s="$sql" 'BEGIN {
  printf "count(*)                     %8.0f ms\n", c
  printf "count(*) by product          %8.0f ms   %5.2f x count(*)\n", g, g / c
  printf "utilization_agg by product   %8.0f ms   %5.2f x count(*)\n", o, o / c
  printf "the same as plain SQL        %8.0f ms   %5.2f x count(*), %.1f x utilization_agg\n", s, s / c, s / o }'
run -c "CREATE UNLOGGED TABLE bench_copy AS SELECT product_id, balance, credit_limit FROM bench_account"
result 'utilization by product' "$ROWS" "$ours" "$count" "$sql" "$(in_duckdb bench_copy \
  "product_id: 'INT', balance: 'DECIMAL(14,2)', credit_limit: 'DECIMAL(14,2)'" "${query/bench_account/bench_copy}")" \
  "$(in_python utilization bench_account)" "$(in_r utilization bench_account)"
run <<< "DROP TABLE bench_account, bench_copy;"
