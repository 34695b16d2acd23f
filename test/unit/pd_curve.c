/*
 * Isotonic blocks against the max-min formula, and curves against their points.
 */
#include "check.h"
#include "release.h"

#include <stdlib.h>

#include "core/pd_curve.h"

#define MOST_SCORES 40

void		test_pd_curve(void);

static void *
allocate(void *context, size_t size)
{
	(void) context;
	return malloc(size);
}

static void
check_for_interrupts(void)
{
}

static const ClMemory memory = {allocate, realloc, free, check_for_interrupts, NULL};

/* max over s <= i of min over t >= i of the rate from s to t (Robertson, Wright and Dykstra 1988). */
static double
max_min(const double (*weight)[2], int n, int i)
{
	double		most = -1;

	for (int s = 0; s <= i; s++)
	{
		double		least = 2;
		double		sum[2] = {0, 0};

		for (int t = s; t < n; t++)
		{
			sum[0] += weight[t][0];
			sum[1] += weight[t][1];
			if (t >= i)
				least = fmin(least, sum[1] / (sum[0] + sum[1]));
		}
		most = fmax(most, least);
	}
	return most;
}

static void
check_isotonic(uint64_t *seed, bool up)
{
	double		weight[MOST_SCORES][2];
	int			n = 1 + (int) (cl_test_random(seed) % MOST_SCORES);
	ClTally		tally;
	ClPdCurve	curve = {.method = CL_CURVE_ISOTONIC, .higher_is_riskier = up};
	double		before = 0;

	cl_tally_init(&tally, &memory, CL_TALLY_WEIGHTS);
	for (int i = 0; i < n; i++)
	{
		for (int class = 0; class < 2; class++)
		{
			weight[i][class] = (double) (cl_test_random(seed) % 4) + (class == 0 ? 1 : 0);
			cl_tally_add_weighted(&tally, up ? i * 1.5 : -i * 1.5, class == CL_EVENT, weight[i][class], 0);
		}
	}
	cl_tally_settle(&tally);
	cl_pd_curve_estimate(&tally, &curve);
	for (int i = 0; i < n; i++)
	{
		double		pd = cl_pd_curve_pd(&curve, up ? i * 1.5 : -i * 1.5);
		double		between = cl_pd_curve_pd(&curve, up ? i * 1.5 + 0.7 : -i * 1.5 - 0.7);

		CHECK_NEAR(pd, max_min((const double (*)[2]) weight, n, i), 1e-14);
		CHECK(pd >= before && between >= pd);
		before = pd;
	}
	CHECK(cl_pd_curve_pd(&curve, up ? INFINITY : -INFINITY) == before);
	CHECK(curve.n_points >= 1 && curve.n_points <= 2 * (size_t) n);
	for (size_t i = 1; i < curve.n_points; i++)
		CHECK(curve.points[i].score > curve.points[i - 1].score);
	free(curve.points);
	release_tally(&tally);
}

/* Platt's curve keeps the direction whatever the data say, and the mean where they agree. */
static void
check_platt(uint64_t *seed, bool up, bool smoothing)
{
	ClTally		tally;
	ClPdCurve	curve = {.method = CL_CURVE_PLATT, .higher_is_riskier = up, .smoothing = smoothing};
	int			n = 1 + (int) (cl_test_random(seed) % 30);
	double		score[30];
	double		mean = 0;

	cl_tally_init(&tally, &memory, CL_TALLY_COUNTS);
	for (int i = 0; i < n; i++)
	{
		score[i] = (double) (cl_test_random(seed) % 50);
		cl_tally_add(&tally, score[i], cl_test_random(seed) % 50 < 25 + score[i] / 4);
	}
	cl_tally_settle(&tally);
	cl_pd_curve_estimate(&tally, &curve);
	CHECK_EQ_INT(curve.n, n);
	CHECK(!(up ? curve.slope < 0 : curve.slope > 0));
	CHECK(!smoothing || !isnan(curve.slope));
	for (int i = 0; i < n; i++)
		mean += cl_pd_curve_pd(&curve, score[i]) / n;
	if (!smoothing && !isnan(curve.slope))
		CHECK_NEAR(mean, (double) curve.n_event / n, 1e-12);
	release_tally(&tally);
}

void
test_pd_curve(void)
{
	uint64_t	seed = 1963;

	for (int i = 0; i < 2000; i++)
	{
		check_isotonic(&seed, true);
		check_isotonic(&seed, false);
		check_platt(&seed, i % 2 == 0, i % 3 == 0);
	}
}
