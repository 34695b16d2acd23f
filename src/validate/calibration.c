/*
 * calibration.c
 *	  What a calibration says: statistics, tests, the calibration line, the parts of the Brier score.
 */
#include "postgres.h"

#include "core/distribution.h"
#include "validate/calibration.h"

PG_FUNCTION_INFO_V1(cl_calibration_stats);
PG_FUNCTION_INFO_V1(cl_calibration_hosmer_lemeshow);
PG_FUNCTION_INFO_V1(cl_hosmer_lemeshow_final);
PG_FUNCTION_INFO_V1(cl_calibration_spiegelhalter);
PG_FUNCTION_INFO_V1(cl_calibration_line_row);
PG_FUNCTION_INFO_V1(cl_brier_decomposition_row);

static Datum
hosmer_lemeshow_row(FunctionCallInfo fcinfo, ClPdTally *state, int groups, bool fitted)
{
	ClHosmerLemeshow test;
	ClRecord	record;

	cl_hosmer_lemeshow(&state->tally, groups, fitted, &test);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, test.chi2);
	cl_record_put_int32(&record, test.df);
	cl_record_put_float8(&record, test.p_value);
	cl_record_put_int32(&record, test.groups_used);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_hosmer_lemeshow_final(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (ClPdTally *) PG_GETARG_POINTER(0);
	if (!cl_pd_tally_settled(state))
		PG_RETURN_NULL();
	return hosmer_lemeshow_row(fcinfo, state, (int) state->option[0], state->option[1] != 0);
}

Datum
cl_calibration_hosmer_lemeshow(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2) || !cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	return hosmer_lemeshow_row(fcinfo, state, cl_groups_argument(fcinfo, 1), PG_GETARG_BOOL(2));
}

/* Without variance, that is with PDs of 0, 1/2 and 1 only, there is no test. */
Datum
cl_spiegelhalter_row(FunctionCallInfo fcinfo, double sum, double variance)
{
	double		z = variance > 0 ? sum / sqrt(variance) : NAN;
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, z);
	cl_record_put_float8(&record, cl_normal_two_sided(z));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_calibration_spiegelhalter(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClCalibrationSums sums;

	if (!cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	cl_calibration_sums(&state->tally, &sums);
	return cl_spiegelhalter_row(fcinfo, sums.spiegelhalter, sums.spiegelhalter_variance);
}

const char *
cl_line_status_name(const ClLine *line, int64 n_degenerate)
{
	static const char *const names[] = {
		[CL_LINE_CONVERGED] = "converged",
		[CL_LINE_MAX_ITERATIONS] = "max_iterations",
		[CL_LINE_SEPARATION] = "separation",
		[CL_LINE_QUASI_SEPARATION] = "quasi_separation",
		[CL_LINE_CONSTANT] = "constant",
		[CL_LINE_ONE_CLASS] = "one_class",
		[CL_LINE_EMPTY] = "empty",
	};

	/* What the other rows lack for a line, they lack without those; but a PD that divides them does so anyway. */
	if (n_degenerate > 0 && line->status != CL_LINE_SEPARATION && line->status != CL_LINE_QUASI_SEPARATION &&
		line->status != CL_LINE_MAX_ITERATIONS)
		return "degenerate_pd";
	return names[line->status];
}

Datum
cl_calibration_line_row(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClCalibrationLine calibration;
	const ClLine *line = &calibration.line;
	ClRecord	record;

	if (!cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	cl_calibration_line(&state->tally, &calibration);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, line->intercept);
	cl_record_put_float8(&record, sqrt(line->intercept_variance));
	cl_record_put_float8(&record, line->slope);
	cl_record_put_float8(&record, sqrt(line->slope_variance));
	cl_record_put_float8(&record, line->covariance);
	cl_record_put_float8(&record, calibration.citl);
	cl_record_put_float8(&record, sqrt(calibration.citl_variance));
	cl_record_put_float8(&record, calibration.chi2);
	if (isnan(calibration.chi2))
		cl_record_put_null(&record);
	else
		cl_record_put_int32(&record, 2);
	cl_record_put_float8(&record, cl_chi2_upper(calibration.chi2, 2));
	cl_record_put_int64(&record, calibration.n);
	cl_record_put_int64(&record, calibration.n_degenerate);
	cl_record_put_int32(&record, line->iterations);
	cl_record_put_text(&record, cl_line_status_name(line, calibration.n_degenerate));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_brier_decomposition_row(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClBrierDecomposition parts;
	ClRecord	record;

	if (PG_ARGISNULL(0) || !cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	cl_brier_decomposition(&state->tally, cl_groups_argument(fcinfo, 1), &parts);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, parts.brier);
	cl_record_put_float8(&record, parts.reliability);
	cl_record_put_float8(&record, parts.resolution);
	cl_record_put_float8(&record, parts.uncertainty);
	cl_record_put_float8(&record, parts.within);
	cl_record_put_int32(&record, parts.groups_used);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * Statistics
 */

static void
put_measures(ClRecord *record, const ClPdTally *state, const ClCalibrationSums *sums, int groups)
{
	double		weight = sums->weight[CL_NON_EVENT] + sums->weight[CL_EVENT];
	ClBrierDecomposition parts;
	ClCalibrationLine calibration;

	cl_brier_decomposition(&state->tally, groups, &parts);
	cl_calibration_line(&state->tally, &calibration);
	cl_record_put_float8(record, sums->expected[CL_EVENT] / weight);
	cl_record_put_float8(record, sums->weight[CL_EVENT] / weight);
	cl_record_put_float8(record, sums->brier / weight);
	cl_record_put_float8(record, parts.uncertainty > 0 ? 1 - sums->brier / weight / parts.uncertainty : NAN);
	cl_record_put_float8(record, sums->log_loss / weight);
	cl_record_put_int64(record, sums->n_clipped);
	cl_record_put_float8(record, calibration.line.intercept);
	cl_record_put_float8(record, calibration.line.slope);
	cl_record_put_float8(record, calibration.citl);
	cl_record_put_float8(record, parts.ece);
	cl_record_put_float8(record, parts.mce);
	cl_record_put_text(record, cl_line_status_name(&calibration.line, calibration.n_degenerate));
}

/* A calibration without rows still says how many were skipped. */
Datum
cl_calibration_stats(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClCalibrationSums sums;
	bool		rows;
	ClRecord	record;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	rows = cl_calibration_argument(fcinfo, &state);
	cl_calibration_sums(&state->tally, &sums);
	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, sums.n[CL_NON_EVENT] + sums.n[CL_EVENT]);
	cl_record_put_int64(&record, sums.n[CL_EVENT]);
	cl_record_put_int64(&record, state->n_skipped);
	cl_record_put_int64(&record, sums.n_distinct);
	cl_record_put_float8(&record, sums.weight[CL_NON_EVENT] + sums.weight[CL_EVENT]);
	if (rows)
		put_measures(&record, state, &sums, cl_groups_argument(fcinfo, 1));
	else
	{
		for (int i = 0; i < 11; i++)
			cl_record_put_null(&record);
		cl_record_put_text(&record, "empty");
	}
	PG_RETURN_DATUM(cl_record_datum(&record));
}
