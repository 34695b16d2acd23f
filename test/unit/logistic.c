/*
 * logistic.c
 *	  Logistic regression: sums of a scan against their definition, published and recomputed coefficients, and what must hold of
 *	  any fit. Reference numbers are those of R 4.2: glm with epsilon 1e-14, standard errors from the information at its
 *	  coefficients; Firth and l2 by iterating their definitions.
 */
#include "check.h"
#include "memory.h"

#include "core/logistic_solve.h"
#include "core/logistic_stepwise.h"

#include <string.h>

#define MOST_ROWS 1000
#define MOST_TERMS 12

static const ClLogitOptions plain = {CL_LOGIT_NONE, 0, false, 50, 1e-10, NULL, 0, false};
static const ClLogitOptions by_firth = {CL_LOGIT_FIRTH, 0, false, 50, 1e-10, NULL, 0, false};

typedef struct Sample
{
	int			n;
	int			terms;
	double		x[MOST_ROWS][MOST_TERMS];
	bool		y[MOST_ROWS];
	double		weight[MOST_ROWS];	/* whole numbers where rows are repeated instead */
} Sample;

static Sample sample;

static void
fill(ClLogitRows *rows, const Sample *s, bool weighted, bool repeated)
{
	cl_logit_rows_init(rows, &cl_test_memory, weighted);
	rows->terms = s->terms;
	for (int i = 0; i < s->n; i++)
	{
		for (int k = 0; k < (repeated ? (int) s->weight[i] : 1); k++)
			cl_logit_rows_add(rows, s->x[i], s->y[i], weighted ? s->weight[i] : 1);
	}
}

static void
fit_sample(const Sample *s, bool weighted, const ClLogitOptions *options, ClLogitFit *fit)
{
	ClLogitRows rows;

	fill(&rows, s, weighted, false);
	cl_logit_fit_rows(&rows, &cl_test_memory, options, fit);
	cl_logit_rows_free(&rows);
}

static double
std_error(const ClLogitFit *fit, int term)
{
	return sqrt(fit->covariance[term * (fit->terms + 1) + term]);
}

static double
uniform(uint64_t *seed)
{
	return (double) (cl_test_random(seed) >> 11) / 9007199254740992.0;
}

/* Rows whose events depend on x, so that there is something to find; x of different sizes. */
static void
random_sample(Sample *s, int n, int terms, uint64_t seed)
{
	s->n = n;
	s->terms = terms;
	for (int i = 0; i < n; i++)
	{
		double		linear = -0.5;

		for (int j = 0; j < terms; j++)
		{
			double		z = uniform(&seed) * 2 - 1;

			s->x[i][j] = (z + (j % 3) * 10) * pow(10, j % 5 - 2);
			linear += z * ((j % 4) - 1.5);
		}
		s->y[i] = uniform(&seed) < 1 / (1 + exp(-linear));
		s->weight[i] = 1 + (double) (cl_test_random(&seed) % 3);
	}
}

static void
set_rows(Sample *s, int n, int terms, const double *x, const bool *y)
{
	s->n = n;
	s->terms = terms;
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < terms; j++)
			s->x[i][j] = x[i * terms + j];
		s->y[i] = y[i];
		s->weight[i] = 1;
	}
}

static void
set_patients(Sample *s)
{
	static const double treatment[] = {1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0};
	static const double anxiety[] = {70, 80, 50, 60, 40, 65, 75, 80, 70, 60, 65, 50, 45, 35, 40, 50, 55, 45, 50, 60};

	s->n = 20;
	s->terms = 2;
	for (int i = 0; i < 20; i++)
	{
		s->x[i][0] = treatment[i];
		s->x[i][1] = anxiety[i];
		s->y[i] = i < 10;
		s->weight[i] = 1;
	}
}

/*
 * Published and recomputed fits
 */

static void
check_fit(const ClLogitFit *fit, const double *coefficient, const double *error, double tolerance)
{
	for (int j = 0; j <= fit->terms; j++)
	{
		CHECK_NEAR(fit->term[j].coefficient / coefficient[j], 1, tolerance);
		CHECK_NEAR(std_error(fit, j) / error[j], 1, tolerance);
	}
}

static void
test_patients(void)
{
	static const double b[] = {-6.36346994184587, -1.02410605240807, 0.119044916669784};
	static const double e[] = {3.21390452473369, 1.17108014649517, 0.0549791755750787};
	static const double firth_b[] = {-4.90934492631159, -0.879654659522713, 0.092528210033787};
	static const double firth_e[] = {2.82245876406891, 1.08273341336022, 0.0475827798956328};
	static const double l2_b[] = {-6.77844211835949, -0.278867040215475, 0.121091509747866};
	static const double l2_e[] = {3.18364759582107, 0.603011321483101, 0.0548014422107486};
	static const double l2_std_b[] = {-3.56559166774374, -0.684272446733319, 0.0675993785392621};
	ClLogitOptions l2 = {CL_LOGIT_L2, 2, false, 50, 1e-10, NULL, 0, false};
	ClLogitFit	fit;

	set_patients(&sample);
	fit_sample(&sample, false, &plain, &fit);
	check_fit(&fit, b, e, 1e-10);
	CHECK_NEAR(fit.loglik, -9.4101829838509, 1e-13);
	CHECK_NEAR(fit.null_loglik, -20 * log(2), 1e-14);
	CHECK_NEAR(fit.condition, 1.12074488306044, 1e-9);
	CHECK_EQ_INT(fit.rank, 3);
	CHECK_EQ_INT(fit.status, CL_LOGIT_CONVERGED);
	cl_logit_fit_free(&cl_test_memory, &fit);
	fit_sample(&sample, false, &by_firth, &fit);
	check_fit(&fit, firth_b, firth_e, 1e-9);
	cl_logit_fit_free(&cl_test_memory, &fit);
	fit_sample(&sample, false, &l2, &fit);
	check_fit(&fit, l2_b, l2_e, 1e-10);
	CHECK_NEAR(-2 * fit.loglik, 19.2330247127644, 1e-12);
	cl_logit_fit_free(&cl_test_memory, &fit);
	l2.standardize = true;
	fit_sample(&sample, false, &l2, &fit);
	for (int j = 0; j < 3; j++)
		CHECK_NEAR(fit.term[j].coefficient / l2_std_b[j], 1, 1e-10);
	cl_logit_fit_free(&cl_test_memory, &fit);
}

/* A saturated table: Firth is a half more in each cell. */
static void
test_separation(void)
{
	static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const bool y[] = {false, false, false, false, true, true, true, true};
	static const double b[] = {-4.64734976998, 1.03274439333};
	static const double e[] = {3.198079849, 0.672664781};
	ClLogitFit	fit;

	set_rows(&sample, 8, 1, x, y);
	fit_sample(&sample, false, &plain, &fit);
	CHECK_EQ_INT(fit.status, CL_LOGIT_SEPARATION);
	CHECK(fit.term[1].separating && isnan(fit.covariance[0]) && fit.term[1].coefficient > 10);
	cl_logit_fit_free(&cl_test_memory, &fit);
	fit_sample(&sample, false, &by_firth, &fit);
	check_fit(&fit, b, e, 1e-9);
	cl_logit_fit_free(&cl_test_memory, &fit);

	sample.n = 100;
	for (int i = 0; i < 100; i++)
	{
		sample.x[i][0] = i < 10;
		sample.y[i] = i < 30;
	}
	fit_sample(&sample, false, &plain, &fit);
	CHECK_EQ_INT(fit.status, CL_LOGIT_QUASI_SEPARATION);
	CHECK(fit.term[1].separating && !fit.term[0].separating);
	CHECK_NEAR(fit.term[0].coefficient, log(2.0 / 7), 1e-9);
	cl_logit_fit_free(&cl_test_memory, &fit);
	fit_sample(&sample, false, &by_firth, &fit);
	CHECK_NEAR(fit.term[0].coefficient, log(20.5 / 70.5), 1e-10);
	CHECK_NEAR(fit.term[1].coefficient, log(10.5 / 0.5) - log(20.5 / 70.5), 1e-10);
	CHECK_NEAR(std_error(&fit, 0), 0.252318241118, 1e-11);
	CHECK_NEAR(std_error(&fit, 1), 1.538969265308, 1e-10);
	cl_logit_fit_free(&cl_test_memory, &fit);
}

/* With one column it is plain whether a value divides events from non-events, strictly or but for ties. */
static ClLogitStatus
status_of_line(const Sample *s)
{
	double		low[2] = {INFINITY, INFINITY};
	double		high[2] = {-INFINITY, -INFINITY};

	for (int i = 0; i < s->n; i++)
	{
		low[s->y[i]] = fmin(low[s->y[i]], s->x[i][0]);
		high[s->y[i]] = fmax(high[s->y[i]], s->x[i][0]);
	}
	if (isinf(low[0]) || isinf(low[1]))
		return CL_LOGIT_ONE_CLASS;
	if (low[0] == high[1] && high[0] == low[1] && low[0] == high[0])
		return CL_LOGIT_RANK_DEFICIENT;
	if (high[0] < low[1] || high[1] < low[0])
		return CL_LOGIT_SEPARATION;
	return high[0] <= low[1] || high[1] <= low[0] ? CL_LOGIT_QUASI_SEPARATION : CL_LOGIT_CONVERGED;
}

static void
test_statuses(void)
{
	uint64_t	seed = 2024;
	int			seen[6] = {0};
	int			unsettled = 0;

	for (int round = 0; round < 4000; round++)
	{
		ClLogitStatus expected;
		ClLogitFit	fit;

		sample.n = 2 + (int) (cl_test_random(&seed) % 9);
		sample.terms = 1;
		for (int i = 0; i < sample.n; i++)
		{
			sample.x[i][0] = (double) (cl_test_random(&seed) % 6) * (round % 2 == 0 ? 1 : 1e-3) + round % 3 * 1000;
			sample.y[i] = cl_test_random(&seed) % 2;
		}
		expected = status_of_line(&sample);
		fit_sample(&sample, false, &plain, &fit);
		CHECK_EQ_INT(fit.status, expected);
		seen[fit.status]++;
		if (expected == CL_LOGIT_SEPARATION || expected == CL_LOGIT_QUASI_SEPARATION)
			CHECK(fit.term[1].separating);
		cl_logit_fit_free(&cl_test_memory, &fit);
		fit_sample(&sample, false, &by_firth, &fit);
		unsettled += fit.status == CL_LOGIT_MAX_ITERATIONS;
		CHECK(fit.status == CL_LOGIT_CONVERGED || fit.status == CL_LOGIT_MAX_ITERATIONS || fit.status == expected);
		cl_logit_fit_free(&cl_test_memory, &fit);
	}
	CHECK(unsettled < 10);
	CHECK(seen[CL_LOGIT_CONVERGED] > 500 && seen[CL_LOGIT_SEPARATION] > 100 && seen[CL_LOGIT_QUASI_SEPARATION] > 100);
}

/* A term that separates a few rows among many others: it is the one that is named, wherever it stands. */
static void
test_who_separates(void)
{
	for (int terms = 2; terms <= 6; terms++)
	{
		ClLogitFit	fit;

		random_sample(&sample, 400, terms, 7 + terms);
		for (int i = 0; i < sample.n; i++)
		{
			sample.x[i][terms - 1] = i % 50 == 0;
			sample.y[i] |= i % 50 == 0;
		}
		fit_sample(&sample, false, &plain, &fit);
		CHECK_EQ_INT(fit.status, CL_LOGIT_QUASI_SEPARATION);
		for (int j = 1; j <= terms; j++)
			CHECK_EQ_INT(fit.term[j].separating, j == terms);
		cl_logit_fit_free(&cl_test_memory, &fit);
		/* One row that objects, and there is a maximum. */
		sample.y[50] = false;
		fit_sample(&sample, false, &plain, &fit);
		CHECK_EQ_INT(fit.status, CL_LOGIT_CONVERGED);
		cl_logit_fit_free(&cl_test_memory, &fit);
	}
}

/*
 * Columns that depend on each other
 */
static void
test_aliased(void)
{
	static const bool y[] = {false, true, false, true, true, false, true, false};
	ClLogitFit	fit;

	sample.n = 8;
	sample.terms = 4;
	for (int i = 0; i < 8; i++)
	{
		double		a = i + 1;
		double		c = i * i % 5;
		double		row[] = {a, 2 * a + 1, c, 0.1};

		memcpy(sample.x[i], row, sizeof(row));
		sample.y[i] = y[i];
	}
	fit_sample(&sample, false, &plain, &fit);
	CHECK_EQ_INT(fit.status, CL_LOGIT_RANK_DEFICIENT);
	CHECK_EQ_INT(fit.rank, 3);
	for (int j = 0; j <= 4; j++)
		CHECK_EQ_INT(fit.term[j].aliased, j == 2 || j == 4);
	CHECK_NEAR(fit.term[3].coefficient, -0.0917082945901929, 1e-9);
	CHECK(isnan(fit.term[2].coefficient) && isnan(std_error(&fit, 2)));
	cl_logit_fit_free(&cl_test_memory, &fit);

	sample.terms = 1;
	fit_sample(&sample, false, &plain, &fit);
	CHECK_NEAR(fit.term[0].coefficient, 0, 1e-14);
	CHECK_NEAR(fit.term[1].coefficient, 0, 1e-14);
	cl_logit_fit_free(&cl_test_memory, &fit);
}

/*
 * Columns x1 and x1 + 1e-6 x2: the normal equations have a condition of 1e13. The answer is that for x1 and x2, turned round; R,
 * which does not centre, has five digits of it.
 */
static void
test_nearly_aliased(void)
{
	ClLogitFit	exact;
	ClLogitFit	fit;

	sample.n = 900;
	sample.terms = 2;
	for (int i = 0; i < 900; i++)
	{
		long		k = i + 1;
		double		x3 = (double) ((k * 9 + 3 * k * k) % 92);
		double		x7 = (double) ((k * 17 + 7 * k * k) % 96);

		sample.x[i][0] = (double) ((k * 5 + k * k) % 90);
		sample.x[i][1] = (double) ((k * 7 + 2 * k * k) % 91);
		sample.y[i] = fmod((double) (k * k * 11) + sample.x[i][0] * 3 + x7 * 2, 499) + x3 < 220;
	}
	fit_sample(&sample, false, &plain, &exact);
	for (int i = 0; i < 900; i++)
		sample.x[i][1] = sample.x[i][0] + 1e-6 * sample.x[i][1];
	fit_sample(&sample, false, &plain, &fit);
	CHECK_EQ_INT(fit.status, CL_LOGIT_CONVERGED);
	CHECK_NEAR(fit.term[1].coefficient / -1092.02548486668, 1, 1e-8);
	CHECK_NEAR(fit.term[2].coefficient / (exact.term[2].coefficient * 1e6), 1, 1e-8);
	CHECK_NEAR(std_error(&fit, 2) / (std_error(&exact, 2) * 1e6), 1, 1e-8);
	CHECK_NEAR(fit.loglik, exact.loglik, 1e-12);
	CHECK(fit.condition > 1e6);
	cl_logit_fit_free(&cl_test_memory, &exact);
	cl_logit_fit_free(&cl_test_memory, &fit);
}

/*
 * Sums of a scan against their definition
 */

static void
define_sums(const Sample *s, const double *beta, long double *loglik, long double *gradient, long double *information)
{
	int			n = s->terms + 1;

	*loglik = 0;
	memset(gradient, 0, n * sizeof(long double));
	memset(information, 0, n * n * sizeof(long double));
	for (int i = 0; i < s->n; i++)
	{
		long double x[MOST_TERMS + 1] = {1};
		long double linear = beta[0];
		long double p;

		for (int j = 1; j < n; j++)
		{
			x[j] = s->x[i][j - 1];
			linear += x[j] * beta[j];
		}
		p = 1 / (1 + expl(-linear));
		*loglik += s->weight[i] * logl(s->y[i] ? p : 1 - p);
		for (int j = 0; j < n; j++)
		{
			gradient[j] += s->weight[i] * (s->y[i] - p) * x[j];
			for (int k = 0; k < n; k++)
				information[j * n + k] += s->weight[i] * p * (1 - p) * x[j] * x[k];
		}
	}
}

static void
check_sums(const Sample *s)
{
	int			column[MOST_TERMS];
	double		center[MOST_TERMS] = {0};
	double		scale[MOST_TERMS];
	double		beta[MOST_TERMS + 1] = {0.3};
	int			n = s->terms + 1;
	ClLogitFrame frame = {s->terms, column, center, scale};
	ClLogitRows rows;
	ClLogitSums sums;
	long double loglik;
	long double gradient[MOST_TERMS + 1];
	long double information[(MOST_TERMS + 1) * (MOST_TERMS + 1)];

	for (int j = 0; j < s->terms; j++)
	{
		column[j] = j;
		scale[j] = 1;
		beta[j + 1] = 0.1 / (1 + fabs(s->x[0][j]));
	}
	fill(&rows, s, true, false);
	cl_logit_sums_init(&sums, &cl_test_memory, s->terms);
	for (const ClLogitBlock *block = rows.first; block != NULL; block = block->next)
		cl_logit_sums_add(&sums, block, &frame, beta);
	define_sums(s, beta, &loglik, gradient, information);
	CHECK_NEAR(sums.loglik.high / (double) loglik, 1, 1e-13);
	for (int j = 0; j < n; j++)
	{
		for (int k = 0; k <= j; k++)
			CHECK_NEAR((sums.information[j * n + k].high - (double) information[j * n + k]) /
					   sqrt((double) (information[j * n + j] * information[k * n + k])), 0, 1e-13);
		CHECK_NEAR((sums.gradient[j].high - (double) gradient[j]) / sqrt((double) information[j * n + j] * s->n), 0, 1e-13);
	}
	cl_logit_sums_free(&sums);
	cl_logit_rows_free(&rows);
}

/* Blocks of every size, numbers of columns that fill no group of four. */
static void
test_sums(void)
{
	for (int terms = 0; terms <= 9; terms++)
	{
		for (int n = 1; n <= 600; n = n * 3 / 2 + 1)
		{
			random_sample(&sample, n, terms, 1000 * terms + n);
			check_sums(&sample);
		}
	}
}

/* R'R is the information, whatever was thrown into the triangle when. */
static void
test_triangle(void)
{
	ClLogitRows rows;
	ClLogitMemorySource source;
	int			column[] = {0, 1, 2, 3, 4};
	double		beta[6] = {0.1, 0.2, -0.3, 0.4, -0.1, 0};
	double		gradient[2][6];
	double		information[36];
	double		triangle[36];

	random_sample(&sample, 700, 5, 42);
	fill(&rows, &sample, true, false);
	cl_logit_memory_source(&rows, &cl_test_memory, &source);
	{
		ClLogitFrame frame = {5, column, source.source.center, source.source.scale};
		double		loglik = source.source.evaluate(source.source.data, &frame, beta, gradient[0], information);

		CHECK_NEAR(source.source.triangle(source.source.data, &frame, beta, gradient[1], triangle), loglik, 1e-14);
	}
	for (int j = 0; j < 6; j++)
	{
		CHECK_NEAR(gradient[1][j] / 700, gradient[0][j] / 700, 1e-13);
		for (int k = 0; k < 6; k++)
		{
			double		sum = 0;

			for (int i = 0; i < 6; i++)
				sum += triangle[i * 6 + j] * triangle[i * 6 + k];
			CHECK_NEAR(sum / 700, information[j * 6 + k] / 700, 1e-13);
		}
	}
	cl_logit_memory_source_free(&cl_test_memory, &source);
	cl_logit_rows_free(&rows);
}

/*
 * What holds of any fit
 */

/* Frequency weights are repeated rows; halves of the rows merged are all of them; the order of rows does not matter. */
static void
test_same_rows(void)
{
	for (int terms = 1; terms <= 7; terms += 3)
	{
		ClLogitRows rows[3];
		ClLogitFit	fit[3];

		random_sample(&sample, 500, terms, 77 + terms);
		fill(&rows[0], &sample, true, false);
		fill(&rows[1], &sample, false, true);
		cl_logit_rows_init(&rows[2], &cl_test_memory, true);
		for (int part = 0; part < 3; part++)
		{
			ClLogitRows some;

			cl_logit_rows_init(&some, &cl_test_memory, true);
			some.terms = terms;
			for (int i = sample.n - 1; i >= 0; i--)
			{
				if (i % 3 == part)
					cl_logit_rows_add(&some, sample.x[i], sample.y[i], sample.weight[i]);
			}
			cl_logit_rows_merge(&rows[2], &some);
			cl_logit_rows_free(&some);
		}
		CHECK_EQ_INT(rows[2].n, rows[0].n);
		CHECK_EQ_INT(rows[2].n_event, rows[0].n_event);
		for (int k = 0; k < 3; k++)
			cl_logit_fit_rows(&rows[k], &cl_test_memory, &plain, &fit[k]);
		for (int k = 1; k < 3; k++)
		{
			CHECK_NEAR(fit[k].loglik / fit[0].loglik, 1, 1e-13);
			for (int j = 0; j <= terms; j++)
			{
				CHECK_NEAR(fit[k].term[j].coefficient / fit[0].term[j].coefficient, 1, 1e-10);
				CHECK_NEAR(std_error(&fit[k], j) / std_error(&fit[0], j), 1, 1e-10);
			}
		}
		for (int k = 0; k < 3; k++)
		{
			cl_logit_fit_free(&cl_test_memory, &fit[k]);
			cl_logit_rows_free(&rows[k]);
		}
	}
}

/* Weights that are all multiplied by a number change standard errors only, and by its root. */
static void
test_scaled_weights(void)
{
	static const double factors[] = {1e-98, 1e-6, 1e50};
	ClLogitFit	before;
	ClLogitFit	after;

	random_sample(&sample, 200, 4, 15);
	fit_sample(&sample, true, &plain, &before);
	for (int k = 0; k < 3; k++)
	{
		for (int i = 0; i < sample.n; i++)
			sample.weight[i] *= factors[k];
		fit_sample(&sample, true, &plain, &after);
		for (int i = 0; i < sample.n; i++)
			sample.weight[i] /= factors[k];
		CHECK_EQ_INT(after.status, CL_LOGIT_CONVERGED);
		for (int j = 0; j <= 4; j++)
		{
			CHECK_NEAR(after.term[j].coefficient / before.term[j].coefficient, 1, 1e-10);
			CHECK_NEAR(std_error(&after, j) * sqrt(factors[k]) / std_error(&before, j), 1, 1e-9);
		}
		cl_logit_fit_free(&cl_test_memory, &after);
	}
	cl_logit_fit_free(&cl_test_memory, &before);
}

/* A column in other units has another coefficient and the same z. */
static void
test_units(void)
{
	ClLogitFit	before;
	ClLogitFit	after;

	random_sample(&sample, 300, 3, 5);
	fit_sample(&sample, false, &plain, &before);
	for (int i = 0; i < sample.n; i++)
	{
		sample.x[i][0] = sample.x[i][0] * 1e9;
		sample.x[i][1] = sample.x[i][1] * 1e-12;
		sample.x[i][2] = sample.x[i][2] + 1e6;
	}
	fit_sample(&sample, false, &plain, &after);
	CHECK_NEAR(after.term[1].coefficient * 1e9 / before.term[1].coefficient, 1, 1e-10);
	CHECK_NEAR(after.term[2].coefficient * 1e-12 / before.term[2].coefficient, 1, 1e-10);
	CHECK_NEAR(after.term[3].coefficient / before.term[3].coefficient, 1, 1e-8);
	for (int j = 1; j <= 2; j++)
		CHECK_NEAR(after.term[j].coefficient / std_error(&after, j), before.term[j].coefficient / std_error(&before, j), 1e-10);
	CHECK_NEAR(after.loglik, before.loglik, 1e-12);
	cl_logit_fit_free(&cl_test_memory, &before);
	cl_logit_fit_free(&cl_test_memory, &after);
}

/*
 * Signs and bounds: what is held at 0 is as if it were not there, and the likelihood would fall wherever a coefficient may go
 * (Karush, Kuhn, Tucker): its derivative is 0 where a coefficient is free, and leads out of the range where it is not.
 */
static void
check_range(const ClLogitTerm *term, int sign, double bound, double derivative)
{
	CHECK(sign * term->coefficient >= 0);
	CHECK(bound == 0 || fabs(term->coefficient) <= bound);
	CHECK_EQ_INT(term->held, term->coefficient == 0);
	CHECK_EQ_INT(term->bounded, fabs(term->coefficient) == bound && !term->held);
	if (term->held)
		CHECK(sign * derivative < 1e-6);
	else if (term->bounded)
		CHECK(copysign(1, term->coefficient) * derivative > -1e-6);
	else
		CHECK_NEAR(derivative, 0, 1e-6);
}

static void
check_signs(const Sample *s, const signed char *sign, double bound)
{
	ClLogitOptions options = {CL_LOGIT_NONE, 0, false, 50, 1e-10, sign, bound, false};
	ClLogitRows rows;
	ClLogitMemorySource source;
	ClLogitFit	fit;
	ClLogitFit	without;
	int			column[MOST_TERMS];
	int			kept = 0;
	int			bounded = 0;
	double		beta[MOST_TERMS + 1];
	double		gradient[MOST_TERMS + 1];
	double		information[(MOST_TERMS + 1) * (MOST_TERMS + 1)];

	fill(&rows, s, false, false);
	cl_logit_fit_rows(&rows, &cl_test_memory, &options, &fit);
	cl_logit_memory_source(&rows, &cl_test_memory, &source);
	for (int j = 0; j < s->terms; j++)
	{
		bounded += fit.term[j + 1].bounded;
		if (!fit.term[j + 1].held)
			column[kept++] = j;
	}
	CHECK_EQ_INT(fit.status, bounded > 0 ? CL_LOGIT_BOUNDED : CL_LOGIT_CONVERGED);
	CHECK_EQ_INT(fit.rank, kept - bounded + 1);
	if (bounded == 0)
	{
		cl_logit_fit(&source.source, &cl_test_memory, &plain, column, kept, NULL, &without);
		CHECK_NEAR(fit.loglik, without.loglik, 1e-11);
		for (int j = 0; j < s->terms; j++)
		{
			if (!fit.term[j + 1].held)
				CHECK_NEAR(std_error(&fit, j + 1) / std_error(&without, j + 1), 1, 1e-8);
		}
		cl_logit_fit_free(&cl_test_memory, &without);
	}
	beta[0] = fit.term[0].coefficient;
	for (int j = 0; j < s->terms; j++)
	{
		column[j] = j;
		beta[j + 1] = fit.term[j + 1].coefficient * source.source.scale[j];
		beta[0] += fit.term[j + 1].coefficient * source.source.center[j];
	}
	{
		ClLogitFrame frame = {s->terms, column, source.source.center, source.source.scale};

		(void) source.source.evaluate(source.source.data, &frame, beta, gradient, information);
	}
	for (int j = 0; j < s->terms; j++)
		check_range(&fit.term[j + 1], sign[j], bound, gradient[j + 1]);
	cl_logit_fit_free(&cl_test_memory, &fit);
	cl_logit_memory_source_free(&cl_test_memory, &source);
	cl_logit_rows_free(&rows);
}

static void
test_signs(void)
{
	uint64_t	seed = 99;

	for (int round = 0; round < 40; round++)
	{
		signed char sign[MOST_TERMS];
		int			terms = 1 + round % 8;

		random_sample(&sample, 300, terms, round);
		for (int j = 0; j < terms; j++)
		{
			sign[j] = (signed char) (cl_test_random(&seed) % 3) - 1;
			/* Columns that go together, so that one held frees another. */
			for (int i = 0; i < sample.n && j > 0; i++)
				sample.x[i][j] += 0.7 * sample.x[i][j - 1] * pow(10, j % 5 - (j - 1) % 5);
		}
		check_signs(&sample, sign, 0);
		check_signs(&sample, sign, 0.05 + round % 4 * 0.1);
	}
}

/* Eight variables leave their bounds one after the other, and each time somebody may cancel. */
static void
test_signs_cancelled(void)
{
	double		a[64] = {0};
	double		b[8];
	double		lower[8] = {0};
	double		upper[8];
	double		x[8] = {0};
	double		work[2 * 64 + 4 * 8];

	for (int j = 0; j < 8; j++)
	{
		a[j * 8 + j] = 1;
		b[j] = 1 + j;
		upper[j] = HUGE_VAL;
	}
	cl_test_stop_after = 7;
	if (setjmp(cl_test_stopped) == 0)
		CHECK(!cl_solve_boxed(&cl_test_memory, 8, a, b, lower, upper, x, work));
	CHECK_EQ_INT(cl_test_stop_after, 0);
	cl_test_stop_after = 0;
	CHECK(cl_solve_boxed(&cl_test_memory, 8, a, b, lower, upper, x, work));
	for (int j = 0; j < 8; j++)
		CHECK_NEAR(x[j], 1 + j, 1e-12);
}

/* A fit that begins with a part of the rows ends where one from nothing does. */
static void
test_start(void)
{
	ClLogitRows rows;
	ClLogitMemorySource source;
	ClLogitFit	quick;
	ClLogitFit	slow;
	int			column[] = {0, 1, 2, 3};

	random_sample(&sample, 1000, 4, 3);
	cl_logit_rows_init(&rows, &cl_test_memory, false);
	rows.terms = 4;
	for (int i = 0; i < 60000; i++)
	{
		double		x[4];

		memcpy(x, sample.x[i % 1000], sizeof(x));
		x[0] += i / 1000;
		cl_logit_rows_add(&rows, x, sample.y[(i + i / 7) % 1000], 1);
	}
	cl_logit_fit_rows(&rows, &cl_test_memory, &plain, &quick);
	cl_logit_memory_source(&rows, &cl_test_memory, &source);
	cl_logit_fit(&source.source, &cl_test_memory, &plain, column, 4, NULL, &slow);
	CHECK(quick.iterations <= slow.iterations);
	for (int j = 0; j <= 4; j++)
	{
		CHECK_NEAR(quick.term[j].coefficient / slow.term[j].coefficient, 1, 1e-10);
		CHECK_NEAR(std_error(&quick, j) / std_error(&slow, j), 1, 1e-9);
	}
	cl_logit_memory_source_free(&cl_test_memory, &source);
	cl_logit_fit_free(&cl_test_memory, &quick);
	cl_logit_fit_free(&cl_test_memory, &slow);
	cl_logit_rows_free(&rows);
}

static void
test_one_class(void)
{
	ClLogitFit	fit;
	ClLogitRows rows;

	random_sample(&sample, 50, 2, 1);
	for (int i = 0; i < 50; i++)
		sample.y[i] = true;
	fit_sample(&sample, false, &plain, &fit);
	CHECK_EQ_INT(fit.status, CL_LOGIT_ONE_CLASS);
	CHECK(isnan(fit.term[0].coefficient) && fit.loglik == 0 && fit.rank == 0);
	cl_logit_fit_free(&cl_test_memory, &fit);
	cl_logit_rows_init(&rows, &cl_test_memory, false);
	cl_logit_fit_rows(&rows, &cl_test_memory, &plain, &fit);
	CHECK_EQ_INT(fit.status, CL_LOGIT_ONE_CLASS);
	cl_logit_fit_free(&cl_test_memory, &fit);
}

/*
 * Stepwise: at the end no single move is better, and each step was one.
 */
typedef struct Walk
{
	int			steps;
	double		aic;
	bool		in[MOST_TERMS];
} Walk;

static void
take_step(void *data, ClLogitAction action, int term, const ClLogitFit *fit, const bool *in)
{
	Walk	   *walk = data;
	double		aic = -2 * fit->loglik + 2 * fit->rank;

	CHECK(action != CL_LOGIT_START || term < 0);
	CHECK(walk->steps == 0 || aic < walk->aic);
	walk->steps++;
	walk->aic = aic;
	memcpy(walk->in, in, (size_t) fit->terms);
}

static void
test_stepwise(void)
{
	bool		forced[MOST_TERMS] = {false, true};
	ClLogitSearch search = {&plain, forced, true, true, false, false, 100};
	uint64_t	seed = 4;
	ClLogitRows rows;
	Walk		walk[2] = {{0, 0, {false}}, {0, 0, {false}}};

	random_sample(&sample, 400, 8, 11);
	for (int i = 0; i < sample.n; i++)
	{
		for (int j = 3; j < 8; j++)
			sample.x[i][j] = uniform(&seed);
	}
	fill(&rows, &sample, false, false);
	for (int k = 0; k < 2; k++)
	{
		search.start_with_all = k == 1;
		cl_logit_stepwise(&rows, &cl_test_memory, &search, take_step, &walk[k]);
		CHECK(walk[k].in[1] && walk[k].steps > 1);
	}
	CHECK_NEAR(walk[0].aic, walk[1].aic, 1e-12);
	CHECK(memcmp(walk[0].in, walk[1].in, 8) == 0);
	cl_logit_rows_free(&rows);
}

static void
test_solvers(void)
{
	/* Columns of unit length at an angle whose cosine is c: singular values are the roots of 1 + c and 1 - c. */
	double		triangle[4] = {1, 0.8, 0, 0.6};
	double		matrix[4] = {4, 2, 2, 1};
	double		rest[2];
	double		work[4];

	CHECK_NEAR(cl_triangle_condition(2, triangle), 3, 1e-14);
	CHECK(!cl_cholesky(2, matrix, work));
	cl_cholesky_rest(2, matrix, 1e-12, work, rest);
	CHECK(rest[0] == 1 && rest[1] == 0);
}

void
test_logistic(void)
{
	size_t		before = cl_test_allocated;

	test_solvers();
	test_sums();
	test_triangle();
	test_patients();
	test_separation();
	test_statuses();
	test_who_separates();
	test_aliased();
	test_nearly_aliased();
	test_same_rows();
	test_units();
	test_scaled_weights();
	test_signs();
	test_signs_cancelled();
	test_start();
	test_one_class();
	test_stepwise();
	CHECK_EQ_INT(cl_test_allocated, before);
}
