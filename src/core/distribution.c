/*
 * distribution.c
 *	  Chi-squared, gamma, beta, t and binomial: tails and quantiles. The normal is in normal.c.
 *
 * A tail is the density times a factor of moderate size. The density is written with Stirling's formula and the deviance, so
 * that nothing large cancels (Loader 2000, Fast and accurate computation of binomial probabilities); the factor is a series or
 * a continued fraction (Press et al. 2007, Numerical Recipes 6.2; DiDonato and Morris 1992, ACM TOMS 18, 360, for the beta).
 * Whichever tail converges there is computed, the other one is what is left.
 */
#include "core/distribution.h"

#include <math.h>
#include <stdbool.h>

#define HALF_LOG_2PI 0.91893853320467274178
#define LEAST_LOG (-700.0)		/* exp() of what is below has no full precision any more */

/* Newton's steps double the digits that are right: after one this small there is nothing left to gain. */
#define LAST_STEP 1e-11
#define MOST_STEPS 200

/* One tail, as its density-like front factor and the ratio of the tail to it; the other tail is the complement. */
typedef struct Tail
{
	double		log_front;
	double		ratio;
	bool		upper;			/* which tail it is */
} Tail;

static double
tail_value(const Tail *tail, bool upper)
{
	double		value = fmin(1, exp(tail->log_front) * tail->ratio);

	return tail->upper == upper ? value : 1 - value;
}

/* The logarithm of a tail, and how fast it changes: front / tail. */
static double
tail_log(const Tail *tail, bool upper, double *slope)
{
	double		value;

	if (tail->upper == upper)
	{
		*slope = 1 / tail->ratio;
		return tail->log_front + log(tail->ratio);
	}
	value = tail_value(tail, tail->upper);
	*slope = exp(tail->log_front) / (1 - value);
	return log1p(-value);
}

/*
 * Parts of densities
 */

/* log Gamma(z) less Stirling's (z - 1/2) log z - z + log(2 pi) / 2, for z > 0: about 1 / 12z (Abramowitz and Stegun 6.1.41). */
static double
stirling_rest(double z)
{
	double		rest = 0;
	double		w;

	/* The series is for large z; Gamma(z + 1) = z Gamma(z) leads there. */
	for (; z < 16; z++)
		rest += (z + 0.5) * log1p(1 / z) - 1;
	w = 1 / (z * z);
	return rest + (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w * (1.0 / 1188 -
																						 w * (691.0 / 360360 - w / 156)))))) / z;
}

static double
log_gamma(double z)
{
	return (z - 0.5) * log(z) - z + HALF_LOG_2PI + stirling_rest(z);
}

/*
 * x log(x / m) - (x - m) for x, m > 0, given their exact difference. It is small where x is near m, and keeps all its digits:
 * with v = (x - m) / (x + m), log(x / m) = 2 (v + v^3/3 + v^5/5 + ...).
 */
static double
deviance(double x, double m, double difference)
{
	double		v = difference / (x + m);
	double		sum = difference * v;
	double		term = 2 * x * v;

	if (fabs(v) > 0.5)
	{
		double		quotient = x / m;

		return x * (isfinite(quotient) ? log(quotient) : log(x) - log(m)) - difference;
	}
	for (int j = 3; fabs(term) > 1e-17 * sum; j += 2)
	{
		term *= v * v;
		sum += term / j;
	}
	return sum;
}

/* Continued fraction b0 + a1/(b1 + a2/(b2 + ...)) by the method of Lentz (1976), as modified by Thompson and Barnett (1986). */
typedef struct Fraction
{
	double		value;
	double		c;
	double		d;
} Fraction;

static Fraction
fraction_begin(double b0)
{
	return (Fraction)
	{
		b0, b0, 0
	};
}

/* False once another term changes nothing. */
static bool
fraction_next(Fraction *fraction, double a, double b)
{
	double		factor;

	fraction->d = b + a * fraction->d;
	fraction->c = b + a / fraction->c;
	if (fraction->d == 0)
		fraction->d = 1e-300;
	if (fraction->c == 0)
		fraction->c = 1e-300;
	fraction->d = 1 / fraction->d;
	factor = fraction->c * fraction->d;
	fraction->value *= factor;
	return fabs(factor - 1) > 2.3e-16;
}

/*
 * Chi-squared, as gamma with shape a = df / 2 at z = x / 2. The front factor is z^a e^-z / Gamma(a).
 */

static double
gamma_lower_ratio(double z, double a)
{
	double		term = 1 / a;
	double		sum = term;

	for (double n = 1;; n++)
	{
		double		before = sum;

		term *= z / (a + n);
		sum += term;
		/* The terms fall from the first one on, as z < a + 1; the rest of them is less than this one times a + n. */
		if (sum == before || !(term * (a + n) > 1e-17 * sum))
			return sum;
	}
}

static double
gamma_upper_ratio(double z, double a)
{
	Fraction	fraction = fraction_begin(z + 1 - a);

	for (double n = 1; fraction_next(&fraction, n * (a - n), z + 2 * n + 1 - a); n++)
		;
	return 1 / fraction.value;
}

static Tail
gamma_tail(double z, double a)
{
	Tail		tail;

	tail.upper = z >= a + 1;
	tail.log_front = 0.5 * log(a) - HALF_LOG_2PI - stirling_rest(a) - deviance(a, z, a - z);
	tail.ratio = tail.upper ? gamma_upper_ratio(z, a) : gamma_lower_ratio(z, a);
	return tail;
}

static double
gamma_value(double x, double shape, bool upper)
{
	Tail		tail;

	if (!(x >= 0 && shape > 0 && isfinite(shape)))
		return NAN;
	if (x == 0 || isinf(x))
		return (x == 0) == upper;
	tail = gamma_tail(x, shape);
	return tail_value(&tail, upper);
}

double
cl_gamma_lower(double x, double shape)
{
	return gamma_value(x, shape, false);
}

double
cl_gamma_upper(double x, double shape)
{
	return gamma_value(x, shape, true);
}

double
cl_gamma_log_upper(double x, double shape, double *hazard)
{
	Tail		tail = gamma_tail(x, shape);
	double		log_upper = tail_log(&tail, true, hazard);

	*hazard /= x;
	return log_upper;
}

double
cl_stirling_rest(double shape)
{
	return stirling_rest(shape);
}

double
cl_chi2_upper(double x, double df)
{
	return gamma_value(x / 2, df / 2, true);
}

/*
 * Both quantiles follow the logarithm of a tail by Newton's method: of the lower one in log z, of the upper one in z. There it
 * is concave (Bagnoli and Bergstrom 2005; nearly linear where not), so the steps come from one side and cannot run away.
 */
static double
gamma_lower_quantile(double p, double a)
{
	/* P <= z^a / Gamma(a + 1), and equal where z is tiny. */
	double		least = (log(p) + log(a) + log_gamma(a)) / a;
	double		z = a;

	if (least < LEAST_LOG)
		return exp(least);
	for (int i = 0; i < MOST_STEPS; i++)
	{
		Tail		tail = gamma_tail(z, a);
		double		slope;
		double		step = tail_log(&tail, false, &slope) - log(p);

		step = fmin(step / slope, log(z) - least + 1);
		z *= exp(-step);
		if (fabs(step) < LAST_STEP)
			break;
	}
	return z;
}

static double
gamma_upper_quantile(double q, double a)
{
	double		z = a;

	for (int i = 0; i < MOST_STEPS; i++)
	{
		Tail		tail = gamma_tail(z, a);
		double		slope;
		double		step = tail_log(&tail, true, &slope) - log(q);

		/* Not below a quarter of where it was, for a start far above. */
		step = fmax(step * z / slope, -0.75 * z);
		z += step;
		if (fabs(step) < LAST_STEP * z)
			break;
	}
	return z;
}

double
cl_chi2_quantile(double p, double df)
{
	if (!(p >= 0 && p <= 1 && df > 0 && isfinite(df)))
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? 0 : INFINITY;
	return 2 * (p <= 0.5 ? gamma_lower_quantile(p, df / 2) : gamma_upper_quantile(1 - p, df / 2));
}

/*
 * Beta. x is the smaller of x and 1 - x, which is an exact double in either case. The front factor is x^a (1-x)^b / B(a, b).
 */

/* a - (a + b) x, however near the mean x is: exact products, and the rounding errors of the sums. */
static double
distance_from_mean(double x, double a, double b)
{
	double		ax = a * x;
	double		bx = b * x;
	double		left = a - ax;
	double		left_error = (a - left) - ax;
	double		sum = left - bx;
	double		part = sum - left;
	double		sum_error = (left - (sum - part)) - (bx + part);

	return sum + (sum_error + left_error - fma(a, x, -ax) - fma(b, x, -bx));
}

/* The lower tail of x by the fraction of DiDonato and Morris; y = 1 - x, distance = a - (a + b) x. For x < (a+1) / (a+b+2). */
static double
beta_ratio(double x, double a, double b, double distance)
{
	Fraction	fraction = fraction_begin(a * (distance + 1) / (a + 1));
	double		numerator;
	double		denominator;
	double		m = 0;

	do
	{
		double		odd = a + 2 * ++m;

		numerator = (a + m - 1) / (odd - 1) * ((a + b + m - 1) / (odd - 1)) * m * (b - m) * x * x;
		denominator = m + m * (b - m) * x / (odd - 1) + (a + m) * (distance + 1 + m * (2 - x)) / (odd + 1);
	}
	while (fraction_next(&fraction, numerator, denominator));
	return 1 / fraction.value;
}

static double
beta_log_front(double x, double a, double b, double distance)
{
	double		n = a + b;

	return 0.5 * log(a / n * b) - HALF_LOG_2PI + (stirling_rest(n) - stirling_rest(a) - stirling_rest(b)) -
		(deviance(a, n * x, distance) + deviance(b, n * (1 - x), -distance));
}

static Tail
beta_tail(double x, double a, double b)
{
	double		distance = distance_from_mean(x, a, b);
	Tail		tail;

	tail.upper = !(x < (a + 1) / (a + b + 2));
	tail.log_front = beta_log_front(x, a, b, distance);
	tail.ratio = tail.upper ? beta_ratio(1 - x, b, a, -distance) : beta_ratio(x, a, b, distance);
	return tail;
}

double
cl_beta_cdf(double x, double a, double b)
{
	Tail		tail;

	if (!(x >= 0 && x <= 1 && a > 0 && b > 0 && isfinite(a + b)))
		return NAN;
	if (x == 0 || x == 1)
		return x;
	if (x > 0.5)
	{
		tail = beta_tail(1 - x, b, a);
		return tail_value(&tail, true);
	}
	tail = beta_tail(x, a, b);
	return tail_value(&tail, false);
}

double
cl_beta_log_odds_density(double log_odds, double a, double b)
{
	double		x = 1 / (1 + exp(fabs(log_odds)));

	if (!(a > 0 && b > 0 && isfinite(a + b) && isfinite(log_odds)))
		return NAN;
	if (log_odds > 0)
		return beta_log_front(x, b, a, distance_from_mean(x, b, a));
	return beta_log_front(x, a, b, distance_from_mean(x, a, b));
}

/* The odds x / (1 - x) where the lower tail is p, at most 1/2; in log odds its logarithm is concave, from slope a down. */
static double
beta_lower_quantile(double p, double a, double b)
{
	/* P = x^a / (a B(a, b)) where x is tiny; a lower bound of x is that for b >= 1, and p^(1/a) for b <= 1. */
	double		tiny = (log(p) + log(a) + log_gamma(a) + log_gamma(b) - log_gamma(a + b)) / a;
	double		least = b >= 1 ? tiny : log(p) / a;
	double		odds = a / b;

	if (tiny < LEAST_LOG)
		return exp(tiny);
	/* As odds grow without bound, x is 1. */
	for (int i = 0; i < MOST_STEPS && odds < 1e300; i++)
	{
		bool		turned = odds > 1;
		Tail		tail = turned ? beta_tail(1 / (1 + odds), b, a) : beta_tail(odds / (1 + odds), a, b);
		double		slope;
		double		step = tail_log(&tail, turned, &slope) - log(p);

		step = fmin(step / slope, log(odds) - least + 1);
		if (isnan(step))
			break;
		odds *= exp(-step);
		if (fabs(step) < LAST_STEP)
			break;
	}
	return odds;
}

double
cl_beta_quantile(double p, double a, double b)
{
	double		odds;

	if (!(p >= 0 && p <= 1 && a > 0 && b > 0 && isfinite(a + b)))
		return NAN;
	if (p == 0 || p == 1)
		return p;
	if (p <= 0.5)
	{
		odds = beta_lower_quantile(p, a, b);
		return 1 / (1 + 1 / odds);
	}
	return 1 / (1 + beta_lower_quantile(1 - p, b, a));
}

/*
 * Student's t: df / (df + t^2) is beta distributed (Abramowitz and Stegun 26.7.1).
 */
double
cl_t_quantile(double p, double df)
{
	double		both = 2 * fmin(p, 1 - p);
	double		t;

	if (!(p >= 0 && p <= 1 && df > 0 && isfinite(df)))
		return NAN;
	if (both == 0)
		t = INFINITY;
	else if (both <= 0.5)
		t = sqrt(df / beta_lower_quantile(both, df / 2, 0.5));
	else
		t = both == 1 ? 0 : sqrt(df * beta_lower_quantile(1 - both, 0.5, df / 2));
	return copysign(t, p - 0.5);
}

/*
 * Binomial: a tail of the beta distribution (Abramowitz and Stegun 26.5.24).
 */
double
cl_binomial_upper(double k, double n, double p)
{
	if (!(k >= 0 && k <= n && p >= 0 && p <= 1 && isfinite(n)))
		return NAN;
	if (k == 0)
		return 1;
	return cl_beta_cdf(p, k, n - k + 1);
}
