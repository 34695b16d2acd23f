/*
 * shadow_price.c
 *	  shadow_price: the prices of budgets at which the accounts of a query, each taking the limit that pays best, just fit.
 *
 * A first scan reads accounts into memory, as far as maintenance_work_mem goes. Where all are there, the search goes on in
 * memory. Else a share of them by hash gives prices that are nearly right, and each step of the search is the query once more,
 * through allocation_step_agg, with workers, partitions and shards as the planner finds them. Sums are exact, so both give the
 * same bytes.
 */
#include "postgres.h"

#include <math.h>

#include "core/allocation_price.h"
#include "pg/query.h"
#include "pg/regression_row.h"
#include "pg/row.h"
#include "usage/allocation_query.h"
#include "usage/allocation_rows.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"

PG_FUNCTION_INFO_V1(cl_shadow_price);

#define SAMPLE 131072			/* accounts at most whose prices are a start */
#define SAMPLE_BYTES ((Size) 32 * 1024 * 1024)
#define FEW 1000

typedef struct Shadow
{
	ClAllocationQuery query;
	int			n_budgets;
	double		confidence;
	bool		started;		/* at prices of the caller */
	SPIPlanPtr	step;
	SPIPlanPtr	step_by_part;
	ClAllocationRows rows;
	bool		in_memory;
	int			share;			/* of the rows in memory that are asked now; -1: the query is */
	int			passes;
	ClAllocationSums first;		/* n, n_skipped and checksum of the first pass: those of every pass */
	bool		by_part;		/* part is that of the sums asked for last */
	ClAllocationSums part[CL_ALLOCATION_PARTS];
} Shadow;

/*
 * Budgets and options
 */

static void
read_start(Shadow *shadow, const ClJson *start, double *price)
{
	const char *keys[CL_ALLOCATION_MOST_BUDGETS + 1] = {NULL};

	for (int k = 0; k < shadow->n_budgets; k++)
		keys[k] = shadow->query.name[k];
	cl_json_object(start, keys);
	for (int k = 0; k < shadow->n_budgets; k++)
	{
		ClJson		node;

		cl_json_require(start, keys[k], &node);
		price[k] = cl_json_float8(&node, 0, CL_ALLOCATION_LARGEST_PRICE);
	}
	shadow->started = true;
}

/* Names of relations, as the query shall call them. */
static char **
read_shards(Shadow *shadow, const ClJson *shards)
{
	char	  **relation;

	shadow->query.n_shards = cl_json_array(shards, 1, 1000);
	relation = palloc_array(char *, shadow->query.n_shards);
	for (int i = 0; i < shadow->query.n_shards; i++)
	{
		ClJson		node;

		Datum		found;

		cl_json_item(shards, i, &node);
		found = DirectFunctionCall1(regclassin, CStringGetDatum(cl_json_string(&node)));
		relation[i] = cl_query_relation(DatumGetObjectId(found));
		for (int j = 0; j < i; j++)
		{
			if (strcmp(relation[i], relation[j]) == 0)
				cl_json_error(&node, "a relation that is not among those before it");
		}
	}
	return relation;
}

static char **
read_options(Shadow *shadow, Jsonb *jsonb, double *price)
{
	static const char *const keys[] = {"start", "shards", "confidence", NULL};
	char	  **shards = NULL;
	ClJson		root;
	ClJson		node;

	cl_json_open(&root, "options of shadow_price", jsonb);
	cl_json_object(&root, keys);
	shadow->confidence = cl_json_get(&root, "confidence", &node) ? cl_json_float8(&node, 0.5, 0.999) : 0.95;
	if (cl_json_get(&root, "start", &node))
		read_start(shadow, &node, price);
	if (cl_json_get(&root, "shards", &node))
		shards = read_shards(shadow, &node);
	return shards;
}

/*
 * Scans and passes
 */

/* What the planner expects of a plan. */
static double
expected_rows(SPIPlanPtr plan)
{
	CachedPlan *cached = SPI_plan_get_cached_plan(plan);
	double		rows = 0;

	if (cached == NULL)
		return 0;
	if (list_length(cached->stmt_list) == 1)
		rows = linitial_node(PlannedStmt, cached->stmt_list)->planTree->plan_rows;
	ReleaseCachedPlan(cached, NULL);	/* a plan that is not kept has no owner */
	return rows;
}

static void
scan(Shadow *shadow, ClAllocationRows *rows)
{
	Oid			types[CL_ALLOCATION_MOST_COLUMNS];
	int			n_columns = CL_ALLOCATION_DEMAND + (shadow->query.lognormal ? 3 : 1) + 2 * shadow->n_budgets;
	SPIPlanPtr	plan = cl_query_prepare(cl_allocation_query_scan(&shadow->query, rows->share), CL_ALLOCATION_QUERY, 0, NULL);

	for (int i = 0; i < n_columns; i++)
		types[i] = i <= CL_ALLOCATION_HASH ? INT8OID : FLOAT8OID;
	if (!shadow->query.lognormal)
		types[CL_ALLOCATION_DEMAND] = shadow->query.demand_type;
	cl_query_scan(plan, CL_ALLOCATION_QUERY, n_columns, types, cl_allocation_rows_receive, rows);
	SPI_freeplan(plan);
}

static void
require_known(Shadow *shadow, int64 n_missing)
{
	ClAllocationRows rows;

	if (n_missing == 0)
		return;
	/* Once more, without keeping any, to say which. */
	cl_allocation_rows_init(&rows, shadow->n_budgets, shadow->query.lognormal, 0);
	rows.most_bytes = 0;
	scan(shadow, &rows);
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("something is not known of " INT64_FORMAT " accounts", n_missing),
			 rows.first_missing == PG_INT64_MAX ? errdetail("Their account_id is NULL.") :
			 errdetail("The first is account " INT64_FORMAT ": its demand, margin, carry or a use is NULL or not known.",
					   rows.first_missing),
			 errhint("Leave such accounts out of the query: WHERE demand_mean(demand) IS NOT NULL AND ...")));
}

static void
require_same_rows(Shadow *shadow, const ClAllocationSums *sums)
{
	if (shadow->first.n_budgets == 0)
		shadow->first = *sums;
	else if (sums->n != shadow->first.n || sums->n_skipped != shadow->first.n_skipped || sums->checksum != shadow->first.checksum)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the accounts changed while their prices were sought"),
				 errdetail("Two passes of the query did not see the same rows."),
				 errhint("Make a table of them first.")));
	if (sums->shortest_horizon != sums->longest_horizon)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("demands must be of one horizon"),
				 errdetail("They are of %d to %d months.", sums->shortest_horizon, sums->longest_horizon),
				 errhint("Forecast all accounts for the same time that a limit stands.")));
}

static void
pass(Shadow *shadow, const double *price, bool by_part, ClAllocationSums *sums)
{
	static const Oid types[] = {INT8OID, InvalidOid, INT8OID};
	Datum		prices = cl_float8_array_datum(price, shadow->n_budgets);
	int64		n_accounts = 0;

	cl_query_execute(by_part ? shadow->step_by_part : shadow->step, CL_ALLOCATION_QUERY, &prices, lengthof(types), types);
	if (!cl_is_own_type(TupleDescAttr(SPI_tuptable->tupdesc, 1)->atttypid, "allocation_step"))
		elog(ERROR, "allocation_step_agg is not that of the extension");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		value[lengthof(types)];
		bool		isnull[lengthof(types)];

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, value, isnull);
		if (isnull[1])
			continue;
		n_accounts += DatumGetInt64(value[2]);
		cl_allocation_merge(by_part && !isnull[0] ? &shadow->part[DatumGetInt64(value[0])] : sums,
							cl_summary_state(&allocation_step_summary, value[1]));
	}
	SPI_freetuptable(SPI_tuptable);
	for (int i = 0; by_part && i < CL_ALLOCATION_PARTS; i++)
		cl_allocation_merge(sums, &shadow->part[i]);
	require_known(shadow, sums->n_skipped + sums->n + sums->n_skipped - n_accounts);
}

/* A ClAllocationAsk. */
static void
ask(void *data, const double *price, bool likely_last, ClAllocationSums *sums)
{
	Shadow	   *shadow = data;
	bool		all = shadow->share <= 0;

	cl_allocation_begin(sums, shadow->n_budgets, price);
	shadow->by_part = likely_last && all;
	for (int i = 0; shadow->by_part && i < CL_ALLOCATION_PARTS; i++)
		cl_allocation_begin(&shadow->part[i], shadow->n_budgets, price);
	if (shadow->share >= 0)
		cl_allocation_rows_sum(&shadow->rows, shadow->share, sums, shadow->by_part ? shadow->part : NULL);
	else
		pass(shadow, price, shadow->by_part, sums);
	if (!all)
		return;
	shadow->passes++;
	require_same_rows(shadow, sums);
}

/* Prices of a share of the accounts are a start for more of them; false where there are none. */
static bool
solve_share(Shadow *shadow, int share, bool near, double *price)
{
	double		amount[CL_ALLOCATION_MOST_BUDGETS];
	ClAllocationProblem problem = {shadow->n_budgets, amount, ask, shadow};
	ClAllocationSums sums;
	ClPriceStatus status;

	for (int k = 0; k < shadow->n_budgets; k++)
		amount[k] = ldexp(shadow->query.amount[k], -share);
	shadow->share = share;
	status = cl_allocation_solve(&problem, near, price, &sums);
	if (status != CL_PRICE_INFEASIBLE && status != CL_PRICE_ENDLESS)
		return true;
	memset(price, 0, shadow->n_budgets * sizeof(double));
	return false;
}

static ClPriceStatus
solve(Shadow *shadow, double *price, ClAllocationSums *sums)
{
	ClAllocationProblem problem = {shadow->n_budgets, shadow->query.amount, ask, shadow};
	int			share;
	bool		near = shadow->started;
	SPIPlanPtr	plan = cl_query_prepare(cl_allocation_query_scan(&shadow->query, 0), CL_ALLOCATION_QUERY, 0, NULL);
	double		expected = expected_rows(plan);
	bool		fits = expected * cl_allocation_row_bytes(shadow->n_budgets) <= (double) maintenance_work_mem * 1024;

	SPI_freeplan(plan);
	share = fits ? 0 : 1;
	while (!fits && ldexp(expected, -share) > SAMPLE)
		share++;
	if (fits || !shadow->started)
	{
		cl_allocation_rows_init(&shadow->rows, shadow->n_budgets, shadow->query.lognormal, share);
		if (!fits)
			shadow->rows.most_bytes = Max(shadow->rows.most_bytes, SAMPLE_BYTES);
		scan(shadow, &shadow->rows);
		shadow->passes++;
		require_known(shadow, shadow->rows.n_missing);
		shadow->in_memory = shadow->rows.share == 0;
		share = shadow->rows.share;
	}
	if (shadow->in_memory)
	{
		while (ldexp(shadow->rows.n, -share) > Min(SAMPLE, FEW + shadow->rows.n / 8.0))
			share++;
	}
	else
	{
		Oid			types[1] = {FLOAT8ARRAYOID};

		shadow->step = cl_query_prepare(cl_allocation_query_step(&shadow->query, false), CL_ALLOCATION_QUERY, 1, types);
		shadow->step_by_part = cl_query_prepare(cl_allocation_query_step(&shadow->query, true), CL_ALLOCATION_QUERY, 1, types);
	}
	if (!shadow->started && share > 0)
	{
		if (ldexp(shadow->rows.n, shadow->rows.share - share - 4) > 4 * FEW)
			near = solve_share(shadow, share + 4, false, price);
		near = solve_share(shadow, share, near, price);
	}
	shadow->share = shadow->in_memory ? 0 : -1;
	return cl_allocation_solve(&problem, near, price, sums);
}

/*
 * The certificate
 */

static const char *const status_names[CL_PRICE_STATUSES] = {"binding", "slack", "ties", "infeasible", "endless"};

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
	bool		interval = priced && shadow->by_part && status != CL_PRICE_TIES;

	if (interval)
		cl_allocation_price_interval(shadow->part, CL_ALLOCATION_PARTS, shadow->query.amount, shadow->confidence, low, high);
	appendStringInfoString(out, ", \"budgets\": [");
	for (int k = 0; k < shadow->n_budgets; k++)
	{
		appendStringInfoString(out, k > 0 ? ", {\"name\": " : "{\"name\": ");
		cl_json_put_string(out, shadow->query.name[k]);
		appendStringInfo(out, ", \"amount\": %s", shadow->query.amount_text[k]);
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
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfo(&out, "{\"version\": 1, \"kind\": \"float\", \"method\": \"newsvendor\", \"response\": \"none\", "
					 "\"status\": \"%s\"",
					 sums->n == 0 ? "empty" : status_names[status]);
	put_budgets(&out, shadow, status, sums);
	appendStringInfo(&out, ", \"n\": " INT64_FORMAT, sums->n);
	if (status != CL_PRICE_INFEASIBLE && sums->n > 0)
	{
		put_number(&out, "value", cl_exact_sum_closed(&sums->profit).high);
		put_number(&out, "bound", cl_allocation_bound(sums, shadow->query.amount));
		put_number(&out, "bound_error", cl_allocation_error(sums));
	}
	appendStringInfo(&out, ", \"passes\": %d, \"read\": \"%s\"}", shadow->passes, shadow->in_memory ? "once" : "each pass");
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
	cl_allocation_query_budgets(&shadow->query, PG_GETARG_JSONB_P(1));
	shadow->n_budgets = shadow->query.n_budgets;
	shards = read_options(shadow, PG_GETARG_JSONB_P(2), price);
	cl_allocation_query_open(&shadow->query, text_to_cstring(PG_GETARG_TEXT_PP(0)), shards);
	status = solve(shadow, price, &sums);
	if (status == CL_PRICE_ENDLESS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the best limits of " INT64_FORMAT " accounts have no end", sums.n_endless),
				 errdetail("They have no cap, no carry, and use nothing of a budget that binds."),
				 errhint("Give them a cap.")));
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
