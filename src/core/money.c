/*
 * money.c
 *	  Powers of ten, and moving an amount to more decimals.
 */
#include "core/money.h"

const uint64_t cl_pow10_64[20] = {
	1ULL, 10ULL, 100ULL, 1000ULL, 10000ULL, 100000ULL, 1000000ULL, 10000000ULL, 100000000ULL, 1000000000ULL,
	10000000000ULL, 100000000000ULL, 1000000000000ULL, 10000000000000ULL, 100000000000000ULL, 1000000000000000ULL,
	10000000000000000ULL, 100000000000000000ULL, 1000000000000000000ULL, 10000000000000000000ULL
};

/* 10^exponent, for 0 to CL_MAX_DECIMALS. */
cl_uint128
cl_pow10_128(int exponent)
{
	if (exponent < 20)
		return cl_pow10_64[exponent];
	return (cl_uint128) cl_pow10_64[19] * cl_pow10_64[exponent - 19];
}

/* The same amount at more decimals; false, and unchanged, when 128 bits cannot hold it. */
bool
cl_rescale(cl_int128 *amount, int from, int to)
{
	cl_int128	scaled;

	if (to < from || to - from > CL_MAX_DECIMALS)
		return *amount == 0 && to >= from;
	if (__builtin_mul_overflow(*amount, (cl_int128) cl_pow10_128(to - from), &scaled))
		return false;
	*amount = scaled;
	return true;
}
