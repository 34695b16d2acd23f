/*
 * The best one limit for all against every step, one by one: demands of all kinds, floors and caps anywhere, margins below 0 too.
 */
#include <math.h>

#include "check.h"
#include "core/band_flat.h"
#include "some_demand.h"

void		test_band_flat(void);

#define ACCOUNTS 12

typedef struct Account
{
	ClDemandModel demand;
	ClEconomics economics;
	double		floor;
	double		cap;
} Account;

static Account account[ACCOUNTS];

static double
kept(const Account *one, double limit)
{
	return fmin(fmax(limit, one->floor), one->cap);
}

/* A budget of exposure. */
static void
sum_point(ClFlatPoint *point, double budget)
{
	double		used = 0;

	point->worth = 0;
	for (int i = 0; i < ACCOUNTS; i++)
	{
		double		limit = kept(&account[i], point->limit);
		double		draw = cl_demand_expected_draw(&account[i].demand, limit);

		point->worth += account[i].economics.margin * draw - account[i].economics.carry * (limit - draw);
		used += limit;
	}
	point->fits = used <= budget;
}

static void
sum_points(ClFlatPoint *point, int n, double budget)
{
	for (int j = 0; j < n; j++)
	{
		sum_point(&point[j], budget);
		for (int i = 0; i < ACCOUNTS && j < n - 1; i++)
		{
			double		limit[2] = {point[j].limit, point[j + 1].limit};
			double		given[2] = {kept(&account[i], limit[0]), kept(&account[i], limit[1])};
			double		exceeds[2] = {
				cl_demand_exceeds(&account[i].demand, given[0]), cl_demand_exceeds(&account[i].demand, given[1])
			};

			cl_flat_slopes(&account[i].economics, limit, given, exceeds, &point[j].rise, &point[j].fall);
		}
	}
}

static void
draw_accounts(uint64_t *random)
{
	for (int i = 0; i < ACCOUNTS; i++)
	{
		account[i] = (Account) {.demand = some_demand(random, false), .cap = INFINITY};
		account[i].economics = (ClEconomics) {.margin = 0.2 * uniform(random) - 0.08, .carry = 0.03 * uniform(random)};
		if (cl_test_random(random) % 3 == 0)
			account[i].floor = 1500 * uniform(random);
		if (cl_test_random(random) % 2 == 0)
			account[i].cap = account[i].floor + 1500 * uniform(random);
	}
}

void
test_band_flat(void)
{
	uint64_t	random = 20261201;
	long		asked = 0;
	long		inside = 0;
	long		at_edge = 0;
	long		none = 0;

	for (int round = 0; round < cl_rounds(4000); round++)
	{
		double		highest = exp(3 + 6 * uniform(&random));
		double		budget = highest * ACCOUNTS * uniform(&random) * uniform(&random);
		double		step = pow(10, floor(log10(highest)) - 2);
		int			steps = (int) floor(highest / step);
		ClFlatPoint best = {.limit = -1, .worth = -INFINITY};
		ClFlatPoint point[CL_FLAT_ASKED];
		ClFlatSearch search;
		int			n = 3;
		bool		fits = true;

		draw_accounts(&random);
		for (int i = 0; i < ACCOUNTS && round % 10 > 0; i++)
			budget += account[i].floor;
		for (int i = 0; i <= steps + 1; i++)
		{
			ClFlatPoint one = {.limit = i > steps ? highest : i * step};

			sum_point(&one, budget);
			fits = one.fits;
			if (one.fits && one.worth > best.worth)
				best = one;
		}
		point[0] = (ClFlatPoint) {.limit = 0, .joined = true};
		point[1] = (ClFlatPoint) {.limit = 0.3 * highest, .joined = true};
		point[2] = (ClFlatPoint) {.limit = highest, .joined = true};
		cl_flat_begin(&search, highest);
		CHECK_NEAR(search.step, step, 1e-12);
		do
		{
			sum_points(point, n, budget);
			cl_flat_take(&search, n, point);
			asked++;
		} while ((n = cl_flat_ask(&search, point)) > 0);
		CHECK((search.limit < 0) == (best.limit < 0));
		none += best.limit < 0;
		if (best.limit < 0)
			continue;
		/* A level that is no step may be better than all steps. */
		CHECK(search.worth >= best.worth - 1e-8 * fabs(best.worth));
		CHECK(search.worth <= best.worth + 1e-8 * fabs(best.worth) || search.limit == 0.3 * highest);
		inside += best.limit > 0 && best.limit < highest;
		at_edge += !fits && best.limit > 0;
	}
	CHECK(inside > cl_rounds(4000) / 4 && at_edge > cl_rounds(4000) / 8 && none > 0);
	CHECK(asked < 6 * cl_rounds(4000));
}
