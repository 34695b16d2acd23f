/*
 * input.h
 *	  What the fuzzers share: bytes of the input as arguments, and assertions.
 */
#ifndef CL_TEST_INPUT_H
#define CL_TEST_INPUT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

#define REQUIRE(condition) \
	do { if (!(condition)) abort(); } while (0)

/* What is left of the input; zeros when it is used up. */
typedef struct Input
{
	const uint8_t *data;
	size_t		size;
} Input;

static inline void
take(Input *input, void *to, size_t size)
{
	size_t		got = size < input->size ? size : input->size;

	memset(to, 0, size);
	memcpy(to, input->data, got);
	input->data += got;
	input->size -= got;
}

static inline uint8_t
take_byte(Input *input)
{
	uint8_t		byte;

	take(input, &byte, 1);
	return byte;
}

static inline double
take_double(Input *input)
{
	double		x;

	take(input, &x, sizeof(x));
	return x;
}

extern const ClMemory fuzz_memory;

extern void fuzz_roc(Input *input);
extern void fuzz_behavior(Input *input);
extern void fuzz_score(Input *input);
extern void fuzz_demand(Input *input);
extern void fuzz_demand_model(Input *input);
extern void fuzz_forecast(Input *input);

#endif							/* CL_TEST_INPUT_H */
