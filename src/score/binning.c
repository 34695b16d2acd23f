/*
 * binning.c
 *	  Making binnings, and looking values up in them.
 */
#include "postgres.h"

#include <math.h>

#include "pg/numeric.h"
#include "score/binning.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_optimal_binning);
PG_FUNCTION_INFO_V1(cl_optimal_binning_final);
PG_FUNCTION_INFO_V1(cl_fixed_binning);
PG_FUNCTION_INFO_V1(cl_binning_refit);
PG_FUNCTION_INFO_V1(cl_woe_float8);
PG_FUNCTION_INFO_V1(cl_woe_numeric);
PG_FUNCTION_INFO_V1(cl_woe_text);
PG_FUNCTION_INFO_V1(cl_bin_id_float8);
PG_FUNCTION_INFO_V1(cl_bin_id_numeric);
PG_FUNCTION_INFO_V1(cl_bin_id_text);

/*
 * Making
 */

/* Options in an argument. */
static void
options_argument(FunctionCallInfo fcinfo, int argument, ClBinningOptions *options)
{
	ClJson		document;

	cl_json_open(&document, "binning options", PG_GETARG_JSONB_P(argument));
	cl_binning_options(&document, options);
}

Datum
cl_optimal_binning(PG_FUNCTION_ARGS)
{
	ClBinSketch *sketch = cl_summary_state(&bin_sketch_summary, PG_GETARG_DATUM(0));
	ClBinningOptions options;

	options_argument(fcinfo, 1, &options);
	return cl_document_datum(&binning_document, cl_binning_optimal(sketch, &options));
}

/* Of the aggregate, with the default options. */
Datum
cl_optimal_binning_final(PG_FUNCTION_ARGS)
{
	ClBinningOptions options;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	cl_binning_options(NULL, &options);
	return cl_document_datum(&binning_document, cl_binning_optimal((ClBinSketch *) PG_GETARG_POINTER(0), &options));
}

static int
compare_numbers(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Finite cuts, ascending, each once. */
static double *
cuts_argument(ArrayType *array, int *n)
{
	Datum	   *value;
	bool	   *null;
	double	   *cut;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &value, &null, n);
	cut = palloc_array(double, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		cut[i] = null[i] ? NAN : DatumGetFloat8(value[i]);
		if (!isfinite(cut[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a split must be a finite number"),
					 errdetail("Number %d is %s.", i + 1, null[i] ? "NULL" : psprintf("%g", cut[i])),
					 errhint("The first bin begins at -Infinity and the last ends at Infinity by default.")));
	}
	qsort(cut, *n, sizeof(double), compare_numbers);
	for (int i = 1; i < *n; i++)
	{
		if (cut[i] == cut[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("splits must differ"),
					 errdetail("%g is there twice.", cut[i]),
					 errhint("Remove one of them.")));
	}
	return cut;
}

Datum
cl_fixed_binning(PG_FUNCTION_ARGS)
{
	ClBinningOptions options;
	int			n;
	double	   *cut = cuts_argument(PG_GETARG_ARRAYTYPE_P(0), &n);

	options_argument(fcinfo, 1, &options);
	return cl_document_datum(&binning_document, cl_binning_at(cut, n, &options));
}

Datum
cl_binning_refit(PG_FUNCTION_ARGS)
{
	ClBinning  *binning = cl_document_compiled(&binning_document, PG_GETARG_DATUM(0));

	cl_binning_count(binning, cl_summary_state(&bin_sketch_summary, PG_GETARG_DATUM(1)));
	return cl_document_datum(&binning_document, binning);
}

/*
 * Looking up: the binning is compiled once per query, the value may be NULL
 */

static const ClCharacteristic *
characteristic_argument(FunctionCallInfo fcinfo, bool text)
{
	const ClBinning *binning = cl_document_use(fcinfo, 0, &binning_document)->compiled;

	cl_binning_require_kind(binning, text);
	return &binning->c;
}

static inline double
float8_value(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1);
}

static inline double
numeric_value(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(1));
}

static int
bin_of_text(FunctionCallInfo fcinfo, const ClCharacteristic *c)
{
	text	   *value;

	if (PG_ARGISNULL(1))
		return c->missing;
	value = PG_GETARG_TEXT_PP(1);
	return cl_card_bin_of_text(c, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

static inline Datum
woe_datum(FunctionCallInfo fcinfo, const ClCharacteristic *c, int bin)
{
	double		woe = c->points[bin];

	if (isnan(woe))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(woe);
}

static inline Datum
bin_id_datum(FunctionCallInfo fcinfo, const ClCharacteristic *c, int bin)
{
	if (bin >= c->nbins)
		PG_RETURN_NULL();
	PG_RETURN_INT32(bin + 1);
}

Datum
cl_woe_float8(PG_FUNCTION_ARGS)
{
	const ClCharacteristic *c;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	c = characteristic_argument(fcinfo, false);
	return woe_datum(fcinfo, c, cl_card_bin_of_number(c, float8_value(fcinfo)));
}

Datum
cl_woe_numeric(PG_FUNCTION_ARGS)
{
	const ClCharacteristic *c;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	c = characteristic_argument(fcinfo, false);
	return woe_datum(fcinfo, c, cl_card_bin_of_number(c, numeric_value(fcinfo)));
}

Datum
cl_woe_text(PG_FUNCTION_ARGS)
{
	const ClCharacteristic *c;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	c = characteristic_argument(fcinfo, true);
	return woe_datum(fcinfo, c, bin_of_text(fcinfo, c));
}

Datum
cl_bin_id_float8(PG_FUNCTION_ARGS)
{
	const ClCharacteristic *c;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	c = characteristic_argument(fcinfo, false);
	return bin_id_datum(fcinfo, c, cl_card_bin_of_number(c, float8_value(fcinfo)));
}

Datum
cl_bin_id_numeric(PG_FUNCTION_ARGS)
{
	const ClCharacteristic *c;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	c = characteristic_argument(fcinfo, false);
	return bin_id_datum(fcinfo, c, cl_card_bin_of_number(c, numeric_value(fcinfo)));
}

Datum
cl_bin_id_text(PG_FUNCTION_ARGS)
{
	const ClCharacteristic *c;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	c = characteristic_argument(fcinfo, true);
	return bin_id_datum(fcinfo, c, bin_of_text(fcinfo, c));
}
