/*
 * Moments of scores against two passes in long double, in any order; four fifths exactly; intervals of two groups.
 */
#include "check.h"
#include "core/fairness.h"

void		test_fairness(void);

#define REACH_95 1.959963984540054

static void
check_moments(uint64_t *random, int n, double scale, double shift)
{
	ClScoreMoments whole = {0};
	ClScoreMoments part[3] = {{0}, {0}, {0}};
	static double x[2000];
	long double sum = 0;
	long double squares = 0;

	for (int i = 0; i < n; i++)
	{
		x[i] = shift + scale * (double) (cl_test_random(random) >> 11) / 9007199254740992.0;
		sum += x[i];
		cl_score_moments_add(&whole, x[i]);
		cl_score_moments_add(&part[cl_test_random(random) % 3], x[i]);
	}
	for (int i = 0; i < n; i++)
		squares += (x[i] - sum / n) * (x[i] - sum / n);
	cl_score_moments_merge(&part[2], &part[0]);
	cl_score_moments_merge(&part[2], &part[1]);
	CHECK_EQ_INT(part[2].n, n);
	CHECK(fabsl(cl_score_mean(&whole) - sum / n) <= 1e-15L * fabsl(sum / n));
	CHECK(cl_score_mean(&whole) == cl_score_mean(&part[2]));
	if (n > 1)
	{
		CHECK(fabsl(cl_score_stddev(&whole) - sqrtl(squares / (n - 1))) <= 1e-13L * sqrtl(squares / (n - 1)));
		CHECK(fabs(cl_score_stddev(&whole) - cl_score_stddev(&part[2])) <= 1e-15 * cl_score_stddev(&whole));
	}
}

static void
check_moments_of_any(void)
{
	uint64_t	random = 1607;
	ClScoreMoments none = {0};
	ClScoreMoments equal = {0};

	for (int i = 0; i < 200; i++)
	{
		int			n = 1 + (int) (cl_test_random(&random) % 2000);

		check_moments(&random, n, 1, 0);
		check_moments(&random, n, 300, 500);
		check_moments(&random, n, 1e-3, 1e3);
		check_moments(&random, n, 1e100, -3e99);
	}
	CHECK(isnan(cl_score_mean(&none)) && isnan(cl_score_stddev(&none)));
	for (int i = 0; i < 100000; i++)
		cl_score_moments_add(&equal, 700.1);
	CHECK(cl_score_stddev(&equal) == 0);
	CHECK_NEAR(cl_score_mean(&equal), 700.1, 1e-15);
}

static void
check_four_fifths(void)
{
	for (int64_t n = 1; n < 60; n++)
	{
		for (int64_t a = 0; a <= n; a++)
		{
			for (int64_t b = 1; b <= 30; b++)
				CHECK(cl_impact(a, n, b, 30, REACH_95).below_four_fifths == (5 * a * 30 < 4 * b * n));
		}
	}
	CHECK_EQ_INT(cl_impact(INT64_MAX - 1, INT64_MAX, INT64_MAX, INT64_MAX, REACH_95).below_four_fifths, 0);
	CHECK_EQ_INT(cl_impact(INT64_MAX / 5 * 4, INT64_MAX, INT64_MAX, INT64_MAX, REACH_95).below_four_fifths, 1);
	CHECK_EQ_INT(cl_impact(1, 2, 0, 5, REACH_95).below_four_fifths, -1);
}

static void
check_impact(void)
{
	/* R 4.2.2; see test/sql/fairness.sql. */
	ClImpact	impact = cl_impact(12, 40, 48, 80, REACH_95);

	CHECK_NEAR(impact.ratio, 0.5, 1e-15);
	CHECK_NEAR(impact.low, 0.301432941045597, 1e-13);
	CHECK_NEAR(impact.high, 0.829371863382984, 1e-13);
	CHECK_NEAR(impact.z, -3.09838667696593, 1e-13);
	CHECK_NEAR(impact.p_value, 0.00194577369373915, 1e-15);
	impact = cl_impact(0, 25, 30, 60, REACH_95);
	CHECK(impact.ratio == 0 && impact.low == 0);
	CHECK_NEAR(impact.high, 0.60554679460039, 1e-13);
	impact = cl_impact(5, 10, 0, 20, REACH_95);
	CHECK(isnan(impact.ratio) && isnan(impact.low) && isnan(impact.high) && impact.z > 0);
	for (int64_t a = 0; a <= 20; a++)
	{
		for (int64_t b = 1; b <= 20; b++)
		{
			impact = cl_impact(a, 20, b, 20, 1e-6);
			CHECK(impact.low <= impact.ratio && impact.ratio <= impact.high);
		}
	}
}

static void
check_smd(void)
{
	ClSmd		smd = cl_smd(50, 103, 5.5, 50, 100, 4.5, REACH_95);

	CHECK_NEAR(smd.smd, 0.597022314125993, 1e-14);
	CHECK_NEAR(smd.low, 0.196392164158888, 1e-14);
	CHECK_NEAR(smd.high, 0.997652464093099, 1e-14);
	smd = cl_smd(1, 610, NAN, 40, 600, 50, REACH_95);
	CHECK_NEAR(smd.smd, 0.2, 1e-14);
	CHECK(isnan(cl_smd(1, 5, NAN, 1, 6, NAN, REACH_95).smd) && isnan(cl_smd(0, NAN, NAN, 9, 5, 1, REACH_95).smd));
	CHECK(isnan(cl_smd(5, 5, 0, 5, 6, 0, REACH_95).smd) && isnan(cl_smd(5, 5, 1, 0, NAN, NAN, REACH_95).smd));
}

void
test_fairness(void)
{
	check_moments_of_any();
	check_four_fifths();
	check_impact();
	check_smd();
}
