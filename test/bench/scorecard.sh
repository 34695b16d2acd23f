#!/bin/bash
# How fast score() is: against the same card written as CASE expressions, against count(*), and against that CASE card in
# DuckDB with one thread on a file of its own (where node finds the package @duckdb/node-api: set NODE_PATH).
#
#   PGHOST=... PGUSER=... test/bench/scorecard.sh [rows]
#
# 20 characteristics of 6 bins; every other column is numeric. Each figure is the fastest of three runs. Everything happens in a
# database of its own, which is dropped at the end.
set -euo pipefail
rows=${1:-1000000}
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

for workers in 0 1; do
	count=$(fastest $workers "SELECT count(*) FROM b")
	case_ms=$(fastest $workers "$as_case")
	score_ms=$(fastest $workers "$score")
	table_ms=$(fastest $workers "SELECT sum(credit_limit.score(c.card, b)) FROM b, card c")
	echo "$rows rows, $workers parallel workers: count(*) $count ms, CASE $case_ms ms, score() $score_ms ms," \
		"score() with the card in a table $table_ms ms"
	echo "  CASE / score() $(ratio "$case_ms" "$score_ms")  CASE / count(*) $(ratio "$case_ms" "$count")" \
		" score() / count(*) $(ratio "$score_ms" "$count")"
	[[ $workers == 0 ]] && single_ms=$score_ms
done

if ! node -e 'require("@duckdb/node-api")' 2> /dev/null; then
	echo "DuckDB: skipped (node with the package @duckdb/node-api is not there)"
	exit 0
fi
run -c "\\copy b TO '$scratch/b.csv' CSV HEADER"
cat > "$scratch/bench.js" <<'JS'
const { DuckDBInstance } = require('@duckdb/node-api');
const [scratch, card] = process.argv.slice(2);
(async () => {
	const types = [...Array(20).keys()].map(j => `c${j + 1}: '${j % 2 ? 'DOUBLE' : 'DECIMAL(12,2)'}'`).join(', ');
	const instance = await DuckDBInstance.create(`${scratch}/bench.duckdb`);
	const connection = await instance.connect();
	await connection.run('SET threads = 1');
	await connection.run(`CREATE TABLE b AS SELECT * FROM read_csv('${scratch}/b.csv', types = {${types}})`);
	await connection.run('CHECKPOINT');
	let best = Infinity, sum;
	for (let i = 0; i < 3; i++) {
		const start = process.hrtime.bigint();
		sum = (await (await connection.runAndReadAll(`SELECT sum(${card}) FROM b`)).getRows())[0][0];
		best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e6);
	}
	console.log(`${best.toFixed(1)} ${sum}`);
})();
JS
read -r duck_ms duck_sum < <(node "$scratch/bench.js" "$scratch" "$case_card")
echo "DuckDB, one thread: CASE $duck_ms ms (sum $duck_sum); DuckDB / score() $(ratio "$duck_ms" "$single_ms")"
