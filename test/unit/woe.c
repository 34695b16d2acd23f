/*
 * woe.c
 *	  Weight of evidence, information value and measures of binnings against published tables.
 */
#include "bins_chi2.h"
#include "check.h"
#include "memory.h"

#include <string.h>

#include "core/distribution.h"
#include "core/woe.h"

#define MOST_BINS 12

typedef struct Table
{
	int			bins;
	ClBinCounts bin[MOST_BINS];
	double		total[2];
} Table;

static Table
table_of(int bins, const int *non_event, const int *event)
{
	Table		t = {.bins = bins};

	for (int i = 0; i < bins; i++)
	{
		t.bin[i] = (ClBinCounts) {{non_event[i], event[i]}, {non_event[i], event[i]}};
		t.total[0] += non_event[i];
		t.total[1] += event[i];
	}
	return t;
}

static double
woe_of(const Table *t, int bin, ClSmoothing smoothing)
{
	ClWoeConvention safe = {CL_WOE_NON_EVENT_OVER_EVENT, smoothing};
	ClWoeConvention risky = {CL_WOE_EVENT_OVER_NON_EVENT, smoothing};
	double		woe = cl_woe(t->bin[bin].weight, t->total, t->bins, safe);

	/* The signs are opposite, to the last bit. */
	if (!isnan(woe))
		CHECK(cl_woe(t->bin[bin].weight, t->total, t->bins, risky) == -woe);
	return woe;
}

static double
iv_of(const Table *t, ClSmoothing smoothing)
{
	double		iv = 0;

	for (int i = 0; i < t->bins; i++)
		iv += cl_iv_term(t->bin[i].weight, t->total, t->bins, smoothing);
	return iv;
}

/*
 * The table of scorecard's issue 43, whose first bin has one good borrower and no bad one. Values: R 4.2, from the formulas of
 * each convention (the prior: Python); WoE there is of events over non-events.
 */
static void
check_conventions(void)
{
	Table		t = table_of(5, (const int[]) {1, 300, 1800, 3033, 307}, (const int[]) {0, 101, 391, 453, 34});

	CHECK(isnan(woe_of(&t, 0, CL_SMOOTHING_NONE)));
	CHECK_NEAR(-woe_of(&t, 1, CL_SMOOTHING_NONE), 0.62652455, 1e-8);
	CHECK_NEAR(iv_of(&t, CL_SMOOTHING_NONE), 0.071173445182365319, 1e-14);
	CHECK_NEAR(-woe_of(&t, 0, CL_SMOOTHING_SAS), 0.61657421528730516, 1e-14);
	CHECK_NEAR(-woe_of(&t, 1, CL_SMOOTHING_SAS), 0.62979754846199454, 1e-14);
	CHECK_NEAR(iv_of(&t, CL_SMOOTHING_SAS), 0.070915628275655354, 1e-14);
	CHECK_NEAR(-woe_of(&t, 0, CL_SMOOTHING_LAPLACE), 0.61448321293660912, 1e-14);
	CHECK_NEAR(-woe_of(&t, 1, CL_SMOOTHING_LAPLACE), 0.62770654611129861, 1e-14);
	CHECK_NEAR(iv_of(&t, CL_SMOOTHING_LAPLACE), 0.071127678543426345, 1e-14);
	/* Only the prior sees that a good borrower is no bad sign. */
	CHECK_NEAR(-woe_of(&t, 0, CL_SMOOTHING_PRIOR), -0.30738198843962555, 1e-14);
	CHECK_NEAR(-woe_of(&t, 1, CL_SMOOTHING_PRIOR), 0.6222426116625212, 1e-14);
	CHECK_NEAR(iv_of(&t, CL_SMOOTHING_PRIOR), 0.07086716263953184, 1e-14);
	/* Half a row of the rarer class, whichever that is: the classes may change places. */
	for (int i = 0; i < t.bins; i++)
	{
		double		other[2] = {t.bin[i].weight[1], t.bin[i].weight[0]};
		double		total[2] = {t.total[1], t.total[0]};

		CHECK_NEAR(cl_woe(other, total, t.bins, (ClWoeConvention) {CL_WOE_NON_EVENT_OVER_EVENT, CL_SMOOTHING_PRIOR}),
				   -woe_of(&t, i, CL_SMOOTHING_PRIOR), 1e-14);
	}
}

/* SAS, HPBIN procedure, example 3.4: printed with five digits. */
static void
check_hpbin(void)
{
	Table		t = table_of(3, (const int[]) {2, 1, 3}, (const int[]) {0, 0, 3});

	CHECK_NEAR(woe_of(&t, 0, CL_SMOOTHING_SAS), 0.91629, 5e-6);
	CHECK_NEAR(cl_iv_term(t.bin[0].weight, t.total, 3, CL_SMOOTHING_SAS), 0.30543, 5e-6);
	CHECK_NEAR(woe_of(&t, 1, CL_SMOOTHING_SAS), 0.40547, 5e-6);
	CHECK_NEAR(cl_iv_term(t.bin[1].weight, t.total, 3, CL_SMOOTHING_SAS), 0.06758, 5e-6);
}

/* Siddiqi (2006), age: 100 WoE and IV 0.668. Seven digits by R 4.2. */
static void
check_siddiqi(void)
{
	static const double woe[] = {-42.7191202286091283, -108.9801658985954731, -72.6133679556251934, -4.5256591588120827,
	70.1957810242100209, 128.3879355691820763, 164.9339129186286357};
	Table		t = table_of(7, (const int[]) {860, 3040, 4920, 8100, 9500, 6800, 2940},
							 (const int[]) {140, 960, 1080, 900, 500, 200, 60});

	for (int i = 0; i < 7; i++)
		CHECK_NEAR(100 * woe_of(&t, i, CL_SMOOTHING_NONE), woe[i], 1e-14);
	CHECK_NEAR(iv_of(&t, CL_SMOOTHING_NONE), 0.66805625182130346, 1e-14);
}

/* optbinning's README, mean radius, with its empty bins for special and missing values; more digits by R 4.2. */
static void
check_mean_radius(void)
{
	static const double woe[] = {-3.12517033258751376, -2.71097154451059463, -1.64381420801037148, -0.83982704602797409,
	-0.15397916794964048, 2.00275404803184198, 5.28332344190538272};
	static const double term[] = {0.962483421625209612, 0.5387627900346685372, 0.2265989328282359272, 0.0521313284477488217,
	0.0033854095379234959, 0.3595663813310167045, 2.9009972025165424725};
	static const double chi2[] = {0.25243189841965935, 2.43282918729720521, 2.34580414518748759, 2.66923543523914031,
	29.910963893560947, 19.324617193445491};
	static const double p_value[] = {0.61536788471884507, 0.11881827985109671, 0.12562072231605281, 0.10230515955314373,
	4.5234771524327116e-08, 1.1027541431930184e-05};
	Table		t = table_of(9, (const int[]) {3, 3, 7, 10, 28, 44, 117, 0, 0}, (const int[]) {115, 76, 61, 39, 55, 10, 1, 0, 0});
	ClBinningMeasures m;

	for (int i = 0; i < 7; i++)
	{
		CHECK_NEAR(woe_of(&t, i, CL_SMOOTHING_NONE), woe[i], 1e-14);
		CHECK_NEAR(cl_iv_term(t.bin[i].weight, t.total, 9, CL_SMOOTHING_NONE), term[i], 1e-14);
		CHECK_NEAR(cl_objective_term(CL_OBJECTIVE_IV, t.bin[i].weight, t.total), term[i], 1e-14);
	}
	for (int i = 0; i < 6; i++)
	{
		CHECK_NEAR(bins_chi2(t.bin[i].weight, t.bin[i + 1].weight), chi2[i], 1e-14);
		CHECK_NEAR(cl_chi2_upper(chi2[i], 1) / p_value[i], 1, 1e-12);
	}
	cl_binning_measure(&cl_test_memory, t.bin, 9, CL_SMOOTHING_NONE, &m);
	CHECK_NEAR(m.objective[CL_OBJECTIVE_IV], 5.0439254663213458, 1e-14);
	CHECK_NEAR(m.objective[CL_OBJECTIVE_JS], 0.39378376242452767, 1e-14);
	CHECK_NEAR(m.objective[CL_OBJECTIVE_HELLINGER], 0.47248971430718478, 1e-14);
	CHECK_NEAR(m.objective[CL_OBJECTIVE_TRIANGULAR], 1.2559204087913565, 1e-14);
	CHECK_NEAR(m.gini, 0.87541620421753619, 1e-14);
	CHECK_NEAR(m.ks, 0.72862163733417895, 1e-14);
	CHECK_NEAR(m.hhi, 0.1572734208258561, 1e-14);
	CHECK_NEAR(m.hhi_normalised, 0.051932598429088123, 1e-14);
	CHECK_NEAR(m.cramers_v, 0.8006676022489374, 1e-14);
}

static void
check_edges(void)
{
	Table		empty = table_of(3, (const int[]) {4, 0, 6}, (const int[]) {3, 0, 2});
	Table		one_class = table_of(2, (const int[]) {4, 6}, (const int[]) {0, 0});
	Table		pure = table_of(2, (const int[]) {5, 0}, (const int[]) {0, 3});
	ClBinningMeasures m;

	for (int smoothing = 0; smoothing < 4; smoothing++)
	{
		CHECK(woe_of(&empty, 1, (ClSmoothing) smoothing) == 0);
		CHECK(cl_iv_term(empty.bin[1].weight, empty.total, 3, (ClSmoothing) smoothing) == 0 || smoothing == CL_SMOOTHING_LAPLACE);
		CHECK(isnan(woe_of(&one_class, 0, (ClSmoothing) smoothing)));
		CHECK(cl_iv_term(one_class.bin[0].weight, one_class.total, 2, (ClSmoothing) smoothing) == 0);
	}
	cl_binning_measure(&cl_test_memory, one_class.bin, 2, CL_SMOOTHING_PRIOR, &m);
	CHECK(isnan(m.objective[0]) && isnan(m.gini) && isnan(m.ks) && isnan(m.cramers_v) && isnan(m.hhi));
	cl_binning_measure(&cl_test_memory, pure.bin, 2, CL_SMOOTHING_NONE, &m);
	CHECK(m.objective[CL_OBJECTIVE_IV] == 0 && m.gini == 1 && m.ks == 1);
	CHECK_NEAR(m.objective[CL_OBJECTIVE_JS], log(2), 1e-15);
	CHECK_NEAR(m.objective[CL_OBJECTIVE_HELLINGER], 1, 1e-15);
	CHECK_NEAR(m.objective[CL_OBJECTIVE_TRIANGULAR], 2, 1e-15);
	CHECK_NEAR(m.cramers_v, 1, 1e-15);
	CHECK(isnan(bins_chi2(one_class.bin[0].weight, one_class.bin[1].weight)));
	CHECK(isnan(bins_chi2(empty.bin[0].weight, empty.bin[1].weight)));
}

/* What divergences must be, on random tables. */
static void
check_properties(void)
{
	uint64_t	seed = 11;

	for (int round = 0; round < 2000; round++)
	{
		Table		t = {.bins = 2 + (int) (cl_test_random(&seed) % 9)};
		Table		swapped;
		Table		joined;
		ClBinningMeasures m;
		ClBinningMeasures other;

		for (int i = 0; i < t.bins; i++)
		{
			for (int class = 0; class < 2; class++)
			{
				t.bin[i].weight[class] = 1 + (double) (cl_test_random(&seed) % 50);
				t.total[class] += t.bin[i].weight[class];
			}
		}
		swapped = joined = t;
		for (int i = 0; i < t.bins; i++)
		{
			swapped.bin[i].weight[0] = t.bin[i].weight[1];
			swapped.bin[i].weight[1] = t.bin[i].weight[0];
		}
		joined.bins--;
		for (int class = 0; class < 2; class++)
			joined.bin[joined.bins - 1].weight[class] += t.bin[joined.bins].weight[class];
		cl_binning_measure(&cl_test_memory, t.bin, t.bins, CL_SMOOTHING_NONE, &m);
		cl_binning_measure(&cl_test_memory, swapped.bin, t.bins, CL_SMOOTHING_NONE, &other);
		for (int objective = 0; objective < 4; objective++)
		{
			CHECK(m.objective[objective] >= 0);
			CHECK_NEAR(other.objective[objective], m.objective[objective], 1e-14);
		}
		CHECK_NEAR(other.gini, m.gini, 1e-14);
		CHECK(m.gini >= -1e-15 && m.gini <= 1);
		/* Joining bins loses information. */
		cl_binning_measure(&cl_test_memory, joined.bin, joined.bins, CL_SMOOTHING_NONE, &other);
		for (int objective = 0; objective < 4; objective++)
			CHECK(other.objective[objective] <= m.objective[objective] + 1e-15);
		CHECK(other.gini <= m.gini + 1e-14 && other.ks <= m.ks + 1e-15);
	}
}

void
test_woe(void)
{
	check_conventions();
	check_hpbin();
	check_siddiqi();
	check_mean_radius();
	check_edges();
	check_properties();
	CHECK_EQ_INT(cl_test_allocated, 0);
}
