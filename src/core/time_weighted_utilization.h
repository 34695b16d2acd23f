/*
 * time_weighted_utilization.h
 *	  How much of a limit was drawn over time: the integral of the balance by that of the limit.
 */
#ifndef CL_CORE_TIME_WEIGHTED_UTILIZATION_H
#define CL_CORE_TIME_WEIGHTED_UTILIZATION_H

#include <stdint.h>

/* Balance and limit from an instant on, until the next point. */
typedef struct ClTimePoint
{
	int64_t		at;				/* microseconds */
	double		balance;
	double		limit;
} ClTimePoint;

/* For qsort: by time, then by amounts, so that equal points are neighbours. */
extern int	cl_time_point_compare(const void *a, const void *b);

/* The first of sorted points that says something else about the instant of the one before it; n where there is none. */
extern int	cl_time_conflict(const ClTimePoint *points, int n);

/*
 * The two integrals of sorted points up to an instant; the last point is in force until then, and what comes at it or later
 * does not count.
 */
extern void cl_time_integrals(const ClTimePoint *points, int n, int64_t until, double *balance, double *limit);

#endif							/* CL_CORE_TIME_WEIGHTED_UTILIZATION_H */
