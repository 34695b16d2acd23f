/*
 * demand.c
 *	  Fuzzing demand: any months, in one state or in two that are merged; every answer stays in its range.
 */
#include <math.h>
#include <string.h>

#include "core/demand.h"

#include "input.h"

static void
check_model(const ClDemandModel *model, double limit, double p)
{
	double		draw = cl_demand_expected_draw(model, limit);
	double		exceeds = cl_demand_exceeds(model, limit);

	/* Not known, or in its range. */
	REQUIRE(!(draw < 0) && !(draw > limit));
	REQUIRE(!(exceeds < 0) && !(exceeds > 1));
	REQUIRE(!(cl_demand_expected_unmet(model, limit) < 0));
	REQUIRE(!(cl_demand_mean(model) < 0) && !(cl_demand_quantile(model, p) < 0));
}

static void
check_fit(ClDemand *demand, double limit, double p)
{
	ClDemandFit fit = *cl_demand_fit(demand);
	ClDemandModel model = {demand->options.distribution, fit.mu, fit.sigma, fit.p_zero};
	ClDemandFit prior = {.mu = 5, .sigma = 1, .p_zero = 0.1};

	REQUIRE(demand->n_cells <= CL_DEMAND_CELLS);
	if (fit.status <= CL_DEMAND_NO_SPREAD)
		REQUIRE(isfinite(fit.mu) && fit.sigma >= 0);
	REQUIRE(!(fit.p_zero < 0) && !(fit.p_zero > 1));
	check_model(&model, limit, p);
	if (demand->options.distribution == CL_DEMAND_NORMAL)
		prior.p_zero = 0;
	(void) cl_demand_fit_with_prior(demand, &prior, 0.1 + limit);
}

/* Same months, same cells, however they were put together. */
static void
check_same(ClDemand *one, ClDemand *other)
{
	cl_demand_sort_cells(one);
	cl_demand_sort_cells(other);
	REQUIRE(one->n == other->n && one->weight == other->weight && one->sum == other->sum);
	REQUIRE(one->squares.high == other->squares.high && one->squares.low == other->squares.low);
	REQUIRE(one->cell_bits == other->cell_bits && one->n_cells == other->n_cells);
	for (int i = 0; i < one->n_cells; i++)
		REQUIRE(one->cells[i].key == other->cells[i].key && one->cells[i].weight == other->cells[i].weight &&
				one->cells[i].above == other->cells[i].above);
}

static double
take_amount(Input *input, ClDemandDistribution distribution)
{
	double		amount = fabs(take_double(input));

	if (!isfinite(amount))
		return 1;
	return distribution == CL_DEMAND_NORMAL ? fmod(amount, CL_DEMAND_LARGEST) : amount;
}

void
fuzz_demand(Input *input)
{
	ClDemandOptions options = {0};
	ClDemand	all;
	ClDemand	part[2];
	double		limit = 0;

	options.distribution = take_byte(input) % 2;
	options.tolerance = take_byte(input) / 512.0;
	options.half_life = take_byte(input) % 3 * 6;
	cl_demand_init(&all, &fuzz_memory, &options);
	cl_demand_init(&part[0], &fuzz_memory, &options);
	cl_demand_init(&part[1], &fuzz_memory, &options);
	while (input->size > 0)
	{
		int			kind = take_byte(input);
		double		balance = kind & 1 ? 0 : take_amount(input, options.distribution);
		int64_t		weight = cl_demand_weight(&all, kind & 2 ? 0 : take_byte(input));

		if (!(kind & 4) || limit <= 0)
			limit = fmax(1e-300, take_amount(input, options.distribution));
		/* Many limits from few bytes. */
		for (int i = 0; i < (kind & 8 ? 300 : 1) && weight > 0; i++)
		{
			double		next = fmin(limit * (1 + i / 64.0), options.distribution == CL_DEMAND_NORMAL ? CL_DEMAND_LARGEST : 1e308);

			REQUIRE(cl_demand_add(&all, balance, next, weight));
			REQUIRE(cl_demand_add(&part[(kind >> 4) & 1], balance, next, weight));
		}
	}
	REQUIRE(cl_demand_merge(&part[0], &part[1]));
	check_same(&all, &part[0]);
	check_fit(&all, fmin(limit, 1e9), 0.9);
	for (int k = 0; k < 3; k++)
	{
		ClDemand   *demand = k == 0 ? &all : &part[k - 1];

		cl_release(&fuzz_memory, demand->cells);
		cl_release(&fuzz_memory, demand->slots);
		cl_release(&fuzz_memory, demand->fit);
	}
}

/* Parameters as a stranger may store them. */
void
fuzz_demand_model(Input *input)
{
	ClDemandModel model;
	double		limit;

	model.distribution = take_byte(input) % 2;
	model.mu = fmod(take_double(input), 1e100);
	model.sigma = fmod(fabs(take_double(input)), 1e100);
	model.p_zero = model.distribution == CL_DEMAND_NORMAL ? 0 : take_byte(input) / 255.0;
	limit = fabs(take_double(input));
	if (isfinite(model.mu) && isfinite(model.sigma) && isfinite(limit))
		check_model(&model, limit, take_byte(input) / 255.0);
}
