/*
 * transitions_state.c
 *	  The state behind the type transitions: merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include "pg/amount.h"
#include "watch/transitions_state.h"

#include "pg/memory.h"
#include "pg/numeric.h"

#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define VERSION 1

static void *
create(void)
{
	ClTransitions *state = palloc_object(ClTransitions);
	ClMemory	memory = cl_memory_here();

	cl_transitions_init(state, &memory, CL_STATES_UNKNOWN, false);
	return state;
}

void
cl_transitions_require(ClTransitions *transitions, ClStateKind kind, bool with_amounts)
{
	static const char *const kind_names[] = {NULL, "numbers", "names"};

	if (transitions->kind == CL_STATES_UNKNOWN)
	{
		transitions->kind = kind;
		transitions->with_amounts = with_amounts;
	}
	if (transitions->kind != kind)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("states must be all numbers or all names"),
				 errdetail("Found %s and %s.", kind_names[transitions->kind], kind_names[kind]),
				 errhint("Build all parts from states of one type.")));
	if (transitions->with_amounts != with_amounts)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("either all transitions have an amount or none has"),
				 errdetail("Found summaries with amounts and without."),
				 errhint("Build all parts with amounts, or all without.")));
}

void
cl_transitions_too_many(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many states or transitions"),
			 errdetail("There may be %d states and " INT64_FORMAT " transitions.", CL_TRANSITIONS_STATES, CL_TRANSITIONS_MOST),
			 errhint("Put states into groups, such as buckets of days past due.")));
}

void
cl_transitions_bad_name(int length)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("name of a state must have 1 to %d bytes", CL_TRANSITIONS_NAME),
			 errdetail("Found %d.", length),
			 errhint("Use NULL for a state that is not known.")));
}

static void
merge(void *into, const void *from)
{
	ClTransitions *state = into;
	const ClTransitions *other = from;

	if (other->kind == CL_STATES_UNKNOWN)
		return;
	cl_transitions_require(state, other->kind, other->with_amounts);
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
	if (!cl_transitions_merge(state, other))
		cl_transitions_too_many();
}

char *
cl_state_string(const ClTransitions *transitions, int place)
{
	const ClState *state = &transitions->state[place];

	return transitions->kind == CL_STATES_NUMBERS ? psprintf(INT64_FORMAT, state->number) : pnstrdup(state->name, state->length);
}

ClTransitions *
cl_transitions_open(Datum value)
{
	ClTransitions *transitions = cl_summary_state(&transitions_summary, value);

	cl_transitions_sort(transitions);
	return transitions;
}

static void
no_state(const ClTransitions *transitions, const char *name)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; i < transitions->n_states && i < 20; i++)
		appendStringInfo(&known, "%s%s", i > 0 ? ", " : "", cl_state_string(transitions, i));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("there is no state \"%s\"", name),
			 errdetail("There are %s%s.", known.data, transitions->n_states > 20 ? " and others" : ""),
			 errhint("transition_states gives them all.")));
}

int
cl_transitions_named(const ClTransitions *transitions, const char *name)
{
	int			at = 0;

	while (at < transitions->n_states && strcmp(cl_state_string(transitions, at), name) != 0)
		at++;
	if (at == transitions->n_states)
		no_state(transitions, name);
	return at;
}

bool *
cl_transitions_chosen(const ClTransitions *transitions, ArrayType *array)
{
	bool	   *chosen = palloc0_array(bool, transitions->n_states + 1);
	Datum	   *name;
	bool	   *null;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &name, &null, &n);
	for (int i = 0; i < n; i++)
	{
		chosen[cl_transitions_named(transitions, null[i] ? "" : TextDatumGetCString(name[i]))] = true;
	}
	return chosen;
}

/* What a state from outside may not say about one transition, or NULL. */
static const char *
flow_disorder(const ClTransitions *state, int months, const ClFlow *flow)
{
	if (months < 1 || months > CL_TRANSITIONS_MONTHS)
		return "number of months is out of range";
	if (flow->n < 1 || flow->n > CL_TRANSITIONS_MOST - state->n)
		return "number of transitions is out of range";
	if (flow->amount > (cl_int128) PG_INT64_MAX * flow->n || flow->amount < -(cl_int128) PG_INT64_MAX * flow->n)
		return "amount is out of range";
	return NULL;
}

/*
 * Bytes:
 *		int8	kind of states: 1 numbers, 2 names; 0 before the first row
 *		int8	1 with amounts
 *		int64	n_skipped
 *		int32	number of states, then each in its own order: int64, or int32 length and the name
 *		int32	number of flows, then each by months, from, to: int16 months, int16 from, int16 to, int64 n [, int128 amount]
 */
#define FLOW_LEAST_SIZE (3 * sizeof(int16) + sizeof(int64))

static int
count_flows(const ClTransitions *state)
{
	int			n = 0;

	for (int i = 0; i < state->n_flows; i++)
	{
		for (int a = 0; a < state->n_states; a++)
		{
			for (int b = 0; b < state->n_states; b++)
				n += state->flows[i].flow[a * state->size + b].n > 0;
		}
	}
	return n;
}

typedef void (*FlowVisit) (StringInfo out, const ClTransitions *state, int months, int from, int to, const ClFlow *flow);

static void
visit_flows(StringInfo out, const ClTransitions *state, FlowVisit visit)
{
	for (int i = 0; i < state->n_flows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int a = 0; a < state->n_states; a++)
		{
			for (int b = 0; b < state->n_states; b++)
			{
				const ClFlow *flow = &state->flows[i].flow[a * state->size + b];

				if (flow->n > 0)
					visit(out, state, state->flows[i].months, a, b, flow);
			}
		}
	}
}

static void
send_flow(StringInfo buf, const ClTransitions *state, int months, int from, int to, const ClFlow *flow)
{
	pq_sendint16(buf, months);
	pq_sendint16(buf, from);
	pq_sendint16(buf, to);
	pq_sendint64(buf, flow->n);
	if (state->with_amounts)
		cl_wire_send_int128(buf, flow->amount);
}

static void
write_state(StringInfo buf, const void *data)
{
	ClTransitions *state = unconstify(void *, data);

	cl_transitions_sort(state);
	pq_sendint8(buf, state->kind);
	pq_sendint8(buf, state->with_amounts);
	pq_sendint64(buf, state->n_skipped);
	pq_sendint32(buf, state->n_states);
	for (int i = 0; i < state->n_states; i++)
	{
		const ClState *s = &state->state[i];

		if (state->kind == CL_STATES_NUMBERS)
			pq_sendint64(buf, s->number);
		else
		{
			pq_sendint32(buf, s->length);
			appendBinaryStringInfo(buf, s->name, s->length);
		}
	}
	pq_sendint32(buf, count_flows(state));
	visit_flows(buf, state, send_flow);
}

static void
receive_state(StringInfo buf, ClTransitions *state)
{
	ClState		s = {0};
	int			before = state->n_states;

	if (state->kind == CL_STATES_NUMBERS)
		s.number = cl_wire_int64(buf, CL_TRANSITIONS_TYPE, PG_INT32_MIN, PG_INT32_MAX, "state");
	else
	{
		s.length = (int) pq_getmsgint(buf, sizeof(int32));
		if (s.length < 1 || s.length > CL_TRANSITIONS_NAME)
			cl_wire_invalid(CL_TRANSITIONS_TYPE, psprintf("length %d of a state is out of range", s.length));
		s.name = pq_getmsgbytes(buf, s.length);
		if (!pg_verifymbstr(s.name, s.length, true))
			cl_wire_invalid(CL_TRANSITIONS_TYPE, "state is not text in the encoding of the database");
	}
	if (cl_transitions_state(state, &s) != before)
		cl_wire_invalid(CL_TRANSITIONS_TYPE, "state comes twice");
}

static void
receive_flow(StringInfo buf, ClTransitions *state)
{
	int			months = (int) pq_getmsgint(buf, sizeof(int16));
	int			from = (int) pq_getmsgint(buf, sizeof(int16));
	int			to = (int) pq_getmsgint(buf, sizeof(int16));
	ClFlow		flow = {.n = pq_getmsgint64(buf)};
	ClFlow	   *kept;
	const char *wrong;

	if (state->with_amounts)
		flow.amount = cl_wire_int128(buf);
	wrong = flow_disorder(state, months, &flow);
	if (wrong == NULL && (from >= state->n_states || to >= state->n_states))
		wrong = "place of a state is out of range";
	if (wrong != NULL)
		cl_wire_invalid(CL_TRANSITIONS_TYPE, wrong);
	kept = cl_transitions_flow(state, months, from, to);
	if (kept->n > 0)
		cl_wire_invalid(CL_TRANSITIONS_TYPE, "transition comes twice");
	*kept = flow;
	state->n += flow.n;
}

/* Every state is of some transition: what comes from outside would else not be equal to what says the same. */
static bool
has_idle_state(const ClTransitions *state)
{
	bool		used[CL_TRANSITIONS_STATES] = {false};

	for (int i = 0; i < state->n_flows; i++)
	{
		for (int a = 0; a < state->n_states; a++)
		{
			for (int b = 0; b < state->n_states; b++)
			{
				if (state->flows[i].flow[a * state->size + b].n > 0)
					used[a] = used[b] = true;
			}
		}
	}
	for (int a = 0; a < state->n_states; a++)
	{
		if (!used[a])
			return true;
	}
	return false;
}

static void *
read_state(StringInfo buf)
{
	ClTransitions *state = create();
	int			kind = pq_getmsgbyte(buf);
	int			with_amounts = pq_getmsgbyte(buf);
	int			n;

	if (kind > CL_STATES_NAMES || with_amounts > (kind != CL_STATES_UNKNOWN))
		cl_wire_invalid(CL_TRANSITIONS_TYPE, psprintf("kind %d, %d is not known", kind, with_amounts));
	state->kind = kind;
	state->with_amounts = with_amounts;
	state->n_skipped = cl_wire_int64(buf, CL_TRANSITIONS_TYPE, 0, PG_INT64_MAX, "number of rows left out");
	n = cl_wire_count(buf, CL_TRANSITIONS_TYPE, kind == CL_STATES_UNKNOWN ? 0 : CL_TRANSITIONS_STATES, sizeof(int32) + 1);
	for (int i = 0; i < n; i++)
		receive_state(buf, state);
	n = cl_wire_count(buf, CL_TRANSITIONS_TYPE, PG_INT32_MAX, FLOW_LEAST_SIZE + (with_amounts ? sizeof(cl_int128) : 0));
	for (int i = 0; i < n; i++)
		receive_flow(buf, state);
	if (has_idle_state(state))
		cl_wire_invalid(CL_TRANSITIONS_TYPE, "state has no transition");
	return state;
}

void
cl_transitions_send_labels(StringInfo buf, const ClTransitions *labels)
{
	pq_sendint8(buf, labels->kind);
	pq_sendint8(buf, labels->with_amounts);
	pq_sendint64(buf, labels->n_skipped);
	pq_sendint32(buf, labels->n_states);
	for (int i = 0; i < labels->n_states; i++)
	{
		const ClState *state = &labels->state[i];
		int			length = labels->kind == CL_STATES_NAMES ? state->length : 0;

		pq_sendint64(buf, state->number);
		pq_sendint32(buf, length);
		appendBinaryStringInfo(buf, length > 0 ? state->name : "", length);
	}
}

void
cl_transitions_receive_labels(StringInfo buf, const char *type, ClTransitions *labels)
{
	int			n;

	labels->kind = pq_getmsgbyte(buf);
	labels->with_amounts = pq_getmsgbyte(buf) != 0;
	if (labels->kind > CL_STATES_NAMES)
		cl_wire_invalid(type, "kind of states is not known");
	labels->n_skipped = cl_wire_int64(buf, type, 0, PG_INT64_MAX, "number of rows left out");
	n = cl_wire_count(buf, type, CL_TRANSITIONS_STATES, sizeof(int64) + sizeof(int32));
	for (int i = 0; i < n; i++)
	{
		ClState		state = {.number = pq_getmsgint64(buf)};

		state.length = (int) pq_getmsgint(buf, sizeof(int32));
		if (state.length < 0 || state.length > CL_TRANSITIONS_NAME)
			cl_wire_invalid(type, "length of a state is out of range");
		state.name = pq_getmsgbytes(buf, state.length);
		if (cl_transitions_state(labels, &state) != i)
			cl_wire_invalid(type, "state comes twice");
	}
}

/*
 * JSON:
 *		{"version": 1, "states": "names", "amounts": true, "n_skipped": 0,
 *		 "transitions": [[1, "current", "30 days", 25, 1000.5], ...]}
 * months, from, to, number and, with amounts, their sum.
 */
static const char *const json_keys[] = {"version", "states", "amounts", "n_skipped", "transitions", NULL};
static const char *const kinds[] = {"unknown", "numbers", "names", NULL};

static void
print_state(StringInfo out, const ClTransitions *state, int place)
{
	char	   *text = cl_state_string(state, place);

	if (state->kind == CL_STATES_NAMES)
		cl_json_put_string(out, text);
	else
		appendStringInfoString(out, text);
	pfree(text);
}

static void
print_flow(StringInfo out, const ClTransitions *state, int months, int from, int to, const ClFlow *flow)
{
	appendStringInfo(out, "%s[%d, ", out->data[out->len - 1] == '[' ? "" : ", ", months);
	print_state(out, state, from);
	appendStringInfoString(out, ", ");
	print_state(out, state, to);
	appendStringInfo(out, ", " INT64_FORMAT, flow->n);
	if (state->with_amounts)
		appendStringInfo(out, ", %s", cl_numeric_string(cl_amount_datum(flow->amount)));
	appendStringInfoChar(out, ']');
}

static void
print(StringInfo out, const void *data)
{
	ClTransitions *state = unconstify(void *, data);

	cl_transitions_sort(state);
	appendStringInfo(out, "{\"version\": %d, \"states\": \"%s\", \"amounts\": %s, \"n_skipped\": " INT64_FORMAT, VERSION,
					 kinds[state->kind], state->with_amounts ? "true" : "false", state->n_skipped);
	appendStringInfoString(out, ", \"transitions\": [");
	visit_flows(out, state, print_flow);
	appendStringInfoString(out, "]}");
}

static int
parse_state(const ClJson *flow, int index, ClTransitions *state)
{
	ClState		s = {0};
	ClJson		node;
	int			place;

	cl_json_item(flow, index, &node);
	if (state->kind == CL_STATES_NUMBERS)
		s.number = cl_json_decimal(&node, 0, PG_INT32_MIN, PG_INT32_MAX);
	else
	{
		s.name = cl_json_string(&node);
		s.length = strlen(s.name);
		if (s.length > CL_TRANSITIONS_NAME)
			cl_json_error(&node, psprintf("a name of at most %d bytes", CL_TRANSITIONS_NAME));
	}
	place = cl_transitions_state(state, &s);
	if (place < 0)
		cl_json_error(&node, psprintf("one of at most %d states", CL_TRANSITIONS_STATES));
	return place;
}

static void
parse_flow(const ClJson *node, ClTransitions *state)
{
	int			length = state->with_amounts ? 5 : 4;
	int			months;
	int			from;
	int			to;
	ClFlow		flow = {0};
	ClFlow	   *kept;
	ClJson		item;
	const char *wrong;

	(void) cl_json_array(node, length, length);
	cl_json_item(node, 0, &item);
	months = cl_json_int(&item, 1, CL_TRANSITIONS_MONTHS);
	from = parse_state(node, 1, state);
	to = parse_state(node, 2, state);
	cl_json_item(node, 3, &item);
	flow.n = cl_json_decimal(&item, 0, 1, CL_TRANSITIONS_MOST);
	if (state->with_amounts)
	{
		cl_json_item(node, 4, &item);
		if (cl_numeric_minor128(NumericGetDatum(cl_json_numeric(&item)), CL_AMOUNT_DECIMALS, &flow.amount) != CL_NUMERIC_OK)
			cl_json_error(&item, "an amount of at most four decimals");
	}
	wrong = flow_disorder(state, months, &flow);
	if (wrong != NULL)
		cl_json_error(node, psprintf("a transition of which no %s", wrong));
	kept = cl_transitions_flow(state, months, from, to);
	if (kept->n > 0)
		cl_json_error(node, "another transition than those before it");
	*kept = flow;
	state->n += flow.n;
}

static void *
parse(const ClJson *document)
{
	ClTransitions *state = create();
	ClJson		node;
	ClJson		item;
	int			n;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	cl_json_require(document, "states", &node);
	state->kind = cl_json_choice(&node, kinds);
	cl_json_require(document, "amounts", &node);
	state->with_amounts = cl_json_bool(&node);
	if (state->with_amounts && state->kind == CL_STATES_UNKNOWN)
		cl_json_error(&node, "false where there are no states");
	cl_json_require(document, "n_skipped", &node);
	state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	cl_json_require(document, "transitions", &node);
	n = cl_json_array(&node, 0, state->kind == CL_STATES_UNKNOWN ? 0 : PG_INT32_MAX);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_json_item(&node, i, &item);
		parse_flow(&item, state);
	}
	return state;
}

const ClSummary transitions_summary = {
	.name = CL_TRANSITIONS_TYPE,
	.version = VERSION,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * cl_transitions_in, cl_transitions_out, cl_transitions_recv, cl_transitions_send, cl_transitions_serial,
 * cl_transitions_deserial, cl_transitions_combine, cl_transitions_final, cl_transitions_rollup
 */
CL_SUMMARY_FUNCTIONS(transitions)
