/*
 * asset.c
 *	  The files that a page carries with it: style, drawing code, and the charting library (assets/README.md).
 *
 * They are in the shared object, so that a page needs neither a file of the server nor a row of a catalog.
 */
#include "postgres.h"

#include "pg/compat.h"

#include "utils/builtins.h"

#include "page/asset_bytes.h"

PG_FUNCTION_INFO_V1(cl_page_asset);

/* (name text) -> text */
Datum
cl_page_asset(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));

	for (size_t i = 0; i < lengthof(assets); i++)
		if (strcmp(assets[i].name, name) == 0)
			PG_RETURN_TEXT_P(cstring_to_text_with_len(assets[i].bytes, (int) assets[i].length));
	elog(ERROR, "a page has no file \"%s\"", name);
}
