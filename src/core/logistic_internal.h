/*
 * logistic_internal.h
 *	  A fit while it runs, for the files that it is made of.
 */
#ifndef CL_CORE_LOGISTIC_INTERNAL_H
#define CL_CORE_LOGISTIC_INTERNAL_H

#include "core/logistic.h"

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
	signed char *sign;			/* or NULL */

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

/* Everything that goes with the columns of the frame. */
extern void cl_newton_set_frame(ClNewton *newton);

extern double cl_newton_largest_step(const ClNewton *newton);
extern bool cl_newton_grows(const ClNewton *newton, int j, double largest);

/* What was found, in terms of the columns as they came; the fit has its status. */
extern void cl_newton_result(ClNewton *newton, ClLogitFit *fit);

#endif							/* CL_CORE_LOGISTIC_INTERNAL_H */
