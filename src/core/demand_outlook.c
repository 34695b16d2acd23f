/*
 * demand_outlook.c
 *	  From what is believed of an account to the distribution of a month to come, and to its long run.
 */
#include "core/demand_series.h"

#include <math.h>

#include "core/distribution.h"
#include "core/pair.h"

/* mean and deviation of a gamma variable whose cube root has mean a and deviation c a (Wilson and Hilferty) */
static void
gamma_of_cube_root(double level, double c, double *mean, double *deviation)
{
	double		r = c < 1e-6 ? c : (sqrt(1 + 4 * c * c) - 1) / (2 * c);	/* 1 / (3 root of shape) */

	*mean = exp(level) / pow(1 - r * r, 3);
	*deviation = *mean * 3 * r;
}

/* The distribution's own mu and sigma from level and the relative spread sigma. */
static void
own_parameters(ClDemandDistribution distribution, double level, double sigma, double *mu, double *own_sigma)
{
	switch (distribution)
	{
		case CL_DEMAND_LOGNORMAL:
			*mu = level;
			*own_sigma = sigma;
			break;
		case CL_DEMAND_NORMAL:
			*mu = exp(level);
			*own_sigma = *mu * sigma;
			break;
		default:
			gamma_of_cube_root(level, sigma / 3, mu, own_sigma);
			break;
	}
}

/* The month to come at two nodes: log D, or D^lambda relative to the level, is normal in each. */
typedef struct Parts
{
	ClPair		weight;
	ClPair		level;
	ClPair		mean;
	ClPair		scale;			/* 1 / deviation */
} Parts;

/* A mixture over the nodes that count; of the last two parts one may have no weight. */
typedef struct Mixture
{
	double		lambda;
	int			n;
	Parts		part[(CL_DEMAND_NODES + 1) / 2];
	double		middle;			/* of log D, roughly */
	double		spread;
} Mixture;

#define LEAST_WEIGHT 5e-4

/* r: what carries on of e. unknown: the variance of e where no month says anything of it. */
static void
mix(Mixture *mixture, const ClDemandBelief *belief, double lambda, double r, double unknown)
{
	double		total = 0;
	double		sum = 0;
	double		squares = 0;

	mixture->lambda = lambda;
	mixture->n = 0;
	for (int k = 0; k < belief->n_nodes; k++)
	{
		const ClDemandNode *node = &belief->node[k];
		double		variance = node->level_variance + r * (2 * node->covariance + r * node->deviation_variance) +
			node->sigma * node->sigma * (r == 0 ? unknown : 1 - r * r);
		double		mean = r * node->deviation;
		double		ratio = fmax(0.05, 1 + lambda * mean);
		double		y = node->level + (lambda == 0 ? mean : log(ratio) / lambda);
		Parts	   *part;
		int			side;

		if (node->weight < LEAST_WEIGHT)
			continue;
		part = &mixture->part[mixture->n / 2];
		side = mixture->n++ % 2;
		if (side == 0)
			*part = (Parts) {cl_pair(0), cl_pair(node->level), cl_pair(0), cl_pair(0)};
		part->weight[side] = node->weight;
		part->level[side] = node->level;
		part->mean[side] = mean;
		part->scale[side] = 1 / sqrt(variance);
		total += node->weight;
		sum += node->weight * y;
		squares += node->weight * (y * y + fmin(9, variance / (ratio * ratio)));
	}
	mixture->n = (mixture->n + 1) / 2;
	for (int i = 0; i < mixture->n; i++)
		mixture->part[i].weight /= total;
	mixture->middle = sum / total;
	mixture->spread = sqrt(fmax(1e-12, squares / total - mixture->middle * mixture->middle));
}

/* P(log D <= y) and its derivative. */
static double
below(const Mixture *mixture, double y, double *slope)
{
	ClPair		p = cl_pair(0);
	ClPair		slopes = cl_pair(0);

	for (int i = 0; i < mixture->n; i++)
	{
		const Parts *part = &mixture->part[i];
		ClPair		x = y - part->level;
		ClPair		scale = part->scale;
		ClPairTail	tail;

		if (mixture->lambda != 0)
		{
			ClPair		ratio = cl_pair_exp(mixture->lambda * x);

			x = (ratio - 1) / mixture->lambda;
			scale *= ratio;
		}
		tail = cl_pair_normal_tail((x - part->mean) * part->scale);
		p += part->weight * tail.cdf;
		slopes += part->weight * tail.density * scale;
	}
	*slope = slopes[0] + slopes[1];
	return p[0] + p[1];
}

/* y with P(log D <= y) = p, to a ten thousandth: Newton's steps, no further than 1, within brackets. */
static double
mixture_quantile(const Mixture *mixture, double p, double y)
{
	double		low = -INFINITY;
	double		high = INFINITY;

	for (int i = 0; i < 60; i++)
	{
		double		slope;
		double		miss = below(mixture, y, &slope) - p;
		double		step = fmin(1, fmax(-1, -miss / fmax(slope, 1e-3)));

		if (miss > 0)
			high = y;
		else
			low = y;
		/* They may go to and fro. */
		if (y + step <= low || y + step >= high || (i > 6 && i % 2 == 0))
			step = isfinite(low) && isfinite(high) ? (low + high) / 2 - y : step / 2;
		y += step;
		if (fabs(step) < 1e-4)
			break;
	}
	return y;
}

/* The distribution whose quantiles at the normal deviates z1 < z2, z1 <= 0, have these logarithms. */
static void
set_by_quantiles(ClDemandModel *model, double z1, double log_q1, double z2, double log_q2)
{
	double		spread = fmax(0, log_q2 - log_q1);
	double		ratio;
	double		c;

	switch (model->distribution)
	{
		case CL_DEMAND_LOGNORMAL:
			model->sigma = spread / (z2 - z1);
			model->mu = log_q1 - model->sigma * z1;
			break;
		case CL_DEMAND_NORMAL:
			model->sigma = exp(log_q1) * expm1(spread) / (z2 - z1);
			model->mu = exp(log_q1) - model->sigma * z1;
			break;
		default:
			/* The cube root is a (1 + c z). */
			ratio = exp(spread / 3);
			c = (ratio - 1) / (z2 - ratio * z1);
			gamma_of_cube_root(log_q1 - 3 * log1p(c * z1), c, &model->mu, &model->sigma);
			break;
	}
}

/* Mean of a beta variable after so many of n, and its variance. */
static double
beta_mean(const ClDemandBeta *beta, int n, int of_them, double *variance)
{
	double		a = beta->a + of_them;
	double		total = beta->a + beta->b + n;
	double		mean = a / total;

	*variance = mean * (1 - mean) / (total + 1);
	return mean;
}

/* The share of months without a draw is stops / (stops + 1 - stays); its error follows from theirs. */
static void
set_zero(ClDemandOutlook *outlook, const ClDemandEvidence *evidence, int ahead)
{
	const ClDemandPopulation *population = evidence->population;
	double		stops_variance;
	double		stays_variance;
	double		stops = beta_mean(&population->stops, evidence->turns[0], evidence->turns_zero[0], &stops_variance);
	double		stays = beta_mean(&population->stays, evidence->turns[1], evidence->turns_zero[1], &stays_variance);
	double		starts = 1 - stays;
	double		p = stops / (stops + starts);

	outlook->p_zero = p;
	outlook->se_p_zero = sqrt(starts * starts * stops_variance + stops * stops * stays_variance) /
		((stops + starts) * (stops + starts));
	outlook->ahead.p_zero = evidence->n_months == 0 ? p :
		fmin(1, fmax(0, p + pow(fabs(stays - stops), evidence->last_gap + ahead) *
					 (stays < stops && (evidence->last_gap + ahead) % 2 == 1 ? -1 : 1) * (evidence->last_zero - p)));
}

void
cl_demand_outlook(ClDemandOutlook *outlook, const ClDemandSeries *series, const ClDemandPopulation *population, int ahead)
{
	double		lambda = cl_demand_lambda(population->distribution);
	double		r = 0;
	double		mu = 0;
	double		sigma = 0;
	double		own_mu[CL_DEMAND_NODES];
	double		own_sigma[CL_DEMAND_NODES];
	double		mu_variance = 0;
	double		sigma_variance = 0;
	double		p_zero;
	double		half;
	double		most;
	double		z1;
	double		z2;
	double		low;
	double		in_a_year = fmax(population->start, 1 - cl_demand_fade(population->carry, 24));
	double		root = sqrt(in_a_year);
	Mixture		mixture;
	ClDemandEvidence evidence;
	ClDemandBelief belief;

	cl_demand_weigh(&evidence, series, population);
	cl_demand_believe(&belief, &evidence);
	if (evidence.point_gap >= 0)
		r = cl_demand_fade(population->carry, evidence.point_gap + ahead);
	for (int k = 0; k < belief.n_nodes; k++)
	{
		const ClDemandNode *node = &belief.node[k];

		own_parameters(population->distribution, node->level, node->sigma * root, &own_mu[k], &own_sigma[k]);
		mu += node->weight * own_mu[k];
		sigma += node->weight * own_sigma[k];
	}
	for (int k = 0; k < belief.n_nodes; k++)
	{
		const ClDemandNode *node = &belief.node[k];

		mu_variance += node->weight * ((own_mu[k] - mu) * (own_mu[k] - mu) + node->level_variance);
		sigma_variance += node->weight * (own_sigma[k] - sigma) * (own_sigma[k] - sigma);
	}
	outlook->mu = mu;
	outlook->sigma = sigma;
	outlook->se_mu = sqrt(mu_variance);
	outlook->se_sigma = sqrt(sigma_variance);
	outlook->prior_weight = fmin(1, belief.level_variance / (evidence.level_sd * evidence.level_sd));
	outlook->ahead = (ClDemandModel) {.distribution = population->distribution};
	set_zero(outlook, &evidence, ahead);
	p_zero = outlook->ahead.p_zero;
	half = p_zero < 0.45 ? (0.5 - p_zero) / (1 - p_zero) : 0.5;
	most = p_zero < 0.85 ? (0.9 - p_zero) / (1 - p_zero) : 0.9;
	most = fmax(most, half + 0.1);
	z1 = cl_normal_quantile(half);
	z2 = cl_normal_quantile(most);
	mix(&mixture, &belief, lambda, r, in_a_year);
	low = mixture_quantile(&mixture, half, mixture.middle + z1 * mixture.spread);
	set_by_quantiles(&outlook->ahead, z1, low, z2, mixture_quantile(&mixture, most, low + (z2 - z1) * mixture.spread));
}
