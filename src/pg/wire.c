/*
 * wire.c
 *	  Reading bytes that may be corrupt or hostile.
 */
#include "postgres.h"

#include <math.h>

#include "pg/wire.h"

#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

void
cl_wire_invalid(const char *type, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid binary value for type %s", type),
			 errdetail("The %s.", what),
			 errhint("Use only bytes that %s_send wrote.", type)));
}

/* A number of items, each at least item_size bytes long, that must still be in the buffer. */
int
cl_wire_count(StringInfo buf, const char *type, int64 max, int item_size)
{
	int64		count = (int32) pq_getmsgint(buf, 4);

	if (count < 0 || count > max || count * item_size > buf->len - buf->cursor)
		cl_wire_invalid(type, psprintf("item count " INT64_FORMAT " is more than the value holds", count));
	return (int) count;
}

int64
cl_wire_int64(StringInfo buf, const char *type, int64 lowest, int64 highest, const char *what)
{
	int64		value = pq_getmsgint64(buf);

	if (value < lowest || value > highest)
		cl_wire_invalid(type, psprintf("%s " INT64_FORMAT " is out of range", what, value));
	return value;
}

void
cl_wire_send_float8(StringInfo buf, double value)
{
	pq_sendfloat8(buf, value + 0.0);
}

double
cl_wire_finite(StringInfo buf, const char *type, const char *what)
{
	double		value = pq_getmsgfloat8(buf);

	if (!isfinite(value))
		cl_wire_invalid(type, psprintf("%s is not a finite number", what));
	return value;
}

cl_int128
cl_wire_int128(StringInfo buf)
{
	uint64		high = (uint64) pq_getmsgint64(buf);
	uint64		low = (uint64) pq_getmsgint64(buf);

	return (cl_int128) (((cl_uint128) high << 64) | low);
}

void
cl_wire_send_int128(StringInfo buf, cl_int128 value)
{
	pq_sendint64(buf, (uint64) ((cl_uint128) value >> 64));
	pq_sendint64(buf, (uint64) value);
}

ClSum
cl_wire_sum(StringInfo buf, const char *type, const char *what)
{
	ClSum		sum;

	sum.high = cl_wire_finite(buf, type, what);
	sum.low = cl_wire_finite(buf, type, what);
	return sum;
}

void
cl_wire_send_sum(StringInfo buf, const ClSum *sum)
{
	cl_wire_send_float8(buf, sum->high);
	cl_wire_send_float8(buf, sum->low);
}

/* numeric_recv of older servers may write a terminator behind the data, so it gets a copy. */
Datum
cl_wire_numeric(StringInfo buf, const char *type)
{
	int			size = cl_wire_count(buf, type, MaxAllocSize, 1);
	char	   *bytes = palloc(size + 1);
	StringInfoData number;
	Datum		value;

	memcpy(bytes, pq_getmsgbytes(buf, size), size);
	bytes[size] = '\0';
	initReadOnlyStringInfo(&number, bytes, size);
	value = DirectFunctionCall3(numeric_recv, PointerGetDatum(&number), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	pq_getmsgend(&number);
	if (numeric_is_nan(DatumGetNumeric(value)) || numeric_is_inf(DatumGetNumeric(value)))
		cl_wire_invalid(type, "amount is not finite");
	return value;
}

void
cl_wire_send_numeric(StringInfo buf, Datum value)
{
	bytea	   *bytes = DatumGetByteaPP(DirectFunctionCall1(numeric_send, value));

	pq_sendint32(buf, VARSIZE_ANY_EXHDR(bytes));
	pq_sendbytes(buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
}
