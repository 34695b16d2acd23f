/*
 * some_demand.h
 *	  Demands of every form, drawn at random: for tests of what is best for an account.
 */
#ifndef CL_TEST_SOME_DEMAND_H
#define CL_TEST_SOME_DEMAND_H

#include "check.h"
#include "core/demand.h"

static double
uniform(uint64_t *random)
{
	return (double) (cl_test_random(random) >> 11) * 0x1p-53;
}

static const double probabilities[] = {0.2, 0.2001, 0.6, 0.6001, 1};
static const double quantiles[] = {0, 400, 400, 900, 5000};

static ClDemandModel
some_demand(uint64_t *random, bool smooth)
{
	double		mu = 5 + 4 * uniform(random);
	double		p_zero = cl_test_random(random) % 2 ? 0.6 * uniform(random) : 0;
	double		ceiling = smooth || cl_test_random(random) % 3 ? INFINITY : 2 * exp(mu);

	switch (smooth ? 2 : cl_test_random(random) % 6)
	{
		case 0:
			return (ClDemandModel) {CL_DEMAND_NORMAL, exp(mu), exp(mu) * uniform(random), 0, ceiling, 0, NULL, NULL};
		case 1:
			return (ClDemandModel) {CL_DEMAND_GAMMA, exp(mu), exp(mu) * (0.2 + uniform(random)), p_zero, ceiling, 0, NULL, NULL};
		case 3:
			return (ClDemandModel) {CL_DEMAND_LOGNORMAL, mu, 0, p_zero, ceiling, 0, NULL, NULL};
		case 4:
			return (ClDemandModel) {CL_DEMAND_QUANTILES, 0, 0, 0, ceiling, 5, probabilities, quantiles};
		default:
			return (ClDemandModel) {CL_DEMAND_LOGNORMAL, mu, 0.3 + uniform(random), p_zero, ceiling, 0, NULL, NULL};
	}
}

#endif							/* CL_TEST_SOME_DEMAND_H */
