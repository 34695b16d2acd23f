/*
 * tobit_rows.c
 *	  Rows of a Tobit regression: kept as they come, and brought into one order.
 */
#include "core/tobit_rows.h"

#include <string.h>

#include "core/checksum.h"
#include "core/sort.h"

#define FIRST_CAPACITY 8

void
cl_tobit_rows_init(ClTobitRows *rows, const ClMemory *memory, bool full)
{
	memset(rows, 0, sizeof(ClTobitRows));
	rows->memory = *memory;
	rows->terms = -1;
	rows->full = full;
}

void
cl_tobit_rows_free(ClTobitRows *rows)
{
	while (rows->first != NULL)
	{
		ClTobitBlock *next = rows->first->next;

		cl_release(&rows->memory, rows->first);
		rows->first = next;
	}
	rows->last = NULL;
}

static void
append_block(ClTobitRows *rows, int capacity)
{
	size_t		values = (size_t) capacity * (size_t) cl_tobit_row_width(rows);
	ClTobitBlock *block = cl_allocate(&rows->memory, sizeof(ClTobitBlock) + values * sizeof(double));

	block->next = NULL;
	block->rows = 0;
	block->capacity = capacity;
	if (rows->last == NULL)
		rows->first = block;
	else
		rows->last->next = block;
	rows->last = block;
}

double *
cl_tobit_rows_append(ClTobitRows *rows, int n)
{
	append_block(rows, n);
	rows->last->rows = n;
	rows->n += n;
	return rows->last->value;
}

void
cl_tobit_rows_add(ClTobitRows *rows, const ClTobitRow *row, const double *x)
{
	ClTobitBlock *block = rows->last;
	double	   *to;

	/* A block twice as large as the one before: small groups take little, large ones waste little. */
	if (block == NULL || block->rows == block->capacity)
	{
		int			capacity = block == NULL ? FIRST_CAPACITY : block->capacity * 2;

		append_block(rows, capacity > CL_TOBIT_BLOCK_ROWS ? CL_TOBIT_BLOCK_ROWS : capacity);
		block = rows->last;
	}
	to = block->value + (size_t) block->rows++ * (size_t) cl_tobit_row_width(rows);
	*to++ = row->low + 0.0;
	*to++ = row->high + 0.0;
	if (rows->full)
	{
		*to++ = row->weight;
		memcpy(to, row->cluster, sizeof(row->cluster));
		to += 2;
	}
	for (int j = 0; j < rows->terms; j++)
		to[j] = x[j] + 0.0;
	rows->n++;
	rows->of_kind[cl_tobit_kind(row->low, row->high)]++;
}

/* Both have the same terms, or one has no rows. */
void
cl_tobit_rows_merge(ClTobitRows *into, const ClTobitRows *from)
{
	if (into->terms < 0)
		into->terms = from->terms;
	into->clustered |= from->clustered;
	for (const ClTobitBlock *block = from->first; block != NULL; block = block->next)
		memcpy(cl_tobit_rows_append(into, block->rows), block->value,
			   (size_t) block->rows * (size_t) cl_tobit_row_width(into) * sizeof(double));
	for (int i = 0; i < CL_TOBIT_KINDS; i++)
		into->of_kind[i] += from->of_kind[i];
}

/*
 * Order. Rows are sorted by a hash of y and x, within clusters if there are any. Those of the same hash, which are mostly equal
 * rows, are sorted by their values, one after the other.
 */

typedef struct Order
{
	const ClMemory *memory;
	int			terms;
	int			head;			/* values before x */
	int			width;
	int			clusters;		/* levels before that of the hash */
} Order;

static uint64_t
bits_of(double value)
{
	uint64_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static const double *
row_of(const ClKeyed *keyed)
{
	return (const double *) (uintptr_t) keyed->row;
}

static uint64_t
key_of(const Order *order, const double *row, int level)
{
	if (level < order->clusters)
		return cl_checksum_mix(bits_of(row[3 + level]));
	if (level == order->clusters)
		return cl_checksum_row(row + order->head, order->terms, cl_checksum_mix(bits_of(row[0])) ^ bits_of(row[1]));
	return bits_of(row[level - order->clusters - 1]);
}

static bool
all_equal(const Order *order, const ClKeyed *keyed, size_t n)
{
	size_t		size = (size_t) order->width * sizeof(double);

	for (size_t i = 1; i < n; i++)
	{
		if (memcmp(row_of(&keyed[i]), row_of(&keyed[0]), size) != 0)
			return false;
	}
	return true;
}

static void
sort_from(const Order *order, ClKeyed *keyed, size_t n, int level)
{
	for (; n > 1 && level <= order->clusters + order->width; level++)
	{
		size_t		end;

		if (level > 0 && all_equal(order, keyed, n))
			return;
		for (size_t i = 0; i < n; i++)
			keyed[i].key = key_of(order, row_of(&keyed[i]), level);
		cl_sort_keyed(order->memory, keyed, n);
		if (keyed[0].key == keyed[n - 1].key)
			continue;
		for (size_t start = 0; start < n; start = end)
		{
			for (end = start + 1; end < n && keyed[end].key == keyed[start].key; end++)
				;
			order->memory->check_for_interrupts();
			sort_from(order, keyed + start, end - start, level + 1);
		}
		return;
	}
}

const double **
cl_tobit_rows_in_order(const ClTobitRows *rows, const ClMemory *memory)
{
	Order		order = {memory, rows->terms, cl_tobit_row_head(rows), cl_tobit_row_width(rows), rows->clustered ? 2 : 0};
	size_t		n = (size_t) rows->n;
	ClKeyed    *keyed = cl_allocate(memory, n * sizeof(ClKeyed));
	const double **row = cl_allocate(memory, n * sizeof(double *));
	size_t		i = 0;

	for (const ClTobitBlock *block = rows->first; block != NULL; block = block->next)
	{
		for (int j = 0; j < block->rows; j++)
			keyed[i++].row = (uintptr_t) (block->value + (size_t) j * (size_t) order.width);
	}
	sort_from(&order, keyed, n, 0);
	for (i = 0; i < n; i++)
		row[i] = row_of(&keyed[i]);
	cl_release(memory, keyed);
	return row;
}
