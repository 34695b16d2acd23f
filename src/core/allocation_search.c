/*
 * allocation_search.c
 *	  Points of a search, and the way from one to the next: see allocation_search.h.
 */
#include "core/allocation_search.h"

#include <math.h>
#include <string.h>

#define WEIGHT_UNITS 1e10

void
cl_allocation_search_ask(const ClAllocationSearch *search, bool likely_last)
{
	search->problem->ask(search->problem->data, search->point, likely_last, search->sums);
}

double
cl_allocation_search_left(const ClAllocationSearch *search, int k)
{
	int			n_budgets = search->problem->n_budgets;

	if (k < n_budgets)
		return search->problem->amount[k] - cl_allocation_used(search->sums, k);
	return cl_exact_sum_closed(&search->sums->outcome[k - n_budgets]).high;
}

/* How the bound changes along a direction. */
static double
along(const ClAllocationSearch *search, int n, const double *direction)
{
	double		sum = 0;

	for (int k = 0; k < n; k++)
	{
		if (direction[k] != 0)
			sum += direction[k] * cl_allocation_search_left(search, k);
	}
	return sum;
}

static void
ask_between(const ClAllocationSearch *search, int n, const double *from, const double *to, double part, bool likely_last)
{
	int			n_budgets = search->problem->n_budgets;

	for (int k = 0; k < n; k++)
	{
		double		between = from[k] + part * (to[k] - from[k]);

		search->point[k] = part == 1 ? to[k] : k < n_budgets ? cl_price_up(fmax(0, between)) : between;
	}
	if (n > n_budgets && part != 1)
		cl_weights_round(n - n_budgets, search->problem->weight_cap, search->point + n_budgets);
	cl_allocation_search_ask(search, likely_last);
}

/* All of the way, unless the bound rises there half as fast as it falls here; then by false position. */
bool
cl_allocation_search_along(const ClAllocationSearch *search, int n, const double *from, const double *to, double step)
{
	int			n_budgets = search->problem->n_budgets;
	double		direction[CL_ALLOCATION_MOST_BUDGETS];
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
		digits += 1e-8 * fabs(direction[k]) *
			(k < n_budgets ? search->problem->amount[k] : fabs(cl_allocation_search_left(search, k)));
	}
	slope = at_low = along(search, n, direction);
	while (high - low > 1e-8 && (high - low) * step > CL_PRICE_LAST_DIGIT / 2)
	{
		double		there;

		ask_between(search, n, from, to, part, step <= CL_PRICE_NEAR);
		there = along(search, n, direction);
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
	ask_between(search, n, from, to, high, true);
	return false;
}

/*
 * Weights
 */

void
cl_weights_round(int n, const double *cap, double *weight)
{
	double		missing = WEIGHT_UNITS;
	double		units[CL_ALLOCATION_MOST_BUDGETS];

	for (int s = 0; s < n; s++)
	{
		units[s] = fmax(0, fmin(rint(weight[s] * WEIGHT_UNITS), rint(cap[s] * WEIGHT_UNITS)));
		missing -= units[s];
	}
	while (missing != 0)
	{
		int			place = 0;
		double		most = 0;

		for (int s = 0; s < n; s++)
		{
			double		room = missing > 0 ? rint(cap[s] * WEIGHT_UNITS) - units[s] : units[s];

			if (room > most)
			{
				most = room;
				place = s;
			}
		}
		if (most == 0)
			break;
		most = fmin(most, fabs(missing));
		units[place] += missing > 0 ? most : -most;
		missing -= missing > 0 ? most : -most;
	}
	for (int s = 0; s < n; s++)
		weight[s] = units[s] / WEIGHT_UNITS;
}

/* As much weight as may be on the worst, then on the next. */
double
cl_weights_least(int n, const double *cap, const double *outcome)
{
	bool		taken[CL_ALLOCATION_MOST_BUDGETS] = {false};
	double		left = 1;
	double		sum = 0;

	for (int i = 0; i < n && left > 0; i++)
	{
		int			worst = -1;

		for (int s = 0; s < n; s++)
		{
			if (!taken[s] && (worst < 0 || outcome[s] < outcome[worst]))
				worst = s;
		}
		taken[worst] = true;
		sum += fmin(left, cap[worst]) * outcome[worst];
		left = fmax(0, left - cap[worst]);
	}
	return sum;
}
