/*
 * bin_sql.c
 *	  The bins of a characteristic as a CASE expression that finds the same bin as the compiled characteristic does.
 */
#include "postgres.h"

#include <math.h>

#include "score/bin_sql.h"
#include "score/scorecard.h"

#include "utils/builtins.h"

char *
cl_bin_sql_float8(double number)
{
	return psprintf("'%s'::float8", cl_scorecard_number(number));
}

static void
put_listed(StringInfo out, const ClBinSql *sql, int number)
{
	const ClBin *bin = &sql->characteristic->bins[number];

	appendStringInfo(out, "\n  WHEN %s IN (", sql->value);
	for (int i = 0; i < bin->nvalues; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		if (sql->characteristic->scale == CL_SCALE_TEXTS)
			appendStringInfoString(out, quote_literal_cstr(bin->values[i].text));
		else
			appendStringInfoString(out, cl_bin_sql_float8(bin->values[i].number));
	}
	appendStringInfo(out, ") THEN %s", sql->answer(sql->arg, number));
}

static void
put_interval(StringInfo out, const ClBinSql *sql, int number)
{
	const ClCharacteristic *c = sql->characteristic;

	if (isinf(c->bins[number].edge))
		return;
	appendStringInfo(out, "\n  WHEN %s %s %s THEN %s", sql->value, c->right_closed ? "<=" : "<",
					 cl_bin_sql_float8(c->bins[number].edge), sql->answer(sql->arg, number));
}

/* Missing first: NaN is larger than any number to SQL. Then listed values, which win over the intervals around them. */
void
cl_bin_sql_put(StringInfo out, const ClBinSql *sql)
{
	const ClCharacteristic *c = sql->characteristic;
	bool		number = c->scale == CL_SCALE_INTERVALS || c->scale == CL_SCALE_NUMBERS;

	appendStringInfo(out, "CASE\n  WHEN %s IS NULL", sql->given);
	if (number)
		appendStringInfo(out, " OR %s = 'NaN'::float8", sql->value);
	appendStringInfo(out, " THEN %s", sql->answer(sql->arg, c->missing));
	for (int i = 0; i < c->nbins; i++)
	{
		if (c->bins[i].nvalues > 0)
			put_listed(out, sql, i);
	}
	for (int i = 0; i < c->nbins && c->bins[i].kind == CL_BIN_INTERVAL; i++)
		put_interval(out, sql, i);
	appendStringInfo(out, "\n  ELSE %s\nEND", sql->answer(sql->arg, c->scale == CL_SCALE_INTERVALS ? c->nbounds : c->other));
}
