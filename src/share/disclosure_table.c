/*
 * disclosure_table.c
 *	  The type disclosure_table: contributors by row and column, before anything of it is given away.
 */
#include "postgres.h"

#include "pg/amount.h"
#include "pg/labels.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "share/disclosure_state.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * cl_disclosure_table_in, cl_disclosure_table_out, cl_disclosure_table_recv, cl_disclosure_table_send,
 * cl_disclosure_table_serial, cl_disclosure_table_deserial, cl_disclosure_table_combine, cl_disclosure_table_final,
 * cl_disclosure_table_rollup
 */
CL_SUMMARY_FUNCTIONS(disclosure_table)

PG_FUNCTION_INFO_V1(cl_disclosure_rows_transition);
PG_FUNCTION_INFO_V1(cl_disclosure_rows_amount_transition);
PG_FUNCTION_INFO_V1(cl_disclosure_rows_final);
PG_FUNCTION_INFO_V1(cl_disclosure_table_of_counts);

/*
 * Rows: while they come, a contributor may come again in any worker, so all are kept
 */

typedef struct Label
{
	ClLabel		label;
} Label;

typedef struct Rows
{
	bool		with_amounts;
	bool		is_known;		/* whether there are amounts: after the first row */
	int64		n_skipped;
	ClLabels	label[2];		/* of rows and of columns, in the order in which they came */
	ClDisclosureRows entries;
} Rows;

static void *
create(void)
{
	Rows	   *rows = palloc0_object(Rows);
	ClMemory	memory = cl_memory_here();

	for (int side = 0; side < 2; side++)
		cl_labels_init(&rows->label[side], sizeof(Label));
	cl_disclosure_rows_init(&rows->entries, &memory);
	return rows;
}

static void
require(Rows *rows, bool with_amounts)
{
	if (rows->is_known)
		cl_disclosure_require(rows->with_amounts, with_amounts);
	rows->is_known = true;
	rows->with_amounts = with_amounts;
}

static int
place_of(Rows *rows, int side, const char *name, int length)
{
	ClLabels   *labels = &rows->label[side];
	uint32		hash = cl_labels_hash(name, length);
	Label	   *label = cl_labels_find(labels, name, length, hash);

	if (label == NULL)
	{
		cl_disclosure_check_label(length, labels->n, side == 0 ? "row" : "column");
		label = cl_labels_new(labels, name, length, hash);
	}
	return (int) (((char *) label - labels->items) / labels->item_size);
}

static void
merge(void *into, const void *from)
{
	Rows	   *rows = into;
	const Rows *other = from;
	int			place[2][CL_DISCLOSURE_LABELS];

	if (other->is_known)
		require(rows, other->with_amounts);
	rows->n_skipped = cl_skipped_sum(rows->n_skipped, other->n_skipped);
	for (int side = 0; side < 2; side++)
	{
		for (int i = 0; i < other->label[side].n; i++)
		{
			const Label *theirs = cl_labels_item(&other->label[side], i);

			place[side][i] = place_of(rows, side, theirs->label.name, theirs->label.length);
		}
	}
	for (size_t i = 0; i < other->entries.n; i++)
	{
		ClDisclosureEntry entry = other->entries.entry[i];

		if ((i & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		entry.row = place[0][entry.row];
		entry.column = place[1][entry.column];
		cl_disclosure_rows_add(&rows->entries, &entry);
	}
}

/*
 * Bytes, between workers only: int8 whether amounts are known of and whether there are; int64 rows left out; twice int32 labels,
 * and of each int32 length and bytes; int64 entries, and of each int64 contributor, int16 row, int16 column, int128 amount
 */
static void
write_state(StringInfo buf, const void *data)
{
	const Rows *rows = data;

	pq_sendint8(buf, rows->is_known + 2 * rows->with_amounts);
	pq_sendint64(buf, rows->n_skipped);
	for (int side = 0; side < 2; side++)
	{
		pq_sendint32(buf, rows->label[side].n);
		for (int i = 0; i < rows->label[side].n; i++)
		{
			const Label *label = cl_labels_item(&rows->label[side], i);

			pq_sendint32(buf, label->label.length);
			appendBinaryStringInfo(buf, label->label.name, label->label.length);
		}
	}
	pq_sendint64(buf, rows->entries.n);
	for (size_t i = 0; i < rows->entries.n; i++)
	{
		const ClDisclosureEntry *entry = &rows->entries.entry[i];

		pq_sendint64(buf, entry->contributor);
		pq_sendint16(buf, entry->row);
		pq_sendint16(buf, entry->column);
		cl_wire_send_int128(buf, entry->amount);
	}
}

static void *
read_state(StringInfo buf)
{
	static const char type[] = "rows of a disclosure_table";
	Rows	   *rows = create();
	int			kind = pq_getmsgbyte(buf);
	int64		n;

	rows->is_known = kind & 1;
	rows->with_amounts = (kind & 2) != 0;
	rows->n_skipped = cl_wire_int64(buf, type, 0, PG_INT64_MAX, "number of rows left out");
	for (int side = 0; side < 2; side++)
	{
		int			labels = cl_wire_count(buf, type, CL_DISCLOSURE_LABELS, 4);

		for (int i = 0; i < labels; i++)
		{
			int			length = (int) pq_getmsgint(buf, 4);

			(void) place_of(rows, side, pq_getmsgbytes(buf, length), length);
		}
	}
	n = cl_wire_int64(buf, type, 0, buf->len, "number of rows");
	for (int64 i = 0; i < n; i++)
	{
		ClDisclosureEntry entry = {.contributor = pq_getmsgint64(buf)};

		entry.row = (int) pq_getmsgint(buf, 2);
		entry.column = (int) pq_getmsgint(buf, 2);
		entry.amount = cl_wire_int128(buf);
		if (entry.row >= rows->label[0].n || entry.column >= rows->label[1].n)
			cl_wire_invalid(type, "label of a row is out of range");
		cl_disclosure_rows_add(&rows->entries, &entry);
	}
	return rows;
}

static const ClSummary disclosure_rows_summary = {
	.name = "disclosure_rows",
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
};

/* cl_disclosure_rows_combine, cl_disclosure_rows_serial, cl_disclosure_rows_deserial */
CL_SUMMARY_FUNCTION(disclosure_rows, combine)
CL_SUMMARY_FUNCTION(disclosure_rows, serial)
CL_SUMMARY_FUNCTION(disclosure_rows, deserial)

static pg_noinline void
negative_amount(Datum amount)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount of a contributor is negative"),
			 errdetail("Found %s.", cl_numeric_string(amount)),
			 errhint("The rules are of amounts from 0 on: give credit balances a table of their own.")));
}

/* Arguments: state, row_label, column_label, contributor [, amount]. */
static pg_attribute_always_inline Datum
add_row(FunctionCallInfo fcinfo, bool with_amounts)
{
	Rows	   *rows = cl_agg_state(fcinfo, create);
	ClDisclosureEntry entry;
	int64		amount = 0;
	text	   *row;
	text	   *column;

	if (unlikely(!rows->is_known || rows->with_amounts != with_amounts))
		require(rows, with_amounts);
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3) ||
		(with_amounts && (PG_ARGISNULL(4) || !cl_amount(PG_GETARG_DATUM(4), CL_NUMERIC_AMOUNT, &amount))))
	{
		rows->n_skipped++;
		PG_RETURN_POINTER(rows);
	}
	if (unlikely(amount < 0))
		negative_amount(PG_GETARG_DATUM(4));
	row = PG_GETARG_TEXT_PP(1);
	column = PG_GETARG_TEXT_PP(2);
	entry.contributor = PG_GETARG_INT64(3);
	entry.row = place_of(rows, 0, VARDATA_ANY(row), VARSIZE_ANY_EXHDR(row));
	entry.column = place_of(rows, 1, VARDATA_ANY(column), VARSIZE_ANY_EXHDR(column));
	entry.amount = amount;
	cl_disclosure_rows_add(&rows->entries, &entry);
	PG_RETURN_POINTER(rows);
}

Datum
cl_disclosure_rows_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, false);
}

Datum
cl_disclosure_rows_amount_transition(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, true);
}

static char **
names_of(const ClLabels *labels)
{
	char	  **name = palloc_array(char *, labels->n + 1);

	for (int i = 0; i < labels->n; i++)
		name[i] = cl_label_string(cl_labels_item(labels, i));
	return name;
}

Datum
cl_disclosure_rows_final(PG_FUNCTION_ARGS)
{
	int			place[2][CL_DISCLOSURE_LABELS];
	ClDisclosure *state;
	Rows	   *rows;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	rows = (Rows *) PG_GETARG_POINTER(0);
	state = cl_disclosure_create(names_of(&rows->label[0]), rows->label[0].n, names_of(&rows->label[1]), rows->label[1].n,
								 rows->with_amounts, place[0], place[1]);
	state->n_skipped = rows->n_skipped;
	if (!cl_disclosure_collect(&rows->entries, &state->table, place[0], place[1]))
		cl_disclosure_too_many();
	return cl_summary_datum(&disclosure_table_summary, state);
}

/*
 * Counts from elsewhere
 */

static char **
label_array(ArrayType *array, int *n)
{
	Datum	   *item;
	bool	   *null;
	char	  **label;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &item, &null, n);
	label = palloc_array(char *, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		label[i] = null[i] ? NULL : TextDatumGetCString(item[i]);
		if (label[i] != NULL)
			cl_disclosure_check_label(strlen(label[i]), 0, "cell");
	}
	return label;
}

static void
other_length(int rows, int columns, int counts)
{
	ereport(ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("a label of a row, a label of a column and a count make a cell"),
			 errdetail("Found %d, %d and %d.", rows, columns, counts),
			 errhint("Build all three by array_agg over the same rows.")));
}

/* row_labels, column_labels, n */
Datum
cl_disclosure_table_of_counts(PG_FUNCTION_ARGS)
{
	int			rows;
	int			columns;
	int			counts;
	char	  **row = label_array(PG_GETARG_ARRAYTYPE_P(0), &rows);
	char	  **column = label_array(PG_GETARG_ARRAYTYPE_P(1), &columns);
	int		   *place[2] = {palloc_array(int, rows + 1), palloc_array(int, rows + 1)};
	ClDisclosure *state;
	ClDisclosureTable *table;
	Datum	   *item;
	bool	   *null;
	int			n = 0;
	int64		n_skipped = 0;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(2), INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &item, &null, &counts);
	if (rows != columns || rows != counts)
		other_length(rows, columns, counts);
	for (int i = 0; i < counts; i++)
	{
		int64		count = null[i] ? 0 : DatumGetInt64(item[i]);

		if (count < 0 || count > CL_DISCLOSURE_MOST)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("count of a cell is out of range"),
					 errdetail("Found " INT64_FORMAT "; it must be between 0 and " INT64_FORMAT ".", count, CL_DISCLOSURE_MOST),
					 errhint("Give the number of borrowers.")));
		if (row[i] == NULL || column[i] == NULL || null[i])
			n_skipped++;
		else if (count > 0)
		{
			row[n] = row[i];
			column[n] = column[i];
			item[n++] = item[i];
		}
	}
	state = cl_disclosure_create(row, n, column, n, false, place[0], place[1]);
	state->n_skipped = n_skipped;
	table = &state->table;
	for (int i = 0; i < n; i++)
	{
		int			at[2] = {place[0][i], table->rows};
		int			across[2] = {place[1][i], table->columns};

		for (int k = 0; k < 4; k++)
		{
			ClDisclosureCell *cell = &table->cell[cl_disclosure_place(table, at[k / 2], across[k % 2])];

			cell->n += DatumGetInt64(item[i]);
			cell->contributors = cell->n;
			if (cell->n > CL_DISCLOSURE_MOST)
				cl_disclosure_too_many();
		}
	}
	return cl_summary_datum(&disclosure_table_summary, state);
}
