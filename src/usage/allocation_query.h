/*
 * allocation_query.h
 *	  The query of shadow_price: its columns, and the SQL around it.
 */
#ifndef CL_USAGE_ALLOCATION_QUERY_H
#define CL_USAGE_ALLOCATION_QUERY_H

#include "core/allocation.h"
#include "pg/json.h"
#include "pg/query.h"

#define CL_ALLOCATION_QUERY "the query of shadow_price"

typedef struct ClAllocationColumn
{
	const char *name;
	bool		required;		/* else NULL stands for it */
} ClAllocationColumn;

typedef struct ClAllocationQuery
{
	int			n_budgets;
	char	   *name[CL_ALLOCATION_MOST_BUDGETS];
	double		amount[CL_ALLOCATION_MOST_BUDGETS];
	char	   *amount_text[CL_ALLOCATION_MOST_BUDGETS];	/* as they were given */
	int			n_more;			/* number columns that a caller reads beside these: at the end of a scan */
	const ClAllocationColumn *more;
	bool		may_have_risk;	/* what the loss is made of is read, where a PD moves with the limit or there are scenarios */
	const char *scenarios;		/* an array of their factors; NULL: none */
	char	   *risk;			/* arguments of allocation_step_agg after the prices; NULL: not read */
	bool		lognormal;		/* mu, sigma and p_zero, and not a demand */
	Oid			demand_type;
	bool		of_shards;		/* no account is to leave its own */
	int			n_shards;
	char	  **shard;			/* WITH ... of each, where there are any */
	char	  **source;			/* a query in parentheses, for each shard */
	char	   *account;		/* arguments of allocation_step_agg without prices */
	char	   *columns;		/* of a scan, see allocation_rows.h */
} ClAllocationQuery;

/* Names and amounts of an object. */
extern void cl_allocation_query_budgets(ClAllocationQuery *query, Jsonb *jsonb);
/* For budgets of these names; shards: names of relations, or NULL. */
extern void cl_allocation_query_open(ClAllocationQuery *query, const char *text, char **shards);
/* The accounts whose hash ends in so many zero bits. */
extern char *cl_allocation_query_scan(const ClAllocationQuery *query, int share);
/* How many accounts come more than once, and the first of them. */
extern char *cl_allocation_query_doubled(const ClAllocationQuery *query);
/* number of accounts, allocation_steps at the prices $1 to $n. */
extern char *cl_allocation_query_step(const ClAllocationQuery *query, int n);

#endif							/* CL_USAGE_ALLOCATION_QUERY_H */
