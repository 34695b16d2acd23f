/*
 * demand_answer.c
 *	  What a demand tells.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "usage/demand_state.h"

#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_demand_stats);
PG_FUNCTION_INFO_V1(cl_demand_mean_of);
PG_FUNCTION_INFO_V1(cl_demand_quantile_of);
PG_FUNCTION_INFO_V1(cl_demand_quantile_of_basis);
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

/* Months before those that are kept. */
static int64
n_dropped(const ClDemand *demand)
{
	if (!cl_demand_dated(demand))
		return 0;
	return cl_behavior_count_earlier(&demand->history, cl_behavior_first(&demand->history), demand->history.low - 1);
}

Datum
cl_demand_stats(PG_FUNCTION_ARGS)
{
	ClDemand   *demand = cl_demand_get(PG_GETARG_DATUM(0));
	const ClDemandFit *fit = cl_demand_fit(demand);
	ClDemandModel model = cl_demand_model(demand);
	const ClDemandPosterior *posterior = demand->posterior;
	bool		estimated = demand->model == NULL;
	/* A model holds no observations, but that of a posterior tells what the account's own were. */
	bool		observed = estimated || posterior != NULL;
	double		lower_bound = posterior != NULL ? posterior->highest_limit : demand->highest_limit;
	ClRecord	record;

	cl_record_open_kept(&record, fcinfo);
	cl_record_put_if(&record, observed, Int64GetDatum(posterior != NULL ? posterior->n : demand->n));
	cl_record_put_if(&record, observed, Int64GetDatum(posterior != NULL ? posterior->n_zero : demand->n_zero));
	cl_record_put_if(&record, observed, Int64GetDatum(posterior != NULL ? posterior->n_censored : demand->n_censored));
	cl_record_put_float8(&record, fit->mu);
	cl_record_put_float8(&record, fit->sigma);
	cl_record_put_float8(&record, fit->p_zero);
	cl_record_put_float8(&record, cl_demand_mean(&model));
	cl_record_put_float8(&record, lower_bound > 0 ? lower_bound : NAN);
	cl_record_put_text(&record, cl_demand_status_names[fit->status]);
	cl_record_put_float8(&record, fit->se_mu);
	cl_record_put_float8(&record, fit->se_sigma);
	cl_record_put_float8(&record, fit->se_p_zero);
	cl_record_put_float8(&record, fit->loglik);
	cl_record_put_if(&record, estimated, Int32GetDatum(fit->iterations));
	cl_record_put_if(&record, observed, Int64GetDatum(posterior != NULL ? posterior->n_skipped : demand->n_skipped));
	cl_record_put_if(&record, cl_demand_dated(demand), Int64GetDatum(n_dropped(demand)));
	cl_record_put_if(&record, estimated && !cl_demand_dated(demand), Int64GetDatum(demand->n_cells));
	cl_record_put_text(&record, cl_demand_distribution_names[demand->options.distribution]);
	cl_record_put_float8(&record, model.ceiling < INFINITY ? model.ceiling : NAN);
	cl_record_put_text(&record, cl_demand_basis_names[demand->basis]);
	cl_record_put_if(&record, demand->horizon != 0, Int32GetDatum(demand->horizon));
	cl_record_put_float8(&record, posterior != NULL ? posterior->prior_weight : NAN);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_demand_mean_of(PG_FUNCTION_ARGS)
{
	ClDemandModel model = cl_demand_model(cl_demand_get(PG_GETARG_DATUM(0)));

	return cl_float8_or_null(fcinfo, cl_demand_mean(&model));
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
	return cl_float8_or_null(fcinfo, quantile_of(PG_GETARG_DATUM(0), PG_GETARG_FLOAT8(1)));
}

void
cl_demand_require_basis(Datum value, const text *basis)
{
	const ClDemand *demand = cl_demand_get(value);
	ClDemandBasis asked = cl_demand_basis(basis);

	if (demand->basis != CL_DEMAND_NO_BASIS && demand->basis != asked)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("demand is of basis %s, not %s", cl_demand_basis_names[demand->basis], cl_demand_basis_names[asked]),
				 errdetail("Its horizon is %d %s.", demand->horizon, demand->horizon == 1 ? "month" : "months"),
				 errhint("Take a demand of basis %s; a function with an argument basis may be asked for %s.",
						 cl_demand_basis_names[asked], cl_demand_basis_names[demand->basis])));
}

Datum
cl_demand_quantile_of_basis(PG_FUNCTION_ARGS)
{
	cl_demand_require_basis(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(2));
	return cl_demand_quantile_of(fcinfo);
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
	cl_demand_require_basis(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(3));
	return amount_or_null(fcinfo, quantile_of(PG_GETARG_DATUM(0), PG_GETARG_FLOAT8(1)), 2);
}

Datum
cl_demand_mean_amount(PG_FUNCTION_ARGS)
{
	ClDemandModel model = cl_demand_model(cl_demand_get(PG_GETARG_DATUM(0)));

	cl_demand_require_basis(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(2));
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
	return cl_float8_or_null(fcinfo, answer_at(fcinfo, limit, answer));
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

	cl_demand_require_basis(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(3));
	return amount_or_null(fcinfo, answer_at(fcinfo, limit, cl_demand_expected_draw), 2);
}

Datum
cl_expected_unmet_amount(PG_FUNCTION_ARGS)
{
	double		limit = cl_numeric_float8_saturated(PG_GETARG_DATUM(1));

	cl_demand_require_basis(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(3));
	return amount_or_null(fcinfo, answer_at(fcinfo, limit, cl_demand_expected_unmet), 2);
}
