/*
 * profit.c
 *	  The profit of a limit, and the limit of the highest profit.
 */
#include "core/profit.h"

#include <math.h>

double
cl_limit_profit(const ClDemandModel *model, double limit, const ClEconomics *economics)
{
	double		draw = cl_demand_expected_draw(model, limit);

	return economics->margin * draw - economics->carry * (limit - draw);
}

double
cl_marginal_profit(const ClDemandModel *model, double limit, const ClEconomics *economics)
{
	double		exceeds = cl_demand_exceeds(model, limit);

	return economics->margin * exceeds - economics->carry * (1 - exceeds);
}

double
cl_critical_ratio(const ClEconomics *economics, double price)
{
	if (economics->margin <= price)
		return 0;
	return fmin(1, (economics->margin - price) / (economics->margin + economics->carry));
}

double
cl_optimal_limit(const ClDemandModel *model, const ClEconomics *economics, double price)
{
	double		ratio = cl_critical_ratio(economics, price);
	double		limit = cl_demand_quantile(model, ratio);

	/* Nothing pays: 0, and not the least demand that there is. */
	return ratio == 0 && !isnan(limit) ? 0 : limit;
}
