/*
 * row_columns.c
 *	  Functions of a row without building the row.
 *
 * For f(document, b) the executor makes a composite value of all of b and f takes it apart again: half of the time of
 * scoring a table. So the planner is told, by a support function, to call f_columns(document, names of the columns of b, all
 * columns of b) instead where that means the same. Names, not the type: they mean the same on a foreign server, so that the call
 * is sent there. It does where b is a row of a table in a plain SELECT:
 *
 *	- Beside an outer join, or under grouping sets, b as a whole may be NULL, which its columns could not tell.
 *	- RETURNING of a data-modifying statement has rows of its own kinds (OLD, NEW).
 *	- A row of a view or sub-select is put together by the query itself, so there is less to save.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "access/genam.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "access/tupdesc.h"
#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

static bool
row_may_be_null(const Query *query)
{
	ListCell   *cell;

	if (query->commandType != CMD_SELECT || query->groupingSets != NIL)
		return true;
	foreach(cell, query->rtable)
	{
		const RangeTblEntry *entry = lfirst(cell);

		if (entry->rtekind == RTE_JOIN && entry->jointype != JOIN_INNER)
			return true;
	}
	return false;
}

/* Whether an expression is the whole row of a table of this very query. */
static bool
is_table_row(const PlannerInfo *root, Node *expression)
{
	const Var  *var = (Var *) expression;
	const RangeTblEntry *entry;

	if (!IsA(expression, Var) || var->varattno != InvalidAttrNumber || var->varlevelsup != 0 ||
		IS_SPECIAL_VARNO(var->varno))
		return false;
	entry = rt_fetch(var->varno, root->parse->rtable);
	return entry->rtekind == RTE_RELATION && get_typ_typrelid(var->vartype) == entry->relid;
}

static Node *
column_of(Var *row, Form_pg_attribute attribute)
{
	Var		   *column = copyObject(row);

	column->varattno = attribute->attnum;
	column->varattnosyn = column->varnosyn > 0 ? attribute->attnum : 0;
	column->vartype = attribute->atttypid;
	column->vartypmod = attribute->atttypmod;
	column->varcollid = attribute->attcollation;
	return (Node *) column;
}

/*
 * credit_limit_internal.f_columns(type of the first argument, text[], VARIADIC "any"). Not by LookupFuncName: it asks for USAGE
 * on the schema, which whoever reads a view need not have.
 */
static Oid
columns_function(const FuncExpr *call)
{
	char	   *name = psprintf("%s_columns", get_func_name(call->funcid));
	Oid			types[3] = {exprType(linitial(call->args)), TEXTARRAYOID, ANYOID};

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(types, lengthof(types))),
						   ObjectIdGetDatum(get_namespace_oid("credit_limit_internal", true)));
}

/* As inline_function: what is not called any more cannot be refused any more, so a refusal must stay one. */
static bool
may_execute(Oid function)
{
	return cl_function_aclcheck(function, GetUserId()) == ACLCHECK_OK && !FmgrHookIsNeeded(function);
}

static bool
reads_whole_row(List *expressions)
{
	Bitmapset  *attributes = NULL;

	pull_varattnos((Node *) expressions, 1, &attributes);
	return bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, attributes);
}

static bool
is_whole_row_index(Oid indexid)
{
	Relation	index = index_open(indexid, AccessShareLock);
	bool		found = reads_whole_row(RelationGetIndexExpressions(index)) ||
		reads_whole_row(RelationGetIndexPredicate(index));

	index_close(index, NoLock);
	return found;
}

/* Whether an index is on, or for, a function of the whole row: the planner finds it by the expression as written. */
static bool
has_whole_row_index(Oid relid)
{
	Relation	relation = table_open(relid, NoLock);
	List	   *indexes = RelationGetIndexList(relation);
	ListCell   *cell;
	bool		found = false;

	foreach(cell, indexes)
		found = found || is_whole_row_index(lfirst_oid(cell));
	list_free(indexes);
	table_close(relation, NoLock);
	return found;
}

static Node *
call_with_columns(const PlannerInfo *root, const FuncExpr *call)
{
	Var		   *row;
	TupleDesc	desc;
	Oid			function;
	List	   *columns = NIL;
	ArrayBuildState *names = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	Const	   *name;

	if (root == NULL || list_length(call->args) != 2 || !is_table_row(root, lsecond(call->args)) ||
		row_may_be_null(root->parse))
		return NULL;
	row = lsecond(call->args);
	function = columns_function(call);
	desc = lookup_rowtype_tupdesc(row->vartype, -1);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped)
			continue;
		columns = lappend(columns, column_of(row, attribute));
		(void) accumArrayResult(names, CStringGetTextDatum(NameStr(attribute->attname)), false, TEXTOID, CurrentMemoryContext);
	}
	ReleaseTupleDesc(desc);
	if (!OidIsValid(function) || !may_execute(call->funcid) || !may_execute(function) ||
		has_whole_row_index(get_typ_typrelid(row->vartype)) || list_length(columns) + 2 > FUNC_MAX_ARGS)
		return NULL;
	name = makeConst(TEXTARRAYOID, -1, DEFAULT_COLLATION_OID, -1, makeArrayResult(names, CurrentMemoryContext), false, false);
	return (Node *) makeFuncExpr(function, call->funcresulttype, list_concat(list_make2(linitial(call->args), name), columns),
								 call->funccollid, call->inputcollid, COERCE_EXPLICIT_CALL);
}

PG_FUNCTION_INFO_V1(cl_row_columns);
Datum
cl_row_columns(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);
	Node	   *simpler = NULL;

	if (IsA(request, SupportRequestSimplify))
		simpler = call_with_columns(((SupportRequestSimplify *) request)->root, ((SupportRequestSimplify *) request)->fcall);
	PG_RETURN_POINTER(simpler);
}
