/*
 * binning_sql.c
 *	  A binning as a CASE expression, for systems that cannot have the extension: equal to woe() and bin_id() bit for bit.
 *
 * Numbers are compared as float8, and every number stands as the shortest decimal that reads back as the same double. Texts are
 * compared byte by byte, whatever the collation of the column.
 */
#include "postgres.h"

#include <math.h>

#include "score/binning.h"
#include "score/scorecard.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_binning_sql);

typedef enum Answer
{
	ANSWER_WOE,
	ANSWER_BIN_ID,
	ANSWER_BIN
} Answer;

typedef struct Writer
{
	StringInfoData out;
	const ClBinning *binning;
	Answer		answer;
	char	   *value;			/* the expression, in parentheses and cast */
	char	   *given;			/* in parentheses only, to be asked whether it is NULL */
} Writer;

static char *
float8_literal(double number)
{
	return psprintf("'%s'::float8", cl_scorecard_number(number));
}

/* What the CASE gives for a bin; nbins is no bin. */
static char *
answer_for(const Writer *writer, int bin)
{
	static const char *const types[] = {"float8", "int", "text"};
	const ClCharacteristic *c = &writer->binning->c;

	if (bin >= c->nbins || (writer->answer == ANSWER_WOE && isnan(c->points[bin])))
		return psprintf("NULL::%s", types[writer->answer]);
	switch (writer->answer)
	{
		case ANSWER_BIN_ID:
			return psprintf("%d", bin + 1);
		case ANSWER_BIN:
			return quote_literal_cstr(cl_scorecard_bin_label(c, bin));
		default:
			return float8_literal(c->points[bin]);
	}
}

static void
put_listed(Writer *writer, int number)
{
	const ClCharacteristic *c = &writer->binning->c;
	const ClBin *bin = &c->bins[number];

	appendStringInfo(&writer->out, "\n  WHEN %s IN (", writer->value);
	for (int i = 0; i < bin->nvalues; i++)
	{
		appendStringInfoString(&writer->out, i > 0 ? ", " : "");
		if (c->scale == CL_SCALE_TEXTS)
			appendStringInfoString(&writer->out, quote_literal_cstr(bin->values[i].text));
		else
			appendStringInfoString(&writer->out, float8_literal(bin->values[i].number));
	}
	appendStringInfo(&writer->out, ") THEN %s", answer_for(writer, number));
}

static void
put_interval(Writer *writer, int number)
{
	const ClCharacteristic *c = &writer->binning->c;

	if (isinf(c->bins[number].edge))
		return;
	appendStringInfo(&writer->out, "\n  WHEN %s %s %s THEN %s", writer->value, c->right_closed ? "<=" : "<",
					 float8_literal(c->bins[number].edge), answer_for(writer, number));
}

/* Missing first: NaN is larger than any number to SQL. Then listed values, which win over the intervals around them. */
static void
put_case(Writer *writer)
{
	const ClCharacteristic *c = &writer->binning->c;
	bool		text = c->scale == CL_SCALE_TEXTS;

	appendStringInfo(&writer->out, "CASE\n  WHEN %s IS NULL", writer->given);
	if (!text && c->scale != CL_SCALE_BOOLEANS)
		appendStringInfo(&writer->out, " OR %s = 'NaN'::float8", writer->value);
	appendStringInfo(&writer->out, " THEN %s", answer_for(writer, c->missing));
	for (int i = 0; i < c->nbins; i++)
	{
		if (c->bins[i].nvalues > 0)
			put_listed(writer, i);
	}
	for (int i = 0; i < c->nbins && c->bins[i].kind == CL_BIN_INTERVAL; i++)
		put_interval(writer, i);
	appendStringInfo(&writer->out, "\n  ELSE %s\nEND",
					 answer_for(writer, c->scale == CL_SCALE_INTERVALS ? c->nbounds : c->other));
}

static Answer
answer_argument(const char *what)
{
	if (strcmp(what, "woe") == 0)
		return ANSWER_WOE;
	if (strcmp(what, "bin_id") == 0)
		return ANSWER_BIN_ID;
	if (strcmp(what, "bin") == 0)
		return ANSWER_BIN;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("binning_sql does not know what \"%s\" is", what),
			 errdetail("It can give the weight of evidence, the number or the label of the bin."),
			 errhint("Say woe, bin_id or bin.")));
}

Datum
cl_binning_sql(PG_FUNCTION_ARGS)
{
	Writer		writer;
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(1));

	if (expression[strspn(expression, " \t\r\n")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expression is empty"),
				 errdetail("The CASE needs something to look at."),
				 errhint("Give the name of a column, quoted as in SQL, or an expression.")));
	initStringInfo(&writer.out);
	writer.binning = cl_document_compiled(&binning_document, PG_GETARG_DATUM(0));
	writer.answer = answer_argument(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	writer.given = psprintf("(%s)", expression);
	if (writer.binning->c.scale == CL_SCALE_TEXTS)
		writer.value = psprintf("(%s)::text COLLATE \"C\"", expression);
	else if (writer.binning->c.scale == CL_SCALE_BOOLEANS)
		writer.value = psprintf("(%s)::int::float8", expression);
	else
		writer.value = psprintf("(%s)::float8", expression);
	put_case(&writer);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(writer.out.data, writer.out.len));
}
