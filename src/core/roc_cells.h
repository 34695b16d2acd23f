/*
 * roc_cells.h
 *	  Scores put together, so that a roc of a million distinct scores needs a few thousand, at a bounded loss of AUC and KS.
 *
 * A cell is a range of keys of scores (cl_tally_key): a power of two of them, aligned, within one sign and exponent. So two cells
 * are the same, apart, or one inside the other, and those of two tallies that are merged have one union, whatever the order. The
 * rows of a cell stand at its lowest score. A cut-off there divides rows as it did before, so every point of the curve that is
 * left is a point of the curve that was.
 *
 * Pairs within a cell count one half, whatever they were, so a cell with shares n and e of non-events and events moves the AUC by
 * at most n * e / 2. Within it the distance between the two shares goes from d to d + n - e, and on the way to d + n or d - e at
 * most. Both bounds follow from the counts alone, so they hold for whatever was merged.
 */
#ifndef CL_CORE_ROC_CELLS_H
#define CL_CORE_ROC_CELLS_H

#include "core/tally.h"

#define CL_ROC_CELL_FEWEST_BITS 12	/* of a key, that its scores have in common: sign and exponent */

typedef struct ClRocCell
{
	uint64_t	low;			/* keys, both inside */
	uint64_t	high;
} ClRocCell;

typedef struct ClRocLoss
{
	double		auc;			/* at most so far from the AUC of the scores that were, either way */
	double		ks;				/* at most so much below their KS */
} ClRocLoss;

extern bool cl_roc_cell_is_valid(const ClRocCell *cell);

/* Puts cells in order, and leaves out those inside another; gives how many are left. */
extern size_t cl_roc_cells_join(ClRocCell *cell, size_t n);

/* Of a settled tally, which stays settled: rows of each cell go to its lowest score. */
extern void cl_roc_cells_gather(ClTally *tally, const ClRocCell *cell, size_t n);

/* Of a settled tally whose cells are gathered. No loss where a class has no rows: there is nothing to lose yet. */
extern ClRocLoss cl_roc_cells_loss(const ClTally *tally, const ClRocCell *cell, size_t n);

/*
 * Cells of a settled tally, whose n cells there are already stay or become larger, with a loss of at most "most", unless those
 * there are lose more already. None has more than 4 * most->auc of the rows: what costs nothing here, as rows of one class do,
 * may cost when rows of others are merged.
 */
extern ClRocCell *cl_roc_cells_choose(const ClTally *tally, const ClRocCell *cell, size_t *n, const ClRocLoss *most);

#endif							/* CL_CORE_ROC_CELLS_H */
