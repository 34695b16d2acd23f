/*
 * logistic_step.c
 *	  The aggregate logit_newton_step: everything that a step of Newton's method needs of the rows, in sums that add up.
 */
#include "postgres.h"

#include <math.h>

#include "core/checksum.h"
#include "pg/aggregate.h"
#include "pg/record.h"
#include "pg/wire.h"
#include "score/logistic.h"

PG_FUNCTION_INFO_V1(cl_logit_step_transition);
PG_FUNCTION_INFO_V1(cl_logit_step_combine);
PG_FUNCTION_INFO_V1(cl_logit_step_serial);
PG_FUNCTION_INFO_V1(cl_logit_step_deserial);
PG_FUNCTION_INFO_V1(cl_logit_step_final);

#define TYPE_NAME "logit_newton_step"
#define STATE_VERSION 1

/*
 * Arguments: state, event, x, beta [, weight [, center, scale]].
 */
enum
{
	ARG_EVENT = 1, ARG_X, ARG_BETA, ARG_WEIGHT, ARG_CENTER, ARG_SCALE
};

#define GIVEN 3

static const int given_argno[GIVEN] = {ARG_BETA, ARG_CENTER, ARG_SCALE};

typedef struct StepState
{
	int64		n;
	int64		n_skipped;
	int64		n_event;
	uint64		checksum;		/* of the rows that count, in any order */
	ClRowReader reader;
	int			terms;			/* -1 before the first row that counts; what follows is not there then */
	int		   *column;
	double	   *given;			/* beta (terms + 1), center (terms), scale (terms) */
	ArrayType  *bytes[GIVEN];	/* as they came; those of another worker did not */
	ClLogitFrame frame;
	bool		weighted;
	ClLogitSums sums;			/* of all rows but those in the block */
	ClLogitBlock *block;
} StepState;

/* In the current context. */
static void *
create(void)
{
	StepState  *state = palloc0_object(StepState);

	state->terms = -1;
	state->reader.context = CurrentMemoryContext;
	return state;
}

static double *
beta_of(const StepState *state)
{
	return state->given;
}

static Size
given_size(int terms)
{
	return (Size) 3 * terms + 1;
}

/* In the group's context. */
static void
begin(StepState *state, int terms, bool weighted)
{
	ClMemory	memory = cl_memory_here();

	state->terms = terms;
	state->weighted = weighted;
	state->column = palloc_array(int, terms + 1);
	for (int j = 0; j < terms; j++)
		state->column[j] = j;
	state->given = palloc_array(double, given_size(terms));
	state->frame = (ClLogitFrame)
	{
		terms, state->column, state->given + terms + 1, state->given + 2 * terms + 1
	};
	cl_logit_sums_init(&state->sums, &memory, terms);
	state->block = cl_logit_block_new(&memory, terms, weighted, CL_SCAN_ROWS);
}

static void
wrong_array(const char *what, int wanted)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be an array of %d numbers, or empty", what, wanted),
			 errdetail("They must have the same length and finite numbers, and scales must be positive."),
			 errhint("beta has the intercept first, then a coefficient for each element of x; the others have no intercept.")));
}

/* What an argument says, or a constant when it is empty or not there. */
static void
take(FunctionCallInfo fcinfo, int argno, const char *what, int n, double otherwise, double *place)
{
	const double *value = NULL;
	int			found = 0;

	if (PG_NARGS() > argno)
	{
		if (!PG_ARGISNULL(argno))
			value = cl_float8_array(PG_GETARG_ARRAYTYPE_P(argno), &found);
		if (value == NULL || (found != 0 && found != n))
			wrong_array(what, n);
	}
	for (int j = 0; j < n; j++)
	{
		place[j] = found == 0 ? otherwise : value[j];
		if (!(fabs(place[j]) <= CL_LARGEST_X) || (argno == ARG_SCALE && !(place[j] > 0)))
			wrong_array(what, n);
	}
}

static void
differ(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("beta, center and scale must be the same in all rows"),
			 errdetail("%s", detail),
			 errhint("Write them as constants, or group by them.")));
}

/* At the first row that counts they are taken and kept as bytes; after it the same bytes must come. */
static void
take_given(FunctionCallInfo fcinfo, StepState *state)
{
	int			terms = state->terms;

	take(fcinfo, ARG_BETA, "beta", terms + 1, 0, state->given);
	take(fcinfo, ARG_CENTER, "center", terms, 0, state->given + terms + 1);
	take(fcinfo, ARG_SCALE, "scale", terms, 1, state->given + 2 * terms + 1);
	for (int i = 0; i < GIVEN; i++)
	{
		int			argno = given_argno[i];

		if (PG_NARGS() > argno)
			state->bytes[i] = PG_GETARG_ARRAYTYPE_P_COPY(argno);
	}
}

static void
require_given(FunctionCallInfo fcinfo, const StepState *state)
{
	for (int i = 0; i < GIVEN; i++)
	{
		int			argno = given_argno[i];
		ArrayType  *array;

		if (PG_NARGS() <= argno)
			break;
		if (PG_ARGISNULL(argno))
			differ("One is NULL, and was not before.");
		array = PG_GETARG_ARRAYTYPE_P(argno);
		if (VARSIZE(array) != VARSIZE(state->bytes[i]) || memcmp(array, state->bytes[i], VARSIZE(array)) != 0)
			differ("Rows were given different ones.");
	}
}

/* Rows that wait in the block go into the sums. That changes nothing of what the state says. */
static void
flush(StepState *state)
{
	if (state->terms < 0 || state->block->rows == 0)
		return;
	cl_logit_sums_add(&state->sums, state->block, &state->frame, beta_of(state));
	state->block->rows = 0;
}

static void
add_row(FunctionCallInfo fcinfo, StepState *state, const double *x, double weight)
{
	uint64		weight_bits;

	if (state->terms < 0)
	{
		MemoryContext old = MemoryContextSwitchTo(cl_agg_context(fcinfo));

		begin(state, state->reader.n, PG_NARGS() > ARG_WEIGHT);
		take_given(fcinfo, state);
		MemoryContextSwitchTo(old);
	}
	else
		require_given(fcinfo, state);
	cl_row_require_terms(&state->terms, state->reader.n);
	if (weight == 0)
		return;
	cl_logit_block_add(state->block, state->terms, x, PG_GETARG_BOOL(ARG_EVENT), weight);
	state->n++;
	state->n_event += PG_GETARG_BOOL(ARG_EVENT);
	memcpy(&weight_bits, &weight, sizeof(weight_bits));
	state->checksum += cl_checksum_row(x, state->terms, weight_bits ^ (uint64) PG_GETARG_BOOL(ARG_EVENT));
	if (state->block->rows == state->block->capacity)
		flush(state);
}

Datum
cl_logit_step_transition(PG_FUNCTION_ARGS)
{
	double		weight = PG_NARGS() > ARG_WEIGHT ? cl_row_weight(fcinfo, ARG_WEIGHT) : 1;
	const double *x = NULL;
	StepState  *state = cl_agg_state(fcinfo, create);

	if (!PG_ARGISNULL(ARG_EVENT) && !PG_ARGISNULL(ARG_X) && !isnan(weight))
		x = cl_row_read_x(&state->reader, PG_GETARG_ARRAYTYPE_P(ARG_X));
	if (x == NULL)
		state->n_skipped++;
	else
		add_row(fcinfo, state, x, weight);
	PG_RETURN_POINTER(state);
}

/*
 * Workers
 */

static void
merge(StepState *into, const StepState *from)
{
	into->n += from->n;
	into->n_skipped += from->n_skipped;
	into->n_event += from->n_event;
	into->checksum += from->checksum;
	if (from->terms < 0)
		return;
	if (into->terms < 0)
	{
		begin(into, from->terms, from->weighted);
		memcpy(into->given, from->given, given_size(from->terms) * sizeof(double));
	}
	cl_row_require_terms(&into->terms, from->terms);
	if (memcmp(into->given, from->given, given_size(into->terms) * sizeof(double)) != 0)
		differ("Two workers were given different ones.");
	cl_logit_sums_merge(&into->sums, &from->sums);
	if (from->block->rows > 0)
		cl_logit_sums_add(&into->sums, from->block, &into->frame, beta_of(into));
}

Datum
cl_logit_step_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = cl_agg_context(fcinfo);
	StepState  *into = PG_ARGISNULL(0) ? NULL : (StepState *) PG_GETARG_POINTER(0);
	const StepState *from = PG_ARGISNULL(1) ? NULL : (StepState *) PG_GETARG_POINTER(1);
	MemoryContext old;

	if (from == NULL)
		return cl_agg_unchanged(fcinfo);
	old = MemoryContextSwitchTo(context);
	if (into == NULL)
		into = create();
	merge(into, from);
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(into);
}

static void
send_sum(StringInfo buf, const ClSum *sum)
{
	pq_sendfloat8(buf, sum->high);
	pq_sendfloat8(buf, sum->low);
}

Datum
cl_logit_step_serial(PG_FUNCTION_ARGS)
{
	StepState  *state = (StepState *) PG_GETARG_POINTER(0);
	StringInfoData buf;

	(void) cl_agg_context(fcinfo);
	flush(state);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, STATE_VERSION);
	pq_sendint64(&buf, state->n);
	pq_sendint64(&buf, state->n_skipped);
	pq_sendint64(&buf, state->n_event);
	pq_sendint64(&buf, state->checksum);
	pq_sendbyte(&buf, state->weighted);
	pq_sendint32(&buf, state->terms);
	if (state->terms >= 0)
	{
		int			size = state->terms + 1;

		for (Size i = 0; i < given_size(state->terms); i++)
			pq_sendfloat8(&buf, state->given[i]);
		send_sum(&buf, &state->sums.loglik);
		for (int j = 0; j < size; j++)
			send_sum(&buf, &state->sums.gradient[j]);
		for (int j = 0; j < size * size; j++)
			send_sum(&buf, &state->sums.information[j]);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

static void
receive_sum(StringInfo buf, ClSum *sum)
{
	sum->high = pq_getmsgfloat8(buf);
	sum->low = pq_getmsgfloat8(buf);
}

Datum
cl_logit_step_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StepState  *state;
	StringInfoData buf;
	bool		weighted;
	int			terms;

	(void) cl_agg_context(fcinfo);
	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	if (pq_getmsgbyte(&buf) != STATE_VERSION)
		cl_wire_invalid(TYPE_NAME, "format version is not known here");
	state = create();
	state->n = pq_getmsgint64(&buf);
	state->n_skipped = pq_getmsgint64(&buf);
	state->n_event = pq_getmsgint64(&buf);
	state->checksum = pq_getmsgint64(&buf);
	weighted = pq_getmsgbyte(&buf) != 0;
	terms = (int32) pq_getmsgint(&buf, 4);
	if (terms < -1 || terms > CL_MOST_TERMS)
		cl_wire_invalid(TYPE_NAME, "number of terms is out of range");
	if (terms >= 0)
	{
		begin(state, terms, weighted);
		for (Size i = 0; i < given_size(terms); i++)
			state->given[i] = pq_getmsgfloat8(&buf);
		receive_sum(&buf, &state->sums.loglik);
		for (int j = 0; j <= terms; j++)
			receive_sum(&buf, &state->sums.gradient[j]);
		for (int j = 0; j < (terms + 1) * (terms + 1); j++)
			receive_sum(&buf, &state->sums.information[j]);
	}
	pq_getmsgend(&buf);
	PG_RETURN_POINTER(state);
}

/*
 * The row of results
 */
static void
put_sums(ClRecord *record, const StepState *state)
{
	int			size = state->terms + 1;
	double	   *gradient = palloc_array(double, size);
	double	   *information = palloc_array(double, (Size) size * size);

	for (int j = 0; j < size; j++)
	{
		gradient[j] = state->sums.gradient[j].high;
		for (int k = 0; k <= j; k++)
			information[j * size + k] = information[k * size + j] = state->sums.information[j * size + k].high;
	}
	cl_record_put_float8(record, state->sums.loglik.high);
	cl_record_put(record, cl_float8_array_datum(gradient, size));
	cl_record_put(record, cl_float8_matrix_datum(information, size));
}

Datum
cl_logit_step_final(PG_FUNCTION_ARGS)
{
	StepState  *state;
	ClRecord	record;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (StepState *) PG_GETARG_POINTER(0);
	flush(state);
	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, state->n);
	cl_record_put_int64(&record, state->n_skipped);
	cl_record_put_int64(&record, state->n_event);
	cl_record_put_int64(&record, (int64) state->checksum);
	if (state->terms >= 0)
		put_sums(&record, state);
	while (record.columns < record.desc->natts)
		cl_record_put_null(&record);
	PG_RETURN_DATUM(cl_record_datum(&record));
}
