/*
 * fairness.c
 *	  Do groups of borrowers get favourable decisions, and scores, alike?
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/confidence.h"
#include "validate/fairness_state.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_fairness_float8_transition);
PG_FUNCTION_INFO_V1(cl_fairness_numeric_transition);
PG_FUNCTION_INFO_V1(cl_fairness_stats);
PG_FUNCTION_INFO_V1(cl_fairness_table);
PG_FUNCTION_INFO_V1(cl_adverse_impact_ratio);
PG_FUNCTION_INFO_V1(cl_standardized_mean_difference);

/*
 * cl_fairness_in, cl_fairness_out, cl_fairness_recv, cl_fairness_send, cl_fairness_serial, cl_fairness_deserial,
 * cl_fairness_combine, cl_fairness_final, cl_fairness_rollup
 */
CL_SUMMARY_FUNCTIONS(fairness)

/*
 * Rows
 *
 * Arguments of the transitions: state, member, favourable [, score].
 */

enum
{
	ARG_MEMBER = 1, ARG_FAVOURABLE, ARG_SCORE
};

static ClFairnessGroup *
group_argument(FunctionCallInfo fcinfo, ClFairness *state)
{
	text	   *name;

	if (PG_ARGISNULL(ARG_MEMBER))
		return &state->unknown;
	name = PG_GETARG_TEXT_PP(ARG_MEMBER);
	return cl_fairness_group(state, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

static void
add_score(ClFairnessGroup *group, double score)
{
	if (isnan(score))
		return;
	if (fabs(score) > CL_SCORE_LARGEST)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("score is out of range"),
				 errdetail("Found %g; it must be finite and at most %g.", score, CL_SCORE_LARGEST),
				 errhint("Use NULL for a score that is not known.")));
	cl_score_moments_add(&group->score, score);
}

/* The group of a row whose decision is counted now; NULL for a row without one. */
static ClFairnessGroup *
add_decision(FunctionCallInfo fcinfo, ClFairness *state)
{
	ClFairnessGroup *group;

	if (PG_ARGISNULL(ARG_FAVOURABLE))
	{
		state->n_skipped++;
		return NULL;
	}
	group = group_argument(fcinfo, state);
	group->n++;
	group->n_favourable += PG_GETARG_BOOL(ARG_FAVOURABLE);
	return group;
}

Datum
cl_fairness_float8_transition(PG_FUNCTION_ARGS)
{
	ClFairness *state = cl_agg_state(fcinfo, fairness_summary.create);
	ClFairnessGroup *group = add_decision(fcinfo, state);

	if (group != NULL && PG_NARGS() > ARG_SCORE && !PG_ARGISNULL(ARG_SCORE))
		add_score(group, PG_GETARG_FLOAT8(ARG_SCORE));
	PG_RETURN_POINTER(state);
}

Datum
cl_fairness_numeric_transition(PG_FUNCTION_ARGS)
{
	ClFairness *state = cl_agg_state(fcinfo, fairness_summary.create);
	ClFairnessGroup *group = add_decision(fcinfo, state);

	if (group != NULL && !PG_ARGISNULL(ARG_SCORE))
		add_score(group, cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_SCORE)));
	PG_RETURN_POINTER(state);
}

/*
 * The whole
 */

static double
rate_of(int64 favourable, int64 n)
{
	return n > 0 ? (double) favourable / (double) n : NAN;
}

Datum
cl_fairness_stats(PG_FUNCTION_ARGS)
{
	const ClFairness *state = cl_summary_state(&fairness_summary, PG_GETARG_DATUM(0));
	int64		n = state->unknown.n;
	int64		favourable = state->unknown.n_favourable;
	ClRecord	record;

	for (int i = 0; i < state->groups.n; i++)
	{
		const ClFairnessGroup *group = cl_labels_item(&state->groups, i);

		n += group->n;
		favourable += group->n_favourable;
	}
	cl_record_open(&record, fcinfo);
	cl_record_put_int32(&record, state->groups.n);
	cl_record_put_int64(&record, n);
	cl_record_put_int64(&record, favourable);
	cl_record_put_float8(&record, rate_of(favourable, n));
	cl_record_put_int64(&record, state->unknown.n);
	cl_record_put_int64(&record, state->n_skipped);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * The table
 */

/* The Uniform Guidelines judge no group that is less than two per cent of all, 29 CFR 1607.15 A (2) (a). */
#define LEAST_SHARE 50
#define SHOWN_NAMES 10

static void unknown_reference(const ClFairnessGroup **group, int count, const text *name) pg_attribute_noreturn();

static void
unknown_reference(const ClFairnessGroup **group, int count, const text *name)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < count && group[i]->label.name != NULL; i++)
	{
		if (i == SHOWN_NAMES)
		{
			appendStringInfoString(&names, " and others");
			break;
		}
		appendStringInfo(&names, "%s\"%s\"", i > 0 ? ", " : "",
						 cl_label_clipped(group[i]->label.name, group[i]->label.length, 40));
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("reference is not one of the groups"),
			 errdetail("Found \"%s\".", text_to_cstring(name)),
			 names.len > 0 ? errhint("The groups are %s.", names.data) : errhint("No group has a name.")));
}

static const ClFairnessGroup *
named_reference(const ClFairnessGroup **group, int count, const text *name)
{
	for (int i = 0; i < count; i++)
	{
		if (group[i]->label.name != NULL && group[i]->label.length == (int) VARSIZE_ANY_EXHDR(name) &&
			memcmp(group[i]->label.name, VARDATA_ANY(name), group[i]->label.length) == 0)
			return group[i];
	}
	unknown_reference(group, count, name);
}

/* a / n > b / m, exactly */
static bool
higher_rate(const ClFairnessGroup *a, const ClFairnessGroup *b)
{
	return (cl_int128) a->n_favourable * b->n > (cl_int128) b->n_favourable * a->n;
}

/*
 * The known group with the most rows or, of those that are large enough to judge, the highest rate; of equals the first by
 * name. NULL when no group is known.
 */
static const ClFairnessGroup *
chosen_reference(const ClFairnessGroup **group, int count, bool by_rate)
{
	const ClFairnessGroup *largest = NULL;
	const ClFairnessGroup *highest = NULL;
	int64		n = 0;

	for (int i = 0; i < count && group[i]->label.name != NULL; i++)
	{
		n += group[i]->n;
		if (largest == NULL || group[i]->n > largest->n)
			largest = group[i];
	}
	for (int i = 0; by_rate && i < count && group[i]->label.name != NULL; i++)
	{
		if (group[i]->n * LEAST_SHARE >= n && (highest == NULL || higher_rate(group[i], highest)))
			highest = group[i];
	}
	return highest != NULL ? highest : largest;
}

static void
put_impact(ClRecord *record, const ClFairnessGroup *group, const ClFairnessGroup *reference, double reach)
{
	ClImpact	impact = {NAN, NAN, NAN, NAN, NAN, -1};

	if (reference != NULL)
		impact = cl_impact(group->n_favourable, group->n, reference->n_favourable, reference->n, reach);
	/* A group is not compared with itself. */
	if (group == reference)
		impact.low = impact.high = impact.z = impact.p_value = NAN;
	cl_record_put_float8(record, impact.ratio);
	cl_record_put_float8(record, impact.low);
	cl_record_put_float8(record, impact.high);
	cl_record_put_float8(record, impact.z);
	cl_record_put_float8(record, impact.p_value);
	if (impact.below_four_fifths < 0)
		cl_record_put_null(record);
	else
		cl_record_put_bool(record, impact.below_four_fifths);
}

static void
put_scores(ClRecord *record, const ClFairnessGroup *group, const ClFairnessGroup *reference, double reach)
{
	double		mean = cl_score_mean(&group->score);
	double		stddev = cl_score_stddev(&group->score);
	ClSmd		smd = {NAN, NAN, NAN};

	cl_record_put_int64(record, group->score.n);
	cl_record_put_float8(record, mean);
	cl_record_put_float8(record, stddev);
	if (reference != NULL && reference != group)
		smd = cl_smd((double) group->score.n, mean, stddev, (double) reference->score.n, cl_score_mean(&reference->score),
					 cl_score_stddev(&reference->score), reach);
	cl_record_put_float8(record, smd.smd);
	cl_record_put_float8(record, smd.low);
	cl_record_put_float8(record, smd.high);
}

static void
put_group(ClRecord *record, const ClFairnessGroup *group, const ClFairnessGroup *reference, double reach)
{
	if (group->label.name != NULL)
		cl_record_put(record, PointerGetDatum(cstring_to_text_with_len(group->label.name, group->label.length)));
	else
		cl_record_put_null(record);
	cl_record_put_bool(record, group == reference);
	cl_record_put_int64(record, group->n);
	cl_record_put_int64(record, group->n_favourable);
	cl_record_put_float8(record, rate_of(group->n_favourable, group->n));
	put_impact(record, group, reference, reach);
	put_scores(record, group, reference, reach);
	cl_record_next(record);
}

Datum
cl_fairness_table(PG_FUNCTION_ARGS)
{
	static const char *const bases[] = {"largest", "highest_rate", NULL};
	ClRecord	record;
	const ClFairnessGroup **group;
	const ClFairnessGroup *reference;
	int			count;
	double		reach;
	bool		by_rate;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	reach = cl_confidence_reach(cl_confidence_argument(fcinfo, 2));
	group = cl_fairness_sorted(cl_summary_state(&fairness_summary, PG_GETARG_DATUM(0)), &count);
	by_rate = cl_choice_argument(PG_GETARG_TEXT_PP(3), bases, "basis",
								 "largest has the most rows, highest_rate the highest rate of those large enough to judge.") == 1;
	reference = PG_ARGISNULL(1) ? chosen_reference(group, count, by_rate) :
		named_reference(group, count, PG_GETARG_TEXT_PP(1));
	for (int i = 0; i < count; i++)
		put_group(&record, group[i], reference, reach);
	PG_RETURN_NULL();
}

/*
 * Two groups from their numbers
 */

static void
check_decisions(int64 favourable, int64 n)
{
	if (favourable < 0 || favourable > n)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of favourable decisions must be between 0 and the number of decisions"),
				 errdetail("Found " INT64_FORMAT " favourable of " INT64_FORMAT " decisions.", favourable, n),
				 errhint("The arguments are favourable, all; favourable of the reference, all of the reference.")));
}

Datum
cl_adverse_impact_ratio(PG_FUNCTION_ARGS)
{
	double		reach = cl_confidence_reach(PG_GETARG_FLOAT8(4));
	ClImpact	impact;
	ClRecord	record;

	check_decisions(PG_GETARG_INT64(0), PG_GETARG_INT64(1));
	check_decisions(PG_GETARG_INT64(2), PG_GETARG_INT64(3));
	impact = cl_impact(PG_GETARG_INT64(0), PG_GETARG_INT64(1), PG_GETARG_INT64(2), PG_GETARG_INT64(3), reach);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, impact.ratio);
	cl_record_put_float8(&record, impact.low);
	cl_record_put_float8(&record, impact.high);
	cl_record_put_float8(&record, impact.z);
	cl_record_put_float8(&record, impact.p_value);
	if (impact.below_four_fifths < 0)
		cl_record_put_null(&record);
	else
		cl_record_put_bool(&record, impact.below_four_fifths);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* n, mean and standard deviation of a group; false when one is missing. */
static bool
check_scores(int64 n, double mean, double stddev)
{
	if (n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of scores must not be negative"),
				 errdetail("Found " INT64_FORMAT ".", n),
				 errhint("The arguments are n, mean, stddev; n, mean, stddev of the reference.")));
	if (stddev < 0 || isinf(stddev) || isinf(mean))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("mean and standard deviation must be finite, and the latter not negative"),
				 errdetail("Found mean %g and standard deviation %g.", mean, stddev),
				 errhint("The arguments are n, mean, stddev; n, mean, stddev of the reference.")));
	return !isnan(mean) && !isnan(stddev);
}

Datum
cl_standardized_mean_difference(PG_FUNCTION_ARGS)
{
	int64		n[2] = {PG_GETARG_INT64(0), PG_GETARG_INT64(3)};
	double		mean[2] = {PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(4)};
	double		stddev[2] = {PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(5)};
	double		reach = cl_confidence_reach(PG_GETARG_FLOAT8(6));
	bool		known = check_scores(n[0], mean[0], stddev[0]) & check_scores(n[1], mean[1], stddev[1]);
	ClSmd		smd = {NAN, NAN, NAN};
	ClRecord	record;

	if (known)
		smd = cl_smd((double) n[0], mean[0], stddev[0], (double) n[1], mean[1], stddev[1], reach);
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, smd.smd);
	cl_record_put_float8(&record, smd.low);
	cl_record_put_float8(&record, smd.high);
	PG_RETURN_DATUM(cl_record_datum(&record));
}
