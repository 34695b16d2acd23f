/*
 * budget_frontier.c
 *	  budget_frontier: what a book earns, and what its limits are, at several amounts of one budget.
 *
 * Each amount has a search for its price (price_search.h), and all of them ask in one pass over the accounts.
 */
#include "postgres.h"

#include <math.h>

#include "pg/argument.h"
#include "pg/record.h"
#include "usage/allocation_pass.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_budget_frontier);

typedef struct Frontier
{
	ClAllocationPasses passes;
	int			points;
	double		from;			/* NaN: not said */
	double		to;
	ClPriceSearch search[CL_ALLOCATION_MOST_QUESTIONS];
	ClAllocationSums found[CL_ALLOCATION_MOST_QUESTIONS];	/* at the price of each */
} Frontier;

/* The budget, and those whose use is told beside it. */
static void
read_budgets(Frontier *frontier, const char *budget, const ClJson *options)
{
	ClAllocationQuery *query = &frontier->passes.query;
	ClJson		also;

	query->name[query->n_budgets++] = pstrdup(budget);
	if (cl_json_get(options, "also", &also))
	{
		int			n = cl_json_array(&also, 1, CL_ALLOCATION_MOST_BUDGETS - 1);

		for (int i = 0; i < n; i++)
		{
			ClJson		node;

			cl_json_item(&also, i, &node);
			query->name[query->n_budgets] = cl_json_string(&node);
			for (int k = 0; k < query->n_budgets; k++)
			{
				if (strcmp(query->name[k], query->name[query->n_budgets]) == 0)
					cl_json_error(&node, "a name that is not among those before it");
			}
			query->n_budgets++;
		}
	}
	frontier->passes.n_budgets = query->n_budgets;
}

static char **
read_options(Frontier *frontier, const char *budget, Jsonb *jsonb)
{
	static const char *const keys[] = {"from", "to", "also", "shards", NULL};
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "options of budget_frontier", jsonb);
	cl_json_object(&root, keys);
	frontier->from = cl_json_get(&root, "from", &node) ? cl_json_float8(&node, 0, 1e25) : NAN;
	frontier->to = cl_json_get(&root, "to", &node) ? cl_json_float8(&node, 0, 1e25) : NAN;
	if (frontier->to < frontier->from)
		cl_json_error(&node, "at least from");
	read_budgets(frontier, budget, &root);
	return cl_json_get(&root, "shards", &node) ? cl_allocation_shards(&frontier->passes, &node) : NULL;
}

/* All searches go on, with one pass for a step of each, until they have ended. */
static void
search_all(Frontier *frontier)
{
	ClAllocationPasses *passes = &frontier->passes;
	ClAllocationSums *sums = palloc_array(ClAllocationSums, frontier->points);
	double	   *price = palloc0_array(double, frontier->points * passes->n_budgets);
	int		   *open = palloc_array(int, frontier->points);
	int			n = frontier->points;

	for (int i = 0; i < n; i++)
		open[i] = i;
	while (n > 0)
	{
		int			still = 0;

		for (int i = 0; i < n; i++)
			price[i * passes->n_budgets] = frontier->search[open[i]].price;
		cl_allocation_ask_all(passes, n, price, false, sums);
		for (int i = 0; i < n; i++)
		{
			frontier->found[open[i]] = sums[i];
			if (!cl_price_search_step(&frontier->search[open[i]], &sums[i]))
				open[still++] = open[i];
		}
		n = still;
	}
}

/* From what floors use to what is used at no price, unless the caller says it. */
static void
read_ends(Frontier *frontier)
{
	double		price[CL_ALLOCATION_MOST_BUDGETS] = {0};
	double		floors;
	ClAllocationSums sums;

	if (!isnan(frontier->from) && !isnan(frontier->to))
		return;
	cl_allocation_ask(&frontier->passes, price, false, &sums);
	if (isnan(frontier->to) && sums.n_endless > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the best limits of " INT64_FORMAT " accounts have no end", sums.n_endless),
				 errdetail("So there is no largest amount of the budget that would be used."),
				 errhint("Give them a cap, or option to.")));
	floors = cl_exact_sum_closed(&sums.floor_use[0]).high;
	frontier->to = isnan(frontier->to) ? cl_allocation_used(&sums, 0) : frontier->to;
	frontier->to = fmax(frontier->to, isnan(frontier->from) ? 0 : frontier->from);
	if (isnan(frontier->from))
		frontier->from = floors < frontier->to ? floors + (frontier->to - floors) / frontier->points : frontier->to;
}

static double
amount_of(const Frontier *frontier, int point)
{
	if (point == frontier->points - 1)
		return frontier->to;
	return frontier->from + (frontier->to - frontier->from) * ((double) point / (frontier->points - 1));
}

static void
solve(Frontier *frontier)
{
	ClAllocationPasses *passes = &frontier->passes;
	int			share = cl_allocation_passes_open(passes, false);
	int			all = passes->share;

	read_ends(frontier);
	for (int i = 0; share > 0 && i < frontier->points; i++)
		cl_price_search_begin(&frontier->search[i], 0, ldexp(amount_of(frontier, i), -share), 0, false, false);
	if (share > 0)
	{
		passes->share = share;
		search_all(frontier);
		passes->share = all;
	}
	for (int i = 0; i < frontier->points; i++)
	{
		ClPriceSearch *search = &frontier->search[i];
		bool		near = share > 0 && search->status <= CL_PRICE_TIES;

		cl_price_search_begin(search, 0, amount_of(frontier, i), near ? search->price : 0, false, near);
	}
	search_all(frontier);
}

static Datum
uses_of(const ClAllocationPasses *passes, const ClAllocationSums *sums, bool feasible)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int k = 1; k < passes->n_budgets; k++)
	{
		appendStringInfoString(&out, k == 1 ? "{" : ", ");
		cl_json_put_string(&out, passes->query.name[k]);
		appendStringInfoString(&out, ": ");
		cl_json_put_float8(&out, feasible ? cl_allocation_used(sums, k) : cl_exact_sum_closed(&sums->floor_use[k]).high);
	}
	appendStringInfoString(&out, passes->n_budgets == 1 ? "{}" : "}");
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
}

static void
put_point(ClRecord *record, Frontier *frontier, int point)
{
	const ClAllocationSums *sums = &frontier->found[point];
	const ClPriceSearch *search = &frontier->search[point];
	bool		feasible = search->status <= CL_PRICE_TIES && sums->n > 0;
	double		amount[CL_ALLOCATION_MOST_BUDGETS] = {search->amount};
	double		limit = feasible ? cl_exact_sum_closed(&sums->limit).high : NAN;
	double		draw = feasible ? cl_exact_sum_closed(&sums->draw).high : NAN;

	if (search->status == CL_PRICE_ENDLESS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the best limits of " INT64_FORMAT " accounts have no end", sums->n_endless),
				 errdetail("They have no cap, no carry, and use nothing of the budget."),
				 errhint("Give them a cap.")));
	cl_record_put_float8(record, search->amount);
	cl_record_put_text(record, sums->n == 0 ? "empty" : cl_price_status_names[search->status]);
	cl_record_put_float8(record, feasible ? search->price : NAN);
	cl_record_put_float8(record, feasible ? cl_allocation_used(sums, 0) : cl_exact_sum_closed(&sums->floor_use[0]).high);
	cl_record_put_float8(record, feasible ? cl_exact_sum_closed(&sums->profit).high : NAN);
	cl_record_put_float8(record, feasible ? cl_allocation_bound(sums, amount) : NAN);
	cl_record_put_float8(record, limit);
	cl_record_put_float8(record, draw);
	cl_record_put_float8(record, limit - draw);
	cl_record_put(record, uses_of(&frontier->passes, sums, feasible));
	cl_record_put_int32(record, frontier->passes.n);
	cl_record_next(record);
}

/* query, budget, points, options */
Datum
cl_budget_frontier(PG_FUNCTION_ARGS)
{
	ClRecord	record;
	Frontier   *frontier;
	char	  **shards;

	cl_record_open_set(&record, fcinfo);
	SPI_connect();
	frontier = palloc0_object(Frontier);
	frontier->passes.query.may_have_risk = true;
	frontier->points = PG_GETARG_INT32(2);
	if (frontier->points < 1 || frontier->points > CL_ALLOCATION_MOST_QUESTIONS)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("points must be between 1 and %d", CL_ALLOCATION_MOST_QUESTIONS),
				 errdetail("Found %d.", frontier->points),
				 errhint("Ten show the shape; options from and to look closer at a part of it.")));
	shards = read_options(frontier, text_to_cstring(PG_GETARG_TEXT_PP(1)), PG_GETARG_JSONB_P(3));
	cl_allocation_query_open(&frontier->passes.query, text_to_cstring(PG_GETARG_TEXT_PP(0)), shards);
	solve(frontier);
	for (int i = 0; i < frontier->points; i++)
		put_point(&record, frontier, i);
	SPI_finish();
	PG_RETURN_NULL();
}
