/*
 * tally.c
 *	  Counts per distinct value.
 *
 * Rows without weights are gathered as keys; what is counted already, and what has weights, stands in an array of distinct values
 * with an unmerged tail.
 */
#include "core/tally.h"

#include "core/sort.h"

#define FIRST_ROWS 16
#define FIRST_COUNTS 16
#define FIRST_LOOK 8192			/* rows gathered before the first look for repeats */
#define SAMPLE_ROWS 2048		/* about so many rows show whether values repeat */
#define FEWEST_TO_FOLD 1024		/* pending values */

void
cl_tally_init(ClTally *tally, const ClMemory *memory, ClTallyKind kind)
{
	memset(tally, 0, sizeof(ClTally));
	tally->memory = *memory;
	tally->kind = kind;
	tally->look_after = FIRST_LOOK;
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

bool
cl_tally_is_empty(const ClTally *tally)
{
	int64_t		n[2];

	cl_tally_rows(tally, n);
	return n[0] + n[1] == 0;
}

/*
 * Counted values, and the pending ones behind them: rows with a weight, and what other tallies counted
 *
 * Pending values are sorted and folded in when there are as many of them as of those before, so each value is moved a constant
 * number of times on the average, however small the portions are in which they come.
 */

/* The pending values, in order. */
static ClKeyed *
order_pending(const ClTally *tally)
{
	ClKeyed    *order = cl_allocate(&tally->memory, tally->n_pending * sizeof(ClKeyed));

	for (size_t i = 0; i < tally->n_pending; i++)
		order[i] = (ClKeyed) {tally->count[tally->n_count + i].key, tally->n_count + i};
	cl_sort_keyed(&tally->memory, order, tally->n_pending);
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

/* The distinct values and the pending ones become one ascending array. */
static void
fold(ClTally *tally)
{
	const ClMemory *memory = &tally->memory;
	size_t		size = tally->n_count + tally->n_pending;
	bool		weighted = tally->kind == CL_TALLY_WEIGHTS;
	ClKeyed    *order;
	ClTallyCount *count;
	ClTallyExtra *extra = NULL;
	size_t		n = 0;
	size_t		i = 0;
	size_t		j = 0;

	if (tally->n_pending == 0)
		return;
	order = order_pending(tally);
	count = cl_allocate(memory, size * sizeof(ClTallyCount));
	if (weighted)
		extra = cl_allocate(memory, size * sizeof(ClTallyExtra));
	while (i < tally->n_count || j < tally->n_pending)
	{
		bool		pending = i == tally->n_count || (j < tally->n_pending && order[j].key < tally->count[i].key);
		size_t		at = pending ? (size_t) order[j++].row : i++;

		if (((i + j) & 0xFFFF) == 0)
			memory->check_for_interrupts();
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
	tally->n_pending = 0;
	tally->size_count = size;
}

/* Room for so many more: folds the pending ones in, and takes more memory if that did not give enough. */
static void
make_room_for_counts(ClTally *tally, size_t more)
{
	size_t		wanted;

	if (tally->n_count + tally->n_pending + more <= tally->size_count)
		return;
	if (tally->n_pending >= FEWEST_TO_FOLD && tally->n_pending >= tally->n_count)
		fold(tally);
	wanted = 2 * (tally->n_count + tally->n_pending) + more;
	wanted = wanted > FIRST_COUNTS ? wanted : FIRST_COUNTS;
	if (wanted <= tally->size_count)
		return;
	tally->memory.check_for_interrupts();
	tally->count = cl_reallocate(&tally->memory, tally->count, wanted * sizeof(ClTallyCount));
	if (tally->kind == CL_TALLY_WEIGHTS)
		tally->extra = cl_reallocate(&tally->memory, tally->extra, wanted * sizeof(ClTallyExtra));
	tally->size_count = wanted;
}

void
cl_tally_recount(ClTally *tally)
{
	tally->counted[0] = tally->counted[1] = 0;
	for (size_t i = 0; i < tally->n_count + tally->n_pending; i++)
	{
		tally->counted[0] += tally->count[i].n[0];
		tally->counted[1] += tally->count[i].n[1];
	}
}

static void
append(ClTally *tally, const ClTallyCount *count, const ClTallyExtra *extra, size_t n)
{
	size_t		at;

	if (n == 0)
		return;
	make_room_for_counts(tally, n);
	at = tally->n_count + tally->n_pending;
	memcpy(tally->count + at, count, n * sizeof(ClTallyCount));
	if (tally->kind == CL_TALLY_WEIGHTS)
		memcpy(tally->extra + at, extra, n * sizeof(ClTallyExtra));
	tally->n_pending += n;
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
	make_room_for_counts(tally, 1);
	at = tally->n_count + tally->n_pending++;
	memset(&tally->count[at], 0, sizeof(ClTallyCount));
	memset(&tally->extra[at], 0, sizeof(ClTallyExtra));
	tally->count[at].key = cl_tally_key(value);
	tally->count[at].n[event] = 1;
	tally->counted[event]++;
	tally->extra[at].weight[event].high = weight;
	tally->extra[at].amount[event] = amount;
}

/*
 * Keys of rows
 */

static void
reserve_keys(const ClMemory *memory, ClTallyKeys *rows, size_t size)
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
		memory->check_for_interrupts();
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
		reserve_keys(memory, into, n > 2 * into->size ? n : n > into->size ? 2 * into->size : n);
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
	size_t		gathered = tally->rows[0].n + tally->rows[1].n;
	uint64_t	part = UINT64_MAX / (gathered / SAMPLE_ROWS + 1);
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
	append(tally, count, NULL, n);
	cl_release(&tally->memory, count);
	memset(tally->cache, 0, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
}

/* Turns the rows that were gathered, and what the cache holds, into counts. */
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
			memory->check_for_interrupts();
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
	/* The room first: nothing may fail between taking the rows away and appending their counts. */
	make_room_for_counts(tally, n);
	for (int class = 0; class < 2; class++)
		rows[class].n = rows[class].sorted = 0;
	append(tally, count, NULL, n);
	cl_release(memory, count);
	count_cache(tally);
	fold(tally);
}

/* Called when many rows were gathered: gathers twice as many before it looks again, or counts them. */
static void
look_for_repeats(ClTally *tally)
{
	const ClMemory *memory = &tally->memory;

	memory->check_for_interrupts();
	if (tally->cache == NULL && mostly_distinct(tally))
	{
		tally->look_after = 2 * (tally->rows[0].n + tally->rows[1].n);
		return;
	}
	count_rows(tally);
	tally->look_after = tally->n_count > FIRST_LOOK ? tally->n_count : FIRST_LOOK;
	if (tally->cache == NULL && tally->n_count <= CL_TALLY_CACHE_SLOTS)
	{
		tally->cache = cl_allocate(memory, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
		memset(tally->cache, 0, CL_TALLY_CACHE_SLOTS * sizeof(ClTallyCount));
	}
}

/* Called when there is no room for another row of the class. */
void
cl_tally_make_room(ClTally *tally, int class)
{
	ClTallyKeys *rows = &tally->rows[class];

	if (tally->rows[0].n + tally->rows[1].n >= tally->look_after)
		look_for_repeats(tally);
	/* Even when they were counted: a class that had no rows so far has no room. */
	if (rows->n == rows->size)
		reserve_keys(&tally->memory, rows, rows->size > 0 ? 2 * rows->size : FIRST_ROWS);
}

void
cl_tally_settle(ClTally *tally)
{
	if (tally->cache != NULL)
		count_rows(tally);
	fold(tally);
	sort_rows(&tally->memory, &tally->rows[0]);
	sort_rows(&tally->memory, &tally->rows[1]);
}

/* Both of the same kind. */
void
cl_tally_merge(ClTally *into, const ClTally *from)
{
	for (int class = 0; class < 2; class++)
		merge_rows(&into->memory, &into->rows[class], &from->rows[class]);
	append(into, from->count, from->extra, from->n_count + from->n_pending);
	for (int slot = 0; from->cache != NULL && slot < CL_TALLY_CACHE_SLOTS; slot++)
	{
		if (from->cache[slot].key != 0)
			append(into, &from->cache[slot], NULL, 1);
	}
	if (into->rows[0].n + into->rows[1].n >= into->look_after)
		look_for_repeats(into);
}

/*
 * Reading a settled tally in order of its values
 */

void
cl_tally_scan(const ClTally *tally, ClTallyCursor *cursor, bool descending)
{
	*cursor = (ClTallyCursor) {
		.tally = tally, .turn = descending ? UINT64_MAX : 0, .step = descending ? -1 : 1,
		.row_key = {UINT64_MAX, UINT64_MAX}, .count_key = UINT64_MAX
	};
	for (int class = 0; class < 2; class++)
	{
		const ClTallyKeys *rows = &tally->rows[class];

		if (rows->n == 0)
			continue;
		cursor->rows_left[class] = rows->n;
		cursor->row[class] = rows->key + (descending ? rows->n - 1 : 0);
		cursor->row_key[class] = *cursor->row[class] ^ cursor->turn;
	}
	if (tally->n_count > 0)
	{
		cursor->counts_left = tally->n_count;
		cursor->count = tally->count + (descending ? tally->n_count - 1 : 0);
		cursor->count_key = cursor->count->key ^ cursor->turn;
	}
}

/* Takes the value that comes next among those counted. */
void
cl_tally_next_count(ClTallyCursor *cursor, ClTallyItem *item)
{
	const ClTally *tally = cursor->tally;
	size_t		place = (size_t) (cursor->count - tally->count);

	for (int class = 0; class < 2; class++)
	{
		item->n[class] = cursor->count->n[class];
		if (tally->kind == CL_TALLY_COUNTS)
			continue;
		item->weight[class] = tally->extra[place].weight[class].high;
		item->amount[class] = tally->extra[place].amount[class];
	}
	if (--cursor->counts_left == 0)
		cursor->count_key = UINT64_MAX;
	else
	{
		cursor->count += cursor->step;
		cursor->count_key = cursor->count->key ^ cursor->turn;
	}
}

size_t
cl_tally_distinct(const ClTally *tally)
{
	ClTallyCursor cursor;
	ClTallyItem item;
	size_t		n = 0;

	cl_tally_scan(tally, &cursor, false);
	while (cl_tally_next(&cursor, &item))
		n++;
	return n;
}
