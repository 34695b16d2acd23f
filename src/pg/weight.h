/*
 * weight.h
 *	  How many rows one row stands for: the argument "weight" of every aggregate that weighs its rows.
 */
#ifndef CL_PG_WEIGHT_H
#define CL_PG_WEIGHT_H

#include "pg/compat.h"

/* Beyond these, squares and products of sums of weights might leave double precision at one end or the other. */
#define CL_SMALLEST_WEIGHT 1e-100
#define CL_LARGEST_WEIGHT 1e100

extern void cl_weight_invalid(double weight) pg_attribute_noreturn();

/* An error unless the weight is 0 or in the range above. NaN is a missing weight: the caller has looked for it before. */
static inline void
cl_weight_check(double weight)
{
	if (unlikely(!((weight >= CL_SMALLEST_WEIGHT && weight <= CL_LARGEST_WEIGHT) || weight == 0)))
		cl_weight_invalid(weight);
}

#endif							/* CL_PG_WEIGHT_H */
