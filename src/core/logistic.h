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

#include "core/logistic_source.h"

/* What is known of a term; number 0 is the intercept. */
typedef struct ClLogitTerm
{
	double		coefficient;	/* NaN when aliased, or when there is none */
	double		std_error;		/* NaN where there is none; the square of it may be too large for the covariance */
	bool		aliased;		/* depends on the terms before it */
	bool		held;			/* at 0, since it would leave its sign */
	bool		bounded;		/* at the bound */
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
	double	   *covariance;		/* (terms + 1)^2 by rows; NaN where there is none, infinite beyond double precision */
} ClLogitFit;

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

#endif							/* CL_CORE_LOGISTIC_H */
