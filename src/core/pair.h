/*
 * pair.h
 *	  Two doubles side by side: what a processor computes in the time of one.
 *
 * Where the same long chain of operations is gone through for many numbers, one after the other each step waits for the last.
 * By pairs, and several pairs in a loop, the steps of one fill the time that another waits. No step asks which way to go, so
 * both sides of a choice are computed and one of them is picked.
 */
#ifndef CL_CORE_PAIR_H
#define CL_CORE_PAIR_H

#include <math.h>
#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

typedef double ClPair __attribute__((vector_size(16)));
typedef int64_t ClPairChoice __attribute__((vector_size(16)));	/* of a comparison: each 0, or all ones */

static inline ClPair
cl_pair(double x)
{
	return (ClPair) {x, x};
}

static inline ClPair
cl_pair_pick(ClPairChoice choice, ClPair yes, ClPair no)
{
	return (ClPair) (((ClPairChoice) yes & choice) | ((ClPairChoice) no & ~choice));
}

static inline ClPair
cl_pair_min(ClPair x, ClPair y)
{
#ifdef __SSE2__
	return (ClPair) _mm_min_pd((__m128d) x, (__m128d) y);
#else
	return cl_pair_pick(x < y, x, y);
#endif
}

static inline ClPair
cl_pair_max(ClPair x, ClPair y)
{
#ifdef __SSE2__
	return (ClPair) _mm_max_pd((__m128d) x, (__m128d) y);
#else
	return cl_pair_pick(x > y, x, y);
#endif
}

static inline ClPair
cl_pair_abs(ClPair x)
{
	return (ClPair) ((ClPairChoice) x & INT64_MAX);
}

static inline ClPair
cl_pair_sqrt(ClPair x)
{
#ifdef __SSE2__
	return (ClPair) _mm_sqrt_pd((__m128d) x);
#else
	return (ClPair) {sqrt(x[0]), sqrt(x[1])};
#endif
}

/*
 * Of numbers from -700 to 700, those beyond as these; to two units of the last place. x = k log 2 + r with |r| <= log 2 / 2, and
 * the series of exp(r). Adding 1.5 x 2^52 rounds to an integer, which is then in the low bits.
 */
static inline ClPair
cl_pair_exp(ClPair x)
{
	const double shift = 6755399441055744.0;
	ClPair		whole;
	ClPair		r;
	ClPair		square;
	ClPair		fourth;
	ClPair		part[4];		/* every fourth term: shorter chains */
	ClPairChoice power;

	x = cl_pair_max(cl_pair_min(x, cl_pair(700)), cl_pair(-700));
	whole = x * 1.4426950408889634074 + shift;
	/* Bits below those of the exponent are lost, and with them the shift's own. */
	power = ((ClPairChoice) whole + 1023) << 52;
	whole -= shift;
	/* log 2 in two parts, the first of 32 bits, so that its product is exact. */
	r = x - whole * 6.93147180369123816490e-01 - whole * 1.90821492927058770002e-10;
	square = r * r;
	fourth = square * square;
	part[0] = ((1.0 / 479001600 * fourth + 1.0 / 40320) * fourth + 1.0 / 24) * fourth + 1;
	part[1] = ((1.0 / 6227020800 * fourth + 1.0 / 362880) * fourth + 1.0 / 120) * fourth + 1;
	part[2] = (1.0 / 3628800 * fourth + 1.0 / 720) * fourth + 0.5;
	part[3] = (1.0 / 39916800 * fourth + 1.0 / 5040) * fourth + 1.0 / 6;
	return (part[0] + square * part[2] + r * (part[1] + square * part[3])) * (ClPair) power;
}

/*
 * The lower tail of the standard normal, as cdf and as value exp(exponent), where value is about 0.4 / |x| far down; the density,
 * and the hazard: density / tail.
 *
 * (1 + u) Mills(u) is a polynomial in (u - 4) / (u + 4) for u >= 0, to 4e-16 (as Shepherd and Laframboise 1981, Chebyshev
 * approximation of (1 + 2x) exp(x^2) erfc(x) in 0 <= x < infinity, Math. Comp. 36, 249; the coefficients of Mills' ratio itself
 * were computed with 40 digits).
 */
typedef struct ClPairTail
{
	ClPair		cdf;
	ClPair		value;
	ClPair		exponent;
	ClPair		density;
	ClPair		hazard;
} ClPairTail;

static inline __attribute__((always_inline)) ClPairTail
cl_pair_normal_tail(ClPair x)
{
	const double per_root_2pi = 0.39894228040143267794;
	ClPair		u = cl_pair_min(cl_pair_abs(x), cl_pair(1e100));
	ClPair		per_both = 1 / ((u + 4) * (u + 1));
	ClPair		t = (u - 4) * (u + 1) * per_both;
	ClPair		square = t * t;
	ClPair		fourth = square * square;
	ClPair		part[4];
	ClPair		front = cl_pair_exp(-0.5 * (u * u));
	ClPairChoice below = x < 0;
	ClPair		scaled;
	ClPair		value;
	ClPairTail	tail;

	part[0] = ((((4.372207364651429e-08 * fourth + 1.3805876779523012e-06) * fourth + 3.4156106940806135e-05) * fourth +
		0.001741848641757937) * fourth - 0.08070800967978549) * fourth + 1.1832619145678034;
	part[1] = ((((1.3723059452459651e-08 * fourth - 3.101083609757584e-09) * fourth - 8.606187876096938e-06) * fourth -
		0.00023670175882712258) * fourth + 0.04495912907706981) * fourth - 0.2423996705218081;
	part[2] = ((((-3.874300207686973e-09 * fourth - 2.7628944223830873e-07) * fourth - 6.546928120500802e-06) * fourth -
		0.00022021482490664187) * fourth - 0.01253910360671188) * fourth + 0.03509188023476339;
	part[3] = ((((-1.6952996818880583e-09 * fourth - 4.494916382038613e-08) * fourth + 1.0194890870987357e-06) * fourth
		+ 5.3266970938315365e-05) * fourth - 0.0007159509052838121) * fourth + 0.07169048120143744;
	scaled = part[0] + square * part[2] + t * (part[1] + square * part[3]);	/* (1 + u) Mills(u) */
	value = per_root_2pi * scaled * (u + 4) * per_both;
	tail.density = front * per_root_2pi;
	tail.value = cl_pair_pick(below, value, 1 - value * front);
	tail.cdf = cl_pair_pick(below, value * front, tail.value);
	tail.exponent = cl_pair_pick(below, -0.5 * (u * u), cl_pair(0));
	tail.hazard = cl_pair_pick(below, u + 1, tail.density) / cl_pair_pick(below, scaled, tail.value);
	return tail;
}

#endif							/* CL_CORE_PAIR_H */
