/*
 * scorecard.h
 *	  A compiled scorecard: which bin a value falls into, what the bin is worth, and what the sum of points means.
 *
 * Everything is laid out for rows: a characteristic holds bounds, points and listed values in flat arrays that belong
 * to the caller, and a value is turned into the number of a bin, an index into the points. The bins of a
 * characteristic are numbered in this order: intervals or categories as written, special bins as written, missing,
 * other. One number more, nbins, stands for "no bin": its points are NaN, so a score that cannot be known comes out
 * as NaN without a branch per value.
 */
#ifndef CL_CORE_SCORECARD_H
#define CL_CORE_SCORECARD_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

typedef enum ClBinKind
{
	CL_BIN_INTERVAL,
	CL_BIN_CATEGORY,
	CL_BIN_SPECIAL,
	CL_BIN_MISSING,
	CL_BIN_OTHER
} ClBinKind;

/* What the values of a characteristic are. */
typedef enum ClCardScale
{
	CL_SCALE_INTERVALS,			/* numbers in intervals, some of them special */
	CL_SCALE_TEXTS,				/* listed values */
	CL_SCALE_NUMBERS,
	CL_SCALE_BOOLEANS			/* as the numbers 0 and 1 */
} ClCardScale;

/* A listed value: a number, or bytes when text is not NULL. */
typedef struct ClCardValue
{
	double		number;
	const char *text;
	int			length;
	int			bin;
} ClCardValue;

/* What only explaining needs of a bin. NaN or NULL: not said. */
typedef struct ClBin
{
	ClBinKind	kind;
	double		edge;			/* upper bound of an interval as written; of the last, +Infinity */
	const ClCardValue *values;	/* as written */
	int			nvalues;
	double		woe;
	double		event_rate;
	double		count;			/* rows */
	const char *reason;
} ClBin;

typedef struct ClCharacteristic
{
	/* What every row touches. */
	ClCardScale scale;
	int			nbounds;
	int			nlisted;
	int			missing;		/* the bin of NULL and NaN; nbins when there is none */
	int			other;			/* the bin of a value that is not listed; nbins when there is none */
	int			nbins;
	const double *bounds;		/* ascending; x is in interval number (how many bounds are <= x) */
	const double *points;		/* nbins + 1 of them */
	const ClCardValue *listed;	/* sorted by cl_card_sort_values */

	/* What explaining needs. */
	const ClBin *bins;
	const char *name;
	const char *reason;
	const char *dimension;		/* NULL: not said */
	bool		right_closed;	/* intervals are (a, b] instead of [a, b) */
	double		coefficient;	/* NaN: not said */
	double		neutral_points;
	double		average_points; /* NaN: not said */
	double		highest_points;	/* over all bins */
	double		lowest_points;
} ClCharacteristic;

/* What a score means: good:bad odds at one score, and the points that double them. */
typedef struct ClScaling
{
	double		score;
	double		odds;
	double		pdo;
} ClScaling;

typedef struct ClScorecard
{
	const char *name;
	double		base_points;
	ClScaling	scaling;
	int			count;
	ClCharacteristic *characteristics;
} ClScorecard;

typedef enum ClReference
{
	CL_REFERENCE_BEST,
	CL_REFERENCE_NEUTRAL,
	CL_REFERENCE_AVERAGE
} ClReference;

/* Points that a characteristic lost against its reference. */
typedef struct ClLoss
{
	int			characteristic;
	double		points;
} ClLoss;

extern double cl_card_bound(double edge, bool right_closed);
extern void cl_card_sort_values(ClCardValue *values, int count);
extern int	cl_card_repeated_value(const ClCardValue *values, int count);
extern void cl_card_finish(ClCharacteristic *characteristic);
extern int	cl_card_listed_number(const ClCharacteristic *characteristic, double x);
extern int	cl_card_bin_of_text(const ClCharacteristic *characteristic, const char *text, int length);
extern int	cl_card_interval_slow(const ClCharacteristic *characteristic, double x);
extern double cl_card_total(const ClScorecard *card, const int *bins);
extern void cl_card_range(const ClScorecard *card, double *lowest, double *highest);
extern double cl_card_best(const ClScorecard *card, const ClCharacteristic *characteristic);
extern double cl_card_lost(const ClScorecard *card, double from, double points);
extern int	cl_card_losses(const ClScorecard *card, const int *bins, ClReference reference, ClLoss *losses);

extern double cl_scaling_factor(const ClScaling *scaling);
extern double cl_scaling_offset(const ClScaling *scaling);
extern double cl_scaling_pd(const ClScaling *scaling, double score);
extern double cl_scaling_score(const ClScaling *scaling, double pd);

/* Up to so many bounds counting them all beats searching: no branch depends on the value. */
#define CL_CARD_COUNTED_BOUNDS 16

static inline int
cl_card_interval(const ClCharacteristic *characteristic, double x)
{
	const double *bounds = characteristic->bounds;
	int			interval = 0;

	if (characteristic->nbounds > CL_CARD_COUNTED_BOUNDS)
		return cl_card_interval_slow(characteristic, x);
	for (int i = 0; i < characteristic->nbounds; i++)
		interval += x >= bounds[i];
	return interval;
}

/* The bin of a number; of a boolean as 0 or 1. */
static inline int
cl_card_bin_of_number(const ClCharacteristic *characteristic, double x)
{
	if (isnan(x))
		return characteristic->missing;
	if (characteristic->nlisted > 0)
	{
		int			bin = cl_card_listed_number(characteristic, x);

		if (bin >= 0)
			return bin;
	}
	if (characteristic->scale == CL_SCALE_INTERVALS)
		return cl_card_interval(characteristic, x);
	return characteristic->other;
}

#endif							/* CL_CORE_SCORECARD_H */
