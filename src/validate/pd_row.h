/*
 * pd_row.h
 *	  The arguments of the aggregates over (pd, event [, weight]) and their mistakes.
 */
#ifndef CL_VALIDATE_PD_ROW_H
#define CL_VALIDATE_PD_ROW_H

#include <math.h>

#include "pg/numeric.h"
#include "pg/weight.h"

typedef struct ClPdRow
{
	double		pd;				/* or a score */
	bool		event;
	double		weight;
} ClPdRow;

extern void cl_pd_invalid(double pd, const char *what) pg_attribute_noreturn();

/* A fraction that is not missing. */
static inline double
cl_pd_checked(double pd, const char *what)
{
	if (unlikely(!(pd >= 0 && pd <= 1)))
		cl_pd_invalid(pd, what);
	return pd;
}

/* A float8 or, of a numeric column, its double; NaN stands for NULL, since both are missing. */
static inline double
cl_number_argument(FunctionCallInfo fcinfo, int argno, bool numeric)
{
	if (unlikely(PG_ARGISNULL(argno)))
		return NAN;
	return numeric ? cl_numeric_float8_saturated(PG_GETARG_DATUM(argno)) : PG_GETARG_FLOAT8(argno);
}

/* Weight 1 where there is no such argument; false when it is missing. */
static inline bool
cl_weight_argument(FunctionCallInfo fcinfo, int argno, double *weight)
{
	*weight = 1;
	if (argno >= PG_NARGS())
		return true;
	*weight = cl_number_argument(fcinfo, argno, false);
	if (unlikely(isnan(*weight)))
		return false;
	cl_weight_check(*weight);
	return true;
}

/*
 * Arguments 1 and 2, and the weight if there are so many arguments. False for a row that does not count because something is
 * missing. What is there is checked only when nothing is missing, so that NULL is never worse than a value.
 */
static inline bool
cl_pd_row(FunctionCallInfo fcinfo, bool numeric, int weight_argno, ClPdRow *row)
{
	row->pd = cl_number_argument(fcinfo, 1, numeric);
	if (unlikely(isnan(row->pd) || PG_ARGISNULL(2)))
		return false;
	row->event = PG_GETARG_BOOL(2);
	return cl_weight_argument(fcinfo, weight_argno, &row->weight);
}

#endif							/* CL_VALIDATE_PD_ROW_H */
