/*
 * The grid of ratios: every ratio in the cell whose edges hold it; sums of ratios against long double.
 */
#include <string.h>

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

/* Against long double, and the same from either end. */
static void
check_sums(uint64_t *state, int n, double scale, double shift)
{
	ClRatioSums forwards = {0};
	ClRatioSums backwards = {0};
	long double sum = 0;
	long double squares = 0;
	static double x[5000];

	for (int i = 0; i < n; i++)
	{
		x[i] = shift + scale * (double) (cl_test_random(state) >> 11) / 9007199254740992.0;
		sum += x[i];
		squares += (long double) x[i] * x[i];
		CHECK(cl_ratio_sums_add(&forwards, x[i]));
	}
	for (int i = n - 1; i >= 0; i--)
		CHECK(cl_ratio_sums_add(&backwards, x[i]));
	CHECK_EQ_INT(forwards.n, n);
	CHECK(memcmp(&forwards, &backwards, sizeof(forwards)) == 0);
	CHECK(fabsl((long double) forwards.sum / 1e15L - sum) <= 1e-15L * n * (1 + scale + fabs(shift)));
	CHECK(fabsl((long double) forwards.squares / 1e30L - squares) <= 1e-14L * n * (1 + scale * scale + shift * shift));
}

static void
check_full(void)
{
	ClRatioSums sums = {0};
	ClRatioSums before;
	int			n = 0;

	/* Squares of the largest: 8.1e37 units each, and 2^127 is 1.7e38. */
	for (before = sums; cl_ratio_sums_add(&sums, -CL_RATIO_LARGEST); before = sums)
		n++;
	CHECK_EQ_INT(n, 2);
	CHECK(memcmp(&sums, &before, sizeof(sums)) == 0);
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
		check_sums(&state, 2 + (int) (cl_test_random(&state) % 4000), 1, 0);
		check_sums(&state, 2 + (int) (cl_test_random(&state) % 200), 100, -50);
	}
	check_full();
	counts[CL_CELL_IDLE] = 1;
	counts[500] = 2;
	counts[CL_CELL_INFINITE] = 1;
	CHECK_NEAR(cl_cells_quantile(counts, 4, 0.25, false), 0, 0);
	CHECK_NEAR(cl_cells_quantile(counts, 4, 0.5, false), 0.4995, 1e-12);
	CHECK(isinf(cl_cells_quantile(counts, 4, 1, false)));
	CHECK_NEAR(cl_cells_share_above(counts, 4, 0, false), 0.75, 0);
	CHECK_NEAR(cl_cells_share_above(counts, 4, 0.5, false), 0.25, 0);
	CHECK_NEAR(cl_cells_share_above(counts, 4, 0.4995, false), 0.5, 1e-9);
	/* One more beyond the grid: what lies there is not told apart. */
	counts[CL_CELL_HUGE] = 1;
	CHECK(isnan(cl_cells_quantile(counts, 5, 0.8, false)));
	CHECK_NEAR(cl_cells_quantile(counts, 5, 0.8, true), 1048576, 0);
	CHECK(isnan(cl_cells_share_above(counts, 5, 1048577, false)));
	CHECK_NEAR(cl_cells_share_above(counts, 5, 1048577, true), 0.2, 0);
	CHECK_NEAR(cl_cells_share_above(counts, 5, 1048576, false), 0.4, 0);
}
