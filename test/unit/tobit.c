/*
 * tobit.c
 *	  The log-likelihood of a row of a Tobit regression, its derivatives, its fit in any order, and memory.
 */
#include "check.h"
#include "memory.h"

#include <string.h>

#include "core/distribution.h"
#include "core/tobit.h"
#include "core/tobit_scan.h"

static double
uniform(uint64_t *state)
{
	return (double) (cl_test_random(state) >> 11) / 9007199254740992.0;
}

/* Derivatives are differences of the log-likelihood, and second ones of first ones, for all kinds of rows. */
static void
check_derivatives(double low, double high, double m, double theta)
{
	const double step = 1e-5;
	ClTobitPoint at;
	ClTobitPoint by_m[2];
	ClTobitPoint by_theta[2];

	cl_tobit_point(low, high, m, theta, &at);
	for (int i = 0; i < 2; i++)
	{
		cl_tobit_point(low, high, m + (i == 0 ? -step : step), theta, &by_m[i]);
		cl_tobit_point(low, high, m, theta + (i == 0 ? -step : step), &by_theta[i]);
	}
	CHECK_NEAR(at.by_m, (by_m[1].loglik - by_m[0].loglik) / (2 * step), 1e-7);
	CHECK_NEAR(at.by_theta, (by_theta[1].loglik - by_theta[0].loglik) / (2 * step), 1e-7);
	CHECK_NEAR(at.mm, (by_m[0].by_m - by_m[1].by_m) / (2 * step), 1e-7);
	CHECK_NEAR(at.mt, (by_m[0].by_theta - by_m[1].by_theta) / (2 * step), 1e-7);
	CHECK_NEAR(at.tt, (by_theta[0].by_theta - by_theta[1].by_theta) / (2 * step), 1e-7);
	/* Concave (Olsen 1978). */
	CHECK(at.mm >= 0 && at.tt >= 0 && at.mm * at.tt - at.mt * at.mt >= -1e-9 * at.mm * at.tt);
}

static void
check_all_derivatives(void)
{
	uint64_t	state = 1;

	for (int i = 0; i < cl_rounds(40000); i++)
	{
		double		low = 6 * uniform(&state) - 3;
		double		width = exp(8 * uniform(&state) - 6);
		double		m = 12 * uniform(&state) - 6;
		double		theta = 0.5 + 2 * uniform(&state);

		check_derivatives(low, low, m, theta);
		check_derivatives(-INFINITY, low, m, theta);
		check_derivatives(low, INFINITY, m, theta);
		check_derivatives(low, low + width, m, theta);
	}
}

/*
 * Both ways of an interval say the same where one takes over from the other: a point beside the border against one on it. A
 * narrow interval is the density times its width; a wide one is a tail.
 */
static void
check_intervals(void)
{
	ClTobitPoint a;
	ClTobitPoint b;

	for (double m = -20; m <= 20; m += 0.5)
	{
		cl_tobit_point(-0.5, 0.5, m, 1, &a);
		cl_tobit_point(-0.5, 0.5 + 1e-13, m, 1, &b);
		CHECK_NEAR(a.loglik, b.loglik, 1e-11);
		CHECK_NEAR(a.by_m, b.by_m, 1e-10);
		CHECK_NEAR(a.mm, b.mm, 1e-9);
		CHECK_NEAR(a.tt, b.tt, 1e-9);
		cl_tobit_point(1, 1 + 1e-7, m, 1, &a);
		cl_tobit_point(1, 1, m, 1, &b);
		CHECK_NEAR(a.loglik, b.loglik + log(1e-7), 1e-7);
		CHECK_NEAR(a.by_m, b.by_m, 1e-6);
		CHECK_NEAR(a.mm, 1, 1e-12);
		CHECK_NEAR(a.mt, b.mt, 1e-6);
		CHECK_NEAR(a.tt, b.tt, 1e-6);
		cl_tobit_point(1, 1e6, m, 1, &a);
		cl_tobit_point(1, INFINITY, m, 1, &b);
		CHECK_NEAR(a.loglik, b.loglik, 1e-12);
		CHECK_NEAR(a.mm, b.mm, 1e-11);
	}
	/* Far out, where probabilities are no doubles any more: mpmath's log(ncdf(-50) - ncdf(-51)) and log(ncdf(-1000)). */
	cl_tobit_point(50, 51, 0, 1, &a);
	CHECK_NEAR(a.loglik, -1254.8313611394199013, 1e-14);
	cl_tobit_point(1000, INFINITY, 0, 1, &a);
	CHECK_NEAR(a.loglik, -500007.82669481218431, 1e-14);
}

/* The same bits for any order and split, with clusters or without. */
static void
fill(ClTobitRows *rows, int n, int seed)
{
	for (int i = 0; i < n; i++)
	{
		uint64_t	state = (uint64_t) ((i * 7 + seed) % n / 2);
		double		x[3] = {uniform(&state), uniform(&state), 1e6 + 10 * uniform(&state)};
		double		y = fmax(0, 4 * x[0] - 2 * x[1] + 3 * (uniform(&state) - 0.5));
		ClTobitRow	row = {y == 0 ? -INFINITY : y, y, 1, {cl_test_random(&state) % 20, 0}};

		row.weight += (double) (cl_test_random(&state) % 3);
		/* There is only one zero, be it known or a bound. */
		if (y == 0 && row.cluster[0] % 2 == 0)
			row.low = 0;
		if (y == 0 && seed > 0)
			row.high = -0.0;
		if (row.low == 0 && seed > 0)
			row.low = -0.0;
		cl_tobit_rows_add(rows, &row, x);
	}
}

static void
check_order(void)
{
	ClTobitRows rows[3];
	ClTobitFit	fit[3];
	enum { N = 40001 };

	for (int clustered = 0; clustered < 2; clustered++)
	{
		for (int i = 0; i < 3; i++)
		{
			cl_tobit_rows_init(&rows[i], &cl_test_memory, true);
			rows[i].terms = 3;
			rows[i].clustered = clustered == 1;
			if (i < 2)
				fill(&rows[i], N, i * 1234);
		}
		/* Halves, the later first. */
		for (int half = 1; half >= 0; half--)
		{
			ClTobitRows part;
			const ClTobitBlock *block = rows[0].first;
			int64_t		place = 0;

			cl_tobit_rows_init(&part, &cl_test_memory, true);
			part.terms = 3;
			for (; block != NULL; block = block->next)
			{
				for (int i = 0; i < block->rows; i++, place++)
				{
					const double *value = block->value + i * cl_tobit_row_width(&rows[0]);
					ClTobitRow	row = {value[0], value[1], value[2], {0, 0}};

					memcpy(row.cluster, value + 3, sizeof(row.cluster));
					if (place % 2 == half)
						cl_tobit_rows_add(&part, &row, value + 5);
				}
			}
			cl_tobit_rows_merge(&rows[2], &part);
			cl_tobit_rows_free(&part);
		}
		for (int i = 0; i < 3; i++)
		{
			cl_tobit_fit(&rows[i], &cl_test_memory, 50, &fit[i]);
			CHECK_EQ_INT(fit[i].status, CL_TOBIT_CONVERGED);
			CHECK(memcmp(fit[i].covariance, fit[0].covariance, 25 * sizeof(double)) == 0);
			CHECK(fit[i].sigma == fit[0].sigma && fit[i].loglik == fit[0].loglik);
			CHECK_EQ_INT(fit[i].clusters, clustered == 1 ? 20 : 0);
			for (int j = 0; j <= 3; j++)
				CHECK(fit[i].term[j].coefficient == fit[0].term[j].coefficient);
		}
		for (int i = 0; i < 3; i++)
		{
			cl_tobit_fit_free(&cl_test_memory, &fit[i]);
			cl_tobit_rows_free(&rows[i]);
		}
	}
}

/* Many equal rows are sorted in no time, and say nothing of sigma. */
static void
check_equal_rows(void)
{
	ClTobitRows rows;
	ClTobitFit	fit;
	double		x = 0.25;
	ClTobitRow	row = {1, 1, 1, {0, 0}};

	cl_tobit_rows_init(&rows, &cl_test_memory, false);
	rows.terms = 1;
	for (int i = 0; i < 200000; i++)
		cl_tobit_rows_add(&rows, &row, &x);
	cl_tobit_fit(&rows, &cl_test_memory, 50, &fit);
	CHECK_EQ_INT(fit.status, CL_TOBIT_PERFECT_FIT);
	CHECK_EQ_INT(fit.rank, 1);
	CHECK(fit.term[1].aliased);
	cl_tobit_fit_free(&cl_test_memory, &fit);
	cl_tobit_rows_free(&rows);
}

/* A call that stops anywhere leaves the rows as they were. */
static void
check_stops(void)
{
	ClTobitRows rows;
	ClTobitFit	fit;
	ClTobitFit	after;

	cl_tobit_rows_init(&rows, &cl_test_memory, true);
	rows.terms = 3;
	rows.clustered = true;
	fill(&rows, 5000, 3);
	cl_tobit_fit(&rows, &cl_test_memory, 50, &fit);
	for (int stop = 1; stop < 200; stop += 7)
	{
		cl_test_stop_after = stop;
		if (setjmp(cl_test_stopped) == 0)
			cl_tobit_fit(&rows, &cl_test_memory, 50, &after);
		cl_test_stop_after = 0;
	}
	cl_tobit_fit(&rows, &cl_test_memory, 50, &after);
	CHECK(memcmp(fit.covariance, after.covariance, 25 * sizeof(double)) == 0);
	cl_test_release_all();
}

void
test_tobit(void)
{
	check_all_derivatives();
	check_intervals();
	check_order();
	check_equal_rows();
	CHECK_EQ_INT(cl_test_allocated, 0);
	check_stops();
}
