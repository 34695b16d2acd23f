/*
 * document.c
 *	  Documents: stored as canonical JSON, run compiled.
 */
#include "postgres.h"

#include "pg/cache.h"
#include "pg/document.h"
#include "pg/wire.h"

#include "access/detoast.h"
#include "mb/pg_wchar.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#define DOCUMENT_VERSION 1

/* Bytes of a document, not compressed, up to which a backend keeps it compiled from one statement to the next. */
#define LARGEST_KEPT (256 * 1024)

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

/* ---- Compiled once ---- */

/*
 * To compile a card takes a thousand times as long as to score a row with it, so a prepared statement that scores one row must
 * find it compiled: the backend keeps some documents. Those in use by a call site are not given up.
 */
static ClCache backend_documents;

/* The documents of a call site. */
typedef struct CallDocuments
{
	const struct varlena *stored;	/* of the document used last */
	Size		size;
	ClDocumentUse *latest;		/* NULL at first */
	bool		constant;		/* the argument is a constant of the query */
	ClCache		cache;
} CallDocuments;

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

static void *
new_call_documents(FunctionCallInfo fcinfo)
{
	CallDocuments *call = palloc0_object(CallDocuments);

	call->cache.context = fcinfo->flinfo->fn_mcxt;
	return call;
}

/*
 * A document that an earlier statement compiled, or one compiled here, for as long as the current context lives. "stored" is not
 * in a toast table.
 */
static void *
compile_or_share(const ClDocument *document, const struct varlena *stored)
{
	Size		size = VARSIZE_ANY(stored);
	ClCacheEntry *entry;

	if (toast_raw_datum_size(PointerGetDatum(stored)) > LARGEST_KEPT)
		return cl_document_compiled(document, PointerGetDatum(stored));
	entry = cl_cache_find(&backend_documents, document, stored, size);
	if (entry == NULL)
	{
		MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "credit_limit kept document", ALLOCSET_SMALL_SIZES);
		MemoryContext old = MemoryContextSwitchTo(context);
		void	   *compiled = cl_document_compiled(document, PointerGetDatum(stored));

		MemoryContextSwitchTo(old);
		backend_documents.context = TopMemoryContext;
		entry = cl_cache_keep(&backend_documents, document, stored, size, context, compiled);
	}
	if (entry == NULL)
		return cl_document_compiled(document, PointerGetDatum(stored));
	cl_cache_pin(entry, CurrentMemoryContext);
	return entry->value;
}

static ClCacheEntry *
use_document(CallDocuments *call, const ClDocument *document, struct varlena *stored, Size size)
{
	static uint64 last_serial = 0;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "credit_limit document", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	struct varlena *plain = VARATT_IS_EXTERNAL(stored) ? detoast_external_attr(stored) : stored;
	ClDocumentUse *use = palloc0_object(ClDocumentUse);

	use->serial = ++last_serial;
	use->context = context;
	use->compiled = compile_or_share(document, plain);
	MemoryContextSwitchTo(old);
	/* What was used last may be given up now, and is not there if this fails. */
	call->latest = NULL;
	return cl_cache_keep(&call->cache, document, stored, size, context, use);
}

ClDocumentUse *
cl_document_use(FunctionCallInfo fcinfo, int argno, const ClDocument *document)
{
	CallDocuments *call = cl_call_state(fcinfo, new_call_documents);
	struct varlena *stored = (struct varlena *) PG_GETARG_POINTER(argno);
	Size		size;
	ClCacheEntry *entry;

	if (likely(call->constant))
		return call->latest;
	size = VARSIZE_ANY(stored);
	if (likely(call->latest != NULL && call->size == size && memcmp(call->stored, stored, size) == 0))
		return call->latest;
	entry = cl_cache_find(&call->cache, document, stored, size);
	if (entry == NULL)
		entry = use_document(call, document, stored, size);
	call->stored = entry->key;
	call->size = size;
	call->latest = entry->value;
	call->constant = is_constant(fcinfo->flinfo, argno);
	return call->latest;
}

/* ---- Text, binary and JSON ---- */

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
