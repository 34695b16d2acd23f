/*
 * concentration.c
 *	  Cells of amounts, and what they say of inequality.
 */
#include "core/concentration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BITS (~((UINT64_C(1) << CL_CONCENTRATION_DROPPED) - 1))
#define FIRST_SIZE 16
#define INTERRUPT_EVERY 4096

void
cl_concentration_init(ClConcentration *c, const ClMemory *memory)
{
	memset(c, 0, sizeof(*c));
	c->memory = *memory;
}

double
cl_concentration_amount(uint64_t key)
{
	double		amount;

	memcpy(&amount, &key, sizeof(amount));
	return amount;
}

bool
cl_concentration_is_grouped_key(uint64_t key)
{
	return (key & ~FIRST_BITS) == 0;
}

static uint64_t
key_of(const ClConcentration *c, double amount)
{
	uint64_t	key;

	memcpy(&key, &amount, sizeof(key));
	return c->grouped ? key & FIRST_BITS : key;
}

/* The cell of a key, or the free one where it would be. There is always one. */
static ClConcentrationCell *
find(const ClConcentration *c, uint64_t key)
{
	size_t		i = (size_t) ((key * UINT64_C(0x9E3779B97F4A7C15)) >> 20) & (c->size - 1);

	while (c->cell[i].key != 0 && c->cell[i].key != key)
		i = (i + 1) & (c->size - 1);
	return &c->cell[i];
}

/* What is in the cells goes into a table of another size, by the first bits of the keys if cells are grouped now. */
static void
rebuild(ClConcentration *c, size_t size)
{
	ClConcentrationCell *old = c->cell;
	size_t		old_size = c->size;

	c->cell = cl_allocate(&c->memory, size * sizeof(ClConcentrationCell));
	memset(c->cell, 0, size * sizeof(ClConcentrationCell));
	c->size = size;
	c->n_cells = 0;
	for (size_t i = 0; i < old_size; i++)
	{
		uint64_t	key = c->grouped ? old[i].key & FIRST_BITS : old[i].key;
		ClConcentrationCell *cell;

		if (i % INTERRUPT_EVERY == 0)
			c->memory.check_for_interrupts();
		if (old[i].key == 0)
			continue;
		cell = find(c, key);
		c->n_cells += cell->key == 0;
		cell->key = key;
		cell->n += old[i].n;
		cl_exact_sum_merge(&cell->sum, &old[i].sum);
	}
	cl_release(&c->memory, old);
}

static void
group(ClConcentration *c)
{
	c->grouped = true;
	if (c->size > 0)
		rebuild(c, c->size);
}

/* The cell of an amount's key, made where it is missing. */
static ClConcentrationCell *
cell_of(ClConcentration *c, double amount)
{
	ClConcentrationCell *cell;

	if ((c->n_cells + 1) * 4 > c->size * 3)
		rebuild(c, c->size > 0 ? c->size * 2 : FIRST_SIZE);
	cell = find(c, key_of(c, amount));
	if (cell->key == 0)
	{
		if (!c->grouped && c->n_cells == CL_CONCENTRATION_EXACT)
		{
			group(c);
			return cell_of(c, amount);
		}
		cell->key = key_of(c, amount);
		c->n_cells++;
	}
	return cell;
}

void
cl_concentration_add(ClConcentration *c, double amount)
{
	ClConcentrationCell *cell;

	c->n++;
	if (amount == 0)
	{
		c->n_zero++;
		return;
	}
	cell = cell_of(c, amount);
	cell->n++;
	cl_exact_sum_add(&cell->sum, amount);
	cl_exact_sum_add(&c->total, amount);
	cl_exact_sum_add(&c->squares, amount * amount);
}

/* Adds n times an amount, exactly. */
static void
add_times(ClExactSum *sum, double amount, int64_t n)
{
	/* Either half of n has at most 26 bits; what their product with the amount loses to rounding is a double. */
	for (int shift = 0; shift < 52; shift += 26)
	{
		double		part = ldexp((double) ((n >> shift) & 0x3FFFFFF), shift);
		double		product = amount * part;

		cl_exact_sum_add(sum, product);
		cl_exact_sum_add(sum, fma(amount, part, -product));
	}
}

void
cl_concentration_put(ClConcentration *c, uint64_t key, int64_t n, const ClExactSum *sum)
{
	double		amount = cl_concentration_amount(key);
	ClConcentrationCell *cell = cell_of(c, amount);

	cell->n = n;
	if (c->grouped)
		cell->sum = *sum;
	else
	{
		add_times(&cell->sum, amount, n);
		add_times(&c->squares, amount * amount, n);
	}
	cl_exact_sum_merge(&c->total, &cell->sum);
}

void
cl_concentration_merge(ClConcentration *into, const ClConcentration *from)
{
	if (from->grouped && !into->grouped)
		group(into);
	into->n += from->n;
	into->n_zero += from->n_zero;
	cl_exact_sum_merge(&into->total, &from->total);
	cl_exact_sum_merge(&into->squares, &from->squares);
	for (size_t i = 0; i < from->size; i++)
	{
		ClConcentrationCell *cell;

		if (i % INTERRUPT_EVERY == 0)
			into->memory.check_for_interrupts();
		if (from->cell[i].key == 0)
			continue;
		cell = cell_of(into, cl_concentration_amount(from->cell[i].key));
		cell->n += from->cell[i].n;
		cl_exact_sum_merge(&cell->sum, &from->cell[i].sum);
	}
}

static int
by_key(const void *a, const void *b)
{
	uint64_t	one = ((const ClConcentrationCell *) a)->key;
	uint64_t	other = ((const ClConcentrationCell *) b)->key;

	return one < other ? -1 : one > other;
}

ClConcentrationCell *
cl_concentration_sorted(const ClConcentration *c)
{
	ClConcentrationCell *sorted = cl_allocate(&c->memory, c->n_cells * sizeof(ClConcentrationCell));
	size_t		n = 0;

	for (size_t i = 0; i < c->size; i++)
	{
		if (c->cell[i].key != 0)
			sorted[n++] = c->cell[i];
	}
	qsort(sorted, n, sizeof(ClConcentrationCell), by_key);
	return sorted;
}

double
cl_concentration_hhi(const ClConcentration *c)
{
	double		total = cl_exact_sum_closed(&c->total).high;

	return c->n_cells > 0 ? cl_exact_sum_closed(&c->squares).high / total / total : NAN;
}

/*
 * 1 - sum over cells, ascending, of n_c / n (2 B_c + S_c) / S: B_c what the cells before have, S_c what this one has, S all.
 * Zeros are a cell with S_c = 0 before all others.
 */
double
cl_concentration_gini(const ClConcentration *c, double *missing)
{
	ClConcentrationCell *cell = cl_concentration_sorted(c);
	double		total = cl_exact_sum_closed(&c->total).high;
	ClExactSum	before = {0};
	ClExactSum	area = {0};
	ClExactSum	products = {0};

	for (size_t i = 0; i < c->n_cells; i++)
	{
		double		n = (double) cell[i].n;
		double		sum = cl_exact_sum_closed(&cell[i].sum).high / total;

		cl_exact_sum_add(&area, n * (2 * before.high + sum));
		cl_exact_sum_add(&products, n * sum);
		cl_exact_sum_add(&before, sum);
	}
	cl_release(&c->memory, cell);
	*missing = c->grouped ? products.high / (double) c->n / 1024 : 0;
	return c->n_cells > 0 ? fmax(0, 1 - area.high / (double) c->n) : NAN;
}

double
cl_concentration_top_share(const ClConcentration *c, int64_t n)
{
	ClConcentrationCell *cell = cl_concentration_sorted(c);
	ClExactSum	top = {0};

	for (size_t i = c->n_cells; i-- > 0 && n > 0;)
	{
		double		sum = cl_exact_sum_closed(&cell[i].sum).high;

		cl_exact_sum_add(&top, n >= cell[i].n ? sum : sum * ((double) n / (double) cell[i].n));
		n -= n >= cell[i].n ? cell[i].n : n;
	}
	cl_release(&c->memory, cell);
	return c->n_cells > 0 ? top.high / cl_exact_sum_closed(&c->total).high : NAN;
}

void
cl_concentration_lorenz(const ClConcentration *c, int points, double *share)
{
	ClConcentrationCell *cell = cl_concentration_sorted(c);
	double		total = cl_exact_sum_closed(&c->total).high;
	double		passed = (double) c->n_zero;
	ClExactSum	before = {0};
	size_t		at = 0;

	for (int i = 0; i <= points; i++)
	{
		double		wanted = (double) c->n * i / points;
		double		part = 0;

		while (at < c->n_cells && passed + (double) cell[at].n <= wanted)
		{
			passed += (double) cell[at].n;
			cl_exact_sum_merge(&before, &cell[at++].sum);
		}
		if (at < c->n_cells && wanted > passed)
			part = cl_exact_sum_closed(&cell[at].sum).high * ((wanted - passed) / (double) cell[at].n);
		share[i] = c->n_cells == 0 ? NAN : i == points ? 1 : fmin(1, (cl_exact_sum_closed(&before).high + part) / total);
	}
	cl_release(&c->memory, cell);
}
