/*
 * demand_climb.c
 *	  The likeliest levels and spreads: slopes against differences, and the summit from wherever one starts.
 */
#include "core/demand_climb.h"
#include "core/distribution.h"

#include <string.h>

#include "check.h"
#include "memory.h"

#define ACCOUNTS 400
#define MONTHS 3

typedef struct Panel
{
	float		months[ACCOUNTS][MONTHS];
	int			n;
} Panel;

static double
normal(uint64_t *seed)
{
	return cl_normal_quantile(((double) (cl_test_random(seed) >> 11) + 0.5) / 9007199254740992.0);
}

/* Deviations are of one month each: carry 0. The last account may be far from all others. */
static void
draw_panel(Panel *panel, double spread_sd, double whale, uint64_t *seed)
{
	panel->n = ACCOUNTS;
	for (int i = 0; i < ACCOUNTS; i++)
	{
		double		level = 8 + 0.8 * normal(seed) + (i == ACCOUNTS - 1 ? whale : 0);
		double		sigma = 0.6 * exp(spread_sd * normal(seed));

		for (int t = 0; t < MONTHS; t++)
			panel->months[i][t] = (float) exp(level + sigma * normal(seed));
	}
}

static void
scan(void *data, const ClDemandPopulation *population, ClDemandStep *step)
{
	const Panel *panel = data;

	for (int i = 0; i < panel->n; i++)
	{
		ClDemandBelief belief;

		cl_demand_step_add(step, &(ClDemandSeries) {MONTHS, panel->months[i]}, population, &belief);
	}
}

static ClDemandPopulation
population_of(double level_mean, double level_sd, double spread_mean, double spread_sd, double carry)
{
	return (ClDemandPopulation) {
		.distribution = CL_DEMAND_LOGNORMAL, .level_mean = level_mean, .level_sd = level_sd, .spread_mean = spread_mean,
		.spread_sd = spread_sd, .carry = carry, .start = 1
	};
}

static double
log_likelihood(Panel *panel, const double *x, ClDemandStep *step)
{
	ClDemandPopulation population = population_of(x[0], sqrt(x[1]), x[2], sqrt(x[3]), 0.3);

	*step = (ClDemandStep) {0};
	scan(panel, &population, step);
	return cl_exact_sum_closed(&step->likelihood).high;
}

/* Of each parameter, by a central difference of the likelihood; with an account that is far away, which has slopes of its own. */
static void
test_slopes(void)
{
	static Panel panel;
	const double x[CL_DEMAND_CLIMBS] = {7.9, 0.7, -0.4, 0.15};
	uint64_t	seed = 5;

	for (int whale = 0; whale < 2; whale++)
	{
		ClDemandStep step;

		draw_panel(&panel, 0.4, whale * 9, &seed);
		if (whale == 1)
		{
			/* The far account's slopes are small beside those of all others: alone with a few. */
			memcpy(panel.months[3], panel.months[ACCOUNTS - 1], sizeof(panel.months[3]));
			panel.n = 4;
		}
		(void) log_likelihood(&panel, x, &step);
		for (int i = 0; i < CL_DEMAND_CLIMBS; i++)
		{
			double		slope = cl_exact_sum_closed(&step.slope[i]).high;
			double		up[CL_DEMAND_CLIMBS];
			double		down[CL_DEMAND_CLIMBS];
			ClDemandStep ignored;
			double		h = 1e-4;
			double		difference;

			memcpy(up, x, sizeof(up));
			memcpy(down, x, sizeof(down));
			up[i] += h;
			down[i] -= h;
			difference = (log_likelihood(&panel, up, &ignored) - log_likelihood(&panel, down, &ignored)) / (2 * h);
			/* The likelihood is by quadrature: to a few hundredths of what chance makes of a slope. */
			CHECK(fabs(slope - difference) < 0.04 * sqrt(cl_exact_sum_closed(&step.information[i * (i + 3) / 2]).high));
		}
	}
}

/* Sigmas that differ, and that are equal: a variance of 0, to which there is no end of ever smaller steps of a logarithm. */
static void
test_summit(void)
{
	static Panel panel;
	uint64_t	seed = 9;

	for (int equal = 0; equal < 2; equal++)
	{
		const ClDemandPopulation start[] = {
			population_of(8, 0.8, -0.5, 0.5, 0.3), population_of(6, 2, -1.5, 0.1, 0.3), population_of(9, 0.3, 0.3, 1, 0.3)
		};
		double		summit = 0;
		ClDemandPopulation there = {0};

		draw_panel(&panel, equal ? 0 : 0.4, 0, &seed);
		for (int i = 0; i < 3; i++)
		{
			ClDemandPopulation population = start[i];
			ClDemandClimb climb = {.scan = scan, .data = &panel, .memory = &cl_test_memory, .to_beat = -INFINITY};

			cl_demand_climb(&climb, &population, 50, 1e-5);
			CHECK(climb.converged && climb.steps <= 40);
			if (i > 0)
				CHECK(fabs(climb.likelihood - summit) < 1e-3);
			summit = climb.likelihood;
			there = population;
		}
		CHECK(fabs(there.level_mean - 8) < 0.15 && fabs(there.level_sd - 0.8) < 0.15);
		CHECK(equal ? there.spread_sd < 0.2 : fabs(there.spread_sd - 0.4) < 0.15);
		for (int i = 0; i < 2 * CL_DEMAND_CLIMBS; i++)
		{
			ClDemandPopulation beside = there;
			ClDemandClimb climb = {.scan = scan, .data = &panel, .memory = &cl_test_memory, .to_beat = -INFINITY};
			double		by = i % 2 == 0 ? 0.9 : 1.1;

			*(i / 2 == 0 ? &beside.level_mean : i / 2 == 1 ? &beside.level_sd : i / 2 == 2 ? &beside.spread_mean :
			  &beside.spread_sd) *= by;
			cl_demand_climb(&climb, &beside, 0, 1e-5);
			CHECK(climb.likelihood < summit + 1e-5);
		}
		/* What is out of reach is given up at once, and what is not is no matter. */
		for (int reach = 0; reach < 2; reach++)
		{
			ClDemandPopulation population = start[0];
			ClDemandClimb climb = {
				.scan = scan, .data = &panel, .memory = &cl_test_memory, .to_beat = reach ? summit - 1 : summit + 1e5
			};

			cl_demand_climb(&climb, &population, 50, 1e-5);
			CHECK(reach ? fabs(climb.likelihood - summit) < 1e-3 : climb.steps == 1);
		}
	}
}

void
test_demand_climb(void)
{
	test_slopes();
	test_summit();
}
