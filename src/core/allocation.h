/*
 * allocation.h
 *	  What each account does at given prices of the budgets, and what all of them use together.
 *
 * An account has a demand D, a margin and a carry (profit.h), a floor and a cap. A limit L uses of budget k
 *
 *		w_k(L) = use_k L + draw_k E[min(D, L)],	use_k >= 0, use_k + draw_k >= 0
 *
 * so that no use falls as a limit rises: draw_k below 0 is a budget of what is not drawn. At prices p the account takes the
 * limit that earns most, profit(L) less sum of p_k w_k(L). That is
 *
 *		A E[min(D, L)] - B L,	A = margin + carry - sum of p_k draw_k, B = carry + sum of p_k use_k
 *
 * once more a newsvendor's: P(D > L) = B / A, kept to floor and cap. Where A <= B it takes the floor. The last of a limit goes by
 * a jump, or nearly so, since hardly anybody's demand is that small; prices of which one uses too much and the next too little
 * would be no answer. So where P(0 < D <= L) is below CL_ALLOCATION_LAST the limit goes to 0 in a straight line, and the bound
 * counts what that forgoes. As dw_k / dL = use_k + draw_k P(D > L) = w'_k, and the slope of what it earns falls by A f(L), f the
 * density of demand,
 *
 *		dw_k / dp_l = - w'_k w'_l / (A f(L))
 *
 * which is 0 where floor, cap or ceiling hold the limit, or demand has no density there. On the straight line it is a million
 * times what it is beside it: true of these accounts, and of no others. For the accounts of another day the slope counts each
 * account that comes within CL_ALLOCATION_DROPS of the line as if it went down there evenly; `dropping` is the difference.
 *
 * Where there are scenarios (stress.h), profit is their mean by weights, which are prices too: of minus what a scenario earns, of
 * which there is no less than there is. The slopes go on over them, budgets first, with - dprofit_s / dL for w'_k.
 *
 * The sums are exact, so that they are the same for every plan, order and split. For that each addend is a multiple of 2^-70
 * and at most 2^61: no amount of money is finer, and limits end at 1e15. Products of two uses are larger, and need fewer digits:
 * they are added up in units of 2^20.
 */
#ifndef CL_CORE_ALLOCATION_H
#define CL_CORE_ALLOCATION_H

#include "core/exact_sum.h"
#include "core/stress.h"

#define CL_ALLOCATION_MOST_BUDGETS 8
#define CL_ALLOCATION_LARGEST 1e15	/* limit; where a larger one would be best it has no end */
#define CL_ALLOCATION_LARGEST_USE 1000.0
#define CL_ALLOCATION_LARGEST_PRICE 1e15
#define CL_ALLOCATION_LARGEST_AMOUNT 1e25	/* of a budget */
#define CL_ALLOCATION_LAST 1e-6
#define CL_ALLOCATION_DROPS 0.05	/* of P(D > L): where accounts are about to drop out, or just have */
/* What a profit may be wrong by, per unit that was added and subtracted for it. */
#define CL_ALLOCATION_ERROR 1e-13

typedef struct ClAllocationAccount
{
	ClDemandModel demand;
	ClEconomics economics;
	double		floor;			/* 0: none */
	double		cap;			/* INFINITY: none */
	double		use[CL_ALLOCATION_MOST_BUDGETS];
	double		draw[CL_ALLOCATION_MOST_BUDGETS];
	bool		has_risk;		/* needed where there are scenarios */
	ClRisk		risk;
} ClAllocationAccount;

typedef struct ClAllocationAnswer
{
	double		limit;			/* INFINITY: without an end */
	double		draw;			/* expected of it */
	double		profit;
	double		forgone;		/* by the straight line: what the best limit would earn more, less the prices */
	double		turnover;		/* amounts that were added and subtracted for profit */
	double		outcome[CL_ALLOCATION_MOST_BUDGETS];	/* profit in each scenario */
	double		marginal_use[CL_ALLOCATION_MOST_BUDGETS];	/* w'_k, then those of scenarios, where slope is not 0 */
	double		slope;			/* 1 / (A f(L)), or 0 */
	double		dropping;		/* to be added to slope, where others than those that do now might drop out */
} ClAllocationAnswer;

/* False where demand is not known. scenarios: NULL, or none, where all is as expected. */
extern bool cl_allocation_answer(const ClAllocationAccount *account, int n_budgets, const double *price,
								 const ClScenarios *scenarios, ClAllocationAnswer *answer);
extern double cl_allocation_use(const ClAllocationAccount *account, int budget, double limit, double draw);

/* Place of (k, l), k >= l, among the slopes. */
#define CL_ALLOCATION_SLOPE(k, l) ((k) * ((k) + 1) / 2 + (l))
#define CL_ALLOCATION_SLOPES CL_ALLOCATION_SLOPE(CL_ALLOCATION_MOST_BUDGETS, 0)
#define CL_ALLOCATION_PRODUCT_UNIT 0x1p20

typedef struct ClAllocationSums
{
	int			n_budgets;
	double		price[CL_ALLOCATION_MOST_BUDGETS];
	ClScenarios scenarios;		/* with budgets CL_ALLOCATION_MOST_BUDGETS at most */
	int64_t		n;				/* accounts */
	int64_t		n_skipped;		/* something is not known: not among n */
	int64_t		n_endless;		/* the more the better and no cap: in n, and in no sum */
	int64_t		n_at_floor;
	int64_t		n_at_cap;
	uint64_t	checksum;		/* of what was known of all accounts */
	int			shortest_horizon;	/* of demands in months; 0: not said */
	int			longest_horizon;
	ClExactSum	limit;
	ClExactSum	draw;
	ClExactSum	profit;
	ClExactSum	forgone;
	ClExactSum	turnover;		/* amounts that were added and subtracted, by which cl_allocation_error goes */
	ClExactSum	use[CL_ALLOCATION_MOST_BUDGETS];
	ClExactSum	floor_use[CL_ALLOCATION_MOST_BUDGETS];
	ClExactSum	outcome[CL_ALLOCATION_MOST_BUDGETS];	/* profit in each scenario */
	ClExactSum	slope[CL_ALLOCATION_SLOPES];	/* - dw_k / dp_l, k >= l */
	ClExactSum	dropping[CL_ALLOCATION_SLOPES];	/* to be added to slope, for what other accounts would do */
	ClExactSum	product[CL_ALLOCATION_SLOPES];	/* w_k w_l of each account, over CL_ALLOCATION_PRODUCT_UNIT */
} ClAllocationSums;

/* An amount as these sums take it: they add up exactly. */
extern double cl_allocation_addend(double x);
extern void cl_allocation_begin(ClAllocationSums *sums, int n_budgets, const double *price, const ClScenarios *scenarios);
extern void cl_allocation_add(ClAllocationSums *sums, const ClAllocationAccount *account, int horizon);
/* Of the same prices and scenarios. */
extern void cl_allocation_merge(ClAllocationSums *into, const ClAllocationSums *from);

/* The rounded sums; INFINITY where limits have no end. */
extern double cl_allocation_used(const ClAllocationSums *sums, int budget);
/* profit + forgone + sum of p_k (amount_k - used_k): no limits that fit into the budgets earn more, whatever the prices. */
extern double cl_allocation_bound(const ClAllocationSums *sums, const double *amount);
extern double cl_allocation_error(const ClAllocationSums *sums);	/* of profit and bound: turnover x CL_ALLOCATION_ERROR */

/* What is wrong with an account from outside; NULL when it is in order. */
extern const char *cl_allocation_disorder(const ClAllocationAccount *account, int n_budgets);

#endif							/* CL_CORE_ALLOCATION_H */
