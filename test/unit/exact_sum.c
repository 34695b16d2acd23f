/*
 * Exact sums: the same triple in any order and from any parts, and the sum itself against 128-bit integers.
 */
#include <string.h>

#include "check.h"
#include "core/exact_sum.h"
#include "core/money.h"

void		test_exact_sum(void);

#define MOST 300

static bool
same(const ClExactSum *one, const ClExactSum *other)
{
	ClExactSum	a = cl_exact_sum_closed(one);
	ClExactSum	b = cl_exact_sum_closed(other);

	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Doubles of full precision whose size differs by so many powers of two, of either sign if asked. */
static void
check_order(uint64_t *random, int n, int powers, bool negative)
{
	static double x[MOST];
	ClExactSum	forwards = {0};
	ClExactSum	shuffled = {0};
	ClExactSum	part[3] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
	ClExactSum	nothing = {0};
	ClExactSum	closed;

	for (int i = 0; i < n; i++)
	{
		x[i] = ldexp((double) (cl_test_random(random) >> 11) + 1, (int) (cl_test_random(random) % (powers + 1)) - 60);
		if (negative && cl_test_random(random) % 2 == 0)
			x[i] = -x[i];
		cl_exact_sum_add(&forwards, x[i]);
	}
	for (int i = n - 1; i > 0; i--)
	{
		int			j = (int) (cl_test_random(random) % (i + 1));
		double		kept = x[i];

		x[i] = x[j];
		x[j] = kept;
	}
	for (int i = 0; i < n; i++)
	{
		cl_exact_sum_add(&shuffled, x[i]);
		cl_exact_sum_add(&part[cl_test_random(random) % 3], x[i]);
	}
	cl_exact_sum_merge(&part[2], &part[0]);
	closed = cl_exact_sum_closed(&part[1]);
	cl_exact_sum_merge(&part[2], &closed);
	CHECK(same(&forwards, &shuffled));
	CHECK(same(&forwards, &part[2]));
	closed = cl_exact_sum_closed(&forwards);
	CHECK(closed.high + closed.middle == closed.high && closed.middle + closed.low == closed.middle);
	CHECK(same(&closed, &forwards));
	for (int i = 0; i < n; i++)
		cl_exact_sum_add(&shuffled, -x[i]);
	CHECK(same(&shuffled, &nothing));
}

/* Half a unit of the first double, and a trifle that says which way it is rounded. */
static void
check_ties(void)
{
	double		one = ldexp(1, 53);

	for (int sign = -1; sign <= 1; sign += 2)
	{
		for (int odd = 0; odd < 2; odd++)
		{
			for (int trifle = -1; trifle <= 1; trifle++)
			{
				double		x[3] = {sign * (one + 2 * odd), sign, ldexp(trifle, -40)};
				ClExactSum	sum[6] = {{0, 0, 0}};

				for (int order = 0; order < 6; order++)
				{
					static const int place[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

					for (int i = 0; i < 3; i++)
						cl_exact_sum_add(&sum[order], x[place[order][i]]);
					CHECK(same(&sum[0], &sum[order]));
				}
				/* Another way to write the first, which no addition gives. */
				sum[1] = (ClExactSum) {x[0] + 2 * sign, -sign, x[2]};
				CHECK(same(&sum[0], &sum[1]));
			}
		}
	}
}

/* Multiples of 2^-20 below 2^70: 128-bit integers hold their sums. */
static void
check_integers(uint64_t *random)
{
	ClExactSum	sum = {0};
	cl_int128	exact = 0;

	for (int i = 0; i < MOST; i++)
	{
		int			power = (int) (cl_test_random(random) % 60);
		int64_t		mantissa = (int64_t) (cl_test_random(random) >> 34) - (INT64_C(1) << 29);

		cl_exact_sum_add(&sum, ldexp((double) mantissa, power - 20));
		exact += (cl_int128) mantissa * ((cl_int128) 1 << power);
	}
	sum = cl_exact_sum_closed(&sum);
	exact -= (cl_int128) ldexp(sum.high, 20);
	exact -= (cl_int128) ldexp(sum.middle, 20);
	exact -= (cl_int128) ldexp(sum.low, 20);
	CHECK(exact == 0);
}

void
test_exact_sum(void)
{
	uint64_t	random = 15;

	for (int i = 0; i < 2000; i++)
	{
		check_order(&random, 1 + (int) (cl_test_random(&random) % MOST), 0, false);
		check_order(&random, 1 + (int) (cl_test_random(&random) % MOST), 30, i % 2 == 0);
		check_order(&random, 1 + (int) (cl_test_random(&random) % MOST), 90, i % 2 == 0);
		check_integers(&random);
	}
	check_ties();
}
