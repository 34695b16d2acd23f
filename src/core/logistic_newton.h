/*
 * logistic_newton.h
 *	  A fit while it runs.
 */
#ifndef CL_CORE_LOGISTIC_NEWTON_H
#define CL_CORE_LOGISTIC_NEWTON_H

#include "core/logistic_source.h"

typedef struct ClNewton
{
	const ClLogitSource *source;
	const ClLogitOptions *options;
	ClMemory	memory;
	int		   *column;			/* those that take part */
	ClLogitFrame frame;
	int			size;			/* frame.terms + 1 */
	bool		by_triangle;
	double	   *allocated;
	double	   *center;			/* of the frame */
	double	   *scale;
	double	   *penalty;		/* of the squares of beta, halved */
	double	   *lower;			/* where beta must be; NULL: anywhere */
	double	   *upper;

	/* Where it stands, where it tries to go, the direction, and half of the rate at which it promises to climb. */
	double	   *beta;
	double	   *trial;
	double	   *step;
	double	   *gradient;
	double	   *information;
	double	   *triangle;
	double	   *inverse;
	double	   *work;
	double		loglik;
	double		objective;
	double		decrement;
	double		least;			/* a log-likelihood that is nothing beside the one without terms */
	double		size_before;	/* of the step before, relative to beta */
	bool		definite;		/* the triangle exists */
	int			iterations;
} ClNewton;

/* Columns with a scale of 0 are constant and take no part. */
extern void cl_newton_init(ClNewton *newton, const ClLogitSource *source, const ClMemory *memory, const ClLogitOptions *options,
						   const int *columns, int n_columns);
extern void cl_newton_free(ClNewton *newton);

/* From the given coefficients of all terms, or NULL, as far as it goes. */
extern ClLogitStatus cl_newton_run(ClNewton *newton, const double *start);

/* Everything that goes with the columns of the frame. */
extern void cl_newton_set_frame(ClNewton *newton);

/* Of the step taken last; and whether a coefficient still grows with it. */
extern double cl_newton_largest_step(const ClNewton *newton);
extern bool cl_newton_grows(const ClNewton *newton, int j, double largest);

/* The log-likelihood with the intercept alone. */
extern double cl_logit_null_loglik(const ClLogitTotals *totals);

#endif							/* CL_CORE_LOGISTIC_NEWTON_H */
