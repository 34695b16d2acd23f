/*
 * card_points.c
 *	  Points against the log-odds they stand for, and range-preserving rounding against every way to round.
 */
#include "check.h"
#include "memory.h"

#include "core/card_points.h"

#define MOST_PARTS 3
#define MOST_BINS 4

static const ClScaling scaling = {600, 50, 20};

typedef struct Card
{
	ClCardPart	part[MOST_PARTS];
	double		woe[MOST_PARTS][MOST_BINS];
	double		points[MOST_PARTS][MOST_BINS];
	int			n;
	double		intercept;
} Card;

static double
uniform(uint64_t *seed)
{
	return (double) (cl_test_random(seed) >> 11) / 9007199254740992.0;
}

static void
random_card(Card *card, uint64_t *seed)
{
	card->n = 1 + (int) (cl_test_random(seed) % MOST_PARTS);
	card->intercept = -4 + 4 * uniform(seed);
	for (int j = 0; j < card->n; j++)
	{
		card->part[j] = (ClCardPart) {1 + (int) (cl_test_random(seed) % MOST_BINS), -1.5 + uniform(seed), card->woe[j],
			card->points[j], 0};
		for (int i = 0; i < card->part[j].bins; i++)
			card->woe[j][i] = -2 + 4 * uniform(seed);
	}
}

static double
base_of(Card *card, ClAllocation allocation, ClRounding rounding)
{
	return cl_card_points(card->part, card->n, card->intercept, &scaling, allocation, rounding, &cl_test_memory);
}

/* The score of some bins, and what the model says it must be. */
static void
check_score(Card *card, ClAllocation allocation, uint64_t *seed)
{
	double		exact = base_of(card, allocation, CL_ROUNDING_NONE);
	double		log_odds = card->intercept;
	double		rounded;
	int			bin[MOST_PARTS];

	for (int j = 0; j < card->n; j++)
	{
		bin[j] = (int) (cl_test_random(seed) % (unsigned) card->part[j].bins);
		exact += card->points[j][bin[j]];
		log_odds += card->part[j].coefficient * card->woe[j][bin[j]];
	}
	CHECK_NEAR(cl_scaling_pd(&scaling, exact), 1 / (1 + exp(-log_odds)), 1e-12);
	rounded = base_of(card, allocation, CL_ROUNDING_NEAREST);
	for (int j = 0; j < card->n; j++)
	{
		rounded += card->points[j][bin[j]];
		CHECK(card->points[j][bin[j]] == rint(card->points[j][bin[j]]));
		CHECK(card->points[j][bin[j]] != 0 || !signbit(card->points[j][bin[j]]));
	}
	CHECK(fabs(rounded - exact) <= 0.5 * (card->n + 1) + 1e-9);
}

static double
extreme(const double *x, int n, bool highest)
{
	double		extreme = x[0];

	for (int i = 1; i < n; i++)
		extreme = highest ? fmax(extreme, x[i]) : fmin(extreme, x[i]);
	return extreme;
}

/* All ways to round every number down or up that keep the range; the least error. */
static double
least_error(double exact[MOST_PARTS][MOST_BINS], const Card *card, double lowest, double highest)
{
	int			numbers = 0;
	double		least = INFINITY;

	for (int j = 0; j < card->n; j++)
		numbers += card->part[j].bins;
	for (long ways = 0; ways < 1L << numbers; ways++)
	{
		double		low = 0;
		double		high = 0;
		double		error = 0;
		int			bit = 0;

		for (int j = 0; j < card->n; j++)
		{
			double		rounded[MOST_BINS];

			for (int i = 0; i < card->part[j].bins; i++, bit++)
			{
				rounded[i] = floor(exact[j][i]) + (double) (ways >> bit & 1);
				error += fabs(rounded[i] - exact[j][i]);
			}
			low += extreme(rounded, card->part[j].bins, false);
			high += extreme(rounded, card->part[j].bins, true);
		}
		if (low == lowest && high == highest)
			least = fmin(least, error);
	}
	return least;
}

static void
check_range(Card *card, ClAllocation allocation)
{
	double		exact[MOST_PARTS][MOST_BINS];
	double		base = base_of(card, allocation, CL_ROUNDING_NONE);
	double		low = base;
	double		high = base;
	double		error = 0;
	double		rounded_low = 0;
	double		rounded_high = 0;
	double		rounded_base;

	for (int j = 0; j < card->n; j++)
	{
		for (int i = 0; i < card->part[j].bins; i++)
			exact[j][i] = card->points[j][i];
		low += extreme(exact[j], card->part[j].bins, false);
		high += extreme(exact[j], card->part[j].bins, true);
	}
	rounded_base = base_of(card, allocation, CL_ROUNDING_RANGE);
	for (int j = 0; j < card->n; j++)
	{
		rounded_low += extreme(card->points[j], card->part[j].bins, false);
		rounded_high += extreme(card->points[j], card->part[j].bins, true);
		for (int i = 0; i < card->part[j].bins; i++)
			error += fabs(card->points[j][i] - exact[j][i]);
	}
	/* With one bin each there is one sum, which cannot be two numbers. */
	if (rounded_base + rounded_low == rint(low) && rounded_base + rounded_high == rint(high))
		CHECK_NEAR(error, least_error(exact, card, rounded_low, rounded_high), 1e-9);
	else
		CHECK(isinf(least_error(exact, card, rint(low) - rounded_base, rint(high) - rounded_base)));
}

void
test_card_points(void)
{
	uint64_t	seed = 4;
	Card		card;

	for (int round = 0; round < 3000; round++)
	{
		random_card(&card, &seed);
		for (int allocation = 0; allocation <= CL_ALLOCATION_ZERO_MINIMUM; allocation++)
		{
			check_score(&card, (ClAllocation) allocation, &seed);
			if (round % 4 == 0)
				check_range(&card, (ClAllocation) allocation);
		}
	}
	/* Zero minimum: no characteristic below 0, and the base is the lowest score. */
	random_card(&card, &seed);
	(void) base_of(&card, CL_ALLOCATION_ZERO_MINIMUM, CL_ROUNDING_NONE);
	for (int j = 0; j < card.n; j++)
		CHECK_NEAR(extreme(card.points[j], card.part[j].bins, false), 0, 1e-12);
	CHECK_EQ_INT(cl_test_allocated, 0);
}
