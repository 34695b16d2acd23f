/*
 * utilization_state.c
 *	  The state behind the type utilization: cells, merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include <math.h>

#include "usage/utilization_state.h"

#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#define TYPE_NAME "utilization"

const char *const cl_utilization_sum_names[CL_UTILIZATION_SUMS] = {"balance", "credit_limit", "unused", "over_limit"};

/*
 * Cells
 */

static void
sparse(ClCells *cells, MemoryContext context, int slots)
{
	cells->slots = slots;
	cells->used = 0;
	cells->cell = MemoryContextAllocZero(context, slots * sizeof(uint16));
	cells->count = MemoryContextAllocZero(context, slots * sizeof(int64));
}

void
cl_cells_create(ClCells *cells, MemoryContext context)
{
	cells->dense = NULL;
	sparse(cells, context, CL_CELLS_FIRST_SLOTS);
}

/* The slot of a cell, or the free one where it belongs. */
static int
find_slot(const ClCells *cells, int cell)
{
	int			slot = (cell * 40503) & (cells->slots - 1);

	while (cells->cell[slot] != 0 && cells->cell[slot] != cell + 1)
		slot = (slot + 1) & (cells->slots - 1);
	return slot;
}

static void
grow(ClCells *cells, MemoryContext context)
{
	ClCells		before = *cells;

	if (before.slots < CL_CELLS_LAST_SLOTS)
		sparse(cells, context, before.slots * 4);
	else
		cells->dense = MemoryContextAllocZero(context, CL_CELLS * sizeof(int64));
	for (int i = 0; i < before.slots; i++)
	{
		if (before.cell[i] != 0)
			cl_cells_add(cells, context, before.cell[i] - 1, before.count[i]);
	}
	pfree(before.cell);
	pfree(before.count);
}

void
cl_cells_add_slow(ClCells *cells, MemoryContext context, int cell, int64 count)
{
	int			slot = find_slot(cells, cell);

	if (cells->cell[slot] == 0)
	{
		/* Three quarters full is as far as probing stays short. */
		if ((cells->used + 1) * 4 > cells->slots * 3)
		{
			grow(cells, context);
			cl_cells_add(cells, context, cell, count);
			return;
		}
		cells->cell[slot] = cell + 1;
		cells->used++;
	}
	cells->count[slot] += count;
}

/* All counts by cell: the state's own array when dense, else a new one. */
int64 *
cl_cells_counts(const ClCells *cells)
{
	int64	   *counts = cells->dense;

	if (counts == NULL)
	{
		counts = palloc0_array(int64, CL_CELLS);
		for (int i = 0; i < cells->slots; i++)
		{
			if (cells->cell[i] != 0)
				counts[cells->cell[i] - 1] = cells->count[i];
		}
	}
	return counts;
}

/*
 * State
 */

static void *
create(void)
{
	ClUtilization *state = palloc0_object(ClUtilization);

	state->context = CurrentMemoryContext;
	cl_cells_create(&state->cells, CurrentMemoryContext);
	return state;
}

static void
merge_cells(ClUtilization *into, const ClCells *from)
{
	if (from->dense != NULL)
	{
		for (int cell = 0; cell < CL_CELLS; cell++)
		{
			if (from->dense[cell] != 0)
				cl_cells_add(&into->cells, into->context, cell, from->dense[cell]);
		}
		return;
	}
	for (int i = 0; i < from->slots; i++)
	{
		if (from->cell[i] != 0)
			cl_cells_add(&into->cells, into->context, from->cell[i] - 1, from->count[i]);
	}
}

/*
 * Exact sums
 */

static void
add_to(ClUtilization *state, Numeric *rest, Datum more)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	Numeric		before = *rest;

	if (before == NULL)
		*rest = DatumGetNumericCopy(more);
	else
	{
		*rest = DatumGetNumeric(DirectFunctionCall2(numeric_add, NumericGetDatum(before), more));
		pfree(before);
	}
	MemoryContextSwitchTo(old);
}

/* Empties the sum of squares, which is full. */
static void
spill_squares(ClUtilization *state)
{
	add_to(state, &state->ratio_squares, cl_minor_numeric(state->ratio.squares, 2 * CL_RATIO_DECIMALS));
	state->ratio.squares = 0;
}

/* A ratio for which cl_ratio_sums_add has no room. What is beyond CL_RATIO_LARGEST counts to 15 significant digits. */
void
cl_utilization_add_large_ratio(ClUtilization *state, double ratio)
{
	Datum		exact;

	if (fabs(ratio) <= CL_RATIO_LARGEST)
	{
		spill_squares(state);
		(void) cl_ratio_sums_add(&state->ratio, ratio);
		return;
	}
	exact = DirectFunctionCall1(float8_numeric, Float8GetDatum(ratio));
	state->ratio.n++;
	add_to(state, &state->ratio_sum, exact);
	add_to(state, &state->ratio_squares, DirectFunctionCall2(numeric_mul, exact, exact));
}

static void
merge_ratios(ClUtilization *state, const ClUtilization *other)
{
	state->ratio.n += other->ratio.n;
	state->ratio.sum += other->ratio.sum;
	if (__builtin_add_overflow(state->ratio.squares, other->ratio.squares, &state->ratio.squares))
	{
		state->ratio.squares -= other->ratio.squares;
		spill_squares(state);
		state->ratio.squares = other->ratio.squares;
	}
	if (other->ratio_sum != NULL)
		add_to(state, &state->ratio_sum, NumericGetDatum(other->ratio_sum));
	if (other->ratio_squares != NULL)
		add_to(state, &state->ratio_squares, NumericGetDatum(other->ratio_squares));
}

static Datum
whole(cl_int128 minor, int decimals, Numeric rest)
{
	Datum		total = cl_minor_numeric(minor, decimals);

	if (rest != NULL)
		total = DirectFunctionCall2(numeric_add, total, NumericGetDatum(rest));
	return DirectFunctionCall1(numeric_trim_scale, total);
}

Datum
cl_utilization_money(const ClUtilization *state, ClUtilizationSum sum)
{
	return DirectFunctionCall1(numeric_trim_scale, cl_money_numeric(&state->sums[sum]));
}

Datum
cl_utilization_ratio_sum(const ClUtilization *state)
{
	return whole(state->ratio.sum, CL_RATIO_DECIMALS, state->ratio_sum);
}

Datum
cl_utilization_ratio_squares(const ClUtilization *state)
{
	return whole(state->ratio.squares, 2 * CL_RATIO_DECIMALS, state->ratio_squares);
}

static void
merge(void *into, const void *from)
{
	ClUtilization *state = into;
	const ClUtilization *other = from;

	if (__builtin_add_overflow(state->n, other->n, &state->n))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many accounts in a utilization"),
				 errdetail("Together the summaries count more than " INT64_FORMAT ".", PG_INT64_MAX),
				 errhint("Look for a summary that was not built by utilization_agg.")));
	state->n_undefined += other->n_undefined;
	merge_ratios(state, other);
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
	{
		cl_money_merge(&state->sums[i], &other->sums[i]);
		/* Adding row by row needs one number of decimals; a sum that could not follow makes rows take the long way. */
		state->decimals = Max(state->decimals, state->sums[i].decimals);
	}
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
	{
		if (!cl_money_set_decimals(&state->sums[i], state->decimals))
			state->decimals = -1;
	}
	merge_cells(state, &other->cells);
}

static bool
at_most(Datum a, Datum b)
{
	return DatumGetBool(DirectFunctionCall2(numeric_le, a, b));
}

/* By Cauchy and Schwarz the square of the sum is at most n times the sum of the squares; ratios are at most 1e100. */
static bool
ratios_possible(const ClUtilization *state)
{
	Datum		sum = cl_utilization_ratio_sum(state);
	Datum		squares = cl_utilization_ratio_squares(state);
	Datum		n = cl_minor_numeric(state->ratio.n, 0);

	return at_most(squares, DirectFunctionCall2(numeric_mul, n, DirectFunctionCall1(float8_numeric, Float8GetDatum(1e201)))) &&
		at_most(DirectFunctionCall2(numeric_mul, sum, sum), DirectFunctionCall2(numeric_mul, n, squares));
}

/* What is unused or over the limit is not below 0, and both come from the limits: a credit balance leaves no more unused. */
static bool
amounts_possible(const ClUtilization *state)
{
	Datum		unused = cl_utilization_money(state, CL_SUM_UNUSED);
	Datum		over = cl_utilization_money(state, CL_SUM_OVER_LIMIT);
	Datum		limit = cl_utilization_money(state, CL_SUM_LIMIT);
	Datum		zero = cl_minor_numeric(0, 0);

	return at_most(zero, unused) && at_most(zero, over) && at_most(unused, limit) &&
		at_most(DirectFunctionCall2(numeric_add, unused, cl_utilization_money(state, CL_SUM_BALANCE)),
				DirectFunctionCall2(numeric_add, limit, over));
}

/* What any state obeys, wherever it came from: counts add up, sums are possible. NULL when it is in order. */
static const char *
disorder(const ClUtilization *state, const int64 *counts)
{
	int64		total = 0;

	if (state->n < 0 || state->n_undefined < 0 || state->n_undefined > state->n)
		return "number of rows is out of range";
	for (int cell = 0; cell < CL_CELLS; cell++)
	{
		if (counts[cell] < 0 || counts[cell] > state->n - total)
			return "counts of the cells do not add up to the number of rows";
		total += counts[cell];
	}
	if (total != state->n - state->n_undefined)
		return "counts of the cells do not add up to the number of rows";
	if (state->ratio.n != total - counts[CL_CELL_INFINITE])
		return "number of ratios does not agree with the counts of the cells";
	if (!ratios_possible(state))
		return "sums of the ratios are out of range";
	if (!amounts_possible(state))
		return "amounts contradict each other";
	return NULL;
}

/* Without a scale: equal sums are equal bytes. */
static void
send_sum(StringInfo buf, Datum sum)
{
	cl_wire_send_numeric(buf, DirectFunctionCall1(numeric_trim_scale, sum));
}

/*
 * Bytes:
 *		int64	n, n_undefined
 *		int64	number of finite ratios; numeric sum of them, numeric sum of their squares
 *		4 x		numeric sum of money
 *		int32	number of cells in use, then for each: int16 cell, int64 count, cells ascending
 */
static void
write_state(StringInfo buf, const void *data)
{
	const ClUtilization *state = data;
	int64	   *counts = cl_cells_counts(&state->cells);
	int			used = 0;

	pq_sendint64(buf, state->n);
	pq_sendint64(buf, state->n_undefined);
	pq_sendint64(buf, state->ratio.n);
	send_sum(buf, cl_utilization_ratio_sum(state));
	send_sum(buf, cl_utilization_ratio_squares(state));
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
		send_sum(buf, cl_utilization_money(state, i));
	for (int cell = 0; cell < CL_CELLS; cell++)
		used += counts[cell] != 0;
	pq_sendint32(buf, used);
	for (int cell = 0; cell < CL_CELLS; cell++)
	{
		if (counts[cell] == 0)
			continue;
		pq_sendint16(buf, cell);
		pq_sendint64(buf, counts[cell]);
	}
}

static void
read_cells(StringInfo buf, ClUtilization *state)
{
	int			used = cl_wire_count(buf, TYPE_NAME, CL_CELLS, sizeof(int16) + sizeof(int64));
	int			last = -1;

	for (int i = 0; i < used; i++)
	{
		int			cell = (int) pq_getmsgint(buf, 2);
		int64		count = cl_wire_int64(buf, TYPE_NAME, 1, state->n, "count of a cell");

		if (cell <= last || cell >= CL_CELLS)
			cl_wire_invalid(TYPE_NAME, psprintf("cell %d is out of range or out of order", cell));
		cl_cells_add(&state->cells, state->context, cell, count);
		last = cell;
	}
}

static void *
read_state(StringInfo buf)
{
	ClUtilization *state = create();
	const char *wrong;

	state->n = pq_getmsgint64(buf);
	state->n_undefined = pq_getmsgint64(buf);
	state->ratio.n = pq_getmsgint64(buf);
	state->ratio_sum = DatumGetNumeric(cl_wire_numeric(buf, TYPE_NAME));
	state->ratio_squares = DatumGetNumeric(cl_wire_numeric(buf, TYPE_NAME));
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
	{
		cl_money_add(&state->sums[i], cl_wire_numeric(buf, TYPE_NAME), cl_utilization_sum_names[i]);
		state->decimals = Max(state->decimals, state->sums[i].decimals);
	}
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
		(void) cl_money_set_decimals(&state->sums[i], state->decimals);
	read_cells(buf, state);
	wrong = disorder(state, cl_cells_counts(&state->cells));
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return state;
}

/*
 * JSON:
 *		{"version": 1, "n": 3, "n_undefined": 0, "balance": 150.5, "credit_limit": 301, "unused": 150.5, "over_limit": 0,
 *		 "ratio_n": 3, "ratio_sum": 1.5, "ratio_squares": 1.25, "cells": [[0, 1], [500, 1], [1000, 1]]}
 */
static const char *const json_keys[] = {
	"version", "n", "n_undefined", "balance", "credit_limit", "unused", "over_limit",
	"ratio_n", "ratio_sum", "ratio_squares", "cells", NULL
};

static void
print(StringInfo out, const void *data)
{
	const ClUtilization *state = data;
	int64	   *counts = cl_cells_counts(&state->cells);
	const char *separator = "";

	appendStringInfo(out, "{\"version\": %d, \"n\": " INT64_FORMAT ", \"n_undefined\": " INT64_FORMAT,
					 utilization_summary.version, state->n, state->n_undefined);
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
		appendStringInfo(out, ", \"%s\": %s", cl_utilization_sum_names[i],
						 cl_numeric_string(cl_utilization_money(state, i)));
	appendStringInfo(out, ", \"ratio_n\": " INT64_FORMAT ", \"ratio_sum\": %s, \"ratio_squares\": %s", state->ratio.n,
					 cl_numeric_string(cl_utilization_ratio_sum(state)),
					 cl_numeric_string(cl_utilization_ratio_squares(state)));
	appendStringInfoString(out, ", \"cells\": [");
	for (int cell = 0; cell < CL_CELLS; cell++)
	{
		if (counts[cell] == 0)
			continue;
		appendStringInfo(out, "%s[%d, " INT64_FORMAT "]", separator, cell, counts[cell]);
		separator = ", ";
	}
	appendStringInfoString(out, "]}");
}

static int64
parse_count(const ClJson *document, const char *key)
{
	ClJson		node;

	cl_json_require(document, key, &node);
	return cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
}

static Numeric
parse_numeric(const ClJson *document, const char *key)
{
	ClJson		node;

	cl_json_require(document, key, &node);
	return DatumGetNumericCopy(NumericGetDatum(cl_json_numeric(&node)));
}

static void
parse_cells(const ClJson *document, ClUtilization *state)
{
	ClJson		cells;
	int			count;
	int			last = -1;

	cl_json_require(document, "cells", &cells);
	count = cl_json_array(&cells, 0, CL_CELLS);
	for (int i = 0; i < count; i++)
	{
		ClJson		pair;
		ClJson		item;

		cl_json_item(&cells, i, &pair);
		(void) cl_json_array(&pair, 2, 2);
		cl_json_item(&pair, 0, &item);
		last = cl_json_int(&item, last + 1, CL_CELLS - 1);
		cl_json_item(&pair, 1, &item);
		cl_cells_add(&state->cells, state->context, last, cl_json_decimal(&item, 0, 1, PG_INT64_MAX));
	}
}

static void *
parse(const ClJson *document)
{
	ClUtilization *state = create();
	ClJson		node;
	const char *wrong;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, utilization_summary.version, utilization_summary.version);
	state->n = parse_count(document, "n");
	state->n_undefined = parse_count(document, "n_undefined");
	state->ratio.n = parse_count(document, "ratio_n");
	state->ratio_sum = parse_numeric(document, "ratio_sum");
	state->ratio_squares = parse_numeric(document, "ratio_squares");
	for (int i = 0; i < CL_UTILIZATION_SUMS; i++)
	{
		cl_json_require(document, cl_utilization_sum_names[i], &node);
		cl_money_add(&state->sums[i], NumericGetDatum(cl_json_numeric(&node)), cl_utilization_sum_names[i]);
	}
	parse_cells(document, state);
	wrong = disorder(state, cl_cells_counts(&state->cells));
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid utilization: it contradicts itself"),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with utilization_agg.")));
	return state;
}

const ClSummary utilization_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};
