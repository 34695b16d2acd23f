/*
 * behavior.c
 *	  The monthly history of one account in bounded memory.
 */
#include "core/behavior.h"
#include "core/money.h"

#include <string.h>

typedef struct Narrow
{
	uint16_t	days;
	uint8_t		present;
	uint8_t		conflicts;
	int32_t		amount[];
} Narrow;

typedef struct Wide
{
	uint16_t	days;
	uint8_t		present;
	uint8_t		conflicts;
	int64_t		amount[];
} Wide;

#define NARROW_UNKNOWN INT32_MIN
#define NO_DAYS UINT16_MAX

/*
 * Slots
 */

static size_t
slot_size(const ClBehavior *history)
{
	return history->wide ? sizeof(Wide) + history->amounts * sizeof(int64_t) :
		sizeof(Narrow) + history->amounts * sizeof(int32_t);
}

static char *
slot_at(const ClBehavior *history, int slot)
{
	return (char *) history->slots + slot * slot_size(history);
}

static bool
fits_narrow(int64_t amount)
{
	return amount == CL_BEHAVIOR_UNKNOWN || (amount > NARROW_UNKNOWN && amount <= INT32_MAX);
}

static bool
row_fits_narrow(const ClBehaviorMonth *row)
{
	return fits_narrow(row->amount[0]) && fits_narrow(row->amount[1]) && fits_narrow(row->amount[2]) &&
		fits_narrow(row->amount[3]);
}

static void
write_narrow(Narrow *slot, const ClBehaviorMonth *row, int amounts)
{
	for (int i = 0; i < amounts; i++)
		slot->amount[i] = row->amount[i] == CL_BEHAVIOR_UNKNOWN ? NARROW_UNKNOWN : (int32_t) row->amount[i];
	slot->days = (uint16_t) row->days_past_due;	/* CL_BEHAVIOR_NO_DAYS becomes NO_DAYS */
	slot->present = true;
	slot->conflicts = (uint8_t) row->conflicts;
}

static void
write_slot(ClBehavior *history, int slot, const ClBehaviorMonth *row)
{
	Wide	   *wide;

	history->contradicted |= row->conflicts != 0;
	if (!history->wide)
	{
		write_narrow((Narrow *) slot_at(history, slot), row, history->amounts);
		return;
	}
	wide = (Wide *) slot_at(history, slot);
	memcpy(wide->amount, row->amount, history->amounts * sizeof(int64_t));
	wide->days = (uint16_t) row->days_past_due;
	wide->present = true;
	wide->conflicts = (uint8_t) row->conflicts;
}

static bool
read_slot(const ClBehavior *history, int slot, ClBehaviorMonth *row)
{
	const void *at = slot_at(history, slot);
	const Narrow *narrow = at;	/* but for the amounts a wide one is the same */
	const Wide *wide = at;

	if (!history->wide && history->amounts == CL_BEHAVIOR_AMOUNTS)	/* most are: without a look at each amount */
	{
		for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
			row->amount[i] = narrow->amount[i] == NARROW_UNKNOWN ? CL_BEHAVIOR_UNKNOWN : narrow->amount[i];
	}
	else
	{
		for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
			row->amount[i] = i >= history->amounts ? CL_BEHAVIOR_UNKNOWN : history->wide ? wide->amount[i] :
				narrow->amount[i] == NARROW_UNKNOWN ? CL_BEHAVIOR_UNKNOWN : narrow->amount[i];
	}
	row->days_past_due = narrow->days == NO_DAYS ? CL_BEHAVIOR_NO_DAYS : narrow->days;
	row->conflicts = narrow->conflicts;
	return narrow->present;
}

/*
 * The number of slots that fill the block of at least that many: blocks of memory are powers of two. The first block has room
 * for two years, since what a growing history leaves behind is lost as long as all others grow too (months loaded one by one);
 * where few amounts are kept, for all months.
 */
#define FIRST_BLOCK 512

static int
capacity_for(const ClBehavior *history, int slots)
{
	size_t		size = slot_size(history);
	size_t		block = FIRST_BLOCK;

	if (history->amounts < CL_BEHAVIOR_AMOUNTS)
		return CL_BEHAVIOR_MONTHS;
	while (block < slots * size)
		block *= 2;
	return block / size < CL_BEHAVIOR_MONTHS ? (int) (block / size) : CL_BEHAVIOR_MONTHS;
}

static bool
in_first_block(const ClBehavior *history)
{
	return history->slots == (const void *) (history + 1);
}

static void
reserve(ClBehavior *history, const ClMemory *memory, int slots)
{
	const void *before = history->slots;
	size_t		size;

	if (slots <= history->capacity)
		return;
	history->capacity = (uint16_t) capacity_for(history, slots);
	size = history->capacity * slot_size(history);
	if (!in_first_block(history))
		history->slots = cl_reallocate(memory, history->slots, size);
	else
	{
		history->slots = cl_allocate(memory, size);
		memcpy(history->slots, before, history->n * slot_size(history));
	}
}

static void
widen(ClBehavior *history, const ClMemory *memory)
{
	ClBehavior	before = *history;
	bool		separate = !in_first_block(history);
	ClBehaviorMonth row;

	history->wide = true;
	history->capacity = (uint16_t) capacity_for(history, before.n);
	history->slots = cl_allocate(memory, history->capacity * slot_size(history));
	memset(history->slots, 0, history->capacity * slot_size(history));
	for (int i = 0; i < before.n; i++)
	{
		if (read_slot(&before, i, &row))
			write_slot(history, i, &row);
	}
	if (separate)
		cl_release(memory, before.slots);
}

void
cl_behavior_init(ClBehavior *history, int amounts)
{
	memset(history, 0, sizeof(*history));
	history->amounts = (uint8_t) amounts;
}

void
cl_behavior_clear(ClBehavior *history, const ClMemory *memory)
{
	if (!in_first_block(history))
		cl_release(memory, history->slots);
	cl_release(memory, history->earlier);
}

ClBehavior *
cl_behavior_new(const ClMemory *memory)
{
	ClBehavior *history = cl_allocate(memory, FIRST_BLOCK);

	cl_behavior_init(history, CL_BEHAVIOR_AMOUNTS);
	history->slots = history + 1;
	history->capacity = (uint16_t) ((FIRST_BLOCK - sizeof(*history)) / slot_size(history));
	return history;
}

void
cl_behavior_free(ClBehavior *history, const ClMemory *memory)
{
	cl_behavior_clear(history, memory);
	cl_release(memory, history);
}

/*
 * Months before the window
 */

static int
earlier_bit(int32_t month)
{
	return month % CL_BEHAVIOR_SPAN;
}

bool
cl_behavior_is_earlier(const ClBehavior *history, int32_t month)
{
	const ClBehaviorEarlier *earlier = history->earlier;
	int			bit = earlier_bit(month);

	return earlier != NULL && month >= earlier->first && month < history->low &&
		((earlier->bit[bit / 8] >> (bit % 8)) & 1) != 0;
}

int
cl_behavior_count_earlier(const ClBehavior *history, int32_t from, int32_t to)
{
	int			count = 0;

	if (history->earlier == NULL)
		return 0;
	if (from < history->earlier->first)
		from = history->earlier->first;
	for (int32_t month = from; month <= to && month < history->low; month++)
		count += cl_behavior_is_earlier(history, month);
	return count;
}

static void
mark_earlier(ClBehavior *history, const ClMemory *memory, int32_t month)
{
	int			bit = earlier_bit(month);

	if (history->earlier == NULL)
	{
		history->earlier = cl_allocate(memory, sizeof(ClBehaviorEarlier));
		memset(history->earlier, 0, sizeof(ClBehaviorEarlier));
		history->earlier->first = month;
	}
	if (month < history->earlier->first)
		history->earlier->first = month;
	history->earlier->bit[bit / 8] |= (uint8_t) (1 << (bit % 8));
}

/* Months that left the window as another worker saw it. The window of this history must already be as late. */
bool
cl_behavior_put_earlier(ClBehavior *history, const ClMemory *memory, int32_t month)
{
	int32_t		last = cl_behavior_last(history);

	if (history->n == 0 || month > last - CL_BEHAVIOR_MONTHS || last - month >= CL_BEHAVIOR_SPAN)
		return false;
	mark_earlier(history, memory, month);
	return true;
}

static void
drop_before(ClBehavior *history, const ClMemory *memory, int32_t month)
{
	ClBehaviorMonth row;
	int			gone = 0;

	while (gone < history->n)
	{
		if (read_slot(history, gone, &row))
		{
			if (history->low + gone >= month)
				break;
			mark_earlier(history, memory, history->low + gone);
		}
		gone++;
	}
	history->n = (uint16_t) (history->n - gone);
	history->low += gone;
	memmove(history->slots, slot_at(history, gone), history->n * slot_size(history));
}

/*
 * Rows
 */

int32_t
cl_behavior_first(const ClBehavior *history)
{
	return history->earlier != NULL ? history->earlier->first : history->low;
}

/* Two rows of one month: what either knows; where both do and differ, a conflict. */
static void
unify(ClBehavior *history, int slot, const ClBehaviorMonth *row)
{
	ClBehaviorMonth known;

	if (!read_slot(history, slot, &known))
	{
		write_slot(history, slot, row);
		return;
	}
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		if (known.amount[i] == CL_BEHAVIOR_UNKNOWN)
			known.amount[i] = row->amount[i];
		else if (row->amount[i] != CL_BEHAVIOR_UNKNOWN && row->amount[i] != known.amount[i])
			known.conflicts |= 1 << i;
	}
	if (known.days_past_due == CL_BEHAVIOR_NO_DAYS)
		known.days_past_due = row->days_past_due;
	else if (row->days_past_due != CL_BEHAVIOR_NO_DAYS && row->days_past_due != known.days_past_due)
		known.conflicts |= CL_BEHAVIOR_DAYS_BIT;
	known.conflicts |= row->conflicts;
	write_slot(history, slot, &known);
}

/* Makes room for slots before the first. */
static void
extend_down(ClBehavior *history, const ClMemory *memory, int slots)
{
	reserve(history, memory, history->n + slots);
	memmove(slot_at(history, slots), history->slots, history->n * slot_size(history));
	memset(history->slots, 0, slots * slot_size(history));
	history->low -= slots;
	history->n = (uint16_t) (history->n + slots);
}

static void
extend_up(ClBehavior *history, const ClMemory *memory, int32_t month)
{
	int			slots;

	if (history->n > 0)
		drop_before(history, memory, month - CL_BEHAVIOR_MONTHS + 1);
	if (history->n == 0)
		history->low = month;
	slots = month - history->low + 1;
	reserve(history, memory, slots);
	memset(slot_at(history, history->n), 0, (slots - history->n) * slot_size(history));
	history->n = (uint16_t) slots;
}

static bool
within_span(const ClBehavior *history, int32_t month)
{
	return history->n == 0 ||
		(cl_behavior_last(history) - month < CL_BEHAVIOR_SPAN && month - cl_behavior_first(history) < CL_BEHAVIOR_SPAN);
}

bool
cl_behavior_put(ClBehavior *history, const ClMemory *memory, int32_t month, const ClBehaviorMonth *row)
{
	if (!within_span(history, month))
		return false;
	if (history->n > 0 && month <= cl_behavior_last(history) - CL_BEHAVIOR_MONTHS)
	{
		mark_earlier(history, memory, month);
		return true;
	}
	if (!history->wide && !row_fits_narrow(row))
		widen(history, memory);
	if (history->n == 0 || month > cl_behavior_last(history))
		extend_up(history, memory, month);
	else if (month < history->low)
		extend_down(history, memory, history->low - month);
	unify(history, month - history->low, row);
	return true;
}

bool
cl_behavior_append(ClBehavior *history, int32_t month, const ClBehaviorMonth *row)
{
	if (history->n == 0 || month - history->low != history->n || history->n >= history->capacity || history->wide ||
		history->earlier != NULL || !row_fits_narrow(row))
		return false;
	history->contradicted |= row->conflicts != 0;
	write_narrow((Narrow *) slot_at(history, history->n), row, history->amounts);
	history->n++;
	return true;
}

bool
cl_behavior_get(const ClBehavior *history, int32_t month, ClBehaviorMonth *row)
{
	return month >= history->low && month <= cl_behavior_last(history) && read_slot(history, month - history->low, row);
}

/*
 * Scale
 */

/* Whether an amount has a place at the most decimals, so that none is ever too large for those of another row. */
bool
cl_behavior_amount_valid(int64_t amount, int decimals)
{
	int64_t		scaled;

	return !__builtin_mul_overflow(amount, (int64_t) cl_pow10_64[CL_BEHAVIOR_DECIMALS - decimals], &scaled) &&
		amount != CL_BEHAVIOR_UNKNOWN;
}

static void
rescale(ClBehaviorMonth *row, int by)
{
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		if (row->amount[i] != CL_BEHAVIOR_UNKNOWN)
			row->amount[i] *= (int64_t) cl_pow10_64[by];
	}
}

void
cl_behavior_raise_decimals(ClBehavior *history, const ClMemory *memory, int decimals)
{
	int			by = decimals - history->decimals;
	ClBehaviorMonth row;

	if (by <= 0)
		return;
	history->decimals = (uint8_t) decimals;
	for (int i = 0; i < history->n; i++)
	{
		if (!read_slot(history, i, &row))
			continue;
		rescale(&row, by);
		if (!history->wide && !row_fits_narrow(&row))
			widen(history, memory);
		write_slot(history, i, &row);
	}
}

bool
cl_behavior_fits_narrow(const ClBehavior *history)
{
	ClBehaviorMonth row;

	for (int i = 0; i < history->n; i++)
	{
		if (read_slot(history, i, &row) && !row_fits_narrow(&row))
			return false;
	}
	return true;
}

/*
 * Whole histories
 */

bool
cl_behavior_merge(ClBehavior *history, const ClMemory *memory, const ClBehavior *other)
{
	ClBehaviorMonth row;

	if (other->n == 0)
		return true;
	cl_behavior_raise_decimals(history, memory, other->decimals);
	/* The latest month first, since it sets the window; then the rest, upwards. */
	for (int slot = -1; slot < other->n - 1; slot++)
	{
		int			from = slot < 0 ? other->n - 1 : slot;

		if (!read_slot(other, from, &row))
			continue;
		rescale(&row, history->decimals - other->decimals);
		if (!cl_behavior_put(history, memory, other->low + from, &row))
			return false;
	}
	for (int32_t month = cl_behavior_first(other); month < other->low; month++)
	{
		if (cl_behavior_is_earlier(other, month) && !cl_behavior_put_earlier(history, memory, month))
			return false;
	}
	return true;
}

int32_t
cl_behavior_conflict(const ClBehavior *history, int *columns)
{
	ClBehaviorMonth row;

	for (int i = 0; history->contradicted && i < history->n; i++)
	{
		if (read_slot(history, i, &row) && row.conflicts != 0)
		{
			*columns = row.conflicts;
			return history->low + i;
		}
	}
	return 0;
}

int
cl_behavior_known(const ClBehavior *history)
{
	ClBehaviorMonth row;
	int			columns = 0;

	for (int i = 0; i < history->n; i++)
	{
		if (!read_slot(history, i, &row))
			continue;
		for (int a = 0; a < CL_BEHAVIOR_AMOUNTS; a++)
			columns |= row.amount[a] != CL_BEHAVIOR_UNKNOWN ? 1 << a : 0;
		columns |= row.days_past_due != CL_BEHAVIOR_NO_DAYS ? CL_BEHAVIOR_DAYS_BIT : 0;
	}
	return columns;
}

static int64_t
last_known(const ClBehavior *history, ClBehaviorAmount amount)
{
	ClBehaviorMonth row;

	for (int i = history->n - 1; i >= 0; i--)
	{
		if (read_slot(history, i, &row) && row.amount[amount] != CL_BEHAVIOR_UNKNOWN)
			return row.amount[amount];
	}
	return CL_BEHAVIOR_UNKNOWN;
}

/*
 * Months after the last in which the line stays as it is and nothing happens; a column that is never known stays unknown. What
 * is owed is repaid, but a credit balance stays: it would be a sign of life if it were drawn on.
 */
bool
cl_behavior_add_idle(ClBehavior *history, const ClMemory *memory, int months)
{
	int			columns = cl_behavior_known(history);
	ClBehaviorMonth row = {{last_known(history, CL_BEHAVIOR_LIMIT)}, 0, 0};
	int64_t		balance = last_known(history, CL_BEHAVIOR_BALANCE);
	int32_t		last = cl_behavior_last(history);

	for (int a = CL_BEHAVIOR_BALANCE; a < CL_BEHAVIOR_AMOUNTS; a++)
		row.amount[a] = (columns >> a) & 1 ? 0 : CL_BEHAVIOR_UNKNOWN;
	if (balance < 0)
		row.amount[CL_BEHAVIOR_BALANCE] = balance;	/* also when it is CL_BEHAVIOR_UNKNOWN */
	if ((columns & CL_BEHAVIOR_DAYS_BIT) == 0)
		row.days_past_due = CL_BEHAVIOR_NO_DAYS;
	for (int i = 1; i <= months; i++)
	{
		if (!cl_behavior_put(history, memory, last + i, &row))
			return false;
	}
	return true;
}

int32_t
cl_behavior_month_of_any_year(int32_t days)
{
	/* Days since 0000-03-01: eras of 400 years, and years that begin in March, so that the leap day is their last. */
	int64_t		day = (int64_t) days + 730425;
	int64_t		era = (day >= 0 ? day : day - 146096) / 146097;
	int32_t		of_era = (int32_t) (day - era * 146097);
	int32_t		year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int32_t		of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t		month = (era * 400 + year) * 12 + (5 * of_year + 2) / 153 + 2;

	return month < CL_BEHAVIOR_FIRST_MONTH || month > CL_BEHAVIOR_LAST_MONTH ? 0 : (int32_t) month;
}
