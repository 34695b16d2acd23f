/*
 * allocation.c
 *	  The aggregate allocation_step_agg: what accounts take and use at prices of the budgets; and the limit of one of them.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/regression_row.h"
#include "usage/allocation_state.h"

PG_FUNCTION_INFO_V1(cl_allocation_demand_float8_transition);
PG_FUNCTION_INFO_V1(cl_allocation_demand_numeric_transition);
PG_FUNCTION_INFO_V1(cl_allocation_lognormal_float8_transition);
PG_FUNCTION_INFO_V1(cl_allocation_lognormal_numeric_transition);
PG_FUNCTION_INFO_V1(cl_allocation_limit_demand);
PG_FUNCTION_INFO_V1(cl_allocation_limit_lognormal);
PG_FUNCTION_INFO_V1(cl_allocation_step_stats);

/*
 * cl_allocation_step_in, cl_allocation_step_out, cl_allocation_step_recv, cl_allocation_step_send, cl_allocation_step_serial,
 * cl_allocation_step_deserial, cl_allocation_step_combine, cl_allocation_step_final, cl_allocation_step_rollup
 */
CL_SUMMARY_FUNCTIONS(allocation_step)

/*
 * Arguments after those of the demand: margin, carry, floor, cap, uses, draws, prices; and in some variants risk, scenarios.
 */
enum
{
	ARG_MARGIN, ARG_CARRY, ARG_FLOOR, ARG_CAP, ARG_USES, ARG_DRAWS, ARG_PRICES, ARG_RISK, ARG_SCENARIOS
};

static bool
has_risk(FunctionCallInfo fcinfo, int first)
{
	return PG_NARGS() > first + ARG_RISK;
}

static void wrong_array(const char *what, int wanted) pg_attribute_noreturn();

static void
wrong_array(const char *what, int wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be an array of as many numbers as there are prices", what),
			 errdetail("There are %d prices.", wanted),
			 errhint("Give a use and a price for each budget; draws may be NULL where no use depends on what is drawn.")));
}

/* False where one is NULL or NaN, or there are not so many. */
static bool
take_numbers(FunctionCallInfo fcinfo, int argno, int n, double *number, bool *fits)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(argno);
	const double *value;
	int			found;

	*fits = true;
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		return false;
	value = cl_float8_array(array, &found);
	*fits = value != NULL && found == n;
	for (int k = 0; *fits && k < n; k++)
	{
		number[k] = value[k];
		if (isnan(value[k]))
			return false;
	}
	return *fits;
}

static bool
take_uses(FunctionCallInfo fcinfo, int argno, const char *what, int n, double *number)
{
	bool		fits;
	bool		known = take_numbers(fcinfo, argno, n, number, &fits);

	if (!fits)
		wrong_array(what, n);
	return known;
}

static bool
take_risk(FunctionCallInfo fcinfo, int argno, ClRisk *risk)
{
	double		part[6];
	bool		fits;
	bool		known = !PG_ARGISNULL(argno) && take_numbers(fcinfo, argno, 6, part, &fits);

	if (!PG_ARGISNULL(argno) && !fits)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("risk must be an array of 6 numbers"),
				 errdetail("They are PD, LGD, CCF, default_draw_ratio, pd_limit_elasticity and the limit at which the PD holds."),
				 errhint("Without an elasticity the last two are 0.")));
	if (known)
		*risk = (ClRisk) {part[0], part[1], part[2], part[3], part[4], part[5]};
	return known;
}

static double
amount(FunctionCallInfo fcinfo, int argno, bool numeric, double otherwise)
{
	if (PG_ARGISNULL(argno))
		return otherwise;
	return numeric ? cl_numeric_float8_saturated(PG_GETARG_DATUM(argno)) : PG_GETARG_FLOAT8(argno);
}

/* Prices of budgets and weights of scenarios, into sums. */
static void
take_terms(FunctionCallInfo fcinfo, int first, ClAllocationSums *sums)
{
	int			n;
	int			n_scenarios = 0;
	const double *price = PG_ARGISNULL(first + ARG_PRICES) ? NULL :
		cl_float8_array(PG_GETARG_ARRAYTYPE_P(first + ARG_PRICES), &n);
	const double *scenario = NULL;

	if (price == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("prices must be an array of numbers"),
				 errdetail("It is NULL, has a NULL in it, or more than one dimension."),
				 errhint("A budget that does not bind has the price 0.")));
	if (has_risk(fcinfo, first) && !PG_ARGISNULL(first + ARG_SCENARIOS))
	{
		scenario = cl_float8_array(PG_GETARG_ARRAYTYPE_P(first + ARG_SCENARIOS), &n_scenarios);
		if (scenario == NULL || n_scenarios % 3 != 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("scenarios must be an array of three numbers for each"),
					 errdetail("They are its factors of PD, LGD and demand."),
					 errhint("'{1, 1, 1, 2, 1.1, 1.3}' is what is expected, and a scenario with twice the PD.")));
		n_scenarios /= 3;
	}
	cl_allocation_require_prices(sums, price, n, scenario, n_scenarios);
}

/* What follows the demand, from an argument on; false where something is not known. */
static bool
take_account(FunctionCallInfo fcinfo, int first, bool numeric, int n_budgets, ClAllocationAccount *account)
{
	if (PG_ARGISNULL(first + ARG_MARGIN) || PG_ARGISNULL(first + ARG_CARRY) || PG_ARGISNULL(first + ARG_USES))
		return false;
	account->economics.margin = PG_GETARG_FLOAT8(first + ARG_MARGIN);
	account->economics.carry = PG_GETARG_FLOAT8(first + ARG_CARRY);
	account->floor = amount(fcinfo, first + ARG_FLOOR, numeric, 0) + 0.0;
	account->cap = amount(fcinfo, first + ARG_CAP, numeric, INFINITY);
	if (isnan(account->economics.margin) || isnan(account->economics.carry) || isnan(account->floor) || isnan(account->cap) ||
		!take_uses(fcinfo, first + ARG_USES, "uses", n_budgets, account->use))
		return false;
	if (PG_ARGISNULL(first + ARG_DRAWS))
		memset(account->draw, 0, sizeof(account->draw));
	else if (!take_uses(fcinfo, first + ARG_DRAWS, "draws", n_budgets, account->draw))
		return false;
	account->risk = (ClRisk) {0};
	account->has_risk = has_risk(fcinfo, first);
	if (account->has_risk && !take_risk(fcinfo, first + ARG_RISK, &account->risk))
		return false;
	cl_allocation_require_order(account, n_budgets, NULL);
	return true;
}

/* The demand of a type, or lognormal by its mu, sigma and p_zero; false where it is not known. */
static bool
take_demand(FunctionCallInfo fcinfo, int first, bool lognormal, ClDemandModel *model, int *horizon)
{
	*horizon = 0;
	for (int i = first; i < first + (lognormal ? 3 : 1); i++)
	{
		if (PG_ARGISNULL(i))
			return false;
	}
	if (!lognormal)
	{
		*horizon = cl_allocation_demand(PG_GETARG_DATUM(first), model);
		return true;
	}
	*model = (ClDemandModel) {
		CL_DEMAND_LOGNORMAL, PG_GETARG_FLOAT8(first), PG_GETARG_FLOAT8(first + 1), PG_GETARG_FLOAT8(first + 2), INFINITY, 0,
		NULL, NULL
	};
	if (isnan(model->mu) || isnan(model->sigma) || isnan(model->p_zero))
		return false;
	cl_allocation_require_lognormal(model, NULL);
	return true;
}

static Datum
add_row(FunctionCallInfo fcinfo, bool lognormal, bool numeric)
{
	int			first = lognormal ? 4 : 2;
	ClAllocationSums *state = cl_agg_state(fcinfo, allocation_step_summary.create);
	ClAllocationAccount account;
	int			horizon;

	take_terms(fcinfo, first, state);
	if (take_demand(fcinfo, 1, lognormal, &account.demand, &horizon) &&
		take_account(fcinfo, first, numeric, state->n_budgets, &account))
		cl_allocation_add(state, &account, horizon);
	else
		state->n_skipped++;
	PG_RETURN_POINTER(state);
}

Datum
cl_allocation_demand_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, false, false);
}

Datum
cl_allocation_demand_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, false, true);
}

Datum
cl_allocation_lognormal_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, true, false);
}

Datum
cl_allocation_lognormal_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, true, true);
}

/*
 * One account
 */

static Datum
limit_of_row(FunctionCallInfo fcinfo, bool lognormal)
{
	int			first = lognormal ? 3 : 1;
	ClAllocationSums sums = {0};
	ClAllocationAccount account;
	ClAllocationAnswer answer;
	int			horizon;

	if (PG_ARGISNULL(first + ARG_PRICES))
		PG_RETURN_NULL();
	take_terms(fcinfo, first, &sums);
	if (!take_demand(fcinfo, 0, lognormal, &account.demand, &horizon) ||
		!take_account(fcinfo, first, false, sums.n_budgets, &account) ||
		!cl_allocation_answer(&account, sums.n_budgets, sums.price, &sums.scenarios, &answer) || isinf(answer.limit))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(answer.limit);
}

Datum
cl_allocation_limit_demand(PG_FUNCTION_ARGS)
{
	return limit_of_row(fcinfo, false);
}

Datum
cl_allocation_limit_lognormal(PG_FUNCTION_ARGS)
{
	return limit_of_row(fcinfo, true);
}

/*
 * What the sums say
 */

static void
put_sums(ClRecord *record, const ClExactSum *sum, int n)
{
	double		value[CL_ALLOCATION_SLOPES];

	for (int k = 0; k < n; k++)
		value[k] = cl_exact_sum_closed(&sum[k]).high;
	cl_record_put(record, cl_float8_array_datum(value, n));
}

static void
put_derivatives(ClRecord *record, const ClAllocationSums *sums)
{
	int			n = sums->n_budgets + sums->scenarios.n;
	double		value[CL_ALLOCATION_MOST_BUDGETS * CL_ALLOCATION_MOST_BUDGETS];

	for (int k = 0; k < n; k++)
	{
		for (int l = 0; l <= k; l++)
			value[k * n + l] = value[l * n + k] = 0.0 - cl_exact_sum_closed(&sums->slope[CL_ALLOCATION_SLOPE(k, l)]).high;
	}
	cl_record_put(record, cl_float8_matrix_datum(value, n));
}

/* step, budgets */
Datum
cl_allocation_step_stats(PG_FUNCTION_ARGS)
{
	const ClAllocationSums *sums;
	const double *budget = NULL;
	int			n_budgets = 0;
	bool		ends;
	ClRecord	record;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	sums = cl_summary_state(&allocation_step_summary, PG_GETARG_DATUM(0));
	ends = sums->n_endless == 0;
	if (!PG_ARGISNULL(1))
	{
		budget = cl_float8_array(PG_GETARG_ARRAYTYPE_P(1), &n_budgets);
		if (budget == NULL || n_budgets != sums->n_budgets)
			wrong_array("budgets", sums->n_budgets);
	}
	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, sums->n);
	cl_record_put_int64(&record, sums->n_skipped);
	cl_record_put_int64(&record, sums->n_endless);
	cl_record_put_int64(&record, sums->n_at_floor);
	cl_record_put_int64(&record, sums->n_at_cap);
	cl_record_put_float8(&record, ends ? cl_exact_sum_closed(&sums->profit).high : NAN);
	cl_record_put_float8(&record, budget != NULL ? cl_allocation_bound(sums, budget) : NAN);
	cl_record_put_float8(&record, ends ? cl_allocation_error(sums) : NAN);
	cl_record_put_float8(&record, ends ? cl_exact_sum_closed(&sums->limit).high : NAN);
	cl_record_put_float8(&record, ends ? cl_exact_sum_closed(&sums->draw).high : NAN);
	cl_record_put(&record, cl_float8_array_datum(sums->price, sums->n_budgets));
	if (ends)
	{
		put_sums(&record, sums->use, sums->n_budgets);
		put_sums(&record, sums->floor_use, sums->n_budgets);
		put_derivatives(&record, sums);
	}
	else
	{
		cl_record_put_null(&record);
		put_sums(&record, sums->floor_use, sums->n_budgets);
		cl_record_put_null(&record);
	}
	cl_record_put_int64(&record, (int64) sums->checksum);
	if (sums->scenarios.n > 0)
		cl_record_put(&record, cl_float8_array_datum(sums->scenarios.weight, sums->scenarios.n));
	else
		cl_record_put_null(&record);
	if (sums->scenarios.n > 0 && ends)
		put_sums(&record, sums->outcome, sums->scenarios.n);
	else
		cl_record_put_null(&record);
	PG_RETURN_DATUM(cl_record_datum(&record));
}
