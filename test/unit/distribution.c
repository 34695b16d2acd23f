/*
 * Distributions against R and against arithmetic of 50 digits; what must hold for any arguments; ends and wrong arguments.
 */
#include "check.h"
#include "core/distribution.h"
#include "core/pair.h"

void		test_distribution(void);

/* Arguments, then the value. */
typedef struct
{
	double		x,
				value;
} Reference1;

typedef struct
{
	double		x,
				df,
				value;
} Reference2;

typedef struct
{
	double		x,
				a,
				b,
				value;
} Reference3;

/* R 4.2.2: pnorm, qnorm, pchisq(lower.tail = FALSE), qchisq, pbeta, pbeta(lower.tail = FALSE), qbeta, qt, and
 * pbinom(k - 1, n, p, lower.tail = FALSE); printed with 17 digits. */
static const Reference1 normal_cdf[] = {
	{-37.5, 4.6053530095819552e-308}, {-37, 5.7255712225245771e-300}, {-30, 4.9067139271481872e-198},
	{-20, 2.7536241186062337e-89}, {-10, 7.6198530241605269e-24}, {-5, 2.8665157187919391e-07},
	{-3, 0.0013498980316300946}, {-1.959963984540054, 0.025000000000000012}, {-1, 0.15865525393145705},
	{-0.5, 0.30853753872598694}, {-1e-10, 0.49999999996010575}, {0, 0.5}, {0.29999999999999999, 0.61791142218895267},
	{1, 0.84134474606854293}, {2.5, 0.99379033467422384}, {6, 0.9999999990134123}, {8, 0.99999999999999933}, {9, 1}
};

static const Reference1 normal_quantile[] = {
	{1e-300, -37.047096299361201}, {9.9999999999999998e-201, -30.205594179579634}, {1e-100, -21.273453560965319},
	{1e-50, -14.933337534788489}, {9.9999999999999995e-21, -9.2623400897984052}, {1e-10, -6.3613409024040557},
	{1.0000000000000001e-05, -4.2648907939228256}, {0.001, -3.0902323061678132},
	{0.025000000000000001, -1.9599639845400538}, {0.070000000000000007, -1.4757910281791702},
	{0.10000000000000001, -1.2815515655446008}, {0.29999999999999999, -0.52440051270804067},
	{0.48999999999999999, -0.025068908258711057}, {0.5, 0}, {0.69999999999999996, 0.52440051270804067},
	{0.92500000000000004, 1.4395314709384559}, {0.94999999999999996, 1.6448536269514715},
	{0.97499999999999998, 1.9599639845400536}, {0.999, 3.0902323061678132}, {0.99999990000000005, 5.1993375822906618}
};

static const Reference2 chi2_upper[] = {
	{1e-10, 0.5, 0.99706626138414323}, {0.10000000000000001, 0.5, 0.48344467916953437}, {3, 0.5, 0.033416444158979097},
	{30, 0.5, 1.0571160092570999e-08}, {1.0000000000000001e-05, 1, 0.99747687168319443},
	{3.841458820694124, 1, 0.049999999999999975}, {6.6348966010212127, 1, 0.010000000000000023},
	{50, 1, 1.5374597944280343e-12}, {1300, 1, 1.1303728441492744e-284}, {0.01, 2, 0.99501247919268221},
	{5.991464547107979, 2, 0.050000000000000072}, {700, 2, 9.9295903962649796e-153}, {1370, 2, 3.2231453908506469e-298},
	{2, 9, 0.9914676066288135}, {16.918977604620448, 9, 0.050000000000000051}, {900, 9, 6.1868010323945738e-188},
	{40, 30, 0.10486428110798465}, {124.34211340400407, 100, 0.050000000000000162}, {300, 100, 7.4121008573228746e-22},
	{700, 100, 8.6582308613238534e-91}, {1500, 100, 2.5254320288863705e-248}, {900, 1000, 0.98928276190871023},
	{1100, 1000, 0.014614408126295201}, {2000, 1000, 4.1436785914549906e-69}, {3000, 1000, 1.6436845843569546e-198},
	{980000, 1000000, 1}, {1000000, 1000000, 0.49981193680339453}, {1002000, 1000000, 0.078718661386129637},
	{1010000, 1000000, 9.0685288232620253e-13}, {1020000, 1000000, 3.8839118311892587e-45}
};

static const Reference2 chi2_quantile[] = {
	{1e-10, 0.5, 1.3499395786223513e-40}, {0.01, 0.5, 1.3499395859116945e-08}, {0.5, 0.5, 0.087347604705746873},
	{0.94999999999999996, 0.5, 2.4202322748895178}, {0.99999899999999997, 0.5, 21.37563515282196},
	{1e-100, 1, 1.5707963267948823e-200}, {1e-10, 1, 1.5707963267948935e-20},
	{0.050000000000000003, 1, 0.0039321400000195249}, {0.5, 1, 0.45493642311957283},
	{0.94999999999999996, 1, 3.841458820694124}, {0.98999999999999999, 2, 9.2103403719761818},
	{0.999, 2, 13.815510557964272}, {1e-300, 10, 5.2103421693947594e-60},
	{9.9999999999999995e-21, 10, 0.00052105684139743295}, {0.050000000000000003, 9, 3.3251128430668149},
	{0.5, 9, 8.3428326922529532}, {0.94999999999999996, 9, 16.918977604620444},
	{0.99990000000000001, 9, 33.719948438964906}, {1.0000000000000001e-05, 1000, 820.60365703137779},
	{0.5, 1000, 999.33341240338098}, {0.94999999999999996, 1000, 1074.6794488034409},
	{0.001, 1000000, 995635.45063159557}, {0.5, 1000000, 999999.3333334123}, {0.999, 1000000, 1004375.9487461417}
};

static const Reference3 beta_cdf[] = {
	{0.5, 0.5, 0.5, 0.49999999999999956}, {0.10000000000000001, 0.5, 0.5, 0.20483276469913345},
	{1e-10, 0.5, 0.5, 6.3661977237819169e-06}, {0.90000000000000002, 0.5, 0.5, 0.79516723530086664},
	{0.29999999999999999, 2, 5, 0.57982500000000015}, {0.01, 3, 40, 0.0085838537997334815},
	{1e-08, 0.5, 10000000, 0.34527915075273846}, {1.9999999999999999e-07, 0.5, 10000000, 0.95449974420228689},
	{9.9999999999999995e-07, 5.5, 1000000, 0.0015041376104336674},
	{0.99999899999999997, 10000000, 0.5, 7.7441779542076313e-06}, {0.02, 12.5, 987.5, 0.97173358497433759},
	{0.029999999999999999, 12.5, 987.5, 0.99991098353622188}, {0.050000000000000003, 12.5, 987.5, 0.99999999996992173},
	{0.001, 200.5, 100000, 7.6567149187509537e-19}, {0.5, 500, 500, 0.49999999999999994}, {0.25, 2, 700, 1},
	{0.90000000000000002, 0.5, 0.5, 0.79516723530086664}, {0.0101, 10000, 1000000, 0.97778754330467277},
	{0.02, 10000, 1000000, 1}, {0.0001, 100, 1000000, 0.51369541524870721}, {0.01, 100, 1000000, 1},
	{0.48999999999999999, 10000, 10000, 0.0023370593301101643},
	{0.49990000000000001, 10000000, 10000000, 0.1855466853593159}, {0.501, 10000000, 10000000, 1},
	{0.25, 3000000, 9000000, 0.50004432692062617}, {0.99999990000000005, 10000000, 3, 0.91969857543446232}
};

static const Reference2 t_quantile[] = {
	{0.97499999999999998, 1, 12.706204736174694}, {0.59999999999999998, 1, 0.32491969623290634},
	{0.0050000000000000001, 1, -63.656741162871583}, {1e-10, 2, -70710.678108048145},
	{0.97499999999999998, 5, 2.5705818356363137},
	{0.59999999999999998, 6, 0.26483453293357351}, {0.0050000000000000001, 6, -3.7074280213247794},
	{0.97499999999999998, 11, 2.2009851600916388}, {1e-10, 11, -21.914643308078606},
	{0.97499999999999998, 30, 2.0422724563012378},
	{1e-10, 1000, -6.4278762831342062}, {0.5, 7, 0}
};

static const Reference3 beta_quantile[] = {
	{1e-100, 0.5, 0.5, 2.4674011002723406e-200}, {1.0000000000000001e-05, 0.5, 0.5, 2.4674011000694061e-10},
	{0.025000000000000001, 0.5, 0.5, 0.0015413331334360124}, {0.5, 0.5, 0.5, 0.49999999999999989},
	{0.94999999999999996, 0.5, 0.5, 0.99384417029756889}, {0.999, 0.5, 0.5, 0.99999753260092905},
	{0.025000000000000001, 0.5, 10000.5, 4.9102227082192068e-08}, {0.5, 0.5, 10000.5, 2.2745993797440642e-05},
	{0.97499999999999998, 0.5, 10000.5, 0.00025115648438329746},
	{0.050000000000000003, 12.5, 987.5, 0.0073284418296256995},
	{0.94999999999999996, 12.5, 987.5, 0.018775973854722405}, {1e-10, 12.5, 987.5, 0.00093591682198095603},
	{0.97499999999999998, 100.5, 1.5, 0.99892962319944034},
	{0.025000000000000001, 3000, 1000000, 0.0028850983695271619},
	{0.97499999999999998, 3000, 1000000, 0.0030988327664867093},
	{1.0000000000000001e-05, 10000000, 10000000, 0.49952317081586328}, {0.5, 10000000, 10000000, 0.5},
	{0.98999999999999999, 10000000, 10000000, 0.50026009358493961},
	{0.29999999999999999, 10000000, 3, 0.99999963844333495}
};

static const Reference3 binomial_upper[] = {
	{0, 10, 0.29999999999999999, 1}, {1, 1, 0.20000000000000001, 0.20000000000000001},
	{1, 10, 9.9999999999999998e-13, 9.9999999999550214e-12}, {3, 10, 0.02, 0.00086390627995099208},
	{10, 10, 0.5, 0.00097656250000000022}, {10, 50, 0.050000000000000003, 0.00015856329762383472},
	{7, 100, 0.02, 0.0040620540801008381}, {25, 1000, 0.01, 4.2029208448367413e-05},
	{60, 1000, 0.029999999999999999, 5.8022259241579722e-07}, {400, 1000, 0.20000000000000001, 1.4613956992173654e-47},
	{1000, 10000, 0.080000000000000002, 5.9827539893188316e-13},
	{100, 1000000, 5.0000000000000002e-05, 3.1960732715727532e-10},
	{100000, 1000000, 0.099000000000000005, 0.00041581304800965003},
	{5000, 1000000, 0.0050000000000000001, 0.50189477983640529}, {999999, 1000000, 0.999, 0},
	{30, 1000000000, 1e-08, 2.5099507137300184e-07},
	{10400, 1000000000, 1.0000000000000001e-05, 3.5859615343759959e-05}
};


/* Where R itself has fewer digits: integrals of the density (for 1e-12, a sum of terms) in arithmetic of 50 digits. */
static const Reference3 beta_cdf_large[] = {
	{0.3999, 1e9, 1.5e9, 9.27280138137098228e-25}, {0.26, 1355020, 3728212, 1.05060041081114398e-248},
	{0.0002021, 27047, 108558743, 2.65737907046501368e-242}
};
static const Reference3 binomial_upper_large[] = {
	{500200001, 1e9, 0.5, 5.6551304038944639e-37}, {10900, 1e9, 1e-5, 3.768823006664236e-19},
	{30100000, 1e9, 0.03, 6.18751368672404836e-77}, {13, 1e9, 1e-12, 1.60441375730402902e-49}
};

/* The digits that are asked for in every tail. */
#define CHECK_DIGITS(actual, expected) CHECK_DIGITS_OF(actual, expected, 1e-12)
#define CHECK_DIGITS_OF(actual, expected, relative) \
	do { \
		double		got_ = (actual); \
		double		wanted_ = (expected); \
		cl_checks++; \
		if (!(fabs(got_ - wanted_) <= (relative) * fabs(wanted_))) \
		{ \
			cl_failures++; \
			fprintf(stderr, "%s:%d: %s is %.17g, not %.17g\n", __FILE__, __LINE__, #actual, got_, wanted_); \
		} \
	} while (0)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define CHECK_TABLE1(table, function) \
	for (size_t i = 0; i < COUNT(table); i++) \
		CHECK_DIGITS(function(table[i].x), table[i].value)
#define CHECK_TABLE2(table, function) \
	for (size_t i = 0; i < COUNT(table); i++) \
		CHECK_DIGITS(function(table[i].x, table[i].df), table[i].value)
#define CHECK_TABLE3(table, function) \
	for (size_t i = 0; i < COUNT(table); i++) \
		CHECK_DIGITS(function(table[i].x, table[i].a, table[i].b), table[i].value)

static double
uniform(uint64_t *state)
{
	return ((double) (cl_test_random(state) >> 12) + 0.5) / 4503599627370496.0;
}

/* Between two powers of ten. */
static double
magnitude(uint64_t *state, double lowest, double highest)
{
	return pow(10, lowest + (highest - lowest) * uniform(state));
}

/* x, log cdf and density / cdf, by arithmetic of 50 digits; on both sides of where one formula takes over from another. */
static const Reference2 normal_tail[] = {
	{-1e6, -500000000014.73445, 1000000.000001}, {-200, -20006.21728089819, 200.00499975003124},
	{-38, -726.55721601882013, 38.026279466575869}, {-12.5, -81.575967870743883, 12.579007304406976},
	{-6, -20.736768949974706, 6.1584826045445989}, {-3, -6.6077262215103495, 3.2830986549304365},
	{-1, -1.8410216450092635, 1.5251352761609812}, {-0.7, -1.4189677615315316, 1.2904993394581665},
	{-0.66, -1.3679558848901994, 1.2601331017395891}, {-0.3, -0.96210281816885066, 0.99816596885848332},
	{0, -0.69314718055994531, 0.79788456080286536}, {0.3, -0.48141016158848121, 0.61722085361273445},
	{0.66, -0.29387040027781766, 0.43047409423120129}, {0.67, -0.28958908310168704, 0.42579407138081291},
	{2, -0.023012909328963488, 0.055247862678989959}, {5.7, -5.990371419005803e-9, 3.5139551158703298e-8},
	{9, -1.1285884059538406e-19, 1.0279773571668915e-18}
};

static void
check_normal_tail(void)
{
	for (size_t i = 0; i < COUNT(normal_tail); i++)
	{
		double		x = normal_tail[i].x;
		ClPairTail	tail = cl_pair_normal_tail((ClPair) {x, -x});

		CHECK_NEAR(tail.exponent[0] + log(tail.value[0]), normal_tail[i].df, 1e-14 * fmax(1, fabs(normal_tail[i].df)));
		CHECK_DIGITS_OF(tail.hazard[0], normal_tail[i].value, 2e-14);
		if (x > -37)
			CHECK_DIGITS_OF(tail.cdf[0], tail.value[0] * exp(tail.exponent[0]), 1e-13);
		CHECK_DIGITS_OF(tail.density[0], tail.density[1], 1e-16);
		CHECK_DIGITS(cl_normal_log_cdf(x), normal_tail[i].df);
		CHECK_DIGITS_OF(1 / cl_normal_mills(-x), normal_tail[i].value, 2e-14);
	}
	CHECK(cl_pair_normal_tail(cl_pair(50)).value[0] == 1 && cl_pair_normal_tail(cl_pair(50)).hazard[1] < 1e-300);
	CHECK(cl_normal_mills(INFINITY) == 0 && isinf(cl_normal_mills(-INFINITY)));
}

static void
check_pair_exp(void)
{
	for (double x = -699.9; x < 700; x += 0.37)
	{
		ClPair		both = cl_pair_exp((ClPair) {x, -x});

		CHECK_DIGITS_OF(both[0], exp(x), 1e-15);
		CHECK_DIGITS_OF(both[1], exp(-x), 1e-15);
	}
	CHECK(cl_pair_exp(cl_pair(0))[1] == 1 && cl_pair_exp(cl_pair(-1e300))[0] < 1e-303 && cl_pair_exp(cl_pair(1e300))[0] > 1e303);
}

/* Quantiles undo probabilities: to as many digits as p keeps when x is rounded. */
static void
check_inverses(uint64_t *state)
{
	for (int i = 0; i < 20000; i++)
	{
		double		p = i % 2 == 0 ? uniform(state) : magnitude(state, -300, 0);
		double		a = magnitude(state, -0.3, 5);
		double		b = magnitude(state, -0.3, 5);
		double		x = cl_normal_quantile(p);

		CHECK_DIGITS_OF(cl_normal_cdf(x), p, 1e-12);
		x = cl_beta_quantile(p, a, b);
		if (x > 1e-290 && x < 0.5)
			CHECK_DIGITS_OF(cl_beta_cdf(x, a, b), p, 1e-12 + 1e-15 * a);
		x = cl_chi2_quantile(p, a);
		if (x > 1e-290 && x < INFINITY)
			CHECK_NEAR(cl_chi2_upper(x, a), 1 - p, 1e-12);
	}
}

static void
check_properties(uint64_t *state)
{
	for (int i = 0; i < 20000; i++)
	{
		double		a = magnitude(state, -0.3, 6);
		double		b = magnitude(state, -0.3, 6);
		double		x = i % 2 == 0 ? uniform(state) : magnitude(state, -20, 0);
		double		lower = cl_beta_cdf(x, a, b);

		CHECK(lower >= 0 && lower <= 1);
		if (i % 2 == 0)
			CHECK_NEAR(lower + cl_beta_cdf(1 - x, b, a), 1, 1e-12);
		CHECK_DIGITS(cl_beta_cdf(x, 1, b), -expm1(b * log1p(-x)));
		CHECK(cl_beta_cdf(fmin(1, x * 1.001), a, b) >= lower * (1 - 1e-12));
		/* Near 1/2 both sides of the mean meet, whichever of them is computed. */
		CHECK_NEAR(cl_beta_cdf(0.5, a, a), 0.5, 1e-12);
		CHECK_NEAR(cl_normal_cdf(x * 9) + cl_normal_cdf(-x * 9), 1, 1e-15);
		CHECK_DIGITS(cl_chi2_upper(a / 1000, 2), exp(-a / 2000));
		CHECK_DIGITS(cl_chi2_upper(x * x, 1), cl_normal_two_sided(x));
	}
}

/* Sums of the terms of a binomial, which need no beta function. */
static void
check_binomial(void)
{
	for (int n = 1; n <= 40; n++)
	{
		for (int percent = 1; percent < 100; percent += 7)
		{
			double		p = percent / 100.0;
			double		term = pow(p, n);
			double		sum = 0;

			for (int k = n; k >= 0; k--)
			{
				sum += term;
				CHECK_DIGITS(cl_binomial_upper(k, n, p), sum);
				term *= k / (double) (n - k + 1) * ((1 - p) / p);
			}
		}
	}
}

static void
check_ends(void)
{
	CHECK(cl_normal_cdf(-INFINITY) == 0 && cl_normal_cdf(INFINITY) == 1 && cl_normal_two_sided(0) == 1);
	CHECK(cl_normal_quantile(0) == -INFINITY && cl_normal_quantile(1) == INFINITY);
	CHECK(cl_chi2_upper(0, 3) == 1 && cl_chi2_upper(INFINITY, 3) == 0 && cl_chi2_upper(1e10, 3) == 0);
	CHECK(cl_chi2_quantile(0, 3) == 0 && cl_chi2_quantile(1, 3) == INFINITY && cl_chi2_quantile(1e-300, 0.5) == 0);
	CHECK(cl_beta_cdf(0, 2, 3) == 0 && cl_beta_cdf(1, 2, 3) == 1);
	CHECK(cl_beta_quantile(0, 2, 3) == 0 && cl_beta_quantile(1, 2, 3) == 1);
	CHECK(cl_binomial_upper(0, 5, 0) == 1 && cl_binomial_upper(1, 5, 0) == 0 && cl_binomial_upper(5, 5, 1) == 1);
	CHECK(cl_binomial_upper(0, 0, 0.5) == 1);
	CHECK(isnan(cl_normal_cdf(NAN)) && isnan(cl_normal_quantile(NAN)) && isnan(cl_normal_quantile(-0.1)));
	CHECK(isnan(cl_normal_quantile(1.1)) && isnan(cl_chi2_upper(-1, 1)) && isnan(cl_chi2_upper(1, 0)));
	CHECK(isnan(cl_chi2_upper(NAN, 1)) && isnan(cl_chi2_quantile(2, 1)) && isnan(cl_chi2_quantile(0.5, INFINITY)));
	CHECK(isnan(cl_beta_cdf(0.5, 0, 1)) && isnan(cl_beta_cdf(2, 1, 1)) && isnan(cl_beta_cdf(0.5, 1, NAN)));
	CHECK(isnan(cl_beta_quantile(-1, 1, 1)) && isnan(cl_binomial_upper(3, 2, 0.5)) && isnan(cl_binomial_upper(-1, 2, 0.5)));
	CHECK(isnan(cl_binomial_upper(1, 2, NAN)));
	CHECK(cl_t_quantile(1, 3) == INFINITY && cl_t_quantile(0, 3) == -INFINITY && isnan(cl_t_quantile(0.5, 0)));
	CHECK(isnan(cl_t_quantile(2, 3)) && isnan(cl_t_quantile(NAN, 3)));
}

/* Arguments as far out as doubles go come to an end, and stay inside [0, 1]. */
static void
check_extremes(void)
{
	static const double sizes[] = {1e-3, 0.1, 1, 1e6, 1e12, 1e15};
	static const double places[] = {5e-324, 1e-300, 1e-16, 0.5, 1 - 1e-16};

	for (size_t i = 0; i < COUNT(sizes); i++)
	{
		for (size_t j = 0; j < COUNT(places); j++)
		{
			double		p = cl_chi2_upper(places[j] * sizes[i], sizes[i]);
			double		x = cl_chi2_quantile(places[j], sizes[i]);

			CHECK(p >= 0 && p <= 1);
			CHECK(x >= 0);
			for (size_t k = 0; k < COUNT(sizes); k++)
			{
				p = cl_beta_cdf(places[j], sizes[i], sizes[k]);
				x = cl_beta_quantile(places[j], sizes[i], sizes[k]);
				CHECK(p >= 0 && p <= 1);
				CHECK(x >= 0 && x <= 1);
			}
		}
	}
}

void
test_distribution(void)
{
	uint64_t	state = 708;

	CHECK_TABLE1(normal_cdf, cl_normal_cdf);
	CHECK_TABLE1(normal_quantile, cl_normal_quantile);
	CHECK_TABLE2(chi2_upper, cl_chi2_upper);
	CHECK_TABLE2(chi2_quantile, cl_chi2_quantile);
	CHECK_TABLE3(beta_cdf, cl_beta_cdf);
	CHECK_TABLE3(beta_quantile, cl_beta_quantile);
	CHECK_TABLE2(t_quantile, cl_t_quantile);
	CHECK_TABLE3(binomial_upper, cl_binomial_upper);
	CHECK_TABLE3(beta_cdf_large, cl_beta_cdf);
	CHECK_TABLE3(binomial_upper_large, cl_binomial_upper);
	check_normal_tail();
	check_pair_exp();
	check_inverses(&state);
	check_properties(&state);
	check_binomial();
	check_ends();
	check_extremes();
}
