/*
 * logistic.c
 *	  The aggregate logistic_regression: rows are kept, and fitted at the end.
 */
#include "postgres.h"

#include <math.h>

#include "pg/aggregate.h"
#include "pg/wire.h"
#include "score/logistic.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_logistic_transition);
PG_FUNCTION_INFO_V1(cl_logistic_options_transition);
PG_FUNCTION_INFO_V1(cl_logistic_text_transition);
PG_FUNCTION_INFO_V1(cl_logistic_weight_transition);
PG_FUNCTION_INFO_V1(cl_logistic_weight_options_transition);
PG_FUNCTION_INFO_V1(cl_logistic_combine);
PG_FUNCTION_INFO_V1(cl_logistic_serial);
PG_FUNCTION_INFO_V1(cl_logistic_deserial);
PG_FUNCTION_INFO_V1(cl_logistic_final);

#define TYPE_NAME "logistic_regression"
#define STATE_VERSION 1

typedef struct LogitState
{
	ClLogitRows rows;
	int64		n_skipped;
	ClRowReader reader;
	Jsonb	   *options;		/* or NULL */
	text	   *written;		/* the options as text, where they came so; only while rows are added */
	StringInfoData sent;		/* of a worker's state: its rows as they came; they wait for merge() */
} LogitState;

/* In the current context. */
static LogitState *
create(bool weighted)
{
	LogitState *state = palloc0_object(LogitState);
	ClMemory	memory = cl_memory_here();

	cl_logit_rows_init(&state->rows, &memory, weighted);
	state->reader.context = CurrentMemoryContext;
	return state;
}

static void *
create_weighted(void)
{
	return create(true);
}

static void *
create_unweighted(void)
{
	return create(false);
}

/* Options that are wrong are told at the first row, not after an hour. */
static Jsonb *
copy_options(const void *bytes, Size size)
{
	Jsonb	   *copy = palloc(size);
	ClLogitSettings settings;

	memcpy(copy, bytes, size);
	cl_logit_settings(copy, CL_LOGIT_ROWS, &settings);
	return copy;
}

static void
options_differ(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("options must be the same in all rows"),
			 errdetail("Rows of one model were given different options."),
			 errhint("Write them as a constant, or group by them.")));
}

static void
require_options(const LogitState *state, const Jsonb *options)
{
	bool		same = (options == NULL) == (state->options == NULL);

	if (same && options != NULL)
		same = VARSIZE(options) == VARSIZE(state->options) && memcmp(options, state->options, VARSIZE(options)) == 0;
	if (!same)
		options_differ();
}

/*
 * Rows. Arguments: state, event, x [, weight] [, options].
 */
enum
{
	ARG_EVENT = 1, ARG_X, ARG_AFTER_X
};

static LogitState *
transition_state(FunctionCallInfo fcinfo, bool weighted, int options_argno)
{
	Jsonb	   *options = NULL;
	MemoryContext old;
	LogitState *state;

	if (options_argno > 0 && !PG_ARGISNULL(options_argno))
		options = PG_GETARG_JSONB_P(options_argno);
	if (likely(!PG_ARGISNULL(0)))
	{
		state = (LogitState *) PG_GETARG_POINTER(0);
		require_options(state, options);
		return state;
	}
	state = cl_agg_state(fcinfo, weighted ? create_weighted : create_unweighted);
	if (options != NULL)
	{
		old = MemoryContextSwitchTo(state->reader.context);
		state->options = copy_options(options, VARSIZE(options));
		MemoryContextSwitchTo(old);
	}
	return state;
}

/* Options as text are read once, at the first row, and compared as text from then on. */
static LogitState *
text_transition_state(FunctionCallInfo fcinfo)
{
	text	   *written = PG_ARGISNULL(ARG_AFTER_X) ? NULL : PG_GETARG_TEXT_PP(ARG_AFTER_X);
	LogitState *state;
	MemoryContext old;
	Jsonb	   *options;

	if (likely(!PG_ARGISNULL(0)))
	{
		state = (LogitState *) PG_GETARG_POINTER(0);
		if ((written == NULL) != (state->written == NULL) ||
			(written != NULL && (VARSIZE_ANY_EXHDR(written) != VARSIZE_ANY_EXHDR(state->written) ||
								 memcmp(VARDATA_ANY(written), VARDATA_ANY(state->written), VARSIZE_ANY_EXHDR(written)) != 0)))
			options_differ();
		return state;
	}
	old = MemoryContextSwitchTo(cl_agg_context(fcinfo));
	state = create(false);
	if (written != NULL)
	{
		options = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(text_to_cstring(written))));
		state->options = copy_options(options, VARSIZE(options));
		state->written = cstring_to_text_with_len(VARDATA_ANY(written), VARSIZE_ANY_EXHDR(written));
	}
	MemoryContextSwitchTo(old);
	return state;
}

static Datum
add_row(FunctionCallInfo fcinfo, LogitState *state, int weight_argno)
{
	double		weight = weight_argno > 0 ? cl_row_weight(fcinfo, weight_argno) : 1;
	const double *x = NULL;

	if (!PG_ARGISNULL(ARG_EVENT) && !PG_ARGISNULL(ARG_X) && !isnan(weight))
	{
		x = cl_row_read_x(&state->reader, PG_GETARG_ARRAYTYPE_P(ARG_X));
		cl_row_require_terms(&state->rows.terms, state->reader.n);
	}
	if (x == NULL)
		state->n_skipped++;
	else if (weight > 0)
		cl_logit_rows_add(&state->rows, x, PG_GETARG_BOOL(ARG_EVENT), weight);
	PG_RETURN_POINTER(state);
}

Datum
cl_logistic_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, transition_state(fcinfo, false, 0), 0);
}

Datum
cl_logistic_options_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, transition_state(fcinfo, false, ARG_AFTER_X), 0);
}

Datum
cl_logistic_text_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, text_transition_state(fcinfo), 0);
}

Datum
cl_logistic_weight_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, transition_state(fcinfo, true, 0), ARG_AFTER_X);
}

Datum
cl_logistic_weight_options_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, transition_state(fcinfo, true, ARG_AFTER_X + 1), ARG_AFTER_X);
}

/*
 * Workers. The state of one becomes bytes, which only this server reads and which are not stored, so numbers go as they are; and
 * rows are not taken out of the bytes before they are merged, for each copy of them costs as much as a scan.
 *
 *		byte	version
 *		byte	whether rows have weights
 *		int32	terms, -1 before the first row
 *		int64	rows left out, rows, events
 *		int32	size of the options, and they
 *		blocks: int32 rows, a byte for the event of each, the column of each term, and that of the weights
 */

static Size
row_size(const ClLogitRows *rows)
{
	return 1 + sizeof(float8) * (Size) (Max(rows->terms, 0) + rows->weighted);
}

static void
send_rows(StringInfo buf, const ClLogitRows *rows)
{
	if ((Size) rows->n > (MaxAllocSize / 16 * 15) / row_size(rows))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rows of a logistic regression do not fit into what parallel workers can exchange"),
				 errdetail("A worker has " INT64_FORMAT " rows of %zu bytes; it can hand over a gigabyte.",
						   rows->n, row_size(rows)),
				 errhint("Use logistic_regression_fit, which keeps no rows, or set max_parallel_workers_per_gather to 0.")));
	enlargeStringInfo(buf, (int) (rows->n * row_size(rows)));
	for (const ClLogitBlock *block = rows->first; block != NULL; block = block->next)
	{
		pq_sendint32(buf, block->rows);
		appendBinaryStringInfo(buf, (const char *) block->event, block->rows);
		for (int j = 0; j < rows->terms + rows->weighted; j++)
			appendBinaryStringInfo(buf, (const char *) (block->x + (Size) j * block->capacity), block->rows * sizeof(double));
		CHECK_FOR_INTERRUPTS();
	}
}

Datum
cl_logistic_serial(PG_FUNCTION_ARGS)
{
	const LogitState *state = (LogitState *) PG_GETARG_POINTER(0);
	int			options_size = state->options == NULL ? 0 : (int) VARSIZE(state->options);
	StringInfoData buf;

	(void) cl_agg_context(fcinfo);
	pq_begintypsend(&buf);
	pq_sendbyte(&buf, STATE_VERSION);
	pq_sendbyte(&buf, state->rows.weighted);
	pq_sendint32(&buf, state->rows.terms);
	pq_sendint64(&buf, state->n_skipped);
	pq_sendint64(&buf, state->rows.n);
	pq_sendint64(&buf, state->rows.n_event);
	pq_sendint32(&buf, options_size);
	appendBinaryStringInfo(&buf, (const char *) state->options, options_size);
	send_rows(&buf, &state->rows);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
cl_logistic_deserial(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	StringInfoData buf;
	LogitState *state;
	int			options_size;

	(void) cl_agg_context(fcinfo);
	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	if (pq_getmsgbyte(&buf) != STATE_VERSION)
		cl_wire_invalid(TYPE_NAME, "format version is not known here");
	state = create(pq_getmsgbyte(&buf) != 0);
	state->rows.terms = (int32) pq_getmsgint(&buf, 4);
	if (state->rows.terms < -1 || state->rows.terms > CL_MOST_TERMS)
		cl_wire_invalid(TYPE_NAME, "number of terms is out of range");
	state->n_skipped = pq_getmsgint64(&buf);
	state->rows.n = pq_getmsgint64(&buf);
	state->rows.n_event = pq_getmsgint64(&buf);
	options_size = (int32) pq_getmsgint(&buf, 4);
	if (options_size > 0)
		state->options = copy_options(pq_getmsgbytes(&buf, options_size), options_size);
	state->sent = buf;
	PG_RETURN_POINTER(state);
}

/* The blocks that another worker sent; the message itself is left alone. */
static void
take_sent(ClLogitRows *rows, StringInfoData sent)
{
	while (sent.cursor < sent.len)
	{
		int			n = (int) pq_getmsgint(&sent, 4);
		ClLogitBlock *block;

		if (n < 1 || n > CL_SCAN_ROWS)
			cl_wire_invalid(TYPE_NAME, "number of rows of a block is out of range");
		block = cl_logit_rows_append(rows, n);
		pq_copymsgbytes(&sent, (char *) block->event, n);
		for (int j = 0; j < rows->terms + rows->weighted; j++)
			pq_copymsgbytes(&sent, (char *) (block->x + (Size) j * block->capacity), n * sizeof(double));
	}
}

Datum
cl_logistic_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = cl_agg_context(fcinfo);
	LogitState *into = PG_ARGISNULL(0) ? NULL : (LogitState *) PG_GETARG_POINTER(0);
	const LogitState *from = PG_ARGISNULL(1) ? NULL : (LogitState *) PG_GETARG_POINTER(1);
	MemoryContext old;

	if (from == NULL)
		return cl_agg_unchanged(fcinfo);
	old = MemoryContextSwitchTo(context);
	if (into == NULL)
	{
		into = create(from->rows.weighted);
		if (from->options != NULL)
			into->options = copy_options(from->options, VARSIZE(from->options));
	}
	require_options(into, from->options);
	if (from->rows.terms >= 0)
		cl_row_require_terms(&into->rows.terms, from->rows.terms);
	cl_logit_rows_merge(&into->rows, &from->rows);
	if (from->sent.data != NULL)
		take_sent(&into->rows, from->sent);
	into->n_skipped += from->n_skipped;
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(into);
}

/*
 * The model
 */
Datum
cl_logistic_final(PG_FUNCTION_ARGS)
{
	const LogitState *state;
	ClMemory	memory = cl_memory_here();
	ClLogitSettings settings;
	ClLogitFit	fit;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (LogitState *) PG_GETARG_POINTER(0);
	cl_logit_settings(state->options, CL_LOGIT_ROWS, &settings);
	cl_logit_settings_fit(&settings, state->rows.terms < 0 ? Max(settings.names.n, 0) : state->rows.terms);
	cl_logit_fit_rows(&state->rows, &memory, &settings.options, &fit);
	return cl_logit_model_of(&fit, &settings, state->rows.n, state->n_skipped, state->rows.n_event);
}
