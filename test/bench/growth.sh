#!/bin/bash
# How what a book costs grows with its accounts: loading it, and each step of a night, at several sizes. For each step the seconds
# of one process without workers, microseconds an account, and the most memory of its own that the process had. The first reports
# sum up all months; those of a later night only months that changed.
# SIZES="100000 400000 1600000" accounts with MONTHS=24 months each. Needs a database on this machine, as book.sh does.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
SIZES=${SIZES:-100000 400000 1600000}
export MONTHS=${MONTHS:-24}
run() { PGOPTIONS="-c client_min_messages=warning" psql -XqAt -v ON_ERROR_STOP=1 "$@"; }

# What a process has of its own at most, sampled, in kB, into a file, until it ends.
watch_memory() {
	local most=0 now
	while now=$(awk '/^RssAnon/ { print $2 }' "/proc/$1/status" 2> /dev/null) && [[ -n $now ]]; do
		((now <= most)) || most=$now
		echo "$most" > "$2"
		sleep 0.2
	done
}

step() {
	local name=$1 pid started ended memory
	memory=$(mktemp)
	coproc SESSION { run; }
	printf '%s\n' 'SET max_parallel_workers_per_gather = 0; SET jit = off; SELECT pg_backend_pid();' >&"${SESSION[1]}"
	read -r -u "${SESSION[0]}" pid
	watch_memory "$pid" "$memory" &
	started=$EPOCHREALTIME
	printf '%s\n\\echo done\n' "$2" >&"${SESSION[1]}"
	while read -r -u "${SESSION[0]}" line && [[ $line != done ]]; do :; done
	ended=$EPOCHREALTIME
	printf '\\q\n' >&"${SESSION[1]}"
	wait
	awk -v w="$name" -v n="$size" -v s="$started" -v e="$ended" -v m="$(cat "$memory")" \
		'BEGIN { printf "| %s | %d | %.1f | %.1f | %.0f |\n", w, n, e - s, (e - s) / n * 1e6, m / 1024 }'
	rm -f "$memory"
}

echo "| step | accounts | s | us an account | MB |"
echo "|---|---:|---:|---:|---:|"
for size in $SIZES; do
	started=$EPOCHREALTIME
	ROWS=$size ONLY_LOAD=1 PGOPTIONS="-c client_min_messages=warning" bash "$here/book.sh"
	awk -v n="$size" -v s="$started" -v e="$EPOCHREALTIME" \
		'BEGIN { printf "| load | %d | %.1f | %.1f | |\n", n, e - s, (e - s) / n * 1e6 }'
	step features "SELECT credit_limit.refresh_features('bench_book', '2026-11-30');"
	step decisions "CALL credit_limit.run_decisions('bench_book', '2026-11-30');"
	step alerts "SELECT credit_limit.run_alerts('bench_book', '2026-11-30');"
	step "first reports" "SELECT credit_limit.refresh_reports('bench_book', '2026-11-30'); ANALYZE bench_book.report_position;"
	step reports "SELECT credit_limit.refresh_reports('bench_book', '2026-11-30');"
	step pictures "SELECT credit_limit.refresh_page('bench_book');"
	step "a page" "SELECT length(credit_limit.report_html('bench_book'));"
	step "a price" "SELECT credit_limit.shadow_price('SELECT account_id, 0.1 AS margin, 0.01 AS carry, 200000 AS cap,
		credit_limit.demand(ln((1000 + balance)::float8), 0.5) AS demand, 1 AS use_exposure FROM bench_book.account',
		'{\"exposure\": $((size * 1000))}') IS NULL;"
	step "verify the log" "SELECT count(*) FROM credit_limit.verify_log('bench_book');"
	run -c "SELECT format('| bytes on disk an account | $size | | %s | |', round(sum(pg_total_relation_size(c.oid)) / $size))
		FROM pg_class c WHERE c.relnamespace = 'bench_book'::regnamespace AND c.relkind IN ('r', 'S')"
	run -c "DROP SCHEMA bench_book, bench_book_report CASCADE" -c "DROP OWNED BY bench_maker" -c "DROP ROLE bench_maker"
done
