/*
 * amount.h
 *	  Amounts of rows that are added up: exact, in ten-thousandths.
 */
#ifndef CL_PG_AMOUNT_H
#define CL_PG_AMOUNT_H

#include "core/money.h"
#include "pg/compat.h"

#define CL_AMOUNT_DECIMALS 4

typedef enum ClAmountType
{
	CL_NO_AMOUNT, CL_NUMERIC_AMOUNT, CL_FLOAT8_AMOUNT
} ClAmountType;

/* False where it is not known: NaN. Error: an infinite one, one that is too large or has more decimals. */
extern bool cl_amount(Datum value, ClAmountType type, int64 *amount);
/* A sum as a numeric. */
extern Datum cl_amount_datum(cl_int128 amount);

#endif							/* CL_PG_AMOUNT_H */
