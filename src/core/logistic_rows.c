/*
 * logistic_rows.c
 *	  Rows of a logistic regression in blocks of columns.
 */
#include "core/logistic_rows.h"

#include <math.h>
#include <string.h>

#define FIRST_CAPACITY 8

/* What is smaller than this in a column counts in units of 2^-600. */
#define TINY 1e-100
#define TINY_EXPONENT 600

void
cl_logit_rows_init(ClLogitRows *rows, const ClMemory *memory, bool weighted)
{
	memset(rows, 0, sizeof(ClLogitRows));
	rows->memory = *memory;
	rows->terms = -1;
	rows->weighted = weighted;
}

void
cl_logit_rows_free(ClLogitRows *rows)
{
	while (rows->first != NULL)
	{
		ClLogitBlock *next = rows->first->next;

		cl_release(&rows->memory, rows->first);
		rows->first = next;
	}
	rows->last = NULL;
}

ClLogitBlock *
cl_logit_block_new(const ClMemory *memory, int terms, bool weighted, int capacity)
{
	size_t		values = (size_t) capacity * (size_t) (terms + weighted);
	size_t		size = sizeof(ClLogitBlock) + values * sizeof(double) + (size_t) capacity;
	ClLogitBlock *block = cl_allocate(memory, size);

	/* An odd number of rows is followed by one that is scanned, too, and counts nothing. */
	memset(block, 0, size);
	block->capacity = capacity;
	block->x = (double *) (block + 1);
	block->weight = weighted ? block->x + (size_t) capacity * terms : NULL;
	block->event = (unsigned char *) (block->x + values);
	return block;
}

static void
append_block(ClLogitRows *rows, int capacity)
{
	ClLogitBlock *block = cl_logit_block_new(&rows->memory, rows->terms, rows->weighted, capacity);

	if (rows->last == NULL)
		rows->first = block;
	else
		rows->last->next = block;
	rows->last = block;
}

/* A block twice as large as the one before: small groups take little, large ones waste little. */
static void
append_next_block(ClLogitRows *rows)
{
	int			capacity = rows->last == NULL ? FIRST_CAPACITY : rows->last->capacity * 2;

	append_block(rows, capacity > CL_SCAN_ROWS ? CL_SCAN_ROWS : capacity);
}

/* The block has room. */
void
cl_logit_block_add(ClLogitBlock *block, int terms, const double *x, bool event, double weight)
{
	double	   *to = block->x + block->rows;

	for (int j = 0; j < terms; j++)
		to[(size_t) j * block->capacity] = x[j];
	block->event[block->rows] = event;
	if (block->weight != NULL)
		block->weight[block->rows] = weight;
	block->rows++;
}

/* rows->terms is set by then. */
void
cl_logit_rows_add(ClLogitRows *rows, const double *x, bool event, double weight)
{
	if (rows->last == NULL || rows->last->rows == rows->last->capacity)
		append_next_block(rows);
	cl_logit_block_add(rows->last, rows->terms, x, event, weight);
	rows->n++;
	rows->n_event += event;
}

/* Every stride-th row, the first of them in the middle of the stride. */
void
cl_logit_rows_copy(const ClLogitRows *rows, int64_t stride, ClLogitRows *sample)
{
	double	   *x = cl_allocate(&rows->memory, (size_t) (rows->terms + 1) * sizeof(double));
	int64_t		next = stride / 2;
	int64_t		before = 0;

	sample->terms = rows->terms;
	for (const ClLogitBlock *block = rows->first; block != NULL; block = block->next)
	{
		for (; next < before + block->rows; next += stride)
		{
			int			row = (int) (next - before);

			cl_logit_block_row(block, rows->terms, row, x);
			cl_logit_rows_add(sample, x, block->event[row], block->weight != NULL ? block->weight[row] : 1);
		}
		before += block->rows;
	}
	cl_release(&rows->memory, x);
}

ClLogitBlock *
cl_logit_rows_append(ClLogitRows *rows, int n)
{
	append_block(rows, (n + 1) / 2 * 2);
	rows->last->rows = n;
	rows->n += n;
	return rows->last;
}

/* Both have the same terms, or one has no rows. */
void
cl_logit_rows_merge(ClLogitRows *into, const ClLogitRows *from)
{
	if (into->terms < 0)
		into->terms = from->terms;
	for (const ClLogitBlock *block = from->first; block != NULL; block = block->next)
	{
		ClLogitBlock *copy = cl_logit_rows_append(into, block->rows);
		size_t		n = (size_t) block->rows;

		memcpy(copy->event, block->event, n);
		for (int j = 0; j < into->terms + into->weighted; j++)
			memcpy(copy->x + (size_t) j * copy->capacity, block->x + (size_t) j * block->capacity, n * sizeof(double));
	}
	into->n_event += from->n_event;
}

/*
 * Moments: of each block by itself, then together (Chan, Golub and LeVeque 1983, The American Statistician 37, 242).
 */

static double
block_weight(const ClLogitBlock *block, int row)
{
	return block->weight != NULL ? block->weight[row] : 1;
}

static void
add_block_totals(const ClLogitBlock *block, double *weight, double *event_weight)
{
	*weight = *event_weight = 0;
	for (int i = 0; i < block->rows; i++)
	{
		*weight += block_weight(block, i);
		*event_weight += block->event[i] ? block_weight(block, i) : 0;
	}
}

static void
column_moments(const ClLogitBlock *block, const double *x, double unit, double weight, double *mean, double *squares)
{
	double		sum = 0;

	*squares = 0;
	for (int i = 0; i < block->rows; i++)
		sum += block_weight(block, i) * (x[i] * unit);
	*mean = sum / weight;
	for (int i = 0; i < block->rows; i++)
		*squares += block_weight(block, i) * (x[i] * unit - *mean) * (x[i] * unit - *mean);
}

/* A power of two that keeps squares of tiny numbers away from 0; 1 for all others. */
static double
unit_of_column(const ClLogitRows *rows, int j)
{
	double		largest = 0;

	for (const ClLogitBlock *block = rows->first; block != NULL; block = block->next)
	{
		for (int i = 0; i < block->rows; i++)
			largest = fmax(largest, fabs(block->x[(size_t) j * block->capacity + i]));
	}
	return largest > 0 && largest < TINY ? ldexp(1, TINY_EXPONENT) : 1;
}

void
cl_logit_moments(const ClLogitRows *rows, ClLogitTotals *totals, double *mean, double *deviation)
{
	double		before = 0;
	double	   *unit = cl_allocate(&rows->memory, (size_t) rows->terms * sizeof(double));
	ClSum		event_weight = {0, 0};
	ClSum		weight = {0, 0};

	memset(mean, 0, (size_t) rows->terms * sizeof(double));
	memset(deviation, 0, (size_t) rows->terms * sizeof(double));
	for (int j = 0; j < rows->terms; j++)
		unit[j] = unit_of_column(rows, j);
	for (const ClLogitBlock *block = rows->first; block != NULL; block = block->next)
	{
		double		own;
		double		own_event;

		rows->memory.check_for_interrupts();
		add_block_totals(block, &own, &own_event);
		cl_sum_add(&weight, own, 0);
		cl_sum_add(&event_weight, own_event, 0);
		for (int j = 0; own > 0 && j < rows->terms; j++)
		{
			double		block_mean;
			double		squares;
			double		apart;

			column_moments(block, block->x + (size_t) j * block->capacity, unit[j], own, &block_mean, &squares);
			apart = block_mean - mean[j];
			mean[j] += apart * (own / (before + own));
			deviation[j] += squares + apart * apart * (before * own / (before + own));
		}
		before += own;
	}
	totals->weight = weight.high;
	totals->event_weight = event_weight.high;
	for (int j = 0; j < rows->terms && before > 0; j++)
	{
		mean[j] /= unit[j];
		deviation[j] = sqrt(deviation[j] / before) / unit[j];
	}
	cl_release(&rows->memory, unit);
}
