/*
 * snapshot.c
 *	  Whether a transaction that keeps one snapshot sees what others have committed meanwhile.
 *
 * Decisions on a borrower happen one after the other, because each locks his row first. Under READ COMMITTED the second then sees
 * the first. Under REPEATABLE READ and SERIALIZABLE it has the snapshot of its beginning, and a row that was only locked is no
 * conflict for PostgreSQL: the second would decide as if the first had not happened. So it is looked for.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(cl_sees_latest);

#define PARAMETERS 3

static int64
count(SPIPlanPtr plan, Datum *values, const char *nulls, Snapshot snapshot)
{
	bool		isnull;
	int			code = SPI_execute_snapshot(plan, values, nulls, snapshot, InvalidSnapshot, true, false, 1);

	if (code != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not count: %s", SPI_result_code_string(code));
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/*
 * (query text, lowest bigint, highest bigint, borrowers bigint[]) -> boolean
 *
 * The query gives one bigint, which is the same for the snapshot of the transaction and for a new one: nobody has changed it.
 */
Datum
cl_sees_latest(PG_FUNCTION_ARGS)
{
	Oid			types[PARAMETERS] = {INT8OID, INT8OID, INT8ARRAYOID};
	Datum		values[PARAMETERS];
	char		nulls[PARAMETERS];
	Snapshot	latest;
	SPIPlanPtr	plan;
	int64		seen;
	int64		there;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	for (int i = 0; i < PARAMETERS; i++)
	{
		values[i] = PG_GETARG_DATUM(i + 1);
		nulls[i] = PG_ARGISNULL(i + 1) ? 'n' : ' ';
	}
	SPI_connect();
	plan = SPI_prepare(text_to_cstring(PG_GETARG_TEXT_PP(0)), PARAMETERS, types);
	if (plan == NULL)
		elog(ERROR, "could not prepare a statement: %s", SPI_result_code_string(SPI_result));
	seen = count(plan, values, nulls, GetActiveSnapshot());
	latest = RegisterSnapshot(GetLatestSnapshot());
	there = count(plan, values, nulls, latest);
	UnregisterSnapshot(latest);
	SPI_finish();
	PG_RETURN_BOOL(seen == there);
}
