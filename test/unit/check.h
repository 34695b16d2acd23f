/*
 * check.h
 *	  Assertions of the unit tests: a failing one is counted and printed, and the test goes on.
 */
#ifndef CL_TEST_CHECK_H
#define CL_TEST_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

extern long cl_checks;
extern long cl_failures;

/* How many random cases to try: as many as given in a soak (CREDIT_LIMIT_SOAK=1), else a twentieth. */
extern int	cl_rounds(int soak);

#define CHECK(condition) \
	do { \
		cl_checks++; \
		if (!(condition)) \
		{ \
			cl_failures++; \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
		} \
	} while (0)

#define CHECK_EQ_INT(actual, expected) \
	do { \
		long long	actual_ = (long long) (actual); \
		long long	expected_ = (long long) (expected); \
		cl_checks++; \
		if (actual_ != expected_) \
		{ \
			cl_failures++; \
			fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, expected_); \
		} \
	} while (0)

/* Equal within a relative error; near zero the same number is an absolute one. */
#define CHECK_NEAR(actual, expected, relative) \
	do { \
		double		actual_ = (actual); \
		double		expected_ = (expected); \
		cl_checks++; \
		if (!(fabs(actual_ - expected_) <= (relative) * fmax(1, fabs(expected_)))) \
		{ \
			cl_failures++; \
			fprintf(stderr, "%s:%d: %s is %.17g, not %.17g\n", __FILE__, __LINE__, #actual, actual_, expected_); \
		} \
	} while (0)

/* Reproducible random numbers (splitmix64, Steele, Lea and Flood 2014). */
static inline uint64_t
cl_test_random(uint64_t *state)
{
	uint64_t	z = (*state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

#endif							/* CL_TEST_CHECK_H */
