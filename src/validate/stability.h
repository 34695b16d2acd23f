/*
 * stability.h
 *	  The state behind the type stability: for every bin, how many rows of the expected and of the actual sample it has.
 */
#ifndef CL_VALIDATE_STABILITY_H
#define CL_VALIDATE_STABILITY_H

#include "core/stability.h"
#include "pg/summary.h"

#include "common/hashfn.h"

/* More are not bins but values; the name of one is a label, not a text. */
#define CL_STABILITY_MOST_BINS 100000
#define CL_STABILITY_LONGEST_NAME 1000

/* Counts up to here are added exactly; weights may be larger, and their sums stay finite. */
#define CL_STABILITY_LARGEST_WEIGHT 1e100
#define CL_STABILITY_LARGEST_COUNT 1e200

typedef struct ClStabilityBin
{
	uint32		hash;
	int			length;
	char	   *name;			/* not terminated */
	ClSum		count[2];
} ClStabilityBin;

typedef struct ClStability
{
	MemoryContext context;		/* where it lives and grows */
	int64		n_skipped;		/* rows of neither sample, or without a weight */
	int			n;
	int			size;
	ClStabilityBin *bin;		/* as they came */
	int			slots;			/* of the hash: a power of two */
	uint32	   *slot;			/* number of the bin + 1, 0 where free */
} ClStability;

extern const ClSummary stability_summary;

extern ClStability *cl_stability_create(void);
extern ClStabilityBin *cl_stability_new_bin(ClStability *state, const char *name, int length, uint32 hash);
extern const ClStabilityBin **cl_stability_sorted(const ClStability *state);
extern void cl_stability_skip(ClStability *state, int64 rows);

/* The bin of this name, made when it is not there. A bin that is known costs no memory. */
static inline ClStabilityBin *
cl_stability_bin(ClStability *state, const char *name, int length)
{
	uint32		hash = hash_bytes((const unsigned char *) name, length);
	uint32		mask = state->slots - 1;

	for (uint32 at = hash & mask; state->slot[at] != 0; at = (at + 1) & mask)
	{
		ClStabilityBin *bin = &state->bin[state->slot[at] - 1];

		if (bin->hash == hash && bin->length == length && memcmp(bin->name, name, length) == 0)
			return bin;
	}
	return cl_stability_new_bin(state, name, length, hash);
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

/* What the field reads off a PSI, or NULL. */
extern const char *cl_psi_status(double psi);

/* Values of a row by column, NaN being NULL. */
static inline void
cl_put_float8(Datum *values, bool *nulls, int column, double value)
{
	nulls[column] = isnan(value);
	values[column] = Float8GetDatum(value);
}

#endif							/* CL_VALIDATE_STABILITY_H */
