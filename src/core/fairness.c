/*
 * fairness.c
 *	  Whether a group of borrowers fares worse than another.
 */
#include "core/fairness.h"

#include <stdbool.h>

#include "core/distribution.h"
#include "core/proportion.h"

void
cl_score_moments_merge(ClScoreMoments *moments, const ClScoreMoments *other)
{
	if (other->n == 0)
		return;
	moments->lowest = moments->n == 0 ? other->lowest : fmin(moments->lowest, other->lowest);
	moments->highest = moments->n == 0 ? other->highest : fmax(moments->highest, other->highest);
	moments->n += other->n;
	cl_exact_sum_merge(&moments->sum, &other->sum);
	cl_exact_sum_merge(&moments->squares, &other->squares);
}

double
cl_score_mean(const ClScoreMoments *moments)
{
	return moments->n > 0 ? moments->sum.high / (double) moments->n : NAN;
}

/* Squares less sum^2 / n, with both in twice the precision. */
double
cl_score_stddev(const ClScoreMoments *moments)
{
	double		n = (double) moments->n;
	double		high = moments->sum.high * moments->sum.high;
	double		low = fma(moments->sum.high, moments->sum.high, -high) + 2 * moments->sum.high * moments->sum.middle;
	double		quotient = high / n;
	double		rest = (fma(-quotient, n, high) + low) / n;
	double		deviations = (moments->squares.high - quotient) + (moments->squares.middle - rest);

	if (moments->n < 2)
		return NAN;
	return moments->lowest == moments->highest ? 0 : sqrt(fmax(0, deviations) / (n - 1));
}

/* a < 4/5 b for products of two counts, without 5 a or 4 b, which may not fit. */
static bool
below_four_fifths(cl_uint128 a, cl_uint128 b)
{
	return a < b - b / 5;
}

/*
 * The logarithm of a ratio of rates is nearly normal (Katz, Baptista, Azen and Pike 1978, Biometrics 34, 469). An empty cell
 * would make its variance infinite, or forget a source of it: then a half is added to each of the four cells, for the interval
 * only (Cox 1970, The analysis of binary data).
 */
static void
katz_interval(ClImpact *impact, double a, double n, double a_reference, double n_reference, double reach)
{
	double		added = a == 0 || a == n || a_reference == n_reference ? 0.5 : 0;
	double		log_ratio;
	double		reached;

	a += added;
	n += 2 * added;
	a_reference += added;
	n_reference += 2 * added;
	log_ratio = log(a / n / (a_reference / n_reference));
	reached = reach * sqrt((n - a) / (a * n) + (n_reference - a_reference) / (a_reference * n_reference));
	impact->low = impact->ratio == 0 ? 0 : fmin(exp(log_ratio - reached), impact->ratio);
	impact->high = fmax(exp(log_ratio + reached), impact->ratio);
}

ClImpact
cl_impact(int64_t favourable, int64_t n, int64_t favourable_reference, int64_t n_reference, double reach)
{
	ClImpact	impact = {NAN, NAN, NAN, NAN, NAN, -1};

	impact.z = cl_proportion_z(n_reference, favourable_reference, n, favourable);
	impact.p_value = cl_normal_two_sided(impact.z);
	if (n == 0 || n_reference == 0 || favourable_reference == 0)
		return impact;
	impact.ratio = (double) favourable / (double) n / ((double) favourable_reference / (double) n_reference);
	impact.below_four_fifths = below_four_fifths((cl_uint128) favourable * (cl_uint128) n_reference,
												 (cl_uint128) favourable_reference * (cl_uint128) n);
	katz_interval(&impact, (double) favourable, (double) n, (double) favourable_reference, (double) n_reference, reach);
	return impact;
}

ClSmd
cl_smd(double n, double mean, double stddev, double n_reference, double mean_reference, double stddev_reference, double reach)
{
	ClSmd		result = {NAN, NAN, NAN};
	double		freedom = n + n_reference - 2;
	double		pooled = 0;
	double		reached;

	/* A group of one has no deviation of its own, and takes that of the other. */
	if (n > 1)
		pooled += (n - 1) / freedom * stddev * stddev;
	if (n_reference > 1)
		pooled += (n_reference - 1) / freedom * stddev_reference * stddev_reference;
	if (!(n >= 1 && n_reference >= 1 && pooled > 0))
		return result;
	result.smd = (mean - mean_reference) / sqrt(pooled);
	reached = reach * sqrt(1 / n + 1 / n_reference + result.smd * result.smd / (2 * (n + n_reference)));
	result.low = result.smd - reached;
	result.high = result.smd + reached;
	return result;
}
