/*
 * record.c
 *	  Answers of several columns.
 */
#include "postgres.h"

#include "pg/record.h"

#include "utils/builtins.h"

void
cl_record_open(ClRecord *record, FunctionCallInfo fcinfo)
{
	record->store = NULL;
	record->columns = 0;
	if (get_call_result_type(fcinfo, NULL, &record->desc) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function returning record called in context that cannot accept type record")));
	if (record->desc->natts > CL_RECORD_COLUMNS)
		elog(ERROR, "a row of %d columns is not foreseen", record->desc->natts);
	record->desc = BlessTupleDesc(record->desc);
}

void
cl_record_open_kept(ClRecord *record, FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext old;

		cl_record_open(record, fcinfo);
		old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = CreateTupleDescCopy(record->desc);
		MemoryContextSwitchTo(old);
	}
	record->store = NULL;
	record->columns = 0;
	record->desc = fcinfo->flinfo->fn_extra;
}

Datum
cl_record_datum(ClRecord *record)
{
	if (record->columns != record->desc->natts)
		elog(ERROR, "%d columns were given for a row of %d", record->columns, record->desc->natts);
	return HeapTupleGetDatum(heap_form_tuple(record->desc, record->value, record->null));
}

void
cl_record_open_set(ClRecord *record, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	record->desc = result->setDesc;
	record->store = result->setResult;
	record->columns = 0;
	if (record->desc->natts > CL_RECORD_COLUMNS)
		elog(ERROR, "a row of %d columns is not foreseen", record->desc->natts);
}

void
cl_record_next(ClRecord *record)
{
	if (record->columns != record->desc->natts)
		elog(ERROR, "%d columns were given for a row of %d", record->columns, record->desc->natts);
	tuplestore_putvalues(record->store, record->desc, record->value, record->null);
	record->columns = 0;
}

void
cl_record_put_text(ClRecord *record, const char *value)
{
	if (value == NULL)
		cl_record_put_null(record);
	else
		cl_record_put(record, CStringGetTextDatum(value));
}
