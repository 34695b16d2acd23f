/*
 * band_flat.h
 *	  The best one limit for all accounts within budgets, in steps of the third digit of the highest limit in question.
 *
 * Account i earns f_i(x) = profit(x kept to its floor and cap). Between floor and cap f_i is concave and elsewhere constant, so
 * their sum may have several peaks. A range of limits from a to b is searched no more where no limit in it can be better: with
 * s_i(x) the slope of profit at x kept to floor and cap,
 *
 *		f_i(x) - f_i(a) <= r_i (x - a),	r_i = s_i(a), 0 at least where floor or cap lies in the range
 *		f_i(x) - f_i(b) <= l_i (b - x),	l_i = - s_i(b), likewise
 *
 * so that the sum is below two lines, rise of the sum of r_i from a on, fall of the sum of l_i from b back. As uses of budgets
 * never fall as a limit rises, nothing lies beyond a limit that does not fit. Who searches asks for the sums at a few limits of
 * the ranges that are left, in one pass over the accounts.
 */
#ifndef CL_CORE_BAND_FLAT_H
#define CL_CORE_BAND_FLAT_H

#include <stdbool.h>

#include "core/profit.h"

#define CL_FLAT_ASKED 16
#define CL_FLAT_RANGES 1000		/* more than there are steps */

/* Of one limit for all; rise and fall of the range from it to the next. */
typedef struct ClFlatPoint
{
	double		limit;
	double		worth;
	bool		fits;
	bool		joined;			/* the range to the next is in question */
	double		rise;
	double		fall;
} ClFlatPoint;

typedef struct ClFlatRange
{
	double		low;
	double		high;
	double		bound;			/* no limit in between is worth more */
} ClFlatRange;

typedef struct ClFlatSearch
{
	double		step;
	double		limit;			/* the best so far; -1: none fits */
	double		worth;
	int			n;
	ClFlatRange range[CL_FLAT_RANGES];
} ClFlatSearch;

extern void cl_flat_begin(ClFlatSearch *search, double highest);
/* Points that ascend, of which sums are known. */
extern void cl_flat_take(ClFlatSearch *search, int n, const ClFlatPoint *point);
/* Points to ask for, CL_FLAT_ASKED at most; 0: the best is found. */
extern int	cl_flat_ask(ClFlatSearch *search, ClFlatPoint *point);

/*
 * What an account adds to rise and fall between two limits, which its floor and cap keep to others; exceeds: how likely demand is
 * above these.
 */
extern void cl_flat_slopes(const ClEconomics *economics, const double *limit, const double *kept, const double *exceeds,
						   double *rise, double *fall);

#endif							/* CL_CORE_BAND_FLAT_H */
