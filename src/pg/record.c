/*
 * record.c
 *	  Answers of several columns.
 */
#include "postgres.h"

#include "pg/cache.h"
#include "pg/record.h"

#include "utils/builtins.h"

TupleDesc
cl_record_desc(FunctionCallInfo fcinfo)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function returning record called in context that cannot accept type record")));
	if (desc->natts > CL_RECORD_COLUMNS)
		elog(ERROR, "a row of %d columns is not foreseen", desc->natts);
	return BlessTupleDesc(desc);
}

void
cl_record_open_desc(ClRecord *record, TupleDesc desc)
{
	record->desc = desc;
	record->store = NULL;
	record->columns = 0;
}

void
cl_record_open(ClRecord *record, FunctionCallInfo fcinfo)
{
	cl_record_open_desc(record, cl_record_desc(fcinfo));
}

static void *
new_desc(FunctionCallInfo fcinfo)
{
	return CreateTupleDescCopy(cl_record_desc(fcinfo));
}

void
cl_record_open_kept(ClRecord *record, FunctionCallInfo fcinfo)
{
	cl_record_open_desc(record, cl_call_state(fcinfo, new_desc));
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
