/*
 * binning_search.h
 *	  The best division under rules about two neighbours.
 */
#ifndef CL_CORE_BINNING_SEARCH_H
#define CL_CORE_BINNING_SEARCH_H

#include "core/binning_segments.h"

/*
 * The best division under a trend, with rates of neighbours at least min_rate_diff apart, and z^2 of neighbours at least
 * critical (0: any). At most max_bins bins. "known" is what a division that keeps all that is worth, if there is a known one,
 * or -Infinity.
 */
extern void cl_search_pairs(const ClSegments *segments, const ClOptimumRules *rules, int max_bins, double critical, double known,
							ClDivision *best);

#endif							/* CL_CORE_BINNING_SEARCH_H */
