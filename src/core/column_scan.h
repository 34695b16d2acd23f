/*
 * column_scan.h
 *	  A few hundred rows as a scan of a regression sees them: columns side by side, and sums of their products.
 *
 * A block stays in the processor's cache while everything is done with it, in loops over columns that need no more than two
 * doubles at a time side by side: every 64-bit processor has that. Sums of blocks are added in twice the precision.
 */
#ifndef CL_CORE_COLUMN_SCAN_H
#define CL_CORE_COLUMN_SCAN_H

#include "core/memory.h"
#include "core/sum.h"

/* Terms of a regression, without the intercept. */
#define CL_MOST_TERMS 1000
#define CL_LARGEST_X 1e100		/* of any x, so that squares of it can be added up */

/* Even, and no power of two: columns that lie 2^n apart would fight for the same lines of the cache. */
#define CL_SCAN_ROWS 248
#define CL_SCAN_PAIRS (CL_SCAN_ROWS / 2)

/* Two doubles side by side: what every processor of 64 bits adds at once. */
typedef double ClPair __attribute__((vector_size(16)));

/*
 * Column number 0 is the intercept's. A row beyond the last has weight and residual 0, a column beyond the last is 0, so that
 * loops need no remainder.
 */
typedef struct ClColumnScan
{
	int			size;			/* columns, the intercept's included */
	int			columns;		/* the same, rounded up to 4 */
	int			pairs;			/* of rows */
	ClPair	   *x;				/* [column * CL_SCAN_PAIRS + pair] */
	ClPair	   *linear;			/* the linear predictor */
	ClPair	   *weight;			/* of squares */
	ClPair	   *residual;
	ClPair	   *extra;
	ClPair	   *product[2];		/* weights times a column */
	double	   *block;			/* products of columns of this block: [row * columns + column] */
	double	   *side;			/* columns of them */
	void	   *allocated;
} ClColumnScan;

extern ClColumnScan *cl_column_scan_new(const ClMemory *memory, int size);
extern void cl_column_scan_free(const ClMemory *memory, ClColumnScan *scan);

/* So many rows: the intercept's column is 1, and the linear predictor begins with its coefficient. */
extern void cl_column_scan_begin(ClColumnScan *scan, int rows, double intercept);

/* Adds sum of row[i] x[i][j] to gradient[j], and sum of weight[i] x[i][j] x[i][k] to information[j * size + k], k <= j. */
extern void cl_column_scan_gradient(ClColumnScan *scan, const ClPair *row, ClSum *gradient);
extern void cl_column_scan_information(ClColumnScan *scan, ClSum *information);

/* x'y of the rows of a block. */
extern double cl_pairs_dot(const ClPair *x, const ClPair *y, int pairs);

#endif							/* CL_CORE_COLUMN_SCAN_H */
