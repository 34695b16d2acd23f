/*
 * utilization_state.h
 *	  The state behind the type utilization.
 */
#ifndef CL_USAGE_UTILIZATION_STATE_H
#define CL_USAGE_UTILIZATION_STATE_H

#include "core/utilization.h"
#include "pg/money.h"
#include "pg/summary.h"

/* Sums of money, in this order everywhere. */
typedef enum ClUtilizationSum
{
	CL_SUM_BALANCE,
	CL_SUM_LIMIT,
	CL_SUM_UNUSED,				/* limit - what is drawn of it; a credit balance leaves the limit unused, not more */
	CL_SUM_OVER_LIMIT,			/* what is drawn beyond it */
	CL_UTILIZATION_SUMS
} ClUtilizationSum;

/*
 * Counts per cell of the grid: a small hash while few cells are used (one account's months, a small segment), an array of all
 * once there are many.
 */
typedef struct ClCells
{
	int64	   *dense;			/* CL_CELLS counts, or NULL while sparse */
	int			slots;			/* of the hash: a power of two */
	int			used;
	uint16	   *cell;			/* cell + 1 of each slot, 0 where free */
	int64	   *count;
} ClCells;

#define CL_CELLS_FIRST_SLOTS 16
#define CL_CELLS_LAST_SLOTS 512

typedef struct ClUtilization
{
	MemoryContext context;		/* where it lives and grows */
	int64		n;				/* rows with balance and limit */
	int64		n_undefined;	/* of these, without a limit and with nothing drawn: 0/0 */
	ClRatioSums ratio;			/* of the finite ratios */
	Numeric		ratio_sum;		/* what these have no room for, or NULL */
	Numeric		ratio_squares;
	int			decimals;		/* of all four sums, as long as everything fitted */
	ClMoneySum	sums[CL_UTILIZATION_SUMS];
	ClCells		cells;			/* of the n - n_undefined ratios, infinite ones included */
} ClUtilization;

extern const ClSummary utilization_summary;
extern const char *const cl_utilization_sum_names[CL_UTILIZATION_SUMS];

extern void cl_cells_create(ClCells *cells, MemoryContext context);
extern void cl_cells_add_slow(ClCells *cells, MemoryContext context, int cell, int64 count);
extern int64 *cl_cells_counts(const ClCells *cells);

extern void cl_utilization_add_large_ratio(ClUtilization *state, double ratio);
/* Exact sums, without zeros at the end: what is stored, and what is answered. */
extern Datum cl_utilization_money(const ClUtilization *state, ClUtilizationSum sum);
extern Datum cl_utilization_ratio_sum(const ClUtilization *state);
extern Datum cl_utilization_ratio_squares(const ClUtilization *state);

static inline void
cl_cells_add(ClCells *cells, MemoryContext context, int cell, int64 count)
{
	if (likely(cells->dense != NULL))
		cells->dense[cell] += count;
	else
		cl_cells_add_slow(cells, context, cell, count);
}

#endif							/* CL_USAGE_UTILIZATION_STATE_H */
