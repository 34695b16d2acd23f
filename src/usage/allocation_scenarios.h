/*
 * allocation_scenarios.h
 *	  Scenarios that limits are chosen for, and by which criterion, as options of a query say them.
 */
#ifndef CL_USAGE_ALLOCATION_SCENARIOS_H
#define CL_USAGE_ALLOCATION_SCENARIOS_H

#include "core/allocation_search.h"
#include "pg/json.h"

typedef enum ClCriterion
{
	CL_CRITERION_MEAN, CL_CRITERION_WORST, CL_CRITERION_CVAR
} ClCriterion;

typedef struct ClAllocationScenarios
{
	ClScenarios all;			/* at first weighed by their probabilities */
	const char *name[CL_MOST_SCENARIOS];
	double		probability[CL_MOST_SCENARIOS];
	double		weight_cap[CL_MOST_SCENARIOS];
	ClCriterion criterion;
	double		alpha;
} ClAllocationScenarios;

/* Options scenarios, criterion and alpha. */
extern void cl_allocation_scenarios_read(ClAllocationScenarios *scenarios, const ClJson *options, int most);
/* The factors as an array of allocation_step_agg; NULL: there are none. */
extern char *cl_allocation_scenarios_sql(const ClAllocationScenarios *scenarios);
/* Into a certificate. */
extern void cl_allocation_scenarios_put(StringInfo out, const ClAllocationScenarios *scenarios, const ClAllocationSums *sums,
										bool priced);
/* What limits are worth by the criterion; and the status of prices that were found, these being the sums. */
extern double cl_allocation_scenarios_value(const ClAllocationScenarios *scenarios, const ClAllocationSums *sums);
extern ClPriceStatus cl_allocation_scenarios_status(const ClAllocationScenarios *scenarios, ClPriceStatus status,
													const ClAllocationSums *sums, const double *amount);

#endif							/* CL_USAGE_ALLOCATION_SCENARIOS_H */
