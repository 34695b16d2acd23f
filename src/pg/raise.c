/*
 * raise.c
 *	  An error raised anew without its context: what a function does inside is nobody's business who gave it a wrong argument.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(cl_raise_anew);

/* (sqlstate, message, detail, hint text), as GET STACKED DIAGNOSTICS has them: empty where there is none */
Datum
cl_raise_anew(PG_FUNCTION_ARGS)
{
	char	   *state = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *detail = text_to_cstring(PG_GETARG_TEXT_PP(2));
	char	   *hint = text_to_cstring(PG_GETARG_TEXT_PP(3));
	int			code = ERRCODE_INTERNAL_ERROR;

	if (strlen(state) == 5)
		code = MAKE_SQLSTATE(state[0], state[1], state[2], state[3], state[4]);
	/* Whoever catches the error puts its own back. */
	error_context_stack = NULL;
	ereport(ERROR,
			(errcode(code),
			 errmsg_internal("%s", text_to_cstring(PG_GETARG_TEXT_PP(1))),
			 *detail != '\0' ? errdetail_internal("%s", detail) : 0,
			 *hint != '\0' ? errhint("%s", hint) : 0));
	PG_RETURN_VOID();
}
