/*
 * policy_print.c
 *	  A limit policy as canonical JSON: keys in one order, every default written out, so that a difference between two
 *	  versions is a difference in what they do.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy.h"

#include "datatype/timestamp.h"
#include "utils/datetime.h"

/* The place of a value: a comma where something stands before it. */
void
cl_policy_put_key(StringInfo out, const char *key)
{
	char		before = out->data[out->len - 1];

	if (before != '{' && before != '[')
		appendStringInfoString(out, ", ");
	if (key != NULL)
	{
		cl_json_put_string(out, key);
		appendStringInfoString(out, ": ");
	}
}

void
cl_policy_put_open(StringInfo out, const char *key, char bracket)
{
	cl_policy_put_key(out, key);
	appendStringInfoChar(out, bracket);
}

void
cl_policy_put_string(StringInfo out, const char *key, const char *value)
{
	if (value == NULL)
		return;
	cl_policy_put_key(out, key);
	cl_json_put_string(out, value);
}

/* An amount or a rate; an absent bound is not written. */
void
cl_policy_put_decimal(StringInfo out, const char *key, int64 value, int decimals)
{
	if (value == CL_NO_CAP)
		return;
	cl_policy_put_key(out, key);
	cl_json_put_decimal(out, value, decimals);
}

static void
put_rate(StringInfo out, const char *key, int64 value)
{
	cl_policy_put_decimal(out, key, value, CL_RATE_DECIMALS);
}

void
cl_policy_put_float8(StringInfo out, const char *key, double value)
{
	cl_policy_put_key(out, key);
	cl_json_put_float8(out, value);
}

static void
put_bool(StringInfo out, const char *key, bool value)
{
	cl_policy_put_key(out, key);
	appendStringInfoString(out, value ? "true" : "false");
}

static void
put_axis(StringInfo out, const ClPolicy *policy, int a)
{
	const ClBandAxis *axis = &policy->rules.axis[a];

	cl_policy_put_open(out, a == 0 ? "down" : "across", '{');
	cl_policy_put_string(out, "column", policy->axis_column[a]);
	cl_policy_put_open(out, axis->below ? "below" : "from", '[');
	for (int i = 0; i < axis->n; i++)
		cl_policy_put_float8(out, NULL, axis->edge[i]);
	appendStringInfoChar(out, ']');
	cl_policy_put_string(out, "reason", policy->entitlement_reason[CL_REASON_DOWN + a]);
	appendStringInfoChar(out, '}');
}

static void
put_table(StringInfo out, const ClPolicy *policy, const char *key, bool multiples)
{
	const ClPolicyRules *rules = &policy->rules;
	int			width = rules->axis[1].n;

	cl_policy_put_open(out, key, '[');
	for (int i = 0; i < rules->axis[0].n * width; i++)
	{
		if (i % width == 0)
			cl_policy_put_open(out, NULL, '[');
		if (multiples)
			put_rate(out, NULL, rules->entitlements[i].multiple);
		else
			cl_policy_put_decimal(out, NULL, rules->entitlements[i].limit, policy->decimals);
		if (i % width == width - 1)
			appendStringInfoChar(out, ']');
	}
	appendStringInfoChar(out, ']');
}

static void
put_grid(StringInfo out, const ClPolicy *policy)
{
	cl_policy_put_open(out, "grid", '{');
	for (int a = 0; a < CL_BAND_AXES; a++)
		put_axis(out, policy, a);
	if (policy->rules.entitlements[0].multiple != CL_NO_CAP)
		put_table(out, policy, "income_multiple", true);
	if (policy->rules.entitlements[0].limit != CL_NO_CAP)
		put_table(out, policy, "limit", false);
	appendStringInfoChar(out, '}');
}

static void
put_entitlement(StringInfo out, const ClPolicy *policy)
{
	const ClBandAxis *axis = policy->rules.axis;
	bool		by_score = axis[0].input == CL_INPUT_SCORE;

	if (axis[0].n == 0)
		return;
	cl_policy_put_open(out, "entitlement", '{');
	if (axis[1].n > 0)
		put_grid(out, policy);
	else
	{
		if (!by_score)
			cl_policy_put_string(out, "column", policy->axis_column[0]);
		cl_policy_put_open(out, "bands", '[');
		for (int i = 0; i < axis[0].n; i++)
		{
			cl_policy_put_open(out, NULL, '{');
			cl_policy_put_float8(out, by_score ? "score_from" : axis[0].below ? "below" : "from", axis[0].edge[i]);
			put_rate(out, "income_multiple", policy->rules.entitlements[i].multiple);
			cl_policy_put_decimal(out, "limit", policy->rules.entitlements[i].limit, policy->decimals);
			appendStringInfoChar(out, '}');
		}
		appendStringInfoChar(out, ']');
	}
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_ENTITLEMENT]);
	if (axis[1].n == 0)
		cl_policy_put_string(out, by_score ? "score_reason" : "column_reason", policy->entitlement_reason[CL_REASON_DOWN]);
	cl_policy_put_string(out, "income_reason", policy->entitlement_reason[CL_REASON_INCOME]);
	cl_policy_put_string(out, "limit_reason", policy->entitlement_reason[CL_REASON_LIMIT]);
	appendStringInfoChar(out, '}');
}

static void
put_target(StringInfo out, const ClPolicy *policy)
{
	if (!policy->rules.has_target)
		return;
	cl_policy_put_open(out, "target", '{');
	if (policy->optimal != NULL)
		cl_policy_put_optimal(out, policy->optimal);
	else if (policy->demand_quantile != 0)
		cl_policy_put_decimal(out, "demand_quantile", policy->demand_quantile, 4);
	else
		cl_policy_put_string(out, "column", policy->demand_name);
	if (policy->optimal == NULL)
		put_rate(out, "headroom", policy->rules.headroom);
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_TARGET]);
	cl_policy_put_string(out, "budget_reason", policy->budget_reason);
	appendStringInfoChar(out, '}');
}

static void
put_risk_cap(StringInfo out, const ClPolicy *policy)
{
	if (policy->rules.nrisk == 0)
		return;
	cl_policy_put_open(out, "risk_cap", '{');
	cl_policy_put_open(out, "bands", '[');
	for (int i = 0; i < policy->rules.nrisk; i++)
	{
		const ClRiskBand *band = &policy->rules.risk[i];

		cl_policy_put_open(out, NULL, '{');
		if (!isinf(band->pd_below))
			cl_policy_put_float8(out, "pd_below", band->pd_below);
		cl_policy_put_decimal(out, "limit", band->limit, policy->decimals);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_RISK_CAP]);
	appendStringInfoChar(out, '}');
}

static void
put_product(StringInfo out, const ClPolicy *policy)
{
	cl_policy_put_open(out, "product", '{');
	cl_policy_put_decimal(out, "floor", policy->rules.floor, policy->decimals);
	cl_policy_put_decimal(out, "cap", policy->rules.cap, policy->decimals);
	cl_policy_put_decimal(out, "step", policy->rules.step, policy->decimals);
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_PRODUCT_CAP]);
	cl_policy_put_string(out, "floor_reason", policy->reason[CL_RULE_PRODUCT_FLOOR]);
	appendStringInfoChar(out, '}');
}

static void
put_affordability(StringInfo out, const ClPolicy *policy)
{
	const ClAffordability *rule = &policy->rules.affordability;

	if (!policy->rules.has_affordability)
		return;
	cl_policy_put_open(out, "affordability", '{');
	put_rate(out, "max_debt_to_income", rule->max_debt_to_income);
	cl_policy_put_decimal(out, "residual_income", rule->residual_income, policy->decimals);
	put_rate(out, "apr", rule->apr);
	put_rate(out, "payment_rate", rule->payment_rate);
	cl_policy_put_decimal(out, "payment_floor", rule->payment_floor, policy->decimals);
	cl_policy_put_decimal(out, "fees", rule->fees, policy->decimals);
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_AFFORDABILITY]);
	cl_policy_put_string(out, "income_reason", policy->income_reason);
	appendStringInfoChar(out, '}');
}

static void
put_umbrella(StringInfo out, const ClPolicy *policy)
{
	if (policy->rules.umbrella == CL_UMBRELLA_NONE)
		return;
	cl_policy_put_open(out, "umbrella", '{');
	cl_policy_put_string(out, "type", policy->rules.umbrella == CL_UMBRELLA_SHARED ? "shared" : "partitioned");
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_UMBRELLA]);
	appendStringInfoChar(out, '}');
}

static void
put_date(StringInfo out, const char *key, int64 days)
{
	int			year;
	int			month;
	int			day;

	if (days == PG_INT64_MIN || days == PG_INT64_MAX)
		return;
	j2date(days + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	cl_policy_put_string(out, key, psprintf("%04d-%02d-%02d", year, month, day));
}

static void
put_regulatory_cap(StringInfo out, const ClPolicy *policy)
{
	if (policy->rules.nregulatory == 0)
		return;
	cl_policy_put_open(out, "regulatory_cap", '[');
	for (int i = 0; i < policy->rules.nregulatory; i++)
	{
		const ClRegulatoryCap *cap = &policy->rules.regulatory[i];

		cl_policy_put_open(out, NULL, '{');
		cl_policy_put_decimal(out, "limit", cap->limit, policy->decimals);
		cl_policy_put_string(out, "source", policy->regulatory_source[i]);
		put_date(out, "valid_from", cap->valid_from);
		put_date(out, "valid_to", cap->valid_to);
		cl_policy_put_string(out, "reason", policy->regulatory_reason[i]);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
}

/* The condition of an exclusion, as its keys. */
void
cl_policy_put_condition(StringInfo out, const ClExclusion *exclusion)
{
	if (exclusion->kind == CL_EXCLUSION_BOOL)
		put_bool(out, "is", exclusion->is);
	for (int i = 0; i < CL_RANGE_BOUNDS; i++)
	{
		if (exclusion->has_bound[i])
			cl_policy_put_float8(out, cl_range_names[i], exclusion->bound[i]);
	}
	if (exclusion->nvalues == 0)
		return;
	cl_policy_put_open(out, "in", '[');
	for (int i = 0; i < exclusion->nvalues; i++)
	{
		if (exclusion->kind == CL_EXCLUSION_STRINGS)
			cl_policy_put_string(out, NULL, exclusion->strings[i]);
		else
			cl_policy_put_float8(out, NULL, exclusion->numbers[i]);
	}
	appendStringInfoChar(out, ']');
}

static void
put_exclusions(StringInfo out, const ClPolicy *policy)
{
	cl_policy_put_open(out, "exclusions", '[');
	for (int i = 0; i < policy->nexclusions; i++)
	{
		const ClExclusion *exclusion = &policy->exclusions[i];

		cl_policy_put_open(out, NULL, '{');
		cl_policy_put_string(out, "column", exclusion->column);
		cl_policy_put_condition(out, exclusion);
		cl_policy_put_string(out, "action", cl_exclusion_action_names[exclusion->action]);
		cl_policy_put_string(out, "reason", exclusion->reason);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
}

static void
put_movement(StringInfo out, const ClPolicy *policy)
{
	const ClMovement *rule = &policy->rules.movement;

	cl_policy_put_open(out, "movement", '{');
	put_rate(out, "max_increase", rule->max_increase);
	put_rate(out, "max_decrease", rule->max_decrease);
	cl_policy_put_decimal(out, "max_increase_amount", rule->max_increase_amount, policy->decimals);
	cl_policy_put_decimal(out, "max_decrease_amount", rule->max_decrease_amount, policy->decimals);
	put_rate(out, "dead_band", rule->dead_band);
	cl_policy_put_open(out, "cooling_off_days", '{');
	cl_policy_put_decimal(out, "increase", rule->cooling_off_increase, 0);
	cl_policy_put_decimal(out, "decrease", rule->cooling_off_decrease, 0);
	appendStringInfoChar(out, '}');
	put_bool(out, "risk_decrease_at_once", rule->risk_decrease_at_once);
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_MOVEMENT]);
	cl_policy_put_string(out, "dead_band_reason", policy->reason[CL_RULE_DEAD_BAND]);
	cl_policy_put_string(out, "cooling_off_reason", policy->reason[CL_RULE_COOLING_OFF]);
	appendStringInfoChar(out, '}');
}

static void
put_approval(StringInfo out, const ClPolicy *policy)
{
	if (policy->rules.approval_above == CL_NO_CAP)
		return;
	cl_policy_put_open(out, "approval", '{');
	cl_policy_put_decimal(out, "above", policy->rules.approval_above, policy->decimals);
	cl_policy_put_string(out, "reason", policy->reason[CL_RULE_APPROVAL]);
	appendStringInfoChar(out, '}');
}

/* Every column that the policy reads, and what was renamed although it does not. */
static void
put_columns(StringInfo out, const ClPolicy *policy)
{
	cl_policy_put_open(out, "columns", '{');
	for (int input = 0; input < CL_POLICY_INPUTS; input++)
	{
		const char *standard = cl_policy_standard_name(policy, input);

		if (standard == NULL)
			continue;
		/* The name of a demand follows from the target: written out, it would be in the way of another target. */
		if ((policy->reads[input] && input != CL_INPUT_DEMAND) || strcmp(standard, policy->column[input]) != 0)
			cl_policy_put_string(out, standard, policy->column[input]);
	}
	appendStringInfoChar(out, '}');
}

void
cl_policy_print(StringInfo out, const void *compiled)
{
	const ClPolicy *policy = compiled;

	appendStringInfoChar(out, '{');
	cl_policy_put_string(out, "name", policy->name);
	cl_policy_put_string(out, "version", policy->version);
	cl_policy_put_decimal(out, "decimals", policy->decimals, 0);
	cl_policy_put_string(out, "currency", policy->currency);
	put_entitlement(out, policy);
	put_target(out, policy);
	put_risk_cap(out, policy);
	put_product(out, policy);
	put_affordability(out, policy);
	put_umbrella(out, policy);
	put_regulatory_cap(out, policy);
	put_exclusions(out, policy);
	put_movement(out, policy);
	put_approval(out, policy);
	put_columns(out, policy);
	appendStringInfoChar(out, '}');
}
