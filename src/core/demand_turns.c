/*
 * demand_turns.c
 *	  Empirical Bayes of months without a draw: how accounts of a population stop drawing, and stay without a draw.
 */
#include "core/demand_prior.h"

#include <math.h>

/*
 * Months without a draw. Of the pairs of neighbouring months of an account that begin with a draw, or without one, how many end
 * without: the total of the beta distribution with the pooled mean that makes these numbers most likely.
 */
typedef struct Turns
{
	double		n;
	double		zeros;
} Turns;

static double
beta_binomial(const Turns *turns, int n, double mean, double total)
{
	double		value = 0;

	for (int i = 0; i < n; i++)
	{
		/* log of the product of (a + j) / (a + b + i) for small whole numbers; cheaper than gamma functions */
		double		product = 1;

		for (int j = 0; j < turns[i].n; j++)
		{
			bool		zero = j < turns[i].zeros;
			double		above = zero ? mean * total + j : (1 - mean) * total + j - turns[i].zeros;

			product *= above / (total + j);
		}
		value += log(product);
	}
	return value;
}

static ClDemandBeta
fit_beta(const Turns *turns, int n_turns, const ClMemory *memory)
{
	double		n = 0;
	double		zeros = 0;
	double		mean;
	double		best = -INFINITY;
	double		log_total = 0.5;
	double		width = 1;

	for (int i = 0; i < n_turns; i++)
	{
		n += turns[i].n;
		zeros += turns[i].zeros;
	}
	mean = (zeros + 0.5) / (n + 1);
	for (int round = 0; round < 4 && zeros > 0 && zeros < n; round++)
	{
		double		middle = log_total;

		for (int i = -4; i <= 4; i++)
		{
			double		x = fmin(7, fmax(-2, middle + width * i));
			double		value = beta_binomial(turns, n_turns, mean, exp(x));

			if (value > best)
			{
				best = value;
				log_total = x;
			}
		}
		width /= 4;
		memory->check_for_interrupts();
	}
	return (ClDemandBeta) {mean * exp(log_total), (1 - mean) * exp(log_total)};
}

void
cl_demand_fit_turns(ClDemandPopulation *population, const ClDemandSeries *all, int n, const ClMemory *memory)
{
	Turns	   *turns = cl_allocate(memory, n * sizeof(Turns));

	for (int from = 0; from <= 1; from++)
	{
		for (int i = 0; i < n; i++)
		{
			const ClDemandSeries *series = &all[i];

			turns[i] = (Turns) {0, 0};
			for (int j = 1; j < series->n; j++)
			{
				if (isnan(series->months[j]) || isnan(series->months[j - 1]) || (series->months[j - 1] == 0) != from)
					continue;
				turns[i].n++;
				turns[i].zeros += series->months[j] == 0;
			}
		}
		*(from == 0 ? &population->stops : &population->stays) = fit_beta(turns, n, memory);
	}
	cl_release(memory, turns);
}
