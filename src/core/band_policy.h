/*
 * band_policy.h
 *	  The best table of limits that a committee can read: one limit for each band of a score and each band of another column, not
 *	  falling along either, under budgets.
 *
 * Given is what each cell would be worth, and use of each budget, at each of a few levels of the limit. For given prices of the
 * budgets the best table is found exactly, by a dynamic program over rows: the levels of a row are a profile, a sequence that
 * does not fall, and
 *
 *		best(row, p) = worth(row, p) + max { best(row - 1, q) : q <= p in every column }
 *
 * The best table within the budgets is found by branch and bound. For prices >= 0, the worth of the best table less what it uses
 * at these prices, plus the budgets at these prices, is a bound of every table within the budgets (Everett 1963; Geoffrion 1974).
 */
#ifndef CL_CORE_BAND_POLICY_H
#define CL_CORE_BAND_POLICY_H

#include "core/band_solve.h"

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

/*
 * The best table; of equal ones at the same prices, the lower limits. Divides no more once the search has taken so many steps
 * (search->steps), and then says what no table is worth more than.
 */
extern void cl_band_search(ClBandSearch *search, const ClBandCells *cells, double most_steps, ClBandTable *table);

#endif							/* CL_CORE_BAND_POLICY_H */
