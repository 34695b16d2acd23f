/*
 * band_rows.c
 *	  Accounts of the query of band_policy: see band_rows.h.
 */
#include "postgres.h"

#include <math.h>

#include "usage/band_rows.h"

#define SAMPLE 131072

void
cl_band_open_query(ClBandRows *band, const char *text)
{
	ClQuery		source;

	cl_query_open(&source, text, CL_BAND_QUERY);
	band->has_today = cl_query_column(source.desc, CL_BAND_TODAY) >= 0;
	band->more[0] = (ClAllocationColumn) {band->axis[0].column, true};
	band->more[1] = (ClAllocationColumn) {band->axis[1].column, true};
	band->more[2] = (ClAllocationColumn) {CL_BAND_TODAY, true};
	band->query.more = band->more;
	band->query.n_more = 2 + band->has_today;
	cl_allocation_query_open(&band->query, text, NULL);
	band->n_values = CL_ALLOCATION_DEMAND + (band->query.lognormal ? 3 : 1) + 2 * band->query.n_budgets + 2 + band->has_today;
}

/* The columns behind those of an account: down, across and the limit of today. */
static double
extra(const ClBandRows *band, const Datum *value, int i)
{
	return DatumGetFloat8(value[band->n_values - 2 - band->has_today + i]);
}

/* Every column but floor and cap must be known; false: one is not, which is counted. */
static bool
take(ClBandRows *band, const Datum *value, const bool *isnull, ClAllocationAccount *account, double *place)
{
	const char *missing = NULL;
	int64		id = isnull[CL_ALLOCATION_ID] ? 0 : DatumGetInt64(value[CL_ALLOCATION_ID]);
	int			horizon;

	for (int i = 0; i < 2 + band->has_today; i++)
	{
		if (isnull[band->n_values - 2 - band->has_today + i] || isnan(extra(band, value, i)))
			missing = i < 2 ? band->axis[i].column : CL_BAND_TODAY;
		else if (i < 2)
			place[i] = (band->axis[i].rises ? 1 : -1) * extra(band, value, i);
	}
	if (isnull[CL_ALLOCATION_ID] ||
		!cl_allocation_take_account(value, isnull, band->query.n_budgets, band->query.lognormal, false, account, &horizon))
		missing = "demand, economics or use";
	if (missing == NULL)
		return true;
	if (band->n_missing++ == 0 || id < band->first_missing)
	{
		band->first_missing = id;
		band->missing = missing;
	}
	return false;
}

void
cl_band_scan(ClBandRows *band, SPIPlanPtr plan, const Oid *types, ClQueryRow receive)
{
	cl_query_scan(plan, CL_BAND_QUERY, band->n_values, types, receive, band);
	if (band->n_missing > 0)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("something is not known of " INT64_FORMAT " accounts", band->n_missing),
				 errdetail("The first is account " INT64_FORMAT ": its %s is not known.", band->first_missing, band->missing),
				 errhint("Leave such accounts out of the query: a policy refers them.")));
}

/*
 * What the first scan tells: where accounts lie, and what limits are worth having
 */

static void
receive_sample(void *data, const Datum *value, const bool *isnull)
{
	ClBandRows	   *band = data;
	ClBandSampled		one;
	ClAllocationAccount account;
	ClAllocationAnswer answer;

	if (!take(band, value, isnull, &account, one.place))
		return;
	band->n++;
	one.hash = (uint64) DatumGetInt64(value[CL_ALLOCATION_HASH]);
	if ((one.hash & ((UINT64CONST(1) << band->share) - 1)) != 0)
		return;
	one.best = cl_allocation_answer(&account, band->query.n_budgets, band->price, NULL, &answer) ? answer.limit : 0;
	if (band->n_sampled == SAMPLE)
	{
		int			kept = 0;

		band->share++;
		for (int i = 0; i < SAMPLE; i++)
		{
			if ((band->sampled[i].hash & ((UINT64CONST(1) << band->share) - 1)) == 0)
				band->sampled[kept++] = band->sampled[i];
		}
		band->n_sampled = kept;
		if ((one.hash & ((UINT64CONST(1) << band->share) - 1)) != 0 || kept == SAMPLE)
			return;
	}
	band->sampled[band->n_sampled++] = one;
}

static int
ascending(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/* The number with so many significant digits. */
static double
rounded(double x, int digits)
{
	return strtod(psprintf("%.*g", digits, x), NULL) + 0.0;
}

/* Fine bands of about as many accounts each, with edges that can be read; the first is open, and leaves nobody out. */
static void
find_edges(const ClBandRows *band, int side, double *sorted)
{
	ClBandAxis	   *axis = (ClBandAxis *) &band->axis[side];

	for (int i = 0; i < band->n_sampled; i++)
		sorted[i] = band->sampled[i].place[side];
	qsort(sorted, band->n_sampled, sizeof(double), ascending);
	axis->edge[0] = -INFINITY;
	axis->n_edges = 1;
	for (int i = 1; i < band->fine; i++)
	{
		double		edge = rounded(sorted[(int64) band->n_sampled * i / band->fine], 3);

		if (edge > fmax(axis->edge[axis->n_edges - 1], sorted[0]) && edge <= sorted[band->n_sampled - 1])
			axis->edge[axis->n_edges++] = edge;
	}
	if (axis->n_edges < axis->bands)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column %s does not give %d bands", axis->column, axis->bands),
				 errdetail("It has only %d ranges with different values.", axis->n_edges),
				 errhint("Ask for fewer bands, or give the cuts.")));
	for (int i = 0; i <= axis->bands; i++)
		axis->cut[i] = i * axis->n_edges / axis->bands;
}

/* Nothing, and round amounts that are the best limit of about as many accounts each. */
static void
find_levels(ClBandRows *band, double *sorted)
{
	int			wanted = band->n_levels;

	for (int i = 0; i < band->n_sampled; i++)
		sorted[i] = Min(band->sampled[i].best, CL_ALLOCATION_LARGEST);
	qsort(sorted, band->n_sampled, sizeof(double), ascending);
	band->level[0] = 0;
	band->n_levels = 1;
	for (int i = 1; i < wanted; i++)
	{
		double		level = rounded(sorted[(int64) (band->n_sampled - 1) * i / (wanted - 1)], 2);

		if (level > band->level[band->n_levels - 1])
			band->level[band->n_levels++] = level;
	}
}

void
cl_band_look_first(ClBandRows *band, SPIPlanPtr plan, const Oid *types)
{
	double	   *sorted;

	band->sampled = palloc_array(ClBandSampled, SAMPLE);
	cl_band_scan(band, plan, types, receive_sample);
	if (band->n == 0)
		return;
	sorted = palloc_array(double, Max(band->n_sampled, 1));
	for (int i = 0; i < 2; i++)
	{
		if (band->axis[i].n_edges == 0)
			find_edges(band, i, sorted);
	}
	if (!band->given_levels)
		find_levels(band, sorted);
}

/*
 * What the second scan tells: sums of every fine cell at every level
 */

static int
fine_band(const ClBandAxis *axis, double place)
{
	int			low = 0;
	int			high = axis->n_edges;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (axis->rises ? axis->edge[middle] <= place : axis->edge[middle] < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static void
add(const ClBandRows *band, const ClAllocationAccount *account, double limit, ClExactSum *sum, size_t apart)
{
	double		draw = cl_demand_expected_draw(&account->demand, limit);

	cl_exact_sum_add(sum, cl_allocation_addend(account->economics.margin * draw - account->economics.carry * (limit - draw)));
	for (int k = 0; k < band->query.n_budgets; k++)
		cl_exact_sum_add(sum + (k + 1) * apart, cl_allocation_addend(cl_allocation_use(account, k, limit, draw)));
}

/* Of limits that ascend, as the account would get them. */
static void
add_slopes(ClBandRows *band, const ClAllocationAccount *account, int n, const double *limit, const double *kept)
{
	double		exceeds[2];

	exceeds[1] = cl_demand_exceeds(&account->demand, kept[0]);
	for (int i = 0; i < n - 1; i++)
	{
		double		rise = 0;
		double		fall = 0;

		exceeds[0] = exceeds[1];
		if (kept[i + 1] != kept[i])
			exceeds[1] = cl_demand_exceeds(&account->demand, kept[i + 1]);
		cl_flat_slopes(&account->economics, limit + i, kept + i, exceeds, &rise, &fall);
		cl_exact_sum_add(&band->rise[i], cl_allocation_addend(rise));
		cl_exact_sum_add(&band->fall[i], cl_allocation_addend(fall));
	}
}

size_t
cl_band_levels_of_cells(const ClBandRows *band)
{
	return (size_t) band->axis[0].n_edges * band->axis[1].n_edges * band->n_levels;
}

/* The cell of an account; false: it is in none. */
static bool
cell_of(const ClBandRows *band, const double *place, size_t *cell)
{
	int			down = fine_band(&band->axis[0], place[0]);
	int			across = fine_band(&band->axis[1], place[1]);

	*cell = (size_t) Max(down, 0) * band->axis[1].n_edges + Max(across, 0);
	return down >= 0 && across >= 0;
}

void
cl_band_receive(void *data, const Datum *value, const bool *isnull)
{
	ClBandRows	   *band = data;
	ClAllocationAccount account;
	double		place[2];
	double		kept[CL_BAND_LEVELS];
	size_t		cell;

	if (!take(band, value, isnull, &account, place))
		return;
	band->n++;
	if (band->has_today)
		add(band, &account, extra(band, value, 2), band->today, 1);
	if (!cell_of(band, place, &cell))
	{
		band->n_outside++;
		return;
	}
	for (int l = 0; l < band->n_levels; l++)
	{
		kept[l] = fmin(fmax(band->level[l], account.floor), account.cap);
		add(band, &account, kept[l], band->sum + cell * band->n_levels + l, cl_band_levels_of_cells(band));
	}
	add_slopes(band, &account, band->n_levels, band->level, kept);
}

/*
 * What further scans tell: one limit for all
 */

static void
receive_flat(void *data, const Datum *value, const bool *isnull)
{
	ClBandRows	   *band = data;
	ClAllocationAccount account;
	double		place[2];
	double		limit[CL_FLAT_ASKED];
	double		kept[CL_FLAT_ASKED];
	size_t		cell;

	if (!take(band, value, isnull, &account, place) || !cell_of(band, place, &cell))
		return;
	for (int i = 0; i < band->n_asked; i++)
	{
		limit[i] = band->asked[i].limit;
		kept[i] = fmin(fmax(limit[i], account.floor), account.cap);
		add(band, &account, kept[i], band->of_asked[i], 1);
	}
	add_slopes(band, &account, band->n_asked, limit, kept);
}

static ClFlatPoint
flat_point(const ClBandRows *band, int i, double limit, bool joined, const ClExactSum *sum)
{
	ClFlatPoint point = {
		.limit = limit, .worth = cl_exact_sum_closed(sum).high, .fits = true, .joined = joined,
		.rise = cl_exact_sum_closed(&band->rise[i]).high, .fall = cl_exact_sum_closed(&band->fall[i]).high
	};

	for (int k = 0; k < band->query.n_budgets; k++)
		point.fits &= cl_exact_sum_closed(&sum[k + 1]).high <= band->query.amount[k];
	return point;
}

/* What is known of the levels: the sums of all cells. */
static void
take_levels(ClBandRows *band)
{
	size_t		levels = cl_band_levels_of_cells(band);
	ClFlatPoint point[CL_BAND_LEVELS];

	for (int l = 0; l < band->n_levels; l++)
	{
		ClExactSum	sum[1 + CL_ALLOCATION_MOST_BUDGETS] = {0};

		for (int k = 0; k <= band->query.n_budgets; k++)
		{
			for (size_t i = l; i < levels; i += band->n_levels)
				cl_exact_sum_merge(&sum[k], &band->sum[k * levels + i]);
		}
		point[l] = flat_point(band, l, band->level[l], true, sum);
	}
	cl_flat_take(&band->flat, band->n_levels, point);
}

void
cl_band_find_flat(ClBandRows *band, SPIPlanPtr plan, const Oid *types)
{
	cl_flat_begin(&band->flat, band->level[band->n_levels - 1]);
	take_levels(band);
	while ((band->n_asked = cl_flat_ask(&band->flat, band->asked)) > 0)
	{
		memset(band->of_asked, 0, sizeof(band->of_asked));
		memset(band->rise, 0, sizeof(band->rise));
		memset(band->fall, 0, sizeof(band->fall));
		cl_band_scan(band, plan, types, receive_flat);
		for (int i = 0; i < band->n_asked; i++)
			band->asked[i] = flat_point(band, i, band->asked[i].limit, band->asked[i].joined, band->of_asked[i]);
		cl_flat_take(&band->flat, band->n_asked, band->asked);
	}
}
