/*
 * stability_report.c
 *	  Which characteristics of a scorecard shifted, and by how many points: from one scan of either table.
 *
 * A row of a characteristic's bin counts all borrowers, so that a value for which the card has no bin is seen where it appears.
 * Points can only be spoken of for borrowers who have a score; score_shift counts those, which is why it adds up to the
 * difference of the mean scores whatever else there is.
 */
#include "postgres.h"

#include <math.h>

#include "pg/query.h"
#include "pg/record.h"
#include "score/scorecard.h"
#include "validate/stability.h"

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
PG_FUNCTION_INFO_V1(cl_stability_report);
PG_FUNCTION_INFO_V1(cl_stability_summary);

/*
 * Counting
 */

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

static void
different_cards(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the scorecard must be the same in all rows"),
			 errdetail("Bins of two scorecards cannot be counted together."),
			 errhint("Give one scorecard, or group by its version.")));
}

/* Another card would count what is not there, and might write where it must not. */
static void
require_card(const BinCounts *state, const char *card, int length)
{
	if (state->length != length || memcmp(state->card, card, length) != 0)
		different_cards();
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

CL_SUMMARY_FUNCTION(scorecard_bin_counts, combine)
CL_SUMMARY_FUNCTION(scorecard_bin_counts, serial)
CL_SUMMARY_FUNCTION(scorecard_bin_counts, deserial)

/* The bytes of the scorecard in argument 1. */
static const char *
card_argument(FunctionCallInfo fcinfo, int *length)
{
	struct varlena *card = PG_GETARG_VARLENA_PP(1);

	*length = (int) VARSIZE_ANY_EXHDR(card);
	return VARDATA_ANY(card);
}

static BinCounts *
first_row(FunctionCallInfo fcinfo, const ClScorecard *card)
{
	int			length;
	const char *stored = card_argument(fcinfo, &length);
	MemoryContext old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	BinCounts  *state = create();

	set_card(state, stored, length, bins_of_card(card));
	MemoryContextSwitchTo(old);
	return state;
}

/* A serial number is one card for good; the memory of a compiled card is not. */
static inline void
require_same_card(FunctionCallInfo fcinfo, BinCounts *state, const ClDocumentUse *use)
{
	const char *card;
	int			length;

	if (likely(state->serial == use->serial))
		return;
	card = card_argument(fcinfo, &length);
	require_card(state, card, length);
	state->serial = use->serial;
}

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
	BinCounts  *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return cl_agg_unchanged(fcinfo);
	use = cl_document_use(fcinfo, 1, &scorecard_document);
	bins = bins_argument(fcinfo, use->compiled);
	state = PG_ARGISNULL(0) ? first_row(fcinfo, use->compiled) : (BinCounts *) PG_GETARG_POINTER(0);
	require_same_card(fcinfo, state, use);
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

/*
 * Reporting
 */

/* A card and the counts of both samples, laid out as in BinCounts. */
typedef struct CardSamples
{
	const ClScorecard *card;
	int			size;
	double	   *count[2];
} CardSamples;

/* One characteristic of it. */
typedef struct CharacteristicSamples
{
	const ClCharacteristic *characteristic;
	ClBands		bands;
	ClPsi		psi;
	double	   *part;
	double	   *shift;			/* of points, by bin; NaN where there is none */
	double		total_shift;
} CharacteristicSamples;

/* Counts of a relation; zeros when it has no rows. */
static double *
count_relation(FunctionCallInfo fcinfo, Oid relation, int size, MemoryContext context)
{
	char	   *alias = cl_query_row_alias(relation);
	char	   *query = psprintf("SELECT credit_limit_internal.scorecard_bin_counts($1, "
								 "credit_limit_internal.scorecard_bins($1, %s)) FROM %s AS %s",
								 alias, cl_query_relation(relation), alias);
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Datum		card = PG_GETARG_DATUM(0);
	double	   *counts = MemoryContextAllocZero(context, BIN_COUNTS(size) * sizeof(double));
	const char *what = "a relation of stability_report";
	static const Oid counts_type[] = {INT8ARRAYOID};
	Datum		array;
	bool		isnull;

	cl_query_execute(cl_query_prepare(query, what, 1, &type), what, &card, 1, counts_type);
	if (SPI_processed != 1)
		elog(ERROR, "%s gave no answer", what);
	array = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
	{
		const int64 *values = (const int64 *) ARR_DATA_PTR(DatumGetArrayTypeP(array));

		for (int i = 0; i < BIN_COUNTS(size); i++)
			counts[i] = (double) values[i];
	}
	SPI_freetuptable(SPI_tuptable);
	return counts;
}

static void
count_relations(FunctionCallInfo fcinfo, CardSamples *samples)
{
	MemoryContext context = CurrentMemoryContext;

	samples->card = cl_document_compiled(&scorecard_document, PG_GETARG_DATUM(0));
	samples->size = bins_of_card(samples->card);
	SPI_connect();
	for (int sample = 0; sample < 2; sample++)
		samples->count[sample] = count_relation(fcinfo, PG_GETARG_OID(1 + sample), samples->size, context);
	SPI_finish();
}

/* (share of the actual less share of the expected borrowers with a score) * points, for each bin. */
static void
shift_points(const CardSamples *samples, int first, CharacteristicSamples *one)
{
	const double *expected = samples->count[CL_EXPECTED];
	const double *actual = samples->count[CL_ACTUAL];
	ClSum		total = {0, 0};

	for (int bin = 0; bin < one->characteristic->nbins; bin++)
	{
		int			at = 2 + samples->size + first + bin;

		/* 0/0 is NaN: without a score in both samples there is no shift. */
		one->shift[bin] = (actual[at] / actual[1] - expected[at] / expected[1]) * one->characteristic->points[bin] + 0.0;
		cl_sum_add(&total, one->shift[bin], 0);
	}
	one->shift[one->characteristic->nbins] = NAN;
	one->total_shift = total.high;
}

/* Characteristic number i, whose bins start at first. */
static void
look_at(const CardSamples *samples, const ClEmptyArgument *empty, int i, int first, CharacteristicSamples *one)
{
	one->characteristic = &samples->card->characteristics[i];
	one->bands.count = one->characteristic->nbins + 1;
	for (int sample = 0; sample < 2; sample++)
		one->bands.n[sample] = samples->count[sample] + 2 + first;
	one->part = palloc_array(double, one->bands.count);
	one->shift = palloc_array(double, one->bands.count);
	cl_psi(&one->bands, &empty->empty, &one->psi, one->part);
	cl_empty_require(empty, &one->psi, one->psi.first_empty < 0 || one->psi.first_empty == one->characteristic->nbins ?
					 one->characteristic->name : psprintf("%s %s", one->characteristic->name,
														   cl_scorecard_bin_label(one->characteristic, one->psi.first_empty)));
	shift_points(samples, first, one);
}

static void
put_bin(ClRecord *record, const CharacteristicSamples *one, int bin)
{
	bool		none = bin == one->characteristic->nbins;
	double		expected = one->bands.n[CL_EXPECTED][bin];
	double		actual = one->bands.n[CL_ACTUAL][bin];

	if (none && expected == 0 && actual == 0)
		return;
	cl_record_put_text(record, one->characteristic->name);
	if (none)
		cl_record_put_null(record);
	else
		cl_record_put_int32(record, bin + 1);
	cl_record_put_text(record, none ? "no bin" : cl_scorecard_bin_label(one->characteristic, bin));
	cl_record_put_int64(record, (int64) expected);
	cl_record_put_int64(record, (int64) actual);
	cl_record_put_float8(record, expected / one->psi.total[CL_EXPECTED]);
	cl_record_put_float8(record, actual / one->psi.total[CL_ACTUAL]);
	cl_record_put_float8(record, one->part[bin]);
	cl_record_put_float8(record, one->characteristic->points[bin]);
	cl_record_put_float8(record, one->shift[bin]);
	cl_record_next(record);
}

/* Arguments: card, expected, actual, empty. */
Datum
cl_stability_report(PG_FUNCTION_ARGS)
{
	ClEmptyArgument empty = cl_empty_argument(PG_GETARG_DATUM(3));
	CardSamples samples;
	ClRecord	record;
	int			first = 0;

	cl_record_open_set(&record, fcinfo);
	count_relations(fcinfo, &samples);
	for (int i = 0; i < samples.card->count; i++)
	{
		CharacteristicSamples one;

		look_at(&samples, &empty, i, first, &one);
		for (int bin = 0; bin <= one.characteristic->nbins; bin++)
			put_bin(&record, &one, bin);
		first += one.bands.count;
	}
	PG_RETURN_NULL();
}

static void
put_characteristic(ClRecord *record, const CharacteristicSamples *one, const ClEmptyArgument *empty)
{
	const ClPsi *psi = &one->psi;
	int			compared = cl_psi_compared(psi, &empty->empty);
	int			none = one->characteristic->nbins;
	double		n = psi->total[CL_EXPECTED];
	double		m = psi->total[CL_ACTUAL];

	cl_record_put_text(record, one->characteristic->name);
	cl_record_put_int64(record, (int64) n);
	cl_record_put_int64(record, (int64) m);
	cl_record_put_int64(record, (int64) one->bands.n[CL_EXPECTED][none]);
	cl_record_put_int64(record, (int64) one->bands.n[CL_ACTUAL][none]);
	cl_record_put_float8(record, psi->psi);
	cl_record_put_int32(record, psi->n_empty);
	cl_record_put_float8(record, isnan(psi->psi) ? psi->psi : cl_psi_critical_chi2(n, m, compared, 0.95));
	cl_record_put_float8(record, cl_psi_p_value(psi->psi, n, m, compared));
	cl_record_put_text(record, cl_psi_status(psi->psi));
	cl_record_put_float8(record, one->total_shift);
	cl_record_next(record);
}

/* psi, n_empty, critical value, p-value and status: of characteristics only. */
#define COLUMNS_OF_PSI 5

/* The row of the score itself: no bins of its own, but rows without a score, and the sum of the shifts. */
static void
put_score(ClRecord *record, const CardSamples *samples, double total_shift)
{
	const double *expected = samples->count[CL_EXPECTED];
	const double *actual = samples->count[CL_ACTUAL];

	cl_record_put_text(record, "total");
	cl_record_put_int64(record, (int64) expected[0]);
	cl_record_put_int64(record, (int64) actual[0]);
	cl_record_put_int64(record, (int64) (expected[0] - expected[1]));
	cl_record_put_int64(record, (int64) (actual[0] - actual[1]));
	for (int i = 0; i < COLUMNS_OF_PSI; i++)
		cl_record_put_null(record);
	cl_record_put_float8(record, total_shift);
	cl_record_next(record);
}

/* Arguments: card, expected, actual, empty. */
Datum
cl_stability_summary(PG_FUNCTION_ARGS)
{
	ClEmptyArgument empty = cl_empty_argument(PG_GETARG_DATUM(3));
	CardSamples samples;
	ClRecord	record;
	ClSum		total = {0, 0};
	int			first = 0;

	cl_record_open_set(&record, fcinfo);
	count_relations(fcinfo, &samples);
	for (int i = 0; i < samples.card->count; i++)
	{
		CharacteristicSamples one;

		look_at(&samples, &empty, i, first, &one);
		put_characteristic(&record, &one, &empty);
		cl_sum_add(&total, one.total_shift, 0);
		first += one.bands.count;
	}
	put_score(&record, &samples, total.high);
	PG_RETURN_NULL();
}
