/*
 * vintage_state.c
 *	  The state behind the type vintage: merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include "pg/amount.h"
#include "watch/vintage_state.h"

#include "core/behavior.h"
#include "pg/memory.h"
#include "pg/month.h"
#include "pg/numeric.h"

#include "miscadmin.h"

#define TYPE_NAME "vintage"
#define VERSION 1

static void *
create(void)
{
	ClVintage  *state = palloc_object(ClVintage);
	ClMemory	memory = cl_memory_here();

	cl_vintage_init(state, &memory);
	return state;
}

void
cl_vintage_require(ClVintage *vintage, ClVintageKind kind)
{
	if (vintage->kind == CL_VINTAGE_UNKNOWN)
		vintage->kind = kind;
	if (vintage->kind != kind)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("either all rows of vintages have an amount or none has"),
				 errdetail("Found summaries with amounts and without."),
				 errhint("Build all parts with amounts, or all without.")));
}

void
cl_vintage_too_many(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many cohorts or rows"),
			 errdetail("There may be %d cohorts and " INT64_FORMAT " rows.", CL_VINTAGE_COHORTS, CL_VINTAGE_MOST),
			 errhint("A cohort is a month: look for dates that stand for \"not known\".")));
}

static void
merge(void *into, const void *from)
{
	ClVintage  *state = into;
	const ClVintage *other = from;

	if (other->kind == CL_VINTAGE_UNKNOWN)
		return;
	cl_vintage_require(state, other->kind);
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
	if (!cl_vintage_merge(state, other))
		cl_vintage_too_many();
}

/* What a cell from outside may not say, or NULL. */
static const char *
disorder(const ClVintage *state, const ClVintageCell *cell)
{
	if (cell->n[CL_VINTAGE_ALL] < 1 || cell->n[CL_VINTAGE_ALL] > CL_VINTAGE_MOST - state->n)
		return "number of accounts is out of range";
	for (int k = 1; k < CL_VINTAGE_MEASURES; k++)
	{
		if (cell->n[k] < 0 || cell->n[k] > cell->n[k - 1])
			return "number of bad accounts is out of range";
	}
	/* An amount is the sum of so many, and so are those that are left when what is bad is taken away. */
	for (int k = 0; k < CL_VINTAGE_MEASURES; k++)
	{
		bool		last = k == CL_VINTAGE_MEASURES - 1;
		cl_int128	most = (cl_int128) PG_INT64_MAX * (cell->n[k] - (last ? 0 : cell->n[k + 1]));
		cl_int128	amount;

		if (__builtin_sub_overflow(cell->amount[k], last ? 0 : cell->amount[k + 1], &amount) || amount > most || amount < -most)
			return "amount is out of range";
	}
	return NULL;
}

static void
take_cell(ClVintage *state, int32_t cohort, int months, const ClVintageCell *cell)
{
	ClVintageCell *kept = cl_vintage_cell(state, cohort, months);

	if (kept == NULL)
		cl_vintage_too_many();
	*kept = *cell;
	state->n += cell->n[CL_VINTAGE_ALL];
}

/*
 * Bytes:
 *		int8	kind: 1 counts, 2 amounts; 0 before the first row
 *		int64	n_skipped
 *		int32	number of cells, then each, ascending: int32 cohort, int16 months, and of all, ever bad and bad ones int64 n
 *				[, int128 amount]
 */
#define CELL_SIZE(with_amounts) \
	(sizeof(int32) + sizeof(int16) + CL_VINTAGE_MEASURES * (sizeof(int64) + ((with_amounts) ? sizeof(cl_int128) : 0)))

typedef void (*CellVisit) (StringInfo out, const ClVintage *state, int32_t cohort, int months, const ClVintageCell *cell);

static int
visit_cells(StringInfo out, const ClVintage *state, CellVisit visit)
{
	int			n = 0;

	for (int i = 0; i < state->n_cohorts; i++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int m = 0; m < state->cohort[i].n; m++)
		{
			const ClVintageCell *cell = &state->cohort[i].cell[m];

			if (cell->n[CL_VINTAGE_ALL] == 0)
				continue;
			n++;
			if (visit != NULL)
				visit(out, state, state->cohort[i].month, m, cell);
		}
	}
	return n;
}

static void
send_cell(StringInfo buf, const ClVintage *state, int32_t cohort, int months, const ClVintageCell *cell)
{
	pq_sendint32(buf, cohort);
	pq_sendint16(buf, months);
	for (int k = 0; k < CL_VINTAGE_MEASURES; k++)
	{
		pq_sendint64(buf, cell->n[k]);
		if (state->kind == CL_VINTAGE_AMOUNTS)
			cl_wire_send_int128(buf, cell->amount[k]);
	}
}

static void
write_state(StringInfo buf, const void *data)
{
	const ClVintage *state = data;

	pq_sendint8(buf, state->kind);
	pq_sendint64(buf, state->n_skipped);
	pq_sendint32(buf, visit_cells(NULL, state, NULL));
	visit_cells(buf, state, send_cell);
}

static void *
read_state(StringInfo buf)
{
	ClVintage  *state = create();
	int			kind = pq_getmsgbyte(buf);
	int64		before = -1;
	int			n;

	if (kind > CL_VINTAGE_AMOUNTS)
		cl_wire_invalid(TYPE_NAME, psprintf("kind %d is not known", kind));
	state->kind = kind;
	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	n = cl_wire_count(buf, TYPE_NAME, kind == CL_VINTAGE_UNKNOWN ? 0 : PG_INT32_MAX, CELL_SIZE(kind == CL_VINTAGE_AMOUNTS));
	for (int i = 0; i < n; i++)
	{
		int32		cohort = (int32) pq_getmsgint(buf, sizeof(int32));
		int			months = (int) pq_getmsgint(buf, sizeof(int16));
		ClVintageCell cell = {0};
		const char *wrong;

		if (cohort < CL_BEHAVIOR_FIRST_MONTH || cohort > CL_BEHAVIOR_LAST_MONTH)
			cl_wire_invalid(TYPE_NAME, psprintf("cohort %d is out of range", cohort));
		if (months > CL_VINTAGE_MONTHS)
			cl_wire_invalid(TYPE_NAME, psprintf("%d months on book are out of range", months));
		if ((int64) cohort * 10000 + months <= before)
			cl_wire_invalid(TYPE_NAME, "cells do not ascend");
		before = (int64) cohort * 10000 + months;
		for (int k = 0; k < CL_VINTAGE_MEASURES; k++)
		{
			cell.n[k] = pq_getmsgint64(buf);
			if (kind == CL_VINTAGE_AMOUNTS)
				cell.amount[k] = cl_wire_int128(buf);
		}
		wrong = disorder(state, &cell);
		if (wrong != NULL)
			cl_wire_invalid(TYPE_NAME, wrong);
		take_cell(state, cohort, months, &cell);
	}
	return state;
}

/*
 * JSON:
 *		{"version": 1, "amounts": true, "n_skipped": 0, "cells": [["2026-01", 3, 250, 4, 1, 1000.5, 20, 5.25], ...]}
 * cohort, months on book, accounts, ever bad, bad and, with amounts, the sums of these; amounts are null before the first row.
 */
static const char *const json_keys[] = {"version", "amounts", "n_skipped", "cells", NULL};

static void
print_cell(StringInfo out, const ClVintage *state, int32_t cohort, int months, const ClVintageCell *cell)
{
	appendStringInfo(out, "%s[\"%s\", %d", out->data[out->len - 1] == '[' ? "" : ", ", cl_month_string(cohort), months);
	for (int k = 0; k < CL_VINTAGE_MEASURES; k++)
		appendStringInfo(out, ", " INT64_FORMAT, cell->n[k]);
	for (int k = 0; state->kind == CL_VINTAGE_AMOUNTS && k < CL_VINTAGE_MEASURES; k++)
		appendStringInfo(out, ", %s", cl_numeric_string(cl_amount_datum(cell->amount[k])));
	appendStringInfoChar(out, ']');
}

static void
print(StringInfo out, const void *data)
{
	static const char *const amounts[] = {"null", "false", "true"};
	const ClVintage *state = data;

	appendStringInfo(out, "{\"version\": %d, \"amounts\": %s, \"n_skipped\": " INT64_FORMAT ", \"cells\": [", VERSION,
					 amounts[state->kind], state->n_skipped);
	visit_cells(out, state, print_cell);
	appendStringInfoString(out, "]}");
}

static void
parse_cell(const ClJson *node, ClVintage *state)
{
	int			length = state->kind == CL_VINTAGE_AMOUNTS ? 8 : 5;
	ClVintageCell cell = {0};
	int32		cohort;
	int			months;
	ClJson		item;
	const char *wrong;

	(void) cl_json_array(node, length, length);
	cl_json_item(node, 0, &item);
	cohort = cl_month_parse(&item);
	cl_json_item(node, 1, &item);
	months = cl_json_int(&item, 0, CL_VINTAGE_MONTHS);
	for (int k = 0; k < CL_VINTAGE_MEASURES; k++)
	{
		cl_json_item(node, 2 + k, &item);
		cell.n[k] = cl_json_decimal(&item, 0, 0, CL_VINTAGE_MOST);
		if (length == 5)
			continue;
		cl_json_item(node, 5 + k, &item);
		if (cl_numeric_minor128(NumericGetDatum(cl_json_numeric(&item)), CL_AMOUNT_DECIMALS, &cell.amount[k]) != CL_NUMERIC_OK)
			cl_json_error(&item, "an amount of at most four decimals");
	}
	wrong = disorder(state, &cell);
	if (wrong != NULL)
		cl_json_error(node, psprintf("a cell of which no %s", wrong));
	if (cl_vintage_cell(state, cohort, months) == NULL)
		cl_json_error(node, psprintf("one of at most %d cohorts", CL_VINTAGE_COHORTS));
	if (cl_vintage_cell(state, cohort, months)->n[CL_VINTAGE_ALL] > 0)
		cl_json_error(node, "another cell than those before it");
	take_cell(state, cohort, months, &cell);
}

static void *
parse(const ClJson *document)
{
	ClVintage  *state = create();
	ClJson		node;
	ClJson		item;
	int			n;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	if (cl_json_get(document, "amounts", &node))
		state->kind = cl_json_bool(&node) ? CL_VINTAGE_AMOUNTS : CL_VINTAGE_COUNTS;
	cl_json_require(document, "n_skipped", &node);
	state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	cl_json_require(document, "cells", &node);
	n = cl_json_array(&node, 0, state->kind == CL_VINTAGE_UNKNOWN ? 0 : PG_INT32_MAX);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_json_item(&node, i, &item);
		parse_cell(&item, state);
	}
	return state;
}

const ClSummary vintage_summary = {
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
 * cl_vintage_in, cl_vintage_out, cl_vintage_recv, cl_vintage_send, cl_vintage_serial, cl_vintage_deserial, cl_vintage_combine,
 * cl_vintage_final, cl_vintage_rollup
 */
CL_SUMMARY_FUNCTIONS(vintage)
