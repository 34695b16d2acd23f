/*
 * allocation_price.c
 *	  The prices of budgets: see allocation_price.h.
 */
#include "core/allocation_price.h"

#include <math.h>
#include <stdlib.h>

#include "core/allocation_budget.h"
#include "core/allocation_quadratic.h"
#include "core/distribution.h"

#define MOST CL_ALLOCATION_MOST_BUDGETS
#define MOST_STEPS 60
#define DRAWS 1000

typedef ClAllocationSearch Search;

/*
 * Several budgets
 */

static bool
is_overdrawn(const Search *search, int k)
{
	return cl_allocation_used(search->sums, k) > search->problem->amount[k];
}

/* About the price of budget k, those of the others being what they are. */
static ClPriceStatus
solve_one(const Search *search, int k)
{
	ClPriceSearch one;

	cl_price_search_begin(&one, k, search->problem->amount[k], search->point[k], true);
	do
	{
		search->point[k] = one.price;
		cl_allocation_search_ask(search);
	} while (!cl_price_search_step(&one, search->sums));
	return one.status;
}

/* At prices at which all fits. */
static ClPriceStatus
status_of(const Search *search)
{
	ClPriceStatus status = CL_PRICE_SLACK;

	for (int k = 0; k < search->problem->n_budgets; k++)
	{
		double		amount = search->problem->amount[k];

		if (search->point[k] > 0 && amount - cl_allocation_used(search->sums, k) > CL_PRICE_USED_UP * amount)
			return CL_PRICE_TIES;
		if (search->point[k] > 0)
			status = CL_PRICE_BINDING;
	}
	return status;
}

static bool
any_overdrawn(const Search *search)
{
	for (int k = 0; k < search->problem->n_budgets; k++)
	{
		if (is_overdrawn(search, k))
			return true;
	}
	return false;
}

/* The bound is not smooth where limits jump: prices of budgets that are overdrawn rise until none is. */
static ClPriceStatus
raise_prices(const Search *search)
{
	double		part = 1e-9;

	while (any_overdrawn(search))
	{
		for (int k = 0; k < search->problem->n_budgets; k++)
		{
			if (is_overdrawn(search, k))
				search->point[k] = cl_price_up(search->point[k] > 0 ? search->point[k] * (1 + part) : part);
			if (search->point[k] > CL_ALLOCATION_LARGEST_PRICE)
				return CL_PRICE_ENDLESS;
		}
		part *= 2;
		cl_allocation_search_ask(search);
	}
	return status_of(search);
}

/* Newton's method on the quadratic. */
static ClPriceStatus
solve_all(const Search *search)
{
	int			n = search->problem->n_budgets;
	int			jumps = 0;
	int			last_digits = 0;

	cl_allocation_search_ask(search);
	if (cl_allocation_is_infeasible(search))
		return CL_PRICE_INFEASIBLE;
	for (int i = 0; i < MOST_STEPS && jumps < 3; i++)
	{
		ClAllocationQuadratic quadratic;
		ClAllocationWay way;
		double		target[MOST];
		double		step = 0;

		cl_allocation_quadratic_open(&quadratic, search->sums, search->problem->amount, NULL);
		if (search->sums->n_endless > 0 || !cl_allocation_quadratic_least(&quadratic, target))
			break;
		for (int k = 0; k < n; k++)
		{
			double		before = search->point[k];
			double		next = cl_price_up(target[k]);

			if (next == before && next > 0 && is_overdrawn(search, k))
				next = cl_price_next(next);
			step = fmax(step, next == before ? 0 : fabs(next - before) / fmax(next, before));
			target[k] = next;
		}
		/* Between neighbours an account may jump: then no step is the last. */
		last_digits += step < 20 * CL_PRICE_LAST_DIGIT;
		if (step == 0 && !any_overdrawn(search))
			return status_of(search);
		if (step == 0 || last_digits > 4)
			break;
		cl_allocation_way_begin(&way, search, n, target, step);
		do
		{
			cl_allocation_search_ask(search);
		} while (!cl_allocation_way_step(&way, search));
		jumps += way.jumped;
	}
	return raise_prices(search);
}

/*
 * All together
 */

static ClPriceStatus
solve_budget(const Search *search, bool near)
{
	ClBudgetSearch budget;

	cl_budget_search_begin(&budget, search, near);
	do
	{
		cl_allocation_search_ask(search);
	} while (!cl_budget_search_step(&budget, search));
	return budget.status;
}

static void
find_weights(const Search *search)
{
	ClWeightSearch weights;

	cl_weight_search_begin(&weights);
	do
	{
		cl_allocation_search_ask(search);
	} while (!cl_weight_search_step(&weights, search));
}

ClPriceStatus
cl_allocation_solve(const ClAllocationProblem *problem, bool near, double *point, ClAllocationSums *sums)
{
	Search		search = {problem, point, sums};
	bool		weighs = cl_allocation_weighs(problem);

	if (problem->n_budgets == 1)
		return solve_budget(&search, near);
	for (int k = 0; k < problem->n_budgets; k++)
		point[k] = cl_price_up(point[k]);
	for (int k = 0; k < 2 * problem->n_budgets && !near; k++)
	{
		if (solve_one(&search, k % problem->n_budgets) == CL_PRICE_INFEASIBLE)
			return CL_PRICE_INFEASIBLE;
	}
	if (weighs)
		find_weights(&search);
	return solve_all(&search);
}

/*
 * The interval
 */

/*
 * How what is used would differ between samples of accounts: the square root of the covariance, a triangle. Budgets that say the
 * same leave nothing for the second.
 */
static void
root_of_use(const ClAllocationSums *sums, double root[MOST][MOST])
{
	for (int k = 0; k < sums->n_budgets; k++)
	{
		for (int l = 0; l <= k; l++)
		{
			double		product = cl_exact_sum_closed(&sums->product[CL_ALLOCATION_SLOPE(k, l)]).high *
				CL_ALLOCATION_PRODUCT_UNIT;
			double		rest = product - cl_allocation_used(sums, k) * cl_allocation_used(sums, l) / (double) sums->n;

			for (int m = 0; m < l; m++)
				rest -= root[k][m] * root[l][m];
			if (l < k)
				root[k][l] = root[l][l] > 0 ? rest / root[l][l] : 0;
			else
				root[k][k] = rest > 1e-12 * product ? sqrt(rest) : 0;
		}
	}
}

static int
compare_doubles(const void *left, const void *right)
{
	double		a = *(const double *) left;
	double		b = *(const double *) right;

	return (a > b) - (a < b);
}

void
cl_allocation_price_interval(const ClAllocationSums *sums, const double *amount, double confidence, double *low, double *high)
{
	static const int prime[MOST] = {2, 3, 5, 7, 11, 13, 17, 19};
	ClAllocationQuadratic quadratic;
	double		root[MOST][MOST];
	double		price[MOST][DRAWS];
	int			n = 0;

	cl_allocation_quadratic_open(&quadratic, sums, amount, NULL);
	for (int k = 0; k < quadratic.n; k++)
	{
		for (int l = 0; l < quadratic.n; l++)
			quadratic.slope[k][l] += cl_exact_sum_closed(&sums->dropping[CL_ALLOCATION_SLOPE(k > l ? k : l, k < l ? k : l)]).high;
	}
	root_of_use(sums, root);
	for (int draw = 1; draw <= DRAWS; draw++)
	{
		ClAllocationQuadratic drawn = quadratic;
		double		least[MOST];

		for (int l = 0; l < quadratic.n; l++)
		{
			double		place = draw * sqrt(prime[l]);
			double		normal = cl_normal_quantile(place - floor(place));

			for (int k = l; k < quadratic.n; k++)
				drawn.left[k] += root[k][l] * normal;
		}
		if (!cl_allocation_quadratic_least(&drawn, least))
			continue;
		for (int k = 0; k < quadratic.n; k++)
			price[k][n] = least[k];
		n++;
	}
	for (int k = 0; k < quadratic.n; k++)
	{
		int			skip = (int) ((1 - confidence) / 2 * n);

		qsort(price[k], n, sizeof(double), compare_doubles);
		low[k] = n > 0 ? price[k][skip] : NAN;
		high[k] = n > 0 ? price[k][n - 1 - skip] : NAN;
	}
}
