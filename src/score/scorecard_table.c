/*
 * scorecard_table.c
 *	  The card itself as rows, its range, and the scaling between score and PD on its own.
 */
#include "postgres.h"

#include <math.h>

#include "pg/record.h"
#include "score/scorecard.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/array.h"
#include "utils/builtins.h"

char *
cl_scorecard_number(double number)
{
	char	   *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	double_to_shortest_decimal_buf(number, text);
	return text;
}

/* A value of a characteristic: a listed one, or what a borrower has. */
char *
cl_scorecard_value(const ClCharacteristic *characteristic, const ClCardValue *value)
{
	if (characteristic->scale == CL_SCALE_TEXTS)
		return pnstrdup(value->text, value->length);
	if (characteristic->scale == CL_SCALE_BOOLEANS)
		return pstrdup(value->number != 0 ? "true" : "false");
	return cl_scorecard_number(value->number);
}

/* 0.00003 reads better than 3e-05. */
static char *
label_number(double number)
{
	char	   *text = cl_scorecard_number(number);
	char	   *exponent = strchr(text, 'e');
	int			digits;

	if (exponent == NULL || fabs(number) >= 1 || fabs(number) < 1e-9)
		return text;
	digits = (int) (exponent - text) - (number < 0) - (strchr(text, '.') != NULL);
	return psprintf("%.*f", digits - 1 - atoi(exponent + 1), number);
}

static char *
interval_label(const ClCharacteristic *characteristic, int bin)
{
	bool		right = characteristic->right_closed;
	bool		last = bin == characteristic->nbounds;
	const char *lower = bin == 0 ? "-inf" : label_number(characteristic->bins[bin - 1].edge);
	const char *upper = last ? "inf" : label_number(characteristic->bins[bin].edge);

	return psprintf("%s%s, %s%s", bin == 0 || right ? "(" : "[", lower, upper, last || !right ? ")" : "]");
}

/* {a, b}; a text that would read as something else is quoted as in JSON. */
static void
append_values(StringInfo label, const ClCharacteristic *characteristic, const ClBin *bin)
{
	appendStringInfoChar(label, '{');
	for (int i = 0; i < bin->nvalues; i++)
	{
		char	   *value = cl_scorecard_value(characteristic, &bin->values[i]);

		if (i > 0)
			appendStringInfoString(label, ", ");
		if (value[0] == '\0' || value[0] == ' ' || value[strlen(value) - 1] == ' ' ||
			strpbrk(value, ",{}\"\\\n\t") != NULL)
			cl_json_put_string(label, value);
		else
			appendStringInfoString(label, value);
	}
	appendStringInfoChar(label, '}');
}

char *
cl_scorecard_bin_label(const ClCharacteristic *characteristic, int number)
{
	const ClBin *bin = &characteristic->bins[number];
	StringInfoData label;

	if (bin->kind == CL_BIN_INTERVAL)
		return interval_label(characteristic, number);
	if (bin->kind == CL_BIN_MISSING)
		return pstrdup("missing");
	if (bin->kind == CL_BIN_OTHER)
		return pstrdup("other");
	initStringInfo(&label);
	if (bin->kind == CL_BIN_SPECIAL)
		appendStringInfoString(&label, "special ");
	append_values(&label, characteristic, bin);
	return label.data;
}

static Datum
values_array(const ClCharacteristic *characteristic, const ClBin *bin)
{
	Datum	   *texts = palloc_array(Datum, bin->nvalues);

	for (int i = 0; i < bin->nvalues; i++)
		texts[i] = CStringGetTextDatum(cl_scorecard_value(characteristic, &bin->values[i]));
	return PointerGetDatum(construct_array(texts, bin->nvalues, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
put_card_row(ClRecord *record, const ClCharacteristic *characteristic, int number, double total)
{
	static const char *const kinds[] = {"interval", "category", "special", "missing", "other"};
	const ClBin *bin = &characteristic->bins[number];
	bool		interval = bin->kind == CL_BIN_INTERVAL;
	double		lower = number == 0 || !interval ? -get_float8_infinity() : characteristic->bins[number - 1].edge;

	cl_record_put_text(record, characteristic->name);
	cl_record_put_int32(record, number + 1);
	cl_record_put_text(record, cl_scorecard_bin_label(characteristic, number));
	cl_record_put_float8(record, bin->woe);
	cl_record_put_float8(record, characteristic->coefficient);
	cl_record_put_float8(record, characteristic->points[number]);
	cl_record_put_text(record, kinds[bin->kind]);
	cl_record_put_text(record, cl_scorecard_reason(characteristic, number));
	cl_record_put_text(record, characteristic->dimension);
	cl_record_put_if(record, interval, Float8GetDatum(lower));
	cl_record_put_if(record, interval, Float8GetDatum(bin->edge));
	if (bin->nvalues == 0)
		cl_record_put_null(record);
	else
		cl_record_put(record, values_array(characteristic, bin));
	cl_record_put_float8(record, bin->event_rate);
	cl_record_put_if(record, !isnan(bin->count), Int64GetDatum(isnan(bin->count) ? 0 : (int64) bin->count));
	cl_record_put_float8(record, bin->count / total);
	cl_record_next(record);
}

PG_FUNCTION_INFO_V1(cl_scorecard_table);
Datum
cl_scorecard_table(PG_FUNCTION_ARGS)
{
	const ClScorecard *card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));
	bool		all_bins = PG_GETARG_BOOL(1);
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	for (int i = 0; i < card->count; i++)
	{
		const ClCharacteristic *characteristic = &card->characteristics[i];
		double		total = 0;

		for (int bin = 0; bin < characteristic->nbins; bin++)
			total += characteristic->bins[bin].count;
		for (int bin = 0; bin < characteristic->nbins; bin++)
		{
			if (all_bins || characteristic->bins[bin].count != 0)
				put_card_row(&record, characteristic, bin, total);
		}
	}
	PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(cl_scorecard_summary);
Datum
cl_scorecard_summary(PG_FUNCTION_ARGS)
{
	const ClScorecard *card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));
	double		lowest,
				highest;
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_card_range(card, &lowest, &highest);
	cl_record_put_text(&record, card->name);
	cl_record_put_int32(&record, card->count);
	cl_record_put(&record, Float8GetDatum(lowest));
	cl_record_put(&record, Float8GetDatum(highest));
	cl_record_put(&record, Float8GetDatum(cl_scaling_factor(&card->scaling)));
	cl_record_put(&record, Float8GetDatum(cl_scaling_offset(&card->scaling)));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

static void
scaling_error(const char *what, double found, const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be %s", what, expected),
			 errdetail("Found %s.", cl_scorecard_number(found)),
			 errhint("The score is base_score where good:bad odds are base_odds, and pdo points double the odds.")));
}

/* The scaling in arguments 1 to 3. */
static ClScaling
scaling_arguments(FunctionCallInfo fcinfo)
{
	ClScaling	scaling = {PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};

	if (!isfinite(scaling.score))
		scaling_error("base_score", scaling.score, "a finite number");
	if (!isfinite(scaling.odds) || scaling.odds <= 0)
		scaling_error("base_odds", scaling.odds, "a finite number greater than 0");
	if (!isfinite(scaling.pdo) || scaling.pdo == 0)
		scaling_error("pdo", scaling.pdo, "a finite number other than 0");
	if (!isfinite(cl_scaling_offset(&scaling)))
		scaling_error("pdo", scaling.pdo, "smaller: with this base_odds the scale has no finite origin");
	return scaling;
}

PG_FUNCTION_INFO_V1(cl_score_from_pd);
Datum
cl_score_from_pd(PG_FUNCTION_ARGS)
{
	double		pd = PG_GETARG_FLOAT8(0);
	ClScaling	scaling = scaling_arguments(fcinfo);

	if (isnan(pd))
		PG_RETURN_NULL();
	if (pd < 0 || pd > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a probability of default must be between 0 and 1"),
				 errdetail("Found %s.", cl_scorecard_number(pd)),
				 errhint("Write 2 %% as 0.02.")));
	PG_RETURN_FLOAT8(cl_scaling_score(&scaling, pd));
}

PG_FUNCTION_INFO_V1(cl_pd_from_score);
Datum
cl_pd_from_score(PG_FUNCTION_ARGS)
{
	double		score = PG_GETARG_FLOAT8(0);
	ClScaling	scaling = scaling_arguments(fcinfo);

	if (isnan(score))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cl_scaling_pd(&scaling, score));
}
