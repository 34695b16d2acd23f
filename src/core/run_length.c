/*
 * run_length.c
 *	  Run lengths by quadrature and by simulation, and the limits for a run length.
 */
#include "core/run_length.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/distribution.h"

#define LONGEST 1e12
#define TWO_PI 6.283185307179586476925

/*
 * Charts
 */

double
cl_ewma_reach(double lambda, double c)
{
	return c * sqrt(lambda / (2 - lambda));
}

ClChartPlace
cl_chart_begin(const ClChart *chart)
{
	return (ClChartPlace) {chart->head_start, chart->head_start};
}

bool
cl_chart_step(const ClChart *chart, ClChartPlace *place, double x)
{
	double		limit = chart->limit;

	if (chart->kind == CL_CUSUM)
	{
		place->high = fmax(0, place->high + x - chart->weight);
		place->low = fmax(0, place->low - x - chart->weight);
	}
	else
	{
		place->high = chart->weight * x + (1 - chart->weight) * place->high;
		place->low = -place->high;
		limit = cl_ewma_reach(chart->weight, chart->limit);
	}
	return place->high > limit || (chart->sides == 2 && place->low > limit);
}

/*
 * Quadrature: L(z) = 1 + atom(z) L(0) + integral of density(z, x) L(x), with L(0) among the unknowns where there is an atom.
 */

typedef struct Rule
{
	int			n;
	double	   *node;
	double	   *weight;
} Rule;

/* Gauss and Legendre's rule on an interval: roots of the polynomial by Newton's method. */
static void
make_rule(Rule *rule, double from, double to)
{
	int			n = rule->n;

	for (int i = 0; i < (n + 1) / 2; i++)
	{
		double		x = cos(TWO_PI / 2 * (i + 0.75) / (n + 0.5));
		double		slope = 0;

		for (int k = 0; k < 20; k++)
		{
			double		p = 1;
			double		before = 0;
			double		step;

			for (int j = 0; j < n; j++)
			{
				double		next = ((2 * j + 1) * x * p - j * before) / (j + 1);

				before = p;
				p = next;
			}
			slope = n * (x * p - before) / (x * x - 1);
			step = p / slope;
			x -= step;
			if (fabs(step) < 1e-15)
				break;
		}
		rule->node[i] = (from + to - (to - from) * x) / 2;
		rule->node[n - 1 - i] = (from + to + (to - from) * x) / 2;
		rule->weight[i] = rule->weight[n - 1 - i] = (to - from) / ((1 - x * x) * slope * slope);
	}
}

/* Where a chart that stands at z stands a month later: at 0 (the first), and at each node. */
static void
fill_row(const ClChart *chart, double shift, const Rule *rule, double z, double *row)
{
	double		lambda = chart->weight;

	row[0] = chart->kind == CL_CUSUM ? cl_normal_cdf(chart->weight - z - shift) : 0;
	for (int j = 0; j < rule->n; j++)
	{
		double		x = rule->node[j];

		row[1 + j] = chart->kind == CL_CUSUM ? rule->weight[j] * cl_normal_density(x + chart->weight - z - shift) :
			rule->weight[j] / lambda * cl_normal_density((x - (1 - lambda) * z) / lambda - shift);
	}
}

/* Solves (I - A) x = 1; I - A has no pivots to look for, since the rows of A are probabilities. A is destroyed. */
static void
solve(const ClMemory *memory, int n, double *a, double *x)
{
	for (int i = 0; i < n; i++)
	{
		x[i] = 1;
		for (int j = 0; j < n; j++)
			a[i * n + j] = (i == j) - a[i * n + j];
	}
	for (int k = 0; k < n; k++)
	{
		memory->check_for_interrupts();
		for (int i = k + 1; i < n; i++)
		{
			double		factor = a[i * n + k] / a[k * n + k];

			if (factor == 0)
				continue;
			for (int j = k; j < n; j++)
				a[i * n + j] -= factor * a[k * n + j];
			x[i] -= factor * x[k];
		}
	}
	for (int i = n - 1; i >= 0; i--)
	{
		for (int j = i + 1; j < n; j++)
			x[i] -= a[i * n + j] * x[j];
		x[i] /= a[i * n + i];
	}
}

static double
dot(int n, const double *a, const double *b)
{
	double		sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/* The mean from the starts 0 and head_start, and the probability of an alarm within a year from the latter. */
static void
by_quadrature(const ClMemory *memory, const ClChart *chart, double shift, double *from_zero, double *from_start, double *year)
{
	bool		cusum = chart->kind == CL_CUSUM;
	double		to = cusum ? chart->limit : cl_ewma_reach(chart->weight, chart->limit);
	double		from = cusum ? 0 : chart->sides == 2 ? -to : fmin(0, shift) - cl_ewma_reach(chart->weight, 8);
	Rule		rule = {.n = 24 + (int) (cusum ? 12 * to : 6 * (to - from) / chart->weight)};
	int			n = rule.n + 1;
	double	   *room = cl_allocate(memory, sizeof(double) * ((size_t) n * n + 6 * n));
	double	   *a = room + 6 * n;
	double	   *mean = room;
	double	   *stays = room + n;
	double	   *next = room + 2 * n;
	double	   *row = room + 3 * n;

	rule.node = room + 4 * n;
	rule.weight = room + 5 * n;
	make_rule(&rule, from, to);
	for (int i = 0; i < n; i++)
	{
		fill_row(chart, shift, &rule, i == 0 ? 0 : rule.node[i - 1], &a[i * n]);
		stays[i] = 1;
	}
	for (int t = 1; t < CL_RUN_YEAR; t++)
	{
		for (int i = 0; i < n; i++)
			next[i] = dot(n, &a[i * n], stays);
		memcpy(stays, next, sizeof(double) * n);
	}
	solve(memory, n, a, mean);
	fill_row(chart, shift, &rule, chart->head_start, row);
	*from_zero = mean[0];
	*from_start = 1 + dot(n, row, mean);
	*year = 1 - dot(n, row, stays);
	cl_release(memory, room);
}

/*
 * Simulation
 */

typedef struct Random
{
	uint64_t	state;
	double		kept;
	bool		has_kept;
} Random;

/* splitmix64 (Steele, Lea and Flood 2014), on (0, 1]. */
static double
uniform(Random *random)
{
	uint64_t	z = (random->state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return (double) (((z ^ (z >> 31)) >> 11) + 1) * 0x1p-53;
}

/* Box and Muller 1958. */
static double
normal(Random *random)
{
	double		radius;
	double		angle;

	random->has_kept = !random->has_kept;
	if (!random->has_kept)
		return random->kept;
	radius = sqrt(-2 * log(uniform(random)));
	angle = TWO_PI * uniform(random);
	random->kept = radius * sin(angle);
	return radius * cos(angle);
}

static double
next_month(const ClMonths *months, double before, Random *random)
{
	double		r = months->autocorrelation;

	return r * before + sqrt(1 - r * r) * normal(random);
}

static int
simulate_run(const ClChart *chart, const ClMonths *months, Random *random, int most)
{
	double		x = normal(random);
	double		mean = 0;
	double		deviation = 1;
	ClChartPlace place = cl_chart_begin(chart);

	if (months->estimated > 0)
	{
		double		square = 0;

		for (int i = 1; i <= months->estimated; i++)
		{
			double		distance = x - mean;

			mean += distance / i;
			square += distance * (x - mean);
			x = next_month(months, x, random);
		}
		deviation = sqrt(square / (months->estimated - 1));
	}
	for (int t = 1; t < most; t++)
	{
		if (cl_chart_step(chart, &place, (x + months->shift - mean) / deviation))
			return t;
		x = next_month(months, x, random);
	}
	return most;
}

static ClRunLength
by_simulation(const ClMemory *memory, const ClChart *chart, const ClMonths *months, int runs, int most)
{
	ClRunLength length = {0};
	double		square = 0;

	for (int i = 0; i < runs; i++)
	{
		/* Each run has its own stream: at another limit it sees the same months. */
		Random		random = {.state = (uint64_t) i * UINT64_C(0xD1B54A32D192ED03)};
		double		run = simulate_run(chart, months, &random, most);
		double		distance = run - length.mean;

		memory->check_for_interrupts();
		length.mean += distance / (i + 1);
		square += distance * (run - length.mean);
		length.year += run <= CL_RUN_YEAR;
	}
	length.year /= runs;
	length.error = sqrt(square / (runs - 1) / runs);
	return length;
}

/*
 * Both
 */

static bool
has_equation(const ClMonths *months)
{
	return months->autocorrelation == 0 && months->estimated == 0;
}

static double
within_reason(double mean)
{
	return mean > 0 && mean < LONGEST ? mean : INFINITY;
}

ClRunLength
cl_run_length(const ClMemory *memory, const ClChart *chart, const ClMonths *months)
{
	ClRunLength length = {.error = NAN};
	ClChart		side = *chart;
	double		zero[2];
	double		start[2];

	if (!has_equation(months))
		return by_simulation(memory, chart, months, CL_RUN_COUNT, CL_RUN_MONTHS);
	if (chart->kind == CL_EWMA || chart->sides == 1)
	{
		by_quadrature(memory, chart, months->shift, &zero[0], &length.mean, &length.year);
		length.mean = within_reason(length.mean);
		return length;
	}
	/* Both sums cannot be above 0 for long at once (Lucas and Crosier 1982, Technometrics 24, 199). */
	side.sides = 1;
	for (int i = 0; i < 2; i++)
	{
		by_quadrature(memory, &side, i == 0 ? months->shift : -months->shift, &zero[i], &start[i], &length.year);
		zero[i] = within_reason(zero[i]);
		start[i] = within_reason(start[i]);
	}
	if (isinf(zero[0]) || isinf(zero[1]))
		length.mean = isinf(zero[0]) ? start[1] : start[0];
	else
		length.mean = (start[0] * zero[1] + start[1] * zero[0] - zero[0] * zero[1]) / (zero[0] + zero[1]);
	length.year = by_simulation(memory, chart, months, 5 * CL_RUN_COUNT, CL_RUN_YEAR + 1).year;
	return length;
}

/* What a limit is chosen by. */
static double
mean_at(const ClMemory *memory, const ClChart *chart, const ClMonths *months)
{
	ClChart		side = *chart;
	double		zero;
	double		start;
	double		year;

	if (months->estimated > 0)
	{
		/* Of a chart with one chance each month. The mean itself is made up by the few charts that are far too wide. */
		year = by_simulation(memory, chart, months, CL_RUN_COUNT, CL_RUN_YEAR + 1).year;
		return -1 / expm1(log1p(-year) / CL_RUN_YEAR);
	}
	if (!has_equation(months))
		return by_simulation(memory, chart, months, CL_RUN_COUNT / 2, CL_RUN_MONTHS).mean;
	side.sides = chart->kind == CL_CUSUM ? 1 : chart->sides;
	by_quadrature(memory, &side, 0, &zero, &start, &year);
	if (side.sides == chart->sides)
		return within_reason(start);
	return within_reason((2 * start - zero) / 2);
}

double
cl_chart_limit(const ClMemory *memory, ClChart chart, const ClMonths *months, double run_length)
{
	double		low = fmax(1e-3, chart.head_start * (1 + 1e-9));
	double		high = fmax(2, 2 * low);
	double		close = has_equation(months) ? 1e-11 : 1e-4;

	for (;; high *= 1.5)
	{
		chart.limit = fmin(high, CL_CHART_MOST_LIMIT);
		if (mean_at(memory, &chart, months) >= run_length)
			break;
		if (high >= CL_CHART_MOST_LIMIT)
			return NAN;
		low = chart.limit;
	}
	high = chart.limit;
	while (high - low > close * high)
	{
		chart.limit = (low + high) / 2;
		if (mean_at(memory, &chart, months) < run_length)
			low = chart.limit;
		else
			high = chart.limit;
	}
	return high;
}
