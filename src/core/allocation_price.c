/*
 * allocation_price.c
 *	  The prices of budgets: see allocation_price.h.
 */
#include "core/allocation_price.h"

#include <math.h>
#include <stdlib.h>

#define MOST CL_ALLOCATION_MOST_BUDGETS
#define MOST_STEPS 60
#define DRAWS 200

/*
 * Newton's step
 */

/* What the quadratic at prices needs: what is left of the budgets, and the slopes. */
typedef struct Quadratic
{
	int			n;
	const double *price;
	const double *amount;
	double		left[MOST];
	double		slope[MOST][MOST];
} Quadratic;

/* The prices of the budgets in a set where the quadratic is flat, the others being 0; false where the set is not of full rank. */
static bool
flat_prices(const Quadratic *quadratic, unsigned set, double *target)
{
	double		root[MOST][MOST];	/* Cholesky's */
	double		right[MOST];
	int			index[MOST];
	int			n = 0;

	for (int k = 0; k < quadratic->n; k++)
	{
		target[k] = 0;
		if (set & (1u << k))
			index[n++] = k;
	}
	for (int i = 0; i < n; i++)
	{
		int			k = index[i];

		right[i] = -quadratic->left[k];
		for (int l = 0; l < quadratic->n; l++)
			right[i] += quadratic->slope[k][l] * quadratic->price[l];
		for (int j = 0; j <= i; j++)
		{
			double		rest = quadratic->slope[k][index[j]];

			for (int m = 0; m < j; m++)
				rest -= root[i][m] * root[j][m];
			if (j < i)
				root[i][j] = rest / root[j][j];
			else if (rest > 1e-11 * quadratic->slope[k][k])
				root[i][i] = sqrt(rest);
			else
				return false;
		}
		for (int m = 0; m < i; m++)
			right[i] -= root[i][m] * right[m];
		right[i] /= root[i][i];
	}
	for (int i = n - 1; i >= 0; i--)
	{
		for (int m = i + 1; m < n; m++)
			right[i] -= root[m][i] * right[m];
		right[i] /= root[i][i];
		target[index[i]] = right[i];
	}
	return true;
}

/* The conditions of Karush, Kuhn and Tucker: no price below 0, and no budget without a price overdrawn. */
static bool
is_least(const Quadratic *quadratic, unsigned set, const double *target)
{
	for (int k = 0; k < quadratic->n; k++)
	{
		double		left = quadratic->left[k];

		for (int l = 0; l < quadratic->n; l++)
			left += quadratic->slope[k][l] * (target[l] - quadratic->price[l]);
		if (set & (1u << k) ? target[k] < 0 : left < -1e-12 * quadratic->amount[k])
			return false;
	}
	return true;
}

static bool
is_before(const double *a, const double *b, int n)
{
	for (int k = 0; k < n; k++)
	{
		if (fabs(a[k] - b[k]) > 1e-9 * fmax(a[k], b[k]))
			return a[k] < b[k];
	}
	return false;
}

/* The prices of 0 or more where the quadratic is least, of equals the first in lexicographic order; false where it has no end. */
static bool
least_prices(const Quadratic *quadratic, double *least)
{
	bool		found = false;

	for (unsigned set = 0; set < 1u << quadratic->n; set++)
	{
		double		target[MOST];

		if (!flat_prices(quadratic, set, target) || !is_least(quadratic, set, target) ||
			(found && !is_before(target, least, quadratic->n)))
			continue;
		found = true;
		for (int k = 0; k < quadratic->n; k++)
			least[k] = target[k];
	}
	return found;
}

static void
open_quadratic(Quadratic *quadratic, const ClAllocationSums *sums, const double *amount)
{
	*quadratic = (Quadratic) {.n = sums->n_budgets, .price = sums->price, .amount = amount};
	for (int k = 0; k < sums->n_budgets; k++)
	{
		quadratic->left[k] = amount[k] - cl_allocation_used(sums, k);
		for (int l = 0; l < sums->n_budgets; l++)
			quadratic->slope[k][l] = cl_price_slope(sums, k, l);
	}
}

/*
 * One budget
 */

typedef struct Search
{
	const ClAllocationProblem *problem;
	double	   *price;
	ClAllocationSums *sums;
} Search;

static void
ask(const Search *search, bool likely_last)
{
	search->problem->ask(search->problem->data, search->price, likely_last, search->sums);
}

static bool
is_overdrawn(const Search *search, int k)
{
	return cl_allocation_used(search->sums, k) > search->problem->amount[k];
}

static bool
is_infeasible(const Search *search)
{
	for (int k = 0; k < search->problem->n_budgets; k++)
	{
		if (cl_exact_sum_closed(&search->sums->floor_use[k]).high > search->problem->amount[k])
			return true;
	}
	return false;
}

/* The price of budget k, those of the others being what they are; rough: about. */
static ClPriceStatus
solve_one(const Search *search, int k, bool rough, bool near)
{
	ClPriceSearch one;

	cl_price_search_begin(&one, k, search->problem->amount[k], search->price[k], rough, near);
	do
	{
		search->price[k] = one.price;
		ask(search, one.likely_last);
	} while (!cl_price_search_step(&one, search->sums));
	return one.status;
}

/*
 * Several budgets
 */

/* At prices at which all fits. */
static ClPriceStatus
status_of(const Search *search)
{
	ClPriceStatus status = CL_PRICE_SLACK;

	for (int k = 0; k < search->problem->n_budgets; k++)
	{
		double		amount = search->problem->amount[k];

		if (search->price[k] > 0 && amount - cl_allocation_used(search->sums, k) > CL_PRICE_USED_UP * amount)
			return CL_PRICE_TIES;
		if (search->price[k] > 0)
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
				search->price[k] = cl_price_up(search->price[k] > 0 ? search->price[k] * (1 + part) : part);
			if (search->price[k] > CL_ALLOCATION_LARGEST_PRICE)
				return CL_PRICE_ENDLESS;
		}
		part *= 2;
		ask(search, true);
	}
	return status_of(search);
}

/* How the bound changes along a direction. */
static double
along(const Search *search, const double *direction)
{
	double		sum = 0;

	for (int k = 0; k < search->problem->n_budgets; k++)
	{
		if (direction[k] != 0)
			sum += direction[k] * (search->problem->amount[k] - cl_allocation_used(search->sums, k));
	}
	return sum;
}

static void
ask_along(const Search *search, const double *from, const double *to, double part, bool likely_last)
{
	for (int k = 0; k < search->problem->n_budgets; k++)
		search->price[k] = part == 1 ? to[k] : cl_price_up(fmax(0, from[k] + part * (to[k] - from[k])));
	ask(search, likely_last);
}

/*
 * From prices that were asked for towards others, to where the bound hardly falls along the way: all of it, unless the bound
 * rises there half as fast as it falls here; then by false position. False where it falls and rises at the same prices; then it
 * is where it rises.
 */
static bool
go_along(const Search *search, const double *from, const double *to, double step)
{
	int			n = search->problem->n_budgets;
	double		direction[MOST];
	double		slope;
	double		low = 0;
	double		high = 1;
	double		at_low;
	double		at_high = INFINITY;
	double		part = 1;
	double		digits = 0;		/* what the last ones make of it */

	for (int k = 0; k < n; k++)
	{
		direction[k] = to[k] - from[k];
		digits += 1e-8 * fabs(direction[k]) * search->problem->amount[k];
	}
	slope = at_low = along(search, direction);
	while (high - low > 1e-8 && (high - low) * step > CL_PRICE_LAST_DIGIT / 2)
	{
		double		there;

		ask_along(search, from, to, part, step <= CL_PRICE_NEAR);
		there = along(search, direction);
		if (slope >= -digits || (there <= fmax(0, -slope / 2) + digits && (part == 1 || there >= slope / 2 - digits)))
			return true;
		if (there < 0)
		{
			low = part;
			at_low = there;
			at_high /= 2;		/* Illinois: an end that stays counts less (Dowell and Jarratt 1971) */
		}
		else
		{
			high = part;
			at_high = there;
			at_low /= 2;
		}
		part = isfinite(at_high) && isfinite(at_low) ? (low * at_high - high * at_low) / (at_high - at_low) : (low + high) / 2;
	}
	ask_along(search, from, to, high, true);
	return false;
}

/* Newton's method on the quadratic. */
static ClPriceStatus
solve_all(const Search *search, bool near)
{
	int			n = search->problem->n_budgets;
	int			jumps = 0;
	int			last_digits = 0;

	ask(search, near);
	if (is_infeasible(search))
		return CL_PRICE_INFEASIBLE;
	for (int i = 0; i < MOST_STEPS && jumps < 3; i++)
	{
		Quadratic	quadratic;
		double		target[MOST];
		double		before[MOST];
		double		step = 0;

		open_quadratic(&quadratic, search->sums, search->problem->amount);
		if (search->sums->n_endless > 0 || !least_prices(&quadratic, target))
			break;
		for (int k = 0; k < n; k++)
		{
			double		next = cl_price_up(target[k]);

			before[k] = search->price[k];
			if (next == before[k] && next > 0 && is_overdrawn(search, k))
				next = cl_price_next(next);
			step = fmax(step, next == before[k] ? 0 : fabs(next - before[k]) / fmax(next, before[k]));
			target[k] = next;
		}
		/* Between neighbours an account may jump: then no step is the last. */
		last_digits += step < 20 * CL_PRICE_LAST_DIGIT;
		if (step == 0 && !any_overdrawn(search))
			return status_of(search);
		if (step == 0 || last_digits > 4)
			break;
		jumps += !go_along(search, before, target, step);
	}
	return raise_prices(search);
}

ClPriceStatus
cl_allocation_solve(const ClAllocationProblem *problem, bool near, double *price, ClAllocationSums *sums)
{
	Search		search = {problem, price, sums};

	for (int k = 0; k < problem->n_budgets; k++)
		price[k] = cl_price_up(price[k]);
	if (problem->n_budgets == 1)
		return solve_one(&search, 0, false, near);
	for (int k = 0; k < 2 * problem->n_budgets && !near; k++)
	{
		ClPriceStatus status = solve_one(&search, k % problem->n_budgets, true, false);

		if (status == CL_PRICE_INFEASIBLE)
			return status;
	}
	return solve_all(&search, near);
}

/*
 * The interval
 */

static int
compare_doubles(const void *left, const void *right)
{
	double		a = *(const double *) left;
	double		b = *(const double *) right;

	return (a > b) - (a < b);
}

/* splitmix64 (Steele, Lea and Flood 2014) */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t	z = (*state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* A quadratic of as many parts as there are, drawn with replacement. */
static void
draw_parts(Quadratic *drawn, const Quadratic *part, int n_parts, const double *amount, uint64_t *random)
{
	*drawn = (Quadratic) {.n = part->n, .price = part->price, .amount = amount};
	for (int i = 0; i < n_parts; i++)
	{
		const Quadratic *one = &part[next_random(random) % (uint64_t) n_parts];

		for (int k = 0; k < drawn->n; k++)
		{
			drawn->left[k] += one->left[k];
			for (int l = 0; l < drawn->n; l++)
				drawn->slope[k][l] += one->slope[k][l];
		}
	}
	for (int k = 0; k < drawn->n; k++)
		drawn->left[k] += amount[k];
}

void
cl_allocation_price_interval(const ClAllocationSums *part, int n_parts, const double *amount, double confidence, double *low,
							 double *high)
{
	static const double nothing[MOST] = {0};
	Quadratic	quadratic[CL_ALLOCATION_PARTS];
	double		price[MOST][DRAWS];
	uint64_t	random = 1;
	int			n = 0;

	for (int i = 0; i < n_parts; i++)
		open_quadratic(&quadratic[i], &part[i], nothing);
	for (int draw = 0; draw < DRAWS; draw++)
	{
		Quadratic	drawn;
		double		least[MOST];

		draw_parts(&drawn, quadratic, n_parts, amount, &random);
		if (!least_prices(&drawn, least))
			continue;
		for (int k = 0; k < drawn.n; k++)
			price[k][n] = least[k];
		n++;
	}
	for (int k = 0; k < part->n_budgets; k++)
	{
		int			skip = (int) ((1 - confidence) / 2 * n);

		qsort(price[k], n, sizeof(double), compare_doubles);
		low[k] = n > 0 ? price[k][skip] : NAN;
		high[k] = n > 0 ? price[k][n - 1 - skip] : NAN;
	}
}
