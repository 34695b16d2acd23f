/*
 * Calibration against brute force over single rows: groups, chi-squared, parts of the Brier score, the line, the shift.
 */
#include "check.h"
#include "release.h"

#include <stdlib.h>
#include <string.h>

#include "core/calibration.h"
#include "core/distribution.h"
#include "core/pd_accuracy.h"

#define MOST_ROWS 400

void		test_calibration(void);

typedef struct Row
{
	double		pd;
	bool		event;
	double		weight;
} Row;

static void *
allocate(void *context, size_t size)
{
	(void) context;
	return malloc(size);
}

static void
check_for_interrupts(void)
{
}

static const ClMemory memory = {allocate, realloc, free, check_for_interrupts, NULL};

static double
unit_random(uint64_t *seed)
{
	return (double) (cl_test_random(seed) >> 11) / 9007199254740992.0;
}

static int
compare_rows(const void *a, const void *b)
{
	double		x = ((const Row *) a)->pd;
	double		y = ((const Row *) b)->pd;

	return (x > y) - (x < y);
}

static void
random_rows(uint64_t *seed, Row *row, int n, int kind)
{
	for (int i = 0; i < n; i++)
	{
		double		u = unit_random(seed);

		row[i].pd = kind == 0 ? u : kind == 1 ? floor(u * 12) / 11 : u * u * u * 0.2;
		row[i].event = unit_random(seed) < row[i].pd * 1.3 + 0.02;
		row[i].weight = (double) (1 + cl_test_random(seed) % 4);
	}
}

static void
fill(ClTally *tally, const Row *row, int n, ClTallyKind kind)
{
	cl_tally_init(tally, &memory, kind);
	for (int i = 0; i < n; i++)
	{
		if (kind == CL_TALLY_WEIGHTS)
			cl_tally_add_weighted(tally, row[i].pd, row[i].event, row[i].weight, 0);
		else
			cl_tally_add(tally, row[i].pd, row[i].event);
	}
	cl_tally_settle(tally);
}

/* The definition, row by row: the group of a row from the weight below its PD and up to it. */
static int
group_of(const Row *row, int n, bool weighted, int groups, double pd)
{
	double		a = 0;
	double		b = 0;
	double		all = 0;

	for (int i = 0; i < n; i++)
	{
		double		weight = weighted ? row[i].weight : 1;

		a += row[i].pd < pd ? weight : 0;
		b += row[i].pd <= pd ? weight : 0;
		all += weight;
	}
	return (int) floor(groups * (a + b) / (2 * all));
}

static void
check_groups(Row *row, int n, ClTallyKind kind, int groups)
{
	bool		weighted = kind == CL_TALLY_WEIGHTS;
	ClTally		tally;
	ClCalibrationCursor cursor;
	ClCalibrationGroup group;
	ClBrierDecomposition parts;
	ClHosmerLemeshow test;
	double		chi2 = 0;
	double		brier = 0;
	double		all = 0;
	int			used = 0;
	int			at = 0;

	fill(&tally, row, n, kind);
	qsort(row, (size_t) n, sizeof(Row), compare_rows);
	cl_calibration_scan(&tally, groups, &cursor);
	while (cl_calibration_next(&cursor, &group))
	{
		int			number = group_of(row, n, weighted, groups, row[at].pd);
		double		low = row[at].pd;
		double		weight = 0;
		double		expected = 0;
		double		observed = 0;
		double		mean;
		double		within = 0;
		double		covariance = 0;
		int			start = at;

		for (; at < n && group_of(row, n, weighted, groups, row[at].pd) == number; at++)
		{
			double		w = weighted ? row[at].weight : 1;

			weight += w;
			expected += w * row[at].pd;
			observed += w * row[at].event;
			brier += w * (row[at].pd - row[at].event) * (row[at].pd - row[at].event);
		}
		mean = expected / weight;
		for (int i = start; i < at; i++)
		{
			double		w = weighted ? row[i].weight : 1;

			within += w * (row[i].pd - mean) * (row[i].pd - mean);
			covariance += w * (row[i].pd - mean) * (row[i].event - observed / weight);
		}
		CHECK_EQ_INT(group.n[0] + group.n[1], at - start);
		CHECK(group.low == low && group.high == row[at - 1].pd);
		CHECK_NEAR(cl_group_weight(&group), weight, 0);
		CHECK_NEAR(group.weight[CL_EVENT], observed, 0);
		CHECK_NEAR(group.expected[CL_EVENT], expected, 1e-13);
		CHECK_NEAR(group.within, within, 1e-13);
		CHECK_NEAR(group.covariance, covariance, 1e-13);
		all += weight;
		if (mean > 0 && mean < 1)
		{
			double		part = (observed - expected) * (observed - expected) / (expected * (1 - mean));

			CHECK_NEAR(cl_group_chi2(&group), part, 1e-10);
			chi2 += part;
			used++;
		}
	}
	CHECK_EQ_INT(at, n);
	cl_brier_decomposition(&tally, groups, &parts);
	CHECK_NEAR(parts.brier, brier / all, 1e-13);
	CHECK_NEAR(parts.reliability - parts.resolution + parts.uncertainty + parts.within, parts.brier, 1e-13);
	cl_hosmer_lemeshow(&tally, groups, true, &test);
	if (!isinf(test.chi2))
	{
		CHECK_EQ_INT(test.groups_used, used);
		CHECK_NEAR(test.chi2, chi2, 1e-10);
	}
	release_tally(&tally);
}

/* At a maximum both derivatives are zero; and no neighbour is more likely. */
static void
check_line(uint64_t *seed, int n, double spread, double shift)
{
	static ClLinePoint point[MOST_ROWS];
	ClLine		line;
	long double gradient[2] = {0, 0};
	double		weight = 0;

	for (int i = 0; i < n; i++)
	{
		point[i].x = shift + spread * (unit_random(seed) - 0.5);
		point[i].weight[0] = unit_random(seed) < 0.3 ? 0 : 3 * unit_random(seed);
		point[i].weight[1] = unit_random(seed) < 0.3 ? 0 : unit_random(seed);
		weight += point[i].weight[0] + point[i].weight[1];
	}
	cl_line_fit(&memory, point, (size_t) n, &line);
	if (line.status != CL_LINE_CONVERGED)
		return;
	for (int i = 0; i < n; i++)
	{
		double		p = cl_expit(line.intercept + line.slope * point[i].x);
		double		score = point[i].weight[1] * (1 - p) - point[i].weight[0] * p;

		gradient[0] += score;
		gradient[1] += score * (point[i].x - shift) / spread;
	}
	/* The intercept is of the point 0, which may be far away: its digits are lost there. */
	CHECK(fabsl(gradient[0]) <= 1e-11 * weight * (1 + fabs(shift) / spread));
	CHECK(fabsl(gradient[1]) <= 1e-11 * weight * (1 + fabs(shift) / spread));
	CHECK(line.iterations < 40);
	for (int k = 0; k < 4; k++)
	{
		double		angle = k * 1.5707963267948966;
		double		intercept = line.intercept + 1e-3 * cos(angle) * sqrt(line.intercept_variance);
		double		slope = line.slope + 1e-3 * sin(angle) * sqrt(line.slope_variance);

		if (fabs(shift) <= spread)
			CHECK(cl_line_loglik(point, (size_t) n, intercept, slope) < line.loglik);
	}
}

/* Every pattern of two classes over four points: separated exactly when a threshold divides the classes. */
static void
check_separation(void)
{
	for (int pattern = 0; pattern < 256; pattern++)
	{
		ClLinePoint point[4];
		double		low[2] = {9, 9};
		double		high[2] = {-9, -9};
		ClLine		line;

		for (int i = 0; i < 4; i++)
		{
			point[i].x = i;
			for (int class = 0; class < 2; class++)
			{
				point[i].weight[class] = pattern >> (2 * i + class) & 1;
				if (point[i].weight[class] == 0)
					continue;
				low[class] = fmin(low[class], i);
				high[class] = fmax(high[class], i);
			}
		}
		cl_line_fit(&memory, point, 4, &line);
		if (high[0] < 0 && high[1] < 0)
			CHECK_EQ_INT(line.status, CL_LINE_EMPTY);
		else if (high[0] < 0 || high[1] < 0)
			CHECK_EQ_INT(line.status, CL_LINE_ONE_CLASS);
		else if (low[0] == high[1] && high[0] == low[1])
			CHECK_EQ_INT(line.status, CL_LINE_CONSTANT);
		else if (high[0] < low[1] || high[1] < low[0])
			CHECK_EQ_INT(line.status, CL_LINE_SEPARATION);
		else if (high[0] == low[1] || high[1] == low[0])
			CHECK_EQ_INT(line.status, CL_LINE_QUASI_SEPARATION);
		else
		{
			CHECK_EQ_INT(line.status, CL_LINE_CONVERGED);
			CHECK(fabs(line.slope) < 10);
		}
		CHECK(isnan(line.slope) == (line.status != CL_LINE_CONVERGED));
	}
}

static void
check_shift(uint64_t *seed, int n, double scale)
{
	static ClLinePoint point[MOST_ROWS];
	long double mean = 0;
	double		weight = 0;
	double		target = pow(unit_random(seed), 4);
	double		variance;
	double		shift;

	for (int i = 0; i < n; i++)
	{
		point[i] = (ClLinePoint) {scale * (unit_random(seed) - 0.7), {unit_random(seed), 0}};
		weight += point[i].weight[0];
	}
	shift = cl_logit_shift(&memory, point, (size_t) n, weight * target, weight * (1 - target), &variance);
	for (int i = 0; i < n; i++)
		mean += point[i].weight[0] * cl_expit(point[i].x + shift);
	CHECK(fabsl(mean / weight - target) <= 1e-13 * target * (1 + fabs(shift)));
}

static void
check_tendency(Row *row, int n)
{
	ClTally		tally;
	ClCentralTendency tendency;
	double		mean = 0;
	int			above = 0;

	fill(&tally, row, n, CL_TALLY_COUNTS);
	cl_central_tendency(&tally, 0.3, &tendency);
	CHECK_EQ_INT(tendency.n, n);
	for (int i = 0; i < n; i++)
	{
		mean += cl_shifted(row[i].pd, tendency.shift) / n;
		above += row[i].pd * tendency.factor > 1;
	}
	CHECK_EQ_INT(tendency.n_above_one, above);
	if (!isnan(tendency.shift))
		CHECK_NEAR(mean, 0.3, 1e-12);
	release_tally(&tally);
}

static void
check_scalars(void)
{
	CHECK(cl_shifted(0, 3) == 0 && cl_shifted(1, 3) == 1 && cl_shifted(0, -800) == 0 && cl_shifted(1, -800) == 1);
	CHECK(cl_shifted(0.2, 0) == 0.2);
	CHECK_NEAR(cl_shifted(0.5, log(9)), 0.9, 1e-15);
	CHECK(cl_shifted(0.5, 800) == 1 && cl_shifted(1e-300, -700) >= 0);
	CHECK(cl_expit(800) == 1 && cl_expit(-800) == 0 && cl_expit(0) == 0.5);
	CHECK_NEAR(cl_expit(cl_logit(1e-12)) / 1e-12, 1, 1e-14);
	CHECK_NEAR(cl_log_loss_term(0, true), -log(1e-15), 0);
	CHECK_NEAR(cl_log_loss_term(1, false), -log(1e-15), 0);
	CHECK(cl_log_loss_term(0, false) == 0 && cl_log_loss_term(1, true) == 0);
	CHECK_NEAR(cl_spiegelhalter_variance(0.25), 0.25 * 0.1875, 1e-15);
}

void
test_calibration(void)
{
	uint64_t	seed = 1125;
	static Row	row[MOST_ROWS];

	for (int round = 0; round < 120; round++)
	{
		int			n = 1 + (int) (cl_test_random(&seed) % (round % 10 == 0 ? MOST_ROWS : 60));

		random_rows(&seed, row, n, round % 3);
		for (int groups = 1; groups <= 20; groups += 1 + (int) (cl_test_random(&seed) % 6))
		{
			check_groups(row, n, CL_TALLY_COUNTS, groups);
			check_groups(row, n, CL_TALLY_WEIGHTS, groups);
		}
		check_tendency(row, n);
	}
	for (int round = 0; round < 2000; round++)
	{
		int			n = 2 + (int) (cl_test_random(&seed) % 100);

		check_line(&seed, n, pow(10, 6 * unit_random(&seed) - 3), 0);
		check_line(&seed, n, 50, 600);
		check_shift(&seed, n, 1);
		check_shift(&seed, n, 60);
	}
	check_separation();
	check_scalars();
}
