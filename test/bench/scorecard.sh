#!/bin/bash
# How fast score() is: against the same card written as CASE expressions, against count(*), and against that CASE card in
# DuckDB with one thread on a file of its own, where it is installed: see lib.sh.
#
#   PGHOST=... PGUSER=... test/bench/scorecard.sh [rows]
#
# 20 characteristics of 6 bins; every other column is numeric. Each figure is the fastest of three runs. Everything happens in a
# database of its own, which is dropped at the end.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
rows=${1:-${ROWS:-1000000}}
database=bench_scorecard_$$
scratch=$(mktemp -d)
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1; rm -rf "$scratch"' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

run > "$scratch/setup" <<SQL
CREATE EXTENSION credit_limit;
SELECT setseed(0.5);
SELECT format('CREATE TABLE b AS SELECT g AS id, %s FROM generate_series(1, $rows) g',
	string_agg(format(CASE WHEN j % 2 = 0 THEN 'random() AS c%s' ELSE '(random() * 10000)::numeric(12,2) AS c%s' END, j), ', '))
FROM generate_series(1, 20) j
\gexec
VACUUM ANALYZE b;
SQL

# Points that no rounding hides in a sum: whole numbers.
card=$(run <<'SQL'
SELECT jsonb_build_object('name', 'bench', 'base_points', 300, 'characteristics', jsonb_agg(jsonb_build_object('name', 'c' || j,
	'bins', (SELECT jsonb_agg(CASE WHEN k < 6 THEN jsonb_build_object('below', k * CASE WHEN j % 2 = 0 THEN 0.16 ELSE 1600 END,
			'points', (j * 7 + k * 5) % 40) ELSE jsonb_build_object('points', (j * 7 + k * 5) % 40) END ORDER BY k)
		FROM generate_series(1, 6) k),
	'missing', jsonb_build_object('points', 3)) ORDER BY j))
FROM generate_series(1, 20) j
SQL
)
case_card=$(run -v "card=$card" <<'SQL'
SELECT '300 + ' || string_agg(expression, ' + ' ORDER BY position)
FROM (SELECT min(number) AS position, format('CASE WHEN %1$s IS NULL THEN 3 %2$s END', characteristic,
		string_agg(CASE WHEN upper < 'Infinity' THEN format('WHEN %s < %s THEN %s', characteristic, upper, points)
			ELSE format('ELSE %s', points) END, ' ' ORDER BY bin_id)) AS expression
	FROM credit_limit.scorecard_table(:'card'::credit_limit.scorecard)
		WITH ORDINALITY AS t(characteristic, bin_id, bin, woe, coefficient, points, kind, reason, dimension, lower, upper,
			"values", event_rate, number)
	WHERE kind = 'interval' GROUP BY characteristic) expressions
SQL
)

# Fastest of three runs in milliseconds: fastest WORKERS SQL
fastest() {
	PGOPTIONS="-c max_parallel_workers_per_gather=$1 -c jit=off" PGDATABASE=$database psql -XAt -v ON_ERROR_STOP=1 <<SQL |
$(printf '\\timing on\n'; for _ in 1 2 3; do printf '%s;\n' "$2"; done)
SQL
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -1
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

score="SELECT sum(credit_limit.score('$card'::credit_limit.scorecard, b)) FROM b"
as_case="SELECT sum($case_card) FROM b"
[[ $(run -c "$score") == "$(run -c "$as_case")" ]] || { echo "score() and CASE differ" >&2; exit 1; }
run -c "CREATE TABLE card AS SELECT '$card'::credit_limit.scorecard AS card" -c "VACUUM ANALYZE card"

workers_tried=(0 1)
[[ -z ${BENCH_SHORT:-} ]] || workers_tried=(0)
for workers in "${workers_tried[@]}"; do
	count=$(fastest $workers "SELECT count(*) FROM b")
	case_ms=$(fastest $workers "$as_case")
	score_ms=$(fastest $workers "$score")
	table_ms=$(fastest $workers "SELECT sum(credit_limit.score(c.card, b)) FROM b, card c")
	echo "$rows rows, $workers parallel workers: count(*) $count ms, CASE $case_ms ms, score() $score_ms ms," \
		"score() with the card in a table $table_ms ms"
	echo "  CASE / score() $(ratio "$case_ms" "$score_ms")  CASE / count(*) $(ratio "$case_ms" "$count")" \
		" score() / count(*) $(ratio "$score_ms" "$count")"
	[[ $workers == 1 ]] || { single_ms=$score_ms single_count=$count single_case=$case_ms; }
done

export PGDATABASE=$database
types=$(for j in {1..20}; do ((j % 2)) && echo "c$j: 'DECIMAL(12,2)'" || echo "c$j: 'DOUBLE'"; done | paste -sd ,)
duck_ms=$(in_duckdb b "id: 'BIGINT', $types" "SELECT sum($case_card) FROM b")
echo "DuckDB, one thread: CASE $duck_ms ms"
result 'score() of 20 characteristics' "$rows" "$single_ms" "$single_count" "$single_case" "$duck_ms" - -
