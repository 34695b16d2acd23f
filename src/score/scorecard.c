/*
 * scorecard.c
 *	  Scores of borrowers, their points and their reasons, from a record or a jsonb object.
 *
 * A scorecard is compiled, and the columns of its characteristics are found, once per query (ClDocumentUse). A row is
 * then one pass over the characteristics: value, bin, points.
 */
#include "postgres.h"

#include "pg/argument.h"
#include "pg/record.h"
#include "pg/row.h"
#include "score/scorecard.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* What a borrower has in a characteristic, for score_points and messages. */
typedef struct CardInput
{
	bool		missing;
	double		number;
	const char *text;			/* of a text characteristic; not terminated */
	int			length;
} CardInput;

/* A card with everything that reading a row of it needs. Inputs and bins are those of the row read last. */
typedef struct CardReader
{
	const ClScorecard *card;
	ClColumn   *columns;
	ClRow	   *row;
	CardInput  *inputs;
	int		   *bins;
	ClLoss	   *losses;
} CardReader;

static int
accepted_columns(ClCardScale scale)
{
	switch (scale)
	{
		case CL_SCALE_TEXTS:
			return CL_ACCEPT_TEXT;
		case CL_SCALE_NUMBERS:
			return CL_ACCEPT_NUMBER;
		case CL_SCALE_BOOLEANS:
			return CL_ACCEPT_BOOL;
		default:
			return CL_ACCEPT_NUMBER | CL_ACCEPT_BOOL;
	}
}

static CardReader *
create_reader(const ClScorecard *card)
{
	CardReader *reader = palloc0_object(CardReader);

	reader->card = card;
	reader->columns = palloc0_array(ClColumn, card->count);
	for (int i = 0; i < card->count; i++)
	{
		reader->columns[i].name = card->characteristics[i].name;
		reader->columns[i].accept = accepted_columns(card->characteristics[i].scale);
	}
	reader->row = cl_row_create(psprintf("scorecard \"%s\"", card->name), reader->columns, card->count);
	reader->inputs = palloc0_array(CardInput, card->count);
	reader->bins = palloc0_array(int, card->count);
	reader->losses = palloc_array(ClLoss, card->count);
	return reader;
}

/* The reader of a scorecard in use. */
static inline CardReader *
reader_of(ClDocumentUse *use)
{
	if (unlikely(use->bound == NULL))
	{
		MemoryContext old = MemoryContextSwitchTo(use->context);

		use->bound = create_reader(use->compiled);
		MemoryContextSwitchTo(old);
	}
	return use->bound;
}

/* The reader of the scorecard in an argument. */
static CardReader *
use_reader(FunctionCallInfo fcinfo, int argno)
{
	return reader_of(cl_document_use(fcinfo, argno, &scorecard_document));
}

static inline int
bin_of(const ClCharacteristic *characteristic, const CardInput *input)
{
	if (input->missing)
		return characteristic->missing;
	if (characteristic->scale == CL_SCALE_TEXTS)
		return cl_card_bin_of_text(characteristic, input->text, input->length);
	return cl_card_bin_of_number(characteristic, input->number);
}

/* The bins of the row that the reader has before it. */
static inline const CardReader *
read_row(CardReader *reader)
{
	const ClScorecard *card = reader->card;

	for (int i = 0; i < card->count; i++)
	{
		ClColumn   *column = &reader->columns[i];
		CardInput  *input = &reader->inputs[i];

		input->missing = cl_column_null(reader->row, column);
		if (input->missing)
			 /* nothing to read */ ;
		else if (card->characteristics[i].scale == CL_SCALE_TEXTS)
			input->text = cl_column_text(reader->row, column, &input->length);
		else
			input->number = cl_column_float8(reader->row, column);
		reader->bins[i] = bin_of(&card->characteristics[i], input);
	}
	return reader;
}

/* Reads the record in argument 1. */
static const CardReader *
read_record(FunctionCallInfo fcinfo)
{
	CardReader *reader = use_reader(fcinfo, 0);

	cl_row_read(reader->row, PG_GETARG_HEAPTUPLEHEADER(1));
	return read_row(reader);
}

/* For aggregates over borrowers: the bins of a record, which stay until the next. */
const int *
cl_scorecard_bins(FunctionCallInfo fcinfo, int card_argno, int record_argno, const ClDocumentUse **card)
{
	ClDocumentUse *use = cl_document_use(fcinfo, card_argno, &scorecard_document);
	CardReader *reader = reader_of(use);

	cl_row_read(reader->row, PG_GETARG_HEAPTUPLEHEADER(record_argno));
	*card = use;
	return read_row(reader)->bins;
}

/* Reads the row whose columns are the arguments from 2 on, with the names in argument 1. */
static const CardReader *
read_columns(FunctionCallInfo fcinfo)
{
	CardReader *reader = use_reader(fcinfo, 0);

	cl_row_read_arguments(reader->row, fcinfo, 2);
	return read_row(reader);
}

static void
wrong_json_value(const ClScorecard *card, const ClCharacteristic *characteristic, const JsonbValue *value)
{
	static const char *const wanted[] = {"a number, true or false", "a string", "a number", "true or false"};
	const char *found = value->type == jbvString ? "a string" : value->type == jbvNumeric ? "a number" :
		value->type == jbvBool ? "true or false" : "an object or array";

	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("key \"%s\" has the wrong type for scorecard \"%s\"", characteristic->name, card->name),
			 errdetail("Found is %s; wanted is %s, or null.", found, wanted[characteristic->scale]),
			 errhint("Convert the value, or change the scorecard.")));
}

/* JSON has no NaN and no infinity: to_jsonb writes them as these strings. */
static bool
number_in_string(const JsonbValue *value, double *number)
{
	const char *text = value->val.string.val;
	int			length = value->val.string.len;

	if (length == 3 && memcmp(text, "NaN", 3) == 0)
		*number = get_float8_nan();
	else if (length == 8 && memcmp(text, "Infinity", 8) == 0)
		*number = get_float8_infinity();
	else if (length == 9 && memcmp(text, "-Infinity", 9) == 0)
		*number = -get_float8_infinity();
	else
		return false;
	return true;
}

static void
read_json_value(const ClScorecard *card, int number, const JsonbValue *value, CardInput *input)
{
	const ClCharacteristic *characteristic = &card->characteristics[number];
	ClCardScale scale = characteristic->scale;

	input->missing = value->type == jbvNull;
	if (input->missing)
		return;
	if (value->type == jbvString && scale == CL_SCALE_TEXTS)
	{
		input->text = value->val.string.val;
		input->length = value->val.string.len;
	}
	else if (value->type == jbvNumeric && (scale == CL_SCALE_INTERVALS || scale == CL_SCALE_NUMBERS))
		input->number = cl_numeric_float8_saturated(NumericGetDatum(value->val.numeric));
	else if (value->type == jbvBool && (scale == CL_SCALE_INTERVALS || scale == CL_SCALE_BOOLEANS))
		input->number = value->val.boolean ? 1 : 0;
	else if (value->type != jbvString || (scale != CL_SCALE_INTERVALS && scale != CL_SCALE_NUMBERS) ||
			 !number_in_string(value, &input->number))
		wrong_json_value(card, characteristic, value);
}

/* Reads the jsonb object in argument 1. */
static const CardReader *
read_jsonb(FunctionCallInfo fcinfo)
{
	CardReader *reader = use_reader(fcinfo, 0);
	const ClScorecard *card = reader->card;
	Jsonb	   *object = PG_GETARG_JSONB_P(1);

	if (!JB_ROOT_IS_OBJECT(object))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a borrower in jsonb must be an object"),
				 errdetail("Found %s.", JB_ROOT_IS_SCALAR(object) ? "a single value" : "an array"),
				 errhint("Its keys are the names of the characteristics of scorecard \"%s\".", card->name)));
	for (int i = 0; i < card->count; i++)
	{
		const ClCharacteristic *characteristic = &card->characteristics[i];
		JsonbValue	value;

		if (getKeyJsonValueFromContainer(&object->root, characteristic->name, strlen(characteristic->name),
										 &value) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("key \"%s\" is missing from the jsonb object, and scorecard \"%s\" needs it",
							characteristic->name, card->name),
					 errhint("Add the key; null says that the value is not known.")));
		read_json_value(card, i, &value, &reader->inputs[i]);
		reader->bins[i] = bin_of(characteristic, &reader->inputs[i]);
	}
	return reader;
}

static Datum
score(FunctionCallInfo fcinfo, const CardReader *reader)
{
	double		total = cl_card_total(reader->card, reader->bins);

	if (isnan(total))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(total);
}

static Datum
score_pd(FunctionCallInfo fcinfo, const CardReader *reader)
{
	double		total = cl_card_total(reader->card, reader->bins);

	if (isnan(total))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cl_scaling_pd(&reader->card->scaling, total));
}

/* The value as the card saw it: a number as the shortest text that reads back as the same double. */
static Datum
input_text(const ClCharacteristic *characteristic, const CardInput *input)
{
	ClCardValue value = {input->number, input->text, input->length, 0};

	if (characteristic->scale == CL_SCALE_TEXTS)
		return PointerGetDatum(cstring_to_text_with_len(input->text, input->length));
	return CStringGetTextDatum(cl_scorecard_value(characteristic, &value));
}

static Datum
score_points(FunctionCallInfo fcinfo, const CardReader *reader)
{
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	for (int i = 0; i < reader->card->count; i++)
	{
		const ClCharacteristic *characteristic = &reader->card->characteristics[i];
		int			bin = reader->bins[i];
		bool		found = bin < characteristic->nbins;
		double		points = characteristic->points[bin];
		double		best = cl_card_best(reader->card, characteristic);

		cl_record_put_text(&record, characteristic->name);
		if (reader->inputs[i].missing)
			cl_record_put_null(&record);
		else
			cl_record_put(&record, input_text(characteristic, &reader->inputs[i]));
		cl_record_put_text(&record, found ? cl_scorecard_bin_label(characteristic, bin) : NULL);
		cl_record_put_float8(&record, found ? characteristic->bins[bin].woe : NAN);
		cl_record_put_float8(&record, points);
		cl_record_put_float8(&record, best);
		cl_record_put_float8(&record, cl_card_lost(reader->card, best, points));
		cl_record_put_text(&record, characteristic->dimension);
		cl_record_put_text(&record, cl_scorecard_reason(characteristic, bin));
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

static void
require_averages(const ClScorecard *card)
{
	for (int i = 0; i < card->count; i++)
	{
		if (isnan(card->characteristics[i].average_points))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("scorecard \"%s\" has no average_points for \"%s\"",
							card->name, card->characteristics[i].name),
					 errdetail("The method \"average\" compares points with the average of each characteristic."),
					 errhint("Add average_points to the card, or use the method \"max\" or \"neutral\".")));
	}
}

/* Two characteristics may have the same reason: it is listed once, at the larger loss. */
static bool
said_before(const char *const *reasons, int count, const char *reason)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(reasons[i], reason) == 0)
			return true;
	}
	return false;
}

static Datum
reason_codes(FunctionCallInfo fcinfo, const CardReader *reader)
{
	static const char *const methods[] = {"max", "neutral", "average", NULL};
	const ClScorecard *card = reader->card;
	int			wanted = PG_GETARG_INT32(2);
	ClReference reference;
	const char **reasons = palloc_array(const char *, card->count);
	Datum	   *texts = palloc_array(Datum, card->count);
	int			nlosses;
	int			count = 0;

	reference = (ClReference)
		cl_choice_argument(PG_GETARG_TEXT_PP(3), methods, "method of reason codes",
						   "max compares with the best points, neutral with neutral_points, average with average_points.");
	if (wanted < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of reason codes must be at least 1"),
				 errdetail("Found %d.", wanted),
				 errhint("Four is usual.")));
	if (reference == CL_REFERENCE_AVERAGE)
		require_averages(card);
	nlosses = cl_card_losses(card, reader->bins, reference, reader->losses);
	for (int i = 0; i < nlosses && count < wanted; i++)
	{
		int			loser = reader->losses[i].characteristic;
		const char *reason = cl_scorecard_reason(&card->characteristics[loser], reader->bins[loser]);

		if (said_before(reasons, count, reason))
			continue;
		reasons[count] = reason;
		texts[count++] = CStringGetTextDatum(reason);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(texts, count, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Each of them is one function for records and one for jsonb. */
#define FOR_RECORD_AND_JSONB(what) \
	PG_FUNCTION_INFO_V1(cl_##what); \
	Datum cl_##what(PG_FUNCTION_ARGS) { return what(fcinfo, read_record(fcinfo)); } \
	PG_FUNCTION_INFO_V1(cl_##what##_jsonb); \
	Datum cl_##what##_jsonb(PG_FUNCTION_ARGS) { return what(fcinfo, read_jsonb(fcinfo)); }

/* cl_score, cl_score_jsonb, cl_score_points, cl_score_points_jsonb, cl_reason_codes, cl_reason_codes_jsonb */
FOR_RECORD_AND_JSONB(score)
FOR_RECORD_AND_JSONB(score_points)
FOR_RECORD_AND_JSONB(reason_codes)

/* What the planner makes of a call for a row of a table (pg/row_columns.c): not strict, for a column may well be NULL. */
#define FOR_COLUMNS(what) \
	PG_FUNCTION_INFO_V1(cl_##what##_columns); \
	Datum cl_##what##_columns(PG_FUNCTION_ARGS) \
	{ \
		if (PG_ARGISNULL(0) || PG_ARGISNULL(1)) \
			PG_RETURN_NULL(); \
		return what(fcinfo, read_columns(fcinfo)); \
	}

/* cl_score_columns, cl_score_pd_columns */
FOR_COLUMNS(score)
FOR_COLUMNS(score_pd)

PG_FUNCTION_INFO_V1(cl_score_pd);
PG_FUNCTION_INFO_V1(cl_score_pd_jsonb);
PG_FUNCTION_INFO_V1(cl_score_pd_float8);

Datum
cl_score_pd(PG_FUNCTION_ARGS)
{
	return score_pd(fcinfo, read_record(fcinfo));
}

static Datum
pd_of_score(FunctionCallInfo fcinfo, double score)
{
	const ClScorecard *card;
	double		lowest;
	double		highest;

	if (isnan(score))
		PG_RETURN_NULL();
	card = use_reader(fcinfo, 0)->card;
	cl_card_range(card, &lowest, &highest);
	/* Points are added in another order elsewhere. */
	if (score < lowest - 0.01 || score > highest + 0.01)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("scorecard \"%s\" gives no such score", card->name),
				 errdetail("The score is %g, and the card gives %g to %g.", score, lowest, highest),
				 errhint("In score_pd(card, b), b is the column b if the table has one. Write b.* for the row.")));
	PG_RETURN_FLOAT8(cl_scaling_pd(&card->scaling, score));
}

/* A borrower; or a number, which is the score itself. */
Datum
cl_score_pd_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb	   *borrower = PG_GETARG_JSONB_P(1);
	JsonbValue	value;

	if (JB_ROOT_IS_SCALAR(borrower) && JsonbExtractScalar(&borrower->root, &value) && value.type == jbvNumeric)
		return pd_of_score(fcinfo, cl_numeric_float8_saturated(NumericGetDatum(value.val.numeric)));
	return score_pd(fcinfo, read_jsonb(fcinfo));
}

/* (card scorecard, score float8) -> float8 */
Datum
cl_score_pd_float8(PG_FUNCTION_ARGS)
{
	return pd_of_score(fcinfo, PG_GETARG_FLOAT8(1));
}

PG_FUNCTION_INFO_V1(cl_scorecard_columns_read);

/* (scorecard) -> text[] */
Datum
cl_scorecard_columns_read(PG_FUNCTION_ARGS)
{
	return cl_row_names(create_reader(cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0)))->row);
}
