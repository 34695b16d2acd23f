/*
 * roc_state.h
 *	  The state behind the type roc.
 */
#ifndef CL_VALIDATE_ROC_STATE_H
#define CL_VALIDATE_ROC_STATE_H

#include "core/roc.h"
#include "core/roc_cells.h"
#include "pg/summary.h"
#include "pg/tally.h"

typedef enum ClRocDirection
{
	CL_ROC_UNKNOWN,				/* no row yet */
	CL_ROC_HIGHER_IS_RISKIER,
	CL_ROC_LOWER_IS_RISKIER
} ClRocDirection;

typedef struct ClRoc
{
	ClTally		tally;
	int64		n_skipped;		/* rows with a NULL or NaN among their arguments */
	ClRocDirection direction;
	bool		amounts;		/* rows come with an amount */
	int			decimals;		/* that amounts are shown with */
	int64		n_without_amount;	/* rows that count although their amount is not known */
	ClRocCell  *cell;			/* scores that were put together (compact), in order once it is settled */
	size_t		n_cells;
	bool		gathered;		/* no row stands elsewhere in a cell than at its lowest score */
	ClRocMeasures measures;		/* as of measured rows, since several functions ask for them */
	int64		measured;
} ClRoc;

extern const ClSummary roc_summary;

static inline bool
cl_roc_higher_is_riskier(const ClRoc *roc)
{
	return roc->direction != CL_ROC_LOWER_IS_RISKIER;
}

/* Settles the tally, and gathers the rows of each cell. */
extern void cl_roc_settle(ClRoc *roc);

/* What that may have cost, at most. */
extern ClRocLoss cl_roc_loss(ClRoc *roc);

/* Settles, and measures it unless that was done. */
extern const ClRocMeasures *cl_roc_measures(ClRoc *roc);
extern void cl_roc_set_direction(ClRoc *roc, ClRocDirection direction);

#endif							/* CL_VALIDATE_ROC_STATE_H */
