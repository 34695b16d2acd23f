/*
 * transitions.c
 *	  transitions_agg: rows that are pairs of states; state_path_agg: an account by month, in any order.
 */
#include "postgres.h"

#include "pg/memory.h"
#include "pg/month.h"
#include "pg/amount.h"
#include "watch/transitions_state.h"

#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_transitions_number_transition);
PG_FUNCTION_INFO_V1(cl_transitions_name_transition);
PG_FUNCTION_INFO_V1(cl_transitions_number_numeric_transition);
PG_FUNCTION_INFO_V1(cl_transitions_name_numeric_transition);
PG_FUNCTION_INFO_V1(cl_transitions_number_float8_transition);
PG_FUNCTION_INFO_V1(cl_transitions_name_float8_transition);
PG_FUNCTION_INFO_V1(cl_state_path_number_transition);
PG_FUNCTION_INFO_V1(cl_state_path_name_transition);
PG_FUNCTION_INFO_V1(cl_state_path_number_numeric_transition);
PG_FUNCTION_INFO_V1(cl_state_path_name_numeric_transition);
PG_FUNCTION_INFO_V1(cl_state_path_number_float8_transition);
PG_FUNCTION_INFO_V1(cl_state_path_name_float8_transition);
PG_FUNCTION_INFO_V1(cl_state_path_final);

/*
 * Pairs. Arguments: state, from_state, to_state [, amount].
 */

static pg_attribute_always_inline Datum
add_pair(FunctionCallInfo fcinfo, ClStateKind kind, ClAmountType type)
{
	ClTransitions *transitions = cl_agg_state(fcinfo, transitions_summary.create);
	int64		amount = 0;
	int			from;
	int			to;
	ClFlow	   *flow;

	if (unlikely(transitions->kind != kind || transitions->with_amounts != (type != CL_NO_AMOUNT)))
		cl_transitions_require(transitions, kind, type != CL_NO_AMOUNT);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		(type != CL_NO_AMOUNT && (PG_ARGISNULL(3) || !cl_amount(PG_GETARG_DATUM(3), type, &amount))))
	{
		transitions->n_skipped++;
		PG_RETURN_POINTER(transitions);
	}
	from = cl_transitions_argument(fcinfo, 1, kind, transitions);
	to = cl_transitions_argument(fcinfo, 2, kind, transitions);
	flow = cl_transitions_flow(transitions, 1, from, to);
	flow->n++;
	flow->amount += amount;
	transitions->n++;
	PG_RETURN_POINTER(transitions);
}

Datum
cl_transitions_number_transition(PG_FUNCTION_ARGS)
{
	return add_pair(fcinfo, CL_STATES_NUMBERS, CL_NO_AMOUNT);
}

Datum
cl_transitions_name_transition(PG_FUNCTION_ARGS)
{
	return add_pair(fcinfo, CL_STATES_NAMES, CL_NO_AMOUNT);
}

Datum
cl_transitions_number_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_pair(fcinfo, CL_STATES_NUMBERS, CL_NUMERIC_AMOUNT);
}

Datum
cl_transitions_name_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_pair(fcinfo, CL_STATES_NAMES, CL_NUMERIC_AMOUNT);
}

Datum
cl_transitions_number_float8_transition(PG_FUNCTION_ARGS)
{
	return add_pair(fcinfo, CL_STATES_NUMBERS, CL_FLOAT8_AMOUNT);
}

Datum
cl_transitions_name_float8_transition(PG_FUNCTION_ARGS)
{
	return add_pair(fcinfo, CL_STATES_NAMES, CL_FLOAT8_AMOUNT);
}

/*
 * Paths. Arguments: state, month, the state in it [, amount].
 */

static ClTransitions *
new_labels(ClStateKind kind, bool with_amounts)
{
	ClTransitions *labels = palloc_object(ClTransitions);
	ClMemory	memory = cl_memory_here();

	cl_transitions_init(labels, &memory, kind, with_amounts);
	return labels;
}

static void *
create_path(void)
{
	ClStatePath *path = palloc_object(ClStatePath);

	cl_state_path_init(path, new_labels(CL_STATES_UNKNOWN, false));
	return path;
}

/* The path of a group at its first row. Its labels are those of all groups, which mostly have the same few states. */
static pg_noinline ClStatePath *
begin_path(FunctionCallInfo fcinfo, ClStateKind kind, bool with_amounts)
{
	MemoryContext old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	ClStatePath *path = palloc_object(ClStatePath);

	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = new_labels(kind, with_amounts);
	}
	cl_state_path_init(path, fcinfo->flinfo->fn_extra);
	MemoryContextSwitchTo(old);
	return path;
}

static pg_noinline void
grow_path(ClStatePath *path)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(path));
	ClMemory	memory = cl_memory_here();

	cl_state_path_grow(path, &memory);
	MemoryContextSwitchTo(old);
}

/* Labels of this path only. All groups together may have more states than there is room for, one may not. */
static pg_noinline ClTransitions *
own_labels(ClStatePath *path)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(path));

	(void) cl_state_path_relabel(path, new_labels(path->labels->kind, path->labels->with_amounts));
	MemoryContextSwitchTo(old);
	return path->labels;
}

static void
apart(int32_t first, int32_t last)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("months of one account are more than a century apart"),
			 errdetail("Found %s and %s.", cl_month_string(Min(first, last)), cl_month_string(Max(first, last))),
			 errhint("Look for a date that stands for \"never\" or \"not known\", and leave its row out.")));
}

static pg_attribute_always_inline void
add_step(ClStatePath *path, int32_t month, int place, int64_t amount)
{
	if (unlikely(path->n == path->size))
		grow_path(path);
	if (unlikely(!cl_state_path_add(path, month, place, amount)))
		apart(path->origin, month);
}

static void
merge_paths(void *into, const void *from)
{
	ClStatePath *path = into;
	const ClStatePath *other = from;
	int			place[CL_TRANSITIONS_STATES];

	if (other->labels->kind == CL_STATES_UNKNOWN)
		return;
	cl_transitions_require(path->labels, other->labels->kind, other->labels->with_amounts);
	path->n_skipped = cl_skipped_sum(path->n_skipped, other->n_skipped);
	for (int i = 0; i < other->labels->n_states; i++)
	{
		place[i] = cl_transitions_state(path->labels, &other->labels->state[i]);
		if (place[i] < 0)
			cl_transitions_too_many();
	}
	for (int i = 0; i < other->n; i++)
		add_step(path, cl_state_path_month(other, i), place[other->step[i].place], other->amount != NULL ? other->amount[i] : 0);
}

/*
 * Bytes, between workers only: labels; then int32 months, and of each int32 month, int32 place, int64 amount.
 */
static void
write_path(StringInfo buf, const void *data)
{
	ClStatePath path = *(const ClStatePath *) data;

	path.step = palloc_array(ClPathStep, path.n + 1);
	memcpy(path.step, ((const ClStatePath *) data)->step, sizeof(ClPathStep) * path.n);
	(void) cl_state_path_relabel(&path, new_labels(path.labels->kind, path.labels->with_amounts));
	path.labels->n_skipped = path.n_skipped;
	cl_transitions_send_labels(buf, path.labels);
	pq_sendint32(buf, path.n);
	for (int i = 0; i < path.n; i++)
	{
		pq_sendint32(buf, cl_state_path_month(&path, i));
		pq_sendint32(buf, path.step[i].place);
		pq_sendint64(buf, path.amount != NULL ? path.amount[i] : 0);
	}
}

static void *
read_path(StringInfo buf)
{
	static const char type[] = "path of states";
	ClStatePath *path = create_path();
	int			n;

	cl_transitions_receive_labels(buf, type, path->labels);
	path->n_skipped = path->labels->n_skipped;
	n = cl_wire_count(buf, type, PG_INT32_MAX, 2 * sizeof(int32) + sizeof(int64));
	for (int i = 0; i < n; i++)
	{
		int32		month = (int32) pq_getmsgint(buf, sizeof(int32));
		int32		place = (int32) pq_getmsgint(buf, sizeof(int32));
		int64		amount = pq_getmsgint64(buf);

		if (place < 0 || place >= path->labels->n_states)
			cl_wire_invalid(type, "place of a state is out of range");
		add_step(path, month, place, amount);
	}
	return path;
}

static const ClSummary state_path_summary = {
	.name = "state_path",
	.version = 1,
	.create = create_path,
	.merge = merge_paths,
	.write = write_path,
	.read = read_path,
};

/* cl_state_path_combine, cl_state_path_serial, cl_state_path_deserial */
CL_SUMMARY_FUNCTION(state_path, combine)
CL_SUMMARY_FUNCTION(state_path, serial)
CL_SUMMARY_FUNCTION(state_path, deserial)

static pg_attribute_always_inline Datum
add_month(FunctionCallInfo fcinfo, ClStateKind kind, ClAmountType type)
{
	ClStatePath *path = likely(!PG_ARGISNULL(0)) ? (ClStatePath *) PG_GETARG_POINTER(0) :
		begin_path(fcinfo, kind, type != CL_NO_AMOUNT);
	int64		amount = 0;
	int			place;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		(type != CL_NO_AMOUNT && (PG_ARGISNULL(3) || !cl_amount(PG_GETARG_DATUM(3), type, &amount))))
	{
		path->n_skipped++;
		PG_RETURN_POINTER(path);
	}
	place = cl_transitions_argument_or_none(fcinfo, 2, kind, path->labels);
	if (unlikely(place < 0))
		place = cl_transitions_argument(fcinfo, 2, kind, own_labels(path));
	add_step(path, cl_month_of(PG_GETARG_DATEADT(1)), place, amount);
	PG_RETURN_POINTER(path);
}

Datum
cl_state_path_number_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NUMBERS, CL_NO_AMOUNT);
}

Datum
cl_state_path_name_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NAMES, CL_NO_AMOUNT);
}

Datum
cl_state_path_number_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NUMBERS, CL_NUMERIC_AMOUNT);
}

Datum
cl_state_path_name_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NAMES, CL_NUMERIC_AMOUNT);
}

Datum
cl_state_path_number_float8_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NUMBERS, CL_FLOAT8_AMOUNT);
}

Datum
cl_state_path_name_float8_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NAMES, CL_FLOAT8_AMOUNT);
}

static void
contradiction(const ClStatePath *path, int at)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("rows of one account contradict each other about a month"),
			 errdetail("In %s one says state %s.", cl_month_string(cl_state_path_month(path, at)),
					   cl_state_string(path->labels, path->step[at].place)),
			 errhint("A group is one account: group by its number, and look for months that are there twice.")));
}

Datum
cl_state_path_final(PG_FUNCTION_ARGS)
{
	ClStatePath *path;
	ClTransitions *transitions;
	int			at;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	path = (ClStatePath *) PG_GETARG_POINTER(0);
	at = cl_state_path_settle(path);
	if (at >= 0)
		contradiction(path, at);
	if (path->n > 0 && path->step[path->n - 1].offset - path->step[0].offset > CL_TRANSITIONS_MONTHS)
		apart(cl_state_path_month(path, 0), cl_state_path_month(path, path->n - 1));
	transitions = transitions_summary.create();
	cl_transitions_require(transitions, path->labels->kind, path->labels->with_amounts);
	cl_state_path_transitions(path, transitions);
	return cl_summary_datum(&transitions_summary, transitions);
}
