#!/bin/bash
# AUC, KS and a gains table of ten groups in one pass over a continuous score: against count(*), against the window functions of
# an analyst, and against those in DuckDB on a file of its own, Python and R, where they are installed: see lib.sh.
#
#   PGHOST=... PGUSER=... [ROWS=10000000] test/bench/roc.sh
#
# The fastest of three runs each, all in one go. Everything happens in a database of its own, which is dropped at the end.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-10000000}
database=bench_roc_$$
scratch=$(mktemp -d)
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1; rm -rf "$scratch"' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null <<SQL
CREATE EXTENSION credit_limit;
SELECT setseed(0.5);
CREATE TABLE scored AS
SELECT id, 1 / (1 + exp(2.5 - 1.2 * z)) AS pd, random() < 1 / (1 + exp(2.5 - 1.2 * z)) AS event, round(600 - 30 * z)::int AS score
FROM (SELECT i AS id, sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS z FROM generate_series(1, $ROWS::bigint) i) s;
VACUUM ANALYZE scored;
SQL

# Fastest of three runs in milliseconds: fastest WORKERS SQL
fastest() {
	PGOPTIONS="-c max_parallel_workers_per_gather=$1 -c jit=off" PGDATABASE=$database psql -XAt -v ON_ERROR_STOP=1 <<SQL |
SET search_path = credit_limit, public;
$(printf '\\timing on\n'; for _ in 1 2 3; do printf '%s;\n' "$2"; done)
SQL
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -1
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

ours="SELECT auc(r), ks(r), g.* FROM (SELECT roc_agg(pd, event) AS r FROM scored OFFSET 0) s, gains_table(r) g"
# One sort serves every window here; whoever writes them one by one pays for several.
by_windows() {
	cat <<SQL
WITH w AS (SELECT pd, event, sum(event::int) OVER (ORDER BY pd) AS ce, count(*) OVER (ORDER BY pd) AS c,
	rank() OVER (ORDER BY pd) AS r, ntile(10) OVER (ORDER BY pd) AS g FROM scored),
t AS (SELECT CAST(count(*) AS $1) AS n, CAST(sum(event::int) AS $1) AS n1 FROM scored),
g AS (SELECT w.g, count(*) AS n, sum(event::int) AS e, sum(CAST(r + c AS $1) / 2) FILTER (WHERE event) AS ranks,
	max(abs(ce / t.n1 - (c - ce) / (t.n - t.n1))) AS ks FROM w, t GROUP BY w.g)
SELECT (sum(ranks) OVER () - n1 * (n1 + 1) / 2) / (n1 * ((SELECT n FROM t) - n1)) AS auc, max(ks) OVER () AS ks, g, n, e
FROM g, (SELECT n1 FROM t) t ORDER BY g
SQL
}

echo "$ROWS rows, $(run -c "SELECT count(DISTINCT pd) FROM scored") distinct scores"
count=$(fastest 0 "SELECT count(*) FROM scored")
windows=$(fastest 0 "$(by_windows float8)")
ours_0=$(fastest 0 "$ours")
ours_1=$(fastest 1 "$ours")
count_1=$(fastest 1 "SELECT count(*) FROM scored")
integer=$(fastest 0 "SELECT auc(score, event, false), ks(score, event, false) FROM scored")
echo "one process:   count(*) $count ms, windows $windows ms ($(ratio "$windows" "$count") x count(*))," \
	"roc_agg $ours_0 ms ($(ratio "$ours_0" "$count") x count(*)); windows / roc_agg $(ratio "$windows" "$ours_0")"
echo "one worker:    count(*) $count_1 ms, roc_agg $ours_1 ms; windows / roc_agg $(ratio "$windows" "$ours_1")"
echo "integer score: AUC and KS $integer ms ($(ratio "$integer" "$count") x count(*))," \
	"stored in $(run -c "SELECT length(credit_limit_internal.roc_send(roc_agg(score, event, false))) FROM scored") bytes"

export PGDATABASE=$database
duck=$(in_duckdb scored "id: 'BIGINT', pd: 'DOUBLE', event: 'BOOLEAN', score: 'INT'" "$(by_windows DOUBLE)")
echo "DuckDB, one thread: $duck ms"
result 'AUC, KS, gains table' "$ROWS" "$ours_0" "$count" "$windows" "$duck" "$(in_python roc scored)" "$(in_r roc scored)"
