/*
 * quantile_bands.c
 *	  Every bound against all distinct values: none stands nearer to its share of the rows.
 */
#include "check.h"
#include "memory.h"
#include "release.h"

#include <stdlib.h>

#include "core/quantile_bands.h"

void		test_quantile_bands(void);

#define MOST_VALUES 60

/* The definition, word by word: for each k the distinct value, not the smallest, with the count below nearest to k/bands. */
static int
by_definition(const int *count, int values, int bands, double *bounds)
{
	int			n = 0;
	int			found = 0;

	for (int v = 0; v < values; v++)
		n += count[v];
	for (int k = 1; k < bands; k++)
	{
		int			below = 0;
		int			best = -1;
		int			best_off = 0;

		for (int v = 0; v < values; v++)
		{
			int			off = abs(below * bands - k * n);

			if (count[v] > 0 && below > 0 && (best < 0 || off < best_off))
			{
				best = v;
				best_off = off;
			}
			below += count[v];
		}
		if (best >= 0 && (found == 0 || bounds[found - 1] < best))
			bounds[found++] = best;
	}
	return found;
}

static void
check_random(uint64_t *state)
{
	int			values = 1 + (int) (cl_test_random(state) % MOST_VALUES);
	int			bands = 2 + (int) (cl_test_random(state) % 30);
	int			most = 1 + (int) (cl_test_random(state) % 20);
	int			count[MOST_VALUES];
	double		ours[CL_MOST_BANDS];
	double		theirs[CL_MOST_BANDS];
	int			found;
	ClTally		tally;

	cl_tally_init(&tally, &cl_test_memory, CL_TALLY_COUNTS);
	for (int v = 0; v < values; v++)
	{
		count[v] = cl_test_random(state) % 5 == 0 ? 0 : (int) (cl_test_random(state) % (uint64_t) most);
		for (int i = 0; i < count[v]; i++)
			cl_tally_add(&tally, v, false);
	}
	cl_tally_settle(&tally);
	found = cl_quantile_bands(&tally, bands, ours);
	CHECK_EQ_INT(found, by_definition(count, values, bands, theirs));
	for (int i = 0; i < found; i++)
		CHECK(ours[i] == theirs[i]);
	release_tally(&tally);
	CHECK_EQ_INT(cl_test_allocated, 0);
}

void
test_quantile_bands(void)
{
	uint64_t	state = 10;

	for (int i = 0; i < 20000; i++)
		check_random(&state);
}
