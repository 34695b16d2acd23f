/*
 * stability.c
 *	  PSI and its relatives: published numbers, every convention for empty bins, the properties of a divergence on random
 *	  counts; the order of bins is a total one.
 */
#include "check.h"

#include <string.h>

#include "core/stability.h"

void		test_stability(void);

#define MOST_BANDS 12

/*
 * Expected 50, 30, 20 and actual 55, 45, 0 under the conventions that the field knows: each number is what the tool computes
 * that has the convention, recomputed in R 4.2 (sum((q-p)*log(q/p)) of the shares after the treatment named).
 */
static const struct
{
	const char *convention;
	double		psi;
}			published[] = {
	{"drop", 0.0655852752064},
	{"one", 0.632745470797},
	{"count=1", 0.632745470797},
	{"count=0.99", 0.634973742014},
	{"count=0.9", 0.656047882424},
	{"half", 0.783839975225},
	{"laplace", 0.795500240311},
	{"laplace_always", 0.795500240311},
	{"floor", 1.58500567687},
	{"epsilon", 1.58584817117},
	{"floor=1e-6", 2.50678759824},
	{"infinity", INFINITY},
};

static const double empty_expected[] = {50, 30, 20};
static const double empty_actual[] = {55, 45, 0};

/* optbinning's tutorial on monitoring a scorecard: 0.004776 without any smoothing. */
static const double tutorial_expected[] = {565, 803, 807, 729, 1015, 565, 417, 752, 823, 845};
static const double tutorial_actual[] = {236, 334, 331, 310, 416, 269, 185, 298, 407, 352};

static ClEmpty
convention(const char *name)
{
	ClEmpty		empty = {CL_EMPTY_ERROR, 0};

	CHECK(cl_empty_parse(name, &empty));
	return empty;
}

static double
psi_of(const double *expected, const double *actual, int count, const char *name)
{
	ClEmpty		empty = convention(name);
	ClBands		bands = {count, {expected, actual}};
	double		part[MOST_BANDS];
	double		sum = 0;
	ClPsi		psi;

	cl_psi(&bands, &empty, &psi, part);
	for (int i = 0; i < count; i++)
		sum += part[i];
	if (isinf(psi.psi))
		CHECK(isinf(sum));
	else if (!isnan(psi.psi))
		CHECK_NEAR(sum, psi.psi, 1e-13);
	return psi.psi;
}

static void
check_published(void)
{
	static const double radius_expected[] = {3, 3, 7, 10, 28, 44, 117};
	static const double radius_actual[] = {115, 76, 61, 39, 55, 10, 1};
	ClBands		radius = {7, {radius_expected, radius_actual}};
	ClEmpty		laplace = convention("laplace");
	ClDivergence divergence;
	ClPsi		psi;

	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++)
	{
		double		found = psi_of(empty_expected, empty_actual, 3, published[i].convention);

		if (isinf(published[i].psi))
			CHECK(isinf(found));
		else
			CHECK_NEAR(found, published[i].psi, 1e-11);
	}
	CHECK_NEAR(psi_of(tutorial_expected, tutorial_actual, 10, "laplace"), 0.00477576381194, 1e-13);
	CHECK_NEAR(psi_of(tutorial_expected, tutorial_actual, 10, "prior"), 0.00477576381194, 1e-13);
	CHECK_NEAR(psi_of(tutorial_expected, tutorial_actual, 10, "laplace_always"), 0.00476940071604, 1e-13);
	CHECK_NEAR(psi_of(tutorial_expected, tutorial_actual, 10, "epsilon"), 0.00477124047274, 1e-13);

	/* optbinning's README, mean radius: its information value is the PSI of the two classes. */
	cl_psi(&radius, &laplace, &psi, NULL);
	cl_divergence(&radius, &laplace, &divergence);
	CHECK_NEAR(psi.psi, 5.04392547, 1e-8);
	CHECK_NEAR(divergence.kl_actual + divergence.kl_expected, psi.psi, 1e-14);
	CHECK_NEAR(divergence.jensen_shannon, 0.39378376, 2e-8);
	CHECK_NEAR(divergence.hellinger, 0.47248971, 2e-8);
	CHECK_NEAR(divergence.triangular, 1.25592041, 2e-8);
	CHECK_NEAR(divergence.ks, 0.72862164, 2e-8);

	/* Yurdakul's critical value and its normal form, from R's qchisq and qnorm. */
	CHECK_NEAR(cl_psi_critical_chi2(7321, 3138, 10, 0.95), 0.00770266362134, 1e-13);
	CHECK_NEAR(cl_psi_critical_normal(7321, 3138, 10, 0.95), 0.00727450500324, 1e-13);
	CHECK_NEAR(cl_psi_p_value(0.00477576381194, 7321, 3138, 10), 0.3122898844, 1e-9);
	CHECK(isnan(cl_psi_critical_chi2(10, 10, 1, 0.95)));
	CHECK(cl_psi_p_value(INFINITY, 10, 10, 3) == 0);

	/* chisq.test of R without correction; the first bin of the tutorial. */
	CHECK_NEAR(cl_two_rates_chi2(565, 518, 236, 216), 0.00528479167973, 1e-12);
	CHECK(cl_two_rates_chi2(10, 0, 20, 0) == 0 && cl_two_rates_chi2(10, 10, 20, 20) == 0);
}

static void
check_names(void)
{
	static const char *const wrong[] = {
		"", "=", "Laplace", "laplac", "laplacee", "laplace=", "laplace=0", "laplace=-1", "laplace=+1", "laplace= 1", "laplace=1 ",
		"laplace=nan", "laplace=inf", "laplace=0x1", "laplace=1e7", "laplace=1e999", "laplace=1e-999", "laplace==1", "laplace=e",
		"count", "floor=1.01", "epsilon=2", "one=1", "half=0.5", "drop=1", "infinity=1", "error=0",
	};
	ClEmpty		empty;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(!cl_empty_parse(wrong[i], &empty));
	CHECK(cl_empty_parse("error", &empty) && empty.rule == CL_EMPTY_ERROR);
	CHECK(cl_empty_parse("prior=2.5e1", &empty) && empty.rule == CL_EMPTY_PRIOR && empty.value == 25);
	empty = convention("laplace");
	CHECK(cl_empty_needs_counts(&empty, 1) && !cl_empty_needs_counts(&empty, 0));
	empty = convention("laplace_always");
	CHECK(cl_empty_needs_counts(&empty, 0));
	empty = convention("floor");
	CHECK(!cl_empty_needs_counts(&empty, 3));
}

static const char *const conventions[] = {
	"laplace", "laplace_always", "prior", "one", "half", "floor", "epsilon", "drop", "infinity", "prior=7"
};

/* Merges the last two bands. */
static void
merge_last(double *n, int count)
{
	n[count - 2] += n[count - 1];
}

/* Symmetric, not negative, zero for equal shares; bands without rows change nothing; merging never raises it. */
static void
check_random(uint64_t *state)
{
	int			count = 2 + (int) (cl_test_random(state) % (MOST_BANDS - 3));
	uint64_t	sparse = cl_test_random(state) % 3;
	double		n[2][MOST_BANDS];
	double		triple[MOST_BANDS];
	bool		empty = false;

	for (int i = 0; i < count; i++)
	{
		for (int sample = 0; sample < 2; sample++)
			n[sample][i] = sparse == 0 && cl_test_random(state) % 4 == 0 ? 0 : (double) (1 + cl_test_random(state) % 1000);
		triple[i] = 3 * n[0][i];
		empty = empty || ((n[0][i] > 0) != (n[1][i] > 0));
	}
	n[0][count] = n[1][count] = triple[count] = 0;
	for (size_t i = 0; i < sizeof(conventions) / sizeof(conventions[0]); i++)
	{
		double		psi = psi_of(n[0], n[1], count, conventions[i]);

		if (isnan(psi))
			continue;
		CHECK(psi >= 0);
		CHECK(psi_of(n[1], n[0], count, conventions[i]) == psi);
		CHECK(psi_of(n[0], n[1], count + 1, conventions[i]) == psi);
		if (strcmp(conventions[i], "laplace_always") != 0)
			CHECK_NEAR(psi_of(n[0], triple, count, conventions[i]), 0, 1e-14);
	}
	if (!empty && !isnan(psi_of(n[0], n[1], count, "laplace")))
	{
		double		before = psi_of(n[0], n[1], count, "laplace");

		merge_last(n[0], count);
		merge_last(n[1], count);
		CHECK(psi_of(n[0], n[1], count - 1, "laplace") <= before * (1 + 1e-12) + 1e-15);
	}
}

static void
check_undefined(void)
{
	static const double nothing[] = {0, 0, 0};
	ClBands		bands = {3, {empty_expected, nothing}};
	ClEmpty		laplace = convention("laplace");
	ClDivergence divergence;
	ClPsi		psi;

	cl_psi(&bands, &laplace, &psi, NULL);
	CHECK(isnan(psi.psi) && psi.n_bands == 3 && psi.n_empty == 3 && psi.first_empty == 0);
	cl_divergence(&bands, &laplace, &divergence);
	CHECK(isnan(divergence.kl_actual) && isnan(divergence.ks));
	bands.count = 0;
	cl_psi(&bands, &laplace, &psi, NULL);
	CHECK(isnan(psi.psi) && psi.first_empty == -1);
}

static int
sign(int x)
{
	return (x > 0) - (x < 0);
}

static int
order(const char *a, const char *b)
{
	return sign(cl_bin_order(a, (int) strlen(a), b, (int) strlen(b)));
}

static void
check_order(uint64_t *state)
{
	static const char letters[] = "0129a[-m";
	char		name[3][8];

	CHECK_EQ_INT(order("9", "10"), -1);
	CHECK_EQ_INT(order("band 2", "band 10"), -1);
	CHECK_EQ_INT(order("[100, 200)", "[1000, 2000)"), -1);
	CHECK_EQ_INT(order("missing", "zzz"), 1);
	CHECK_EQ_INT(order("missing", "missing"), 0);
	CHECK_EQ_INT(order("", "a"), -1);
	CHECK_EQ_INT(order("7", "07"), -1);
	for (int i = 0; i < 200000; i++)
	{
		for (int k = 0; k < 3; k++)
		{
			int			length = (int) (cl_test_random(state) % 7);

			for (int at = 0; at < length; at++)
				name[k][at] = letters[cl_test_random(state) % (sizeof(letters) - 1)];
			name[k][length] = '\0';
		}
		CHECK(order(name[0], name[1]) == -order(name[1], name[0]));
		CHECK((order(name[0], name[1]) == 0) == (strcmp(name[0], name[1]) == 0));
		if (order(name[0], name[1]) < 0 && order(name[1], name[2]) < 0)
			CHECK(order(name[0], name[2]) < 0);
	}
}

static void
check_sum(uint64_t *state)
{
	double		x[1000];
	ClSum		forth = {0, 0};
	ClSum		back = {0, 0};

	for (int i = 0; i < 1000; i++)
	{
		x[i] = ldexp((double) (cl_test_random(state) >> 11) - ldexp(1, 52), (int) (cl_test_random(state) % 60) - 80);
		cl_sum_add(&forth, x[i], 0);
	}
	for (int i = 999; i >= 0; i--)
		cl_sum_add(&back, x[i], 0);
	CHECK(forth.high == back.high);
}

void
test_stability(void)
{
	uint64_t	state = 1946;

	check_published();
	check_names();
	check_undefined();
	for (int i = 0; i < 20000; i++)
		check_random(&state);
	check_order(&state);
	for (int i = 0; i < 200; i++)
		check_sum(&state);
}
