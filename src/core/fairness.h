/*
 * fairness.h
 *	  Whether a group of borrowers fares worse than another: ratio of rates, and distance of mean scores.
 */
#ifndef CL_CORE_FAIRNESS_H
#define CL_CORE_FAIRNESS_H

#include <math.h>
#include <stdint.h>

#include "core/exact_sum.h"

/*
 * Sums of scores and of their squares, exact: neither the order of rows nor a mean far from 0 costs a digit.
 */
typedef struct ClScoreMoments
{
	int64_t		n;
	ClExactSum	sum;
	ClExactSum	squares;
	double		lowest;			/* scores that are all equal have no deviation, not even one of 2^-52 */
	double		highest;
} ClScoreMoments;

/* Squares of larger scores would leave double precision. */
#define CL_SCORE_LARGEST 1e100

/* The score is finite and at most CL_SCORE_LARGEST either way. */
static inline void
cl_score_moments_add(ClScoreMoments *moments, double score)
{
	double		square = score * score;
	double		lost = fma(score, score, -square);

	if (moments->n++ == 0)
		moments->lowest = moments->highest = score;
	else if (score < moments->lowest)
		moments->lowest = score;
	else if (score > moments->highest)
		moments->highest = score;
	cl_exact_sum_add(&moments->sum, score);
	cl_exact_sum_add(&moments->squares, square);
	if (lost != 0)
		cl_exact_sum_add(&moments->squares, lost);
}

extern void cl_score_moments_merge(ClScoreMoments *moments, const ClScoreMoments *other);

/* NaN where there are not enough scores: one for the mean, two for the sample standard deviation. */
extern double cl_score_mean(const ClScoreMoments *moments);
extern double cl_score_stddev(const ClScoreMoments *moments);

/* The rate of a group against that of a reference; NaN for what cannot be computed. */
typedef struct ClImpact
{
	double		ratio;			/* rate of the group / rate of the reference */
	double		low;			/* Katz et al. (1978); always around the ratio */
	double		high;
	double		z;				/* rate of the group less that of the reference, pooled variance */
	double		p_value;		/* two-sided */
	int			below_four_fifths;	/* exactly; -1 where there is no ratio */
} ClImpact;

/* 0 <= favourable <= n. reach: standard errors to either side of the interval. */
extern ClImpact cl_impact(int64_t favourable, int64_t n, int64_t favourable_reference, int64_t n_reference, double reach);

/* Mean of a group less that of the reference, in pooled standard deviations; NaN where there is none. */
typedef struct ClSmd
{
	double		smd;
	double		low;			/* Hedges and Olkin (1985) */
	double		high;
} ClSmd;

extern ClSmd cl_smd(double n, double mean, double stddev, double n_reference, double mean_reference, double stddev_reference,
					double reach);

#endif							/* CL_CORE_FAIRNESS_H */
