/*
 * pd_test.c
 *	  Tests of a PD against what happened.
 */
#include "core/pd_test.h"

#include <math.h>
#include <stdbool.h>

#include "core/distribution.h"

double
cl_pd_normal_z(double n, double events, double pd)
{
	return (events - n * pd) / sqrt(n * pd * (1 - pd));
}

void
cl_jeffreys_interval(double n, double events, double confidence, double *low, double *high)
{
	double		tail = 0.5 - confidence / 2;
	double		a = events + 0.5;
	double		b = n - events + 0.5;

	*low = events == 0 ? 0 : cl_beta_quantile(tail, a, b);
	*high = events == n ? 1 : 1 - cl_beta_quantile(tail, b, a);
}

/*
 * Correlated defaults
 *
 * X >= k given the default rate p has the probability that a variable B of distribution Beta(k, n - k + 1) stays below p, so
 * P[X >= k] = P[B <= p(Y)], which is one integral over Y or over B:
 *
 *		over Y		P[B <= p(y)] times the normal density at y
 *		over B		P[p(Y) >= b] times the beta density at b
 *
 * In each the first factor is a step that is blurred by the variable that was integrated out. Many borrowers make B narrow,
 * a small correlation makes p(Y) narrow; the wider of the two is integrated out, so the step is never steeper than the density
 * is wide. Both integrands are (nearly) logarithmically concave: one hump, on which the trapezoid rule converges
 * exponentially (Trefethen and Weideman 2014, SIAM Review 56, 385).
 */
typedef struct Mixture
{
	double		n;
	double		events;
	double		threshold;		/* Phi^-1(pd) */
	double		load;			/* sqrt(correlation) */
	double		idiosyncratic;	/* sqrt(1 - correlation) */
	bool		over_beta;		/* what is integrated over; else the economy */
} Mixture;

#define DEPTH 42				/* the hump goes down to e^-42 of its height */
#define POINTS 400

/* Logarithm of the integrand at a state of the economy, or at log odds of B. To the right it falls, to -Infinity at last. */
static double
log_integrand(const Mixture *mixture, double at)
{
	double		quantile;

	if (!mixture->over_beta)
	{
		double		p = cl_normal_cdf((mixture->threshold - mixture->load * at) / mixture->idiosyncratic);

		/* The constant of the density is left to the end. */
		return log(cl_binomial_upper(mixture->events, mixture->n, p)) - at * at / 2;
	}
	quantile = cl_normal_quantile(1 / (1 + exp(fabs(at))));
	if (at > 0)
		quantile = -quantile;
	return log(cl_normal_cdf((mixture->threshold - mixture->idiosyncratic * quantile) / mixture->load)) +
		cl_beta_log_odds_density(at, mixture->events, mixture->n - mixture->events + 1);
}

/* Where the hump is highest, by golden sections. */
static double
find_top(const Mixture *mixture, double left, double right)
{
	const double golden = 0.61803398874989485;

	for (int i = 0; i < 60; i++)
	{
		double		a = right - golden * (right - left);
		double		b = left + golden * (right - left);

		/* What is -Infinity at both is too far to the right. */
		if (log_integrand(mixture, a) >= log_integrand(mixture, b))
			right = b;
		else
			left = a;
	}
	return (left + right) / 2;
}

/* Where, on the way from the top to an end, the hump has gone down to a height. */
static double
find_foot(const Mixture *mixture, double top, double end, double height)
{
	for (int i = 0; i < 40; i++)
	{
		double		middle = (top + end) / 2;

		if (log_integrand(mixture, middle) > height)
			top = middle;
		else
			end = middle;
	}
	return end;
}

static double
integrate(const Mixture *mixture, double left, double right)
{
	double		top = find_top(mixture, left, right);
	double		height = log_integrand(mixture, top);
	double		sum = 0;
	double		step;

	if (!(height > -745))
		return 0;
	left = find_foot(mixture, top, left, height - DEPTH);
	right = find_foot(mixture, top, right, height - DEPTH);
	step = (right - left) / POINTS;
	for (int i = 0; i <= POINTS; i++)
		sum += exp(log_integrand(mixture, left + i * step) - height);
	return sum * step * exp(height);
}

double
cl_pd_correlated_upper(double n, double events, double pd, double correlation)
{
	Mixture		mixture = {.n = n, .events = events};
	double		mean = events / (n + 1);
	double		spread;

	if (events == 0 || pd == 0 || pd == 1)
		return events == 0 || pd == 1;
	if (correlation == 0)
		return cl_binomial_upper(events, n, pd);
	if (correlation == 1)
		return pd;
	mixture.threshold = cl_normal_quantile(pd);
	mixture.load = sqrt(correlation);
	mixture.idiosyncratic = sqrt(1 - correlation);
	/* Standard deviations of Phi^-1(B), by its derivative, and of Phi^-1(p(Y)). */
	spread = sqrt(mean * (1 - mean) / (n + 2)) / exp(-0.5 * pow(cl_normal_quantile(mean), 2)) * 2.5066282746310005;
	mixture.over_beta = spread < mixture.load / mixture.idiosyncratic;
	if (mixture.over_beta)
		return fmin(1, integrate(&mixture, -700, 700));
	return fmin(1, integrate(&mixture, -39, 39) / 2.5066282746310005);
}
