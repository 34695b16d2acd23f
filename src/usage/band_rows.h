/*
 * band_rows.h
 *	  Accounts of the query of band_policy: what a first scan tells of them, and the sums of fine cells of a second.
 */
#ifndef CL_USAGE_BAND_ROWS_H
#define CL_USAGE_BAND_ROWS_H

#include "core/band_flat.h"
#include "core/band_policy.h"
#include "usage/allocation_query.h"
#include "usage/allocation_rows.h"

#define CL_BAND_QUERY "the query of band_policy"
#define CL_BAND_TODAY "credit_limit"
#define CL_BAND_MOST_BANDS 50
#define CL_BAND_MOST_FINE 200

/*
 * A side of the table. Its column is taken with the sign with which limits rise along it, so that bands go from the least
 * limit to the highest.
 */
typedef struct ClBandAxis
{
	char	   *column;
	bool		rises;
	int			bands;
	int			n_edges;		/* of fine bands; where cuts were given, of the bands */
	double		edge[CL_BAND_MOST_FINE];	/* ascending: bands begin at it, or right behind it where limits fall; -Infinity: the
								 * lowest one is open */
	int			cut[CL_BAND_MOST_BANDS + 1];	/* fine bands where bands begin, and the end */
} ClBandAxis;

typedef struct ClBandSampled
{
	uint64		hash;
	double		place[2];
	double		best;			/* the limit that pays best at the prices */
} ClBandSampled;

typedef struct ClBandRows
{
	ClAllocationQuery query;
	double		price[CL_ALLOCATION_MOST_BUDGETS];
	ClBandAxis		axis[2];		/* down and across */
	bool		has_today;
	ClAllocationColumn more[3];
	char	   *name;
	int			n_levels;
	double		level[CL_BAND_LEVELS];
	bool		given_levels;
	int			fine;
	double		most_steps;
	int			n_values;		/* columns of a scan */
	int			share;			/* accounts of the sample: as in allocation_rows.h */
	int			n_sampled;
	ClBandSampled	   *sampled;
	int64		n;
	int64		n_missing;		/* of which something is not known, and what, of the first by number */
	int64		first_missing;
	const char *missing;
	int64		n_outside;		/* below the last band of a side: they get no limit */
	ClExactSum *sum;			/* [worth, then budgets][down][across][level] */
	ClExactSum	today[1 + CL_ALLOCATION_MOST_BUDGETS];
	ClFlatSearch flat;			/* of one limit for all */
	int			n_asked;		/* by it, after the levels */
	ClFlatPoint asked[CL_FLAT_ASKED];
	ClExactSum	of_asked[CL_FLAT_ASKED][1 + CL_ALLOCATION_MOST_BUDGETS];
	ClExactSum	rise[CL_BAND_LEVELS];
	ClExactSum	fall[CL_BAND_LEVELS];
} ClBandRows;

/* An error that says of how many accounts something is not known. */
extern void cl_band_scan(ClBandRows *band, SPIPlanPtr plan, const Oid *types, ClQueryRow receive);
extern void cl_band_open_query(ClBandRows *band, const char *text);
/* Where accounts lie, and what limits are worth having: edges and levels that were not given. */
extern void cl_band_look_first(ClBandRows *band, SPIPlanPtr plan, const Oid *types);
extern size_t cl_band_levels_of_cells(const ClBandRows *band);
/* A ClQueryRow whose data are the rows: adds an account to its cell. */
extern void cl_band_receive(void *data, const Datum *value, const bool *isnull);
/* After that scan, the best one limit for all, by as many more scans as it takes: one or two, mostly. */
extern void cl_band_find_flat(ClBandRows *band, SPIPlanPtr plan, const Oid *types);

#endif							/* CL_USAGE_BAND_ROWS_H */
