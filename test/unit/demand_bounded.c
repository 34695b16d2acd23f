/*
 * demand_bounded.c
 *	  Demands with a ceiling: whatever the months, and whatever the distribution, no answer leaves the range of what can be.
 */
#include "core/demand_sample.h"
#include "core/distribution.h"
#include "core/forecast.h"

#include <float.h>
#include <string.h>

#include "check.h"
#include "memory.h"

/*
 * Gamma, against R 4.2: mu, sigma, p_zero, limit, integrate() of (1 - p_zero) pgamma(x, (mu / sigma)^2, scale = sigma^2 / mu,
 * lower.tail = FALSE) from 0 to the limit and from there on with rel.tol = 1e-12, that at the limit, and qgamma of 0.9.
 */
static void
test_gamma(void)
{
	static const double by_r[][8] = {
		{1000, 500, 0, 100, 99.9836181894816, 900.016381810519, 0.999223748623793, 1670.19576706397},
		{1000, 500, 0, 900, 757.256049778253, 242.743950221747, 0.515216110466149, 1670.19576706397},
		{1000, 500, 0, 2000, 985.127823496322, 14.872176503678, 0.042380111991684, 1670.19576706397},
		{1000, 500, 0, 8000, 999.999999979151, 2.08494378823216e-08, 7.6065199676376e-11, 1670.19576706397},
		{1000, 900, 0.25, 1000, 497.969010361963, 252.030989638037, 0.285561520774938, 1935.44020406365},
		{1000, 3000, 0.1, 100, 38.1487381060881, 861.851261893912, 0.324177068130683, 2394.61785278234},
		{1000, 3000, 0.1, 8000, 718.587999536752, 181.412000463248, 0.0291758337392882, 2394.61785278234},
		{1000, 20, 0, 900, 899.999999606763, 100.000000393237, 0.999999883201127, 1025.71515473095},
		{1000, 20, 0, 1000, 992.021420349058, 7.97857965094248, 0.497340378892345, 1025.71515473095},
		{50, 200, 0.5, 50, 4.58956825862087, 20.4104317413791, 0.0670363667101466, 13.5018245941307},
		{100000, 10000, 0, 90000, 89250.1273493501, 10749.8726506499, 0.84177901081357, 113010.523859844}
	};

	for (size_t i = 0; i < sizeof(by_r) / sizeof(by_r[0]); i++)
	{
		const double *r = by_r[i];
		ClDemandModel model = {CL_DEMAND_GAMMA, r[0], r[1], r[2], INFINITY, 0, NULL, NULL};

		CHECK_NEAR(cl_demand_expected_draw(&model, r[3]) / r[4], 1, 1e-12);
		CHECK_NEAR(cl_demand_expected_unmet(&model, r[3]), r[5], 1e-11);
		CHECK_NEAR(cl_demand_exceeds(&model, r[3]) / r[6], 1, 1e-10);
		CHECK_NEAR(cl_demand_quantile(&model, 0.9) / r[7], 1, 1e-12);
		CHECK_NEAR(cl_demand_mean(&model), (1 - r[2]) * r[0], 1e-14);
	}
}

/* The uncensored case: the mean is that of the balances, and the shape solves log(k) - digamma(k) = s (Minka 2002). */
static void
test_gamma_fit(void)
{
	static const ClDemandOptions options = {CL_DEMAND_GAMMA, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY};
	ClDemand	demand;
	const ClDemandFit *fit;
	double		logs = 0;
	double		k;
	double		digamma;

	cl_demand_init(&demand, &cl_test_memory, &options);
	for (int i = 1; i <= 9; i++)
	{
		CHECK(cl_demand_add(&demand, i * i * 10, 10000));
		logs += log(i * i * 10);
	}
	fit = cl_demand_fit(&demand);
	CHECK_EQ_INT(fit->status, CL_DEMAND_CONVERGED);
	CHECK_NEAR(fit->mu, 2850.0 / 9, 1e-8);
	k = fit->mu * fit->mu / (fit->sigma * fit->sigma);
	digamma = (lgamma(k + 1e-5) - lgamma(k - 1e-5)) / 2e-5;
	CHECK_NEAR(log(k) - digamma, log(2850.0 / 9) - logs / 9, 1e-8);
	/* Of the mean alone the information is n k / mu^2. */
	CHECK_NEAR(fit->se_mu, fit->sigma / 3, 1e-6);
	cl_demand_clear(&demand);
}

/* Quantiles by the midpoint rule over the probabilities, which is exact on the pieces that it divides evenly. */
static void
test_quantiles(void)
{
	static const double p[] = {0.1, 0.2, 0.5, 0.7, 0.9};
	static const double q[] = {0, 100, 100, 400, 1000};
	ClDemandModel model = {CL_DEMAND_QUANTILES, NAN, NAN, NAN, INFINITY, 5, p, q};
	int			n = 20000;

	CHECK(cl_demand_quantile(&model, 0) == 0 && cl_demand_quantile(&model, 0.05) == 0 && cl_demand_quantile(&model, 1) == 1000);
	CHECK_NEAR(cl_demand_quantile(&model, 0.15), 50, 1e-14);
	CHECK_NEAR(cl_demand_quantile(&model, 0.3), 100, 0);
	CHECK_NEAR(cl_demand_quantile(&model, 0.8), 700, 1e-14);
	CHECK_NEAR(cl_demand_p_zero(&model), 0.1, 1e-15);
	/* 0.3 of the months are at 100 itself, and the last tenth at 1000. */
	CHECK_NEAR(cl_demand_exceeds(&model, 99.999999) - cl_demand_exceeds(&model, 100), 0.3, 1e-8);
	CHECK_NEAR(cl_demand_exceeds(&model, 999.999999), 0.1, 1e-8);
	CHECK(cl_demand_exceeds(&model, 1000) == 0);
	for (int c = 0; c < 2; c++)
	{
		model.ceiling = c == 0 ? INFINITY : 250;
		for (double limit = 0; limit <= 1200; limit += 50)
		{
			double		draw = 0;
			double		unmet = 0;
			double		above = 0;

			for (int i = 0; i < n; i++)
			{
				double		x = cl_demand_quantile(&model, (i + 0.5) / n);

				draw += fmin(x, limit) / n;
				unmet += fmax(0, x - limit) / n;
				above += (x > limit) / (double) n;
			}
			CHECK_NEAR(cl_demand_exceeds(&model, limit), above, 1e-4);
			CHECK_NEAR(cl_demand_expected_draw(&model, limit), draw, 1e-6);
			CHECK_NEAR(cl_demand_expected_unmet(&model, limit), unmet, 1e-6);
		}
	}
}

/* A million in a soak; a check has 20,000, since sanitizers are slow. */
static int
rounds(void)
{
	int			n = cl_rounds(1000000);

	return n < 1000000 ? n / 5 * 2 : n;
}

static void
check_model(const ClDemandModel *model, double top)
{
	double		mean = cl_demand_mean(model);
	double		before = 0;

	/* Not known: a quantile may be 0 for what is known of the months without a draw. */
	if (isnan(mean))
		return;
	CHECK(mean >= 0 && mean <= top);
	for (int i = 0; i <= 20; i++)
	{
		double		quantile = cl_demand_quantile(model, i / 20.0);

		CHECK(quantile >= before && quantile <= top);
		before = quantile;
	}
	for (int i = 0; i <= 8; i++)
	{
		double		limit = i == 8 ? INFINITY : top * (i == 7 ? 1 : pow(0.03, 6 - i));
		double		draw = cl_demand_expected_draw(model, limit);
		double		unmet = cl_demand_expected_unmet(model, limit);

		CHECK(draw >= 0 && draw <= limit && unmet >= 0);
		CHECK(fabs(draw + unmet - mean) <= 1e-9 * mean);
		CHECK(cl_demand_exceeds(model, limit) >= 0 && cl_demand_exceeds(model, limit) <= 1);
	}
	CHECK(fabs(cl_demand_expected_draw(model, top) - mean) <= 1e-9 * mean && cl_demand_expected_unmet(model, top) == 0);
}

static double
uniform(uint64_t *state)
{
	return (double) (cl_test_random(state) >> 11) * 0x1p-53;
}

/* Short histories of every bad kind: one draw, all but three at the limit, whales, limits that change tenfold, zeros only. */
static void
random_history(uint64_t *state, ClDemandMonth *month, int *n)
{
	int			kind = (int) (cl_test_random(state) % 8);
	double		limit = exp(uniform(state) * 14) * 0.1;
	double		unit = cl_test_random(state) % 2 == 0 ? 100 : 1e7;

	*n = kind < 2 ? 2 + (int) (cl_test_random(state) % 3) : 1 + (int) (cl_test_random(state) % CL_DEMAND_MONTHS);
	for (int i = 0; i < *n; i++)
	{
		double		u = uniform(state);

		month[i].month = 24300 + i;
		if (kind == 3 && u < 0.3)
			limit = fmin(1e9, fmax(0.01, limit * (u < 0.15 ? 10 : 0.1)));
		month[i].limit = rint(limit * unit) / unit;
		month[i].balance = kind == 4 ? 0 : kind == 5 ? (i == *n / 2 ? u * limit : 0) :
			kind == 6 ? (i < 3 ? u * u * u * limit : limit) : kind == 7 ? limit * exp(-12 * u) : 1.3 * u * u * limit;
		if (kind == 2 && u > 0.97)
			month[i].balance *= 1e4;
		month[i].balance = rint(month[i].balance * unit) / unit;
	}
}

static void
check_history(uint64_t *state, const ClDemandOptions *options, const ClDemandMonth *month, int n, bool dated)
{
	ClDemand	demand;
	ClDemandModel model;

	cl_demand_init(&demand, &cl_test_memory, options);
	for (int i = 0; i < n; i++)
		CHECK(dated ? cl_demand_add_month(&demand, month[i].month, month[i].balance, month[i].limit) :
			  cl_demand_add(&demand, month[i].balance, month[i].limit));
	model = cl_demand_model(&demand);
	CHECK(cl_demand_fit(&demand)->status != CL_DEMAND_NOT_CONVERGED);
	if (demand.n > demand.n_zero)
		CHECK(model.ceiling >= demand.highest_balance && model.ceiling >= demand.highest_granted && model.ceiling < INFINITY);
	if (dated)
	{
		ClDemandMonth kept[CL_DEMAND_MONTHS];

		for (int i = cl_demand_months(&demand, kept) - 1; i >= 0; i--)
			CHECK(kept[i].balance <= demand.highest_balance && kept[i].limit <= demand.highest_granted);
	}
	if (cl_demand_fit(&demand)->status == CL_DEMAND_CONVERGED)
		CHECK(cl_demand_quantile(&model, 0.9) <= fmax(demand.highest_balance, demand.highest_granted));
	check_model(&model, model.ceiling);
	/* Any other ceiling too. */
	model.ceiling = exp(uniform(state) * 20 - 3);
	check_model(&model, model.ceiling);
	cl_demand_clear(&demand);
}

static void
test_histories(void)
{
	uint64_t	state = 15;
	ClDemandMonth month[CL_DEMAND_MONTHS];
	int			n;

	for (int round = rounds(); round > 0; round--)
	{
		ClDemandOptions options = {CL_DEMAND_LOGNORMAL, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY};

		random_history(&state, month, &n);
		if (round % 5 == 0)
			options.ceiling_factor = 1;
		for (; options.distribution <= CL_DEMAND_GAMMA; options.distribution++)
			check_history(&state, &options, month, n, round % 2 == 0);
	}
}

/*
 * The same histories when they lean on each other: a panel of them, the population behind it (fitted to the panel, now and then,
 * and at random otherwise), and the posterior of each; and forecasts of them by cells of the panel.
 */
#define PANEL 100

static void
random_population(uint64_t *state, ClDemandPopulation *population, double level)
{
	population->level_mean = level + 3 * (uniform(state) - 0.5);
	population->level_sd = exp(uniform(state) * 5 - 4);
	population->spread_mean = uniform(state) * 4 - 3;
	population->spread_sd = exp(uniform(state) * 4 - 4);
	population->carry = uniform(state) < 0.2 ? 0 : uniform(state) * 0.998;
	population->start = 1 - 0.98 * uniform(state);
	for (int i = 0; i < 2; i++)
		*(i == 0 ? &population->stops : &population->stays) =
			(ClDemandBeta) {exp(uniform(state) * 10 - 6), exp(uniform(state) * 10 - 6)};
}

static void
check_posterior(uint64_t *state, const ClDemandAccount *account, bool in_scope, const ClDemandPopulation *population,
				const ClDemandCeiling *ceiling, int n_ceilings)
{
	ClDemandSeries series = {in_scope ? account->n : 0, account->months};
	ClDemandOutlook outlook;

	cl_demand_outlook(&outlook, &series, population, 1 + (int) (cl_test_random(state) % 12));
	outlook.ahead.ceiling = cl_demand_ceiling_of(account, ceiling, n_ceilings);
	CHECK(outlook.ahead.ceiling >= account->highest && outlook.ahead.ceiling < INFINITY);
	CHECK(cl_demand_model_disorder(&outlook.ahead) == NULL && !isnan(cl_demand_mean(&outlook.ahead)));
	CHECK(outlook.prior_weight >= 0 && outlook.prior_weight <= 1 && outlook.se_mu >= 0 && outlook.se_sigma >= 0);
	check_model(&outlook.ahead, outlook.ahead.ceiling);
	outlook.ahead.ceiling = exp(uniform(state) * 20 - 3);
	check_model(&outlook.ahead, outlook.ahead.ceiling);
}

static void
check_forecasts(ClDemand demand[PANEL], int32_t as_of)
{
	static const ClForecastTarget target[] = {{true, CL_DEMAND_MONTH, 1}, {true, CL_DEMAND_PEAK, 3},
	{false, CL_DEMAND_MIXTURE, 3}};
	ClForecast	forecast = {.options = {0, 0, 12, CL_FORECAST_ALL_HORIZONS, CL_DEMAND_TOLERANCE}, .has_options = true};
	ClForecastCount *sorted;
	double		factor[CL_FORECAST_SIZES];

	for (int i = 0; i < PANEL; i++)
		cl_forecast_add(&forecast, &cl_test_memory, &demand[i].history);
	sorted = cl_forecast_sorted(&forecast, &cl_test_memory);
	cl_forecast_ceilings(sorted, forecast.n, factor);
	for (int t = 0; t < 3; t++)
	{
		ClForecastTree *tree = cl_forecast_fit(sorted, forecast.n, &target[t], &cl_test_memory);

		for (int i = 0; i < PANEL; i++)
		{
			ClForecastOrigin origin;
			double		quantile[CL_FORECAST_POINTS] = {0};
			ClDemandModel model = {.distribution = CL_DEMAND_QUANTILES, .n_points = CL_FORECAST_POINTS,
			.probability = cl_forecast_probability, .quantile = quantile};

			if (!cl_forecast_origin(&demand[i].history, as_of, &origin) || !(origin.scale > 0))
				continue;
			model.ceiling = origin.scale * factor[cl_forecast_size(origin.scale)];
			cl_forecast_raise(cl_forecast_find(tree, origin.leaf), &origin, model.ceiling, quantile);
			CHECK(cl_demand_model_disorder(&model) == NULL && model.ceiling < INFINITY);
			check_model(&model, model.ceiling);
		}
		cl_release(&cl_test_memory, tree->cell);
		cl_release(&cl_test_memory, tree);
	}
	cl_release(&cl_test_memory, sorted);
	cl_release(&cl_test_memory, forecast.count);
}

static void
test_leaning(void)
{
	static const ClDemandOptions options = {CL_DEMAND_LOGNORMAL, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY};
	uint64_t	state = 17;
	ClDemandMonth month[CL_DEMAND_MONTHS];
	ClDemand	demand[PANEL];
	ClDemandAccountRoom room[PANEL];
	bool		in_scope[PANEL];
	ClDemandCeiling ceiling[CL_DEMAND_CLASSES + 1];

	for (int panel = 0; panel < rounds() / PANEL; panel++)
	{
		ClDemandPopulation population = {.distribution = (ClDemandDistribution) (panel % 3)};
		ClDemandSample sample;
		ClDemandSeries series[PANEL];
		double		level = 0;
		int			n_ceilings;
		int			n;

		cl_demand_sample_init(&sample, &cl_test_memory);
		for (int i = 0; i < PANEL; i++)
		{
			cl_demand_init(&demand[i], &cl_test_memory, &options);
			random_history(&state, month, &n);
			for (int t = 0; t < n; t++)
				CHECK(cl_demand_add_month(&demand[i], month[n - 1].month - t, month[t].balance, month[t].limit));
			room[i].account.hash = cl_test_random(&state);
			in_scope[i] = cl_demand_account(&room[i].account, &demand[i]);
			CHECK(in_scope[i] == (cl_demand_account_disorder(&room[i].account) == NULL));
			if (in_scope[i])
				cl_demand_sample_add(&sample, &room[i].account);
			level += log(fmax(1, room[i].account.highest)) / PANEL;
		}
		CHECK(cl_demand_sample_sort(&sample));
		n_ceilings = cl_demand_ceilings(&sample, ceiling);
		random_population(&state, &population, level);
		if (panel % 100 < 3)
		{
			ClDemandPopulationFit fit;

			for (int i = 0; i < sample.n; i++)
				series[i] = (ClDemandSeries) {sample.account[i]->n, sample.account[i]->months};
			cl_demand_population_fit(&fit, series, sample.n, population.distribution, &cl_test_memory);
			population = fit.population;
		}
		for (int i = 0; i < PANEL; i++)
			check_posterior(&state, &room[i].account, in_scope[i], &population, ceiling, n_ceilings);
		if (panel % 10 == 0)
			check_forecasts(demand, month[n - 1].month);
		for (int i = 0; i < PANEL; i++)
			cl_demand_clear(&demand[i]);
		for (int i = 0; i < sample.n; i++)
			cl_release(&cl_test_memory, sample.account[i]);
		cl_release(&cl_test_memory, sample.account);
	}
}

/* Distributions as a stranger may give them. */
static void
test_given(void)
{
	uint64_t	state = 16;
	double		p[40];
	double		q[40];

	for (int round = rounds(); round > 0; round--)
	{
		ClDemandModel model = {
			.distribution = (ClDemandDistribution) (round % CL_DEMAND_DISTRIBUTIONS), .ceiling = exp(uniform(&state) * 25),
			.probability = p, .quantile = q
		};

		model.sigma = exp(uniform(&state) * 14 - 6);
		model.mu = model.distribution == CL_DEMAND_LOGNORMAL ? uniform(&state) * 40 - 20 :
			model.sigma * (model.distribution == CL_DEMAND_NORMAL ? 20 * uniform(&state) - 10 : exp(uniform(&state) * 13 - 4));
		model.p_zero = model.distribution == CL_DEMAND_NORMAL || round % 3 == 0 ? 0 : uniform(&state);
		if (model.distribution == CL_DEMAND_QUANTILES)
		{
			model.n_points = 2 + (int) (cl_test_random(&state) % 39);
			for (int i = 0; i < model.n_points; i++)
			{
				p[i] = (i + uniform(&state)) / model.n_points;
				q[i] = i == 0 ? 0 : q[i - 1] + (uniform(&state) < 0.3 ? 0 : exp(uniform(&state) * 12 - 4));
			}
			p[model.n_points - 1] = round % 2 ? 1 : p[model.n_points - 1];
		}
		CHECK(cl_demand_model_disorder(&model) == NULL);
		check_model(&model, model.ceiling);
	}
}

/* With all its months an account takes a block of 512 bytes beside its own of 256, or one of 1024 if an amount is large. */
static void
test_room(void)
{
	static const ClDemandOptions options = {CL_DEMAND_LOGNORMAL, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY};
	static const double limits[] = {1000.25, 1e12};
	static const size_t room[] = {512, 1024};

	for (int i = 0; i < 2; i++)
	{
		size_t		before = cl_test_allocated;
		ClDemand	demand;

		cl_demand_init(&demand, &cl_test_memory, &options);
		for (int month = 0; month < CL_DEMAND_MONTHS; month++)
			CHECK(cl_demand_add_month(&demand, 24300 + month, month, month < 9 ? 100 : limits[i]));
		CHECK(cl_test_allocated - before <= room[i]);
		cl_demand_clear(&demand);
		CHECK_EQ_INT(cl_test_allocated, before);
	}
}

/* Months of one account in any order and split are one history; its sums are those of the months without dates. */
static void
test_months(void)
{
	static const ClDemandOptions options = {CL_DEMAND_LOGNORMAL, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY};
	ClDemand	dated;
	ClDemand	undated;
	ClDemand	part[2];
	ClDemandMonth month[CL_DEMAND_MONTHS];
	int			columns;

	cl_demand_init(&dated, &cl_test_memory, &options);
	cl_demand_init(&undated, &cl_test_memory, &options);
	for (int i = 0; i < 2; i++)
		cl_demand_init(&part[i], &cl_test_memory, &options);
	for (int i = 0; i < 50; i++)
	{
		double		balance = i == 3 ? 90000 : i * 37 % 110 + 0.25;
		double		limit = i == 20 ? NAN : 100;

		CHECK(cl_demand_add_month(&dated, 24300 + i, balance, limit));
		CHECK(cl_demand_add_month(&part[i * i / 7 % 2], 24300 + i, balance, limit));
		if (i >= 14)
			CHECK(cl_demand_add(&undated, balance, limit));
	}
	CHECK(cl_demand_month_in_both(&part[0], &part[1]) == 0);
	CHECK(cl_demand_merge(&part[1], &part[0]));
	CHECK(cl_demand_month_in_both(&part[0], &part[1]) != 0);
	CHECK_EQ_INT(cl_demand_months(&part[1], month), CL_DEMAND_MONTHS);
	CHECK(month[0].month == 24314 && month[0].balance == 14 * 37 % 110 + 0.25 && isnan(month[6].limit));
	CHECK_EQ_INT(cl_behavior_count_earlier(&part[1].history, 0, 24400), 14);
	CHECK(cl_demand_fit(&dated)->mu == cl_demand_fit(&undated)->mu && cl_demand_fit(&part[1])->mu == cl_demand_fit(&dated)->mu);
	CHECK(dated.n == 35 && dated.n == undated.n && dated.n_censored == undated.n_censored && dated.n_skipped == 1);
	/* A month that is no longer kept still says what was seen. */
	CHECK_NEAR(cl_demand_ceiling(&dated), 360000, 0);
	CHECK_NEAR(cl_demand_ceiling(&part[1]), 360000, 0);
	/* Seen is what the history holds, at four decimals. */
	CHECK(cl_demand_add_month(&part[1], 24351, 123456.78914, 123456.78915) && cl_demand_ceiling(&part[1]) == 4 * 123456.7892);
	CHECK(cl_behavior_conflict(&dated.history, &columns) == 0);
	CHECK(cl_demand_add_month(&dated, 24320, NAN, 100) && cl_behavior_conflict(&dated.history, &columns) == 0);
	CHECK(cl_demand_add_month(&dated, 24320, NAN, 101) && cl_behavior_conflict(&dated.history, &columns) == 24320);
	CHECK(!cl_demand_add_month(&undated, 24300, 1e15, 1));
	cl_demand_clear(&dated);
	cl_demand_clear(&undated);
	cl_demand_clear(&part[0]);
	cl_demand_clear(&part[1]);
}

void
test_demand_bounded(void)
{
	test_gamma();
	test_gamma_fit();
	test_quantiles();
	test_histories();
	test_leaning();
	test_given();
	test_room();
	test_months();
}
