/*
 * tally.c
 *	  Bytes and JSON of a tally.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "pg/numeric.h"
#include "pg/tally.h"

#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"

/* What one distinct value takes at least, and at most. */
#define SINGLE_SIZE ((int64) sizeof(uint64))
#define COUNT_SIZE (3 * (int64) sizeof(uint64))
#define WEIGHTED_LEAST (COUNT_SIZE + 2 * (CL_EXACT_SUM_LEAST_SIZE + (int64) sizeof(cl_int128)))
#define WEIGHTED_MOST (WEIGHTED_LEAST + 2 * (int64) sizeof(ClExactSum))

/*
 * Bytes
 *
 * Without weights, values of a single row, which is what continuous scores are, take 8 bytes each:
 *		byte	kind
 *		int64	number of single non-events, of single events, and of values that stand with their counts
 *		uint64	keys of the first, ascending; keys of the second, ascending
 *		3 x		the others, ascending: uint64 key, int64 non-events, int64 events
 * What is stored is in its shortest form: the singles are alone with their value. Between workers they need not be.
 * With weights:
 *		byte	kind
 *		int64	number of values
 *		each	uint64 key, int64 rows x 2, exact sum of weights (pg/exact_sum.h) x 2, int128 amount x 2
 * Keys are cl_tally_key of the values.
 */

static void
require_room(StringInfo buf, const ClTallyType *type, int64 size)
{
	if (buf->len + size >= (int64) MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many distinct values for a %s", type->name),
				 errdetail("They take " INT64_FORMAT " bytes; a value may have one gigabyte.", size),
				 errhint("Round the %s to fewer digits.", type->value)));
	enlargeStringInfo(buf, (int) size);
}

/* Appends n 64-bit words in network order; the room is there. */
static void
append_words(StringInfo buf, const uint64 *word, size_t n)
{
	char	   *to = buf->data + buf->len;

	for (size_t i = 0; i < n; i++)
	{
		uint64		swapped = pg_hton64(word[i]);

		memcpy(to + i * sizeof(uint64), &swapped, sizeof(uint64));
	}
	buf->len += (int) (n * sizeof(uint64));
	buf->data[buf->len] = '\0';
}

static bool
is_single(const ClTallyItem *item, int class)
{
	return item->n[class] == 1 && item->n[1 - class] == 0;
}

static void
send_counts(StringInfo buf, const ClTallyType *type, const ClTally *tally)
{
	size_t		rows = tally->rows[0].n + tally->rows[1].n;
	size_t		most[2] = {tally->rows[0].n + tally->n_count, tally->rows[1].n + tally->n_count};
	uint64	   *single[2];
	uint64	   *others = MemoryContextAllocHuge(CurrentMemoryContext, (rows / 2 + tally->n_count + 1) * COUNT_SIZE);
	uint64		n_single[2] = {0, 0};
	uint64		n_others = 0;
	ClTallyCursor cursor;
	ClTallyItem item;

	for (int class = 0; class < 2; class++)
		single[class] = MemoryContextAllocHuge(CurrentMemoryContext, (most[class] + 1) * SINGLE_SIZE);
	cl_tally_scan(tally, &cursor, false);
	for (uint64 n = 0; cl_tally_next(&cursor, &item); n++)
	{
		uint64		key = cl_tally_key(item.value);

		if ((n & 0xFFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (is_single(&item, CL_NON_EVENT))
			single[CL_NON_EVENT][n_single[CL_NON_EVENT]++] = key;
		else if (is_single(&item, CL_EVENT))
			single[CL_EVENT][n_single[CL_EVENT]++] = key;
		else
		{
			others[3 * n_others] = key;
			others[3 * n_others + 1] = (uint64) item.n[CL_NON_EVENT];
			others[3 * n_others++ + 2] = (uint64) item.n[CL_EVENT];
		}
	}
	require_room(buf, type, 3 * SINGLE_SIZE + (n_single[0] + n_single[1]) * SINGLE_SIZE + n_others * COUNT_SIZE);
	append_words(buf, n_single, 2);
	append_words(buf, &n_others, 1);
	for (int class = 0; class < 2; class++)
	{
		append_words(buf, single[class], n_single[class]);
		pfree(single[class]);
	}
	append_words(buf, others, 3 * n_others);
	pfree(others);
}

/* The three arrays of a tally as they are. */
static void
transfer_counts(StringInfo buf, const ClTallyType *type, const ClTally *tally)
{
	uint64		n[3] = {tally->rows[CL_NON_EVENT].n, tally->rows[CL_EVENT].n, tally->n_count};

	require_room(buf, type, sizeof(n) + (n[0] + n[1]) * SINGLE_SIZE + n[2] * COUNT_SIZE);
	append_words(buf, n, 3);
	for (int class = 0; class < 2; class++)
		append_words(buf, tally->rows[class].key, tally->rows[class].n);
	StaticAssertStmt(sizeof(ClTallyCount) == 3 * sizeof(uint64), "a count is three words");
	append_words(buf, (const uint64 *) tally->count, 3 * tally->n_count);
}

static void
send_weighted(StringInfo buf, const ClTallyType *type, const ClTally *tally)
{
	require_room(buf, type, SINGLE_SIZE + (int64) tally->n_count * WEIGHTED_MOST);
	pq_sendint64(buf, tally->n_count);
	for (size_t i = 0; i < tally->n_count; i++)
	{
		const ClTallyExtra *extra = &tally->extra[i];

		pq_sendint64(buf, tally->count[i].key);
		for (int class = 0; class < 2; class++)
		{
			pq_sendint64(buf, tally->count[i].n[class]);
			cl_exact_sum_send(buf, &extra->weight[class]);
			cl_wire_send_int128(buf, extra->amount[class]);
		}
	}
}

void
cl_tally_send(StringInfo buf, const ClTallyType *type, ClTally *tally)
{
	/* Without rows there are no weights either: as many bytes say so whatever the rows would have had. */
	ClTallyKind kind = cl_tally_is_empty(tally) ? CL_TALLY_COUNTS : tally->kind;

	cl_tally_settle(tally);
	pq_sendbyte(buf, kind);
	if (kind == CL_TALLY_WEIGHTS)
		send_weighted(buf, type, tally);
	else
		send_counts(buf, type, tally);
}

void
cl_tally_transfer(StringInfo buf, const ClTallyType *type, ClTally *tally)
{
	cl_tally_settle(tally);
	pq_sendbyte(buf, tally->kind);
	if (tally->kind == CL_TALLY_WEIGHTS)
		send_weighted(buf, type, tally);
	else
		transfer_counts(buf, type, tally);
}

/* A number of values, each of so many bytes, that must still be there. */
static size_t
receive_count(StringInfo buf, const ClTallyType *type, int64 item_size)
{
	int64		count = pq_getmsgint64(buf);

	if (count < 0 || count > (buf->len - buf->cursor) / item_size)
		cl_wire_invalid(type->name, psprintf("item count " INT64_FORMAT " is more than the value holds", count));
	return (size_t) count;
}

/* Keys of values in the range of the type, not descending. */
static void
check_key(const ClTallyType *type, uint64 key, uint64 lowest, uint64 highest, bool first, uint64 before)
{
	if (key < lowest || key > highest || key != cl_tally_key(cl_tally_value(key)))
		cl_wire_invalid(type->name, psprintf("%s %g is out of range", type->value, cl_tally_value(key)));
	if (!first && key < before)
		cl_wire_invalid(type->name, psprintf("%s %g is out of order", type->value, cl_tally_value(key)));
}

static void
receive_singles(StringInfo buf, const ClTallyType *type, ClTally *tally, int class, size_t n)
{
	ClTallyKeys *rows = &tally->rows[class];
	uint64		lowest = cl_tally_key(type->lowest);
	uint64		highest = cl_tally_key(type->highest);
	const char *from = pq_getmsgbytes(buf, (int) (n * SINGLE_SIZE));

	if (n == 0)
		return;
	rows->key = cl_allocate(&tally->memory, n * sizeof(uint64));
	rows->n = rows->size = rows->sorted = n;
	for (size_t i = 0; i < n; i++)
	{
		uint64		key;

		memcpy(&key, from + i * sizeof(uint64), sizeof(uint64));
		key = pg_ntoh64(key);
		if (unlikely(key < lowest || key > highest || (i > 0 && key < rows->key[i - 1]) ||
					 key == ~cl_tally_key(0)))
			check_key(type, key, lowest, highest, i == 0, i > 0 ? rows->key[i - 1] : 0);
		rows->key[i] = key;
	}
}

/* Rows of one value and class. */
static int64
receive_rows(StringInfo buf, const ClTallyType *type)
{
	return cl_wire_int64(buf, type->name, 0, CL_TALLY_MAX_ROWS, "number of rows");
}

static void
receive_key(StringInfo buf, const ClTallyType *type, ClTally *tally, size_t i)
{
	uint64		key = (uint64) pq_getmsgint64(buf);

	check_key(type, key, cl_tally_key(type->lowest), cl_tally_key(type->highest), i == 0,
			  i > 0 ? tally->count[i - 1].key : 0);
	if (i > 0 && key == tally->count[i - 1].key)
		cl_wire_invalid(type->name, psprintf("%s %g stands there twice", type->value, cl_tally_value(key)));
	tally->count[i].key = key;
}

static void
allocate_counts(ClTally *tally, size_t n)
{
	tally->count = cl_allocate(&tally->memory, n * sizeof(ClTallyCount));
	tally->n_count = tally->size_count = n;
	if (tally->kind == CL_TALLY_WEIGHTS)
		tally->extra = cl_allocate(&tally->memory, n * sizeof(ClTallyExtra));
}

static void
receive_counts(StringInfo buf, const ClTallyType *type, ClTally *tally)
{
	size_t		n_single[2];
	size_t		n_others;

	n_single[CL_NON_EVENT] = receive_count(buf, type, SINGLE_SIZE);
	n_single[CL_EVENT] = receive_count(buf, type, SINGLE_SIZE);
	n_others = receive_count(buf, type, COUNT_SIZE);
	receive_singles(buf, type, tally, CL_NON_EVENT, n_single[CL_NON_EVENT]);
	receive_singles(buf, type, tally, CL_EVENT, n_single[CL_EVENT]);
	/* What the singles took is gone: asked again. */
	if (n_others > (size_t) (buf->len - buf->cursor) / COUNT_SIZE)
		cl_wire_invalid(type->name, "number of values is more than the value holds");
	allocate_counts(tally, n_others);
	for (size_t i = 0; i < n_others; i++)
	{
		receive_key(buf, type, tally, i);
		for (int class = 0; class < 2; class++)
			tally->count[i].n[class] = receive_rows(buf, type);
		if (tally->count[i].n[0] + tally->count[i].n[1] == 0)
			cl_wire_invalid(type->name, psprintf("%s %g has no rows", type->value, cl_tally_value(tally->count[i].key)));
	}
}

/* Sums of a class that has rows are positive and finite, without rows they are nothing. */
bool
cl_tally_sums_possible(int64 n, const ClExactSum *weight, cl_int128 amount)
{
	cl_int128	largest = CL_TALLY_LARGEST_AMOUNT * n;

	if (n == 0)
		return weight->high == 0 && weight->middle == 0 && weight->low == 0 && amount == 0;
	return weight->high >= CL_TALLY_LIGHTEST && weight->high <= CL_TALLY_HEAVIEST * 1.0001 * (double) n &&
		fabs(weight->middle) <= weight->high * DBL_EPSILON && amount <= largest && amount >= -largest;
}

static void
check_sums(const ClTallyType *type, const ClTally *tally, size_t i)
{
	const ClTallyCount *count = &tally->count[i];
	const ClTallyExtra *extra = &tally->extra[i];

	if (count->n[0] + count->n[1] == 0 || !cl_tally_sums_possible(count->n[0], &extra->weight[0], extra->amount[0]) ||
		!cl_tally_sums_possible(count->n[1], &extra->weight[1], extra->amount[1]))
		cl_wire_invalid(type->name, psprintf("weight or amount at %s %g is out of range", type->value,
											 cl_tally_value(count->key)));
}

static void
receive_weighted(StringInfo buf, const ClTallyType *type, ClTally *tally)
{
	size_t		n = receive_count(buf, type, WEIGHTED_LEAST);

	allocate_counts(tally, n);
	for (size_t i = 0; i < n; i++)
	{
		receive_key(buf, type, tally, i);
		for (int class = 0; class < 2; class++)
		{
			tally->count[i].n[class] = receive_rows(buf, type);
			tally->extra[i].weight[class] = cl_exact_sum_receive(buf, type->name, "sum of weights");
			tally->extra[i].amount[class] = cl_wire_int128(buf);
		}
		check_sums(type, tally, i);
	}
}

/* False when there are more rows than anything exact can be said about. */
static bool
rows_fit(const ClTally *tally)
{
	double		total = (double) tally->rows[0].n + (double) tally->rows[1].n;

	for (size_t i = 0; i < tally->n_count; i++)
		total += (double) tally->count[i].n[0] + (double) tally->count[i].n[1];
	return total <= (double) CL_TALLY_MAX_ROWS;
}

void
cl_tally_receive(StringInfo buf, const ClTallyType *type, ClTally *tally)
{
	int			kind = pq_getmsgbyte(buf);

	if (kind != CL_TALLY_COUNTS && kind != CL_TALLY_WEIGHTS)
		cl_wire_invalid(type->name, psprintf("kind of counts %d is not known", kind));
	tally->kind = kind;
	if (kind == CL_TALLY_WEIGHTS)
		receive_weighted(buf, type, tally);
	else
		receive_counts(buf, type, tally);
	if (!rows_fit(tally))
		cl_wire_invalid(type->name, "number of rows is out of range");
	cl_tally_recount(tally);
}
