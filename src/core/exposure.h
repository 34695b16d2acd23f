/*
 * exposure.h
 *	  What an exposure needs in capital: the internal-ratings formulas of the Basel Framework (CRE31).
 */
#ifndef CL_CORE_EXPOSURE_H
#define CL_CORE_EXPOSURE_H

typedef enum ClAssetClass
{
	CL_ASSET_MORTGAGE, CL_ASSET_QRRE, CL_ASSET_OTHER_RETAIL, CL_ASSET_CORPORATE, CL_ASSET_CLASSES
} ClAssetClass;

/* What a supervisor sets for a class. None of it has a default: parameter_sets() has those that are known. */
typedef struct ClIrbClass
{
	double		correlation_high;	/* R of a PD of 0, */
	double		correlation_low;	/* and of one that is far from it: the same where R is a constant */
	double		decay;			/* of the way from one to the other */
	double		pd_floor;
	double		lgd_floor;
	double		small_firm;		/* what a small firm has less of R; 0: no such rule */
	double		turnover_low;	/* all of it up to here, */
	double		turnover_high;	/* and none from here on */
	double		maturity_at;	/* years at which the maturity counts as 1; NaN: no such rule */
	double		maturity_intercept;
	double		maturity_slope;
} ClIrbClass;

typedef struct ClIrb
{
	double		confidence;		/* 0.999 */
	double		weight_factor;	/* of capital to risk weight: 12.5 */
	ClIrbClass	class[CL_ASSET_CLASSES];
} ClIrb;

/* PD after the floor; turnover in the units of the set, NaN where it is not known. */
extern double cl_irb_correlation(const ClIrbClass *class, double pd, double turnover);

/*
 * K, capital per unit of exposure: the loss at the confidence less the one expected. 0 of a PD of 0 or 1. NaN where the PD is
 * so small that the maturity adjustment has no value.
 */
extern double cl_irb_capital(const ClIrb *irb, const ClIrbClass *class, double pd, double lgd, double maturity, double turnover);

#endif							/* CL_CORE_EXPOSURE_H */
