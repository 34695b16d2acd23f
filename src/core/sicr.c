/*
 * sicr.c
 *	  Months of accounts, flagged by each definition and judged by what came after.
 */
#include "core/sicr.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RADIX_NAME sort_rows_by_account
#define RADIX_TYPE ClSicrRow
#define RADIX_KEY(element) ((uint64_t) (element).account ^ (UINT64_C(1) << 63))
#include "core/radix_sort.h"

void
cl_sicr_panel_init(ClSicrPanel *panel, const ClMemory *memory)
{
	*panel = (ClSicrPanel) {.memory = *memory};
}

void
cl_sicr_panel_add(ClSicrPanel *panel, const ClSicrRow *row)
{
	if (panel->n == panel->size)
	{
		panel->size = panel->size > 0 ? 2 * panel->size : 64;
		panel->row = cl_reallocate(&panel->memory, panel->row, sizeof(ClSicrRow) * panel->size);
	}
	panel->row[panel->n++] = *row;
}

bool
cl_sicr_same_rules(const ClSicrRules *one, const ClSicrRules *other)
{
	return one->as_of == other->as_of && one->days_past_due == other->days_past_due && one->default_days == other->default_days &&
		one->pd_ratio == other->pd_ratio && one->score_drop == other->score_drop;
}

static int
compare_months(const void *a, const void *b)
{
	int32_t		one = ((const ClSicrRow *) a)->month;
	int32_t		other = ((const ClSicrRow *) b)->month;

	return (one > other) - (one < other);
}

/* Whether the test has held for 1, 2, … months in turn up to this one: known as soon as it failed in one of them. */
static void
look_back(const ClSicrRow *row, size_t at, int measure, ClSicrTest held[CL_SICR_STICKINESS])
{
	ClSicrTest	so_far = row[at].test[measure];

	for (size_t s = 0; s < CL_SICR_STICKINESS; s++)
	{
		if (s > 0 && so_far == CL_SICR_YES)
			so_far = at >= s && row[at - s].month == row[at].month - (int32_t) s ? row[at - s].test[measure] :
				CL_SICR_UNKNOWN;
		held[s] = so_far;
	}
}

typedef struct Account
{
	int64_t		sum[CL_SICR_DEFINITIONS][CL_SICR_SUMS];
} Account;

/* A month that is not in default, the months to the next default (0: none seen), and the months after it without a gap. */
static void
count_month(ClSicr *sicr, Account *account, const ClSicrRow *row, size_t at, int lead, int known)
{
	for (int measure = 0; measure < CL_SICR_MEASURES; measure++)
	{
		ClSicrTest	held[CL_SICR_STICKINESS];

		look_back(row, at, measure, held);
		for (int o = 0; o < CL_SICR_OUTCOMES; o++)
		{
			int			months = (o + 1) * CL_SICR_OUTCOME_STEP;
			bool		bad = lead > 0 && lead <= months;

			if (row[at].month + months > sicr->rules.as_of)
				break;
			for (int s = 0; s < CL_SICR_STICKINESS; s++)
			{
				int			d = (measure * CL_SICR_STICKINESS + s) * CL_SICR_OUTCOMES + o;
				ClSicrCell *cell = &sicr->cell[d];
				int64_t    *sum = account->sum[d];
				bool		flagged = held[s] == CL_SICR_YES;

				if (held[s] == CL_SICR_UNKNOWN || (!bad && known < months))
				{
					cell->n_unknown++;
					continue;
				}
				sum[CL_SICR_ALL]++;
				sum[CL_SICR_FLAGGED] += flagged;
				sum[CL_SICR_BAD] += bad;
				sum[CL_SICR_HIT] += flagged && bad;
				cell->lead += flagged && bad ? lead : 0;
			}
		}
	}
}

static void
add_account(ClSicr *sicr, const Account *account)
{
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		ClSicrCell *cell = &sicr->cell[d];
		const int64_t *sum = account->sum[d];
		int			p = 0;

		for (int i = 0; i < CL_SICR_SUMS; i++)
		{
			cell->sum[i] += sum[i];
			for (int j = i; j < CL_SICR_SUMS; j++)
				cell->product[p++] += sum[i] * sum[j];
		}
		for (int i = CL_SICR_ALL; i <= CL_SICR_BAD; i++)
			cell->accounts[i] += sum[i] > 0;
		cell->accounts[CL_SICR_GOOD] += sum[CL_SICR_ALL] > sum[CL_SICR_BAD];
	}
}

/* From the last month to the first, so that what comes after is known. */
static void
count_account(ClSicr *sicr, const ClSicrRow *row, size_t n)
{
	Account		account = {{{0}}};
	int32_t		end = 0;		/* of the months without a gap */
	int32_t		next_default = 0;	/* among them */

	for (size_t i = n; i-- > 0;)
	{
		if (i + 1 == n || row[i + 1].month != row[i].month + 1)
		{
			end = row[i].month;
			next_default = 0;
		}
		else if (row[i + 1].in_default)
			next_default = row[i + 1].month;
		if (row[i].in_default)
			sicr->n_default++;
		else
			count_month(sicr, &account, row, i, next_default > 0 ? next_default - row[i].month : 0, end - row[i].month);
	}
	add_account(sicr, &account);
}

const ClSicrRow *
cl_sicr_count(ClSicrPanel *panel, ClSicr *sicr)
{
	const ClMemory *memory = &panel->memory;
	size_t		end;

	sicr->rules = panel->rules;
	sicr->n_skipped = panel->n_skipped;
	if (panel->n > 1)
	{
		ClSicrRow  *spare = cl_allocate(memory, sizeof(ClSicrRow) * panel->n);

		sort_rows_by_account(memory, panel->row, spare, panel->n, false);
		cl_release(memory, spare);
	}
	for (size_t first = 0; first < panel->n; first = end)
	{
		ClSicrRow  *row = &panel->row[first];
		bool		ascending = true;

		memory->check_for_interrupts();
		for (end = first + 1; end < panel->n && panel->row[end].account == row->account; end++)
			ascending &= panel->row[end - 1].month < panel->row[end].month;
		if (!ascending)
			qsort(row, end - first, sizeof(ClSicrRow), compare_months);
		for (size_t i = 1; i < end - first; i++)
		{
			if (row[i].month == row[i - 1].month || row[i].month - row->month > CL_SICR_SPAN)
				return &row[i];
		}
		count_account(sicr, row, end - first);
	}
	return NULL;
}

bool
cl_sicr_merge(ClSicr *into, const ClSicr *from)
{
	if (into->n_default > CL_SICR_MOST - from->n_default)
		return false;
	into->n_default += from->n_default;
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		if (into->cell[d].sum[CL_SICR_ALL] > CL_SICR_MOST - from->cell[d].sum[CL_SICR_ALL] ||
			into->cell[d].n_unknown > CL_SICR_MOST - from->cell[d].n_unknown)
			return false;
		for (int i = 0; i < CL_SICR_NUMBERS; i++)
			into->cell[d].number[i] += from->cell[d].number[i];
	}
	return true;
}

/* Of the sums and products of accounts of at most CL_SICR_SPAN + 1 months. */
static const char *
cell_disorder(const ClSicrCell *cell, int months)
{
	const int64_t *sum = cell->sum;
	const int64_t whole[] = {sum[CL_SICR_ALL], sum[CL_SICR_FLAGGED], sum[CL_SICR_BAD], sum[CL_SICR_ALL] - sum[CL_SICR_BAD]};
	int			p = 0;

	for (int i = 0; i < CL_SICR_NUMBERS; i++)
	{
		if (cell->number[i] < 0)
			return "number is below 0";
	}
	if (sum[CL_SICR_ALL] > CL_SICR_MOST || cell->n_unknown > CL_SICR_MOST)
		return "number of months is out of range";
	if (sum[CL_SICR_HIT] > sum[CL_SICR_FLAGGED] || sum[CL_SICR_HIT] > sum[CL_SICR_BAD] ||
		sum[CL_SICR_FLAGGED] > sum[CL_SICR_ALL] - (sum[CL_SICR_BAD] - sum[CL_SICR_HIT]) || sum[CL_SICR_BAD] > sum[CL_SICR_ALL])
		return "months do not add up";
	if (cell->lead < sum[CL_SICR_HIT] || cell->lead > months * sum[CL_SICR_HIT])
		return "months from flag to default are out of range";
	for (int i = 0; i < CL_SICR_SUMS; i++)
	{
		if (cell->accounts[i] > whole[i] || (cell->accounts[i] == 0) != (whole[i] == 0))
			return "number of accounts is out of range";
		for (int j = i; j < CL_SICR_SUMS; j++, p++)
		{
			int64_t		least = sum[i] < sum[j] ? sum[i] : sum[j];

			if (cell->product[p] > (CL_SICR_SPAN + 1) * least || (i == j && cell->product[p] < sum[i]))
				return "product is out of range";
		}
	}
	return NULL;
}

const char *
cl_sicr_disorder(const ClSicr *sicr)
{
	if (sicr->n_default < 0 || sicr->n_default > CL_SICR_MOST)
		return "number of months in default is out of range";
	for (int d = 0; d < CL_SICR_DEFINITIONS; d++)
	{
		const char *wrong = cell_disorder(&sicr->cell[d], (d % CL_SICR_OUTCOMES + 1) * CL_SICR_OUTCOME_STEP);

		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

/* What is above and below the line of each rate, in the sums. */
static const struct
{
	int			above[CL_SICR_SUMS];
	int			below[CL_SICR_SUMS];
	ClSicrSum	accounts;		/* with something below the line */
}			rates[CL_SICR_RATES] = {
	[CL_SICR_FLAGGED_SHARE] = {{0, 1, 0, 0}, {1, 0, 0, 0}, CL_SICR_ALL},
	[CL_SICR_PRECISION] = {{0, 0, 0, 1}, {0, 1, 0, 0}, CL_SICR_FLAGGED},
	[CL_SICR_RECALL] = {{0, 0, 0, 1}, {0, 0, 1, 0}, CL_SICR_BAD},
	[CL_SICR_SPECIFICITY] = {{1, -1, -1, 1}, {1, 0, -1, 0}, CL_SICR_GOOD},
};

double
cl_sicr_rate(const ClSicrCell *cell, ClSicrRate rate, double *as_many)
{
	double		accounts = (double) cell->accounts[rates[rate].accounts];
	int64_t		above = 0;
	int64_t		below = 0;
	double		squares = 0;	/* of what each account is off by: above less share times below */
	double		share;
	int			p = 0;

	for (int i = 0; i < CL_SICR_SUMS; i++)
	{
		above += rates[rate].above[i] * cell->sum[i];
		below += rates[rate].below[i] * cell->sum[i];
	}
	if (below == 0)
		return NAN;
	share = (double) above / (double) below;
	for (int i = 0; i < CL_SICR_SUMS; i++)
	{
		double		one = rates[rate].above[i] - share * rates[rate].below[i];

		for (int j = i; j < CL_SICR_SUMS; j++)
		{
			double		other = rates[rate].above[j] - share * rates[rate].below[j];

			squares += (i == j ? 1 : 2) * one * other * (double) cell->product[p++];
		}
	}
	/* Where all went one way the variance is none: each account is then one look. */
	*as_many = accounts;
	if (above > 0 && above < below && accounts > 1)
	{
		double		variance = squares / (double) below / (double) below * accounts / (accounts - 1);

		*as_many = fmax(1, fmin((double) below, variance > 0 ? share * (1 - share) / variance : INFINITY));
	}
	return share;
}

double
cl_sicr_correlation(const ClSicrCell *cell)
{
	double		n = (double) cell->sum[CL_SICR_ALL];
	double		flagged = (double) cell->sum[CL_SICR_FLAGGED];
	double		bad = (double) cell->sum[CL_SICR_BAD];
	double		spread = sqrt(flagged * (n - flagged)) * sqrt(bad * (n - bad));

	return spread > 0 ? ((double) cell->sum[CL_SICR_HIT] * n - flagged * bad) / spread : NAN;
}
