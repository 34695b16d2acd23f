/*
 * confidence.h
 *	  The argument "confidence" of intervals.
 */
#ifndef CL_PG_CONFIDENCE_H
#define CL_PG_CONFIDENCE_H

#include "core/distribution.h"
#include "pg/compat.h"

/* A NULL where it would be an answer without rows, which would look like no data. */
static inline double
cl_confidence_argument(FunctionCallInfo fcinfo, int argno)
{
	if (PG_ARGISNULL(argno))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("confidence must be given"),
				 errdetail("Found NULL."),
				 errhint("Leave the argument out for 0.95.")));
	return PG_GETARG_FLOAT8(argno);
}

static inline void
cl_confidence_check(double confidence)
{
	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("confidence must be between 0 and 1"),
				 errdetail("Found %g.", confidence),
				 errhint("Ninety-five per cent is 0.95.")));
}

/* Standard errors that a two-sided normal interval reaches to either side. */
static inline double
cl_confidence_reach(double confidence)
{
	cl_confidence_check(confidence);
	return cl_normal_quantile(0.5 + confidence / 2);
}

#endif							/* CL_PG_CONFIDENCE_H */
