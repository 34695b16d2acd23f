/*
 * tobit_table.c
 *	  What a tobit_model says: coefficients, summary, predictions.
 */
#include "postgres.h"

#include <math.h>

#include "core/distribution.h"
#include "pg/numeric.h"
#include "pg/record.h"
#include "usage/tobit.h"

PG_FUNCTION_INFO_V1(cl_tobit_table);
PG_FUNCTION_INFO_V1(cl_tobit_summary);
PG_FUNCTION_INFO_V1(cl_tobit_predict);

static void
put_row(ClRecord *record, const char *name, double estimate, double std_error, double reach)
{
	double		z = std_error > 0 ? estimate / std_error : NAN;

	cl_record_put_text(record, name);
	cl_record_put_float8(record, estimate);
	cl_record_put_float8(record, std_error);
	cl_record_put_float8(record, z);
	cl_record_put_float8(record, isnan(z) ? NAN : cl_normal_two_sided(z));
	cl_record_put_float8(record, estimate - reach * std_error);
	cl_record_put_float8(record, estimate + reach * std_error);
}

/* NaN where there is none. */
static double
log_sigma_error(const ClTobitModel *model)
{
	int			n = model->terms + 2;

	return model->covariance != NULL ? sqrt(model->covariance[n * n - 1]) : NAN;
}

Datum
cl_tobit_table(PG_FUNCTION_ARGS)
{
	static const char *const notes[] = {NULL, "aliased", "held", "separating", "bounded"};
	const ClTobitModel *model;
	const char **name;
	double		reach;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	model = cl_document_compiled(&tobit_model_document, PG_GETARG_DATUM(0));
	name = cl_model_names_argument(fcinfo, 1, model->term, model->terms);
	reach = cl_normal_quantile(0.5 + model->confidence / 2);
	for (int j = 0; j <= model->terms; j++)
	{
		put_row(&record, name[j], model->term[j].coefficient, model->term[j].std_error, reach);
		cl_record_put_text(&record, notes[model->term[j].note]);
		cl_record_next(&record);
	}
	put_row(&record, "Log(scale)", model->sigma > 0 ? log(model->sigma) : NAN, log_sigma_error(model), reach);
	cl_record_put_null(&record);
	cl_record_next(&record);
	PG_RETURN_NULL();
}

/* What there is to say beyond the status, in words; NULL when there is nothing. */
static const char *
message_of(const ClTobitModel *model)
{
	static const char *const message[] = {
		[CL_TOBIT_ONE_CLUSTER] = "All rows are of one cluster, which tells no standard errors.",
		[CL_TOBIT_MAX_ITERATIONS] = "The coefficients did not settle; raise max_iterations.",
		[CL_TOBIT_ALL_CENSORED] = "No row tells how y scatters: all are censored.",
		[CL_TOBIT_PERFECT_FIT] = "x explains y without scatter, so that sigma is 0 and the likelihood infinite."
	};
	StringInfoData out;

	initStringInfo(&out);
	if (model->n == 0)
		appendStringInfoString(&out, "No row counts.");
	else if (model->status < lengthof(message) && message[model->status] != NULL)
		appendStringInfoString(&out, message[model->status]);
	cl_model_list_terms(&out, model->term, model->terms, CL_TERM_SEPARATING,
						"Where these terms are not 0 all rows are censored at one side, and the coefficients are infinite: ");
	cl_model_list_terms(&out, model->term, model->terms, CL_TERM_ALIASED, "These terms depend on those before them: ");
	return out.len > 0 ? out.data : NULL;
}

static void
put_fit(ClRecord *record, const ClTobitModel *model)
{
	int			parameters = model->rank + 1;

	cl_record_put_int64(record, model->n);
	cl_record_put_int64(record, model->n_skipped);
	for (int i = 0; i < CL_TOBIT_KINDS; i++)
		cl_record_put_int64(record, model->of_kind[i]);
	cl_record_put_float8(record, model->weight);
	cl_record_put_if(record, model->clusters > 0, Int64GetDatum(model->clusters));
	cl_record_put_float8(record, model->sigma);
	cl_record_put_float8(record, model->sigma * log_sigma_error(model));
	cl_record_put_float8(record, model->loglik);
	cl_record_put_float8(record, 2 * parameters - 2 * model->loglik);
	cl_record_put_float8(record, log(model->weight) * parameters - 2 * model->loglik);
	cl_record_put_int32(record, model->rank);
	cl_record_put_int32(record, model->iterations);
	cl_record_put_float8(record, model->condition);
	cl_record_put_text(record, cl_tobit_status_names[model->status]);
	cl_record_put_text(record, message_of(model));
}

Datum
cl_tobit_summary(PG_FUNCTION_ARGS)
{
	const ClTobitModel *model = cl_document_compiled(&tobit_model_document, PG_GETARG_DATUM(0));
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	if (model->fitted)
		put_fit(&record, model);
	while (record.columns < record.desc->natts)
		cl_record_put_null(&record);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * Predictions. With loss(z) = E[max(0, Z + z)], E[max(y, a)] is a + sigma loss((mean - a) / sigma), and E[max(y - b, 0)] is sigma
 * loss((mean - b) / sigma).
 */

static double
bound_argument(FunctionCallInfo fcinfo, int argno)
{
	double		bound = PG_ARGISNULL(argno) ? NAN : PG_GETARG_FLOAT8(argno);

	if (!PG_ARGISNULL(argno) && !isfinite(bound))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bound of a prediction must be a finite number"),
				 errdetail("Found %s.", cl_float8_string(bound)),
				 errhint("NULL is no bound.")));
	return bound;
}

Datum
cl_tobit_predict(PG_FUNCTION_ARGS)
{
	const ClTobitModel *model;
	double		low;
	double		high;
	double		mean;
	double		value;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	model = cl_document_use(fcinfo, 0, &tobit_model_document)->compiled;
	mean = cl_model_linear(model->term, model->slope, model->terms, PG_GETARG_DATUM(1));
	low = bound_argument(fcinfo, 2);
	high = bound_argument(fcinfo, 3);
	if (low > high)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("lower must not be above upper"),
				 errdetail("Found %s and %s.", cl_float8_string(low), cl_float8_string(high)),
				 errhint("They are the least and the greatest y that can be seen.")));
	if (!isfinite(mean))
		PG_RETURN_NULL();
	value = mean;
	if (model->sigma == 0)
	{
		value = isnan(low) ? value : Max(value, low);
		value = isnan(high) ? value : Min(value, high);
	}
	else
	{
		if (!isnan(low))
			value = low + model->sigma * cl_normal_loss((mean - low) / model->sigma);
		if (!isnan(high))
			value -= model->sigma * cl_normal_loss((mean - high) / model->sigma);
	}
	if (!isfinite(value))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(value);
}
