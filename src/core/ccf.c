/*
 * ccf.c
 *	  Realised conversion factors, and their averages.
 */
#include "core/ccf.h"

#include <math.h>

ClRealisedCcf
cl_realised_ccf(double balance, double limit, double ead, double unstable)
{
	ClRealisedCcf ccf = {
		.above = {ead - balance, ead, ead, ead - balance},
		.below = {limit - balance, balance, limit, limit}
	};

	for (int i = 0; i < CL_CONVERSIONS; i++)
	{
		if (!(ccf.below[i] > unstable * limit && fabs(ccf.above[i]) / ccf.below[i] <= CL_CCF_LARGEST_RATIO))
			ccf.below[i] = NAN;
	}
	return ccf;
}

/*
 * The product of two doubles with twenty bits of what rounding takes of it: with all of them, squares of amounts between a cent
 * and a million would be too much for an exact sum.
 */
static void
add_product(ClExactSum *sum, double a, double b)
{
	double		product = a * b;
	double		grid = product * 0x1p-20;

	cl_exact_sum_add(sum, product);
	cl_exact_sum_add(sum, (fma(a, b, -product) + grid) - grid);
}

void
cl_ccf_add(ClCcfMoments *moments, double above, double below)
{
	double		ratio = above / below;

	moments->n++;
	cl_exact_sum_add(&moments->sum[CL_CCF_RATIO], ratio);
	add_product(&moments->sum[CL_CCF_RATIO_SQUARE], ratio, ratio);
	cl_exact_sum_add(&moments->sum[CL_CCF_ABOVE], above);
	cl_exact_sum_add(&moments->sum[CL_CCF_BELOW], below);
	add_product(&moments->sum[CL_CCF_ABOVE_SQUARE], above, above);
	add_product(&moments->sum[CL_CCF_PRODUCT], above, below);
	add_product(&moments->sum[CL_CCF_BELOW_SQUARE], below, below);
}

void
cl_ccf_merge(ClCcfMoments *moments, const ClCcfMoments *other)
{
	moments->n += other->n;
	for (int i = 0; i < CL_CCF_SUMS; i++)
		cl_exact_sum_merge(&moments->sum[i], &other->sum[i]);
}

/* The root of what rounding may have made negative. */
static double
error_of(double variance)
{
	return sqrt(fmax(0, variance));
}

ClCcfEstimate
cl_ccf_facility_weighted(const ClCcfMoments *moments)
{
	double		n = (double) moments->n;
	double		mean = moments->sum[CL_CCF_RATIO].high / n;
	/* Squares less n mean^2, of which the mean's own rounding is no part. */
	ClExactSum	squares = moments->sum[CL_CCF_RATIO_SQUARE];

	if (moments->n == 0)
		return (ClCcfEstimate) {NAN, NAN};
	add_product(&squares, -mean, moments->sum[CL_CCF_RATIO].high);
	return (ClCcfEstimate) {mean, moments->n < 2 ? NAN : error_of(squares.high / (n - 1) / n)};
}

ClCcfEstimate
cl_ccf_exposure_weighted(const ClCcfMoments *moments)
{
	double		n = (double) moments->n;
	double		below = moments->sum[CL_CCF_BELOW].high;
	double		ratio = moments->sum[CL_CCF_ABOVE].high / below;
	/* The squares of above - ratio below. */
	double		rest = moments->sum[CL_CCF_ABOVE_SQUARE].high - 2 * ratio * moments->sum[CL_CCF_PRODUCT].high +
		ratio * ratio * moments->sum[CL_CCF_BELOW_SQUARE].high;

	if (moments->n == 0)
		return (ClCcfEstimate) {NAN, NAN};
	return (ClCcfEstimate) {ratio, moments->n < 2 ? NAN : error_of(rest * n / (n - 1)) / below};
}
