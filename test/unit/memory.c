/*
 * memory.c
 *	  Counted memory: each block carries its size before it.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#define HEAD 16					/* keeps the block aligned */

size_t		cl_test_allocated;
size_t		cl_test_most_allocated;

static size_t *
head_of(void *block)
{
	return (size_t *) ((char *) block - HEAD);
}

static void *
allocate(void *context, size_t size)
{
	char	   *real = malloc(size + HEAD);

	(void) context;
	if (real == NULL)
		abort();
	*(size_t *) real = size;
	cl_test_allocated += size;
	if (cl_test_allocated > cl_test_most_allocated)
		cl_test_most_allocated = cl_test_allocated;
	return real + HEAD;
}

static void
release(void *block)
{
	cl_test_allocated -= *head_of(block);
	free(head_of(block));
}

static void *
reallocate(void *block, size_t size)
{
	size_t		before = *head_of(block);
	void	   *other = allocate(NULL, size);

	memcpy(other, block, before < size ? before : size);
	release(block);
	return other;
}

static void
check_for_interrupts(void)
{
}

const ClMemory cl_test_memory = {allocate, reallocate, release, check_for_interrupts, NULL};
