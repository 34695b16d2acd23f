/*
 * scorecard_sql.c
 *	  A scorecard as one SQL expression, for databases that cannot have the extension: equal to score() bit for bit.
 *
 * The expression must suit a column of any type that score() takes, for a card does not know the tables that it will meet. A
 * number goes through text: so a real is the decimal that it was written as, which is how score() reads it, and not the double
 * beside it. It does so once, in a sub-select that OFFSET 0 keeps the planner from pasting into every comparison.
 */
#include "postgres.h"

#include <math.h>

#include "score/bin_sql.h"
#include "score/scorecard.h"

#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_scorecard_sql);

/* NaN points stand for no bin. */
static char *
points_of(const void *arg, int bin)
{
	const ClCharacteristic *characteristic = arg;

	if (isnan(characteristic->points[bin]))
		return "NULL::float8";
	return cl_bin_sql_float8(characteristic->points[bin]);
}

/* (SELECT CASE … END FROM (SELECT … AS x OFFSET 0) AS given) */
static void
put_number(StringInfo out, ClBinSql *sql, const char *column)
{
	sql->given = sql->value = "given.x";
	appendStringInfoString(out, "(SELECT ");
	cl_bin_sql_put(out, sql);
	/* Intervals take a boolean as 0 or 1. */
	if (sql->characteristic->scale == CL_SCALE_INTERVALS)
		appendStringInfo(out, " FROM (SELECT replace(replace(%s::text, 'true', '1'), 'false', '0')::float8", column);
	else
		appendStringInfo(out, " FROM (SELECT %s::text::float8", column);
	appendStringInfoString(out, " AS x OFFSET 0) AS given)");
}

static void
put_characteristic(StringInfo out, const ClCharacteristic *characteristic, const char *column)
{
	ClBinSql	sql = {.characteristic = characteristic, .answer = points_of, .arg = characteristic};

	appendStringInfoString(out, "\n+ ");
	if (characteristic->scale == CL_SCALE_INTERVALS || characteristic->scale == CL_SCALE_NUMBERS)
	{
		put_number(out, &sql, column);
		return;
	}
	sql.given = column;
	if (characteristic->scale == CL_SCALE_TEXTS)
		sql.value = psprintf("%s::text COLLATE \"C\"", column);
	else
		sql.value = psprintf("%s::int::float8", column);
	cl_bin_sql_put(out, &sql);
}

static const char *
row_prefix(FunctionCallInfo fcinfo)
{
	char	   *name;

	if (PG_ARGISNULL(1))
		return "";
	name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (name[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("row_name is empty"),
				 errdetail("It is the alias of the table whose columns the expression reads."),
				 errhint("Give the alias, or NULL for columns without one.")));
	return psprintf("%s.", quote_identifier(name));
}

/* Added from the left, as score() adds: base points, then the characteristics in the order of the card. */
Datum
cl_scorecard_sql(PG_FUNCTION_ARGS)
{
	const ClScorecard *card;
	const char *prefix;
	StringInfoData out;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));
	prefix = row_prefix(fcinfo);
	initStringInfo(&out);
	appendStringInfo(&out, "(%s", cl_bin_sql_float8(card->base_points));
	for (int i = 0; i < card->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		put_characteristic(&out, &card->characteristics[i],
						   psprintf("%s%s", prefix, quote_identifier(card->characteristics[i].name)));
	}
	appendStringInfoChar(&out, ')');
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
