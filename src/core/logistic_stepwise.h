/*
 * logistic_stepwise.h
 *	  Terms of a logistic regression one by one, in or out, as long as the criterion falls.
 */
#ifndef CL_CORE_LOGISTIC_STEPWISE_H
#define CL_CORE_LOGISTIC_STEPWISE_H

#include "core/logistic.h"

typedef struct ClLogitSearch
{
	const ClLogitOptions *options;
	const bool *forced;			/* terms that are in whatever it costs */
	bool		may_add;
	bool		may_drop;
	bool		start_with_all;
	bool		by_bic;			/* instead of AIC */
	int			max_steps;
} ClLogitSearch;

typedef enum ClLogitAction
{
	CL_LOGIT_START,
	CL_LOGIT_ADD,
	CL_LOGIT_DROP,
	CL_LOGIT_DROP_ALIASED
} ClLogitAction;

/* Called once for the start and after each step. Term is -1 at the start; "in" says which terms are in. */
typedef void (*ClLogitReport) (void *data, ClLogitAction action, int term, const ClLogitFit *fit, const bool *in);

extern void cl_logit_stepwise(const ClLogitRows *rows, const ClMemory *memory, const ClLogitSearch *search,
							  ClLogitReport report, void *data);

#endif							/* CL_CORE_LOGISTIC_STEPWISE_H */
