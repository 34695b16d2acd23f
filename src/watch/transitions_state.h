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

extern void cl_transitions_bad_name(int length) pg_attribute_noreturn();

/* The place of the state in an argument of a transition function; -1 where there is no room for it. */
static pg_attribute_always_inline int
cl_transitions_argument_or_none(FunctionCallInfo fcinfo, int argno, ClStateKind kind, ClTransitions *transitions)
{
	text	   *name;
	ClState		state = {0};

	if (kind == CL_STATES_NUMBERS)
		return cl_transitions_number(transitions, PG_GETARG_INT32(argno));
	name = PG_GETARG_TEXT_PP(argno);
	state.name = VARDATA_ANY(name);
	state.length = VARSIZE_ANY_EXHDR(name);
	if (unlikely(state.length < 1 || state.length > CL_TRANSITIONS_NAME))
		cl_transitions_bad_name(state.length);
	return cl_transitions_new_state(transitions, &state);
}

static pg_attribute_always_inline int
cl_transitions_argument(FunctionCallInfo fcinfo, int argno, ClStateKind kind, ClTransitions *transitions)
{
	int			place = cl_transitions_argument_or_none(fcinfo, argno, kind, transitions);

	if (unlikely(place < 0))
		cl_transitions_too_many();
	return place;
}

/* Between workers only: kind, amounts, n_skipped and states (int64 number, int32 length, name) as they came. */
extern void cl_transitions_send_labels(StringInfo buf, const ClTransitions *labels);
extern void cl_transitions_receive_labels(StringInfo buf, const char *type, ClTransitions *labels);

#endif							/* CL_WATCH_TRANSITIONS_STATE_H */
