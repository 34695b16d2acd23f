/*
 * chain.c
 *	  A chain of hashes over rows in order: each hash covers its row and the hash before it.
 *
 *	  hash(1) = SHA-256(previous || content(1)),  hash(n) = SHA-256(hash(n - 1) || content(n))
 *
 * with content in UTF-8. A window function, because the chain lives from its order: there is nothing to combine. The first
 * row of the partition says what came before it, so that a chain goes on where an earlier statement ended.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "windowapi.h"

#define HASH_BYTES 32

PG_FUNCTION_INFO_V1(cl_chain_link);

typedef struct Chain
{
	bool		begun;
	uint8		hash[HASH_BYTES];
} Chain;

/* An argument of the current row, which must be there. */
static struct varlena *
argument(WindowObject window, int number, const char *what)
{
	bool		isnull;
	Datum		value = WinGetFuncArgCurrent(window, number, &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s of a chain must not be NULL", what)));
	return PG_DETOAST_DATUM_PACKED(value);
}

static void
begin_chain(Chain *chain, const struct varlena *previous)
{
	if (VARSIZE_ANY_EXHDR(previous) != HASH_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the hash before a chain must have 32 bytes"),
				 errdetail("It has %d.", (int) VARSIZE_ANY_EXHDR(previous)),
				 errhint("Begin a new chain with sha256() of its name.")));
	memcpy(chain->hash, VARDATA_ANY(previous), HASH_BYTES);
	chain->begun = true;
}

static void
add_content(Chain *chain, const struct varlena *content)
{
	int			length = VARSIZE_ANY_EXHDR(content);
	char	   *utf8 = pg_server_to_any(VARDATA_ANY(content), length, PG_UTF8);
	bytea	   *bytes;
	bytea	   *digest;

	if (utf8 != VARDATA_ANY(content))
		length = strlen(utf8);
	bytes = palloc(VARHDRSZ + HASH_BYTES + length);
	SET_VARSIZE(bytes, VARHDRSZ + HASH_BYTES + length);
	memcpy(VARDATA(bytes), chain->hash, HASH_BYTES);
	memcpy(VARDATA(bytes) + HASH_BYTES, utf8, length);
	digest = DatumGetByteaPP(DirectFunctionCall1(sha256_bytea, PointerGetDatum(bytes)));
	memcpy(chain->hash, VARDATA_ANY(digest), HASH_BYTES);
}

/* The row type of the answer, found once per query. */
static TupleDesc
link_desc(FunctionCallInfo fcinfo)
{
	if (fcinfo->flinfo->fn_extra == NULL)
	{
		MemoryContext old;
		TupleDesc	desc;

		if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != 2)
			elog(ERROR, "chain_link does not return hash_link");
		old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = BlessTupleDesc(CreateTupleDescCopy(desc));
		MemoryContextSwitchTo(old);
	}
	return fcinfo->flinfo->fn_extra;
}

static Datum
hash_datum(const uint8 *hash)
{
	bytea	   *bytes = palloc(VARHDRSZ + HASH_BYTES);

	SET_VARSIZE(bytes, VARHDRSZ + HASH_BYTES);
	memcpy(VARDATA(bytes), hash, HASH_BYTES);
	return PointerGetDatum(bytes);
}

/* (previous bytea, content text) -> hash_link (previous_hash bytea, hash bytea) */
Datum
cl_chain_link(PG_FUNCTION_ARGS)
{
	WindowObject window = PG_WINDOW_OBJECT();
	Chain	   *chain;
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (!WindowObjectIsValid(window))
		elog(ERROR, "chain_link was called without a window");
	chain = WinGetPartitionLocalMemory(window, sizeof(Chain));
	if (!chain->begun)
		begin_chain(chain, argument(window, 0, "the previous hash"));
	values[0] = hash_datum(chain->hash);
	add_content(chain, argument(window, 1, "the content"));
	values[1] = hash_datum(chain->hash);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(link_desc(fcinfo), values, nulls)));
}
