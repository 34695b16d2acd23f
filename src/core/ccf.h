/*
 * ccf.h
 *	  Conversion factors: how much of what was not drawn is drawn by the time of default, of one facility and of many.
 *
 *		LEQ  = (EAD - balance) / (limit - balance)		of the undrawn limit
 *		CF   = EAD / balance							of the balance
 *		EADF = EAD / limit								of the limit
 *		AUF  = (EAD - balance) / limit					additional, of the limit
 *
 * balance and limit at a date before the default (Moral 2006, in: Engelmann and Rauhmeier, The Basel II Risk Parameters). LEQ
 * of a facility that is nearly drawn, and CF of one that is hardly, may be anything: where a denominator is not above a share of
 * the limit the ratio is not formed, and the facility is counted as unstable.
 */
#ifndef CL_CORE_CCF_H
#define CL_CORE_CCF_H

#include <stdint.h>

#include "core/exact_sum.h"

typedef enum ClConversion
{
	CL_CONVERSION_LEQ, CL_CONVERSION_CF, CL_CONVERSION_EADF, CL_CONVERSION_AUF, CL_CONVERSIONS
} ClConversion;

/* Squares of larger amounts would leave double precision; a larger ratio comes of a limit that is drawn to its last digit. */
#define CL_CCF_LARGEST 1e100
#define CL_CCF_LARGEST_RATIO 1e9

/* One facility: each ratio as above / below; below is NaN where the ratio is not formed. */
typedef struct ClRealisedCcf
{
	double		above[CL_CONVERSIONS];
	double		below[CL_CONVERSIONS];
} ClRealisedCcf;

extern ClRealisedCcf cl_realised_ccf(double balance, double limit, double ead, double unstable);

/* Of many: exact sums, so that order and split do not matter. */
enum
{
	CL_CCF_RATIO, CL_CCF_RATIO_SQUARE, CL_CCF_ABOVE, CL_CCF_BELOW, CL_CCF_ABOVE_SQUARE, CL_CCF_PRODUCT, CL_CCF_BELOW_SQUARE,
	CL_CCF_SUMS
};

typedef struct ClCcfMoments
{
	int64_t		n;				/* facilities whose ratio is formed */
	ClExactSum	sum[CL_CCF_SUMS];
} ClCcfMoments;

extern void cl_ccf_add(ClCcfMoments *moments, double above, double below);
extern void cl_ccf_merge(ClCcfMoments *moments, const ClCcfMoments *other);

/* An estimate with the standard error that it has; NaN where there are not enough facilities. */
typedef struct ClCcfEstimate
{
	double		value;
	double		error;
} ClCcfEstimate;

/* The mean of the ratios: each facility counts the same. */
extern ClCcfEstimate cl_ccf_facility_weighted(const ClCcfMoments *moments);
/* The ratio of the sums, by the linearised error of a ratio (Cochran 1977, Sampling Techniques, 6.4). */
extern ClCcfEstimate cl_ccf_exposure_weighted(const ClCcfMoments *moments);

#endif							/* CL_CORE_CCF_H */
