/*
 * policy_explain.c
 *	  A decision as a document: what was known, every step with the amount before and after it, and the result.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy.h"

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"

typedef struct Explanation
{
	StringInfoData out;
	ClPolicyReader *reader;
	const ClPolicy *policy;
	const ClPolicyDecision *decision;
} Explanation;

static char *
date_text(int64 date)
{
	int			year;
	int			month;
	int			day;

	if (date <= DATEVAL_NOBEGIN || date >= DATEVAL_NOEND)
		return pstrdup(date < 0 ? "-infinity" : "infinity");
	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return psprintf("%04d-%02d-%02d", year, month, day);
}

static char *
amount_text(const Explanation *explanation, int64 amount)
{
	return cl_numeric_string(cl_minor_numeric(amount, explanation->policy->decimals));
}

static void
put_null(StringInfo out, const char *key)
{
	cl_policy_put_key(out, key);
	appendStringInfoString(out, "null");
}

/* With all its decimals, as limit_decision shows it; null when it is not there. */
static void
put_amount(Explanation *explanation, const char *key, int64 amount, bool there)
{
	if (!there)
	{
		put_null(&explanation->out, key);
		return;
	}
	cl_policy_put_key(&explanation->out, key);
	appendStringInfoString(&explanation->out, amount_text(explanation, amount));
}

static void
put_cap(Explanation *explanation, const char *key, int64 cap)
{
	put_amount(explanation, key, cap, cap != CL_NO_CAP);
}

static void
put_statistic(StringInfo out, const char *key, double value)
{
	if (isnan(value))
		put_null(out, key);
	else if (isinf(value))
		cl_policy_put_string(out, key, value > 0 ? "Infinity" : "-Infinity");
	else
		cl_policy_put_float8(out, key, value);
}

static double
statistic(const ClPolicyAccount *account, int input)
{
	if (input >= CL_INPUT_ECONOMICS)
		return account->economics[input - CL_INPUT_ECONOMICS];
	if (input >= CL_INPUT_DOWN)
		return account->band[input - CL_INPUT_DOWN];
	return input == CL_INPUT_SCORE ? account->score : account->pd;
}

/* A column may be read for several purposes, and is shown for the first. */
static bool
shown_before(const ClPolicy *policy, int input)
{
	for (int before = 0; before < input; before++)
	{
		if (policy->reads[before] && strcmp(policy->column[before], policy->column[input]) == 0)
			return true;
	}
	return false;
}

static void
put_inputs(Explanation *explanation)
{
	const ClPolicyAccount *account = &explanation->reader->account;
	StringInfo	out = &explanation->out;

	cl_policy_put_open(out, "inputs", '{');
	for (int input = 0; input < CL_POLICY_INPUTS; input++)
	{
		const char *name = explanation->policy->column[input];

		if (!explanation->policy->reads[input] || shown_before(explanation->policy, input) ||
			(input == CL_INPUT_DEMAND && explanation->policy->optimal != NULL))
			continue;
		if (account->missing & CL_INPUT_BIT(input))
			put_null(out, name);
		else if (input < CL_POLICY_AMOUNTS)
			put_amount(explanation, name, account->amount[input], true);
		else if (input == CL_INPUT_LAST_LIMIT_CHANGE)
			cl_policy_put_string(out, name, date_text(account->last_limit_change));
		else
			put_statistic(out, name, statistic(account, input));
	}
	appendStringInfoChar(out, '}');
}

/* How the target came about where it is the optimum and not given, and what it would be without the price of a budget. */
static void
put_optimum(Explanation *explanation)
{
	ClPolicyReader *reader = explanation->reader;
	const ClPolicyAccount *account = &reader->account;
	bool		known = (account->missing & explanation->policy->rules.target_by) == 0;
	bool		demand_known = known && (account->missing & CL_INPUT_BIT(CL_INPUT_DEMAND)) == 0;
	double		ratio = known ? cl_policy_optimal_ratio(account, false) : 0;
	int64		amount = 0;

	if (explanation->policy->optimal == NULL || reader->without_target)
		return;
	if (demand_known && ratio > 0)
		(void) cl_policy_demand(reader, ratio, true, &amount);
	cl_policy_put_open(&explanation->out, "optimum", '{');
	put_statistic(&explanation->out, "margin", known ? account->economics[CL_ECONOMICS_MARGIN] : NAN);
	put_statistic(&explanation->out, "carry", known ? account->economics[CL_ECONOMICS_CARRY] : NAN);
	put_statistic(&explanation->out, "price", known ? cl_policy_price(account) : NAN);
	put_statistic(&explanation->out, "ratio", known ? cl_policy_optimal_ratio(account, true) : NAN);
	put_cap(explanation, "limit", demand_known ? account->amount[CL_INPUT_DEMAND] : CL_NO_CAP);
	put_cap(explanation, "limit_without_price", demand_known ? amount : CL_NO_CAP);
	appendStringInfoChar(&explanation->out, '}');
}

/* What an exclusion looked at. */
static void
put_exclusion_value(StringInfo out, const ClPolicyReader *reader, int i)
{
	ClColumn   *column = &reader->exclusion[i];
	const char *text;
	int			length;

	if (cl_column_null(reader->row, column))
		put_null(out, "value");
	else if (column->kind == CL_COLUMN_BOOL)
	{
		cl_policy_put_key(out, "value");
		appendStringInfoString(out, cl_column_float8(reader->row, column) != 0 ? "true" : "false");
	}
	else if (CL_ACCEPT(column->kind) & CL_ACCEPT_TEXT)
	{
		text = cl_column_text(reader->row, column, &length);
		cl_policy_put_string(out, "value", pnstrdup(text, length));
	}
	else
		put_statistic(out, "value", cl_column_float8(reader->row, column));
}

static void
put_exclusions(Explanation *explanation)
{
	const ClPolicyReader *reader = explanation->reader;
	StringInfo	out = &explanation->out;

	cl_policy_put_open(out, "exclusions", '[');
	for (int i = 0; i < explanation->policy->nexclusions; i++)
	{
		const ClExclusion *exclusion = &explanation->policy->exclusions[i];

		cl_policy_put_open(out, NULL, '{');
		cl_policy_put_string(out, "column", exclusion->column);
		cl_policy_put_condition(out, exclusion);
		put_exclusion_value(out, reader, i);
		cl_policy_put_key(out, "met");
		appendStringInfoString(out, reader->exclusion_unknown[i] ? "null" :
							   reader->exclusion_met[i] ? "true" : "false");
		cl_policy_put_string(out, "action", cl_exclusion_action_names[exclusion->action]);
		cl_policy_put_string(out, "reason", exclusion->reason);
		appendStringInfoChar(out, '}');
	}
	appendStringInfoChar(out, ']');
}

static char *
cap_text(const ClPolicyStep *step, const char *bound, bool again)
{
	static const char *const titles[] = {
		"", "The entitlement", "The target", "Affordability", "The product cap", "The umbrella", "The regulatory cap",
		"The risk cap"
	};

	if (again)
		return psprintf("%s of %s binds at once", titles[step->rule], bound);
	if (step->before == CL_NO_CAP)
		return psprintf("%s is %s", titles[step->rule], bound);
	if (step->after < step->before)
		return psprintf("%s allows no more than %s", titles[step->rule], bound);
	return psprintf("%s of %s does not bind", titles[step->rule], bound);
}

/* A step is told by whether it changed something. again: this cap was among the caps before. */
static char *
step_text(const Explanation *explanation, const ClPolicyStep *step, bool again)
{
	const char *bound = step->bound == CL_NO_CAP ? "" : amount_text(explanation, step->bound);
	bool		moved = step->after != step->before;

	switch (step->rule)
	{
		case CL_RULE_PRODUCT_FLOOR:
			return psprintf(moved ? "Less than %s is not offered" : "Not below the smallest offer of %s", bound);
		case CL_RULE_EXCLUSION:
			return psprintf(moved ? "An exclusion holds the limit at %s" :
							"An exclusion is met, but nothing rises above %s", bound);
		case CL_RULE_MOVEMENT:
			return psprintf(moved ? "One decision goes no further than %s" : "One decision may go as far as %s", bound);
		case CL_RULE_DEAD_BAND:
			return psprintf("A change of less than %s is not made", bound);
		case CL_RULE_COOLING_OFF:
			return psprintf("The last change on %s is too recent for another",
							date_text(explanation->reader->account.last_limit_change));
		case CL_RULE_ROUNDING:
			return psprintf("Rounded down to a step of %s", bound);
		case CL_RULE_DRAWN:
			return psprintf(moved ? "The limit stays at %s, the least that covers what is in use" :
							"Not below %s, the least that covers what is in use", bound);
		case CL_RULE_APPROVAL:
			return psprintf(moved ? "More than %s needs approval" : "Up to %s needs no approval", bound);
		case CL_RULE_HOLDOUT:
			return psprintf(moved ? "An experiment withholds what is above %s"
							: "Held out by an experiment, and nothing rises above %s",
							bound);
		case CL_RULE_UNKNOWN_INPUT:
			return pstrdup("Something that the policy needs is unknown, so the limit stays");
		default:
			return cap_text(step, bound, again);
	}
}

static void
put_steps(Explanation *explanation, const ClPolicyTrace *trace)
{
	StringInfo	out = &explanation->out;
	uint32		seen = 0;

	cl_policy_put_open(out, "steps", '[');
	for (int i = 0; i < trace->nsteps; i++)
	{
		const ClPolicyStep *step = &trace->steps[i];

		cl_policy_put_open(out, NULL, '{');
		cl_policy_put_string(out, "step", cl_policy_rule_names[step->rule]);
		put_cap(explanation, "before", step->before);
		put_cap(explanation, "after", step->after);
		put_cap(explanation, "bound", step->bound);
		cl_policy_put_string(out, "text", step_text(explanation, step, (seen & (1u << step->rule)) != 0));
		appendStringInfoChar(out, '}');
		seen |= 1u << step->rule;
	}
	appendStringInfoChar(out, ']');
}

static void
put_reasons(Explanation *explanation)
{
	Datum		reasons = cl_policy_reasons(cl_policy_texts(explanation->policy), explanation->reader,
										explanation->decision);
	Datum	   *items;
	int			count;

	deconstruct_array(DatumGetArrayTypeP(reasons), TEXTOID, -1, false, TYPALIGN_INT, &items, NULL, &count);
	cl_policy_put_open(&explanation->out, "reasons", '[');
	for (int i = 0; i < count; i++)
		cl_policy_put_string(&explanation->out, NULL, TextDatumGetCString(items[i]));
	appendStringInfoChar(&explanation->out, ']');
}

/* The same names and amounts as in limit_decision. */
static void
put_decision(Explanation *explanation)
{
	const ClPolicyDecision *decision = explanation->decision;
	bool		known = decision->limit_known;

	cl_policy_put_open(&explanation->out, "decision", '{');
	cl_policy_put_string(&explanation->out, "action", cl_policy_action_names[decision->action]);
	put_amount(explanation, "old_limit", decision->old_limit, known);
	put_amount(explanation, "new_limit", decision->new_limit, known);
	put_amount(explanation, "available", decision->available, decision->available_known);
	put_cap(explanation, "entitlement", decision->cap[CL_RULE_ENTITLEMENT]);
	put_cap(explanation, "risk_cap", decision->cap[CL_RULE_RISK_CAP]);
	put_cap(explanation, "product_cap", decision->cap[CL_RULE_PRODUCT_CAP]);
	put_cap(explanation, "affordability_cap", decision->cap[CL_RULE_AFFORDABILITY]);
	put_cap(explanation, "umbrella_cap", decision->cap[CL_RULE_UMBRELLA]);
	put_cap(explanation, "regulatory_cap", decision->cap[CL_RULE_REGULATORY_CAP]);
	put_cap(explanation, "target", decision->target);
	cl_policy_put_string(&explanation->out, "binding", cl_policy_rule_names[decision->binding]);
	put_reasons(explanation);
	put_amount(explanation, "proposed", decision->proposed, known && decision->binding != CL_RULE_UNKNOWN_INPUT);
	appendStringInfoChar(&explanation->out, '}');
}

/* jsonb */
Datum
cl_policy_explanation(ClPolicyReader *reader, DateADT as_of, const ClPolicyDecision *decision,
					  const ClPolicyTrace *trace)
{
	Explanation explanation = {.reader = reader, .policy = reader->policy, .decision = decision};
	StringInfo	out = &explanation.out;

	initStringInfo(out);
	appendStringInfoChar(out, '{');
	cl_policy_put_string(out, "policy", reader->policy->name);
	cl_policy_put_string(out, "version", reader->policy->version);
	cl_policy_put_string(out, "currency", reader->policy->currency);
	cl_policy_put_string(out, "as_of", date_text(as_of));
	put_inputs(&explanation);
	put_optimum(&explanation);
	put_exclusions(&explanation);
	put_steps(&explanation, trace);
	put_decision(&explanation);
	appendStringInfoChar(out, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out->data));
}
