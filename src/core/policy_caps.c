/*
 * policy_caps.c
 *	  The caps of a limit: by entitlement, target, affordability, product, umbrella, law and risk.
 */
#include "core/policy_work.h"

/* Of equal caps the first one rules. A cap beyond all amounts is still a cap. */
static void
apply_cap(ClPolicyWork *work, ClPolicyRule rule, int64_t cap)
{
	cap = smaller(cap, CL_NO_CAP - 1);
	work->decision->cap[rule] = cap;
	if (cap < work->limit)
		work->smallest = rule;
	move_to(work, rule, smaller(work->limit, cap), cap);
}

static void
cap_by_entitlement(ClPolicyWork *work)
{
	if (work->rules->axis[0].n == 0 || !known(work, work->rules->entitled_by))
		return;
	apply_cap(work, CL_RULE_ENTITLEMENT, cl_policy_entitlement(work->rules, work->account));
}

/* Demand that nobody knows is no reason to give less than the entitlement. */
static void
cap_by_target(ClPolicyWork *work)
{
	ClPolicyDecision *decision = work->decision;

	decision->target = decision->cap[CL_RULE_ENTITLEMENT];
	if (!work->rules->has_target || !known(work, CL_INPUT_BIT(CL_INPUT_DEMAND)) ||
		work->account->amount[CL_INPUT_DEMAND] == CL_NO_CAP)
		return;
	apply_cap(work, CL_RULE_TARGET, share_of(work->account->amount[CL_INPUT_DEMAND], work->rules->headroom));
	decision->target = decision->cap[CL_RULE_TARGET];
}

static void
cap_by_affordability(ClPolicyWork *work)
{
	const int64_t *amount = work->account->amount;

	if (!work->rules->has_affordability ||
		!known(work, CL_INPUT_BIT(CL_INPUT_INCOME) | CL_INPUT_BIT(CL_INPUT_OBLIGATIONS)))
		return;
	apply_cap(work, CL_RULE_AFFORDABILITY,
			  saturated(cl_policy_affordable(&work->rules->affordability, amount[CL_INPUT_INCOME],
											 amount[CL_INPUT_OBLIGATIONS])));
}

/*
 * A shared umbrella lets limits overlap and only their use is bounded; a partitioned one divides the limits
 * themselves.
 */
static void
cap_by_umbrella(ClPolicyWork *work)
{
	const int64_t *amount = work->account->amount;
	int64_t		cap = amount[CL_INPUT_UMBRELLA_LIMIT];

	if (work->rules->umbrella == CL_UMBRELLA_NONE || !known(work, CL_INPUT_BIT(CL_INPUT_UMBRELLA_LIMIT)))
		return;
	if (work->rules->umbrella == CL_UMBRELLA_PARTITIONED)
	{
		if (!known(work, CL_INPUT_BIT(CL_INPUT_UMBRELLA_GRANTED)))
			return;
		cap = not_negative(cap - amount[CL_INPUT_UMBRELLA_GRANTED]);
	}
	apply_cap(work, CL_RULE_UMBRELLA, cap);
}

static void
cap_by_regulation(ClPolicyWork *work)
{
	const ClPolicyRules *rules = work->rules;
	int			smallest = -1;

	for (int i = 0; i < rules->nregulatory; i++)
	{
		const ClRegulatoryCap *cap = &rules->regulatory[i];

		if (cap->valid_from <= work->as_of && work->as_of <= cap->valid_to &&
			(smallest < 0 || cap->limit < rules->regulatory[smallest].limit))
			smallest = i;
	}
	work->decision->regulatory_index = smallest;
	if (smallest >= 0)
		apply_cap(work, CL_RULE_REGULATORY_CAP, rules->regulatory[smallest].limit);
}

static void
cap_by_risk(ClPolicyWork *work)
{
	const ClPolicyRules *rules = work->rules;
	int			band = 0;

	if (rules->nrisk == 0 || !known(work, CL_INPUT_BIT(CL_INPUT_PD)))
		return;
	while (band < rules->nrisk - 1 && !(work->account->pd < rules->risk[band].pd_below))
		band++;
	apply_cap(work, CL_RULE_RISK_CAP, rules->risk[band].limit);
}

void
cl_policy_apply_caps(ClPolicyWork *work)
{
	work->limit = CL_NO_CAP;
	cap_by_entitlement(work);
	cap_by_target(work);
	cap_by_affordability(work);
	if (work->rules->cap != CL_NO_CAP)
		apply_cap(work, CL_RULE_PRODUCT_CAP, work->rules->cap);
	cap_by_umbrella(work);
	cap_by_regulation(work);
	cap_by_risk(work);
	work->proposal = work->limit;
}

/* ---- What a borrower can afford, and what a line leaves to draw ---- */

/*
 * The largest limit whose minimum payment the borrower can make, on the assumption of Regulation Z (12 CFR 1026.51)
 * that the line is used in full from the first day:
 *
 *		payment(L)  = max(payment_floor, payment_rate L + L apr / 12 + fees)
 *		slack       = min(max_debt_to_income income, income - residual_income) - obligations
 *		L           = 0 when slack < payment_floor, else (slack - fees) / (payment_rate + apr / 12), rounded down
 *
 * Slack is exact in millionths of a minor unit. The caller sees to it that payment_rate and apr are not both zero.
 */
cl_int128
cl_policy_affordable(const ClAffordability *rule, int64_t income, int64_t obligations)
{
	cl_int128	slack = ((cl_int128) income - rule->residual_income) * CL_RATE_ONE;

	if (rule->max_debt_to_income != CL_NO_CAP)
	{
		cl_int128	by_ratio = (cl_int128) income * rule->max_debt_to_income;

		if (by_ratio < slack)
			slack = by_ratio;
	}
	slack -= (cl_int128) not_negative(obligations) * CL_RATE_ONE;
	if (slack < (cl_int128) rule->payment_floor * CL_RATE_ONE)
		return 0;
	slack -= (cl_int128) rule->fees * CL_RATE_ONE;
	if (slack <= 0)
		return 0;
	return divide(slack * 12, 12 * rule->payment_rate + rule->apr);
}

/*
 * What can still be drawn; CL_NO_CAP as umbrella_limit: there is no umbrella. umbrella_drawn is that of the other
 * products.
 */
int64_t
cl_policy_available(int64_t limit, int64_t drawn, int64_t umbrella_limit, int64_t umbrella_drawn)
{
	int64_t		available = not_negative(limit - drawn);

	if (umbrella_limit != CL_NO_CAP)
	{
		int64_t		used = cl_policy_add(drawn, not_negative(umbrella_drawn));

		available = smaller(available, not_negative(umbrella_limit - used));
	}
	return available;
}

/* Balance and pending authorisations; a credit balance is nothing drawn. */
int64_t
cl_policy_drawn(int64_t balance, int64_t pending)
{
	return cl_policy_add(not_negative(balance), not_negative(pending));
}
