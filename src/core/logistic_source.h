/*
 * logistic_source.h
 *	  What a logistic regression is fitted to, and what is asked of it.
 */
#ifndef CL_CORE_LOGISTIC_SOURCE_H
#define CL_CORE_LOGISTIC_SOURCE_H

#include "core/logistic_rows.h"

typedef enum ClLogitStatus
{
	CL_LOGIT_CONVERGED,
	CL_LOGIT_MAX_ITERATIONS,
	CL_LOGIT_SEPARATION,
	CL_LOGIT_QUASI_SEPARATION,
	CL_LOGIT_RANK_DEFICIENT,	/* converged, with aliased columns */
	CL_LOGIT_ONE_CLASS,
	CL_LOGIT_BOUNDED			/* converged, with coefficients at their bound */
} ClLogitStatus;

typedef enum ClLogitPenalty
{
	CL_LOGIT_NONE,
	CL_LOGIT_L2,
	CL_LOGIT_FIRTH
} ClLogitPenalty;

typedef struct ClLogitOptions
{
	ClLogitPenalty penalty;
	double		lambda;			/* of L2: -loglik + lambda / 2 * sum of beta^2, without the intercept */
	bool		standardize;	/* the beta that L2 sees are those of columns with standard deviation 1 */
	int			max_iterations;
	double		tolerance;		/* of the deviance, relative */
	const signed char *sign;	/* of each column: 1, -1, or 0 for any; or NULL */
	double		bound;			/* of every coefficient's size, without the intercept; 0: none */
	bool		robust;			/* covariance that holds where the model is not right (Huber 1967, White 1982) */
} ClLogitOptions;

typedef struct ClLogitSource
{
	void	   *data;
	int			terms;
	ClLogitTotals totals;
	const double *center;		/* of each column; means, or near them */
	const double *scale;		/* standard deviations, or near them; 0 for a column that is constant */
	/* The sums at beta: the log-likelihood; size * size doubles, both triangles, are information. */
	double		(*evaluate) (void *data, const ClLogitFrame *frame, const double *beta, double *gradient, double *information);
	/* NULL where the source cannot do that. firth adds to gradient and information, triangle is as evaluate. */
	void		(*firth) (void *data, const ClLogitFrame *frame, const double *beta, const double *inverse, double *gradient,
						  double *information);
	void		(*meat) (void *data, const ClLogitFrame *frame, const double *beta, double *information);
	double		(*triangle) (void *data, const ClLogitFrame *frame, const double *beta, double *gradient, double *triangle);
} ClLogitSource;

#endif							/* CL_CORE_LOGISTIC_SOURCE_H */
