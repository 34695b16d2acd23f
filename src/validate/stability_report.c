/*
 * stability_report.c
 *	  Which characteristics of a scorecard shifted, and by how many points: from one scan of either table.
 *
 * A row of a characteristic's bin counts all borrowers, so that a value for which the card has no bin is seen where it appears.
 * Only borrowers with a score have points. score_shift counts those alone, which is why it adds up to the
 * difference of the mean scores whatever else there is.
 */
#include "postgres.h"

#include <math.h>

#include "pg/query.h"
#include "pg/record.h"
#include "validate/stability_state.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_stability_report);
PG_FUNCTION_INFO_V1(cl_stability_summary);

/* A characteristic of the card, as scorecard_table shows it. */
typedef struct Characteristic
{
	char	   *name;
	int			nbins;
	char	  **label;			/* by bin */
	double	   *points;			/* by bin */
} Characteristic;

/* A card, and the counts of both samples as scorecard_bin_counts has them: n, n with a score, all by bin, with a score by bin. */
typedef struct CardSamples
{
	int			n_characteristics;
	Characteristic *characteristic;
	int			size;			/* bins of all characteristics, each with one more for "no bin" */
	double	   *count[2];
} CardSamples;

/* What is said of one characteristic. */
typedef struct CharacteristicSamples
{
	const Characteristic *characteristic;
	ClBands		bands;
	ClPsi		psi;
	double	   *part;
	double	   *shift;			/* of points, by bin; NaN where there is none */
	double		total_shift;
} CharacteristicSamples;

/* The card in argument 0 as rows of scorecard_table, in its order. What is read is allocated in the given context. */
static void
read_card(FunctionCallInfo fcinfo, CardSamples *samples, MemoryContext context)
{
	const char *query = "SELECT characteristic, bin_id, bin, points FROM credit_limit.scorecard_table($1, true)";
	static const Oid column_types[] = {TEXTOID, INT4OID, TEXTOID, FLOAT8OID};
	Oid			type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Datum		card = PG_GETARG_DATUM(0);
	MemoryContext old;
	int			rows;

	cl_query_execute(cl_query_prepare(query, "the scorecard", 1, &type), "the scorecard", &card, lengthof(column_types),
					 column_types);
	old = MemoryContextSwitchTo(context);
	rows = (int) SPI_processed;
	samples->n_characteristics = 0;
	samples->characteristic = palloc0_array(Characteristic, rows);
	for (int i = 0; i < rows; i++)
	{
		Datum		value[lengthof(column_types)];
		bool		isnull[lengthof(column_types)];
		Characteristic *characteristic;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, value, isnull);
		if (DatumGetInt32(value[1]) == 1)
		{
			characteristic = &samples->characteristic[samples->n_characteristics++];
			characteristic->name = TextDatumGetCString(value[0]);
			characteristic->label = palloc_array(char *, rows - i);
			characteristic->points = palloc_array(double, rows - i);
		}
		else
			characteristic = &samples->characteristic[samples->n_characteristics - 1];
		characteristic->label[characteristic->nbins] = TextDatumGetCString(value[2]);
		characteristic->points[characteristic->nbins++] = isnull[3] ? NAN : DatumGetFloat8(value[3]);
	}
	samples->size = rows + samples->n_characteristics;
	MemoryContextSwitchTo(old);
	SPI_freetuptable(SPI_tuptable);
}

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
	int			n = 2 + 2 * size;
	double	   *counts = MemoryContextAllocZero(context, n * sizeof(double));
	const char *what = "a relation of stability_report";
	static const Oid counts_type[] = {INT8ARRAYOID};
	Datum		answer;
	bool		isnull;

	cl_query_execute(cl_query_prepare(query, what, 1, &type), what, &card, 1, counts_type);
	if (SPI_processed != 1)
		elog(ERROR, "%s gave no answer", what);
	answer = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
	{
		ArrayType  *array = DatumGetArrayTypeP(answer);

		if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != n)
			elog(ERROR, "%s was counted by another card", what);
		for (int i = 0; i < n; i++)
			counts[i] = (double) ((const int64 *) ARR_DATA_PTR(array))[i];
	}
	SPI_freetuptable(SPI_tuptable);
	return counts;
}

static void
count_relations(FunctionCallInfo fcinfo, CardSamples *samples)
{
	MemoryContext context = CurrentMemoryContext;

	SPI_connect();
	read_card(fcinfo, samples, context);
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
	one->characteristic = &samples->characteristic[i];
	one->bands.count = one->characteristic->nbins + 1;
	for (int sample = 0; sample < 2; sample++)
		one->bands.n[sample] = samples->count[sample] + 2 + first;
	one->part = palloc_array(double, one->bands.count);
	one->shift = palloc_array(double, one->bands.count);
	cl_psi(&one->bands, &empty->empty, &one->psi, one->part);
	cl_empty_require(empty, &one->psi, one->psi.first_empty < 0 || one->psi.first_empty == one->characteristic->nbins ?
					 one->characteristic->name : psprintf("%s %s", one->characteristic->name,
														   one->characteristic->label[one->psi.first_empty]));
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
	cl_record_put_text(record, none ? "no bin" : one->characteristic->label[bin]);
	cl_record_put_int64(record, (int64) expected);
	cl_record_put_int64(record, (int64) actual);
	cl_record_put_float8(record, expected / one->psi.total[CL_EXPECTED]);
	cl_record_put_float8(record, actual / one->psi.total[CL_ACTUAL]);
	cl_record_put_float8(record, one->part[bin]);
	cl_record_put_float8(record, none ? NAN : one->characteristic->points[bin]);
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
	for (int i = 0; i < samples.n_characteristics; i++)
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
	double		critical = isnan(psi->psi) ? psi->psi : cl_psi_critical_chi2(n, m, compared, 0.95);
	double		unseen = 0;

	for (int bin = 0; bin < none; bin++)
		unseen += one->bands.n[CL_EXPECTED][bin] == 0 ? one->bands.n[CL_ACTUAL][bin] : 0;
	cl_record_put_text(record, one->characteristic->name);
	cl_record_put_int64(record, (int64) n);
	cl_record_put_int64(record, (int64) m);
	cl_record_put_int64(record, (int64) one->bands.n[CL_EXPECTED][none]);
	cl_record_put_int64(record, (int64) one->bands.n[CL_ACTUAL][none]);
	cl_record_put_int64(record, (int64) unseen);
	cl_record_put_float8(record, psi->psi);
	cl_record_put_int32(record, psi->n_empty);
	cl_record_put_float8(record, critical);
	cl_record_put_float8(record, cl_psi_p_value(psi->psi, n, m, compared));
	cl_record_put_text(record, cl_psi_status(psi, critical));
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
	cl_record_put_null(record);
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
	for (int i = 0; i < samples.n_characteristics; i++)
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
