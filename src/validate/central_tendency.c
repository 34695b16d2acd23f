/*
 * central_tendency.c
 *	  Moving PDs to another level: the correction for a prior, the shift of log-odds, and which shift reaches a target.
 */
#include "postgres.h"

#include "validate/calibration.h"

PG_FUNCTION_INFO_V1(cl_pd_bayes_adjust);
PG_FUNCTION_INFO_V1(cl_pd_shift);
PG_FUNCTION_INFO_V1(cl_central_tendency_float8_transition);
PG_FUNCTION_INFO_V1(cl_central_tendency_numeric_transition);
PG_FUNCTION_INFO_V1(cl_central_tendency_final);
PG_FUNCTION_INFO_V1(cl_calibration_central_tendency);

static const ClPdOption options[] = {{"target", false}, {NULL, false}};

/* A rate that has odds. */
static double
inner_rate(double rate, const char *what)
{
	if (!(rate > 0 && rate < 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be above 0 and below 1", what),
				 errdetail("Found %s.", cl_float8_string(rate)),
				 errhint("It is a fraction: 0.02 is two per cent.")));
	return rate;
}

/*
 * Single PDs
 */

Datum
cl_pd_bayes_adjust(PG_FUNCTION_ARGS)
{
	double		pd = PG_GETARG_FLOAT8(0);
	double		sample;
	double		population;

	if (isnan(pd) || isnan(PG_GETARG_FLOAT8(1)) || isnan(PG_GETARG_FLOAT8(2)))
		PG_RETURN_NULL();
	sample = inner_rate(PG_GETARG_FLOAT8(1), "sample rate");
	population = inner_rate(PG_GETARG_FLOAT8(2), "population rate");
	PG_RETURN_FLOAT8(cl_shifted(cl_pd_checked(pd, "PD"), cl_logit(population) - cl_logit(sample)));
}

static double
finite_or_error(double x, const char *what)
{
	if (!isfinite(x))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be finite", what),
				 errdetail("Found %g.", x),
				 errhint("A PD that is certain is 0 or 1.")));
	return x;
}

Datum
cl_pd_shift(PG_FUNCTION_ARGS)
{
	double		pd = PG_GETARG_FLOAT8(0);
	double		shift;
	double		slope;

	if (isnan(pd) || isnan(PG_GETARG_FLOAT8(1)) || isnan(PG_GETARG_FLOAT8(2)))
		PG_RETURN_NULL();
	(void) cl_pd_checked(pd, "PD");
	shift = finite_or_error(PG_GETARG_FLOAT8(1), "shift");
	slope = finite_or_error(PG_GETARG_FLOAT8(2), "slope");
	if (slope == 1 || pd == 0 || pd == 1)
		PG_RETURN_FLOAT8(cl_shifted(pd, shift));
	PG_RETURN_FLOAT8(cl_expit(shift + slope * cl_logit(pd)));
}

/*
 * The level of many
 */

static void
merge(void *into, const void *from)
{
	cl_pd_tally_merge(into, from, &cl_calibration_tally_type, options);
}

static void
transfer(StringInfo buf, const void *state)
{
	cl_pd_tally_transfer(buf, state, &cl_calibration_tally_type);
}

static void *
read_state(StringInfo buf)
{
	return cl_pd_tally_read(buf, &cl_calibration_tally_type);
}

/* Between workers only. */
static const ClSummary central_tendency_summary = {
	.name = "central_tendency",
	.version = 1,
	.create = cl_pd_tally_create,
	.merge = merge,
	.write = transfer,
	.read = read_state,
};

/* cl_central_tendency_combine, cl_central_tendency_serial, cl_central_tendency_deserial */
CL_SUMMARY_FUNCTION(central_tendency, combine)
CL_SUMMARY_FUNCTION(central_tendency, serial)
CL_SUMMARY_FUNCTION(central_tendency, deserial)

/* Nobody asks what happened to these rows: all are counted as one class. */
static pg_attribute_always_inline Datum
add_row(FunctionCallInfo fcinfo, bool numeric)
{
	ClPdTally  *state = cl_pd_tally_state(fcinfo, PG_NARGS() > 3);
	ClPdRow		row = {.pd = cl_number_argument(fcinfo, 1, numeric), .event = false};
	double		option[CL_PD_OPTIONS] = {cl_number_argument(fcinfo, 2, false), 0};

	if (unlikely((!state->has_options || option[0] != state->option[0]) && !isnan(option[0])))
	{
		(void) inner_rate(option[0], "target");
		cl_pd_tally_options(state, option, options);
	}
	if (unlikely(isnan(row.pd) || isnan(option[0]) || !cl_weight_argument(fcinfo, 3, &row.weight)))
	{
		state->n_skipped++;
		PG_RETURN_POINTER(state);
	}
	(void) cl_pd_checked(row.pd, "PD");
	cl_pd_tally_add(state, &row);
	PG_RETURN_POINTER(state);
}

Datum
cl_central_tendency_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, false);
}

Datum
cl_central_tendency_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, true);
}

static Datum
tendency_row(FunctionCallInfo fcinfo, ClPdTally *state, double target)
{
	ClCentralTendency tendency = {.mean_pd = NAN, .shift = NAN, .factor = NAN};
	bool		rows = cl_pd_tally_settled(state);
	ClRecord	record;

	if (rows)
		cl_central_tendency(&state->tally, target, &tendency);
	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, tendency.n);
	cl_record_put_int64(&record, state->n_skipped);
	cl_record_put_float8(&record, tendency.mean_pd);
	cl_record_put_float8(&record, target);
	cl_record_put_float8(&record, tendency.shift);
	cl_record_put_int64(&record, tendency.n_fixed);
	cl_record_put_float8(&record, tendency.factor);
	cl_record_put_int64(&record, tendency.n_above_one);
	cl_record_put_text(&record, !rows ? "empty" : isnan(tendency.shift) ? "unreachable" : "converged");
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_central_tendency_final(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (ClPdTally *) PG_GETARG_POINTER(0);
	return tendency_row(fcinfo, state, state->has_options ? state->option[0] : NAN);
}

Datum
cl_calibration_central_tendency(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	double		target = PG_GETARG_FLOAT8(1);

	if (isnan(target))
		PG_RETURN_NULL();
	(void) inner_rate(target, "target");
	(void) cl_calibration_argument(fcinfo, &state);
	return tendency_row(fcinfo, state, target);
}
