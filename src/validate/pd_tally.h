/*
 * pd_tally.h
 *	  The state of every aggregate that needs the whole distribution of PDs or scores: exact counts per distinct value, what was
 *	  left out, and options that are the same in all rows.
 */
#ifndef CL_VALIDATE_PD_TALLY_H
#define CL_VALIDATE_PD_TALLY_H

#include "pg/summary.h"
#include "pg/tally.h"
#include "validate/pd_row.h"

#define CL_PD_OPTIONS 2

typedef struct ClPdTally
{
	ClTally		tally;
	int64		n_skipped;		/* rows in which something was missing */
	bool		has_options;	/* since the first row that counts */
	double		option[CL_PD_OPTIONS];
} ClPdTally;

/* The options of an aggregate, as messages call them; the last has no name. */
typedef struct ClPdOption
{
	const char *name;
	bool		boolean;
} ClPdOption;

/* For the callbacks of a summary type. */
extern void *cl_pd_tally_create(void);
extern void cl_pd_tally_merge(ClPdTally *into, const ClPdTally *from, const ClTallyType *type, const ClPdOption *options);
extern void cl_pd_tally_write(StringInfo buf, const ClPdTally *state, const ClTallyType *type);
extern void cl_pd_tally_transfer(StringInfo buf, const ClPdTally *state, const ClTallyType *type);
extern ClPdTally *cl_pd_tally_read(StringInfo buf, const ClTallyType *type);
extern void cl_pd_tally_require_weight(const ClPdTally *state, const ClTallyType *type);

/* The state of a transition, made at the first row; rows have weights when there is an argument for them. */
extern ClPdTally *cl_pd_tally_new(FunctionCallInfo fcinfo, bool weighted);
extern void cl_pd_tally_options(ClPdTally *state, const double *option, const ClPdOption *options);

static inline ClPdTally *
cl_pd_tally_state(FunctionCallInfo fcinfo, bool weighted)
{
	if (likely(!PG_ARGISNULL(0)))
		return (ClPdTally *) PG_GETARG_POINTER(0);
	return cl_pd_tally_new(fcinfo, weighted);
}

static inline void
cl_pd_tally_add(ClPdTally *state, const ClPdRow *row)
{
	if (state->tally.kind == CL_TALLY_WEIGHTS)
		cl_tally_add_weighted(&state->tally, row->pd, row->event, row->weight, 0);
	else
		cl_tally_add(&state->tally, row->pd, row->event);
}

/* A state's tally, settled, which changes how it is kept and not what it holds; false when it has no rows. */
extern bool cl_pd_tally_settled(ClPdTally *state);

#endif							/* CL_VALIDATE_PD_TALLY_H */
