/*
 * vintage.c
 *	  Cells of cohorts by months on book.
 */
#include "core/vintage.h"

#include <string.h>

void
cl_vintage_init(ClVintage *vintage, const ClMemory *memory)
{
	memset(vintage, 0, sizeof(*vintage));
	vintage->memory = *memory;
}

void
cl_vintage_free(ClVintage *vintage)
{
	for (int i = 0; i < vintage->n_cohorts; i++)
		cl_release(&vintage->memory, vintage->cohort[i].cell);
	cl_release(&vintage->memory, vintage->cohort);
}

/* The place of a cohort, or where it belongs. */
static int
place_of(const ClVintage *vintage, int32_t month)
{
	int			low = 0;
	int			high = vintage->n_cohorts;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (vintage->cohort[middle].month < month)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
insert_cohort(ClVintage *vintage, int at, int32_t month)
{
	if (vintage->n_cohorts == CL_VINTAGE_COHORTS)
		return false;
	if (vintage->n_cohorts == vintage->size)
	{
		vintage->size = vintage->size > 0 ? 2 * vintage->size : 8;
		vintage->cohort = cl_reallocate(&vintage->memory, vintage->cohort, sizeof(ClVintageCohort) * vintage->size);
	}
	memmove(&vintage->cohort[at + 1], &vintage->cohort[at], sizeof(ClVintageCohort) * (vintage->n_cohorts - at));
	vintage->cohort[at] = (ClVintageCohort) {month, 0, NULL};
	vintage->n_cohorts++;
	return true;
}

ClVintageCell *
cl_vintage_cell(ClVintage *vintage, int32_t month, int months)
{
	int			at = vintage->last;
	ClVintageCohort *cohort;

	if (at >= vintage->n_cohorts || vintage->cohort[at].month != month)
	{
		at = place_of(vintage, month);
		if ((at == vintage->n_cohorts || vintage->cohort[at].month != month) && !insert_cohort(vintage, at, month))
			return NULL;
		vintage->last = at;
	}
	cohort = &vintage->cohort[at];
	if (months >= cohort->n)
	{
		/* By steps: rows of one cohort mostly come with one month more than before. */
		int			n = (months + 12) / 12 * 12 + 1;

		if (n > CL_VINTAGE_MONTHS + 1)
			n = CL_VINTAGE_MONTHS + 1;
		cohort->cell = cl_reallocate(&vintage->memory, cohort->cell, sizeof(ClVintageCell) * n);
		memset(&cohort->cell[cohort->n], 0, sizeof(ClVintageCell) * (n - cohort->n));
		cohort->n = n;
	}
	return &cohort->cell[months];
}

bool
cl_vintage_merge(ClVintage *into, const ClVintage *from)
{
	if (into->n > CL_VINTAGE_MOST - from->n)
		return false;
	for (int i = 0; i < from->n_cohorts; i++)
	{
		const ClVintageCohort *cohort = &from->cohort[i];

		/* The last first: the cohort gets its size at once. */
		for (int m = cohort->n - 1; m >= 0; m--)
		{
			ClVintageCell *cell;

			if (cohort->cell[m].n[CL_VINTAGE_ALL] == 0)
				continue;
			cell = cl_vintage_cell(into, cohort->month, m);
			if (cell == NULL)
				return false;
			for (int k = 0; k < CL_VINTAGE_MEASURES; k++)
			{
				cell->n[k] += cohort->cell[m].n[k];
				cell->amount[k] += cohort->cell[m].amount[k];
			}
		}
	}
	into->n += from->n;
	return true;
}

int
cl_vintage_months(const ClVintage *vintage)
{
	int			most = -1;

	for (int i = 0; i < vintage->n_cohorts; i++)
	{
		int			last = vintage->cohort[i].n - 1;

		while (last > most && vintage->cohort[i].cell[last].n[CL_VINTAGE_ALL] == 0)
			last--;
		if (last > most)
			most = last;
	}
	return most;
}

int64_t
cl_vintage_accounts(const ClVintageCohort *cohort)
{
	int64_t		most = 0;

	for (int m = 0; m < cohort->n; m++)
	{
		if (cohort->cell[m].n[CL_VINTAGE_ALL] > most)
			most = cohort->cell[m].n[CL_VINTAGE_ALL];
	}
	return most;
}
