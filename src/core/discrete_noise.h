/*
 * discrete_noise.h
 *	  Noise for releases that are differentially private: discrete Laplace, P(x) in proportion to exp(-|x| / scale), drawn exactly
 *	  by trials with rational probabilities (Canonne, Kamath and Steinke 2020, algorithms 1 and 2). No floating point: the gaps
 *	  between doubles give away what the noise was added to (Mironov 2012).
 */
#ifndef CL_CORE_DISCRETE_NOISE_H
#define CL_CORE_DISCRETE_NOISE_H

#include <stddef.h>

#include "core/money.h"

typedef struct ClRandom
{
	void		(*fill) (void *context, void *bytes, size_t n); /* does not return without them */
	void	   *context;
	unsigned char bytes[256];
	size_t		left;			/* of bytes, 0 at the beginning */
} ClRandom;

/* The scale is a fraction with both parts positive, "above" below 2^100. */
extern cl_int128 cl_discrete_laplace(ClRandom *random, cl_uint128 above, cl_uint128 below);

#endif							/* CL_CORE_DISCRETE_NOISE_H */
