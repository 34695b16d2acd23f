/*
 * tally.c
 *	  The tally against counting by brute force: every kind of values, any order, any split, with and without weights.
 */
#include "check.h"
#include "memory.h"
#include "release.h"

#include <stdlib.h>
#include <string.h>

#include "core/sort.h"
#include "core/tally.h"

#define MOST_ROWS 60000
#define STOPPED_ROWS 400000		/* they are sorted in more than one step */

typedef struct Row
{
	double		value;
	bool		event;
	double		weight;
	cl_int128	amount;
} Row;

static int
compare_rows(const void *a, const void *b)
{
	double		x = ((const Row *) a)->value;
	double		y = ((const Row *) b)->value;

	return (x > y) - (x < y);
}

static void
add(ClTally *tally, const Row *row)
{
	if (tally->kind == CL_TALLY_WEIGHTS)
		cl_tally_add_weighted(tally, row->value, row->event, row->weight, row->amount);
	else
		cl_tally_add(tally, row->value, row->event);
}

/* The settled tally must give exactly the groups of the sorted rows. */
static void
check_against(const ClTally *tally, Row *row, size_t n, bool descending)
{
	bool		weighted = tally->kind == CL_TALLY_WEIGHTS;
	ClTallyCursor cursor;
	ClTallyItem item;
	size_t		left = n;
	size_t		at = 0;
	long		wrong = 0;
	size_t		distinct = 0;

	qsort(row, n, sizeof(Row), compare_rows);
	cl_tally_scan(tally, &cursor, descending);
	while (cl_tally_next(&cursor, &item))
	{
		double		value;
		int64_t		count[2] = {0, 0};
		long double weight[2] = {0, 0};
		cl_int128	amount[2] = {0, 0};

		distinct++;
		if (left == 0)
		{
			wrong++;
			break;
		}
		value = row[descending ? left - 1 : at].value;
		while (left > 0 && row[descending ? left - 1 : at].value == value)
		{
			const Row  *next = &row[descending ? left - 1 : at];

			at++;
			left--;
			count[next->event]++;
			weight[next->event] += next->weight;
			amount[next->event] += next->amount;
		}
		wrong += item.value != value;
		for (int class = 0; class < 2; class++)
		{
			wrong += item.n[class] != count[class];
			wrong += fabs(item.weight[class] - (double) (weighted ? weight[class] : count[class])) > 1e-15 * item.weight[class];
			wrong += weighted && item.amount[class] != amount[class];
		}
	}
	CHECK_EQ_INT(wrong, 0);
	CHECK_EQ_INT(left, 0);
	CHECK_EQ_INT(cl_tally_distinct(tally), distinct);
}

static double
random_value(uint64_t *seed, int kind)
{
	uint64_t	bits = cl_test_random(seed);

	switch (kind)
	{
		case 0:					/* a PD */
			return (double) (bits >> 11) / 9007199254740992.0;
		case 1:					/* an integer score */
			return 300 + (double) (bits % 551);
		case 2:					/* both signs, all sizes, infinities, two zeros */
			if (bits % 50 < 4)
				return bits % 50 < 2 ? (bits % 50 == 0 ? 0.0 : -0.0) : bits % 50 == 2 ? INFINITY : -INFINITY;
			return ldexp((double) (int64_t) (bits & ~0xFFFull), (int) (bits % 4001) - 2000 - 63);
		case 3:					/* few values, then many */
			return *seed % 3 == 0 ? (double) (bits >> 20) : (double) (bits % 7);
		default:				/* all tied */
			return 42;
	}
}

static void
check_kind(uint64_t *seed, int kind, ClTallyKind tally_kind, size_t n, int parts)
{
	static Row	row[MOST_ROWS];
	ClTally		part[4];
	ClTally		whole;
	int64_t		total[2];
	bool		all_sorted = cl_test_random(seed) % 2 == 0;

	cl_tally_init(&whole, &cl_test_memory, tally_kind);
	for (int p = 0; p < parts; p++)
		cl_tally_init(&part[p], &cl_test_memory, tally_kind);
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	bits = cl_test_random(seed);

		row[i].value = random_value(seed, kind);
		row[i].event = bits % 5 == 0;
		row[i].weight = (double) (1 + (bits >> 20 & 7)) / 3;
		row[i].amount = (cl_int128) (bits >> 30 & 0xFFFFF) - 1000;
		add(&part[(bits >> 8) % (unsigned) parts], &row[i]);
		/* Reading in between changes nothing. */
		if (bits % 9999 == 0)
			cl_tally_settle(&part[0]);
	}
	for (int p = 0; p < parts; p++)
	{
		/* Sorted rows are merged with sorted ones; any others are appended, and sorted in the end. */
		if (p % 2 == 0 || all_sorted)
			cl_tally_settle(&part[p]);
		cl_tally_merge(&whole, &part[p]);
		release_tally(&part[p]);
	}
	cl_tally_settle(&whole);
	cl_tally_rows(&whole, total);
	CHECK_EQ_INT(total[0] + total[1], n);
	check_against(&whole, row, n, false);
	check_against(&whole, row, n, true);
	release_tally(&whole);
	CHECK_EQ_INT(cl_test_allocated, 0);
}

static void
check_keys(uint64_t *seed)
{
	double		before = -INFINITY;
	const double ascending[] = {-INFINITY, -1e308, -1, -5e-324, 0, 5e-324, 1, 1e308, INFINITY};

	for (size_t i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++)
	{
		CHECK(i == 0 || cl_tally_key(before) < cl_tally_key(ascending[i]));
		CHECK(cl_tally_value(cl_tally_key(ascending[i])) == ascending[i]);
		before = ascending[i];
	}
	CHECK(cl_tally_key(-0.0) == cl_tally_key(0.0));
	CHECK(cl_tally_key(-INFINITY) != 0 && cl_tally_key(INFINITY) != UINT64_MAX);
	for (int i = 0; i < 10000; i++)
	{
		double		x = random_value(seed, 2);
		double		y = random_value(seed, 2);

		CHECK(cl_tally_value(cl_tally_key(x)) == x);
		CHECK((x < y) == (cl_tally_key(x) < cl_tally_key(y)));
	}
}

static void
check_sort(uint64_t *seed)
{
	static uint64_t key[MOST_ROWS];
	static ClKeyed keyed[MOST_ROWS];

	for (int round = 0; round < 200; round++)
	{
		size_t		n = cl_test_random(seed) % (round % 10 == 0 ? MOST_ROWS : 3000);
		uint64_t	mask = cl_test_random(seed) & cl_test_random(seed) & cl_test_random(seed);
		uint64_t	sum = 0;
		long		wrong = 0;

		for (size_t i = 0; i < n; i++)
		{
			key[i] = cl_test_random(seed) & (round % 3 == 0 ? mask : UINT64_MAX);
			/* Each key shares one bit less with the last than the one before: the deepest recursion. */
			if (round % 7 == 0)
				key[i] = UINT64_C(1) << (i % 64);
			keyed[i] = (ClKeyed) {key[i], i};
			sum += key[i] * 31 + 7;
		}
		cl_sort_keys(&cl_test_memory, key, n);
		cl_sort_keyed(&cl_test_memory, keyed, n);
		for (size_t i = 0; i < n; i++)
		{
			wrong += i > 0 && key[i - 1] > key[i];
			wrong += keyed[i].key != key[i];
			sum -= key[i] * 31 + 7;
		}
		CHECK_EQ_INT(wrong, 0);
		CHECK(sum == 0);
	}
}

/* Ten thousand rows for each of a thousand values: memory is that of the values. */
static void
check_memory(uint64_t *seed)
{
	ClTally		tally;

	cl_test_most_allocated = 0;
	cl_tally_init(&tally, &cl_test_memory, CL_TALLY_COUNTS);
	for (int i = 0; i < cl_rounds(10000000); i++)
		cl_tally_add(&tally, (double) (cl_test_random(seed) % 1000), i % 5 == 0);
	cl_tally_settle(&tally);
	CHECK_EQ_INT(cl_tally_distinct(&tally), 1000);
	CHECK(cl_test_most_allocated < 600000);
	release_tally(&tally);
	CHECK_EQ_INT(cl_test_allocated, 0);
}

/* The first event comes after many rows of few values, when the non-events have just been counted. */
static void
check_late_class(void)
{
	ClTally		tally;
	int64_t		n[2];

	cl_tally_init(&tally, &cl_test_memory, CL_TALLY_COUNTS);
	for (int i = 0; i < 20000; i++)
		cl_tally_add(&tally, i % 3, i >= 8192);
	cl_tally_settle(&tally);
	cl_tally_rows(&tally, n);
	CHECK_EQ_INT(n[0], 8192);
	CHECK_EQ_INT(n[1], 20000 - 8192);
	release_tally(&tally);
}

/*
 * What an aggregate returned is read again after a caller has caught that a reading of it was cancelled, or found no memory. So
 * wherever settling is stopped the tally still holds the rows it was given.
 */
static void
check_stopped(uint64_t *seed, int kind, ClTallyKind tally_kind, size_t n)
{
	static Row	row[STOPPED_ROWS];
	ClTally		tally;
	volatile long stops = 0;
	volatile bool stopped = true;

	cl_tally_init(&tally, &cl_test_memory, tally_kind);
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	bits = cl_test_random(seed);

		row[i] = (Row) {random_value(seed, kind), bits % 5 == 0, 1, 7};
		add(&tally, &row[i]);
		/* So that there are sorted rows, and more behind them. */
		if (i == n / 2 + n / 4)
			cl_tally_settle(&tally);
	}
	while (stopped)
	{
		cl_test_stop_after = ++stops;
		if (setjmp(cl_test_stopped) == 0)
		{
			cl_tally_settle(&tally);
			stopped = false;
		}
	}
	cl_test_stop_after = 0;
	CHECK(stops > 1);
	check_against(&tally, row, n, false);
	cl_test_release_all();
	CHECK_EQ_INT(cl_test_allocated, 0);
}

static void
check_weightless(void)
{
	ClTally		tally;

	cl_tally_init(&tally, &cl_test_memory, CL_TALLY_WEIGHTS);
	cl_tally_add_weighted(&tally, 0.5, true, 0, 7);
	cl_tally_settle(&tally);
	CHECK_EQ_INT(cl_tally_distinct(&tally), 0);
	release_tally(&tally);
}

void
test_tally(void)
{
	uint64_t	seed = 20261124;
	const size_t sizes[] = {0, 1, 2, 17, 300, 9000, MOST_ROWS};

	check_keys(&seed);
	check_sort(&seed);
	for (int kind = 0; kind < 5; kind++)
	{
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		{
			for (int parts = 1; parts <= 4; parts++)
			{
				check_kind(&seed, kind, CL_TALLY_COUNTS, sizes[s], parts);
				check_kind(&seed, kind, CL_TALLY_WEIGHTS, sizes[s], parts);
			}
		}
	}
	for (int kind = 0; kind < 5; kind++)
	{
		if (kind < 1 + cl_rounds(4))
			check_stopped(&seed, kind, CL_TALLY_COUNTS, STOPPED_ROWS);
		check_stopped(&seed, kind, CL_TALLY_COUNTS, 12000);
		check_stopped(&seed, kind, CL_TALLY_WEIGHTS, 20000);
	}
	check_weightless();
	check_late_class();
	check_memory(&seed);
}
