/*
 * concentration.h
 *	  How unequal amounts are: Herfindahl-Hirschman index, Gini coefficient, Lorenz curve, share of the largest.
 *
 * Amounts are kept as cells, a count and a sum for each distinct amount. From more than CL_CONCENTRATION_EXACT of them on, a cell
 * is all amounts that agree in the first bits of their mantissa: 256 cells for each doubling, whose amounts differ by less than
 * 0.4 %. Whether they do depends on how many distinct amounts there are, and on nothing else, so order and split change
 * nothing. Numbers of amounts, total and squares are exact throughout.
 *
 * The index is the sum of squared shares (Hirschman 1945, Herfindahl 1950). The coefficient is half the mean difference of two
 * amounts over their mean (Gini 1912), 1 minus twice the area below the curve of Lorenz (1905); amounts of a cell count as equal
 * in it, which takes away less than 2^-10 times the sum over cells of their share of the number times that of the total.
 */
#ifndef CL_CORE_CONCENTRATION_H
#define CL_CORE_CONCENTRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/exact_sum.h"
#include "core/memory.h"

#define CL_CONCENTRATION_EXACT 8192
/* Squares of larger amounts, or of smaller ones, would leave double precision. */
#define CL_CONCENTRATION_LARGEST 1e100
#define CL_CONCENTRATION_SMALLEST 1e-100
/* Bits of a mantissa of 52 that cells of several amounts leave out. */
#define CL_CONCENTRATION_DROPPED 44

typedef struct ClConcentrationCell
{
	uint64_t	key;			/* bits of the amount, or its first ones: positive doubles sort as their bits; 0: free */
	int64_t		n;
	ClExactSum	sum;
} ClConcentrationCell;

typedef struct ClConcentration
{
	ClMemory	memory;
	int64_t		n;				/* amounts, zeros among them; at most 2^52 */
	int64_t		n_zero;
	bool		grouped;		/* a cell has amounts that agree in their first bits only */
	ClExactSum	total;
	ClExactSum	squares;
	ClConcentrationCell *cell;	/* open addressing; size is a power of two, at most three quarters are taken */
	size_t		size;
	size_t		n_cells;
} ClConcentration;

extern void cl_concentration_init(ClConcentration *c, const ClMemory *memory);
/* An amount that is 0, or between the smallest and the largest. */
extern void cl_concentration_add(ClConcentration *c, double amount);
/*
 * A cell of a key that is not there yet: n amounts. Where cells are not grouped sum and squares follow from it, else sum is
 * given, and the squares of all cells are the caller's to set.
 */
extern void cl_concentration_put(ClConcentration *c, uint64_t key, int64_t n, const ClExactSum *sum);
extern void cl_concentration_merge(ClConcentration *into, const ClConcentration *from);
/* The cells in ascending order, in memory of its own. */
extern ClConcentrationCell *cl_concentration_sorted(const ClConcentration *c);
/* The least amount of a cell, and whether a key is one of cells of several amounts. */
extern double cl_concentration_amount(uint64_t key);
extern bool cl_concentration_is_grouped_key(uint64_t key);

/* All are NaN where the total is 0. */
extern double cl_concentration_hhi(const ClConcentration *c);
extern double cl_concentration_gini(const ClConcentration *c, double *missing);
extern double cl_concentration_top_share(const ClConcentration *c, int64_t n);
/* Share of the total that the smallest part p of the amounts has, for points + 1 parts from 0 to 1. */
extern void cl_concentration_lorenz(const ClConcentration *c, int points, double *share);

#endif							/* CL_CORE_CONCENTRATION_H */
