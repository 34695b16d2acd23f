/*
 * time_weighted_utilization.c
 *	  The aggregate over one account's changes of balance and limit, in any order.
 *
 * An integral needs its points in order, and an aggregate may not depend on the order of its rows, so the state keeps every
 * point (24 bytes a row) and sorts at the end: the result is the same to the last bit for every plan.
 */
#include "postgres.h"

#include <math.h>

#include "core/time_weighted_utilization.h"
#include "pg/money.h"
#include "pg/summary.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define TYPE_NAME "time_weighted_utilization"
#define FIRST_CAPACITY 16
#define POINT_BYTES (8 + 8 + 8)

typedef struct TimeWeighted
{
	MemoryContext context;
	bool		has_until;
	TimestampTz until;
	int			n;
	int			capacity;
	ClTimePoint *points;
} TimeWeighted;

PG_FUNCTION_INFO_V1(cl_time_weighted_numeric_transition);
PG_FUNCTION_INFO_V1(cl_time_weighted_float8_transition);
PG_FUNCTION_INFO_V1(cl_time_weighted_final);

static void *
create(void)
{
	TimeWeighted *state = palloc0_object(TimeWeighted);

	state->context = CurrentMemoryContext;
	state->capacity = FIRST_CAPACITY;
	state->points = palloc_array(ClTimePoint, FIRST_CAPACITY);
	return state;
}

static void
reserve(TimeWeighted *state, int more)
{
	int64		wanted = (int64) state->n + more;
	int64		capacity = state->capacity;

	if (wanted <= capacity)
		return;
	while (capacity < wanted)
		capacity *= 2;
	if (capacity > PG_INT32_MAX / 2)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many changes for one time-weighted utilization"),
				 errdetail("There are more than %d.", PG_INT32_MAX / 4),
				 errhint("Group by account.")));
	state->points = repalloc_huge(state->points, capacity * sizeof(ClTimePoint));
	state->capacity = (int) capacity;
}

static void
require_same_until(const TimeWeighted *state, bool has_until, TimestampTz until)
{
	if (state->has_until != has_until || (has_until && state->until != until))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the end of a time-weighted utilization must be the same in all rows"),
				 errdetail("Found %s and %s.",
						   state->has_until ? pstrdup(timestamptz_to_str(state->until)) : "NULL",
						   has_until ? pstrdup(timestamptz_to_str(until)) : "NULL"),
				 errhint("Give a constant, or group by it.")));
}

static void
merge(void *into, const void *from)
{
	TimeWeighted *state = into;
	const TimeWeighted *other = from;

	if (state->n == 0)
	{
		state->has_until = other->has_until;
		state->until = other->until;
	}
	require_same_until(state, other->has_until, other->until);
	reserve(state, other->n);
	memcpy(state->points + state->n, other->points, other->n * sizeof(ClTimePoint));
	state->n += other->n;
}

/* Bytes: int8 whether there is an end, int64 end, int32 number of points, then for each int64, float8, float8. */
static void
write_state(StringInfo buf, const void *data)
{
	const TimeWeighted *state = data;

	pq_sendbyte(buf, state->has_until);
	pq_sendint64(buf, state->until);
	pq_sendint32(buf, state->n);
	for (int i = 0; i < state->n; i++)
	{
		pq_sendint64(buf, state->points[i].at);
		pq_sendfloat8(buf, state->points[i].balance);
		pq_sendfloat8(buf, state->points[i].limit);
	}
}

static void *
read_state(StringInfo buf)
{
	TimeWeighted *state = create();
	int			n;

	state->has_until = pq_getmsgbyte(buf) != 0;
	state->until = pq_getmsgint64(buf);
	n = cl_wire_count(buf, TYPE_NAME, PG_INT32_MAX / 4, POINT_BYTES);
	reserve(state, n);
	for (int i = 0; i < n; i++)
	{
		ClTimePoint *point = &state->points[i];

		point->at = pq_getmsgint64(buf);
		point->balance = cl_wire_finite(buf, TYPE_NAME, "balance");
		point->limit = cl_wire_finite(buf, TYPE_NAME, "credit limit");
	}
	state->n = n;
	return state;
}

/* Between workers only: the points of an account are its history, which is stored as rows. */
static const ClSummary time_weighted_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_time_weighted_combine, cl_time_weighted_serial, cl_time_weighted_deserial */
CL_SUMMARY_FUNCTION(time_weighted, combine)
CL_SUMMARY_FUNCTION(time_weighted, serial)
CL_SUMMARY_FUNCTION(time_weighted, deserial)

static void
require_instant(TimestampTz at, const char *what)
{
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite time", what),
				 errdetail("Found %s.", timestamptz_to_str(at)),
				 errhint("For a state that lasts, end at the date of the report.")));
}

static void
require_amounts(double balance, double limit)
{
	if (!isfinite(balance) || !isfinite(limit))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("balance and credit limit must be finite amounts"),
				 errdetail("Found %g and %g.", balance, limit),
				 errhint("Use NULL for an amount that is not known.")));
	if (limit < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("credit limit must not be negative"),
				 errdetail("Found %g.", limit),
				 errhint("A line that is closed has the limit 0; a limit that is not known is NULL.")));
}

static Datum
add_point(FunctionCallInfo fcinfo, double balance, double limit)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	bool		has_until = !PG_ARGISNULL(4);
	TimestampTz until = has_until ? PG_GETARG_TIMESTAMPTZ(4) : 0;
	TimeWeighted *state = cl_agg_state(fcinfo, create);

	require_instant(at, "the time of a change");
	if (has_until)
		require_instant(until, "the end of a time-weighted utilization");
	require_amounts(balance, limit);
	if (state->n == 0)
	{
		state->has_until = has_until;
		state->until = until;
	}
	require_same_until(state, has_until, until);
	reserve(state, 1);
	state->points[state->n++] = (ClTimePoint) {.at = at, .balance = balance, .limit = limit};
	PG_RETURN_POINTER(state);
}

/* A row that does not know all three leaves what was in force before it in force. */
static bool
unknown(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3);
}

Datum
cl_time_weighted_numeric_transition(PG_FUNCTION_ARGS)
{
	if (unknown(fcinfo))
		return cl_agg_unchanged(fcinfo);
	return add_point(fcinfo, cl_numeric_float8(PG_GETARG_DATUM(2)), cl_numeric_float8(PG_GETARG_DATUM(3)));
}

Datum
cl_time_weighted_float8_transition(PG_FUNCTION_ARGS)
{
	if (unknown(fcinfo))
		return cl_agg_unchanged(fcinfo);
	return add_point(fcinfo, PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3));
}

static int
compare_points(const void *a, const void *b)
{
	CHECK_FOR_INTERRUPTS();
	return cl_time_point_compare(a, b);
}

/* The points in order, as a copy: the state may be asked again with more rows, and an interrupt leaves it alone. */
static ClTimePoint *
sorted_points(const TimeWeighted *state)
{
	Size		size = state->n * sizeof(ClTimePoint);
	ClTimePoint *points = MemoryContextAllocHuge(CurrentMemoryContext, size);
	int			conflict;

	memcpy(points, state->points, size);
	qsort(points, state->n, sizeof(ClTimePoint), compare_points);
	conflict = cl_time_conflict(points, state->n);
	if (conflict < state->n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("two rows say different things about the same time"),
				 errdetail("At %s balances are %g and %g, limits are %g and %g.",
						   timestamptz_to_str(points[conflict].at), points[conflict - 1].balance, points[conflict].balance,
						   points[conflict - 1].limit, points[conflict].limit),
				 errhint("Group by account, and give one row for each time: the closing one.")));
	return points;
}

Datum
cl_time_weighted_final(PG_FUNCTION_ARGS)
{
	TimeWeighted *state;
	ClTimePoint *points;
	double		balance;
	double		limit;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (TimeWeighted *) PG_GETARG_POINTER(0);
	points = sorted_points(state);
	cl_time_integrals(points, state->n, state->has_until ? state->until : points[state->n - 1].at, &balance, &limit);
	pfree(points);
	if (limit > 0)
		PG_RETURN_FLOAT8(balance / limit);
	if (balance > 0)
		PG_RETURN_FLOAT8(INFINITY);
	PG_RETURN_NULL();
}
