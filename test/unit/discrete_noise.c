/*
 * discrete_noise.c
 *	  How often each value comes in a million draws, against the probabilities of the discrete Laplace distribution.
 */
#include "core/discrete_noise.h"

#include <string.h>

#include "check.h"

static void
fill(void *context, void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i += 8)
	{
		uint64_t	word = cl_test_random(context);

		memcpy((char *) bytes + i, &word, 8);
	}
}

/* Five standard errors of a share. */
static void
check_share(long count, long n, double p)
{
	CHECK(fabs((double) count / (double) n - p) < 5 * sqrt(p * (1 - p) / (double) n));
}

static void
test_scale(int above, int below, uint64_t seed, double p0, double p1, double p2, double variance)
{
	enum {SEEN = 64};
	int			n = 1000000;
	long		count[2 * SEEN + 1] = {0};
	double		squares = 0;
	ClRandom	random = {.fill = fill, .context = &seed};

	for (int i = 0; i < n; i++)
	{
		double		x = (double) cl_discrete_laplace(&random, above, below);

		squares += x * x;
		if (fabs(x) <= SEEN)
			count[SEEN + (int) x]++;
	}
	check_share(count[SEEN], n, p0);
	check_share(count[SEEN - 1], n, p1);
	check_share(count[SEEN + 1], n, p1);
	check_share(count[SEEN - 2], n, p2);
	check_share(count[SEEN + 2], n, p2);
	CHECK_NEAR(squares / n, variance, 0.02);
}

/* Twice the same bytes give twice the same noise; a scale beyond 64 bits is no smaller than it should be. */
static void
test_large(void)
{
	uint64_t	seed[2] = {7, 7};
	cl_uint128	scale = (cl_uint128) 1 << 90;
	double		sum = 0;
	ClRandom	random[2] = {{.fill = fill, .context = &seed[0]}, {.fill = fill, .context = &seed[1]}};

	for (int i = 0; i < 20000; i++)
	{
		cl_int128	x = cl_discrete_laplace(&random[0], scale, 1);

		CHECK(x == cl_discrete_laplace(&random[1], scale, 1));
		sum += fabs((double) x) / (double) scale;
	}
	CHECK_NEAR(sum / 20000, 1, 0.04);
}

void
test_discrete_noise(void)
{
	/* Of scale 1: (e - 1) / (e + 1), times 1 / e, times 1 / e^2; variance 2 e / (e - 1)^2. */
	test_scale(1, 1, 3, 0.462117157, 0.170003402, 0.062540756, 1.841347);
	test_scale(1000000, 1000000, 5, 0.462117157, 0.170003402, 0.062540756, 1.841347);
	/* Of scale 7 / 3, by R 4.2: a = exp(-3 / 7); (1 - a) / (1 + a) * a^(0:2); 2 * a / (1 - a)^2 */
	test_scale(7, 3, 11, 0.2110649744, 0.1374959680, 0.0895702438, 10.72374175);
	test_large();
}
