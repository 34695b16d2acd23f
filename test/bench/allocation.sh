#!/bin/bash
# One budget, and three, over ACCOUNTS (1,000,000 by default) accounts: shadow_price from a table that fits into memory and from
# one that does not, of plain columns and of the type demand, and best in the worst of three scenarios; against count(*), and
# against the smart way outside: COPY of the columns in binary form, and bisection on the price, vectorised in numpy and scipy (45
# steps; skipped where they are not installed). Needs PGHOST and so on for psql, and a database that may be written to.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ACCOUNTS=${ACCOUNTS:-1000000}
run() { psql -XqAt -v ON_ERROR_STOP=1 -v accounts="$ACCOUNTS" "$@"; }

run > /dev/null 2>&1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_allocation, bench_allocation_demand;
SELECT setseed(0.5);
CREATE UNLOGGED TABLE bench_allocation AS
SELECT i AS account_id, 5 + 4 * random() AS mu, 0.3 + random() AS sigma, 0.4 * random() AS p_zero, 0.15 - 0.75 * pd AS margin,
  0.002 + 0.3 * pd AS carry, 1000 + 30000 * random() AS cap, 0.3 * pd AS use_loss, 0.45 * pd AS draw_loss
FROM (SELECT i::bigint AS i, 0.2 * random() * random() AS pd FROM generate_series(1, :accounts) i) s;
CREATE UNLOGGED TABLE bench_allocation_demand AS
SELECT account_id, credit_limit.demand(mu, sigma, p_zero) AS demand, margin, carry, cap FROM bench_allocation;
VACUUM (ANALYZE) bench_allocation, bench_allocation_demand;
SQL

# The least of three runs, in milliseconds; then what the last one says.
measure() {
	for _ in 1 2 3; do
		run <<SQL
SET jit = off; SET search_path = credit_limit, public; SET max_parallel_workers_per_gather = $1; SET maintenance_work_mem = '$2';
\timing on
$3
SQL
	done | awk '/^Time:/ { if (!least || $2 < least) least = $2; next } { said = $0 } END { print least, said }'
}

plain='SELECT account_id, mu, sigma, p_zero, margin, carry, cap, 1 AS use_exposure FROM bench_allocation'
three='SELECT account_id, mu, sigma, p_zero, margin, carry, cap, 1 AS use_exposure, use_loss, draw_loss, 1 AS use_idle,
  -1 AS draw_idle FROM bench_allocation'
risky='SELECT account_id, mu, sigma, p_zero, margin, carry, cap, 1 AS use_exposure, use_loss / 0.3 AS pd, 0.75 AS lgd, 0.4 AS ccf
  FROM bench_allocation'
typed='SELECT account_id, demand, margin, carry, cap, 1 AS use_exposure FROM bench_allocation_demand'
exposure=$((ACCOUNTS * 1500))
budget="{\"exposure\": $exposure}"
budgets="{\"exposure\": $exposure, \"loss\": $((ACCOUNTS * 12)), \"idle\": $((ACCOUNTS * 500))}"
price() {
	measure "$1" "$2" "SELECT s.passes, s.gap / s.value < 1e-9, (SELECT string_agg(price::text, ' ') FROM certificate_table(c))
  FROM shadow_price('$3', '$4', '${5:-{\}}') c, certificate_summary(c) s;"
}
# Three scenarios of PD and LGD, with limits in closed form; and with a demand that one of them scales, so that each is searched.
scenarios() {
	echo '{"criterion": "worst", "scenarios": [{"name": "expected"}, {"name": "downturn", "pd": 2, "lgd": 1.1},
    {"name": "slump", "pd": 0.7, "demand": '"$1"'}]}'
}
report() {
	awk -v what="$1" -v of="$2" -v base="$3" -v said="$4" 'BEGIN {
		printf "%-26s %8.0f ms, %.1f x count(*): passes, tight, prices %s\n", what, of, of / base, said }'
}

read -r count _ < <(measure 2 64MB "SELECT count(*) FROM bench_allocation;")
read -r count_typed _ < <(measure 2 64MB "SELECT count(*) FROM bench_allocation_demand;")
echo "$ACCOUNTS accounts; count(*) with two workers $count ms, of the table of demands $count_typed ms"
read -r pass _ < <(measure 2 64MB "SELECT n FROM (SELECT allocation_step_agg(mu, sigma, p_zero, margin, carry, NULL::float8, cap,
  '{1}', NULL, '{0.03}') AS s FROM bench_allocation) a, allocation_step_stats(s);")
echo "one pass with two workers $pass ms"
read -r one said < <(price 0 4GB "$plain" "$budget")
report "one budget, in memory" "$one" "$count" "$said"
passes=$one
if [[ -z ${BENCH_SHORT:-} ]]; then
	read -r passes said < <(price 2 1MB "$plain" "$budget")
	report "one budget, pass by pass" "$passes" "$count" "$said"
	read -r of_type said < <(price 2 1MB "$typed" "$budget")
	report "one budget, type demand" "$of_type" "$count_typed" "$said"
	read -r of_three said < <(price 0 4GB "$three" "$budgets")
	report "three budgets, in memory" "$of_three" "$count" "$said"
	awk -v a="$of_three" -v b="$one" 'BEGIN { printf "three budgets / one: %.1f\n", a / b }'
	read -r worst said < <(price 0 4GB "$risky" "$budget" "$(scenarios 1)")
	report "worst of three scenarios" "$worst" "$count" "$said"
	read -r searched said < <(price 0 4GB "$risky" "$budget" "$(scenarios 0.4)")
	report "with demand scaled" "$searched" "$count" "$said"
	awk -v a="$worst" -v c="$searched" -v b="$one" 'BEGIN {
		printf "worst of three scenarios / one plain call: %.1f, with demand scaled %.1f\n", a / b, c / b }'
fi

numpy=-
record() {
	read -r count _ < <(measure 0 64MB 'SELECT count(*) FROM bench_allocation;')
	result 'shadow_price of one budget' "$ACCOUNTS" "$one" "$count" - - "$numpy" -
}
if ! "$PYTHON" -c 'import numpy, scipy.special' 2> /dev/null; then
	echo "skipped: no numpy and scipy"
	record
	exit
fi
outside=$("$PYTHON" - "$exposure" <<'PYTHON'
"""The same price outside: rows in binary form through a pipe, 45 steps of bisection."""
import subprocess
import sys
import time

import numpy
from scipy.special import ndtri

def price(budget):
    rows = subprocess.run(["psql", "-Xqc", "COPY (SELECT mu, sigma, p_zero, margin, carry, cap FROM bench_allocation) TO STDOUT "
                           "(FORMAT binary)"], stdout=subprocess.PIPE, check=True).stdout
    table = numpy.frombuffer(rows, numpy.dtype([("fields", ">i2")] + [(f"{i}{c}", t) for i in range(6)
                             for c, t in (("n", ">i4"), ("x", ">f8"))]), offset=19, count=(len(rows) - 21) // 74)
    mu, sigma, p_zero, margin, carry, cap = (table[f"{i}x"].astype(float) for i in range(6))
    low, high = 0.0, 1.0
    for _ in range(45):
        middle = (low + high) / 2
        share = ((margin - middle) / (margin + carry) - p_zero) / (1 - p_zero)
        limit = numpy.where(share > 0, numpy.minimum(cap, numpy.exp(mu + sigma * ndtri(numpy.maximum(share, 1e-300)))), 0)
        low, high = (middle, high) if limit.sum() > budget else (low, middle)
    return high

seconds = []
for _ in range(3):
    start = time.perf_counter()
    found = price(float(sys.argv[1]))
    seconds.append(time.perf_counter() - start)
print(f"{1000 * min(seconds):.0f} {found:.9g}")
PYTHON
)
read -r numpy found <<< "$outside"
record
awk -v n="$numpy" -v f="$found" -v a="$one" -v b="$passes" 'BEGIN {
	printf "COPY and numpy %d ms (price %s): %.1f times shadow_price in memory, %.1f times pass by pass\n", n, f, n / a, n / b }'
