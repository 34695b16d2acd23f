/*
 * The committee's table: hundreds of small cases against all tables, one by one.
 */
#include "check.h"
#include "core/band_cuts.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

void		test_band_policy(void);

#define MOST 256

typedef struct Case
{
	ClBandCells cells;
	double		worth[MOST];
	double		use[3 * MOST];
	double		budget[3];
	unsigned char level[32];
	double		best;			/* of all tables; -Infinity: none is within the budgets */
	long		tables;
} Case;

static double
between(uint64_t *state, double low, double high)
{
	return low + (high - low) * (cl_test_random(state) >> 11) * 0x1p-53;
}

/* Worth of any shape, use that rises with the level, budgets between what the lowest and the highest table use. */
static void
random_case(Case *c, uint64_t *state)
{
	ClBandCells *cells = &c->cells;
	int			n;

	memset(c, 0, sizeof(*c));
	cells->rows = 1 + cl_test_random(state) % 4;
	cells->columns = 1 + cl_test_random(state) % 3;
	cells->levels = 1 + cl_test_random(state) % (cells->rows * cells->columns > 8 ? 3 : 5);
	cells->budgets = cl_test_random(state) % 4;
	cells->worth = c->worth;
	cells->use = c->use;
	cells->budget = c->budget;
	n = cells->rows * cells->columns * cells->levels;
	for (int i = 0; i < n; i++)
		c->worth[i] = cl_test_random(state) % 3 == 0 ? (double) (cl_test_random(state) % 5) : between(state, -10, 30);
	for (int b = 0; b < cells->budgets; b++)
	{
		double		low = 0;
		double		high = 0;

		for (int i = 0; i < n; i++)
		{
			c->use[b * n + i] = (i % cells->levels > 0 ? c->use[b * n + i - 1] : 0) + between(state, 0, 10);
			low += i % cells->levels == 0 ? c->use[b * n + i] : 0;
			high += i % cells->levels == cells->levels - 1 ? c->use[b * n + i] : 0;
		}
		c->budget[b] = cl_test_random(state) % 8 == 0 ? INFINITY : between(state, low - 0.05 * (high - low), high);
	}
}

static void
try_all(Case *c, int cell)
{
	const ClBandCells *cells = &c->cells;
	int			n = cells->rows * cells->columns * cells->levels;
	int			row = cell / cells->columns;
	int			column = cell % cells->columns;

	if (row == cells->rows)
	{
		double		worth = 0;

		for (int b = 0; b < cells->budgets; b++)
		{
			double		use = 0;

			for (int i = 0; i < cell; i++)
				use += c->use[b * n + i * cells->levels + c->level[i]];
			if (use > c->budget[b])
				return;
		}
		for (int i = 0; i < cell; i++)
			worth += c->worth[i * cells->levels + c->level[i]];
		c->best = fmax(c->best, worth);
		c->tables++;
		return;
	}
	for (int l = 0; l < cells->levels; l++)
	{
		if ((row > 0 && c->level[cell - cells->columns] > l) || (column > 0 && c->level[cell - 1] > l))
			continue;
		c->level[cell] = l;
		try_all(c, cell + 1);
	}
}

static void
check_table(const Case *c, ClBandSearch *search, const ClBandTable *table)
{
	const ClBandCells *cells = &c->cells;
	int			n = cells->rows * cells->columns * cells->levels;
	double		worth = 0;
	double		bound;

	CHECK(table->proved);
	CHECK_NEAR(table->worth, c->best, 1e-9);
	CHECK(table->bound >= table->worth);
	for (int i = 0; i < cells->rows * cells->columns; i++)
	{
		CHECK(i < cells->columns || table->level[i] >= table->level[i - cells->columns]);
		CHECK(i % cells->columns == 0 || table->level[i] >= table->level[i - 1]);
		worth += c->worth[i * cells->levels + table->level[i]];
	}
	CHECK_NEAR(worth, table->worth, 1e-12);
	bound = cl_band_at_prices(search, cells, table->price);
	for (int b = 0; b < cells->budgets; b++)
	{
		double		use = 0;

		for (int i = 0; i < cells->rows * cells->columns; i++)
			use += c->use[b * n + i * cells->levels + table->level[i]];
		CHECK_NEAR(use, table->use[b], 1e-12);
		CHECK(use <= c->budget[b]);
		CHECK(table->price[b] >= 0 && (isfinite(c->budget[b]) || table->price[b] == 0));
		bound += table->price[b] > 0 ? table->price[b] * c->budget[b] : 0;
	}
	CHECK(bound >= c->best - 1e-9);
}

/*
 * Fine cells whose best limit jumps at known cuts: these are found from elsewhere, and cells that were put together are the sums
 * of theirs.
 */
static void
check_cuts(uint64_t *state)
{
	enum
	{
		SIDE = 12, LEVELS = 5
	};
	double		worth[SIDE * SIDE * LEVELS];
	double		use[SIDE * SIDE * LEVELS];
	double		budget = 1e9;
	const int	wanted[2][4] = {{0, 3, 7, SIDE}, {0, 2, 10, SIDE}};
	int			cut[2][4] = {{0, 5, 6, SIDE}, {0, 6, 7, SIDE}};
	ClBandCells fine = {SIDE, SIDE, LEVELS, 1, worth, use, &budget};
	ClBandCells cells;
	ClBandGrid	grid;
	ClBandSearch *search;
	ClBandTable table;
	double		sum = 0;

	for (int i = 0; i < SIDE * SIDE * LEVELS; i++)
	{
		int			row = i / LEVELS / SIDE;
		int			column = i / LEVELS % SIDE;
		int			best = (row >= wanted[0][1]) + (row >= wanted[0][2]) + (column >= wanted[1][1]) + (column >= wanted[1][2]);

		worth[i] = 10 - abs(i % LEVELS - best) * between(state, 1, 2);
		use[i] = i % LEVELS * between(state, 0.5, 1);
	}
	cl_band_grid(&grid, &fine, 3, 3, &cl_test_memory);
	cells = cl_band_put_together(&grid, 3, cut[0], 3, cut[1]);
	for (int row = cut[0][1]; row < cut[0][2]; row++)
	{
		for (int column = cut[1][2]; column < cut[1][3]; column++)
			sum += use[(row * SIDE + column) * LEVELS + 3];
	}
	CHECK_NEAR(cells.use[(1 * 3 + 2) * LEVELS + 3], sum, 1e-12);
	search = cl_band_begin(3, 3, LEVELS, 1, &cl_test_memory);
	cl_band_move_cuts(&grid, search, 3, cut[0], 3, cut[1], INFINITY);
	for (int i = 0; i < 4; i++)
	{
		CHECK_EQ_INT(cut[0][i], wanted[0][i]);
		CHECK_EQ_INT(cut[1][i], wanted[1][i]);
	}
	cells = cl_band_put_together(&grid, 3, cut[0], 3, cut[1]);
	cl_band_search(search, &cells, INFINITY, &table);
	CHECK(table.proved);
	CHECK_NEAR(table.worth, 10.0 * SIDE * SIDE, 1e-12);
	cl_test_release_all();
}

void
test_band_policy(void)
{
	uint64_t	state = 20261130;
	long		infeasible = 0;
	long		gave_up = 0;
	Case		c;

	for (int round = 0; round < cl_rounds(10000); round++)
	{
		ClBandSearch *search;
		ClBandTable table;

		random_case(&c, &state);
		c.best = -INFINITY;
		try_all(&c, 0);
		search = cl_band_begin(c.cells.rows, c.cells.columns, c.cells.levels, c.cells.budgets, &cl_test_memory);
		cl_band_search(search, &c.cells, INFINITY, &table);
		CHECK_EQ_INT(table.feasible, c.best > -INFINITY);
		if (table.feasible)
			check_table(&c, search, &table);
		else
			infeasible++;
		/* A search that may take no step but the first knows no table that is better than all, and no bound below the best. */
		search->steps = 0;
		cl_band_search(search, &c.cells, 1, &table);
		if (table.feasible)
		{
			CHECK(table.worth <= c.best + 1e-9 && table.bound >= c.best - 1e-9);
			CHECK(table.proved == (table.bound == table.worth));
			gave_up += !table.proved;
		}
		cl_band_end(search);
		cl_test_release_all();
	}
	CHECK(infeasible > 0 && gave_up > 0);
	for (int round = 0; round < cl_rounds(200); round++)
		check_cuts(&state);
	/* Sequences of 4 out of 20 levels that do not fall. */
	CHECK_EQ_INT(cl_band_profiles(6, 4, 20), 8855);
}
