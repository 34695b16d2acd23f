/*
 * binning_trend.c
 *	  What trend the event rates of bins have, and whether a turn of it is more than chance.
 */
#include "core/binning_trend.h"

#include <math.h>

#include "core/distribution.h"

ClTrend
cl_binning_trend(const ClBinCounts *bin, int bins)
{
	double		rate = 0;
	int			seen = 0;
	int			turns = 0;
	int			first = 0;		/* 1: up, -1: down */
	int			last = 0;

	for (int b = 0; b < bins; b++)
	{
		double		next = cl_event_rate(bin[b].weight);
		int			step;

		if (isnan(next))
			continue;
		step = seen++ == 0 ? 0 : (next > rate) - (next < rate);
		rate = next;
		if (step == 0)
			continue;
		turns += last != 0 && step != last;
		first = first == 0 ? step : first;
		last = step;
	}
	if (seen < 2 || turns > 1)
		return CL_TREND_NONE;
	if (turns == 1)
		return first > 0 ? CL_TREND_PEAK : CL_TREND_VALLEY;
	return first >= 0 ? CL_TREND_ASCENDING : CL_TREND_DESCENDING;
}

/* The counts of bin b. */
static ClBinCounts
bin_of(const ClBinCounts *prebin, const ClDivision *division, int b)
{
	ClBinCounts bin = {{0, 0}, {0, 0}};

	for (int i = b > 0 ? division->end[b - 1] : 0; i < division->end[b]; i++)
	{
		for (int class = 0; class < 2; class++)
			bin.weight[class] += prebin[i].weight[class];
	}
	return bin;
}

ClTrend
cl_division_trend(const ClBinCounts *prebin, const ClDivision *division)
{
	ClBinCounts bin[CL_OPTIMUM_MAX_BINS];

	for (int b = 0; b < division->n_bins; b++)
		bin[b] = bin_of(prebin, division, b);
	return cl_binning_trend(bin, division->n_bins);
}

/*
 * Is a turn more than chance?
 *
 * A peak or valley can be at least as good as any monotone binning, because it may turn at an end, and in a sample noise makes it
 * better nearly always. So "auto" takes a turn only where the counts speak for it: the likelihood ratio statistic of the two
 * binnings, 2 (L_turning - L_monotone) with L = sum of w ln(w / size) over bins and classes, must exceed the chi-squared quantile
 * with one degree of freedom for the turn and one for each bin more. The level is strict because both binnings were searched for.
 */
#define TURN_P_VALUE 0.001

static double
log_likelihood(const ClBinCounts *prebin, const ClDivision *division)
{
	double		sum = 0;

	for (int b = 0; b < division->n_bins; b++)
	{
		ClBinCounts bin = bin_of(prebin, division, b);

		for (int class = 0; class < 2; class++)
			sum += bin.weight[class] > 0 ? bin.weight[class] * log(bin.weight[class] / (bin.weight[0] + bin.weight[1])) : 0;
	}
	return sum;
}

bool
cl_turn_pays(const ClBinCounts *prebin, const ClDivision *turning, const ClDivision *monotone)
{
	double		gain = 2 * (log_likelihood(prebin, turning) - log_likelihood(prebin, monotone));
	int			more = turning->n_bins > monotone->n_bins ? turning->n_bins - monotone->n_bins : 0;

	return gain > 0 && cl_chi2_upper(gain, 1 + more) < TURN_P_VALUE;
}
