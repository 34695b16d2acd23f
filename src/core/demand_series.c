/*
 * demand_series.c
 *	  From a series of months and a population to what is believed of one account.
 */
#include "core/demand_series.h"

#include <math.h>
#include <string.h>

#define HALF_LOG_2PI 0.91893853320467274178

#define MOST_ITERATIONS 40
#define NEAR_ENOUGH 1e-2			/* to the mode, for the quadrature about it, in log likelihood */

/* Gauss-Hermite for a standard normal, 5 and 7 nodes (Abramowitz and Stegun 25.4.46, rescaled). */
#define EACH 5
static const double nodes[EACH] = {-2.8569700138728056, -1.3556261799742659, 0, 1.3556261799742659, 2.8569700138728056};
static const double node_weights[EACH] = {0.011257411327720689, 0.22207592200561264, 0.53333333333333333, 0.22207592200561264,
0.011257411327720689};
#define ALONE 7
static const double alone[ALONE] = {-3.7504397177257423, -2.3667594107345413, -1.1544053947399681, 0, 1.1544053947399681,
2.3667594107345413, 3.7504397177257423};
static const double alone_weights[ALONE] = {0.00054826885597221779, 0.030757123967586497, 0.24012317860501271,
0.45714285714285714, 0.24012317860501271, 0.030757123967586497, 0.00054826885597221779};

double
cl_demand_fade(double carry, int gap)
{
	double		result = 1;

	while (gap-- > 0)
		result *= carry;
	return result;
}

/* Of a point below the limit that begins the series, or follows another: its innovation is known when the level is. */
static inline bool
is_known(const ClDemandEvidence *evidence, int i)
{
	return !evidence->at_limit[i] && (i == 0 || !evidence->at_limit[i - 1]);
}

/*
 * The sums over points of the innovations x_t - r x_s, r = carry^gap, whose mean is (1 - r) mu and whose variance is
 * (1 - r^2) sigma^2: sum of (x_t - r x_s - (1 - r) mu)^2 / (1 - r^2) is squares + precision (mu - mean)^2. Of those that are
 * known among the first n.
 */
static void
add_up(ClDemandInnovations *sums, const ClDemandEvidence *evidence, int n)
{
	double		start = evidence->population->start;
	double		sum = 0;
	double		variances = 1;

	*sums = (ClDemandInnovations) {0};
	for (int i = 0; i < n; i++)
	{
		double		r = evidence->fade[i];
		double		v = i == 0 ? start : 1 - r * r;

		if (!is_known(evidence, i))
			continue;
		sums->precision += (1 - r) * (1 - r) / v;
		sum += (1 - r) * (evidence->point[i] - (i > 0 ? r * evidence->point[i - 1] : 0)) / v;
		variances *= v;
	}
	sums->log_variances = log(variances);
	if (sums->precision > 0)
		sums->mean = sum / sums->precision;
	for (int i = 0; i < n; i++)
	{
		double		r = evidence->fade[i];
		double		miss = evidence->point[i] - sums->mean - (i > 0 ? r * (evidence->point[i - 1] - sums->mean) : 0);

		if (is_known(evidence, i))
			sums->squares += miss * miss / (i == 0 ? start : 1 - r * r);
	}
}

/*
 * An account far from all others, as one a thousand times larger, would rather be believed to scatter without measure about their
 * level than to have one of its own. So the deviation between accounts is for it such that it lies CL_DEMAND_FAR of them away,
 * scatter included: what is beyond counts no further (Huber 1964, Ann. Math. Stat. 35, 73).
 */
static double
level_sd_of(const ClDemandPopulation *population, double level)
{
	double		away = (level - population->level_mean) / CL_DEMAND_FAR;
	double		rest = away * away - exp(2 * (population->spread_mean + population->spread_sd * population->spread_sd));

	return rest > population->level_sd * population->level_sd ? sqrt(rest) : population->level_sd;
}

/* Points are log(x / reference), or (x / reference)^lambda, where reference is the largest amount. */
void
cl_demand_weigh(ClDemandEvidence *evidence, const ClDemandSeries *series, const ClDemandPopulation *population)
{
	double		lambda = cl_demand_lambda(population->distribution);
	double		largest = 0;
	double		level = 0;
	int			last_known = -1;
	int			last_point = -1;

	evidence->population = population;
	evidence->n_first = evidence->n_exact = evidence->n_points = evidence->n_months = evidence->n_zero = 0;
	evidence->last_zero = false;
	memset(evidence->turns, 0, sizeof(evidence->turns));
	memset(evidence->turns_zero, 0, sizeof(evidence->turns_zero));
	evidence->log_constant = 0;
	for (int i = 0; i < series->n; i++)
		largest = isnan(series->months[i]) ? largest : fmax(largest, fabs((double) series->months[i]));
	evidence->reference = largest > 0 ? log(largest) : 0;
	for (int i = 0; i < series->n; i++)
	{
		double		x = series->months[i];
		double		log_x;

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
		evidence->fade[evidence->n_points] = last_point < 0 ? 0 : cl_demand_fade(population->carry, i - last_point);
		evidence->at_limit[evidence->n_points] = x < 0;
		log_x = log(fabs(x));
		level += log_x;
		if (x > 0)
		{
			evidence->n_first += evidence->n_first == evidence->n_points;
			evidence->n_exact++;
			evidence->log_constant -= log_x * (1 - lambda) + HALF_LOG_2PI;
		}
		evidence->point[evidence->n_points] = lambda == 0 ? log_x - evidence->reference :
			exp(lambda * (log_x - evidence->reference));
		evidence->n_points++;
		last_point = i;
	}
	evidence->level_sd = level_sd_of(population, evidence->n_points > 0 ? level / evidence->n_points : population->level_mean);
	evidence->last_gap = last_known < 0 ? 0 : series->n - 1 - last_known;
	evidence->point_gap = last_point < 0 ? -1 : series->n - 1 - last_point;
	add_up(&evidence->first, evidence, evidence->n_first);
	evidence->pairs = evidence->first;
	if (evidence->n_first < evidence->n_points)
		add_up(&evidence->pairs, evidence, evidence->n_points);
}

/* The mode of (level, log sigma), in deviations (a, b) of the population, with slope and curvature there. */
typedef struct Mode
{
	double		a;
	double		b;
	double		value;
	double		da;
	double		db;
	double		aa;				/* negative second derivatives */
	double		ab;
	double		bb;
} Mode;

/* By differences, with steps small against what the data leave open. */
static void
look_around(const ClDemandEvidence *evidence, Mode *mode)
{
	enum {HERE, UP, DOWN, RIGHT, LEFT, BOTH, NONE, ALL};
	static const int side_a[ALL] = {0, 1, -1, 0, 0, 1, -1};
	static const int side_b[ALL] = {0, 0, 0, 1, -1, 1, -1};
	const ClDemandPopulation *population = evidence->population;
	double		ha = fmin(0.05, 0.05 * exp(population->spread_mean + population->spread_sd * mode->b) / evidence->level_sd);
	double		hb = 0.05 / (population->spread_sd + 0.05);
	ClDemandNode node[ALL];
	double		at[ALL];

	for (int i = 0; i < ALL; i++)
		cl_demand_node_at(&node[i], population->level_mean + evidence->level_sd * (mode->a + ha * side_a[i]), 0,
						  population->spread_mean + population->spread_sd * (mode->b + hb * side_b[i]));
	cl_demand_densities(evidence, node, ALL);
	for (int i = 0; i < ALL; i++)
	{
		double		a = mode->a + ha * side_a[i];
		double		b = mode->b + hb * side_b[i];

		at[i] = node[i].weight - 0.5 * (a * a + b * b);
	}
	mode->value = at[HERE];
	mode->da = (at[UP] - at[DOWN]) / (2 * ha);
	mode->db = (at[RIGHT] - at[LEFT]) / (2 * hb);
	mode->aa = (2 * at[HERE] - at[UP] - at[DOWN]) / (ha * ha);
	mode->bb = (2 * at[HERE] - at[RIGHT] - at[LEFT]) / (hb * hb);
	mode->ab = -(at[BOTH] + at[NONE] - at[UP] - at[DOWN] - at[RIGHT] - at[LEFT] + 2 * at[HERE]) / (2 * ha * hb);
}

/* Where mean and spread of the points are; those at the limit count as if they were exact. */
static void
start(const ClDemandEvidence *evidence, double *level, double *spread)
{
	const ClDemandPopulation *population = evidence->population;
	double		lambda = cl_demand_lambda(population->distribution);
	double		n = evidence->n_points;
	double		weight = n / (n + 1);
	double		sum = 0;
	double		squares = 0;
	double		mean;

	*level = population->level_mean;
	*spread = population->spread_mean;
	if (n == 0)
		return;
	for (int i = 0; i < evidence->n_points; i++)
	{
		sum += evidence->point[i];
		squares += evidence->point[i] * evidence->point[i];
	}
	mean = sum / n;
	squares = fmax(0, squares - sum * mean);
	if (lambda == 0)
		*level = weight * (mean + evidence->reference) + (1 - weight) * *level;
	else
	{
		*level = weight * (log(mean) / lambda + evidence->reference) + (1 - weight) * *level;
		squares /= mean * mean * lambda * lambda;
	}
	weight = n / (n + 0.5 / (population->spread_sd * population->spread_sd));
	squares = fmax(CL_DEMAND_LEAST_SPREAD * CL_DEMAND_LEAST_SPREAD, (squares + exp(2 * *spread)) / n);
	*spread = weight * 0.5 * log(squares) + (1 - weight) * *spread;
}

/* Where it is not concave yet, along the gradient of a prior's scale. */
static double
make_concave(Mode *mode)
{
	double		determinant;

	if (!(mode->aa > 0.5))
		mode->aa = 1;
	if (!(mode->bb > 0.5))
		mode->bb = 1;
	determinant = mode->aa * mode->bb - mode->ab * mode->ab;
	if (determinant > 0.01 * mode->aa * mode->bb)
		return determinant;
	mode->ab = 0;
	return mode->aa * mode->bb;
}

static void
find_mode(const ClDemandEvidence *evidence, Mode *mode)
{
	const ClDemandPopulation *population = evidence->population;
	double		level;
	double		spread;

	start(evidence, &level, &spread);
	mode->a = (level - population->level_mean) / evidence->level_sd;
	mode->b = (spread - population->spread_mean) / population->spread_sd;
	look_around(evidence, mode);
	for (int i = 0; i < MOST_ITERATIONS; i++)
	{
		double		determinant = make_concave(mode);
		double		step_a = (mode->bb * mode->da - mode->ab * mode->db) / determinant;
		double		step_b = (mode->aa * mode->db - mode->ab * mode->da) / determinant;
		double		share = 1;
		int			halvings = 0;
		Mode		next;

		if (step_a * mode->da + step_b * mode->db < 1e-4)
			break;
		for (; halvings < 30; halvings++)
		{
			next.a = mode->a + share * step_a;
			next.b = mode->b + share * step_b;
			look_around(evidence, &next);
			if (next.value > mode->value)
				break;
			share /= 2;
		}
		if (halvings == 30)
			break;
		*mode = next;
	}
	(void) make_concave(mode);
}

/* Quadrature on a grid that the curvature at the mode stretches and turns; weights as logarithms. */
static void
both_ways(ClDemandBelief *belief, const ClDemandEvidence *evidence)
{
	const ClDemandPopulation *population = evidence->population;
	Mode		mode;
	double		root_a;
	double		root_b;
	double		slope;

	find_mode(evidence, &mode);
	/* b has the variance aa / determinant; a, given b, has 1 / aa about a - ab / aa (b - mode). */
	root_a = 1 / sqrt(mode.aa);
	slope = -mode.ab / mode.aa;
	root_b = sqrt(mode.aa / (mode.aa * mode.bb - mode.ab * mode.ab));
	for (int k = 0; k < EACH * EACH; k++)
	{
		double		b = mode.b + root_b * nodes[k / EACH];
		double		a = mode.a + slope * root_b * nodes[k / EACH] + root_a * nodes[k % EACH];

		cl_demand_node_at(&belief->node[k], population->level_mean + evidence->level_sd * a, 0,
						  population->spread_mean + population->spread_sd * b);
	}
	cl_demand_densities(evidence, belief->node, EACH * EACH);
	for (int k = 0; k < EACH * EACH; k++)
	{
		double		x = nodes[k % EACH];
		double		y = nodes[k / EACH];
		double		b = mode.b + root_b * y;
		double		a = mode.a + slope * root_b * y + root_a * x;

		belief->node[k].weight += log(root_a * root_b * node_weights[k % EACH] * node_weights[k / EACH]) -
			0.5 * (a * a + b * b - x * x - y * y);
	}
	belief->n_nodes = EACH * EACH;
}

/* At log sigmas, given as deviations of the population, with the level behind them. */
static void
at_spreads(const ClDemandEvidence *evidence, const double *b, ClDemandNode *node, int n)
{
	const ClDemandPopulation *population = evidence->population;

	for (int i = 0; i < n; i++)
		cl_demand_node_at(&node[i], population->level_mean, evidence->level_sd * evidence->level_sd,
						  population->spread_mean + population->spread_sd * b[i]);
	cl_demand_densities(evidence, node, n);
	for (int i = 0; i < n; i++)
		node[i].weight -= 0.5 * b[i] * b[i];
}

/* A node from those at some levels, whose weights are logarithms. */
static void
put_together(ClDemandNode *node, ClDemandNode at[EACH], double unit)
{
	double		most = -INFINITY;
	double		total = 0;

	node->level = node->level_variance = node->deviation = node->deviation_variance = node->covariance = 0;
	for (int i = 0; i < EACH; i++)
		most = fmax(most, at[i].weight);
	for (int i = 0; i < EACH; i++)
		total += at[i].weight = exp(at[i].weight - most);
	for (int i = 0; i < EACH; i++)
	{
		node->level += at[i].weight / total * at[i].level;
		node->deviation += at[i].weight / total * at[i].deviation;
	}
	for (int i = 0; i < EACH; i++)
	{
		double		dl = at[i].level - node->level;
		double		dd = at[i].deviation - node->deviation;

		node->level_variance += at[i].weight / total * dl * dl;
		node->deviation_variance += at[i].weight / total * (dd * dd + at[i].deviation_variance);
		node->covariance += at[i].weight / total * dl * dd;
	}
	node->weight = most + log(total * unit);
}

/*
 * The same, exact where the filter is not: months at the limit leave level and deviation no normal variables. Level by quadrature
 * about what the filter believes; given level it errs little.
 */
static void
at_spreads_exact(const ClDemandEvidence *evidence, const double b[ALONE], ClDemandNode node[ALONE])
{
	const ClDemandPopulation *population = evidence->population;
	ClDemandNode at[ALONE * EACH];

	at_spreads(evidence, b, node, ALONE);
	if (evidence->n_first == evidence->n_points)
		return;
	for (int k = 0; k < ALONE * EACH; k++)
	{
		at[k] = node[k / EACH];
		at[k].level += sqrt(at[k].level_variance) * nodes[k % EACH];
		at[k].level_variance = 0;
	}
	cl_demand_densities(evidence, at, ALONE * EACH);
	for (int k = 0; k < ALONE * EACH; k++)
	{
		double		a = (at[k].level - population->level_mean) / evidence->level_sd;
		double		y = b[k / EACH];

		at[k].weight += log(node_weights[k % EACH]) - 0.5 * (a * a + y * y - nodes[k % EACH] * nodes[k % EACH]);
	}
	for (int j = 0; j < ALONE; j++)
		put_together(&node[j], &at[j * EACH], sqrt(node[j].level_variance) / evidence->level_sd);
}

/* How likely a log sigma is, and those on both sides of it. */
typedef struct Sides
{
	double		value;
	double		up;
	double		down;
} Sides;

static Sides
look_aside(const ClDemandEvidence *evidence, double b, double h)
{
	double		at[3] = {b, b + h, b - h};
	ClDemandNode node[3];

	at_spreads(evidence, at, node, 3);
	return (Sides) {node[0].weight, node[1].weight, node[2].weight};
}

/* Of a lognormal demand level and deviation are normal given sigma, so only that is left. */
static void
of_spread(ClDemandBelief *belief, const ClDemandEvidence *evidence)
{
	const ClDemandPopulation *population = evidence->population;
	double		h = 0.1 / (population->spread_sd + 0.1);
	double		furthest = 1 / population->spread_sd;
	double		level;
	double		b;
	double		curve = 1;
	double		at[ALONE];
	double		width;
	Sides		here;

	start(evidence, &level, &b);
	b = (b - population->spread_mean) / population->spread_sd;
	if (evidence->n_points > 0)
		here = look_aside(evidence, b, h);
	for (int i = 0; i < MOST_ITERATIONS && evidence->n_points > 0; i++)
	{
		double		slope = (here.up - here.down) / (2 * h);
		double		step;
		Sides		next = {-INFINITY, 0, 0};

		curve = fmax(0.5, (2 * here.value - here.up - here.down) / (h * h));
		step = fmin(furthest, fmax(-furthest, slope / curve));
		if (step * slope < NEAR_ENOUGH)
			break;
		while (fabs(step) > 1e-6 && !((next = look_aside(evidence, b + step, h)).value > here.value))
			step /= 2;
		if (!(next.value > here.value))
			break;
		b += step;
		here = next;
	}
	width = 1 / sqrt(curve);
	for (int i = 0; i < ALONE; i++)
		at[i] = b + width * alone[i];
	at_spreads_exact(evidence, at, belief->node);
	for (int i = 0; i < ALONE; i++)
		belief->node[i].weight += log(width * alone_weights[i]) + 0.5 * alone[i] * alone[i];
	belief->n_nodes = ALONE;
}

void
cl_demand_believe(ClDemandBelief *belief, const ClDemandEvidence *evidence)
{
	double		most = -INFINITY;
	double		total = 0;

	memset(belief, 0, offsetof(ClDemandBelief, node));
	if (evidence->population->distribution == CL_DEMAND_LOGNORMAL)
		of_spread(belief, evidence);
	else
		both_ways(belief, evidence);
	for (int k = 0; k < belief->n_nodes; k++)
		most = fmax(most, belief->node[k].weight);
	for (int k = 0; k < belief->n_nodes; k++)
		total += belief->node[k].weight = exp(belief->node[k].weight - most);
	belief->log_marginal = most + log(total);
	for (int k = 0; k < belief->n_nodes; k++)
	{
		belief->node[k].weight /= total;
		belief->level += belief->node[k].weight * belief->node[k].level;
		belief->spread += belief->node[k].weight * belief->node[k].spread;
	}
	for (int k = 0; k < belief->n_nodes; k++)
	{
		double		dl = belief->node[k].level - belief->level;
		double		ds = belief->node[k].spread - belief->spread;

		belief->level_variance += belief->node[k].weight * (dl * dl + belief->node[k].level_variance);
		belief->spread_variance += belief->node[k].weight * ds * ds;
	}
}
