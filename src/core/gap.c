/*
 * gap.c
 *	  Dividing a gap among its causes.
 *
 * Let a cause k hold the drawing down to c_k, so that alone it would open a gap of a_k = (Q - c_k)+ under the entitlement Q.
 * Together they open max_k a_k: the airport game of Littlechild and Owen (1973), where a_k is the length of runway that
 * aircraft k needs, and whose Shapley value has a closed form. With a sorted ascending,
 *
 *		phi_(j) = sum over i <= j of (a_(i) - a_(i-1)) / (n - i + 1)
 *
 * What is drawn is the last cap: a limit on itself, so to speak. No cap is effective below what is already drawn.
 */
#include "core/gap.h"

#include <stdbool.h>

#define MOST_CAUSES CL_GAP_CAUSES
/* The least common multiple of 1 to MOST_CAUSES: Shapley values times this are whole. */
#define COMMON_DENOMINATOR 60

static cl_int128
smaller(cl_int128 a, cl_int128 b)
{
	return a < b ? a : b;
}

static cl_int128
larger(cl_int128 a, cl_int128 b)
{
	return a > b ? a : b;
}

static void
waterfall(const cl_int128 *a, int n, cl_int128 *part)
{
	cl_int128	reached = 0;

	for (int k = 0; k < n; k++)
	{
		part[k] = larger(a[k], reached) - reached;
		reached += part[k];
	}
}

/* All to the cause with the largest a, the first of equals; the others get nothing. */
static void
binding(const cl_int128 *a, int n, cl_int128 *part)
{
	int			hardest = 0;

	for (int k = 0; k < n; k++)
	{
		part[k] = 0;
		if (a[k] > a[hardest])
			hardest = k;
	}
	part[hardest] = a[hardest];
}

/* Hands out the units that rounding down left over, to the largest remainders; of equal ones the later cause comes first. */
static void
hand_out(cl_int128 left, int *remainder, int n, cl_int128 *part)
{
	for (; left > 0; left--)
	{
		int			best = n - 1;

		for (int k = n - 2; k >= 0; k--)
		{
			if (remainder[k] > remainder[best])
				best = k;
		}
		part[best]++;
		remainder[best] = -1;
	}
}

static void
shapley(const cl_int128 *a, int n, cl_int128 *part)
{
	int			order[MOST_CAUSES] = {0};
	int			remainder[MOST_CAUSES] = {0};
	cl_int128	value = 0;		/* times COMMON_DENOMINATOR */
	cl_int128	before = 0;
	cl_int128	left;

	/* Positions of a, ascending; equal ones keep their order. */
	for (int i = 0; i < n; i++)
	{
		int			j = i;

		for (; j > 0 && a[order[j - 1]] > a[i]; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
	left = a[order[n - 1]];
	for (int i = 0; i < n; i++)
	{
		int			k = order[i];

		value += (a[k] - before) * (COMMON_DENOMINATOR / (n - i));
		before = a[k];
		part[k] = value / COMMON_DENOMINATOR;
		remainder[k] = (int) (value % COMMON_DENOMINATOR);
		left -= part[k];
	}
	hand_out(left, remainder, n, part);
}

/* Divides max(a) among the first n causes by the method. */
static void
divide(ClGapMethod method, const cl_int128 *a, int n, cl_int128 *part)
{
	switch (method)
	{
		case CL_GAP_WATERFALL:
			waterfall(a, n, part);
			break;
		case CL_GAP_SHAPLEY:
			shapley(a, n, part);
			break;
		case CL_GAP_BINDING:
			binding(a, n, part);
			break;
	}
}

/* The last cause, what is drawn, binds hardest by nature; so for the binding method it only gets what the caps let through. */
static void
divide_gap(ClGapMethod method, const cl_int128 *a, int n, cl_int128 *part)
{
	if (method != CL_GAP_BINDING)
	{
		divide(method, a, n, part);
		return;
	}
	binding(a, n - 1, part);
	part[n - 1] = a[n - 1];
	for (int k = 0; k < n - 1; k++)
		part[n - 1] -= part[k];
}

static cl_int128
largest(const cl_int128 *a, int n)
{
	cl_int128	most = 0;

	for (int k = 0; k < n; k++)
		most = larger(most, a[k]);
	return most;
}

/* What cause k withholds of an amount, when it cannot hold down below a floor. */
static cl_int128
withheld(const ClGapInput *input, ClGapCause k, cl_int128 amount, cl_int128 floor)
{
	return input->has_cap[k] ? larger(0, amount - larger(input->cap[k], floor)) : 0;
}

/* The entitlement as far as entitlement, caps and limit in force let it through: what there is to draw. */
static cl_int128
let_through(const ClGapInput *input)
{
	cl_int128	amount = input->entitlement;

	if (input->has_cap[CL_CAUSE_UNGRANTED])
		return smaller(amount, input->cap[CL_CAUSE_UNGRANTED]);
	for (int k = CL_CAUSE_RISK; k <= CL_CAUSE_PRODUCT; k++)
	{
		if (input->has_cap[k])
			amount = smaller(amount, input->cap[k]);
	}
	return amount;
}

static void
divide_entitlement(const ClGapInput *input, cl_int128 granted, ClGap *gap)
{
	cl_int128	entitlement = input->entitlement;
	cl_int128	used = smaller(input->drawn, entitlement);
	/* Neither risk nor product withholds from whoever may draw already. */
	cl_int128	held = input->has_cap[CL_CAUSE_UNGRANTED] ? larger(used, granted) : used;
	cl_int128	a[CL_GAP_CAUSES] = {0};

	a[CL_CAUSE_RISK] = withheld(input, CL_CAUSE_RISK, entitlement, held);
	a[CL_CAUSE_PRODUCT] = withheld(input, CL_CAUSE_PRODUCT, entitlement, held);
	a[CL_CAUSE_UNGRANTED] = withheld(input, CL_CAUSE_UNGRANTED, entitlement, used);
	a[CL_CAUSE_DEMAND] = withheld(input, CL_CAUSE_DEMAND, entitlement, used);
	a[CL_CAUSE_REST] = entitlement - used;
	gap->gap = a[CL_CAUSE_REST];
	divide_gap(input->method, a, CL_GAP_CAUSES, gap->part);
}

/* The same division of what is granted and not drawn, of which only demand and the rest are causes. */
static void
divide_granted(const ClGapInput *input, cl_int128 granted, ClGap *gap)
{
	cl_int128	used = smaller(input->drawn, granted);
	cl_int128	a[CL_GRANTED_CAUSES];

	a[0] = withheld(input, CL_CAUSE_DEMAND, granted, used);
	a[1] = granted - used;
	divide_gap(input->method, a, CL_GRANTED_CAUSES, gap->granted);
}

/* The same division of the demand that does not get through, with the entitlement as the cap of the rules. */
static void
divide_unmet(const ClGapInput *input, ClGap *gap)
{
	cl_int128	demand = larger(input->cap[CL_CAUSE_DEMAND], input->drawn);
	cl_int128	held = input->has_cap[CL_CAUSE_UNGRANTED] ? larger(input->drawn, input->cap[CL_CAUSE_UNGRANTED]) : input->drawn;
	cl_int128	a[CL_UNMET_CAUSES];

	a[CL_UNMET_RULES] = larger(0, demand - larger(input->entitlement, held));
	a[CL_UNMET_RISK] = withheld(input, CL_CAUSE_RISK, demand, held);
	a[CL_UNMET_PRODUCT] = withheld(input, CL_CAUSE_PRODUCT, demand, held);
	a[CL_UNMET_UNGRANTED] = withheld(input, CL_CAUSE_UNGRANTED, demand, held);
	gap->unmet = largest(a, CL_UNMET_CAUSES);
	divide(input->method, a, CL_UNMET_CAUSES, gap->unmet_part);
}

void
cl_gap(const ClGapInput *input, ClGap *gap)
{
	cl_int128	limit = input->has_cap[CL_CAUSE_UNGRANTED] ? input->cap[CL_CAUSE_UNGRANTED] : input->entitlement;
	cl_int128	granted = let_through(input);

	*gap = (ClGap) {0};
	gap->over_limit = larger(0, input->drawn - limit);
	gap->over_entitlement = larger(0, input->drawn - input->entitlement);
	gap->above_entitlement = larger(0, limit - larger(input->entitlement, input->drawn));
	gap->clamped = input->has_cap[CL_CAUSE_DEMAND] && input->cap[CL_CAUSE_DEMAND] < input->drawn;
	divide_entitlement(input, granted, gap);
	divide_granted(input, granted, gap);
	if (input->has_cap[CL_CAUSE_DEMAND])
		divide_unmet(input, gap);
}

cl_int128
cl_rate_of(cl_int128 amount, int64_t rate)
{
	cl_int128	unit = (cl_int128) cl_pow10_64[CL_IMPACT_DECIMALS];
	cl_int128	whole = amount / unit;
	cl_int128	rest = amount % unit;
	cl_int128	product = rest * rate;
	cl_int128	half = product < 0 ? -unit / 2 : unit / 2;

	/* Whole units of 10^12 times the rate are exact; only the rest is rounded. */
	return whole * rate + (product + half) / unit;
}

cl_int128
cl_rate_of_two(cl_int128 a, int64_t rate_a, cl_int128 b, int64_t rate_b)
{
	cl_int128	unit = (cl_int128) cl_pow10_64[CL_IMPACT_DECIMALS];

	return a / unit * rate_a + b / unit * rate_b + (a % unit * rate_a + b % unit * rate_b + unit / 2) / unit;
}

void
cl_rate_of_parts(const cl_int128 *part, int n, int64_t rate, cl_int128 *result)
{
	cl_int128	running = 0;
	cl_int128	before = 0;

	for (int k = 0; k < n; k++)
	{
		cl_int128	now;

		running += part[k];
		now = cl_rate_of(running, rate);
		result[k] = now - before;
		before = now;
	}
}
