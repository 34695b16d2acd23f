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

#endif							/* CL_PG_ARGUMENT_H */
