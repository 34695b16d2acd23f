/*
 * demand.c
 *	  Censored demand: the estimate against R, what follows against integration, and the same answer for any order.
 */
#include "core/demand.h"
#include "core/distribution.h"

#include <string.h>

#include "check.h"
#include "memory.h"

static const ClDemandOptions lognormal = {CL_DEMAND_LOGNORMAL, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY};
static const ClDemandOptions normal = {CL_DEMAND_NORMAL, CL_DEMAND_TOLERANCE, CL_DEMAND_CEILING_FACTOR, INFINITY};

static ClDemand
new_demand(const ClDemandOptions *options)
{
	ClDemand	demand;

	cl_demand_init(&demand, &cl_test_memory, options);
	return demand;
}

/*
 * Normal tails, against mpmath 1.3 with 40 digits: log(ncdf(x)), erfc(x / sqrt(2)) / 2 / npdf(x), and
 * x * erfc(-x / sqrt(2)) / 2 + npdf(x).
 */
static void
test_tails(void)
{
	CHECK_NEAR(cl_normal_log_cdf(-1), -1.8410216450092635, 1e-15);
	CHECK_NEAR(cl_normal_log_cdf(-11.9), -74.207418051248287, 1e-14);
	CHECK_NEAR(cl_normal_log_cdf(-40), -804.60844201375379, 1e-15);
	CHECK_NEAR(cl_normal_log_cdf(-1e5), -5000000012.431864, 1e-15);
	CHECK_NEAR(cl_normal_log_cdf(5), -2.8665161296376359e-7, 1e-21);
	CHECK_NEAR(cl_normal_mills(0), 1.2533141373155003, 1e-15);
	CHECK_NEAR(cl_normal_mills(5) / 0.19280810471531576, 1, 1e-14);
	CHECK_NEAR(cl_normal_mills(11.9) / 0.083452345881792292, 1, 1e-14);
	CHECK_NEAR(cl_normal_mills(12) / 0.082766286501369177, 1, 1e-14);
	CHECK_NEAR(cl_normal_mills(100) / 0.0099990002998501049, 1, 1e-14);
	CHECK_NEAR(cl_normal_loss(1), 1.0833154705876863, 1e-15);
	CHECK_NEAR(cl_normal_loss(-3) / 0.0003821543170477236, 1, 1e-13);
	CHECK_NEAR(cl_normal_loss(-4.5) / 6.9421204562020263e-7, 1, 1e-13);
	CHECK_NEAR(cl_normal_loss(-20) / 1.3700124947295799e-90, 1, 1e-13);
	CHECK(cl_normal_loss(-INFINITY) == 0 && cl_normal_mills(INFINITY) == 0 && cl_normal_log_cdf(-INFINITY) == -INFINITY);
	CHECK(isnan(cl_normal_density(NAN)) && cl_normal_density(INFINITY) == 0);
	/* The derivatives that Newton needs are those of the logarithm. */
	for (double x = -30; x < 5; x += 0.37)
	{
		double		slope = (cl_normal_log_cdf(x + 1e-5) - cl_normal_log_cdf(x - 1e-5)) / 2e-5;

		CHECK_NEAR(slope, 1 / cl_normal_mills(-x), 1e-7);
	}
}

/* The cases "five" and "most" of test/sql/demand.sql, whose comment has the R code. */
static double
month(int i, double mu, double s, double p_zero, double limit)
{
	double		u = fmod(i * 0.6180339887498949, 1);

	if (fmod(i * 0.7548776662466927, 1) < p_zero)
		return 0;
	return fmin(limit, rint(exp(mu + s * log(u / (1 - u))) * 100) / 100);
}

static void
test_fit(void)
{
	static const double limits[] = {1500, 2000, 2500};
	ClDemand	five = new_demand(&lognormal);
	ClDemand	most = new_demand(&lognormal);
	const ClDemandFit *fit;

	for (int i = 1; i <= 5; i++)
		CHECK(cl_demand_add(&five, month(i, 7, 0.4, 0, 1500), 1500));
	fit = cl_demand_fit(&five);
	/* One month of five is at its limit, so what a tenth of them would draw nobody has seen. */
	CHECK_EQ_INT(fit->status, CL_DEMAND_TAIL);
	CHECK_NEAR(fit->mu, 6.87527895942, 1e-10);
	CHECK_NEAR(fit->sigma, 0.546204279884, 1e-10);
	CHECK_NEAR(fit->se_mu, 0.251923482577, 1e-7);
	CHECK_NEAR(fit->loglik, -31.0157399774, 1e-10);
	for (int i = 1; i <= 24; i++)
		CHECK(cl_demand_add(&most, month(i, 8, 0.6, 0.1, limits[i % 3]), limits[i % 3]));
	fit = cl_demand_fit(&most);
	CHECK_NEAR(fit->mu, 7.83637747504, 1e-10);
	CHECK_NEAR(fit->sigma, 0.884064955721, 1e-10);
	CHECK_NEAR(fit->p_zero, 5.0 / 24, 1e-15);
	CHECK_NEAR(fit->se_sigma, 0.266696886383, 1e-7);
	cl_demand_clear(&five);
	cl_demand_clear(&most);
}

/* Far starts: the likelihood is concave, so few steps are enough for anything that has a maximum. */
static void
test_convergence(void)
{
	uint64_t	seed = 20261130;

	for (int round = 0; round < 3000; round++)
	{
		const ClDemandOptions *options = round % 2 ? &normal : &lognormal;
		ClDemand	demand = new_demand(options);
		int			n = 2 + round % 40;
		const ClDemandFit *fit;

		for (int i = 0; i < n; i++)
		{
			double		balance;
			double		limit;

			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			limit = exp2((double) (seed >> 59)) * 10;
			balance = (double) (seed >> 33 & 0xFFFF) / 60000 * limit;
			CHECK(cl_demand_add(&demand, balance, limit));
		}
		fit = cl_demand_fit(&demand);
		CHECK(fit->status != CL_DEMAND_NOT_CONVERGED && fit->iterations < 60);
		if (fit->status == CL_DEMAND_CONVERGED)
			CHECK(isfinite(fit->mu) && fit->sigma > 0 && isfinite(fit->se_mu) && isfinite(fit->loglik));
		cl_demand_clear(&demand);
	}
}

static void
test_statuses(void)
{
	ClDemand	demand = new_demand(&lognormal);

	CHECK_EQ_INT(cl_demand_fit(&demand)->status, CL_DEMAND_NO_OBSERVATIONS);
	CHECK(cl_demand_add(&demand, 0, 1000));
	CHECK_EQ_INT(cl_demand_fit(&demand)->status, CL_DEMAND_NEVER_USED);
	CHECK(cl_demand_add(&demand, 1000, 1000));
	CHECK_EQ_INT(cl_demand_fit(&demand)->status, CL_DEMAND_ALL_CENSORED);
	CHECK(cl_demand_add(&demand, 500, 2000));
	CHECK_EQ_INT(cl_demand_fit(&demand)->status, CL_DEMAND_ONE_OBSERVATION);
	CHECK(cl_demand_add(&demand, 500, 2000));
	/* A limit above equal balances holds sigma above 0. */
	CHECK_EQ_INT(cl_demand_fit(&demand)->status, CL_DEMAND_FEW_OBSERVATIONS);
	CHECK(cl_demand_fit(&demand)->sigma > 0);
	CHECK(cl_demand_add(&demand, 500, 2000));
	CHECK_EQ_INT(cl_demand_fit(&demand)->status, CL_DEMAND_CONVERGED);
	cl_demand_clear(&demand);
	demand = new_demand(&normal);
	for (int i = 0; i < 3; i++)
		CHECK(cl_demand_add(&demand, 500, 1000));
	CHECK_EQ_INT(cl_demand_fit(&demand)->status, CL_DEMAND_NO_SPREAD);
	CHECK(cl_demand_fit(&demand)->sigma == 0 && cl_demand_fit(&demand)->mu == 500);
	/* Amounts that no sum holds are told. */
	CHECK(!cl_demand_add(&demand, 5e12, 6e12));
	cl_demand_clear(&demand);
}

static void
check_same(ClDemand *a, ClDemand *b)
{
	cl_demand_sort_cells(a);
	cl_demand_sort_cells(b);
	CHECK(a->n == b->n && a->sum == b->sum);
	CHECK(a->squares.high == b->squares.high && a->squares.low == b->squares.low);
	CHECK_EQ_INT(a->cell_bits, b->cell_bits);
	CHECK_EQ_INT(a->n_cells, b->n_cells);
	for (int i = 0; i < a->n_cells && a->n_cells == b->n_cells; i++)
		CHECK(memcmp(&a->cells[i].key, &b->cells[i].key, 16) == 0 && a->cells[i].above == b->cells[i].above);
}

/* 30,000 distinct limits forwards, backwards and in seven parts: the same cells of the same width. */
static void
test_order(const ClDemandOptions *options)
{
	ClDemand	forwards = new_demand(options);
	ClDemand	backwards = new_demand(options);
	ClDemand	merged = new_demand(options);
	ClDemand	part[7];
	int			n = 30000;

	for (int k = 0; k < 7; k++)
		part[k] = new_demand(options);
	for (int i = 0; i < n; i++)
	{
		double		limit = 100 + i * 17 % 30011 * 0.37;

		CHECK(cl_demand_add(&forwards, i % 3 ? limit : limit / 2, limit));
		CHECK(cl_demand_add(&part[i * 31 % 7], i % 3 ? limit : limit / 2, limit));
	}
	for (int i = n - 1; i >= 0; i--)
	{
		double		limit = 100 + i * 17 % 30011 * 0.37;

		CHECK(cl_demand_add(&backwards, i % 3 ? limit : limit / 2, limit));
	}
	for (int k = 6; k >= 0; k--)
		CHECK(cl_demand_merge(&merged, &part[k]));
	CHECK(forwards.cell_bits > 0 && forwards.n_cells <= CL_DEMAND_CELLS);
	check_same(&forwards, &backwards);
	check_same(&forwards, &merged);
	/* The cells keep the mean of all points. */
	{
		double		sum = 0;
		double		points = 0;

		for (int i = 0; i < forwards.n_cells; i++)
			sum += cl_demand_cell_point(&forwards, &forwards.cells[i]) * (double) forwards.cells[i].n;
		for (int i = 0; i < n; i++)
		{
			double		limit = 100 + i * 17 % 30011 * 0.37;

			if (i % 3)
				points += options->distribution == CL_DEMAND_LOGNORMAL ? log(limit) * 1e12 : limit * 1e6;
		}
		CHECK_NEAR(sum / points, 1, 1e-12);
	}
	for (int k = 0; k < 7; k++)
		cl_demand_clear(&part[k]);
	cl_demand_clear(&forwards);
	cl_demand_clear(&backwards);
	cl_demand_clear(&merged);
}

/* Sums of weight x^2 beyond 128 bits, and the spread of what lies close together far from 0. */
static void
test_sums(void)
{
	ClWide		sum = {0, 0};
	ClDemand	demand = new_demand(&normal);
	double		mean;

	for (int i = 0; i < 1000; i++)
		cl_wide_add(&sum, INT64_C(1) << 40, (INT64_C(1) << 61) + i);
	for (int i = 0; i < 1000; i++)
		cl_wide_subtract(&sum, INT64_C(1) << 40, (INT64_C(1) << 61) + i);
	CHECK(sum.high == 0 && sum.low == 0);
	cl_wide_add(&sum, 3, -5);
	CHECK_NEAR(cl_wide_double(&sum), 75, 0);
	for (int i = 0; i < 3; i++)
		CHECK(cl_demand_add(&demand, 3e9 + i, 4e9));
	CHECK_NEAR(cl_demand_spread(&demand, &mean) * 1e-12, 2, 1e-12);
	CHECK_NEAR(mean * 1e-6, 3e9 + 1, 1e-15);
	cl_demand_clear(&demand);
}

/* Simpson's rule on P(D > x) from 0 to the limit. */
static double
integrated_draw(const ClDemandModel *model, double limit)
{
	int			n = 20000;
	double		sum = cl_demand_exceeds(model, 0) + cl_demand_exceeds(model, limit);

	for (int i = 1; i < n; i++)
		sum += (i % 2 ? 4 : 2) * cl_demand_exceeds(model, limit * i / n);
	return sum * limit / n / 3;
}

static void
test_draws(void)
{
	static const ClDemandModel models[] = {
		{CL_DEMAND_LOGNORMAL, 7, 0.5, 0.2, INFINITY, 0, NULL, NULL}, {CL_DEMAND_LOGNORMAL, 7, 0.24, 0, INFINITY, 0, NULL, NULL},
		{CL_DEMAND_LOGNORMAL, 7, 0.26, 0, INFINITY, 0, NULL, NULL}, {CL_DEMAND_LOGNORMAL, 7, 1.5, 0.5, INFINITY, 0, NULL, NULL},
		{CL_DEMAND_NORMAL, 1000, 300, 0, INFINITY, 0, NULL, NULL}, {CL_DEMAND_NORMAL, -500, 1000, 0, INFINITY, 0, NULL, NULL},
		{CL_DEMAND_NORMAL, 200, 4000, 0, INFINITY, 0, NULL, NULL}, {CL_DEMAND_LOGNORMAL, 7, 0, 0.1, INFINITY, 0, NULL, NULL},
		{CL_DEMAND_NORMAL, 900, 0, 0, INFINITY, 0, NULL, NULL}
	};

	for (size_t m = 0; m < sizeof(models) / sizeof(models[0]); m++)
	{
		const ClDemandModel *model = &models[m];
		double		mean = cl_demand_mean(model);
		double		before = 0;
		double		step = INFINITY;

		for (double limit = 0; limit <= 10000; limit += 250)
		{
			double		draw = cl_demand_expected_draw(model, limit);

			if (model->sigma > 0)
				CHECK_NEAR(draw, integrated_draw(model, limit), 1e-10);
			CHECK_NEAR(draw + cl_demand_expected_unmet(model, limit), mean, 1e-12);
			CHECK(draw >= before - 1e-12 * draw && draw <= limit);
			CHECK(draw - before <= step + 1e-12 * draw);
			step = limit > 0 ? draw - before : INFINITY;
			before = draw;
		}
		CHECK_NEAR(cl_demand_expected_draw(model, INFINITY), mean, 1e-14);
		CHECK_NEAR(cl_demand_expected_unmet(model, INFINITY), 0, 0);
	}
	/* Nothing known but that months without a draw are. */
	{
		ClDemandModel model = {CL_DEMAND_LOGNORMAL, NAN, NAN, 0.6, INFINITY, 0, NULL, NULL};

		CHECK(cl_demand_quantile(&model, 0.5) == 0 && isnan(cl_demand_quantile(&model, 0.7)));
		CHECK(isnan(cl_demand_mean(&model)) && isnan(cl_demand_expected_draw(&model, 5)));
		CHECK(cl_demand_expected_draw(&model, 0) == 0);
		model.p_zero = 1;
		CHECK(cl_demand_mean(&model) == 0 && cl_demand_quantile(&model, 0.99) == 0 && cl_demand_exceeds(&model, 0) == 0);
	}
}

void
test_demand(void)
{
	test_tails();
	test_fit();
	test_convergence();
	test_statuses();
	test_order(&lognormal);
	test_order(&normal);
	test_sums();
	test_draws();
}
