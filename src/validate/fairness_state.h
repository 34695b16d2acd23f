/*
 * fairness_state.h
 *	  The state behind the type fairness: decisions and scores of each group.
 */
#ifndef CL_VALIDATE_FAIRNESS_STATE_H
#define CL_VALIDATE_FAIRNESS_STATE_H

#include "core/fairness.h"
#include "pg/summary.h"

#include "common/hashfn.h"

/* Groups share a protected attribute: more of them are values of another column. The name of one is a label. */
#define CL_FAIRNESS_MOST_GROUPS 1000
#define CL_FAIRNESS_LONGEST_NAME 1000
/* Rows of a group; sums of all groups stay inside 64 bits. */
#define CL_FAIRNESS_MOST_ROWS (INT64CONST(1) << 50)

typedef struct ClFairnessGroup
{
	uint32		hash;
	int			length;
	char	   *name;			/* not terminated; NULL of the group that is not known */
	int64		n;
	int64		n_favourable;
	ClScoreMoments score;		/* of the rows that have one */
} ClFairnessGroup;

typedef struct ClFairness
{
	MemoryContext context;		/* where it lives and grows */
	int64		n_skipped;		/* rows without a decision */
	ClFairnessGroup unknown;	/* rows without a member */
	int			n;
	int			size;
	ClFairnessGroup *group;		/* as they came */
	int			slots;			/* of the hash: a power of two */
	uint16	   *slot;			/* number of the group + 1, 0 where free */
} ClFairness;

extern const ClSummary fairness_summary;

extern ClFairnessGroup *cl_fairness_new_group(ClFairness *state, const char *name, int length, uint32 hash);
extern const ClFairnessGroup **cl_fairness_sorted(const ClFairness *state, int *count);

/* The group of this name, made when it is not there. */
static inline ClFairnessGroup *
cl_fairness_group(ClFairness *state, const char *name, int length)
{
	uint32		hash = hash_bytes((const unsigned char *) name, length);
	uint32		mask = state->slots - 1;

	for (uint32 at = hash & mask; state->slot[at] != 0; at = (at + 1) & mask)
	{
		ClFairnessGroup *group = &state->group[state->slot[at] - 1];

		if (group->hash == hash && group->length == length && memcmp(group->name, name, length) == 0)
			return group;
	}
	return cl_fairness_new_group(state, name, length, hash);
}

#endif							/* CL_VALIDATE_FAIRNESS_STATE_H */
