/*
 * band_policy.c
 *	  The best table of limits under budgets.
 */
#include "core/band_policy.h"

#include <math.h>
#include <string.h>

/* Worth that is lost in sums of doubles. */
#define TOLERANCE 1e-10
#define ROUNDS 4				/* over the budgets, where there are several */
#define STEPS 50				/* of one price */

static void
copy_solution(const ClBandSearch *search, ClBandSolution *to, const ClBandSolution *from)
{
	memcpy(to->level, from->level, search->cells);
	to->worth = from->worth;
	memcpy(to->use, from->use, search->budgets * sizeof(double));
}

/* ---- a table within the budgets ---- */

static bool
within(const ClBandSearch *search, const double *use)
{
	for (int b = 0; b < search->budgets; b++)
	{
		if (use[b] > search->given->budget[b])
			return false;
	}
	return true;
}

/* Whether a cell can have a level, its neighbours having theirs. */
static bool
in_order(const ClBandSearch *search, const unsigned char *level, int row, int column, int wanted)
{
	return (row == 0 || level[cl_band_cell_at(search, row - 1, column)] <= wanted) &&
		(column == 0 || level[cl_band_cell_at(search, row, column - 1)] <= wanted) &&
		(row == search->rows - 1 || level[cl_band_cell_at(search, row + 1, column)] >= wanted) &&
		(column == search->columns - 1 || level[cl_band_cell_at(search, row, column + 1)] >= wanted);
}

/* Moves one cell after the other to where the table gains most, while it stays within the budgets. */
static void
refill(ClBandSearch *search, ClBandSolution *solution)
{
	const ClBandCells *given = search->given;
	int			n = search->cells * search->levels;

	for (;;)
	{
		double		most = TOLERANCE * fmax(1, fabs(solution->worth));
		int			best_cell = -1;
		int			best_level = 0;

		for (int row = 0; row < search->rows; row++)
		{
			for (int column = 0; column < search->columns; column++)
			{
				int			cell = cl_band_cell_at(search, row, column);
				int			now = cell * search->levels + solution->level[cell];

				for (int l = 0; l < search->levels; l++)
				{
					int			then = cell * search->levels + l;
					bool		fits = given->worth[then] - given->worth[now] > most &&
						in_order(search, solution->level, row, column, l);

					for (int b = 0; fits && b < search->budgets; b++)
					{
						const double *use = &given->use[(size_t) b * n];

						fits = solution->use[b] - use[now] + use[then] <= given->budget[b];
					}
					if (!fits)
						continue;
					most = given->worth[then] - given->worth[now];
					best_cell = cell;
					best_level = l;
				}
			}
		}
		if (best_cell < 0)
			return;
		solution->level[best_cell] = best_level;
		cl_band_measure(search, solution);
	}
}

/* Keeps a table that is within the budgets and worth more than the one before. */
static void
offer(ClBandSearch *search, const ClBandSolution *solution)
{
	if (!within(search, solution->use) || (search->any && solution->worth <= search->found.worth))
		return;
	copy_solution(search, &search->found, solution);
	refill(search, &search->found);
	search->any = true;
}

/* ---- bounds ---- */

static double
at_prices(const ClBandSearch *search, const double *budget, const double *price)
{
	double		sum = 0;

	for (int b = 0; b < search->budgets; b++)
	{
		if (price[b] > 0)
			sum += price[b] * budget[b];
	}
	return sum;
}

/* What a table is worth less its uses of the other budgets at their prices. */
static double
worth_but(const ClBandSearch *search, const ClBandSolution *solution, const double *price, int but)
{
	double		worth = solution->worth;

	for (int b = 0; b < search->budgets; b++)
	{
		if (b != but)
			worth -= price[b] * solution->use[b];
	}
	return worth;
}

/*
 * The price of one budget, the others given, at which the bound is lowest: the line through a table that keeps the budget and one
 * that breaks it has a slope, and either no table lies above that line or there is one that takes the place of one of the two.
 * False: no allowed table keeps the budget.
 */
static bool
fit_price(ClBandSearch *search, const uint64_t *allowed, double *price, int b)
{
	double		budget = search->given->budget[b];
	double		most;

	price[b] = 0;
	cl_band_set_weights(search, allowed, 1, price);
	most = cl_band_solve(search);
	if (most == -INFINITY)
		return false;
	cl_band_take(search, most, &search->now);
	offer(search, &search->now);
	copy_solution(search, &search->outside, &search->now);
	if (search->now.use[b] <= budget)
	{
		copy_solution(search, &search->inside, &search->now);
		return true;
	}
	memset(search->only, 0, search->budgets * sizeof(double));
	search->only[b] = 1;
	cl_band_set_weights(search, allowed, 0, search->only);
	cl_band_take(search, cl_band_solve(search), &search->inside);
	offer(search, &search->inside);
	if (search->inside.use[b] > budget)
		return false;
	for (int step = 0; step < STEPS; step++)
	{
		double		in = worth_but(search, &search->inside, price, b);
		double		out = worth_but(search, &search->outside, price, b);

		price[b] = fmax(0, (out - in) / (search->outside.use[b] - search->inside.use[b]));
		cl_band_set_weights(search, allowed, 1, price);
		most = cl_band_solve(search);
		if (most <= in - price[b] * search->inside.use[b] + TOLERANCE * fmax(1, fabs(most)))
			break;
		cl_band_take(search, most, &search->now);
		offer(search, &search->now);
		copy_solution(search, search->now.use[b] > budget ? &search->outside : &search->inside, &search->now);
	}
	return true;
}

/* Prices at which the bound of the allowed tables is low, and that bound; -Infinity: none of them is within the budgets. */
static double
bound_of(ClBandSearch *search, const uint64_t *allowed, double *price)
{
	const double *budget = search->given->budget;
	double		bound;
	double		before = INFINITY;

	for (int round = 0; round < ROUNDS; round++)
	{
		for (int b = 0; b < search->budgets; b++)
		{
			if (isfinite(budget[b]) && !fit_price(search, allowed, price, b))
				return -INFINITY;
		}
		cl_band_set_weights(search, allowed, 1, price);
		bound = cl_band_solve(search);
		if (bound == -INFINITY)
			return bound;
		cl_band_take(search, bound, &search->now);
		offer(search, &search->now);
		bound += at_prices(search, budget, price);
		if (search->budgets < 2 || bound > before - 1e-6 * fmax(1, fabs(bound)))
			break;
		before = bound;
	}
	return bound;
}

static bool
can_be_better(const ClBandSearch *search, double bound)
{
	return !search->any || bound > search->found.worth + TOLERANCE * fmax(1, fabs(search->found.worth));
}

/*
 * Strikes out the levels with which no table can be better than the one found: what the best table with that level in that cell
 * weighs is what rows before, row and rows behind weigh. cl_band_solve() must just have run at the prices. False: nothing
 * is left.
 */
static bool
strike_out(ClBandSearch *search, uint64_t *allowed, const double *price)
{
	double		credit = at_prices(search, search->given->budget, price);
	int			profiles = search->profiles;
	uint64_t   *live = search->live;

	memset(search->after, 0, profiles * sizeof(double));
	for (int row = search->rows - 1; row >= 0; row--)
	{
		const double *best = &search->best[(size_t) row * profiles];

		memset(live, 0, search->columns * sizeof(uint64_t));
		for (int p = 0; p < profiles; p++)
		{
			if (!can_be_better(search, best[p] + search->after[p] + credit))
				continue;
			for (int i = 0; i < search->columns; i++)
				live[i] |= UINT64_C(1) << search->profile[p * search->columns + i];
		}
		for (int i = 0; i < search->columns; i++)
		{
			allowed[cl_band_cell_at(search, row, i)] &= live[i];
			if (allowed[cl_band_cell_at(search, row, i)] == 0)
				return false;
		}
		/* What this row and those behind weigh where this one is at or above the profile: lower[] leads there from above. */
		cl_band_weigh_row(search, row);
		for (int p = 0; p < profiles; p++)
			search->reach[p] = search->after[p] + search->profile_weight[p];
		for (int p = profiles - 1; p >= 0; p--)
		{
			for (int i = 0; i < search->columns; i++)
			{
				int			lower = search->lower[p * search->columns + i];

				if (lower >= 0)
					search->reach[lower] = fmax(search->reach[lower], search->reach[p]);
			}
		}
		memcpy(search->after, search->reach, profiles * sizeof(double));
	}
	return true;
}

/* ---- branch and bound ---- */

static ClBandNode *
new_node(const ClBandSearch *search)
{
	ClBandNode *node = cl_allocate(search->memory, sizeof(ClBandNode) + search->cells * sizeof(uint64_t) +
								   search->budgets * sizeof(double));

	node->price = (double *) &node->allowed[search->cells];
	return node;
}

static void
push(ClBandSearch *search, ClBandNode *node)
{
	int			i = search->n_heap++;

	if (search->n_heap > search->room)
	{
		search->room = search->room > 0 ? 2 * search->room : 64;
		search->heap = cl_reallocate(search->memory, search->heap, search->room * sizeof(ClBandNode *));
	}
	for (; i > 0 && search->heap[(i - 1) / 2]->bound < node->bound; i = (i - 1) / 2)
		search->heap[i] = search->heap[(i - 1) / 2];
	search->heap[i] = node;
}

static ClBandNode *
pop(ClBandSearch *search)
{
	ClBandNode *top = search->heap[0];
	ClBandNode *last = search->heap[--search->n_heap];
	int			i = 0;

	for (;;)
	{
		int			child = 2 * i + 1;

		if (child >= search->n_heap)
			break;
		if (child + 1 < search->n_heap && search->heap[child + 1]->bound > search->heap[child]->bound)
			child++;
		if (search->heap[child]->bound <= last->bound)
			break;
		search->heap[i] = search->heap[child];
		i = child;
	}
	search->heap[i] = last;
	return top;
}

static int
lowest_bit(uint64_t bits)
{
	int			i = 0;

	while ((bits >> i & 1) == 0)
		i++;
	return i;
}

/*
 * Where a node is divided: the cell in which the two tables around the budget differ most, between their levels; where they do
 * not differ, a cell that has most levels left, below the upper half of them. False: one table is left.
 */
static bool
division(const ClBandSearch *search, const uint64_t *allowed, int *at, uint64_t *low)
{
	int			most = 0;

	for (int cell = 0; cell < search->cells; cell++)
	{
		int			a = search->inside.level[cell];
		int			b = search->outside.level[cell];
		int			apart = a > b ? a - b : b - a;
		uint64_t	below = (UINT64_C(1) << ((a + b) / 2)) * 2 - 1;

		if (apart > most && (allowed[cell] & below) != 0 && (allowed[cell] & ~below) != 0)
		{
			most = apart;
			*at = cell;
			*low = below;
		}
	}
	for (int cell = 0; most == 0 && cell < search->cells; cell++)
	{
		uint64_t	left = allowed[cell];

		if ((left & (left - 1)) == 0)
			continue;
		most = 1;
		*at = cell;
		*low = (UINT64_C(1) << lowest_bit(left)) * 2 - 1;
	}
	return most > 0;
}

static void
divide(ClBandSearch *search, const ClBandNode *node)
{
	int			cell;
	uint64_t	low;

	if (!division(search, node->allowed, &cell, &low))
		return;
	for (int half = 0; half < 2; half++)
	{
		ClBandNode *part = new_node(search);

		part->bound = node->bound;
		memcpy(part->allowed, node->allowed, search->cells * sizeof(uint64_t));
		memcpy(part->price, node->price, search->budgets * sizeof(double));
		part->allowed[cell] &= half == 0 ? low : ~low;
		push(search, part);
	}
}

void
cl_band_search(ClBandSearch *search, const ClBandCells *cells, double most_steps, ClBandTable *table)
{
	ClBandNode *node = new_node(search);
	double		left = -INFINITY;

	search->given = cells;
	search->any = false;
	search->n_heap = 0;
	memset(table, 0, sizeof(*table));
	table->level = cl_allocate(search->memory, search->cells);
	table->use = cl_allocate(search->memory, search->budgets * sizeof(double));
	table->price = cl_allocate(search->memory, search->budgets * sizeof(double));
	node->bound = INFINITY;
	memset(node->price, 0, search->budgets * sizeof(double));
	for (int cell = 0; cell < search->cells; cell++)
		node->allowed[cell] = search->levels == 64 ? ~UINT64_C(0) : (UINT64_C(1) << search->levels) - 1;
	push(search, node);
	while (search->n_heap > 0)
	{
		node = pop(search);
		if (can_be_better(search, node->bound))
		{
			if (table->nodes > 0 && search->steps >= most_steps)
			{
				left = fmax(left, node->bound);
				cl_release(search->memory, node);
				continue;
			}
			node->bound = fmin(node->bound, bound_of(search, node->allowed, node->price));
			if (table->nodes++ == 0)
			{
				table->bound = node->bound;
				memcpy(table->price, node->price, search->budgets * sizeof(double));
			}
			if (node->bound > -INFINITY && can_be_better(search, node->bound) && strike_out(search, node->allowed, node->price))
				divide(search, node);
		}
		cl_release(search->memory, node);
	}
	table->feasible = search->any;
	if (!search->any)
		return;
	table->proved = !can_be_better(search, left);
	memcpy(table->level, search->found.level, search->cells);
	memcpy(table->use, search->found.use, search->budgets * sizeof(double));
	table->worth = search->found.worth;
	table->bound = table->proved ? table->worth : fmin(table->bound, left);
}
