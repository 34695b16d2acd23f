/*
 * concentration.c
 *	  The type concentration: amounts as cells that merge, and how unequal they are.
 */
#include "postgres.h"

#include <math.h>

#include "core/concentration.h"
#include "pg/exact_sum.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "pg/summary.h"

#include "miscadmin.h"

#define TYPE_NAME "concentration"
#define VERSION 1

#define MOST_AMOUNTS (INT64CONST(1) << 50)
#define MOST_POINTS 1000

typedef struct Concentration
{
	ClConcentration amounts;
	int64		n_skipped;		/* NULLs and NaNs */
} Concentration;

PG_FUNCTION_INFO_V1(cl_concentration_numeric_transition);
PG_FUNCTION_INFO_V1(cl_concentration_float8_transition);
PG_FUNCTION_INFO_V1(cl_concentration_stats);
PG_FUNCTION_INFO_V1(cl_hhi);
PG_FUNCTION_INFO_V1(cl_gini_coefficient);
PG_FUNCTION_INFO_V1(cl_top_share);
PG_FUNCTION_INFO_V1(cl_lorenz_curve);

/*
 * State
 */

static void *
create(void)
{
	Concentration *state = palloc0_object(Concentration);
	ClMemory	memory = cl_memory_here();

	cl_concentration_init(&state->amounts, &memory);
	return state;
}

static void
merge(void *into, const void *from)
{
	Concentration *state = into;
	const Concentration *other = from;

	if (state->amounts.n > MOST_AMOUNTS - other->amounts.n)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many amounts in a %s", TYPE_NAME),
				 errdetail("Together the summaries count more than " INT64_FORMAT ".", MOST_AMOUNTS),
				 errhint("Look for a summary that was not built by concentration_agg.")));
	cl_concentration_merge(&state->amounts, &other->amounts);
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
}

/* Rounding of what is compared, generously. */
#define CLOSE 1e-9

/* What is wrong with a cell from outside, or NULL. Its amounts lie between the key's and the next key's. */
static const char *
disorder_of_cell(const ClConcentration *amounts, uint64 key, uint64 before, int64 n, const ClExactSum *sum)
{
	double		least = cl_concentration_amount(key);
	double		total = least * (double) n;

	if (key <= before)
		return "cells are not in ascending order";
	if (!(least <= CL_CONCENTRATION_LARGEST && least >= CL_CONCENTRATION_SMALLEST / (amounts->grouped ? 2 : 1)))
		return "amount of a cell is out of range";
	if (n > amounts->n - amounts->n_zero)
		return "number of amounts of a cell is out of range";
	if (amounts->grouped && !cl_concentration_is_grouped_key(key))
		return "key of a cell has too many bits";
	if (amounts->grouped && !(sum->high >= total * (1 - CLOSE) && sum->high <= total * (1 + 1.0 / 256) * (1 + CLOSE)))
		return "sum of a cell contradicts its amounts";
	return NULL;
}

/* The same of the whole, when its cells are there. */
static const char *
disorder(const ClConcentration *amounts)
{
	ClConcentrationCell *cell = cl_concentration_sorted(amounts);
	double		squares = 0;
	int64		left = amounts->n - amounts->n_zero;

	for (size_t i = 0; i < amounts->n_cells && left >= 0; i++)
	{
		double		least = cl_concentration_amount(cell[i].key);

		left -= cell[i].n;
		squares += least * least * (double) cell[i].n;
	}
	pfree(cell);
	if (left != 0)
		return "number of amounts is not that of the cells";
	if (amounts->grouped && !(amounts->squares.high >= squares * (1 - CLOSE) && amounts->squares.high <= squares * 1.008))
		return "squares contradict the cells";
	return NULL;
}

/*
 * Bytes:
 *		int64	n, n_zero, n_skipped
 *		int8	1 where cells are of amounts that agree in their first bits
 *		the exact sum (pg/exact_sum.h) of the squares, where it is 1
 *		int32	number of cells, and for each, ascending: int64 key, int64 n, and where it is 1 the exact sum of its amounts
 */
#define LEAST_CELL 16

static void
write_state(StringInfo buf, const void *data)
{
	const Concentration *state = data;
	const ClConcentration *amounts = &state->amounts;
	ClConcentrationCell *cell = cl_concentration_sorted(amounts);

	pq_sendint64(buf, amounts->n);
	pq_sendint64(buf, amounts->n_zero);
	pq_sendint64(buf, state->n_skipped);
	pq_sendint8(buf, amounts->grouped);
	if (amounts->grouped)
		cl_exact_sum_send(buf, &amounts->squares);
	pq_sendint32(buf, (uint32) amounts->n_cells);
	for (size_t i = 0; i < amounts->n_cells; i++)
	{
		pq_sendint64(buf, (int64) cell[i].key);
		pq_sendint64(buf, cell[i].n);
		if (amounts->grouped)
			cl_exact_sum_send(buf, &cell[i].sum);
	}
	pfree(cell);
}

static void *
read_state(StringInfo buf)
{
	Concentration *state = create();
	ClConcentration *amounts = &state->amounts;
	const char *wrong = NULL;
	uint64		before = 0;
	int			n_cells;
	int			grouped;

	amounts->n = cl_wire_int64(buf, TYPE_NAME, 0, MOST_AMOUNTS, "number of amounts");
	amounts->n_zero = cl_wire_int64(buf, TYPE_NAME, 0, amounts->n, "number of zeros");
	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	grouped = pq_getmsgbyte(buf);
	if (grouped > 1)
		cl_wire_invalid(TYPE_NAME, "kind of cells is out of range");
	amounts->grouped = grouped;
	if (grouped)
		amounts->squares = cl_exact_sum_receive(buf, TYPE_NAME, "squares");
	n_cells = cl_wire_count(buf, TYPE_NAME, grouped ? PG_INT32_MAX : CL_CONCENTRATION_EXACT, LEAST_CELL);
	for (int i = 0; i < n_cells && wrong == NULL; i++)
	{
		uint64		key = (uint64) pq_getmsgint64(buf);
		int64		n = cl_wire_int64(buf, TYPE_NAME, 1, MOST_AMOUNTS, "number of amounts of a cell");
		ClExactSum	sum = {0};

		CHECK_FOR_INTERRUPTS();
		if (grouped)
			sum = cl_exact_sum_receive(buf, TYPE_NAME, "sum of a cell");
		wrong = disorder_of_cell(amounts, key, before, n, &sum);
		before = key;
		if (wrong == NULL)
			cl_concentration_put(amounts, key, n, &sum);
	}
	if (wrong == NULL)
		wrong = disorder(amounts);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return state;
}

/*
 * JSON, an amount being the least of its cell:
 *		{"version": 1, "n": 4, "n_zero": 1, "n_skipped": 0, "cells": [[10, 2], [30, 1]]}
 * with "squares" before the cells, and the sum of each after its number, where cells are of amounts with the same first bits.
 */
static const char *const json_keys[] = {"version", "n", "n_zero", "n_skipped", "squares", "cells", NULL};

static void
print(StringInfo out, const void *data)
{
	const Concentration *state = data;
	const ClConcentration *amounts = &state->amounts;
	ClConcentrationCell *cell = cl_concentration_sorted(amounts);

	appendStringInfo(out, "{\"version\": %d, \"n\": " INT64_FORMAT ", \"n_zero\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT,
					 VERSION, amounts->n, amounts->n_zero, state->n_skipped);
	if (amounts->grouped)
	{
		appendStringInfoString(out, ", \"squares\": ");
		cl_exact_sum_print(out, &amounts->squares);
	}
	appendStringInfoString(out, ", \"cells\": [");
	for (size_t i = 0; i < amounts->n_cells; i++)
	{
		appendStringInfoString(out, i > 0 ? ", [" : "[");
		cl_json_put_float8(out, cl_concentration_amount(cell[i].key));
		appendStringInfo(out, ", " INT64_FORMAT, cell[i].n);
		if (amounts->grouped)
		{
			appendStringInfoString(out, ", ");
			cl_exact_sum_print(out, &cell[i].sum);
		}
		appendStringInfoChar(out, ']');
	}
	appendStringInfoString(out, "]}");
	pfree(cell);
}

static int64
parse_count(const ClJson *object, const char *key, int64 most)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	return cl_json_decimal(&node, 0, 0, most);
}

static void *
parse(const ClJson *document)
{
	Concentration *state = create();
	ClConcentration *amounts = &state->amounts;
	const char *wrong = NULL;
	uint64		before = 0;
	int			n_cells;
	ClJson		cells;
	ClJson		node;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	amounts->n = parse_count(document, "n", MOST_AMOUNTS);
	amounts->n_zero = parse_count(document, "n_zero", amounts->n);
	state->n_skipped = parse_count(document, "n_skipped", PG_INT64_MAX);
	amounts->grouped = cl_json_get(document, "squares", &node);
	if (amounts->grouped)
		amounts->squares = cl_exact_sum_parse(&node, 0, 1e300);
	cl_json_require(document, "cells", &cells);
	n_cells = cl_json_array(&cells, 0, amounts->grouped ? PG_INT32_MAX : CL_CONCENTRATION_EXACT);
	for (int i = 0; i < n_cells && wrong == NULL; i++)
	{
		ClJson		cell;
		ClExactSum	sum = {0};
		uint64		key;
		double		least;
		int64		n;

		CHECK_FOR_INTERRUPTS();
		cl_json_item(&cells, i, &cell);
		(void) cl_json_array(&cell, amounts->grouped ? 3 : 2, amounts->grouped ? 3 : 2);
		cl_json_item(&cell, 0, &node);
		least = cl_json_float8(&node, CL_CONCENTRATION_SMALLEST / 2, CL_CONCENTRATION_LARGEST);
		memcpy(&key, &least, sizeof(key));
		cl_json_item(&cell, 1, &node);
		n = cl_json_decimal(&node, 0, 1, MOST_AMOUNTS);
		if (amounts->grouped)
		{
			cl_json_item(&cell, 2, &node);
			sum = cl_exact_sum_parse(&node, 0, 1e300);
		}
		wrong = disorder_of_cell(amounts, key, before, n, &sum);
		before = key;
		if (wrong == NULL)
			cl_concentration_put(amounts, key, n, &sum);
	}
	if (wrong == NULL)
		wrong = disorder(amounts);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid %s: it contradicts itself", TYPE_NAME),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with concentration_agg.")));
	return state;
}

static const ClSummary concentration_summary = {
	.name = TYPE_NAME,
	.version = VERSION,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};

/*
 * cl_concentration_in, cl_concentration_out, cl_concentration_recv, cl_concentration_send, cl_concentration_serial,
 * cl_concentration_deserial, cl_concentration_combine, cl_concentration_final, cl_concentration_rollup
 */
CL_SUMMARY_FUNCTIONS(concentration)

/*
 * Rows
 */

static Datum
add_amount(FunctionCallInfo fcinfo, double amount)
{
	Concentration *state = cl_agg_state(fcinfo, create);

	if (unlikely(isnan(amount)))
		state->n_skipped++;
	else if (unlikely(amount > CL_CONCENTRATION_LARGEST || (amount > 0 && amount < CL_CONCENTRATION_SMALLEST)))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("amount is out of range"),
				 errdetail("Found %g; it must be 0, or between %g and %g.", amount, CL_CONCENTRATION_SMALLEST,
						   CL_CONCENTRATION_LARGEST),
				 errhint("Use NULL for an amount that is not known.")));
	else
		cl_concentration_add(&state->amounts, Max(amount, 0));
	PG_RETURN_POINTER(state);
}

Datum
cl_concentration_numeric_transition(PG_FUNCTION_ARGS)
{
	return add_amount(fcinfo, PG_ARGISNULL(1) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(1)));
}

Datum
cl_concentration_float8_transition(PG_FUNCTION_ARGS)
{
	return add_amount(fcinfo, PG_ARGISNULL(1) ? NAN : PG_GETARG_FLOAT8(1));
}

/*
 * Answers
 */

static const Concentration *
state_of(FunctionCallInfo fcinfo)
{
	return cl_summary_state(&concentration_summary, PG_GETARG_DATUM(0));
}

static Datum
number_or_null(FunctionCallInfo fcinfo, double number)
{
	if (isnan(number))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(number);
}

Datum
cl_concentration_stats(PG_FUNCTION_ARGS)
{
	const Concentration *state = state_of(fcinfo);
	const ClConcentration *amounts = &state->amounts;
	double		hhi = cl_concentration_hhi(amounts);
	double		n = (double) amounts->n;
	double		missing;
	double		gini = cl_concentration_gini(amounts, &missing);
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	cl_record_put_int64(&record, amounts->n);
	cl_record_put_int64(&record, amounts->n_zero);
	cl_record_put_int64(&record, state->n_skipped);
	cl_record_put_float8(&record, cl_exact_sum_closed(&amounts->total).high);
	cl_record_put_float8(&record, hhi);
	cl_record_put_float8(&record, n > 1 ? (hhi - 1 / n) / (1 - 1 / n) : NAN);
	cl_record_put_float8(&record, 1 / hhi);
	cl_record_put_float8(&record, gini);
	cl_record_put_float8(&record, isnan(gini) ? NAN : missing);
	cl_record_put_float8(&record, cl_concentration_top_share(amounts, 1));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_hhi(PG_FUNCTION_ARGS)
{
	return number_or_null(fcinfo, cl_concentration_hhi(&state_of(fcinfo)->amounts));
}

Datum
cl_gini_coefficient(PG_FUNCTION_ARGS)
{
	double		missing;

	return number_or_null(fcinfo, cl_concentration_gini(&state_of(fcinfo)->amounts, &missing));
}

/* concentration, n */
Datum
cl_top_share(PG_FUNCTION_ARGS)
{
	int64		n = PG_GETARG_INT64(1);

	if (n < 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of the largest is out of range"),
				 errdetail("Found " INT64_FORMAT ".", n),
				 errhint("Give at least 1.")));
	return number_or_null(fcinfo, cl_concentration_top_share(&state_of(fcinfo)->amounts, n));
}

/* concentration, points */
Datum
cl_lorenz_curve(PG_FUNCTION_ARGS)
{
	ClRecord	record;
	double		share[MOST_POINTS + 1];
	int			points;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	points = PG_GETARG_INT32(1);
	if (points < 1 || points > MOST_POINTS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("number of points is out of range"),
				 errdetail("Found %d.", points),
				 errhint("Give 1 to %d.", MOST_POINTS)));
	cl_concentration_lorenz(&state_of(fcinfo)->amounts, points, share);
	for (int i = 0; i <= points; i++)
	{
		cl_record_put_float8(&record, (double) i / points);
		cl_record_put_float8(&record, share[i]);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}
