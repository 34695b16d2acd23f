/*
 * document_shared.c
 *	  Documents that stay compiled from one statement to the next.
 *
 * To compile a card takes a thousand times as long as to score a row with it, so a prepared statement that scores one row must
 * find it compiled. A backend keeps some documents, each known by its bytes: a document that is changed is another one, and
 * nothing ever has to be invalidated. Compiled is what the bytes say, without a look into the catalogs.
 */
#include "postgres.h"

#include "pg/document_shared.h"

#include "access/detoast.h"
#include "utils/memutils.h"

#define MOST_KEPT 64
#define LARGEST_KEPT (256 * 1024)	/* bytes of the document, not compressed */

typedef struct Kept
{
	const ClDocument *document;
	MemoryContext context;		/* NULL: the place is free */
	struct varlena *stored;
	Size		size;
	void	   *compiled;
	int			users;
	uint64		used;			/* for the choice of whom to forget */
} Kept;

static Kept kept[MOST_KEPT];
static uint64 last_use = 0;

static Kept *
find(const ClDocument *document, const struct varlena *stored, Size size)
{
	for (int i = 0; i < MOST_KEPT; i++)
	{
		if (kept[i].context != NULL && kept[i].document == document && kept[i].size == size &&
			memcmp(kept[i].stored, stored, size) == 0)
			return &kept[i];
	}
	return NULL;
}

/* A free place: one that was never used, or that of the document that nobody uses and nobody asked for longest. */
static Kept *
free_place(void)
{
	Kept	   *oldest = NULL;

	for (int i = 0; i < MOST_KEPT; i++)
	{
		if (kept[i].context == NULL)
			return &kept[i];
		if (kept[i].users == 0 && (oldest == NULL || kept[i].used < oldest->used))
			oldest = &kept[i];
	}
	if (oldest != NULL)
	{
		MemoryContext context = oldest->context;

		oldest->context = NULL;
		MemoryContextDelete(context);
	}
	return oldest;
}

/* In a context that becomes a lasting one when nothing can fail any more. */
static Kept *
keep(const ClDocument *document, const struct varlena *stored, Size size)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "credit_limit shared document", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	void	   *compiled = cl_document_compiled(document, PointerGetDatum(stored));
	struct varlena *copy = palloc(size);
	Kept	   *place = free_place();

	MemoryContextSwitchTo(old);
	if (place == NULL)
	{
		MemoryContextDelete(context);
		return NULL;
	}
	memcpy(copy, stored, size);
	*place = (Kept) {.document = document, .context = context, .stored = copy, .size = size, .compiled = compiled};
	MemoryContextSetParent(context, TopMemoryContext);
	return place;
}

static void
leave(void *place)
{
	((Kept *) place)->users--;
}

const void *
cl_document_shared(const ClDocument *document, const struct varlena *stored, MemoryContext user)
{
	Size		size = VARSIZE_ANY(stored);
	MemoryContextCallback *callback;
	Kept	   *place;

	if (toast_raw_datum_size(PointerGetDatum(stored)) > LARGEST_KEPT)
		return NULL;
	callback = MemoryContextAlloc(user, sizeof(MemoryContextCallback));
	place = find(document, stored, size);
	if (place == NULL)
		place = keep(document, stored, size);
	if (place == NULL)
		return NULL;
	*callback = (MemoryContextCallback) {.func = leave, .arg = place};
	MemoryContextRegisterResetCallback(user, callback);
	place->users++;
	place->used = ++last_use;
	return place->compiled;
}
