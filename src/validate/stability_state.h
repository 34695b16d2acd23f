/*
 * stability_state.h
 *	  The state behind the type stability: for every bin, how many rows of the expected and of the actual sample it has.
 */
#ifndef CL_VALIDATE_STABILITY_STATE_H
#define CL_VALIDATE_STABILITY_STATE_H

#include "core/stability.h"
#include "pg/exact_sum.h"
#include "pg/labels.h"
#include "pg/summary.h"

/* More are not bins but values; the name of one is a label, not a text. */
#define CL_STABILITY_MOST_BINS 100000
#define CL_STABILITY_LONGEST_NAME 1000

/* A sum of as many of the largest weights as there can be rows stays far below. */
#define CL_STABILITY_LARGEST_COUNT 1e200

typedef struct ClStabilityBin
{
	ClLabel		label;
	ClExactSum	count[2];
} ClStabilityBin;

typedef struct ClStability
{
	int64		n_skipped;		/* rows of neither sample, or without a weight */
	ClLabels	bins;			/* of ClStabilityBin */
} ClStability;

extern const ClSummary stability_summary;

extern ClStability *cl_stability_create(void);
extern ClStabilityBin *cl_stability_new_bin(ClStability *state, const char *name, int length, uint32 hash);
extern const ClStabilityBin **cl_stability_sorted(const ClStability *state);

/* Rows of a sample in a bin; an error when they become too many for a value that can be read again. */
extern void cl_stability_add(ClStabilityBin *bin, int sample, const ClExactSum *count);

/* The bin of this name, made when it is not there. A bin that is known costs no memory. */
static inline ClStabilityBin *
cl_stability_bin(ClStability *state, const char *name, int length)
{
	uint32		hash = cl_labels_hash(name, length);
	ClStabilityBin *bin = cl_labels_find(&state->bins, name, length, hash);

	return bin != NULL ? bin : cl_stability_new_bin(state, name, length, hash);
}

/* Both samples, bin by bin in the order in which they are shown, in the current context. */
typedef struct ClStabilityView
{
	const ClStabilityBin **bin;
	ClBands		bands;
} ClStabilityView;

extern void cl_stability_view(const ClStability *state, ClStabilityView *view);

/* What to do about empty bins, as the user said it. */
typedef struct ClEmptyArgument
{
	const char *text;
	ClEmpty		empty;
} ClEmptyArgument;

/* The convention in a text argument; an error lists the valid ones. */
extern ClEmptyArgument cl_empty_argument(Datum value);

/* Complains where the rule is to complain; name is that of the first empty bin. */
extern void cl_empty_require(const ClEmptyArgument *argument, const ClPsi *psi, const char *name);

/*
 * What the field reads off a PSI, where it is more than chance; critical is what chance reaches once in twenty times, or NaN:
 * nobody knows. Else why there is nothing to read.
 */
extern const char *cl_psi_status(const ClPsi *psi, double critical);

#endif							/* CL_VALIDATE_STABILITY_STATE_H */
