#!/bin/bash
# Forecasts on one core: learning from months against one behavior_agg pass over them, and forecasting stored histories against
# behavior_features of them. Needs PGHOST and so on for psql, and a database that may be written to. ACCOUNTS=100000 by default,
# with MONTHS=24 each.
set -euo pipefail
ACCOUNTS=${ACCOUNTS:-100000}
MONTHS=${MONTHS:-24}
run() { psql -XqAt -v ON_ERROR_STOP=1 -v accounts="$ACCOUNTS" -v months="$MONTHS" "$@"; }

run > /dev/null 2>&1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_month, bench_history, bench_model;
\i demo/panel.sql
CREATE UNLOGGED TABLE bench_month AS SELECT * FROM pg_temp.panel(:accounts, :months) ORDER BY account_id, month;
CREATE UNLOGGED TABLE bench_history AS
SELECT account_id, credit_limit.behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS h
FROM bench_month GROUP BY 1;
CREATE UNLOGGED TABLE bench_model AS
SELECT credit_limit.demand_model_agg(h) AS m, credit_limit.demand_model_agg(h, '{"horizons": [1]}') AS one FROM bench_history;
VACUUM (ANALYZE) bench_month, bench_history, bench_model;
SQL

# Seconds of processor time of one statement in its own process, whatever else the machine does; the least of three.
spent() {
	sed -n 's/^.*\t *\([0-9.]*\) s user, \([0-9.]*\) s system, [0-9.]* s elapsed.*/\1 \2/p' | awk '{print $1 + $2}' | tail -1
}
seconds() {
	for _ in 1 2 3; do
		run 2>&1 <<SQL | spent
SET max_parallel_workers_per_gather = 0; SET jit = off; SET work_mem = '1GB'; SET search_path = credit_limit, public;
SET client_min_messages = log; SET log_statement_stats = on;
$1
SQL
	done | sort -n | head -1
}

agg="behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS h FROM bench_month GROUP BY account_id OFFSET 0"
pass=$(seconds "SELECT count(h) FROM (SELECT $agg) s;")
learn=$(seconds "SELECT demand_model_agg(h) IS NULL FROM (SELECT $agg) s;")
learn_one=$(seconds "SELECT demand_model_agg(h, '{\"horizons\": [1]}') IS NULL FROM (SELECT $agg) s;")
as_of="'2025-01-01'::date + make_interval(months => $MONTHS - 1)"
features=$(seconds "SELECT count(behavior_features(h, ($as_of)::date)) FROM bench_history;")
balance=$(seconds "SELECT count(forecast_balance(m, h, ($as_of)::date)) FROM bench_model, bench_history;")
balance_one=$(seconds "SELECT count(forecast_balance(one, h, ($as_of)::date)) FROM bench_model, bench_history;")
peak=$(seconds "SELECT count(forecast_demand(m, h, ($as_of)::date, 3, 'peak')) FROM bench_model, bench_history;")
awk -v p="$pass" -v l="$learn" -v o="$learn_one" -v f="$features" -v b="$balance" -v c="$balance_one" -v k="$peak" 'BEGIN {
	printf "behavior_agg of the months        %8.2f s of CPU\n", p
	printf "learning, all horizons            %8.2f s  %5.2f x behavior_agg\n", l, l / p
	printf "learning, horizon 1               %8.2f s  %5.2f x\n", o, o / p
	printf "behavior_features of histories    %8.2f s\n", f
	printf "forecast_balance, all horizons    %8.2f s  %5.2f x behavior_features\n", b, b / f
	printf "forecast_balance, horizon 1       %8.2f s  %5.2f x\n", c, c / f
	printf "forecast_demand, peak of 3        %8.2f s  %5.2f x\n", k, k / f
}'
run -c 'DROP TABLE bench_month, bench_history, bench_model' > /dev/null
