/*
 * price_search.c
 *	  The price of one budget: see price_search.h.
 */
#include "core/price_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Digits
 */

#define DIGITS 12
#define MOST_QUESTIONS 400
#define ROUGH 1e-3

/* The number of so many digits that is nearest to x > 0, and steps of the last digit from there (-1, 0 or 1). */
static double
price_digits(double x, int steps)
{
	char		text[40];
	double		digits;
	int			exponent;

	snprintf(text, sizeof(text), "%.*e", DIGITS - 1, x);
	exponent = atoi(text + DIGITS + 2) - (DIGITS - 1);
	text[1] = text[0];			/* over the point, whatever it looks like */
	text[DIGITS + 1] = '\0';
	digits = atof(text + 1) + steps;
	if (digits < 1 / CL_PRICE_LAST_DIGIT)
	{
		digits = 10 / CL_PRICE_LAST_DIGIT - 1;
		exponent--;
	}
	snprintf(text, sizeof(text), "%.0fe%d", digits, exponent);
	return strtod(text, NULL);
}

double
cl_price_up(double x)
{
	double		nearest = x > 0 ? price_digits(x, 0) : x;

	return nearest < x ? price_digits(x, 1) : nearest;
}

double
cl_price_next(double x)
{
	return price_digits(x, 1);
}

/*
 * The search
 */

double
cl_price_slope(const ClAllocationSums *sums, int k, int l)
{
	return cl_exact_sum_closed(&sums->slope[k >= l ? CL_ALLOCATION_SLOPE(k, l) : CL_ALLOCATION_SLOPE(l, k)]).high;
}

void
cl_price_search_begin(ClPriceSearch *search, int budget, double amount, double price, bool rough)
{
	*search = (ClPriceSearch) {
		.budget = budget, .amount = amount, .rough = rough, .price = cl_price_up(price),
		.low = -1, .high = INFINITY, .excess = INFINITY, .width = INFINITY
	};
}

/* Where Newton's method has nothing to say. */
static double
between(const ClPriceSearch *search, const ClAllocationSums *sums)
{
	double		middle;

	if (search->high == INFINITY)
	{
		double		worth = cl_exact_sum_closed(&sums->profit).high / search->amount;

		return search->low > 0 ? cl_price_up(4 * search->low) : worth > 1e-9 && worth < 100 ? cl_price_up(worth) : 1e-6;
	}
	if (search->low <= 0)
		return search->high < 1e-30 ? 0 : cl_price_up(search->high / 8);
	middle = cl_price_up(sqrt(search->low) * sqrt(search->high));
	return middle < search->high ? middle : price_digits(search->high, -1);
}

/* Newton's price, NaN where there is none. How fast the search is goes into it. */
static double
newton_price(ClPriceSearch *search, double excess, double slope)
{
	double		since = (search->excess - excess) / (search->price - search->before);

	/* An account about to drop out may have a slope for a thousand: then that of the last step is better. */
	search->slow = fabs(excess) > fabs(search->excess) / 2 ? search->slow + 1 : 0;
	if (search->slow == 1 && isfinite(search->excess) && since > 0)
		slope = since;
	return slope > 0 && isfinite(excess) ? fmax(0, search->price + excess / slope) : NAN;
}

/* Whether it is stuck on one side, or crawls. */
static bool
is_stuck(const ClPriceSearch *search)
{
	return search->slow > 3 || (search->wide > 3 && search->high < INFINITY) ||
		(search->slow > 1 && search->low >= 0 && search->high < INFINITY);
}

static bool
ends(ClPriceSearch *search, ClPriceStatus status)
{
	search->status = status;
	return true;
}

bool
cl_price_search_step(ClPriceSearch *search, const ClAllocationSums *sums)
{
	double		x = search->price;
	double		excess = cl_allocation_used(sums, search->budget) - search->amount;
	double		newton;
	double		next;

	if (cl_exact_sum_closed(&sums->floor_use[search->budget]).high > search->amount)
		return ends(search, CL_PRICE_INFEASIBLE);
	if (excess > 0)
		search->low = x;
	else
		search->high = x;
	if (search->high == 0)
		return ends(search, CL_PRICE_SLACK);
	search->wide = search->high - search->low > search->width / 2 ? search->wide + 1 : 0;
	search->width = search->wide > 0 ? search->width : search->high - search->low;
	newton = newton_price(search, excess, cl_price_slope(sums, search->budget, search->budget));
	if ((excess <= 0 && cl_price_up(newton) == x) || (search->rough && fabs(newton - x) <= ROUGH * x))
		return ends(search, CL_PRICE_BINDING);
	if ((search->low > 0 && search->high == price_digits(search->low, 1)) || (search->low == 0 && search->high < 1e-30))
	{
		if (excess <= 0)
			return ends(search, -excess > CL_PRICE_USED_UP * search->amount ? CL_PRICE_TIES : CL_PRICE_BINDING);
		next = search->high;
	}
	else
	{
		next = cl_price_up(newton);
		if (next == x && search->low > 0)
			next = price_digits(search->low, 1);
		if (!(next > search->low && next < search->high) || is_stuck(search))
			next = between(search, sums);
		search->excess = excess;
		search->before = x;
	}
	if (next > CL_ALLOCATION_LARGEST_PRICE)
		return ends(search, CL_PRICE_ENDLESS);
	search->price = next;
	return ++search->questions == MOST_QUESTIONS && ends(search, CL_PRICE_TIES);
}
