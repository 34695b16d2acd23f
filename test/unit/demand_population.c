/*
 * demand_population.c
 *	  Accounts and the population behind them: against brute force where that is possible, and against a known truth elsewhere.
 */
#include "core/demand_prior.h"
#include "core/demand_sample.h"
#include "core/distribution.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "memory.h"

#define Z90 1.2815515655446004

static double
uniform(uint64_t *seed)
{
	return ((double) (cl_test_random(seed) >> 11) + 0.5) / 9007199254740992.0;
}

static double
normal(uint64_t *seed)
{
	return cl_normal_quantile(uniform(seed));
}

/*
 * Brute force: level and log sigma on a fine grid, the density of all draws together from their covariance matrix, which
 * knows nothing of innovations. Of a lognormal account, with one month at the limit at most, which is integrated over.
 */
typedef struct Brute
{
	double		level;
	double		level_sd;
	double		spread;
	double		spread_sd;
	double		below_median;	/* P(D <= median, and <= 0.9 quantile that were found) in the month to come */
	double		below_q90;
} Brute;

#define GRID 150
#define MOST 8
#define BEYOND 100				/* places beyond a limit, a twentieth apart in the logarithm */

/* log density of normal x with covariance c; also what e of a month "ahead" is given x: its mean and variance. */
static double
log_density(int n, const double x[MOST], double c[MOST + 1][MOST + 1], double *mean, double *variance)
{
	double		l[MOST + 1][MOST + 1] = {{0}};
	double		y[MOST + 1];
	double		value = 0;

	for (int i = 0; i <= n; i++)
	{
		for (int j = 0; j <= i; j++)
		{
			double		sum = c[i][j];

			for (int k = 0; k < j; k++)
				sum -= l[i][k] * l[j][k];
			l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
		}
	}
	*mean = 0;
	for (int i = 0; i < n; i++)
	{
		y[i] = x[i];
		for (int k = 0; k < i; k++)
			y[i] -= l[i][k] * y[k];
		y[i] /= l[i][i];
		value -= log(l[i][i]) + 0.5 * y[i] * y[i];
		*mean += l[n][i] * y[i];
	}
	*variance = l[n][n] * l[n][n];
	return value;
}

static Brute
by_force(const ClDemandSeries *series, const ClDemandPopulation *population, int ahead, const ClDemandModel *found)
{
	Brute		brute = {0};
	double		time[MOST + 1];
	double		x[MOST];
	double		total = 0;
	double		most = -INFINITY;
	double		limit = 0;
	int			at_limit = -1;
	int			n = 0;

	for (int i = 0; i < series->n; i++)
	{
		if (series->months[i] > 0 || series->months[i] < 0)
		{
			if (series->months[i] < 0)
				at_limit = n;
			limit = log(fabs((double) series->months[i]));
			x[n] = limit;
			time[n++] = i;
		}
	}
	limit = at_limit < 0 ? 0 : x[at_limit];
	time[n] = series->n - 1 + ahead;
	for (int place = -1; place < (at_limit < 0 ? 1 : BEYOND); place++)
	{
		int			pass = place >= 0;
		int			each = at_limit < 0 ? 1 : 3;

		if (at_limit >= 0)
			x[at_limit] = limit + 0.05 * (fmax(0, place) + 0.5);
		for (int i = 0; i < GRID / each; i++)
		{
			for (int j = 0; j < GRID / each; j++)
			{
				double		a = -7 + 14 * (i + 0.5) * each / GRID;
				double		b = -7 + 14 * (j + 0.5) * each / GRID;
				double		level = population->level_mean + population->level_sd * a;
				double		sigma = exp(population->spread_mean + population->spread_sd * b);
				double		c[MOST + 1][MOST + 1];
				double		e[MOST];
				double		mean;
				double		variance;
				double		value;

				for (int s = 0; s <= n; s++)
				{
					for (int t = 0; t <= s; t++)
					{
						double		r = pow(population->carry, time[t] - time[0]);

						c[s][t] = c[t][s] = pow(population->carry, time[s] - time[t]) *
							(r * r * population->start + 1 - r * r);
					}
					if (s < n)
						e[s] = (x[s] - level) / sigma;
				}
				value = log_density(n, e, c, &mean, &variance) - 0.5 * (a * a + b * b) - n * log(sigma) -
					(n - (at_limit >= 0)) * 0.5 * 0.005 * 0.005 / (sigma * sigma);
				most = fmax(most, value);
				if (pass == 0)
					continue;
				value = exp(value - most);
				total += value;
				brute.level += value * level;
				brute.level_sd += value * level * level;
				brute.spread += value * log(sigma);
				brute.spread_sd += value * log(sigma) * log(sigma);
				brute.below_median += value * cl_normal_cdf((found->mu - level - sigma * mean) / (sigma * sqrt(variance)));
				brute.below_q90 += value *
					cl_normal_cdf((found->mu + Z90 * found->sigma - level - sigma * mean) / (sigma * sqrt(variance)));
			}
		}
	}
	brute.level /= total;
	brute.level_sd = sqrt(brute.level_sd / total - brute.level * brute.level);
	brute.spread /= total;
	brute.spread_sd = sqrt(brute.spread_sd / total - brute.spread * brute.spread);
	brute.below_median /= total;
	brute.below_q90 /= total;
	return brute;
}

/* Without months without a draw, so that the quantiles are those of the draws. */
static ClDemandPopulation
population_of(double carry, double spread_sd, double start)
{
	return (ClDemandPopulation) {CL_DEMAND_LOGNORMAL, 7, 0.8, -0.5, spread_sd, carry, start, {1e-9, 1e9}, {1e-9, 1e9}};
}

static void
test_against_force(void)
{
	static const float below[] = {900, 1400, NAN, 1100, 2600, 700, 800};
	static const float reached[] = {900, -1400, NAN, 1100, 2600, 700, 800};
	static const double carry[] = {0, 0.5, 0.9};
	static const double spread_sd[] = {0.1, 0.5, 1};

	for (int i = 0; i < 36; i++)
	{
		ClDemandPopulation population = population_of(carry[i % 3], spread_sd[i / 3 % 3], i < 20 ? 1 : 0.3);
		ClDemandSeries series = {i < 27 ? 1 + i % 2 * 2 + i / 9 * 2 : 3 + i % 2 * 3, i < 27 ? below : reached};
		ClDemandEvidence evidence;
		ClDemandBelief belief;
		ClDemandOutlook outlook;
		Brute		brute;
		double		loose;

		cl_demand_weigh(&evidence, &series, &population);
		cl_demand_believe(&belief, &evidence);
		cl_demand_outlook(&outlook, &series, &population, 1 + i % 3);
		brute = by_force(&series, &population, 1 + i % 3, &outlook.ahead);
		/* What is believed beyond a limit is put together as a normal variable. */
		loose = i < 27 ? 0.01 : 0.04;
		CHECK(fabs(belief.level - brute.level) < loose * brute.level_sd);
		CHECK(fabs(sqrt(belief.level_variance) / brute.level_sd - 1) < loose);
		CHECK(fabs(belief.spread - brute.spread) < loose * brute.spread_sd);
		CHECK(fabs(sqrt(belief.spread_variance) / brute.spread_sd - 1) < loose);
		CHECK(fabs(brute.below_median - 0.5) < 0.05 * loose);
		CHECK(fabs(brute.below_q90 - 0.9) < 0.1 * loose);
	}
}

/* At the limit: with known level and sigma, against the integral over e beyond the limit. */
static void
test_at_limit(void)
{
	static const float months[] = {900, -2000};
	ClDemandPopulation population = {CL_DEMAND_LOGNORMAL, 7, 1e-6, -0.5, 1e-6, 0.6, 1, {1e-9, 1e9}, {1e-9, 1e9}};
	ClDemandSeries series = {2, months};
	ClDemandOutlook outlook;
	double		sigma = exp(-0.5);
	double		e = (log(900) - 7) / sigma;
	double		limit = (log(2000) - 7) / sigma;
	double		deviation = sqrt(1 - 0.36);
	double		total = 0;
	double		below[2] = {0, 0};

	cl_demand_outlook(&outlook, &series, &population, 1);
	for (int i = 0; i < 20000; i++)
	{
		double		x = limit + (i + 0.5) * 8 / 20000;
		double		density = cl_normal_density((x - 0.6 * e) / deviation);

		total += density;
		below[0] += density * cl_normal_cdf(((outlook.ahead.mu - 7) / sigma - 0.6 * x) / deviation);
		below[1] += density * cl_normal_cdf(((outlook.ahead.mu + Z90 * outlook.ahead.sigma - 7) / sigma - 0.6 * x) / deviation);
	}
	CHECK(fabs(below[0] / total - 0.5) < 0.01);
	CHECK(fabs(below[1] / total - 0.9) < 0.005);
}

/*
 * Many months at their limit, or just below: against a sum over a grid of level and log sigma, at each of which both are known.
 * The filter has only a deviation to believe of there.
 */
static void
test_often_at_limit(void)
{
	static const double carry[] = {0, 0.5, 0.9};
	static const double limit[] = {7.2, 7.6, 8, 8.4};

	for (int i = 0; i < 12; i++)
	{
		ClDemandPopulation population = {CL_DEMAND_LOGNORMAL, 8, 1.2, -0.7, 0.5, carry[i % 3], 1, {1e-9, 1e9}, {1e-9, 1e9}};
		ClDemandPopulation known = population;
		float		months[20];
		ClDemandSeries series = {20, months};
		ClDemandEvidence evidence;
		ClDemandBelief belief;
		ClDemandBelief at;
		double		total = 0;
		double		level = 0;
		double		level_squares = 0;

		for (int t = 0; t < series.n; t++)
		{
			double		x = 7.6 + 0.5 * sin(1.7 * t + i) + 0.4 * cos(0.6 * t * t);

			months[t] = (float) (x < limit[i % 4] ? exp(x) : -exp(limit[i % 4]));
		}
		cl_demand_weigh(&evidence, &series, &population);
		cl_demand_believe(&belief, &evidence);
		known.level_sd = known.spread_sd = 1e-7;
		evidence.population = &known;
		evidence.level_sd = known.level_sd;
		for (int place = 0; place < 80 * 30; place++)
		{
			double		a = -3 + 8 * (place % 80 + 0.5) / 80;
			double		b = -4 + 8 * (place / 80 + 0.5) / 30;
			double		weight;

			known.level_mean = population.level_mean + population.level_sd * a;
			known.spread_mean = population.spread_mean + population.spread_sd * b;
			cl_demand_believe(&at, &evidence);
			weight = exp(at.log_marginal - belief.log_marginal - 0.5 * (a * a + b * b));
			total += weight;
			level += weight * known.level_mean;
			level_squares += weight * known.level_mean * known.level_mean;
		}
		level /= total;
		level_squares = level_squares / total - level * level;
		CHECK(fabs(belief.level - level) < 0.001 * sqrt(level_squares));
		CHECK(fabs(sqrt(belief.level_variance / level_squares) - 1) < 0.002);
	}
}

/*
 * Panels of known truth: accounts whose level, sigma and months without a draw differ, deviations carried on. Intervals must
 * hold the truth at their rate, and the quantiles of the month to come that month. Mu and log q90 must be nearer to the truth
 * than any constant number of months that a segment could count for, its own mean and sigma within an account given.
 *
 * Panels of one month each cannot tell levels from sigmas; of two or three, levels that differ from deviations that carry on.
 * The prior of a population decides there, see core/demand_prior.c: its usual ratio is that of these panels, so their figures
 * say nothing of one that is far from it. With levels half as far apart (0.4) and 2 or 3 equal months the error of mu is up to
 * 1.8 times that of the best constant; with 12 months it is that.
 */
#define ACCOUNTS 300
#define Z80 0.84162123357291441
#define Z95 1.6448536269514722

static const double strengths[] = {0.25, 0.5, 1, 1.5, 2, 3, 4, 6, 10, 20, 50};

#define STRENGTHS ((int) (sizeof(strengths) / sizeof(strengths[0])))
#define SIX 7

typedef struct Panel
{
	int			n_months;
	double		carry;
	double		spread_sd;		/* of log sigma */
	double		p_zero;
	bool		limited;
} Panel;

/* Sums over accounts. The rates are of 80 and 90 %; errors are squared, over accounts with two draws or more (own). */
typedef struct Result
{
	double		n;
	double		own;
	double		mu[2];
	double		sigma[2];
	double		next[2];
	double		level;
	double		q90;
	double		level_by[STRENGTHS];
	double		q90_by[STRENGTHS];
	double		carry;
} Result;

typedef struct Truth
{
	double		level;
	double		sigma;
	double		next;			/* log of the draw in the month to come */
} Truth;

typedef struct Draws
{
	double		n;
	double		sum;			/* of logarithms */
	double		squares;
} Draws;

static Draws
count_draws(const ClDemandSeries *series)
{
	Draws		draws = {0, 0, 0};

	for (int t = 0; t < series->n; t++)
	{
		double		x = series->months[t] > 0 ? log(series->months[t]) : 0;

		draws.n += series->months[t] > 0;
		draws.sum += x;
		draws.squares += x * x;
	}
	return draws;
}

/* Of a long history the last months are kept. */
static void
draw_months(const Panel *panel, float *months, Truth *truth, uint64_t *seed)
{
	double		e = normal(seed);
	double		limit = panel->limited ? exp(8.6 + 0.8 * normal(seed)) : 1e30;
	int			left_out = panel->n_months > CL_DEMAND_MONTHS ? panel->n_months - CL_DEMAND_MONTHS : 0;

	truth->level = 8 + 0.8 * normal(seed);
	truth->sigma = 0.6 * exp(panel->spread_sd * normal(seed));
	for (int t = 0; t <= panel->n_months; t++)
	{
		double		draw;

		if (t > 0)
			e = panel->carry * e + sqrt(1 - panel->carry * panel->carry) * normal(seed);
		truth->next = truth->level + truth->sigma * e;
		draw = uniform(seed) < panel->p_zero ? 0 : exp(truth->next);
		if (t >= left_out && t < panel->n_months)
			months[t - left_out] = (float) (draw >= 0.98 * limit ? -limit : draw);
	}
}

static void
compare_constants(Result *result, const Draws *draws, const Truth *truth, double mean, double within)
{
	for (int j = 0; j < STRENGTHS; j++)
	{
		double		n = draws->n + strengths[j];
		double		mu = (draws->sum + mean * strengths[j]) / n;
		double		about = draws->squares - 2 * mu * draws->sum + draws->n * mu * mu;
		double		sigma = sqrt((about + strengths[j] * (within + pow(mean - mu, 2))) / n);

		result->level_by[j] += pow(mu - truth->level, 2);
		result->q90_by[j] += pow(mu + Z90 * sigma - truth->level - Z90 * truth->sigma, 2);
	}
}

static void
simulate(Result *result, const Panel *panel, uint64_t *seed)
{
	static const double z80_90[] = {Z90, Z95};
	static const double q80_90[] = {Z80, Z90};
	static float months[ACCOUNTS][CL_DEMAND_MONTHS];
	Truth		truth[ACCOUNTS];
	ClDemandSeries series[ACCOUNTS];
	Draws		draws[ACCOUNTS];
	ClDemandPopulationFit fit;
	double		n = 0;
	double		mean = 0;
	double		n_within = 0;
	double		within = 0;

	for (int i = 0; i < ACCOUNTS; i++)
	{
		draw_months(panel, months[i], &truth[i], seed);
		series[i] = (ClDemandSeries) {panel->n_months < CL_DEMAND_MONTHS ? panel->n_months : CL_DEMAND_MONTHS, months[i]};
		draws[i] = count_draws(&series[i]);
		if (draws[i].n == 0)
			continue;
		n++;
		mean += draws[i].sum / draws[i].n;
		n_within += draws[i].n - 1;
		within += draws[i].squares - draws[i].sum * draws[i].sum / draws[i].n;
	}
	cl_demand_population_fit(&fit, series, ACCOUNTS, CL_DEMAND_LOGNORMAL, &cl_test_memory);
	result->carry += fit.population.carry;
	for (int i = 0; i < ACCOUNTS; i++)
	{
		ClDemandOutlook outlook;

		cl_demand_outlook(&outlook, &series[i], &fit.population, 1);
		result->n++;
		for (int j = 0; j < 2; j++)
		{
			result->mu[j] += fabs(outlook.mu - truth[i].level) < z80_90[j] * outlook.se_mu;
			result->sigma[j] += fabs(outlook.sigma - truth[i].sigma) < z80_90[j] * outlook.se_sigma;
			result->next[j] += truth[i].next <= outlook.ahead.mu + q80_90[j] * outlook.ahead.sigma;
		}
		if (draws[i].n < 2)
			continue;
		result->own++;
		result->level += pow(outlook.mu - truth[i].level, 2);
		result->q90 += pow(outlook.mu + Z90 * (outlook.sigma - truth[i].sigma) - truth[i].level, 2);
		compare_constants(result, &draws[i], &truth[i], mean / n, within / fmax(1, n_within));
	}
}

static double
least(const double *value)
{
	double		best = INFINITY;

	for (int i = 0; i < STRENGTHS; i++)
		best = fmin(best, value[i]);
	return best;
}

static Result
simulate_all(const Panel *panel, int seeds, uint64_t *seed)
{
	Result		r = {0};

	for (int k = 0; k < seeds; k++)
		simulate(&r, panel, seed);
	if (seeds > 1)
		printf("# %2d months%s, carry %.1f, sigma %s: intervals of mu %.3f %.3f, of sigma %.3f %.3f, next month %.3f %.3f; "
			   "error of mu %.3f, log q90 %.3f of the best constant's, %.3f, %.3f of 6 months'; carry found %.3f, "
			   "own %.0f of %.0f\n",
			   panel->n_months, panel->limited ? " with limits" : "", panel->carry, panel->spread_sd > 0 ? "differs" : "equal",
			   r.mu[0] / r.n, r.mu[1] / r.n, r.sigma[0] / r.n, r.sigma[1] / r.n, r.next[0] / r.n, r.next[1] / r.n,
			   r.level / least(r.level_by), r.q90 / least(r.q90_by), r.level / r.level_by[SIX], r.q90 / r.q90_by[SIX],
			   r.carry / seeds, r.own, r.n);
	return r;
}

/* 200 panels of each kind in a soak, which prints the figures; one in a check, of few kinds. */
static void
test_truth(void)
{
	static const double carry[] = {0, 0.5, 0.9};
	static const int lengths[] = {1, 2, 3, 6, 12, 24, 60};
	static const double rate[] = {0.8, 0.9};
	uint64_t	seed = 20261129;
	int			seeds = cl_rounds(200) < 200 ? 1 : 200;

	for (int i = 0; i < 21; i++)
	{
		int			n_months = lengths[i / 3];
		Panel		panel = {n_months, carry[i % 3], 0.4, 0.1, false};
		Result		r;
		double		error;

		if (seeds == 1 && n_months != 12 && (i % 3 != 1 || n_months == 2 || n_months == 6 || n_months == 60))
			continue;
		r = simulate_all(&panel, seeds, &seed);
		/* Accounts of a panel share the error of its population, the more so the shorter their histories are. */
		error = seeds == 1 ? (n_months < 6 ? 1 : 0.1) : n_months == 1 ? 0.06 : 0.03;

		for (int j = 0; j < 2; j++)
		{
			/* Where no coefficient is still one of several that may be, intervals are wider than the truth, which is 0, asks. */
			CHECK(fabs(r.mu[j] / r.n - rate[j]) < error + (n_months < 6 ? 0.01 : 0));
			CHECK(r.next[j] / r.n - rate[j] > -error && r.sigma[j] / r.n - rate[j] > -error - 0.03);
			/* One month each says nothing of what carries on: none is taken, which is wide where there is some. */
			CHECK(n_months == 1 || (r.next[j] / r.n - rate[j] < error && r.sigma[j] / r.n - rate[j] < error + 0.03));
		}
		CHECK(n_months == 1 ? r.own == 0 : r.own > 0.7 * r.n);
		CHECK(n_months == 1 || (r.level < r.level_by[SIX] && r.q90 < r.q90_by[SIX]));
		if (seeds > 1 && n_months > 1)
			CHECK(r.level < least(r.level_by) && r.q90 < least(r.q90_by));
		CHECK(n_months < 12 || fabs(r.carry / seeds - carry[i % 3]) < (seeds == 1 ? 0.1 : 0.02));
		panel.spread_sd = 0;
		r = simulate_all(&panel, seeds, &seed);
		/* Equal sigmas: their error is the population's, the same for all accounts of a panel, and in the prior. */
		for (int j = 0; j < 2; j++)
		{
			CHECK(fabs(r.mu[j] / r.n - rate[j]) < (seeds == 1 ? 0.2 : 0.03));
			CHECK(seeds == 1 || r.sigma[j] / r.n > rate[j] - 0.03);
		}
		if (n_months > 1)
			/* Two months cannot tell what carries on from levels that differ. */
			CHECK(r.level < (seeds == 1 ? 1.2 : n_months == 2 ? 1.04 : n_months == 3 ? 1.015 : 1.01) * least(r.level_by) &&
				  r.q90 < (seeds == 1 ? 1.2 : 1) * least(r.q90_by));
	}
	/* The same of a few panels: without its parts of the population's error a quarter of the truths are outside. */
	{
		Panel		panel = {3, 0.9, 0, 0.1, false};
		Result		r = {0};

		for (int k = 0; k < 16; k++)
			simulate(&r, &panel, &seed);
		CHECK(r.sigma[0] / r.n > 0.85);
	}
	for (int i = 0; i < 3; i++)
	{
		Panel		panel = {24, carry[i], 0.4, 0.2, true};
		Result		r;

		if (seeds == 1 && i != 1)
			continue;
		r = simulate_all(&panel, seeds, &seed);
		for (int j = 0; j < 2; j++)
			CHECK(fabs(r.mu[j] / r.n - rate[j]) < (seeds == 1 ? 0.07 : 0.03));
		CHECK(r.level < r.level_by[SIX]);
	}
}

/* One account a million times larger: it has a level of its own, is as sure as its like, and the others do not notice. */
static void
test_whale(void)
{
	static const Panel panel = {12, 0.5, 0.2, 0.1, false};
	static float months[ACCOUNTS + 1][CL_DEMAND_MONTHS];
	ClDemandSeries series[ACCOUNTS + 1];
	ClDemandPopulationFit without;
	ClDemandPopulationFit with;
	ClDemandOutlook like;
	ClDemandOutlook whale;
	Truth		truth;
	uint64_t	seed = 3;

	for (int i = 0; i < ACCOUNTS; i++)
	{
		draw_months(&panel, months[i], &truth, &seed);
		series[i] = (ClDemandSeries) {panel.n_months, months[i]};
	}
	series[ACCOUNTS] = (ClDemandSeries) {panel.n_months, months[ACCOUNTS]};
	cl_demand_population_fit(&without, series, ACCOUNTS, CL_DEMAND_LOGNORMAL, &cl_test_memory);
	for (double times = 1e2; times < 1e7; times *= 1e4)
	{
		for (int t = 0; t < panel.n_months; t++)
			months[ACCOUNTS][t] = (float) (months[0][t] * times);
		cl_demand_population_fit(&with, series, ACCOUNTS + 1, CL_DEMAND_LOGNORMAL, &cl_test_memory);
		CHECK(fabs(with.population.level_mean - without.population.level_mean) < 0.05);
		CHECK(fabs(with.population.level_sd / without.population.level_sd - 1) < 0.05);
		CHECK(fabs(with.population.spread_sd / without.population.spread_sd - 1) < 0.05);
		cl_demand_outlook(&like, &series[0], &without.population, 1);
		cl_demand_outlook(&whale, &series[ACCOUNTS], &with.population, 1);
		CHECK(fabs(whale.mu - log(times) - like.mu) < 2 * like.se_mu && whale.prior_weight < 0.1);
		CHECK(fabs(whale.sigma / like.sigma - 1) < 0.1 && fabs(whale.se_mu / like.se_mu - 1) < 0.2);
		CHECK(fabs(whale.ahead.sigma / like.ahead.sigma - 1) < 0.1);
	}
}

/* Balances that stay where they are until they jump: the last one is the forecast, whatever normal deviations make likely. */
static void
test_jumps(void)
{
	static float months[ACCOUNTS][24];
	ClDemandSeries series[ACCOUNTS];
	ClDemandPopulationFit fit;
	ClDemandOutlook outlook;
	uint64_t	seed = 7;

	for (int i = 0; i < ACCOUNTS; i++)
	{
		double		x = 8 + normal(&seed);

		for (int t = 0; t < 24; t++)
		{
			x = uniform(&seed) < 0.1 ? 8 + normal(&seed) : x + 0.01 * normal(&seed);
			months[i][t] = (float) exp(x);
		}
		series[i] = (ClDemandSeries) {24, months[i]};
	}
	cl_demand_population_fit(&fit, series, ACCOUNTS, CL_DEMAND_LOGNORMAL, &cl_test_memory);
	CHECK(fit.population.carry > 0.97);
	for (int i = 0; i < ACCOUNTS; i++)
	{
		cl_demand_outlook(&outlook, &series[i], &fit.population, 1);
		CHECK(fabs(outlook.ahead.mu - log(months[i][23])) < 0.1);
	}
}

/* Series that begin near their level and wander: the coefficient is near 1, whichever accounts there are. */
static void
test_wandering(void)
{
	static float months[1000][5];
	static ClDemandSeries series[1000];
	uint64_t	seed = 77;

	for (int draw = 0; draw < 2; draw++)
	{
		ClDemandPopulationFit fit;

		for (int i = 0; i < 1000; i++)
		{
			double		x = 9.8 + 1.6 * normal(&seed);
			double		step = 0.2 * exp(1.5 * normal(&seed));

			for (int t = 0; t < 5; t++)
			{
				months[i][t] = (float) exp(fmin(15, x));
				x += step * normal(&seed);
			}
			series[i] = (ClDemandSeries) {5, months[i]};
		}
		cl_demand_population_fit(&fit, series, 1000, CL_DEMAND_LOGNORMAL, &cl_test_memory);
		CHECK(fit.population.carry > 0.95 && fit.population.start < 0.1);
	}
}

/* Gamma and normal draws are recognised, and their own mean and deviation come out. */
static void
test_families(void)
{
	static float months[ACCOUNTS][36];
	ClDemandSeries series[ACCOUNTS];
	ClDemandPopulationFit fit;
	ClDemandOutlook outlook;
	uint64_t	seed = 11;
	double		mean[2] = {0, 0};
	double		deviation[2] = {0, 0};

	for (int family = 0; family < 2; family++)
	{
		for (int i = 0; i < ACCOUNTS; i++)
		{
			double		scale = exp(6 + 0.5 * normal(&seed));

			for (int t = 0; t < 36; t++)
			{
				/* gamma of shape 2 as a sum of exponentials; normal with a third as deviation */
				double		x = family == 0 ? -0.5 * log(uniform(&seed) * uniform(&seed)) : 1 + normal(&seed) / 4;

				months[i][t] = (float) (scale * fmax(x, 0.01));
			}
			series[i] = (ClDemandSeries) {36, months[i]};
		}
		cl_demand_population_fit(&fit, series, ACCOUNTS, -1, &cl_test_memory);
		CHECK_EQ_INT(fit.population.distribution, family == 0 ? CL_DEMAND_GAMMA : CL_DEMAND_NORMAL);
		for (int i = 0; i < ACCOUNTS; i++)
		{
			double		sum = 0;

			for (int t = 0; t < 36; t++)
				sum += months[i][t] / 36;
			cl_demand_outlook(&outlook, &series[i], &fit.population, 1);
			mean[family] += outlook.mu / sum / ACCOUNTS;
			deviation[family] += outlook.sigma / outlook.mu / ACCOUNTS;
		}
	}
	CHECK(fabs(mean[0] - 1) < 0.03 && fabs(deviation[0] - sqrt(0.5)) < 0.05);
	CHECK(fabs(mean[1] - 1) < 0.02 && fabs(deviation[1] - 0.25) < 0.02);
}

/* Anything at all gives finite numbers and a distribution. */
static void
test_short_histories(void)
{
	uint64_t	seed = 3;
	int			rounds = cl_rounds(200000);

	for (int i = 0; i < rounds; i++)
	{
		float		months[CL_DEMAND_MONTHS];
		ClDemandPopulation population = population_of(uniform(&seed) * 0.998, 0.02 + 2 * uniform(&seed), uniform(&seed));
		ClDemandSeries series = {1 + (int) (uniform(&seed) * uniform(&seed) * 36), months};
		ClDemandOutlook outlook;
		double		limit = exp(14 * normal(&seed));

		population.distribution = (ClDemandDistribution) (cl_test_random(&seed) % 3);
		for (int t = 0; t < series.n; t++)
		{
			double		kind = uniform(&seed);

			if (uniform(&seed) < 0.05)
				limit *= 10;
			months[t] = (float) (kind < 0.1 ? NAN : kind < 0.3 ? 0 : kind < 0.5 ? -limit : limit * uniform(&seed));
		}
		cl_demand_outlook(&outlook, &series, &population, 1 + (int) (uniform(&seed) * 12));
		CHECK(isfinite(outlook.mu) && outlook.sigma >= 0 && isfinite(outlook.sigma));
		CHECK(isfinite(outlook.se_mu) && isfinite(outlook.se_sigma) && outlook.p_zero >= 0 && outlook.p_zero <= 1);
		outlook.ahead.ceiling = 2 * limit;
		CHECK(cl_demand_model_disorder(&outlook.ahead) == NULL);
	}
}

/* Ceilings of 1000, 4000 and 10000 for limits from 512, 1024 and 4096: at the middles of classes, between them, and beyond. */
static void
test_ceilings(void)
{
	static const ClDemandCeiling ceiling[] = {{9, 300, 1000}, {10, 300, 4000}, {12, 300, 10000}, {64, 900, 9000}};
	static const struct
	{
		double		limit;
		double		ceiling;
	}			expected[] = {
		{1, 1000}, {512 * M_SQRT2, 1000}, {1024, 2000}, {1024 * M_SQRT2, 4000}, {4096, 4000 * pow(2.5, 0.75)},
		{4096 * M_SQRT2, 10000}, {1e9, 10000}, {0, 9000}
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
	{
		ClDemandAccount account = {1, 24000, 0, (float) expected[i].limit, 500};

		CHECK_NEAR(cl_demand_ceiling_of(&account, ceiling, 4), expected[i].ceiling, 1e-3);
		account.highest = 20000;
		CHECK_NEAR(cl_demand_ceiling_of(&account, ceiling, 4), 20000, 1e-9);
	}
}

/* The same accounts are kept whatever the order, and the ceiling is never one account's own doing. */
static void
test_sample(void)
{
	ClDemandSample one;
	ClDemandSample other;
	ClDemandCeiling ceiling[CL_DEMAND_CLASSES + 1];
	uint64_t	seed = 5;
	int			n;

	cl_demand_sample_init(&one, &cl_test_memory);
	cl_demand_sample_init(&other, &cl_test_memory);
	for (int i = 0; i < 150000; i++)
	{
		ClDemandAccount account = {cl_test_random(&seed), 24000, 0, 1000, (float) (1000 + i % 500)};

		if (i == 77)
			account.highest = 1e9F;
		cl_demand_sample_add(&one, &account);
	}
	seed = 5;
	for (int i = 0; i < 150000; i++)
	{
		ClDemandAccount account = {cl_test_random(&seed), 24000, 0, 1000, (float) (1000 + i % 500)};

		if (i == 77)
			account.highest = 1e9F;
		if (i % 2 == 0)
			cl_demand_sample_add(&other, &account);
	}
	CHECK(cl_demand_sample_sort(&one));
	CHECK_EQ_INT(one.n, CL_DEMAND_SAMPLE);
	for (int i = 1; i < one.n; i++)
		CHECK(one.account[i]->hash > one.account[i - 1]->hash);
	n = cl_demand_ceilings(&one, ceiling);
	CHECK_EQ_INT(n, 2);
	CHECK_EQ_INT(ceiling[0].class, 9);
	CHECK(ceiling[0].ceiling >= 1498 && ceiling[0].ceiling < 1500);
	/* An account twice */
	cl_demand_sample_add(&other, other.account[3]);
	CHECK(!cl_demand_sample_sort(&other));
	/* A sample goes with the memory of its group. */
	cl_test_release_all();
}

void
test_demand_population(void)
{
	test_against_force();
	test_at_limit();
	test_often_at_limit();
	test_truth();
	test_whale();
	test_jumps();
	test_wandering();
	test_families();
	test_short_histories();
	test_ceilings();
	test_sample();
}
