/*
 * memory.h
 *	  Where the core takes memory from, since it knows no server: the glue gives it a memory context, a unit test malloc.
 */
#ifndef CL_CORE_MEMORY_H
#define CL_CORE_MEMORY_H

#include <stddef.h>

typedef struct ClMemory
{
	void	   *(*allocate) (void *context, size_t size);	/* never NULL: whoever cannot give memory does not return */
	void		(*release) (void *block);	/* not NULL */
	void		(*breathe) (void);	/* called often in long loops; may not return */
	void	   *context;
} ClMemory;

static inline void *
cl_allocate(const ClMemory *memory, size_t size)
{
	return memory->allocate(memory->context, size > 0 ? size : 1);
}

static inline void
cl_release(const ClMemory *memory, void *block)
{
	if (block != NULL)
		memory->release(block);
}

#endif							/* CL_CORE_MEMORY_H */
