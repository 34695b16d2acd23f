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

#define MOST_CAUSES 4
/* The least common multiple of 1 to MOST_CAUSES: Shapley values times this are whole. */
#define COMMON_DENOMINATOR 12

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
divide_gap(ClGapMethod method, const cl_int128 *a, cl_int128 *part)
{
	if (method != CL_GAP_BINDING)
	{
		divide(method, a, CL_GAP_CAUSES, part);
		return;
	}
	binding(a, CL_CAUSE_REST, part);
	part[CL_CAUSE_REST] = a[CL_CAUSE_REST];
	for (int k = 0; k < CL_CAUSE_REST; k++)
		part[CL_CAUSE_REST] -= part[k];
}

static cl_int128
largest(const cl_int128 *a, int n)
{
	cl_int128	most = 0;

	for (int k = 0; k < n; k++)
		most = larger(most, a[k]);
	return most;
}

/* The same division of the demand that no cap lets through: Q, risk and product as caps under the demand. */
static void
divide_unmet(const ClGapInput *input, cl_int128 demand, ClGap *gap)
{
	cl_int128	a[CL_UNMET_CAUSES] = {0};

	a[CL_UNMET_RULES] = larger(0, demand - larger(input->entitlement, input->drawn));
	if (input->has_cap[CL_CAUSE_RISK])
		a[CL_UNMET_RISK] = larger(0, demand - larger(input->cap[CL_CAUSE_RISK], input->drawn));
	if (input->has_cap[CL_CAUSE_PRODUCT])
		a[CL_UNMET_PRODUCT] = larger(0, demand - larger(input->cap[CL_CAUSE_PRODUCT], input->drawn));
	gap->unmet = largest(a, CL_UNMET_CAUSES);
	divide(input->method, a, CL_UNMET_CAUSES, gap->unmet_part);
}

void
cl_gap(const ClGapInput *input, ClGap *gap)
{
	cl_int128	a[CL_GAP_CAUSES] = {0};
	cl_int128	used = smaller(input->drawn, input->entitlement);

	*gap = (ClGap) {0};
	gap->over_limit = input->drawn - used;
	gap->clamped = input->has_cap[CL_CAUSE_DEMAND] && input->cap[CL_CAUSE_DEMAND] < input->drawn;
	for (int k = 0; k < CL_CAUSE_REST; k++)
	{
		if (input->has_cap[k])
			a[k] = larger(0, input->entitlement - larger(input->cap[k], used));
	}
	a[CL_CAUSE_REST] = input->entitlement - used;
	gap->gap = a[CL_CAUSE_REST];
	divide_gap(input->method, a, gap->part);
	if (input->has_cap[CL_CAUSE_DEMAND])
		divide_unmet(input, larger(input->cap[CL_CAUSE_DEMAND], input->drawn), gap);
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
