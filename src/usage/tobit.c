/*
 * tobit.c
 *	  The aggregate tobit_regression: rows are kept, and fitted at the end.
 */
#include "postgres.h"

#include <math.h>

#include "pg/aggregate.h"
#include "pg/cache.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "pg/regression_row.h"
#include "pg/weight.h"
#include "pg/wire.h"
#include "usage/tobit.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_tobit_transition);
PG_FUNCTION_INFO_V1(cl_tobit_numeric_transition);
PG_FUNCTION_INFO_V1(cl_tobit_bigint_transition);
PG_FUNCTION_INFO_V1(cl_tobit_numeric_bigint_transition);
PG_FUNCTION_INFO_V1(cl_tobit_text_transition);
PG_FUNCTION_INFO_V1(cl_tobit_numeric_text_transition);
PG_FUNCTION_INFO_V1(cl_tobit_combine);
PG_FUNCTION_INFO_V1(cl_tobit_serial);
PG_FUNCTION_INFO_V1(cl_tobit_deserial);
PG_FUNCTION_INFO_V1(cl_tobit_final);

#define TYPE_NAME "tobit_regression"
#define STATE_VERSION 1
#define MOST_ITERATIONS 10000

/* The state, y, lower, upper, x [, weight, cluster] [, options]. */
enum
{
	ARG_Y = 1, ARG_LOWER, ARG_UPPER, ARG_X, ARG_WEIGHT, ARG_CLUSTER
};

typedef struct TobitState
{
	ClTobitRows rows;
	int64		n_skipped;
	bool		without_cluster;	/* some row has none */
	ClRowReader reader;
	Jsonb	   *options;		/* or NULL */
	StringInfoData sent;		/* of a worker's state: its rows as they came; they wait for merge() */
} TobitState;

/* In the current context. */
static TobitState *
create(bool full)
{
	TobitState *state = palloc0_object(TobitState);
	ClMemory	memory = cl_memory_here();

	cl_tobit_rows_init(&state->rows, &memory, full);
	state->reader.context = CurrentMemoryContext;
	return state;
}

static void
read_settings(Jsonb *options, ClTobitSettings *settings)
{
	static const char *const keys[] = {"names", "confidence", "max_iterations", NULL};
	ClJson		node;

	if (options == NULL)
		cl_json_parse(&settings->root, "options", "{}");
	else
		cl_json_open(&settings->root, "options", options);
	cl_json_object(&settings->root, keys);
	cl_model_names(&settings->root, &settings->names);
	settings->confidence = cl_model_confidence(&settings->root);
	settings->max_iterations = 50;
	if (cl_json_get(&settings->root, "max_iterations", &node))
		settings->max_iterations = cl_json_int(&node, 1, MOST_ITERATIONS);
}

/* Options that are wrong are told at the first row, not after an hour. */
static Jsonb *
copy_options(const void *bytes, Size size)
{
	Jsonb	   *copy = palloc(size);
	ClTobitSettings settings;

	memcpy(copy, bytes, size);
	read_settings(copy, &settings);
	return copy;
}

static void
require_options(const TobitState *state, const Jsonb *options)
{
	bool		same = (options == NULL) == (state->options == NULL);

	if (same && options != NULL)
		same = VARSIZE(options) == VARSIZE(state->options) && memcmp(options, state->options, VARSIZE(options)) == 0;
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options must be the same in all rows"),
				 errdetail("Rows of one model were given different options."),
				 errhint("Write them as a constant, or group by them.")));
}

static void
require_clusters(const TobitState *state)
{
	if (state->rows.clustered && state->without_cluster)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("cluster must be known in all rows, or in none"),
				 errdetail("Some rows have a cluster, and in others it is NULL."),
				 errhint("Leave out rows without one by FILTER, or give each a cluster of its own.")));
}

/*
 * Rows
 */

static TobitState *
transition_state(FunctionCallInfo fcinfo, bool full, int options_argno)
{
	Jsonb	   *options = NULL;
	MemoryContext old;
	TobitState *state;

	if (PG_NARGS() > options_argno && !PG_ARGISNULL(options_argno))
		options = PG_GETARG_JSONB_P(options_argno);
	if (likely(!PG_ARGISNULL(0)))
	{
		state = (TobitState *) PG_GETARG_POINTER(0);
		require_options(state, options);
		return state;
	}
	old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	state = create(full);
	if (options != NULL)
		state->options = copy_options(options, VARSIZE(options));
	MemoryContextSwitchTo(old);
	return state;
}

/* y or a bound; NaN for NULL. */
static double
amount(FunctionCallInfo fcinfo, int argno, bool numeric, const char *what)
{
	double		value;

	if (PG_ARGISNULL(argno))
		return NAN;
	value = numeric ? cl_numeric_float8_saturated(PG_GETARG_DATUM(argno)) : PG_GETARG_FLOAT8(argno);
	if (unlikely(!(fabs(value) <= CL_LARGEST_X)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be a finite number", what),
				 errdetail("Found %s; its size may be %g at most.", cl_float8_string(value), CL_LARGEST_X),
				 errhint("NULL is no bound, and a y that is not known.")));
	return value;
}

static void
bounds_crossed(double low, double high)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("lower must not be above upper"),
			 errdetail("Found %s and %s.", cl_float8_string(low), cl_float8_string(high)),
			 errhint("They are the least and the greatest y that could be seen in that row.")));
}

static void
outside_bounds(double y, double low, double high)
{
	bool		below = y < low;

	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("y must be within its bounds"),
			 errdetail("Found %s, where %s is %s.", cl_float8_string(y), below ? "lower" : "upper",
					   cl_float8_string(below ? low : high)),
			 errhint("A y at its bound is censored; use %s where it may lie beyond.",
					 below ? "greatest(y, lower)" : "least(y, upper)")));
}

/* What the row says of y; false when that is nothing. */
static bool
read_y(FunctionCallInfo fcinfo, bool numeric, ClTobitRow *row)
{
	double		y = amount(fcinfo, ARG_Y, numeric, "y");
	double		low = amount(fcinfo, ARG_LOWER, numeric, "lower");
	double		high = amount(fcinfo, ARG_UPPER, numeric, "upper");

	if (unlikely(low >= high))
	{
		if (low > high)
			bounds_crossed(low, high);
		if (!isnan(y) && y != low)
			outside_bounds(y, low, high);
		return false;
	}
	if (isnan(y))
	{
		row->low = low;
		row->high = high;
		return !isnan(low) && !isnan(high);
	}
	if (unlikely(y < low || y > high))
		outside_bounds(y, low, high);
	row->low = y == low ? -INFINITY : y;
	row->high = y == high ? INFINITY : y;
	return true;
}

static Datum
add_row(FunctionCallInfo fcinfo, TobitState *state, bool numeric, ClTobitRow *row)
{
	bool		known = read_y(fcinfo, numeric, row);
	const double *x = NULL;

	if (known && !isnan(row->weight) && !PG_ARGISNULL(ARG_X))
	{
		x = cl_row_read_x(&state->reader, PG_GETARG_ARRAYTYPE_P(ARG_X));
		cl_row_require_terms(&state->rows.terms, state->reader.n);
	}
	if (x == NULL)
		state->n_skipped++;
	else if (row->weight > 0)
		cl_tobit_rows_add(&state->rows, row, x);
	PG_RETURN_POINTER(state);
}

static Datum
plain_transition(FunctionCallInfo fcinfo, bool numeric)
{
	ClTobitRow	row = {.weight = 1};

	return add_row(fcinfo, transition_state(fcinfo, false, ARG_WEIGHT), numeric, &row);
}

/* A text is known by 128 bits of its hash. */
static void
read_cluster(FunctionCallInfo fcinfo, TobitState *state, bool is_text, ClTobitRow *row)
{
	if (PG_ARGISNULL(ARG_CLUSTER))
		state->without_cluster = true;
	else if (is_text)
	{
		const text *name = PG_GETARG_TEXT_PP(ARG_CLUSTER);

		for (int i = 0; i < 2; i++)
			row->cluster[i] = hash_bytes_extended((const unsigned char *) VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), i + 1);
		state->rows.clustered = true;
	}
	else
	{
		row->cluster[0] = (uint64) PG_GETARG_INT64(ARG_CLUSTER);
		state->rows.clustered = true;
	}
	require_clusters(state);
}

static Datum
full_transition(FunctionCallInfo fcinfo, bool numeric, bool is_text)
{
	TobitState *state = transition_state(fcinfo, true, ARG_CLUSTER + 1);
	ClTobitRow	row = {.weight = PG_ARGISNULL(ARG_WEIGHT) ? 1 : cl_row_weight(fcinfo, ARG_WEIGHT)};

	read_cluster(fcinfo, state, is_text, &row);
	return add_row(fcinfo, state, numeric, &row);
}

Datum
cl_tobit_transition(PG_FUNCTION_ARGS)
{
	return plain_transition(fcinfo, false);
}

Datum
cl_tobit_numeric_transition(PG_FUNCTION_ARGS)
{
	return plain_transition(fcinfo, true);
}

Datum
cl_tobit_bigint_transition(PG_FUNCTION_ARGS)
{
	return full_transition(fcinfo, false, false);
}

Datum
cl_tobit_numeric_bigint_transition(PG_FUNCTION_ARGS)
{
	return full_transition(fcinfo, true, false);
}

Datum
cl_tobit_text_transition(PG_FUNCTION_ARGS)
{
	return full_transition(fcinfo, false, true);
}

Datum
cl_tobit_numeric_text_transition(PG_FUNCTION_ARGS)
{
	return full_transition(fcinfo, true, true);
}

/*
 * Workers. The state of one becomes bytes, which only this server reads and which are not stored, so numbers go as they are; and
 * rows are not taken out of the bytes before they are merged, for each copy of them costs as much as a scan.
 *
 *		byte	version
 *		byte	whether rows are full; whether they have clusters; whether some have none
 *		int32	terms, -1 before the first row
 *		int64	rows left out, rows, and rows of each kind
 *		int32	size of the options, and they
 *		blocks: int32 rows, and they
 */

static Size
row_size(const ClTobitRows *rows)
{
	return sizeof(double) * (Size) (Max(rows->terms, 0) + cl_tobit_row_head(rows));
}

static void
send_rows(StringInfo buf, const ClTobitRows *rows)
{
	if ((Size) rows->n > (MaxAllocSize / 16 * 15) / row_size(rows))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows of a Tobit regression do not fit into what parallel workers can exchange"),
				 errdetail("A worker has " INT64_FORMAT " rows of %zu bytes; it can hand over a gigabyte.",
						   rows->n, row_size(rows)),
				 errhint("Set max_parallel_workers_per_gather to 0, or fit a sample.")));
	enlargeStringInfo(buf, (int) (rows->n * row_size(rows)));
	for (const ClTobitBlock *block = rows->first; block != NULL; block = block->next)
	{
		pq_sendint32(buf, block->rows);
		appendBinaryStringInfo(buf, (const char *) block->value, (int) (block->rows * row_size(rows)));
		CHECK_FOR_INTERRUPTS();
	}
}

Datum
cl_tobit_serial(PG_FUNCTION_ARGS)
{
	const TobitState *state = (TobitState *) PG_GETARG_POINTER(0);
	int			options_size = state->options == NULL ? 0 : (int) VARSIZE(state->options);
	StringInfoData buf;

	(void) cl_agg_context(fcinfo);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, STATE_VERSION);
	pq_sendbyte(&buf, state->rows.full | state->rows.clustered << 1 | state->without_cluster << 2);
	pq_sendint32(&buf, state->rows.terms);
	pq_sendint64(&buf, state->n_skipped);
	pq_sendint64(&buf, state->rows.n);
	for (int i = 0; i < CL_TOBIT_KINDS; i++)
		pq_sendint64(&buf, state->rows.of_kind[i]);
	pq_sendint32(&buf, options_size);
	appendBinaryStringInfo(&buf, (const char *) state->options, options_size);
	send_rows(&buf, &state->rows);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
cl_tobit_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StringInfoData buf;
	TobitState *state;
	int			flags;
	int			options_size;

	(void) cl_agg_context(fcinfo);
	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	if (pq_getmsgbyte(&buf) != STATE_VERSION)
		cl_wire_invalid(TYPE_NAME, "format version is not known here");
	flags = pq_getmsgbyte(&buf);
	state = create((flags & 1) != 0);
	state->rows.clustered = (flags & 2) != 0;
	state->without_cluster = (flags & 4) != 0;
	state->rows.terms = (int32) pq_getmsgint(&buf, 4);
	if (state->rows.terms < -1 || state->rows.terms > CL_MOST_TERMS)
		cl_wire_invalid(TYPE_NAME, "number of terms is out of range");
	state->n_skipped = pq_getmsgint64(&buf);
	state->rows.n = pq_getmsgint64(&buf);
	for (int i = 0; i < CL_TOBIT_KINDS; i++)
		state->rows.of_kind[i] = pq_getmsgint64(&buf);
	options_size = (int32) pq_getmsgint(&buf, 4);
	if (options_size > 0)
		state->options = copy_options(pq_getmsgbytes(&buf, options_size), options_size);
	state->sent = buf;
	PG_RETURN_POINTER(state);
}

/* The blocks that another worker sent; the message itself is left alone. */
static void
take_sent(ClTobitRows *rows, StringInfoData sent)
{
	while (sent.cursor < sent.len)
	{
		int			n = (int) pq_getmsgint(&sent, 4);

		if (n < 1 || n > CL_TOBIT_BLOCK_ROWS)
			cl_wire_invalid(TYPE_NAME, "number of rows of a block is out of range");
		pq_copymsgbytes(&sent, (char *) cl_tobit_rows_append(rows, n), (int) (n * row_size(rows)));
	}
}

Datum
cl_tobit_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = cl_agg_context(fcinfo);
	TobitState *into = PG_ARGISNULL(0) ? NULL : (TobitState *) PG_GETARG_POINTER(0);
	const TobitState *from = PG_ARGISNULL(1) ? NULL : (TobitState *) PG_GETARG_POINTER(1);
	MemoryContext old;

	if (from == NULL)
		return cl_agg_unchanged(fcinfo);
	old = MemoryContextSwitchTo(context);
	if (into == NULL)
	{
		into = create(from->rows.full);
		if (from->options != NULL)
			into->options = copy_options(from->options, VARSIZE(from->options));
	}
	require_options(into, from->options);
	if (from->rows.terms >= 0)
		cl_row_require_terms(&into->rows.terms, from->rows.terms);
	cl_tobit_rows_merge(&into->rows, &from->rows);
	if (from->sent.data != NULL)
		take_sent(&into->rows, from->sent);
	into->n_skipped += from->n_skipped;
	into->without_cluster |= from->without_cluster;
	require_clusters(into);
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(into);
}

/*
 * The model
 */
Datum
cl_tobit_final(PG_FUNCTION_ARGS)
{
	const TobitState *state;
	ClMemory	memory = cl_memory_here();
	ClTobitSettings settings;
	ClTobitFit	fit;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (TobitState *) PG_GETARG_POINTER(0);
	read_settings(state->options, &settings);
	cl_model_names_fit(&settings.root, &settings.names, state->rows.terms < 0 ? Max(settings.names.n, 0) : state->rows.terms);
	cl_tobit_fit(&state->rows, &memory, settings.max_iterations, &fit);
	return cl_tobit_model_of(&fit, &settings, &state->rows, state->n_skipped);
}
