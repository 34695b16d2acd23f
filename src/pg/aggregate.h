/*
 * aggregate.h
 *	  What every aggregate needs and gets wrong once: its memory context, and the four NULL cases of combine.
 */
#ifndef CL_PG_AGGREGATE_H
#define CL_PG_AGGREGATE_H

#include "pg/compat.h"

/* The context that lives as long as the group; an error when called from plain SQL. */
static inline MemoryContext
cl_agg_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("this function can be called only by an aggregate")));
	return context;
}

/* What a transition returns for a row that does not count: the state it was given, or none. */
static inline Datum
cl_agg_unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

typedef void *(*ClStateNew) (void);
typedef void (*ClStateMerge) (void *into, const void *from);

extern void *cl_agg_new_state(FunctionCallInfo fcinfo, ClStateNew create);

/* The state of a transition: that of argument 0, or a new one in the group's context at the first row. */
static inline void *
cl_agg_state(FunctionCallInfo fcinfo, ClStateNew create)
{
	return likely(!PG_ARGISNULL(0)) ? PG_GETARG_POINTER(0) : cl_agg_new_state(fcinfo, create);
}

/*
 * Combines two states of type internal. Both NULL gives NULL; a NULL first state is replaced by a new one in the group's
 * context, never by the second, which lives elsewhere and is never changed; a NULL second state leaves the first as it is.
 * Both callbacks run in the group's context.
 */
extern Datum cl_agg_combine(FunctionCallInfo fcinfo, ClStateNew create, ClStateMerge merge);

#endif							/* CL_PG_AGGREGATE_H */
