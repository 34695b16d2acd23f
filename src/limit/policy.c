/*
 * policy.c
 *	  The type limit_policy, and the decision on one account.
 */
#include "postgres.h"

#include "limit/policy_explain.h"

#include "funcapi.h"
#include "utils/builtins.h"

const ClDocument limit_policy_document = {
	.name = "limit_policy",
	.compile = cl_policy_compile,
	.print = cl_policy_print
};

CL_DOCUMENT_FUNCTIONS(limit_policy)

PG_FUNCTION_INFO_V1(cl_decide_limit);
PG_FUNCTION_INFO_V1(cl_explain_limit);

/* Columns of the type limit_decision. */
enum
{
	DECISION_ACTION, DECISION_OLD_LIMIT, DECISION_NEW_LIMIT, DECISION_AVAILABLE, DECISION_ENTITLEMENT,
	DECISION_RISK_CAP, DECISION_PRODUCT_CAP, DECISION_AFFORDABILITY_CAP, DECISION_UMBRELLA_CAP, DECISION_REGULATORY_CAP,
	DECISION_TARGET, DECISION_BINDING, DECISION_REASONS, DECISION_PROPOSED, DECISION_COLUMNS
};

/* What a query keeps beside a compiled policy. */
typedef struct PolicyBound
{
	ClPolicyReader *reader;
	ClPolicyTexts *texts;
	TupleDesc	desc;
	Datum		actions[CL_POLICY_ACTIONS];
	Datum		rules[CL_POLICY_RULES];
	Datum		product_cap;	/* amounts that are the same for every row */
	Datum	   *regulatory_cap;
} PolicyBound;

static TupleDesc
decision_desc(FunctionCallInfo fcinfo)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != DECISION_COLUMNS)
		elog(ERROR, "decide_limit does not return limit_decision");
	return BlessTupleDesc(CreateTupleDescCopy(desc));
}

static void
bind_amounts(PolicyBound *bound, const ClPolicy *policy)
{
	const ClPolicyRules *rules = &policy->rules;

	if (rules->cap != CL_NO_CAP)
		bound->product_cap = cl_minor_numeric(rules->cap, policy->decimals);
	bound->regulatory_cap = palloc0_array(Datum, rules->nregulatory);
	for (int i = 0; i < rules->nregulatory; i++)
		bound->regulatory_cap[i] = cl_minor_numeric(rules->regulatory[i].limit, policy->decimals);
}

static PolicyBound *
bind_policy(FunctionCallInfo fcinfo, ClDocumentUse *use)
{
	MemoryContext old = MemoryContextSwitchTo(use->context);
	PolicyBound *bound = palloc0_object(PolicyBound);

	bound->reader = cl_policy_reader(use->compiled);
	bound->texts = cl_policy_texts(use->compiled);
	bound->desc = decision_desc(fcinfo);
	for (int action = 0; action < CL_POLICY_ACTIONS; action++)
		bound->actions[action] = CStringGetTextDatum(cl_policy_action_names[action]);
	for (int rule = 0; rule < CL_POLICY_RULES; rule++)
		bound->rules[rule] = CStringGetTextDatum(cl_policy_rule_names[rule]);
	bind_amounts(bound, use->compiled);
	MemoryContextSwitchTo(old);
	use->bound = bound;
	return bound;
}

static DateADT
decision_date(Datum value)
{
	DateADT		as_of = DatumGetDateADT(value);

	if (DATE_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the date of a decision must be finite"),
				 errdetail("It is %s.", DATE_IS_NOEND(as_of) ? "infinity" : "-infinity"),
				 errhint("Give the day as of which the account is looked at.")));
	return as_of;
}

static void
put_amount(Datum *values, bool *nulls, int column, int64 amount, bool there, int decimals)
{
	nulls[column] = !there;
	if (there)
		values[column] = cl_minor_numeric(amount, decimals);
}

static void
put_limits(Datum *values, bool *nulls, const ClPolicyDecision *decision, int decimals)
{
	bool		known = decision->limit_known;

	put_amount(values, nulls, DECISION_OLD_LIMIT, decision->old_limit, known, decimals);
	put_amount(values, nulls, DECISION_NEW_LIMIT, decision->new_limit, known, decimals);
	put_amount(values, nulls, DECISION_AVAILABLE, decision->available, decision->available_known, decimals);
	values[DECISION_PROPOSED] = values[DECISION_NEW_LIMIT];
	nulls[DECISION_PROPOSED] = !known || decision->binding == CL_RULE_UNKNOWN_INPUT;
	if (decision->proposed != decision->new_limit)
		put_amount(values, nulls, DECISION_PROPOSED, decision->proposed, !nulls[DECISION_PROPOSED], decimals);
}

static void
put_cap(Datum *values, bool *nulls, int column, int64 cap, int decimals)
{
	put_amount(values, nulls, column, cap, cap != CL_NO_CAP, decimals);
}

static void
put_caps(Datum *values, bool *nulls, const PolicyBound *bound, const ClPolicyDecision *decision, int decimals)
{
	put_cap(values, nulls, DECISION_ENTITLEMENT, decision->cap[CL_RULE_ENTITLEMENT], decimals);
	put_cap(values, nulls, DECISION_RISK_CAP, decision->cap[CL_RULE_RISK_CAP], decimals);
	put_cap(values, nulls, DECISION_AFFORDABILITY_CAP, decision->cap[CL_RULE_AFFORDABILITY], decimals);
	put_cap(values, nulls, DECISION_UMBRELLA_CAP, decision->cap[CL_RULE_UMBRELLA], decimals);
	put_cap(values, nulls, DECISION_TARGET, decision->target, decimals);
	values[DECISION_PRODUCT_CAP] = bound->product_cap;
	nulls[DECISION_PRODUCT_CAP] = decision->cap[CL_RULE_PRODUCT_CAP] == CL_NO_CAP;
	nulls[DECISION_REGULATORY_CAP] = decision->regulatory_index < 0;
	if (decision->regulatory_index >= 0)
		values[DECISION_REGULATORY_CAP] = bound->regulatory_cap[decision->regulatory_index];
}

static HeapTuple
decision_tuple(PolicyBound *bound, const ClPolicyDecision *decision)
{
	Datum		values[DECISION_COLUMNS] = {0};
	bool		nulls[DECISION_COLUMNS] = {false};
	int			decimals = bound->reader->policy->decimals;

	values[DECISION_ACTION] = bound->actions[decision->action];
	values[DECISION_BINDING] = bound->rules[decision->binding];
	values[DECISION_REASONS] = cl_policy_reasons(bound->texts, bound->reader, decision);
	put_limits(values, nulls, decision, decimals);
	put_caps(values, nulls, bound, decision, decimals);
	return heap_form_tuple(bound->desc, values, nulls);
}

Datum
cl_decide_limit(PG_FUNCTION_ARGS)
{
	ClDocumentUse *use = cl_document_use(fcinfo, 0, &limit_policy_document);
	HeapTupleHeader record = PG_GETARG_HEAPTUPLEHEADER(1);
	DateADT		as_of = decision_date(PG_GETARG_DATUM(2));
	PolicyBound *bound = use->bound != NULL ? use->bound : bind_policy(fcinfo, use);
	const ClPolicy *policy = use->compiled;
	ClPolicyDecision decision;

	cl_policy_read(bound->reader, record);
	cl_policy_decide(&policy->rules, &bound->reader->account, as_of, &decision, NULL);
	PG_RETURN_DATUM(HeapTupleGetDatum(decision_tuple(bound, &decision)));
}

/* Looked at once, not for a book: nothing is kept between calls. */
Datum
cl_explain_limit(PG_FUNCTION_ARGS)
{
	const ClPolicy *policy = cl_document_compiled(&limit_policy_document, PG_GETARG_DATUM(0));
	ClPolicyReader *reader = cl_policy_reader(policy);
	DateADT		as_of = decision_date(PG_GETARG_DATUM(2));
	ClPolicyDecision decision;
	ClPolicyTrace trace;

	cl_policy_read(reader, PG_GETARG_HEAPTUPLEHEADER(1));
	cl_policy_decide(&policy->rules, &reader->account, as_of, &decision, &trace);
	PG_RETURN_DATUM(cl_policy_explanation(reader, as_of, &decision, &trace));
}
