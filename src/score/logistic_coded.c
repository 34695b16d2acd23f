/*
 * logistic_coded.c
 *	  Weights of evidence that are read once and fitted many times: the aggregate logit_coded_rows, and logit_coded_fit.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "core/logistic_coded.h"
#include "pg/aggregate.h"
#include "pg/wire.h"
#include "score/logistic.h"

#include "miscadmin.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(cl_logit_coded_transition);
PG_FUNCTION_INFO_V1(cl_logit_coded_combine);
PG_FUNCTION_INFO_V1(cl_logit_coded_serial);
PG_FUNCTION_INFO_V1(cl_logit_coded_deserial);
PG_FUNCTION_INFO_V1(cl_logit_coded_final);
PG_FUNCTION_INFO_V1(cl_logit_coded_fit);

#define TYPE_NAME "logit_coded_rows"
#define STATE_VERSION 1

/* What is sent and returned is one value, which is copied at times. */
#define MOST_BYTES (MaxAllocSize / 2)

typedef struct CodedState
{
	ClLogitCoded rows;
	int64		n_skipped;		/* without an outcome */
	int64		n_unknown;		/* of those that have one: a value was missing */
	ClRowReader reader;
} CodedState;

static void *
create(void)
{
	CodedState *state = palloc0_object(CodedState);
	ClMemory	memory = cl_memory_here();

	cl_logit_coded_init(&state->rows, &memory);
	state->reader.context = CurrentMemoryContext;
	return state;
}

/* Arguments: state, event, x. */
Datum
cl_logit_coded_transition(PG_FUNCTION_ARGS)
{
	CodedState *state = cl_agg_state(fcinfo, create);
	const double *x;
	int			terms = state->rows.terms;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		state->n_skipped++;
		PG_RETURN_POINTER(state);
	}
	x = cl_row_read_x(&state->reader, PG_GETARG_ARRAYTYPE_P(2));
	cl_row_require_terms(&terms, state->reader.n);
	if (state->rows.terms < 0)
		cl_logit_coded_begin(&state->rows, terms);
	if (x == NULL)
		state->n_unknown++;
	else
		cl_logit_coded_add(&state->rows, x, PG_GETARG_BOOL(1), MOST_BYTES);
	PG_RETURN_POINTER(state);
}

static void
merge(void *into, const void *from)
{
	CodedState *state = into;
	const CodedState *other = from;
	int			terms = state->rows.terms;

	if (other->rows.terms >= 0)
		cl_row_require_terms(&terms, other->rows.terms);
	cl_logit_coded_merge(&state->rows, &other->rows, MOST_BYTES);
	state->n_skipped += other->n_skipped;
	state->n_unknown += other->n_unknown;
}

Datum
cl_logit_coded_combine(PG_FUNCTION_ARGS)
{
	return cl_agg_combine(fcinfo, create, merge);
}

/*
 * Bytes, the same between workers and as a result:
 *		byte	version
 *		byte	whether rows were given up
 *		int32	terms, -1 before the first row
 *		int64	rows left out without an outcome, rows left out for a value, rows
 *		each term	int32 number of values, float8 each of them
 *		each row	a byte for each term: the place of its value; a byte for the outcome
 */
static void
write_dictionaries(StringInfo buf, const ClLogitCoded *rows)
{
	for (int j = 0; j < rows->terms; j++)
	{
		pq_sendint32(buf, rows->dictionary[j].n);
		for (int i = 0; i < rows->dictionary[j].n; i++)
			pq_sendfloat8(buf, rows->dictionary[j].value[i]);
	}
}

static bytea *
write_state(const CodedState *state)
{
	const ClLogitCoded *rows = &state->rows;
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, STATE_VERSION);
	pq_sendbyte(&buf, rows->given_up);
	pq_sendint32(&buf, rows->terms);
	pq_sendint64(&buf, state->n_skipped);
	pq_sendint64(&buf, state->n_unknown);
	pq_sendint64(&buf, rows->n);
	write_dictionaries(&buf, rows);
	if (rows->n > 0)
		appendBinaryStringInfo(&buf, (const char *) rows->row, (int) (rows->n * (rows->terms + 1)));
	return pq_endtypsend(&buf);
}

static void
read_dictionary(StringInfo buf, ClLogitDictionary *dictionary)
{
	int			n = cl_wire_count(buf, TYPE_NAME, CL_LOGIT_CODES, sizeof(float8));

	for (int i = 0; i < n; i++)
	{
		double		value = pq_getmsgfloat8(buf);

		if (!(fabs(value) <= CL_LARGEST_X) || cl_logit_code(dictionary, value) != i)
			cl_wire_invalid(TYPE_NAME, "value of a column is out of range or comes twice");
	}
}

/* Rows are read where they are: the bytes outlive the state. */
static void
read_rows(StringInfo buf, ClLogitCoded *rows)
{
	Size		width = (Size) rows->terms + 1;

	if ((uint64) rows->n != (uint64) (buf->len - buf->cursor) / width || (buf->len - buf->cursor) % width != 0)
		cl_wire_invalid(TYPE_NAME, "number of rows is not that of the bytes");
	rows->row = (unsigned char *) pq_getmsgbytes(buf, buf->len - buf->cursor);
	for (int64 i = 0; i < rows->n; i++)
	{
		const unsigned char *row = rows->row + i * width;
		bool		possible = row[rows->terms] <= 1;

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < rows->terms; j++)
			possible &= row[j] < rows->dictionary[j].n;
		if (!possible)
			cl_wire_invalid(TYPE_NAME, "row has a value that its column has not");
	}
}

static CodedState *
read_state(bytea *bytes)
{
	CodedState *state = create();
	ClLogitCoded *rows = &state->rows;
	StringInfoData buf;
	int			terms;

	initReadOnlyStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	if (pq_getmsgbyte(&buf) != STATE_VERSION)
		cl_wire_invalid(TYPE_NAME, "format version is not known here");
	rows->given_up = pq_getmsgbyte(&buf) != 0;
	terms = (int32) pq_getmsgint(&buf, 4);
	if (terms < -1 || terms > CL_MOST_TERMS)
		cl_wire_invalid(TYPE_NAME, "number of terms is out of range");
	state->n_skipped = cl_wire_int64(&buf, TYPE_NAME, 0, PG_INT64_MAX / 4, "number of rows left out");
	state->n_unknown = cl_wire_int64(&buf, TYPE_NAME, 0, PG_INT64_MAX / 4, "number of rows left out");
	rows->n = cl_wire_int64(&buf, TYPE_NAME, 0, MOST_BYTES, "number of rows");
	if (terms < 0 ? rows->n > 0 : rows->given_up && rows->n > 0)
		cl_wire_invalid(TYPE_NAME, "there are rows where there should be none");
	if (terms >= 0)
		cl_logit_coded_begin(rows, terms);
	for (int j = 0; j < terms; j++)
		read_dictionary(&buf, &rows->dictionary[j]);
	if (terms >= 0)
		read_rows(&buf, rows);
	pq_getmsgend(&buf);
	return state;
}

Datum
cl_logit_coded_serial(PG_FUNCTION_ARGS)
{
	(void) cl_agg_context(fcinfo);
	PG_RETURN_BYTEA_P(write_state((CodedState *) PG_GETARG_POINTER(0)));
}

Datum
cl_logit_coded_deserial(PG_FUNCTION_ARGS)
{
	(void) cl_agg_context(fcinfo);
	PG_RETURN_POINTER(read_state(PG_GETARG_BYTEA_PP(0)));
}

Datum
cl_logit_coded_final(PG_FUNCTION_ARGS)
{
	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0) || ((CodedState *) PG_GETARG_POINTER(0))->rows.given_up)
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P(write_state((CodedState *) PG_GETARG_POINTER(0)));
}

/*
 * The fit
 */
static int *
read_columns(ArrayType *array, int terms, int *n)
{
	int		   *column;
	bool		taken[CL_MOST_TERMS] = {false};

	*n = ARR_NDIM(array) == 0 ? 0 : ARR_DIMS(array)[0];
	if (*n > CL_MOST_TERMS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many terms"),
				 errdetail("There are %d columns; there may be %d.", *n, CL_MOST_TERMS)));
	column = palloc_array(int, *n + 1);
	if (ARR_NDIM(array) > 1 || array_contains_nulls(array))
		*n = -1;
	for (int j = 0; j < *n; j++)
	{
		column[j] = ((const int32 *) ARR_DATA_PTR(array))[j] - 1;
		if (column[j] < 0 || column[j] >= terms || taken[column[j]])
		{
			*n = -1;
			break;
		}
		taken[column[j]] = true;
	}
	if (*n < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("columns must be different numbers of elements of x"),
				 errdetail("x has %d elements.", Max(terms, 0)),
				 errhint("The first one has number 1.")));
	return column;
}

/* Arguments: rows, columns, options. NULL when rows were left out that other columns would have kept. */
Datum
cl_logit_coded_fit(PG_FUNCTION_ARGS)
{
	CodedState *state = read_state(PG_GETARG_BYTEA_PP(0));
	ClMemory	memory = cl_memory_here();
	ClLogitSettings settings;
	ClLogitRows rows;
	ClLogitFit	fit;
	int		   *column;
	int			n;

	cl_logit_settings(PG_GETARG_JSONB_P(2), CL_LOGIT_ROWS, &settings);
	column = read_columns(PG_GETARG_ARRAYTYPE_P(1), state->rows.terms, &n);
	cl_logit_settings_fit(&settings, n);
	if (state->rows.given_up || (state->n_unknown > 0 && n < state->rows.terms))
		PG_RETURN_NULL();
	cl_logit_rows_init(&rows, &memory, false);
	cl_logit_coded_rows(&state->rows, column, n, &rows);
	cl_logit_fit_rows(&rows, &memory, &settings.options, &fit);
	cl_logit_rows_free(&rows);
	PG_RETURN_DATUM(cl_logit_model_of(&fit, &settings, rows.n, state->n_skipped + state->n_unknown, rows.n_event));
}
