/*
 * vintage.c
 *	  Cells of cohorts against an array of all of them: any order, merged or not.
 */
#include "core/vintage.h"

#include <stdlib.h>

#include "check.h"
#include "memory.h"

enum
{
	COHORTS = 30,
	MONTHS = 40
};

static void
test_random(void)
{
	int64_t		n[COHORTS][MONTHS] = {{0}};
	ClVintage	part[2];
	int			last = -1;

	for (int p = 0; p < 2; p++)
		cl_vintage_init(&part[p], &cl_test_memory);
	for (int i = 0; i < 200; i++)
	{
		ClVintage  *vintage = &part[rand() % 2];
		int			cohort = rand() % COHORTS;
		int			months = rand() % MONTHS;
		ClVintageCell *cell = cl_vintage_cell(vintage, 24000 + cohort, months);

		cell->n[CL_VINTAGE_ALL]++;
		cell->amount[CL_VINTAGE_EVER] += 3;
		vintage->n++;
		n[cohort][months]++;
		last = months > last ? months : last;
	}
	CHECK(cl_vintage_merge(&part[0], &part[1]));
	CHECK_EQ_INT(part[0].n, 200);
	CHECK_EQ_INT(cl_vintage_months(&part[0]), last);
	for (int i = 1; i < part[0].n_cohorts; i++)
		CHECK(part[0].cohort[i - 1].month < part[0].cohort[i].month);
	for (int c = 0; c < COHORTS; c++)
	{
		int64_t		most = 0;

		for (int m = 0; m < MONTHS; m++)
		{
			ClVintageCell *cell = cl_vintage_cell(&part[0], 24000 + c, m);

			CHECK_EQ_INT(cell->n[CL_VINTAGE_ALL], n[c][m]);
			CHECK_EQ_INT((int64_t) cell->amount[CL_VINTAGE_EVER], 3 * n[c][m]);
			most = n[c][m] > most ? n[c][m] : most;
		}
		CHECK_EQ_INT(cl_vintage_accounts(&part[0].cohort[c]), most);
	}
	for (int p = 0; p < 2; p++)
		cl_vintage_free(&part[p]);
}

static void
test_limits(void)
{
	ClVintage	vintage;

	cl_vintage_init(&vintage, &cl_test_memory);
	CHECK_EQ_INT(cl_vintage_months(&vintage), -1);
	for (int i = 0; i < CL_VINTAGE_COHORTS; i++)
		CHECK(cl_vintage_cell(&vintage, 99 + i, 0) != NULL);
	CHECK(cl_vintage_cell(&vintage, 98, 0) == NULL);
	CHECK(cl_vintage_cell(&vintage, 99, CL_VINTAGE_MONTHS) != NULL);
	CHECK_EQ_INT(vintage.cohort[0].n, CL_VINTAGE_MONTHS + 1);
	cl_vintage_free(&vintage);
}

void
test_vintage(void)
{
	srand(11);
	for (int i = 0; i < cl_rounds(2000); i++)
		test_random();
	test_limits();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
