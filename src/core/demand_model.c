/*
 * demand_model.c
 *	  What follows from a distribution of demand: quantiles, and what is drawn of a limit.
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
	return model->sigma >= 0 && isfinite(model->mu);
}

/* The one amount of a demand without spread. */
static double
only_amount(const ClDemandModel *model)
{
	return model->distribution == CL_DEMAND_LOGNORMAL ? exp(model->mu) : fmax(0, model->mu);
}

double
cl_demand_mean(const ClDemandModel *model)
{
	if (model->p_zero == 1)
		return 0;
	if (!is_known(model))
		return NAN;
	if (model->sigma == 0)
		return (1 - model->p_zero) * only_amount(model);
	if (model->distribution == CL_DEMAND_LOGNORMAL)
		return (1 - model->p_zero) * exp(model->mu + model->sigma * model->sigma / 2);
	return (1 - model->p_zero) * model->sigma * cl_normal_loss(model->mu / model->sigma);
}

/* The least amount that demand does not exceed with probability p. */
double
cl_demand_quantile(const ClDemandModel *model, double p)
{
	double		x;

	if (p <= model->p_zero)
		return 0;
	if (!is_known(model))
		return NAN;
	if (model->sigma == 0)
		return only_amount(model);
	x = model->mu + model->sigma * cl_normal_quantile((p - model->p_zero) / (1 - model->p_zero));
	return model->distribution == CL_DEMAND_LOGNORMAL ? exp(x) : fmax(0, x);
}

double
cl_demand_exceeds(const ClDemandModel *model, double limit)
{
	double		x = model->distribution == CL_DEMAND_LOGNORMAL ? log(limit) : limit;

	if (model->p_zero == 1)
		return 0;
	if (limit == INFINITY && !isnan(model->p_zero))
		return 0;
	if (!is_known(model))
		return NAN;
	if (model->sigma == 0)
		return only_amount(model) > limit ? 1 - model->p_zero : 0;
	return (1 - model->p_zero) * cl_normal_cdf((model->mu - x) / model->sigma);
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

double
cl_demand_expected_draw(const ClDemandModel *model, double limit)
{
	double		share = 1 - model->p_zero;

	if (model->p_zero == 1 || limit == 0)
		return 0;
	if (!is_known(model))
		return NAN;
	if (model->sigma == 0)
		return share * fmin(limit, only_amount(model));
	/* Never more than the limit, whatever rounding says. */
	return share * fmin(limit, model->distribution == CL_DEMAND_LOGNORMAL ?
						lognormal_draw(model, limit) : normal_draw(model, limit));
}

double
cl_demand_expected_unmet(const ClDemandModel *model, double limit)
{
	double		share = 1 - model->p_zero;

	if (model->p_zero == 1)
		return 0;
	if (!is_known(model))
		return NAN;
	if (model->sigma == 0)
		return share * fmax(0, only_amount(model) - limit);
	return share * (model->distribution == CL_DEMAND_LOGNORMAL ? lognormal_unmet(model, limit) :
					limit == INFINITY ? 0 : model->sigma * cl_normal_loss((model->mu - limit) / model->sigma));
}
