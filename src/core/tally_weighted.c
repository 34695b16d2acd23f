/*
 * tally_weighted.c
 *	  The tally of rows that have a weight and an amount.
 *
 * Rows stand behind the distinct values, as values of one row each; when the array is full they are sorted and folded in.
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
	tally->count = cl_reallocate(&tally->memory, tally->count, size * sizeof(ClTallyCount));
	tally->extra = cl_reallocate(&tally->memory, tally->extra, size * sizeof(ClTallyExtra));
	tally->size_count = size;
}

static void
fold(ClTallyCount *count, ClTallyExtra *extra, const ClTallyCount *more, const ClTallyExtra *more_extra)
{
	for (int class = 0; class < 2; class++)
	{
		count->n[class] += more->n[class];
		cl_sum_add(&extra->weight[class], more_extra->weight[class].high, more_extra->weight[class].low);
		extra->amount[class] += more_extra->amount[class];
	}
}

/* The rows behind the distinct values, in order. */
static ClKeyed *
order_behind(const ClTally *tally)
{
	ClKeyed    *order = cl_allocate(&tally->memory, tally->n_behind * sizeof(ClKeyed));

	for (size_t i = 0; i < tally->n_behind; i++)
		order[i] = (ClKeyed) {tally->count[tally->n_count + i].key, tally->n_count + i};
	cl_sort_keyed(&tally->memory, order, tally->n_behind);
	return order;
}

void
cl_tally_settle_weighted(ClTally *tally)
{
	const ClMemory *memory = &tally->memory;
	size_t		size = tally->n_count + tally->n_behind;
	ClKeyed    *order;
	ClTallyCount *count;
	ClTallyExtra *extra;
	size_t		n = 0;
	size_t		i = 0;
	size_t		j = 0;

	if (tally->n_behind == 0)
		return;
	order = order_behind(tally);
	count = cl_allocate(memory, size * sizeof(ClTallyCount));
	extra = cl_allocate(memory, size * sizeof(ClTallyExtra));
	while (i < tally->n_count || j < tally->n_behind)
	{
		bool		behind = i == tally->n_count || (j < tally->n_behind && order[j].key < tally->count[i].key);
		size_t		at = behind ? (size_t) order[j++].row : i++;

		if (n > 0 && count[n - 1].key == tally->count[at].key)
			fold(&count[n - 1], &extra[n - 1], &tally->count[at], &tally->extra[at]);
		else
		{
			count[n] = tally->count[at];
			extra[n++] = tally->extra[at];
		}
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

/* Room for one more: folds the waiting rows in, and takes more memory if that did not give enough. */
static void
make_room(ClTally *tally)
{
	size_t		least;

	if (tally->n_count + tally->n_behind < tally->size_count)
		return;
	tally->memory.breathe();
	if (tally->n_behind >= FIRST_PATIENCE && tally->n_behind >= tally->n_count)
		cl_tally_settle_weighted(tally);
	least = 2 * (tally->n_count + tally->n_behind);
	reserve(tally, least > FIRST_SIZE ? least : FIRST_SIZE);
}

/* A row that weighs nothing is no row. */
void
cl_tally_add_weighted(ClTally *tally, double value, bool event, double weight, cl_int128 amount)
{
	size_t		at;

	if (weight == 0)
		return;
	make_room(tally);
	at = tally->n_count + tally->n_behind++;
	memset(&tally->count[at], 0, sizeof(ClTallyCount));
	memset(&tally->extra[at], 0, sizeof(ClTallyExtra));
	tally->count[at].key = cl_tally_key(value);
	tally->count[at].n[event] = 1;
	tally->extra[at].weight[event].high = weight;
	tally->extra[at].amount[event] = amount;
}

void
cl_tally_merge_weighted(ClTally *into, const ClTally *from)
{
	size_t		n = from->n_count + from->n_behind;

	if (n == 0)
		return;
	reserve(into, into->n_count + into->n_behind + n);
	memcpy(into->count + into->n_count + into->n_behind, from->count, n * sizeof(ClTallyCount));
	memcpy(into->extra + into->n_count + into->n_behind, from->extra, n * sizeof(ClTallyExtra));
	into->n_behind += n;
	cl_tally_settle_weighted(into);
}
