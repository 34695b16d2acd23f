/*
 * transitions_state.h
 *	  The type transitions: its state is a ClTransitions (core/transitions.h).
 */
#ifndef CL_WATCH_TRANSITIONS_STATE_H
#define CL_WATCH_TRANSITIONS_STATE_H

#include "core/transitions.h"
#include "pg/summary.h"

#define CL_TRANSITIONS_TYPE "transitions"

extern const ClSummary transitions_summary;

/* What rows and parts have in common: states of one kind, all with an amount or none. */
extern void cl_transitions_require(ClTransitions *transitions, ClStateKind kind, bool with_amounts);
extern void cl_transitions_too_many(void) pg_attribute_noreturn();
/* A state as text, in the current context. */
extern char *cl_state_string(const ClTransitions *transitions, int place);
extern Datum cl_flow_amount(cl_int128 amount);

#endif							/* CL_WATCH_TRANSITIONS_STATE_H */
