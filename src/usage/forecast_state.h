/*
 * forecast_state.h
 *	  The type demand_model: its state is a ClForecast (core/forecast.h).
 */
#ifndef CL_USAGE_FORECAST_STATE_H
#define CL_USAGE_FORECAST_STATE_H

#include "core/forecast.h"
#include "pg/memory.h"
#include "pg/summary.h"

/* Bytes of a value before its counts, with the version and up to the checksum. */
#define CL_FORECAST_HEAD 49

extern const ClSummary demand_model_summary;

#endif							/* CL_USAGE_FORECAST_STATE_H */
