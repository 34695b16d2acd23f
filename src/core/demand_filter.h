/*
 * demand_filter.h
 *	  The months of an account, and how likely they are at given levels and spreads; see demand_series.h for the model.
 */
#ifndef CL_CORE_DEMAND_FILTER_H
#define CL_CORE_DEMAND_FILTER_H

#include <math.h>
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
	double		level_sd;		/* between accounts: for one that is far from all others, as far as it takes */
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

/*
 * Balances are known to half a per cent at best: fees and rounding move one that does not move. Without a least spread an account
 * whose balance stands still would say that its sigma is 0, with certainty.
 */
#define CL_DEMAND_LEAST_SPREAD 0.005

#define CL_DEMAND_SIDE_BY_SIDE 36

/* A node where the level is normal with this mean and variance; 0: known. */
static inline void
cl_demand_node_at(ClDemandNode *node, double level, double level_variance, double spread)
{
	node->spread = spread;
	node->sigma = exp(spread);
	node->level = level;
	node->level_variance = level_variance;
}

extern double cl_demand_lambda(ClDemandDistribution distribution);
/*
 * The log density of the series at each node, as weight, and the rest of the node. At most CL_DEMAND_SIDE_BY_SIDE; the level is
 * known in all of them or in none.
 */
extern void cl_demand_densities(const ClDemandEvidence *evidence, ClDemandNode *node, int n);

#endif							/* CL_CORE_DEMAND_FILTER_H */
