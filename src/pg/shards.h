/*
 * shards.h
 *	  Option {"shards": [relation, ...]} of functions that run a query in several passes: the query reads from a name that stands
 *	  for each of them in turn, so that each pass is an aggregate of each, which postgres_fdw sends whole, and a sum above.
 */
#ifndef CL_PG_SHARDS_H
#define CL_PG_SHARDS_H

#include "pg/json.h"

#define CL_SHARD "shard"

/* Names of relations, as a query shall call them; an error where one is on a server that cannot be asked. Inside SPI. */
extern char **cl_shards(const ClJson *option, int *n);

/* What stands before the SELECT over a query that reads from CL_SHARD. Inside the query it would keep the aggregate here. */
extern char *cl_shard_with(const char *relation);

#endif							/* CL_PG_SHARDS_H */
