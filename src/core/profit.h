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

/* Rates per year and unit; carry >= 0. */
typedef struct ClEconomics
{
	double		margin;			/* of a unit that is drawn */
	double		carry;			/* of a unit that is granted and not drawn */
} ClEconomics;

extern double cl_limit_profit(const ClDemandModel *model, double limit, const ClEconomics *economics);
/* To the right of the limit: what one more unit earns. */
extern double cl_marginal_profit(const ClDemandModel *model, double limit, const ClEconomics *economics);
/* The share of demand that it pays to serve: 0 where no unit earns anything, 1 where none that lies idle costs anything. */
extern double cl_critical_ratio(const ClEconomics *economics, double price);
/* The least limit that earns most; INFINITY where no finite one does, NaN where the demand is not known. */
extern double cl_optimal_limit(const ClDemandModel *model, const ClEconomics *economics, double price);

#endif							/* CL_CORE_PROFIT_H */
