/*
 * discrete_noise.c
 *	  Discrete Laplace noise, exactly: see discrete_noise.h.
 */
#include "core/discrete_noise.h"

#include <string.h>

/* Uniform from 0 to n - 1: as many bits as n has, again while they are too many. */
static cl_uint128
uniform(ClRandom *random, cl_uint128 n)
{
	cl_uint128	mask = n - 1;
	cl_uint128	draw;
	size_t		size = 1;

	for (int shift = 1; shift < 128; shift *= 2)
		mask |= mask >> shift;
	while (size < sizeof(draw) && mask >> (8 * size) != 0)
		size++;
	do
	{
		if (random->left < size)
		{
			random->fill(random->context, random->bytes, sizeof(random->bytes));
			random->left = sizeof(random->bytes);
		}
		draw = 0;
		memcpy(&draw, random->bytes + sizeof(random->bytes) - random->left, size);
		random->left -= size;
		draw &= mask;
	} while (draw >= n);
	return draw;
}

/* True with probability exp(-a / b), for a <= b: the number of trials until one with probability a / (b k) fails is odd. */
static bool
exp_of_fraction(ClRandom *random, cl_uint128 a, cl_uint128 b)
{
	unsigned	k = 1;

	while (uniform(random, b * k) < a)
		k++;
	return k % 2 == 1;
}

cl_int128
cl_discrete_laplace(ClRandom *random, cl_uint128 above, cl_uint128 below)
{
	for (;;)
	{
		cl_uint128	part = uniform(random, above);
		cl_uint128	whole = 0;
		cl_int128	size;
		bool		negative;

		if (!exp_of_fraction(random, part, above))
			continue;
		while (exp_of_fraction(random, 1, 1))
			whole++;
		size = (cl_int128) ((part + above * whole) / below);
		negative = uniform(random, 2) == 1;
		if (!negative || size != 0)
			return negative ? -size : size;
	}
}
