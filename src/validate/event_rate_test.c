/*
 * event_rate_test.c
 *	  Whether a bin has the event rate that it had: PSI compares the mix of borrowers, this how many of them default.
 */
#include "postgres.h"

#include <math.h>

#include "core/distribution.h"
#include "core/stability.h"
#include "pg/record.h"
#include "pg/summary.h"

#include "utils/float.h"

#define TYPE_NAME "event_rate_test"

typedef struct EventRates
{
	int64		n[2];
	int64		events[2];
	int64		n_skipped;
} EventRates;

PG_FUNCTION_INFO_V1(cl_event_rate_test_transition);
PG_FUNCTION_INFO_V1(cl_event_rate_test_final);
PG_FUNCTION_INFO_V1(cl_event_rate_test_counts);

static void *
create(void)
{
	return palloc0_object(EventRates);
}

static void
merge(void *into, const void *from)
{
	EventRates *state = into;
	const EventRates *other = from;

	for (int sample = 0; sample < 2; sample++)
	{
		state->n[sample] += other->n[sample];
		state->events[sample] += other->events[sample];
	}
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
}

static void
write_state(StringInfo buf, const void *data)
{
	const EventRates *state = data;

	for (int sample = 0; sample < 2; sample++)
	{
		pq_sendint64(buf, state->n[sample]);
		pq_sendint64(buf, state->events[sample]);
	}
	pq_sendint64(buf, state->n_skipped);
}

static void *
read_state(StringInfo buf)
{
	EventRates *state = create();

	for (int sample = 0; sample < 2; sample++)
	{
		state->n[sample] = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX / 4, "number of rows");
		state->events[sample] = cl_wire_int64(buf, TYPE_NAME, 0, state->n[sample], "number of events");
	}
	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	return state;
}

/* Between workers only. */
static const ClSummary event_rate_test_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_event_rate_test_combine, cl_event_rate_test_serial, cl_event_rate_test_deserial */
CL_SUMMARY_FUNCTION(event_rate_test, combine)
CL_SUMMARY_FUNCTION(event_rate_test, serial)
CL_SUMMARY_FUNCTION(event_rate_test, deserial)

Datum
cl_event_rate_test_transition(PG_FUNCTION_ARGS)
{
	EventRates *state = cl_agg_state(fcinfo, create);

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		state->n_skipped++;
	else
	{
		state->n[PG_GETARG_BOOL(2)]++;
		state->events[PG_GETARG_BOOL(2)] += PG_GETARG_BOOL(1);
	}
	PG_RETURN_POINTER(state);
}

static Datum
test_row(FunctionCallInfo fcinfo, const EventRates *rates)
{
	double		n0 = (double) rates->n[CL_EXPECTED];
	double		n1 = (double) rates->n[CL_ACTUAL];
	double		events0 = (double) rates->events[CL_EXPECTED];
	double		events1 = (double) rates->events[CL_ACTUAL];
	double		chi2 = n0 > 0 && n1 > 0 ? cl_two_rates_chi2(n0, events0, n1, events1) : get_float8_nan();
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	for (int sample = 0; sample < 2; sample++)
	{
		cl_record_put_int64(&record, rates->n[sample]);
		cl_record_put_int64(&record, rates->events[sample]);
	}
	/* 0/0 is NaN, and that NULL: a sample without rows has no rate. */
	cl_record_put_float8(&record, n0 > 0 ? events0 / n0 : get_float8_nan());
	cl_record_put_float8(&record, n1 > 0 ? events1 / n1 : get_float8_nan());
	cl_record_put_float8(&record, chi2);
	cl_record_put_float8(&record, isnan(chi2) ? chi2 : cl_chi2_upper(chi2, 1));
	cl_record_put_int64(&record, rates->n_skipped);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* Rows that were all left out are no rows. */
Datum
cl_event_rate_test_final(PG_FUNCTION_ARGS)
{
	const EventRates *state = PG_ARGISNULL(0) ? NULL : (const EventRates *) PG_GETARG_POINTER(0);

	(void) cl_agg_context(fcinfo);
	if (state == NULL || state->n[CL_EXPECTED] + state->n[CL_ACTUAL] == 0)
		PG_RETURN_NULL();
	return test_row(fcinfo, state);
}

Datum
cl_event_rate_test_counts(PG_FUNCTION_ARGS)
{
	EventRates	rates = {{0, 0}, {0, 0}, 0};

	for (int sample = 0; sample < 2; sample++)
	{
		rates.n[sample] = PG_GETARG_INT64(2 * sample);
		rates.events[sample] = PG_GETARG_INT64(2 * sample + 1);
		if (rates.n[sample] < 0 || rates.events[sample] < 0 || rates.events[sample] > rates.n[sample])
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("the events of a sample must be between 0 and its rows"),
					 errdetail("The %s sample has " INT64_FORMAT " rows and " INT64_FORMAT " events.",
							   sample == CL_EXPECTED ? "expected" : "actual", rates.n[sample], rates.events[sample]),
					 errhint("The arguments are rows and events of the expected sample, then of the actual one.")));
	}
	return test_row(fcinfo, &rates);
}
