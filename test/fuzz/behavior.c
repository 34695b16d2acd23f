/*
 * behavior.c
 *	  Fuzzing histories: any rows, in any parts, merged and continued; then every feature is read.
 */
#include <math.h>

#include "core/behavior.h"
#include "core/money.h"

#include "input.h"

static ClBehaviorMonth
take_row(Input *input, int decimals)
{
	ClBehaviorMonth row = {{0}, 0, 0};

	for (int i = 0; i < CL_BEHAVIOR_AMOUNTS; i++)
	{
		int64_t		amount;

		take(input, &amount, sizeof(amount));
		amount >>= take_byte(input) % 64;
		if (i == CL_BEHAVIOR_LIMIT && amount < 0)
			amount = -(amount + 1);
		row.amount[i] = cl_behavior_amount_valid(amount, decimals) ? amount : CL_BEHAVIOR_UNKNOWN;
	}
	row.days_past_due = take_byte(input) - 1;
	return row;
}

static void
check(const ClBehavior *history)
{
	ClBehaviorMonth row;
	ClBehaviorFeatures features;

	REQUIRE(history->n > 0 && history->n <= history->capacity && history->capacity <= CL_BEHAVIOR_MONTHS);
	REQUIRE(cl_behavior_get(history, history->low, &row) && cl_behavior_get(history, cl_behavior_last(history), &row));
	REQUIRE(cl_behavior_last(history) - cl_behavior_first(history) < CL_BEHAVIOR_SPAN);
	for (int back = -3; back < 40; back += 5)
	{
		cl_behavior_features(history, cl_behavior_last(history) - back, &features);
		for (int w = 0; w < CL_BEHAVIOR_WINDOWS; w++)
		{
			const ClBehaviorWindow *window = &features.window[w];

			REQUIRE(window->n <= 12 && window->at_limit <= window->n && window->times[2] <= window->times[0]);
			REQUIRE(!(window->utilization_min > window->utilization_max) && !isinf(window->utilization_mean));
			REQUIRE(w < CL_W6 || !(window->utilization_stddev < 0));
		}
		REQUIRE(features.n_missing >= 0 && features.months_inactive <= features.n_months);
	}
}

void
fuzz_behavior(Input *input)
{
	ClBehavior *part[2];
	int			decimals = take_byte(input) % (CL_BEHAVIOR_DECIMALS + 1);
	int			n = take_byte(input);

	for (int p = 0; p < 2; p++)
	{
		part[p] = cl_behavior_new(&fuzz_memory);
		cl_behavior_raise_decimals(part[p], &fuzz_memory, p == 0 ? decimals : 0);
	}
	for (int i = 0; i < n; i++)
	{
		int			p = take_byte(input) % 2;
		ClBehaviorMonth row = take_row(input, part[p]->decimals);
		int32_t		month = 24000 + take_byte(input) * (1 + i % 3);

		if (!cl_behavior_append(part[p], month, &row))
			(void) cl_behavior_put(part[p], &fuzz_memory, month, &row);
	}
	if (part[0]->n > 0 && cl_behavior_merge(part[0], &fuzz_memory, part[1]))
	{
		check(part[0]);
		REQUIRE(cl_behavior_add_idle(part[0], &fuzz_memory, take_byte(input) % 40) || part[0]->n > 0);
		check(part[0]);
	}
	for (int p = 0; p < 2; p++)
		cl_behavior_free(part[p], &fuzz_memory);
}
