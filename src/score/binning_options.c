/*
 * binning_options.c
 *	  The options of optimal_binning and its relatives: a jsonb in which every mistake is named.
 */
#include "postgres.h"

#include <math.h>

#include "score/binning.h"

#include "utils/float.h"

#define MOST_NUMBERS 1000
#define MOST_MORE_KEYS 8

const char *const cl_trend_names[] = {"none", "ascending", "descending", "peak", "valley", "monotone", "best", "auto", NULL};
const char *const cl_objective_names[] = {"iv", "js", "hellinger", "triangular", NULL};
const char *const cl_woe_sign_names[] = {"non_event_over_event", "event_over_non_event", NULL};
const char *const cl_smoothing_names[] = {"prior", "none", "laplace", "sas", NULL};
const char *const cl_rest_names[] = {"capped", "separate", "zero", "worst", "best", "missing", NULL};

static const char *const keys[] = {
	"max_n_prebins", "min_n_bins", "max_n_bins", "min_bin_size", "max_bin_size", "min_bin_n_event", "min_bin_n_non_event",
	"monotonic_trend", "min_event_rate_diff", "max_pvalue", "objective", "splits", "splits_fixed", "special_codes",
	"cat_cutoff", "special", "missing", "other", "closed", "woe_sign", "smoothing", NULL
};

static const ClBinningOptions defaults = {
	.max_prebins = 100,
	.rules = {
		.objective = CL_OBJECTIVE_IV, .min_bins = 2, .max_bins = 8, .min_size = 0.05, .max_size = 1, .min_n = {0, 0},
		.trend = CL_TREND_AUTO, .min_rate_diff = 0, .max_p_value = 1
	},
	.cat_cutoff = 0.01,
	.convention = {CL_WOE_NON_EVENT_OVER_EVENT, CL_SMOOTHING_PRIOR}
};

static void
get_int(const ClJson *document, const char *key, int lowest, int highest, int *value)
{
	ClJson		node;

	if (cl_json_get(document, key, &node))
		*value = cl_json_int(&node, lowest, highest);
}

static void
get_share(const ClJson *document, const char *key, double *value)
{
	ClJson		node;

	if (cl_json_get(document, key, &node))
		*value = cl_json_float8(&node, 0, 1);
}

static void
get_count(const ClJson *document, const char *key, int64 *value)
{
	ClJson		node;

	if (cl_json_get(document, key, &node))
		*value = cl_json_decimal(&node, 0, 0, CL_TALLY_MAX_ROWS);
}

static int
get_choice(const ClJson *document, const char *key, const char *const *choices, int otherwise)
{
	ClJson		node;

	return cl_json_get(document, key, &node) ? cl_json_choice(&node, choices) : otherwise;
}

static int
compare_numbers(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* Numbers in any order, each once. */
static void
get_numbers(const ClJson *document, const char *key, double **numbers, int *n)
{
	ClJson		array;
	double	   *number;

	if (!cl_json_get(document, key, &array))
		return;
	*n = cl_json_array(&array, 0, MOST_NUMBERS);
	number = *numbers = palloc_array(double, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		ClJson		node;

		cl_json_item(&array, i, &node);
		number[i] = cl_json_float8(&node, -1e300, 1e300);
	}
	qsort(number, *n, sizeof(double), compare_numbers);
	for (int i = 1; i < *n; i++)
	{
		if (number[i] == number[i - 1])
			cl_json_error(&array, "an array of numbers that differ");
	}
}

void
cl_binning_rest_read(const ClJson *node, ClBinKind kind, ClRest *rest)
{
	static const char *const of_missing[] = {"capped", "separate", "zero", "worst", "best", NULL};

	if (cl_json_is_number(node))
		*rest = (ClRest) {CL_REST_NUMBER, cl_json_float8(node, -1e6, 1e6)};
	else
		rest->rule = cl_json_choice(node, kind == CL_BIN_MISSING ? of_missing : cl_rest_names);
}

static void
get_rests(const ClJson *document, ClBinningOptions *options)
{
	static const char *const names[CL_RESTS] = {"special", "missing", "other"};
	ClJson		node;

	for (int i = 0; i < CL_RESTS; i++)
	{
		if (cl_json_get(document, names[i], &node))
			cl_binning_rest_read(&node, (ClBinKind) (CL_BIN_SPECIAL + i), &options->rest[i]);
	}
}

void
cl_binning_set_conventions(ClBinning *binning, const ClBinningOptions *options)
{
	binning->convention = options->convention;
	memcpy(binning->rest, options->rest, sizeof(binning->rest));
	memcpy(binning->min_n, options->rules.min_n, sizeof(binning->min_n));
}

static void
get_rules(const ClJson *document, ClOptimumRules *rules)
{
	ClJson		node;

	rules->objective = get_choice(document, "objective", cl_objective_names, rules->objective);
	get_int(document, "max_n_bins", 1, CL_OPTIMUM_MAX_BINS, &rules->max_bins);
	rules->min_bins = Min(rules->min_bins, rules->max_bins);
	get_int(document, "min_n_bins", 1, rules->max_bins, &rules->min_bins);
	get_share(document, "min_bin_size", &rules->min_size);
	get_share(document, "max_bin_size", &rules->max_size);
	get_count(document, "min_bin_n_event", &rules->min_n[CL_EVENT]);
	get_count(document, "min_bin_n_non_event", &rules->min_n[CL_NON_EVENT]);
	rules->trend = get_choice(document, "monotonic_trend", cl_trend_names, rules->trend);
	get_share(document, "min_event_rate_diff", &rules->min_rate_diff);
	get_share(document, "max_pvalue", &rules->max_p_value);
	if (rules->max_size <= 0 || rules->max_size < rules->min_size)
	{
		if (cl_json_get(document, "max_bin_size", &node))
			cl_json_error(&node, "above 0, and not below min_bin_size");
		cl_json_require(document, "min_bin_size", &node);
		cl_json_error(&node, "not above max_bin_size");
	}
}

static void
check_keys(const ClJson *document, const char *const *more_keys)
{
	const char *all[lengthof(keys) + MOST_MORE_KEYS];
	int			n = 0;

	for (int i = 0; keys[i] != NULL; i++)
		all[n++] = keys[i];
	for (int i = 0; more_keys[i] != NULL; i++)
		all[n++] = more_keys[i];
	all[n] = NULL;
	cl_json_object(document, all);
}

void
cl_binning_options(const ClJson *document, ClBinningOptions *options)
{
	static const char *const none[] = {NULL};

	*options = defaults;
	if (document != NULL)
		cl_binning_options_add(document, none, options);
}

void
cl_binning_options_add(const ClJson *document, const char *const *more_keys, ClBinningOptions *options)
{
	static const char *const sides[] = {"left", "right", NULL};

	check_keys(document, more_keys);
	get_int(document, "max_n_prebins", 2, CL_OPTIMUM_MAX_PREBINS, &options->max_prebins);
	get_rules(document, &options->rules);
	get_numbers(document, "splits", &options->splits, &options->n_splits);
	get_numbers(document, "splits_fixed", &options->fixed, &options->n_fixed);
	get_numbers(document, "special_codes", &options->special, &options->n_special);
	get_share(document, "cat_cutoff", &options->cat_cutoff);
	get_rests(document, options);
	options->closed_right = get_choice(document, "closed", sides, options->closed_right) == 1;
	options->convention.sign = get_choice(document, "woe_sign", cl_woe_sign_names, options->convention.sign);
	options->convention.smoothing = get_choice(document, "smoothing", cl_smoothing_names, options->convention.smoothing);
}
