/*
 * sicr_state.c
 *	  The state behind the type sicr: merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include "watch/sicr_state.h"

#include "core/behavior.h"
#include "pg/month.h"

#define TYPE_NAME "sicr"
#define VERSION 1

static void *
create(void)
{
	return palloc0_object(ClSicr);
}

void
cl_sicr_require(ClSicrRules *rules, const ClSicrRules *other)
{
	if (rules->as_of == 0)
		*rules = *other;
	if (!cl_sicr_same_rules(rules, other))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parts of one %s must have the same as_of and the same thresholds", TYPE_NAME),
				 errdetail("Found %s, %d days past due, PD ratio %g, score drop %g, default from %d; and %s, %d, %g, %g, %d.",
						   cl_month_string(rules->as_of), rules->days_past_due, rules->pd_ratio, rules->score_drop,
						   rules->default_days, cl_month_string(other->as_of), other->days_past_due, other->pd_ratio,
						   other->score_drop, other->default_days),
				 errhint("Build all parts with the same arguments; other thresholds are another column of the same query.")));
}

static void
merge(void *into, const void *from)
{
	ClSicr	   *state = into;
	const ClSicr *other = from;

	cl_sicr_require(&state->rules, &other->rules);
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
	if (!cl_sicr_merge(state, other))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many months in a %s", TYPE_NAME),
				 errdetail("There may be " INT64_FORMAT ".", CL_SICR_MOST),
				 errhint("Look for a summary that was not built by sicr_agg.")));
}

void
cl_sicr_send_rules(StringInfo buf, const ClSicrRules *rules)
{
	pq_sendint32(buf, rules->as_of);
	pq_sendint32(buf, rules->days_past_due);
	pq_sendint32(buf, rules->default_days);
	cl_wire_send_float8(buf, rules->pd_ratio);
	cl_wire_send_float8(buf, rules->score_drop);
}

static int32
receive_number(StringInfo buf, const char *type, int32 lowest, int32 highest, const char *what)
{
	int32		number = (int32) pq_getmsgint(buf, sizeof(int32));

	if (number < lowest || number > highest)
		cl_wire_invalid(type, psprintf("%s is out of range", what));
	return number;
}

void
cl_sicr_receive_rules(StringInfo buf, const char *type, ClSicrRules *rules)
{
	rules->as_of = receive_number(buf, type, CL_BEHAVIOR_FIRST_MONTH, CL_BEHAVIOR_LAST_MONTH, "last month");
	rules->days_past_due = receive_number(buf, type, 1, CL_SICR_MOST_DAYS, "number of days past due");
	rules->default_days = receive_number(buf, type, 1, CL_SICR_MOST_DAYS, "number of days of a default");
	rules->pd_ratio = cl_wire_finite(buf, type, "ratio of PDs");
	rules->score_drop = cl_wire_finite(buf, type, "drop of the score");
	if (!(rules->pd_ratio >= 0 && rules->pd_ratio <= CL_SICR_MOST_RATIO && rules->score_drop >= 0 &&
		  rules->score_drop <= CL_SICR_MOST_DROP))
		cl_wire_invalid(type, "threshold is out of range");
}

/*
 * Bytes: the rules, int64 n_skipped, int64 n_default, and of each definition its numbers, int64 each.
 */
static void
write_state(StringInfo buf, const void *data)
{
	const ClSicr *state = data;

	cl_sicr_send_rules(buf, &state->rules);
	pq_sendint64(buf, state->n_skipped);
	pq_sendint64(buf, state->n_default);
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		for (int i = 0; i < CL_SICR_NUMBERS; i++)
			pq_sendint64(buf, state->cell[d].number[i]);
	}
}

static void *
read_state(StringInfo buf)
{
	ClSicr	   *state = create();
	const char *wrong;

	cl_sicr_receive_rules(buf, TYPE_NAME, &state->rules);
	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	state->n_default = pq_getmsgint64(buf);
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		for (int i = 0; i < CL_SICR_NUMBERS; i++)
			state->cell[d].number[i] = pq_getmsgint64(buf);
	}
	wrong = cl_sicr_disorder(state);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return state;
}

/*
 * JSON:
 *		{"version": 1, "as_of": "2026-11", "days_past_due": 30, "pd_ratio": 2, "score_drop": 20, "default_days": 90,
 *		 "n_skipped": 0, "n_default": 3, "definitions": [[0, 5, ...], ...]}
 * with the 20 numbers of a ClSicrCell for each of the 27 definitions, in the order of sicr_backtest.
 */
const char *const cl_sicr_thresholds[] = {"days_past_due", "pd_ratio", "score_drop", "default_days", NULL};
static const char *const json_keys[] = {"version", "as_of", "days_past_due", "pd_ratio", "score_drop", "default_days",
	"n_skipped", "n_default", "definitions", NULL};

void
cl_sicr_parse_thresholds(const ClJson *document, ClSicrRules *rules)
{
	ClJson		node;

	if (cl_json_get(document, "days_past_due", &node))
		rules->days_past_due = cl_json_int(&node, 1, CL_SICR_MOST_DAYS);
	if (cl_json_get(document, "pd_ratio", &node))
		rules->pd_ratio = cl_json_float8(&node, 0, CL_SICR_MOST_RATIO);
	if (cl_json_get(document, "score_drop", &node))
		rules->score_drop = cl_json_float8(&node, 0, CL_SICR_MOST_DROP);
	if (cl_json_get(document, "default_days", &node))
		rules->default_days = cl_json_int(&node, 1, CL_SICR_MOST_DAYS);
}

static void
print(StringInfo out, const void *data)
{
	const ClSicr *state = data;

	appendStringInfo(out, "{\"version\": %d, \"as_of\": \"%s\", \"days_past_due\": %d, \"pd_ratio\": ", VERSION,
					 cl_month_string(state->rules.as_of), state->rules.days_past_due);
	cl_json_put_float8(out, state->rules.pd_ratio);
	appendStringInfoString(out, ", \"score_drop\": ");
	cl_json_put_float8(out, state->rules.score_drop);
	appendStringInfo(out, ", \"default_days\": %d, \"n_skipped\": " INT64_FORMAT ", \"n_default\": " INT64_FORMAT
					 ", \"definitions\": [", state->rules.default_days, state->n_skipped, state->n_default);
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		for (int i = 0; i < CL_SICR_NUMBERS; i++)
			appendStringInfo(out, "%s" INT64_FORMAT, i > 0 ? ", " : d > 0 ? "], [" : "[", state->cell[d].number[i]);
	}
	appendStringInfoString(out, "]]}");
}

static void *
parse(const ClJson *document)
{
	ClSicr	   *state = create();
	ClJson		node;
	ClJson		definition;
	ClJson		number;
	const char *wrong;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	cl_json_require(document, "as_of", &node);
	state->rules.as_of = cl_month_parse(&node);
	for (const char *const *key = cl_sicr_thresholds; *key != NULL; key++)
		cl_json_require(document, *key, &node);
	cl_sicr_parse_thresholds(document, &state->rules);
	cl_json_require(document, "n_skipped", &node);
	state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	cl_json_require(document, "n_default", &node);
	state->n_default = cl_json_decimal(&node, 0, 0, CL_SICR_MOST);
	cl_json_require(document, "definitions", &node);
	(void) cl_json_array(&node, CL_SICR_DEFINITIONS, CL_SICR_DEFINITIONS);
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		cl_json_item(&node, d, &definition);
		(void) cl_json_array(&definition, CL_SICR_NUMBERS, CL_SICR_NUMBERS);
		for (int i = 0; i < CL_SICR_NUMBERS; i++)
		{
			cl_json_item(&definition, i, &number);
			state->cell[d].number[i] = cl_json_decimal(&number, 0, 0, PG_INT64_MAX);
		}
	}
	wrong = cl_sicr_disorder(state);
	if (wrong != NULL)
		cl_json_error(&node, psprintf("numbers that rows can give (%s)", wrong));
	return state;
}

const ClSummary sicr_summary = {
	.name = TYPE_NAME,
	.version = VERSION,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * cl_sicr_in, cl_sicr_out, cl_sicr_recv, cl_sicr_send, cl_sicr_serial, cl_sicr_deserial, cl_sicr_combine, cl_sicr_final,
 * cl_sicr_rollup
 */
CL_SUMMARY_FUNCTIONS(sicr)
