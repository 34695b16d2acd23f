/*
 * generator.c
 *	  The exponential of a matrix with its derivative, and Newton's method on the logarithms of the rates.
 */
#include "core/generator.h"

#include <math.h>
#include <string.h>

#include "core/logistic_solve.h"

#define MAX_ITERATIONS 200
/* An interval of log(rate) that is wider says nothing. */
#define MOST_LOG_ERROR 30
/* The series ends where a term is below the last bit of a matrix of this norm, which is then squared. */
#define SERIES_NORM 0.5
#define SERIES_TERMS 14

/*
 * Exponentials. A pair is a matrix and a direction: exp(A) and the derivative of exp at A in the direction E, which is the corner
 * of exp([A E; 0 A]) (Van Loan 1978, IEEE Transactions on Automatic Control 23, 395).
 */

static void
multiply(int n, const double *a, const double *b, double factor, bool add, double *product)
{
	for (int i = 0; i < n; i++)
	{
		double	   *row = &product[i * n];

		for (int j = 0; !add && j < n; j++)
			row[j] = 0;
		for (int k = 0; k < n; k++)
		{
			double		x = factor * a[i * n + k];

			for (int j = 0; x != 0 && j < n; j++)
				row[j] += x * b[k * n + j];
		}
	}
}

/* (A, E) times (B, F) is (A B, A F + E B). */
static void
multiply_pairs(int n, const double *a, const double *b, double factor, bool with_direction, double *product)
{
	int			square = n * n;

	multiply(n, a, b, factor, false, product);
	if (with_direction)
	{
		multiply(n, a, b + square, factor, false, product + square);
		multiply(n, a + square, b, factor, true, product + square);
	}
}

/* Squaring doubles the rounding of a sum of probabilities each time. */
static void
sum_to_one(int n, double *matrix)
{
	for (int i = 0; i < n; i++)
	{
		double		sum = 0;

		for (int j = 0; j < n; j++)
			sum += matrix[i * n + j];
		for (int j = 0; j < n; j++)
			matrix[i * n + j] /= sum;
	}
}

/* pair becomes its exponential; work has room for three pairs. Without a direction, the matrix is a generator. */
static void
exponential(int n, double *pair, bool with_direction, double *work)
{
	int			size = (with_direction ? 2 : 1) * n * n;
	double	   *scaled = work;
	double	   *term = work + 2 * n * n;
	double	   *next = work + 4 * n * n;
	double		norm = 0;
	int			squarings = 0;

	for (int i = 0; i < n; i++)
	{
		double		row = 0;

		for (int j = 0; j < n; j++)
			row += fabs(pair[i * n + j]);
		norm = fmax(norm, row);
	}
	for (; norm > SERIES_NORM && squarings < 1000; squarings++)
		norm /= 2;
	for (int i = 0; i < size; i++)
	{
		scaled[i] = ldexp(pair[i], -squarings);
		pair[i] = term[i] = 0;
	}
	for (int i = 0; i < n; i++)
		pair[i * n + i] = term[i * n + i] = 1;
	for (int k = 1; k <= SERIES_TERMS; k++)
	{
		double	   *swap = term;

		multiply_pairs(n, term, scaled, 1.0 / k, with_direction, next);
		term = next;
		next = swap;
		for (int i = 0; i < size; i++)
			pair[i] += term[i];
	}
	for (int s = 0; s < squarings; s++)
	{
		multiply_pairs(n, pair, pair, 1, with_direction, scaled);
		memcpy(pair, scaled, sizeof(double) * size);
		if (!with_direction)
			sum_to_one(n, pair);
	}
}

void
cl_generator_probability(const ClMemory *memory, int states, const double *rate, double time, double *probability)
{
	int			square = states * states;
	double	   *work = cl_allocate(memory, sizeof(double) * 6 * square);

	for (int i = 0; i < square; i++)
		probability[i] = rate[i] * time;
	exponential(states, probability, false, work);
	cl_release(memory, work);
}

/*
 * The likelihood as a function of theta, the logarithms of the rates.
 */

typedef struct Fit
{
	const ClMemory *memory;
	const ClPanelFlow *flow;
	int			flows;
	ClGenerator *generator;
	double		time;			/* of all flows */
	int			n;				/* rates above 0 */
	int		   *place;			/* of each in the matrix */
	double	   *theta;
	double	   *pair;			/* room: a pair, then three more */
	double	   *weight;			/* derivative by the probabilities of one time */
	double	   *slope;			/* derivative by the elements of Q */
} Fit;

static void
set_rates(const Fit *fit, const double *theta)
{
	int			states = fit->generator->states;
	double	   *rate = fit->generator->rate;

	memset(rate, 0, sizeof(double) * states * states);
	for (int m = 0; m < fit->n; m++)
	{
		rate[fit->place[m]] = exp(theta[m]);
		rate[fit->place[m] / states * (states + 1)] -= exp(theta[m]);
	}
}

/* Adds what the flows of one time say; the probabilities are in fit->pair. -INFINITY where one cannot be. */
static double
add_flows(const Fit *fit, int first, int end)
{
	int			states = fit->generator->states;
	const double *rate = fit->generator->rate;
	double		sum = 0;

	memset(fit->weight, 0, sizeof(double) * states * states);
	for (int i = first; i < end; i++)
	{
		const ClPanelFlow *flow = &fit->flow[i];
		const double *row = &fit->pair[flow->from * states];
		bool		exact = fit->generator->exact[flow->to];
		double		p = exact ? 0 : row[flow->to];

		if (flow->from == flow->to && exact)
			continue;			/* it stays there */
		for (int k = 0; exact && k < states; k++)
			p += k != flow->to ? row[k] * rate[k * states + flow->to] : 0;
		if (!(p > 0))
			return -INFINITY;
		sum += flow->n * log(p);
		if (!exact)
			fit->weight[flow->from * states + flow->to] += flow->n / p;
		for (int k = 0; exact && k < states; k++)
		{
			if (k == flow->to)
				continue;
			fit->weight[flow->from * states + k] += flow->n / p * rate[k * states + flow->to];
			fit->slope[k * states + flow->to] += flow->n / p * row[k];
		}
	}
	return sum;
}

/* The log-likelihood, and its gradient unless that is NULL. */
static double
likelihood(const Fit *fit, const double *theta, double *gradient)
{
	int			states = fit->generator->states;
	int			square = states * states;
	const double *rate = fit->generator->rate;
	double		sum = 0;
	int			end;

	set_rates(fit, theta);
	memset(fit->slope, 0, sizeof(double) * square);
	for (int first = 0; first < fit->flows; first = end)
	{
		double		time = fit->flow[first].time;

		fit->memory->check_for_interrupts();
		for (end = first; end < fit->flows && fit->flow[end].time == time;)
			end++;
		for (int i = 0; i < square; i++)
			fit->pair[i] = rate[i] * time;
		exponential(states, fit->pair, false, fit->pair + 2 * square);
		sum += add_flows(fit, first, end);
		if (isinf(sum))
			return sum;
		if (gradient == NULL)
			continue;
		/* The derivative by Q of the sum of weight * exp(time Q) is that of exp at the transposed in the direction weight. */
		for (int a = 0; a < states; a++)
		{
			for (int b = 0; b < states; b++)
			{
				fit->pair[a * states + b] = rate[b * states + a] * time;
				fit->pair[square + a * states + b] = fit->weight[a * states + b] * time;
			}
		}
		exponential(states, fit->pair, true, fit->pair + 2 * square);
		for (int i = 0; i < square; i++)
			fit->slope[i] += fit->pair[square + i];
	}
	for (int m = 0; gradient != NULL && m < fit->n; m++)
	{
		int			diagonal = fit->place[m] / states * (states + 1);

		gradient[m] = exp(theta[m]) * (fit->slope[fit->place[m]] - fit->slope[diagonal]);
	}
	return sum;
}

/* The negative second derivatives, from differences of gradients. */
static void
information(const Fit *fit, double *matrix, double *work)
{
	const double step = 1e-4;
	int			n = fit->n;
	double	   *theta = work;
	double	   *up = work + n;
	double	   *down = work + 2 * n;

	memcpy(theta, fit->theta, sizeof(double) * n);
	for (int a = 0; a < n; a++)
	{
		theta[a] = fit->theta[a] + step;
		(void) likelihood(fit, theta, up);
		theta[a] = fit->theta[a] - step;
		(void) likelihood(fit, theta, down);
		theta[a] = fit->theta[a];
		for (int b = 0; b < n; b++)
			matrix[a * n + b] = (down[b] - up[b]) / (2 * step);
	}
	for (int a = 0; a < n; a++)
	{
		for (int b = 0; b < a; b++)
			matrix[a * n + b] = matrix[b * n + a] = (matrix[a * n + b] + matrix[b * n + a]) / 2;
	}
}

/* Rates begin as moves seen directly over the time spent. */
static void
begin(Fit *fit)
{
	int			states = fit->generator->states;
	double		seen[CL_GENERATOR_STATES * CL_GENERATOR_STATES] = {0};
	double		time[CL_GENERATOR_STATES] = {0};

	for (int i = 0; i < fit->flows; i++)
	{
		seen[fit->flow[i].from * states + fit->flow[i].to] += fit->flow[i].n;
		time[fit->flow[i].from] += fit->flow[i].n * fit->flow[i].time;
		fit->time += fit->flow[i].n * fit->flow[i].time;
	}
	for (int m = 0; m < fit->n; m++)
	{
		double		spent = time[fit->place[m] / states];

		fit->theta[m] = log(spent > 0 ? fmax(seen[fit->place[m]], 0.5) / spent : 0.1);
	}
}

/* A rate that falls for ever is 0 when not one such move in a million panels is expected. */
static int
drop_small_rates(Fit *fit)
{
	int			kept = 0;
	int			dropped;

	for (int m = 0; m < fit->n; m++)
	{
		if (exp(fit->theta[m]) * fit->time < 1e-6)
			continue;
		fit->theta[kept] = fit->theta[m];
		fit->place[kept++] = fit->place[m];
	}
	dropped = fit->n - kept;
	fit->n = kept;
	return dropped;
}

/*
 * Newton's method with a ridge where the likelihood is not concave, or where a step does not raise it (Levenberg and Marquardt).
 * A step changes no rate by more than a factor of e.
 */
static bool
climb(Fit *fit, int *dropped, double *work)
{
	double		ridge = 0;

	for (int iteration = 0; iteration < MAX_ITERATIONS; iteration++)
	{
		int			n = fit->n;
		double	   *gradient = work;
		double	   *step = work + n;
		double	   *theta = work + 2 * n;
		double	   *matrix = work + 6 * n;
		double	   *ridged = matrix + n * n;
		double	   *triangle = ridged + n * n;
		double		before = likelihood(fit, fit->theta, gradient);
		double		gain = 0;

		fit->generator->log_likelihood = before;
		if (n == 0)
			return true;
		information(fit, matrix, work + 3 * n);
		for (;; ridge = fmax(4 * ridge, 1e-3))
		{
			double		most = 0;

			memcpy(ridged, matrix, sizeof(double) * n * n);
			for (int m = 0; m < n; m++)
				ridged[m * n + m] += ridge * (1 + fabs(matrix[m * n + m]));
			if (ridge > 1e12)
				return false;
			if (!cl_cholesky(n, ridged, triangle))
				continue;
			cl_triangle_solve(n, triangle, gradient, step);
			for (int m = 0; m < n; m++)
				most = fmax(most, fabs(step[m]));
			gain = 0;
			for (int m = 0; m < n; m++)
			{
				theta[m] = fit->theta[m] + step[m] / fmax(1, most);
				gain += step[m] * gradient[m];
			}
			if (gain < 1e-9 || likelihood(fit, theta, NULL) > before)
				break;
		}
		if (gain < 1e-9)
		{
			/* The last step is taken: it is as good as the differences are. */
			memcpy(fit->theta, theta, sizeof(double) * n);
			*dropped += drop_small_rates(fit);
			fit->generator->log_likelihood = likelihood(fit, fit->theta, NULL);
			return true;
		}
		memcpy(fit->theta, theta, sizeof(double) * n);
		*dropped += drop_small_rates(fit);
		ridge = ridge < 1e-3 ? 0 : ridge / 8;
	}
	return false;
}

static bool
set_errors(Fit *fit, double *work)
{
	int			n = fit->n;
	double	   *matrix = work + 3 * n;
	double	   *triangle = matrix + n * n;
	double	   *inverse = triangle + n * n;
	bool		identified = true;

	information(fit, matrix, work);
	set_rates(fit, fit->theta);
	if (!cl_cholesky(n, matrix, triangle))
		return false;
	cl_triangle_inverse(n, triangle, inverse);
	for (int m = 0; m < n; m++)
	{
		double		variance = 0;

		/* The inverse of R'R is the inverse of R times its transposed. */
		for (int k = m; k < n; k++)
			variance += inverse[m * n + k] * inverse[m * n + k];
		fit->generator->log_error[fit->place[m]] = sqrt(variance);
		identified = identified && sqrt(variance) < MOST_LOG_ERROR;
	}
	for (int m = 0; !identified && m < n; m++)
		fit->generator->log_error[fit->place[m]] = NAN;
	return identified;
}

ClGeneratorStatus
cl_generator_fit(const ClMemory *memory, const ClPanelFlow *flow, int flows, ClGenerator *generator)
{
	int			states = generator->states;
	int			square = states * states;
	Fit			fit = {.memory = memory, .flow = flow, .flows = flows, .generator = generator};
	double	   *work;
	int			dropped = 0;
	ClGeneratorStatus status;

	fit.place = cl_allocate(memory, sizeof(int) * square);
	for (int i = 0; i < square; i++)
	{
		generator->log_error[i] = NAN;
		if (generator->move[i])
			fit.place[fit.n++] = i;
	}
	fit.theta = cl_allocate(memory, sizeof(double) * fit.n);
	fit.pair = cl_allocate(memory, sizeof(double) * 10 * square);
	fit.weight = fit.pair + 8 * square;
	fit.slope = fit.pair + 9 * square;
	work = cl_allocate(memory, sizeof(double) * (6 * fit.n + 3 * fit.n * fit.n));
	begin(&fit);
	if (!climb(&fit, &dropped, work))
	{
		status = CL_GENERATOR_MAX_ITERATIONS;
		set_rates(&fit, fit.theta);
	}
	else if (!set_errors(&fit, work))
		status = CL_GENERATOR_NOT_IDENTIFIED;
	else
		status = dropped > 0 ? CL_GENERATOR_AT_ZERO : CL_GENERATOR_CONVERGED;
	cl_release(memory, work);
	cl_release(memory, fit.pair);
	cl_release(memory, fit.theta);
	cl_release(memory, fit.place);
	return status;
}
