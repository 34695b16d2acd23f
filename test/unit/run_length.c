/*
 * run_length.c
 *	  Run lengths and limits against R spc and published tables.
 */
#include "core/run_length.h"

#include "check.h"
#include "memory.h"

#define CHECK_RELATIVE(actual, expected, tolerance) CHECK_NEAR((actual) / (expected), 1, tolerance)

static double
mean(ClChart chart, double shift)
{
	ClMonths	months = {.shift = shift};

	return cl_run_length(&cl_test_memory, &chart, &months).mean;
}

/* R 4.2, spc 0.6.7: xcusum.arl(k, h, mu, hs, sided, r = 60), xewma.arl(l, c, mu, sided, r = 60 to 100). */
static void
test_by_spc(void)
{
	static const double shift[] = {0, .25, .5, .75, 1, 1.5, 2, 2.5, 3, 4, 5};
	static const double two[] = {167.6837888, 74.22402789, 26.63020309, 13.28508838, 8.38313187, 4.747168199, 3.342770129,
	2.619518912, 2.194480909, 1.708457163, 1.308740514};
	static const double fast[] = {148.69565, 62.69824123, 20.06396194, 8.967975015, 5.286886215, 2.862038547, 2.01437489,
	1.585807404, 1.325393122, 1.067000456, 1.006210016};
	ClChart		one = {CL_CUSUM, .5, 3, 1, 0};

	CHECK_RELATIVE(mean(one, 0), 117.5957042, 1e-9);
	CHECK_RELATIVE(mean(one, 1.5), 3.749108407, 1e-9);
	CHECK_RELATIVE(mean(one, -.5), 1962.79452, 1e-9);
	CHECK_RELATIVE(mean(one, .5), 17.35051657, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_CUSUM, .5, 4, 1, 2}, 0), 316.3794388, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_CUSUM, .25, 8, 1, 0}, 1), 11.39320826, 1e-9);
	for (int i = 0; i < 11; i++)
	{
		CHECK_RELATIVE(mean((ClChart) {CL_CUSUM, .5, 4, 2, 0}, shift[i]), two[i], 1e-9);
		CHECK_RELATIVE(mean((ClChart) {CL_CUSUM, .5, 4, 2, 2}, shift[i]), fast[i], 1e-7);
	}
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, .5, 3.071, 2, 0}, 0), 499.9060139, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, .5, 3.071, 2, 0}, 1), 17.47662941, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, .03, 2.437, 2, 0}, 0), 499.8591566, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, .03, 2.437, 2, 0}, -1), 12.5975823, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, .1, 2.7, 2, 0}, 0), 368.993734, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, .2, 2.5, 1, 0}, 0), 289.8223411, 1e-9);
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, .2, 2.5, 1, 0}, 1), 7.654113421, 1e-9);
	/* A Shewhart chart: 1 / P(|Z| > 3). */
	CHECK_RELATIVE(mean((ClChart) {CL_EWMA, 1, 3, 2, 0}, 0), 1 / erfc(3 / sqrt(2)), 1e-9);
}

/* spc: xcusum.crit, xewma.crit; xcusum.sf and xewma.sf of 12. */
static void
test_limits(void)
{
	ClMonths	known = {0};
	ClChart		one = {CL_CUSUM, .5, 4, 1, 0};
	ClChart		ewma = {CL_EWMA, .1, 2.7, 2, 0};

	CHECK_NEAR(cl_chart_limit(&cl_test_memory, (ClChart) {CL_CUSUM, .5, 0, 2, 0}, &known, 168), 4.001827733, 1e-8);
	CHECK_NEAR(cl_chart_limit(&cl_test_memory, (ClChart) {CL_CUSUM, .5, 0, 1, 0}, &known, 500), 4.38912974, 1e-8);
	CHECK_NEAR(cl_chart_limit(&cl_test_memory, (ClChart) {CL_EWMA, .1, 0, 2, 0}, &known, 370), 2.701046151, 1e-8);
	CHECK(isnan(cl_chart_limit(&cl_test_memory, (ClChart) {CL_CUSUM, 0, 0, 1, 0}, &known, 1e6)));
	CHECK_NEAR(cl_run_length(&cl_test_memory, &one, &known).year, 0.02330507635, 1e-9);
	CHECK_NEAR(cl_run_length(&cl_test_memory, &ewma, &known).year, 0.01403165934, 1e-9);
}

/* Simulation against the equation, and the mean of a chart that nothing can stop. */
static void
test_simulation(void)
{
	ClMonths	nearly = {.shift = 1, .autocorrelation = 1e-12};
	ClChart		two = {CL_CUSUM, .5, 4, 2, 2};
	ClRunLength length = cl_run_length(&cl_test_memory, &two, &nearly);

	CHECK_NEAR(length.mean, 5.286886215, 4 * length.error);
	CHECK(length.error < 0.03);
	nearly = (ClMonths) {.shift = -9, .autocorrelation = 0.5};
	two.sides = 1;
	two.head_start = 0;
	if (cl_rounds(20) == 20)
		CHECK_NEAR(cl_run_length(&cl_test_memory, &two, &nearly).mean, CL_RUN_MONTHS, 0);
}

void
test_run_length(void)
{
	test_by_spc();
	test_limits();
	test_simulation();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
