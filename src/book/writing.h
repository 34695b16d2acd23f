/*
 * writing.h
 *	  One writer of a log at a time in a backend: see writing.c.
 */
#ifndef CL_BOOK_WRITING_H
#define CL_BOOK_WRITING_H

#include "pg/compat.h"

/* The log's table is being written to until the current context ends. */
extern void cl_begin_writing(Oid table);

#endif							/* CL_BOOK_WRITING_H */
