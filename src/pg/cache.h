/*
 * cache.h
 *	  What was made from some bytes (a compiled document, options that were read), found again by those bytes.
 *
 * A changed document has other bytes and is another entry, so nothing ever has to be invalidated; what was made must depend on
 * the bytes alone, not on the catalogs. There is one such cache in each call site that asks for it (in fn_extra), and one in the
 * backend for what is worth keeping from one statement to the next.
 */
#ifndef CL_PG_CACHE_H
#define CL_PG_CACHE_H

#include "pg/compat.h"

#include "utils/jsonb.h"

/* Champion and challengers alternate row by row; beyond so many at once the least recently used is made again. */
#define CL_CACHE_ENTRIES 64

typedef struct ClCacheEntry
{
	MemoryContext context;		/* of key and value; NULL where the entry is free */
	const void *kind;			/* tells apart what different makers make of the same bytes */
	const void *key;
	Size		size;
	void	   *value;
	int			users;			/* an entry in use is not given up */
	uint64		used;			/* LRU clock */
} ClCacheEntry;

typedef struct ClCache
{
	MemoryContext context;		/* of the entries' contexts */
	uint64		clock;
	int			count;			/* entries that were ever filled */
	ClCacheEntry entry[CL_CACHE_ENTRIES];
} ClCache;

/* The entry of these bytes, or NULL. */
extern ClCacheEntry *cl_cache_find(ClCache *cache, const void *kind, const void *key, Size size);

/*
 * Keeps a value that was made in the given context, which becomes the cache's. Where all entries are in use it is deleted
 * instead, and the answer is NULL.
 */
extern ClCacheEntry *cl_cache_keep(ClCache *cache, const void *kind, const void *key, Size size, MemoryContext context,
								   void *value);

/* Counts a user of the entry until his context is reset or deleted. */
extern void cl_cache_pin(ClCacheEntry *entry, MemoryContext user);

/* What a function keeps in fn_extra from row to row: made once, in fn_mcxt. */
static inline void *
cl_call_state(FunctionCallInfo fcinfo, void *(*create) (FunctionCallInfo fcinfo))
{
	if (unlikely(fcinfo->flinfo->fn_extra == NULL))
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		void	   *state = create(fcinfo);

		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = state;
	}
	return fcinfo->flinfo->fn_extra;
}

/* Options in a jsonb argument, read once for all rows of the call that give the same bytes. Takes fn_extra. */
extern const void *cl_call_options(FunctionCallInfo fcinfo, int argno,
								   void *(*read) (FunctionCallInfo fcinfo, Jsonb *options));

#endif							/* CL_PG_CACHE_H */
