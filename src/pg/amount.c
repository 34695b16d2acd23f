/*
 * amount.c
 *	  Amounts of rows that are added up: see amount.h.
 */
#include "postgres.h"

#include <math.h>

#include "pg/amount.h"

#include "pg/numeric.h"

#include "utils/fmgrprotos.h"

bool
cl_amount(Datum value, ClAmountType type, int64 *amount)
{
	ClNumericStatus status;

	if (type == CL_FLOAT8_AMOUNT)
	{
		double		scaled = rint(DatumGetFloat8(value) * 10000);

		if (isnan(scaled))
			return false;
		status = isinf(scaled) ? CL_NUMERIC_INFINITE : fabs(scaled) >= 9.2e18 ? CL_NUMERIC_TOO_LARGE : CL_NUMERIC_OK;
		*amount = status == CL_NUMERIC_OK ? (int64) scaled : 0;
	}
	else if (cl_numeric_fast_path(value, CL_AMOUNT_DECIMALS, amount))
		return true;
	else
		status = cl_numeric_minor(value, CL_AMOUNT_DECIMALS, amount);
	if (status == CL_NUMERIC_NAN)
		return false;
	if (status != CL_NUMERIC_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("amount must be finite, of at most four decimals and 922,337,203,685,477.5807"),
				 errdetail("Found %s.", type == CL_FLOAT8_AMOUNT ? cl_float8_string(DatumGetFloat8(value)) :
						   cl_numeric_string(value)),
				 errhint("Round it to the minor unit of its currency, and use NULL for one that is not known.")));
	return true;
}

Datum
cl_amount_datum(cl_int128 amount)
{
	return DirectFunctionCall1(numeric_trim_scale, cl_minor_numeric(amount, CL_AMOUNT_DECIMALS));
}
