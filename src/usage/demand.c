/*
 * demand.c
 *	  demand_agg: from balances and limits of months, dated or not, to a demand; and one of a stored history.
 */
#include "postgres.h"

#include <math.h>

#include "pg/cache.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "usage/behavior_state.h"
#include "usage/demand_state.h"

PG_FUNCTION_INFO_V1(cl_demand_numeric_transition);
PG_FUNCTION_INFO_V1(cl_demand_float8_transition);
PG_FUNCTION_INFO_V1(cl_demand_month_numeric_transition);
PG_FUNCTION_INFO_V1(cl_demand_month_float8_transition);
PG_FUNCTION_INFO_V1(cl_demand_final);
PG_FUNCTION_INFO_V1(cl_demand_rollup);
PG_FUNCTION_INFO_V1(cl_demand_of_behavior);

CL_SUMMARY_JSON_FUNCTIONS(demand)

/* cl_demand_in, cl_demand_out, cl_demand_recv, cl_demand_send, cl_demand_serial, cl_demand_deserial, cl_demand_combine */
CL_SUMMARY_FUNCTION(demand, from_bytea)
CL_SUMMARY_FUNCTION(demand, in)
CL_SUMMARY_FUNCTION(demand, out)
CL_SUMMARY_FUNCTION(demand, recv)
CL_SUMMARY_FUNCTION(demand, send)
CL_SUMMARY_FUNCTION(demand, serial)
CL_SUMMARY_FUNCTION(demand, deserial)
CL_SUMMARY_FUNCTION(demand, combine)

static const ClDemandOptions default_options = {
	CL_DEMAND_LOGNORMAL, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY
};

static void *
read_options(FunctionCallInfo fcinfo, Jsonb *jsonb)
{
	static const char *const keys[] = {"distribution", "tolerance", "ceiling_factor", NULL};
	/* Quantiles are not estimated. */
	static const char *const distributions[] = {"lognormal", "normal", "gamma", NULL};
	ClDemandOptions *options = palloc_object(ClDemandOptions);
	ClJson		root;
	ClJson		node;

	(void) fcinfo;
	*options = default_options;
	cl_json_open(&root, "options of demand_agg", jsonb);
	cl_json_object(&root, keys);
	if (cl_json_get(&root, "distribution", &node))
		options->distribution = cl_json_choice(&node, distributions);
	if (cl_json_get(&root, "tolerance", &node))
		options->tolerance = cl_json_float8(&node, 0, 0.5);
	if (cl_json_get(&root, "ceiling_factor", &node))
		options->ceiling_factor = cl_json_float8(&node, 1, CL_DEMAND_MOST_CEILING_FACTOR);
	return options;
}

/*
 * Rows: the arguments are the month, if dated, the balance, the limit, and options if there are any.
 */

static ClDemand *
transition_state(FunctionCallInfo fcinfo, int options_arg)
{
	const ClDemandOptions *options = &default_options;
	MemoryContext old;
	ClMemory	memory;
	ClDemand   *demand;

	if (PG_NARGS() > options_arg)
	{
		if (PG_ARGISNULL(options_arg))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("options of demand_agg must not be NULL"),
					 errdetail("Found NULL."),
					 errhint("Leave them out, or give '{}'.")));
		options = cl_call_options(fcinfo, options_arg, read_options);
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
	if (unlikely(isinf(amount)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite amount", what),
				 errdetail("Found %s.", amount > 0 ? "Infinity" : "-Infinity"),
				 errhint("Use NULL for an amount that is not known.")));
}

static void
require_amounts(double balance, double limit)
{
	require_money(balance, "balance");
	require_money(limit, "available limit");
	if (unlikely(limit < 0))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("available limit must not be negative"),
				 errdetail("Found %g.", limit),
				 errhint("Give the limit that could be drawn up to, not what is left of it; 0 where nothing could be drawn.")));
}

static pg_noinline void
no_room(double balance, double limit, double largest)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("balance or limit is too large for a demand"),
			 errdetail("Found %g and %g; the largest is %g here.", balance, limit, largest),
			 errhint("Use larger units of money.")));
}

static Datum
add_row(FunctionCallInfo fcinfo, double balance, double limit)
{
	ClDemand   *demand = transition_state(fcinfo, 3);

	require_amounts(balance, limit);
	if (!cl_demand_add(demand, balance, limit))
		no_room(balance, limit, CL_DEMAND_LARGEST);
	PG_RETURN_POINTER(demand);
}

static void
add_month(ClDemand *demand, int32_t month, double balance, double limit)
{
	double		largest = demand->options.distribution == CL_DEMAND_LOGNORMAL ? CL_DEMAND_LARGEST_DATED : CL_DEMAND_LARGEST;

	if (likely(cl_demand_add_month(demand, month, balance, limit)))
		return;
	if (fabs(balance) > largest || limit > largest)
		no_room(balance, limit, largest);
	cl_behavior_too_far_apart(&demand->history, month);
}

static Datum
add_dated_row(FunctionCallInfo fcinfo, double balance, double limit)
{
	ClDemand   *demand = transition_state(fcinfo, 4);

	require_amounts(balance, limit);
	add_month(demand, cl_month_of(PG_GETARG_DATEADT(1)), balance, limit);
	PG_RETURN_POINTER(demand);
}

static inline double
numeric_or_unknown(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(arg));
}

static inline double
float8_or_unknown(FunctionCallInfo fcinfo, int arg)
{
	return PG_ARGISNULL(arg) ? NAN : PG_GETARG_FLOAT8(arg);
}

Datum
cl_demand_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, numeric_or_unknown(fcinfo, 1), numeric_or_unknown(fcinfo, 2));
}

Datum
cl_demand_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, float8_or_unknown(fcinfo, 1), float8_or_unknown(fcinfo, 2));
}

Datum
cl_demand_month_numeric_transition(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return cl_agg_unchanged(fcinfo);
	return add_dated_row(fcinfo, numeric_or_unknown(fcinfo, 2), numeric_or_unknown(fcinfo, 3));
}

Datum
cl_demand_month_float8_transition(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1))
		return cl_agg_unchanged(fcinfo);
	return add_dated_row(fcinfo, float8_or_unknown(fcinfo, 2), float8_or_unknown(fcinfo, 3));
}

Datum
cl_demand_final(PG_FUNCTION_ARGS)
{
	const ClDemand *demand = PG_ARGISNULL(0) ? NULL : (ClDemand *) PG_GETARG_POINTER(0);

	if (demand != NULL && cl_demand_dated(demand))
		cl_behavior_require_consistent(&demand->history);
	return cl_summary_final(fcinfo, &demand_summary);
}

/* What rollup has put together says so, between workers too: it takes no month twice. */
Datum
cl_demand_rollup(PG_FUNCTION_ARGS)
{
	Datum		state = cl_summary_rollup(fcinfo, &demand_summary);

	if (!PG_ARGISNULL(1))
		((ClDemand *) DatumGetPointer(state))->parts = true;
	return state;
}

/* The limits and balances of a history. What it dropped is not known, but counted. */
Datum
cl_demand_of_behavior(PG_FUNCTION_ARGS)
{
	const ClBehavior *history = cl_summary_state(&behavior_summary, PG_GETARG_DATUM(0));
	const ClDemandOptions *options = cl_call_options(fcinfo, 1, read_options);
	ClDemand   *demand = cl_demand_create();
	ClDemand	months = {.dated = true, .history = *history};
	ClDemandMonth month[CL_DEMAND_MONTHS];
	int			n = cl_demand_months(&months, month);

	demand->options = *options;
	for (int i = 0; i < n; i++)
		add_month(demand, month[i].month, month[i].balance, month[i].limit);
	for (int32_t earlier = cl_behavior_first(history); earlier < history->low; earlier++)
	{
		if (cl_behavior_is_earlier(history, earlier))
			(void) cl_behavior_put_earlier(&demand->history, &demand->memory, earlier);
	}
	return cl_summary_datum(&demand_summary, demand);
}
