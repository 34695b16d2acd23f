/*
 * disclosure_state.c
 *	  The state behind the type disclosure_table: merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include "share/disclosure_state.h"

#include "pg/memory.h"
#include "pg/numeric.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/fmgrprotos.h"

#define TYPE_NAME "disclosure_table"
#define VERSION 1

static int
compare_labels(const void *left, const void *right)
{
	return strcmp(*(char *const *) left, *(char *const *) right);
}

int
cl_disclosure_find(char **label, int n, const char *wanted)
{
	char	  **found;

	if (wanted == NULL)
		return n;
	found = n > 0 ? bsearch(&wanted, label, n, sizeof(char *), compare_labels) : NULL;
	return found != NULL ? (int) (found - label) : -1;
}

/* Sorted, each once; and where each of the given ones is then. */
static char **
sort_labels(char **label, int n, int *distinct, int *place)
{
	char	  **sorted = palloc_array(char *, n + 1);

	*distinct = 0;
	memcpy(sorted, label, n * sizeof(char *));
	if (n > 1)
		qsort(sorted, n, sizeof(char *), compare_labels);
	for (int i = 0; i < n; i++)
	{
		if (i == 0 || strcmp(sorted[i], sorted[*distinct - 1]) != 0)
			sorted[(*distinct)++] = sorted[i];
	}
	for (int i = 0; i < *distinct; i++)
		sorted[i] = pstrdup(sorted[i]);
	for (int i = 0; i < n; i++)
		place[i] = cl_disclosure_find(sorted, *distinct, label[i]);
	return sorted;
}

static void
too_many_labels(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many %ss for a %s", what, TYPE_NAME),
			 errdetail("There are more than %d.", CL_DISCLOSURE_LABELS),
			 errhint("Use bands or regions as labels, not values.")));
}

ClDisclosure *
cl_disclosure_create(char **row, int rows, char **column, int columns, bool with_amounts, int *row_place, int *column_place)
{
	ClDisclosure *state = palloc0_object(ClDisclosure);
	ClMemory	memory = cl_memory_here();

	state->row = sort_labels(row, rows, &rows, row_place);
	state->column = sort_labels(column, columns, &columns, column_place);
	if (rows > CL_DISCLOSURE_LABELS || columns > CL_DISCLOSURE_LABELS)
		too_many_labels(rows > CL_DISCLOSURE_LABELS ? "row" : "column");
	cl_disclosure_open(&state->table, &memory, rows, columns, with_amounts);
	return state;
}

static void *
create(void)
{
	return cl_disclosure_create(NULL, 0, NULL, 0, false, NULL, NULL);
}

void
cl_disclosure_require(bool with_amounts, bool other)
{
	if (with_amounts != other)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("either all tables have amounts or none has"),
				 errdetail("Found tables with amounts and without."),
				 errhint("Build all parts with amounts, or all without.")));
}

void
cl_disclosure_too_many(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("too many contributors for a %s", TYPE_NAME),
			 errdetail("Together there are more than " INT64_FORMAT ".", CL_DISCLOSURE_MOST),
			 errhint("Look for a table that was not built by disclosure_table_agg.")));
}

void
cl_disclosure_check_label(int length, int others, const char *what)
{
	if (length > CL_DISCLOSURE_LONGEST_LABEL)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("label of a %s is too long", what),
				 errdetail("It has %d bytes; a label may have %d.", length, CL_DISCLOSURE_LONGEST_LABEL),
				 errhint("Give bands and segments short names.")));
	if (others >= CL_DISCLOSURE_LABELS)
		too_many_labels(what);
}

static bool
is_empty(const ClDisclosure *state)
{
	return state->table.rows == 0;
}

static char **
joined(char **ours, int n, char **theirs, int m)
{
	char	  **all = palloc_array(char *, n + m + 1);

	memcpy(all, ours, n * sizeof(char *));
	memcpy(all + n, theirs, m * sizeof(char *));
	return all;
}

static void
merge(void *into, const void *from)
{
	ClDisclosure *state = into;
	const ClDisclosure *other = from;
	const ClDisclosureTable *ours = &state->table;
	const ClDisclosureTable *theirs = &other->table;
	int			place[4 * CL_DISCLOSURE_LABELS];
	int		   *columns = place + 2 * CL_DISCLOSURE_LABELS;
	ClDisclosure *both;
	bool		with_amounts = is_empty(state) ? theirs->with_amounts : ours->with_amounts;

	if (!is_empty(state) && !is_empty(other))
		cl_disclosure_require(ours->with_amounts, theirs->with_amounts);
	if (is_empty(state) && is_empty(other))
		with_amounts |= ours->with_amounts;
	both = cl_disclosure_create(joined(state->row, ours->rows, other->row, theirs->rows), ours->rows + theirs->rows,
								joined(state->column, ours->columns, other->column, theirs->columns),
								ours->columns + theirs->columns, with_amounts, place, columns);
	if (!cl_disclosure_add(&both->table, ours, place, columns) ||
		!cl_disclosure_add(&both->table, theirs, place + ours->rows, columns + ours->columns))
		cl_disclosure_too_many();
	both->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
	*state = *both;
}

Datum
cl_disclosure_numeric(cl_int128 amount)
{
	return DirectFunctionCall1(numeric_trim_scale, cl_minor_numeric(amount, CL_DISCLOSURE_DECIMALS));
}

char *
cl_disclosure_amount_string(cl_int128 amount)
{
	return cl_numeric_string(cl_disclosure_numeric(amount));
}

/*
 * Bytes:
 *		int64	rows left out
 *		int8	1 with amounts
 *		int32	number of rows, and of each, ascending: int32 length, bytes in the encoding of the database; the same of columns
 *		cells by row, the margin last: int64 n; in a margin int64 contributors; with amounts int128 amount and the two largest
 */
static void
send_labels(StringInfo buf, char **label, int n)
{
	pq_sendint32(buf, n);
	for (int i = 0; i < n; i++)
	{
		pq_sendint32(buf, strlen(label[i]));
		appendBinaryStringInfo(buf, label[i], strlen(label[i]));
	}
}

static bool
is_margin(const ClDisclosureTable *table, int place)
{
	return place / (table->columns + 1) == table->rows || place % (table->columns + 1) == table->columns;
}

static void
write_state(StringInfo buf, const void *data)
{
	const ClDisclosure *state = data;
	const ClDisclosureTable *table = &state->table;

	pq_sendint64(buf, state->n_skipped);
	pq_sendint8(buf, table->with_amounts);
	send_labels(buf, state->row, table->rows);
	send_labels(buf, state->column, table->columns);
	for (int i = 0; i < cl_disclosure_size(table); i++)
	{
		const ClDisclosureCell *cell = &table->cell[i];

		pq_sendint64(buf, cell->n);
		if (is_margin(table, i))
			pq_sendint64(buf, cell->contributors);
		if (!table->with_amounts)
			continue;
		cl_wire_send_int128(buf, cell->amount);
		cl_wire_send_int128(buf, cell->largest[0]);
		cl_wire_send_int128(buf, cell->largest[1]);
	}
}

static char **
receive_labels(StringInfo buf, int *n)
{
	char	  **label;

	*n = cl_wire_count(buf, TYPE_NAME, CL_DISCLOSURE_LABELS, 4);
	label = palloc_array(char *, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		int			length = (int) pq_getmsgint(buf, 4);
		const char *name;

		if (length < 0 || length > CL_DISCLOSURE_LONGEST_LABEL)
			cl_wire_invalid(TYPE_NAME, psprintf("length %d of a label is out of range", length));
		name = pq_getmsgbytes(buf, length);
		if (!pg_verifymbstr(name, length, true))
			cl_wire_invalid(TYPE_NAME, "label is not text in the encoding of the database");
		label[i] = pnstrdup(name, length);
		if (i > 0 && strcmp(label[i - 1], label[i]) >= 0)
			cl_wire_invalid(TYPE_NAME, "labels are not in ascending order");
	}
	return label;
}

static bool
in_range(const ClDisclosureCell *cell)
{
	return cell->n >= 0 && cell->n <= CL_DISCLOSURE_MOST && cell->contributors >= 0 && cell->amount >= 0 &&
		cell->amount <= CL_DISCLOSURE_MOST_AMOUNT && cell->largest[0] >= 0 && cell->largest[0] <= cell->amount &&
		cell->largest[1] >= 0 && cell->largest[1] <= cell->amount;
}

static void *
read_state(StringInfo buf)
{
	int64		n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	int			with_amounts = pq_getmsgbyte(buf);
	int			rows;
	int			columns;
	char	  **row = receive_labels(buf, &rows);
	char	  **column = receive_labels(buf, &columns);
	int			place[2][CL_DISCLOSURE_LABELS];
	ClDisclosure *state;
	const char *wrong;

	if (with_amounts > 1)
		cl_wire_invalid(TYPE_NAME, "kind of table is out of range");
	if ((int64) (rows + 1) * (columns + 1) * 8 > buf->len - buf->cursor)
		cl_wire_invalid(TYPE_NAME, "number of cells is more than the value holds");
	state = cl_disclosure_create(row, rows, column, columns, with_amounts, place[0], place[1]);
	state->n_skipped = n_skipped;
	for (int i = 0; i < cl_disclosure_size(&state->table); i++)
	{
		ClDisclosureCell *cell = &state->table.cell[i];

		cell->n = pq_getmsgint64(buf);
		cell->contributors = is_margin(&state->table, i) ? pq_getmsgint64(buf) : cell->n;
		if (with_amounts)
		{
			cell->amount = cl_wire_int128(buf);
			cell->largest[0] = cl_wire_int128(buf);
			cell->largest[1] = cl_wire_int128(buf);
		}
		if (!in_range(cell))
			cl_wire_invalid(TYPE_NAME, "cell is out of range");
	}
	wrong = cl_disclosure_disorder(&state->table);
	if (wrong != NULL)
		cl_wire_invalid(TYPE_NAME, wrong);
	return state;
}

/*
 * JSON, cells by row, the margin last in each row, and a last row of margins; contributors is of the margins of rows, then those
 * of columns, then the total:
 *		{"version": 1, "n_skipped": 0, "rows": ["a"], "columns": ["x", "y"], "n": [[3, 0, 3], [3, 0, 3]],
 *		 "contributors": [[3], [3, 0], 3], "amount": [[60, 0, 60], [60, 0, 60]], "largest": ..., "second": ...}
 * without the last three where there are no amounts.
 */
static const char *const json_keys[] = {
	"version", "n_skipped", "rows", "columns", "n", "contributors", "amount", "largest", "second", NULL
};

static void
print_labels(StringInfo out, const char *key, char **label, int n)
{
	appendStringInfo(out, ", \"%s\": [", key);
	for (int i = 0; i < n; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		cl_json_put_string(out, label[i]);
	}
	appendStringInfoChar(out, ']');
}

typedef enum Field
{
	N, AMOUNT, LARGEST, SECOND
} Field;

static const char *const field_keys[] = {"n", "amount", "largest", "second"};

static cl_int128
get_field(const ClDisclosureCell *cell, Field field)
{
	return field == N ? cell->n : field == AMOUNT ? cell->amount : cell->largest[field - LARGEST];
}

static void
set_field(ClDisclosureCell *cell, Field field, cl_int128 value)
{
	if (field == N)
		cell->n = cell->contributors = (int64) value;
	else if (field == AMOUNT)
		cell->amount = value;
	else
		cell->largest[field - LARGEST] = value;
}

static void
print_field(StringInfo out, const ClDisclosureTable *table, Field field)
{
	appendStringInfo(out, ", \"%s\": [", field_keys[field]);
	for (int i = 0; i < cl_disclosure_size(table); i++)
	{
		cl_int128	value = get_field(&table->cell[i], field);
		int			column = i % (table->columns + 1);

		appendStringInfoString(out, column > 0 ? ", " : i > 0 ? ", [" : "[");
		if (field == N)
			appendStringInfo(out, INT64_FORMAT, (int64) value);
		else
			appendStringInfoString(out, cl_disclosure_amount_string(value));
		appendStringInfoString(out, column == table->columns ? "]" : "");
	}
	appendStringInfoChar(out, ']');
}

static void
print(StringInfo out, const void *data)
{
	const ClDisclosure *state = data;
	const ClDisclosureTable *table = &state->table;

	appendStringInfo(out, "{\"version\": %d, \"n_skipped\": " INT64_FORMAT, VERSION, state->n_skipped);
	print_labels(out, "rows", state->row, table->rows);
	print_labels(out, "columns", state->column, table->columns);
	print_field(out, table, N);
	appendStringInfoString(out, ", \"contributors\": [[");
	for (int i = 0; i < table->rows; i++)
		appendStringInfo(out, "%s" INT64_FORMAT, i > 0 ? ", " : "",
						 table->cell[cl_disclosure_place(table, i, table->columns)].contributors);
	appendStringInfoString(out, "], [");
	for (int j = 0; j < table->columns; j++)
		appendStringInfo(out, "%s" INT64_FORMAT, j > 0 ? ", " : "",
						 table->cell[cl_disclosure_place(table, table->rows, j)].contributors);
	appendStringInfo(out, "], " INT64_FORMAT "]", table->cell[cl_disclosure_size(table) - 1].contributors);
	for (Field field = AMOUNT; table->with_amounts && field <= SECOND; field++)
		print_field(out, table, field);
	appendStringInfoChar(out, '}');
}

static char **
parse_labels(const ClJson *document, const char *key, int *n)
{
	ClJson		node;
	char	  **label;

	cl_json_require(document, key, &node);
	*n = cl_json_array(&node, 0, CL_DISCLOSURE_LABELS);
	label = palloc_array(char *, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		ClJson		item;

		cl_json_item(&node, i, &item);
		label[i] = cl_json_text(&item);
		cl_disclosure_check_label(strlen(label[i]), i, key);
		if (i > 0 && strcmp(label[i - 1], label[i]) >= 0)
			cl_json_error(&item, "after the label before it, in the order of their bytes");
	}
	return label;
}

/* A count, or an amount in ten-thousandths. */
static cl_int128
parse_number(const ClJson *node, Field field)
{
	cl_int128	value;

	if (field == N)
		return cl_json_decimal(node, 0, 0, CL_DISCLOSURE_MOST);
	if (cl_numeric_minor128(NumericGetDatum(cl_json_numeric(node)), CL_DISCLOSURE_DECIMALS, &value) != CL_NUMERIC_OK)
		cl_json_error(node, "an amount of at most four decimals");
	return value;
}

static void
parse_field(const ClJson *document, ClDisclosureTable *table, Field field)
{
	ClJson		matrix;

	cl_json_require(document, field_keys[field], &matrix);
	(void) cl_json_array(&matrix, table->rows + 1, table->rows + 1);
	for (int i = 0; i <= table->rows; i++)
	{
		ClJson		line;

		cl_json_item(&matrix, i, &line);
		(void) cl_json_array(&line, table->columns + 1, table->columns + 1);
		for (int j = 0; j <= table->columns; j++)
		{
			ClJson		item;

			cl_json_item(&line, j, &item);
			set_field(&table->cell[cl_disclosure_place(table, i, j)], field, parse_number(&item, field));
		}
	}
}

static void
parse_contributors(const ClJson *document, ClDisclosureTable *table)
{
	ClJson		three;
	ClJson		node;
	ClJson		item;

	cl_json_require(document, "contributors", &three);
	(void) cl_json_array(&three, 3, 3);
	for (int side = 0; side < 2; side++)
	{
		int			n = side == 0 ? table->rows : table->columns;

		cl_json_item(&three, side, &node);
		(void) cl_json_array(&node, n, n);
		for (int i = 0; i < n; i++)
		{
			cl_json_item(&node, i, &item);
			table->cell[side == 0 ? cl_disclosure_place(table, i, table->columns) :
						cl_disclosure_place(table, table->rows, i)].contributors = (int64) parse_number(&item, N);
		}
	}
	cl_json_item(&three, 2, &node);
	table->cell[cl_disclosure_size(table) - 1].contributors = (int64) parse_number(&node, N);
}

static void *
parse(const ClJson *document)
{
	int			place[2][CL_DISCLOSURE_LABELS];
	const char *wrong;
	ClDisclosure *state;
	char	  **row;
	char	  **column;
	int			rows;
	int			columns;
	ClJson		node;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, VERSION, VERSION);
	row = parse_labels(document, "rows", &rows);
	column = parse_labels(document, "columns", &columns);
	state = cl_disclosure_create(row, rows, column, columns, cl_json_get(document, "amount", &node), place[0], place[1]);
	cl_json_require(document, "n_skipped", &node);
	state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	parse_field(document, &state->table, N);
	parse_contributors(document, &state->table);
	for (Field field = AMOUNT; state->table.with_amounts && field <= SECOND; field++)
		parse_field(document, &state->table, field);
	wrong = NULL;
	for (int i = 0; i < cl_disclosure_size(&state->table) && wrong == NULL; i++)
		wrong = in_range(&state->table.cell[i]) ? NULL : "cell is out of range";
	if (wrong == NULL)
		wrong = cl_disclosure_disorder(&state->table);
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid %s: it contradicts itself", TYPE_NAME),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with disclosure_table_agg.")));
	return state;
}

const ClSummary disclosure_table_summary = {
	.name = TYPE_NAME,
	.version = VERSION,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};
