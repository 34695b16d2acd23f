/*
 * tobit_scan.h
 *	  What one scan of the rows of a Tobit regression adds up.
 */
#ifndef CL_CORE_TOBIT_SCAN_H
#define CL_CORE_TOBIT_SCAN_H

#include "core/column_scan.h"
#include "core/tobit_rows.h"

/* Rows in order; every stride-th of them counts, the first in the middle of the stride. */
typedef struct ClTobitData
{
	ClMemory	memory;
	const double **row;
	int64_t		n;
	int64_t		stride;
	int			terms;
	int			head;			/* values of a row before x */
} ClTobitData;

/* How columns enter: (x[column[j]] - center[j]) / scale[j], and (y - y_center) / y_scale. */
typedef struct ClTobitFrame
{
	int			terms;
	int		   *column;
	double	   *center;
	double	   *scale;
	double		y_center;
	double		y_scale;
} ClTobitFrame;

/*
 * Means and standard deviations: arrays of terms + 1, the last of which is y, where what is not known of it is taken as its
 * bound, or the middle of its interval. The sum of the weights is returned, that of exact rows is put beside it.
 */
extern double cl_tobit_moments(const ClTobitData *data, double *mean, double *deviation, double *exact_weight);

/* X'WX and X'Wy of these y, n x n and n for n = frame->terms + 1; y'Wy is returned. */
extern double cl_tobit_least_squares(const ClTobitData *data, const ClTobitFrame *frame, double *squares, double *product);

/* Log-likelihood at gamma, theta (last), gradient, and information, for n = frame->terms + 2. */
extern double cl_tobit_evaluate(const ClTobitData *data, const ClTobitFrame *frame, const double *place, double *gradient,
								double *information);

/* The sum over clusters of the outer products of their scores, n x n; the number of clusters is returned. */
extern int64_t cl_tobit_meat(const ClTobitData *data, const ClTobitFrame *frame, const double *place, double *meat);

/* One row at y's bounds low and high (equal: seen), with linear predictor m, in theta: for tests. */
typedef struct ClTobitPoint
{
	double		loglik;
	double		by_m;			/* derivatives */
	double		by_theta;
	double		mm;				/* minus second derivatives */
	double		mt;
	double		tt;
} ClTobitPoint;

extern void cl_tobit_point(double low, double high, double m, double theta, ClTobitPoint *at);

#endif							/* CL_CORE_TOBIT_SCAN_H */
