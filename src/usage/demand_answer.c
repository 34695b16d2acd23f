/*
 * demand_answer.c
 *	  What a demand tells.
 */
#include "postgres.h"

#include <math.h>

#include "pg/numeric.h"
#include "pg/record.h"
#include "usage/demand_state.h"

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
PG_FUNCTION_INFO_V1(cl_demand_mean_amount);
PG_FUNCTION_INFO_V1(cl_expected_draw_amount);
PG_FUNCTION_INFO_V1(cl_expected_unmet_amount);

/* A demand that was given by its parameters holds no observations; one that leans on another tells what its own were. */
static void
put_observed(ClRecord *record, const ClDemand *demand, int64 count)
{
	cl_record_put_if(record, !demand->given || demand->leans, Int64GetDatum(count));
}

Datum
cl_demand_stats(PG_FUNCTION_ARGS)
{
	ClDemand   *demand = cl_demand_get(PG_GETARG_DATUM(0));
	ClDemandModel model = cl_demand_model(demand);
	const ClDemandFit *fit = cl_demand_fit(demand);
	ClRecord	record;

	cl_record_open_kept(&record, fcinfo);
	put_observed(&record, demand, demand->n);
	put_observed(&record, demand, demand->n_zero);
	put_observed(&record, demand, demand->n_censored);
	cl_record_put_float8(&record, fit->mu);
	cl_record_put_float8(&record, fit->sigma);
	cl_record_put_float8(&record, fit->p_zero);
	cl_record_put_float8(&record, cl_demand_mean(&model));
	cl_record_put_float8(&record, demand->n_censored > 0 ? demand->highest_limit : NAN);
	cl_record_put_text(&record, cl_demand_status_names[fit->status]);
	cl_record_put_float8(&record, fit->se_mu);
	cl_record_put_float8(&record, fit->se_sigma);
	cl_record_put_float8(&record, fit->se_p_zero);
	cl_record_put_float8(&record, fit->loglik);
	cl_record_put_if(&record, !demand->given, Int32GetDatum(fit->iterations));
	put_observed(&record, demand, demand->n_skipped);
	cl_record_put_float8(&record, demand->given ? NAN : (double) demand->weight * cl_demand_weight_unit(demand));
	cl_record_put_if(&record, !demand->given, Int64GetDatum(demand->n_cells));
	cl_record_put_text(&record, cl_demand_distribution_names[demand->options.distribution]);
	PG_RETURN_DATUM(cl_record_datum(&record));
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

/* As money, to the nearest minor unit; NULL where it is not known or no amount is enough. Argument arg has the decimals. */
static Datum
amount_or_null(FunctionCallInfo fcinfo, double answer, int arg)
{
	int			decimals = PG_GETARG_INT32(arg);

	if (decimals < 0 || decimals > 20)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("decimals of an amount must be between 0 and 20"),
				 errdetail("Found %d.", decimals),
				 errhint("Cents are 2, yen are 0.")));
	if (!isfinite(answer))
		PG_RETURN_NULL();
	return DirectFunctionCall2(numeric_round, DirectFunctionCall1(float8_numeric, Float8GetDatum(answer)),
							   Int32GetDatum(decimals));
}

Datum
cl_demand_amount(PG_FUNCTION_ARGS)
{
	return amount_or_null(fcinfo, quantile_of(PG_GETARG_DATUM(0), PG_GETARG_FLOAT8(1)), 2);
}

Datum
cl_demand_mean_amount(PG_FUNCTION_ARGS)
{
	ClDemandModel model = cl_demand_model(cl_demand_get(PG_GETARG_DATUM(0)));

	return amount_or_null(fcinfo, cl_demand_mean(&model), 1);
}

typedef double (*AnswerAtLimit) (const ClDemandModel *, double);

/* What is computed at a limit, of either type; NaN where it is not known. */
static double
answer_at(FunctionCallInfo fcinfo, double limit, AnswerAtLimit answer)
{
	ClDemandModel model;

	if (isnan(limit))
		return NAN;
	if (limit < 0 || isinf(limit))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("credit limit must be finite and not negative"),
				 errdetail("Found %g.", limit),
				 errhint("A line that is closed has the limit 0; without any limit demand_mean is what is drawn.")));
	model = cl_demand_model(cl_demand_get(PG_GETARG_DATUM(0)));
	return answer(&model, limit);
}

static Datum
at_limit(FunctionCallInfo fcinfo, double limit, AnswerAtLimit answer)
{
	return known_or_null(fcinfo, answer_at(fcinfo, limit, answer));
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

Datum
cl_expected_draw_amount(PG_FUNCTION_ARGS)
{
	double		limit = cl_numeric_float8_saturated(PG_GETARG_DATUM(1));

	return amount_or_null(fcinfo, answer_at(fcinfo, limit, cl_demand_expected_draw), 2);
}

Datum
cl_expected_unmet_amount(PG_FUNCTION_ARGS)
{
	double		limit = cl_numeric_float8_saturated(PG_GETARG_DATUM(1));

	return amount_or_null(fcinfo, answer_at(fcinfo, limit, cl_demand_expected_unmet), 2);
}
