/*
 * demand_prior_state.h
 *	  The state behind the type demand_prior.
 */
#ifndef CL_USAGE_DEMAND_PRIOR_STATE_H
#define CL_USAGE_DEMAND_PRIOR_STATE_H

#include "core/demand_sample.h"
#include "pg/summary.h"

/* Of the aggregate and the query. */
typedef struct ClDemandPriorOptions
{
	int			distribution;	/* that was asked for, or -1: the one of the best log score */
	int			most;			/* accounts that are kept */
} ClDemandPriorOptions;

/* What a posterior needs: first in the bytes, so that the accounts behind it need not be read. */
typedef struct ClDemandPriorHead
{
	ClDemandPriorOptions options;
	bool		compact;		/* the accounts were left away, and it cannot be merged */
	bool		fitted;
	ClDemandPopulationFit fit;
	int			n_kept;
	int64_t		n_accounts;		/* these four as in ClDemandSample */
	int64_t		n_out_of_scope;
	int64_t		n_without;
	int64_t		n_months;
	double		seen;			/* by draws below a limit, see demand_sample.h */
	int			n_ceilings;
	ClDemandCeiling ceiling[CL_DEMAND_CLASSES + 1];
} ClDemandPriorHead;

typedef struct ClDemandPrior
{
	ClDemandPriorHead head;		/* without counts while there is a sample */
	ClDemandSample sample;
} ClDemandPrior;

/* Bytes of a head at most, with the header of the value and its version. */
#define CL_DEMAND_PRIOR_HEAD 4096

extern const ClSummary demand_prior_summary;
extern ClDemandPrior *cl_demand_prior_create(void);
/* "what" is what messages call them. */
extern ClDemandPriorOptions cl_demand_prior_options(const char *what, Jsonb *jsonb);
extern bool cl_demand_prior_same_options(const ClDemandPriorOptions *a, const ClDemandPriorOptions *b);
/* Before the first account. */
extern void cl_demand_prior_set_options(ClDemandPrior *prior, ClDemandPriorOptions options);
extern uint64 cl_demand_account_hash(Datum account, bool is_text);
/* From a demand, which has months or is an error; false when the account is out of scope. */
extern bool cl_demand_account_read(ClDemandAccount *account, uint64 hash, Datum demand);
/* Fits what was collected, once. */
extern void cl_demand_prior_settle(ClDemandPrior *prior);
/* The settled head of an argument, in the current context or shared. */
extern const ClDemandPriorHead *cl_demand_prior_head(Datum value);
extern const char *cl_demand_prior_disorder(const ClDemandPriorHead *head);
extern void cl_demand_prior_print(StringInfo out, const void *state);
extern void *cl_demand_prior_parse(const ClJson *document);

#endif							/* CL_USAGE_DEMAND_PRIOR_STATE_H */
