/*
 * policy_entitlement.c
 *	  What the bands of a policy give an account: bands of one column, or a grid of two.
 */
#include "core/policy.h"

#include <stddef.h>

#include "core/policy_amount.h"

/* The band of an axis that an account is in; 0 of an axis that is not there. */
static int
band_of(const ClBandAxis *axis, const ClPolicyAccount *account)
{
	double		value;
	int			i = 0;

	if (axis->n == 0)
		return 0;
	value = axis->input == CL_INPUT_SCORE ? account->score : account->band[axis->input - CL_INPUT_DOWN];
	while (i < axis->n && !(axis->below ? value < axis->edge[i] : value >= axis->edge[i]))
		i++;
	return i;
}

/* NULL beyond the last band of an axis. */
static const ClEntitlement *
entitlement_at(const ClPolicyRules *rules, int down, int across)
{
	int			width = (int) larger(rules->axis[1].n, 1);

	return down < rules->axis[0].n && across < width ? &rules->entitlements[down * width + across] : NULL;
}

static int64_t
entitled(const ClEntitlement *entitlement, int64_t income)
{
	if (entitlement == NULL)
		return 0;
	if (entitlement->multiple == CL_NO_CAP)
		return entitlement->limit;
	return smaller(entitlement->limit, share_of(income, entitlement->multiple));
}

/* With any income. */
static int64_t
entitled_at_most(const ClEntitlement *entitlement)
{
	return entitlement == NULL || entitlement->multiple == 0 ? 0 : entitlement->limit;
}

int64_t
cl_policy_entitlement(const ClPolicyRules *rules, const ClPolicyAccount *account)
{
	return entitled(entitlement_at(rules, band_of(&rules->axis[0], account), band_of(&rules->axis[1], account)),
					account->amount[CL_INPUT_INCOME]);
}

/*
 * What would raise the entitlement: each input that would do so alone, a better band or more income; all of them where none
 * would alone, but they would together. CL_INPUT_BITs.
 */
uint32_t
cl_policy_entitlement_inputs(const ClPolicyRules *rules, const ClPolicyAccount *account)
{
	int			down = band_of(&rules->axis[0], account);
	int			across = band_of(&rules->axis[1], account);
	const ClEntitlement *here = entitlement_at(rules, down, across);
	int64_t		income = account->amount[CL_INPUT_INCOME];
	int64_t		now = entitled(here, income);
	uint32_t	inputs = 0;

	if (entitled(entitlement_at(rules, 0, across), income) > now)
		inputs |= CL_INPUT_BIT(rules->axis[0].input);
	if (entitled(entitlement_at(rules, down, 0), income) > now)
		inputs |= CL_INPUT_BIT(rules->axis[1].input);
	if (here != NULL && here->multiple != CL_NO_CAP && entitled_at_most(here) > now)
		inputs |= CL_INPUT_BIT(CL_INPUT_INCOME);
	if (inputs == 0 && entitled_at_most(entitlement_at(rules, 0, 0)) > now)
		inputs = rules->entitled_by;
	return inputs;
}
