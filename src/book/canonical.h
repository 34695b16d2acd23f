/*
 * canonical.h
 *	  Rows as text that is the same everywhere, for who writes many of them: the form is described in canonical.c.
 */
#ifndef CL_BOOK_CANONICAL_H
#define CL_BOOK_CANONICAL_H

#include "pg/compat.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"

typedef struct ClCanonicalColumns ClCanonicalColumns;
typedef struct ClCanonicalRow ClCanonicalRow;

/* Values of the first columns of a row type. */
extern ClCanonicalColumns *cl_canonical_columns(TupleDesc desc, int count);
extern void cl_canonical_put(StringInfo out, const ClCanonicalColumns *columns, const Datum *values, const bool *isnull);

/* Records whose type is known when they come. */
extern ClCanonicalRow *cl_canonical_row_of(ClCanonicalRow **kept, MemoryContext context, HeapTupleHeader record);
extern text *cl_canonical_layout(const ClCanonicalRow *row);
extern void cl_canonical_put_row(StringInfo out, ClCanonicalRow *row, HeapTupleHeader record);

#endif							/* CL_BOOK_CANONICAL_H */
