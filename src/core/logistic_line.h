/*
 * logistic_line.h
 *	  Logistic regression on one variable: PD = 1 / (1 + exp(-(intercept + slope x))), and the shift of log-odds that brings a
 *	  mean to its target.
 */
#ifndef CL_CORE_LOGISTIC_LINE_H
#define CL_CORE_LOGISTIC_LINE_H

#include <math.h>
#include <stddef.h>

#include "core/memory.h"

/* One distinct value of the variable, with the weights of its non-events and events. */
typedef struct ClLinePoint
{
	double		x;				/* finite */
	double		weight[2];
} ClLinePoint;

typedef enum ClLineStatus
{
	CL_LINE_CONVERGED,
	CL_LINE_MAX_ITERATIONS,
	CL_LINE_SEPARATION,			/* a value of x divides events from non-events: the likelihood has no maximum */
	CL_LINE_QUASI_SEPARATION,	/* the same, but for rows exactly at that value */
	CL_LINE_CONSTANT,			/* all x are equal: no slope */
	CL_LINE_ONE_CLASS,			/* only events, or only non-events */
	CL_LINE_EMPTY
} ClLineStatus;

/* Everything but the status is NaN where there is no maximum, and covariances are of the coefficients as given. */
typedef struct ClLine
{
	ClLineStatus status;
	double		intercept;
	double		slope;
	double		intercept_variance;
	double		slope_variance;
	double		covariance;
	double		loglik;
	int			iterations;
} ClLine;

/* The points may come in any order, and have no negative weights. */
extern void cl_line_fit(const ClMemory *memory, const ClLinePoint *points, size_t n, ClLine *line);

extern double cl_line_loglik(const ClLinePoint *points, size_t n, double intercept, double slope);

/*
 * The shift for which the probabilities 1 / (1 + exp(-(x + shift))) sum to a target; rest is the sum of all weights less the
 * target. Both are positive. The variance is that of a shift estimated by maximum likelihood.
 */
extern double cl_logit_shift(const ClMemory *memory, const ClLinePoint *points, size_t n, double target, double rest,
							 double *variance);

/* Log-odds of a probability; infinite at 0 and 1. */
static inline double
cl_logit(double p)
{
	return log(p) - log1p(-p);
}

/* The probability of given log-odds. */
static inline double
cl_expit(double x)
{
	double		t = exp(-fabs(x));

	return x > 0 ? 1 / (1 + t) : t / (1 + t);
}

/* A probability whose odds are multiplied by exp(shift): exactly 0 and 1 stay what they are. */
static inline double
cl_shifted(double p, double shift)
{
	double		t = exp(-fabs(shift));

	if (p == 0 || p == 1)
		return p;
	return shift > 0 ? p / (p + (1 - p) * t) : p * t / (p * t + (1 - p));
}

#endif							/* CL_CORE_LOGISTIC_LINE_H */
