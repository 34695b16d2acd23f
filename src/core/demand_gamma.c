/*
 * demand_gamma.c
 *	  Maximum likelihood of censored gamma demand, in a = log(shape) and m = log(mean).
 *
 * With k the shape, r the mean of the balances over that of the distribution, and s the logarithm of their mean less the mean of
 * their logarithms, the log-likelihood is, but for what depends on the balances only,
 *
 *		n (log(k) / 2 - rest(k) - k (r - 1 - log(r) + s)) + sum at the limit log Q(k, k c / mean)
 *
 * where rest is what Stirling's formula lacks to log Gamma(k), so that nothing cancels at a large shape. The logarithm of a gamma
 * variable has a log-concave density, and so has its tail (Prekopa 1973): for any shape there is one maximum in m, and Newton's
 * method finds it. What is left is one dimension, searched by Brent's method (Brent 1973, Algorithms for Minimization without
 * Derivatives, chapter 5) among shapes from 0.01 to 10^8: below, the tail is as heavy as any; above, all amounts are the same.
 */
#include "core/demand.h"

#include <math.h>

#include "core/distribution.h"

#define HALF_LOG_2PI 0.91893853320467274178
#define LEAST_A (-4.605170185988091)	/* log(0.01) */
#define MOST_A 18.420680743952367	/* log(1e8) */
#define LEAST_S 1e-12			/* rounding of the logarithms */
#define MOST_ITERATIONS 100
#define MOST_HALVINGS 60
#define GOLDEN 0.38196601125010515

typedef struct Problem
{
	const ClDemand *demand;
	double		n;				/* balances below the limit; their mean */
	double		mean;
	double		s;
	double		m;				/* where the maximum was last */
	int			iterations;
} Problem;

/* Value, and slope and curvature in m. */
typedef struct Point
{
	double		value;
	double		slope;
	double		curvature;
} Point;

static Point
likelihood(const Problem *problem, double a, double m)
{
	const ClDemand *demand = problem->demand;
	double		k = exp(a);
	double		mean = exp(m);
	double		over = (problem->mean - mean) / mean;
	Point		at;

	at.value = problem->n * (a / 2 - cl_stirling_rest(k) - k * (over - log1p(over) + problem->s));
	at.slope = problem->n * k * over;
	at.curvature = problem->n * k * (1 + over);
	for (int i = 0; i < demand->n_cells; i++)
	{
		double		w = (double) demand->cells[i].n;
		double		z = k * (cl_demand_cell_point(demand, &demand->cells[i]) * cl_demand_unit(demand) / mean);
		double		hazard;

		if (!(z > 0))
			continue;
		at.value += w * cl_gamma_log_upper(z, k, &hazard);
		hazard *= z;
		at.slope += w * hazard;
		at.curvature += w * hazard * (k - z + hazard);
	}
	return at;
}

/* The most that any mean gives, and that mean in problem->m. */
static Point
best_mean(Problem *problem, double a)
{
	Point		at = likelihood(problem, a, problem->m);

	for (int i = 0; i < MOST_ITERATIONS && isfinite(at.value); i++)
	{
		double		step = fmax(-3, fmin(3, at.slope / at.curvature));
		Point		next;

		problem->iterations++;
		if (!(at.curvature > 0) || !(fabs(step) > 1e-13))
			break;
		next = likelihood(problem, a, problem->m + step);
		for (int halvings = 0; !(next.value >= at.value) && halvings < MOST_HALVINGS; halvings++)
		{
			step /= 2;
			next = likelihood(problem, a, problem->m + step);
		}
		if (!(next.value >= at.value))
			break;
		problem->m += step;
		at = next;
		if (fabs(step) < 1e-9)
			break;
		problem->demand->memory.check_for_interrupts();
	}
	return at;
}

static double
minus_best(Problem *problem, double a)
{
	double		value = best_mean(problem, a).value;

	return isnan(value) ? INFINITY : -value;
}

/* Walks downhill from where the balances alone would be, in steps that grow, until it rises on both sides or there is an end. */
static void
bracket(Problem *problem, double *low, double *middle, double *high)
{
	double		s = problem->s;
	/* Minka 2002, Estimating a Gamma distribution. */
	double		a = fmax(LEAST_A + 0.1, fmin(MOST_A - 0.1, log((3 - s + sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s))));
	double		value = minus_best(problem, a);
	double		step = 0.5;
	double		next = minus_best(problem, fmax(LEAST_A, a - step));
	double		side = next < value ? -1 : 1;

	*low = *high = a - side * step;
	for (;;)
	{
		double		to = fmax(LEAST_A, fmin(MOST_A, a + side * step));
		double		there = minus_best(problem, to);

		if (!(there < value) || to == LEAST_A || to == MOST_A)
		{
			*middle = a;
			*low = fmin(*low, to);
			*high = fmax(*high, to);
			return;
		}
		*low = *high = a;
		a = to;
		value = there;
		step *= 2;
	}
}

static double
minimum(Problem *problem, double low, double x, double high)
{
	double		w = x;
	double		v = x;
	double		fx = minus_best(problem, x);
	double		fw = fx;
	double		fv = fx;
	double		d = 0;
	double		before = 0;

	for (int i = 0; i < MOST_ITERATIONS; i++)
	{
		double		middle = (low + high) / 2;
		double		least = 1e-9 * fabs(x) + 1e-10;
		double		r = (x - w) * (fx - fv);
		double		q = (x - v) * (fx - fw);
		double		p = (x - v) * q - (x - w) * r;
		double		u;
		double		fu;

		if (fabs(x - middle) <= 2 * least - (high - low) / 2)
			break;
		q = 2 * (q - r);
		p = q > 0 ? -p : p;
		q = fabs(q);
		/* A parabola through three points if it leads inside and shrinks the steps; else the golden section of the larger. */
		if (fabs(before) > least && fabs(p) < fabs(q * before / 2) && p > q * (low - x) && p < q * (high - x))
		{
			before = d;
			d = p / q;
		}
		else
		{
			before = (x < middle ? high : low) - x;
			d = GOLDEN * before;
		}
		u = x + (fabs(d) >= least ? d : d > 0 ? least : -least);
		fu = minus_best(problem, u);
		if (fu <= fx)
		{
			*(u < x ? &high : &low) = x;
			v = w;
			fv = fw;
			w = x;
			fw = fx;
			x = u;
			fx = fu;
			continue;
		}
		*(u < x ? &low : &high) = u;
		if (fu <= fw || w == x)
		{
			v = w;
			fv = fw;
			w = u;
			fw = fu;
		}
		else if (fu <= fv || v == x || v == w)
		{
			v = u;
			fv = fu;
		}
	}
	return x;
}

/* By the observed information in a and m, of which the derivatives with a are differences. */
static void
set_errors(ClDemandFit *fit, const Problem *problem, double a, const Point *at)
{
	double		h = 1e-3;
	Point		below = likelihood(problem, a - h, problem->m);
	Point		above = likelihood(problem, a + h, problem->m);
	double		aa = -(above.value - 2 * at->value + below.value) / (h * h);
	double		am = -(above.slope - below.slope) / (2 * h);
	double		determinant = aa * at->curvature - am * am;

	if (!(determinant > 0))
		return;
	fit->se_mu = fit->mu * sqrt(aa / determinant);
	/* log(sigma) is m - a / 2. */
	fit->se_sigma = fit->sigma * sqrt(fmax(0, aa + am + at->curvature / 4) / determinant);
}

static bool
spread_is_needed(const ClDemand *demand, double mean)
{
	for (int i = 0; i < demand->n_cells; i++)
	{
		if (cl_demand_cell_point(demand, &demand->cells[i]) * cl_demand_unit(demand) > mean)
			return true;
	}
	return false;
}

static double
x_log_y(double x, double y)
{
	return x > 0 ? x * log(y) : 0;
}

void
cl_demand_fit_gamma(ClDemandFit *fit, ClDemand *demand)
{
	Problem		problem = {.demand = demand, .n = (double) (demand->n - demand->n_zero - demand->n_censored)};
	double		log_sum = (double) demand->log_sum * 1e-12;
	double		low;
	double		a;
	double		high;
	Point		at;

	cl_demand_sort_cells(demand);
	problem.mean = (double) demand->sum * cl_demand_unit(demand) / problem.n;
	/* Amounts that are nothing at six decimals have logarithms, but no sum. */
	problem.mean = fmax(problem.mean, exp(log_sum / problem.n));
	problem.s = log(problem.mean) - log_sum / problem.n;
	problem.m = log(problem.mean);
	if (problem.s <= 2 * LEAST_S && !spread_is_needed(demand, problem.mean))
	{
		fit->status = CL_DEMAND_NO_SPREAD;
		fit->mu = problem.mean;
		fit->sigma = 0;
		return;
	}
	problem.s = fmax(problem.s, LEAST_S);
	bracket(&problem, &low, &a, &high);
	a = minimum(&problem, low, a, high);
	at = best_mean(&problem, a);
	fit->iterations = problem.iterations;
	if (!isfinite(at.value) || !isfinite(problem.m))
	{
		fit->status = CL_DEMAND_NOT_CONVERGED;
		return;
	}
	fit->mu = exp(problem.m);
	fit->sigma = exp(problem.m - a / 2);
	set_errors(fit, &problem, a, &at);
	fit->loglik = at.value - problem.n * HALF_LOG_2PI - log_sum + x_log_y((double) demand->n_zero, fit->p_zero) +
		x_log_y((double) (demand->n - demand->n_zero), 1 - fit->p_zero);
}
