/*
 * logistic_options.c
 *	  The options of logistic regressions, from jsonb.
 */
#include "postgres.h"

#include <math.h>

#include "score/logistic.h"

#define MOST_ITERATIONS 10000
#define MOST_STEPS 10000

static bool
get(const ClLogitSettings *settings, const char *key, ClJson *child)
{
	return cl_json_get(&settings->root, key, child);
}

static void
read_penalty(ClLogitSettings *settings)
{
	ClLogitOptions *options = &settings->options;
	ClJson		node;

	if (get(settings, "penalty", &node))
		options->penalty = cl_json_choice(&node, cl_logit_penalty_names);
	if (options->penalty == CL_LOGIT_L2)
	{
		cl_json_require(&settings->root, "lambda", &node);
		options->lambda = cl_json_float8(&node, 0, 1e100);
		if (options->lambda == 0)
			cl_json_error_hint(&node, "greater than 0", "Without a penalty leave penalty out.");
	}
	else if (get(settings, "lambda", &node))
		cl_json_error_hint(&node, "left out", "Only \"penalty\": \"l2\" has a lambda.");
	if (get(settings, "standardize", &node))
	{
		options->standardize = cl_json_bool(&node);
		if (options->penalty != CL_LOGIT_L2)
			cl_json_error_hint(&node, "left out",
							   "It says what \"penalty\": \"l2\" sees; without it no answer depends on scale.");
	}
}

static void
read_search(ClLogitSettings *settings)
{
	ClJson		node;

	if (get(settings, "robust", &node))
		settings->options.robust = cl_json_bool(&node);
	if (get(settings, "max_coefficient", &node))
	{
		settings->options.bound = cl_json_float8(&node, 0, 1e100);
		if (settings->options.bound == 0)
			cl_json_error_hint(&node, "greater than 0", "Without a bound leave max_coefficient out.");
	}
	settings->options.max_iterations = 50;
	settings->options.tolerance = 1e-10;
	settings->confidence = cl_model_confidence(&settings->root);
	if (get(settings, "max_iterations", &node))
		settings->options.max_iterations = cl_json_int(&node, 1, MOST_ITERATIONS);
	if (get(settings, "tolerance", &node))
	{
		settings->options.tolerance = cl_json_float8(&node, 0, 1);
		if (settings->options.tolerance == 0)
			cl_json_error(&node, "greater than 0");
	}
}

static signed char
sign_of(const ClJson *node)
{
	static const char *const signs[] = {"+", "-", NULL};

	if (node->value.type == jbvNull)
		return 0;
	return cl_json_choice(node, signs) == 0 ? 1 : -1;
}

/* One for each term, or one for all of them. */
static void
read_signs(ClLogitSettings *settings)
{
	ClJson		array;

	settings->n_signs = -1;
	if (!get(settings, "signs", &array))
		return;
	settings->sign = palloc0_array(signed char, CL_MOST_TERMS);
	settings->n_signs = 0;
	if (cl_json_is_string(&array))
	{
		memset(settings->sign, sign_of(&array), CL_MOST_TERMS);
		return;
	}
	settings->n_signs = cl_json_array(&array, 1, CL_MOST_TERMS);
	for (int i = 0; i < settings->n_signs; i++)
	{
		ClJson		item;

		cl_json_item(&array, i, &item);
		settings->sign[i] = sign_of(&item);
	}
}

static void
read_steps(ClLogitSettings *settings)
{
	static const char *const directions[] = {"both", "forward", "backward", NULL};
	static const char *const starts[] = {"none", "all", NULL};
	static const char *const criteria[] = {"aic", "bic", NULL};
	ClJson		node;

	settings->start = -1;
	settings->max_steps = MOST_STEPS;
	if (get(settings, "direction", &node))
		settings->direction = cl_json_choice(&node, directions);
	if (get(settings, "start", &node))
		settings->start = cl_json_choice(&node, starts);
	if (get(settings, "criterion", &node))
		settings->by_bic = cl_json_choice(&node, criteria) == 1;
	if (get(settings, "max_steps", &node))
		settings->max_steps = cl_json_int(&node, 0, MOST_STEPS);
	if (get(settings, "force", &node))
		settings->forced = cl_model_read_names(&node, &settings->n_forced);
}

void
cl_logit_settings(Jsonb *jsonb, ClLogitUse use, ClLogitSettings *settings)
{
	static const char *const fit_keys[] = {"penalty", "lambda", "standardize", "robust", "max_coefficient",
	"max_iterations", "tolerance", "signs", "confidence", "names", NULL};
	static const char *const pass_keys[] = {"penalty", "lambda", "standardize", "max_coefficient", "max_iterations",
	"tolerance", "signs", "confidence", "names", "robust", "shards", NULL};
	static const char *const step_keys[] = {"direction", "start", "criterion", "force", "max_steps", "max_iterations",
	"tolerance", "signs", NULL};

	memset(settings, 0, sizeof(ClLogitSettings));
	if (jsonb == NULL)
		cl_json_parse(&settings->root, "options", "{}");
	else
		cl_json_open(&settings->root, "options", jsonb);
	cl_json_object(&settings->root, use == CL_LOGIT_STEPS ? step_keys : use == CL_LOGIT_PASSES ? pass_keys : fit_keys);
	read_penalty(settings);
	read_search(settings);
	read_signs(settings);
	cl_model_names(&settings->root, &settings->names);
	if (use == CL_LOGIT_STEPS)
		read_steps(settings);
}

void
cl_logit_settings_fit(ClLogitSettings *settings, int terms)
{
	ClJson		node;

	cl_model_names_fit(&settings->root, &settings->names, terms);
	if (settings->n_signs > 0 && settings->n_signs != terms)
	{
		(void) get(settings, "signs", &node);
		cl_json_error_hint(&node, psprintf("an array of %d items, one for each element of x", terms),
						   "null is a coefficient of any sign; the intercept has none.");
	}
	settings->options.sign = settings->n_signs >= 0 ? settings->sign : NULL;
}
