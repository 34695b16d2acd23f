/*
 * tally_internal.h
 *	  Between the files of the tally.
 */
#ifndef CL_CORE_TALLY_INTERNAL_H
#define CL_CORE_TALLY_INTERNAL_H

#include "core/tally.h"

extern void cl_tally_reserve_keys(const ClMemory *memory, ClTallyKeys *rows, size_t size);
extern void cl_tally_settle_weighted(ClTally *tally);
extern void cl_tally_merge_weighted(ClTally *into, const ClTally *from);

static inline uint64_t
cl_tally_hash(uint64_t key)
{
	return key * UINT64_C(0x9E3779B97F4A7C15);
}

/*
 * The exact sum of two doubles is their rounded sum and its error (Knuth 1969, TAOCP 4.2.2); adding both to a double-double
 * leaves a relative error of about 2^-104.
 */
static inline void
cl_tally_sum_add(ClTallySum *sum, double high, double low)
{
	double		total = sum->high + high;
	double		part = total - sum->high;
	double		error = (sum->high - (total - part)) + (high - part);

	error += sum->low + low;
	sum->high = total + error;
	sum->low = error - (sum->high - total);
}

#endif							/* CL_CORE_TALLY_INTERNAL_H */
