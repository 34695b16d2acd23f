#!/bin/bash
# behavior_features of every account in a table of account months, against the SQL that an analyst writes (FILTER and windows)
# and against counting the rows; memory of the backend when the months are read in the order of the primary key.
# Needs PGHOST and so on for psql, and a database that may be written to. ACCOUNTS=500000 with up to 24 months by default.
# RUNS rounds run everything one after the other; what is compared is of the same round, as the machine's load changes.
# The same SQL in DuckDB with one thread, where that is installed: see lib.sh.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ACCOUNTS=${ACCOUNTS:-500000}
MONTHS=24
RUNS=${RUNS:-3}
run() { psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null 2>&1 <<SQL
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_month;
\i demo/panel.sql
-- Loaded month by month, as a lender's tables grow.
CREATE UNLOGGED TABLE bench_month AS
SELECT account_id, month, credit_limit, balance, payment, due, days_past_due FROM pg_temp.panel($ACCOUNTS, $MONTHS)
ORDER BY month, account_id;
ALTER TABLE bench_month ADD PRIMARY KEY (account_id, month);
VACUUM (ANALYZE) bench_month;
SQL

# Months counted from year 0 (t), and back (k = 0 is the last). All 75 features, by FILTER and windows: one scan, one sort.
features=$(cat <<'SQL'
WITH numbered AS (
  SELECT *, (extract(year FROM month) * 12 + extract(month FROM month))::int - 1 AS t FROM bench_month
), placed AS (
  SELECT *, max(t) OVER all_months - t AS k,
    CASE WHEN lag(t) OVER by_month = t - 1 THEN lag(balance) OVER by_month END AS before,
    lag(credit_limit) OVER by_month AS limit_before,
    balance::float8 / nullif(credit_limit, 0)::float8 AS u
  FROM numbered WINDOW by_month AS (PARTITION BY account_id ORDER BY t), all_months AS (PARTITION BY account_id)
), marked AS (
  SELECT *, balance <= 0 AND coalesce(payment, 0) = 0 AND NOT coalesce(balance > before, false) AS idle FROM placed
)
SELECT account_id, max(month) AS as_of, min(month) AS first_month, max(month) AS last_month, count(*) AS n_months,
  max(t) - min(t) + 1 - count(*) AS n_missing,
  count(*) FILTER (WHERE k < 1) AS n_1m, count(*) FILTER (WHERE k < 3) AS n_3m, count(*) FILTER (WHERE k < 6) AS n_6m,
  count(*) FILTER (WHERE k < 12) AS n_12m,
  max(credit_limit) FILTER (WHERE k = 0) AS credit_limit, max(balance) FILTER (WHERE k = 0) AS balance,
  max(payment) FILTER (WHERE k = 0) AS payment, max(due) FILTER (WHERE k = 0) AS due,
  max(days_past_due) FILTER (WHERE k = 0) AS days_past_due,
  avg(balance) FILTER (WHERE k < 3) AS balance_3m, avg(balance) FILTER (WHERE k < 6) AS balance_6m,
  avg(balance) FILTER (WHERE k < 12) AS balance_12m, max(balance) FILTER (WHERE k < 12) AS balance_max_12m,
  regr_slope(balance::float8, t) FILTER (WHERE k < 6) AS balance_slope_6m,
  regr_slope(balance::float8, t) FILTER (WHERE k < 12) AS balance_slope_12m,
  max(u) FILTER (WHERE k = 0) AS utilization_1m,
  sum(balance) FILTER (WHERE k < 3) / nullif(sum(credit_limit) FILTER (WHERE k < 3), 0) AS utilization_3m,
  sum(balance) FILTER (WHERE k < 6) / nullif(sum(credit_limit) FILTER (WHERE k < 6), 0) AS utilization_6m,
  sum(balance) FILTER (WHERE k < 12) / nullif(sum(credit_limit) FILTER (WHERE k < 12), 0) AS utilization_12m,
  avg(u) FILTER (WHERE k < 3) AS utilization_mean_3m, avg(u) FILTER (WHERE k < 6) AS utilization_mean_6m,
  avg(u) FILTER (WHERE k < 12) AS utilization_mean_12m,
  max(u) FILTER (WHERE k < 3) AS utilization_max_3m, max(u) FILTER (WHERE k < 6) AS utilization_max_6m,
  max(u) FILTER (WHERE k < 12) AS utilization_max_12m,
  min(u) FILTER (WHERE k < 3) AS utilization_min_3m, min(u) FILTER (WHERE k < 6) AS utilization_min_6m,
  min(u) FILTER (WHERE k < 12) AS utilization_min_12m,
  regr_slope(u, t) FILTER (WHERE k < 6) AS utilization_slope_6m, regr_slope(u, t) FILTER (WHERE k < 12) AS utilization_slope_12m,
  stddev_samp(u) FILTER (WHERE k < 6) AS utilization_stddev_6m, stddev_samp(u) FILTER (WHERE k < 12) AS utilization_stddev_12m,
  count(*) FILTER (WHERE k < 6 AND u >= 0.98) AS at_limit_6m, count(*) FILTER (WHERE k < 12 AND u >= 0.98) AS at_limit_12m,
  count(*) FILTER (WHERE k < 6 AND u > 1) AS over_limit_6m, count(*) FILTER (WHERE k < 12 AND u > 1) AS over_limit_12m,
  avg(payment) FILTER (WHERE k < 3) AS payment_3m, avg(payment) FILTER (WHERE k < 6) AS payment_6m,
  avg(payment) FILTER (WHERE k < 12) AS payment_12m,
  max(payment / nullif(due, 0)) FILTER (WHERE k = 0) AS payment_ratio_1m,
  sum(payment) FILTER (WHERE k < 3) / nullif(sum(due) FILTER (WHERE k < 3), 0) AS payment_ratio_3m,
  sum(payment) FILTER (WHERE k < 6) / nullif(sum(due) FILTER (WHERE k < 6), 0) AS payment_ratio_6m,
  sum(payment) FILTER (WHERE k < 12) / nullif(sum(due) FILTER (WHERE k < 12), 0) AS payment_ratio_12m,
  max(payment / nullif(before, 0)) FILTER (WHERE k = 0 AND before > 0) AS payment_rate_1m,
  sum(payment) FILTER (WHERE k < 3 AND before > 0) / sum(before) FILTER (WHERE k < 3 AND before > 0) AS payment_rate_3m,
  sum(payment) FILTER (WHERE k < 6 AND before > 0) / sum(before) FILTER (WHERE k < 6 AND before > 0) AS payment_rate_6m,
  sum(payment) FILTER (WHERE k < 12 AND before > 0) / sum(before) FILTER (WHERE k < 12 AND before > 0) AS payment_rate_12m,
  count(*) FILTER (WHERE k < 6 AND payment < due) AS short_paid_6m,
  count(*) FILTER (WHERE k < 12 AND payment < due) AS short_paid_12m,
  count(*) FILTER (WHERE k < 6 AND before > 0 AND payment >= before) AS paid_full_6m,
  count(*) FILTER (WHERE k < 12 AND before > 0 AND payment >= before) AS paid_full_12m,
  max(days_past_due) FILTER (WHERE k < 3) AS days_past_due_worst_3m,
  max(days_past_due) FILTER (WHERE k < 6) AS days_past_due_worst_6m,
  max(days_past_due) FILTER (WHERE k < 12) AS days_past_due_worst_12m, max(days_past_due) AS days_past_due_worst,
  count(*) FILTER (WHERE k < 6 AND days_past_due >= 30) AS times_30_6m,
  count(*) FILTER (WHERE k < 12 AND days_past_due >= 30) AS times_30_12m,
  count(*) FILTER (WHERE k < 6 AND days_past_due >= 60) AS times_60_6m,
  count(*) FILTER (WHERE k < 12 AND days_past_due >= 60) AS times_60_12m,
  count(*) FILTER (WHERE k < 6 AND days_past_due >= 90) AS times_90_6m,
  count(*) FILTER (WHERE k < 12 AND days_past_due >= 90) AS times_90_12m,
  min(k) FILTER (WHERE days_past_due >= 30) AS months_since_30, min(k) FILTER (WHERE days_past_due >= 90) AS months_since_90,
  coalesce(min(k) FILTER (WHERE NOT idle), count(*)) AS months_inactive, count(*) FILTER (WHERE k < 12 AND idle) AS inactive_12m,
  count(*) FILTER (WHERE k < 12 AND credit_limit > limit_before) AS limit_increases_12m,
  count(*) FILTER (WHERE k < 12 AND credit_limit < limit_before) AS limit_decreases_12m,
  (array_agg(credit_limit - limit_before ORDER BY t DESC) FILTER (WHERE credit_limit <> limit_before))[1] AS limit_change,
  min(k) FILTER (WHERE credit_limit <> limit_before) AS months_since_limit_change
FROM marked GROUP BY account_id
SQL
)
# In FROM, the row of features is taken apart once; (behavior_features(…)).* looks for each of its fields alone.
ours="SELECT h.account_id, f.*
  FROM (SELECT account_id, behavior_agg(month, credit_limit, balance, payment, due, days_past_due) AS history
    FROM bench_month GROUP BY account_id) h, behavior_features(h.history) f"
settings="SET jit = off; SET search_path = public, credit_limit; SET work_mem = '${WORK_MEM:-64MB}';
  SET max_parallel_workers_per_gather = 0;"

# Milliseconds of a query; $2 are more settings. EXPLAIN ANALYZE computes every column and sends none.
milliseconds() {
  run <<< "$settings ${2:-} EXPLAIN (ANALYZE, TIMING OFF) $1;" | sed -n 's/^Execution Time: \([0-9.]*\) ms.*/\1/p'
}

hash_only="SET enable_indexscan = off; SET enable_sort = off; SET hash_mem_multiplier = 16;"
key_only="SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashagg = off;"

# A line for each round: load of the machine, count(*), hashed, in order of the key, SQL.
rounds() {
  local count by_hash by_key plain
  for ((i = 0; i < RUNS; i++)); do
    count=$(milliseconds "SELECT count(*) FROM bench_month")
    by_hash=$(milliseconds "$ours" "$hash_only")
    by_key=$(milliseconds "$ours" "$key_only")
    plain=$(milliseconds "$features" "SET work_mem = '1GB';")
    echo "$(cut -d' ' -f1 /proc/loadavg) $count $by_hash $by_key $plain"
  done
}

# least COLUMN: milliseconds; ratio COLUMN COLUMN: the first by the second of each round, least and median.
least() { awk -v c="$1" '{ print $c }' <<< "$rounds" | sort -n | head -1; }
ratio() {
  awk -v a="$1" -v b="$2" '{ print $a / $b }' <<< "$rounds" | sort -n |
    awk '{ r[NR] = $1 } END { printf "%.1f (least), %.1f (median)", r[1], (r[int((NR + 1) / 2)] + r[int(NR / 2) + 1]) / 2 }'
}
line() { printf '%-38s %8.0f ms; of count(*): %s; SQL by this: %s\n' "$1" "$(least "$2")" "$(ratio "$2" 2)" "$(ratio 5 "$2")"; }

rounds=$(rounds)
echo "load of the machine: $(awk '{ printf "%s ", $1 }' <<< "$rounds")"
line "count(*)" 2
line "behavior_features, hashed" 3
line "behavior_features, in order of the key" 4
line "the same by FILTER and windows" 5
echo "chosen by the server with work_mem ${WORK_MEM:-64MB}:" \
  "$(run <<< "$settings EXPLAIN $ours;" | grep -o -m 1 '[A-Za-z]*Aggregate')"

# What the backend holds of its own at most while it reads in order: the same for few accounts and for all of them.
run <<< "$settings $key_only
CREATE FUNCTION pg_temp.held() RETURNS text LANGUAGE sql AS \$\$
  SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), 'RssAnon:\s+(\d+ kB)'))[1] \$\$;
EXPLAIN (ANALYZE, TIMING OFF) ${ours/GROUP/WHERE account_id <= $((ACCOUNTS / 100)) GROUP};
SELECT 'memory of the backend after 1 % of the accounts in order  ' || pg_temp.held();
EXPLAIN (ANALYZE, TIMING OFF) $ours;
SELECT 'memory of the backend after all of them                   ' || pg_temp.held();" | grep 'memory of'

duck=$(in_duckdb bench_month "account_id: 'BIGINT', month: 'DATE', credit_limit: 'DECIMAL(14,2)', balance: 'DECIMAL(14,2)',
  payment: 'DECIMAL(14,2)', due: 'DECIMAL(14,2)', days_past_due: 'INT'" "SELECT count(*), max(hash(s)) FROM ($features) s")
[[ $duck == - ]] || awk -v d="$duck" -v h="$(least 3)" -v k="$(least 4)" 'BEGIN {
  printf "%-38s %8.0f ms; by hashed: %.1f; by in order: %.1f\n", "the same SQL in DuckDB, one thread", d, d / h, d / k }'
result '75 features of account months' "$(run -c 'SELECT count(*) FROM bench_month')" \
  "$(least 3)" "$(least 2)" "$(least 5)" "$duck" - -
run <<< "DROP TABLE bench_month;"
