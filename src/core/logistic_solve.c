/*
 * logistic_solve.c
 *	  Small dense algebra for a fit.
 */
#include "core/logistic_solve.h"

#include <math.h>
#include <string.h>

bool
cl_cholesky(int n, const double *matrix, double *triangle)
{
	memset(triangle, 0, (size_t) n * n * sizeof(double));
	for (int j = 0; j < n; j++)
	{
		double	   *row = triangle + (size_t) j * n;
		double		pivot = matrix[j * n + j];

		for (int i = 0; i < j; i++)
			pivot -= triangle[i * n + j] * triangle[i * n + j];
		if (!(pivot > 0) || isinf(pivot))
			return false;
		row[j] = sqrt(pivot);
		for (int k = j + 1; k < n; k++)
			row[k] = matrix[j * n + k];
		for (int i = 0; i < j; i++)
		{
			double		factor = triangle[i * n + j];

			for (int k = j + 1; k < n; k++)
				row[k] -= factor * triangle[i * n + k];
		}
		for (int k = j + 1; k < n; k++)
			row[k] /= row[j];
	}
	return true;
}

/* work: n n. Columns that depend on others take no part in what follows. */
void
cl_cholesky_rest(int n, const double *matrix, double tolerance, double *work, double *rest)
{
	memset(work, 0, (size_t) n * n * sizeof(double));
	for (int j = 0; j < n; j++)
	{
		double		pivot = matrix[j * n + j];

		for (int i = 0; i < j; i++)
			pivot -= work[i * n + j] * work[i * n + j];
		rest[j] = matrix[j * n + j] > 0 ? pivot / matrix[j * n + j] : 0;
		if (!(rest[j] > tolerance))
		{
			rest[j] = 0;
			continue;
		}
		work[j * n + j] = sqrt(pivot);
		for (int k = j + 1; k < n; k++)
		{
			double		value = matrix[j * n + k];

			for (int i = 0; i < j; i++)
				value -= work[i * n + j] * work[i * n + k];
			work[j * n + k] = value / work[j * n + j];
		}
	}
}

/* The rotation that makes (a, b) into (r, 0), applied to two rows from column on. */
static void
rotate(int n, double *upper, double *lower, int column)
{
	double		r = hypot(upper[column], lower[column]);
	double		c = upper[column] / r;
	double		s = lower[column] / r;

	for (int k = column; k < n; k++)
	{
		double		u = upper[k];

		upper[k] = c * u + s * lower[k];
		lower[k] = c * lower[k] - s * u;
	}
}

/*
 * Columns are taken in their order, each kept if enough of it is left, as in R's dqrdc2. The row of a column that is not kept
 * still holds something of the columns after it: it is rotated into their rows.
 */
void
cl_triangle_rest(int n, double *triangle, const double *norm, double tolerance, double *rest)
{
	for (int j = 0; j < n; j++)
	{
		double	   *row = triangle + (size_t) j * n;

		rest[j] = norm[j] > 0 ? fabs(row[j]) / norm[j] : 0;
		if (rest[j] > tolerance)
			continue;
		rest[j] = 0;
		row[j] = 0;
		for (int k = j + 1; k < n; k++)
		{
			if (row[k] != 0)
				rotate(n, triangle + (size_t) k * n, row, k);
		}
	}
}

void
cl_triangle_inverse(int n, const double *triangle, double *inverse)
{
	memset(inverse, 0, (size_t) n * n * sizeof(double));
	for (int k = 0; k < n; k++)
	{
		inverse[k * n + k] = 1 / triangle[k * n + k];
		for (int j = k - 1; j >= 0; j--)
		{
			double		sum = 0;

			for (int i = j + 1; i <= k; i++)
				sum += triangle[j * n + i] * inverse[i * n + k];
			inverse[j * n + k] = -sum / triangle[j * n + j];
		}
	}
}

void
cl_triangle_solve(int n, const double *triangle, const double *b, double *x)
{
	for (int j = 0; j < n; j++)
	{
		x[j] = b[j];
		for (int i = 0; i < j; i++)
			x[j] -= triangle[i * n + j] * x[i];
		x[j] /= triangle[j * n + j];
	}
	for (int j = n - 1; j >= 0; j--)
	{
		for (int i = j + 1; i < n; i++)
			x[j] -= triangle[j * n + i] * x[i];
		x[j] /= triangle[j * n + j];
	}
}

/* Makes two columns orthogonal; false when they are. */
static bool
orthogonalise(int n, double *matrix, int p, int q)
{
	double		alpha = 0;
	double		beta = 0;
	double		gamma = 0;
	double		zeta;
	double		t;
	double		c;

	for (int i = 0; i < n; i++)
	{
		alpha += matrix[i * n + p] * matrix[i * n + p];
		beta += matrix[i * n + q] * matrix[i * n + q];
		gamma += matrix[i * n + p] * matrix[i * n + q];
	}
	if (fabs(gamma) <= 1e-15 * sqrt(alpha * beta) || gamma == 0)
		return false;
	zeta = (beta - alpha) / (2 * gamma);
	t = (zeta < 0 ? -1 : 1) / (fabs(zeta) + hypot(1, zeta));
	c = 1 / hypot(1, t);
	for (int i = 0; i < n; i++)
	{
		double		a = matrix[i * n + p];

		matrix[i * n + p] = c * (a - t * matrix[i * n + q]);
		matrix[i * n + q] = c * (t * a + matrix[i * n + q]);
	}
	return true;
}

static double
column_norm(int n, const double *matrix, int j)
{
	double		squares = 0;

	for (int i = 0; i < n; i++)
		squares += matrix[i * n + j] * matrix[i * n + j];
	return sqrt(squares);
}

/* Singular values by one-sided rotations (Hestenes 1958), which keep the small ones accurate. */
double
cl_triangle_condition(int n, double *triangle)
{
	double		largest = 0;
	double		smallest = INFINITY;
	bool		rotated = true;

	for (int j = 0; j < n; j++)
	{
		double		norm = column_norm(n, triangle, j);

		for (int i = 0; i < n && norm > 0; i++)
			triangle[i * n + j] /= norm;
	}
	for (int sweep = 0; sweep < 60 && rotated; sweep++)
	{
		rotated = false;
		for (int p = 0; p < n - 1; p++)
		{
			for (int q = p + 1; q < n; q++)
				rotated |= orthogonalise(n, triangle, p, q);
		}
	}
	for (int j = 0; j < n; j++)
	{
		double		norm = column_norm(n, triangle, j);

		largest = fmax(largest, norm);
		smallest = fmin(smallest, norm);
	}
	return largest / smallest;
}

/*
 * Quadratic problems within bounds
 */

/* The solution among free variables, the others being where x is: into "to". */
static bool
solve_free(int n, const double *a, const double *b, const bool *free, const double *x, double *to, double *work)
{
	double	   *matrix = work;
	double	   *triangle = work + (size_t) n * n;
	double	   *rhs = triangle + (size_t) n * n;
	double	   *solution = rhs + n;
	int			m = 0;

	for (int j = 0; j < n; j++)
	{
		int			column = 0;

		if (!free[j])
			continue;
		rhs[m] = b[j];
		for (int k = 0; k < n; k++)
		{
			if (free[k])
				work[(size_t) m * n + column++] = a[j * n + k];
			else
				rhs[m] -= a[j * n + k] * x[k];
		}
		m++;
	}
	/* Close the gaps between the rows. */
	for (int i = 1; i < m; i++)
		memmove(matrix + (size_t) i * m, matrix + (size_t) i * n, (size_t) m * sizeof(double));
	if (!cl_cholesky(m, matrix, triangle))
		return false;
	cl_triangle_solve(m, triangle, rhs, solution);
	m = 0;
	for (int j = 0; j < n; j++)
		to[j] = free[j] ? solution[m++] : x[j];
	return true;
}

/* Goes from x towards "to" as far as bounds allow; true when that is all the way. Who arrives at a bound stays there. */
static bool
go_towards(int n, const double *lower, const double *upper, bool *free, double *x, const double *to)
{
	double		step = 1;
	int			first = -1;

	for (int j = 0; j < n; j++)
	{
		if (free[j] && (to[j] < lower[j] || to[j] > upper[j]))
		{
			double		far = ((to[j] < lower[j] ? lower[j] : upper[j]) - x[j]) / (to[j] - x[j]);

			if (far < step || first < 0)
				first = j;
			step = fmin(step, far);
		}
	}
	for (int j = 0; j < n; j++)
		x[j] += step * (to[j] - x[j]);
	if (first < 0)
		return true;
	x[first] = to[first] < lower[first] ? lower[first] : upper[first];
	for (int j = 0; j < n; j++)
	{
		x[j] = fmin(fmax(x[j], lower[j]), upper[j]);
		free[j] = free[j] && x[j] > lower[j] && x[j] < upper[j];
	}
	return false;
}

/* The variable at a bound that would gain most by leaving it in the direction it may; -1 if there is none. */
static int
best_to_free(int n, const double *a, const double *b, const double *lower, const bool *free, const double *x)
{
	int			best = -1;
	double		most = 0;

	for (int j = 0; j < n; j++)
	{
		double		gain = b[j];
		double		size = fabs(b[j]);

		if (free[j])
			continue;
		for (int k = 0; k < n; k++)
		{
			gain -= a[j * n + k] * x[k];
			size += fabs(a[j * n + k] * x[k]);
		}
		if (x[j] > lower[j])
			gain = -gain;
		if (gain > 1e-12 * size && gain * gain > most * a[j * n + j])
		{
			most = gain * gain / a[j * n + j];
			best = j;
		}
	}
	return best;
}

bool
cl_solve_boxed(const ClMemory *memory, int n, const double *a, const double *b, const double *lower, const double *upper,
			   double *x, double *work)
{
	double	   *to = work + 2 * (size_t) n * n + 2 * (size_t) n;
	bool	   *free = (bool *) (to + n);

	for (int j = 0; j < n; j++)
		free[j] = x[j] > lower[j] && x[j] < upper[j];
	/* Each set of free variables turns up once, so this ends; the limit is against rounding. */
	for (int i = 0; i < 10 * n + 10; i++)
	{
		int			best;

		do
		{
			memory->check_for_interrupts();
			if (!solve_free(n, a, b, free, x, to, work))
				return false;
		} while (!go_towards(n, lower, upper, free, x, to));
		best = best_to_free(n, a, b, lower, free, x);
		if (best < 0)
			return true;
		free[best] = true;
	}
	return true;
}
