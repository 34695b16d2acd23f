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

/* [["line or lease", "line", "lease"]]: who sums has two columns where the others have one. */
static void
read_merged(const ClJson *link, const char *key, ClMergedLabels *merged)
{
	ClJson		list;
	int			n;

	if (!cl_json_get(link, key, &list))
		return;
	merged->from = palloc_array(char *, CL_DISCLOSURE_LABELS);
	merged->to = palloc_array(char *, CL_DISCLOSURE_LABELS);
	n = cl_json_array(&list, 1, CL_DISCLOSURE_LABELS);
	for (int i = 0; i < n; i++)
	{
		ClJson		labels;
		ClJson		label;
		char	   *to;
		int			length;

		cl_json_item(&list, i, &labels);
		length = cl_json_array(&labels, 2, CL_DISCLOSURE_LABELS);
		cl_json_item(&labels, 0, &label);
		to = cl_json_text(&label);
		for (int k = 1; k < length; k++)
		{
			char	   *from;

			cl_json_item(&labels, k, &label);
			from = cl_json_text(&label);
			for (int m = 0; m < merged->n; m++)
			{
				if (strcmp(merged->from[m], from) == 0)
					cl_json_error(&label, "a label that is merged once");
			}
			if (merged->n == CL_DISCLOSURE_LABELS)
				cl_json_error(&label, psprintf("no more than %d labels", CL_DISCLOSURE_LABELS));
			merged->from[merged->n] = from;
			merged->to[merged->n++] = to;
		}
	}
}

static const char *const link_keys[] = {"sum", "equals", "merge_rows", "merge_columns", "margins", NULL};

/* ["rows", "columns"]: the sums of rows of what is summed are those of columns of what equals it. */
static void
read_margins(const ClJson *link, ClTableLink *into)
{
	static const char *const sides[] = {"rows", "columns", NULL};
	ClJson		list;

	into->of_margins = cl_json_get(link, "margins", &list);
	if (!into->of_margins)
		return;
	if (cl_json_array(&list, 2, 2) != 2)
		cl_json_error(&list, "two sides");
	for (int i = 0; i < 2; i++)
	{
		ClJson		side;

		cl_json_item(&list, i, &side);
		into->side[i] = cl_json_choice(&side, sides);
	}
}

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
		read_margins(&object, link);
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
			read_merged(&object, link_keys[2 + side], &link->merged[side]);
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

static void
other_labels(int number, const char *row, const char *column, bool summed)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("linked tables have other labels"),
			 errdetail("In link %d the tables of \"%s\" have no row \"%s\" with a column \"%s\".", number,
					   summed ? "equals" : "sum", row, column),
			 errhint("If those of \"equals\" have merged some, name the merged one and what it consists of: \"merge_columns\": "
					 "[[\"line or lease\", \"line\", \"lease\"]], or \"merge_rows\".")));
}

static void
margins_differ(int number, const char *label)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("linked tables have no sums in common"),
			 errdetail("In link %d neither all counts nor all amounts of the margins agree; those of \"%s\" differ.", number,
					   label),
			 errhint("\"margins\" are two of \"rows\" and \"columns\": whose sums of what is summed are whose of what equals "
					 "it.")));
}

/* What a label of its m-th table is called in the link. */
static const char *
label_in_link(const ClTableLink *link, int m, int side, const char *label)
{
	const ClMergedLabels *merged = &link->merged[side];

	for (int i = 0; link->sign[m] > 0 && i < merged->n; i++)
	{
		if (strcmp(merged->from[i], label) == 0)
			return merged->to[i];
	}
	return label;
}

/* Whether sums of rows, or columns, of its m-th table are all that the link looks at: then the other side is the margin. */
static bool
is_summed(const ClTableLink *link, int m, int side)
{
	return link->of_margins && link->side[link->sign[m] < 0] != side;
}

/* The rows, or columns, of its m-th table that the link calls so; returns how many. */
static int
find_labels(const ClLinkedTables *linked, const ClTableLink *link, int m, int side, const char *label, int *found)
{
	const ClDisclosure *state = linked->part[link->part[m]].state;
	char	  **labels = side == 0 ? state->row : state->column;
	int			n = side == 0 ? state->table.rows : state->table.columns;
	int			count = 0;

	if (is_summed(link, m, side))
	{
		found[0] = n;
		return 1;
	}
	if (link->sign[m] < 0 || link->merged[side].n == 0)
	{
		found[0] = cl_disclosure_find(labels, n, label);
		return found[0] >= 0 ? 1 : 0;
	}
	for (int i = 0; i < n; i++)
	{
		if (strcmp(label_in_link(link, m, side, labels[i]), label) == 0)
			found[count++] = i;
	}
	return count;
}

/*
 * A cell, as the link calls it, in all of its tables: one equation, which is made at the first cell that is called so. Without a
 * program, false where the cells do not add up, which is an error otherwise.
 */
static bool
add_cell(ClLinearRange *program, const ClLinkedTables *linked, int number, int k, int at, const char *row, const char *column,
		 ClDisclosureMeasure measure)
{
	const ClTableLink *link = &linked->link[number];
	int			i[CL_DISCLOSURE_LABELS];
	int			j[CL_DISCLOSURE_LABELS];
	bool		seen[2] = {false, false};
	cl_int128	difference = 0;
	double	   *coefficient = NULL;

	for (int pass = 0; pass < 2; pass++)
	{
		if (pass == 1)
			coefficient = cl_linked_equation(program);
		for (int m = 0; m < link->n; m++)
		{
			const ClLinkedPart *part = &linked->part[link->part[m]];
			const ClDisclosureTable *table = &part->state->table;
			int			rows = find_labels(linked, link, m, 0, row, i);
			int			columns = find_labels(linked, link, m, 1, column, j);

			for (int cell = 0; cell < rows * columns; cell++)
			{
				int			place = cl_disclosure_place(table, i[cell / columns], j[cell % columns]);

				if (pass == 1)
				{
					coefficient[part->first + place] += link->sign[m];
					continue;
				}
				if (cell == 0 && (m < k || (m == k && place != at)))
					return true;
				seen[link->sign[m] > 0] = true;
				difference += link->sign[m] * (measure == CL_DISCLOSURE_N ? table->cell[place].n : table->cell[place].amount);
			}
		}
		if (program == NULL)
			return difference == 0;
		if (pass == 0 && difference != 0 && link->of_margins)
			margins_differ(number + 1, row);
		if (pass == 0 && difference != 0 && !(seen[0] && seen[1]))
			other_labels(number + 1, row, column, seen[1]);
		if (pass == 0 && difference != 0)
			does_not_add_up(number + 1, row, column);
	}
	return true;
}

static bool
add_cells(ClLinearRange *program, const ClLinkedTables *linked, int number, ClDisclosureMeasure measure)
{
	const ClTableLink *link = &linked->link[number];

	for (int k = 0; k < link->n; k++)
	{
		const ClDisclosure *state = linked->part[link->part[k]].state;
		bool		summed[2] = {is_summed(link, k, 0), is_summed(link, k, 1)};

		if (program == NULL && measure == CL_DISCLOSURE_AMOUNT && !state->table.with_amounts)
			return false;
		for (int i = summed[0] ? state->table.rows : 0; i < state->table.rows + summed[0]; i++)
		{
			CHECK_FOR_INTERRUPTS();
			for (int j = summed[1] ? state->table.columns : 0; j < state->table.columns + summed[1]; j++)
			{
				const char *row = summed[0] ? NULL : label_in_link(link, k, 0, state->row[i]);
				const char *column = summed[1] ? NULL : label_in_link(link, k, 1, state->column[j]);

				/* Where the link is of sums, they have one label, which may be a row of one table and a column of another. */
				if (!add_cell(program, linked, number, k, cl_disclosure_place(&state->table, i, j), row ? row : column,
							  column ? column : row, measure))
					return false;
			}
		}
	}
	return true;
}

static void
add_link(ClLinearRange *program, const ClLinkedTables *linked, int number, ClDisclosureMeasure measure)
{
	ClDisclosureMeasure other = measure == CL_DISCLOSURE_N ? CL_DISCLOSURE_AMOUNT : CL_DISCLOSURE_N;

	/* Who has two products counts twice in a table of products: sums of amounts may agree where those of counts do not. */
	if (linked->link[number].of_margins && !add_cells(NULL, linked, number, measure) && add_cells(NULL, linked, number, other))
		return;
	(void) add_cells(program, linked, number, measure);
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
