/*
 * tobit.h
 *	  Tobit regression: y = x'beta + sigma e with a standard normal e, where y is seen, or known to be below, above or between
 *	  bounds.
 *
 * The log-likelihood is concave in theta = 1 / sigma and gamma = beta / sigma (Olsen 1978, Econometrica 46, 1211), also with
 * intervals, so Newton's method finds its maximum. The answer for well-posed data is that of R's survreg. Where there is none
 * (all censored, no scatter, separation) the status says so.
 */
#ifndef CL_CORE_TOBIT_H
#define CL_CORE_TOBIT_H

#include "core/tobit_rows.h"

typedef enum ClTobitStatus
{
	CL_TOBIT_CONVERGED,
	CL_TOBIT_RANK_DEFICIENT,	/* converged, with aliased columns */
	CL_TOBIT_ONE_CLUSTER,		/* converged, but no spread between clusters to take errors from */
	CL_TOBIT_MAX_ITERATIONS,
	CL_TOBIT_SEPARATION,		/* coefficients that grow for ever: their rows are all at one bound */
	CL_TOBIT_ALL_CENSORED,		/* nothing that tells sigma */
	CL_TOBIT_PERFECT_FIT		/* no scatter: sigma is 0 */
} ClTobitStatus;

/* Number 0 is the intercept. */
typedef struct ClTobitTerm
{
	double		coefficient;	/* NaN when aliased, or when there is none */
	bool		aliased;		/* depends on the terms before it */
	bool		separating;
} ClTobitTerm;

typedef struct ClTobitFit
{
	ClTobitStatus status;
	int			terms;			/* without the intercept */
	int			rank;			/* coefficients that were estimated, without sigma */
	int			iterations;
	int64_t		clusters;		/* 0: errors are those of the likelihood */
	double		weight;
	double		sigma;
	double		loglik;
	double		condition;		/* largest over smallest singular value of the weighted columns, scaled to length 1 */
	ClTobitTerm *term;			/* terms + 1 */
	double	   *covariance;		/* (terms + 2)^2, the last of log(sigma); NaN where there is none */
} ClTobitFit;

extern void cl_tobit_fit(const ClTobitRows *rows, const ClMemory *memory, int max_iterations, ClTobitFit *fit);
extern void cl_tobit_fit_free(const ClMemory *memory, ClTobitFit *fit);

#endif							/* CL_CORE_TOBIT_H */
