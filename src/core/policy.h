/*
 * policy.h
 *	  The limit of one account under one policy: pure integer arithmetic, no allocation, the same answer everywhere.
 *
 * Amounts are minor units in 64 bits; products run in 128. Multiples and rates are integers of a millionth. A cap
 * rounds down, what is owed was rounded up by whoever read it. CL_NO_CAP is an absent cap, and the largest amount.
 *
 * Order of a decision:
 *
 *		1 caps: entitlement, target, affordability, product, umbrella, regulatory, risk; the smallest is the proposal
 *		2 product floor: less than the floor is not offered, so the proposal becomes zero
 *		3 exclusion: no more than the old limit
 *		4 movement: no further from the old limit than the policy lets one decision go (not for a new account)
 *		5 dead band: too small a change is none (not for a new account)
 *		6 cooling-off: too early a change is none
 *		7 rounding down to a step, and the floor again: a decrease may have stopped below it
 *		8 what binds at once: the regulatory cap, and the risk cap where the policy says so
 *		9 drawn: never below the smaller of the old limit and what is drawn and pending
 *		10 approval: the rest of a rise above an amount is proposed, not granted
 *		11 holdout: of an account that an experiment holds out, a rise is proposed, not granted
 *
 * Every step is a monotone function of the one before it, which is why a higher PD can never end in a higher limit
 * and a higher score or income never in a lower one. Two details are there for this reason: the floor is applied to
 * the proposal before the steps that may keep the old limit, and an old limit that is kept is not rounded.
 */
#ifndef CL_CORE_POLICY_H
#define CL_CORE_POLICY_H

#include "core/money.h"
#include "core/profit.h"

#define CL_NO_CAP INT64_MAX

typedef enum ClPolicyRule
{
	CL_RULE_NONE,
	CL_RULE_ENTITLEMENT,
	CL_RULE_TARGET,
	CL_RULE_AFFORDABILITY,
	CL_RULE_PRODUCT_CAP,
	CL_RULE_UMBRELLA,
	CL_RULE_REGULATORY_CAP,
	CL_RULE_RISK_CAP,
	CL_RULE_PRODUCT_FLOOR,
	CL_RULE_EXCLUSION,
	CL_RULE_MOVEMENT,
	CL_RULE_DEAD_BAND,
	CL_RULE_COOLING_OFF,
	CL_RULE_ROUNDING,			/* never decides alone, but is a step of the explanation */
	CL_RULE_DRAWN,
	CL_RULE_APPROVAL,
	CL_RULE_HOLDOUT,
	CL_RULE_UNKNOWN_INPUT
} ClPolicyRule;

#define CL_POLICY_RULES (CL_RULE_UNKNOWN_INPUT + 1)
#define CL_FIRST_CAP CL_RULE_ENTITLEMENT
#define CL_LAST_CAP CL_RULE_RISK_CAP

typedef enum ClPolicyAction
{
	CL_ACTION_KEEP,
	CL_ACTION_INCREASE,
	CL_ACTION_DECREASE,
	CL_ACTION_FREEZE,
	CL_ACTION_REFER
} ClPolicyAction;

#define CL_POLICY_ACTIONS (CL_ACTION_REFER + 1)

/* What is known of an account; the amounts are the first ones. */
typedef enum ClPolicyInput
{
	CL_INPUT_CREDIT_LIMIT,
	CL_INPUT_BALANCE,
	CL_INPUT_PENDING,
	CL_INPUT_INCOME,
	CL_INPUT_OBLIGATIONS,
	CL_INPUT_DEMAND,
	CL_INPUT_UMBRELLA_LIMIT,
	CL_INPUT_UMBRELLA_DRAWN,
	CL_INPUT_UMBRELLA_GRANTED,
	CL_INPUT_SCORE,
	CL_INPUT_PD,
	CL_INPUT_DOWN,				/* columns that the policy has bands of, other than the score */
	CL_INPUT_ACROSS,
	CL_INPUT_LAST_LIMIT_CHANGE,
	CL_INPUT_ECONOMICS			/* and the other parts, as ClEconomicsPart, that the policy takes from columns */
} ClPolicyInput;

#define CL_POLICY_AMOUNTS (CL_INPUT_UMBRELLA_GRANTED + 1)
#define CL_POLICY_INPUTS (CL_INPUT_ECONOMICS + CL_ECONOMICS_PARTS)
#define CL_INPUT_BIT(input) (1u << (input))

/* Bands of a column, those first to which most is granted. Beyond the last one nothing is. */
typedef struct ClBandAxis
{
	int			n;				/* 0: the policy has no such axis */
	ClPolicyInput input;		/* the score, or CL_INPUT_DOWN of the first axis and CL_INPUT_ACROSS of the second */
	bool		below;			/* less is better: a band holds what lies below its edge; else what reaches it */
	double	   *edge;
} ClBandAxis;

#define CL_BAND_AXES 2

/* income_multiple and limit, CL_NO_CAP when absent; the smaller of the two rules. */
typedef struct ClEntitlement
{
	int64_t		multiple;		/* millionths */
	int64_t		limit;
} ClEntitlement;

/* From the lowest PD up; the last one is open: pd_below is +Infinity. */
typedef struct ClRiskBand
{
	double		pd_below;
	int64_t		limit;
} ClRiskBand;

typedef struct ClRegulatoryCap
{
	int64_t		limit;
	int64_t		valid_from;		/* days, inclusive */
	int64_t		valid_to;
} ClRegulatoryCap;

/* Rates in millionths. max_debt_to_income is CL_NO_CAP when it is not looked at. */
typedef struct ClAffordability
{
	int64_t		max_debt_to_income;
	int64_t		residual_income;
	int64_t		apr;
	int64_t		payment_rate;
	int64_t		payment_floor;
	int64_t		fees;
} ClAffordability;

typedef enum ClUmbrella
{
	CL_UMBRELLA_NONE,
	CL_UMBRELLA_SHARED,
	CL_UMBRELLA_PARTITIONED
} ClUmbrella;

/* Fractions in millionths; CL_NO_CAP where the policy has no such bound. */
typedef struct ClMovement
{
	int64_t		max_increase;
	int64_t		max_decrease;
	int64_t		max_increase_amount;
	int64_t		max_decrease_amount;
	int64_t		dead_band;
	int32_t		cooling_off_increase;	/* days */
	int32_t		cooling_off_decrease;
	bool		risk_decrease_at_once;
} ClMovement;

typedef struct ClPolicyRules
{
	int			nrisk;
	int			nregulatory;
	ClBandAxis	axis[CL_BAND_AXES]; /* none, the first, or both: a grid */
	ClEntitlement *entitlements;	/* by the first axis, then by the second */
	ClRiskBand *risk;
	ClRegulatoryCap *regulatory;
	bool		uses_income_multiple;
	bool		has_target;
	uint32_t	target_by;		/* CL_INPUT_BITs of the columns that the target is worked out from beside demand */
	int64_t		headroom;		/* millionths of demand */
	int64_t		floor;
	int64_t		cap;
	int64_t		step;
	bool		has_affordability;
	ClAffordability affordability;
	ClUmbrella	umbrella;
	ClMovement	movement;
	int64_t		approval_above;

	/* Set by cl_policy_prepare. */
	uint32_t	needed;			/* CL_INPUT_BITs without which nobody can decide */
	uint32_t	entitled_by;	/* those of the entitlement */
	int64_t		lowest_offer;	/* the floor, rounded up to a step */
	int64_t		approval_ceiling;	/* what may be granted without approval, as an offer */
} ClPolicyRules;

typedef struct ClPolicyAccount
{
	int64_t		amount[CL_POLICY_AMOUNTS];
	double		score;
	double		pd;
	double		band[CL_BAND_AXES]; /* CL_INPUT_DOWN, CL_INPUT_ACROSS */
	double		economics[CL_ECONOMICS_PARTS];	/* with the margin and carry that the others make */
	int64_t		last_limit_change;	/* days */
	uint32_t	missing;		/* CL_INPUT_BITs; an input that is missing has no meaningful value */
	bool		unknown;		/* an exclusion cannot be judged */
	bool		excluded;		/* any exclusion is met */
	bool		frozen;
	bool		referred;
	bool		held_out;		/* an experiment withholds what raises the limit */
} ClPolicyAccount;

typedef struct ClPolicyStep
{
	ClPolicyRule rule;
	int64_t		before;			/* CL_NO_CAP: nothing was proposed yet */
	int64_t		after;
	int64_t		bound;			/* the amount that the rule compares with; CL_NO_CAP: it has none */
} ClPolicyStep;

#define CL_POLICY_STEPS 24

typedef struct ClPolicyTrace
{
	int			nsteps;
	ClPolicyStep steps[CL_POLICY_STEPS];
} ClPolicyTrace;

/* Holdout, approval, drawn, one protection (perhaps twice), the floor and all caps. */
#define CL_POLICY_REASONS (CL_LAST_CAP + 6)

typedef struct ClPolicyDecision
{
	ClPolicyAction action;
	ClPolicyRule binding;
	int64_t		cap[CL_LAST_CAP + 1];	/* by rule; CL_NO_CAP when the policy has none or it is not known */
	int64_t		target;			/* what is reported as such: demand, or the entitlement when demand is unknown */
	int			regulatory_index;	/* of the cap that rules, or -1 */
	int64_t		old_limit;
	int64_t		new_limit;
	int64_t		proposed;		/* before approval and holdout */
	int64_t		drawn;			/* with what is pending */
	int64_t		available;
	bool		limit_known;
	bool		available_known;
	bool		exclusion_decided;	/* an exclusion took an increase away */
	int			nreasons;
	ClPolicyRule reasons[CL_POLICY_REASONS];	/* principal first, without exclusions */
} ClPolicyDecision;

/*
 * The limits x that a decision grants where the target is x: keep, zero, and the multiples of the step from lower to upper that
 * differ from the old limit by the dead band or more.
 */
typedef struct ClPolicyChoices
{
	bool		some;			/* there are such multiples */
	int64_t		lower;
	int64_t		upper;
	int64_t		dead_band;
	int64_t		keep;			/* what is left where the old limit is wanted; CL_NO_CAP: that is not known */
	int64_t		zero;			/* what is left where nothing is; CL_NO_CAP: that is keep, or not granted to who wants it */
	ClPolicyDecision highest;	/* where all is wanted that can be had: its reasons are why there is no more */
} ClPolicyChoices;

extern void cl_policy_prepare(ClPolicyRules *rules);
extern void cl_policy_decide(const ClPolicyRules *rules, const ClPolicyAccount *account, int64_t as_of,
							 ClPolicyDecision *decision, ClPolicyTrace *trace);
/* Of an account whose demand is CL_NO_CAP: the choice takes the place of the target. */
extern void cl_policy_choices(const ClPolicyRules *rules, const ClPolicyAccount *account, int64_t as_of,
							  ClPolicyChoices *choices);
extern int64_t cl_policy_entitlement(const ClPolicyRules *rules, const ClPolicyAccount *account);
extern uint32_t cl_policy_entitlement_inputs(const ClPolicyRules *rules, const ClPolicyAccount *account);
extern cl_int128 cl_policy_affordable(const ClAffordability *rule, int64_t income, int64_t obligations);
extern int64_t cl_policy_drawn(int64_t balance, int64_t pending);
extern int64_t cl_policy_available(int64_t limit, int64_t drawn, int64_t umbrella_limit, int64_t umbrella_drawn);

#endif							/* CL_CORE_POLICY_H */
