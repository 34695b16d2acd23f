/*
 * allocation_search.c
 *	  Points of a search, and the way from one to the next: see allocation_search.h.
 */
#include "core/allocation_search.h"

#include <math.h>
#include <string.h>

#define WEIGHT_UNITS 1e10

void
cl_allocation_search_ask(const ClAllocationSearch *search)
{
	search->problem->ask(search->problem->data, search->point, search->sums);
}

double
cl_allocation_search_left(const ClAllocationSearch *search, int k)
{
	int			n_budgets = search->problem->n_budgets;

	if (k < n_budgets)
		return search->problem->amount[k] - cl_allocation_used(search->sums, k);
	return cl_exact_sum_closed(&search->sums->outcome[k - n_budgets]).high;
}

/*
 * A way
 */

/* How the bound changes along it. */
static double
along(const ClAllocationWay *way, const ClAllocationSearch *search)
{
	double		sum = 0;

	for (int k = 0; k < way->n; k++)
	{
		if (way->to[k] != way->from[k])
			sum += (way->to[k] - way->from[k]) * cl_allocation_search_left(search, k);
	}
	return sum;
}

static void
go_to(ClAllocationWay *way, const ClAllocationSearch *search, double part)
{
	int			n_budgets = search->problem->n_budgets;

	for (int k = 0; k < way->n; k++)
	{
		double		between = way->from[k] + part * (way->to[k] - way->from[k]);

		search->point[k] = part == 1 ? way->to[k] : k < n_budgets ? cl_price_up(fmax(0, between)) : between;
	}
	if (way->n > n_budgets && part != 1)
		cl_weights_round(way->n - n_budgets, search->problem->weight_cap, search->point + n_budgets);
	way->part = part;
}

void
cl_allocation_way_begin(ClAllocationWay *way, const ClAllocationSearch *search, int n, const double *to, double step)
{
	*way = (ClAllocationWay) {.n = n, .step = step, .high = 1, .at_high = INFINITY};
	memcpy(way->from, search->point, n * sizeof(double));
	memcpy(way->to, to, n * sizeof(double));
	for (int k = 0; k < n; k++)
		way->digits += 1e-8 * fabs(to[k] - way->from[k]) *
			(k < search->problem->n_budgets ? search->problem->amount[k] : fabs(cl_allocation_search_left(search, k)));
	way->slope = way->at_low = along(way, search);
	go_to(way, search, 1);
	/* No part of such a step can be asked for. */
	way->jumped = step <= CL_PRICE_LAST_DIGIT / 2;
}

/* All of the way, unless the bound rises there half as fast as it falls here; then by false position. */
bool
cl_allocation_way_step(ClAllocationWay *way, const ClAllocationSearch *search)
{
	double		there = along(way, search);
	double		part;

	if (way->jumped)
		return true;
	if (way->slope >= -way->digits ||
		(there <= fmax(0, -way->slope / 2) + way->digits && (way->part == 1 || there >= way->slope / 2 - way->digits)))
		return true;
	if (there < 0)
	{
		way->low = way->part;
		way->at_low = there;
		way->at_high /= 2;		/* Illinois: an end that stays counts less (Dowell and Jarratt 1971) */
	}
	else
	{
		way->high = way->part;
		way->at_high = there;
		way->at_low /= 2;
	}
	part = isfinite(way->at_high) && isfinite(way->at_low) ?
		(way->low * way->at_high - way->high * way->at_low) / (way->at_high - way->at_low) : (way->low + way->high) / 2;
	way->jumped = way->high - way->low <= 1e-8 || (way->high - way->low) * way->step <= CL_PRICE_LAST_DIGIT / 2;
	go_to(way, search, way->jumped ? way->high : part);
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
