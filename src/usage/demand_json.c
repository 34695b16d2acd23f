/*
 * demand_json.c
 *	  The type demand as JSON.
 */
#include "postgres.h"

#include <float.h>

#include "pg/numeric.h"
#include "usage/behavior_state.h"
#include "usage/demand_state.h"

#include "utils/fmgrprotos.h"

/*
 * JSON, of months without dates, months of one account, a distribution, and one that an account has of its population:
 *		{"version": 1, "distribution": "lognormal", "basis": "month", "horizon": 1, "tolerance": 0.02, "ceiling_factor": 4,
 *		 "highest_balance": 990, "highest_granted": 1500, "n": 3, "n_zero": 1, "n_censored": 1, "n_skipped": 0,
 *		 "highest_limit": 1000, "sum": 6.214608098422, "squares": 38.62…, "limits": [[6.907755278982, 1]]}
 *		{"version": 1, "distribution": "lognormal", …, "highest_granted": 1500, "history": {"version": 1, …}}
 *		{"version": 1, "distribution": "lognormal", "mu": 6.5, "sigma": 0.4, "p_zero": 0.1}
 *		{"version": 1, "distribution": "quantiles", "ceiling": 900, "probabilities": [0.5, 0.9], "quantiles": [100, 800],
 *		 "posterior": {"status": "posterior", "n": 24, …, "prior_weight": 0.2}}
 *
 * sum and squares are of the logarithms of the balances below the limit, and limits are [logarithm, months]; of the amounts
 * themselves where the distribution is normal; of gamma they are of the amounts, and log_sum takes the place of squares. With too
 * many limits there is "cell_bits", the width of a cell being 2^cell_bits units of the last decimal, and a limit is [lower edge,
 * months, sum of the distances from it]. What is not known, or not said, is left out: the ceiling, basis and horizon.
 */
static const char *const json_keys[] = {
	"version", "distribution", "basis", "horizon", "tolerance", "ceiling_factor", "ceiling", "highest_balance", "highest_granted",
	"n", "n_zero", "n_censored", "n_skipped", "highest_limit", "sum", "squares", "log_sum", "cell_bits", "limits", "history",
	"mu", "sigma", "p_zero", "probabilities", "quantiles", "posterior", NULL
};
static const char *const undated_keys[] = {
	"version", "distribution", "basis", "horizon", "tolerance", "ceiling_factor", "ceiling", "highest_balance", "highest_granted",
	"n", "n_zero", "n_censored", "n_skipped", "highest_limit", "sum", "squares", "cell_bits", "limits", NULL
};
static const char *const gamma_keys[] = {
	"version", "distribution", "basis", "horizon", "tolerance", "ceiling_factor", "ceiling", "highest_balance", "highest_granted",
	"n", "n_zero", "n_censored", "n_skipped", "highest_limit", "sum", "log_sum", "cell_bits", "limits", NULL
};
static const char *const dated_keys[] = {
	"version", "distribution", "basis", "horizon", "tolerance", "ceiling_factor", "ceiling", "highest_balance", "highest_granted",
	"history", NULL
};
static const char *const given_keys[] = {
	"version", "distribution", "basis", "horizon", "ceiling", "mu", "sigma", "p_zero", "posterior", NULL
};
static const char *const quantiles_keys[] = {
	"version", "distribution", "basis", "horizon", "ceiling", "probabilities", "quantiles", "posterior", NULL
};
static const char *const posterior_keys[] = {
	"status", "n", "n_zero", "n_censored", "n_skipped", "highest_limit", "mu", "sigma", "p_zero", "se_mu", "se_sigma",
	"se_p_zero", "prior_weight", NULL
};

static Datum
two_to_64(void)
{
	return cl_minor_numeric((cl_int128) 1 << 64, 0);
}

/* The sum of squares as a number with all its decimals, and back. */
static char *
wide_string(const ClWide *sum, int decimals)
{
	Datum		whole = DirectFunctionCall2(numeric_add,
											DirectFunctionCall2(numeric_mul, cl_minor_numeric(sum->high, 0), two_to_64()),
											cl_minor_numeric((cl_int128) sum->low, 0));
	char	   *digits = cl_numeric_string(whole);
	int			places = (int) strlen(digits) - decimals;

	if (places > 0)
		return psprintf("%.*s.%s", places, digits, digits + places);
	return psprintf("0.%.*s%s", -places, "000000000000000000000000000000000000000000", digits);
}

static ClWide
parse_wide(const ClJson *document, const char *key, int decimals)
{
	ClJson		node;
	Datum		whole;
	Datum		high;
	Datum		low;
	cl_int128	part = 0;
	ClWide		sum = {0, 0};

	cl_json_require(document, key, &node);
	whole = DirectFunctionCall2(numeric_mul, NumericGetDatum(cl_json_numeric(&node)),
								cl_minor_numeric((cl_int128) cl_pow10_128(decimals), 0));
	high = DirectFunctionCall2(numeric_div_trunc, whole, two_to_64());
	low = DirectFunctionCall2(numeric_sub, whole, DirectFunctionCall2(numeric_mul, high, two_to_64()));
	if (cl_numeric_minor128(high, 0, &sum.high) != CL_NUMERIC_OK ||
		cl_numeric_minor128(DirectFunctionCall2(numeric_trunc, low, Int32GetDatum(0)), 0, &part) != CL_NUMERIC_OK ||
		part < 0 || !DatumGetBool(DirectFunctionCall2(numeric_eq, low, cl_minor_numeric(part, 0))))
		cl_json_error(&node, psprintf("a number from 0 on with at most %d decimals", decimals));
	sum.low = (uint64) part;
	return sum;
}

static char *
integer_string(cl_int128 value, int decimals)
{
	return cl_numeric_string(cl_minor_numeric(value, decimals));
}

static cl_int128
parse_integer(const ClJson *node, int decimals)
{
	cl_int128	value = 0;

	/* 2^125: what is larger no sum of a demand is. */
	if (cl_numeric_minor128(NumericGetDatum(cl_json_numeric(node)), decimals, &value) != CL_NUMERIC_OK ||
		value >= (cl_int128) 1 << 125 || value <= -((cl_int128) 1 << 125))
		cl_json_error(node, psprintf("a number with at most %d decimals, of a size that fits", decimals));
	return value;
}


/*
 * Writing
 */

static void
put_number(StringInfo out, const char *key, double value)
{
	if (!isfinite(value))
		return;
	appendStringInfo(out, ", \"%s\": ", key);
	cl_json_put_float8(out, value);
}

static void
put_counts(StringInfo out, int64 n, int64 n_zero, int64 n_censored, int64 n_skipped, double highest_limit)
{
	appendStringInfo(out, "\"n\": " INT64_FORMAT ", \"n_zero\": " INT64_FORMAT ", \"n_censored\": " INT64_FORMAT
					 ", \"n_skipped\": " INT64_FORMAT, n, n_zero, n_censored, n_skipped);
	put_number(out, "highest_limit", highest_limit);
}

static void
put_array(StringInfo out, const char *key, const double *value, int n)
{
	appendStringInfo(out, ", \"%s\": [", key);
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			appendStringInfoString(out, ", ");
		cl_json_put_float8(out, value[i]);
	}
	appendStringInfoChar(out, ']');
}

static void
print_posterior(StringInfo out, const ClDemandPosterior *posterior)
{
	appendStringInfo(out, ", \"posterior\": {\"status\": \"%s\", ", cl_demand_status_names[posterior->status]);
	put_counts(out, posterior->n, posterior->n_zero, posterior->n_censored, posterior->n_skipped, posterior->highest_limit);
	put_number(out, "mu", posterior->mu);
	put_number(out, "sigma", posterior->sigma);
	put_number(out, "p_zero", posterior->p_zero);
	put_number(out, "se_mu", posterior->se_mu);
	put_number(out, "se_sigma", posterior->se_sigma);
	put_number(out, "se_p_zero", posterior->se_p_zero);
	put_number(out, "prior_weight", posterior->prior_weight);
	appendStringInfoChar(out, '}');
}

static void
print_given(StringInfo out, const ClDemand *demand)
{
	const ClDemandModel *model = demand->model;

	put_number(out, "ceiling", model->ceiling);
	if (model->distribution == CL_DEMAND_QUANTILES)
	{
		put_array(out, "probabilities", model->probability, model->n_points);
		put_array(out, "quantiles", model->quantile, model->n_points);
	}
	else
	{
		put_number(out, "mu", model->mu);
		put_number(out, "sigma", model->sigma);
		put_number(out, "p_zero", model->p_zero);
	}
	if (demand->posterior != NULL)
		print_posterior(out, demand->posterior);
}

static void
print_sums(StringInfo out, const ClDemand *demand)
{
	int			decimals = cl_demand_point_decimals(demand);

	cl_demand_sort_cells(unconstify(ClDemand *, demand));
	appendStringInfoString(out, ", ");
	put_counts(out, demand->n, demand->n_zero, demand->n_censored, demand->n_skipped, demand->highest_limit);
	appendStringInfo(out, ", \"sum\": %s", integer_string(demand->sum, decimals));
	if (demand->options.distribution == CL_DEMAND_GAMMA)
		appendStringInfo(out, ", \"log_sum\": %s", integer_string(demand->log_sum, CL_DEMAND_LOG_DECIMALS));
	else
		appendStringInfo(out, ", \"squares\": %s", wide_string(&demand->squares, 2 * decimals));
	if (demand->cell_bits > 0)
		appendStringInfo(out, ", \"cell_bits\": %d", demand->cell_bits);
	appendStringInfoString(out, ", \"limits\": [");
	for (int i = 0; i < demand->n_cells; i++)
	{
		const ClDemandCell *cell = &demand->cells[i];

		appendStringInfo(out, "%s[%s, " INT64_FORMAT, i > 0 ? ", " : "",
						 integer_string((cl_int128) cell->key * ((cl_int128) 1 << demand->cell_bits), decimals), cell->n);
		if (demand->cell_bits > 0)
			appendStringInfo(out, ", %s", integer_string(cell->above, decimals));
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, ']');
}

void
cl_demand_print(StringInfo out, const void *state)
{
	const ClDemand *demand = state;

	appendStringInfo(out, "{\"version\": %d, \"distribution\": \"%s\"", demand_summary.version,
					 cl_demand_distribution_names[demand->options.distribution]);
	if (demand->basis != CL_DEMAND_NO_BASIS)
		appendStringInfo(out, ", \"basis\": \"%s\", \"horizon\": %d", cl_demand_basis_names[demand->basis], demand->horizon);
	if (demand->model != NULL)
		print_given(out, demand);
	else
	{
		put_number(out, "tolerance", demand->options.tolerance);
		put_number(out, "ceiling_factor", demand->options.ceiling_factor);
		put_number(out, "ceiling", demand->options.ceiling);
		put_number(out, "highest_balance", demand->highest_balance);
		put_number(out, "highest_granted", demand->highest_granted);
		if (cl_demand_dated(demand))
		{
			appendStringInfoString(out, ", \"history\": ");
			behavior_summary.print(out, &demand->history);
		}
		else
			print_sums(out, demand);
	}
	appendStringInfoChar(out, '}');
}

/*
 * Reading
 */

static int64
parse_count(const ClJson *document, const char *key)
{
	ClJson		node;

	cl_json_require(document, key, &node);
	return cl_json_decimal(&node, 0, 0, PG_INT64_MAX);
}

static double
parse_float8(const ClJson *document, const char *key, double lowest, double highest)
{
	ClJson		node;

	cl_json_require(document, key, &node);
	return cl_json_float8(&node, lowest, highest);
}

static double
parse_or(const ClJson *document, const char *key, double lowest, double highest, double otherwise)
{
	ClJson		node;

	return cl_json_get(document, key, &node) ? cl_json_float8(&node, lowest, highest) : otherwise;
}

static double *
parse_points(const ClJson *document, const char *key, int *n)
{
	ClJson		array;
	ClJson		item;
	double	   *value;

	cl_json_require(document, key, &array);
	*n = cl_json_array(&array, CL_DEMAND_FEWEST_POINTS, CL_DEMAND_MOST_POINTS);
	value = palloc_array(double, *n);
	for (int i = 0; i < *n; i++)
	{
		cl_json_item(&array, i, &item);
		value[i] = cl_json_float8(&item, 0, CL_DEMAND_LARGEST_QUANTILE);
	}
	return value;
}

static ClDemandPosterior
parse_posterior(const ClJson *document)
{
	ClDemandPosterior posterior;
	ClJson		node;

	cl_json_object(document, posterior_keys);
	cl_json_require(document, "status", &node);
	posterior.status = cl_json_choice(&node, cl_demand_status_names);
	posterior.n = parse_count(document, "n");
	posterior.n_zero = parse_count(document, "n_zero");
	posterior.n_censored = parse_count(document, "n_censored");
	posterior.n_skipped = parse_count(document, "n_skipped");
	posterior.highest_limit = parse_float8(document, "highest_limit", 0, DBL_MAX);
	posterior.mu = parse_or(document, "mu", -1e100, 1e100, NAN);
	posterior.sigma = parse_or(document, "sigma", 0, 1e100, NAN);
	posterior.p_zero = parse_or(document, "p_zero", 0, 1, NAN);
	posterior.se_mu = parse_or(document, "se_mu", 0, 1e100, NAN);
	posterior.se_sigma = parse_or(document, "se_sigma", 0, 1e100, NAN);
	posterior.se_p_zero = parse_or(document, "se_p_zero", 0, 1e100, NAN);
	posterior.prior_weight = parse_or(document, "prior_weight", 0, 1, NAN);
	return posterior;
}

static ClDemand *
parse_given(const ClJson *document, ClDemandDistribution distribution)
{
	ClDemandModel model = {.distribution = distribution};
	ClDemandPosterior posterior;
	ClJson		node;
	int			n;

	cl_json_object(document, distribution == CL_DEMAND_QUANTILES ? quantiles_keys : given_keys);
	model.ceiling = parse_or(document, "ceiling", 0, DBL_MAX, INFINITY);
	if (distribution == CL_DEMAND_QUANTILES)
	{
		model.probability = parse_points(document, "probabilities", &n);
		model.quantile = parse_points(document, "quantiles", &model.n_points);
		cl_json_require(document, "quantiles", &node);
		if (n != model.n_points)
			cl_json_error(&node, psprintf("an array of %d numbers, as many as the probabilities", n));
	}
	else
	{
		model.mu = parse_or(document, "mu", -1e100, 1e100, NAN);
		model.sigma = parse_or(document, "sigma", 0, 1e100, NAN);
		model.p_zero = parse_or(document, "p_zero", 0, 1, NAN);
	}
	if (!cl_json_get(document, "posterior", &node))
		return cl_demand_of(&model, CL_DEMAND_NO_BASIS, 0);
	posterior = parse_posterior(&node);
	return cl_demand_of_posterior(&model, &posterior, CL_DEMAND_NO_BASIS, 0);
}

static void
parse_cell(const ClJson *cell, ClDemand *demand)
{
	int			decimals = cl_demand_point_decimals(demand);
	ClJson		item;
	int64		edge;
	int64		n;
	cl_int128	above = 0;

	(void) cl_json_array(cell, demand->cell_bits > 0 ? 3 : 2, demand->cell_bits > 0 ? 3 : 2);
	cl_json_item(cell, 0, &item);
	edge = cl_json_decimal(&item, decimals, -CL_DEMAND_LARGEST_POINT, CL_DEMAND_LARGEST_POINT);
	if ((edge & ((INT64CONST(1) << demand->cell_bits) - 1)) != 0)
		cl_json_error(&item, "the lower edge of a cell");
	cl_json_item(cell, 1, &item);
	n = cl_json_decimal(&item, 0, 1, PG_INT64_MAX);
	if (demand->cell_bits > 0)
	{
		cl_json_item(cell, 2, &item);
		above = parse_integer(&item, decimals);
	}
	if (demand->n_cells > 0 && edge >> demand->cell_bits <= demand->cells[demand->n_cells - 1].key)
		cl_json_error(cell, "above the limit before it");
	cl_demand_add_cell(demand, edge >> demand->cell_bits, n, above);
}

static void
parse_cells(const ClJson *document, ClDemand *demand)
{
	ClJson		limits;
	ClJson		node;
	int			n;

	if (cl_json_get(document, "cell_bits", &node))
		demand->cell_bits = cl_json_int(&node, 1, 62);
	cl_json_require(document, "limits", &limits);
	n = cl_json_array(&limits, 0, CL_DEMAND_CELLS);
	for (int i = 0; i < n; i++)
	{
		cl_json_item(&limits, i, &node);
		parse_cell(&node, demand);
	}
}

static void
parse_sums(const ClJson *document, ClDemand *demand)
{
	int			decimals = cl_demand_point_decimals(demand);
	ClJson		node;

	cl_json_object(document, demand->options.distribution == CL_DEMAND_GAMMA ? gamma_keys : undated_keys);
	demand->n = parse_count(document, "n");
	demand->n_zero = parse_count(document, "n_zero");
	demand->n_censored = parse_count(document, "n_censored");
	demand->n_skipped = parse_count(document, "n_skipped");
	demand->highest_limit = parse_float8(document, "highest_limit", 0, DBL_MAX);
	cl_json_require(document, "sum", &node);
	demand->sum = parse_integer(&node, decimals);
	if (demand->options.distribution == CL_DEMAND_GAMMA)
	{
		cl_json_require(document, "log_sum", &node);
		demand->log_sum = parse_integer(&node, CL_DEMAND_LOG_DECIMALS);
	}
	else
		demand->squares = parse_wide(document, "squares", 2 * decimals);
	parse_cells(document, demand);
}

static void
require_order(const char *wrong)
{
	if (wrong != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid demand: it contradicts itself"),
				 errdetail("The %s.", wrong),
				 errhint("Build the value with demand_agg, demand or demand_from_quantiles.")));
}

static ClDemand *
parse_months(const ClJson *document, ClDemandDistribution distribution)
{
	ClDemand   *demand = cl_demand_create();
	ClJson		node;

	demand->options.distribution = distribution;
	demand->options.tolerance = parse_float8(document, "tolerance", 0, 0.5);
	demand->options.ceiling_factor = parse_float8(document, "ceiling_factor", 1, CL_DEMAND_MOST_CEILING_FACTOR);
	demand->options.ceiling = parse_or(document, "ceiling", 0, DBL_MAX, INFINITY);
	demand->highest_balance = parse_float8(document, "highest_balance", 0, DBL_MAX);
	demand->highest_granted = parse_float8(document, "highest_granted", 0, DBL_MAX);
	if (cl_json_get(document, "history", &node))
	{
		cl_json_object(document, dated_keys);
		require_order(cl_demand_take(demand, behavior_summary.parse(&node)));
	}
	else
		parse_sums(document, demand);
	return demand;
}

void *
cl_demand_parse(const ClJson *document)
{
	ClDemand   *demand;
	ClDemandDistribution distribution;
	ClJson		node;

	cl_json_object(document, json_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, demand_summary.version, demand_summary.version);
	cl_json_require(document, "distribution", &node);
	distribution = cl_json_choice(&node, cl_demand_distribution_names);
	demand = cl_json_get(document, "tolerance", &node) ? parse_months(document, distribution) :
		parse_given(document, distribution);
	demand->basis = cl_json_get(document, "basis", &node) ?
		CL_DEMAND_MONTH + cl_json_choice(&node, cl_demand_basis_names + CL_DEMAND_MONTH) : CL_DEMAND_NO_BASIS;
	demand->horizon = cl_json_get(document, "horizon", &node) ? cl_json_int(&node, 1, CL_DEMAND_MOST_HORIZON) : 0;
	require_order(cl_demand_disorder(demand));
	return demand;
}
