/*
 * binning_optimum.c
 *	  The rules of optimal binning: what may be a bin, what each rule costs, and which one is in the way.
 */
#include "core/binning_optimum.h"

#include <math.h>

#include "core/binning_search.h"
#include "core/binning_trend.h"
#include "core/distribution.h"

/*
 * Without rules about neighbours
 *
 * worth[b][i] is the best that b bins give from place i to the end. From the right to the left, so that the first of several
 * equally good splits can be taken on the way back.
 */

static double *
worth_by_place(const ClSegments *segments, int max_bins)
{
	int			n = segments->n;
	size_t		places = (size_t) n + 1;
	double	   *worth = cl_allocate(segments->memory, ((size_t) max_bins + 1) * places * sizeof(double));

	for (int i = 0; i <= n; i++)
		worth[i] = i == n ? 0 : -INFINITY;
	for (int b = 1; b <= max_bins; b++)
	{
		const double *rest = worth + (size_t) (b - 1) * places;
		double	   *best = worth + (size_t) b * places;

		segments->memory->check_for_interrupts();
		best[n] = -INFINITY;
		for (int i = 0; i < n; i++)
		{
			const double *term = segments->term + cl_segment(segments, i, 0);
			double		most = -INFINITY;

			for (int j = i + 1; j <= n; j++)
				most = term[j] + rest[j] > most ? term[j] + rest[j] : most;
			best[i] = most;
		}
	}
	return worth;
}

static void
follow_places(const ClSegments *segments, const double *worth, ClDivision *division)
{
	size_t		places = (size_t) segments->n + 1;
	int			at = 0;

	for (int b = division->n_bins; b > 0; b--)
	{
		double		whole = worth[(size_t) b * places + (size_t) at];
		const double *rest = worth + (size_t) (b - 1) * places;
		int			end = at + 1;

		/* Sums are exact, so the one that gave the maximum is found again. */
		while (segments->term[cl_segment(segments, at, end)] + rest[end] != whole)
			end++;
		division->end[division->n_bins - b] = end;
		at = end;
	}
}

/* Also gives the largest number of bins there can be. */
static int
search_places(const ClSegments *segments, int min_bins, int max_bins, ClDivision *best)
{
	size_t		places = (size_t) segments->n + 1;
	double	   *worth = worth_by_place(segments, max_bins);
	int			most_bins = 0;

	best->worth = -INFINITY;
	best->n_bins = 0;
	for (int b = 1; b <= max_bins; b++)
	{
		double		whole = worth[(size_t) b * places];

		if (whole == -INFINITY)
			continue;
		most_bins = b;
		if (b < min_bins || whole <= best->worth)
			continue;
		best->worth = whole;
		best->n_bins = b;
	}
	follow_places(segments, worth, best);
	cl_release(segments->memory, worth);
	return most_bins;
}

/*
 * Rules about neighbours
 */

/* A shape of rates: one direction up to a place, the other from there. */
typedef struct Shape
{
	bool		up_first;
	int			turn;
} Shape;

/* Are neighbours as the rules want them? The first of them is the segment (i, j), the second (j, k). */
static bool
neighbours_are_allowed(const ClSegments *segments, const ClOptimumRules *rules, Shape shape, double critical,
					   int i, int j, int k)
{
	double		rate = cl_segment_rate(segments, i, j);
	double		next = cl_segment_rate(segments, j, k);
	bool		up = next >= rate + rules->min_rate_diff;
	bool		down = next <= rate - rules->min_rate_diff;
	double		weight[2][2];

	if (rules->trend == CL_TREND_NONE ? !up && !down : (j <= shape.turn) == shape.up_first ? !up : !down)
		return false;
	cl_segment_weight(segments, i, j, weight[0]);
	cl_segment_weight(segments, j, k, weight[1]);
	return critical == 0 || cl_neighbours_differ(weight[0], weight[1], critical);
}

/* The first bin that does not go with the next one; or the last. */
static int
first_in_the_way(const ClSegments *segments, const ClDivision *division, const ClOptimumRules *rules, Shape shape,
				 double critical)
{
	int			start = 0;

	for (int b = 0; b + 1 < division->n_bins; start = division->end[b++])
	{
		if (!neighbours_are_allowed(segments, rules, shape, critical, start, division->end[b], division->end[b + 1]))
			return b;
	}
	return division->n_bins - 1;
}

static double
worth_of(const ClSegments *segments, const ClDivision *division)
{
	double		worth = 0;

	for (int b = 0; b < division->n_bins; b++)
		worth += segments->term[cl_segment(segments, b > 0 ? division->end[b - 1] : 0, division->end[b])];
	return worth;
}

/*
 * What remains worth when neighbours are joined until all go together. An answer that keeps all rules, often a good one: what is
 * worth less need not be looked at.
 */
static double
worth_of_joined(const ClSegments *segments, ClDivision division, const ClOptimumRules *rules, Shape shape, double critical)
{
	for (;;)
	{
		int			b = first_in_the_way(segments, &division, rules, shape, critical);

		if (b == division.n_bins - 1)
			break;
		memmove(&division.end[b], &division.end[b + 1], (size_t) (division.n_bins - b - 1) * sizeof(int));
		division.n_bins--;
	}
	return division.n_bins >= rules->min_bins ? worth_of(segments, &division) : -INFINITY;
}

/* Shapes that a trend allows: those that turn at the end of bin b, or before the first. Gives how many, at most two. */
static int
shapes_of(const ClSegments *segments, ClTrend trend, int turn, Shape *shape)
{
	bool		at_end = turn == segments->n;
	bool		falls = trend == CL_TREND_DESCENDING || trend == CL_TREND_MONOTONE;
	bool		rises = trend == CL_TREND_ASCENDING || trend == CL_TREND_MONOTONE;
	int			n = 0;

	/* Down from the beginning is a peak there. */
	if (trend == CL_TREND_PEAK || trend == CL_TREND_BEST || (falls && turn == 0) || ((rises || trend == CL_TREND_NONE) && at_end))
		shape[n++] = (Shape) {true, turn};
	if (trend == CL_TREND_VALLEY || trend == CL_TREND_BEST)
		shape[n++] = (Shape) {false, turn};
	return n;
}

/* What an answer is worth that is easily found from one under fewer rules: exactly that one's worth if it keeps them all. */
static double
known_worth(const ClSegments *segments, const ClDivision *division, const ClOptimumRules *rules, double critical)
{
	double		known = -INFINITY;

	for (int b = -1; b < division->n_bins; b++)
	{
		Shape		shape[2];
		int			n = shapes_of(segments, rules->trend, b < 0 ? 0 : division->end[b], shape);

		for (int s = 0; s < n; s++)
			known = fmax(known, worth_of_joined(segments, *division, rules, shape[s], critical));
	}
	return known;
}

/* Of several best ones, "best" prefers a monotone one; any other rule is content with one that keeps it. */
static bool
is_preferred_already(const ClSegments *segments, const ClDivision *division, const ClOptimumRules *rules)
{
	ClOptimumRules rising = *rules;
	ClOptimumRules falling = *rules;

	rising.trend = CL_TREND_ASCENDING;
	falling.trend = CL_TREND_DESCENDING;
	return rules->trend != CL_TREND_BEST || known_worth(segments, division, &rising, 0) == division->worth ||
		known_worth(segments, division, &falling, 0) == division->worth;
}

/* The best under rules about neighbours, from the best under fewer rules. */
static void
search_neighbours(const ClSegments *segments, const ClOptimumRules *rules, int max_bins, double critical,
				  const ClDivision *without, ClDivision *best)
{
	double		known;

	*best = *without;
	if (without->n_bins == 0)
		return;
	known = known_worth(segments, without, rules, critical);
	if (known < without->worth || (critical == 0 && !is_preferred_already(segments, without, rules)))
		cl_search_pairs(segments, rules, max_bins, critical, known, best);
}

/*
 * All rules, one after the other. What is best without a rule and keeps it is best with it.
 */

static double
critical_of(double max_p_value)
{
	double		z;

	if (max_p_value >= 1)
		return 0;
	z = cl_normal_quantile(max_p_value / 2);
	return z * z;
}

static void
solve(ClSegments *segments, const ClOptimumRules *rules, const double *total, ClDivision *best)
{
	double		critical = critical_of(rules->max_p_value);
	int			max_bins = rules->max_bins < segments->n ? rules->max_bins : segments->n;

	if (max_bins > CL_OPTIMUM_MAX_BINS)
		max_bins = CL_OPTIMUM_MAX_BINS;
	search_places(segments, rules->min_bins, max_bins, &best[CL_PRICE_UNCONSTRAINED]);
	cl_segments_keep_sizes(segments, rules, total);
	max_bins = search_places(segments, rules->min_bins, max_bins, &best[CL_PRICE_SIZE]);
	search_neighbours(segments, rules, max_bins, 0, &best[CL_PRICE_SIZE], &best[CL_PRICE_TREND]);
	best[CL_PRICE_P_VALUE] = best[CL_PRICE_TREND];
	if (critical > 0)
		search_neighbours(segments, rules, max_bins, critical, &best[CL_PRICE_TREND], &best[CL_PRICE_P_VALUE]);
}

/* Pre-bins between which no split is allowed are one. Gives their number, and for each where it ends among the given ones. */
static int
join_at_forbidden(const ClBinCounts *prebin, int n, const unsigned char *boundary, ClBinCounts *joined, int *end)
{
	int			n_joined = 0;

	for (int i = 0; i < n; i++)
	{
		if (i == 0 || boundary == NULL || boundary[i - 1] != CL_BOUNDARY_FORBIDDEN)
			joined[n_joined++] = (ClBinCounts) {{0, 0}, {0, 0}};
		for (int class = 0; class < 2; class++)
		{
			joined[n_joined - 1].n[class] += prebin[i].n[class];
			joined[n_joined - 1].weight[class] += prebin[i].weight[class];
		}
		end[n_joined - 1] = i + 1;
	}
	return n_joined;
}

/* The problem after joining pre-bins between which no split is allowed. */
typedef struct Problem
{
	const ClMemory *memory;
	int			n;
	ClBinCounts *prebin;
	unsigned char *forced;		/* is there to be a split at place 0 .. n? */
	int		   *end;			/* of each pre-bin, among those that were given */
	const ClBinCounts *total;
} Problem;

static void
problem_init(Problem *problem, const ClMemory *memory, const ClBinCounts *prebin, int n, const ClBinCounts *total,
			 const unsigned char *boundary)
{
	problem->memory = memory;
	problem->prebin = cl_allocate(memory, (size_t) n * sizeof(ClBinCounts));
	problem->forced = cl_allocate(memory, (size_t) n + 1);
	problem->end = cl_allocate(memory, (size_t) n * sizeof(int));
	problem->total = total;
	problem->n = join_at_forbidden(prebin, n, boundary, problem->prebin, problem->end);
	memset(problem->forced, 0, (size_t) n + 1);
	for (int i = 0; boundary != NULL && i + 1 < problem->n; i++)
		problem->forced[i + 1] = boundary[problem->end[i] - 1] == CL_BOUNDARY_FORCED;
}

static void
problem_free(Problem *problem)
{
	cl_release(problem->memory, problem->prebin);
	cl_release(problem->memory, problem->forced);
	cl_release(problem->memory, problem->end);
}

static void
solve_problem(const Problem *problem, const ClOptimumRules *rules, ClDivision *best)
{
	ClSegments	segments;

	cl_segments_init(&segments, problem->memory, problem->prebin, problem->n, problem->forced, rules, problem->total->weight);
	solve(&segments, rules, problem->total->weight, best);
	cl_segments_free(&segments);
}

/*
 * Does the rate turn?
 */

/* All trends: that of the rules, or for "auto" the one that the counts speak for. */
static void
solve_trend(const Problem *problem, const ClOptimumRules *rules, ClDivision *best)
{
	ClOptimumRules tried = *rules;
	ClDivision	monotone[CL_PRICES];
	ClTrend		trend;

	if (rules->trend == CL_TREND_AUTO)
		tried.trend = CL_TREND_BEST;
	solve_problem(problem, &tried, best);
	if (rules->trend != CL_TREND_AUTO || best[CL_PRICE_P_VALUE].n_bins == 0)
		return;
	trend = cl_division_trend(problem->prebin, &best[CL_PRICE_P_VALUE]);
	if (trend == CL_TREND_ASCENDING || trend == CL_TREND_DESCENDING)
		return;
	tried.trend = CL_TREND_MONOTONE;
	solve_problem(problem, &tried, monotone);
	if (monotone[CL_PRICE_P_VALUE].n_bins > 0 &&
		!cl_turn_pays(problem->prebin, &best[CL_PRICE_P_VALUE], &monotone[CL_PRICE_P_VALUE]))
		memcpy(best, monotone, sizeof(monotone));
}

/*
 * Which rule is in the way?
 */

/* Gives whether that changed anything. */
static bool
lift_rules(ClOptimumRules *rules, unsigned which)
{
	ClOptimumRules before = *rules;

	if (which & CL_RULE_P_VALUE)
		rules->max_p_value = 1;
	if (which & CL_RULE_RATE_DIFF)
		rules->min_rate_diff = 0;
	if (which & CL_RULE_TREND)
		rules->trend = CL_TREND_NONE;
	if (which & CL_RULE_MIN_EVENTS)
		rules->min_n[CL_EVENT] = 0;
	if (which & CL_RULE_MIN_NON_EVENTS)
		rules->min_n[CL_NON_EVENT] = 0;
	if (which & CL_RULE_MIN_SIZE)
		rules->min_size = 0;
	if (which & CL_RULE_MAX_SIZE)
		rules->max_size = 1;
	if ((which & CL_RULE_MIN_BINS) && rules->min_bins > 2)
		rules->min_bins = 2;
	if (which & CL_RULE_MAX_BINS)
		rules->max_bins = CL_OPTIMUM_MAX_BINS;
	return rules->max_p_value != before.max_p_value || rules->min_rate_diff != before.min_rate_diff ||
		rules->trend != before.trend || rules->min_n[0] != before.min_n[0] || rules->min_n[1] != before.min_n[1] ||
		rules->min_size != before.min_size || rules->max_size != before.max_size || rules->min_bins != before.min_bins ||
		rules->max_bins != before.max_bins;
}

/* Of a problem that is infeasible with all rules. */
static bool
feasible_without(const Problem *problem, const ClOptimumRules *rules, unsigned which)
{
	ClOptimumRules fewer = *rules;
	ClDivision	best[CL_PRICES];
	Problem		free = *problem;
	bool		changed = lift_rules(&fewer, which);

	if (which & CL_RULE_FORCED)
	{
		free.forced = cl_allocate(problem->memory, (size_t) problem->n + 1);
		memset(free.forced, 0, (size_t) problem->n + 1);
		changed |= memcmp(free.forced, problem->forced, (size_t) problem->n + 1) != 0;
	}
	best[CL_PRICE_P_VALUE].n_bins = 0;
	if (changed)
		solve_trend(&free, &fewer, best);
	if (which & CL_RULE_FORCED)
		cl_release(problem->memory, free.forced);
	return best[CL_PRICE_P_VALUE].n_bins > 0;
}

/* The first that is enough alone; if none is, as many as it takes, in the same order, less those that need not go after all. */
static unsigned
rules_in_the_way(const Problem *problem, const ClOptimumRules *rules)
{
	unsigned	gone = 0;

	for (int rule = 0; rule < CL_RULES; rule++)
	{
		if (feasible_without(problem, rules, 1u << rule))
			return 1u << rule;
	}
	for (int rule = 0; rule < CL_RULES && !feasible_without(problem, rules, gone); rule++)
		gone |= 1u << rule;
	for (int rule = CL_RULES - 1; rule >= 0; rule--)
	{
		unsigned	others = gone & ~(1u << rule);

		if (others != gone && feasible_without(problem, rules, others))
			gone = others;
	}
	return gone;
}

/*
 * The answer
 */

static double
value_of(const Problem *problem, ClObjective objective, const ClDivision *division)
{
	double		value = 0;
	int			i = 0;

	if (division->n_bins == 0)
		return NAN;
	for (int b = 0; b < division->n_bins; b++)
	{
		double		weight[2] = {0, 0};

		for (; i < division->end[b]; i++)
		{
			for (int class = 0; class < 2; class++)
				weight[class] += problem->prebin[i].weight[class];
		}
		value += cl_objective_term(objective, weight, problem->total->weight);
	}
	return value;
}

static void
answer(const Problem *problem, const ClOptimumRules *rules, const ClDivision *division, ClOptimum *optimum)
{
	optimum->n_bins = division->n_bins;
	for (int b = 0; b < division->n_bins; b++)
		optimum->end[b] = problem->end[division->end[b] - 1];
	optimum->trend = cl_division_trend(problem->prebin, division);
	optimum->value = value_of(problem, rules->objective, division);
}

static void
answer_problem(const Problem *problem, const ClOptimumRules *rules, ClOptimum *optimum)
{
	ClDivision	best[CL_PRICES];
	int			with_rows = 0;

	for (int i = 0; i < problem->n; i++)
		with_rows += problem->prebin[i].weight[0] + problem->prebin[i].weight[1] > 0;
	if (with_rows < 2)
	{
		optimum->status = CL_OPTIMUM_NOTHING_TO_SPLIT;
		return;
	}
	solve_trend(problem, rules, best);
	for (int price = 0; price < CL_PRICES; price++)
		optimum->best[price] = value_of(problem, rules->objective, &best[price]);
	if (best[CL_PRICE_P_VALUE].n_bins > 0)
		answer(problem, rules, &best[CL_PRICE_P_VALUE], optimum);
	else
	{
		optimum->status = CL_OPTIMUM_INFEASIBLE;
		optimum->in_the_way = rules_in_the_way(problem, rules);
	}
}

void
cl_binning_optimum(const ClMemory *memory, const ClBinCounts *prebin, int n, const ClBinCounts *total,
				   const ClOptimumRules *rules, ClOptimum *optimum)
{
	Problem		problem;
	ClDivision	one = {0, 1, {0}};

	*optimum = (ClOptimum) {.status = CL_OPTIMUM_FOUND, .value = 0, .best = {NAN, NAN, NAN, NAN}};
	if (n <= 0 || !(total->weight[0] > 0 && total->weight[1] > 0))
	{
		optimum->status = n <= 0 ? CL_OPTIMUM_NOTHING_TO_SPLIT : CL_OPTIMUM_ONE_CLASS;
		optimum->n_bins = n > 0;
		optimum->end[0] = n;
		return;
	}
	problem_init(&problem, memory, prebin, n, total, rules->boundary);
	one.end[0] = problem.n;
	answer_problem(&problem, rules, optimum);
	if (optimum->status != CL_OPTIMUM_FOUND)
		answer(&problem, rules, &one, optimum);
	problem_free(&problem);
}
