/*
 * binning_optimum.c
 *	  Optimal binning against trying every division of small problems, and against published optima.
 */
#include "bins_chi2.h"
#include "check.h"
#include "memory.h"

#include <string.h>

#include "core/binning_optimum.h"
#include "core/distribution.h"

#define MOST 9

typedef struct Case
{
	int			n;
	ClBinCounts prebin[MOST];
	unsigned char boundary[MOST];
	ClBinCounts total;
	ClOptimumRules rules;
} Case;

/*
 * By brute force: a division is a set of splits, a bit for each place between pre-bins.
 */

typedef struct Brute
{
	unsigned	splits;
	int			bins;
	double		value;
	bool		monotone;
	bool		found;
} Brute;

/* Values of all segments, from the definitions. */
typedef struct Values
{
	double		value[MOST][MOST + 1];
	ClBinCounts counts[MOST][MOST + 1];
	double		equal;			/* values of divisions this near are equal but for rounding */
} Values;

static double
value_of_bin(ClObjective objective, const double *weight, const double *total)
{
	double		p = weight[0] / total[0];
	double		q = weight[1] / total[1];
	double		m = (p + q) / 2;
	double		half = 2 * fmin(total[0], total[1]);	/* half a row of the rarer class, and what goes with it */

	if (p + q == 0)
		return 0;
	switch (objective)
	{
		case CL_OBJECTIVE_IV:
			if (p > 0 && q > 0)
				return (p - q) * log(p / q);
			return (q - p) * (log((weight[1] + total[1] / half) / (weight[0] + total[0] / half)) - log(total[1] / total[0]));
		case CL_OBJECTIVE_JS:
			return ((p > 0 ? p * log(p / m) : 0) + (q > 0 ? q * log(q / m) : 0)) / 2;
		case CL_OBJECTIVE_HELLINGER:
			return (sqrt(p) - sqrt(q)) * (sqrt(p) - sqrt(q)) / 2;
		default:
			return (p - q) * (p - q) / (p + q);
	}
}

static void
find_values(const Case *c, Values *v)
{
	v->equal = 0;
	for (int i = 0; i < c->n; i++)
	{
		ClBinCounts sum = {{0, 0}, {0, 0}};

		for (int j = i + 1; j <= c->n; j++)
		{
			for (int class = 0; class < 2; class++)
			{
				sum.n[class] += c->prebin[j - 1].n[class];
				sum.weight[class] += c->prebin[j - 1].weight[class];
			}
			v->counts[i][j] = sum;
			v->value[i][j] = value_of_bin(c->rules.objective, sum.weight, c->total.weight);
			v->equal = fmax(v->equal, 2e-11 * v->value[i][j]);
		}
	}
}

static int
ends_of(const Case *c, unsigned splits, int *end)
{
	int			bins = 0;

	for (int place = 1; place <= c->n; place++)
	{
		if (place == c->n || (splits & 1u << (place - 1)))
			end[bins++] = place;
	}
	return bins;
}

static bool
bin_is_allowed(const ClOptimumRules *rules, const ClBinCounts *bin, const ClBinCounts *total, ClPrice price)
{
	double		rows = bin->weight[0] + bin->weight[1];
	double		all = total->weight[0] + total->weight[1];

	if (bin->weight[0] + bin->weight[1] == 0)
		return false;
	if (price < CL_PRICE_SIZE)
		return true;
	/* Shares in the cases here are whole hundredths, and weights quarters: products and sums are exact. */
	return (100 * rows >= (double) llround(100 * rules->min_size) * all ||
			100 * bin->weight[1] >= (double) llround(100 * rules->min_size) * total->weight[1]) &&
		100 * rows <= (double) llround(100 * rules->max_size) * all &&
		bin->weight[0] >= (double) rules->min_n[0] && bin->weight[1] >= (double) rules->min_n[1];
}

static bool
rates_follow(ClTrend trend, const double *rate, int bins, double apart)
{
	/* A trend with at most one turn is a trend up to some bin and the other one from there. */
	for (int turn = 0; turn < bins; turn++)
	{
		bool		kept = true;

		for (int b = 1; b < bins; b++)
		{
			bool		up = rate[b] >= rate[b - 1] + apart;
			bool		down = rate[b] <= rate[b - 1] - apart;
			bool		before = b <= turn;

			kept &= trend == CL_TREND_ASCENDING ? up : trend == CL_TREND_DESCENDING ? down :
				trend == CL_TREND_PEAK ? (before ? up : down) : trend == CL_TREND_VALLEY ? (before ? down : up) : up || down;
		}
		if (kept)
			return true;
	}
	return false;
}

static bool
neighbours_are_allowed(const Case *c, const Values *v, const int *end, int bins, ClPrice price, bool *monotone)
{
	const ClOptimumRules *rules = &c->rules;
	double		rate[MOST];
	bool		trend;

	for (int b = 0; b < bins; b++)
		rate[b] = cl_event_rate(v->counts[b > 0 ? end[b - 1] : 0][end[b]].weight);
	*monotone = rates_follow(CL_TREND_ASCENDING, rate, bins, rules->min_rate_diff) ||
		rates_follow(CL_TREND_DESCENDING, rate, bins, rules->min_rate_diff);
	trend = rules->trend == CL_TREND_MONOTONE ? *monotone :
		rules->trend != CL_TREND_BEST ? rates_follow(rules->trend, rate, bins, rules->min_rate_diff) :
		*monotone || rates_follow(CL_TREND_PEAK, rate, bins, rules->min_rate_diff) ||
		rates_follow(CL_TREND_VALLEY, rate, bins, rules->min_rate_diff);
	if (price >= CL_PRICE_TREND && !trend)
		return false;
	for (int b = 1; price >= CL_PRICE_P_VALUE && rules->max_p_value < 1 && b < bins; b++)
	{
		double		chi2 = bins_chi2(v->counts[b > 1 ? end[b - 2] : 0][end[b - 1]].weight,
										v->counts[end[b - 1]][end[b]].weight);

		/* Two bins of one class are not different. */
		if (isnan(chi2) || !(cl_normal_two_sided(sqrt(chi2)) <= rules->max_p_value))
			return false;
	}
	return true;
}

static bool
is_allowed(const Case *c, const Values *v, unsigned splits, ClPrice price, Brute *brute)
{
	int			end[MOST];
	int			bins = ends_of(c, splits, end);

	*brute = (Brute) {.splits = splits, .bins = bins, .found = true};
	if (bins < c->rules.min_bins || bins > c->rules.max_bins)
		return false;
	for (int place = 1; place < c->n; place++)
	{
		bool		split = splits & 1u << (place - 1);

		if (c->boundary[place - 1] == (split ? CL_BOUNDARY_FORBIDDEN : CL_BOUNDARY_FORCED))
			return false;
	}
	for (int b = 0; b < bins; b++)
	{
		int			start = b > 0 ? end[b - 1] : 0;

		if (!bin_is_allowed(&c->rules, &v->counts[start][end[b]], &c->total, price))
			return false;
		brute->value += v->value[start][end[b]];
	}
	return neighbours_are_allowed(c, v, end, bins, price, &brute->monotone);
}

static bool
is_preferred(const Case *c, const Values *v, ClPrice price, const Brute *a, const Brute *b)
{
	unsigned	differing = a->splits ^ b->splits;

	if (!b->found || fabs(a->value - b->value) > v->equal)
		return !b->found || a->value > b->value;
	if (price >= CL_PRICE_TREND && c->rules.trend == CL_TREND_BEST && a->monotone != b->monotone)
		return a->monotone;
	if (a->bins != b->bins)
		return a->bins < b->bins;
	return a->splits & (differing & -differing);
}

static Brute
best_by_brute_force(const Case *c, const Values *v, ClPrice price)
{
	Brute		best = {.found = false};

	for (unsigned splits = 0; splits < 1u << (c->n - 1); splits++)
	{
		Brute		brute;

		if (is_allowed(c, v, splits, price, &brute) && is_preferred(c, v, price, &brute, &best))
			best = brute;
	}
	return best;
}

static bool
is_possible_without(const Case *c, unsigned which)
{
	Case		fewer = *c;
	ClOptimumRules *rules = &fewer.rules;
	Values		v;

	rules->max_p_value = which & CL_RULE_P_VALUE ? 1 : rules->max_p_value;
	rules->min_rate_diff = which & CL_RULE_RATE_DIFF ? 0 : rules->min_rate_diff;
	rules->trend = which & CL_RULE_TREND ? CL_TREND_NONE : rules->trend;
	rules->min_n[1] = which & CL_RULE_MIN_EVENTS ? 0 : rules->min_n[1];
	rules->min_n[0] = which & CL_RULE_MIN_NON_EVENTS ? 0 : rules->min_n[0];
	rules->min_size = which & CL_RULE_MIN_SIZE ? 0 : rules->min_size;
	rules->max_size = which & CL_RULE_MAX_SIZE ? 1 : rules->max_size;
	rules->min_bins = which & CL_RULE_MIN_BINS && rules->min_bins > 2 ? 2 : rules->min_bins;
	rules->max_bins = which & CL_RULE_MAX_BINS ? CL_OPTIMUM_MAX_BINS : rules->max_bins;
	for (int i = 0; i < c->n; i++)
	{
		if (which & CL_RULE_FORCED && c->boundary[i] == CL_BOUNDARY_FORCED)
			fewer.boundary[i] = CL_BOUNDARY_FREE;
	}
	find_values(&fewer, &v);
	return best_by_brute_force(&fewer, &v, CL_PRICE_P_VALUE).found;
}

/*
 * Comparison
 */

/*
 * Bins of one rate may pass rows to each other without a gain or a loss, whether they are neighbours or not: then equal answers
 * are made of different terms, and so rounded differently.
 */
static bool
has_equal_rates(const Case *c, const Values *v, unsigned splits)
{
	int			end[MOST];
	int			bins = ends_of(c, splits, end);

	for (int a = 0; a < bins; a++)
	{
		for (int b = a + 1; b < bins; b++)
		{
			if (cl_event_rate(v->counts[a > 0 ? end[a - 1] : 0][end[a]].weight) ==
				cl_event_rate(v->counts[end[b - 1]][end[b]].weight))
				return true;
		}
	}
	return false;
}

/* Do two divisions have the same terms? Different ones can add up to the same by chance, and then the last bit decides. */
static bool
has_same_terms(const Case *c, const Values *v, unsigned splits, unsigned other)
{
	int			end[2][MOST];
	int			bins = ends_of(c, splits, end[0]);
	bool		taken[MOST] = {false};
	int			same = 0;

	if (ends_of(c, other, end[1]) != bins)
		return false;
	for (int a = 0; a < bins; a++)
	{
		for (int b = 0; b < bins; b++)
		{
			if (taken[b] || v->value[a > 0 ? end[0][a - 1] : 0][end[0][a]] != v->value[b > 0 ? end[1][b - 1] : 0][end[1][b]])
				continue;
			taken[b] = true;
			same++;
			break;
		}
	}
	return same == bins;
}

static void
check_found(const Case *c, const Values *v, const ClOptimum *optimum, const Brute *best)
{
	unsigned	splits = 0;

	for (int b = 0; b + 1 < optimum->n_bins; b++)
		splits |= 1u << (optimum->end[b] - 1);
	CHECK_EQ_INT(optimum->status, CL_OPTIMUM_FOUND);
	CHECK_EQ_INT(optimum->n_bins, best->bins);
	if (has_same_terms(c, v, splits, best->splits) &&
		(!has_equal_rates(c, v, splits) || !has_equal_rates(c, v, best->splits)))
		CHECK_EQ_INT(splits, best->splits);
	CHECK_EQ_INT(optimum->end[optimum->n_bins - 1], c->n);
	CHECK_NEAR(optimum->value, best->value, 1e-13);
}

static void
check_infeasible(const Case *c, const ClOptimum *optimum)
{
	unsigned	gone = optimum->in_the_way;
	bool		one = gone != 0 && (gone & (gone - 1)) == 0;

	CHECK_EQ_INT(optimum->status, CL_OPTIMUM_INFEASIBLE);
	CHECK_EQ_INT(optimum->n_bins, 1);
	CHECK_EQ_INT(optimum->end[0], c->n);
	CHECK(is_possible_without(c, gone));
	for (int rule = 0; rule < CL_RULES; rule++)
	{
		if (gone & 1u << rule)
			CHECK(!is_possible_without(c, gone & ~(1u << rule)));
		/* One rule is named where one is enough, the first. */
		else if (!one || 1u << rule < gone)
			CHECK(!is_possible_without(c, 1u << rule));
	}
}

static int
check_case(Case *c)
{
	Values		v;
	ClOptimum	optimum;
	Brute		best[CL_PRICES];

	find_values(c, &v);
	c->rules.boundary = c->boundary;
	cl_binning_optimum(&cl_test_memory, c->prebin, c->n, &c->total, &c->rules, &optimum);
	if (optimum.status == CL_OPTIMUM_ONE_CLASS)
	{
		CHECK(c->total.weight[0] == 0 || c->total.weight[1] == 0);
		return optimum.status;
	}
	if (optimum.status == CL_OPTIMUM_NOTHING_TO_SPLIT)
	{
		/* With every other rule gone, two bins would still not be possible. */
		c->rules.min_bins = 2;
		CHECK(!is_possible_without(c, (1u << CL_RULES) - 1));
		return optimum.status;
	}
	for (int price = 0; price < CL_PRICES; price++)
	{
		best[price] = best_by_brute_force(c, &v, (ClPrice) price);
		if (best[price].found)
			CHECK_NEAR(optimum.best[price], best[price].value, 1e-11);
		else
			CHECK(isnan(optimum.best[price]));
	}
	if (best[CL_PRICE_P_VALUE].found)
		check_found(c, &v, &optimum, &best[CL_PRICE_P_VALUE]);
	else
		check_infeasible(c, &optimum);
	return optimum.status;
}

/*
 * Random cases
 */

static int
below(uint64_t *seed, int n)
{
	return (int) (cl_test_random(seed) % (unsigned) n);
}

static ClBinCounts
random_counts(uint64_t *seed, int most, bool weighted)
{
	ClBinCounts counts;

	for (int class = 0; class < 2; class++)
	{
		counts.n[class] = below(seed, most);
		counts.weight[class] = weighted ? (double) counts.n[class] * below(seed, 9) / 4 : (double) counts.n[class];
	}
	return counts;
}

static Case
random_case(uint64_t *seed)
{
	static const double shares[] = {0, 0, 0.01, 0.05, 0.1, 0.2};
	static const double most[] = {1, 1, 1, 1, 0.6, 0.4, 0.3};
	static const double apart[] = {0, 0, 0, 0.02, 0.1, 0.3};
	static const double p_values[] = {1, 1, 1, 0.8, 0.5, 0.2, 0.05, 0.001};
	bool		weighted = below(seed, 4) == 0;
	int			rows = below(seed, 2) == 0 ? 4 : 4 + below(seed, 200);
	bool		held = below(seed, 3) == 0;
	Case		c = {.n = 1 + below(seed, MOST)};

	c.total = below(seed, 2) == 0 ? (ClBinCounts) {{0, 0}, {0, 0}} : random_counts(seed, rows, weighted);
	for (int i = 0; i < c.n; i++)
	{
		int			kind = held ? below(seed, 8) : 0;

		c.prebin[i] = random_counts(seed, rows, weighted);
		c.boundary[i] = kind == 1 ? CL_BOUNDARY_FORCED : kind == 2 ? CL_BOUNDARY_FORBIDDEN : CL_BOUNDARY_FREE;
		for (int class = 0; class < 2; class++)
		{
			c.total.n[class] += c.prebin[i].n[class];
			c.total.weight[class] += c.prebin[i].weight[class];
		}
	}
	c.rules = (ClOptimumRules) {
		.objective = (ClObjective) below(seed, 4),
		.min_bins = 1 + below(seed, 3) * below(seed, 2), .max_bins = 3 + below(seed, 7),
		.min_size = shares[below(seed, 6)], .max_size = most[below(seed, 7)],
		.min_n = {below(seed, 4), below(seed, 4)}, .trend = (ClTrend) below(seed, CL_TREND_AUTO),
		.min_rate_diff = apart[below(seed, 6)], .max_p_value = p_values[below(seed, 8)]
	};
	return c;
}

/* The rules of a case that can take something away. */
enum
{
	MIN_SIZE, MAX_SIZE, MIN_NON_EVENTS, MIN_EVENTS, RATE_DIFF, P_VALUE, MIN_BINS, MAX_BINS, SEVERAL, RULES_SEEN
};

static void
count_rules(const Case *c, int *seen)
{
	const ClOptimumRules *rules = &c->rules;
	const bool	set[] = {
		rules->min_size > 0, rules->max_size < 1, rules->min_n[0] > 0, rules->min_n[1] > 0, rules->min_rate_diff > 0,
		rules->max_p_value < 1, rules->min_bins > 2, rules->max_bins < c->n
	};
	int			n = 0;

	for (int rule = 0; rule < SEVERAL; rule++)
	{
		seen[rule] += set[rule];
		n += set[rule];
	}
	seen[SEVERAL] += n > 3;
}

static void
check_random(void)
{
	uint64_t	seed = 20;
	int			seen[4] = {0, 0, 0, 0};
	int			found[CL_TREND_AUTO][2] = {{0}};
	int			rules[2][RULES_SEEN] = {{0}};
	int			rounds = cl_rounds(60000);

	for (int round = 0; round < rounds; round++)
	{
		Case		c = random_case(&seed);
		bool		weighted = c.total.weight[0] != (double) c.total.n[0] || c.total.weight[1] != (double) c.total.n[1];
		int			status = check_case(&c);

		seen[status]++;
		if (status == CL_OPTIMUM_FOUND)
		{
			found[c.rules.trend][weighted]++;
			count_rules(&c, rules[weighted]);
		}
	}
	/* All kinds of answers occurred, optima most of all: many under every trend and every rule, also with weights. */
	CHECK(seen[CL_OPTIMUM_FOUND] > rounds / 3);
	CHECK(seen[CL_OPTIMUM_INFEASIBLE] > rounds / 30);
	CHECK(seen[CL_OPTIMUM_NOTHING_TO_SPLIT] > rounds / 200 && seen[CL_OPTIMUM_ONE_CLASS] > rounds / 1000);
	for (int trend = CL_TREND_NONE; trend < CL_TREND_AUTO; trend++)
		CHECK(found[trend][0] > rounds / 40 && found[trend][1] > rounds / 200);
	for (int rule = 0; rule < RULES_SEEN; rule++)
		CHECK(rules[0][rule] > rounds / 80 && rules[1][rule] > rounds / 300);
}

/*
 * Published optima
 */

static const ClOptimumRules defaults = {
	.objective = CL_OBJECTIVE_IV, .min_bins = 2, .max_bins = 20, .min_size = 0.05, .max_size = 1, .min_n = {1, 1},
	.trend = CL_TREND_BEST, .min_rate_diff = 0, .max_p_value = 1
};

static int
fill(Case *c, int n, const int *non_event, const int *event)
{
	*c = (Case) {.n = n, .rules = defaults};
	for (int i = 0; i < n; i++)
	{
		c->prebin[i] = (ClBinCounts) {{non_event[i], event[i]}, {non_event[i], event[i]}};
		for (int class = 0; class < 2; class++)
		{
			c->total.n[class] += c->prebin[i].n[class];
			c->total.weight[class] += c->prebin[i].weight[class];
		}
	}
	return n;
}

static void
check_ends(const ClOptimum *optimum, int bins, const int *end)
{
	CHECK_EQ_INT(optimum->n_bins, bins);
	for (int b = 0; b < bins && b < optimum->n_bins; b++)
		CHECK_EQ_INT(optimum->end[b], end[b]);
}

/*
 * Breast cancer, mean radius, by optbinning's README: of the splits 11.425, 12.33, 12.775, 13.095, 13.705, 14.255, 15.045 and
 * 16.925 the third and the sixth go. With its test's own splits 11, 12, 13, 14, 15, 17 and p-values of at most 0.05, splits 13,
 * 15 and 17 stay.
 */
static void
check_mean_radius(void)
{
	Case		c;
	ClOptimum	optimum;

	fill(&c, 9, (const int[]) {3, 3, 5, 2, 10, 13, 15, 44, 117}, (const int[]) {115, 76, 32, 29, 39, 22, 33, 10, 1});
	cl_binning_optimum(&cl_test_memory, c.prebin, 9, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 7, (const int[]) {1, 2, 4, 5, 7, 8, 9});
	CHECK_NEAR(optimum.value, 5.04392547, 1e-9);
	CHECK_EQ_INT(optimum.trend, CL_TREND_DESCENDING);
	CHECK(optimum.best[0] > optimum.best[1] - 1e-12 && optimum.best[1] > optimum.best[2] && optimum.best[2] == optimum.best[3]);
	/* A bin of one event and 117 others: an IV of its own, more than half of all. */
	CHECK_EQ_INT(check_case(&c), CL_OPTIMUM_FOUND);

	fill(&c, 7, (const int[]) {1, 5, 6, 20, 19, 44, 117}, (const int[]) {84, 79, 81, 61, 39, 12, 1});
	c.rules.min_size = 0;
	c.rules.max_p_value = 0.05;
	cl_binning_optimum(&cl_test_memory, c.prebin, 7, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 4, (const int[]) {3, 5, 6, 7});
	CHECK_NEAR(optimum.value, 4.819661314733627, 1e-15);
	CHECK_EQ_INT(check_case(&c), CL_OPTIMUM_FOUND);
}

/*
 * Rules, one by one
 */

static void
check_rules(void)
{
	Case		c;
	ClOptimum	optimum;

	/* Rates 0.1, 0.3, 0.2, 0.2: two bins of one rate are one, and the first split of two equally good ones is taken. */
	fill(&c, 4, (const int[]) {90, 70, 80, 40}, (const int[]) {10, 30, 20, 10});
	cl_binning_optimum(&cl_test_memory, c.prebin, 4, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 3, (const int[]) {1, 2, 4});
	CHECK_EQ_INT(optimum.trend, CL_TREND_PEAK);
	c.rules.trend = CL_TREND_ASCENDING;
	cl_binning_optimum(&cl_test_memory, c.prebin, 4, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 2, (const int[]) {1, 4});
	CHECK(optimum.best[CL_PRICE_TREND] < optimum.best[CL_PRICE_SIZE]);
	c.rules.trend = CL_TREND_VALLEY;
	cl_binning_optimum(&cl_test_memory, c.prebin, 4, &c.total, &c.rules, &optimum);
	CHECK_EQ_INT(optimum.trend, CL_TREND_ASCENDING);
	/* Two bins of the same rate descend; a little more in the last, and nothing does. */
	c.rules.trend = CL_TREND_DESCENDING;
	cl_binning_optimum(&cl_test_memory, c.prebin, 4, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 2, (const int[]) {2, 4});
	fill(&c, 4, (const int[]) {90, 70, 80, 30}, (const int[]) {10, 30, 20, 10});
	c.rules.trend = CL_TREND_DESCENDING;
	cl_binning_optimum(&cl_test_memory, c.prebin, 4, &c.total, &c.rules, &optimum);
	CHECK_EQ_INT(optimum.status, CL_OPTIMUM_INFEASIBLE);
	CHECK_EQ_INT(optimum.in_the_way, CL_RULE_TREND);
	check_ends(&optimum, 1, (const int[]) {4});

	/* An empty pre-bin: the split before it and the one after it are the same. */
	fill(&c, 3, (const int[]) {9, 0, 5}, (const int[]) {1, 0, 5});
	cl_binning_optimum(&cl_test_memory, c.prebin, 3, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 2, (const int[]) {1, 3});

	/* Symmetric: both splits give the same. */
	fill(&c, 3, (const int[]) {10, 20, 30}, (const int[]) {30, 20, 10});
	c.rules.max_bins = 2;
	cl_binning_optimum(&cl_test_memory, c.prebin, 3, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 2, (const int[]) {1, 3});

	/* Five of a hundred rows are 5 %. */
	fill(&c, 2, (const int[]) {3, 50}, (const int[]) {2, 45});
	cl_binning_optimum(&cl_test_memory, c.prebin, 2, &c.total, &c.rules, &optimum);
	check_ends(&optimum, 2, (const int[]) {1, 2});
	c.total.n[0]++;				/* ... of a hundred and one are not */
	c.total.weight[0]++;
	cl_binning_optimum(&cl_test_memory, c.prebin, 2, &c.total, &c.rules, &optimum);
	CHECK_EQ_INT(optimum.in_the_way, CL_RULE_MIN_SIZE);

	/* Too many forced splits. */
	fill(&c, 4, (const int[]) {9, 8, 7, 6}, (const int[]) {1, 2, 3, 4});
	c.rules.max_bins = 2;
	c.rules.boundary = (const unsigned char[]) {CL_BOUNDARY_FORCED, CL_BOUNDARY_FREE, CL_BOUNDARY_FORCED};
	cl_binning_optimum(&cl_test_memory, c.prebin, 4, &c.total, &c.rules, &optimum);
	CHECK_EQ_INT(optimum.status, CL_OPTIMUM_INFEASIBLE);
	CHECK_EQ_INT(optimum.in_the_way, CL_RULE_MAX_BINS);

	cl_binning_optimum(&cl_test_memory, c.prebin, 0, &c.total, &c.rules, &optimum);
	CHECK_EQ_INT(optimum.status, CL_OPTIMUM_NOTHING_TO_SPLIT);
	CHECK_EQ_INT(optimum.n_bins, 0);
}

void
test_binning_optimum(void)
{
	check_mean_radius();
	check_rules();
	check_random();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
