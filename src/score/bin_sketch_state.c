/*
 * bin_sketch_state.c
 *	  The state behind the type bin_sketch: merging, and its forms as bytes and JSON.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "score/bin_sketch_state.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#define TYPE_NAME "bin_sketch"

static const ClTallyType tally_type = {TYPE_NAME, "value", -INFINITY, INFINITY};
static const char *const kinds[] = {"unknown", "numeric", "text", NULL};

static void *
create(void)
{
	ClBinSketch *sketch = palloc0_object(ClBinSketch);
	ClMemory	memory = cl_memory_here();

	cl_tally_init(&sketch->tally, &memory, CL_TALLY_COUNTS);
	return sketch;
}

/*
 * Adding
 */

void
cl_sketch_set_kind(ClBinSketch *sketch, ClSketchKind kind)
{
	MemoryContext old;

	if (sketch->kind == kind || kind == CL_SKETCH_UNKNOWN)
		return;
	if (sketch->kind != CL_SKETCH_UNKNOWN)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("numbers and texts cannot be in one bin_sketch"),
				 errdetail("One part holds %s values, another %s values.", kinds[sketch->kind], kinds[kind]),
				 errhint("Keep a sketch for each characteristic.")));
	sketch->kind = kind;
	if (kind != CL_SKETCH_TEXT)
		return;
	old = MemoryContextSwitchTo((MemoryContext) sketch->tally.memory.context);
	cl_labels_init(&sketch->categories, sizeof(ClSketchCategory));
	MemoryContextSwitchTo(old);
}

void
cl_sketch_add_missing(ClBinSketch *sketch, bool event, double weight)
{
	cl_sketch_count(&sketch->missing, event, weight);
}

static void
merge_counts(ClSketchCounts *into, const ClSketchCounts *from)
{
	for (int class = 0; class < 2; class++)
	{
		into->n[class] += from->n[class];
		if (unlikely(into->n[class] > CL_TALLY_MAX_ROWS))
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many rows in a " TYPE_NAME),
					 errdetail("Together there are more than " INT64_FORMAT ".", CL_TALLY_MAX_ROWS),
					 errhint("Look for a value that no aggregate built.")));
		cl_exact_sum_merge(&into->weight[class], &from->weight[class]);
	}
}

/* A column of identifiers is no characteristic: what it held is kept as one lump. */
static void
give_up_categories(ClBinSketch *sketch)
{
	sketch->overflow = true;
	for (int i = 0; i < sketch->categories.n; i++)
		merge_counts(&sketch->overflowed, &((ClSketchCategory *) cl_labels_item(&sketch->categories, i))->counts);
	sketch->categories.n = 0;
}

/* The counts of a category, made when it is not there; those of the lump when there is no room for it. */
static ClSketchCounts *
category_counts(ClBinSketch *sketch, const char *name, int length)
{
	uint32		hash;
	ClSketchCategory *category;

	cl_sketch_set_kind(sketch, CL_SKETCH_TEXT);
	if (sketch->overflow)
		return &sketch->overflowed;
	hash = cl_labels_hash(name, length);
	category = cl_labels_find(&sketch->categories, name, length, hash);
	if (likely(category != NULL))
		return &category->counts;
	if (sketch->categories.n >= CL_SKETCH_MOST_CATEGORIES || length > CL_SKETCH_LONGEST_CATEGORY)
	{
		give_up_categories(sketch);
		return &sketch->overflowed;
	}
	return &((ClSketchCategory *) cl_labels_new(&sketch->categories, name, length, hash))->counts;
}

void
cl_sketch_add_category(ClBinSketch *sketch, const char *name, int length, bool event, double weight)
{
	cl_sketch_count(category_counts(sketch, name, length), event, weight);
}

static void
merge_categories(ClBinSketch *sketch, const ClBinSketch *other)
{
	if (other->overflow && !sketch->overflow)
		give_up_categories(sketch);
	merge_counts(&sketch->overflowed, &other->overflowed);
	for (int i = 0; i < other->categories.n; i++)
	{
		const ClSketchCategory *theirs = cl_labels_item(&other->categories, i);

		CHECK_FOR_INTERRUPTS();
		merge_counts(category_counts(sketch, theirs->label.name, theirs->label.length), &theirs->counts);
	}
}

static bool
has_rows(const ClBinSketch *sketch)
{
	return sketch->kind != CL_SKETCH_UNKNOWN || sketch->missing.n[0] + sketch->missing.n[1] > 0;
}

static void
merge(void *into, const void *from)
{
	ClBinSketch *sketch = into;
	const ClBinSketch *other = from;

	if (!has_rows(sketch))
	{
		sketch->weighted = other->weighted;
		sketch->tally.kind = other->tally.kind;
	}
	else if (has_rows(other) && sketch->weighted != other->weighted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot merge a bin_sketch with weights and one without"),
				 errdetail("They count different things."),
				 errhint("Give the rows without weights the weight 1.")));
	cl_sketch_set_kind(sketch, other->kind);
	sketch->n_skipped = cl_skipped_sum(sketch->n_skipped, other->n_skipped);
	merge_counts(&sketch->missing, &other->missing);
	if (sketch->kind == CL_SKETCH_NUMERIC)
		cl_tally_merge_checked(&sketch->tally, &other->tally, &tally_type);
	else if (sketch->kind == CL_SKETCH_TEXT)
		merge_categories(sketch, other);
}

static int
compare_categories(const void *left, const void *right)
{
	const ClLabel *a = &(*(const ClSketchCategory *const *) left)->label;
	const ClLabel *b = &(*(const ClSketchCategory *const *) right)->label;
	int			order = memcmp(a->name, b->name, Min(a->length, b->length));

	return order != 0 ? order : a->length - b->length;
}

const ClSketchCategory **
cl_sketch_categories(const ClBinSketch *sketch)
{
	int			n = sketch->kind == CL_SKETCH_TEXT ? sketch->categories.n : 0;
	const ClSketchCategory **sorted = palloc_array(const ClSketchCategory *, n + 1);

	for (int i = 0; i < n; i++)
		sorted[i] = cl_labels_item(&sketch->categories, i);
	if (n > 1)
		qsort(sorted, n, sizeof(ClSketchCategory *), compare_categories);
	return sorted;
}

/*
 * Bytes:
 *		byte	kind, weighted, overflow
 *		int64	n_skipped
 *		counts	of rows without a value; of rows whose categories were given up
 *		numeric	the tally (pg/tally.c)
 *		text	int32 number of categories, then for each, in order of their bytes: int32 length, bytes, counts
 * Counts are int64 rows and the exact sum (pg/exact_sum.h) of the weights of non-events, then of events.
 */
#define COUNTS_LEAST_SIZE (2 * (8 + CL_EXACT_SUM_LEAST_SIZE))

static void
send_counts(StringInfo buf, const ClSketchCounts *counts)
{
	for (int class = 0; class < 2; class++)
	{
		pq_sendint64(buf, counts->n[class]);
		cl_exact_sum_send(buf, &counts->weight[class]);
	}
}

static void
write_by(StringInfo buf, const ClBinSketch *sketch, void (*send_tally) (StringInfo, const ClTallyType *, ClTally *))
{
	const ClSketchCategory **category;

	pq_sendbyte(buf, sketch->kind);
	pq_sendbyte(buf, sketch->weighted);
	pq_sendbyte(buf, sketch->overflow);
	pq_sendint64(buf, sketch->n_skipped);
	send_counts(buf, &sketch->missing);
	send_counts(buf, &sketch->overflowed);
	if (sketch->kind == CL_SKETCH_NUMERIC)
		send_tally(buf, &tally_type, unconstify(ClTally *, &sketch->tally));
	if (sketch->kind != CL_SKETCH_TEXT)
		return;
	category = cl_sketch_categories(sketch);
	pq_sendint32(buf, sketch->categories.n);
	for (int i = 0; i < sketch->categories.n; i++)
	{
		pq_sendint32(buf, category[i]->label.length);
		pq_sendbytes(buf, category[i]->label.name, category[i]->label.length);
		send_counts(buf, &category[i]->counts);
	}
}

static void
write_state(StringInfo buf, const void *state)
{
	write_by(buf, state, cl_tally_send);
}

static void
transfer(StringInfo buf, const void *state)
{
	write_by(buf, state, cl_tally_transfer);
}

/* What counts of one class obey: no rows weigh nothing, rows weigh something. */
static bool
in_order(int64 n, const ClExactSum *weight, bool weighted)
{
	if (n < 0 || n > CL_TALLY_MAX_ROWS)
		return false;
	if (!weighted || n == 0)
		return weight->high == (double) n && weight->middle == 0 && weight->low == 0;
	return cl_tally_sums_possible(n, weight, 0);
}

/* Values have weights where the sketch says so; without any there is nothing to say. */
static bool
kinds_agree(ClBinSketch *sketch)
{
	ClTallyKind kind = sketch->weighted ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS;

	if (cl_tally_is_empty(&sketch->tally))
		sketch->tally.kind = kind;
	return sketch->tally.kind == kind;
}

static bool
counts_in_order(const ClSketchCounts *counts, bool weighted)
{
	return in_order(counts->n[0], &counts->weight[0], weighted) && in_order(counts->n[1], &counts->weight[1], weighted);
}

static void
receive_counts(StringInfo buf, ClSketchCounts *counts, bool weighted, const char *what)
{
	for (int class = 0; class < 2; class++)
	{
		counts->n[class] = pq_getmsgint64(buf);
		counts->weight[class] = cl_exact_sum_receive(buf, TYPE_NAME, "sum of weights");
	}
	if (!counts_in_order(counts, weighted))
		cl_wire_invalid(TYPE_NAME, psprintf("number or weight of %s is out of range", what));
}

static void
receive_category(StringInfo buf, ClBinSketch *sketch)
{
	int			length = (int) pq_getmsgint(buf, 4);
	int			before = sketch->categories.n;
	const char *name;
	ClSketchCounts *counts;

	if (length < 0 || length > CL_SKETCH_LONGEST_CATEGORY)
		cl_wire_invalid(TYPE_NAME, psprintf("length %d of a category is out of range", length));
	name = pq_getmsgbytes(buf, length);
	if (!pg_verifymbstr(name, length, true))
		cl_wire_invalid(TYPE_NAME, "category is not text in the encoding of the database");
	counts = category_counts(sketch, name, length);
	if (sketch->categories.n == before)
		cl_wire_invalid(TYPE_NAME, psprintf("category \"%s\" comes twice", pnstrdup(name, length)));
	receive_counts(buf, counts, sketch->weighted, "rows of a category");
}

/* The sketch is told that it gave them up only then: none could come otherwise. */
static void
receive_categories(StringInfo buf, ClBinSketch *sketch, bool overflow)
{
	int			n = cl_wire_count(buf, TYPE_NAME, CL_SKETCH_MOST_CATEGORIES, sizeof(int32) + COUNTS_LEAST_SIZE);

	if (overflow && n > 0)
		cl_wire_invalid(TYPE_NAME, "categories are there although they were given up");
	for (int i = 0; i < n; i++)
		receive_category(buf, sketch);
	sketch->overflow = overflow;
}

static void *
read_state(StringInfo buf)
{
	ClBinSketch *sketch = create();
	int			kind = pq_getmsgbyte(buf);
	int			weighted = pq_getmsgbyte(buf);
	int			overflow = pq_getmsgbyte(buf);

	if (kind > CL_SKETCH_TEXT || weighted > 1 || overflow > 1 || (overflow == 1 && kind != CL_SKETCH_TEXT))
		cl_wire_invalid(TYPE_NAME, psprintf("kind %d, %d, %d is not known", kind, weighted, overflow));
	cl_sketch_set_kind(sketch, kind);
	sketch->weighted = weighted;
	sketch->tally.kind = weighted ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS;
	sketch->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	receive_counts(buf, &sketch->missing, weighted, "rows without a value");
	receive_counts(buf, &sketch->overflowed, weighted, "rows whose categories were given up");
	if (overflow == 0 && sketch->overflowed.n[0] + sketch->overflowed.n[1] > 0)
		cl_wire_invalid(TYPE_NAME, "rows are counted as given up, but no category was");
	if (kind == CL_SKETCH_NUMERIC)
	{
		cl_tally_receive(buf, &tally_type, &sketch->tally);
		if (!kinds_agree(sketch))
			cl_wire_invalid(TYPE_NAME, "kind of counts does not agree with the weights");
	}
	else if (kind == CL_SKETCH_TEXT)
		receive_categories(buf, sketch, overflow == 1);
	return sketch;
}

/*
 * JSON:
 *		{"version": 1, "kind": "numeric", "n_skipped": 0, "missing": [3, 1], "values": [[0.1, 50, 2], [0.2, 40, 5]]}
 *		{"version": 1, "kind": "text", "n_skipped": 0, "missing": [0, 0], "values": [["own", 50, 2], ["rent", 40, 5]]}
 *
 * Numbers are non-events and events; with "weighted" they are followed by the sums of the weights of both (pg/exact_sum.h).
 * "overflowed", in the form of "missing", stands for rows whose categories were too many to keep.
 */
static const char *const json_keys[] = {
	"version", "kind", "weighted", "n_skipped", "missing", "overflowed", "values", NULL
};

static void
print_numbers(StringInfo out, const ClSketchCounts *counts, bool weighted)
{
	appendStringInfo(out, INT64_FORMAT ", " INT64_FORMAT, counts->n[CL_NON_EVENT], counts->n[CL_EVENT]);
	for (int class = 0; weighted && class < 2; class++)
	{
		appendStringInfoString(out, ", ");
		cl_exact_sum_print(out, &counts->weight[class]);
	}
}

static void
print_categories(StringInfo out, const ClBinSketch *sketch)
{
	const ClSketchCategory **category = cl_sketch_categories(sketch);

	appendStringInfoChar(out, '[');
	for (int i = 0; sketch->kind == CL_SKETCH_TEXT && i < sketch->categories.n; i++)
	{
		appendStringInfoString(out, i > 0 ? ", [" : "[");
		cl_json_put_string(out, cl_label_string(&category[i]->label));
		appendStringInfoString(out, ", ");
		print_numbers(out, &category[i]->counts, sketch->weighted);
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, ']');
}

static void
print(StringInfo out, const void *state)
{
	const ClBinSketch *sketch = state;

	appendStringInfo(out, "{\"version\": %d, \"kind\": \"%s\", ", bin_sketch_summary.version, kinds[sketch->kind]);
	if (sketch->weighted)
		appendStringInfoString(out, "\"weighted\": true, ");
	appendStringInfo(out, "\"n_skipped\": " INT64_FORMAT ", \"missing\": [", sketch->n_skipped);
	print_numbers(out, &sketch->missing, sketch->weighted);
	if (sketch->overflow)
	{
		appendStringInfoString(out, "], \"overflowed\": [");
		print_numbers(out, &sketch->overflowed, sketch->weighted);
	}
	appendStringInfoString(out, "], \"values\": ");
	if (sketch->kind == CL_SKETCH_NUMERIC)
		cl_tally_print(out, unconstify(ClTally *, &sketch->tally));
	else
		print_categories(out, sketch);
	appendStringInfoChar(out, '}');
}

/* Numbers in an array from a place on. */
static void
parse_numbers(const ClJson *array, int first, bool weighted, ClSketchCounts *counts)
{
	for (int class = 0; class < 2; class++)
	{
		ClJson		node;

		cl_json_item(array, first + class, &node);
		counts->n[class] = cl_json_decimal(&node, 0, 0, CL_TALLY_MAX_ROWS);
		counts->weight[class].high = (double) counts->n[class];
		if (!weighted)
			continue;
		cl_json_item(array, first + 2 + class, &node);
		counts->weight[class] = cl_exact_sum_parse(&node, 0, CL_TALLY_HEAVIEST * (double) CL_TALLY_MAX_ROWS);
		if (!in_order(counts->n[class], &counts->weight[class], true))
			cl_json_error(&node, "a weight above 0 where there are rows, and 0 where there are none");
	}
}

static void
parse_lump(const ClJson *document, const char *key, bool weighted, ClSketchCounts *counts)
{
	ClJson		node;
	int			columns = weighted ? 4 : 2;

	cl_json_require(document, key, &node);
	(void) cl_json_array(&node, columns, columns);
	parse_numbers(&node, 0, weighted, counts);
}

static void
parse_categories(const ClJson *values, ClBinSketch *sketch)
{
	int			n = cl_json_array(values, 0, CL_SKETCH_MOST_CATEGORIES);
	int			columns = sketch->weighted ? 5 : 3;

	for (int i = 0; i < n; i++)
	{
		ClJson		row;
		ClJson		node;
		char	   *name;
		ClSketchCounts *counts;

		CHECK_FOR_INTERRUPTS();
		cl_json_item(values, i, &row);
		(void) cl_json_array(&row, columns, columns);
		cl_json_item(&row, 0, &node);
		name = cl_json_text(&node);
		if (strlen(name) > CL_SKETCH_LONGEST_CATEGORY)
			cl_json_error(&node, "a category of at most 1000 bytes");
		counts = category_counts(sketch, name, (int) strlen(name));
		if (sketch->categories.n <= i)
			cl_json_error(&node, "a category that does not come twice");
		parse_numbers(&row, 1, sketch->weighted, counts);
	}
}

static void *
parse(const ClJson *document)
{
	ClBinSketch *sketch = create();
	ClJson		node;
	bool		overflow;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, bin_sketch_summary.version, bin_sketch_summary.version);
	cl_json_require(document, "kind", &node);
	cl_sketch_set_kind(sketch, cl_json_choice(&node, kinds));
	sketch->weighted = cl_json_get(document, "weighted", &node) && cl_json_bool(&node);
	sketch->tally.kind = sketch->weighted ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS;
	cl_json_require(document, "n_skipped", &node);
	sketch->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	parse_lump(document, "missing", sketch->weighted, &sketch->missing);
	overflow = cl_json_get(document, "overflowed", &node);
	if (overflow && sketch->kind != CL_SKETCH_TEXT)
		cl_json_error(&node, "left out where the kind is not text");
	if (overflow)
		parse_lump(document, "overflowed", sketch->weighted, &sketch->overflowed);
	cl_json_require(document, "values", &node);
	if (overflow && cl_json_array(&node, 0, 1) > 0)
		cl_json_error(&node, "empty where categories were given up");
	if (sketch->kind == CL_SKETCH_NUMERIC)
	{
		cl_tally_parse(&node, &tally_type, &sketch->tally);
		if (!kinds_agree(sketch))
			cl_json_error(&node, "rows with their weights where \"weighted\" is true, and only there");
	}
	else
		parse_categories(&node, sketch);
	sketch->overflow = overflow;
	return sketch;
}

const ClSummary bin_sketch_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.transfer = transfer,
	.read = read_state,
	.print = print,
	.parse = parse,
};
