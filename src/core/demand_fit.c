/*
 * demand_fit.c
 *	  Maximum likelihood of censored demand.
 *
 * In gamma = mu / sigma and theta = 1 / sigma the log-likelihood
 *
 *		sum over balances	log theta - (theta x - gamma)^2 / 2
 *		+ sum at the limit	log P(Z > theta c - gamma)
 *		+ sum without draw	log P(Z < -gamma)				normal only: x is 0 there
 *
 * is concave everywhere (Olsen 1978, Econometrica 46, 1211), so Newton's method with a line search finds the one maximum from
 * any start. There is one as soon as two balances differ, or a limit that was reached lies above equal ones.
 *
 * The p_zero of the lognormal and of gamma is a factor of its own: its estimate is the share of months without a draw.
 */
#include "core/demand.h"

#include <float.h>
#include <math.h>

#include "core/distribution.h"

#define HALF_LOG_2PI 0.91893853320467274178
#define MOST_ITERATIONS 100
#define MOST_HALVINGS 60

/* Balances that differ less are equal: in the logarithm, or of a normal mean. */
#define NO_SPREAD 1e-6

/* Newton's decrement per month of what is the maximum to double precision, after the step that it belongs to. */
#define LAST_DECREMENT 1e-15

/* What is maximised, on a scale on which all points have about mean 0 and deviation 1. */
typedef struct Problem
{
	const ClDemand *demand;
	double		point_unit;
	double		centre;
	double		scale;
	double		n;				/* balances below the limit, their mean and squares about it */
	double		mean;
	double		squares;
	double		n_left;			/* months at or below "left" */
	double		left;
} Problem;

/* Value, gradient and negative second derivatives at (gamma, theta). */
typedef struct Likelihood
{
	double		value;
	double		d_gamma;
	double		d_theta;
	double		gg;
	double		gt;
	double		tt;
} Likelihood;

/* w log Phi(t), where t changes by a with gamma and by b with theta. */
static inline void
add_tail(Likelihood *at, double w, double t, double a, double b)
{
	double		hazard;
	double		curvature;

	if (t > -5)
	{
		double		cdf = cl_normal_cdf(t);

		at->value += w * log(cdf);
		hazard = cl_normal_density(t) / cdf;
	}
	else
	{
		at->value += w * cl_normal_log_cdf(t);
		hazard = 1 / cl_normal_mills(-t);
	}
	/* Far below it is 1 less terms that cancel. */
	curvature = t > -1e4 ? hazard * (hazard + t) : 1;
	at->d_gamma += w * hazard * a;
	at->d_theta += w * hazard * b;
	at->gg += w * curvature * a * a;
	at->gt += w * curvature * a * b;
	at->tt += w * curvature * b * b;
}

static double
scaled_cell(const Problem *problem, const ClDemandCell *cell)
{
	return (cl_demand_cell_point(problem->demand, cell) * problem->point_unit - problem->centre) / problem->scale;
}

static Likelihood
likelihood(const Problem *problem, double gamma, double theta)
{
	const ClDemand *demand = problem->demand;
	double		miss = theta * problem->mean - gamma;
	Likelihood	at;

	at.value = problem->n * (log(theta) - 0.5 * miss * miss) - 0.5 * theta * theta * problem->squares;
	at.d_gamma = problem->n * miss;
	at.d_theta = problem->n * (1 / theta - miss * problem->mean) - theta * problem->squares;
	at.gg = problem->n;
	at.gt = -problem->n * problem->mean;
	at.tt = problem->n * (1 / (theta * theta) + problem->mean * problem->mean) + problem->squares;
	for (int i = 0; i < demand->n_cells; i++)
	{
		double		c = scaled_cell(problem, &demand->cells[i]);

		add_tail(&at, (double) demand->cells[i].n, gamma - theta * c, 1, -c);
	}
	if (problem->n_left > 0)
		add_tail(&at, problem->n_left, theta * problem->left - gamma, -1, problem->left);
	return at;
}

/* Mean and deviation of all points as if none were censored: where the search starts. */
static void
set_scale(Problem *problem)
{
	const ClDemand *demand = problem->demand;
	double		weight = problem->n + problem->n_left;
	double		sum = problem->n * problem->mean + problem->n_left * problem->left;
	double		squares = problem->squares + problem->n_left * problem->left * problem->left;
	double		middle = problem->mean;

	/* About the mean of the balances, so that little cancels. */
	sum -= weight * middle;
	squares += problem->n_left * middle * (middle - 2 * problem->left);
	for (int i = 0; i < demand->n_cells; i++)
	{
		double		w = (double) demand->cells[i].n;
		double		c = cl_demand_cell_point(demand, &demand->cells[i]) * problem->point_unit - middle;

		weight += w;
		sum += w * c;
		squares += w * c * c;
	}
	problem->centre = middle + sum / weight;
	problem->scale = sqrt(fmax(0, squares / weight - sum / weight * (sum / weight)));
	if (!(problem->scale > 0))
		problem->scale = 1;
	problem->mean = (problem->mean - problem->centre) / problem->scale;
	problem->squares /= problem->scale * problem->scale;
	problem->left = (problem->left - problem->centre) / problem->scale;
}

/*
 * Newton's step is cut so that theta keeps a tenth of its value, and halved until the likelihood grows by a share of what the
 * gradient promises. True at the maximum.
 */
static bool
maximise(const Problem *problem, double *gamma, double *theta, Likelihood *at, int *iterations)
{
	double		months = problem->n + problem->n_left + (double) problem->demand->n_censored;

	*gamma = 0;
	*theta = 1;
	*at = likelihood(problem, *gamma, *theta);
	for (*iterations = 0; *iterations < MOST_ITERATIONS;)
	{
		double		determinant = at->gg * at->tt - at->gt * at->gt;
		double		step_gamma = (at->tt * at->d_gamma - at->gt * at->d_theta) / determinant;
		double		step_theta = (at->gg * at->d_theta - at->gt * at->d_gamma) / determinant;
		double		decrement = step_gamma * at->d_gamma + step_theta * at->d_theta;
		double		share = step_theta < -0.9 * *theta ? -0.9 * *theta / step_theta : 1;
		Likelihood	next;

		if (!(determinant > 0) || !isfinite(decrement))
			return false;
		++*iterations;
		if (decrement <= LAST_DECREMENT * months)
		{
			*gamma += step_gamma;
			*theta += step_theta;
			*at = likelihood(problem, *gamma, *theta);
			return true;
		}
		for (int halvings = 0;; halvings++)
		{
			next = likelihood(problem, *gamma + share * step_gamma, *theta + share * step_theta);
			if (next.value >= at->value + 1e-4 * share * decrement)
				break;
			if (halvings == MOST_HALVINGS)
				return false;
			share /= 2;
		}
		*gamma += share * step_gamma;
		*theta += share * step_theta;
		*at = next;
		problem->demand->memory.check_for_interrupts();
	}
	return false;
}

/* Errors of mu and sigma from those of gamma and theta by their derivatives; the gradient is 0 at the maximum. */
static void
set_errors(ClDemandFit *fit, const Problem *problem, double gamma, double theta, const Likelihood *at)
{
	double		determinant = at->gg * at->tt - at->gt * at->gt;
	double		vgg = at->tt / determinant;
	double		vgt = -at->gt / determinant;
	double		vtt = at->gg / determinant;
	double		ratio = gamma / theta;

	fit->se_mu = problem->scale / theta * sqrt(fmax(0, vgg - 2 * ratio * vgt + ratio * ratio * vtt));
	fit->se_sigma = problem->scale / (theta * theta) * sqrt(vtt);
}

/* x log y, where 0 log 0 is 0. */
static double
x_log_y(double x, double y)
{
	return x > 0 ? x * log(y) : 0;
}

/* What the likelihood of the points lacks to that of the balances: their scale, and the months without a draw. */
static double
other_loglik(const Problem *problem, double p_zero)
{
	const ClDemand *demand = problem->demand;
	double		zero = (double) demand->n_zero;
	double		positive = (double) (demand->n - demand->n_zero);
	double		loglik = -problem->n * (HALF_LOG_2PI + log(problem->scale));

	if (demand->options.distribution == CL_DEMAND_LOGNORMAL)
		loglik += x_log_y(zero, p_zero) + x_log_y(positive, 1 - p_zero) -
			(double) demand->sum * problem->point_unit;
	return loglik;
}

static void
fit_search(ClDemandFit *fit, Problem *problem)
{
	double		gamma;
	double		theta;
	Likelihood	at;

	set_scale(problem);
	if (!maximise(problem, &gamma, &theta, &at, &fit->iterations))
	{
		fit->status = CL_DEMAND_NOT_CONVERGED;
		return;
	}
	fit->mu = problem->centre + problem->scale * gamma / theta;
	fit->sigma = problem->scale / theta;
	set_errors(fit, problem, gamma, theta, &at);
	fit->loglik = at.value + other_loglik(problem, fit->p_zero);
}

/* Whether something holds equal balances apart from a spread of 0: a limit above them, or no draw below them. */
static bool
spread_is_needed(const Problem *problem, double least)
{
	const ClDemand *demand = problem->demand;

	for (int i = 0; i < demand->n_cells; i++)
	{
		if (cl_demand_cell_point(demand, &demand->cells[i]) * problem->point_unit > problem->mean + least)
			return true;
	}
	return problem->n_left > 0;
}

static void
fit_points(ClDemandFit *fit, Problem *problem)
{
	double		least = NO_SPREAD;

	if (problem->demand->options.distribution == CL_DEMAND_NORMAL)
		least *= fabs(problem->mean);
	if (problem->squares <= least * least * problem->n && !spread_is_needed(problem, least))
	{
		fit->status = CL_DEMAND_NO_SPREAD;
		fit->mu = problem->mean;
		fit->sigma = 0;
	}
	else
		fit_search(fit, problem);
}

/* Months that say how much, not only that it was at least so much or nothing. */
static int64_t
uncensored(const ClDemand *demand)
{
	return demand->n - demand->n_zero - demand->n_censored;
}

static void
open_problem(Problem *problem, ClDemand *demand)
{
	double		mean;
	double		spread = cl_demand_spread(demand, &mean);

	/* Rows may have come in any order, but are added up in one. */
	cl_demand_sort_cells(demand);
	problem->demand = demand;
	problem->point_unit = cl_demand_unit(demand);
	problem->n = (double) uncensored(demand);
	problem->mean = mean * problem->point_unit;
	problem->squares = fmax(0, spread) * problem->point_unit * problem->point_unit;
	problem->n_left = demand->options.distribution == CL_DEMAND_NORMAL ?
		(double) demand->n_zero : 0;
	problem->left = 0;
}

static ClDemandFit
unknown_fit(void)
{
	return (ClDemandFit)
	{
		.status = CL_DEMAND_CONVERGED,
		.mu = NAN, .sigma = NAN, .p_zero = NAN, .se_mu = NAN, .se_sigma = NAN, .se_p_zero = NAN, .loglik = NAN
	};
}

static void
fit_zeros(ClDemandFit *fit, const ClDemand *demand)
{
	if (demand->n == 0)
		return;
	if (demand->options.distribution == CL_DEMAND_NORMAL && demand->n_zero < demand->n)
	{
		fit->p_zero = 0;
		return;
	}
	fit->p_zero = (double) demand->n_zero / (double) demand->n;
	if (demand->options.distribution != CL_DEMAND_NORMAL)
		fit->se_p_zero = sqrt(fit->p_zero * (1 - fit->p_zero) / (double) demand->n);
}

static double
highest_seen(const ClDemand *demand)
{
	return fmax(demand->highest_balance, demand->highest_granted);
}

/* Whether an estimate says more than was ever seen: what a tenth of the months would draw. */
static bool
hangs_on_tail(const ClDemand *demand, const ClDemandFit *fit)
{
	ClDemandModel model = {demand->options.distribution, fit->mu, fit->sigma, fit->p_zero, INFINITY, 0, NULL, NULL};

	return cl_demand_quantile(&model, 0.9) > highest_seen(demand);
}

static ClDemandFit
estimate(ClDemand *demand)
{
	ClDemandFit fit = unknown_fit();
	Problem		problem;

	fit_zeros(&fit, demand);
	if (demand->n == 0)
		fit.status = CL_DEMAND_NO_OBSERVATIONS;
	else if (demand->n_zero == demand->n)
		fit.status = CL_DEMAND_NEVER_USED;
	else if (uncensored(demand) == 0)
		fit.status = CL_DEMAND_ALL_CENSORED;
	else if (uncensored(demand) == 1)
		fit.status = CL_DEMAND_ONE_OBSERVATION;
	else
	{
		if (demand->options.distribution == CL_DEMAND_GAMMA)
			cl_demand_fit_gamma(&fit, demand);
		else
		{
			open_problem(&problem, demand);
			fit_points(&fit, &problem);
		}
		if (fit.status == CL_DEMAND_CONVERGED && uncensored(demand) == 2)
			fit.status = CL_DEMAND_FEW_OBSERVATIONS;
		else if (fit.status == CL_DEMAND_CONVERGED && hangs_on_tail(demand, &fit))
			fit.status = CL_DEMAND_TAIL;
	}
	return fit;
}

/* The kept months of a dated demand as sums; the caller clears them. */
static ClDemand
undated(const ClDemand *dated)
{
	ClDemandMonth months[CL_DEMAND_MONTHS];
	int			n = cl_demand_months(dated, months);
	ClDemand	sums;

	cl_demand_init(&sums, &dated->memory, &dated->options);
	for (int i = 0; i < n; i++)
		(void) cl_demand_add(&sums, months[i].balance, months[i].limit);
	sums.highest_balance = dated->highest_balance;
	sums.highest_granted = dated->highest_granted;
	return sums;
}

static ClDemandFit
fit_dated(ClDemand *demand)
{
	ClDemand	sums = undated(demand);
	ClDemandFit fit = estimate(&sums);

	demand->n = sums.n;
	demand->n_zero = sums.n_zero;
	demand->n_censored = sums.n_censored;
	demand->n_skipped = sums.n_skipped;
	demand->highest_limit = sums.highest_limit;
	cl_demand_clear(&sums);
	return fit;
}

static ClDemandFit
fit_of_model(const ClDemand *demand)
{
	const ClDemandModel *model = demand->model;
	const ClDemandPosterior *posterior = demand->posterior;
	ClDemandFit fit = unknown_fit();

	if (posterior != NULL)
		return (ClDemandFit)
	{
		posterior->status, 0, posterior->mu, posterior->sigma, posterior->p_zero, posterior->se_mu, posterior->se_sigma,
			posterior->se_p_zero, NAN
	};
	fit.status = CL_DEMAND_GIVEN;
	fit.mu = model->mu;
	fit.sigma = model->sigma;
	fit.p_zero = cl_demand_p_zero(model);
	return fit;
}

const ClDemandFit *
cl_demand_fit(ClDemand *demand)
{
	if (demand->fit == NULL)
	{
		ClDemandFit fit = demand->model != NULL ? fit_of_model(demand) :
			cl_demand_dated(demand) ? fit_dated(demand) : estimate(demand);

		demand->fit = cl_allocate(&demand->memory, sizeof(ClDemandFit));
		*demand->fit = fit;
	}
	return demand->fit;
}

double
cl_demand_ceiling(const ClDemand *demand)
{
	double		seen = highest_seen(demand);

	if (demand->model != NULL)
		return demand->model->ceiling;
	if (demand->options.ceiling < INFINITY || seen == 0)
		return demand->options.ceiling;
	return fmin(demand->options.ceiling_factor * seen, DBL_MAX);
}

ClDemandModel
cl_demand_model(ClDemand *demand)
{
	const ClDemandFit *fit;

	if (demand->model != NULL)
		return *demand->model;
	fit = cl_demand_fit(demand);
	return (ClDemandModel)
	{
		demand->options.distribution, fit->mu, fit->sigma, fit->p_zero, cl_demand_ceiling(demand), 0, NULL, NULL
	};
}
