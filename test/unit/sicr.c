/*
 * sicr.c
 *	  A month at a time against a look at all of them: flags and outcomes of random panels, in any order.
 */
#include "core/sicr.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "memory.h"

enum
{
	ACCOUNTS = 5,
	MONTHS = 40,
	FIRST = 24000,
	MISSING = 9
};

/* By account and month: in_default and tests, or MISSING. */
static uint8_t in_default[ACCOUNTS][MONTHS];
static uint8_t tests[ACCOUNTS][MONTHS][CL_SICR_MEASURES];

static int
flag_of(int a, int t, int measure, int stickiness)
{
	if (tests[a][t][measure] == CL_SICR_UNKNOWN)
		return CL_SICR_UNKNOWN;
	for (int i = t; i > t - stickiness; i--)
	{
		if (i < 0 || in_default[a][i] == MISSING || tests[a][i][measure] == CL_SICR_UNKNOWN)
			return CL_SICR_UNKNOWN;
		if (tests[a][i][measure] == CL_SICR_NO)
			return CL_SICR_NO;
	}
	return CL_SICR_YES;
}

/* Months to the default, 0 for none, -1 where nobody knows. */
static int
lead_of(int a, int t, int months)
{
	for (int i = t + 1; i <= t + months; i++)
	{
		if (in_default[a][i] == MISSING)
			return -1;
		if (in_default[a][i])
			return i - t;
	}
	return 0;
}

static void
check_cell(const ClSicrCell *cell, int measure, int stickiness, int months)
{
	ClSicrCell	own = {.n_unknown = 0};

	for (int a = 0; a < ACCOUNTS; a++)
	{
		int64_t		sum[CL_SICR_SUMS] = {0};
		int			p = 0;

		for (int t = 0; t + months < MONTHS; t++)
		{
			int			flag = flag_of(a, t, measure, stickiness);
			int			lead = lead_of(a, t, months);

			if (in_default[a][t] != 0)
				continue;
			if (flag == CL_SICR_UNKNOWN || lead < 0)
			{
				own.n_unknown++;
				continue;
			}
			sum[CL_SICR_ALL]++;
			sum[CL_SICR_FLAGGED] += flag;
			sum[CL_SICR_BAD] += lead > 0;
			sum[CL_SICR_HIT] += flag && lead > 0;
			own.lead += flag ? lead : 0;
		}
		for (int i = 0; i < CL_SICR_SUMS; i++)
		{
			own.sum[i] += sum[i];
			for (int j = i; j < CL_SICR_SUMS; j++)
				own.product[p++] += sum[i] * sum[j];
		}
		own.accounts[CL_SICR_ALL] += sum[CL_SICR_ALL] > 0;
		own.accounts[CL_SICR_FLAGGED] += sum[CL_SICR_FLAGGED] > 0;
		own.accounts[CL_SICR_BAD] += sum[CL_SICR_BAD] > 0;
		own.accounts[CL_SICR_GOOD] += sum[CL_SICR_ALL] - sum[CL_SICR_BAD] > 0;
	}
	for (int i = 0; i < CL_SICR_NUMBERS; i++)
		CHECK_EQ_INT(cell->number[i], own.number[i]);
}

static void
test_random(void)
{
	ClSicrPanel panel;
	ClSicr		sicr;
	ClSicr		twice;
	int			rare = 2 + rand() % 30;

	cl_sicr_panel_init(&panel, &cl_test_memory);
	panel.rules.as_of = FIRST + MONTHS - 1;
	for (int a = 0; a < ACCOUNTS; a++)
	{
		for (int t = 0; t < MONTHS; t++)
		{
			ClSicrRow	row = {.account = 7 - 3 * a, .month = FIRST + t};

			row.in_default = in_default[a][t] = rand() % rare == 0;
			for (int m = 0; m < CL_SICR_MEASURES; m++)
				row.test[m] = tests[a][t][m] = rand() % 9 == 0 ? CL_SICR_UNKNOWN : rand() % 3 > 0;
			if (rand() % rare == 0)
				in_default[a][t] = MISSING;
			else
				cl_sicr_panel_add(&panel, &row);
		}
	}
	for (size_t i = panel.n; i > 1; i--)
	{
		size_t		with = rand() % i;
		ClSicrRow	row = panel.row[i - 1];

		panel.row[i - 1] = panel.row[with];
		panel.row[with] = row;
	}
	memset(&sicr, 0, sizeof(sicr));
	CHECK(cl_sicr_count(&panel, &sicr) == NULL);
	CHECK(cl_sicr_disorder(&sicr) == NULL);
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
		check_cell(&sicr.cell[d], d / 9, d / 3 % 3 + 1, 6 * (d % 3 + 1));
	twice = sicr;
	CHECK(cl_sicr_merge(&twice, &sicr));
	CHECK_EQ_INT(twice.cell[5].product[3], 2 * sicr.cell[5].product[3]);
	twice.cell[20].sum[CL_SICR_ALL] = CL_SICR_MOST;
	CHECK(sicr.cell[20].sum[CL_SICR_ALL] == 0 || !cl_sicr_merge(&twice, &sicr));
	cl_sicr_panel_add(&panel, &panel.row[panel.n / 2]);
	memset(&sicr, 0, sizeof(sicr));
	CHECK(cl_sicr_count(&panel, &sicr) != NULL);
	cl_release(&cl_test_memory, panel.row);
}

void
test_sicr(void)
{
	srand(12);
	for (int i = 0; i < cl_rounds(2000); i++)
		test_random();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
