/*
 * memory.h
 *	  The core's memory inside the server: a memory context.
 */
#ifndef CL_PG_MEMORY_H
#define CL_PG_MEMORY_H

#include "core/memory.h"

/* The current context, now and for as long as whatever is built with it grows. Blocks may be larger than a gigabyte. */
extern ClMemory cl_memory_here(void);

#endif							/* CL_PG_MEMORY_H */
