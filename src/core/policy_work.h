/*
 * policy_work.h
 *	  A decision while it is made: what the files that make it share.
 */
#ifndef CL_CORE_POLICY_WORK_H
#define CL_CORE_POLICY_WORK_H

#include <stddef.h>

#include "core/policy.h"
#include "core/policy_amount.h"

/* A decision on its way. */
typedef struct ClPolicyWork
{
	const ClPolicyRules *rules;
	const ClPolicyAccount *account;
	ClPolicyDecision *decision;
	ClPolicyTrace *trace;
	int64_t		as_of;
	int64_t		old;
	int64_t		limit;			/* as far as it has got */
	int64_t		proposal;		/* the smallest cap */
	ClPolicyRule smallest;
	bool		below_floor;
	ClPolicyRule protection;	/* what keeps the limit from the proposal, or overrides what would */
	bool		held_by_drawn;
	bool		needs_approval;
	bool		withheld;
} ClPolicyWork;

static inline bool
known(const ClPolicyWork *work, uint32_t inputs)
{
	return (work->account->missing & inputs) == 0;
}

static inline int64_t
amount_or_zero(const ClPolicyWork *work, ClPolicyInput input)
{
	return known(work, CL_INPUT_BIT(input)) ? work->account->amount[input] : 0;
}

static inline void
trace_step(ClPolicyWork *work, ClPolicyRule rule, int64_t before, int64_t bound)
{
	ClPolicyStep *step;

	if (work->trace == NULL || work->trace->nsteps == CL_POLICY_STEPS)
		return;
	step = &work->trace->steps[work->trace->nsteps++];
	step->rule = rule;
	step->before = before;
	step->after = work->limit;
	step->bound = bound;
}

/* Moves the limit and keeps the step for the explanation; true when it moved. */
static inline bool
move_to(ClPolicyWork *work, ClPolicyRule rule, int64_t limit, int64_t bound)
{
	int64_t		before = work->limit;

	work->limit = limit;
	trace_step(work, rule, before, bound);
	return limit != before;
}

/* The smallest cap is the limit, and the proposal. */
extern void cl_policy_apply_caps(ClPolicyWork *work);

#endif							/* CL_CORE_POLICY_WORK_H */
