/*
 * append.c
 *	  Many rows for one partition of a table that only grows, written as COPY writes them.
 *
 * All rows of a chunk of decisions have one date, so they go into one partition. They are gathered and put into its pages
 * together, with one record of the write-ahead log for a page: INSERT ... SELECT takes them one by one.
 *
 * That is done where it is the same as INSERT: into a plain table with the columns that are known here, by a role with the right
 * to insert into the parent, without row-level security for that role, and without triggers and rules on INSERT. Everywhere else
 * each row is an INSERT, and the executor says what is allowed.
 */
#include "postgres.h"

#include "book/append.h"
#include "book/kept.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "partitioning/partbounds.h"
#include "partitioning/partdesc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/rls.h"

#define MOST_GATHERED 128

struct ClAppend
{
	Relation	parent;
	Relation	leaf;			/* NULL: rows are inserted by a statement */
	int			count;
	EState	   *estate;
	ResultRelInfo *result;
	TupleTableSlot *slots[MOST_GATHERED];
	int			gathered;
	SPIPlanPtr	insert;
};

/* ---- Where it is the same as INSERT ---- */

static bool
has_insert_trigger(Relation relation)
{
	const TriggerDesc *triggers = relation->trigdesc;

	return triggers != NULL &&
		(triggers->trig_insert_before_row || triggers->trig_insert_after_row || triggers->trig_insert_before_statement ||
		 triggers->trig_insert_after_statement || triggers->trig_insert_instead_row || triggers->trig_insert_new_table);
}

static bool
has_columns(Relation relation, const ClAppendColumn *columns, int count)
{
	TupleDesc	desc = RelationGetDescr(relation);

	if (desc->natts != count)
		return false;
	for (int i = 0; i < count; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		if (attribute->attisdropped || attribute->attgenerated != '\0' || attribute->atttypid != columns[i].type ||
			strcmp(NameStr(attribute->attname), columns[i].name) != 0)
			return false;
	}
	return true;
}

/* A book's owner may have made the table anew: by another column the value would be compared as what it is not. */
static bool
is_partitioned_by(Relation parent, const ClAppendColumn *column)
{
	PartitionKey key = RelationGetPartitionKey(parent);

	return key->strategy == PARTITION_STRATEGY_RANGE && key->partnatts == 1 && key->partattrs[0] != InvalidAttrNumber &&
		key->parttypid[0] == column->type &&
		strcmp(NameStr(TupleDescAttr(RelationGetDescr(parent), key->partattrs[0] - 1)->attname), column->name) == 0;
}

/* The partition of a value, for a table that is partitioned by ranges of its column. */
static Oid
partition_of(Relation parent, Datum value)
{
	PartitionKey key = RelationGetPartitionKey(parent);
	PartitionDesc partitions = RelationGetPartitionDesc(parent, true);
	PartitionBoundInfo bounds = partitions->boundinfo;
	bool		equal;
	int			index;

	if (partitions->nparts == 0)
		return InvalidOid;
	index = bounds->indexes[partition_range_datum_bsearch(key->partsupfunc, key->partcollation, bounds, 1, &value, &equal) + 1];
	if (index < 0)
		index = bounds->default_index;
	return index < 0 ? InvalidOid : partitions->oids[index];
}

/* The partition, opened, if rows may be put into it directly. */
static Relation
open_leaf(Relation parent, const ClAppendColumn *columns, int count, int key, Datum value)
{
	Oid			leaf;
	Relation	relation;

	if (parent->rd_rel->relkind != RELKIND_PARTITIONED_TABLE || !is_partitioned_by(parent, &columns[key]) ||
		has_insert_trigger(parent) || parent->rd_rules != NULL ||
		pg_class_aclcheck(RelationGetRelid(parent), GetUserId(), ACL_INSERT) != ACLCHECK_OK ||
		check_enable_rls(RelationGetRelid(parent), InvalidOid, true) == RLS_ENABLED)
		return NULL;
	leaf = partition_of(parent, value);
	if (!OidIsValid(leaf))
		return NULL;
	relation = table_open(leaf, RowExclusiveLock);
	/* While the default partition was waited for, the value may have got one of its own. */
	if (relation->rd_rel->relkind == RELKIND_RELATION && !has_insert_trigger(relation) &&
		has_columns(relation, columns, count) && partition_of(parent, value) == leaf)
		return relation;
	table_close(relation, NoLock);
	return NULL;
}

/* ---- The way of COPY ---- */

static void
begin_gathering(ClAppend *append)
{
	PreventCommandIfReadOnly("INSERT");
	append->estate = CreateExecutorState();
	append->result = makeNode(ResultRelInfo);
	InitResultRelInfo(append->result, append->leaf, 0, NULL, 0);
	ExecOpenIndices(append->result, false);
}

static void
write_gathered(ClAppend *append)
{
	table_multi_insert(append->leaf, append->slots, append->gathered, GetCurrentCommandId(true), 0, NULL);
	for (int i = 0; i < append->gathered; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (append->result->ri_NumIndices > 0)
			list_free(cl_insert_index_tuples(append->result, append->slots[i], append->estate));
		ExecClearTuple(append->slots[i]);
		ResetPerTupleExprContext(append->estate);
	}
	append->gathered = 0;
}

static void
gather(ClAppend *append, const Datum *values, const bool *isnull)
{
	TupleTableSlot **slot = &append->slots[append->gathered];

	if (*slot == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(append->estate->es_query_cxt);

		*slot = table_slot_create(append->leaf, NULL);
		MemoryContextSwitchTo(old);
	}
	memcpy((*slot)->tts_values, values, append->count * sizeof(Datum));
	memcpy((*slot)->tts_isnull, isnull, append->count * sizeof(bool));
	ExecStoreVirtualTuple(*slot);
	/* The values are the caller's: the slot makes a tuple of its own, the one that is written. */
	ExecMaterializeSlot(*slot);
	if (append->leaf->rd_att->constr != NULL)
		ExecConstraints(append->result, *slot, append->estate);
	ResetPerTupleExprContext(append->estate);
	if (++append->gathered == MOST_GATHERED)
		write_gathered(append);
}

/* ---- The way of INSERT ---- */

static void
begin_inserting(ClAppend *append, const ClAppendColumn *columns)
{
	StringInfoData names;
	StringInfoData parameters;
	Oid		   *types = palloc_array(Oid, append->count);
	char	   *statement;

	initStringInfo(&names);
	initStringInfo(&parameters);
	for (int i = 0; i < append->count; i++)
	{
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", quote_identifier(columns[i].name));
		appendStringInfo(&parameters, "%s$%d", i > 0 ? ", " : "", i + 1);
		types[i] = columns[i].type;
	}
	statement = psprintf("INSERT INTO %s (%s) VALUES (%s)",
						 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(append->parent)),
													RelationGetRelationName(append->parent)),
						 names.data, parameters.data);
	append->insert = SPI_prepare(statement, append->count, types);
	if (append->insert == NULL)
		elog(ERROR, "could not prepare a statement: %s", SPI_result_code_string(SPI_result));
}

static void
insert(ClAppend *append, const Datum *values, const bool *isnull)
{
	char	   *nulls = palloc_array(char, append->count);
	int			code;

	for (int i = 0; i < append->count; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	code = SPI_execute_plan(append->insert, unconstify(Datum *, values), nulls, false, 0);
	if (code != SPI_OK_INSERT)
		elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
	pfree(nulls);
}

/* ---- For the caller ---- */

/* A row has `count` columns, those of the table in their order; in all rows the column number `key` has the same value. */
ClAppend *
cl_append_begin(Oid table, const ClAppendColumn *columns, int count, int key, Datum value)
{
	ClAppend   *append = palloc0_object(ClAppend);

	append->count = count;
	append->parent = table_open(table, RowExclusiveLock);
	append->leaf = open_leaf(append->parent, columns, count, key, value);
	if (append->leaf != NULL)
		begin_gathering(append);
	else
		begin_inserting(append, columns);
	return append;
}

/* The values may change after the call. */
void
cl_append_row(ClAppend *append, const Datum *values, const bool *isnull)
{
	if (append->leaf != NULL)
		gather(append, values, isnull);
	else
		insert(append, values, isnull);
}

/* Writes what is gathered. After an error the end of the transaction closes what this would. */
void
cl_append_end(ClAppend *append)
{
	if (append->leaf != NULL)
	{
		if (append->gathered > 0)
			write_gathered(append);
		for (int i = 0; i < MOST_GATHERED && append->slots[i] != NULL; i++)
			ExecDropSingleTupleTableSlot(append->slots[i]);
		ExecCloseIndices(append->result);
		FreeExecutorState(append->estate);
		table_close(append->leaf, NoLock);
	}
	table_close(append->parent, NoLock);
	pfree(append);
}
