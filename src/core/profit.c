/*
 * profit.c
 *	  The profit of a limit, and the limit of the highest profit.
 */
#include "core/profit.h"

#include <math.h>

const ClEconomicsRange cl_economics_range[CL_ECONOMICS_PARTS] = {
	{"rate", "rate", -1, 10, NAN}, {"funding", "cost of funding", -1, 10, NAN}, {"pd", "PD", 0, 1, NAN},
	{"lgd", "LGD", 0, 2, NAN}, {"ccf", "credit conversion factor", 0, 10, NAN}, {"capital", "capital", 0, 2, 0},
	{"cost_of_capital", "cost of capital", 0, 10, 0}, {"fee", "fee", -1, 10, 0}, {"revolve_share", "revolve share", 0, 1, 1},
	{"interchange", "interchange", 0, 100, 0}, {"liquidity_share", "liquidity share", 0, 1, 0},
	{"liquidity_spread", "liquidity spread", 0, 10, 0}, {"default_draw_ratio", "ratio of draws at default", 0, 100, 1},
	{"margin", "margin", -100, 100, NAN}, {"carry", "carry", 0, 100, NAN}, {"shadow_price", "shadow price", 0, 1e15, 0},
	{"weight", "weight", 0, 1e15, 1}
};

ClEconomics
cl_economics_of(const double *part)
{
	double		loss = part[CL_ECONOMICS_PD] * part[CL_ECONOMICS_LGD];
	double		charge = part[CL_ECONOMICS_CAPITAL] * part[CL_ECONOMICS_COST_OF_CAPITAL];

	return (ClEconomics) {
		.margin = part[CL_ECONOMICS_RATE] * part[CL_ECONOMICS_REVOLVE_SHARE] + part[CL_ECONOMICS_FEE] +
			part[CL_ECONOMICS_INTERCHANGE] - part[CL_ECONOMICS_FUNDING] - loss * part[CL_ECONOMICS_DEFAULT_DRAW_RATIO] - charge,
		.carry = part[CL_ECONOMICS_CCF] * (loss + charge) +
			part[CL_ECONOMICS_LIQUIDITY_SHARE] * part[CL_ECONOMICS_LIQUIDITY_SPREAD]
	};
}

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
