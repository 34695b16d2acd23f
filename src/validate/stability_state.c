/*
 * stability_state.c
 *	  The state behind the type stability: bins by name, merging, and its three forms (bytes, JSON, memory).
 */
#include "postgres.h"

#include <math.h>

#include "validate/stability_state.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"

#define TYPE_NAME "stability"

/* An empty state in the current context. */
ClStability *
cl_stability_create(void)
{
	ClStability *state = palloc0_object(ClStability);

	cl_labels_init(&state->bins, sizeof(ClStabilityBin));
	return state;
}

static void *
create(void)
{
	return cl_stability_create();
}

static void
refuse_bin(const ClStability *state, const char *name, int length)
{
	if (length > CL_STABILITY_LONGEST_NAME)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("name of a bin is too long"),
				 errdetail("It has %d bytes; a name may have %d. It begins with \"%s\".", length, CL_STABILITY_LONGEST_NAME,
						   cl_label_clipped(name, length, 40)),
				 errhint("Give bins labels or numbers as names.")));
	if (state->bins.n >= CL_STABILITY_MOST_BINS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many bins for a %s", TYPE_NAME),
				 errdetail("There are more than %d.", CL_STABILITY_MOST_BINS),
				 errhint("Cut the values into bands first, as with width_bucket and quantile_bands.")));
}

ClStabilityBin *
cl_stability_new_bin(ClStability *state, const char *name, int length, uint32 hash)
{
	refuse_bin(state, name, length);
	return cl_labels_new(&state->bins, name, length, hash);
}

void
cl_stability_add(ClStabilityBin *bin, int sample, const ClExactSum *count)
{
	cl_exact_sum_merge(&bin->count[sample], count);
	if (bin->count[sample].high > CL_STABILITY_LARGEST_COUNT)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("too many rows in a bin of a %s", TYPE_NAME),
				 errdetail("The sum of weights is %g; the largest is %g.", bin->count[sample].high, CL_STABILITY_LARGEST_COUNT),
				 errhint("Divide the weights by their mean.")));
}

static void
merge(void *into, const void *from)
{
	ClStability *state = into;
	const ClStability *other = from;

	for (int i = 0; i < other->bins.n; i++)
	{
		const ClStabilityBin *theirs = cl_labels_item(&other->bins, i);
		ClStabilityBin *ours = cl_stability_bin(state, theirs->label.name, theirs->label.length);

		for (int sample = 0; sample < 2; sample++)
			cl_stability_add(ours, sample, &theirs->count[sample]);
	}
	state->n_skipped = cl_skipped_sum(state->n_skipped, other->n_skipped);
}

static int
compare_bins(const void *left, const void *right)
{
	const ClStabilityBin *a = *(const ClStabilityBin *const *) left;
	const ClStabilityBin *b = *(const ClStabilityBin *const *) right;

	return cl_bin_order(a->label.name, a->label.length, b->label.name, b->label.length);
}

/* The bins in the order in which they are shown. */
const ClStabilityBin **
cl_stability_sorted(const ClStability *state)
{
	const ClStabilityBin **sorted = palloc_array(const ClStabilityBin *, state->bins.n + 1);

	for (int i = 0; i < state->bins.n; i++)
		sorted[i] = cl_labels_item(&state->bins, i);
	if (state->bins.n > 1)
		qsort(sorted, state->bins.n, sizeof(ClStabilityBin *), compare_bins);
	return sorted;
}

void
cl_stability_view(const ClStability *state, ClStabilityView *view)
{
	view->bin = cl_stability_sorted(state);
	view->bands.count = state->bins.n;
	for (int sample = 0; sample < 2; sample++)
	{
		double	   *counts = palloc_array(double, state->bins.n + 1);

		for (int i = 0; i < state->bins.n; i++)
			counts[i] = view->bin[i]->count[sample].high;
		view->bands.n[sample] = counts;
	}
}

/*
 * Bytes:
 *		int64	rows left out
 *		int32	number of bins, then for each, in the order in which they are shown:
 *				int32 length, bytes of the name in the encoding of the database, exact sums (pg/exact_sum.h)
 *				expected and actual
 */
#define BIN_LEAST_SIZE (4 + 2 * CL_EXACT_SUM_LEAST_SIZE)

static void
write_state(StringInfo buf, const void *data)
{
	const ClStability *state = data;
	const ClStabilityBin **sorted = cl_stability_sorted(state);

	pq_sendint64(buf, state->n_skipped);
	pq_sendint32(buf, state->bins.n);
	for (int i = 0; i < state->bins.n; i++)
	{
		pq_sendint32(buf, sorted[i]->label.length);
		appendBinaryStringInfo(buf, sorted[i]->label.name, sorted[i]->label.length);
		cl_exact_sum_send(buf, &sorted[i]->count[CL_EXPECTED]);
		cl_exact_sum_send(buf, &sorted[i]->count[CL_ACTUAL]);
	}
	pfree(sorted);
}

static bool
counts_in_order(const ClStabilityBin *bin)
{
	for (int sample = 0; sample < 2; sample++)
	{
		if (!(bin->count[sample].high >= 0 && bin->count[sample].high <= CL_STABILITY_LARGEST_COUNT))
			return false;
	}
	return bin->count[CL_EXPECTED].high > 0 || bin->count[CL_ACTUAL].high > 0;
}

static void
read_bin(StringInfo buf, ClStability *state)
{
	int			length = (int) pq_getmsgint(buf, 4);
	const char *name;
	ClStabilityBin *bin;
	int			before = state->bins.n;

	if (length < 0 || length > CL_STABILITY_LONGEST_NAME)
		cl_wire_invalid(TYPE_NAME, psprintf("length %d of the name of a bin is out of range", length));
	name = pq_getmsgbytes(buf, length);
	if (!pg_verifymbstr(name, length, true))
		cl_wire_invalid(TYPE_NAME, "name of a bin is not text in the encoding of the database");
	bin = cl_stability_bin(state, name, length);
	if (state->bins.n == before)
		cl_wire_invalid(TYPE_NAME, psprintf("bin \"%s\" comes twice", pnstrdup(name, length)));
	for (int sample = 0; sample < 2; sample++)
		bin->count[sample] = cl_exact_sum_receive(buf, TYPE_NAME, "sum of weights");
	if (!counts_in_order(bin))
		cl_wire_invalid(TYPE_NAME, psprintf("counts of bin \"%s\" are out of range", pnstrdup(name, length)));
}

static void *
read_state(StringInfo buf)
{
	ClStability *state = cl_stability_create();
	int			n;

	state->n_skipped = cl_wire_int64(buf, TYPE_NAME, 0, PG_INT64_MAX, "number of rows left out");
	n = cl_wire_count(buf, TYPE_NAME, CL_STABILITY_MOST_BINS, BIN_LEAST_SIZE);
	for (int i = 0; i < n; i++)
		read_bin(buf, state);
	return state;
}

/*
 * JSON:
 *		{"version": 1, "n_skipped": 0, "bins": [["1", 50, 55], ["2", 30, 45], ["missing", 20, 0]]}
 */
static const char *const json_keys[] = {"version", "n_skipped", "bins", NULL};

static void
print(StringInfo out, const void *data)
{
	const ClStability *state = data;
	const ClStabilityBin **sorted = cl_stability_sorted(state);

	appendStringInfo(out, "{\"version\": %d, \"n_skipped\": " INT64_FORMAT ", \"bins\": [", stability_summary.version,
					 state->n_skipped);
	for (int i = 0; i < state->bins.n; i++)
	{
		appendStringInfoString(out, i > 0 ? ", [" : "[");
		cl_json_put_string(out, cl_label_string(&sorted[i]->label));
		for (int sample = 0; sample < 2; sample++)
		{
			appendStringInfoString(out, ", ");
			cl_exact_sum_print(out, &sorted[i]->count[sample]);
		}
		appendStringInfoChar(out, ']');
	}
	appendStringInfoString(out, "]}");
}

static void
parse_bin(const ClJson *bins, int number, ClStability *state)
{
	ClJson		triple;
	ClJson		item;
	char	   *name;
	ClStabilityBin *bin;
	int			before = state->bins.n;

	cl_json_item(bins, number, &triple);
	(void) cl_json_array(&triple, 3, 3);
	cl_json_item(&triple, 0, &item);
	name = cl_json_text(&item);
	bin = cl_stability_bin(state, name, strlen(name));
	if (state->bins.n == before)
		cl_json_error(&item, "a bin that does not come twice");
	for (int sample = 0; sample < 2; sample++)
	{
		cl_json_item(&triple, 1 + sample, &item);
		bin->count[sample] = cl_exact_sum_parse(&item, 0, CL_STABILITY_LARGEST_COUNT);
	}
	if (!counts_in_order(bin))
		cl_json_error(&triple, "a bin that has rows");
}

static void *
parse(const ClJson *document)
{
	ClStability *state = cl_stability_create();
	ClJson		node;
	ClJson		bins;
	int			n;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, stability_summary.version, stability_summary.version);
	cl_json_require(document, "n_skipped", &node);
	state->n_skipped = cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
	cl_json_require(document, "bins", &bins);
	n = cl_json_array(&bins, 0, CL_STABILITY_MOST_BINS);
	for (int i = 0; i < n; i++)
		parse_bin(&bins, i, state);
	return state;
}

const ClSummary stability_summary = {
	.name = TYPE_NAME,
	.version = 1,
	.create = create,
	.merge = merge,
	.write = write_state,
	.read = read_state,
	.print = print,
	.parse = parse,
};
