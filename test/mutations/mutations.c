/*
 * mutations.c
 *	  A function for test/t/008_mutations.pl only: changes texts or bytes of a type at random, reads them, and uses what was read.
 *
 * It is in C because a million values of a type are tried: the reading of one takes microseconds, a statement would take as many
 * milliseconds.
 */
#include "postgres.h"

#include <ctype.h>
#include <time.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "pg/compat.h"

PG_MODULE_MAGIC;

/* Processor seconds that no value may take. */
#define TOO_LONG 5
/* More are not needed. */
#define MOST_PROBLEMS 1000

static pg_prng_state dice;

static int64
below(int64 n)
{
	return n > 1 ? (int64) pg_prng_uint64_range(&dice, 0, n - 1) : 0;
}

#define ANY(array) ((array)[below(lengthof(array))])

/*
 * Texts: JSON, changed token by token
 */

typedef struct Token
{
	const char *at;
	int			length;
} Token;

typedef struct Tokens
{
	Token	   *token;
	int			n;
	int			capacity;
} Tokens;

static void
make_room(Tokens *tokens, int more)
{
	if (tokens->n + more > tokens->capacity)
	{
		tokens->capacity = 2 * (tokens->n + more);
		tokens->token = repalloc(tokens->token, tokens->capacity * sizeof(Token));
	}
}

static Tokens
tokens_of(const char *text)
{
	Tokens		tokens = {palloc(64 * sizeof(Token)), 0, 64};

	while (*text)
	{
		const char *end = text + 1;

		if (*text == '"')
		{
			while (*end && *end != '"')
				end += *end == '\\' && end[1] ? 2 : 1;
			end += *end == '"';
		}
		else if (*text == '-' || isdigit((unsigned char) *text))
			end += strspn(end, "0123456789.eE+-");
		else if (islower((unsigned char) *text))
			end += strspn(end, "abcdefghijklmnopqrstuvwxyz");
		else
			end += strspn(end, " ");
		make_room(&tokens, 1);
		tokens.token[tokens.n++] = (Token) {text, end - text};
		text = end;
	}
	return tokens;
}

/* "count" tokens from "from" in place of "old" ones at "at". They may be the same tokens'. */
static void
put(Tokens *tokens, int at, int old, const Token *from, int count)
{
	Token	   *copy = palloc(count * sizeof(Token));

	memcpy(copy, from, count * sizeof(Token));
	old = Min(old, tokens->n - at);
	make_room(tokens, count);
	memmove(tokens->token + at + count, tokens->token + at + old, (tokens->n - at - old) * sizeof(Token));
	memcpy(tokens->token + at, copy, count * sizeof(Token));
	tokens->n += count - old;
}

static bool
is_value(const Token *token)
{
	return *token->at == '"' || *token->at == '-' || isdigit((unsigned char) *token->at);
}

static bool
is_comma(const Token *token)
{
	return *token->at == ',';
}

/* The place of one that is of a kind, or -1. */
static int
any_of(const Tokens *tokens, bool (*kind) (const Token *))
{
	int			found = -1,
				n = 0;

	for (int i = 0; i < tokens->n; i++)
		if (kind(&tokens->token[i]) && below(++n) == 0)
			found = i;
	return found;
}

static Token
any_literal(void)
{
	static const char *const literals[] = {"0", "-0.0", "1", "-1", "2", "0.5", "1e-320", "1e-9", "255", "256", "65535", "65536",
		"2147483647", "2147483648", "-2147483649", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "1e15", "1e100", "1e300", "-1e300", "1.7976931348623157e308", "1e309", "0.1000000000000000055",
		"170141183460469231731687303715884105728", "0.01", "0.005", "1e-1000000", "1e131071", "\"Infinity\"", "\"-Infinity\"",
		"\"NaN\"", "null", "true", "\"\"", "[]", "{}", "\"x\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\u00e9\"", "\"a\\\"\\\\\\n\"",
		"\"1\"", "\" 1\"", "\"2024-02-30\"", "\"infinity\""};
	const char *literal = ANY(literals);

	return (Token) {literal, strlen(literal)};
}

static void
mutate_text(StringInfo text, const char *other)
{
	Tokens		mine = tokens_of(text->data);
	const Tokens theirs = tokens_of(other);
	const int	steps[] = {1, 1, 2, 3},
				few[] = {1, 2, 4, 6};
	StringInfoData result;

	for (int step = ANY(steps); step > 0 && mine.n > 0; step--)
	{
		int			at = below(mine.n),
					count = ANY(few);
		Token		new;

		switch (below(9))
		{
			case 0:				/* a whole number that is one more or less */
				if ((at = any_of(&mine, is_value)) >= 0 && *mine.token[at].at != '"')
				{
					new.at = psprintf(INT64_FORMAT, (int64) strtoll(mine.token[at].at, NULL, 10) + (below(2) ? 1 : -1));
					new.length = strlen(new.at);
					mine.token[at] = new;
				}
				break;
			case 1:				/* another value in its place */
			case 2:
				if ((at = any_of(&mine, is_value)) >= 0)
					mine.token[at] = any_literal();
				break;
			case 3:
				put(&mine, at, count, NULL, 0);
				break;
			case 4:				/* some that are there twice */
				put(&mine, at, 0, mine.token + at, Min(count, mine.n - at));
				break;
			case 5:
				if (theirs.n > 0)
					mine.token[at] = theirs.token[below(theirs.n)];
				break;
			case 6:				/* two that change places */
				count = below(mine.n);
				new = mine.token[at];
				mine.token[at] = mine.token[count];
				mine.token[count] = new;
				break;
			case 7:				/* a byte inside of one */
				new.length = mine.token[at].length;
				new.at = pnstrdup(mine.token[at].at, new.length);
				((char *) new.at)[below(new.length)] = 1 + below(255);
				mine.token[at] = new;
				break;
			default:			/* an item of an array or object: dropped, or there twice */
				at = any_of(&mine, is_comma);
				count = any_of(&mine, is_comma) - at;
				if (at >= 0 && count > 0)
				{
					bool		twice = below(2);

					put(&mine, at, twice ? 0 : count, mine.token + at, twice ? count : 0);
				}
		}
	}
	initStringInfo(&result);
	for (int i = 0; i < mine.n; i++)
		appendBinaryStringInfo(&result, mine.token[i].at, mine.token[i].length);
	*text = result;
}

/*
 * Bytes
 */

static const uint64 fields[] = {0, 1, 4, 10, 100, -1, INT64CONST(0x7fffffffffffffff), UINT64CONST(0x8000000000000000),
	INT64CONST(1) << 40, INT64CONST(1) << 53, UINT64CONST(0x7ff0000000000000), UINT64CONST(0xfff0000000000000),
	UINT64CONST(0x7ff8000000000000), UINT64CONST(0x3ff8000000000000), UINT64CONST(0x7e37e43c8800759c), 2024};
static const uint32 counts[] = {0, 1, 2, 3, 255, 0x7fffffff, 0x80000000, 0xffffffff};
static const uint8 bytes[] = {0, 1, 2, 3, 4, 127, 128, 255};
static const int lengths[] = {1, 4, 8, 24};

/* "new" bytes in place of "old" ones. */
static void
exchange(StringInfo buf, int at, int old, const void *from, int new)
{
	char	   *copy = palloc(new + 1);

	memcpy(copy, from, new);
	old = Min(old, buf->len - at);
	enlargeStringInfo(buf, new);
	memmove(buf->data + at + new, buf->data + at + old, buf->len - at - old);
	memcpy(buf->data + at, copy, new);
	buf->len += new - old;
	buf->data[buf->len] = '\0';
}

static void
mutate_bytes(StringInfo buf, const char *other, int other_length)
{
	const int	steps[] = {1, 1, 2, 3};

	for (int step = ANY(steps); step > 0 && buf->len > 0; step--)
	{
		int			at = below(buf->len),
					length = ANY(lengths);
		uint64		field = pg_hton64(ANY(fields));
		uint32		count = pg_hton32(ANY(counts));

		switch (below(9))
		{
			case 0:
				buf->data[at] ^= 1 << below(8);
				break;
			case 1:
				buf->data[at] = ANY(bytes);
				break;
			case 2:
				exchange(buf, at, sizeof(field), &field, sizeof(field));
				break;
			case 3:
				exchange(buf, at, sizeof(count), &count, sizeof(count));
				break;
			case 4:
				if (below(3) == 0)
					exchange(buf, at, buf->len - at, NULL, 0);
				break;
			case 5:				/* there twice */
				exchange(buf, at, 0, buf->data + at, Min(length, buf->len - at));
				break;
			case 6:
				exchange(buf, at, length, NULL, 0);
				break;
			case 7:				/* one more or less */
				buf->data[at] += below(2) ? 1 : -1;
				break;
			default:			/* the other's */
				if (at < other_length)
					exchange(buf, at, length, other + at, Min(length, other_length - at));
		}
	}
}

/*
 * Reading and using
 */

typedef struct Type
{
	Oid			oid;
	Oid			io_parameter;
	FmgrInfo	in;
	FmgrInfo	out;
	FmgrInfo	receive;
	FmgrInfo	send;
} Type;

typedef struct Trial
{
	const char *name;
	Type		type;
	bool		binary;
	StringInfo	given;			/* the mutant */
	Datum		value;			/* what it was read as */
	SPIPlanPtr	call;			/* now tried; NULL while it is read */
	int			n_checks;
	int			n_queries;		/* the checks, then the calls */
	const char **query;
	SPIPlanPtr *plan;
	SPIPlanPtr	keep;
	SPIPlanPtr	complain;
	int			n_problems;
	HTAB	   *seen;			/* hashes of accepted values */
	StringInfoData pool[64];	/* mutants that were accepted */
} Trial;

static Datum
read_bytes(Type *type, StringInfo given)
{
	StringInfoData buf;
	Datum		value;

	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, given->data, given->len);
	value = ReceiveFunctionCall(&type->receive, &buf, type->io_parameter, -1);
	/* As COPY asks. */
	if (buf.cursor != buf.len)
		ereport(ERROR, errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("bytes are left over"));
	return value;
}

static void
read_value(Trial *trial)
{
	if (trial->binary)
		trial->value = read_bytes(&trial->type, trial->given);
	else
	{
		/* As a client's texts are looked at. */
		pg_verifymbstr(trial->given->data, trial->given->len, false);
		trial->value = InputFunctionCall(&trial->type.in, trial->given->data, trial->type.io_parameter, -1);
	}
	/* As it is stored. */
	trial->value = datumCopy(trial->value, false, -1);
}

/* Through its text and its bytes it is itself. */
static void
come_back(Trial *trial)
{
	char	   *text = OutputFunctionCall(&trial->type.out, trial->value);
	bytea	   *sent = SendFunctionCall(&trial->type.send, trial->value);
	StringInfoData buf = {VARDATA(sent), VARSIZE(sent) - VARHDRSZ, 0, 0};

	if (!datum_image_eq(InputFunctionCall(&trial->type.in, text, trial->type.io_parameter, -1), trial->value, false, -1))
		elog(ERROR, "another value from its text %s", text);
	if (!datum_image_eq(read_bytes(&trial->type, &buf), trial->value, false, -1))
		elog(ERROR, "another value from its bytes");
}

static void
make_call(Trial *trial)
{
	MemoryContext context = CurrentMemoryContext;
	TupleDesc	columns;

	if (SPI_execute_plan(trial->call, &trial->value, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "no answer");
	MemoryContextSwitchTo(context);
	columns = SPI_tuptable->tupdesc;
	if (SPI_gettypeid(columns, 1) == BOOLOID && strcmp(SPI_getvalue(SPI_tuptable->vals[0], columns, 1), "t") != 0)
		elog(ERROR, "not true");
	SPI_freetuptable(SPI_tuptable);
}

/* What "action" did not allow is said as a problem; true if it came to its end. */
static bool
attempt(Trial *trial, void (*action) (Trial *), bool may_refuse, const char **problem)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool good = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		action(trial);
		ReleaseCurrentSubTransaction();
		good = true;
	}
	PG_CATCH();
	{
		ErrorData  *error;
		int			code;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		code = error->sqlerrcode;
		if (code == ERRCODE_QUERY_CANCELED || code == ERRCODE_ADMIN_SHUTDOWN)
			ReThrowError(error);
		if (!may_refuse || (ERRCODE_TO_CATEGORY(code) != ERRCODE_DATA_EXCEPTION && code != ERRCODE_PROTOCOL_VIOLATION &&
							ERRCODE_TO_CATEGORY(code) != ERRCODE_PROGRAM_LIMIT_EXCEEDED &&
							(trial->call == NULL || (code != ERRCODE_CARDINALITY_VIOLATION && code != ERRCODE_UNDEFINED_COLUMN &&
													 code != ERRCODE_DATATYPE_MISMATCH &&
													 code != ERRCODE_FEATURE_NOT_SUPPORTED))))
			*problem = psprintf("%s %s", unpack_sql_state(code), error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return good;
}

static SPIPlanPtr
prepared(const char *query, int n, Oid *types)
{
	SPIPlanPtr	plan = SPI_prepare(query, n, types);

	if (plan == NULL)
		elog(ERROR, "cannot prepare %s", query);
	return plan;
}

static Datum *
array_items(ArrayType *array, Oid type, int *n)
{
	Datum	   *item;

	deconstruct_array(array, type, -1, false, TYPALIGN_INT, &item, NULL, n);
	return item;
}

static void
look_up(Type *type, Oid oid)
{
	Oid			function;
	bool		varlena;

	type->oid = oid;
	getTypeInputInfo(oid, &function, &type->io_parameter);
	fmgr_info(function, &type->in);
	getTypeBinaryInputInfo(oid, &function, &type->io_parameter);
	fmgr_info(function, &type->receive);
	getTypeOutputInfo(oid, &function, &varlena);
	fmgr_info(function, &type->out);
	getTypeBinaryOutputInfo(oid, &function, &varlena);
	fmgr_info(function, &type->send);
}

static void
try_one(Trial *trial)
{
	const char *problem = NULL;
	clock_t		started = clock();
	uint64		key;
	bool		known = true;
	MemoryContext context = CurrentMemoryContext;

	CHECK_FOR_INTERRUPTS();
	trial->call = NULL;
	if (attempt(trial, read_value, true, &problem))
	{
		key = hash_bytes_extended((unsigned char *) DatumGetPointer(trial->value), VARSIZE(DatumGetPointer(trial->value)), 0);
		hash_search(trial->seen, &key, HASH_ENTER, &known);
	}
	if (!known && attempt(trial, come_back, false, &problem))
	{
		StringInfo	place = &trial->pool[below(lengthof(trial->pool))];

		if (trial->given->len < 4096)
		{
			resetStringInfo(place);
			appendBinaryStringInfo(place, trial->given->data, trial->given->len);
		}
		SPI_execute_plan(trial->keep, &trial->value, NULL, false, 0);
		MemoryContextSwitchTo(context);
		for (int i = 0; i < trial->n_queries && problem == NULL; i++)
		{
			trial->call = trial->plan[i];
			attempt(trial, make_call, i >= trial->n_checks, &problem);
			if (problem)
				problem = psprintf("%s: %s", trial->query[i], problem);
		}
	}
	if (clock() - started >= TOO_LONG * CLOCKS_PER_SEC)
		problem = psprintf("took %d seconds", (int) ((clock() - started) / CLOCKS_PER_SEC));
	if (problem)
	{
		Datum		values[] = {CStringGetTextDatum(trial->name), CStringGetTextDatum(trial->binary ? "bytes" : "text"),
			CStringGetTextDatum(problem), PointerGetDatum(cstring_to_text_with_len(trial->given->data, trial->given->len))};

		trial->n_problems++;
		SPI_execute_plan(trial->complain, values, NULL, false, 0);
	}
}

static StringInfo
copied(Datum seed)
{
	bytea	   *bytes = DatumGetByteaPP(seed);
	StringInfo	copy = makeStringInfo();

	appendBinaryStringInfo(copy, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	return copy;
}

/* SPI leaves another context than it found. */
static void
start_afresh(MemoryContext context)
{
	MemoryContextSwitchTo(context);
	MemoryContextReset(context);
}

/* Cut after each byte, and each byte replaced by some other; and as it is. */
static void
try_in_turn(Trial *trial, Datum seed, MemoryContext context)
{
	int			length = copied(seed)->len;

	for (int at = 0; at <= length && trial->n_problems < MOST_PROBLEMS; at++)
	{
		for (int changed = 0; changed < (at < length ? 2 : 1); changed++)
		{
			start_afresh(context);
			trial->given = copied(seed);
			if (changed)
				trial->given->data[at] = ANY(bytes);
			else
				exchange(trial->given, at, length - at, "", 0);
			try_one(trial);
		}
	}
}

/* What was accepted is changed again, half of the time: so changes add up. */
static void
try_at_random(Trial *trial, Datum *seed, int n_seeds)
{
	StringInfo	parent[2];

	for (int i = 0; i < 2; i++)
	{
		StringInfo	from = &trial->pool[below(lengthof(trial->pool))];

		parent[i] = copied(seed[below(n_seeds)]);
		if (from->len > 0 && below(2))
		{
			resetStringInfo(parent[i]);
			appendBinaryStringInfo(parent[i], from->data, from->len);
		}
	}
	if (trial->binary)
		mutate_bytes(parent[0], parent[1]->data, parent[1]->len);
	else
		mutate_text(parent[0], parent[1]->data);
	trial->given = parent[0];
	try_one(trial);
}

/*
 * try_mutants(name text, type regtype, is_binary boolean, seeds bytea[], tries bigint, seed bigint, checks text[], calls text[]):
 * checks are queries of $1 that must not fail, calls may refuse it. What is accepted goes into table accepted_<name>, what is
 * wrong into table problem.
 */
PG_FUNCTION_INFO_V1(try_mutants);
Datum
try_mutants(PG_FUNCTION_ARGS)
{
	Trial	   *trial = palloc0_object(Trial);
	int64		tries = PG_GETARG_INT64(4);
	int			n_seeds,
				n_calls;
	Datum	   *seed = array_items(PG_GETARG_ARRAYTYPE_P(3), BYTEAOID, &n_seeds),
			   *check = array_items(PG_GETARG_ARRAYTYPE_P(6), TEXTOID, &trial->n_checks),
			   *call = array_items(PG_GETARG_ARRAYTYPE_P(7), TEXTOID, &n_calls);
	Oid			problem_types[] = {TEXTOID, TEXTOID, TEXTOID, BYTEAOID};
	HASHCTL		control = {.keysize = sizeof(uint64), .entrysize = sizeof(uint64)};
	MemoryContext outer,
				context;

	trial->name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	look_up(&trial->type, PG_GETARG_OID(1));
	trial->binary = PG_GETARG_BOOL(2);
	pg_prng_seed(&dice, PG_GETARG_INT64(5));
	SPI_connect();
	outer = CurrentMemoryContext;
	context = AllocSetContextCreate(outer, "mutant", ALLOCSET_DEFAULT_SIZES);
	trial->seen = hash_create("mutants", 1024, &control, HASH_ELEM | HASH_BLOBS);
	trial->n_queries = trial->n_checks + n_calls;
	trial->plan = palloc_array(SPIPlanPtr, trial->n_queries);
	trial->query = palloc_array(const char *, trial->n_queries);
	for (int i = 0; i < trial->n_queries; i++)
	{
		trial->query[i] = TextDatumGetCString(i < trial->n_checks ? check[i] : call[i - trial->n_checks]);
		trial->plan[i] = prepared(trial->query[i], 1, &trial->type.oid);
	}
	trial->keep = prepared(psprintf("INSERT INTO accepted_%s VALUES ($1)", trial->name), 1, &trial->type.oid);
	trial->complain = prepared("INSERT INTO problem VALUES ($1, $2, $3, $4)", 4, problem_types);
	for (size_t i = 0; i < lengthof(trial->pool); i++)
		initStringInfo(&trial->pool[i]);

	MemoryContextSwitchTo(context);
	/* A text that is cut is no JSON. */
	for (int i = 0; trial->binary && i < n_seeds; i++)
		try_in_turn(trial, seed[i], context);
	for (int64 i = 0; i < tries && trial->n_problems < MOST_PROBLEMS; i++)
	{
		start_afresh(context);
		try_at_random(trial, seed, n_seeds);
	}
	MemoryContextSwitchTo(outer);
	SPI_finish();
	PG_RETURN_VOID();
}
