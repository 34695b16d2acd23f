/*
 * demand_quantiles.c
 *	  A demand given by points (p, q) of its quantile function.
 *
 * Between two points it is linear, so demand is uniform between their quantiles with probability p2 - p1; equal quantiles are an
 * amount with that probability. Below the first point and above the last there is no more than the points say: the probability
 * p1 is that of the first quantile itself, and 1 - pn that of the last. So a mean exists whatever the points are.
 */
#include "core/demand.h"

#include <math.h>

/* Probability and ends of the piece before the point i, which of 0 and n are the amounts at the ends. */
typedef struct Piece
{
	double		p;
	double		from;
	double		to;
} Piece;

static Piece
piece(const ClDemandModel *model, int i)
{
	int			last = model->n_points - 1;

	if (i == 0)
		return (Piece)
	{
		model->probability[0], model->quantile[0], model->quantile[0]
	};
	if (i > last)
		return (Piece)
	{
		1 - model->probability[last], model->quantile[last], model->quantile[last]
	};
	return (Piece)
	{
		model->probability[i] - model->probability[i - 1], model->quantile[i - 1], model->quantile[i]
	};
}

/* The first point whose value exceeds x; n_points when none does. */
static int
first_above(const double *value, int n, double x)
{
	int			low = 0;

	while (n > 0)
	{
		int			half = n / 2;

		if (value[low + half] <= x)
		{
			low += half + 1;
			n -= half + 1;
		}
		else
			n = half;
	}
	return low;
}

double
cl_quantiles_at(const ClDemandModel *model, double p)
{
	int			i = first_above(model->probability, model->n_points, p);
	Piece		at = piece(model, i);

	if (at.from == at.to)
		return at.from;
	return fmin(at.to, at.from + (at.to - at.from) * ((p - model->probability[i - 1]) / at.p));
}

double
cl_quantiles_exceeds(const ClDemandModel *model, double limit)
{
	int			i = first_above(model->quantile, model->n_points, limit);
	Piece		at = piece(model, i);

	if (i == 0 || i == model->n_points)
		return i == 0;
	return 1 - model->probability[i] + at.p * ((at.to - limit) / (at.to - at.from));
}

double
cl_quantiles_density(const ClDemandModel *model, double limit)
{
	int			i = first_above(model->quantile, model->n_points, limit);
	Piece		at = piece(model, i);

	return i == 0 || i == model->n_points ? 0 : at.p / (at.to - at.from);
}

double
cl_quantiles_draw(const ClDemandModel *model, double limit)
{
	double		sum = 0;

	for (int i = 0; i <= model->n_points; i++)
	{
		Piece		at = piece(model, i);

		if (limit >= at.to)
			sum += at.p * (at.from / 2 + at.to / 2);
		else if (limit <= at.from)
			sum += at.p * limit;
		else
			sum += at.p * (limit - (limit - at.from) * ((limit - at.from) / (at.to - at.from)) / 2);
	}
	return sum;
}

double
cl_quantiles_unmet(const ClDemandModel *model, double limit)
{
	double		sum = 0;

	for (int i = 0; i <= model->n_points; i++)
	{
		Piece		at = piece(model, i);

		if (limit <= at.from)
			sum += at.p * ((at.from - limit) / 2 + (at.to - limit) / 2);
		else if (limit < at.to)
			sum += at.p * (at.to - limit) * ((at.to - limit) / (at.to - at.from)) / 2;
	}
	return sum;
}
