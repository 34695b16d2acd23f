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

#endif							/* CL_CORE_SUM_H */
