#!/bin/bash
# A scorecard from a million rows of 20 numeric columns, 5 % of each missing: all in one call, and step by step, beside a count
# of the same rows; the same card by scikit-learn, and by scorecardpy, where a Python has them; and one row scored through a
# prepared statement. Some of the columns carry the outcome, some are noise, and the last two repeat others, for a second fit.
#
#   PGHOST=... PGUSER=... [ROWS=1000000] [RUNS=3] [PYTHON=/usr/bin/python3] test/bench/train_scorecard.sh
#
# The fastest of the runs, and their median where two are printed. "All columns": all 20 of them, in up to 10 bins, since
# scikit_learn.py selects none either; it says what it does. The AUC is that of rows which nobody trained with, 3 for 7 of the
# others. Everything happens in a database of its own, which is dropped at the end.
set -euo pipefail
source "$(dirname "$0")/lib.sh"
ROWS=${ROWS:-1000000}
RUNS=${RUNS:-3}
database=bench_train_scorecard_$$
scratch=$(mktemp -d)
trap 'psql -qXd postgres -c "DROP DATABASE IF EXISTS $database" > /dev/null 2>&1; rm -rf "$scratch"' EXIT
psql -qXd postgres -c "CREATE DATABASE $database"
run() { PGDATABASE=$database psql -qXAt -v ON_ERROR_STOP=1 "$@"; }

run > /dev/null <<SQL
CREATE EXTENSION credit_limit;
SELECT setseed(0.5);
SELECT format('CREATE TABLE b AS SELECT random() < 1 / (1 + exp(3 - (%s))) AS event, r.*, c20 AS c1, c19 AS c2
	FROM (SELECT %s FROM generate_series(1, $ROWS + $ROWS * 3 / 7)) r',
	string_agg(format('%s * coalesce(c%s, 5000)::float8', (j % 7 - 3) / 20000.0, j), ' + '),
	string_agg(format('CASE WHEN random() >= 0.05 THEN (random() * 10000)::numeric(12,2) END AS c%s', j), ', '))
FROM generate_series(3, 20) j
\gexec
CREATE TABLE held AS SELECT * FROM b OFFSET $ROWS;
CREATE TABLE part AS SELECT * FROM b LIMIT $ROWS;
DROP TABLE b;
ALTER TABLE part RENAME TO b;
VACUUM ANALYZE;
SQL

# Milliseconds of the runs, the shortest first: timed WORKERS SQL
timed() {
	PGOPTIONS="-c max_parallel_workers_per_gather=$1 -c jit=off" PGDATABASE=$database psql -XAt -v ON_ERROR_STOP=1 <<SQL |
SET search_path = credit_limit, public;
$(printf '\\timing on\n'; for ((i = 0; i < RUNS; i++)); do printf '%s;\n' "$2"; done)
SQL
	sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n
}
fastest() { timed "$@" | head -1; }
fastest_and_median() { timed "$@" | awk '{ t[NR] = $1 } END { print t[1], t[int((NR + 1) / 2)] }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / b }'; }

# A fit, as train_scorecard writes it, of all that screening selects.
fit=$(run -c "SET search_path = credit_limit, public" -c "SELECT format('SELECT logistic_regression(event, ARRAY[%s]) FROM b',
	string_agg(format('woe(%L::binning, %I)', binning, variable), ', ')) FROM variable_screening('b', 'event') WHERE selected")
arrays=${fit/logistic_regression(event, ARRAY/count(ARRAY}
coded=${fit/logistic_regression/logit_coded_rows}

echo "$ROWS rows, 20 numeric columns; $(run -c "SET search_path = credit_limit, public" -c "
	SELECT format('%s fits, %s characteristics in the card',
		(SELECT count(*) FROM jsonb_array_elements(report) r WHERE r ->> 'step' = 'fit'), report -> -1 ->> 'characteristics')
	FROM train_scorecard('b', 'event')")"
workers_tried=(0 1 2)
[[ -z ${BENCH_SHORT:-} ]] || workers_tried=()
for workers in "${workers_tried[@]}"; do
	echo "$workers workers: count(*) $(fastest $workers "SELECT count(*) FROM b") ms;" \
		"variable_screening $(fastest $workers "SELECT count(*) FROM variable_screening('b', 'event')") ms;" \
		"weights of evidence $(fastest $workers "$arrays") ms; kept $(fastest $workers "$coded") ms; a fit with them" \
		"$(fastest $workers "$fit") ms; train_scorecard" \
		"$(fastest $workers "SELECT report -> -1 FROM train_scorecard('b', 'event')") ms"
done

# Against Python: names of what was trained, options, milliseconds, AUC.
all='{"screening": {"min_iv": 0, "max_n_bins": 10}, "max_characteristics": 20, "max_pvalue": 1}'
auc_of() {
	run -c "SET search_path = public, credit_limit" \
		-c "CREATE TABLE card_$1 AS SELECT card FROM train_scorecard('b', 'event', options => '$2')" \
		-c "SELECT round(auc(score_pd(card, held), event)::numeric, 5) FROM held, card_$1"
}
train() { echo "SELECT report -> -1 FROM train_scorecard('b', 'event', options => '$1')"; }
read -r own own_median < <(fastest_and_median 0 "$(train '{}')")
read -r own_all own_all_median < <(fastest_and_median 0 "$(train "$all")")
echo "train_scorecard: $own ms (median $own_median), AUC $(auc_of own '{}');" \
	"all columns $own_all ms (median $own_all_median), AUC $(auc_of all "$all")"
other() { # other NAME seconds... AUC
	local name=$1 auc=${*: -1} median
	shift
	median=$(awk -v n=$(($# - 1)) -v all="$*" 'BEGIN { split(all, t, " "); print 1000 * t[int((n + 1) / 2)] }')
	echo "$name: $(awk -v s="$1" 'BEGIN { print 1000 * s }') ms (median $median), AUC $auc; $name / train_scorecard, medians:" \
		"$(ratio "$median" "$own_median")," \
		"all columns $(ratio "$median" "$own_all_median")"
}
python=-
for module in sklearn scorecardpy; do
	if ! "$PYTHON" -c "import pandas, sklearn, $module" 2> /dev/null; then
		echo "skipped: no ${module/sklearn/scikit-learn}"
	elif [[ $module == sklearn ]]; then
		line=$(PGDATABASE=$database "$PYTHON" "$bench/scikit_learn.py" card b held "$RUNS")
		python=$(awk '{ print 1000 * $1 }' <<< "$line")
		other scikit-learn $line
	else
		other scorecardpy $(PGDATABASE=$database "$PYTHON" "$bench/scikit_learn.py" scorecardpy b held | tail -1)
	fi
done

result 'train_scorecard, 20 columns' "$ROWS" "$own_all" "$(fastest 0 'SELECT count(*) FROM b')" - - "$python" -
[[ -z ${BENCH_SHORT:-} ]] || exit 0

# One row: by its key, with the card from a table. The second loop is the same without scoring; pgbench adds the way to the
# client and back.
run <<SQL
CREATE TABLE applicant AS SELECT row_number() OVER () AS id, h.* FROM held h LIMIT 100000;
ALTER TABLE applicant ADD PRIMARY KEY (id);
VACUUM ANALYZE applicant, card_own;
SQL
one="SELECT credit_limit.score(k.card, a) FROM applicant a, card_own k WHERE a.id"
none="SELECT a.c20 FROM applicant a, card_own k WHERE a.id"
loop() {
	echo "DO 'DECLARE s float8; BEGIN FOR i IN 1..50000 LOOP ${1/ FROM/ INTO s FROM} = i; END LOOP; END'"
}
micro() { awk -v ms="$1" -v n="$2" 'BEGIN { printf "%.2f", 1000 * ms / n }'; }
printf '\\set id random(1, 100000)\n%s = :id;\n' "$one" > "$scratch/one"
same="DO 'DECLARE c credit_limit.scorecard; a applicant; s float8;
BEGIN
	SELECT card INTO c FROM card_own; SELECT * INTO a FROM applicant LIMIT 1;
	FOR i IN 1..500000 LOOP s := credit_limit.score(c, a); END LOOP; END'"
echo "one row: score() $(micro "$(fastest 0 "$same")" 500000) us within a statement;" \
	"a prepared statement in the server $(micro "$(fastest 0 "$(loop "$one")")" 50000) us," \
	"without score() $(micro "$(fastest 0 "$(loop "$none")")" 50000) us;" \
	"from a client, by pgbench -M prepared: $(PGDATABASE=$database pgbench -n -M prepared -T 3 -f "$scratch/one" 2> /dev/null |
		sed -n 's/^latency average = //p')"
every="SELECT sum(credit_limit.score(k.card, h)) FROM held h, card_own k"
echo "all of them: score() $(micro "$(fastest 0 "$every")" $((ROWS * 3 / 7))) us a row"
