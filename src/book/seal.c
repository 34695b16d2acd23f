/*
 * seal.c
 *	  The chain of a decision log: what is hashed, and the hashes of decisions that continue a lane.
 *
 *	  input_hash	= SHA-256(salt || SHA-256(layout of the inputs) || inputs)		with 16 random bytes as salt
 *	  hash			= SHA-256(previous_hash || content)
 *	  content		= canonical_row(entry, input_hash, digest of the policy, digest of the scorecard)
 *	  decision_id	= 64 place + lane
 *
 * with text in UTF-8. An entry is what a row of the table decision, type log_entry, says of a decision: its columns without
 * decision_id, which is the first, and the three hashes, which are the last. Rows are sealed in the order in which they come,
 * which is that of account_id.
 */
#include "postgres.h"

#include "book/canonical.h"
#include "pg/record.h"

#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#define HASH_BYTES PG_SHA256_DIGEST_LENGTH
#define SALT_BYTES 16
#define LANES 64

/* Columns of a log_entry before and after those that are hashed. */
#define ENTRY_FIRST 1
#define ENTRY_AFTER 3

PG_FUNCTION_INFO_V1(cl_seal);

/* Of some bytes and a text, as a bytea. */
static bytea *
hash_pair(pg_cryptohash_ctx *sha256, const void *first, int first_length, const char *plain, int length)
{
	char	   *utf8 = pg_server_to_any(plain, length, PG_UTF8);
	bytea	   *hash = palloc(VARHDRSZ + HASH_BYTES);

	if (utf8 != plain)
		length = strlen(utf8);
	SET_VARSIZE(hash, VARHDRSZ + HASH_BYTES);
	if (pg_cryptohash_init(sha256) < 0 || pg_cryptohash_update(sha256, first, first_length) < 0 ||
		pg_cryptohash_update(sha256, (uint8 *) utf8, length) < 0 ||
		pg_cryptohash_final(sha256, (uint8 *) VARDATA(hash), HASH_BYTES) < 0)
		elog(ERROR, "could not compute a hash: %s", pg_cryptohash_error(sha256));
	return hash;
}

/* ---- Sealing ---- */

/* Where a value is found: a column of the cursor, or a field of the one that is called decision. */
typedef struct Source
{
	int			column;			/* -1: there is none */
	int			field;			/* -1: the column itself */
} Source;

/* Arrays of the answer; the first three are of rows. */
enum
{
	DECISIONS, EVIDENCE, LAYOUTS, ACCOUNTS, LIMITS, FROZEN, ARRAYS
};

typedef struct Seal
{
	MemoryContext context;		/* of the whole call */
	TupleDesc	desc;			/* of the cursor */
	TupleDesc	decision_desc;	/* of its column decision, which is not there where this is NULL */
	Datum	   *value;			/* of the row that is being sealed */
	bool	   *isnull;
	Datum	   *field;			/* of its column decision */
	bool	   *field_isnull;
	int			decision;		/* columns */
	int			inputs_column;
	int			digest[2];
	int			kept;			/* names of the inputs that are kept, the same in all rows; -1: all are kept */
	Source	   *source;			/* of each column of the entry */
	ClCanonicalRow *entry;		/* its values are the row of the table decision */
	int			account_id;		/* columns of the entry */
	int			product;
	int			action;
	int			as_of;
	int			new_limit;
	int			frozen;
	uint8		prefix[SALT_BYTES + HASH_BYTES];	/* of what input_hash covers: the salt, and the hash of the layout */
	uint64		known_inputs;	/* identifier of the row type whose layout that is; 0: none yet */
	pg_cryptohash_ctx *sha256;
	int64		layout;			/* its number: the beginning of its hash */
	int32		lane;
	int64		place;
	bytea	   *hash;			/* of the row before */
	int64		account;		/* of the row before, if there was one */
	bool		has_account;
	ArrayBuildState *out[ARRAYS];
	TupleDesc	out_desc[ARRAYS];
} Seal;

/* ---- The columns of a cursor ---- */

static void
wrong_cursor(const char *column, Oid type)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_CURSOR_DEFINITION),
			 errmsg("the cursor does not give decisions"),
			 errdetail("It has no column \"%s\" of type %s.", column, type == RECORDOID ? "record" : format_type_be(type))));
}

/*
 * What is known of the types of entries and inputs is kept for the session: in real time a call seals one row. Between the fetch
 * and the end of a call nothing else runs, so no two calls use them at once.
 */
static ClCanonicalRow *kept_inputs = NULL;
static ClCanonicalRow *kept_entry = NULL;
static uint64 kept_identifier = 0;	/* of the row type of kept_entry */

/* RECORDOID stands for any row. */
static int
cursor_column(TupleDesc desc, const char *name, Oid type)
{
	int			place = cl_canonical_find(desc, name);

	if (place < 0 || (type == RECORDOID ? !type_is_rowtype(TupleDescAttr(desc, place)->atttypid) :
					  TupleDescAttr(desc, place)->atttypid != type))
		wrong_cursor(name, type);
	return place;
}

static Source
find_source(const Seal *seal, const FormData_pg_attribute *column)
{
	Source		source = {cl_canonical_find(seal->desc, NameStr(column->attname)), -1};
	Oid			type = source.column < 0 ? InvalidOid : TupleDescAttr(seal->desc, source.column)->atttypid;

	if (source.column < 0 && seal->decision_desc != NULL)
	{
		source.column = seal->decision;
		source.field = cl_canonical_find(seal->decision_desc, NameStr(column->attname));
		if (source.field >= 0)
			type = TupleDescAttr(seal->decision_desc, source.field)->atttypid;
	}
	if (type != column->atttypid)
		wrong_cursor(NameStr(column->attname), column->atttypid);
	return source;
}

static void
bind_cursor(Seal *seal, TupleDesc desc, TupleDesc log_entry)
{
	int			decision = cl_canonical_find(desc, "decision");
	uint64		identifier;

	seal->desc = desc;
	seal->value = palloc_array(Datum, desc->natts);
	seal->isnull = palloc_array(bool, desc->natts);
	if (decision >= 0 && get_typtype(TupleDescAttr(desc, decision)->atttypid) == TYPTYPE_COMPOSITE)
	{
		seal->decision = decision;
		seal->decision_desc = lookup_rowtype_tupdesc_copy(TupleDescAttr(desc, decision)->atttypid, -1);
		seal->field = palloc_array(Datum, seal->decision_desc->natts);
		seal->field_isnull = palloc_array(bool, seal->decision_desc->natts);
	}
	seal->inputs_column = cursor_column(desc, "inputs", RECORDOID);
	seal->digest[0] = cursor_column(desc, "policy_digest", BYTEAOID);
	seal->digest[1] = cursor_column(desc, "scorecard_digest", BYTEAOID);
	seal->kept = cl_canonical_find(desc, "kept");
	if (seal->kept >= 0)
		seal->kept = cursor_column(desc, "kept", TEXTARRAYOID);
	identifier = assign_record_type_identifier(log_entry->tdtypeid, log_entry->tdtypmod);
	if (kept_identifier != identifier)
	{
		kept_identifier = 0;
		if (kept_entry != NULL)
			MemoryContextDelete(kept_entry->context);
		kept_entry = NULL;
		kept_entry = cl_canonical_columns(TopMemoryContext, log_entry, ENTRY_FIRST, log_entry->natts - ENTRY_AFTER);
		kept_identifier = identifier;
	}
	seal->entry = kept_entry;
	seal->source = palloc_array(Source, log_entry->natts);
	for (int i = ENTRY_FIRST; i < log_entry->natts - ENTRY_AFTER; i++)
		seal->source[i] = find_source(seal, TupleDescAttr(log_entry, i));
	seal->account_id = cl_canonical_find(seal->entry->desc, "account_id");
	seal->product = cl_canonical_find(seal->entry->desc, "product");
	seal->action = cl_canonical_find(seal->entry->desc, "action");
	seal->as_of = cl_canonical_find(seal->entry->desc, "as_of");
	seal->new_limit = cl_canonical_find(seal->entry->desc, "new_limit");
	seal->frozen = cl_canonical_find(seal->entry->desc, "frozen");
}

/* ---- A row ---- */

static void
take_entry(Seal *seal, HeapTuple tuple)
{
	ClCanonicalRow *entry = seal->entry;
	bool		decided;

	heap_deform_tuple(tuple, seal->desc, seal->value, seal->isnull);
	decided = seal->decision_desc != NULL && !seal->isnull[seal->decision];
	if (decided)
	{
		HeapTupleHeader header = DatumGetHeapTupleHeader(seal->value[seal->decision]);
		HeapTupleData decision = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};

		heap_deform_tuple(&decision, seal->decision_desc, seal->field, seal->field_isnull);
	}
	for (int i = ENTRY_FIRST; i < entry->desc->natts - ENTRY_AFTER; i++)
	{
		Source		source = seal->source[i];

		if (source.field < 0)
		{
			entry->value[i] = seal->value[source.column];
			entry->isnull[i] = seal->isnull[source.column];
		}
		else
		{
			entry->value[i] = decided ? seal->field[source.field] : (Datum) 0;
			entry->isnull[i] = !decided || seal->field_isnull[source.field];
		}
	}
}

/* What a decision_input of the lender may have done wrong, and versions that are missing. */
static void
check_entry(Seal *seal)
{
	const Datum *value = seal->entry->value;
	const bool *isnull = seal->entry->isnull;
	int64		account;

	if (isnull[seal->account_id] || isnull[seal->product] || isnull[seal->as_of] || seal->isnull[seal->inputs_column])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a decision has no account, no product, no day or no inputs"),
				 errhint("decision_input() of the book must give account_id and product.")));
	account = DatumGetInt64(value[seal->account_id]);
	if (isnull[seal->action])
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no approved version decides on account " INT64_FORMAT, account),
				 errdetail("Its product is \"%s\".", TextDatumGetCString(value[seal->product])),
				 errhint("credit_limit.check_book(book) says which policy or scorecard is missing.")));
	/* A run could not write it, but real time would, and one of the two would move the limit. */
	if (seal->has_account && account == seal->account)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("account " INT64_FORMAT " would be decided twice", account),
				 errdetail("decision_input() gives more than one row for it."),
				 errhint("decision_input() of the book must give one row for each open account.")));
	seal->account = account;
	seal->has_account = true;
}

static void
add_value(Seal *seal, int array, Datum value, bool isnull)
{
	(void) accumArrayResult(seal->out[array], value, isnull, seal->out[array]->element_type, seal->context);
}

static void
add_row(Seal *seal, int array, Datum *values, bool *isnull)
{
	add_value(seal, array, HeapTupleGetDatum(heap_form_tuple(seal->out_desc[array], values, isnull)), false);
}

static void
seal_row(Seal *seal, HeapTuple tuple, const uint8 *random)
{
	ClCanonicalRow *entry = seal->entry;
	Datum	   *hashes = entry->value + entry->desc->natts - ENTRY_AFTER;
	bytea	   *salt = palloc(VARHDRSZ + SALT_BYTES);
	bytea	   *input_hash;
	bytea	   *hash;
	bool		all[5] = {false};
	text	   *inputs;
	uint64		number;
	StringInfoData content;

	take_entry(seal, tuple);
	check_entry(seal);
	cl_canonical_choose(&kept_inputs, TopMemoryContext, seal->kept >= 0 && !seal->isnull[seal->kept] ?
						DatumGetArrayTypeP(seal->value[seal->kept]) : NULL);
	cl_canonical_row(&kept_inputs, TopMemoryContext, DatumGetHeapTupleHeader(seal->value[seal->inputs_column]));
	if (kept_inputs->identifier != seal->known_inputs)
	{
		const StringInfoData *layout = &kept_inputs->layout;
		const bytea *digest = hash_pair(seal->sha256, "", 0, layout->data, layout->len);
		Datum		values[2];

		memcpy(seal->prefix + SALT_BYTES, VARDATA(digest), HASH_BYTES);
		memcpy(&number, VARDATA(digest), sizeof(number));
		seal->layout = (int64) pg_ntoh64(number);
		seal->known_inputs = kept_inputs->identifier;
		values[0] = Int64GetDatum(seal->layout);
		values[1] = PointerGetDatum(cstring_to_text_with_len(layout->data, layout->len));
		add_row(seal, LAYOUTS, values, all);
	}
	inputs = cl_canonical_text(kept_inputs);
	SET_VARSIZE(salt, VARHDRSZ + SALT_BYTES);
	memcpy(VARDATA(salt), random, SALT_BYTES);
	memcpy(seal->prefix, random, SALT_BYTES);
	input_hash = hash_pair(seal->sha256, seal->prefix, sizeof(seal->prefix), VARDATA(inputs), VARSIZE(inputs) - VARHDRSZ);
	initStringInfo(&content);
	appendStringInfoChar(&content, '[');
	cl_canonical_put(&content, entry);
	appendStringInfoChar(&content, ',');
	cl_canonical_put_bytea(&content, PointerGetDatum(input_hash), false);
	for (int i = 0; i < 2; i++)
	{
		appendStringInfoChar(&content, ',');
		cl_canonical_put_bytea(&content, seal->value[seal->digest[i]], seal->isnull[seal->digest[i]]);
	}
	appendStringInfoChar(&content, ']');
	hash = hash_pair(seal->sha256, VARDATA(seal->hash), HASH_BYTES, content.data, content.len);
	seal->place++;
	entry->value[0] = Int64GetDatum(LANES * seal->place + seal->lane);
	hashes[0] = PointerGetDatum(input_hash);
	hashes[1] = PointerGetDatum(seal->hash);
	hashes[2] = PointerGetDatum(hash);
	add_row(seal, DECISIONS, entry->value, entry->isnull);
	{
		Datum		values[] = {entry->value[0], entry->value[seal->as_of], PointerGetDatum(salt), Int64GetDatum(seal->layout),
		PointerGetDatum(inputs)};

		add_row(seal, EVIDENCE, values, all);
	}
	add_value(seal, ACCOUNTS, entry->value[seal->account_id], false);
	add_value(seal, LIMITS, entry->value[seal->new_limit], entry->isnull[seal->new_limit]);
	add_value(seal, FROZEN, entry->value[seal->frozen], entry->isnull[seal->frozen]);
	memcpy(VARDATA(seal->hash), VARDATA(hash), HASH_BYTES);
}

/*
 * (rows refcursor, most int, lane int, place bigint, previous_hash bytea, previous_account bigint)
 *		-> (decisions log_entry[], evidence log_evidence[], layouts log_layout[], accounts bigint[], limits numeric[],
 *			frozen boolean[], place bigint, hash bytea)
 *
 * From a cursor, so that a chunk of a run is never in memory as a whole; in arrays, because unnest() gives an INSERT the columns
 * of a row in one go, while each column of a row within a row is looked up alone.
 */
Datum
cl_seal(PG_FUNCTION_ARGS)
{
	char	   *cursor;
	Seal		seal = {.context = CurrentMemoryContext};
	const bytea *previous;
	MemoryContext row_context;
	Portal		portal;
	uint8	   *random;
	uint64		count;
	SPITupleTable *rows;
	ClRecord	record;

	for (int i = 0; i < 5; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d of seal is NULL", i + 1)));
	}
	cursor = text_to_cstring(PG_GETARG_TEXT_PP(0));
	seal.lane = PG_GETARG_INT32(2);
	seal.place = PG_GETARG_INT64(3);
	previous = PG_GETARG_BYTEA_PP(4);
	if (VARSIZE_ANY_EXHDR(previous) != HASH_BYTES || seal.lane < 0 || seal.lane >= LANES || seal.place < 0 ||
		seal.place > PG_INT64_MAX / LANES / 2)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the end of a lane is not valid"),
				 errdetail("Lane %d, place " INT64_FORMAT ", hash of %d bytes.", seal.lane, seal.place,
						   (int) VARSIZE_ANY_EXHDR(previous)),
				 errhint("A lane is 0 to %d; its place and its hash are in log_lane.", LANES - 1)));
	seal.hash = palloc(VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(seal.hash, VARHDRSZ + HASH_BYTES);
	memcpy(VARDATA(seal.hash), VARDATA_ANY(previous), HASH_BYTES);
	seal.has_account = !PG_ARGISNULL(5);
	seal.account = seal.has_account ? PG_GETARG_INT64(5) : 0;
	seal.sha256 = pg_cryptohash_create(PG_SHA256);
	cl_record_open(&record, fcinfo);
	SPI_connect();
	portal = SPI_cursor_find(cursor);
	if (portal == NULL || portal->tupDesc == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_CURSOR_NAME),
				 errmsg("cursor \"%s\" does not exist, or gives no rows", cursor)));
	SPI_cursor_fetch(portal, true, PG_GETARG_INT32(1));
	count = SPI_processed;
	rows = SPI_tuptable;
	MemoryContextSwitchTo(seal.context);
	for (int i = 0; i < ARRAYS; i++)
	{
		Oid			type = get_element_type(TupleDescAttr(record.desc, i)->atttypid);

		seal.out[i] = initArrayResult(type, seal.context, false);
		if (i <= LAYOUTS)
			seal.out_desc[i] = lookup_rowtype_tupdesc(type, -1);
	}
	bind_cursor(&seal, rows->tupdesc, seal.out_desc[DECISIONS]);
	random = palloc(count * SALT_BYTES + 1);
	if (!pg_strong_random(random, count * SALT_BYTES))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random salts")));
	row_context = AllocSetContextCreate(seal.context, "sealed decision", ALLOCSET_START_SMALL_SIZES);
	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(row_context);
		seal_row(&seal, rows->vals[i], random + i * SALT_BYTES);
		MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(seal.context);
	pg_cryptohash_free(seal.sha256);
	for (int i = 0; i < ARRAYS; i++)
		cl_record_put(&record, makeArrayResult(seal.out[i], seal.context));
	for (int i = 0; i <= LAYOUTS; i++)
		ReleaseTupleDesc(seal.out_desc[i]);
	cl_record_put_int64(&record, seal.place);
	cl_record_put(&record, PointerGetDatum(seal.hash));
	SPI_finish();
	return cl_record_datum(&record);
}
