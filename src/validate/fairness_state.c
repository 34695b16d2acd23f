/*
 * fairness_state.c
 *	  The state behind the type fairness: groups by name, merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include <math.h>

#include "validate/fairness_state.h"

#include "mb/pg_wchar.h"

#define TYPE_NAME "fairness"

static void *
create(void)
{
	ClFairness *state = palloc0_object(ClFairness);

	cl_labels_init(&state->groups, sizeof(ClFairnessGroup));
	return state;
}

ClFairnessGroup *
cl_fairness_new_group(ClFairness *state, const char *name, int length, uint32 hash)
{
	if (length > CL_FAIRNESS_LONGEST_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("name of a group is too long"),
				 errdetail("It has %d bytes; a name may have %d. It begins with \"%s\".", length, CL_FAIRNESS_LONGEST_NAME,
						   cl_label_clipped(name, length, 40)),
				 errhint("Give groups short labels.")));
	if (state->groups.n >= CL_FAIRNESS_MOST_GROUPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many groups for a %s", TYPE_NAME),
				 errdetail("There are more than %d; one of them is \"%s\".", CL_FAIRNESS_MOST_GROUPS,
						   cl_label_clipped(name, length, 40)),
				 errhint("Compare groups of one protected attribute; cut numbers such as an age into bands first.")));
	return cl_labels_new(&state->groups, name, length, hash);
}

/*
 * Order and merging
 */

/* By bytes, so that no collation changes what is shown first. */
static int
compare_names(const void *left, const void *right)
{
	const ClLabel *a = &(*(const ClFairnessGroup *const *) left)->label;
	const ClLabel *b = &(*(const ClFairnessGroup *const *) right)->label;
	int			order = memcmp(a->name, b->name, Min(a->length, b->length));

	return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

/* Groups by name, then those whose group is not known, if any. */
const ClFairnessGroup **
cl_fairness_sorted(const ClFairness *state, int *count)
{
	const ClFairnessGroup **sorted = palloc_array(const ClFairnessGroup *, state->groups.n + 1);

	*count = state->groups.n;
	for (int i = 0; i < *count; i++)
		sorted[i] = cl_labels_item(&state->groups, i);
	qsort(sorted, *count, sizeof(*sorted), compare_names);
	if (state->unknown.n > 0)
		sorted[(*count)++] = &state->unknown;
	return sorted;
}

static void
merge_group(ClFairnessGroup *into, const ClFairnessGroup *from)
{
	if (into->n > CL_FAIRNESS_MOST_ROWS - from->n)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many rows in a group of a %s", TYPE_NAME),
				 errdetail("Together the summaries count more than " INT64_FORMAT ".", CL_FAIRNESS_MOST_ROWS),
				 errhint("Look for a summary that was not built by fairness_agg.")));
	into->n += from->n;
	into->n_favourable += from->n_favourable;
	cl_score_moments_merge(&into->score, &from->score);
}

static void
merge(void *into, const void *from)
{
	ClFairness *state = into;
	const ClFairness *other = from;

	for (int i = 0; i < other->groups.n; i++)
	{
		const ClFairnessGroup *theirs = cl_labels_item(&other->groups, i);

		merge_group(cl_fairness_group(state, theirs->label.name, theirs->label.length), theirs);
	}
	merge_group(&state->unknown, &other->unknown);
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
}

/* Rounding of what is compared, generously: a part of it, and what a row may lose where squares leave double precision. */
#define CLOSE 1e-9
#define LOST 1e-320

/* What contradicts itself in a group from outside, or NULL. */
static const char *
disorder(const ClFairnessGroup *group)
{
	const ClScoreMoments *score = &group->score;
	double		n = (double) score->n;

	if (group->n < 1 || group->n > CL_FAIRNESS_MOST_ROWS || group->n_favourable < 0 || group->n_favourable > group->n)
		return "number of rows of a group is out of range";
	if (score->n < 0 || score->n > group->n)
		return "number of scores of a group is out of range";
	if (score->n == 0 && (score->lowest != 0 || score->highest != 0))
		return "ends of the scores are there without a score";
	if (!(fabs(score->sum.high) <= n * CL_SCORE_LARGEST) ||
		!(score->squares.high >= 0 && score->squares.high <= n * CL_SCORE_LARGEST * CL_SCORE_LARGEST))
		return "sums of the scores are out of range";
	/* The mean is between the ends; and Cauchy and Schwarz: no scores have a larger mean than the root of their mean square. */
	if (!(fabs(score->lowest) <= CL_SCORE_LARGEST && fabs(score->highest) <= CL_SCORE_LARGEST) ||
		score->lowest * n > score->sum.high + CLOSE * fabs(score->sum.high) ||
		score->highest * n < score->sum.high - CLOSE * fabs(score->sum.high) ||
		score->sum.high * score->sum.high > n * (score->squares.high * (1 + CLOSE) + n * LOST))
		return "sums and ends of the scores contradict each other";
	return NULL;
}

/*
 * Bytes:
 *		int64	n_skipped
 *		int32	number of groups, then for each: bool whether it has a name, and if so int32 length and the name
 *				int64 n, n_favourable, n_score; exact sums (pg/exact_sum.h) of scores and squares; float8 lowest and highest score
 *
 * in ascending order of the names, the group without one last.
 */
#define LEAST_GROUP_SIZE (1 + 3 * 8 + 2 * CL_EXACT_SUM_LEAST_SIZE + 2 * 8)

static void
write_state(StringInfo buf, const void *data)
{
	const ClFairness *state = data;
	int			count;
	const ClFairnessGroup **sorted = cl_fairness_sorted(state, &count);

	pq_sendint64(buf, state->n_skipped);
	pq_sendint32(buf, count);
	for (int i = 0; i < count; i++)
	{
		const ClFairnessGroup *group = sorted[i];

		pq_sendbyte(buf, group->label.name != NULL);
		if (group->label.name != NULL)
		{
			pq_sendint32(buf, group->label.length);
			appendBinaryStringInfo(buf, group->label.name, group->label.length);
		}
		pq_sendint64(buf, group->n);
		pq_sendint64(buf, group->n_favourable);
		pq_sendint64(buf, group->score.n);
		cl_exact_sum_send(buf, &group->score.sum);
		cl_exact_sum_send(buf, &group->score.squares);
		cl_wire_send_float8(buf, group->score.lowest);
		cl_wire_send_float8(buf, group->score.highest);
	}
	pfree(sorted);
}

/* The group that the bytes name next, new. */
static ClFairnessGroup *
read_name(StringInfo buf, ClFairness *state)
{
	int			before = state->groups.n;
	int			length;
	const char *name;
	ClFairnessGroup *group;

	if (pq_getmsgbyte(buf) == 0)
	{
		if (state->unknown.n > 0)
			cl_wire_invalid(TYPE_NAME, "group without a name is repeated");
		return &state->unknown;
	}
	length = cl_wire_count(buf, TYPE_NAME, CL_FAIRNESS_LONGEST_NAME, 1);
	name = pq_getmsgbytes(buf, length);
	if (!pg_verifymbstr(name, length, true))
		cl_wire_invalid(TYPE_NAME, "name of a group is not text in the encoding of the database");
	group = cl_fairness_group(state, name, length);
	if (state->groups.n == before)
		cl_wire_invalid(TYPE_NAME, "name of a group is repeated");
	return group;
}

static void *
read_state(StringInfo buf)
{
	ClFairness *state = create();
	int			count;

	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	count = cl_wire_count(buf, TYPE_NAME, CL_FAIRNESS_MOST_GROUPS + 1, LEAST_GROUP_SIZE);
	for (int i = 0; i < count; i++)
	{
		ClFairnessGroup *group = read_name(buf, state);
		const char *wrong;

		group->n = pq_getmsgint64(buf);
		group->n_favourable = pq_getmsgint64(buf);
		group->score.n = pq_getmsgint64(buf);
		group->score.sum = cl_exact_sum_receive(buf, TYPE_NAME, "sum of scores");
		group->score.squares = cl_exact_sum_receive(buf, TYPE_NAME, "sum of squares of scores");
		group->score.lowest = pq_getmsgfloat8(buf);
		group->score.highest = pq_getmsgfloat8(buf);
		wrong = disorder(group);
		if (wrong != NULL)
			cl_wire_invalid(TYPE_NAME, wrong);
	}
	return state;
}

/*
 * JSON:
 *		{"version": 1, "n_skipped": 0, "groups": [
 *		  {"member": "A", "n": 3, "n_favourable": 2, "n_score": 2, "sum": 1300, "squares": 850000,
 *		   "lowest": 600, "highest": 700},
 *		  {"member": null, "n": 1, "n_favourable": 1, "n_score": 0}]}
 *
 * Sums are exact (pg/exact_sum.h).
 */
static const char *const json_keys[] = {"version", "n_skipped", "groups", NULL};
static const char *const group_keys[] = {"member", "n", "n_favourable", "n_score", "sum", "squares", "lowest", "highest", NULL};

static void
print_sum(StringInfo out, const char *key, const ClExactSum *sum)
{
	appendStringInfo(out, ", \"%s\": ", key);
	cl_exact_sum_print(out, sum);
}

static void
print(StringInfo out, const void *data)
{
	const ClFairness *state = data;
	int			count;
	const ClFairnessGroup **sorted = cl_fairness_sorted(state, &count);

	appendStringInfo(out, "{\"version\": %d, \"n_skipped\": " INT64_FORMAT ", \"groups\": [",
					 fairness_summary.version, state->n_skipped);
	for (int i = 0; i < count; i++)
	{
		const ClFairnessGroup *group = sorted[i];

		appendStringInfo(out, "%s{\"member\": ", i > 0 ? ", " : "");
		if (group->label.name != NULL)
			cl_json_put_string(out, cl_label_string(&group->label));
		else
			appendStringInfoString(out, "null");
		appendStringInfo(out, ", \"n\": " INT64_FORMAT ", \"n_favourable\": " INT64_FORMAT ", \"n_score\": " INT64_FORMAT,
						 group->n, group->n_favourable, group->score.n);
		if (group->score.n > 0)
		{
			print_sum(out, "sum", &group->score.sum);
			print_sum(out, "squares", &group->score.squares);
			appendStringInfoString(out, ", \"lowest\": ");
			cl_json_put_float8(out, group->score.lowest + 0.0);
			appendStringInfoString(out, ", \"highest\": ");
			cl_json_put_float8(out, group->score.highest + 0.0);
		}
		appendStringInfoChar(out, '}');
	}
	appendStringInfoString(out, "]}");
}

static int64
parse_count(const ClJson *object, const char *key)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
}

static double
parse_score(const ClJson *object, const char *key)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return cl_json_float8(&node, -CL_SCORE_LARGEST, CL_SCORE_LARGEST);
}

static ClExactSum
parse_sum(const ClJson *object, const char *key)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return cl_exact_sum_parse(&node, -1e300, 1e300);
}

static ClFairnessGroup *
parse_member(const ClJson *object, ClFairness *state)
{
	int			before = state->groups.n;
	ClJson		node;
	ClFairnessGroup *group;

	if (!cl_json_get(object, "member", &node))
	{
		if (state->unknown.n > 0)
			cl_json_error(object, "a group of its own, as there is one without a member before it");
		return &state->unknown;
	}
	if (!cl_json_is_string(&node))
		cl_json_error(&node, "a string or null");
	group = cl_fairness_group(state, node.value.val.string.val, node.value.val.string.len);
	if (state->groups.n == before)
		cl_json_error(&node, "a member that no other group has");
	return group;
}

static void
parse_group(const ClJson *object, ClFairness *state)
{
	ClFairnessGroup *group;
	const char *wrong;

	cl_json_object(object, group_keys);
	group = parse_member(object, state);
	group->n = parse_count(object, "n");
	group->n_favourable = parse_count(object, "n_favourable");
	group->score.n = parse_count(object, "n_score");
	if (group->score.n > 0)
	{
		group->score.sum = parse_sum(object, "sum");
		group->score.squares = parse_sum(object, "squares");
		group->score.lowest = parse_score(object, "lowest");
		group->score.highest = parse_score(object, "highest");
	}
	wrong = disorder(group);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid fairness: it contradicts itself"),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with fairness_agg.")));
}

static void *
parse(const ClJson *document)
{
	ClFairness *state = create();
	ClJson		node;
	int			count;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, fairness_summary.version, fairness_summary.version);
	state->n_skipped = parse_count(document, "n_skipped");
	cl_json_require(document, "groups", &node);
	count = cl_json_array(&node, 0, CL_FAIRNESS_MOST_GROUPS + 1);
	for (int i = 0; i < count; i++)
	{
		ClJson		group;

		cl_json_item(&node, i, &group);
		parse_group(&group, state);
	}
	return state;
}

const ClSummary fairness_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};
