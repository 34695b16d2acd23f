/*
 * logistic_stepwise.c
 *	  logit_stepwise: the rows of a query are read once, and terms are selected on them.
 */
#include "postgres.h"

#include <math.h>

#include "core/logistic_stepwise.h"
#include "pg/record.h"
#include "pg/weight.h"
#include "score/logistic_query.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_logit_stepwise_query);

#define FETCHED_ROWS 10000

typedef struct Stepwise
{
	ClLogitRows rows;
	int64		n_skipped;
	ClRowReader reader;
	int			terms;
	char	  **name;
	ClRecord	record;
	int			step;
} Stepwise;

/*
 * Rows
 */

static void
add_row(Stepwise *s, HeapTuple tuple, TupleDesc desc)
{
	bool		isnull[3] = {false, false, false};
	Datum		event = SPI_getbinval(tuple, desc, 1, &isnull[0]);
	Datum		x = SPI_getbinval(tuple, desc, 2, &isnull[1]);
	double		weight = s->rows.weighted ? DatumGetFloat8(SPI_getbinval(tuple, desc, 3, &isnull[2])) : 1;
	const double *value;

	if (isnull[0] || isnull[1] || isnull[2] || isnan(weight))
	{
		s->n_skipped++;
		return;
	}
	cl_weight_check(weight);
	value = cl_row_read_x(&s->reader, DatumGetArrayTypeP(x));
	if (s->reader.n != s->terms)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("x must have an element for each of terms"),
				 errdetail("Found %d elements; there are %d terms.", s->reader.n, s->terms),
				 errhint("terms names the elements of x, in their order.")));
	if (value == NULL)
		s->n_skipped++;
	else if (weight > 0)
		cl_logit_rows_add(&s->rows, value, DatumGetBool(event), weight);
}

static void
fetch_rows(Stepwise *s, const char *text)
{
	ClLogitQuery query;
	static const Oid types[] = {BOOLOID, InvalidOid, FLOAT8OID};
	SPIPlanPtr	plan;
	Portal		portal;
	ClMemory	memory = cl_memory_here();

	cl_logit_query_open(&query, text, NULL);
	plan = cl_query_prepare(psprintf("SELECT q.event, q.x%s FROM %s", query.weighted ? ", (q.weight)::pg_catalog.float8" : "",
									 cl_logit_query_rows(&query)), CL_LOGIT_QUERY, 0, NULL);
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, true);
	cl_logit_rows_init(&s->rows, &memory, query.weighted);
	s->rows.terms = s->terms;
	s->reader.context = CurrentMemoryContext;
	for (;;)
	{
		SPI_cursor_fetch(portal, true, FETCHED_ROWS);
		if (SPI_processed == 0)
			break;
		cl_query_require_types(SPI_tuptable->tupdesc, CL_LOGIT_QUERY, query.weighted ? 3 : 2, types);
		if (!OidIsValid(get_element_type(TupleDescAttr(SPI_tuptable->tupdesc, 1)->atttypid)))
			elog(ERROR, "x of %s is no array any more", CL_LOGIT_QUERY);
		for (uint64 i = 0; i < SPI_processed; i++)
			add_row(s, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
		SPI_freetuptable(SPI_tuptable);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_cursor_close(portal);
}

/*
 * Steps
 */

static Datum
selected_names(const Stepwise *s, const bool *in)
{
	Datum	   *name = palloc_array(Datum, s->terms + 1);
	int			n = 0;

	for (int j = 0; j < s->terms; j++)
	{
		if (in[j])
			name[n++] = CStringGetTextDatum(s->name[j]);
	}
	return PointerGetDatum(construct_array(name, n, TEXTOID, -1, false, TYPALIGN_INT));
}

static void
report(void *data, ClLogitAction action, int term, const ClLogitFit *fit, const bool *in)
{
	static const char *const actions[] = {"start", "add", "drop", "drop aliased"};
	Stepwise   *s = data;
	ClRecord   *record = &s->record;
	bool		any = fit->rank > 0;
	double		deviance = 0 - 2 * fit->loglik;

	cl_record_put_int32(record, s->step++);
	cl_record_put_text(record, actions[action]);
	cl_record_put_text(record, term < 0 ? NULL : s->name[term]);
	cl_record_put_int32(record, fit->rank);
	cl_record_put_float8(record, deviance);
	cl_record_put_float8(record, any ? deviance + 2 * fit->rank : NAN);
	cl_record_put_float8(record, any ? deviance + log(fit->totals.weight) * fit->rank : NAN);
	cl_record_put_text(record, cl_logit_status_names[fit->status]);
	cl_record_put_int64(record, s->rows.n);
	cl_record_put_int64(record, s->n_skipped);
	cl_record_put(record, selected_names(s, in));
	cl_record_next(record);
}

static char **
read_terms(ArrayType *array, int *n)
{
	Datum	   *value;
	bool	   *null;
	char	  **name;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &value, &null, n);
	name = palloc_array(char *, *n + 1);
	for (int j = 0; j < *n; j++)
	{
		bool		repeated = false;

		name[j] = null[j] ? NULL : TextDatumGetCString(value[j]);
		for (int k = 0; k < j && !null[j]; k++)
			repeated |= strcmp(name[j], name[k]) == 0;
		if (null[j] || repeated || *n > CL_MOST_TERMS)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("terms must be different names"),
					 errdetail("Element %d of %d is %s.", j + 1, *n, null[j] ? "NULL" : psprintf("\"%s\"", name[j])),
					 errhint("They name the elements of x, in their order; there may be %d.", CL_MOST_TERMS)));
	}
	return name;
}

static const bool *
forced_terms(const Stepwise *s, const ClLogitSettings *settings)
{
	bool	   *forced = palloc0_array(bool, s->terms + 1);

	for (int i = 0; i < settings->n_forced; i++)
	{
		bool		found = false;

		for (int j = 0; j < s->terms; j++)
		{
			if (strcmp(s->name[j], settings->forced[i]) == 0)
				found = forced[j] = true;
		}
		if (!found)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid options: force names what is no term"),
					 errdetail("Found \"%s\".", settings->forced[i]),
					 errhint("It is a list of elements of terms.")));
	}
	return forced;
}

static void
select_terms(Stepwise *s, const ClLogitSettings *settings)
{
	ClMemory	memory = cl_memory_here();
	ClLogitSearch search = {
		.options = &settings->options, .forced = forced_terms(s, settings),
		.may_add = settings->direction != CL_STEP_BACKWARD, .may_drop = settings->direction != CL_STEP_FORWARD,
		.start_with_all = settings->start < 0 ? settings->direction != CL_STEP_FORWARD : settings->start == 1,
		.by_bic = settings->by_bic, .max_steps = settings->max_steps
	};

	if (s->rows.n > 0)
		cl_logit_stepwise(&s->rows, &memory, &search, report, s);
}

/* Arguments: query, terms, options. */
Datum
cl_logit_stepwise_query(PG_FUNCTION_ARGS)
{
	Stepwise	s = {.n_skipped = 0};
	ClLogitSettings settings;

	cl_record_open_set(&s.record, fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	s.name = read_terms(PG_GETARG_ARRAYTYPE_P(1), &s.terms);
	cl_logit_settings(PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2), CL_LOGIT_STEPS, &settings);
	cl_logit_settings_fit(&settings, s.terms);
	SPI_connect();
	fetch_rows(&s, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	select_terms(&s, &settings);
	SPI_finish();
	PG_RETURN_NULL();
}
