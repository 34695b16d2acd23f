/*
 * roc.c
 *	  The aggregates over (score, event), and what they tell in one number or one row.
 */
#include "postgres.h"

#include <math.h>

#include "core/distribution.h"
#include "pg/argument.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/weight.h"
#include "pg/confidence.h"
#include "validate/roc_state.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_roc_float8_transition);
PG_FUNCTION_INFO_V1(cl_roc_numeric_transition);
PG_FUNCTION_INFO_V1(cl_roc_amount_float8_transition);
PG_FUNCTION_INFO_V1(cl_roc_amount_numeric_transition);
PG_FUNCTION_INFO_V1(cl_roc_auc_final);
PG_FUNCTION_INFO_V1(cl_roc_gini_final);
PG_FUNCTION_INFO_V1(cl_roc_ks_final);
PG_FUNCTION_INFO_V1(cl_roc_auc);
PG_FUNCTION_INFO_V1(cl_roc_gini);
PG_FUNCTION_INFO_V1(cl_roc_ks);
PG_FUNCTION_INFO_V1(cl_roc_stats);
PG_FUNCTION_INFO_V1(cl_roc_auc_interval);
PG_FUNCTION_INFO_V1(cl_auc_deterioration_test);
PG_FUNCTION_INFO_V1(cl_roc_auc_deterioration_test);
PG_FUNCTION_INFO_V1(cl_auc_difference);

/*
 * cl_roc_in, cl_roc_out, cl_roc_recv, cl_roc_send, cl_roc_serial, cl_roc_deserial, cl_roc_combine, cl_roc_final,
 * cl_roc_rollup
 */
CL_SUMMARY_FUNCTIONS(roc)

/*
 * Rows
 *
 * Arguments of the transitions: state, score, event [, higher_is_riskier [, weight]], or state, score, event,
 * higher_is_riskier, amount.
 */

enum
{
	ARG_SCORE = 1, ARG_EVENT, ARG_DIRECTION, ARG_WEIGHT, ARG_AMOUNT = ARG_WEIGHT
};

/* The state, made at the first row: only that one asks for the context. */
static inline ClRoc *
transition_state(FunctionCallInfo fcinfo, bool amounts)
{
	ClRoc	   *roc = cl_agg_state(fcinfo, roc_summary.create);

	if (unlikely(PG_ARGISNULL(0)))
	{
		if (PG_NARGS() > ARG_WEIGHT)
			roc->tally.kind = CL_TALLY_WEIGHTS;
		roc->amounts = amounts;
	}
	return roc;
}

static void
add_weighted(FunctionCallInfo fcinfo, ClRoc *roc, double score)
{
	double		weight = PG_ARGISNULL(ARG_WEIGHT) ? NAN : PG_GETARG_FLOAT8(ARG_WEIGHT);

	if (isnan(weight))
	{
		roc->n_skipped++;
		return;
	}
	cl_weight_check(weight);
	cl_tally_add_weighted(&roc->tally, score, PG_GETARG_BOOL(ARG_EVENT), weight, 0);
}

static pg_attribute_always_inline void
add_row(FunctionCallInfo fcinfo, ClRoc *roc, double score)
{
	if (unlikely(isnan(score)))
		roc->n_skipped++;
	else if (PG_NARGS() > ARG_WEIGHT)
		add_weighted(fcinfo, roc, score);
	else
		cl_tally_add(&roc->tally, score, PG_GETARG_BOOL(ARG_EVENT));
}

/* A row whose amount is not known counts as a row. */
static void
add_amount(FunctionCallInfo fcinfo, ClRoc *roc, double score)
{
	cl_int128	amount = 0;

	if (isnan(score))
	{
		roc->n_skipped++;
		return;
	}
	if (PG_ARGISNULL(ARG_AMOUNT) || numeric_is_nan(PG_GETARG_NUMERIC(ARG_AMOUNT)))
		roc->n_without_amount++;
	else
		amount = cl_tally_amount(PG_GETARG_DATUM(ARG_AMOUNT), &roc->decimals);
	cl_tally_add_weighted(&roc->tally, score, PG_GETARG_BOOL(ARG_EVENT), 1, amount);
}

/* The state, with its direction; false when the row lacks a score or an outcome. */
static pg_attribute_always_inline bool
begin_row(FunctionCallInfo fcinfo, ClRoc **state, bool amounts)
{
	ClRoc	   *roc = *state = transition_state(fcinfo, amounts);

	if (PG_NARGS() > ARG_DIRECTION)
	{
		if (PG_ARGISNULL(ARG_DIRECTION))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("higher_is_riskier must not be NULL"),
					 errdetail("The direction must be given, and be the same for all rows."),
					 errhint("It is true for a PD, false for a credit score.")));
		cl_roc_set_direction(roc, PG_GETARG_BOOL(ARG_DIRECTION) ? CL_ROC_HIGHER_IS_RISKIER : CL_ROC_LOWER_IS_RISKIER);
	}
	else
		roc->direction = CL_ROC_HIGHER_IS_RISKIER;
	if (likely(!PG_ARGISNULL(ARG_SCORE) && !PG_ARGISNULL(ARG_EVENT)))
		return true;
	roc->n_skipped++;
	return false;
}

Datum
cl_roc_float8_transition(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc;

	if (begin_row(fcinfo, &roc, false))
		add_row(fcinfo, roc, PG_GETARG_FLOAT8(ARG_SCORE));
	PG_RETURN_POINTER(roc);
}

Datum
cl_roc_numeric_transition(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc;

	if (begin_row(fcinfo, &roc, false))
		add_row(fcinfo, roc, cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_SCORE)));
	PG_RETURN_POINTER(roc);
}

Datum
cl_roc_amount_float8_transition(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc;

	if (begin_row(fcinfo, &roc, true))
		add_amount(fcinfo, roc, PG_GETARG_FLOAT8(ARG_SCORE));
	PG_RETURN_POINTER(roc);
}

Datum
cl_roc_amount_numeric_transition(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc;

	if (begin_row(fcinfo, &roc, true))
		add_amount(fcinfo, roc, cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_SCORE)));
	PG_RETURN_POINTER(roc);
}

/*
 * One number
 */

static Datum
number_or_null(FunctionCallInfo fcinfo, double value)
{
	if (isnan(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}

/* Of the final functions: NaN when there was no row. */
static ClRocMeasures
final_measures(FunctionCallInfo fcinfo)
{
	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		return (ClRocMeasures) {.auc = NAN, .ks = NAN};
	return *cl_roc_measures((ClRoc *) PG_GETARG_POINTER(0));
}

static const ClRocMeasures *
stored_measures(FunctionCallInfo fcinfo)
{
	return cl_roc_measures(cl_summary_state(&roc_summary, PG_GETARG_DATUM(0)));
}

/* Below one half by more than three standard errors of a score that knows nothing, no chance explains it. Said once a query. */
static double
auc_of_final(FunctionCallInfo fcinfo)
{
	ClRocMeasures m = final_measures(fcinfo);

	if (m.auc < 0.5 && fcinfo->flinfo->fn_extra == NULL &&
		m.auc + 3 * cl_roc_hanley_mcneil(0.5, m.total.weight[CL_EVENT], m.total.weight[CL_NON_EVENT]) < 0.5)
	{
		fcinfo->flinfo->fn_extra = fcinfo->flinfo;
		ereport(NOTICE,
				(errmsg("an AUC is %.3f: the score ranks the wrong way round", m.auc),
				 errhint("Without a direction a larger number is riskier; auc(score, event, false) is for a credit score.")));
	}
	return m.auc;
}

Datum
cl_roc_auc_final(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, auc_of_final(fcinfo));
}

Datum
cl_roc_gini_final(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, 2 * auc_of_final(fcinfo) - 1);
}

Datum
cl_roc_ks_final(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, final_measures(fcinfo).ks);
}

Datum
cl_roc_auc(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, stored_measures(fcinfo)->auc);
}

Datum
cl_roc_gini(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, 2 * stored_measures(fcinfo)->auc - 1);
}

Datum
cl_roc_ks(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, stored_measures(fcinfo)->ks);
}

/*
 * One row
 */

Datum
cl_roc_stats(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc = cl_summary_state(&roc_summary, PG_GETARG_DATUM(0));
	const ClRocMeasures *m = cl_roc_measures(roc);
	const ClRocTotals *total = &m->total;
	ClRocLoss	loss = cl_roc_loss(roc);
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, total->n[0] + total->n[1]);
	cl_record_put_int64(&record, total->n[CL_EVENT]);
	cl_record_put_int64(&record, total->n[CL_NON_EVENT]);
	cl_record_put_int64(&record, roc->n_skipped);
	cl_record_put_int64(&record, (int64) cl_tally_distinct(&roc->tally));
	cl_record_put_float8(&record, total->weight[CL_EVENT] / (total->weight[0] + total->weight[1]));
	cl_record_put_float8(&record, m->auc);
	cl_record_put_float8(&record, 2 * m->auc - 1);
	cl_record_put_float8(&record, m->ks);
	cl_record_put_float8(&record, m->ks_cutoff);
	cl_record_put_float8(&record, m->ks_share[CL_EVENT]);
	cl_record_put_float8(&record, m->ks_share[CL_NON_EVENT]);
	if (roc->direction == CL_ROC_UNKNOWN)
		cl_record_put_null(&record);
	else
		cl_record_put_bool(&record, cl_roc_higher_is_riskier(roc));
	if (roc->amounts)
		cl_record_put_int64(&record, roc->n_without_amount);
	else
		cl_record_put_null(&record);
	cl_record_put_float8(&record, loss.auc);
	cl_record_put_float8(&record, loss.ks);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

static double
std_error_of(ClRoc *roc)
{
	const ClRocMeasures *m = cl_roc_measures(roc);

	return sqrt(cl_roc_auc_variance(&roc->tally, cl_roc_higher_is_riskier(roc), m));
}

Datum
cl_roc_auc_interval(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc = cl_summary_state(&roc_summary, PG_GETARG_DATUM(0));
	double		reach = cl_confidence_reach(PG_GETARG_FLOAT8(1));
	const ClRocMeasures *m = cl_roc_measures(roc);
	double		std_error = std_error_of(roc);
	/* The AUC of the scores that were put together may be so far away. */
	double		half = reach * std_error + cl_roc_loss(roc).auc;
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, m->auc);
	cl_record_put_float8(&record, std_error);
	cl_record_put_float8(&record, isnan(std_error) ? NAN : Max(m->auc - half, 0));
	cl_record_put_float8(&record, isnan(std_error) ? NAN : Min(m->auc + half, 1));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* The p-value of z against the alternative in an argument. */
static double
p_value_of(double z, const text *alternative)
{
	static const char *const alternatives[] = {"less", "greater", "two_sided", NULL};

	switch (cl_choice_argument(alternative, alternatives, "alternative", "less asks whether the AUC has fallen."))
	{
		case 0:
			return cl_normal_cdf(z);
		case 1:
			return cl_normal_cdf(-z);
		default:
			return cl_normal_two_sided(z);
	}
}

static void
require_auc(double auc, const char *what)
{
	if (!(auc >= 0 && auc <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("an AUC must be between 0 and 1"),
				 errdetail("The %s is %g.", what, auc),
				 errhint("A Gini coefficient g is the AUC (g + 1) / 2.")));
}

/* diff, std_error, z, p_value; the last two are NULL without an error. */
static Datum
deterioration(FunctionCallInfo fcinfo, double diff, double std_error, int alternative_argument)
{
	double		z = std_error > 0 ? diff / std_error : NAN;
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, diff);
	cl_record_put_float8(&record, std_error);
	cl_record_put_float8(&record, z);
	cl_record_put_float8(&record, p_value_of(z, PG_GETARG_TEXT_PP(alternative_argument)));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* The AUC of today has an error, from its class sizes; the reference is taken as given. */
Datum
cl_auc_deterioration_test(PG_FUNCTION_ARGS)
{
	double		auc = PG_GETARG_FLOAT8(0);
	double		reference = PG_GETARG_FLOAT8(1);
	int64		n_event = PG_GETARG_INT64(2);
	int64		n_non_event = PG_GETARG_INT64(3);

	require_auc(auc, "AUC");
	require_auc(reference, "reference");
	if (n_event < 1 || n_non_event < 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("there must be events and non-events"),
				 errdetail("Found " INT64_FORMAT " events and " INT64_FORMAT " non-events.", n_event, n_non_event),
				 errhint("roc_stats gives both numbers.")));
	return deterioration(fcinfo, auc - reference, cl_roc_hanley_mcneil(auc, (double) n_event, (double) n_non_event), 4);
}

/* The same with the error that the scores themselves show. */
Datum
cl_roc_auc_deterioration_test(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc = cl_summary_state(&roc_summary, PG_GETARG_DATUM(0));
	double		reference = PG_GETARG_FLOAT8(1);

	require_auc(reference, "reference");
	return deterioration(fcinfo, cl_roc_measures(roc)->auc - reference, std_error_of(roc), 2);
}

/* Two samples that share no rows: variances add up. */
Datum
cl_auc_difference(PG_FUNCTION_ARGS)
{
	ClRoc	   *a = cl_summary_state(&roc_summary, PG_GETARG_DATUM(0));
	ClRoc	   *b = cl_summary_state(&roc_summary, PG_GETARG_DATUM(1));
	double		diff = cl_roc_measures(a)->auc - cl_roc_measures(b)->auc;
	double		std_error = hypot(std_error_of(a), std_error_of(b));
	double		z = std_error > 0 ? diff / std_error : NAN;
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, cl_roc_measures(a)->auc);
	cl_record_put_float8(&record, cl_roc_measures(b)->auc);
	cl_record_put_float8(&record, diff);
	cl_record_put_float8(&record, std_error);
	cl_record_put_float8(&record, z);
	cl_record_put_float8(&record, cl_normal_two_sided(z));
	PG_RETURN_DATUM(cl_record_datum(&record));
}
