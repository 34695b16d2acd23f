/*
 * money.h
 *	  Sums of money that are exact whatever the scale of what is added, in any order.
 *
 * Amounts are added as 128-bit integers of minor units, and the number of decimals grows when an amount displays more. What
 * does not fit (more than CL_SUM_DECIMALS decimals, or more than 128 bits) goes into a numeric beside it. The sum displays as
 * many decimals as the amount that displays most, as sum(numeric) does.
 */
#ifndef CL_PG_MONEY_H
#define CL_PG_MONEY_H

#include "pg/numeric.h"
#include "pg/wire.h"

/* Beyond this many decimals an amount would eat the room of the sum: 10^20 whole units are left at 18. */
#define CL_SUM_DECIMALS 18

typedef struct ClMoneySum
{
	cl_int128	minor;			/* the sum of all that fits, * 10^decimals */
	int			decimals;
	Numeric		rest;			/* the sum of what does not, or NULL */
} ClMoneySum;

extern void cl_money_add(ClMoneySum *sum, Datum amount, const char *what);
extern void cl_money_add_minor(ClMoneySum *sum, cl_int128 minor, int decimals);
extern void cl_money_merge(ClMoneySum *sum, const ClMoneySum *other);
extern bool cl_money_set_decimals(ClMoneySum *sum, int decimals);
extern Datum cl_money_numeric(const ClMoneySum *sum);
extern void cl_money_send(StringInfo buf, const ClMoneySum *sum);
extern void cl_money_receive(StringInfo buf, const char *type, ClMoneySum *sum);
extern void cl_money_require_finite(Datum amount, const char *what);

#endif							/* CL_PG_MONEY_H */
