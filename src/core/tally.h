/*
 * tally.h
 *	  Exact counts of events and non-events for each distinct value: what AUC, KS, gains tables, calibration and binning are
 *	  computed from.
 *
 * The answer depends on the multiset of rows only, never on their order or on how they were split among workers. Rows may
 * carry a weight and an amount; then all rows of a tally do.
 *
 *		ClTally		tally;
 *
 *		cl_tally_init(&tally, &memory, CL_TALLY_COUNTS);
 *		cl_tally_add(&tally, value, event);				per row
 *		cl_tally_settle(&tally);						before reading; rows may be added again later
 *		cl_tally_scan(&tally, &cursor, false);			true: from the largest value down
 *		while (cl_tally_next(&cursor, &item))
 *			... item.value, item.n[CL_EVENT], ...
 */
#ifndef CL_CORE_TALLY_H
#define CL_CORE_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/exact_sum.h"
#include "core/memory.h"
#include "core/money.h"

/* Index of the two classes everywhere. */
enum
{
	CL_NON_EVENT = 0,
	CL_EVENT = 1
};

typedef enum ClTallyKind
{
	CL_TALLY_COUNTS,			/* rows */
	CL_TALLY_WEIGHTS			/* rows with a weight and an amount */
} ClTallyKind;

/* One distinct value, as a cursor gives it. */
typedef struct ClTallyItem
{
	double		value;
	int64_t		n[2];			/* rows */
	double		weight[2];		/* sums of the weights; the same as n where rows have none */
	cl_int128	amount[2];		/* sums of the amounts; 0 where rows have none */
} ClTallyItem;

/* Rows for which everything that is exact below stays exact in 128 bits. */
#define CL_TALLY_MAX_ROWS (INT64_C(1) << 40)

/*
 * A row weighs nothing, which is no row, or from the first to the second of these: products of sums of weights stay far inside
 * double precision.
 */
#define CL_TALLY_LIGHTEST 1e-100
#define CL_TALLY_HEAVIEST 1e100

/* A distinct value and its rows; its weights and amounts, if any, stand at the same place of another array. */
typedef struct ClTallyCount
{
	uint64_t	key;			/* cl_tally_key(value): sorts as the values do */
	int64_t		n[2];
} ClTallyCount;

typedef struct ClTallyExtra
{
	ClExactSum	weight[2];
	cl_int128	amount[2];
} ClTallyExtra;

/* Keys of rows, one each; the first are in ascending order. */
typedef struct ClTallyKeys
{
	uint64_t   *key;
	size_t		n;
	size_t		size;
	size_t		sorted;
} ClTallyKeys;

/* Direct-mapped, by key; a free slot has the key 0, which no value has. */
#define CL_TALLY_CACHE_BITS 10
#define CL_TALLY_CACHE_SLOTS (1 << CL_TALLY_CACHE_BITS)

/*
 * The tally gathers keys of rows, 8 bytes each. When it has gathered a lot it looks whether values repeat: if so the rows are
 * sorted and counted, and a cache is put in front for values that come again and again; if not it goes on gathering, since
 * counts would take three times the memory. So memory is proportional to the number of distinct values: 8 to 32 bytes each while
 * rows are gathered, 24 when counted, and as much again while they are sorted.
 */
typedef struct ClTally
{
	ClMemory	memory;
	ClTallyKind kind;

	/*
	 * Distinct values, ascending. Behind them are pending ones that came since, in any order and perhaps repeated: with weights
	 * every row, without them those of other tallies.
	 */
	ClTallyCount *count;
	ClTallyExtra *extra;		/* only with weights */
	size_t		n_count;
	size_t		n_pending;
	size_t		size_count;
	int64_t		counted[2];		/* their rows */

	/* Rows that came since, by class. */
	ClTallyKeys rows[2];
	size_t		look_after;		/* so many are gathered before the next look whether values repeat */
	ClTallyCount *cache;		/* or NULL */
} ClTally;

/* A merge of the three sorted arrays. Keys are turned round when descending; UINT64_MAX is the end. */
typedef struct ClTallyCursor
{
	const ClTally *tally;
	uint64_t	turn;			/* 0, or all bits when descending */
	ptrdiff_t	step;
	const uint64_t *row[2];		/* where each array stands, how much of it is left, and its next key, turned */
	size_t		rows_left[2];
	uint64_t	row_key[2];
	const ClTallyCount *count;
	size_t		counts_left;
	uint64_t	count_key;
	unsigned	passed;			/* values, so that interrupts are looked for now and then */
} ClTallyCursor;

extern void cl_tally_init(ClTally *tally, const ClMemory *memory, ClTallyKind kind);
extern void cl_tally_add_weighted(ClTally *tally, double value, bool event, double weight, cl_int128 amount);
extern void cl_tally_make_room(ClTally *tally, int class);
extern void cl_tally_merge(ClTally *into, const ClTally *from);
extern void cl_tally_settle(ClTally *tally);	/* stopped by an error it leaves another order of the same rows */
extern void cl_tally_rows(const ClTally *tally, int64_t *n);	/* rows of either class; any tally */
extern bool cl_tally_is_empty(const ClTally *tally);
extern void cl_tally_recount(ClTally *tally);	/* after the counts were filled in directly */

/* Of a settled tally. */
extern void cl_tally_scan(const ClTally *tally, ClTallyCursor *cursor, bool descending);
extern void cl_tally_next_count(ClTallyCursor *cursor, ClTallyItem *item);
extern size_t cl_tally_distinct(const ClTally *tally);

/* The bits of a double, turned so that they sort as it does; both zeros are one. */
static inline uint64_t
cl_tally_key(double value)
{
	uint64_t	bits;

	value += 0.0;
	memcpy(&bits, &value, sizeof(bits));
	/* gcc and clang shift the sign in. */
	return bits ^ ((uint64_t) ((int64_t) bits >> 63) | UINT64_C(0x8000000000000000));
}

static inline double
cl_tally_value(uint64_t key)
{
	uint64_t	bits = key ^ ((uint64_t) (((int64_t) key >> 63) ^ -1) | UINT64_C(0x8000000000000000));
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t
cl_tally_hash(uint64_t key)
{
	return key * UINT64_C(0x9E3779B97F4A7C15);
}

/* One row without a weight; the value is not NaN. */
static inline void
cl_tally_add(ClTally *tally, double value, bool event)
{
	uint64_t	key = cl_tally_key(value);
	ClTallyKeys *rows = &tally->rows[event];

	if (tally->cache != NULL)
	{
		ClTallyCount *slot = &tally->cache[cl_tally_hash(key) >> (64 - CL_TALLY_CACHE_BITS)];

		if (slot->key == key || slot->key == 0)
		{
			slot->key = key;
			slot->n[event]++;
			return;
		}
	}
	if (rows->n == rows->size)
		cl_tally_make_room(tally, event);
	rows->key[rows->n++] = key;
}

static inline void
cl_tally_next_row(ClTallyCursor *cursor, int class)
{
	cursor->row[class] += cursor->step;
	cursor->row_key[class] = --cursor->rows_left[class] > 0 ? *cursor->row[class] ^ cursor->turn : UINT64_MAX;
}

/* The next distinct value; false after the last. */
static inline bool
cl_tally_next(ClTallyCursor *cursor, ClTallyItem *item)
{
	uint64_t	key = cursor->row_key[0] < cursor->row_key[1] ? cursor->row_key[0] : cursor->row_key[1];

	key = cursor->count_key < key ? cursor->count_key : key;
	if (key == UINT64_MAX)
		return false;
	if ((++cursor->passed & 0xFFFF) == 0)
		cursor->tally->memory.check_for_interrupts();
	item->value = cl_tally_value(key ^ cursor->turn);
	item->n[0] = item->n[1] = 0;
	if (cursor->count_key == key)
		cl_tally_next_count(cursor, item);
	for (int class = 0; class < 2; class++)
	{
		for (; cursor->row_key[class] == key; cl_tally_next_row(cursor, class))
			item->n[class]++;
	}
	if (cursor->tally->kind == CL_TALLY_COUNTS)
	{
		item->weight[0] = (double) item->n[0];
		item->weight[1] = (double) item->n[1];
		item->amount[0] = item->amount[1] = 0;
	}
	return true;
}

#endif							/* CL_CORE_TALLY_H */
