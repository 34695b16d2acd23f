/*
 * demand_model.c
 *	  What follows from a distribution of demand: quantiles, and what is drawn of a limit.
 *
 * With D the distribution without its ceiling C, the one that is asked for is that of min(D, C). So its mean is E[min(D, C)],
 * and of a limit L below C it lets E[min(D, L)] through and turns E[max(0, D - L)] - E[max(0, D - C)] away.
 *
 * E[min(D, L)] is the limited expected value of insurance (Klugman, Panjer and Willmot, Loss Models). Its derivative in L is
 * P(D > L), so it is concave. Written with Mills' ratio m(x) = P(Z > x) / density(x), with z = (log L - mu) / sigma,
 *
 *		E[min(D, L)] / L = density(z) m(sigma - z) + P(Z > z)
 *		E[max(0, D - L)] / L = density(z) (m(z - sigma) - m(z))
 *
 * no large exponential meets a small tail. A difference of two nearly equal values is taken as an integral instead.
 */
#include "core/demand.h"

#include <math.h>

#include "core/distribution.h"

/* Below this sigma a difference would lose digits. */
#define SMALL_SIGMA 0.25
#define SMALL_STEP 0.5

/* Gauss-Legendre with 12 nodes on [-1, 1], of which these are the positive ones (Abramowitz and Stegun 25.4.30). */
static const double nodes[] = {0.125233408511468915472, 0.367831498998180193753, 0.587317954286617447297,
0.769902674194304687037, 0.904117256370474856678, 0.981560634246719250691};
static const double node_weights[] = {0.249147045813402785001, 0.233492536538354808761, 0.203167426723065921749,
0.160078328543346226335, 0.106939325995318430960, 0.047175336386511827195};

#define NODES ((int) (sizeof(nodes) / sizeof(nodes[0])))

static double
integral(double (*f) (double x, double parameter), double parameter, double from, double to)
{
	double		middle = (from + to) / 2;
	double		half = (to - from) / 2;
	double		sum = 0;

	for (int i = 0; i < NODES; i++)
		sum += node_weights[i] * (f(middle - half * nodes[i], parameter) + f(middle + half * nodes[i], parameter));
	return half * sum;
}

static bool
is_known(const ClDemandModel *model)
{
	return model->distribution == CL_DEMAND_QUANTILES || (model->sigma >= 0 && isfinite(model->mu));
}

/* The one amount of a demand without spread. */
static double
only_amount(const ClDemandModel *model)
{
	return model->distribution == CL_DEMAND_LOGNORMAL ? exp(model->mu) : fmax(0, model->mu);
}

static double
gamma_shape(const ClDemandModel *model)
{
	return model->mu / model->sigma * (model->mu / model->sigma);
}

static double
gamma_scale(const ClDemandModel *model)
{
	return model->sigma / model->mu * model->sigma;
}

/* m(t) less what it is at t + dt, per dt, as a share of the density at z. */
static double
mills_slope(double t, double z)
{
	return cl_normal_loss(-t) * exp((t - z) * (t + z) / 2);
}

static double
lognormal_unmet(const ClDemandModel *model, double limit)
{
	double		s = model->sigma;
	double		z = (log(limit) - model->mu) / s;

	if (limit == 0)
		return exp(model->mu + s * s / 2);
	if (limit == INFINITY)
		return 0;
	if (s < SMALL_SIGMA && z > -8)
		return limit * integral(mills_slope, z, z - s, z);
	if (z - s < 0)
		return exp(model->mu + s * s / 2) * cl_normal_cdf(s - z) - limit * cl_normal_cdf(-z);
	return limit * cl_normal_density(z) * (cl_normal_mills(z - s) - cl_normal_mills(z));
}

static double
lognormal_draw(const ClDemandModel *model, double limit)
{
	double		s = model->sigma;
	double		z = (log(limit) - model->mu) / s;

	if (limit == 0)
		return 0;
	if (limit == INFINITY)
		return exp(model->mu + s * s / 2);
	/* Where z is far above sigma, all of demand is drawn. */
	if (z - s > 0)
		return exp(model->mu + s * s / 2) * cl_normal_cdf(z - s) + limit * cl_normal_cdf(-z);
	return limit * (cl_normal_density(z) * cl_normal_mills(s - z) + cl_normal_cdf(-z));
}

static double
cdf_at(double x, double unused)
{
	(void) unused;
	return cl_normal_cdf(x);
}

/* sigma times the integral of the normal cdf from (mu - L) / sigma to mu / sigma, which is a difference of losses. */
static double
normal_draw(const ClDemandModel *model, double limit)
{
	double		high = model->mu / model->sigma;
	double		low = (model->mu - limit) / model->sigma;

	if (limit == INFINITY)
		return model->sigma * cl_normal_loss(high);
	if (limit < SMALL_STEP * model->sigma)
		return model->sigma * integral(cdf_at, 0, low, high);
	if (low > 0)
		return limit - model->sigma * (cl_normal_loss(-low) - cl_normal_loss(-high));
	return model->sigma * (cl_normal_loss(high) - cl_normal_loss(low));
}

static double
gamma_draw(const ClDemandModel *model, double limit)
{
	double		shape = gamma_shape(model);
	double		z = limit / gamma_scale(model);

	if (limit == INFINITY)
		return model->mu;
	return model->mu * cl_gamma_lower(z, shape + 1) + limit * cl_gamma_upper(z, shape);
}

/* Of P(shape + 1) and P(shape) the upper tails differ by the density; what is left of their difference cancels far out only. */
static double
gamma_unmet(const ClDemandModel *model, double limit)
{
	double		shape = gamma_shape(model);
	double		z = limit / gamma_scale(model);

	if (limit == INFINITY)
		return 0;
	return fmax(0, model->mu * cl_gamma_upper(z, shape + 1) - limit * cl_gamma_upper(z, shape));
}

/*
 * Without the ceiling. The model is known.
 */

static double
draw_of(const ClDemandModel *model, double limit)
{
	double		share = 1 - model->p_zero;

	if (model->distribution == CL_DEMAND_QUANTILES)
		return fmin(limit, cl_quantiles_draw(model, limit));
	if (model->sigma == 0)
		return share * fmin(limit, only_amount(model));
	/* Never more than the limit, whatever rounding says. */
	return share * fmin(limit, model->distribution == CL_DEMAND_LOGNORMAL ? lognormal_draw(model, limit) :
						model->distribution == CL_DEMAND_NORMAL ? normal_draw(model, limit) : gamma_draw(model, limit));
}

static double
unmet_of(const ClDemandModel *model, double limit)
{
	double		share = 1 - model->p_zero;

	if (limit == INFINITY)
		return 0;
	if (model->distribution == CL_DEMAND_QUANTILES)
		return cl_quantiles_unmet(model, limit);
	if (model->sigma == 0)
		return share * fmax(0, only_amount(model) - limit);
	return share * (model->distribution == CL_DEMAND_LOGNORMAL ? lognormal_unmet(model, limit) :
					model->distribution == CL_DEMAND_NORMAL ? model->sigma * cl_normal_loss((model->mu - limit) / model->sigma) :
					gamma_unmet(model, limit));
}

static double
quantile_of(const ClDemandModel *model, double p)
{
	double		share = (p - model->p_zero) / (1 - model->p_zero);

	if (model->distribution == CL_DEMAND_QUANTILES)
		return cl_quantiles_at(model, p);
	if (model->sigma == 0)
		return only_amount(model);
	if (model->distribution == CL_DEMAND_GAMMA)
		return gamma_scale(model) * cl_chi2_quantile(share, 2 * gamma_shape(model)) / 2;
	share = model->mu + model->sigma * cl_normal_quantile(share);
	return model->distribution == CL_DEMAND_LOGNORMAL ? exp(share) : fmax(0, share);
}

static double
exceeds_of(const ClDemandModel *model, double limit)
{
	double		x = model->distribution == CL_DEMAND_LOGNORMAL ? log(limit) : limit;

	if (model->distribution == CL_DEMAND_QUANTILES)
		return cl_quantiles_exceeds(model, limit);
	if (model->sigma == 0)
		return only_amount(model) > limit ? 1 - model->p_zero : 0;
	return (1 - model->p_zero) * (model->distribution == CL_DEMAND_GAMMA ?
								  cl_gamma_upper(limit / gamma_scale(model), gamma_shape(model)) :
								  cl_normal_cdf((model->mu - x) / model->sigma));
}

static double
density_of(const ClDemandModel *model, double limit)
{
	double		share = 1 - model->p_zero;
	double		log_upper;
	double		hazard;

	if (model->distribution == CL_DEMAND_QUANTILES)
		return cl_quantiles_density(model, limit);
	if (model->sigma == 0)
		return 0;
	if (model->distribution == CL_DEMAND_LOGNORMAL)
		return share * cl_normal_density((log(limit) - model->mu) / model->sigma) / (model->sigma * limit);
	if (model->distribution == CL_DEMAND_NORMAL)
		return share * cl_normal_density((limit - model->mu) / model->sigma) / model->sigma;
	log_upper = cl_gamma_log_upper(limit / gamma_scale(model), gamma_shape(model), &hazard);
	return share * exp(log_upper) * hazard / gamma_scale(model);
}

/*
 * With it
 */

double
cl_demand_mean(const ClDemandModel *model)
{
	if (model->p_zero == 1)
		return 0;
	return is_known(model) ? draw_of(model, model->ceiling) : NAN;
}

/* The least amount that demand does not exceed with probability p. */
double
cl_demand_quantile(const ClDemandModel *model, double p)
{
	if (p <= model->p_zero)
		return 0;
	return is_known(model) ? fmin(model->ceiling, quantile_of(model, p)) : NAN;
}

double
cl_demand_exceeds(const ClDemandModel *model, double limit)
{
	if (model->p_zero == 1 || (limit == INFINITY && !isnan(model->p_zero)))
		return 0;
	if (!is_known(model))
		return NAN;
	return limit >= model->ceiling ? 0 : exceeds_of(model, limit);
}

double
cl_demand_density(const ClDemandModel *model, double limit)
{
	if (model->p_zero == 1 || limit >= model->ceiling)
		return 0;
	if (!is_known(model))
		return NAN;
	return limit > 0 || model->distribution == CL_DEMAND_QUANTILES ? density_of(model, limit) : 0;
}

double
cl_demand_expected_draw(const ClDemandModel *model, double limit)
{
	if (model->p_zero == 1 || limit == 0)
		return 0;
	return is_known(model) ? draw_of(model, fmin(limit, model->ceiling)) : NAN;
}

/* A difference of two large parts of a long tail says nothing: where they are larger than the draws, take these. */
double
cl_demand_expected_unmet(const ClDemandModel *model, double limit)
{
	double		unmet;
	double		mean;

	if (model->p_zero == 1)
		return 0;
	if (!is_known(model))
		return NAN;
	if (limit >= model->ceiling)
		return 0;
	unmet = unmet_of(model, limit);
	if (model->ceiling == INFINITY)
		return unmet;
	mean = draw_of(model, model->ceiling);
	return fmax(0, unmet < mean ? unmet - unmet_of(model, model->ceiling) : mean - draw_of(model, limit));
}

double
cl_demand_p_zero(const ClDemandModel *model)
{
	return model->distribution == CL_DEMAND_QUANTILES ? 1 - cl_quantiles_exceeds(model, 0) : model->p_zero;
}

/*
 * What a model obeys, wherever it came from
 */

static const char *
points_disorder(const ClDemandModel *model)
{
	if (model->n_points < CL_DEMAND_FEWEST_POINTS || model->n_points > CL_DEMAND_MOST_POINTS)
		return "number of points is not between 2 and 1000";
	for (int i = 0; i < model->n_points; i++)
	{
		if (!(model->probability[i] >= 0 && model->probability[i] <= 1))
			return "probabilities are not between 0 and 1";
		if (!(model->quantile[i] >= 0 && model->quantile[i] <= CL_DEMAND_LARGEST_QUANTILE))
			return "quantiles are not amounts from 0 to 1e300";
		if (i > 0 && model->probability[i] <= model->probability[i - 1])
			return "probabilities do not rise from point to point";
		if (i > 0 && model->quantile[i] < model->quantile[i - 1])
			return "quantiles fall from one point to the next";
	}
	return NULL;
}

const char *
cl_demand_model_disorder(const ClDemandModel *model)
{
	if (!(model->ceiling >= 0))
		return "ceiling is below 0";
	if (model->distribution == CL_DEMAND_QUANTILES)
		return points_disorder(model);
	if (!isfinite(model->mu) || fabs(model->mu) > 1e100)
		return "mu is not a finite number";
	if (!(model->sigma >= 0 && model->sigma <= 1e100))
		return "sigma is not a finite number from 0 on";
	if (!(model->p_zero >= 0 && model->p_zero <= 1))
		return "p_zero is not between 0 and 1";
	if (model->distribution != CL_DEMAND_GAMMA)
		return NULL;
	if (!(model->mu >= 1e-100))
		return "mean mu of a gamma demand is not above 0";
	if (model->sigma > 0 && !(model->sigma >= 1e-4 * model->mu && model->sigma <= 100 * model->mu))
		return "deviation sigma of a gamma demand is not 0, or between mu / 10000 and 100 mu";
	return NULL;
}
