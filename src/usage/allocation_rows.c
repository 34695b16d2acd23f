/*
 * allocation_rows.c
 *	  Accounts of a query in memory: see allocation_rows.h.
 */
#include "postgres.h"

#include <math.h>

#include "core/allocation_price.h"
#include "core/sort.h"
#include "pg/memory.h"
#include "usage/allocation_rows.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/* A row of doubles: bits of the hash and of the kind of demand, the demand, margin, carry, floor, cap, uses, draws, risk. */
enum
{
	ROW_HASH, ROW_KIND, ROW_POINTS, ROW_MU, ROW_SIGMA, ROW_P_ZERO, ROW_CEILING,
	ROW_MARGIN, ROW_CARRY, ROW_FLOOR, ROW_CAP, ROW_USES
};

typedef union Word
{
	double		number;
	uint64		bits;
	struct
	{
		uint16		distribution;
		uint16		n_points;
		uint32		horizon;
	}			kind;
	double	   *points;			/* probabilities, then quantiles */
} Word;

StaticAssertDecl(sizeof(Word) == sizeof(double), "a row is made of words");

StaticAssertDecl(sizeof(ClRisk) == CL_ALLOCATION_RISK_COLUMNS * sizeof(double), "a risk is made of its columns");

static int
stride(int n_budgets, bool has_risk)
{
	return ROW_USES + 2 * n_budgets + (has_risk ? CL_ALLOCATION_RISK_COLUMNS : 0);
}

Size
cl_allocation_row_bytes(int n_budgets, bool has_risk)
{
	return stride(n_budgets, has_risk) * sizeof(double);
}

void
cl_allocation_rows_init(ClAllocationRows *rows, int n_budgets, bool lognormal, bool has_risk, int share)
{
	*rows = (ClAllocationRows) {
		.context = CurrentMemoryContext, .n_budgets = n_budgets, .lognormal = lognormal, .has_risk = has_risk,
		.share = share,
		.first_missing = PG_INT64_MAX, .most_bytes = (Size) maintenance_work_mem * 1024
	};
}

static bool
is_of_share(uint64 hash, int share)
{
	return (hash & ((UINT64CONST(1) << share) - 1)) == 0;
}

/* Half of the accounts are let go. */
static void
thin(ClAllocationRows *rows)
{
	int			width = stride(rows->n_budgets, rows->has_risk);
	int64		kept = 0;

	rows->share++;
	for (int64 i = 0; i < rows->n; i++)
	{
		double	   *row = rows->row + i * width;
		Word		hash = {.number = row[ROW_HASH]};
		Word		kind = {.number = row[ROW_KIND]};
		Word		points = {.number = row[ROW_POINTS]};

		if (is_of_share(hash.bits, rows->share))
			memmove(rows->row + kept++ * width, row, width * sizeof(double));
		else if (kind.kind.n_points > 0)
		{
			rows->point_bytes -= 2 * kind.kind.n_points * sizeof(double);
			pfree(points.points);
		}
	}
	rows->n = kept;
}

static void
keep(ClAllocationRows *rows, const ClAllocationAccount *account, uint64 hash, int horizon)
{
	int			width = stride(rows->n_budgets, rows->has_risk);
	const ClDemandModel *demand = &account->demand;
	Word		word;
	double	   *row;

	while (!is_of_share(hash, rows->share) || (rows->n + 1) * width * sizeof(double) + rows->point_bytes > rows->most_bytes)
	{
		if (!is_of_share(hash, rows->share) || rows->n == 0)
			return;
		thin(rows);
	}
	if (rows->n == rows->size)
	{
		rows->size = Min(2 * rows->size, (int64) (rows->most_bytes / (width * sizeof(double))));
		rows->size = Max(rows->size, 1024);
		rows->row = rows->row == NULL ? MemoryContextAllocHuge(rows->context, rows->size * width * sizeof(double)) :
			repalloc_huge(rows->row, rows->size * width * sizeof(double));
	}
	row = rows->row + rows->n++ * width;
	word.bits = hash;
	row[ROW_HASH] = word.number;
	word.kind.distribution = demand->distribution;
	word.kind.n_points = demand->distribution == CL_DEMAND_QUANTILES ? demand->n_points : 0;
	word.kind.horizon = horizon;
	row[ROW_KIND] = word.number;
	if (demand->distribution == CL_DEMAND_QUANTILES)
	{
		Size		bytes = demand->n_points * sizeof(double);

		word.points = MemoryContextAlloc(rows->context, 2 * bytes);
		memcpy(word.points, demand->probability, bytes);
		memcpy(word.points + demand->n_points, demand->quantile, bytes);
		rows->point_bytes += 2 * bytes;
		row[ROW_POINTS] = word.number;
	}
	row[ROW_MU] = demand->mu;
	row[ROW_SIGMA] = demand->sigma;
	row[ROW_P_ZERO] = demand->p_zero;
	row[ROW_CEILING] = demand->ceiling;
	row[ROW_MARGIN] = account->economics.margin;
	row[ROW_CARRY] = account->economics.carry;
	row[ROW_FLOOR] = account->floor;
	row[ROW_CAP] = account->cap;
	for (int k = 0; k < rows->n_budgets; k++)
	{
		row[ROW_USES + k] = account->use[k];
		row[ROW_USES + rows->n_budgets + k] = account->draw[k];
	}
	if (rows->has_risk)
		memcpy(row + ROW_USES + 2 * rows->n_budgets, &account->risk, sizeof(ClRisk));
}

/* A number of a column; false where it is NULL or NaN. */
static bool
take(const Datum *value, const bool *isnull, int column, double *number)
{
	if (isnull[column])
		return false;
	*number = DatumGetFloat8(value[column]);
	return !isnan(*number);
}

static bool
take_demand(const Datum *value, const bool *isnull, bool lognormal, ClDemandModel *model, const int64 *account_id, int *horizon)
{
	*horizon = 0;
	*model = (ClDemandModel) {.distribution = CL_DEMAND_LOGNORMAL, .ceiling = INFINITY};
	if (lognormal)
	{
		if (!take(value, isnull, CL_ALLOCATION_DEMAND, &model->mu) ||
			!take(value, isnull, CL_ALLOCATION_DEMAND + 1, &model->sigma) ||
			!take(value, isnull, CL_ALLOCATION_DEMAND + 2, &model->p_zero))
			return false;
		cl_allocation_require_lognormal(model, account_id);
		return true;
	}
	if (isnull[CL_ALLOCATION_DEMAND])
		return false;
	*horizon = cl_allocation_demand(value[CL_ALLOCATION_DEMAND], model);
	return !isnan(cl_demand_quantile(model, 0.5));
}

bool
cl_allocation_take_account(const Datum *value, const bool *isnull, int n_budgets, bool lognormal, bool has_risk,
						   ClAllocationAccount *account, int *horizon)
{
	int			uses = CL_ALLOCATION_DEMAND + (lognormal ? 3 : 1);
	int64		id = isnull[CL_ALLOCATION_ID] ? 0 : DatumGetInt64(value[CL_ALLOCATION_ID]);
	const int64 *account_id = isnull[CL_ALLOCATION_ID] ? NULL : &id;

	account->floor = 0;
	account->cap = INFINITY;
	if (!take_demand(value, isnull, lognormal, &account->demand, account_id, horizon) ||
		!take(value, isnull, CL_ALLOCATION_MARGIN, &account->economics.margin) ||
		!take(value, isnull, CL_ALLOCATION_CARRY, &account->economics.carry) ||
		(!isnull[CL_ALLOCATION_FLOOR] && !take(value, isnull, CL_ALLOCATION_FLOOR, &account->floor)) ||
		(!isnull[CL_ALLOCATION_CAP] && !take(value, isnull, CL_ALLOCATION_CAP, &account->cap)))
		return false;
	for (int k = 0; k < n_budgets; k++)
	{
		if (!take(value, isnull, uses + k, &account->use[k]) ||
			!take(value, isnull, uses + n_budgets + k, &account->draw[k]))
			return false;
	}
	account->has_risk = has_risk;
	account->risk = (ClRisk) {0};
	if (has_risk)
	{
		double		part[CL_ALLOCATION_RISK_COLUMNS];

		for (int i = 0; i < CL_ALLOCATION_RISK_COLUMNS; i++)
		{
			if (!take(value, isnull, uses + 2 * n_budgets + i, &part[i]))
				return false;
		}
		memcpy(&account->risk, part, sizeof(ClRisk));
	}
	account->floor += 0.0;
	cl_allocation_require_order(account, n_budgets, account_id);
	return true;
}

void
cl_allocation_rows_receive(void *data, const Datum *value, const bool *isnull)
{
	ClAllocationRows *rows = data;
	ClAllocationAccount account;
	int			horizon;

	if (isnull[CL_ALLOCATION_ID] ||
		!cl_allocation_take_account(value, isnull, rows->n_budgets, rows->lognormal, rows->has_risk, &account, &horizon))
	{
		if (!isnull[CL_ALLOCATION_ID])
			rows->first_missing = Min(rows->first_missing, DatumGetInt64(value[CL_ALLOCATION_ID]));
		rows->n_missing++;
		return;
	}
	rows->n_of_horizon += horizon == rows->horizon;
	keep(rows, &account, (uint64) DatumGetInt64(value[CL_ALLOCATION_HASH]), horizon);
}

bool
cl_allocation_rows_share_hash(const ClAllocationRows *rows)
{
	int			width = stride(rows->n_budgets, rows->has_risk);
	uint64	   *hash = MemoryContextAllocHuge(CurrentMemoryContext, Max(rows->n, 1) * sizeof(uint64));
	ClMemory	memory = cl_memory_here();
	bool		same = false;

	for (int64 i = 0; i < rows->n; i++)
	{
		Word		word = {.number = rows->row[i * width + ROW_HASH]};

		hash[i] = word.bits;
	}
	cl_sort_keys(&memory, hash, rows->n);
	for (int64 i = 1; i < rows->n && !same; i++)
		same = hash[i] == hash[i - 1];
	pfree(hash);
	return same;
}

static void
open_row(const double *row, int n_budgets, bool has_risk, ClAllocationAccount *account, int *horizon)
{
	Word		kind = {.number = row[ROW_KIND]};
	Word		points = {.number = row[ROW_POINTS]};

	account->demand = (ClDemandModel) {
		kind.kind.distribution, row[ROW_MU], row[ROW_SIGMA], row[ROW_P_ZERO], row[ROW_CEILING], kind.kind.n_points, NULL, NULL
	};
	if (kind.kind.n_points > 0)
	{
		account->demand.probability = points.points;
		account->demand.quantile = points.points + kind.kind.n_points;
	}
	*horizon = kind.kind.horizon;
	account->economics.margin = row[ROW_MARGIN];
	account->economics.carry = row[ROW_CARRY];
	account->floor = row[ROW_FLOOR];
	account->cap = row[ROW_CAP];
	for (int k = 0; k < n_budgets; k++)
	{
		account->use[k] = row[ROW_USES + k];
		account->draw[k] = row[ROW_USES + n_budgets + k];
	}
	account->has_risk = has_risk;
	account->risk = (ClRisk) {0};
	if (has_risk)
		memcpy(&account->risk, row + ROW_USES + 2 * n_budgets, sizeof(ClRisk));
}

void
cl_allocation_rows_sum(const ClAllocationRows *rows, int share, ClAllocationSums *sums)
{
	int			width = stride(rows->n_budgets, rows->has_risk);

	for (int64 i = 0; i < rows->n; i++)
	{
		const double *row = rows->row + i * width;
		Word		hash = {.number = row[ROW_HASH]};
		ClAllocationAccount account;
		int			horizon;

		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		if (!is_of_share(hash.bits, share))
			continue;
		open_row(row, rows->n_budgets, rows->has_risk, &account, &horizon);
		cl_allocation_add(sums, &account, horizon);
	}
}
