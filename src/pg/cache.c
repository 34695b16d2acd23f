/*
 * cache.c
 *	  What was made from some bytes, found again by those bytes.
 */
#include "postgres.h"

#include "pg/cache.h"

#include "utils/memutils.h"

ClCacheEntry *
cl_cache_find(ClCache *cache, const void *kind, const void *key, Size size)
{
	for (int i = 0; i < cache->count; i++)
	{
		ClCacheEntry *entry = &cache->entry[i];

		if (entry->context != NULL && entry->kind == kind && entry->size == size && memcmp(entry->key, key, size) == 0)
		{
			entry->used = ++cache->clock;
			return entry;
		}
	}
	return NULL;
}

/* A free entry: a new one, or that of the least recently used value that is not in use. */
static ClCacheEntry *
free_entry(ClCache *cache)
{
	ClCacheEntry *oldest = NULL;

	if (cache->count < CL_CACHE_ENTRIES)
		return &cache->entry[cache->count++];
	for (int i = 0; i < CL_CACHE_ENTRIES; i++)
	{
		if (cache->entry[i].context == NULL)
			return &cache->entry[i];
		if (cache->entry[i].users == 0 && (oldest == NULL || cache->entry[i].used < oldest->used))
			oldest = &cache->entry[i];
	}
	if (oldest != NULL)
	{
		MemoryContext context = oldest->context;

		oldest->context = NULL;
		MemoryContextDelete(context);
	}
	return oldest;
}

ClCacheEntry *
cl_cache_keep(ClCache *cache, const void *kind, const void *key, Size size, MemoryContext context, void *value)
{
	void	   *copy = MemoryContextAlloc(context, size);
	ClCacheEntry *entry = free_entry(cache);

	if (entry == NULL)
	{
		MemoryContextDelete(context);
		return NULL;
	}
	memcpy(copy, key, size);
	*entry = (ClCacheEntry)
	{
		.context = context, .kind = kind, .key = copy, .size = size, .value = value, .used = ++cache->clock
	};
	/* Last, for nothing can fail any more: until here an error frees the context with the one that it was made in. */
	MemoryContextSetParent(context, cache->context);
	return entry;
}

static void
unpin(void *entry)
{
	((ClCacheEntry *) entry)->users--;
}

void
cl_cache_pin(ClCacheEntry *entry, MemoryContext user)
{
	MemoryContextCallback *callback = MemoryContextAlloc(user, sizeof(MemoryContextCallback));

	*callback = (MemoryContextCallback) {.func = unpin, .arg = entry};
	MemoryContextRegisterResetCallback(user, callback);
	entry->users++;
}

static void *
new_cache(FunctionCallInfo fcinfo)
{
	ClCache    *cache = palloc0_object(ClCache);

	cache->context = fcinfo->flinfo->fn_mcxt;
	return cache;
}

const void *
cl_call_options(FunctionCallInfo fcinfo, int argno, void *(*read) (FunctionCallInfo fcinfo, Jsonb *options))
{
	ClCache    *cache = cl_call_state(fcinfo, new_cache);
	Jsonb	   *options = PG_GETARG_JSONB_P(argno);
	ClCacheEntry *entry = cl_cache_find(cache, NULL, options, VARSIZE(options));

	if (entry == NULL)
	{
		MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "credit_limit options", ALLOCSET_SMALL_SIZES);
		MemoryContext old = MemoryContextSwitchTo(context);
		void	   *value = read(fcinfo, options);

		MemoryContextSwitchTo(old);
		entry = cl_cache_keep(cache, NULL, options, VARSIZE(options), context, value);
	}
	return entry->value;
}
