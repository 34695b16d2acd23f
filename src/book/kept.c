/*
 * kept.c
 *	  Statements that are the same in every event on a book, planned once for a backend.
 *
 * A book is a schema that is named when a function is called, so PL/pgSQL knows its tables only in EXECUTE, and that plans every
 * time: for one account this takes several times as long as the decision. A backend keeps the plans of some statements, each
 * known by its text, its types, the way it is planned, and the role that it is planned for: the right to call a function is
 * asked for when it is inlined into a plan, and then no more. What else they depend on is the business of PostgreSQL's plan
 * cache: it plans again what has changed.
 */
#include "postgres.h"

#include "book/kept.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#define MOST_KEPT 64
#define MOST_PARAMETERS 24

PG_FUNCTION_INFO_V1(cl_kept_row);
PG_FUNCTION_INFO_V1(cl_latest_row);

typedef struct Kept
{
	SPIPlanPtr	plan;			/* NULL: the place is free */
	char	   *statement;
	int			length;
	int			parameters;
	Oid			types[MOST_PARAMETERS];
	int			cursor_options;
	Oid			role;
	int			users;
	uint64		used;			/* for the choice of whom to forget */
} Kept;

static Kept kept[MOST_KEPT];
static uint64 last_use = 0;

static Kept *
find(const text *statement, int parameters, const Oid *types, int cursor_options)
{
	int			length = VARSIZE_ANY_EXHDR(statement);

	for (int i = 0; i < MOST_KEPT; i++)
	{
		Kept	   *k = &kept[i];

		if (k->plan != NULL && k->length == length && k->parameters == parameters && k->cursor_options == cursor_options &&
			k->role == GetUserId() &&
			memcmp(k->types, types, parameters * sizeof(Oid)) == 0 &&
			memcmp(k->statement, VARDATA_ANY(statement), length) == 0)
			return k;
	}
	return NULL;
}

/* A free place: one that was never used, or that of the plan that nobody uses and nobody asked for longest. */
static Kept *
free_place(void)
{
	Kept	   *oldest = NULL;

	for (int i = 0; i < MOST_KEPT; i++)
	{
		if (kept[i].plan == NULL)
			return &kept[i];
		if (kept[i].users == 0 && (oldest == NULL || kept[i].used < oldest->used))
			oldest = &kept[i];
	}
	if (oldest != NULL)
	{
		SPI_freeplan(oldest->plan);
		pfree(oldest->statement);
		oldest->plan = NULL;
	}
	return oldest;
}

static void
leave(void *place)
{
	((Kept *) place)->users--;
}

SPIPlanPtr
cl_kept_plan(const text *statement, int parameters, const Oid *types, int cursor_options)
{
	Kept	   *place = find(statement, parameters, types, cursor_options);
	MemoryContextCallback *callback;

	if (place == NULL)
	{
		char	   *copy = text_to_cstring(statement);
		SPIPlanPtr	plan = SPI_prepare_cursor(copy, parameters, unconstify(Oid *, types), cursor_options);

		if (plan == NULL)
			elog(ERROR, "could not prepare a statement: %s", SPI_result_code_string(SPI_result));
		place = free_place();
		if (place == NULL)
			return plan;
		copy = MemoryContextStrdup(TopMemoryContext, copy);
		SPI_keepplan(plan);
		*place = (Kept) {.plan = plan, .statement = copy, .length = VARSIZE_ANY_EXHDR(statement),
			.parameters = parameters, .cursor_options = cursor_options, .role = GetUserId()};
		memcpy(place->types, types, parameters * sizeof(Oid));
	}
	/* The context of SPI ends with SPI_finish, or with the transaction. */
	callback = palloc(sizeof(MemoryContextCallback));
	*callback = (MemoryContextCallback) {.func = leave, .arg = place};
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	place->users++;
	place->used = ++last_use;
	return place->plan;
}

/*
 * The first row of a statement with parameters, NULL if there is none; snapshot NULL: what the calling statement would see.
 *
 * One plan for all parameters: left to itself the plan cache finds the plan for all months of a book dear, and plans every time.
 */
static HeapTupleHeader
first_row(FunctionCallInfo fcinfo, Snapshot snapshot)
{
	Datum		values[MOST_PARAMETERS];
	char		nulls[MOST_PARAMETERS];
	Oid			types[MOST_PARAMETERS];
	int			count = PG_NARGS() - 1;
	int			code;
	HeapTupleHeader row = NULL;
	SPIPlanPtr	plan;

	if (PG_ARGISNULL(0) || count > MOST_PARAMETERS || get_fn_expr_variadic(fcinfo->flinfo))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s needs a statement and at most %d parameters, one by one", get_func_name(fcinfo->flinfo->fn_oid),
						MOST_PARAMETERS)));
	for (int i = 0; i < count; i++)
	{
		values[i] = PG_GETARG_DATUM(i + 1);
		nulls[i] = PG_ARGISNULL(i + 1) ? 'n' : ' ';
		types[i] = get_fn_expr_argtype(fcinfo->flinfo, i + 1);
		/* A literal of no type would come as a C string. */
		if (!OidIsValid(types[i]) || types[i] == UNKNOWNOID)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("parameter %d of %s has no type", i + 1, get_func_name(fcinfo->flinfo->fn_oid)),
					 errhint("Cast it.")));
	}
	SPI_connect();
	plan = cl_kept_plan(PG_GETARG_TEXT_PP(0), count, types, CURSOR_OPT_GENERIC_PLAN);
	if (snapshot == NULL)
		code = SPI_execute_plan(plan, values, nulls, false, 0);
	else
		code = SPI_execute_snapshot(plan, values, nulls, snapshot, InvalidSnapshot, true, false, 0);
	if (code < 0)
		elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
	if (SPI_tuptable != NULL && SPI_processed > 0)
		row = SPI_returntuple(SPI_tuptable->vals[0], SPI_tuptable->tupdesc);
	SPI_finish();
	return row;
}

/* (statement text, variadic "any") -> record: the first row, NULL if there is none */
Datum
cl_kept_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = first_row(fcinfo, NULL);

	if (row == NULL)
		PG_RETURN_NULL();
	PG_RETURN_HEAPTUPLEHEADER(row);
}

/*
 * (statement text, variadic "any") -> record: the first row of a query that sees what is committed now
 *
 * Under READ COMMITTED every statement does. A transaction that is REPEATABLE READ or SERIALIZABLE keeps the snapshot of its
 * beginning; but who has waited for a lock must see what the one before did, as a foreign key does. Its own work it sees as well.
 */
Datum
cl_latest_row(PG_FUNCTION_ARGS)
{
	Snapshot	latest;
	HeapTupleHeader row;

	CommandCounterIncrement();
	latest = RegisterSnapshot(GetLatestSnapshot());
	row = first_row(fcinfo, latest);
	UnregisterSnapshot(latest);
	if (row == NULL)
		PG_RETURN_NULL();
	PG_RETURN_HEAPTUPLEHEADER(row);
}
