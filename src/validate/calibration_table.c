/*
 * calibration_table.c
 *	  A calibration as a table: expected against observed, group by group.
 */
#include "postgres.h"

#include "core/pd_test.h"
#include "validate/calibration.h"
#include "pg/confidence.h"

#include "miscadmin.h"

PG_FUNCTION_INFO_V1(cl_calibration_table);

/* Beyond this many rows, or as much weight, the beta distribution would take long; no interval is wider than a hair there. */
#define LARGEST_BETA 1e12

/* Jeffreys' interval and test of one group, as of a grade (core/pd_test.h). */
static void
put_jeffreys(ClRecord *record, const ClCalibrationGroup *group, double confidence)
{
	double		weight = cl_group_weight(group);
	double		low = NAN;
	double		high = NAN;
	double		p_value = NAN;

	if (weight <= LARGEST_BETA)
	{
		cl_jeffreys_interval(weight, group->weight[CL_EVENT], confidence, &low, &high);
		p_value = cl_beta_cdf(Min(cl_group_mean_pd(group), 1), group->weight[CL_EVENT] + 0.5, group->weight[CL_NON_EVENT] + 0.5);
	}
	cl_record_put_float8(record, low);
	cl_record_put_float8(record, high);
	cl_record_put_float8(record, cl_group_chi2(group));
	cl_record_put_float8(record, p_value);
}

static void
put_group(ClRecord *record, int number, const ClCalibrationGroup *group, double confidence)
{
	cl_record_put_int32(record, number);
	cl_record_put_int64(record, group->n[CL_NON_EVENT] + group->n[CL_EVENT]);
	cl_record_put_int64(record, group->n[CL_EVENT]);
	cl_record_put_float8(record, cl_group_weight(group));
	cl_record_put_float8(record, group->low);
	cl_record_put_float8(record, group->high);
	cl_record_put_float8(record, cl_group_mean_pd(group));
	cl_record_put_float8(record, group->expected[CL_EVENT]);
	cl_record_put_float8(record, group->weight[CL_EVENT]);
	cl_record_put_float8(record, cl_group_event_rate(group));
	put_jeffreys(record, group, confidence);
	cl_record_next(record);
}

Datum
cl_calibration_table(PG_FUNCTION_ARGS)
{
	ClPdTally  *state;
	ClCalibrationCursor cursor;
	ClCalibrationGroup group;
	ClRecord	record;
	double		confidence;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	confidence = cl_confidence_argument(fcinfo, 2);
	cl_confidence_check(confidence);
	if (!cl_calibration_argument(fcinfo, &state))
		PG_RETURN_NULL();
	cl_calibration_scan(&state->tally, cl_groups_argument(fcinfo, 1), &cursor);
	for (int number = 1; cl_calibration_next(&cursor, &group); number++)
	{
		CHECK_FOR_INTERRUPTS();
		put_group(&record, number, &group, confidence);
	}
	PG_RETURN_NULL();
}
