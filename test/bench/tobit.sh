#!/bin/bash
# Tobit regression of a million rows on ten columns, without and with clusters, against logistic_regression of the same rows, and
# against the scan with its arrays, all on one core. Everything happens in a database of its own, which is dropped at the end.
#
#   PGHOST=... PGUSER=... [ROWS=1000000] test/bench/tobit.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}
database=bench_tobit_$$
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

columns=$(printf 'c%s,' {1..10})
columns=${columns%,}
run > /dev/null <<SQL
CREATE EXTENSION credit_limit;
SELECT setseed(0.5);
SELECT format('CREATE TABLE b AS SELECT r.*,
	least(12, greatest(0, c1 - c2 + c3 / 2 + 3 * (random() + random() + random() + random() - 2))) AS y,
	random() < 1 / (1 + exp(1 + (c2 - c1) / 5 - c3 / 10)) AS event, (random() * $ROWS / 24)::int AS account
	FROM (SELECT %s FROM generate_series(1, $ROWS)) r', string_agg('random() * 10 AS c' || j, ', '))
FROM generate_series(1, 10) j
\gexec
VACUUM ANALYZE b;
SQL

# The fastest of three runs, in milliseconds.
fastest() {
	PGOPTIONS="-c max_parallel_workers_per_gather=0 -c jit=off" PGDATABASE=$database psql -XAt -v ON_ERROR_STOP=1 <<SQL |
SET search_path = credit_limit, public;
$(printf '\\timing on\n'; for _ in 1 2 3; do printf '%s;\n' "$1"; done)
SQL
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -1
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

logistic=$(fastest "SELECT (logit_summary(logistic_regression(event, ARRAY[$columns]))).n FROM b")
tobit=$(fastest "SELECT (tobit_summary(tobit_regression(y, 0, 12, ARRAY[$columns]))).n FROM b")
clustered=$(fastest "SELECT (tobit_summary(tobit_regression(y, 0, 12, ARRAY[$columns], 1, account, NULL))).n FROM b")
echo "$ROWS rows, 10 columns: scan and arrays $(fastest "SELECT count(ARRAY[$columns]) FROM b") ms"
echo "logistic_regression $logistic ms; tobit_regression $tobit ms, $(ratio "$tobit" "$logistic") of it (at most 2);" \
	"with clusters $clustered ms, $(ratio "$clustered" "$logistic")"
result 'tobit regression, 10 columns' "$ROWS" "$tobit" "$(fastest 'SELECT count(*) FROM b')" - - - \
	"$(PGDATABASE=$database in_r tobit b)"
