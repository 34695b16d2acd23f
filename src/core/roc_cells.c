/*
 * roc_cells.c
 *	  Which scores are put together, and what that may cost.
 */
#include "core/roc_cells.h"

#include <math.h>
#include <stdlib.h>

#include "core/roc.h"

bool
cl_roc_cell_is_valid(const ClRocCell *cell)
{
	uint64_t	span = cell->low ^ cell->high;
	double		low = cl_tally_value(cell->low);

	return cell->low < cell->high && (span & (span + 1)) == 0 && (cell->low & span) == 0 &&
		span >> (64 - CL_ROC_CELL_FEWEST_BITS) == 0 && isfinite(low) && isfinite(cl_tally_value(cell->high));
}

static int
compare_cells(const void *a, const void *b)
{
	const ClRocCell *x = a;
	const ClRocCell *y = b;

	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return x->high > y->high ? -1 : x->high < y->high;
}

size_t
cl_roc_cells_join(ClRocCell *cell, size_t n)
{
	size_t		kept = 0;

	qsort(cell, n, sizeof(ClRocCell), compare_cells);
	for (size_t i = 0; i < n; i++)
	{
		if (kept == 0 || cell[i].low > cell[kept - 1].high)
			cell[kept++] = cell[i];
	}
	return kept;
}

/* The key at which rows of this one stand. Keys come in order; *at is the first cell that does not end before them. */
static uint64_t
place_of(uint64_t key, const ClRocCell *cell, size_t n, size_t *at)
{
	while (*at < n && cell[*at].high < key)
		(*at)++;
	return *at < n && cell[*at].low <= key ? cell[*at].low : key;
}

static void
gather_counts(ClTally *tally, const ClRocCell *cell, size_t n)
{
	ClTallyCount *count = cl_allocate(&tally->memory, (cl_tally_distinct(tally) + 1) * sizeof(ClTallyCount));
	size_t		n_count = 0;
	size_t		at = 0;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_scan(tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		uint64_t	key = place_of(cl_tally_key(item.value), cell, n, &at);

		if (n_count == 0 || count[n_count - 1].key != key)
			count[n_count++] = (ClTallyCount) {.key = key};
		count[n_count - 1].n[0] += item.n[0];
		count[n_count - 1].n[1] += item.n[1];
	}
	for (int class = 0; class < 2; class++)
	{
		cl_release(&tally->memory, tally->rows[class].key);
		tally->rows[class] = (ClTallyKeys) {0};
	}
	cl_release(&tally->memory, tally->count);
	tally->count = count;
	tally->n_count = tally->size_count = n_count;
}

/* With weights, all of a settled tally stands in its counts. */
static void
gather_weights(ClTally *tally, const ClRocCell *cell, size_t n)
{
	size_t		n_count = 0;
	size_t		at = 0;

	for (size_t i = 0; i < tally->n_count; i++)
	{
		ClTallyCount count = tally->count[i];
		ClTallyExtra extra = tally->extra[i];

		count.key = place_of(count.key, cell, n, &at);
		if (n_count == 0 || tally->count[n_count - 1].key != count.key)
		{
			tally->count[n_count] = count;
			tally->extra[n_count++] = extra;
			continue;
		}
		for (int class = 0; class < 2; class++)
		{
			tally->count[n_count - 1].n[class] += count.n[class];
			cl_exact_sum_merge(&tally->extra[n_count - 1].weight[class], &extra.weight[class]);
			tally->extra[n_count - 1].amount[class] += extra.amount[class];
		}
	}
	tally->n_count = n_count;
}

void
cl_roc_cells_gather(ClTally *tally, const ClRocCell *cell, size_t n)
{
	if (tally->kind == CL_TALLY_WEIGHTS)
		gather_weights(tally, cell, n);
	else
		gather_counts(tally, cell, n);
	cl_tally_recount(tally);
}

ClRocLoss
cl_roc_cells_loss(const ClTally *tally, const ClRocCell *cell, size_t n)
{
	ClRocLoss	loss = {0, 0};
	ClRocTotals total;
	double		distance = 0;
	double		ks = 0;
	double		highest = 0;
	size_t		at = 0;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_roc_totals(tally, &total);
	if (n == 0 || total.n[0] == 0 || total.n[1] == 0)
		return loss;
	cl_tally_scan(tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		double		non_events = item.weight[CL_NON_EVENT] / total.weight[CL_NON_EVENT];
		double		events = item.weight[CL_EVENT] / total.weight[CL_EVENT];
		uint64_t	key = cl_tally_key(item.value);

		(void) place_of(key, cell, n, &at);
		if (at < n && cell[at].low == key)
		{
			loss.auc += non_events * events / 2;
			highest = fmax(highest, fmax(distance + non_events, events - distance));
		}
		distance += non_events - events;
		ks = fmax(ks, fabs(distance));
	}
	loss.ks = fmax(highest - ks, 0);
	return loss;
}

/*
 * Choosing
 *
 * A cell is taken where its cost is at most some price, the largest that fits; if so much is too much, its two halves are looked
 * at. The price with which the sum of costs comes to what is allowed is found by halving.
 */

/* A distinct score, or a cell there is already, and the shares of rows before it. */
typedef struct Unit
{
	uint64_t	low;
	uint64_t	high;
	double		before[2];
} Unit;

typedef struct Choice
{
	const ClMemory *memory;
	const Unit *unit;			/* one more than there are */
	double		share[2];		/* of each class among all */
	double		price;
	ClRocLoss	most;
	double		cost;			/* of the cells taken */
	ClRocCell  *cell;			/* or NULL: they are only counted */
	size_t		n;
} Choice;

static void
take(Choice *choice, uint64_t low, uint64_t high, double cost)
{
	if (choice->cell != NULL)
		choice->cell[choice->n] = (ClRocCell) {low, high};
	choice->n++;
	choice->cost += cost;
}

/* Of the units from one to before the other. */
static void
choose(Choice *choice, size_t from, size_t to)
{
	const Unit *unit = choice->unit;
	double		n = unit[to].before[0] - unit[from].before[0];
	double		e = unit[to].before[1] - unit[from].before[1];
	double		cost = n * e / 2;
	uint64_t	span;
	uint64_t	half;
	size_t		below = from;
	size_t		above = to;

	if (to == from)
		return;
	if (to - from == 1)
	{
		if (unit[from].low != unit[from].high)
			take(choice, unit[from].low, unit[from].high, cost);
		return;
	}
	/* The smallest cell around all of them. */
	span = unit[from].low ^ unit[to - 1].high;
	half = UINT64_C(1) << (63 - __builtin_clzll(span));
	span = half | (half - 1);
	if (span >> (64 - CL_ROC_CELL_FEWEST_BITS) == 0 && cost <= choice->price && fmin(n, e) <= choice->most.ks &&
		n * choice->share[0] + e * choice->share[1] <= 4 * choice->most.auc)
	{
		take(choice, unit[from].low & ~span, unit[from].low | span, cost);
		return;
	}
	/* The first unit of its upper half. */
	while (above - below > 1)
	{
		size_t		middle = below + (above - below) / 2;

		if (unit[middle].low & half)
			above = middle;
		else
			below = middle;
	}
	if ((choice->n & 0xFFF) == 0)
		choice->memory->check_for_interrupts();
	choose(choice, from, above);
	choose(choice, above, to);
}

static double
cost_at(Choice *choice, size_t n_units, double price)
{
	choice->price = price;
	choice->cost = 0;
	choice->n = 0;
	choose(choice, 0, n_units);
	return choice->cost;
}

static Unit *
units_of(const ClTally *tally, const ClRocCell *cell, size_t n, size_t *n_units, const ClRocTotals *total)
{
	Unit	   *unit = cl_allocate(&tally->memory, (cl_tally_distinct(tally) + 1) * sizeof(Unit));
	double		before[2] = {0, 0};
	size_t		at = 0;
	ClTallyCursor cursor;
	ClTallyItem item;

	*n_units = 0;
	cl_tally_scan(tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
	{
		uint64_t	key = cl_tally_key(item.value);

		(void) place_of(key, cell, n, &at);
		unit[(*n_units)++] = (Unit) {
			.low = key, .high = at < n && cell[at].low == key ? cell[at].high : key,
			.before = {before[0] / fmax(total->weight[0], 1e-300), before[1] / fmax(total->weight[1], 1e-300)}
		};
		before[0] += item.weight[0];
		before[1] += item.weight[1];
	}
	unit[*n_units] = (Unit) {.before = {before[0] / fmax(total->weight[0], 1e-300), before[1] / fmax(total->weight[1], 1e-300)}};
	return unit;
}

ClRocCell *
cl_roc_cells_choose(const ClTally *tally, const ClRocCell *cell, size_t *n, const ClRocLoss *most)
{
	Choice		choice = {.memory = &tally->memory, .most = *most};
	size_t		n_units;
	ClRocTotals total;
	Unit	   *unit;
	/* Rounding must not make it more than was asked. */
	double		allowed = most->auc * (1 - 1e-9);
	double		lost_already = cl_roc_cells_loss(tally, cell, *n).auc;
	double		high = most->auc;
	double		low;
	int			refine = 0;

	cl_roc_totals(tally, &total);
	choice.unit = unit = units_of(tally, cell, *n, &n_units, &total);
	for (int class = 0; class < 2; class++)
		choice.share[class] = total.weight[class] / (total.weight[0] + total.weight[1]);
	/* From the whole loss down to a price that fits, then up between the two. What is lost already may leave no room. */
	while (high > 0 && cost_at(&choice, n_units, high) > allowed)
	{
		high = high > 1e-30 && lost_already <= allowed ? high / 2 : 0;
		refine = 10;
	}
	low = high;
	for (high *= 2; refine > 0 && low > 0; refine--)
	{
		double		middle = (low + high) / 2;

		if (cost_at(&choice, n_units, middle) > allowed)
			high = middle;
		else
			low = middle;
	}
	choice.cell = cl_allocate(&tally->memory, (n_units + 1) * sizeof(ClRocCell));
	(void) cost_at(&choice, n_units, low);
	cl_release(&tally->memory, unit);
	*n = choice.n;
	return choice.cell;
}
