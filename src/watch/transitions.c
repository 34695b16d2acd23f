/*
 * transitions.c
 *	  transitions_agg: rows that are pairs of states; state_path_agg: an account by month, in any order.
 */
#include "postgres.h"

#include "pg/memory.h"
#include "pg/month.h"
#include "pg/amount.h"
#include "watch/transitions_state.h"

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

static void *
create_path(void)
{
	ClStatePath *path = palloc_object(ClStatePath);
	ClMemory	memory = cl_memory_here();

	cl_state_path_init(path, &memory, CL_STATES_UNKNOWN, false);
	return path;
}

static void
merge_paths(void *into, const void *from)
{
	ClStatePath *path = into;
	const ClStatePath *other = from;

	if (other->labels.kind == CL_STATES_UNKNOWN)
		return;
	cl_transitions_require(&path->labels, other->labels.kind, other->labels.with_amounts);
	path->labels.n_skipped = cl_skipped_sum(path->labels.n_skipped, other->labels.n_skipped);
	if (!cl_state_path_merge(path, other))
		cl_transitions_too_many();
}

/*
 * Bytes, between workers only: labels; then int32 months, and of each int32 month, int32 place, int64 amount.
 */
static void
write_path(StringInfo buf, const void *data)
{
	ClStatePath *path = unconstify(void *, data);

	cl_transitions_send_labels(buf, &path->labels);
	pq_sendint32(buf, path->n);
	for (int i = 0; i < path->n; i++)
	{
		pq_sendint32(buf, path->month[i].month);
		pq_sendint32(buf, path->month[i].place);
		pq_sendint64(buf, path->month[i].amount);
	}
}

static void *
read_path(StringInfo buf)
{
	static const char type[] = "path of states";
	ClStatePath *path = create_path();
	int			n;

	cl_transitions_receive_labels(buf, type, &path->labels);
	n = cl_wire_count(buf, type, PG_INT32_MAX, 2 * sizeof(int32) + sizeof(int64));
	for (int i = 0; i < n; i++)
	{
		int32		month = (int32) pq_getmsgint(buf, sizeof(int32));
		int32		place = (int32) pq_getmsgint(buf, sizeof(int32));
		int64		amount = pq_getmsgint64(buf);

		if (place < 0 || place >= path->labels.n_states)
			cl_wire_invalid(type, "place of a state is out of range");
		cl_state_path_add(path, month, place, amount);
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
	ClStatePath *path = cl_agg_state(fcinfo, create_path);
	int64		amount = 0;

	if (unlikely(path->labels.kind != kind))
		cl_transitions_require(&path->labels, kind, type != CL_NO_AMOUNT);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		(type != CL_NO_AMOUNT && (PG_ARGISNULL(3) || !cl_amount(PG_GETARG_DATUM(3), type, &amount))))
		path->labels.n_skipped++;
	else
		cl_state_path_add(path, cl_month_of(PG_GETARG_DATEADT(1)),
						  cl_transitions_argument(fcinfo, 2, kind, &path->labels), amount);
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
			 errdetail("In %s one says state %s.", cl_month_string(path->month[at].month),
					   cl_state_string(&path->labels, path->month[at].place)),
			 errhint("A group is one account: group by its number, and look for months that are there twice.")));
}

static void
require_within_a_century(const ClStatePath *path)
{
	if (path->n > 0 && path->month[path->n - 1].month - path->month[0].month > CL_TRANSITIONS_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("months of one account are more than a century apart"),
				 errdetail("Found %s and %s.", cl_month_string(path->month[0].month),
						   cl_month_string(path->month[path->n - 1].month)),
				 errhint("Look for a date that stands for \"never\" or \"not known\", and leave its row out.")));
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
	require_within_a_century(path);
	transitions = transitions_summary.create();
	cl_transitions_require(transitions, path->labels.kind, path->labels.with_amounts);
	cl_state_path_transitions(path, transitions);
	return cl_summary_datum(&transitions_summary, transitions);
}
