/*
 * run_length.c
 *	  Run lengths of charts and limits for them; adjusted_p.
 */
#include "postgres.h"

#include <math.h>

#include "core/adjusted_p.h"
#include "core/run_length.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "pg/record.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_cusum_run_length);
PG_FUNCTION_INFO_V1(cl_ewma_run_length);
PG_FUNCTION_INFO_V1(cl_cusum_limit);
PG_FUNCTION_INFO_V1(cl_ewma_limit);
PG_FUNCTION_INFO_V1(cl_adjusted_p);

#define DEVIATIONS "It is in deviations of a month."

static void
require(bool good, const char *name, double value, const char *rule, const char *hint)
{
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be %s", name, rule),
				 errdetail("Found %s.", cl_float8_string(value)),
				 errhint("%s", hint)));
}

/* Everything but months_estimated, which may be NULL, is given. */
static bool
has_null(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < PG_NARGS() - 1; i++)
	{
		if (PG_ARGISNULL(i))
			return true;
	}
	return false;
}

static int
read_sides(FunctionCallInfo fcinfo, int argno)
{
	int			sides = PG_GETARG_INT32(argno);

	require(sides == 1 || sides == 2, "sides", sides, "1 or 2",
			"A chart of one side looks for a rise, one of two also for a fall.");
	return sides;
}

static double
read_weight(ClChartKind kind, double weight)
{
	if (kind == CL_CUSUM)
		require(weight >= 0 && weight <= 10, "k", weight, "from 0 to 10", DEVIATIONS);
	else
		require(weight >= CL_EWMA_LEAST_LAMBDA && weight <= 1, "lambda", weight, "from 0.01 to 1",
				"It is the weight of the latest month: the smaller, the longer a chart remembers.");
	return weight;
}

static double
read_limit(ClChartKind kind, double limit)
{
	require(limit > 0 && limit <= (kind == CL_CUSUM ? CL_CHART_MOST_LIMIT : 10), kind == CL_CUSUM ? "h" : "c", limit,
			kind == CL_CUSUM ? "above 0, and at most 50" : "above 0, and at most 10", DEVIATIONS);
	return limit;
}

/* The last two arguments: autocorrelation, months_estimated. */
static ClMonths
read_months(FunctionCallInfo fcinfo, double shift)
{
	int			argno = PG_NARGS() - 2;
	ClMonths	months = {.shift = shift, .autocorrelation = PG_GETARG_FLOAT8(argno)};

	require(fabs(shift) <= 100, "shift", shift, "from -100 to 100", DEVIATIONS);
	require(fabs(months.autocorrelation) <= 0.99, "autocorrelation", months.autocorrelation, "from -0.99 to 0.99",
			"It is that of a month and the one before; 0 where months do not depend on each other.");
	if (!PG_ARGISNULL(argno + 1))
	{
		months.estimated = PG_GETARG_INT32(argno + 1);
		require(months.estimated >= 3 && months.estimated <= 120, "months_estimated", months.estimated, "from 3 to 120",
				"It is how many months mean and deviation were estimated from; NULL where both are known.");
	}
	return months;
}

static Datum
run_length(FunctionCallInfo fcinfo, const ClChart *chart, const ClMonths *months)
{
	ClMemory	memory = cl_memory_here();
	ClRunLength length = cl_run_length(&memory, chart, months);
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, length.mean);
	cl_record_put_float8(&record, length.error);
	cl_record_put_float8(&record, length.year);
	return cl_record_datum(&record);
}

/* shift, k, h, sides, head_start, autocorrelation, months_estimated */
Datum
cl_cusum_run_length(PG_FUNCTION_ARGS)
{
	ClChart		chart = {.kind = CL_CUSUM};
	ClMonths	months;

	if (has_null(fcinfo))
		PG_RETURN_NULL();
	chart.weight = read_weight(CL_CUSUM, PG_GETARG_FLOAT8(1));
	chart.limit = read_limit(CL_CUSUM, PG_GETARG_FLOAT8(2));
	chart.sides = read_sides(fcinfo, 3);
	chart.head_start = PG_GETARG_FLOAT8(4);
	require(chart.head_start >= 0 && chart.head_start < chart.limit, "head_start", chart.head_start, "at least 0, and below h",
			DEVIATIONS);
	months = read_months(fcinfo, PG_GETARG_FLOAT8(0));
	PG_RETURN_DATUM(run_length(fcinfo, &chart, &months));
}

/* shift, lambda, c, sides, autocorrelation, months_estimated */
Datum
cl_ewma_run_length(PG_FUNCTION_ARGS)
{
	ClChart		chart = {.kind = CL_EWMA};
	ClMonths	months;

	if (has_null(fcinfo))
		PG_RETURN_NULL();
	chart.weight = read_weight(CL_EWMA, PG_GETARG_FLOAT8(1));
	chart.limit = read_limit(CL_EWMA, PG_GETARG_FLOAT8(2));
	chart.sides = read_sides(fcinfo, 3);
	months = read_months(fcinfo, PG_GETARG_FLOAT8(0));
	PG_RETURN_DATUM(run_length(fcinfo, &chart, &months));
}

static Datum
limit(double wanted, const ClChart *chart, const ClMonths *months)
{
	ClMemory	memory = cl_memory_here();
	bool		simulated = months->autocorrelation != 0 || months->estimated > 0;
	double		found;

	if (simulated)
		require(wanted > 1 && wanted <= CL_RUN_MONTHS / 5, "run_length", wanted,
				"above 1, and at most 2000 where it is simulated",
				"It is in months. It is simulated with an autocorrelation or months_estimated.");
	else
		require(wanted > 1 && wanted <= 1e9, "run_length", wanted, "above 1, and at most 1e9",
				"It is in months: 120 is a false alarm in ten years.");
	found = cl_chart_limit(&memory, *chart, months, wanted);
	if (isnan(found))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("no limit up to %d gives so long a run", CL_CHART_MOST_LIMIT),
				 errdetail("Wanted are %s months.", cl_float8_string(wanted)),
				 errhint("Take a larger k, or a run length of fewer months.")));
	return Float8GetDatum(found);
}

/* run_length, k, sides, head_start, autocorrelation, months_estimated */
Datum
cl_cusum_limit(PG_FUNCTION_ARGS)
{
	ClChart		chart = {.kind = CL_CUSUM};
	ClMonths	months;

	if (has_null(fcinfo))
		PG_RETURN_NULL();
	chart.weight = read_weight(CL_CUSUM, PG_GETARG_FLOAT8(1));
	chart.sides = read_sides(fcinfo, 2);
	chart.head_start = PG_GETARG_FLOAT8(3);
	require(chart.head_start >= 0 && chart.head_start <= 10, "head_start", chart.head_start, "from 0 to 10", DEVIATIONS);
	months = read_months(fcinfo, 0);
	PG_RETURN_DATUM(limit(PG_GETARG_FLOAT8(0), &chart, &months));
}

/* run_length, lambda, sides, autocorrelation, months_estimated */
Datum
cl_ewma_limit(PG_FUNCTION_ARGS)
{
	ClChart		chart = {.kind = CL_EWMA};
	ClMonths	months;

	if (has_null(fcinfo))
		PG_RETURN_NULL();
	chart.weight = read_weight(CL_EWMA, PG_GETARG_FLOAT8(1));
	chart.sides = read_sides(fcinfo, 2);
	months = read_months(fcinfo, 0);
	PG_RETURN_DATUM(limit(PG_GETARG_FLOAT8(0), &chart, &months));
}

static ClAdjustment
read_method(text *method)
{
	static const char *const names[] = {"benjamini_hochberg", "benjamini_yekutieli"};
	char	   *name = text_to_cstring(method);

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (strcmp(names[i], name) == 0)
			return (ClAdjustment) i;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("method must be benjamini_hochberg or benjamini_yekutieli"),
			 errdetail("Found \"%s\".", name),
			 errhint("The first is for looks that do not overlap, the second for any.")));
}

/* p, method */
Datum
cl_adjusted_p(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	ClAdjustment method = read_method(PG_GETARG_TEXT_PP(1));
	ClMemory	memory = cl_memory_here();
	int			lower[1] = {1};
	Datum	   *element;
	bool	   *null;
	double	   *p;
	int			n;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &element, &null, &n);
	p = palloc_array(double, n + 1);
	for (int i = 0; i < n; i++)
	{
		p[i] = null[i] ? NAN : DatumGetFloat8(element[i]);
		require(null[i] || (p[i] >= 0 && p[i] <= 1), "p", p[i], "from 0 to 1", "A look whose p is not known is NULL.");
	}
	cl_adjust_p(&memory, method, n, p);
	for (int i = 0; i < n; i++)
		element[i] = Float8GetDatum(p[i]);
	if (n == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	PG_RETURN_ARRAYTYPE_P(construct_md_array(element, null, 1, &n, lower, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
											 TYPALIGN_DOUBLE));
}
