/*
 * isotonic.h
 *	  The non-decreasing event rates that fit the events best: isotonic regression.
 */
#ifndef CL_CORE_ISOTONIC_H
#define CL_CORE_ISOTONIC_H

#include "core/tally.h"

/* Neighbouring scores that share a rate; from and to are the first and the last of them in order of risk. */
typedef struct ClIsotonicBlock
{
	double		from;
	double		to;
	double		weight[2];
} ClIsotonicBlock;

/* Blocks of a settled tally from the least to the most risky, in new memory of the tally. */
extern ClIsotonicBlock *cl_isotonic(const ClTally *tally, bool higher_is_riskier, size_t *n_blocks);

static inline double
cl_isotonic_rate(const ClIsotonicBlock *block)
{
	return block->weight[CL_EVENT] / (block->weight[CL_NON_EVENT] + block->weight[CL_EVENT]);
}

#endif							/* CL_CORE_ISOTONIC_H */
