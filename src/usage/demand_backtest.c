/*
 * demand_backtest.c
 *	  What demand_backtest, which is SQL, needs of mathematics.
 */
#include "postgres.h"

#include "core/distribution.h"

#include "fmgr.h"

PG_FUNCTION_INFO_V1(cl_t_quantile_of);

/* (p float8, df float8) -> float8 */
Datum
cl_t_quantile_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(cl_t_quantile(PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)));
}
