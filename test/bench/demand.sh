#!/bin/bash
# Demand of accounts with up to 24 months each, on one core: demand_agg and its quantile 0.9, against the smart way outside (all
# rows out in binary form, one vectorised Newton over all accounts in numpy, the quantiles back into a table) and the usual one
# (an optimiser per account: scipy.optimize, survreg of R). What is not installed is skipped. Needs PGHOST and so on for psql,
# and a database that may be written to. ACCOUNTS=100000 by default.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ACCOUNTS=${ACCOUNTS:-100000}
FEW=300
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { psql -XqAt -v ON_ERROR_STOP=1 -v accounts="$ACCOUNTS" "$@"; }

run > /dev/null 2>&1 <<'SQL'
CREATE EXTENSION IF NOT EXISTS credit_limit;
DROP TABLE IF EXISTS bench_month, bench_quantile;
\i demo/panel.sql
CREATE UNLOGGED TABLE bench_month AS
SELECT account_id::int AS account, month, balance, credit_limit AS available FROM pg_temp.panel(:accounts) WHERE credit_limit > 0
ORDER BY month, account_id;
VACUUM (ANALYZE) bench_month;
SQL

settings="SET max_parallel_workers_per_gather = 0; SET jit = off; SET work_mem = '1GB'; SET hash_mem_multiplier = 2;
SET search_path = credit_limit, public;"

# The least of three runs, in milliseconds.
milliseconds() {
	for _ in 1 2 3; do
		run <<SQL | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -1
$settings
\timing on
$1
SQL
	done | sort -n | head -1
}

ours="SELECT account, demand_quantile(d, 0.9) AS q90
  FROM (SELECT account, demand_agg(balance, available) AS d FROM bench_month GROUP BY account OFFSET 0) s"
rows=$(milliseconds "SELECT count(*) FROM bench_month;")
grouped=$(milliseconds "SELECT count(x)
  FROM (SELECT account, sum(balance) AS x, avg(available) AS y FROM bench_month GROUP BY account OFFSET 0) s;")
aggregate=$(milliseconds "SELECT count(q90) FROM ($ours) s;")
stored=$(for _ in 1 2 3; do run <<SQL | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | head -1
$settings
\timing on
CREATE UNLOGGED TABLE bench_quantile AS $ours;
\timing off
DROP TABLE bench_quantile;
SQL
done | sort -n | head -1)
dated=$(milliseconds "SELECT count(q90) FROM (SELECT demand_quantile(d, 0.9) AS q90
  FROM (SELECT demand_agg(month, balance, available) AS d FROM bench_month GROUP BY account OFFSET 0) s) q;")
run > /dev/null 2>&1 <<SQL
$settings
DROP TABLE IF EXISTS bench_demand, bench_prior;
CREATE UNLOGGED TABLE bench_demand AS
  SELECT account, demand_agg(month, balance, available) AS d FROM bench_month GROUP BY account;
CREATE UNLOGGED TABLE bench_prior AS SELECT compact(demand_prior_agg(account, d)) AS p FROM bench_demand;
SQL
prior=$(milliseconds "SELECT compact(demand_prior_agg(account, d)) FROM bench_demand;")
posterior=$(milliseconds "SELECT count(q90) FROM (SELECT demand_quantile(demand_posterior(d, p), 0.9) AS q90
  FROM (SELECT demand_agg(month, balance, available) AS d FROM bench_month GROUP BY account OFFSET 0) s, bench_prior) q;")
# Months of an account beside each other: the hash table of accounts is not searched all over for each row.
run > /dev/null 2>&1 <<'SQL'
DROP TABLE IF EXISTS bench_by_account;
CREATE UNLOGGED TABLE bench_by_account AS SELECT * FROM bench_month ORDER BY account, month;
VACUUM (ANALYZE) bench_by_account;
SQL
by_account=$(milliseconds "SELECT count(q90) FROM (SELECT demand_quantile(demand_posterior(d, p), 0.9) AS q90
  FROM (SELECT demand_agg(month, balance, available) AS d FROM bench_by_account GROUP BY account OFFSET 0) s, bench_prior) q;")
numpy=- survreg=-
pooled=$(milliseconds "SELECT demand_stats(demand_agg(balance, available)) FROM bench_month;")
awk -v n="$ACCOUNTS" -v r="$rows" -v g="$grouped" -v a="$aggregate" -v s="$stored" -v p="$pooled" -v d="$dated" \
	-v prior="$prior" -v posterior="$posterior" -v together="$by_account" 'BEGIN {
	printf "count(*) of the months                  %8.0f ms\n", r
	printf "sum and avg by account                  %8.0f ms\n", g
	printf "demand by account, quantile 0.9         %8.0f ms  %9.0f accounts per second on one core", a, n / a * 1000
	printf ", %.1f x sum and avg\n", a / g
	printf "the same into a table                   %8.0f ms\n", s
	printf "the same with its months                %8.0f ms  %9.0f accounts per second on one core\n", d, n / d * 1000
	printf "its population                          %8.0f ms  %9.1f x the months of all accounts\n", prior, prior / d
	printf "months and posterior, quantile 0.9      %8.0f ms  %9.0f accounts per second on one core\n", posterior,
		n / posterior * 1000
	printf "the same, months of an account together %8.0f ms  %9.0f accounts per second on one core\n", together,
		n / together * 1000
	printf "one demand of all months                %8.0f ms\n", p }'

if ! "$PYTHON" -c 'import numpy, scipy.special' 2> /dev/null; then
	echo "skipped $PYTHON with numpy and scipy is not installed"
else
	cat > "$work/newton.py" <<'PY'
import os, subprocess, sys, time
os.environ['OMP_NUM_THREADS'] = '1'
import numpy as np
from scipy.special import log_ndtr, ndtri
from scipy.optimize import minimize

def psql(sql, data=None):
    command = ['psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-c', sql]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout

def months():
    raw = psql('COPY (SELECT account, balance::float8, available::float8 FROM bench_month) TO STDOUT (FORMAT binary)')
    row = np.dtype([('columns', '>i2'), ('l1', '>i4'), ('account', '>i4'), ('l2', '>i4'), ('balance', '>f8'), ('l3', '>i4'),
                    ('available', '>f8')])
    rows = np.frombuffer(raw, row, offset=19, count=(len(raw) - 21) // row.itemsize)
    return rows['account'].astype(np.int64) - 1, rows['balance'].astype(float), rows['available'].astype(float)

def newton(account, balance, available, n):
    at = balance >= 0.98 * available
    zero = balance <= 0
    below = ~at & ~zero
    count = np.maximum(np.bincount(account, minlength=n), 1)
    p_zero = np.bincount(account[zero], minlength=n) / count
    x = np.log(balance[below])
    nu = np.bincount(account[below], minlength=n)
    mean = np.bincount(account[below], x, n) / np.maximum(nu, 1)
    ss = np.bincount(account[below], (x - mean[account[below]]) ** 2, n)
    pair, weight = np.unique(account[at] * 4294967296 + np.round(available[at]).astype(np.int64), return_counts=True)
    ca = pair // 4294967296
    c = np.log((pair % 4294967296).astype(float))
    theta = 1 / np.sqrt(np.maximum(ss / np.maximum(nu, 1), 1e-2))
    gamma = mean * theta
    active = (nu >= 2) & (ss > 0)

    def value(g, t):
        tails = np.bincount(ca, weight * log_ndtr(g[ca] - t[ca] * c), n)
        return nu * (np.log(t) - 0.5 * (t * mean - g) ** 2) - 0.5 * t * t * ss + tails
    now = value(gamma, theta)
    for iteration in range(100):
        z = gamma[ca] - theta[ca] * c
        h = np.exp(-0.5 * z * z - 0.918938533204672742 - log_ndtr(z))
        k = h * (h + z)
        miss = theta * mean - gamma
        dg = nu * miss + np.bincount(ca, weight * h, n)
        dt = nu * (1 / theta - miss * mean) - theta * ss - np.bincount(ca, weight * h * c, n)
        gg = nu + np.bincount(ca, weight * k, n)
        gt = -nu * mean - np.bincount(ca, weight * k * c, n)
        tt = nu * (1 / theta ** 2 + mean ** 2) + ss + np.bincount(ca, weight * k * c * c, n)
        det = np.where(active, gg * tt - gt * gt, 1)
        sg = np.where(active, (tt * dg - gt * dt) / det, 0)
        st = np.where(active, (gg * dt - gt * dg) / det, 0)
        if np.max((sg * dg + st * dt) / count) < 1e-15:
            break
        share = np.where(st < -0.9 * theta, -0.9 * theta / np.where(st < 0, st, -1), 1.0)
        for halving in range(40):
            after = value(gamma + share * sg, theta + share * st)
            worse = active & ~(after >= now - 1e-9 * np.abs(now))
            if not worse.any():
                break
            share = np.where(worse, share / 2, share)
        gamma, theta, now = gamma + share * sg, theta + share * st, after
    mu, sigma = gamma / theta, 1 / theta
    q = (0.9 - p_zero) / np.maximum(1 - p_zero, 1e-300)
    quantile = np.exp(mu + sigma * ndtri(np.clip(q, 1e-300, 1)))
    return np.where(q <= 0, 0, np.where(active, quantile, np.nan)), iteration

def back(q):
    row = np.dtype([('columns', '>i2'), ('l1', '>i4'), ('account', '>i4'), ('l2', '>i4'), ('q90', '>f8')])
    known = np.flatnonzero(~np.isnan(q))
    rows = np.zeros(len(known), row)
    rows['columns'], rows['l1'], rows['l2'] = 2, 4, 8
    rows['account'], rows['q90'] = known + 1, q[known]
    psql('COPY bench_quantile FROM STDIN (FORMAT binary)', b'PGCOPY\n\xff\r\n\0' + bytes(8) + rows.tobytes() + b'\xff\xff')

accounts, few = int(sys.argv[1]), int(sys.argv[2])
best = None
for attempt in range(3):
    psql('SET client_min_messages = warning; DROP TABLE IF EXISTS bench_quantile')
    psql('CREATE UNLOGGED TABLE bench_quantile (account int, q90 float8)')
    t0 = time.time()
    a, b, l = months()
    t1 = time.time()
    q, iterations = newton(a, b, l, accounts)
    t2 = time.time()
    back(q)
    t3 = time.time()
    best = min(best or (1e9,), (t3 - t0, t1 - t0, t2 - t1, t3 - t2))
print(1000 * best[0], 1000 * best[1], 1000 * best[2], 1000 * best[3])

order = np.argsort(a, kind='stable')
a, b, l = a[order], b[order], l[order]
t0 = time.time()
for account in range(few):
    lo, hi = np.searchsorted(a, [account, account + 1])
    bal, av = b[lo:hi], l[lo:hi]
    at = bal >= 0.98 * av
    x, c = np.log(bal[~at & (bal > 0)]), np.log(av[at])
    if len(x) < 2:
        continue
    def minus_loglik(p):
        z = (x - p[0]) / np.exp(p[1])
        return len(x) * p[1] + 0.5 * np.dot(z, z) - log_ndtr((p[0] - c) / np.exp(p[1])).sum()
    minimize(minus_loglik, [x.mean(), np.log(max(x.std(), 1e-3))], method='BFGS')
print(1000 * (time.time() - t0) / few)
PY
	"$PYTHON" "$work/newton.py" "$ACCOUNTS" "$FEW" > "$work/numpy"
	numpy=$(awk 'NR == 1 { print $1 }' "$work/numpy")
	same=$(run <<SQL | tail -1
$settings
SELECT max(abs(o.q90 / nullif(n.q90, 0) - 1)) FROM ($ours) o JOIN bench_quantile n USING (account) WHERE n.q90 > 0;
SQL
	)
	awk -v s="$stored" -v a="$aggregate" -v n="$ACCOUNTS" -v same="$same" '
	NR == 1 { printf "out, numpy, back into a table           %8.0f ms  (%.0f out, %.0f Newton, %.0f back)", $1, $2, $3, $4
		printf ": %.1f x ours; largest difference %.1e\n", $1 / s, same }
	NR == 2 { printf "scipy.optimize, per account             %8.3f ms  %.0f x ours\n", $1, $1 / (a / n) }' "$work/numpy"
fi

if ! Rscript -e 'library(survival)' > /dev/null 2>&1; then
	echo "skipped Rscript with survival is not installed"
else
	run -c "COPY (SELECT account, balance, available FROM bench_month WHERE account <= $FEW ORDER BY account)
		TO STDOUT (FORMAT csv)" > "$work/few.csv"
	cat > "$work/survreg.R" <<'R'
suppressMessages(library(survival))
m <- read.csv(commandArgs(TRUE)[1], header = FALSE, col.names = c("account", "balance", "available"))
m$at <- m$balance >= 0.98 * m$available
m <- m[m$balance > 0, ]
m$time <- ifelse(m$at, m$available, m$balance)
parts <- split(m, m$account)
started <- proc.time()[3]
for (p in parts) if (sum(!p$at) > 1) suppressWarnings(survreg(Surv(time, !at) ~ 1, data = p, dist = "lognormal"))
cat(1000 * (proc.time()[3] - started) / length(parts), "\n")
R
	survreg=$(Rscript "$work/survreg.R" "$work/few.csv")
	awk -v a="$aggregate" -v n="$ACCOUNTS" '
	{ printf "survreg of R, per account               %8.3f ms  %.0f x ours\n", $1, $1 / (a / n) }' <<< "$survreg"
	survreg=$(awk -v n="$ACCOUNTS" '{ print $1 * n }' <<< "$survreg")
fi
result "demand of $ACCOUNTS accounts, into a table" "$(run -c 'SELECT count(*) FROM bench_month')" \
	"$stored" "$rows" - - "$numpy" "$survreg"
run -c "DROP TABLE IF EXISTS bench_month, bench_quantile" > /dev/null
