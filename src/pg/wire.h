/*
 * wire.h
 *	  The byte format of summary types: one for storage, for binary input and output, and between parallel workers.
 *
 * Everything is in network order, as pq_send* writes it. Bytes may come from strangers (binary COPY), so every count is
 * checked against what is really there before memory is taken, and every reader ends with cl_wire_end.
 */
#ifndef CL_PG_WIRE_H
#define CL_PG_WIRE_H

#include "core/money.h"
#include "core/sum.h"
#include "pg/compat.h"

#include "libpq/pqformat.h"

extern void cl_wire_invalid(const char *type, const char *what) pg_attribute_noreturn();
extern int	cl_wire_count(StringInfo buf, const char *type, int64 max, int item_size);
extern int64 cl_wire_int64(StringInfo buf, const char *type, int64 lowest, int64 highest, const char *what);
/* There is one zero: what differs from it in its sign only would not be equal, and text forgets the sign. */
extern void cl_wire_send_float8(StringInfo buf, double value);
extern double cl_wire_finite(StringInfo buf, const char *type, const char *what);
extern cl_int128 cl_wire_int128(StringInfo buf);
extern void cl_wire_send_int128(StringInfo buf, cl_int128 value);
/* A sum as two float8, both finite. */
extern ClSum cl_wire_sum(StringInfo buf, const char *type, const char *what);
extern void cl_wire_send_sum(StringInfo buf, const ClSum *sum);
/* A finite numeric; sent without the zeros at its end, so that equal numbers are equal bytes. */
extern Datum cl_wire_numeric(StringInfo buf, const char *type);
extern void cl_wire_send_numeric(StringInfo buf, Datum value);

#endif							/* CL_PG_WIRE_H */
