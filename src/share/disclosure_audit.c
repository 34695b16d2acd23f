/*
 * disclosure_audit.c
 *	  disclosure_audit: what an attacker learns of every hidden cell from all that was given away.
 *
 * Tables that have nothing to do with each other are networks, and flows give the bounds exactly. Where tables are said to add up
 * to others, the attacker has one linear system over all their cells, and the bounds are those of a linear program.
 */
#include "postgres.h"

#include <math.h>

#include "core/disclosure_suppress.h"
#include "core/linear_range.h"
#include "pg/memory.h"
#include "pg/record.h"
#include "share/disclosure_release.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_disclosure_audit);

#define MOST_TABLES 64

typedef struct Part
{
	const ClDisclosure *state;
	ClDisclosureRule rule;
	bool	   *hidden;			/* all cells of a table of which nothing was given away */
	bool		is_linked;
	ClFlowTable flow;			/* what is known of the measure that is looked at */
	int			first;			/* of its cells among the variables of the linear program */
} Part;

typedef struct Link
{
	int			n;
	int			part[2 * MOST_TABLES];
	int			sign[2 * MOST_TABLES];
} Link;

typedef struct Audit
{
	int			n;
	Part	   *part;
	int			n_links;
	Link	   *link;
} Audit;

/*
 * Arguments
 */

static void
other_number(int tables, int released)
{
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("each table has a release, or NULL where nothing of it was given away"),
			 errdetail("There are %d tables and %d releases; there may be %d.", tables, released, MOST_TABLES),
			 errhint("Build both by array_agg over the same rows.")));
}

static void
open_parts(Audit *audit, FunctionCallInfo fcinfo)
{
	ArrayType  *array[2] = {PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1)};
	Datum	   *item[2];
	bool	   *null[2];
	int			n[2];

	deconstruct_array(array[0], ARR_ELEMTYPE(array[0]), -1, false, TYPALIGN_INT, &item[0], &null[0], &n[0]);
	deconstruct_array(array[1], JSONBOID, -1, false, TYPALIGN_INT, &item[1], &null[1], &n[1]);
	if (n[0] != n[1] || n[0] > MOST_TABLES)
		other_number(n[0], n[1]);
	audit->n = n[0];
	audit->part = palloc0_array(Part, n[0] + 1);
	for (int i = 0; i < n[0]; i++)
	{
		Part	   *part = &audit->part[i];

		if (null[0][i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a table is missing"),
					 errdetail("Table %d is NULL.", i + 1),
					 errhint("The audit needs the true table beside what was given away of it.")));
		part->state = cl_summary_state(&disclosure_table_summary, item[0][i]);
		part->rule = cl_disclosure_rule(PG_GETARG_JSONB_P(2), part->state, NULL, NULL);
		if (!null[1][i])
			part->hidden = cl_disclosure_hidden(DatumGetJsonbP(item[1][i]), part->state, &part->rule, i + 1);
		else
		{
			int			cells = cl_disclosure_size(&part->state->table);

			part->hidden = palloc_array(bool, cells);
			/* Nobody doubts that what is empty is empty. */
			for (int k = 0; k < cells; k++)
				part->hidden[k] = part->state->table.cell[k].n > 0;
		}
	}
}

static const char *const link_keys[] = {"sum", "equals", NULL};

/* [{"sum": [2, 3], "equals": [1]}]: tables 2 and 3 add up to table 1, cell by cell. */
static void
open_links(Audit *audit, Jsonb *jsonb)
{
	ClJson		root;

	cl_json_open(&root, "links", jsonb);
	audit->n_links = cl_json_array(&root, 0, MOST_TABLES * MOST_TABLES);
	audit->link = palloc0_array(Link, audit->n_links + 1);
	for (int i = 0; i < audit->n_links; i++)
	{
		Link	   *link = &audit->link[i];
		ClJson		object;

		cl_json_item(&root, i, &object);
		cl_json_object(&object, link_keys);
		for (int side = 0; side < 2; side++)
		{
			ClJson		list;
			int			n;

			cl_json_require(&object, link_keys[side], &list);
			n = cl_json_array(&list, 1, MOST_TABLES);
			for (int k = 0; k < n; k++)
			{
				ClJson		item;

				cl_json_item(&list, k, &item);
				link->part[link->n] = cl_json_int(&item, 1, audit->n) - 1;
				audit->part[link->part[link->n]].is_linked = true;
				link->sign[link->n++] = side == 0 ? 1 : -1;
			}
		}
	}
}

/*
 * The linear program of all linked tables
 */

static double *
equation(ClLinearRange *program)
{
	double	   *row = cl_linear_range_equation(program);

	if (row == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("linked tables are too large to be audited"),
				 errdetail("They have %d cells together.", program->variables),
				 errhint("Merge rows or columns, or link fewer tables.")));
	return row;
}

static void
add_margins(ClLinearRange *program, const Part *part)
{
	const ClDisclosureTable *table = &part->state->table;

	for (int i = 0; i <= table->rows; i++)
	{
		double	   *row = equation(program);

		for (int j = 0; j <= table->columns; j++)
			row[part->first + cl_disclosure_place(table, i, j)] = j < table->columns ? 1 : -1;
	}
	for (int j = 0; j <= table->columns; j++)
	{
		double	   *row = equation(program);

		for (int i = 0; i <= table->rows; i++)
			row[part->first + cl_disclosure_place(table, i, j)] = i < table->rows ? 1 : -1;
	}
}

static void
does_not_add_up(int number, const char *row, const char *column)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("linked tables do not add up"),
			 errdetail("In link %d they differ in row \"%s\", column \"%s\".", number, row, column),
			 errhint("Link tables of the same day whose borrowers together are those of the others.")));
}

/* A cell of one of its tables by its labels, in all of them; false where another table before this one has it too. */
static bool
add_cell(ClLinearRange *program, const Audit *audit, int number, int k, const char *row, const char *column,
		 ClDisclosureMeasure measure)
{
	const Link *link = &audit->link[number];
	int			place[2 * MOST_TABLES];
	cl_int128	difference = 0;
	double	   *coefficient;

	for (int m = 0; m < link->n; m++)
	{
		const Part *part = &audit->part[link->part[m]];
		const ClDisclosureTable *table = &part->state->table;
		int			i = cl_disclosure_find(part->state->row, table->rows, row);
		int			j = cl_disclosure_find(part->state->column, table->columns, column);

		place[m] = i >= 0 && j >= 0 ? cl_disclosure_place(table, i, j) : -1;
		if (place[m] < 0)
			continue;
		if (m < k)
			return false;
		difference += link->sign[m] * (measure == CL_DISCLOSURE_N ? table->cell[place[m]].n : table->cell[place[m]].amount);
	}
	if (difference != 0)
		does_not_add_up(number + 1, row, column);
	coefficient = equation(program);
	for (int m = 0; m < link->n; m++)
	{
		if (place[m] >= 0)
			coefficient[audit->part[link->part[m]].first + place[m]] += link->sign[m];
	}
	return true;
}

static void
add_link(ClLinearRange *program, const Audit *audit, int number, ClDisclosureMeasure measure)
{
	const Link *link = &audit->link[number];

	for (int k = 0; k < link->n; k++)
	{
		const ClDisclosure *state = audit->part[link->part[k]].state;

		for (int i = 0; i < state->table.rows; i++)
		{
			CHECK_FOR_INTERRUPTS();
			for (int j = 0; j < state->table.columns; j++)
				(void) add_cell(program, audit, number, k, state->row[i], state->column[j], measure);
		}
	}
}

/* Amounts are scaled by the largest, so that rounding is the same for every currency. */
static double
open_program(ClLinearRange *program, Audit *audit, const ClMemory *memory, ClDisclosureMeasure measure)
{
	int			variables = 0;
	double		scale = 1;

	for (int i = 0; i < audit->n; i++)
	{
		Part	   *part = &audit->part[i];

		part->first = variables;
		if (part->is_linked)
		{
			variables += cl_disclosure_size(&part->state->table);
			scale = fmax(scale, (double) part->flow.value[cl_disclosure_size(&part->state->table) - 1]);
		}
	}
	cl_linear_range_open(program, memory, variables);
	for (int i = 0; i < audit->n; i++)
	{
		const Part *part = &audit->part[i];

		for (int k = 0; part->is_linked && k < cl_disclosure_size(&part->state->table); k++)
		{
			double		value = (double) part->flow.value[k];

			program->low[part->first + k] = ((double) part->flow.low[k] - value) / scale;
			program->high[part->first + k] = part->flow.high[k] >= CL_FLOW_UNBOUNDED ? INFINITY :
				((double) part->flow.high[k] - value) / scale;
		}
		if (part->is_linked)
			add_margins(program, part);
	}
	for (int i = 0; i < audit->n_links; i++)
		add_link(program, audit, i, measure);
	cl_linear_range_prepare(program);
	return scale;
}

/* What is less than this share of the largest total is rounding. */
#define ROUNDING 1e-9

static ClDisclosureRange
linked_range(ClLinearRange *program, const Part *part, ClDisclosureNeed need, double scale, int place)
{
	double		up = cl_linear_range_extreme(program, part->first + place, true) * scale;
	double		down = -cl_linear_range_extreme(program, part->first + place, false) * scale;
	ClDisclosureRange range = {0};

	if (isnan(up) || isnan(down))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the bounds of a cell were not found"),
				 errdetail("The linear program has %d equations and did not end.", program->rows),
				 errhint("Merge rows or columns, or link fewer tables.")));
	range.safe = up >= (double) need.up - ROUNDING * scale && down >= (double) need.down - ROUNDING * scale;
	range.high = isinf(up) ? CL_FLOW_UNBOUNDED : part->flow.value[place] + (cl_int128) rint(up);
	range.low = part->flow.value[place] - (cl_int128) rint(down);
	return range;
}

/*
 * Answers
 */

static void
put_value(ClRecord *record, ClDisclosureMeasure measure, cl_int128 value)
{
	cl_record_put(record, measure == CL_DISCLOSURE_AMOUNT ? cl_disclosure_numeric(value) :
				  NumericGetDatum(int64_to_numeric((int64) value)));
}

static void
put_range(ClRecord *record, const Part *part, int number, int place, ClDisclosureMeasure measure, const ClDisclosureRange *range)
{
	const ClDisclosureTable *table = &part->state->table;
	ClDisclosureNeed need = cl_disclosure_need(table, &part->rule, place, measure);
	cl_int128	value = part->flow.value[place];
	int			row = place / (table->columns + 1);
	int			column = place % (table->columns + 1);

	cl_record_put_int32(record, number + 1);
	cl_record_put_text(record, row < table->rows ? part->state->row[row] : NULL);
	cl_record_put_text(record, column < table->columns ? part->state->column[column] : NULL);
	cl_record_put_text(record, measure == CL_DISCLOSURE_AMOUNT ? "amount" : "n");
	put_value(record, measure, value);
	put_value(record, measure, Max(range->low, 0));
	if (range->high < CL_FLOW_UNBOUNDED / 2)
		put_value(record, measure, range->high);
	else
		cl_record_put_null(record);
	put_value(record, measure, value - need.down);
	put_value(record, measure, value + need.up);
	cl_record_put_text(record, range->insider ? "contributor" : "stranger");
	cl_record_put_bool(record, range->safe);
	cl_record_next(record);
}

static void
audit_measure(Audit *audit, ClRecord *record, const ClMemory *memory, ClDisclosureMeasure measure)
{
	ClLinearRange program;
	double		scale = 1;

	for (int i = 0; i < audit->n; i++)
	{
		Part	   *part = &audit->part[i];

		cl_flow_open(&part->flow, memory, part->state->table.rows, part->state->table.columns);
		cl_disclosure_known(&part->state->table, &part->rule, part->hidden, measure, &part->flow);
	}
	if (audit->n_links > 0)
		scale = open_program(&program, audit, memory, measure);
	for (int i = 0; i < audit->n; i++)
	{
		Part	   *part = &audit->part[i];
		const ClDisclosureTable *table = &part->state->table;

		if (measure == CL_DISCLOSURE_AMOUNT && !table->with_amounts)
			continue;
		for (int place = 0; place < cl_disclosure_size(table); place++)
		{
			ClDisclosureNeed need = cl_disclosure_need(table, &part->rule, place, measure);
			ClDisclosureRange range;

			if (!part->hidden[place] && need.up == 0 && need.down == 0)
				continue;
			range = part->is_linked ? linked_range(&program, part, need, scale, place) :
				cl_disclosure_range(table, &part->rule, part->hidden, measure, &part->flow, place);
			put_range(record, part, i, place, measure, &range);
		}
	}
	if (audit->n_links > 0)
		cl_linear_range_close(&program);
	for (int i = 0; i < audit->n; i++)
		cl_flow_close(&audit->part[i].flow);
}

/* tables, released, rule, links */
Datum
cl_disclosure_audit(PG_FUNCTION_ARGS)
{
	ClMemory	memory = cl_memory_here();
	Audit		audit = {0};
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	open_parts(&audit, fcinfo);
	open_links(&audit, PG_GETARG_JSONB_P(3));
	audit_measure(&audit, &record, &memory, CL_DISCLOSURE_N);
	audit_measure(&audit, &record, &memory, CL_DISCLOSURE_AMOUNT);
	PG_RETURN_NULL();
}
