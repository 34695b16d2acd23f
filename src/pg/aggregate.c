/*
 * aggregate.c
 *	  Combining the states of two workers.
 */
#include "postgres.h"

#include "pg/aggregate.h"

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
