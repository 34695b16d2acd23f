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

#include "miscadmin.h"

#define ANY_NUMBER 1e300

const char *const cl_logit_status_names[] = {"converged", "max_iterations", "separation", "quasi_separation",
"rank_deficient", "one_class", "bounded", NULL};
const char *const cl_logit_penalty_names[] = {"none", "l2", "firth", NULL};
static const char *const note_names[] = {"estimated", "aliased", "held", "separating", "bounded", NULL};

/*
 * Reading
 */

static double
optional_number(const ClJson *node, const char *key, double lowest, double highest, double otherwise)
{
	ClJson		child;

	return cl_json_get(node, key, &child) ? cl_json_float8(&child, lowest, highest) : otherwise;
}

static void
read_term(ClLogitModel *model, int number, const ClJson *node)
{
	static const char *const keys[] = {"name", "coefficient", "std_error", "note", NULL};
	ClLogitModelTerm *term = &model->term[number];
	ClJson		child;

	cl_json_object(node, keys);
	term->name = psprintf("x%d", number);
	if (cl_json_get(node, "name", &child))
		term->name = cl_json_string(&child);
	for (int i = 0; i < number; i++)
	{
		if (strcmp(model->term[i].name, model->term[number].name) == 0)
			cl_json_error_hint(&child, "a name that no other term has", "The intercept is called " CL_INTERCEPT_NAME ".");
	}
	term->coefficient = optional_number(node, "coefficient", -ANY_NUMBER, ANY_NUMBER, NAN);
	term->std_error = optional_number(node, "std_error", 0, ANY_NUMBER, NAN);
	if (cl_json_get(node, "note", &child))
		term->note = cl_json_choice(&child, note_names);
}

static void
read_terms(ClLogitModel *model, const ClJson *root)
{
	ClJson		array;
	ClJson		item;

	cl_json_require(root, "terms", &array);
	model->terms = cl_json_array(&array, 0, CL_LOGIT_MOST_TERMS);
	model->term = palloc0_array(ClLogitModelTerm, model->terms + 1);
	model->term[0].name = CL_INTERCEPT_NAME;
	model->term[0].coefficient = optional_number(root, "intercept", -ANY_NUMBER, ANY_NUMBER, NAN);
	model->term[0].std_error = NAN;
	for (int j = 1; j <= model->terms; j++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_json_item(&array, j - 1, &item);
		read_term(model, j, &item);
	}
}

static void
read_covariance_row(ClLogitModel *model, int row, const ClJson *node)
{
	int			n = model->terms + 1;

	(void) cl_json_array(node, row + 1, row + 1);
	for (int column = 0; column <= row; column++)
	{
		ClJson		item;
		double		value;

		cl_json_item(node, column, &item);
		value = item.value.type == jbvNull ? NAN : cl_json_float8(&item, column == row ? 0 : -ANY_NUMBER, ANY_NUMBER);
		model->covariance[row * n + column] = model->covariance[column * n + row] = value;
	}
}

/* The lower triangle, a row for each term. */
static void
read_covariance(ClLogitModel *model, const ClJson *root)
{
	int			n = model->terms + 1;
	ClJson		array;
	ClJson		row;

	if (!cl_json_get(root, "covariance", &array))
		return;
	(void) cl_json_array(&array, n, n);
	model->covariance = palloc_array(double, (Size) n * n);
	for (int i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		cl_json_item(&array, i, &row);
		read_covariance_row(model, i, &row);
	}
}

static int64
count_of(const ClJson *node, const char *key, int64 most)
{
	ClJson		child;

	cl_json_require(node, key, &child);
	return cl_json_decimal(&child, 0, 0, most);
}

static double
number_of(const ClJson *node, const char *key, double lowest, double highest)
{
	ClJson		child;

	cl_json_require(node, key, &child);
	return cl_json_float8(&child, lowest, highest);
}

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
	model->lambda = optional_number(&node, "lambda", 0, ANY_NUMBER, 0);
	model->standardize = cl_json_get(&node, "standardize", &child) && cl_json_bool(&child);
	model->robust = cl_json_get(&node, "robust", &child) && cl_json_bool(&child);
	model->n = count_of(&node, "n", PG_INT64_MAX);
	model->n_skipped = count_of(&node, "n_skipped", PG_INT64_MAX);
	model->n_event = count_of(&node, "n_event", model->n);
	model->totals.weight = number_of(&node, "weight", 0, ANY_NUMBER);
	model->totals.event_weight = number_of(&node, "event_weight", 0, model->totals.weight);
	model->loglik = optional_number(&node, "loglik", -ANY_NUMBER, 0, NAN);
	model->null_loglik = optional_number(&node, "null_loglik", -ANY_NUMBER, 0, NAN);
	cl_json_require(&node, "n_coefficients", &child);
	model->rank = cl_json_int(&child, 0, model->terms + 1);
	model->iterations = (int) count_of(&node, "iterations", PG_INT32_MAX);
	model->condition = optional_number(&node, "condition_number", 1, ANY_NUMBER, NAN);
}

static void *
compile(const ClJson *root)
{
	static const char *const keys[] = {"intercept", "terms", "confidence", "fit", "covariance", NULL};
	ClLogitModel *model = palloc0_object(ClLogitModel);
	ClJson		child;

	cl_json_object(root, keys);
	read_terms(model, root);
	model->confidence = 0.95;
	if (cl_json_get(root, "confidence", &child))
	{
		model->confidence = cl_json_float8(&child, 0, 1);
		if (model->confidence == 0 || model->confidence == 1)
			cl_json_error_hint(&child, "between 0 and 1", "Ninety-five per cent is 0.95.");
	}
	read_fit(model, root);
	read_covariance(model, root);
	for (int j = 0; j <= model->terms && model->covariance != NULL; j++)
	{
		if (isnan(model->term[j].std_error) && model->term[j].note == CL_LOGIT_ESTIMATED)
			model->term[j].std_error = sqrt(model->covariance[j * (model->terms + 1) + j]);
	}
	model->slope = palloc_array(double, model->terms + 1);
	for (int j = 1; j <= model->terms; j++)
		model->slope[j - 1] = isnan(model->term[j].coefficient) ? 0 : model->term[j].coefficient;
	return model;
}

/*
 * Writing
 */

static void
put_number(StringInfo out, double value)
{
	if (fabs(value) <= ANY_NUMBER)
		cl_json_put_float8(out, value);
	else
		appendStringInfoString(out, "null");
}

static void
put_named(StringInfo out, const char *key, double value)
{
	if (isnan(value) || fabs(value) > ANY_NUMBER)
		return;
	appendStringInfo(out, ", \"%s\": ", key);
	cl_json_put_float8(out, value);
}

static void
put_terms(StringInfo out, const ClLogitModel *model)
{
	appendStringInfoString(out, "{\"intercept\": ");
	put_number(out, model->term[0].coefficient);
	appendStringInfoString(out, ", \"terms\": [");
	for (int j = 1; j <= model->terms; j++)
	{
		const ClLogitModelTerm *term = &model->term[j];

		appendStringInfoString(out, j > 1 ? ", {\"name\": " : "{\"name\": ");
		cl_json_put_string(out, term->name);
		appendStringInfoString(out, ", \"coefficient\": ");
		put_number(out, term->coefficient);
		/* The covariance says it, unless the square is too large. */
		if (model->covariance != NULL && !(model->covariance[j * (model->terms + 1) + j] <= ANY_NUMBER))
			put_named(out, "std_error", term->std_error);
		if (term->note != CL_LOGIT_ESTIMATED)
			appendStringInfo(out, ", \"note\": \"%s\"", note_names[term->note]);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
	put_named(out, "confidence", model->confidence);
}

static void
put_fit(StringInfo out, const ClLogitModel *model)
{
	appendStringInfo(out, ", \"fit\": {\"status\": \"%s\"", cl_logit_status_names[model->status]);
	if (model->penalty != CL_LOGIT_NONE)
		appendStringInfo(out, ", \"penalty\": \"%s\"", cl_logit_penalty_names[model->penalty]);
	if (model->penalty == CL_LOGIT_L2)
	{
		put_named(out, "lambda", model->lambda);
		appendStringInfo(out, ", \"standardize\": %s", model->standardize ? "true" : "false");
	}
	if (model->robust)
		appendStringInfoString(out, ", \"robust\": true");
	appendStringInfo(out, ", \"n\": " INT64_FORMAT ", \"n_skipped\": " INT64_FORMAT ", \"n_event\": " INT64_FORMAT,
					 model->n, model->n_skipped, model->n_event);
	put_named(out, "weight", model->totals.weight);
	put_named(out, "event_weight", model->totals.event_weight);
	put_named(out, "loglik", model->loglik);
	put_named(out, "null_loglik", model->null_loglik);
	appendStringInfo(out, ", \"n_coefficients\": %d, \"iterations\": %d", model->rank, model->iterations);
	put_named(out, "condition_number", model->condition);
	appendStringInfoChar(out, '}');
}

static void
put_covariance(StringInfo out, const ClLogitModel *model)
{
	int			n = model->terms + 1;

	appendStringInfoString(out, ", \"covariance\": [");
	for (int row = 0; row < n; row++)
	{
		appendStringInfoString(out, row > 0 ? ", [" : "[");
		for (int column = 0; column <= row; column++)
		{
			if (column > 0)
				appendStringInfoString(out, ", ");
			put_number(out, model->covariance[row * n + column]);
		}
		appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, ']');
}

static void
print(StringInfo out, const void *compiled)
{
	const ClLogitModel *model = compiled;

	put_terms(out, model);
	if (model->fitted)
		put_fit(out, model);
	if (model->covariance != NULL)
		put_covariance(out, model);
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

	model.term = palloc0_array(ClLogitModelTerm, fit->terms + 1);
	for (int j = 0; j <= fit->terms; j++)
	{
		model.term[j].name = j == 0 ? CL_INTERCEPT_NAME : cl_logit_term_name(settings, j - 1);
		model.term[j].coefficient = fit->term[j].coefficient;
		model.term[j].std_error = fit->term[j].std_error;
		model.term[j].note = fit->term[j].aliased ? CL_LOGIT_ALIASED : fit->term[j].held ? CL_LOGIT_HELD :
			fit->term[j].bounded ? CL_LOGIT_AT_BOUND : fit->term[j].separating ? CL_LOGIT_SEPARATING : CL_LOGIT_ESTIMATED;
	}
	model.covariance = !isnan(fit->covariance[0]) ? fit->covariance : NULL;
	return cl_document_datum(&logit_model_document, &model);
}
