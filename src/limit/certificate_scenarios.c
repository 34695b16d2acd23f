/*
 * certificate_scenarios.c
 *	  Scenarios of a certificate:
 *
 *		"criterion": "cvar", "alpha": 0.9, "scenarios": [{"name": "downturn", "pd": 2, "lgd": 1.2, "demand": 1.1,
 *		 "probability": 0.25, "weight": 0.8, "value": 97.5}, ...]
 *
 * The value of the certificate is what the criterion makes of theirs, and their weights are of those that it allows.
 */
#include "postgres.h"

#include <math.h>

#include "limit/allocation_certificate.h"
#include "pg/numeric.h"
#include "pg/record.h"

#include "utils/fmgrprotos.h"

PG_FUNCTION_INFO_V1(cl_certificate_scenarios);

const char *const cl_certificate_criteria[] = {"mean", "worst", "cvar", NULL};

enum
{
	CRITERION_MEAN, CRITERION_WORST, CRITERION_CVAR
};

static const char *const factor_keys[] = {"pd", "lgd", "demand"};

static Numeric
trimmed(const ClJson *node)
{
	return DatumGetNumeric(DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(cl_json_numeric(node))));
}

static Numeric
require_within(const ClJson *object, const char *key, double lowest, double highest)
{
	ClJson		node;

	cl_json_require(object, key, &node);
	(void) cl_json_float8(&node, lowest, highest);
	return trimmed(&node);
}

static double
as_double(Numeric number)
{
	return cl_numeric_float8_saturated(NumericGetDatum(number));
}

static void
read_scenario(const ClJson *array, ClAllocationCertificate *certificate, int s)
{
	static const char *const keys[] = {"name", "pd", "lgd", "demand", "probability", "weight", "value", NULL};
	ClCertifiedScenario *scenario = &certificate->scenario[s];
	ClJson		object;
	ClJson		node;

	cl_json_item(array, s, &object);
	cl_json_object(&object, keys);
	cl_json_require(&object, "name", &node);
	scenario->name = cl_json_string(&node);
	for (int other = 0; other < s; other++)
	{
		if (strcmp(certificate->scenario[other].name, scenario->name) == 0)
			cl_json_error(&node, "the name of no other scenario");
	}
	for (int i = 0; i < 3; i++)
		scenario->factor[i] = require_within(&object, factor_keys[i], i == 2 ? 0.001 : 0, 1000);
	scenario->probability = require_within(&object, "probability", 0, 1);
	if (certificate->bound != NULL)
	{
		scenario->weight = require_within(&object, "weight", 0, 1);
		scenario->value = require_within(&object, "value", -1e60, 1e60);
	}
	else if (cl_json_get(&object, "weight", &node) || cl_json_get(&object, "value", &node))
		cl_json_error(&node, "left out where there is no bound");
}

/* The most that a scenario may weigh. */
static double
weight_cap(const ClAllocationCertificate *certificate, int s)
{
	double		probability = as_double(certificate->scenario[s].probability);

	if (certificate->criterion == CRITERION_MEAN)
		return probability;
	if (certificate->criterion == CRITERION_WORST)
		return 1;
	return fmin(1, probability / (1 - as_double(certificate->alpha)));
}

/* As much weight as may be on the worst, then on the next. */
static double
criterion_value(const ClAllocationCertificate *certificate)
{
	bool		taken[CL_MOST_CERTIFIED_SCENARIOS] = {false};
	double		left = 1;
	double		sum = 0;

	for (int i = 0; i < certificate->n_scenarios; i++)
	{
		int			worst = -1;
		double		weight;

		for (int s = 0; s < certificate->n_scenarios; s++)
		{
			if (!taken[s] && (worst < 0 ||
							  as_double(certificate->scenario[s].value) < as_double(certificate->scenario[worst].value)))
				worst = s;
		}
		taken[worst] = true;
		weight = fmin(left, weight_cap(certificate, worst));
		sum += weight * as_double(certificate->scenario[worst].value);
		left -= weight;
	}
	return sum;
}

/* Ten decimals of weights leave their mark on sums. */
#define DIGITS 1e-9

static void
check_scenarios(const ClJson *array, const ClAllocationCertificate *certificate)
{
	double		probabilities = 0;
	double		weights = 0;
	double		largest = 0;
	bool		priced = certificate->bound != NULL;

	for (int s = 0; s < certificate->n_scenarios; s++)
	{
		const ClCertifiedScenario *scenario = &certificate->scenario[s];
		ClJson		node;

		probabilities += as_double(scenario->probability);
		if (!priced)
			continue;
		weights += as_double(scenario->weight);
		largest = fmax(largest, fabs(as_double(scenario->value)));
		cl_json_item(array, s, &node);
		if (as_double(scenario->weight) > weight_cap(certificate, s) + DIGITS)
			cl_json_error(&node, "one whose weight the criterion allows");
	}
	if (fabs(probabilities - 1) > DIGITS)
		cl_json_error(array, "scenarios whose probabilities add up to 1");
	if (!priced)
		return;
	if (fabs(weights - 1) > DIGITS)
		cl_json_error(array, "scenarios whose weights add up to 1");
	if (fabs(criterion_value(certificate) - as_double(certificate->value)) >
		DIGITS * largest + as_double(certificate->bound_error))
		cl_json_error(array, psprintf("scenarios of which the criterion makes the value %.10g, and not %.10g",
									  as_double(certificate->value), criterion_value(certificate)));
}

void
cl_certificate_read_scenarios(const ClJson *root, ClAllocationCertificate *certificate)
{
	ClJson		array;
	ClJson		node;

	if (!cl_json_get(root, "scenarios", &array))
	{
		if (cl_json_get(root, "criterion", &node) || cl_json_get(root, "alpha", &node))
			cl_json_error(&node, "left out where there are no scenarios");
		return;
	}
	if (certificate->kind != CL_ALLOCATION_FLOAT)
		cl_json_error(&array, "left out: only a certificate of kind float has scenarios");
	cl_json_require(root, "criterion", &node);
	certificate->criterion = cl_json_choice(&node, cl_certificate_criteria);
	if (certificate->criterion == CRITERION_CVAR)
		certificate->alpha = require_within(root, "alpha", 0, 1 - 1e-12);
	else if (cl_json_get(root, "alpha", &node))
		cl_json_error(&node, "left out: only the criterion cvar has one");
	certificate->n_scenarios = cl_json_array(&array, 1, CL_MOST_CERTIFIED_SCENARIOS);
	certificate->scenario = palloc0_array(ClCertifiedScenario, certificate->n_scenarios);
	for (int s = 0; s < certificate->n_scenarios; s++)
		read_scenario(&array, certificate, s);
	check_scenarios(&array, certificate);
}

static void
put_number(StringInfo out, const char *key, Numeric value)
{
	if (value != NULL)
		appendStringInfo(out, ", \"%s\": %s", key, cl_numeric_string(NumericGetDatum(value)));
}

void
cl_certificate_put_scenarios(StringInfo out, const ClAllocationCertificate *certificate)
{
	if (certificate->n_scenarios == 0)
		return;
	appendStringInfo(out, ", \"criterion\": \"%s\"", cl_certificate_criteria[certificate->criterion]);
	put_number(out, "alpha", certificate->alpha);
	appendStringInfoString(out, ", \"scenarios\": [");
	for (int s = 0; s < certificate->n_scenarios; s++)
	{
		const ClCertifiedScenario *scenario = &certificate->scenario[s];

		appendStringInfoString(out, s > 0 ? ", {\"name\": " : "{\"name\": ");
		cl_json_put_string(out, scenario->name);
		for (int i = 0; i < 3; i++)
			put_number(out, factor_keys[i], scenario->factor[i]);
		put_number(out, "probability", scenario->probability);
		put_number(out, "weight", scenario->weight);
		put_number(out, "value", scenario->value);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
}

Datum
cl_certificate_scenarios(PG_FUNCTION_ARGS)
{
	const ClAllocationCertificate *certificate;
	ClRecord	record;

	cl_record_open_set(&record, fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	certificate = cl_document_compiled(&allocation_certificate_document, PG_GETARG_DATUM(0));
	for (int s = 0; s < certificate->n_scenarios; s++)
	{
		const ClCertifiedScenario *scenario = &certificate->scenario[s];

		cl_record_put_text(&record, scenario->name);
		for (int i = 0; i < 3; i++)
			cl_record_put_float8(&record, as_double(scenario->factor[i]));
		cl_record_put_float8(&record, as_double(scenario->probability));
		cl_record_put_float8(&record, scenario->weight != NULL ? as_double(scenario->weight) : NAN);
		cl_record_put_if(&record, scenario->value != NULL, NumericGetDatum(scenario->value));
		cl_record_next(&record);
	}
	PG_RETURN_NULL();
}
