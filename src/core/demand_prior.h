/*
 * demand_prior.h
 *	  What the accounts of a segment have in common, estimated from some of them.
 */
#ifndef CL_CORE_DEMAND_PRIOR_H
#define CL_CORE_DEMAND_PRIOR_H

#include "core/demand_series.h"
#include "core/exact_sum.h"
#include "core/memory.h"

#define CL_DEMAND_TRIED (CL_DEMAND_GAMMA + 1)

/* Fitted to the series in their order; those beyond the first few thousand only refine the last steps. */
typedef struct ClDemandPopulationFit
{
	ClDemandPopulation population;
	int			n;				/* series with a draw or a limit that was reached */
	int			iterations;
	bool		converged;
	double		level_error;	/* variance of level_mean, which level_sd has in it; likewise of spread_mean */
	double		spread_error;
	double		by_carry;		/* of it, for not knowing the coefficient */
	double		log_score[CL_DEMAND_TRIED];	/* per month with a draw, of each distribution tried; NaN otherwise */
} ClDemandPopulationFit;

/* distribution < 0: the one of the best log score. */
extern void cl_demand_population_fit(ClDemandPopulationFit *fit, const ClDemandSeries *series, int n, int distribution,
									 const ClMemory *memory);

/*
 * What a step of the search needs of all accounts, in exact sums: the same in whatever order they come. Level and log sigma are
 * as believed, less the means of the population.
 */
typedef struct ClDemandStep
{
	int64_t		n;
	ClExactSum	likelihood;
	ClExactSum	level;
	ClExactSum	level_squares;
	ClExactSum	level_variances;
	ClExactSum	spread;
	ClExactSum	spread_squares;
	ClExactSum	spread_variances;
} ClDemandStep;

/* Adds every account. */
typedef void (*ClDemandScan) (void *data, const ClDemandPopulation *population, ClDemandStep *step);

/* belief is left alone where the series says nothing. */
extern void cl_demand_step_add(ClDemandStep *step, const ClDemandSeries *series, const ClDemandPopulation *population,
							   ClDemandBelief *belief);
/* From a fit to some accounts: level and sigma of those that are scanned, the rest as it is. */
extern void cl_demand_population_refine(ClDemandPopulationFit *fit, ClDemandScan scan, void *data);

/* sigmas: of each series, as believed; missed_by, unless NULL, gets what each was missed by. */
extern double cl_demand_miss(const ClDemandSeries *all, int n_series, const double *sigmas, const ClDemandPopulation *population,
							 double *missed_by);

/* Its stops and stays only. */
extern void cl_demand_fit_turns(ClDemandPopulation *population, const ClDemandSeries *all, int n, const ClMemory *memory);

#endif							/* CL_CORE_DEMAND_PRIOR_H */
