/*
 * Gaps: the worked example of the literature, and millions of random ones against the definitions by brute force.
 */
#include "check.h"
#include "core/gap.h"

void		test_gap(void);

/* A random amount, often small, often equal to another, sometimes absent. */
static cl_int128
random_amount(uint64_t *state)
{
	switch (cl_test_random(state) % 4)
	{
		case 0:
			return cl_test_random(state) % 4;
		case 1:
			return cl_test_random(state) % 50 * 1000;
		case 2:
			return cl_test_random(state) % 100000000;
		default:
			return (cl_int128) (cl_test_random(state) >> 1) * (cl_test_random(state) % 1000000007);
	}
}

static ClGapInput
random_input(uint64_t *state)
{
	ClGapInput	input = {0};

	input.entitlement = random_amount(state);
	input.drawn = random_amount(state);
	for (int k = 0; k < CL_CAUSE_REST; k++)
	{
		input.has_cap[k] = cl_test_random(state) % 4 != 0;
		input.cap[k] = random_amount(state);
	}
	return input;
}

/* The Shapley value by its definition: the average marginal contribution over all 24 orders, times 24. */
static void
shapley_by_orders(const cl_int128 *a, cl_int128 *value)
{
	static const int orders[24][4] = {
		{0, 1, 2, 3}, {0, 1, 3, 2}, {0, 2, 1, 3}, {0, 2, 3, 1}, {0, 3, 1, 2}, {0, 3, 2, 1},
		{1, 0, 2, 3}, {1, 0, 3, 2}, {1, 2, 0, 3}, {1, 2, 3, 0}, {1, 3, 0, 2}, {1, 3, 2, 0},
		{2, 0, 1, 3}, {2, 0, 3, 1}, {2, 1, 0, 3}, {2, 1, 3, 0}, {2, 3, 0, 1}, {2, 3, 1, 0},
		{3, 0, 1, 2}, {3, 0, 2, 1}, {3, 1, 0, 2}, {3, 1, 2, 0}, {3, 2, 0, 1}, {3, 2, 1, 0}
	};

	for (int k = 0; k < 4; k++)
		value[k] = 0;
	for (int o = 0; o < 24; o++)
	{
		cl_int128	reached = 0;

		for (int i = 0; i < 4; i++)
		{
			int			k = orders[o][i];

			if (a[k] > reached)
			{
				value[k] += a[k] - reached;
				reached = a[k];
			}
		}
	}
}

static cl_int128
sum(const cl_int128 *part, int n)
{
	cl_int128	total = 0;

	for (int k = 0; k < n; k++)
	{
		CHECK(part[k] >= 0);
		total += part[k];
	}
	return total;
}

static void
check_identities(const ClGapInput *input, const ClGap *gap)
{
	cl_int128	used = input->drawn < input->entitlement ? input->drawn : input->entitlement;

	CHECK(gap->gap == input->entitlement - used);
	CHECK(gap->over_limit == input->drawn - used);
	CHECK(sum(gap->part, CL_GAP_CAUSES) == gap->gap);
	CHECK(sum(gap->unmet_part, CL_UNMET_CAUSES) == gap->unmet);
	CHECK(gap->clamped == (input->has_cap[CL_CAUSE_DEMAND] && input->cap[CL_CAUSE_DEMAND] < input->drawn));
}

static void
check_shapley(const ClGapInput *input, const ClGap *gap)
{
	cl_int128	a[4] = {0};
	cl_int128	exact[4];

	for (int k = 0; k < CL_CAUSE_REST; k++)
	{
		cl_int128	floor = input->cap[k] > input->drawn ? input->cap[k] : input->drawn;

		if (input->has_cap[k] && input->entitlement > floor)
			a[k] = input->entitlement - floor;
	}
	a[CL_CAUSE_REST] = gap->gap;
	shapley_by_orders(a, exact);
	for (int k = 0; k < CL_GAP_CAUSES; k++)
	{
		cl_int128	error = gap->part[k] * 24 - exact[k];

		CHECK(error > -24 && error < 24);
	}
}

static void
check_rates(uint64_t *state)
{
	cl_int128	part[5];
	cl_int128	result[5];
	cl_int128	total = 0;
	cl_int128	total_result = 0;
	int64_t		rate = (int64_t) (cl_test_random(state) % 3000000000000) - 1000000000000;

	for (int k = 0; k < 5; k++)
	{
		part[k] = random_amount(state) % (cl_int128) cl_pow10_128(24);
		total += part[k];
	}
	cl_rate_of_parts(part, 5, rate, result);
	for (int k = 0; k < 5; k++)
	{
		cl_int128	error = result[k] * (cl_int128) cl_pow10_64[CL_IMPACT_DECIMALS] - part[k] * rate;

		CHECK(error <= (cl_int128) cl_pow10_64[CL_IMPACT_DECIMALS] && error >= -(cl_int128) cl_pow10_64[CL_IMPACT_DECIMALS]);
		total_result += result[k];
	}
	CHECK(total_result == cl_rate_of(total, rate));
}

void
test_gap(void)
{
	uint64_t	state = 20261122;
	ClGap		gap;
	ClGapInput	worked = {
		.entitlement = 5000000, .cap = {3000000, 4000000, 1200000}, .has_cap = {true, true, true}, .drawn = 1000000
	};

	worked.method = CL_GAP_WATERFALL;
	cl_gap(&worked, &gap);
	CHECK(gap.part[0] == 2000000 && gap.part[1] == 0 && gap.part[2] == 1800000 && gap.part[3] == 200000);
	worked.method = CL_GAP_SHAPLEY;
	cl_gap(&worked, &gap);
	CHECK(gap.part[0] == 583333 && gap.part[1] == 250000 && gap.part[2] == 1483333 && gap.part[3] == 1683334);
	worked.method = CL_GAP_BINDING;
	cl_gap(&worked, &gap);
	CHECK(gap.part[0] == 0 && gap.part[1] == 0 && gap.part[2] == 3800000 && gap.part[3] == 200000);

	CHECK(cl_rate_of(1000, 500000000000) == 500);
	CHECK(cl_rate_of(1, 500000000000) == 1 && cl_rate_of(-1, 500000000000) == -1);
	CHECK(cl_rate_of(1, 499999999999) == 0);
	for (int i = 0; i < cl_rounds(300000); i++)
	{
		ClGapInput	input = random_input(&state);

		for (int method = CL_GAP_WATERFALL; method <= CL_GAP_BINDING; method++)
		{
			input.method = method;
			cl_gap(&input, &gap);
			check_identities(&input, &gap);
			if (method == CL_GAP_SHAPLEY)
				check_shapley(&input, &gap);
		}
		check_rates(&state);
	}
}
