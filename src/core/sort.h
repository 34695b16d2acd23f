/*
 * sort.h
 *	  Sorting of 64-bit keys, alone or with a row number.
 */
#ifndef CL_CORE_SORT_H
#define CL_CORE_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"

typedef struct ClKeyed
{
	uint64_t	key;
	uint64_t	row;
} ClKeyed;

/* Ascending, in place; equal keys of rows come in no particular order. */
extern void cl_sort_keys(const ClMemory *memory, uint64_t *key, size_t n);
extern void cl_sort_keyed(const ClMemory *memory, ClKeyed *keyed, size_t n);

#endif							/* CL_CORE_SORT_H */
