/*
 * document.h
 *	  Types that are a document which a person writes and a machine runs (scorecard, limit_policy): JSON outside, compiled
 *	  inside, and compiled once however many rows it meets.
 *
 * A value stores its document in canonical form: one version byte, then JSON with the keys in the feature's order and every
 * default written out. Text and binary input go through the same compiler, so nothing that is stored was not validated, and
 * a dump of it is readable. A function that is given the same document for row after row finds it compiled in its FmgrInfo,
 * and one that is given it in statement after statement among those that the backend keeps.
 */
#ifndef CL_PG_DOCUMENT_H
#define CL_PG_DOCUMENT_H

#include "pg/json.h"

typedef struct ClDocument
{
	const char *name;			/* of the SQL type */
	void	   *(*compile) (const ClJson *document);	/* in the current context; ereports what is wrong */
	void		(*print) (StringInfo out, const void *compiled);
} ClDocument;

/* A document that a call site has in use: what it was compiled to, and what the function adds to it (bound columns). */
typedef struct ClDocumentUse
{
	uint64		serial;			/* never 0 and never reused: remember a document by this, not by a pointer */
	MemoryContext context;
	void	   *compiled;		/* not to be changed: others may use it too */
	void	   *bound;			/* the function's own; NULL at first */
} ClDocumentUse;

/* The compiled document of argument argno, from the cache in fn_extra. It may be gone after the next document. */
extern ClDocumentUse *cl_document_use(FunctionCallInfo fcinfo, int argno, const ClDocument *document);

/* A document compiled in the current context, for functions that look at it once. */
extern void *cl_document_compiled(const ClDocument *document, Datum value);

/* The stored form of what a function made. */
extern Datum cl_document_datum(const ClDocument *document, const void *compiled);

extern Datum cl_document_in(FunctionCallInfo fcinfo, const ClDocument *document);
extern Datum cl_document_out(FunctionCallInfo fcinfo, const ClDocument *document);
extern Datum cl_document_recv(FunctionCallInfo fcinfo, const ClDocument *document);
extern Datum cl_document_send(FunctionCallInfo fcinfo, const ClDocument *document);
extern Datum cl_document_from_jsonb(FunctionCallInfo fcinfo, const ClDocument *document);
extern Datum cl_document_to_jsonb(FunctionCallInfo fcinfo, const ClDocument *document);
extern Datum cl_document_to_json(FunctionCallInfo fcinfo, const ClDocument *document);
extern Datum cl_document_pretty(FunctionCallInfo fcinfo, const ClDocument *document);

#define CL_DOCUMENT_FUNCTION(type, what) \
	PG_FUNCTION_INFO_V1(cl_##type##_##what); \
	Datum cl_##type##_##what(PG_FUNCTION_ARGS) { return cl_document_##what(fcinfo, &type##_document); }

/*
 * All SQL-callable functions of a document type, cl_<type>_in and so on, from the description <type>_document. A comment at each
 * use lists them, so that a search finds them.
 */
#define CL_DOCUMENT_FUNCTIONS(type) \
	CL_DOCUMENT_FUNCTION(type, in) \
	CL_DOCUMENT_FUNCTION(type, out) \
	CL_DOCUMENT_FUNCTION(type, recv) \
	CL_DOCUMENT_FUNCTION(type, send) \
	CL_DOCUMENT_FUNCTION(type, from_jsonb) \
	CL_DOCUMENT_FUNCTION(type, to_jsonb) \
	CL_DOCUMENT_FUNCTION(type, to_json) \
	CL_DOCUMENT_FUNCTION(type, pretty)

#endif							/* CL_PG_DOCUMENT_H */
