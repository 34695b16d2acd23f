/*
 * allocation_scenarios.c
 *	  Scenarios of an allocation: see allocation_scenarios.h.
 */
#include "postgres.h"

#include <math.h>

#include "usage/allocation_scenarios.h"

static const char *const criteria[] = {"mean", "worst", "cvar", NULL};

static double
factor(const ClJson *scenario, const char *key, double lowest)
{
	ClJson		node;

	return cl_json_get(scenario, key, &node) ? cl_json_float8(&node, lowest, CL_MOST_FACTOR) : 1;
}

static void
read_scenario(ClAllocationScenarios *scenarios, const ClJson *array, int s)
{
	static const char *const keys[] = {"name", "pd", "lgd", "demand", "probability", NULL};
	ClJson		object;
	ClJson		node;

	cl_json_item(array, s, &object);
	cl_json_object(&object, keys);
	cl_json_require(&object, "name", &node);
	scenarios->name[s] = cl_json_string(&node);
	for (int other = 0; other < s; other++)
	{
		if (strcmp(scenarios->name[other], scenarios->name[s]) == 0)
			cl_json_error(&node, "the name of no scenario before it");
	}
	scenarios->all.scenario[s] = (ClScenario) {
		factor(&object, "pd", 0), factor(&object, "lgd", 0), factor(&object, "demand", CL_LEAST_DEMAND_FACTOR)
	};
	scenarios->probability[s] = cl_json_get(&object, "probability", &node) ? cl_json_float8(&node, 0, 1) : NAN;
	if (s > 0 && isnan(scenarios->probability[s]) != isnan(scenarios->probability[0]))
		cl_json_error(&object, "one with a probability, as the others, or all without");
}

static void
read_criterion(ClAllocationScenarios *scenarios, const ClJson *options)
{
	ClJson		node;

	if (cl_json_get(options, "criterion", &node))
		scenarios->criterion = (ClCriterion) cl_json_choice(&node, criteria);
	if (scenarios->criterion == CL_CRITERION_CVAR)
	{
		cl_json_require(options, "alpha", &node);
		scenarios->alpha = cl_json_float8(&node, 0, 1);
		if (scenarios->alpha == 1)
			cl_json_error_hint(&node, "below 1", "The worst case is the criterion worst.");
	}
	else if (cl_json_get(options, "alpha", &node))
		cl_json_error(&node, "left out: only the criterion cvar has one");
}

static const double any_weight[] = {1, 1, 1, 1, 1, 1, 1, 1};

StaticAssertDecl(lengthof(any_weight) == CL_MOST_SCENARIOS, "a cap for each scenario");

static void
set_caps(ClAllocationScenarios *scenarios)
{
	int			n = scenarios->all.n;

	memcpy(scenarios->all.weight, scenarios->probability, n * sizeof(double));
	cl_weights_round(n, any_weight, scenarios->all.weight);
	for (int s = 0; s < n; s++)
	{
		double		weight = scenarios->all.weight[s];

		/* Not below the share of a probability by rounding: the caps must leave room for 1. */
		scenarios->weight_cap[s] = scenarios->criterion == CL_CRITERION_MEAN ? weight :
			scenarios->criterion == CL_CRITERION_WORST ? 1 :
			fmin(1, ceil(weight / (1 - scenarios->alpha) * 1e10 - 1e-3) / 1e10);
	}
}

void
cl_allocation_scenarios_read(ClAllocationScenarios *scenarios, const ClJson *options, int most)
{
	double		sum = 0;
	ClJson		array;
	ClJson		node;

	if (!cl_json_get(options, "scenarios", &array))
	{
		if (cl_json_get(options, "criterion", &node) || cl_json_get(options, "alpha", &node))
			cl_json_error(&node, "left out where there are no scenarios");
		return;
	}
	scenarios->all.n = cl_json_array(&array, 1, most);
	for (int s = 0; s < scenarios->all.n; s++)
		read_scenario(scenarios, &array, s);
	for (int s = 0; s < scenarios->all.n; s++)
	{
		if (isnan(scenarios->probability[s]))
			scenarios->probability[s] = 1.0 / scenarios->all.n;
		sum += scenarios->probability[s];
	}
	if (fabs(sum - 1) > 1e-9)
		cl_json_error_hint(&array, psprintf("scenarios whose probabilities add up to 1, and not to %.10g", sum),
						   "Without any, all are as likely.");
	read_criterion(scenarios, options);
	set_caps(scenarios);
}

char *
cl_allocation_scenarios_sql(const ClAllocationScenarios *scenarios)
{
	StringInfoData sql;

	if (scenarios->all.n == 0)
		return NULL;
	initStringInfo(&sql);
	for (int s = 0; s < scenarios->all.n; s++)
		appendStringInfo(&sql, "%s%.17g, %.17g, %.17g", s > 0 ? ", " : "'{", scenarios->all.scenario[s].pd,
						 scenarios->all.scenario[s].lgd, scenarios->all.scenario[s].demand);
	appendStringInfoString(&sql, "}'::pg_catalog.float8[]");
	return sql.data;
}

static void
outcomes(const ClAllocationSums *sums, double *outcome)
{
	for (int s = 0; s < sums->scenarios.n; s++)
		outcome[s] = cl_exact_sum_closed(&sums->outcome[s]).high;
}

double
cl_allocation_scenarios_value(const ClAllocationScenarios *scenarios, const ClAllocationSums *sums)
{
	double		outcome[CL_MOST_SCENARIOS];

	if (scenarios->all.n == 0)
		return cl_exact_sum_closed(&sums->profit).high;
	outcomes(sums, outcome);
	return cl_weights_least(scenarios->all.n, scenarios->weight_cap, outcome);
}

/* Weights that no limits keep to, since those jump, are ties. */
ClPriceStatus
cl_allocation_scenarios_status(const ClAllocationScenarios *scenarios, ClPriceStatus status, const ClAllocationSums *sums,
							   const double *amount)
{
	double		bound = cl_allocation_bound(sums, amount);
	double		value = cl_allocation_scenarios_value(scenarios, sums);

	if (scenarios->all.n > 0 && bound - value > CL_PRICE_USED_UP * fabs(bound) + cl_allocation_error(sums))
		return CL_PRICE_TIES;
	return status;
}

static void
put_number(StringInfo out, const char *key, double number)
{
	appendStringInfo(out, ", \"%s\": ", key);
	cl_json_put_float8(out, number);
}

void
cl_allocation_scenarios_put(StringInfo out, const ClAllocationScenarios *scenarios, const ClAllocationSums *sums, bool priced)
{
	double		outcome[CL_MOST_SCENARIOS];

	if (scenarios->all.n == 0)
		return;
	outcomes(sums, outcome);
	appendStringInfo(out, ", \"criterion\": \"%s\"", criteria[scenarios->criterion]);
	if (scenarios->criterion == CL_CRITERION_CVAR)
		put_number(out, "alpha", scenarios->alpha);
	for (int s = 0; s < scenarios->all.n; s++)
	{
		appendStringInfoString(out, s > 0 ? "}, {\"name\": " : ", \"scenarios\": [{\"name\": ");
		cl_json_put_string(out, scenarios->name[s]);
		put_number(out, "pd", scenarios->all.scenario[s].pd);
		put_number(out, "lgd", scenarios->all.scenario[s].lgd);
		put_number(out, "demand", scenarios->all.scenario[s].demand);
		put_number(out, "probability", scenarios->probability[s]);
		if (priced)
		{
			put_number(out, "weight", sums->scenarios.weight[s]);
			put_number(out, "value", outcome[s]);
		}
	}
	appendStringInfoString(out, "}]");
}
