/*
 * book.c
 *	  A book is a schema with a decision log in it.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(cl_book_schema);

/*
 * (book text) -> text: the name of its schema as an identifier in SQL
 *
 * Everything that works on a book asks here first, several times in every event of real time.
 */
Datum
cl_book_schema(PG_FUNCTION_ARGS)
{
	char	   *book;
	Oid			schema;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of a book is missing"),
				 errdetail("It is NULL."),
				 errhint("Give the name of its schema.")));
	book = text_to_cstring(PG_GETARG_TEXT_PP(0));
	schema = get_namespace_oid(book, true);
	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("there is no book \"%s\"", book),
				 errdetail("No schema has that name."),
				 errhint("CALL credit_limit.create_book(%s) makes one.", quote_literal_cstr(book))));
	if (!OidIsValid(get_relname_relid("decision", schema)) || !OidIsValid(get_relname_relid("log_lane", schema)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("schema \"%s\" is not a book", book),
				 errdetail("It has no decision log."),
				 errhint("credit_limit.create_book() makes the tables that are missing.")));
	PG_RETURN_TEXT_P(cstring_to_text(quote_identifier(book)));
}
