/*
 * demand_climb.c
 *	  The likeliest levels and spreads: see demand_climb.h.
 *
 * In variances, since a sigma that all accounts share is a variance of 0, which steps in a logarithm approach for ever. The first
 * step goes by the accounts' slopes and their products (Fisher scoring), later ones by how slopes change. An account's slope is
 * what is believed of it less what the population says (Fisher's identity):
 *
 *		d/d mean = (belief - mean) / variance
 *		d/d variance = (belief variance + (belief - mean)^2 - variance) / (2 variance^2)
 *
 * of level and log sigma alike.
 */
#include "core/demand_climb.h"

#include <math.h>
#include <string.h>

#include "core/logistic_solve.h"

#define N CL_DEMAND_CLIMBS
#define LEAST_SD 0.02
#define MOST_MORE 10			/* times a unit of likelihood and the next promise: as far as a climb may still go */

enum
{
	LEVEL, LEVEL_VARIANCE, SPREAD, SPREAD_VARIANCE
};

static const double lower[N] = {-INFINITY, LEAST_SD * LEAST_SD, -6, LEAST_SD * LEAST_SD};
static const double upper[N] = {INFINITY, 100, 3, 9};

static void
get(const ClDemandPopulation *population, double *x)
{
	x[LEVEL] = population->level_mean;
	x[LEVEL_VARIANCE] = population->level_sd * population->level_sd;
	x[SPREAD] = population->spread_mean;
	x[SPREAD_VARIANCE] = population->spread_sd * population->spread_sd;
}

static void
set(ClDemandPopulation *population, double *x)
{
	for (int i = 0; i < N; i++)
		x[i] = fmin(upper[i], fmax(lower[i], x[i]));
	population->level_mean = x[LEVEL];
	population->level_sd = sqrt(x[LEVEL_VARIANCE]);
	population->spread_mean = x[SPREAD];
	population->spread_sd = sqrt(x[SPREAD_VARIANCE]);
}

/* The variance of an account far from all others is not the population's, but follows from how far it is (demand_series.c). */
static void
slope_of(const ClDemandPopulation *population, double level_sd, const ClDemandBelief *belief, double *slope)
{
	double		variance = level_sd * level_sd;
	double		off = belief->level - population->level_mean;
	double		of_variance = 0.5 * (belief->level_variance + off * off - variance) / (variance * variance);
	double		spread_variance = population->spread_sd * population->spread_sd;
	double		spread_off = belief->spread - population->spread_mean;

	slope[LEVEL] = off / variance;
	slope[LEVEL_VARIANCE] = of_variance;
	slope[SPREAD] = spread_off / spread_variance;
	slope[SPREAD_VARIANCE] = 0.5 * (belief->spread_variance + spread_off * spread_off - spread_variance) /
		(spread_variance * spread_variance);
	if (level_sd != population->level_sd)
	{
		double		scatter = exp(2 * (population->spread_mean + spread_variance));
		double		away = copysign(sqrt(variance + scatter), off);

		slope[LEVEL] -= of_variance * 2 * away / CL_DEMAND_FAR;
		slope[LEVEL_VARIANCE] = 0;
		slope[SPREAD] -= of_variance * 2 * scatter;
		slope[SPREAD_VARIANCE] -= of_variance * 2 * scatter;
	}
}

void
cl_demand_step_add(ClDemandStep *step, const ClDemandSeries *series, const ClDemandPopulation *population, ClDemandBelief *belief)
{
	ClDemandEvidence evidence;
	double		slope[N];
	int			k = 0;

	cl_demand_weigh(&evidence, series, population);
	if (evidence.n_points == 0)
		return;
	cl_demand_believe(belief, &evidence);
	slope_of(population, evidence.level_sd, belief, slope);
	step->n++;
	cl_exact_sum_add(&step->likelihood, belief->log_marginal);
	for (int i = 0; i < N; i++)
	{
		cl_exact_sum_add(&step->slope[i], slope[i]);
		for (int j = 0; j <= i; j++)
			cl_exact_sum_add(&step->information[k++], slope[i] * slope[j]);
	}
}

/* A step's sums as numbers, with what a usual ratio adds to them. */
typedef struct Sums
{
	double		likelihood;
	double		slope[N];
	double		information[N * N];
	double		level_error;	/* variances of the means, by the accounts' scores */
	double		spread_error;
	int64_t		n;
} Sums;

static double
total(const ClExactSum *sum)
{
	return cl_exact_sum_closed(sum).high;
}

/*
 * Histories of a few months cannot tell levels that differ from draws that scatter about them and fade slowly: the likelihood is
 * a ridge from one to the other. Nor can they tell whether accounts scatter alike. Panels that can tell have levels that lie
 * somewhat further apart than an account's draws do, and sigmas that differ. A few units of likelihood for that decide where
 * nothing else does, and weigh nothing elsewhere (Chung and others 2013, Psychometrika 78, 685).
 */
#define RATIO_WITHIN 0.3		/* log of level_sd / sigma about CL_DEMAND_USUAL_RATIO */
#define USUAL_SPREAD_SD 0.5
#define SPREAD_SD_WITHIN 1.0	/* its log */

/* off: by how much something is off what is usual, in its standard deviations; with its slopes. */
static void
add_usual(Sums *sums, double off, const double *slope)
{
	sums->likelihood -= 0.5 * off * off;
	for (int i = 0; i < N; i++)
	{
		sums->slope[i] -= off * slope[i];
		for (int j = 0; j < N; j++)
			sums->information[i * N + j] += slope[i] * slope[j];
	}
}

static void
add_what_is_usual(Sums *sums, const double *x)
{
	double		ratio = 0.5 * log(x[LEVEL_VARIANCE]) - x[SPREAD] - CL_DEMAND_USUAL_RATIO;
	double		spread = 0.5 * log(x[SPREAD_VARIANCE]) - log(USUAL_SPREAD_SD);

	add_usual(sums, ratio / RATIO_WITHIN,
			  (double[N]) {[LEVEL_VARIANCE] = 0.5 / x[LEVEL_VARIANCE] / RATIO_WITHIN, [SPREAD] = -1 / RATIO_WITHIN});
	add_usual(sums, spread / SPREAD_SD_WITHIN,
			  (double[N]) {[SPREAD_VARIANCE] = 0.5 / x[SPREAD_VARIANCE] / SPREAD_SD_WITHIN});
}

/* False where no account says anything. */
static bool
look(const ClDemandClimb *climb, const ClDemandPopulation *population, const double *x, Sums *sums)
{
	ClDemandStep step = {0};
	int			k = 0;

	climb->scan(climb->data, population, &step);
	sums->likelihood = total(&step.likelihood);
	for (int i = 0; i < N; i++)
	{
		sums->slope[i] = total(&step.slope[i]);
		for (int j = 0; j <= i; j++)
			sums->information[i * N + j] = sums->information[j * N + i] = total(&step.information[k++]);
	}
	add_what_is_usual(sums, x);
	/* Of one account at least. */
	sums->information[LEVEL * N + LEVEL] += 1 / x[LEVEL_VARIANCE];
	sums->information[LEVEL_VARIANCE * N + LEVEL_VARIANCE] += 0.5 / (x[LEVEL_VARIANCE] * x[LEVEL_VARIANCE]);
	sums->information[SPREAD * N + SPREAD] += 1 / x[SPREAD_VARIANCE];
	sums->information[SPREAD_VARIANCE * N + SPREAD_VARIANCE] += 0.5 / (x[SPREAD_VARIANCE] * x[SPREAD_VARIANCE]);
	sums->level_error = 1 / sums->information[LEVEL * N + LEVEL];
	sums->spread_error = 1 / sums->information[SPREAD * N + SPREAD];
	sums->n = step.n;
	return step.n > 0;
}

/* What the slopes at both ends of a step say of the curvature along it (BFGS: Fletcher 1970, Comput. J. 13, 317). */
static void
update_information(const Sums *from, Sums *to, const double *step)
{
	double		ahead[N] = {0};
	double		along = 0;
	double		curved = 0;

	for (int i = 0; i < N; i++)
	{
		for (int j = 0; j < N; j++)
			ahead[i] += from->information[i * N + j] * step[j];
		along += step[i] * ahead[i];
		curved += step[i] * (from->slope[i] - to->slope[i]);
	}
	memcpy(to->information, from->information, sizeof(to->information));
	if (curved < 1e-3 * along)
		return;
	for (int i = 0; i < N; i++)
	{
		for (int j = 0; j < N; j++)
			to->information[i * N + j] += (from->slope[i] - to->slope[i]) * (from->slope[j] - to->slope[j]) / curved -
				ahead[i] * ahead[j] / along;
	}
}

/* Where the quadratic of slope and information is highest within the bounds; what it promises there. */
static double
aim(const ClDemandClimb *climb, const Sums *sums, const double *x, double *to)
{
	double		pull[N];
	double		work[2 * N * N + 4 * N];
	double		gain = 0;

	for (int i = 0; i < N; i++)
	{
		to[i] = x[i];
		pull[i] = sums->slope[i];
		for (int j = 0; j < N; j++)
			pull[i] += sums->information[i * N + j] * x[j];
	}
	if (!cl_solve_boxed(climb->memory, N, sums->information, pull, lower, upper, to, work))
		return 0;
	for (int i = 0; i < N; i++)
		gain += 0.5 * sums->slope[i] * (to[i] - x[i]);
	return gain;
}

void
cl_demand_climb(ClDemandClimb *climb, ClDemandPopulation *population, int most_steps, double tolerance)
{
	double		x[N];
	double		to[N];
	double		part = 1;
	double		gain;
	Sums		sums;

	get(population, x);
	set(population, x);
	climb->converged = false;
	climb->likelihood = climb->level_error = climb->spread_error = 0;
	if (!look(climb, population, x, &sums))
		return;
	climb->steps++;
	for (int i = 0; i < N * N && climb->information[0] > 0; i++)
		sums.information[i] = climb->information[i] * sums.n;
	gain = aim(climb, &sums, x, to);
	for (int i = 0; i < most_steps && part * gain >= tolerance &&
		 sums.likelihood + MOST_MORE * (1 + gain) > climb->to_beat; i++)
	{
		ClDemandPopulation next = *population;
		double		at[N];
		double		step[N];
		Sums		there;

		for (int j = 0; j < N; j++)
			at[j] = x[j] + part * (to[j] - x[j]);
		set(&next, at);
		look(climb, &next, at, &there);
		climb->steps++;
		part /= 2;
		if (!(there.likelihood > sums.likelihood))
			continue;
		for (int j = 0; j < N; j++)
		{
			step[j] = at[j] - x[j];
			x[j] = at[j];
		}
		update_information(&sums, &there, step);
		*population = next;
		sums = there;
		part = 1;
		gain = aim(climb, &sums, x, to);
	}
	for (int i = 0; i < N * N; i++)
		climb->information[i] = sums.information[i] / sums.n;
	climb->converged = part * gain < tolerance;
	climb->likelihood = sums.likelihood;
	climb->level_error = sums.level_error;
	climb->spread_error = sums.spread_error;
}
