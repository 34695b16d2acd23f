/*
 * tobit_rows.h
 *	  Rows of a Tobit regression.
 *
 * They are kept as they come, and brought into one order before anything is added up: any order, split and plan gives the same
 * bits.
 */
#ifndef CL_CORE_TOBIT_ROWS_H
#define CL_CORE_TOBIT_ROWS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"

/* What is known of the y of a row. */
typedef enum ClTobitKind
{
	CL_TOBIT_EXACT,
	CL_TOBIT_LEFT,				/* at most high; low is -Infinity */
	CL_TOBIT_RIGHT,				/* at least low; high is Infinity */
	CL_TOBIT_INTERVAL
} ClTobitKind;

#define CL_TOBIT_KINDS 4

/*
 * A row is low, high, then, where rows are full, weight and two words of its cluster, then x. Zeros have no sign, so that equal
 * rows are equal bytes.
 */
typedef struct ClTobitBlock
{
	struct ClTobitBlock *next;
	int			rows;
	int			capacity;
	double		value[];
} ClTobitBlock;

#define CL_TOBIT_BLOCK_ROWS 1024

typedef struct ClTobitRows
{
	ClMemory	memory;
	int			terms;			/* of x; -1 before the first row */
	bool		full;			/* with weight and cluster */
	bool		clustered;		/* the clusters say something */
	int64_t		n;
	int64_t		of_kind[CL_TOBIT_KINDS];
	ClTobitBlock *first;
	ClTobitBlock *last;
} ClTobitRows;

typedef struct ClTobitRow
{
	double		low;
	double		high;
	double		weight;
	uint64_t	cluster[2];
} ClTobitRow;

static inline int
cl_tobit_row_head(const ClTobitRows *rows)
{
	return rows->full ? 5 : 2;
}

static inline int
cl_tobit_row_width(const ClTobitRows *rows)
{
	return cl_tobit_row_head(rows) + rows->terms;
}

static inline ClTobitKind
cl_tobit_kind(double low, double high)
{
	if (low == high)
		return CL_TOBIT_EXACT;
	return isinf(low) ? CL_TOBIT_LEFT : isinf(high) ? CL_TOBIT_RIGHT : CL_TOBIT_INTERVAL;
}

extern void cl_tobit_rows_init(ClTobitRows *rows, const ClMemory *memory, bool full);
extern void cl_tobit_rows_free(ClTobitRows *rows);
/* rows->terms is set by then. */
extern void cl_tobit_rows_add(ClTobitRows *rows, const ClTobitRow *row, const double *x);
/* Room for n rows that the caller fills in, and counts by kind. */
extern double *cl_tobit_rows_append(ClTobitRows *rows, int n);
extern void cl_tobit_rows_merge(ClTobitRows *into, const ClTobitRows *from);
/* All rows by cluster, and in an order that depends on nothing but what they hold. */
extern const double **cl_tobit_rows_in_order(const ClTobitRows *rows, const ClMemory *memory);

#endif							/* CL_CORE_TOBIT_ROWS_H */
