/*
 * policy_reason.c
 *	  The principal reasons of a decision as text[].
 *
 * Every text that a policy can give has a number, equal texts the same one. A row's reasons are up to four numbers,
 * packed into 64 bits (text + 1, the first reason lowest), and the array for them is built when that combination
 * turns up first: a book knows few of them.
 */
#include "postgres.h"

#include "limit/policy.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define REASON_BITS 16
#define KEPT_ARRAYS 256			/* a power of two */

typedef struct KeptArray
{
	uint64		key;
	ArrayType  *array;			/* NULL: no array yet */
} KeptArray;

struct ClPolicyTexts
{
	const ClPolicy *policy;
	MemoryContext context;
	int			ntexts;
	const char **texts;
	int			rule[CL_POLICY_RULES];
	int			entitlement[CL_ENTITLEMENT_REASONS];
	int			affordability_by_income;
	int			budget;
	int			given;			/* the place of a text that comes with a target */
	bool		is_given;
	int			unknown_input[CL_POLICY_INPUTS];
	int		   *regulatory;
	int		   *exclusion;
	int		   *unknown_exclusion;
	KeptArray	kept[KEPT_ARRAYS];
};

typedef struct ReasonList
{
	int			count;
	int			text[CL_POLICY_PRINCIPAL];
} ReasonList;

static int
number_of(ClPolicyTexts *texts, const char *text)
{
	if (text == NULL)
		return -1;
	for (int i = 0; i < texts->ntexts; i++)
	{
		if (strcmp(texts->texts[i], text) == 0)
			return i;
	}
	texts->texts[texts->ntexts] = text;
	return texts->ntexts++;
}

/* Numbers all texts of a policy, in the current context. At most a few thousand: they fit REASON_BITS. */
ClPolicyTexts *
cl_policy_texts(const ClPolicy *policy)
{
	ClPolicyTexts *texts = palloc0_object(ClPolicyTexts);

	texts->policy = policy;
	texts->context = CurrentMemoryContext;
	texts->texts = palloc0_array(const char *, CL_POLICY_RULES + CL_ENTITLEMENT_REASONS + 3 + CL_POLICY_INPUTS +
								 policy->rules.nregulatory + 2 * policy->nexclusions);
	texts->regulatory = palloc0_array(int, policy->rules.nregulatory);
	texts->exclusion = palloc0_array(int, policy->nexclusions);
	texts->unknown_exclusion = palloc0_array(int, policy->nexclusions);
	for (int rule = 0; rule < CL_POLICY_RULES; rule++)
		texts->rule[rule] = number_of(texts, policy->reason[rule]);
	for (int i = 0; i < CL_ENTITLEMENT_REASONS; i++)
		texts->entitlement[i] = number_of(texts, policy->entitlement_reason[i]);
	texts->affordability_by_income = number_of(texts, policy->income_reason);
	texts->budget = number_of(texts, policy->budget_reason);
	for (int input = 0; input < CL_POLICY_INPUTS; input++)
	{
		if (policy->reads[input])
			texts->unknown_input[input] = number_of(texts, psprintf("%s is unknown", policy->column[input]));
	}
	for (int i = 0; i < policy->rules.nregulatory; i++)
		texts->regulatory[i] = number_of(texts, policy->regulatory_reason[i]);
	for (int i = 0; i < policy->nexclusions; i++)
	{
		const char *column = cl_policy_row_name(policy, policy->exclusions[i].column);

		texts->exclusion[i] = number_of(texts, policy->exclusions[i].reason);
		texts->unknown_exclusion[i] = number_of(texts, psprintf("%s is unknown", column));
	}
	texts->given = texts->ntexts++;
	texts->texts[texts->given] = "";
	return texts;
}

/* Said of the target until the next call; NULL: what the policy says. Another text makes the arrays stale. */
void
cl_policy_give_reason(ClPolicyTexts *texts, const text *reason)
{
	MemoryContext old;

	texts->is_given = reason != NULL;
	if (reason == NULL || (strlen(texts->texts[texts->given]) == VARSIZE_ANY_EXHDR(reason) &&
						   memcmp(texts->texts[texts->given], VARDATA_ANY(reason), VARSIZE_ANY_EXHDR(reason)) == 0))
		return;
	old = MemoryContextSwitchTo(texts->context);
	if (texts->texts[texts->given][0] != '\0')
		pfree(unconstify(char *, texts->texts[texts->given]));
	texts->texts[texts->given] = text_to_cstring(reason);
	MemoryContextSwitchTo(old);
	for (int i = 0; i < KEPT_ARRAYS; i++)
	{
		if (texts->kept[i].array != NULL)
			pfree(texts->kept[i].array);
		texts->kept[i].array = NULL;
	}
}

/* A text is said once. */
static void
add(ReasonList *list, int text)
{
	if (list->count == CL_POLICY_PRINCIPAL || text < 0)
		return;
	for (int i = 0; i < list->count; i++)
	{
		if (list->text[i] == text)
			return;
	}
	list->text[list->count++] = text;
}

static void
add_unknown(ReasonList *list, const ClPolicyTexts *texts, const ClPolicyReader *reader)
{
	uint32		unknown = reader->account.missing & texts->policy->rules.needed;

	/* What the target is worked out from is not known, so neither is the target: demand may well be. */
	if (unknown & texts->policy->rules.target_by)
		unknown &= ~CL_INPUT_BIT(CL_INPUT_DEMAND);
	for (int input = 0; unknown != 0 && input < CL_POLICY_INPUTS; input++)
	{
		if (unknown & CL_INPUT_BIT(input))
			add(list, texts->unknown_input[input]);
	}
	for (int i = 0; i < texts->policy->nexclusions; i++)
	{
		if (reader->exclusion_unknown[i])
			add(list, texts->unknown_exclusion[i]);
	}
}

static void
add_exclusions(ReasonList *list, const ClPolicyTexts *texts, const ClPolicyReader *reader, ClExclusionAction action)
{
	for (int i = 0; i < texts->policy->nexclusions; i++)
	{
		if (reader->exclusion_met[i] && texts->policy->exclusions[i].action == action)
			add(list, texts->exclusion[i]);
	}
}

/* The inputs of the entitlement that bound, by one text where all did. */
static void
add_entitlement(ReasonList *list, const ClPolicyTexts *texts, const ClPolicyReader *reader)
{
	const ClPolicyRules *rules = &texts->policy->rules;
	uint32		inputs = cl_policy_entitlement_inputs(rules, &reader->account);

	if (inputs == 0)
		add(list, texts->entitlement[CL_REASON_LIMIT]);
	else if (inputs == rules->entitled_by && (inputs & (inputs - 1)) != 0)
		add(list, texts->rule[CL_RULE_ENTITLEMENT]);
	else
	{
		for (int a = 0; a < CL_BAND_AXES; a++)
		{
			if (rules->axis[a].n > 0 && (inputs & CL_INPUT_BIT(rules->axis[a].input)))
				add(list, texts->entitlement[CL_REASON_DOWN + a]);
		}
		if (inputs & CL_INPUT_BIT(CL_INPUT_INCOME))
			add(list, texts->entitlement[CL_REASON_INCOME]);
	}
}

/* The text of a rule: of a cap that has several inputs, that of those which bound. */
static int
text_of_rule(const ClPolicyTexts *texts, const ClPolicyReader *reader, const ClPolicyDecision *decision, ClPolicyRule rule)
{
	switch (rule)
	{
		case CL_RULE_REGULATORY_CAP:
			return texts->regulatory[decision->regulatory_index];
		case CL_RULE_AFFORDABILITY:
			if (reader->account.amount[CL_INPUT_OBLIGATIONS] <= 0)
				return texts->affordability_by_income;
			return texts->rule[rule];
		case CL_RULE_TARGET:
			if (texts->is_given)
				return texts->given;
			/* A price lowers the limit wherever one pays at all. */
			if (texts->budget >= 0 && cl_policy_price(&reader->account) > 0 &&
				cl_policy_optimal_ratio(&reader->account, false) > 0)
				return texts->budget;
			return texts->rule[rule];
		default:
			return texts->rule[rule];
	}
}

/* Exclusions that made the action come first; one that found no increase to take away comes last. */
static void
collect(ReasonList *list, const ClPolicyTexts *texts, const ClPolicyReader *reader, const ClPolicyDecision *decision)
{
	bool		excluded = reader->account.excluded;

	if (decision->binding == CL_RULE_UNKNOWN_INPUT)
		add_unknown(list, texts, reader);
	if (excluded)
	{
		add_exclusions(list, texts, reader, CL_EXCLUSION_REFER);
		add_exclusions(list, texts, reader, CL_EXCLUSION_FREEZE);
		if (decision->exclusion_decided)
			add_exclusions(list, texts, reader, CL_EXCLUSION_NO_INCREASE);
	}
	for (int i = 0; i < decision->nreasons; i++)
	{
		if (decision->reasons[i] == CL_RULE_ENTITLEMENT)
			add_entitlement(list, texts, reader);
		else
			add(list, text_of_rule(texts, reader, decision, decision->reasons[i]));
	}
	if (excluded)
		add_exclusions(list, texts, reader, CL_EXCLUSION_NO_INCREASE);
}

static ArrayType *
build_array(const ClPolicyTexts *texts, const ReasonList *list)
{
	Datum		items[CL_POLICY_PRINCIPAL];

	for (int i = 0; i < list->count; i++)
		items[i] = CStringGetTextDatum(texts->texts[list->text[i]]);
	return construct_array(items, list->count, TEXTOID, -1, false, TYPALIGN_INT);
}

/* text[] that lives as long as the texts or until another combination takes its place; not after the next call. */
Datum
cl_policy_reasons(ClPolicyTexts *texts, const ClPolicyReader *reader, const ClPolicyDecision *decision)
{
	ReasonList	list = {0};
	uint64		key = 0;
	KeptArray  *kept;

	collect(&list, texts, reader, decision);
	for (int i = 0; i < list.count; i++)
		key |= (uint64) (list.text[i] + 1) << (i * REASON_BITS);
	kept = &texts->kept[(key * UINT64CONST(0x9E3779B97F4A7C15)) >> 56];
	if (kept->array == NULL || kept->key != key)
	{
		MemoryContext old = MemoryContextSwitchTo(texts->context);
		ArrayType  *array = build_array(texts, &list);

		MemoryContextSwitchTo(old);
		if (kept->array != NULL)
			pfree(kept->array);
		kept->array = array;
		kept->key = key;
	}
	return PointerGetDatum(kept->array);
}
