/*
 * behavior_state.h
 *	  The type behavior: its state is a ClBehavior (core/behavior.h).
 */
#ifndef CL_USAGE_BEHAVIOR_STATE_H
#define CL_USAGE_BEHAVIOR_STATE_H

#include "core/behavior.h"
#include "pg/memory.h"
#include "pg/month.h"
#include "pg/summary.h"

#include "utils/memutils.h"

extern const ClSummary behavior_summary;
extern const char *const cl_behavior_columns[CL_BEHAVIOR_AMOUNTS + 2];

/* The memory in which a history grows: its own context's. */
static inline ClMemory
cl_behavior_memory(const ClBehavior *history)
{
	ClMemory	memory = cl_memory_here();

	memory.context = GetMemoryChunkContext((void *) history);
	return memory;
}

extern void cl_behavior_require_consistent(const ClBehavior *history);
extern void cl_behavior_too_far_apart(const ClBehavior *history, int32_t month) pg_attribute_noreturn();

#endif							/* CL_USAGE_BEHAVIOR_STATE_H */
