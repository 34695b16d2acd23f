#!/bin/bash
# Transitions of a panel of account-months against lag() and GROUP BY, and of pairs against regr_count and GROUP BY; no workers.
# Needs PGHOST and so on for psql, and a database that may be written to. ROWS=12000000 by default, 24 months an account. Also
# DuckDB with one thread, on a file of its own, where it is installed: see lib.sh.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-12000000}
RUNS=${RUNS:-3}
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null <<SQL
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_month, bench_pair;
CREATE UNLOGGED TABLE bench_month AS
SELECT a AS account_id, (DATE '2024-01-01' + make_interval(months => m))::date AS month,
  greatest(0, a * 48271 % 9 - 5 + (a * 16807 + m * m * 40692) % 5 - 2)::int AS state
FROM generate_series(1::bigint, $ROWS / 24) a, generate_series(0, 23) m;
CREATE UNLOGGED TABLE bench_pair AS
SELECT account_id, f, t, f::float8 AS x, t::float8 AS y, 'bucket ' || f AS f_name, 'bucket ' || t AS t_name
FROM (SELECT account_id, lag(state) OVER (PARTITION BY account_id ORDER BY month) AS f, state AS t FROM bench_month) s
WHERE f IS NOT NULL;
CREATE INDEX ON bench_month (account_id, month);
VACUUM (ANALYZE) bench_month, bench_pair;
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

report() {
  awk -v what="$1" -v t="$2" -v base="$3" -v than="$4" 'BEGIN {
    printf "%-44s %8.0f ms", what, t; if (than != "") printf "   %5.2f x %s", t / base, than; print "" }'
}

lag=$(milliseconds "SELECT f, state, count(*) FROM (SELECT lag(state) OVER (PARTITION BY account_id ORDER BY month) AS f, state
  FROM bench_month) s WHERE f IS NOT NULL GROUP BY f, state;")
panel=$(milliseconds "SELECT state_path_agg(account_id, month, state) FROM bench_month;")
path=$(milliseconds "SELECT rollup(t) FROM (SELECT state_path_agg(month, state) AS t FROM bench_month GROUP BY account_id) s;")
report 'lag() and GROUP BY' "$lag"  1 ''
report 'state_path_agg and rollup' "$path" "$lag" 'lag() and GROUP BY'
report 'state_path_agg of all accounts' "$panel" "$lag" 'lag() and GROUP BY'
awk -v p="$panel" -v b="$lag" 'BEGIN { printf "%57.1f times faster\n", b / p }'
regr=$(milliseconds "SELECT regr_count(x, y) FROM bench_pair;")
pairs=$(milliseconds "SELECT transitions_agg(f, t) FROM bench_pair;")
grouped=$(milliseconds "SELECT f, t, count(*) FROM bench_pair GROUP BY f, t;")
names=$(milliseconds "SELECT transitions_agg(f_name, t_name) FROM bench_pair;")
named=$(milliseconds "SELECT f_name, t_name, count(*) FROM bench_pair GROUP BY f_name, t_name;")
report 'regr_count(x, y) of pairs' "$regr" 1 ''
report 'transitions_agg of pairs of integers' "$pairs" "$regr" 'regr_count'
report 'GROUP BY of integers' "$grouped" "$regr" 'regr_count'
report 'GROUP BY of texts' "$named" 1 ''
report 'transitions_agg of pairs of texts' "$names" "$named" 'GROUP BY of texts'

duck=$(in_duckdb bench_month "account_id: 'BIGINT', month: 'DATE', state: 'INT'" 'SELECT f, state, count(*)
  FROM (SELECT lag(state) OVER (PARTITION BY account_id ORDER BY month) AS f, state FROM bench_month) s
  WHERE f IS NOT NULL GROUP BY f, state')
[[ $duck == - ]] || report 'DuckDB, one thread: lag() and GROUP BY' "$duck" "$panel" 'state_path_agg of all accounts'
result 'transitions of a panel' "$ROWS" "$panel" "$(milliseconds 'SELECT count(*) FROM bench_month;')" "$lag" "$duck" \
  "$(in_python transitions bench_month)" "$(in_r transitions bench_month)"
run <<< "DROP TABLE bench_month, bench_pair;"
