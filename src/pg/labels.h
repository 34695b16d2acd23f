/*
 * labels.h
 *	  What is counted by name (bins, groups, categories): a hash of structs that begin with a ClLabel.
 *
 * A name that is known costs no memory and one comparison. Structs stand in the order in which their names came, without gaps,
 * and move when the hash grows: a pointer to one is good until the next new name.
 */
#ifndef CL_PG_LABELS_H
#define CL_PG_LABELS_H

#include "pg/compat.h"

#include "common/hashfn.h"

typedef struct ClLabel
{
	uint32		hash;
	int			length;
	char	   *name;			/* not terminated */
} ClLabel;

typedef struct ClLabels
{
	MemoryContext context;		/* where it lives and grows */
	size_t		item_size;
	int			n;
	int			size;
	char	   *items;
	int			slots;			/* a power of two, at least twice the size */
	uint32	   *slot;			/* number of the item + 1, 0 where free */
} ClLabels;

/* In the current context. */
extern void cl_labels_init(ClLabels *labels, size_t item_size);

/* A new item, zero but for its label; the caller has looked that the name is not there, and that it may be. */
extern void *cl_labels_new(ClLabels *labels, const char *name, int length, uint32 hash);

/* Forgets all items but the first so many. */
extern void cl_labels_truncate(ClLabels *labels, int n);

static inline void *
cl_labels_item(const ClLabels *labels, int number)
{
	return labels->items + (size_t) number * labels->item_size;
}

static inline uint32
cl_labels_hash(const char *name, int length)
{
	return hash_bytes((const unsigned char *) name, length);
}

/* The item of that name, or NULL. */
static inline void *
cl_labels_find(const ClLabels *labels, const char *name, int length, uint32 hash)
{
	uint32		mask = labels->slots - 1;

	for (uint32 at = hash & mask; labels->slot[at] != 0; at = (at + 1) & mask)
	{
		ClLabel    *label = cl_labels_item(labels, (int) labels->slot[at] - 1);

		if (label->hash == hash && label->length == length && memcmp(label->name, name, length) == 0)
			return label;
	}
	return NULL;
}

/* A copy that ends with a zero byte, in the current context; at most so many bytes of it, for a message. */
extern char *cl_label_string(const ClLabel *label);
extern char *cl_label_clipped(const char *name, int length, int most);

#endif							/* CL_PG_LABELS_H */
