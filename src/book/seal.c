/*
 * seal.c
 *	  Decisions written to the decision log: evidence, salt, hashes and the chain in one pass over what a query decided.
 *
 * The query gives one row for each account, in the order of the chain, with the columns of `Decided` below. From each come a row
 * of `decision` and one of `decision_evidence`:
 *
 *	  inputs		= canonical_row(inputs of the decision), salt = 16 random bytes
 *	  input_hash	= SHA-256(salt || SHA-256(layout of the inputs) || inputs)
 *	  hash			= SHA-256(previous_hash || canonical_row(the columns that the hash covers))
 *	  decision_id	= 64 place + lane
 *
 * with text in UTF-8. What the hash covers are the columns of `decision` from run_id to input_hash, and the digests of policy and
 * scorecard. So a row is built as
 *
 *	  decision_id | run_id ... input_hash | policy_digest scorecard_digest		hashed from run_id on
 *	  decision_id | run_id ... input_hash | previous_hash hash					written
 *
 * The same in SQL, with canonical_row() and chain_link(), takes much longer: every step forms and reads a row of sixty columns
 * again. verify_log() goes the long way.
 */
#include "postgres.h"

#include "book/append.h"
#include "book/canonical.h"
#include "book/kept.h"
#include "book/writing.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#define HASH_BYTES PG_SHA256_DIGEST_LENGTH
#define SALT_BYTES 16
#define LANES 64
#define BATCH 500
#define DECISION_COLUMNS 14		/* of credit_limit.limit_decision */

PG_FUNCTION_INFO_V1(cl_write_decisions);

enum Argument
{
	ARG_BOOK, ARG_QUERY, ARG_AS_OF, ARG_LOWEST, ARG_HIGHEST, ARG_TURN, ARG_RUN, ARG_BORROWERS, ARG_SOURCE, ARG_LANE, ARG_PLACE,
	ARG_HASH, ARG_LOCKED
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

enum Written
{
	OUT_ID, OUT_RUN, OUT_SOURCE, OUT_ACCOUNT, OUT_BORROWER, OUT_PRODUCT, OUT_AS_OF, OUT_DECIDED_AT, OUT_POLICY, OUT_SCORECARD,
	OUT_EXPERIMENT, OUT_ARM, OUT_SCORE, OUT_PD, OUT_DECISION, OUT_FROZEN = OUT_DECISION + DECISION_COLUMNS, OUT_INPUT_HASH,
	OUT_PREVIOUS, OUT_HASH, OUT_COLUMNS, OUT_POLICY_DIGEST = OUT_PREVIOUS, OUT_CARD_DIGEST = OUT_HASH
};

#define CONTENT_COLUMNS (OUT_COLUMNS - OUT_RUN)
#define OUT_NEW_LIMIT (OUT_DECISION + 2)

static const ClAppendColumn decision_columns[OUT_COLUMNS] = {
	{"decision_id", INT8OID}, {"run_id", INT8OID}, {"source", TEXTOID}, {"account_id", INT8OID}, {"borrower_id", INT8OID},
	{"product", TEXTOID}, {"as_of", DATEOID}, {"decided_at", TIMESTAMPTZOID}, {"policy_id", INT4OID}, {"scorecard_id", INT4OID},
	{"experiment", TEXTOID}, {"arm", TEXTOID}, {"score", FLOAT8OID}, {"pd", FLOAT8OID}, {"action", TEXTOID},
	{"old_limit", NUMERICOID}, {"new_limit", NUMERICOID}, {"available", NUMERICOID}, {"entitlement", NUMERICOID},
	{"risk_cap", NUMERICOID}, {"product_cap", NUMERICOID}, {"affordability_cap", NUMERICOID}, {"umbrella_cap", NUMERICOID},
	{"regulatory_cap", NUMERICOID}, {"target", NUMERICOID}, {"binding", TEXTOID}, {"reasons", TEXTARRAYOID},
	{"proposed", NUMERICOID}, {"frozen", BOOLOID},
	{"input_hash", BYTEAOID}, {"previous_hash", BYTEAOID}, {"hash", BYTEAOID}
};

enum Evidence
{
	EVIDENCE_ID, EVIDENCE_AS_OF, EVIDENCE_SALT, EVIDENCE_LAYOUT, EVIDENCE_INPUTS, EVIDENCE_COLUMNS
};

static const ClAppendColumn evidence_columns[EVIDENCE_COLUMNS] = {
	{"decision_id", INT8OID}, {"as_of", DATEOID}, {"salt", BYTEAOID}, {"layout", INT4OID}, {"inputs", TEXTOID}
};

enum Answer
{
	ANSWER_DECISIONS, ANSWER_HASH, ANSWER_ACCOUNTS, ANSWER_LIMITS, ANSWER_FROZEN, ANSWER_COLUMNS
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
	text	   *book;
	int32		layout_number;	/* of the inputs */
	uint8		prefix[SALT_BYTES + HASH_BYTES];	/* of what input_hash covers: the salt, and the hash of the layout */
	int32		lane;
	int64		first_place;
	int64		place;
	const int64 *locked;		/* the borrowers that are locked, in their order; NULL: any */
	int			locked_count;
	TupleDesc	decision_desc;
	ClCanonicalRow *inputs_row;
	const ClCanonicalColumns *content_columns;
	ClAppend   *decisions;
	ClAppend   *evidence;
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
	ArrayBuildState *accounts;	/* with new limits and frozen: what the accounts are to be */
	ArrayBuildState *limits;
	ArrayBuildState *frozen;
} Seal;

/* ---- One decision ---- */

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

static int32
layout_number(text *book, text *layout)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {PointerGetDatum(book), PointerGetDatum(layout)};
	bool		isnull;
	text	   *statement = cstring_to_text("SELECT credit_limit.layout_number($1, $2)");
	SPIPlanPtr	plan = cl_kept_plan(statement, 2, types, CURSOR_OPT_GENERIC_PLAN);

	if (SPI_execute_plan(plan, values, NULL, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not number a layout");
	return DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/* All rows of a query have one type: it is looked at with the first. */
static void
begin_inputs(Seal *seal, const ClCanonicalRow *row)
{
	text	   *layout = cl_canonical_layout(row);
	Bytes		digest;

	seal->layout_number = layout_number(seal->book, layout);
	hash_pair(seal, &digest, NULL, 0, VARDATA_ANY(layout), VARSIZE_ANY_EXHDR(layout));
	memcpy(seal->prefix + SALT_BYTES, digest.bytes, HASH_BYTES);
}

/* Evidence, and its hash. */
static void
put_inputs(Seal *seal, const uint8 *salt)
{
	HeapTupleHeader record = DatumGetHeapTupleHeader(seal->in[IN_INPUTS]);
	bool		first = seal->inputs_row == NULL;
	ClCanonicalRow *row = cl_canonical_row_of(&seal->inputs_row, seal->context, record);
	StringInfo	text = &seal->inputs;

	if (first)
		begin_inputs(seal, row);
	text->len = VARHDRSZ;
	cl_canonical_put_row(text, row, record);
	SET_VARSIZE(text->data, text->len);
	memcpy(seal->salt.bytes, salt, SALT_BYTES);
	memcpy(seal->prefix, salt, SALT_BYTES);
	hash_pair(seal, &seal->input_hash, seal->prefix, sizeof(seal->prefix), text->data + VARHDRSZ, text->len - VARHDRSZ);
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

/* The place in the chain; the hashes take the columns of the digests. */
static void
put_place(Seal *seal)
{
	put_from(seal, OUT_POLICY_DIGEST, IN_POLICY_DIGEST);
	put_from(seal, OUT_CARD_DIGEST, IN_CARD_DIGEST);
	memcpy(seal->previous.bytes, seal->hash.bytes, HASH_BYTES);
	seal->content.len = 0;
	cl_canonical_put(&seal->content, seal->content_columns, seal->out + OUT_RUN, seal->out_null + OUT_RUN);
	hash_pair(seal, &seal->hash, seal->previous.bytes, HASH_BYTES, seal->content.data, seal->content.len);
	seal->place++;
	put(seal, OUT_ID, Int64GetDatum(LANES * seal->place + seal->lane));
	put(seal, OUT_PREVIOUS, PointerGetDatum(&seal->previous));
	put(seal, OUT_HASH, PointerGetDatum(&seal->hash));
}

static void
write_row(Seal *seal)
{
	static const bool nothing_null[EVIDENCE_COLUMNS] = {false};
	Datum		evidence[EVIDENCE_COLUMNS] = {
		seal->out[OUT_ID], seal->out[OUT_AS_OF], PointerGetDatum(&seal->salt), Int32GetDatum(seal->layout_number),
		PointerGetDatum(seal->inputs.data)
	};

	cl_append_row(seal->evidence, evidence, nothing_null);
	cl_append_row(seal->decisions, seal->out, seal->out_null);
}

static void
remember_limit(Seal *seal)
{
	if (seal->out_null[OUT_NEW_LIMIT])
		return;
	seal->accounts = accumArrayResult(seal->accounts, seal->out[OUT_ACCOUNT], false, INT8OID, seal->context);
	seal->limits = accumArrayResult(seal->limits, seal->out[OUT_NEW_LIMIT], false, NUMERICOID, seal->context);
	seal->frozen = accumArrayResult(seal->frozen, seal->out[OUT_FROZEN], seal->out_null[OUT_FROZEN], BOOLOID, seal->context);
}

static int
compare_int64(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
}

/* The query has a newer snapshot than the statement that locked the borrowers: on who came in between others may decide, too. */
static void
check_locked(const Seal *seal)
{
	int64		borrower = DatumGetInt64(seal->in[IN_BORROWER]);

	if (seal->locked != NULL && (seal->in_null[IN_BORROWER] ||
								 bsearch(&borrower, seal->locked, seal->locked_count, sizeof(int64), compare_int64) == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("the borrower of account " INT64_FORMAT " came while decisions were made",
						DatumGetInt64(seal->in[IN_ACCOUNT])),
				 errhint("Try again.")));
}

/* A query of decisions gives no decision where the version is missing that would make it. */
static void
check_row(const Seal *seal)
{
	if (seal->in_null[IN_ACCOUNT] || seal->in_null[IN_PRODUCT] || seal->in_null[IN_INPUTS])
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("a decision has no account, no product or no inputs")));
	if (seal->in_null[IN_DECISION])
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no approved version decides on account " INT64_FORMAT, DatumGetInt64(seal->in[IN_ACCOUNT])),
				 errdetail("Its product is \"%s\".", TextDatumGetCString(seal->in[IN_PRODUCT])),
				 errhint("credit_limit.check_versions() says which policy or scorecard is missing.")));
	/* In the order of the accounts. A run could not write it, but real time would, and one of the two would move the limit. */
	if (seal->place > seal->first_place && DatumGetInt64(seal->in[IN_ACCOUNT]) == DatumGetInt64(seal->out[OUT_ACCOUNT]))
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("account " INT64_FORMAT " would be decided twice", DatumGetInt64(seal->in[IN_ACCOUNT])),
				 errdetail("The query of decisions gives more than one row for it."),
				 errhint("decision_input() of the book must give one row for each open account.")));
}

static void
seal_row(Seal *seal, HeapTuple tuple, TupleDesc desc, const uint8 *salt)
{
	heap_deform_tuple(tuple, desc, seal->in, seal->in_null);
	check_row(seal);
	check_locked(seal);
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
	put_decision(seal);
	put_inputs(seal, salt);
	put_place(seal);
	write_row(seal);
	remember_limit(seal);
}

/* ---- A query of them ---- */

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
		if (TupleDescAttr(seal->decision_desc, i)->atttypid != decision_columns[OUT_DECISION + i].type)
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

/* The columns that the hash covers: the same in every call of a backend. */
static const ClCanonicalColumns *
content_columns(void)
{
	static ClCanonicalColumns *columns = NULL;
	MemoryContext old;
	TupleDesc	desc;

	if (columns != NULL)
		return columns;
	old = MemoryContextSwitchTo(TopMemoryContext);
	desc = CreateTemplateTupleDesc(CONTENT_COLUMNS);
	for (int i = 0; i < CONTENT_COLUMNS; i++)
	{
		const ClAppendColumn *column = &decision_columns[OUT_RUN + i];

		TupleDescInitEntry(desc, (AttrNumber) (i + 1), column->name, column->type, -1, 0);
	}
	columns = cl_canonical_columns(desc, CONTENT_COLUMNS);
	FreeTupleDesc(desc);
	MemoryContextSwitchTo(old);
	return columns;
}

static Oid
book_table(const text *book, const char *name)
{
	char	   *schema = text_to_cstring(book);
	Oid			table = get_relname_relid(name, get_namespace_oid(schema, false));

	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("book \"%s\" has no table \"%s\"", schema, name),
				 errhint("credit_limit.create_book() makes the tables that are missing.")));
	return table;
}

static void
check_arguments(FunctionCallInfo fcinfo)
{
	bytea	   *previous;

	for (int i = ARG_BOOK; i < ARG_LOCKED; i++)
	{
		if (PG_ARGISNULL(i) && (i <= ARG_AS_OF || i > ARG_BORROWERS))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d of write_decisions must not be NULL", i + 1)));
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
}

static void
read_locked(Seal *seal, ArrayType *locked)
{
	if (locked == NULL)
		return;
	if (ARR_NDIM(locked) > 1 || array_contains_nulls(locked))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the borrowers that are locked must be a plain list")));
	seal->locked = (const int64 *) ARR_DATA_PTR(locked);
	seal->locked_count = ArrayGetNItems(ARR_NDIM(locked), ARR_DIMS(locked));
}

static Seal *
begin_seal(FunctionCallInfo fcinfo)
{
	Seal	   *seal = palloc0_object(Seal);

	seal->context = CurrentMemoryContext;
	seal->book = PG_GETARG_TEXT_PP(ARG_BOOK);
	seal->lane = PG_GETARG_INT32(ARG_LANE);
	seal->place = seal->first_place = PG_GETARG_INT64(ARG_PLACE);
	memcpy(seal->hash.bytes, VARDATA_ANY(PG_GETARG_BYTEA_PP(ARG_HASH)), HASH_BYTES);
	SET_VARSIZE(&seal->previous, VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(&seal->hash, VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(&seal->input_hash, VARHDRSZ + HASH_BYTES);
	SET_VARSIZE(&seal->salt, VARHDRSZ + SALT_BYTES);
	initStringInfo(&seal->inputs);
	appendStringInfoSpaces(&seal->inputs, VARHDRSZ);
	initStringInfo(&seal->content);
	seal->content_columns = content_columns();
	read_locked(seal, PG_ARGISNULL(ARG_LOCKED) ? NULL : PG_GETARG_ARRAYTYPE_P(ARG_LOCKED));
	put(seal, OUT_SOURCE, PG_GETARG_DATUM(ARG_SOURCE));
	put(seal, OUT_AS_OF, PG_GETARG_DATUM(ARG_AS_OF));
	/* The borrowers are locked by now: of two decisions on one the later has the later time. */
	put(seal, OUT_DECIDED_AT, TimestampTzGetDatum(GetCurrentTimestamp()));
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

static void
seal_query(Seal *seal, FunctionCallInfo fcinfo)
{
	MemoryContext batch = AllocSetContextCreate(seal->context, "sealed decisions", ALLOCSET_DEFAULT_SIZES);
	Portal		portal = open_query(fcinfo);
	Datum		as_of = PG_GETARG_DATUM(ARG_AS_OF);

	seal->decisions = cl_append_begin(book_table(seal->book, "decision"), decision_columns, OUT_COLUMNS, OUT_AS_OF, as_of);
	seal->evidence = cl_append_begin(book_table(seal->book, "decision_evidence"), evidence_columns, EVIDENCE_COLUMNS,
									 EVIDENCE_AS_OF, as_of);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, BATCH);
		if (SPI_processed == 0)
			break;
		seal_batch(seal, batch);
	}
	SPI_cursor_close(portal);
	cl_append_end(seal->evidence);
	cl_append_end(seal->decisions);
	MemoryContextDelete(batch);
}

static Datum
array_or_empty(ArrayBuildState *state, Oid type)
{
	return state == NULL ? PointerGetDatum(construct_empty_array(type)) : makeArrayResult(state, CurrentMemoryContext);
}

/*
 * (book text, query text, as_of date, lowest bigint, highest bigint, turn int, run bigint, borrowers bigint[], source text,
 * lane int, place bigint, previous_hash bytea, locked bigint[]) -> (decisions bigint, hash bytea, accounts bigint[],
 * limits numeric[], frozen boolean[])
 *
 * The arguments from as_of to borrowers are the parameters of the query. It reads what the calling statement sees.
 */
Datum
cl_write_decisions(PG_FUNCTION_ARGS)
{
	Seal	   *seal;
	TupleDesc	desc;
	Datum		values[ANSWER_COLUMNS];
	bool		nulls[ANSWER_COLUMNS] = {false};

	check_arguments(fcinfo);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != ANSWER_COLUMNS)
		elog(ERROR, "write_decisions does not return %d columns", ANSWER_COLUMNS);
	seal = begin_seal(fcinfo);
	SPI_connect();
	cl_begin_writing(book_table(seal->book, "decision"));
	seal_query(seal, fcinfo);
	SPI_finish();
	pg_cryptohash_free(seal->sha);
	values[ANSWER_DECISIONS] = Int64GetDatum(seal->place - seal->first_place);
	values[ANSWER_HASH] = PointerGetDatum(&seal->hash);
	values[ANSWER_ACCOUNTS] = array_or_empty(seal->accounts, INT8OID);
	values[ANSWER_LIMITS] = array_or_empty(seal->limits, NUMERICOID);
	values[ANSWER_FROZEN] = array_or_empty(seal->frozen, BOOLOID);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
