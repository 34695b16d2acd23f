/*
 * band_solve.c
 *	  The best table of limits at given prices: see band_solve.h.
 */
#include "core/band_solve.h"

#include <math.h>
#include <string.h>

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
	search->differs[0] = 0;
	for (int p = 1; p < search->profiles; p++, next += columns)
	{
		int			i = columns - 1;

		while (next[i] == search->levels - 1)
			i--;
		memcpy(next + columns, next, columns);
		memset(next + columns + i, next[i] + 1, columns - i);
		search->differs[p] = i;
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

static ClBandSolution
new_solution(const ClBandSearch *search)
{
	return (ClBandSolution) {
		cl_allocate(search->memory, search->cells), 0, cl_allocate(search->memory, search->budgets * sizeof(double))
	};
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
	search->differs = cl_allocate(memory, profiles);
	list_profiles(search);
	search->weight = cl_allocate(memory, (size_t) search->cells * levels * sizeof(double));
	search->part = cl_allocate(memory, (search->columns + 1) * sizeof(double));
	search->profile_weight = cl_allocate(memory, profiles * sizeof(double));
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
	ClBandSolution   *solution[] = {&search->inside, &search->outside, &search->now, &search->found};

	for (int i = 0; i < 4; i++)
	{
		cl_release(memory, solution[i]->level);
		cl_release(memory, solution[i]->use);
	}
	cl_release(memory, search->profile);
	cl_release(memory, search->lower);
	cl_release(memory, search->differs);
	cl_release(memory, search->weight);
	cl_release(memory, search->part);
	cl_release(memory, search->profile_weight);
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

int
cl_band_cell_at(const ClBandSearch *search, int row, int column)
{
	return row * search->row_step + column * search->column_step;
}

void
cl_band_weigh_row(ClBandSearch *search, int row)
{
	double	   *part = search->part;
	const unsigned char *profile = search->profile;

	search->memory->check_for_interrupts();
	search->steps += (double) search->profiles * search->columns;
	part[0] = 0;
	for (int p = 0; p < search->profiles; p++, profile += search->columns)
	{
		for (int i = search->differs[p]; i < search->columns; i++)
			part[i + 1] = part[i] + search->weight[cl_band_cell_at(search, row, i) * search->levels + profile[i]];
		search->profile_weight[p] = part[search->columns];
	}
}

void
cl_band_set_weights(ClBandSearch *search, const uint64_t *allowed, double parts, const double *price)
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

double
cl_band_solve(ClBandSearch *search)
{
	int			profiles = search->profiles;
	double		most = -INFINITY;

	for (int row = 0; row < search->rows; row++)
	{
		double	   *best = &search->best[(size_t) row * profiles];
		int		   *from = &search->from[(size_t) row * profiles];

		cl_band_weigh_row(search, row);
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
			best[p] = search->profile_weight[p] + (row > 0 ? search->reach[p] : 0);
		}
	}
	for (int p = 0; p < profiles; p++)
		most = fmax(most, search->best[(size_t) (search->rows - 1) * profiles + p]);
	return most;
}

void
cl_band_measure(const ClBandSearch *search, ClBandSolution *solution)
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

/* The table that cl_band_solve() found to weigh most. */
void
cl_band_take(ClBandSearch *search, double most, ClBandSolution *solution)
{
	int			profiles = search->profiles;
	int			p = 0;

	while (search->best[(size_t) (search->rows - 1) * profiles + p] != most)
		p++;
	for (int row = search->rows - 1;; row--)
	{
		for (int i = 0; i < search->columns; i++)
			solution->level[cl_band_cell_at(search, row, i)] = search->profile[p * search->columns + i];
		if (row == 0)
			break;
		p = search->from[(size_t) row * profiles + p];
	}
	cl_band_measure(search, solution);
}

double
cl_band_at_prices(ClBandSearch *search, const ClBandCells *cells, const double *price)
{
	search->given = cells;
	cl_band_set_weights(search, NULL, 1, price);
	return cl_band_solve(search);
}
