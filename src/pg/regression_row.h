/*
 * regression_row.h
 *	  Reading the row of a regression: x from an array of numbers of any type, and its weight.
 */
#ifndef CL_PG_REGRESSION_ROW_H
#define CL_PG_REGRESSION_ROW_H

#include "pg/compat.h"

#include "utils/array.h"

/* x of a row from an array of numbers of any type: valid until the next call. NULL when a value is NULL, NaN or infinite. */
typedef struct ClRowReader
{
	MemoryContext context;
	double	   *x;
	int			size;
	int			n;				/* values of the row read last */
} ClRowReader;

extern const double *cl_row_read_x(ClRowReader *reader, ArrayType *array);

/* Complains when rows have x of different lengths, and takes the length of the first. */
extern void cl_row_require_terms(int *terms, int found);

/* NaN for a NULL weight, which is a row that is left out. */
extern double cl_row_weight(FunctionCallInfo fcinfo, int argno);

/* An array of float8 without NULLs, one-dimensional; NULL when it is not. */
extern const double *cl_float8_array(ArrayType *array, int *n);
extern Datum cl_float8_array_datum(const double *value, int n);
extern Datum cl_float8_matrix_datum(const double *value, int n);

#endif							/* CL_PG_REGRESSION_ROW_H */
