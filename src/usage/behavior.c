/*
 * behavior.c
 *	  behavior_agg: months of an account in any order; behavior_add: one more month; behavior_project_idle: more idle months.
 */
#include "postgres.h"

#include <math.h>

#include "pg/money.h"
#include "usage/behavior_state.h"


PG_FUNCTION_INFO_V1(cl_behavior_numeric_transition);
PG_FUNCTION_INFO_V1(cl_behavior_float8_transition);
PG_FUNCTION_INFO_V1(cl_behavior_numeric_add);
PG_FUNCTION_INFO_V1(cl_behavior_float8_add);
PG_FUNCTION_INFO_V1(cl_behavior_project_idle);
PG_FUNCTION_INFO_V1(cl_behavior_final);
PG_FUNCTION_INFO_V1(cl_behavior_recv);
PG_FUNCTION_INFO_V1(cl_behavior_from_bytea);

CL_SUMMARY_JSON_FUNCTIONS(behavior)

/*
 * cl_behavior_in, cl_behavior_out, cl_behavior_send, cl_behavior_serial, cl_behavior_deserial, cl_behavior_combine,
 * cl_behavior_rollup
 */
CL_SUMMARY_FUNCTION(behavior, in)
CL_SUMMARY_FUNCTION(behavior, out)
CL_SUMMARY_FUNCTION(behavior, send)
CL_SUMMARY_FUNCTION(behavior, serial)
CL_SUMMARY_FUNCTION(behavior, deserial)
CL_SUMMARY_FUNCTION(behavior, combine)
CL_SUMMARY_FUNCTION(behavior, rollup)

/* Arguments: history, month, the amounts in the order of the core, days past due. */
enum
{
	ARG_MONTH = 1, ARG_AMOUNT, ARG_DAYS = ARG_AMOUNT + CL_BEHAVIOR_AMOUNTS
};

static const char *const amount_names[CL_BEHAVIOR_AMOUNTS] = {"credit limit", "balance", "payment", "amount due"};

static const int64 largest[CL_BEHAVIOR_DECIMALS + 1] = {
	PG_INT64_MAX / 10000, PG_INT64_MAX / 1000, PG_INT64_MAX / 100, PG_INT64_MAX / 10, PG_INT64_MAX
};

/*
 * Amounts
 */

static pg_noinline void
bad_amount(int which, int32_t month, const char *shown, const char *must, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s must %s", amount_names[which], must),
			 errdetail("Found %s in %s.", shown, cl_month_string(month)),
			 errhint("%s", hint)));
}

static void
negative_limit(int32_t month, const char *shown)
{
	bad_amount(CL_BEHAVIOR_LIMIT, month, shown, "not be negative",
			   "A line that is closed has the limit 0; a limit that is not known is NULL.");
}

#define TOO_LARGE_HINT "Look for an amount with a wrong unit."

/* An amount that is not plain; NaN is one that is not known. The history has its decimals already. */
static int64
unusual_amount(FunctionCallInfo fcinfo, int which, int32_t month, int decimals)
{
	Datum		value = PG_GETARG_DATUM(ARG_AMOUNT + which);
	int64		amount = CL_BEHAVIOR_UNKNOWN;
	ClNumericStatus status = cl_numeric_minor(value, decimals, &amount);

	if (status == CL_NUMERIC_NAN)
		return CL_BEHAVIOR_UNKNOWN;
	if (status == CL_NUMERIC_INFINITE)
		bad_amount(which, month, cl_numeric_string(value), "be finite", "Use NULL for an amount that is not known.");
	if (status == CL_NUMERIC_FINER)
		bad_amount(which, month, cl_numeric_string(value), "have at most four decimals",
				   "Round it to the minor unit of its currency.");
	if (status != CL_NUMERIC_OK || amount > largest[decimals] || amount < -largest[decimals])
		bad_amount(which, month, cl_numeric_string(value), "be at most 922,337,203,685,477.5807", TOO_LARGE_HINT);
	if (which == CL_BEHAVIOR_LIMIT && amount < 0)
		negative_limit(month, cl_numeric_string(value));
	return amount;
}

/* How many decimals the amounts of a row display, as far as a history keeps them. */
static int
displayed_decimals(FunctionCallInfo fcinfo)
{
	int			decimals = 0;

	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		ClNumericView view;

		if (PG_ARGISNULL(ARG_AMOUNT + i))
			continue;
		cl_numeric_open(PG_GETARG_DATUM(ARG_AMOUNT + i), &view);
		decimals = Max(decimals, view.dscale);
	}
	return Min(decimals, CL_BEHAVIOR_DECIMALS);
}

static void
raise_decimals(ClBehavior *history, int decimals)
{
	ClMemory	memory = cl_behavior_memory(history);

	cl_behavior_raise_decimals(history, &memory, decimals);
}

static pg_noinline void
read_unusual_amounts(FunctionCallInfo fcinfo, ClBehavior *history, int32_t month, ClBehaviorMonth *row)
{
	raise_decimals(history, displayed_decimals(fcinfo));
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
		row->amount[i] = PG_ARGISNULL(ARG_AMOUNT + i) ? CL_BEHAVIOR_UNKNOWN :
			unusual_amount(fcinfo, i, month, history->decimals);
}

static void
read_numeric_amounts(FunctionCallInfo fcinfo, ClBehavior *history, int32_t month, ClBehaviorMonth *row)
{
	int			decimals = history->decimals;
	bool		plain = true;

	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		row->amount[i] = CL_BEHAVIOR_UNKNOWN;
		if (!PG_ARGISNULL(ARG_AMOUNT + i))
			plain = plain && cl_numeric_fast_path(PG_GETARG_DATUM(ARG_AMOUNT + i), decimals, &row->amount[i]) &&
				row->amount[i] <= largest[decimals] && row->amount[i] >= -largest[decimals];
	}
	if (unlikely(!plain || (row->amount[CL_BEHAVIOR_LIMIT] < 0 && row->amount[CL_BEHAVIOR_LIMIT] != CL_BEHAVIOR_UNKNOWN)))
		read_unusual_amounts(fcinfo, history, month, row);
}

/* At four decimals: binary noise is gone. */
static int64
float8_amount(FunctionCallInfo fcinfo, int which, int32_t month)
{
	double		value;
	double		scaled;

	if (PG_ARGISNULL(ARG_AMOUNT + which))
		return CL_BEHAVIOR_UNKNOWN;
	value = PG_GETARG_FLOAT8(ARG_AMOUNT + which);
	if (isnan(value))
		return CL_BEHAVIOR_UNKNOWN;
	if (isinf(value))
		bad_amount(which, month, cl_float8_string(value), "be finite", "Use NULL for an amount that is not known.");
	scaled = rint(value * 10000);
	if (fabs(scaled) >= 9.2e18)
		bad_amount(which, month, cl_float8_string(value), "be at most 9.2e14", TOO_LARGE_HINT);
	if (which == CL_BEHAVIOR_LIMIT && scaled < 0)
		negative_limit(month, cl_float8_string(value));
	return (int64) scaled;
}

static int
decimals_needed(int64 amount)
{
	int			decimals = CL_BEHAVIOR_DECIMALS;

	for (; decimals > 0 && amount % 10 == 0; decimals--)
		amount /= 10;
	return decimals;
}

static void
read_float8_amounts(FunctionCallInfo fcinfo, ClBehavior *history, int32_t month, ClBehaviorMonth *row)
{
	int			decimals = history->decimals;

	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		row->amount[i] = float8_amount(fcinfo, i, month);
		if (row->amount[i] != CL_BEHAVIOR_UNKNOWN)
			decimals = Max(decimals, decimals_needed(row->amount[i]));
	}
	raise_decimals(history, decimals);
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		if (row->amount[i] != CL_BEHAVIOR_UNKNOWN)
			row->amount[i] /= (int64) cl_pow10_64[CL_BEHAVIOR_DECIMALS - decimals];
	}
}

/*
 * Rows
 */

static int32
read_days(FunctionCallInfo fcinfo, int32_t month)
{
	int32		days;

	if (PG_ARGISNULL(ARG_DAYS))
		return CL_BEHAVIOR_NO_DAYS;
	days = PG_GETARG_INT32(ARG_DAYS);
	if (unlikely(days < 0 || days > CL_BEHAVIOR_DAYS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("days past due must be between 0 and %d", CL_BEHAVIOR_DAYS),
				 errdetail("Found %d in %s.", days, cl_month_string(month)),
				 errhint("An account that is not past due has 0; NULL is not known.")));
	return days;
}

typedef void (*ReadAmounts) (FunctionCallInfo fcinfo, ClBehavior *history, int32_t month, ClBehaviorMonth *row);

static pg_noinline void
put_unusual(ClBehavior *history, int32_t month, const ClBehaviorMonth *row)
{
	ClMemory	memory = cl_behavior_memory(history);

	if (!cl_behavior_put(history, &memory, month, row))
		cl_behavior_too_far_apart(history, month);
}

static pg_attribute_always_inline void
put_row(FunctionCallInfo fcinfo, ClBehavior *history, ReadAmounts read_amounts)
{
	int32_t		month = cl_month_of(PG_GETARG_DATEADT(ARG_MONTH));
	ClBehaviorMonth row;

	read_amounts(fcinfo, history, month, &row);
	row.days_past_due = read_days(fcinfo, month);
	row.conflicts = 0;
	if (!cl_behavior_append(history, month, &row))
		put_unusual(history, month, &row);
}

static pg_attribute_always_inline Datum
transition(FunctionCallInfo fcinfo, ReadAmounts read_amounts)
{
	ClBehavior *history;

	if (unlikely(PG_ARGISNULL(ARG_MONTH)))
		return cl_agg_unchanged(fcinfo);
	history = cl_agg_state(fcinfo, behavior_summary.create);
	put_row(fcinfo, history, read_amounts);
	PG_RETURN_POINTER(history);
}

Datum
cl_behavior_numeric_transition(PG_FUNCTION_ARGS)
{
	return transition(fcinfo, read_numeric_amounts);
}

Datum
cl_behavior_float8_transition(PG_FUNCTION_ARGS)
{
	return transition(fcinfo, read_float8_amounts);
}

Datum
cl_behavior_final(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0))
		cl_behavior_require_consistent((ClBehavior *) PG_GETARG_POINTER(0));
	return cl_summary_final(fcinfo, &behavior_summary);
}

/* Contradictions travel between workers, and nowhere else. */
static Datum
consistent(Datum value)
{
	int			columns;

	if (cl_behavior_conflict(cl_summary_state(&behavior_summary, value), &columns) != 0)
		cl_wire_invalid(behavior_summary.name, "history has a month about which rows contradict each other");
	return value;
}

Datum
cl_behavior_recv(PG_FUNCTION_ARGS)
{
	return consistent(cl_summary_recv(fcinfo, &behavior_summary));
}

Datum
cl_behavior_from_bytea(PG_FUNCTION_ARGS)
{
	return consistent(cl_summary_from_bytea(fcinfo, &behavior_summary));
}

/*
 * Histories that change: always a copy, since the state of a value may be shared
 */

static ClBehavior *
copy_of(Datum value)
{
	ClBehavior *copy = behavior_summary.create();

	behavior_summary.merge(copy, cl_summary_state(&behavior_summary, value));
	return copy;
}

static Datum
add(FunctionCallInfo fcinfo, ReadAmounts read_amounts)
{
	ClBehavior *history;

	if (PG_ARGISNULL(ARG_MONTH))
		return cl_agg_unchanged(fcinfo);
	history = PG_ARGISNULL(0) ? behavior_summary.create() : copy_of(PG_GETARG_DATUM(0));
	put_row(fcinfo, history, read_amounts);
	cl_behavior_require_consistent(history);
	return cl_summary_datum(&behavior_summary, history);
}

Datum
cl_behavior_numeric_add(PG_FUNCTION_ARGS)
{
	return add(fcinfo, read_numeric_amounts);
}

Datum
cl_behavior_float8_add(PG_FUNCTION_ARGS)
{
	return add(fcinfo, read_float8_amounts);
}

Datum
cl_behavior_project_idle(PG_FUNCTION_ARGS)
{
	ClBehavior *history = copy_of(PG_GETARG_DATUM(0));
	ClMemory	memory = cl_behavior_memory(history);
	int			months = PG_GETARG_INT32(1);

	if (months < 0 || months > CL_BEHAVIOR_SPAN / 10)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("idle months must be between 0 and %d", CL_BEHAVIOR_SPAN / 10),
				 errdetail("Found %d.", months),
				 errhint("A year is 12.")));
	if (cl_behavior_last(history) + months > CL_BEHAVIOR_LAST_MONTH)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("idle months lead beyond the year 9999"),
				 errdetail("The history ends with %s, and %d months were to follow.",
						   cl_month_string(cl_behavior_last(history)), months),
				 errhint("Look for a date that stands for \"never\" or \"not known\".")));
	if (!cl_behavior_add_idle(history, &memory, months))
		cl_behavior_too_far_apart(history, cl_behavior_last(history) + months);
	return cl_summary_datum(&behavior_summary, history);
}
