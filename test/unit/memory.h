/*
 * memory.h
 *	  Memory for the core in unit tests: counted, so that a leak is seen and a bound can be checked.
 *
 * It can also stand for a server that cancels, or has no memory left: some call of it then does not return.
 *
 *		cl_test_stop_after = 3;
 *		if (setjmp(cl_test_stopped) == 0)
 *			cl_tally_settle(&tally);			the third look for interrupts, or demand for memory, ends it
 */
#ifndef CL_TEST_MEMORY_H
#define CL_TEST_MEMORY_H

#include <setjmp.h>
#include <stddef.h>

#include "core/memory.h"

extern const ClMemory cl_test_memory;
extern size_t cl_test_allocated;	/* at present */
extern size_t cl_test_most_allocated;	/* at most, since somebody set it to zero */

extern long cl_test_stop_after; /* 0: never */
extern jmp_buf cl_test_stopped;
extern void cl_test_release_all(void);	/* also what was lost when a call was stopped */

#endif							/* CL_TEST_MEMORY_H */
