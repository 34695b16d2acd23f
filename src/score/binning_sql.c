/*
 * binning_sql.c
 *	  A binning as a CASE expression, for systems that cannot have the extension: equal to woe() and bin_id() bit for bit.
 *
 * Numbers are compared as float8, and every number stands as the shortest decimal that reads back as the same double. Texts are
 * compared byte by byte, whatever the collation of the column.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "score/bin_sql.h"
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

static const char *const answer_names[] = {"woe", "bin_id", "bin", NULL};

typedef struct Wanted
{
	const ClBinning *binning;
	Answer		answer;
} Wanted;

/* What the CASE gives for a bin; nbins is no bin. */
static char *
answer_for(const void *arg, int bin)
{
	static const char *const types[] = {"float8", "int", "text"};
	const Wanted *wanted = arg;
	const ClCharacteristic *c = &wanted->binning->c;

	if (bin >= c->nbins || (wanted->answer == ANSWER_WOE && isnan(c->points[bin])))
		return psprintf("NULL::%s", types[wanted->answer]);
	switch (wanted->answer)
	{
		case ANSWER_BIN_ID:
			return psprintf("%d", bin + 1);
		case ANSWER_BIN:
			return quote_literal_cstr(cl_scorecard_bin_label(c, bin));
		default:
			return cl_bin_sql_float8(c->points[bin]);
	}
}

Datum
cl_binning_sql(PG_FUNCTION_ARGS)
{
	Wanted		wanted;
	ClBinSql	sql = {.answer = answer_for, .arg = &wanted};
	StringInfoData out;
	char	   *expression = text_to_cstring(PG_GETARG_TEXT_PP(1));

	if (expression[strspn(expression, " \t\r\n")] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expression is empty"),
				 errdetail("The CASE needs something to look at."),
				 errhint("Give the name of a column, quoted as in SQL, or an expression.")));
	wanted.binning = cl_document_compiled(&binning_document, PG_GETARG_DATUM(0));
	wanted.answer = (Answer)
		cl_choice_argument(PG_GETARG_TEXT_PP(2), answer_names, "answer of binning_sql",
						   "woe is the weight of evidence, bin_id the number and bin the label of the bin.");
	sql.characteristic = &wanted.binning->c;
	sql.given = psprintf("(%s)", expression);
	if (wanted.binning->c.scale == CL_SCALE_TEXTS)
		sql.value = psprintf("(%s)::text COLLATE \"C\"", expression);
	else if (wanted.binning->c.scale == CL_SCALE_BOOLEANS)
		sql.value = psprintf("(%s)::int::float8", expression);
	else
		sql.value = psprintf("(%s)::float8", expression);
	initStringInfo(&out);
	cl_bin_sql_put(&out, &sql);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}
