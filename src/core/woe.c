/*
 * woe.c
 *	  Weight of evidence under the conventions of the field, and measures of a binning.
 */
#include "core/woe.h"

#include <math.h>

/* What CL_SMOOTHING_LAPLACE and CL_SMOOTHING_SAS add to the counts of either class. */
#define HALF 0.5

static bool
is_empty(const double *weight)
{
	return !(weight[0] > 0) && !(weight[1] > 0);
}

/* Shares of the bin in the two classes under Laplace's rule: they add up to 1 over all bins. */
static void
laplace_shares(const double *weight, const double *total, int bins, double *share)
{
	for (int class = 0; class < 2; class++)
		share[class] = (weight[class] + HALF) / (total[class] + HALF * bins);
}

/*
 * ln of the share of non-events over the share of events.
 *
 * With the prior, a bin of one good borrower is a little safer than the average. A constant added to the counts would make it
 * riskier wherever events are rare.
 */
static double
safe_over_risky(const double *weight, const double *total, int bins, ClSmoothing smoothing)
{
	double		share[2];

	switch (smoothing)
	{
		case CL_SMOOTHING_PRIOR:
			return log((weight[CL_NON_EVENT] + cl_woe_prior(total, CL_NON_EVENT)) /
					   (weight[CL_EVENT] + cl_woe_prior(total, CL_EVENT)) * (total[CL_EVENT] / total[CL_NON_EVENT]));
		case CL_SMOOTHING_LAPLACE:
			laplace_shares(weight, total, bins, share);
			return log(share[CL_NON_EVENT] / share[CL_EVENT]);
		case CL_SMOOTHING_SAS:
			return log((weight[CL_NON_EVENT] + HALF) / (weight[CL_EVENT] + HALF) * (total[CL_EVENT] / total[CL_NON_EVENT]));
		case CL_SMOOTHING_NONE:
			break;
	}
	if (!(weight[0] > 0 && weight[1] > 0))
		return NAN;
	return log(weight[CL_NON_EVENT] / weight[CL_EVENT] * (total[CL_EVENT] / total[CL_NON_EVENT]));
}

double
cl_woe(const double *weight, const double *total, int bins, ClWoeConvention convention)
{
	double		woe;

	if (!(total[0] > 0 && total[1] > 0))
		return NAN;
	if (is_empty(weight))
		return 0;
	woe = safe_over_risky(weight, total, bins, convention.smoothing);
	return convention.sign == CL_WOE_EVENT_OVER_NON_EVENT ? -woe : woe;
}

double
cl_iv_term(const double *weight, const double *total, int bins, ClSmoothing smoothing)
{
	ClWoeConvention convention = {CL_WOE_NON_EVENT_OVER_EVENT, smoothing};
	double		woe = cl_woe(weight, total, bins, convention);
	double		share[2] = {weight[0] / total[0], weight[1] / total[1]};

	if (isnan(woe))
		return 0;
	if (smoothing == CL_SMOOTHING_LAPLACE)
		laplace_shares(weight, total, bins, share);
	return (share[CL_NON_EVENT] - share[CL_EVENT]) * woe;
}

/* x ln(x / y), and 0 when x is. */
static double
divergence(double x, double y)
{
	return x > 0 ? x * log(x / y) : 0;
}

double
cl_objective_term(ClObjective objective, const double *weight, const double *total)
{
	double		p = weight[CL_NON_EVENT] / total[CL_NON_EVENT];
	double		q = weight[CL_EVENT] / total[CL_EVENT];
	double		root;

	if (is_empty(weight))
		return 0;
	switch (objective)
	{
		case CL_OBJECTIVE_IV:
			if (!(p > 0 && q > 0))
				return cl_iv_term(weight, total, 0, CL_SMOOTHING_PRIOR);
			/* The larger over the smaller: to the last bit the same when the classes change places. */
			return p > q ? (p - q) * log(p / q) : (q - p) * log(q / p);
		case CL_OBJECTIVE_JS:
			return (divergence(p, (p + q) / 2) + divergence(q, (p + q) / 2)) / 2;
		case CL_OBJECTIVE_HELLINGER:
			root = sqrt(p) - sqrt(q);
			return root * root / 2;
		case CL_OBJECTIVE_TRIANGULAR:
			return (p - q) * (p - q) / (p + q);
	}
	return 0;
}

/*
 * Measures
 */

/* By event rate, empty bins last; insertion is enough for the number of bins that people can read. */
static void
order_by_rate(const ClBinCounts *bin, int bins, int *order)
{
	for (int i = 0; i < bins; i++)
	{
		double		rate = is_empty(bin[i].weight) ? 2 : cl_event_rate(bin[i].weight);
		int			at = i;

		for (; at > 0; at--)
		{
			const double *before = bin[order[at - 1]].weight;

			if ((is_empty(before) ? 2 : cl_event_rate(before)) <= rate)
				break;
			order[at] = order[at - 1];
		}
		order[at] = i;
	}
}

static double
gini_of(const ClMemory *memory, const ClBinCounts *bin, int bins, const double *total)
{
	int		   *order = cl_allocate(memory, (size_t) bins * sizeof(int));
	double		safer = 0;		/* non-events at lower rates */
	double		placed = 0;

	order_by_rate(bin, bins, order);
	for (int i = 0; i < bins; i++)
	{
		const double *weight = bin[order[i]].weight;

		placed += weight[CL_EVENT] * (safer + weight[CL_NON_EVENT] / 2);
		safer += weight[CL_NON_EVENT];
	}
	cl_release(memory, order);
	return 2 * (placed / total[CL_EVENT] / total[CL_NON_EVENT]) - 1;
}

static double
ks_of(const ClBinCounts *bin, int bins, const double *total)
{
	double		before[2] = {0, 0};
	double		most = 0;

	for (int i = 0; i < bins; i++)
	{
		for (int class = 0; class < 2; class++)
			before[class] += bin[i].weight[class] / total[class];
		most = fmax(most, fabs(before[0] - before[1]));
	}
	return most;
}

static void
measure_sizes(const ClBinCounts *bin, int bins, const double *total, ClBinningMeasures *m)
{
	double		all = total[0] + total[1];
	double		chi2 = 0;

	m->hhi = 0;
	for (int i = 0; i < bins; i++)
	{
		double		size = bin[i].weight[0] + bin[i].weight[1];

		m->hhi += size / all * (size / all);
		for (int class = 0; size > 0 && class < 2; class++)
		{
			double		expected = size * (total[class] / all);

			chi2 += (bin[i].weight[class] - expected) * (bin[i].weight[class] - expected) / expected;
		}
	}
	m->hhi_normalised = bins > 1 ? (m->hhi - 1.0 / bins) / (1 - 1.0 / bins) : 1;
	m->cramers_v = sqrt(chi2 / all);
}

void
cl_binning_measure(const ClMemory *memory, const ClBinCounts *bin, int bins, ClSmoothing smoothing, ClBinningMeasures *measures)
{
	double		total[2] = {0, 0};

	*measures = (ClBinningMeasures) {{NAN, NAN, NAN, NAN}, NAN, NAN, NAN, NAN, NAN};
	for (int i = 0; i < bins; i++)
	{
		total[0] += bin[i].weight[0];
		total[1] += bin[i].weight[1];
	}
	if (!(total[0] > 0 && total[1] > 0))
		return;
	for (int objective = 0; objective < 4; objective++)
	{
		measures->objective[objective] = 0;
		for (int i = 0; i < bins; i++)
		{
			measures->objective[objective] += objective == CL_OBJECTIVE_IV ?
				cl_iv_term(bin[i].weight, total, bins, smoothing) :
				cl_objective_term((ClObjective) objective, bin[i].weight, total);
		}
	}
	measures->gini = gini_of(memory, bin, bins, total);
	measures->ks = ks_of(bin, bins, total);
	measure_sizes(bin, bins, total, measures);
}
