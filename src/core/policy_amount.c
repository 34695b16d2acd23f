/*
 * policy_amount.c
 *	  What a borrower can afford, and what a line leaves to draw.
 */
#include "core/policy_amount.h"

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
