#!/bin/bash
# Optimal binning of many characteristics in one scan: against count(*), and per column.
#
#   PGHOST=... PGUSER=... [ROWS=1000000] [VARIABLES=20] test/bench/binning.sh
#
# The fastest of three runs each, all in one go. 5 % of the values are NULL. Half of the columns are continuous (every value is
# another), half have a thousand values. Everything happens in a database of its own, which is dropped at the end.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}
VARIABLES=${VARIABLES:-20}
database=bench_binning_$$
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

# x1 .. x<half> continuous, the others of about a thousand values.
made=
for ((c = 1; c <= VARIABLES; c++)); do
	value="z / $c + random()"
	((c <= VARIABLES / 2)) || value="round((1000 * ($value))::numeric)::float8 / 1000"
	made+=", CASE WHEN random() >= 0.05 THEN $value END AS x$c"
done
run > /dev/null <<SQL
CREATE EXTENSION credit_limit;
SELECT setseed(0.5);
CREATE TABLE loan AS
SELECT random() < 1 / (1 + exp(2.5 - z)) AS event$made
FROM (SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()) AS z FROM generate_series(1, $ROWS::bigint) i) s;
VACUUM ANALYZE loan;
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

sums=$(for ((c = 1; c <= VARIABLES; c++)); do printf ', sum(x%d)' $c; done)
sketches=$(for ((c = 1; c <= VARIABLES; c++)); do printf ', (bin_sketch_agg(x%d, event) IS NULL)' $c; done)
last=x$VARIABLES

echo "$ROWS rows, $VARIABLES columns: half of them with $(run -c "SELECT count(DISTINCT x1) FROM loan") distinct values," \
	"half with about $(run -c "SELECT count(DISTINCT $last) FROM loan")"
workers_tried=(0 1 2)
[[ -z ${BENCH_SHORT:-} ]] || workers_tried=(0)
for workers in "${workers_tried[@]}"; do
	count=$(fastest $workers "SELECT count(*) FROM loan")
	sum=$(fastest $workers "SELECT ${sums#,} FROM loan")
	sketch=$(fastest $workers "SELECT ${sketches#,} FROM loan")
	screening=$(fastest $workers "SELECT variable, iv, selected FROM variable_screening('loan', 'event')")
	continuous=$(fastest $workers "SELECT optimal_binning(x1, event) FROM loan")
	discrete=$(fastest $workers "SELECT optimal_binning($last, event) FROM loan")
	[[ $workers != 0 ]] || result "binning and screening of $VARIABLES columns" "$ROWS" "$screening" "$count" - - - -
	echo "$workers workers: count(*) $count ms, sums of all columns $sum ms, sketches $sketch ms," \
		"variable_screening $screening ms" \
		"($(ratio "$screening" "$sum") x sums, $(ratio "$screening" "$VARIABLES") ms a column);" \
		"one continuous column $continuous ms, one of a thousand values $discrete ms"
done
bins="(SELECT optimal_binning(x1, event) AS b FROM (SELECT x1, event FROM loan LIMIT 100000) s OFFSET 0) o"
refit=$(fastest 0 "SELECT binning_refit(b, x1, event) FROM loan, $bins")
woe=$(fastest 0 "SELECT sum(woe(b, x1)) FROM loan, $bins")
echo "100000 rows binned, then refit of all $refit ms, woe of all $woe ms"
