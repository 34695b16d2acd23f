/*
 * book.c
 *	  What every function that works on a book calls first: it makes the names of the book's tables mean those of this book.
 *
 * A book is a schema with a decision log in it, named by an argument. Functions on it contain ordinary static statements, which
 * PL/pgSQL plans once and keeps; the statements find the book by the search_path, which is set here to pg_catalog, the book and
 * pg_temp for as long as the function runs (its own SET clause brings the old one back). The plan cache plans again when the path
 * is another, so two books in one session do not meet.
 *
 * A name must then mean what it says, so a book is refused
 *	- in whose schema the caller has no USAGE: a kept plan does not ask for it again;
 *	- that lacks a relation which the functions name: a temporary one of the caller would be read in its place;
 *	- whose schema holds an operator, or a function of a name that pg_catalog has too: PostgreSQL takes the best match over all
 *	  schemas of the path, not the first;
 *	- whose name create_book() would not take.
 * Who decides also needs EXECUTE on decision_input of the book: PostgreSQL asks for it when the function is inlined into a plan,
 * and a plan outlives SET ROLE.
 *
 * What was found sound is remembered for the session until the server says that something of the kind changed.
 */
#include "postgres.h"

#include <ctype.h>

#include "pg/compat.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(cl_open_book);
PG_FUNCTION_INFO_V1(cl_open_book_to_decide);
PG_FUNCTION_INFO_V1(cl_open_book_to_check);
PG_FUNCTION_INFO_V1(cl_open_group);
PG_FUNCTION_INFO_V1(cl_versions_stand);
PG_FUNCTION_INFO_V1(cl_may_hide_rows);
PG_FUNCTION_INFO_V1(cl_trigger_book);
PG_FUNCTION_INFO_V1(cl_need_autocommit);

/* Relations that functions name without a schema. The first ones are those by which is found what decides on a day. */
static const char *const relations[] = {
	"product", "experiment", "experiment_arm", "policy_version", "scorecard_version", "allocation_version",
	"business_day",
	"borrower", "account", "account_month", "account_feature", "umbrella", "limit_adjustment", "exclusion", "reason_text",
	"run", "run_chunk", "run_version", "decision", "decision_evidence", "evidence_layout", "log_lane", "log_act", "erasure",
	"retirement", "alert_rule", "alert_setting", "alert", "alert_case",
	"alert_case_act", "alert_state", "job", "override_request", "analyst_segment", "lender_contact",
	"report_assumption", "report_refresh", "report_position", "report_change", "report_first", "report_month", "report_cohort",
	"report_figure",
	"demand_model_version", "limit_rule", "demand_forecast", "allocation_account", "allocation_frontier", "allocation_rule",
	"parameter_set", "release", "release_budget", "group_membership", "group_order", "group_move"
};

/* The same of the schema of a group of books. */
static const char *const group_relations[] = {
	"setting", "member", "publication", "witness", "move", "missing", "part_currency", "part_gap",
	"part_decisions", "part_summary", "part_cases", "report_month", "report_cohort", "run"
};

#define RELATIONS lengthof(relations)
#define VERSION_RELATIONS 7
#define CL_BOOK_NAME_LENGTH (NAMEDATALEN - (int) sizeof("_report"))	/* the schema of the reports is called so, too */
#define BOOKS 8					/* that a session works on in turn without looking at each again */

typedef struct KnownBook
{
	Oid			schema;			/* InvalidOid: the place is free */
	bool		names_sound;	/* no operator or function in the way */
	bool		complete;		/* all relations are there */
	bool		versions_stand; /* see is_watched(); known while complete */
	bool		plain;			/* tables without row-level security, all of them; known while complete */
	Oid			relation[RELATIONS];
} KnownBook;

static KnownBook books[BOOKS];
static int	next_book = 0;
static uint64 name_changes = 0;

/* ---- What is remembered, and for how long ---- */

static void
forget_names(Datum arg, int cache, uint32 hash)
{
	(void) arg;
	(void) cache;
	(void) hash;
	name_changes++;
	for (int i = 0; i < BOOKS; i++)
		books[i].names_sound = false;
}

static void
forget_relation(Datum arg, Oid relation)
{
	(void) arg;
	for (int i = 0; i < BOOKS; i++)
	{
		bool		known = !OidIsValid(relation);

		for (int r = 0; books[i].complete && !known && r < (int) RELATIONS; r++)
			known = books[i].relation[r] == relation;
		if (known)
			books[i].complete = false;
	}
}

static KnownBook *
known_book(Oid schema)
{
	static bool listening = false;
	KnownBook  *book;

	if (!listening)
	{
		CacheRegisterSyscacheCallback(PROCOID, forget_names, (Datum) 0);
		CacheRegisterSyscacheCallback(OPEROID, forget_names, (Datum) 0);
		CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
		listening = true;
	}
	/* A long statement hears of others only when it locks something new. */
	AcceptInvalidationMessages();
	for (int i = 0; i < BOOKS; i++)
	{
		if (books[i].schema == schema)
			return &books[i];
	}
	book = &books[next_book];
	next_book = (next_book + 1) % BOOKS;
	*book = (KnownBook) {.schema = schema};
	return book;
}

/* ---- The checks ---- */

/* Every object in a schema depends on it, which is an index scan; pg_proc and pg_operator have no index by schema. */
static void
require_sound_names(const char *name, Oid schema)
{
	Relation	depend = table_open(DependRelationId, AccessShareLock);
	StringInfoData found;
	ScanKeyData key[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	initStringInfo(&found);
	ScanKeyInit(&key[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(NamespaceRelationId));
	ScanKeyInit(&key[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, 2, key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend entry = (Form_pg_depend) GETSTRUCT(tuple);
		ObjectAddress object = {entry->classid, entry->objid, entry->objsubid};
		char	   *function = entry->classid == ProcedureRelationId ? get_func_name(entry->objid) : NULL;
		bool		in_the_way = entry->classid == OperatorRelationId;

		if (function != NULL)
		{
			CatCList   *list = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(function));

			for (int i = 0; i < list->n_members; i++)
				in_the_way |= ((Form_pg_proc) GETSTRUCT(&list->members[i]->tuple))->pronamespace == PG_CATALOG_NAMESPACE;
			ReleaseSysCacheList(list);
		}
		if (in_the_way)
			appendStringInfo(&found, "%s%s", found.len > 0 ? ", " : "", getObjectDescription(&object, false));
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	if (found.len > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("schema \"%s\" holds what would change the meaning of statements on the book", name),
				 errdetail("It has %s.", found.data),
				 errhint("Operators, and functions that bear a name of pg_catalog, must be in another schema.")));
	pfree(found.data);
}

static Oid
book_function(Oid schema, const char *name, int n_arguments, const Oid *types)
{
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
						   PointerGetDatum(buildoidvector(types, n_arguments)), ObjectIdGetDatum(schema));
}

/*
 * Whether every change of a relation by which is found what decides on a day fires the trigger that writes the versions of real
 * time anew. Not so for a view, a table with children or with row-level security, and where the trigger is missing or may be
 * skipped. Of versions the triggers are for rows, and leave out drafts.
 */
static bool
is_watched(const Relation relation, Oid function)
{
	const char *name = RelationGetRelationName(relation);
	bool		versions = strstr(name, "_version") != NULL;
	int16		missing = TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE | TRIGGER_TYPE_TRUNCATE;

	for (int i = 0; relation->trigdesc != NULL && i < relation->trigdesc->numtriggers; i++)
	{
		const Trigger *t = &relation->trigdesc->triggers[i];

		if (t->tgenabled == TRIGGER_FIRES_ALWAYS && t->tgfoid == function && TRIGGER_FOR_AFTER(t->tgtype) &&
			(versions || (!TRIGGER_FOR_ROW(t->tgtype) && t->tgqual == NULL)))
			missing &= ~t->tgtype;
	}
	return missing == 0 && relation->rd_rel->relkind == RELKIND_RELATION && !relation->rd_rel->relhassubclass &&
		!relation->rd_rel->relrowsecurity;
}

/* The policies of tables that reports are read from are the book's own, and hold nobody up who works on the book. */
static bool
is_plain(Oid oid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(oid));
	bool		plain = false;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class relation = (Form_pg_class) GETSTRUCT(tuple);

		plain = (relation->relkind == RELKIND_RELATION || relation->relkind == RELKIND_PARTITIONED_TABLE) &&
			(!relation->relrowsecurity || strncmp(NameStr(relation->relname), "report_", strlen("report_")) == 0);
		ReleaseSysCache(tuple);
	}
	return plain;
}

/* Opening a relation may bring the message that it changed: what is remembered stays only if none came. */
static void
require_relations(const char *name, KnownBook *book)
{
	Oid			function = book_function(book->schema, "renew_versions", 0, NULL);
	bool		watched = true;

	for (int i = 0; i < (int) RELATIONS; i++)
	{
		book->relation[i] = get_relname_relid(relations[i], book->schema);
		if (!OidIsValid(book->relation[i]))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("book \"%s\" has no \"%s\"", name, relations[i]),
					 errdetail("Functions on a book read its tables and views by their names."),
					 errhint("SELECT * FROM credit_limit.check_book(%s) says what is missing.", quote_literal_cstr(name))));
	}
	book->complete = true;
	book->plain = true;
	for (int i = 0; i < (int) RELATIONS; i++)
		book->plain &= is_plain(book->relation[i]);
	book->versions_stand = false;
	for (int i = 0; watched && i < VERSION_RELATIONS; i++)
	{
		Relation	relation = relation_open(book->relation[i], AccessShareLock);

		watched = is_watched(relation, function);
		relation_close(relation, AccessShareLock);
	}
	book->versions_stand = watched;
}

/* A plain name, as create_book() takes it; so it needs no quotes anywhere. */
static void
require_plain_name(const char *name)
{
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name) || (int) strlen(name) > CL_BOOK_NAME_LENGTH ||
		name[0] == '\0' || isdigit((unsigned char) name[0]) || strncmp(name, "pg_", 3) == 0 ||
		strncmp(name, "credit_limit", 12) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the name of a book is not valid"),
				 errdetail("It is %s.", quote_literal_cstr(name)),
				 errhint("Use small letters, digits and underscores, at most %d, as for a schema: lending.",
						 CL_BOOK_NAME_LENGTH)));
}

/* Dashboards name the schema of the reports, so it is often given for the book. */
static void
require_no_reports(const char *name)
{
	size_t		length = strlen(name) - Min(strlen(name), strlen("_report"));
	char	   *book = pnstrdup(name, length);
	Oid			schema = strcmp(name + length, "_report") == 0 ? get_namespace_oid(book, true) : InvalidOid;

	/* A book may be called so, too. */
	if (OidIsValid(schema) && OidIsValid(get_relname_relid("decision", schema)) &&
		!OidIsValid(get_relname_relid("decision", get_namespace_oid(name, true))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is the schema of the reports of a book", name),
				 errdetail("The book is \"%s\".", book),
				 errhint("Give the name of the book: %s.", quote_literal_cstr(book))));
	pfree(book);
}

/* A group is opened for a statement of an operator, not for each event: nothing of it is remembered. */
static void
require_group(const char *name, Oid schema)
{
	const char *missing = NULL;

	for (int i = 0; OidIsValid(schema) && missing == NULL && i < (int) lengthof(group_relations); i++)
	{
		if (!OidIsValid(get_relname_relid(group_relations[i], schema)))
			missing = group_relations[i];
	}
	if (!OidIsValid(schema) || missing != NULL)
		ereport(ERROR,
				(errcode(OidIsValid(schema) ? ERRCODE_UNDEFINED_TABLE : ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("there is no group of books \"%s\"", name),
				 missing == NULL ? errdetail("No schema has that name.") : errdetail("The schema has no \"%s\".", missing),
				 errhint("credit_limit.create_book_group() makes one.")));
}

/* ---- The search_path ---- */

typedef enum Need
{
	NEED_SCHEMA,				/* for who says what is missing, or makes it */
	NEED_RELATIONS,
	NEED_DECISION_INPUT,
	NEED_GROUP					/* a schema of a group of books, not of a book */
} Need;

static Datum
open_book(FunctionCallInfo fcinfo, Need need)
{
	char	   *name;
	Oid			schema;
	KnownBook  *book;
	char		path[NAMEDATALEN + 32];

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of a book is missing"),
				 errdetail("It is NULL."),
				 errhint("Give the name of its schema.")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	require_plain_name(name);
	schema = get_namespace_oid(name, true);
	require_no_reports(name);
	if (need == NEED_GROUP)
		require_group(name, schema);
	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("there is no book \"%s\"", name),
				 errdetail("No schema has that name."),
				 errhint("SELECT credit_limit.create_book(%s) makes one.", quote_literal_cstr(name))));
	if (cl_schema_aclcheck(schema, GetUserId(), ACL_USAGE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for book \"%s\"", name),
				 errdetail("Role \"%s\" has no right to use its schema.", GetUserNameFromId(GetUserId(), false)),
				 errhint("The owner of the book grants: credit_limit.grant_book().")));
	book = known_book(schema);
	if (!book->names_sound)
	{
		uint64		before = name_changes;

		require_sound_names(name, schema);
		/* A change that came during the look must be looked at again. */
		book->names_sound = name_changes == before;
	}
	if (need != NEED_SCHEMA && need != NEED_GROUP && !book->complete)
		require_relations(name, book);
	if (need == NEED_DECISION_INPUT)
	{
		Oid			type = DATEOID;
		Oid			function = book_function(schema, "decision_input", 1, &type);

		if (!OidIsValid(function))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg("book \"%s\" has no function decision_input(date)", name),
					 errhint("SELECT credit_limit.create_book_input(%s) makes it.", quote_literal_cstr(name))));
		if (cl_function_aclcheck(function, GetUserId()) != ACLCHECK_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("permission denied for function decision_input of book \"%s\"", name),
					 errdetail("Role \"%s\" may not execute it.", GetUserNameFromId(GetUserId(), false)),
					 errhint("The owner of the book grants: credit_limit.grant_book().")));
	}
	snprintf(path, sizeof(path), "pg_catalog, %s, pg_temp", quote_identifier(name));
	if (strcmp(namespace_search_path, path) != 0)
		(void) set_config_option("search_path", path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	PG_RETURN_VOID();
}

/* (book text) -> void: the names of its relations are those of the book until the calling function ends */
Datum
cl_open_book(PG_FUNCTION_ARGS)
{
	return open_book(fcinfo, NEED_RELATIONS);
}

/* The same for functions that call decision_input. */
Datum
cl_open_book_to_decide(PG_FUNCTION_ARGS)
{
	return open_book(fcinfo, NEED_DECISION_INPUT);
}

/* The same for functions that can do with a book that is not complete. */
Datum
cl_open_book_to_check(PG_FUNCTION_ARGS)
{
	return open_book(fcinfo, NEED_SCHEMA);
}

/* The same for the schema of a group of books. */
Datum
cl_open_group(PG_FUNCTION_ARGS)
{
	return open_book(fcinfo, NEED_GROUP);
}

/* (book text) -> boolean: whether what real time has in run_version is what decides now; in a book that is open */
Datum
cl_versions_stand(PG_FUNCTION_ARGS)
{
	const KnownBook *book = known_book(get_namespace_oid(text_to_cstring(PG_GETARG_TEXT_PP(0)), false));

	PG_RETURN_BOOL(book->complete && book->versions_stand);
}

/* Whether the current role may not see every row: a policy of the table may hold some back, or none is USING (true). */
static bool
may_hold_back(Oid oid)
{
	Relation	relation = relation_open(oid, AccessShareLock);
	bool		shows_all[2] = {false, false};	/* to SELECT, to UPDATE */
	bool		holds_back = false;
	ListCell   *cell;

	foreach(cell, relation->rd_rsdesc != NULL ? relation->rd_rsdesc->policies : NIL)
	{
		const RowSecurityPolicy *policy = lfirst(cell);
		const Const *qual = (const Const *) policy->qual;
		bool		shows = qual != NULL && IsA(qual, Const) && !qual->constisnull && DatumGetBool(qual->constvalue);
		bool		applies = false;

		for (int i = 0; i < ARR_DIMS(policy->roles)[0]; i++)
		{
			Oid			role = ((Oid *) ARR_DATA_PTR(policy->roles))[i];

			applies |= role == ACL_ID_PUBLIC || has_privs_of_role(GetUserId(), role);
		}
		if (!applies)
			continue;
		holds_back |= !policy->permissive && !shows;
		shows_all[0] |= policy->permissive && shows && (policy->polcmd == '*' || policy->polcmd == ACL_SELECT_CHR);
		shows_all[1] |= policy->permissive && shows && (policy->polcmd == '*' || policy->polcmd == ACL_UPDATE_CHR);
	}
	relation_close(relation, AccessShareLock);
	return holds_back || !shows_all[0] || !shows_all[1];
}

/*
 * () -> boolean: whether rows of the book that is open may be hidden from the current role, by row-level security or behind a
 * view: need_every_row() looks closer
 */
Datum
cl_may_hide_rows(PG_FUNCTION_ARGS)
{
	const KnownBook *book = known_book(get_rel_namespace(RelnameGetRelid("log_lane")));
	bool		may_hide = !book->complete;

	for (int i = 0; !may_hide && !book->plain && i < (int) RELATIONS; i++)
		may_hide = !is_plain(book->relation[i]) && (get_rel_relkind(book->relation[i]) == RELKIND_VIEW ||
													(check_enable_rls(book->relation[i], InvalidOid, true) == RLS_ENABLED &&
													 may_hold_back(book->relation[i])));
	PG_RETURN_BOOL(may_hide);
}

/* (relation oid) -> text */
Datum
cl_trigger_book(PG_FUNCTION_ARGS)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, PG_GETARG_DATUM(0));
	Form_pg_class relation;
	char	   *book;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", PG_GETARG_OID(0))));
	relation = (Form_pg_class) GETSTRUCT(tuple);
	book = get_namespace_name(relation->relnamespace);
	/* Anybody may have put the trigger on a table of his own, and whatever that table fires would run with these rights. */
	if (relation->relowner != GetUserId())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("a trigger function of a book is used on a table of somebody else"),
				 errdetail("\"%s.%s\" belongs to \"%s\".", book, NameStr(relation->relname),
						   GetUserNameFromId(relation->relowner, false)),
				 errhint("Tables and functions of a book belong to one role: hand them over together, by REASSIGN OWNED.")));
	ReleaseSysCache(tuple);
	PG_RETURN_TEXT_P(cstring_to_text(book));
}

/* (what text) -> void: for procedures that commit, whose own COMMIT would say "invalid transaction termination" and no more */
Datum
cl_need_autocommit(PG_FUNCTION_ARGS)
{
	if (!SPI_inside_nonatomic_context())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run inside a transaction block or a function", text_to_cstring(PG_GETARG_TEXT_PP(0))),
				 errdetail("It commits its work piece by piece."),
				 errhint("Switch autocommit on in your client, and CALL it alone.")));
	PG_RETURN_VOID();
}
