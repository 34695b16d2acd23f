/*
 * roc.h
 *	  Discrimination: how well a score tells events from non-events, from counts per distinct score.
 *
 * The rank correlation of a score has no tolerance for carelessness with ties: tied pairs count one half in the AUC, the KS
 * distance is looked for only between distinct scores, a group of a gains table never divides rows of one score. Rows are
 * counted in integers, and everything up to the last division is exact; weights are doubles.
 *
 * A cut-off divides scores into those below it and those at or above it. Which side is the riskier one is the direction's
 * business, so a PD is rejected at the cut-off and a credit score is approved there.
 */
#ifndef CL_CORE_ROC_H
#define CL_CORE_ROC_H

#include "core/tally.h"

typedef struct ClRocTotals
{
	int64_t		n[2];
	double		weight[2];
	cl_int128	amount[2];
} ClRocTotals;

/* Of a settled tally, as everything here. */
extern void cl_roc_totals(const ClTally *tally, ClRocTotals *total);

/* All NaN when a class is empty. */
typedef struct ClRocMeasures
{
	ClRocTotals total;
	double		auc;
	double		ks;
	double		ks_cutoff;		/* where the distance is; NaN when it is zero */
	double		ks_share[2];	/* shares of either class on the riskier side of it */
} ClRocMeasures;

extern void cl_roc_measure(const ClTally *tally, bool higher_is_riskier, ClRocMeasures *measures);
extern double cl_roc_auc_variance(const ClTally *tally, bool higher_is_riskier, const ClRocMeasures *measures);

/* Standard error of an AUC from class sizes alone (Hanley and McNeil 1982). */
extern double cl_roc_hanley_mcneil(double auc, double n_event, double n_non_event);

#endif							/* CL_CORE_ROC_H */
