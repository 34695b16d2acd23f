/*
 * demand_filter.c
 *	  A filter (Kalman 1960) of level and deviation together, for several nodes at once.
 *
 * A month at its limit leaves both as normal variables of the same mean and variance. After one below it the deviation is what
 * the level leaves of the point. So points that follow each other say something of the level only, and where that is known
 * they are added up already.
 *
 * Month after month, each node goes through the same steps with other numbers: nodes are taken by pairs (pair.h).
 */
#include "core/demand_filter.h"

#include <math.h>

#include "core/pair.h"

#define MOST_PAIRS (CL_DEMAND_SIDE_BY_SIDE / 2)

/* Of two nodes, in units of sigma: level m and deviation e with variances v and w and covariance c. */
typedef struct Filter
{
	ClPair		scale;
	ClPair		m;
	ClPair		v;
	ClPair		e;
	ClPair		w;
	ClPair		c;
	/* The log density so far, but for logarithms, which are taken of products: of variances, of probabilities to be beyond. */
	ClPair		value;
	ClPair		variances;
	ClPair		tails;
} Filter;

double
cl_demand_lambda(ClDemandDistribution distribution)
{
	return distribution == CL_DEMAND_LOGNORMAL ? 0 : distribution == CL_DEMAND_NORMAL ? 1 : 1.0 / 3;
}

/* Points before the first at its limit, or all, as they were added up. */
static void
take_sums(Filter *at, int n, const ClDemandInnovations *sums, double start)
{
	for (int k = 0; k < n; k++)
	{
		ClPair		miss = sums->mean * at[k].scale - at[k].m;

		at[k].variances = 1 + at[k].v * sums->precision;
		at[k].value = -0.5 * (sums->squares * at[k].scale * at[k].scale +
							  sums->precision * miss * miss / at[k].variances + sums->log_variances);
		at[k].v /= at[k].variances;
		at[k].m += at[k].v * sums->precision * miss;
		at[k].e = at[k].c = cl_pair(0);
		at[k].w = cl_pair(start);
		at[k].tails = cl_pair(1);
	}
}

/* After a point below the limit. */
static void
know_deviation(Filter *at, int n, double point)
{
	for (int k = 0; k < n; k++)
	{
		at[k].e = point * at[k].scale - at[k].m;
		at[k].w = at[k].v;
		at[k].c = -at[k].v;
	}
}

/* Another one: fresh is the variance of what is new of it. */
static void
follow(Filter *at, int n, double point, double r, double fresh)
{
	for (int k = 0; k < n; k++)
	{
		ClPair		miss = point * at[k].scale - at[k].m - r * at[k].e;
		ClPair		s = fresh + at[k].v * (1 - r) * (1 - r);

		at[k].value -= 0.5 * miss * miss / s;
		at[k].variances *= s;
		at[k].m += at[k].v * (1 - r) * miss / s;
		at[k].v *= fresh / s;
	}
}

static void
go_on(Filter *at, int n, double r, double fresh)
{
	for (int k = 0; k < n; k++)
	{
		at[k].e *= r;
		at[k].c *= r;
		at[k].w = fresh + r * r * at[k].w;
	}
}

/* A level that is known has no variance, and none with the deviation. */
static inline ClPair
variance_of_point(const Filter *at, double fresh, bool level_known)
{
	/* What is new of a month is not known, whatever rounding says of the rest. */
	return level_known ? at->w : cl_pair_max(at->v + 2 * at->c + at->w, cl_pair(fresh));
}

static inline void
learn(Filter *at, ClPair shift, ClPair shrink, bool level_known)
{
	ClPair		to_level = at->v + at->c;	/* covariances with the point */
	ClPair		to_deviation = level_known ? at->w : at->c + at->w;

	at->e += to_deviation * shift;
	at->w -= to_deviation * to_deviation * shrink;
	if (level_known)
		return;
	at->m += to_level * shift;
	at->v -= to_level * to_level * shrink;
	at->c -= to_level * to_deviation * shrink;
}

static void
below_limit(Filter *at, int n, double point, double fresh, bool level_known)
{
	for (int k = 0; k < n; k++)
	{
		ClPair		s = variance_of_point(&at[k], fresh, level_known);
		ClPair		miss = point * at[k].scale - at[k].m - at[k].e;
		ClPair		shift = miss / s;

		at[k].value -= 0.5 * miss * shift;
		at[k].variances *= s;
		learn(&at[k], shift, 1 / s, level_known);
	}
}

static inline __attribute__((always_inline)) void
stopped(Filter *at, double point, double fresh, bool level_known)
{
	ClPair		unit = 1 / cl_pair_sqrt(variance_of_point(at, fresh, level_known));
	ClPair		x = -(point * at->scale - at->m - at->e) * unit;
	ClPairTail	beyond = cl_pair_normal_tail(x);
	ClPair		less = beyond.hazard * (beyond.hazard + x);

	at->value += beyond.exponent;
	at->tails *= beyond.value;
	if (at->tails[0] < 1e-150 || at->tails[1] < 1e-150)
	{
		at->value += (ClPair) {log(at->tails[0]), log(at->tails[1])};
		at->tails = cl_pair(1);
	}
	less = cl_pair_min(cl_pair_max(less, cl_pair(0)), cl_pair(0.999999));
	learn(at, beyond.hazard * unit, less * unit * unit, level_known);
}

static void
at_limit(Filter *at, int n, double point, double fresh, bool level_known)
{
	if (level_known)
	{
		for (int k = 0; k < n; k++)
			stopped(&at[k], point, fresh, true);
	}
	else
	{
		for (int k = 0; k < n; k++)
			stopped(&at[k], point, fresh, false);
	}
}

static void
filter(const ClDemandEvidence *evidence, Filter *at, int n, bool level_known)
{
	double		start = evidence->population->start;

	take_sums(at, n, level_known ? &evidence->pairs : &evidence->first, start);
	for (int i = evidence->n_first; i < evidence->n_points; i++)
	{
		double		r = evidence->fade[i];
		double		fresh = i > 0 ? 1 - r * r : start;
		bool		known = i > 0 && !evidence->at_limit[i - 1];

		if (known && !evidence->at_limit[i] && level_known)
			continue;
		if (known)
			know_deviation(at, n, evidence->point[i - 1]);
		if (known && !evidence->at_limit[i])
		{
			follow(at, n, evidence->point[i], r, fresh);
			continue;
		}
		if (i > 0)
			go_on(at, n, r, fresh);
		(evidence->at_limit[i] ? at_limit : below_limit) (at, n, evidence->point[i], fresh, level_known);
	}
	if (evidence->n_points > 0 && !evidence->at_limit[evidence->n_points - 1])
		know_deviation(at, n, evidence->point[evidence->n_points - 1]);
}

/* What of a log density is of the node alone, and the filter's units: the level becomes relative to the reference. */
static void
open_node(const ClDemandEvidence *evidence, double lambda, ClDemandNode *node, double *scale)
{
	double		noise = CL_DEMAND_LEAST_SPREAD / node->sigma;
	double		q;

	/* d e / d x = x^(lambda - 1) exp(-lambda level) / sigma */
	node->weight = evidence->log_constant - evidence->n_exact * (node->spread + lambda * node->level + 0.5 * noise * noise);
	*scale = 1 / node->sigma;
	if (lambda == 0)
		node->level -= evidence->reference;
	else
	{
		q = exp(lambda * (evidence->reference - node->level));
		node->level = 1 / q;
		*scale *= q / lambda;
	}
}

void
cl_demand_densities(const ClDemandEvidence *evidence, ClDemandNode *node, int n)
{
	double		lambda = cl_demand_lambda(evidence->population->distribution);
	Filter		at[MOST_PAIRS];
	double		level[CL_DEMAND_SIDE_BY_SIDE];
	int			pairs = (n + 1) / 2;

	for (int k = 0; k < 2 * pairs; k++)
	{
		Filter	   *pair = &at[k / 2];
		double		scale;

		if (k == n)
		{
			pair->scale[1] = pair->scale[0];
			pair->m[1] = pair->m[0];
			pair->v[1] = pair->v[0];
			break;
		}
		level[k] = node[k].level;
		open_node(evidence, lambda, &node[k], &scale);
		pair->scale[k % 2] = scale;
		pair->m[k % 2] = node[k].level * scale;
		pair->v[k % 2] = node[k].level_variance * scale * scale;
	}
	filter(evidence, at, pairs, node[0].level_variance == 0);
	for (int k = 0; k < n; k++)
	{
		const Filter *pair = &at[k / 2];
		int			side = k % 2;
		double		scale = pair->scale[side];
		double		square = node[k].sigma * node[k].sigma;

		node[k].level = lambda == 0 ? pair->m[side] / scale + evidence->reference : level[k];
		node[k].level_variance = pair->v[side] > 0 ? pair->v[side] / (scale * scale) : 0;
		node[k].deviation = pair->e[side] * node[k].sigma;
		node[k].deviation_variance = pair->w[side] > 0 ? pair->w[side] * square : 0;
		node[k].covariance = pair->c[side] * square;
		node[k].weight += pair->value[side] + log(pair->tails[side] / sqrt(pair->variances[side]));
	}
}
