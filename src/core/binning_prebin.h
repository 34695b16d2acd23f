/*
 * binning_prebin.h
 *	  Pre-bins: the fine classes from which optimal binning makes bins, and the cuts between them.
 *
 * Values are divided into classes of about equal weight. Rows of one value are never divided; a value so frequent that it fills
 * a class has one of its own; where there are no more distinct values than classes each has its own.
 *
 * A cut may lie anywhere between the values on its two sides without changing a count. Peers take the middle, 1499.5731; here it
 * is the number with the fewest digits, 1500, see readable_cut.h.
 */
#ifndef CL_CORE_BINNING_PREBIN_H
#define CL_CORE_BINNING_PREBIN_H

#include "core/readable_cut.h"
#include "core/woe.h"

typedef struct ClPrebinRules
{
	int			max_prebins;	/* forced cuts may add one each */
	bool		closed_right;	/* the cut itself belongs to the bin on its left: (a, b]; false: [a, b) */
	const double *forced;		/* cuts that must be, ascending and distinct */
	int			n_forced;
	const double *skip;			/* values that take no part, such as special codes, ascending */
	int			n_skip;
} ClPrebinRules;

typedef struct ClPrebin
{
	double		lowest;			/* of its values; NaN when it is empty */
	double		highest;
	double		cut;			/* the forced or given cut before it; NaN: any between the values will do */
} ClPrebin;

typedef struct ClPrebins
{
	int			n;
	ClPrebin   *bin;
	ClBinCounts *counts;
	unsigned char *boundary;	/* ClBoundary after each but the last: forced where a forced cut is */
} ClPrebins;

/* Of a settled tally. A forced cut beside all values, or with the same neighbours as the one before, divides nothing. */
extern void cl_prebins_init(ClPrebins *prebins, const ClMemory *memory, const ClTally *tally, const ClPrebinRules *rules);

/* One more bin than there are cuts in rules->forced, and may be empty. */
extern void cl_prebins_at(ClPrebins *prebins, const ClMemory *memory, const ClTally *tally, const ClPrebinRules *rules);


/* The cut after pre-bin number i, which is not the last; it and the next are not empty. */
extern double cl_prebins_cut(const ClPrebins *prebins, int i, bool closed_right);

/*
 * Categories
 *
 * Ordered by event rate, with the prior of CL_SMOOTHING_PRIOR so that a category of three borrowers is not the safest or the
 * riskiest of all; among equals as they come. Then they are pre-bins as distinct values are.
 */
#define CL_CATEGORY_OTHER (-1)

typedef struct ClCategories
{
	int			n;				/* pre-bins */
	ClBinCounts *counts;
	ClBinCounts other;			/* categories too rare to judge */
	int		   *prebin;			/* of each category: its pre-bin, or CL_CATEGORY_OTHER */
} ClCategories;

/* Rare is a share of all weight here below the cutoff. */
extern void cl_categories_init(ClCategories *categories, const ClMemory *memory, const ClBinCounts *category, int n,
							   int max_prebins, double cutoff);

#endif							/* CL_CORE_BINNING_PREBIN_H */
