/*
 * hazard_state.c
 *	  The state behind the type hazard: merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include "watch/hazard_state.h"

#include "pg/memory.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#define TYPE_NAME "hazard"
#define VERSION 1

static void *
create(void)
{
	ClHazard   *state = palloc_object(ClHazard);
	ClMemory	memory = cl_memory_here();

	cl_hazard_init(state, &memory);
	return state;
}

void
cl_hazard_too_many(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many causes or accounts"),
			 errdetail("There may be %d causes and " INT64_FORMAT " accounts.", CL_HAZARD_CAUSES, CL_HAZARD_MOST),
			 errhint("Put causes into groups.")));
}

static void
merge(void *into, const void *from)
{
	ClHazard   *state = into;
	const ClHazard *other = from;

	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
	if (!cl_hazard_merge(state, other))
		cl_hazard_too_many();
}

/* Accounts at a duration; 0 where there is no row of it. */
static int64
accounts_at(const ClHazard *state, int duration)
{
	int64		n = state->censored[duration];

	for (int i = 0; i < state->n_causes; i++)
		n += state->cause[i].n[duration];
	return n;
}

/*
 * Bytes:
 *		int64	n_skipped
 *		int8	number of causes, then each by its bytes: int16 length and the name
 *		int32	number of durations, then each, ascending: int32 duration, int64 censored, int64 events of each cause
 */
static void
write_state(StringInfo buf, const void *data)
{
	const ClHazard *state = data;
	int			n = 0;

	pq_sendint64(buf, state->n_skipped);
	pq_sendint8(buf, state->n_causes);
	for (int i = 0; i < state->n_causes; i++)
	{
		pq_sendint16(buf, state->cause[i].length);
		appendBinaryStringInfo(buf, state->cause[i].name, state->cause[i].length);
	}
	for (int t = 0; t < state->size; t++)
		n += accounts_at(state, t) > 0;
	pq_sendint32(buf, n);
	for (int t = 0; t < state->size; t++)
	{
		if (accounts_at(state, t) == 0)
			continue;
		pq_sendint32(buf, t);
		pq_sendint64(buf, state->censored[t]);
		for (int i = 0; i < state->n_causes; i++)
			pq_sendint64(buf, state->cause[i].n[t]);
	}
}

/* Adds accounts from outside: cause NULL for censored ones. False where there are too many. */
static bool
take(ClHazard *state, int duration, const ClCause *cause, int64 n)
{
	if (n < 0 || n > CL_HAZARD_MOST - state->n)
		return false;
	if (n == 0)
		return true;
	if (cause != NULL)
		return cl_hazard_add_event(state, duration, cause->name, cause->length, n);
	cl_hazard_add_censored(state, duration, n);
	return true;
}

static void
receive_cause(StringInfo buf, ClCause *cause, const ClCause *before)
{
	int			least;
	int			order;

	cause->length = (int) pq_getmsgint(buf, sizeof(int16));
	if (cause->length < 1 || cause->length > CL_HAZARD_NAME)
		cl_wire_invalid(TYPE_NAME, psprintf("length %d of a cause is out of range", cause->length));
	cause->name = unconstify(char *, pq_getmsgbytes(buf, cause->length));
	if (!pg_verifymbstr(cause->name, cause->length, true))
		cl_wire_invalid(TYPE_NAME, "cause is not text in the encoding of the database");
	if (before == NULL)
		return;
	least = Min(before->length, cause->length);
	order = memcmp(before->name, cause->name, least);
	if (order > 0 || (order == 0 && before->length >= cause->length))
		cl_wire_invalid(TYPE_NAME, "causes do not ascend");
}

static void *
read_state(StringInfo buf)
{
	ClHazard   *state = create();
	ClCause		cause[CL_HAZARD_CAUSES];
	int			causes;
	int			n;
	int			before = -1;

	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	causes = pq_getmsgbyte(buf);
	if (causes > CL_HAZARD_CAUSES)
		cl_wire_invalid(TYPE_NAME, psprintf("%d causes are too many", causes));
	for (int i = 0; i < causes; i++)
		receive_cause(buf, &cause[i], i > 0 ? &cause[i - 1] : NULL);
	n = cl_wire_count(buf, TYPE_NAME, CL_HAZARD_DURATION + 1, sizeof(int32) + sizeof(int64) * (1 + causes));
	for (int r = 0; r < n; r++)
	{
		int			duration = (int) pq_getmsgint(buf, sizeof(int32));
		int64		accounts = state->n;

		if (duration <= before || duration > CL_HAZARD_DURATION)
			cl_wire_invalid(TYPE_NAME, "durations do not ascend");
		before = duration;
		for (int i = -1; i < causes; i++)
		{
			if (!take(state, duration, i < 0 ? NULL : &cause[i], pq_getmsgint64(buf)))
				cl_wire_invalid(TYPE_NAME, "number of accounts is out of range");
		}
		if (state->n == accounts)
			cl_wire_invalid(TYPE_NAME, "duration has no accounts");
	}
	if (state->n_causes != causes)
		cl_wire_invalid(TYPE_NAME, "cause has no events");
	return state;
}

/*
 * JSON:
 *		{"version": 1, "n_skipped": 0, "causes": ["closure", "default"], "durations": [[12, 5, 1, 0], ...]}
 * a duration, accounts censored at it, and events of each cause.
 */
static const char *const json_keys[] = {"version", "n_skipped", "causes", "durations", NULL};

static void
print(StringInfo out, const void *data)
{
	const ClHazard *state = data;
	const char *separator = "";

	appendStringInfo(out, "{\"version\": %d, \"n_skipped\": " INT64_FORMAT ", \"causes\": [", VERSION, state->n_skipped);
	for (int i = 0; i < state->n_causes; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		cl_json_put_string(out, pnstrdup(state->cause[i].name, state->cause[i].length));
	}
	appendStringInfoString(out, "], \"durations\": [");
	for (int t = 0; t < state->size; t++)
	{
		if (accounts_at(state, t) == 0)
			continue;
		appendStringInfo(out, "%s[%d, " INT64_FORMAT, separator, t, state->censored[t]);
		for (int i = 0; i < state->n_causes; i++)
			appendStringInfo(out, ", " INT64_FORMAT, state->cause[i].n[t]);
		appendStringInfoChar(out, ']');
		separator = ", ";
	}
	appendStringInfoString(out, "]}");
}

static void
parse_duration(const ClJson *node, ClHazard *state, const ClCause *cause, int causes)
{
	ClJson		item;
	int			duration;
	int64		accounts = state->n;

	(void) cl_json_array(node, 2 + causes, 2 + causes);
	cl_json_item(node, 0, &item);
	duration = cl_json_int(&item, 0, CL_HAZARD_DURATION);
	if (duration < state->size && accounts_at(state, duration) > 0)
		cl_json_error(node, "another duration than those before it");
	for (int i = -1; i < causes; i++)
	{
		cl_json_item(node, 2 + i, &item);
		if (!take(state, duration, i < 0 ? NULL : &cause[i], cl_json_decimal(&item, 0, 0, CL_HAZARD_MOST)))
			cl_json_error(&item, "a number of which all add up to at most 2^50");
	}
	if (state->n == accounts)
		cl_json_error(node, "a duration with accounts");
}

static void *
parse(const ClJson *document)
{
	ClHazard   *state = create();
	ClCause		cause[CL_HAZARD_CAUSES];
	int			causes;
	ClJson		node;
	ClJson		item;
	int			n;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	cl_json_require(document, "n_skipped", &node);
	state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	cl_json_require(document, "causes", &node);
	causes = cl_json_array(&node, 0, CL_HAZARD_CAUSES);
	for (int i = 0; i < causes; i++)
	{
		cl_json_item(&node, i, &item);
		cause[i].name = cl_json_string(&item);
		cause[i].length = strlen(cause[i].name);
		if (cause[i].length > CL_HAZARD_NAME)
			cl_json_error(&item, psprintf("a name of at most %d bytes", CL_HAZARD_NAME));
	}
	cl_json_require(document, "durations", &node);
	n = cl_json_array(&node, 0, PG_INT32_MAX);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_json_item(&node, i, &item);
		parse_duration(&item, state, cause, causes);
	}
	return state;
}

const ClSummary hazard_summary = {
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
 * cl_hazard_in, cl_hazard_out, cl_hazard_recv, cl_hazard_send, cl_hazard_serial, cl_hazard_deserial, cl_hazard_combine,
 * cl_hazard_final, cl_hazard_rollup
 */
CL_SUMMARY_FUNCTIONS(hazard)
