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

/* An empty one without options yet: it takes those of what is merged into it. */
extern ClDemand *cl_demand_create(void);
extern bool cl_demand_has_options(const ClDemand *demand);
/* A demand of these parameters; and one that still tells how much the observations of another, that led to them, know. */
extern ClDemand *cl_demand_of(const ClDemandModel *model);
extern ClDemand *cl_demand_leaning(const ClDemandModel *model, const ClDemand *known, ClDemandStatus status);
extern const char *cl_demand_leaning_disorder(const ClDemand *demand);
extern const char *cl_demand_model_disorder(const ClDemandModel *model);
extern ClDemandModel cl_demand_model(ClDemand *demand);
extern const char *cl_demand_options_disorder(const ClDemandOptions *options);
extern const char *cl_demand_disorder(const ClDemand *demand);
extern void cl_demand_print(StringInfo out, const void *state);
extern void *cl_demand_parse(const ClJson *document);
/* The demand inside an argument. */
extern ClDemand *cl_demand_get(Datum value);

#endif							/* CL_USAGE_DEMAND_STATE_H */
