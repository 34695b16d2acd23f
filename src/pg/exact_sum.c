/*
 * exact_sum.c
 *	  Exact sums in the bytes and the JSON of summary types.
 */
#include "postgres.h"

#include <math.h>

#include "pg/exact_sum.h"

static int
parts(const ClExactSum *closed)
{
	return closed->low != 0 ? 3 : closed->middle != 0 ? 2 : closed->high != 0 ? 1 : 0;
}

void
cl_exact_sum_send(StringInfo buf, const ClExactSum *sum)
{
	ClExactSum	closed = cl_exact_sum_closed(sum);
	const double part[] = {closed.high, closed.middle, closed.low};
	int			n = parts(&closed);

	pq_sendbyte(buf, n);
	for (int i = 0; i < n; i++)
		pq_sendfloat8(buf, part[i]);
}

ClExactSum
cl_exact_sum_receive(StringInfo buf, const char *type, const char *what)
{
	double		part[3] = {0, 0, 0};
	int			n = pq_getmsgbyte(buf);
	ClExactSum	sum;
	ClExactSum	closed;

	if (n > 3)
		cl_wire_invalid(type, psprintf("%s has too many parts", what));
	for (int i = 0; i < n; i++)
		part[i] = cl_wire_finite(buf, type, what);
	sum = (ClExactSum) {part[0], part[1], part[2]};
	closed = cl_exact_sum_closed(&sum);
	if (closed.high != sum.high || closed.middle != sum.middle || closed.low != sum.low)
		cl_wire_invalid(type, psprintf("parts of the %s overlap", what));
	return sum;
}

void
cl_exact_sum_print(StringInfo out, const ClExactSum *sum)
{
	ClExactSum	closed = cl_exact_sum_closed(sum);
	const double part[] = {closed.high, closed.middle, closed.low};
	int			n = parts(&closed);

	if (n > 1)
		appendStringInfoChar(out, '[');
	cl_json_put_float8(out, part[0]);
	for (int i = 1; i < n; i++)
	{
		appendStringInfoString(out, ", ");
		cl_json_put_float8(out, part[i]);
	}
	if (n > 1)
		appendStringInfoChar(out, ']');
}

ClExactSum
cl_exact_sum_parse(const ClJson *node, double lowest, double highest)
{
	ClExactSum	sum = {0};
	ClJson		item;
	int			n;

	if (!cl_json_is_array(node))
	{
		sum.high = cl_json_float8(node, lowest, highest);
		return sum;
	}
	n = cl_json_array(node, 2, 3);
	cl_json_item(node, 0, &item);
	sum.high = cl_json_float8(&item, lowest, highest);
	for (int i = 1; i < n; i++)
	{
		cl_json_item(node, i, &item);
		cl_exact_sum_add(&sum, cl_json_float8(&item, -1e300, 1e300));
	}
	return cl_exact_sum_closed(&sum);
}
