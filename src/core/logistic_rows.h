/*
 * logistic_rows.h
 *	  Rows of a logistic regression, and the sums over them that a fit is made of.
 *
 * Rows are kept by columns in blocks of a few hundred: 8 bytes a value, 1 byte for the outcome, 8 for a weight if there are
 * weights. A scan looks at one block after the other; the order of the rows is lost in the last digit only.
 *
 * A fit sees columns centred and scaled (ClLogitFrame), so that neither dates nor millions cost it digits.
 */
#ifndef CL_CORE_LOGISTIC_ROWS_H
#define CL_CORE_LOGISTIC_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/column_scan.h"

#define CL_LOGIT_LEAST_SPREAD 1e-290	/* standard deviation of a column that is not constant */

typedef struct ClLogitBlock
{
	struct ClLogitBlock *next;
	int			rows;
	int			capacity;		/* even; columns are so far apart */
	double	   *x;				/* [term * capacity + row] */
	double	   *weight;			/* behind the last term; or NULL */
	unsigned char *event;
} ClLogitBlock;

extern ClLogitBlock *cl_logit_block_new(const ClMemory *memory, int terms, bool weighted, int capacity);
extern void cl_logit_block_add(ClLogitBlock *block, int terms, const double *x, bool event, double weight);

typedef struct ClLogitRows
{
	ClMemory	memory;
	int			terms;			/* columns, without the intercept; -1 before the first row */
	bool		weighted;
	int64_t		n;
	int64_t		n_event;
	ClLogitBlock *first;
	ClLogitBlock *last;
} ClLogitRows;

extern void cl_logit_rows_init(ClLogitRows *rows, const ClMemory *memory, bool weighted);
extern void cl_logit_rows_free(ClLogitRows *rows);
extern void cl_logit_rows_add(ClLogitRows *rows, const double *x, bool event, double weight);
/* A block of n rows that the caller fills in, and counts the events of. */
extern ClLogitBlock *cl_logit_rows_append(ClLogitRows *rows, int n);
extern void cl_logit_rows_merge(ClLogitRows *into, const ClLogitRows *from);
extern void cl_logit_rows_copy(const ClLogitRows *rows, int64_t stride, ClLogitRows *sample);

/* Sums of weights, by class, and of each column; of rows without weights these are counts. */
typedef struct ClLogitTotals
{
	double		weight;
	double		event_weight;
} ClLogitTotals;

/* Means and standard deviations: arrays of rows->terms. */
extern void cl_logit_moments(const ClLogitRows *rows, ClLogitTotals *totals, double *mean, double *deviation);

/* How columns enter: (x[column[j]] - center[j]) / scale[j]; the intercept is an addition to them. */
typedef struct ClLogitFrame
{
	int			terms;
	const int  *column;
	const double *center;
	const double *scale;
} ClLogitFrame;

/* Sums at given coefficients, of which number 0 is the intercept's. Everything has terms + 1 rows and columns. */
typedef struct ClLogitSums
{
	ClMemory	memory;
	int			size;			/* terms + 1 */
	ClSum		loglik;
	ClSum	   *gradient;
	ClSum	   *information;	/* [row * size + column], column <= row */
	void	   *scratch;
} ClLogitSums;

extern void cl_logit_sums_init(ClLogitSums *sums, const ClMemory *memory, int terms);
extern void cl_logit_sums_free(ClLogitSums *sums);
extern void cl_logit_sums_clear(ClLogitSums *sums);
extern void cl_logit_sums_add(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta);
extern void cl_logit_sums_merge(ClLogitSums *into, const ClLogitSums *from);

/* Adds the outer products of the scores of rows, (y - p)^2 x x', to the information. */
extern void cl_logit_sums_add_meat(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta);

/* Adds what Firth's penalty adds: h (1/2 - p) x to the gradient, h w x x' to the information R'R, of which inverse is R^-1. */
extern void cl_logit_sums_add_firth(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame,
									const double *beta, const double *inverse);

/*
 * The triangle R of the QR decomposition of [sqrt(w) x | (y - p) / sqrt(w)], all rows of it: R'R is the information, but
 * nothing was squared, so columns that nearly depend on each other keep their digits. [row * (size + 1) + column].
 */
extern void cl_logit_triangle_add(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame,
								  const double *beta, double *triangle);

static inline void
cl_logit_block_row(const ClLogitBlock *block, int terms, int row, double *x)
{
	for (int j = 0; j < terms; j++)
		x[j] = block->x[(size_t) j * block->capacity + row];
}

#endif							/* CL_CORE_LOGISTIC_ROWS_H */
