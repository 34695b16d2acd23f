/*
 * logistic_table.c
 *	  What a logit_model says: coefficients, summary, predictions.
 */
#include "postgres.h"

#include <math.h>

#include "core/distribution.h"
#include "core/logistic_line.h"
#include "core/logistic_solve.h"
#include "pg/record.h"
#include "score/logistic.h"

PG_FUNCTION_INFO_V1(cl_logit_coefficients);
PG_FUNCTION_INFO_V1(cl_logit_summary);
PG_FUNCTION_INFO_V1(cl_logit_predict);
PG_FUNCTION_INFO_V1(cl_logit_link);

/*
 * Coefficients
 */

/*
 * Variance inflation factors: the diagonal of the inverse of the correlations of the estimates, without the intercept (Fox and
 * Monette 1992, Journal of the American Statistical Association 87, 178). NaN for a term that was not estimated.
 */
static double *
inflation(const ClLogitModel *model)
{
	int			all = model->terms + 1;
	int		   *term = palloc_array(int, all);
	double	   *vif = palloc_array(double, all);
	double	   *matrix;
	double	   *triangle;
	int			n = 0;

	for (int j = 0; j < all; j++)
	{
		vif[j] = NAN;
		if (j > 0 && model->covariance != NULL && !model->robust && model->covariance[j * all + j] > 0 &&
			isfinite(model->covariance[j * all + j]))
			term[n++] = j;
	}
	matrix = palloc_array(double, n * n + 1);
	triangle = palloc_array(double, n * n + 1);
	for (int i = 0; i < n * n; i++)
	{
		int			j = term[i / n];
		int			k = term[i % n];

		matrix[i] = model->covariance[j * all + k] / sqrt(model->covariance[j * all + j]) /
			sqrt(model->covariance[k * all + k]);
	}
	if (!cl_cholesky(n, matrix, triangle))
		return vif;
	cl_triangle_inverse(n, triangle, matrix);
	for (int i = 0; i < n; i++)
	{
		vif[term[i]] = 0;
		for (int k = i; k < n; k++)
			vif[term[i]] += matrix[i * n + k] * matrix[i * n + k];
	}
	return vif;
}

Datum
cl_logit_coefficients(PG_FUNCTION_ARGS)
{
	static const char *const notes[] = {NULL, "aliased", "held at 0 by its sign", "separating",
	"held at max_coefficient"};
	const ClLogitModel *model;
	const char **name;
	double		reach;
	double	   *vif;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	model = cl_document_compiled(&logit_model_document, PG_GETARG_DATUM(0));
	name = cl_model_names_argument(fcinfo, 1, model->term, model->terms);
	reach = cl_normal_quantile(0.5 + model->confidence / 2);
	vif = inflation(model);
	for (int j = 0; j <= model->terms; j++)
	{
		double		estimate = model->term[j].coefficient;
		double		std_error = model->term[j].std_error;
		double		z = std_error > 0 ? estimate / std_error : NAN;

		cl_record_put_text(&record, name[j]);
		cl_record_put_float8(&record, estimate);
		cl_record_put_float8(&record, std_error);
		cl_record_put_float8(&record, z);
		cl_record_put_float8(&record, isnan(z) ? NAN : cl_normal_two_sided(z));
		cl_record_put_float8(&record, estimate - reach * std_error);
		cl_record_put_float8(&record, estimate + reach * std_error);
		cl_record_put_float8(&record, exp(estimate));
		cl_record_put_bool(&record, model->term[j].note == CL_TERM_ALIASED);
		cl_record_put_text(&record, notes[model->term[j].note]);
		cl_record_put_float8(&record, vif[j]);
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}

/*
 * Summary
 */

/* What there is to say beyond the status, in words; NULL when there is nothing. */
static const char *
message_of(const ClLogitModel *model)
{
	StringInfoData out;

	initStringInfo(&out);
	if (model->status == CL_LOGIT_ONE_CLASS)
		appendStringInfoString(&out, model->n == 0 ? "No row counts." : "All rows have the same outcome.");
	if (model->status == CL_LOGIT_MAX_ITERATIONS)
		appendStringInfoString(&out, "The coefficients did not settle; raise max_iterations, or use a penalty.");
	cl_model_list_terms(&out, model->term, model->terms, CL_TERM_SEPARATING, model->status == CL_LOGIT_SEPARATION ?
				 "Events and non-events are told apart completely, and the coefficients of these terms are infinite: " :
				 "Some rows are told apart completely, and the coefficients of these terms are infinite: ");
	if (out.len > 0 && (model->status == CL_LOGIT_SEPARATION || model->status == CL_LOGIT_QUASI_SEPARATION))
		appendStringInfoString(&out, " Use the penalty firth or l2, or merge bins.");
	cl_model_list_terms(&out, model->term, model->terms, CL_TERM_ALIASED, "These terms depend on those before them: ");
	cl_model_list_terms(&out, model->term, model->terms, CL_TERM_HELD, "These terms are held at 0 by their sign: ");
	cl_model_list_terms(&out, model->term, model->terms, CL_TERM_AT_BOUND, "These terms are held at max_coefficient: ");
	return out.len > 0 ? out.data : NULL;
}

static void
put_likelihood(ClRecord *record, const ClLogitModel *model)
{
	double		deviance = 0 - 2 * model->loglik;

	cl_record_put_float8(record, model->loglik);
	cl_record_put_float8(record, 0 - 2 * model->null_loglik);
	cl_record_put_float8(record, deviance);
	cl_record_put_float8(record, model->rank > 0 ? deviance + 2 * model->rank : NAN);
	cl_record_put_float8(record, model->rank > 0 ? deviance + log(model->totals.weight) * model->rank : NAN);
}

static void
put_comparison(ClRecord *record, const ClLogitModel *model)
{
	double		chi2 = model->rank > 0 ? 2 * (model->loglik - model->null_loglik) : NAN;
	int			df = model->rank - 1;

	if (model->rank > 0)
		cl_record_put_float8(record, model->totals.weight - model->rank);
	else
		cl_record_put_null(record);
	cl_record_put_float8(record, model->null_loglik < 0 ? 1 - model->loglik / model->null_loglik : NAN);
	cl_record_put_float8(record, chi2);
	if (model->rank > 0)
		cl_record_put_int32(record, df);
	else
		cl_record_put_null(record);
	cl_record_put_float8(record, df > 0 ? cl_chi2_upper(Max(chi2, 0), df) : NAN);
}

static void
put_fit(ClRecord *record, const ClLogitModel *model)
{
	cl_record_put_int64(record, model->n);
	cl_record_put_int64(record, model->n_skipped);
	cl_record_put_int64(record, model->n_event);
	put_likelihood(record, model);
	cl_record_put_int32(record, model->iterations);
	cl_record_put_float8(record, model->condition);
	cl_record_put_text(record, cl_logit_status_names[model->status]);
	cl_record_put_text(record, message_of(model));
	cl_record_put_float8(record, model->totals.weight);
	cl_record_put_float8(record, model->totals.event_weight);
	cl_record_put_int32(record, model->rank);
	put_comparison(record, model);
	cl_record_put_text(record, cl_logit_penalty_names[model->penalty]);
	cl_record_put_float8(record, model->penalty == CL_LOGIT_L2 ? model->lambda : NAN);
	cl_record_put_float8(record, model->rank > 0 ? expm1(2 * (model->null_loglik - model->loglik) / model->totals.weight) /
						 expm1(2 * model->null_loglik / model->totals.weight) : NAN);
	cl_record_put_bool(record, model->robust);
}

Datum
cl_logit_summary(PG_FUNCTION_ARGS)
{
	const ClLogitModel *model = cl_document_compiled(&logit_model_document, PG_GETARG_DATUM(0));
	ClRecord	record;

	cl_record_open(&record, fcinfo);
	if (model->fitted)
		put_fit(&record, model);
	while (record.columns < record.desc->natts)
		cl_record_put_null(&record);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/*
 * Predictions
 */

static double
linear_predictor(FunctionCallInfo fcinfo)
{
	const ClLogitModel *model = cl_document_use(fcinfo, 0, &logit_model_document)->compiled;

	return cl_model_linear(model->term, model->slope, model->terms, PG_GETARG_DATUM(1));
}

Datum
cl_logit_predict(PG_FUNCTION_ARGS)
{
	double		linear = linear_predictor(fcinfo);

	if (!isfinite(linear))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(cl_expit(linear));
}

Datum
cl_logit_link(PG_FUNCTION_ARGS)
{
	double		linear = linear_predictor(fcinfo);

	if (!isfinite(linear))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(linear);
}
