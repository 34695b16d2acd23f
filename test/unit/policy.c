/*
 * policy.c
 *	  The guarantees of a decision, over random policies and accounts.
 *
 * Amounts are small, so that ties, exact hits of a bound, steps larger than the limit and floors above the cap turn up
 * all the time; one account in eight has enormous ones instead, where 64 bits end.
 */
#include "check.h"

#include "core/policy.h"
#include "core/policy_amount.h"

#define POLICIES 30000
#define ACCOUNTS 40
#define MAX_BANDS 4
#define TODAY 1000

typedef struct RandomPolicy
{
	ClPolicyRules rules;
	ClEntitlement entitlements[MAX_BANDS * MAX_BANDS];
	double		edges[CL_BAND_AXES][MAX_BANDS];
	ClRiskBand	risk[MAX_BANDS];
	ClRegulatoryCap regulatory[2];
} RandomPolicy;

static uint64_t seed = 20261130;

static int64_t
up_to(int64_t n)
{
	return (int64_t) (cl_test_random(&seed) % (uint64_t) (n + 1));
}

static bool
chance(int percent)
{
	return up_to(99) < percent;
}

static int64_t
maybe(int percent, int64_t value)
{
	return chance(percent) ? value : CL_NO_CAP;
}

/* No more than what stands above and before. */
static int64_t
no_more_than(int64_t above, int64_t before)
{
	int64_t		most = smaller(above, before);

	return most == CL_NO_CAP ? maybe(30, up_to(300)) : up_to(most);
}

/* Scores 0 to 9, PDs 0.0 to 0.9: bounds are hit exactly. A third of the policies have a grid; of its column less is better. */
static void
random_bands(RandomPolicy *policy)
{
	int64_t		limit;
	int			width = chance(33) ? 1 + (int) up_to(MAX_BANDS - 1) : 1;
	bool		multiples = chance(70);

	policy->rules.entitlements = policy->entitlements;
	policy->rules.axis[0] = (ClBandAxis) {(int) up_to(MAX_BANDS), CL_INPUT_SCORE, false, policy->edges[0]};
	policy->rules.axis[1] = (ClBandAxis) {width > 1 ? width : 0, CL_INPUT_ACROSS, true, policy->edges[1]};
	for (int i = 0; i < policy->rules.axis[0].n; i++)
		policy->edges[0][i] = 9 - 2 * i - (double) up_to(1);
	for (int j = 0; j < width; j++)
		policy->edges[1][j] = 2 * j + (double) up_to(1);
	for (int i = 0; i < policy->rules.axis[0].n * width; i++)
	{
		ClEntitlement *e = &policy->entitlements[i];
		int64_t		above = i >= width ? e[-width].limit : CL_NO_CAP;
		int64_t		before = i % width > 0 ? e[-1].limit : CL_NO_CAP;

		e->limit = no_more_than(above, before);
		above = i >= width ? e[-width].multiple : 3 * CL_RATE_ONE;
		before = i % width > 0 ? e[-1].multiple : 3 * CL_RATE_ONE;
		e->multiple = multiples ? up_to(smaller(above, before)) : CL_NO_CAP;
	}
	limit = up_to(300);
	policy->rules.risk = policy->risk;
	policy->rules.nrisk = (int) up_to(MAX_BANDS);
	for (int i = 0; i < policy->rules.nrisk; i++)
	{
		policy->risk[i].pd_below = i == policy->rules.nrisk - 1 ? INFINITY : 0.2 * i + 0.1 * (double) up_to(1);
		policy->risk[i].limit = limit;
		limit = up_to(limit);
	}
}

static void
random_movement(ClMovement *movement)
{
	movement->max_increase = maybe(50, up_to(CL_RATE_ONE));
	movement->max_decrease = maybe(50, up_to(CL_RATE_ONE));
	movement->max_increase_amount = maybe(30, up_to(80));
	movement->max_decrease_amount = maybe(30, up_to(80));
	movement->dead_band = chance(50) ? up_to(CL_RATE_ONE / 5) : 0;
	movement->cooling_off_increase = (int32_t) up_to(5);
	movement->cooling_off_decrease = (int32_t) up_to(5);
	movement->risk_decrease_at_once = chance(50);
}

static void
random_policy(RandomPolicy *policy)
{
	ClPolicyRules *rules = &policy->rules;

	*policy = (RandomPolicy) {.rules = {.step = 1, .cap = CL_NO_CAP, .approval_above = CL_NO_CAP}};
	random_bands(policy);
	random_movement(&rules->movement);
	rules->has_target = chance(50);
	rules->headroom = CL_RATE_ONE + up_to(CL_RATE_ONE);
	rules->step = chance(50) ? 1 + up_to(20) : 1;
	rules->floor = chance(50) ? up_to(60) : 0;
	rules->cap = maybe(50, rules->floor + up_to(300));
	rules->has_affordability = chance(50);
	rules->affordability = (ClAffordability) {
		.max_debt_to_income = maybe(70, up_to(CL_RATE_ONE)), .residual_income = up_to(40), .apr = up_to(CL_RATE_ONE),
		.payment_rate = 1 + up_to(CL_RATE_ONE / 5), .payment_floor = up_to(5), .fees = up_to(2)
	};
	rules->umbrella = (ClUmbrella) up_to(2);
	rules->nregulatory = (int) up_to(2);
	rules->regulatory = policy->regulatory;
	for (int i = 0; i < 2; i++)
		policy->regulatory[i] = (ClRegulatoryCap) {up_to(300), TODAY - 2 + up_to(4), TODAY + up_to(4)};
	rules->approval_above = maybe(40, up_to(200));
	if (rules->axis[0].n == 0 && rules->nrisk == 0)
		rules->cap = rules->floor + up_to(300);
	cl_policy_prepare(rules);
}

static void
random_account(const RandomPolicy *policy, ClPolicyAccount *account)
{
	int64_t		size = chance(12) ? INT64_MAX - 1 : 300;

	*account = (ClPolicyAccount) {.score = (double) up_to(9), .pd = (double) up_to(9) / 10, .band = {0, (double) up_to(9)}};
	for (int i = 0; i < CL_POLICY_AMOUNTS; i++)
		account->amount[i] = up_to(size);
	account->amount[CL_INPUT_BALANCE] -= up_to(size) / 2;
	if (chance(60))
		account->amount[CL_INPUT_PENDING] = 0;
	if (chance(20))
		account->amount[CL_INPUT_CREDIT_LIMIT] = 0;
	if (size == 300)
		account->amount[CL_INPUT_OBLIGATIONS] /= 10;
	account->last_limit_change = TODAY + 1 - up_to(8);
	if (chance(30))
		account->missing |= CL_INPUT_BIT(CL_INPUT_LAST_LIMIT_CHANGE);
	if (chance(20) && !(policy->rules.needed & CL_INPUT_BIT(CL_INPUT_DEMAND)))
		account->missing |= CL_INPUT_BIT(CL_INPUT_DEMAND);
	account->excluded = chance(20);
	account->frozen = account->excluded && chance(30);
	account->referred = account->excluded && chance(30);
}

static ClPolicyDecision
decide(const RandomPolicy *policy, const ClPolicyAccount *account)
{
	ClPolicyDecision decision;

	cl_policy_decide(&policy->rules, account, TODAY, &decision, NULL);
	return decision;
}

static void
check_bounds(const RandomPolicy *policy, const ClPolicyAccount *account, const ClPolicyDecision *d)
{
	const ClPolicyRules *rules = &policy->rules;
	int64_t		in_use = smaller(d->old_limit, round_up(d->drawn, rules->step));

	CHECK(d->new_limit >= smaller(d->old_limit, d->drawn));
	for (int rule = CL_FIRST_CAP; rule <= CL_LAST_CAP; rule++)
		CHECK(d->new_limit <= d->cap[rule] || d->new_limit <= d->old_limit);
	CHECK(d->new_limit <= larger(d->cap[CL_RULE_REGULATORY_CAP], in_use));
	if (rules->movement.risk_decrease_at_once)
		CHECK(d->new_limit <= larger(d->cap[CL_RULE_RISK_CAP], in_use));
	CHECK(!account->excluded || d->new_limit <= d->old_limit);
	CHECK(d->new_limit <= larger(d->old_limit, rules->approval_above));
	CHECK(d->proposed >= d->new_limit);
	CHECK(d->new_limit == d->old_limit || d->new_limit % rules->step == 0);
	CHECK(d->new_limit <= d->old_limit || d->new_limit >= rules->floor);
}

/* What would raise the entitlement, against trying it: each alone, and where none does, all together. */
static void
check_entitlement(const RandomPolicy *policy, const ClPolicyAccount *account, const ClPolicyDecision *d)
{
	const ClPolicyRules *rules = &policy->rules;
	uint32_t	inputs = cl_policy_entitlement_inputs(rules, account);
	uint32_t	expected = 0;

	if (rules->axis[0].n == 0 || account->amount[CL_INPUT_INCOME] > 300)
		return;
	for (int tried = CL_INPUT_INCOME; tried <= CL_POLICY_INPUTS; tried++)
	{
		ClPolicyAccount better = *account;
		bool		all = tried == CL_POLICY_INPUTS;

		if (tried == CL_INPUT_SCORE || all)
			better.score = INFINITY;
		if (tried == CL_INPUT_ACROSS || all)
			better.band[1] = -INFINITY;
		if (tried == CL_INPUT_INCOME || all)
			better.amount[CL_INPUT_INCOME] = INT64_MAX - 1;
		if (decide(policy, &better).cap[CL_RULE_ENTITLEMENT] <= d->cap[CL_RULE_ENTITLEMENT])
			continue;
		if (!all)
			expected |= CL_INPUT_BIT(tried);
		else if (expected == 0)
			expected = rules->entitled_by;
	}
	CHECK(inputs == expected);
}

static void
check_movement(const RandomPolicy *policy, const ClPolicyDecision *d)
{
	const ClMovement *movement = &policy->rules.movement;
	cl_int128	change = (cl_int128) d->proposed - d->old_limit;
	bool		by_movement = d->binding == CL_RULE_MOVEMENT;

	if (d->old_limit == 0)
		return;
	if (change > 0 && d->proposed != policy->rules.lowest_offer && movement->max_increase != CL_NO_CAP)
		CHECK(change * CL_RATE_ONE <= (cl_int128) d->old_limit * movement->max_increase);
	if (change > 0 && d->proposed != policy->rules.lowest_offer && movement->max_increase_amount != CL_NO_CAP)
		CHECK(change <= movement->max_increase_amount);
	if (change < 0 && by_movement && d->new_limit > 0 && movement->max_decrease != CL_NO_CAP)
		CHECK(-change * CL_RATE_ONE <= (cl_int128) d->old_limit * movement->max_decrease);
}

static void
check_available(const RandomPolicy *policy, const ClPolicyAccount *account, const ClPolicyDecision *d)
{
	CHECK(d->available_known && d->available >= 0);
	CHECK(d->available <= not_negative(d->new_limit - d->drawn));
	if (policy->rules.umbrella != CL_UMBRELLA_NONE && d->available > 0)
		CHECK((cl_int128) d->available + d->drawn + account->amount[CL_INPUT_UMBRELLA_DRAWN] <=
			  account->amount[CL_INPUT_UMBRELLA_LIMIT]);
	CHECK(!account->frozen || d->available == 0);
}

static void
check_action(const ClPolicyAccount *account, const ClPolicyDecision *d)
{
	if (account->referred || d->proposed != d->new_limit)
		CHECK_EQ_INT(d->action, CL_ACTION_REFER);
	else if (account->frozen)
		CHECK_EQ_INT(d->action, CL_ACTION_FREEZE);
	else
		CHECK_EQ_INT(d->action, d->new_limit > d->old_limit ? CL_ACTION_INCREASE :
					 d->new_limit < d->old_limit ? CL_ACTION_DECREASE : CL_ACTION_KEEP);
	CHECK(d->nreasons > 0 || d->exclusion_decided);
	CHECK(d->nreasons <= CL_POLICY_REASONS);
	CHECK(d->binding != CL_RULE_NONE && d->binding != CL_RULE_ROUNDING);
}

/* A decision that was applied is not made again on the same day. */
static void
check_second_run(const RandomPolicy *policy, const ClPolicyAccount *account, const ClPolicyDecision *d)
{
	ClPolicyAccount again = *account;
	ClPolicyDecision second;

	again.amount[CL_INPUT_CREDIT_LIMIT] = d->new_limit;
	if (d->new_limit != d->old_limit)
	{
		again.last_limit_change = TODAY;
		again.missing &= ~CL_INPUT_BIT(CL_INPUT_LAST_LIMIT_CHANGE);
	}
	second = decide(policy, &again);
	CHECK_EQ_INT(second.new_limit, d->new_limit);
}

static void
check_monotone(const RandomPolicy *policy, const ClPolicyAccount *account, const ClPolicyDecision *d)
{
	ClPolicyAccount other = *account;
	const int64_t *amount = account->amount;

	other.pd = account->pd + (double) up_to(5) / 10;
	CHECK(decide(policy, &other).new_limit <= d->new_limit);
	other = *account;
	other.score = account->score + (double) up_to(5);
	CHECK(decide(policy, &other).new_limit >= d->new_limit);
	other = *account;
	other.band[1] = account->band[1] - (double) up_to(5);
	CHECK(decide(policy, &other).new_limit >= d->new_limit);
	other = *account;
	other.amount[CL_INPUT_INCOME] = cl_policy_add(amount[CL_INPUT_INCOME], up_to(100));
	CHECK(decide(policy, &other).new_limit >= d->new_limit);
	other = *account;
	other.amount[CL_INPUT_OBLIGATIONS] = cl_policy_add(amount[CL_INPUT_OBLIGATIONS], up_to(100));
	CHECK(decide(policy, &other).new_limit <= d->new_limit);
	other = *account;
	other.excluded = true;
	CHECK(decide(policy, &other).new_limit <= d->new_limit);
}

static void
check_unknown(const RandomPolicy *policy, const ClPolicyAccount *account)
{
	ClPolicyAccount other = *account;
	int			input = (int) up_to(CL_POLICY_INPUTS - 1);
	ClPolicyDecision d;

	if (chance(20))
		other.unknown = true;
	else if (policy->rules.needed & CL_INPUT_BIT(input))
		other.missing |= CL_INPUT_BIT(input);
	else
		return;
	d = decide(policy, &other);
	CHECK_EQ_INT(d.action, CL_ACTION_REFER);
	CHECK_EQ_INT(d.binding, CL_RULE_UNKNOWN_INPUT);
	CHECK_EQ_INT(d.new_limit, d.limit_known ? account->amount[CL_INPUT_CREDIT_LIMIT] : 0);
}

/* The explanation ends where the decision does, and every step starts where the one before it ended. */
static void
check_trace(const RandomPolicy *policy, const ClPolicyAccount *account, const ClPolicyDecision *d)
{
	ClPolicyDecision traced;
	ClPolicyTrace trace;
	int64_t		at = CL_NO_CAP;

	cl_policy_decide(&policy->rules, account, TODAY, &traced, &trace);
	CHECK_EQ_INT(traced.new_limit, d->new_limit);
	CHECK_EQ_INT(traced.action, d->action);
	CHECK(trace.nsteps < CL_POLICY_STEPS);
	for (int i = 0; i < trace.nsteps; i++)
	{
		CHECK_EQ_INT(trace.steps[i].before, at);
		at = trace.steps[i].after;
	}
	CHECK_EQ_INT(at, d->new_limit);
}

/* Whether the minimum payment of a limit can be made; in units of 1/12 of a millionth of a minor unit, exactly. */
static bool
payable(const ClAffordability *rule, cl_int128 limit, int64_t income, int64_t obligations)
{
	const cl_int128 whole = 12 * CL_RATE_ONE;
	cl_int128	payment = limit * (12 * rule->payment_rate + rule->apr) + rule->fees * whole;

	if (payment < rule->payment_floor * whole)
		payment = rule->payment_floor * whole;
	if (rule->max_debt_to_income != CL_NO_CAP &&
		obligations * whole + payment > (cl_int128) income * rule->max_debt_to_income * 12)
		return false;
	return (cl_int128) income * whole - obligations * whole - payment >= rule->residual_income * whole;
}

static void
check_affordable(void)
{
	for (int i = 0; i < cl_rounds(200000); i++)
	{
		ClAffordability rule = {
			.max_debt_to_income = maybe(70, up_to(2 * CL_RATE_ONE)), .residual_income = up_to(400000),
			.apr = up_to(CL_RATE_ONE), .payment_rate = 1 + up_to(CL_RATE_ONE / 5), .payment_floor = up_to(5000),
			.fees = up_to(1000)
		};
		int64_t		income = up_to(3000000) - 100000;
		int64_t		obligations = up_to(500000);
		cl_int128	limit = cl_policy_affordable(&rule, income, obligations);

		CHECK(limit >= 0);
		CHECK(limit == 0 || payable(&rule, limit, income, obligations));
		CHECK(!payable(&rule, limit + 1, income, obligations));
	}
}

static bool
is_choice(const ClPolicyRules *rules, const ClPolicyChoices *choices, int64_t x)
{
	int64_t		old = choices->highest.old_limit;
	int64_t		change = x > old ? x - old : old - x;

	return x == choices->keep || x == choices->zero ||
		(choices->some && choices->lower <= x && x <= choices->upper && x % rules->step == 0 && change >= choices->dead_band);
}

/* A target of x grants x exactly where x is a choice. Ends that nobody can get would be as wrong as choices that are left out. */
static void
check_choices(const RandomPolicy *policy, const ClPolicyAccount *account, int tries)
{
	RandomPolicy chosen = *policy;
	ClPolicyAccount a = *account;
	ClPolicyChoices choices;
	int64_t		near[6];

	a.missing &= ~CL_INPUT_BIT(CL_INPUT_DEMAND);
	a.amount[CL_INPUT_DEMAND] = CL_NO_CAP;
	chosen.rules.has_target = true;
	chosen.rules.headroom = CL_RATE_ONE;
	cl_policy_choices(&chosen.rules, &a, TODAY, &choices);
	if (choices.some)
		CHECK(is_choice(&chosen.rules, &choices, choices.lower) && is_choice(&chosen.rules, &choices, choices.upper));
	near[0] = choices.lower;
	near[1] = choices.upper;
	near[2] = choices.keep;
	near[3] = choices.zero;
	near[4] = choices.highest.old_limit;
	near[5] = choices.highest.old_limit - choices.dead_band;
	for (int i = 0; i < tries; i++)
	{
		int64_t		x = i < 18 ? near[i / 3] : chance(50) ? up_to(320) : up_to(320) * policy->rules.step;
		ClPolicyDecision d;

		if (x < 0 || x >= CL_NO_CAP - 1)
			continue;
		x += i < 18 ? i % 3 - 1 : 0;
		if (x < 0)
			continue;
		a.amount[CL_INPUT_DEMAND] = x;
		d = decide(&chosen, &a);
		CHECK((d.new_limit == x) == is_choice(&chosen.rules, &choices, x));
	}
}

static void
check_random(void)
{
	for (int i = 0; i < cl_rounds(POLICIES); i++)
	{
		RandomPolicy policy;

		random_policy(&policy);
		for (int j = 0; j < ACCOUNTS; j++)
		{
			ClPolicyAccount account;
			ClPolicyDecision d;

			random_account(&policy, &account);
			d = decide(&policy, &account);
			check_bounds(&policy, &account, &d);
			check_entitlement(&policy, &account, &d);
			check_movement(&policy, &d);
			check_available(&policy, &account, &d);
			check_action(&account, &d);
			check_second_run(&policy, &account, &d);
			check_monotone(&policy, &account, &d);
			check_unknown(&policy, &account);
			check_trace(&policy, &account, &d);
			check_choices(&policy, &account, j == 0 ? 400 : 30);
		}
	}
}

void
test_policy(void)
{
	check_affordable();
	check_random();
}
