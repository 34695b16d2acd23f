/*
 * demand_climb.h
 *	  Levels and spreads of a population where its accounts are likeliest, all else of it being given.
 */
#ifndef CL_CORE_DEMAND_CLIMB_H
#define CL_CORE_DEMAND_CLIMB_H

#include "core/demand_series.h"
#include "core/exact_sum.h"
#include "core/memory.h"

/* level_mean, level_sd^2, spread_mean, spread_sd^2 */
#define CL_DEMAND_CLIMBS 4

/*
 * What a step needs of all accounts, in exact sums: the same in whatever order they come. Slope is that of the log likelihood;
 * information the sum of its accounts' squares and products (Berndt, Hall, Hall and Hausman 1974), by rows up to the diagonal.
 */
typedef struct ClDemandStep
{
	int64_t		n;
	ClExactSum	likelihood;
	ClExactSum	slope[CL_DEMAND_CLIMBS];
	ClExactSum	information[CL_DEMAND_CLIMBS * (CL_DEMAND_CLIMBS + 1) / 2];
} ClDemandStep;

/* Adds every account. */
typedef void (*ClDemandScan) (void *data, const ClDemandPopulation *population, ClDemandStep *step);

/* belief is left alone where the series says nothing. */
extern void cl_demand_step_add(ClDemandStep *step, const ClDemandSeries *series, const ClDemandPopulation *population,
							   ClDemandBelief *belief);

typedef struct ClDemandClimb
{
	ClDemandScan scan;
	void	   *data;
	const ClMemory *memory;
	double		information[CL_DEMAND_CLIMBS * CL_DEMAND_CLIMBS];	/* of an account, as the last climb found it; 0: none yet */
	double		to_beat;		/* a likelihood: given up when it is clear that it is out of reach; -INFINITY: never */
	int			steps;			/* taken in all */
	bool		converged;
	double		likelihood;		/* in the end; with that of what is usual */
	double		level_error;	/* variances of level_mean and spread_mean, all else given */
	double		spread_error;
} ClDemandClimb;

/* Until a step promises less than so much of log likelihood. */
extern void cl_demand_climb(ClDemandClimb *climb, ClDemandPopulation *population, int most_steps, double tolerance);

/* log of level_sd / sigma; see demand_climb.c */
#define CL_DEMAND_USUAL_RATIO 0.3

#endif							/* CL_CORE_DEMAND_CLIMB_H */
