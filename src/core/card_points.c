/*
 * card_points.c
 *	  Points from coefficients and weights of evidence, and their rounding.
 */
#include "core/card_points.h"

static int
extreme_bin(const ClCardPart *part, bool highest)
{
	int			extreme = 0;

	for (int i = 1; i < part->bins; i++)
	{
		if (highest ? part->points[i] > part->points[extreme] : part->points[i] < part->points[extreme])
			extreme = i;
	}
	return extreme;
}

/*
 * Rounding
 */

static void
round_nearest(ClCardPart *part, int n)
{
	for (int j = 0; j < n; j++)
	{
		for (int i = 0; i < part[j].bins; i++)
			part[j].points[i] = rint(part[j].points[i]);
	}
}

/*
 * A characteristic rounded so that its best bin has the points "best" and its worst "worst": the others go to the nearest whole
 * number between. Gives the sum of errors; with "write" it is done.
 */
static double
round_between(ClCardPart *part, double worst, double best, bool write)
{
	int			low = extreme_bin(part, false);
	int			high = extreme_bin(part, true);
	double		error = 0;

	for (int i = 0; i < part->bins; i++)
	{
		double		rounded = i == high ? best : i == low ? worst : fmin(fmax(rint(part->points[i]), worst), best);

		error += fabs(rounded - part->points[i]);
		if (write)
			part->points[i] = rounded;
	}
	return error;
}

/* One of the four ways to round the extremes of a characteristic: bit 0 the best up, bit 1 the worst up. */
static double
try_way(ClCardPart *part, int way, bool write)
{
	double		best = floor(part->points[extreme_bin(part, true)]) + (way & 1);
	double		worst = floor(part->points[extreme_bin(part, false)]) + (way >> 1);

	if (worst > best || (extreme_bin(part, true) == extreme_bin(part, false) && worst != best))
		return INFINITY;
	return round_between(part, worst, best, write);
}

/* How many best, resp. worst, bins must be rounded up for the sum to be that of the exact card, rounded. */
static int
wanted_up(const ClCardPart *part, int n, double base, bool highest)
{
	double		exact = base;
	double		down = rint(base);
	double		wanted;

	for (int j = 0; j < n; j++)
	{
		double		points = part[j].points[extreme_bin(&part[j], highest)];

		exact += points;
		down += floor(points);
	}
	wanted = rint(exact) - down;
	return (int) fmin(fmax(wanted, 0), n);
}

/*
 * cost[j][up][worst_up] is the least error of the first j characteristics with so many best and worst bins rounded up: a dynamic
 * program over n characteristics and (n + 1)^2 sums, exact, and small since n is a number of characteristics.
 */
static void
round_range(ClCardPart *part, int n, double base, const ClMemory *memory)
{
	size_t		side = (size_t) n + 1;
	size_t		layer = side * side;
	double	   *cost = cl_allocate(memory, (side * layer) * sizeof(double));
	unsigned char *way = cl_allocate(memory, side * layer);
	size_t		up = (size_t) wanted_up(part, n, base, true);
	size_t		worst_up = (size_t) wanted_up(part, n, base, false);

	for (size_t i = 0; i < side * layer; i++)
		cost[i] = INFINITY;
	cost[0] = 0;
	for (int j = 0; j < n; j++)
	{
		double		error[4];

		memory->check_for_interrupts();
		for (int w = 0; w < 4; w++)
			error[w] = try_way(&part[j], w, false);
		for (size_t a = 0; a <= (size_t) j; a++)
		{
			for (size_t b = 0; b <= (size_t) j; b++)
			{
				double		before = cost[(size_t) j * layer + a * side + b];

				for (int w = 0; w < 4; w++)
				{
					size_t		to = ((size_t) j + 1) * layer + (a + (w & 1)) * side + b + (w >> 1);

					if (before + error[w] < cost[to])
					{
						cost[to] = before + error[w];
						way[to] = (unsigned char) w;
					}
				}
			}
		}
	}
	if (isinf(cost[(size_t) n * layer + up * side + worst_up]))
		round_nearest(part, n);
	else
	{
		for (int j = n; j > 0; j--)
		{
			int			w = way[(size_t) j * layer + up * side + worst_up];

			(void) try_way(&part[j - 1], w, true);
			up -= (size_t) (w & 1);
			worst_up -= (size_t) (w >> 1);
		}
	}
	cl_release(memory, cost);
	cl_release(memory, way);
}

/*
 * Points
 */

/* No points are 0, never -0: the two score alike, but a card is compared, hashed and printed by its text. */
static double
without_sign(double points)
{
	return points == 0 ? 0 : points;
}

static double
round_points(ClCardPart *part, int n, double base, ClRounding rounding, const ClMemory *memory)
{
	if (rounding == CL_ROUNDING_NONE)
		return base;
	if (rounding == CL_ROUNDING_RANGE)
		round_range(part, n, base, memory);
	else
		round_nearest(part, n);
	for (int j = 0; j < n; j++)
		part[j].neutral = rint(part[j].neutral);
	return rint(base);
}

double
cl_card_points(ClCardPart *part, int n, double intercept, const ClScaling *scaling, ClAllocation allocation,
			   ClRounding rounding, const ClMemory *memory)
{
	double		factor = cl_scaling_factor(scaling);
	double		base = cl_scaling_offset(scaling) - factor * intercept;

	for (int j = 0; j < n; j++)
	{
		for (int i = 0; i < part[j].bins; i++)
			part[j].points[i] = -factor * part[j].coefficient * part[j].woe[i];
		part[j].neutral = 0;
	}
	for (int j = 0; j < n && allocation != CL_ALLOCATION_BASE_POINTS; j++)
	{
		double		moved = allocation == CL_ALLOCATION_SPREAD ? base / n : -part[j].points[extreme_bin(&part[j], false)];

		for (int i = 0; i < part[j].bins; i++)
			part[j].points[i] += moved;
		part[j].neutral += moved;
		if (allocation == CL_ALLOCATION_ZERO_MINIMUM)
			base -= moved;
	}
	if (allocation == CL_ALLOCATION_SPREAD)
		base = 0;
	base = round_points(part, n, base, rounding, memory);
	for (int j = 0; j < n; j++)
	{
		part[j].neutral = without_sign(part[j].neutral);
		for (int i = 0; i < part[j].bins; i++)
			part[j].points[i] = without_sign(part[j].points[i]);
	}
	return without_sign(base);
}
