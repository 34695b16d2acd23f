/*
 * generator.c
 *	  The exponential of a matrix against its series by hand, and the generator of a panel against R msm.
 */
#include "core/generator.h"

#include "cav.h"
#include "check.h"
#include "memory.h"

/* Two states: exp(t Q) has shares that come near b / (a + b) with exp(-(a + b) t). Also where the matrix is squared 30 times. */
static void
test_two_states(void)
{
	for (int i = -3; i < 9; i++)
	{
		double		a = 0.3;
		double		b = 0.05;
		double		time = pow(10, i);
		double		rate[] = {-a, a, b, -b};
		double		p[4];
		double		gone = -expm1(-(a + b) * time) / (a + b);

		cl_generator_probability(&cl_test_memory, 2, rate, time, p);
		CHECK_NEAR(p[1], a * gone, 1e-13);
		CHECK_NEAR(p[2], b * gone, 1e-13);
		CHECK_NEAR(p[0] + p[1], 1, 1e-13);
	}
}

/*
 * R 4.2 with msm 1.7: msm(state ~ years, PTNUM, cav, Q, deathexact = 4, control = list(fnscale = 4000, reltol = 1e-16)), as
 * printed: -2 log L 3968.7978812, estimates, and bounds of 95 %.
 */
static void
test_cav(void)
{
	enum
	{
		ROWS = sizeof(cav) / sizeof(cav[0])
	};
	static const bool move[] = {0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0};
	static const bool exact[] = {0, 0, 0, 1};
	static const double by_msm[] = {-.1703596205, .1278742686, 0, .04248535188, .2251015986, -.6079632982, .3425955039,
	.04026619568, 0, .1306238564, -.4370832525, .30645939609, 0, 0, 0, 0};
	static const double upper[] = {NAN, .14683968, NAN, .052926703, .30244754, NAN, .42966486, .143129264,
	NAN, .21458024, NAN, .394256647, NAN, NAN, NAN, NAN};
	ClPanelFlow flow[ROWS];
	double		rate[16];
	double		log_error[16];
	ClGenerator generator = {4, move, exact, rate, log_error, 0};

	for (int i = 0; i < ROWS; i++)
		flow[i] = (ClPanelFlow) {cav[i][0] / 365.0, cav[i][1], cav[i][2], cav[i][3]};
	CHECK_EQ_INT(cl_generator_fit(&cl_test_memory, flow, ROWS, &generator), CL_GENERATOR_CONVERGED);
	CHECK_NEAR(-2 * generator.log_likelihood, 3968.7978812016, 1e-8);
	for (int i = 0; i < 16; i++)
	{
		CHECK_NEAR(rate[i], by_msm[i], 2e-6);
		CHECK(isnan(upper[i]) == isnan(log_error[i]));
		if (move[i])
			CHECK_NEAR(rate[i] * exp(1.959963984540054 * log_error[i]), upper[i], 2e-5);
	}
}

/*
 * Looks one month apart at two states of which only one is left: the rate is -log(share that stayed), and its error that of the
 * binomial. A move that was never made has the rate 0.
 */
static void
test_one_rate(void)
{
	static const bool move[] = {0, 1, 1, 0};
	static const bool exact[] = {0, 0};
	static const ClPanelFlow flow[] = {{1, 0, 0, 75}, {1, 0, 1, 25}, {1, 1, 1, 40}};
	double		rate[4];
	double		log_error[4];
	ClGenerator generator = {2, move, exact, rate, log_error, 0};

	CHECK_EQ_INT(cl_generator_fit(&cl_test_memory, flow, 3, &generator), CL_GENERATOR_AT_ZERO);
	CHECK_NEAR(rate[1], -log(0.75), 1e-8);
	CHECK_NEAR(rate[1] * log_error[1], sqrt(0.25 / (100 * 0.75)), 1e-6);
	CHECK_NEAR(rate[2], 0, 0);
	CHECK(isnan(log_error[2]));
	CHECK_NEAR(generator.log_likelihood, 75 * log(0.75) + 25 * log(0.25), 1e-6);
}

/* Where the month of entry is known the rate is moves over time, and its error 1 / sqrt(moves); who has entered stays. */
static void
test_exact(void)
{
	static const bool move[] = {0, 1, 0, 0};
	static const bool exact[] = {0, 1};
	static const ClPanelFlow flow[] = {{1, 0, 0, 65}, {1, 0, 1, 25}, {1, 1, 1, 40}, {5, 0, 0, 2}};
	double		rate[4];
	double		log_error[4];
	ClGenerator generator = {2, move, exact, rate, log_error, 0};

	CHECK_EQ_INT(cl_generator_fit(&cl_test_memory, flow, 4, &generator), CL_GENERATOR_CONVERGED);
	CHECK_NEAR(rate[1], 25.0 / 100, 1e-9);
	CHECK_NEAR(log_error[1], 1 / sqrt(25), 1e-7);
}

/* Where either state is as likely from both, any large rates in the same proportion say so. */
static void
test_not_identified(void)
{
	static const bool move[] = {0, 1, 1, 0};
	static const bool exact[] = {0, 0};
	static const ClPanelFlow flow[] = {{1, 0, 0, 50}, {1, 0, 1, 50}, {1, 1, 0, 50}, {1, 1, 1, 50}};
	double		rate[4];
	double		log_error[4];
	ClGenerator generator = {2, move, exact, rate, log_error, 0};

	CHECK_EQ_INT(cl_generator_fit(&cl_test_memory, flow, 4, &generator), CL_GENERATOR_NOT_IDENTIFIED);
	CHECK(isnan(log_error[1]) && isnan(log_error[2]));
}

void
test_generator(void)
{
	test_two_states();
	test_cav();
	test_one_rate();
	test_exact();
	test_not_identified();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
