/*
 * policy_explain.h
 *	  A decision in words.
 */
#ifndef CL_LIMIT_POLICY_EXPLAIN_H
#define CL_LIMIT_POLICY_EXPLAIN_H

#include "limit/policy.h"

extern Datum cl_policy_explanation(const ClPolicyReader *reader, DateADT as_of, const ClPolicyDecision *decision,
								   const ClPolicyTrace *trace);

#endif							/* CL_LIMIT_POLICY_EXPLAIN_H */
