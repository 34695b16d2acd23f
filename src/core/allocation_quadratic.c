/*
 * allocation_quadratic.c
 *	  Newton's step: see allocation_quadratic.h.
 *
 * The conditions of Karush, Kuhn and Tucker hold for one set of variables that are free while the others are at a bound. There
 * are few variables, so all sets are looked at. Where weights move, one of them, the rest, is what the others leave of 1: it is
 * free, and a step of another is one against it.
 */
#include "core/allocation_quadratic.h"

#include <math.h>
#include <string.h>

#define MOST CL_ALLOCATION_MOST_BUDGETS

typedef enum Place
{
	AT_ZERO, FREE, AT_CAP
} Place;

typedef struct Reduced
{
	int			n_budgets;
	int			n;
	int			rest;			/* a weight; n: none */
	const double *amount;
	double		point[MOST];
	double		cap[MOST];		/* of weights */
	double		left[MOST];
	double		scale[MOST];	/* what amounts that left and slope are differences of are like */
	double		diagonal[MOST];
	double		slope[MOST][MOST];
} Reduced;

static void
reduce(const ClAllocationQuadratic *quadratic, int rest, Reduced *reduced)
{
	*reduced = (Reduced) {
		.n_budgets = quadratic->n_budgets, .n = quadratic->n, .rest = rest, .amount = quadratic->amount
	};
	for (int k = 0; k < quadratic->n; k++)
	{
		bool		weight = k >= quadratic->n_budgets;

		reduced->point[k] = quadratic->point[k];
		reduced->left[k] = quadratic->left[k] - (weight ? quadratic->left[rest] : 0);
		reduced->scale[k] = weight ? fabs(quadratic->left[k]) + fabs(quadratic->left[rest]) : quadratic->amount[k];
		reduced->diagonal[k] = quadratic->slope[k][k] + (weight ? quadratic->slope[rest][rest] : 0);
		reduced->cap[k] = weight ? quadratic->weight_cap[k - quadratic->n_budgets] : INFINITY;
		for (int l = 0; l < quadratic->n; l++)
		{
			double		slope = quadratic->slope[k][l];

			if (weight)
				slope -= quadratic->slope[rest][l];
			if (l >= quadratic->n_budgets)
				slope -= quadratic->slope[k][rest] - (weight ? quadratic->slope[rest][rest] : 0);
			reduced->slope[k][l] = slope;
		}
	}
}

/* Where the quadratic is flat in the free variables; false where they are not of full rank. */
static bool
flat_point(const Reduced *reduced, const Place *place, double *target)
{
	double		root[MOST][MOST];	/* Cholesky's */
	double		right[MOST];
	int			index[MOST];
	int			n = 0;

	for (int k = 0; k < reduced->n; k++)
	{
		target[k] = place[k] == AT_CAP ? reduced->cap[k] : 0;
		if (place[k] == FREE && k != reduced->rest)
			index[n++] = k;
	}
	for (int i = 0; i < n; i++)
	{
		int			k = index[i];

		right[i] = -reduced->left[k];
		for (int l = 0; l < reduced->n; l++)
		{
			if (l != reduced->rest)
				right[i] += reduced->slope[k][l] * (reduced->point[l] - target[l]);
		}
		for (int j = 0; j <= i; j++)
		{
			double		rest = reduced->slope[k][index[j]];

			for (int m = 0; m < j; m++)
				rest -= root[i][m] * root[j][m];
			if (j < i)
				root[i][j] = rest / root[j][j];
			else if (rest > 1e-11 * reduced->diagonal[k])
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
	if (reduced->rest < reduced->n)
	{
		target[reduced->rest] = 1;
		for (int k = reduced->n_budgets; k < reduced->n; k++)
			target[reduced->rest] -= k == reduced->rest ? 0 : target[k];
	}
	return true;
}

/* No price or weight out of its range, and none at an end of it that the bound would fall by leaving. */
static bool
is_least(const Reduced *reduced, const Place *place, const double *target)
{
	for (int k = 0; k < reduced->n; k++)
	{
		double		left = reduced->left[k];

		if (place[k] == FREE)
		{
			if (k < reduced->n_budgets ? target[k] < 0 : target[k] < -1e-12 || target[k] > reduced->cap[k] + 1e-12)
				return false;
			continue;
		}
		for (int l = 0; l < reduced->n; l++)
		{
			if (l != reduced->rest)
				left += reduced->slope[k][l] * (target[l] - reduced->point[l]);
		}
		if ((place[k] == AT_ZERO ? left : -left) < -1e-12 * reduced->scale[k])
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

/* The next set of places; false after the last. */
static bool
next_places(const Reduced *reduced, Place *place)
{
	for (int k = 0; k < reduced->n; k++)
	{
		if (k == reduced->rest)
			continue;
		if (place[k] < (k < reduced->n_budgets ? FREE : AT_CAP))
		{
			place[k]++;
			return true;
		}
		place[k] = AT_ZERO;
	}
	return false;
}

static bool
least_with_rest(const ClAllocationQuadratic *quadratic, int rest, bool found, double *least)
{
	Place		place[MOST] = {AT_ZERO};
	Reduced		reduced;

	reduce(quadratic, rest, &reduced);
	if (rest < reduced.n)
		place[rest] = FREE;
	do
	{
		double		target[MOST];

		if (!flat_point(&reduced, place, target) || !is_least(&reduced, place, target) ||
			(found && !is_before(target, least, reduced.n)))
			continue;
		found = true;
		memcpy(least, target, reduced.n * sizeof(double));
	} while (next_places(&reduced, place));
	return found;
}

bool
cl_allocation_quadratic_least(const ClAllocationQuadratic *quadratic, double *least)
{
	bool		found = false;

	if (quadratic->n == quadratic->n_budgets)
		return least_with_rest(quadratic, quadratic->n, false, least);
	for (int rest = quadratic->n_budgets; rest < quadratic->n; rest++)
		found = least_with_rest(quadratic, rest, found, least);
	return found;
}

void
cl_allocation_quadratic_open(ClAllocationQuadratic *quadratic, const ClAllocationSums *sums, const double *amount,
							 const double *weight_cap)
{
	int			n_budgets = sums->n_budgets;

	*quadratic = (ClAllocationQuadratic) {
		.n_budgets = n_budgets, .n = n_budgets + (weight_cap != NULL ? sums->scenarios.n : 0), .amount = amount,
		.weight_cap = weight_cap
	};
	for (int k = 0; k < quadratic->n; k++)
	{
		quadratic->point[k] = k < n_budgets ? sums->price[k] : sums->scenarios.weight[k - n_budgets];
		quadratic->left[k] = k < n_budgets ? amount[k] - cl_allocation_used(sums, k) :
			cl_exact_sum_closed(&sums->outcome[k - n_budgets]).high;
		for (int l = 0; l < quadratic->n; l++)
			quadratic->slope[k][l] = cl_price_slope(sums, k, l);
	}
}
