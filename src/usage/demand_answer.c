/*
 * demand_answer.c
 *	  What a demand tells.
 */
#include "postgres.h"

#include <math.h>

#include "pg/numeric.h"
#include "usage/demand_state.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_demand_stats);
PG_FUNCTION_INFO_V1(cl_demand_mean_of);
PG_FUNCTION_INFO_V1(cl_demand_quantile_of);
PG_FUNCTION_INFO_V1(cl_demand_amount);
PG_FUNCTION_INFO_V1(cl_demand_exceeds_numeric);
PG_FUNCTION_INFO_V1(cl_demand_exceeds_float8);
PG_FUNCTION_INFO_V1(cl_expected_draw_numeric);
PG_FUNCTION_INFO_V1(cl_expected_draw_float8);
PG_FUNCTION_INFO_V1(cl_expected_unmet_numeric);
PG_FUNCTION_INFO_V1(cl_expected_unmet_float8);

enum
{
	STATS_N, STATS_N_ZERO, STATS_N_CENSORED, STATS_MU, STATS_SIGMA, STATS_P_ZERO, STATS_MEAN, STATS_LOWER_BOUND, STATS_STATUS,
	STATS_SE_MU, STATS_SE_SIGMA, STATS_SE_P_ZERO, STATS_LOGLIK, STATS_ITERATIONS, STATS_N_SKIPPED, STATS_WEIGHT,
	STATS_N_LIMITS, STATS_DISTRIBUTION, STATS_COLUMNS
};

typedef struct Stats
{
	Datum		values[STATS_COLUMNS];
	bool		nulls[STATS_COLUMNS];
} Stats;

/* NaN is what is not known. */
static void
set_float8(Stats *stats, int column, double value)
{
	stats->values[column] = Float8GetDatum(value);
	stats->nulls[column] = isnan(value);
}

static void
set_int64(Stats *stats, int column, int64 value)
{
	stats->values[column] = Int64GetDatum(value);
	stats->nulls[column] = false;
}

static void
set_text(Stats *stats, int column, const char *value)
{
	stats->values[column] = CStringGetTextDatum(value);
	stats->nulls[column] = false;
}

static void
set_observations(Stats *stats, const ClDemand *demand)
{
	set_int64(stats, STATS_N, demand->n);
	set_int64(stats, STATS_N_ZERO, demand->n_zero);
	set_int64(stats, STATS_N_CENSORED, demand->n_censored);
	set_int64(stats, STATS_N_SKIPPED, demand->n_skipped);
	set_int64(stats, STATS_N_LIMITS, demand->n_cells);
	set_float8(stats, STATS_WEIGHT, (double) demand->weight * cl_demand_weight_unit(demand));
	set_float8(stats, STATS_LOWER_BOUND, demand->n_censored > 0 ? demand->highest_limit : NAN);
	stats->values[STATS_ITERATIONS] = Int32GetDatum(demand->fit.iterations);
	stats->nulls[STATS_ITERATIONS] = false;
}

/* The row type is looked up once per query. */
static TupleDesc
result_desc(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		TupleDesc	desc;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "demand_stats must return a row");
		fcinfo->flinfo->fn_extra = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(old);
	}
	return fcinfo->flinfo->fn_extra;
}

Datum
cl_demand_stats(PG_FUNCTION_ARGS)
{
	ClDemand   *demand = cl_demand_get(PG_GETARG_DATUM(0));
	ClDemandModel model = cl_demand_model(demand);
	const ClDemandFit *fit = cl_demand_fit(demand);
	Stats		stats;

	memset(stats.nulls, true, sizeof(stats.nulls));
	if (!demand->given)
		set_observations(&stats, demand);
	set_float8(&stats, STATS_MU, fit->mu);
	set_float8(&stats, STATS_SIGMA, fit->sigma);
	set_float8(&stats, STATS_P_ZERO, fit->p_zero);
	set_float8(&stats, STATS_MEAN, cl_demand_mean(&model));
	set_float8(&stats, STATS_SE_MU, fit->se_mu);
	set_float8(&stats, STATS_SE_SIGMA, fit->se_sigma);
	set_float8(&stats, STATS_SE_P_ZERO, fit->se_p_zero);
	set_float8(&stats, STATS_LOGLIK, fit->loglik);
	set_text(&stats, STATS_STATUS, cl_demand_status_names[fit->status]);
	set_text(&stats, STATS_DISTRIBUTION, cl_demand_distribution_names[demand->options.distribution]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_desc(fcinfo), stats.values, stats.nulls)));
}

static Datum
known_or_null(FunctionCallInfo fcinfo, double answer)
{
	if (isnan(answer))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(answer);
}

Datum
cl_demand_mean_of(PG_FUNCTION_ARGS)
{
	ClDemandModel model = cl_demand_model(cl_demand_get(PG_GETARG_DATUM(0)));

	return known_or_null(fcinfo, cl_demand_mean(&model));
}

static double
quantile_of(Datum demand, double p)
{
	ClDemandModel model = cl_demand_model(cl_demand_get(demand));

	if (!(p >= 0 && p <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("quantile must be between 0 and 1"),
				 errdetail("Found %g.", p),
				 errhint("The median is 0.5.")));
	return cl_demand_quantile(&model, p);
}

Datum
cl_demand_quantile_of(PG_FUNCTION_ARGS)
{
	return known_or_null(fcinfo, quantile_of(PG_GETARG_DATUM(0), PG_GETARG_FLOAT8(1)));
}

/* As money, to the nearest minor unit. */
Datum
cl_demand_amount(PG_FUNCTION_ARGS)
{
	int			decimals = PG_GETARG_INT32(2);
	double		quantile;

	if (decimals < 0 || decimals > 20)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimals of an amount must be between 0 and 20"),
				 errdetail("Found %d.", decimals),
				 errhint("Cents are 2, yen are 0.")));
	quantile = quantile_of(PG_GETARG_DATUM(0), PG_GETARG_FLOAT8(1));
	if (!isfinite(quantile))
		PG_RETURN_NULL();
	return DirectFunctionCall2(numeric_round, DirectFunctionCall1(float8_numeric, Float8GetDatum(quantile)),
							   Int32GetDatum(decimals));
}

/* What is computed at a limit, of either type. */
static Datum
at_limit(FunctionCallInfo fcinfo, double limit, double (*answer) (const ClDemandModel *, double))
{
	ClDemandModel model;

	if (isnan(limit))
		PG_RETURN_NULL();
	if (limit < 0 || isinf(limit))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("credit limit must be finite and not negative"),
				 errdetail("Found %g.", limit),
				 errhint("A line that is closed has the limit 0; without any limit demand_mean is what is drawn.")));
	model = cl_demand_model(cl_demand_get(PG_GETARG_DATUM(0)));
	return known_or_null(fcinfo, answer(&model, limit));
}

Datum
cl_demand_exceeds_numeric(PG_FUNCTION_ARGS)
{
	return at_limit(fcinfo, cl_numeric_float8_saturated(PG_GETARG_DATUM(1)), cl_demand_exceeds);
}

Datum
cl_demand_exceeds_float8(PG_FUNCTION_ARGS)
{
	return at_limit(fcinfo, PG_GETARG_FLOAT8(1), cl_demand_exceeds);
}

Datum
cl_expected_draw_numeric(PG_FUNCTION_ARGS)
{
	return at_limit(fcinfo, cl_numeric_float8_saturated(PG_GETARG_DATUM(1)), cl_demand_expected_draw);
}

Datum
cl_expected_draw_float8(PG_FUNCTION_ARGS)
{
	return at_limit(fcinfo, PG_GETARG_FLOAT8(1), cl_demand_expected_draw);
}

Datum
cl_expected_unmet_numeric(PG_FUNCTION_ARGS)
{
	return at_limit(fcinfo, cl_numeric_float8_saturated(PG_GETARG_DATUM(1)), cl_demand_expected_unmet);
}

Datum
cl_expected_unmet_float8(PG_FUNCTION_ARGS)
{
	return at_limit(fcinfo, PG_GETARG_FLOAT8(1), cl_demand_expected_unmet);
}
