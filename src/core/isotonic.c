/*
 * isotonic.c
 *	  Pooling of adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman 1955) in one pass and linear time: de Leeuw, Hornik
 *	  and Mair (2009). The solution is unique, and the one of maximum likelihood for events too.
 */
#include "core/isotonic.h"

#define FIRST_BLOCKS 64

/* Whether the later block is not riskier than the one before it. */
static bool
violates(const ClIsotonicBlock *before, const ClIsotonicBlock *later)
{
	return cl_isotonic_rate(before) >= cl_isotonic_rate(later);
}

static void
pool(ClIsotonicBlock *into, const ClIsotonicBlock *later)
{
	into->to = later->to;
	into->weight[0] += later->weight[0];
	into->weight[1] += later->weight[1];
}

ClIsotonicBlock *
cl_isotonic(const ClTally *tally, bool higher_is_riskier, size_t *n_blocks)
{
	const ClMemory *memory = &tally->memory;
	size_t		size = FIRST_BLOCKS;
	ClIsotonicBlock *block = cl_allocate(memory, size * sizeof(ClIsotonicBlock));
	size_t		n = 0;
	size_t		passed = 0;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_scan(tally, &cursor, !higher_is_riskier);
	while (cl_tally_next(&cursor, &item))
	{
		if (++passed % 65536 == 0)
			memory->check_for_interrupts();
		if (n == size)
		{
			size *= 2;
			block = cl_reallocate(memory, block, size * sizeof(ClIsotonicBlock));
		}
		block[n++] = (ClIsotonicBlock) {item.value, item.value, {item.weight[0], item.weight[1]}};
		while (n > 1 && violates(&block[n - 2], &block[n - 1]))
		{
			pool(&block[n - 2], &block[n - 1]);
			n--;
		}
	}
	*n_blocks = n;
	return block;
}
