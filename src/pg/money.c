/*
 * money.c
 *	  Exact sums of money.
 *
 * Functions that may allocate do so in the current memory context: in an aggregate, switch to the aggregate's before.
 */
#include "postgres.h"

#include "pg/money.h"

#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

static void
add_rest(ClMoneySum *sum, Datum amount)
{
	Numeric		before = sum->rest;
	Numeric		added = DatumGetNumeric(amount);	/* a copy where the header is short, which is ours to free */

	if (before == NULL)
		sum->rest = DatumGetNumericCopy(NumericGetDatum(added));
	else
	{
		sum->rest = DatumGetNumeric(DirectFunctionCall2(numeric_add, NumericGetDatum(before), NumericGetDatum(added)));
		pfree(before);
	}
	if ((Pointer) added != DatumGetPointer(amount))
		pfree(added);
}

/* An amount of money is never NaN or infinite; the caller's name for it makes the message. */
void
cl_money_require_finite(Datum amount, const char *what)
{
	ClNumericView view;

	cl_numeric_open(amount, &view);
	if (view.status != CL_NUMERIC_OK)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite amount", what),
				 errdetail("Found %s.", cl_numeric_string(amount)),
				 errhint("Use NULL for an amount that is not known.")));
}

/* Gives the sum at least that many decimals; false, and unchanged, where it has no room for them. */
bool
cl_money_set_decimals(ClMoneySum *sum, int decimals)
{
	if (decimals <= sum->decimals)
		return true;
	if (decimals > CL_SUM_DECIMALS || !cl_rescale(&sum->minor, sum->decimals, decimals))
		return false;
	sum->decimals = decimals;
	return true;
}

void
cl_money_add_minor(ClMoneySum *sum, cl_int128 minor, int decimals)
{
	cl_int128	scaled = minor;
	cl_int128	total;

	if (cl_money_set_decimals(sum, decimals) && cl_rescale(&scaled, decimals, sum->decimals) &&
		!__builtin_add_overflow(sum->minor, scaled, &total))
		sum->minor = total;
	else
		add_rest(sum, cl_minor_numeric(minor, decimals));
}

/* Adds any numeric but NaN and infinities, which are an error that calls the amount by its name. */
void
cl_money_add(ClMoneySum *sum, Datum amount, const char *what)
{
	ClNumericView view;
	cl_int128	minor;
	cl_int128	total;

	cl_numeric_open(amount, &view);
	if (unlikely(view.status != CL_NUMERIC_OK))
		cl_money_require_finite(amount, what);
	if (cl_money_set_decimals(sum, view.dscale) &&
		cl_numeric_minor128_view(&view, sum->decimals, &minor) == CL_NUMERIC_OK &&
		!__builtin_add_overflow(sum->minor, minor, &total))
		sum->minor = total;
	else
		add_rest(sum, amount);
}

void
cl_money_merge(ClMoneySum *sum, const ClMoneySum *other)
{
	cl_money_add_minor(sum, other->minor, other->decimals);
	if (other->rest != NULL)
		add_rest(sum, NumericGetDatum(other->rest));
}

Datum
cl_money_numeric(const ClMoneySum *sum)
{
	Datum		total = cl_minor_numeric(sum->minor, sum->decimals);

	if (sum->rest != NULL)
		total = DirectFunctionCall2(numeric_add, total, NumericGetDatum(sum->rest));
	return total;
}

void
cl_money_send(StringInfo buf, const ClMoneySum *sum)
{
	pq_sendbyte(buf, sum->decimals);
	cl_wire_send_int128(buf, sum->minor);
	pq_sendbyte(buf, sum->rest != NULL);
	if (sum->rest != NULL)
		cl_wire_send_numeric(buf, NumericGetDatum(sum->rest));
}

void
cl_money_receive(StringInfo buf, const char *type, ClMoneySum *sum)
{
	sum->decimals = pq_getmsgbyte(buf);
	if (sum->decimals > CL_SUM_DECIMALS)
		cl_wire_invalid(type, "number of decimals of an amount is out of range");
	sum->minor = cl_wire_int128(buf);
	sum->rest = pq_getmsgbyte(buf) != 0 ? DatumGetNumeric(cl_wire_numeric(buf, type)) : NULL;
}
