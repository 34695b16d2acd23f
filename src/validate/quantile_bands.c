/*
 * quantile_bands.c
 *	  Bands of about equal size, for width_bucket.
 */
#include "postgres.h"

#include <math.h>

#include "core/quantile_bands.h"
#include "pg/numeric.h"
#include "pg/summary.h"
#include "pg/tally.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

#define TYPE_NAME "quantile_bands"

typedef struct QuantileBands
{
	int			bands;			/* 0 until the first row */
	ClTally		tally;			/* all values as non-events: there are no events here */
} QuantileBands;

static const ClTallyType quantile_bands_values = {TYPE_NAME, "score", -INFINITY, INFINITY};

PG_FUNCTION_INFO_V1(cl_quantile_bands_float8_transition);
PG_FUNCTION_INFO_V1(cl_quantile_bands_numeric_transition);
PG_FUNCTION_INFO_V1(cl_quantile_bands_final);

static void *
create(void)
{
	QuantileBands *state = palloc0_object(QuantileBands);
	ClMemory	memory = cl_memory_here();

	cl_tally_init(&state->tally, &memory, CL_TALLY_COUNTS);
	return state;
}

static void
require_same_bands(QuantileBands *state, int bands)
{
	if (likely(state->bands == bands && bands != 0))
		return;
	if (state->bands != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of bands must be the same in all rows"),
				 errdetail("Found %d and %d.", state->bands, bands),
				 errhint("Give a constant, or group by it.")));
	if (bands < CL_FEWEST_BANDS || bands > CL_MOST_BANDS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the number of bands must be between %d and %d", CL_FEWEST_BANDS, CL_MOST_BANDS),
				 errdetail("Found %d.", bands),
				 errhint("Ten is usual for a score.")));
	state->bands = bands;
}

static void
merge(void *into, const void *from)
{
	QuantileBands *state = into;
	const QuantileBands *other = from;

	if (other->bands == 0)
		return;
	require_same_bands(state, other->bands);
	cl_tally_merge_checked(&state->tally, &other->tally, &quantile_bands_values);
}

static void
write_state(StringInfo buf, const void *data)
{
	/* This settles the tally, which changes how it is kept, not what it holds. */
	QuantileBands *state = (QuantileBands *) data;

	pq_sendint32(buf, state->bands);
	cl_tally_transfer(buf, &quantile_bands_values, &state->tally);
}

static void *
read_state(StringInfo buf)
{
	QuantileBands *state = create();

	state->bands = (int) pq_getmsgint(buf, 4);
	if (state->bands < CL_FEWEST_BANDS || state->bands > CL_MOST_BANDS)
		cl_wire_invalid(TYPE_NAME, psprintf("number of bands %d is out of range", state->bands));
	cl_tally_receive(buf, &quantile_bands_values, &state->tally);
	return state;
}

/* Between workers only: what is kept is the bounds. */
static const ClSummary quantile_bands_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_quantile_bands_combine, cl_quantile_bands_serial, cl_quantile_bands_deserial */
CL_SUMMARY_FUNCTION(quantile_bands, combine)
CL_SUMMARY_FUNCTION(quantile_bands, serial)
CL_SUMMARY_FUNCTION(quantile_bands, deserial)

static Datum
add_score(FunctionCallInfo fcinfo, double score)
{
	QuantileBands *state;

	if (isnan(score))
		return cl_agg_unchanged(fcinfo);
	state = cl_agg_state(fcinfo, create);
	require_same_bands(state, PG_GETARG_INT32(2));
	cl_tally_add(&state->tally, score, false);
	PG_RETURN_POINTER(state);
}

static void
require_number_of_bands(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the number of bands must be given"),
				 errdetail("Found NULL."),
				 errhint("Ten is usual for a score.")));
}

Datum
cl_quantile_bands_float8_transition(PG_FUNCTION_ARGS)
{
	require_number_of_bands(fcinfo);
	if (PG_ARGISNULL(1))
		return cl_agg_unchanged(fcinfo);
	return add_score(fcinfo, PG_GETARG_FLOAT8(1));
}

Datum
cl_quantile_bands_numeric_transition(PG_FUNCTION_ARGS)
{
	require_number_of_bands(fcinfo);
	if (PG_ARGISNULL(1))
		return cl_agg_unchanged(fcinfo);
	return add_score(fcinfo, cl_numeric_float8_saturated(PG_GETARG_DATUM(1)));
}

Datum
cl_quantile_bands_final(PG_FUNCTION_ARGS)
{
	QuantileBands *state = PG_ARGISNULL(0) ? NULL : (QuantileBands *) PG_GETARG_POINTER(0);
	double		bounds[CL_MOST_BANDS];
	Datum		values[CL_MOST_BANDS];
	int			count;

	(void) cl_agg_context(fcinfo);
	if (state == NULL || state->bands == 0)
		PG_RETURN_NULL();
	cl_tally_settle(&state->tally);
	count = cl_quantile_bands(&state->tally, state->bands, bounds);
	for (int i = 0; i < count; i++)
		values[i] = Float8GetDatum(bounds[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(values, count, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
