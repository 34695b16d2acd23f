#!/bin/bash
# A scorecard from a million rows of 20 numeric columns, 5 % of each missing: all in one call, and step by step, beside a count
# of the same rows. Some of the columns carry the outcome, some are noise, and the last two repeat others, for a second fit.
#
#   PGHOST=... PGUSER=... [ROWS=1000000] test/bench/train_scorecard.sh
#
# The fastest of three runs each. Everything happens in a database of its own, which is dropped at the end.
set -euo pipefail
ROWS=${ROWS:-1000000}
database=bench_train_scorecard_$$
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null <<SQL
CREATE EXTENSION credit_limit;
SELECT setseed(0.5);
SELECT format('CREATE TABLE b AS SELECT random() < 1 / (1 + exp(3 - (%s))) AS event, r.*, c20 AS c1, c19 AS c2
	FROM (SELECT %s FROM generate_series(1, $ROWS)) r',
	string_agg(format('%s * coalesce(c%s, 5000)::float8', (j % 7 - 3) / 20000.0, j), ' + '),
	string_agg(format('CASE WHEN random() >= 0.05 THEN (random() * 10000)::numeric(12,2) END AS c%s', j), ', '))
FROM generate_series(3, 20) j
\gexec
VACUUM ANALYZE b;
SQL

# Fastest of three runs in milliseconds: fastest WORKERS SQL
fastest() {
	PGOPTIONS="-c max_parallel_workers_per_gather=$1 -c jit=off" PGDATABASE=$database psql -XAt -v ON_ERROR_STOP=1 <<SQL |
SET search_path = credit_limit, public;
$(printf '\\timing on\n'; for _ in 1 2 3; do printf '%s;\n' "$2"; done)
SQL
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -1
}

# A fit, as train_scorecard writes it, of all that screening selects.
fit=$(run -c "SET search_path = credit_limit, public" -c "SELECT format('SELECT logistic_regression(event, ARRAY[%s]) FROM b',
	string_agg(format('woe(%L::binning, %I)', binning, variable), ', ')) FROM variable_screening('b', 'event') WHERE selected")
arrays=${fit/logistic_regression(event, ARRAY/count(ARRAY}

echo "$ROWS rows, 20 numeric columns; $(run -c "SET search_path = credit_limit, public" -c "
	SELECT format('%s fits, %s characteristics in the card',
		(SELECT count(*) FROM jsonb_array_elements(report) r WHERE r ->> 'step' = 'fit'), report -> -1 ->> 'characteristics')
	FROM train_scorecard('b', 'event')")"
for workers in 0 1; do
	echo "$workers workers: count(*) $(fastest $workers "SELECT count(*) FROM b") ms;" \
		"variable_screening $(fastest $workers "SELECT count(*) FROM variable_screening('b', 'event')") ms;" \
		"weights of evidence $(fastest $workers "$arrays") ms; a fit with them $(fastest $workers "$fit") ms;" \
		"train_scorecard $(fastest $workers "SELECT report -> -1 FROM train_scorecard('b', 'event')") ms"
done
