/*
 * argument.h
 *	  Arguments that every feature reads in the same way.
 */
#ifndef CL_PG_ARGUMENT_H
#define CL_PG_ARGUMENT_H

#include "pg/compat.h"

/*
 * The place of a text among the choices, which end with NULL. Any other text is an error that lists them; "what" is what they
 * choose, as in "method of reason codes", and the hint says how to decide.
 */
extern int	cl_choice_argument(const text *given, const char *const *choices, const char *what, const char *hint);

/* An answer that the core could not compute is NaN there, and NULL here. */
static inline Datum
cl_float8_or_null(FunctionCallInfo fcinfo, double answer)
{
	if (answer != answer)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(answer);
}

#endif							/* CL_PG_ARGUMENT_H */
