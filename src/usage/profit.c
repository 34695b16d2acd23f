/*
 * profit.c
 *	  What a limit earns, the limit that earns most, and what today's forgoes against it.
 */
#include "postgres.h"

#include <math.h>

#include "core/stress.h"
#include "pg/argument.h"
#include "pg/money.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "usage/demand_state.h"

#include "miscadmin.h"
#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_unit_economics);
PG_FUNCTION_INFO_V1(cl_limit_profit_of);
PG_FUNCTION_INFO_V1(cl_marginal_profit_of);
PG_FUNCTION_INFO_V1(cl_optimal_limit_of);
PG_FUNCTION_INFO_V1(cl_limit_profit_curve);
PG_FUNCTION_INFO_V1(cl_limit_regret);

#define MOST_POINTS 10000

static double
rate_argument(FunctionCallInfo fcinfo, int argno, ClEconomicsPart part)
{
	const ClEconomicsRange *range = &cl_economics_range[part];
	double		rate = PG_GETARG_FLOAT8(argno);

	if (!(rate >= range->lowest && rate <= range->highest))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be between %g and %g", range->what, range->lowest, range->highest),
				 errdetail("Found %g.", rate),
				 errhint("Rates are fractions of a unit per year: 0.18 is 18 %%.")));
	return rate;
}

/* The first parts of ClEconomicsPart. */
Datum
cl_unit_economics(PG_FUNCTION_ARGS)
{
	double		part[CL_UNIT_PARTS];
	ClEconomics economics;
	ClRecord	record;

	for (int i = 0; i < CL_UNIT_PARTS; i++)
		part[i] = rate_argument(fcinfo, i, i);
	economics = cl_economics_of(part);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, economics.margin);
	cl_record_put_float8(&record, economics.carry);
	cl_record_put_float8(&record, cl_critical_ratio(&economics, 0));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* margin and carry, from an argument on. */
static ClEconomics
economics_argument(FunctionCallInfo fcinfo, int argno)
{
	return (ClEconomics) {
		.margin = rate_argument(fcinfo, argno, CL_ECONOMICS_MARGIN),
		.carry = rate_argument(fcinfo, argno + 1, CL_ECONOMICS_CARRY)
	};
}

static bool
any_null(FunctionCallInfo fcinfo, int first, int last)
{
	for (int i = first; i <= last; i++)
	{
		if (PG_ARGISNULL(i))
			return true;
	}
	return false;
}

/* The distribution of the first argument, of the basis that is asked for. */
static ClDemandModel
model_argument(FunctionCallInfo fcinfo, int basis)
{
	cl_demand_require_basis(PG_GETARG_DATUM(0), PG_GETARG_TEXT_PP(basis));
	return cl_demand_model(cl_demand_get(PG_GETARG_DATUM(0)));
}

static double
limit_argument(FunctionCallInfo fcinfo, int argno, const char *what)
{
	double		limit;

	cl_money_require_finite(PG_GETARG_DATUM(argno), what);
	limit = cl_numeric_float8_saturated(PG_GETARG_DATUM(argno));
	if (limit < 0 || isinf(limit))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be finite and not negative", what),
				 errdetail("Found %s.", cl_numeric_string(PG_GETARG_DATUM(argno))),
				 errhint("A line that is closed has the limit 0.")));
	return limit;
}

/*
 * How the PD moves with the limit, from an argument on: pd_limit_elasticity, pd, lgd, ccf, default_draw_ratio, pd_limit. All
 * but the first are read only where it is above 0. False where something is NULL.
 */
static bool
risk_argument(FunctionCallInfo fcinfo, int argno, const ClEconomics *economics, ClRisk *risk)
{
	const char *wrong;

	*risk = (ClRisk) {0};
	if (PG_ARGISNULL(argno))
		return false;
	risk->elasticity = PG_GETARG_FLOAT8(argno);
	if (!(risk->elasticity >= 0 && risk->elasticity <= CL_STRESS_MOST_ELASTICITY))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("PD limit elasticity must be between 0 and %g", CL_STRESS_MOST_ELASTICITY),
				 errdetail("Found %g.", risk->elasticity),
				 errhint("0.2 says that a limit higher by 1 %% has a PD higher by 0.2 %% of itself.")));
	if (risk->elasticity == 0)
		return true;
	if (any_null(fcinfo, argno + 1, argno + 5))
		return false;
	risk->pd = rate_argument(fcinfo, argno + 1, CL_ECONOMICS_PD);
	risk->lgd = rate_argument(fcinfo, argno + 2, CL_ECONOMICS_LGD);
	risk->ccf = rate_argument(fcinfo, argno + 3, CL_ECONOMICS_CCF);
	risk->default_draw_ratio = rate_argument(fcinfo, argno + 4, CL_ECONOMICS_DEFAULT_DRAW_RATIO);
	risk->limit = limit_argument(fcinfo, argno + 5, "limit at which the PD holds");
	wrong = cl_risk_disorder(risk, economics);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the PD cannot move with the limit: its %s", wrong),
				 errdetail("carry %g, PD %g, LGD %g, CCF %g, limit at which the PD holds %g.", economics->carry, risk->pd,
						   risk->lgd, risk->ccf, risk->limit),
				 errhint("Give the PD, LGD and CCF that margin and carry were made of (unit_economics).")));
	return true;
}

/* What a limit earns, or its last unit does. Arguments: demand, credit_limit, margin, carry, basis, those of a risk. */
static Datum
earned_by(FunctionCallInfo fcinfo, double (*expected) (const ClDemandModel *model, double limit, const ClEconomics *economics),
		  double (*moved) (const ClStress *stress, const ClScenario *scenario, double limit))
{
	ClDemandModel model;
	ClStress	stress = {.demand = &model};
	ClRisk		risk;
	double		limit;

	if (any_null(fcinfo, 0, 4))
		PG_RETURN_NULL();
	model = model_argument(fcinfo, 4);
	stress.economics = economics_argument(fcinfo, 2);
	limit = limit_argument(fcinfo, 1, "credit limit");
	if (!risk_argument(fcinfo, 5, &stress.economics, &risk))
		PG_RETURN_NULL();
	stress.risk = &risk;
	return cl_float8_or_null(fcinfo, risk.elasticity == 0 ? expected(&model, limit, &stress.economics) :
							 moved(&stress, &cl_expected_scenario, limit));
}

Datum
cl_limit_profit_of(PG_FUNCTION_ARGS)
{
	return earned_by(fcinfo, cl_limit_profit, cl_stress_profit);
}

Datum
cl_marginal_profit_of(PG_FUNCTION_ARGS)
{
	return earned_by(fcinfo, cl_marginal_profit, cl_stress_marginal);
}

/* What a limit must keep to: from floor to cap, in steps. */
typedef struct Bounds
{
	Datum		floor;			/* numeric; 0: none */
	Datum		cap;
	Datum		step;
	bool		has_floor;
	bool		has_cap;
	bool		has_step;
} Bounds;

/* floor and cap from an argument on, and step in another. */
static Bounds
bounds_argument(FunctionCallInfo fcinfo, int floor, int step)
{
	Bounds		bounds = {
		.has_floor = !PG_ARGISNULL(floor), .has_cap = !PG_ARGISNULL(floor + 1), .has_step = !PG_ARGISNULL(step)
	};

	if (bounds.has_floor)
	{
		(void) limit_argument(fcinfo, floor, "floor");
		bounds.floor = PG_GETARG_DATUM(floor);
	}
	if (bounds.has_cap)
	{
		(void) limit_argument(fcinfo, floor + 1, "cap");
		bounds.cap = PG_GETARG_DATUM(floor + 1);
	}
	if (bounds.has_floor && bounds.has_cap && DatumGetBool(DirectFunctionCall2(numeric_gt, bounds.floor, bounds.cap)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("floor must not be above cap"),
				 errdetail("Found %s and %s.", cl_numeric_string(bounds.floor), cl_numeric_string(bounds.cap)),
				 errhint("Where the caps leave less than the floor, no limit is the answer.")));
	if (bounds.has_step)
	{
		if (limit_argument(fcinfo, step, "step") <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("step must be above 0"),
					 errdetail("Found %s.", cl_numeric_string(PG_GETARG_DATUM(step))),
					 errhint("Leave it out for limits of any amount.")));
		bounds.step = PG_GETARG_DATUM(step);
	}
	return bounds;
}

/* The limit within its bounds, as numeric; false where no finite one is enough. */
static bool
bounded(double limit, const Bounds *bounds, Datum *result)
{
	if (isinf(limit) && !bounds->has_cap)
		return false;
	if (isinf(limit))
		*result = bounds->cap;
	else
	{
		*result = DirectFunctionCall1(float8_numeric, Float8GetDatum(limit));
		if (bounds->has_cap)
			*result = DirectFunctionCall2(numeric_smaller, *result, bounds->cap);
	}
	if (bounds->has_step)
		*result = DirectFunctionCall2(numeric_mul, DirectFunctionCall2(numeric_div_trunc, *result, bounds->step), bounds->step);
	if (bounds->has_floor)
		*result = DirectFunctionCall2(numeric_larger, *result, bounds->floor);
	return true;
}

/* demand, margin, carry, floor, cap, shadow_price, weight, step, basis, those of a risk */
Datum
cl_optimal_limit_of(PG_FUNCTION_ARGS)
{
	ClDemandModel model;
	ClStress	stress = {.demand = &model};
	Bounds		bounds;
	ClRisk		risk;
	double		limit;
	Datum		result;

	if (any_null(fcinfo, 0, 2) || any_null(fcinfo, 5, 6) || PG_ARGISNULL(8))
		PG_RETURN_NULL();
	model = model_argument(fcinfo, 8);
	stress.economics = economics_argument(fcinfo, 1);
	bounds = bounds_argument(fcinfo, 3, 7);
	stress.of_limit = rate_argument(fcinfo, 5, CL_ECONOMICS_SHADOW_PRICE) * rate_argument(fcinfo, 6, CL_ECONOMICS_WEIGHT);
	if (!risk_argument(fcinfo, 9, &stress.economics, &risk))
		PG_RETURN_NULL();
	stress.risk = &risk;
	if (risk.elasticity == 0)
		limit = cl_optimal_limit(&model, &stress.economics, stress.of_limit);
	else
		limit = cl_stress_limit(&stress, bounds.has_floor ? cl_numeric_float8_saturated(bounds.floor) : 0,
								bounds.has_cap ? cl_numeric_float8_saturated(bounds.cap) : INFINITY);
	if (isnan(limit) || !bounded(limit, &bounds, &result))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(result);
}

/* demand, margin, carry, lowest, highest, points, basis */
Datum
cl_limit_profit_curve(PG_FUNCTION_ARGS)
{
	ClDemandModel model;
	ClEconomics economics;
	double		lowest;
	double		highest;
	int			points;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (any_null(fcinfo, 0, 6))
		PG_RETURN_NULL();
	model = model_argument(fcinfo, 6);
	economics = economics_argument(fcinfo, 1);
	lowest = limit_argument(fcinfo, 3, "lowest limit");
	highest = limit_argument(fcinfo, 4, "highest limit");
	points = PG_GETARG_INT32(5);
	if (points < 2 || points > MOST_POINTS || highest <= lowest)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a curve needs 2 to %d points of limits that rise", MOST_POINTS),
				 errdetail("Found %d points from %g to %g.", points, lowest, highest),
				 errhint("The arguments are demand, margin, carry, lowest, highest, points.")));
	for (int i = 0; i < points; i++)
	{
		double		limit = i == points - 1 ? highest : lowest + (highest - lowest) * i / (points - 1);
		double		draw = cl_demand_expected_draw(&model, limit);

		CHECK_FOR_INTERRUPTS();
		cl_record_put_float8(&record, limit);
		cl_record_put_float8(&record, cl_limit_profit(&model, limit, &economics));
		cl_record_put_float8(&record, cl_marginal_profit(&model, limit, &economics));
		cl_record_put_float8(&record, draw);
		cl_record_put_float8(&record, limit - draw);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

/* demand, credit_limit, margin, carry, floor, cap, step, basis */
Datum
cl_limit_regret(PG_FUNCTION_ARGS)
{
	ClDemandModel model;
	ClEconomics economics;
	Bounds		bounds;
	double		limit;
	double		best;
	double		profit;
	double		best_profit;
	bool		kept_by_step;	/* the best limit, from what this one earns */
	Datum		result;
	ClRecord	record;

	if (any_null(fcinfo, 0, 3) || PG_ARGISNULL(7))
		PG_RETURN_NULL();
	model = model_argument(fcinfo, 7);
	economics = economics_argument(fcinfo, 2);
	bounds = bounds_argument(fcinfo, 4, 6);
	limit = limit_argument(fcinfo, 1, "credit limit");
	best = cl_optimal_limit(&model, &economics, 0);
	if (isnan(best) || !bounded(best, &bounds, &result))
		PG_RETURN_NULL();
	best = cl_numeric_float8_saturated(result);
	profit = cl_limit_profit(&model, limit, &economics);
	best_profit = cl_limit_profit(&model, best, &economics);
	kept_by_step = bounds.has_step && limit > best && profit >= best_profit &&
		(!bounds.has_cap || limit <= cl_numeric_float8_saturated(bounds.cap));
	cl_record_open(&record, fcinfo);
	cl_record_put(&record, result);
	cl_record_put_float8(&record, profit);
	cl_record_put_float8(&record, best_profit);
	cl_record_put_float8(&record, kept_by_step ? 0 : best_profit - profit);
	cl_record_put_text(&record, limit < best ? "too_low" : limit > best && !kept_by_step ? "too_high" : "best");
	PG_RETURN_DATUM(cl_record_datum(&record));
}
