/*
 * exact_sum.h
 *	  A sum of many doubles that is exact, so that it is the same in any order and however it was split.
 *
 * It is kept as the unevaluated sum of three doubles, none of which overlaps the next (Priest 1991; Shewchuk 1997): 159 bits and
 * the gaps between them. Every addition is exact while all that was added are multiples of some 2^k and their sum is below
 * 2^(k + 158): a trillion doubles of full precision that differ in size by a factor of 10^19. Beyond that the last bits are
 * rounded. A closed sum is canonical: equal sums are equal triples.
 */
#ifndef CL_CORE_EXACT_SUM_H
#define CL_CORE_EXACT_SUM_H

#include <math.h>

typedef struct ClExactSum
{
	double		high;			/* the sum */
	double		middle;			/* what it lacks */
	double		low;			/* what these two lack */
} ClExactSum;

/* The rounded sum of two doubles; the first becomes it, the second what rounding took (Knuth 1969, TAOCP 4.2.2). */
static inline void
cl_two_sum(double *a, double *b)
{
	double		total = *a + *b;
	double		part = total - *a;

	*b = (*a - (total - part)) + (*b - part);
	*a = total;
}

static inline void
cl_exact_sum_add(ClExactSum *sum, double x)
{
	/* Integers stop here, and most other sums at the second. */
	cl_two_sum(&sum->high, &x);
	if (x == 0 && sum->middle == 0)
		return;
	cl_two_sum(&sum->middle, &x);
	if (x == 0 && sum->low == 0)
	{
		cl_two_sum(&sum->high, &sum->middle);
		return;
	}
	sum->low += x;
	cl_two_sum(&sum->middle, &sum->low);
	cl_two_sum(&sum->high, &sum->middle);
	cl_two_sum(&sum->middle, &sum->low);
}

static inline void
cl_exact_sum_merge(ClExactSum *sum, const ClExactSum *other)
{
	cl_exact_sum_add(sum, other->high);
	if (other->middle == 0)
		return;
	cl_exact_sum_add(sum, other->middle);
	cl_exact_sum_add(sum, other->low);
}

/*
 * The same sum with each double the nearest to what those before it lack. Only where the second is half a unit of the first do
 * the two not say which way to round: there the third decides.
 */
static inline ClExactSum
cl_exact_sum_closed(const ClExactSum *sum)
{
	ClExactSum	closed = *sum;
	double		before;

	do
	{
		before = closed.high;
		cl_two_sum(&closed.middle, &closed.low);
		cl_two_sum(&closed.high, &closed.middle);
		cl_two_sum(&closed.middle, &closed.low);
		if (closed.low != 0)
		{
			double		beyond = nextafter(closed.middle, closed.low > 0 ? INFINITY : -INFINITY);
			double		rounded = closed.high + beyond;

			if (rounded != closed.high && fabs(beyond) > fabs(closed.middle))
			{
				closed.middle += closed.high - rounded;
				closed.high = rounded;
			}
		}
	}
	while (closed.high != before);
	closed.high += 0.0;			/* there is only one zero */
	closed.middle += 0.0;
	closed.low += 0.0;
	return closed;
}

#endif							/* CL_CORE_EXACT_SUM_H */
