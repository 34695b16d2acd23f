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

#include "core/money.h"

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
 * Sums of ratios and of their squares, from which mean and deviation follow: as integers, so that they are the same for every
 * order of the rows. A ratio counts to 15 decimals, its square to 30. Larger ratios, and sums of squares that outgrow 128 bits,
 * are the caller's: one row in a hundred million, when accounts are drawn to the limit.
 */
#define CL_RATIO_DECIMALS 15
#define CL_RATIO_UNITS 1e15
#define CL_RATIO_LARGEST 9000

typedef struct ClRatioSums
{
	int64_t		n;
	cl_int128	sum;			/* in units of 10^-15 */
	cl_int128	squares;		/* in units of 10^-30 */
} ClRatioSums;

/* Adds a ratio of at most CL_RATIO_LARGEST, of either sign; false, with nothing added, when there is no room. */
static inline bool
cl_ratio_sums_add(ClRatioSums *sums, double ratio)
{
	int64_t		units = (int64_t) (ratio * CL_RATIO_UNITS + (ratio < 0 ? -0.5 : 0.5));
	cl_int128	squares;

	if (__builtin_add_overflow(sums->squares, (cl_int128) units * units, &squares))
		return false;
	sums->n++;
	sums->sum += units;
	sums->squares = squares;
	return true;
}

/*
 * Answers from counts of all CL_CELLS cells. Inside CL_CELL_HUGE, which has no upper edge, nothing is known but a lower bound:
 * that is the answer where at_least says so, else it is NaN.
 */
extern double cl_cells_quantile(const int64_t *counts, int64_t n, double p, bool at_least);
extern double cl_cells_share_above(const int64_t *counts, int64_t n, double x, bool at_least);

#endif							/* CL_CORE_UTILIZATION_H */
