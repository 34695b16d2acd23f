/*
 * logistic_memory.c
 *	  Rows in memory as the source of a fit.
 *
 * Most of a fit's scans are spent far from the answer, where a part of the rows would do as well. So a large fit begins with
 * the coefficients of a sixteenth of its rows, which are as close as their own standard errors; from there Newton's method,
 * which doubles the digits that are right, needs three or four scans.
 */
#include <math.h>
#include <string.h>

#include "core/logistic.h"

#define PART 16
#define LEAST_ROWS_OF_PART 2000
#define LEAST_ROWS_PER_TERM 50

typedef struct Scan
{
	const ClLogitRows *rows;
	ClLogitSums sums;
} Scan;

static void
scan_open(Scan *scan, const ClLogitRows *rows, int terms)
{
	scan->rows = rows;
	cl_logit_sums_init(&scan->sums, &rows->memory, terms);
}

static double
evaluate(void *data, const ClLogitFrame *frame, const double *beta, double *gradient, double *information)
{
	int			n = frame->terms + 1;
	double		loglik;
	Scan		scan;

	scan_open(&scan, data, frame->terms);
	for (const ClLogitBlock *block = scan.rows->first; block != NULL; block = block->next)
	{
		cl_logit_sums_add(&scan.sums, block, frame, beta);
		scan.rows->memory.check_for_interrupts();
	}
	for (int j = 0; j < n; j++)
		gradient[j] = scan.sums.gradient[j].high;
	for (int j = 0; j < n; j++)
	{
		for (int k = 0; k <= j; k++)
			information[j * n + k] = information[k * n + j] = scan.sums.information[j * n + k].high;
	}
	loglik = scan.sums.loglik.high;
	cl_logit_sums_free(&scan.sums);
	return loglik;
}

static void
firth(void *data, const ClLogitFrame *frame, const double *beta, const double *inverse, double *gradient, double *information)
{
	int			n = frame->terms + 1;
	Scan		scan;

	scan_open(&scan, data, frame->terms);
	for (const ClLogitBlock *block = scan.rows->first; block != NULL; block = block->next)
	{
		cl_logit_sums_add_firth(&scan.sums, block, frame, beta, inverse);
		scan.rows->memory.check_for_interrupts();
	}
	for (int j = 0; j < n; j++)
	{
		gradient[j] += scan.sums.gradient[j].high;
		for (int k = 0; k <= j; k++)
		{
			information[j * n + k] += scan.sums.information[j * n + k].high;
			information[k * n + j] = information[j * n + k];
		}
	}
	cl_logit_sums_free(&scan.sums);
}

static void
meat(void *data, const ClLogitFrame *frame, const double *beta, double *information)
{
	int			n = frame->terms + 1;
	Scan		scan;

	scan_open(&scan, data, frame->terms);
	for (const ClLogitBlock *block = scan.rows->first; block != NULL; block = block->next)
	{
		cl_logit_sums_add_meat(&scan.sums, block, frame, beta);
		scan.rows->memory.check_for_interrupts();
	}
	for (int j = 0; j < n; j++)
	{
		for (int k = 0; k <= j; k++)
			information[j * n + k] = information[k * n + j] = scan.sums.information[j * n + k].high;
	}
	cl_logit_sums_free(&scan.sums);
}

static double
triangle(void *data, const ClLogitFrame *frame, const double *beta, double *gradient, double *result)
{
	int			n = frame->terms + 1;
	size_t		size = (size_t) (n + 1) * (size_t) (n + 1) * sizeof(double);
	double		loglik;
	double	   *whole;
	Scan		scan;

	/* One column more than the frame has: the scan puts the working residual there. */
	scan_open(&scan, data, frame->terms + 1);
	whole = cl_allocate(&scan.rows->memory, size);
	memset(whole, 0, size);
	for (const ClLogitBlock *block = scan.rows->first; block != NULL; block = block->next)
	{
		cl_logit_triangle_add(&scan.sums, block, frame, beta, whole);
		scan.rows->memory.check_for_interrupts();
	}
	/* The last column of the triangle that was added up is that of the working residual; R' times it is the gradient. */
	for (int j = 0; j < n; j++)
	{
		gradient[j] = 0;
		for (int i = 0; i <= j; i++)
			gradient[j] += whole[i * (n + 1) + j] * whole[i * (n + 1) + n];
		for (int k = 0; k < n; k++)
			result[j * n + k] = k < j ? 0 : whole[j * (n + 1) + k];
	}
	loglik = scan.sums.loglik.high;
	cl_release(&scan.rows->memory, whole);
	cl_logit_sums_free(&scan.sums);
	return loglik;
}

void
cl_logit_memory_source(const ClLogitRows *rows, const ClMemory *memory, ClLogitMemorySource *source)
{
	int			terms = rows->terms < 0 ? 0 : rows->terms;
	double	   *mean = cl_allocate(memory, 2 * (size_t) terms * sizeof(double));
	double	   *scale = mean + terms;

	source->rows = rows;
	source->moments = mean;
	source->source = (ClLogitSource) {(void *) rows, terms, {0, 0}, mean, scale, evaluate, firth, meat, triangle};
	if (rows->terms >= 0)
		cl_logit_moments(rows, &source->source.totals, mean, scale);
	/* What is constant but for the last digits of its mean is constant; so is what no coefficient could be large enough for. */
	for (int j = 0; j < terms; j++)
		scale[j] = scale[j] > 1e-15 * fabs(mean[j]) && scale[j] > CL_LOGIT_LEAST_SPREAD ? scale[j] : 0;
}

void
cl_logit_memory_source_free(const ClMemory *memory, ClLogitMemorySource *source)
{
	cl_release(memory, source->moments);
}

static void
fit_all_columns(const ClLogitRows *rows, const ClMemory *memory, const ClLogitOptions *options, const double *start,
				ClLogitFit *fit)
{
	ClLogitMemorySource source;
	int		   *columns;

	cl_logit_memory_source(rows, memory, &source);
	columns = cl_allocate(memory, (size_t) source.source.terms * sizeof(int));
	for (int j = 0; j < source.source.terms; j++)
		columns[j] = j;
	cl_logit_fit(&source.source, memory, options, columns, source.source.terms, start, fit);
	cl_release(memory, columns);
	cl_logit_memory_source_free(memory, &source);
}

/* Coefficients of a part of the rows, or NULL when they are too few or have no answer. */
static double *
start_from_part(const ClLogitRows *rows, const ClMemory *memory, const ClLogitOptions *options)
{
	double	   *start = NULL;
	ClLogitRows part;
	ClLogitFit	fit;

	if (rows->n / PART < LEAST_ROWS_OF_PART || rows->n / PART < (int64_t) rows->terms * LEAST_ROWS_PER_TERM)
		return NULL;
	cl_logit_rows_init(&part, memory, rows->weighted);
	cl_logit_rows_copy(rows, PART, &part);
	cl_logit_fit_rows(&part, memory, options, &fit);
	cl_logit_rows_free(&part);
	if (fit.status == CL_LOGIT_CONVERGED || fit.status == CL_LOGIT_RANK_DEFICIENT || fit.status == CL_LOGIT_BOUNDED)
	{
		start = cl_allocate(memory, ((size_t) rows->terms + 1) * sizeof(double));
		for (int j = 0; j <= rows->terms; j++)
			start[j] = fit.term[j].coefficient;
	}
	cl_logit_fit_free(memory, &fit);
	return start;
}

void
cl_logit_fit_rows(const ClLogitRows *rows, const ClMemory *memory, const ClLogitOptions *options, ClLogitFit *fit)
{
	double	   *start = start_from_part(rows, memory, options);

	fit_all_columns(rows, memory, options, start, fit);
	cl_release(memory, start);
}
