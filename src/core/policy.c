/*
 * policy.c
 *	  The limit of one account under one policy. The order of the steps and why it is this one: policy.h.
 */
#include "core/policy.h"

#include <stddef.h>
#include <string.h>

#include "core/policy_amount.h"

/* A decision on its way. */
typedef struct Work
{
	const ClPolicyRules *rules;
	const ClPolicyAccount *account;
	ClPolicyDecision *decision;
	ClPolicyTrace *trace;
	int64_t		as_of;
	int64_t		old;
	int64_t		limit;			/* as far as it has got */
	int64_t		proposal;		/* the smallest cap */
	ClPolicyRule smallest;
	bool		below_floor;
	ClPolicyRule protection;	/* what keeps the limit from the proposal, or overrides what would */
	bool		held_by_drawn;
	bool		needs_approval;
	bool		withheld;
} Work;

/* What can be worked out before the first account. */
void
cl_policy_prepare(ClPolicyRules *rules)
{
	uint32_t	needed = CL_INPUT_BIT(CL_INPUT_CREDIT_LIMIT) | CL_INPUT_BIT(CL_INPUT_BALANCE);

	rules->uses_income_multiple = false;
	for (int i = 0; i < rules->axis[0].n * larger(rules->axis[1].n, 1); i++)
		rules->uses_income_multiple |= rules->entitlements[i].multiple != CL_NO_CAP;
	rules->entitled_by = rules->uses_income_multiple ? CL_INPUT_BIT(CL_INPUT_INCOME) : 0;
	for (int a = 0; a < CL_BAND_AXES; a++)
		rules->entitled_by |= rules->axis[a].n > 0 ? CL_INPUT_BIT(rules->axis[a].input) : 0;
	needed |= rules->entitled_by;
	if (rules->nrisk > 0)
		needed |= CL_INPUT_BIT(CL_INPUT_PD);
	if (rules->has_affordability)
		needed |= CL_INPUT_BIT(CL_INPUT_INCOME) | CL_INPUT_BIT(CL_INPUT_OBLIGATIONS);
	if (rules->umbrella != CL_UMBRELLA_NONE)
		needed |= CL_INPUT_BIT(CL_INPUT_UMBRELLA_LIMIT) | CL_INPUT_BIT(CL_INPUT_UMBRELLA_DRAWN);
	if (rules->umbrella == CL_UMBRELLA_PARTITIONED)
		needed |= CL_INPUT_BIT(CL_INPUT_UMBRELLA_GRANTED);
	needed |= rules->target_by;
	/* Where no entitlement says how much, only demand does. */
	if (rules->has_target && rules->axis[0].n == 0)
		needed |= CL_INPUT_BIT(CL_INPUT_DEMAND);
	rules->needed = needed;

	rules->lowest_offer = round_up(rules->floor, rules->step);
	rules->approval_ceiling = CL_NO_CAP;
	if (rules->approval_above != CL_NO_CAP)
	{
		rules->approval_ceiling = round_down(rules->approval_above, rules->step);
		if (rules->approval_ceiling < rules->lowest_offer)
			rules->approval_ceiling = 0;
	}
}

static bool
known(const Work *work, uint32_t inputs)
{
	return (work->account->missing & inputs) == 0;
}

static int64_t
amount_or_zero(const Work *work, ClPolicyInput input)
{
	return known(work, CL_INPUT_BIT(input)) ? work->account->amount[input] : 0;
}

static void
trace_step(Work *work, ClPolicyRule rule, int64_t before, int64_t bound)
{
	ClPolicyStep *step;

	if (work->trace == NULL || work->trace->nsteps == CL_POLICY_STEPS)
		return;
	step = &work->trace->steps[work->trace->nsteps++];
	step->rule = rule;
	step->before = before;
	step->after = work->limit;
	step->bound = bound;
}

/* Moves the limit and keeps the step for the explanation; true when it moved. */
static bool
move_to(Work *work, ClPolicyRule rule, int64_t limit, int64_t bound)
{
	int64_t		before = work->limit;

	work->limit = limit;
	trace_step(work, rule, before, bound);
	return limit != before;
}

/* Of equal caps the first one rules. A cap beyond all amounts is still a cap. */
static void
apply_cap(Work *work, ClPolicyRule rule, int64_t cap)
{
	cap = smaller(cap, CL_NO_CAP - 1);
	work->decision->cap[rule] = cap;
	if (cap < work->limit)
		work->smallest = rule;
	move_to(work, rule, smaller(work->limit, cap), cap);
}

static void
cap_by_entitlement(Work *work)
{
	if (work->rules->axis[0].n == 0 || !known(work, work->rules->entitled_by))
		return;
	apply_cap(work, CL_RULE_ENTITLEMENT, cl_policy_entitlement(work->rules, work->account));
}

/* Demand that nobody knows is no reason to give less than the entitlement. */
static void
cap_by_target(Work *work)
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
cap_by_affordability(Work *work)
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
cap_by_umbrella(Work *work)
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
cap_by_regulation(Work *work)
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
cap_by_risk(Work *work)
{
	const ClPolicyRules *rules = work->rules;
	int			band = 0;

	if (rules->nrisk == 0 || !known(work, CL_INPUT_BIT(CL_INPUT_PD)))
		return;
	while (band < rules->nrisk - 1 && !(work->account->pd < rules->risk[band].pd_below))
		band++;
	apply_cap(work, CL_RULE_RISK_CAP, rules->risk[band].limit);
}

static void
apply_caps(Work *work)
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

static int64_t
offer_of(const ClPolicyRules *rules, int64_t limit)
{
	return limit < rules->lowest_offer ? 0 : limit;
}

static void
apply_floor(Work *work)
{
	if (work->rules->floor > 0)
		work->below_floor |= move_to(work, CL_RULE_PRODUCT_FLOOR, offer_of(work->rules, work->limit),
									 work->rules->floor);
}

static void
apply_exclusion(Work *work)
{
	if (work->account->excluded)
		work->decision->exclusion_decided = move_to(work, CL_RULE_EXCLUSION, smaller(work->limit, work->old),
													work->old);
}

/*
 * A limit below the floor may rise to the floor in one step: nothing in between is offered. The lowest limit of a
 * decrease is rounded up to a step, or rounding would take more than the policy lets one decision take.
 */
static void
apply_movement(Work *work)
{
	const ClMovement *movement = &work->rules->movement;
	int64_t		bound;

	if (work->old == 0 || work->limit == work->old)
		return;
	if (work->limit > work->old)
	{
		bound = movement->max_increase_amount;
		if (movement->max_increase != CL_NO_CAP)
			bound = smaller(bound, share_of(work->old, movement->max_increase));
		bound = larger(cl_policy_add(work->old, bound), work->rules->lowest_offer);
	}
	else
	{
		bound = movement->max_decrease_amount;
		if (movement->max_decrease != CL_NO_CAP)
			bound = smaller(bound, share_of(work->old, movement->max_decrease));
		bound = smaller(work->old, round_up(not_negative(work->old - bound), work->rules->step));
	}
	if (bound == CL_NO_CAP || (work->limit < work->old && bound == 0))
		return;
	if (move_to(work, CL_RULE_MOVEMENT,
				work->limit > work->old ? smaller(work->limit, bound) : larger(work->limit, bound), bound))
		work->protection = CL_RULE_MOVEMENT;
}

/* Whether the dead band forbids a change; an old limit of zero has none. */
static bool
too_small(const Work *work, int64_t change)
{
	return work->old != 0 &&
		(change < work->rules->step ||
		 (cl_int128) change * CL_RATE_ONE < (cl_int128) work->old * work->rules->movement.dead_band);
}

static void
apply_dead_band(Work *work)
{
	int64_t		change = work->limit > work->old ? work->limit - work->old : work->old - work->limit;
	int64_t		band = work->rules->step;
	cl_int128	share = (cl_int128) work->old * work->rules->movement.dead_band;

	if (change == 0 || !too_small(work, change))
		return;
	move_to(work, CL_RULE_DEAD_BAND, work->old, larger(band, saturated(divide(share + CL_RATE_ONE - 1, CL_RATE_ONE))));
	work->protection = CL_RULE_DEAD_BAND;
}

/* A limit that changed on the day of the decision, or later, stays: so a second run changes nothing. */
static void
apply_cooling_off(Work *work)
{
	const ClMovement *movement = &work->rules->movement;
	int64_t		days = work->limit > work->old ? movement->cooling_off_increase : movement->cooling_off_decrease;
	int64_t		last = work->account->last_limit_change;

	if (work->limit == work->old || !known(work, CL_INPUT_BIT(CL_INPUT_LAST_LIMIT_CHANGE)))
		return;
	if (last < work->as_of && last + days <= work->as_of)
		return;
	move_to(work, CL_RULE_COOLING_OFF, work->old, CL_NO_CAP);
	work->protection = CL_RULE_COOLING_OFF;
}

/* An old limit that stays is left as it is, whatever its last digits and wherever the floor is by now. */
static void
apply_rounding(Work *work)
{
	if (work->limit == work->old)
		return;
	if (work->rules->step > 1)
		move_to(work, CL_RULE_ROUNDING, round_down(work->limit, work->rules->step), work->rules->step);
	if (work->limit < work->rules->lowest_offer)
		apply_floor(work);
}

/* Nothing protects a limit from a cap that binds at once, except that it is drawn. */
static void
apply_at_once(Work *work, ClPolicyRule rule)
{
	int64_t		cap = work->decision->cap[rule];

	if (work->limit <= cap)
		return;
	move_to(work, rule, offer_of(work->rules, round_down(cap, work->rules->step)), cap);
	work->protection = rule;
}

static void
apply_drawn(Work *work)
{
	int64_t		lowest = smaller(work->old, round_up(work->decision->drawn, work->rules->step));

	if (lowest == 0)
		return;
	if (move_to(work, CL_RULE_DRAWN, larger(work->limit, lowest), lowest))
	{
		work->held_by_drawn = true;
		work->protection = CL_RULE_NONE;
	}
}

static void
apply_approval(Work *work)
{
	int64_t		ceiling = larger(work->old, work->rules->approval_ceiling);

	if (too_small(work, ceiling - work->old))
		ceiling = work->old;
	if (work->rules->approval_above != CL_NO_CAP)
		work->needs_approval = move_to(work, CL_RULE_APPROVAL, smaller(work->limit, ceiling), ceiling);
}

static void
apply_all(Work *work)
{
	apply_floor(work);
	apply_exclusion(work);
	apply_movement(work);
	apply_dead_band(work);
	apply_cooling_off(work);
	apply_rounding(work);
	apply_at_once(work, CL_RULE_REGULATORY_CAP);
	if (work->rules->movement.risk_decrease_at_once)
		apply_at_once(work, CL_RULE_RISK_CAP);
	apply_drawn(work);
	work->decision->proposed = work->limit;
	apply_approval(work);
	if (work->account->held_out)
		work->withheld = move_to(work, CL_RULE_HOLDOUT, smaller(work->limit, work->old), work->old);
}

static void
add_reason(ClPolicyDecision *decision, ClPolicyRule rule)
{
	decision->reasons[decision->nreasons++] = rule;
}

/* The caps below the old limit, the smallest first. */
static void
add_cap_reasons(const Work *work)
{
	ClPolicyDecision *decision = work->decision;
	int			first = decision->nreasons;

	for (int rule = CL_FIRST_CAP; rule <= CL_LAST_CAP; rule++)
	{
		int			at = decision->nreasons;

		if (decision->cap[rule] >= work->old)
			continue;
		for (; at > first && decision->cap[decision->reasons[at - 1]] > decision->cap[rule]; at--)
			decision->reasons[at] = decision->reasons[at - 1];
		decision->reasons[at] = rule;
		decision->nreasons++;
	}
}

/* What held the limit where it is, against the caps or against the wish for more. */
static void
add_holding_reasons(const Work *work)
{
	ClPolicyDecision *decision = work->decision;

	if (work->withheld)
		add_reason(decision, CL_RULE_HOLDOUT);
	if (work->needs_approval)
		add_reason(decision, CL_RULE_APPROVAL);
	if (work->held_by_drawn)
		add_reason(decision, CL_RULE_DRAWN);
	if (work->protection != CL_RULE_NONE)
		add_reason(decision, work->protection);
}

/* The last rule that had a say. */
static ClPolicyRule
deciding_rule(const Work *work)
{
	if (work->decision->exclusion_decided && work->protection == CL_RULE_NONE)
		return CL_RULE_EXCLUSION;
	if (work->withheld)
		return CL_RULE_HOLDOUT;
	if (work->needs_approval)
		return CL_RULE_APPROVAL;
	if (work->held_by_drawn)
		return CL_RULE_DRAWN;
	if (work->protection != CL_RULE_NONE)
		return work->protection;
	return work->below_floor ? CL_RULE_PRODUCT_FLOOR : work->smallest;
}

/*
 * Why the limit is no higher. A decrease is told by what speaks for it, smallest cap first, and only then by what kept
 * it from going further: its reasons may have to be given to the borrower. What speaks for less than the old limit is said also
 * where something else kept that.
 */
static void
set_reasons(const Work *work)
{
	ClPolicyDecision *decision = work->decision;
	bool		decrease = work->limit < work->old;
	bool		by_protection = work->protection >= CL_FIRST_CAP && work->protection <= CL_LAST_CAP;

	decision->binding = deciding_rule(work);
	if (!decrease)
		add_holding_reasons(work);
	else if (by_protection)
		add_reason(decision, work->protection);	/* a cap that binds at once, past movement and cooling-off */
	if (work->below_floor)
		add_reason(decision, CL_RULE_PRODUCT_FLOOR);
	if (work->proposal < work->old)
		add_cap_reasons(work);
	else if (decision->nreasons == 0 && !decision->exclusion_decided)
		add_reason(decision, work->smallest);
	if (decrease)
		add_holding_reasons(work);
}

static void
set_action(const Work *work)
{
	ClPolicyDecision *decision = work->decision;

	if (work->account->referred || work->needs_approval)
		decision->action = CL_ACTION_REFER;
	else if (work->account->frozen)
		decision->action = CL_ACTION_FREEZE;
	else if (work->limit != work->old)
		decision->action = work->limit > work->old ? CL_ACTION_INCREASE : CL_ACTION_DECREASE;
	else
		decision->action = CL_ACTION_KEEP;
}

static void
set_available(const Work *work)
{
	const ClPolicyAccount *account = work->account;
	ClPolicyDecision *decision = work->decision;
	bool		umbrella = work->rules->umbrella != CL_UMBRELLA_NONE;
	uint32_t	inputs = CL_INPUT_BIT(CL_INPUT_CREDIT_LIMIT) | CL_INPUT_BIT(CL_INPUT_BALANCE);

	if (umbrella)
		inputs |= CL_INPUT_BIT(CL_INPUT_UMBRELLA_LIMIT) | CL_INPUT_BIT(CL_INPUT_UMBRELLA_DRAWN);
	decision->available = 0;
	decision->available_known = account->frozen || known(work, inputs);
	if (!account->frozen && decision->available_known)
		decision->available = cl_policy_available(decision->new_limit, decision->drawn,
												  umbrella ? account->amount[CL_INPUT_UMBRELLA_LIMIT] : CL_NO_CAP,
												  account->amount[CL_INPUT_UMBRELLA_DRAWN]);
}

/* trace may be NULL. */
void
cl_policy_decide(const ClPolicyRules *rules, const ClPolicyAccount *account, int64_t as_of, ClPolicyDecision *decision,
				 ClPolicyTrace *trace)
{
	Work		work = {.rules = rules, .account = account, .decision = decision, .trace = trace, .as_of = as_of};

	memset(decision, 0, sizeof(*decision));
	for (int rule = 0; rule <= CL_LAST_CAP; rule++)
		decision->cap[rule] = CL_NO_CAP;
	decision->limit_known = known(&work, CL_INPUT_BIT(CL_INPUT_CREDIT_LIMIT));
	work.old = decision->limit_known ? account->amount[CL_INPUT_CREDIT_LIMIT] : 0;
	decision->old_limit = work.old;
	decision->drawn = cl_policy_drawn(amount_or_zero(&work, CL_INPUT_BALANCE), amount_or_zero(&work, CL_INPUT_PENDING));
	if (trace != NULL)
		trace->nsteps = 0;

	apply_caps(&work);
	if (account->unknown || !known(&work, rules->needed))
	{
		move_to(&work, CL_RULE_UNKNOWN_INPUT, work.old, CL_NO_CAP);
		decision->proposed = work.old;
		decision->action = CL_ACTION_REFER;
		decision->binding = CL_RULE_UNKNOWN_INPUT;
	}
	else
	{
		apply_all(&work);
		set_action(&work);
		set_reasons(&work);
	}
	decision->new_limit = work.limit;
	set_available(&work);
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
