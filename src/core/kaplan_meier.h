/*
 * kaplan_meier.h
 *	  The distribution of amounts of which some are known only to be at least so much, without a formula for it.
 *
 * Kaplan and Meier 1958 (Journal of the American Statistical Association 53, 457): S(x) is the product over values t <= x of
 * 1 - d / n, where d of the n amounts that are at least t are known to be t. An amount censored at t is among the n.
 */
#ifndef CL_CORE_KAPLAN_MEIER_H
#define CL_CORE_KAPLAN_MEIER_H

#include "core/tally.h"

/* A distinct value: known amounts are the events of the tally, censored ones its non-events. */
typedef struct ClKaplanMeierStep
{
	double		value;
	int64_t		n_risk;			/* amounts that are at least the value */
	int64_t		n_event;
	int64_t		n_censored;
	double		survival;		/* P(X > value) */
	double		std_error;		/* Greenwood 1926; NaN where survival is 0 */
} ClKaplanMeierStep;

typedef struct ClKaplanMeierScan
{
	ClTallyCursor cursor;
	int64_t		n_risk;
	double		survival;
	double		variance;		/* of log(survival) */
} ClKaplanMeierScan;

/* Of a settled tally, from the lowest value up; next is false after the last. */
extern void cl_kaplan_meier_scan(const ClTally *tally, ClKaplanMeierScan *scan);
extern bool cl_kaplan_meier_next(ClKaplanMeierScan *scan, ClKaplanMeierStep *step);

/* The least value with survival of at most 1 - p; NaN when the curve never falls so far. */
extern double cl_survival_quantile(const ClTally *tally, double p);

#endif							/* CL_CORE_KAPLAN_MEIER_H */
