/*
 * compare.c
 *	  Equality, order and hash of every type of the extension.
 *
 * A value is stored in one canonical form, so two values are equal when their bytes are. The order is that of the bytes, the
 * shorter first where one begins the other: it means nothing, and is there for what sorts (DISTINCT, UNION, merge joins).
 * PG_GETARG_VARLENA_PP flattens what an aggregate returned, too; headers are never compared, there are short and long ones.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "access/detoast.h"
#include "common/hashfn.h"

static bool
equal(FunctionCallInfo fcinfo)
{
	struct varlena *left;
	struct varlena *right;
	bool		same;

	/* The sizes are known before anything is fetched from a TOAST table. */
	if (toast_raw_datum_size(PG_GETARG_DATUM(0)) != toast_raw_datum_size(PG_GETARG_DATUM(1)))
		return false;
	left = PG_GETARG_VARLENA_PP(0);
	right = PG_GETARG_VARLENA_PP(1);
	same = memcmp(VARDATA_ANY(left), VARDATA_ANY(right), VARSIZE_ANY_EXHDR(left)) == 0;
	PG_FREE_IF_COPY(left, 0);
	PG_FREE_IF_COPY(right, 1);
	return same;
}

static int
compare(FunctionCallInfo fcinfo)
{
	struct varlena *left = PG_GETARG_VARLENA_PP(0);
	struct varlena *right = PG_GETARG_VARLENA_PP(1);
	int			left_size = VARSIZE_ANY_EXHDR(left);
	int			right_size = VARSIZE_ANY_EXHDR(right);
	int			order = memcmp(VARDATA_ANY(left), VARDATA_ANY(right), Min(left_size, right_size));

	if (order == 0)
		order = (left_size > right_size) - (left_size < right_size);
	PG_FREE_IF_COPY(left, 0);
	PG_FREE_IF_COPY(right, 1);
	return order;
}

#define COMPARISON(name, expression) \
	PG_FUNCTION_INFO_V1(cl_value_##name); \
	Datum cl_value_##name(PG_FUNCTION_ARGS) { PG_RETURN_BOOL(expression); }

/* cl_value_eq, cl_value_ne, cl_value_lt, cl_value_le, cl_value_gt, cl_value_ge */
COMPARISON(eq, equal(fcinfo))
COMPARISON(ne, !equal(fcinfo))
COMPARISON(lt, compare(fcinfo) < 0)
COMPARISON(le, compare(fcinfo) <= 0)
COMPARISON(gt, compare(fcinfo) > 0)
COMPARISON(ge, compare(fcinfo) >= 0)

PG_FUNCTION_INFO_V1(cl_value_cmp);
Datum
cl_value_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(fcinfo));
}

PG_FUNCTION_INFO_V1(cl_value_hash);
Datum
cl_value_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum		hash = hash_any((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));

	PG_FREE_IF_COPY(value, 0);
	return hash;
}

PG_FUNCTION_INFO_V1(cl_value_hash_extended);
Datum
cl_value_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum		hash = hash_any_extended((unsigned char *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(value, 0);
	return hash;
}
