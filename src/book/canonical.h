/*
 * canonical.h
 *	  Rows as text that is the same everywhere: the form is described in canonical.c.
 */
#ifndef CL_BOOK_CANONICAL_H
#define CL_BOOK_CANONICAL_H

#include "pg/row.h"

#include "executor/spi.h"
#include "utils/array.h"

/* What is known of the rows of one type. */
typedef struct ClCanonicalRow
{
	MemoryContext context;
	Oid			type;
	int32		typmod;
	uint64		identifier;
	TupleDesc	desc;
	ArrayType  *chosen;			/* names of the columns that are printed; NULL: all */
	int			count;			/* columns that are printed, in this order */
	int		   *column;
	Oid		   *base_type;		/* of each of them */
	StringInfoData layout;
	Datum	   *value;			/* of the row that was taken apart last, by place in desc */
	bool	   *isnull;
} ClCanonicalRow;

/* Takes a record apart. *kept begins as NULL and lives in context: what the type says is found once for many records. */
extern ClCanonicalRow *cl_canonical_row(ClCanonicalRow **kept, MemoryContext context, HeapTupleHeader record);

/* Before it: of the records that follow only columns of these names, of type text[], are printed, in this order; NULL: all. */
extern void cl_canonical_choose(ClCanonicalRow **kept, MemoryContext context, const ArrayType *names);

/* A row, in a context of its own, of which the columns from first to before end are printed; the caller fills in the values. */
extern ClCanonicalRow *cl_canonical_columns(MemoryContext context, TupleDesc desc, int first, int end);

/* The place of a column in row->value, or below 0. */
static inline int
cl_canonical_find(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (cl_is_called(TupleDescAttr(desc, i), name))
			return i;
	}
	return -1;
}

/* The row taken apart last as an array; its values alone, with commas between; and single values of type bytea. */
extern text *cl_canonical_text(const ClCanonicalRow *row);
extern void cl_canonical_put(StringInfo out, const ClCanonicalRow *row);
extern void cl_canonical_put_bytea(StringInfo out, Datum value, bool isnull);

#endif							/* CL_BOOK_CANONICAL_H */
