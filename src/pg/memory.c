/*
 * memory.c
 *	  The core's memory inside the server.
 */
#include "postgres.h"

#include "pg/memory.h"

#include "miscadmin.h"
#include "utils/memutils.h"

static void *
allocate(void *context, size_t size)
{
	return MemoryContextAllocHuge((MemoryContext) context, size);
}

static void *
reallocate(void *block, size_t size)
{
	return repalloc_huge(block, size);
}

static void
check_for_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

ClMemory
cl_memory_here(void)
{
	ClMemory	memory = {allocate, reallocate, pfree, check_for_interrupts, CurrentMemoryContext};

	return memory;
}
