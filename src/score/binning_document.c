/*
 * binning_document.c
 *	  The binning as a document:
 *
 *		{"status": "optimal", "trend": "descending", "woe_sign": "non_event_over_event", "smoothing": "prior",
 *		 "bins": [{"below": 0.3, "non_event": 900, "event": 20}, {"non_event": 500, "event": 80}],
 *		 "missing": {"non_event": 30, "event": 5}}
 *
 * A bin holds what was counted; its weight of evidence follows from the counts and the conventions, which are part of the value.
 * Without counts it is a list of cuts, which refit fills.
 */
#include "postgres.h"

#include <math.h>

#include "score/bin_document.h"
#include "score/binning.h"
#include "score/scorecard.h"

#include "utils/float.h"

static const char *const rest_keys[CL_RESTS] = {"special_woe", "missing_woe", "other_woe"};
static const char *const count_keys[] = {"min_bin_n_non_event", "min_bin_n_event"};
static const char *const statuses[] = {
	"optimal", "infeasible", "single_bin", "one_class", "all_missing", "all_special", "too_many_categories", "fixed", NULL
};
static const char *const price_names[CL_PRICES] = {"iv_unconstrained", "iv_min_size", "iv_trend", "iv_max_pvalue"};
static const char *const common_keys[] = {
	"status", "message", "trend", "objective", "woe_sign", "smoothing", "special_woe", "missing_woe", "other_woe",
	"min_bin_n_event", "min_bin_n_non_event", "weighted", "n_skipped",
	"iv_unconstrained", "iv_min_size", "iv_trend", "iv_max_pvalue", NULL
};

/*
 * What follows from the counts
 */

static bool
has_rows(const ClBinCounts *counts)
{
	return counts->n[0] + counts->n[1] > 0;
}

/* Those that have rows: the ones that conventions of smoothing count. */
static int
used_bins(const ClBinning *binning)
{
	int			used = 0;

	for (int i = 0; i < binning->c.nbins; i++)
		used += has_rows(&binning->counts[i]);
	return used;
}

static bool
is_of_values(const ClBinning *binning, int bin)
{
	ClBinKind	kind = binning->c.bins[bin].kind;

	return kind == CL_BIN_INTERVAL || kind == CL_BIN_CATEGORY;
}

static bool
is_safer(const ClBinning *binning, double woe, double than)
{
	return binning->convention.sign == CL_WOE_NON_EVENT_OVER_EVENT ? woe > than : woe < than;
}

/* The extreme weight of evidence on the safe or the risky side of bins of values with rows; NaN: there are none. */
static double
extreme_woe(const ClBinning *binning, bool safe)
{
	double		extreme = get_float8_nan();

	for (int i = 0; i < binning->c.nbins; i++)
	{
		double		woe = binning->c.points[i];

		if (!is_of_values(binning, i) || !has_rows(&binning->counts[i]) || isnan(woe))
			continue;
		if (isnan(extreme) || is_safer(binning, woe, extreme) == safe)
			extreme = woe;
	}
	return extreme;
}

/* Is the bin treated as a missing value is? */
static bool
counts_as_missing(const ClBinning *binning, int bin)
{
	ClBinKind	kind = binning->c.bins[bin].kind;

	return kind == CL_BIN_MISSING || (!is_of_values(binning, bin) && binning->rest[CL_REST(kind)].rule == CL_REST_MISSING);
}

static const ClRest *
rest_of(const ClBinning *binning, int bin)
{
	return &binning->rest[CL_REST(counts_as_missing(binning, bin) ? CL_BIN_MISSING : binning->c.bins[bin].kind)];
}

/* What a bin beside the values shows: its rows, or all that count as missing. */
static ClBinCounts
counts_shown(const ClBinning *binning, int bin)
{
	ClBinCounts shown = {{0, 0}, {0, 0}};

	for (int i = 0; i < binning->c.nbins; i++)
	{
		if (i != bin && !(counts_as_missing(binning, bin) && counts_as_missing(binning, i)))
			continue;
		for (int class = 0; class < 2; class++)
		{
			shown.n[class] += binning->counts[i].n[class];
			shown.weight[class] += binning->counts[i].weight[class];
		}
	}
	return shown;
}

/* A little to spare for weights, as in the search for bins. */
static bool
is_too_small(const ClBinning *binning, const ClBinCounts *counts)
{
	return has_rows(counts) && (counts->weight[0] < (double) binning->min_n[0] - 1e-6 ||
								counts->weight[1] < (double) binning->min_n[1] - 1e-6);
}

static double
rest_woe(const ClBinning *binning, int bin, int used, double worst, double best)
{
	const ClRest *rest = rest_of(binning, bin);
	ClBinCounts counts;
	double		shown;

	switch (rest->rule)
	{
		case CL_REST_ZERO:
			return 0;
		case CL_REST_WORST:
			return isnan(worst) ? 0 : worst;
		case CL_REST_BEST:
			return isnan(best) ? 0 : best;
		case CL_REST_NUMBER:
			return rest->woe;
		default:
			break;
	}
	counts = counts_shown(binning, bin);
	if (is_too_small(binning, &counts))
		return 0;
	shown = cl_woe(counts.weight, binning->total.weight, used, binning->convention);
	return rest->rule == CL_REST_CAPPED && is_safer(binning, shown, best) ? best : shown;
}

void
cl_binning_evaluate(ClBinning *binning)
{
	ClCharacteristic *c = &binning->c;
	double	   *woe = palloc_array(double, c->nbins + 1);
	int			used = used_bins(binning);
	int			ordered = 0;
	double		worst;
	double		best;

	memset(&binning->total, 0, sizeof(ClBinCounts));
	for (int i = 0; i < c->nbins; i++)
	{
		ordered += is_of_values(binning, i);
		for (int class = 0; class < 2; class++)
		{
			binning->total.n[class] += binning->counts[i].n[class];
			binning->total.weight[class] += binning->counts[i].weight[class];
		}
	}
	for (int i = 0; i <= c->nbins; i++)
		woe[i] = i < c->nbins && binning->counted ?
			cl_woe(binning->counts[i].weight, binning->total.weight, used, binning->convention) : get_float8_nan();
	c->points = woe;
	worst = extreme_woe(binning, false);
	best = extreme_woe(binning, true);
	for (int i = ordered; i < c->nbins && binning->counted; i++)
		woe[i] = rest_woe(binning, i, used, worst, best);
	binning->trend = binning->counted ? cl_binning_trend(binning->counts, ordered) : CL_TREND_NONE;
	cl_card_finish(c);
}

static double
weight_of(const ClBinCounts *counts)
{
	return counts->weight[CL_NON_EVENT] + counts->weight[CL_EVENT];
}

static void
add_remark(StringInfo out, const ClBinning *binning, int bin, const char *remark)
{
	appendStringInfo(out, "%s%s %s", out->len > 0 ? "; " : "", cl_scorecard_bin_label(&binning->c, bin), remark);
}

char *
cl_binning_remark(const ClBinning *binning)
{
	StringInfoData out;
	double		best = extreme_woe(binning, true);

	initStringInfo(&out);
	for (int i = 0; i < binning->c.nbins && binning->counted; i++)
	{
		ClRestRule	rule = is_of_values(binning, i) ? CL_REST_ZERO : rest_of(binning, i)->rule;
		ClBinCounts counts = counts_shown(binning, i);
		double		shown = cl_woe(counts.weight, binning->total.weight, used_bins(binning), binning->convention);

		if (binning->c.bins[i].kind == CL_BIN_SPECIAL && !has_rows(&binning->counts[i]))
			add_remark(&out, binning, i, "is in no row");
		if (rule != CL_REST_CAPPED && rule != CL_REST_SEPARATE)
			continue;
		if (is_too_small(binning, &counts))
			add_remark(&out, binning, i, "has too few rows of a class to be judged: weight of evidence 0");
		else if (rule == CL_REST_CAPPED && is_safer(binning, shown, best))
			add_remark(&out, binning, i, has_rows(&binning->counts[i])
					   ? psprintf("(%.1f %% of the rows) looks safer than every value: weight of evidence of the safest",
								  100 * weight_of(&binning->counts[i]) / weight_of(&binning->total))
					   : "is in no row: weight of evidence of the safest value");
	}
	return out.len > 0 ? out.data : NULL;
}

/*
 * Reading
 */

static int64
get_count(const ClJson *node, const char *key)
{
	ClJson		child;

	cl_json_require(node, key, &child);
	return cl_json_decimal(&child, 0, 0, CL_TALLY_MAX_ROWS);
}

static double
get_weight(const ClJson *node, const char *key, int64 n)
{
	ClJson		child;
	double		weight;

	cl_json_require(node, key, &child);
	weight = cl_json_float8(&child, 0, CL_TALLY_HEAVIEST * (double) CL_TALLY_MAX_ROWS);
	if ((weight > 0) != (n > 0))
		cl_json_error(&child, "above 0 where there are rows, and 0 where there are none");
	return weight;
}

/* Counts of all bins, or of none. */
static double
read_content(void *arg, const ClJson *node, ClBin *bin, int number)
{
	ClBinning  *binning = arg;
	ClBinCounts *counts = &binning->counts[number];
	ClJson		child;
	bool		counted = cl_json_get(node, "event", &child) || cl_json_get(node, "non_event", &child);

	(void) bin;
	if (number > 0 && counted != binning->counted)
		cl_json_error(node, counted ? "without counts, as the bin before" : "counted, as the bin before");
	binning->counted = counted;
	if (!counted)
		return get_float8_nan();
	counts->n[CL_NON_EVENT] = get_count(node, "non_event");
	counts->n[CL_EVENT] = get_count(node, "event");
	counts->weight[0] = (double) counts->n[0];
	counts->weight[1] = (double) counts->n[1];
	if (binning->weighted)
	{
		counts->weight[CL_NON_EVENT] = get_weight(node, "non_event_weight", counts->n[CL_NON_EVENT]);
		counts->weight[CL_EVENT] = get_weight(node, "event_weight", counts->n[CL_EVENT]);
	}
	return get_float8_nan();
}

static void
print_content(StringInfo out, const void *arg, const ClCharacteristic *characteristic, int number)
{
	const ClBinning *binning = arg;
	const ClBinCounts *counts = &binning->counts[number];

	(void) characteristic;
	if (!binning->counted)
	{
		/* The comma after the place of the bin goes. */
		if (out->len > 2 && out->data[out->len - 2] == ',')
			out->data[out->len -= 2] = '\0';
		return;
	}
	appendStringInfo(out, "\"non_event\": " INT64_FORMAT ", \"event\": " INT64_FORMAT, counts->n[CL_NON_EVENT],
					 counts->n[CL_EVENT]);
	if (!binning->weighted)
		return;
	appendStringInfoString(out, ", \"non_event_weight\": ");
	cl_json_put_float8(out, counts->weight[CL_NON_EVENT]);
	appendStringInfoString(out, ", \"event_weight\": ");
	cl_json_put_float8(out, counts->weight[CL_EVENT]);
}

static const char *const content_keys[] = {"non_event", "event", "non_event_weight", "event_weight", NULL};
static const ClBinContent content = {content_keys, read_content, print_content, true};

static int
optional_choice(const ClJson *root, const char *key, const char *const *choices, int otherwise)
{
	ClJson		node;

	return cl_json_get(root, key, &node) ? cl_json_choice(&node, choices) : otherwise;
}

static void
read_head(ClBinning *binning, const ClJson *root)
{
	ClJson		node;

	binning->status = statuses[optional_choice(root, "status", statuses, lengthof(statuses) - 2)];
	binning->message = cl_json_get(root, "message", &node) ? cl_json_string(&node) : NULL;
	/* The trend is read for its spelling only: it follows from the counts. */
	(void) optional_choice(root, "trend", cl_trend_names, 0);
	binning->objective = optional_choice(root, "objective", cl_objective_names, CL_OBJECTIVE_IV);
	binning->convention.sign = optional_choice(root, "woe_sign", cl_woe_sign_names, CL_WOE_NON_EVENT_OVER_EVENT);
	binning->convention.smoothing = optional_choice(root, "smoothing", cl_smoothing_names, CL_SMOOTHING_PRIOR);
	for (int i = 0; i < CL_RESTS; i++)
	{
		if (cl_json_get(root, rest_keys[i], &node))
			cl_binning_rest_read(&node, (ClBinKind) (CL_BIN_SPECIAL + i), &binning->rest[i]);
	}
	for (int class = 0; class < 2; class++)
		binning->min_n[class] = cl_json_get(root, count_keys[class], &node) ?
			cl_json_decimal(&node, 0, 0, CL_TALLY_MAX_ROWS) : 0;
	binning->weighted = cl_json_get(root, "weighted", &node) && cl_json_bool(&node);
	binning->n_skipped = cl_json_get(root, "n_skipped", &node) ? cl_json_decimal(&node, 0, 0, PG_INT64_MAX) : 0;
	for (int i = 0; i < CL_PRICES; i++)
		binning->best[i] = cl_json_get(root, price_names[i], &node) ? cl_json_float8(&node, -1e300, 1e300) :
			get_float8_nan();
}

static void *
compile(const ClJson *root)
{
	ClBinning  *binning = palloc0_object(ClBinning);

	cl_bins_check_keys(root, common_keys);
	read_head(binning, root);
	/* Intervals or categories, special ones, missing and other. */
	binning->counts = palloc0_array(ClBinCounts, 2 * CL_MOST_BINS + 2);
	cl_bins_read(&binning->c, root, &content, binning);
	cl_binning_evaluate(binning);
	return binning;
}

/*
 * Writing
 */

static void
print(StringInfo out, const void *compiled)
{
	const ClBinning *binning = compiled;

	appendStringInfo(out, "{\"status\": \"%s\"", binning->status);
	if (binning->message != NULL)
	{
		appendStringInfoString(out, ", \"message\": ");
		cl_json_put_string(out, binning->message);
	}
	appendStringInfo(out, ", \"trend\": \"%s\", \"objective\": \"%s\", \"woe_sign\": \"%s\", \"smoothing\": \"%s\"",
					 cl_trend_names[binning->trend], cl_objective_names[binning->objective],
					 cl_woe_sign_names[binning->convention.sign], cl_smoothing_names[binning->convention.smoothing]);
	for (int i = 0; i < CL_RESTS; i++)
	{
		if (binning->rest[i].rule == CL_REST_NUMBER)
		{
			appendStringInfo(out, ", \"%s\": ", rest_keys[i]);
			cl_json_put_float8(out, binning->rest[i].woe);
		}
		else if (binning->rest[i].rule != CL_REST_CAPPED)
			appendStringInfo(out, ", \"%s\": \"%s\"", rest_keys[i], cl_rest_names[binning->rest[i].rule]);
	}
	for (int class = 1; class >= 0; class--)
	{
		if (binning->min_n[class] > 0)
			appendStringInfo(out, ", \"%s\": " INT64_FORMAT, count_keys[class], binning->min_n[class]);
	}
	if (binning->weighted)
		appendStringInfoString(out, ", \"weighted\": true");
	appendStringInfo(out, ", \"n_skipped\": " INT64_FORMAT, binning->n_skipped);
	for (int i = 0; i < CL_PRICES; i++)
	{
		if (isnan(binning->best[i]))
			continue;
		appendStringInfo(out, ", \"%s\": ", price_names[i]);
		cl_json_put_float8(out, binning->best[i]);
	}
	cl_bins_print(out, &binning->c, &content, binning);
	appendStringInfoChar(out, '}');
}

const ClDocument binning_document = {"binning", compile, print};

/* cl_binning_in, cl_binning_out, cl_binning_recv, cl_binning_send, cl_binning_from_jsonb, cl_binning_to_jsonb */
CL_DOCUMENT_FUNCTIONS(binning)
