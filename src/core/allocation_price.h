/*
 * allocation_price.h
 *	  The prices at which accounts that each do what pays best just fit into the budgets.
 *
 * The bound (cl_allocation_bound) is convex in the prices, its derivative by price k is amount_k - used_k, and its second
 * derivatives are the slopes. Its least value at prices of 0 or more is the best profit within the budgets, since profit is
 * concave in each limit (Boyd and Vandenberghe 2004, 5.5). So Newton's method finds the prices: with one budget kept between a
 * price that is too low and one that is not, with several on the quadratic at hand with the condition price >= 0, by looking at
 * each set of budgets that may bind.
 *
 * All prices that are tried, and those that are found, have twelve significant decimals, the last of them rounded up: a use
 * falls as a price rises, so what is found fits into the budgets. With one budget it is the least such price. Where several price
 * vectors are as good (one budget says the same as another) the least in lexicographic order is taken. So the answer does not
 * depend on where the search began.
 */
#ifndef CL_CORE_ALLOCATION_PRICE_H
#define CL_CORE_ALLOCATION_PRICE_H

#include "core/allocation_search.h"

/*
 * From prices, and weights, on to those that are found, whose sums were asked for last. A start that is known to be near is the
 * start of Newton's method; else one budget after another is looked at first. With scenarios prices and weights are found
 * together, until the weights have ten decimals, and then the prices at these.
 */
extern ClPriceStatus cl_allocation_solve(const ClAllocationProblem *problem, bool near, double *point, ClAllocationSums *sums);

/*
 * What other accounts of the same kind would make of the prices, from the sums at them: quantiles (1 - confidence) / 2 and the
 * other end. A bootstrap of the accounts (Efron 1979) moves what is used by sums of many draws, which are normal with the
 * covariance sum of w_k w_l - (sum of w_k) (sum of w_l) / n; a step of Newton's method follows each, with prices of 0 or more, by
 * the slopes of other accounts (allocation.h). In place of drawing accounts 1,000 points of that normal are taken, evenly by
 * Richtmyer's sequence (Genz and Bretz 2009, 4.2).
 */
extern void cl_allocation_price_interval(const ClAllocationSums *sums, const double *amount, double confidence, double *low,
										 double *high);

#endif							/* CL_CORE_ALLOCATION_PRICE_H */
