/*
 * calibration.h
 *	  Whether PDs are right: groups of PDs against what happened, from the exact counts of a settled tally.
 *
 * Groups are those of a gains table: ties are never split. A block of equal PDs with a rows before it, and b up to its end,
 * belongs to group floor(groups * (a + b) / (2n)) + 1: the one in which its middle falls. Where rows have weights a, b and n
 * are sums of weights, and a middle is at the edge of a group when only rounding tells them apart. Groups into which no block
 * falls do not exist.
 */
#ifndef CL_CORE_CALIBRATION_H
#define CL_CORE_CALIBRATION_H

#include "core/logistic_line.h"
#include "core/sum.h"
#include "core/tally.h"

/* Instead of a number of groups: every distinct PD is one, which is what a master scale wants. */
#define CL_EVERY_PD 0

/* Where rows have no weights, sums over rows; where they have, weighted ones. Index as in tally.h. */
typedef struct ClCalibrationGroup
{
	int64_t		n[2];			/* rows */
	double		weight[2];
	double		expected[2];	/* sums of 1 - pd and of pd */
	double		low;			/* smallest and largest PD */
	double		high;
	double		within;			/* sum of (pd - mean pd)^2 */
	double		covariance;		/* sum of (pd - mean pd)(y - event rate) */
	double		brier;			/* sum of (pd - y)^2 */
} ClCalibrationGroup;

typedef struct ClCalibrationCursor
{
	ClTallyCursor tally;
	ClTallyItem item;			/* that comes next */
	bool		more;
	int			groups;
	int			group;			/* the last one; -1 before the first */
	double		weight;			/* of all rows, and of those before the item */
	ClSum		weight_before;
} ClCalibrationCursor;

extern void cl_calibration_scan(const ClTally *tally, int groups, ClCalibrationCursor *cursor);
extern bool cl_calibration_next(ClCalibrationCursor *cursor, ClCalibrationGroup *group);

static inline double
cl_group_weight(const ClCalibrationGroup *group)
{
	return group->weight[CL_NON_EVENT] + group->weight[CL_EVENT];
}

/* Exactly the PD where there is but one. */
static inline double
cl_group_mean_pd(const ClCalibrationGroup *group)
{
	return group->low == group->high ? group->low : group->expected[CL_EVENT] / cl_group_weight(group);
}

static inline double
cl_group_event_rate(const ClCalibrationGroup *group)
{
	return group->weight[CL_EVENT] / cl_group_weight(group);
}

/*
 * (O - E)^2 / (E (1 - E / n)). A group in which only PDs of exactly 0 or exactly 1 are has nothing to vary: NaN where it came so,
 * infinite where it did not.
 */
extern double cl_group_chi2(const ClCalibrationGroup *group);

typedef struct ClHosmerLemeshow
{
	double		chi2;
	int			groups_used;	/* those that have something to vary */
	int			df;
	double		p_value;		/* NaN when df < 1 */
} ClHosmerLemeshow;

extern void cl_hosmer_lemeshow(const ClTally *tally, int groups, bool fitted, ClHosmerLemeshow *test);

/* brier = reliability - resolution + uncertainty + within */
typedef struct ClBrierDecomposition
{
	double		brier;
	double		reliability;
	double		resolution;
	double		uncertainty;
	double		within;
	double		ece;			/* mean and largest |mean pd - event rate| of a group */
	double		mce;
	int			groups_used;
} ClBrierDecomposition;

extern void cl_brier_decomposition(const ClTally *tally, int groups, ClBrierDecomposition *decomposition);

typedef struct ClCalibrationSums
{
	int64_t		n[2];
	int64_t		n_distinct;
	double		weight[2];
	double		expected[2];
	double		brier;
	double		log_loss;
	int64_t		n_clipped;
	double		spiegelhalter;
	double		spiegelhalter_variance;
} ClCalibrationSums;

extern void cl_calibration_sums(const ClTally *tally, ClCalibrationSums *sums);

/*
 * Cox (1958): the line of the event's log-odds on those of the PD. PDs of exactly 0 or 1 have none; they are left out and
 * counted.
 */
typedef struct ClCalibrationLine
{
	int64_t		n;				/* rows used, and left out */
	int64_t		n_degenerate;
	ClLine		line;
	double		citl;			/* the intercept when the slope is 1; NaN where there is none */
	double		citl_variance;
	double		chi2;			/* likelihood ratio against intercept 0 and slope 1 */
} ClCalibrationLine;

extern void cl_calibration_line(const ClTally *tally, ClCalibrationLine *calibration);

/*
 * What brings the mean PD of all rows, of either class, to a target: a shift of log-odds, or a factor. PDs of exactly 0 or 1 stay
 * what they are under a shift.
 */
typedef struct ClCentralTendency
{
	int64_t		n;
	int64_t		n_fixed;		/* PDs of exactly 0 or 1 */
	double		mean_pd;
	double		shift;			/* NaN when no shift reaches the target */
	double		factor;			/* NaN when all PDs are 0 */
	int64_t		n_above_one;	/* rows whose PD the factor would push above 1 */
} ClCentralTendency;

extern void cl_central_tendency(const ClTally *tally, double target, ClCentralTendency *tendency);

#endif							/* CL_CORE_CALIBRATION_H */
