/*
 * argument.c
 *	  Arguments that every feature reads in the same way.
 */
#include "postgres.h"

#include "pg/argument.h"

#include "utils/builtins.h"

int
cl_choice_argument(const text *given, const char *const *choices, const char *what, const char *hint)
{
	int			length = VARSIZE_ANY_EXHDR(given);
	StringInfoData valid;

	for (int i = 0; choices[i] != NULL; i++)
	{
		if (strlen(choices[i]) == (size_t) length && memcmp(VARDATA_ANY(given), choices[i], length) == 0)
			return i;
	}
	initStringInfo(&valid);
	for (int i = 0; choices[i] != NULL; i++)
		appendStringInfo(&valid, "%s%s", i > 0 ? ", " : "", choices[i]);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown %s: \"%s\"", what, text_to_cstring(given)),
			 errdetail("Valid are: %s.", valid.data),
			 errhint("%s", hint)));
}
