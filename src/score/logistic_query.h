/*
 * logistic_query.h
 *	  Queries that give the rows of a logistic regression: (event, x [, weight]).
 */
#ifndef CL_SCORE_LOGISTIC_QUERY_H
#define CL_SCORE_LOGISTIC_QUERY_H

#include "score/logistic.h"

#include "executor/spi.h"

/* Whether the query has a column of weights; an error when its columns are not these. Inside SPI. */
extern bool cl_logit_query_weighted(const char *query);

/* A plan for it that may run in parallel; "select" says what of q (event, x [, weight]) is wanted. */
extern SPIPlanPtr cl_logit_query_plan(const char *select, const char *query, bool weighted, int n_parameters, Oid *types);

#endif							/* CL_SCORE_LOGISTIC_QUERY_H */
