/*
 * memory.h
 *	  Where the core takes memory from, since it knows no server: the glue gives it a memory context, a unit test malloc.
 */
#ifndef CL_CORE_MEMORY_H
#define CL_CORE_MEMORY_H

#include <stddef.h>

typedef struct ClMemory
{
	/* Neither returns NULL: out of memory does not return. */
	void	   *(*allocate) (void *context, size_t size);
	void	   *(*reallocate) (void *block, size_t size);	/* not of NULL */
	void		(*release) (void *block);	/* not NULL */
	void		(*check_for_interrupts) (void);	/* called often in long loops; may not return */
	void	   *context;
} ClMemory;

static inline void *
cl_allocate(const ClMemory *memory, size_t size)
{
	return memory->allocate(memory->context, size > 0 ? size : 1);
}

/* A block of another size with the same beginning; of NULL, a new one. */
static inline void *
cl_reallocate(const ClMemory *memory, void *block, size_t size)
{
	return block != NULL ? memory->reallocate(block, size) : cl_allocate(memory, size);
}

static inline void
cl_release(const ClMemory *memory, void *block)
{
	if (block != NULL)
		memory->release(block);
}

#endif							/* CL_CORE_MEMORY_H */
