/*
 * numeric.c
 *	  The less travelled paths of numeric: wide values, special values, and writing.
 */
#include "postgres.h"

#include <math.h>

#include "pg/numeric.h"

#include "common/shortest_dec.h"
#include "utils/fmgrprotos.h"

/* Decimals of the last stored digit that are really there: 4500 needs two of its four. */
static int
trailing_decimals(int digit)
{
	if (digit % 10 != 0)
		return 4;
	if (digit % 100 != 0)
		return 3;
	return digit % 1000 != 0 ? 2 : 1;
}

/* How many decimals the value needs, whatever it displays: 1.500 needs one. NaN and Infinity need none. */
int
cl_numeric_decimals(const ClNumericView *view)
{
	int			fraction_digits = view->ndigits - 1 - view->weight;

	if (view->ndigits == 0 || fraction_digits <= 0)
		return 0;
	return CL_NUMERIC_DEC_DIGITS * (fraction_digits - 1) + trailing_decimals(cl_numeric_digit(view, view->ndigits - 1));
}

/* value * 10^scale as a 128-bit integer, exactly or not at all; scale from 0 to CL_MAX_DECIMALS. */
ClNumericStatus
cl_numeric_minor128_view(const ClNumericView *view, int scale, cl_int128 *minor)
{
	cl_int128	amount = 0;
	int			exponent = CL_NUMERIC_DEC_DIGITS * (view->weight - view->ndigits + 1) + scale;

	if (view->status != CL_NUMERIC_OK)
		return view->status;
	if (cl_numeric_decimals(view) > scale)
		return CL_NUMERIC_FINER;
	for (int i = 0; i < view->ndigits; i++)
	{
		int			digit = cl_numeric_digit(view, i);
		int			places = CL_NUMERIC_DEC_DIGITS;

		/* Of the last digit only the decimals that the scale has are taken. */
		if (i == view->ndigits - 1 && exponent < 0)
		{
			places += exponent;
			digit /= (int) cl_pow10_64[-exponent];
		}
		if (__builtin_mul_overflow(amount, (cl_int128) cl_pow10_64[places], &amount) ||
			__builtin_add_overflow(amount, (cl_int128) digit, &amount))
			return CL_NUMERIC_TOO_LARGE;
	}
	if (exponent > 0 && amount != 0)
	{
		if (exponent > CL_MAX_DECIMALS || __builtin_mul_overflow(amount, (cl_int128) cl_pow10_128(exponent), &amount))
			return CL_NUMERIC_TOO_LARGE;
	}
	*minor = view->negative ? -amount : amount;
	return CL_NUMERIC_OK;
}

ClNumericStatus
cl_numeric_minor128(Datum value, int scale, cl_int128 *minor)
{
	ClNumericView view;

	cl_numeric_open(value, &view);
	return cl_numeric_minor128_view(&view, scale, minor);
}

/* The same as a 64-bit integer. Rows of a table take the way of cl_numeric_fast_path first. */
ClNumericStatus
cl_numeric_minor_view(const ClNumericView *view, int scale, int64 *minor)
{
	cl_int128	wide = 0;
	ClNumericStatus status = cl_numeric_minor128_view(view, scale, &wide);

	if (status == CL_NUMERIC_OK && (wide > PG_INT64_MAX || wide < PG_INT64_MIN))
		return CL_NUMERIC_TOO_LARGE;
	if (status == CL_NUMERIC_OK)
		*minor = (int64) wide;
	return status;
}

ClNumericStatus
cl_numeric_minor(Datum value, int scale, int64 *minor)
{
	ClNumericView view;

	cl_numeric_open(value, &view);
	return cl_numeric_minor_view(&view, scale, minor);
}

double
cl_numeric_float8_slow(Datum value)
{
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8, value));
}

double
cl_numeric_float8_saturated_slow(Datum value)
{
	ClNumericView view;

	cl_numeric_open(value, &view);
	/* 10000^75 and 10000^-75 are well inside the doubles; beyond, the C library rounds, and saturates without an error. */
	if (view.status == CL_NUMERIC_OK && view.ndigits > 0 && (view.weight > 75 || view.weight < -75))
		return strtod(cl_numeric_string(value), NULL);
	return cl_numeric_float8_slow(value);
}

/* The double of a real's shortest decimal: 0.7 is 0.7, and not the 0.699999988 that its bits are. */
double
cl_float4_float8(float4 value)
{
	char		text[FLOAT_SHORTEST_DECIMAL_LEN];

	if (!isfinite(value))
		return value;
	float_to_shortest_decimal_buf(value, text);
	return strtod(text, NULL);
}

/* All digits that a double needs and no more, whatever extra_float_digits says: for the detail of an error. */
char *
cl_float8_string(double value)
{
	char	   *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	double_to_shortest_decimal_buf(value, text);
	return text;
}

/* As the server prints it: for the detail of an error. */
char *
cl_numeric_string(Datum value)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, value));
}

/*
 * Cuts off the last one to three decimal places, as the digit that they are when zeros fill it up. Dividing by a constant is a
 * multiplication; dividing 128 bits is a call that costs more than all the rest of writing, and hardly any amount needs it.
 */
static int16
cut_decimals(cl_uint128 *rest, int places)
{
	uint64		unit = cl_pow10_64[places];
	uint64		low = (uint64) *rest;
	uint64		decimals;

	if (unlikely(*rest > PG_UINT64_MAX))
	{
		decimals = (uint64) (*rest % unit);
		*rest /= unit;
		return (int16) (decimals * cl_pow10_64[CL_NUMERIC_DEC_DIGITS - places]);
	}
	switch (places)
	{
		case 1:
			*rest = low / 10;
			return (int16) (low % 10 * 1000);
		case 2:
			*rest = low / 100;
			return (int16) (low % 100 * 100);
		default:
			*rest = low / 1000;
			return (int16) (low % 1000 * 10);
	}
}

/*
 * minor / 10^scale as a numeric that displays that many decimals; scale from 0 to CL_MAX_DECIMALS.
 *
 * Digits come out least significant first: the last one holds the decimals beyond a multiple of four, padded with zeros.
 */
Datum
cl_minor_numeric(cl_int128 minor, int scale)
{
	int16		reversed[16];	/* 39 decimal places and one broken digit at each end */
	int			n = 0;
	int			skipped = 0;
	int			broken = scale % CL_NUMERIC_DEC_DIGITS;
	int			fraction_digits = (scale + CL_NUMERIC_DEC_DIGITS - 1) / CL_NUMERIC_DEC_DIGITS;
	bool		negative = minor < 0;
	cl_uint128	rest = negative ? -(cl_uint128) minor : (cl_uint128) minor;
	int			weight;
	uint16		header;
	char	   *result;
	Size		size;

	if (broken != 0)
		reversed[n++] = cut_decimals(&rest, broken);
	while (rest > PG_UINT64_MAX)
	{
		reversed[n++] = (int16) (rest % CL_NUMERIC_NBASE);
		rest /= CL_NUMERIC_NBASE;
	}
	for (uint64 low = (uint64) rest; low > 0; low /= CL_NUMERIC_NBASE)
		reversed[n++] = (int16) (low % CL_NUMERIC_NBASE);

	weight = n - fraction_digits - 1;
	while (n > 0 && reversed[n - 1] == 0)
	{
		n--;
		weight--;
	}
	while (skipped < n && reversed[skipped] == 0)
		skipped++;
	if (n == 0)
	{
		weight = 0;
		negative = false;
	}

	size = VARHDRSZ + sizeof(uint16) + (Size) (n - skipped) * sizeof(int16);
	result = palloc(size);
	SET_VARSIZE(result, size);
	header = (uint16) (CL_NUMERIC_SHORT | (negative ? CL_NUMERIC_SHORT_SIGN : 0) |
					   (scale << CL_NUMERIC_SHORT_DSCALE_SHIFT) |
					   (weight < 0 ? CL_NUMERIC_SHORT_WEIGHT_SIGN : 0) | (weight & CL_NUMERIC_SHORT_WEIGHT_MASK));
	memcpy(VARDATA(result), &header, sizeof(uint16));
	for (int i = n - 1, at = 0; i >= skipped; i--, at++)
		memcpy(VARDATA(result) + sizeof(uint16) + at * sizeof(int16), &reversed[i], sizeof(int16));
	return PointerGetDatum(result);
}
