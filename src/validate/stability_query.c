/*
 * stability_query.c
 *	  Names and expressions inside queries.
 */
#include "postgres.h"

#include "validate/stability_query.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

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
