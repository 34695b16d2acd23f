/*
 * logistic_solve.h
 *	  Small dense algebra for a fit: triangles, their inverses, conditions, and quadratic problems with signs.
 *
 * Matrices are square, by rows, n x n. A triangle R has zeros below its diagonal, and R'R is the information.
 */
#ifndef CL_CORE_LOGISTIC_SOLVE_H
#define CL_CORE_LOGISTIC_SOLVE_H

#include <stdbool.h>

#include "core/memory.h"

/* R of a symmetric matrix; false when it is not positive definite. */
extern bool cl_cholesky(int n, const double *matrix, double *triangle);

/* How much of each column's square is left when the columns before it are taken away; 0 for those that depend on them. */
extern void cl_cholesky_rest(int n, const double *matrix, double tolerance, double *work, double *rest);

/* The same of a triangle, where nothing was squared: |rest| / |column|. It is destroyed. */
extern void cl_triangle_rest(int n, double *triangle, const double *norm, double tolerance, double *rest);

extern void cl_triangle_inverse(int n, const double *triangle, double *inverse);

/* x with R'R x = b. */
extern void cl_triangle_solve(int n, const double *triangle, const double *b, double *x);

/* Largest over smallest singular value, columns scaled to length 1; the triangle is destroyed. */
extern double cl_triangle_condition(int n, double *triangle);

/*
 * The x that makes x'Ax / 2 - b'x least with lower <= x <= upper, by an active set (Lawson and Hanson 1974, Solving least squares
 * problems, 23; Stark and Parker 1995, Computational Statistics 10, 129). x comes in feasible. work: 2 n n + 4 n. False if A is
 * not positive definite. Each of some n rounds takes n n n steps: interrupts are looked for in between.
 */
extern bool cl_solve_boxed(const ClMemory *memory, int n, const double *a, const double *b, const double *lower,
						   const double *upper, double *x, double *work);

#endif							/* CL_CORE_LOGISTIC_SOLVE_H */
