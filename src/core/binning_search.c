/*
 * binning_search.c
 *	  The dynamic program over pairs of neighbours.
 *
 * For a segment and a number of bins: what is the best division of the rest of the axis that begins with this segment and has
 * so many bins? Five kinds of divisions are kept: rates that ascend, that descend, ascend and then descend (peak), descend and
 * then ascend (valley), and any. A kind is made of a segment and a follower whose rate is higher or lower:
 *
 *		ascending	= segment + ascending at a higher rate
 *		descending	= segment + descending at a lower rate
 *		peak		= segment + peak at a higher rate, or descending at a lower rate
 *		valley		= segment + valley at a lower rate, or ascending at a higher rate
 *		any			= segment + any at a higher or lower rate
 *
 * Followers of a segment all start where it ends. They are sorted by rate once; those with a rate high enough are the end of the
 * sorted list, those low enough its beginning, and of either the best is a running maximum.
 *
 * A rule about p-values is no threshold of the rate. Then the best by rate is tried first, and only if it fails are the others
 * looked through, testing those that would be better than what was found. And not even that where the best by rate could not
 * become part of an answer better than one that is known.
 */
#include "core/binning_search.h"

#include <math.h>

typedef enum Kind
{
	ASCENDING,
	DESCENDING,
	PEAK,
	VALLEY,
	ANY,
	KINDS
} Kind;

/* The kind of the follower at a higher, and at a lower rate; KINDS: there may be none. */
static const struct
{
	Kind		higher;
	Kind		lower;
}			followers[KINDS] = {
	{ASCENDING, KINDS}, {KINDS, DESCENDING}, {PEAK, DESCENDING}, {ASCENDING, VALLEY}, {ANY, ANY}
};

/* So which kinds are asked for followers at a higher rate, and which at a lower one? */
#define IS_HIGHER(kind) ((kind) == ASCENDING || (kind) == PEAK || (kind) == ANY)
#define IS_LOWER(kind) ((kind) == DESCENDING || (kind) == VALLEY || (kind) == ANY)

/* A segment that may be a bin. Those with one start stand together, in ascending order of their rates. */
typedef struct Segment
{
	double		rate;
	double		term;
	uint16_t	start;
	uint16_t	end;
	uint32_t	higher;			/* its first follower at a higher rate, see Search.best_from */
	uint32_t	lower;			/* one past its last at a lower rate */
} Segment;

typedef struct Best
{
	double		worth;
	uint32_t	end;			/* of the segment that gives it; the first of equals */
} Best;

typedef struct Search
{
	const ClSegments *segments;
	double		apart;			/* least difference of rates */
	double		critical;		/* least z^2; 0: any */
	int			max_bins;
	double		known;			/* what an answer is worth that keeps all rules, or -Infinity */
	double	   *before;			/* what so many bins or fewer can be worth at most, by place: before it, and after it */
	double	   *after;
	unsigned	kinds;			/* bits of the kinds that are needed */
	size_t		n;				/* of segments */
	Segment    *segment;
	size_t	   *first;			/* segment of each start 0 .. n, and one past the last */
	double	   *worth[KINDS];	/* with the number of bins at hand, by segment */

	/*
	 * Running maxima of worth over segments with one start: of the last ones, and of the first ones. Each start has one place
	 * more here than it has segments, for none of them, so that its places begin at first[start] + start.
	 */
	Best	   *from[KINDS];
	Best	   *up_to[KINDS];
	uint16_t   *choice[KINDS];	/* end of the follower, by number of bins - 2 and segment */
} Search;

/*
 * Bounds: what the axis before a place and after it can be worth at most, without rules about neighbours.
 */

static double *
bounds_allocate(const ClSegments *all, int max_bins, int edge)
{
	size_t		places = (size_t) all->n + 1;
	double	   *bound = cl_allocate(all->memory, (size_t) (max_bins + 1) * places * sizeof(double));

	for (size_t i = 0; i < places; i++)
		bound[i] = i == (size_t) edge ? 0 : -INFINITY;
	return bound;
}

static void
find_bounds(Search *search, int max_bins)
{
	const ClSegments *all = search->segments;
	size_t		places = (size_t) all->n + 1;

	search->before = bounds_allocate(all, max_bins, 0);
	search->after = bounds_allocate(all, max_bins, all->n);
	for (int bins = 1; bins <= max_bins; bins++)
	{
		double	   *before = search->before + (size_t) bins * places;
		double	   *after = search->after + (size_t) bins * places;

		all->memory->check_for_interrupts();
		memcpy(before, before - places, places * sizeof(double));
		memcpy(after, after - places, places * sizeof(double));
		for (int i = 0; i < all->n; i++)
		{
			const double *term = all->term + cl_segment(all, i, 0);
			double		here = (before - places)[i];
			double		best = after[i];

			for (int j = i + 1; j <= all->n; j++)
			{
				before[j] = here + term[j] > before[j] ? here + term[j] : before[j];
				best = term[j] + (after - places)[j] > best ? term[j] + (after - places)[j] : best;
			}
			after[i] = best;
		}
	}
}

/* Can the segment be a part of an answer as good as the known one? */
static bool
may_matter(const Search *search, int i, int j, double term)
{
	size_t		places = (size_t) search->segments->n + 1;

	for (int bins = 0; bins < search->max_bins; bins++)
	{
		double		before = search->before[(size_t) bins * places + (size_t) i];
		double		after = search->after[(size_t) (search->max_bins - 1 - bins) * places + (size_t) j];

		if (before + term + after >= search->known)
			return true;
	}
	return false;
}

/*
 * Preparation
 */

static void
list_segments(Search *search)
{
	const ClSegments *all = search->segments;
	size_t		n = 0;

	for (int i = 0; i < all->n; i++)
	{
		for (int j = i + 1; j <= all->n; j++)
			n += all->term[cl_segment(all, i, j)] > -INFINITY;
	}
	search->segment = cl_allocate(all->memory, n * sizeof(Segment));
	search->first = cl_allocate(all->memory, ((size_t) all->n + 2) * sizeof(size_t));
	for (int i = 0; i < all->n; i++)
	{
		size_t		first = search->n;

		search->first[i] = first;
		for (int j = i + 1; j <= all->n; j++)
		{
			double		term = all->term[cl_segment(all, i, j)];
			double		rate;
			size_t		at = search->n;

			if (term == -INFINITY || !may_matter(search, i, j, term))
				continue;
			/* Rates of segments that only differ in their ends are almost in order: insertion is quick. */
			rate = cl_segment_rate(all, i, j);
			for (; at > first && search->segment[at - 1].rate > rate; at--)
				search->segment[at] = search->segment[at - 1];
			search->segment[at] = (Segment) {.rate = rate, .term = term, .start = (uint16_t) i, .end = (uint16_t) j};
			search->n++;
		}
	}
	search->first[all->n] = search->first[all->n + 1] = search->n;
}

/* How many segments with this start have a rate below the limit, or at it. */
static size_t
count_below(const Search *search, int start, double limit, bool or_at)
{
	const Segment *base = search->segment + search->first[start];
	size_t		n = search->first[start + 1] - search->first[start];
	size_t		below = 0;

	while (n > 0)
	{
		size_t		half = n / 2;
		double		rate = base[below + half].rate;
		bool		right = or_at ? rate <= limit : rate < limit;

		below = right ? below + half + 1 : below;
		n = right ? n - half - 1 : half;
	}
	return below;
}

static void
find_followers(Search *search)
{
	for (size_t s = 0; s < search->n; s++)
	{
		Segment    *segment = &search->segment[s];
		size_t		places = search->first[segment->end] + segment->end;

		segment->higher = (uint32_t) (places + count_below(search, segment->end, segment->rate + search->apart, false));
		segment->lower = (uint32_t) (places + count_below(search, segment->end, segment->rate - search->apart, true));
	}
}

static void
search_init(Search *search, const ClSegments *segments, const ClOptimumRules *rules, int max_bins, double critical, double known)
{
	static const unsigned kinds[] = {
		[CL_TREND_NONE] = 1 << ANY, [CL_TREND_ASCENDING] = 1 << ASCENDING, [CL_TREND_DESCENDING] = 1 << DESCENDING,
		[CL_TREND_PEAK] = 1 << PEAK | 1 << DESCENDING, [CL_TREND_VALLEY] = 1 << VALLEY | 1 << ASCENDING,
		[CL_TREND_MONOTONE] = 1 << ASCENDING | 1 << DESCENDING,
		[CL_TREND_BEST] = 1 << ASCENDING | 1 << DESCENDING | 1 << PEAK | 1 << VALLEY
	};
	const ClMemory *memory = segments->memory;

	*search = (Search) {
		.segments = segments, .apart = rules->min_rate_diff, .critical = critical, .max_bins = max_bins, .known = known,
		.kinds = kinds[rules->trend]
	};
	find_bounds(search, max_bins);
	list_segments(search);
	find_followers(search);
	for (int kind = 0; kind < KINDS; kind++)
	{
		size_t		places = search->n + (size_t) segments->n + 1;

		if (!(search->kinds & 1u << kind))
			continue;
		search->worth[kind] = cl_allocate(memory, search->n * sizeof(double));
		if (IS_HIGHER(kind))
			search->from[kind] = cl_allocate(memory, places * sizeof(Best));
		if (IS_LOWER(kind))
			search->up_to[kind] = cl_allocate(memory, places * sizeof(Best));
		search->choice[kind] = cl_allocate(memory, search->n * (size_t) max_bins * sizeof(uint16_t));
	}
}

static void
search_free(Search *search)
{
	const ClMemory *memory = search->segments->memory;

	for (int kind = 0; kind < KINDS; kind++)
	{
		cl_release(memory, search->worth[kind]);
		cl_release(memory, search->from[kind]);
		cl_release(memory, search->up_to[kind]);
		cl_release(memory, search->choice[kind]);
	}
	cl_release(memory, search->before);
	cl_release(memory, search->after);
	cl_release(memory, search->segment);
	cl_release(memory, search->first);
}

/*
 * One bin more
 */

static inline void
take_better(Best *best, double worth, uint32_t end)
{
	if (worth > best->worth || (worth == best->worth && end < best->end))
		*best = (Best) {worth, end};
}

static const Best none = {-INFINITY, UINT32_MAX};

static void
find_running_maxima(Search *search, Kind kind)
{
	const double *worth = search->worth[kind];

	for (int start = 0; start <= search->segments->n; start++)
	{
		size_t		first = search->first[start];
		size_t		last = search->first[start + 1];
		Best		best = none;

		if (IS_LOWER(kind))
		{
			search->up_to[kind][first + (size_t) start] = best;
			for (size_t s = first; s < last; s++)
			{
				take_better(&best, worth[s], search->segment[s].end);
				search->up_to[kind][s + (size_t) start + 1] = best;
			}
		}
		best = none;
		if (IS_HIGHER(kind))
		{
			search->from[kind][last + (size_t) start] = best;
			for (size_t s = last; s-- > first;)
			{
				take_better(&best, worth[s], search->segment[s].end);
				search->from[kind][s + (size_t) start] = best;
			}
		}
	}
}

static bool
differ(const Search *search, const Segment *segment, uint32_t follower_end)
{
	double		weight[2][2];

	cl_segment_weight(search->segments, segment->start, segment->end, weight[0]);
	cl_segment_weight(search->segments, segment->end, (int) follower_end, weight[1]);
	return cl_neighbours_differ(weight[0], weight[1], search->critical);
}

/* The best of the segments first .. last - 1 as followers, by trying them; best by rate is "best", and worth least at least. */
static Best
best_that_differs(const Search *search, const Segment *segment, Kind kind, size_t first, size_t last, Best best, double least)
{
	Best		found = {least, UINT32_MAX};

	if (best.worth == -INFINITY || best.worth < least)
		return none;
	if (differ(search, segment, best.end))
		return best;
	for (size_t s = first; s < last; s++)
	{
		double		worth = search->worth[kind][s];
		uint32_t	end = search->segment[s].end;

		if (worth > found.worth || (worth == found.worth && end < found.end))
		{
			if (differ(search, segment, end))
				found = (Best) {worth, end};
		}
	}
	return found.end != UINT32_MAX ? found : none;
}

/* A follower worth less than "least" may be passed over. */
static Best
best_follower(const Search *search, const Segment *segment, Kind kind, double least)
{
	Kind		higher = followers[kind].higher;
	Kind		lower = followers[kind].lower;
	size_t		shift = segment->end;	/* from places to segments */
	Best		best = none;
	Best		other;

	if (higher != KINDS)
	{
		best = search->from[higher][segment->higher];
		if (search->critical > 0)
			best = best_that_differs(search, segment, higher, segment->higher - shift, search->first[segment->end + 1], best,
									 least);
	}
	if (lower != KINDS)
	{
		other = search->up_to[lower][segment->lower];
		if (search->critical > 0)
			other = best_that_differs(search, segment, lower, search->first[segment->end], segment->lower - shift, other,
									  fmax(least, best.worth));
		take_better(&best, other.worth, other.end);
	}
	return best;
}

/* What a follower must be worth so that the segment and what can stand before it make an answer as good as the known one. */
static double
least_worth(const Search *search, const Segment *segment, int more_bins)
{
	double		before;

	if (search->critical == 0)
		return -INFINITY;
	before = search->before[(size_t) more_bins * (size_t) (search->segments->n + 1) + segment->start];
	return before > -INFINITY ? search->known - segment->term - before : INFINITY;
}

/* Segments are taken by start, followers start later: the worth with one bin less is still there when it is asked for. */
static void
add_bin(Search *search, int bins, int max_bins)
{
	for (int kind = 0; kind < KINDS; kind++)
	{
		if (search->kinds & 1u << kind)
			find_running_maxima(search, kind);
	}
	for (size_t s = 0; s < search->n; s++)
	{
		const Segment *segment = &search->segment[s];
		double		least = least_worth(search, segment, max_bins - bins);

		if (s % 1024 == 0)
			search->segments->memory->check_for_interrupts();
		for (int kind = 0; kind < KINDS; kind++)
		{
			Best		best;

			if (!(search->kinds & 1u << kind))
				continue;
			best = best_follower(search, segment, kind, least);
			search->worth[kind][s] = segment->term + best.worth;
			search->choice[kind][(size_t) (bins - 2) * search->n + s] = (uint16_t) best.end;
		}
	}
}

/*
 * The way back
 */

static const Segment *
segment_of(const Search *search, size_t start, size_t end)
{
	const Segment *segment = search->segment + search->first[start];

	while (segment->end != end)
		segment++;
	return segment;
}

/* At an equal rate, which is higher and lower at once, the kind of the whole is the more general one. */
static Kind
kind_of_follower(const Search *search, Kind kind, const Segment *segment, const Segment *follower)
{
	bool		higher = follower->rate >= segment->rate + search->apart;
	bool		lower = follower->rate <= segment->rate - search->apart;

	if (higher && lower)
		return kind;
	return higher ? followers[kind].higher : followers[kind].lower;
}

static void
follow_choices(const Search *search, Kind kind, const Segment *segment, int bins, ClDivision *division)
{
	division->n_bins = bins;
	for (int left = bins; left > 1; left--)
	{
		size_t		s = (size_t) (segment - search->segment);
		const Segment *follower = segment_of(search, segment->end, search->choice[kind][(size_t) (left - 2) * search->n + s]);

		division->end[bins - left] = segment->end;
		kind = kind_of_follower(search, kind, segment, follower);
		segment = follower;
	}
	division->end[bins - 1] = segment->end;
}

/* The best division of a kind with so many bins, if it is preferred to what was found before. */
static void
consider(const Search *search, Kind kind, int bins, ClDivision *best)
{
	Best		first = none;
	ClDivision	division;

	for (size_t s = 0; s < search->first[1]; s++)
		take_better(&first, search->worth[kind][s], search->segment[s].end);
	if (first.worth == -INFINITY || first.worth < best->worth)
		return;
	division.worth = first.worth;
	follow_choices(search, kind, segment_of(search, 0, first.end), bins, &division);
	if (cl_division_before(&division, best))
		*best = division;
}

void
cl_search_pairs(const ClSegments *segments, const ClOptimumRules *rules, int max_bins, double critical, double known,
				ClDivision *best)
{
	static const Kind kind_of[] = {
		[CL_TREND_NONE] = ANY, [CL_TREND_ASCENDING] = ASCENDING, [CL_TREND_DESCENDING] = DESCENDING,
		[CL_TREND_PEAK] = PEAK, [CL_TREND_VALLEY] = VALLEY
	};
	Search		search;
	ClDivision	monotone = {-INFINITY, 0, {0}};
	ClDivision	turning = {-INFINITY, 0, {0}};

	search_init(&search, segments, rules, max_bins, critical, known);
	for (int kind = 0; kind < KINDS; kind++)
	{
		for (size_t s = 0; (search.kinds & 1u << kind) && s < search.n; s++)
			search.worth[kind][s] = search.segment[s].end == search.segments->n ? search.segment[s].term : -INFINITY;
	}
	for (int bins = 1; bins <= max_bins; bins++)
	{
		if (bins > 1)
			add_bin(&search, bins, max_bins);
		if (bins < rules->min_bins)
			continue;
		if (rules->trend != CL_TREND_MONOTONE && rules->trend != CL_TREND_BEST)
		{
			consider(&search, kind_of[rules->trend], bins, &monotone);
			continue;
		}
		consider(&search, ASCENDING, bins, &monotone);
		consider(&search, DESCENDING, bins, &monotone);
		if (rules->trend == CL_TREND_MONOTONE)
			continue;
		consider(&search, PEAK, bins, &turning);
		consider(&search, VALLEY, bins, &turning);
	}
	*best = turning.worth > monotone.worth ? turning : monotone;
	search_free(&search);
}
