/*
 * seal.c
 *	  Decisions as rows of the decision log: evidence, salt, hashes and the chain in one pass over what a query decided.
 *
 * The query gives one row for each account, in the order of the chain, with the columns of `Decided` below. From each comes a
 * row of credit_limit.sealed_decision: the columns that the hash covers first, then place, hashes and evidence.
 *
 *	  inputs		= canonical_row(inputs of the decision), salt = 16 random bytes
 *	  input_hash	= SHA-256(salt || inputs)
 *	  hash			= SHA-256(previous_hash || canonical_row(the columns that the hash covers))
 *	  decision_id	= 64 place + lane
 *
 * with text in UTF-8. The same in SQL, with canonical_row() and chain_link(), takes much longer: every step forms and reads a row
 * of sixty columns again. verify_log() goes the long way.
 */
#include "postgres.h"

#include "book/canonical.h"
#include "book/kept.h"

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"
#include "utils/typcache.h"

#define HASH_BYTES PG_SHA256_DIGEST_LENGTH
#define SALT_BYTES 16
#define LANES 64
#define BATCH 500
#define DECISION_COLUMNS 14		/* of credit_limit.limit_decision */

PG_FUNCTION_INFO_V1(cl_seal_decisions);

enum Argument
{
	ARG_QUERY, ARG_AS_OF, ARG_LOWEST, ARG_HIGHEST, ARG_TURN, ARG_RUN, ARG_BORROWERS, ARG_SOURCE, ARG_LANE, ARG_PLACE, ARG_HASH,
	ARG_LAYOUT
};

#define PARAMETERS (ARG_BORROWERS - ARG_QUERY)

static const Oid parameter_types[PARAMETERS] = {DATEOID, INT8OID, INT8OID, INT4OID, INT8OID, INT8ARRAYOID};

enum Decided
{
	IN_ACCOUNT, IN_BORROWER, IN_PRODUCT, IN_POLICY, IN_SCORECARD, IN_EXPERIMENT, IN_ARM, IN_SCORE, IN_PD, IN_POLICY_DIGEST,
	IN_CARD_DIGEST, IN_FROZEN, IN_INPUTS, IN_DECISION, IN_COLUMNS
};

static const Oid decided_types[IN_COLUMNS] = {INT8OID, INT8OID, TEXTOID, INT4OID, INT4OID, TEXTOID, TEXTOID, FLOAT8OID, FLOAT8OID,
	BYTEAOID, BYTEAOID, BOOLOID, RECORDOID, InvalidOid};

enum Sealed
{
	OUT_RUN, OUT_SOURCE, OUT_ACCOUNT, OUT_BORROWER, OUT_PRODUCT, OUT_AS_OF, OUT_POLICY, OUT_SCORECARD, OUT_EXPERIMENT, OUT_ARM,
	OUT_SCORE, OUT_PD, OUT_DECISION, OUT_FROZEN = OUT_DECISION + DECISION_COLUMNS, OUT_INPUT_HASH, OUT_POLICY_DIGEST,
	OUT_CARD_DIGEST, OUT_CONTENT, OUT_ID = OUT_CONTENT, OUT_PREVIOUS, OUT_HASH, OUT_SALT, OUT_INPUTS, OUT_COLUMNS
};

/* A bytea of at most so many bytes. */
typedef struct Bytes
{
	int32		header;
	uint8		bytes[HASH_BYTES];
} Bytes;

typedef struct Seal
{
	MemoryContext context;		/* of the whole call */
	ReturnSetInfo *result;
	const text *layout;			/* of the inputs */
	int32		lane;
	int64		place;
	TupleDesc	decision_desc;
	ClCanonicalRow *inputs_row;
	ClCanonicalColumns *content_columns;
	pg_cryptohash_ctx *sha;
	StringInfoData inputs;		/* with room for a header in front */
	StringInfoData content;
	Bytes		previous;
	Bytes		hash;
	Bytes		input_hash;
	Bytes		salt;
	Datum		in[IN_COLUMNS];
	bool		in_null[IN_COLUMNS];
	Datum		out[OUT_COLUMNS];
	bool		out_null[OUT_COLUMNS];
} Seal;

static void
hash_pair(Seal *seal, Bytes *answer, const uint8 *first, int first_length, const char *plain, int length)
{
	char	   *utf8 = pg_server_to_any(plain, length, PG_UTF8);

	if (utf8 != plain)
		length = strlen(utf8);
	if (pg_cryptohash_init(seal->sha) < 0 || pg_cryptohash_update(seal->sha, first, first_length) < 0 ||
		pg_cryptohash_update(seal->sha, (const uint8 *) utf8, length) < 0 ||
		pg_cryptohash_final(seal->sha, answer->bytes, HASH_BYTES) < 0)
		elog(ERROR, "could not compute SHA-256");
}

static void
put(Seal *seal, int column, Datum value)
{
	seal->out[column] = value;
	seal->out_null[column] = false;
}

static void
put_from(Seal *seal, int column, int decided)
{
	seal->out[column] = seal->in[decided];
	seal->out_null[column] = seal->in_null[decided];
}

/* Evidence, and its hash. */
static void
put_inputs(Seal *seal, const uint8 *salt)
{
	HeapTupleHeader record = DatumGetHeapTupleHeader(seal->in[IN_INPUTS]);
	ClCanonicalRow *before = seal->inputs_row;
	ClCanonicalRow *row = cl_canonical_row_of(&seal->inputs_row, seal->context, record);
	StringInfo	text = &seal->inputs;

	/* All rows of a query have one type. */
	if (before == NULL)
		cl_canonical_check_row(row, seal->layout);
	text->len = VARHDRSZ;
	cl_canonical_put_row(text, row, record);
	SET_VARSIZE(text->data, text->len);
	memcpy(seal->salt.bytes, salt, SALT_BYTES);
	hash_pair(seal, &seal->input_hash, salt, SALT_BYTES, text->data + VARHDRSZ, text->len - VARHDRSZ);
	put(seal, OUT_SALT, PointerGetDatum(&seal->salt));
	put(seal, OUT_INPUTS, PointerGetDatum(text->data));
	put(seal, OUT_INPUT_HASH, PointerGetDatum(&seal->input_hash));
}

static void
put_decision(Seal *seal)
{
	HeapTupleHeader decision = DatumGetHeapTupleHeader(seal->in[IN_DECISION]);
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(decision);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = decision;
	heap_deform_tuple(&tuple, seal->decision_desc, seal->out + OUT_DECISION, seal->out_null + OUT_DECISION);
}

static void
put_place(Seal *seal)
{
	memcpy(seal->previous.bytes, seal->hash.bytes, HASH_BYTES);
	seal->content.len = 0;
	cl_canonical_put(&seal->content, seal->content_columns, seal->out, seal->out_null);
	hash_pair(seal, &seal->hash, seal->previous.bytes, HASH_BYTES, seal->content.data, seal->content.len);
	seal->place++;
	put(seal, OUT_ID, Int64GetDatum(LANES * seal->place + seal->lane));
	put(seal, OUT_PREVIOUS, PointerGetDatum(&seal->previous));
	put(seal, OUT_HASH, PointerGetDatum(&seal->hash));
}

static void
seal_row(Seal *seal, HeapTuple tuple, TupleDesc desc, const uint8 *salt)
{
	heap_deform_tuple(tuple, desc, seal->in, seal->in_null);
	if (seal->in_null[IN_ACCOUNT] || seal->in_null[IN_INPUTS] || seal->in_null[IN_DECISION])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a decision has no account, no inputs or no answer")));
	put_from(seal, OUT_ACCOUNT, IN_ACCOUNT);
	put_from(seal, OUT_BORROWER, IN_BORROWER);
	put_from(seal, OUT_PRODUCT, IN_PRODUCT);
	put_from(seal, OUT_POLICY, IN_POLICY);
	put_from(seal, OUT_SCORECARD, IN_SCORECARD);
	put_from(seal, OUT_EXPERIMENT, IN_EXPERIMENT);
	put_from(seal, OUT_ARM, IN_ARM);
	put_from(seal, OUT_SCORE, IN_SCORE);
	put_from(seal, OUT_PD, IN_PD);
	put_from(seal, OUT_FROZEN, IN_FROZEN);
	put_from(seal, OUT_POLICY_DIGEST, IN_POLICY_DIGEST);
	put_from(seal, OUT_CARD_DIGEST, IN_CARD_DIGEST);
	put_decision(seal);
	put_inputs(seal, salt);
	put_place(seal);
	tuplestore_putvalues(seal->result->setResult, seal->result->setDesc, seal->out, seal->out_null);
}

static bool
right_columns(TupleDesc desc)
{
	if (desc->natts != IN_COLUMNS)
		return false;
	for (int i = 0; i < IN_COLUMNS; i++)
	{
		if (decided_types[i] != InvalidOid && TupleDescAttr(desc, i)->atttypid != decided_types[i])
			return false;
	}
	return get_typtype(TupleDescAttr(desc, IN_DECISION)->atttypid) == TYPTYPE_COMPOSITE;
}

/* What is read of a decision must have the types that it is written as. */
static bool
right_decision(const Seal *seal)
{
	if (seal->decision_desc->natts != DECISION_COLUMNS)
		return false;
	for (int i = 0; i < DECISION_COLUMNS; i++)
	{
		if (TupleDescAttr(seal->decision_desc, i)->atttypid != TupleDescAttr(seal->result->setDesc, OUT_DECISION + i)->atttypid)
			return false;
	}
	return true;
}

/* A query that gives other columns is not one of ours. */
static void
check_query(Seal *seal, TupleDesc desc)
{
	bool		right = right_columns(desc);

	if (right)
	{
		MemoryContext old = MemoryContextSwitchTo(seal->context);

		seal->decision_desc = lookup_rowtype_tupdesc_copy(TupleDescAttr(desc, IN_DECISION)->atttypid, -1);
		MemoryContextSwitchTo(old);
		right = right_decision(seal);
	}
	if (!right)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the query does not give the columns of a decision"),
				 errhint("It is that of credit_limit.seal_query().")));
}

static Seal *
begin_seal(FunctionCallInfo fcinfo)
{
	Seal	   *seal = palloc0_object(Seal);
	bytea	   *previous;

	for (int i = ARG_QUERY; i <= ARG_LAYOUT; i++)
	{
		if (PG_ARGISNULL(i) && (i == ARG_QUERY || i == ARG_AS_OF || i > ARG_BORROWERS))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d of seal_decisions must not be NULL", i + 1)));
	}
	previous = PG_GETARG_BYTEA_PP(ARG_HASH);
	if (VARSIZE_ANY_EXHDR(previous) != HASH_BYTES || PG_GETARG_INT32(ARG_LANE) < 0 || PG_GETARG_INT32(ARG_LANE) >= LANES ||
		PG_GETARG_INT64(ARG_PLACE) < 0 || PG_GETARG_INT64(ARG_PLACE) > PG_INT64_MAX / LANES / 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the end of a lane is not valid"),
				 errdetail("Lane %d, place " INT64_FORMAT ", hash of %d bytes.", PG_GETARG_INT32(ARG_LANE),
						   PG_GETARG_INT64(ARG_PLACE), (int) VARSIZE_ANY_EXHDR(previous)),
				 errhint("A lane is 0 to %d; its place and its hash are in log_lane.", LANES - 1)));
	seal->context = CurrentMemoryContext;
	seal->result = (ReturnSetInfo *) fcinfo->resultinfo;
	seal->layout = PG_GETARG_TEXT_PP(ARG_LAYOUT);
	seal->lane = PG_GETARG_INT32(ARG_LANE);
	seal->place = PG_GETARG_INT64(ARG_PLACE);
	memcpy(seal->hash.bytes, VARDATA_ANY(previous), HASH_BYTES);
	SET_VARSIZE(&seal->previous, VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(&seal->hash, VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(&seal->input_hash, VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(&seal->salt, VARHDRSZ + SALT_BYTES);
	initStringInfo(&seal->inputs);
	appendStringInfoSpaces(&seal->inputs, VARHDRSZ);
	initStringInfo(&seal->content);
	if (seal->result->setDesc->natts != OUT_COLUMNS)
		elog(ERROR, "seal_decisions does not return sealed_decision");
	seal->content_columns = cl_canonical_columns(seal->result->setDesc, OUT_CONTENT);
	put(seal, OUT_SOURCE, PG_GETARG_DATUM(ARG_SOURCE));
	put(seal, OUT_AS_OF, PG_GETARG_DATUM(ARG_AS_OF));
	seal->out[OUT_RUN] = PG_ARGISNULL(ARG_RUN) ? (Datum) 0 : PG_GETARG_DATUM(ARG_RUN);
	seal->out_null[OUT_RUN] = PG_ARGISNULL(ARG_RUN);
	seal->sha = pg_cryptohash_create(PG_SHA256);
	if (seal->sha == NULL)
		elog(ERROR, "could not begin SHA-256");
	return seal;
}

/* Single accounts are decided by one plan for all; for a chunk a plan of its own pays. */
static Portal
open_query(FunctionCallInfo fcinfo)
{
	int			options = PG_ARGISNULL(ARG_BORROWERS) ? CURSOR_OPT_CUSTOM_PLAN : CURSOR_OPT_GENERIC_PLAN;
	Datum		values[PARAMETERS];
	char		nulls[PARAMETERS];

	for (int i = 0; i < PARAMETERS; i++)
	{
		values[i] = PG_GETARG_DATUM(ARG_AS_OF + i);
		nulls[i] = PG_ARGISNULL(ARG_AS_OF + i) ? 'n' : ' ';
	}
	return SPI_cursor_open(NULL, cl_kept_plan(PG_GETARG_TEXT_PP(ARG_QUERY), PARAMETERS, parameter_types, options), values, nulls,
						   true);
}

static void
seal_batch(Seal *seal, MemoryContext batch)
{
	uint8		salts[BATCH * SALT_BYTES];
	SPITupleTable *rows = SPI_tuptable;
	int			count = (int) SPI_processed;
	MemoryContext old;

	if (!pg_strong_random(salts, (size_t) count * SALT_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random salts")));
	if (seal->decision_desc == NULL)
		check_query(seal, rows->tupdesc);
	old = MemoryContextSwitchTo(batch);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		seal_row(seal, rows->vals[i], rows->tupdesc, salts + i * SALT_BYTES);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(batch);
	SPI_freetuptable(rows);
}

/*
 * (query text, as_of date, lowest bigint, highest bigint, turn int, run bigint, borrowers bigint[], source text, lane int,
 * place bigint, previous_hash bytea, input_layout text) -> setof sealed_decision
 *
 * The arguments from as_of to borrowers are the parameters of the query. It reads what the calling statement sees.
 */
Datum
cl_seal_decisions(PG_FUNCTION_ARGS)
{
	Seal	   *seal;
	Portal		portal;
	MemoryContext batch;

	InitMaterializedSRF(fcinfo, 0);
	seal = begin_seal(fcinfo);
	batch = AllocSetContextCreate(CurrentMemoryContext, "sealed decisions", ALLOCSET_DEFAULT_SIZES);
	SPI_connect();
	portal = open_query(fcinfo);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, BATCH);
		if (SPI_processed == 0)
			break;
		seal_batch(seal, batch);
	}
	SPI_cursor_close(portal);
	SPI_finish();
	pg_cryptohash_free(seal->sha);
	MemoryContextDelete(batch);
	return (Datum) 0;
}
