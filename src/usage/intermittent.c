/*
 * intermittent.c
 *	  The aggregate intermittent_forecast: for rows in the order of time, also as a window function.
 *
 * What it says depends on the order, so two states cannot be combined; the state is an array of float8 that grows no further and
 * is changed in place. Somebody may build an aggregate of his own around the transition, so it is checked each time.
 */
#include "postgres.h"

#include <math.h>

#include "core/intermittent.h"
#include "pg/aggregate.h"
#include "pg/cache.h"
#include "pg/json.h"
#include "pg/numeric.h"
#include "pg/record.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

PG_FUNCTION_INFO_V1(cl_intermittent_numeric_transition);
PG_FUNCTION_INFO_V1(cl_intermittent_float8_transition);
PG_FUNCTION_INFO_V1(cl_intermittent_final);

/* In the order of the struct. */
#define STATE_NUMBERS 9
/* A double counts no further. */
#define MOST_PERIODS 9007199254740992.0

static const char *const method_names[] = {"croston", "sba", "tsb", NULL};

static const ClIntermittent default_start = {.method = CL_INTERMITTENT_SBA, .alpha = 0.1, .beta = 0.1};

static double
read_rate(const ClJson *node)
{
	double		rate = cl_json_float8(node, 0, 1);

	if (rate == 0)
		cl_json_error_hint(node, "above 0", "At 1 only the last draw counts.");
	return rate;
}

static void *
read_options(FunctionCallInfo fcinfo, Jsonb *jsonb)
{
	static const char *const keys[] = {"method", "alpha", "beta", NULL};
	ClIntermittent *start = palloc_object(ClIntermittent);
	ClJson		root;
	ClJson		node;

	(void) fcinfo;
	*start = default_start;
	cl_json_open(&root, "options of intermittent_forecast", jsonb);
	cl_json_object(&root, keys);
	if (cl_json_get(&root, "method", &node))
		start->method = cl_json_choice(&node, method_names);
	if (cl_json_get(&root, "alpha", &node))
		start->beta = start->alpha = read_rate(&node);
	if (cl_json_get(&root, "beta", &node))
		start->beta = read_rate(&node);
	return start;
}

/* What an account starts with. */
static const ClIntermittent *
start_of(FunctionCallInfo fcinfo)
{
	if (PG_NARGS() < 3)
		return &default_start;
	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("options of intermittent_forecast must not be NULL"),
				 errdetail("Found NULL."),
				 errhint("Without options there is intermittent_forecast(amount).")));
	return cl_call_options(fcinfo, 2, read_options);
}

static ClIntermittent
unpack(const float8 *number)
{
	return (ClIntermittent)
	{
		(ClIntermittentMethod) number[0], number[1], number[2], number[3], number[4], number[5], number[6], number[7],
		number[8]
	};
}

static void
pack(const ClIntermittent *state, float8 *number)
{
	number[0] = state->method;
	number[1] = state->alpha;
	number[2] = state->beta;
	number[3] = state->n;
	number[4] = state->n_draws;
	number[5] = state->since;
	number[6] = state->size;
	number[7] = state->interval;
	number[8] = state->probability;
}

static bool
is_rate(double rate)
{
	return rate > 0 && rate <= 1;
}

static float8 *
state_numbers(ArrayType *array)
{
	float8	   *number = (float8 *) ARR_DATA_PTR(array);

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != STATE_NUMBERS || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != FLOAT8OID ||
		!(number[0] >= 0 && number[0] < CL_INTERMITTENT_METHODS) || !is_rate(number[1]) || !is_rate(number[2]) ||
		!(number[3] >= 0 && number[3] < MOST_PERIODS) || !(number[4] >= 0 && number[4] <= number[3]))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is not a state of intermittent_forecast"),
				 errhint("An aggregate of your own begins without one.")));
	return number;
}

/* In the context of the row: the server takes a copy of a state that is not the one it gave. */
static ArrayType *
new_state(FunctionCallInfo fcinfo)
{
	float8		number[STATE_NUMBERS];
	Datum		datum[STATE_NUMBERS];

	pack(start_of(fcinfo), number);
	for (int i = 0; i < STATE_NUMBERS; i++)
		datum[i] = Float8GetDatum(number[i]);
	return construct_array(datum, STATE_NUMBERS, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

static Datum
add_row(FunctionCallInfo fcinfo, double amount)
{
	ArrayType  *array;
	float8	   *number;
	ClIntermittent state;

	if (isinf(amount))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("amount drawn must be finite"),
				 errdetail("Found %s.", amount > 0 ? "Infinity" : "-Infinity"),
				 errhint("Use NULL for an amount that is not known.")));
	(void) cl_agg_context(fcinfo);
	array = PG_ARGISNULL(0) ? new_state(fcinfo) : PG_GETARG_ARRAYTYPE_P(0);
	if (isnan(amount))
		PG_RETURN_ARRAYTYPE_P(array);
	number = state_numbers(array);
	state = unpack(number);
	cl_intermittent_add(&state, amount);
	pack(&state, number);
	PG_RETURN_ARRAYTYPE_P(array);
}

Datum
cl_intermittent_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, PG_ARGISNULL(1) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(1)));
}

Datum
cl_intermittent_float8_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1));
}

Datum
cl_intermittent_final(PG_FUNCTION_ARGS)
{
	ClIntermittent state;
	ClRecord	record;

	(void) cl_agg_context(fcinfo);
	state = unpack(state_numbers(PG_GETARG_ARRAYTYPE_P(0)));
	if (state.n == 0)
		PG_RETURN_NULL();
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, cl_intermittent_forecast(&state));
	cl_record_put_float8(&record, state.n_draws == 0 ? NAN : state.size);
	cl_record_put_float8(&record, state.n_draws == 0 ? NAN : state.interval);
	cl_record_put(&record, Float8GetDatum(state.probability));
	cl_record_put_int64(&record, (int64) state.n);
	cl_record_put_int64(&record, (int64) state.n_draws);
	cl_record_put_text(&record, method_names[state.method]);
	PG_RETURN_DATUM(cl_record_datum(&record));
}
