/*
 * core.c
 *	  Fuzzing the core under libFuzzer with the address and undefined-behaviour sanitizers: bytes become arguments, and what
 *	  must hold for any arguments is asserted.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/gap.h"
#include "core/time_weighted_utilization.h"
#include "core/utilization.h"

#include "input.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An amount as the glue lets it through: not negative, below the largest. */
static cl_int128
take_amount(Input *input)
{
	cl_uint128	amount;

	take(input, &amount, sizeof(amount));
	return (cl_int128) (amount % CL_GAP_LARGEST) >> (take_byte(input) % 120);
}

static void
fuzz_gap(Input *input)
{
	ClGapInput	ladder = {0};
	ClGap		gap;
	cl_int128	sum = 0;
	cl_int128	unmet = 0;

	ladder.entitlement = take_amount(input);
	ladder.drawn = take_amount(input);
	ladder.method = (ClGapMethod) (take_byte(input) % 3);
	for (int k = 0; k < CL_CAUSE_REST; k++)
	{
		ladder.has_cap[k] = take_byte(input) % 2;
		ladder.cap[k] = take_amount(input);
	}
	cl_gap(&ladder, &gap);
	for (int k = 0; k < CL_GAP_CAUSES; k++)
	{
		REQUIRE(gap.part[k] >= 0);
		sum += gap.part[k];
	}
	for (int k = 0; k < CL_UNMET_CAUSES; k++)
	{
		REQUIRE(gap.unmet_part[k] >= 0);
		unmet += gap.unmet_part[k];
	}
	REQUIRE(sum == gap.gap && unmet == gap.unmet);
	REQUIRE(gap.gap - gap.over_entitlement == ladder.entitlement - ladder.drawn);
	if (ladder.has_cap[CL_CAUSE_UNGRANTED])
		REQUIRE(gap.granted[0] + gap.granted[1] + gap.above_entitlement - gap.over_limit ==
				ladder.cap[CL_CAUSE_UNGRANTED] - ladder.drawn);
}

static void
fuzz_rates(Input *input)
{
	cl_int128	part[4];
	cl_int128	result[4];
	cl_int128	total = 0;
	cl_int128	total_result = 0;
	int64_t		rate;

	take(input, &rate, sizeof(rate));
	rate %= INT64_C(10000000000000);
	for (int k = 0; k < 4; k++)
	{
		part[k] = take_amount(input) % (cl_int128) cl_pow10_128(24);
		total += part[k];
	}
	cl_rate_of_parts(part, 4, rate, result);
	for (int k = 0; k < 4; k++)
		total_result += result[k];
	REQUIRE(total_result == cl_rate_of(total, rate));
}

static void
fuzz_cells(Input *input)
{
	static int64_t counts[CL_CELLS];
	double		ratio = take_double(input);
	double		x = fabs(take_double(input));
	double		p = fmod(fabs(take_double(input)), 1);
	int			cell;

	if (isnan(ratio) || isnan(x) || isnan(p))
		return;
	cell = cl_cell(ratio);
	REQUIRE(cell >= 0 && cell < CL_CELLS);
	if (cell > CL_CELL_IDLE && cell < CL_CELL_HUGE)
		REQUIRE(ratio > cl_cell_upper(cell - 1) && ratio <= cl_cell_upper(cell));
	memset(counts, 0, sizeof(counts));
	counts[cell] = 3;
	counts[take_byte(input)] += 2;
	REQUIRE(cl_cells_share_above(counts, 5, x, true) >= 0 && cl_cells_share_above(counts, 5, x, true) <= 1);
	REQUIRE(cl_cells_quantile(counts, 5, p, true) >= 0);
}

static void
fuzz_time(Input *input)
{
	ClTimePoint points[8];
	int			n = take_byte(input) % 8;
	int64_t		until;
	double		balance;
	double		limit;

	take(input, &until, sizeof(until));
	/* The range of timestamps: 4713 BC to 294276 AD in microseconds. */
	until %= INT64_C(4000000000000000000);
	for (int i = 0; i < n; i++)
	{
		take(input, &points[i].at, sizeof(points[i].at));
		points[i].at %= INT64_C(4000000000000000000);
		points[i].balance = take_byte(input);
		points[i].limit = take_byte(input);
	}
	qsort(points, n, sizeof(ClTimePoint), cl_time_point_compare);
	(void) cl_time_conflict(points, n);
	cl_time_integrals(points, n, until, &balance, &limit);
	REQUIRE(balance >= 0 && limit >= 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Input		input = {data, size};

	switch (take_byte(&input) % 11)
	{
		case 0:
			fuzz_gap(&input);
			break;
		case 1:
			fuzz_rates(&input);
			break;
		case 2:
			fuzz_cells(&input);
			break;
		case 3:
			fuzz_time(&input);
			break;
		case 4:
			fuzz_roc(&input);
			break;
		case 5:
			fuzz_behavior(&input);
			break;
		case 6:
			fuzz_demand(&input);
			break;
		case 7:
			fuzz_demand_model(&input);
			break;
		case 8:
			fuzz_forecast(&input);
			break;
		default:
			fuzz_score(&input);
	}
	return 0;
}
