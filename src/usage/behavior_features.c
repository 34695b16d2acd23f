/*
 * behavior_features.c
 *	  The features of a history as a row, and its months as rows.
 */
#include "postgres.h"

#include "pg/numeric.h"
#include "pg/record.h"
#include "usage/behavior_state.h"

#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_behavior_features_last);
PG_FUNCTION_INFO_V1(cl_behavior_features_as_of);
PG_FUNCTION_INFO_V1(cl_behavior_features_final);
PG_FUNCTION_INFO_V1(cl_behavior_months);

typedef struct Answer
{
	ClRecord	record;
	int			decimals;
} Answer;

static void
put_month(Answer *answer, int32_t month)
{
	if (month == 0)
		cl_record_put_null(&answer->record);
	else
		cl_record_put(&answer->record, DateADTGetDatum(cl_month_date(month)));
}

static void
put_count(Answer *answer, int count)
{
	if (count == CL_BEHAVIOR_NULL)
		cl_record_put_null(&answer->record);
	else
		cl_record_put_int32(&answer->record, count);
}

static void
put_amount(Answer *answer, int64 amount)
{
	if (amount == CL_BEHAVIOR_UNKNOWN)
		cl_record_put_null(&answer->record);
	else
		cl_record_put(&answer->record, cl_minor_numeric(amount, answer->decimals));
}

/* One measure in the windows from the given one on. */
#define PUT_FLOAT8(from, field) \
	for (int w = (from); w < CL_BEHAVIOR_WINDOWS; w++) \
		cl_record_put_float8(&answer->record, window[w].field)
#define PUT_COUNT(from, field) \
	for (int w = (from); w < CL_BEHAVIOR_WINDOWS; w++) \
		put_count(answer, window[w].field)

/*
 * The columns in the order of type behavior_features. What is seldom NULL comes first and numeric last: the server finds a
 * column by walking over those before it, unless they are all of fixed length and there.
 */
static void
put_columns(Answer *answer, const ClBehaviorFeatures *features)
{
	const ClBehaviorWindow *window = features->window;

	/* The history */
	put_month(answer, features->as_of);
	put_month(answer, features->first);
	put_month(answer, features->last);
	put_count(answer, features->n_months);
	put_count(answer, features->n_missing);
	put_count(answer, features->n_dropped);
	for (int w = CL_W1; w < CL_BEHAVIOR_WINDOWS; w++)
		put_count(answer, window[w].n);

	/* Use of the line */
	PUT_FLOAT8(CL_W3, balance);
	PUT_FLOAT8(CL_W6, balance_slope);
	PUT_FLOAT8(CL_W1, utilization);
	PUT_FLOAT8(CL_W3, utilization_mean);
	PUT_FLOAT8(CL_W3, utilization_max);
	PUT_FLOAT8(CL_W3, utilization_min);
	PUT_FLOAT8(CL_W6, utilization_slope);
	PUT_FLOAT8(CL_W6, utilization_stddev);
	PUT_COUNT(CL_W6, at_limit);
	PUT_COUNT(CL_W6, over_limit);

	/* Delinquency */
	put_count(answer, features->current.days_past_due);
	PUT_COUNT(CL_W3, worst);
	put_count(answer, features->worst);
	for (int i = 0; i < 3; i++)
		PUT_COUNT(CL_W6, times[i]);

	/* Activity */
	put_count(answer, features->months_inactive);
	put_count(answer, window[CL_W12].inactive);
	put_count(answer, window[CL_W12].increases);
	put_count(answer, window[CL_W12].decreases);

	/* Payments */
	PUT_FLOAT8(CL_W3, payment);
	PUT_COUNT(CL_W6, short_paid);
	PUT_COUNT(CL_W6, paid_full);
	PUT_FLOAT8(CL_W1, payment_ratio);
	PUT_FLOAT8(CL_W1, payment_rate);

	/* Last events */
	put_count(answer, features->months_since_30);
	put_count(answer, features->months_since_90);
	put_count(answer, features->months_since_limit_change);

	/* Amounts */
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
		put_amount(answer, features->current.amount[i]);
	put_amount(answer, window[CL_W12].balance_max);
	put_amount(answer, features->limit_change);
}

static Datum
features_datum(FunctionCallInfo fcinfo, const ClBehavior *history, int32_t as_of)
{
	ClBehaviorFeatures features;
	Answer		answer;

	if (cl_behavior_too_far_back(history, as_of))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("history does not reach back far enough for features as of %s", cl_month_string(as_of)),
				 errdetail("It keeps the %d months up to %s, and earlier months that the features need were dropped.",
						   CL_BEHAVIOR_MONTHS, cl_month_string(cl_behavior_last(history))),
				 errhint("Build a history from the months up to that one: behavior_agg(...) FILTER (WHERE month <= as_of).")));
	cl_behavior_features(history, as_of, &features);
	cl_record_open_kept(&answer.record, fcinfo);
	answer.decimals = history->decimals;
	put_columns(&answer, &features);
	PG_RETURN_DATUM(cl_record_datum(&answer.record));
}

Datum
cl_behavior_features_last(PG_FUNCTION_ARGS)
{
	const ClBehavior *history = cl_summary_state(&behavior_summary, PG_GETARG_DATUM(0));

	return features_datum(fcinfo, history, cl_behavior_last(history));
}

Datum
cl_behavior_features_as_of(PG_FUNCTION_ARGS)
{
	const ClBehavior *history = cl_summary_state(&behavior_summary, PG_GETARG_DATUM(0));
	DateADT		date = PG_GETARG_DATEADT(1);
	int32_t		as_of = DATE_NOT_FINITE(date) ? 0 : cl_behavior_month(date);

	if (as_of == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as-of month is out of range"),
				 errdetail("Found %s.", DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(date)))),
				 errhint("Without it, the features are as of the last month.")));
	return features_datum(fcinfo, history, as_of);
}

/* The aggregate that answers at once, as of the last month. */
Datum
cl_behavior_features_final(PG_FUNCTION_ARGS)
{
	const ClBehavior *history;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	history = (const ClBehavior *) PG_GETARG_POINTER(0);
	cl_behavior_require_consistent(history);
	return features_datum(fcinfo, history, cl_behavior_last(history));
}

Datum
cl_behavior_months(PG_FUNCTION_ARGS)
{
	const ClBehavior *history = cl_summary_state(&behavior_summary, PG_GETARG_DATUM(0));
	ClBehaviorMonth row;
	Answer		answer;

	cl_record_open_set(&answer.record, fcinfo);
	answer.decimals = history->decimals;
	for (int32_t month = history->low; month <= cl_behavior_last(history); month++)
	{
		if (!cl_behavior_get(history, month, &row))
			continue;
		put_month(&answer, month);
		for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
			put_amount(&answer, row.amount[i]);
		put_count(&answer, row.days_past_due);
		cl_record_next(&answer.record);
	}
	PG_RETURN_NULL();
}
