/*
 * gap.h
 *	  Why a granted limit is not used: the gap between what the rules give and what is drawn, divided among its causes.
 *
 * A ladder of amounts, each of which can hold the drawing down: the entitlement of the rules, what risk control leaves of it,
 * what the product lets be used, the limit in force, and what the borrower wants. All are integer minor units, and every
 * method divides the gap without losing one.
 */
#ifndef CL_CORE_GAP_H
#define CL_CORE_GAP_H

#include "core/money.h"

typedef enum ClGapMethod
{
	CL_GAP_WATERFALL,			/* in the order of the causes: each takes what the ones before left */
	CL_GAP_SHAPLEY,				/* in no order: the average over all orders */
	CL_GAP_BINDING				/* all that caps withhold to the lowest one */
} ClGapMethod;

typedef enum ClGapCause
{
	CL_CAUSE_RISK,
	CL_CAUSE_PRODUCT,
	CL_CAUSE_UNGRANTED,			/* rules and caps would allow it, the limit in force does not give it yet */
	CL_CAUSE_DEMAND,
	CL_CAUSE_REST,				/* wanted and allowed, yet not drawn: dormancy or buffer */
	CL_GAP_CAUSES
} ClGapCause;

/* Of what is granted and not drawn only the last two are causes. */
#define CL_GRANTED_CAUSES (CL_GAP_CAUSES - CL_CAUSE_DEMAND)

typedef enum ClUnmetCause
{
	CL_UNMET_RULES,				/* the entitlement itself is below the demand */
	CL_UNMET_RISK,
	CL_UNMET_PRODUCT,
	CL_UNMET_UNGRANTED,
	CL_UNMET_CAUSES
} ClUnmetCause;

/*
 * Amounts are not negative and below CL_GAP_LARGEST; a missing cap holds nothing down. Without a limit in force (the cap of
 * CL_CAUSE_UNGRANTED) all that the entitlement and the caps let through counts as granted.
 */
typedef struct ClGapInput
{
	cl_int128	entitlement;
	cl_int128	cap[CL_CAUSE_REST]; /* of risk and product, the limit in force, demand */
	bool		has_cap[CL_CAUSE_REST];
	cl_int128	drawn;
	ClGapMethod method;
} ClGapInput;

typedef struct ClGap
{
	cl_int128	gap;
	cl_int128	part[CL_GAP_CAUSES];	/* add up to gap */
	cl_int128	granted[CL_GRANTED_CAUSES]; /* add up to what is granted of the entitlement and not drawn */
	cl_int128	above_entitlement;	/* granted beyond the entitlement and not drawn */
	cl_int128	over_limit;		/* drawn beyond the limit in force; without one, beyond the entitlement */
	cl_int128	over_entitlement;
	cl_int128	unmet;
	cl_int128	unmet_part[CL_UNMET_CAUSES];	/* add up to unmet */
	bool		clamped;		/* the demand was estimated below what is drawn */
} ClGap;

/* Shapley multiplies by 60 on the way. */
#define CL_GAP_LARGEST cl_pow10_128(36)

extern void cl_gap(const ClGapInput *input, ClGap *gap);

/*
 * A rate of an amount, rate in units of 10^-12, rounded half away from zero; and its division among parts, so that the parts
 * of the rate add up to the rate of the sum: each is the difference of two rounded running totals, and so within one unit.
 */
#define CL_IMPACT_DECIMALS 12
extern cl_int128 cl_rate_of(cl_int128 amount, int64_t rate);
extern void cl_rate_of_parts(const cl_int128 *part, int n, int64_t rate, cl_int128 *result);

/* rate_a of a and rate_b of b together, rounded once; amounts below 10^24, rates below 10^14, none negative. */
extern cl_int128 cl_rate_of_two(cl_int128 a, int64_t rate_a, cl_int128 b, int64_t rate_b);

#endif							/* CL_CORE_GAP_H */
