/*
 * money.h
 *	  Amounts as the core sees them: integer minor units (cents, yen, ...) at a number of decimals that the caller knows.
 *
 * A single amount is 128 bits wide where sums or products of amounts must stay exact, 64 bits where one account is decided on.
 */
#ifndef CL_CORE_MONEY_H
#define CL_CORE_MONEY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Aligned like a 64-bit integer, not to 16 bytes as the compiler would: memory of the server is aligned to 8, and an aligned
 * store there would crash. (The server's own int128 does the same.)
 */
typedef __int128 cl_int128 __attribute__((aligned(8)));
typedef unsigned __int128 cl_uint128 __attribute__((aligned(8)));

/* The most decimals a 128-bit amount is ever scaled to: 10^38 is the largest power of ten below 2^127. */
#define CL_MAX_DECIMALS 38

extern const uint64_t cl_pow10_64[20];

extern cl_uint128 cl_pow10_128(int exponent);
extern bool cl_rescale(cl_int128 *amount, int from, int to);

/* A rate is a whole number of millionths. */
#define CL_RATE_ONE INT64_C(1000000)
#define CL_RATE_DECIMALS 6

#endif							/* CL_CORE_MONEY_H */
