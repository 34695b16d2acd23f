/*
 * kaplan_meier.c
 *	  The curve of Kaplan and Meier, and forecasts of rare draws: by hand.
 */
#include "core/intermittent.h"
#include "core/kaplan_meier.h"

#include "check.h"
#include "memory.h"
#include "release.h"

/*
 * 1 known, 2 censored, 3 known, 3 censored, 4 known: survival 4/5, 4/5, 4/5 x 2/3, 0. Known at a value before censored at it.
 * Greenwood's sums: 1 / (5 x 4), and 1 / (3 x 2) more.
 */
static void
test_curve(void)
{
	static const double survival[] = {4.0 / 5, 4.0 / 5, 8.0 / 15, 0};
	static const double greenwood[] = {1.0 / 20, 1.0 / 20, 1.0 / 20 + 1.0 / 6};
	static const int risk[] = {5, 4, 3, 1};
	ClTally		tally;
	ClKaplanMeierScan scan;
	ClKaplanMeierStep step;
	int			i = 0;

	cl_tally_init(&tally, &cl_test_memory, CL_TALLY_COUNTS);
	cl_tally_add(&tally, 4, true);
	cl_tally_add(&tally, 3, false);
	cl_tally_add(&tally, 3, true);
	cl_tally_add(&tally, 2, false);
	cl_tally_add(&tally, 1, true);
	cl_tally_settle(&tally);
	cl_kaplan_meier_scan(&tally, &scan);
	for (; cl_kaplan_meier_next(&scan, &step); i++)
	{
		CHECK_EQ_INT(step.n_risk, risk[i]);
		CHECK_NEAR(step.survival, survival[i], 1e-15);
		if (i < 3)
			CHECK_NEAR(step.std_error, survival[i] * sqrt(greenwood[i]), 1e-15);
	}
	CHECK_EQ_INT(i, 4);
	CHECK(isnan(step.std_error));
	CHECK_NEAR(cl_survival_quantile(&tally, 0.2), 1, 0);
	CHECK_NEAR(cl_survival_quantile(&tally, 0.3), 3, 0);
	CHECK_NEAR(cl_survival_quantile(&tally, 1), 4, 0);
	cl_tally_add(&tally, 9, false);
	cl_tally_settle(&tally);
	CHECK(isnan(cl_survival_quantile(&tally, 1)));
	release_tally(&tally);
}

/* 0, 10, 0, 20 at a rate of one half: size 15, interval 2, probability 0 -> 1/2 -> 1/4 -> 5/8. */
static void
test_rare_draws(void)
{
	static const double amount[] = {0, 10, 0, 20};
	ClIntermittent state = {.method = CL_INTERMITTENT_CROSTON, .alpha = 0.5, .beta = 0.5};

	CHECK(cl_intermittent_forecast(&state) == 0);
	for (int i = 0; i < 4; i++)
		cl_intermittent_add(&state, amount[i]);
	CHECK_NEAR(cl_intermittent_forecast(&state), 7.5, 1e-15);
	state.method = CL_INTERMITTENT_SBA;
	CHECK_NEAR(cl_intermittent_forecast(&state), 5.625, 1e-15);
	state.method = CL_INTERMITTENT_TSB;
	CHECK_NEAR(cl_intermittent_forecast(&state), 15 * 0.625, 1e-15);
}

void
test_kaplan_meier(void)
{
	test_curve();
}

void
test_intermittent(void)
{
	test_rare_draws();
}
