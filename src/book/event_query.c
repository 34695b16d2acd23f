/*
 * event_query.c
 *	  The query of decisions for single borrowers, kept by a backend for as long as the versions in it decide.
 *
 * To find the versions that decide on a day takes as long as a decision: products, arms of experiments, and the versions of the
 * policies and scorecards that they name. They change a few times a year. So the query that a backend keeps for a book and a day
 * names them by number, and is thrown away when a row of the tables of versions changes: their trigger version_changed sends the
 * message by which PostgreSQL tells every backend that a table is not what it was, at the commit of the change.
 *
 * A table that has no such trigger might change unseen: a lender's own without it, a view, one with children. So might what a
 * reader sees of a table with row-level security. Then nothing is kept, and each event finds its versions. So it is in a
 * transaction that may have changed a table of versions itself: in a statement that changes one and is an event, the trigger of
 * the event may fire first, and what was kept then would outlive an error that undoes the change.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#define MOST_QUERIES 8			/* books and days that a session decides on in turn */

PG_FUNCTION_INFO_V1(cl_version_changed);
PG_FUNCTION_INFO_V1(cl_event_query);

static const char *const tables_of_versions[] = {"product", "experiment", "experiment_arm", "policy", "scorecard"};

#define TABLES lengthof(tables_of_versions)

typedef struct EventQuery
{
	bool		valid;
	Oid			schema;
	NameData	book;			/* the name of the schema: the query has it in it, and it may become that of another */
	Oid			role;			/* who may see the versions, and call what is in the query */
	DateADT		as_of;
	Oid			tables[TABLES];
	char	   *query;
} EventQuery;

static EventQuery queries[MOST_QUERIES];
static int	next_place = 0;

/* ---- What makes it invalid ---- */

static void
forget_changed(Datum arg, Oid relation)
{
	(void) arg;
	for (int i = 0; i < MOST_QUERIES; i++)
	{
		for (int t = 0; t < (int) TABLES; t++)
		{
			if (!OidIsValid(relation) || queries[i].tables[t] == relation)
				queries[i].valid = false;
		}
	}
}

/* trigger: after a row of a table of versions changed */
Datum
cl_version_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("version_changed is a trigger for after the change of a row")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}

/* A lock on rows that are written is held to the end of the transaction. */
static bool
is_changed_here(Oid table)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, table);
	for (LOCKMODE mode = RowExclusiveLock; mode <= AccessExclusiveLock; mode++)
	{
		if (cl_lock_held_by_me(&tag, mode))
			return true;
	}
	return false;
}

/* By its name first: to look up another function may load a language. */
static bool
is_version_changed(Oid function)
{
	char	   *name = get_func_name(function);
	FmgrInfo	info;

	if (name == NULL || strcmp(name, "version_changed") != 0)
		return false;
	fmgr_info(function, &info);
	return info.fn_addr == cl_version_changed;
}

static bool
is_watched_for(const TriggerDesc *triggers, int16 event)
{
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *t = &triggers->triggers[i];

		if (t->tgenabled == TRIGGER_FIRES_ALWAYS && TRIGGER_FOR_ROW(t->tgtype) && TRIGGER_FOR_AFTER(t->tgtype) &&
			(t->tgtype & event) != 0 && t->tgnattr == 0 && t->tgqual == NULL && is_version_changed(t->tgfoid))
			return true;
	}
	return false;
}

/* A TRUNCATE sends the message by itself. To look up a function may build the relation anew, with other triggers. */
static bool
is_watched(Oid table)
{
	Relation	relation = relation_open(table, AccessShareLock);
	TriggerDesc *triggers = CopyTriggerDesc(relation->trigdesc);
	bool		answer = relation->rd_rel->relkind == RELKIND_RELATION && !relation->rd_rel->relhassubclass &&
		!relation->rd_rel->relrowsecurity && is_watched_for(triggers, TRIGGER_TYPE_INSERT) &&
		is_watched_for(triggers, TRIGGER_TYPE_UPDATE) && is_watched_for(triggers, TRIGGER_TYPE_DELETE);

	relation_close(relation, AccessShareLock);
	return answer;
}

/* ---- The queries ---- */

static EventQuery *
find(const char *book, Oid schema, DateADT as_of)
{
	for (int i = 0; i < MOST_QUERIES; i++)
	{
		EventQuery *q = &queries[i];
		bool		found = q->valid && q->query != NULL && q->schema == schema && q->as_of == as_of && q->role == GetUserId() &&
			strcmp(NameStr(q->book), book) == 0;

		for (int t = 0; found && t < (int) TABLES; t++)
			found = !is_changed_here(q->tables[t]);
		if (found)
			return q;
	}
	return NULL;
}

/*
 * NULL: nothing may be kept.
 *
 * The place is in use before the first table is looked at: what is said of any of them from then on makes it invalid, also while
 * another is waited for.
 */
static EventQuery *
begin_query(const char *book, Oid schema, DateADT as_of)
{
	EventQuery *place = &queries[next_place];
	char	   *old = place->query;

	*place = (EventQuery) {.schema = schema, .role = GetUserId(), .as_of = as_of};
	namestrcpy(&place->book, book);
	if (old != NULL)
		pfree(old);
	for (int t = 0; t < (int) TABLES; t++)
	{
		place->tables[t] = get_relname_relid(tables_of_versions[t], schema);
		if (!OidIsValid(place->tables[t]) || is_changed_here(place->tables[t]))
			return NULL;
	}
	place->valid = true;
	for (int t = 0; t < (int) TABLES; t++)
	{
		if (!is_watched(place->tables[t]))
			place->valid = false;
		if (!place->valid)
			return NULL;
	}
	next_place = (next_place + 1) % MOST_QUERIES;
	return place;
}

static char *
make_query(Datum book, Datum as_of)
{
	Oid			types[] = {TEXTOID, DATEOID};
	Datum		values[] = {book, as_of};
	bool		isnull;
	int			code;
	char	   *answer;
	MemoryContext outer = CurrentMemoryContext;

	SPI_connect();
	code = SPI_execute_with_args("SELECT credit_limit.make_event_query($1, $2)", 2, types, values, NULL, false, 1);
	if (code != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not make the query of an event");
	answer = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	answer = MemoryContextStrdup(outer, answer);
	SPI_finish();
	return answer;
}

/*
 * (book text, as_of date) -> text: make_event_query() of them, kept
 *
 * A transaction with a snapshot of its own may see older versions than those that the query names.
 */
Datum
cl_event_query(PG_FUNCTION_ARGS)
{
	static bool listening = false;
	char	   *book = text_to_cstring(PG_GETARG_TEXT_PP(0));
	DateADT		as_of = PG_GETARG_DATEADT(1);
	Oid			schema;
	EventQuery *place;
	char	   *query;

	if (IsolationUsesXactSnapshot())
		PG_RETURN_TEXT_P(cstring_to_text(make_query(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1))));
	if (!listening)
		CacheRegisterRelcacheCallback(forget_changed, (Datum) 0);
	listening = true;
	/* A statement of a long transaction hears of others only when it locks a table that the transaction has not locked. */
	AcceptInvalidationMessages();
	schema = get_namespace_oid(book, false);
	place = find(book, schema, as_of);
	if (place != NULL)
		PG_RETURN_TEXT_P(cstring_to_text(place->query));
	place = begin_query(book, schema, as_of);
	query = make_query(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
	/* Not if a version changed while it was made, or it was made of another schema. */
	if (place != NULL && place->valid && get_namespace_oid(book, true) == schema)
		place->query = MemoryContextStrdup(TopMemoryContext, query);
	PG_RETURN_TEXT_P(cstring_to_text(query));
}
