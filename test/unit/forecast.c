/*
 * forecast.c
 *	  Forecasts against what the pairs of months say themselves, on random histories: counts, medians, survival, parts of a whole.
 */
#include "core/forecast.h"

#include "check.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#define ACCOUNTS 60
#define FIRST 24000

static uint64_t random_state = 20261130;

static int
below(int n)
{
	return (int) (cl_test_random(&random_state) % (uint64_t) n);
}

/* Up to 20 months, some of them missing, in whole units; every seventh balance is at its limit of 1000. */
static ClBehavior *
random_history(void)
{
	ClBehavior *history = cl_behavior_new(&cl_test_memory);
	int			n = 1 + below(20);

	for (int m = 0; m < n; m++)
	{
		ClBehaviorMonth row = {
			{1000, below(7) == 0 ? 1000 : below(4) == 0 ? 0 : below(1000), below(50), below(50)}, below(3) * 20, 0
		};

		if (m > 0 && below(6) == 0)
			continue;
		CHECK(cl_behavior_put(history, &cl_test_memory, FIRST + m, &row));
	}
	return history;
}

typedef struct Change
{
	double		change;			/* on the scale, which is 1000 */
	bool		censored;
} Change;

static int
by_change(const void *a, const void *b)
{
	double		left = ((const Change *) a)->change;
	double		right = ((const Change *) b)->change;

	return (left > right) - (left < right);
}

/* All pairs of months that lie so far apart, from the last 12 origins. */
static int
pairs(ClBehavior *const *history, int horizon, Change *change)
{
	int			n = 0;

	for (int a = 0; a < ACCOUNTS; a++)
	{
		int32_t		last = cl_behavior_last(history[a]);

		for (int32_t month = last - horizon - 11; month <= last - horizon; month++)
		{
			ClBehaviorMonth from;
			ClBehaviorMonth to;

			if (cl_behavior_get(history[a], month, &from) && cl_behavior_get(history[a], month + horizon, &to))
				change[n++] = (Change)
			{
				(double) (to.amount[CL_BEHAVIOR_BALANCE] - from.amount[CL_BEHAVIOR_BALANCE]) / 1000,
					to.amount[CL_BEHAVIOR_BALANCE] >= 980
			};
		}
	}
	qsort(change, n, sizeof(Change), by_change);
	return n;
}

/* The smallest change whose survival, by the product over all those that are not censored, leaves no more than 1 - p. */
static double
survival_quantile(const Change *change, int n, bool demand, double p)
{
	double		survival = 1;

	for (int i = 0; i < n;)
	{
		int			known = 0;
		int			j = i;

		for (; j < n && change[j].change == change[i].change; j++)
			known += !(demand && change[j].censored);
		survival *= 1 - (double) known / (n - i);
		if (survival <= 1 - p + 1e-12)
			return change[i].change;
		i = j;
	}
	return INFINITY;
}

static void
check_target(const ClForecast *forecast, ClBehavior *const *history, const ClForecastTarget *target)
{
	ClForecastCount *sorted = cl_forecast_sorted(forecast, &cl_test_memory);
	double		factor[CL_FORECAST_SIZES];
	Change		change[ACCOUNTS * 12];
	double		last = -INFINITY;
	int			n = pairs(history, target->horizon, change);
	ClForecastTree *tree;

	CHECK(cl_forecast_learned(sorted, forecast->n, target) == (n > 0));
	if (n > 0)
	{
		tree = cl_forecast_fit(sorted, forecast->n, target, &cl_test_memory);
		cl_forecast_ceilings(sorted, forecast->n, factor);
		for (int i = 0; i < n; i++)
			last = target->demand && change[i].censored ? last : change[i].change;
		CHECK_NEAR(tree->cell[0].n, n, 0);
		for (int i = 1; i < CL_FORECAST_POINTS - 1; i++)
		{
			double		exact = survival_quantile(change, n, target->demand, cl_forecast_probability[i]);

			/*
			 * Where the curve has a step the bin on its other side says as much; and of the last change that is known, in one bin
			 * with some that are not, whether it comes before them.
			 */
			if (exact != last && exact == survival_quantile(change, n, target->demand, cl_forecast_probability[i] - 0.01) &&
				exact == survival_quantile(change, n, target->demand, cl_forecast_probability[i] + 0.01))
				CHECK(isinf(exact) ? isinf(tree->cell[0].change[i]) :
					  fabs(tree->cell[0].change[i] - exact) <= fabs(exact) / 12 + 0.0005);
		}
		for (int c = 0; c < tree->n_cells; c++)
		{
			double		of_children = 0;
			int			children = 0;

			for (int d = c + 1; d < tree->n_cells; d++)
			{
				of_children += tree->cell[d].parent == c ? tree->cell[d].n : 0;
				children += tree->cell[d].parent == c;
			}
			if (children > 0)
				CHECK_NEAR(of_children, tree->cell[c].n, 1e-12);
			for (int i = 1; i < CL_FORECAST_POINTS; i++)
				CHECK(tree->cell[c].change[i] >= tree->cell[c].change[i - 1]);
		}
		for (int a = 0; a < ACCOUNTS; a++)
		{
			ClForecastOrigin origin;
			double		quantile[CL_FORECAST_POINTS] = {0};

			if (!cl_forecast_origin(history[a], FIRST + below(22), &origin) || !(origin.scale > 0))
				continue;
			cl_forecast_raise(cl_forecast_find(tree, origin.leaf), &origin, 900, quantile);
			for (int i = 0; i < CL_FORECAST_POINTS; i++)
				CHECK(quantile[i] >= 0 && quantile[i] <= 900 && (i == 0 || quantile[i] >= quantile[i - 1]));
		}
		cl_release(&cl_test_memory, tree->cell);
		cl_release(&cl_test_memory, tree);
	}
	cl_release(&cl_test_memory, sorted);
}

static void
add_all(ClForecast *forecast, ClBehavior *const *history, int first, int step)
{
	for (int a = first; a < ACCOUNTS; a += step)
		cl_forecast_add(forecast, &cl_test_memory, history[a]);
}

void
test_forecast(void)
{
	static const ClForecastOptions options = {0, 0, 12, CL_FORECAST_ALL_HORIZONS, 0.02};

	for (int round = 0; round < cl_rounds(400); round++)
	{
		ClBehavior *history[ACCOUNTS];
		ClForecast	whole = {.options = options};
		ClForecast	part[3] = {{.options = options}, {.options = options}, {.options = options}};
		ClForecastCount *sorted[2];
		size_t		allocated = cl_test_allocated;

		for (int a = 0; a < ACCOUNTS; a++)
			history[a] = random_history();
		add_all(&whole, history, 0, 1);
		for (int p = 0; p < 3; p++)
			add_all(&part[p], history, 2 - p, 3);
		cl_forecast_merge(&part[1], &cl_test_memory, &part[2]);
		cl_forecast_merge(&part[0], &cl_test_memory, &part[1]);
		CHECK(part[0].n == whole.n && part[0].checksum == whole.checksum);
		CHECK(part[0].n_accounts == whole.n_accounts && part[0].n_skipped == whole.n_skipped);
		sorted[0] = cl_forecast_sorted(&whole, &cl_test_memory);
		sorted[1] = cl_forecast_sorted(&part[0], &cl_test_memory);
		CHECK(memcmp(sorted[0], sorted[1], whole.n * sizeof(ClForecastCount)) == 0);
		for (int demand = 0; demand < 2; demand++)
		{
			for (int h = 0; h < CL_FORECAST_HORIZONS; h++)
				check_target(&whole, history, &(ClForecastTarget) {demand != 0, CL_DEMAND_MONTH, cl_forecast_horizons[h]});
		}
		for (int i = 0; i < 2; i++)
			cl_release(&cl_test_memory, sorted[i]);
		cl_release(&cl_test_memory, whole.count);
		for (int p = 0; p < 3; p++)
			cl_release(&cl_test_memory, part[p].count);
		for (int a = 0; a < ACCOUNTS; a++)
			cl_behavior_free(history[a], &cl_test_memory);
		CHECK(cl_test_allocated == allocated);
	}
}
