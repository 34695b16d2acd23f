/*
 * tobit_document.c
 *	  The type tobit_model: JSON to model, model to canonical JSON.
 *
 *		{"intercept": 15.1, "terms": [{"name": "age", "coefficient": -0.13}], "sigma": 5.57, "confidence": 0.95,
 *		 "fit": {"status": "converged", "n": 20, ...}, "covariance": [[...], ...]}
 *
 * Only intercept, terms and sigma are needed, so that a model from elsewhere can be written down. The last row of the covariance
 * is that of log(sigma).
 */
#include "postgres.h"

#include <math.h>

#include "usage/tobit.h"

const char *const cl_tobit_status_names[] = {"converged", "rank_deficient", "one_cluster", "max_iterations", "separation",
"all_censored", "perfect_fit", NULL};
static const char *const kind_keys[CL_TOBIT_KINDS] = {"n_exact", "n_left", "n_right", "n_interval"};

static void
read_fit(ClTobitModel *model, const ClJson *root)
{
	static const char *const keys[] = {"status", "n", "n_skipped", "n_exact", "n_left", "n_right", "n_interval", "clusters",
	"weight", "loglik", "n_coefficients", "iterations", "condition_number", NULL};
	ClJson		node;
	ClJson		child;

	model->fitted = cl_json_get(root, "fit", &node);
	if (!model->fitted)
		return;
	cl_json_object(&node, keys);
	cl_json_require(&node, "status", &child);
	model->status = cl_json_choice(&child, cl_tobit_status_names);
	model->n_skipped = cl_model_count(&node, "n_skipped", PG_INT64_MAX);
	model->n = cl_model_count(&node, "n", PG_INT64_MAX);
	for (int i = 0; i < CL_TOBIT_KINDS; i++)
		model->of_kind[i] = cl_model_count(&node, kind_keys[i], model->n);
	if (cl_json_get(&node, "clusters", &child))
		model->clusters = cl_json_decimal(&child, 0, 1, model->n);
	model->weight = cl_model_number(&node, "weight", 0, CL_MODEL_ANY_NUMBER);
	model->loglik = cl_model_optional(&node, "loglik", -CL_MODEL_ANY_NUMBER, CL_MODEL_ANY_NUMBER, NAN);
	cl_json_require(&node, "n_coefficients", &child);
	model->rank = cl_json_int(&child, 0, model->terms + 1);
	model->iterations = (int) cl_model_count(&node, "iterations", PG_INT32_MAX);
	model->condition = cl_model_optional(&node, "condition_number", 1, CL_MODEL_ANY_NUMBER, NAN);
}

static void *
compile(const ClJson *root)
{
	static const char *const keys[] = {"intercept", "terms", "sigma", "confidence", "fit", "covariance", NULL};
	ClTobitModel *model = palloc0_object(ClTobitModel);

	cl_json_object(root, keys);
	model->term = cl_model_terms(root, &model->terms);
	model->sigma = cl_model_optional(root, "sigma", 0, CL_MODEL_ANY_NUMBER, NAN);
	model->confidence = cl_model_confidence(root);
	read_fit(model, root);
	model->covariance = cl_model_covariance(root, model->terms + 2);
	for (int j = 0; j <= model->terms && model->covariance != NULL; j++)
	{
		if (isnan(model->term[j].std_error) && model->term[j].note == CL_TERM_ESTIMATED)
			model->term[j].std_error = sqrt(model->covariance[j * (model->terms + 2) + j]);
	}
	model->slope = cl_model_slope(model->term, model->terms);
	return model;
}

static void
put_fit(StringInfo out, const ClTobitModel *model)
{
	appendStringInfo(out, ", \"fit\": {\"status\": \"%s\", \"n\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT,
					 cl_tobit_status_names[model->status], model->n, model->n_skipped);
	for (int i = 0; i < CL_TOBIT_KINDS; i++)
		appendStringInfo(out, ", \"%s\": " INT64_FORMAT, kind_keys[i], model->of_kind[i]);
	if (model->clusters > 0)
		appendStringInfo(out, ", \"clusters\": " INT64_FORMAT, model->clusters);
	cl_model_put_named(out, "weight", model->weight);
	cl_model_put_named(out, "loglik", model->loglik);
	appendStringInfo(out, ", \"n_coefficients\": %d, \"iterations\": %d", model->rank, model->iterations);
	cl_model_put_named(out, "condition_number", model->condition);
	appendStringInfoChar(out, '}');
}

static void
print(StringInfo out, const void *compiled)
{
	const ClTobitModel *model = compiled;

	cl_model_put_terms(out, model->term, model->terms, model->covariance, model->terms + 2);
	cl_model_put_named(out, "sigma", model->sigma);
	cl_model_put_named(out, "confidence", model->confidence);
	if (model->fitted)
		put_fit(out, model);
	if (model->covariance != NULL)
		cl_model_put_covariance(out, model->covariance, model->terms + 2);
	appendStringInfoChar(out, '}');
}

const ClDocument tobit_model_document = {"tobit_model", compile, print};

/*
 * cl_tobit_model_in, cl_tobit_model_out, cl_tobit_model_recv, cl_tobit_model_send, cl_tobit_model_from_jsonb,
 * cl_tobit_model_to_jsonb, cl_tobit_model_to_json, cl_tobit_model_pretty
 */
CL_DOCUMENT_FUNCTIONS(tobit_model)

Datum
cl_tobit_model_of(const ClTobitFit *fit, const ClTobitSettings *settings, const ClTobitRows *rows, int64 n_skipped)
{
	ClTobitModel model = {
		.terms = fit->terms, .sigma = fit->sigma, .confidence = settings->confidence, .fitted = true, .status = fit->status,
		.n = rows->n, .n_skipped = n_skipped, .clusters = fit->clusters, .weight = fit->weight, .loglik = fit->loglik,
		.condition = fit->condition, .rank = fit->rank, .iterations = fit->iterations
	};

	memcpy(model.of_kind, rows->of_kind, sizeof(model.of_kind));
	model.term = palloc0_array(ClModelTerm, fit->terms + 1);
	for (int j = 0; j <= fit->terms; j++)
	{
		double		variance = fit->covariance[j * (fit->terms + 2) + j];

		model.term[j].name = j == 0 ? CL_INTERCEPT_NAME : cl_model_term_name(&settings->names, j - 1);
		model.term[j].coefficient = fit->term[j].coefficient;
		model.term[j].std_error = sqrt(variance);
		model.term[j].note = fit->term[j].aliased ? CL_TERM_ALIASED :
			fit->term[j].separating ? CL_TERM_SEPARATING : CL_TERM_ESTIMATED;
	}
	model.covariance = !isnan(fit->covariance[0]) ? fit->covariance : NULL;
	return cl_document_datum(&tobit_model_document, &model);
}
