/*
 * demand_prior.c
 *	  Empirical Bayes: the population behind the accounts of a segment, by the likelihood of their months.
 *
 * Level and spread are where the accounts are likeliest (demand_climb.h), for each coefficient that is tried.
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
#define FOR_CARRY 2000			/* of these, and so many months of them: the coefficient is then known to a hundredth */
#define MONTHS_FOR_CARRY 24000
#define MOST_STEPS 50
#define LEAST_PAIRS 50			/* of months, with one between them, that the forecasts are judged by */
#define MOST_CARRY 0.998
#define START_AT_LEAST 10		/* of log likelihood, for series that did not begin as they go on */
#define LEAST_GAIN 0.97			/* a miss so much less is worth leaving the likelihood for */

/* A population as fitted to one coefficient and start. */
typedef struct CarryScore
{
	ClDemandPopulation population;
	double		information[CL_DEMAND_CLIMBS * CL_DEMAND_CLIMBS];	/* as ClDemandClimb has it */
	double		likelihood;
	double		miss;
} CarryScore;

#define MOST_SCORES 64

typedef struct Search
{
	const ClDemandSeries *series;
	int			n;
	const ClMemory *memory;
	double	   *sigma;			/* of each series, as believed when last looked at */
	double	   *missed;			/* by the forecasts of each series, where asked for */
	CarryScore	score[MOST_SCORES];	/* of what was tried */
	int			n_scores;
} Search;

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
	population->spread_mean = n_within > 0 ? 0.5 * log(fmax(1e-4, within / n_within)) :
		log(population->level_sd) - CL_DEMAND_USUAL_RATIO;
	population->spread_sd = 0.5;
}

/* A climb begins where the one ended that was most like it, with what that learned of the curvature. */
static const CarryScore *
nearest_score(const Search *search, double carry, double start)
{
	const CarryScore *nearest = NULL;
	double		least = INFINITY;

	for (int i = 0; i < search->n_scores; i++)
	{
		const ClDemandPopulation *at = &search->score[i].population;
		double		apart = fabs(log((1 - at->carry) / (1 - carry))) + fabs(log(at->start / start));

		if (apart < least)
		{
			least = apart;
			nearest = &search->score[i];
		}
	}
	return nearest;
}

static ClDemandClimb
begin_climb(Search *search, const CarryScore *near)
{
	ClDemandClimb climb = {.scan = scan_series, .data = search, .memory = search->memory, .to_beat = -INFINITY};

	if (near != NULL)
		memcpy(climb.information, near->information, sizeof(climb.information));
	return climb;
}

static const CarryScore *
score_carry(Search *search, ClDemandPopulation *population, double carry, double start)
{
	const CarryScore *near = nearest_score(search, carry, start);
	CarryScore *score = &search->score[search->n_scores < MOST_SCORES ? search->n_scores++ : MOST_SCORES - 1];
	ClDemandClimb climb = begin_climb(search, near);

	if (near != NULL)
		*population = near->population;
	population->carry = carry;
	population->start = start;
	cl_demand_climb(&climb, population, MOST_STEPS, 0.002);
	memcpy(score->information, climb.information, sizeof(climb.information));
	score->likelihood = climb.likelihood - (start < 1 ? START_AT_LEAST : 0);
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
	ClDemandPopulation mean = {0};

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

		if (at->carry == 0)
			weight += NO_CARRY * exp(score[i].likelihood - most);
		total += weight;
		carry += weight * log(1 - at->carry);
		squares += weight * at->spread_mean * at->spread_mean;
		mean.level_mean += weight * at->level_mean;
		mean.level_sd += weight * log(at->level_sd);
		mean.spread_mean += weight * at->spread_mean;
		mean.spread_sd += weight * log(at->spread_sd);
	}
	population->level_mean = mean.level_mean / total;
	population->level_sd = exp(mean.level_sd / total);
	population->spread_mean = mean.spread_mean / total;
	population->spread_sd = exp(mean.spread_sd / total);
	population->carry = 1 - exp(carry / total);
	return fmax(0, squares / total - population->spread_mean * population->spread_mean);
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

/* Gain of log likelihood: a seventieth of a standard error, and of many accounts, whose error is small, .0005 deviations. */
static double
worth_a_step(int n)
{
	return fmax(1e-4, 1e-7 * n);
}

static void
accept(ClDemandPopulationFit *fit, const ClDemandClimb *climb)
{
	fit->iterations = climb->steps;
	fit->converged = climb->converged;
	widen(fit, climb->level_error, climb->spread_error + fit->by_carry);
}

void
cl_demand_population_fit(ClDemandPopulationFit *fit, const ClDemandSeries *series, int n, int distribution,
						 const ClMemory *memory)
{
	static const ClDemandDistribution tried[] = {CL_DEMAND_LOGNORMAL, CL_DEMAND_NORMAL, CL_DEMAND_GAMMA};
	Search		search = {.series = series, .memory = memory};
	ClDemandClimb best_climb = {0};
	ClDemandPopulation start = {.distribution = CL_DEMAND_LOGNORMAL, .start = 1};
	double		best = -INFINITY;
	int			months = 0;

	memset(fit, 0, sizeof(*fit));
	while (search.n < n && search.n < FOR_CARRY && months < MONTHS_FOR_CARRY)
		months += series[search.n++].n;
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
		ClDemandClimb climb = begin_climb(&search, nearest_score(&search, start.carry, start.start));

		fit->log_score[tried[i]] = NAN;
		if (distribution >= 0 && distribution != (int) tried[i])
			continue;
		population.distribution = tried[i];
		if (best > -INFINITY)
			climb.to_beat = best_climb.likelihood;
		cl_demand_climb(&climb, &population, MOST_STEPS, worth_a_step(search.n));
		fit->log_score[tried[i]] = log_score(&search, climb.likelihood);
		if (fit->log_score[tried[i]] > best)
		{
			best = fit->log_score[tried[i]];
			fit->population = population;
			best_climb = climb;
		}
	}
	search.n = n;
	if (n > FIRST_FEW)
		cl_demand_climb(&best_climb, &fit->population, MOST_STEPS, worth_a_step(n));
	accept(fit, &best_climb);
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
cl_demand_population_refine(ClDemandPopulationFit *fit, ClDemandScan scan, void *data, const ClMemory *memory)
{
	ClDemandClimb climb = {.scan = scan, .data = data, .memory = memory, .to_beat = -INFINITY, .steps = fit->iterations};

	widen(fit, -fit->level_error, -fit->spread_error);
	cl_demand_climb(&climb, &fit->population, MOST_STEPS, worth_a_step(fit->n));
	accept(fit, &climb);
}
