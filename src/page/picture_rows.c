/*
 * picture_rows.c
 *	  The rows of a query as JSON that a page can carry: columns in their order, numbers as numbers, days as ISO 8601.
 */
#include "postgres.h"

#include "pg/query.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(cl_picture_rows);
PG_FUNCTION_INFO_V1(cl_html_json);

/* More cannot be seen in a picture. */
#define MOST_ROWS 5000

typedef struct Column
{
	Oid			type;			/* what a domain is made of */
	FmgrInfo	output;
	const char *kind;			/* number, date, boolean or text */
} Column;

static void
look_at_column(Column *column, Form_pg_attribute attribute)
{
	Oid			output;
	bool		varlena;

	column->type = getBaseType(attribute->atttypid);
	getTypeOutputInfo(attribute->atttypid, &output, &varlena);
	fmgr_info(output, &column->output);
	switch (column->type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
			column->kind = "number";
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			column->kind = "date";
			break;
		case BOOLOID:
			column->kind = "boolean";
			break;
		default:
			column->kind = "text";
	}
}

static void
append_value(StringInfo json, Column *column, Datum value)
{
	char		day[MAXDATELEN + 1];
	char	   *text;

	switch (column->type)
	{
		case BOOLOID:
			appendStringInfoString(json, DatumGetBool(value) ? "true" : "false");
			return;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			(void) JsonEncodeDateTime(day, value, column->type, NULL);
			escape_json(json, day);
			return;
		default:
			text = OutputFunctionCall(&column->output, value);
			/* NaN and the infinities are no numbers of JSON. */
			if (column->kind[0] == 'n' && text[strspn(text, "0123456789+-.eE")] == '\0')
				appendStringInfoString(json, text);
			else
				escape_json(json, text);
	}
}

/* (query text) -> jsonb: {"columns": [{"name", "kind"}, ...], "rows": [[...], ...]} */
Datum
cl_picture_rows(PG_FUNCTION_ARGS)
{
	ClQuery		query;
	SPIPlanPtr	plan;
	TupleDesc	desc;
	Column	   *column;
	StringInfoData json;
	MemoryContext caller = CurrentMemoryContext;
	Datum		result;

	SPI_connect();
	cl_query_open(&query, text_to_cstring(PG_GETARG_TEXT_PP(0)), "the query of a picture");
	plan = cl_query_prepare(psprintf("SELECT * FROM (%s\n) q LIMIT %d", query.text, MOST_ROWS + 1), query.what, 0, NULL);
	if (SPI_execute_plan(plan, NULL, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run %s", query.what);
	if (SPI_processed > MOST_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s has too many rows", query.what),
				 errdetail("It has more than %d.", MOST_ROWS),
				 errhint("Group them: a picture shows sums, shares or quantiles.")));
	desc = SPI_tuptable->tupdesc;
	column = palloc_array(Column, desc->natts);
	initStringInfo(&json);
	appendStringInfoString(&json, "{\"columns\": [");
	for (int i = 0; i < desc->natts; i++)
	{
		look_at_column(&column[i], TupleDescAttr(desc, i));
		appendStringInfoString(&json, i > 0 ? ", {\"name\": " : "{\"name\": ");
		escape_json(&json, NameStr(TupleDescAttr(desc, i)->attname));
		appendStringInfo(&json, ", \"kind\": \"%s\"}", column[i].kind);
	}
	appendStringInfoString(&json, "], \"rows\": [");
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(&json, row > 0 ? ",\n[" : "[");
		for (int i = 0; i < desc->natts; i++)
		{
			bool		isnull;
			Datum		value = SPI_getbinval(SPI_tuptable->vals[row], desc, i + 1, &isnull);

			if (i > 0)
				appendStringInfoChar(&json, ',');
			if (isnull)
				appendStringInfoString(&json, "null");
			else
				append_value(&json, &column[i], value);
		}
		appendStringInfoChar(&json, ']');
	}
	appendStringInfoString(&json, "]}");
	/* The context of SPI ends with it. */
	MemoryContextSwitchTo(caller);
	result = DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
	SPI_finish();
	PG_RETURN_DATUM(result);
}

/* (value jsonb) -> text: in strings <, >, & and the line separators U+2028 and U+2029 are escaped; elsewhere JSON has none */
Datum
cl_html_json(PG_FUNCTION_ARGS)
{
	Jsonb	   *value = PG_GETARG_JSONB_P(0);
	char	   *text = JsonbToCString(NULL, &value->root, VARSIZE(value));
	bool		utf8 = GetDatabaseEncoding() == PG_UTF8;
	StringInfoData escaped;

	initStringInfo(&escaped);
	for (const char *c = text; *c != '\0'; c++)
	{
		if (*c == '<' || *c == '>' || *c == '&')
			appendStringInfo(&escaped, "\\u%04x", *c);
		else if (utf8 && (strncmp(c, "\xe2\x80\xa8", 3) == 0 || strncmp(c, "\xe2\x80\xa9", 3) == 0))
		{
			appendStringInfo(&escaped, "\\u%04x", 0x2028 + (c[2] == '\xa9'));
			c += 2;
		}
		else
			appendStringInfoCharMacro(&escaped, *c);
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(escaped.data, escaped.len));
}
