/*
 * linear_program.c
 *	  A small dense linear program: see linear_program.h.
 */
#include "core/linear_program.h"

#include <math.h>
#include <string.h>

#define MOST_PIVOTS 20000
/* Steps without progress after which the first column that helps enters, which cannot cycle (Bland 1977). */
#define PATIENCE 40
/* And after which what is left to gain is rounding: a mixture that fits is found, though others may be as good. */
#define RESIGNATION 400
#define LEAST_GAIN 1e-12
#define LEAST_PIVOT 1e-11

void
cl_lp_open(ClLinearProgram *lp, const ClMemory *memory, int rows, const double *limit)
{
	memset(lp, 0, sizeof(*lp));
	lp->memory = memory;
	lp->rows = rows;
	for (int i = 0; i < rows; i++)
	{
		lp->limit[i] = limit[i];
		lp->basis[i] = -1 - i;
	}
}

void
cl_lp_add(ClLinearProgram *lp, double gain, const double *use)
{
	if (lp->columns == lp->room)
	{
		lp->room = lp->room > 0 ? 2 * lp->room : 64;
		lp->gain = cl_reallocate(lp->memory, lp->gain, lp->room * sizeof(double));
		lp->use = cl_reallocate(lp->memory, lp->use, (size_t) lp->room * lp->rows * sizeof(double));
	}
	lp->gain[lp->columns] = gain;
	memcpy(&lp->use[(size_t) lp->columns * lp->rows], use, lp->rows * sizeof(double));
	lp->columns++;
}

void
cl_lp_close(ClLinearProgram *lp)
{
	cl_release(lp->memory, lp->gain);
	cl_release(lp->memory, lp->use);
}

static double
use_of(const ClLinearProgram *lp, int column, int row)
{
	return column >= 0 ? lp->use[(size_t) column * lp->rows + row] : row == -1 - column ? 1 : 0;
}

/* The inverse of the basis by elimination, anew at each step, so that errors do not add up. False when it is singular. */
static bool
invert(const ClLinearProgram *lp, double inverse[CL_LP_ROWS][CL_LP_ROWS])
{
	int			m = lp->rows;
	double		a[CL_LP_ROWS][CL_LP_ROWS];

	for (int i = 0; i < m; i++)
	{
		for (int j = 0; j < m; j++)
		{
			a[i][j] = use_of(lp, lp->basis[j], i);
			inverse[i][j] = i == j;
		}
	}
	for (int k = 0; k < m; k++)
	{
		int			pivot = k;

		for (int i = k + 1; i < m; i++)
			pivot = fabs(a[i][k]) > fabs(a[pivot][k]) ? i : pivot;
		if (fabs(a[pivot][k]) < 1e-300)
			return false;
		for (int j = 0; j < m; j++)
		{
			double		x = a[k][j];
			double		y = inverse[k][j];

			a[k][j] = a[pivot][j];
			a[pivot][j] = x;
			inverse[k][j] = inverse[pivot][j];
			inverse[pivot][j] = y;
		}
		for (int i = 0; i < m; i++)
		{
			double		factor = i == k ? 0 : a[i][k] / a[k][k];

			for (int j = 0; j < m && factor != 0; j++)
			{
				a[i][j] -= factor * a[k][j];
				inverse[i][j] -= factor * inverse[k][j];
			}
		}
	}
	for (int i = 0; i < m; i++)
	{
		for (int j = 0; j < m; j++)
			inverse[i][j] /= a[i][i];
	}
	return true;
}

/* What a unit of a column would add to the value. */
static double
advantage(const ClLinearProgram *lp, int column)
{
	double		gain = column >= 0 ? lp->gain[column] : 0;

	if (column < 0)
		return -lp->price[-1 - column];
	for (int i = 0; i < lp->rows; i++)
		gain -= lp->price[i] * lp->use[(size_t) column * lp->rows + i];
	return gain;
}

static bool
is_basic(const ClLinearProgram *lp, int column)
{
	for (int i = 0; i < lp->rows; i++)
	{
		if (lp->basis[i] == column)
			return true;
	}
	return false;
}

/* The column that enters: slacks are -rows .. -1; "none" when none helps. What a basic one seems to gain is rounding. */
static int
entering(const ClLinearProgram *lp, bool first, int none)
{
	int			best = none;
	double		most = LEAST_GAIN;

	for (int column = -lp->rows; column < lp->columns; column++)
	{
		double		gain = advantage(lp, column);

		if (gain > most && !is_basic(lp, column))
		{
			most = gain;
			best = column;
			if (first)
				break;
		}
	}
	return best;
}

bool
cl_lp_solve(ClLinearProgram *lp)
{
	int			m = lp->rows;
	int			without_progress = 0;
	double		before = -INFINITY;

	for (int step = 0; step < MOST_PIVOTS; step++)
	{
		double		inverse[CL_LP_ROWS][CL_LP_ROWS];
		double		move[CL_LP_ROWS];
		double		least = INFINITY;
		int			none = lp->columns;
		int			column;
		int			leaves = -1;

		lp->memory->check_for_interrupts();
		if (!invert(lp, inverse))
			return false;
		lp->value = 0;
		for (int i = 0; i < m; i++)
		{
			lp->amount[i] = 0;
			lp->price[i] = 0;
			for (int j = 0; j < m; j++)
			{
				lp->amount[i] += inverse[i][j] * lp->limit[j];
				lp->price[i] += lp->basis[j] >= 0 ? lp->gain[lp->basis[j]] * inverse[j][i] : 0;
			}
			lp->value += lp->basis[i] >= 0 ? lp->gain[lp->basis[i]] * lp->amount[i] : 0;
		}
		without_progress = lp->value > before + 1e-15 * fabs(before) ? 0 : without_progress + 1;
		before = fmax(before, lp->value);
		column = entering(lp, without_progress > PATIENCE, none);
		if (column == none || without_progress > RESIGNATION)
			return true;
		for (int i = 0; i < m; i++)
		{
			move[i] = 0;
			for (int j = 0; j < m; j++)
				move[i] += inverse[i][j] * use_of(lp, column, j);
			if (move[i] > LEAST_PIVOT)
				least = fmin(least, fmax(0, lp->amount[i]) / move[i]);
		}
		/* Of the rows that leave first, that of the largest pivot; in Bland's rule, that of the first column. */
		for (int i = 0; i < m; i++)
		{
			if (move[i] > LEAST_PIVOT && fmax(0, lp->amount[i]) / move[i] <= least * (1 + 1e-12) + 1e-15 &&
				(leaves < 0 || (without_progress > PATIENCE ? lp->basis[i] < lp->basis[leaves] : move[i] > move[leaves])))
				leaves = i;
		}
		if (leaves < 0)
			return false;
		lp->basis[leaves] = column;
	}
	return false;
}
