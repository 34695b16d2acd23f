/*
 * tally_cursor.c
 *	  Reading a settled tally in order of its values: a merge of its three sorted arrays.
 */
#include "core/tally_internal.h"

void
cl_tally_scan(const ClTally *tally, ClTallyCursor *cursor, bool descending)
{
	*cursor = (ClTallyCursor) {.tally = tally, .descending = descending};
}

/* The key that comes next in an array of n of which "at" were passed; the end is later than any key. */
static inline uint64_t
next_row_key(const ClTallyCursor *cursor, int class)
{
	const ClTallyKeys *rows = &cursor->tally->rows[class];
	size_t		at = cursor->at_row[class];

	if (at == rows->n)
		return UINT64_MAX;
	return cursor->descending ? ~rows->key[rows->n - 1 - at] : rows->key[at];
}

static inline uint64_t
next_count_key(const ClTallyCursor *cursor)
{
	const ClTally *tally = cursor->tally;
	size_t		at = cursor->at_count;

	if (at == tally->n_count)
		return UINT64_MAX;
	return cursor->descending ? ~tally->count[tally->n_count - 1 - at].key : tally->count[at].key;
}

static void
take_count(ClTallyCursor *cursor, ClTallyItem *item)
{
	const ClTally *tally = cursor->tally;
	size_t		at = cursor->at_count++;
	size_t		place = cursor->descending ? tally->n_count - 1 - at : at;

	for (int class = 0; class < 2; class++)
	{
		item->n[class] = tally->count[place].n[class];
		if (tally->extra == NULL)
			continue;
		item->weight[class] = tally->extra[place].weight[class].high;
		item->amount[class] = tally->extra[place].amount[class];
	}
}

bool
cl_tally_next(ClTallyCursor *cursor, ClTallyItem *item)
{
	uint64_t	row_key[2] = {next_row_key(cursor, 0), next_row_key(cursor, 1)};
	uint64_t	count_key = next_count_key(cursor);
	uint64_t	key = row_key[0] < row_key[1] ? row_key[0] : row_key[1];

	key = count_key < key ? count_key : key;
	if (key == UINT64_MAX)
		return false;
	memset(item, 0, sizeof(ClTallyItem));
	item->value = cl_tally_value(cursor->descending ? ~key : key);
	if (count_key == key)
		take_count(cursor, item);
	for (int class = 0; class < 2; class++)
	{
		for (; row_key[class] == key; row_key[class] = next_row_key(cursor, class))
		{
			cursor->at_row[class]++;
			item->n[class]++;
		}
		if (cursor->tally->extra == NULL)
			item->weight[class] = (double) item->n[class];
	}
	return true;
}

/* The number of distinct values. */
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
