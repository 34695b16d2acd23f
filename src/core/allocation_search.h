/*
 * allocation_search.h
 *	  What the searches for prices of budgets, and for weights of scenarios, ask and how they go on.
 *
 * A point of the search is the prices of the budgets, then the weights of the scenarios. The weights are of a set that a
 * criterion gives: they add up to 1, and none is above its cap.
 *
 *		the mean of scenarios that have probabilities p	cap = p
 *		the worst										cap = 1
 *		CVaR at alpha, the mean of the worst 1 - alpha		cap = p / (1 - alpha)	(Rockafellar and Uryasev 2000)
 *
 * What limits are worth by a criterion is the least mean over that set; the bound at any prices and any weights of the set is not
 * below that of any limits that fit.
 */
#ifndef CL_CORE_ALLOCATION_SEARCH_H
#define CL_CORE_ALLOCATION_SEARCH_H

#include "core/price_search.h"

/* Sums of all accounts at a point. */
typedef void (*ClAllocationAsk) (void *data, const double *point, ClAllocationSums *sums);

typedef struct ClAllocationProblem
{
	int			n_budgets;
	const double *amount;
	int			n_scenarios;	/* 0: none */
	const double *weight_cap;
	ClAllocationAsk ask;
	void	   *data;
} ClAllocationProblem;

typedef struct ClAllocationSearch
{
	const ClAllocationProblem *problem;
	double	   *point;
	ClAllocationSums *sums;		/* at the point that was asked for last */
} ClAllocationSearch;

extern void cl_allocation_search_ask(const ClAllocationSearch *search);
/* What would be left of a budget; beyond the budgets, what a scenario earns. */
extern double cl_allocation_search_left(const ClAllocationSearch *search, int k);
/*
 * From a point that was asked for towards another, of which the first n differ, to where the bound hardly falls along the way:
 * one question after the other, each of them the point of the search.
 */
typedef struct ClAllocationWay
{
	bool		jumped;			/* in the end: the bound falls and rises at the same point */
	int			n;
	double		from[CL_ALLOCATION_MOST_BUDGETS];
	double		to[CL_ALLOCATION_MOST_BUDGETS];
	double		step;			/* how far it is, relative */
	double		slope;			/* of the bound along the way, where it begins */
	double		digits;			/* what the last ones make of it */
	double		part;			/* of the way, asked for */
	double		low;
	double		high;
	double		at_low;
	double		at_high;
} ClAllocationWay;

extern void cl_allocation_way_begin(ClAllocationWay *way, const ClAllocationSearch *search, int n, const double *to, double step);
/* Takes the sums at the point. True when it was the last. */
extern bool cl_allocation_way_step(ClAllocationWay *way, const ClAllocationSearch *search);

/* Ten decimals, kept to the caps, that add up to 1. */
extern void cl_weights_round(int n, const double *cap, double *weight);
/* The least mean of the set. */
extern double cl_weights_least(int n, const double *cap, const double *outcome);

#endif							/* CL_CORE_ALLOCATION_SEARCH_H */
