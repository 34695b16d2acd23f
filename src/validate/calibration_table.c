/*
 * calibration_table.c
 *	  A calibration as a table: expected against observed, group by group.
 */
#include "postgres.h"

#include "core/distribution.h"
#include "validate/calibration.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(cl_calibration_table);

/* Beyond this many rows, or as much weight, the beta distribution would take long; no interval is wider than a hair there. */
#define LARGEST_BETA 1e12

static double
confidence_argument(FunctionCallInfo fcinfo, int argno)
{
	double		confidence = PG_GETARG_FLOAT8(argno);

	if (!(confidence > 0 && confidence < 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("confidence must be between 0 and 1"),
				 errdetail("Found %g.", confidence),
				 errhint("It is a fraction: 0.95 is ninety-five per cent.")));
	return confidence;
}

/* Jeffreys' interval, which ends at 0 without events and at 1 with nothing else (Brown, Cai and DasGupta 2001), and his test. */
static void
put_jeffreys(ClRow *row, const ClCalibrationGroup *group, double confidence)
{
	double		a = group->weight[CL_EVENT] + 0.5;
	double		b = group->weight[CL_NON_EVENT] + 0.5;
	double		tail = (1 - confidence) / 2;
	bool		computable = a + b <= LARGEST_BETA;

	if (group->weight[CL_EVENT] == 0)
		cl_row_float8(row, 0);
	else
		cl_row_float8(row, computable ? cl_beta_quantile(tail, a, b) : NAN);
	if (group->weight[CL_NON_EVENT] == 0)
		cl_row_float8(row, 1);
	else
		cl_row_float8(row, computable ? cl_beta_quantile(1 - tail, a, b) : NAN);
	cl_row_float8(row, cl_group_chi2(group));
	cl_row_float8(row, computable ? cl_beta_cdf(Min(cl_group_mean_pd(group), 1), a, b) : NAN);
}

static void
put_group(ReturnSetInfo *result, int number, const ClCalibrationGroup *group, double confidence)
{
	ClRow		row;

	cl_row_start(&row);
	cl_row_int32(&row, number);
	cl_row_int64(&row, group->n[CL_NON_EVENT] + group->n[CL_EVENT]);
	cl_row_int64(&row, group->n[CL_EVENT]);
	cl_row_float8(&row, cl_group_weight(group));
	cl_row_float8(&row, group->low);
	cl_row_float8(&row, group->high);
	cl_row_float8(&row, cl_group_mean_pd(group));
	cl_row_float8(&row, group->expected[CL_EVENT]);
	cl_row_float8(&row, group->weight[CL_EVENT]);
	cl_row_float8(&row, cl_group_event_rate(group));
	put_jeffreys(&row, group, confidence);
	tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
}

Datum
cl_calibration_table(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ClPdTally  *state;
	ClCalibrationCursor cursor;
	ClCalibrationGroup group;
	double		confidence;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		return (Datum) 0;
	confidence = confidence_argument(fcinfo, 2);
	if (!cl_calibration_argument(fcinfo, &state))
		return (Datum) 0;
	cl_calibration_scan(&state->tally, cl_groups_argument(fcinfo, 1), &cursor);
	for (int number = 1; cl_calibration_next(&cursor, &group); number++)
	{
		CHECK_FOR_INTERRUPTS();
		put_group(result, number, &group, confidence);
	}
	return (Datum) 0;
}
