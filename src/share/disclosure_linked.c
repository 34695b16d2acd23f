/*
 * disclosure_linked.c
 *	  Several tables of which some add up to others: see disclosure_linked.h.
 */
#include "postgres.h"

#include <math.h>

#include "share/disclosure_linked.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"

/*
 * Arguments
 */

static void
other_number(int tables, int released)
{
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("each table has a release, or NULL where nothing of it was given away"),
			 errdetail("There are %d tables and %d releases; there may be %d.", tables, released, CL_LINKED_TABLES),
			 errhint("Build both by array_agg over the same rows.")));
}

static void
open_parts(ClLinkedTables *linked, ArrayType *tables, ArrayType *released, Jsonb *rule)
{
	Datum	   *item[2];
	bool	   *null[2];
	int			n[2];

	deconstruct_array(tables, ARR_ELEMTYPE(tables), -1, false, TYPALIGN_INT, &item[0], &null[0], &n[0]);
	n[1] = n[0];
	if (released != NULL)
		deconstruct_array(released, JSONBOID, -1, false, TYPALIGN_INT, &item[1], &null[1], &n[1]);
	if (n[0] != n[1] || n[0] > CL_LINKED_TABLES)
		other_number(n[0], n[1]);
	linked->n = n[0];
	linked->part = palloc0_array(ClLinkedPart, n[0] + 1);
	for (int i = 0; i < n[0]; i++)
	{
		ClLinkedPart *part = &linked->part[i];
		int			cells;

		if (null[0][i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a table is missing"),
					 errdetail("Table %d is NULL.", i + 1),
					 errhint("The audit needs the true table beside what was given away of it.")));
		part->state = cl_summary_state(&disclosure_table_summary, item[0][i]);
		cells = cl_disclosure_size(&part->state->table);
		part->rule = cl_disclosure_rule(rule, part->state, NULL, NULL);
		if (released != NULL && !null[1][i])
			part->hidden = cl_disclosure_hidden(DatumGetJsonbP(item[1][i]), part->state, &part->rule, i + 1);
		else
			part->hidden = palloc0_array(bool, cells);
		/* Of a table that nobody received all is hidden, but nobody doubts that what is empty is empty. */
		for (int k = 0; released != NULL && null[1][i] && k < cells; k++)
			part->hidden[k] = part->state->table.cell[k].n > 0;
	}
}

static const char *const link_keys[] = {"sum", "equals", NULL};

/* [{"sum": [2, 3], "equals": [1]}]: tables 2 and 3 add up to table 1, cell by cell. */
static void
open_links(ClLinkedTables *linked, Jsonb *jsonb)
{
	ClJson		root;

	cl_json_open(&root, "links", jsonb);
	linked->n_links = cl_json_array(&root, 0, CL_LINKED_TABLES * CL_LINKED_TABLES);
	linked->link = palloc0_array(ClTableLink, linked->n_links + 1);
	for (int i = 0; i < linked->n_links; i++)
	{
		ClTableLink *link = &linked->link[i];
		ClJson		object;

		cl_json_item(&root, i, &object);
		cl_json_object(&object, link_keys);
		for (int side = 0; side < 2; side++)
		{
			ClJson		list;
			int			n;

			cl_json_require(&object, link_keys[side], &list);
			n = cl_json_array(&list, 1, CL_LINKED_TABLES);
			for (int k = 0; k < n; k++)
			{
				ClJson		item;

				cl_json_item(&list, k, &item);
				link->part[link->n] = cl_json_int(&item, 1, linked->n) - 1;
				linked->part[link->part[link->n]].is_linked = true;
				link->sign[link->n++] = side == 0 ? 1 : -1;
			}
		}
	}
}

void
cl_linked_open(ClLinkedTables *linked, ArrayType *tables, ArrayType *released, Jsonb *rule, Jsonb *links)
{
	open_parts(linked, tables, released, rule);
	open_links(linked, links);
}

void
cl_linked_know(ClLinkedTables *linked, const ClMemory *memory, ClDisclosureMeasure measure)
{
	for (int i = 0; i < linked->n; i++)
	{
		ClLinkedPart *part = &linked->part[i];

		cl_flow_open(&part->flow, memory, part->state->table.rows, part->state->table.columns);
		cl_disclosure_known(&part->state->table, &part->rule, part->hidden, measure, &part->flow);
	}
}

void
cl_linked_forget(ClLinkedTables *linked)
{
	for (int i = 0; i < linked->n; i++)
		cl_flow_close(&linked->part[i].flow);
}

/*
 * The linear program of all linked tables
 */

double *
cl_linked_equation(ClLinearRange *program)
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
add_margins(ClLinearRange *program, const ClLinkedPart *part)
{
	const ClDisclosureTable *table = &part->state->table;

	for (int i = 0; i <= table->rows; i++)
	{
		double	   *row = cl_linked_equation(program);

		for (int j = 0; j <= table->columns; j++)
			row[part->first + cl_disclosure_place(table, i, j)] = j < table->columns ? 1 : -1;
	}
	for (int j = 0; j <= table->columns; j++)
	{
		double	   *row = cl_linked_equation(program);

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
add_cell(ClLinearRange *program, const ClLinkedTables *linked, int number, int k, const char *row, const char *column,
		 ClDisclosureMeasure measure)
{
	const ClTableLink *link = &linked->link[number];
	int			place[2 * CL_LINKED_TABLES];
	cl_int128	difference = 0;
	double	   *coefficient;

	for (int m = 0; m < link->n; m++)
	{
		const ClLinkedPart *part = &linked->part[link->part[m]];
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
	coefficient = cl_linked_equation(program);
	for (int m = 0; m < link->n; m++)
	{
		if (place[m] >= 0)
			coefficient[linked->part[link->part[m]].first + place[m]] += link->sign[m];
	}
	return true;
}

static void
add_link(ClLinearRange *program, const ClLinkedTables *linked, int number, ClDisclosureMeasure measure)
{
	const ClTableLink *link = &linked->link[number];

	for (int k = 0; k < link->n; k++)
	{
		const ClDisclosure *state = linked->part[link->part[k]].state;

		for (int i = 0; i < state->table.rows; i++)
		{
			CHECK_FOR_INTERRUPTS();
			for (int j = 0; j < state->table.columns; j++)
				(void) add_cell(program, linked, number, k, state->row[i], state->column[j], measure);
		}
	}
}

double
cl_linked_program(ClLinearRange *program, ClLinkedTables *linked, const ClMemory *memory, ClDisclosureMeasure measure)
{
	int			variables = 0;
	double		scale = 1;

	for (int i = 0; i < linked->n; i++)
	{
		ClLinkedPart *part = &linked->part[i];

		part->first = variables;
		if (part->is_linked)
		{
			variables += cl_disclosure_size(&part->state->table);
			scale = fmax(scale, (double) part->flow.value[cl_disclosure_size(&part->state->table) - 1]);
		}
	}
	cl_linear_range_open(program, memory, variables);
	for (int i = 0; i < linked->n; i++)
	{
		const ClLinkedPart *part = &linked->part[i];

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
	for (int i = 0; i < linked->n_links; i++)
		add_link(program, linked, i, measure);
	return scale;
}
