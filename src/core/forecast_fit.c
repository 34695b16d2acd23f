/*
 * forecast_fit.c
 *	  Cells made of the counts of a forecast, and what they say.
 */
#include "core/forecast.h"

#include <math.h>
#include <string.h>

/* What a cell leans on its parent with, in observations. */
#define LEAN 50.0
/* Neighbouring classes with fewer observations are one. */
#define FEWEST 30.0
/* Or whose likelihood ratio over the coarse bins is below the 0.95 quantile of chi-square with COARSE - 1 degrees of freedom. */
#define COARSE 10
#define CRITICAL 16.92

const double cl_forecast_probability[CL_FORECAST_POINTS] = {
	0, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9,
	0.95, 0.975, 0.99, 0.995, 1
};

/* Numbers of observations by bin, and the distribution made of them. */
typedef struct Density
{
	double		seen[CL_FORECAST_BINS];
	double		censored[CL_FORECAST_BINS];
	double		mass[CL_FORECAST_BINS];
	double		tail;
} Density;

/* The counts of one leaf in the tables of a target. */
typedef struct Leaf
{
	uint32_t	leaf;
	uint32_t	table;
	const ClForecastCount *first;
	const ClForecastCount *end;
} Leaf;

typedef struct Fit
{
	const ClMemory *memory;
	bool		demand;
	double		weight[CL_FORECAST_TABLES];
	int			n_leaves;
	Leaf	   *leaf;
	ClForecastTree *tree;
} Fit;

static int
table_of(const ClForecastTarget *target)
{
	if (target->basis != CL_DEMAND_PEAK || target->horizon == 1)
		return target->horizon - 1;
	return CL_FORECAST_LONGEST + (target->horizon == 3 ? 0 : target->horizon == 6 ? 1 : 2);
}

static uint32_t
table_of_key(uint64_t key)
{
	return (uint32_t) (key >> (CL_FORECAST_BIN_BITS + CL_FORECAST_LEAF_BITS));
}

static uint32_t
leaf_of_key(uint64_t key)
{
	return (uint32_t) (key >> CL_FORECAST_BIN_BITS) & ((1 << CL_FORECAST_LEAF_BITS) - 1);
}

static int
bin_of_key(uint64_t key)
{
	return (int) (key & ((1 << CL_FORECAST_BIN_BITS) - 1)) >> 1;
}

/* Where a table begins. */
static uint32_t
table_start(const ClForecastCount *sorted, uint32_t n, int table)
{
	uint32_t	low = 0;
	uint32_t	high = n;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;

		if (table_of_key(sorted[middle].key) < (uint32_t) table)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool
cl_forecast_learned(const ClForecastCount *sorted, uint32_t n, const ClForecastTarget *target)
{
	int			table = table_of(target);

	return table_start(sorted, n, table) < table_start(sorted, n, table + 1);
}

static void
read_leaves(Fit *fit, const ClForecastCount *sorted, uint32_t n, int first, int last)
{
	uint32_t	from = table_start(sorted, n, first);
	uint32_t	to = table_start(sorted, n, last + 1);
	double		of_table[CL_FORECAST_TABLES] = {0};

	fit->leaf = cl_allocate(fit->memory, (to - from) * sizeof(Leaf));
	fit->n_leaves = 0;
	for (uint32_t i = from; i < to;)
	{
		Leaf	   *leaf = &fit->leaf[fit->n_leaves++];

		leaf->leaf = leaf_of_key(sorted[i].key);
		leaf->table = table_of_key(sorted[i].key);
		leaf->first = &sorted[i];
		for (; i < to && leaf_of_key(sorted[i].key) == leaf->leaf && table_of_key(sorted[i].key) == leaf->table; i++)
			of_table[leaf->table] += (double) sorted[i].n;
		leaf->end = &sorted[i];
	}
	/* The months of a mixture count alike, also where fewer origins have the later ones. */
	for (int table = first; table <= last; table++)
		fit->weight[table] = of_table[table] > 0 ? of_table[first] / of_table[table] : 0;
}

static void
add_leaf(const Fit *fit, const Leaf *leaf, Density *density)
{
	for (const ClForecastCount *count = leaf->first; count < leaf->end; count++)
	{
		double	   *to = fit->demand && (count->key & 1) != 0 ? density->censored : density->seen;

		to[bin_of_key(count->key)] += (double) count->n * fit->weight[leaf->table];
	}
}

/* Kaplan-Meier, with the parent's distribution as so many observations more. */
static void
estimate(Density *density, const Density *parent)
{
	double		at_risk = 0;
	double		survival = 1;
	double		lean = parent != NULL ? LEAN : 0;

	for (int b = 0; b < CL_FORECAST_BINS; b++)
		at_risk += density->seen[b] + density->censored[b];
	at_risk += lean;
	for (int b = 0; b < CL_FORECAST_BINS; b++)
	{
		double		events = density->seen[b] + (lean > 0 ? lean * parent->mass[b] : 0);
		double		share = at_risk > 0 && events > 0 ? fmin(events / at_risk, 1) : 0;

		density->mass[b] = survival * share;
		survival -= density->mass[b];
		at_risk -= events + density->censored[b];
	}
	density->tail = survival > 1e-9 ? survival : 0;
}

static double
lower_edge(int bin)
{
	return bin > CL_FORECAST_SIDE ? cl_forecast_grid[bin - CL_FORECAST_SIDE - 1] :
		bin < CL_FORECAST_SIDE ? -cl_forecast_grid[CL_FORECAST_SIDE - bin] : 0;
}

static double
upper_edge(int bin)
{
	return bin > CL_FORECAST_SIDE ? cl_forecast_grid[bin - CL_FORECAST_SIDE] :
		bin < CL_FORECAST_SIDE ? -cl_forecast_grid[CL_FORECAST_SIDE - bin - 1] : 0;
}

static void
read_off(const Density *density, double *change)
{
	int			b = 0;
	double		below = 0;

	while (b < CL_FORECAST_BINS - 1 && density->mass[b] <= 0)
		b++;
	for (int i = 0; i < CL_FORECAST_POINTS; i++)
	{
		double		p = cl_forecast_probability[i];

		while (b < CL_FORECAST_BINS && below + density->mass[b] < p - 1e-12)
			below += density->mass[b++];
		if (b == CL_FORECAST_BINS)
			change[i] = density->tail > 0 ? INFINITY : i > 0 ? change[i - 1] : 0;
		else
			change[i] = lower_edge(b) + (upper_edge(b) - lower_edge(b)) *
				(density->mass[b] > 0 ? fmin(fmax((p - below) / density->mass[b], 0), 1) : 0);
		if (i > 0 && change[i] < change[i - 1])
			change[i] = change[i - 1];
	}
}

static int
new_cell(Fit *fit, int parent, int feature, int low, int high)
{
	ClForecastTree *tree = fit->tree;
	ClForecastCell *cell;

	if (tree->n_cells == tree->capacity)
	{
		tree->capacity = tree->capacity == 0 ? 64 : tree->capacity * 2;
		tree->cell = cl_reallocate(fit->memory, tree->cell, tree->capacity * sizeof(ClForecastCell));
	}
	cell = &tree->cell[tree->n_cells];
	memset(cell, 0, sizeof(*cell));
	cell->parent = parent;
	cell->feature = feature;
	cell->low = low;
	cell->high = high;
	return tree->n_cells++;
}

static void
fill_cell(ClForecastCell *cell, const Density *density)
{
	for (int b = 0; b < CL_FORECAST_BINS; b++)
	{
		cell->n += density->seen[b] + density->censored[b];
		cell->n_censored += density->censored[b];
	}
	cell->tail = density->tail;
	read_off(density, cell->change);
}

static int
class_in(uint32_t leaf, int feature)
{
	for (int f = CL_FORECAST_FEATURES - 1; f > feature; f--)
		leaf >>= cl_forecast_bits[f];
	return (int) (leaf & ((1u << cl_forecast_bits[feature]) - 1));
}

/* Classes low to high of a feature that stay together, and their observations by coarse bin. */
typedef struct Group
{
	int			low;
	int			high;
	double		n;
	double		coarse[2 * COARSE]; /* seen, then censored */
	double		entropy;
	double		gain;			/* of being apart from the next */
} Group;

static double
entropy(const Group *group)
{
	double		sum = 0;

	for (int c = 0; c < 2 * COARSE; c++)
	{
		if (group->coarse[c] > 0)
			sum += group->coarse[c] * log(group->coarse[c] / group->n);
	}
	return sum;
}

static void
join(Group *into, const Group *other)
{
	into->high = other->high;
	into->n += other->n;
	for (int c = 0; c < 2 * COARSE; c++)
		into->coarse[c] += other->coarse[c];
}

/* Of two neighbours, whose entropies are known. */
static double
gain_of(const Group *group)
{
	Group		both = group[0];
	double		gain;

	join(&both, &group[1]);
	gain = both.n > 0 ? 2 * (group[0].entropy + group[1].entropy - entropy(&both)) : 0;
	if (group[0].n < FEWEST || group[1].n < FEWEST)
		gain = fmin(gain, CRITICAL / 2 * fmin(group[0].n, group[1].n) / FEWEST);
	return gain;
}

/* Joins neighbours, those that differ least first, while they hardly differ or are few. */
static int
merge_groups(Group *group, int n)
{
	for (int i = 0; i < n; i++)
	{
		group[i].low = group[i].high = i;
		group[i].entropy = entropy(&group[i]);
	}
	for (int i = 0; i + 1 < n; i++)
		group[i].gain = gain_of(&group[i]);
	while (n > 1)
	{
		int			at = 0;

		for (int i = 1; i + 1 < n; i++)
		{
			if (group[i].gain < group[at].gain)
				at = i;
		}
		if (group[at].gain >= CRITICAL)
			break;
		join(&group[at], &group[at + 1]);
		memmove(&group[at + 1], &group[at + 2], (n - at - 2) * sizeof(Group));
		n--;
		group[at].entropy = entropy(&group[at]);
		if (at > 0)
			group[at - 1].gain = gain_of(&group[at - 1]);
		if (at + 1 < n)
			group[at].gain = gain_of(&group[at]);
	}
	return n;
}

/* For each bin a tenth, by what was seen or censored there. */
static void
coarse_bins(const Density *density, int coarse_of[CL_FORECAST_BINS])
{
	double		total = 0;
	double		below = 0;

	for (int b = 0; b < CL_FORECAST_BINS; b++)
		total += density->seen[b] + density->censored[b];
	for (int b = 0; b < CL_FORECAST_BINS; b++)
	{
		double		middle = below + (density->seen[b] + density->censored[b]) / 2;

		coarse_of[b] = total > 0 ? (int) fmin(COARSE - 1, floor(COARSE * middle / total)) : 0;
		below += density->seen[b] + density->censored[b];
	}
}

/* The observations of each class, by all features at once: the leaves are read from memory. */
static void
fill_groups(const Fit *fit, Leaf *const *leaf, int n, const Density *density, Group group[][CL_FORECAST_CLASSES])
{
	int			coarse_of[CL_FORECAST_BINS];

	coarse_bins(density, coarse_of);
	memset(group, 0, CL_FORECAST_FEATURES * sizeof(group[0]));
	for (int i = 0; i < n; i++)
	{
		Group	   *to[CL_FORECAST_FEATURES];

		for (int f = CL_FORECAST_FEATURES - 1, rest = (int) leaf[i]->leaf; f >= 0; rest >>= cl_forecast_bits[f--])
			to[f] = &group[f][rest & ((1 << cl_forecast_bits[f]) - 1)];
		for (const ClForecastCount *count = leaf[i]->first; count < leaf[i]->end; count++)
		{
			double		weight = (double) count->n * fit->weight[leaf[i]->table];
			bool		censored = fit->demand && (count->key & 1) != 0;
			int			coarse = coarse_of[bin_of_key(count->key)] + (censored ? COARSE : 0);

			for (int f = 0; f < CL_FORECAST_FEATURES; f++)
			{
				to[f]->coarse[coarse] += weight;
				to[f]->n += weight;
			}
		}
	}
}

/* The feature, among those not used yet, whose groups differ most for their number; -1: none has two. */
static int
best_feature(const Fit *fit, Leaf *const *leaf, int n, unsigned used, const Density *density, Group *best, int *n_best)
{
	Group		group[CL_FORECAST_FEATURES][CL_FORECAST_CLASSES];
	double		most = 0;
	int			at = -1;

	fill_groups(fit, leaf, n, density, group);
	for (int feature = 0; feature < CL_FORECAST_FEATURES; feature++)
	{
		Group	   *own = group[feature];
		Group		all;
		double		gain;
		int			n_groups;

		if ((used >> feature & 1) != 0)
			continue;
		n_groups = merge_groups(own, 1 << cl_forecast_bits[feature]);
		if (n_groups < 2)
			continue;
		all = own[0];
		gain = own[0].entropy;
		for (int g = 1; g < n_groups; g++)
		{
			gain += own[g].entropy;
			join(&all, &own[g]);
		}
		gain = 2 * (gain - entropy(&all)) - CRITICAL * (n_groups - 1);
		if (gain > most)
		{
			most = gain;
			at = feature;
			*n_best = n_groups;
			memcpy(best, own, n_groups * sizeof(Group));
		}
	}
	return at;
}

static void
split(Fit *fit, int cell, Leaf *const *leaf, int n, unsigned used, const Density *density)
{
	Group		group[CL_FORECAST_CLASSES];
	int			n_groups = 0;
	int			feature;
	Leaf	  **of_group;
	Density    *child;

	fit->memory->check_for_interrupts();
	feature = best_feature(fit, leaf, n, used, density, group, &n_groups);
	if (feature < 0)
		return;
	of_group = cl_allocate(fit->memory, n * sizeof(Leaf *));
	child = cl_allocate(fit->memory, sizeof(Density));
	for (int g = 0; g < n_groups; g++)
	{
		int			m = 0;
		int			at = new_cell(fit, cell, feature, group[g].low, group[g].high);

		memset(child, 0, sizeof(Density));
		for (int i = 0; i < n; i++)
		{
			int			class = class_in(leaf[i]->leaf, feature);

			if (class >= group[g].low && class <= group[g].high)
			{
				of_group[m++] = leaf[i];
				add_leaf(fit, leaf[i], child);
			}
		}
		estimate(child, density);
		fill_cell(&fit->tree->cell[at], child);
		fit->tree->cell[cell].has_children = true;
		for (int class = group[g].low; class <= group[g].high; class++)
			fit->tree->cell[cell].child[class] = at;
		split(fit, at, of_group, m, used | 1u << feature, child);
	}
	cl_release(fit->memory, child);
	cl_release(fit->memory, of_group);
}

/* The target must have been learned. */
ClForecastTree *
cl_forecast_fit(const ClForecastCount *sorted, uint32_t n, const ClForecastTarget *target, const ClMemory *memory)
{
	int			table = table_of(target);
	Fit			fit = {.memory = memory, .demand = target->demand};
	Density    *density = cl_allocate(memory, sizeof(Density));
	Leaf	  **leaf;

	cl_forecast_make_grid();
	fit.tree = cl_allocate(memory, sizeof(ClForecastTree));
	memset(fit.tree, 0, sizeof(ClForecastTree));
	memset(density, 0, sizeof(Density));
	read_leaves(&fit, sorted, n, target->basis == CL_DEMAND_MIXTURE ? 0 : table, table);
	leaf = cl_allocate(memory, fit.n_leaves * sizeof(Leaf *));
	for (int i = 0; i < fit.n_leaves; i++)
	{
		leaf[i] = &fit.leaf[i];
		add_leaf(&fit, leaf[i], density);
	}
	estimate(density, NULL);
	(void) new_cell(&fit, -1, -1, 0, CL_FORECAST_CLASSES - 1);
	fill_cell(&fit.tree->cell[0], density);
	split(&fit, 0, leaf, fit.n_leaves, 0, density);
	cl_release(memory, leaf);
	cl_release(memory, fit.leaf);
	cl_release(memory, density);
	return fit.tree;
}

const ClForecastCell *
cl_forecast_find(const ClForecastTree *tree, uint32_t leaf)
{
	const ClForecastCell *cell = &tree->cell[0];

	while (cell->has_children)
	{
		const ClForecastCell *first = &tree->cell[cell - tree->cell + 1];

		cell = &tree->cell[cell->child[class_in(leaf, first->feature)]];
	}
	return cell;
}

/*
 * The 0.999 quantile of what peers reached on their scale, never the highest of one account. A size with few accounts takes that
 * of all.
 */
#define FEWEST_PEERS 1000

static double
ceiling_of(const double *n_of_bin)
{
	double		n = 0;
	double		wanted;
	double		below = 0;

	for (int b = 0; b < CL_FORECAST_BINS; b++)
		n += n_of_bin[b];
	wanted = n - fmax(floor(n / 1000), 1);
	for (int b = 0; b < CL_FORECAST_BINS && wanted > 0; b++)
	{
		below += n_of_bin[b];
		if (below >= wanted)
			return 1 + fmax(upper_edge(b), 0);
	}
	return 1;
}

void
cl_forecast_ceilings(const ClForecastCount *sorted, uint32_t n, double factor[CL_FORECAST_SIZES])
{
	double		all[CL_FORECAST_BINS] = {0};
	double		own[CL_FORECAST_BINS];
	uint32_t	i = table_start(sorted, n, CL_FORECAST_TABLES);

	cl_forecast_make_grid();
	for (uint32_t j = i; j < n; j++)
		all[bin_of_key(sorted[j].key)] += (double) sorted[j].n;
	for (int size = 0; size < CL_FORECAST_SIZES; size++)
	{
		double		peers = 0;

		memset(own, 0, sizeof(own));
		for (; i < n && leaf_of_key(sorted[i].key) == (uint32_t) size; i++)
		{
			own[bin_of_key(sorted[i].key)] += (double) sorted[i].n;
			peers += (double) sorted[i].n;
		}
		factor[size] = ceiling_of(peers >= FEWEST_PEERS ? own : all);
	}
}

void
cl_forecast_raise(const ClForecastCell *cell, const ClForecastOrigin *origin, double ceiling, double *quantile)
{
	for (int i = 0; i < CL_FORECAST_POINTS; i++)
		quantile[i] = fmax(quantile[i], fmin(origin->last + origin->scale * cell->change[i], ceiling));
}
