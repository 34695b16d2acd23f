/*
 * demand.c
 *	  demand_agg: from balances and limits of months to a demand; a demand from its parameters, and from its segment.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/cache.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "usage/demand_state.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_demand_numeric_transition);
PG_FUNCTION_INFO_V1(cl_demand_float8_transition);
PG_FUNCTION_INFO_V1(cl_demand_construct);
PG_FUNCTION_INFO_V1(cl_demand_shrink);

/*
 * cl_demand_in, cl_demand_out, cl_demand_recv, cl_demand_send, cl_demand_serial, cl_demand_deserial, cl_demand_combine,
 * cl_demand_final, cl_demand_rollup
 */
CL_SUMMARY_FUNCTIONS(demand)

static const ClDemandOptions default_options = {CL_DEMAND_LOGNORMAL, CL_DEMAND_TOLERANCE, 0};

/* Options may say half_life where the rows have an age. */
static void *
read_options(FunctionCallInfo fcinfo, Jsonb *jsonb)
{
	static const char *const keys[] = {"distribution", "tolerance", "half_life", NULL};
	ClDemandOptions *options = palloc_object(ClDemandOptions);
	ClJson		root;
	ClJson		node;

	*options = default_options;
	cl_json_open(&root, "options of demand_agg", jsonb);
	cl_json_object(&root, keys);
	if (cl_json_get(&root, "distribution", &node))
		options->distribution = cl_json_choice(&node, cl_demand_distribution_names);
	if (cl_json_get(&root, "tolerance", &node))
		options->tolerance = cl_json_float8(&node, 0, 0.5);
	if (PG_NARGS() == 5)
	{
		cl_json_require(&root, "half_life", &node);
		options->half_life = cl_json_float8(&node, 1e-6, 1e6);
	}
	else if (cl_json_get(&root, "half_life", &node))
		cl_json_error_hint(&node, "left out", "Months are weighted by demand_agg(balance, available, age_months, options).");
	return options;
}

/*
 * Rows. The arguments after balance and limit are the age in months, the options, or both in this order.
 */

static ClDemand *
transition_state(FunctionCallInfo fcinfo)
{
	const ClDemandOptions *options = &default_options;
	MemoryContext old;
	ClMemory	memory;
	ClDemand   *demand;

	if (PG_NARGS() > 3)
	{
		if (PG_ARGISNULL(PG_NARGS() - 1))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("options of demand_agg must not be NULL"),
					 errdetail("Found NULL."),
					 errhint("Without options there is demand_agg(balance, available).")));
		options = cl_call_options(fcinfo, PG_NARGS() - 1, read_options);
	}
	if (likely(!PG_ARGISNULL(0)))
	{
		demand = (ClDemand *) PG_GETARG_POINTER(0);
		if (unlikely(!cl_demand_same_options(&demand->options, options)))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("options of demand_agg must be the same for all rows"),
					 errdetail("Two rows of one group have different ones."),
					 errhint("Group by what the options depend on.")));
		return demand;
	}
	old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	demand = palloc_object(ClDemand);
	memory = cl_memory_here();
	cl_demand_init(demand, &memory, options);
	MemoryContextSwitchTo(old);
	return demand;
}

static void
require_money(double amount, const char *what)
{
	if (isinf(amount))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite amount", what),
				 errdetail("Found %s.", amount > 0 ? "Infinity" : "-Infinity"),
				 errhint("Use NULL for an amount that is not known.")));
}

/* The weight of a month by its age; 0 when that is not known or too long ago. */
static int64
row_weight(FunctionCallInfo fcinfo, const ClDemand *demand)
{
	double		age;

	if (PG_NARGS() < 5)
		return 1;
	if (PG_ARGISNULL(3) || isnan(PG_GETARG_FLOAT8(3)))
		return 0;
	age = PG_GETARG_FLOAT8(3);
	if (!(age >= 0))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("age of a month must not be negative"),
				 errdetail("Found %g.", age),
				 errhint("The month of the decision has the age 0, the one before it 1.")));
	return cl_demand_weight(demand, age);
}

static Datum
add_row(FunctionCallInfo fcinfo, ClDemand *demand, double balance, double limit)
{
	int64		weight = row_weight(fcinfo, demand);

	require_money(balance, "balance");
	require_money(limit, "available limit");
	if (limit < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("available limit must not be negative"),
				 errdetail("Found %g.", limit),
				 errhint("Give the limit that could be drawn up to, not what is left of it; 0 where nothing could be drawn.")));
	if (isnan(balance) || !(limit > 0) || weight == 0)
		cl_demand_skip(demand);
	else if (!cl_demand_add(demand, balance, limit, weight))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("balance or limit is too large for a demand"),
				 errdetail("Found %g and %g; with distribution normal the largest is %g.", balance, limit, CL_DEMAND_LARGEST),
				 errhint("Use larger units of money.")));
	PG_RETURN_POINTER(demand);
}

Datum
cl_demand_numeric_transition(PG_FUNCTION_ARGS)
{
	ClDemand   *demand = transition_state(fcinfo);

	return add_row(fcinfo, demand, PG_ARGISNULL(1) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(1)),
				   PG_ARGISNULL(2) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(2)));
}

Datum
cl_demand_float8_transition(PG_FUNCTION_ARGS)
{
	ClDemand   *demand = transition_state(fcinfo);

	return add_row(fcinfo, demand, PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1),
				   PG_ARGISNULL(2) ? NAN : PG_GETARG_FLOAT8(2));
}

/*
 * Demands from parameters
 */

Datum
cl_demand_construct(PG_FUNCTION_ARGS)
{
	ClDemandModel model;
	const char *wrong;

	model.mu = PG_GETARG_FLOAT8(0);
	model.sigma = PG_GETARG_FLOAT8(1);
	model.p_zero = PG_GETARG_FLOAT8(2);
	model.distribution = (ClDemandDistribution)
		cl_choice_argument(PG_GETARG_TEXT_PP(3), cl_demand_distribution_names, "distribution of a demand",
						   "mu and sigma are those of log(demand) when lognormal.");
	wrong = cl_demand_model_disorder(&model);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameters of a demand are out of range"),
				 errdetail("The %s: mu %g, sigma %g, p_zero %g.", wrong, model.mu, model.sigma, model.p_zero),
				 errhint("mu and sigma are those of log(demand) when lognormal; p_zero is the share of months without a draw.")));
	return cl_summary_datum(&demand_summary, cl_demand_of(&model));
}

static void
require_shrinkable(const ClDemand *demand, const ClDemand *prior, double strength)
{
	if (!(strength > 0 && strength <= 1e9))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("strength of a prior must be above 0 and at most 1e9"),
				 errdetail("Found %g.", strength),
				 errhint("It is the number of months that the prior counts for; 6 by default.")));
	if (demand->given)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a demand that was given by its parameters, or leans on another, cannot lean on one"),
				 errdetail("It holds no observations."),
				 errhint("Give the demand of the account first, and that of its segment second.")));
	if (demand->options.distribution != prior->options.distribution)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a demand cannot lean on one of another distribution"),
				 errdetail("Found %s and %s.", cl_demand_distribution_names[demand->options.distribution],
						   cl_demand_distribution_names[prior->options.distribution]),
				 errhint("Build both with the same options.")));
}

/* NULL when the prior knows nothing. */
Datum
cl_demand_shrink(PG_FUNCTION_ARGS)
{
	ClDemand   *demand = cl_demand_get(PG_GETARG_DATUM(0));
	ClDemand   *prior = cl_demand_get(PG_GETARG_DATUM(1));
	double		strength = PG_GETARG_FLOAT8(2);
	const ClDemandFit *known;
	ClDemandFit fit;
	ClDemandModel model;

	require_shrinkable(demand, prior, strength);
	known = cl_demand_fit(prior);
	if (!isfinite(known->mu) || !isfinite(known->sigma))
		PG_RETURN_NULL();
	fit = cl_demand_fit_with_prior(demand, known, strength);
	model.distribution = demand->options.distribution;
	model.mu = fit.mu;
	model.sigma = fit.sigma;
	model.p_zero = fit.p_zero;
	if (fit.status == CL_DEMAND_NOT_CONVERGED || cl_demand_model_disorder(&model) != NULL)
		PG_RETURN_NULL();
	return cl_summary_datum(&demand_summary, cl_demand_leaning(&model, demand, cl_demand_fit(demand)->status));
}
