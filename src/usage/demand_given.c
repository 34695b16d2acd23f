/*
 * demand_given.c
 *	  Demands of a known distribution: by parameters, by quantiles, with a ceiling, of a basis.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/numeric.h"
#include "usage/demand_state.h"

#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_demand_construct);
PG_FUNCTION_INFO_V1(cl_demand_from_quantiles);
PG_FUNCTION_INFO_V1(cl_demand_with_ceiling);
PG_FUNCTION_INFO_V1(cl_demand_with_basis);

Datum
cl_demand_construct(PG_FUNCTION_ARGS)
{
	/* Quantiles have a function of their own. */
	static const char *const distributions[] = {"lognormal", "normal", "gamma", NULL};
	ClDemandModel model = {.ceiling = INFINITY};
	const char *wrong;

	model.mu = PG_GETARG_FLOAT8(0);
	model.sigma = PG_GETARG_FLOAT8(1);
	model.p_zero = PG_GETARG_FLOAT8(2);
	model.distribution = (ClDemandDistribution)
		cl_choice_argument(PG_GETARG_TEXT_PP(3), distributions, "distribution of a demand",
						   "mu and sigma are those of log(demand) when lognormal.");
	wrong = cl_demand_model_disorder(&model);
	if (wrong == NULL && model.distribution == CL_DEMAND_NORMAL && model.p_zero != 0)
		wrong = "p_zero of a normal demand, which has its zeros below zero, is not 0";
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameters of a demand are out of range"),
				 errdetail("The %s: mu %g, sigma %g, p_zero %g.", wrong, model.mu, model.sigma, model.p_zero),
				 errhint("mu and sigma are those of log(demand) when lognormal; p_zero is the share of months without a draw.")));
	return cl_summary_datum(&demand_summary, cl_demand_of(&model, CL_DEMAND_NO_BASIS, 0));
}

static double
read_ceiling(Datum value)
{
	double		ceiling = cl_numeric_float8_saturated(value);

	if (!(ceiling >= 0 && ceiling < INFINITY))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("ceiling of a demand must be finite and not negative"),
				 errdetail("Found %s.", cl_numeric_string(value)),
				 errhint("Give the most that a borrower like this ever drew or was granted, or leave the ceiling out.")));
	return ceiling;
}

static const double *
read_points(ArrayType *array, int *n)
{
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("points of a demand must be one-dimensional arrays without NULL"),
				 errdetail("Found %s.", ARR_NDIM(array) > 1 ? psprintf("%d dimensions", ARR_NDIM(array)) : "a NULL"),
				 errhint("Leave a point out that is not known, in both arrays.")));
	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return (const double *) ARR_DATA_PTR(array);
}

Datum
cl_demand_from_quantiles(PG_FUNCTION_ARGS)
{
	ClDemandModel model = {.distribution = CL_DEMAND_QUANTILES, .ceiling = INFINITY};
	const char *wrong;
	int			n;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	model.probability = read_points(PG_GETARG_ARRAYTYPE_P(0), &n);
	model.quantile = read_points(PG_GETARG_ARRAYTYPE_P(1), &model.n_points);
	if (!PG_ARGISNULL(2))
		model.ceiling = read_ceiling(PG_GETARG_DATUM(2));
	wrong = n != model.n_points ? "arrays are not of the same length" : cl_demand_model_disorder(&model);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("quantiles of a demand are out of order"),
				 errdetail("The %s: %d probabilities, %d quantiles.", wrong, n, model.n_points),
				 errhint("Give 2 to 1000 probabilities from 0 to 1 that rise, and as many amounts from 0 on that do not fall.")));
	return cl_summary_datum(&demand_summary, cl_demand_of(&model, CL_DEMAND_NO_BASIS, 0));
}

/* A copy with another model, of the same kind; a value's own state may be shared. */
static ClDemand *
copy_with(const ClDemand *demand, const ClDemandModel *model, ClDemandBasis basis, int horizon)
{
	return demand->posterior != NULL ? cl_demand_of_posterior(model, demand->posterior, basis, horizon) :
		cl_demand_of(model, basis, horizon);
}

Datum
cl_demand_with_ceiling(PG_FUNCTION_ARGS)
{
	const ClDemand *demand = cl_demand_get(PG_GETARG_DATUM(0));
	double		ceiling = read_ceiling(PG_GETARG_DATUM(1));
	ClDemand   *copy;

	if (demand->model != NULL)
	{
		ClDemandModel model = *demand->model;

		model.ceiling = ceiling;
		copy = copy_with(demand, &model, demand->basis, demand->horizon);
	}
	else
	{
		copy = cl_demand_create();
		demand_summary.merge(copy, demand);
		copy->options.ceiling = ceiling + 0.0;
	}
	return cl_summary_datum(&demand_summary, copy);
}

Datum
cl_demand_with_basis(PG_FUNCTION_ARGS)
{
	const ClDemand *demand = cl_demand_get(PG_GETARG_DATUM(0));
	ClDemandBasis basis = cl_demand_basis(PG_GETARG_TEXT_PP(1));
	int32		horizon = PG_GETARG_INT32(2);

	if (horizon < 1 || horizon > CL_DEMAND_MOST_HORIZON)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("horizon of a demand must be between 1 and %d months", CL_DEMAND_MOST_HORIZON),
				 errdetail("Found %d.", horizon),
				 errhint("A year is 12.")));
	if (demand->model == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("basis of a demand that was built from months is one month"),
				 errdetail("It holds observations of single months."),
				 errhint("For several months, or their peak, use forecast_demand().")));
	return cl_summary_datum(&demand_summary, copy_with(demand, demand->model, basis, horizon));
}
