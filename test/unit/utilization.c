/*
 * The grid of ratios: every ratio in the cell whose edges hold it; moments against two passes in long double.
 */
#include "check.h"
#include "core/utilization.h"

void		test_utilization(void);

static void
check_cell(double ratio)
{
	int			cell = cl_cell(ratio);

	if (cell == CL_CELL_IDLE)
		CHECK(ratio <= 0);
	else if (cell == CL_CELL_HUGE)
		CHECK(ratio > 1048576 && !isinf(ratio));
	else if (cell == CL_CELL_INFINITE)
		CHECK(isinf(ratio));
	else
		CHECK(ratio > cl_cell_upper(cell - 1) && ratio <= cl_cell_upper(cell));
}

static void
check_moments(uint64_t *state, int n, double scale, double shift)
{
	ClMoments	whole = {0};
	ClMoments	half[2] = {{0}, {0}};
	long double sum = 0;
	long double squares = 0;
	static double x[5000];

	for (int i = 0; i < n; i++)
	{
		x[i] = shift + scale * (double) (cl_test_random(state) >> 11) / 9007199254740992.0;
		/* An outlier now and then, sometimes as the pivot of a block. */
		if (cl_test_random(state) % 500 == 0)
			x[i] += 1e6;
		sum += x[i];
		cl_moments_add(&whole, x[i]);
		cl_moments_add(&half[cl_test_random(state) % 2], x[i]);
	}
	for (int i = 0; i < n; i++)
		squares += (x[i] - sum / n) * (x[i] - sum / n);
	whole = cl_moments_closed(&whole);
	cl_moments_merge(&half[0], &half[1]);
	half[0] = cl_moments_closed(&half[0]);
	CHECK_EQ_INT(whole.n, n);
	CHECK_EQ_INT(half[0].n, n);
	CHECK(fabsl(whole.sum - sum) <= 1e-12L * fabsl(sum));
	CHECK(fabsl(half[0].sum - sum) <= 1e-12L * fabsl(sum));
	CHECK(fabsl(whole.squares - squares) <= 1e-11L * squares);
	CHECK(fabsl(half[0].squares - squares) <= 1e-11L * squares);
}

void
test_utilization(void)
{
	uint64_t	state = 900;
	int64_t		counts[CL_CELLS] = {0};

	for (int cell = 1; cell < CL_CELL_HUGE; cell++)
	{
		double		upper = cl_cell_upper(cell);

		CHECK_EQ_INT(cl_cell(upper), cell);
		CHECK_EQ_INT(cl_cell(nextafter(upper, INFINITY)), cell + 1);
		CHECK(upper > cl_cell_upper(cell - 1));
	}
	CHECK_EQ_INT(cl_cell(0), CL_CELL_IDLE);
	CHECK_EQ_INT(cl_cell(-3), CL_CELL_IDLE);
	CHECK_EQ_INT(cl_cell(5e-324), 1);
	CHECK_EQ_INT(cl_cell(1e300), CL_CELL_HUGE);
	CHECK_EQ_INT(cl_cell(INFINITY), CL_CELL_INFINITE);
	for (int i = 0; i < cl_rounds(1000000); i++)
	{
		double		u = (double) (cl_test_random(&state) >> 11) / 9007199254740992.0;

		check_cell(u);
		check_cell(2 * u);
		check_cell(exp(40 * u - 15));
		/* Quotients of integers, which is what ratios are, land on edges often. */
		check_cell((double) (cl_test_random(&state) % 3000) / (double) (1 + cl_test_random(&state) % 2000));
	}
	for (int i = 0; i < 300; i++)
	{
		check_moments(&state, 2 + (int) (cl_test_random(&state) % 4000), 1, 0);
		check_moments(&state, 2 + (int) (cl_test_random(&state) % 200), 100, 50);
	}
	counts[CL_CELL_IDLE] = 1;
	counts[500] = 2;
	counts[CL_CELL_INFINITE] = 1;
	CHECK_NEAR(cl_cells_quantile(counts, 4, 0.25), 0, 0);
	CHECK_NEAR(cl_cells_quantile(counts, 4, 0.5), 0.4995, 1e-12);
	CHECK(isinf(cl_cells_quantile(counts, 4, 1)));
	CHECK_NEAR(cl_cells_share_above(counts, 4, 0), 0.75, 0);
	CHECK_NEAR(cl_cells_share_above(counts, 4, 0.5), 0.25, 0);
	CHECK_NEAR(cl_cells_share_above(counts, 4, 0.4995), 0.5, 1e-9);
}
