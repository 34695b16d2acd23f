/*
 * policy_compile.h
 *	  What the files that compile a policy from its JSON share.
 */
#ifndef CL_LIMIT_POLICY_COMPILE_H
#define CL_LIMIT_POLICY_COMPILE_H

#include "limit/policy.h"

#define CL_INCOME_REASON "Income supports no higher limit"

/* Optional parts of a section; what is in *value stays when one is absent. */
extern bool cl_policy_get_amount(const ClJson *section, const char *key, const ClPolicy *policy, int64 *value);
extern bool cl_policy_get_rate(const ClJson *section, const char *key, int highest, int64 *value);
extern char *cl_policy_get_string(const ClJson *section, const char *key);

extern void cl_policy_compile_entitlement(const ClJson *document, ClPolicy *policy);
extern void cl_policy_compile_axis_columns(const ClJson *document, ClPolicy *policy);

extern void cl_policy_compile_optimal(const ClJson *section, ClPolicy *policy);
extern void cl_policy_compile_optimal_columns(const ClJson *document, ClPolicy *policy);

#endif							/* CL_LIMIT_POLICY_COMPILE_H */
