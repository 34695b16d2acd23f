/*
 * logistic_scan.c
 *	  What one scan of the rows adds up: log-likelihood, gradient, information; Firth's correction; the triangle R.
 */
#include "core/logistic_rows.h"

#include <math.h>
#include <string.h>

static ClColumnScan *
scratch_of(ClLogitSums *sums)
{
	if (sums->scratch == NULL)
		sums->scratch = cl_column_scan_new(&sums->memory, sums->size);
	return sums->scratch;
}

void
cl_logit_sums_init(ClLogitSums *sums, const ClMemory *memory, int terms)
{
	sums->memory = *memory;
	sums->size = terms + 1;
	sums->gradient = cl_allocate(memory, (size_t) sums->size * sizeof(ClSum));
	sums->information = cl_allocate(memory, (size_t) sums->size * sums->size * sizeof(ClSum));
	sums->scratch = NULL;
	cl_logit_sums_clear(sums);
}

void
cl_logit_sums_free(ClLogitSums *sums)
{
	cl_release(&sums->memory, sums->gradient);
	cl_release(&sums->memory, sums->information);
	if (sums->scratch != NULL)
		cl_column_scan_free(&sums->memory, sums->scratch);
}

void
cl_logit_sums_clear(ClLogitSums *sums)
{
	sums->loglik = (ClSum) {0, 0};
	memset(sums->gradient, 0, (size_t) sums->size * sizeof(ClSum));
	memset(sums->information, 0, (size_t) sums->size * sums->size * sizeof(ClSum));
}

void
cl_logit_sums_merge(ClLogitSums *into, const ClLogitSums *from)
{
	int			n = into->size * into->size;

	cl_sum_add(&into->loglik, from->loglik.high, from->loglik.low);
	for (int i = 0; i < into->size; i++)
		cl_sum_add(&into->gradient[i], from->gradient[i].high, from->gradient[i].low);
	for (int i = 0; i < n; i++)
		cl_sum_add(&into->information[i], from->information[i].high, from->information[i].low);
}

/*
 * One block: its columns, the linear predictor, and what follows from it for each row
 */

static void
load_columns(ClColumnScan *s, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta)
{
	cl_column_scan_begin(s, block->rows, beta[0]);
	for (int j = 0; j < frame->terms; j++)
	{
		const double *from = block->x + (size_t) frame->column[j] * block->capacity;
		ClPair	   *x = s->x + (size_t) (j + 1) * CL_SCAN_PAIRS;
		double		center = frame->center[j];
		double		factor = 1 / frame->scale[j];
		double		coefficient = beta[j + 1];

		for (int i = 0; i < s->pairs; i++)
		{
			ClPair		value = {from[2 * i], from[2 * i + 1]};

			x[i] = (value - center) * factor;
			s->linear[i] += x[i] * coefficient;
		}
	}
}

/* ln p of what happened, to last digit at either end, and p (1 - p) from the smaller of the two. */
static inline double
weigh_row(ClColumnScan *s, int row, bool event, double weight)
{
	double		linear = ((double *) s->linear)[row];
	double		e = exp(-fabs(linear));
	double		larger = 1 / (1 + e);
	double		smaller = e * larger;
	bool		wrong = (linear < 0) == event;
	double		missed = wrong ? larger : smaller;

	((double *) s->weight)[row] = weight * larger * smaller;
	((double *) s->residual)[row] = event ? weight * missed : -weight * missed;
	((double *) s->extra)[row] = linear < 0 ? 0.5 - smaller : smaller - 0.5;
	return -weight * (log1p(e) + (wrong ? fabs(linear) : 0));
}

static double
weigh_rows(ClColumnScan *s, const ClLogitBlock *block)
{
	double		loglik = 0;

	for (int i = 0; i < block->rows; i++)
		loglik += weigh_row(s, i, block->event[i], block->weight != NULL ? block->weight[i] : 1);
	if (block->rows % 2 == 1)
		((double *) s->weight)[block->rows] = ((double *) s->residual)[block->rows] = 0;
	return loglik;
}

void
cl_logit_sums_add(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta)
{
	ClColumnScan    *s = scratch_of(sums);

	load_columns(s, block, frame, beta);
	cl_sum_add(&sums->loglik, weigh_rows(s, block), 0);
	cl_column_scan_gradient(s, s->residual, sums->gradient);
	cl_column_scan_information(s, sums->information);
}

/* A row of weight w is w rows, each with its own residual. */
void
cl_logit_sums_add_meat(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta)
{
	ClColumnScan    *s = scratch_of(sums);

	load_columns(s, block, frame, beta);
	(void) weigh_rows(s, block);
	for (int i = 0; i < block->rows; i++)
	{
		double		residual = ((double *) s->residual)[i];

		((double *) s->weight)[i] = residual * residual / (block->weight != NULL ? block->weight[i] : 1);
	}
	cl_column_scan_information(s, sums->information);
}

/*
 * Firth: the leverage h of a row is w |x'R^-1|^2. Each row counts as if it came h times more, half of these as events and half
 * not, so that is what it adds to the information too.
 */
void
cl_logit_sums_add_firth(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta,
						const double *inverse)
{
	ClColumnScan    *s = scratch_of(sums);
	ClPair	   *turned = s->product[0];
	ClPair	   *leverage = s->product[1];

	load_columns(s, block, frame, beta);
	(void) weigh_rows(s, block);
	memset(leverage, 0, (size_t) s->pairs * sizeof(ClPair));
	for (int k = 0; k < s->size; k++)
	{
		memset(turned, 0, (size_t) s->pairs * sizeof(ClPair));
		for (int j = 0; j <= k; j++)
		{
			double		factor = inverse[j * s->size + k];

			for (int i = 0; i < s->pairs; i++)
				turned[i] += s->x[(size_t) j * CL_SCAN_PAIRS + i] * factor;
		}
		for (int i = 0; i < s->pairs; i++)
			leverage[i] += turned[i] * turned[i];
	}
	for (int i = 0; i < s->pairs; i++)
	{
		ClPair		added = leverage[i] * s->weight[i];

		s->residual[i] = added * s->extra[i];
		s->weight[i] *= added;
	}
	cl_column_scan_gradient(s, s->residual, sums->gradient);
	cl_column_scan_information(s, sums->information);
}

/*
 * The triangle: each block is eliminated against it by Householder reflections.
 */

static void
eliminate(ClColumnScan *s, double *triangle, int n)
{
	for (int j = 0; j < n; j++)
	{
		ClPair	   *x = s->x + (size_t) j * CL_SCAN_PAIRS;
		double		squares = cl_pairs_dot(x, x, s->pairs);
		double		pivot = triangle[j * n + j];
		double		norm = sqrt(pivot * pivot + squares);
		double		head;

		if (squares == 0)
			continue;
		if (pivot > 0)
			norm = -norm;
		/* v = (head, x): the reflection is 1 - 2 v v' / v'v, and v'v = -2 norm head. */
		head = pivot - norm;
		triangle[j * n + j] = norm;
		for (int k = j + 1; k < n; k++)
		{
			ClPair	   *y = s->x + (size_t) k * CL_SCAN_PAIRS;
			double		factor = (head * triangle[j * n + k] + cl_pairs_dot(x, y, s->pairs)) / (-norm * head);

			triangle[j * n + k] -= factor * head;
			for (int i = 0; i < s->pairs; i++)
				y[i] -= x[i] * factor;
		}
	}
}

void
cl_logit_triangle_add(ClLogitSums *sums, const ClLogitBlock *block, const ClLogitFrame *frame, const double *beta,
					  double *triangle)
{
	ClColumnScan    *s = scratch_of(sums);
	int			last = s->size - 1;
	double	   *column = (double *) (s->x + (size_t) last * CL_SCAN_PAIRS);

	/* The last column of the frame is a place for the working residual. */
	load_columns(s, block, frame, beta);
	cl_sum_add(&sums->loglik, weigh_rows(s, block), 0);
	for (int i = 0; i < 2 * s->pairs; i++)
	{
		double		root = sqrt(((double *) s->weight)[i]);

		for (int j = 0; j < last; j++)
			((double *) (s->x + (size_t) j * CL_SCAN_PAIRS))[i] *= root;
		column[i] = root > 0 ? ((double *) s->residual)[i] / root : 0;
	}
	eliminate(s, triangle, s->size);
}
