/*
 * release.h
 *	  Gives back what the core allocated: the product leaves that to memory contexts.
 */
#ifndef CL_TEST_RELEASE_H
#define CL_TEST_RELEASE_H

#include "core/binning_prebin.h"
#include "core/tally.h"

static inline void
release_tally(ClTally *tally)
{
	cl_release(&tally->memory, tally->count);
	cl_release(&tally->memory, tally->extra);
	cl_release(&tally->memory, tally->rows[0].key);
	cl_release(&tally->memory, tally->rows[1].key);
	cl_release(&tally->memory, tally->cache);
	cl_tally_init(tally, &tally->memory, tally->kind);
}

static inline void
release_prebins(ClPrebins *prebins, const ClMemory *memory)
{
	cl_release(memory, prebins->bin);
	cl_release(memory, prebins->counts);
	cl_release(memory, prebins->boundary);
}

static inline void
release_categories(ClCategories *categories, const ClMemory *memory)
{
	cl_release(memory, categories->counts);
	cl_release(memory, categories->prebin);
}

#endif							/* CL_TEST_RELEASE_H */
