/*
 * exposure.c
 *	  Capital of an exposure by the internal-ratings formulas.
 */
#include "core/exposure.h"

#include <math.h>

#include "core/distribution.h"

double
cl_irb_correlation(const ClIrbClass *class, double pd, double turnover)
{
	double		correlation = class->correlation_high;

	/* (1 - e^(-k PD)) / (1 - e^(-k)) of the way. */
	if (class->correlation_low != class->correlation_high)
		correlation += (class->correlation_low - class->correlation_high) * expm1(-class->decay * pd) / expm1(-class->decay);
	if (class->small_firm != 0 && turnover < class->turnover_high)
		correlation -= class->small_firm *
			(1 - (fmax(turnover, class->turnover_low) - class->turnover_low) / (class->turnover_high - class->turnover_low));
	return correlation;
}

/* (1 + (M - 2.5) b) / (1 - 1.5 b), b = (0.11852 - 0.05478 log PD)^2: 1 at one year. */
static double
maturity_factor(const ClIrbClass *class, double pd, double maturity)
{
	double		root = class->maturity_intercept - class->maturity_slope * log(pd);
	double		b = root * root;
	double		below = 1 - (class->maturity_at - 1) * b;

	return below > 0 ? (1 + (maturity - class->maturity_at) * b) / below : NAN;
}

double
cl_irb_capital(const ClIrb *irb, const ClIrbClass *class, double pd, double lgd, double maturity, double turnover)
{
	double		floored = fmax(pd, class->pd_floor);
	double		correlation = cl_irb_correlation(class, floored, turnover);
	double		stressed;

	if (floored <= 0 || floored >= 1)
		return 0;
	stressed = cl_normal_cdf((cl_normal_quantile(floored) + sqrt(correlation) * cl_normal_quantile(irb->confidence)) /
							 sqrt(1 - correlation));
	return fmax(lgd, class->lgd_floor) * (stressed - floored) *
		(isnan(class->maturity_at) ? 1 : maturity_factor(class, floored, maturity));
}
