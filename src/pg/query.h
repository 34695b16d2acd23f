/*
 * query.h
 *	  SQL that a caller gives as text, and queries of our own around it or over a relation of his.
 *
 * A text may come from anybody, so it is parsed and analysed alone first: only one SELECT may stand in parentheses later. It may
 * only read, and must read the same in every pass, so row locks and volatile functions are refused. Names in it are looked up
 * again each time it is prepared and may mean something else then, so the columns of each result are checked before it is read.
 *
 * Everything here runs inside SPI, with the rights and the search_path of the caller; names that are added are qualified.
 */
#ifndef CL_PG_QUERY_H
#define CL_PG_QUERY_H

#include "pg/compat.h"

#include "access/tupdesc.h"
#include "executor/spi.h"

/* A query that was found to be one SELECT that only reads. "what" is what messages call it. */
typedef struct ClQuery
{
	const char *what;
	char	   *text;			/* the statement alone, without a semicolon */
	TupleDesc	desc;			/* its columns when it was looked at */
} ClQuery;

extern void cl_query_open(ClQuery *query, const char *text, const char *what);

/* The statement alone of a text that is one SELECT, before the names in it mean something. */
extern char *cl_query_one_select(const char *text, const char *what);

/* A plan of a statement that only reads, which may run in parallel; checked as cl_query_open does. */
extern SPIPlanPtr cl_query_prepare(const char *statement, const char *what, int n_parameters, Oid *types);

/* Runs it in the snapshot of the calling statement. SPI_tuptable has columns of these types (InvalidOid: any). */
extern void cl_query_execute(SPIPlanPtr plan, const char *what, Datum *values, int n_columns, const Oid *types);

/* The same row by row, none kept: a plan of it may have workers, which a cursor has not. In a context of the row's own. */
typedef void (*ClQueryRow) (void *data, const Datum *value, const bool *isnull);

extern void cl_query_scan(SPIPlanPtr plan, const char *what, int n_columns, const Oid *types, ClQueryRow receive, void *data);

/* The place of a column of that name, or -1. */
extern int	cl_query_column(TupleDesc desc, const char *name);

/* The columns of a result are looked at before a row of it is read. */
extern void cl_query_require_types(TupleDesc desc, const char *what, int n_columns, const Oid *types);

/* The relation as a query calls it, schema and quotes included. */
extern char *cl_query_relation(Oid relation);

/* A name that no column of the relation has, so that it can stand for the whole row. */
extern char *cl_query_row_alias(Oid relation);

/* Complains unless the text is one expression, and nothing that would close a parenthesis and go on. */
extern void cl_query_require_expression(const char *text, const char *what);

#endif							/* CL_PG_QUERY_H */
