/*
 * policy_decide.c
 *	  The limit of one account under one policy. The order of the steps and why it is this one: policy.h.
 */
#include "core/policy.h"

#include <string.h>

#include "core/policy_work.h"

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

static int64_t
offer_of(const ClPolicyRules *rules, int64_t limit)
{
	return limit < rules->lowest_offer ? 0 : limit;
}

static void
apply_floor(ClPolicyWork *work)
{
	if (work->rules->floor > 0)
		work->below_floor |= move_to(work, CL_RULE_PRODUCT_FLOOR, offer_of(work->rules, work->limit),
									 work->rules->floor);
}

static void
apply_exclusion(ClPolicyWork *work)
{
	if (work->account->excluded)
		work->decision->exclusion_decided = move_to(work, CL_RULE_EXCLUSION, smaller(work->limit, work->old),
													work->old);
}

/*
 * How far one decision may go up, CL_NO_CAP as far as it likes, or down. A limit below the floor may rise to the floor in one
 * step: nothing in between is offered. The lowest limit of a decrease is rounded up to a step, or rounding would take more than
 * the policy lets one decision take.
 */
static int64_t
movement_bound(const ClPolicyWork *work, bool up)
{
	const ClMovement *movement = &work->rules->movement;
	int64_t		bound = up ? movement->max_increase_amount : movement->max_decrease_amount;
	int64_t		share = up ? movement->max_increase : movement->max_decrease;

	if (work->old == 0)
		return up ? CL_NO_CAP : 0;
	if (share != CL_NO_CAP)
		bound = smaller(bound, share_of(work->old, share));
	if (up)
		return larger(cl_policy_add(work->old, bound), work->rules->lowest_offer);
	return smaller(work->old, round_up(not_negative(work->old - bound), work->rules->step));
}

static void
apply_movement(ClPolicyWork *work)
{
	bool		up = work->limit > work->old;
	int64_t		bound = movement_bound(work, up);

	if (work->limit == work->old || bound == (up ? CL_NO_CAP : 0))
		return;
	if (move_to(work, CL_RULE_MOVEMENT, up ? smaller(work->limit, bound) : larger(work->limit, bound), bound))
		work->protection = CL_RULE_MOVEMENT;
}

/* A change by less is not made; an old limit of zero has no dead band. */
static int64_t
dead_band(const ClPolicyWork *work)
{
	cl_int128	share = (cl_int128) work->old * work->rules->movement.dead_band;

	if (work->old == 0)
		return 0;
	return larger(work->rules->step, saturated(divide(share + CL_RATE_ONE - 1, CL_RATE_ONE)));
}

static void
apply_dead_band(ClPolicyWork *work)
{
	int64_t		change = work->limit > work->old ? work->limit - work->old : work->old - work->limit;
	int64_t		band = dead_band(work);

	if (change == 0 || change >= band)
		return;
	move_to(work, CL_RULE_DEAD_BAND, work->old, band);
	work->protection = CL_RULE_DEAD_BAND;
}

/* A limit that changed on the day of the decision, or later, stays: so a second run changes nothing. */
static bool
too_soon(const ClPolicyWork *work, bool up)
{
	const ClMovement *movement = &work->rules->movement;
	int64_t		days = up ? movement->cooling_off_increase : movement->cooling_off_decrease;
	int64_t		last = work->account->last_limit_change;

	return known(work, CL_INPUT_BIT(CL_INPUT_LAST_LIMIT_CHANGE)) && (last >= work->as_of || last + days > work->as_of);
}

static void
apply_cooling_off(ClPolicyWork *work)
{
	if (work->limit == work->old || !too_soon(work, work->limit > work->old))
		return;
	move_to(work, CL_RULE_COOLING_OFF, work->old, CL_NO_CAP);
	work->protection = CL_RULE_COOLING_OFF;
}

/* An old limit that stays is left as it is, whatever its last digits and wherever the floor is by now. */
static void
apply_rounding(ClPolicyWork *work)
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
apply_at_once(ClPolicyWork *work, ClPolicyRule rule)
{
	int64_t		cap = work->decision->cap[rule];

	if (work->limit <= cap)
		return;
	move_to(work, rule, offer_of(work->rules, round_down(cap, work->rules->step)), cap);
	work->protection = rule;
}

/* Below this no limit falls. */
static int64_t
in_use(const ClPolicyWork *work)
{
	return smaller(work->old, round_up(work->decision->drawn, work->rules->step));
}

static void
apply_drawn(ClPolicyWork *work)
{
	int64_t		lowest = in_use(work);

	if (lowest == 0)
		return;
	if (move_to(work, CL_RULE_DRAWN, larger(work->limit, lowest), lowest))
	{
		work->held_by_drawn = true;
		work->protection = CL_RULE_NONE;
	}
}

/* What is granted without approval. */
static int64_t
approved(const ClPolicyWork *work)
{
	int64_t		ceiling = larger(work->old, work->rules->approval_ceiling);

	return ceiling - work->old < dead_band(work) ? work->old : ceiling;
}

static void
apply_approval(ClPolicyWork *work)
{
	int64_t		ceiling = approved(work);

	if (work->rules->approval_above != CL_NO_CAP)
		work->needs_approval = move_to(work, CL_RULE_APPROVAL, smaller(work->limit, ceiling), ceiling);
}

static void
apply_all(ClPolicyWork *work)
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
add_cap_reasons(const ClPolicyWork *work)
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
add_holding_reasons(const ClPolicyWork *work)
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
deciding_rule(const ClPolicyWork *work)
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
set_reasons(const ClPolicyWork *work)
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
set_action(const ClPolicyWork *work)
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
set_available(const ClPolicyWork *work)
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

/* Up to the smallest cap. */
static void
begin(ClPolicyWork *work)
{
	ClPolicyDecision *decision = work->decision;

	memset(decision, 0, sizeof(*decision));
	for (int rule = 0; rule <= CL_LAST_CAP; rule++)
		decision->cap[rule] = CL_NO_CAP;
	decision->limit_known = known(work, CL_INPUT_BIT(CL_INPUT_CREDIT_LIMIT));
	work->old = decision->limit_known ? work->account->amount[CL_INPUT_CREDIT_LIMIT] : 0;
	decision->old_limit = work->old;
	decision->drawn = cl_policy_drawn(amount_or_zero(work, CL_INPUT_BALANCE), amount_or_zero(work, CL_INPUT_PENDING));
	if (work->trace != NULL)
		work->trace->nsteps = 0;
	cl_policy_apply_caps(work);
}

static void
finish(ClPolicyWork *work)
{
	ClPolicyDecision *decision = work->decision;

	if (work->account->unknown || !known(work, work->rules->needed))
	{
		move_to(work, CL_RULE_UNKNOWN_INPUT, work->old, CL_NO_CAP);
		decision->proposed = work->old;
		decision->action = CL_ACTION_REFER;
		decision->binding = CL_RULE_UNKNOWN_INPUT;
	}
	else
	{
		apply_all(work);
		set_action(work);
		set_reasons(work);
	}
	decision->new_limit = work->limit;
	set_available(work);
}

/* trace may be NULL. */
void
cl_policy_decide(const ClPolicyRules *rules, const ClPolicyAccount *account, int64_t as_of, ClPolicyDecision *decision,
				 ClPolicyTrace *trace)
{
	ClPolicyWork work = {.rules = rules, .account = account, .decision = decision, .trace = trace, .as_of = as_of};

	begin(&work);
	finish(&work);
}

/* ---- Which limits a decision may grant ---- */

/* What is granted where this much is wanted. */
static int64_t
granted(const ClPolicyWork *begun, int64_t wanted)
{
	ClPolicyWork work = *begun;

	work.limit = work.proposal = smaller(begun->limit, wanted);
	apply_all(&work);
	return work.limit;
}

/* Of the multiples of a step, those that pass every rule as they are. */
static void
set_range(const ClPolicyWork *work, ClPolicyChoices *choices)
{
	const ClPolicyRules *rules = work->rules;
	int64_t		band = choices->dead_band = dead_band(work);
	int64_t		lower = larger(rules->lowest_offer, rules->step);
	int64_t		upper = work->limit;

	if (work->account->excluded || work->account->held_out || too_soon(work, true))
		upper = smaller(upper, work->old);
	else
	{
		upper = smaller(upper, movement_bound(work, true));
		if (rules->approval_above != CL_NO_CAP)
			upper = smaller(upper, approved(work));
	}
	if (too_soon(work, false))
		lower = larger(lower, work->old);
	else
		lower = larger(lower, larger(movement_bound(work, false), in_use(work)));
	/* An end within the dead band moves to its other side. */
	upper = round_down(upper, rules->step);
	if (upper < cl_policy_add(work->old, band))
		upper = round_down(not_negative(smaller(upper, work->old - band)), rules->step);
	lower = round_up(lower, rules->step);
	if (lower > work->old - band)
		lower = round_up(larger(lower, cl_policy_add(work->old, band)), rules->step);
	choices->lower = lower;
	choices->upper = upper;
	choices->some = lower <= upper;
}

/*
 * Wanting more never grants less, so beside those that pass every rule there are two that a decision may end in: what is left of
 * the old limit, which whoever wants it gets, and what is left of nothing, which he may not: a dead band may stand in between.
 */
void
cl_policy_choices(const ClPolicyRules *rules, const ClPolicyAccount *account, int64_t as_of, ClPolicyChoices *choices)
{
	ClPolicyWork work = {.rules = rules, .account = account, .decision = &choices->highest, .as_of = as_of};

	memset(choices, 0, sizeof(*choices));
	choices->keep = choices->zero = CL_NO_CAP;
	begin(&work);
	if (!account->unknown && known(&work, rules->needed))
	{
		int64_t		zero = granted(&work, 0);

		choices->keep = granted(&work, work.old);
		if (zero != choices->keep && granted(&work, zero) == zero)
			choices->zero = zero;
		set_range(&work, choices);
	}
	else if (choices->highest.limit_known)
		choices->keep = work.old;
	finish(&work);
}
