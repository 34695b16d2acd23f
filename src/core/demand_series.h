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

#include "core/demand.h"

/*
 * Months one after the other up to the last on file, at most CL_DEMAND_MONTHS. NaN says nothing, 0 is no draw, a positive
 * number a draw, a negative one the amount that was reached where the limit stopped it.
 */
typedef struct ClDemandSeries
{
	int			n;
	const float *months;
} ClDemandSeries;

typedef struct ClDemandBeta
{
	double		a;
	double		b;
} ClDemandBeta;

/* What the accounts of a segment have in common. */
typedef struct ClDemandPopulation
{
	ClDemandDistribution distribution;
	double		level_mean;		/* log of money */
	double		level_sd;
	double		spread_mean;	/* log sigma */
	double		spread_sd;
	double		carry;			/* from month to month, of e; 0 to 0.998 */
	double		start;			/* variance of e in the first month; 1 where the series goes on as it began */
	ClDemandBeta stops;			/* of no draw after a draw */
	ClDemandBeta stays;			/* of no draw after none */
} ClDemandPopulation;

/*
 * Of innovations, each of a point below the limit and the one before it: weight of their mean, the mean, the squares about it,
 * and the logarithm of the product of their variances.
 */
typedef struct ClDemandInnovations
{
	double		precision;
	double		mean;
	double		squares;
	double		log_variances;
} ClDemandInnovations;

/* A series prepared for one value of carry. */
typedef struct ClDemandEvidence
{
	const ClDemandPopulation *population;
	double		reference;		/* log of the money that the points are relative to */
	int			n_exact;		/* points below the limit */
	double		log_constant;	/* what the density does not share with level and sigma */
	int			n_first;		/* points before the first one at its limit */
	ClDemandInnovations first;	/* of these */
	ClDemandInnovations pairs;	/* and of all points below the limit that follow one */
	int			n_months;		/* of all kinds but unknown */
	int			n_zero;
	bool		last_zero;
	int			turns[2];		/* pairs of months of which the first is with, or without, a draw */
	int			turns_zero[2];	/* and the second without */
	int			last_gap;		/* months from the last known one to the end of the series */
	int			point_gap;		/* months from the last point to the end of the series; 0 points: -1 */
	int			n_points;		/* months with a draw, or at the limit */
	double		point[CL_DEMAND_MONTHS];
	double		fade[CL_DEMAND_MONTHS];	/* carry^months since the one before; of the first 0 */
	bool		at_limit[CL_DEMAND_MONTHS];
} ClDemandEvidence;

/* What is known of an account if its sigma is this one, or its level too; deviation is sigma e, of the last point. */
typedef struct ClDemandNode
{
	double		weight;
	double		spread;			/* log sigma */
	double		sigma;
	double		level;			/* mean and variance */
	double		level_variance;
	double		deviation;
	double		deviation_variance;
	double		covariance;		/* of both */
} ClDemandNode;

#define CL_DEMAND_NODES 25

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
extern double cl_demand_lambda(ClDemandDistribution distribution);
extern void cl_demand_weigh(ClDemandEvidence *evidence, const ClDemandSeries *series, const ClDemandPopulation *population);
extern void cl_demand_believe(ClDemandBelief *belief, const ClDemandEvidence *evidence);
extern void cl_demand_outlook(ClDemandOutlook *outlook, const ClDemandSeries *series, const ClDemandPopulation *population,
							  int ahead);

#endif							/* CL_CORE_DEMAND_SERIES_H */
