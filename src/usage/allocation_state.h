/*
 * allocation_state.h
 *	  The state behind the type allocation_step, and the accounts of a query.
 */
#ifndef CL_USAGE_ALLOCATION_STATE_H
#define CL_USAGE_ALLOCATION_STATE_H

#include "core/allocation.h"
#include "pg/summary.h"

extern const ClSummary allocation_step_summary;

/*
 * Prices of budgets and then weights of scenarios from SQL, and three factors of each scenario, into a new or empty state; an
 * error where they are others than before.
 */
extern void cl_allocation_require_prices(ClAllocationSums *sums, const double *price, int n, const double *factor,
										 int n_scenarios);

/* Complains of an account that cannot be. */
extern void cl_allocation_require_order(const ClAllocationAccount *account, int n_budgets, const int64 *account_id);

extern void cl_allocation_require_lognormal(const ClDemandModel *model, const int64 *account_id);

/* The distribution of a demand of an argument, of the mixture of months or of no basis that it says; its horizon. */
extern int	cl_allocation_demand(Datum value, ClDemandModel *model);

/* Rows that are left out are counted up to here, and accounts too. */
#define CL_ALLOCATION_MOST_ROWS (INT64CONST(1) << 53)

#endif							/* CL_USAGE_ALLOCATION_STATE_H */
