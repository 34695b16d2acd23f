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

/* The Shapley value by its definition: what each adds, summed over all orders; n! times the value. */
static void
walk_orders(const cl_int128 *a, int n, int used, cl_int128 reached, cl_int128 *value)
{
	int			orders = 1;		/* of those that are left after one more */

	for (int i = 2; i < n - __builtin_popcount(used); i++)
		orders *= i;
	for (int k = 0; k < n; k++)
	{
		if (used & 1 << k)
			continue;
		if (a[k] > reached)
			value[k] += (a[k] - reached) * orders;
		walk_orders(a, n, used | 1 << k, a[k] > reached ? a[k] : reached, value);
	}
}

static void
check_shapley(const cl_int128 *a, int n, const cl_int128 *part)
{
	cl_int128	exact[CL_GAP_CAUSES] = {0};
	int			orders = n == 5 ? 120 : n == 4 ? 24 : 2;

	walk_orders(a, n, 0, 0, exact);
	for (int k = 0; k < n; k++)
	{
		cl_int128	error = part[k] * orders - exact[k];

		CHECK(error > -orders && error < orders);
	}
}

static cl_int128
least(cl_int128 a, cl_int128 b)
{
	return a < b ? a : b;
}

static cl_int128
most(cl_int128 a, cl_int128 b)
{
	return a > b ? a : b;
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
	cl_int128	entitlement = input->entitlement;
	cl_int128	drawn = input->drawn;
	cl_int128	limit = input->cap[CL_CAUSE_UNGRANTED];

	CHECK(sum(gap->part, CL_GAP_CAUSES) == gap->gap);
	CHECK(sum(gap->unmet_part, CL_UNMET_CAUSES) == gap->unmet);
	CHECK(gap->gap - gap->over_entitlement == entitlement - drawn);
	CHECK(gap->over_entitlement >= 0 && gap->over_limit >= 0 && gap->above_entitlement >= 0);
	CHECK(gap->clamped == (input->has_cap[CL_CAUSE_DEMAND] && input->cap[CL_CAUSE_DEMAND] < drawn));
	if (input->has_cap[CL_CAUSE_UNGRANTED])
	{
		CHECK(sum(gap->granted, CL_GRANTED_CAUSES) + gap->above_entitlement - gap->over_limit == limit - drawn);
		CHECK(gap->unmet == (input->has_cap[CL_CAUSE_DEMAND] ? most(0, input->cap[CL_CAUSE_DEMAND] - most(limit, drawn)) : 0));
	}
	else
		CHECK(gap->part[CL_CAUSE_UNGRANTED] == 0 && gap->unmet_part[CL_UNMET_UNGRANTED] == 0);
}

/* The players of the game by their definitions, written as formulas of the six amounts; a missing cap is out of reach. */
static void
check_against_orders(const ClGapInput *input, const ClGap *gap)
{
	cl_int128	huge = (cl_int128) cl_pow10_128(36);
	cl_int128	q = input->entitlement;
	cl_int128	cap[CL_CAUSE_REST];
	cl_int128	u = least(input->drawn, q);
	cl_int128	g;
	cl_int128	f;
	cl_int128	d;

	for (int k = 0; k < CL_CAUSE_REST; k++)
		cap[k] = input->has_cap[k] ? input->cap[k] : huge;
	g = input->has_cap[CL_CAUSE_UNGRANTED] ? most(u, least(cap[CL_CAUSE_UNGRANTED], q)) : u;
	{
		cl_int128	a[] = {most(0, q - most(cap[0], g)), most(0, q - most(cap[1], g)), most(0, q - most(cap[2], u)),
			most(0, q - most(cap[3], u)), q - u};

		check_shapley(a, 5, gap->part);
	}
	if (!input->has_cap[CL_CAUSE_DEMAND])
		return;
	d = most(cap[CL_CAUSE_DEMAND], input->drawn);
	f = input->has_cap[CL_CAUSE_UNGRANTED] ? most(cap[2], input->drawn) : input->drawn;
	{
		cl_int128	a[] = {most(0, d - most(q, f)), most(0, d - most(cap[0], f)), most(0, d - most(cap[1], f)),
			most(0, d - most(cap[2], f))};

		check_shapley(a, 4, gap->unmet_part);
	}
	g = input->has_cap[CL_CAUSE_UNGRANTED] ? least(cap[2], q) : least(q, least(cap[0], cap[1]));
	u = least(input->drawn, g);
	{
		cl_int128	a[] = {most(0, g - most(cap[CL_CAUSE_DEMAND], u)), g - u};

		check_shapley(a, 2, gap->granted);
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
	/* Entitlement 50000, caps 30000 and 40000, limit 25000, demand 12000, drawn 10000: by hand, and over the 120 orders. */
	static const cl_int128 expected[][CL_GAP_CAUSES] = {
		[CL_GAP_WATERFALL] = {2000000, 0, 500000, 1300000, 200000},
		[CL_GAP_SHAPLEY] = {450000, 200000, 616666, 1266667, 1466667},
		[CL_GAP_BINDING] = {0, 0, 0, 3800000, 200000}
	};
	uint64_t	state = 20261122;
	ClGap		gap;
	ClGapInput	worked = {
		.entitlement = 5000000, .cap = {3000000, 4000000, 2500000, 1200000}, .has_cap = {true, true, true, true}, .drawn = 1000000
	};

	for (int method = CL_GAP_WATERFALL; method <= CL_GAP_BINDING; method++)
	{
		worked.method = method;
		cl_gap(&worked, &gap);
		for (int k = 0; k < CL_GAP_CAUSES; k++)
			CHECK(gap.part[k] == expected[method][k]);
		CHECK(gap.granted[0] == (method == CL_GAP_SHAPLEY ? 650000 : 1300000));
		CHECK(gap.granted[1] == (method == CL_GAP_SHAPLEY ? 850000 : 200000));
	}
	/* The largest amounts: Shapley multiplies by 60. */
	for (int k = 0; k < CL_CAUSE_REST; k++)
		worked.cap[k] = k;
	worked.entitlement = (cl_int128) cl_pow10_128(36) - 1;
	worked.drawn = 0;
	worked.method = CL_GAP_SHAPLEY;
	cl_gap(&worked, &gap);
	check_identities(&worked, &gap);

	CHECK(cl_rate_of_two(100, 500000000000, 0, 0) == 50 && cl_rate_of_two(1, 300000000000, 1, 200000000000) == 1);
	CHECK(cl_rate_of_two(1, 300000000000, 1, 199999999999) == 0);
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
				check_against_orders(&input, &gap);
		}
		check_rates(&state);
	}
}
