/*
 * band_policy.h
 *	  The best table of limits that a committee can read: one limit for each band of a score and each band of another column, not
 *	  falling along either, under budgets.
 *
 * Given is what each cell would be worth, and use of each budget, at each of a few levels of the limit. For given prices of the
 * budgets the best table is found exactly, by a dynamic program over rows: the levels of a row are a profile, a sequence that does
 * not fall, and
 *
 *		best(row, p) = worth(row, p) + max { best(row - 1, q) : q <= p in every column }
 *
 * The best table within the budgets is found by branch and bound. For prices >= 0, the worth of the best table less what it uses
 * at these prices, plus the budgets at these prices, is a bound of every table within the budgets (Everett 1963; Geoffrion 1974).
 */
#ifndef CL_CORE_BAND_POLICY_H
#define CL_CORE_BAND_POLICY_H

#include <stdbool.h>

#include "core/memory.h"

#define CL_BAND_LEVELS 64
#define CL_BAND_PROFILES 1000000

typedef struct ClBandCells
{
	int			rows;			/* bands of the score, and of the other column */
	int			columns;
	int			levels;			/* 1 to CL_BAND_LEVELS */
	int			budgets;
	const double *worth;		/* [row][column][level] */
	const double *use;			/* [budget][row][column][level] */
	const double *budget;		/* Infinity: none */
} ClBandCells;

typedef struct ClBandTable
{
	bool		feasible;		/* false: no table is within the budgets; then nothing else is set */
	bool		proved;			/* no table is better; false: the search gave up */
	unsigned char *level;		/* [row][column] */
	double		worth;
	double	   *use;			/* of each budget */
	double	   *price;			/* at which the bound of all tables is lowest */
	double		bound;			/* no table within the budgets is worth more */
	int			nodes;
} ClBandTable;

typedef struct ClBandSearch ClBandSearch;

/* Profiles of a row, the shorter side of the table: what time and memory of a search grow with. At most CL_BAND_PROFILES. */
extern double cl_band_profiles(int rows, int columns, int levels);
extern ClBandSearch *cl_band_begin(int rows, int columns, int levels, int budgets, const ClMemory *memory);
extern void cl_band_end(ClBandSearch *search);
/* What the best table is worth at the prices, less its uses at them. */
extern double cl_band_at_prices(ClBandSearch *search, const ClBandCells *cells, const double *price);
/* The best table; of equal ones at the same prices, the lower limits. Gives up after so many nodes. */
extern void cl_band_search(ClBandSearch *search, const ClBandCells *cells, int most_nodes, ClBandTable *table);

#endif							/* CL_CORE_BAND_POLICY_H */
