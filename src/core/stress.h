/*
 * stress.h
 *	  What a limit earns in scenarios of PD, LGD and demand, and where the PD rises with the limit.
 *
 * Margin and carry hold a loss, PD x LGD. In a scenario, and at a limit L other than the one at which the PD was measured, it is
 *
 *		loss(L) = min(1, pd PD (L / limit)^elasticity) lgd LGD
 *
 * with pd and lgd the factors of the scenario. With D demand, which its third factor scales, and E = E[min(demand D, L)]
 *
 *		profit(L) = margin E - carry (L - E) - (loss(L) - PD LGD) (default_draw_ratio E + ccf (L - E))
 *
 * A mixture of scenarios earns the mean by its weights. Where none scales demand and no PD moves with the limit that is a
 * newsvendor once more. Else the limit that earns most is searched for. All parts of the slope are monotone in L, so that a bound
 * of it over an interval is known from its ends: intervals over which profit only rises or falls, or that cannot hold the best,
 * are left aside, and others halved until they are narrow (Moore 1966, Interval Analysis).
 */
#ifndef CL_CORE_STRESS_H
#define CL_CORE_STRESS_H

#include "core/profit.h"

#define CL_MOST_SCENARIOS 8
#define CL_STRESS_MOST_ELASTICITY 10.0
#define CL_MOST_FACTOR 1000.0	/* of a scenario */
#define CL_LEAST_DEMAND_FACTOR 0.001

typedef struct ClRisk
{
	double		pd;				/* within margin and carry, at the limit below */
	double		lgd;
	double		ccf;
	double		default_draw_ratio;
	double		elasticity;		/* of the PD: a limit higher by 1 % has a PD higher by so many %; 0: it does not move */
	double		limit;			/* above 0 where the elasticity is */
} ClRisk;

/* Factors; 1 is what is expected. */
typedef struct ClScenario
{
	double		pd;
	double		lgd;
	double		demand;
} ClScenario;

typedef struct ClScenarios
{
	int			n;				/* 0: none, all is as expected */
	ClScenario	scenario[CL_MOST_SCENARIOS];
	double		weight[CL_MOST_SCENARIOS];	/* of their mean; they add up to 1 */
} ClScenarios;

/* What a limit is worth: the mean of the scenarios, less a price of the limit and of what is expected to be drawn of it. */
typedef struct ClStress
{
	const ClDemandModel *demand;
	ClEconomics economics;
	const ClRisk *risk;
	const ClScenarios *scenarios;
	double		of_limit;		/* 0 or more; of_limit + of_draw too */
	double		of_draw;
} ClStress;

/* What is wrong with a risk from outside; NULL when it is in order. */
extern const char *cl_risk_disorder(const ClRisk *risk, const ClEconomics *economics);

/* Margin and carry of a limit in a scenario. */
extern ClEconomics cl_stress_economics(const ClEconomics *economics, const ClRisk *risk, const ClScenario *scenario,
									   double limit);
/* What is drawn, earned, and earned by one more unit in a scenario. */
extern double cl_stress_draw(const ClStress *stress, const ClScenario *scenario, double limit);
extern double cl_stress_profit(const ClStress *stress, const ClScenario *scenario, double limit);
extern double cl_stress_marginal(const ClStress *stress, const ClScenario *scenario, double limit);

/* Whether a limit has to be searched for. */
extern bool cl_stress_is_searched(const ClRisk *risk, const ClScenarios *scenarios);
/* Of the mean less the prices: its slope to the right, and how fast this falls. */
extern double cl_stress_slope(const ClStress *stress, double limit);
extern double cl_stress_curvature(const ClStress *stress, double limit);
extern double cl_stress_worth(const ClStress *stress, double limit);
/* The least limit from floor to cap that is worth most; INFINITY where no finite one is, NaN where demand is not known. */
extern double cl_stress_limit(const ClStress *stress, double floor, double cap);

extern const ClScenario cl_expected_scenario;

#endif							/* CL_CORE_STRESS_H */
