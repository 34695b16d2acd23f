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
 * knows nothing of innovations. Of a lognormal account without months at the limit.
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
	int			n = 0;

	for (int i = 0; i < series->n; i++)
	{
		if (series->months[i] > 0)
		{
			x[n] = log(series->months[i]);
			time[n++] = i;
		}
	}
	time[n] = series->n - 1 + ahead;
	for (int pass = 0; pass < 2; pass++)
	{
		for (int i = 0; i < GRID; i++)
		{
			for (int j = 0; j < GRID; j++)
			{
				double		a = -7 + 14 * (i + 0.5) / GRID;
				double		b = -7 + 14 * (j + 0.5) / GRID;
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
				value = log_density(n, e, c, &mean, &variance) - n * (log(sigma) + 0.5 * 0.005 * 0.005 / (sigma * sigma)) -
					0.5 * (a * a + b * b);
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
	static const float months[] = {900, 1400, NAN, 1100, 2600, 700, 800};
	static const double carry[] = {0, 0.5, 0.9};
	static const double spread_sd[] = {0.1, 0.5, 1};

	for (int i = 0; i < 27; i++)
	{
		ClDemandPopulation population = population_of(carry[i % 3], spread_sd[i / 3 % 3], i < 20 ? 1 : 0.3);
		ClDemandSeries series = {1 + i % 2 * 2 + i / 9 * 2, months};
		ClDemandEvidence evidence;
		ClDemandBelief belief;
		ClDemandOutlook outlook;
		Brute		brute;
		double		loose;

		cl_demand_weigh(&evidence, &series, &population);
		cl_demand_believe(&belief, &evidence);
		cl_demand_outlook(&outlook, &series, &population, 1 + i % 3);
		brute = by_force(&series, &population, 1 + i % 3, &outlook.ahead);
		/* Five nodes each way are exact for a normal belief; that of few months and a sigma that may be anything is none. */
		loose = population.spread_sd == 1 ? (series.n == 1 ? 0.35 : 0.13) : population.spread_sd == 0.5 ? 0.07 : 0.005;
		CHECK(fabs(belief.level - brute.level) < loose * brute.level_sd);
		CHECK(fabs(sqrt(belief.level_variance) / brute.level_sd - 1) < loose);
		CHECK(fabs(belief.spread - brute.spread) < loose * brute.spread_sd);
		CHECK(fabs(sqrt(belief.spread_variance) / brute.spread_sd - 1) < loose);
		CHECK(fabs(brute.below_median - 0.5) < 0.07 * loose + 0.0005);
		CHECK(fabs(brute.below_q90 - 0.9) < 0.07 * loose + 0.0005);
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
 * Panels of known truth: 400 accounts whose level, sigma and probability of no draw differ, deviations carried on, limits
 * that some months reach. The intervals of 90 % must hold the truth nine times in ten; mu and log q90 must be nearer to it
 * than with the best constant number of months that the segment could count for, 6 among them, all given the true mean and
 * sigma of the segment.
 */
#define ACCOUNTS 300

typedef struct Truth
{
	double		level;
	double		sigma;
} Truth;

static const double strengths[] = {0.5, 1, 2, 3, 4, 6, 10, 20, 50};

#define STRENGTHS ((int) (sizeof(strengths) / sizeof(strengths[0])))

typedef struct Result
{
	double		n;
	double		covered;
	double		covered_sigma;
	double		level;
	double		q90;
	double		level_by[STRENGTHS];
	double		q90_by[STRENGTHS];
	double		carry;
} Result;

static void
simulate(Result *result, int n_months, double carry, double spread_sd, double p_zero, bool limited, uint64_t *seed)
{
	static float months[ACCOUNTS][CL_DEMAND_MONTHS];
	Truth		truth[ACCOUNTS];
	ClDemandSeries series[ACCOUNTS];
	ClDemandPopulationFit fit;

	for (int i = 0; i < ACCOUNTS; i++)
	{
		double		e = normal(seed);
		double		limit;

		truth[i].level = 8 + 0.8 * normal(seed);
		truth[i].sigma = 0.6 * exp(spread_sd * normal(seed));
		limit = limited ? exp(8.6 + 0.8 * normal(seed)) : 1e30;
		for (int t = 0; t < n_months; t++)
		{
			double		draw;

			if (t > 0)
				e = carry * e + sqrt(1 - carry * carry) * normal(seed);
			draw = uniform(seed) < p_zero ? 0 : exp(truth[i].level + truth[i].sigma * e);
			months[i][t] = (float) (draw >= 0.98 * limit ? -limit : draw);
		}
		series[i] = (ClDemandSeries) {n_months, months[i]};
	}
	cl_demand_population_fit(&fit, series, ACCOUNTS, CL_DEMAND_LOGNORMAL, &cl_test_memory);
	result->carry += fit.population.carry;
	for (int i = 0; i < ACCOUNTS; i++)
	{
		ClDemandOutlook outlook;
		double		q90 = truth[i].level + Z90 * truth[i].sigma;
		double		n = 0;
		double		sum = 0;
		double		squares = 0;

		for (int t = 0; t < n_months; t++)
		{
			double		x = months[i][t] > 0 ? log(months[i][t]) : 0;

			n += months[i][t] > 0;
			sum += x;
			squares += x * x;
		}
		if (n < 2)
			continue;
		cl_demand_outlook(&outlook, &series[i], &fit.population, 1);
		result->n++;
		result->covered += fabs(outlook.mu - truth[i].level) < 1.6449 * outlook.se_mu;
		result->covered_sigma += fabs(outlook.sigma - truth[i].sigma) < 1.6449 * outlook.se_sigma;
		result->level += pow(outlook.mu - truth[i].level, 2);
		result->q90 += pow(outlook.mu + Z90 * outlook.sigma - q90, 2);
		for (int j = 0; j < STRENGTHS; j++)
		{
			/* As if the segment's mean and sigma were so many months more. */
			double		k = strengths[j];
			double		mu = (sum + 8 * k) / (n + k);
			double		within = 0.36 * exp(2 * spread_sd * spread_sd) + pow(8 - mu, 2);
			double		sigma = sqrt((squares - 2 * mu * sum + n * mu * mu + k * within) / (n + k));

			result->level_by[j] += pow(mu - truth[i].level, 2);
			result->q90_by[j] += pow(mu + Z90 * sigma - q90, 2);
		}
	}
}

static double
least(const double *value, int n)
{
	double		best = INFINITY;

	for (int i = 0; i < n; i++)
		best = fmin(best, value[i]);
	return best;
}

static void
test_truth(void)
{
	static const double carry[] = {0, 0.5, 0.9};
	static const int lengths[] = {2, 6, 24};
	uint64_t	seed = 20261129;
	int			seeds = cl_rounds(40);

	for (int i = 0; i < 9; i++)
	{
		Result		differ = {0};
		Result		equal = {0};
		double		error;

		for (int k = 0; k < seeds; k++)
		{
			simulate(&differ, lengths[i / 3], carry[i % 3], 0.4, 0, false, &seed);
			simulate(&equal, lengths[i / 3], carry[i % 3], 0, 0, false, &seed);
		}
		/* Accounts of a panel share the error of its population, the more so the shorter their histories are. */
		error = 3 * sqrt(0.09 / differ.n) + (lengths[i / 3] < 12 ? 0.05 : 0.02);
		CHECK(fabs(differ.covered / differ.n - 0.9) < error);
		CHECK(fabs(differ.covered_sigma / differ.n - 0.9) < error + 0.02);
		CHECK(differ.level < differ.level_by[5] && differ.q90 < differ.q90_by[5]);
		if (lengths[i / 3] >= 12)
			CHECK(fabs(differ.carry / seeds - carry[i % 3]) < 0.04);
		/* Constants that know the segment. A few hundred short histories that hardly move do not tell it. */
		if (lengths[i / 3] >= 12 || carry[i % 3] < 0.9)
			CHECK(equal.level < (lengths[i / 3] >= 12 && seeds > 10 ? 1.01 : 1.15) * least(equal.level_by, STRENGTHS));
	}
	for (int i = 0; i < 3; i++)
	{
		Result		limited = {0};

		for (int k = 0; k < seeds; k++)
			simulate(&limited, 24, carry[i], 0.4, 0.2, true, &seed);
		CHECK(fabs(limited.covered / limited.n - 0.9) < 0.03);
		CHECK(limited.level < limited.level_by[5]);
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
}

void
test_demand_population(void)
{
	test_against_force();
	test_at_limit();
	test_truth();
	test_jumps();
	test_families();
	test_short_histories();
	test_sample();
}
