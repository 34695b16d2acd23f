/*
 * column_scan.c
 *	  Blocks of rows in columns, and sums of products of these.
 */
#include "core/column_scan.h"

#include <stdint.h>
#include <string.h>

#define ROUND_UP(n, to) (((n) + (to) - 1) / (to) * (to))

static ClPair *
aligned(void *memory)
{
	return (ClPair *) (((uintptr_t) memory + 15) & ~(uintptr_t) 15);
}

ClColumnScan *
cl_column_scan_new(const ClMemory *memory, int size)
{
	int			columns = ROUND_UP(size, 4);
	size_t		pairs = (size_t) (columns + 6) * CL_SCAN_PAIRS;
	size_t		values = (size_t) columns * (size_t) (columns + 1);
	ClColumnScan *scan = cl_allocate(memory, sizeof(ClColumnScan));
	ClPair	   *next;

	scan->allocated = cl_allocate(memory, pairs * sizeof(ClPair) + values * sizeof(double) + 16);
	next = aligned(scan->allocated);
	memset(next, 0, pairs * sizeof(ClPair));
	scan->size = size;
	scan->columns = columns;
	scan->x = next;
	next += (size_t) columns * CL_SCAN_PAIRS;
	scan->linear = next;
	scan->weight = next + CL_SCAN_PAIRS;
	scan->residual = next + 2 * CL_SCAN_PAIRS;
	scan->extra = next + 3 * CL_SCAN_PAIRS;
	scan->product[0] = next + 4 * CL_SCAN_PAIRS;
	scan->product[1] = next + 5 * CL_SCAN_PAIRS;
	scan->block = (double *) (next + 6 * CL_SCAN_PAIRS);
	scan->side = scan->block + (size_t) columns * columns;
	return scan;
}

void
cl_column_scan_free(const ClMemory *memory, ClColumnScan *scan)
{
	cl_release(memory, scan->allocated);
	cl_release(memory, scan);
}

void
cl_column_scan_begin(ClColumnScan *scan, int rows, double intercept)
{
	scan->pairs = (rows + 1) / 2;
	for (int i = 0; i < scan->pairs; i++)
	{
		scan->x[i] = (ClPair) {1, 1};
		scan->linear[i] = (ClPair) {intercept, intercept};
	}
}

/*
 * Products of columns. Two of them with four at a time: eight sums that stay in registers.
 */

static inline double
both(ClPair sum)
{
	return sum[0] + sum[1];
}

static void
products_of_two(const ClPair *a, const ClPair *b, const ClPair *x, int pairs, double *to_a, double *to_b)
{
	ClPair		a0 = {0, 0}, a1 = {0, 0}, a2 = {0, 0}, a3 = {0, 0};
	ClPair		b0 = {0, 0}, b1 = {0, 0}, b2 = {0, 0}, b3 = {0, 0};

	for (int i = 0; i < pairs; i++)
	{
		ClPair		x0 = x[i], x1 = x[i + CL_SCAN_PAIRS], x2 = x[i + 2 * CL_SCAN_PAIRS], x3 = x[i + 3 * CL_SCAN_PAIRS];

		a0 += a[i] * x0;
		b0 += b[i] * x0;
		a1 += a[i] * x1;
		b1 += b[i] * x1;
		a2 += a[i] * x2;
		b2 += b[i] * x2;
		a3 += a[i] * x3;
		b3 += b[i] * x3;
	}
	to_a[0] = both(a0);
	to_a[1] = both(a1);
	to_a[2] = both(a2);
	to_a[3] = both(a3);
	to_b[0] = both(b0);
	to_b[1] = both(b1);
	to_b[2] = both(b2);
	to_b[3] = both(b3);
}

static void
products_of_one(const ClPair *a, const ClPair *x, int pairs, double *to)
{
	ClPair		sum[4] = {{0, 0}, {0, 0}, {0, 0}, {0, 0}};

	for (int i = 0; i < pairs; i++)
	{
		for (int k = 0; k < 4; k++)
			sum[k] += a[i] * x[i + k * CL_SCAN_PAIRS];
	}
	for (int k = 0; k < 4; k++)
		to[k] = both(sum[k]);
}

void
cl_column_scan_gradient(ClColumnScan *s, const ClPair *row, ClSum *gradient)
{
	for (int j = 0; j < s->columns; j += 4)
		products_of_one(row, s->x + (size_t) j * CL_SCAN_PAIRS, s->pairs, s->side + j);
	for (int j = 0; j < s->size; j++)
		cl_sum_add(&gradient[j], s->side[j], 0);
}

void
cl_column_scan_information(ClColumnScan *s, ClSum *information)
{
	for (int j = 0; j < s->size; j += 2)
	{
		const ClPair *x = s->x + (size_t) j * CL_SCAN_PAIRS;

		for (int i = 0; i < s->pairs; i++)
		{
			s->product[0][i] = s->weight[i] * x[i];
			s->product[1][i] = s->weight[i] * x[i + CL_SCAN_PAIRS];
		}
		for (int k = 0; k <= j + 1; k += 4)
			products_of_two(s->product[0], s->product[1], s->x + (size_t) k * CL_SCAN_PAIRS, s->pairs,
							s->block + (size_t) j * s->columns + k, s->block + (size_t) (j + 1) * s->columns + k);
	}
	for (int j = 0; j < s->size; j++)
	{
		for (int k = 0; k <= j; k++)
			cl_sum_add(&information[j * s->size + k], s->block[j * s->columns + k], 0);
	}
}

double
cl_pairs_dot(const ClPair *x, const ClPair *y, int pairs)
{
	ClPair		sum = {0, 0};

	for (int i = 0; i < pairs; i++)
		sum += x[i] * y[i];
	return both(sum);
}
