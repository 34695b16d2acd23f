/*
 * logistic_newton.c
 *	  Newton's method for a logistic regression.
 *
 * Steps are taken on centred and scaled columns. A step that loses likelihood is halved; the last one, which is too small to
 * matter, is still added, so the covariance belongs to the coefficients to better than 1e-9. Where columns nearly depend on
 * each other the normal equations would lose twice the digits that R loses: then R's own way, a QR decomposition, is taken.
 */
#include "core/logistic_newton.h"

#include <math.h>
#include <string.h>

#include "core/logistic_solve.h"

#define MOST_HALVINGS 30

/* Of what is left of a column when those before it are taken away, in lengths: R's glm, which fits to min(1e-7, epsilon/1000). */
#define ALIASED 1e-11

/* Where only squares are known, 1e-12 of them is the rounding error of sums. */
#define ALIASED_SQUARE 1e-12

/* Squares that are smaller than this are looked at again by QR, and the fit goes that way. */
#define NEARLY_ALIASED_SQUARE 1e-7

/* A gain in deviance that sums do not show any more. */
#define LOST 1e-14

/* Separation: when it is looked for, how far ahead, and which coefficients grow. */
#define FIRST_SEPARATION_CHECK 10
#define SEPARATION_AHEAD 100
#define SEPARATION_GROWTH 0.02

static double
times_log(double n, double share)
{
	return n > 0 ? n * log(share) : 0;
}

double
cl_logit_null_loglik(const ClLogitTotals *totals)
{
	double		other = totals->weight - totals->event_weight;

	return times_log(totals->event_weight, totals->event_weight / totals->weight) + times_log(other, other / totals->weight);
}

/*
 * Work space
 */

void
cl_newton_init(ClNewton *newton, const ClLogitSource *source, const ClMemory *memory, const ClLogitOptions *options,
			   const int *columns, int n_columns)
{
	size_t		most = (size_t) n_columns + 2;	/* with the intercept, and the residual of a triangle */
	double	   *next;

	memset(newton, 0, sizeof(ClNewton));
	newton->source = source;
	newton->options = options;
	newton->memory = *memory;
	newton->column = cl_allocate(memory, most * sizeof(int));
	newton->allocated = next = cl_allocate(memory, (15 * most + 5 * most * most) * sizeof(double));
	newton->center = next;
	newton->scale = next + most;
	newton->penalty = next + 2 * most;
	newton->beta = next + 3 * most;
	newton->trial = next + 4 * most;
	newton->step = next + 5 * most;
	newton->gradient = next + 6 * most;
	if (options->sign != NULL || options->bound > 0)
	{
		newton->lower = next + 7 * most;
		newton->upper = next + 8 * most;
	}
	next += 9 * most;
	newton->information = next;
	newton->triangle = next + most * most;
	newton->inverse = next + 2 * most * most;
	newton->work = next + 3 * most * most;
	newton->size_before = INFINITY;
	newton->least = 1e-3 * fabs(cl_logit_null_loglik(&source->totals));
	newton->frame = (ClLogitFrame) {0, newton->column, newton->center, newton->scale};
	for (int j = 0; j < n_columns; j++)
	{
		if (source->scale[columns[j]] > 0)
			newton->column[newton->frame.terms++] = columns[j];
	}
}

void
cl_newton_free(ClNewton *newton)
{
	cl_release(&newton->memory, newton->column);
	cl_release(&newton->memory, newton->allocated);
}

/* Where a coefficient must be: it has its sign, or is not larger than the bound, or both. */
static void
set_range(ClNewton *newton, int j)
{
	const ClLogitOptions *options = newton->options;
	int			sign = j > 0 && options->sign != NULL ? options->sign[newton->column[j - 1]] : 0;
	double		bound = j > 0 && options->bound > 0 ? options->bound * newton->scale[j - 1] : INFINITY;

	newton->lower[j] = sign > 0 ? 0 : -bound;
	newton->upper[j] = sign < 0 ? 0 : bound;
}

/* Everything that goes with the columns. */
void
cl_newton_set_frame(ClNewton *newton)
{
	const ClLogitOptions *options = newton->options;

	newton->size = newton->frame.terms + 1;
	newton->penalty[0] = 0;
	for (int j = 0; j < newton->frame.terms; j++)
	{
		double		scale = newton->source->scale[newton->column[j]];

		newton->center[j] = newton->source->center[newton->column[j]];
		newton->scale[j] = scale;
		newton->penalty[j + 1] = options->penalty != CL_LOGIT_L2 ? 0 :
			options->lambda / (options->standardize ? 1 : scale * scale);
	}
	for (int j = 0; j < newton->size && newton->lower != NULL; j++)
		set_range(newton, j);
}

/* Coefficients to begin with, in terms of the frame: the event rate, or what the caller knows. */
static void
set_start(ClNewton *newton, const double *start)
{
	const ClLogitTotals *totals = &newton->source->totals;

	memset(newton->beta, 0, (size_t) newton->size * sizeof(double));
	newton->beta[0] = start != NULL ? start[0] : log(totals->event_weight / (totals->weight - totals->event_weight));
	for (int j = 0; start != NULL && j < newton->frame.terms; j++)
	{
		double		coefficient = start[newton->column[j] + 1];

		if (isnan(coefficient))
			coefficient = 0;
		newton->beta[j + 1] = coefficient * newton->scale[j];
		if (newton->lower != NULL)
			newton->beta[j + 1] = fmin(fmax(newton->beta[j + 1], newton->lower[j + 1]), newton->upper[j + 1]);
		newton->beta[0] += newton->beta[j + 1] * (newton->center[j] / newton->scale[j]);
	}
}

/*
 * Evaluation at a point
 */

static void
information_of_triangle(ClNewton *newton)
{
	int			n = newton->size;

	for (int j = 0; j < n; j++)
	{
		for (int k = 0; k <= j; k++)
		{
			double		sum = 0;

			for (int i = 0; i <= k; i++)
				sum += newton->triangle[i * n + j] * newton->triangle[i * n + k];
			newton->information[j * n + k] = newton->information[k * n + j] = sum;
		}
	}
}

/* The sums at beta, the triangle of the information, and what is to be made as large as possible. */
static void
evaluate(ClNewton *newton, const double *beta)
{
	int			n = newton->size;

	if (newton->by_triangle)
	{
		newton->loglik = newton->source->triangle(newton->source->data, &newton->frame, beta, newton->gradient, newton->triangle);
		newton->definite = true;
		for (int j = 0; j < n; j++)
			newton->definite &= isfinite(newton->triangle[j * n + j]) && newton->triangle[j * n + j] != 0;
		information_of_triangle(newton);
	}
	else
	{
		newton->loglik = newton->source->evaluate(newton->source->data, &newton->frame, beta, newton->gradient,
												  newton->information);
		for (int j = 1; j < n; j++)
			newton->information[j * n + j] += newton->penalty[j];
		newton->definite = cl_cholesky(n, newton->information, newton->triangle);
	}
	newton->objective = newton->loglik;
	for (int j = 1; j < n; j++)
	{
		newton->objective -= newton->penalty[j] * beta[j] * beta[j] / 2;
		newton->gradient[j] -= newton->penalty[j] * beta[j];
	}
	/* Jeffreys' prior: half the logarithm of the determinant (Firth 1993, Biometrika 80, 27). */
	for (int j = 0; newton->options->penalty == CL_LOGIT_FIRTH && newton->definite && j < n; j++)
		newton->objective += log(fabs(newton->triangle[j * n + j]));
}

/*
 * Rank: columns that depend on those before them leave the frame
 */

static void
length_of_columns(const ClNewton *newton, double *length)
{
	int			n = newton->size;

	length[0] = sqrt(newton->information[0]);
	for (int j = 1; j < n; j++)
	{
		double		mean = newton->center[j - 1] / newton->scale[j - 1];

		length[j] = sqrt(newton->information[j * n + j] + mean * mean * newton->information[0]);
	}
}

/* What is left of each column, in lengths, and 0 for those that go; true when some is so little that squares are no good. */
static bool
find_rest(ClNewton *newton, double *rest, double *length)
{
	int			n = newton->size;
	bool		nearly = false;

	length_of_columns(newton, length);
	cl_cholesky_rest(n, newton->information, ALIASED_SQUARE, newton->work, rest);
	for (int j = 0; j < n; j++)
	{
		nearly |= rest[j] < NEARLY_ALIASED_SQUARE;
		rest[j] = sqrt(rest[j] * newton->information[j * n + j]) / length[j];
		if (rest[j] < ALIASED)
			rest[j] = 0;
	}
	return nearly;
}

/* Whether any column goes. Penalised columns never depend on each other. */
static bool
drop_aliased(ClNewton *newton)
{
	int			n = newton->size;
	double	   *rest = newton->work + (size_t) n * n;
	double	   *length = rest + n;
	int			kept = 0;
	bool		nearly;

	if (newton->options->penalty == CL_LOGIT_L2)
		return false;
	nearly = find_rest(newton, rest, length);
	if (nearly && newton->source->triangle != NULL && newton->lower == NULL)
	{
		newton->by_triangle = true;
		evaluate(newton, newton->beta);
		memcpy(newton->work, newton->triangle, (size_t) n * n * sizeof(double));
		cl_triangle_rest(n, newton->work, length, ALIASED, rest);
	}
	for (int j = 0; j < newton->frame.terms; j++)
	{
		newton->column[kept] = newton->column[j];
		newton->beta[kept + 1] = newton->beta[j + 1];
		kept += rest[j + 1] > 0;
	}
	if (kept == newton->frame.terms)
		return false;
	newton->frame.terms = kept;
	cl_newton_set_frame(newton);
	return true;
}

static void
begin(ClNewton *newton, const double *start)
{
	cl_newton_set_frame(newton);
	set_start(newton, start);
	evaluate(newton, newton->beta);
	if (!isfinite(newton->loglik) && start != NULL)
	{
		set_start(newton, NULL);
		evaluate(newton, newton->beta);
	}
	if (drop_aliased(newton))
	{
		/* Columns that only the dropped ones had needed QR for go the short way again. */
		newton->by_triangle = false;
		evaluate(newton, newton->beta);
		newton->by_triangle = newton->source->triangle != NULL && newton->lower == NULL &&
			newton->options->penalty != CL_LOGIT_L2 && find_rest(newton, newton->step, newton->trial);
		if (newton->by_triangle)
			evaluate(newton, newton->beta);
	}
}

/*
 * Steps
 */

static bool
step_in_range(ClNewton *newton)
{
	int			n = newton->size;
	double	   *target = newton->trial;
	double	   *b = newton->step;

	for (int j = 0; j < n; j++)
	{
		b[j] = newton->gradient[j];
		for (int k = 0; k < n; k++)
			b[j] += newton->information[j * n + k] * newton->beta[k];
		target[j] = newton->beta[j];
	}
	if (!cl_solve_boxed(&newton->memory, n, newton->information, b, newton->lower, newton->upper, target, newton->work))
		return false;
	for (int j = 0; j < n; j++)
		newton->step[j] = target[j] - newton->beta[j];
	return true;
}

/*
 * Firth's score is that of the rows and of what their leverages add to them. The step takes the leverages as given: it goes
 * with the information of all these, which leads there in a third of the steps that the information of the rows alone takes.
 */
static void
add_leverages(ClNewton *newton)
{
	cl_triangle_inverse(newton->size, newton->triangle, newton->inverse);
	newton->source->firth(newton->source->data, &newton->frame, newton->beta, newton->inverse, newton->gradient,
						  newton->information);
}

static bool
firth_step(ClNewton *newton)
{
	int			n = newton->size;

	if (!cl_cholesky(n, newton->information, newton->work))
		return false;
	cl_triangle_solve(n, newton->work, newton->gradient, newton->step);
	return true;
}

/* Newton's step, and what the deviance would fall by if it were a parabola. */
static bool
find_step(ClNewton *newton)
{
	int			n = newton->size;

	if (!newton->definite)
		return false;
	if (newton->options->penalty == CL_LOGIT_FIRTH)
		add_leverages(newton);
	if (newton->options->penalty != CL_LOGIT_FIRTH && newton->lower == NULL)
		cl_triangle_solve(n, newton->triangle, newton->gradient, newton->step);
	else if (!(newton->lower != NULL ? step_in_range(newton) : firth_step(newton)))
		return false;
	newton->decrement = 0;
	for (int j = 0; j < n; j++)
		newton->decrement += newton->step[j] * newton->gradient[j];
	return isfinite(newton->decrement);
}

/* Of beta, relative to 1 or what it is. */
static double
size_of_step(const ClNewton *newton)
{
	double		most = 0;

	for (int j = 0; j < newton->size; j++)
		most = fmax(most, fabs(newton->step[j]) / fmax(1, fabs(newton->beta[j])));
	return most;
}

/*
 * What the step would gain is below the tolerance, and it hardly moves anything; or there is nothing to gain and steps have
 * ceased to become smaller, so that they are rounding errors.
 */
static bool
arrived(ClNewton *newton)
{
	double		gain = fabs(newton->decrement) / (2 * fabs(newton->loglik) + newton->least);
	double		tolerance = newton->options->tolerance;
	double		size = size_of_step(newton);
	double		before = newton->size_before;

	newton->size_before = size;
	if (gain < tolerance && size < sqrt(tolerance) * 1e-5)
		return true;
	return gain < fmin(tolerance, LOST) && size > before / 2;
}

/* To the bound, to the last digit, where a sum of a step and what was before is as near as rounding has it. */
static void
round_to_range(const ClNewton *newton, double *beta)
{
	for (int j = 1; j < newton->size && newton->lower != NULL; j++)
	{
		if (fabs(beta[j]) > newton->upper[j] * (1 - 1e-13) && beta[j] > 0)
			beta[j] = newton->upper[j];
		else if (fabs(beta[j]) > -newton->lower[j] * (1 - 1e-13) && beta[j] < 0)
			beta[j] = newton->lower[j];
	}
}

/* Moves by the step, or by as large a part of it as does not lose; false when there is none. */
static bool
move(ClNewton *newton)
{
	double		before = newton->objective;
	double		slack = 1e-12 * (fabs(before) + newton->least);
	double		part = 1;

	for (int i = 0; i <= MOST_HALVINGS; i++, part /= 2)
	{
		for (int j = 0; j < newton->size; j++)
			newton->trial[j] = newton->beta[j] + part * newton->step[j];
		round_to_range(newton, newton->trial);
		evaluate(newton, newton->trial);
		if (newton->objective >= before - slack && newton->definite)
		{
			memcpy(newton->beta, newton->trial, (size_t) newton->size * sizeof(double));
			return true;
		}
	}
	evaluate(newton, newton->beta);
	return false;
}

/*
 * Separation: the steps go on and on in one direction. The likelihood is concave, so if it has not fallen a hundred such steps
 * ahead, no row objects to that direction, and there is no maximum (Albert and Anderson 1984, Biometrika 71, 1).
 */

/* A coefficient that still grows; those that were found move no more by then. */
bool
cl_newton_grows(const ClNewton *newton, int j, double largest)
{
	double		step = fabs(newton->step[j]);

	return step > SEPARATION_GROWTH * fabs(newton->beta[j]) && step > 1e-4 * largest && step > 1e-6;
}

double
cl_newton_largest_step(const ClNewton *newton)
{
	double		largest = 0;

	for (int j = 0; j < newton->size; j++)
		largest = fmax(largest, fabs(newton->step[j]));
	return largest;
}

static bool
is_separated(ClNewton *newton, ClLogitStatus *status)
{
	double		before = newton->loglik;
	double		largest = cl_newton_largest_step(newton);
	double		ahead;
	bool		any = false;

	if (newton->options->penalty != CL_LOGIT_NONE || newton->options->bound > 0 ||
		newton->iterations < FIRST_SEPARATION_CHECK)
		return false;
	for (int j = 1; j < newton->size; j++)
		any |= cl_newton_grows(newton, j, largest);
	if (!any)
		return false;
	for (int j = 0; j < newton->size; j++)
		newton->trial[j] = newton->beta[j] + SEPARATION_AHEAD * newton->step[j];
	evaluate(newton, newton->trial);
	ahead = newton->loglik;
	evaluate(newton, newton->beta);
	if (!(ahead >= before))
		return false;
	*status = ahead > -1e-9 * newton->least ? CL_LOGIT_SEPARATION : CL_LOGIT_QUASI_SEPARATION;
	return true;
}

ClLogitStatus
cl_newton_run(ClNewton *newton, const double *start)
{
	ClLogitStatus status;

	begin(newton, start);
	while (find_step(newton))
	{
		if (is_separated(newton, &status))
			return status;
		if (arrived(newton))
		{
			for (int j = 0; j < newton->size; j++)
				newton->beta[j] += newton->step[j];
			round_to_range(newton, newton->beta);
			if (newton->options->penalty == CL_LOGIT_NONE)
				newton->loglik += newton->decrement / 2;
			else
				evaluate(newton, newton->beta);
			return CL_LOGIT_CONVERGED;
		}
		if (newton->iterations >= newton->options->max_iterations)
			break;
		newton->iterations++;
		newton->memory.check_for_interrupts();
		if (!move(newton))
			break;
	}
	return CL_LOGIT_MAX_ITERATIONS;
}
