/*
 * transitions_answers.c
 *	  What is read from transitions: roll rates, net flow rates, the matrix, and where a chain with these shares goes.
 */
#include "postgres.h"

#include <math.h>

#include "core/transition_matrix.h"
#include "pg/confidence.h"
#include "pg/record.h"
#include "pg/amount.h"
#include "watch/transitions_state.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_transitions_stats);
PG_FUNCTION_INFO_V1(cl_roll_rates);
PG_FUNCTION_INFO_V1(cl_net_flow_rates);
PG_FUNCTION_INFO_V1(cl_transition_states);
PG_FUNCTION_INFO_V1(cl_transition_matrix);
PG_FUNCTION_INFO_V1(cl_transition_pd);
PG_FUNCTION_INFO_V1(cl_expected_states);
PG_FUNCTION_INFO_V1(cl_aalen_johansen);

static const ClFlows *
flows_of_a_month(const ClTransitions *transitions)
{
	return transitions->n_flows > 0 && transitions->flows[0].months == 1 ? &transitions->flows[0] : NULL;
}

static ClFlow
flow_at(const ClTransitions *transitions, const ClFlows *flows, int from, int to)
{
	return flows != NULL ? flows->flow[from * transitions->size + to] : (ClFlow) {0};
}

/* All that went from a state, or came to it. */
static ClFlow
total(const ClTransitions *transitions, const ClFlows *flows, int state, bool from)
{
	ClFlow		sum = {0};

	for (int i = 0; i < transitions->n_states; i++)
	{
		ClFlow		flow = from ? flow_at(transitions, flows, state, i) : flow_at(transitions, flows, i, state);

		sum.n += flow.n;
		sum.amount += flow.amount;
	}
	return sum;
}

static void
put_amount(ClRecord *record, const ClTransitions *transitions, cl_int128 amount)
{
	if (transitions->with_amounts)
		cl_record_put(record, cl_amount_datum(amount));
	else
		cl_record_put_null(record);
}

static void
put_amount_share(ClRecord *record, const ClTransitions *transitions, cl_int128 part, cl_int128 whole)
{
	cl_record_put_float8(record, transitions->with_amounts && whole != 0 ? (double) part / (double) whole : NAN);
}

Datum
cl_transitions_stats(PG_FUNCTION_ARGS)
{
	const ClTransitions *transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	const ClFlows *month = flows_of_a_month(transitions);
	ClFlow		all = {0};
	ClRecord	record;

	for (int i = 0; i < transitions->n_states; i++)
	{
		ClFlow		from = total(transitions, month, i, true);

		all.n += from.n;
		all.amount += from.amount;
	}
	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, all.n);
	cl_record_put_int64(&record, transitions->n - all.n);
	cl_record_put_int64(&record, transitions->n_skipped);
	cl_record_put_int32(&record, transitions->n_states);
	put_amount(&record, transitions, all.amount);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* transitions, confidence */
Datum
cl_roll_rates(PG_FUNCTION_ARGS)
{
	const ClTransitions *transitions;
	const ClFlows *month;
	double		reach;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	reach = cl_confidence_reach(cl_confidence_argument(fcinfo, 1));
	transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	month = flows_of_a_month(transitions);
	for (int from = 0; from < transitions->n_states; from++)
	{
		ClFlow		all = total(transitions, month, from, true);

		CHECK_FOR_INTERRUPTS();
		for (int to = 0; all.n > 0 && to < transitions->n_states; to++)
		{
			ClFlow		flow = flow_at(transitions, month, from, to);
			double		rate = (double) flow.n / (double) all.n;
			double		low;
			double		high;

			cl_share_interval(rate, (double) all.n, reach, &low, &high);
			cl_record_put_text(&record, cl_state_string(transitions, from));
			cl_record_put_text(&record, cl_state_string(transitions, to));
			cl_record_put_int64(&record, flow.n);
			cl_record_put_int64(&record, all.n);
			cl_record_put_float8(&record, rate);
			cl_record_put_float8(&record, low);
			cl_record_put_float8(&record, high);
			put_amount(&record, transitions, flow.amount);
			put_amount_share(&record, transitions, flow.amount, all.amount);
			cl_record_next(&record);
		}
	}
	PG_RETURN_NULL();
}

/*
 * The states that flow into each other, the next of each after it: those of the argument, or all in the order of their numbers.
 * Names have no order that is known here.
 */
static int
read_flow(const ClTransitions *transitions, FunctionCallInfo fcinfo, int argno, int *place)
{
	Datum	   *name;
	bool	   *null;
	int			n;

	if (PG_ARGISNULL(argno))
	{
		if (transitions->kind == CL_STATES_NAMES && transitions->n_states > 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("states that are names have no order"),
					 errdetail("By the alphabet \"%s\" would be the first of %d.", cl_state_string(transitions, 0),
							   transitions->n_states),
					 errhint("Give the states in the order in which they flow, from current to charge-off.")));
		for (int i = 0; i < transitions->n_states; i++)
			place[i] = i;
		return transitions->n_states;
	}
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argno), TEXTOID, -1, false, TYPALIGN_INT, &name, &null, &n);
	for (int i = 0; i < n; i++)
	{
		int			at = cl_transitions_named(transitions, null[i] ? "" : TextDatumGetCString(name[i]));

		for (int j = 0; j < i; j++)
		{
			if (place[j] == at)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("state \"%s\" is there twice", cl_state_string(transitions, at)),
						 errdetail("It is number %d and number %d of the states.", j + 1, i + 1),
						 errhint("Give each state once, in the order in which they flow.")));
		}
		place[i] = at;
	}
	return n;
}

/* transitions, states */
Datum
cl_net_flow_rates(PG_FUNCTION_ARGS)
{
	const ClTransitions *transitions;
	const ClFlows *month;
	int			place[CL_TRANSITIONS_STATES + 1];
	int			n;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	month = flows_of_a_month(transitions);
	n = read_flow(transitions, fcinfo, 1, place);
	for (int i = 0; i + 1 < n; i++)
	{
		ClFlow		before = total(transitions, month, place[i], true);
		ClFlow		after = total(transitions, month, place[i + 1], false);

		cl_record_put_text(&record, cl_state_string(transitions, place[i]));
		cl_record_put_text(&record, cl_state_string(transitions, place[i + 1]));
		cl_record_put_int64(&record, before.n);
		cl_record_put_int64(&record, after.n);
		cl_record_put_float8(&record, before.n > 0 ? (double) after.n / (double) before.n : NAN);
		put_amount(&record, transitions, before.amount);
		put_amount(&record, transitions, after.amount);
		put_amount_share(&record, transitions, after.amount, before.amount);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

Datum
cl_transition_states(PG_FUNCTION_ARGS)
{
	const ClTransitions *transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	Datum		name[CL_TRANSITIONS_STATES];

	for (int i = 0; i < transitions->n_states; i++)
		name[i] = CStringGetTextDatum(cl_state_string(transitions, i));
	PG_RETURN_ARRAYTYPE_P(construct_array(name, transitions->n_states, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
cl_transition_matrix(PG_FUNCTION_ARGS)
{
	const ClTransitions *transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	int			states = transitions->n_states;
	double	   *share = palloc_array(double, (size_t) states * states + 1);
	Datum	   *element = palloc_array(Datum, (size_t) states * states + 1);
	int			dimension[2] = {states, states};
	int			lower[2] = {1, 1};

	if (states == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	cl_transition_shares(transitions, NULL, share);
	for (int i = 0; i < states * states; i++)
		element[i] = Float8GetDatum(share[i]);
	PG_RETURN_ARRAYTYPE_P(construct_md_array(element, NULL, 2, dimension, lower, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
											 TYPALIGN_DOUBLE));
}

/*
 * Chains
 */

static int
read_months(FunctionCallInfo fcinfo, int argno)
{
	int			months = PG_GETARG_INT32(argno);

	if (months < 0 || months > CL_TRANSITIONS_MONTHS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("months must be between 0 and %d", CL_TRANSITIONS_MONTHS),
				 errdetail("Found %d.", months),
				 errhint("Twelve months are a year.")));
	return months;
}

/* transitions, months, states of default */
Datum
cl_transition_pd(PG_FUNCTION_ARGS)
{
	const ClTransitions *transitions;
	int			months;
	int			states;
	bool	   *is_default;
	double	   *share;
	double	   *row;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	months = read_months(fcinfo, 1);
	transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	states = transitions->n_states;
	is_default = cl_transitions_chosen(transitions, PG_GETARG_ARRAYTYPE_P(2));
	share = palloc_array(double, (size_t) states * states + 1);
	row = palloc_array(double, 2 * states + 1);
	cl_transition_shares(transitions, is_default, share);
	for (int from = 0; from < states; from++)
	{
		double		pd = 0;

		memset(row, 0, sizeof(double) * states);
		row[from] = 1;
		for (int m = 0; m < months; m++)
		{
			CHECK_FOR_INTERRUPTS();
			cl_transition_step(share, states, row, row + states);
		}
		for (int to = 0; to < states; to++)
			pd += is_default[to] ? row[to] : 0;
		cl_record_put_text(&record, cl_state_string(transitions, from));
		cl_record_put_float8(&record, fmin(pd, 1));
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

/* transitions, numbers of accounts by state in the order of transition_states, months */
Datum
cl_expected_states(PG_FUNCTION_ARGS)
{
	const ClTransitions *transitions;
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(1);
	Datum	   *start;
	bool	   *null;
	int			n;
	int			months;
	int			states;
	double	   *share;
	double	   *row;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	months = read_months(fcinfo, 2);
	transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	states = transitions->n_states;
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &start, &null, &n);
	if (n != states || ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("there must be a number for each state"),
				 errdetail("Found %d, and there are %d states.", n, states),
				 errhint("transition_states says which number is of which state.")));
	share = palloc_array(double, (size_t) states * states + 1);
	row = palloc_array(double, 2 * states + 1);
	for (int i = 0; i < states; i++)
	{
		row[i] = null[i] ? NAN : DatumGetFloat8(start[i]);
		if (!(row[i] >= 0 && row[i] <= 1e15))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("number of a state must be between 0 and 1e15"),
					 errdetail("Found %s for state %s.", null[i] ? "NULL" : psprintf("%g", row[i]),
							   cl_state_string(transitions, i)),
					 errhint("A state in which nothing is has 0.")));
	}
	cl_transition_shares(transitions, NULL, share);
	for (int m = 0; m <= months; m++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int to = 0; to < states; to++)
		{
			cl_record_put_int32(&record, m);
			cl_record_put_text(&record, cl_state_string(transitions, to));
			cl_record_put_float8(&record, row[to]);
			cl_record_next(&record);
		}
		cl_transition_step(share, states, row, row + states);
	}
	PG_RETURN_NULL();
}

/* transitions of one period after the other */
Datum
cl_aalen_johansen(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	int16		length;
	bool		by_value;
	char		align;
	Datum	   *value;
	bool	   *null;
	int			n;
	ClTransitions *all = transitions_summary.create();
	ClTransitions **period;
	double	   *product;
	double	   *share;
	double	   *work;
	int			states;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &length, &by_value, &align);
	deconstruct_array(array, ARR_ELEMTYPE(array), length, by_value, align, &value, &null, &n);
	period = palloc_array(ClTransitions *, n + 1);
	/* Every period is put into the states of all. */
	for (int i = 0; i < n; i++)
	{
		if (null[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("transitions of a period must not be NULL"),
					 errdetail("Those of period %d are.", i + 1),
					 errhint("A period in which nothing was seen cannot be left out of a product.")));
		transitions_summary.merge(all, cl_summary_state(&transitions_summary, value[i]));
	}
	cl_transitions_sort(all);
	states = all->n_states;
	for (int i = 0; i < n; i++)
	{
		period[i] = transitions_summary.create();
		if (all->kind != CL_STATES_UNKNOWN)
			cl_transitions_require(period[i], all->kind, all->with_amounts);
		for (int s = 0; s < states; s++)
			(void) cl_transitions_state(period[i], &all->state[s]);
		transitions_summary.merge(period[i], cl_summary_state(&transitions_summary, value[i]));
	}
	product = palloc0_array(double, (size_t) states * states + 1);
	share = palloc_array(double, (size_t) states * states + 1);
	work = palloc_array(double, states + 1);
	for (int s = 0; s < states; s++)
		product[s * states + s] = 1;
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_transition_shares(period[i], NULL, share);
		cl_transition_product(product, share, states, work);
		for (int from = 0; from < states; from++)
		{
			for (int to = 0; to < states; to++)
			{
				cl_record_put_int32(&record, i + 1);
				cl_record_put_text(&record, cl_state_string(all, from));
				cl_record_put_text(&record, cl_state_string(all, to));
				cl_record_put_float8(&record, product[from * states + to]);
				cl_record_next(&record);
			}
		}
	}
	PG_RETURN_NULL();
}
