/*
 * demand_prior.c
 *	  Empirical Bayes: the population behind the accounts of a segment, by the likelihood of their months.
 *
 * Level and spread: expectation maximisation (Dempster, Laird and Rubin 1977), extrapolated (SQUAREM: Varadhan and Roland 2008,
 * Scand. J. Stat. 35, 335), since variances that are small come in slowly otherwise.
 *
 * The coefficient of the deviations is the one whose forecasts miss the next month least, in absolute value and relative to how
 * much the account moves. It is that of an autoregression where the deviations are one, and near 1 where balances stay where
 * they are until something happens: likelihood under normal deviations would read those jumps as a return to the mean.
 */
#include "core/demand_prior.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/distribution.h"

#define FIRST_FEW 4000			/* series that the search is made on */
#define FOR_CARRY 2000
#define MOST_CYCLES 25
#define LEAST_PAIRS 50			/* of months, with one between them, that the forecasts are judged by */
#define MOST_CARRY 0.998
#define START_AT_LEAST 10		/* of log likelihood, for series that did not begin as they go on */
#define LEAST_GAIN 0.97			/* a miss so much less is worth leaving the likelihood for */

/* level_mean, log level_sd, spread_mean, log spread_sd */
#define PARAMETERS 4
#define LEAST_LEVEL_SD 0.02
#define LEAST_SPREAD_SD 0.02

/* A population as fitted to one coefficient and start. */
typedef struct CarryScore
{
	ClDemandPopulation population;
	double		likelihood;
	double		miss;
} CarryScore;

#define MOST_SCORES 64

typedef struct Search
{
	const ClDemandSeries *series;
	int			n;
	const ClMemory *memory;
	double	   *sigma;			/* of each series, as believed at the last step */
	double	   *missed;			/* by the forecasts of each series, where asked for */
	CarryScore	score[MOST_SCORES];	/* of what was tried */
	int			n_scores;
	double		level_error;	/* variances of level_mean and spread_mean at the last step, the coefficient given */
	double		spread_error;
	ClDemandScan scan;			/* of what a step is over */
	void	   *data;
} Search;

static void
get(const ClDemandPopulation *population, double *x)
{
	x[0] = population->level_mean;
	x[1] = log(population->level_sd);
	x[2] = population->spread_mean;
	x[3] = log(population->spread_sd);
}

static void
set(ClDemandPopulation *population, const double *x)
{
	population->level_mean = x[0];
	population->level_sd = fmin(10, fmax(LEAST_LEVEL_SD, exp(x[1])));
	population->spread_mean = fmin(3, fmax(-6, x[2]));
	population->spread_sd = fmin(3, fmax(LEAST_SPREAD_SD, exp(x[3])));
}

/*
 * Histories of a few months cannot tell levels that differ from draws that scatter about them and fade slowly: the likelihood is
 * a ridge from one to the other, and of one month each it is level. Panels that can tell have levels that lie somewhat further
 * apart than an account's draws do. A few units of likelihood for that decide on the ridge, and weigh nothing elsewhere.
 */
#define USUAL_RATIO 0.3			/* log of level_sd / sigma */
#define RATIO_SD 0.3

static double
unusual(const ClDemandPopulation *population)
{
	return log(population->level_sd) - population->spread_mean - USUAL_RATIO;
}

void
cl_demand_step_add(ClDemandStep *step, const ClDemandSeries *series, const ClDemandPopulation *population, ClDemandBelief *belief)
{
	ClDemandEvidence evidence;
	double		weight;

	cl_demand_weigh(&evidence, series, population);
	if (evidence.n_points == 0)
		return;
	cl_demand_believe(belief, &evidence);
	/* Of a normal variable of its own scale; 1 but for an account far from all others. */
	weight = pow(population->level_sd / evidence.level_sd, 2);
	step->n++;
	cl_exact_sum_add(&step->likelihood, belief->log_marginal);
	cl_exact_sum_add(&step->level, weight * (belief->level - population->level_mean));
	cl_exact_sum_add(&step->level_squares, weight * pow(belief->level - population->level_mean, 2));
	cl_exact_sum_add(&step->level_variances, weight * belief->level_variance);
	cl_exact_sum_add(&step->spread, belief->spread - population->spread_mean);
	cl_exact_sum_add(&step->spread_squares, pow(belief->spread - population->spread_mean, 2));
	cl_exact_sum_add(&step->spread_variances, belief->spread_variance);
}

static double
total(const ClExactSum *sum)
{
	return cl_exact_sum_closed(sum).high;
}

/* One step of expectation maximisation; the log likelihood before it, with that of the ratio. */
static double
step(Search *search, ClDemandPopulation *population)
{
	ClDemandStep sums = {0};
	double		off = unusual(population);
	double		value = -0.5 * off * off / (RATIO_SD * RATIO_SD);
	double		x[PARAMETERS];
	double		n;
	double		level;
	double		spread;

	search->scan(search->data, population, &sums);
	n = (double) sums.n;
	if (n == 0)
		return value;
	level = total(&sums.level) / n;
	spread = total(&sums.spread) / n;
	/* Of a mean m with what accounts believe about it, the score of each is (belief - m) / sd^2. */
	search->level_error = 1 / (total(&sums.level_squares) * pow(population->level_sd, -4) + pow(population->level_sd, -2));
	search->spread_error = 1 / (total(&sums.spread_squares) * pow(population->spread_sd, -4) + pow(RATIO_SD, -2));
	x[0] = population->level_mean + level;
	x[1] = 0.5 * log((total(&sums.level_squares) + total(&sums.level_variances)) / n - level * level);
	x[2] = population->spread_mean + spread;
	x[3] = 0.5 * log((total(&sums.spread_squares) + total(&sums.spread_variances)) / n - spread * spread);
	off = x[1] - x[2] - USUAL_RATIO;
	x[1] -= off / (2 * n * RATIO_SD * RATIO_SD + 1);
	x[2] += off / (n * exp(-2 * x[3]) * RATIO_SD * RATIO_SD + 1);
	set(population, x);
	return value + total(&sums.likelihood);
}

/* Over the series in memory. */
static void
scan_series(void *data, const ClDemandPopulation *population, ClDemandStep *sums)
{
	const Search *search = data;

	for (int i = 0; i < search->n; i++)
	{
		ClDemandBelief belief = {.n_nodes = 0};

		if (i % 64 == 0)
			search->memory->check_for_interrupts();
		cl_demand_step_add(sums, &search->series[i], population, &belief);
		if (search->sigma != NULL && belief.n_nodes > 0)
			search->sigma[i] = exp(belief.spread);
	}
}

/* The maximum over the first series; the log likelihood there. */
static double
climb(Search *search, ClDemandPopulation *population, int cycles, double tolerance, int *iterations, bool *converged)
{
	double		value = -INFINITY;

	*converged = false;
	for (int cycle = 0; cycle < cycles; cycle++)
	{
		ClDemandPopulation start = *population;
		double		x0[PARAMETERS];
		double		x1[PARAMETERS];
		double		x2[PARAMETERS];
		double		x[PARAMETERS];
		double		rr = 0;
		double		vv = 0;
		double		length;

		value = step(search, population);
		get(&start, x0);
		get(population, x1);
		(void) step(search, population);
		get(population, x2);
		*iterations += 2;
		for (int i = 0; i < PARAMETERS; i++)
		{
			double		r = x1[i] - x0[i];
			double		v = x2[i] - x1[i] - r;

			rr += r * r;
			vv += v * v;
		}
		if (rr < tolerance * tolerance)
		{
			*converged = true;
			return value;
		}
		if (vv == 0)
			continue;
		length = fmin(16, fmax(1, sqrt(rr / vv)));
		for (int i = 0; i < PARAMETERS; i++)
		{
			double		r = x1[i] - x0[i];
			double		v = x2[i] - x1[i] - r;

			x[i] = x0[i] + 2 * length * r + length * length * v;
		}
		start = *population;
		set(population, x);
		/* Too far: back to where plain steps had come. */
		if (length > 1 && !(step(search, population) >= value))
			*population = start;
		++*iterations;
	}
	return value;
}

/* Where a search begins: the moments of log draws. */
static void
begin(const Search *search, ClDemandPopulation *population)
{
	double		n = 0;
	double		level = 0;
	double		level_squares = 0;
	double		n_within = 0;
	double		within = 0;

	for (int i = 0; i < search->n; i++)
	{
		double		m = 0;
		double		sum = 0;
		double		squares = 0;

		for (int j = 0; j < search->series[i].n; j++)
		{
			double		x = fabs((double) search->series[i].months[j]);

			if (!(x > 0))
				continue;
			x = log(x);
			m++;
			sum += x;
			squares += x * x;
		}
		if (m == 0)
			continue;
		n++;
		level += sum / m;
		level_squares += sum / m * (sum / m);
		n_within += m - 1;
		within += fmax(0, squares - sum * sum / m);
	}
	population->level_mean = n > 0 ? level / n : 0;
	population->level_sd = n > 1 ? sqrt(fmax(0.01, level_squares / n - level / n * (level / n))) : 1;
	population->spread_mean = n_within > 0 ? 0.5 * log(fmax(1e-4, within / n_within)) : log(population->level_sd) - USUAL_RATIO;
	population->spread_sd = 0.5;
}

static const CarryScore *
score_carry(Search *search, ClDemandPopulation *population, double carry, double start)
{
	CarryScore *score = &search->score[search->n_scores < MOST_SCORES ? search->n_scores++ : MOST_SCORES - 1];
	int			iterations = 0;
	bool		converged;

	population->carry = carry;
	population->start = start;
	score->likelihood = climb(search, population, 6, 0.01, &iterations, &converged) - (start < 1 ? START_AT_LEAST : 0);
	score->miss = cl_demand_miss(search->series, search->n, search->sigma, population, search->missed);
	score->population = *population;
	return score;
}

static double
loss(const CarryScore *score, bool by_likelihood)
{
	return by_likelihood ? -score->likelihood : score->miss;
}

static const double grid[] = {0, 0.15, 0.3, 0.45, 0.6, 0.7, 0.8, 0.87, 0.92, 0.96, MOST_CARRY};

#define GRID ((int) (sizeof(grid) / sizeof(grid[0])))

/*
 * How far the first month lies from the level, as a variance, that of later ones being 1. Where little returns to it from month
 * to month, a series need not have begun as it goes on: an account starts near a level and wanders. Below such a coefficient no
 * start but 1 is tried beside it.
 */
static const double starts[] = {1, 0.25, 0.06, 0.015, 0.5, 0.12, 0.03};

#define STARTS ((int) (sizeof(starts) / sizeof(starts[0])))
#define FEW_STARTS 4
#define WANDERS 0.8

/* Golden section about the best point of the grid. */
static double
refine(Search *search, ClDemandPopulation *population, int at, double best, bool by_likelihood)
{
	const double golden = 0.3819660112501051;
	double		start = population->start;
	double		x = grid[at];
	double		low = at > 0 ? grid[at - 1] : x;
	double		high = at + 1 < GRID ? grid[at + 1] : x;

	while (high - low > 0.01)
	{
		double		next = high - x > x - low ? x + golden * (high - x) : x - golden * (x - low);
		double		found = loss(score_carry(search, population, next, start), by_likelihood);

		if (found < best)
		{
			*(next > x ? &low : &high) = x;
			x = next;
			best = found;
		}
		else
			*(next > x ? &high : &low) = next;
	}
	return x;
}

/* Draws so many months apart. With neighbours only, levels that differ and deviations that carry on look the same. */
static int
pairs_apart(const Search *search, int gap)
{
	int			pairs = 0;

	for (int i = 0; i < search->n; i++)
	{
		for (int j = gap; j < search->series[i].n; j++)
			pairs += search->series[i].months[j] > 0 && search->series[i].months[j - gap] > 0;
	}
	return pairs;
}

static int
compare_carry(const void *a, const void *b)
{
	double		difference = ((const CarryScore *) a)->population.carry - ((const CarryScore *) b)->population.carry;

	return (difference > 0) - (difference < 0);
}

/*
 * From the likeliest coefficient to the mean of all by likelihood, since of short histories the likeliest may be anywhere. Before
 * the months speak it has Jeffreys' prior of an autoregression, and a fifth of the probability for 0. log(1 - carry) is
 * averaged: how much months say of a level goes with that. Returns the variance that spread_mean has for not knowing it.
 */
#define NO_CARRY 0.4			/* beside asin(MOST_CARRY) for all others */

static double
average(Search *search, ClDemandPopulation *population)
{
	CarryScore *score = search->score;
	int			n = 0;
	double		most = -INFINITY;
	double		total = 0;
	double		carry = 0;
	double		squares = 0;
	double		mean[PARAMETERS] = {0};

	for (int i = 0; i < search->n_scores; i++)
	{
		if (score[i].population.start == population->start)
		{
			score[n++] = score[i];
			most = fmax(most, score[n - 1].likelihood);
		}
	}
	search->n_scores = n;
	qsort(score, n, sizeof(CarryScore), compare_carry);
	for (int i = 0; i < n; i++)
	{
		const ClDemandPopulation *at = &score[i].population;
		double		apart = score[i + (i < n - 1)].population.carry - score[i - (i > 0)].population.carry;
		double		weight = apart * exp(score[i].likelihood - most) / sqrt(1 - at->carry * at->carry);
		double		x[PARAMETERS];

		if (at->carry == 0)
			weight += NO_CARRY * exp(score[i].likelihood - most);
		get(at, x);
		total += weight;
		carry += weight * log(1 - at->carry);
		squares += weight * x[2] * x[2];
		for (int j = 0; j < PARAMETERS; j++)
			mean[j] += weight * x[j];
	}
	for (int j = 0; j < PARAMETERS; j++)
		mean[j] /= total;
	set(population, mean);
	population->carry = 1 - exp(carry / total);
	return fmax(0, squares / total - mean[2] * mean[2]);
}

/*
 * The likelihood's, unless forecasts by the one that misses least miss less by more than chance: three standard errors of
 * the difference over accounts, and a few per cent. Returns the variance of spread_mean for not knowing it.
 */
static double
fit_carry(Search *search, ClDemandPopulation *population)
{
	bool		tells_start = pairs_apart(search, 2) >= LEAST_PAIRS;
	CarryScore	best[2] = {{.likelihood = -INFINITY, .miss = INFINITY}, {.likelihood = -INFINITY, .miss = INFINITY}};
	int			at[2] = {0, 0};
	double		start[2] = {1, 1};
	double	   *missed[2];
	bool		by_likelihood = true;
	double		sum = 0;
	double		squares = 0;

	/* One month each says nothing of it. */
	if (pairs_apart(search, 1) + pairs_apart(search, 2) == 0)
	{
		(void) score_carry(search, population, 0, 1);
		return 0;
	}
	for (int i = 0; i < GRID; i++)
	{
		for (int k = 0; k < (tells_start && grid[i] > WANDERS ? FEW_STARTS : 1); k++)
		{
			const CarryScore *score = score_carry(search, population, grid[i], starts[k]);

			for (int j = 0; j < 2; j++)
			{
				if (loss(score, j) < loss(&best[j], j))
				{
					best[j] = *score;
					at[j] = i;
					start[j] = starts[k];
				}
			}
		}
	}
	/* In shorter histories forecasts know little of the account's own level, and a coefficient near 1 stands in for it. */
	if (at[0] != at[1] && pairs_apart(search, 4) >= LEAST_PAIRS)
	{
		for (int j = 0; j < 2; j++)
		{
			missed[j] = cl_allocate(search->memory, search->n * sizeof(double));
			search->missed = missed[j];
			(void) score_carry(search, population, grid[at[j]], start[j]);
		}
		search->missed = NULL;
		for (int i = 0; i < search->n; i++)
		{
			double		difference = missed[1][i] - missed[0][i];

			sum += difference;
			squares += difference * difference;
		}
		by_likelihood = sum < 3 * sqrt(squares) || best[0].miss > LEAST_GAIN * best[1].miss;
		for (int j = 0; j < 2; j++)
			cl_release(search->memory, missed[j]);
	}
	population->start = start[by_likelihood];
	population->carry = refine(search, population, at[by_likelihood], loss(&best[by_likelihood], by_likelihood), by_likelihood);
	return by_likelihood ? average(search, population) : 0;
}

/* The start of the coefficient, by likelihood. */
static void
fit_start(Search *search, ClDemandPopulation *population)
{
	ClDemandPopulation best = *population;
	double		most = -INFINITY;

	for (int i = 0; i < STARTS && pairs_apart(search, 2) >= LEAST_PAIRS; i++)
	{
		double		likelihood = score_carry(search, population, population->carry, starts[i])->likelihood;

		if (likelihood > most)
		{
			most = likelihood;
			best = *population;
		}
	}
	*population = best;
}

static double
log_score(const Search *search, double value)
{
	double		n = 0;

	for (int i = 0; i < search->n; i++)
	{
		for (int j = 0; j < search->series[i].n; j++)
			n += search->series[i].months[j] > 0 || search->series[i].months[j] < 0;
	}
	return value / fmax(1, n);
}

/*
 * What is not known of the means between accounts is not known of any account: level and log sigma of one, as far as its segment
 * tells, lie about the estimated means by both.
 */
static void
widen(ClDemandPopulationFit *fit, double level_error, double spread_error)
{
	ClDemandPopulation *population = &fit->population;

	population->level_sd = sqrt(population->level_sd * population->level_sd + level_error);
	population->spread_sd = sqrt(population->spread_sd * population->spread_sd + spread_error);
	fit->level_error += level_error;
	fit->spread_error += spread_error;
}

void
cl_demand_population_fit(ClDemandPopulationFit *fit, const ClDemandSeries *series, int n, int distribution,
						 const ClMemory *memory)
{
	static const ClDemandDistribution tried[] = {CL_DEMAND_LOGNORMAL, CL_DEMAND_NORMAL, CL_DEMAND_GAMMA};
	Search		search = {
		.series = series, .n = n < FOR_CARRY ? n : FOR_CARRY, .memory = memory, .scan = scan_series, .data = &search
	};
	ClDemandPopulation start = {.distribution = CL_DEMAND_LOGNORMAL, .start = 1};
	double		best = -INFINITY;

	memset(fit, 0, sizeof(*fit));
	search.sigma = cl_allocate(memory, search.n * sizeof(double));
	memset(search.sigma, 0, search.n * sizeof(double));
	begin(&search, &start);
	fit->by_carry = fit_carry(&search, &start);
	fit_start(&search, &start);
	cl_release(memory, search.sigma);
	search.sigma = NULL;
	search.n = n < FIRST_FEW ? n : FIRST_FEW;
	cl_demand_fit_turns(&start, search.series, search.n, memory);
	for (int i = 0; i < (int) (sizeof(tried) / sizeof(tried[0])); i++)
	{
		ClDemandPopulation population = start;
		double		value;
		int			iterations = 0;
		bool		converged;

		fit->log_score[tried[i]] = NAN;
		if (distribution >= 0 && distribution != (int) tried[i])
			continue;
		population.distribution = tried[i];
		value = climb(&search, &population, MOST_CYCLES, 1e-3, &iterations, &converged);
		fit->log_score[tried[i]] = log_score(&search, value);
		if (fit->log_score[tried[i]] > best)
		{
			best = fit->log_score[tried[i]];
			fit->population = population;
			fit->iterations = iterations;
			fit->converged = converged;
		}
	}
	search.n = n;
	for (int i = 0; i < (n > FIRST_FEW ? 2 : 1); i++)
		(void) step(&search, &fit->population);
	widen(fit, search.level_error, search.spread_error + fit->by_carry);
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < series[i].n; j++)
		{
			if (series[i].months[j] > 0 || series[i].months[j] < 0)
			{
				fit->n++;
				break;
			}
		}
	}
}

void
cl_demand_population_refine(ClDemandPopulationFit *fit, ClDemandScan scan, void *data)
{
	Search		search = {.scan = scan, .data = data};

	widen(fit, -fit->level_error, -fit->spread_error);
	(void) climb(&search, &fit->population, MOST_CYCLES, 1e-3, &fit->iterations, &fit->converged);
	widen(fit, search.level_error, search.spread_error + fit->by_carry);
}
