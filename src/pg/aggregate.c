/*
 * aggregate.c
 *	  The first state of a group, and combining the states of two workers.
 */
#include "postgres.h"

#include "pg/aggregate.h"

void *
cl_agg_new_state(FunctionCallInfo fcinfo, ClStateNew create)
{
	MemoryContext old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	void	   *state = create();

	MemoryContextSwitchTo(old);
	return state;
}

Datum
cl_agg_combine(FunctionCallInfo fcinfo, ClStateNew create, ClStateMerge merge)
{
	MemoryContext context = cl_agg_context(fcinfo);
	MemoryContext old;
	void	   *into = PG_ARGISNULL(0) ? NULL : PG_GETARG_POINTER(0);
	const void *from = PG_ARGISNULL(1) ? NULL : PG_GETARG_POINTER(1);

	if (from == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	old = MemoryContextSwitchTo(context);
	if (into == NULL)
		into = create();
	merge(into, from);
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(into);
}
