/*
 * normal.c
 *	  The standard normal: tails, their ratios to the density, quantiles.
 */
#include "core/distribution.h"

#include <math.h>

/* The rest of sqrt(1/2) that does not fit into a double. */
#define SQRT_HALF 0.70710678118654752440
#define SQRT_HALF_REST -4.8336466567264565e-17
#define SQRT_PI 1.77245385090551602730
#define SQRT_2PI 2.50662827463100050242
#define HALF_LOG_2PI 0.91893853320467274178

double
cl_normal_cdf(double x)
{
	double		z = x * SQRT_HALF;
	double		rest;

	if (!isfinite(x))
		return isnan(x) ? NAN : x > 0;
	/* Far out a last digit of z is many of the tail: its rounding error is put right to first order. */
	rest = fma(x, SQRT_HALF, -z) + x * SQRT_HALF_REST;
	return 0.5 * erfc(-z) + exp(-z * z) / SQRT_PI * rest;
}

double
cl_normal_density(double x)
{
	double		square = x * x;

	/* What rounding takes from the square is many units of the last place of its exponential. */
	return isfinite(square) ? exp(-0.5 * square) * (1 - 0.5 * fma(x, x, -square)) / SQRT_2PI : isnan(x) ? NAN : 0;
}

/*
 * exp(y^2) erfc(y) from NEAR on, by rational approximations whose own error is below 1.1e-16 (Cody 1969, Rational Chebyshev
 * approximations for the error function, Math. Comp. 23, 631).
 */
#define NEAR 0.46875

static double
scaled_erfc(double y)
{
	double		z;

	if (y <= 4)
		return ((((((((2.15311535474403846e-8 * y + 5.64188496988670089e-1) * y + 8.88314979438837594e0) * y +
					 6.61191906371416295e1) * y + 2.98635138197400131e2) * y + 8.81952221241769090e2) * y +
				  1.71204761263407058e3) * y + 2.05107837782607147e3) * y + 1.23033935479799725e3) /
			((((((((y + 1.57449261107098347e1) * y + 1.17693950891312499e2) * y + 5.37181101862009858e2) * y +
				 1.62138957456669019e3) * y + 3.29079923573345963e3) * y + 4.36261909014324716e3) * y +
			  3.43936767414372164e3) * y + 1.23033935480374942e3);
	z = 1 / (y * y);
	return (1 / SQRT_PI - z * (((((1.63153871373020978e-2 * z + 3.05326634961232344e-1) * z + 3.60344899949804439e-1) * z +
								 1.25781726111229246e-1) * z + 1.60837851487422766e-2) * z + 6.58749161529837803e-4) /
			(((((z + 2.56852019228982242e0) * z + 1.87295284992346725e0) * z + 5.27905102951428412e-1) * z +
			  6.05183413124413191e-2) * z + 2.33520497626869185e-3)) / y;
}

double
cl_normal_mills(double x)
{
	return x * SQRT_HALF > NEAR ? SQRT_2PI / 2 * scaled_erfc(x * SQRT_HALF) : cl_normal_cdf(-x) / cl_normal_density(x);
}

/* From here down Mills' ratio says more than the tail, which may be 0. */
#define FAR_BELOW (-12.0)

double
cl_normal_log_cdf(double x)
{
	if (x > 0)
		return log1p(-cl_normal_cdf(-x));
	if (x > FAR_BELOW)
		return log(cl_normal_cdf(x));
	return isinf(x) ? x : -0.5 * x * x - HALF_LOG_2PI + log(cl_normal_mills(-x));
}

/*
 * The reciprocal of Mills' ratio is x + 1/(x + 2/(x + 3/(x + ...))) (Abramowitz and Stegun 26.2.14): what it exceeds x by. From 4
 * on so many terms are more than enough.
 */
static double
mills_rest(double x)
{
	double		rest = 0;

	for (int i = 40; i > 0; i--)
		rest = i / (x + rest);
	return rest;
}

double
cl_normal_loss(double x)
{
	double		rest;

	if (x > 0)
		return x + cl_normal_loss(-x);
	if (x > -4)
		return x * cl_normal_cdf(x) + cl_normal_density(x);
	if (isinf(x))
		return 0;
	/* density (1 - u mills(u)) for u = -x, where 1 - u / (u + rest) = rest / (u + rest). */
	rest = mills_rest(-x);
	return cl_normal_density(x) * rest / (rest - x);
}

double
cl_normal_two_sided(double z)
{
	return 2 * cl_normal_cdf(-fabs(z));
}

/* (c[0] + c[1] r + ... + c[7] r^7) / (1 + d[0] r + ... + d[6] r^7) */
static double
rational(double r, const double *c, const double *d)
{
	double		numerator = c[7];
	double		denominator = d[6];

	for (int i = 6; i >= 0; i--)
		numerator = numerator * r + c[i];
	for (int i = 5; i >= 0; i--)
		denominator = denominator * r + d[i];
	return numerator / (denominator * r + 1);
}

/* Rational approximations in three ranges of p: Wichura 1988, algorithm AS 241 (Applied Statistics 37, 477), PPND16. */
static const double centre_c[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
static const double centre_d[] = {4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3};
static const double middle_c[] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
2.27238449892691845833e-2, 7.74545014278341407640e-4};
static const double middle_d[] = {2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
static const double far_c[] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5,
2.01033439929228813265e-7};
static const double far_d[] = {5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};

double
cl_normal_quantile(double p)
{
	double		q = p - 0.5;
	double		r;

	if (!(p >= 0 && p <= 1))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	if (fabs(q) <= 0.425)
		return q * rational(0.180625 - q * q, centre_c, centre_d);
	r = sqrt(-log(q < 0 ? p : 1 - p));
	r = r <= 5 ? rational(r - 1.6, middle_c, middle_d) : rational(r - 5, far_c, far_d);
	return q < 0 ? -r : r;
}
