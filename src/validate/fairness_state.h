/*
 * fairness_state.h
 *	  The state behind the type fairness: decisions and scores of each group.
 */
#ifndef CL_VALIDATE_FAIRNESS_STATE_H
#define CL_VALIDATE_FAIRNESS_STATE_H

#include "core/fairness.h"
#include "pg/exact_sum.h"
#include "pg/labels.h"
#include "pg/summary.h"

/* Groups share a protected attribute: more of them are values of another column. The name of one is a label. */
#define CL_FAIRNESS_MOST_GROUPS 1000
#define CL_FAIRNESS_LONGEST_NAME 1000
/* Rows of a group; sums of all groups stay inside 64 bits. */
#define CL_FAIRNESS_MOST_ROWS (INT64CONST(1) << 50)

typedef struct ClFairnessGroup
{
	ClLabel		label;			/* without a name: the group that is not known */
	int64		n;
	int64		n_favourable;
	ClScoreMoments score;		/* of the rows that have one */
} ClFairnessGroup;

typedef struct ClFairness
{
	int64		n_skipped;		/* rows without a decision */
	ClFairnessGroup unknown;	/* rows without a member */
	ClLabels	groups;			/* ClFairnessGroup each */
} ClFairness;

extern const ClSummary fairness_summary;

extern ClFairnessGroup *cl_fairness_new_group(ClFairness *state, const char *name, int length, uint32 hash);
extern const ClFairnessGroup **cl_fairness_sorted(const ClFairness *state, int *count);

/* The group of this name, made when it is not there. */
static inline ClFairnessGroup *
cl_fairness_group(ClFairness *state, const char *name, int length)
{
	uint32		hash = cl_labels_hash(name, length);
	ClFairnessGroup *group = cl_labels_find(&state->groups, name, length, hash);

	return group != NULL ? group : cl_fairness_new_group(state, name, length, hash);
}

#endif							/* CL_VALIDATE_FAIRNESS_STATE_H */
