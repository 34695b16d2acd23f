/*
 * linear_range.h
 *	  How far each variable can go, where sums of variables are zero and each has bounds on both sides of 0:
 *
 *		maximise or minimise x[k]   subject to   A x = 0,   low <= x <= high,   low <= 0 <= high
 *
 * x = 0 is a solution to begin with. Primal simplex with bounded variables (Dantzig 1955), dense, for one k after the other from
 * where the last ended.
 */
#ifndef CL_CORE_LINEAR_RANGE_H
#define CL_CORE_LINEAR_RANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/memory.h"

/* Numbers of the tableau: 64 MB. */
#define CL_LINEAR_RANGE_MOST (8 << 20)

typedef struct ClLinearRange
{
	const ClMemory *memory;
	int			variables;
	int			rows;			/* equations, each solved for its basic variable once they are all there */
	int			room;
	double	   *low;
	double	   *high;			/* may be infinite */
	double	   *value;
	double	   *use;			/* rows x variables */
	int		   *basis;			/* of each row; -1 before it is solved */
	int		   *row_of;			/* of each variable; -1 where it is not basic */
} ClLinearRange;

extern void cl_linear_range_open(ClLinearRange *program, const ClMemory *memory, int variables);
extern void cl_linear_range_close(ClLinearRange *program);
/* One more equation; its coefficients are to be filled in, and are 0 before. NULL: there would be too many. */
extern double *cl_linear_range_equation(ClLinearRange *program);
/* After the last equation. */
extern void cl_linear_range_prepare(ClLinearRange *program);
/* The largest or smallest value of a variable, perhaps infinite; NaN when the search does not end. */
extern double cl_linear_range_extreme(ClLinearRange *program, int variable, bool largest);

#endif							/* CL_CORE_LINEAR_RANGE_H */
