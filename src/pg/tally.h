/*
 * tally.h
 *	  A tally inside the server: its bytes and its JSON, for the summary types that are made of one.
 */
#ifndef CL_PG_TALLY_H
#define CL_PG_TALLY_H

#include "core/tally.h"
#include "pg/exact_sum.h"
#include "pg/json.h"
#include "pg/memory.h"
#include "pg/wire.h"

/* Amounts are in units of 10^-6, and no row's is beyond 10^18 whole ones: sums of all rows stay far inside 128 bits. */
#define CL_TALLY_DECIMALS 6
#define CL_TALLY_LARGEST_AMOUNT ((cl_int128) INT64CONST(1000000000000000000) * 1000000)

/* Whether sums of so many rows of a class can be these. */
extern bool cl_tally_sums_possible(int64 n, const ClExactSum *weight, cl_int128 amount);

/* What a summary type says of its tally: its SQL name, what a value is called in messages, and the values there can be. */
typedef struct ClTallyType
{
	const char *name;
	const char *value;
	double		lowest;
	double		highest;
} ClTallyType;

/*
 * All settle the tally, which changes how it is kept, not what it holds. Equal tallies are sent as equal bytes, which takes a
 * sweep; between workers they are only transferred.
 */
extern void cl_tally_send(StringInfo buf, const ClTallyType *type, ClTally *tally);
extern void cl_tally_transfer(StringInfo buf, const ClTallyType *type, ClTally *tally);
extern void cl_tally_print(StringInfo out, ClTally *tally);

/* Into a tally that is initialised already. What they give is settled. */
extern void cl_tally_receive(StringInfo buf, const ClTallyType *type, ClTally *tally);
extern void cl_tally_parse(const ClJson *values, const ClTallyType *type, ClTally *tally);

/* As cl_tally_merge; an error when the two are not of one kind or have too many rows together. */
extern void cl_tally_merge_checked(ClTally *into, const ClTally *from, const ClTallyType *type);

/* An amount of money as the tally keeps it, and back with the given number of decimals (at most CL_TALLY_DECIMALS). */
extern cl_int128 cl_tally_amount(Datum amount, int *decimals);
extern Datum cl_tally_numeric(cl_int128 amount, int decimals);

#endif							/* CL_PG_TALLY_H */
