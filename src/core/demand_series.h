/*
 * demand_series.h
 *	  The months of one account as a series, and what a population and they say together of its demand.
 *
 * The model. With lambda 0, 1/3 and 1 for lognormal, gamma and normal demand, a month's draw D has
 *
 *		(D / exp(level))^lambda = 1 + lambda sigma e	(lambda 0: log D = level + sigma e)
 *
 * where e is a first-order autoregression with mean 0, variance 1 and a coefficient of the whole population. The cube root
 * of a gamma variable is nearly normal (Wilson and Hilferty 1931). Between accounts, level is normal(level_mean, level_sd)
 * and log sigma is normal(spread_mean, spread_sd). A month without a draw says nothing of e. Whether there is a draw is a
 * chain of two states, which stops drawing and stays without a draw with probabilities that are beta distributed between
 * accounts.
 *
 * A month at its limit says that e was at least so much. What is known of e then is kept as a normal variable of the same mean
 * and variance (assumed density filtering: Maybeck 1982, Stochastic Models 2, 12.7), so a series is gone through once.
 */
#ifndef CL_CORE_DEMAND_SERIES_H
#define CL_CORE_DEMAND_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/demand_filter.h"

#define CL_DEMAND_NODES 25
#define CL_DEMAND_FAR 4			/* deviations between accounts */

/* level and log sigma given the series, by quadrature. */
typedef struct ClDemandBelief
{
	double		log_marginal;	/* density of the series */
	double		level;			/* mean, squared error; likewise of log sigma */
	double		level_variance;
	double		spread;
	double		spread_variance;
	int			n_nodes;
	ClDemandNode node[CL_DEMAND_NODES];
} ClDemandBelief;

/* What a posterior says: the account in the long run, and the month that lies "ahead" of the last one on file. */
typedef struct ClDemandOutlook
{
	double		mu;				/* of the distribution's own parameters, in the long run */
	double		sigma;
	double		p_zero;
	double		se_mu;
	double		se_sigma;
	double		se_p_zero;
	double		prior_weight;	/* 0: all is known from the account itself, 1: nothing */
	ClDemandModel ahead;		/* without ceiling */
} ClDemandOutlook;

/* carry^gap */
extern double cl_demand_fade(double carry, int gap);
extern void cl_demand_weigh(ClDemandEvidence *evidence, const ClDemandSeries *series, const ClDemandPopulation *population);
extern void cl_demand_believe(ClDemandBelief *belief, const ClDemandEvidence *evidence);
extern void cl_demand_outlook(ClDemandOutlook *outlook, const ClDemandSeries *series, const ClDemandPopulation *population,
							  int ahead);

#endif							/* CL_CORE_DEMAND_SERIES_H */
