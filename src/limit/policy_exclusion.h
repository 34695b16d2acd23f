/*
 * policy_exclusion.h
 *	  What an account must not be for its limit to rise.
 */
#ifndef CL_LIMIT_POLICY_EXCLUSION_H
#define CL_LIMIT_POLICY_EXCLUSION_H

#include "limit/policy.h"

extern int	cl_exclusion_accepts(const ClExclusion *exclusion);
extern bool cl_exclusion_met(const ClExclusion *exclusion, ClRow *row, ClColumn *column, bool *unknown);

#endif							/* CL_LIMIT_POLICY_EXCLUSION_H */
