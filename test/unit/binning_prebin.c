/*
 * binning_prebin.c
 *	  Fine classes: what they must keep on random values, cuts that people can read, and categories.
 */
#include "check.h"
#include "memory.h"
#include "release.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "core/binning_optimum.h"
#include "core/binning_prebin.h"

/*
 * Cuts
 */

static void
check_cut(double left, double right, double cut)
{
	CHECK(cl_readable_cut(left, right, false) == cut);
	/* The mirror image. */
	CHECK(cl_readable_cut(-right, -left, true) == -cut);
}

static void
check_known_cuts(void)
{
	check_cut(1499, 1600.1462, 1500);
	check_cut(1499, 1500, 1500);
	check_cut(1498, 1499.5, 1499);
	check_cut(0.1, 0.2, 0.2);
	check_cut(0.30000000000000004, 0.4, 0.4);
	check_cut(17, 18, 18);
	check_cut(11.42, 11.44, 11.43);
	check_cut(999, 1001, 1000);
	check_cut(-1, 1, 0);
	check_cut(-5, 0, 0);
	check_cut(0, 5, 2);			/* of 1 .. 5, 2 and 3 are as near to the middle */
	check_cut(3, 70, 40);
	check_cut(-1.5e-7, -1.2e-7, -1.3e-7);
	check_cut(1e300, 3e300, 2e300);
	/* Nothing but the larger one itself. */
	check_cut(1, nextafter(1, 2), nextafter(1, 2));
	check_cut(0x1p-1074, 0x1p-1073, 0x1p-1073);
	check_cut(0, 0x1p-1074, 0x1p-1074);
	/* In [left, right) it may be the smaller one. */
	CHECK(cl_readable_cut(1500, 1510, true) == 1500);
	CHECK(cl_readable_cut(0, 1, true) == 0);
	/* Beside infinity. */
	check_cut(-INFINITY, INFINITY, 0);
	check_cut(-INFINITY, 37, 0);
	check_cut(37, INFINITY, 100);
	check_cut(-37, INFINITY, 0);
	check_cut(0, INFINITY, 1);
	check_cut(100, INFINITY, 1000);
	check_cut(-INFINITY, -37, -100);
	check_cut(DBL_MAX, INFINITY, INFINITY);
	CHECK(cl_readable_cut(DBL_MAX, INFINITY, true) == DBL_MAX);
}

/* Digits of the shortest decimal that is this double. */
static int
digits_of(double x)
{
	for (int digits = 1; digits < 17; digits++)
	{
		char		text[40];

		snprintf(text, sizeof(text), "%.*e", digits - 1, x);
		if (strtod(text, NULL) == x)
			return digits;
	}
	return 17;
}

/* No number with fewer digits is between the two: tried by rounding both up and down to so many digits. */
static bool
has_shorter(double left, double right, int digits)
{
	for (int fewer = 1; fewer < digits; fewer++)
	{
		char		text[40];
		double		near_right;
		int			exponent = (int) floor(log10(right)) - fewer + 1;

		/* The largest decimal of so many digits that is not above the right one. */
		snprintf(text, sizeof(text), "%.0fe%d", floor(right / pow(10, exponent)), exponent);
		near_right = strtod(text, NULL);
		if (left < near_right && near_right <= right)
			return true;
	}
	return false;
}

static void
check_random_cuts(void)
{
	uint64_t	seed = 3;

	for (int round = 0; round < 20000; round++)
	{
		double		scale = pow(10, (double) (cl_test_random(&seed) % 13) - 6);
		double		left = scale * (double) (cl_test_random(&seed) % 100000);
		double		right = left + scale * (double) (1 + cl_test_random(&seed) % (round % 2 ? 10 : 100000)) *
			(double) (cl_test_random(&seed) % 1000 + 1) / 1000;
		double		cut = cl_readable_cut(left, right, false);

		CHECK(left < cut && cut <= right);
		CHECK(!has_shorter(left, right, digits_of(cut)));
		cut = cl_readable_cut(left, right, true);
		CHECK(left <= cut && cut < right);
	}
}

/*
 * Pre-bins
 */

#define MOST_ROWS 3000

typedef struct Rows
{
	int			n;
	double		value[MOST_ROWS];
	bool		event[MOST_ROWS];
	double		weight[MOST_ROWS];
	bool		weighted;
	ClTally		tally;
} Rows;

static void
fill_tally(Rows *rows)
{
	cl_tally_init(&rows->tally, &cl_test_memory, rows->weighted ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS);
	for (int i = 0; i < rows->n; i++)
	{
		if (rows->weighted)
			cl_tally_add_weighted(&rows->tally, rows->value[i], rows->event[i], rows->weight[i], 0);
		else
			cl_tally_add(&rows->tally, rows->value[i], rows->event[i]);
	}
	cl_tally_settle(&rows->tally);
}

static bool
is_skipped(const ClPrebinRules *rules, double value)
{
	for (int i = 0; i < rules->n_skip; i++)
	{
		if (rules->skip[i] == value)
			return true;
	}
	return false;
}

/* Rows of each pre-bin, counted by its cut and the next one, must be those that it says. */
static void
check_counts(const Rows *rows, const ClPrebins *prebins, const ClPrebinRules *rules)
{
	for (int b = 0; b < prebins->n; b++)
	{
		double		lower = b > 0 ? cl_prebins_cut(prebins, b - 1, rules->closed_right) : -INFINITY;
		double		upper = b + 1 < prebins->n ? cl_prebins_cut(prebins, b, rules->closed_right) : INFINITY;
		ClBinCounts counts = {{0, 0}, {0, 0}};

		for (int i = 0; i < rows->n; i++)
		{
			double		x = rows->value[i];
			bool		inside = rules->closed_right ? (lower < x || b == 0) && (x <= upper || b + 1 == prebins->n) :
				(lower <= x || b == 0) && (x < upper || b + 1 == prebins->n);

			if (!inside || is_skipped(rules, x))
				continue;
			counts.n[rows->event[i]]++;
			counts.weight[rows->event[i]] += rows->weighted ? rows->weight[i] : 1;
		}
		for (int class = 0; class < 2; class++)
		{
			CHECK_EQ_INT(prebins->counts[b].n[class], counts.n[class]);
			CHECK_NEAR(prebins->counts[b].weight[class], counts.weight[class], 1e-12);
		}
	}
}

/* Each forced cut that has rows on either side, other than those beside the cut before, divides pre-bins. */
static void
check_forced(const Rows *rows, const ClPrebins *prebins, const ClPrebinRules *rules)
{
	for (int f = 0; f < rules->n_forced; f++)
	{
		double		cut = rules->forced[f];
		bool		crossed = false;
		bool		below = false;
		bool		above = false;

		for (int i = 0; i < rows->n; i++)
		{
			bool		left = rules->closed_right ? rows->value[i] <= cut : rows->value[i] < cut;

			below |= left && !is_skipped(rules, rows->value[i]);
			above |= !left && !is_skipped(rules, rows->value[i]);
		}
		for (int b = 0; below && above && b < prebins->n; b++)
		{
			bool		low = rules->closed_right ? prebins->bin[b].lowest <= cut : prebins->bin[b].lowest < cut;
			bool		high = rules->closed_right ? prebins->bin[b].highest > cut : prebins->bin[b].highest >= cut;

			crossed |= low && high;
		}
		CHECK(!crossed);
	}
	for (int b = 0; b + 1 < prebins->n; b++)
		CHECK_EQ_INT(prebins->boundary[b], isnan(prebins->bin[b + 1].cut) ? CL_BOUNDARY_FREE : CL_BOUNDARY_FORCED);
}

/* Classes of several values are not much larger than equal shares, and about as many as were asked for. */
static void
check_sizes(const ClPrebins *prebins, const ClTally *tally, int max_prebins)
{
	double		all = 0;

	if (cl_tally_distinct(tally) > 5 * (size_t) max_prebins)
		CHECK(prebins->n >= max_prebins - 2);

	for (int b = 0; b < prebins->n; b++)
		all += prebins->counts[b].weight[0] + prebins->counts[b].weight[1];
	for (int b = 0; b < prebins->n; b++)
	{
		if (prebins->bin[b].lowest < prebins->bin[b].highest)
			CHECK(prebins->counts[b].weight[0] + prebins->counts[b].weight[1] <= 2 * all / max_prebins);
	}
}

static void
fill_random(Rows *rows, uint64_t *seed)
{
	int			distinct = 1 + (int) (cl_test_random(seed) % 3000);
	int			heavy = (int) (cl_test_random(seed) % 5);

	rows->n = 1 + (int) (cl_test_random(seed) % MOST_ROWS);
	rows->weighted = cl_test_random(seed) % 2;
	for (int i = 0; i < rows->n; i++)
	{
		rows->value[i] = (double) (cl_test_random(seed) % (unsigned) distinct) / 8;
		if (heavy > 0 && cl_test_random(seed) % 2)
			rows->value[i] = (double) (cl_test_random(seed) % (unsigned) heavy) * 20;
		rows->event[i] = cl_test_random(seed) % 4 == 0;
		rows->weight[i] = (double) (1 + cl_test_random(seed) % 8) / 4;
	}
}

static void
check_random_values(void)
{
	static Rows rows;
	uint64_t	seed = 9;

	for (int round = 0; round < 400; round++)
	{
		double		forced[] = {-1, 10, 10.0625, 50, 100, 1e9};
		double		skip[] = {-9, 0, 20};
		ClPrebinRules rules = {
			.max_prebins = 2 + (int) (cl_test_random(&seed) % 60), .closed_right = round % 2,
			.forced = forced, .n_forced = round % 3 == 0 ? 6 : 0, .skip = skip, .n_skip = round % 5 == 0 ? 3 : 0
		};
		ClPrebins	prebins;

		fill_random(&rows, &seed);
		fill_tally(&rows);
		cl_prebins_init(&prebins, &cl_test_memory, &rows.tally, &rules);
		CHECK(prebins.n <= rules.max_prebins + rules.n_forced);
		check_counts(&rows, &prebins, &rules);
		check_forced(&rows, &prebins, &rules);
		if (rules.n_forced == 0 && rules.max_prebins >= 20)
			check_sizes(&prebins, &rows.tally, rules.max_prebins);
		release_prebins(&prebins, &cl_test_memory);

		rules.n_forced = 6;
		cl_prebins_at(&prebins, &cl_test_memory, &rows.tally, &rules);
		CHECK_EQ_INT(prebins.n, 7);
		check_counts(&rows, &prebins, &rules);
		release_prebins(&prebins, &cl_test_memory);
		release_tally(&rows.tally);
	}
}

static void
check_known_values(void)
{
	static Rows rows;
	ClPrebinRules rules = {.max_prebins = 10};
	ClPrebins	prebins;

	/* 1 .. 1000 in ten equal classes, between which the cuts are 101, 201, .. or the next shorter number. */
	rows.n = 1000;
	for (int i = 0; i < 1000; i++)
		rows.value[i] = (i * 7 + 3) % 1000 + 1;
	fill_tally(&rows);
	cl_prebins_init(&prebins, &cl_test_memory, &rows.tally, &rules);
	CHECK_EQ_INT(prebins.n, 10);
	for (int b = 0; b < 10; b++)
		CHECK_EQ_INT(prebins.counts[b].n[0], 100);
	CHECK(cl_prebins_cut(&prebins, 0, false) == 101 && cl_prebins_cut(&prebins, 0, true) == 100);
	release_prebins(&prebins, &cl_test_memory);
	release_tally(&rows.tally);

	/* 600 zeros take one class, and the others divide 1 .. 400 among them. */
	for (int i = 0; i < 1000; i++)
		rows.value[i] = i < 600 ? 0 : i - 599;
	fill_tally(&rows);
	cl_prebins_init(&prebins, &cl_test_memory, &rows.tally, &rules);
	CHECK_EQ_INT(prebins.n, 10);
	CHECK_EQ_INT(prebins.counts[0].n[0], 600);
	for (int b = 1; b < 10; b++)
		CHECK(prebins.counts[b].n[0] >= 44 && prebins.counts[b].n[0] <= 45);
	release_prebins(&prebins, &cl_test_memory);
	release_tally(&rows.tally);

	/* No more values than classes: each has its own, however rare. */
	for (int i = 0; i < 1000; i++)
		rows.value[i] = i < 991 ? 5 : i;
	fill_tally(&rows);
	cl_prebins_init(&prebins, &cl_test_memory, &rows.tally, &rules);
	CHECK_EQ_INT(prebins.n, 10);
	CHECK_EQ_INT(prebins.counts[0].n[0], 991);
	release_prebins(&prebins, &cl_test_memory);
	release_tally(&rows.tally);

	/* No rows. */
	rows.n = 0;
	fill_tally(&rows);
	cl_prebins_init(&prebins, &cl_test_memory, &rows.tally, &rules);
	CHECK_EQ_INT(prebins.n, 0);
	release_prebins(&prebins, &cl_test_memory);
	release_tally(&rows.tally);
}

/*
 * Categories
 */

static ClBinCounts
category(int non_event, int event)
{
	return (ClBinCounts) {{non_event, event}, {non_event, event}};
}

static void
check_known_categories(void)
{
	/* Rates 0.2, 0.1, 0.5, 0.1, and two that are too rare. */
	const ClBinCounts some[] = {category(80, 20), category(90, 10), category(50, 50), category(90, 10), category(1, 0),
	category(0, 2)};
	ClCategories c;

	cl_categories_init(&c, &cl_test_memory, some, 6, 10, 0.01);
	CHECK_EQ_INT(c.n, 4);
	for (int i = 0; i < 6; i++)
		CHECK_EQ_INT(c.prebin[i], ((const int[]) {2, 0, 3, 1, CL_CATEGORY_OTHER, CL_CATEGORY_OTHER})[i]);
	CHECK_EQ_INT(c.counts[2].n[CL_EVENT], 20);
	CHECK(c.other.n[0] == 1 && c.other.n[1] == 2 && c.other.weight[1] == 2);
	release_categories(&c, &cl_test_memory);

	/* The prior: one good borrower is not as safe as ninety of a hundred. */
	cl_categories_init(&c, &cl_test_memory, some, 6, 10, 0);
	CHECK_EQ_INT(c.n, 6);
	for (int i = 0; i < 6; i++)
		CHECK_EQ_INT(c.prebin[i], ((const int[]) {3, 0, 4, 1, 2, 5})[i]);
	release_categories(&c, &cl_test_memory);

	cl_categories_init(&c, &cl_test_memory, some, 6, 2, 0);
	CHECK_EQ_INT(c.n, 2);
	release_categories(&c, &cl_test_memory);

	/* All too rare. */
	cl_categories_init(&c, &cl_test_memory, some, 4, 10, 0.5);
	CHECK_EQ_INT(c.n, 0);
	CHECK_EQ_INT(c.other.n[0], 310);
	release_categories(&c, &cl_test_memory);
}

static void
check_random_categories(void)
{
	uint64_t	seed = 77;

	for (int round = 0; round < 500; round++)
	{
		ClBinCounts some[300];
		int			n = 1 + (int) (cl_test_random(&seed) % 300);
		int			most = 1 + (int) (cl_test_random(&seed) % 50);
		int64_t		rows[2] = {0, 0};
		double		rate[300];
		double		all = 0;
		double		events = 0;
		ClCategories c;

		for (int i = 0; i < n; i++)
		{
			some[i] = category((int) (cl_test_random(&seed) % 30), (int) (cl_test_random(&seed) % 10));
			events += some[i].weight[1];
			all += some[i].weight[0] + some[i].weight[1];
		}
		for (int i = 0; i < n; i++)
		{
			double		half = 2 * fmin(events, all - events);

			rate[i] = half == 0 ? some[i].weight[1] : (some[i].weight[1] + events / half) /
				(some[i].weight[0] + some[i].weight[1] + all / half);
		}
		cl_categories_init(&c, &cl_test_memory, some, n, most, round % 2 * 0.004);
		CHECK(c.n <= most);
		for (int i = 0; i < n; i++)
		{
			double		size = some[i].weight[0] + some[i].weight[1];

			CHECK((c.prebin[i] == CL_CATEGORY_OTHER) == (size < round % 2 * 0.004 * all));
			for (int j = 0; j < n; j++)
			{
				if (c.prebin[i] >= 0 && c.prebin[j] > c.prebin[i])
					CHECK(rate[j] > rate[i] || (rate[j] == rate[i] && j > i));
			}
		}
		for (int b = 0; b < c.n; b++)
		{
			rows[0] += c.counts[b].n[0];
			rows[1] += c.counts[b].n[1];
		}
		CHECK_NEAR((double) (rows[0] + rows[1] + c.other.n[0] + c.other.n[1]), all, 0);
		release_categories(&c, &cl_test_memory);
	}
}

void
test_binning_prebin(void)
{
	check_known_cuts();
	check_random_cuts();
	check_known_values();
	check_random_values();
	check_known_categories();
	check_random_categories();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
