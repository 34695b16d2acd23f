/*
 * score_shift.c
 *	  How many points the score moved on the way from the expected to the actual sample.
 *
 * Siddiqi's characteristic stability is sum((A% - E%) * points) over the bins of a characteristic (2006, chapter 9), which is
 * the mean of the points of actual rows less the mean of those of expected rows: no bins are needed, and the shifts of all
 * characteristics add up to that of the score.
 */
#include "postgres.h"

#include <math.h>

#include "core/stability.h"
#include "pg/numeric.h"
#include "pg/summary.h"

#include "utils/float.h"

#define TYPE_NAME "score_shift"

/* Sums of so large points stay finite. */
#define LARGEST_POINTS 1e100

typedef struct ScoreShift
{
	int64		n[2];
	ClSum		sum[2];
} ScoreShift;

PG_FUNCTION_INFO_V1(cl_score_shift_float8_transition);
PG_FUNCTION_INFO_V1(cl_score_shift_numeric_transition);
PG_FUNCTION_INFO_V1(cl_score_shift_final);

static void *
create(void)
{
	return palloc0_object(ScoreShift);
}

static void
merge(void *into, const void *from)
{
	ScoreShift *state = into;
	const ScoreShift *other = from;

	for (int sample = 0; sample < 2; sample++)
	{
		state->n[sample] += other->n[sample];
		cl_sum_add(&state->sum[sample], other->sum[sample].high, other->sum[sample].low);
	}
}

static void
write_state(StringInfo buf, const void *data)
{
	const ScoreShift *state = data;

	for (int sample = 0; sample < 2; sample++)
	{
		pq_sendint64(buf, state->n[sample]);
		cl_wire_send_sum(buf, &state->sum[sample]);
	}
}

static void *
read_state(StringInfo buf)
{
	ScoreShift *state = create();

	for (int sample = 0; sample < 2; sample++)
	{
		state->n[sample] = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX / 4, "number of rows");
		state->sum[sample] = cl_wire_sum(buf, TYPE_NAME, "sum of points");
	}
	return state;
}

/* Between workers only. */
static const ClSummary score_shift_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_score_shift_combine, cl_score_shift_serial, cl_score_shift_deserial */
CL_SUMMARY_FUNCTION(score_shift, combine)
CL_SUMMARY_FUNCTION(score_shift, serial)
CL_SUMMARY_FUNCTION(score_shift, deserial)

static Datum
add_points(FunctionCallInfo fcinfo, double points)
{
	bool		actual = PG_GETARG_BOOL(2);
	ScoreShift *state;

	if (isnan(points))
		return cl_agg_unchanged(fcinfo);
	if (!(fabs(points) <= LARGEST_POINTS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("points must be between -%g and %g", LARGEST_POINTS, LARGEST_POINTS),
				 errdetail("Found %g.", points),
				 errhint("Use NULL for a score that is not known.")));
	state = cl_agg_state(fcinfo, create);
	state->n[actual]++;
	cl_sum_add(&state->sum[actual], points, 0);
	PG_RETURN_POINTER(state);
}

Datum
cl_score_shift_float8_transition(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return cl_agg_unchanged(fcinfo);
	return add_points(fcinfo, PG_GETARG_FLOAT8(1));
}

Datum
cl_score_shift_numeric_transition(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return cl_agg_unchanged(fcinfo);
	return add_points(fcinfo, cl_numeric_float8_saturated(PG_GETARG_DATUM(1)));
}

/* One sample alone has no shift. */
Datum
cl_score_shift_final(PG_FUNCTION_ARGS)
{
	const ScoreShift *state = PG_ARGISNULL(0) ? NULL : (const ScoreShift *) PG_GETARG_POINTER(0);

	(void) cl_agg_context(fcinfo);
	if (state == NULL || state->n[CL_EXPECTED] == 0 || state->n[CL_ACTUAL] == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(state->sum[CL_ACTUAL].high / (double) state->n[CL_ACTUAL] -
					 state->sum[CL_EXPECTED].high / (double) state->n[CL_EXPECTED]);
}
