/*
 * policy.h
 *	  A limit policy as it is compiled from its document, and what a query adds to it when it meets rows.
 */
#ifndef CL_LIMIT_POLICY_H
#define CL_LIMIT_POLICY_H

#include "core/policy.h"
#include "pg/document.h"
#include "pg/row.h"

/* Minor units: far below 2^63, so that sums of a few amounts of a policy always fit. */
#define CL_POLICY_MAX_AMOUNT INT64CONST(100000000000000000)
#define CL_POLICY_MAX_ITEMS 1000
#define CL_POLICY_MAX_DECIMALS 4

/* Principal reasons of one decision: Regulation B (12 CFR 1002.9, comment 9(b)(2)-1) expects no more than four. */
#define CL_POLICY_PRINCIPAL 4

typedef enum ClExclusionKind
{
	CL_EXCLUSION_RANGE,			/* at_least, above, below, at_most: all that are given must hold */
	CL_EXCLUSION_BOOL,
	CL_EXCLUSION_NUMBERS,
	CL_EXCLUSION_STRINGS
} ClExclusionKind;

typedef enum ClExclusionAction
{
	CL_EXCLUSION_NO_INCREASE,
	CL_EXCLUSION_FREEZE,
	CL_EXCLUSION_REFER
} ClExclusionAction;

#define CL_RANGE_AT_LEAST 0
#define CL_RANGE_ABOVE 1
#define CL_RANGE_BELOW 2
#define CL_RANGE_AT_MOST 3
#define CL_RANGE_BOUNDS 4

typedef struct ClExclusion
{
	const char *column;			/* as in the document */
	ClExclusionKind kind;
	bool		has_bound[CL_RANGE_BOUNDS];
	double		bound[CL_RANGE_BOUNDS];
	bool		is;
	int			nvalues;
	double	   *numbers;
	char	  **strings;
	ClExclusionAction action;
	const char *reason;
} ClExclusion;

/*
 * Why the entitlement is no higher: nothing would raise it; one for each axis of its bands; income, by a multiple of it.
 * Where all inputs would, its reason is said.
 */
typedef enum ClEntitlementReason
{
	CL_REASON_LIMIT, CL_REASON_DOWN, CL_REASON_ACROSS, CL_REASON_INCOME, CL_ENTITLEMENT_REASONS
} ClEntitlementReason;

/* A target that is the limit of the highest expected profit. */
typedef struct ClPolicyOptimal
{
	bool		by_margin;		/* margin and carry are given; else what they are made of */
	double		number[CL_ECONOMICS_PARTS];
	const char *column[CL_ECONOMICS_PARTS]; /* as in the document; NULL: it is the number */
} ClPolicyOptimal;

typedef struct ClPolicy
{
	char	   *name;
	char	   *version;		/* NULL: none given */
	char	   *currency;
	int			decimals;
	ClPolicyRules rules;
	const char *reason[CL_POLICY_RULES];	/* the regulatory caps have their own */
	const char *entitlement_reason[CL_ENTITLEMENT_REASONS];
	const char *axis_column[CL_BAND_AXES];	/* as in the document */
	const char *income_reason;	/* of affordability, where there are no obligations */
	const char **regulatory_reason;
	const char **regulatory_source;
	int			demand_quantile;	/* of 10000; 0 when the document names a column or the optimum */
	ClPolicyOptimal *optimal;	/* NULL: the target is another */
	const char *budget_reason;	/* of the target, where the price of a budget lowered it */
	const char *demand_name;	/* the standard name, demand_q90 or demand_mixture, or the column given */
	const char *column[CL_POLICY_INPUTS];	/* as the row calls it */
	bool		reads[CL_POLICY_INPUTS];
	int			nexclusions;
	ClExclusion *exclusions;
} ClPolicy;

extern const ClDocument limit_policy_document;
extern const char *const cl_policy_rule_names[CL_POLICY_RULES];
extern const char *const cl_policy_action_names[CL_POLICY_ACTIONS];
extern const char *const cl_exclusion_action_names[];
extern const char *const cl_range_names[CL_RANGE_BOUNDS + 1];
extern const char *const cl_policy_input_names[CL_INPUT_ECONOMICS];

/* The name of an input in every policy; NULL: the policy names its column itself. */
static inline const char *
cl_policy_standard_name(const ClPolicy *policy, int input)
{
	if (input == CL_INPUT_DEMAND)
		return policy->demand_quantile != 0 || policy->optimal != NULL ? policy->demand_name : NULL;
	return input < CL_INPUT_ECONOMICS ? cl_policy_input_names[input] : NULL;
}

extern void *cl_policy_compile(const ClJson *document);
extern void cl_policy_print(StringInfo out, const void *compiled);

/* The reason that a section of the document gives, or the default. */
static inline char *
cl_policy_reason(const ClJson *section, const char *key, const char *otherwise)
{
	ClJson		node;

	return cl_json_get(section, key, &node) ? cl_json_string(&node) : pstrdup(otherwise);
}

/* Writing JSON: the place of a value, and what stands there. A NULL key: in an array. */
extern void cl_policy_put_key(StringInfo out, const char *key);
extern void cl_policy_put_open(StringInfo out, const char *key, char bracket);
extern void cl_policy_put_string(StringInfo out, const char *key, const char *value);
extern void cl_policy_put_decimal(StringInfo out, const char *key, int64 value, int decimals);
extern void cl_policy_put_float8(StringInfo out, const char *key, double value);
extern void cl_policy_put_optimal(StringInfo out, const ClPolicyOptimal *optimal);
extern void cl_policy_put_condition(StringInfo out, const ClExclusion *exclusion);

/* Reading accounts. */
typedef struct ClPolicyReader
{
	const ClPolicy *policy;
	bool		without_target; /* what is chosen takes its place: neither demand nor economics are read */
	ClRow	   *row;
	ClColumn   *input[CL_POLICY_INPUTS];	/* NULL: the policy has no use for it */
	ClColumn   *demand;			/* of type demand, read before the amount; NULL: the policy asks for no quantile */
	FmgrInfo	demand_quantile;	/* the function of that name; fn_oid 0 until it is needed */
	Datum		demand_basis;	/* the text that it is asked for: a quantile has to cover the peak of the months, while profit is
								 * made in each */
	ClColumn   *exclusion;		/* one for each */
	ClColumn   *held_out;		/* what the book says of the arm of an experiment */
	bool	   *exclusion_met;	/* in the account read last */
	bool	   *exclusion_unknown;
	ClPolicyAccount account;
} ClPolicyReader;

extern ClPolicyReader *cl_policy_reader(const ClPolicy *policy, bool without_target);
extern void cl_policy_read(ClPolicyReader *reader, HeapTupleHeader record);
extern double cl_policy_read_statistic(ClPolicyReader *reader, ClPolicyInput input);
extern bool cl_policy_read_economics(ClPolicyReader *reader);
extern bool cl_policy_demand(ClPolicyReader *reader, double quantile, bool down, int64 *amount);
extern DateADT cl_policy_day(Datum value);
extern double cl_policy_optimal_ratio(const ClPolicyAccount *account, bool with_price);

/* Of a unit of limit. */
static inline double
cl_policy_price(const ClPolicyAccount *account)
{
	return account->economics[CL_ECONOMICS_SHADOW_PRICE] * account->economics[CL_ECONOMICS_WEIGHT];
}

/* Reasons: every text has a number, so that a row's reasons are a few small integers. */
typedef struct ClPolicyTexts ClPolicyTexts;

extern ClPolicyTexts *cl_policy_texts(const ClPolicy *policy);
extern void cl_policy_give_reason(ClPolicyTexts *texts, const text *reason);
extern Datum cl_policy_reasons(ClPolicyTexts *texts, const ClPolicyReader *reader, const ClPolicyDecision *decision);

#define CL_ROUND_DOWN false
#define CL_ROUND_UP true

extern int64 cl_policy_numeric_minor(Datum value, int decimals, bool up, const char *what);
extern int64 cl_policy_float8_minor(double value, int decimals, bool up, const char *what);

/* Exclusions; and what the row calls a column that the document calls name. */
extern void cl_policy_compile_exclusions(const ClJson *document, ClPolicy *policy);
extern const char *cl_policy_row_name(const ClPolicy *policy, const char *name);
extern int	cl_exclusion_accepts(const ClExclusion *exclusion);
extern bool cl_exclusion_met(const ClExclusion *exclusion, ClRow *row, ClColumn *column, bool *unknown);

extern Datum cl_policy_explanation(ClPolicyReader *reader, DateADT as_of, const ClPolicyDecision *decision,
								   const ClPolicyTrace *trace);

#endif							/* CL_LIMIT_POLICY_H */
