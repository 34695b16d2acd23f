/*
 * demand.c
 *	  Observations of demand: sums of integers, and cells of the limits that were reached.
 */
#include "core/demand.h"

#include <math.h>
#include <string.h>

/* So few cells are searched one by one. */
#define FEW_CELLS 8
#define FIRST_CELLS 2

/*
 * Wide sums
 */

/* n x x^2 as high x 2^64 + low: x^2 is below 2^126 and n below 2^63, so no part overflows. */
static ClWide
product(int64_t n, int64_t x)
{
	cl_uint128	square = (cl_uint128) ((cl_int128) x * x);
	cl_uint128	low = (cl_uint128) (uint64_t) square * (uint64_t) n;
	ClWide		result;

	result.high = (cl_int128) ((square >> 64) * (uint64_t) n + (low >> 64));
	result.low = (uint64_t) low;
	return result;
}

static void
wide_merge(ClWide *sum, const ClWide *other)
{
	uint64_t	before = sum->low;

	sum->low += other->low;
	sum->high += other->high + (sum->low < before);
}

void
cl_wide_add(ClWide *sum, int64_t n, int64_t x)
{
	ClWide		term = product(n, x);

	wide_merge(sum, &term);
}

void
cl_wide_subtract(ClWide *sum, int64_t n, int64_t x)
{
	ClWide		term = product(n, x);
	uint64_t	before = sum->low;

	sum->low -= term.low;
	sum->high -= term.high + (sum->low > before);
}

double
cl_wide_double(const ClWide *sum)
{
	return ldexp((double) sum->high, 64) + (double) sum->low;
}

/*
 * Points
 */

int
cl_demand_point_decimals(const ClDemand *demand)
{
	return demand->options.distribution == CL_DEMAND_LOGNORMAL ? CL_DEMAND_LOG_DECIMALS : CL_DEMAND_AMOUNT_DECIMALS;
}

double
cl_demand_unit(const ClDemand *demand)
{
	return demand->options.distribution == CL_DEMAND_LOGNORMAL ? 1e-12 : 1e-6;
}

static inline int64_t
log_point(double amount)
{
	return (int64_t) rint(log(amount) * 1e12);
}

/* The point of an amount above 0 that is not beyond the largest. */
static inline int64_t
point_of(const ClDemand *demand, double amount)
{
	return demand->options.distribution == CL_DEMAND_LOGNORMAL ? log_point(amount) : (int64_t) rint(amount * 1e6);
}

/*
 * Cells
 */

static int
slot_of(const ClDemand *demand, int64_t key)
{
	return (int) (((uint64_t) key * UINT64_C(0x9E3779B97F4A7C15) >> 40) & (uint64_t) (demand->n_slots - 1));
}

/* Fills the hash anew, for twice as many cells as there is room for. */
static void
make_slots(ClDemand *demand)
{
	int			n_slots = 4 * demand->size_cells;

	if (n_slots > demand->n_slots)
	{
		cl_release(&demand->memory, demand->slots);
		demand->slots = cl_allocate(&demand->memory, n_slots * sizeof(uint16_t));
		demand->n_slots = n_slots;
	}
	memset(demand->slots, 0, demand->n_slots * sizeof(uint16_t));
	for (int i = 0; i < demand->n_cells; i++)
	{
		int			slot = slot_of(demand, demand->cells[i].key);

		while (demand->slots[slot] != 0)
			slot = (slot + 1) & (demand->n_slots - 1);
		demand->slots[slot] = (uint16_t) (i + 1);
	}
}

static void
make_room(ClDemand *demand)
{
	int			size = demand->size_cells == 0 ? FIRST_CELLS : 4 * demand->size_cells;

	demand->cells = cl_reallocate(&demand->memory, demand->cells, size * sizeof(ClDemandCell));
	demand->size_cells = size;
	if (size > FEW_CELLS)
		make_slots(demand);
}

static void
add_to_cell(ClDemandCell *cell, int64_t n, cl_int128 above)
{
	cell->n += n;
	cell->above += above;
}

/* Puts months into the cell of a key, and says whether that was there before. */
static bool
put(ClDemand *demand, int64_t key, int64_t n, cl_int128 above)
{
	int			slot = 0;

	if (demand->slots == NULL)
	{
		for (int i = 0; i < demand->n_cells; i++)
		{
			if (demand->cells[i].key == key)
			{
				add_to_cell(&demand->cells[i], n, above);
				return true;
			}
		}
	}
	else
	{
		for (slot = slot_of(demand, key); demand->slots[slot] != 0; slot = (slot + 1) & (demand->n_slots - 1))
		{
			if (demand->cells[demand->slots[slot] - 1].key == key)
			{
				add_to_cell(&demand->cells[demand->slots[slot] - 1], n, above);
				return true;
			}
		}
	}
	if (demand->n_cells == demand->size_cells)
	{
		make_room(demand);
		return put(demand, key, n, above);
	}
	if (demand->slots != NULL)
		demand->slots[slot] = (uint16_t) (demand->n_cells + 1);
	demand->cells[demand->n_cells++] = (ClDemandCell)
	{
		key, n, above
	};
	return false;
}

/* Makes every cell part of one that is 2^more times as wide. */
static void
widen(ClDemand *demand, int more)
{
	int			n = demand->n_cells;

	demand->cell_bits += more;
	demand->n_cells = 0;
	if (demand->slots != NULL)
		make_slots(demand);
	/* A new cell is never behind the old one that it is made of. */
	for (int i = 0; i < n; i++)
	{
		ClDemandCell cell = demand->cells[i];
		int64_t		key = cell.key >> more;
		int64_t		edge = (int64_t) (((uint64_t) cell.key - ((uint64_t) key << more)) << (demand->cell_bits - more));

		(void) put(demand, key, cell.n, cell.above + (cl_int128) edge * cell.n);
	}
	demand->memory.check_for_interrupts();
}

static void
put_and_bound(ClDemand *demand, int64_t key, int64_t n, cl_int128 above)
{
	if (put(demand, key, n, above))
		return;
	while (demand->n_cells > CL_DEMAND_CELLS)
		widen(demand, 1);
}

/* After the cells were filled in directly; the width is set before. */
void
cl_demand_add_cell(ClDemand *demand, int64_t key, int64_t n, cl_int128 above)
{
	(void) put(demand, key, n, above);
}

static void
add_censored(ClDemand *demand, int64_t point)
{
	int64_t		key = point >> demand->cell_bits;

	put_and_bound(demand, key, 1, point - (int64_t) ((uint64_t) key << demand->cell_bits));
}

/* Ascending, so that equal sets of months are written and added up in the same order. Shell's sort: there are few. */
void
cl_demand_sort_cells(ClDemand *demand)
{
	for (int gap = demand->n_cells / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11)
	{
		for (int i = gap; i < demand->n_cells; i++)
		{
			ClDemandCell cell = demand->cells[i];
			int			j = i;

			for (; j >= gap && demand->cells[j - gap].key > cell.key; j -= gap)
				demand->cells[j] = demand->cells[j - gap];
			demand->cells[j] = cell;
		}
	}
	if (demand->slots != NULL)
		make_slots(demand);
}

/* The mean point of a cell's months, in units. */
double
cl_demand_cell_point(const ClDemand *demand, const ClDemandCell *cell)
{
	return (double) (int64_t) ((uint64_t) cell->key << demand->cell_bits) + (double) cell->above / (double) cell->n;
}

/*
 * Months
 */

void
cl_demand_init(ClDemand *demand, const ClMemory *memory, const ClDemandOptions *options)
{
	memset(demand, 0, sizeof(*demand));
	demand->memory = *memory;
	demand->options = *options;
	demand->basis = CL_DEMAND_MONTH;
	demand->horizon = 1;
}

/* Of the months so far, which are no longer all. */
static inline void
forget_fit(ClDemand *demand)
{
	if (demand->fit == NULL)
		return;
	cl_release(&demand->memory, demand->fit);
	demand->fit = NULL;
}

void
cl_demand_clear(ClDemand *demand)
{
	forget_fit(demand);
	cl_release(&demand->memory, demand->cells);
	cl_release(&demand->memory, demand->slots);
	if (demand->dated)
		cl_behavior_clear(&demand->history, &demand->memory);
	cl_release(&demand->memory, demand->model);
	cl_release(&demand->memory, demand->posterior);
	cl_demand_init(demand, &demand->memory, &demand->options);
}

/* What is not known is not above anything. */
static inline void
see(ClDemand *demand, double balance, double limit)
{
	if (balance > demand->highest_balance)
		demand->highest_balance = balance;
	if (limit > demand->highest_granted)
		demand->highest_granted = limit;
}

static bool
too_large(const ClDemand *demand, double balance, double limit)
{
	return demand->options.distribution != CL_DEMAND_LOGNORMAL && (balance > CL_DEMAND_LARGEST || limit > CL_DEMAND_LARGEST);
}

bool
cl_demand_add(ClDemand *demand, double balance, double limit)
{
	if (demand->n == INT64_MAX || demand->n_skipped == INT64_MAX || too_large(demand, balance, limit))
		return false;
	forget_fit(demand);
	see(demand, balance, limit);
	if (isnan(balance) || !(limit > 0))
	{
		demand->n_skipped++;
		return true;
	}
	demand->n++;
	if (balance <= 0)
		demand->n_zero++;
	else if (balance >= (1 - demand->options.tolerance) * limit)
	{
		demand->n_censored++;
		demand->highest_limit = fmax(demand->highest_limit, limit);
		add_censored(demand, point_of(demand, limit));
	}
	else
	{
		int64_t		point = point_of(demand, balance);

		demand->sum += point;
		if (demand->options.distribution == CL_DEMAND_GAMMA)
			demand->log_sum += log_point(balance);
		else
			cl_wide_add(&demand->squares, 1, point);
	}
	return true;
}

/*
 * Dated months: a history (behavior.h) that knows limit and balance only, with as many decimals as the amounts need, up to four.
 */

/* At four decimals, to which the value is rounded; raises *decimals to those that it needs. */
static bool
amount_of(double *value, int64_t *amount, int *decimals)
{
	int64_t		rest;

	*amount = CL_BEHAVIOR_UNKNOWN;
	if (isnan(*value))
		return true;
	if (!(fabs(*value) <= CL_DEMAND_LARGEST_DATED))
		return false;
	*amount = rest = (int64_t) rint(*value * 1e4);
	*value = (double) rest / 1e4;
	for (int needed = CL_BEHAVIOR_DECIMALS; needed > *decimals; needed--)
	{
		if (rest % 10 != 0)
			*decimals = needed;
		rest /= 10;
	}
	return true;
}

void
cl_demand_date(ClDemand *demand)
{
	cl_behavior_init(&demand->history, CL_BEHAVIOR_BALANCE + 1);
	demand->dated = true;
}

bool
cl_demand_add_month(ClDemand *demand, int32_t month, double balance, double limit)
{
	ClBehaviorMonth row = {{CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN},
	CL_BEHAVIOR_NO_DAYS, 0};
	ClBehavior *history = &demand->history;
	int			decimals;

	if (!demand->dated)
		cl_demand_date(demand);
	decimals = history->decimals;
	if (!amount_of(&balance, &row.amount[CL_BEHAVIOR_BALANCE], &decimals) ||
		!amount_of(&limit, &row.amount[CL_BEHAVIOR_LIMIT], &decimals) || too_large(demand, balance, limit))
		return false;
	if (decimals > history->decimals)
		cl_behavior_raise_decimals(history, &demand->memory, decimals);
	for (int i = CL_BEHAVIOR_LIMIT; i <= CL_BEHAVIOR_BALANCE; i++)
	{
		if (row.amount[i] != CL_BEHAVIOR_UNKNOWN)
			row.amount[i] /= (int64_t) cl_pow10_64[CL_BEHAVIOR_DECIMALS - decimals];
	}
	if (!cl_behavior_append(history, month, &row) && !cl_behavior_put(history, &demand->memory, month, &row))
		return false;
	forget_fit(demand);
	see(demand, balance, limit);
	return true;
}

static double
amount_double(const ClBehavior *history, int64_t amount)
{
	return amount == CL_BEHAVIOR_UNKNOWN ? NAN : (double) amount / (double) cl_pow10_64[history->decimals];
}

int
cl_demand_months(const ClDemand *demand, ClDemandMonth months[CL_DEMAND_MONTHS])
{
	const ClBehavior *history = &demand->history;
	ClBehaviorMonth row;
	int			n = 0;

	for (int32_t month = history->low; month <= cl_behavior_last(history); month++)
	{
		if (cl_behavior_get(history, month, &row))
			months[n++] = (ClDemandMonth)
		{
			month, amount_double(history, row.amount[CL_BEHAVIOR_BALANCE]), amount_double(history, row.amount[CL_BEHAVIOR_LIMIT])
		};
	}
	return n;
}

static bool
has_month(const ClBehavior *history, int32_t month)
{
	ClBehaviorMonth row;

	return cl_behavior_get(history, month, &row) || cl_behavior_is_earlier(history, month);
}

int32_t
cl_demand_month_in_both(const ClDemand *a, const ClDemand *b)
{
	if (!a->dated || !b->dated)
		return 0;
	for (int32_t month = cl_behavior_first(&a->history); month <= cl_behavior_last(&a->history); month++)
	{
		if (has_month(&a->history, month) && has_month(&b->history, month))
			return month;
	}
	return 0;
}

static bool
merge_sums(ClDemand *into, const ClDemand *from)
{
	if (from->n > INT64_MAX - into->n || from->n_skipped > INT64_MAX - into->n_skipped)
		return false;
	into->n += from->n;
	into->n_zero += from->n_zero;
	into->n_censored += from->n_censored;
	into->n_skipped += from->n_skipped;
	into->highest_limit = fmax(into->highest_limit, from->highest_limit);
	into->sum += from->sum;
	if (into->options.distribution == CL_DEMAND_GAMMA)
		into->log_sum += from->log_sum;
	else
		wide_merge(&into->squares, &from->squares);
	if (from->cell_bits > into->cell_bits)
		widen(into, from->cell_bits - into->cell_bits);
	for (int i = 0; i < from->n_cells; i++)
	{
		const ClDemandCell *cell = &from->cells[i];
		/* The cell may have become wider at the one before. */
		int			more = into->cell_bits - from->cell_bits;
		int64_t		key = cell->key >> more;
		int64_t		edge = (int64_t) (((uint64_t) cell->key - ((uint64_t) key << more)) << from->cell_bits);

		put_and_bound(into, key, cell->n, cell->above + (cl_int128) edge * cell->n);
	}
	return true;
}

bool
cl_demand_merge(ClDemand *into, const ClDemand *from)
{
	forget_fit(into);
	see(into, from->highest_balance, from->highest_granted);
	if (!from->dated)
		return merge_sums(into, from);
	if (!into->dated)
		cl_demand_date(into);
	return cl_behavior_merge(&into->history, &into->memory, &from->history);
}

/*
 * With m the mean rounded to an integer and r = sum - n x m, the squares about m are squares - n m^2 - 2 m r: in integers, so
 * that nothing cancels, and equal balances have exactly none.
 */
double
cl_demand_spread(const ClDemand *demand, double *mean)
{
	int64_t		n = demand->n - demand->n_zero - demand->n_censored;
	ClWide		about = demand->squares;
	int64_t		m;
	int64_t		rest;
	cl_int128	twice;

	*mean = 0;
	if (n == 0)
		return cl_wide_double(&about);
	m = (int64_t) (demand->sum / n);
	rest = (int64_t) (demand->sum - (cl_int128) m * n);
	*mean = (double) m + (double) rest / (double) n;
	cl_wide_subtract(&about, n, m);
	twice = 2 * (cl_int128) m * rest;
	about.high -= twice >> 64;
	about.high -= about.low < (uint64_t) twice;
	about.low -= (uint64_t) twice;
	return cl_wide_double(&about) - (double) rest * (double) rest / (double) n;
}
