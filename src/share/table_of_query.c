/*
 * table_of_query.c
 *	  table_of_query: the one disclosure_table that a query gives. The arguments of CALL can have no query in them.
 */
#include "postgres.h"

#include "pg/query.h"

#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define QUERY "query of a release"

PG_FUNCTION_INFO_V1(cl_table_of_query);

static void
not_a_table(const char *found)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("%s must return one disclosure_table", QUERY),
			 errdetail("%s", found),
			 errhint("For example: SELECT disclosure_table_agg(region, product, borrower_id, balance) FROM loan")));
}

/* query */
Datum
cl_table_of_query(PG_FUNCTION_ARGS)
{
	Oid			type = get_func_rettype(fcinfo->flinfo->fn_oid);
	ClQuery		query;
	Datum		value;
	bool		isnull = true;

	SPI_connect();
	cl_query_open(&query, text_to_cstring(PG_GETARG_TEXT_PP(0)), QUERY);
	if (query.desc->natts != 1)
		not_a_table(psprintf("It returns %d columns.", query.desc->natts));
	if (TupleDescAttr(query.desc, 0)->atttypid != type)
		not_a_table(psprintf("Its column is of type %s.", format_type_be(TupleDescAttr(query.desc, 0)->atttypid)));
	cl_query_execute(cl_query_prepare(query.text, QUERY, 0, NULL), QUERY, NULL, 1, &type);
	if (SPI_processed != 1)
		not_a_table(psprintf("It returns " UINT64_FORMAT " rows.", SPI_processed));
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (isnull)
		not_a_table("It returns NULL: there are no rows behind it.");
	value = SPI_datumTransfer(value, false, -1);
	SPI_finish();
	return value;
}
