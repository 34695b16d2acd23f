/*
 * tally_json.c
 *	  JSON of a tally, its merging with checks, and amounts of money in it.
 *
 *		[[0.01, 250, 2], [0.07, 90, 9]]								value, non-events, events
 *		[[0.01, 250, 2, 250.0, 2.0, 81000000000, 0], ...]			the same with weights (pg/exact_sum.h), then amounts in
 *																	units of 10^-6
 *
 * Infinite values are strings, since JSON has no infinity.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "pg/numeric.h"
#include "pg/tally.h"

#include "miscadmin.h"

enum
{
	ITEM_VALUE, ITEM_ROWS, ITEM_COUNTS_COLUMNS = ITEM_ROWS + 2,
	ITEM_WEIGHT = ITEM_COUNTS_COLUMNS, ITEM_AMOUNT = ITEM_WEIGHT + 2, ITEM_WEIGHTS_COLUMNS = ITEM_AMOUNT + 2
};

static void
print_value(StringInfo out, double value)
{
	if (isfinite(value))
		cl_json_put_float8(out, value);
	else
		appendStringInfoString(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

void
cl_tally_print(StringInfo out, ClTally *tally)
{
	const char *separator = "";
	ClTallyCursor cursor;
	ClTallyItem item;
	const ClTallyExtra *extra;

	cl_tally_settle(tally);
	extra = tally->extra;
	cl_tally_scan(tally, &cursor, false);
	appendStringInfoChar(out, '[');
	while (cl_tally_next(&cursor, &item))
	{
		CHECK_FOR_INTERRUPTS();
		appendStringInfo(out, "%s[", separator);
		print_value(out, item.value);
		appendStringInfo(out, ", " INT64_FORMAT ", " INT64_FORMAT, item.n[CL_NON_EVENT], item.n[CL_EVENT]);
		if (tally->kind == CL_TALLY_WEIGHTS)
		{
			for (int class = 0; class < 2; class++)
			{
				appendStringInfoString(out, ", ");
				cl_exact_sum_print(out, &extra->weight[class]);
			}
			for (int class = 0; class < 2; class++)
				appendStringInfo(out, ", %s", cl_numeric_string(cl_minor_numeric(extra->amount[class], 0)));
			extra++;				/* with weights, a settled tally holds nothing but values and these */
		}
		appendStringInfoChar(out, ']');
		separator = ", ";
	}
	appendStringInfoChar(out, ']');
}

static double
parse_value(const ClJson *node, const ClTallyType *type)
{
	static const char *const infinite[] = {"Infinity", "-Infinity", NULL};

	if (isfinite(type->lowest) || isfinite(type->highest) || !cl_json_is_string(node))
		return cl_json_float8(node, isfinite(type->lowest) ? type->lowest : -DBL_MAX,
							  isfinite(type->highest) ? type->highest : DBL_MAX);
	return cl_json_choice(node, infinite) == 0 ? INFINITY : -INFINITY;
}

static cl_int128
parse_amount(const ClJson *node)
{
	cl_int128	amount;

	if (cl_numeric_minor128(NumericGetDatum(cl_json_numeric(node)), 0, &amount) != CL_NUMERIC_OK)
		cl_json_error(node, "an integer of at most 38 digits");
	return amount;
}

static void
parse_sums(const ClJson *row, ClTally *tally, size_t i)
{
	for (int class = 0; class < 2; class++)
	{
		ClExactSum *weight = &tally->extra[i].weight[class];
		ClJson		node;

		cl_json_item(row, ITEM_WEIGHT + class, &node);
		*weight = cl_exact_sum_parse(&node, 0, 1e300);
		cl_json_item(row, ITEM_AMOUNT + class, &node);
		tally->extra[i].amount[class] = parse_amount(&node);
		if (!cl_tally_sums_possible(tally->count[i].n[class], weight, tally->extra[i].amount[class]))
			cl_json_error(row, "sums of weights and amounts that so many rows can have");
	}
}

static void
parse_item(const ClJson *values, const ClTallyType *type, ClTally *tally, size_t i, int64 *total)
{
	ClJson		row;
	ClJson		node;

	cl_json_item(values, (int) i, &row);
	(void) cl_json_array(&row, tally->kind == CL_TALLY_WEIGHTS ? ITEM_WEIGHTS_COLUMNS : ITEM_COUNTS_COLUMNS,
						 tally->kind == CL_TALLY_WEIGHTS ? ITEM_WEIGHTS_COLUMNS : ITEM_COUNTS_COLUMNS);
	cl_json_item(&row, ITEM_VALUE, &node);
	tally->count[i].key = cl_tally_key(parse_value(&node, type));
	if (i > 0 && tally->count[i].key <= tally->count[i - 1].key)
		cl_json_error(&node, "larger than the one before");
	for (int class = 0; class < 2; class++)
	{
		cl_json_item(&row, ITEM_ROWS + class, &node);
		tally->count[i].n[class] = cl_json_decimal(&node, 0, 0, CL_TALLY_MAX_ROWS);
		*total += tally->count[i].n[class];
	}
	if (tally->count[i].n[0] + tally->count[i].n[1] == 0 || *total > CL_TALLY_MAX_ROWS)
		cl_json_error(&row, "a value with rows, and not too many of them");
	if (tally->kind == CL_TALLY_WEIGHTS)
		parse_sums(&row, tally, i);
}

/* The kind is that of the first item. */
void
cl_tally_parse(const ClJson *values, const ClTallyType *type, ClTally *tally)
{
	int			n = cl_json_array(values, 0, PG_INT32_MAX);
	int64		total = 0;
	ClJson		first;

	if (n == 0)
		return;
	cl_json_item(values, 0, &first);
	if (cl_json_array(&first, ITEM_COUNTS_COLUMNS, ITEM_WEIGHTS_COLUMNS) > ITEM_COUNTS_COLUMNS)
		tally->kind = CL_TALLY_WEIGHTS;
	tally->count = cl_allocate(&tally->memory, (size_t) n * sizeof(ClTallyCount));
	if (tally->kind == CL_TALLY_WEIGHTS)
		tally->extra = cl_allocate(&tally->memory, (size_t) n * sizeof(ClTallyExtra));
	tally->n_count = tally->size_count = (size_t) n;
	for (size_t i = 0; i < (size_t) n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		parse_item(values, type, tally, i, &total);
	}
	cl_tally_recount(tally);
}

void
cl_tally_merge_checked(ClTally *into, const ClTally *from, const ClTallyType *type)
{
	int64		rows[2];
	int64		more[2];

	cl_tally_rows(into, rows);
	cl_tally_rows(from, more);
	if (more[0] + more[1] == 0)
		return;
	if (rows[0] + rows[1] == 0)
		into->kind = from->kind;
	if (into->kind != from->kind)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge a %s with weights and one without", type->name),
				 errdetail("One has " INT64_FORMAT " rows, the other " INT64_FORMAT ".", rows[0] + rows[1], more[0] + more[1]),
				 errhint("Give the rows without weights the weight 1.")));
	if (rows[0] + rows[1] + more[0] + more[1] > CL_TALLY_MAX_ROWS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rows in a %s", type->name),
				 errdetail("Together there are more than " INT64_FORMAT ".", CL_TALLY_MAX_ROWS),
				 errhint("Look for a value that no aggregate built.")));
	cl_tally_merge(into, from);
}

/*
 * Amounts
 */

cl_int128
cl_tally_amount(Datum amount, int *decimals)
{
	ClNumericView view;
	cl_int128	minor;

	cl_numeric_open(amount, &view);
	if (view.status != CL_NUMERIC_OK ||
		cl_numeric_minor128_view(&view, CL_TALLY_DECIMALS, &minor) != CL_NUMERIC_OK ||
		minor > CL_TALLY_LARGEST_AMOUNT || minor < -CL_TALLY_LARGEST_AMOUNT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("amount is out of range"),
				 errdetail("Found %s.", cl_numeric_string(amount)),
				 errhint("An amount is finite, has at most %d decimals and is not beyond 10^18; round it, or use NULL.",
						 CL_TALLY_DECIMALS)));
	*decimals = Max(*decimals, Min(view.dscale, CL_TALLY_DECIMALS));
	return minor;
}

Datum
cl_tally_numeric(cl_int128 amount, int decimals)
{
	int64		unit = (int64) cl_pow10_64[CL_TALLY_DECIMALS - decimals];

	return cl_minor_numeric(amount / unit, decimals);
}
