/*
 * allocation_pass.h
 *	  Passes over the accounts of a query, each of which gives their sums at prices.
 *
 * A first scan reads accounts into memory, as far as maintenance_work_mem goes. Where all are there, passes go over memory. Else
 * a share of them by hash gives prices that are nearly right, and each further pass is the query once more, through
 * allocation_step_agg, with workers, partitions and shards as the planner finds them. Sums are exact, so both give the same
 * bytes. Where the caller names shards, no account leaves its own: there is no first scan, only passes.
 */
#ifndef CL_USAGE_ALLOCATION_PASS_H
#define CL_USAGE_ALLOCATION_PASS_H

#include "core/allocation_price.h"
#include "usage/allocation_query.h"
#include "usage/allocation_rows.h"

#define CL_ALLOCATION_MOST_QUESTIONS 64	/* price vectors of one pass */

typedef struct ClAllocationPasses
{
	ClAllocationQuery query;
	int			n_budgets;
	ClScenarios scenarios;		/* their weights follow the prices of budgets wherever these are asked for */
	SPIPlanPtr	step;			/* of so many price vectors */
	int			step_questions;
	ClAllocationRows rows;
	bool		in_memory;
	int			share;			/* of the rows in memory that are asked now; -1: the query is */
	int			n;				/* over all accounts */
	ClAllocationSums first;		/* n, n_skipped and checksum of the first pass: those of every pass */
} ClAllocationPasses;

extern const char *const cl_price_status_names[CL_PRICE_STATUSES];

/* Complains of limits that have no end at any price. */
extern void cl_allocation_require_end(ClPriceStatus status, const ClAllocationSums *sums);
/*
 * The first scan, of a query that was opened; not started: without prices, so that a share of the accounts must give them. One in
 * 2^(what it returns) of them is that share; 0: all.
 */
extern int	cl_allocation_passes_open(ClAllocationPasses *passes, bool started);
/* Whether a smaller share would do for a start of this one. */
extern bool cl_allocation_is_many(const ClAllocationPasses *passes, int share);
/* A ClAllocationAsk; and one of several price vectors, whose sums are of one read of the accounts. */
extern void cl_allocation_ask(void *data, const double *point, ClAllocationSums *sums);
extern void cl_allocation_ask_all(ClAllocationPasses *passes, int n, const double *point, ClAllocationSums *sums);

#endif							/* CL_USAGE_ALLOCATION_PASS_H */
