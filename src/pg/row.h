/*
 * row.h
 *	  Columns of any row by name: looked up once per query, read without a catalog for every row after.
 *
 * Works for a row of a table or view, a composite type, a domain over one, and for an anonymous record of a sub-select.
 */
#ifndef CL_PG_ROW_H
#define CL_PG_ROW_H

#include "pg/numeric.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "utils/date.h"
#include "utils/typcache.h"

/* What a column can be read as; a column of another type is an error that says so. */
typedef enum ClColumnKind
{
	CL_COLUMN_ABSENT,			/* only where the reader allows it */
	CL_COLUMN_INT2,
	CL_COLUMN_INT4,
	CL_COLUMN_INT8,
	CL_COLUMN_FLOAT4,
	CL_COLUMN_FLOAT8,
	CL_COLUMN_NUMERIC,
	CL_COLUMN_BOOL,
	CL_COLUMN_TEXT,				/* text, varchar; char(n) is read without its padding */
	CL_COLUMN_BPCHAR,
	CL_COLUMN_NAME,
	CL_COLUMN_ENUM,
	CL_COLUMN_DATE,
	CL_COLUMN_OWN				/* a type of this extension */
} ClColumnKind;

#define CL_ACCEPT(kind) (1 << (kind))
#define CL_ACCEPT_NUMBER (CL_ACCEPT(CL_COLUMN_INT2) | CL_ACCEPT(CL_COLUMN_INT4) | CL_ACCEPT(CL_COLUMN_INT8) | \
	CL_ACCEPT(CL_COLUMN_FLOAT4) | CL_ACCEPT(CL_COLUMN_FLOAT8) | CL_ACCEPT(CL_COLUMN_NUMERIC))
#define CL_ACCEPT_BOOL CL_ACCEPT(CL_COLUMN_BOOL)
#define CL_ACCEPT_DATE CL_ACCEPT(CL_COLUMN_DATE)
#define CL_ACCEPT_TEXT (CL_ACCEPT(CL_COLUMN_TEXT) | CL_ACCEPT(CL_COLUMN_BPCHAR) | CL_ACCEPT(CL_COLUMN_NAME) | \
	CL_ACCEPT(CL_COLUMN_ENUM))

typedef struct ClEnumLabel
{
	Oid			oid;
	char	   *label;
} ClEnumLabel;

/* A column that a reader needs. The first five fields are the caller's, the rest is filled in when the row type is known. */
typedef struct ClColumn
{
	const char *name;
	int			accept;			/* CL_ACCEPT_… */
	bool		optional;		/* may be absent from the row */
	const char *own_type;		/* of this extension: where it is optional, one of another type is as good as absent */
	const struct ClColumn *alternative;	/* an earlier one of the array; where the row has that, this is optional */
	ClColumnKind kind;
	AttrNumber	attnum;
	Oid			type;			/* as declared, for messages */
	ClEnumLabel *labels;		/* of an enum, as they turn up */
	int			nlabels;
} ClColumn;

typedef struct ClRow
{
	const char *reader;			/* what needs the columns, for messages: "scorecard \"retail\"" */
	ClColumn   *columns;
	int			ncolumns;
	MemoryContext context;		/* what is found out lives here */
	Oid			type;			/* of the rows seen last */
	int32		typmod;
	uint64		identifier;		/* changes when the type is altered */
	TupleDesc	desc;
	Datum	   *values;
	bool	   *isnull;
} ClRow;

/* Whether it is the type of this extension of that name. */
extern bool cl_is_own_type(Oid type, const char *name);

/* A function of this extension that works on a column of one of its types, the first of the argument types. */
extern void cl_own_function(const char *name, int nargs, const Oid *types, MemoryContext context, FmgrInfo *function);

/* In real time the columns are found for each event: few names begin alike. */
static inline bool
cl_is_called(const FormData_pg_attribute *attribute, const char *name)
{
	return NameStr(attribute->attname)[0] == name[0] && strcmp(NameStr(attribute->attname), name) == 0 &&
		!attribute->attisdropped;
}

extern ClRow *cl_row_create(const char *reader, ClColumn *columns, int ncolumns);
extern Datum cl_row_names(const ClRow *row);
extern void cl_row_bind(ClRow *row, Oid type, int32 typmod);
extern void cl_row_bind_arguments(ClRow *row, FunctionCallInfo fcinfo, int first);
extern const char *cl_column_text_slow(ClRow *row, ClColumn *column, Datum value, int *length);
extern void cl_column_wrong_type(const ClRow *row, const ClColumn *column, const char *wanted) pg_attribute_noreturn();

/* The type of a record; most often that of the one before. */
static inline void
cl_row_know(ClRow *row, HeapTupleHeader record)
{
	if (unlikely(row->desc == NULL || row->type != HeapTupleHeaderGetTypeId(record) ||
				 row->typmod != HeapTupleHeaderGetTypMod(record) ||
				 row->identifier != assign_record_type_identifier(row->type, row->typmod)))
		cl_row_bind(row, HeapTupleHeaderGetTypeId(record), HeapTupleHeaderGetTypMod(record));
}

/* Takes a record apart; its columns can then be read until the next. */
static inline void
cl_row_read(ClRow *row, HeapTupleHeader record)
{
	HeapTupleData tuple;

	cl_row_know(row, record);
	tuple.t_len = HeapTupleHeaderGetDatumLength(record);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = record;
	heap_deform_tuple(&tuple, row->desc, row->values, row->isnull);
}

/*
 * The same for a row whose columns are arguments from number first on, after their names: see row_columns.c. The names stay the
 * same for a call, and a reader is of one call.
 */
static inline void
cl_row_read_arguments(ClRow *row, FunctionCallInfo fcinfo, int first)
{
	if (unlikely(row->desc == NULL))
		cl_row_bind_arguments(row, fcinfo, first);
	for (int i = 0; i < row->ncolumns; i++)
	{
		int			place = row->columns[i].attnum - 1;

		if (place < 0)
			continue;
		row->values[place] = fcinfo->args[first + place].value;
		row->isnull[place] = fcinfo->args[first + place].isnull;
	}
}

static inline bool
cl_column_null(const ClRow *row, const ClColumn *column)
{
	return column->kind == CL_COLUMN_ABSENT || row->isnull[column->attnum - 1];
}

static inline Datum
cl_column_datum(const ClRow *row, const ClColumn *column)
{
	return row->values[column->attnum - 1];
}

/* A column of CL_ACCEPT_NUMBER that is not NULL. */
static inline double
cl_column_float8(const ClRow *row, const ClColumn *column)
{
	Datum		value = cl_column_datum(row, column);

	switch (column->kind)
	{
		case CL_COLUMN_FLOAT8:
			return DatumGetFloat8(value);
		case CL_COLUMN_NUMERIC:
			return cl_numeric_float8_saturated(value);
		case CL_COLUMN_INT4:
			return DatumGetInt32(value);
		case CL_COLUMN_INT8:
			return (double) DatumGetInt64(value);
		case CL_COLUMN_INT2:
			return DatumGetInt16(value);
		case CL_COLUMN_FLOAT4:
			return cl_float4_float8(DatumGetFloat4(value));
		default:
			return DatumGetBool(value) ? 1 : 0;
	}
}

/* A column of CL_ACCEPT_TEXT that is not NULL: bytes that end at length, and stay while the row does. */
static inline const char *
cl_column_text(ClRow *row, ClColumn *column, int *length)
{
	Datum		value = cl_column_datum(row, column);

	if (likely(column->kind == CL_COLUMN_TEXT))
	{
		struct varlena *text = PG_DETOAST_DATUM_PACKED(value);

		*length = VARSIZE_ANY_EXHDR(text);
		return VARDATA_ANY(text);
	}
	return cl_column_text_slow(row, column, value, length);
}

#endif							/* CL_PG_ROW_H */
