/*
 * stress.c
 *	  Scenarios, and a PD that rises with the limit: see stress.h.
 */
#include "core/stress.h"

#include <math.h>

const ClScenario cl_expected_scenario = {1, 1, 1};
static const ClScenarios as_expected = {.n = 1, .scenario = {{1, 1, 1}}, .weight = {1}};

const char *
cl_risk_disorder(const ClRisk *risk, const ClEconomics *economics)
{
	double		loss = risk->pd * risk->lgd;

	if (!(risk->pd >= 0 && risk->pd <= 1))
		return "PD is not between 0 and 1";
	if (!(risk->lgd >= 0 && risk->lgd <= 2))
		return "LGD is not between 0 and 2";
	if (!(risk->ccf >= 0 && risk->ccf <= 10))
		return "CCF is not between 0 and 10";
	if (!(risk->default_draw_ratio >= 0 && risk->default_draw_ratio <= 100))
		return "ratio of draws at default is not between 0 and 100";
	if (!(economics->carry >= risk->ccf * loss * (1 - 1e-12)))
		return "carry is less than ccf x PD x LGD, which is a part of it";
	if (!(risk->elasticity >= 0 && risk->elasticity <= CL_STRESS_MOST_ELASTICITY))
		return "PD limit elasticity is not between 0 and 10";
	if (risk->elasticity > 0 && !(risk->limit > 0 && risk->limit <= 1e15))
		return "limit at which its PD holds is not above 0 and at most 1e15";
	return NULL;
}

/*
 * A scenario at a limit
 */

/* Whether the PD has reached 1, from where on it does not move. */
static double
loss_of(const ClRisk *risk, const ClScenario *scenario, double limit, bool *moves)
{
	double		pd = risk->pd * scenario->pd;

	if (risk->elasticity > 0)
		pd = limit > 0 ? pd * pow(limit / risk->limit, risk->elasticity) : 0;
	*moves = risk->elasticity > 0 && pd < 1;
	return fmin(1, pd) * risk->lgd * scenario->lgd;
}

/* What margin and carry are with another loss. */
static void
move(const ClRisk *risk, double loss, ClEconomics *economics)
{
	double		more = loss - risk->pd * risk->lgd;

	economics->margin -= risk->default_draw_ratio * more;
	economics->carry = fmax(0, economics->carry + risk->ccf * more);
}

ClEconomics
cl_stress_economics(const ClEconomics *economics, const ClRisk *risk, const ClScenario *scenario, double limit)
{
	ClEconomics moved = *economics;
	bool		moves;

	move(risk, loss_of(risk, scenario, limit, &moves), &moved);
	return moved;
}

static double
exceeds(const ClStress *stress, const ClScenario *scenario, double limit)
{
	return cl_demand_exceeds(stress->demand, scenario->demand == 1 ? limit : limit / scenario->demand);
}

double
cl_stress_draw(const ClStress *stress, const ClScenario *scenario, double limit)
{
	if (scenario->demand == 1)
		return cl_demand_expected_draw(stress->demand, limit);
	return scenario->demand * cl_demand_expected_draw(stress->demand, limit / scenario->demand);
}

double
cl_stress_profit(const ClStress *stress, const ClScenario *scenario, double limit)
{
	ClEconomics economics = cl_stress_economics(&stress->economics, stress->risk, scenario, limit);
	double		draw = cl_stress_draw(stress, scenario, limit);

	return economics.margin * draw - economics.carry * (limit - draw);
}

/* Of a limit the share that is expected to be drawn. */
static double
share_drawn(const ClStress *stress, const ClScenario *scenario, double limit)
{
	return limit > 0 ? cl_stress_draw(stress, scenario, limit) / limit : exceeds(stress, scenario, 0);
}

double
cl_stress_marginal(const ClStress *stress, const ClScenario *scenario, double limit)
{
	const ClRisk *risk = stress->risk;
	ClEconomics economics = cl_stress_economics(&stress->economics, risk, scenario, limit);
	double		above = exceeds(stress, scenario, limit);
	bool		moves;
	double		loss = loss_of(risk, scenario, limit, &moves);
	double		marginal = economics.margin * above - economics.carry * (1 - above);

	if (moves)
		marginal -= risk->elasticity * loss *
			(risk->ccf + (risk->default_draw_ratio - risk->ccf) * share_drawn(stress, scenario, limit));
	return marginal;
}

/* How fast that falls. */
static double
curvature_of(const ClStress *stress, const ClScenario *scenario, double limit)
{
	const ClRisk *risk = stress->risk;
	ClEconomics economics = cl_stress_economics(&stress->economics, risk, scenario, limit);
	double		apart = risk->default_draw_ratio - risk->ccf;
	bool		moves;
	double		loss = loss_of(risk, scenario, limit, &moves);
	double		curvature = (economics.margin + economics.carry) *
		cl_demand_density(stress->demand, limit / scenario->demand) / scenario->demand;

	if (moves && limit > 0)
	{
		double		share = share_drawn(stress, scenario, limit);
		double		above = exceeds(stress, scenario, limit);
		double		e = risk->elasticity;

		curvature += e * loss / limit * (e * (risk->ccf + apart * share) + risk->ccf + apart * above + apart * (above - share));
	}
	return curvature;
}

/*
 * The mean
 */

static const ClScenarios *
scenarios_of(const ClStress *stress)
{
	return stress->scenarios == NULL || stress->scenarios->n == 0 ? &as_expected : stress->scenarios;
}

typedef double (*Part) (const ClStress *stress, const ClScenario *scenario, double limit);

static double
mean(const ClStress *stress, Part part, double limit)
{
	const ClScenarios *all = scenarios_of(stress);
	double		sum = 0;

	for (int s = 0; s < all->n; s++)
	{
		if (all->weight[s] > 0)
			sum += all->weight[s] * part(stress, &all->scenario[s], limit);
	}
	return sum;
}

double
cl_stress_worth(const ClStress *stress, double limit)
{
	return mean(stress, cl_stress_profit, limit) - stress->of_limit * limit -
		stress->of_draw * cl_demand_expected_draw(stress->demand, limit);
}

double
cl_stress_slope(const ClStress *stress, double limit)
{
	return mean(stress, cl_stress_marginal, limit) - stress->of_limit -
		stress->of_draw * cl_demand_exceeds(stress->demand, limit);
}

double
cl_stress_curvature(const ClStress *stress, double limit)
{
	return mean(stress, curvature_of, limit) - stress->of_draw * cl_demand_density(stress->demand, limit);
}

bool
cl_stress_is_searched(const ClRisk *risk, const ClScenarios *scenarios)
{
	for (int s = 0; scenarios != NULL && s < scenarios->n; s++)
	{
		if (scenarios->scenario[s].demand != 1)
			return true;
	}
	return risk->elasticity > 0;
}

/*
 * The search
 */

#define NARROW 1e-3				/* an interval, as a part of its upper end, that is not halved again */
#define CLEARLY 1e-9			/* more than rounding can make of an amount, per unit */
#define MOST_HALVINGS 64
#define ROOT 1e-14			/* how well a limit is found, as a part of it */

typedef struct End
{
	double		limit;
	double		worth;
	double		slope;
	/* Of each scenario what the slope is made of. */
	double		above[CL_MOST_SCENARIOS];
	double		share[CL_MOST_SCENARIOS];
	double		loss[CL_MOST_SCENARIOS];
	bool		moves[CL_MOST_SCENARIOS];
	double		above_expected;
} End;

static void
open_end(const ClStress *stress, double limit, End *end)
{
	const ClScenarios *all = scenarios_of(stress);
	const ClRisk *risk = stress->risk;
	double		share = 0;

	end->limit = limit;
	end->above_expected = cl_demand_exceeds(stress->demand, limit);
	if (stress->of_draw != 0)
		share = share_drawn(stress, &cl_expected_scenario, limit);
	end->worth = -(stress->of_limit + stress->of_draw * share) * limit;
	end->slope = -stress->of_limit - stress->of_draw * end->above_expected;
	for (int s = 0; s < all->n; s++)
	{
		const ClScenario *scenario = &all->scenario[s];
		ClEconomics economics = stress->economics;
		double		above;
		double		slope;

		if (all->weight[s] == 0)
			continue;
		above = end->above[s] = exceeds(stress, scenario, limit);
		share = end->share[s] = share_drawn(stress, scenario, limit);
		end->loss[s] = loss_of(risk, scenario, limit, &end->moves[s]);
		move(risk, end->loss[s], &economics);
		slope = economics.margin * above - economics.carry * (1 - above);
		if (end->moves[s])
			slope -= risk->elasticity * end->loss[s] * (risk->ccf + (risk->default_draw_ratio - risk->ccf) * share);
		end->slope += all->weight[s] * slope;
		end->worth += all->weight[s] * (economics.margin * share - economics.carry * (1 - share)) * limit;
	}
}

/*
 * The most (sign 1), or minus the least (-1), that the slope is between two ends. Shares only fall as a limit rises and losses
 * only rise, so each part of it lies between its values at the ends.
 */
static double
slope_within(const ClStress *stress, const End *low, const End *high, double sign)
{
	const ClScenarios *all = scenarios_of(stress);
	const ClRisk *risk = stress->risk;
	double		loss = risk->pd * risk->lgd;
	double		without = stress->economics.margin + stress->economics.carry + (risk->default_draw_ratio - risk->ccf) * loss;
	double		carry = fmax(0, stress->economics.carry - risk->ccf * loss);
	double		apart = risk->default_draw_ratio - risk->ccf;
	double		most = -sign * stress->of_limit + fmax(-sign * stress->of_draw * low->above_expected,
													   -sign * stress->of_draw * high->above_expected);

	for (int s = 0; s < all->n; s++)
	{
		/* Of more risk a unit costs at most, or least, the largest or smallest loss times the like of the shares. */
		double		drawn[2] = {apart * low->share[s], apart * high->share[s]};
		double		wanted[2] = {apart * low->above[s], apart * high->above[s]};
		double		cost;

		if (all->weight[s] == 0)
			continue;
		if (sign > 0)
		{
			cost = -low->loss[s] * (risk->ccf + fmin(wanted[0], wanted[1]));
			/* A PD that reaches 1 on the way stops to move. */
			if (high->moves[s])
				cost -= low->loss[s] * risk->elasticity * (risk->ccf + fmin(drawn[0], drawn[1]));
		}
		else
			cost = high->loss[s] * (risk->ccf + fmax(wanted[0], wanted[1]) +
									risk->elasticity * (risk->ccf + fmax(drawn[0], drawn[1])));
		most += all->weight[s] * (fmax(sign * without * low->above[s], sign * without * high->above[s]) - sign * carry + cost);
	}
	return most;
}

/* Where the slope changes from above 0 at low to 0 or less at high: by Newton's method, or halving where that is slow. */
static double
root_between(const ClStress *stress, double low, double high)
{
	double		limit = low + (high - low) / 2;
	double		width = high - low;
	int			slow = 0;

	while (limit > low && limit < high)
	{
		double		slope = cl_stress_slope(stress, limit);
		double		curvature = cl_stress_curvature(stress, limit);
		double		next = limit + slope / curvature;

		if (slope > 0)
			low = limit;
		else
			high = limit;
		if (curvature > 0 && fabs(next - limit) <= ROOT * limit)
			return fmin(fmax(next, low), high);
		slow = high - low > width / 2 ? slow + 1 : 0;
		width = slow > 0 ? width : high - low;
		if (high - low <= ROOT * high)
			break;
		limit = curvature > 0 && next > low && next < high && slow < 4 ? next : low + (high - low) / 2;
	}
	return high;
}

/* A best limit; of those that are worth the same, up to rounding, the least. */
static void
consider(const ClStress *stress, double limit, End *best)
{
	double		worth = cl_stress_worth(stress, limit);

	if (worth > best->worth + 1e-14 * fabs(worth))
		*best = (End) {.limit = limit, .worth = worth};
}

/* All maxima between the ends, from below. */
static void
search(const ClStress *stress, const End *from, const End *to, End *best)
{
	End			open[MOST_HALVINGS + 1];
	End			low = *from;
	double		seen = fmax(from->worth, to->worth);
	int			n = 1;			/* of upper ends that are open, the nearest last */

	open[0] = *to;
	while (n > 0)
	{
		End		   *high = &open[n - 1];
		double		width = high->limit - low.limit;
		double		most = slope_within(stress, &low, high, 1);
		double		margin = CLEARLY * (fabs(seen) + high->limit);
		bool		settled = most <= 0 || slope_within(stress, &low, high, -1) <= 0 || low.worth + most * width < seen - margin;

		if (!settled && width > fmax(NARROW * high->limit, 1e-9 * to->limit) && n <= MOST_HALVINGS)
		{
			open_end(stress, low.limit + width / 2, &open[n]);
			seen = fmax(seen, open[n].worth);
			n++;
			continue;
		}
		if (!settled && low.slope > 0 && high->slope <= 0)
			consider(stress, root_between(stress, low.limit, high->limit), best);
		low = *high;
		n--;
	}
	consider(stress, to->limit, best);
}

/*
 * Above the range no limit is worth more; INFINITY: there is no end. Below it none is where the slope only falls (single), so
 * that there is one best limit.
 */
typedef struct Range
{
	double		low;
	double		high;
	bool		single;
} Range;

static Range
range_of(const ClStress *stress)
{
	const ClScenarios *all = scenarios_of(stress);
	bool		moves = stress->risk->elasticity > 0;
	Range		range = {.high = moves ? stress->risk->limit : 0};
	double		lowest = 1;
	double		highest = 1;
	double		idle = stress->of_limit;
	double		drawn = fmax(0, -stress->of_draw);	/* what a unit earns at most while it is drawn, and what it costs always */
	double		expected = -stress->of_draw;	/* and of the demand that no scenario scales */
	double		quantile;

	range.single = !moves;
	for (int s = 0; s < all->n; s++)
	{
		ClEconomics economics = cl_stress_economics(&stress->economics, stress->risk, &all->scenario[s], range.high);
		double		both = economics.margin + economics.carry;

		if (all->weight[s] == 0)
			continue;
		drawn += all->weight[s] * fmax(0, both);
		idle += all->weight[s] * economics.carry;
		lowest = fmin(lowest, all->scenario[s].demand);
		highest = fmax(highest, all->scenario[s].demand);
		if (all->scenario[s].demand == 1)
			expected += all->weight[s] * both;
		else
			range.single &= both >= 0;
	}
	range.single &= expected >= 0;
	if (drawn <= idle)
		return range;
	quantile = cl_demand_quantile(stress->demand, 1 - idle / drawn);
	range.high = isnan(quantile) ? quantile : fmax(range.high, quantile * highest * (1 + 1e-9));
	range.low = stress->of_draw <= 0 ? quantile * lowest * (1 - 1e-9) : 0;
	return range;
}

double
cl_stress_limit(const ClStress *stress, double floor, double cap)
{
	Range		range = range_of(stress);
	double		low;
	double		high = fmin(range.high, cap);
	End			from;
	End			to;
	End			best;

	if (isnan(range.high) || isnan(cl_demand_quantile(stress->demand, 0.5)))
		return NAN;
	if (isinf(high))
		return INFINITY;
	if (high <= floor)
		return floor;
	if (range.single)
	{
		low = fmax(floor, fmin(range.low, high));
		if (cl_stress_slope(stress, high) > 0)
			return high;
		if (cl_stress_slope(stress, low) > 0)
			return root_between(stress, low, high);
		return cl_stress_slope(stress, floor) > 0 ? root_between(stress, floor, low) : floor;
	}
	open_end(stress, floor, &from);
	open_end(stress, high, &to);
	best = from;
	search(stress, &from, &to, &best);
	return best.limit;
}
