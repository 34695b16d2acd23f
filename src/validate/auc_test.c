/*
 * auc_test.c
 *	  The aggregate auc_test: two scores of the same borrowers compared.
 */
#include "postgres.h"

#include <math.h>

#include "core/auc_test.h"
#include "core/distribution.h"
#include "pg/aggregate.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/wire.h"

#include "miscadmin.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_auc_test_float8_transition);
PG_FUNCTION_INFO_V1(cl_auc_test_numeric_transition);
PG_FUNCTION_INFO_V1(cl_auc_test_combine);
PG_FUNCTION_INFO_V1(cl_auc_test_serial);
PG_FUNCTION_INFO_V1(cl_auc_test_deserial);
PG_FUNCTION_INFO_V1(cl_auc_test_final);

#define STATE_NAME "auc_test"
#define ROW_SIZE (2 * sizeof(uint64))

/* Arguments of the transitions: state, two scores, event [, direction of each]. */
enum
{
	ARG_A = 1, ARG_B, ARG_EVENT, ARG_DIRECTION_A, ARG_DIRECTION_B
};

typedef struct State
{
	ClAucPairs	pairs;
	bool		higher_is_riskier[2];
} State;

static void *
create(void)
{
	State	   *state = palloc0_object(State);
	ClMemory	memory = cl_memory_here();

	cl_auc_pairs_init(&state->pairs, &memory);
	state->higher_is_riskier[0] = state->higher_is_riskier[1] = true;
	return state;
}

static bool
is_empty(const State *state)
{
	return state->pairs.n[0] + state->pairs.n[1] == 0;
}

static void
set_directions(State *state, const bool *higher_is_riskier)
{
	if (is_empty(state))
		memcpy(state->higher_is_riskier, higher_is_riskier, sizeof(state->higher_is_riskier));
	else if (memcmp(state->higher_is_riskier, higher_is_riskier, sizeof(state->higher_is_riskier)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the direction of a score must be the same in all rows"),
				 errdetail("For some rows a higher score is riskier, for others a lower one."),
				 errhint("Give higher_is_riskier as a constant.")));
}

static Datum
add_row(FunctionCallInfo fcinfo, double a, double b)
{
	State	   *state;

	if (isnan(a) || isnan(b))
		return cl_agg_unchanged(fcinfo);
	state = cl_agg_state(fcinfo, create);
	if (PG_NARGS() > ARG_DIRECTION_B)
	{
		bool		directions[2] = {PG_GETARG_BOOL(ARG_DIRECTION_A), PG_GETARG_BOOL(ARG_DIRECTION_B)};

		if (PG_ARGISNULL(ARG_DIRECTION_A) || PG_ARGISNULL(ARG_DIRECTION_B))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("higher_is_riskier must not be NULL"),
					 errdetail("The direction must be given, and be the same for all rows."),
					 errhint("It is true for a PD, false for a credit score.")));
		set_directions(state, directions);
	}
	cl_auc_pairs_add(&state->pairs, cl_tally_key(a), cl_tally_key(b), PG_GETARG_BOOL(ARG_EVENT));
	PG_RETURN_POINTER(state);
}

static bool
any_null(FunctionCallInfo fcinfo)
{
	return PG_ARGISNULL(ARG_A) || PG_ARGISNULL(ARG_B) || PG_ARGISNULL(ARG_EVENT);
}

Datum
cl_auc_test_float8_transition(PG_FUNCTION_ARGS)
{
	if (any_null(fcinfo))
		return cl_agg_unchanged(fcinfo);
	return add_row(fcinfo, PG_GETARG_FLOAT8(ARG_A), PG_GETARG_FLOAT8(ARG_B));
}

Datum
cl_auc_test_numeric_transition(PG_FUNCTION_ARGS)
{
	if (any_null(fcinfo))
		return cl_agg_unchanged(fcinfo);
	return add_row(fcinfo, cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_A)),
				   cl_numeric_float8_saturated(PG_GETARG_DATUM(ARG_B)));
}

static void
merge(void *into, const void *from)
{
	State	   *state = into;
	const State *other = from;

	if (is_empty(other))
		return;
	set_directions(state, other->higher_is_riskier);
	for (int class = 0; class < 2; class++)
		cl_auc_pairs_append(&state->pairs, class, other->pairs.key[class], other->pairs.n[class]);
}

Datum
cl_auc_test_combine(PG_FUNCTION_ARGS)
{
	return cl_agg_combine(fcinfo, create, merge);
}

/*
 * Bytes, which only workers exchange: directions as two bytes, then for either class int64 rows and two uint64 keys per row.
 */
Datum
cl_auc_test_serial(PG_FUNCTION_ARGS)
{
	State	   *state;
	StringInfoData buf;
	size_t		size;

	(void) cl_agg_context(fcinfo);
	state = (State *) PG_GETARG_POINTER(0);
	size = (state->pairs.n[0] + state->pairs.n[1]) * ROW_SIZE;
	if (size > MaxAllocSize - 1024)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows for one worker of auc_test"),
				 errdetail("Found %zu; the most is %zu.", state->pairs.n[0] + state->pairs.n[1],
						   (size_t) (MaxAllocSize / ROW_SIZE)),
				 errhint("SET max_parallel_workers_per_gather = 0, or test a sample.")));
	pq_begintypsend(&buf);
	enlargeStringInfo(&buf, (int) size + 64);
	for (int score = 0; score < 2; score++)
		pq_sendbyte(&buf, state->higher_is_riskier[score]);
	for (int class = 0; class < 2; class++)
	{
		pq_sendint64(&buf, state->pairs.n[class]);
		for (size_t i = 0; i < 2 * state->pairs.n[class]; i++)
		{
			if ((i & 0xFFFF) == 0)
				CHECK_FOR_INTERRUPTS();
			pq_sendint64(&buf, state->pairs.key[class][i]);
		}
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static void
receive_rows(StringInfo buf, ClAucPairs *pairs, int class)
{
	int64		rows = cl_wire_int64(buf, STATE_NAME, 0, (buf->len - buf->cursor) / (int64) ROW_SIZE, "number of rows");

	for (int64 i = 0; i < rows; i++)
	{
		uint64		key_a = (uint64) pq_getmsgint64(buf);
		uint64		key_b = (uint64) pq_getmsgint64(buf);

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		cl_auc_pairs_add(pairs, key_a, key_b, class);
	}
}

Datum
cl_auc_test_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes;
	State	   *state;
	StringInfoData buf;

	(void) cl_agg_context(fcinfo);
	bytes = PG_GETARG_BYTEA_PP(0);
	state = create();
	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	for (int score = 0; score < 2; score++)
		state->higher_is_riskier[score] = pq_getmsgbyte(&buf) != 0;
	for (int class = 0; class < 2; class++)
		receive_rows(&buf, &state->pairs, class);
	pq_getmsgend(&buf);
	PG_RETURN_POINTER(state);
}

Datum
cl_auc_test_final(PG_FUNCTION_ARGS)
{
	State	   *state;
	ClAucTest	test;
	double		std_error;
	double		z;
	ClRecord	record;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (State *) PG_GETARG_POINTER(0);
	if (!cl_auc_test(&state->pairs, state->higher_is_riskier, &test))
		PG_RETURN_NULL();
	std_error = sqrt(test.variance);
	z = std_error > 0 ? (test.auc[0] - test.auc[1]) / std_error : NAN;
	cl_record_open(&record, fcinfo);
	cl_record_put_float8(&record, test.auc[0]);
	cl_record_put_float8(&record, test.auc[1]);
	cl_record_put_float8(&record, test.auc[0] - test.auc[1]);
	cl_record_put_float8(&record, std_error);
	cl_record_put_float8(&record, z);
	cl_record_put_float8(&record, cl_normal_two_sided(z));
	PG_RETURN_DATUM(cl_record_datum(&record));
}
