/*
 * binning_trend.c
 *	  The trend "auto": monotone, unless the counts speak for a turn.
 */
#include "check.h"
#include "memory.h"

#include "core/binning_optimum.h"
#include "core/binning_trend.h"

#define PREBINS 20

/* Chi-squared at 0.999 for 1 to 8 degrees of freedom: NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.4. */
static const double critical[] = {10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.125};

static const ClOptimumRules defaults = {
	.objective = CL_OBJECTIVE_IV, .min_bins = 2, .max_bins = 8, .min_size = 0.05, .max_size = 1, .min_n = {0, 0},
	.trend = CL_TREND_AUTO, .min_rate_diff = 0, .max_p_value = 1
};

typedef struct Sample
{
	ClBinCounts prebin[PREBINS];
	ClBinCounts total;
} Sample;

/* Rows of pre-bins whose event rate is base, and slope and bend more for each step from the first and from the middle one. */
static void
draw(Sample *sample, uint64_t *seed, int rows, double base, double slope, double bend)
{
	sample->total = (ClBinCounts) {{0, 0}, {0, 0}};
	for (int i = 0; i < PREBINS; i++)
	{
		double		rate = base + slope * i + bend * fabs(i - (PREBINS - 1) / 2.0);
		ClBinCounts *bin = &sample->prebin[i];

		*bin = (ClBinCounts) {{0, 0}, {0, 0}};
		for (int row = 0; row < rows; row++)
			bin->n[(double) (cl_test_random(seed) >> 11) / 9007199254740992.0 < rate]++;
		for (int class = 0; class < 2; class++)
		{
			bin->weight[class] = (double) bin->n[class];
			sample->total.n[class] += bin->n[class];
			sample->total.weight[class] += bin->weight[class];
		}
	}
}

static ClOptimum
solve(const Sample *sample, ClTrend trend)
{
	ClOptimumRules rules = defaults;
	ClOptimum	optimum;

	rules.trend = trend;
	cl_binning_optimum(&cl_test_memory, sample->prebin, PREBINS, &sample->total, &rules, &optimum);
	return optimum;
}

/* Twice the log-likelihood of a table of bins and classes, up to what is the same for every binning. */
static double
statistic(const Sample *sample, const ClOptimum *optimum)
{
	double		sum = 0;
	int			i = 0;

	for (int b = 0; b < optimum->n_bins; b++)
	{
		double		n[2] = {0, 0};

		for (; i < optimum->end[b]; i++)
		{
			n[0] += (double) sample->prebin[i].n[0];
			n[1] += (double) sample->prebin[i].n[1];
		}
		for (int class = 0; class < 2; class++)
			sum += n[class] > 0 ? 2 * n[class] * log(n[class] / (n[0] + n[1])) : 0;
	}
	return sum;
}

static bool
turns(const ClOptimum *optimum)
{
	return optimum->trend == CL_TREND_PEAK || optimum->trend == CL_TREND_VALLEY;
}

/* Against the rule written down once more; gives whether the answer turns. */
static bool
check_rule(const Sample *sample)
{
	ClOptimum	automatic = solve(sample, CL_TREND_AUTO);
	ClOptimum	monotone = solve(sample, CL_TREND_MONOTONE);
	ClOptimum	best = solve(sample, CL_TREND_BEST);
	int			more = best.n_bins > monotone.n_bins ? best.n_bins - monotone.n_bins : 0;
	bool		pays = turns(&best) && statistic(sample, &best) - statistic(sample, &monotone) > critical[more];
	const ClOptimum *expected = pays ? &best : &monotone;

	CHECK_EQ_INT(automatic.n_bins, expected->n_bins);
	for (int b = 0; b < automatic.n_bins; b++)
		CHECK_EQ_INT(automatic.end[b], expected->end[b]);
	for (int price = 0; price < CL_PRICES; price++)
		CHECK_NEAR(automatic.best[price], expected->best[price], 0);
	return turns(&automatic);
}

void
test_binning_trend(void)
{
	uint64_t	seed = 11;
	int			by_chance = 0;
	int			best_by_chance = 0;
	int			found = 0;

	for (int round = 0; round < 1000; round++)
	{
		Sample		sample;
		ClOptimum	best;

		draw(&sample, &seed, 100, 0.03, 0.004, 0);
		by_chance += check_rule(&sample);
		best = solve(&sample, CL_TREND_BEST);
		best_by_chance += turns(&best);
	}
	/* Where the truth is monotone, the best of all trends turns in most samples, and "auto" hardly ever. */
	CHECK(best_by_chance > 500);
	CHECK(by_chance <= 5);
	for (int round = 0; round < 200; round++)
	{
		Sample		sample;

		draw(&sample, &seed, 400, 0.03, 0, 0.01);
		found += check_rule(&sample);
	}
	CHECK(found >= 199);
	for (int round = 0; round < 500; round++)
	{
		Sample		sample;

		draw(&sample, &seed, 20 + round % 200, 0.05, 0.002, 0.004);
		check_rule(&sample);
	}
	CHECK_EQ_INT(cl_test_allocated, 0);
}
