/*
 * logistic.h
 *	  Logistic regression by Newton's method: ordinary, ridge, Firth's, and with signs that coefficients must have.
 *
 * The answer for well-posed data is that of R's glm: the same columns aliased, the same coefficients, and the covariance at
 * the coefficients themselves instead of one step before. Where there is no such answer (separation, one class) the status
 * says so, and for which columns. A fit knows its rows through a ClLogitSource only: rows in memory, or a query.
 */
#ifndef CL_CORE_LOGISTIC_H
#define CL_CORE_LOGISTIC_H

#include "core/logistic_rows.h"

typedef enum ClLogitStatus
{
	CL_LOGIT_CONVERGED,
	CL_LOGIT_MAX_ITERATIONS,
	CL_LOGIT_SEPARATION,
	CL_LOGIT_QUASI_SEPARATION,
	CL_LOGIT_RANK_DEFICIENT,	/* converged, with aliased columns */
	CL_LOGIT_ONE_CLASS
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
} ClLogitOptions;

/* What is known of a term; number 0 is the intercept. */
typedef struct ClLogitTerm
{
	double		coefficient;	/* NaN when aliased, or when there is none */
	bool		aliased;		/* depends on the terms before it */
	bool		held;			/* at 0, since it would leave its sign */
	bool		separating;		/* the likelihood grows for ever as its coefficient does */
} ClLogitTerm;

typedef struct ClLogitFit
{
	ClLogitStatus status;
	int			terms;			/* without the intercept */
	int			rank;			/* coefficients that were estimated */
	int			iterations;
	ClLogitTotals totals;
	double		loglik;
	double		null_loglik;	/* with the intercept alone */
	double		condition;		/* largest over smallest singular value of sqrt(w) x, columns scaled to length 1 */
	ClLogitTerm *term;			/* terms + 1 */
	double	   *covariance;		/* (terms + 1)^2 by rows; NaN where there is none */
} ClLogitFit;

typedef struct ClLogitSource
{
	void	   *data;
	int			terms;
	ClLogitTotals totals;
	const double *center;		/* of each column; means, or near them */
	const double *scale;		/* standard deviations, or near them; 0 for a column that is constant */
	/* The sums at beta: the log-likelihood; size * size doubles, both triangles, are information. */
	double		(*evaluate) (void *data, const ClLogitFrame *frame, const double *beta, double *gradient, double *information);
	/* NULL where the source cannot do that. The first adds to gradient and information, the second is as evaluate. */
	void		(*firth) (void *data, const ClLogitFrame *frame, const double *beta, const double *inverse, double *gradient,
						  double *information);
	double		(*triangle) (void *data, const ClLogitFrame *frame, const double *beta, double *gradient, double *triangle);
} ClLogitSource;

/* columns: those to use, in their order; start: coefficients of all terms to begin with, or NULL. The fit is allocated. */
extern void cl_logit_fit(const ClLogitSource *source, const ClMemory *memory, const ClLogitOptions *options,
						 const int *columns, int n_columns, const double *start, ClLogitFit *fit);
extern void cl_logit_fit_free(const ClMemory *memory, ClLogitFit *fit);

/* Rows in memory as a source. Free it after use. */
typedef struct ClLogitMemorySource
{
	ClLogitSource source;
	const ClLogitRows *rows;
	double	   *moments;
} ClLogitMemorySource;

extern void cl_logit_memory_source(const ClLogitRows *rows, const ClMemory *memory, ClLogitMemorySource *source);
extern void cl_logit_memory_source_free(const ClMemory *memory, ClLogitMemorySource *source);

/* The whole fit of rows in memory, from a start that a part of them gives. */
extern void cl_logit_fit_rows(const ClLogitRows *rows, const ClMemory *memory, const ClLogitOptions *options, ClLogitFit *fit);

extern double cl_logit_null_loglik(const ClLogitTotals *totals);

#endif							/* CL_CORE_LOGISTIC_H */
