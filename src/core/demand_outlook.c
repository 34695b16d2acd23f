/*
 * demand_outlook.c
 *	  From what is believed of an account to the distribution of a month to come, and to its long run.
 */
#include "core/demand_series.h"

#include <math.h>

#include "core/distribution.h"

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

/*
 * The month to come as a mixture over the nodes that count: log D, or D^lambda relative to the level, is normal in each.
 * unknown is the variance of e where no month says anything of it.
 */
typedef struct Mixture
{
	double		lambda;
	int			n;
	double		weight[CL_DEMAND_NODES * CL_DEMAND_NODES];
	double		level[CL_DEMAND_NODES * CL_DEMAND_NODES];
	double		mean[CL_DEMAND_NODES * CL_DEMAND_NODES];
	double		scale[CL_DEMAND_NODES * CL_DEMAND_NODES];	/* 1 / deviation */
} Mixture;

#define LEAST_WEIGHT 5e-4

static void
mix(Mixture *mixture, const ClDemandBelief *belief, double lambda, double r, double unknown)
{
	double		total = 0;

	mixture->lambda = lambda;
	mixture->n = 0;
	for (int k = 0; k < belief->n_nodes; k++)
	{
		double		sigma = exp(belief->node[k].spread);
		int			i = mixture->n;

		if (belief->node[k].weight < LEAST_WEIGHT)
			continue;
		mixture->weight[i] = belief->node[k].weight;
		mixture->level[i] = belief->node[k].level;
		mixture->mean[i] = sigma * r * belief->node[k].e;
		mixture->scale[i] = 1 / (sigma * sqrt(r == 0 ? unknown : 1 - r * r * (1 - belief->node[k].e_variance)));
		total += mixture->weight[i];
		mixture->n++;
	}
	for (int i = 0; i < mixture->n; i++)
		mixture->weight[i] /= total;
}

/* P(log D <= y) and its derivative. */
static double
below(const Mixture *mixture, double y, double *slope)
{
	double		p = 0;

	*slope = 0;
	for (int i = 0; i < mixture->n; i++)
	{
		double		x = y - mixture->level[i];
		double		ratio = 1;
		double		z;

		if (mixture->lambda != 0)
		{
			ratio = exp(mixture->lambda * x);
			x = (ratio - 1) / mixture->lambda;
		}
		z = (x - mixture->mean[i]) * mixture->scale[i];
		p += mixture->weight[i] * cl_normal_cdf(z);
		*slope += mixture->weight[i] * cl_normal_density(z) * ratio * mixture->scale[i];
	}
	return p;
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
		if (y + step <= low || y + step >= high)
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
	double		mu_squares = 0;
	double		sigma_squares = 0;
	double		middle = 0;
	double		squares = 0;
	double		p_zero;
	double		half;
	double		most;
	double		z1;
	double		z2;
	double		low;
	double		in_a_year = fmax(population->start, 1 - cl_demand_fade(population->carry, 24));
	Mixture		mixture;
	ClDemandEvidence evidence;
	ClDemandBelief belief;

	cl_demand_weigh(&evidence, series, population);
	cl_demand_believe(&belief, &evidence);
	if (evidence.point_gap >= 0)
		r = cl_demand_fade(population->carry, evidence.point_gap + ahead);
	for (int k = 0; k < belief.n_nodes; k++)
	{
		double		weight = belief.node[k].weight;
		double		relative = exp(belief.node[k].spread);
		double		node_mu;
		double		node_sigma;
		double		shift = relative * r * belief.node[k].e;
		/* of log D, and how it moves with e */
		double		ratio = fmax(0.05, 1 + lambda * shift);
		double		y = belief.node[k].level + (lambda == 0 ? shift : log(ratio) / lambda);
		double		slope = fmin(3, relative / ratio);

		own_parameters(population->distribution, belief.node[k].level, relative * sqrt(in_a_year), &node_mu, &node_sigma);
		mu += weight * node_mu;
		sigma += weight * node_sigma;
		mu_squares += weight * node_mu * node_mu;
		sigma_squares += weight * node_sigma * node_sigma;
		middle += weight * y;
		squares += weight * (y * y + slope * slope * (r == 0 ? in_a_year : 1 - r * r * (1 - belief.node[k].e_variance)));
	}
	outlook->mu = mu;
	outlook->sigma = sigma;
	outlook->se_mu = sqrt(fmax(0, mu_squares - mu * mu));
	outlook->se_sigma = sqrt(fmax(0, sigma_squares - sigma * sigma));
	outlook->prior_weight = fmin(1, belief.level_variance / (population->level_sd * population->level_sd));
	outlook->ahead = (ClDemandModel) {.distribution = population->distribution};
	set_zero(outlook, &evidence, ahead);
	squares = sqrt(fmax(1e-12, squares - middle * middle));
	p_zero = outlook->ahead.p_zero;
	half = p_zero < 0.45 ? (0.5 - p_zero) / (1 - p_zero) : 0.5;
	most = p_zero < 0.85 ? (0.9 - p_zero) / (1 - p_zero) : 0.9;
	most = fmax(most, half + 0.1);
	z1 = cl_normal_quantile(half);
	z2 = cl_normal_quantile(most);
	mix(&mixture, &belief, lambda, r, in_a_year);
	low = mixture_quantile(&mixture, half, middle + z1 * squares);
	set_by_quantiles(&outlook->ahead, z1, low, z2, mixture_quantile(&mixture, most, low + (z2 - z1) * squares));
}
