/*
 * adjusted_p.h
 *	  P-values of many looks at once, so that among those below a level so few are false.
 */
#ifndef CL_CORE_ADJUSTED_P_H
#define CL_CORE_ADJUSTED_P_H

#include "core/memory.h"

typedef enum ClAdjustment
{
	CL_BENJAMINI_HOCHBERG,		/* 1995, Journal of the Royal Statistical Society B 57, 289; looks that do not overlap */
	CL_BENJAMINI_YEKUTIELI		/* 2001, Annals of Statistics 29, 1165; any looks */
} ClAdjustment;

/* In place; NaN is no look. */
extern void cl_adjust_p(const ClMemory *memory, ClAdjustment method, int n, double *p);

#endif							/* CL_CORE_ADJUSTED_P_H */
