/*
 * policy_amount.h
 *	  Arithmetic of a decision: amounts in 64 bits that stop at the largest one instead of wrapping round.
 */
#ifndef CL_CORE_POLICY_AMOUNT_H
#define CL_CORE_POLICY_AMOUNT_H

#include "core/money.h"

/* Sum of amounts that are not negative; what no account can owe is as good as the largest amount. */
static inline int64_t
cl_policy_add(int64_t a, int64_t b)
{
	int64_t		sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static inline int64_t
not_negative(int64_t amount)
{
	return amount > 0 ? amount : 0;
}

static inline int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t
saturated(cl_int128 amount)
{
	return amount > INT64_MAX ? INT64_MAX : (int64_t) amount;
}

/* floor(numerator / denominator) of numbers that are not negative; a 128-bit division costs ten times a 64-bit one. */
static inline cl_int128
divide(cl_int128 numerator, int64_t denominator)
{
	if (numerator <= INT64_MAX)
		return (int64_t) numerator / denominator;
	return numerator / denominator;
}

/* amount * rate, rounded down. */
static inline int64_t
share_of(int64_t amount, int64_t rate)
{
	if (amount <= 0)
		return 0;
	return saturated(divide((cl_int128) amount * rate, CL_RATE_ONE));
}

/* amount % step of numbers that are not negative; processors divide 32 bits several times faster than 64. */
static inline int64_t
beyond_step(int64_t amount, int64_t step)
{
	if (((amount | step) >> 32) == 0)
		return (uint32_t) amount % (uint32_t) step;
	return amount % step;
}

static inline int64_t
round_down(int64_t amount, int64_t step)
{
	return amount - beyond_step(amount, step);
}

static inline int64_t
round_up(int64_t amount, int64_t step)
{
	int64_t		rest = beyond_step(amount, step);

	return rest == 0 ? amount : cl_policy_add(amount - rest, step);
}

#endif							/* CL_CORE_POLICY_AMOUNT_H */
