/*
 * memory.h
 *	  Memory for the core in unit tests: counted, so that a leak is seen and a bound can be checked.
 */
#ifndef CL_TEST_MEMORY_H
#define CL_TEST_MEMORY_H

#include <stddef.h>

#include "core/memory.h"

extern const ClMemory cl_test_memory;
extern size_t cl_test_allocated;	/* at present */
extern size_t cl_test_most_allocated;	/* at most, since somebody set it to zero */

#endif							/* CL_TEST_MEMORY_H */
