/*
 * action_price.h
 *	  Each account takes one of a few actions, each with a value and with uses of budgets; together they stay within the budgets,
 *	  and are worth as much as can be: a multiple-choice knapsack with several budgets.
 *
 * For prices p >= 0 of the budgets C
 *
 *		bound(p) = sum over accounts of max over actions (value - p . use)  +  p . C
 *
 * is at least the best. It is convex and piecewise linear in p; its least value is that of the linear relaxation, and the prices
 * there are found with few passes over the actions: with one budget where two lines of it meet, with several by cutting planes
 * (Kelley 1960) between the best prices so far and those of the model (Wentges 1997). At such prices the accounts choose by
 * themselves; what does not fit, or would still fit, is mended (cl_actions_mend) or priced out (cl_actions_raise).
 *
 * Amounts are integers: minor units of a number of decimals. What depends on exact comparison - who chooses what at published
 * prices, and sums - is computed in 128 bits; the search is in doubles.
 */
#ifndef CL_CORE_ACTION_PRICE_H
#define CL_CORE_ACTION_PRICE_H

#include <stddef.h>

#include "core/memory.h"
#include "core/money.h"

#define CL_ACTION_BUDGETS 16
#define CL_PRICE_DIGITS 9
#define CL_PRICE_MOST_DECIMALS 30

typedef struct ClActions
{
	const ClMemory *memory;
	int			budgets;
	size_t		accounts;
	size_t		rows;
	const size_t *first;		/* of each account its first row; of the one behind the last, rows */
	const int64_t *amount;		/* rows x (1 + budgets): value, uses; the actions of an account ascending */
	int			decimals[1 + CL_ACTION_BUDGETS];	/* of value and uses */
	int64_t		largest[1 + CL_ACTION_BUDGETS]; /* absolute amounts */
	cl_int128	capacity[CL_ACTION_BUDGETS];	/* the budgets in units of their uses, rounded down: no use is between */
} ClActions;

typedef struct ClActionTotals
{
	cl_int128	value;
	cl_int128	use[CL_ACTION_BUDGETS];
} ClActionTotals;

/* A price of a decimal number: units / 10^decimals. */
typedef struct ClDecimalPrice
{
	int64_t		units;
	int			decimals;
} ClDecimalPrice;

/* Prices as factors of integer amounts: value * value_factor - sum of use * factor is what an action is worth at them. */
typedef struct ClExactPrices
{
	cl_int128	value_factor;
	cl_int128	factor[CL_ACTION_BUDGETS];
} ClExactPrices;

typedef struct ClActionSearch
{
	bool		feasible;		/* the first actions of all accounts fit; else nothing below is of use but "first" */
	bool		converged;
	int			passes;
	ClActionTotals first;		/* of the first actions */
	double		price[CL_ACTION_BUDGETS];	/* units of value (not minor ones) by unit of use */
	double		bound;			/* at these prices */
	double		model;			/* the bound is not below this at any prices */
} ClActionSearch;

/* Adds a row to totals (sign 1), or takes it away (-1). */
extern void cl_actions_add(const ClActions *actions, size_t row, int sign, ClActionTotals *totals);

extern void cl_actions_search(const ClActions *actions, ClActionSearch *search);

/*
 * The price rounded to nine significant digits: to the nearest (0), up (1) or down (-1), with fewer digits where exact arithmetic
 * could not hold more. False when it could not hold any.
 */
extern bool cl_decimal_prices(const ClActions *actions, const double *price, const int *direction, ClDecimalPrice *decimal);
extern double cl_decimal_price_value(ClDecimalPrice price);
extern bool cl_exact_prices(const ClActions *actions, const ClDecimalPrice *price, ClExactPrices *exact);

/* The row of what is best at the prices; of equal ones the first. */
extern size_t cl_action_choose(const ClActions *actions, const ClExactPrices *exact, size_t account);
/* All accounts: the totals, and, unless it is NULL, the row of each. */
extern void cl_actions_choose(const ClActions *actions, const ClExactPrices *exact, ClActionTotals *totals, size_t *chosen);
extern bool cl_actions_fit(const ClActions *actions, const ClActionTotals *totals);

/* The least prices found, not below those given, at which what every account chooses fits. Counts its passes. */
extern bool cl_actions_raise(const ClActions *actions, const ClDecimalPrice *price, ClDecimalPrice *raised, int *passes);

/*
 * Makes a choice fit, fills what is left, and exchanges pairs. The choice is at first that at the prices, "totals" those of it;
 * both change. Needs first actions that fit.
 */
extern void cl_actions_mend(const ClActions *actions, const double *price, ClActionTotals *totals, size_t *chosen);

/* The price at which the answer changes while the others stay, above and below; NaN where it never does. */
extern void cl_action_flip(const ClActions *actions, const ClDecimalPrice *price, size_t account, size_t chosen, double *up,
						   double *down);

#endif							/* CL_CORE_ACTION_PRICE_H */
