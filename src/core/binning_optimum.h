/*
 * binning_optimum.h
 *	  Optimal binning: of all ways to join neighbouring pre-bins, the one that tells events from non-events best and keeps the
 *	  rules. The answer is exact.
 *
 * Solvers of integer programs find the same bins (Navas-Palencia 2020, "Optimal binning: mathematical programming formulation"),
 * but every rule here looks at one bin or at two neighbours, so a dynamic program over "the first bin, and how many follow" is
 * enough. Rules of trend compare two rates, and then the best follower of a bin is the running maximum over followers in the
 * order of their rates: K pre-bins and m bins cost K^2 (log K + m) steps instead of the K^3 m of trying all pairs.
 *
 * Among equally good answers the one with fewer bins is taken, then the one whose first differing split comes earlier. A bin that
 * adds less than a millionth of a millionth of the largest term is not worth having: that much is rounding. (Different
 * terms may add up to the same by chance; which of such answers comes first is up to the last bit, but always the same one.)
 */
#ifndef CL_CORE_BINNING_OPTIMUM_H
#define CL_CORE_BINNING_OPTIMUM_H

#include "core/binning_rules.h"

typedef enum ClOptimumStatus
{
	CL_OPTIMUM_FOUND,
	CL_OPTIMUM_INFEASIBLE,		/* nothing keeps all rules: one bin, and the rules in the way */
	CL_OPTIMUM_NOTHING_TO_SPLIT,	/* one pre-bin (after joining at forbidden places) or none */
	CL_OPTIMUM_ONE_CLASS		/* no events at all, or no non-events */
} ClOptimumStatus;

/* Rules that can be in the way, from the one that is given up first. */
enum
{
	CL_RULE_P_VALUE = 1 << 0,
	CL_RULE_RATE_DIFF = 1 << 1,
	CL_RULE_TREND = 1 << 2,
	CL_RULE_MIN_EVENTS = 1 << 3,
	CL_RULE_MIN_NON_EVENTS = 1 << 4,
	CL_RULE_MIN_SIZE = 1 << 5,
	CL_RULE_MAX_SIZE = 1 << 6,
	CL_RULE_MIN_BINS = 1 << 7,	/* two bins would be possible */
	CL_RULE_MAX_BINS = 1 << 8,
	CL_RULE_FORCED = 1 << 9,
	CL_RULES = 10
};

/* Each adds its rules to those of the one before. */
typedef enum ClPrice
{
	CL_PRICE_UNCONSTRAINED,		/* numbers of bins, forced and forbidden splits */
	CL_PRICE_SIZE,				/* sizes and counts */
	CL_PRICE_TREND,				/* trend and difference of rates */
	CL_PRICE_P_VALUE,			/* p-values: all rules */
	CL_PRICES
} ClPrice;

typedef struct ClOptimum
{
	ClOptimumStatus status;
	unsigned	in_the_way;		/* infeasible: rules that must be given up, one where one is enough */
	ClTrend		trend;			/* of the answer, whatever was asked for; monotone if it is both */
	int			n_bins;
	int			end[CL_OPTIMUM_MAX_BINS];	/* bin b is of the pre-bins from end[b - 1] (0 for the first) to end[b] - 1 */
	double		value;			/* of the objective over these bins, see cl_objective_term */
	double		best[CL_PRICES];	/* what the best bins would give under some of the rules only; NaN: nothing keeps them */
} ClOptimum;

/*
 * "total" is of all rows, also those that take no part here: missing and special values, rare categories. Pre-bins may be
 * empty. Ordered by value, or for categories by event rate.
 */
extern void cl_binning_optimum(const ClMemory *memory, const ClBinCounts *prebin, int n, const ClBinCounts *total,
							   const ClOptimumRules *rules, ClOptimum *optimum);

#endif							/* CL_CORE_BINNING_OPTIMUM_H */
