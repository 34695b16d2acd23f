/*
 * document_shared.h
 *	  Documents that stay compiled from one statement to the next.
 */
#ifndef CL_PG_DOCUMENT_SHARED_H
#define CL_PG_DOCUMENT_SHARED_H

#include "pg/document.h"

/*
 * The compiled document, which nobody may change, valid until the context of its user is reset or deleted. "stored" is not in a
 * toast table. NULL when it is too large to be kept, or everything that is kept is in use.
 */
extern const void *cl_document_shared(const ClDocument *document, const struct varlena *stored, MemoryContext user);

#endif							/* CL_PG_DOCUMENT_SHARED_H */
