/*
 * vintage_state.h
 *	  The type vintage: its state is a ClVintage (core/vintage.h).
 */
#ifndef CL_WATCH_VINTAGE_STATE_H
#define CL_WATCH_VINTAGE_STATE_H

#include "core/vintage.h"
#include "pg/summary.h"

extern const ClSummary vintage_summary;

/* What rows and parts have in common: all with an amount or none. */
extern void cl_vintage_require(ClVintage *vintage, ClVintageKind kind);
extern void cl_vintage_too_many(void) pg_attribute_noreturn();

#endif							/* CL_WATCH_VINTAGE_STATE_H */
