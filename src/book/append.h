/*
 * append.h
 *	  Many rows for one partition of a table that only grows: see append.c.
 */
#ifndef CL_BOOK_APPEND_H
#define CL_BOOK_APPEND_H

#include "pg/compat.h"

typedef struct ClAppend ClAppend;

typedef struct ClAppendColumn
{
	const char *name;
	Oid			type;
} ClAppendColumn;

/* To be called between SPI_connect and SPI_finish, in a context that lives until cl_append_end(). */
extern ClAppend *cl_append_begin(Oid table, const ClAppendColumn *columns, int count, int key, Datum value);
extern void cl_append_row(ClAppend *append, const Datum *values, const bool *isnull);
extern void cl_append_end(ClAppend *append);

#endif							/* CL_BOOK_APPEND_H */
