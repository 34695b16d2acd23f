/*
 * confidence.h
 *	  The argument "confidence" of intervals.
 */
#ifndef CL_VALIDATE_CONFIDENCE_H
#define CL_VALIDATE_CONFIDENCE_H

#include "core/distribution.h"
#include "pg/compat.h"

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

#endif							/* CL_VALIDATE_CONFIDENCE_H */
