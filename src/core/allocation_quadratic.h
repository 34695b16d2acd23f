/*
 * allocation_quadratic.h
 *	  Newton's step: the bound near a point as a quadratic in prices and weights, and where that is least.
 */
#ifndef CL_CORE_ALLOCATION_QUADRATIC_H
#define CL_CORE_ALLOCATION_QUADRATIC_H

#include "core/allocation_search.h"

/* What the quadratic at a point needs: what is left of the budgets, what scenarios earn, and the slopes. */
typedef struct ClAllocationQuadratic
{
	int			n_budgets;
	int			n;				/* with scenarios, where their weights move too */
	const double *amount;
	const double *weight_cap;
	double		point[CL_ALLOCATION_MOST_BUDGETS];
	double		left[CL_ALLOCATION_MOST_BUDGETS];
	double		slope[CL_ALLOCATION_MOST_BUDGETS][CL_ALLOCATION_MOST_BUDGETS];
} ClAllocationQuadratic;

/* Of the sums at a point; weight_cap NULL: weights stay. */
extern void cl_allocation_quadratic_open(ClAllocationQuadratic *quadratic, const ClAllocationSums *sums, const double *amount,
										 const double *weight_cap);
/*
 * Prices of 0 or more, and weights of the set, where it is least, of equals the first in lexicographic order; false where it has
 * no end.
 */
extern bool cl_allocation_quadratic_least(const ClAllocationQuadratic *quadratic, double *least);

#endif							/* CL_CORE_ALLOCATION_QUADRATIC_H */
