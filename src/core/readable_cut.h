/*
 * readable_cut.h
 *	  The number with the fewest digits between two others: a cut between two neighbouring values that people can read.
 */
#ifndef CL_CORE_READABLE_CUT_H
#define CL_CORE_READABLE_CUT_H

#include <stdbool.h>

/*
 * Of the decimals in (left, right], or in [left, right) if closed_right, one with the fewest significant digits: a multiple of
 * the largest possible power of ten, and of those the one nearest to the middle, of two the one nearer to zero. Beside an
 * infinite value a power of ten, or zero. left < right.
 */
extern double cl_readable_cut(double left, double right, bool closed_right);

#endif							/* CL_CORE_READABLE_CUT_H */
