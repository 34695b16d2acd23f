/*
 * auc_test.c
 *	  Paired comparison of two AUCs: DeLong, DeLong and Clarke-Pearson (1988), in O(n log n) by sorting (Sun and Xu 2014).
 *
 * Placements are twice the number of rows of the other class that are placed correctly against a row, ties one half; being
 * whole numbers, their sums and products are exact, and the order of the rows does not matter.
 */
#include "core/auc_test.h"

#include <math.h>

#include "core/sort.h"

#define FIRST_ROWS 32

void
cl_auc_pairs_init(ClAucPairs *pairs, const ClMemory *memory)
{
	memset(pairs, 0, sizeof(ClAucPairs));
	pairs->memory = *memory;
}

static void
reserve(ClAucPairs *pairs, int class, size_t rows)
{
	size_t		size = pairs->size[class];

	if (rows <= size)
		return;
	size = 2 * size > rows ? 2 * size : rows;
	size = size > FIRST_ROWS ? size : FIRST_ROWS;
	pairs->memory.check_for_interrupts();
	pairs->key[class] = cl_reallocate(&pairs->memory, pairs->key[class], 2 * size * sizeof(uint64_t));
	pairs->size[class] = size;
}

void
cl_auc_pairs_add(ClAucPairs *pairs, uint64_t key_a, uint64_t key_b, int class)
{
	size_t		at = pairs->n[class];

	if (at == pairs->size[class])
		reserve(pairs, class, at + 1);
	pairs->key[class][2 * at] = key_a;
	pairs->key[class][2 * at + 1] = key_b;
	pairs->n[class]++;
}

void
cl_auc_pairs_append(ClAucPairs *pairs, int class, const uint64_t *key, size_t rows)
{
	if (rows == 0)
		return;
	reserve(pairs, class, pairs->n[class] + rows);
	memcpy(pairs->key[class] + 2 * pairs->n[class], key, 2 * rows * sizeof(uint64_t));
	pairs->n[class] += rows;
}

/* The rows of a class from the safest score to the riskiest. */
static ClKeyed *
in_order(const ClAucPairs *pairs, int class, int score, bool higher_is_riskier)
{
	size_t		n = pairs->n[class];
	ClKeyed    *order = cl_allocate(&pairs->memory, n * sizeof(ClKeyed));

	for (size_t row = 0; row < n; row++)
	{
		uint64_t	key = pairs->key[class][2 * row + score];

		order[row] = (ClKeyed) {higher_is_riskier ? key : ~key, row};
	}
	cl_sort_keyed(&pairs->memory, order, n);
	return order;
}

/* placement[class][row] under one of the scores */
static void
place(const ClAucPairs *pairs, int score, bool higher_is_riskier, int64_t *placement[2])
{
	ClKeyed    *order[2];
	size_t		start[2] = {0, 0};
	unsigned	steps = 0;

	for (int class = 0; class < 2; class++)
		order[class] = in_order(pairs, class, score, higher_is_riskier);
	while (start[0] < pairs->n[0] || start[1] < pairs->n[1])
	{
		size_t		end[2] = {start[0], start[1]};
		int			class = start[0] == pairs->n[0] ||
			(start[1] < pairs->n[1] && order[1][start[1]].key < order[0][start[0]].key);
		uint64_t	key = order[class][start[class]].key;

		if ((++steps & 0xFFFF) == 0)
			pairs->memory.check_for_interrupts();
		for (int c = 0; c < 2; c++)
		{
			while (end[c] < pairs->n[c] && order[c][end[c]].key == key)
				end[c]++;
		}
		for (size_t i = start[CL_EVENT]; i < end[CL_EVENT]; i++)
			placement[CL_EVENT][order[CL_EVENT][i].row] = (int64_t) (start[CL_NON_EVENT] + end[CL_NON_EVENT]);
		for (size_t i = start[CL_NON_EVENT]; i < end[CL_NON_EVENT]; i++)
			placement[CL_NON_EVENT][order[CL_NON_EVENT][i].row] =
				(int64_t) (2 * pairs->n[CL_EVENT] - start[CL_EVENT] - end[CL_EVENT]);
		start[0] = end[0];
		start[1] = end[1];
	}
	cl_release(&pairs->memory, order[0]);
	cl_release(&pairs->memory, order[1]);
}

static cl_int128
sum_of(const int64_t *x, size_t n)
{
	cl_int128	sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return sum;
}

/* Sample variance of a - b. */
static double
variance_of_difference(const int64_t *a, const int64_t *b, size_t n)
{
	cl_int128	sum = sum_of(a, n) - sum_of(b, n);
	int64_t		center = (int64_t) (sum / (cl_int128) n);
	cl_int128	squares = 0;
	double		beyond = (double) (sum - (cl_int128) center * (cl_int128) n);

	for (size_t i = 0; i < n; i++)
	{
		cl_int128	deviation = (cl_int128) a[i] - b[i] - center;

		squares += deviation * deviation;
	}
	return ((double) squares - beyond * beyond / (double) n) / ((double) n - 1);
}

bool
cl_auc_test(const ClAucPairs *pairs, const bool *higher_is_riskier, ClAucTest *test)
{
	const ClMemory *memory = &pairs->memory;
	const size_t *n = pairs->n;
	int64_t    *placement[2][2];	/* [score][class] */

	if (n[0] == 0 || n[1] == 0)
		return false;
	test->variance = 0;
	for (int score = 0; score < 2; score++)
	{
		for (int class = 0; class < 2; class++)
			placement[score][class] = cl_allocate(memory, n[class] * sizeof(int64_t));
		place(pairs, score, higher_is_riskier[score], placement[score]);
		test->auc[score] = (double) sum_of(placement[score][CL_EVENT], n[CL_EVENT]) / 2 / ((double) n[0] * (double) n[1]);
	}
	for (int class = 0; class < 2; class++)
	{
		double		scale = 2 * (double) n[1 - class];

		memory->check_for_interrupts();
		test->variance += n[class] < 2 ? NAN :
			variance_of_difference(placement[0][class], placement[1][class], n[class]) / (scale * scale) / (double) n[class];
		cl_release(memory, placement[0][class]);
		cl_release(memory, placement[1][class]);
	}
	return true;
}
