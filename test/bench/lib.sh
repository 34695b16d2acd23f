# What the benchmarks share: lines of the one table that test/bench/run prints, and the others that they are compared with. To be
# sourced. A peer prints milliseconds, the least of three runs, or "-" where it is not installed.

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHON=${PYTHON:-/usr/bin/python3}
# DUCKDB: a directory in which "npm install @duckdb/node-api" was called.
[[ -z ${DUCKDB:-} ]] || export NODE_PATH=$DUCKDB/node_modules
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# result NAME ROWS OURS FLOOR SQL DUCKDB PYTHON R: milliseconds, or "-". Floor is the scan of the same rows by count(*).
result() {
	local IFS='|'
	printf '%s\n' "$*" >> "${BENCH_TABLE:-/dev/null}"
}

# in_duckdb TABLE COLUMNS SQL: a query of a copy of a table, whose columns are given as DuckDB has them, with one thread, in a
# file of its own.
in_duckdb() {
	if ! node -e 'require("@duckdb/node-api")' 2> /dev/null; then
		echo -
		return
	fi
	local place
	place=$(mktemp -d)
	psql -qX -c "COPY $1 TO STDOUT (FORMAT csv)" > "$place/rows.csv"
	node -e '
		const { DuckDBInstance } = require("@duckdb/node-api");
		const [place, table, columns, query] = process.argv.slice(1);
		(async () => {
			const db = await (await DuckDBInstance.create(`${place}/bench.db`, { threads: "1" })).connect();
			await db.run(`CREATE TABLE ${table} AS SELECT * FROM read_csv(\x27${place}/rows.csv\x27, header = false,
				columns = {${columns}})`);
			await db.run("CHECKPOINT");
			let least = Infinity;
			for (let i = 0; i < 3; i++) {
				const begun = process.hrtime.bigint();
				await db.runAndReadAll(query);
				least = Math.min(least, Number(process.hrtime.bigint() - begun) / 1e6);
			}
			console.log(least.toFixed(1));
		})().catch(e => { console.error(e.message); console.log("-"); });' "$place" "$@"
	rm -r "$place"
}

# in_python WORK TABLE: see peers.py. in_r WORK TABLE: see peers.R. Both begin with the rows in the database.
in_python() {
	"$PYTHON" -c 'import pandas, sklearn' 2> /dev/null && "$PYTHON" "$bench/peers.py" "$@" || echo -
}
in_r() {
	Rscript -e 'library(data.table); library(survival)' > /dev/null 2>&1 && Rscript "$bench/peers.R" "$@" || echo -
}
