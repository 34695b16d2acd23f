/*
 * checksum.h
 *	  Whether two scans saw the same rows: a sum over rows, so it depends on neither order nor plan.
 *
 * A row's numbers are hashed by multiplication with odd constants, one for each place, and the sum is mixed as murmur3 does at
 * its end. It guards against rows that change, not against an adversary.
 */
#ifndef CL_CORE_CHECKSUM_H
#define CL_CORE_CHECKSUM_H

#include <stdint.h>
#include <string.h>

static inline uint64_t
cl_checksum_mix(uint64_t h)
{
	h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
	h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ (h >> 33);
}

/* A row of n numbers; seed: what else it has. */
static inline uint64_t
cl_checksum_row(const double *x, int n, uint64_t seed)
{
	uint64_t	sum = cl_checksum_mix(seed + 1);

	for (int i = 0; i < n; i++)
	{
		uint64_t	bits;

		memcpy(&bits, &x[i], sizeof(bits));
		/* The high half of a number such as 1.0 has all its digits: a product alone would leave them at the top. */
		sum += (bits ^ (bits >> 32)) * ((2 * (uint64_t) i + 1) * UINT64_C(0x9e3779b97f4a7c15));
	}
	return cl_checksum_mix(sum);
}

#endif							/* CL_CORE_CHECKSUM_H */
