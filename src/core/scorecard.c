/*
 * scorecard.c
 *	  Bins, points, losses of points, and the scaling between score and probability of default.
 *
 * Terms and formulas follow Siddiqi, "Credit Risk Scorecards" (2006), chapters 6 and 10:
 *
 *		score = offset + factor * ln(good:bad odds),  factor = pdo / ln 2,  offset = score_0 - factor * ln(odds_0)
 */
#include "core/scorecard.h"

#include <stdlib.h>

/*
 * Intervals (a, b] are searched as [a', b') where a' is the next double after a: x > a and x >= a' are the same. So
 * the search knows only one kind of interval.
 */
double
cl_card_bound(double edge, bool right_closed)
{
	return right_closed ? nextafter(edge, INFINITY) : edge;
}

/* Any total order does; this one compares lengths first because they mostly differ. */
static int
compare_texts(const char *a, int a_length, const char *b, int b_length)
{
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return memcmp(a, b, (size_t) a_length);
}

static int
compare_values(const void *left, const void *right)
{
	const ClCardValue *a = left;
	const ClCardValue *b = right;

	if (a->text != NULL)
		return compare_texts(a->text, a->length, b->text, b->length);
	return (a->number > b->number) - (a->number < b->number);
}

/* The order in which values are looked up; all of them have text, or none has. */
void
cl_card_sort_values(ClCardValue *values, int count)
{
	if (count > 1)
		qsort(values, (size_t) count, sizeof(ClCardValue), compare_values);
}

/* In sorted values: the place of one that equals the value before it, or -1. */
int
cl_card_repeated_value(const ClCardValue *values, int count)
{
	for (int i = 1; i < count; i++)
	{
		if (compare_values(&values[i - 1], &values[i]) == 0)
			return i;
	}
	return -1;
}

/* Highest and lowest points, once the bins are there. */
void
cl_card_finish(ClCharacteristic *characteristic)
{
	characteristic->highest_points = -INFINITY;
	characteristic->lowest_points = INFINITY;
	for (int i = 0; i < characteristic->nbins; i++)
	{
		characteristic->highest_points = fmax(characteristic->highest_points, characteristic->points[i]);
		characteristic->lowest_points = fmin(characteristic->lowest_points, characteristic->points[i]);
	}
}

/* The bin that lists this number, or -1. */
int
cl_card_listed_number(const ClCharacteristic *characteristic, double x)
{
	int			low = 0;
	int			high = characteristic->nlisted;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		double		number = characteristic->listed[middle].number;

		if (number == x)
			return characteristic->listed[middle].bin;
		if (number < x)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

int
cl_card_bin_of_text(const ClCharacteristic *characteristic, const char *text, int length)
{
	int			low = 0;
	int			high = characteristic->nlisted;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		const ClCardValue *value = &characteristic->listed[middle];
		int			order = compare_texts(value->text, value->length, text, length);

		if (order == 0)
			return value->bin;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return characteristic->other;
}

/* Binary search for how many bounds are <= x. */
int
cl_card_interval_slow(const ClCharacteristic *characteristic, double x)
{
	const double *bounds = characteristic->bounds;
	int			low = 0;
	int			count = characteristic->nbounds;

	while (count > 0)
	{
		int			half = count / 2;
		bool		right = x >= bounds[low + half];

		low = right ? low + half + 1 : low;
		count = right ? count - half - 1 : half;
	}
	return low;
}

/* Added in the order of the card, from the base points on, as the same card written in SQL would. NaN: not known. */
double
cl_card_total(const ClScorecard *card, const int *bins)
{
	double		total = card->base_points;

	for (int i = 0; i < card->count; i++)
		total += card->characteristics[i].points[bins[i]];
	return total;
}

/* The lowest and the highest score that a borrower can get. */
void
cl_card_range(const ClScorecard *card, double *lowest, double *highest)
{
	*lowest = *highest = card->base_points;
	for (int i = 0; i < card->count; i++)
	{
		*lowest += card->characteristics[i].lowest_points;
		*highest += card->characteristics[i].highest_points;
	}
}

/* Points of the safest bin. With a negative pdo a higher score is a higher risk. */
double
cl_card_best(const ClScorecard *card, const ClCharacteristic *characteristic)
{
	return card->scaling.pdo < 0 ? characteristic->lowest_points : characteristic->highest_points;
}

/* What a borrower with these points has lost against others: above 0 when he is riskier. */
double
cl_card_lost(const ClScorecard *card, double from, double points)
{
	return card->scaling.pdo < 0 ? points - from : from - points;
}

/* NaN when an average is asked for that the card does not carry. */
static double
reference_points(const ClScorecard *card, const ClCharacteristic *characteristic, ClReference reference)
{
	switch (reference)
	{
		case CL_REFERENCE_NEUTRAL:
			return characteristic->neutral_points;
		case CL_REFERENCE_AVERAGE:
			return characteristic->average_points;
		default:
			return cl_card_best(card, characteristic);
	}
}

static int
compare_losses(const void *left, const void *right)
{
	const ClLoss *a = left;
	const ClLoss *b = right;

	if (a->points != b->points)
		return a->points > b->points ? -1 : 1;
	return (a->characteristic > b->characteristic) - (a->characteristic < b->characteristic);
}

/*
 * Who lost points against the reference, the largest loss first, equal losses in the order of the card. A value
 * without a bin has no points, so nothing is known to be lost.
 */
int
cl_card_losses(const ClScorecard *card, const int *bins, ClReference reference, ClLoss *losses)
{
	int			count = 0;

	for (int i = 0; i < card->count; i++)
	{
		const ClCharacteristic *characteristic = &card->characteristics[i];
		double		from = reference_points(card, characteristic, reference);
		double		lost = cl_card_lost(card, from, characteristic->points[bins[i]]);

		if (lost > 0)
		{
			losses[count].characteristic = i;
			losses[count].points = lost;
			count++;
		}
	}
	if (count > 1)
		qsort(losses, (size_t) count, sizeof(ClLoss), compare_losses);
	return count;
}

double
cl_scaling_factor(const ClScaling *scaling)
{
	return scaling->pdo / log(2);
}

double
cl_scaling_offset(const ClScaling *scaling)
{
	return scaling->score - cl_scaling_factor(scaling) * log(scaling->odds);
}

double
cl_scaling_pd(const ClScaling *scaling, double score)
{
	return 1 / (1 + exp((score - cl_scaling_offset(scaling)) / cl_scaling_factor(scaling)));
}

/* A PD of 0 or 1 has infinite odds, and so an infinite score. */
double
cl_scaling_score(const ClScaling *scaling, double pd)
{
	return cl_scaling_offset(scaling) + cl_scaling_factor(scaling) * (log1p(-pd) - log(pd));
}
