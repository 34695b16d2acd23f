/*
 * pd_accuracy.h
 *	  What one row says about the accuracy of its PD: the terms of Brier score, log loss and Spiegelhalter's test.
 */
#ifndef CL_CORE_PD_ACCURACY_H
#define CL_CORE_PD_ACCURACY_H

#include <math.h>
#include <stdbool.h>

/* Squared distance of the PD from what happened (Brier 1950). */
static inline double
cl_brier_term(double pd, bool event)
{
	double		distance = event ? 1 - pd : pd;

	return distance * distance;
}

/*
 * Minus the logarithm of the probability that the PD gave to what happened (Good 1952). What was said to be impossible would cost
 * infinitely much, so no probability counts as less than this; the statistics say how many rows that concerned.
 */
#define CL_LOG_LOSS_CLIP 1e-15

static inline bool
cl_log_loss_clipped(double pd, bool event)
{
	return (event ? pd : 1 - pd) < CL_LOG_LOSS_CLIP;
}

static inline double
cl_log_loss_term(double pd, bool event)
{
	if (cl_log_loss_clipped(pd, event))
		return -log(CL_LOG_LOSS_CLIP);
	return event ? -log(pd) : -log1p(-pd);
}

/*
 * Spiegelhalter (1986): the Brier score less what it is expected to be when the PDs are right is the sum of (y - p)(1 - 2p),
 * whose variance is then the sum of (1 - 2p)^2 p (1 - p).
 */
static inline double
cl_spiegelhalter_term(double pd, bool event)
{
	return (event ? 1 - pd : -pd) * (1 - 2 * pd);
}

static inline double
cl_spiegelhalter_variance(double pd)
{
	return (1 - 2 * pd) * (1 - 2 * pd) * pd * (1 - pd);
}

#endif							/* CL_CORE_PD_ACCURACY_H */
