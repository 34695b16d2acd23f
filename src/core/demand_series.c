/*
 * demand_series.c
 *	  From a series of months and a population to what is believed of one account.
 */
#include "core/demand_series.h"

#include <math.h>
#include <string.h>

#include "core/distribution.h"

#define HALF_LOG_2PI 0.91893853320467274178

/*
 * Balances are known to half a per cent at best: fees and rounding move one that does not move. Without a least spread an account
 * whose balance stands still would say that its sigma is 0, with certainty.
 */
#define LEAST_SPREAD 0.005

#define MOST_ITERATIONS 40
#define STEP 1e-3				/* of numeric derivatives in standard deviations of about 1 */

/* Gauss-Hermite for a standard normal, 5 nodes (Abramowitz and Stegun 25.4.46, rescaled). */
static const double nodes[CL_DEMAND_NODES] = {-2.8569700138728056, -1.3556261799742659, 0, 1.3556261799742659,
2.8569700138728056};
static const double node_weights[CL_DEMAND_NODES] = {0.011257411327720689, 0.22207592200561264, 0.53333333333333333,
0.22207592200561264, 0.011257411327720689};

double
cl_demand_lambda(ClDemandDistribution distribution)
{
	return distribution == CL_DEMAND_LOGNORMAL ? 0 : distribution == CL_DEMAND_NORMAL ? 1 : 1.0 / 3;
}


double
cl_demand_fade(double carry, int gap)
{
	double		result = 1;

	while (gap-- > 0)
		result *= carry;
	return result;
}

/*
 * The sums over months with a draw of the innovations x_t - r x_s, r = carry^gap, whose mean is (1 - r) mu and whose
 * variance is (1 - r^2) sigma^2: sum of (x_t - r x_s - (1 - r) mu)^2 / (1 - r^2) is squares + precision (mu - mean)^2. Exact
 * where no month is at its limit; otherwise the months are gone through one by one.
 */
static void
add_up(ClDemandEvidence *evidence)
{
	double		carry = evidence->population->carry;
	double		start = evidence->population->start;
	double		sum = 0;
	double		before = 0;

	evidence->precision = 0;
	evidence->squares = 0;
	for (int i = 0; i < evidence->n_points; i++)
	{
		double		r = i == 0 ? 0 : cl_demand_fade(carry, evidence->gap[i]);
		double		v = i == 0 ? start : 1 - r * r;

		evidence->precision += (1 - r) * (1 - r) / v;
		sum += (1 - r) * (evidence->point[i] - r * before) / v;
		evidence->log_constant -= 0.5 * log(v);
		before = evidence->point[i];
	}
	evidence->mean = sum / evidence->precision;
	for (int i = 0; i < evidence->n_points; i++)
	{
		double		r = i == 0 ? 0 : cl_demand_fade(carry, evidence->gap[i]);
		double		miss = evidence->point[i] - evidence->mean - r * (before - evidence->mean);

		evidence->squares += miss * miss / (i == 0 ? start : 1 - r * r);
		before = evidence->point[i];
	}
}

/* Points are log(x / reference), or (x / reference)^lambda, where reference is the largest amount. */
void
cl_demand_weigh(ClDemandEvidence *evidence, const ClDemandSeries *series, const ClDemandPopulation *population)
{
	double		lambda = cl_demand_lambda(population->distribution);
	double		largest = 0;
	int			last_known = -1;
	int			last_point = -1;

	evidence->population = population;
	evidence->n = evidence->n_exact = evidence->n_points = evidence->n_months = evidence->n_zero = 0;
	evidence->censored = evidence->last_zero = false;
	memset(evidence->turns, 0, sizeof(evidence->turns));
	memset(evidence->turns_zero, 0, sizeof(evidence->turns_zero));
	evidence->log_constant = 0;
	evidence->precision = evidence->mean = evidence->squares = evidence->last_point = 0;
	for (int i = 0; i < series->n; i++)
		largest = isnan(series->months[i]) ? largest : fmax(largest, fabs((double) series->months[i]));
	evidence->reference = largest > 0 ? log(largest) : 0;
	for (int i = 0; i < series->n; i++)
	{
		double		x = series->months[i];

		if (isnan(x))
			continue;
		evidence->n_months++;
		if (i > 0 && last_known == i - 1)
		{
			evidence->turns[evidence->last_zero]++;
			evidence->turns_zero[evidence->last_zero] += x == 0;
		}
		last_known = i;
		evidence->last_zero = x == 0;
		if (x == 0)
		{
			evidence->n_zero++;
			continue;
		}
		evidence->gap[evidence->n_points] = (int8_t) (i - last_point);
		evidence->at_limit[evidence->n_points] = x < 0;
		evidence->censored |= x < 0;
		if (x > 0)
		{
			double		log_x = log(x);

			evidence->n_exact++;
			evidence->log_constant -= log_x * (1 - lambda) + HALF_LOG_2PI;
			evidence->point[evidence->n_points] = lambda == 0 ? log_x - evidence->reference :
				exp(lambda * (log_x - evidence->reference));
		}
		else
			evidence->point[evidence->n_points] = lambda == 0 ? log(-x) - evidence->reference :
				exp(lambda * (log(-x) - evidence->reference));
		evidence->n_points++;
		last_point = i;
	}
	evidence->n = evidence->n_points;
	evidence->last_gap = last_known < 0 ? 0 : series->n - 1 - last_known;
	evidence->point_gap = last_point < 0 ? -1 : series->n - 1 - last_point;
	if (evidence->n_points > 0)
		evidence->last_point = evidence->point[evidence->n_points - 1];
	if (evidence->n_points > 0 && !evidence->censored)
		add_up(evidence);
}

/*
 * The log density of the series at (level, log sigma), and e of the last point. centre and width are those of the points there:
 * e = (point - centre) / width.
 */
static double
density(const ClDemandEvidence *evidence, double level, double spread, double *e, double *e_variance)
{
	double		lambda = cl_demand_lambda(evidence->population->distribution);
	double		sigma = exp(spread);
	double		q = lambda == 0 ? 1 : exp(lambda * (evidence->reference - level));
	double		centre = lambda == 0 ? level - evidence->reference : 1 / q;
	double		width = lambda == 0 ? sigma : lambda * sigma / q;
	/* d e / d x = x^(lambda - 1) exp(-lambda level) / sigma */
	double		value = evidence->log_constant - evidence->n_exact * (spread + lambda * level);
	double		noise = LEAST_SPREAD * LEAST_SPREAD / (sigma * sigma);
	double		a = 0;
	double		variance = evidence->population->start;

	if (!evidence->censored)
	{
		double		miss = centre - evidence->mean;

		*e = (evidence->last_point - centre) / width;
		*e_variance = 0;
		return value - 0.5 * ((evidence->squares + evidence->precision * miss * miss) / (width * width) +
							  evidence->n * noise);
	}
	for (int i = 0; i < evidence->n_points; i++)
	{
		double		z = (evidence->point[i] - centre) / width;

		if (i > 0)
		{
			double		r = cl_demand_fade(evidence->population->carry, evidence->gap[i]);

			a *= r;
			variance = 1 - r * r * (1 - variance);
		}
		if (!evidence->at_limit[i])
		{
			double		miss = z - a;

			value -= 0.5 * (log(variance) + miss * miss / variance + noise);
			a = z;
			variance = 0;
		}
		else
		{
			double		root = sqrt(variance);
			double		t = (a - z) / root;
			double		hazard = 1 / cl_normal_mills(-t);

			value += cl_normal_log_cdf(t);
			if (t > 30)			/* far above the limit anyway */
				hazard = 0;
			a += root * hazard;
			variance *= fmax(1e-6, 1 - hazard * (hazard + t));
		}
	}
	*e = a;
	*e_variance = variance;
	return value;
}

static double
log_posterior(const ClDemandEvidence *evidence, double level, double spread)
{
	const ClDemandPopulation *population = evidence->population;
	double		zl = (level - population->level_mean) / population->level_sd;
	double		zs = (spread - population->spread_mean) / population->spread_sd;
	double		e;
	double		e_variance;

	return density(evidence, level, spread, &e, &e_variance) - 0.5 * (zl * zl + zs * zs);
}

/* The mode of (level, log sigma), in deviations (a, b) of the population, with the curvature there. */
typedef struct Mode
{
	double		a;
	double		b;
	double		value;
	double		aa;				/* negative second derivatives */
	double		ab;
	double		bb;
} Mode;

static double
at(const ClDemandEvidence *evidence, double a, double b)
{
	const ClDemandPopulation *population = evidence->population;

	return log_posterior(evidence, population->level_mean + population->level_sd * a,
						 population->spread_mean + population->spread_sd * b);
}

/* Steps small against what the data leave open. */
static void
curvature(const ClDemandEvidence *evidence, Mode *mode, double ha, double hb, double *da, double *db)
{
	double		up = at(evidence, mode->a + ha, mode->b);
	double		down = at(evidence, mode->a - ha, mode->b);
	double		right = at(evidence, mode->a, mode->b + hb);
	double		left = at(evidence, mode->a, mode->b - hb);
	double		both = at(evidence, mode->a + ha, mode->b + hb);
	double		none = at(evidence, mode->a - ha, mode->b - hb);

	*da = (up - down) / (2 * ha);
	*db = (right - left) / (2 * hb);
	mode->aa = (2 * mode->value - up - down) / (ha * ha);
	mode->bb = (2 * mode->value - right - left) / (hb * hb);
	mode->ab = -(both + none - up - down - right - left + 2 * mode->value) / (2 * ha * hb);
}

static void
find_mode(const ClDemandEvidence *evidence, Mode *mode)
{
	const ClDemandPopulation *population = evidence->population;
	double		lambda = cl_demand_lambda(population->distribution);
	double		level = population->level_mean;
	double		spread = population->spread_mean;
	double		ha;
	double		hb = 0.05 / (population->spread_sd + 0.05);

	/* Start where mean and spread of the points are; those at the limit count as if they were exact. */
	if (evidence->n > 0)
	{
		double		sum = 0;
		double		squares = 0;
		double		mean;
		double		weight = evidence->n / (evidence->n + 1.0);

		for (int i = 0; i < evidence->n_points; i++)
			sum += evidence->point[i];
		mean = sum / evidence->n_points;
		for (int i = 0; i < evidence->n_points; i++)
			squares += (evidence->point[i] - mean) * (evidence->point[i] - mean);
		if (lambda == 0)
			level = weight * (mean + evidence->reference) + (1 - weight) * level;
		else
		{
			level = weight * (log(mean) / lambda + evidence->reference) + (1 - weight) * level;
			squares /= mean * mean * lambda * lambda;
		}
		spread = 0.5 * log((squares + exp(2 * spread)) / evidence->n);
		spread = fmax(spread, log(LEAST_SPREAD));
		weight = evidence->n / (evidence->n + 0.5 / (population->spread_sd * population->spread_sd));
		spread = weight * spread + (1 - weight) * population->spread_mean;
	}
	mode->a = (level - population->level_mean) / population->level_sd;
	mode->b = (spread - population->spread_mean) / population->spread_sd;
	mode->value = at(evidence, mode->a, mode->b);
	for (int i = 0; i < MOST_ITERATIONS; i++)
	{
		double		da;
		double		db;
		double		determinant;
		double		step_a;
		double		step_b;
		double		share = 1;

		ha = 0.05 * exp(population->spread_mean + population->spread_sd * mode->b) / population->level_sd;
		ha = fmin(ha, 0.05);
		curvature(evidence, mode, ha, hb, &da, &db);
		/* Where it is not concave yet, along the gradient of a prior's scale. */
		if (!(mode->aa > 0.5))
			mode->aa = 1;
		if (!(mode->bb > 0.5))
			mode->bb = 1;
		determinant = mode->aa * mode->bb - mode->ab * mode->ab;
		if (!(determinant > 0.01 * mode->aa * mode->bb))
		{
			mode->ab = 0;
			determinant = mode->aa * mode->bb;
		}
		step_a = (mode->bb * da - mode->ab * db) / determinant;
		step_b = (mode->aa * db - mode->ab * da) / determinant;
		if (step_a * da + step_b * db < 1e-4)
			break;
		for (int halvings = 0; halvings < 30; halvings++)
		{
			double		next = at(evidence, mode->a + share * step_a, mode->b + share * step_b);

			if (next > mode->value)
			{
				mode->a += share * step_a;
				mode->b += share * step_b;
				mode->value = next;
				break;
			}
			share /= 2;
		}
	}
}

/* Quadrature on a grid that the curvature at the mode stretches and turns. */
void
cl_demand_believe(ClDemandBelief *belief, const ClDemandEvidence *evidence)
{
	const ClDemandPopulation *population = evidence->population;
	Mode		mode;
	double		root_b;
	double		slope;
	double		root_a;
	double		total = 0;
	double		level = 0;
	double		spread = 0;

	memset(belief, 0, offsetof(ClDemandBelief, node));
	find_mode(evidence, &mode);
	/* b has the variance aa / determinant; a, given b, has 1 / aa about a - ab / aa (b - mode). */
	root_a = 1 / sqrt(mode.aa);
	slope = -mode.ab / mode.aa;
	root_b = sqrt(mode.aa / (mode.aa * mode.bb - mode.ab * mode.ab));
	for (int j = 0; j < CL_DEMAND_NODES; j++)
	{
		for (int i = 0; i < CL_DEMAND_NODES; i++)
		{
			double		db = root_b * nodes[j];
			double		a = mode.a + slope * db + root_a * nodes[i];
			double		b = mode.b + db;
			int			k = belief->n_nodes++;
			double		value;

			belief->node[k].level = population->level_mean + population->level_sd * a;
			belief->node[k].spread = population->spread_mean + population->spread_sd * b;
			value = density(evidence, belief->node[k].level, belief->node[k].spread, &belief->node[k].e,
							&belief->node[k].e_variance) - 0.5 * (a * a + b * b);
			belief->node[k].weight = node_weights[i] * node_weights[j] *
				exp(value - mode.value + 0.5 * (nodes[i] * nodes[i] + nodes[j] * nodes[j]));
			total += belief->node[k].weight;
		}
	}
	for (int k = 0; k < belief->n_nodes; k++)
	{
		belief->node[k].weight /= total;
		level += belief->node[k].weight * belief->node[k].level;
		spread += belief->node[k].weight * belief->node[k].spread;
	}
	for (int k = 0; k < belief->n_nodes; k++)
	{
		double		dl = belief->node[k].level - level;
		double		ds = belief->node[k].spread - spread;

		belief->level_variance += belief->node[k].weight * dl * dl;
		belief->spread_variance += belief->node[k].weight * ds * ds;
	}
	belief->level = level;
	belief->spread = spread;
	belief->log_marginal = mode.value + log(total * root_a * root_b);
}
