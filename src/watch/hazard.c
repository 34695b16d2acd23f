/*
 * hazard.c
 *	  hazard_agg: how long accounts last; survival, incidence of causes that compete, and the PDs of the years of a life.
 */
#include "postgres.h"

#include <math.h>

#include "pg/confidence.h"
#include "pg/record.h"
#include "watch/hazard_state.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_hazard_transition);
PG_FUNCTION_INFO_V1(cl_hazard_cause_transition);
PG_FUNCTION_INFO_V1(cl_survival_curve);
PG_FUNCTION_INFO_V1(cl_cumulative_incidence);
PG_FUNCTION_INFO_V1(cl_lifetime_pd);

static pg_noinline void
bad_duration(int duration)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("duration must be between 0 and %d", CL_HAZARD_DURATION),
			 errdetail("Found %d.", duration),
			 errhint("Count months or days from the beginning of the account to its event, or to the last day that is known.")));
}

static pg_noinline void
bad_cause(int length)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("name of a cause must have 1 to %d bytes", CL_HAZARD_NAME),
			 errdetail("Found %d.", length),
			 errhint("Use NULL for a cause that is not known.")));
}

/* Arguments: state, duration, event [, cause]. */
static pg_attribute_always_inline Datum
add_row(FunctionCallInfo fcinfo, bool with_cause)
{
	ClHazard   *hazard = cl_agg_state(fcinfo, hazard_summary.create);
	bool		event = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	const char *name = "event";
	int			length = 5;
	int			duration;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || (event && with_cause && PG_ARGISNULL(3)))
	{
		hazard->n_skipped++;
		PG_RETURN_POINTER(hazard);
	}
	duration = PG_GETARG_INT32(1);
	if (unlikely(duration < 0 || duration > CL_HAZARD_DURATION))
		bad_duration(duration);
	if (unlikely(hazard->n == CL_HAZARD_MOST))
		cl_hazard_too_many();
	if (event && with_cause)
	{
		text	   *cause = PG_GETARG_TEXT_PP(3);

		name = VARDATA_ANY(cause);
		length = VARSIZE_ANY_EXHDR(cause);
		if (unlikely(length < 1 || length > CL_HAZARD_NAME))
			bad_cause(length);
	}
	if (!event)
		cl_hazard_add_censored(hazard, duration, 1);
	else if (unlikely(!cl_hazard_add_event(hazard, duration, name, length, 1)))
		cl_hazard_too_many();
	PG_RETURN_POINTER(hazard);
}

Datum
cl_hazard_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, false);
}

Datum
cl_hazard_cause_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, true);
}

/* The interval of log(-log(survival)), which stays between 0 and 1. */
static void
survival_interval(const ClHazardStep *step, double reach, double *low, double *high)
{
	double		error = sqrt(step->greenwood) / fabs(log(step->survival));

	*low = *high = step->survival == 1 ? 1 : NAN;
	if (step->survival == 1 || isnan(step->greenwood))
		return;
	*low = pow(step->survival, exp(reach * error));
	*high = pow(step->survival, exp(-reach * error));
}

/* hazard, confidence */
Datum
cl_survival_curve(PG_FUNCTION_ARGS)
{
	const ClHazard *hazard;
	double		reach;
	ClHazardStep step = {0};
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	reach = cl_confidence_reach(cl_confidence_argument(fcinfo, 1));
	hazard = cl_summary_state(&hazard_summary, PG_GETARG_DATUM(0));
	while (cl_hazard_next(hazard, &step))
	{
		double		low;
		double		high;

		CHECK_FOR_INTERRUPTS();
		survival_interval(&step, reach, &low, &high);
		cl_record_put_int32(&record, step.duration);
		cl_record_put_int64(&record, step.n_risk);
		cl_record_put_int64(&record, step.n_event);
		cl_record_put_int64(&record, step.n_censored);
		cl_record_put_float8(&record, (double) step.n_event / (double) step.n_risk);
		cl_record_put_float8(&record, step.survival);
		cl_record_put_float8(&record, step.survival * sqrt(step.greenwood));
		cl_record_put_float8(&record, low);
		cl_record_put_float8(&record, high);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

Datum
cl_cumulative_incidence(PG_FUNCTION_ARGS)
{
	const ClHazard *hazard = cl_summary_state(&hazard_summary, PG_GETARG_DATUM(0));
	ClIncidence sum[CL_HAZARD_CAUSES] = {0};
	ClHazardStep step = {0};
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	while (cl_hazard_next(hazard, &step))
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < hazard->n_causes; i++)
		{
			int64		n = hazard->cause[i].n[step.duration];

			cl_incidence_add(&sum[i], &step, n);
			cl_record_put_int32(&record, step.duration);
			cl_record_put_text(&record, pnstrdup(hazard->cause[i].name, hazard->cause[i].length));
			cl_record_put_int64(&record, step.n_risk);
			cl_record_put_int64(&record, n);
			cl_record_put_float8(&record, sum[i].incidence);
			cl_record_put_float8(&record, cl_incidence_error(&sum[i]));
			cl_record_next(&record);
		}
	}
	PG_RETURN_NULL();
}

static int
read_cause(const ClHazard *hazard, text *cause)
{
	int			at = cl_hazard_cause(hazard, VARDATA_ANY(cause), VARSIZE_ANY_EXHDR(cause));
	StringInfoData known;

	if (at >= 0)
		return at;
	initStringInfo(&known);
	for (int i = 0; i < hazard->n_causes; i++)
		appendStringInfo(&known, "%s%.*s", i > 0 ? ", " : "", hazard->cause[i].length, hazard->cause[i].name);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no cause \"%s\"", text_to_cstring(cause)),
			 hazard->n_causes > 0 ? errdetail("There are %s.", known.data) : errdetail("There are no events."),
			 errhint("cumulative_incidence gives them all.")));
}

/* hazard, cause, durations of a period: the incidence of each period whose end somebody has seen. */
Datum
cl_lifetime_pd(PG_FUNCTION_ARGS)
{
	const ClHazard *hazard = cl_summary_state(&hazard_summary, PG_GETARG_DATUM(0));
	int			cause = read_cause(hazard, PG_GETARG_TEXT_PP(1));
	int			length = PG_GETARG_INT32(2);
	Datum	   *pd;
	int			periods = 0;
	double		before = 0;
	ClIncidence sum = {0};
	ClHazardStep step = {0};

	if (length < 1 || length > CL_HAZARD_DURATION)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("length of a period must be between 1 and %d", CL_HAZARD_DURATION),
				 errdetail("Found %d.", length),
				 errhint("A year is 12 where durations are months.")));
	pd = palloc_array(Datum, CL_HAZARD_DURATION / length + 2);
	while (cl_hazard_next(hazard, &step))
	{
		for (; (int64) length * (periods + 1) < step.duration; periods++)
		{
			pd[periods] = Float8GetDatum(sum.incidence - before);
			before = sum.incidence;
		}
		cl_incidence_add(&sum, &step, hazard->cause[cause].n[step.duration]);
	}
	/* The last period is whole where somebody was at risk at its end, or nobody is left. */
	if (step.survival == 0 || length * (periods + 1) == step.duration)
		pd[periods++] = Float8GetDatum(sum.incidence - before);
	PG_RETURN_ARRAYTYPE_P(construct_array(pd, periods, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
