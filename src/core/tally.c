/*
 * tally.c
 *	  Counts per distinct value of rows without weights; tally_weighted.c has those with weights, tally_cursor.c reads both.
 */
#include "core/tally_internal.h"

#include "core/sort.h"

#define FIRST_ROWS 16
#define FIRST_PATIENCE 8192
#define SAMPLE_ROWS 2048		/* about so many rows show whether values repeat */

void
cl_tally_init(ClTally *tally, const ClMemory *memory, ClTallyKind kind)
{
	memset(tally, 0, sizeof(ClTally));
	tally->memory = *memory;
	tally->kind = kind;
	tally->patience = FIRST_PATIENCE;
}

void
cl_tally_free(ClTally *tally)
{
	cl_release(&tally->memory, tally->count);
	cl_release(&tally->memory, tally->extra);
	cl_release(&tally->memory, tally->rows[0].key);
	cl_release(&tally->memory, tally->rows[1].key);
	cl_release(&tally->memory, tally->cache);
	cl_tally_init(tally, &tally->memory, tally->kind);
}

void
cl_tally_rows(const ClTally *tally, int64_t *n)
{
	for (int class = 0; class < 2; class++)
	{
		n[class] = (int64_t) tally->rows[class].n;
		for (size_t i = 0; i < tally->n_count + tally->n_behind; i++)
			n[class] += tally->count[i].n[class];
		for (int i = 0; tally->cache != NULL && i < CL_TALLY_CACHE_SLOTS; i++)
			n[class] += tally->cache[i].n[class];
	}
}

/*
 * Keys of rows
 */

void
cl_tally_reserve_keys(const ClMemory *memory, ClTallyKeys *rows, size_t size)
{
	if (size <= rows->size)
		return;
	rows->key = cl_reallocate(memory, rows->key, size * sizeof(uint64_t));
	rows->size = size;
}

/* Merges two sorted arrays; the comparison is arithmetic, since no processor predicts which of two scores is smaller. */
static void
merge_sorted(const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b, uint64_t *to)
{
	const uint64_t *end_a = a + n_a;
	const uint64_t *end_b = b + n_b;

	while (a < end_a && b < end_b)
	{
		bool		take_b = *b < *a;

		*to++ = take_b ? *b : *a;
		b += take_b;
		a += !take_b;
	}
	memcpy(to, a, (size_t) (end_a - a) * sizeof(uint64_t));
	memcpy(to + (end_a - a), b, (size_t) (end_b - b) * sizeof(uint64_t));
}

static void
sort_rows(const ClMemory *memory, ClTallyKeys *rows)
{
	size_t		n_new = rows->n - rows->sorted;

	if (n_new == 0)
		return;
	if (rows->sorted > n_new)
	{
		uint64_t   *merged = cl_allocate(memory, rows->size * sizeof(uint64_t));

		cl_sort_keys(memory, rows->key + rows->sorted, n_new);
		merge_sorted(rows->key, rows->sorted, rows->key + rows->sorted, n_new, merged);
		cl_release(memory, rows->key);
		rows->key = merged;
	}
	else
		cl_sort_keys(memory, rows->key, rows->n);
	rows->sorted = rows->n;
}

static void
merge_rows(const ClMemory *memory, ClTallyKeys *into, const ClTallyKeys *from)
{
	size_t		n = into->n + from->n;
	bool		both_sorted = into->sorted == into->n && from->sorted == from->n;
	uint64_t   *merged;

	if (from->n == 0)
		return;
	if (both_sorted && into->n > 0)
	{
		merged = cl_allocate(memory, n * sizeof(uint64_t));
		merge_sorted(into->key, into->n, from->key, from->n, merged);
		cl_release(memory, into->key);
		into->key = merged;
		into->size = n;
	}
	else
	{
		cl_tally_reserve_keys(memory, into, n);
		memcpy(into->key + into->n, from->key, from->n * sizeof(uint64_t));
	}
	into->n = n;
	if (both_sorted)
		into->sorted = n;
}

/*
 * Whether values repeat
 */

/*
 * Looks at the rows whose key falls into a small part of all hashes: every row of a value is among them or none, so the share
 * of distinct values there is that of all rows.
 */
static bool
mostly_distinct(const ClTally *tally)
{
	const ClMemory *memory = &tally->memory;
	uint64_t   *sample = cl_allocate(memory, 4 * SAMPLE_ROWS * sizeof(uint64_t));
	size_t		waiting = tally->rows[0].n + tally->rows[1].n;
	uint64_t	part = UINT64_MAX / (waiting / SAMPLE_ROWS + 1);
	size_t		n = 0;
	size_t		distinct = 0;

	for (int class = 0; class < 2; class++)
	{
		const ClTallyKeys *rows = &tally->rows[class];

		for (size_t i = 0; i < rows->n && n < 4 * SAMPLE_ROWS; i++)
		{
			sample[n] = rows->key[i];
			n += cl_tally_hash(rows->key[i]) <= part;
		}
	}
	cl_sort_keys(memory, sample, n);
	for (size_t i = 0; i < n; i++)
		distinct += i == 0 || sample[i] != sample[i - 1];
	cl_release(memory, sample);
	return n < 4 * SAMPLE_ROWS && distinct * 2 > n;
}

/* The cache's values in order, in a new array. */
static ClTallyCount *
cached_counts(const ClTally *tally, size_t *n_cached)
{
	const ClMemory *memory = &tally->memory;
	ClTallyCount *count = cl_allocate(memory, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
	ClKeyed    *order = cl_allocate(memory, CL_TALLY_CACHE_SLOTS * sizeof(ClKeyed));
	size_t		n = 0;

	for (uint64_t slot = 0; slot < CL_TALLY_CACHE_SLOTS; slot++)
	{
		if (tally->cache[slot].key != 0)
			order[n++] = (ClKeyed) {tally->cache[slot].key, slot};
	}
	cl_sort_keyed(memory, order, n);
	for (size_t i = 0; i < n; i++)
		count[i] = tally->cache[order[i].row];
	cl_release(memory, order);
	*n_cached = n;
	return count;
}

static void
clear_cache(ClTally *tally)
{
	memset(tally->cache, 0, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
}

/* Adds sorted counts to the tally's. */
static void
merge_counts(ClTally *tally, const ClTallyCount *from, size_t n_from)
{
	const ClMemory *memory = &tally->memory;
	size_t		size = tally->n_count + n_from;
	ClTallyCount *to;
	size_t		n = 0;
	size_t		i = 0;
	size_t		j = 0;

	if (n_from == 0)
		return;
	to = cl_allocate(memory, size * sizeof(ClTallyCount));
	while (i < tally->n_count || j < n_from)
	{
		if (j == n_from || (i < tally->n_count && tally->count[i].key < from[j].key))
			to[n++] = tally->count[i++];
		else if (i == tally->n_count || from[j].key < tally->count[i].key)
			to[n++] = from[j++];
		else
		{
			to[n] = tally->count[i++];
			to[n].n[0] += from[j].n[0];
			to[n++].n[1] += from[j++].n[1];
		}
	}
	cl_release(memory, tally->count);
	tally->count = to;
	tally->n_count = n;
	tally->size_count = size;
}

/* Turns the rows that wait, and what the cache holds, into counts. */
static void
count_rows(ClTally *tally)
{
	const ClMemory *memory = &tally->memory;
	ClTallyKeys *rows = tally->rows;
	ClTallyCount *count;
	size_t		n = 0;
	size_t		at[2] = {0, 0};

	sort_rows(memory, &rows[0]);
	sort_rows(memory, &rows[1]);
	count = cl_allocate(memory, (rows[0].n + rows[1].n) * sizeof(ClTallyCount));
	while (at[0] < rows[0].n || at[1] < rows[1].n)
	{
		int			class = at[0] == rows[0].n || (at[1] < rows[1].n && rows[1].key[at[1]] < rows[0].key[at[0]]);
		uint64_t	key = rows[class].key[at[class]];

		count[n] = (ClTallyCount) {.key = key};
		for (int c = 0; c < 2; c++)
		{
			size_t		start = at[c];

			while (at[c] < rows[c].n && rows[c].key[at[c]] == key)
				at[c]++;
			count[n].n[c] = (int64_t) (at[c] - start);
		}
		n++;
	}
	merge_counts(tally, count, n);
	cl_release(memory, count);
	for (int class = 0; class < 2; class++)
		rows[class].n = rows[class].sorted = 0;
	if (tally->cache != NULL)
	{
		count = cached_counts(tally, &n);
		merge_counts(tally, count, n);
		cl_release(memory, count);
		clear_cache(tally);
	}
}

/* Called when there is no room for another row of the class. */
void
cl_tally_make_room(ClTally *tally, int class)
{
	const ClMemory *memory = &tally->memory;
	ClTallyKeys *rows = &tally->rows[class];
	size_t		waiting = tally->rows[0].n + tally->rows[1].n;

	if (waiting >= tally->patience)
	{
		memory->breathe();
		if (tally->cache == NULL && mostly_distinct(tally))
			tally->patience = 2 * waiting;
		else
		{
			count_rows(tally);
			tally->patience = tally->n_count > FIRST_PATIENCE ? tally->n_count : FIRST_PATIENCE;
			if (tally->cache == NULL && tally->n_count <= CL_TALLY_CACHE_SLOTS)
			{
				tally->cache = cl_allocate(memory, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
				clear_cache(tally);
			}
			/* A class that had no rows so far still has no room. */
			if (rows->n < rows->size)
				return;
		}
	}
	cl_tally_reserve_keys(memory, rows, rows->size > 0 ? 2 * rows->size : FIRST_ROWS);
}

void
cl_tally_settle(ClTally *tally)
{
	if (tally->kind == CL_TALLY_WEIGHTS)
		cl_tally_settle_weighted(tally);
	else if (tally->cache != NULL)
		count_rows(tally);
	else
	{
		sort_rows(&tally->memory, &tally->rows[0]);
		sort_rows(&tally->memory, &tally->rows[1]);
	}
}

/* Both of the same kind. */
void
cl_tally_merge(ClTally *into, const ClTally *from)
{
	ClTallyCount *cached;
	size_t		n_cached;

	if (into->kind == CL_TALLY_WEIGHTS)
	{
		cl_tally_merge_weighted(into, from);
		return;
	}
	merge_rows(&into->memory, &into->rows[0], &from->rows[0]);
	merge_rows(&into->memory, &into->rows[1], &from->rows[1]);
	merge_counts(into, from->count, from->n_count);
	if (from->cache == NULL)
		return;
	cached = cached_counts(from, &n_cached);
	merge_counts(into, cached, n_cached);
	cl_release(&into->memory, cached);
}
