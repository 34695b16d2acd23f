/*
 * amount.h
 *	  Amounts of watched rows: exact, in ten-thousandths.
 */
#ifndef CL_WATCH_AMOUNT_H
#define CL_WATCH_AMOUNT_H

#include "core/money.h"
#include "pg/compat.h"

#define CL_WATCH_DECIMALS 4

typedef enum ClAmountType
{
	CL_NO_AMOUNT, CL_NUMERIC_AMOUNT, CL_FLOAT8_AMOUNT
} ClAmountType;

/* False where it is not known: NaN. Error: an infinite one, one that is too large or has more decimals. */
extern bool cl_watch_amount(Datum value, ClAmountType type, int64 *amount);
/* A sum as a numeric. */
extern Datum cl_watch_amount_datum(cl_int128 amount);

#endif							/* CL_WATCH_AMOUNT_H */
