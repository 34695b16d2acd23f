/*
 * demand_miss.c
 *	  How well a population forecasts the months of its accounts, one after the other.
 */
#include "core/demand_prior.h"

#include <math.h>

/*
 * How far forecasts of log draws miss the next month, by its absolute value, relative to how far the account moves from month to
 * month: mean over all pairs of a draw and the one after it.
 */
double
cl_demand_miss(const ClDemandSeries *all, int n_series, const double *sigmas, const ClDemandPopulation *population,
			   double *missed_by)
{
	double		total = 0;
	double		pairs = 0;

	for (int i = 0; i < n_series; i++)
	{
		const ClDemandSeries *series = &all[i];
		double		precision = 1 / (population->level_sd * population->level_sd);
		double		sum = precision * population->level_mean;
		double		sigma = sigmas[i];
		double		moved = 0;
		double		missed = 0;
		double		n = 0;
		double		x = 0;
		int			before = -1;

		for (int j = 0; j < series->n; j++)
		{
			if (!(series->months[j] > 0))
				continue;
			if (before == j - 1 && j > 0)
			{
				moved += fabs(log(series->months[j] / series->months[before]));
				n++;
			}
			before = j;
		}
		if (missed_by != NULL)
			missed_by[i] = 0;
		if (n == 0)
			continue;
		moved = moved / n + 0.02;
		before = -1;
		for (int j = 0; j < series->n; j++)
		{
			double		r = 0;
			double		v;
			double		last = x;

			if (!(series->months[j] > 0))
				continue;
			x = log(series->months[j]);
			if (before >= 0)
			{
				r = before == j - 1 ? population->carry : pow(population->carry, j - before);
				if (before == j - 1)
				{
					missed += fabs(x - last - (1 - r) * (sum / precision - last)) / moved;
					pairs++;
				}
			}
			v = (1 - r * r) * sigma * sigma;
			precision += (1 - r) * (1 - r) / v;
			sum += (1 - r) * (x - r * last) / v;
			before = j;
		}
		total += missed;
		if (missed_by != NULL)
			missed_by[i] = missed;
	}
	return pairs > 0 ? total / pairs : 0;
}
