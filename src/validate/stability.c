/*
 * stability.c
 *	  Whether today's population is the one that a score was built on: PSI of counts, of rows, and of stored summaries.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/weight.h"
#include "pg/confidence.h"
#include "validate/stability_state.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

/* Siddiqi (2006), chapter 9: below the first nothing has happened, above the second something has. */
#define PSI_INVESTIGATE 0.1
#define PSI_SHIFTED 0.25

/* With so many bands of a score there are rows enough where this many would not do. */
#define USUAL_BANDS 10

/* Shares are often published with two decimals. */
#define SHARES_TOLERANCE 0.02

PG_FUNCTION_INFO_V1(cl_stability_transition);
PG_FUNCTION_INFO_V1(cl_stability_float8_transition);
PG_FUNCTION_INFO_V1(cl_stability_numeric_transition);
PG_FUNCTION_INFO_V1(cl_stability_agg_final);
PG_FUNCTION_INFO_V1(cl_psi_final);
PG_FUNCTION_INFO_V1(cl_psi_stability);
PG_FUNCTION_INFO_V1(cl_psi_arrays);
PG_FUNCTION_INFO_V1(cl_psi_table);
PG_FUNCTION_INFO_V1(cl_psi_critical_value);
PG_FUNCTION_INFO_V1(cl_stability_divergence);
PG_FUNCTION_INFO_V1(cl_stability_divergence_arrays);
PG_FUNCTION_INFO_V1(cl_stability_from_arrays);
PG_FUNCTION_INFO_V1(cl_stability_compare);

CL_SUMMARY_JSON_FUNCTIONS(stability)
CL_SUMMARY_FUNCTION(stability, from_bytea)

/*
 * cl_stability_in, cl_stability_out, cl_stability_recv, cl_stability_send, cl_stability_serial, cl_stability_deserial,
 * cl_stability_combine, cl_stability_rollup
 */
CL_SUMMARY_FUNCTION(stability, in)
CL_SUMMARY_FUNCTION(stability, out)
CL_SUMMARY_FUNCTION(stability, recv)
CL_SUMMARY_FUNCTION(stability, send)
CL_SUMMARY_FUNCTION(stability, serial)
CL_SUMMARY_FUNCTION(stability, deserial)
CL_SUMMARY_FUNCTION(stability, combine)
CL_SUMMARY_FUNCTION(stability, rollup)

/*
 * Conventions
 */

ClEmptyArgument
cl_empty_argument(Datum value)
{
	ClEmptyArgument argument;

	argument.text = TextDatumGetCString(value);
	if (!cl_empty_parse(argument.text, &argument.empty))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown convention for empty bins: \"%s\"", argument.text),
				 errdetail("Valid are laplace, laplace_always, prior, one, half, floor, epsilon, drop, infinity, error, and "
						   "with a number of your own laplace=, laplace_always=, prior=, count=, floor=, epsilon=."),
				 errhint("The number is positive: rows up to 1e6, or a share up to 1; for example floor=1e-6.")));
	return argument;
}

void
cl_empty_require(const ClEmptyArgument *argument, const ClPsi *psi, const char *name)
{
	if (argument->empty.rule != CL_EMPTY_ERROR || psi->n_empty == 0 || isnan(psi->psi))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DIVISION_BY_ZERO),
			 errmsg("PSI is not defined: one sample has no rows in a bin that the other uses"),
			 errdetail("Such bins: %d, the first is \"%s\".", psi->n_empty, name),
			 errhint("Merge bins, or choose a convention other than error, such as laplace.")));
}

/* The name of the first empty bin, for cl_empty_require. */
static const char *
empty_name(const ClStabilityView *view, const ClPsi *psi)
{
	const ClStabilityBin *bin;

	if (psi->first_empty < 0)
		return "";
	bin = view->bin[psi->first_empty];
	return cl_label_string(&bin->label);
}

const char *
cl_psi_status(const ClPsi *psi, double critical)
{
	double		n = psi->total[CL_EXPECTED];
	double		m = psi->total[CL_ACTUAL];

	if (!(n > 0))
		return m > 0 ? "no expected rows" : "no rows";
	if (!(m > 0))
		return "no actual rows";
	if (psi->psi < PSI_INVESTIGATE)
		return "stable";
	/* Where chance alone reaches what is to be investigated, chi-squared is rough too: bands have a handful of rows each. */
	if (critical >= PSI_INVESTIGATE && psi->psi < 2 * critical)
		return psi->n_bands > USUAL_BANDS && cl_psi_critical_chi2(n, m, USUAL_BANDS, 0.95) < PSI_INVESTIGATE ?
			"too many bands" : "too few rows";
	return psi->psi <= PSI_SHIFTED ? "investigate" : "shifted";
}

/*
 * Rows
 */

/* The bin in argument 1: a row without one is in the bin "missing". */
static inline ClStabilityBin *
argument_bin(FunctionCallInfo fcinfo, ClStability *state)
{
	text	   *name;

	if (unlikely(PG_ARGISNULL(1)))
		return cl_stability_bin(state, CL_BIN_MISSING_NAME, strlen(CL_BIN_MISSING_NAME));
	name = PG_GETARG_TEXT_PP(1);
	return cl_stability_bin(state, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

Datum
cl_stability_transition(PG_FUNCTION_ARGS)
{
	ClStability *state = cl_agg_state(fcinfo, stability_summary.create);

	if (unlikely(PG_ARGISNULL(2)))
		state->n_skipped++;
	else
		/* Exact below 2^53 rows. */
		argument_bin(fcinfo, state)->count[PG_GETARG_BOOL(2)].high += 1;
	PG_RETURN_POINTER(state);
}

/* A row that stands for so many; one that stands for none is no row. */
static Datum
add_weighted(FunctionCallInfo fcinfo, double weight)
{
	ClStability *state;

	if (!PG_ARGISNULL(2) && weight == 0)
		return cl_agg_unchanged(fcinfo);
	state = cl_agg_state(fcinfo, stability_summary.create);
	if (PG_ARGISNULL(2) || isnan(weight))
		state->n_skipped++;
	else
	{
		cl_weight_check(weight);
		cl_exact_sum_add(&argument_bin(fcinfo, state)->count[PG_GETARG_BOOL(2)], weight);
	}
	PG_RETURN_POINTER(state);
}

Datum
cl_stability_float8_transition(PG_FUNCTION_ARGS)
{
	return add_weighted(fcinfo, PG_ARGISNULL(3) ? get_float8_nan() : PG_GETARG_FLOAT8(3));
}

Datum
cl_stability_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_weighted(fcinfo, PG_ARGISNULL(3) ? get_float8_nan() : cl_numeric_float8_saturated(PG_GETARG_DATUM(3)));
}

/* Rows that were all left out are no rows. */
Datum
cl_stability_agg_final(PG_FUNCTION_ARGS)
{
	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0) || ((const ClStability *) PG_GETARG_POINTER(0))->bins.n == 0)
		PG_RETURN_NULL();
	return cl_summary_datum(&stability_summary, PG_GETARG_POINTER(0));
}

/*
 * The row of psi
 */

/* Chance can be spoken of only where there are counts. */
static Datum
psi_row(FunctionCallInfo fcinfo, const ClPsi *psi, const ClEmptyArgument *argument, bool shares, int64 n_skipped)
{
	int			compared = cl_psi_compared(psi, &argument->empty);
	double		n = psi->total[CL_EXPECTED];
	double		m = psi->total[CL_ACTUAL];
	bool		chance = !shares && !isnan(psi->psi);
	double		critical = chance ? cl_psi_critical_chi2(n, m, compared, 0.95) : get_float8_nan();
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, psi->psi);
	cl_record_put_int32(&record, psi->n_empty);
	cl_record_put_float8(&record, shares ? get_float8_nan() : n);
	cl_record_put_float8(&record, shares ? get_float8_nan() : m);
	cl_record_put_float8(&record, critical);
	cl_record_put_text(&record, argument->text);
	cl_record_put_int32(&record, psi->n_bands);
	cl_record_put_float8(&record, chance ? cl_psi_p_value(psi->psi, n, m, compared) : get_float8_nan());
	cl_record_put_text(&record, cl_psi_status(psi, critical));
	cl_record_put_int64(&record, n_skipped);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

static Datum
psi_of_state(FunctionCallInfo fcinfo, const ClStability *state, const ClEmptyArgument *argument)
{
	ClStabilityView view;
	ClPsi		psi;

	cl_stability_view(state, &view);
	cl_psi(&view.bands, &argument->empty, &psi, NULL);
	cl_empty_require(argument, &psi, empty_name(&view, &psi));
	return psi_row(fcinfo, &psi, argument, false, state->n_skipped);
}

/* The result of the aggregate psi. */
Datum
cl_psi_final(PG_FUNCTION_ARGS)
{
	static const ClEmptyArgument laplace = {"laplace", {CL_EMPTY_LAPLACE, 0.5}};
	const ClStability *state = PG_ARGISNULL(0) ? NULL : (const ClStability *) PG_GETARG_POINTER(0);

	(void) cl_agg_context(fcinfo);
	if (state == NULL || state->bins.n == 0)
		PG_RETURN_NULL();
	return psi_of_state(fcinfo, state, &laplace);
}

Datum
cl_psi_stability(PG_FUNCTION_ARGS)
{
	ClEmptyArgument argument = cl_empty_argument(PG_GETARG_DATUM(1));

	return psi_of_state(fcinfo, cl_summary_state(&stability_summary, PG_GETARG_DATUM(0)), &argument);
}

/*
 * Arrays
 */

typedef struct BandArrays
{
	ClBands		bands;
	double	   *n[2];
} BandArrays;

static double *
read_counts(ArrayType *array, const char *what, int *count)
{
	Datum	   *values;
	bool	   *nulls;
	double	   *counts;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%s must be an array of one dimension", what),
				 errdetail("It has %d.", ARR_NDIM(array)),
				 errhint("Give one number for each band.")));
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values, &nulls, count);
	counts = palloc_array(double, *count + 1);
	for (int i = 0; i < *count; i++)
	{
		counts[i] = nulls[i] ? get_float8_nan() : DatumGetFloat8(values[i]);
		if (!(counts[i] >= 0 && counts[i] <= CL_STABILITY_LARGEST_COUNT))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("%s must hold counts that are not negative", what),
					 errdetail("Found %s at place %d.", nulls[i] ? "NULL" : psprintf("%g", counts[i]), i + 1),
					 errhint("The count of an empty band is 0.")));
	}
	return counts;
}

static void
read_band_arrays(FunctionCallInfo fcinfo, int first, BandArrays *arrays)
{
	int			count[2];

	arrays->n[CL_EXPECTED] = read_counts(PG_GETARG_ARRAYTYPE_P(first), "expected", &count[CL_EXPECTED]);
	arrays->n[CL_ACTUAL] = read_counts(PG_GETARG_ARRAYTYPE_P(first + 1), "actual", &count[CL_ACTUAL]);
	if (count[CL_EXPECTED] != count[CL_ACTUAL])
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("expected and actual must have the same bands"),
				 errdetail("One array has %d, the other %d.", count[CL_EXPECTED], count[CL_ACTUAL]),
				 errhint("The count of an empty band is 0.")));
	arrays->bands.count = count[CL_EXPECTED];
	arrays->bands.n[CL_EXPECTED] = arrays->n[CL_EXPECTED];
	arrays->bands.n[CL_ACTUAL] = arrays->n[CL_ACTUAL];
}

/* Shares that were rounded when they were published add up to 1 again. */
static void
normalize_shares(double *share, int count, const char *what)
{
	ClSum		sum = {0, 0};

	for (int i = 0; i < count; i++)
		cl_sum_add(&sum, share[i], 0);
	if (count > 0 && !(fabs(sum.high - 1) <= SHARES_TOLERANCE))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the shares of %s must add up to 1", what),
				 errdetail("They add up to %g.", sum.high),
				 errhint("Write 5 %% as 0.05; for counts leave out shares => true.")));
	for (int i = 0; i < count; i++)
		share[i] /= sum.high;
}

static void
require_rule_for_shares(const ClEmptyArgument *argument, const BandArrays *arrays)
{
	static const ClEmpty drop = {CL_EMPTY_DROP, 0};
	ClPsi		psi;

	cl_psi(&arrays->bands, &drop, &psi, NULL);
	if (cl_empty_needs_counts(&argument->empty, psi.n_empty))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the convention \"%s\" for empty bins needs counts", argument->text),
				 errdetail("There are only shares; empty bands: %d.", psi.n_empty),
				 errhint("Give counts, or choose floor, epsilon, drop, infinity or error.")));
}

/* Arguments (expected, actual, empty, shares) of the functions of arrays. False when there are no bands. */
static bool
read_band_arguments(FunctionCallInfo fcinfo, BandArrays *arrays, ClEmptyArgument *argument)
{
	read_band_arrays(fcinfo, 0, arrays);
	*argument = cl_empty_argument(PG_GETARG_DATUM(2));
	if (PG_GETARG_BOOL(3))
	{
		normalize_shares(arrays->n[CL_EXPECTED], arrays->bands.count, "expected");
		normalize_shares(arrays->n[CL_ACTUAL], arrays->bands.count, "actual");
		require_rule_for_shares(argument, arrays);
	}
	return arrays->bands.count > 0;
}

Datum
cl_psi_arrays(PG_FUNCTION_ARGS)
{
	BandArrays	arrays;
	ClEmptyArgument argument;
	ClPsi		psi;

	if (!read_band_arguments(fcinfo, &arrays, &argument))
		PG_RETURN_NULL();
	cl_psi(&arrays.bands, &argument.empty, &psi, NULL);
	cl_empty_require(&argument, &psi, psprintf("%d", psi.first_empty + 1));
	return psi_row(fcinfo, &psi, &argument, PG_GETARG_BOOL(3), 0);
}

/* A stability from names and counts: the other way into the type. */
Datum
cl_stability_from_arrays(PG_FUNCTION_ARGS)
{
	ClStability *state = cl_stability_create();
	BandArrays	arrays;
	Datum	   *names;
	bool	   *nulls;
	int			count;

	read_band_arrays(fcinfo, 1, &arrays);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &count);
	if (count != arrays.bands.count)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("a stability needs a count of either sample for each bin"),
				 errdetail("There are %d bins and %d counts.", count, arrays.bands.count),
				 errhint("The count of an empty bin is 0.")));
	for (int i = 0; i < count; i++)
	{
		const char *name = nulls[i] ? CL_BIN_MISSING_NAME : TextDatumGetCString(names[i]);
		ClStabilityBin *bin;

		if (arrays.n[CL_EXPECTED][i] == 0 && arrays.n[CL_ACTUAL][i] == 0)
			continue;
		bin = cl_stability_bin(state, name, strlen(name));
		for (int sample = 0; sample < 2; sample++)
			cl_stability_add(bin, sample, &(ClExactSum) {arrays.n[sample][i], 0, 0});
	}
	if (state->bins.n == 0)
		PG_RETURN_NULL();
	return cl_summary_datum(&stability_summary, state);
}

static void
add_as(ClStability *into, const ClStability *from, int as)
{
	for (int i = 0; i < from->bins.n; i++)
	{
		const ClStabilityBin *theirs = cl_labels_item(&from->bins, i);
		ClStabilityBin *bin = cl_stability_bin(into, theirs->label.name, theirs->label.length);

		for (int sample = 0; sample < 2; sample++)
			cl_stability_add(bin, as, &theirs->count[sample]);
	}
	into->n_skipped = cl_skipped_sum(into->n_skipped, from->n_skipped);
}

/* All rows of the first as the expected sample, all rows of the second as the actual one. */
Datum
cl_stability_compare(PG_FUNCTION_ARGS)
{
	ClStability *state = cl_stability_create();

	add_as(state, cl_summary_state(&stability_summary, PG_GETARG_DATUM(0)), CL_EXPECTED);
	add_as(state, cl_summary_state(&stability_summary, PG_GETARG_DATUM(1)), CL_ACTUAL);
	return cl_summary_datum(&stability_summary, state);
}

/*
 * Bin by bin
 */

Datum
cl_psi_table(PG_FUNCTION_ARGS)
{
	ClStability *state = cl_summary_state(&stability_summary, PG_GETARG_DATUM(0));
	ClEmptyArgument argument = cl_empty_argument(PG_GETARG_DATUM(1));
	double	   *part = palloc_array(double, state->bins.n + 1);
	ClStabilityView view;
	ClPsi		psi;
	ClRecord	record;

	cl_stability_view(state, &view);
	cl_psi(&view.bands, &argument.empty, &psi, part);
	cl_empty_require(&argument, &psi, empty_name(&view, &psi));
	cl_record_open_set(&record, fcinfo);
	for (int i = 0; i < state->bins.n; i++)
	{
		const ClLabel *name = &view.bin[i]->label;
		double		expected = view.bands.n[CL_EXPECTED][i];
		double		actual = view.bands.n[CL_ACTUAL][i];

		cl_record_put(&record, PointerGetDatum(cstring_to_text_with_len(name->name, name->length)));
		cl_record_put_float8(&record, expected);
		cl_record_put_float8(&record, actual);
		/* 0/0 is NaN: a sample without rows has no shares. */
		cl_record_put_float8(&record, expected / psi.total[CL_EXPECTED]);
		cl_record_put_float8(&record, actual / psi.total[CL_ACTUAL]);
		cl_record_put_float8(&record, part[i]);
		cl_record_put_bool(&record, (expected > 0) != (actual > 0));
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

/*
 * Relatives of PSI, and chance
 */

static Datum
divergence_row(FunctionCallInfo fcinfo, const ClBands *bands, const ClEmptyArgument *argument, bool ordered)
{
	ClDivergence divergence;
	ClRecord	record;

	cl_divergence(bands, &argument->empty, &divergence);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, divergence.kl_actual);
	cl_record_put_float8(&record, divergence.kl_expected);
	cl_record_put_float8(&record, divergence.jensen_shannon);
	cl_record_put_float8(&record, divergence.hellinger);
	cl_record_put_float8(&record, divergence.triangular);
	cl_record_put_float8(&record, ordered ? divergence.ks : get_float8_nan());
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_stability_divergence(PG_FUNCTION_ARGS)
{
	ClEmptyArgument argument = cl_empty_argument(PG_GETARG_DATUM(1));
	ClStabilityView view;
	ClPsi		psi;

	cl_stability_view(cl_summary_state(&stability_summary, PG_GETARG_DATUM(0)), &view);
	cl_psi(&view.bands, &argument.empty, &psi, NULL);
	cl_empty_require(&argument, &psi, empty_name(&view, &psi));
	return divergence_row(fcinfo, &view.bands, &argument, false);
}

Datum
cl_stability_divergence_arrays(PG_FUNCTION_ARGS)
{
	BandArrays	arrays;
	ClEmptyArgument argument;
	ClPsi		psi;

	if (!read_band_arguments(fcinfo, &arrays, &argument))
		PG_RETURN_NULL();
	cl_psi(&arrays.bands, &argument.empty, &psi, NULL);
	cl_empty_require(&argument, &psi, psprintf("%d", psi.first_empty + 1));
	return divergence_row(fcinfo, &arrays.bands, &argument, true);
}

static void
require_positive(double value, const char *what, const char *hint)
{
	if (!(value > 0) || isinf(value))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite number greater than 0", what),
				 errdetail("Found %g.", value),
				 errhint("%s", hint)));
}

Datum
cl_psi_critical_value(PG_FUNCTION_ARGS)
{
	static const char *const methods[] = {"chi2", "normal", NULL};
	double		n = PG_GETARG_FLOAT8(0);
	double		m = PG_GETARG_FLOAT8(1);
	int			bands = PG_GETARG_INT32(2);
	double		confidence = PG_GETARG_FLOAT8(3);

	require_positive(n, "n", "It is the number of rows of the expected sample.");
	require_positive(m, "m", "It is the number of rows of the actual sample.");
	cl_confidence_check(confidence);
	if (bands < 2)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("there must be at least 2 bands"),
				 errdetail("Found %d.", bands),
				 errhint("With one band all distributions are equal.")));
	if (cl_choice_argument(PG_GETARG_TEXT_PP(4), methods, "method of a critical value",
						   "chi2 is the better one for few bands.") == 0)
		PG_RETURN_FLOAT8(cl_psi_critical_chi2(n, m, bands, confidence));
	PG_RETURN_FLOAT8(cl_psi_critical_normal(n, m, bands, confidence));
}
