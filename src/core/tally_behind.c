/*
 * tally_behind.c
 *	  Values that wait behind the distinct ones of a tally: rows with a weight, and what other tallies counted.
 *
 * They are sorted and folded in when there are as many of them as of those before, so each value is moved a constant number of
 * times on the average, however small the portions are in which they come.
 */
#include "core/tally_internal.h"

#include "core/sort.h"

#define FIRST_SIZE 16
#define FIRST_PATIENCE 1024

static void
reserve(ClTally *tally, size_t size)
{
	if (size <= tally->size_count)
		return;
	tally->memory.breathe();
	tally->count = cl_reallocate(&tally->memory, tally->count, size * sizeof(ClTallyCount));
	if (tally->kind == CL_TALLY_WEIGHTS)
		tally->extra = cl_reallocate(&tally->memory, tally->extra, size * sizeof(ClTallyExtra));
	tally->size_count = size;
}

/* The values that wait, in order. */
static ClKeyed *
order_behind(const ClTally *tally)
{
	ClKeyed    *order = cl_allocate(&tally->memory, tally->n_behind * sizeof(ClKeyed));

	for (size_t i = 0; i < tally->n_behind; i++)
		order[i] = (ClKeyed) {tally->count[tally->n_count + i].key, tally->n_count + i};
	cl_sort_keyed(&tally->memory, order, tally->n_behind);
	return order;
}

static void
add_extra(ClTallyExtra *extra, const ClTallyExtra *more)
{
	for (int class = 0; class < 2; class++)
	{
		cl_exact_sum_merge(&extra->weight[class], &more->weight[class]);
		extra->amount[class] += more->amount[class];
	}
}

/* The distinct values, and those behind them, become one ascending array. */
void
cl_tally_fold(ClTally *tally)
{
	const ClMemory *memory = &tally->memory;
	size_t		size = tally->n_count + tally->n_behind;
	bool		weighted = tally->kind == CL_TALLY_WEIGHTS;
	ClKeyed    *order;
	ClTallyCount *count;
	ClTallyExtra *extra = NULL;
	size_t		n = 0;
	size_t		i = 0;
	size_t		j = 0;

	if (tally->n_behind == 0)
		return;
	order = order_behind(tally);
	count = cl_allocate(memory, size * sizeof(ClTallyCount));
	if (weighted)
		extra = cl_allocate(memory, size * sizeof(ClTallyExtra));
	while (i < tally->n_count || j < tally->n_behind)
	{
		bool		behind = i == tally->n_count || (j < tally->n_behind && order[j].key < tally->count[i].key);
		size_t		at = behind ? (size_t) order[j++].row : i++;

		if (((i + j) & 0xFFFF) == 0)
			memory->breathe();
		if (n > 0 && count[n - 1].key == tally->count[at].key)
		{
			count[n - 1].n[0] += tally->count[at].n[0];
			count[n - 1].n[1] += tally->count[at].n[1];
			if (weighted)
				add_extra(&extra[n - 1], &tally->extra[at]);
			continue;
		}
		count[n] = tally->count[at];
		if (weighted)
			extra[n] = tally->extra[at];
		n++;
	}
	cl_release(memory, order);
	cl_release(memory, tally->count);
	cl_release(memory, tally->extra);
	tally->count = count;
	tally->extra = extra;
	tally->n_count = n;
	tally->n_behind = 0;
	tally->size_count = size;
}

/* Room for so many more: folds the waiting ones in, and takes more memory if that did not give enough. */
static void
make_room(ClTally *tally, size_t more)
{
	size_t		wanted;

	if (tally->n_count + tally->n_behind + more <= tally->size_count)
		return;
	if (tally->n_behind >= FIRST_PATIENCE && tally->n_behind >= tally->n_count)
		cl_tally_fold(tally);
	wanted = 2 * (tally->n_count + tally->n_behind) + more;
	reserve(tally, wanted > FIRST_SIZE ? wanted : FIRST_SIZE);
}

void
cl_tally_recount(ClTally *tally)
{
	tally->counted[0] = tally->counted[1] = 0;
	for (size_t i = 0; i < tally->n_count + tally->n_behind; i++)
	{
		tally->counted[0] += tally->count[i].n[0];
		tally->counted[1] += tally->count[i].n[1];
	}
}

void
cl_tally_append(ClTally *tally, const ClTallyCount *count, const ClTallyExtra *extra, size_t n)
{
	size_t		at;

	if (n == 0)
		return;
	make_room(tally, n);
	at = tally->n_count + tally->n_behind;
	memcpy(tally->count + at, count, n * sizeof(ClTallyCount));
	if (tally->kind == CL_TALLY_WEIGHTS)
		memcpy(tally->extra + at, extra, n * sizeof(ClTallyExtra));
	tally->n_behind += n;
	for (size_t i = 0; i < n; i++)
	{
		tally->counted[0] += count[i].n[0];
		tally->counted[1] += count[i].n[1];
	}
}

/* A row that weighs nothing is no row. */
void
cl_tally_add_weighted(ClTally *tally, double value, bool event, double weight, cl_int128 amount)
{
	size_t		at;

	if (weight == 0)
		return;
	make_room(tally, 1);
	at = tally->n_count + tally->n_behind++;
	memset(&tally->count[at], 0, sizeof(ClTallyCount));
	memset(&tally->extra[at], 0, sizeof(ClTallyExtra));
	tally->count[at].key = cl_tally_key(value);
	tally->count[at].n[event] = 1;
	tally->counted[event]++;
	tally->extra[at].weight[event].high = weight;
	tally->extra[at].amount[event] = amount;
}
