/*
 * binning_segments.c
 *	  What every segment of pre-bins is worth as a bin, and which may be one.
 */
#include "core/binning_segments.h"

#include <math.h>

static void
sum_up(ClSegments *segments, const ClBinCounts *prebin)
{
	size_t		places = (size_t) segments->n + 1;

	for (int class = 0; class < 2; class++)
	{
		double	   *weight = cl_allocate(segments->memory, places * sizeof(double));

		weight[0] = 0;
		for (int i = 0; i < segments->n; i++)
			weight[i + 1] = weight[i] + prebin[i].weight[class];
		segments->weight[class] = weight;
	}
}

/* Segments without weight are no bins; nor are those across a split that must be. "forced" is by the place of the split. */
static double
find_terms(ClSegments *segments, const unsigned char *forced, ClObjective objective, const double *total)
{
	double		largest = 0;

	for (int i = 0; i < segments->n; i++)
	{
		bool		across = false;

		segments->memory->check_for_interrupts();
		for (int j = i + 1; j <= segments->n; j++)
		{
			double		weight[2];
			double		term = -INFINITY;

			across |= j > i + 1 && forced[j - 1];
			cl_segment_weight(segments, i, j, weight);
			if (!across && weight[0] + weight[1] > 0)
			{
				term = cl_objective_term(objective, weight, total);
				largest = fmax(largest, term);
			}
			segments->term[cl_segment(segments, i, j)] = term;
		}
	}
	return largest;
}

/*
 * Terms are rounded to a grid fine enough not to change answers and coarse enough that sums of them are exact: then sums do
 * not depend on the order of adding, and equal answers are recognized as such. A power of two times 2^-50 leaves room for all
 * bins in the 53 bits of a double. Then each bin costs 2^-40 of the largest term, so that two bins of one rate, which are
 * worth what one is but for rounding, are joined.
 */
static void
weigh(ClSegments *segments, double largest, int max_bins)
{
	int			exponent;
	double		unit;
	double		cost;

	frexp(fmax(largest, 0x1p-40), &exponent);
	cost = ldexp(1, exponent - 40);
	frexp(max_bins, &max_bins);
	unit = ldexp(1, exponent + max_bins - 50);
	for (int i = 0; i < segments->n; i++)
	{
		for (int j = i + 1; j <= segments->n; j++)
		{
			double	   *term = &segments->term[cl_segment(segments, i, j)];

			*term = rint((*term - cost) / unit) * unit;
		}
	}
}

void
cl_segments_init(ClSegments *segments, const ClMemory *memory, const ClBinCounts *prebin, int n, const unsigned char *forced,
				 const ClOptimumRules *rules, const double *total)
{
	size_t		places = (size_t) n + 1;

	segments->memory = memory;
	segments->n = n;
	sum_up(segments, prebin);
	segments->term = cl_allocate(memory, places * places * sizeof(double));
	weigh(segments, find_terms(segments, forced, rules->objective, total), rules->max_bins);
}

void
cl_segments_free(ClSegments *segments)
{
	for (int class = 0; class < 2; class++)
		cl_release(segments->memory, segments->weight[class]);
	cl_release(segments->memory, segments->term);
}

/*
 * Takes out the segments that break a rule of size. Sizes are sums of weights, so that a row of weight three is three rows. There
 * is a little to spare, for neither a share such as 0.05 nor a weight of 0.1 is a binary fraction: five of a hundred rows are 5 %
 * and ten rows of a tenth are one, whatever the last bit says.
 *
 * A bin with its share of the events is large enough without its share of the rows: the few who are far behind with their
 * payments are most of those who default.
 */
void
cl_segments_keep_sizes(ClSegments *segments, const ClOptimumRules *rules, const double *total)
{
	double		all = total[0] + total[1];
	double		least = rules->min_size * all * (1 - 1e-12);
	double		least_events = rules->min_size * total[CL_EVENT] * (1 - 1e-12);
	double		most = rules->max_size < 1 ? rules->max_size * all * (1 + 1e-12) : INFINITY;
	double		least_of[2];

	for (int class = 0; class < 2; class++)
		least_of[class] = (double) rules->min_n[class] - 1e-6;

	for (int i = 0; i < segments->n; i++)
	{
		for (int j = i + 1; j <= segments->n; j++)
		{
			double		weight[2];
			double		size;

			cl_segment_weight(segments, i, j, weight);
			size = weight[0] + weight[1];
			if ((size < least && weight[CL_EVENT] < least_events) || size > most || weight[0] < least_of[0] ||
				weight[1] < least_of[1])
				segments->term[cl_segment(segments, i, j)] = -INFINITY;
		}
	}
}

bool
cl_division_before(const ClDivision *a, const ClDivision *b)
{
	if (a->worth != b->worth)
		return a->worth > b->worth;
	if (a->n_bins != b->n_bins)
		return a->n_bins < b->n_bins;
	for (int bin = 0; bin < a->n_bins; bin++)
	{
		if (a->end[bin] != b->end[bin])
			return a->end[bin] < b->end[bin];
	}
	return false;
}
