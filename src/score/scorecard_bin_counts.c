/*
 * scorecard_bin_counts.c
 *	  The aggregate scorecard_bin_counts: how many borrowers are in each bin of a card, of all and of those who have a score.
 *
 * Between workers and for stability_report only: the answer is an array, whose places only the card explains.
 */
#include "postgres.h"

#include "pg/summary.h"
#include "score/scorecard.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"

#define TYPE_NAME "scorecard_bin_counts"

/* Numbers of borrowers, and of those who have a score; in all, and by characteristic and bin (the last for "no bin"). */
typedef struct BinCounts
{
	int			length;
	char	   *card;			/* the stored scorecard, so many bytes */
	uint64		serial;			/* of the card of the row before (pg/document.h), or 0 */
	int			size;			/* bins of all characteristics */
	int64	   *count;			/* [n, n with a score, all by bin ..., with a score by bin ...]; NULL before the first row */
} BinCounts;

#define BIN_COUNTS(size) (2 + 2 * (size))
#define MOST_BINS (1000 * 12002)	/* 1000 characteristics with as many bins as a card may have */

PG_FUNCTION_INFO_V1(cl_scorecard_bin_numbers);
PG_FUNCTION_INFO_V1(cl_scorecard_bin_counts_transition);
PG_FUNCTION_INFO_V1(cl_scorecard_bin_counts_final);

static int
bins_of_card(const ClScorecard *card)
{
	int			size = 0;

	for (int i = 0; i < card->count; i++)
		size += card->characteristics[i].nbins + 1;
	return size;
}

static void *
create(void)
{
	return palloc0_object(BinCounts);
}

/* Counts for the bins of a card, all zero, in the current context. */
static void
set_card(BinCounts *state, const char *card, int length, int size)
{
	state->card = palloc(length);
	memcpy(state->card, card, length);
	state->length = length;
	state->size = size;
	state->count = palloc0_array(int64, BIN_COUNTS(size));
}

/* Another card would count what is not there, and might write where it must not. */
static void
require_card(const BinCounts *state, const char *card, int length)
{
	if (state->length != length || memcmp(state->card, card, length) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the scorecard must be the same in all rows"),
				 errdetail("Bins of two scorecards cannot be counted together."),
				 errhint("Give one scorecard, or group by its version.")));
}

static void
merge(void *into, const void *from)
{
	BinCounts  *state = into;
	const BinCounts *other = from;

	if (other->count == NULL)
		return;
	if (state->count == NULL)
		set_card(state, other->card, other->length, other->size);
	require_card(state, other->card, other->length);
	for (int i = 0; i < BIN_COUNTS(state->size); i++)
		state->count[i] += other->count[i];
}

static void
write_state(StringInfo buf, const void *data)
{
	const BinCounts *state = data;

	pq_sendint32(buf, state->length);
	appendBinaryStringInfo(buf, state->card, state->length);
	pq_sendint32(buf, state->size);
	for (int i = 0; i < BIN_COUNTS(state->size); i++)
		pq_sendint64(buf, state->count[i]);
}

static void *
read_state(StringInfo buf)
{
	BinCounts  *state = create();
	int			length = cl_wire_count(buf, TYPE_NAME, PG_INT32_MAX, 1);
	const char *card = pq_getmsgbytes(buf, length);

	set_card(state, card, length, cl_wire_count(buf, TYPE_NAME, MOST_BINS, 2 * sizeof(int64)));
	for (int i = 0; i < BIN_COUNTS(state->size); i++)
		state->count[i] = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX / 4, "number of rows");
	return state;
}

/* Between workers only. */
static const ClSummary scorecard_bin_counts_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_scorecard_bin_counts_combine, cl_scorecard_bin_counts_serial, cl_scorecard_bin_counts_deserial */
CL_SUMMARY_FUNCTION(scorecard_bin_counts, combine)
CL_SUMMARY_FUNCTION(scorecard_bin_counts, serial)
CL_SUMMARY_FUNCTION(scorecard_bin_counts, deserial)

static void
count_bins(BinCounts *state, const ClScorecard *card, const int *bins)
{
	bool		scored = !isnan(cl_card_total(card, bins));
	int64	   *all = state->count + 2;
	int64	   *with_score = all + state->size;
	int			first = 0;

	state->count[0]++;
	state->count[1] += scored;
	for (int i = 0; i < card->count; i++)
	{
		all[first + bins[i]]++;
		with_score[first + bins[i]] += scored;
		first += card->characteristics[i].nbins + 1;
	}
}

Datum
cl_scorecard_bin_numbers(PG_FUNCTION_ARGS)
{
	const ClDocumentUse *use;
	const int  *bins = cl_scorecard_bins(fcinfo, 0, 1, &use);
	int			count = ((const ClScorecard *) use->compiled)->count;
	ArrayType  *numbers = construct_empty_array(INT4OID);

	if (count > 0)
	{
		Datum	   *values = palloc_array(Datum, count);

		for (int i = 0; i < count; i++)
			values[i] = Int32GetDatum(bins[i]);
		numbers = construct_array(values, count, INT4OID, sizeof(int32), true, TYPALIGN_INT);
	}
	PG_RETURN_ARRAYTYPE_P(numbers);
}

/* The numbers that cl_scorecard_bin_numbers gave; they might be anybody's. */
static const int *
bins_argument(FunctionCallInfo fcinfo, const ClScorecard *card)
{
	ArrayType  *numbers = PG_GETARG_ARRAYTYPE_P(2);
	const int  *bins = (const int *) ARR_DATA_PTR(numbers);
	bool		fits = !ARR_HASNULL(numbers) && ArrayGetNItems(ARR_NDIM(numbers), ARR_DIMS(numbers)) == card->count;

	for (int i = 0; fits && i < card->count; i++)
		fits = bins[i] >= 0 && bins[i] <= card->characteristics[i].nbins;
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("these are not bins of the scorecard"),
				 errdetail("Found %s.", OidOutputFunctionCall(F_ARRAY_OUT, PointerGetDatum(numbers))),
				 errhint("Give what scorecard_bins says of the same scorecard.")));
	return bins;
}

Datum
cl_scorecard_bin_counts_transition(PG_FUNCTION_ARGS)
{
	const ClDocumentUse *use;
	const int  *bins;
	BinCounts  *state = PG_ARGISNULL(0) ? NULL : (BinCounts *) PG_GETARG_POINTER(0);

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return cl_agg_unchanged(fcinfo);
	use = cl_document_use(fcinfo, 1, &scorecard_document);
	bins = bins_argument(fcinfo, use->compiled);
	/* A serial number is one card for good; the memory of a compiled card is not. */
	if (unlikely(state == NULL || state->serial != use->serial))
	{
		struct varlena *card = PG_GETARG_VARLENA_PP(1);
		int			length = (int) VARSIZE_ANY_EXHDR(card);

		if (state == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(cl_agg_context(fcinfo));

			state = create();
			set_card(state, VARDATA_ANY(card), length, bins_of_card(use->compiled));
			MemoryContextSwitchTo(old);
		}
		require_card(state, VARDATA_ANY(card), length);
		state->serial = use->serial;
	}
	count_bins(state, use->compiled, bins);
	PG_RETURN_POINTER(state);
}

Datum
cl_scorecard_bin_counts_final(PG_FUNCTION_ARGS)
{
	const BinCounts *state = PG_ARGISNULL(0) ? NULL : (const BinCounts *) PG_GETARG_POINTER(0);
	Datum	   *values;
	int			n;

	(void) cl_agg_context(fcinfo);
	if (state == NULL || state->count == NULL)
		PG_RETURN_NULL();
	n = BIN_COUNTS(state->size);
	values = palloc_array(Datum, n);
	for (int i = 0; i < n; i++)
		values[i] = Int64GetDatum(state->count[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(values, n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
