/*
 * transitions_state.h
 *	  The type transitions: its state is a ClTransitions (core/transitions.h).
 */
#ifndef CL_WATCH_TRANSITIONS_STATE_H
#define CL_WATCH_TRANSITIONS_STATE_H

#include "core/transitions.h"
#include "pg/summary.h"

#include "utils/array.h"

#define CL_TRANSITIONS_TYPE "transitions"

extern const ClSummary transitions_summary;

/* What rows and parts have in common: states of one kind, all with an amount or none. */
extern void cl_transitions_require(ClTransitions *transitions, ClStateKind kind, bool with_amounts);
extern void cl_transitions_too_many(void) pg_attribute_noreturn();
/* A state as text, in the current context. */
extern char *cl_state_string(const ClTransitions *transitions, int place);
/* States in their own order, in which all answers give them. */
extern ClTransitions *cl_transitions_open(Datum value);
/* The place of the state with a name; which states an array of names has. Error: there is none of that name. */
extern int	cl_transitions_named(const ClTransitions *transitions, const char *name);
extern bool *cl_transitions_chosen(const ClTransitions *transitions, ArrayType *array);

#endif							/* CL_WATCH_TRANSITIONS_STATE_H */
