/*
 * seal.c
 *	  The chain of a decision log: what is hashed, and the hashes of decisions that continue a lane.
 *
 *	  input_hash	= SHA-256(salt || SHA-256(layout of the inputs) || inputs)		with 16 random bytes as salt
 *	  hash			= SHA-256(previous_hash || content)
 *	  content		= canonical_row(entry, input_hash, digest of the policy, digest of the scorecard)
 *	  decision_id	= 64 place + lane
 *
 * with text in UTF-8. An entry is what the table decision says of a decision: type log_entry, in the order of its columns. Rows
 * are sealed in the order in which they come, which is that of account_id.
 */
#include "postgres.h"

#include "book/canonical.h"
#include "pg/record.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#define HASH_BYTES PG_SHA256_DIGEST_LENGTH
#define SALT_BYTES 16
#define LANES 64

PG_FUNCTION_INFO_V1(cl_seal);
PG_FUNCTION_INFO_V1(cl_decision_hash);

/* ---- Hashes ---- */

/* Of some bytes and a text, as a bytea. */
static bytea *
hash_pair(pg_cryptohash_ctx *sha, const uint8 *first, int first_length, const char *plain, int length)
{
	bytea	   *hash = palloc(VARHDRSZ + HASH_BYTES);
	char	   *utf8 = pg_server_to_any(plain, length, PG_UTF8);

	if (utf8 != plain)
		length = strlen(utf8);
	SET_VARSIZE(hash, VARHDRSZ + HASH_BYTES);
	if (pg_cryptohash_init(sha) < 0 || pg_cryptohash_update(sha, first, first_length) < 0 ||
		pg_cryptohash_update(sha, (const uint8 *) utf8, length) < 0 ||
		pg_cryptohash_final(sha, (uint8 *) VARDATA(hash), HASH_BYTES) < 0)
		elog(ERROR, "could not compute SHA-256");
	return hash;
}

static pg_cryptohash_ctx *
begin_sha256(void)
{
	pg_cryptohash_ctx *sha = pg_cryptohash_create(PG_SHA256);

	if (sha == NULL)
		elog(ERROR, "could not begin SHA-256");
	return sha;
}

/* The entry was taken apart last; the three values are of type bytea, NULL where isnull says so. */
static bytea *
hash_entry(pg_cryptohash_ctx *sha, const bytea *previous, const ClCanonicalRow *entry, const Datum *values, const bool *isnull)
{
	StringInfoData content;
	bytea	   *hash;

	initStringInfo(&content);
	appendStringInfoChar(&content, '[');
	cl_canonical_put(&content, entry);
	for (int i = 0; i < 3; i++)
	{
		appendStringInfoChar(&content, ',');
		cl_canonical_put_bytea(&content, values[i], isnull[i]);
	}
	appendStringInfoChar(&content, ']');
	hash = hash_pair(sha, (const uint8 *) VARDATA_ANY(previous), VARSIZE_ANY_EXHDR(previous), content.data, content.len);
	pfree(content.data);
	return hash;
}

/*
 * (decision record, policy_digest bytea, scorecard_digest bytea) -> bytea: the hash that a row of the table decision should have
 *
 * The columns that the hash covers are those of log_entry, whatever else the table has.
 */
Datum
cl_decision_hash(PG_FUNCTION_ARGS)
{
	typedef struct Kept
	{
		ClCanonicalRow *row;
		TupleDesc	entry;
	} Kept;
	Kept	   *kept = fcinfo->flinfo->fn_extra;
	pg_cryptohash_ctx *sha;
	int			input_hash;
	int			previous_hash;
	Datum		values[3];
	bool		isnull[3];
	bytea	   *hash;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	if (kept == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("log_entry"),
										   ObjectIdGetDatum(get_namespace_oid("credit_limit_internal", false)));

		kept = palloc0_object(Kept);
		kept->entry = lookup_rowtype_tupdesc_copy(type, -1);
		MemoryContextSwitchTo(old);
		fcinfo->flinfo->fn_extra = kept;
	}
	cl_canonical_row(&kept->row, fcinfo->flinfo->fn_mcxt, PG_GETARG_HEAPTUPLEHEADER(0), kept->entry);
	input_hash = cl_canonical_find(kept->row, "input_hash");
	previous_hash = cl_canonical_find(kept->row, "previous_hash");
	if (input_hash < 0 || TupleDescAttr(kept->row->desc, input_hash)->atttypid != BYTEAOID ||
		previous_hash < 0 || TupleDescAttr(kept->row->desc, previous_hash)->atttypid != BYTEAOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the row is not one of a decision log"),
				 errdetail("It lacks input_hash or previous_hash of type bytea.")));
	if (kept->row->isnull[previous_hash])
		PG_RETURN_NULL();
	values[0] = kept->row->value[input_hash];
	isnull[0] = kept->row->isnull[input_hash];
	for (int i = 1; i < 3; i++)
	{
		isnull[i] = PG_ARGISNULL(i);
		values[i] = isnull[i] ? (Datum) 0 : PG_GETARG_DATUM(i);
	}
	sha = begin_sha256();
	hash = hash_entry(sha, DatumGetByteaPP(kept->row->value[previous_hash]), kept->row, values, isnull);
	pg_cryptohash_free(sha);
	PG_RETURN_BYTEA_P(hash);
}

/* ---- Sealing ---- */

/* Columns of a row to seal. */
enum
{
	IN_ENTRY, IN_INPUTS, IN_POLICY_DIGEST, IN_CARD_DIGEST, IN_COLUMNS
};

typedef struct Seal
{
	MemoryContext context;		/* of the whole call */
	Datum		value[IN_COLUMNS];	/* of the row that is being sealed */
	bool		isnull[IN_COLUMNS];
	ClCanonicalRow *entry;
	ClCanonicalRow *inputs;
	pg_cryptohash_ctx *sha;
	uint8		prefix[SALT_BYTES + HASH_BYTES];	/* of what input_hash covers: the salt, and the hash of the layout */
	uint64		known_inputs;	/* identifier of the row type whose layout that is; 0: none yet */
	int64		layout;			/* its number: the beginning of its hash */
	int32		lane;
	int64		place;
	bytea	   *hash;			/* of the row before */
	int64		account;		/* of the row before */
} Seal;

static bool
entry_value(const Seal *seal, const char *name, Oid type, Datum *value)
{
	int			place = cl_canonical_find(seal->entry, name);

	if (place < 0 || TupleDescAttr(seal->entry->desc, place)->atttypid != type)
		elog(ERROR, "a log_entry has no column \"%s\" of type %u", name, type);
	*value = seal->entry->value[place];
	return !seal->entry->isnull[place];
}

/* What a decision_input of the lender may have done wrong, and versions that are missing. */
static void
check_entry(const Seal *seal, bool first)
{
	Datum		account;
	Datum		product;
	Datum		action;

	if (!entry_value(seal, "account_id", INT8OID, &account) || !entry_value(seal, "product", TEXTOID, &product) ||
		seal->isnull[IN_INPUTS])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a decision has no account, no product or no inputs"),
				 errhint("decision_input() of the book must give account_id and product.")));
	if (!entry_value(seal, "action", TEXTOID, &action))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no approved version decides on account " INT64_FORMAT, DatumGetInt64(account)),
				 errdetail("Its product is \"%s\".", TextDatumGetCString(product)),
				 errhint("SELECT * FROM credit_limit.check_book() says which policy or scorecard is missing.")));
	/* A run could not write it, but real time would, and one of the two would move the limit. */
	if (!first && DatumGetInt64(account) == seal->account)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("account " INT64_FORMAT " would be decided twice", seal->account),
				 errdetail("decision_input() gives more than one row for it."),
				 errhint("decision_input() of the book must give one row for each open account.")));
}

/* Takes the inputs apart; true: their layout is another one than that of the row before. */
static bool
take_inputs(Seal *seal)
{
	const StringInfoData *layout;
	const uint8 *digest;

	cl_canonical_row(&seal->inputs, seal->context, DatumGetHeapTupleHeader(seal->value[IN_INPUTS]), NULL);
	if (seal->inputs->identifier == seal->known_inputs)
		return false;
	layout = &seal->inputs->layout;
	digest = (const uint8 *) VARDATA(hash_pair(seal->sha, NULL, 0, layout->data, layout->len));
	memcpy(seal->prefix + SALT_BYTES, digest, HASH_BYTES);
	seal->layout = 0;
	for (int i = 0; i < (int) sizeof(int64); i++)
		seal->layout = (int64) ((uint64) seal->layout << 8 | digest[i]);
	seal->known_inputs = seal->inputs->identifier;
	return true;
}

static text *
inputs_text(const Seal *seal)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoSpaces(&out, VARHDRSZ);
	appendStringInfoChar(&out, '[');
	cl_canonical_put(&out, seal->inputs);
	appendStringInfoChar(&out, ']');
	SET_VARSIZE(out.data, out.len);
	return (text *) out.data;
}

/* A row of the answer: decision_id, entry, input_hash, previous_hash, hash, salt, layout, columns (where they change), inputs. */
static void
seal_row(Seal *seal, const uint8 *random, ClRecord *record)
{
	bytea	   *salt = palloc(VARHDRSZ + SALT_BYTES);
	bytea	   *previous = seal->hash;
	bool		first = seal->entry == NULL;
	bool		other_layout;
	MemoryContext old;
	text	   *inputs;
	Datum		account;
	Datum		values[3];
	bool		isnull[3] = {false};

	if (seal->isnull[IN_ENTRY])
		elog(ERROR, "a row to seal has no entry");
	cl_canonical_row(&seal->entry, seal->context, DatumGetHeapTupleHeader(seal->value[IN_ENTRY]), NULL);
	check_entry(seal, first);
	(void) entry_value(seal, "account_id", INT8OID, &account);
	seal->account = DatumGetInt64(account);
	other_layout = take_inputs(seal);
	inputs = inputs_text(seal);
	SET_VARSIZE(salt, VARHDRSZ + SALT_BYTES);
	memcpy(VARDATA(salt), random, SALT_BYTES);
	memcpy(seal->prefix, random, SALT_BYTES);
	values[0] = PointerGetDatum(hash_pair(seal->sha, seal->prefix, sizeof(seal->prefix), VARDATA(inputs),
										  VARSIZE(inputs) - VARHDRSZ));
	for (int i = 1; i < 3; i++)
	{
		values[i] = seal->value[IN_POLICY_DIGEST + i - 1];
		isnull[i] = seal->isnull[IN_POLICY_DIGEST + i - 1];
	}
	old = MemoryContextSwitchTo(seal->context);
	seal->hash = hash_entry(seal->sha, previous, seal->entry, values, isnull);
	MemoryContextSwitchTo(old);
	seal->place++;
	cl_record_put_int64(record, LANES * seal->place + seal->lane);
	cl_record_put(record, seal->value[IN_ENTRY]);
	cl_record_put(record, values[0]);
	cl_record_put(record, PointerGetDatum(previous));
	cl_record_put(record, PointerGetDatum(seal->hash));
	cl_record_put(record, PointerGetDatum(salt));
	cl_record_put_int64(record, seal->layout);
	if (other_layout)
		cl_record_put(record, PointerGetDatum(cstring_to_text_with_len(seal->inputs->layout.data, seal->inputs->layout.len)));
	else
		cl_record_put_null(record);
	cl_record_put(record, PointerGetDatum(inputs));
	cl_record_next(record);
	pfree(previous);
}

static void
begin_seal(Seal *seal, const bytea *previous)
{
	if (VARSIZE_ANY_EXHDR(previous) != HASH_BYTES || seal->lane < 0 || seal->lane >= LANES || seal->place < 0 ||
		seal->place > PG_INT64_MAX / LANES / 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the end of a lane is not valid"),
				 errdetail("Lane %d, place " INT64_FORMAT ", hash of %d bytes.", seal->lane, seal->place,
						   (int) VARSIZE_ANY_EXHDR(previous)),
				 errhint("A lane is 0 to %d; its place and its hash are in log_lane.", LANES - 1)));
	seal->hash = palloc(VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(seal->hash, VARHDRSZ + HASH_BYTES);
	memcpy(VARDATA(seal->hash), VARDATA_ANY(previous), HASH_BYTES);
	seal->sha = begin_sha256();
}

static Portal
find_cursor(const char *name, TupleDesc answer)
{
	Portal		portal = SPI_cursor_find(name);
	TupleDesc	desc = portal == NULL ? NULL : portal->tupDesc;

	if (desc == NULL || desc->natts != IN_COLUMNS ||
		TupleDescAttr(desc, IN_ENTRY)->atttypid != TupleDescAttr(answer, 1)->atttypid ||
		!type_is_rowtype(TupleDescAttr(desc, IN_INPUTS)->atttypid) ||
		TupleDescAttr(desc, IN_POLICY_DIGEST)->atttypid != BYTEAOID || TupleDescAttr(desc, IN_CARD_DIGEST)->atttypid != BYTEAOID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_DEFINITION),
				 errmsg("cursor \"%s\" does not give decisions", name),
				 errdetail("Its columns must be of the types log_entry, record, bytea, bytea.")));
	return portal;
}

/*
 * (rows refcursor, most int, lane int, place bigint, previous_hash bytea) -> set of rows for decision and decision_evidence
 *
 * From a cursor, so that a chunk of a run is never in memory as a whole.
 */
Datum
cl_seal(PG_FUNCTION_ARGS)
{
	char	   *cursor = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int32		most = PG_GETARG_INT32(1);
	Seal		seal = {.context = CurrentMemoryContext, .lane = PG_GETARG_INT32(2), .place = PG_GETARG_INT64(3)};
	MemoryContext row_context;
	uint8	   *random;
	ClRecord	record;

	begin_seal(&seal, PG_GETARG_BYTEA_PP(4));
	cl_record_open_set(&record, fcinfo);
	row_context = AllocSetContextCreate(seal.context, "sealed decision", ALLOCSET_DEFAULT_SIZES);
	SPI_connect();
	SPI_cursor_fetch(find_cursor(cursor, record.desc), true, most);
	random = palloc(SPI_processed * SALT_BYTES + 1);
	if (!pg_strong_random(random, SPI_processed * SALT_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random salts")));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(row_context);

		CHECK_FOR_INTERRUPTS();
		heap_deform_tuple(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, seal.value, seal.isnull);
		seal_row(&seal, random + i * SALT_BYTES, &record);
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_context);
	}
	SPI_finish();
	pg_cryptohash_free(seal.sha);
	return (Datum) 0;
}
