/*
 * allocation_rows.h
 *	  Accounts of a query in memory: all of them, or the share that is chosen by hash when there is no room for all.
 */
#ifndef CL_USAGE_ALLOCATION_ROWS_H
#define CL_USAGE_ALLOCATION_ROWS_H

#include "usage/allocation_state.h"

/* Columns of a scan, in this order: account_id and its hash, then the account; uses of all budgets, draws of all budgets. */
enum
{
	CL_ALLOCATION_ID, CL_ALLOCATION_HASH, CL_ALLOCATION_MARGIN, CL_ALLOCATION_CARRY, CL_ALLOCATION_FLOOR, CL_ALLOCATION_CAP,
	CL_ALLOCATION_DEMAND		/* or mu, sigma, p_zero; then the uses, and what the loss is made of */
};

#define CL_ALLOCATION_RISK_COLUMNS 6	/* in the order of ClRisk */
#define CL_ALLOCATION_MOST_COLUMNS (CL_ALLOCATION_DEMAND + 3 + 2 * CL_ALLOCATION_MOST_BUDGETS + CL_ALLOCATION_RISK_COLUMNS)

typedef struct ClAllocationRows
{
	MemoryContext context;
	int			n_budgets;
	bool		lognormal;
	bool		has_risk;
	Size		most_bytes;
	int			share;			/* accounts whose hash ends in so many zero bits are kept: one in 2^share */
	int64		n;				/* kept */
	int64		size;
	double	   *row;			/* stride doubles each */
	Size		point_bytes;	/* of demands by quantiles */
	int64		n_missing;		/* something is not known: not kept */
	int64		first_missing;	/* their least account_id */
	int			horizon;		/* and how many demands are of it */
	int64		n_of_horizon;
} ClAllocationRows;

extern void cl_allocation_rows_init(ClAllocationRows *rows, int n_budgets, bool lognormal, bool has_risk, int share);
/* What a row takes at least. */
extern Size cl_allocation_row_bytes(int n_budgets, bool has_risk);
/* The account of a row of a scan; false where something of it is not known, an error where it cannot be. */
extern bool cl_allocation_take_account(const Datum *value, const bool *isnull, int n_budgets, bool lognormal, bool has_risk,
									   ClAllocationAccount *account, int *horizon);
/* A ClQueryRow whose data are the rows. */
extern void cl_allocation_rows_receive(void *data, const Datum *value, const bool *isnull);
/* Whether two of the kept accounts have the same hash, as those of one account_id have. */
extern bool cl_allocation_rows_share_hash(const ClAllocationRows *rows);
/* Sums of the kept accounts whose hash ends in so many zero bits. */
extern void cl_allocation_rows_sum(const ClAllocationRows *rows, int share, ClAllocationSums *sums);

#endif							/* CL_USAGE_ALLOCATION_ROWS_H */
