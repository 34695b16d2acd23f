/*
 * calibration.c
 *	  What a calibration says: statistics, tests, the calibration line, the parts of the Brier score.
 */
#include "postgres.h"

#include "core/distribution.h"
#include "validate/calibration.h"

PG_FUNCTION_INFO_V1(cl_calibration_stats);
PG_FUNCTION_INFO_V1(cl_calibration_hosmer_lemeshow);
PG_FUNCTION_INFO_V1(cl_calibration_spiegelhalter);
PG_FUNCTION_INFO_V1(cl_calibration_line_row);
PG_FUNCTION_INFO_V1(cl_brier_decomposition_row);

Datum
cl_hosmer_lemeshow_row(FunctionCallInfo fcinfo, ClPdTally *state, int groups, bool fitted)
{
	ClHosmerLemeshow test;
	ClRow		row;

	cl_hosmer_lemeshow(&state->tally, groups, fitted, &test);
	cl_row_start(&row);
	cl_row_float8(&row, test.chi2);
	cl_row_int32(&row, test.df);
	cl_row_float8(&row, test.p_value);
	cl_row_int32(&row, test.groups_used);
	return cl_row_datum(fcinfo, &row);
}

Datum
cl_calibration_hosmer_lemeshow(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2) || !cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	return cl_hosmer_lemeshow_row(fcinfo, state, cl_groups_argument(fcinfo, 1), PG_GETARG_BOOL(2));
}

/* Without variance, that is with PDs of 0, 1/2 and 1 only, there is no test. */
Datum
cl_spiegelhalter_row(FunctionCallInfo fcinfo, double sum, double variance)
{
	double		z = variance > 0 ? sum / sqrt(variance) : NAN;
	ClRow		row;

	cl_row_start(&row);
	cl_row_float8(&row, z);
	cl_row_float8(&row, cl_normal_two_sided(z));
	return cl_row_datum(fcinfo, &row);
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

	if (line->status == CL_LINE_CONVERGED && n_degenerate > 0)
		return "degenerate_pd";
	return names[line->status];
}

Datum
cl_calibration_line_row(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClCalibrationLine calibration;
	const ClLine *line = &calibration.line;
	ClRow		row;

	if (!cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	cl_calibration_line(&state->tally, &calibration);
	cl_row_start(&row);
	cl_row_float8(&row, line->intercept);
	cl_row_float8(&row, sqrt(line->intercept_variance));
	cl_row_float8(&row, line->slope);
	cl_row_float8(&row, sqrt(line->slope_variance));
	cl_row_float8(&row, line->covariance);
	cl_row_float8(&row, calibration.citl);
	cl_row_float8(&row, sqrt(calibration.citl_variance));
	cl_row_float8(&row, calibration.chi2);
	if (isnan(calibration.chi2))
		cl_row_null(&row);
	else
		cl_row_int32(&row, 2);
	cl_row_float8(&row, cl_chi2_upper(calibration.chi2, 2));
	cl_row_int64(&row, calibration.n);
	cl_row_int64(&row, calibration.n_degenerate);
	cl_row_int32(&row, line->iterations);
	cl_row_text(&row, cl_line_status_name(line, calibration.n_degenerate));
	return cl_row_datum(fcinfo, &row);
}

Datum
cl_brier_decomposition_row(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClBrierDecomposition parts;
	ClRow		row;

	if (PG_ARGISNULL(0) || !cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	cl_brier_decomposition(&state->tally, cl_groups_argument(fcinfo, 1), &parts);
	cl_row_start(&row);
	cl_row_float8(&row, parts.brier);
	cl_row_float8(&row, parts.reliability);
	cl_row_float8(&row, parts.resolution);
	cl_row_float8(&row, parts.uncertainty);
	cl_row_float8(&row, parts.within);
	cl_row_int32(&row, parts.groups_used);
	return cl_row_datum(fcinfo, &row);
}

/*
 * Statistics
 */

static void
put_measures(ClRow *row, const ClPdTally *state, const ClCalibrationSums *sums, int groups)
{
	double		weight = sums->weight[CL_NON_EVENT] + sums->weight[CL_EVENT];
	ClBrierDecomposition parts;
	ClCalibrationLine calibration;

	cl_brier_decomposition(&state->tally, groups, &parts);
	cl_calibration_line(&state->tally, &calibration);
	cl_row_float8(row, sums->expected[CL_EVENT] / weight);
	cl_row_float8(row, sums->weight[CL_EVENT] / weight);
	cl_row_float8(row, sums->brier / weight);
	cl_row_float8(row, parts.uncertainty > 0 ? 1 - sums->brier / weight / parts.uncertainty : NAN);
	cl_row_float8(row, sums->log_loss / weight);
	cl_row_int64(row, sums->n_clipped);
	cl_row_float8(row, calibration.line.intercept);
	cl_row_float8(row, calibration.line.slope);
	cl_row_float8(row, calibration.citl);
	cl_row_float8(row, parts.ece);
	cl_row_float8(row, parts.mce);
	cl_row_text(row, cl_line_status_name(&calibration.line, calibration.n_degenerate));
}

/* A calibration without rows still says how many were skipped. */
Datum
cl_calibration_stats(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClCalibrationSums sums;
	bool		rows;
	ClRow		row;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	rows = cl_calibration_argument(fcinfo, &state);
	cl_calibration_sums(&state->tally, &sums);
	cl_row_start(&row);
	cl_row_int64(&row, sums.n[CL_NON_EVENT] + sums.n[CL_EVENT]);
	cl_row_int64(&row, sums.n[CL_EVENT]);
	cl_row_int64(&row, state->n_skipped);
	cl_row_int64(&row, sums.n_distinct);
	cl_row_float8(&row, sums.weight[CL_NON_EVENT] + sums.weight[CL_EVENT]);
	if (rows)
		put_measures(&row, state, &sums, cl_groups_argument(fcinfo, 1));
	else
	{
		for (int i = 0; i < 11; i++)
			cl_row_null(&row);
		cl_row_text(&row, "empty");
	}
	return cl_row_datum(fcinfo, &row);
}
