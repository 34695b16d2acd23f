/*
 * policy_document.c
 *	  A limit policy from its JSON.
 */
#include "postgres.h"

#include <math.h>

#include "limit/policy_compile.h"

#include "datatype/timestamp.h"
#include "utils/datetime.h"

const char *const cl_policy_rule_names[CL_POLICY_RULES] = {
	"none", "entitlement", "target", "affordability", "product_cap", "umbrella", "regulatory_cap", "risk_cap",
	"product_floor", "exclusion", "movement", "dead_band", "cooling_off", "rounding", "drawn", "approval",
	"holdout", "unknown_input"
};

const char *const cl_policy_action_names[CL_POLICY_ACTIONS] = {"KEEP", "INCREASE", "DECREASE", "FREEZE", "REFER"};

const char *const cl_policy_input_names[CL_INPUT_ECONOMICS] = {
	"credit_limit", "balance", "pending", "income", "obligations", "demand", "umbrella_limit", "umbrella_drawn",
	"umbrella_granted", "score", "pd", NULL, NULL, "last_limit_change"
};

static const char *const default_reasons[CL_POLICY_RULES] = {
	"", "", "Expected demand needs no higher limit",
	"Income and obligations support no higher limit", "Highest limit of the product",
	"Limit across all products of the borrower", "Regulatory cap", "Probability of default caps the limit",
	"Below the smallest limit of the product", "", "Largest change that one decision may make",
	"Change too small to be made", "Too soon after the last change", "",
	"Drawn amount is above what the policy supports",
	"Above the amount that needs approval", "Withheld by an experiment", ""
};


/* An optional number of a section; what is in *value stays when it is absent. */
static bool
get_decimal(const ClJson *section, const char *key, int decimals, int64 lowest, int64 highest, int64 *value)
{
	ClJson		node;

	if (!cl_json_get(section, key, &node))
		return false;
	*value = cl_json_decimal(&node, decimals, lowest, highest);
	return true;
}

bool
cl_policy_get_amount(const ClJson *section, const char *key, const ClPolicy *policy, int64 *value)
{
	return get_decimal(section, key, policy->decimals, 0, CL_POLICY_MAX_AMOUNT, value);
}

bool
cl_policy_get_rate(const ClJson *section, const char *key, int highest, int64 *value)
{
	return get_decimal(section, key, CL_RATE_DECIMALS, 0, highest * CL_RATE_ONE, value);
}

char *
cl_policy_get_string(const ClJson *section, const char *key)
{
	ClJson		node;

	return cl_json_get(section, key, &node) ? cl_json_string(&node) : NULL;
}

static void
set_reason(ClPolicy *policy, ClPolicyRule rule, const ClJson *section, const char *key)
{
	policy->reason[rule] = cl_policy_reason(section, key, default_reasons[rule]);
}

/* A quantile names its column: demand_q90, and demand_q97_5 where whole per cents are not enough. */
static char *
quantile_name(int quantile)
{
	if (quantile % 100 == 0)
		return psprintf("demand_q%d", quantile / 100);
	if (quantile % 10 == 0)
		return psprintf("demand_q%d_%d", quantile / 100, quantile / 10 % 10);
	return psprintf("demand_q%d_%02d", quantile / 100, quantile % 100);
}

/* Why the limit is no higher where a budget has a price: with the price of one more unit, where it is the same for everybody. */
static const char *
budget_reason(const ClPolicyOptimal *optimal)
{
	double		price = optimal->number[CL_ECONOMICS_SHADOW_PRICE] * optimal->number[CL_ECONOMICS_WEIGHT];
	StringInfoData text;

	if (optimal->column[CL_ECONOMICS_SHADOW_PRICE] != NULL || optimal->column[CL_ECONOMICS_WEIGHT] != NULL || price == 0)
		return "A budget bound";
	initStringInfo(&text);
	appendStringInfoString(&text, "A budget bound: one more costs ");
	cl_json_put_float8(&text, price);
	return text.data;
}

static void
compile_target(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {
		"demand_quantile", "column", "optimal", "headroom", "reason", "budget_reason", NULL
	};
	static const char *const amount_keys[] = {"demand_quantile", "column", "headroom", "reason", NULL};
	static const char *const optimal_keys[] = {"optimal", "reason", "budget_reason", NULL};
	ClJson		section;
	ClJson		node;
	int64		quantile = 0;

	policy->rules.headroom = CL_RATE_ONE;
	if (!cl_json_get(document, "target", &section))
		return;
	cl_json_object(&section, keys);
	policy->rules.has_target = true;
	if (cl_json_get(&section, "optimal", &node))
	{
		cl_json_object(&section, optimal_keys);
		cl_policy_compile_optimal(&node, policy);
		policy->demand_name = "demand_mixture";
		policy->reason[CL_RULE_TARGET] = cl_policy_reason(&section, "reason", "A higher limit is not expected to earn more");
		policy->budget_reason = cl_policy_reason(&section, "budget_reason", budget_reason(policy->optimal));
		return;
	}
	cl_json_object(&section, amount_keys);
	get_decimal(&section, "demand_quantile", 4, 1, 9999, &quantile);
	if ((quantile != 0) == cl_json_get(&section, "column", &node))
		cl_json_error_hint(&section, "an object with one of demand_quantile, column, optimal",
						   "Without a target the limit goes as far as the entitlement: leave the section out.");
	policy->demand_quantile = quantile;
	policy->demand_name = quantile != 0 ? quantile_name(quantile) : cl_json_string(&node);
	get_decimal(&section, "headroom", CL_RATE_DECIMALS, CL_RATE_ONE, 1000 * CL_RATE_ONE, &policy->rules.headroom);
	set_reason(policy, CL_RULE_TARGET, &section, "reason");
}

static bool
is_array(const ClJson *node)
{
	return node->value.type == jbvBinary && JsonContainerIsArray(node->value.val.binary.data);
}

static void
compile_risk_band(const ClJson *node, const ClPolicy *policy, const ClRiskBand *before, bool last, ClRiskBand *band)
{
	static const char *const keys[] = {"pd_below", "limit", NULL};
	ClJson		pd;
	ClJson		limit;

	cl_json_object(node, keys);
	cl_json_require(node, "limit", &limit);
	band->limit = cl_json_decimal(&limit, policy->decimals, 0, CL_POLICY_MAX_AMOUNT);
	band->pd_below = INFINITY;
	if (cl_json_get(node, "pd_below", &pd) == last)
	{
		if (last)
			cl_json_error_hint(node, "without pd_below, being the last",
							   "The last limit is for every PD above the others.");
		cl_json_require(node, "pd_below", &pd);
	}
	if (!last)
	{
		band->pd_below = cl_json_float8(&pd, 0, 1);
		if (band->pd_below == 0)
			cl_json_error(&pd, "more than 0: no PD is below that");
	}
	if (before == NULL)
		return;
	if (band->pd_below <= before->pd_below)
		cl_json_error_hint(&pd, "more than pd_below of the one before", "Order the limits from the lowest PD up.");
	if (band->limit > before->limit)
		cl_json_error_hint(&limit, "no more than the limit of the one before",
						   "A higher PD must not give a higher limit.");
}

static void
compile_risk_cap(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {"bands", "reason", NULL};
	ClPolicyRules *rules = &policy->rules;
	ClJson		section;
	ClJson		bands;

	if (!cl_json_get(document, "risk_cap", &section))
		return;
	policy->reason[CL_RULE_RISK_CAP] = default_reasons[CL_RULE_RISK_CAP];
	bands = section;
	if (!is_array(&section))
	{
		cl_json_object(&section, keys);
		cl_json_require(&section, "bands", &bands);
		set_reason(policy, CL_RULE_RISK_CAP, &section, "reason");
	}
	rules->nrisk = cl_json_array(&bands, 1, CL_POLICY_MAX_ITEMS);
	rules->risk = palloc0_array(ClRiskBand, rules->nrisk);
	for (int i = 0; i < rules->nrisk; i++)
	{
		ClJson		band;

		cl_json_item(&bands, i, &band);
		compile_risk_band(&band, policy, i > 0 ? &rules->risk[i - 1] : NULL, i == rules->nrisk - 1, &rules->risk[i]);
	}
}

static void
compile_product(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {"floor", "cap", "step", "reason", "floor_reason", NULL};
	ClPolicyRules *rules = &policy->rules;
	ClJson		section;
	ClJson		cap;

	rules->step = 1;
	rules->cap = CL_NO_CAP;
	policy->reason[CL_RULE_PRODUCT_CAP] = default_reasons[CL_RULE_PRODUCT_CAP];
	policy->reason[CL_RULE_PRODUCT_FLOOR] = default_reasons[CL_RULE_PRODUCT_FLOOR];
	if (!cl_json_get(document, "product", &section))
		return;
	cl_json_object(&section, keys);
	cl_policy_get_amount(&section, "floor", policy, &rules->floor);
	get_decimal(&section, "step", policy->decimals, 1, CL_POLICY_MAX_AMOUNT, &rules->step);
	if (cl_policy_get_amount(&section, "cap", policy, &rules->cap) && rules->cap < rules->floor)
	{
		cl_json_get(&section, "cap", &cap);
		cl_json_error(&cap, "no less than product.floor");
	}
	set_reason(policy, CL_RULE_PRODUCT_CAP, &section, "reason");
	set_reason(policy, CL_RULE_PRODUCT_FLOOR, &section, "floor_reason");
}

static void
compile_affordability(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {
		"max_debt_to_income", "residual_income", "apr", "payment_rate", "payment_floor", "fees", "reason", "income_reason", NULL
	};
	ClAffordability *rule = &policy->rules.affordability;
	ClJson		section;
	ClJson		part;
	bool		given;

	if (!cl_json_get(document, "affordability", &section))
		return;
	cl_json_object(&section, keys);
	policy->rules.has_affordability = true;
	rule->max_debt_to_income = CL_NO_CAP;
	given = cl_policy_get_rate(&section, "max_debt_to_income", 10, &rule->max_debt_to_income);
	given |= cl_policy_get_amount(&section, "residual_income", policy, &rule->residual_income);
	if (!given)
		cl_json_error(&section, "an object with max_debt_to_income, residual_income, or both");
	cl_json_require(&section, "apr", &part);
	cl_json_require(&section, "payment_rate", &part);
	cl_policy_get_rate(&section, "apr", 10, &rule->apr);
	cl_policy_get_rate(&section, "payment_rate", 1, &rule->payment_rate);
	if (rule->apr == 0 && rule->payment_rate == 0)
		cl_json_error_hint(&part, "more than zero where apr is zero", "Without a payment every limit is affordable.");
	cl_policy_get_amount(&section, "payment_floor", policy, &rule->payment_floor);
	cl_policy_get_amount(&section, "fees", policy, &rule->fees);
	set_reason(policy, CL_RULE_AFFORDABILITY, &section, "reason");
	policy->income_reason = cl_policy_reason(&section, "income_reason", CL_INCOME_REASON);
}

static void
compile_umbrella(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {"type", "reason", NULL};
	static const char *const types[] = {"shared", "partitioned", NULL};
	ClJson		section;
	ClJson		type;

	if (!cl_json_get(document, "umbrella", &section))
		return;
	cl_json_object(&section, keys);
	cl_json_require(&section, "type", &type);
	policy->rules.umbrella = cl_json_choice(&type, types) == 0 ? CL_UMBRELLA_SHARED : CL_UMBRELLA_PARTITIONED;
	set_reason(policy, CL_RULE_UMBRELLA, &section, "reason");
}

/* YYYY-MM-DD whatever DateStyle is, or the input function would not be immutable. Days since 2000-01-01. */
static bool
get_date(const ClJson *section, const char *key, int64 *days)
{
	static const char digits[] = "0123456789";
	ClJson		node;
	const char *text;
	int			year = 0;
	int			month = 0;
	int			day = 0;
	int			back[3];

	if (!cl_json_get(section, key, &node))
		return false;
	text = cl_json_string(&node);
	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || strspn(text, digits) != 4 ||
		strspn(text + 5, digits) != 2 || strspn(text + 8, digits) != 2)
		cl_json_error(&node, "a date YYYY-MM-DD");
	year = atoi(text);
	month = atoi(text + 5);
	day = atoi(text + 8);
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31)
		cl_json_error(&node, "a date of the calendar");
	*days = date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
	j2date(*days + POSTGRES_EPOCH_JDATE, &back[0], &back[1], &back[2]);
	if (back[0] != year || back[1] != month || back[2] != day)
		cl_json_error(&node, "a date of the calendar");
	return true;
}

static void
compile_regulatory_item(const ClJson *node, ClPolicy *policy, int i)
{
	static const char *const keys[] = {"limit", "source", "valid_from", "valid_to", "reason", NULL};
	ClRegulatoryCap *cap = &policy->rules.regulatory[i];
	const char *otherwise = default_reasons[CL_RULE_REGULATORY_CAP];
	char	   *source;
	ClJson		part;

	cl_json_object(node, keys);
	cl_json_require(node, "limit", &part);
	cap->limit = cl_json_decimal(&part, policy->decimals, 0, CL_POLICY_MAX_AMOUNT);
	cap->valid_from = PG_INT64_MIN;
	cap->valid_to = PG_INT64_MAX;
	get_date(node, "valid_from", &cap->valid_from);
	if (get_date(node, "valid_to", &cap->valid_to) && cap->valid_to < cap->valid_from)
	{
		cl_json_get(node, "valid_to", &part);
		cl_json_error(&part, "no earlier than valid_from");
	}
	source = cl_policy_get_string(node, "source");
	policy->regulatory_source[i] = source;
	if (source != NULL)
		otherwise = psprintf("%s: %s", otherwise, source);
	policy->regulatory_reason[i] = cl_policy_reason(node, "reason", otherwise);
}

static void
compile_regulatory_cap(const ClJson *document, ClPolicy *policy)
{
	ClPolicyRules *rules = &policy->rules;
	ClJson		section;

	if (!cl_json_get(document, "regulatory_cap", &section))
		return;
	rules->nregulatory = is_array(&section) ? cl_json_array(&section, 1, CL_POLICY_MAX_ITEMS) : 1;
	rules->regulatory = palloc0_array(ClRegulatoryCap, rules->nregulatory);
	policy->regulatory_source = palloc0_array(const char *, rules->nregulatory);
	policy->regulatory_reason = palloc0_array(const char *, rules->nregulatory);
	for (int i = 0; i < rules->nregulatory; i++)
	{
		ClJson		item = section;

		if (is_array(&section))
			cl_json_item(&section, i, &item);
		compile_regulatory_item(&item, policy, i);
	}
}

static void
compile_cooling_off(const ClJson *movement, ClMovement *rule)
{
	static const char *const keys[] = {"increase", "decrease", NULL};
	ClJson		section;
	ClJson		days;

	if (!cl_json_get(movement, "cooling_off_days", &section))
		return;
	cl_json_object(&section, keys);
	if (cl_json_get(&section, "increase", &days))
		rule->cooling_off_increase = cl_json_int(&days, 0, 36500);
	if (cl_json_get(&section, "decrease", &days))
		rule->cooling_off_decrease = cl_json_int(&days, 0, 36500);
}

static void
compile_movement(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {
		"max_increase", "max_decrease", "max_increase_amount", "max_decrease_amount", "dead_band", "cooling_off_days",
		"risk_decrease_at_once", "reason", "dead_band_reason", "cooling_off_reason", NULL
	};
	ClMovement *rule = &policy->rules.movement;
	ClJson		section;
	ClJson		at_once;

	rule->max_increase = rule->max_decrease = rule->max_increase_amount = rule->max_decrease_amount = CL_NO_CAP;
	policy->reason[CL_RULE_MOVEMENT] = default_reasons[CL_RULE_MOVEMENT];
	policy->reason[CL_RULE_DEAD_BAND] = default_reasons[CL_RULE_DEAD_BAND];
	policy->reason[CL_RULE_COOLING_OFF] = default_reasons[CL_RULE_COOLING_OFF];
	if (!cl_json_get(document, "movement", &section))
		return;
	cl_json_object(&section, keys);
	cl_policy_get_rate(&section, "max_increase", 10, &rule->max_increase);
	cl_policy_get_rate(&section, "max_decrease", 1, &rule->max_decrease);
	cl_policy_get_amount(&section, "max_increase_amount", policy, &rule->max_increase_amount);
	cl_policy_get_amount(&section, "max_decrease_amount", policy, &rule->max_decrease_amount);
	cl_policy_get_rate(&section, "dead_band", 1, &rule->dead_band);
	compile_cooling_off(&section, rule);
	if (cl_json_get(&section, "risk_decrease_at_once", &at_once))
		rule->risk_decrease_at_once = cl_json_bool(&at_once);
	set_reason(policy, CL_RULE_MOVEMENT, &section, "reason");
	set_reason(policy, CL_RULE_DEAD_BAND, &section, "dead_band_reason");
	set_reason(policy, CL_RULE_COOLING_OFF, &section, "cooling_off_reason");
}

static void
compile_approval(const ClJson *document, ClPolicy *policy)
{
	static const char *const keys[] = {"above", "reason", NULL};
	ClJson		section;
	ClJson		above;

	policy->rules.approval_above = CL_NO_CAP;
	if (!cl_json_get(document, "approval", &section))
		return;
	cl_json_object(&section, keys);
	cl_json_require(&section, "above", &above);
	policy->rules.approval_above = cl_json_decimal(&above, policy->decimals, 0, CL_POLICY_MAX_AMOUNT);
	set_reason(policy, CL_RULE_APPROVAL, &section, "reason");
}

/* Renames of the standard columns. A demand column that the target names itself has no standard name. */
static void
compile_columns(const ClJson *document, ClPolicy *policy)
{
	const char *keys[CL_POLICY_INPUTS + 1];
	int			nkeys = 0;
	ClJson		section;

	for (int input = 0; input < CL_POLICY_INPUTS; input++)
	{
		policy->column[input] = input == CL_INPUT_DEMAND ? policy->demand_name :
			input < CL_INPUT_ECONOMICS ? cl_policy_input_names[input] : NULL;
		if (cl_policy_standard_name(policy, input) != NULL)
			keys[nkeys++] = policy->column[input];
	}
	keys[nkeys] = NULL;
	if (!cl_json_get(document, "columns", &section))
		return;
	cl_json_object(&section, keys);
	for (int input = 0; input < CL_POLICY_INPUTS; input++)
	{
		char	   *name;

		if (cl_policy_standard_name(policy, input) == NULL)
			continue;
		name = cl_policy_get_string(&section, policy->column[input]);
		if (name != NULL)
			policy->column[input] = name;
	}
}

void *
cl_policy_compile(const ClJson *document)
{
	static const char *const keys[] = {
		"name", "version", "decimals", "currency", "entitlement", "target", "risk_cap", "product", "affordability",
		"umbrella", "regulatory_cap", "exclusions", "movement", "approval", "columns", NULL
	};
	ClPolicy   *policy = palloc0_object(ClPolicy);
	ClJson		node;

	cl_json_object(document, keys);
	cl_json_require(document, "name", &node);
	policy->name = cl_json_string(&node);
	policy->version = cl_policy_get_string(document, "version");
	policy->currency = cl_policy_get_string(document, "currency");
	policy->decimals = cl_json_get(document, "decimals", &node) ? cl_json_int(&node, 0, CL_POLICY_MAX_DECIMALS) : 2;
	cl_policy_compile_entitlement(document, policy);
	compile_target(document, policy);
	compile_risk_cap(document, policy);
	compile_product(document, policy);
	compile_affordability(document, policy);
	compile_umbrella(document, policy);
	compile_regulatory_cap(document, policy);
	compile_movement(document, policy);
	compile_approval(document, policy);
	compile_columns(document, policy);
	cl_policy_compile_axis_columns(document, policy);
	cl_policy_compile_optimal_columns(document, policy);
	cl_policy_compile_exclusions(document, policy);
	policy->reason[CL_RULE_DRAWN] = default_reasons[CL_RULE_DRAWN];
	policy->reason[CL_RULE_HOLDOUT] = default_reasons[CL_RULE_HOLDOUT];
	/* Demand may be unknown and a regulatory cap may expire: neither is enough to say how high a limit may go. */
	if (policy->rules.axis[0].n == 0 && policy->rules.nrisk == 0 && policy->rules.cap == CL_NO_CAP &&
		!policy->rules.has_affordability && policy->rules.umbrella == CL_UMBRELLA_NONE)
		cl_json_error_hint(document, "a policy that bounds every limit",
						   "Add one of: entitlement, risk_cap, product.cap, affordability, umbrella.");
	cl_policy_prepare(&policy->rules);
	if (policy->rules.lowest_offer > policy->rules.cap)
		cl_json_error_hint(document, "able to offer something",
						   "product.floor, rounded up to a product.step, is above product.cap.");
	for (int input = 0; input < CL_POLICY_INPUTS; input++)
		policy->reads[input] = (policy->rules.needed & CL_INPUT_BIT(input)) != 0;
	policy->reads[CL_INPUT_PENDING] = true;
	policy->reads[CL_INPUT_LAST_LIMIT_CHANGE] = true;
	policy->reads[CL_INPUT_DEMAND] = policy->rules.has_target;
	/* An amount that is the PD itself would rise with it, and the limit with the amount. */
	for (int input = 0; input < CL_POLICY_AMOUNTS; input++)
	{
		if (policy->reads[input] && policy->reads[CL_INPUT_PD] &&
			strcmp(policy->column[input], policy->column[CL_INPUT_PD]) == 0)
			cl_json_error_hint(document, psprintf("free of the column \"%s\" as an amount", policy->column[input]),
							   "It is the PD: a higher PD must not give a higher limit.");
	}
	return policy;
}
