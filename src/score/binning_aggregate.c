/*
 * binning_aggregate.c
 *	  Aggregates over rows that end in a binning or in what it tells: optimal_binning with options, refit, information_value.
 */
#include "postgres.h"

#include <math.h>

#include "pg/numeric.h"
#include "score/binning.h"

#include "utils/builtins.h"
#include "utils/datum.h"

PG_FUNCTION_INFO_V1(cl_optimal_binning_float8_transition);
PG_FUNCTION_INFO_V1(cl_optimal_binning_numeric_transition);
PG_FUNCTION_INFO_V1(cl_optimal_binning_text_transition);
PG_FUNCTION_INFO_V1(cl_optimal_binning_combine);
PG_FUNCTION_INFO_V1(cl_optimal_binning_serial);
PG_FUNCTION_INFO_V1(cl_optimal_binning_deserial);
PG_FUNCTION_INFO_V1(cl_optimal_binning_options_final);
PG_FUNCTION_INFO_V1(cl_binning_refit_float8_transition);
PG_FUNCTION_INFO_V1(cl_binning_refit_numeric_transition);
PG_FUNCTION_INFO_V1(cl_binning_refit_text_transition);
PG_FUNCTION_INFO_V1(cl_binning_refit_combine);
PG_FUNCTION_INFO_V1(cl_binning_refit_serial);
PG_FUNCTION_INFO_V1(cl_binning_refit_deserial);
PG_FUNCTION_INFO_V1(cl_binning_refit_final);
PG_FUNCTION_INFO_V1(cl_information_value_final);
PG_FUNCTION_INFO_V1(cl_information_value_options_final);

/*
 * optimal_binning(x, event, options): a sketch, and the options of the first row, which are those of every row
 */
typedef struct Search
{
	ClBinSketch *sketch;
	struct varlena *options;	/* jsonb; NULL before the first row */
} Search;

/* Arguments of the transitions: state, value, event, options. */
enum
{
	SEARCH_VALUE = 1, SEARCH_EVENT, SEARCH_OPTIONS
};

static void *
search_create(void)
{
	Search	   *search = palloc0_object(Search);

	search->sketch = bin_sketch_summary.create();
	return search;
}

static void
read_options(Datum jsonb, ClBinningOptions *options)
{
	ClJson		document;

	cl_json_open(&document, "binning options", DatumGetJsonbP(jsonb));
	cl_binning_options(&document, options);
}

static bool
same_bytes(const struct varlena *a, const struct varlena *b)
{
	return VARSIZE_ANY(a) == VARSIZE_ANY(b) && memcmp(a, b, VARSIZE_ANY(a)) == 0;
}

static void
options_differ(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("options of optimal_binning must be the same in all rows of a group"),
			 errdetail("Options apply to all rows, not to one."),
			 errhint("Give a constant, or group by what the options depend on.")));
}

/* Options are read at the first row, so that a mistake in them does not wait for the last. */
static void
set_options(Search *search, const struct varlena *options, MemoryContext context)
{
	ClBinningOptions checked;
	struct varlena *plain = (struct varlena *) DatumGetJsonbP(PointerGetDatum(options));
	MemoryContext old;

	read_options(PointerGetDatum(plain), &checked);
	old = MemoryContextSwitchTo(context);
	search->options = palloc(VARSIZE(plain));
	memcpy(search->options, plain, VARSIZE(plain));
	MemoryContextSwitchTo(old);
}

static Search *
search_create_in(FunctionCallInfo fcinfo, ClSketchKind kind)
{
	MemoryContext context = cl_agg_context(fcinfo);
	MemoryContext old;
	Search	   *search;

	if (PG_ARGISNULL(SEARCH_OPTIONS))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("options of optimal_binning must not be NULL"),
				 errdetail("NULL is not the same as no options."),
				 errhint("Leave the argument out, or give '{}'.")));
	old = MemoryContextSwitchTo(context);
	search = search_create();
	cl_sketch_set_kind(search->sketch, kind);
	MemoryContextSwitchTo(old);
	set_options(search, (struct varlena *) PG_GETARG_POINTER(SEARCH_OPTIONS), context);
	return search;
}

static inline Search *
search_state(FunctionCallInfo fcinfo, ClSketchKind kind)
{
	Search	   *search;

	if (unlikely(PG_ARGISNULL(0)))
		return search_create_in(fcinfo, kind);
	search = (Search *) PG_GETARG_POINTER(0);
	if (unlikely(PG_ARGISNULL(SEARCH_OPTIONS) ||
				 (!same_bytes(search->options, (struct varlena *) PG_GETARG_POINTER(SEARCH_OPTIONS)) &&
				  !same_bytes(search->options, (struct varlena *) PG_GETARG_JSONB_P(SEARCH_OPTIONS)))))
		options_differ();
	return search;
}

static inline void
search_add_number(FunctionCallInfo fcinfo, Search *search, double value)
{
	if (unlikely(PG_ARGISNULL(SEARCH_EVENT)))
		search->sketch->n_skipped++;
	else
		cl_sketch_add_number(search->sketch, value, PG_GETARG_BOOL(SEARCH_EVENT));
}

Datum
cl_optimal_binning_float8_transition(PG_FUNCTION_ARGS)
{
	Search	   *search = search_state(fcinfo, CL_SKETCH_NUMERIC);

	search_add_number(fcinfo, search, PG_ARGISNULL(SEARCH_VALUE) ? NAN : PG_GETARG_FLOAT8(SEARCH_VALUE));
	PG_RETURN_POINTER(search);
}

Datum
cl_optimal_binning_numeric_transition(PG_FUNCTION_ARGS)
{
	Search	   *search = search_state(fcinfo, CL_SKETCH_NUMERIC);

	search_add_number(fcinfo, search,
					  PG_ARGISNULL(SEARCH_VALUE) ? NAN : cl_numeric_float8_saturated(PG_GETARG_DATUM(SEARCH_VALUE)));
	PG_RETURN_POINTER(search);
}

Datum
cl_optimal_binning_text_transition(PG_FUNCTION_ARGS)
{
	Search	   *search = search_state(fcinfo, CL_SKETCH_TEXT);
	text	   *value;

	if (PG_ARGISNULL(SEARCH_EVENT))
		search->sketch->n_skipped++;
	else if (PG_ARGISNULL(SEARCH_VALUE))
		cl_sketch_add_missing(search->sketch, PG_GETARG_BOOL(SEARCH_EVENT), 1);
	else
	{
		value = PG_GETARG_TEXT_PP(SEARCH_VALUE);
		cl_sketch_add_category(search->sketch, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), PG_GETARG_BOOL(SEARCH_EVENT), 1);
	}
	PG_RETURN_POINTER(search);
}

static void
search_merge(void *into, const void *from)
{
	Search	   *search = into;
	const Search *other = from;

	if (search->options == NULL)
	{
		search->options = palloc(VARSIZE(other->options));
		memcpy(search->options, other->options, VARSIZE(other->options));
	}
	else if (!same_bytes(search->options, other->options))
		options_differ();
	bin_sketch_summary.merge(search->sketch, other->sketch);
}

/* Between workers, who are of one server: int32 size of the options and these as they are in memory, then the sketch. */
static void
search_transfer(StringInfo buf, const void *state)
{
	const Search *search = state;

	pq_sendint32(buf, VARSIZE(search->options));
	pq_sendbytes(buf, (const char *) search->options, VARSIZE(search->options));
	bin_sketch_summary.transfer(buf, search->sketch);
}

static void *
search_read(StringInfo buf)
{
	Search	   *search = palloc0_object(Search);
	int			size = cl_wire_count(buf, "optimal_binning", PG_INT32_MAX, 1);

	search->options = palloc(size);
	memcpy(search->options, pq_getmsgbytes(buf, size), size);
	search->sketch = bin_sketch_summary.read(buf);
	return search;
}

static const ClSummary search_summary = {
	.name = "optimal_binning", .version = 1, .create = search_create, .merge = search_merge, .write = search_transfer,
	.read = search_read
};

Datum
cl_optimal_binning_combine(PG_FUNCTION_ARGS)
{
	return cl_summary_combine(fcinfo, &search_summary);
}

Datum
cl_optimal_binning_serial(PG_FUNCTION_ARGS)
{
	return cl_summary_serial(fcinfo, &search_summary);
}

Datum
cl_optimal_binning_deserial(PG_FUNCTION_ARGS)
{
	return cl_summary_deserial(fcinfo, &search_summary);
}

Datum
cl_optimal_binning_options_final(PG_FUNCTION_ARGS)
{
	Search	   *search;
	ClBinningOptions options;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	search = (Search *) PG_GETARG_POINTER(0);
	read_options(PointerGetDatum(search->options), &options);
	return cl_document_datum(&binning_document, cl_binning_optimal(search->sketch, &options));
}

/*
 * binning_refit(binning, x, event): counts by bin, however many values there are
 */
typedef struct Refit
{
	char	   *document;		/* the binning as it came; NULL before the first row */
	struct varlena *stored;		/* how it was stored, for a quick look at the next row's */
	ClBinning  *binning;		/* its bins; the counts are those of the rows seen */
	int64		n_skipped;
} Refit;

/* Arguments of the transitions: state, binning, value, event. */
enum
{
	REFIT_BINNING = 1, REFIT_VALUE, REFIT_EVENT
};

static void *
refit_create(void)
{
	return palloc0_object(Refit);
}

/* Takes a binning for its bins, in the current context. */
static void
refit_begin(Refit *refit, ClBinning *binning)
{
	StringInfoData text;

	initStringInfo(&text);
	binning_document.print(&text, binning);
	refit->document = text.data;
	refit->binning = binning;
	memset(binning->counts, 0, binning->c.nbins * sizeof(ClBinCounts));
}

static ClBinning *
compile_text(const char *text)
{
	ClJson		document;

	cl_json_parse(&document, "binning", text);
	return binning_document.compile(&document);
}

static void
binnings_differ(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("refit counts rows for one binning at a time"),
			 errdetail("The binning of this row is another one."),
			 errhint("Group by what selects the binning.")));
}

/* The state, or NULL for a row without a binning. */
static Refit *
refit_state(FunctionCallInfo fcinfo, bool text)
{
	struct varlena *stored = (struct varlena *) PG_GETARG_POINTER(REFIT_BINNING);
	Refit	   *refit = PG_ARGISNULL(0) ? NULL : (Refit *) PG_GETARG_POINTER(0);

	if (unlikely(refit == NULL))
	{
		MemoryContext old = MemoryContextSwitchTo(cl_agg_context(fcinfo));

		refit = refit_create();
		refit_begin(refit, cl_document_compiled(&binning_document, PointerGetDatum(stored)));
		refit->stored = (struct varlena *) DatumGetPointer(datumCopy(PointerGetDatum(stored), false, -1));
		MemoryContextSwitchTo(old);
	}
	else if (unlikely(!same_bytes(refit->stored, stored)))
	{
		/* The same document may be stored in two ways, compressed or not. */
		StringInfoData other;

		initStringInfo(&other);
		binning_document.print(&other, cl_document_compiled(&binning_document, PointerGetDatum(stored)));
		if (strcmp(other.data, refit->document) != 0)
			binnings_differ();
	}
	cl_binning_require_kind(refit->binning, text);
	return refit;
}

static inline void
refit_count(FunctionCallInfo fcinfo, Refit *refit, int bin)
{
	if (bin < refit->binning->c.nbins)
		refit->binning->counts[bin].n[PG_GETARG_BOOL(REFIT_EVENT)]++;
}

static pg_attribute_always_inline Datum
refit_number(FunctionCallInfo fcinfo, bool numeric)
{
	Refit	   *refit;
	double		value;

	if (PG_ARGISNULL(REFIT_BINNING))
		return cl_agg_unchanged(fcinfo);
	refit = refit_state(fcinfo, false);
	if (PG_ARGISNULL(REFIT_EVENT))
	{
		refit->n_skipped++;
		PG_RETURN_POINTER(refit);
	}
	if (PG_ARGISNULL(REFIT_VALUE))
		value = NAN;
	else
		value = numeric ? cl_numeric_float8_saturated(PG_GETARG_DATUM(REFIT_VALUE)) : PG_GETARG_FLOAT8(REFIT_VALUE);
	refit_count(fcinfo, refit, cl_card_bin_of_number(&refit->binning->c, value));
	PG_RETURN_POINTER(refit);
}

Datum
cl_binning_refit_float8_transition(PG_FUNCTION_ARGS)
{
	return refit_number(fcinfo, false);
}

Datum
cl_binning_refit_numeric_transition(PG_FUNCTION_ARGS)
{
	return refit_number(fcinfo, true);
}

Datum
cl_binning_refit_text_transition(PG_FUNCTION_ARGS)
{
	Refit	   *refit;
	int			bin;

	if (PG_ARGISNULL(REFIT_BINNING))
		return cl_agg_unchanged(fcinfo);
	refit = refit_state(fcinfo, true);
	if (PG_ARGISNULL(REFIT_EVENT))
	{
		refit->n_skipped++;
		PG_RETURN_POINTER(refit);
	}
	bin = refit->binning->c.missing;
	if (!PG_ARGISNULL(REFIT_VALUE))
	{
		text	   *value = PG_GETARG_TEXT_PP(REFIT_VALUE);

		bin = cl_card_bin_of_text(&refit->binning->c, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	}
	refit_count(fcinfo, refit, bin);
	PG_RETURN_POINTER(refit);
}

static void
refit_merge(void *into, const void *from)
{
	Refit	   *refit = into;
	const Refit *other = from;

	if (refit->document == NULL)
	{
		refit_begin(refit, compile_text(other->document));
		refit->stored = (struct varlena *) palloc0(VARHDRSZ);
		SET_VARSIZE(refit->stored, VARHDRSZ);
	}
	else if (strcmp(refit->document, other->document) != 0)
		binnings_differ();
	refit->n_skipped += other->n_skipped;
	for (int i = 0; i < refit->binning->c.nbins; i++)
	{
		for (int class = 0; class < 2; class++)
			refit->binning->counts[i].n[class] += other->binning->counts[i].n[class];
	}
}

/* Between workers: int32 length and bytes of the document, int64 rows left out, then int64 non-events and events of each bin. */
static void
refit_transfer(StringInfo buf, const void *state)
{
	const Refit *refit = state;
	int			length = (int) strlen(refit->document);

	pq_sendint32(buf, length);
	pq_sendbytes(buf, refit->document, length);
	pq_sendint64(buf, refit->n_skipped);
	for (int i = 0; i < refit->binning->c.nbins; i++)
	{
		pq_sendint64(buf, refit->binning->counts[i].n[0]);
		pq_sendint64(buf, refit->binning->counts[i].n[1]);
	}
}

static void *
refit_read(StringInfo buf)
{
	Refit	   *refit = refit_create();
	int			length = cl_wire_count(buf, "refit", PG_INT32_MAX, 1);
	const char *text = pnstrdup(pq_getmsgbytes(buf, length), length);

	refit_begin(refit, compile_text(text));
	refit->n_skipped = cl_wire_int64(buf, "refit", 0, PG_INT64_MAX / 2, "number of rows left out");
	for (int i = 0; i < refit->binning->c.nbins; i++)
	{
		for (int class = 0; class < 2; class++)
			refit->binning->counts[i].n[class] = cl_wire_int64(buf, "refit", 0, CL_TALLY_MAX_ROWS, "number of rows");
	}
	return refit;
}

static const ClSummary refit_summary = {
	.name = "refit", .version = 1, .create = refit_create, .merge = refit_merge, .write = refit_transfer, .read = refit_read
};

Datum
cl_binning_refit_combine(PG_FUNCTION_ARGS)
{
	return cl_summary_combine(fcinfo, &refit_summary);
}

Datum
cl_binning_refit_serial(PG_FUNCTION_ARGS)
{
	return cl_summary_serial(fcinfo, &refit_summary);
}

Datum
cl_binning_refit_deserial(PG_FUNCTION_ARGS)
{
	return cl_summary_deserial(fcinfo, &refit_summary);
}

/* Of a copy: the state may get more rows. */
Datum
cl_binning_refit_final(PG_FUNCTION_ARGS)
{
	const Refit *refit;
	ClBinning	binning;
	int			n;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	refit = (const Refit *) PG_GETARG_POINTER(0);
	binning = *refit->binning;
	n = binning.c.nbins;
	binning.counts = palloc_array(ClBinCounts, n + 1);
	for (int i = 0; i < n; i++)
	{
		binning.counts[i] = refit->binning->counts[i];
		for (int class = 0; class < 2; class++)
			binning.counts[i].weight[class] = (double) binning.counts[i].n[class];
	}
	cl_binning_counted_anew(&binning, false, refit->n_skipped);
	return cl_document_datum(&binning_document, &binning);
}

/*
 * information_value(bin, event): bins that were made elsewhere, by name or number, in a sketch of them
 */

typedef struct Worth
{
	double		total[2];
	int			bins;
	ClSmoothing smoothing;
	double		iv;
} Worth;

/* First the totals, then with them the information value. */
static void
add_bin(Worth *worth, const double *weight, bool measured)
{
	if (measured)
		worth->iv += cl_iv_term(weight, worth->total, worth->bins, worth->smoothing);
	else
	{
		worth->total[0] += weight[0];
		worth->total[1] += weight[1];
		worth->bins += weight[0] + weight[1] > 0;
	}
}

static void
add_bins(Worth *worth, ClBinSketch *sketch, bool measured)
{
	const ClSketchCategory **category = cl_sketch_categories(sketch);
	double		missing[2] = {sketch->missing.weight[0].high, sketch->missing.weight[1].high};
	ClTallyCursor cursor;
	ClTallyItem item;

	for (int i = 0; i < sketch->categories.n; i++)
	{
		double		weight[2] = {category[i]->counts.weight[0].high, category[i]->counts.weight[1].high};

		add_bin(worth, weight, measured);
	}
	cl_tally_settle(&sketch->tally);
	cl_tally_scan(&sketch->tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
		add_bin(worth, item.weight, measured);
	add_bin(worth, missing, measured);
}

static Datum
information_value(FunctionCallInfo fcinfo, ClBinSketch *sketch, ClSmoothing smoothing)
{
	Worth		worth = {.smoothing = smoothing};

	if (sketch->overflow)
		cl_binning_too_many_categories("Bin the values first: optimal_binning, then bin_id.");
	add_bins(&worth, sketch, false);
	if (worth.total[0] == 0 || worth.total[1] == 0)
		PG_RETURN_NULL();
	add_bins(&worth, sketch, true);
	PG_RETURN_FLOAT8(worth.iv);
}

Datum
cl_information_value_final(PG_FUNCTION_ARGS)
{
	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return information_value(fcinfo, (ClBinSketch *) PG_GETARG_POINTER(0), CL_SMOOTHING_NONE);
}

Datum
cl_information_value_options_final(PG_FUNCTION_ARGS)
{
	Search	   *search;
	ClJson		document;
	ClJson		smoothing;

	(void) cl_agg_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	search = (Search *) PG_GETARG_POINTER(0);
	cl_json_open(&document, "binning options", DatumGetJsonbP(PointerGetDatum(search->options)));
	return information_value(fcinfo, search->sketch, cl_json_get(&document, "smoothing", &smoothing) ?
							 (ClSmoothing) cl_json_choice(&smoothing, cl_smoothing_names) : CL_SMOOTHING_NONE);
}
