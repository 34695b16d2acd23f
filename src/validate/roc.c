/*
 * roc.c
 *	  The aggregates over (score, event), and what they tell in one number or one row.
 */
#include "postgres.h"

#include <math.h>

#include "core/distribution.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "validate/confidence.h"
#include "validate/roc_state.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_roc_float8_transition);
PG_FUNCTION_INFO_V1(cl_roc_numeric_transition);
PG_FUNCTION_INFO_V1(cl_roc_auc_final);
PG_FUNCTION_INFO_V1(cl_roc_gini_final);
PG_FUNCTION_INFO_V1(cl_roc_ks_final);
PG_FUNCTION_INFO_V1(cl_roc_auc);
PG_FUNCTION_INFO_V1(cl_roc_gini);
PG_FUNCTION_INFO_V1(cl_roc_ks);
PG_FUNCTION_INFO_V1(cl_roc_stats);
PG_FUNCTION_INFO_V1(cl_roc_auc_interval);
PG_FUNCTION_INFO_V1(cl_auc_deterioration_test);

CL_SUMMARY_FUNCTIONS(roc)

/*
 * Rows
 *
 * Arguments of the transitions: state, score, event [, higher_is_riskier [, weight [, amount]]].
 */

enum
{
	ARG_SCORE = 1, ARG_EVENT, ARG_DIRECTION, ARG_WEIGHT, ARG_AMOUNT
};

/* The state, made at the first row: only that one asks for the context. */
static inline ClRoc *
transition_state(FunctionCallInfo fcinfo)
{
	MemoryContext old;
	ClRoc	   *roc;

	if (likely(!PG_ARGISNULL(0)))
		return (ClRoc *) PG_GETARG_POINTER(0);
	old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	roc = roc_summary.create();
	if (PG_NARGS() > ARG_WEIGHT)
		roc->tally.kind = CL_TALLY_WEIGHTS;
	roc->amounts = PG_NARGS() > ARG_AMOUNT;
	MemoryContextSwitchTo(old);
	return roc;
}

static double
weight_argument(FunctionCallInfo fcinfo)
{
	double		weight = PG_GETARG_FLOAT8(ARG_WEIGHT);

	if (weight < 0 || isinf(weight))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("weight must be finite and not negative"),
				 errdetail("Found %g.", weight),
				 errhint("A row that shall not count has the weight 0.")));
	return weight;
}

static void
set_direction(FunctionCallInfo fcinfo, ClRoc *roc)
{
	if (PG_ARGISNULL(ARG_DIRECTION))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("higher_is_riskier must not be NULL"),
				 errdetail("The direction of a score is never guessed."),
				 errhint("It is true for a PD, false for a credit score.")));
	cl_roc_set_direction(roc, PG_GETARG_BOOL(ARG_DIRECTION) ? CL_ROC_HIGHER_IS_RISKIER : CL_ROC_LOWER_IS_RISKIER);
}

static void
add_weighted(FunctionCallInfo fcinfo, ClRoc *roc, double score)
{
	double		weight = PG_ARGISNULL(ARG_WEIGHT) ? NAN : weight_argument(fcinfo);
	cl_int128	amount = 0;

	if (isnan(weight) || (PG_NARGS() > ARG_AMOUNT && PG_ARGISNULL(ARG_AMOUNT)))
	{
		roc->n_skipped++;
		return;
	}
	if (PG_NARGS() > ARG_AMOUNT)
		amount = cl_tally_amount(PG_GETARG_DATUM(ARG_AMOUNT), &roc->decimals);
	cl_tally_add_weighted(&roc->tally, score, PG_GETARG_BOOL(ARG_EVENT), weight, amount);
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

/* The state, with its direction; false when the row lacks a score or an outcome. */
static pg_attribute_always_inline bool
begin_row(FunctionCallInfo fcinfo, ClRoc **state)
{
	ClRoc	   *roc = *state = transition_state(fcinfo);

	if (PG_NARGS() > ARG_DIRECTION)
		set_direction(fcinfo, roc);
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

	if (begin_row(fcinfo, &roc))
		add_row(fcinfo, roc, PG_GETARG_FLOAT8(ARG_SCORE));
	PG_RETURN_POINTER(roc);
}

Datum
cl_roc_numeric_transition(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc;

	if (begin_row(fcinfo, &roc))
		add_row(fcinfo, roc, cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_SCORE)));
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

Datum
cl_roc_auc_final(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, final_measures(fcinfo).auc);
}

Datum
cl_roc_gini_final(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, 2 * final_measures(fcinfo).auc - 1);
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
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_roc_auc_interval(PG_FUNCTION_ARGS)
{
	ClRoc	   *roc = cl_summary_state(&roc_summary, PG_GETARG_DATUM(0));
	double		reach = cl_confidence_reach(PG_GETARG_FLOAT8(1));
	const ClRocMeasures *m = cl_roc_measures(roc);
	double		std_error = sqrt(cl_roc_auc_variance(&roc->tally, cl_roc_higher_is_riskier(roc), m));
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, m->auc);
	cl_record_put_float8(&record, std_error);
	cl_record_put_float8(&record, isnan(std_error) ? NAN : Max(m->auc - reach * std_error, 0));
	cl_record_put_float8(&record, isnan(std_error) ? NAN : Min(m->auc + reach * std_error, 1));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* The p-value of z against an alternative. */
static double
p_value_of(double z, const char *alternative)
{
	if (strcmp(alternative, "less") == 0)
		return cl_normal_cdf(z);
	if (strcmp(alternative, "greater") == 0)
		return cl_normal_cdf(-z);
	if (strcmp(alternative, "two_sided") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("alternative is not known"),
				 errdetail("Found \"%s\".", alternative),
				 errhint("It is less, greater or two_sided.")));
	return cl_normal_two_sided(z);
}

/* The AUC of today has an error, from its class sizes; the reference is taken as given. */
Datum
cl_auc_deterioration_test(PG_FUNCTION_ARGS)
{
	double		auc = PG_GETARG_FLOAT8(0);
	double		reference = PG_GETARG_FLOAT8(1);
	int64		n_event = PG_GETARG_INT64(2);
	int64		n_non_event = PG_GETARG_INT64(3);
	double		std_error;
	double		z;
	ClRecord	record;

	if (!(auc >= 0 && auc <= 1 && reference >= 0 && reference <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("an AUC must be between 0 and 1"),
				 errdetail("Found %g against the reference %g.", auc, reference),
				 errhint("A Gini coefficient g is the AUC (g + 1) / 2.")));
	if (n_event < 1 || n_non_event < 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("there must be events and non-events"),
				 errdetail("Found " INT64_FORMAT " events and " INT64_FORMAT " non-events.", n_event, n_non_event),
				 errhint("roc_stats gives both numbers.")));
	std_error = cl_roc_hanley_mcneil(auc, (double) n_event, (double) n_non_event);
	z = std_error > 0 ? (auc - reference) / std_error : NAN;
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, auc - reference);
	cl_record_put_float8(&record, std_error);
	cl_record_put_float8(&record, z);
	cl_record_put_float8(&record, p_value_of(z, text_to_cstring(PG_GETARG_TEXT_PP(4))));
	PG_RETURN_DATUM(cl_record_datum(&record));
}
