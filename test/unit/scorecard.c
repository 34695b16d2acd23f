/*
 * scorecard.c
 *	  Unit tests of the scorecard: searches against counting by hand, and published numbers of the scaling.
 */
#include "check.h"

#include "core/scorecard.h"

#define BINS 40

/* The last bound at or below x decides, found by looking at all of them as they were written. */
static int
interval_by_hand(const double *edges, int nedges, bool right_closed, double x)
{
	int			interval = 0;

	for (int i = 0; i < nedges; i++)
		interval += right_closed ? x > edges[i] : x >= edges[i];
	return interval;
}

static void
test_intervals(void)
{
	uint64_t	seed = 1;
	double		edges[BINS];
	double		bounds[BINS];
	ClCharacteristic characteristic = {.scale = CL_SCALE_INTERVALS, .bounds = bounds};

	for (int round = 0; round < 400; round++)
	{
		bool		right_closed = round % 2;

		characteristic.nbounds = round / 2 % BINS;
		for (int i = 0; i < characteristic.nbounds; i++)
		{
			edges[i] = (i == 0 ? -5 : edges[i - 1]) + (double) (1 + cl_test_random(&seed) % 4) / 4;
			bounds[i] = cl_card_bound(edges[i], right_closed);
		}
		for (int i = 0; i < 60; i++)
		{
			/* Quarters hit the bounds often. */
			double		x = (double) (cl_test_random(&seed) % 240) / 4 - 10;

			CHECK_EQ_INT(cl_card_interval(&characteristic, x),
						 interval_by_hand(edges, characteristic.nbounds, right_closed, x));
		}
		CHECK_EQ_INT(cl_card_interval(&characteristic, INFINITY), characteristic.nbounds);
		CHECK_EQ_INT(cl_card_interval(&characteristic, -INFINITY), 0);
	}
}

static void
test_neighbours(void)
{
	double		bound = 0;
	ClCharacteristic characteristic = {.scale = CL_SCALE_INTERVALS, .nbounds = 1, .bounds = &bound};

	CHECK_EQ_INT(cl_card_interval(&characteristic, -0.0), 1);
	CHECK_EQ_INT(cl_card_interval(&characteristic, nextafter(0, -1)), 0);
	bound = cl_card_bound(0, true);
	CHECK_EQ_INT(cl_card_interval(&characteristic, 0), 0);
	CHECK_EQ_INT(cl_card_interval(&characteristic, nextafter(0, 1)), 1);
	bound = cl_card_bound(nextafter(0, -1), true);
	CHECK_EQ_INT(cl_card_interval(&characteristic, nextafter(0, -1)), 0);
	CHECK_EQ_INT(cl_card_interval(&characteristic, 0), 1);
}

static void
test_listed(void)
{
	ClCardValue numbers[] = {{.number = 3, .bin = 0}, {.number = -9, .bin = 1}, {.number = 0.1, .bin = 2}};
	ClCardValue texts[] = {
		{.text = "rent", .length = 4, .bin = 0}, {.text = "", .length = 0, .bin = 1},
		{.text = "own", .length = 3, .bin = 2}, {.text = "free", .length = 4, .bin = 0}
	};
	double		bound = 1;
	ClCharacteristic numeric = {
		.scale = CL_SCALE_INTERVALS, .nbounds = 1, .bounds = &bound, .nlisted = 3, .missing = 7, .listed = numbers
	};
	ClCharacteristic text = {.scale = CL_SCALE_TEXTS, .nlisted = 4, .other = 5, .listed = texts};

	cl_card_sort_values(numbers, 3);
	cl_card_sort_values(texts, 4);
	CHECK_EQ_INT(cl_card_repeated_value(numbers, 3), -1);
	CHECK_EQ_INT(cl_card_repeated_value(texts, 4), -1);
	CHECK_EQ_INT(cl_card_bin_of_number(&numeric, 3), 0);
	CHECK_EQ_INT(cl_card_bin_of_number(&numeric, -9), 1);
	CHECK_EQ_INT(cl_card_bin_of_number(&numeric, 0.1), 2);
	CHECK_EQ_INT(cl_card_bin_of_number(&numeric, 0.2), 0);
	CHECK_EQ_INT(cl_card_bin_of_number(&numeric, NAN), 7);
	numeric.scale = CL_SCALE_NUMBERS;
	numeric.other = 6;
	CHECK_EQ_INT(cl_card_bin_of_number(&numeric, 0.2), 6);
	CHECK_EQ_INT(cl_card_bin_of_number(&numeric, INFINITY), 6);
	CHECK_EQ_INT(cl_card_bin_of_text(&text, "rent", 4), 0);
	CHECK_EQ_INT(cl_card_bin_of_text(&text, "free", 4), 0);
	CHECK_EQ_INT(cl_card_bin_of_text(&text, "", 0), 1);
	CHECK_EQ_INT(cl_card_bin_of_text(&text, "own", 3), 2);
	CHECK_EQ_INT(cl_card_bin_of_text(&text, "owner", 5), 5);
	CHECK_EQ_INT(cl_card_bin_of_text(&text, "Own", 3), 5);
	numbers[1].number = numbers[2].number;
	CHECK_EQ_INT(cl_card_repeated_value(numbers, 3), 2);
}

static void
test_total_and_losses(void)
{
	double		a[] = {10, 0, NAN};
	double		b[] = {-4, 6, NAN};
	double		c[] = {0, 10, NAN};
	ClCharacteristic characteristics[] = {
		{.nbins = 2, .points = a, .neutral_points = 5, .average_points = NAN},
		{.nbins = 2, .points = b, .neutral_points = 0, .average_points = NAN},
		{.nbins = 2, .points = c, .neutral_points = 0, .average_points = NAN}
	};
	ClScorecard card = {.base_points = 100, .count = 3, .characteristics = characteristics};
	ClLoss		losses[3];
	double		lowest,
				highest;

	for (int i = 0; i < 3; i++)
		cl_card_finish(&characteristics[i]);
	cl_card_range(&card, &lowest, &highest);
	CHECK_NEAR(lowest, 96, 0);
	CHECK_NEAR(highest, 126, 0);
	CHECK_NEAR(cl_card_total(&card, (int[]) {0, 1, 1}), 126, 0);
	CHECK(isnan(cl_card_total(&card, (int[]) {0, 2, 1})));
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {0, 1, 1}, CL_REFERENCE_BEST, losses), 0);
	/* Three equal losses stay in the order of the card; a value without a bin loses nothing. */
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {1, 0, 0}, CL_REFERENCE_BEST, losses), 3);
	for (int i = 0; i < 3; i++)
	{
		CHECK_EQ_INT(losses[i].characteristic, i);
		CHECK_NEAR(losses[i].points, 10, 0);
	}
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {1, 2, 0}, CL_REFERENCE_BEST, losses), 2);
	CHECK_EQ_INT(losses[1].characteristic, 2);
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {1, 0, 0}, CL_REFERENCE_NEUTRAL, losses), 2);
	CHECK_EQ_INT(losses[0].characteristic, 0);
	CHECK_NEAR(losses[1].points, 4, 0);
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {1, 0, 0}, CL_REFERENCE_AVERAGE, losses), 0);
	/* Where a high score is a high risk, points above the lowest are lost. */
	card.scaling.pdo = -20;
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {1, 0, 0}, CL_REFERENCE_BEST, losses), 0);
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {0, 1, 0}, CL_REFERENCE_BEST, losses), 2);
	CHECK_NEAR(losses[0].points, 10, 0);
	CHECK_EQ_INT(cl_card_losses(&card, (int[]) {0, 1, 0}, CL_REFERENCE_NEUTRAL, losses), 2);
	CHECK_EQ_INT(losses[0].characteristic, 1);
	CHECK_NEAR(losses[1].points, 5, 0);
}

/* PDO 20, 600 at 50:1 (Siddiqi's example), 720 at 99:1 (smbinning), 600 at 19:1 with PDO 50 (R scorecard). */
static void
test_scaling(void)
{
	ClScaling	usual = {600, 50, 20};
	ClScaling	smbinning = {720, 99, 20};
	ClScaling	r = {600, 19, 50};
	uint64_t	seed = 7;

	CHECK_NEAR(cl_scaling_factor(&usual), 28.85390081777927, 1e-15);
	CHECK_NEAR(cl_scaling_offset(&usual), 487.1228762045055, 1e-15);
	CHECK_NEAR(cl_scaling_offset(&smbinning), 587.41286759841, 1e-13);
	CHECK_NEAR(cl_scaling_offset(&r), 387.6036243278207, 1e-15);
	CHECK_NEAR(cl_scaling_score(&usual, 1.0 / 51), 600, 1e-14);
	CHECK_NEAR(cl_scaling_score(&usual, 1.0 / 101), 620, 1e-14);
	CHECK(cl_scaling_score(&usual, 0) == INFINITY);
	CHECK(cl_scaling_score(&usual, 1) == -INFINITY);
	CHECK(cl_scaling_pd(&usual, INFINITY) == 0);
	CHECK(cl_scaling_pd(&usual, -INFINITY) == 1);
	for (int i = 0; i < 2000; i++)
	{
		double		pd = (double) (cl_test_random(&seed) >> 11) / 9007199254740992.0;

		CHECK_NEAR(cl_scaling_pd(&usual, cl_scaling_score(&usual, pd)), pd, 1e-12);
	}
}

void
test_scorecard(void)
{
	test_intervals();
	test_neighbours();
	test_listed();
	test_total_and_losses();
	test_scaling();
}
