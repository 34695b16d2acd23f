/*
 * roc.c
 *	  Fuzzing the tally and what is measured on it: any rows, settled and merged at any moment.
 */
#include <math.h>

#include "core/roc.h"

#include "input.h"
#include "../unit/release.h"

static void *
allocate(void *context, size_t size)
{
	void	   *block = malloc(size);

	(void) context;
	REQUIRE(block != NULL);
	return block;
}

static void *
reallocate(void *block, size_t size)
{
	block = realloc(block, size);
	REQUIRE(block != NULL);
	return block;
}

static void
check_for_interrupts(void)
{
}

const ClMemory fuzz_memory = {allocate, reallocate, free, check_for_interrupts, NULL};

static void
check_order(const ClTally *tally, bool descending, const int64_t *expected)
{
	int64_t		n[2] = {0, 0};
	double		before = descending ? INFINITY : -INFINITY;
	bool		first = true;
	ClTallyCursor cursor;
	ClTallyItem item;

	cl_tally_scan(tally, &cursor, descending);
	while (cl_tally_next(&cursor, &item))
	{
		REQUIRE(first || (descending ? item.value < before : item.value > before));
		REQUIRE(item.n[0] >= 0 && item.n[1] >= 0 && item.n[0] + item.n[1] > 0);
		REQUIRE((item.n[0] > 0) == (item.weight[0] > 0) && (item.n[1] > 0) == (item.weight[1] > 0));
		n[0] += item.n[0];
		n[1] += item.n[1];
		before = item.value;
		first = false;
	}
	REQUIRE(n[0] == expected[0] && n[1] == expected[1]);
}

static void
check_measures(const ClTally *tally, const int64_t *n)
{
	ClRocMeasures up;
	ClRocMeasures down;

	cl_roc_measure(tally, true, &up);
	cl_roc_measure(tally, false, &down);
	if (n[0] == 0 || n[1] == 0)
	{
		REQUIRE(isnan(up.auc) && isnan(up.ks));
		return;
	}
	REQUIRE(up.auc >= 0 && up.auc <= 1 + 1e-12 && fabs(up.auc + down.auc - 1) < 1e-12);
	REQUIRE(up.ks >= 0 && up.ks <= 1 && fabs(up.ks - down.ks) < 1e-12);
	/* With weights of any size there is at least no NaN where there should be an answer. */
	if (n[0] > 1 && n[1] > 1 && tally->kind == CL_TALLY_COUNTS)
		REQUIRE(cl_roc_auc_variance(tally, true, &up) >= 0);
}

void
fuzz_roc(Input *input)
{
	ClTallyKind kind = take_byte(input) % 2 ? CL_TALLY_WEIGHTS : CL_TALLY_COUNTS;
	int64_t		n[2] = {0, 0};
	ClTally		tally[2];

	cl_tally_init(&tally[0], &fuzz_memory, kind);
	cl_tally_init(&tally[1], &fuzz_memory, kind);
	while (input->size > 0)
	{
		uint8_t		what = take_byte(input);
		bool		event = what & 1;
		double		value = what & 2 ? take_double(input) : take_byte(input);
		int			repeat = what & 4 ? 1 : 1 << (what >> 5) * 2;

		if (isnan(value))
			continue;
		for (int i = 0; i < repeat; i++)
		{
			if (kind == CL_TALLY_WEIGHTS)
				cl_tally_add_weighted(&tally[what >> 3 & 1], value, event, 1 + (what >> 4) / 8.0, i - 3);
			else
				cl_tally_add(&tally[what >> 3 & 1], value + i % 3, event);
		}
		n[event] += repeat;
		if ((what & 0xF0) == 0x50)
			cl_tally_settle(&tally[0]);
	}
	cl_tally_merge(&tally[0], &tally[1]);
	cl_tally_settle(&tally[0]);
	check_order(&tally[0], false, n);
	check_order(&tally[0], true, n);
	check_measures(&tally[0], n);
	release_tally(&tally[0]);
	release_tally(&tally[1]);
}
