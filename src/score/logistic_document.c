/*
 * logistic_document.c
 *	  The type logit_model: JSON to model, model to canonical JSON.
 *
 *		{"intercept": -6.4, "terms": [{"name": "anxiety", "coefficient": 0.12}], "confidence": 0.95,
 *		 "fit": {"status": "converged", "n": 20, ...}, "covariance": [[10.3], [-0.17, 0.003]]}
 *
 * Only intercept and terms are needed, so that a model from elsewhere can be written down.
 */
#include "postgres.h"

#include <math.h>

#include "score/logistic.h"

const char *const cl_logit_status_names[] = {"converged", "max_iterations", "separation", "quasi_separation",
"rank_deficient", "one_class", "bounded", NULL};
const char *const cl_logit_penalty_names[] = {"none", "l2", "firth", NULL};
/*
 * Reading
 */

static void
read_fit(ClLogitModel *model, const ClJson *root)
{
	static const char *const keys[] = {"status", "penalty", "lambda", "standardize", "robust", "n", "n_skipped", "n_event",
		"weight",
	"event_weight", "loglik", "null_loglik", "n_coefficients", "iterations", "condition_number", NULL};
	ClJson		node;
	ClJson		child;

	model->fitted = cl_json_get(root, "fit", &node);
	if (!model->fitted)
		return;
	cl_json_object(&node, keys);
	cl_json_require(&node, "status", &child);
	model->status = cl_json_choice(&child, cl_logit_status_names);
	model->penalty = cl_json_get(&node, "penalty", &child) ? cl_json_choice(&child, cl_logit_penalty_names) : CL_LOGIT_NONE;
	model->lambda = cl_model_optional(&node, "lambda", 0, CL_MODEL_ANY_NUMBER, 0);
	model->standardize = cl_json_get(&node, "standardize", &child) && cl_json_bool(&child);
	model->robust = cl_json_get(&node, "robust", &child) && cl_json_bool(&child);
	model->n = cl_model_count(&node, "n", PG_INT64_MAX);
	model->n_skipped = cl_model_count(&node, "n_skipped", PG_INT64_MAX);
	model->n_event = cl_model_count(&node, "n_event", model->n);
	model->totals.weight = cl_model_number(&node, "weight", 0, CL_MODEL_ANY_NUMBER);
	model->totals.event_weight = cl_model_number(&node, "event_weight", 0, model->totals.weight);
	model->loglik = cl_model_optional(&node, "loglik", -CL_MODEL_ANY_NUMBER, 0, NAN);
	model->null_loglik = cl_model_optional(&node, "null_loglik", -CL_MODEL_ANY_NUMBER, 0, NAN);
	cl_json_require(&node, "n_coefficients", &child);
	model->rank = cl_json_int(&child, 0, model->terms + 1);
	model->iterations = (int) cl_model_count(&node, "iterations", PG_INT32_MAX);
	model->condition = cl_model_optional(&node, "condition_number", 1, CL_MODEL_ANY_NUMBER, NAN);
}

static void *
compile(const ClJson *root)
{
	static const char *const keys[] = {"intercept", "terms", "confidence", "fit", "covariance", NULL};
	ClLogitModel *model = palloc0_object(ClLogitModel);

	cl_json_object(root, keys);
	model->term = cl_model_terms(root, &model->terms);
	model->confidence = cl_model_confidence(root);
	read_fit(model, root);
	model->covariance = cl_model_covariance(root, model->terms + 1);
	for (int j = 0; j <= model->terms && model->covariance != NULL; j++)
	{
		if (isnan(model->term[j].std_error) && model->term[j].note == CL_TERM_ESTIMATED)
			model->term[j].std_error = sqrt(model->covariance[j * (model->terms + 1) + j]);
	}
	model->slope = cl_model_slope(model->term, model->terms);
	return model;
}

/*
 * Writing
 */

static void
put_fit(StringInfo out, const ClLogitModel *model)
{
	appendStringInfo(out, ", \"fit\": {\"status\": \"%s\"", cl_logit_status_names[model->status]);
	if (model->penalty != CL_LOGIT_NONE)
		appendStringInfo(out, ", \"penalty\": \"%s\"", cl_logit_penalty_names[model->penalty]);
	if (model->penalty == CL_LOGIT_L2)
	{
		cl_model_put_named(out, "lambda", model->lambda);
		appendStringInfo(out, ", \"standardize\": %s", model->standardize ? "true" : "false");
	}
	if (model->robust)
		appendStringInfoString(out, ", \"robust\": true");
	appendStringInfo(out, ", \"n\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT ", \"n_event\": " INT64_FORMAT,
					 model->n, model->n_skipped, model->n_event);
	cl_model_put_named(out, "weight", model->totals.weight);
	cl_model_put_named(out, "event_weight", model->totals.event_weight);
	cl_model_put_named(out, "loglik", model->loglik);
	cl_model_put_named(out, "null_loglik", model->null_loglik);
	appendStringInfo(out, ", \"n_coefficients\": %d, \"iterations\": %d", model->rank, model->iterations);
	cl_model_put_named(out, "condition_number", model->condition);
	appendStringInfoChar(out, '}');
}

static void
print(StringInfo out, const void *compiled)
{
	const ClLogitModel *model = compiled;

	cl_model_put_terms(out, model->term, model->terms, model->covariance, model->terms + 1);
	cl_model_put_named(out, "confidence", model->confidence);
	if (model->fitted)
		put_fit(out, model);
	if (model->covariance != NULL)
		cl_model_put_covariance(out, model->covariance, model->terms + 1);
	appendStringInfoChar(out, '}');
}

const ClDocument logit_model_document = {"logit_model", compile, print};

/*
 * cl_logit_model_in, cl_logit_model_out, cl_logit_model_recv, cl_logit_model_send, cl_logit_model_from_jsonb,
 * cl_logit_model_to_jsonb
 */
CL_DOCUMENT_FUNCTIONS(logit_model)

/*
 * The model of a fit
 */

Datum
cl_logit_model_of(const ClLogitFit *fit, const ClLogitSettings *settings, int64 n, int64 n_skipped, int64 n_event)
{
	ClLogitModel model = {
		.terms = fit->terms, .confidence = settings->confidence, .fitted = true, .status = fit->status,
		.penalty = settings->options.penalty, .lambda = settings->options.lambda, .standardize = settings->options.standardize,
		.robust = settings->options.robust,
		.n = n, .n_skipped = n_skipped, .n_event = n_event, .totals = fit->totals, .loglik = Min(fit->loglik, 0),
		.null_loglik = fit->null_loglik, .condition = fit->condition, .rank = fit->rank, .iterations = fit->iterations
	};

	model.term = palloc0_array(ClModelTerm, fit->terms + 1);
	for (int j = 0; j <= fit->terms; j++)
	{
		model.term[j].name = j == 0 ? CL_INTERCEPT_NAME : cl_model_term_name(&settings->names, j - 1);
		model.term[j].coefficient = fit->term[j].coefficient;
		model.term[j].std_error = fit->term[j].std_error;
		model.term[j].note = fit->term[j].aliased ? CL_TERM_ALIASED : fit->term[j].held ? CL_TERM_HELD :
			fit->term[j].bounded ? CL_TERM_AT_BOUND : fit->term[j].separating ? CL_TERM_SEPARATING : CL_TERM_ESTIMATED;
	}
	model.covariance = !isnan(fit->covariance[0]) ? fit->covariance : NULL;
	return cl_document_datum(&logit_model_document, &model);
}
