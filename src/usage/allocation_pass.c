/*
 * allocation_pass.c
 *	  Passes over the accounts of a query: see allocation_pass.h.
 */
#include "postgres.h"

#include <math.h>

#include "pg/regression_row.h"
#include "pg/row.h"
#include "usage/allocation_pass.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/plannodes.h"
#include "utils/builtins.h"
#include "utils/plancache.h"

#define SAMPLE 131072			/* accounts at most whose prices are a start */
#define SAMPLE_BYTES ((Size) 32 * 1024 * 1024)
#define FEW 1000

const char *const cl_price_status_names[CL_PRICE_STATUSES] = {"binding", "slack", "ties", "infeasible", "endless"};

void
cl_allocation_require_end(ClPriceStatus status, const ClAllocationSums *sums)
{
	if (status == CL_PRICE_ENDLESS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the best limits of " INT64_FORMAT " accounts have no end", sums->n_endless),
				 errdetail("They have no cap, no carry, and use nothing of a budget that binds."),
				 errhint("Give them a cap.")));
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
init_rows(const ClAllocationPasses *passes, ClAllocationRows *rows, int share)
{
	cl_allocation_rows_init(rows, passes->n_budgets, passes->query.lognormal, passes->query.risk != NULL, share);
}

static void
scan(ClAllocationPasses *passes, ClAllocationRows *rows)
{
	Oid			types[CL_ALLOCATION_MOST_COLUMNS];
	int			n_columns = CL_ALLOCATION_DEMAND + (passes->query.lognormal ? 3 : 1) + 2 * passes->n_budgets +
		(passes->query.risk != NULL ? CL_ALLOCATION_RISK_COLUMNS : 0);
	SPIPlanPtr	plan = cl_query_prepare(cl_allocation_query_scan(&passes->query, rows->share), CL_ALLOCATION_QUERY, 0, NULL);

	for (int i = 0; i < n_columns; i++)
		types[i] = i <= CL_ALLOCATION_HASH ? INT8OID : FLOAT8OID;
	if (!passes->query.lognormal)
		types[CL_ALLOCATION_DEMAND] = passes->query.demand_type;
	cl_query_scan(plan, CL_ALLOCATION_QUERY, n_columns, types, cl_allocation_rows_receive, rows);
	SPI_freeplan(plan);
}

/* Once more, without keeping any, to say which rows are wrong. */
static ClAllocationRows
look_again(ClAllocationPasses *passes, int horizon)
{
	ClAllocationRows rows;

	init_rows(passes, &rows, 0);
	rows.most_bytes = 0;
	rows.horizon = horizon;
	scan(passes, &rows);
	return rows;
}

static void
require_known(ClAllocationPasses *passes, int64 n_missing)
{
	ClAllocationRows rows;

	if (n_missing == 0)
		return;
	rows = look_again(passes, 0);
	ereport(ERROR,
			(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			 errmsg("something is not known of " INT64_FORMAT " accounts", n_missing),
			 rows.first_missing == PG_INT64_MAX ? errdetail("Their account_id is NULL.") :
			 errdetail("The first is account " INT64_FORMAT ": its demand, margin, carry%s or a use is NULL or not known.",
					   rows.first_missing, passes->query.risk != NULL ? ", PD, LGD, CCF" : ""),
			 errhint("Leave such accounts out of the query: WHERE demand_mean(demand) IS NOT NULL AND ...")));
}

/* Of the accounts that were kept, which are all or a share by hash: an account_id that comes twice is in it twice. */
static void
require_once(ClAllocationPasses *passes)
{
	Oid			types[] = {INT8OID, INT8OID};
	SPIPlanPtr	plan;
	bool		isnull;
	int64		n;
	int64		first;

	if (!cl_allocation_rows_share_hash(&passes->rows))
		return;
	plan = cl_query_prepare(cl_allocation_query_doubled(&passes->query), CL_ALLOCATION_QUERY, 0, NULL);
	cl_query_execute(plan, CL_ALLOCATION_QUERY, NULL, 2, types);
	n = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	first = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	SPI_freetuptable(SPI_tuptable);
	SPI_freeplan(plan);
	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(INT64_FORMAT " accounts come more than once", n),
				 errdetail("The first is account " INT64_FORMAT ": it would count more than once.", first),
				 errhint("Let the query return one row for each account_id, by DISTINCT ON or GROUP BY.")));
}

static void
require_same_rows(ClAllocationPasses *passes, const ClAllocationSums *sums)
{
	if (passes->first.n_budgets == 0)
		passes->first = *sums;
	else if (sums->n != passes->first.n || sums->n_skipped != passes->first.n_skipped || sums->checksum != passes->first.checksum)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the accounts changed while their prices were sought"),
				 errdetail("Two passes of the query did not see the same rows."),
				 errhint("Make a table of them first.")));
	if (sums->shortest_horizon != sums->longest_horizon)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("demands must be of one horizon"),
				 errdetail("Of " INT64_FORMAT " accounts " INT64_FORMAT " have one of %d months, others of up to %d.", sums->n,
						   look_again(passes, sums->shortest_horizon).n_of_horizon, sums->shortest_horizon,
						   sums->longest_horizon),
				 errhint("Forecast all accounts for the same time that a limit stands.")));
}

/* One read of the query for several price vectors. */
static void
query_pass(ClAllocationPasses *passes, int n, const double *point, ClAllocationSums *sums)
{
	int			length = passes->n_budgets + passes->scenarios.n;
	Oid			types[1 + CL_ALLOCATION_MOST_QUESTIONS] = {INT8OID};
	Datum		prices[CL_ALLOCATION_MOST_QUESTIONS];
	Datum		value[1 + CL_ALLOCATION_MOST_QUESTIONS];
	bool		isnull[1 + CL_ALLOCATION_MOST_QUESTIONS];

	if (passes->step == NULL || passes->step_questions != n)
	{
		Oid			parameters[CL_ALLOCATION_MOST_QUESTIONS];

		if (passes->step != NULL)
			SPI_freeplan(passes->step);
		for (int i = 0; i < n; i++)
			parameters[i] = FLOAT8ARRAYOID;
		passes->step = cl_query_prepare(cl_allocation_query_step(&passes->query, n), CL_ALLOCATION_QUERY, n, parameters);
		passes->step_questions = n;
	}
	for (int i = 0; i < n; i++)
		prices[i] = cl_float8_array_datum(point + i * length, length);
	cl_query_execute(passes->step, CL_ALLOCATION_QUERY, prices, 1 + n, types);
	for (int i = 0; i < n; i++)
	{
		if (!cl_is_own_type(TupleDescAttr(SPI_tuptable->tupdesc, 1 + i)->atttypid, "allocation_step"))
			elog(ERROR, "allocation_step_agg is not that of the extension");
	}
	heap_deform_tuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, value, isnull);
	for (int i = 0; i < n && !isnull[1]; i++)
		cl_allocation_merge(&sums[i], cl_summary_state(&allocation_step_summary, value[1 + i]));
	require_known(passes, sums->n_skipped + sums->n + sums->n_skipped - (isnull[0] ? 0 : DatumGetInt64(value[0])));
	SPI_freetuptable(SPI_tuptable);
}

static void
begin(const ClAllocationPasses *passes, const double *point, ClAllocationSums *sums)
{
	ClScenarios scenarios = passes->scenarios;

	memcpy(scenarios.weight, point + passes->n_budgets, scenarios.n * sizeof(double));
	cl_allocation_begin(sums, passes->n_budgets, point, &scenarios);
}

void
cl_allocation_ask_all(ClAllocationPasses *passes, int n, const double *point, ClAllocationSums *sums)
{
	for (int i = 0; i < n; i++)
		begin(passes, point + i * (passes->n_budgets + passes->scenarios.n), &sums[i]);
	if (passes->share < 0)
		query_pass(passes, n, point, sums);
	for (int i = 0; passes->share >= 0 && i < n; i++)
		cl_allocation_rows_sum(&passes->rows, passes->share, &sums[i]);
	if (passes->share > 0)
		return;
	passes->n++;
	for (int i = 0; i < n; i++)
		require_same_rows(passes, &sums[i]);
}

void
cl_allocation_ask(void *data, const double *point, ClAllocationSums *sums)
{
	cl_allocation_ask_all(data, 1, point, sums);
}

int
cl_allocation_passes_open(ClAllocationPasses *passes, bool started)
{
	SPIPlanPtr	plan;
	double		expected;
	Size		bytes;
	bool		fits;
	int			share;

	passes->share = -1;
	if (passes->query.of_shards)
		return 0;
	plan = cl_query_prepare(cl_allocation_query_scan(&passes->query, 0), CL_ALLOCATION_QUERY, 0, NULL);
	expected = expected_rows(plan);
	SPI_freeplan(plan);
	bytes = cl_allocation_row_bytes(passes->n_budgets, passes->query.risk != NULL);
	fits = expected * bytes <= (double) maintenance_work_mem * 1024;
	share = fits ? 0 : 1;
	while (!fits && ldexp(expected, -share) > SAMPLE)
		share++;
	if (fits || !started)
	{
		init_rows(passes, &passes->rows, share);
		if (!fits)
			passes->rows.most_bytes = Max(passes->rows.most_bytes, SAMPLE_BYTES);
		scan(passes, &passes->rows);
		passes->n++;
		require_known(passes, passes->rows.n_missing);
		require_once(passes);
		passes->in_memory = passes->rows.share == 0;
		share = passes->rows.share;
	}
	while (passes->in_memory && ldexp(passes->rows.n, -share) > Min(SAMPLE, FEW + passes->rows.n / 8.0))
		share++;
	if (passes->in_memory)
		passes->share = 0;
	return started ? 0 : share;
}

bool
cl_allocation_is_many(const ClAllocationPasses *passes, int share)
{
	return ldexp(passes->rows.n, passes->rows.share - share) > 4 * FEW;
}
