/*
 * canonical.c
 *	  A row as text that is the same on every server, version and setting: what a decision log hashes and can read again.
 *
 * The text is a JSON array of the values in the order of the columns; the names and types of the columns are a second
 * JSON array, the layout, which many rows share. Neither DateStyle nor extra_float_digits nor the time zone has a say:
 *
 *	  numbers		as they print in full; double precision in the shortest decimal that reads back as the same double
 *	  NaN, Infinity, -Infinity, date, uuid, bytea (hexadecimal)		as strings; a date as YYYY-MM-DD, with BC where it is
 *	  timestamp, timestamp with time zone		as strings: date and HH:MM:SS with its decimals; the latter in UTC with +00
 *	  text, varchar, name, enum		as strings; char(n) without its padding
 *	  text[]		as an array of strings; with more dimensions, or another first index than 1, a string as array_out prints it
 *
 * Other types have no such form here: they are an error that names the column.
 */
#include "postgres.h"

#include "book/canonical.h"
#include "pg/json.h"
#include "pg/numeric.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(cl_row_layout);
PG_FUNCTION_INFO_V1(cl_canonical_row);

#define INT64_DIGITS 21			/* with sign and terminator */
#define MAX_FAST_DECIMALS 18	/* powers of ten that fit int64 */

typedef void (*PutValue) (StringInfo out, Datum value);

typedef struct CanonicalType
{
	Oid			type;
	const char *name;			/* in a layout, and in the SQL that reads a row again */
	PutValue	put;
} CanonicalType;

/* Columns that have canonical text, and their layout. */
struct ClCanonicalColumns
{
	int			count;
	const CanonicalType **types;	/* NULL for a dropped one */
	StringInfoData layout;
};

/* What a query keeps: the columns of the rows seen last. */
struct ClCanonicalRow
{
	MemoryContext context;
	Oid			type;
	int32		typmod;
	uint64		identifier;
	TupleDesc	desc;
	ClCanonicalColumns *columns;
	Datum	   *values;
	bool	   *isnull;
};

static void
put_bool(StringInfo out, Datum value)
{
	appendStringInfoString(out, DatumGetBool(value) ? "true" : "false");
}

static void
put_int(StringInfo out, int64 value)
{
	char		digits[INT64_DIGITS];
	int			length = pg_lltoa(value, digits);

	appendBinaryStringInfo(out, digits, length);
}

static void
put_int2(StringInfo out, Datum value)
{
	put_int(out, DatumGetInt16(value));
}

static void
put_int4(StringInfo out, Datum value)
{
	put_int(out, DatumGetInt32(value));
}

static void
put_int8(StringInfo out, Datum value)
{
	put_int(out, DatumGetInt64(value));
}

static void
put_quoted(StringInfo out, const char *plain)
{
	appendStringInfoChar(out, '"');
	appendStringInfoString(out, plain);
	appendStringInfoChar(out, '"');
}

/* JSON has no word for what is no finite number. */
static void
put_number(StringInfo out, const char *text)
{
	if (text[0] == 'N' || text[0] == 'I' || text[1] == 'I')
		put_quoted(out, text);
	else
		appendStringInfoString(out, text);
}

static void
put_float4(StringInfo out, Datum value)
{
	char		text[FLOAT_SHORTEST_DECIMAL_LEN];

	float_to_shortest_decimal_buf(DatumGetFloat4(value), text);
	put_number(out, text);
}

static void
put_float8(StringInfo out, Datum value)
{
	char		text[DOUBLE_SHORTEST_DECIMAL_LEN];

	double_to_shortest_decimal_buf(DatumGetFloat8(value), text);
	put_number(out, text);
}

/* What numeric_out prints; amounts that fit an integer of minor units, which is nearly all, without its detours. */
static void
put_numeric(StringInfo out, Datum value)
{
	ClNumericView view;
	int64		minor;
	char		digits[INT64_DIGITS];
	int			length;
	int			whole;			/* digits before the point; negative: zeros after it */

	cl_numeric_open(value, &view);
	if (view.dscale > MAX_FAST_DECIMALS || view.status != CL_NUMERIC_OK ||
		cl_numeric_minor_view(&view, view.dscale, &minor) != CL_NUMERIC_OK || minor == PG_INT64_MIN)
	{
		put_number(out, DatumGetCString(DirectFunctionCall1(numeric_out, value)));
		return;
	}
	if (minor < 0)
		appendStringInfoCharMacro(out, '-');
	length = pg_ulltoa_n((uint64) (minor < 0 ? -minor : minor), digits);
	whole = length - view.dscale;
	if (whole > 0)
		appendBinaryStringInfo(out, digits, whole);
	else
		appendStringInfoCharMacro(out, '0');
	if (view.dscale == 0)
		return;
	appendStringInfoCharMacro(out, '.');
	for (int i = whole; i < 0; i++)
		appendStringInfoCharMacro(out, '0');
	appendBinaryStringInfo(out, digits + Max(whole, 0), length - Max(whole, 0));
}

static void
put_text(StringInfo out, Datum value)
{
	cl_json_put_string(out, TextDatumGetCString(value));
}

static void
put_name(StringInfo out, Datum value)
{
	cl_json_put_string(out, NameStr(*DatumGetName(value)));
}

static void
put_bpchar(StringInfo out, Datum value)
{
	put_text(out, DirectFunctionCall1(rtrim1, value));
}

static void
put_enum(StringInfo out, Datum value)
{
	cl_json_put_string(out, DatumGetCString(DirectFunctionCall1(enum_out, value)));
}

static void
put_date(StringInfo out, Datum value)
{
	DateADT		date = DatumGetDateADT(value);
	struct pg_tm tm = {0};
	char		text[MAXDATELEN + 1];

	if (DATE_NOT_FINITE(date))
		EncodeSpecialDate(date, text);
	else
	{
		j2date(date + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
		EncodeDateOnly(&tm, USE_ISO_DATES, text);
	}
	put_quoted(out, text);
}

static void
put_time(StringInfo out, Timestamp time, bool zone)
{
	struct pg_tm tm = {0};
	fsec_t		fraction;
	char		text[MAXDATELEN + 1];

	if (TIMESTAMP_NOT_FINITE(time))
		EncodeSpecialTimestamp(time, text);
	else if (timestamp2tm(time, NULL, &tm, &fraction, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	else
	{
		/* What has no zone has no summer either, and what has one is in UTC here. */
		tm.tm_isdst = zone ? 0 : -1;
		EncodeDateTime(&tm, fraction, zone, 0, NULL, USE_ISO_DATES, text);
	}
	put_quoted(out, text);
}

static void
put_timestamp(StringInfo out, Datum value)
{
	put_time(out, DatumGetTimestamp(value), false);
}

static void
put_timestamptz(StringInfo out, Datum value)
{
	put_time(out, DatumGetTimestampTz(value), true);
}

static void
put_uuid(StringInfo out, Datum value)
{
	put_quoted(out, DatumGetCString(DirectFunctionCall1(uuid_out, value)));
}

static void
put_bytea(StringInfo out, Datum value)
{
	bytea	   *bytes = DatumGetByteaPP(value);
	int			length = VARSIZE_ANY_EXHDR(bytes);

	appendStringInfoString(out, "\"\\\\x");
	enlargeStringInfo(out, 2 * length);
	out->len += hex_encode(VARDATA_ANY(bytes), length, out->data + out->len);
	out->data[out->len] = '\0';
	appendStringInfoChar(out, '"');
}

static void
put_text_array(StringInfo out, Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	Datum	   *items;
	bool	   *nulls;
	int			count;

	if (ARR_NDIM(array) > 1 || (ARR_NDIM(array) == 1 && ARR_LBOUND(array)[0] != 1))
	{
		cl_json_put_string(out, OidOutputFunctionCall(F_ARRAY_OUT, PointerGetDatum(array)));
		return;
	}
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls, &count);
	appendStringInfoChar(out, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			appendStringInfoChar(out, ',');
		if (nulls[i])
			appendStringInfoString(out, "null");
		else
			put_text(out, items[i]);
	}
	appendStringInfoChar(out, ']');
}

static const CanonicalType canonical_types[] = {
	{NUMERICOID, "numeric", put_numeric}, {INT8OID, "bigint", put_int8}, {INT4OID, "integer", put_int4},
	{FLOAT8OID, "double precision", put_float8}, {BOOLOID, "boolean", put_bool}, {TEXTOID, "text", put_text},
	{DATEOID, "date", put_date}, {INT2OID, "smallint", put_int2}, {FLOAT4OID, "real", put_float4},
	{VARCHAROID, "text", put_text}, {BPCHAROID, "text", put_bpchar}, {NAMEOID, "text", put_name},
	{TIMESTAMPTZOID, "timestamp with time zone", put_timestamptz}, {TIMESTAMPOID, "timestamp without time zone", put_timestamp},
	{UUIDOID, "uuid", put_uuid}, {BYTEAOID, "bytea", put_bytea}, {TEXTARRAYOID, "text[]", put_text_array}
};

static const CanonicalType canonical_enum = {InvalidOid, "text", put_enum};

static const CanonicalType *
canonical_type(const FormData_pg_attribute *column)
{
	Oid			type = getBaseType(column->atttypid);

	for (int i = 0; i < (int) lengthof(canonical_types); i++)
	{
		if (canonical_types[i].type == type)
			return &canonical_types[i];
	}
	if (type_is_enum(type))
		return &canonical_enum;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" has a type without canonical text", NameStr(column->attname)),
			 errdetail("It is of type %s.", format_type_be(column->atttypid)),
			 errhint("Cast it to text, or to a number, boolean, date, timestamp, uuid or bytea.")));
}

static void
put_layout(ClCanonicalColumns *columns, TupleDesc desc)
{
	StringInfo	layout = &columns->layout;

	initStringInfo(layout);
	appendStringInfoChar(layout, '[');
	for (int i = 0; i < columns->count; i++)
	{
		if (columns->types[i] == NULL)
			continue;
		appendStringInfoString(layout, layout->len > 1 ? ",[" : "[");
		cl_json_put_string(layout, NameStr(TupleDescAttr(desc, i)->attname));
		appendStringInfo(layout, ",\"%s\"]", columns->types[i]->name);
	}
	appendStringInfoChar(layout, ']');
}

/* The first columns of a row type, in the current context. */
ClCanonicalColumns *
cl_canonical_columns(TupleDesc desc, int count)
{
	ClCanonicalColumns *columns = palloc(sizeof(ClCanonicalColumns));

	columns->count = count;
	columns->types = palloc0_array(const CanonicalType *, count);
	for (int i = 0; i < count; i++)
	{
		if (!TupleDescAttr(desc, i)->attisdropped)
			columns->types[i] = canonical_type(TupleDescAttr(desc, i));
	}
	put_layout(columns, desc);
	return columns;
}

static void
bind_row(ClCanonicalRow *row, Oid type, int32 typmod)
{
	MemoryContext old;

	MemoryContextReset(row->context);
	row->desc = NULL;
	old = MemoryContextSwitchTo(row->context);
	row->desc = lookup_rowtype_tupdesc_copy(type, typmod);
	row->columns = cl_canonical_columns(row->desc, row->desc->natts);
	row->values = palloc0_array(Datum, row->desc->natts);
	row->isnull = palloc0_array(bool, row->desc->natts);
	row->type = type;
	row->typmod = typmod;
	row->identifier = assign_record_type_identifier(type, typmod);
	MemoryContextSwitchTo(old);
}

/* The columns of a record, found once for many of one type. *kept begins as NULL and lives in context. */
ClCanonicalRow *
cl_canonical_row_of(ClCanonicalRow **kept, MemoryContext context, HeapTupleHeader record)
{
	ClCanonicalRow *row = *kept;
	Oid			type = HeapTupleHeaderGetTypeId(record);
	int32		typmod = HeapTupleHeaderGetTypMod(record);

	if (row == NULL)
	{
		row = MemoryContextAllocZero(context, sizeof(ClCanonicalRow));
		row->context = AllocSetContextCreate(context, "canonical row", ALLOCSET_SMALL_SIZES);
		*kept = row;
	}
	if (row->desc == NULL || row->type != type || row->typmod != typmod ||
		row->identifier != assign_record_type_identifier(type, typmod))
		bind_row(row, type, typmod);
	return row;
}

static void
check_layout(const ClCanonicalColumns *columns, const text *layout)
{
	if ((int) VARSIZE_ANY_EXHDR(layout) == columns->layout.len &&
		memcmp(VARDATA_ANY(layout), columns->layout.data, columns->layout.len) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the row does not have the columns of the layout"),
			 errdetail("The row has %s; the layout is %s.", columns->layout.data, text_to_cstring(layout)),
			 errhint("Take the layout from row_layout() of the same rows.")));
}

text *
cl_canonical_layout(const ClCanonicalRow *row)
{
	return cstring_to_text_with_len(row->columns->layout.data, row->columns->layout.len);
}

void
cl_canonical_put(StringInfo out, const ClCanonicalColumns *columns, const Datum *values, const bool *isnull)
{
	appendStringInfoChar(out, '[');
	for (int i = 0, written = 0; i < columns->count; i++)
	{
		if (columns->types[i] == NULL)
			continue;
		if (written++ > 0)
			appendStringInfoCharMacro(out, ',');
		if (isnull[i])
			appendBinaryStringInfo(out, "null", 4);
		else
			columns->types[i]->put(out, values[i]);
	}
	appendStringInfoChar(out, ']');
}

void
cl_canonical_put_row(StringInfo out, ClCanonicalRow *row, HeapTupleHeader record)
{
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(record);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = record;
	heap_deform_tuple(&tuple, row->desc, row->values, row->isnull);
	cl_canonical_put(out, row->columns, row->values, row->isnull);
}

static ClCanonicalRow *
row_of(FunctionCallInfo fcinfo, HeapTupleHeader record)
{
	return cl_canonical_row_of((ClCanonicalRow **) &fcinfo->flinfo->fn_extra, fcinfo->flinfo->fn_mcxt, record);
}

/* (record) -> text */
Datum
cl_row_layout(PG_FUNCTION_ARGS)
{
	const StringInfoData *layout = &row_of(fcinfo, PG_GETARG_HEAPTUPLEHEADER(0))->columns->layout;

	PG_RETURN_TEXT_P(cstring_to_text_with_len(layout->data, layout->len));
}

/* (record, layout text) -> text */
Datum
cl_canonical_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader record = PG_GETARG_HEAPTUPLEHEADER(0);
	ClCanonicalRow *row = row_of(fcinfo, record);
	StringInfoData out;

	check_layout(row->columns, PG_GETARG_TEXT_PP(1));
	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	cl_canonical_put_row(&out, row, record);
	SET_VARSIZE(out.data, out.len);
	PG_RETURN_TEXT_P(out.data);
}
