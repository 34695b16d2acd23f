/*
 * Correlated defaults against quadrature in arithmetic of 30 digits, against the binomial, and by the mean that correlation
 * leaves alone; the interval of a rate; two proportions.
 */
#include "check.h"
#include "core/distribution.h"
#include "core/pd_test.h"
#include "core/proportion.h"

void		test_pd_test(void);

static void
check_mean(double n, double pd, double correlation)
{
	double		sum = 0;

	for (double k = 1; k <= n; k++)
		sum += cl_pd_correlated_upper(n, k, pd, correlation);
	CHECK_NEAR(sum / (n * pd), 1, 1e-12);
}

static void
check_correlated(void)
{
	static const double correlations[] = {0, 1e-300, 1e-9, 1e-4, 0.01, 0.12, 0.5, 0.9, 0.9999, 1 - 1e-15, 1};

	CHECK_NEAR(cl_pd_correlated_upper(2, 2, 0.05, 0.2) / 0.0052454497158263038, 1, 1e-12);
	CHECK_NEAR(cl_pd_correlated_upper(10, 10, 0.01, 0.3) / 7.1616497513698238e-8, 1, 1e-12);
	CHECK_NEAR(cl_pd_correlated_upper(20, 3, 0.001, 0.9) / 0.0021144104867242298, 1, 1e-12);
	CHECK_NEAR(cl_pd_correlated_upper(3, 1, 0.4, 0.12) / 0.75213837314712837, 1, 1e-12);
	for (size_t i = 0; i < sizeof(correlations) / sizeof(correlations[0]); i++)
	{
		check_mean(1, 1e-6, correlations[i]);
		check_mean(30, 0.05, correlations[i]);
		check_mean(200, 0.6, correlations[i]);
	}
	for (double k = 0; k <= 250; k += 5)
		CHECK_NEAR(cl_pd_correlated_upper(500, k, 0.04, 1e-18) / cl_binomial_upper(k, 500, 0.04), 1, 1e-11);
	CHECK(cl_pd_correlated_upper(10, 0, 0, 0.5) == 1 && cl_pd_correlated_upper(10, 1, 0, 0.5) == 0);
	CHECK(cl_pd_correlated_upper(10, 10, 1, 0.5) == 1 && cl_pd_correlated_upper(10, 3, 0.2, 1) == 0.2);
	CHECK(cl_pd_correlated_upper(1e9, 1e9, 1e-300, 1e-9) == 0);
}

static void
check_interval(double n, double events, double confidence)
{
	double		low;
	double		high;
	double		mirrored_low;
	double		mirrored_high;

	cl_jeffreys_interval(n, events, confidence, &low, &high);
	cl_jeffreys_interval(n, n - events, confidence, &mirrored_low, &mirrored_high);
	CHECK(low >= 0 && low <= events / n && events / n <= high && high <= 1);
	CHECK_NEAR(low, 1 - mirrored_high, 1e-15);
	CHECK_NEAR(high, 1 - mirrored_low, 1e-15);
	if (events > 0 && events < n)
		CHECK_NEAR(cl_beta_cdf(low, events + 0.5, n - events + 0.5), (1 - confidence) / 2, 1e-12);
}

void
test_pd_test(void)
{
	check_correlated();
	for (double n = 1; n < 1e7; n *= 7)
	{
		for (double share = 0; share <= 1; share += 0.25)
			check_interval(n, floor(n * share), 0.95);
	}
	CHECK_NEAR(cl_pd_normal_z(100, 5, 0.02), 2.1428571428571428, 1e-14);
	CHECK(isnan(cl_pd_normal_z(5, 0, 0)) && isnan(cl_pd_normal_z(5, 5, 1)) && cl_pd_normal_z(5, 1, 0) == INFINITY);
	/* R 4.2.2: prop.test(c(10, 5), c(400, 500), correct = FALSE). */
	CHECK_NEAR(cl_proportion_z(500, 5, 400, 10), 1.7466675292187459, 1e-14);
	CHECK_NEAR(cl_proportion_z(400, 10, 500, 5), -1.7466675292187459, 1e-14);
	CHECK(isnan(cl_proportion_z(0, 0, 5, 1)) && isnan(cl_proportion_z(5, 0, 5, 0)) && isnan(cl_proportion_z(5, 5, 6, 6)));
	CHECK(cl_proportion_z(INT64_MAX, 0, INT64_MAX, INT64_MAX) > 1e9);
}
