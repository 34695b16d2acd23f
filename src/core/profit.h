/*
 * profit.h
 *	  What a limit earns in a year: margin on what is drawn of it, less the carry of what is not.
 *
 *		profit(L) = margin E[min(D, L)] - carry E[max(0, L - D)]
 *
 * It is concave, its slope is margin P(D > L) - carry P(D <= L), and it is highest where P(D <= L) = margin / (margin + carry):
 * the newsvendor's quantile (Arrow, Harris and Marschak 1951). Where a unit of limit also has a price (a budget binds), price is
 * taken from the margin's side: P(D <= L) = (margin - price) / (margin + carry).
 */
#ifndef CL_CORE_PROFIT_H
#define CL_CORE_PROFIT_H

#include "core/demand.h"

/*
 * What makes margin and carry, or these themselves, and what a unit of limit costs of a budget: its price times how much of the
 * budget it uses.
 */
typedef enum ClEconomicsPart
{
	CL_ECONOMICS_RATE, CL_ECONOMICS_FUNDING, CL_ECONOMICS_PD, CL_ECONOMICS_LGD, CL_ECONOMICS_CCF, CL_ECONOMICS_CAPITAL,
	CL_ECONOMICS_COST_OF_CAPITAL, CL_ECONOMICS_FEE, CL_ECONOMICS_REVOLVE_SHARE, CL_ECONOMICS_INTERCHANGE,
	CL_ECONOMICS_LIQUIDITY_SHARE, CL_ECONOMICS_LIQUIDITY_SPREAD, CL_ECONOMICS_DEFAULT_DRAW_RATIO,
	CL_ECONOMICS_MARGIN, CL_ECONOMICS_CARRY, CL_ECONOMICS_SHADOW_PRICE, CL_ECONOMICS_WEIGHT
} ClEconomicsPart;

#define CL_UNIT_PARTS (CL_ECONOMICS_DEFAULT_DRAW_RATIO + 1)	/* the arguments of unit_economics, in their order */
#define CL_ECONOMICS_PARTS (CL_ECONOMICS_WEIGHT + 1)

typedef struct ClEconomicsRange
{
	const char *name;			/* as an argument */
	const char *what;			/* in a sentence */
	double		lowest;
	double		highest;
	double		otherwise;		/* where it is left out; NaN: it must not be */
} ClEconomicsRange;

extern const ClEconomicsRange cl_economics_range[CL_ECONOMICS_PARTS];

/* Rates per year and unit; carry >= 0. */
typedef struct ClEconomics
{
	double		margin;			/* of a unit that is drawn */
	double		carry;			/* of a unit that is granted and not drawn */
} ClEconomics;

/* From the first CL_UNIT_PARTS. */
extern ClEconomics cl_economics_of(const double *part);
extern double cl_limit_profit(const ClDemandModel *model, double limit, const ClEconomics *economics);
/* To the right of the limit: what one more unit earns. */
extern double cl_marginal_profit(const ClDemandModel *model, double limit, const ClEconomics *economics);
/* The share of demand that it pays to serve: 0 where no unit earns anything, 1 where none that lies idle costs anything. */
extern double cl_critical_ratio(const ClEconomics *economics, double price);
/* The least limit that earns most; INFINITY where no finite one does, NaN where the demand is not known. */
extern double cl_optimal_limit(const ClDemandModel *model, const ClEconomics *economics, double price);

#endif							/* CL_CORE_PROFIT_H */
