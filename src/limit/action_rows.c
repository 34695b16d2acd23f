/*
 * action_rows.c
 *	  Reading the actions of accounts: see action_rows.h.
 */
#include "postgres.h"

#include "core/sort.h"
#include "limit/action_rows.h"
#include "pg/memory.h"
#include "pg/numeric.h"

#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "common/cryptohash.h"
#include "common/sha2.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

/* Differences of two amounts fit 64 bits. */
#define LARGEST (INT64CONST(1) << 62)

typedef struct Reader
{
	ClActionRows *rows;
	int			width;			/* 1 + budgets */
	size_t		room;
	int64	   *amount;
	int64	   *group_of_row;
	bool		in_order;
} Reader;

static const char *const column_names[] = {"account_id", "action", "value", "uses"};

/*
 * Columns
 */

static void
wrong_query(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s must return account_id, action, value and uses", CL_ACTION_QUERY),
			 errdetail("%s", detail),
			 errhint("For example: SELECT account_id, action, value, ARRAY[exposure, expected_loss] FROM action")));
}

static bool
is_number(Oid type)
{
	return type == NUMERICOID || type == FLOAT8OID || type == FLOAT4OID || type == INT8OID || type == INT4OID || type == INT2OID;
}

/* The place of a column by its name, -1 where there is none; an account may also be called "group". */
static int
place_of(TupleDesc desc, int column)
{
	int			place = cl_query_column(desc, column_names[column]);

	return place < 0 && column == 0 ? cl_query_column(desc, "group") : place;
}

/* The places of the four columns: by name, or, of four that have none of these names at another place, by place. */
static void
find_columns(TupleDesc desc, int place[4])
{
	bool		by_name = true;
	Oid			type[4];

	for (int i = 0; i < 4; i++)
		by_name &= place_of(desc, i) >= 0;
	for (int i = 0; i < 4; i++)
	{
		int			named = place_of(desc, i);

		if (!by_name && desc->natts != 4)
			wrong_query(psprintf("It returns %d columns, not all of these among them.", desc->natts));
		if (!by_name && named >= 0 && named != i)
			wrong_query(psprintf("Its columns lack some of these names, and %s is column %d.",
								 NameStr(TupleDescAttr(desc, named)->attname), named + 1));
		place[i] = by_name ? named : i;
		type[i] = getBaseType(TupleDescAttr(desc, place[i])->atttypid);
	}
	for (int i = 0; i < 2; i++)
	{
		if (type[i] != INT8OID && type[i] != INT4OID && type[i] != INT2OID)
			wrong_query(psprintf("Its column %s is of type %s; it must be an integer.", column_names[i],
								 format_type_be(type[i])));
	}
	if (!is_number(type[2]))
		wrong_query(psprintf("Its column value is of type %s; it must be a number.", format_type_be(type[2])));
	if (!is_number(get_element_type(type[3])))
		wrong_query(psprintf("Its column uses is of type %s; it must be an array of numbers.", format_type_be(type[3])));
}

/* The query around that of the caller, whose columns may have any names, and some the same. */
static char *
action_query(const ClQuery *query)
{
	StringInfoData out;
	int			place[4];

	find_columns(query->desc, place);
	initStringInfo(&out);
	appendStringInfo(&out, "SELECT (q.c%d)::pg_catalog.int8, (q.c%d)::pg_catalog.int4, (q.c%d)::pg_catalog.numeric, "
					 "(q.c%d)::pg_catalog.numeric[] FROM (\n%s\n) AS q (", place[0], place[1], place[2], place[3], query->text);
	for (int i = 0; i < query->desc->natts; i++)
		appendStringInfo(&out, "%sc%d", i > 0 ? ", " : "", i);
	appendStringInfoChar(&out, ')');
	return out.data;
}

/*
 * Amounts
 */

static void
bad_amount(int64 group, const char *what, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("%s of an action is out of range", what),
			 errdetail("Account " INT64_FORMAT ": %s.", group, detail),
			 errhint("Amounts count to %d decimals and are finite; scale them, or round them to fewer.", CL_ACTION_DECIMALS)));
}

/* Amounts of a column have the decimals of the finest so far: those that are there become as fine. */
static void
refine(Reader *reader, int column, int decimals, int64 group)
{
	ClActions  *actions = &reader->rows->actions;
	int64		factor = (int64) cl_pow10_64[decimals - actions->decimals[column]];

	if (actions->largest[column] > LARGEST / factor)
		bad_amount(group, column == 0 ? "value" : "use", "together with larger ones it has too many decimals");
	for (size_t row = 0; row < actions->rows; row++)
		reader->amount[row * reader->width + column] *= factor;
	actions->largest[column] *= factor;
	actions->decimals[column] = decimals;
}

static int64
read_amount(Reader *reader, Datum value, int column, int64 group)
{
	ClActions  *actions = &reader->rows->actions;
	const char *what = column == 0 ? "value" : "use";
	ClNumericView view;
	int64		minor = 0;
	int			decimals;

	if (!cl_numeric_fast_path(value, actions->decimals[column], &minor))
	{
		cl_numeric_open(value, &view);
		if (view.status != CL_NUMERIC_OK)
			bad_amount(group, what, cl_numeric_string(value));
		decimals = cl_numeric_decimals(&view);
		if (decimals > CL_ACTION_DECIMALS)
		{
			value = DirectFunctionCall2(numeric_round, value, Int32GetDatum(CL_ACTION_DECIMALS));
			cl_numeric_open(value, &view);
			decimals = cl_numeric_decimals(&view);
		}
		if (decimals > actions->decimals[column])
			refine(reader, column, decimals, group);
		if (cl_numeric_minor_view(&view, actions->decimals[column], &minor) != CL_NUMERIC_OK)
			bad_amount(group, what, cl_numeric_string(value));
	}
	if (minor > LARGEST || minor < -LARGEST)
		bad_amount(group, what, cl_numeric_string(value));
	actions->largest[column] = Max(actions->largest[column], minor < 0 ? -minor : minor);
	return minor;
}

static void
read_uses(Reader *reader, ArrayType *array, int64 group, int64 *amount)
{
	char	   *data = ARR_DATA_PTR(array);

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != reader->width - 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("uses must have one number for each budget"),
				 errdetail("Account " INT64_FORMAT " has an array of %d, or a NULL in it; the number of budgets is %d.", group,
						   ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)), reader->width - 1),
				 errhint("What an action does not use is 0.")));
	for (int k = 1; k < reader->width; k++)
	{
		amount[k] = read_amount(reader, PointerGetDatum(data), k, group);
		data += VARSIZE_ANY(data);
		data = (char *) att_align_nominal(data, TYPALIGN_INT);
	}
}

/*
 * Rows
 */

static void
make_room(Reader *reader)
{
	ClActionRows *rows = reader->rows;

	if (rows->actions.rows < reader->room)
		return;
	reader->room = Max(1024, 2 * reader->room);
	reader->amount = cl_reallocate(&rows->memory, reader->amount, reader->room * reader->width * sizeof(int64));
	reader->group_of_row = cl_reallocate(&rows->memory, reader->group_of_row, reader->room * sizeof(int64));
	rows->action = cl_reallocate(&rows->memory, rows->action, reader->room * sizeof(int32));
}

static void
receive(void *data, const Datum *value, const bool *isnull)
{
	Reader	   *reader = data;
	ClActionRows *rows = reader->rows;
	size_t		row = rows->actions.rows;
	int64		amount[1 + CL_ACTION_BUDGETS];
	int64		group = isnull[0] ? 0 : DatumGetInt64(value[0]);

	for (int i = 0; i < 4; i++)
	{
		if (isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s of an action must not be NULL", column_names[i]),
					 i > 0 ? errdetail("Account " INT64_FORMAT " has such a row.", group) : errdetail("Some row has none."),
					 errhint("Leave out the action, or the account.")));
	}
	amount[0] = read_amount(reader, value[2], 0, group);
	read_uses(reader, DatumGetArrayTypeP(value[3]), group, amount);
	make_room(reader);
	memcpy(&reader->amount[row * reader->width], amount, reader->width * sizeof(int64));
	reader->group_of_row[row] = group;
	rows->action[row] = DatumGetInt32(value[1]);
	if (row > 0 && (group < reader->group_of_row[row - 1] ||
					(group == reader->group_of_row[row - 1] && rows->action[row] <= rows->action[row - 1])))
		reader->in_order = false;
	rows->actions.rows++;
}

/* Rows by group, and those of a group by action. */
static void
sort_rows(Reader *reader)
{
	ClActionRows *rows = reader->rows;
	size_t		n = rows->actions.rows;
	ClKeyed    *keyed = cl_allocate(&rows->memory, n * sizeof(ClKeyed));
	int64	   *amount = cl_allocate(&rows->memory, n * reader->width * sizeof(int64));
	int64	   *group = cl_allocate(&rows->memory, n * sizeof(int64));
	int32	   *action = cl_allocate(&rows->memory, n * sizeof(int32));

	for (size_t i = 0; i < n; i++)
		keyed[i] = (ClKeyed) {(uint64) reader->group_of_row[i] ^ (UINT64CONST(1) << 63), i};
	cl_sort_keyed(&rows->memory, keyed, n);
	for (size_t i = 0; i < n; i++)
	{
		ClKeyed		moved = keyed[i];
		size_t		at = i;

		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		for (; at > 0 && keyed[at - 1].key == moved.key && rows->action[keyed[at - 1].row] > rows->action[moved.row]; at--)
			keyed[at] = keyed[at - 1];
		keyed[at] = moved;
	}
	for (size_t i = 0; i < n; i++)
	{
		memcpy(&amount[i * reader->width], &reader->amount[keyed[i].row * reader->width], reader->width * sizeof(int64));
		group[i] = reader->group_of_row[keyed[i].row];
		action[i] = rows->action[keyed[i].row];
	}
	pfree(keyed);
	pfree(reader->amount);
	pfree(reader->group_of_row);
	pfree(rows->action);
	reader->amount = amount;
	reader->group_of_row = group;
	rows->action = action;
}

static void
open_reader(Reader *reader, ClActionRows *rows, int budgets)
{
	memset(rows, 0, sizeof(*rows));
	rows->memory = cl_memory_here();
	rows->actions.memory = &rows->memory;
	rows->actions.budgets = budgets;
	*reader = (Reader) {.rows = rows, .width = 1 + budgets, .in_order = true};
}

/* Where accounts begin. */
static void
close_reader(Reader *reader)
{
	ClActionRows *rows = reader->rows;
	size_t		n = rows->actions.rows;
	size_t		accounts = 0;
	size_t	   *first;

	if (!reader->in_order)
		sort_rows(reader);
	for (size_t i = 0; i < n; i++)
	{
		bool		same = i > 0 && reader->group_of_row[i] == reader->group_of_row[i - 1];

		accounts += !same;
		if (same && rows->action[i] == rows->action[i - 1])
			ereport(ERROR,
					(errcode(ERRCODE_CARDINALITY_VIOLATION),
					 errmsg("an account must have an action once"),
					 errdetail("Account " INT64_FORMAT " has action %d twice.", reader->group_of_row[i], rows->action[i]),
					 errhint("Number the actions of an account.")));
	}
	first = cl_allocate(&rows->memory, (accounts + 1) * sizeof(size_t));
	rows->group = cl_allocate(&rows->memory, accounts * sizeof(int64));
	accounts = 0;
	for (size_t i = 0; i < n; i++)
	{
		if (i == 0 || reader->group_of_row[i] != reader->group_of_row[i - 1])
		{
			rows->group[accounts] = reader->group_of_row[i];
			first[accounts++] = i;
		}
	}
	first[accounts] = n;
	if (reader->group_of_row != NULL)
		pfree(reader->group_of_row);
	rows->actions.accounts = accounts;
	rows->actions.first = first;
	rows->actions.amount = reader->amount;
}

void
cl_action_rows_read(ClActionRows *rows, const char *text, int budgets)
{
	static Oid	types[] = {INT8OID, INT4OID, NUMERICOID, InvalidOid};
	ClQuery		query;
	Reader		reader;

	cl_query_open(&query, text, CL_ACTION_QUERY);
	open_reader(&reader, rows, budgets);
	types[3] = get_array_type(NUMERICOID);
	cl_query_scan(cl_query_prepare(action_query(&query), CL_ACTION_QUERY, 0, NULL), CL_ACTION_QUERY, 4, types, receive,
				  &reader);
	close_reader(&reader);
}

void
cl_action_rows_of_arrays(ClActionRows *rows, ArrayType *values, ArrayType *uses, int budgets)
{
	Reader		reader;
	Datum	   *value;
	Datum	   *use;
	int			n;
	int			n_uses;

	if (ARR_NDIM(values) != 1 || array_contains_nulls(values) || array_contains_nulls(uses) || ARR_NDIM(uses) != 2 ||
		ARR_DIMS(uses)[0] != ARR_DIMS(values)[0] || ARR_DIMS(uses)[1] != budgets)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("uses must have a row for each value, and in it a number for each price"),
				 errdetail("Or there is a NULL."),
				 errhint("For two actions and one budget: best_action(ARRAY[0, 7.5], ARRAY[[0], [100]], ARRAY[0.05]).")));
	deconstruct_array(values, NUMERICOID, -1, false, TYPALIGN_INT, &value, NULL, &n);
	deconstruct_array(uses, NUMERICOID, -1, false, TYPALIGN_INT, &use, NULL, &n_uses);
	open_reader(&reader, rows, budgets);
	for (int i = 0; i < n; i++)
	{
		int64		amount[1 + CL_ACTION_BUDGETS];

		amount[0] = read_amount(&reader, value[i], 0, 0);
		for (int k = 0; k < budgets; k++)
			amount[1 + k] = read_amount(&reader, use[i * budgets + k], 1 + k, 0);
		make_room(&reader);
		memcpy(&reader.amount[i * reader.width], amount, reader.width * sizeof(int64));
		reader.group_of_row[i] = 0;
		rows->action[i] = i + 1;
		rows->actions.rows++;
	}
	close_reader(&reader);
}

/*
 * Numbers
 */

cl_int128
cl_action_capacity(Numeric amount, int decimals)
{
	Datum		scaled = DirectFunctionCall2(numeric_mul, NumericGetDatum(amount),
											 cl_minor_numeric((cl_int128) cl_pow10_64[decimals], 0));
	cl_int128	minor = 0;

	if (cl_numeric_minor128(DirectFunctionCall1(numeric_floor, scaled), 0, &minor) != CL_NUMERIC_OK ||
		minor > (cl_int128) cl_pow10_128(37) || minor < -(cl_int128) cl_pow10_128(37))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("a budget must be a finite amount"),
				 errdetail("Found %s.", cl_numeric_string(NumericGetDatum(amount))),
				 errhint("A budget without limit is left out, with its uses.")));
	return minor;
}

Numeric
cl_action_number(cl_int128 minor, int decimals)
{
	return DatumGetNumeric(cl_minor_numeric(minor, decimals));
}

/*
 * Digests
 */

typedef struct TreeHash
{
	unsigned char byte[PG_SHA256_DIGEST_LENGTH];
} TreeHash;

static void
hash_of(pg_cryptohash_ctx *context, unsigned char kind, const void *data, size_t size, TreeHash *hash)
{
	if (pg_cryptohash_init(context) < 0 || pg_cryptohash_update(context, &kind, 1) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) data, size) < 0 ||
		pg_cryptohash_final(context, hash->byte, sizeof(hash->byte)) < 0)
		elog(ERROR, "could not compute a hash: %s", pg_cryptohash_error(context));
}

/* "action value use use;" of each action; amounts as integers of units that the text begins with. */
static void
put_account(StringInfo out, const ClActionRows *rows, size_t account)
{
	int			width = 1 + rows->actions.budgets;

	resetStringInfo(out);
	appendStringInfo(out, INT64_FORMAT ":", rows->group[account]);
	for (size_t row = rows->actions.first[account]; row < rows->actions.first[account + 1]; row++)
	{
		appendStringInfo(out, "%d", rows->action[row]);
		for (int k = 0; k < width; k++)
		{
			int64		minor = rows->actions.amount[row * width + k];
			int			decimals = minor == 0 ? 0 : rows->actions.decimals[k];

			/* Without zeros at the end, so that other rows of the column do not count. */
			for (; decimals > 0 && minor % 10 == 0; decimals--)
				minor /= 10;
			appendStringInfo(out, " " INT64_FORMAT "e%d", minor, -decimals);
		}
		appendStringInfoChar(out, ';');
	}
}

/* RFC 6962, 2.1: two subtrees of equal size are joined as soon as they are there, the rest from the right at the end. */
char *
cl_action_rows_digest(const ClActionRows *rows)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);
	StringInfoData text;
	TreeHash		stack[66];
	int			depth = 0;
	char	   *digest = palloc0(2 * PG_SHA256_DIGEST_LENGTH + 1);

	initStringInfo(&text);
	for (size_t i = 0; i < rows->actions.accounts; i++)
	{
		if (i % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		put_account(&text, rows, i);
		hash_of(context, 0, text.data, text.len, &stack[depth++]);
		for (size_t joined = i + 1; joined % 2 == 0; joined /= 2, depth--)
			hash_of(context, 1, &stack[depth - 2], 2 * sizeof(TreeHash), &stack[depth - 2]);
	}
	for (; depth > 1; depth--)
		hash_of(context, 1, &stack[depth - 2], 2 * sizeof(TreeHash), &stack[depth - 2]);
	if (depth == 0)
		hash_of(context, 0, "", 0, &stack[0]);
	pg_cryptohash_free(context);
	(void) hex_encode((const char *) stack[0].byte, PG_SHA256_DIGEST_LENGTH, digest);
	return digest;
}

int32
cl_action_place(int64 group)
{
	char		text[32];
	Datum		digest;
	const unsigned char *byte;
	uint64		first = 0;

	pg_lltoa(group, text);
	digest = DirectFunctionCall1(sha256_bytea, PointerGetDatum(cstring_to_text(text)));
	byte = (const unsigned char *) VARDATA_ANY(DatumGetByteaPP(digest));
	/* 60 bits: 15 hexadecimal digits, as SQL takes them. */
	for (int i = 0; i < 8; i++)
		first = (first << 8) | byte[i];
	return (int32) ((first >> 4) % 1000000000);
}
