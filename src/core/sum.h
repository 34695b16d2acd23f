/*
 * sum.h
 *	  A sum of many doubles that is the same in any order.
 *
 * It is kept as the unevaluated sum of two doubles. The rounding error of an addition is computed exactly (Knuth 1969, TAOCP
 * 4.2.2) and added to the second; what is lost is about 2^-104 of the sum, so the first is the same for every order of the
 * rows, and sums of integers are exact.
 */
#ifndef CL_CORE_SUM_H
#define CL_CORE_SUM_H

#include <math.h>

typedef struct ClSum
{
	double		high;			/* the sum */
	double		low;			/* what it lacks */
} ClSum;

/* Adds a number that is itself high + low; low is 0 for an ordinary one. */
static inline void
cl_sum_add(ClSum *sum, double high, double low)
{
	double		total = sum->high + high;
	double		part = total - sum->high;
	double		error = (sum->high - (total - part)) + (high - part);

	error += sum->low + low;
	sum->high = total + error;
	sum->low = error - (sum->high - total);
}

/* Bits of a settled sum behind those of its first double. */
#define CL_SUM_SETTLED_BITS 30

/*
 * The sum without the bits that depend on the order of the rows: 83 of about 104. Sums of integers have no others. What is
 * stored is settled, so that every plan stores the same bytes, but for the rare sum that is just between two such numbers. Each
 * stored part of a sum was settled by itself, so putting parts together may end in another last bit.
 */
static inline ClSum
cl_sum_settled(const ClSum *sum)
{
	ClSum		settled = {0, 0};
	double		low;
	int			exponent;

	(void) frexp(sum->high, &exponent);
	exponent -= 53 + CL_SUM_SETTLED_BITS;
	low = ldexp(rint(ldexp(sum->low, -exponent)), exponent);
	cl_sum_add(&settled, sum->high, low);
	return settled;
}

#endif							/* CL_CORE_SUM_H */
