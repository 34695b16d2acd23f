/*
 * linear_range.c
 *	  How far each variable of a linear system can go: see linear_range.h.
 */
#include "core/linear_range.h"

#include <math.h>
#include <string.h>

#define LEAST_PIVOT 1e-9
/* Steps without progress after which the first variable that helps enters, which cannot cycle (Bland 1977). */
#define PATIENCE 50

void
cl_linear_range_open(ClLinearRange *program, const ClMemory *memory, int variables)
{
	memset(program, 0, sizeof(*program));
	program->memory = memory;
	program->variables = variables;
	program->low = cl_allocate(memory, variables * sizeof(double));
	program->high = cl_allocate(memory, variables * sizeof(double));
	program->value = cl_allocate(memory, variables * sizeof(double));
	program->row_of = cl_allocate(memory, variables * sizeof(int));
	for (int j = 0; j < variables; j++)
	{
		program->low[j] = program->high[j] = program->value[j] = 0;
		program->row_of[j] = -1;
	}
}

void
cl_linear_range_close(ClLinearRange *program)
{
	cl_release(program->memory, program->low);
	cl_release(program->memory, program->high);
	cl_release(program->memory, program->value);
	cl_release(program->memory, program->use);
	cl_release(program->memory, program->basis);
	cl_release(program->memory, program->row_of);
}

double *
cl_linear_range_equation(ClLinearRange *program)
{
	double	   *row;

	if (program->rows == program->room)
	{
		program->room = program->room > 0 ? 2 * program->room : 16;
		if ((size_t) program->room * program->variables > CL_LINEAR_RANGE_MOST)
			return NULL;
		program->use = cl_reallocate(program->memory, program->use, (size_t) program->room * program->variables * sizeof(double));
		program->basis = cl_reallocate(program->memory, program->basis, program->room * sizeof(int));
	}
	row = program->use + (size_t) program->rows * program->variables;
	memset(row, 0, program->variables * sizeof(double));
	program->basis[program->rows++] = -1;
	return row;
}

static double *
row_at(const ClLinearRange *program, int row)
{
	return program->use + (size_t) row * program->variables;
}

/* Solves a row for a variable, which leaves all others. */
static void
pivot(ClLinearRange *program, int row, int variable)
{
	double	   *by = row_at(program, row);
	double		factor = by[variable];

	if (program->basis[row] >= 0)
		program->row_of[program->basis[row]] = -1;
	for (int j = 0; j < program->variables; j++)
		by[j] /= factor;
	by[variable] = 1;
	for (int i = 0; i < program->rows; i++)
	{
		double	   *other = row_at(program, i);

		factor = other[variable];
		if (i == row || factor == 0)
			continue;
		for (int j = 0; j < program->variables; j++)
		{
			if (by[j] != 0)
				other[j] -= factor * by[j];
		}
		other[variable] = 0;
	}
	program->basis[row] = variable;
	program->row_of[variable] = row;
}

void
cl_linear_range_prepare(ClLinearRange *program)
{
	for (int i = 0; i < program->rows;)
	{
		double	   *row = row_at(program, i);
		int			best = 0;

		program->memory->check_for_interrupts();
		for (int j = 1; j < program->variables; j++)
			best = fabs(row[j]) > fabs(row[best]) ? j : best;
		if (program->variables > 0 && fabs(row[best]) > LEAST_PIVOT)
			pivot(program, i++, best);
		else
		{
			/* It says nothing that those before do not say. */
			program->rows--;
			memcpy(row, row_at(program, program->rows), program->variables * sizeof(double));
			program->basis[i] = -1;
		}
	}
}

/* What the variable gains from a unit of another that is not basic. */
static double
gain(const ClLinearRange *program, int variable, double sign, int by)
{
	int			row = program->row_of[variable];

	return row >= 0 ? -sign * row_at(program, row)[by] : by == variable ? sign : 0;
}

static double
room(const ClLinearRange *program, int variable, bool up)
{
	return fmax(0, up ? program->high[variable] - program->value[variable] : program->value[variable] - program->low[variable]);
}

/* The variable that enters; -1 when none helps. */
static int
entering(const ClLinearRange *program, int variable, double sign, bool first)
{
	double		most = LEAST_PIVOT;
	int			best = -1;

	for (int j = 0; j < program->variables; j++)
	{
		double		by = program->row_of[j] < 0 ? gain(program, variable, sign, j) : 0;

		if (fabs(by) > most && room(program, j, by > 0) > 0)
		{
			best = j;
			if (first)
				break;
			most = fabs(by);
		}
	}
	return best;
}

double
cl_linear_range_extreme(ClLinearRange *program, int variable, bool largest)
{
	double		sign = largest ? 1 : -1;
	int			without_progress = 0;

	for (int steps = 0; steps < 1000 + 50 * (program->rows + program->variables); steps++)
	{
		bool		first = without_progress > PATIENCE;
		int			enters = entering(program, variable, sign, first);
		double		direction;
		double		step;
		int			leaves = -1;

		program->memory->check_for_interrupts();
		if (enters < 0)
			return program->value[variable];
		direction = gain(program, variable, sign, enters) > 0 ? 1 : -1;
		step = room(program, enters, direction > 0);
		for (int i = 0; i < program->rows; i++)
		{
			double		moves = -direction * row_at(program, i)[enters];
			double		most = fabs(moves) > LEAST_PIVOT ? room(program, program->basis[i], moves > 0) / fabs(moves) : INFINITY;

			if (most < step || (most == step && leaves >= 0 && isfinite(most) &&
								(first ? program->basis[i] < program->basis[leaves] :
								 fabs(moves) > fabs(row_at(program, leaves)[enters]))))
			{
				step = most;
				leaves = i;
			}
		}
		if (isinf(step))
			return sign * INFINITY;
		without_progress = step > 0 ? 0 : without_progress + 1;
		program->value[enters] += direction * step;
		for (int i = 0; i < program->rows; i++)
			program->value[program->basis[i]] -= direction * step * row_at(program, i)[enters];
		if (leaves >= 0)
		{
			int			left = program->basis[leaves];

			/* Exactly, so that rounding does not leave it a little way to go. */
			program->value[left] = -direction * row_at(program, leaves)[enters] > 0 ? program->high[left] : program->low[left];
			pivot(program, leaves, enters);
		}
		else
			program->value[enters] = direction > 0 ? program->high[enters] : program->low[enters];
	}
	return NAN;
}
