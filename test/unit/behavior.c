/*
 * Histories against the definition: the set of rows, kept whole and read by brute force.
 */
#include "check.h"
#include "core/behavior.h"
#include "core/money.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

void		test_behavior(void);

#define ROWS 80
#define BASE 24000				/* January of the year 2000 */

typedef struct Row
{
	int32_t		month;
	int			decimals;
	ClBehaviorMonth what;
} Row;

static const ClBehaviorMonth nothing = {
	{CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN, CL_BEHAVIOR_UNKNOWN}, CL_BEHAVIOR_NO_DAYS, 0
};

static int
below(uint64_t *state, int n)
{
	return (int) (cl_test_random(state) % (uint64_t) n);
}

/* What a month's rows say, so that repeated ones agree; now and then amounts that need 64 bits. */
static int64_t
amount_of(int32_t month, int which, int decimals, bool large)
{
	int64_t		amount = (month * 7919 + which * 104729) % 50000 - (which > 0 ? 5000 : 0);

	if (which == CL_BEHAVIOR_LIMIT && amount < 0)
		amount = 0;
	return amount * (large ? INT64_C(10000000) : 1) * (int64_t) cl_pow10_64[decimals];
}

static Row
random_row(uint64_t *state, int span, bool large, bool contradict)
{
	Row			row = {BASE + below(state, span), below(state, 3), nothing};

	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		if (below(state, 3) > 0)
			row.what.amount[i] = amount_of(row.month, i, row.decimals, large);
	}
	if (below(state, 3) > 0)
		row.what.days_past_due = row.month % 4 * 30;
	if (contradict && below(state, 30) == 0)
		row.what.days_past_due = 7;
	return row;
}

static void
put(ClBehavior *history, const Row *row)
{
	ClBehaviorMonth what = row->what;

	cl_behavior_raise_decimals(history, &cl_test_memory, row->decimals);
	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		if (what.amount[i] != CL_BEHAVIOR_UNKNOWN)
			what.amount[i] *= (int64_t) cl_pow10_64[history->decimals - row->decimals];
	}
	if (!cl_behavior_append(history, row->month, &what))
		CHECK(cl_behavior_put(history, &cl_test_memory, row->month, &what));
}

/* Rows in a random order, over up to five parts, merged in a random order. */
static ClBehavior *
build(uint64_t *state, Row *rows, int n)
{
	ClBehavior *part[5];
	int			parts = 1 + below(state, 5);

	for (int i = n - 1; i > 0; i--)
	{
		int			j = below(state, i + 1);
		Row			row = rows[i];

		rows[i] = rows[j];
		rows[j] = row;
	}
	for (int p = 0; p < parts; p++)
		part[p] = cl_behavior_new(&cl_test_memory);
	for (int i = 0; i < n; i++)
	{
		put(part[below(state, parts)], &rows[i]);
		/* Overlapping parts. */
		if (below(state, 8) == 0)
			put(part[below(state, parts)], &rows[i]);
	}
	for (; parts > 1; parts--)
	{
		int			into = below(state, parts - 1);

		CHECK(cl_behavior_merge(part[into], &cl_test_memory, part[parts - 1]));
		cl_behavior_free(part[parts - 1], &cl_test_memory);
	}
	return part[0];
}

/* The rows of one month taken together. */
static bool
expected_month(const Row *rows, int n, int32_t month, int decimals, ClBehaviorMonth *what)
{
	bool		present = false;

	*what = nothing;
	for (int r = 0; r < n; r++)
	{
		if (rows[r].month != month)
			continue;
		present = true;
		for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
		{
			if (rows[r].what.amount[i] != CL_BEHAVIOR_UNKNOWN)
				what->amount[i] = rows[r].what.amount[i] * (int64_t) cl_pow10_64[decimals - rows[r].decimals];
		}
		if (rows[r].what.days_past_due == CL_BEHAVIOR_NO_DAYS)
			continue;
		if (what->days_past_due != CL_BEHAVIOR_NO_DAYS && what->days_past_due != rows[r].what.days_past_due)
			what->conflicts = CL_BEHAVIOR_DAYS_BIT;
		what->days_past_due = rows[r].what.days_past_due;
	}
	return present;
}

static void
check_against_set(const ClBehavior *history, const Row *rows, int n)
{
	int32_t		last = 0;
	int32_t		first = INT32_MAX;
	int			decimals = 0;
	int32_t		conflict = 0;
	int			columns = 0;

	for (int r = 0; r < n; r++)
	{
		last = rows[r].month > last ? rows[r].month : last;
		first = rows[r].month < first ? rows[r].month : first;
		decimals = rows[r].decimals > decimals ? rows[r].decimals : decimals;
	}
	CHECK_EQ_INT(cl_behavior_last(history), last);
	CHECK_EQ_INT(cl_behavior_first(history), first);
	CHECK_EQ_INT(history->decimals, decimals);
	for (int32_t month = first - 2; month <= last + 2; month++)
	{
		ClBehaviorMonth expected;
		ClBehaviorMonth found = nothing;
		bool		present = expected_month(rows, n, month, decimals, &expected);
		bool		inside = month > last - CL_BEHAVIOR_MONTHS;

		CHECK(cl_behavior_get(history, month, &found) == (present && inside));
		CHECK(cl_behavior_is_earlier(history, month) == (present && !inside));
		if (!present || !inside)
			continue;
		CHECK(memcmp(found.amount, expected.amount, sizeof(found.amount)) == 0);
		CHECK_EQ_INT(found.conflicts, expected.conflicts);
		if (expected.conflicts == 0)
			CHECK_EQ_INT(found.days_past_due, expected.days_past_due);
		else if (conflict == 0)
			conflict = month;
	}
	CHECK_EQ_INT(cl_behavior_conflict(history, &columns), conflict);
}

static void
check_sets(uint64_t *state)
{
	Row			rows[ROWS];
	int			n = 1 + below(state, ROWS);
	int			span = 1 + below(state, below(state, 3) == 0 ? CL_BEHAVIOR_SPAN : 60);
	bool		large = below(state, 4) == 0;
	bool		contradict = below(state, 3) == 0;
	ClBehavior *history;

	for (int r = 0; r < n; r++)
		rows[r] = random_row(state, span, large && below(state, 5) == 0, contradict);
	/* Rows of one month agree on how large they are. */
	for (int r = 0; r < n; r++)
	{
		for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
		{
			if (rows[r].what.amount[i] != CL_BEHAVIOR_UNKNOWN)
				rows[r].what.amount[i] = amount_of(rows[r].month, i, rows[r].decimals, large && rows[r].month % 5 == 0);
		}
	}
	history = build(state, rows, n);
	check_against_set(history, rows, n);
	cl_behavior_free(history, &cl_test_memory);
}

/* As of a month: the same as if the later months were not there. */
static void
check_as_of(uint64_t *state)
{
	ClBehavior *whole = cl_behavior_new(&cl_test_memory);
	ClBehavior *until = cl_behavior_new(&cl_test_memory);
	ClBehaviorFeatures a;
	ClBehaviorFeatures b;
	int			as_of = BASE + 1 + below(state, 40);

	for (int i = 0; i < 36; i++)
	{
		Row			row = random_row(state, 36, false, false);

		row.decimals = 2;
		put(whole, &row);
		if (row.month <= as_of)
			put(until, &row);
	}
	if (until->n > 0)
	{
		cl_behavior_features(whole, as_of, &a);
		cl_behavior_features(until, as_of, &b);
		CHECK(memcmp(&a, &b, sizeof(a)) == 0);
		CHECK_EQ_INT(a.last - a.first + 1, a.n_months + a.n_missing + a.n_dropped);
	}
	cl_behavior_free(whole, &cl_test_memory);
	cl_behavior_free(until, &cl_test_memory);
}

/* Every day of the years 1 to 9999, counted through the calendar. */
static void
check_calendar(void)
{
	static const int length[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int32_t		day = -730119;	/* 0001-01-01, from 2000-01-01 */
	int			wrong = 0;

	for (int year = 1; year <= 9999; year++)
	{
		bool		leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

		for (int m = 0; m < 12; m++)
		{
			int			days = length[m] + (m == 1 && leap);

			for (int d = 0; d < days; d++)
				wrong += cl_behavior_month(day++) != year * 12 + m;
		}
	}
	CHECK_EQ_INT(wrong, 0);
	CHECK_EQ_INT(cl_behavior_month(-730120), 0);
	CHECK_EQ_INT(cl_behavior_month(day), 0);
	CHECK_EQ_INT(cl_behavior_month(0), BASE);
	CHECK_EQ_INT(cl_behavior_month(INT32_MIN), 0);
	CHECK_EQ_INT(cl_behavior_month(INT32_MAX), 0);
}

static void
check_bounds(void)
{
	ClBehavior *history;
	ClBehaviorMonth row = nothing;
	size_t		before = cl_test_allocated;

	history = cl_behavior_new(&cl_test_memory);
	row.amount[CL_BEHAVIOR_LIMIT] = INT64_MAX / 10000;
	for (int i = 0; i < CL_BEHAVIOR_SPAN; i++)
		CHECK(cl_behavior_put(history, &cl_test_memory, BASE + i * 7 % CL_BEHAVIOR_SPAN, &row));
	/* Bounded, however many months there are: 36 slots of 40 bytes, a block before, and a bit for each month of a century. */
	CHECK(cl_test_allocated - before <= 512 + CL_BEHAVIOR_MONTHS * 40 + sizeof(ClBehaviorEarlier));
	CHECK_EQ_INT(cl_behavior_count_earlier(history, BASE, BASE + CL_BEHAVIOR_SPAN), CL_BEHAVIOR_SPAN - CL_BEHAVIOR_MONTHS);
	CHECK(!cl_behavior_put(history, &cl_test_memory, BASE + CL_BEHAVIOR_SPAN, &row));
	CHECK(!cl_behavior_put(history, &cl_test_memory, BASE - 1, &row));
	CHECK(cl_behavior_too_far_back(history, BASE + CL_BEHAVIOR_SPAN - 25));
	CHECK(!cl_behavior_too_far_back(history, BASE + CL_BEHAVIOR_SPAN - 24));
	/* Every amount has a place at every scale. */
	CHECK(cl_behavior_amount_valid(INT64_MAX / 10000, 0) && !cl_behavior_amount_valid(INT64_MAX / 10000 + 1, 0));
	CHECK(cl_behavior_amount_valid(-INT64_MAX, 4) && !cl_behavior_amount_valid(INT64_MIN, 4));
	cl_behavior_raise_decimals(history, &cl_test_memory, CL_BEHAVIOR_DECIMALS);
	CHECK(cl_behavior_get(history, BASE + CL_BEHAVIOR_SPAN - 1, &row));
	CHECK(row.amount[CL_BEHAVIOR_LIMIT] == INT64_MAX / 10000 * 10000);
	cl_behavior_free(history, &cl_test_memory);
	CHECK_EQ_INT(cl_test_allocated, before);
}

void
test_behavior(void)
{
	uint64_t	state = 20261124;

	check_calendar();
	check_bounds();
	for (int i = 0; i < cl_rounds(20000); i++)
	{
		check_sets(&state);
		check_as_of(&state);
	}
}
