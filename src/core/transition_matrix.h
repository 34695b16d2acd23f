/*
 * transition_matrix.h
 *	  What counts of transitions say: shares, a chain that goes on as it went, and products of months.
 *
 * The maximum likelihood estimate of a chain's probabilities is the share n_ij / n_i (Anderson and Goodman 1957, Annals of
 * Mathematical Statistics 28, 89). Matrices are [from * states + to].
 */
#ifndef CL_CORE_TRANSITION_MATRIX_H
#define CL_CORE_TRANSITION_MATRIX_H

#include "core/transitions.h"

/* Wilson 1927 (Journal of the American Statistical Association 22, 209): the interval of a share of n, at so many errors. */
extern void cl_share_interval(double share, double n, double reach, double *low, double *high);

/*
 * Shares of the transitions of one month. A state that is absorbing, or from which nothing was seen to go, keeps what is in it.
 */
extern void cl_transition_shares(const ClTransitions *transitions, const bool *absorbing, double *share);

/* row becomes row times the matrix; work has room for as many. */
extern void cl_transition_step(const double *share, int states, double *row, double *work);

/* product becomes product times share (Aalen and Johansen 1978, Scandinavian Journal of Statistics 5, 141). */
extern void cl_transition_product(double *product, const double *share, int states, double *work);

#endif							/* CL_CORE_TRANSITION_MATRIX_H */
