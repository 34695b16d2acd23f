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

/* weight x x^2 as high x 2^64 + low: x^2 is below 2^126 and a weight below 2^63, so no part overflows. */
static ClWide
product(int64_t weight, int64_t x)
{
	cl_uint128	square = (cl_uint128) ((cl_int128) x * x);
	cl_uint128	low = (cl_uint128) (uint64_t) square * (uint64_t) weight;
	ClWide		result;

	result.high = (cl_int128) ((square >> 64) * (uint64_t) weight + (low >> 64));
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
cl_wide_add(ClWide *sum, int64_t weight, int64_t x)
{
	ClWide		term = product(weight, x);

	wide_merge(sum, &term);
}

void
cl_wide_subtract(ClWide *sum, int64_t weight, int64_t x)
{
	ClWide		term = product(weight, x);
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
 * Points and weights
 */

bool
cl_demand_weighted(const ClDemand *demand)
{
	return demand->options.half_life > 0;
}

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

double
cl_demand_weight_unit(const ClDemand *demand)
{
	return cl_demand_weighted(demand) ? 1e-9 : 1;
}

int64_t
cl_demand_weight(const ClDemand *demand, double age)
{
	if (!cl_demand_weighted(demand))
		return 1;
	return (int64_t) rint(1e9 * exp2(-age / demand->options.half_life));
}

/* The point of an amount above 0 that is not beyond the largest. */
static inline int64_t
point_of(const ClDemand *demand, double amount)
{
	return demand->options.distribution == CL_DEMAND_LOGNORMAL ?
		(int64_t) rint(log(amount) * 1e12) : (int64_t) rint(amount * 1e6);
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
add_to_cell(ClDemandCell *cell, int64_t weight, cl_int128 above)
{
	cell->weight += weight;
	cell->above += above;
}

/* Puts weight into the cell of a key, and says whether that was there before. */
static bool
put(ClDemand *demand, int64_t key, int64_t weight, cl_int128 above)
{
	int			slot = 0;

	if (demand->slots == NULL)
	{
		for (int i = 0; i < demand->n_cells; i++)
		{
			if (demand->cells[i].key == key)
			{
				add_to_cell(&demand->cells[i], weight, above);
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
				add_to_cell(&demand->cells[demand->slots[slot] - 1], weight, above);
				return true;
			}
		}
	}
	if (demand->n_cells == demand->size_cells)
	{
		make_room(demand);
		return put(demand, key, weight, above);
	}
	if (demand->slots != NULL)
		demand->slots[slot] = (uint16_t) (demand->n_cells + 1);
	demand->cells[demand->n_cells++] = (ClDemandCell)
	{
		key, weight, above
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

		(void) put(demand, key, cell.weight, cell.above + (cl_int128) edge * cell.weight);
	}
	demand->memory.check_for_interrupts();
}

static void
put_and_bound(ClDemand *demand, int64_t key, int64_t weight, cl_int128 above)
{
	if (put(demand, key, weight, above))
		return;
	while (demand->n_cells > CL_DEMAND_CELLS)
		widen(demand, 1);
}

/* After the cells were filled in directly; the width is set before. */
void
cl_demand_add_cell(ClDemand *demand, int64_t key, int64_t weight, cl_int128 above)
{
	(void) put(demand, key, weight, above);
}

static void
add_censored(ClDemand *demand, int64_t point, int64_t weight)
{
	int64_t		key = point >> demand->cell_bits;

	put_and_bound(demand, key, weight, (cl_int128) (point - (int64_t) ((uint64_t) key << demand->cell_bits)) * weight);
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
	return (double) (int64_t) ((uint64_t) cell->key << demand->cell_bits) + (double) cell->above / (double) cell->weight;
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
}

void
cl_demand_skip(ClDemand *demand)
{
	if (demand->n_skipped < INT64_MAX)
		demand->n_skipped++;
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

bool
cl_demand_add(ClDemand *demand, double balance, double limit, int64_t weight)
{
	if (weight > INT64_MAX - demand->weight ||
		(demand->options.distribution == CL_DEMAND_NORMAL && (balance > CL_DEMAND_LARGEST || limit > CL_DEMAND_LARGEST)))
		return false;
	forget_fit(demand);
	demand->n++;
	demand->weight += weight;
	if (balance <= 0)
	{
		demand->n_zero++;
		demand->weight_zero += weight;
	}
	else if (balance >= (1 - demand->options.tolerance) * limit)
	{
		demand->n_censored++;
		demand->weight_censored += weight;
		demand->highest_limit = fmax(demand->highest_limit, limit);
		add_censored(demand, point_of(demand, limit), weight);
	}
	else
	{
		int64_t		point = point_of(demand, balance);

		demand->sum += (cl_int128) point * weight;
		cl_wide_add(&demand->squares, weight, point);
	}
	return true;
}

bool
cl_demand_merge(ClDemand *into, const ClDemand *from)
{
	if (from->weight > INT64_MAX - into->weight || from->n > INT64_MAX - into->n)
		return false;
	forget_fit(into);
	into->n += from->n;
	into->n_zero += from->n_zero;
	into->n_censored += from->n_censored;
	into->n_skipped = from->n_skipped > INT64_MAX - into->n_skipped ? INT64_MAX : into->n_skipped + from->n_skipped;
	into->weight += from->weight;
	into->weight_zero += from->weight_zero;
	into->weight_censored += from->weight_censored;
	into->highest_limit = fmax(into->highest_limit, from->highest_limit);
	into->sum += from->sum;
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

		put_and_bound(into, key, cell->weight, cell->above + (cl_int128) edge * cell->weight);
	}
	return true;
}

/*
 * With m the mean rounded to an integer and r = sum - weight x m, the squares about m are squares - weight m^2 - 2 m r: in
 * integers, so that nothing cancels, and equal balances have exactly none.
 */
double
cl_demand_spread(const ClDemand *demand, double *mean)
{
	int64_t		weight = demand->weight - demand->weight_zero - demand->weight_censored;
	ClWide		about = demand->squares;
	int64_t		m;
	int64_t		rest;
	cl_int128	twice;

	*mean = 0;
	if (weight == 0)
		return cl_wide_double(&about);
	m = (int64_t) (demand->sum / weight);
	rest = (int64_t) (demand->sum - (cl_int128) m * weight);
	*mean = (double) m + (double) rest / (double) weight;
	cl_wide_subtract(&about, weight, m);
	twice = 2 * (cl_int128) m * rest;
	about.high -= twice >> 64;
	about.high -= about.low < (uint64_t) twice;
	about.low -= (uint64_t) twice;
	return cl_wide_double(&about) - (double) rest * (double) rest / (double) weight;
}
