/*
 * compat.h
 *	  Every difference between PostgreSQL 15 and 19 that this extension meets: no #if on the version elsewhere.
 *
 * Included after postgres.h by every file of the glue.
 */
#ifndef CL_COMPAT_H
#define CL_COMPAT_H

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "storage/shmem.h"

#if PG_VERSION_NUM < 150000
#error "credit_limit needs PostgreSQL 15 or later"
#endif

#ifndef HAVE_INT128
#error "credit_limit needs a compiler with 128-bit integers: money is summed in them"
#endif

/* Rights on objects of any kind are asked for by one function since 16. */
#if PG_VERSION_NUM >= 160000
#define cl_function_aclcheck(function, role) object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE)
#define cl_schema_aclcheck(schema, role, mode) object_aclcheck(NamespaceRelationId, schema, role, mode)
#else
#define cl_schema_aclcheck(schema, role, mode) pg_namespace_aclcheck(schema, role, mode)
#define cl_function_aclcheck(function, role) pg_proc_aclcheck(function, role, ACL_EXECUTE)
#endif

/* What is known of a session, by its place among all, from 1 on: another name since 16. */
#if PG_VERSION_NUM >= 160000
#define cl_local_beentry(place) pgstat_get_local_beentry_by_index(place)
#else
#define cl_local_beentry(place) pgstat_fetch_stat_local_beentry(place)
#endif

/* 18 has pg_noreturn, in another place, and no longer this. */
#ifndef pg_attribute_noreturn
#define pg_attribute_noreturn() __attribute__((noreturn))
#endif

/* VARDATA and friends left postgres.h in 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* A module says its name and version since 18. */
#if PG_VERSION_NUM >= 180000
#define CL_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "credit_limit", .version = "0.1.0")
#else
#define CL_MODULE_MAGIC PG_MODULE_MAGIC
#endif

/* A StringInfo over bytes that it does not own: 17 has it, and forbids to write to it. */
#if PG_VERSION_NUM < 170000
static inline void
initReadOnlyStringInfo(StringInfo str, char *data, int len)
{
	str->data = data;
	str->len = len;
	str->maxlen = 0;
	str->cursor = 0;
}
#endif

/* A set-returning function that gives all its rows at once: the helper of 15 got another name in 16. */
#if PG_VERSION_NUM < 160000
#define InitMaterializedSRF(fcinfo, flags) SetSingleFuncCall(fcinfo, flags)
#endif

/* What is said of a row type that is complete: since 19. */
#if PG_VERSION_NUM < 190000
#define TupleDescFinalize(desc) ((void) (desc))
#endif

/* Allocation by type came with 16, and to the later minor releases of the others. */
#ifndef palloc_object
#define palloc_object(type) ((type *) palloc(sizeof(type)))
#define palloc0_object(type) ((type *) palloc0(sizeof(type)))
#endif
#ifndef palloc_array
#define palloc_array(type, count) ((type *) palloc(mul_size(sizeof(type), count)))
#define palloc0_array(type, count) ((type *) palloc0(mul_size(sizeof(type), count)))
#endif

#endif							/* CL_COMPAT_H */
