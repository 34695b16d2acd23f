#!/bin/bash
# psi over rows with text bins, against counting the same rows by bin and sample.
# Needs PGHOST and so on for psql, and a database that may be written to. ROWS=5000000 by default.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-5000000}
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null 2>&1 <<SQL
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_applicant;
CREATE UNLOGGED TABLE bench_applicant AS
SELECT i AS applicant_id, i % 3 = 0 AS is_actual, 'band ' || (i * 48271 % 1009 / 101) AS band,
       (300 + i * 48271 % 50021 / 100.0)::numeric(6,2) AS score
  FROM generate_series(1::bigint, $ROWS) i;
VACUUM (ANALYZE) bench_applicant;
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

count=$(milliseconds "SELECT count(*) FROM bench_applicant;")
grouped=$(milliseconds "SELECT band, is_actual, count(*) FROM bench_applicant GROUP BY 1, 2;")
psi=$(milliseconds "SELECT psi(band, is_actual) FROM bench_applicant;")
shift=$(milliseconds "SELECT score_shift(score, is_actual) FROM bench_applicant;")
average=$(milliseconds "SELECT avg(score) FILTER (WHERE is_actual) - avg(score) FILTER (WHERE NOT is_actual)
  FROM bench_applicant;")
bands=$(milliseconds "SELECT quantile_bands(score, 10) FROM bench_applicant;")
percentiles=$(milliseconds "SELECT percentile_disc(ARRAY[0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9]) WITHIN GROUP (ORDER BY score)
  FROM bench_applicant;")
awk -v c="$count" -v g="$grouped" -v p="$psi" -v s="$shift" -v a="$average" -v b="$bands" -v q="$percentiles" 'BEGIN {
  printf "count(*)                     %8.0f ms\n", c
  printf "count(*) by band and sample  %8.0f ms   %5.2f x count(*)\n", g, g / c
  printf "psi                          %8.0f ms   %5.2f x count(*), %.2f x the counts by band\n", p, p / c, p / g
  printf "score_shift                  %8.0f ms   %5.2f x count(*)\n", s, s / c
  printf "two averages                 %8.0f ms   %5.2f x count(*)\n", a, a / c
  printf "quantile_bands               %8.0f ms   %5.2f x count(*)\n", b, b / c
  printf "nine percentiles             %8.0f ms   %5.2f x count(*)\n", q, q / c }'
query="SELECT sum((a - e) * ln(a / e)) FROM (
  SELECT count(*) FILTER (WHERE is_actual) / sum(count(*) FILTER (WHERE is_actual)) OVER () AS a,
    count(*) FILTER (WHERE NOT is_actual) / sum(count(*) FILTER (WHERE NOT is_actual)) OVER () AS e
  FROM bench_applicant GROUP BY band) s"
result 'psi of text bins' "$ROWS" "$psi" "$count" "$(milliseconds "$query;")" "$(in_duckdb bench_applicant \
  "applicant_id: 'BIGINT', is_actual: 'BOOLEAN', band: 'VARCHAR', score: 'DECIMAL(6,2)'" "$query")" \
  "$(in_python psi bench_applicant)" "$(in_r psi bench_applicant)"
run <<< "DROP TABLE bench_applicant;"
