/*
 * pd_curve.h
 *	  A curve from a score to a PD: straight lines between points, or a logistic line.
 */
#ifndef CL_CORE_PD_CURVE_H
#define CL_CORE_PD_CURVE_H

#include "core/isotonic.h"
#include "core/logistic_line.h"

typedef enum ClCurveMethod
{
	CL_CURVE_ISOTONIC,			/* points, never against the direction of risk */
	CL_CURVE_PLATT				/* intercept and slope of the log-odds */
} ClCurveMethod;

typedef struct ClCurvePoint
{
	double		score;
	double		pd;
} ClCurvePoint;

typedef struct ClPdCurve
{
	ClCurveMethod method;
	bool		higher_is_riskier;
	bool		smoothing;		/* Platt's targets */
	const char *status;
	int64_t		n;				/* what it was estimated from; 0 where that is not known */
	int64_t		n_event;
	int64_t		n_skipped;
	double		intercept;		/* NaN where the data gave none */
	double		slope;
	size_t		n_points;		/* scores ascending */
	ClCurvePoint *points;
} ClPdCurve;

/* NaN where the curve has no coefficients; the score is not NaN. */
extern double cl_pd_curve_pd(const ClPdCurve *curve, double score);

/* The points of blocks, in new memory: one for a block of a single score, else two. */
extern ClCurvePoint *cl_pd_curve_points(const ClMemory *memory, const ClIsotonicBlock *blocks, size_t n_blocks,
										bool higher_is_riskier, size_t *n_points);

/* Method, direction and smoothing are set already; estimates the rest but n_skipped from the rows of a settled tally. */
extern void cl_pd_curve_estimate(const ClTally *tally, ClPdCurve *curve);

/* Names of ClLineStatus, and of what only a curve can be. */
extern const char *const cl_pd_curve_statuses[];

#endif							/* CL_CORE_PD_CURVE_H */
