/*
 * price_search.h
 *	  The price of one budget, those of the others being what they are: by Newton's method between a price that is too low and one
 *	  that is not. Who searches asks for the sums, so that several searches can ask in one pass over the accounts.
 */
#ifndef CL_CORE_PRICE_SEARCH_H
#define CL_CORE_PRICE_SEARCH_H

#include "core/allocation.h"

typedef enum ClPriceStatus
{
	CL_PRICE_BINDING,
	CL_PRICE_SLACK,		/* all prices are 0: nothing more would be used at any amount of the budgets */
	CL_PRICE_TIES,			/* accounts change their limits by a jump: no prices use the budgets up to a millionth */
	CL_PRICE_INFEASIBLE,	/* the floors alone use more than there is */
	CL_PRICE_ENDLESS		/* some limits have no end at any price */
} ClPriceStatus;

#define CL_PRICE_STATUSES (CL_PRICE_ENDLESS + 1)

#define CL_PRICE_LAST_DIGIT 1e-11	/* of twelve, relative */
#define CL_PRICE_USED_UP 1e-6	/* what is left of a budget that has a price, as a part of it */

/* The least number of twelve significant decimals that is not below x, which is not negative; and the next one after it. */
extern double cl_price_up(double x);
extern double cl_price_next(double x);
/* - dw_k / dp_l */
extern double cl_price_slope(const ClAllocationSums *sums, int k, int l);

typedef struct ClPriceSearch
{
	double		price;			/* to ask for; in the end the answer */
	ClPriceStatus status;		/* in the end */

	int			budget;
	double		amount;
	bool		rough;			/* about is enough */
	double		low;			/* a price that is too low, or -1 */
	double		high;			/* one that is not, or INFINITY */
	double		before;			/* the price before, */
	double		excess;			/* and what was used too much there */
	double		width;			/* between low and high, when it last was half of what it had been */
	int			slow;
	int			wide;
	int			questions;
} ClPriceSearch;

extern void cl_price_search_begin(ClPriceSearch *search, int budget, double amount, double price, bool rough);
/* Takes the sums at the price. True when it was the answer, whose status is then known. */
extern bool cl_price_search_step(ClPriceSearch *search, const ClAllocationSums *sums);

#endif							/* CL_CORE_PRICE_SEARCH_H */
