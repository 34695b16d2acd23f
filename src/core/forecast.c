/*
 * forecast.c
 *	  Histories counted by leaf and change.
 */
#include "core/forecast.h"

#include "core/checksum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * The grid of changes: no change, and on either side bins whose edges grow by a twelfth from a two-thousandth of the scale on,
 * to some 4000 times the scale, or whatever is more.
 */
#define GRID_FIRST 0.0005
#define GRID_GROWTH (13.0 / 12)

double		cl_forecast_grid[CL_FORECAST_SIDE + 1];

/* Where the search for a bin begins, by exponent and three bits of the change: an edge or two before it, without a guess. */
#define NEAR_BITS 3
#define NEAR_OCTAVES 24
static uint8_t first_bin[NEAR_OCTAVES << NEAR_BITS];

static uint64_t
near_key(double size)
{
	uint64_t	bits;

	memcpy(&bits, &size, sizeof(bits));
	return bits >> (52 - NEAR_BITS);
}

/* Bin i above no change has the changes from edge i - 1 (not included) to edge i; the last one all beyond. */
static int
bin_from(double size, int bin)
{
	while (bin < CL_FORECAST_SIDE && size > cl_forecast_grid[bin])
		bin++;
	return bin;
}

void
cl_forecast_make_grid(void)
{
	double		edge = GRID_FIRST;

	if (cl_forecast_grid[1] > 0)
		return;
	for (int i = 1; i <= CL_FORECAST_SIDE; i++)
	{
		cl_forecast_grid[i] = edge;
		edge *= GRID_GROWTH;
	}
	for (int i = 0; i < NEAR_OCTAVES << NEAR_BITS; i++)
	{
		uint64_t	bits = (near_key(GRID_FIRST) + (uint64_t) i) << (52 - NEAR_BITS);
		double		least;

		memcpy(&least, &bits, sizeof(least));
		first_bin[i] = (uint8_t) bin_from(least, 1);
	}
}

static int
bin_of(double change)
{
	double		size = fabs(change);
	int			bin = 1;

	if (change == 0)
		return CL_FORECAST_SIDE;
	if (size > GRID_FIRST)
	{
		uint64_t	at = near_key(size) - near_key(GRID_FIRST);

		bin = at < NEAR_OCTAVES << NEAR_BITS ? bin_from(size, first_bin[at]) : CL_FORECAST_SIDE;
	}
	return change > 0 ? CL_FORECAST_SIDE + bin : CL_FORECAST_SIDE - bin;
}

/*
 * Features and their classes: class i has the values above edge i - 2 up to edge i - 1, class 0 those not known.
 */
const char *const cl_forecast_feature_names[CL_FORECAST_FEATURES] = {"standing", "use", "payment", "change", "level", "scale"};

enum
{
	STANDING, USE, PAYMENT, CHANGE, LEVEL, SCALE
};

const int	cl_forecast_bits[CL_FORECAST_FEATURES] = {4, 4, 4, 4, 3, 5};

/* Those of scale are as many as its bits allow: amounts may be in thousands, or of a currency of small units. */
static const int n_edges[CL_FORECAST_FEATURES] = {7, 14, 9, 10, 6, 30};
static const double edges[CL_FORECAST_FEATURES][CL_FORECAST_CLASSES - 2] = {
	[STANDING] = {0, 1, 2, 3, 4, 5, 6},
	[USE] = {0, 0.01, 0.03, 0.07, 0.13, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97},
	[PAYMENT] = {0, 0.03, 0.045, 0.06, 0.1, 0.25, 0.5, 0.9, 0.99},
	[CHANGE] = {-0.3, -0.1, -0.03, -0.01, 0, 0.01, 0.03, 0.07, 0.15, 0.3},
	[LEVEL] = {-0.2, -0.05, -0.01, 0.01, 0.05, 0.2},
	[SCALE] = {0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9, 3e9,
	1e10, 3e10, 1e11, 3e11, 1e12, 3e12},
};

static unsigned
class_of(int feature, double value)
{
	unsigned	class = 1;

	if (isnan(value))
		return 0;
	for (int i = 0; i < n_edges[feature]; i++)
		class += value > edges[feature][i];
	return class;
}

void
cl_forecast_class_bounds(int feature, int class, double *low, double *high)
{
	*low = class >= 2 ? edges[feature][class - 2] : -INFINITY;
	*high = class - 1 < n_edges[feature] ? edges[feature][class - 1] : INFINITY;
	if (class == 0)
		*low = *high = NAN;
}

/*
 * Counts
 */
static uint64_t
hash(uint64_t key)
{
	key *= UINT64_C(0x9E3779B97F4A7C15);
	return key ^ key >> 32;
}

static ClForecastCount *
slot_of(ClForecastCount *count, uint32_t capacity, uint64_t key)
{
	uint32_t	at = (uint32_t) hash(key) & (capacity - 1);

	while (count[at].key != key && count[at].key != CL_FORECAST_FREE)
		at = (at + 1) & (capacity - 1);
	return &count[at];
}

/* A hash that has room for so many more and is then three quarters full at most. */
static void
make_room(ClForecast *forecast, const ClMemory *memory, int more)
{
	uint32_t	capacity = forecast->sorted || forecast->capacity == 0 ? 1024 : forecast->capacity;
	ClForecastCount *count;

	while (capacity / 4 * 3 < forecast->n + (uint32_t) more)
		capacity *= 2;
	if (capacity == forecast->capacity && !forecast->sorted)
		return;
	count = cl_allocate(memory, capacity * sizeof(ClForecastCount));
	memset(count, 0xFF, capacity * sizeof(ClForecastCount));
	for (uint32_t i = 0; i < forecast->capacity; i++)
	{
		if (forecast->count[i].key != CL_FORECAST_FREE)
			*slot_of(count, capacity, forecast->count[i].key) = forecast->count[i];
	}
	cl_release(memory, forecast->count);
	forecast->count = count;
	forecast->capacity = capacity;
	forecast->sorted = false;
}

/* Values from outside may say any number: a sum ends at the largest. */
static int64_t
sum(int64_t a, int64_t b)
{
	return a < CL_FORECAST_MOST - b ? a + b : CL_FORECAST_MOST;
}

void
cl_forecast_put(ClForecast *forecast, const ClMemory *memory, uint64_t key, int64_t n)
{
	ClForecastCount *slot;
	int64_t		before;

	make_room(forecast, memory, 1);
	slot = slot_of(forecast->count, forecast->capacity, key);
	if (slot->key == CL_FORECAST_FREE)
	{
		slot->key = key;
		slot->n = 0;
		forecast->n++;
	}
	before = slot->n;
	slot->n = sum(before, n);
	forecast->checksum += cl_checksum_mix(key + 1) * (uint64_t) (slot->n - before);
}

void
cl_forecast_make_room(ClForecast *forecast, const ClMemory *memory, uint32_t n)
{
	forecast->count = cl_allocate(memory, (n + 1) * sizeof(ClForecastCount));
	forecast->capacity = 0;
	forecast->sorted = true;
}

void
cl_forecast_append(ClForecast *forecast, uint64_t key, int64_t n)
{
	forecast->count[forecast->capacity++] = (ClForecastCount) {key, n};
	forecast->n = forecast->capacity;
	forecast->checksum += cl_checksum_mix(key + 1) * (uint64_t) n;
}

void
cl_forecast_merge(ClForecast *forecast, const ClMemory *memory, const ClForecast *other)
{
	forecast->n_accounts = sum(forecast->n_accounts, other->n_accounts);
	forecast->n_skipped = sum(forecast->n_skipped, other->n_skipped);
	for (uint32_t i = 0; i < other->capacity; i++)
	{
		if (other->count[i].key != CL_FORECAST_FREE)
			cl_forecast_put(forecast, memory, other->count[i].key, other->count[i].n);
		if (i % 65536 == 0)
			memory->check_for_interrupts();
	}
}

static int
by_key(const void *a, const void *b)
{
	uint64_t	left = ((const ClForecastCount *) a)->key;
	uint64_t	right = ((const ClForecastCount *) b)->key;

	return (left > right) - (left < right);
}

ClForecastCount *
cl_forecast_sorted(const ClForecast *forecast, const ClMemory *memory)
{
	ClForecastCount *sorted;
	uint32_t	n = 0;

	if (forecast->sorted)
		return forecast->count;
	sorted = cl_allocate(memory, forecast->n * sizeof(ClForecastCount));
	for (uint32_t i = 0; i < forecast->capacity; i++)
	{
		if (forecast->count[i].key != CL_FORECAST_FREE)
			sorted[n++] = forecast->count[i];
	}
	qsort(sorted, n, sizeof(ClForecastCount), by_key);
	return sorted;
}

static uint64_t
key_of(int table, uint32_t leaf, int bin, bool censored)
{
	return (((uint64_t) table << CL_FORECAST_LEAF_BITS | leaf) << CL_FORECAST_BIN_BITS) | (uint64_t) bin << 1 | censored;
}

bool
cl_forecast_key_valid(uint64_t key, uint64_t like)
{
	int			bin = (int) (key & ((1 << CL_FORECAST_BIN_BITS) - 1)) >> 1;
	uint64_t	leaf = key >> CL_FORECAST_BIN_BITS & ((1 << CL_FORECAST_LEAF_BITS) - 1);
	uint64_t	table = key >> (CL_FORECAST_BIN_BITS + CL_FORECAST_LEAF_BITS);

	if (table > CL_FORECAST_TABLES || bin >= CL_FORECAST_BINS)
		return false;
	if (table == CL_FORECAST_TABLES)
		return leaf < CL_FORECAST_SIZES && (key & 1) == 0;
	if (key >> CL_FORECAST_BIN_BITS == like >> CL_FORECAST_BIN_BITS)
		return true;
	for (int f = CL_FORECAST_FEATURES - 1; f >= 0; leaf >>= cl_forecast_bits[f--])
	{
		if ((int) (leaf & ((1u << cl_forecast_bits[f]) - 1)) > n_edges[f] + 1)
			return false;
	}
	return true;
}

/*
 * The months of a history, as numbers. NaN: not known. A balance below zero is none.
 */
typedef struct Months
{
	int			n;
	double		limit[CL_BEHAVIOR_MONTHS];
	double		balance[CL_BEHAVIOR_MONTHS];
	double		payment[CL_BEHAVIOR_MONTHS];
	double		due[CL_BEHAVIOR_MONTHS];
	double		days[CL_BEHAVIOR_MONTHS];
	double		before[CL_BEHAVIOR_MONTHS]; /* highest limit or balance of earlier months, 0 without any */
	bool		at_limit[CL_BEHAVIOR_MONTHS];	/* where months are counted */
} Months;

static double
amount(int64_t value)
{
	return value == CL_BEHAVIOR_UNKNOWN ? NAN : value < 0 ? 0 : (double) value;
}

/* The months up to this one. */
static void
read_months(const ClBehavior *history, int32_t until, Months *months)
{
	double		highest = 0;

	cl_forecast_make_grid();
	months->n = 0;
	for (int32_t month = history->low; month <= until && month <= cl_behavior_last(history); month++)
	{
		ClBehaviorMonth row;
		int			i = months->n++;

		months->before[i] = highest;
		months->limit[i] = months->balance[i] = months->payment[i] = months->due[i] = months->days[i] = NAN;
		if (!cl_behavior_get(history, month, &row))
			continue;
		months->limit[i] = amount(row.amount[CL_BEHAVIOR_LIMIT]);
		months->balance[i] = amount(row.amount[CL_BEHAVIOR_BALANCE]);
		months->payment[i] = amount(row.amount[CL_BEHAVIOR_PAYMENT]);
		months->due[i] = amount(row.amount[CL_BEHAVIOR_DUE]);
		if (row.days_past_due != CL_BEHAVIOR_NO_DAYS)
			months->days[i] = row.days_past_due;
		highest = fmax(highest, fmax(months->limit[i], months->balance[i]));
	}
}

/*
 * The scale at month i: the highest before it. Without earlier months it is what the account opened with.
 */
static double
scale_at(const Months *months, int i)
{
	double		scale = fmax(months->before[i], months->balance[i]);

	if (months->before[i] == 0 && months->limit[i] > scale)
		scale = months->limit[i];
	return scale;
}

/*
 * How the account stands with what was due: nothing was, it paid all, it left some; or, where that is not known, it is not past
 * due; past due up to 30, 60, 90 days, or more.
 */
static double
standing(const Months *months, int i)
{
	double		days = months->days[i];
	double		due = months->due[i];

	if (days > 0)
		return days <= 30 ? 4 : days <= 60 ? 5 : days <= 90 ? 6 : 7;
	if (due == 0)
		return 0;
	if (due > 0 && !isnan(months->payment[i]))
		return months->payment[i] >= due ? 1 : 2;
	return days == 0 ? 3 : NAN;
}

static uint32_t
leaf_at(const Months *months, int i, double scale, double unit)
{
	double		last = months->balance[i];
	double		previous = i > 0 ? months->balance[i - 1] : NAN;
	double		value[CL_FORECAST_FEATURES];
	double		total = 0;
	int			n = 0;
	uint32_t	leaf = 0;

	for (int j = i - 1; j >= 0 && j >= i - 3; j--)
	{
		if (!isnan(months->balance[j]))
		{
			total += months->balance[j];
			n++;
		}
	}
	value[USE] = last / scale;
	value[PAYMENT] = previous > 0 ? months->payment[i] / previous : previous == 0 ? INFINITY : NAN;
	value[CHANGE] = (last - previous) / scale;
	value[STANDING] = standing(months, i);
	value[LEVEL] = n > 1 ? (last - total / n) / scale : NAN;
	value[SCALE] = scale / unit;
	for (int f = 0; f < CL_FORECAST_FEATURES; f++)
		leaf = leaf << cl_forecast_bits[f] | class_of(f, value[f]);
	return leaf;
}

const int	cl_forecast_horizons[CL_FORECAST_HORIZONS] = {1, 3, 6, 12};

/* Of the months up to the longest horizon a mixture may be asked for. */
static int
longest(const ClForecastOptions *options)
{
	int			i = CL_FORECAST_HORIZONS - 1;

	while (i > 0 && (options->horizons >> i & 1) == 0)
		i--;
	return cl_forecast_horizons[i];
}

/*
 * What an account counts in. Each count lies somewhere else in a hash that no cache holds, so they are fetched together.
 */
typedef struct Counted
{
	int			n;
	uint64_t	key[CL_BEHAVIOR_MONTHS * CL_FORECAST_TABLES];
} Counted;

static void
count_all(ClForecast *forecast, const ClMemory *memory, const Counted *counted)
{
	make_room(forecast, memory, counted->n);
	for (int i = 0; i < counted->n; i++)
		__builtin_prefetch(&forecast->count[(uint32_t) hash(counted->key[i]) & (forecast->capacity - 1)], 1);
	for (int i = 0; i < counted->n; i++)
		cl_forecast_put(forecast, memory, counted->key[i], 1);
}

static void
add_origin(const ClForecast *forecast, Counted *counted, const Months *months, int i, double unit)
{
	double		scale = scale_at(months, i);
	uint32_t	leaf;
	double		peak = 0;
	bool		censored = false;
	int			newest = months->n - 1;
	int			furthest = longest(&forecast->options);
	/* Peaks by horizon, those that are not wanted left out. */
	int			peak_of[CL_FORECAST_LONGEST + 1] = {0};

	if (!(scale > 0))
		return;
	leaf = leaf_at(months, i, scale, unit);
	for (int p = 1; p <= CL_FORECAST_PEAKS; p++)
		peak_of[cl_forecast_horizons[p]] = (forecast->options.horizons >> p & 1) != 0 ? p : 0;
	for (int h = 1; h <= furthest && i + h <= newest; h++)
	{
		double		balance = months->balance[i + h];
		int			first = newest - h - forecast->options.origins; /* the last that is too early */

		if (!isnan(balance) && i > first)
			counted->key[counted->n++] = key_of(h - 1, leaf, bin_of((balance - months->balance[i]) / scale),
												months->at_limit[i + h]);
		peak = isnan(balance) ? NAN : peak >= balance ? peak : isnan(peak) ? NAN : balance;
		censored |= months->at_limit[i + h];
		if (peak_of[h] > 0 && !isnan(peak) && i > first)
			counted->key[counted->n++] = key_of(CL_FORECAST_LONGEST + peak_of[h] - 1, leaf,
												bin_of((peak - months->balance[i]) / scale), censored);
	}
}

int
cl_forecast_size(double scale)
{
	int			exponent;

	(void) frexp(scale, &exponent);
	return exponent < 0 ? 0 : exponent / 2 < CL_FORECAST_SIZES ? exponent / 2 : CL_FORECAST_SIZES - 1;
}

static double
unit_of(const ClBehavior *history)
{
	static const double unit[CL_BEHAVIOR_DECIMALS + 1] = {1, 10, 100, 1000, 10000};

	return unit[history->decimals];
}

void
cl_forecast_add(ClForecast *forecast, const ClMemory *memory, const ClBehavior *history)
{
	const ClForecastOptions *options = &forecast->options;
	int32_t		until = cl_behavior_last(history);
	int			latest = -1;
	double		scale;
	double		highest;
	Months		months;
	Counted		counted;

	counted.n = 0;
	if (options->until != 0 && options->until < until)
		until = options->until;
	read_months(history, until, &months);
	for (int i = 0; i < months.n; i++)
		months.at_limit[i] = months.balance[i] > 0 && months.balance[i] >= (1 - options->tolerance) * months.limit[i];
	for (int i = 0; i < months.n - 1; i++)
	{
		if (isnan(months.balance[i]) || i < months.n - 1 - longest(options) - options->origins ||
			history->low + i < options->from)
			continue;
		add_origin(forecast, &counted, &months, i, unit_of(history));
		latest = i;
	}
	if (latest < 0)
	{
		forecast->n_skipped++;
		return;
	}
	forecast->n_accounts++;
	scale = scale_at(&months, latest);
	highest = scale;
	for (int i = 0; i < months.n; i++)
		highest = fmax(highest, fmax(months.limit[i], months.balance[i]));
	if (scale > 0)
		counted.key[counted.n++] = key_of(CL_FORECAST_TABLES, cl_forecast_size(scale / unit_of(history)),
										  bin_of(highest / scale - 1), false);
	count_all(forecast, memory, &counted);
}

bool
cl_forecast_origin(const ClBehavior *history, int32_t as_of, ClForecastOrigin *origin)
{
	double		unit = unit_of(history);
	Months		months;
	int			i;

	read_months(history, as_of, &months);
	for (i = months.n - 1; i >= 0 && isnan(months.balance[i]);)
		i--;
	if (i < 0 || as_of - (history->low + i) > CL_FORECAST_GAP)
		return false;
	origin->scale = scale_at(&months, i) / unit;
	origin->last = months.balance[i] / unit;
	origin->highest = fmax(months.before[i], fmax(months.limit[i], months.balance[i])) / unit;
	origin->leaf = origin->scale > 0 ? leaf_at(&months, i, scale_at(&months, i), unit) : 0;
	return true;
}
