/*
 * shards.c
 *	  Relations that each pass of a query asks in turn: see shards.h.
 */
#include "postgres.h"

#include "pg/query.h"
#include "pg/shards.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* Asks their servers, so that a pass does not fail in the middle for what could be said before. */
static void
require_shards(const Oid *shard, int n)
{
	Oid			type = REGCLASSARRAYOID;
	Datum	   *element = palloc_array(Datum, n);
	Datum		argument;

	for (int i = 0; i < n; i++)
		element[i] = ObjectIdGetDatum(shard[i]);
	argument = PointerGetDatum(construct_array(element, n, REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT));
	if (SPI_execute_with_args("SELECT credit_limit_internal.require_shards($1)", 1, &type, &argument, NULL, false, 1) !=
		SPI_OK_SELECT)
		elog(ERROR, "the shards could not be looked at");
}

char	  **
cl_shards(const ClJson *option, int *n)
{
	char	  **relation;
	Oid		   *shard;

	*n = cl_json_array(option, 1, 1000);
	relation = palloc_array(char *, *n);
	shard = palloc_array(Oid, *n);
	for (int i = 0; i < *n; i++)
	{
		ClJson		node;

		cl_json_item(option, i, &node);
		shard[i] = DatumGetObjectId(DirectFunctionCall1(regclassin, CStringGetDatum(cl_json_string(&node))));
		relation[i] = cl_query_relation(shard[i]);
		for (int j = 0; j < i; j++)
		{
			if (strcmp(relation[i], relation[j]) == 0)
				cl_json_error(&node, "a relation that is not among those before it");
		}
	}
	require_shards(shard, *n);
	return relation;
}

char *
cl_shard_with(const char *relation)
{
	return psprintf("WITH " CL_SHARD " AS (SELECT * FROM %s) ", relation);
}
