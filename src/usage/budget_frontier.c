/*
 * budget_frontier.c
 *	  budget_frontier: what a book earns, and what its limits are, at several amounts of one budget.
 *
 * Each amount has a search for its price and the weights of scenarios (allocation_budget.h), and all of them ask in one pass over
 * the accounts.
 */
#include "postgres.h"

#include <math.h>

#include "core/allocation_budget.h"
#include "pg/argument.h"
#include "pg/record.h"
#include "pg/shards.h"
#include "usage/allocation_pass.h"
#include "usage/allocation_scenarios.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_budget_frontier);

/* One amount of the budget. */
typedef struct Point
{
	double		amount[CL_ALLOCATION_MOST_BUDGETS]; /* of budgets that are told beside it there is enough */
	double		at[CL_ALLOCATION_MOST_BUDGETS]; /* prices, then weights */
	ClAllocationProblem problem;
	ClAllocationSearch search;
	ClBudgetSearch budget;
	ClAllocationSums found;
} Point;

typedef struct Frontier
{
	ClAllocationPasses passes;
	ClAllocationScenarios scenarios;
	int			points;
	double		from;			/* NaN: not said */
	double		to;
	Point	   *point;
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
	static const char *const keys[] = {"from", "to", "also", "shards", "scenarios", "criterion", "alpha", NULL};
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "options of budget_frontier", jsonb);
	cl_json_object(&root, keys);
	frontier->from = cl_json_get(&root, "from", &node) ? cl_json_float8(&node, 0, CL_ALLOCATION_LARGEST_AMOUNT) : NAN;
	frontier->to = cl_json_get(&root, "to", &node) ? cl_json_float8(&node, 0, CL_ALLOCATION_LARGEST_AMOUNT) : NAN;
	if (frontier->to < frontier->from)
		cl_json_error(&node, "at least from");
	read_budgets(frontier, budget, &root);
	cl_allocation_scenarios_read(&frontier->scenarios, &root, CL_ALLOCATION_MOST_BUDGETS - frontier->passes.n_budgets);
	frontier->passes.scenarios = frontier->scenarios.all;
	frontier->passes.query.scenarios = cl_allocation_scenarios_sql(&frontier->scenarios);
	return cl_json_get(&root, "shards", &node) ? cl_shards(&node, &frontier->passes.query.n_shards) : NULL;
}

/* All searches go on, with one pass for a step of each, until they have ended. */
static void
search_all(Frontier *frontier)
{
	ClAllocationPasses *passes = &frontier->passes;
	int			length = passes->n_budgets + passes->scenarios.n;
	ClAllocationSums *sums = palloc_array(ClAllocationSums, frontier->points);
	double	   *at = palloc_array(double, frontier->points * length);
	int		   *open = palloc_array(int, frontier->points);
	int			n = frontier->points;

	for (int i = 0; i < n; i++)
		open[i] = i;
	while (n > 0)
	{
		int			still = 0;

		for (int i = 0; i < n; i++)
			memcpy(at + i * length, frontier->point[open[i]].at, length * sizeof(double));
		cl_allocation_ask_all(passes, n, at, sums);
		for (int i = 0; i < n; i++)
		{
			Point	   *point = &frontier->point[open[i]];

			point->found = sums[i];
			if (!cl_budget_search_step(&point->budget, &point->search))
				open[still++] = open[i];
		}
		n = still;
	}
}

/* No prices, and scenarios as likely as they are said to be. */
static void
at_no_price(const Frontier *frontier, double *at)
{
	memset(at, 0, CL_ALLOCATION_MOST_BUDGETS * sizeof(double));
	memcpy(at + frontier->passes.n_budgets, frontier->scenarios.all.weight, frontier->scenarios.all.n * sizeof(double));
}

/* From what floors use to what is used at no price, unless the caller says it. */
static void
read_ends(Frontier *frontier)
{
	double		at[CL_ALLOCATION_MOST_BUDGETS];
	double		floors;
	ClAllocationSums sums;

	if (!isnan(frontier->from) && !isnan(frontier->to))
		return;
	at_no_price(frontier, at);
	cl_allocation_ask(&frontier->passes, at, &sums);
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

/* A search from where the point is; of one in 2^share of the accounts. */
static void
begin(const Frontier *frontier, int i, int share, bool near)
{
	Point	   *point = &frontier->point[i];

	for (int k = 0; k < frontier->passes.n_budgets; k++)
		point->amount[k] = k == 0 ? ldexp(amount_of(frontier, i), -share) : CL_ALLOCATION_LARGEST_AMOUNT;
	point->problem = (ClAllocationProblem) {
		frontier->passes.n_budgets, point->amount, frontier->scenarios.all.n, frontier->scenarios.weight_cap, NULL, NULL
	};
	point->search = (ClAllocationSearch) {&point->problem, point->at, &point->found};
	cl_budget_search_begin(&point->budget, &point->search, near);
}

static void
solve(Frontier *frontier)
{
	ClAllocationPasses *passes = &frontier->passes;
	int			share = cl_allocation_passes_open(passes, false);
	int			all = passes->share;

	read_ends(frontier);
	for (int i = 0; i < frontier->points; i++)
	{
		at_no_price(frontier, frontier->point[i].at);
		begin(frontier, i, share, false);
	}
	if (share > 0)
	{
		passes->share = share;
		search_all(frontier);
		passes->share = all;
		for (int i = 0; i < frontier->points; i++)
		{
			bool		near = frontier->point[i].budget.status <= CL_PRICE_TIES;

			if (!near)
				at_no_price(frontier, frontier->point[i].at);
			begin(frontier, i, 0, near);
		}
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

static Datum
outcomes_of(const ClAllocationScenarios *scenarios, const ClAllocationSums *sums)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int s = 0; s < scenarios->all.n; s++)
	{
		appendStringInfoString(&out, s == 0 ? "{" : ", ");
		cl_json_put_string(&out, scenarios->name[s]);
		appendStringInfoString(&out, ": ");
		cl_json_put_float8(&out, cl_exact_sum_closed(&sums->outcome[s]).high);
	}
	appendStringInfoChar(&out, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
}

static void
put_point(ClRecord *record, const Frontier *frontier, const Point *point)
{
	const ClAllocationSums *sums = &point->found;
	ClPriceStatus status = point->budget.status;
	bool		feasible = status <= CL_PRICE_TIES && sums->n > 0;
	double		limit = feasible ? cl_exact_sum_closed(&sums->limit).high : NAN;
	double		draw = feasible ? cl_exact_sum_closed(&sums->draw).high : NAN;

	cl_allocation_require_end(status, sums);
	if (feasible)
		status = cl_allocation_scenarios_status(&frontier->scenarios, status, sums, point->amount);
	cl_record_put_float8(record, point->amount[0]);
	cl_record_put_text(record, sums->n == 0 ? "empty" : cl_price_status_names[status]);
	cl_record_put_float8(record, feasible ? sums->price[0] : NAN);
	cl_record_put_float8(record, feasible ? cl_allocation_used(sums, 0) : cl_exact_sum_closed(&sums->floor_use[0]).high);
	cl_record_put_float8(record, feasible ? cl_allocation_scenarios_value(&frontier->scenarios, sums) : NAN);
	cl_record_put_float8(record, feasible ? cl_allocation_bound(sums, point->amount) : NAN);
	cl_record_put_float8(record, limit);
	cl_record_put_float8(record, draw);
	cl_record_put_float8(record, limit - draw);
	cl_record_put(record, uses_of(&frontier->passes, sums, feasible));
	cl_record_put_int32(record, frontier->passes.n);
	if (feasible && frontier->scenarios.all.n > 0)
		cl_record_put(record, outcomes_of(&frontier->scenarios, sums));
	else
		cl_record_put_null(record);
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
	frontier->point = palloc0_array(Point, frontier->points);
	solve(frontier);
	for (int i = 0; i < frontier->points; i++)
		put_point(&record, frontier, &frontier->point[i]);
	SPI_finish();
	PG_RETURN_NULL();
}
