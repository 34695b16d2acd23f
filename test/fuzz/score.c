/*
 * score.c
 *	  Fuzzing what makes a card: pre-bins, the optimum against trying every division, weights of evidence, cuts, a small
 *	  regression, points.
 */
#include <math.h>

#include "core/binning_optimum.h"
#include "core/binning_prebin.h"
#include "core/card_points.h"
#include "core/distribution.h"
#include "core/logistic.h"

#include "input.h"
#include "../unit/bins_chi2.h"
#include "../unit/release.h"

#define MOST_PREBINS 7

static void
take_counts(Input *input, bool weighted, ClBinCounts *counts, ClBinCounts *total)
{
	for (int class = 0; class < 2; class++)
	{
		counts->n[class] = take_byte(input) % 40;
		counts->weight[class] = (double) counts->n[class] * (weighted ? (take_byte(input) % 8) / 4.0 : 1);
		total->n[class] += counts->n[class];
		total->weight[class] += counts->weight[class];
	}
}

/*
 * The optimum
 */

/* Does a division, whose bins are given, keep a trend? Some turn makes it up before and down after, or the reverse. */
static bool
keeps_trend(ClTrend trend, const double *rate, int bins, double apart)
{
	if (trend == CL_TREND_MONOTONE)
		return keeps_trend(CL_TREND_ASCENDING, rate, bins, apart) || keeps_trend(CL_TREND_DESCENDING, rate, bins, apart);
	if (trend == CL_TREND_BEST)
		return keeps_trend(CL_TREND_PEAK, rate, bins, apart) || keeps_trend(CL_TREND_VALLEY, rate, bins, apart);
	for (int turn = 0; turn < bins; turn++)
	{
		bool		kept = true;

		for (int b = 1; b < bins; b++)
		{
			bool		up = rate[b] >= rate[b - 1] + apart;
			bool		down = rate[b] <= rate[b - 1] - apart;

			if (trend == CL_TREND_NONE)
				kept &= up || down;
			else if (trend == CL_TREND_ASCENDING || trend == CL_TREND_DESCENDING)
				kept &= trend == CL_TREND_ASCENDING ? up : down;
			else
				kept &= (b <= turn) == (trend == CL_TREND_PEAK) ? up : down;
		}
		if (kept)
			return true;
	}
	return false;
}

/* What the division with these splits is worth; -Infinity when it breaks a rule. */
static double
worth_of_splits(const ClBinCounts *prebin, int n, const ClBinCounts *total, const ClOptimumRules *rules, unsigned splits)
{
	double		weight[MOST_PREBINS][2] = {{0}};
	double		rate[MOST_PREBINS];
	double		all = total->weight[0] + total->weight[1];
	double		worth = 0;
	int			bins = 0;

	for (int i = 0; i < n; i++)
	{
		for (int class = 0; class < 2; class++)
			weight[bins][class] += prebin[i].weight[class];
		bins += i == n - 1 || (splits & 1u << i);
	}
	if (bins < rules->min_bins || bins > rules->max_bins)
		return -INFINITY;
	for (int b = 0; b < bins; b++)
	{
		double		size = weight[b][0] + weight[b][1];

		if (size == 0 || weight[b][0] < (double) rules->min_n[0] || weight[b][1] < (double) rules->min_n[1] ||
			(size < rules->min_size * all * (1 - 1e-12) && weight[b][1] < rules->min_size * total->weight[1] * (1 - 1e-12)))
			return -INFINITY;
		rate[b] = cl_event_rate(weight[b]);
		worth += cl_objective_term(rules->objective, weight[b], total->weight);
		if (b > 0 && rules->max_p_value < 1)
		{
			double		chi2 = bins_chi2(weight[b - 1], weight[b]);

			if (isnan(chi2) || !(cl_normal_two_sided(sqrt(chi2)) <= rules->max_p_value))
				return -INFINITY;
		}
	}
	return keeps_trend(rules->trend, rate, bins, rules->min_rate_diff) ? worth : -INFINITY;
}

static void
fuzz_optimum(Input *input)
{
	static const double p_values[] = {1, 1, 0.5, 0.05};
	static const double apart[] = {0, 0, 0.02, 0.1};
	ClBinCounts prebin[MOST_PREBINS];
	ClBinCounts total = {{0, 0}, {0, 0}};
	ClOptimum	optimum;
	int			n = 1 + take_byte(input) % MOST_PREBINS;
	bool		weighted = take_byte(input) % 2;
	ClOptimumRules rules = {
		.objective = (ClObjective) (take_byte(input) % 4),
		.min_bins = 1 + take_byte(input) % 3, .max_bins = 3 + take_byte(input) % 5,
		.min_size = (take_byte(input) % 32) / 128.0, .max_size = 1, .min_n = {take_byte(input) % 8, take_byte(input) % 8},
		.trend = (ClTrend) (take_byte(input) % CL_TREND_AUTO), .min_rate_diff = apart[take_byte(input) % 4],
		.max_p_value = p_values[take_byte(input) % 4]
	};
	double		best = -INFINITY;
	unsigned	found = 0;

	take_counts(input, weighted, &prebin[0], &total);	/* rows that take no part */
	for (int i = 0; i < n; i++)
		take_counts(input, weighted, &prebin[i], &total);
	cl_binning_optimum(&fuzz_memory, prebin, n, &total, &rules, &optimum);
	if (optimum.status == CL_OPTIMUM_ONE_CLASS || optimum.status == CL_OPTIMUM_NOTHING_TO_SPLIT)
		return;
	for (unsigned splits = 0; splits < 1u << (n - 1); splits++)
		best = fmax(best, worth_of_splits(prebin, n, &total, &rules, splits));
	REQUIRE((optimum.status == CL_OPTIMUM_FOUND) == (best > -INFINITY));
	REQUIRE(optimum.n_bins >= 1 && optimum.end[optimum.n_bins - 1] == n);
	if (optimum.status != CL_OPTIMUM_FOUND)
	{
		REQUIRE(optimum.n_bins == 1 && optimum.in_the_way != 0);
		return;
	}
	for (int b = 0; b + 1 < optimum.n_bins; b++)
		found |= 1u << (optimum.end[b] - 1);
	REQUIRE(fabs(worth_of_splits(prebin, n, &total, &rules, found) - optimum.value) <= 1e-12 * fmax(1, best));
	REQUIRE(fabs(optimum.value - best) <= 1e-9 * fmax(1, best));
}

/*
 * Pre-bins
 */

static void
fuzz_prebins(Input *input)
{
	double		forced[] = {-5, 3, 64.5};
	double		skip[] = {-1, 100};
	ClPrebinRules rules = {
		.max_prebins = 2 + take_byte(input) % 30, .closed_right = take_byte(input) % 2, .forced = forced,
		.n_forced = take_byte(input) % 4, .skip = skip, .n_skip = take_byte(input) % 3
	};
	ClTallyKind kind = take_byte(input) % 2 ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS;
	int64_t		rows = 0;
	ClTally		tally;
	ClPrebins	prebins;

	cl_tally_init(&tally, &fuzz_memory, kind);
	while (input->size > 0)
	{
		uint8_t		what = take_byte(input);
		double		value = what & 2 ? take_double(input) : take_byte(input) - 10;

		if (isnan(value))
			continue;
		if (kind == CL_TALLY_WEIGHTS)
			cl_tally_add_weighted(&tally, value, what & 1, 0.25 + (what >> 4), 0);
		else
			cl_tally_add(&tally, value, what & 1);
		rows += !((rules.n_skip > 0 && value == -1) || (rules.n_skip > 1 && value == 100));
	}
	cl_tally_settle(&tally);
	cl_prebins_init(&prebins, &fuzz_memory, &tally, &rules);
	REQUIRE(prebins.n <= rules.max_prebins + rules.n_forced && (prebins.n > 0) == (rows > 0));
	for (int i = 0; i < prebins.n; i++)
	{
		REQUIRE(prebins.bin[i].lowest <= prebins.bin[i].highest);
		rows -= prebins.counts[i].n[0] + prebins.counts[i].n[1];
		if (i + 1 < prebins.n)
		{
			double		cut = cl_prebins_cut(&prebins, i, rules.closed_right);

			REQUIRE(rules.closed_right ? prebins.bin[i].highest <= cut && cut < prebins.bin[i + 1].lowest :
					prebins.bin[i].highest < cut && cut <= prebins.bin[i + 1].lowest);
		}
	}
	REQUIRE(rows == 0);
	release_prebins(&prebins, &fuzz_memory);
	release_tally(&tally);
}

static void
fuzz_cut(Input *input)
{
	double		left = take_double(input);
	double		right = take_double(input);
	bool		closed_right = take_byte(input) % 2;
	double		cut;

	if (!(left < right))
		return;
	cut = cl_readable_cut(left, right, closed_right);
	REQUIRE(closed_right ? left <= cut && cut < right : left < cut && cut <= right);
}

/*
 * Weights of evidence
 */

static void
fuzz_woe(Input *input)
{
	ClBinCounts bin[5];
	ClBinCounts total = {{0, 0}, {0, 0}};
	ClBinningMeasures measures;
	bool		weighted = take_byte(input) % 2;
	ClWoeConvention convention = {(ClWoeSign) (take_byte(input) % 2), (ClSmoothing) (take_byte(input) % 4)};
	ClWoeConvention other = {(ClWoeSign) !convention.sign, convention.smoothing};

	for (int b = 0; b < 5; b++)
		take_counts(input, weighted, &bin[b], &total);
	for (int b = 0; b < 5; b++)
	{
		double		woe = cl_woe(bin[b].weight, total.weight, 5, convention);
		double		iv = cl_iv_term(bin[b].weight, total.weight, 5, convention.smoothing);
		bool		pure = bin[b].weight[0] == 0 || bin[b].weight[1] == 0;
		bool		one_class = total.weight[0] == 0 || total.weight[1] == 0;

		REQUIRE(!isinf(woe) && !isinf(iv));
		REQUIRE(!isnan(woe) || one_class || (pure && convention.smoothing == CL_SMOOTHING_NONE));
		REQUIRE(isnan(woe) || fabs(woe + cl_woe(bin[b].weight, total.weight, 5, other)) <= 1e-12 * fmax(1, fabs(woe)));
		if (convention.smoothing == CL_SMOOTHING_NONE || convention.smoothing == CL_SMOOTHING_LAPLACE)
			REQUIRE(isnan(iv) || iv >= -1e-12);
	}
	cl_binning_measure(&fuzz_memory, bin, 5, convention.smoothing, &measures);
	if (isnan(measures.gini))
		return;
	REQUIRE(measures.gini >= -1e-12 && measures.gini <= 1 + 1e-12 && measures.ks >= 0 && measures.ks <= 1 + 1e-12);
	REQUIRE(measures.cramers_v >= 0 && measures.cramers_v <= 1 + 1e-12 && measures.hhi <= 1 + 1e-12);
	REQUIRE(measures.objective[CL_OBJECTIVE_JS] >= -1e-12 && measures.objective[CL_OBJECTIVE_JS] <= log(2) + 1e-12);
}

/*
 * Regression: whatever the rows, there is a status, and where it says converged, numbers.
 */

static void
check_fit(const ClLogitFit *fit, const ClLogitOptions *options)
{
	int			size = fit->terms + 1;

	REQUIRE(fit->status >= CL_LOGIT_CONVERGED && fit->status <= CL_LOGIT_BOUNDED);
	REQUIRE(fit->iterations <= options->max_iterations);
	if (fit->status != CL_LOGIT_CONVERGED && fit->status != CL_LOGIT_RANK_DEFICIENT && fit->status != CL_LOGIT_BOUNDED)
		return;
	REQUIRE(isfinite(fit->loglik) && fit->loglik <= 1e-9);
	for (int j = 0; j < size; j++)
	{
		double		variance = fit->covariance[j * size + j];

		REQUIRE(fit->term[j].aliased ? isnan(fit->term[j].coefficient) : isfinite(fit->term[j].coefficient));
		REQUIRE(isnan(variance) || variance >= 0);
	}
	REQUIRE(fit->status == CL_LOGIT_RANK_DEFICIENT || fit->rank >= 1);
	for (int j = 1; j < size && options->bound > 0; j++)
		REQUIRE(fit->term[j].aliased || fabs(fit->term[j].coefficient) <= options->bound);
}

static void
fuzz_logistic(Input *input)
{
	uint8_t		what = take_byte(input);
	int			terms = what % 4;
	bool		weighted = what & 4;
	ClLogitOptions options = {
		.penalty = (ClLogitPenalty) ((what >> 3) % 3), .lambda = 0.5, .max_iterations = 50, .tolerance = 1e-10,
		.bound = what & 64 ? 2 : 0
	};
	ClLogitRows rows;
	ClLogitFit	fit;
	int			n = 1 + take_byte(input) % 30;
	bool		wild = what & 128;

	cl_logit_rows_init(&rows, &fuzz_memory, weighted);
	rows.terms = terms;
	for (int i = 0; i < n; i++)
	{
		double		x[4] = {0, 0, 0, 0};
		uint8_t		row = take_byte(input);

		for (int j = 0; j < terms; j++)
		{
			x[j] = wild ? take_double(input) : (take_byte(input) - 128) / 8.0;
			if (!(fabs(x[j]) <= CL_LARGEST_X))
				x[j] = 0;
		}
		cl_logit_rows_add(&rows, x, row & 1, weighted ? (1 + (row >> 1)) / 4.0 : 1);
	}
	cl_logit_fit_rows(&rows, &fuzz_memory, &options, &fit);
	check_fit(&fit, &options);
	cl_logit_fit_free(&fuzz_memory, &fit);
	cl_logit_rows_free(&rows);
}

/*
 * Points: the score is what the model says, rounding keeps its promises.
 */

static void
fuzz_points(Input *input)
{
	ClCardPart	part[3];
	double		woe[3][4];
	double		points[3][4];
	double		range[2][2] = {{0, 0}, {0, 0}};
	int			n = 1 + take_byte(input) % 3;
	ClAllocation allocation = (ClAllocation) (take_byte(input) % 3);
	double		intercept = (take_byte(input) - 128) / 16.0;
	ClScaling	scaling = {take_byte(input) * 4, 1 + take_byte(input), 1 + take_byte(input)};

	for (int j = 0; j < n; j++)
	{
		part[j] = (ClCardPart) {1 + take_byte(input) % 4, (take_byte(input) - 128) / 64.0, woe[j], points[j], 0};
		for (int i = 0; i < part[j].bins; i++)
			woe[j][i] = (take_byte(input) - 128) / 32.0;
	}
	for (int rounding = CL_ROUNDING_NONE; rounding <= CL_ROUNDING_RANGE; rounding++)
	{
		double		base = cl_card_points(part, n, intercept, &scaling, allocation, (ClRounding) rounding, &fuzz_memory);
		double	   *bound = range[rounding == CL_ROUNDING_RANGE];
		double		log_odds = intercept;
		double		score = base;

		bound[0] = bound[1] = base;
		for (int j = 0; j < n; j++)
		{
			double		low = INFINITY;
			double		high = -INFINITY;

			for (int i = 0; i < part[j].bins; i++)
			{
				REQUIRE(isfinite(points[j][i]) && (rounding == CL_ROUNDING_NONE || points[j][i] == rint(points[j][i])));
				low = fmin(low, points[j][i]);
				high = fmax(high, points[j][i]);
			}
			bound[0] += low;
			bound[1] += high;
			log_odds += part[j].coefficient * woe[j][0];
			score += points[j][0];
		}
		if (rounding == CL_ROUNDING_NONE)
			REQUIRE(fabs(score - (scaling.score - scaling.pdo / log(2) * (log(scaling.odds) + log_odds))) < 1e-8);
	}
	/* A half may be rounded either way. */
	for (int end = 0; end < 2; end++)
		REQUIRE(fabs(range[1][end] - range[0][end]) <= 0.5 + 1e-8);
}

void
fuzz_score(Input *input)
{
	switch (take_byte(input) % 7)
	{
		case 0:
		case 1:
			fuzz_optimum(input);
			break;
		case 2:
			fuzz_prebins(input);
			break;
		case 3:
			fuzz_cut(input);
			break;
		case 4:
			fuzz_woe(input);
			break;
		case 5:
			fuzz_logistic(input);
			break;
		default:
			fuzz_points(input);
	}
}
