/*
 * demand_state.h
 *	  The state behind the type demand.
 */
#ifndef CL_USAGE_DEMAND_STATE_H
#define CL_USAGE_DEMAND_STATE_H

#include "core/demand.h"
#include "pg/summary.h"

extern const ClSummary demand_summary;
extern const char *const cl_demand_distribution_names[CL_DEMAND_DISTRIBUTIONS + 1];
extern const char *const cl_demand_status_names[CL_DEMAND_STATUSES + 1];
extern const char *const cl_demand_basis_names[CL_DEMAND_BASES + 1];	/* that of none is NULL */

/* An empty one without options yet: it takes those of what is merged into it. */
extern ClDemand *cl_demand_create(void);
extern bool cl_demand_has_options(const ClDemand *demand);

/*
 * Demands of a distribution, which is copied: given, with what the months of an account knew (posterior), and by quantiles. The
 * ceiling is INFINITY where there is none; without a basis the horizon is 0.
 */
extern ClDemand *cl_demand_of(const ClDemandModel *model, ClDemandBasis basis, int horizon);
extern ClDemand *cl_demand_of_posterior(const ClDemandModel *model, const ClDemandPosterior *posterior, ClDemandBasis basis,
										int horizon);
extern ClDemand *cl_demand_of_quantiles(int n, const double *probability, const double *quantile, double ceiling,
										ClDemandBasis basis, int horizon);

/* Into an empty one, the months of a history from outside; what is wrong with that, or NULL. */
extern const char *cl_demand_take(ClDemand *demand, const ClBehavior *history);
extern const char *cl_demand_disorder(const ClDemand *demand);
extern void cl_demand_write(StringInfo buf, const void *state);
extern void cl_demand_transfer(StringInfo buf, const void *state);
extern void *cl_demand_read(StringInfo buf);
extern void cl_demand_print(StringInfo out, const void *state);
extern void *cl_demand_parse(const ClJson *document);
/* A basis, and a demand, of an argument. */
extern ClDemandBasis cl_demand_basis(const text *argument);
extern ClDemand *cl_demand_get(Datum value);
/* Where money comes of a demand, its basis must be the one that is asked for, or not be said. */
extern void cl_demand_require_basis(Datum value, const text *basis);

#endif							/* CL_USAGE_DEMAND_STATE_H */
