/*
 * card_points.h
 *	  Points of a scorecard from the coefficients of a model and the weights of evidence of its bins.
 *
 * The model is on the log-odds of the event: intercept + sum of coefficient * WoE. With factor = pdo / ln 2 and offset =
 * score_0 - factor * ln(odds_0) the score is offset - factor * log-odds (Siddiqi 2006, chapter 6), of which each bin gets
 * -factor * coefficient * WoE. Whether the constant stands alone or is spread over the characteristics is a matter of taste,
 * and so is where zero is.
 */
#ifndef CL_CORE_CARD_POINTS_H
#define CL_CORE_CARD_POINTS_H

#include "core/memory.h"
#include "core/scorecard.h"

typedef enum ClAllocation
{
	CL_ALLOCATION_BASE_POINTS,	/* the constant is the base; a bin with WoE 0 has 0 points */
	CL_ALLOCATION_SPREAD,		/* no base: every characteristic has its share of the constant */
	CL_ALLOCATION_ZERO_MINIMUM	/* the lowest bin of every characteristic has 0 points; the base is the lowest score */
} ClAllocation;

typedef enum ClRounding
{
	CL_ROUNDING_NEAREST,		/* each number by itself: the score may be off by half a point per characteristic and one half */
	CL_ROUNDING_NONE,
	CL_ROUNDING_RANGE			/* so that lowest and highest score are those of the exact card, rounded, at the least error */
} ClRounding;

/* One characteristic. */
typedef struct ClCardPart
{
	int			bins;
	double		coefficient;
	const double *woe;
	double	   *points;			/* the answer */
	double		neutral;		/* points of WoE 0 */
} ClCardPart;

/* Gives the base points. */
extern double cl_card_points(ClCardPart *part, int n, double intercept, const ClScaling *scaling, ClAllocation allocation,
							 ClRounding rounding, const ClMemory *memory);

#endif							/* CL_CORE_CARD_POINTS_H */
