/*
 * logistic.c
 *	  A fit of a logistic regression: coefficients and covariance in terms of the columns as they came.
 */
#include "core/logistic.h"

#include <math.h>
#include <string.h>

#include "core/logistic_newton.h"
#include "core/logistic_solve.h"

static void
set_coefficients(const ClNewton *newton, bool separated, ClLogitFit *fit)
{
	double		largest = cl_newton_largest_step(newton);

	fit->term[0].coefficient = newton->beta[0];
	for (int j = 0; j < newton->frame.terms; j++)
	{
		ClLogitTerm *term = &fit->term[newton->column[j] + 1];
		double		coefficient = newton->beta[j + 1] / newton->scale[j];

		term->aliased = false;
		term->coefficient = coefficient;
		if (newton->lower != NULL && (newton->beta[j + 1] <= newton->lower[j + 1] || newton->beta[j + 1] >= newton->upper[j + 1]))
		{
			term->held = newton->beta[j + 1] == 0;
			term->bounded = !term->held;
			/* To the last digit, whatever the scale. */
			if (term->bounded)
				term->coefficient = copysign(newton->options->bound, coefficient);
		}
		term->separating = separated && cl_newton_grows(newton, j + 1, largest);
		fit->term[0].coefficient -= coefficient * newton->center[j];
		fit->rank += !(term->held || term->bounded);
	}
}

/* Of numbers whose squares may be too large. */
static double
length_of(const double *x, int n)
{
	double		largest = 0;
	double		sum = 0;

	for (int i = 0; i < n; i++)
		largest = fmax(largest, fabs(x[i]));
	for (int i = 0; i < n && largest > 0; i++)
		sum += (x[i] / largest) * (x[i] / largest);
	return largest * sqrt(sum);
}

/*
 * The sandwich: R^-1 becomes R^-1 L, where L L' = R^-1' meat R^-1. False when the scores of the rows depend on each
 * other, as with fewer rows than columns.
 */
static bool
spread_by(int n, double *root, double *meat, double *work)
{
	double	   *half = work;
	double	   *triangle = work + (size_t) n * n;

	for (int i = 0; i < n * n; i++)
	{
		half[i] = 0;
		for (int k = 0; k < n; k++)
			half[i] += meat[i / n * n + k] * root[k * n + i % n];
	}
	for (int i = 0; i < n * n; i++)
	{
		meat[i] = 0;
		for (int k = 0; k < n; k++)
			meat[i] += root[k * n + i / n] * half[k * n + i % n];
	}
	if (!cl_cholesky(n, meat, triangle))
		return false;
	memcpy(half, root, (size_t) n * n * sizeof(double));
	for (int i = 0; i < n * n; i++)
	{
		root[i] = 0;
		for (int k = 0; k < n; k++)
			root[i] += half[i / n * n + k] * triangle[i % n * n + k];
	}
	return true;
}

/*
 * The covariance is (T R^-1) (T R^-1)', where T leads from the frame to the columns as they came: a sum of squares, in which
 * nothing cancels. Terms that are held at 0 or at their bound have left the frame.
 */
static void
set_covariance(ClNewton *newton, double *meat, ClLogitFit *fit)
{
	int			n = newton->size;
	int			all = fit->terms + 1;
	double	   *root = newton->inverse;

	cl_triangle_inverse(n, newton->triangle, root);
	if (meat != NULL && !spread_by(n, root, meat, newton->work))
		return;
	for (int j = 1; j < n; j++)
	{
		for (int k = 0; k < n; k++)
		{
			root[j * n + k] /= newton->scale[j - 1];
			root[k] -= newton->center[j - 1] * root[j * n + k];
		}
	}
	for (int j = 0; j < n; j++)
	{
		int			row = j == 0 ? 0 : newton->column[j - 1] + 1;

		fit->term[row].std_error = length_of(root + j * n, n);
		for (int k = 0; k <= j; k++)
		{
			int			column = k == 0 ? 0 : newton->column[k - 1] + 1;
			double		sum = 0;

			for (int i = 0; i < n; i++)
				sum += root[j * n + i] * root[k * n + i];
			fit->covariance[row * all + column] = fit->covariance[column * all + row] = sum;
		}
	}
	fit->condition = cl_triangle_condition(n, newton->triangle);
}

static bool
is_held(const ClNewton *newton, const ClLogitFit *fit, int j)
{
	const ClLogitTerm *term = &fit->term[newton->column[j] + 1];

	return term->held || term->bounded;
}

/* Takes the terms that are held out of the frame, and gives it the triangle of the others. */
static void
drop_held(ClNewton *newton, double *meat, const ClLogitFit *fit)
{
	int			n = newton->size;
	int			kept = 0;
	int			to = 0;

	for (int j = 0; j < n * n; j++)
	{
		if (!(j >= n && is_held(newton, fit, j / n - 1)) && !(j % n > 0 && is_held(newton, fit, j % n - 1)))
		{
			newton->information[to] = newton->information[j];
			if (meat != NULL)
				meat[to] = meat[j];
			to++;
		}
	}
	for (int j = 0; j < newton->frame.terms; j++)
	{
		bool		held = is_held(newton, fit, j);

		newton->column[kept] = newton->column[j];
		kept += !held;
	}
	newton->frame.terms = kept;
	cl_newton_set_frame(newton);
	newton->definite = cl_cholesky(newton->size, newton->information, newton->triangle);
}

static void
set_result(ClNewton *newton, ClLogitFit *fit)
{
	bool		separated = fit->status == CL_LOGIT_SEPARATION || fit->status == CL_LOGIT_QUASI_SEPARATION;
	double	   *meat = NULL;

	if (newton->options->robust && !separated)
	{
		meat = cl_allocate(&newton->memory, (size_t) newton->size * newton->size * sizeof(double));
		newton->source->meat(newton->source->data, &newton->frame, newton->beta, meat);
	}
	fit->iterations = newton->iterations;
	fit->loglik = newton->loglik;
	fit->rank = 1;
	set_coefficients(newton, separated, fit);
	if (newton->lower != NULL)
		drop_held(newton, meat, fit);
	if (newton->definite && !separated)
		set_covariance(newton, meat, fit);
	cl_release(&newton->memory, meat);
	for (int j = 1; j <= fit->terms && (fit->status == CL_LOGIT_CONVERGED || fit->status == CL_LOGIT_RANK_DEFICIENT); j++)
	{
		if (fit->term[j].bounded)
			fit->status = CL_LOGIT_BOUNDED;
		else if (fit->term[j].aliased)
			fit->status = CL_LOGIT_RANK_DEFICIENT;
	}
}

static void
fit_new(const ClLogitSource *source, const ClMemory *memory, ClLogitFit *fit)
{
	size_t		all = (size_t) source->terms + 1;

	memset(fit, 0, sizeof(ClLogitFit));
	fit->terms = source->terms;
	fit->totals = source->totals;
	fit->null_loglik = source->totals.weight > 0 ? cl_logit_null_loglik(&source->totals) : NAN;
	fit->loglik = fit->null_loglik;
	fit->condition = NAN;
	fit->term = cl_allocate(memory, all * sizeof(ClLogitTerm));
	fit->covariance = cl_allocate(memory, all * all * sizeof(double));
	for (size_t j = 0; j < all; j++)
		fit->term[j] = (ClLogitTerm) {.coefficient = NAN, .std_error = NAN};
	for (size_t j = 0; j < all * all; j++)
		fit->covariance[j] = NAN;
}

void
cl_logit_fit_free(const ClMemory *memory, ClLogitFit *fit)
{
	cl_release(memory, fit->term);
	cl_release(memory, fit->covariance);
}

void
cl_logit_fit(const ClLogitSource *source, const ClMemory *memory, const ClLogitOptions *options, const int *columns,
			 int n_columns, const double *start, ClLogitFit *fit)
{
	ClNewton	newton;

	fit_new(source, memory, fit);
	fit->status = CL_LOGIT_ONE_CLASS;
	if (!(source->totals.event_weight > 0 && source->totals.event_weight < source->totals.weight))
		return;
	cl_newton_init(&newton, source, memory, options, columns, n_columns);
	for (int j = 0; j < n_columns; j++)
		fit->term[columns[j] + 1].aliased = true;
	fit->status = cl_newton_run(&newton, start);
	set_result(&newton, fit);
	cl_newton_free(&newton);
}
