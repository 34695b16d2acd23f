/*
 * distribution.h
 *	  The probability distributions behind tests and intervals.
 *
 * All are accurate to about 1e-14 relative, and to better than 1e-12 as far out as 1e-300, in the tail that is asked for: a
 * small upper tail is computed as such, never as one minus a lower one. That holds for shapes a, b and df / 2 from 1/4 to 1e9
 * at least; much smaller shapes, which no test here has, lose digits. Time grows with the cube root of the shape: 50
 * microseconds at 1e9. Arguments outside their range give NaN; NaN gives NaN.
 */
#ifndef CL_CORE_DISTRIBUTION_H
#define CL_CORE_DISTRIBUTION_H

/* Standard normal. The upper tail of x is cl_normal_cdf(-x). */
extern double cl_normal_cdf(double x);
extern double cl_normal_quantile(double p);	/* -Infinity at 0, Infinity at 1 */

extern double cl_normal_density(double x);
extern double cl_normal_log_cdf(double x);	/* finite as far down as -1e150 */

/* Mills' ratio, upper tail / density: about 1 / x far up; Infinity below -38. */
extern double cl_normal_mills(double x);

/* E[max(0, Z + x)]: the normal loss, x cdf(x) + density(x), with all its digits in the lower tail too. */
extern double cl_normal_loss(double x);

/* Both tails of |z|. */
extern double cl_normal_two_sided(double z);

/* Chi-squared with df > 0 degrees of freedom. */
extern double cl_chi2_upper(double x, double df);	/* P[X >= x]: the p-value */
extern double cl_chi2_quantile(double p, double df);	/* x with P[X <= x] = p */

/* Gamma with shape > 0 and scale 1: P[X <= x] and P[X > x]; the logarithm of the latter, whose derivative is -hazard. */
extern double cl_gamma_lower(double x, double shape);
extern double cl_gamma_upper(double x, double shape);
extern double cl_gamma_log_upper(double x, double shape, double *hazard);
/* What Stirling's formula, (a - 1/2) log(a) - a + log(2 pi) / 2, lacks to log Gamma(a). */
extern double cl_stirling_rest(double shape);

/* Beta with a, b > 0, x and p from 0 to 1. */
extern double cl_beta_cdf(double x, double a, double b);
extern double cl_beta_quantile(double p, double a, double b);
/* log(x^a (1-x)^b / B(a, b)), the density of the log odds, where these are log(x / (1-x)) */
extern double cl_beta_log_odds_density(double log_odds, double a, double b);

/* Student's t with df > 0 degrees of freedom: x with P[X <= x] = p, p from 0 to 1. */
extern double cl_t_quantile(double p, double df);

/* Binomial: P[X >= k] of n trials, 0 <= k <= n. */
extern double cl_binomial_upper(double k, double n, double p);

#endif							/* CL_CORE_DISTRIBUTION_H */
