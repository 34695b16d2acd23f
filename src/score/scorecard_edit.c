/*
 * scorecard_edit.c
 *	  A card with the points, or the reason, of one bin changed by hand.
 */
#include "postgres.h"

#include <math.h>

#include "score/scorecard.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_scorecard_set);
PG_FUNCTION_INFO_V1(cl_scorecard_set_reason);
PG_FUNCTION_INFO_V1(cl_scorecard_set_bin_reason);

/* The characteristic of the name in argument 1, of a card that was compiled for this call. */
static ClCharacteristic *
named_characteristic(FunctionCallInfo fcinfo, ClScorecard *card)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < card->count; i++)
	{
		if (strcmp(card->characteristics[i].name, name) == 0)
			return &card->characteristics[i];
		appendStringInfo(&names, "%s\"%s\"", i > 0 ? ", " : "", card->characteristics[i].name);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the scorecard has no characteristic \"%s\"", name),
			 errdetail("Its characteristics are: %s.", names.data),
			 errhint("Names are those of columns, to the letter.")));
	return NULL;
}

/* The place of the bin in argument 2. */
static int
named_bin(FunctionCallInfo fcinfo, const ClCharacteristic *characteristic)
{
	int			bin_id = PG_GETARG_INT32(2);

	if (bin_id < 1 || bin_id > characteristic->nbins)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("characteristic \"%s\" has no bin %d", characteristic->name, bin_id),
				 errdetail("Its bins go from 1 to %d.", characteristic->nbins),
				 errhint("scorecard_table numbers them in bin_id.")));
	return bin_id - 1;
}

static const char *
reason_argument(FunctionCallInfo fcinfo, int argument)
{
	char	   *reason = text_to_cstring(PG_GETARG_TEXT_PP(argument));

	if (reason[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a reason must not be empty"),
				 errdetail("A borrower could not read it."),
				 errhint("Say why points were lost.")));
	return reason;
}

/* What rows had on the average is not known any more. */
Datum
cl_scorecard_set(PG_FUNCTION_ARGS)
{
	ClScorecard *card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));
	ClCharacteristic *characteristic = named_characteristic(fcinfo, card);
	int			bin = named_bin(fcinfo, characteristic);
	double		points = PG_GETARG_FLOAT8(3);

	if (!(fabs(points) <= CL_CARD_MOST_POINTS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("points must be a number between -1e12 and 1e12"),
				 errdetail("Found %g.", points),
				 errhint("Leave the bin out of the card where its borrowers have no score.")));
	if (points != characteristic->points[bin])
		characteristic->average_points = get_float8_nan();
	unconstify(double *, characteristic->points)[bin] = points;
	return cl_document_datum(&scorecard_document, card);
}

Datum
cl_scorecard_set_reason(PG_FUNCTION_ARGS)
{
	ClScorecard *card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));

	named_characteristic(fcinfo, card)->reason = reason_argument(fcinfo, 2);
	return cl_document_datum(&scorecard_document, card);
}

Datum
cl_scorecard_set_bin_reason(PG_FUNCTION_ARGS)
{
	ClScorecard *card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));
	ClCharacteristic *characteristic = named_characteristic(fcinfo, card);

	unconstify(ClBin *, characteristic->bins)[named_bin(fcinfo, characteristic)].reason = reason_argument(fcinfo, 3);
	return cl_document_datum(&scorecard_document, card);
}
