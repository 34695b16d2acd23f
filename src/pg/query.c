/*
 * query.c
 *	  SQL that a caller gives as text: see query.h.
 */
#include "postgres.h"

#include "pg/query.h"

#include "catalog/pg_proc.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/regproc.h"

PG_FUNCTION_INFO_V1(cl_require_repeatable);

/* ---- What a query may contain ---- */

static void
refuse(const char *what, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be one SELECT that only reads", what),
			 errdetail("%s", detail),
			 errhint("What it reads must stay the same while it is read several times: make a table of it first.")));
}

static bool
is_volatile(Oid function, void *what)
{
	if (func_volatile(function) == PROVOLATILE_VOLATILE)
		refuse(what, psprintf("It calls the volatile function %s.", format_procedure(function)));
	return false;
}

/* After rewriting, so that views are looked into as well. */
static bool
check_node(Node *node, void *what)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		const Query *query = (const Query *) node;

		if (query->commandType != CMD_SELECT || query->utilityStmt != NULL)
			refuse(what, "It does something else than to select.");
		if (query->hasModifyingCTE)
			refuse(what, "It has a WITH clause that changes data.");
		if (query->rowMarks != NIL)
			refuse(what, "It locks rows (FOR UPDATE or FOR SHARE).");
		return query_tree_walker((Query *) node, check_node, what, 0);
	}
	if (IsA(node, NextValueExpr))
		refuse(what, "It takes numbers from a sequence.");
	(void) check_functions_in_node(node, is_volatile, what);
	return expression_tree_walker(node, check_node, what);
}

/* The one statement of a plan, checked. */
static CachedPlanSource *
checked_source(SPIPlanPtr plan, const char *what)
{
	List	   *sources = SPI_plan_get_plan_sources(plan);
	CachedPlanSource *source;

	if (list_length(sources) != 1)
		refuse(what, psprintf("It has %d statements.", list_length(sources)));
	source = linitial(sources);
	if (list_length(source->query_list) != 1 || source->resultDesc == NULL)
		refuse(what, "It does not return rows.");
	(void) check_node(linitial(source->query_list), unconstify(char *, what));
	return source;
}

SPIPlanPtr
cl_query_prepare(const char *statement, const char *what, int n_parameters, Oid *types)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(statement, n_parameters, types, CURSOR_OPT_PARALLEL_OK);

	if (plan == NULL)
		elog(ERROR, "could not prepare %s: %s", what, SPI_result_code_string(SPI_result));
	(void) checked_source(plan, what);
	return plan;
}

/* What follows the statement, a semicolon or a comment, is left out. */
static char *
statement_text(const char *text, const RawStmt *raw)
{
	return raw->stmt_len > 0 ? pnstrdup(text + raw->stmt_location, raw->stmt_len) : pstrdup(text + raw->stmt_location);
}

void
cl_query_open(ClQuery *query, const char *text, const char *what)
{
	SPIPlanPtr	plan = SPI_prepare_cursor(text, 0, NULL, CURSOR_OPT_PARALLEL_OK);
	const CachedPlanSource *source;

	if (plan == NULL)
		elog(ERROR, "could not prepare %s: %s", what, SPI_result_code_string(SPI_result));
	source = checked_source(plan, what);
	query->what = what;
	query->desc = CreateTupleDescCopy(source->resultDesc);
	query->text = statement_text(text, source->raw_parse_tree);
	SPI_freeplan(plan);
}

/* (relation regclass) -> void: an error unless it can be read several times and is the same each time */
Datum
cl_require_repeatable(PG_FUNCTION_ARGS)
{
	SPI_connect();
	(void) cl_query_prepare(psprintf("TABLE %s", cl_query_relation(PG_GETARG_OID(0))), "a relation that is read several times", 0,
							NULL);
	SPI_finish();
	PG_RETURN_VOID();
}

/* ---- Results ---- */

void
cl_query_require_types(TupleDesc desc, const char *what, int n_columns, const Oid *types)
{
	bool		same = desc->natts == n_columns;

	for (int i = 0; same && i < n_columns; i++)
		same = !OidIsValid(types[i]) || TupleDescAttr(desc, i)->atttypid == types[i];
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the columns of %s changed while it was prepared", what),
				 errhint("A function in it must not change the search_path, or what its names stand for.")));
}

void
cl_query_execute(SPIPlanPtr plan, const char *what, Datum *values, int n_columns, const Oid *types)
{
	int			code = SPI_execute_plan(plan, values, NULL, true, 0);

	if (code != SPI_OK_SELECT)
		elog(ERROR, "could not run %s: %s", what, SPI_result_code_string(code));
	cl_query_require_types(SPI_tuptable->tupdesc, what, n_columns, types);
}

typedef struct RowScan
{
	DestReceiver receiver;
	const char *what;
	int			n_columns;
	const Oid  *types;
	ClQueryRow	receive;
	void	   *data;
	MemoryContext row;
} RowScan;

static void
start_scan(DestReceiver *self, int operation, TupleDesc desc)
{
	const RowScan *scan = (RowScan *) self;

	(void) operation;
	cl_query_require_types(desc, scan->what, scan->n_columns, scan->types);
}

static bool
scan_row(TupleTableSlot *slot, DestReceiver *self)
{
	RowScan	   *scan = (RowScan *) self;
	MemoryContext old = MemoryContextSwitchTo(scan->row);

	slot_getallattrs(slot);
	scan->receive(scan->data, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(old);
	MemoryContextReset(scan->row);
	return true;
}

static void
end_scan(DestReceiver *self)
{
	(void) self;
}

void
cl_query_scan(SPIPlanPtr plan, const char *what, int n_columns, const Oid *types, ClQueryRow receive, void *data)
{
	RowScan		scan = {{scan_row, start_scan, end_scan, end_scan, DestTuplestore}, what, n_columns, types, receive, data, NULL};
	SPIExecuteOptions options = {.read_only = true, .dest = &scan.receiver};
	int			code;

	scan.row = AllocSetContextCreate(CurrentMemoryContext, "row of a query", ALLOCSET_DEFAULT_SIZES);
	code = SPI_execute_plan_extended(plan, &options);
	if (code != SPI_OK_SELECT)
		elog(ERROR, "could not run %s: %s", what, SPI_result_code_string(code));
	MemoryContextDelete(scan.row);
}

int
cl_query_column(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return i;
	}
	return -1;
}

/* ---- Relations and expressions ---- */

char *
cl_query_relation(Oid relation)
{
	char	   *name = get_rel_name(relation);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no such relation"),
				 errdetail("Its OID would be %u.", relation),
				 errhint("Write the name of a table or view as a string, such as 'lending.account'.")));
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), name);
}

char *
cl_query_row_alias(Oid relation)
{
	char	   *alias = pstrdup("borrower");

	for (int i = 1; get_attnum(relation, alias) != InvalidAttrNumber; i++)
		alias = psprintf("borrower_%d", i);
	return alias;
}

/* SELECT (...) of one thing without a name, and no other clause. */
static bool
selects_one_expression(const SelectStmt *select)
{
	const ResTarget *target;

	if (list_length(select->targetList) != 1)
		return false;
	target = linitial_node(ResTarget, select->targetList);
	return target->name == NULL && select->op == SETOP_NONE && select->distinctClause == NIL && select->intoClause == NULL &&
		select->fromClause == NIL && select->whereClause == NULL && select->groupClause == NIL &&
		select->havingClause == NULL && select->windowClause == NIL && select->valuesLists == NIL &&
		select->sortClause == NIL && select->limitOffset == NULL && select->limitCount == NULL &&
		select->lockingClause == NIL && select->withClause == NULL;
}

/* A mistake is shown in the text that was parsed, not at the same place of whatever query the caller sent. */
static void
show_parsed(void *parsed)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery((const char *) parsed);
	}
}

static List *
parse(char *text)
{
	ErrorContextCallback callback = {error_context_stack, show_parsed, text};
	List	   *statements;

	error_context_stack = &callback;
	statements = raw_parser(text, RAW_PARSE_DEFAULT);
	error_context_stack = callback.previous;
	return statements;
}

char *
cl_query_one_select(const char *text, const char *what)
{
	List	   *statements = parse(pstrdup(text));

	if (list_length(statements) != 1)
		refuse(what, psprintf("It has %d statements.", list_length(statements)));
	if (!IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt))
		refuse(what, "It does something else than to select.");
	return statement_text(text, linitial_node(RawStmt, statements));
}

void
cl_query_require_expression(const char *text, const char *what)
{
	List	   *statements = parse(psprintf("SELECT (\n%s\n)", text));

	if (list_length(statements) != 1 || !IsA(linitial_node(RawStmt, statements)->stmt, SelectStmt) ||
		!selects_one_expression((const SelectStmt *) linitial_node(RawStmt, statements)->stmt))
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("%s must be one SQL expression", what),
				 errdetail("Found: %s", text),
				 errhint("It may use the columns of the relation; for a condition or a join give a view.")));
}
