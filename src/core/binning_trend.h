/*
 * binning_trend.h
 *	  The trend of event rates over bins, and when a turn of it is significant.
 */
#ifndef CL_CORE_BINNING_TREND_H
#define CL_CORE_BINNING_TREND_H

#include "core/binning_segments.h"

/* What trend bins have; CL_TREND_NONE also for fewer than two. Empty ones are passed over. */
extern ClTrend cl_binning_trend(const ClBinCounts *bin, int bins);

/* What trend a division has. */
extern ClTrend cl_division_trend(const ClBinCounts *prebin, const ClDivision *division);

/* Is a division whose rates turn so much better than a monotone one that chance does not explain it? */
extern bool cl_turn_pays(const ClBinCounts *prebin, const ClDivision *turning, const ClDivision *monotone);

#endif							/* CL_CORE_BINNING_TREND_H */
