/*
 * noisy_release.c
 *	  noisy_table: a table of a query with noise, in which no borrower can be found (Dwork, McSherry, Nissim and Smith 2006).
 *
 * The cells are those that the caller names, whatever the rows are. A borrower counts in at most so many of them, and for at most
 * so much in each; without him counts differ by at most that number together, and amounts by that number times the clip, and
 * noise of that over epsilon is added. It is drawn exactly, from the system's random numbers.
 */
#include "postgres.h"

#include "core/discrete_noise.h"
#include "pg/amount.h"
#include "pg/memory.h"
#include "pg/numeric.h"
#include "pg/query.h"
#include "pg/record.h"
#include "share/disclosure_state.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(cl_noisy_table);

#define QUERY "query of a release"
#define MOST_CELLS 1000

typedef struct Options
{
	char	  **label[2];		/* of rows and columns, sorted */
	int			n[2];
	int			cells;
	int64		clip;			/* in ten-thousandths */
	int64		epsilon[2];		/* of counts and of amounts, in millionths; 0: not released */
} Options;

typedef struct Reader
{
	const Options *options;
	ClDisclosureRows rows;
	int64		n;				/* rows of the query */
	int64		n_found;		/* of them, with a contributor in a cell */
} Reader;

static const char *const option_keys[] = {"rows", "columns", "cells", "clip", "epsilon_n", "epsilon_amount", NULL};

static Options
read_options(Jsonb *jsonb, ClDisclosure **table)
{
	static const char *const epsilon_keys[] = {"epsilon_n", "epsilon_amount"};
	Options		options = {.cells = 1};
	int			place[2][CL_DISCLOSURE_LABELS];
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "options of make_release", jsonb);
	cl_json_object(&root, option_keys);
	for (int side = 0; side < 2; side++)
	{
		const char *key = option_keys[side];

		cl_json_require(&root, key, &node);
		options.n[side] = cl_json_array(&node, 1, CL_DISCLOSURE_LABELS);
		options.label[side] = palloc_array(char *, options.n[side]);
		for (int i = 0; i < options.n[side]; i++)
		{
			ClJson		item;

			cl_json_item(&node, i, &item);
			options.label[side][i] = cl_json_text(&item);
			cl_disclosure_check_label(strlen(options.label[side][i]), i, key);
		}
	}
	if (cl_json_get(&root, "cells", &node))
		options.cells = cl_json_int(&node, 1, MOST_CELLS);
	for (int k = 0; k < 2; k++)
	{
		if (cl_json_get(&root, epsilon_keys[k], &node))
			options.epsilon[k] = cl_json_decimal(&node, CL_RATE_DECIMALS, 1, 100 * CL_RATE_ONE);
	}
	if (options.epsilon[0] == 0 && options.epsilon[1] == 0)
		cl_json_error(&root, "with epsilon_n, epsilon_amount, or both");
	if (options.epsilon[1] > 0)
	{
		cl_json_require(&root, "clip", &node);
		options.clip = cl_json_decimal(&node, CL_DISCLOSURE_DECIMALS, 1, PG_INT64_MAX);
	}
	*table = cl_disclosure_create(options.label[0], options.n[0], options.label[1], options.n[1], true, place[0], place[1]);
	options.label[0] = (*table)->row;
	options.label[1] = (*table)->column;
	options.n[0] = (*table)->table.rows;
	options.n[1] = (*table)->table.columns;
	return options;
}

/* row_label, column_label, contributor, amount */
static void
receive(void *data, const Datum *value, const bool *isnull)
{
	Reader	   *reader = data;
	const Options *options = reader->options;
	ClDisclosureEntry entry;
	int			place[2];
	int64		amount = 0;

	reader->n++;
	if (isnull[0] || isnull[1] || isnull[2])
		return;
	for (int side = 0; side < 2; side++)
	{
		place[side] = cl_disclosure_find(options->label[side], options->n[side], TextDatumGetCString(value[side]));
		if (place[side] < 0)
			return;
	}
	if (!isnull[3] && !cl_amount(value[3], CL_NUMERIC_AMOUNT, &amount))
		amount = 0;
	entry.contributor = DatumGetInt64(value[2]);
	entry.row = place[0];
	entry.column = place[1];
	entry.amount = Max(amount, 0);
	reader->n_found++;
	cl_disclosure_rows_add(&reader->rows, &entry);
}

static void
read_rows(const char *text, Reader *reader)
{
	static const Oid types[] = {TEXTOID, TEXTOID, INT8OID, NUMERICOID};
	ClQuery		query;
	StringInfoData wrapped;

	SPI_connect();
	cl_query_open(&query, text, QUERY);
	if (query.desc->natts != 4)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must return four columns", QUERY),
				 errdetail("It returns %d.", query.desc->natts),
				 errhint("For example: SELECT region, product, borrower_id, balance FROM loan")));
	initStringInfo(&wrapped);
	appendStringInfo(&wrapped, "SELECT (q.c0)::pg_catalog.text, (q.c1)::pg_catalog.text, (q.c2)::pg_catalog.int8, "
					 "(q.c3)::pg_catalog.numeric FROM (\n%s\n) AS q (c0, c1, c2, c3)", query.text);
	cl_query_scan(cl_query_prepare(wrapped.data, QUERY, 0, NULL), QUERY, 4, types, receive, reader);
	SPI_finish();
}

static void
fill(void *context, void *bytes, size_t n)
{
	(void) context;
	if (!pg_strong_random(bytes, n))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("there are no random numbers"),
				 errdetail("The system gave none."),
				 errhint("Other random numbers would not protect borrowers: try again.")));
}

static void
write_noisy(StringInfo out, const ClDisclosureTable *table, const Options *options, bool amounts, ClRandom *random)
{
	cl_uint128	sensitivity = (cl_uint128) options->cells * (amounts ? (cl_uint128) options->clip : 1);

	appendStringInfoString(out, amounts ? ", \"amount\": [" : ", \"n\": [");
	for (int i = 0; i <= table->rows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfoString(out, i > 0 ? ", [" : "[");
		for (int j = 0; j < table->columns && i < table->rows; j++)
		{
			const ClDisclosureCell *cell = &table->cell[cl_disclosure_place(table, i, j)];
			cl_int128	noise = cl_discrete_laplace(random, sensitivity * CL_RATE_ONE, (cl_uint128) options->epsilon[amounts]);

			appendStringInfo(out, "%s, ", amounts ? cl_disclosure_amount_string(cell->amount + noise) :
							 psprintf(INT64_FORMAT, (int64) (cell->n + noise)));
		}
		for (int j = 0; j < table->columns && i == table->rows; j++)
			appendStringInfoString(out, "null, ");
		appendStringInfoString(out, "null]");
	}
	appendStringInfoChar(out, ']');
}

static void
write_list(StringInfo out, const char *key, char **label, int n)
{
	appendStringInfo(out, ", \"%s\": [", key);
	for (int i = 0; i < n; i++)
	{
		appendStringInfoString(out, i > 0 ? ", " : "");
		cl_json_put_string(out, label[i]);
	}
	appendStringInfoChar(out, ']');
}

/* query, options */
Datum
cl_noisy_table(PG_FUNCTION_ARGS)
{
	ClMemory	memory = cl_memory_here();
	ClRandom	random = {.fill = fill};
	ClDisclosure *state;
	Options		options = read_options(PG_GETARG_JSONB_P(1), &state);
	int			same[CL_DISCLOSURE_LABELS];
	Reader		reader = {.options = &options};
	StringInfoData out;
	ClRecord	record;

	for (int i = 0; i < CL_DISCLOSURE_LABELS; i++)
		same[i] = i;
	cl_disclosure_rows_init(&reader.rows, &memory);
	read_rows(text_to_cstring(PG_GETARG_TEXT_PP(0)), &reader);
	if (reader.n > 0 && reader.n_found == 0)
		ereport(NOTICE,
				(errmsg("none of the rows is in a cell of the release"),
				 errdetail("Of " INT64_FORMAT " rows of its query none is in \"rows\" and \"columns\": all of it is noise.",
						   reader.n),
				 errhint("Compare the labels with those of the query.")));
	cl_disclosure_bound(&reader.rows, options.cells, options.clip);
	if (!cl_disclosure_collect(&reader.rows, &state->table, same, same))
		cl_disclosure_too_many();
	initStringInfo(&out);
	appendStringInfo(&out, "{\"version\": 1");
	write_list(&out, "rows", options.label[0], options.n[0]);
	write_list(&out, "columns", options.label[1], options.n[1]);
	appendStringInfo(&out, ", \"noise\": {\"cells\": %d", options.cells);
	if (options.epsilon[0] > 0)
	{
		appendStringInfoString(&out, ", \"epsilon_n\": ");
		cl_json_put_decimal(&out, options.epsilon[0], CL_RATE_DECIMALS);
	}
	if (options.epsilon[1] > 0)
	{
		appendStringInfo(&out, ", \"clip\": %s, \"epsilon_amount\": ", cl_disclosure_amount_string(options.clip));
		cl_json_put_decimal(&out, options.epsilon[1], CL_RATE_DECIMALS);
	}
	appendStringInfoChar(&out, '}');
	for (int k = 0; k < 2; k++)
	{
		if (options.epsilon[k] > 0)
			write_noisy(&out, &state->table, &options, k, &random);
	}
	appendStringInfoChar(&out, '}');
	cl_record_open(&record, fcinfo);
	cl_record_put(&record, DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data)));
	cl_record_put(&record, cl_minor_numeric(options.epsilon[0] + options.epsilon[1], CL_RATE_DECIMALS));
	PG_RETURN_DATUM(cl_record_datum(&record));
}
