/*
 * bins_chi2.h
 *	  Pearson's chi-squared of two bins against the classes, which the optimum must agree with.
 *
 * One degree of freedom, no continuity correction: the square of the z statistic of two proportions with pooled variance. NaN
 * where all rows are of one class, or one bin is empty.
 */
#ifndef CL_TEST_BINS_CHI2_H
#define CL_TEST_BINS_CHI2_H

#include "core/tally.h"

static inline double
bins_chi2(const double *a, const double *b)
{
	double		size[2] = {a[0] + a[1], b[0] + b[1]};
	double		all = size[0] + size[1];
	double		difference = a[CL_EVENT] * size[1] - b[CL_EVENT] * size[0];

	return difference * difference / (size[0] * size[1]) / ((a[0] + b[0]) * (a[1] + b[1])) * all;
}

#endif							/* CL_TEST_BINS_CHI2_H */
