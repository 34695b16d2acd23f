/*
 * tally_internal.h
 *	  Between the files of the tally.
 */
#ifndef CL_CORE_TALLY_INTERNAL_H
#define CL_CORE_TALLY_INTERNAL_H

#include "core/tally.h"

extern void cl_tally_reserve_keys(const ClMemory *memory, ClTallyKeys *rows, size_t size);

/* Values behind the distinct ones (tally_behind.c). */
extern void cl_tally_append(ClTally *tally, const ClTallyCount *count, const ClTallyExtra *extra, size_t n);
extern void cl_tally_fold(ClTally *tally);

static inline uint64_t
cl_tally_hash(uint64_t key)
{
	return key * UINT64_C(0x9E3779B97F4A7C15);
}

#endif							/* CL_CORE_TALLY_INTERNAL_H */
