/*
 * binning_prebin.c
 *	  Fine classes of about equal weight, from a tally or from categories.
 */
#include "core/binning_prebin.h"

#include <math.h>

#include "core/binning_rules.h"
#include "core/sort.h"

/*
 * Dividing a sequence of weights into classes
 *
 * Heavy weights, each of which is enough for a class, get one of their own; the light ones share the rest equally. A class ends
 * where the next weight would carry it farther beyond its share than it stays behind without. (Groups of tied values elsewhere,
 * see tied_group.h, leave out the numbers of the groups that a heavy value swallows; here the light values get them.)
 */
typedef struct Division
{
	int			classes;		/* left */
	double		weight;			/* left */
	double		heavy;			/* weights from here on are heavy; Infinity: each weight has its own class */
	double		open;			/* weight of the class at hand; -1: the next weight begins one */
} Division;

/* Heavy is what is more than the equal share of those that are not: found by taking heavy ones out until there are no more. */
typedef struct Shares
{
	size_t		n;				/* weights */
	double		weight;			/* their sum */
	double		limit;
	size_t		n_heavy;
	double		heavy;
} Shares;

static void
shares_add(Shares *shares, double weight)
{
	shares->n++;
	shares->weight += weight;
	if (weight >= shares->limit)
	{
		shares->n_heavy++;
		shares->heavy += weight;
	}
}

/* After a pass over all weights with the limit: is another with a new limit needed? Limits only become lower. */
static bool
shares_again(Shares *shares, size_t classes)
{
	double		limit;

	if (shares->n <= classes)
	{
		shares->limit = -1;
		return false;
	}
	if (shares->n_heavy >= classes)
		return false;
	limit = (shares->weight - shares->heavy) / (double) (classes - shares->n_heavy);
	if (!(limit < shares->limit && limit > 0))
		return false;
	*shares = (Shares) {.limit = limit};
	return true;
}

static void
division_init(Division *division, const Shares *shares, int classes)
{
	division->classes = classes - (int) shares->n_heavy;
	division->weight = shares->weight - shares->heavy;
	division->heavy = shares->limit;
	division->open = -1;
}

/*
 * Does the next weight begin a new class? "cut": it must. When all classes of light weights are used up, as happens where heavy
 * ones tear them apart, light weights join what is before them.
 */
static bool
division_next(Division *division, double weight, bool cut)
{
	bool		is_open = division->open >= 0;
	bool		is_heavy = weight >= division->heavy;
	bool		is_full = is_open && division->classes > 1 && division->open > 0 &&
		(division->open + weight / 2) * division->classes >= division->weight;

	if (is_open && (cut || is_heavy || is_full))
	{
		division->weight -= division->open;
		division->classes -= !cut;
		division->open = -1;
		is_open = false;
	}
	if (is_heavy)
		return true;
	if (is_open)
	{
		division->open += weight;
		return false;
	}
	if (cut || division->classes > 0)
	{
		division->open = weight;
		return true;
	}
	division->weight -= weight;
	return false;
}

/*
 * Values
 */

static void
add_counts(ClBinCounts *to, const int64_t *n, const double *weight)
{
	for (int class = 0; class < 2; class++)
	{
		to->n[class] += n[class];
		to->weight[class] += weight[class];
	}
}

/* A cursor over the values that take part. */
typedef struct Values
{
	ClTallyCursor cursor;
	const ClPrebinRules *rules;
	int			skipped;
	int			cuts;			/* forced cuts passed */
} Values;

static void
values_init(Values *values, const ClTally *tally, const ClPrebinRules *rules)
{
	*values = (Values) {.rules = rules};
	cl_tally_scan(tally, &values->cursor, false);
}

static bool
values_next(Values *values, ClTallyItem *item)
{
	const ClPrebinRules *rules = values->rules;

	while (cl_tally_next(&values->cursor, item))
	{
		while (values->skipped < rules->n_skip && rules->skip[values->skipped] < item->value)
			values->skipped++;
		if (values->skipped == rules->n_skip || rules->skip[values->skipped] != item->value)
			return true;
	}
	return false;
}

/* Passes the forced cuts before a value; gives how many. */
static int
pass_cuts(Values *values, double value)
{
	const ClPrebinRules *rules = values->rules;
	int			before = values->cuts;

	while (values->cuts < rules->n_forced &&
		   (rules->closed_right ? rules->forced[values->cuts] < value : rules->forced[values->cuts] <= value))
		values->cuts++;
	return values->cuts - before;
}

static Shares
find_shares(const ClMemory *memory, const ClTally *tally, const ClPrebinRules *rules)
{
	Shares		shares = {.limit = INFINITY};
	Values		values;
	ClTallyItem item;
	int64_t		n[2];

	/* Rows are known without a pass; if none are heavy and none are skipped, one is enough. */
	cl_tally_rows(tally, n);
	if (tally->kind == CL_TALLY_COUNTS && n[0] + n[1] > 0)
		shares.limit = (double) (n[0] + n[1]) / rules->max_prebins;
	do
	{
		memory->check_for_interrupts();
		values_init(&values, tally, rules);
		while (values_next(&values, &item))
			shares_add(&shares, item.weight[0] + item.weight[1]);
	} while (shares_again(&shares, (size_t) rules->max_prebins));
	return shares;
}

static void
prebins_allocate(ClPrebins *prebins, const ClMemory *memory, int most)
{
	prebins->n = 0;
	prebins->bin = cl_allocate(memory, (size_t) most * sizeof(ClPrebin));
	prebins->counts = cl_allocate(memory, (size_t) most * sizeof(ClBinCounts));
	prebins->boundary = cl_allocate(memory, (size_t) most);
}

static void
begin_prebin(ClPrebins *prebins, double cut)
{
	if (prebins->n > 0)
		prebins->boundary[prebins->n - 1] = isnan(cut) ? CL_BOUNDARY_FREE : CL_BOUNDARY_FORCED;
	prebins->bin[prebins->n] = (ClPrebin) {NAN, NAN, cut};
	prebins->counts[prebins->n++] = (ClBinCounts) {{0, 0}, {0, 0}};
}

static void
add_value(ClPrebins *prebins, const ClTallyItem *item)
{
	ClPrebin   *bin = &prebins->bin[prebins->n - 1];

	bin->lowest = isnan(bin->lowest) ? item->value : bin->lowest;
	bin->highest = item->value;
	add_counts(&prebins->counts[prebins->n - 1], item->n, item->weight);
}

void
cl_prebins_init(ClPrebins *prebins, const ClMemory *memory, const ClTally *tally, const ClPrebinRules *rules)
{
	Shares		shares = find_shares(memory, tally, rules);
	int			most = rules->max_prebins + rules->n_forced;
	Division	division;
	Values		values;
	ClTallyItem item;

	prebins_allocate(prebins, memory, most);
	division_init(&division, &shares, rules->max_prebins);
	values_init(&values, tally, rules);
	while (values_next(&values, &item))
	{
		int			cuts = pass_cuts(&values, item.value);
		bool		cut = cuts > 0 && prebins->n > 0;

		if ((division_next(&division, item.weight[0] + item.weight[1], cut) && prebins->n < most) || prebins->n == 0)
			begin_prebin(prebins, cut ? rules->forced[values.cuts - cuts] : NAN);
		add_value(prebins, &item);
	}
}

void
cl_prebins_at(ClPrebins *prebins, const ClMemory *memory, const ClTally *tally, const ClPrebinRules *rules)
{
	Values		values;
	ClTallyItem item;

	prebins_allocate(prebins, memory, rules->n_forced + 1);
	begin_prebin(prebins, NAN);
	values_init(&values, tally, rules);
	while (values_next(&values, &item))
	{
		for (int cuts = pass_cuts(&values, item.value); cuts > 0; cuts--)
			begin_prebin(prebins, rules->forced[values.cuts - cuts]);
		add_value(prebins, &item);
	}
	for (int cut = prebins->n - 1; cut < rules->n_forced; cut++)
		begin_prebin(prebins, rules->forced[cut]);
}

double
cl_prebins_cut(const ClPrebins *prebins, int i, bool closed_right)
{
	if (!isnan(prebins->bin[i + 1].cut))
		return prebins->bin[i + 1].cut;
	return cl_readable_cut(prebins->bin[i].highest, prebins->bin[i + 1].lowest, closed_right);
}

/*
 * Categories
 */

/* In the order of rates; the keys of doubles sort as they do, and equal rates are put in order afterwards. */
static void
rank_categories(const ClMemory *memory, const ClBinCounts *category, ClKeyed *ranked, size_t n, const double *total)
{
	double		prior[2] = {cl_woe_prior(total, 0), cl_woe_prior(total, 1)};

	for (size_t i = 0; i < n; i++)
	{
		const double *weight = category[ranked[i].row].weight;

		ranked[i].key = cl_tally_key((weight[CL_EVENT] + prior[CL_EVENT]) / (weight[0] + weight[1] + prior[0] + prior[1]));
	}
	cl_sort_keyed(memory, ranked, n);
	for (size_t from = 0, to = 0; from < n; from = to)
	{
		for (to = from + 1; to < n && ranked[to].key == ranked[from].key;)
			to++;
		/* Now sorted by row. */
		for (size_t i = from; i < to; i++)
			ranked[i].key = ranked[i].row;
		cl_sort_keyed(memory, ranked + from, to - from);
	}
}

static size_t
pick_frequent(ClCategories *categories, const ClBinCounts *category, int n, double cutoff, const ClBinCounts *total,
			  ClKeyed *frequent)
{
	double		least = cutoff * (total->weight[0] + total->weight[1]) * (1 - 1e-12);
	size_t		n_frequent = 0;

	for (int i = 0; i < n; i++)
	{
		categories->prebin[i] = CL_CATEGORY_OTHER;
		if (category[i].weight[0] + category[i].weight[1] >= least)
			frequent[n_frequent++].row = (uint64_t) i;
		else
			add_counts(&categories->other, category[i].n, category[i].weight);
	}
	return n_frequent;
}

static void
divide_categories(ClCategories *categories, const ClBinCounts *category, const ClKeyed *ranked, size_t n, int max_prebins)
{
	Shares		shares = {.limit = INFINITY};
	Division	division;

	do
	{
		for (size_t i = 0; i < n; i++)
			shares_add(&shares, category[ranked[i].row].weight[0] + category[ranked[i].row].weight[1]);
	} while (shares_again(&shares, (size_t) max_prebins));
	division_init(&division, &shares, max_prebins);
	for (size_t i = 0; i < n; i++)
	{
		const ClBinCounts *counts = &category[ranked[i].row];

		if ((division_next(&division, counts->weight[0] + counts->weight[1], false) && categories->n < max_prebins) ||
			categories->n == 0)
			categories->counts[categories->n++] = (ClBinCounts) {{0, 0}, {0, 0}};
		add_counts(&categories->counts[categories->n - 1], counts->n, counts->weight);
		categories->prebin[ranked[i].row] = categories->n - 1;
	}
}

void
cl_categories_init(ClCategories *categories, const ClMemory *memory, const ClBinCounts *category, int n, int max_prebins,
				   double cutoff)
{
	ClKeyed    *ranked = cl_allocate(memory, (size_t) n * sizeof(ClKeyed));
	ClBinCounts total = {{0, 0}, {0, 0}};
	size_t		n_ranked;

	for (int i = 0; i < n; i++)
		add_counts(&total, category[i].n, category[i].weight);
	*categories = (ClCategories) {
		.counts = cl_allocate(memory, (size_t) max_prebins * sizeof(ClBinCounts)),
		.prebin = cl_allocate(memory, (size_t) n * sizeof(int))
	};
	n_ranked = pick_frequent(categories, category, n, cutoff, &total, ranked);
	rank_categories(memory, category, ranked, n_ranked, total.weight);
	divide_categories(categories, category, ranked, n_ranked, max_prebins);
	cl_release(memory, ranked);
}
