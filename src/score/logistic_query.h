/*
 * logistic_query.h
 *	  Queries that give the rows of a logistic regression: (event, x [, weight]).
 */
#ifndef CL_SCORE_LOGISTIC_QUERY_H
#define CL_SCORE_LOGISTIC_QUERY_H

#include "pg/query.h"
#include "score/logistic.h"

typedef struct ClLogitQuery
{
	ClQuery		query;
	bool		weighted;
	const char *columns;		/* the names of its columns, in their order */
	const char *shard;			/* what stands before a SELECT from it, where it reads from a shard */
} ClLogitQuery;

/* What messages call it. */
#define CL_LOGIT_QUERY "the query of a logistic regression"

/*
 * Columns by name where the query has an event and an x; else by place. An error when they are not these. shard: a relation
 * that it reads as CL_SHARD, or NULL. Inside SPI.
 */
extern void cl_logit_query_open(ClLogitQuery *query, const char *text, const char *shard);

/* It as an item of FROM, called q (event, x [, weight]). */
extern char *cl_logit_query_rows(const ClLogitQuery *query);

#endif							/* CL_SCORE_LOGISTIC_QUERY_H */
