/*
 * policy.c
 *	  The type limit_policy, and the decision on one account.
 */
#include "postgres.h"

#include "limit/policy.h"
#include "pg/record.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

const ClDocument limit_policy_document = {
	.name = "limit_policy",
	.compile = cl_policy_compile,
	.print = cl_policy_print
};

/*
 * cl_limit_policy_in, cl_limit_policy_out, cl_limit_policy_recv, cl_limit_policy_send, cl_limit_policy_from_jsonb,
 * cl_limit_policy_to_jsonb
 */
CL_DOCUMENT_FUNCTIONS(limit_policy)

PG_FUNCTION_INFO_V1(cl_decide_limit);
PG_FUNCTION_INFO_V1(cl_decide_limit_target);
PG_FUNCTION_INFO_V1(cl_explain_limit_target);
PG_FUNCTION_INFO_V1(cl_limit_choices);
PG_FUNCTION_INFO_V1(cl_policy_economics);
PG_FUNCTION_INFO_V1(cl_explain_limit);
PG_FUNCTION_INFO_V1(cl_limit_policy_columns_read);
PG_FUNCTION_INFO_V1(cl_is_day);
PG_FUNCTION_INFO_V1(cl_is_amount);

/* 1900-01-01 and 2199-12-31: days in the life of a book. */
#define FIRST_DAY (-36524)
#define LAST_DAY 73048

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
	Datum		step;
} PolicyBound;

static PolicyBound *
bind_policy(FunctionCallInfo fcinfo, ClDocumentUse *use, bool without_target)
{
	MemoryContext old = MemoryContextSwitchTo(use->context);
	PolicyBound *bound = palloc0_object(PolicyBound);
	const ClPolicy *policy = use->compiled;
	const ClPolicyRules *rules = &policy->rules;

	bound->reader = cl_policy_reader(policy, without_target);
	bound->texts = cl_policy_texts(policy);
	bound->desc = cl_record_desc(fcinfo);
	for (int action = 0; action < CL_POLICY_ACTIONS; action++)
		bound->actions[action] = CStringGetTextDatum(cl_policy_action_names[action]);
	for (int rule = 0; rule < CL_POLICY_RULES; rule++)
		bound->rules[rule] = CStringGetTextDatum(cl_policy_rule_names[rule]);
	if (rules->cap != CL_NO_CAP)
		bound->product_cap = cl_minor_numeric(rules->cap, policy->decimals);
	bound->step = cl_minor_numeric(rules->step, policy->decimals);
	bound->regulatory_cap = palloc0_array(Datum, rules->nregulatory);
	for (int i = 0; i < rules->nregulatory; i++)
		bound->regulatory_cap[i] = cl_minor_numeric(rules->regulatory[i].limit, policy->decimals);
	MemoryContextSwitchTo(old);
	use->bound = bound;
	return bound;
}

/* (day date) -> boolean, in checks of tables: an SQL function would be planned again for each statement */
Datum
cl_is_day(PG_FUNCTION_ARGS)
{
	DateADT		day = PG_GETARG_DATEADT(0);

	PG_RETURN_BOOL(day >= FIRST_DAY && day <= LAST_DAY);
}

/* (amount numeric) -> boolean, likewise: the text of a check is read again by each statement, and that of a range is long */
Datum
cl_is_amount(PG_FUNCTION_ARGS)
{
	ClNumericView view;

	cl_numeric_open(PG_GETARG_DATUM(0), &view);
	/* 9e14 = 900 * 10000^3: histories keep amounts as 64-bit counts of a ten-thousandth, which end at 9.22e14 */
	PG_RETURN_BOOL(view.status == CL_NUMERIC_OK && !view.negative &&
				   (view.weight < 3 || (view.weight == 3 && cl_numeric_digit(&view, 0) < 900)));
}

DateADT
cl_policy_day(Datum value)
{
	DateADT		as_of = DatumGetDateADT(value);

	if (as_of < FIRST_DAY || as_of > LAST_DAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the date of a decision is not a day"),
				 errdetail("It is %s.", DatumGetCString(DirectFunctionCall1(date_out, value))),
				 errhint("Give the day as of which the account is looked at, from 1900-01-01 to 2199-12-31.")));
	return as_of;
}

static void
put_cap(ClRecord *record, int64 cap, int decimals)
{
	if (cap == CL_NO_CAP)
		cl_record_put_null(record);
	else
		cl_record_put(record, cl_minor_numeric(cap, decimals));
}

/* The type limit_decision. A proposal that is the new limit is the same datum. */
static Datum
decision_row(const PolicyBound *bound, const ClPolicyDecision *decision)
{
	int			decimals = bound->reader->policy->decimals;
	bool		known = decision->limit_known;
	Datum		new_limit = known ? cl_minor_numeric(decision->new_limit, decimals) : (Datum) 0;
	ClRecord	record;

	cl_record_open_desc(&record, bound->desc);
	cl_record_put(&record, bound->actions[decision->action]);
	put_cap(&record, known ? decision->old_limit : CL_NO_CAP, decimals);
	cl_record_put_if(&record, known, new_limit);
	put_cap(&record, decision->available_known ? decision->available : CL_NO_CAP, decimals);
	put_cap(&record, decision->cap[CL_RULE_ENTITLEMENT], decimals);
	put_cap(&record, decision->cap[CL_RULE_RISK_CAP], decimals);
	cl_record_put_if(&record, decision->cap[CL_RULE_PRODUCT_CAP] != CL_NO_CAP, bound->product_cap);
	put_cap(&record, decision->cap[CL_RULE_AFFORDABILITY], decimals);
	put_cap(&record, decision->cap[CL_RULE_UMBRELLA], decimals);
	cl_record_put_if(&record, decision->regulatory_index >= 0,
					 decision->regulatory_index >= 0 ? bound->regulatory_cap[decision->regulatory_index] : (Datum) 0);
	put_cap(&record, decision->target, decimals);
	cl_record_put(&record, bound->rules[decision->binding]);
	cl_record_put(&record, cl_policy_reasons(bound->texts, bound->reader, decision));
	if (!known || decision->binding == CL_RULE_UNKNOWN_INPUT)
		cl_record_put_null(&record);
	else if (decision->proposed != decision->new_limit)
		cl_record_put(&record, cl_minor_numeric(decision->proposed, decimals));
	else
		cl_record_put(&record, new_limit);
	PG_RETURN_DATUM(cl_record_datum(&record));
}

Datum
cl_decide_limit(PG_FUNCTION_ARGS)
{
	ClDocumentUse *use = cl_document_use(fcinfo, 0, &limit_policy_document);
	HeapTupleHeader record = PG_GETARG_HEAPTUPLEHEADER(1);
	DateADT		as_of = cl_policy_day(PG_GETARG_DATUM(2));
	PolicyBound *bound = use->bound != NULL ? use->bound : bind_policy(fcinfo, use, false);
	const ClPolicy *policy = use->compiled;
	ClPolicyDecision decision;

	cl_policy_read(bound->reader, record);
	cl_policy_decide(&policy->rules, &bound->reader->account, as_of, &decision, NULL);
	return decision_row(bound, &decision);
}

/* A reader of accounts whose target is given. */
static void
read_with_target(ClPolicyReader *reader, FunctionCallInfo fcinfo)
{
	const ClPolicy *policy = reader->policy;

	if (!policy->rules.has_target)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("policy \"%s\" has no target whose place another could take", policy->name),
				 errdetail("The target given is %s.", cl_numeric_string(PG_GETARG_DATUM(3))),
				 errhint("Decide without one, or give the policy a target.")));
	cl_policy_read(reader, PG_GETARG_HEAPTUPLEHEADER(1));
	reader->account.amount[CL_INPUT_DEMAND] = cl_policy_numeric_minor(PG_GETARG_DATUM(3), policy->decimals, CL_ROUND_DOWN,
																	   "target");
}

/* (limit_policy, account record, as_of date, target numeric, reason text) -> limit_decision */
Datum
cl_decide_limit_target(PG_FUNCTION_ARGS)
{
	ClDocumentUse *use;
	PolicyBound *bound;
	ClPolicyRules rules;
	ClPolicyDecision decision;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		PG_RETURN_NULL();
	use = cl_document_use(fcinfo, 0, &limit_policy_document);
	bound = use->bound != NULL ? use->bound : bind_policy(fcinfo, use, true);
	rules = bound->reader->policy->rules;
	rules.headroom = CL_RATE_ONE;
	read_with_target(bound->reader, fcinfo);
	cl_policy_decide(&rules, &bound->reader->account, cl_policy_day(PG_GETARG_DATUM(2)), &decision, NULL);
	cl_policy_give_reason(bound->texts, PG_ARGISNULL(4) ? NULL : PG_GETARG_TEXT_PP(4));
	return decision_row(bound, &decision);
}

/* (limit_policy, account record, as_of date, target numeric) -> jsonb */
Datum
cl_explain_limit_target(PG_FUNCTION_ARGS)
{
	const ClPolicy *policy = cl_document_compiled(&limit_policy_document, PG_GETARG_DATUM(0));
	ClPolicyReader *reader = cl_policy_reader(policy, true);
	DateADT		as_of = cl_policy_day(PG_GETARG_DATUM(2));
	ClPolicyRules rules = policy->rules;
	ClPolicyDecision decision;
	ClPolicyTrace trace;

	rules.headroom = CL_RATE_ONE;
	read_with_target(reader, fcinfo);
	cl_policy_decide(&rules, &reader->account, as_of, &decision, &trace);
	PG_RETURN_DATUM(cl_policy_explanation(reader, as_of, &decision, &trace));
}

/* (limit_policy, account record, as_of date) -> limit_choices */
Datum
cl_limit_choices(PG_FUNCTION_ARGS)
{
	ClDocumentUse *use = cl_document_use(fcinfo, 0, &limit_policy_document);
	HeapTupleHeader account = PG_GETARG_HEAPTUPLEHEADER(1);
	DateADT		as_of = cl_policy_day(PG_GETARG_DATUM(2));
	PolicyBound *bound = use->bound != NULL ? use->bound : bind_policy(fcinfo, use, true);
	const ClPolicy *policy = use->compiled;
	int			decimals = policy->decimals;
	ClPolicyChoices choices;
	ClRecord	record;
	bool		known;

	cl_policy_read(bound->reader, account);
	cl_policy_choices(&policy->rules, &bound->reader->account, as_of, &choices);
	known = choices.highest.limit_known;
	cl_record_open_desc(&record, bound->desc);
	put_cap(&record, known ? choices.highest.old_limit : CL_NO_CAP, decimals);
	put_cap(&record, choices.some ? choices.lower : CL_NO_CAP, decimals);
	put_cap(&record, choices.some ? choices.upper : CL_NO_CAP, decimals);
	cl_record_put(&record, bound->step);
	put_cap(&record, choices.some ? choices.dead_band : CL_NO_CAP, decimals);
	put_cap(&record, choices.keep, decimals);
	put_cap(&record, choices.zero, decimals);
	cl_record_put(&record, cl_policy_reasons(bound->texts, bound->reader, &choices.highest));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* (limit_policy, account record) -> (demand, margin, carry, price): of the row only what the optimum needs is read. */
Datum
cl_policy_economics(PG_FUNCTION_ARGS)
{
	ClDocumentUse *use = cl_document_use(fcinfo, 0, &limit_policy_document);
	PolicyBound *bound = use->bound != NULL ? use->bound : bind_policy(fcinfo, use, false);
	ClPolicyReader *reader = bound->reader;
	const ClPolicyAccount *account = &reader->account;
	ClRecord	record;

	if (reader->policy->optimal == NULL)
		PG_RETURN_NULL();
	cl_row_read(reader->row, PG_GETARG_HEAPTUPLEHEADER(1));
	reader->account.missing = 0;
	if (!cl_policy_read_economics(reader))
		PG_RETURN_NULL();
	cl_record_open_desc(&record, bound->desc);
	if (cl_column_null(reader->row, reader->demand))
		cl_record_put_null(&record);
	else
		cl_record_put(&record, cl_column_datum(reader->row, reader->demand));
	cl_record_put_float8(&record, account->economics[CL_ECONOMICS_MARGIN]);
	cl_record_put_float8(&record, account->economics[CL_ECONOMICS_CARRY]);
	cl_record_put_float8(&record, cl_policy_price(account));
	PG_RETURN_DATUM(cl_record_datum(&record));
}

/* Looked at once, not for a book: nothing is kept between calls. */
Datum
cl_explain_limit(PG_FUNCTION_ARGS)
{
	const ClPolicy *policy = cl_document_compiled(&limit_policy_document, PG_GETARG_DATUM(0));
	ClPolicyReader *reader = cl_policy_reader(policy, false);
	DateADT		as_of = cl_policy_day(PG_GETARG_DATUM(2));
	ClPolicyDecision decision;
	ClPolicyTrace trace;

	cl_policy_read(reader, PG_GETARG_HEAPTUPLEHEADER(1));
	cl_policy_decide(&policy->rules, &reader->account, as_of, &decision, &trace);
	PG_RETURN_DATUM(cl_policy_explanation(reader, as_of, &decision, &trace));
}

/* (limit_policy) -> text[] */
Datum
cl_limit_policy_columns_read(PG_FUNCTION_ARGS)
{
	return cl_row_names(cl_policy_reader(cl_document_compiled(&limit_policy_document, PG_GETARG_DATUM(0)), false)->row);
}
