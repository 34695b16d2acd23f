/*
 * pair_sum.h
 *	  A sum of many doubles, kept as the unevaluated sum of two: rows in another order, or split among workers, give the same
 *	  result to the last digits that are shown.
 */
#ifndef CL_CORE_PAIR_SUM_H
#define CL_CORE_PAIR_SUM_H

typedef struct ClPairSum
{
	double		high;
	double		low;
} ClPairSum;

/*
 * The exact sum of two doubles is their rounded sum and its error (Knuth 1969, TAOCP 4.2.2); carrying the error along leaves a
 * relative error of about 2^-104 of the sum of the magnitudes.
 */
static inline void
cl_pair_add_pair(ClPairSum *sum, double high, double low)
{
	double		total = sum->high + high;
	double		part = total - sum->high;
	double		error = (sum->high - (total - part)) + (high - part);

	error += sum->low + low;
	sum->high = total + error;
	sum->low = error - (sum->high - total);
}

static inline void
cl_pair_add(ClPairSum *sum, double x)
{
	cl_pair_add_pair(sum, x, 0);
}

#endif							/* CL_CORE_PAIR_SUM_H */
