#!/bin/bash
# Logistic regression of a million rows on 20 raw numeric columns: kept in memory, and re-scanned; with one process and with one
# worker. Beside it what the rows cost anybody who takes them elsewhere: the scan, the arrays, and a binary COPY to a client,
# which is what a fit in Python or R waits for before its first iteration. At the end the same fit by scikit-learn, where a Python
# has it, of a table without NULL and of one with 5 % of them, whose incomplete rows both leave out.
#
#   PGHOST=... PGUSER=... [ROWS=1000000] [PYTHON=/usr/bin/python3] test/bench/logistic.sh
#
# The fastest of three runs each; against scikit-learn the median too. Everything happens in a database of its own, which is
# dropped at the end.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}
database=bench_logistic_$$
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

columns=$(printf 'c%s,' {1..20})
columns=${columns%,}
run > /dev/null <<SQL
CREATE EXTENSION credit_limit;
SELECT setseed(0.5);
SELECT format('CREATE TABLE b AS SELECT random() < 1 / (1 + exp(3 - (%s))) AS event, r.*
	FROM (SELECT %s FROM generate_series(1, $ROWS)) r',
	string_agg(format('%s * c%s::float8', (j % 7 - 3) / 20000.0, j), ' + '),
	string_agg(format('(random() * 10000)::numeric(12,2) AS c%s', j), ', '))
FROM generate_series(1, 20) j
\gexec
SELECT format('CREATE TABLE holes AS SELECT event, %s FROM b',
	string_agg(format('CASE WHEN random() >= 0.05 THEN c%s END AS c%1\$s', j), ', '))
FROM generate_series(1, 20) j
\gexec
VACUUM ANALYZE b, holes;
SQL

# Three runs in milliseconds, the shortest first: timed WORKERS SQL
timed() {
	PGOPTIONS="-c max_parallel_workers_per_gather=$1 -c jit=off" PGDATABASE=$database psql -XAt -v ON_ERROR_STOP=1 <<SQL |
SET search_path = credit_limit, public;
$(printf '\\timing on\n'; for _ in 1 2 3; do printf '%s;\n' "$2"; done)
SQL
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n
}
fastest() { timed "$@" | head -1; }
# The same of a client that takes the rows.
copied() {
	for _ in 1 2 3; do
		start=$(date +%s%N)
		run -c "COPY b TO STDOUT (FORMAT binary)" > /dev/null
		echo $((($(date +%s%N) - start) / 1000000))
	done | sort -n | head -1
}
minus() { awk -v a="$1" -v b="$2" -v n="$3" 'BEGIN { printf "%.1f", (a - b) / n }'; }

fit="SELECT (logit_summary(logistic_regression(event, ARRAY[$columns]))).iterations FROM b"
array="SELECT count(ARRAY[$columns]) FROM b"
step="SELECT (logit_newton_step(event, ARRAY[$columns], '{}')).n FROM b"
scans="SELECT (logit_summary(logistic_regression_fit('SELECT event, ARRAY[$columns] FROM b'))).iterations"

echo "$ROWS rows, 20 numeric columns; full iterations: $(run -c "SET search_path = credit_limit, public" -c "$fit")"
for workers in 0 1; do
	whole=$(fastest $workers "$fit")
	echo "$workers workers: scan and arrays $(fastest $workers "$array") ms; logistic_regression $whole ms;" \
		"logit_newton_step, a whole scan $(fastest $workers "$step") ms; logistic_regression_fit $(fastest $workers "$scans") ms"
done
# The fit alone: a model of the same rows takes as long to gather whatever is done with them.
gather=$(fastest 0 "SELECT (logit_summary(logistic_regression(false, ARRAY[$columns]))).n FROM b")
iterations=$(run -c "SET search_path = credit_limit, public" -c "$fit")
whole=$(fastest 0 "$fit")
echo "fit alone $(minus "$whole" "$gather" 1) ms, $(minus "$whole" "$gather" $((iterations + 1))) ms for each of its scans"
echo "binary COPY of the table to a client: $(copied) ms"
r=$(PGDATABASE=$database in_r logistic b)
python=-
record() { result 'logistic regression, 20 columns' "$ROWS" "$whole" "$(fastest 0 'SELECT count(*) FROM b')" - - "$python" "$r"; }

if ! "$PYTHON" -c "import pandas, sklearn" 2> /dev/null; then
	echo "skipped: no scikit-learn"
	record
	exit 0
fi
# All three of either, in one line: the shortest, and the one in the middle.
middle() { tr '\n' ' ' | awk '{ print $1, $2 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }
for table in b holes; do
	read -r other other_median < <(PGDATABASE=$database "$PYTHON" "$bench/scikit_learn.py" logistic "$table" 3 |
		awk '{ print 1000 * $1, 1000 * $2 }')
	[[ $table != b ]] || { python=$other; record; }
	[[ -z ${BENCH_SHORT:-} ]] || exit 0
	echo "table $table: scikit-learn $other ms (median $other_median)"
	read -r own own_median < <(timed 0 "${fit% b} $table" | middle)
	echo "  logistic_regression $own ms (median $own_median), scikit-learn / it: $(ratio "$other_median" "$own_median")"
	read -r own own_median < <(timed 1 "${scans/FROM b/FROM $table}" | middle)
	echo "  logistic_regression_fit, a worker: $own ms (median $own_median), scikit-learn / it:" \
		"$(ratio "$other_median" "$own_median")"
done
