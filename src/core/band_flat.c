/*
 * band_flat.c
 *	  The best one limit for all: see band_flat.h.
 */
#include "core/band_flat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_BETTER 1e-9			/* relative: sums are not known to more */

void
cl_flat_begin(ClFlatSearch *search, double highest)
{
	*search = (ClFlatSearch) {.step = 1, .limit = -1, .worth = -INFINITY};
	while (search->step * 1000 <= highest)
		search->step *= 10;
	while (highest > 0 && search->step * 100 > highest)
		search->step /= 10;
}

static double
at_step(const ClFlatSearch *search, double n)
{
	return search->step < 1 ? n / rint(1 / search->step) : n * search->step;
}

/* The first step above the lower end of a range, and how many there are below the upper end. */
static int
steps_within(const ClFlatSearch *search, double low, double high, double *first)
{
	double		last = ceil(high / search->step);

	*first = floor(low / search->step);
	while (at_step(search, *first) <= low)
		++*first;
	while (at_step(search, last) >= high)
		last--;
	return (int) fmax(0, last - *first + 1);
}

static bool
may_be_better(const ClFlatSearch *search, double bound)
{
	return bound > search->worth + NOT_BETTER * fabs(search->worth);
}

/* Where both lines are as high, or at the end where the lower one is highest. */
static double
bound_between(const ClFlatPoint *low, const ClFlatPoint *high)
{
	double		width = high->limit - low->limit;
	double		from_low = low->worth + fmax(0, low->rise) * width;
	double		from_high = high->worth + fmax(0, low->fall) * width;
	double		x = (high->worth - low->worth + low->fall * width) / (low->rise + low->fall);

	if (low->rise > 0 && low->fall > 0 && x >= 0 && x <= width)
		return low->worth + low->rise * x;
	return fmin(from_low, from_high);
}

static int
highest_first(const void *a, const void *b)
{
	double		x = ((const ClFlatRange *) a)->bound;
	double		y = ((const ClFlatRange *) b)->bound;

	return x > y ? -1 : x < y;
}

void
cl_flat_take(ClFlatSearch *search, int n, const ClFlatPoint *point)
{
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (point[i].fits && point[i].worth > search->worth)
		{
			search->worth = point[i].worth;
			search->limit = point[i].limit;
		}
	}
	for (int i = 0; i < n - 1; i++)
	{
		ClFlatRange range = {point[i].limit, point[i + 1].limit, bound_between(&point[i], &point[i + 1])};
		double		first;

		if (point[i].joined && point[i].fits && may_be_better(search, range.bound) &&
			steps_within(search, range.low, range.high, &first) > 0 && search->n < CL_FLAT_RANGES)
			search->range[search->n++] = range;
	}
	for (int i = 0; i < search->n; i++)
	{
		if (may_be_better(search, search->range[i].bound))
			search->range[kept++] = search->range[i];
	}
	search->n = kept;
	qsort(search->range, search->n, sizeof(ClFlatRange), highest_first);
}

/* Where one range ends and another begins, the end comes first. */
static int
ascending(const void *a, const void *b)
{
	const ClFlatPoint *x = a;
	const ClFlatPoint *y = b;

	return x->limit == y->limit ? x->joined - y->joined : x->limit < y->limit ? -1 : 1;
}

/* The ranges with the highest bounds, cut into about equal parts. */
int
cl_flat_ask(ClFlatSearch *search, ClFlatPoint *point)
{
	int			taken = search->n < CL_FLAT_ASKED / 4 ? search->n : CL_FLAT_ASKED / 4;
	int			n = 0;

	for (int i = 0; i < taken; i++)
	{
		const ClFlatRange *range = &search->range[i];
		double		first;
		int			steps = steps_within(search, range->low, range->high, &first);
		int			inner = CL_FLAT_ASKED / taken - 2;

		inner = inner < steps ? inner : steps;
		point[n++] = (ClFlatPoint) {.limit = range->low, .joined = true};
		for (int j = 1; j <= inner; j++)
			point[n++] = (ClFlatPoint) {
				.limit = at_step(search, first + rint((double) j * (steps + 1) / (inner + 1)) - 1), .joined = true
			};
		point[n++] = (ClFlatPoint) {.limit = range->high};
	}
	search->n -= taken;
	memmove(search->range, search->range + taken, search->n * sizeof(ClFlatRange));
	qsort(point, n, sizeof(ClFlatPoint), ascending);
	return n;
}

/* Where margin and carry together are below 0 profit falls, and is convex: steepest where the limit is low. */
void
cl_flat_slopes(const ClEconomics *economics, const double *limit, const double *kept, const double *exceeds, double *rise,
			   double *fall)
{
	double		total = economics->margin + economics->carry;
	bool		cut = kept[0] != limit[0] || kept[1] != limit[1];
	double		at_low = total * exceeds[0] - economics->carry;
	double		at_high = total * (total < 0 ? exceeds[0] : exceeds[1]) - economics->carry;

	if (kept[0] == kept[1])
		return;
	*rise += cut || total < 0 ? fmax(0, at_low) : at_low;
	*fall += cut ? fmax(0, -at_high) : -at_high;
}
