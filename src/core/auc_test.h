/*
 * auc_test.h
 *	  Two scores of the same borrowers: is the difference of their AUCs more than chance?
 *
 * The covariance of two AUCs needs the placement of each row under both scores, so rows are kept: 16 bytes each while they are
 * gathered, about 80 while the answer is computed.
 */
#ifndef CL_CORE_AUC_TEST_H
#define CL_CORE_AUC_TEST_H

#include <stdbool.h>

#include "core/tally.h"

/* Keys (cl_tally_key) of both scores of the rows of either class: key[class][2 * row + score]. */
typedef struct ClAucPairs
{
	ClMemory	memory;
	uint64_t   *key[2];
	size_t		n[2];
	size_t		size[2];
} ClAucPairs;

typedef struct ClAucTest
{
	double		auc[2];
	double		variance;		/* of the difference; NaN when a class has fewer than two rows */
} ClAucTest;

extern void cl_auc_pairs_init(ClAucPairs *pairs, const ClMemory *memory);
extern void cl_auc_pairs_add(ClAucPairs *pairs, uint64_t key_a, uint64_t key_b, int class);
extern void cl_auc_pairs_append(ClAucPairs *pairs, int class, const uint64_t *key, size_t rows);

/* False when a class is empty. */
extern bool cl_auc_test(const ClAucPairs *pairs, const bool *higher_is_riskier, ClAucTest *test);

#endif							/* CL_CORE_AUC_TEST_H */
