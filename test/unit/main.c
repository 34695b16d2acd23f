/*
 * main.c
 *	  Runs the unit tests of the core, or those named on the command line, one line each.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"

long		cl_checks;
long		cl_failures;

int
cl_rounds(int soak)
{
	const char *setting = getenv("CREDIT_LIMIT_SOAK");

	return setting != NULL && strcmp(setting, "1") == 0 ? soak : soak / 20;
}

#define FEATURE_TEST(name) extern void test_##name(void) __attribute__((weak))

FEATURE_TEST(money);
FEATURE_TEST(exact_sum);
FEATURE_TEST(gap);
FEATURE_TEST(band_flat);
FEATURE_TEST(band_policy);
FEATURE_TEST(utilization);
FEATURE_TEST(time_weighted_utilization);
FEATURE_TEST(behavior);
FEATURE_TEST(scorecard);
FEATURE_TEST(policy);
FEATURE_TEST(tally);
FEATURE_TEST(card_points);
FEATURE_TEST(roc);
FEATURE_TEST(distribution);
FEATURE_TEST(pd_test);
FEATURE_TEST(fairness);
FEATURE_TEST(ccf);
FEATURE_TEST(concentration);
FEATURE_TEST(woe);
FEATURE_TEST(binning_optimum);
FEATURE_TEST(binning_optimum_large);
FEATURE_TEST(binning_trend);
FEATURE_TEST(binning_prebin);
FEATURE_TEST(stability);
FEATURE_TEST(quantile_bands);
FEATURE_TEST(calibration);
FEATURE_TEST(pd_curve);
FEATURE_TEST(logistic);
FEATURE_TEST(logistic_coded);
FEATURE_TEST(tobit);
FEATURE_TEST(demand);
FEATURE_TEST(demand_bounded);
FEATURE_TEST(demand_population);
FEATURE_TEST(demand_climb);
FEATURE_TEST(kaplan_meier);
FEATURE_TEST(intermittent);
FEATURE_TEST(generator);
FEATURE_TEST(vintage);
FEATURE_TEST(hazard);
FEATURE_TEST(sicr);
FEATURE_TEST(run_length);
FEATURE_TEST(forecast);
FEATURE_TEST(allocation);
FEATURE_TEST(stress);
FEATURE_TEST(action_price);
FEATURE_TEST(disclosure);
FEATURE_TEST(discrete_noise);

static const struct
{
	const char *name;
	void		(*run) (void);
}			tests[] = {
	{"money", test_money},
	{"exact_sum", test_exact_sum},
	{"gap", test_gap},
	{"band_flat", test_band_flat},
	{"band_policy", test_band_policy},
	{"utilization", test_utilization},
	{"time_weighted_utilization", test_time_weighted_utilization},
	{"behavior", test_behavior},
	{"scorecard", test_scorecard},
	{"policy", test_policy},
	{"tally", test_tally},
	{"card_points", test_card_points},
	{"roc", test_roc},
	{"distribution", test_distribution},
	{"pd_test", test_pd_test},
	{"fairness", test_fairness},
	{"ccf", test_ccf},
	{"concentration", test_concentration},
	{"woe", test_woe},
	{"binning_optimum", test_binning_optimum},
	{"binning_optimum_large", test_binning_optimum_large},
	{"binning_trend", test_binning_trend},
	{"binning_prebin", test_binning_prebin},
	{"stability", test_stability},
	{"quantile_bands", test_quantile_bands},
	{"calibration", test_calibration},
	{"pd_curve", test_pd_curve},
	{"logistic", test_logistic},
	{"logistic_coded", test_logistic_coded},
	{"tobit", test_tobit},
	{"demand", test_demand},
	{"demand_bounded", test_demand_bounded},
	{"demand_population", test_demand_population},
	{"demand_climb", test_demand_climb},
	{"kaplan_meier", test_kaplan_meier},
	{"intermittent", test_intermittent},
	{"generator", test_generator},
	{"vintage", test_vintage},
	{"hazard", test_hazard},
	{"sicr", test_sicr},
	{"run_length", test_run_length},
	{"forecast", test_forecast},
	{"allocation", test_allocation},
	{"stress", test_stress},
	{"action_price", test_action_price},
	{"disclosure", test_disclosure},
	{"discrete_noise", test_discrete_noise},
};

static bool
wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

int
main(int argc, char **argv)
{
	int			failed = 0;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
	{
		long		checks = cl_checks;
		long		failures = cl_failures;

		clock_t		started = clock();

		if (tests[i].run == NULL || !wanted(tests[i].name, argc, argv))
			continue;
		tests[i].run();
		failed += cl_failures > failures;
		printf("%s unit %s: %ld checks, %.1f s\n", cl_failures > failures ? "not ok" : "ok", tests[i].name,
			   cl_checks - checks, (double) (clock() - started) / CLOCKS_PER_SEC);
	}
	return failed > 0;
}
