/*
 * sharded_query.c
 *	  sharded_query: an aggregate over several relations, written as a summary of each and a rollup above.
 *
 * PostgreSQL sends an aggregate to a foreign server whole, or not at all: over several servers the rows would travel. A query for
 * each of them, which is sent whole, and the merge of what they answer is what the planner does not write by itself.
 *
 * Each query is analysed as it will stand in the text, so what is wrong with one of them is found before anything runs.
 */
#include "postgres.h"

#include "pg/query.h"

#include "catalog/namespace.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(cl_require_extension_option);
PG_FUNCTION_INFO_V1(cl_sharded_query);

#define SCHEMA "credit_limit"
#define QUERY "query of a shard"
#define MOST_KEYS 100

typedef struct Sharded
{
	const char *aggregate;		/* the call, as it was given */
	const char *condition;		/* or NULL */
	int			n_keys;
	char	  **key;			/* expressions to group by, as they were given */
	char	  **name;			/* how the columns are called: the keys, then the summary */

	/* What all queries of shards agree in; of the first one. */
	Oid			first;			/* its relation */
	Oid			function;
	Oid		   *type;			/* of the columns */
	bool		as_bytes;		/* the summary has a cast to bytea */
	char	   *merge;			/* what merges it */
} Sharded;

/* ---- Arguments ---- */

/* One expression, after which a line may go on: a remark at its end would hide what follows. */
static void
require_expression(const char *expression, const char *what)
{
	cl_query_require_expression(expression, what);
	(void) cl_query_one_select(psprintf("SELECT (%s)", expression), what);
}

static char **
texts_of(ArrayType *array, int *n, const char *what)
{
	Datum	   *element;
	bool	   *isnull;
	char	  **found;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &element, &isnull, n);
	if (*n > MOST_KEYS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("too many expressions to group by"),
				 errdetail("There are %d; at most %d are taken.", *n, MOST_KEYS),
				 errhint("Make one column of several in a view of each shard.")));
	found = palloc_array(char *, *n + 1);
	for (int i = 0; i < *n; i++)
	{
		if (isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be NULL", what),
					 errdetail("Number %d is.", i + 1),
					 errhint("Leave it out.")));
		found[i] = TextDatumGetCString(element[i]);
		require_expression(found[i], what);
	}
	return found;
}

static void
wrong_shards(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("these shards cannot be read together"),
			 errdetail("%s", detail),
			 errhint("Give the partitioned table alone, or each of its parts once.")));
}

/* The relations that hold rows: those given, and instead of a partitioned table its partitions, however deep. */
static List *
leaves_of(ArrayType *array)
{
	Datum	   *element;
	bool	   *isnull;
	int			n;
	List	   *leaves = NIL;

	deconstruct_array(array, REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &element, &isnull, &n);
	for (int i = 0; i < n; i++)
	{
		Oid			relation = isnull[i] ? InvalidOid : DatumGetObjectId(element[i]);
		List	   *found;
		ListCell   *cell;

		if (isnull[i])
			wrong_shards(psprintf("Shard %d is NULL.", i + 1));
		(void) cl_query_relation(relation);
		found = get_rel_relkind(relation) == RELKIND_PARTITIONED_TABLE ?
			find_all_inheritors(relation, AccessShareLock, NULL) : list_make1_oid(relation);
		foreach(cell, found)
		{
			Oid			leaf = lfirst_oid(cell);

			if (get_rel_relkind(leaf) == RELKIND_PARTITIONED_TABLE)
				continue;
			if (list_member_oid(leaves, leaf))
				wrong_shards(psprintf("%s is among them twice: its rows would count twice.", cl_query_relation(leaf)));
			leaves = lappend_oid(leaves, leaf);
		}
	}
	if (leaves == NIL)
		wrong_shards("There is no table among them that can hold rows.");
	return leaves;
}

/* ---- Servers ---- */

/* Whether a list of extensions names ours. */
static bool
names_extension(const char *list)
{
	List	   *names;
	ListCell   *cell;

	if (!SplitIdentifierString(pstrdup(list), ',', &names))
		return false;
	foreach(cell, names)
	{
		if (strcmp(lfirst(cell), "credit_limit") == 0)
			return true;
	}
	return false;
}

/* postgres_fdw sends functions of an extension only where an option says that the server has it. Others send none. */
static void
require_extension_option(Oid relation)
{
	ForeignServer *server = GetForeignServer(GetForeignTable(relation)->serverid);
	const char *handler = get_func_name(GetForeignDataWrapper(server->fdwid)->fdwhandler);
	const char *extensions = NULL;
	ListCell   *cell;

	if (handler == NULL || strcmp(handler, "postgres_fdw_handler") != 0)
		return;
	foreach(cell, server->options)
	{
		DefElem    *option = lfirst_node(DefElem, cell);

		if (strcmp(option->defname, "extensions") == 0)
			extensions = defGetString(option);
	}
	if (extensions != NULL && names_extension(extensions))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FDW_ERROR),
			 errmsg("server \"%s\" of shard %s is sent no functions of credit_limit", server->servername,
					cl_query_relation(relation)),
			 errdetail("Its option extensions %s, so its rows would travel.",
					   extensions == NULL ? "is not set" : psprintf("is \"%s\"", extensions)),
			 errhint("Install credit_limit there, and: ALTER SERVER %s OPTIONS (%s extensions '%s')",
					 quote_identifier(server->servername), extensions == NULL ? "ADD" : "SET",
					 extensions == NULL ? "credit_limit" : psprintf("%s, credit_limit", extensions))));
}

/* (relation regclass) -> void */
Datum
cl_require_extension_option(PG_FUNCTION_ARGS)
{
	require_extension_option(PG_GETARG_OID(0));
	PG_RETURN_VOID();
}

/* ---- The aggregate ---- */

/* Names of the aggregates that can be asked for: the next who tries reads them. */
static char *
mergeable(void)
{
	int			code = SPI_execute("SELECT pg_catalog.string_agg(DISTINCT p.proname::pg_catalog.text, ', ' ORDER BY "
								   "p.proname::pg_catalog.text) FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_aggregate a ON "
								   "a.aggfnoid = p.oid WHERE p.pronamespace = '" SCHEMA "'::pg_catalog.regnamespace AND "
								   "a.aggcombinefn <> 0::pg_catalog.oid AND (p.prorettype IN (SELECT r.prorettype FROM "
								   "pg_catalog.pg_proc r WHERE r.proname = 'rollup' AND r.pronamespace = '" SCHEMA
								   "'::pg_catalog.regnamespace) OR p.pronargs = 1 AND p.proargtypes[0] = p.prorettype)", true, 0);

	return code == SPI_OK_SELECT && SPI_processed == 1 ? SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1) : "";
}

static void
wrong_aggregate(const Sharded *sharded, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s cannot be asked of shards", sharded->aggregate),
			 errdetail("%s", detail),
			 errhint("Give a call of one of these, and ask what the query returns for all else, as in auc(roc): %s.",
					 mergeable())));
}

/* The aggregate that merges summaries of a type: rollup, or the aggregate itself where it takes what it returns. */
static char *
merge_of(Oid function, Oid type)
{
	Oid			schema = get_namespace_oid(SCHEMA, false);
	oidvector  *arguments = buildoidvector(&type, 1);
	Oid			rollup = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("rollup"),
										 PointerGetDatum(arguments), ObjectIdGetDatum(schema));
	Oid		   *own;
	int			n;

	if (!OidIsValid(rollup) && get_func_signature(function, &own, &n) == type && n == 1 && own[0] == type)
		rollup = function;
	return OidIsValid(rollup) ? quote_qualified_identifier(SCHEMA, get_func_name(rollup)) : NULL;
}

static char *
name_of_type(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	char	   *name = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));

	ReleaseSysCache(tuple);
	return name;
}

static bool
is_combined(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));
	bool		combined = OidIsValid(((Form_pg_aggregate) GETSTRUCT(tuple))->aggcombinefn);

	ReleaseSysCache(tuple);
	return combined;
}

/* What the first shard's query makes of the call. */
static void
learn_aggregate(Sharded *sharded, const Aggref *call)
{
	Oid			cast;

	if (get_func_namespace(call->aggfnoid) != get_namespace_oid(SCHEMA, false))
		wrong_aggregate(sharded, psprintf("%s is not an aggregate of credit_limit.", format_procedure(call->aggfnoid)));
	if (call->aggdistinct != NIL)
		wrong_aggregate(sharded, "DISTINCT of each shard is not DISTINCT of all.");
	sharded->function = call->aggfnoid;
	sharded->merge = merge_of(call->aggfnoid, call->aggtype);
	if (sharded->merge == NULL)
		wrong_aggregate(sharded, psprintf("%s returns %s, which nothing merges.", format_procedure(call->aggfnoid),
										  format_type_be(call->aggtype)));
	if (!is_combined(call->aggfnoid))
		wrong_aggregate(sharded, psprintf("%s needs its rows in order.", format_procedure(call->aggfnoid)));
	sharded->as_bytes = find_coercion_pathway(BYTEAOID, call->aggtype, COERCION_EXPLICIT, &cast) == COERCION_PATH_FUNC;
	sharded->name[sharded->n_keys] = name_of_type(call->aggtype);
}

/* ---- Queries ---- */

/* A query of one shard. Names are known only after the first one was looked at: before that, none are written. */
static char *
query_of(const Sharded *sharded, Oid relation, bool named)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < sharded->n_keys; i++)
	{
		appendStringInfoString(&sql, sharded->key[i]);
		if (named && strcmp(sharded->key[i], quote_identifier(sharded->name[i])) != 0)
			appendStringInfo(&sql, " AS %s", quote_identifier(sharded->name[i]));
		appendStringInfoString(&sql, ", ");
	}
	appendStringInfoString(&sql, sharded->aggregate);
	if (named)
		appendStringInfo(&sql, "%s AS %s", sharded->as_bytes ? "::bytea" : "", quote_identifier(sharded->name[sharded->n_keys]));
	appendStringInfo(&sql, " FROM %s", cl_query_relation(relation));
	if (sharded->condition != NULL)
		appendStringInfo(&sql, " WHERE %s", sharded->condition);
	for (int i = 0; i < sharded->n_keys; i++)
		appendStringInfo(&sql, i == 0 ? " GROUP BY %d" : ", %d", i + 1);
	return sql.data;
}

static void
show_shard(void *relation)
{
	errcontext("shard %s", cl_query_relation(*(Oid *) relation));
}

static const char *
type_of(const Sharded *sharded, int column, Oid type)
{
	return psprintf("%s as %s", sharded->name[column], format_type_be(type));
}

static void
another_shard(const Sharded *sharded, Oid relation, const char *here, const char *first)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("shards do not have the same columns"),
			 errdetail("%s has %s, %s has %s.", cl_query_relation(relation), here, cl_query_relation(sharded->first), first),
			 errhint("Give their columns the same types, or make views that do.")));
}

/* Analyses the query of a shard; the first says what the others must agree in. */
static void
look_at(Sharded *sharded, Oid relation)
{
	ErrorContextCallback callback = {error_context_stack, show_shard, &relation};
	SPIPlanPtr	plan;
	const CachedPlanSource *source;
	const Query *query;
	int			column = 0;
	const ListCell *cell;

	error_context_stack = &callback;
	if (get_rel_relkind(relation) == RELKIND_FOREIGN_TABLE)
		require_extension_option(relation);
	plan = cl_query_prepare(query_of(sharded, relation, false), QUERY, 0, NULL);
	source = linitial(SPI_plan_get_plan_sources(plan));
	query = linitial_node(Query, source->query_list);
	if (source->resultDesc->natts != sharded->n_keys + 1)
		wrong_aggregate(sharded, psprintf("It and what to group by are %d columns.", source->resultDesc->natts));
	foreach(cell, query->targetList)
	{
		const TargetEntry *entry = lfirst_node(TargetEntry, cell);
		Oid			type = exprType((Node *) entry->expr);

		if (entry->resjunk)
			continue;
		if (column < sharded->n_keys && relation == sharded->first)
			sharded->name[column] = strcmp(entry->resname, "?column?") == 0 ? psprintf("key_%d", column + 1) :
				pstrdup(entry->resname);
		if (column == sharded->n_keys)
		{
			const Aggref *call = (const Aggref *) entry->expr;

			if (!IsA(entry->expr, Aggref))
				wrong_aggregate(sharded, "It is not the call of one aggregate.");
			if (relation == sharded->first)
				learn_aggregate(sharded, call);
			else if (call->aggfnoid != sharded->function)
				another_shard(sharded, relation, format_procedure(call->aggfnoid), format_procedure(sharded->function));
		}
		if (relation == sharded->first)
			sharded->type[column] = type;
		else if (type != sharded->type[column])
			another_shard(sharded, relation, type_of(sharded, column, type), type_of(sharded, column, sharded->type[column]));
		column++;
	}
	SPI_freeplan(plan);
	error_context_stack = callback.previous;
}

static void
require_different_names(const Sharded *sharded)
{
	for (int i = 0; i < sharded->n_keys; i++)
	{
		for (int j = i + 1; j <= sharded->n_keys; j++)
		{
			if (strcmp(sharded->name[i], sharded->name[j]) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN),
						 errmsg("two columns of the answer would be called \"%s\"", sharded->name[i]),
						 errdetail("The answer has a column for each expression to group by, and one for the summary, which is "
								   "called as its type."),
						 errhint("Group by a column of another name, of a view for example.")));
		}
	}
}

static char *
whole_query(const Sharded *sharded, const List *leaves)
{
	const char *summary = quote_identifier(sharded->name[sharded->n_keys]);
	StringInfoData sql;
	const ListCell *cell;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < sharded->n_keys; i++)
		appendStringInfo(&sql, "%s, ", quote_identifier(sharded->name[i]));
	appendStringInfo(&sql, "%s(%s%s) AS %s\nFROM (\n", sharded->merge, summary, sharded->as_bytes ?
					 psprintf("::%s", format_type_extended(sharded->type[sharded->n_keys], -1, FORMAT_TYPE_FORCE_QUALIFY)) : "",
					 summary);
	foreach(cell, leaves)
		appendStringInfo(&sql, "%s  %s", cell == list_head(leaves) ? "" : "\n  UNION ALL\n",
						 query_of(sharded, lfirst_oid(cell), true));
	appendStringInfoString(&sql, "\n) shard");
	for (int i = 0; i < sharded->n_keys; i++)
		appendStringInfo(&sql, i == 0 ? "\nGROUP BY %d" : ", %d", i + 1);
	return sql.data;
}

/* aggregate, shards regclass[], group_by text[], condition */
Datum
cl_sharded_query(PG_FUNCTION_ARGS)
{
	Sharded		sharded = {0};
	List	   *leaves;
	ListCell   *cell;
	char	   *sql;
	text	   *answer;
	MemoryContext outside = CurrentMemoryContext;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	SPI_connect();
	sharded.aggregate = text_to_cstring(PG_GETARG_TEXT_PP(0));
	require_expression(sharded.aggregate, "the call of an aggregate");
	sharded.key = texts_of(PG_GETARG_ARRAYTYPE_P(2), &sharded.n_keys, "an expression to group by");
	sharded.name = palloc0_array(char *, sharded.n_keys + 1);
	sharded.type = palloc0_array(Oid, sharded.n_keys + 1);
	if (!PG_ARGISNULL(3))
	{
		sharded.condition = text_to_cstring(PG_GETARG_TEXT_PP(3));
		require_expression(sharded.condition, "the condition");
	}
	leaves = leaves_of(PG_GETARG_ARRAYTYPE_P(1));
	sharded.first = linitial_oid(leaves);
	foreach(cell, leaves)
		look_at(&sharded, lfirst_oid(cell));
	require_different_names(&sharded);
	sql = whole_query(&sharded, leaves);
	/* As a whole it is one SELECT that only reads. */
	SPI_freeplan(cl_query_prepare(sql, "the query of all shards", 0, NULL));
	MemoryContextSwitchTo(outside);
	answer = cstring_to_text(sql);
	SPI_finish();
	PG_RETURN_TEXT_P(answer);
}
