/*
 * ccf.c
 *	  Averages of conversion factors against two passes in long double; the same triples however facilities are split.
 */
#include <string.h>

#include "check.h"
#include "core/ccf.h"

void		test_ccf(void);

#define MOST 300

static void
check_facilities(uint64_t *random, int n, double unstable)
{
	ClCcfMoments whole[CL_CONVERSIONS] = {{0}};
	ClCcfMoments part[2][CL_CONVERSIONS] = {{{0}}};
	static ClRealisedCcf ccf[MOST];

	for (int i = 0; i < n; i++)
	{
		double		limit = exp((double) (cl_test_random(random) % 10000) / 1000);
		double		balance = limit * (double) (cl_test_random(random) % 1200) / 1000;

		ccf[i] = cl_realised_ccf(balance, limit, limit * (double) (cl_test_random(random) % 1300) / 1000, unstable);
		for (int k = 0; k < CL_CONVERSIONS; k++)
		{
			if (isnan(ccf[i].below[k]))
				continue;
			CHECK(ccf[i].below[k] > unstable * limit);
			cl_ccf_add(&whole[k], ccf[i].above[k], ccf[i].below[k]);
			cl_ccf_add(&part[cl_test_random(random) % 2][k], ccf[i].above[k], ccf[i].below[k]);
		}
	}
	for (int k = 0; k < CL_CONVERSIONS; k++)
	{
		long double sum[3] = {0, 0, 0};
		long double squares[2] = {0, 0};
		long double m = (long double) whole[k].n;
		ClCcfEstimate facility = cl_ccf_facility_weighted(&whole[k]);
		ClCcfEstimate exposure = cl_ccf_exposure_weighted(&whole[k]);

		cl_ccf_merge(&part[1][k], &part[0][k]);
		CHECK_EQ_INT(part[1][k].n, whole[k].n);
		for (int s = 0; s < CL_CCF_SUMS; s++)
		{
			ClExactSum	one = cl_exact_sum_closed(&whole[k].sum[s]);
			ClExactSum	other = cl_exact_sum_closed(&part[1][k].sum[s]);

			CHECK(one.high == other.high && one.middle == other.middle && one.low == other.low);
		}
		if (whole[k].n < 2)
			continue;
		for (int i = 0; i < n; i++)
		{
			if (isnan(ccf[i].below[k]))
				continue;
			sum[0] += (long double) (ccf[i].above[k] / ccf[i].below[k]);
			sum[1] += ccf[i].above[k];
			sum[2] += ccf[i].below[k];
		}
		for (int i = 0; i < n; i++)
		{
			long double off = ccf[i].above[k] / ccf[i].below[k] - sum[0] / m;
			long double rest = ccf[i].above[k] - sum[1] / sum[2] * ccf[i].below[k];

			if (isnan(ccf[i].below[k]))
				continue;
			squares[0] += off * off;
			squares[1] += rest * rest;
		}
		CHECK_NEAR(facility.value, (double) (sum[0] / m), 1e-14);
		CHECK_NEAR(facility.error, (double) sqrtl(squares[0] / (m - 1) / m), 1e-12);
		CHECK_NEAR(exposure.value, (double) (sum[1] / sum[2]), 1e-14);
		CHECK_NEAR(exposure.error, (double) (sqrtl(squares[1] * m / (m - 1)) / sum[2]), 1e-9);
	}
}

void
test_ccf(void)
{
	uint64_t	random = 20261130;

	for (int i = 0; i < cl_rounds(4000); i++)
		check_facilities(&random, (int) (cl_test_random(&random) % MOST), i % 2 ? 0.05 : 0);
}
