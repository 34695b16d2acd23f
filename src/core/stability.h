/*
 * stability.h
 *	  How far two distributions over the same bands are apart: the population stability index and its relatives.
 *
 * PSI is the Jeffreys divergence sum((A - E) * ln(A / E)) of the shares A and E (Jeffreys 1946; Siddiqi 2006, chapter 9, calls
 * it system stability). A band that one sample uses and the other does not makes it infinite, and the field has a dozen ways
 * around that which differ by a factor of forty. So the way is an argument, and its name is part of the answer.
 *
 * A band that neither sample uses is no band: it is not counted, and nothing is added to it.
 */
#ifndef CL_CORE_STABILITY_H
#define CL_CORE_STABILITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/sum.h"

/* Index of the two samples everywhere. */
enum
{
	CL_EXPECTED = 0,
	CL_ACTUAL = 1
};

/* What is done about a band that one sample uses and the other does not. */
typedef enum ClEmptyRule
{
	CL_EMPTY_LAPLACE,			/* once there is such a band, value is added to every count */
	CL_EMPTY_LAPLACE_ALWAYS,	/* value is added to every count */
	CL_EMPTY_PRIOR,				/* once there is such a band, value rows spread as both samples together are added to each */
	CL_EMPTY_COUNT,				/* the count 0 becomes value */
	CL_EMPTY_FLOOR,				/* the share 0 becomes value; shares no longer add up to 1 */
	CL_EMPTY_EPSILON,			/* value is added to every share, empty or not; likewise */
	CL_EMPTY_DROP,				/* the band is left out */
	CL_EMPTY_INFINITY,			/* PSI is infinite */
	CL_EMPTY_ERROR				/* the caller complains */
} ClEmptyRule;

typedef struct ClEmpty
{
	ClEmptyRule rule;
	double		value;
} ClEmpty;

/* "laplace", "floor=1e-6", ...; false when it is not one of them. */
extern bool cl_empty_parse(const char *text, ClEmpty *empty);

/* Whether the rule works on counts, so that shares alone are not enough for it. */
extern bool cl_empty_needs_counts(const ClEmpty *empty, int n_empty);

/* Counts (or shares) of both samples, band by band: finite, not negative. */
typedef struct ClBands
{
	int			count;
	const double *n[2];
} ClBands;

typedef struct ClPsi
{
	double		psi;			/* NaN when a sample has no rows */
	int			n_bands;		/* that either sample uses */
	int			n_empty;		/* that only one of them uses */
	int			first_empty;	/* of these, or -1 */
	double		total[2];
} ClPsi;

/* part may be NULL; else it receives what each band contributes. */
extern void cl_psi(const ClBands *bands, const ClEmpty *empty, ClPsi *result, double *part);

/* Bands of psi that are compared: those that drop leaves out are not. */
extern int	cl_psi_compared(const ClPsi *psi, const ClEmpty *empty);

/* Relatives of PSI. Only the first two need the rule; the others are finite for any two distributions. */
typedef struct ClDivergence
{
	double		kl_actual;		/* sum A ln(A/E) */
	double		kl_expected;	/* sum E ln(E/A) */
	double		jensen_shannon; /* 0 to ln 2 */
	double		hellinger;		/* half the sum of (sqrt A - sqrt E)^2, 0 to 1 */
	double		triangular;		/* sum (A - E)^2 / (A + E), 0 to 2 */
	double		ks;				/* largest distance of the cumulative shares, in the order of the bands */
} ClDivergence;

extern void cl_divergence(const ClBands *bands, const ClEmpty *empty, ClDivergence *result);

/*
 * If both samples come from one population, PSI / (1/n + 1/m) is chi-squared with bands - 1 degrees of freedom, in the limit
 * (Yurdakul 2018, "Statistical properties of population stability index", chapter 3). The normal form approximates that by
 * its mean and variance.
 */
extern double cl_psi_critical_chi2(double n, double m, int bands, double confidence);
extern double cl_psi_critical_normal(double n, double m, int bands, double confidence);
extern double cl_psi_p_value(double psi, double n, double m, int bands);

/* Pearson's test of two rates without continuity correction: chi-squared with one degree of freedom. */
extern double cl_two_rates_chi2(double n0, double events0, double n1, double events1);

/*
 * The order in which bins are shown: byte by byte, but numbers inside names by their size, so that band 10 follows band 9, and
 * "missing" last. A total order.
 */
#define CL_BIN_MISSING_NAME "missing"
extern int	cl_bin_order(const char *a, int a_length, const char *b, int b_length);

#endif							/* CL_CORE_STABILITY_H */
