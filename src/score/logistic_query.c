/*
 * logistic_query.c
 *	  logistic_regression_fit: a logistic regression that keeps no rows, and runs a query for each step.
 *
 * The query is the caller's: it runs with his rights and sees his search_path, while the names that are added here are
 * qualified. All scans see the same snapshot, that of the calling statement.
 */
#include "postgres.h"

#include <math.h>

#include "pg/regression_row.h"
#include "pg/shards.h"
#include "score/logistic_query.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
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

enum
{
	COLUMN_EVENT, COLUMN_X, COLUMN_WEIGHT, MOST_COLUMNS
};

static const char *const column_names[MOST_COLUMNS] = {"event", "x", "weight"};

void
cl_logit_query_open(ClLogitQuery *query, const char *text, const char *shard)
{
	TupleDesc	desc;
	const char *names[MOST_COLUMNS];
	int			place[MOST_COLUMNS];
	bool		by_name;
	Oid			event;
	Oid			x;

	if (shard != NULL && strstr(text, CL_SHARD) == NULL)
		wrong_query("With shards it must read from \"" CL_SHARD "\", which stands for each of them.");
	query->shard = shard == NULL ? "" : cl_shard_with(shard);
	if (shard != NULL)
		text = cl_query_one_select(text, CL_LOGIT_QUERY);
	cl_query_open(&query->query, shard == NULL ? text : psprintf("%sSELECT * FROM (\n%s\n) AS q", query->shard, text),
				  CL_LOGIT_QUERY);
	if (shard != NULL)
		query->query.text = pstrdup(text);
	desc = query->query.desc;
	if (desc->natts < 2 || desc->natts > MOST_COLUMNS)
		wrong_query(psprintf("It returns %d columns.", desc->natts));
	query->weighted = desc->natts == MOST_COLUMNS;
	by_name = cl_query_column(desc, "event") >= 0 && cl_query_column(desc, "x") >= 0;
	for (int i = 0; i < desc->natts; i++)
	{
		place[i] = by_name ? cl_query_column(desc, column_names[i]) : i;
		if (place[i] < 0)
			wrong_query("It has three columns, and none is called weight.");
		names[place[i]] = column_names[i];
	}
	event = TupleDescAttr(desc, place[COLUMN_EVENT])->atttypid;
	if (event != BOOLOID)
		wrong_query(psprintf("Its column event is of type %s; it must be boolean.", format_type_be(event)));
	x = TupleDescAttr(desc, place[COLUMN_X])->atttypid;
	if (!OidIsValid(get_element_type(x)))
		wrong_query(psprintf("Its column x is of type %s; it must be an array of numbers.", format_type_be(x)));
	query->columns = psprintf("%s, %s%s%s", names[0], names[1], query->weighted ? ", " : "", query->weighted ? names[2] : "");
}

char *
cl_logit_query_rows(const ClLogitQuery *query)
{
	return psprintf("(\n%s\n) AS q (%s)", query->query.text, query->columns);
}

/*
 * The query as the source of a fit. Column numbers of its answer:
 */
enum
{
	STEP_N, STEP_N_SKIPPED, STEP_N_EVENT, STEP_CHECKSUM, STEP_LOGLIK, STEP_GRADIENT, STEP_INFORMATION, STEP_COLUMNS
};

static const Oid step_types[STEP_COLUMNS] = {INT8OID, INT8OID, INT8OID, INT8OID, FLOAT8OID, FLOAT8ARRAYOID, FLOAT8ARRAYOID};

typedef struct RowQuery
{
	ClLogitSource source;
	SPIPlanPtr	plan;
	int64		rows[STEP_LOGLIK];	/* counts and checksum of the first scan: those of every scan */
	bool		scanned;
	double	   *center;			/* of all columns */
	double	   *scale;

	/* The answer to the last question, of all columns. */
	int			size;			/* terms + 1; 0 when there was no row that counts */
	double		loglik;
	double	   *gradient;
	double	   *information;
} RowQuery;

/* The answers of shards come in their order, so that sums do not depend on who answers first. */
static SPIPlanPtr
plan_steps(const char *text, char **shards, int n_shards)
{
	Oid			types[3] = {FLOAT8ARRAYOID, FLOAT8ARRAYOID, FLOAT8ARRAYOID};
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT (u.r).n, (u.r).n_skipped, (u.r).n_event, (u.r).checksum, (u.r).loglik, "
						   "(u.r).gradient, (u.r).information FROM (");
	for (int i = 0; i < n_shards; i++)
	{
		ClLogitQuery query;

		cl_logit_query_open(&query, text, shards == NULL ? NULL : shards[i]);
		appendStringInfo(&sql, "%s(%sSELECT credit_limit.logit_newton_step(q.event, q.x, $1, %s, $2, $3) AS r, %d AS shard "
						 "FROM %s)", i > 0 ? "\nUNION ALL " : "", query.shard,
						 query.weighted ? "(q.weight)::pg_catalog.float8" : "1::pg_catalog.float8", i,
						 cl_logit_query_rows(&query));
	}
	appendStringInfoString(&sql, ") AS u ORDER BY u.shard");
	return cl_query_prepare(sql.data, CL_LOGIT_QUERY, 3, types);
}

/* Numbers of an answer, added to those of the answers before it. */
static void
add_numbers(double **sum, Datum value, int n)
{
	const double *number = (const double *) ARR_DATA_PTR(DatumGetArrayTypeP(value));

	if (*sum == NULL)
		*sum = palloc0_array(double, n);
	for (int i = 0; i < n; i++)
		(*sum)[i] += number[i];
}

/* Adds up what each shard answers; the answers go with the next question. False when there are no rows at all. */
static bool
add_answers(RowQuery *query, int64 *rows)
{
	bool		found = false;

	query->size = 0;
	query->loglik = 0;
	query->gradient = query->information = NULL;
	memset(rows, 0, STEP_LOGLIK * sizeof(int64));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		answer[STEP_COLUMNS];
		bool		isnull[STEP_COLUMNS];
		int			terms = query->size - 1;

		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, answer, isnull);
		if (isnull[STEP_N])
			continue;
		found = true;
		for (int j = STEP_N; j < STEP_CHECKSUM; j++)
			rows[j] += DatumGetInt64(answer[j]);
		rows[STEP_CHECKSUM] = (int64) ((uint64) rows[STEP_CHECKSUM] + (uint64) DatumGetInt64(answer[STEP_CHECKSUM]));
		if (isnull[STEP_LOGLIK])
			continue;
		query->size = ARR_DIMS(DatumGetArrayTypeP(answer[STEP_GRADIENT]))[0];
		cl_row_require_terms(&terms, query->size - 1);
		query->loglik += DatumGetFloat8(answer[STEP_LOGLIK]);
		add_numbers(&query->gradient, answer[STEP_GRADIENT], query->size);
		add_numbers(&query->information, answer[STEP_INFORMATION], query->size * query->size);
	}
	return found;
}

/* The first scan says which rows there are; every other must see the same. */
static void
take_rows(RowQuery *query, const int64 *seen)
{
	if (query->scanned && memcmp(seen, query->rows, sizeof(query->rows)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the rows of a logistic regression changed while it was fitted"),
				 errdetail("Two scans of the query did not see the same rows."),
				 errhint("Make a table of them first.")));
	memcpy(query->rows, seen, sizeof(query->rows));
	query->scanned = true;
}

/* False when there are no rows at all. */
static bool
ask(RowQuery *query, const double *beta, int n)
{
	Datum		values[3];
	int64		rows[STEP_LOGLIK];
	bool		found;

	values[0] = cl_float8_array_datum(beta, n);
	values[1] = cl_float8_array_datum(query->center, n > 0 ? n - 1 : 0);
	values[2] = cl_float8_array_datum(query->scale, n > 0 ? n - 1 : 0);
	cl_query_execute(query->plan, CL_LOGIT_QUERY, values, STEP_COLUMNS, step_types);
	if (query->gradient != NULL)
		pfree(query->gradient);
	if (query->information != NULL)
		pfree(query->information);
	found = add_answers(query, rows);
	if (found)
		take_rows(query, rows);
	SPI_freetuptable(SPI_tuptable);
	return found;
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

/* Squares of tiny numbers are lost to 0, or nearly: a scan more looks at them in units of 2^-600. */
static void
enlarge_tiny(RowQuery *query)
{
	int			all = query->size;
	double		weight = query->information[0];
	bool		tiny = false;

	query->center = palloc0_array(double, all);
	query->scale = palloc_array(double, all);
	for (int j = 1; j < all; j++)
	{
		query->scale[j - 1] = query->information[j * all + j] / weight < 1e-200 ? ldexp(1, -600) : 1;
		tiny |= query->scale[j - 1] < 1;
	}
	if (tiny)
		(void) ask(query, palloc0_array(double, all), all);
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
	double	   *scale = palloc_array(double, all);

	query->source.totals.weight = 4 * weight;
	query->source.totals.event_weight = query->gradient[0] + 2 * weight;
	for (int j = 1; j < all; j++)
	{
		double		mean = query->information[j] / weight;
		double		square = query->information[j * all + j] / weight;
		double		variance = square - mean * mean;

		query->center[j - 1] = mean * query->scale[j - 1];
		scale[j - 1] = query->scale[j - 1] * (variance > 1e-12 * square ? sqrt(variance) : 1e-6 * sqrt(square));
		if (!(scale[j - 1] > CL_LOGIT_LEAST_SPREAD))
			scale[j - 1] = 0;
		/* A column without a spread takes no part, but every question says how to scale it. */
		query->scale[j - 1] = scale[j - 1] > 0 ? scale[j - 1] : 1;
	}
	query->source.center = query->center;
	query->source.scale = scale;
}

static void
fit_query(RowQuery *query, ClLogitSettings *settings, ClLogitFit *fit)
{
	ClMemory	memory = cl_memory_here();
	int			terms = query->size - 1;
	int		   *columns;

	if (query->size > 0)
	{
		enlarge_tiny(query);
		set_moments(query);
	}
	else
		terms = Max(settings->names.n, 0);
	cl_logit_settings_fit(settings, terms);
	columns = palloc_array(int, terms + 1);
	for (int j = 0; j < terms; j++)
		columns[j] = j;
	query->source.data = query;
	query->source.terms = terms;
	query->source.evaluate = evaluate;
	cl_logit_fit(&query->source, &memory, &settings->options, columns, terms, NULL, fit);
}

/* Arguments: query, options. */
Datum
cl_logistic_regression_fit(PG_FUNCTION_ARGS)
{
	MemoryContext caller = CurrentMemoryContext;
	Jsonb	   *options = PG_GETARG_JSONB_P_COPY(1);
	RowQuery query = {.scanned = false};
	char	  **shards = NULL;
	int			n_shards = 1;
	ClJson		node;
	ClLogitSettings settings;
	ClLogitFit	fit;
	Datum		model;

	cl_logit_settings(options, CL_LOGIT_PASSES, &settings);
	if (settings.options.penalty == CL_LOGIT_FIRTH)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("Firth's penalty needs the rows in memory"),
				 errdetail("It depends on the leverage of each row, which the sums of a scan do not tell."),
				 errhint("Use the aggregate logistic_regression.")));
	if (settings.options.robust)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("robust standard errors need the rows in memory"),
				 errdetail("They depend on the residual of each row, which the sums of a scan do not tell."),
				 errhint("Use the aggregate logistic_regression.")));
	SPI_connect();
	if (cl_json_get(&settings.root, "shards", &node))
		shards = cl_shards(&node, &n_shards);
	query.plan = plan_steps(text_to_cstring(PG_GETARG_TEXT_PP(0)), shards, n_shards);
	if (!ask(&query, NULL, 0))
	{
		SPI_finish();
		PG_RETURN_NULL();
	}
	fit_query(&query, &settings, &fit);
	MemoryContextSwitchTo(caller);
	model = cl_logit_model_of(&fit, &settings, query.rows[STEP_N], query.rows[STEP_N_SKIPPED],
							  query.rows[STEP_N_EVENT]);
	SPI_finish();
	PG_RETURN_DATUM(model);
}
