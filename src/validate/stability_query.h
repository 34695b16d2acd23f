/*
 * stability_query.h
 *	  Queries over a relation of the caller: with his rights, and with names that his search_path cannot turn.
 */
#ifndef CL_VALIDATE_STABILITY_QUERY_H
#define CL_VALIDATE_STABILITY_QUERY_H

#include "postgres.h"

#include "executor/spi.h"

/* The relation as a query calls it, schema and quotes included. */
extern char *cl_query_relation(Oid relation);

/* A name that no column of the relation has, so that it can stand for the whole row. */
extern char *cl_query_row_alias(Oid relation);

/* Complains unless the text is one expression, and nothing that would close a parenthesis and go on. */
extern void cl_query_require_expression(const char *text, const char *what);

#endif							/* CL_VALIDATE_STABILITY_QUERY_H */
