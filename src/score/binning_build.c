/*
 * binning_build.c
 *	  From a bin_sketch and options to a binning; and counting into bins that are there already.
 */
#include "postgres.h"

#include <math.h>

#include "core/binning_prebin.h"
#include "score/bin_document.h"
#include "score/binning.h"

#include "miscadmin.h"
#include "utils/float.h"

/*
 * Bins one after the other
 */

/* A binning with room for so many bins and nothing said yet; options may be NULL. */
static ClBinning *
begin(int most_bins, ClCardScale scale, const ClBinningOptions *options)
{
	ClBinning  *binning = palloc0_object(ClBinning);

	if (most_bins > CL_MOST_BINS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many bins"),
				 errdetail("There would be %d; the most is %d.", most_bins, CL_MOST_BINS),
				 errhint("Give fewer splits or special codes.")));
	binning->c.scale = scale;
	binning->c.bins = palloc0_array(ClBin, most_bins);
	binning->counts = palloc0_array(ClBinCounts, most_bins);
	binning->c.right_closed = options->closed_right;
	cl_binning_set_conventions(binning, options);
	binning->objective = options->rules.objective;
	for (int i = 0; i < CL_PRICES; i++)
		binning->best[i] = get_float8_nan();
	return binning;
}

static ClBin *
add_bin(ClBinning *binning, ClBinKind kind)
{
	ClBin	   *bin = unconstify(ClBin *, &binning->c.bins[binning->c.nbins++]);

	bin->kind = kind;
	bin->edge = bin->woe = bin->event_rate = get_float8_nan();
	return bin;
}

static ClBinCounts *
counts_of_last(ClBinning *binning)
{
	return &binning->counts[binning->c.nbins - 1];
}

static void
add_to(ClBinCounts *counts, const ClBinCounts *more)
{
	for (int class = 0; class < 2; class++)
	{
		counts->n[class] += more->n[class];
		counts->weight[class] += more->weight[class];
	}
}

static void
add_sketch_counts(ClBinCounts *counts, const ClSketchCounts *more)
{
	for (int class = 0; class < 2; class++)
	{
		counts->n[class] += more->n[class];
		counts->weight[class] += more->weight[class].high;
	}
}

static void
add_item(ClBinCounts *counts, const ClTallyItem *item)
{
	for (int class = 0; class < 2; class++)
	{
		counts->n[class] += item->n[class];
		counts->weight[class] += item->weight[class];
	}
}

static void
add_special_bins(ClBinning *binning, const ClBinningOptions *options)
{
	for (int i = 0; i < options->n_special; i++)
	{
		ClCardValue *value = palloc0_object(ClCardValue);
		ClBin	   *bin = add_bin(binning, CL_BIN_SPECIAL);

		value->number = options->special[i];
		bin->values = value;
		bin->nvalues = 1;
	}
}

static void
add_missing_bin(ClBinning *binning, const ClBinSketch *sketch)
{
	binning->c.missing = binning->c.nbins;
	(void) add_bin(binning, CL_BIN_MISSING);
	if (sketch != NULL)
		add_sketch_counts(counts_of_last(binning), &sketch->missing);
}

/* Intervals between cuts, of which there may be none, the last to infinity. */
static void
add_intervals(ClBinning *binning, const double *cut, int n)
{
	for (int i = 0; i <= n; i++)
		add_bin(binning, CL_BIN_INTERVAL)->edge = i < n ? cut[i] : get_float8_infinity();
}

/*
 * What became of the search
 */

static char *
rules_in_the_way(unsigned rules)
{
	static const char *const names[CL_RULES] = {
		"max_pvalue", "min_event_rate_diff", "monotonic_trend", "min_bin_n_event", "min_bin_n_non_event", "min_bin_size",
		"max_bin_size", "min_n_bins", "max_n_bins", "splits_fixed"
	};
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < CL_RULES; i++)
	{
		if (rules & (1u << i))
			appendStringInfo(&out, "%s%s", out.len > 0 ? ", " : "", names[i]);
	}
	return psprintf("no bins keep all rules: give up %s", out.data);
}

/* The bins that take no part in the search are in the objective whatever it finds. */
static double
worth_of_the_rest(const ClBinning *binning, const ClBinCounts *total)
{
	double		worth = 0;

	for (int i = 0; i < binning->c.nbins; i++)
	{
		ClBinKind	kind = binning->c.bins[i].kind;

		if (kind != CL_BIN_INTERVAL && kind != CL_BIN_CATEGORY)
			worth += cl_objective_term(binning->objective, binning->counts[i].weight, total->weight);
	}
	return worth;
}

static bool
any_special(const ClBinning *binning)
{
	for (int i = 0; i < binning->c.nbins; i++)
	{
		if (binning->c.bins[i].kind == CL_BIN_SPECIAL && binning->counts[i].weight[0] + binning->counts[i].weight[1] > 0)
			return true;
	}
	return false;
}

static void
say_outcome(ClBinning *binning, const ClOptimum *optimum, const ClBinCounts *total, bool has_values)
{
	for (int i = 0; i < CL_PRICES; i++)
		binning->best[i] = isnan(optimum->best[i]) ? optimum->best[i] : optimum->best[i] + worth_of_the_rest(binning, total);
	binning->status = "optimal";
	if (!has_values)
		binning->status = any_special(binning) ? "all_special" : "all_missing";
	else if (optimum->status == CL_OPTIMUM_ONE_CLASS)
	{
		binning->status = "one_class";
		binning->message = "all rows are events, or none is";
	}
	else if (optimum->status == CL_OPTIMUM_INFEASIBLE)
	{
		binning->status = "infeasible";
		binning->message = rules_in_the_way(optimum->in_the_way);
	}
	else if (optimum->status == CL_OPTIMUM_NOTHING_TO_SPLIT)
	{
		binning->status = "single_bin";
		binning->message = "there is nothing to divide: one distinct value, or one category that is not rare";
	}
	else if (optimum->n_bins < 2)
	{
		binning->status = "single_bin";
		binning->message = "more bins are not allowed, or tell no more";
	}
}

static void
finish(ClBinning *binning, bool weighted, int64 n_skipped)
{
	binning->counted = true;
	binning->weighted = weighted;
	binning->n_skipped = n_skipped;
	cl_binning_evaluate(binning);
}

/* All rows, also those that take no part in the search. */
static ClBinCounts
total_of(const ClBinSketch *sketch)
{
	ClBinCounts total = {{0, 0}, {0, 0}};
	ClTallyCursor cursor;
	ClTallyItem item;

	add_sketch_counts(&total, &sketch->missing);
	add_sketch_counts(&total, &sketch->overflowed);
	if (sketch->kind == CL_SKETCH_TEXT)
	{
		for (int i = 0; i < sketch->categories.n; i++)
			add_sketch_counts(&total, &((ClSketchCategory *) cl_labels_item(&sketch->categories, i))->counts);
		return total;
	}
	if (!sketch->weighted)
	{
		int64		n[2];

		cl_tally_rows(&sketch->tally, n);
		item = (ClTallyItem) {.n = {n[0], n[1]}, .weight = {(double) n[0], (double) n[1]}};
		add_item(&total, &item);
		return total;
	}
	cl_tally_scan(&sketch->tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
		add_item(&total, &item);
	return total;
}

/*
 * Numbers
 */

static bool
is_among(double x, const double *number, int n)
{
	for (int i = 0; i < n; i++)
	{
		if (number[i] == x)
			return true;
	}
	return false;
}

/* The cuts given as candidates and those that must be, ascending, each once. */
static double *
all_splits(const ClBinningOptions *options, int *n)
{
	double	   *split = palloc_array(double, options->n_splits + options->n_fixed + 1);
	int			i = 0;
	int			j = 0;

	*n = 0;
	while (i < options->n_splits || j < options->n_fixed)
	{
		bool		fixed = i == options->n_splits || (j < options->n_fixed && options->fixed[j] <= options->splits[i]);
		double		next = fixed ? options->fixed[j++] : options->splits[i++];

		if (*n == 0 || split[*n - 1] != next)
			split[(*n)++] = next;
	}
	return split;
}

/* The classes that may be joined: between the user's candidates, or fine ones of about equal size. */
static void
make_prebins(ClPrebins *prebins, const ClMemory *memory, const ClBinSketch *sketch, const ClBinningOptions *options)
{
	ClPrebinRules rules = {
		.max_prebins = options->max_prebins, .closed_right = options->closed_right, .forced = options->fixed,
		.n_forced = options->n_fixed, .skip = options->special, .n_skip = options->n_special
	};

	if (options->splits == NULL)
	{
		cl_prebins_init(prebins, memory, &sketch->tally, &rules);
		return;
	}
	rules.forced = all_splits(options, &rules.n_forced);
	if (rules.n_forced >= CL_OPTIMUM_MAX_PREBINS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many splits"),
				 errdetail("Found %d; the most is %d.", rules.n_forced, CL_OPTIMUM_MAX_PREBINS - 1),
				 errhint("Leave splits out, or give fewer.")));
	cl_prebins_at(prebins, memory, &sketch->tally, &rules);
	for (int i = 0; i + 1 < prebins->n; i++)
		prebins->boundary[i] = is_among(rules.forced[i], options->fixed, options->n_fixed) ? CL_BOUNDARY_FORCED :
			CL_BOUNDARY_FREE;
}

static double
cut_after(const ClPrebins *prebins, int i, bool closed_right)
{
	double		given = prebins->bin[i + 1].cut;

	return isnan(given) ? cl_prebins_cut(prebins, i, closed_right) : given;
}

static void
count_special_values(ClBinning *binning, int first, const ClTally *tally, const ClBinningOptions *options)
{
	ClTallyCursor cursor;
	ClTallyItem item;
	int			at = 0;

	cl_tally_scan(tally, &cursor, false);
	while (at < options->n_special && cl_tally_next(&cursor, &item))
	{
		while (at < options->n_special && options->special[at] < item.value)
			at++;
		if (at < options->n_special && options->special[at] == item.value)
			add_item(&binning->counts[first + at], &item);
	}
}

static ClBinning *
optimal_numbers(ClBinSketch *sketch, const ClBinningOptions *options)
{
	ClMemory	memory = cl_memory_here();
	ClOptimumRules rules = options->rules;
	ClOptimum  *optimum = palloc0_object(ClOptimum);
	ClBinCounts total;
	ClPrebins	prebins;
	ClBinning  *binning;
	double		cut[CL_OPTIMUM_MAX_BINS];
	int			first = 0;
	int			n_bins;

	cl_tally_settle(&sketch->tally);
	total = total_of(sketch);
	make_prebins(&prebins, &memory, sketch, options);
	rules.boundary = prebins.boundary;
	cl_binning_optimum(&memory, prebins.counts, prebins.n, &total, &rules, optimum);
	n_bins = Max(optimum->n_bins, 1);
	for (int b = 0; b + 1 < n_bins; b++)
		cut[b] = cut_after(&prebins, optimum->end[b] - 1, options->closed_right);
	binning = begin(n_bins + options->n_special + 1, CL_SCALE_INTERVALS, options);
	add_intervals(binning, cut, n_bins - 1);
	for (int b = 0; b < n_bins; b++)
	{
		int			end = optimum->n_bins > 0 ? optimum->end[b] : prebins.n;

		for (; first < end; first++)
			add_to(&binning->counts[b], &prebins.counts[first]);
	}
	add_special_bins(binning, options);
	count_special_values(binning, n_bins, &sketch->tally, options);
	add_missing_bin(binning, sketch);
	say_outcome(binning, optimum, &total, prebins.n > 0);
	finish(binning, sketch->weighted, sketch->n_skipped);
	return binning;
}

/*
 * Texts
 */

/* Category i goes to bin number bin[i], in order of their names within a bin; -1 is the bin "other". */
static void
add_category_bins(ClBinning *binning, const ClSketchCategory **category, const int *bin_of, int n, int n_bins)
{
	for (int b = 0; b < n_bins; b++)
	{
		ClBin	   *bin = add_bin(binning, CL_BIN_CATEGORY);
		ClCardValue *value = palloc0_array(ClCardValue, n);

		for (int i = 0; i < n; i++)
		{
			if (bin_of[i] != b)
				continue;
			value[bin->nvalues].text = cl_label_string(&category[i]->label);
			value[bin->nvalues++].length = category[i]->label.length;
			add_sketch_counts(counts_of_last(binning), &category[i]->counts);
		}
		bin->values = value;
	}
}

/* Every text is "other": there are none, or so many that none is frequent. */
static ClBinning *
without_categories(const ClBinSketch *sketch, const ClCategories *categories, const ClBinningOptions *options)
{
	ClBinning  *binning = begin(2, CL_SCALE_TEXTS, options);

	add_missing_bin(binning, sketch);
	binning->c.other = binning->c.nbins;
	(void) add_bin(binning, CL_BIN_OTHER);
	add_to(counts_of_last(binning), &categories->other);
	add_sketch_counts(counts_of_last(binning), &sketch->overflowed);
	binning->status = sketch->overflow || sketch->categories.n > 0 ? "too_many_categories" : "all_missing";
	if (sketch->overflow)
		binning->message = psprintf("more than %d different texts, or one is longer than %d bytes",
									CL_SKETCH_MOST_CATEGORIES, CL_SKETCH_LONGEST_CATEGORY);
	else if (sketch->categories.n > 0)
		binning->message = "every category is rarer than cat_cutoff: group them first";
	finish(binning, sketch->weighted, sketch->n_skipped);
	return binning;
}

/* The bin of each category, -1 for other, from its pre-bin. */
static int *
bins_of_categories(const ClCategories *categories, int n, const ClOptimum *optimum)
{
	int		   *bin_of = palloc_array(int, n + 1);

	for (int i = 0; i < n; i++)
	{
		bin_of[i] = categories->prebin[i] == CL_CATEGORY_OTHER ? -1 : 0;
		while (bin_of[i] >= 0 && optimum->n_bins > 0 && categories->prebin[i] >= optimum->end[bin_of[i]])
			bin_of[i]++;
	}
	return bin_of;
}

static ClBinning *
optimal_texts(ClBinSketch *sketch, const ClBinningOptions *options)
{
	ClMemory	memory = cl_memory_here();
	ClOptimum  *optimum = palloc0_object(ClOptimum);
	int			n = sketch->categories.n;
	const ClSketchCategory **category = cl_sketch_categories(sketch);
	ClBinCounts *counts = palloc0_array(ClBinCounts, n + 1);
	ClBinCounts total = total_of(sketch);
	ClCategories categories;
	ClBinning  *binning;
	int			n_bins;

	for (int i = 0; i < n; i++)
		add_sketch_counts(&counts[i], &category[i]->counts);
	cl_categories_init(&categories, &memory, counts, n, options->max_prebins, options->cat_cutoff);
	if (categories.n == 0)
		return without_categories(sketch, &categories, options);
	cl_binning_optimum(&memory, categories.counts, categories.n, &total, &options->rules, optimum);
	n_bins = Max(optimum->n_bins, 1);
	binning = begin(n_bins + 2, CL_SCALE_TEXTS, options);
	add_category_bins(binning, category, bins_of_categories(&categories, n, optimum), n, n_bins);
	add_missing_bin(binning, sketch);
	binning->c.other = binning->c.nbins;
	(void) add_bin(binning, CL_BIN_OTHER);
	add_to(counts_of_last(binning), &categories.other);
	say_outcome(binning, optimum, &total, true);
	finish(binning, sketch->weighted, sketch->n_skipped);
	return binning;
}

ClBinning *
cl_binning_optimal(ClBinSketch *sketch, const ClBinningOptions *options)
{
	if (sketch->kind == CL_SKETCH_TEXT)
		return optimal_texts(sketch, options);
	return optimal_numbers(sketch, options);
}

/* Bins between given cuts, ascending, not counted yet. */
ClBinning *
cl_binning_at(const double *cut, int n, const ClBinningOptions *options)
{
	ClBinning  *binning = begin(n + 1 + options->n_special + 1, CL_SCALE_INTERVALS, options);

	add_intervals(binning, cut, n);
	add_special_bins(binning, options);
	add_missing_bin(binning, NULL);
	binning->status = "fixed";
	cl_binning_evaluate(binning);
	return binning;
}

/*
 * Counting again
 */

static void
count_numbers(ClBinning *binning, ClBinSketch *sketch)
{
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_settle(&sketch->tally);
	cl_tally_scan(&sketch->tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		int			bin = cl_card_bin_of_number(&binning->c, item.value);

		CHECK_FOR_INTERRUPTS();
		if (bin < binning->c.nbins)
			add_item(&binning->counts[bin], &item);
	}
}

static void
count_texts(ClBinning *binning, const ClBinSketch *sketch)
{
	for (int i = 0; i < sketch->categories.n; i++)
	{
		const ClSketchCategory *category = cl_labels_item(&sketch->categories, i);
		int			bin = cl_card_bin_of_text(&binning->c, category->label.name, category->label.length);

		CHECK_FOR_INTERRUPTS();
		if (bin < binning->c.nbins)
			add_sketch_counts(&binning->counts[bin], &category->counts);
	}
}

/* The same bins with the counts of other rows. A compiled binning, which is changed. */
void
cl_binning_count(ClBinning *binning, ClBinSketch *sketch)
{
	memset(binning->counts, 0, binning->c.nbins * sizeof(ClBinCounts));
	if (sketch->kind != CL_SKETCH_UNKNOWN)
		cl_binning_require_kind(binning, sketch->kind == CL_SKETCH_TEXT);
	if (sketch->overflow)
		cl_binning_too_many_categories("The aggregate binning_refit(binning, x, event) counts any number of them.");
	if (sketch->kind == CL_SKETCH_TEXT)
		count_texts(binning, sketch);
	else
		count_numbers(binning, sketch);
	if (binning->c.missing < binning->c.nbins)
		add_sketch_counts(&binning->counts[binning->c.missing], &sketch->missing);
	cl_binning_counted_anew(binning, sketch->weighted, sketch->n_skipped);
}

void
cl_binning_counted_anew(ClBinning *binning, bool weighted, int64 n_skipped)
{
	cl_binning_made_by_hand(binning);
	finish(binning, weighted, n_skipped);
}

void
cl_binning_made_by_hand(ClBinning *binning)
{
	for (int i = 0; i < CL_PRICES; i++)
		binning->best[i] = get_float8_nan();
	binning->status = "fixed";
	binning->message = NULL;
}

void
cl_binning_require_kind(const ClBinning *binning, bool text)
{
	if (likely(text == (binning->c.scale == CL_SCALE_TEXTS)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("binning and values are of different kinds"),
			 errdetail("The binning is of %s, the values are %s.", text ? "numbers" : "texts", text ? "texts" : "numbers"),
			 errhint("Cast the values, or use the binning of this column.")));
}

void
cl_binning_too_many_categories(const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("too many categories"),
			 errdetail("There are more than %d different texts, or one is longer than %d bytes.", CL_SKETCH_MOST_CATEGORIES,
					   CL_SKETCH_LONGEST_CATEGORY),
			 errhint("%s", hint)));
}
