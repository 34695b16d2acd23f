/*
 * demand_json.c
 *	  The type demand as JSON.
 */
#include "postgres.h"

#include <float.h>

#include "pg/numeric.h"
#include "usage/demand_state.h"

#include "utils/fmgrprotos.h"

/*
 * JSON:
 *		{"version": 1, "distribution": "lognormal", "tolerance": 0.02, "n": 3, "n_zero": 1, "n_censored": 1, "n_skipped": 0,
 *		 "highest_limit": 1000, "sum": 6.214608098422, "squares": 38.62…, "limits": [[6.907755278982, 1]]}
 *
 * sum and squares are of the logarithms of the balances below the limit, and limits are [logarithm, months]; of the amounts
 * themselves where the distribution is normal. With a half-life there are "half_life", "weight", "weight_zero" and
 * "weight_censored", and the second number of a limit is a weight. With too many limits there is "cell_bits", the width of a
 * cell being 2^cell_bits units of the last decimal, and a limit is [lower edge, months, sum of the distances from it].
 *
 *		{"version": 1, "distribution": "lognormal", "mu": 6.5, "sigma": 0.4, "p_zero": 0.1}
 */
static const char *const json_keys[] = {
	"version", "distribution", "tolerance", "half_life", "n", "n_zero", "n_censored", "n_skipped", "weight", "weight_zero",
	"weight_censored", "highest_limit", "sum", "squares", "cell_bits", "limits", NULL
};
static const char *const all_keys[] = {
	"version", "distribution", "tolerance", "half_life", "n", "n_zero", "n_censored", "n_skipped", "weight", "weight_zero",
	"weight_censored", "highest_limit", "sum", "squares", "cell_bits", "limits", "mu", "sigma", "p_zero", "status", NULL
};
static const char *const given_keys[] = {"version", "distribution", "mu", "sigma", "p_zero", NULL};
static const char *const leaning_keys[] = {
	"version", "distribution", "mu", "sigma", "p_zero", "status", "n", "n_zero", "n_censored", "n_skipped", "highest_limit", NULL
};

static int
weight_decimals(const ClDemand *demand)
{
	return cl_demand_weighted(demand) ? CL_DEMAND_WEIGHT_DECIMALS : 0;
}

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

static void
print_cells(StringInfo out, const ClDemand *demand)
{
	int			decimals = cl_demand_point_decimals(demand);

	if (demand->cell_bits > 0)
		appendStringInfo(out, ", \"cell_bits\": %d", demand->cell_bits);
	appendStringInfoString(out, ", \"limits\": [");
	for (int i = 0; i < demand->n_cells; i++)
	{
		const ClDemandCell *cell = &demand->cells[i];

		appendStringInfo(out, "%s[%s, %s", i > 0 ? ", " : "",
						 integer_string((cl_int128) cell->key * ((cl_int128) 1 << demand->cell_bits), decimals),
						 integer_string(cell->weight, weight_decimals(demand)));
		if (demand->cell_bits > 0)
			appendStringInfo(out, ", %s", integer_string(cell->above, decimals + weight_decimals(demand)));
		appendStringInfoChar(out, ']');
	}
	appendStringInfoString(out, "]}");
}

static void
print_months(StringInfo out, const ClDemand *demand)
{
	appendStringInfo(out, ", \"n\": " INT64_FORMAT ", \"n_zero\": " INT64_FORMAT ", \"n_censored\": " INT64_FORMAT
					 ", \"n_skipped\": " INT64_FORMAT, demand->n, demand->n_zero, demand->n_censored, demand->n_skipped);
}

void
cl_demand_print(StringInfo out, const void *state)
{
	const ClDemand *demand = state;
	int			decimals = cl_demand_point_decimals(demand);
	int			w = weight_decimals(demand);

	appendStringInfo(out, "{\"version\": %d, \"distribution\": \"%s\"", demand_summary.version,
					 cl_demand_distribution_names[demand->options.distribution]);
	if (demand->given)
	{
		appendStringInfoString(out, ", \"mu\": ");
		cl_json_put_float8(out, demand->fit->mu);
		appendStringInfoString(out, ", \"sigma\": ");
		cl_json_put_float8(out, demand->fit->sigma);
		appendStringInfoString(out, ", \"p_zero\": ");
		cl_json_put_float8(out, demand->fit->p_zero);
		if (demand->leans)
		{
			appendStringInfo(out, ", \"status\": \"%s\"", cl_demand_status_names[demand->fit->status]);
			print_months(out, demand);
			appendStringInfoString(out, ", \"highest_limit\": ");
			cl_json_put_float8(out, demand->highest_limit);
		}
		appendStringInfoChar(out, '}');
		return;
	}
	cl_demand_sort_cells(unconstify(ClDemand *, demand));
	appendStringInfoString(out, ", \"tolerance\": ");
	cl_json_put_float8(out, demand->options.tolerance);
	if (w > 0)
	{
		appendStringInfoString(out, ", \"half_life\": ");
		cl_json_put_float8(out, demand->options.half_life);
	}
	print_months(out, demand);
	if (w > 0)
		appendStringInfo(out, ", \"weight\": %s, \"weight_zero\": %s, \"weight_censored\": %s",
						 integer_string(demand->weight, w), integer_string(demand->weight_zero, w),
						 integer_string(demand->weight_censored, w));
	appendStringInfoString(out, ", \"highest_limit\": ");
	cl_json_put_float8(out, demand->highest_limit);
	appendStringInfo(out, ", \"sum\": %s, \"squares\": %s", integer_string(demand->sum, decimals + w),
					 wide_string(&demand->squares, 2 * decimals + w));
	print_cells(out, demand);
}

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

static void
parse_months(const ClJson *document, ClDemand *demand)
{
	demand->n = parse_count(document, "n");
	demand->n_zero = parse_count(document, "n_zero");
	demand->n_censored = parse_count(document, "n_censored");
	demand->n_skipped = parse_count(document, "n_skipped");
	demand->highest_limit = parse_float8(document, "highest_limit", 0, DBL_MAX);
}

static int64
parse_weight(const ClJson *document, const char *key, int64 otherwise)
{
	ClJson		node;

	if (!cl_json_get(document, key, &node))
		return otherwise;
	return cl_json_decimal(&node, CL_DEMAND_WEIGHT_DECIMALS, 0, PG_INT64_MAX);
}

static void
parse_cell(const ClJson *cell, ClDemand *demand)
{
	int			decimals = cl_demand_point_decimals(demand);
	ClJson		item;
	int64		edge;
	int64		weight;
	cl_int128	above = 0;

	(void) cl_json_array(cell, demand->cell_bits > 0 ? 3 : 2, demand->cell_bits > 0 ? 3 : 2);
	cl_json_item(cell, 0, &item);
	edge = cl_json_decimal(&item, decimals, -CL_DEMAND_LARGEST_POINT, CL_DEMAND_LARGEST_POINT);
	if ((edge & ((INT64CONST(1) << demand->cell_bits) - 1)) != 0)
		cl_json_error(&item, "the lower edge of a cell");
	cl_json_item(cell, 1, &item);
	weight = cl_json_decimal(&item, weight_decimals(demand), 1, PG_INT64_MAX);
	if (demand->cell_bits > 0)
	{
		cl_json_item(cell, 2, &item);
		above = parse_integer(&item, decimals + weight_decimals(demand));
	}
	if (demand->n_cells > 0 && edge >> demand->cell_bits <= demand->cells[demand->n_cells - 1].key)
		cl_json_error(cell, "above the limit before it");
	cl_demand_add_cell(demand, edge >> demand->cell_bits, weight, above);
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
contradiction(const char *wrong)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid demand: it contradicts itself"),
			 errdetail("The %s.", wrong),
			 errhint("Build the value with demand_agg, or with demand(mu, sigma, p_zero).")));
}

static void *
parse_given(const ClJson *document, ClDemandDistribution distribution)
{
	ClDemand	months = {0};
	ClDemand   *demand;
	ClDemandModel model;
	ClJson		status;
	bool		leans = cl_json_get(document, "status", &status);
	const char *wrong;

	cl_json_object(document, leans ? leaning_keys : given_keys);
	model.distribution = distribution;
	model.mu = parse_float8(document, "mu", -1e100, 1e100);
	model.sigma = parse_float8(document, "sigma", 0, 1e100);
	model.p_zero = parse_float8(document, "p_zero", 0, 1);
	wrong = cl_demand_model_disorder(&model);
	if (wrong != NULL)
		contradiction(wrong);
	if (!leans)
		return cl_demand_of(&model);
	parse_months(document, &months);
	demand = cl_demand_leaning(&model, &months, cl_json_choice(&status, cl_demand_status_names));
	wrong = cl_demand_leaning_disorder(demand);
	if (wrong != NULL)
		contradiction(wrong);
	return demand;
}

void *
cl_demand_parse(const ClJson *document)
{
	ClDemand   *demand;
	ClDemandDistribution distribution;
	ClJson		node;
	int			decimals;
	const char *wrong;

	cl_json_object(document, all_keys);
	cl_json_require(document, "version", &node);
	(void) cl_json_int(&node, demand_summary.version, demand_summary.version);
	cl_json_require(document, "distribution", &node);
	distribution = cl_json_choice(&node, cl_demand_distribution_names);
	if (cl_json_get(document, "mu", &node))
		return parse_given(document, distribution);
	cl_json_object(document, json_keys);
	demand = cl_demand_create();
	demand->options.distribution = distribution;
	demand->options.tolerance = parse_float8(document, "tolerance", 0, 0.5);
	if (cl_json_get(document, "half_life", &node))
		demand->options.half_life = cl_json_float8(&node, 1e-6, 1e6);
	parse_months(document, demand);
	demand->weight = parse_weight(document, "weight", demand->n);
	demand->weight_zero = parse_weight(document, "weight_zero", demand->n_zero);
	demand->weight_censored = parse_weight(document, "weight_censored", demand->n_censored);
	decimals = cl_demand_point_decimals(demand);
	cl_json_require(document, "sum", &node);
	demand->sum = parse_integer(&node, decimals + weight_decimals(demand));
	demand->squares = parse_wide(document, "squares", 2 * decimals + weight_decimals(demand));
	parse_cells(document, demand);
	wrong = cl_demand_disorder(demand);
	if (wrong != NULL)
		contradiction(wrong);
	return demand;
}
