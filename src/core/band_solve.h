/*
 * band_solve.h
 *	  Cells of a table of limits, and the best table at given prices: what the search under budgets (band_policy.h) works with.
 */
#ifndef CL_CORE_BAND_SOLVE_H
#define CL_CORE_BAND_SOLVE_H

#include <stdbool.h>
#include <stdint.h>

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

typedef struct ClBandSearch ClBandSearch;

/* Profiles of a row, the shorter side of the table: what time and memory of a search grow with. At most CL_BAND_PROFILES. */
extern double cl_band_profiles(int rows, int columns, int levels);
extern ClBandSearch *cl_band_begin(int rows, int columns, int levels, int budgets, const ClMemory *memory);
extern void cl_band_end(ClBandSearch *search);
/* What the best table is worth at the prices, less its uses at them. */
extern double cl_band_at_prices(ClBandSearch *search, const ClBandCells *cells, const double *price);
typedef struct ClBandSolution
{
	unsigned char *level;
	double		worth;
	double	   *use;
} ClBandSolution;

/* Tables whose cells have one of the allowed levels, as bits, and what no table among them is worth more than. */
typedef struct ClBandNode
{
	double		bound;
	double	   *price;
	uint64_t	allowed[];
} ClBandNode;

struct ClBandSearch
{
	const ClMemory *memory;
	int			rows;			/* as searched: the longer side */
	int			columns;
	int			cells;
	int			row_step;		/* from a cell to the next */
	int			column_step;
	int			levels;
	int			budgets;
	const ClBandCells *given;

	int			profiles;		/* in lexicographic order */
	unsigned char *profile;		/* [profile][column] */
	int		   *lower;			/* [profile][column]: the profile one level lower in that column, or -1 */
	unsigned char *differs;		/* [profile]: the first column in which it is not the profile before */

	double	   *weight;			/* [cell][level]: worth less use at the prices; -Infinity where not allowed */
	double	   *part;			/* [column]: of a profile up to there */
	double	   *profile_weight; /* [profile]: of the row last weighed */
	double	   *best;			/* [row][profile]: of the rows up to this one */
	int		   *from;			/* [row][profile]: the profile at or below it that is best for the rows before */
	double	   *after;			/* [profile]: of the rows behind, for marginals */
	double	   *reach;			/* [profile] */
	uint64_t   *live;			/* [column]: levels of a row that may be in a better table */
	double	   *only;			/* prices that count one budget only */
	ClBandSolution	inside;			/* the last ones that kept and broke the budget whose price was sought */
	ClBandSolution	outside;
	ClBandSolution	now;
	ClBandSolution	found;			/* the best within all budgets */
	bool		any;

	double		steps;			/* taken so far: columns of profiles that were looked at */

	ClBandNode **heap;			/* the highest bound first */
	int			n_heap;
	int			room;
};

extern int	cl_band_cell_at(const ClBandSearch *search, int row, int column);
/* Sets the weights of all profiles in a row. */
extern void cl_band_weigh_row(ClBandSearch *search, int row);
/* Weights of what is allowed (NULL: everything): worth in so many parts, less use at the prices. */
extern void cl_band_set_weights(ClBandSearch *search, const uint64_t *allowed, double parts, const double *price);
/* What the best table weighs; -Infinity where none is allowed. */
extern double cl_band_solve(ClBandSearch *search);
/* The table that cl_band_solve() found to weigh most; its worth and uses. */
extern void cl_band_take(ClBandSearch *search, double most, ClBandSolution *solution);
extern void cl_band_measure(const ClBandSearch *search, ClBandSolution *solution);

#endif							/* CL_CORE_BAND_SOLVE_H */
