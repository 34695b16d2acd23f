/*
 * kept.h
 *	  Statements whose plans a backend keeps: see kept.c.
 */
#ifndef CL_BOOK_KEPT_H
#define CL_BOOK_KEPT_H

#include "pg/compat.h"

#include "executor/spi.h"

/* To be called between SPI_connect and SPI_finish, which ends the caller's right to the plan. */
extern SPIPlanPtr cl_kept_plan(const text *statement, int parameters, const Oid *types, int cursor_options);

#endif							/* CL_BOOK_KEPT_H */
