/*
 * bin_sketch_state.h
 *	  The state behind the type bin_sketch: events and non-events of every distinct value of a characteristic.
 */
#ifndef CL_SCORE_BIN_SKETCH_STATE_H
#define CL_SCORE_BIN_SKETCH_STATE_H

#include <math.h>

#include "pg/labels.h"
#include "pg/summary.h"
#include "pg/tally.h"

typedef enum ClSketchKind
{
	CL_SKETCH_UNKNOWN,			/* only missing values so far */
	CL_SKETCH_NUMERIC,
	CL_SKETCH_TEXT
} ClSketchKind;

/* More distinct texts are identifiers, not categories: they are given up, and the sketch says so. */
#define CL_SKETCH_MOST_CATEGORIES 100000
#define CL_SKETCH_LONGEST_CATEGORY 1000

typedef struct ClSketchCounts
{
	int64		n[2];
	ClExactSum	weight[2];		/* the same as n without weights */
} ClSketchCounts;

typedef struct ClSketchCategory
{
	ClLabel		label;
	ClSketchCounts counts;
} ClSketchCategory;

typedef struct ClBinSketch
{
	ClSketchKind kind;
	bool		weighted;
	bool		overflow;		/* too many categories, or too long ones: they are counted as overflowed */
	int64		n_skipped;		/* rows without outcome or weight */
	ClSketchCounts missing;		/* rows without a value */
	ClSketchCounts overflowed;
	ClTally		tally;			/* numeric values */
	ClLabels	categories;		/* of ClSketchCategory; made at the first text */
} ClBinSketch;

extern const ClSummary bin_sketch_summary;

extern void cl_sketch_set_kind(ClBinSketch *sketch, ClSketchKind kind);	/* an error when it is of the other kind */
extern void cl_sketch_add_missing(ClBinSketch *sketch, bool event, double weight);
extern void cl_sketch_add_category(ClBinSketch *sketch, const char *name, int length, bool event, double weight);

/* Categories in order of their bytes, in the current context. */
extern const ClSketchCategory **cl_sketch_categories(const ClBinSketch *sketch);

typedef struct ClSketchStats
{
	int64		n[2];			/* rows of either class, missing ones included */
	int64		n_missing;
	int64		n_distinct;		/* values; those given up are not among them */
	int64		most;			/* rows of the most frequent one */
} ClSketchStats;

extern void cl_sketch_stats(ClBinSketch *sketch, ClSketchStats *stats);

/* The share of the most frequent value in the rows that have one; NaN where none has. */
static inline double
cl_sketch_identical_rate(const ClSketchStats *stats)
{
	int64		present = stats->n[0] + stats->n[1] - stats->n_missing;

	return present > 0 ? (double) stats->most / (double) present : NAN;
}

static inline void
cl_sketch_count(ClSketchCounts *counts, bool event, double weight)
{
	counts->n[event]++;
	cl_exact_sum_add(&counts->weight[event], weight);
}

/* A row without a weight, into a sketch of numbers; NaN is missing. */
static inline void
cl_sketch_add_number(ClBinSketch *sketch, double value, bool event)
{
	if (unlikely(isnan(value)))
		cl_sketch_add_missing(sketch, event, 1);
	else
		cl_tally_add(&sketch->tally, value, event);
}

#endif							/* CL_SCORE_BIN_SKETCH_STATE_H */
