/*
 * tally_cursor.c
 *	  Reading a settled tally in order of its values.
 */
#include "core/tally_internal.h"

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
