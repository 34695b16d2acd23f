/*
 * regression_row.c
 *	  Reading the row of a regression, and arrays of float8 in general.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "core/column_scan.h"
#include "pg/numeric.h"
#include "pg/regression_row.h"
#include "pg/weight.h"

#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/* One value of an array without NULLs, and where the next one is. */
static double
next_value(Oid type, const char **at)
{
	const char *from = *at;
	double		value;

	switch (type)
	{
		case FLOAT8OID:
			memcpy(&value, from, sizeof(double));
			*at += sizeof(float8);
			return value;
		case NUMERICOID:
			from = (const char *) att_align_pointer(from, TYPALIGN_INT, -1, from);
			*at = from + VARSIZE_ANY(from);
			return cl_numeric_float8_saturated(PointerGetDatum(from));
		case FLOAT4OID:
			*at += sizeof(float4);
			return cl_float4_float8(*(const float4 *) from);
		case INT8OID:
			*at += sizeof(int64);
			return (double) *(const int64 *) from;
		case INT4OID:
			*at += sizeof(int32);
			return *(const int32 *) from;
		default:
			*at += sizeof(int16);
			return *(const int16 *) from;
	}
}

static int
length_of(ArrayType *array)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("x must be an array of one dimension"),
				 errdetail("It has %d.", ARR_NDIM(array)),
				 errhint("Write ARRAY[income, age, ...].")));
	return ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
}

static void
make_room(ClRowReader *reader, int n)
{
	if (n > CL_MOST_TERMS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many terms"),
				 errdetail("x has %d elements; there may be %d.", n, CL_MOST_TERMS),
				 errhint("Choose among them first, by their information value.")));
	if (reader->x != NULL && n <= reader->size)
		return;
	if (reader->x != NULL)
		pfree(reader->x);
	reader->x = MemoryContextAlloc(reader->context, (Size) (n + 1) * sizeof(double));
	reader->size = n;
}

const double *
cl_row_read_x(ClRowReader *reader, ArrayType *array)
{
	Oid			type = ARR_ELEMTYPE(array);
	const char *at = ARR_DATA_PTR(array);
	double		largest = 0;
	bool		missing = false;

	if (type != FLOAT8OID && type != NUMERICOID && type != FLOAT4OID && type != INT8OID && type != INT4OID && type != INT2OID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("x must be an array of numbers"),
				 errdetail("It is an array of %s.", format_type_be(type)),
				 errhint("Cast it to float8[]; a condition becomes a number by (condition)::int.")));
	reader->n = length_of(array);
	make_room(reader, reader->n);
	if (ARR_HASNULL(array) && array_contains_nulls(array))
		return NULL;
	for (int i = 0; i < reader->n; i++)
	{
		double		value = next_value(type, &at);

		reader->x[i] = value;
		missing |= !(fabs(value) <= DBL_MAX);
		largest = Max(largest, fabs(value));
	}
	if (missing)
		return NULL;
	if (largest > CL_LARGEST_X)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("x is out of range"),
				 errdetail("Found %g; it must be at most %g.", largest, CL_LARGEST_X),
				 errhint("Divide the column by a constant.")));
	return reader->x;
}

void
cl_row_require_terms(int *terms, int found)
{
	if (*terms < 0)
		*terms = found;
	if (*terms != found)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("x must have the same number of elements in all rows"),
				 errdetail("Found %d elements where rows before have %d.", found, *terms),
				 errhint("An element that is not known is NULL, and its row is left out.")));
}

double
cl_row_weight(FunctionCallInfo fcinfo, int argno)
{
	double		weight = PG_ARGISNULL(argno) ? NAN : PG_GETARG_FLOAT8(argno);

	if (likely(!isnan(weight)))
		cl_weight_check(weight);
	return weight;
}

/*
 * Arrays of float8
 */

const double *
cl_float8_array(ArrayType *array, int *n)
{
	if (ARR_NDIM(array) > 1 || (ARR_HASNULL(array) && array_contains_nulls(array)))
		return NULL;
	*n = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	return (const double *) ARR_DATA_PTR(array);
}

static Datum *
datums_of(const double *value, Size n)
{
	Datum	   *datum = palloc_array(Datum, n + 1);

	for (Size i = 0; i < n; i++)
		datum[i] = Float8GetDatum(value[i]);
	return datum;
}

Datum
cl_float8_array_datum(const double *value, int n)
{
	return PointerGetDatum(construct_array(datums_of(value, n), n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

/* n x n, by rows. */
Datum
cl_float8_matrix_datum(const double *value, int n)
{
	int			dims[2] = {n, n};
	int			lower[2] = {1, 1};

	return PointerGetDatum(construct_md_array(datums_of(value, (Size) n * n), NULL, 2, dims, lower, FLOAT8OID, sizeof(float8),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
