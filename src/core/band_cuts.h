/*
 * band_cuts.h
 *	  Where the bands of a committee's table begin: cells of a fine grid are put together, and cuts moved while that helps.
 *
 * The fine cells come from one scan of the accounts; after it, cost does not depend on how many there are. Cuts are exchanged
 * one at a time, at the prices at which the table before was bounded best. Nothing is claimed of the result but what its search
 * proves.
 */
#ifndef CL_CORE_BAND_CUTS_H
#define CL_CORE_BAND_CUTS_H

#include "core/band_policy.h"

/* Sums over rectangles of fine cells. */
typedef struct ClBandGrid
{
	const ClBandCells *fine;
	double	   *sum;			/* [worth, then budgets][row][column][level]: of all cells above and to the left */
	double	   *worth;			/* of the cells put together */
	double	   *use;
	ClMemory	memory;
} ClBandGrid;

extern void cl_band_grid(ClBandGrid *grid, const ClBandCells *fine, int rows, int columns, const ClMemory *memory);
/* The cells between cuts: band i of a side has the fine cells from cut[i] up to cut[i + 1]. Valid until the next call. */
extern ClBandCells cl_band_put_together(ClBandGrid *grid, int rows, const int *row_cut, int columns, const int *column_cut);
/*
 * Moves the inner cuts; the first and the last stay where they are. Every band keeps at least one fine cell. Ends early once the
 * search has taken so many steps.
 */
extern void cl_band_move_cuts(ClBandGrid *grid, ClBandSearch *search, int rows, int *row_cut, int columns, int *column_cut,
							  double most_steps);

#endif							/* CL_CORE_BAND_CUTS_H */
