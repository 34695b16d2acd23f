/*
 * numeric.h
 *	  Reading and writing numeric(p,s) without going through text.
 *
 * The server converts numeric to float8 by printing and parsing it, which costs more than scanning the row. The layout of a
 * stored numeric is older than any supported version and cannot change without breaking pg_upgrade, so it is read here
 * directly: base-10000 digits after a two- or four-byte header (src/backend/utils/adt/numeric.c explains it).
 *
 * Every reader is exact. cl_numeric_float8 gives the double that the server gives, bit for bit: where digits and power of ten
 * are both exact doubles one multiplication or division rounds correctly (Clinger 1990, the fast path of strtod), and
 * everything else is handed to the server. The test test/sql/numeric.sql compares millions of values.
 */
#ifndef CL_PG_NUMERIC_H
#define CL_PG_NUMERIC_H

#include "core/money.h"
#include "pg/compat.h"
#include "utils/numeric.h"

typedef enum ClNumericStatus
{
	CL_NUMERIC_OK,
	CL_NUMERIC_FINER,			/* has more decimals than the scale asked for */
	CL_NUMERIC_TOO_LARGE,		/* does not fit the integer asked for */
	CL_NUMERIC_NAN,
	CL_NUMERIC_INFINITE
} ClNumericStatus;

/* A numeric taken apart; the digits stay where they are, possibly unaligned. */
typedef struct ClNumericView
{
	const char *digits;			/* int16 each, base 10000, most significant first */
	int			ndigits;		/* leading and trailing zero digits are never stored */
	int			weight;			/* power of 10000 of the first digit */
	int			dscale;			/* decimals displayed, never fewer than there are */
	bool		negative;
	ClNumericStatus status;		/* OK, NAN or INFINITE */
} ClNumericView;

extern ClNumericStatus cl_numeric_minor128_view(const ClNumericView *view, int scale, cl_int128 *minor);
extern ClNumericStatus cl_numeric_minor_view(const ClNumericView *view, int scale, int64 *minor);
extern ClNumericStatus cl_numeric_minor(Datum value, int scale, int64 *minor);
extern double cl_numeric_float8_slow(Datum value);
extern double cl_numeric_float8_saturated_slow(Datum value);
extern double cl_float4_float8(float4 value);
extern int	cl_numeric_decimals(const ClNumericView *view);
extern ClNumericStatus cl_numeric_minor128(Datum value, int scale, cl_int128 *minor);
extern Datum cl_minor_numeric(cl_int128 minor, int scale);
extern char *cl_numeric_string(Datum value);
extern char *cl_float8_string(double value);

#define CL_NUMERIC_SIGN_MASK 0xC000
#define CL_NUMERIC_NEG 0x4000
#define CL_NUMERIC_SHORT 0x8000
#define CL_NUMERIC_SPECIAL 0xC000
#define CL_NUMERIC_EXT_NAN 0xC000
#define CL_NUMERIC_EXT_SIGN_MASK 0xF000
#define CL_NUMERIC_SHORT_SIGN 0x2000
#define CL_NUMERIC_SHORT_DSCALE_MASK 0x1F80
#define CL_NUMERIC_SHORT_DSCALE_SHIFT 7
#define CL_NUMERIC_LONG_DSCALE_MASK 0x3FFF
#define CL_NUMERIC_SHORT_WEIGHT_SIGN 0x0040
#define CL_NUMERIC_SHORT_WEIGHT_MASK 0x003F
#define CL_NUMERIC_NBASE 10000
#define CL_NUMERIC_DEC_DIGITS 4

static inline int
cl_numeric_digit(const ClNumericView *view, int i)
{
	int16		digit;

	memcpy(&digit, view->digits + i * sizeof(int16), sizeof(int16));
	return digit;
}

/* Takes a numeric apart. Only a toasted value allocates, and numerics of money never are. */
static inline void
cl_numeric_open(Datum value, ClNumericView *view)
{
	struct varlena *raw = PG_DETOAST_DATUM_PACKED(value);
	const char *data = VARDATA_ANY(raw);
	int			size = VARSIZE_ANY_EXHDR(raw);
	uint16		header;

	memcpy(&header, data, sizeof(uint16));
	view->status = CL_NUMERIC_OK;
	if ((header & CL_NUMERIC_SIGN_MASK) == CL_NUMERIC_SHORT)
	{
		view->negative = (header & CL_NUMERIC_SHORT_SIGN) != 0;
		view->weight = (header & CL_NUMERIC_SHORT_WEIGHT_SIGN) ?
			(int) (header | ~CL_NUMERIC_SHORT_WEIGHT_MASK) : (int) (header & CL_NUMERIC_SHORT_WEIGHT_MASK);
		view->dscale = (header & CL_NUMERIC_SHORT_DSCALE_MASK) >> CL_NUMERIC_SHORT_DSCALE_SHIFT;
		view->digits = data + sizeof(uint16);
		view->ndigits = (size - (int) sizeof(uint16)) / (int) sizeof(int16);
	}
	else if ((header & CL_NUMERIC_SIGN_MASK) == CL_NUMERIC_SPECIAL)
	{
		view->negative = (header & CL_NUMERIC_SHORT_SIGN) != 0;
		view->weight = 0;
		view->dscale = 0;
		view->digits = data;
		view->ndigits = 0;
		view->status = (header & CL_NUMERIC_EXT_SIGN_MASK) == CL_NUMERIC_EXT_NAN ? CL_NUMERIC_NAN : CL_NUMERIC_INFINITE;
	}
	else
	{
		int16		weight;

		memcpy(&weight, data + sizeof(uint16), sizeof(int16));
		view->negative = (header & CL_NUMERIC_SIGN_MASK) == CL_NUMERIC_NEG;
		view->weight = weight;
		view->dscale = header & CL_NUMERIC_LONG_DSCALE_MASK;
		view->digits = data + sizeof(uint16) + sizeof(int16);
		view->ndigits = (size - (int) (sizeof(uint16) + sizeof(int16))) / (int) sizeof(int16);
	}
}

/* Four digits are at most 16 decimal places: the mantissa of the fast path, which no amount of money in practice exceeds. */
#define CL_NUMERIC_FAST_DIGITS 4

static inline uint64
cl_numeric_mantissa(const ClNumericView *view)
{
	uint64		mantissa = 0;

	for (int i = 0; i < view->ndigits; i++)
		mantissa = mantissa * CL_NUMERIC_NBASE + (uint64) cl_numeric_digit(view, i);
	return mantissa;
}

/*
 * value * 10^scale for the amounts that fill tables: stored plainly, at most four digits of base 10000, no more decimals than
 * the scale. False for everything else, which takes the way of cl_numeric_minor. This is what a row costs in an aggregate, so
 * it has no branch that depends on the amount: amounts differ from row to row, and a mispredicted branch costs more than all
 * the arithmetic.
 */
static inline bool
cl_numeric_fast_path(Datum value, int scale, int64 *minor)
{
	const char *data = DatumGetPointer(value);
	uint16		header;
	uint16		digit[CL_NUMERIC_FAST_DIGITS];
	uint64		mantissa;
	int			size;
	int			ndigits;
	int			weight;
	int			shift;

	if (VARATT_IS_1B(data))
	{
		if (VARATT_IS_1B_E(data))
			return false;
		size = VARSIZE_1B(data) - VARHDRSZ_SHORT;
		data += VARHDRSZ_SHORT;
	}
	else if (VARATT_IS_4B_U(data))
	{
		size = VARSIZE_4B(data) - VARHDRSZ;
		data += VARHDRSZ;
	}
	else
		return false;
	memcpy(&header, data, sizeof(uint16));
	ndigits = (size - (int) sizeof(uint16)) / (int) sizeof(int16);
	weight = (header & CL_NUMERIC_SHORT_WEIGHT_SIGN) ?
		(int) (header | ~CL_NUMERIC_SHORT_WEIGHT_MASK) : (int) (header & CL_NUMERIC_SHORT_WEIGHT_MASK);

	/* 10^3 more than wanted, so that the last digit's unused places come off by one division by a constant. */
	shift = CL_NUMERIC_DEC_DIGITS * (weight - ndigits + 1) + scale + 3;
	if ((header & CL_NUMERIC_SIGN_MASK) != CL_NUMERIC_SHORT || ndigits > CL_NUMERIC_FAST_DIGITS ||
		((header & CL_NUMERIC_SHORT_DSCALE_MASK) >> CL_NUMERIC_SHORT_DSCALE_SHIFT) > scale ||
		shift < 0 || CL_NUMERIC_DEC_DIGITS * ndigits + shift > 19)
		return false;

	/*
	 * Four digits are always loaded, those before the first stored one being header bytes, which do not count. A stored value
	 * has its varlena header, its own header and a tuple or chunk header before it, so the load stays inside its memory.
	 */
	memcpy(digit, data + size - sizeof(digit), sizeof(digit));
	mantissa = (uint64) ((ndigits > 3 ? digit[0] : 0) * CL_NUMERIC_NBASE + (ndigits > 2 ? digit[1] : 0)) *
		UINT64CONST(100000000) +
		(uint64) ((ndigits > 1 ? digit[2] : 0) * CL_NUMERIC_NBASE + (ndigits > 0 ? digit[3] : 0));
	mantissa = mantissa * cl_pow10_64[shift] / 1000;
	*minor = (header & CL_NUMERIC_SHORT_SIGN) ? -(int64) mantissa : (int64) mantissa;
	return true;
}

/* The double of a short numeric, exactly; false for one that takes longer. */
static inline bool
cl_numeric_float8_short(Datum value, double *result)
{
	/* Powers of ten that are exact doubles. */
	static const double exact_pow10[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	ClNumericView view;

	cl_numeric_open(value, &view);
	if (likely(view.ndigits <= CL_NUMERIC_FAST_DIGITS && view.status == CL_NUMERIC_OK))
	{
		uint64		mantissa = cl_numeric_mantissa(&view);
		int			exponent = CL_NUMERIC_DEC_DIGITS * (view.weight - view.ndigits + 1);

		if (likely(mantissa <= (UINT64CONST(1) << 53) && exponent >= -22 && exponent <= 22))
		{
			double		magnitude = (double) mantissa;

			if (exponent < 0)
				magnitude /= exact_pow10[-exponent];
			else
				magnitude *= exact_pow10[exponent];
			/* The server's zero has no sign. */
			*result = view.negative && mantissa != 0 ? -magnitude : magnitude;
			return true;
		}
	}
	return false;
}

/* The double that numeric_float8 gives, bit for bit. */
static inline double
cl_numeric_float8(Datum value)
{
	double		result;

	return likely(cl_numeric_float8_short(value, &result)) ? result : cl_numeric_float8_slow(value);
}

/* As cl_numeric_float8, but what no double holds becomes an infinity or zero instead of an error. */
static inline double
cl_numeric_float8_saturated(Datum value)
{
	double		result;

	return likely(cl_numeric_float8_short(value, &result)) ? result : cl_numeric_float8_saturated_slow(value);
}

#endif							/* CL_PG_NUMERIC_H */
