/*
 * quantile_bands.h
 *	  Bounds that cut the values of a tally into bands of about equal size, and never cut equal values apart.
 */
#ifndef CL_CORE_QUANTILE_BANDS_H
#define CL_CORE_QUANTILE_BANDS_H

#include "core/tally.h"

#define CL_FEWEST_BANDS 2
#define CL_MOST_BANDS 1000

/*
 * Writes at most bands - 1 bounds, ascending, and returns how many: band k holds the values from bound k up to and without
 * bound k + 1. Every bound is a value that occurs, and no band is empty; many equal values make fewer bands.
 */
extern int	cl_quantile_bands(const ClTally *settled, int bands, double *bounds);

#endif							/* CL_CORE_QUANTILE_BANDS_H */
