/*
 * pd_accuracy.c
 *	  brier_score, log_loss and spiegelhalter_test as aggregates in constant memory.
 *
 * All three are sums over rows, kept as pairs of doubles, so that they are the same for every plan. Where all that is asked for
 * is one number there is no need for the counts per distinct PD that a calibration keeps.
 */
#include "postgres.h"

#include "core/sum.h"
#include "core/pd_accuracy.h"
#include "validate/calibration.h"

#define TYPE_NAME "pd_accuracy"

typedef struct PdAccuracy
{
	ClSum		weight;
	ClSum		sum[2];			/* of the measure's terms, and of its variances */
} PdAccuracy;

static void *
create(void)
{
	return palloc0_object(PdAccuracy);
}

static void
merge(void *into, const void *from)
{
	PdAccuracy *state = into;
	const PdAccuracy *other = from;

	cl_sum_add(&state->weight, other->weight.high, other->weight.low);
	for (int i = 0; i < 2; i++)
		cl_sum_add(&state->sum[i], other->sum[i].high, other->sum[i].low);
}

/* Bytes: three pairs of float8. */
static void
write_state(StringInfo buf, const void *data)
{
	const PdAccuracy *state = data;

	cl_wire_send_sum(buf, &state->weight);
	cl_wire_send_sum(buf, &state->sum[0]);
	cl_wire_send_sum(buf, &state->sum[1]);
}

static void *
read_state(StringInfo buf)
{
	PdAccuracy *state = create();

	state->weight = cl_wire_sum(buf, TYPE_NAME, "sum");
	state->sum[0] = cl_wire_sum(buf, TYPE_NAME, "sum");
	state->sum[1] = cl_wire_sum(buf, TYPE_NAME, "sum");
	return state;
}

/* Between workers only: what is to be kept is a calibration. */
static const ClSummary pd_accuracy_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_pd_accuracy_combine, cl_pd_accuracy_serial, cl_pd_accuracy_deserial */
CL_SUMMARY_FUNCTION(pd_accuracy, combine)
CL_SUMMARY_FUNCTION(pd_accuracy, serial)
CL_SUMMARY_FUNCTION(pd_accuracy, deserial)

typedef enum Measure
{
	BRIER, LOG_LOSS, SPIEGELHALTER
} Measure;

/* Constant arguments: the compiler makes one function of each combination. */
static pg_attribute_always_inline Datum
add_row(FunctionCallInfo fcinfo, bool numeric, Measure measure)
{
	PdAccuracy *state;
	ClPdRow		row;

	if (unlikely(!cl_pd_row(fcinfo, numeric, 3, &row)))
		return cl_agg_unchanged(fcinfo);
	(void) cl_pd_checked(row.pd, "PD");
	if (unlikely(row.weight == 0))
		return cl_agg_unchanged(fcinfo);
	state = cl_agg_state(fcinfo, create);
	cl_sum_add(&state->weight, row.weight, 0);
	if (measure == BRIER)
		cl_sum_add(&state->sum[0], row.weight * cl_brier_term(row.pd, row.event), 0);
	else if (measure == LOG_LOSS)
		cl_sum_add(&state->sum[0], row.weight * cl_log_loss_term(row.pd, row.event), 0);
	else
	{
		cl_sum_add(&state->sum[0], row.weight * cl_spiegelhalter_term(row.pd, row.event), 0);
		cl_sum_add(&state->sum[1], row.weight * cl_spiegelhalter_variance(row.pd), 0);
	}
	PG_RETURN_POINTER(state);
}

#define TRANSITIONS(name, measure) \
	PG_FUNCTION_INFO_V1(cl_##name##_float8_transition); \
	Datum cl_##name##_float8_transition(PG_FUNCTION_ARGS) { return add_row(fcinfo, false, measure); } \
	PG_FUNCTION_INFO_V1(cl_##name##_numeric_transition); \
	Datum cl_##name##_numeric_transition(PG_FUNCTION_ARGS) { return add_row(fcinfo, true, measure); }

TRANSITIONS(brier_score, BRIER)
TRANSITIONS(log_loss, LOG_LOSS)
TRANSITIONS(spiegelhalter, SPIEGELHALTER)

PG_FUNCTION_INFO_V1(cl_pd_accuracy_mean);
Datum
cl_pd_accuracy_mean(PG_FUNCTION_ARGS)
{
	const PdAccuracy *state;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (PdAccuracy *) PG_GETARG_POINTER(0);
	PG_RETURN_FLOAT8(state->sum[0].high / state->weight.high);
}

PG_FUNCTION_INFO_V1(cl_spiegelhalter_final);
Datum
cl_spiegelhalter_final(PG_FUNCTION_ARGS)
{
	const PdAccuracy *state;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (PdAccuracy *) PG_GETARG_POINTER(0);
	return cl_spiegelhalter_row(fcinfo, state->sum[0].high, state->sum[1].high);
}
