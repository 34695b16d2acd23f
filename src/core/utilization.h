/*
 * utilization.h
 *	  The grid of utilization ratios: how a distribution is kept in bounded memory.
 *
 * Cells are closed on the right, so that "above 90 %" and "above the limit" are answered exactly:
 *
 *		0				ratio <= 0: idle, or with a credit balance
 *		1 .. 1000		((k-1)/1000, k/1000]
 *		.. 1100			(1, 2] in steps of 0.01: over the limit
 *		.. 1708			each doubling up to 2^20 in 32 steps, at most 3.2 % wide
 *		1709			finite, and more than 2^20 times the limit
 *		1710			infinite: drawn without a limit
 */
#ifndef CL_CORE_UTILIZATION_H
#define CL_CORE_UTILIZATION_H

#include <stdint.h>

#define CL_CELL_IDLE 0
#define CL_CELL_AT_LIMIT 1000
#define CL_CELL_DOUBLE 1100
#define CL_CELLS_PER_OCTAVE 32
#define CL_FIRST_OCTAVE 1
#define CL_LAST_OCTAVE 20
#define CL_CELL_HUGE (CL_CELL_DOUBLE + CL_CELLS_PER_OCTAVE * (CL_LAST_OCTAVE - CL_FIRST_OCTAVE) + 1)
#define CL_CELL_INFINITE (CL_CELL_HUGE + 1)
#define CL_CELLS (CL_CELL_INFINITE + 1)

/* The upper edge of the cells from 1 to CL_CELL_HUGE - 1; the lower edge is the upper one of the cell before. */
extern double cl_cell_upper(int cell);
extern int	cl_cell_beyond_thousandths(double ratio);

/* The cell of a ratio that is not NaN. */
static inline int
cl_cell(double ratio)
{
	double		scaled = ratio * 1000;
	int			cell;
	double		past;

	if (!(ratio > 0))
		return CL_CELL_IDLE;
	if (!(scaled < 999.5))
		return cl_cell_beyond_thousandths(ratio);
	cell = (int) scaled;
	past = scaled - cell;
	/* Away from an edge the product cannot have crossed it; at an edge the edge itself decides. */
	if (past > 1e-9 && past < 1 - 1e-9)
		return cell + 1;
	if (past > 0.5)
		cell++;
	return cell > 0 && ratio <= cl_cell_upper(cell) ? cell : cell + 1;
}

/*
 * Mean and squared deviations of ratios.
 *
 * Rows are gathered in blocks as sums of d and d^2, d being the distance from the block's first ratio, which costs no division;
 * a full block is merged by the rule of Chan, Golub and LeVeque (1983), as are the states of two workers. The pivot is one of
 * the block, so the subtraction that ends a block loses at most its length in relative precision, whatever the ratios are.
 */
#define CL_MOMENTS_BLOCK 64

typedef struct ClMoments
{
	int64_t		n;				/* of full blocks */
	double		sum;
	double		squares;		/* sum of squared deviations from the mean */
	int			block_n;		/* of the block that is open */
	double		pivot;
	double		block_sum;
	double		block_squares;
} ClMoments;

extern void cl_moments_close_block(ClMoments *moments);
extern void cl_moments_merge(ClMoments *moments, const ClMoments *other);
extern ClMoments cl_moments_closed(const ClMoments *moments);

static inline void
cl_moments_add(ClMoments *moments, double x)
{
	double		distance;

	if (moments->block_n == CL_MOMENTS_BLOCK)
		cl_moments_close_block(moments);
	if (moments->block_n++ == 0)
	{
		moments->pivot = x;
		return;
	}
	distance = x - moments->pivot;
	moments->block_sum += distance;
	moments->block_squares += distance * distance;
}

/* Answers from counts of all CL_CELLS cells. */
extern double cl_cells_quantile(const int64_t *counts, int64_t n, double p);
extern double cl_cells_share_above(const int64_t *counts, int64_t n, double x);

#endif							/* CL_CORE_UTILIZATION_H */
