/*
 * binning_rules.h
 *	  The rules that optimal bins have to keep.
 */
#ifndef CL_CORE_BINNING_RULES_H
#define CL_CORE_BINNING_RULES_H

#include "core/woe.h"

/* Larger numbers are for the caller to refuse. */
#define CL_OPTIMUM_MAX_PREBINS 500
#define CL_OPTIMUM_MAX_BINS 100

/* Of the event rate, from the first bin to the last; neighbours may be equal. */
typedef enum ClTrend
{
	CL_TREND_NONE,				/* as rule: any; of an answer: none of the four */
	CL_TREND_ASCENDING,
	CL_TREND_DESCENDING,
	CL_TREND_PEAK,				/* up, then down; as rule: or only one of them */
	CL_TREND_VALLEY,			/* down, then up; as rule: or only one of them */
	CL_TREND_MONOTONE,			/* the better of ascending and descending */
	CL_TREND_BEST,				/* the best of the four; among equals, ascending or descending */
	CL_TREND_AUTO				/* monotone, unless a turn is significant: see binning_trend.c */
} ClTrend;

/* What may become of the place between two pre-bins. */
typedef enum ClBoundary
{
	CL_BOUNDARY_FREE,
	CL_BOUNDARY_FORCED,			/* a split */
	CL_BOUNDARY_FORBIDDEN		/* no split */
} ClBoundary;

typedef struct ClOptimumRules
{
	ClObjective objective;
	int			min_bins;		/* from 1 to max_bins */
	int			max_bins;		/* up to CL_OPTIMUM_MAX_BINS */
	double		min_size;		/* share of all weight, or of that of all events, that a bin has at least */
	double		max_size;		/* ... and at most; 1: any */
	int64_t		min_n[2];		/* rows, or weight, of either class in a bin */
	ClTrend		trend;
	double		min_rate_diff;	/* of the event rates of neighbours; 0: any */
	double		max_p_value;	/* of neighbours: two-sided z-test of two proportions, pooled variance; 1: any */
	const unsigned char *boundary;	/* ClBoundary, one less than there are pre-bins; NULL: all free */
} ClOptimumRules;

#endif							/* CL_CORE_BINNING_RULES_H */
