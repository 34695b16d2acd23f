/*
 * logistic_next.c
 *	  logit_solve: what Newton's method adds to beta, from sums that several parties added up.
 */
#include "postgres.h"

#include <math.h>

#include "core/logistic_solve.h"
#include "pg/regression_row.h"

#include "utils/array.h"

PG_FUNCTION_INFO_V1(cl_logit_solve);

#define MOST_TERMS 1001

/* information, gradient */
Datum
cl_logit_solve(PG_FUNCTION_ARGS)
{
	int			n_information = 0;
	int			n = 0;
	const double *information = cl_float8_array(PG_GETARG_ARRAYTYPE_P(0), &n_information);
	const double *gradient = cl_float8_array(PG_GETARG_ARRAYTYPE_P(1), &n);
	double	   *triangle;
	double	   *step;

	/* MOST_TERMS squared is far inside an int. */
	if (information == NULL || gradient == NULL || n < 1 || n > MOST_TERMS || n_information != n * n)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("gradient and information are not of one model"),
				 errdetail("They have %d and %d numbers.", n, n_information),
				 errhint("Add up steps of the same columns, as logit_newton_step gives them.")));
	triangle = palloc_array(double, n_information);
	step = palloc_array(double, n);
	for (int i = 0; i < n_information; i++)
	{
		if (!isfinite(information[i]) || !isfinite(gradient[i % n]))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("gradient and information must be finite"),
					 errdetail("Number %d is not.", i + 1),
					 errhint("Look for a step that was not added up from logit_newton_step.")));
	}
	if (!cl_cholesky(n, information, triangle))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION),
				 errmsg("the columns depend on each other"),
				 errdetail("The information of %d terms is not positive definite.", n),
				 errhint("Leave out a column that follows from the others, or that has one value only.")));
	cl_triangle_solve(n, triangle, gradient, step);
	PG_RETURN_DATUM(cl_float8_array_datum(step, n));
}
