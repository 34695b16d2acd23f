/*
 * band_cuts.c
 *	  Where the bands of a committee's table begin.
 */
#include "core/band_cuts.h"

#include <math.h>
#include <string.h>

#define SWEEPS 30
#define GAIN 1e-9				/* of the bound, below which cuts stay */

static double *
sum_at(const ClBandGrid *grid, int what, int row, int column)
{
	const ClBandCells *fine = grid->fine;

	return &grid->sum[(((size_t) what * (fine->rows + 1) + row) * (fine->columns + 1) + column) * fine->levels];
}

void
cl_band_grid(ClBandGrid *grid, const ClBandCells *fine, int rows, int columns, const ClMemory *memory)
{
	int			levels = fine->levels;
	size_t		size = (size_t) (fine->rows + 1) * (fine->columns + 1) * levels;
	size_t		cells = (size_t) fine->rows * fine->columns * levels;

	grid->fine = fine;
	grid->memory = *memory;
	grid->sum = cl_allocate(memory, (1 + fine->budgets) * size * sizeof(double));
	grid->worth = cl_allocate(memory, (size_t) rows * columns * levels * sizeof(double));
	grid->use = cl_allocate(memory, (size_t) fine->budgets * rows * columns * levels * sizeof(double));
	memset(grid->sum, 0, (1 + fine->budgets) * size * sizeof(double));
	for (int what = 0; what <= fine->budgets; what++)
	{
		const double *given = what == 0 ? fine->worth : fine->use + (what - 1) * cells;

		for (int row = 0; row < fine->rows; row++)
		{
			memory->check_for_interrupts();
			for (int column = 0; column < fine->columns; column++)
			{
				const double *corner = sum_at(grid, what, row, column);
				const double *above = sum_at(grid, what, row, column + 1);
				const double *left = sum_at(grid, what, row + 1, column);
				double	   *here = sum_at(grid, what, row + 1, column + 1);

				for (int l = 0; l < levels; l++)
					here[l] = above[l] + left[l] - corner[l] + given[((size_t) row * fine->columns + column) * levels + l];
			}
		}
	}
}

ClBandCells
cl_band_put_together(ClBandGrid *grid, int rows, const int *row_cut, int columns, const int *column_cut)
{
	const ClBandCells *fine = grid->fine;
	int			levels = fine->levels;
	size_t		cells = (size_t) rows * columns * levels;

	for (int what = 0; what <= fine->budgets; what++)
	{
		double	   *to = what == 0 ? grid->worth : grid->use + (what - 1) * cells;

		for (int row = 0; row < rows; row++)
		{
			for (int column = 0; column < columns; column++)
			{
				const double *all = sum_at(grid, what, row_cut[row + 1], column_cut[column + 1]);
				const double *above = sum_at(grid, what, row_cut[row], column_cut[column + 1]);
				const double *left = sum_at(grid, what, row_cut[row + 1], column_cut[column]);
				const double *corner = sum_at(grid, what, row_cut[row], column_cut[column]);

				for (int l = 0; l < levels; l++)
					*to++ = all[l] - above[l] - left[l] + corner[l];
			}
		}
	}
	return (ClBandCells) {rows, columns, levels, fine->budgets, grid->worth, grid->use, fine->budget};
}

/* The best place for one cut at the prices, the others staying; what the table is then worth at them. */
static double
move_cut(ClBandGrid *grid, ClBandSearch *search, int rows, const int *row_cut, int columns, const int *column_cut, int *cut,
		 const double *price, double worth, double most_steps)
{
	int			before = *cut;
	int			best = before;

	for (int at = cut[-1] + 1; at < cut[1] && search->steps < most_steps; at++)
	{
		ClBandCells cells;
		double		then;

		if (at == before)
			continue;
		*cut = at;
		cells = cl_band_put_together(grid, rows, row_cut, columns, column_cut);
		then = cl_band_at_prices(search, &cells, price);
		if (then > worth + GAIN * fmax(1, fabs(worth)))
		{
			worth = then;
			best = at;
		}
	}
	*cut = best;
	return worth;
}

void
cl_band_move_cuts(ClBandGrid *grid, ClBandSearch *search, int rows, int *row_cut, int columns, int *column_cut,
				  double most_steps)
{
	const ClMemory *memory = &grid->memory;
	size_t		bytes = (rows + columns + 2) * sizeof(int);
	int		   *kept = cl_allocate(memory, bytes);
	double		most = -INFINITY;

	for (int sweep = 0; sweep < SWEEPS; sweep++)
	{
		ClBandCells cells = cl_band_put_together(grid, rows, row_cut, columns, column_cut);
		ClBandTable table;
		double		worth;

		cl_band_search(search, &cells, 0, &table);
		if (!table.feasible || table.bound <= most + GAIN * fmax(1, fabs(most)))
		{
			if (most > -INFINITY)
			{
				memcpy(row_cut, kept, (rows + 1) * sizeof(int));
				memcpy(column_cut, kept + rows + 1, (columns + 1) * sizeof(int));
			}
			break;
		}
		most = table.bound;
		memcpy(kept, row_cut, (rows + 1) * sizeof(int));
		memcpy(kept + rows + 1, column_cut, (columns + 1) * sizeof(int));
		if (search->steps >= most_steps)
			break;
		worth = cl_band_at_prices(search, &cells, table.price);
		for (int i = 1; i < rows; i++)
			worth = move_cut(grid, search, rows, row_cut, columns, column_cut, &row_cut[i], table.price, worth,
							 most_steps);
		for (int i = 1; i < columns; i++)
			worth = move_cut(grid, search, rows, row_cut, columns, column_cut, &column_cut[i], table.price, worth,
							 most_steps);
		memory->release(table.level);
		memory->release(table.use);
		memory->release(table.price);
	}
	cl_release(memory, kept);
}
