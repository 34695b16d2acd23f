/*
 * demand_tobit.c
 *	  The demand that a Tobit regression expects of a borrower.
 */
#include "postgres.h"

#include <math.h>

#include "usage/demand_state.h"
#include "usage/tobit.h"

#include "utils/array.h"

PG_FUNCTION_INFO_V1(cl_demand_of_tobit);

/* model, x */
Datum
cl_demand_of_tobit(PG_FUNCTION_ARGS)
{
	const ClTobitModel *fitted = cl_document_use(fcinfo, 0, &tobit_model_document)->compiled;
	ClDemandModel model = {.distribution = CL_DEMAND_NORMAL, .sigma = fitted->sigma, .ceiling = INFINITY};

	if (array_contains_nulls(PG_GETARG_ARRAYTYPE_P(1)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("x of a demand must not contain NULL"),
				 errdetail("The model has %d terms, and each needs a number.", fitted->terms),
				 errhint("Leave borrowers out of whom a number is not known.")));
	model.mu = cl_model_linear(fitted->term, fitted->slope, fitted->terms, PG_GETARG_DATUM(1));
	if (isnan(model.mu) || isnan(model.sigma) || cl_demand_model_disorder(&model) != NULL)
		PG_RETURN_NULL();
	return cl_summary_datum(&demand_summary, cl_demand_of(&model, CL_DEMAND_NO_BASIS, 0));
}
