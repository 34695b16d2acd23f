/*
 * shadow_price.c
 *	  shadow_price: the prices of budgets at which the accounts of a query, each taking the limit that pays best, just fit.
 */
#include "postgres.h"

#include <math.h>

#include "pg/row.h"
#include "pg/shards.h"
#include "usage/allocation_pass.h"
#include "usage/allocation_scenarios.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_shadow_price);

typedef struct Shadow
{
	ClAllocationPasses passes;
	ClAllocationScenarios scenarios;
	double		confidence;
	bool		started;		/* at prices of the caller */
} Shadow;

/*
 * Budgets and options
 */

static void
read_start(Shadow *shadow, const ClJson *start, double *price)
{
	const char *keys[CL_ALLOCATION_MOST_BUDGETS + 1] = {NULL};

	for (int k = 0; k < shadow->passes.n_budgets; k++)
		keys[k] = shadow->passes.query.name[k];
	cl_json_object(start, keys);
	for (int k = 0; k < shadow->passes.n_budgets; k++)
	{
		ClJson		node;

		cl_json_require(start, keys[k], &node);
		price[k] = cl_json_float8(&node, 0, CL_ALLOCATION_LARGEST_PRICE);
	}
	shadow->started = true;
}

static char **
read_options(Shadow *shadow, Jsonb *jsonb, double *price)
{
	static const char *const keys[] = {"start", "shards", "confidence", "scenarios", "criterion", "alpha", NULL};
	char	  **shards = NULL;
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "options of shadow_price", jsonb);
	cl_json_object(&root, keys);
	shadow->confidence = cl_json_get(&root, "confidence", &node) ? cl_json_float8(&node, 0.5, 0.999) : 0.95;
	cl_allocation_scenarios_read(&shadow->scenarios, &root, CL_ALLOCATION_MOST_BUDGETS - shadow->passes.n_budgets);
	shadow->passes.scenarios = shadow->scenarios.all;
	shadow->passes.query.scenarios = cl_allocation_scenarios_sql(&shadow->scenarios);
	memcpy(price + shadow->passes.n_budgets, shadow->scenarios.all.weight, shadow->scenarios.all.n * sizeof(double));
	if (cl_json_get(&root, "start", &node))
		read_start(shadow, &node, price);
	if (cl_json_get(&root, "shards", &node))
		shards = cl_shards(&node, &shadow->passes.query.n_shards);
	return shards;
}

static ClAllocationProblem
problem_of(Shadow *shadow, const double *amount)
{
	return (ClAllocationProblem) {
		shadow->passes.n_budgets, amount, shadow->scenarios.all.n, shadow->scenarios.weight_cap, cl_allocation_ask,
		&shadow->passes
	};
}

/* Prices of a share of the accounts are a start for more of them; false where there are none. */
static bool
solve_share(Shadow *shadow, int share, bool near, double *price)
{
	double		amount[CL_ALLOCATION_MOST_BUDGETS];
	ClAllocationProblem problem = problem_of(shadow, amount);
	ClAllocationSums sums;
	ClPriceStatus status;

	for (int k = 0; k < shadow->passes.n_budgets; k++)
		amount[k] = ldexp(shadow->passes.query.amount[k], -share);
	shadow->passes.share = share;
	status = cl_allocation_solve(&problem, near, price, &sums);
	if (status != CL_PRICE_INFEASIBLE && status != CL_PRICE_ENDLESS)
		return true;
	memset(price, 0, shadow->passes.n_budgets * sizeof(double));
	memcpy(price + shadow->passes.n_budgets, shadow->scenarios.all.weight, shadow->scenarios.all.n * sizeof(double));
	return false;
}

static ClPriceStatus
solve(Shadow *shadow, double *price, ClAllocationSums *sums)
{
	ClAllocationPasses *passes = &shadow->passes;
	ClAllocationProblem problem = problem_of(shadow, passes->query.amount);
	bool		near = shadow->started;
	int			share = cl_allocation_passes_open(passes, near);
	int			all = passes->share;

	if (share > 0)
	{
		if (cl_allocation_is_many(passes, share + 4))
			near = solve_share(shadow, share + 4, false, price);
		near = solve_share(shadow, share, near, price);
	}
	passes->share = all;
	return cl_allocation_solve(&problem, near, price, sums);
}

/*
 * The certificate
 */

static void
put_number(StringInfo out, const char *key, double number)
{
	appendStringInfo(out, ", \"%s\": ", key);
	cl_json_put_float8(out, number);
}

static void
put_budgets(StringInfo out, const Shadow *shadow, ClPriceStatus status, const ClAllocationSums *sums)
{
	double		low[CL_ALLOCATION_MOST_BUDGETS];
	double		high[CL_ALLOCATION_MOST_BUDGETS];
	bool		priced = status != CL_PRICE_INFEASIBLE && sums->n > 0;
	bool		interval = priced && status != CL_PRICE_TIES;

	if (interval)
		cl_allocation_price_interval(sums, shadow->passes.query.amount, shadow->confidence, low, high);
	appendStringInfoString(out, ", \"budgets\": [");
	for (int k = 0; k < shadow->passes.n_budgets; k++)
	{
		appendStringInfoString(out, k > 0 ? ", {\"name\": " : "{\"name\": ");
		cl_json_put_string(out, shadow->passes.query.name[k]);
		appendStringInfo(out, ", \"amount\": %s", shadow->passes.query.amount_text[k]);
		if (priced)
			put_number(out, "price", sums->price[k]);
		put_number(out, "used", priced ? cl_allocation_used(sums, k) : cl_exact_sum_closed(&sums->floor_use[k]).high);
		if (interval && !isnan(low[k]))
			appendStringInfo(out, ", \"price_low\": %.9g, \"price_high\": %.9g", low[k], high[k]);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
}

static char *
certificate(const Shadow *shadow, ClPriceStatus status, const ClAllocationSums *sums)
{
	bool		priced = status != CL_PRICE_INFEASIBLE && sums->n > 0;
	StringInfoData out;

	if (priced)
		status = cl_allocation_scenarios_status(&shadow->scenarios, status, sums, shadow->passes.query.amount);
	initStringInfo(&out);
	appendStringInfo(&out, "{\"version\": 1, \"kind\": \"float\", \"method\": \"newsvendor\", \"response\": \"none\", "
					 "\"status\": \"%s\"",
					 sums->n == 0 ? "empty" : cl_price_status_names[status]);
	put_budgets(&out, shadow, status, sums);
	cl_allocation_scenarios_put(&out, &shadow->scenarios, sums, priced);
	appendStringInfo(&out, ", \"n\": " INT64_FORMAT, sums->n);
	if (priced)
	{
		put_number(&out, "value", cl_allocation_scenarios_value(&shadow->scenarios, sums));
		put_number(&out, "bound", cl_allocation_bound(sums, shadow->passes.query.amount));
		put_number(&out, "bound_error", cl_allocation_error(sums));
	}
	appendStringInfo(&out, ", \"passes\": %d, \"read\": \"%s\"}", shadow->passes.n,
					 shadow->passes.in_memory ? "once" : "each pass");
	return out.data;
}

/* query, budgets, options */
Datum
cl_shadow_price(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Shadow	   *shadow;
	double		price[CL_ALLOCATION_MOST_BUDGETS] = {0};
	ClAllocationSums sums;
	ClPriceStatus status;
	char	  **shards;
	Oid			input;
	Oid			parameter;
	Datum		result;

	SPI_connect();
	shadow = palloc0_object(Shadow);
	cl_allocation_query_budgets(&shadow->passes.query, PG_GETARG_JSONB_P(1));
	shadow->passes.n_budgets = shadow->passes.query.n_budgets;
	shadow->passes.query.may_have_risk = true;
	shards = read_options(shadow, PG_GETARG_JSONB_P(2), price);
	cl_allocation_query_open(&shadow->passes.query, text_to_cstring(PG_GETARG_TEXT_PP(0)), shards);
	status = solve(shadow, price, &sums);
	cl_allocation_require_end(status, &sums);
	/* A document of another room: its type reads it as it reads everybody's. */
	getTypeInputInfo(get_func_rettype(fcinfo->flinfo->fn_oid), &input, &parameter);
	{
		char	   *text = certificate(shadow, status, &sums);

		MemoryContextSwitchTo(caller);
		result = OidInputFunctionCall(input, text, parameter, -1);
	}
	SPI_finish();
	PG_RETURN_DATUM(result);
}
