/*
 * logistic_line.c
 *	  Maximum likelihood by Newton's method over the distinct values of one variable.
 *
 * The variable is centred and scaled, so that the two equations are well conditioned whatever its unit. The logarithm of the
 * likelihood is concave, so a step that does not raise it is halved until it does (scoring practice; R's glm halves likewise).
 * Whether there is a maximum at all is known before: with one variable, exactly when the values of events and of non-events
 * overlap (Albert and Anderson 1984).
 */
#include "core/logistic_line.h"

#include <stdbool.h>

#include "core/sum.h"

#define MOST_ITERATIONS 100
#define MOST_HALVINGS 40
#define ENOUGH 1e-10			/* of standardised coefficients: the error left is about the square of the step */
#define ENOUGH_LIKELIHOOD 1e-18
#define BREATHE_POINTS 65536

/* Logarithm of the likelihood with its derivatives by the two coefficients. */
typedef struct Likelihood
{
	double		log;
	double		gradient[2];
	double		information[3]; /* 00, 01, 11 */
} Likelihood;

typedef struct Scale
{
	double		mean;
	double		deviation;
} Scale;

static void
range_of_class(const ClLinePoint *points, size_t n, int class, double *low, double *high, double *weight)
{
	ClSum		sum = {0};

	*low = INFINITY;
	*high = -INFINITY;
	for (size_t i = 0; i < n; i++)
	{
		if (!(points[i].weight[class] > 0))
			continue;
		*low = fmin(*low, points[i].x);
		*high = fmax(*high, points[i].x);
		cl_sum_add(&sum, points[i].weight[class], 0);
	}
	*weight = sum.high;
}

/* Whether the likelihood has a maximum; the sums of the weights beside it. */
static ClLineStatus
overlap(const ClLinePoint *points, size_t n, double *weight)
{
	double		low[2];
	double		high[2];

	for (int class = 0; class < 2; class++)
		range_of_class(points, n, class, &low[class], &high[class], &weight[class]);
	if (weight[0] == 0 && weight[1] == 0)
		return CL_LINE_EMPTY;
	if (weight[0] == 0 || weight[1] == 0)
		return CL_LINE_ONE_CLASS;
	if (low[0] == high[0] && low[0] == low[1] && low[0] == high[1])
		return CL_LINE_CONSTANT;
	if (high[0] < low[1] || high[1] < low[0])
		return CL_LINE_SEPARATION;
	if (high[0] == low[1] || high[1] == low[0])
		return CL_LINE_QUASI_SEPARATION;
	return CL_LINE_CONVERGED;
}

/* Mean and standard deviation of x, in two passes. */
static Scale
scale_of(const ClLinePoint *points, size_t n, double weight)
{
	ClSum		sum = {0};
	ClSum		squares = {0};
	double		mean;

	for (size_t i = 0; i < n; i++)
		cl_sum_add(&sum, points[i].x * ((points[i].weight[0] + points[i].weight[1]) / weight), 0);
	mean = sum.high;
	for (size_t i = 0; i < n; i++)
	{
		double		distance = points[i].x - mean;

		cl_sum_add(&squares, distance * distance * ((points[i].weight[0] + points[i].weight[1]) / weight), 0);
	}
	return (Scale) {mean, sqrt(squares.high)};
}

/* The terms of one point; small is exp(-|eta|), so that neither p nor 1 - p is lost to rounding. */
static inline double
log_probability(double eta, double small, bool event)
{
	double		against = event ? -eta : eta;

	return -log1p(small) - (against > 0 ? against : 0);
}

static void
evaluate(const ClMemory *memory, const ClLinePoint *points, size_t n, const Scale *scale, const double *beta, Likelihood *at)
{
	ClSum		sum[6] = {{0}};

	for (size_t i = 0; i < n; i++)
	{
		const double *weight = points[i].weight;
		double		z = (points[i].x - scale->mean) / scale->deviation;
		double		eta = beta[0] + beta[1] * z;
		double		small = exp(-fabs(eta));
		double		p = (eta > 0 ? 1 : small) / (1 + small);
		double		q = (eta > 0 ? small : 1) / (1 + small);
		double		gradient = weight[1] * q - weight[0] * p;
		double		information = (weight[0] + weight[1]) * p * q;

		if (i % BREATHE_POINTS == 0)
			memory->check_for_interrupts();
		cl_sum_add(&sum[0], weight[0] * log_probability(eta, small, false) +
					weight[1] * log_probability(eta, small, true), 0);
		cl_sum_add(&sum[1], gradient, 0);
		cl_sum_add(&sum[2], gradient * z, 0);
		cl_sum_add(&sum[3], information, 0);
		cl_sum_add(&sum[4], information * z, 0);
		cl_sum_add(&sum[5], information * z * z, 0);
	}
	at->log = sum[0].high;
	at->gradient[0] = sum[1].high;
	at->gradient[1] = sum[2].high;
	for (int i = 0; i < 3; i++)
		at->information[i] = sum[3 + i].high;
}

/* Solves information * step = gradient; false when rounding left nothing to solve. */
static bool
newton_step(const Likelihood *at, double *step)
{
	const double *information = at->information;
	double		determinant = information[0] * information[2] - information[1] * information[1];

	if (!(determinant > 0))
		return false;
	step[0] = (information[2] * at->gradient[0] - information[1] * at->gradient[1]) / determinant;
	step[1] = (information[0] * at->gradient[1] - information[1] * at->gradient[0]) / determinant;
	return isfinite(step[0]) && isfinite(step[1]);
}

/* Takes the step, or so small a part of it that the likelihood does not fall; false when there is none. */
static bool
take_step(const ClMemory *memory, const ClLinePoint *points, size_t n, const Scale *scale, const double *step, double *beta,
		  Likelihood *at)
{
	double		part = 1;

	for (int halving = 0; halving < MOST_HALVINGS; halving++, part /= 2)
	{
		double		candidate[2] = {beta[0] + part * step[0], beta[1] + part * step[1]};
		Likelihood	there;

		evaluate(memory, points, n, scale, candidate, &there);
		if (!(there.log >= at->log - 1e-13 * fabs(at->log)))
			continue;
		beta[0] = candidate[0];
		beta[1] = candidate[1];
		*at = there;
		return true;
	}
	return false;
}

/*
 * Whether a full Newton step was the last that matters: the coefficients hardly moved, or the likelihood is so flat that rounding
 * moves them and what is left is 1e-9 standard errors.
 */
static bool
was_last(const double *step, const double *gradient, const double *beta, const Likelihood *at)
{
	return (fabs(step[0]) <= ENOUGH * fmax(1, fabs(beta[0])) && fabs(step[1]) <= ENOUGH * fmax(1, fabs(beta[1]))) ||
		gradient[0] * step[0] + gradient[1] * step[1] <= ENOUGH_LIKELIHOOD * (1 + fabs(at->log));
}

/* Back to the variable's own unit. */
static void
unscale(const Scale *scale, const double *beta, const Likelihood *at, ClLine *line)
{
	const double *information = at->information;
	double		determinant = information[0] * information[2] - information[1] * information[1];
	double		variance[3] = {information[2] / determinant, -information[1] / determinant, information[0] / determinant};
	double		shift = scale->mean / scale->deviation;

	line->slope = beta[1] / scale->deviation;
	line->intercept = beta[0] - beta[1] * shift;
	line->slope_variance = variance[2] / (scale->deviation * scale->deviation);
	line->intercept_variance = variance[0] - 2 * shift * variance[1] + shift * shift * variance[2];
	line->covariance = (variance[1] - shift * variance[2]) / scale->deviation;
	line->loglik = at->log;
}

void
cl_line_fit(const ClMemory *memory, const ClLinePoint *points, size_t n, ClLine *line)
{
	double		weight[2];
	double		beta[2] = {0, 0};
	double		step[2];
	bool		converged = false;
	Scale		scale;
	Likelihood	at;

	*line = (ClLine) {CL_LINE_EMPTY, NAN, NAN, NAN, NAN, NAN, NAN, 0};
	line->status = overlap(points, n, weight);
	if (line->status != CL_LINE_CONVERGED)
		return;
	scale = scale_of(points, n, weight[0] + weight[1]);
	if (!(scale.deviation > 0))
	{
		line->status = CL_LINE_CONSTANT;
		return;
	}
	beta[0] = log(weight[1]) - log(weight[0]);
	evaluate(memory, points, n, &scale, beta, &at);
	while (!converged && line->iterations < MOST_ITERATIONS && newton_step(&at, step))
	{
		double		gradient[2] = {at.gradient[0], at.gradient[1]};

		if (!take_step(memory, points, n, &scale, step, beta, &at))
			break;
		line->iterations++;
		converged = was_last(step, gradient, beta, &at);
	}
	unscale(&scale, beta, &at, line);
	if (!converged)
		line->status = CL_LINE_MAX_ITERATIONS;
}

double
cl_line_loglik(const ClLinePoint *points, size_t n, double intercept, double slope)
{
	ClSum		sum = {0};

	for (size_t i = 0; i < n; i++)
	{
		double		eta = intercept + slope * points[i].x;
		double		small = exp(-fabs(eta));

		cl_sum_add(&sum, points[i].weight[0] * log_probability(eta, small, false) +
					points[i].weight[1] * log_probability(eta, small, true), 0);
	}
	return sum.high;
}

/*
 * The shift
 *
 * The log-odds of the mean are almost linear in the shift, and Newton's method on them needs a few steps from anywhere; a bracket
 * that closes in on the root catches the step that leaves it.
 */

typedef struct Shifted
{
	double		expected[2];	/* sums of 1 - p and of p */
	double		information;
} Shifted;

static void
shift_all(const ClMemory *memory, const ClLinePoint *points, size_t n, double shift, Shifted *at)
{
	ClSum		sum[3] = {{0}};

	for (size_t i = 0; i < n; i++)
	{
		double		weight = points[i].weight[0] + points[i].weight[1];
		double		eta = points[i].x + shift;
		double		small = exp(-fabs(eta));
		double		p = (eta > 0 ? 1 : small) / (1 + small);
		double		q = (eta > 0 ? small : 1) / (1 + small);

		if (i % BREATHE_POINTS == 0)
			memory->check_for_interrupts();
		cl_sum_add(&sum[0], weight * q, 0);
		cl_sum_add(&sum[1], weight * p, 0);
		cl_sum_add(&sum[2], weight * p * q, 0);
	}
	at->expected[0] = sum[0].high;
	at->expected[1] = sum[1].high;
	at->information = sum[2].high;
}

double
cl_logit_shift(const ClMemory *memory, const ClLinePoint *points, size_t n, double target, double rest, double *variance)
{
	double		goal = log(target) - log(rest);
	double		low = INFINITY;
	double		high = -INFINITY;
	double		shift;
	Shifted		at;

	/* With all log-odds at the goal's or below the mean is below the target, and the other way round. */
	for (size_t i = 0; i < n; i++)
	{
		low = fmin(low, goal - points[i].x);
		high = fmax(high, goal - points[i].x);
	}
	shift = low <= 0 && high >= 0 ? 0 : (low + high) / 2;
	for (int i = 0; i < MOST_ITERATIONS; i++)
	{
		double		miss;
		double		next;

		shift_all(memory, points, n, shift, &at);
		miss = goal - (log(at.expected[1]) - log(at.expected[0]));
		if (miss > 0)
			low = shift;
		else
			high = shift;
		next = shift + miss * at.expected[0] * (at.expected[1] / (target + rest)) / at.information;
		if (!(next >= low && next <= high))
			next = (low + high) / 2;
		if (fabs(next - shift) <= 1e-15 * fmax(1, fabs(shift)))
			break;
		shift = next;
	}
	*variance = 1 / at.information;
	return shift;
}
