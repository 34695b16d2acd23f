/*
 * record.h
 *	  Answers of several columns: one row, or a set of rows, filled from left to right.
 */
#ifndef CL_PG_RECORD_H
#define CL_PG_RECORD_H

#include "pg/compat.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

#define CL_RECORD_COLUMNS 96

typedef struct ClRecord
{
	TupleDesc	desc;
	Tuplestorestate *store;		/* of a set */
	int			columns;		/* filled so far */
	Datum		value[CL_RECORD_COLUMNS];
	bool		null[CL_RECORD_COLUMNS];
} ClRecord;

/* A function that returns one row: ends with PG_RETURN_DATUM(cl_record_datum(&record)). */
extern void cl_record_open(ClRecord *record, FunctionCallInfo fcinfo);
/* The same for a function of many rows that uses fn_extra for nothing else: the row type is looked up once. */
extern void cl_record_open_kept(ClRecord *record, FunctionCallInfo fcinfo);
/* The same with a row type that the caller keeps; and such a row type, blessed, in the current context. */
extern void cl_record_open_desc(ClRecord *record, TupleDesc desc);
extern TupleDesc cl_record_desc(FunctionCallInfo fcinfo);
extern Datum cl_record_datum(ClRecord *record);

/* A function that returns a set: cl_record_next after each row; it ends with PG_RETURN_NULL(). */
extern void cl_record_open_set(ClRecord *record, FunctionCallInfo fcinfo);
extern void cl_record_next(ClRecord *record);

static inline void
cl_record_put(ClRecord *record, Datum value)
{
	Assert(record->columns < record->desc->natts);
	record->value[record->columns] = value;
	record->null[record->columns++] = false;
}

static inline void
cl_record_put_null(ClRecord *record)
{
	Assert(record->columns < record->desc->natts);
	record->value[record->columns] = (Datum) 0;
	record->null[record->columns++] = true;
}

/* A value, or NULL where there is none; the value is not looked at then. */
static inline void
cl_record_put_if(ClRecord *record, bool there, Datum value)
{
	if (there)
		cl_record_put(record, value);
	else
		cl_record_put_null(record);
}

/* What cannot be computed is NaN in the core and NULL in SQL. */
static inline void
cl_record_put_float8(ClRecord *record, double value)
{
	if (value != value)
		cl_record_put_null(record);
	else
		cl_record_put(record, Float8GetDatum(value));
}

static inline void
cl_record_put_int64(ClRecord *record, int64 value)
{
	cl_record_put(record, Int64GetDatum(value));
}

static inline void
cl_record_put_int32(ClRecord *record, int32 value)
{
	cl_record_put(record, Int32GetDatum(value));
}

static inline void
cl_record_put_bool(ClRecord *record, bool value)
{
	cl_record_put(record, BoolGetDatum(value));
}

extern void cl_record_put_text(ClRecord *record, const char *value);	/* NULL is NULL */

#endif							/* CL_PG_RECORD_H */
