/*
 * run_length.h
 *	  How many months a control chart runs until it gives an alarm: what its limit is chosen by.
 *
 * Independent months with a known mean and deviation have an integral equation for the mean of it, by the place where the chart
 * stands (Page 1954, Biometrika 41, 100; Crowder 1987, Technometrics 29, 401), which is solved at the nodes of a Gauss-Legendre
 * rule, as R spc does. What else is asked for is simulated with a fixed seed: months that follow each other (autocorrelation),
 * mean and deviation taken from some months before. A simulated run ends after CL_RUN_MONTHS at the latest.
 */
#ifndef CL_CORE_RUN_LENGTH_H
#define CL_CORE_RUN_LENGTH_H

#include <stdbool.h>

#include "core/memory.h"

#define CL_RUN_MONTHS 10000
#define CL_RUN_COUNT 20000
#define CL_RUN_YEAR 12
#define CL_EWMA_LEAST_LAMBDA 0.01
#define CL_CHART_MOST_LIMIT 50

typedef enum ClChartKind
{
	CL_CUSUM, CL_EWMA
} ClChartKind;

/* In deviations of a month. */
typedef struct ClChart
{
	ClChartKind kind;
	double		weight;			/* k of a CUSUM, lambda of an EWMA */
	double		limit;			/* h, or c */
	int			sides;			/* 1: only too high, 2 */
	double		head_start;		/* of a CUSUM; below the limit */
} ClChart;

typedef struct ClMonths
{
	double		shift;			/* of the mean, from the first month on */
	double		autocorrelation;	/* of the first order */
	int			estimated;		/* months that mean and deviation are from; 0: they are known */
} ClMonths;

typedef struct ClRunLength
{
	double		mean;			/* Infinity where it is beyond 1e12 */
	double		error;			/* standard error of a simulated mean, NaN otherwise */
	double		year;			/* the probability of an alarm within CL_RUN_YEAR months */
} ClRunLength;

/* Where the chart stands after a month with this value, and whether that is an alarm. */
typedef struct ClChartPlace
{
	double		high;			/* of a CUSUM its sums, of an EWMA the value, twice */
	double		low;
} ClChartPlace;

extern ClChartPlace cl_chart_begin(const ClChart *chart);
extern bool cl_chart_step(const ClChart *chart, ClChartPlace *place, double x);
/* The limit of an EWMA on either side: c sqrt(lambda / (2 - lambda)). */
extern double cl_ewma_reach(double lambda, double c);

extern ClRunLength cl_run_length(const ClMemory *memory, const ClChart *chart, const ClMonths *months);
/*
 * The limit at which the chart runs so long; NaN where CL_CHART_MOST_LIMIT does not do. Where mean and deviation are estimated,
 * it is the limit at which an alarm within a year is as probable as for a chart that gives one each month with 1 / run_length.
 */
extern double cl_chart_limit(const ClMemory *memory, ClChart chart, const ClMonths *months, double run_length);

#endif							/* CL_CORE_RUN_LENGTH_H */
