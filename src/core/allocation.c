/*
 * allocation.c
 *	  The limit of an account at prices, and the sums over accounts: see allocation.h.
 */
#include "core/allocation.h"

#include <math.h>

#include "core/checksum.h"

/* Prices of a unit of limit, and of a unit of expected draw. */
static void
unit_prices(const ClAllocationAccount *account, int n_budgets, const double *price, double *of_limit, double *of_draw)
{
	*of_limit = *of_draw = 0;
	for (int k = 0; k < n_budgets; k++)
	{
		*of_limit += price[k] * account->use[k];
		*of_draw += price[k] * account->draw[k];
	}
}

double
cl_allocation_use(const ClAllocationAccount *account, int budget, double limit, double draw)
{
	return account->use[budget] * limit + account->draw[budget] * draw;
}

static double
within(const ClAllocationAccount *account, double limit)
{
	return fmin(fmax(limit, account->floor), account->cap);
}

/* As demand exceeds so much of what a limit costs: the limit, and by how much it rises as that falls. */
typedef struct Response
{
	double		limit;
	double		slope;
	double		of_others;		/* slope that other accounts have here */
} Response;

/* The best limit, unless it is in the last of it: there the straight line. NaN where demand is not known. */
static Response
respond(const ClAllocationAccount *account, double ratio, double best)
{
	const ClDemandModel *demand = &account->demand;
	double		none = ratio > 0 && !isnan(best) ? 1 - cl_demand_exceeds(demand, 0) : 1;
	double		limit = within(account, best);
	double		slope = 0;

	if (ratio > none && ratio < none + CL_ALLOCATION_LAST)
	{
		double		whole = cl_demand_quantile(demand, none + CL_ALLOCATION_LAST);

		best = whole * ((ratio - none) / CL_ALLOCATION_LAST);
		limit = within(account, best);
		if (limit == best)
			slope = whole / CL_ALLOCATION_LAST;
	}
	else if (ratio > none && limit == best)
	{
		double		density = cl_demand_density(demand, best);

		/* An amount that has a probability is the best over a range of prices. */
		if (density > 0 && (demand->distribution != CL_DEMAND_QUANTILES ||
							fabs(cl_demand_exceeds(demand, best) - (1 - ratio)) <= 1e-9 * (1 - ratio)))
			slope = 1 / density;
	}
	if (fabs(ratio - none) >= CL_ALLOCATION_DROPS)
		return (Response) {limit, slope, slope};
	best = cl_demand_quantile(demand, none + CL_ALLOCATION_DROPS);
	return (Response) {limit, slope, (within(account, best) - account->floor) / (2 * CL_ALLOCATION_DROPS)};
}

/* Margin and carry of the mean of the scenarios, where none scales demand. */
static ClEconomics
mean_economics(const ClAllocationAccount *account, const ClScenarios *scenarios)
{
	ClEconomics mean = {0};

	for (int s = 0; s < scenarios->n; s++)
	{
		ClEconomics one = cl_stress_economics(&account->economics, &account->risk, &scenarios->scenario[s], 0);

		mean.margin += scenarios->weight[s] * one.margin;
		mean.carry += scenarios->weight[s] * one.carry;
	}
	return scenarios->n > 0 ? mean : account->economics;
}

/* In closed form. False where demand is not known. */
static bool
answer_of_demand(const ClAllocationAccount *account, int n_budgets, const ClEconomics *economics, const ClStress *stress,
				 ClAllocationAnswer *answer)
{
	const ClDemandModel *demand = &account->demand;
	ClEconomics priced = {economics->margin - stress->of_draw, economics->carry};
	double		total = priced.margin + priced.carry;
	double		best = cl_optimal_limit(demand, &priced, stress->of_limit);
	Response	response = respond(account, cl_critical_ratio(&priced, stress->of_limit), best);

	if (isnan(best))
		return false;
	answer->limit = response.limit;
	answer->draw = cl_demand_expected_draw(demand, answer->limit);
	answer->profit = economics->margin * answer->draw - economics->carry * (answer->limit - answer->draw);
	answer->turnover = fabs(economics->margin) * answer->draw + economics->carry * answer->limit;
	best = within(account, best);
	if (answer->limit < best)
		answer->forgone = fmax(0, total * (cl_demand_expected_draw(demand, best) - answer->draw) -
							   (priced.carry + stress->of_limit) * (best - answer->limit));
	if (response.slope > 0 || response.of_others > 0)
	{
		answer->slope = response.slope / total;
		answer->dropping = response.of_others / total - answer->slope;
		for (int k = 0; k < n_budgets; k++)
			answer->marginal_use[k] = account->use[k] + account->draw[k] * (priced.carry + stress->of_limit) / total;
	}
	return true;
}

/* By a search. */
static bool
answer_of_search(const ClAllocationAccount *account, int n_budgets, const ClStress *stress, ClAllocationAnswer *answer)
{
	const ClScenarios *scenarios = stress->scenarios;
	double		curvature;

	answer->limit = cl_stress_limit(stress, account->floor, account->cap);
	if (isnan(answer->limit))
		return false;
	if (answer->limit > CL_ALLOCATION_LARGEST)
		return true;
	answer->draw = cl_demand_expected_draw(&account->demand, answer->limit);
	for (int s = 0; s < (scenarios->n > 0 ? scenarios->n : 1); s++)
	{
		const ClScenario *scenario = scenarios->n > 0 ? &scenarios->scenario[s] : &cl_expected_scenario;
		double		weight = scenarios->n > 0 ? scenarios->weight[s] : 1;
		ClEconomics economics = cl_stress_economics(&account->economics, &account->risk, scenario, answer->limit);

		if (weight == 0)
			continue;
		answer->profit += weight * cl_stress_profit(stress, scenario, answer->limit);
		answer->turnover += weight * (fabs(economics.margin) * cl_stress_draw(stress, scenario, answer->limit) +
									  economics.carry * answer->limit);
	}
	curvature = cl_stress_curvature(stress, answer->limit);
	if (answer->limit > account->floor && answer->limit < account->cap && curvature > 0)
	{
		double		exceeds = cl_demand_exceeds(&account->demand, answer->limit);

		answer->slope = 1 / curvature;
		for (int k = 0; k < n_budgets; k++)
			answer->marginal_use[k] = account->use[k] + account->draw[k] * exceeds;
	}
	return true;
}

bool
cl_allocation_answer(const ClAllocationAccount *account, int n_budgets, const double *price, const ClScenarios *scenarios,
					 ClAllocationAnswer *answer)
{
	static const ClScenarios none = {0};
	ClStress	stress = {
		.demand = &account->demand, .economics = account->economics, .risk = &account->risk,
		.scenarios = scenarios != NULL ? scenarios : &none
	};
	ClEconomics economics;
	bool		known;

	*answer = (ClAllocationAnswer) {0};
	unit_prices(account, n_budgets, price, &stress.of_limit, &stress.of_draw);
	if (account->has_risk && cl_stress_is_searched(&account->risk, scenarios))
		known = answer_of_search(account, n_budgets, &stress, answer);
	else
	{
		economics = mean_economics(account, stress.scenarios);
		known = answer_of_demand(account, n_budgets, &economics, &stress, answer);
	}
	if (answer->limit > CL_ALLOCATION_LARGEST)
	{
		answer->limit = INFINITY;
		answer->profit = NAN;
		answer->slope = 0;
		return known;
	}
	for (int s = 0; known && s < stress.scenarios->n; s++)
	{
		answer->outcome[s] = cl_stress_profit(&stress, &scenarios->scenario[s], answer->limit);
		answer->marginal_use[n_budgets + s] = -cl_stress_marginal(&stress, &scenarios->scenario[s], answer->limit);
	}
	return known;
}

/*
 * Sums
 */

double
cl_allocation_addend(double x)
{
	if (fabs(x) >= 0x1p-17)
		return fmin(fmax(x, -0x1p61), 0x1p61);
	return x == 0 ? 0 : rint(x * 0x1p70) * 0x1p-70;
}

void
cl_allocation_begin(ClAllocationSums *sums, int n_budgets, const double *price, const ClScenarios *scenarios)
{
	*sums = (ClAllocationSums) {.n_budgets = n_budgets};
	if (scenarios != NULL)
		sums->scenarios = *scenarios;
	for (int k = 0; k < n_budgets; k++)
		sums->price[k] = price[k];
}

static uint64_t
checksum(const ClAllocationAccount *account, int n_budgets)
{
	const ClDemandModel *demand = &account->demand;
	double		x[8 + 2 * CL_ALLOCATION_MOST_BUDGETS] = {
		demand->mu, demand->sigma, demand->p_zero, demand->ceiling, account->economics.margin, account->economics.carry,
		account->floor, account->cap
	};
	uint64_t	points = 0;

	if (demand->distribution == CL_DEMAND_QUANTILES)
	{
		x[0] = x[1] = x[2] = 0;
		points = cl_checksum_row(demand->probability, demand->n_points, 0) +
			cl_checksum_row(demand->quantile, demand->n_points, 1);
	}
	for (int k = 0; k < n_budgets; k++)
	{
		x[8 + 2 * k] = account->use[k];
		x[9 + 2 * k] = account->draw[k];
	}
	if (account->has_risk)
	{
		const ClRisk *risk = &account->risk;
		double		of_risk[] = {risk->pd, risk->lgd, risk->ccf, risk->default_draw_ratio, risk->elasticity, risk->limit};

		points += cl_checksum_row(of_risk, 6, 2);
	}
	return cl_checksum_row(x, 8 + 2 * n_budgets, points + (uint64_t) demand->distribution);
}

static void
add_floor(ClAllocationSums *sums, const ClAllocationAccount *account)
{
	double		draw;

	if (account->floor == 0)
		return;
	draw = cl_demand_expected_draw(&account->demand, account->floor);
	for (int k = 0; k < sums->n_budgets; k++)
		cl_exact_sum_add(&sums->floor_use[k], cl_allocation_addend(cl_allocation_use(account, k, account->floor, draw)));
}

static void
add_answer(ClAllocationSums *sums, const ClAllocationAccount *account, const ClAllocationAnswer *answer)
{
	double		use[CL_ALLOCATION_MOST_BUDGETS];

	cl_exact_sum_add(&sums->limit, cl_allocation_addend(answer->limit));
	cl_exact_sum_add(&sums->draw, cl_allocation_addend(answer->draw));
	cl_exact_sum_add(&sums->profit, cl_allocation_addend(answer->profit));
	cl_exact_sum_add(&sums->forgone, cl_allocation_addend(answer->forgone));
	cl_exact_sum_add(&sums->turnover, cl_allocation_addend(answer->turnover));
	for (int k = 0; k < sums->n_budgets; k++)
	{
		use[k] = cl_allocation_use(account, k, answer->limit, answer->draw);
		cl_exact_sum_add(&sums->use[k], cl_allocation_addend(use[k]));
		for (int l = 0; l <= k; l++)
			cl_exact_sum_add(&sums->product[CL_ALLOCATION_SLOPE(k, l)],
							 cl_allocation_addend(use[k] * use[l] / CL_ALLOCATION_PRODUCT_UNIT));
	}
	for (int s = 0; s < sums->scenarios.n; s++)
		cl_exact_sum_add(&sums->outcome[s], cl_allocation_addend(answer->outcome[s]));
	for (int k = 0; k < sums->n_budgets + sums->scenarios.n; k++)
	{
		for (int l = 0; l <= k && answer->slope > 0; l++)
			cl_exact_sum_add(&sums->slope[CL_ALLOCATION_SLOPE(k, l)],
							 cl_allocation_addend(answer->slope * answer->marginal_use[k] * answer->marginal_use[l]));
	}
	for (int k = 0; k < sums->n_budgets && answer->dropping != 0; k++)
	{
		for (int l = 0; l <= k; l++)
			cl_exact_sum_add(&sums->dropping[CL_ALLOCATION_SLOPE(k, l)],
							 cl_allocation_addend(answer->dropping * answer->marginal_use[k] * answer->marginal_use[l]));
	}
}

static void
add_horizons(ClAllocationSums *sums, int shortest, int longest)
{
	if (shortest != 0 && (sums->shortest_horizon == 0 || shortest < sums->shortest_horizon))
		sums->shortest_horizon = shortest;
	if (longest > sums->longest_horizon)
		sums->longest_horizon = longest;
}

void
cl_allocation_add(ClAllocationSums *sums, const ClAllocationAccount *account, int horizon)
{
	ClAllocationAnswer answer;

	if (!cl_allocation_answer(account, sums->n_budgets, sums->price, &sums->scenarios, &answer))
	{
		sums->n_skipped++;
		return;
	}
	sums->n++;
	sums->checksum += checksum(account, sums->n_budgets);
	add_horizons(sums, horizon, horizon);
	add_floor(sums, account);
	sums->n_at_floor += answer.limit == account->floor;
	sums->n_at_cap += answer.limit == account->cap && account->cap > account->floor;
	if (isinf(answer.limit))
		sums->n_endless++;
	else
		add_answer(sums, account, &answer);
}

void
cl_allocation_merge(ClAllocationSums *into, const ClAllocationSums *from)
{
	into->n += from->n;
	into->n_skipped += from->n_skipped;
	into->n_endless += from->n_endless;
	into->n_at_floor += from->n_at_floor;
	into->n_at_cap += from->n_at_cap;
	into->checksum += from->checksum;
	add_horizons(into, from->shortest_horizon, from->longest_horizon);
	cl_exact_sum_merge(&into->limit, &from->limit);
	cl_exact_sum_merge(&into->draw, &from->draw);
	cl_exact_sum_merge(&into->profit, &from->profit);
	cl_exact_sum_merge(&into->forgone, &from->forgone);
	cl_exact_sum_merge(&into->turnover, &from->turnover);
	for (int k = 0; k < into->n_budgets; k++)
	{
		cl_exact_sum_merge(&into->use[k], &from->use[k]);
		cl_exact_sum_merge(&into->floor_use[k], &from->floor_use[k]);
	}
	for (int s = 0; s < into->scenarios.n; s++)
		cl_exact_sum_merge(&into->outcome[s], &from->outcome[s]);
	for (int k = 0; k < CL_ALLOCATION_SLOPE(into->n_budgets + into->scenarios.n, 0); k++)
		cl_exact_sum_merge(&into->slope[k], &from->slope[k]);
	for (int k = 0; k < CL_ALLOCATION_SLOPE(into->n_budgets, 0); k++)
	{
		cl_exact_sum_merge(&into->dropping[k], &from->dropping[k]);
		cl_exact_sum_merge(&into->product[k], &from->product[k]);
	}
}

double
cl_allocation_used(const ClAllocationSums *sums, int budget)
{
	return sums->n_endless > 0 ? INFINITY : cl_exact_sum_closed(&sums->use[budget]).high;
}

double
cl_allocation_bound(const ClAllocationSums *sums, const double *amount)
{
	double		bound = cl_exact_sum_closed(&sums->profit).high + cl_exact_sum_closed(&sums->forgone).high;

	for (int k = 0; k < sums->n_budgets; k++)
	{
		if (sums->price[k] > 0)
			bound += sums->price[k] * (amount[k] - cl_allocation_used(sums, k));
	}
	return sums->n_endless > 0 ? NAN : bound;
}

double
cl_allocation_error(const ClAllocationSums *sums)
{
	return cl_exact_sum_closed(&sums->turnover).high * CL_ALLOCATION_ERROR;
}

const char *
cl_allocation_disorder(const ClAllocationAccount *account, int n_budgets)
{
	if (!(fabs(account->economics.margin) <= 100))
		return "margin is not between -100 and 100";
	if (!(account->economics.carry >= 0 && account->economics.carry <= 100))
		return "carry is not between 0 and 100";
	if (!(account->floor >= 0 && account->floor <= CL_ALLOCATION_LARGEST))
		return "floor is not between 0 and 1e15";
	if (!(account->cap >= account->floor))
		return "floor is above the cap";
	for (int k = 0; k < n_budgets; k++)
	{
		if (!(account->use[k] >= 0 && account->use[k] <= CL_ALLOCATION_LARGEST_USE))
			return "use of a budget per unit of limit is not between 0 and 1000";
		if (!(account->draw[k] >= -account->use[k] && account->draw[k] <= CL_ALLOCATION_LARGEST_USE))
			return "use of a budget per unit of expected draw is not between minus that of a unit of limit and 1000";
	}
	if (account->has_risk)
		return cl_risk_disorder(&account->risk, &account->economics);
	return NULL;
}
