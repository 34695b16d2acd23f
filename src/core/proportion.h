/*
 * proportion.h
 *	  Two observed rates and whether they differ: the test statistic that grades and groups are compared with.
 */
#ifndef CL_CORE_PROPORTION_H
#define CL_CORE_PROPORTION_H

#include <math.h>
#include <stdint.h>

#include "core/money.h"

/*
 * z of rate a2/n2 less rate a1/n1 with the pooled variance, without a correction for continuity: the root of Pearson's
 * chi-squared of the 2 x 2 table. NaN where the pooled rate is 0 or 1, so that nothing tells the two apart, and where a count
 * is missing. 0 <= a <= n; the difference is exact.
 */
static inline double
cl_proportion_z(int64_t n1, int64_t a1, int64_t n2, int64_t a2)
{
	cl_int128	difference = (cl_int128) a2 * n1 - (cl_int128) a1 * n2;
	double		hits = (double) a1 + (double) a2;
	double		misses = (double) (n1 - a1) + (double) (n2 - a2);

	if (n1 == 0 || n2 == 0 || hits == 0 || misses == 0)
		return NAN;
	return (double) difference / sqrt(hits * misses * ((double) n1 / (hits + misses)) * (double) n2);
}

#endif							/* CL_CORE_PROPORTION_H */
