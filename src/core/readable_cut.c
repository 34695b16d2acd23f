/*
 * readable_cut.c
 *	  The number with the fewest digits between two others.
 */
#include "core/readable_cut.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Doubles with so many digits are all told apart. */
#define MOST_DIGITS 17

static double
decimal(double digits, int exponent)
{
	char		text[64];

	/* Text without a decimal point is read the same under every locale, and correctly rounded. */
	snprintf(text, sizeof(text), "%.0fe%d", digits, exponent);
	return strtod(text, NULL);
}

static bool
is_between(double x, double left, double right, bool closed_right)
{
	return closed_right ? left <= x && x < right : left < x && x <= right;
}

/* The multiple of 10^exponent between the two that is nearest to the middle; false if there is none. Neither is negative. */
static bool
nearest_multiple(double left, double right, bool closed_right, int exponent, double *cut)
{
	double		middle = left / 2 + right / 2;
	double		unit = decimal(1, exponent);
	bool		found = false;

	/* One before and one after the two around the middle, in case the division was rounded across a whole number. */
	for (int step = -1; unit > 0 && step <= 2; step++)
	{
		double		x = decimal(floor(middle / unit) + step, exponent);

		if (is_between(x, left, right, closed_right) && (!found || fabs(x - middle) < fabs(*cut - middle)))
		{
			found = true;
			*cut = x;
		}
	}
	return found;
}

/* The next power of ten stands between x and infinity, if there is one. */
static double
beyond(double x)
{
	return x >= 1 ? decimal(1, (int) floor(log10(x)) + 1) : 1;
}

double
cl_readable_cut(double left, double right, bool closed_right)
{
	double		cut;

	if (is_between(0, left, right, closed_right))
		return 0;
	if (right <= 0)
		return -cl_readable_cut(-right, -left, !closed_right);
	if (isinf(right))
		return closed_right && isinf(beyond(left)) ? left : beyond(left);
	for (int digits = 1, exponent = (int) floor(log10(right)); digits <= MOST_DIGITS; digits++, exponent--)
	{
		if (nearest_multiple(left, right, closed_right, exponent, &cut))
			return cut;
	}
	return closed_right ? left : right;
}
