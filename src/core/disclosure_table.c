/*
 * disclosure_table.c
 *	  A two-way table before it is given away: see disclosure_table.h.
 */
#include "core/disclosure_table.h"

#include <string.h>

#include "core/sort.h"

#define FIRST_ENTRIES 64
#define ONE CL_RATE_ONE

void
cl_disclosure_open(ClDisclosureTable *table, const ClMemory *memory, int rows, int columns, bool with_amounts)
{
	size_t		size = (size_t) (rows + 1) * (columns + 1) * sizeof(ClDisclosureCell);

	table->with_amounts = with_amounts;
	table->rows = rows;
	table->columns = columns;
	table->cell = cl_allocate(memory, size);
	memset(table->cell, 0, size);
}

/* One contributor more, or one of several. */
static void
rank(ClDisclosureCell *cell, cl_int128 amount)
{
	if (amount > cell->largest[0])
	{
		cell->largest[1] = cell->largest[0];
		cell->largest[0] = amount;
	}
	else if (amount > cell->largest[1])
		cell->largest[1] = amount;
}

bool
cl_disclosure_add(ClDisclosureTable *into, const ClDisclosureTable *from, const int *row, const int *column)
{
	for (int i = 0; i <= from->rows; i++)
	{
		for (int j = 0; j <= from->columns; j++)
		{
			const ClDisclosureCell *theirs = &from->cell[cl_disclosure_place(from, i, j)];
			ClDisclosureCell *ours = &into->cell[cl_disclosure_place(into, i < from->rows ? row[i] : into->rows,
																	 j < from->columns ? column[j] : into->columns)];

			if (ours->n > CL_DISCLOSURE_MOST - theirs->n || ours->amount > CL_DISCLOSURE_MOST_AMOUNT - theirs->amount)
				return false;
			ours->n += theirs->n;
			ours->contributors += theirs->contributors;
			ours->amount += theirs->amount;
			rank(ours, theirs->largest[0]);
			rank(ours, theirs->largest[1]);
		}
	}
	return true;
}

static const char *
disorder_of_cell(const ClDisclosureTable *table, const ClDisclosureCell *cell, bool margin)
{
	cl_int128	rest = cell->amount - cell->largest[0] - cell->largest[1];

	if (cell->contributors > cell->n || (cell->n > 0 && cell->contributors < 1) || (!margin && cell->contributors != cell->n))
		return "number of contributors contradicts that of a cell";
	if (!table->with_amounts)
		return NULL;
	if (cell->largest[1] < 0 || cell->largest[0] < cell->largest[1] || rest < 0)
		return "largest amounts of a cell contradict it";
	if ((cell->contributors < 1 && cell->largest[0] > 0) || (cell->contributors < 2 && cell->largest[1] > 0) ||
		(cell->contributors < 3 ? rest > 0 : (rest - 1) / (cell->contributors - 2) >= cell->largest[1] && rest > 0))
		return "largest amounts of a cell are not enough for it";
	return NULL;
}

/* Whether a margin can be that of its cells: n is their sum, and so is the amount. */
static const char *
disorder_of_margin(const ClDisclosureTable *table, int from, int step, int count)
{
	const ClDisclosureCell *margin = &table->cell[from + count * step];
	cl_int128	amount = 0;
	int64_t		n = 0;

	for (int k = 0; k < count; k++)
	{
		const ClDisclosureCell *cell = &table->cell[from + k * step];

		n += cell->n;
		amount += cell->amount;
		if (cell->contributors > margin->contributors || cell->largest[0] > margin->largest[0])
			return "margin is less than one of its cells";
	}
	if (n != margin->n || amount != margin->amount)
		return "margin is not the sum of its cells";
	return NULL;
}

const char *
cl_disclosure_disorder(const ClDisclosureTable *table)
{
	int			width = table->columns + 1;
	const char *wrong = NULL;

	for (int i = 0; i <= table->rows && wrong == NULL; i++)
	{
		for (int j = 0; j <= table->columns && wrong == NULL; j++)
			wrong = disorder_of_cell(table, &table->cell[i * width + j], i == table->rows || j == table->columns);
		if (wrong == NULL)
			wrong = disorder_of_margin(table, i * width, 1, table->columns);
		if (wrong == NULL && i < table->rows && table->cell[i * width + table->columns].n == 0)
			wrong = "row has no contributors";
	}
	for (int j = 0; j <= table->columns && wrong == NULL; j++)
	{
		wrong = disorder_of_margin(table, j, width, table->rows);
		if (wrong == NULL && j < table->columns && table->cell[table->rows * width + j].n == 0)
			wrong = "column has no contributors";
	}
	return wrong;
}

/*
 * Rows
 */

void
cl_disclosure_rows_init(ClDisclosureRows *rows, const ClMemory *memory)
{
	memset(rows, 0, sizeof(*rows));
	rows->memory = *memory;
}

/* Entries by contributor; those of one stand together, in any order. */
static ClKeyed *
by_contributor(const ClDisclosureRows *rows)
{
	ClKeyed    *order = cl_allocate(&rows->memory, rows->n * sizeof(ClKeyed));

	for (size_t i = 0; i < rows->n; i++)
		order[i] = (ClKeyed) {(uint64_t) rows->entry[i].contributor, i};
	cl_sort_keyed(&rows->memory, order, rows->n);
	return order;
}

/* What one contributor has, by place of a cell or margin; those that were touched are put back to nothing after him. */
typedef struct Sums
{
	cl_int128  *amount;
	bool	   *is_there;
	int		   *touched;
	int			n;
} Sums;

static Sums
open_sums(const ClMemory *memory, int places)
{
	Sums		sums = {
		cl_allocate(memory, places * sizeof(cl_int128)), cl_allocate(memory, places * sizeof(bool)),
		cl_allocate(memory, places * sizeof(int)), 0
	};

	memset(sums.amount, 0, places * sizeof(cl_int128));
	memset(sums.is_there, 0, places * sizeof(bool));
	return sums;
}

static void
close_sums(const ClMemory *memory, Sums *sums)
{
	cl_release(memory, sums->amount);
	cl_release(memory, sums->is_there);
	cl_release(memory, sums->touched);
}

static void
sum_up(Sums *sums, int place, cl_int128 amount)
{
	if (!sums->is_there[place])
		sums->touched[sums->n++] = place;
	sums->is_there[place] = true;
	sums->amount[place] += amount;
}

static void
forget(Sums *sums)
{
	for (int i = 0; i < sums->n; i++)
	{
		sums->is_there[sums->touched[i]] = false;
		sums->amount[sums->touched[i]] = 0;
	}
	sums->n = 0;
}

/* Several entries of one contributor in one cell become one. */
static void
fold(ClDisclosureRows *rows)
{
	const ClMemory *memory = &rows->memory;
	Sums		sums = open_sums(memory, CL_DISCLOSURE_LABELS * CL_DISCLOSURE_LABELS);
	ClKeyed    *order = by_contributor(rows);
	ClDisclosureEntry *entry = cl_allocate(memory, rows->n * sizeof(ClDisclosureEntry));
	size_t		n = 0;

	for (size_t i = 0; i < rows->n; i++)
	{
		const ClDisclosureEntry *from = &rows->entry[order[i].row];

		if ((i & 0xFFFF) == 0)
			memory->check_for_interrupts();
		sum_up(&sums, from->row * CL_DISCLOSURE_LABELS + from->column, from->amount);
		if (i + 1 < rows->n && order[i + 1].key == order[i].key)
			continue;
		for (int k = 0; k < sums.n; k++)
		{
			int			place = sums.touched[k];

			entry[n++] = (ClDisclosureEntry) {
				from->contributor, place / CL_DISCLOSURE_LABELS, place % CL_DISCLOSURE_LABELS, sums.amount[place]
			};
		}
		forget(&sums);
	}
	cl_release(memory, order);
	close_sums(memory, &sums);
	memcpy(rows->entry, entry, n * sizeof(ClDisclosureEntry));
	cl_release(memory, entry);
	rows->n = rows->folded = n;
}

void
cl_disclosure_rows_add(ClDisclosureRows *rows, const ClDisclosureEntry *entry)
{
	if (rows->n == rows->size)
	{
		if (rows->n > 2 * rows->folded && rows->n > 65536)
			fold(rows);
		if (2 * rows->n >= rows->size)
		{
			rows->size = rows->size > 0 ? 2 * rows->size : FIRST_ENTRIES;
			rows->entry = cl_reallocate(&rows->memory, rows->entry, rows->size * sizeof(ClDisclosureEntry));
		}
	}
	rows->entry[rows->n++] = *entry;
}

static bool
comes_before(const ClDisclosureEntry *one, const ClDisclosureEntry *other)
{
	if (one->amount != other->amount)
		return one->amount > other->amount;
	return one->row != other->row ? one->row < other->row : one->column < other->column;
}

/* A borrower's own rows alone decide what is left of them, so that nobody else changes what he counts for. */
void
cl_disclosure_bound(ClDisclosureRows *rows, int cells, cl_int128 clip)
{
	size_t		kept = 0;

	fold(rows);
	for (size_t i = 0; i < rows->n;)
	{
		size_t		end = i;

		if (i % 1000 == 0)
			rows->memory.check_for_interrupts();
		while (end < rows->n && rows->entry[end].contributor == rows->entry[i].contributor)
			end++;
		for (int k = 0; k < cells && i < end; k++, i++)
		{
			size_t		most = i;
			ClDisclosureEntry entry;

			for (size_t m = i + 1; m < end; m++)
				most = comes_before(&rows->entry[m], &rows->entry[most]) ? m : most;
			entry = rows->entry[most];
			rows->entry[most] = rows->entry[i];
			entry.amount = entry.amount < clip ? entry.amount : clip;
			rows->entry[kept++] = entry;
		}
		i = end;
	}
	rows->n = rows->folded = kept;
}

bool
cl_disclosure_collect(ClDisclosureRows *rows, ClDisclosureTable *table, const int *row, const int *column)
{
	const ClMemory *memory = &rows->memory;
	Sums		sums = open_sums(memory, cl_disclosure_size(table));
	ClKeyed    *order = by_contributor(rows);

	for (size_t i = 0; i < rows->n; i++)
	{
		const ClDisclosureEntry *entry = &rows->entry[order[i].row];
		int			at[2] = {row[entry->row], table->rows};
		int			across[2] = {column[entry->column], table->columns};

		if ((i & 0xFFFF) == 0)
			memory->check_for_interrupts();
		for (int k = 0; k < 4; k++)
			sum_up(&sums, cl_disclosure_place(table, at[k / 2], across[k % 2]), entry->amount);
		if (i + 1 < rows->n && order[i + 1].key == order[i].key)
			continue;
		for (int k = 0; k < sums.n; k++)
		{
			ClDisclosureCell *cell = &table->cell[sums.touched[k]];

			cell->contributors++;
			cell->amount += sums.amount[sums.touched[k]];
			rank(cell, sums.amount[sums.touched[k]]);
		}
		forget(&sums);
	}
	for (int i = 0; i < table->rows; i++)
	{
		for (int j = 0; j < table->columns; j++)
		{
			ClDisclosureCell *cell = &table->cell[cl_disclosure_place(table, i, j)];

			cell->n = cell->contributors;
			table->cell[cl_disclosure_place(table, i, table->columns)].n += cell->n;
			table->cell[cl_disclosure_place(table, table->rows, j)].n += cell->n;
			table->cell[cl_disclosure_place(table, table->rows, table->columns)].n += cell->n;
		}
	}
	cl_release(memory, order);
	close_sums(memory, &sums);
	return table->cell[cl_disclosure_size(table) - 1].n <= CL_DISCLOSURE_MOST &&
		table->cell[cl_disclosure_size(table) - 1].amount <= CL_DISCLOSURE_MOST_AMOUNT;
}

/*
 * Rules
 */

ClSensitive
cl_disclosure_sensitive(const ClDisclosureRule *rule, const ClDisclosureCell *cell, bool with_amounts)
{
	cl_int128	top = cell->largest[0] + (rule->dominance_n > 1 ? cell->largest[1] : 0);

	if (cell->n == 0)
		return CL_NOT_SENSITIVE;
	if (cell->contributors < rule->minimum_frequency)
		return CL_TOO_FEW;
	if (!with_amounts)
		return CL_NOT_SENSITIVE;
	if (rule->dominance_n > 0 && top * ONE > cell->amount * rule->dominance_share)
		return CL_DOMINATED;
	if ((cell->amount - cell->largest[0] - cell->largest[1]) * ONE < cell->largest[0] * rule->p)
		return CL_TOO_CLOSE;
	return CL_NOT_SENSITIVE;
}

/*
 * A share p of the amount, which is at least the p * largest - (total - largest - second) of the p % rule; of a dominated cell
 * what would make its largest no longer dominate; and never nothing.
 */
cl_int128
cl_disclosure_distance(const ClDisclosureRule *rule, const ClDisclosureCell *cell)
{
	cl_int128	distance = (cell->amount * rule->p + ONE - 1) / ONE;
	cl_int128	top = cell->largest[0] + (rule->dominance_n > 1 ? cell->largest[1] : 0);

	if (rule->dominance_n > 0)
	{
		cl_int128	diluted = (top * ONE + rule->dominance_share - 1) / rule->dominance_share - cell->amount;

		distance = diluted > distance ? diluted : distance;
	}
	return distance > 1 ? distance : 1;
}

/* Half goes up. */
cl_int128
cl_disclosure_rounded(cl_int128 value, cl_int128 base)
{
	return base > 0 ? (value + base / 2) / base * base : value;
}
