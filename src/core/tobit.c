/*
 * tobit.c
 *	  The fit of a Tobit regression, by Newton's method in theta = 1 / sigma and gamma = beta / sigma.
 *
 * Columns and y are centred and scaled. A step that loses likelihood, or would make theta negative, is halved; the last one,
 * which is too small to matter, is still added. It begins with least squares, on a part of the rows where there are many: from
 * their answer, which is as close as their standard errors, three or four scans of all rows are enough.
 */
#include "core/tobit.h"

#include <string.h>

#include "core/logistic_solve.h"
#include "core/tobit_scan.h"

#define MOST_HALVINGS 40
#define TOLERANCE 1e-10

/* A gain that sums do not show any more, by weight and size of the log-likelihood. */
#define LOST 1e-14

/* Of a column's square, when those before it are taken away: 1e-12 is the rounding error of sums. */
#define ALIASED_SQUARE 1e-12

/* Standard deviation by the mean of what is constant but for rounding. */
#define CONSTANT 1e-13

/* sigma by the standard deviation of y that is no scatter but rounding. */
#define NO_SCATTER 1e-8

/* Something that grows for ever: when it is looked for, how far ahead, and what grows. */
#define FIRST_GROWTH_CHECK 10
#define FAR_AHEAD 100
#define GROWTH 0.02

#define PART 16
#define LEAST_ROWS_OF_PART 2000
#define LEAST_ROWS_PER_TERM 50

typedef struct Search
{
	ClTobitData *data;
	ClTobitFrame frame;
	int			n;				/* frame.terms + 1: place of theta */
	int			all;			/* n + 1 */
	int			most_iterations;
	double		weight;
	double	   *allocated;
	double	   *place;			/* where it stands, gamma and theta */
	double	   *trial;
	double	   *step;
	double	   *gradient;
	double	   *information;
	double	   *triangle;
	double	   *work;			/* all * all + all */
	double		loglik;
	double		gain;			/* twice what the step would gain if the likelihood were a parabola */
	double		size_before;	/* of the step before */
	bool		definite;		/* the triangle exists */
	int			iterations;
} Search;

static void
search_init(Search *search, ClTobitData *data, int most_iterations)
{
	size_t		most = (size_t) data->terms + 2;
	double	   *next = cl_allocate(&data->memory, (8 * most + 3 * most * most) * sizeof(double));

	memset(search, 0, sizeof(Search));
	search->data = data;
	search->most_iterations = most_iterations;
	search->allocated = next;
	search->frame.column = cl_allocate(&data->memory, most * sizeof(int));
	search->frame.center = next;
	search->frame.scale = next + most;
	search->place = next + 2 * most;
	search->trial = next + 3 * most;
	search->step = next + 4 * most;
	search->gradient = next + 5 * most;
	search->work = next + 6 * most;
	search->information = search->work + most * most + 2 * most;
	search->triangle = search->information + most * most;
}

static void
search_free(Search *search)
{
	cl_release(&search->data->memory, search->frame.column);
	cl_release(&search->data->memory, search->allocated);
}

static void
set_size(Search *search, int terms)
{
	search->frame.terms = terms;
	search->n = terms + 1;
	search->all = terms + 2;
}

static void
evaluate(Search *search, const double *place)
{
	search->definite = false;
	search->loglik = -INFINITY;
	if (!(place[search->n] > 0))
		return;
	search->loglik = cl_tobit_evaluate(search->data, &search->frame, place, search->gradient, search->information);
	search->definite = isfinite(search->loglik) && cl_cholesky(search->all, search->information, search->triangle);
}

/*
 * Where it begins
 */

/* The columns that are not constant, and how they enter. */
static void
set_frame(Search *search, double *exact_weight)
{
	const ClTobitData *data = search->data;
	ClTobitFrame *frame = &search->frame;
	double	   *mean = cl_allocate(&data->memory, 2 * ((size_t) data->terms + 1) * sizeof(double));
	double	   *deviation = mean + data->terms + 1;
	int			kept = 0;

	search->weight = cl_tobit_moments(data, mean, deviation, exact_weight);
	for (int j = 0; j < data->terms; j++)
	{
		if (!(deviation[j] > CONSTANT * fabs(mean[j])))
			continue;
		frame->column[kept] = j;
		frame->center[kept] = mean[j];
		frame->scale[kept++] = deviation[j];
	}
	set_size(search, kept);
	frame->y_center = mean[data->terms];
	frame->y_scale = deviation[data->terms];
	if (!(frame->y_scale > CONSTANT * fabs(frame->y_center)))
		frame->y_scale = frame->y_center != 0 ? fabs(frame->y_center) : 1;
	cl_release(&data->memory, mean);
}

/* Columns that depend on those before them leave the frame, and the squares of the others close the gaps. */
static void
drop_aliased(Search *search, double *squares, double *product)
{
	int			n = search->n;
	double	   *rest = search->step;
	int			kept = 1;

	cl_cholesky_rest(n, squares, ALIASED_SQUARE, search->work, rest);
	for (int j = 1; j < n; j++)
	{
		if (!(rest[j] > 0))
			continue;
		search->frame.column[kept - 1] = search->frame.column[j - 1];
		search->frame.center[kept - 1] = search->frame.center[j - 1];
		search->frame.scale[kept - 1] = search->frame.scale[j - 1];
		product[kept] = product[j];
		rest[kept++] = j;
	}
	rest[0] = 0;
	for (int j = 0; j < kept; j++)
	{
		for (int k = 0; k < kept; k++)
			squares[j * kept + k] = squares[(int) rest[j] * n + (int) rest[k]];
	}
	set_size(search, kept - 1);
}

static void
set_anywhere(Search *search)
{
	memset(search->place, 0, (size_t) search->n * sizeof(double));
	search->place[search->n] = 1;
}

/* Least squares, as if all y were seen. */
static void
set_start(Search *search)
{
	double	   *squares = search->information;
	double	   *product = search->gradient;
	double		scatter = cl_tobit_least_squares(search->data, &search->frame, squares, product);
	double		theta;

	drop_aliased(search, squares, product);
	set_anywhere(search);
	if (!cl_cholesky(search->n, squares, search->triangle))
		return;
	cl_triangle_solve(search->n, search->triangle, product, search->place);
	for (int j = 0; j < search->n; j++)
		scatter -= search->place[j] * product[j];
	theta = 1 / fmax(sqrt(fmax(scatter / search->weight, 0)), 1e-6);
	for (int j = 0; j < search->n; j++)
		search->place[j] *= theta;
	search->place[search->n] = theta;
}

/*
 * Steps
 */

static bool
find_step(Search *search)
{
	if (!search->definite)
		return false;
	cl_triangle_solve(search->all, search->triangle, search->gradient, search->step);
	search->gain = 0;
	for (int j = 0; j < search->all; j++)
		search->gain += search->step[j] * search->gradient[j];
	return isfinite(search->gain);
}

/*
 * What the step would gain is nothing, and it hardly moves anything; or there is nothing to gain and steps have ceased to become
 * smaller, so that they are rounding errors.
 */
static bool
arrived(Search *search)
{
	double		gain = fabs(search->gain) / (search->weight + fabs(search->loglik));
	double		before = search->size_before;
	double		size = 0;

	for (int j = 0; j < search->all; j++)
		size = fmax(size, fabs(search->step[j]) / fmax(1, fabs(search->place[j])));
	search->size_before = size;
	return (gain < TOLERANCE && size < TOLERANCE) || (gain < LOST && size > before / 2);
}

/* Moves by the step, or by as large a part of it as does not lose; false when there is none. */
static bool
move(Search *search)
{
	double		before = search->loglik;
	double		slack = 1e-12 * (search->weight + fabs(before));
	double		part = 1;

	for (int i = 0; i <= MOST_HALVINGS; i++, part /= 2)
	{
		for (int j = 0; j < search->all; j++)
			search->trial[j] = search->place[j] + part * search->step[j];
		evaluate(search, search->trial);
		if (search->loglik >= before - slack && search->definite)
		{
			memcpy(search->place, search->trial, (size_t) search->all * sizeof(double));
			return true;
		}
	}
	evaluate(search, search->place);
	return false;
}

/*
 * Steps that go on and on in one direction: the likelihood is concave, so if it has not fallen a hundred of them ahead, no row
 * objects, and there is no maximum.
 */
static bool
grows(const Search *search, int j)
{
	return fabs(search->step[j]) > GROWTH * fabs(search->place[j]) && fabs(search->step[j]) > 1e-6;
}

static bool
has_no_maximum(Search *search, ClTobitStatus *status)
{
	double		before = search->loglik;
	double		ahead;
	bool		any = false;

	if (search->place[search->n] * NO_SCATTER > 1)
	{
		*status = CL_TOBIT_PERFECT_FIT;
		return true;
	}
	if (search->iterations < FIRST_GROWTH_CHECK)
		return false;
	for (int j = 1; j < search->all; j++)
		any |= grows(search, j);
	if (!any)
		return false;
	for (int j = 0; j < search->all; j++)
		search->trial[j] = search->place[j] + FAR_AHEAD * search->step[j];
	evaluate(search, search->trial);
	ahead = search->loglik;
	evaluate(search, search->place);
	*status = grows(search, search->n) ? CL_TOBIT_PERFECT_FIT : CL_TOBIT_SEPARATION;
	return ahead >= before;
}

static ClTobitStatus
run(Search *search)
{
	ClTobitStatus status;

	search->size_before = INFINITY;
	search->iterations = 0;
	evaluate(search, search->place);
	if (!search->definite)
	{
		set_anywhere(search);
		evaluate(search, search->place);
	}
	while (find_step(search))
	{
		if (has_no_maximum(search, &status))
			return status;
		if (arrived(search))
		{
			for (int j = 0; j < search->all; j++)
				search->place[j] += search->step[j];
			search->loglik += search->gain / 2;
			return CL_TOBIT_CONVERGED;
		}
		if (search->iterations >= search->most_iterations)
			break;
		search->iterations++;
		if (!move(search))
			break;
	}
	return search->place[search->n] * NO_SCATTER > 1 ? CL_TOBIT_PERFECT_FIT : CL_TOBIT_MAX_ITERATIONS;
}

/* The answer of a part of the rows, if there are many and they have one. */
static void
start_from_part(Search *search)
{
	ClTobitData *data = search->data;
	double		weight = search->weight;
	double	   *start;

	if (data->n / PART < LEAST_ROWS_OF_PART || data->n / PART < (int64_t) data->terms * LEAST_ROWS_PER_TERM)
		return;
	start = cl_allocate(&data->memory, (size_t) search->all * sizeof(double));
	memcpy(start, search->place, (size_t) search->all * sizeof(double));
	data->stride = PART;
	search->weight /= PART;
	if (run(search) != CL_TOBIT_CONVERGED)
		memcpy(search->place, start, (size_t) search->all * sizeof(double));
	data->stride = 1;
	search->weight = weight;
	cl_release(&data->memory, start);
}

/*
 * The answer in terms of the columns as they came
 */

static void
set_coefficients(const Search *search, ClTobitFit *fit)
{
	const ClTobitFrame *frame = &search->frame;
	double		theta = search->place[search->n];

	fit->sigma = frame->y_scale / theta;
	fit->term[0].coefficient = frame->y_center + search->place[0] / theta * frame->y_scale;
	for (int j = 0; j < frame->terms; j++)
	{
		ClTobitTerm *term = &fit->term[frame->column[j] + 1];

		term->aliased = false;
		term->coefficient = search->place[j + 1] / theta * (frame->y_scale / frame->scale[j]);
		term->separating = fit->status == CL_TOBIT_SEPARATION && grows(search, j + 1);
		fit->term[0].coefficient -= term->coefficient * frame->center[j];
	}
	fit->rank = search->n;
}

/* What the parameters of the frame, columns of a matrix, do to coefficients and log(sigma). */
static void
to_coefficients(const Search *search, double *matrix)
{
	const ClTobitFrame *frame = &search->frame;
	int			n = search->n;
	int			all = search->all;
	double		theta = search->place[n];

	for (int k = 0; k < all; k++)
	{
		double		by_theta = matrix[n * all + k] / theta;

		for (int j = 0; j < n; j++)
		{
			double		coefficient = (matrix[j * all + k] - search->place[j] * by_theta) / theta * frame->y_scale;

			matrix[j * all + k] = coefficient;
			if (j > 0)
			{
				matrix[j * all + k] /= frame->scale[j - 1];
				matrix[k] -= matrix[j * all + k] * frame->center[j - 1];
			}
		}
		matrix[n * all + k] = -by_theta;
	}
}

/* covariance += a b', of which row and column of the frame lead to those of all terms. */
static void
put_product(const Search *search, const double *a, const double *b, ClTobitFit *fit)
{
	int			all = search->all;
	int			wide = fit->terms + 2;

	for (int j = 0; j < all; j++)
	{
		int			row = j == 0 ? 0 : j == search->n ? wide - 1 : search->frame.column[j - 1] + 1;

		search->data->memory.check_for_interrupts();
		for (int k = 0; k <= j; k++)
		{
			int			column = k == 0 ? 0 : k == search->n ? wide - 1 : search->frame.column[k - 1] + 1;
			double		sum = 0;

			for (int i = 0; i < all; i++)
				sum += a[j * all + i] * b[k * all + i];
			fit->covariance[row * wide + column] = fit->covariance[column * wide + row] = j == k ? fmax(sum, 0) : sum;
		}
	}
}

/*
 * With R'R the information and J what to_coefficients does, the covariance is J R^-1 (J R^-1)': a sum of squares, in which
 * nothing cancels. That of clusters is J V M V J' G / (G - 1), with V = R^-1 R^-1' and M the outer products of their scores
 * (Liang and Zeger 1986, Biometrika 73, 13).
 */
static void
set_covariance(Search *search, bool clustered, ClTobitFit *fit)
{
	int			all = search->all;
	const ClMemory *memory = &search->data->memory;
	double	   *root = search->information;
	double	   *meat = search->work;
	double	   *half;

	cl_triangle_inverse(all, search->triangle, root);
	if (clustered)
	{
		fit->clusters = cl_tobit_meat(search->data, &search->frame, search->place, meat);
		if (fit->clusters < 2)
		{
			fit->status = CL_TOBIT_ONE_CLUSTER;
			return;
		}
		/* root becomes V. */
		half = cl_allocate(memory, (size_t) all * all * sizeof(double));
		for (int j = 0; j < all * all; j++)
		{
			half[j] = 0;
			if (j % all == 0)
				memory->check_for_interrupts();
			for (int i = 0; i < all; i++)
				half[j] += root[j / all * all + i] * root[j % all * all + i];
		}
		memcpy(root, half, (size_t) all * all * sizeof(double));
		to_coefficients(search, root);
		for (int j = 0; j < all * all; j++)
		{
			half[j] = 0;
			if (j % all == 0)
				memory->check_for_interrupts();
			for (int i = 0; i < all; i++)
				half[j] += root[j / all * all + i] * meat[i * all + j % all];
			half[j] *= (double) fit->clusters / (double) (fit->clusters - 1);
		}
		put_product(search, half, root, fit);
		cl_release(memory, half);
		return;
	}
	to_coefficients(search, root);
	put_product(search, root, root, fit);
}

/* The part of the triangle that belongs to columns: theta is the last. */
static double
condition_of(Search *search)
{
	int			n = search->n;

	for (int j = 0; j < n; j++)
		memcpy(search->work + (size_t) j * n, search->triangle + (size_t) j * search->all, (size_t) n * sizeof(double));
	return cl_triangle_condition(n, search->work);
}

/* Where nothing is seen, the bounds must tell sigma: when all are one, theta depends on the intercept. */
static bool
tells_sigma(Search *search)
{
	double	   *rest = search->trial;

	if (!search->definite)
		return false;
	cl_cholesky_rest(search->all, search->information, ALIASED_SQUARE, search->work, rest);
	return rest[search->n] > 0;
}

static void
fit_new(const ClTobitRows *rows, const ClMemory *memory, ClTobitFit *fit)
{
	int			terms = rows->terms < 0 ? 0 : rows->terms;
	size_t		all = (size_t) terms + 2;

	*fit = (ClTobitFit) {.status = CL_TOBIT_ALL_CENSORED, .terms = terms, .sigma = NAN, .loglik = NAN, .condition = NAN};
	fit->term = cl_allocate(memory, all * sizeof(ClTobitTerm));
	fit->covariance = cl_allocate(memory, all * all * sizeof(double));
	for (size_t j = 0; j < all; j++)
		fit->term[j] = (ClTobitTerm) {.coefficient = NAN};
	for (size_t j = 0; j < all * all; j++)
		fit->covariance[j] = NAN;
}

void
cl_tobit_fit_free(const ClMemory *memory, ClTobitFit *fit)
{
	cl_release(memory, fit->term);
	cl_release(memory, fit->covariance);
}

static void
fit_rows(Search *search, const ClTobitRows *rows, ClTobitFit *fit)
{
	bool		seen = rows->of_kind[CL_TOBIT_EXACT] + rows->of_kind[CL_TOBIT_INTERVAL] > 0;
	double		exact_weight;

	set_frame(search, &exact_weight);
	fit->weight = search->weight;
	if (!seen && (rows->of_kind[CL_TOBIT_LEFT] == 0 || rows->of_kind[CL_TOBIT_RIGHT] == 0))
		return;
	set_start(search);
	start_from_part(search);
	fit->status = run(search);
	fit->iterations = search->iterations;
	if (!seen && (fit->status != CL_TOBIT_CONVERGED || !tells_sigma(search)))
	{
		fit->status = CL_TOBIT_ALL_CENSORED;
		return;
	}
	for (int j = 1; j <= fit->terms; j++)
		fit->term[j].aliased = true;
	/* Densities are those of y as it came. */
	fit->loglik = search->loglik - exact_weight * log(search->frame.y_scale);
	set_coefficients(search, fit);
	if (fit->status == CL_TOBIT_PERFECT_FIT)
		fit->sigma = 0;
	if (fit->status == CL_TOBIT_PERFECT_FIT || fit->status == CL_TOBIT_SEPARATION || !search->definite)
		return;
	fit->condition = condition_of(search);
	if (fit->status == CL_TOBIT_CONVERGED && fit->rank <= fit->terms)
		fit->status = CL_TOBIT_RANK_DEFICIENT;
	set_covariance(search, rows->clustered, fit);
}

void
cl_tobit_fit(const ClTobitRows *rows, const ClMemory *memory, int max_iterations, ClTobitFit *fit)
{
	ClTobitData data = {*memory, NULL, rows->n, 1, rows->terms, cl_tobit_row_head(rows)};
	Search		search;

	fit_new(rows, memory, fit);
	if (rows->n == 0)
		return;
	data.row = cl_tobit_rows_in_order(rows, memory);
	search_init(&search, &data, max_iterations);
	fit_rows(&search, rows, fit);
	search_free(&search);
	cl_release(memory, data.row);
}
