/*
 * memory.c
 *	  Counted memory: each block carries its size before it, and all blocks are in a ring.
 */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct Head
{
	struct Head *before;
	struct Head *after;
	size_t		size;
	size_t		unused;			/* keeps the block aligned */
} Head;

size_t		cl_test_allocated;
size_t		cl_test_most_allocated;
long		cl_test_stop_after;
jmp_buf		cl_test_stopped;

static Head all = {&all, &all, 0, 0};

static void
may_stop(void)
{
	if (cl_test_stop_after > 0 && --cl_test_stop_after == 0)
		longjmp(cl_test_stopped, 1);
}

static void *
allocate(void *context, size_t size)
{
	Head	   *head;

	(void) context;
	may_stop();
	head = malloc(size + sizeof(Head));
	if (head == NULL)
		abort();
	*head = (Head) {&all, all.after, size, 0};
	all.after = all.after->before = head;
	cl_test_allocated += size;
	if (cl_test_allocated > cl_test_most_allocated)
		cl_test_most_allocated = cl_test_allocated;
	return head + 1;
}

static void
release(void *block)
{
	Head	   *head = (Head *) block - 1;

	cl_test_allocated -= head->size;
	head->before->after = head->after;
	head->after->before = head->before;
	free(head);
}

static void *
reallocate(void *block, size_t size)
{
	size_t		before = ((Head *) block - 1)->size;
	void	   *other = allocate(NULL, size);

	memcpy(other, block, before < size ? before : size);
	release(block);
	return other;
}

void
cl_test_release_all(void)
{
	while (all.after != &all)
		release(all.after + 1);
}

const ClMemory cl_test_memory = {allocate, reallocate, release, may_stop, NULL};
