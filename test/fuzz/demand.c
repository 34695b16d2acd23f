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
	double		quantile = cl_demand_quantile(model, p);

	/* Not known, or in its range. */
	REQUIRE(!(draw < 0) && !(draw > limit) && !(draw > model->ceiling));
	REQUIRE(!(exceeds < 0) && !(exceeds > 1));
	REQUIRE(!(cl_demand_expected_unmet(model, limit) < 0));
	REQUIRE(!(cl_demand_mean(model) < 0) && !(cl_demand_mean(model) > model->ceiling));
	REQUIRE(!(quantile < 0) && !(quantile > model->ceiling) && !(cl_demand_quantile(model, p / 2) > quantile));
	if (limit >= model->ceiling)
		REQUIRE(isnan(draw) || (draw == cl_demand_mean(model) && cl_demand_expected_unmet(model, limit) == 0));
}

static void
check_fit(ClDemand *demand, double limit, double p)
{
	ClDemandFit fit = *cl_demand_fit(demand);
	ClDemandModel model = cl_demand_model(demand);

	REQUIRE(demand->n_cells <= CL_DEMAND_CELLS);
	if (fit.status <= CL_DEMAND_NO_SPREAD)
		REQUIRE(isfinite(fit.mu) && fit.sigma >= 0);
	REQUIRE(!(fit.p_zero < 0) && !(fit.p_zero > 1));
	check_model(&model, limit, p);
}

static void
check_same_history(const ClDemand *one, const ClDemand *other)
{
	ClDemandMonth months[2][CL_DEMAND_MONTHS];
	int			n = cl_demand_months(one, months[0]);

	REQUIRE(cl_demand_months(other, months[1]) == n && one->history.decimals == other->history.decimals);
	for (int i = 0; i < n; i++)
		REQUIRE(months[0][i].month == months[1][i].month);
	REQUIRE(cl_behavior_count_earlier(&one->history, 0, CL_BEHAVIOR_LAST_MONTH) ==
			cl_behavior_count_earlier(&other->history, 0, CL_BEHAVIOR_LAST_MONTH));
}

/* Same months, same cells, however they were put together. */
static void
check_same(ClDemand *one, ClDemand *other)
{
	REQUIRE(one->highest_balance == other->highest_balance && one->highest_granted == other->highest_granted);
	if (cl_demand_dated(one))
	{
		check_same_history(one, other);
		return;
	}
	cl_demand_sort_cells(one);
	cl_demand_sort_cells(other);
	REQUIRE(one->n == other->n && one->sum == other->sum);
	REQUIRE(one->squares.high == other->squares.high && one->squares.low == other->squares.low);
	REQUIRE(one->cell_bits == other->cell_bits && one->n_cells == other->n_cells);
	for (int i = 0; i < one->n_cells; i++)
		REQUIRE(one->cells[i].key == other->cells[i].key && one->cells[i].n == other->cells[i].n &&
				one->cells[i].above == other->cells[i].above);
}

static double
take_amount(Input *input, double largest)
{
	double		amount = fabs(take_double(input));

	return !isfinite(amount) ? 1 : amount > largest ? fmod(amount, largest) : amount;
}

void
fuzz_demand(Input *input)
{
	ClDemandOptions options = {.ceiling = INFINITY};
	ClDemand	all;
	ClDemand	part[2];
	double		limit = 0;
	double		largest;
	int			kind = take_byte(input);
	bool		dated = kind >= 128;
	int32_t		month = 24000;

	options.distribution = kind % CL_DEMAND_QUANTILES;
	options.tolerance = take_byte(input) / 512.0;
	options.ceiling_factor = 1 + take_byte(input) / 32.0;
	largest = options.distribution != CL_DEMAND_LOGNORMAL ? CL_DEMAND_LARGEST : dated ? CL_DEMAND_LARGEST_DATED : 1e308;
	cl_demand_init(&all, &fuzz_memory, &options);
	cl_demand_init(&part[0], &fuzz_memory, &options);
	cl_demand_init(&part[1], &fuzz_memory, &options);
	while (input->size > 0)
	{
		double		balance;

		kind = take_byte(input);
		balance = kind & 1 ? 0 : kind & 2 ? NAN : take_amount(input, largest);
		if (!(kind & 4) || limit <= 0)
			limit = fmax(dated ? 0 : 1e-300, take_amount(input, largest));
		if (dated)
		{
			month += take_byte(input) % 8 - 3;
			month = month < 23500 ? 23500 : month > 24500 ? 24500 : month;
			REQUIRE(cl_demand_add_month(&all, month, balance, limit));
			REQUIRE(cl_demand_add_month(&part[(kind >> 4) & 1], month, balance, limit));
			continue;
		}
		/* Many limits from few bytes. */
		for (int i = 0; i < (kind & 8 ? 300 : 1); i++)
		{
			double		next = fmin(limit * (1 + i / 64.0), largest);

			REQUIRE(cl_demand_add(&all, balance, next));
			REQUIRE(cl_demand_add(&part[(kind >> 4) & 1], balance, next));
		}
	}
	for (int i = 1; i >= 0; i--)
	{
		ClDemand	merged;

		cl_demand_init(&merged, &fuzz_memory, &options);
		REQUIRE(cl_demand_merge(&merged, &part[i]) && cl_demand_merge(&merged, &part[1 - i]));
		check_same(&all, &merged);
		cl_demand_clear(&merged);
	}
	check_fit(&all, fmin(limit, 1e9), 0.9);
	cl_demand_clear(&all);
	cl_demand_clear(&part[0]);
	cl_demand_clear(&part[1]);
}

/* Distributions as a stranger may store them. */
void
fuzz_demand_model(Input *input)
{
	ClDemandModel model = {.distribution = take_byte(input) % CL_DEMAND_DISTRIBUTIONS};
	double		points[2][CL_DEMAND_MOST_POINTS + 1];
	double		limit;
	double		p = take_byte(input) / 255.0;

	model.ceiling = take_byte(input) % 2 ? INFINITY : fabs(take_double(input));
	model.mu = take_double(input);
	model.sigma = take_double(input);
	model.p_zero = take_byte(input) / 255.0;
	limit = fabs(take_double(input));
	model.probability = points[0];
	model.quantile = points[1];
	while (model.distribution == CL_DEMAND_QUANTILES && input->size > 0 && model.n_points <= CL_DEMAND_MOST_POINTS)
	{
		points[0][model.n_points] = take_byte(input) / 255.0;
		points[1][model.n_points++] = take_double(input);
	}
	if (cl_demand_model_disorder(&model) == NULL && isfinite(limit))
		check_model(&model, limit, p);
}
