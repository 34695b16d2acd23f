/*
 * utilization.c
 *	  The grid of utilization ratios, and what is read off it.
 */
#include "core/utilization.h"

#include <math.h>

double
cl_cell_upper(int cell)
{
	int			step;

	if (cell <= CL_CELL_AT_LIMIT)
		return cell / 1000.0;
	if (cell <= CL_CELL_DOUBLE)
		return (100 + (cell - CL_CELL_AT_LIMIT)) / 100.0;
	step = cell - CL_CELL_DOUBLE - 1;
	return ldexp(1 + (step % CL_CELLS_PER_OCTAVE + 1) / (double) CL_CELLS_PER_OCTAVE,
				 CL_FIRST_OCTAVE + step / CL_CELLS_PER_OCTAVE);
}

/* Moves a guess that is at most a cell or two away to where the edges say. */
static int
settle(double ratio, int cell)
{
	while (ratio > cl_cell_upper(cell))
		cell++;
	while (ratio <= cl_cell_upper(cell - 1))
		cell--;
	return cell;
}

int
cl_cell_beyond_thousandths(double ratio)
{
	int			exponent;
	double		fraction;

	if (isinf(ratio))
		return CL_CELL_INFINITE;
	if (ratio <= 1)
		return settle(ratio, CL_CELL_AT_LIMIT);
	if (ratio <= 2)
		return settle(ratio, CL_CELL_AT_LIMIT + (int) ceil((ratio - 1) * 100));
	if (ratio > ldexp(1, CL_LAST_OCTAVE))
		return CL_CELL_HUGE;
	fraction = frexp(ratio, &exponent);	/* ratio = 2 * fraction * 2^(exponent - 1), 2 * fraction in [1, 2) */
	return settle(ratio, CL_CELL_DOUBLE + 1 + (exponent - 1 - CL_FIRST_OCTAVE) * CL_CELLS_PER_OCTAVE +
				  (int) ((2 * fraction - 1) * CL_CELLS_PER_OCTAVE) - (2 * fraction == 1));
}

/* The ratio at a share of the way through a cell. */
static double
inside_cell(int cell, double share, bool at_least)
{
	double		lower;

	if (cell == CL_CELL_IDLE)
		return 0;
	if (cell == CL_CELL_INFINITE)
		return INFINITY;
	lower = cl_cell_upper(cell - 1);
	if (cell == CL_CELL_HUGE)
		return at_least ? lower : NAN;
	return lower + share * (cl_cell_upper(cell) - lower);
}

/* The smallest ratio that at least a share p of the n counted ratios does not exceed; within its cell by interpolation. */
double
cl_cells_quantile(const int64_t *counts, int64_t n, double p, bool at_least)
{
	double		wanted = p * (double) n;
	int64_t		before = 0;
	int			last = CL_CELL_IDLE;

	for (int cell = 0; cell < CL_CELLS; cell++)
	{
		if (counts[cell] == 0)
			continue;
		if ((double) (before + counts[cell]) >= wanted)
			return inside_cell(cell, fmax(0, (wanted - (double) before) / (double) counts[cell]), at_least);
		before += counts[cell];
		last = cell;
	}
	return inside_cell(last, 1, at_least);
}

/* The share of ratios strictly above x >= 0: exact where x is an edge of the grid, interpolated inside a cell. */
double
cl_cells_share_above(const int64_t *counts, int64_t n, double x, bool at_least)
{
	int			cell = cl_cell(x);
	int64_t		above = 0;
	double		part = 0;

	for (int i = cell + 1; i < CL_CELLS; i++)
		above += counts[i];
	if (cell == CL_CELL_HUGE && counts[cell] > 0 && !at_least)
		return NAN;
	if (cell != CL_CELL_IDLE && cell < CL_CELL_HUGE)
	{
		double		lower = cl_cell_upper(cell - 1);
		double		upper = cl_cell_upper(cell);

		part = (upper - x) / (upper - lower) * (double) counts[cell];
	}
	return ((double) above + part) / (double) n;
}
