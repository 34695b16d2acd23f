/*
 * forecast.c
 *	  Fuzzing forecasts: counts as a stranger may store them; cells and quantiles stay in their range.
 */
#include <math.h>

#include "core/forecast.h"

#include "input.h"

void
fuzz_forecast(Input *input)
{
	ClForecast	forecast = {.options = {0, 0, 12, CL_FORECAST_ALL_HORIZONS, 0.02}};
	ClForecastTarget target = {.demand = take_byte(input) % 2, .basis = (ClDemandBasis) (take_byte(input) % CL_DEMAND_BASES)};
	ClForecastOrigin origin = {.last = take_byte(input), .scale = 1 + take_byte(input)};
	double		factor[CL_FORECAST_SIZES];
	double		quantile[CL_FORECAST_POINTS] = {0};
	ClForecastCount *sorted;
	ClForecastTree *tree;

	target.horizon = cl_forecast_horizons[take_byte(input) % CL_FORECAST_HORIZONS];
	take(input, &origin.leaf, sizeof(origin.leaf));
	origin.leaf &= (1u << CL_FORECAST_LEAF_BITS) - 1;
	cl_forecast_make_grid();
	while (input->size > 0)
	{
		uint64_t	key = 0;
		int64_t		n = 0;

		take(input, &key, 5);
		take(input, &n, 1 + take_byte(input) % 7);
		if (cl_forecast_key_valid(key, CL_FORECAST_FREE) && n >= 1 && n <= CL_FORECAST_MOST)
			cl_forecast_put(&forecast, &fuzz_memory, key, n);
	}
	sorted = cl_forecast_sorted(&forecast, &fuzz_memory);
	if (cl_forecast_learned(sorted, forecast.n, &target))
	{
		tree = cl_forecast_fit(sorted, forecast.n, &target, &fuzz_memory);
		cl_forecast_ceilings(sorted, forecast.n, factor);
		cl_forecast_raise(cl_forecast_find(tree, origin.leaf), &origin, origin.scale * factor[0], quantile);
		for (int i = 0; i < CL_FORECAST_POINTS; i++)
			REQUIRE(quantile[i] >= 0 && quantile[i] <= origin.scale * factor[0] && (i == 0 || quantile[i] >= quantile[i - 1]));
		cl_release(&fuzz_memory, tree->cell);
		cl_release(&fuzz_memory, tree);
	}
	cl_release(&fuzz_memory, sorted);
	cl_release(&fuzz_memory, forecast.count);
}
