/*
 * state_panel.c
 *	  state_path_agg of many accounts in one aggregate: the account is the first argument, and no group is needed for each.
 */
#include "postgres.h"

#include "core/state_panel.h"
#include "pg/memory.h"
#include "pg/month.h"
#include "pg/amount.h"
#include "watch/transitions_state.h"

#include "miscadmin.h"

PG_FUNCTION_INFO_V1(cl_state_panel_number_transition);
PG_FUNCTION_INFO_V1(cl_state_panel_name_transition);
PG_FUNCTION_INFO_V1(cl_state_panel_number_numeric_transition);
PG_FUNCTION_INFO_V1(cl_state_panel_name_numeric_transition);
PG_FUNCTION_INFO_V1(cl_state_panel_number_float8_transition);
PG_FUNCTION_INFO_V1(cl_state_panel_name_float8_transition);
PG_FUNCTION_INFO_V1(cl_state_panel_final);

static void *
create(void)
{
	ClStatePanel *panel = palloc_object(ClStatePanel);
	ClMemory	memory = cl_memory_here();

	cl_state_panel_init(panel, &memory, CL_STATES_UNKNOWN, false);
	return panel;
}

static void
merge(void *into, const void *from)
{
	ClStatePanel *panel = into;
	const ClStatePanel *other = from;

	if (other->counts.kind == CL_STATES_UNKNOWN)
		return;
	cl_transitions_require(&panel->counts, other->counts.kind, other->counts.with_amounts);
	panel->counts.n_skipped = cl_skipped_sum(panel->counts.n_skipped, other->counts.n_skipped);
	if (!cl_state_panel_merge(panel, other))
		cl_transitions_too_many();
}

/*
 * Bytes, between workers only: labels; for each two states int64 n and int128 amount; then int64 runs, and of each int64 account,
 * int64 amount, int32 first, int32 last, int16 first place, int16 last place.
 */
static void
write_state(StringInfo buf, const void *data)
{
	const ClStatePanel *panel = data;
	const ClTransitions *counts = &panel->counts;

	cl_transitions_send_labels(buf, counts);
	for (int from = 0; from < counts->n_states; from++)
	{
		for (int to = 0; to < counts->n_states; to++)
		{
			ClFlow		flow = counts->n_flows > 0 ? counts->flows[0].flow[from * counts->size + to] : (ClFlow) {0};

			pq_sendint64(buf, flow.n);
			cl_wire_send_int128(buf, flow.amount);
		}
	}
	pq_sendint64(buf, panel->n);
	for (size_t i = 0; i < panel->n; i++)
	{
		const ClPanelRun *run = &panel->run[i];

		pq_sendint64(buf, run->account);
		pq_sendint64(buf, run->amount);
		pq_sendint32(buf, run->first);
		pq_sendint32(buf, run->last);
		pq_sendint16(buf, run->first_place);
		pq_sendint16(buf, run->last_place);
	}
}

static void *
read_state(StringInfo buf)
{
	static const char type[] = "panel of states";
	ClStatePanel *panel = create();
	ClTransitions *counts = &panel->counts;
	int64		runs;

	cl_transitions_receive_labels(buf, type, counts);
	for (int from = 0; from < counts->n_states; from++)
	{
		for (int to = 0; to < counts->n_states; to++)
		{
			ClFlow		flow = {.n = cl_wire_int64(buf, type, 0, CL_TRANSITIONS_MOST - counts->n, "number of transitions")};

			flow.amount = cl_wire_int128(buf);
			if (flow.n > 0)
				*cl_transitions_flow(counts, 1, from, to) = flow;
			counts->n += flow.n;
		}
	}
	runs = cl_wire_int64(buf, type, 0, buf->len, "number of runs");
	for (int64 i = 0; i < runs; i++)
	{
		ClPanelRun	run = {.account = pq_getmsgint64(buf)};

		run.amount = pq_getmsgint64(buf);
		run.first = (int32) pq_getmsgint(buf, sizeof(int32));
		run.last = (int32) pq_getmsgint(buf, sizeof(int32));
		run.first_place = (int16) pq_getmsgint(buf, sizeof(int16));
		run.last_place = (int16) pq_getmsgint(buf, sizeof(int16));
		if (run.first_place < 0 || run.first_place >= counts->n_states || run.last_place < 0 ||
			run.last_place >= counts->n_states || run.first < 0 || run.last < run.first)
			cl_wire_invalid(type, "run is out of range");
		cl_state_panel_add_run(panel, &run);
	}
	return panel;
}

static const ClSummary state_panel_summary = {
	.name = "state_panel",
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_state_panel_combine, cl_state_panel_serial, cl_state_panel_deserial */
CL_SUMMARY_FUNCTION(state_panel, combine)
CL_SUMMARY_FUNCTION(state_panel, serial)
CL_SUMMARY_FUNCTION(state_panel, deserial)

/* Arguments: state, account_id, month, the state in it [, amount]. */
static pg_attribute_always_inline Datum
add_month(FunctionCallInfo fcinfo, ClStateKind kind, ClAmountType type)
{
	ClStatePanel *panel = cl_agg_state(fcinfo, create);
	int64		amount = 0;
	int32		month;

	if (unlikely(panel->counts.kind != kind))
		cl_transitions_require(&panel->counts, kind, type != CL_NO_AMOUNT);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) ||
		(type != CL_NO_AMOUNT && (PG_ARGISNULL(4) || !cl_amount(PG_GETARG_DATUM(4), type, &amount))))
	{
		panel->counts.n_skipped++;
		PG_RETURN_POINTER(panel);
	}
	month = cl_month_of(PG_GETARG_DATEADT(2));
	cl_state_panel_add(panel, PG_GETARG_INT64(1), month, cl_transitions_argument(fcinfo, 3, kind, &panel->counts),
					   type != CL_NO_AMOUNT, amount);
	PG_RETURN_POINTER(panel);
}

Datum
cl_state_panel_number_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NUMBERS, CL_NO_AMOUNT);
}

Datum
cl_state_panel_name_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NAMES, CL_NO_AMOUNT);
}

Datum
cl_state_panel_number_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NUMBERS, CL_NUMERIC_AMOUNT);
}

Datum
cl_state_panel_name_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NAMES, CL_NUMERIC_AMOUNT);
}

Datum
cl_state_panel_number_float8_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NUMBERS, CL_FLOAT8_AMOUNT);
}

Datum
cl_state_panel_name_float8_transition(PG_FUNCTION_ARGS)
{
	return add_month(fcinfo, CL_STATES_NAMES, CL_FLOAT8_AMOUNT);
}

static void
bad_run(const ClPanelRun *run)
{
	const ClPanelRun *before = run - 1;

	if (run->first > before->last)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("months of one account are more than a century apart"),
				 errdetail("Account " INT64_FORMAT " has %s and %s.", run->account, cl_month_string(before->last),
						   cl_month_string(run->first)),
				 errhint("Look for a date that stands for \"never\" or \"not known\", and leave its row out.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("a month of an account comes twice"),
			 errdetail("Account " INT64_FORMAT " has %s twice.", run->account, cl_month_string(run->first)),
			 errhint("Take DISTINCT rows, or one of those that contradict each other.")));
}

Datum
cl_state_panel_final(PG_FUNCTION_ARGS)
{
	ClStatePanel *panel;
	ClTransitions *transitions;
	const ClPanelRun *wrong;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	panel = (ClStatePanel *) PG_GETARG_POINTER(0);
	wrong = cl_state_panel_settle(panel);
	if (wrong != NULL)
		bad_run(wrong);
	transitions = transitions_summary.create();
	cl_transitions_require(transitions, panel->counts.kind, panel->counts.with_amounts);
	cl_state_panel_transitions(panel, transitions);
	return cl_summary_datum(&transitions_summary, transitions);
}
