/*
 * exact_sum.h
 *	  Exact sums in the bytes and the JSON of summary types.
 *
 * Bytes are the number of doubles that the sum takes (0 for zero), then these. JSON is the number, or, where one double does not
 * hold it, an array of the two or three whose sum it is: 12.5 or [0.30000000000000004, -2.77e-17].
 */
#ifndef CL_PG_EXACT_SUM_H
#define CL_PG_EXACT_SUM_H

#include "core/exact_sum.h"
#include "pg/json.h"
#include "pg/wire.h"

#define CL_EXACT_SUM_LEAST_SIZE 1

extern void cl_exact_sum_send(StringInfo buf, const ClExactSum *sum);
extern ClExactSum cl_exact_sum_receive(StringInfo buf, const char *type, const char *what);
extern void cl_exact_sum_print(StringInfo out, const ClExactSum *sum);
extern ClExactSum cl_exact_sum_parse(const ClJson *node, double lowest, double highest);

#endif							/* CL_PG_EXACT_SUM_H */
