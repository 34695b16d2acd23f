/*
 * band_policy.c
 *	  The best table of limits under budgets.
 */
#include "core/band_policy.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Worth that is lost in sums of doubles. */
#define TOLERANCE 1e-10
#define ROUNDS 4				/* over the budgets, where there are several */
#define STEPS 50				/* of one price */

typedef struct Solution
{
	unsigned char *level;
	double		worth;
	double	   *use;
} Solution;

/* Tables whose cells have one of the allowed levels, as bits, and what no table among them is worth more than. */
typedef struct Node
{
	double		bound;
	double	   *price;
	uint64_t	allowed[];
} Node;

struct ClBandSearch
{
	const ClMemory *memory;
	int			rows;			/* as searched: the longer side */
	int			columns;
	int			cells;
	int			row_step;		/* from a cell to the next */
	int			column_step;
	int			levels;
	int			budgets;
	const ClBandCells *given;

	int			profiles;		/* in lexicographic order */
	unsigned char *profile;		/* [profile][column] */
	int		   *lower;			/* [profile][column]: the profile one level lower in that column, or -1 */

	double	   *weight;			/* [cell][level]: worth less use at the prices; -Infinity where not allowed */
	double	   *best;			/* [row][profile]: of the rows up to this one */
	int		   *from;			/* [row][profile]: the profile at or below it that is best for the rows before */
	double	   *after;			/* [profile]: of the rows behind, for marginals */
	double	   *reach;			/* [profile] */
	uint64_t   *live;			/* [column]: levels of a row that may be in a better table */
	double	   *only;			/* prices that count one budget only */
	Solution	inside;			/* the last ones that kept and broke the budget whose price was sought */
	Solution	outside;
	Solution	now;
	Solution	found;			/* the best within all budgets */
	bool		any;

	Node	  **heap;			/* the highest bound first */
	int			n_heap;
	int			room;
};

/* ---- profiles ---- */

double
cl_band_profiles(int rows, int columns, int levels)
{
	int			length = rows < columns ? rows : columns;
	double		count = 1;

	for (int i = 1; i <= length; i++)
		count = count * (levels - 1 + i) / i;
	return count;
}

static int
find_profile(const ClBandSearch *search, const unsigned char *wanted)
{
	int			low = 0;
	int			high = search->profiles - 1;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (memcmp(&search->profile[middle * search->columns], wanted, search->columns) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
list_profiles(ClBandSearch *search)
{
	int			columns = search->columns;
	unsigned char *next = search->profile;

	memset(next, 0, columns);
	for (int p = 1; p < search->profiles; p++, next += columns)
	{
		int			i = columns - 1;

		while (next[i] == search->levels - 1)
			i--;
		memcpy(next + columns, next, columns);
		memset(next + columns + i, next[i] + 1, columns - i);
	}
	for (int p = 0; p < search->profiles; p++)
	{
		unsigned char *profile = &search->profile[p * columns];

		for (int i = 0; i < columns; i++)
		{
			int		   *lower = &search->lower[p * columns + i];

			*lower = -1;
			if (profile[i] == (i > 0 ? profile[i - 1] : 0))
				continue;
			profile[i]--;
			*lower = find_profile(search, profile);
			profile[i]++;
		}
	}
}

static Solution
new_solution(const ClBandSearch *search)
{
	return (Solution) {cl_allocate(search->memory, search->cells), 0, cl_allocate(search->memory, search->budgets * sizeof(double))};
}

ClBandSearch *
cl_band_begin(int rows, int columns, int levels, int budgets, const ClMemory *memory)
{
	ClBandSearch *search = cl_allocate(memory, sizeof(ClBandSearch));
	size_t		profiles = (size_t) cl_band_profiles(rows, columns, levels);

	memset(search, 0, sizeof(*search));
	search->memory = memory;
	search->rows = rows > columns ? rows : columns;
	search->columns = rows > columns ? columns : rows;
	search->row_step = rows > columns ? columns : 1;
	search->column_step = rows > columns ? 1 : columns;
	search->cells = rows * columns;
	search->levels = levels;
	search->budgets = budgets;
	search->profiles = (int) profiles;
	search->profile = cl_allocate(memory, profiles * search->columns);
	search->lower = cl_allocate(memory, profiles * search->columns * sizeof(int));
	list_profiles(search);
	search->weight = cl_allocate(memory, (size_t) search->cells * levels * sizeof(double));
	search->best = cl_allocate(memory, profiles * search->rows * sizeof(double));
	search->from = cl_allocate(memory, profiles * search->rows * sizeof(int));
	search->after = cl_allocate(memory, profiles * sizeof(double));
	search->reach = cl_allocate(memory, profiles * sizeof(double));
	search->live = cl_allocate(memory, search->columns * sizeof(uint64_t));
	search->only = cl_allocate(memory, budgets * sizeof(double));
	search->inside = new_solution(search);
	search->outside = new_solution(search);
	search->now = new_solution(search);
	search->found = new_solution(search);
	return search;
}

void
cl_band_end(ClBandSearch *search)
{
	const ClMemory *memory = search->memory;
	Solution   *solution[] = {&search->inside, &search->outside, &search->now, &search->found};

	for (int i = 0; i < 4; i++)
	{
		cl_release(memory, solution[i]->level);
		cl_release(memory, solution[i]->use);
	}
	cl_release(memory, search->profile);
	cl_release(memory, search->lower);
	cl_release(memory, search->weight);
	cl_release(memory, search->best);
	cl_release(memory, search->from);
	cl_release(memory, search->after);
	cl_release(memory, search->reach);
	cl_release(memory, search->live);
	cl_release(memory, search->only);
	cl_release(memory, search->heap);
	cl_release(memory, search);
}

/* ---- the best table at given prices ---- */

static int
cell_at(const ClBandSearch *search, int row, int column)
{
	return row * search->row_step + column * search->column_step;
}

static double
profile_weight(const ClBandSearch *search, int row, int p)
{
	double		sum = 0;

	for (int i = 0; i < search->columns; i++)
		sum += search->weight[cell_at(search, row, i) * search->levels + search->profile[p * search->columns + i]];
	return sum;
}

/* Weights of what is allowed: worth in so many parts, less use at the prices. */
static void
set_weights(ClBandSearch *search, const uint64_t *allowed, double parts, const double *price)
{
	const ClBandCells *given = search->given;
	int			n = search->cells * search->levels;

	for (int i = 0; i < n; i++)
	{
		double		weight = parts * given->worth[i];

		if (allowed != NULL && (allowed[i / search->levels] >> (i % search->levels) & 1) == 0)
			weight = -INFINITY;
		for (int b = 0; b < search->budgets; b++)
		{
			if (price[b] > 0)
				weight -= price[b] * given->use[(size_t) b * n + i];
		}
		search->weight[i] = weight;
	}
}

/* What the best table weighs; -Infinity where none is allowed. */
static double
solve(ClBandSearch *search)
{
	int			profiles = search->profiles;
	double		most = -INFINITY;

	for (int row = 0; row < search->rows; row++)
	{
		double	   *best = &search->best[(size_t) row * profiles];
		int		   *from = &search->from[(size_t) row * profiles];

		search->memory->check_for_interrupts();
		for (int p = 0; p < profiles; p++)
		{
			/* What the rows before are worth at or below this profile. */
			if (row > 0)
			{
				search->reach[p] = best[p - profiles];
				from[p] = p;
				for (int i = 0; i < search->columns; i++)
				{
					int			lower = search->lower[p * search->columns + i];

					if (lower >= 0 && search->reach[lower] >= search->reach[p])
					{
						search->reach[p] = search->reach[lower];
						from[p] = from[lower];
					}
				}
			}
			best[p] = profile_weight(search, row, p) + (row > 0 ? search->reach[p] : 0);
		}
	}
	for (int p = 0; p < profiles; p++)
		most = fmax(most, search->best[(size_t) (search->rows - 1) * profiles + p]);
	return most;
}

static void
measure(const ClBandSearch *search, Solution *solution)
{
	const ClBandCells *given = search->given;

	solution->worth = 0;
	for (int b = 0; b < search->budgets; b++)
		solution->use[b] = 0;
	for (int cell = 0; cell < search->cells; cell++)
	{
		int			i = cell * search->levels + solution->level[cell];

		solution->worth += given->worth[i];
		for (int b = 0; b < search->budgets; b++)
			solution->use[b] += given->use[(size_t) b * search->cells * search->levels + i];
	}
}

/* The table that solve() found to weigh most. */
static void
take(ClBandSearch *search, double most, Solution *solution)
{
	int			profiles = search->profiles;
	int			p = 0;

	while (search->best[(size_t) (search->rows - 1) * profiles + p] != most)
		p++;
	for (int row = search->rows - 1;; row--)
	{
		for (int i = 0; i < search->columns; i++)
			solution->level[cell_at(search, row, i)] = search->profile[p * search->columns + i];
		if (row == 0)
			break;
		p = search->from[(size_t) row * profiles + p];
	}
	measure(search, solution);
}

static void
copy_solution(const ClBandSearch *search, Solution *to, const Solution *from)
{
	memcpy(to->level, from->level, search->cells);
	to->worth = from->worth;
	memcpy(to->use, from->use, search->budgets * sizeof(double));
}

double
cl_band_at_prices(ClBandSearch *search, const ClBandCells *cells, const double *price)
{
	search->given = cells;
	set_weights(search, NULL, 1, price);
	return solve(search);
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
	return (row == 0 || level[cell_at(search, row - 1, column)] <= wanted) &&
		(column == 0 || level[cell_at(search, row, column - 1)] <= wanted) &&
		(row == search->rows - 1 || level[cell_at(search, row + 1, column)] >= wanted) &&
		(column == search->columns - 1 || level[cell_at(search, row, column + 1)] >= wanted);
}

/* Moves one cell after the other to where the table gains most, while it stays within the budgets. */
static void
refill(ClBandSearch *search, Solution *solution)
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
				int			cell = cell_at(search, row, column);
				int			now = cell * search->levels + solution->level[cell];

				for (int l = 0; l < search->levels; l++)
				{
					int			then = cell * search->levels + l;
					bool		fits = given->worth[then] - given->worth[now] > most && in_order(search, solution->level, row, column, l);

					for (int b = 0; fits && b < search->budgets; b++)
						fits = solution->use[b] - given->use[(size_t) b * n + now] + given->use[(size_t) b * n + then] <= given->budget[b];
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
		measure(search, solution);
	}
}

/* Keeps a table that is within the budgets and worth more than the one before. */
static void
offer(ClBandSearch *search, const Solution *solution)
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
worth_but(const ClBandSearch *search, const Solution *solution, const double *price, int but)
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
	set_weights(search, allowed, 1, price);
	most = solve(search);
	if (most == -INFINITY)
		return false;
	take(search, most, &search->now);
	offer(search, &search->now);
	copy_solution(search, &search->outside, &search->now);
	if (search->now.use[b] <= budget)
	{
		copy_solution(search, &search->inside, &search->now);
		return true;
	}
	memset(search->only, 0, search->budgets * sizeof(double));
	search->only[b] = 1;
	set_weights(search, allowed, 0, search->only);
	take(search, solve(search), &search->inside);
	offer(search, &search->inside);
	if (search->inside.use[b] > budget)
		return false;
	for (int step = 0; step < STEPS; step++)
	{
		double		in = worth_but(search, &search->inside, price, b);
		double		out = worth_but(search, &search->outside, price, b);

		price[b] = fmax(0, (out - in) / (search->outside.use[b] - search->inside.use[b]));
		set_weights(search, allowed, 1, price);
		most = solve(search);
		if (most <= in - price[b] * search->inside.use[b] + TOLERANCE * fmax(1, fabs(most)))
			break;
		take(search, most, &search->now);
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
		set_weights(search, allowed, 1, price);
		bound = solve(search);
		if (bound == -INFINITY)
			return bound;
		take(search, bound, &search->now);
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
 * weighs is what rows before, row and rows behind weigh. solve() must just have run at the prices. False: nothing is left.
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

		search->memory->check_for_interrupts();
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
			allowed[cell_at(search, row, i)] &= live[i];
			if (allowed[cell_at(search, row, i)] == 0)
				return false;
		}
		/* What this row and those behind weigh where this one is at or above the profile: lower[] leads there from above. */
		for (int p = 0; p < profiles; p++)
			search->reach[p] = search->after[p] + profile_weight(search, row, p);
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

static Node *
new_node(const ClBandSearch *search)
{
	Node	   *node = cl_allocate(search->memory, sizeof(Node) + search->cells * sizeof(uint64_t) + search->budgets * sizeof(double));

	node->price = (double *) &node->allowed[search->cells];
	return node;
}

static void
push(ClBandSearch *search, Node *node)
{
	int			i = search->n_heap++;

	if (search->n_heap > search->room)
	{
		search->room = search->room > 0 ? 2 * search->room : 64;
		search->heap = cl_reallocate(search->memory, search->heap, search->room * sizeof(Node *));
	}
	for (; i > 0 && search->heap[(i - 1) / 2]->bound < node->bound; i = (i - 1) / 2)
		search->heap[i] = search->heap[(i - 1) / 2];
	search->heap[i] = node;
}

static Node *
pop(ClBandSearch *search)
{
	Node	   *top = search->heap[0];
	Node	   *last = search->heap[--search->n_heap];
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
divide(ClBandSearch *search, const Node *node)
{
	int			cell;
	uint64_t	low;

	if (!division(search, node->allowed, &cell, &low))
		return;
	for (int half = 0; half < 2; half++)
	{
		Node	   *part = new_node(search);

		part->bound = node->bound;
		memcpy(part->allowed, node->allowed, search->cells * sizeof(uint64_t));
		memcpy(part->price, node->price, search->budgets * sizeof(double));
		part->allowed[cell] &= half == 0 ? low : ~low;
		push(search, part);
	}
}

void
cl_band_search(ClBandSearch *search, const ClBandCells *cells, int most_nodes, ClBandTable *table)
{
	Node	   *node = new_node(search);
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
			if (table->nodes == most_nodes)
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
