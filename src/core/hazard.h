/*
 * hazard.h
 *	  How long accounts last until an event, of one cause or of several that compete, when some have not had theirs yet.
 *
 * Counts of events by cause and of censored accounts, for each duration. Survival is Kaplan and Meier's product with Greenwood's
 * error; the incidence of a cause is the sum of survival before, times the share of it among those at risk (Aalen and Johansen
 * 1978), with the error of Aalen 1978 (Annals of Statistics 6, 534), which is R survival's. An account censored at a duration is
 * at risk then.
 */
#ifndef CL_CORE_HAZARD_H
#define CL_CORE_HAZARD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/memory.h"

#define CL_HAZARD_CAUSES 16
/* Bytes of a name. */
#define CL_HAZARD_NAME 256
/* A century in days. */
#define CL_HAZARD_DURATION 36525
/* Accounts of one value. */
#define CL_HAZARD_MOST (INT64_C(1) << 50)

typedef struct ClCause
{
	char	   *name;			/* not terminated */
	int			length;
	int64_t    *n;				/* events by duration */
} ClCause;

typedef struct ClHazard
{
	ClMemory	memory;
	int			n_causes;
	ClCause		cause[CL_HAZARD_CAUSES];	/* by the bytes of their names */
	int64_t    *censored;		/* by duration */
	int			size;			/* durations that there is room for */
	int64_t		n;				/* accounts */
	int64_t		n_skipped;		/* rows of which something is not known */
} ClHazard;

extern void cl_hazard_init(ClHazard *hazard, const ClMemory *memory);
extern void cl_hazard_free(ClHazard *hazard);
/* Durations go up to CL_HAZARD_DURATION. */
extern void cl_hazard_add_censored(ClHazard *hazard, int duration, int64_t n);
/* False where there is no room for another cause. */
extern bool cl_hazard_add_event(ClHazard *hazard, int duration, const char *name, int length, int64_t n);
/* False where there would be too many accounts or causes. */
extern bool cl_hazard_merge(ClHazard *into, const ClHazard *from);
/* The place of a cause, or -1. */
extern int	cl_hazard_cause(const ClHazard *hazard, const char *name, int length);

/* A duration at which something was seen; errors are NaN where there are none. */
typedef struct ClHazardStep
{
	int			duration;
	int64_t		n_risk;
	int64_t		n_event;
	int64_t		n_censored;
	double		before;			/* survival before it */
	double		survival;		/* P(T > duration) */
	double		greenwood;		/* the variance of log(survival); NaN where that is 0 */
} ClHazardStep;

/* The first step is after the one that is all zero; false after the last. */
extern bool cl_hazard_next(const ClHazard *hazard, ClHazardStep *step);

/* Sums behind the incidence of a cause, all zero before the first step. */
typedef struct ClIncidence
{
	double		incidence;
	double		all;			/* of d / (n (n - d)), and times incidence and its square */
	double		all_first;
	double		all_second;
	double		own;			/* of S^2 d_k (n - d_k) / n^3 */
	double		both;			/* of S d_k / n^2, and times incidence */
	double		both_first;
} ClIncidence;

extern void cl_incidence_add(ClIncidence *sum, const ClHazardStep *step, int64_t n_cause);
extern double cl_incidence_error(const ClIncidence *sum);

#endif							/* CL_CORE_HAZARD_H */
