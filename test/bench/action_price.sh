#!/bin/bash
# Prices of budgets for accounts with ten actions each: from the table to the certificate, against the certificate's own SELECT in
# float8 on that table, against three budgets, and, where PYTHON has scipy, against HiGHS' interior point on the same linear
# relaxation. Everything happens in a database of its own, which is dropped at the end.
#
#   PGHOST=... PGUSER=... [ACCOUNTS=1000000] [HIGHS_ACCOUNTS=100000] [PYTHON=/usr/bin/python3] test/bench/action_price.sh
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ACCOUNTS=${ACCOUNTS:-1000000}
HIGHS_ACCOUNTS=${HIGHS_ACCOUNTS:-100000}
database=bench_action_price_$$
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null <<SQL
CREATE EXTENSION credit_limit;
CREATE TABLE action AS
SELECT g::bigint AS account_id, a AS action,
	CASE a WHEN 0 THEN 0
		ELSE round((sqrt(a) * (100 + g::bigint * 7919 % 1009) + (g::bigint * 31 + a * 77) % 379)::numeric, 2) END AS value,
	ARRAY[a * (1000 + g % 1777), round((a * (g::bigint * 13 % 7777) / 100.0)::numeric, 2), a * (g::bigint * 17 % 13)] AS uses
FROM generate_series(1, $ACCOUNTS) g, generate_series(0, 9) a;
VACUUM ANALYZE action;
SQL
budgets=$(run -c "SELECT format('%s, %s, %s', sum(uses[1]) / 3, sum(uses[2]) / 4, sum(uses[3]) / 3) FROM action WHERE action = 9")
one=${budgets%%,*}

# The fastest of three runs, in milliseconds.
fastest() {
	PGDATABASE=$database psql -XAt -v ON_ERROR_STOP=1 <<SQL |
SET search_path = credit_limit, public;
$(printf '\\timing on\n'; for _ in 1 2 3; do printf '%s;\n' "$1"; done)
SQL
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | head -1
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

own=$(fastest "SELECT sum(best) FROM (
	SELECT max(value::float8 - 0.1::float8 * uses[1]::float8) AS best FROM action GROUP BY account_id) s")
one_use="SELECT account_id, action, value, uses[:1] FROM action"
without='{"digest": false}'
single=$(fastest "SELECT action_price('$one_use', ARRAY[$one], '$without') IS NULL")
three=$(fastest "SELECT action_price('TABLE action', ARRAY[$budgets], '$without') IS NULL")
digest=$(fastest "SELECT action_price('$one_use', ARRAY[$one]) IS NULL")
echo "$ACCOUNTS accounts x 10 actions: the certificate's own SELECT in float8 $own ms"
echo "action_price, one budget: $single ms, $(ratio "$single" "$own") of it (at most 3); with the digest $digest ms"
echo "action_price, three budgets: $three ms, $(ratio "$three" "$single") of one (at most 4)"
run -c "SELECT format('gap %s of the bound, %s passes', round(s.gap / s.bound, 9), s.passes)
	FROM credit_limit.action_price('$one_use', ARRAY[$one], '$without') c, credit_limit.certificate_summary(c) s"

if ! "$PYTHON" -c 'import scipy' 2> /dev/null; then
	echo "HiGHS: skipped, $PYTHON has no scipy"
	result 'action_price of 10 actions, one budget' $((10 * ACCOUNTS)) "$single" \
		"$(fastest 'SELECT count(*) FROM action')" - - - -
	exit
fi
query="$one_use WHERE account_id <= $HIGHS_ACCOUNTS"
amount=$(run -c "SELECT sum(uses[1]) / 3 FROM action WHERE action = 9 AND account_id <= $HIGHS_ACCOUNTS")
ours=$(fastest "SELECT action_price('$query', ARRAY[$amount], '$without') IS NULL")
value=$(run -c "SELECT s.value
	FROM credit_limit.action_price('$query', ARRAY[$amount], '$without') c, credit_limit.certificate_summary(c) s")
started=$(date +%s%N)
run -c "COPY (SELECT value, uses[1] FROM action WHERE account_id <= $HIGHS_ACCOUNTS ORDER BY account_id, action)
	TO STDOUT (FORMAT csv)" |
	"$PYTHON" "$(dirname "$0")/highs.py" "$amount" "$value"
highs=$((($(date +%s%N) - started) / 1000000))
echo "$HIGHS_ACCOUNTS accounts: HiGHS end to end $highs ms, action_price $ours ms:" \
	"$(ratio "$highs" "$ours") times as fast (at least 15)"
[[ $HIGHS_ACCOUNTS != "$ACCOUNTS" ]] ||
	result 'action_price of 10 actions, one budget' $((10 * ACCOUNTS)) "$ours" \
		"$(fastest 'SELECT count(*) FROM action')" - - "$highs" -
# What the session took at most beside the shared buffers; a new one, so that nothing else is in it.
run -c "SELECT FROM credit_limit.action_price('$query', ARRAY[$amount], '$without')" \
	-c "SELECT format('our session: at most %s MB', (substring(t, 'VmHWM:\s+(\d+)')::int
		- substring(t, 'RssShmem:\s+(\d+)')::int) / 1024) FROM pg_read_file('/proc/self/status') t"
