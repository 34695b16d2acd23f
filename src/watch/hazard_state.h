/*
 * hazard_state.h
 *	  The type hazard: its state is a ClHazard (core/hazard.h).
 */
#ifndef CL_WATCH_HAZARD_STATE_H
#define CL_WATCH_HAZARD_STATE_H

#include "core/hazard.h"
#include "pg/summary.h"

extern const ClSummary hazard_summary;

extern void cl_hazard_too_many(void) pg_attribute_noreturn();

#endif							/* CL_WATCH_HAZARD_STATE_H */
