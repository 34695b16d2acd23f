/*
 * weight.c
 *	  The complaint about a weight.
 */
#include "postgres.h"

#include "pg/numeric.h"
#include "pg/weight.h"

void
cl_weight_invalid(double weight)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("weight must be 0 or between %g and %g", CL_SMALLEST_WEIGHT, CL_LARGEST_WEIGHT),
			 errdetail("Found %s.", cl_float8_string(weight)),
			 errhint("A row that does not count has the weight 0, and one whose weight is not known NULL.")));
}
