/*
 * umbrella.c
 *	  The trigger of account that lets changes of lines without an umbrella pass.
 *
 * Every decision updates account, and few lines have an umbrella. To find that out in PL/pgSQL took a seventh of an event, so
 * what changed is looked through here; only where an umbrella is concerned is the trigger called on to the function
 * keep_umbrella() of the book, which counts with the rights of the book's owner.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(cl_keep_umbrella);

static bool
has_umbrella(Tuplestorestate *rows, TupleDesc columns, AttrNumber umbrella_id)
{
	TupleTableSlot *row = MakeSingleTupleTableSlot(columns, &TTSOpsMinimalTuple);
	bool		found = false;

	tuplestore_select_read_pointer(rows, tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(rows);
	while (!found && tuplestore_gettupleslot(rows, true, false, row))
	{
		CHECK_FOR_INTERRUPTS();
		found = !slot_attisnull(row, umbrella_id);
	}
	ExecDropSingleTupleTableSlot(row);
	return found;
}

/* The function belongs to whom the table belongs: nobody else may put one in its place. */
static Oid
function_of_book(Relation account)
{
	oidvector  *no_arguments = buildoidvector(NULL, 0);
	HeapTuple	tuple = SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum("keep_umbrella"), PointerGetDatum(no_arguments),
										ObjectIdGetDatum(RelationGetNamespace(account)));
	Oid			function = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_proc found = (Form_pg_proc) GETSTRUCT(tuple);

		if (found->proowner == account->rd_rel->relowner && found->prorettype == TRIGGEROID)
			function = found->oid;
		ReleaseSysCache(tuple);
	}
	if (!OidIsValid(function))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("the schema of table \"%s\" has no trigger function keep_umbrella() of its owner",
						RelationGetRelationName(account)),
				 errdetail("It counts what is granted under umbrellas."),
				 errhint("create_book() makes it. Tables and functions of a book belong to one role.")));
	return function;
}

/* A trigger after a statement on account, with the transition tables of the statement */
Datum
cl_keep_umbrella(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	AttrNumber	umbrella_id;
	TupleDesc	columns;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_FOR_STATEMENT(trigger->tg_event) ||
		(trigger->tg_oldtable == NULL && trigger->tg_newtable == NULL))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("keep_umbrella() is a trigger after a statement, with transition tables"),
				 errhint("create_book() makes it on account.")));
	columns = RelationGetDescr(trigger->tg_relation);
	umbrella_id = SPI_fnumber(columns, "umbrella_id");
	if (umbrella_id <= 0 ||
		(trigger->tg_newtable != NULL && has_umbrella(trigger->tg_newtable, columns, umbrella_id)) ||
		(trigger->tg_oldtable != NULL && has_umbrella(trigger->tg_oldtable, columns, umbrella_id)))
	{
		FmgrInfo	function;
		LOCAL_FCINFO(call, 0);

		fmgr_info(function_of_book(trigger->tg_relation), &function);
		InitFunctionCallInfoData(*call, &function, 0, InvalidOid, (Node *) trigger, NULL);
		(void) FunctionCallInvoke(call);
	}
	return PointerGetDatum(NULL);
}
