/*
 * linear_program.h
 *	  A small dense linear program that grows by columns:
 *
 *		maximise gain . y   subject to   A y <= limit,  y >= 0,   limit >= 0
 *
 * with few rows and many columns. Its prices (the dual solution) are what it is solved for. Primal simplex from the slack basis,
 * or from the one that was optimal before the last columns came (Dantzig 1951).
 */
#ifndef CL_CORE_LINEAR_PROGRAM_H
#define CL_CORE_LINEAR_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/memory.h"

#define CL_LP_ROWS 18

typedef struct ClLinearProgram
{
	const ClMemory *memory;
	int			rows;
	int			columns;
	int			room;
	double		limit[CL_LP_ROWS];
	double	   *gain;			/* of each column */
	double	   *use;			/* columns x rows */
	int			basis[CL_LP_ROWS];	/* of each row the column that is basic there; -1 - i is the slack of row i */

	/* The solution. */
	double		value;
	double		price[CL_LP_ROWS];
	double		amount[CL_LP_ROWS]; /* of the basic columns */
} ClLinearProgram;

extern void cl_lp_open(ClLinearProgram *lp, const ClMemory *memory, int rows, const double *limit);
extern void cl_lp_add(ClLinearProgram *lp, double gain, const double *use);
/* False when it is unbounded, or does not end: then the prices are those of the last basis. */
extern bool cl_lp_solve(ClLinearProgram *lp);
extern void cl_lp_close(ClLinearProgram *lp);

#endif							/* CL_CORE_LINEAR_PROGRAM_H */
