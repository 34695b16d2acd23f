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

/* Points are log(x / reference), or (x / reference)^lambda, where reference is the largest amount. */
void
cl_demand_weigh(ClDemandEvidence *evidence, const ClDemandSeries *series, const ClDemandPopulation *population)
{
	double		lambda = cl_demand_lambda(population->distribution);
	double		largest = 0;
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
		if (x > 0)
		{
			double		log_x = log(x);

			evidence->n_first += evidence->n_first == evidence->n_points;
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
	evidence->last_gap = last_known < 0 ? 0 : series->n - 1 - last_known;
	evidence->point_gap = last_point < 0 ? -1 : series->n - 1 - last_point;
	add_up(&evidence->first, evidence, evidence->n_first);
	evidence->pairs = evidence->first;
	if (evidence->n_first < evidence->n_points)
		add_up(&evidence->pairs, evidence, evidence->n_points);
}

/*
 * The log density of the points, in units of sigma, if their level is normal with this mean and variance: a filter (Kalman 1960)
 * of level and deviation together. A month at its limit leaves both as normal variables of the same mean and variance. After one
 * below it the deviation is what the level leaves of the point. So points that follow each other say something of the level
 * only, and where that is known they are added up already.
 */
static double
filter(const ClDemandEvidence *evidence, double scale, ClDemandNode *node)
{
	bool		level_known = node->level_variance == 0;
	const ClDemandInnovations *sums = level_known ? &evidence->pairs : &evidence->first;
	double		m = node->level * scale;
	double		v = node->level_variance * scale * scale;
	double		e = 0;
	double		w = evidence->population->start;
	double		c = 0;
	double		miss = sums->mean * scale - m;
	/* Logarithms are taken of products: of variances, of probabilities to be beyond the limit. */
	double		variances = 1 + v * sums->precision;
	double		tails = 1;
	double		value = -0.5 * (sums->squares * scale * scale + sums->precision * miss * miss / variances + sums->log_variances);

	v /= variances;
	m += v * sums->precision * miss;
	for (int i = evidence->n_first; i < evidence->n_points; i++)
	{
		double		x = evidence->point[i] * scale;
		double		r = evidence->fade[i];
		double		fresh = i > 0 ? 1 - r * r : w;
		double		s;
		double		shift;
		double		shrink;
		double		to_level;	/* covariances with the point */
		double		to_deviation;

		if (i > 0 && !evidence->at_limit[i - 1])
		{
			e = evidence->point[i - 1] * scale - m;
			w = v;
			c = -v;
			if (!evidence->at_limit[i])
			{
				if (level_known)
					continue;
				miss = x - m - r * e;
				s = fresh + v * (1 - r) * (1 - r);
				value -= 0.5 * miss * miss / s;
				variances *= s;
				m += v * (1 - r) * miss / s;
				v *= fresh / s;
				continue;
			}
		}
		if (i > 0)
		{
			e *= r;
			c *= r;
			w = fresh + r * r * w;
		}
		/* What is new of a month is not known, whatever rounding says of the rest. */
		s = v + 2 * c + w > fresh ? v + 2 * c + w : fresh;
		miss = x - m - e;
		if (!evidence->at_limit[i])
		{
			shift = miss / s;
			shrink = 1 / s;
			value -= 0.5 * miss * shift;
			variances *= s;
		}
		else
		{
			double		unit = 1 / sqrt(s);
			ClNormalTail beyond = cl_normal_tail(-miss * unit);
			double		less = beyond.hazard * (beyond.hazard - miss * unit);

			shift = beyond.hazard * unit;
			shrink = (less < 0 ? 0 : less > 0.999999 ? 0.999999 : less) / s;
			value += beyond.exponent;
			tails *= beyond.value;
			if (tails < 1e-150)
			{
				value += log(tails);
				tails = 1;
			}
		}
		to_level = v + c;
		to_deviation = c + w;
		m += to_level * shift;
		e += to_deviation * shift;
		v -= to_level * to_level * shrink;
		w -= to_deviation * to_deviation * shrink;
		c -= to_level * to_deviation * shrink;
	}
	if (evidence->n_points > 0 && !evidence->at_limit[evidence->n_points - 1])
	{
		e = evidence->point[evidence->n_points - 1] * scale - m;
		w = v;
		c = -v;
	}
	node->level = m / scale;
	node->level_variance = v > 0 ? v / (scale * scale) : 0;
	node->deviation = e * node->sigma;
	node->deviation_variance = w > 0 ? w * node->sigma * node->sigma : 0;
	node->covariance = c * node->sigma * node->sigma;
	return value + log(tails / sqrt(variances));
}

/* The log density of the series at a spread, of a level that is normal with this mean and variance. */
static double
density(const ClDemandEvidence *evidence, double level, double level_variance, double spread, ClDemandNode *node)
{
	double		lambda = cl_demand_lambda(evidence->population->distribution);
	double		sigma = exp(spread);
	double		noise = LEAST_SPREAD / sigma;
	/* d e / d x = x^(lambda - 1) exp(-lambda level) / sigma */
	double		value = evidence->log_constant - evidence->n_exact * (spread + lambda * level + 0.5 * noise * noise);

	node->spread = spread;
	node->sigma = sigma;
	node->level_variance = level_variance;
	if (lambda == 0)
	{
		node->level = level - evidence->reference;
		value += filter(evidence, 1 / sigma, node);
		node->level += evidence->reference;
	}
	else
	{
		double		q = exp(lambda * (evidence->reference - level));

		node->level = 1 / q;
		value += filter(evidence, q / (lambda * sigma), node);
		node->level = level;
	}
	return value;
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
	ClDemandNode node;

	return density(evidence, population->level_mean + population->level_sd * a, 0,
				   population->spread_mean + population->spread_sd * b, &node) - 0.5 * (a * a + b * b);
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
	*spread = weight * 0.5 * log(fmax(LEAST_SPREAD * LEAST_SPREAD, (squares + exp(2 * *spread)) / n)) + (1 - weight) * *spread;
}

static void
find_mode(const ClDemandEvidence *evidence, Mode *mode)
{
	const ClDemandPopulation *population = evidence->population;
	double		level;
	double		spread;
	double		ha;
	double		hb = 0.05 / (population->spread_sd + 0.05);

	start(evidence, &level, &spread);
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
	for (int j = 0; j < EACH; j++)
	{
		for (int i = 0; i < EACH; i++)
		{
			ClDemandNode *node = &belief->node[belief->n_nodes++];
			double		b = mode.b + root_b * nodes[j];
			double		a = mode.a + slope * root_b * nodes[j] + root_a * nodes[i];

			node->weight = density(evidence, population->level_mean + population->level_sd * a, 0,
								   population->spread_mean + population->spread_sd * b, node) +
				log(root_a * root_b * node_weights[i] * node_weights[j]) -
				0.5 * (a * a + b * b - nodes[i] * nodes[i] - nodes[j] * nodes[j]);
		}
	}
}

/* log sigma as deviation b of the population, with the level behind it. */
static double
at_spread(const ClDemandEvidence *evidence, double b, ClDemandNode *node)
{
	const ClDemandPopulation *population = evidence->population;

	return density(evidence, population->level_mean, population->level_sd * population->level_sd,
				   population->spread_mean + population->spread_sd * b, node) - 0.5 * b * b;
}

/*
 * The same, exact where the filter is not: months at the limit leave level and deviation no normal variables. Level by quadrature
 * about what the filter believes; given level it errs little.
 */
static double
at_spread_exact(const ClDemandEvidence *evidence, double b, ClDemandNode *node)
{
	const ClDemandPopulation *population = evidence->population;
	double		value = at_spread(evidence, b, node);
	double		middle = node->level;
	double		width = sqrt(node->level_variance);
	ClDemandNode at[EACH];
	double		most = -INFINITY;
	double		total = 0;

	if (evidence->n_first == evidence->n_points)
		return value;
	for (int i = 0; i < EACH; i++)
	{
		double		level = middle + width * nodes[i];
		double		a = (level - population->level_mean) / population->level_sd;

		at[i].weight = density(evidence, level, 0, node->spread, &at[i]) + log(node_weights[i]) -
			0.5 * (a * a + b * b - nodes[i] * nodes[i]);
		most = fmax(most, at[i].weight);
	}
	node->level = node->level_variance = node->deviation = node->deviation_variance = node->covariance = 0;
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
	return most + log(total * width / population->level_sd);
}

/* Of a lognormal demand level and deviation are normal given sigma, so only that is left. */
static void
of_spread(ClDemandBelief *belief, const ClDemandEvidence *evidence)
{
	const ClDemandPopulation *population = evidence->population;
	ClDemandNode node;
	double		h = 0.1 / (population->spread_sd + 0.1);
	double		furthest = 1 / population->spread_sd;
	double		level;
	double		b;
	double		value;
	double		curve = 1;
	double		width;

	start(evidence, &level, &b);
	b = (b - population->spread_mean) / population->spread_sd;
	value = at_spread(evidence, b, &node);
	for (int i = 0; i < MOST_ITERATIONS && evidence->n_points > 0; i++)
	{
		double		up = at_spread(evidence, b + h, &node);
		double		down = at_spread(evidence, b - h, &node);
		double		slope = (up - down) / (2 * h);
		double		next = -INFINITY;
		double		step;

		curve = fmax(0.5, (2 * value - up - down) / (h * h));
		step = fmin(furthest, fmax(-furthest, slope / curve));
		if (step * slope < NEAR_ENOUGH)
			break;
		while (fabs(step) > 1e-6 && !((next = at_spread(evidence, b + step, &node)) > value))
			step /= 2;
		if (!(next > value))
			break;
		b += step;
		value = next;
	}
	width = 1 / sqrt(curve);
	for (int i = 0; i < ALONE; i++)
	{
		ClDemandNode *at = &belief->node[belief->n_nodes++];

		at->weight = at_spread_exact(evidence, b + width * alone[i], at) + log(width * alone_weights[i]) +
			0.5 * alone[i] * alone[i];
	}
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
