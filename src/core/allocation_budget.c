/*
 * allocation_budget.c
 *	  The weights of scenarios and the price of one budget: see allocation_budget.h.
 */
#include "core/allocation_budget.h"

#include <math.h>

#include "core/allocation_quadratic.h"

#define MOST_STEPS 60
#define NEAR_PRICES 1e-6		/* so near, prices move weights by less than a digit */
#define MOST_JUMPS 10			/* where limits jump the bound has edges, along which it may fall on */

bool
cl_allocation_weighs(const ClAllocationProblem *problem)
{
	double		sum = 0;

	for (int s = 0; s < problem->n_scenarios; s++)
		sum += problem->weight_cap[s];
	return sum > 1 + 1e-9;
}

bool
cl_allocation_is_infeasible(const ClAllocationSearch *search)
{
	for (int k = 0; k < search->problem->n_budgets; k++)
	{
		if (cl_exact_sum_closed(&search->sums->floor_use[k]).high > search->problem->amount[k])
			return true;
	}
	return false;
}

/*
 * Weights
 */

void
cl_weight_search_begin(ClWeightSearch *weights)
{
	*weights = (ClWeightSearch) {0};
}

/* Sets out for where the quadratic at the point is least; false where the point is the answer, or nothing better is known. */
static bool
set_out(ClWeightSearch *weights, const ClAllocationSearch *search)
{
	const ClAllocationProblem *problem = search->problem;
	int			n_budgets = problem->n_budgets;
	int			n = n_budgets + problem->n_scenarios;
	ClAllocationQuadratic quadratic;
	double		target[CL_ALLOCATION_MOST_BUDGETS];
	double		price_step = 0;
	double		weight_step = 0;

	if (weights->steps++ == MOST_STEPS || weights->jumps >= MOST_JUMPS || weights->last_digits >= 4)
		return false;
	cl_allocation_quadratic_open(&quadratic, search->sums, problem->amount, problem->weight_cap);
	if (search->sums->n_endless > 0 || cl_allocation_is_infeasible(search) || !cl_allocation_quadratic_least(&quadratic, target))
		return false;
	cl_weights_round(problem->n_scenarios, problem->weight_cap, target + n_budgets);
	for (int k = 0; k < n; k++)
	{
		double		before = search->point[k];

		if (k < n_budgets)
			target[k] = cl_price_up(target[k]);
		if (k < n_budgets && target[k] != before)
			price_step = fmax(price_step, fabs(target[k] - before) / fmax(target[k], before));
		else if (k >= n_budgets)
			weight_step = fmax(weight_step, fabs(target[k] - before));
	}
	if (weight_step == 0 && price_step < NEAR_PRICES)
		return false;
	weights->last_digits += weight_step < 1e-9 && price_step < NEAR_PRICES;
	cl_allocation_way_begin(&weights->way, search, n, target, fmax(price_step, weight_step));
	return true;
}

bool
cl_weight_search_step(ClWeightSearch *weights, const ClAllocationSearch *search)
{
	bool		arrived = !weights->under_way || cl_allocation_way_step(&weights->way, search);

	weights->jumps += weights->under_way && arrived && weights->way.jumped;
	weights->under_way = !arrived || set_out(weights, search);
	return !weights->under_way;
}

/*
 * The price
 */

static void
begin_price(ClBudgetSearch *budget, const ClAllocationSearch *search, bool rough)
{
	cl_price_search_begin(&budget->price, 0, search->problem->amount[0], search->point[0], rough);
	search->point[0] = budget->price.price;
}

static void
begin_next(ClBudgetSearch *budget, const ClAllocationSearch *search)
{
	if (budget->rough > 0)
		begin_price(budget, search, true);
	else if (budget->weighs)
		cl_weight_search_begin(&budget->weights);
	else
		begin_price(budget, search, false);
}

void
cl_budget_search_begin(ClBudgetSearch *budget, const ClAllocationSearch *search, bool near)
{
	bool		weighs = cl_allocation_weighs(search->problem);

	*budget = (ClBudgetSearch) {.rough = weighs && !near ? 2 : 0, .weighs = weighs};
	search->point[0] = cl_price_up(search->point[0]);
	begin_next(budget, search);
}

bool
cl_budget_search_step(ClBudgetSearch *budget, const ClAllocationSearch *search)
{
	if (budget->rough == 0 && budget->weighs)
	{
		if (!cl_weight_search_step(&budget->weights, search))
			return false;
		budget->weighs = false;
	}
	else
	{
		bool		found = cl_price_search_step(&budget->price, search->sums);

		search->point[0] = budget->price.price;
		budget->status = budget->price.status;
		if (!found)
			return false;
		if (budget->rough == 0 || budget->status == CL_PRICE_INFEASIBLE)
			return true;
		budget->rough--;
	}
	begin_next(budget, search);
	return false;
}
