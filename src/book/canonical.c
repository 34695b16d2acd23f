/*
 * canonical.c
 *	  A row as text that is the same on every server, version and setting: what a decision log hashes and can read again.
 *
 * The text is a JSON array of the values in the order of the columns; the names and types of the columns are a second
 * JSON array, the layout, which many rows share. Neither DateStyle nor extra_float_digits nor the time zone has a say:
 *
 *	  numbers		as they print in full; double precision in the shortest decimal that reads back as the same double
 *	  NaN, Infinity, -Infinity, date, uuid, bytea (hexadecimal)		as strings; a date as YYYY-MM-DD, with BC where it is
 *	  timestamp, timestamp with time zone		as strings: date, T, and HH:MM:SS with its decimals; the latter in UTC with +00:00
 *	  text, varchar, name, enum		as strings; char(n) without its padding
 *	  text[]		as an array of strings; with more dimensions, or another first index than 1, a string as array_out prints it
 *	  demand		as a string, its own text
 *
 * Other types have no such form here: they are an error that names the column.
 */
#include "postgres.h"

#include "book/canonical.h"
#include "pg/json.h"
#include "pg/numeric.h"
#include "pg/row.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(cl_row_layout);
PG_FUNCTION_INFO_V1(cl_canonical_row_text);
PG_FUNCTION_INFO_V1(cl_canonical_columns_text);

#define INT64_DIGITS 21			/* with sign and terminator */
#define MAX_FAST_DECIMALS 18	/* powers of ten that fit int64 */

/* ---- Values ---- */

static void
put_int(StringInfo out, int64 value)
{
	char		digits[INT64_DIGITS];
	int			length = pg_lltoa(value, digits);

	appendBinaryStringInfo(out, digits, length);
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
			cl_json_put_string(out, TextDatumGetCString(items[i]));
	}
	appendStringInfoChar(out, ']');
}

void
cl_canonical_put_bytea(StringInfo out, Datum value, bool isnull)
{
	bytea	   *bytes;
	int			length;

	if (isnull)
	{
		appendBinaryStringInfo(out, "null", 4);
		return;
	}
	bytes = DatumGetByteaPP(value);
	length = VARSIZE_ANY_EXHDR(bytes);
	appendStringInfoString(out, "\"\\\\x");
	enlargeStringInfo(out, 2 * length);
	out->len += hex_encode(VARDATA_ANY(bytes), length, out->data + out->len);
	out->data[out->len] = '\0';
	appendStringInfoChar(out, '"');
}

static void
put_value(StringInfo out, Oid base_type, Datum value)
{
	char		digits[Max(DOUBLE_SHORTEST_DECIMAL_LEN, MAXDATELEN + 1)];
	const int	utc = 0;
	Oid			output;
	bool		is_varlena;

	switch (base_type)
	{
		case NUMERICOID:
			put_numeric(out, value);
			break;
		case INT8OID:
			put_int(out, DatumGetInt64(value));
			break;
		case INT4OID:
			put_int(out, DatumGetInt32(value));
			break;
		case INT2OID:
			put_int(out, DatumGetInt16(value));
			break;
		case FLOAT8OID:
			double_to_shortest_decimal_buf(DatumGetFloat8(value), digits);
			put_number(out, digits);
			break;
		case FLOAT4OID:
			float_to_shortest_decimal_buf(DatumGetFloat4(value), digits);
			put_number(out, digits);
			break;
		case BOOLOID:
			appendStringInfoString(out, DatumGetBool(value) ? "true" : "false");
			break;
		case TEXTOID:
		case VARCHAROID:
			cl_json_put_string(out, TextDatumGetCString(value));
			break;
		case BPCHAROID:
			cl_json_put_string(out, TextDatumGetCString(DirectFunctionCall1(rtrim1, value)));
			break;
		case NAMEOID:
			cl_json_put_string(out, NameStr(*DatumGetName(value)));
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			/* as JSON functions of PostgreSQL have them, in UTC */
			put_quoted(out, JsonEncodeDateTime(digits, value, base_type, base_type == TIMESTAMPTZOID ? &utc : NULL));
			break;
		case UUIDOID:
			put_quoted(out, DatumGetCString(DirectFunctionCall1(uuid_out, value)));
			break;
		case BYTEAOID:
			cl_canonical_put_bytea(out, value, false);
			break;
		case TEXTARRAYOID:
			put_text_array(out, value);
			break;
		default:				/* an enum or a demand: layout_name() knows no other */
			getTypeOutputInfo(base_type, &output, &is_varlena);
			cl_json_put_string(out, OidOutputFunctionCall(output, value));
	}
}

/* What types are called in a layout, and in the SQL that reads a row again: not by format_type, which settings change. */
static const struct
{
	Oid			type;
	const char *name;
}			layout_names[] = {
	{TEXTOID, "text"}, {NUMERICOID, "numeric"}, {INT8OID, "bigint"}, {INT4OID, "integer"}, {FLOAT8OID, "double precision"},
	{BOOLOID, "boolean"}, {DATEOID, "date"}, {TEXTARRAYOID, "text[]"}, {BYTEAOID, "bytea"}, {INT2OID, "smallint"},
	{FLOAT4OID, "real"}, {VARCHAROID, "text"}, {BPCHAROID, "text"}, {NAMEOID, "text"}, {UUIDOID, "uuid"},
	{TIMESTAMPTZOID, "timestamp with time zone"}, {TIMESTAMPOID, "timestamp without time zone"}
};

static const char *
layout_name(const FormData_pg_attribute *column, Oid base_type)
{
	for (int i = 0; i < (int) lengthof(layout_names); i++)
	{
		if (layout_names[i].type == base_type)
			return layout_names[i].name;
	}
	if (type_is_enum(base_type))
		return "text";
	if (cl_is_own_type(base_type, "demand"))
		return "credit_limit.demand";
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("column \"%s\" has a type without canonical text", NameStr(column->attname)),
			 errdetail("It is of type %s.", format_type_be(column->atttypid)),
			 errhint("Cast it to text, or to a number, boolean, date, timestamp, uuid or bytea.")));
}

/* ---- Rows ---- */

static void
add_column(ClCanonicalRow *row, int place)
{
	const FormData_pg_attribute *column = TupleDescAttr(row->desc, place);
	Oid			base_type = getBaseType(column->atttypid);

	row->column[row->count] = place;
	row->base_type[row->count] = base_type;
	appendStringInfoString(&row->layout, row->count > 0 ? ",[" : "[");
	cl_json_put_string(&row->layout, NameStr(column->attname));
	appendStringInfo(&row->layout, ",\"%s\"]", layout_name(column, base_type));
	row->count++;
}

/* desc is a copy in the context of the row, which is the current one. */
static void
begin_row(ClCanonicalRow *row, TupleDesc desc, int most)
{
	row->desc = desc;
	row->count = 0;
	row->column = palloc_array(int, most);
	row->base_type = palloc_array(Oid, most);
	row->value = palloc0_array(Datum, desc->natts);
	row->isnull = palloc0_array(bool, desc->natts);
	initStringInfo(&row->layout);
	appendStringInfoChar(&row->layout, '[');
}

ClCanonicalRow *
cl_canonical_columns(MemoryContext context, TupleDesc desc, int first, int end)
{
	MemoryContext own = AllocSetContextCreate(context, "canonical row", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(own);
	ClCanonicalRow *row = palloc0_object(ClCanonicalRow);

	row->context = own;
	begin_row(row, CreateTupleDescCopy(desc), end - first);
	for (int i = first; i < end; i++)
		add_column(row, i);
	MemoryContextSwitchTo(old);
	return row;
}

static ClCanonicalRow *
create_row(MemoryContext context)
{
	ClCanonicalRow *row = MemoryContextAllocZero(context, sizeof(ClCanonicalRow));

	row->context = AllocSetContextCreate(context, "canonical row", ALLOCSET_SMALL_SIZES);
	return row;
}

void
cl_canonical_choose(ClCanonicalRow **kept, MemoryContext context, const ArrayType *names)
{
	ClCanonicalRow *row;
	ArrayType  *copy = NULL;

	if (*kept == NULL)
		*kept = create_row(context);
	row = *kept;
	if (names == NULL ? row->chosen == NULL :
		row->chosen != NULL && VARSIZE(names) == VARSIZE(row->chosen) && memcmp(names, row->chosen, VARSIZE(names)) == 0)
		return;
	if (names != NULL)
	{
		copy = MemoryContextAlloc(context, VARSIZE(names));
		memcpy(copy, names, VARSIZE(names));
	}
	row->desc = NULL;			/* its columns are found anew */
	row->identifier = 0;
	if (row->chosen != NULL)
		pfree(row->chosen);
	row->chosen = copy;
}

static void
bind_row(ClCanonicalRow *row, Oid type, int32 typmod)
{
	MemoryContext old;
	TupleDesc	desc;
	Datum	   *names = NULL;
	bool	   *nulls;
	int			count;

	MemoryContextReset(row->context);
	row->desc = NULL;
	old = MemoryContextSwitchTo(row->context);
	desc = lookup_rowtype_tupdesc_copy(type, typmod);
	count = desc->natts;
	if (row->chosen != NULL)
		deconstruct_array(row->chosen, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &count);
	begin_row(row, desc, count);
	for (int i = 0; i < count; i++)
	{
		int			place = names == NULL ? i : nulls[i] ? -1 : cl_canonical_find(desc, TextDatumGetCString(names[i]));

		if (place >= 0 && !TupleDescAttr(desc, place)->attisdropped)
			add_column(row, place);
	}
	appendStringInfoChar(&row->layout, ']');
	row->identifier = assign_record_type_identifier(type, typmod);
	row->type = type;
	row->typmod = typmod;
	MemoryContextSwitchTo(old);
}

ClCanonicalRow *
cl_canonical_row(ClCanonicalRow **kept, MemoryContext context, HeapTupleHeader record)
{
	ClCanonicalRow *row = *kept;
	Oid			type = HeapTupleHeaderGetTypeId(record);
	int32		typmod = HeapTupleHeaderGetTypMod(record);
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(record), .t_data = record};

	if (row == NULL)
		row = *kept = create_row(context);
	if (row->desc == NULL || row->type != type || row->typmod != typmod ||
		row->identifier != assign_record_type_identifier(type, typmod))
		bind_row(row, type, typmod);
	heap_deform_tuple(&tuple, row->desc, row->value, row->isnull);
	return row;
}

void
cl_canonical_put(StringInfo out, const ClCanonicalRow *row)
{
	for (int i = 0; i < row->count; i++)
	{
		int			place = row->column[i];

		if (i > 0)
			appendStringInfoCharMacro(out, ',');
		if (row->isnull[place])
			appendBinaryStringInfo(out, "null", 4);
		else
			put_value(out, row->base_type[i], row->value[place]);
	}
}

text *
cl_canonical_text(const ClCanonicalRow *row)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendStringInfoChar(&out, '[');
	cl_canonical_put(&out, row);
	appendStringInfoChar(&out, ']');
	SET_VARSIZE(out.data, out.len);
	return (text *) out.data;
}

/* ---- In SQL ---- */

/* The argument taken apart; of the columns that names names, or of all. */
static ClCanonicalRow *
argument_row(FunctionCallInfo fcinfo, const ArrayType *names)
{
	ClCanonicalRow **kept = (ClCanonicalRow **) &fcinfo->flinfo->fn_extra;

	cl_canonical_choose(kept, fcinfo->flinfo->fn_mcxt, names);
	return cl_canonical_row(kept, fcinfo->flinfo->fn_mcxt, PG_GETARG_HEAPTUPLEHEADER(0));
}

/* (record) -> text, (record, chosen text[]) -> text */
Datum
cl_row_layout(PG_FUNCTION_ARGS)
{
	const StringInfoData *layout = &argument_row(fcinfo, PG_NARGS() == 2 ? PG_GETARG_ARRAYTYPE_P(1) : NULL)->layout;

	PG_RETURN_TEXT_P(cstring_to_text_with_len(layout->data, layout->len));
}

/* (record, layout text) -> text */
Datum
cl_canonical_row_text(PG_FUNCTION_ARGS)
{
	const ClCanonicalRow *row = argument_row(fcinfo, NULL);
	const text *layout = PG_GETARG_TEXT_PP(1);

	if ((int) VARSIZE_ANY_EXHDR(layout) != row->layout.len ||
		memcmp(VARDATA_ANY(layout), row->layout.data, row->layout.len) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the row does not have the columns of the layout"),
				 errdetail("The row has %s; the layout is %s.", row->layout.data, text_to_cstring(layout)),
				 errhint("Take the layout from row_layout() of the same rows.")));
	PG_RETURN_TEXT_P(cl_canonical_text(row));
}

/* (record, chosen text[]) -> text */
Datum
cl_canonical_columns_text(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cl_canonical_text(argument_row(fcinfo, PG_GETARG_ARRAYTYPE_P(1))));
}
