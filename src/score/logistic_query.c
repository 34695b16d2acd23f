/*
 * logistic_query.c
 *	  logistic_regression_fit: a logistic regression that keeps no rows, and runs a query for each step.
 *
 * The query is the caller's: it runs with his rights and sees his search_path, while the names that are added here are
 * qualified. All scans see the same snapshot, that of the calling statement.
 */
#include "postgres.h"

#include <math.h>

#include "score/logistic_query.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_logistic_regression_fit);

static void
wrong_query(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("the query must return event, x and, if there are weights, weight"),
			 errdetail("%s", detail),
			 errhint("For example: SELECT defaulted, ARRAY[utilization, age] FROM borrower")));
}

static void
require_columns(TupleDesc desc)
{
	if (desc->natts < 2 || desc->natts > 3)
		wrong_query(psprintf("It returns %d columns.", desc->natts));
	if (TupleDescAttr(desc, 0)->atttypid != BOOLOID)
		wrong_query(psprintf("Its first column, event, is of type %s; it must be boolean.",
							 format_type_be(TupleDescAttr(desc, 0)->atttypid)));
	if (!OidIsValid(get_element_type(TupleDescAttr(desc, 1)->atttypid)))
		wrong_query(psprintf("Its second column, x, is of type %s; it must be an array of numbers.",
							 format_type_be(TupleDescAttr(desc, 1)->atttypid)));
}

static SPIPlanPtr
prepare(const char *text, int n_parameters, Oid *types)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(text, n_parameters, types, CURSOR_OPT_PARALLEL_OK);

	if (plan == NULL)
		elog(ERROR, "could not prepare the query of a logistic regression: %s", SPI_result_code_string(SPI_result));
	return plan;
}

bool
cl_logit_query_weighted(const char *query)
{
	SPIPlanPtr	plan = prepare(psprintf("SELECT q.* FROM (\n%s\n) AS q LIMIT 0", query), 0, NULL);
	bool		weighted;

	if (SPI_execute_plan(plan, NULL, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run the query of a logistic regression: %s", SPI_result_code_string(SPI_result));
	require_columns(SPI_tuptable->tupdesc);
	weighted = SPI_tuptable->tupdesc->natts == 3;
	SPI_freetuptable(SPI_tuptable);
	return weighted;
}

SPIPlanPtr
cl_logit_query_plan(const char *select, const char *query, bool weighted, int n_parameters, Oid *types)
{
	return prepare(psprintf("SELECT %s FROM (\n%s\n) AS q (event, x%s)", select, query, weighted ? ", weight" : ""),
				   n_parameters, types);
}

/*
 * The query as the source of a fit. Column numbers of its answer:
 */
enum
{
	STEP_N = 1, STEP_N_SKIPPED, STEP_N_EVENT, STEP_LOGLIK, STEP_GRADIENT, STEP_INFORMATION
};

typedef struct RowQuery
{
	ClLogitSource source;
	SPIPlanPtr	plan;
	int64		n;
	int64		n_skipped;
	int64		n_event;
	double	   *center;			/* of all columns */
	double	   *scale;

	/* The answer to the last question, of all columns. */
	int			size;			/* terms + 1; 0 when there was no row that counts */
	double		loglik;
	double	   *gradient;
	double	   *information;
} RowQuery;

static SPIPlanPtr
plan_steps(const char *query)
{
	bool		weighted = cl_logit_query_weighted(query);
	Oid			types[3] = {FLOAT8ARRAYOID, FLOAT8ARRAYOID, FLOAT8ARRAYOID};
	const char *step = psprintf("(credit_limit.logit_newton_step(q.event, q.x, $1, %s, $2, $3))",
								weighted ? "(q.weight)::pg_catalog.float8" : "1::pg_catalog.float8");

	return cl_logit_query_plan(psprintf("%s AS r", step), query, weighted, 3, types);
}

static Datum
field(HeapTupleHeader row, int number, bool *isnull)
{
	return GetAttributeByNum(row, number, isnull);
}

/* A copy, since the answer goes with the next question. */
static double *
numbers(HeapTupleHeader row, int number, int n)
{
	bool		isnull;
	ArrayType  *array = DatumGetArrayTypeP(field(row, number, &isnull));
	double	   *copy = palloc_array(double, n);

	memcpy(copy, ARR_DATA_PTR(array), n * sizeof(double));
	return copy;
}

static int64
whole(HeapTupleHeader row, int number)
{
	bool		isnull;

	return DatumGetInt64(field(row, number, &isnull));
}

static void
forget_answer(RowQuery *query)
{
	if (query->gradient != NULL)
		pfree(query->gradient);
	if (query->information != NULL)
		pfree(query->information);
	query->gradient = query->information = NULL;
}

static void
take_answer(RowQuery *query, HeapTupleHeader row)
{
	bool		isnull;
	Datum		loglik = field(row, STEP_LOGLIK, &isnull);

	query->n = whole(row, STEP_N);
	query->n_skipped = whole(row, STEP_N_SKIPPED);
	query->n_event = whole(row, STEP_N_EVENT);
	query->size = 0;
	if (isnull)
		return;
	query->loglik = DatumGetFloat8(loglik);
	loglik = field(row, STEP_GRADIENT, &isnull);
	query->size = ARR_DIMS(DatumGetArrayTypeP(loglik))[0];
	query->gradient = numbers(row, STEP_GRADIENT, query->size);
	query->information = numbers(row, STEP_INFORMATION, query->size * query->size);
}

/* False when there are no rows at all. */
static bool
ask(RowQuery *query, const double *beta, int n)
{
	Datum		values[3];
	bool		isnull;
	Datum		row;

	values[0] = cl_float8_array_datum(beta, n);
	values[1] = cl_float8_array_datum(query->center, n > 0 ? n - 1 : 0);
	values[2] = cl_float8_array_datum(query->scale, n > 0 ? n - 1 : 0);
	if (SPI_execute_plan(query->plan, values, NULL, true, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not run the query of a logistic regression: %s", SPI_result_code_string(SPI_result));
	forget_answer(query);
	row = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
		take_answer(query, DatumGetHeapTupleHeader(row));
	SPI_freetuptable(SPI_tuptable);
	return !isnull;
}

/* The sums for some of the columns, from those for all: the others have coefficient 0. */
static double
evaluate(void *data, const ClLogitFrame *frame, const double *beta, double *gradient, double *information)
{
	RowQuery *query = data;
	int			n = frame->terms + 1;
	int			all = query->source.terms + 1;
	double	   *whole_beta = palloc0_array(double, all);

	whole_beta[0] = beta[0];
	for (int j = 1; j < n; j++)
		whole_beta[frame->column[j - 1] + 1] = beta[j];
	if (!ask(query, whole_beta, all) || query->size != all)
		elog(ERROR, "rows of the query of a logistic regression have gone");
	for (int j = 0; j < n; j++)
	{
		int			row = j == 0 ? 0 : frame->column[j - 1] + 1;

		gradient[j] = query->gradient[row];
		for (int k = 0; k < n; k++)
			information[j * n + k] = query->information[row * all + (k == 0 ? 0 : frame->column[k - 1] + 1)];
	}
	pfree(whole_beta);
	return query->loglik;
}

/*
 * The first scan is at coefficients 0 with columns as they are: each row has the same w, so the sums are those of a mean and a
 * variance. They need not be exact, since any center and scale will do. What the sums cannot tell from a constant is scaled by
 * its size, and left to the fit.
 */
static void
set_moments(RowQuery *query)
{
	int			all = query->size;
	double		weight = query->information[0];

	query->source.totals.weight = 4 * weight;
	query->source.totals.event_weight = query->gradient[0] + 2 * weight;
	query->center = palloc_array(double, all);
	query->scale = palloc_array(double, all);
	for (int j = 1; j < all; j++)
	{
		double		mean = query->information[j] / weight;
		double		square = query->information[j * all + j] / weight;
		double		variance = square - mean * mean;

		query->center[j - 1] = mean;
		query->scale[j - 1] = variance > 1e-12 * square ? sqrt(variance) : 1e-6 * sqrt(square);
	}
	query->source.center = query->center;
	query->source.scale = query->scale;
}

static void
fit_query(RowQuery *query, ClLogitSettings *settings, ClLogitFit *fit)
{
	ClMemory	memory = cl_memory_here();
	int			terms = query->size - 1;
	int		   *columns;

	if (query->size > 0)
		set_moments(query);
	else
		terms = Max(settings->n_names, 0);
	cl_logit_settings_fit(settings, terms);
	columns = palloc_array(int, terms + 1);
	for (int j = 0; j < terms; j++)
		columns[j] = j;
	query->source.data = query;
	query->source.terms = terms;
	query->source.evaluate = evaluate;
	cl_logit_fit(&query->source, &memory, &settings->options, columns, terms, NULL, fit);
}

static void
require_no_firth(const ClLogitSettings *settings)
{
	if (settings->options.penalty == CL_LOGIT_FIRTH)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Firth's penalty needs the rows in memory"),
				 errdetail("It depends on the leverage of each row, which the sums of a scan do not tell."),
				 errhint("Use the aggregate logistic_regression.")));
}

/* Arguments: query, options. */
Datum
cl_logistic_regression_fit(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Jsonb	   *options = PG_GETARG_JSONB_P_COPY(1);
	RowQuery query = {.n = 0};
	ClLogitSettings settings;
	ClLogitFit	fit;
	Datum		model;

	cl_logit_settings(options, false, &settings);
	require_no_firth(&settings);
	SPI_connect();
	query.plan = plan_steps(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (!ask(&query, NULL, 0))
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	fit_query(&query, &settings, &fit);
	MemoryContextSwitchTo(caller);
	model = cl_logit_model_of(&fit, &settings, query.n, query.n_skipped, query.n_event);
	SPI_finish();
	PG_RETURN_DATUM(model);
}
