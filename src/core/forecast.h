/*
 * forecast.h
 *	  What a balance, or a demand, will be some months on: the distribution of its change, in cells of accounts that behave alike.
 *
 * A history is seen from each of its last months that has months after it (its origins). There it belongs to a leaf, the product
 * of narrow classes of six features, and what the balance did from there on is counted on a fixed grid. The state is these
 * counts and nothing else: integers, so that histories can come in any order and division.
 *
 * Changes are measured on the highest limit or balance before the origin. A limit that the lender set in the last month has no
 * say in it, nor in the features.
 *
 * A month within the tolerance of its limit says that demand was at least its balance: it is censored there. So one count serves
 * both targets, a balance is what is left when the flag is ignored.
 *
 * Cells are made of the leaves at the end, one feature after the other: neighbouring classes stay together unless they differ,
 * and what is seen in a cell leans on its parent with a fixed number of observations.
 */
#ifndef CL_CORE_FORECAST_H
#define CL_CORE_FORECAST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/behavior.h"
#include "core/demand.h"
#include "core/memory.h"

#define CL_FORECAST_FEATURES 6
#define CL_FORECAST_CLASSES 32	/* of a feature, at most */
#define CL_FORECAST_LEAF_BITS 24
#define CL_FORECAST_SIDE 200	/* bins on either side of no change */
#define CL_FORECAST_BINS (2 * CL_FORECAST_SIDE + 1)
#define CL_FORECAST_BIN_BITS 10
#define CL_FORECAST_LONGEST 12	/* months */
#define CL_FORECAST_PEAKS 3		/* of 3, 6 and 12 months; that of one is the month */
#define CL_FORECAST_TABLES (CL_FORECAST_LONGEST + CL_FORECAST_PEAKS)
#define CL_FORECAST_SIZES 32	/* classes of scale */
#define CL_FORECAST_GAP 3		/* months since the last balance, at most */

/*
 * A count. Its key: table, leaf, bin, censored. Tables 0 to 11 are the changes to the months 1 to 12 on, then the peaks; the
 * last has the highest limit or balance on the scale (less 1), by size of scale: one for each account.
 */
typedef struct ClForecastCount
{
	uint64_t	key;			/* all ones: free */
	int64_t		n;
} ClForecastCount;

#define CL_FORECAST_FREE UINT64_MAX
#define CL_FORECAST_MOST (INT64_C(1) << 53)

#define CL_FORECAST_HORIZONS 4
#define CL_FORECAST_ALL_HORIZONS ((1u << CL_FORECAST_HORIZONS) - 1)
extern const int cl_forecast_horizons[CL_FORECAST_HORIZONS]; /* months, ascending */

typedef struct ClForecastOptions
{
	int32_t		from;			/* first origin, or 0 */
	int32_t		until;			/* last month that is looked at, or 0 */
	int32_t		origins;		/* of an account, for each horizon */
	uint32_t	horizons;		/* a bit for each of cl_forecast_horizons */
	double		tolerance;
} ClForecastOptions;

typedef struct ClForecast
{
	ClForecastOptions options;
	bool		has_options;
	int64_t		n_accounts;		/* with an origin */
	int64_t		n_skipped;		/* without */
	bool		sorted;			/* by key, and nothing free between; else a hash */
	uint32_t	capacity;		/* of a hash a power of two, or 0 */
	uint32_t	n;
	ClForecastCount *count;
	uint64_t	checksum;		/* of the counts, in any order: models that have the same one are taken for the same */
} ClForecast;

extern void cl_forecast_add(ClForecast *forecast, const ClMemory *memory, const ClBehavior *history);
extern void cl_forecast_merge(ClForecast *forecast, const ClMemory *memory, const ClForecast *other);
extern void cl_forecast_put(ClForecast *forecast, const ClMemory *memory, uint64_t key, int64_t n);
/* Ascending, of an empty forecast that has room for as many. */
extern void cl_forecast_append(ClForecast *forecast, uint64_t key, int64_t n);
extern void cl_forecast_make_room(ClForecast *forecast, const ClMemory *memory, uint32_t n);
extern double cl_forecast_grid[CL_FORECAST_SIDE + 1];	/* edges; made first */
extern void cl_forecast_make_grid(void);
/* The counts in order of their keys; forecast->n of them, which may be its own. */
extern ClForecastCount *cl_forecast_sorted(const ClForecast *forecast, const ClMemory *memory);
/* like: a valid key, or any other number. */
extern bool cl_forecast_key_valid(uint64_t key, uint64_t like);

/* How many bits of a leaf, from the highest, have the class of each feature. */
extern const int cl_forecast_bits[CL_FORECAST_FEATURES];

/* An account at its origin. */
typedef struct ClForecastOrigin
{
	double		last;			/* balance, in units of money */
	double		scale;			/* 0: none, the account never had a limit or a balance */
	double		highest;		/* limit or balance, that of the origin included */
	uint32_t	leaf;
} ClForecastOrigin;

/* false when there is no balance from as_of - CL_FORECAST_GAP to as_of. */
extern bool cl_forecast_origin(const ClBehavior *history, int32_t as_of, ClForecastOrigin *origin);

#define CL_FORECAST_POINTS 27
extern const double cl_forecast_probability[CL_FORECAST_POINTS];

/* A cell of a tree; classes low to high of its feature, of the leaves of its parent. */
typedef struct ClForecastCell
{
	int			parent;			/* -1: all */
	int			feature;		/* that sets it apart from its siblings; -1: all */
	int			low;
	int			high;
	bool		has_children;
	int			child[CL_FORECAST_CLASSES]; /* by class of the next feature */
	double		n;				/* observations; of a mixture, weighted */
	double		n_censored;
	double		tail;			/* probability of more than any that is not censored */
	double		change[CL_FORECAST_POINTS]; /* quantiles, on the scale; INFINITY: in the tail */
} ClForecastCell;

typedef struct ClForecastTree
{
	int			n_cells;
	int			capacity;
	ClForecastCell *cell;
} ClForecastTree;

typedef struct ClForecastTarget
{
	bool		demand;			/* else balance */
	ClDemandBasis basis;
	int			horizon;
} ClForecastTarget;

extern bool cl_forecast_learned(const ClForecastCount *sorted, uint32_t n, const ClForecastTarget *target);
extern ClForecastTree *cl_forecast_fit(const ClForecastCount *sorted, uint32_t n, const ClForecastTarget *target,
									   const ClMemory *memory);
extern const ClForecastCell *cl_forecast_find(const ClForecastTree *tree, uint32_t leaf);
/* For each size the factor on the scale that bounds a forecast. */
extern void cl_forecast_ceilings(const ClForecastCount *sorted, uint32_t n, double factor[CL_FORECAST_SIZES]);
extern int	cl_forecast_size(double scale);
/* Raises quantiles of the amount, 0 at first, to those that a cell gives; these end at the ceiling. */
extern void cl_forecast_raise(const ClForecastCell *cell, const ClForecastOrigin *origin, double ceiling, double *quantile);
/* A class of a feature in words: its bounds, NaN where it has none. */
extern const char *const cl_forecast_feature_names[CL_FORECAST_FEATURES];
extern void cl_forecast_class_bounds(int feature, int class, double *low, double *high);

#endif							/* CL_CORE_FORECAST_H */
