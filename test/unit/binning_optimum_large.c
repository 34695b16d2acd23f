/*
 * binning_optimum_large.c
 *	  Optimal binning of more pre-bins than divisions of them could be tried: against the same dynamic program without any of its
 *	  shortcuts.
 */
#include "bins_chi2.h"
#include "check.h"
#include "memory.h"

#include "core/binning_optimum.h"
#include "core/distribution.h"

static const ClOptimumRules defaults = {
	.objective = CL_OBJECTIVE_IV, .min_bins = 2, .max_bins = 8, .min_size = 0.05, .max_size = 1, .min_n = {1, 1},
	.trend = CL_TREND_BEST, .min_rate_diff = 0, .max_p_value = 1
};

static int
below(uint64_t *seed, int n)
{
	return (int) (cl_test_random(seed) % (unsigned) n);
}

/* A pre-bin more, of rows at random. */
static void
add_prebin(ClBinCounts *prebin, ClBinCounts *total, int non_event, int event)
{
	*prebin = (ClBinCounts) {{non_event, event}, {non_event, event}};
	for (int class = 0; class < 2; class++)
	{
		total->n[class] += prebin->n[class];
		total->weight[class] += prebin->weight[class];
	}
}

/*
 * worth[bins][i][j] is of the best division that ends with the bin (i, j), before and after a turn.
 */
#define MORE 40

static double worth[2][9][MORE][MORE + 1];

static bool
may_follow(const ClOptimumRules *rules, const double *last, const double *next)
{
	double		chi2 = bins_chi2(last, next);

	return rules->max_p_value >= 1 || (chi2 > 0 && cl_normal_two_sided(sqrt(chi2)) <= rules->max_p_value);
}

static void
try_all_before(const ClOptimumRules *rules, const double (*sum)[2], bool up_first, int bins, int i, int j, double term)
{
	double		next[2] = {sum[j][0] - sum[i][0], sum[j][1] - sum[i][1]};

	for (int h = 0; h < i; h++)
	{
		double		last[2] = {sum[i][0] - sum[h][0], sum[i][1] - sum[h][1]};
		double		step = up_first ? cl_event_rate(next) - cl_event_rate(last) : cl_event_rate(last) - cl_event_rate(next);

		if (!may_follow(rules, last, next))
			continue;
		if (step >= 0)
			worth[0][bins][i][j] = fmax(worth[0][bins][i][j], term + worth[0][bins - 1][h][i]);
		if (step <= 0)
			worth[1][bins][i][j] = fmax(worth[1][bins][i][j], term +
										fmax(worth[0][bins - 1][h][i], worth[1][bins - 1][h][i]));
	}
}

static double
best_without_shortcuts(const ClBinCounts *prebin, int n, const ClBinCounts *total, const ClOptimumRules *rules, bool up_first)
{
	double		sum[MORE + 1][2] = {{0, 0}};
	double		best = -INFINITY;

	for (int i = 0; i < n; i++)
	{
		for (int class = 0; class < 2; class++)
			sum[i + 1][class] = sum[i][class] + prebin[i].weight[class];
	}
	for (int bins = 1; bins <= rules->max_bins; bins++)
	{
		for (int i = 0; i < n; i++)
		{
			for (int j = i + 1; j <= n; j++)
			{
				double		w[2] = {sum[j][0] - sum[i][0], sum[j][1] - sum[i][1]};
				double		term = cl_objective_term(rules->objective, w, total->weight);

				worth[0][bins][i][j] = worth[1][bins][i][j] = -INFINITY;
				if (w[0] < 1 || w[1] < 1 ||
					(w[0] + w[1] < 0.05 * (total->weight[0] + total->weight[1]) && w[1] < 0.05 * total->weight[1]))
					continue;
				if (bins == 1 && i == 0)
					worth[0][bins][i][j] = term;
				if (bins > 1)
					try_all_before(rules, (const double (*)[2]) sum, up_first, bins, i, j, term);
			}
			if (bins > 1)
				best = fmax(best, fmax(worth[0][bins][i][n], worth[1][bins][i][n]));
		}
	}
	return best;
}

static void
check_medium(void)
{
	uint64_t	seed = 31;

	for (int round = 0; round < 60; round++)
	{
		ClBinCounts prebin[MORE];
		ClBinCounts total = {{0, 0}, {0, 0}};
		ClOptimumRules rules = defaults;
		int			n = 20 + below(&seed, MORE - 19);
		int			slope = below(&seed, 3);
		double		best[2];
		ClOptimum	optimum;

		for (int i = 0; i < n; i++)
		{
			int			non_event = 20 + below(&seed, 30);

			add_prebin(&prebin[i], &total, non_event, below(&seed, 20 + slope * i));
		}
		rules.objective = (ClObjective) below(&seed, 4);
		rules.max_bins = 3 + below(&seed, 6);
		rules.max_p_value = round % 2 == 0 ? 1 : 0.1;
		for (int up_first = 0; up_first < 2; up_first++)
		{
			best[up_first] = best_without_shortcuts(prebin, n, &total, &rules, up_first);
			rules.trend = up_first ? CL_TREND_PEAK : CL_TREND_VALLEY;
			cl_binning_optimum(&cl_test_memory, prebin, n, &total, &rules, &optimum);
			CHECK((optimum.status == CL_OPTIMUM_FOUND) == (best[up_first] > -INFINITY));
			if (optimum.status == CL_OPTIMUM_FOUND)
				CHECK_NEAR(optimum.value / best[up_first], 1, 1e-10);
		}
		rules.trend = CL_TREND_BEST;
		cl_binning_optimum(&cl_test_memory, prebin, n, &total, &rules, &optimum);
		if (optimum.status == CL_OPTIMUM_FOUND)
			CHECK_NEAR(optimum.value / fmax(best[0], best[1]), 1, 1e-10);
	}
}

/* What a hundred and more pre-bins must keep, when nobody can try all divisions. */
static void
check_large(void)
{
	uint64_t	seed = 5;

	for (int round = 0; round < 40; round++)
	{
		static ClBinCounts prebin[CL_OPTIMUM_MAX_PREBINS];
		int			n = 60 + below(&seed, round == 0 ? 441 : 90);
		ClBinCounts total = {{0, 0}, {0, 0}};
		ClOptimumRules rules = defaults;
		ClOptimum	optimum[CL_TREND_AUTO];

		for (int i = 0; i < n; i++)
		{
			int			non_event = 50 + below(&seed, 100);

			add_prebin(&prebin[i], &total, non_event, below(&seed, 5 + (i < n / 2 ? i : n - i)));
		}
		rules.max_p_value = round % 2 == 0 ? 1 : 0.05;
		for (int trend = 0; trend < CL_TREND_AUTO; trend++)
		{
			rules.trend = (ClTrend) trend;
			cl_binning_optimum(&cl_test_memory, prebin, n, &total, &rules, &optimum[trend]);
			CHECK_EQ_INT(optimum[trend].status, CL_OPTIMUM_FOUND);
			for (int price = 1; price < CL_PRICES; price++)
				CHECK(optimum[trend].best[price] <= optimum[trend].best[price - 1] * (1 + 1e-11));
		}
		CHECK(optimum[CL_TREND_PEAK].value >= optimum[CL_TREND_ASCENDING].value * (1 - 1e-11));
		CHECK(optimum[CL_TREND_PEAK].value >= optimum[CL_TREND_DESCENDING].value * (1 - 1e-11));
		CHECK(optimum[CL_TREND_VALLEY].value >= optimum[CL_TREND_DESCENDING].value * (1 - 1e-11));
		CHECK_NEAR(optimum[CL_TREND_MONOTONE].value,
				   fmax(optimum[CL_TREND_ASCENDING].value, optimum[CL_TREND_DESCENDING].value), 1e-11);
		CHECK(optimum[CL_TREND_NONE].value >= optimum[CL_TREND_BEST].value * (1 - 1e-11));
		CHECK_NEAR(optimum[CL_TREND_BEST].value, fmax(optimum[CL_TREND_PEAK].value, optimum[CL_TREND_VALLEY].value), 1e-11);
	}
}

void
test_binning_optimum_large(void)
{
	check_medium();
	check_large();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
