/*
 * binning_segments.h
 *	  What every segment of pre-bins is worth as a bin, and divisions of all pre-bins into such bins.
 *
 * Segment (i, j) is the bin of the pre-bins i .. j - 1.
 */
#ifndef CL_CORE_BINNING_SEGMENTS_H
#define CL_CORE_BINNING_SEGMENTS_H

#include "core/binning_rules.h"

typedef struct ClSegments
{
	const ClMemory *memory;
	int			n;				/* pre-bins */
	double	   *weight[2];		/* of the pre-bins before each place 0 .. n */
	double	   *term;			/* what each segment is worth, by cl_segment(); -Infinity: may not be a bin */
} ClSegments;

/* "forced": is there to be a split at place 0 .. n? */
extern void cl_segments_init(ClSegments *segments, const ClMemory *memory, const ClBinCounts *prebin, int n,
							 const unsigned char *forced, const ClOptimumRules *rules, const double *total);
extern void cl_segments_keep_sizes(ClSegments *segments, const ClOptimumRules *rules, const double *total);
extern void cl_segments_free(ClSegments *segments);

/* A binning and what it is worth; the sums of terms are exact, see weigh() in binning_segments.c. */
typedef struct ClDivision
{
	double		worth;			/* -Infinity: there is none */
	int			n_bins;
	int			end[CL_OPTIMUM_MAX_BINS];
} ClDivision;

static inline size_t
cl_segment(const ClSegments *segments, int i, int j)
{
	return (size_t) i * (size_t) (segments->n + 1) + (size_t) j;
}

static inline void
cl_segment_weight(const ClSegments *segments, int i, int j, double *weight)
{
	for (int class = 0; class < 2; class++)
		weight[class] = segments->weight[class][j] - segments->weight[class][i];
}

static inline double
cl_segment_rate(const ClSegments *segments, int i, int j)
{
	double		weight[2];

	cl_segment_weight(segments, i, j, weight);
	return cl_event_rate(weight);
}

/* Is a preferred to b? Worth more, or equal and fewer bins, or equal and the first differing split comes earlier. */
extern bool cl_division_before(const ClDivision *a, const ClDivision *b);

/* Do two neighbours differ so much that the z statistic of their rates is at least the root of critical? */
static inline bool
cl_neighbours_differ(const double *a, const double *b, double critical)
{
	double		size = a[0] + a[1];
	double		other = b[0] + b[1];
	double		difference = a[CL_EVENT] * other - b[CL_EVENT] * size;
	double		variance = (a[0] + b[0]) * (a[1] + b[1]) * (size * other);

	return variance > 0 && difference * difference * (size + other) >= critical * variance;
}

#endif							/* CL_CORE_BINNING_SEGMENTS_H */
