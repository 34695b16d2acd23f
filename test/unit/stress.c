/*
 * stress.c
 *	  Limits in scenarios, and of a PD that moves with the limit: against grids and differences; the laws of PD; weights of
 *	  scenarios against sorting and averaging; and bounds against random limits that fit.
 */
#include <stdlib.h>

#include "check.h"
#include "core/allocation_price.h"
#include "some_demand.h"

void		test_stress(void);

/* What margin and carry are at a PD, as unit_economics has it. */
static void
set_pd(double pd, ClRisk *risk, ClEconomics *economics)
{
	risk->pd = pd;
	*economics = (ClEconomics) {0.16 - risk->default_draw_ratio * pd * risk->lgd, 0.002 + risk->ccf * pd * risk->lgd};
}

static ClRisk
some_risk(uint64_t *random, bool moves)
{
	return (ClRisk) {
		/* A small LGD and a large elasticity: beyond a limit at which the PD is 1 some earn again. */
		.lgd = 0.1 + (cl_test_random(random) % 2 ? 0.9 : 0.2) * uniform(random), .ccf = uniform(random),
		.default_draw_ratio = 0.5 + uniform(random),
		.elasticity = moves ? (cl_test_random(random) % 2 ? 5 : 1) * uniform(random) : 0,
		.limit = moves ? exp(4 + 5 * uniform(random)) : 0
	};
}

static ClScenarios
some_scenarios(uint64_t *random, bool demand)
{
	ClScenarios all = {.n = (int) (cl_test_random(random) % 4)};
	double		sum = 0;

	for (int s = 0; s < all.n; s++)
	{
		all.scenario[s] = (ClScenario) {
			exp(3 * uniform(random) - 1), exp(uniform(random) - 0.5), demand ? exp(2 * uniform(random) - 1) : 1
		};
		if (cl_test_random(random) % 4 == 0)
			all.scenario[s].demand = 1;
		sum += all.weight[s] = cl_test_random(random) % 5 ? uniform(random) : 0;
	}
	if (all.n > 0 && sum == 0)
		sum = all.weight[0] = 1;
	for (int s = 0; s < all.n; s++)
		all.weight[s] /= sum;
	return all;
}

/* No limit of a grid is worth more, nor one beside; the slope is that of the worth, and the curvature that of the slope. */
static void
test_limits(void)
{
	uint64_t	random = 1;

	for (int round = 0; round < cl_rounds(30000); round++)
	{
		ClDemandModel demand = some_demand(&random, false);
		ClRisk		risk = some_risk(&random, cl_test_random(&random) % 2);
		ClScenarios all = some_scenarios(&random, true);
		ClStress	stress = {.demand = &demand, .risk = &risk, .scenarios = &all};
		double		floor = cl_test_random(&random) % 3 ? 0 : 300 * uniform(&random);
		double		cap = cl_test_random(&random) % 2 ? floor + exp(4 + 6 * uniform(&random)) : INFINITY;
		double		limit;
		double		best;
		double		highest;
		double		scale;

		set_pd(0.4 * uniform(&random) * uniform(&random), &risk, &stress.economics);
		if (cl_test_random(&random) % 2)
			stress.of_limit = 0.05 * uniform(&random);
		if (cl_test_random(&random) % 3 == 0)
			stress.of_draw = cl_test_random(&random) % 2 ? 0.1 * uniform(&random) : -stress.of_limit * uniform(&random);
		limit = cl_stress_limit(&stress, floor, cap);
		if (isinf(limit))
		{
			/* Nothing idle costs anything. */
			CHECK(isinf(cap) && cl_stress_slope(&stress, 1e12) >= 0);
			continue;
		}
		CHECK(limit >= floor && limit <= cap);
		best = cl_stress_worth(&stress, limit);
		scale = fmax(1, fabs(best)) + 0.2 * limit;
		highest = fmin(cap, 30 * fmax(limit, fmax(1000, risk.limit)));
		for (int i = 0; i <= 300; i++)
		{
			double		grid = floor + (highest - floor) * pow(i / 300.0, 3);
			double		beside = fmin(cap, fmax(floor, limit * (1 + (i - 150) * 1e-4)));

			CHECK(cl_stress_worth(&stress, grid) <= best + 1e-12 * scale + 1e-13 * grid);
			CHECK(cl_stress_worth(&stress, beside) <= best + 1e-12 * scale);
		}
		for (int i = 1; i < 4 && demand.distribution != CL_DEMAND_QUANTILES && demand.sigma > 0; i++)
		{
			double		at = limit * 0.6 * i + 10;
			double		step = 1e-5 * at;
			double		numeric = (cl_stress_worth(&stress, at + step) - cl_stress_worth(&stress, at - step)) / (2 * step);
			double		second = (cl_stress_slope(&stress, at - step) - cl_stress_slope(&stress, at + step)) / (2 * step);

			/* At a ceiling, and where the PD reaches 1, there are kinks. */
			if (isinf(demand.ceiling) && !(risk.elasticity > 0))
			{
				CHECK_NEAR(cl_stress_slope(&stress, at), numeric, 1e-6);
				CHECK(fabs(cl_stress_curvature(&stress, at) - second) <= 1e-4 * fabs(second) + 1e-6 / at);
			}
			else if (isinf(demand.ceiling) && all.n == 0 && risk.pd * pow(at * 1.1 / risk.limit, risk.elasticity) < 1)
			{
				CHECK_NEAR(cl_stress_slope(&stress, at), numeric, 1e-6);
				CHECK(fabs(cl_stress_curvature(&stress, at) - second) <= 1e-4 * fabs(second) + 1e-6 / at);
			}
		}
	}
}

/* Where there is a closed form it is that: no scenario but the expected one, demand scaled, PD and LGD scaled. */
static void
test_closed(void)
{
	uint64_t	random = 2;

	for (int round = 0; round < cl_rounds(20000); round++)
	{
		ClDemandModel demand = some_demand(&random, true);
		ClRisk		risk = some_risk(&random, false);
		ClScenarios all = {.n = 1, .weight = {1}};
		ClStress	stress = {.demand = &demand, .risk = &risk, .scenarios = &all, .of_limit = 0.02 * uniform(&random)};
		ClEconomics scaled;
		double		closed;

		set_pd(0.1 * uniform(&random), &risk, &stress.economics);
		all.scenario[0] = (ClScenario) {3 * uniform(&random), 2 * uniform(&random), 0.5 + uniform(&random)};
		scaled = stress.economics;
		scaled.margin -= risk.default_draw_ratio * risk.pd * risk.lgd * (all.scenario[0].pd * all.scenario[0].lgd - 1);
		scaled.carry += risk.ccf * risk.pd * risk.lgd * (all.scenario[0].pd * all.scenario[0].lgd - 1);
		closed = all.scenario[0].demand * cl_optimal_limit(&demand, &scaled, stress.of_limit);
		CHECK(fabs(cl_stress_limit(&stress, 0, INFINITY) - closed) <= 1e-9 * closed);
		all.n = 0;
		closed = cl_optimal_limit(&demand, &stress.economics, stress.of_limit);
		CHECK(fabs(cl_stress_limit(&stress, 0, INFINITY) - closed) <= 1e-9 * closed);
	}
}

static double
highest_pd(const ClRisk *risk, const ClScenarios *all, double limit)
{
	double		pd = 0;

	for (int s = 0; s < all->n && risk->elasticity > 0; s++)
		pd = fmax(pd, risk->pd * all->scenario[s].pd * pow(limit / risk->limit, risk->elasticity));
	return pd;
}

/*
 * A higher PD never gives a higher limit at prices of exposure and of expected loss, in any scenarios and with a PD that moves,
 * as long as a unit that is lent and lost costs more than it earns.
 */
static void
test_risk(void)
{
	uint64_t	random = 3;

	for (int round = 0; round < cl_rounds(100000); round++)
	{
		ClAllocationAccount account = {.demand = some_demand(&random, false), .cap = INFINITY, .has_risk = true};
		double		price[2] = {0.1 * uniform(&random), uniform(&random)};
		ClScenarios all = some_scenarios(&random, cl_test_random(&random) % 2);
		double		before = INFINITY;

		account.risk = some_risk(&random, cl_test_random(&random) % 4 > 0);
		account.risk.default_draw_ratio = fmax(account.risk.default_draw_ratio, 0.25 / account.risk.lgd);
		for (int s = 0; s < all.n; s++)
			all.scenario[s].lgd = fmax(1, all.scenario[s].lgd);
		if (cl_test_random(&random) % 3 == 0)
			account.cap = exp(4 + 5 * uniform(&random));
		account.use[0] = 1;
		for (int i = 0; i < 12; i++)
		{
			double		pd = i < 8 ? 0.015 * i : 0.12 + 0.2 * (i - 8);
			ClAllocationAnswer answer;

			set_pd(pd, &account.risk, &account.economics);
			account.use[1] = account.risk.ccf * pd * account.risk.lgd;
			account.draw[1] = fmax(0, 1 - account.risk.ccf) * pd * account.risk.lgd;
			CHECK(cl_allocation_answer(&account, 2, price, &all, &answer));
			/* One that has reached 1 moves no more, so that a limit may pass it while another holds it up. */
			if (highest_pd(&account.risk, &all, answer.limit) >= 1)
				break;
			CHECK(answer.limit <= before * (1 + 1e-12) + 1e-9);
			before = answer.limit;
		}
	}
}

/*
 * Weights
 */

/* The mean of the worst 1 - alpha of so many equal parts: sort, and average (Acerbi and Tasche 2002). */
static int
ascending(const void *left, const void *right)
{
	double		a = *(const double *) left;
	double		b = *(const double *) right;

	return (a > b) - (a < b);
}

static void
test_weights(void)
{
	uint64_t	random = 4;

	for (int round = 0; round < cl_rounds(20000); round++)
	{
		int			n = 1 + (int) (cl_test_random(&random) % 8);
		int			worst = 1 + (int) (cl_test_random(&random) % n);
		double		cap[CL_MOST_SCENARIOS];
		double		outcome[CL_MOST_SCENARIOS];
		double		weight[CL_MOST_SCENARIOS];
		double		units = 0;
		double		mean = 0;

		for (int s = 0; s < n; s++)
		{
			cap[s] = ceil(1e10 / worst) / 1e10;
			outcome[s] = 1000 * uniform(&random) - 300;
			weight[s] = uniform(&random);
		}
		CHECK(cl_weights_least(n, cap, outcome) <= outcome[0] || n > 1);
		cl_weights_round(n, cap, weight);
		for (int s = 0; s < n; s++)
		{
			CHECK(weight[s] >= 0 && weight[s] <= cap[s]);
			units += rint(weight[s] * 1e10);
			mean += weight[s] * outcome[s];
		}
		CHECK(units == 1e10);
		CHECK(cl_weights_least(n, cap, outcome) <= mean + 1e-9);
		mean = cl_weights_least(n, cap, outcome);
		qsort(outcome, n, sizeof(double), ascending);
		for (int s = 0; s < worst; s++)
			mean -= outcome[s] / worst;
		CHECK(fabs(mean) <= 1e-6);
	}
}

#define MOST_ACCOUNTS 60

static ClAllocationAccount account[MOST_ACCOUNTS];
static int	n_accounts;
static ClScenarios scenarios;

static void
sum_accounts(void *data, const double *point, ClAllocationSums *sums)
{
	ClScenarios all = scenarios;
	int			n_budgets = *(int *) data;

	for (int s = 0; s < all.n; s++)
		all.weight[s] = point[n_budgets + s];
	cl_allocation_begin(sums, n_budgets, point, &all);
	for (int i = 0; i < n_accounts; i++)
		cl_allocation_add(sums, &account[i], 0);
}

static void
draw_accounts(uint64_t *random, bool moves, bool demand)
{
	n_accounts = 2 + (int) (cl_test_random(random) % (MOST_ACCOUNTS - 2));
	scenarios = some_scenarios(random, demand);
	while (scenarios.n < 2)
		scenarios = some_scenarios(random, demand);
	for (int i = 0; i < n_accounts; i++)
	{
		account[i] = (ClAllocationAccount) {
			.demand = some_demand(random, true), .cap = INFINITY, .has_risk = true, .use = {1}
		};
		account[i].risk = some_risk(random, moves);
		set_pd(0.15 * uniform(random) * uniform(random), &account[i].risk, &account[i].economics);
		account[i].use[1] = account[i].risk.ccf * account[i].risk.pd;
		account[i].draw[1] = account[i].risk.pd;
	}
}

/* What limits that fit are worth by the criterion; how much of the limits found they are is drawn anew. */
static double
worth_of_limits(const ClAllocationSums *sums, const double *amount, int n_budgets, const double *cap, uint64_t *random)
{
	double		outcome[CL_MOST_SCENARIOS] = {0};
	double		used[2] = {0};
	double		limit[MOST_ACCOUNTS];
	double		spread = cl_test_random(random) % 2 ? 1 : 0.01;
	double		part = 1;

	for (int i = 0; i < n_accounts; i++)
	{
		ClAllocationAnswer answer;

		(void) cl_allocation_answer(&account[i], n_budgets, sums->price, &sums->scenarios, &answer);
		limit[i] = answer.limit * (1 + spread * (uniform(random) - 0.5));
	}
	for (int k = 0; k < n_budgets; k++)
	{
		for (int i = 0; i < n_accounts; i++)
			used[k] += cl_allocation_use(&account[i], k, limit[i], cl_demand_expected_draw(&account[i].demand, limit[i]));
		/* Use falls at least as fast as the limit where none is of draws, and else at least as fast as draws. */
		part = fmin(part, amount[k] / used[k]);
	}
	for (int i = 0; i < n_accounts; i++)
	{
		ClStress	stress = {.demand = &account[i].demand, .economics = account[i].economics, .risk = &account[i].risk};

		if (part < 1)
			limit[i] *= n_budgets == 1 ? part : part * part * part;
		for (int s = 0; s < scenarios.n; s++)
			outcome[s] += cl_stress_profit(&stress, &scenarios.scenario[s], limit[i]);
	}
	for (int k = 0; k < n_budgets; k++)
	{
		used[k] = 0;
		for (int i = 0; i < n_accounts; i++)
			used[k] += cl_allocation_use(&account[i], k, limit[i], cl_demand_expected_draw(&account[i].demand, limit[i]));
		if (used[k] > amount[k] * (1 + 1e-12))
			return -INFINITY;
	}
	return cl_weights_least(scenarios.n, cap, outcome);
}

/* No limits are worth more than the bound, and those found reach it where none jumps; from another start the same. */
static void
test_criteria(void)
{
	uint64_t	random = 5;
	long		fit = 0;
	int			tight = 0;

	for (int round = 0; round < cl_rounds(2000); round++)
	{
		bool		moves = round % 4 == 3;
		bool		demand = round % 8 > 3;
		int			n_budgets = 1 + round % 2;
		bool		jumps = moves || (demand && n_budgets > 1);	/* a draw may cost more than it earns */
		double		amount[2];
		double		cap[CL_MOST_SCENARIOS];
		double		point[CL_ALLOCATION_MOST_BUDGETS] = {0};
		double		again[CL_ALLOCATION_MOST_BUDGETS];
		double		outcome[CL_MOST_SCENARIOS];
		ClAllocationProblem problem = {
			.n_budgets = n_budgets, .amount = amount, .weight_cap = cap, .ask = sum_accounts, .data = &n_budgets
		};
		ClAllocationSums sums;
		ClPriceStatus status;
		double		value;
		double		bound;
		double		alpha = round % 3 == 0 ? 1 : 0.9 * uniform(&random);

		draw_accounts(&random, moves, demand);
		problem.n_scenarios = scenarios.n;
		for (int s = 0; s < scenarios.n; s++)
			cap[s] = 1;
		cl_weights_round(scenarios.n, cap, scenarios.weight);
		for (int s = 0; s < scenarios.n; s++)
			cap[s] = alpha == 1 ? 1 : fmin(1, ceil(scenarios.weight[s] / (1 - alpha) * 1e10 - 1e-3) / 1e10);
		for (int s = 0; s < scenarios.n; s++)
			point[n_budgets + s] = scenarios.weight[s];
		sum_accounts(&n_budgets, point, &sums);
		for (int k = 0; k < n_budgets; k++)
			amount[k] = cl_allocation_used(&sums, k) * (k == 1 ? 0.5 : 0.3 + 0.9 * uniform(&random)) + 1;
		status = cl_allocation_solve(&problem, false, point, &sums);
		CHECK(status <= CL_PRICE_TIES);
		bound = cl_allocation_bound(&sums, amount);
		for (int s = 0; s < scenarios.n; s++)
			outcome[s] = cl_exact_sum_closed(&sums.outcome[s]).high;
		value = cl_weights_least(scenarios.n, cap, outcome);
		for (int k = 0; k < n_budgets; k++)
			CHECK(cl_allocation_used(&sums, k) <= amount[k]);
		CHECK(value <= bound + cl_allocation_error(&sums) + 1e-12 * fabs(bound));
		tight += status < CL_PRICE_TIES && bound - value <= 1e-9 * fabs(bound);
		if (!jumps)
			CHECK(bound - value <= CL_PRICE_USED_UP * fabs(bound));	/* few accounts drop out all at once */
		for (int i = 0; i < 40; i++)
		{
			double		other = worth_of_limits(&sums, amount, n_budgets, cap, &random);

			fit += other > -INFINITY;
			CHECK(other <= bound + 1e-9 * fabs(bound));
		}
		if (jumps)
			continue;
		for (int k = 0; k < n_budgets; k++)
			again[k] = point[k] * (1 + 0.001 * uniform(&random));
		for (int s = 0; s < scenarios.n; s++)
			again[n_budgets + s] = scenarios.weight[s];
		CHECK(cl_allocation_solve(&problem, true, again, &sums) <= CL_PRICE_TIES);
		CHECK_NEAR(cl_allocation_bound(&sums, amount), bound, CL_PRICE_USED_UP);
	}
	CHECK(fit > 10 * cl_rounds(2000) && tight > 0.7 * cl_rounds(2000));
}

void
test_stress(void)
{
	test_limits();
	test_closed();
	test_risk();
	test_weights();
	test_criteria();
}
