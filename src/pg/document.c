/*
 * document.c
 *	  Documents: stored as canonical JSON, run compiled.
 */
#include "postgres.h"

#include "pg/document_shared.h"
#include "pg/wire.h"

#include "access/detoast.h"
#include "mb/pg_wchar.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#define DOCUMENT_VERSION 1

/* The stored form of a compiled document. */
Datum
cl_document_datum(const ClDocument *document, const void *compiled)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendStringInfoChar(&out, DOCUMENT_VERSION);
	document->print(&out, compiled);
	SET_VARSIZE(out.data, out.len);
	return PointerGetDatum(out.data);
}

/* The JSON of a stored document, as a C string. */
static char *
stored_text(const ClDocument *document, Datum value)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(value);
	int			size = VARSIZE_ANY_EXHDR(stored);

	if (size < 1 || VARDATA_ANY(stored)[0] != DOCUMENT_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored %s has an unknown format version", document->name)));
	return pnstrdup(VARDATA_ANY(stored) + 1, size - 1);
}

static void *
compile_text(const ClDocument *document, const char *text)
{
	ClJson		root;

	cl_json_parse(&root, document->name, text);
	return document->compile(&root);
}

void *
cl_document_compiled(const ClDocument *document, Datum value)
{
	return compile_text(document, stored_text(document, value));
}

static bool
same_stored(const ClDocumentUse *use, const struct varlena *stored, Size size)
{
	return use->stored_size == size && memcmp(use->stored, stored, size) == 0;
}

/*
 * Whether an argument is a constant of the query, so that the document of the first row is that of every row. An external
 * parameter is not: PL/pgSQL evaluates the same expression again with another value.
 */
static bool
is_constant(FmgrInfo *flinfo, int argno)
{
	Node	   *call = flinfo->fn_expr;

	return call != NULL && IsA(call, FuncExpr) && argno < list_length(((FuncExpr *) call)->args) &&
		IsA(list_nth(((FuncExpr *) call)->args, argno), Const);
}

static ClDocumentCache *
document_cache(FmgrInfo *flinfo, int argno)
{
	ClDocumentCache *cache = flinfo->fn_extra;

	if (cache == NULL)
	{
		cache = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(ClDocumentCache));
		cache->context = flinfo->fn_mcxt;
		cache->constant = is_constant(flinfo, argno) ? argno : -1;
		flinfo->fn_extra = cache;
	}
	return cache;
}

/* A place for one more document: a new one, or that of the document that was not asked for longest. */
static ClDocumentUse *
free_place(ClDocumentCache *cache)
{
	ClDocumentUse *oldest = &cache->uses[0];

	if (cache->count < CL_DOCUMENTS_KEPT)
		return &cache->uses[cache->count++];
	for (int i = 1; i < CL_DOCUMENTS_KEPT; i++)
	{
		if (cache->uses[i].used < oldest->used)
			oldest = &cache->uses[i];
	}
	if (oldest->context != NULL)
		MemoryContextDelete(oldest->context);
	memset(oldest, 0, sizeof(*oldest));
	return oldest;
}

/* Counts the documents that this backend compiled. */
static uint64 last_serial = 0;

/* A document that an earlier statement compiled, or one compiled here. */
static void *
compile_or_share(const ClDocument *document, struct varlena *stored, MemoryContext user)
{
	struct varlena *plain = VARATT_IS_EXTERNAL(stored) ? detoast_external_attr(stored) : stored;
	const void *shared = cl_document_shared(document, plain, user);

	return shared != NULL ? unconstify(void *, shared) : cl_document_compiled(document, PointerGetDatum(plain));
}

/* In a context of its own, which is not attached to the cache until nothing can fail any more. */
static ClDocumentUse *
compile_use(ClDocumentCache *cache, const ClDocument *document, struct varlena *stored, Size size)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "credit_limit document", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	void	   *compiled = compile_or_share(document, stored, context);
	struct varlena *copy = palloc(size);
	ClDocumentUse *use;

	memcpy(copy, stored, size);
	MemoryContextSwitchTo(old);
	cache->latest = NULL;
	use = free_place(cache);
	use->serial = ++last_serial;
	use->stored = copy;
	use->stored_size = size;
	use->compiled = compiled;
	use->context = context;
	MemoryContextSetParent(context, cache->context);
	return use;
}

ClDocumentUse *
cl_document_use(FunctionCallInfo fcinfo, int argno, const ClDocument *document)
{
	ClDocumentCache *cache = document_cache(fcinfo->flinfo, argno);
	struct varlena *stored = (struct varlena *) PG_GETARG_POINTER(argno);
	Size		size;
	ClDocumentUse *use = cache->latest;

	if (likely(use != NULL && cache->constant == argno))
		return use;
	size = VARSIZE_ANY(stored);
	if (likely(use != NULL && same_stored(use, stored, size)))
		return use;
	use = NULL;
	for (int i = 0; i < cache->count && use == NULL; i++)
	{
		if (cache->uses[i].stored != NULL && same_stored(&cache->uses[i], stored, size))
			use = &cache->uses[i];
	}
	if (use == NULL)
		use = compile_use(cache, document, stored, size);
	use->used = ++cache->clock;
	cache->latest = use;
	return use;
}

Datum
cl_document_in(FunctionCallInfo fcinfo, const ClDocument *document)
{
	return cl_document_datum(document, compile_text(document, PG_GETARG_CSTRING(0)));
}

Datum
cl_document_out(FunctionCallInfo fcinfo, const ClDocument *document)
{
	PG_RETURN_CSTRING(stored_text(document, PG_GETARG_DATUM(0)));
}

/* Binary form: the version byte, then the JSON as text in the client's encoding. */
Datum
cl_document_recv(FunctionCallInfo fcinfo, const ClDocument *document)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	char	   *text;
	int			size;

	if (version != DOCUMENT_VERSION)
		cl_wire_invalid(document->name, psprintf("format version %d is not known here", version));
	text = pq_getmsgtext(buf, buf->len - buf->cursor, &size);
	if (strlen(text) != (size_t) size)
		cl_wire_invalid(document->name, "text has a zero byte");
	return cl_document_datum(document, compile_text(document, text));
}

Datum
cl_document_send(FunctionCallInfo fcinfo, const ClDocument *document)
{
	StringInfoData buf;
	char	   *text = stored_text(document, PG_GETARG_DATUM(0));

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, DOCUMENT_VERSION);
	pq_sendtext(&buf, text, strlen(text));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
cl_document_from_jsonb(FunctionCallInfo fcinfo, const ClDocument *document)
{
	ClJson		root;

	cl_json_open(&root, document->name, PG_GETARG_JSONB_P(0));
	return cl_document_datum(document, document->compile(&root));
}

Datum
cl_document_to_jsonb(FunctionCallInfo fcinfo, const ClDocument *document)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(stored_text(document, PG_GETARG_DATUM(0))));
}

Datum
cl_document_to_json(FunctionCallInfo fcinfo, const ClDocument *document)
{
	return CStringGetTextDatum(stored_text(document, PG_GETARG_DATUM(0)));
}
