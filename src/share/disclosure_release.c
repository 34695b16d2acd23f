/*
 * disclosure_release.c
 *	  suppress: what may be given away of a disclosure_table; disclosure_cells: what it holds; released_cells: what was.
 */
#include "postgres.h"

#include "core/disclosure_suppress.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "share/disclosure_release.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(cl_disclosure_cells);
PG_FUNCTION_INFO_V1(cl_suppress);
PG_FUNCTION_INFO_V1(cl_released_cells);

#define VERSION 1
#define DEFAULT_FREQUENCY 5
#define DEFAULT_P 100000
#define MOST_ROUND INT64CONST(1000000000000000)

static const ClDisclosure *
state_of(FunctionCallInfo fcinfo)
{
	return cl_summary_state(&disclosure_table_summary, PG_GETARG_DATUM(0));
}

/*
 * Rules
 */

static const char *const rule_keys[] = {
	"minimum_frequency", "p", "dominance", "round", "round_n", "hide", "secondary", NULL
};
static const char *const dominance_keys[] = {"n", "share", NULL};

/* A row and a column, of which one or both may be null, which is the margin. */
static void
hide_by_hand(const ClJson *list, const ClDisclosure *state, bool *hidden)
{
	const ClDisclosureTable *table = &state->table;
	int			n = cl_json_array(list, 0, cl_disclosure_size(table));

	for (int i = 0; i < n; i++)
	{
		int			at[2];
		ClJson		pair;

		cl_json_item(list, i, &pair);
		(void) cl_json_array(&pair, 2, 2);
		for (int side = 0; side < 2; side++)
		{
			ClJson		label;

			cl_json_item(&pair, side, &label);
			at[side] = cl_disclosure_find(side == 0 ? state->row : state->column, side == 0 ? table->rows : table->columns,
										  label.value.type == jbvNull ? NULL : cl_json_text(&label));
			if (at[side] < 0)
				cl_json_error(&label, side == 0 ? "a row of the table, or null" : "a column of the table, or null");
		}
		hidden[cl_disclosure_place(table, at[0], at[1])] = true;
	}
}

ClDisclosureRule
cl_disclosure_rule(Jsonb *jsonb, const ClDisclosure *state, bool *hidden, bool *secondary)
{
	ClDisclosureRule rule = {.minimum_frequency = DEFAULT_FREQUENCY, .p = DEFAULT_P};
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "rule", jsonb);
	cl_json_object(&root, rule_keys);
	if (cl_json_get(&root, "minimum_frequency", &node))
		rule.minimum_frequency = cl_json_int(&node, 1, 1000000000);
	if (cl_json_get(&root, "p", &node))
		rule.p = cl_json_decimal(&node, CL_RATE_DECIMALS, 0, CL_RATE_ONE);
	if (cl_json_get(&root, "dominance", &node))
	{
		ClJson		part;

		cl_json_object(&node, dominance_keys);
		cl_json_require(&node, "n", &part);
		rule.dominance_n = cl_json_int(&part, 1, 2);
		cl_json_require(&node, "share", &part);
		rule.dominance_share = cl_json_decimal(&part, CL_RATE_DECIMALS, CL_RATE_ONE / 100, CL_RATE_ONE);
	}
	if (cl_json_get(&root, "round", &node))
		rule.round = cl_json_decimal(&node, CL_DISCLOSURE_DECIMALS, 1, MOST_ROUND);
	if (cl_json_get(&root, "round_n", &node))
		rule.round_n = cl_json_decimal(&node, 0, 1, MOST_ROUND);
	if (cl_json_get(&root, "hide", &node) && hidden != NULL)
		hide_by_hand(&node, state, hidden);
	if (cl_json_get(&root, "secondary", &node) && secondary != NULL)
		*secondary = cl_json_bool(&node);
	return rule;
}

/*
 * What is held: table, rule
 */

static void
put_label(ClRecord *record, char **label, int n, int at)
{
	cl_record_put_text(record, at < n ? label[at] : NULL);
}

Datum
cl_disclosure_cells(PG_FUNCTION_ARGS)
{
	static const char *const reasons[] = {NULL, "frequency", "dominance", "p"};
	const ClDisclosure *state;
	const ClDisclosureTable *table;
	ClDisclosureRule rule;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	state = state_of(fcinfo);
	table = &state->table;
	rule = cl_disclosure_rule(PG_GETARG_JSONB_P(1), state, NULL, NULL);
	for (int i = 0; i < cl_disclosure_size(table); i++)
	{
		const ClDisclosureCell *cell = &table->cell[i];

		put_label(&record, state->row, table->rows, i / (table->columns + 1));
		put_label(&record, state->column, table->columns, i % (table->columns + 1));
		cl_record_put_int64(&record, cell->n);
		cl_record_put_int64(&record, cell->contributors);
		cl_record_put_if(&record, table->with_amounts, cl_disclosure_numeric(cell->amount));
		cl_record_put_if(&record, table->with_amounts, cl_disclosure_numeric(cell->largest[0]));
		cl_record_put_if(&record, table->with_amounts, cl_disclosure_numeric(cell->largest[1]));
		cl_record_put_text(&record, reasons[cl_disclosure_sensitive(&rule, cell, table->with_amounts)]);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

/*
 * What is given away:
 *		{"version": 1, "rows": ["a", "b"], "columns": ["x"], "round": 100, "n": [[12, 12], [null, null], [30, 30]], "amount": ...}
 * with null where a cell is hidden, margins last; round and round_n only where values are rounded; noise, of one that has it, in
 * noisy_release.c
 */
static const char *const release_keys[] = {"version", "rows", "columns", "round", "round_n", "noise", "n", "amount", NULL};

static void
write_labels(StringInfo out, const char *key, char **label, int n)
{
	appendStringInfo(out, ", \"%s\": [", key);
	for (int i = 0; i < n; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		cl_json_put_string(out, label[i]);
	}
	appendStringInfoChar(out, ']');
}

static void
write_matrix(StringInfo out, const ClDisclosureTable *table, const ClDisclosureRule *rule, const bool *hidden, bool amounts)
{
	appendStringInfoString(out, amounts ? ", \"amount\": " : ", \"n\": ");
	for (int i = 0; i < cl_disclosure_size(table); i++)
	{
		const ClDisclosureCell *cell = &table->cell[i];
		int			column = i % (table->columns + 1);

		appendStringInfoString(out, column > 0 ? ", " : i > 0 ? ", [" : "[[");
		if (hidden[i])
			appendStringInfoString(out, "null");
		else if (amounts)
			appendStringInfoString(out, cl_disclosure_amount_string(cl_disclosure_rounded(cell->amount, rule->round)));
		else
			appendStringInfo(out, INT64_FORMAT, (int64) cl_disclosure_rounded(cell->n, rule->round_n));
		appendStringInfoString(out, column == table->columns ? "]" : "");
	}
	appendStringInfoChar(out, ']');
}

Datum
cl_disclosure_release(const ClDisclosure *state, const ClDisclosureRule *rule, const bool *hidden)
{
	const ClDisclosureTable *table = &state->table;
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"version\": %d", VERSION);
	write_labels(&out, "rows", state->row, table->rows);
	write_labels(&out, "columns", state->column, table->columns);
	if (rule->round > 0 && table->with_amounts)
		appendStringInfo(&out, ", \"round\": %s", cl_disclosure_amount_string(rule->round));
	if (rule->round_n > 0)
		appendStringInfo(&out, ", \"round_n\": " INT64_FORMAT, (int64) rule->round_n);
	write_matrix(&out, table, rule, hidden, false);
	if (table->with_amounts)
		write_matrix(&out, table, rule, hidden, true);
	appendStringInfoChar(&out, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
}

void
cl_disclosure_not_protected(const ClDisclosureTable *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("a sensitive cell cannot be protected"),
			 errdetail("The table has %d rows and %d columns.", table->rows, table->columns),
			 errhint("Merge rows or columns, or ask for less.")));
}

/* table, rule */
Datum
cl_suppress(PG_FUNCTION_ARGS)
{
	const ClDisclosure *state = state_of(fcinfo);
	const ClDisclosureTable *table = &state->table;
	bool	   *hidden = palloc0_array(bool, cl_disclosure_size(table));
	bool		secondary = true;
	ClDisclosureRule rule = cl_disclosure_rule(PG_GETARG_JSONB_P(1), state, hidden, &secondary);
	ClMemory	memory = cl_memory_here();

	if (!cl_disclosure_suppress(table, &rule, &memory, secondary, hidden))
		cl_disclosure_not_protected(table);
	PG_RETURN_DATUM(cl_disclosure_release(state, &rule, hidden));
}

/*
 * Reading what was given away
 */

typedef struct Release
{
	ClJson		root;
	ClJson		label[2];
	ClJson		matrix[2];		/* n, amount */
	int			n[2];			/* rows, columns */
	bool		with_counts;
	bool		with_amounts;
	bool		with_noise;
} Release;

static void
open_release(Release *release, Jsonb *jsonb)
{
	ClJson		node;

	cl_json_open(&release->root, "release", jsonb);
	cl_json_object(&release->root, release_keys);
	cl_json_require(&release->root, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	for (int side = 0; side < 2; side++)
	{
		cl_json_require(&release->root, side == 0 ? "rows" : "columns", &release->label[side]);
		release->n[side] = cl_json_array(&release->label[side], 0, CL_DISCLOSURE_LABELS);
	}
	release->with_noise = cl_json_get(&release->root, "noise", &node);
	release->with_counts = cl_json_get(&release->root, "n", &release->matrix[0]);
	release->with_amounts = cl_json_get(&release->root, "amount", &release->matrix[1]);
	for (int k = 0; k < 2; k++)
	{
		if (k == 0 ? release->with_counts : release->with_amounts)
			(void) cl_json_array(&release->matrix[k], release->n[0] + 1, release->n[0] + 1);
	}
}

/* One cell of a matrix; false where it is hidden. Noise may have made it negative. */
static bool
released_value(const Release *release, bool amounts, int row, int column, cl_int128 *value)
{
	cl_int128	most = amounts ? CL_DISCLOSURE_MOST_AMOUNT : CL_DISCLOSURE_MOST;
	int			decimals = amounts ? CL_DISCLOSURE_DECIMALS : 0;
	ClJson		line;
	ClJson		cell;

	cl_json_item(&release->matrix[amounts], row, &line);
	(void) cl_json_array(&line, release->n[1] + 1, release->n[1] + 1);
	cl_json_item(&line, column, &cell);
	if (cell.value.type == jbvNull)
		return false;
	if (cl_numeric_minor128(NumericGetDatum(cl_json_numeric(&cell)), decimals, value) != CL_NUMERIC_OK ||
		*value > most + most || *value < (release->with_noise ? -most : 0))
		cl_json_error(&cell, amounts ? "an amount of at most four decimals, or null" : "a count, or null");
	return true;
}

/* released */
Datum
cl_released_cells(PG_FUNCTION_ARGS)
{
	Release		release;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	open_release(&release, PG_GETARG_JSONB_P(0));
	for (int i = 0; i <= release.n[0]; i++)
	{
		for (int j = 0; j <= release.n[1]; j++)
		{
			cl_int128	value;
			ClJson		label;
			bool		there;

			for (int side = 0; side < 2; side++)
			{
				int			at = side == 0 ? i : j;

				if (at < release.n[side])
					cl_json_item(&release.label[side], at, &label);
				cl_record_put_text(&record, at < release.n[side] ? cl_json_text(&label) : NULL);
			}
			there = release.with_counts && released_value(&release, false, i, j, &value);
			cl_record_put_if(&record, there, Int64GetDatum(there ? (int64) value : 0));
			there = release.with_amounts && released_value(&release, true, i, j, &value);
			cl_record_put_if(&record, there, there ? cl_disclosure_numeric(value) : (Datum) 0);
			cl_record_next(&record);
		}
	}
	PG_RETURN_NULL();
}

static void
not_of_this_table(int number, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("release %d is not of table %d", number, number),
			 errdetail("The %s.", what),
			 errhint("Give each release beside the table that suppress made it of, in the same place.")));
}

static void
require_labels(const Release *release, int side, char **label, int n, int number)
{
	ClJson		item;

	if (release->n[side] != n)
		not_of_this_table(number, side == 0 ? "number of rows differs" : "number of columns differs");
	for (int i = 0; i < n; i++)
	{
		cl_json_item(&release->label[side], i, &item);
		if (strcmp(cl_json_text(&item), label[i]) != 0)
			not_of_this_table(number, psprintf("label \"%s\" differs", label[i]));
	}
}

bool *
cl_disclosure_hidden(Jsonb *released, const ClDisclosure *state, ClDisclosureRule *rule, int number)
{
	const ClDisclosureTable *table = &state->table;
	bool	   *hidden = palloc0_array(bool, cl_disclosure_size(table));
	Release		release;
	ClJson		node;

	open_release(&release, released);
	require_labels(&release, 0, state->row, table->rows, number);
	require_labels(&release, 1, state->column, table->columns, number);
	if (release.with_noise || !release.with_counts)
		not_of_this_table(number, "release has noise, or no counts");
	if (release.with_amounts != table->with_amounts)
		not_of_this_table(number, "one has amounts and the other has none");
	rule->round = cl_json_get(&release.root, "round", &node) ? cl_json_decimal(&node, CL_DISCLOSURE_DECIMALS, 1, MOST_ROUND) : 0;
	rule->round_n = cl_json_get(&release.root, "round_n", &node) ? cl_json_decimal(&node, 0, 1, MOST_ROUND) : 0;
	for (int i = 0; i < cl_disclosure_size(table); i++)
	{
		int			row = i / (table->columns + 1);
		int			column = i % (table->columns + 1);

		CHECK_FOR_INTERRUPTS();
		for (int amounts = 0; amounts < 1 + table->with_amounts; amounts++)
		{
			cl_int128	base = amounts ? rule->round : rule->round_n;
			cl_int128	value;
			bool		hides = !released_value(&release, amounts, row, column, &value);

			if (amounts && hides != hidden[i])
				not_of_this_table(number, psprintf("cell %d of row %d hides only one of count and amount", column + 1, row + 1));
			hidden[i] = hides;
			if (!hides && value != cl_disclosure_rounded(amounts ? table->cell[i].amount : table->cell[i].n, base))
				not_of_this_table(number, psprintf("%s of cell %d of row %d differs", amounts ? "amount" : "count", column + 1,
												   row + 1));
		}
	}
	return hidden;
}
