/*
 * labels.c
 *	  What is counted by name.
 */
#include "postgres.h"

#include "pg/labels.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

/* Many small groups, each with labels of its own, are as usual as a few large ones. */
#define FIRST_ITEMS 2

void
cl_labels_init(ClLabels *labels, size_t item_size)
{
	labels->context = CurrentMemoryContext;
	labels->item_size = item_size;
	labels->n = 0;
	labels->size = FIRST_ITEMS;
	labels->items = palloc(FIRST_ITEMS * item_size);
	labels->slots = 2 * FIRST_ITEMS;
	labels->slot = palloc0_array(uint32, 2 * FIRST_ITEMS);
}

static void
enter(ClLabels *labels, int number)
{
	const ClLabel *label = cl_labels_item(labels, number);
	uint32		mask = labels->slots - 1;
	uint32		at = label->hash & mask;

	while (labels->slot[at] != 0)
		at = (at + 1) & mask;
	labels->slot[at] = number + 1;
}

/* Twice the room; the hash stays at most half full. */
static void
grow(ClLabels *labels)
{
	CHECK_FOR_INTERRUPTS();
	labels->size *= 2;
	labels->items = repalloc_huge(labels->items, labels->size * labels->item_size);
	pfree(labels->slot);
	labels->slots = labels->size * 2;
	labels->slot = MemoryContextAllocExtended(labels->context, labels->slots * sizeof(uint32), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int i = 0; i < labels->n; i++)
		enter(labels, i);
}

void *
cl_labels_new(ClLabels *labels, const char *name, int length, uint32 hash)
{
	ClLabel    *label;

	if (labels->n == labels->size)
		grow(labels);
	label = cl_labels_item(labels, labels->n);
	memset(label, 0, labels->item_size);
	label->hash = hash;
	label->length = length;
	label->name = MemoryContextAlloc(labels->context, Max(length, 1));
	memcpy(label->name, name, length);
	enter(labels, labels->n++);
	return label;
}

void
cl_labels_truncate(ClLabels *labels, int n)
{
	for (int i = n; i < labels->n; i++)
		pfree(((ClLabel *) cl_labels_item(labels, i))->name);
	labels->n = n;
	memset(labels->slot, 0, labels->slots * sizeof(uint32));
	for (int i = 0; i < n; i++)
		enter(labels, i);
}

char *
cl_label_string(const ClLabel *label)
{
	return pnstrdup(label->name, label->length);
}

char *
cl_label_clipped(const char *name, int length, int most)
{
	return pnstrdup(name, pg_mbcliplen(name, length, most));
}
