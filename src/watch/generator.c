/*
 * generator.c
 *	  transition_generator: the rates behind a panel with gaps; generator_matrix: the probabilities of some months.
 */
#include "postgres.h"

#include <math.h>

#include "core/generator.h"
#include "pg/confidence.h"
#include "pg/memory.h"
#include "pg/record.h"
#include "watch/transitions_state.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_transition_generator);
PG_FUNCTION_INFO_V1(cl_generator_matrix);

static void
require_few_states(int states)
{
	if (states > CL_GENERATOR_STATES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a generator has at most %d states", CL_GENERATOR_STATES),
				 errdetail("Found %d.", states),
				 errhint("Put states into groups, such as buckets of days past due.")));
}

/*
 * Arguments
 */

/* NULL: every move that was seen between two looks. Else pairs of names. */
static bool *
read_moves(const ClTransitions *transitions, FunctionCallInfo fcinfo, int argno)
{
	int			states = transitions->n_states;
	bool	   *move = palloc0_array(bool, states * states + 1);
	ArrayType  *array;
	Datum	   *name;
	bool	   *null;
	int			n;

	if (PG_ARGISNULL(argno))
	{
		for (int i = 0; i < transitions->n_flows; i++)
		{
			for (int from = 0; from < states; from++)
			{
				for (int to = 0; to < states; to++)
					move[from * states + to] |= from != to && transitions->flows[i].flow[from * transitions->size + to].n > 0;
			}
		}
		return move;
	}
	array = PG_GETARG_ARRAYTYPE_P(argno);
	if (ARR_NDIM(array) != 0 && (ARR_NDIM(array) != 2 || ARR_DIMS(array)[1] != 2))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("moves must be pairs of states"),
				 errdetail("Found an array of %d dimensions.", ARR_NDIM(array)),
				 errhint("Write {{from, to}, {from, to}}.")));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &name, &null, &n);
	for (int i = 0; i < n; i += 2)
	{
		int			from = cl_transitions_named(transitions, null[i] ? "" : TextDatumGetCString(name[i]));
		int			to = cl_transitions_named(transitions, null[i + 1] ? "" : TextDatumGetCString(name[i + 1]));

		if (from == to)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a move must be to another state"),
					 errdetail("Found one from %s to itself.", cl_state_string(transitions, from)),
					 errhint("The diagonal is computed from the other rates.")));
		move[from * states + to] = true;
	}
	return move;
}

static bool *
read_exact(const ClTransitions *transitions, const bool *move, FunctionCallInfo fcinfo, int argno)
{
	int			states = transitions->n_states;
	bool	   *exact = PG_ARGISNULL(argno) ? palloc0_array(bool, states + 1) :
		cl_transitions_chosen(transitions, PG_GETARG_ARRAYTYPE_P(argno));

	for (int from = 0; from < states; from++)
	{
		for (int to = 0; exact[from] && to < states; to++)
		{
			if (move[from * states + to])
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("a state with exact times must not be left"),
						 errdetail("There is a move from %s to %s.", cl_state_string(transitions, from),
								   cl_state_string(transitions, to)),
						 errhint("Leave the state out of exact_states, or its moves out of moves.")));
		}
	}
	return exact;
}

/* What was seen must be possible: there is a way of moves from each state to those in which it was seen later. */
static void
require_ways(const ClTransitions *transitions, const bool *move)
{
	int			states = transitions->n_states;
	bool	   *way = palloc_array(bool, states * states + 1);

	memcpy(way, move, sizeof(bool) * states * states);
	for (int over = 0; over < states; over++)
	{
		for (int from = 0; from < states; from++)
		{
			for (int to = 0; to < states; to++)
				way[from * states + to] |= way[from * states + over] && way[over * states + to];
		}
	}
	for (int i = 0; i < transitions->n_flows; i++)
	{
		for (int from = 0; from < states; from++)
		{
			for (int to = 0; to < states; to++)
			{
				if (from != to && transitions->flows[i].flow[from * transitions->size + to].n > 0 && !way[from * states + to])
					ereport(ERROR,
							(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							 errmsg("no way of moves leads to what was seen"),
							 errdetail("Accounts went from %s to %s.", cl_state_string(transitions, from),
									   cl_state_string(transitions, to)),
							 errhint("Add a move, or leave moves out for all that were seen.")));
			}
		}
	}
}

static ClPanelFlow *
panel_flows(const ClTransitions *transitions, int *n)
{
	int			states = transitions->n_states;
	ClPanelFlow *flow = palloc_array(ClPanelFlow, transitions->n_flows * states * states + 1);

	*n = 0;
	for (int i = 0; i < transitions->n_flows; i++)
	{
		for (int from = 0; from < states; from++)
		{
			for (int to = 0; to < states; to++)
			{
				int64		count = transitions->flows[i].flow[from * transitions->size + to].n;

				if (count > 0)
					flow[(*n)++] = (ClPanelFlow) {transitions->flows[i].months, from, to, (double) count};
			}
		}
	}
	return flow;
}

/*
 * Answers
 */

static Datum
matrix_datum(int states, const double *matrix)
{
	Datum	   *element = palloc_array(Datum, states * states + 1);
	bool	   *null = palloc_array(bool, states * states + 1);
	int			dimension[2] = {states, states};
	int			lower[2] = {1, 1};

	if (states == 0)
		return PointerGetDatum(construct_empty_array(FLOAT8OID));
	for (int i = 0; i < states * states; i++)
	{
		null[i] = isnan(matrix[i]);
		element[i] = Float8GetDatum(matrix[i]);
	}
	return PointerGetDatum(construct_md_array(element, null, 2, dimension, lower, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
											  TYPALIGN_DOUBLE));
}

static double *
bounds(const ClGenerator *generator, double reach)
{
	int			n = generator->states * generator->states;
	double	   *bound = palloc_array(double, n + 1);

	for (int i = 0; i < n; i++)
		bound[i] = generator->rate[i] * exp(reach * generator->log_error[i]);
	return bound;
}

/* transitions, moves, exact_states, confidence */
Datum
cl_transition_generator(PG_FUNCTION_ARGS)
{
	static const char *const status_names[] = {"converged", "at_zero", "not_identified", "max_iterations"};
	ClMemory	memory = cl_memory_here();
	const ClTransitions *transitions;
	double		reach;
	int			states;
	bool	   *move;
	ClPanelFlow *flow;
	int			flows;
	ClGenerator generator;
	ClGeneratorStatus status;
	ClRecord	record;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	reach = cl_confidence_reach(cl_confidence_argument(fcinfo, 3));
	transitions = cl_transitions_open(PG_GETARG_DATUM(0));
	states = transitions->n_states;
	require_few_states(states);
	move = read_moves(transitions, fcinfo, 1);
	generator = (ClGenerator) {.states = states, .move = move, .exact = read_exact(transitions, move, fcinfo, 2),
		.rate = palloc_array(double, states * states + 1), .log_error = palloc_array(double, states * states + 1)};
	require_ways(transitions, move);
	flow = panel_flows(transitions, &flows);
	status = cl_generator_fit(&memory, flow, flows, &generator);
	cl_record_open(&record, fcinfo);
	cl_record_put_text(&record, status_names[status]);
	cl_record_put_int64(&record, transitions->n);
	cl_record_put_float8(&record, generator.log_likelihood);
	cl_record_put(&record, matrix_datum(states, generator.rate));
	cl_record_put(&record, matrix_datum(states, bounds(&generator, -reach)));
	cl_record_put(&record, matrix_datum(states, bounds(&generator, reach)));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* False where it is no generator: rates of at least 0 beside the diagonal, rows that add up to 0. */
static bool
read_generator(ArrayType *array, int states, double *rate)
{
	Datum	   *element;
	bool	   *null;
	int			n;

	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &element, &null, &n);
	for (int from = 0; from < states; from++)
	{
		double		sum = 0;
		double		size = 0;

		for (int to = 0; to < states; to++)
		{
			int			i = from * states + to;

			rate[i] = null[i] ? NAN : DatumGetFloat8(element[i]);
			if (!(fabs(rate[i]) <= 1e9) || (from != to && rate[i] < 0))
				return false;
			sum += rate[i];
			size += fabs(rate[i]);
		}
		if (fabs(sum) > 1e-9 * size)
			return false;
	}
	return true;
}

/* generator, months */
Datum
cl_generator_matrix(PG_FUNCTION_ARGS)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(0);
	double		months = PG_GETARG_FLOAT8(1);
	ClMemory	memory = cl_memory_here();
	bool		square = ARR_NDIM(array) == 2 && ARR_DIMS(array)[0] == ARR_DIMS(array)[1];
	int			states = square ? ARR_DIMS(array)[0] : 0;
	double	   *rate;
	double	   *probability;

	require_few_states(states);
	rate = palloc_array(double, states * states + 1);
	probability = palloc_array(double, states * states + 1);
	if ((!square && ARR_NDIM(array) != 0) || !read_generator(array, states, rate))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a generator is a square of rates whose rows add up to 0"),
				 errdetail("Beside its diagonal there must be numbers from 0 to 1e9."),
				 errhint("transition_generator makes one.")));
	if (!(months >= 0 && months <= CL_TRANSITIONS_MONTHS))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("months must be between 0 and %d", CL_TRANSITIONS_MONTHS),
				 errdetail("Found %g.", months),
				 errhint("Twelve months are a year.")));
	cl_generator_probability(&memory, states, rate, months, probability);
	PG_RETURN_DATUM(matrix_datum(states, probability));
}
