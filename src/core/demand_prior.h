/*
 * demand_prior.h
 *	  What the accounts of a segment have in common, estimated from some of them.
 */
#ifndef CL_CORE_DEMAND_PRIOR_H
#define CL_CORE_DEMAND_PRIOR_H

#include "core/demand_climb.h"
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

/* From a fit to some accounts: level and sigma of those that are scanned, the rest as it is. */
extern void cl_demand_population_refine(ClDemandPopulationFit *fit, ClDemandScan scan, void *data, const ClMemory *memory);

/* sigmas: of each series, as believed; missed_by, unless NULL, gets what each was missed by. */
extern double cl_demand_miss(const ClDemandSeries *all, int n_series, const double *sigmas, const ClDemandPopulation *population,
							 double *missed_by);

/* Its stops and stays only. */
extern void cl_demand_fit_turns(ClDemandPopulation *population, const ClDemandSeries *all, int n, const ClMemory *memory);

#endif							/* CL_CORE_DEMAND_PRIOR_H */
