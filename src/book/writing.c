/*
 * writing.c
 *	  One writer of a log at a time in a backend.
 *
 * A lane is continued from its end, which a writer has read before he begins. The query of decisions calls the lender's
 * decision_input(), and rows of the log may have triggers of his: if these decided themselves, they would continue the lane at
 * the same place.
 */
#include "postgres.h"

#include "book/writing.h"

#include "utils/lsyscache.h"
#include "utils/memutils.h"

typedef struct Writing
{
	Oid			table;
	struct Writing *outer;
} Writing;

static Writing *writing = NULL;

static void
end_writing(void *ended)
{
	Writing   **w = &writing;

	while (*w != NULL && *w != ended)
		w = &(*w)->outer;
	if (*w != NULL)
		*w = (*w)->outer;
}

void
cl_begin_writing(Oid table)
{
	Writing    *began = palloc_object(Writing);
	MemoryContextCallback *callback = palloc_object(MemoryContextCallback);

	for (const Writing *w = writing; w != NULL; w = w->outer)
	{
		if (w->table == table)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("decisions of book \"%s\" are being written already", get_namespace_name(get_rel_namespace(table))),
					 errdetail("decision_input(), or a trigger on the log, decides while it is read or written."),
					 errhint("What decides must come after the decisions that caused it.")));
	}
	*began = (Writing) {.table = table, .outer = writing};
	*callback = (MemoryContextCallback) {.func = end_writing, .arg = began};
	/* The context of SPI ends with SPI_finish, or with the transaction. */
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	writing = began;
}
