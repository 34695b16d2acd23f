/*
 * concentration.c
 *	  Cells of amounts against two passes over all pairs in long double; the same cells however amounts are split.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/concentration.h"
#include "memory.h"

void		test_concentration(void);

#define MOST 600

/* All pairs, as the definition has it. */
static void
check_amounts(uint64_t *random, int n, int kinds)
{
	ClMemory	memory = cl_test_memory;
	static double amount[MOST];
	ClConcentration whole;
	ClConcentration part[2];
	ClConcentrationCell *one;
	ClConcentrationCell *other;
	double		curve[11];
	double		missing;
	long double total = 0;
	long double squares = 0;
	long double differences = 0;

	cl_concentration_init(&whole, &memory);
	cl_concentration_init(&part[0], &memory);
	cl_concentration_init(&part[1], &memory);
	for (int i = 0; i < n; i++)
	{
		int			kind = (int) (cl_test_random(random) % (uint64_t) kinds);

		amount[i] = kind == 0 ? 0 : exp(kind * 0.37) * 3;
		cl_concentration_add(&whole, amount[i]);
		cl_concentration_add(&part[cl_test_random(random) % 2], amount[i]);
		total += (long double) amount[i];
		squares += (long double) amount[i] * (long double) amount[i];
	}
	for (int i = 0; i < n; i++)
	{
		for (int k = 0; k < n; k++)
			differences += fabsl((long double) amount[i] - (long double) amount[k]);
	}
	cl_concentration_merge(&part[1], &part[0]);
	one = cl_concentration_sorted(&whole);
	other = cl_concentration_sorted(&part[1]);
	CHECK_EQ_INT(part[1].n, n);
	CHECK_EQ_INT(part[1].n_cells, whole.n_cells);
	for (size_t i = 0; i < whole.n_cells; i++)
	{
		CHECK(one[i].key == other[i].key && one[i].n == other[i].n);
		CHECK(cl_exact_sum_closed(&one[i].sum).high == cl_exact_sum_closed(&other[i].sum).high);
	}
	cl_release(&memory, one);
	cl_release(&memory, other);
	if (total > 0)
	{
		double		gini = cl_concentration_gini(&whole, &missing);

		CHECK(fabs(cl_concentration_hhi(&whole) - (double) (squares / total / total)) < 1e-14);
		CHECK(fabs(gini - (double) (differences / (2 * total * n))) < 1e-13);
		CHECK(missing == 0);
		CHECK(fabs(cl_concentration_top_share(&whole, n) - 1) < 1e-14);
		cl_concentration_lorenz(&whole, 10, curve);
		CHECK(curve[0] == 0 && curve[10] == 1);
		for (int i = 0; i < 10; i++)
			CHECK(curve[i] <= curve[i + 1] + 1e-15 && curve[i] <= i / 10.0 + 1e-12);
		for (int64_t k = 1; k < n; k += 1 + n / 7)
		{
			/* As many of the largest as there are not among the smallest. */
			double		point[MOST + 1];

			cl_concentration_lorenz(&whole, n, point);
			CHECK(fabs(cl_concentration_top_share(&whole, k) + point[n - k] - 1) < 1e-12);
		}
	}
	cl_release(&memory, whole.cell);
	cl_release(&memory, part[0].cell);
	cl_release(&memory, part[1].cell);
}

/* Beyond the number of distinct amounts that are kept: numbers, sums and squares stay exact, the coefficient within its bound. */
static void
check_grouped(uint64_t *random)
{
	ClMemory	memory = cl_test_memory;
	int			n = CL_CONCENTRATION_EXACT + 5000;
	double	   *amount = malloc((size_t) n * sizeof(double));
	ClConcentration c;
	ClConcentrationCell *cell;
	long double total = 0;
	long double squares = 0;
	double		missing;
	int64_t		counted = 0;

	cl_concentration_init(&c, &memory);
	for (int i = 0; i < n; i++)
	{
		amount[i] = exp((double) (cl_test_random(random) >> 11) / 9007199254740992.0 * 12);
		cl_concentration_add(&c, amount[i]);
		CHECK(c.grouped == (i >= CL_CONCENTRATION_EXACT));
		total += (long double) amount[i];
		squares += (long double) (amount[i] * amount[i]);
	}
	CHECK(fabs(cl_exact_sum_closed(&c.total).high / (double) total - 1) < 1e-15);
	CHECK(fabs(cl_exact_sum_closed(&c.squares).high / (double) squares - 1) < 1e-15);
	cell = cl_concentration_sorted(&c);
	for (size_t i = 0; i < c.n_cells; i++)
	{
		double		least = cl_concentration_amount(cell[i].key);
		double		mean = cl_exact_sum_closed(&cell[i].sum).high / (double) cell[i].n;

		CHECK(mean >= least && mean < least * (1 + 1.0 / 256));
		counted += cell[i].n;
	}
	CHECK_EQ_INT(counted, n);
	CHECK(cl_concentration_gini(&c, &missing) < 1 && missing > 0 && missing < 1e-5);
	cl_release(&memory, cell);
	cl_release(&memory, c.cell);
	free(amount);
}

void
test_concentration(void)
{
	uint64_t	random = 20261130;

	for (int i = 0; i < cl_rounds(2000); i++)
		check_amounts(&random, 1 + (int) (cl_test_random(&random) % MOST), 1 + (int) (cl_test_random(&random) % 40));
	check_grouped(&random);
}
