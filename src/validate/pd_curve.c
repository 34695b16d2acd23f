/*
 * pd_curve.c
 *	  isotonic_calibration and platt_scaling, which make a curve from score to PD, and what reads it.
 */
#include "postgres.h"

#include "validate/calibration.h"
#include "validate/pd_curve.h"

#include "miscadmin.h"

PG_FUNCTION_INFO_V1(cl_calibrated_pd);
PG_FUNCTION_INFO_V1(cl_pd_curve_points_table);
PG_FUNCTION_INFO_V1(cl_pd_curve_stats);
PG_FUNCTION_INFO_V1(cl_isotonic_final);
PG_FUNCTION_INFO_V1(cl_platt_final);
PG_FUNCTION_INFO_V1(cl_calibration_isotonic);

static const ClTallyType score_type = {"pd_curve", "score", -CL_LARGEST_SCORE, CL_LARGEST_SCORE};

static const ClPdOption options[] = {{"higher_is_riskier", true}, {"smoothing", true}, {NULL, false}};

enum
{
	OPTION_HIGHER_IS_RISKIER, OPTION_SMOOTHING
};

/*
 * The state: scores instead of PDs
 */

static void
merge(void *into, const void *from)
{
	cl_pd_tally_merge(into, from, &score_type, options);
}

static void
transfer(StringInfo buf, const void *state)
{
	cl_pd_tally_transfer(buf, state, &score_type);
}

static void *
read_state(StringInfo buf)
{
	return cl_pd_tally_read(buf, &score_type);
}

/* Between workers only. */
static const ClSummary pd_curve_summary = {
	.name = "pd_curve",
	.version = 1,
	.create = cl_pd_tally_create,
	.merge = merge,
	.write = transfer,
	.read = read_state,
};

/* cl_pd_curve_combine, cl_pd_curve_serial, cl_pd_curve_deserial */
CL_SUMMARY_FUNCTION(pd_curve, combine)
CL_SUMMARY_FUNCTION(pd_curve, serial)
CL_SUMMARY_FUNCTION(pd_curve, deserial)

/* smoothing_argno and weight_argno are beyond the arguments where there is none. */
static pg_attribute_always_inline Datum
add_row(FunctionCallInfo fcinfo, bool numeric, int smoothing_argno, int weight_argno)
{
	bool		smoothing = smoothing_argno < PG_NARGS();
	ClPdTally  *state = cl_pd_tally_state(fcinfo, weight_argno < PG_NARGS());
	ClPdRow		row;
	double		option[CL_PD_OPTIONS];

	if (PG_ARGISNULL(3) || (smoothing && PG_ARGISNULL(smoothing_argno)) || !cl_pd_row(fcinfo, numeric, weight_argno, &row))
	{
		state->n_skipped++;
		PG_RETURN_POINTER(state);
	}
	if (!(fabs(row.pd) <= CL_LARGEST_SCORE))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("score must be finite"),
				 errdetail("Found %g; the largest is %g.", row.pd, CL_LARGEST_SCORE),
				 errhint("A score that is not known is NULL.")));
	option[OPTION_HIGHER_IS_RISKIER] = PG_GETARG_BOOL(3);
	option[OPTION_SMOOTHING] = smoothing && PG_GETARG_BOOL(smoothing_argno);
	if (unlikely(!state->has_options || memcmp(option, state->option, sizeof(option)) != 0))
		cl_pd_tally_options(state, option, options);
	cl_pd_tally_add(state, &row);
	PG_RETURN_POINTER(state);
}

#define NO_ARGUMENT 1000

#define TRANSITIONS(name, smoothing_argno, weight_argno) \
	PG_FUNCTION_INFO_V1(cl_##name##_float8_transition); \
	Datum cl_##name##_float8_transition(PG_FUNCTION_ARGS) { return add_row(fcinfo, false, smoothing_argno, weight_argno); } \
	PG_FUNCTION_INFO_V1(cl_##name##_numeric_transition); \
	Datum cl_##name##_numeric_transition(PG_FUNCTION_ARGS) { return add_row(fcinfo, true, smoothing_argno, weight_argno); }

TRANSITIONS(isotonic, NO_ARGUMENT, 4)
TRANSITIONS(platt, 4, 5)

/*
 * Estimates
 */

static Datum
curve_datum(ClPdTally *state, ClPdCurve *curve)
{
	Datum		datum;

	curve->n_skipped = state->n_skipped;
	cl_pd_curve_estimate(&state->tally, curve);
	if (curve->n_points > CL_MOST_CURVE_POINTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many points for a pd_curve"),
				 errdetail("There are %zu; a curve may have %d.", curve->n_points, CL_MOST_CURVE_POINTS),
				 errhint("Round the score to fewer digits.")));
	datum = cl_document_datum(&pd_curve_document, curve);
	/* A window function asks again for every row. */
	cl_release(&state->tally.memory, curve->points);
	return datum;
}

static Datum
estimate(FunctionCallInfo fcinfo, ClCurveMethod method)
{
	ClPdCurve	curve = {.method = method};
	ClPdTally  *state;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (ClPdTally *) PG_GETARG_POINTER(0);
	if (!cl_pd_tally_settled(state))
		PG_RETURN_NULL();
	curve.higher_is_riskier = state->option[OPTION_HIGHER_IS_RISKIER] != 0;
	curve.smoothing = state->option[OPTION_SMOOTHING] != 0;
	return curve_datum(state, &curve);
}

Datum
cl_isotonic_final(PG_FUNCTION_ARGS)
{
	return estimate(fcinfo, CL_CURVE_ISOTONIC);
}

Datum
cl_platt_final(PG_FUNCTION_ARGS)
{
	return estimate(fcinfo, CL_CURVE_PLATT);
}

/* From a PD to a better one. */
Datum
cl_calibration_isotonic(PG_FUNCTION_ARGS)
{
	ClPdCurve	curve = {.method = CL_CURVE_ISOTONIC, .higher_is_riskier = true};
	ClPdTally  *state;

	if (!cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	return curve_datum(state, &curve);
}

/*
 * Reading a curve
 */

Datum
cl_calibrated_pd(PG_FUNCTION_ARGS)
{
	const ClPdCurve *curve = cl_document_use(fcinfo, 0, &pd_curve_document)->compiled;
	double		score = PG_GETARG_FLOAT8(1);
	double		pd;

	if (isnan(score))
		PG_RETURN_NULL();
	pd = cl_pd_curve_pd(curve, score);
	if (isnan(pd))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(pd);
}

Datum
cl_pd_curve_points_table(PG_FUNCTION_ARGS)
{
	const ClPdCurve *curve = cl_document_compiled(&pd_curve_document, PG_GETARG_DATUM(0));
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	for (size_t i = 0; i < curve->n_points; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_record_put_float8(&record, curve->points[i].score);
		cl_record_put_float8(&record, curve->points[i].pd);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

Datum
cl_pd_curve_stats(PG_FUNCTION_ARGS)
{
	static const char *const methods[] = {"isotonic", "platt"};
	const ClPdCurve *curve = cl_document_compiled(&pd_curve_document, PG_GETARG_DATUM(0));
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_text(&record, methods[curve->method]);
	cl_record_put_bool(&record, curve->higher_is_riskier);
	cl_record_put_int64(&record, curve->n);
	cl_record_put_int64(&record, curve->n_event);
	cl_record_put_int64(&record, curve->n_skipped);
	cl_record_put_int32(&record, (int) curve->n_points);
	cl_record_put_float8(&record, curve->intercept);
	cl_record_put_float8(&record, curve->slope);
	cl_record_put_text(&record, curve->status);
	PG_RETURN_DATUM(cl_record_datum(&record));
}
