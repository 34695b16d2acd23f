/*
 * pd_test.h
 *	  Is the PD of a grade too low for the defaults that were seen?
 */
#ifndef CL_CORE_PD_TEST_H
#define CL_CORE_PD_TEST_H

/* z of the observed rate against the PD, no correction for continuity; NaN for 0/0, where what was certain happened. */
extern double cl_pd_normal_z(double n, double events, double pd);

/*
 * P[X >= events] of n borrowers whose defaults are correlated by the one factor of Vasicek (2002): given the state Y of the
 * economy, standard normal, defaults are independent with probability
 *
 *		p(Y) = Phi((Phi^-1(pd) - sqrt(correlation) Y) / sqrt(1 - correlation))
 *
 * 0 <= events <= n, pd and correlation from 0 to 1. To about 1e-11 relative, however small.
 */
extern double cl_pd_correlated_upper(double n, double events, double pd, double correlation);

/* Equal tails of Beta(events + 1/2, n - events + 1/2), reaching to 0 without events and to 1 with nothing else. */
extern void cl_jeffreys_interval(double n, double events, double confidence, double *low, double *high);

#endif							/* CL_CORE_PD_TEST_H */
