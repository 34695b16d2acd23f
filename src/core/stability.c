/*
 * stability.c
 *	  The population stability index, its relatives, and what they mean by chance.
 */
#include "core/stability.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/distribution.h"

/*
 * Names
 */

typedef struct EmptyName
{
	const char *name;
	ClEmptyRule rule;
	double		value;			/* unless another is given; NaN: must be given */
	double		largest;		/* that may be given; 0: none may */
} EmptyName;

#define LARGEST_COUNT 1e6

static const EmptyName empty_names[] = {
	{"laplace", CL_EMPTY_LAPLACE, 0.5, LARGEST_COUNT},
	{"laplace_always", CL_EMPTY_LAPLACE_ALWAYS, 0.5, LARGEST_COUNT},
	{"prior", CL_EMPTY_PRIOR, 1, LARGEST_COUNT},
	{"count", CL_EMPTY_COUNT, NAN, LARGEST_COUNT},
	{"one", CL_EMPTY_COUNT, 1, 0},
	{"half", CL_EMPTY_COUNT, 0.5, 0},
	{"floor", CL_EMPTY_FLOOR, 1e-4, 1},
	{"epsilon", CL_EMPTY_EPSILON, 1e-4, 1},
	{"drop", CL_EMPTY_DROP, 0, 0},
	{"infinity", CL_EMPTY_INFINITY, 0, 0},
	{"error", CL_EMPTY_ERROR, 0, 0},
};

/* The number after the sign of equality. */
static bool
parse_value(const char *text, double largest, double *value)
{
	char	   *end;

	/* strtod would take blanks, signs, hexadecimals and nan. */
	if (strspn(text, "0123456789.eE-+") != strlen(text) || text[0] == '-' || text[0] == '+' || text[0] == '\0')
		return false;
	*value = strtod(text, &end);
	return *end == '\0' && *value > 0 && *value <= largest;
}

bool
cl_empty_parse(const char *text, ClEmpty *empty)
{
	size_t		length = strcspn(text, "=");

	for (size_t i = 0; i < sizeof(empty_names) / sizeof(empty_names[0]); i++)
	{
		const EmptyName *known = &empty_names[i];

		if (strlen(known->name) != length || memcmp(known->name, text, length) != 0)
			continue;
		empty->rule = known->rule;
		empty->value = known->value;
		if (text[length] == '\0')
			return !isnan(known->value);
		return parse_value(text + length + 1, known->largest, &empty->value);
	}
	return false;
}

bool
cl_empty_needs_counts(const ClEmpty *empty, int n_empty)
{
	switch (empty->rule)
	{
		case CL_EMPTY_LAPLACE_ALWAYS:
			return true;
		case CL_EMPTY_LAPLACE:
		case CL_EMPTY_PRIOR:
		case CL_EMPTY_COUNT:
			return n_empty > 0;
		default:
			return false;
	}
}

/*
 * Shares
 */

static bool
is_used(const ClBands *bands, int i)
{
	return bands->n[CL_EXPECTED][i] > 0 || bands->n[CL_ACTUAL][i] > 0;
}

static bool
is_empty(const ClBands *bands, int i)
{
	return (bands->n[CL_EXPECTED][i] > 0) != (bands->n[CL_ACTUAL][i] > 0);
}

static void
count_bands(const ClBands *bands, ClPsi *result)
{
	ClSum		total[2] = {{0, 0}, {0, 0}};

	result->n_bands = result->n_empty = 0;
	result->first_empty = -1;
	for (int i = 0; i < bands->count; i++)
	{
		for (int sample = 0; sample < 2; sample++)
			cl_sum_add(&total[sample], bands->n[sample][i], 0);
		result->n_bands += is_used(bands, i);
		if (!is_empty(bands, i))
			continue;
		if (result->n_empty++ == 0)
			result->first_empty = i;
	}
	for (int sample = 0; sample < 2; sample++)
		result->total[sample] = total[sample].high;
}

/* What the rule adds to the counts of a sample, before they become shares. */
typedef struct Smoothing
{
	const ClEmpty *empty;
	bool		active;
	double		total[2];		/* of the counts with what was added */
	double		rows;			/* of both samples */
} Smoothing;

static double
added(const Smoothing *smoothing, const ClBands *bands, int sample, int i)
{
	if (!smoothing->active || !is_used(bands, i))
		return 0;
	switch (smoothing->empty->rule)
	{
		case CL_EMPTY_LAPLACE:
		case CL_EMPTY_LAPLACE_ALWAYS:
			return smoothing->empty->value;
		case CL_EMPTY_PRIOR:
			return smoothing->empty->value * ((bands->n[CL_EXPECTED][i] + bands->n[CL_ACTUAL][i]) / smoothing->rows);
		case CL_EMPTY_COUNT:
			return bands->n[sample][i] > 0 ? 0 : smoothing->empty->value;
		default:
			return 0;
	}
}

static void
plan_smoothing(Smoothing *smoothing, const ClBands *bands, const ClEmpty *empty, const ClPsi *counted)
{
	smoothing->empty = empty;
	smoothing->active = counted->n_empty > 0 || empty->rule == CL_EMPTY_LAPLACE_ALWAYS;
	smoothing->rows = counted->total[CL_EXPECTED] + counted->total[CL_ACTUAL];
	for (int sample = 0; sample < 2; sample++)
	{
		ClSum		more = {0, 0};

		for (int i = 0; i < bands->count && smoothing->active; i++)
			cl_sum_add(&more, added(smoothing, bands, sample, i), 0);
		smoothing->total[sample] = counted->total[sample] + more.high;
	}
}

static double
smoothed_share(const Smoothing *smoothing, const ClBands *bands, int sample, int i)
{
	double		share = (bands->n[sample][i] + added(smoothing, bands, sample, i)) / smoothing->total[sample];

	if (smoothing->empty->rule == CL_EMPTY_EPSILON)
		return share + smoothing->empty->value;
	if (smoothing->empty->rule == CL_EMPTY_FLOOR && share == 0)
		return smoothing->empty->value;
	return share;
}

/*
 * Measures
 */

/* Larger over smaller, so that exchanging the samples changes no bit, and no rounding makes it negative. */
static double
psi_part(double expected, double actual)
{
	double		larger = fmax(expected, actual);
	double		smaller = fmin(expected, actual);

	if (larger == smaller)
		return 0;
	return (larger - smaller) * log(larger / smaller);
}

/* Whether the rule takes the band out of the comparison, or makes it infinite. */
static bool
is_special(const ClBands *bands, const ClEmpty *empty, int i, double *term)
{
	*term = 0;
	if (!is_used(bands, i))
		return true;
	if (!is_empty(bands, i) || (empty->rule != CL_EMPTY_DROP && empty->rule != CL_EMPTY_INFINITY &&
								empty->rule != CL_EMPTY_ERROR))
		return false;
	if (empty->rule != CL_EMPTY_DROP)
		*term = INFINITY;
	return true;
}

/* Adding to an infinite sum, and only that, must not go through compensation, which would make it NaN. */
static void
add_part(ClSum *sum, double part)
{
	if (isinf(part) || isinf(sum->high))
	{
		sum->high = isinf(part) ? part : sum->high;
		sum->low = 0;
	}
	else
		cl_sum_add(sum, part, 0);
}

void
cl_psi(const ClBands *bands, const ClEmpty *empty, ClPsi *result, double *part)
{
	Smoothing	smoothing;
	ClSum		sum = {0, 0};
	bool		defined;

	count_bands(bands, result);
	defined = result->total[CL_EXPECTED] > 0 && result->total[CL_ACTUAL] > 0;
	if (defined)
		plan_smoothing(&smoothing, bands, empty, result);
	for (int i = 0; i < bands->count; i++)
	{
		double		one = NAN;

		if (defined && !is_special(bands, empty, i, &one))
			one = psi_part(smoothed_share(&smoothing, bands, CL_EXPECTED, i), smoothed_share(&smoothing, bands, CL_ACTUAL, i));
		if (defined)
			add_part(&sum, one);
		if (part != NULL)
			part[i] = one;
	}
	result->psi = defined ? sum.high : NAN;
}

int
cl_psi_compared(const ClPsi *psi, const ClEmpty *empty)
{
	return empty->rule == CL_EMPTY_DROP ? psi->n_bands - psi->n_empty : psi->n_bands;
}

/* p ln(p/q), with 0 ln 0 = 0. */
static double
kl_part(double p, double q)
{
	return p > 0 ? p * log(p / q) : 0;
}

static void
kullback_leibler(const ClBands *bands, const ClEmpty *empty, const ClPsi *counted, ClDivergence *result)
{
	Smoothing	smoothing;
	ClSum		actual = {0, 0};
	ClSum		expected = {0, 0};

	plan_smoothing(&smoothing, bands, empty, counted);
	for (int i = 0; i < bands->count; i++)
	{
		double		share[2];

		if (!is_used(bands, i) || (empty->rule == CL_EMPTY_DROP && is_empty(bands, i)))
			continue;
		for (int sample = 0; sample < 2; sample++)
			share[sample] = smoothed_share(&smoothing, bands, sample, i);
		add_part(&actual, kl_part(share[CL_ACTUAL], share[CL_EXPECTED]));
		add_part(&expected, kl_part(share[CL_EXPECTED], share[CL_ACTUAL]));
	}
	result->kl_actual = actual.high;
	result->kl_expected = expected.high;
}

void
cl_divergence(const ClBands *bands, const ClEmpty *empty, ClDivergence *result)
{
	ClPsi		counted;
	ClSum		jensen_shannon = {0, 0};
	ClSum		hellinger = {0, 0};
	ClSum		triangular = {0, 0};
	ClSum		ahead = {0, 0};

	result->kl_actual = result->kl_expected = result->jensen_shannon = NAN;
	result->hellinger = result->triangular = result->ks = NAN;
	count_bands(bands, &counted);
	if (!(counted.total[CL_EXPECTED] > 0 && counted.total[CL_ACTUAL] > 0))
		return;
	kullback_leibler(bands, empty, &counted, result);
	result->ks = 0;
	for (int i = 0; i < bands->count; i++)
	{
		double		e = bands->n[CL_EXPECTED][i] / counted.total[CL_EXPECTED];
		double		a = bands->n[CL_ACTUAL][i] / counted.total[CL_ACTUAL];
		double		root = sqrt(a) - sqrt(e);

		cl_sum_add(&ahead, a - e, 0);
		result->ks = fmax(result->ks, fabs(ahead.high));
		if (a == e)
			continue;
		cl_sum_add(&jensen_shannon, (kl_part(a, (a + e) / 2) + kl_part(e, (a + e) / 2)) / 2, 0);
		cl_sum_add(&hellinger, root * root / 2, 0);
		cl_sum_add(&triangular, (a - e) * (a - e) / (a + e), 0);
	}
	result->jensen_shannon = fmax(0, jensen_shannon.high);
	result->hellinger = hellinger.high;
	result->triangular = triangular.high;
}

/*
 * Chance
 */

double
cl_psi_critical_chi2(double n, double m, int bands, double confidence)
{
	return bands < 2 ? NAN : (1 / n + 1 / m) * cl_chi2_quantile(confidence, bands - 1);
}

double
cl_psi_critical_normal(double n, double m, int bands, double confidence)
{
	double		unit = 1 / n + 1 / m;

	return bands < 2 ? NAN : unit * (bands - 1) + cl_normal_quantile(confidence) * unit * sqrt(2.0 * (bands - 1));
}

double
cl_psi_p_value(double psi, double n, double m, int bands)
{
	if (bands < 2 || isnan(psi))
		return NAN;
	return isinf(psi) ? 0 : cl_chi2_upper(psi / (1 / n + 1 / m), bands - 1);
}

/* Equal rates, all or nothing included, differ by nothing. */
double
cl_two_rates_chi2(double n0, double events0, double n1, double events1)
{
	double		pooled = (events0 + events1) / (n0 + n1);
	double		difference = events0 / n0 - events1 / n1;

	if (difference == 0)
		return 0;
	return difference * difference / (pooled * (1 - pooled) * (1 / n0 + 1 / n1));
}

/*
 * Order of bins
 */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_missing(const char *name, int length)
{
	return length == (int) strlen(CL_BIN_MISSING_NAME) && memcmp(name, CL_BIN_MISSING_NAME, (size_t) length) == 0;
}

/* Compares two runs of digits by the number that they are, and moves both places behind them. */
static int
compare_numbers(const char *a, int a_length, int *at_a, const char *b, int b_length, int *at_b)
{
	int			a_from = *at_a;
	int			b_from = *at_b;

	while (*at_a < a_length && is_digit(a[*at_a]))
		(*at_a)++;
	while (*at_b < b_length && is_digit(b[*at_b]))
		(*at_b)++;
	while (a_from < *at_a && a[a_from] == '0')
		a_from++;
	while (b_from < *at_b && b[b_from] == '0')
		b_from++;
	if (*at_a - a_from != *at_b - b_from)
		return *at_a - a_from < *at_b - b_from ? -1 : 1;
	return memcmp(a + a_from, b + b_from, (size_t) (*at_a - a_from));
}

int
cl_bin_order(const char *a, int a_length, const char *b, int b_length)
{
	int			at_a = 0;
	int			at_b = 0;
	int			order = (int) is_missing(a, a_length) - (int) is_missing(b, b_length);

	while (order == 0 && at_a < a_length && at_b < b_length)
	{
		if (is_digit(a[at_a]) && is_digit(b[at_b]))
			order = compare_numbers(a, a_length, &at_a, b, b_length, &at_b);
		else
		{
			order = (int) (unsigned char) a[at_a] - (int) (unsigned char) b[at_b];
			at_a++;
			at_b++;
		}
	}
	if (order == 0)
		order = (at_a < a_length) - (at_b < b_length);
	/* 07 and 7 are one number and two names. */
	if (order == 0)
		order = a_length != b_length ? a_length - b_length : memcmp(a, b, (size_t) a_length);
	return order;
}
