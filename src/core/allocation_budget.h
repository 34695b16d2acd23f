/*
 * allocation_budget.h
 *	  The weights of scenarios, and the price of one budget with them, one question after the other. Who searches asks for the
 *	  sums, as in price_search.h.
 */
#ifndef CL_CORE_ALLOCATION_BUDGET_H
#define CL_CORE_ALLOCATION_BUDGET_H

#include "core/allocation_search.h"

/* Weights and prices together, by Newton's method, until the weights have their digits. */
typedef struct ClWeightSearch
{
	bool		under_way;
	ClAllocationWay way;
	int			steps;
	int			jumps;
	int			last_digits;
} ClWeightSearch;

/* To be asked first at the point where the search is. */
extern void cl_weight_search_begin(ClWeightSearch *weights);
/* Takes the sums at the point. True when it was the last; else it is the next to ask for. */
extern bool cl_weight_search_step(ClWeightSearch *weights, const ClAllocationSearch *search);

/* The price of the first budget, those of the others being what they are, and the weights. */
typedef struct ClBudgetSearch
{
	ClPriceStatus status;		/* in the end */
	int			rough;			/* rough searches to come before the weights */
	bool		weighs;			/* weights are still to be found */
	ClPriceSearch price;
	ClWeightSearch weights;
} ClBudgetSearch;

extern void cl_budget_search_begin(ClBudgetSearch *budget, const ClAllocationSearch *search, bool near);
extern bool cl_budget_search_step(ClBudgetSearch *budget, const ClAllocationSearch *search);

/* Whether a criterion leaves more than one set of weights. */
extern bool cl_allocation_weighs(const ClAllocationProblem *problem);
/* Whether the floors alone use more than there is. */
extern bool cl_allocation_is_infeasible(const ClAllocationSearch *search);

#endif							/* CL_CORE_ALLOCATION_BUDGET_H */
