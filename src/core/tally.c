/*
 * tally.c
 *	  Counts per distinct value. Rows without weights are gathered here; tally_behind.c has what is counted already and what has
 *	  weights, tally_cursor.c reads all of it.
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
		n[class] = (int64_t) tally->rows[class].n + tally->counted[class];
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
merge_sorted(const ClMemory *memory, const uint64_t *a, size_t n_a, const uint64_t *b, size_t n_b, uint64_t *to)
{
	const uint64_t *end_a = a + n_a;
	const uint64_t *end_b = b + n_b;

	while (a < end_a && b < end_b)
	{
		size_t		left_a = (size_t) (end_a - a);
		size_t		left_b = (size_t) (end_b - b);
		size_t		steps = left_a < left_b ? left_a : left_b;

		/* So many steps exhaust neither. */
		memory->breathe();
		for (steps = steps < 0x10000 ? steps : 0x10000; steps > 0; steps--)
		{
			bool		take_b = *b < *a;

			*to++ = take_b ? *b : *a;
			b += take_b;
			a += !take_b;
		}
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
		merge_sorted(memory, rows->key, rows->sorted, rows->key + rows->sorted, n_new, merged);
		cl_release(memory, rows->key);
		rows->key = merged;
	}
	else
		cl_sort_keys(memory, rows->key, rows->n);
	rows->sorted = rows->n;
}

/* What two workers gathered is merged; small portions are appended, and sorted with what else comes. */
static void
merge_rows(const ClMemory *memory, ClTallyKeys *into, const ClTallyKeys *from)
{
	size_t		n = into->n + from->n;
	bool		merge = into->sorted == into->n && from->sorted == from->n && from->n >= into->n / 4;
	uint64_t   *merged;

	if (from->n == 0)
		return;
	if (merge && into->n > 0)
	{
		merged = cl_allocate(memory, n * sizeof(uint64_t));
		merge_sorted(memory, into->key, into->n, from->key, from->n, merged);
		cl_release(memory, into->key);
		into->key = merged;
		into->size = n;
	}
	else
	{
		cl_tally_reserve_keys(memory, into, n > 2 * into->size ? n : n > into->size ? 2 * into->size : n);
		memcpy(into->key + into->n, from->key, from->n * sizeof(uint64_t));
	}
	into->n = n;
	if (merge)
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

static void
clear_cache(ClTally *tally)
{
	memset(tally->cache, 0, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
}

static void
count_cache(ClTally *tally)
{
	ClTallyCount *count;
	size_t		n = 0;

	if (tally->cache == NULL)
		return;
	count = cl_allocate(&tally->memory, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
	for (int slot = 0; slot < CL_TALLY_CACHE_SLOTS; slot++)
	{
		if (tally->cache[slot].key != 0)
			count[n++] = tally->cache[slot];
	}
	cl_tally_append(tally, count, NULL, n);
	cl_release(&tally->memory, count);
	clear_cache(tally);
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

		if ((n & 0xFFFF) == 0)
			memory->breathe();
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
	for (int class = 0; class < 2; class++)
		rows[class].n = rows[class].sorted = 0;
	cl_tally_append(tally, count, NULL, n);
	cl_release(memory, count);
	count_cache(tally);
	cl_tally_fold(tally);
}

/* Called when many rows wait: gathers twice as many before it looks again, or counts them. */
static void
look_for_repeats(ClTally *tally)
{
	const ClMemory *memory = &tally->memory;

	memory->breathe();
	if (tally->cache == NULL && mostly_distinct(tally))
	{
		tally->patience = 2 * (tally->rows[0].n + tally->rows[1].n);
		return;
	}
	count_rows(tally);
	tally->patience = tally->n_count > FIRST_PATIENCE ? tally->n_count : FIRST_PATIENCE;
	if (tally->cache == NULL && tally->n_count <= CL_TALLY_CACHE_SLOTS)
	{
		tally->cache = cl_allocate(memory, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
		clear_cache(tally);
	}
}

/* Called when there is no room for another row of the class. */
void
cl_tally_make_room(ClTally *tally, int class)
{
	ClTallyKeys *rows = &tally->rows[class];

	if (tally->rows[0].n + tally->rows[1].n >= tally->patience)
		look_for_repeats(tally);
	/* Even when they were counted: a class that had no rows so far has no room. */
	if (rows->n == rows->size)
		cl_tally_reserve_keys(&tally->memory, rows, rows->size > 0 ? 2 * rows->size : FIRST_ROWS);
}

void
cl_tally_settle(ClTally *tally)
{
	if (tally->cache != NULL)
		count_rows(tally);
	cl_tally_fold(tally);
	sort_rows(&tally->memory, &tally->rows[0]);
	sort_rows(&tally->memory, &tally->rows[1]);
}

/* Both of the same kind. */
void
cl_tally_merge(ClTally *into, const ClTally *from)
{
	for (int class = 0; class < 2; class++)
		merge_rows(&into->memory, &into->rows[class], &from->rows[class]);
	cl_tally_append(into, from->count, from->extra, from->n_count + from->n_behind);
	for (int slot = 0; from->cache != NULL && slot < CL_TALLY_CACHE_SLOTS; slot++)
	{
		if (from->cache[slot].key != 0)
			cl_tally_append(into, &from->cache[slot], NULL, 1);
	}
	if (into->rows[0].n + into->rows[1].n >= into->patience)
		look_for_repeats(into);
}
